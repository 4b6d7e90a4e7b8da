// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/vsnprintf.c xen/common/symbols.c
// cflags: -Dvsnprintf=hv_vsnprintf -Dsnprintf=hv_snprintf
/* The hypervisor's formatted output against the C library's, for every combination of flags, widths, precisions and lengths; and
 * what the library does not have: %ps. */
#include "tap.h"
#include <asm/layout.h>
#include <limits.h>
#include <stdlib.h>
#include <xen/printk.h>
#include <xen/symbols.h>

#undef vsnprintf
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* ---- A symbol table of our own: two functions -------------------------------------------------- */

const uint32_t hv_symbols_start = 0x1000, hv_symbols_nr = 2;
const uint16_t hv_symbol_sizes[] = { 0x40, 0xfc0 };
const char hv_symbol_names[] = "first\0second\0";

static unsigned int compared, differing;

/* @fmt and its arguments through both, into buffers of @size bytes. */
static void same(size_t size, const char *fmt, ...)
{
    char ours[400], libc[400];
    int n_ours, n_libc;
    va_list ap;

    memset(ours, '~', sizeof(ours));
    memset(libc, '~', sizeof(libc));
    va_start(ap, fmt);
    n_ours = hv_vsnprintf(ours, size, fmt, ap);
    va_end(ap);
    va_start(ap, fmt);
    n_libc = vsnprintf(libc, size, fmt, ap);
    va_end(ap);
    compared++;
    if ( n_ours == n_libc && memcmp(ours, libc, sizeof(ours)) == 0 )
        return;
    if ( differing++ < 10 )
        note("\"%s\" size %zu: ours %d \"%.*s\", library %d \"%.*s\"", fmt, size, n_ours,
             (int)strnlen(ours, size), ours, n_libc, (int)strnlen(libc, size), libc);
}

static void all_same(const char *what)
{
    ok(differing == 0, "%s: %u comparisons", what, compared);
    compared = differing = 0;
}

/* Call @fn with every "%<flags><width><precision>". */
static void each_prefix(const char *flag_set, void (*fn)(const char *prefix))
{
    static const char *const widths[] = { "", "1", "7", "30" };
    static const char *const precisions[] = { "", ".", ".0", ".1", ".4", ".25" };
    unsigned int nr_flags = (unsigned int)strlen(flag_set);
    char prefix[40];

    for ( unsigned int flags = 0; flags < 1U << nr_flags; flags++ )
        for ( unsigned int w = 0; w < ARRAY_SIZE(widths); w++ )
            for ( unsigned int p = 0; p < ARRAY_SIZE(precisions); p++ )
            {
                size_t n = 0;

                prefix[n++] = '%';
                for ( unsigned int f = 0; f < nr_flags; f++ )
                    if ( flags >> f & 1 )
                        prefix[n++] = flag_set[f];
                sprintf(prefix + n, "%s%s", widths[w], precisions[p]);
                fn(prefix);
            }
}

static const uint64_t values[] = { 0,          1,          7,        8,           9,
                                   10,         42,         127,      128,         255,
                                   256,        32767,      32768,    65535,       65536,
                                   INT_MAX,    0x80000000, UINT_MAX, 0x100000000, INT64_MAX,
                                   1ULL << 63, UINT64_MAX, -42ULL,   -128ULL,     -32768ULL };

static void integers(const char *prefix)
{
    static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z" };
    static const char conversions[] = "diuxXo";
    char fmt[60];

    for ( unsigned int l = 0; l < ARRAY_SIZE(lengths); l++ )
        for ( const char *c = conversions; *c; c++ )
            for ( unsigned int v = 0; v < ARRAY_SIZE(values); v++ )
            {
                sprintf(fmt, "<%s%s%c>", prefix, lengths[l], *c);
                if ( l < 3 )
                    same(300, fmt, (int)values[v]);
                else
                    same(300, fmt, (long)values[v]);
            }
}

static void strings(const char *prefix)
{
    static const char *const texts[] = { "", "x", "some text",
                                         "a text of more than thirty characters" };
    char fmt[60];

    for ( unsigned int t = 0; t < ARRAY_SIZE(texts); t++ )
    {
        sprintf(fmt, "[%ss]", prefix);
        same(300, fmt, texts[t]);
        sprintf(fmt, "[%sc]", prefix);
        same(300, fmt, 'q');
    }
}

static void test_sizes(void)
{
    for ( size_t size = 0; size < 40; size++ )
    {
        same(size, "%s and %d and %8x.", "text", -12345, 0xabcU);
        same(size, "plain");
        same(size, "%-20sX", "left");
    }
    all_same("buffers of every size");
    same(300, "%*d|%-*d|%.*d|%*.*x", 8, 1, 8, 2, 5, 3, 12, 6, 0xffU);
    same(300, "%*d|%.*d", -8, 1, -5, 3);
    same(300, "100%% of %s%%", "it");
    same(300, "");
    all_same("widths and precisions as arguments, per cent signs");
    ok(hv_snprintf(NULL, 0, "%d", 12345) == 5, "no buffer at all: only the length");
}

static void test_unended(void)
{
    char *text = malloc(3), out[10];
    const char *volatile nothing = NULL;

    memcpy(text, "abc", 3); /* no end: reading further is an error the sanitizer sees */
    hv_snprintf(out, sizeof(out), "%.3s", text);
    is_str(out, "abc", "a precision bounds what is read of a string");
    free(text);
    hv_snprintf(out, sizeof(out), "%s", nothing);
    is_str(out, "(null)", "a null string is named, not followed");
}

static void is_text(const char *want, const char *what, const char *fmt, ...)
{
    char out[100];
    va_list ap;

    va_start(ap, fmt);
    hv_vsnprintf(out, sizeof(out), fmt, ap);
    va_end(ap);
    is_str(out, want, what);
}

static void test_pointers(void)
{
    is_text("00000000deadbeef", "%p has all 16 digits", "%p", (void *)0xdeadbeef);
    is_text("first+0/0x40", "%ps names a function", "%ps", (void *)(IMAGE_START + 0x1000));
    is_text("first+0x3f/0x40", "%ps of its last byte", "%ps", (void *)(IMAGE_START + 0x103f));
    is_text("second+0/0xfc0", "%ps of the next", "%ps", (void *)(IMAGE_START + 0x1040));
    is_text("0xffff820000002000", "%ps behind the text is a number", "%ps",
            (void *)(IMAGE_START + 0x2000));
    is_text("0xffff820000000fff", "%ps before the text is a number", "%ps",
            (void *)(IMAGE_START + 0xfff));
    is_text("0x5", "%ps of a guest's address is a number", "%ps", (void *)5);
    is_text("0xffff820100001000", "%ps 4 GiB further on is a number", "%ps",
            (void *)(IMAGE_START + 0x100001000));
    is_text("[first+0/0x40        ]", "%ps is padded", "[%-20ps]", (void *)(IMAGE_START + 0x1000));
}

static void test_unknown(void)
{
    is_text("%y 5", "an unknown conversion is printed as it stands", "%y %d", 5);
    is_text("100%", "a lone per cent sign at the end", "100%");
    is_text("%-08l", "a conversion cut short", "%-08l");
}

int main(void)
{
    each_prefix("-0#+ ", integers);
    all_same("integers, every flag, width, precision and length");
    each_prefix("-", strings);
    all_same("strings and characters");
    test_sizes();
    test_unended();
    test_pointers();
    test_unknown();
    return done();
}
