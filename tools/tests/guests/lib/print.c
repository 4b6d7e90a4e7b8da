/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatting, and the few string functions that the compiler and the tests want. */
#include "guest.h"

void *memset(void *s, int c, size_t n)
{
    void *start = s;

    __asm__ volatile("rep stosb" : "+D"(s), "+c"(n) : "a"(c) : "memory");
    return start;
}

void *memcpy(void *d, const void *s, size_t n)
{
    void *start = d;

    __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for ( ; n; n--, p++, q++ )
        if ( *p != *q )
            return *p - *q;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while ( s[n] )
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while ( *a && *a == *b )
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

char *strstr(const char *s, const char *what)
{
    size_t len = strlen(what);

    for ( ; *s; s++ )
    {
        size_t i = 0;

        while ( i < len && s[i] == what[i] )
            i++;
        if ( i == len )
            return (char *)s;
    }
    return NULL;
}

struct out
{
    char *buf;
    size_t size, len;
};

static void put(struct out *o, char c)
{
    if ( o->len + 1 < o->size )
        o->buf[o->len] = c;
    o->len++;
}

static void put_padded(struct out *o, const char *s, size_t len, int width, bool left, char fill)
{
    int pad = width > (int)len ? width - (int)len : 0;

    if ( !left && fill == '0' && len && *s == '-' )
    {
        put(o, *s++);
        len--;
    }
    for ( ; !left && pad; pad-- )
        put(o, fill);
    while ( len-- )
        put(o, *s++);
    for ( ; pad > 0; pad-- )
        put(o, ' ');
}

static size_t number(char *end, uint64_t n, unsigned int base, bool negative)
{
    char *p = end;

    do
        *--p = "0123456789abcdef"[n % base];
    while ( n /= base );
    if ( negative )
        *--p = '-';
    return (size_t)(end - p);
}

/* One conversion, *fmt just behind the %. */
static const char *convert(struct out *o, const char *fmt, va_list *ap)
{
    char text[24], fill = ' ';
    bool left = false;
    int width = 0, longs = 0;
    uint64_t n;
    const char *s;
    size_t len;

    for ( ; *fmt == '0' || *fmt == '-'; fmt++ )
    {
        if ( *fmt == '-' )
            left = true;
        else
            fill = '0';
    }
    for ( ; *fmt >= '0' && *fmt <= '9'; fmt++ )
        width = width * 10 + *fmt - '0';
    for ( ; *fmt == 'l' || *fmt == 'z'; fmt++ )
        longs++;

    switch ( *fmt )
    {
    case 'd':
    case 'i':
    {
        long v = longs ? va_arg(*ap, long) : va_arg(*ap, int);

        n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
        len = number(text + sizeof(text), n, 10, v < 0);
        put_padded(o, text + sizeof(text) - len, len, width, left, fill);
        break;
    }
    case 'u':
    case 'x':
    case 'X':
        n = longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);
        len = number(text + sizeof(text), n, *fmt == 'u' ? 10 : 16, false);
        put_padded(o, text + sizeof(text) - len, len, width, left, fill);
        break;
    case 'p':
        put(o, '0');
        put(o, 'x');
        len = number(text + sizeof(text), (uint64_t)va_arg(*ap, void *), 16, false);
        put_padded(o, text + sizeof(text) - len, len, width, left, fill);
        break;
    case 'c':
        text[0] = (char)va_arg(*ap, int);
        put_padded(o, text, 1, width, left, ' ');
        break;
    case 's':
        s = va_arg(*ap, const char *);
        s = s ? s : "(null)";
        put_padded(o, s, strlen(s), width, left, ' ');
        break;
    case '\0': return fmt;
    default: put(o, *fmt); break;
    }
    return fmt + 1;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };
    va_list args;

    va_copy(args, ap);
    while ( *fmt )
    {
        if ( *fmt == '%' )
            fmt = convert(&o, fmt + 1, &args);
        else
            put(&o, *fmt++);
    }
    va_end(args);
    if ( size )
        buf[o.len < size ? o.len : size - 1] = '\0';
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}

void printf(const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    console_write(line, strlen(line));
}

const char *errno_name(long rc)
{
    static const struct
    {
        int nr;
        const char *name;
    } names[] = {
        { XEN_EPERM, "-EPERM" },   { XEN_ENOENT, "-ENOENT" },         { XEN_ESRCH, "-ESRCH" },
        { XEN_EIO, "-EIO" },       { XEN_ENXIO, "-ENXIO" },           { XEN_E2BIG, "-E2BIG" },
        { XEN_EAGAIN, "-EAGAIN" }, { XEN_ENOMEM, "-ENOMEM" },         { XEN_EACCES, "-EACCES" },
        { XEN_EFAULT, "-EFAULT" }, { XEN_EBUSY, "-EBUSY" },           { XEN_EEXIST, "-EEXIST" },
        { XEN_EXDEV, "-EXDEV" },   { XEN_ENODEV, "-ENODEV" },         { XEN_EINVAL, "-EINVAL" },
        { XEN_ENOSPC, "-ENOSPC" }, { XEN_ENOSYS, "-ENOSYS" },         { XEN_ETIME, "-ETIME" },
        { XEN_ERANGE, "-ERANGE" }, { XEN_EOPNOTSUPP, "-EOPNOTSUPP" }, { XEN_ENODATA, "-ENODATA" },
    };
    static char other[4][24];
    static unsigned int next;

    for ( unsigned int i = 0; i < ARRAY_SIZE(names); i++ )
        if ( rc == -names[i].nr )
            return names[i].name;
    next = (next + 1) % ARRAY_SIZE(other);
    snprintf(other[next], sizeof(other[next]), "%ld", rc);
    return other[next];
}
