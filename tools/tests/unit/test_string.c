// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/string.c
// cflags: -Dmemcpy=hv_memcpy -Dmemmove=hv_memmove -Dmemset=hv_memset -Dmemcmp=hv_memcmp -Dstrlen=hv_strlen -Dstrnlen=hv_strnlen -Dstrcmp=hv_strcmp -Dstrncmp=hv_strncmp -Dstrchr=hv_strchr -fno-builtin
/* The hypervisor's string functions against plain loops: every length up to 200, every alignment, every overlap. */
#include "tap.h"
#include <xen/lib.h>

#define LEN   200
#define GUARD 16
#define SIZE  (LEN + 8 + 2 * GUARD)

void port_bug(const char *file, int line, const char *what)
{
    printf("# %s:%d: %s\n", file, line, what);
    __builtin_abort();
}

static void fill(uint8_t *p, size_t n, unsigned int seed)
{
    for ( size_t i = 0; i < n; i++ )
        p[i] = (uint8_t)(seed + i * 7 + i / 13);
}

static bool same(const uint8_t *a, const uint8_t *b, size_t n)
{
    for ( size_t i = 0; i < n; i++ )
        if ( a[i] != b[i] )
            return false;
    return true;
}

static bool copy_case(size_t len, unsigned int from, unsigned int to)
{
    uint8_t src[SIZE], dst[SIZE], want[SIZE];

    fill(src, SIZE, 1);
    fill(dst, SIZE, 99);
    fill(want, SIZE, 99);
    for ( size_t i = 0; i < len; i++ )
        want[GUARD + to + i] = src[GUARD + from + i];
    return memcpy(dst + GUARD + to, src + GUARD + from, len) == dst + GUARD + to &&
           same(dst, want, SIZE);
}

static bool set_case(size_t len, unsigned int to, int c)
{
    uint8_t dst[SIZE], want[SIZE];

    fill(dst, SIZE, 5);
    fill(want, SIZE, 5);
    for ( size_t i = 0; i < len; i++ )
        want[GUARD + to + i] = (uint8_t)c;
    return memset(dst + GUARD + to, c, len) == dst + GUARD + to && same(dst, want, SIZE);
}

static bool move_case(size_t len, size_t from, size_t to)
{
    uint8_t buf[SIZE], want[SIZE], copy[SIZE];

    fill(buf, SIZE, 3);
    fill(want, SIZE, 3);
    fill(copy, SIZE, 3);
    for ( size_t i = 0; i < len; i++ )
        want[to + i] = copy[from + i];
    return memmove(buf + to, buf + from, len) == buf + to && same(buf, want, SIZE);
}

static void test_copies(void)
{
    bool good = true;

    for ( size_t len = 0; len <= LEN; len++ )
        for ( unsigned int a = 0; a < 64; a++ )
            good &= copy_case(len, a % 8, a / 8);
    ok(good, "memcpy copies exactly its bytes, for every length up to %d and every alignment", LEN);
    good = true;
    for ( size_t len = 0; len <= LEN; len++ )
        for ( unsigned int a = 0; a < 8; a++ )
            good &= set_case(len, a, (int)len) && set_case(len, a, -1) && set_case(len, a, 0x1ff);
    ok(good, "memset sets exactly its bytes, to the value as unsigned char");
    good = true;
    for ( size_t len = 0; len <= 100; len++ )
        for ( size_t from = 0; from <= 100; from += 1 + len % 3 )
            for ( size_t to = 0; to <= 100; to++ )
                good &= move_case(len, from, to);
    ok(good, "memmove keeps overlapping bytes, for every overlap");
}

static void test_memcmp(void)
{
    uint8_t a[40], b[40];
    bool good = true;

    for ( size_t i = 0; i < 40; i++ )
    {
        memset(a, 7, sizeof(a));
        memset(b, 7, sizeof(b));
        good &= memcmp(a, b, 40) == 0;
        b[i] = 0x90;
        good &= memcmp(a, b, 40) < 0 && memcmp(b, a, 40) > 0 && memcmp(a, b, i) == 0;
    }
    ok(good, "memcmp orders by the first differing byte, as unsigned char");
    ok(memcmp(a, b, 0) == 0, "memcmp of nothing is 0");
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void test_strings(void)
{
    static const char *const s[] = { "", "a", "ab", "abc", "abd", "b", "\x80", "ab\xff" };
    static const char unended[3] = { 'x', 'y', 'z' };
    bool good = true;

    for ( unsigned int i = 0; i < ARRAY_SIZE(s); i++ )
        for ( unsigned int j = 0; j < ARRAY_SIZE(s); j++ )
        {
            int want = 0;

            for ( unsigned int k = 0; !want; k++ )
            {
                want = (unsigned char)s[i][k] - (unsigned char)s[j][k];
                if ( !s[i][k] )
                    break;
            }
            good &= sign(strcmp(s[i], s[j])) == sign(want);
            good &= sign(strncmp(s[i], s[j], 10)) == sign(want);
        }
    ok(good, "strcmp and strncmp order as unsigned char");
    ok(strncmp("abcX", "abcY", 3) == 0 && strncmp("abcX", "abcY", 4) < 0,
       "strncmp looks at n characters");
    ok(strncmp("a\0x", "a\0y", 3) == 0, "strncmp stops at the end of the string");
    ok(strncmp("q", "r", 0) == 0, "strncmp of nothing is 0");
    ok(strlen("") == 0 && strlen("12345") == 5, "strlen");
    ok(strnlen(unended, 3) == 3, "strnlen reads no further than it may");
    ok(strnlen("ab", 10) == 2 && strnlen("ab", 1) == 1 && strnlen("ab", 0) == 0, "strnlen");
    ok(strchr(s[3], 'b') == s[3] + 1 && !strchr(s[3], 'x'), "strchr finds a character or not");
    ok(strchr(s[3], 0) == s[3] + 3, "strchr finds the end");
    ok(strchr(s[6], 0x80) == s[6], "strchr compares as char");
}

int main(void)
{
    test_copies();
    test_memcmp();
    test_strings();
    return done();
}
