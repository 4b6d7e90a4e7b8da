/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mem* and str*. Nothing else in the hypervisor provides them, and the compiler emits calls to the first four on its own.
 *
 *   1. memcpy, memmove, memset: short ones by a plain loop, longer ones by the string instructions, eight bytes a step
 *   2. memcmp and the str* family
 *
 * No locks, no state. Only x86 string instructions, so it runs in a host process as well.
 */
#include <xen/lib.h>

/* Or the compiler would recognise these very functions in their own loops and call them. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* Below this the start-up of the string instructions costs more than a loop. */
#define STRING_OP_MIN 32

typedef uint64_t __attribute__((may_alias, aligned(1))) any_u64;

static void copy_up_short(uint8_t *d, const uint8_t *s, size_t n)
{
    for ( ; n >= 8; n -= 8, d += 8, s += 8 )
        *(any_u64 *)d = *(const any_u64 *)s;
    while ( n-- )
        *d++ = *s++;
}

static void copy_up(uint8_t *d, const uint8_t *s, size_t n)
{
    size_t words = n / 8, bytes = n % 8;

    if ( n < STRING_OP_MIN )
    {
        copy_up_short(d, s, n);
        return;
    }
    __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(bytes) : : "memory");
}

/* From the last byte to the first, for a destination that overlaps the source's end. */
static void copy_down(uint8_t *d, const uint8_t *s, size_t n)
{
    for ( ; n >= 8; n -= 8 )
        *(any_u64 *)(d + n - 8) = *(const any_u64 *)(s + n - 8);
    for ( ; n; n-- )
        d[n - 1] = s[n - 1];
}

void *memcpy(void *dst, const void *src, size_t n)
{
    copy_up(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    /* Copying upwards in words is safe only if the destination is not inside the source's run. */
    if ( (uintptr_t)dst - (uintptr_t)src >= n )
        copy_up(dst, src, n);
    else
        copy_down(dst, src, n);
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    uint64_t pattern = (uint8_t)c * 0x0101010101010101ULL;
    size_t words = n / 8, bytes = n % 8;
    uint8_t *d = dst;

    if ( n < STRING_OP_MIN )
    {
        for ( ; n >= 8; n -= 8, d += 8 )
            *(any_u64 *)d = pattern;
        while ( n-- )
            *d++ = (uint8_t)c;
        return dst;
    }
    __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(bytes) : "a"(pattern) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for ( ; n; n--, p++, q++ )
        if ( *p != *q )
            return *p - *q;
    return 0;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while ( *p )
        p++;
    return p - s;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while ( n < max && s[n] )
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while ( *a && *a == *b )
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for ( ; n; n--, a++, b++ )
    {
        if ( *a != *b )
            return (unsigned char)*a - (unsigned char)*b;
        if ( !*a )
            break;
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for ( ;; s++ )
    {
        if ( *s == (char)c )
            return (char *)(uintptr_t)s;
        if ( !*s )
            return NULL;
    }
}
