/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/cmdline.c xen/common/mem_option.c xen/common/serial_config.c
// options: -max_len=300
/*
 * The hypervisor's command line, as whoever can edit the boot loader's menu may write it: a byte that says which parser, the rest is
 * the text. What the parsers return lies within the text, numbers are exact, and dom0_mem never asks for more than there is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include <errno.h>
#include <xen/cmdline.h>
#include <xen/printk.h>
#include <xen/serial.h>

static bool flag;
static unsigned int number;
static uint64_t bytes;
static char text[8];
static unsigned int complaints;

void printk(enum loglevel level, const char *fmt, ...)
{
}

static int option_fn(const char *value)
{
    return strlen(value) % 2 ? -EINVAL : 0;
}

static const struct option table[] = {
    { .name = "flag", .kind = OPTION_KIND_BOOL, .var = &flag },
    { .name = "number", .kind = OPTION_KIND_UINT, .var = &number },
    { .name = "size", .kind = OPTION_KIND_SIZE, .var = &bytes },
    { .name = "text", .kind = OPTION_KIND_STRING, .size = sizeof(text), .var = text },
    { .name = "fn", .kind = OPTION_KIND_FN, .fn = option_fn },
};

static void complain(const char *word, bool known)
{
    complaints += strlen(word) + known;
}

static void try_line(const char *line, size_t len)
{
    const char *rest = cmdline_apply(line, table, ARRAY_SIZE(table), complain);

    FUZZ_CHECK(rest >= line && rest <= line + len, "the rest begins outside of the line");
    FUZZ_CHECK(memchr(text, 0, sizeof(text)), "a string option has no end");
}

/* A number that is taken is the one that strtoull() reads, too. */
static void try_number(const char *s, size_t len)
{
    const char *end = NULL;
    uint64_t val = 0;

    if ( parse_u64(s, &val, &end) )
    {
        char *host_end;
        bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');

        FUZZ_CHECK(end > s && end <= s + len, "a number ends outside of the text");
        errno = 0;
        FUZZ_CHECK(strtoull(s, &host_end, hex ? 16 : 10) == val && errno == 0 && host_end == end,
                   "\"%s\" is %llu", s, (unsigned long long)val);
    }
    if ( parse_size(s, &val, &end) )
        FUZZ_CHECK(end > s && end <= s + len, "a size ends outside of the text");
    FUZZ_CHECK(parse_bool(s) >= -1 && parse_bool(s) <= 1, "no truth value");
}

static void try_memory(const char *s)
{
    static const struct mem_option untouched = { .size.bytes = 4711 };
    struct mem_option opt = untouched;

    if ( mem_option_parse(s, &opt) )
    {
        FUZZ_CHECK(memcmp(&opt, &untouched, sizeof(opt)) == 0, "refused, but changed");
        return;
    }
    for ( uint64_t free = 1; free; free <<= 7 )
    {
        uint64_t max = 0;

        FUZZ_CHECK(mem_option_pages(&opt, free, &max) <= free, "more than there is");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    unsigned int which = fuzz_u8(&in) % 3;
    char *line = malloc(in.left + 1);

    if ( !line )
        return 0;
    memset(text, 0, sizeof(text));
    memcpy(line, in.p, in.left);
    line[in.left] = '\0';
    if ( which == 0 )
        try_line(line, in.left);
    else if ( which == 1 )
        try_number(line, in.left);
    else
        try_memory(line);
    free(line);
    return 0;
}
