/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: words, options, values.
 *
 *   1. truth values, numbers, sizes
 *   2. one option takes its value
 *   3. words: cutting the line, finding the option
 *   4. the image's table, and the complaints
 *
 * The line comes from whoever boots the machine, so nothing here is security; but a typing error must be named, not crash.
 * Runs once, on one CPU: no locks.
 */
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/printk.h>

#define WORD_MAX 256

const char *cmdline_extra = "";

/* ---- 1. Values ------------------------------------------------------------------------------------------------------ */

int parse_bool(const char *s)
{
    static const char *const no[] = { "0", "no", "off", "false", "disable" };
    static const char *const yes[] = { "1", "yes", "on", "true", "enable" };

    for ( unsigned int i = 0; i < ARRAY_SIZE(no); i++ )
    {
        if ( !strcmp(s, no[i]) )
            return 0;
        if ( !strcmp(s, yes[i]) )
            return 1;
    }
    return -1;
}

static int digit_of(char c)
{
    if ( c >= '0' && c <= '9' )
        return c - '0';
    if ( (c | 0x20) >= 'a' && (c | 0x20) <= 'f' )
        return (c | 0x20) - 'a' + 10;
    return 16;
}

bool parse_u64(const char *s, uint64_t *val, const char **end)
{
    unsigned int base = 10;
    uint64_t n = 0;
    const char *start;

    if ( s[0] == '0' && (s[1] | 0x20) == 'x' )
    {
        base = 16;
        s += 2;
    }
    for ( start = s; (unsigned int)digit_of(*s) < base; s++ )
        if ( __builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, digit_of(*s), &n) )
            return false;
    *val = n;
    *end = s;
    return s != start;
}

bool parse_size(const char *s, uint64_t *bytes, const char **end)
{
    unsigned int shift = 10;
    const char *p;
    uint64_t n;

    if ( !parse_u64(s, &n, &p) )
        return false;
    p++;
    switch ( p[-1] | 0x20 )
    {
    case 'b': shift = 0; break;
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    case 't': shift = 40; break;
    default: p--; break;
    }
    *bytes = n << shift;
    *end = p;
    return *bytes >> shift == n;
}

/* ---- 2. One option -------------------------------------------------------------------------------------------------- */

static bool set_bool(const struct option *o, const char *value)
{
    int val = *value ? parse_bool(value) : 1;

    if ( val < 0 )
        return false;
    *(bool *)o->var = val;
    return true;
}

static bool set_uint(const struct option *o, const char *value)
{
    const char *end;
    uint64_t val;

    if ( !parse_u64(value, &val, &end) || *end || val > UINT32_MAX )
        return false;
    *(unsigned int *)o->var = (unsigned int)val;
    return true;
}

static bool set_size(const struct option *o, const char *value)
{
    const char *end;
    uint64_t val;

    if ( !parse_size(value, &val, &end) || *end )
        return false;
    *(uint64_t *)o->var = val;
    return true;
}

static bool set_string(const struct option *o, const char *value)
{
    size_t len = strlen(value);

    if ( len >= o->size )
        return false;
    memcpy(o->var, value, len + 1);
    return true;
}

static bool set_option(const struct option *o, const char *value)
{
    switch ( o->kind )
    {
    case OPTION_KIND_BOOL: return set_bool(o, value);
    case OPTION_KIND_UINT: return set_uint(o, value);
    case OPTION_KIND_SIZE: return set_size(o, value);
    case OPTION_KIND_STRING: return set_string(o, value);
    case OPTION_KIND_FN: return o->fn(value) == 0;
    }
    return false;
}

/* ---- 3. Words ------------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copy the next word, without its quotes, and return where it ends; *fits is false when it had to be cut. */
static const char *next_word(const char *p, char *word, bool *fits)
{
    bool quoted = false;
    size_t n = 0;

    *fits = true;
    for ( ; *p && (quoted || !is_blank(*p)); p++ )
    {
        if ( *p == '"' )
            quoted = !quoted;
        else if ( n + 1 < WORD_MAX )
            word[n++] = *p;
        else
            *fits = false;
    }
    word[n] = '\0';
    return p;
}

static const struct option *find_option(const struct option *table, size_t nr, const char *name)
{
    for ( size_t i = 0; i < nr; i++ )
        if ( !strcmp(table[i].name, name) )
            return &table[i];
    return NULL;
}

/* "no-foo" is "foo=no", for the kinds that can be negated; "no-foo=..." means nothing. */
static const struct option *find_negated(const struct option *table, size_t nr, const char *name)
{
    const struct option *o;

    if ( strncmp(name, "no-", 3) != 0 )
        return NULL;
    o = find_option(table, nr, name + 3);
    return o && (o->kind == OPTION_KIND_BOOL || o->kind == OPTION_KIND_FN) ? o : NULL;
}

static void apply_word(char *word, const struct option *table, size_t nr,
                       cmdline_complaint *complain)
{
    const struct option *o;
    char *eq = strchr(word, '=');
    bool good;

    if ( eq )
        *eq = '\0';
    o = find_option(table, nr, word);
    if ( o )
        good = set_option(o, eq ? eq + 1 : "");
    else
    {
        o = find_negated(table, nr, word);
        good = o && !eq && set_option(o, "no");
    }
    if ( eq )
        *eq = '=';
    if ( !good )
        complain(word, o != NULL);
}

const char *cmdline_apply(const char *line, const struct option *table, size_t nr,
                          cmdline_complaint *complain)
{
    char word[WORD_MAX];
    bool fits;

    for ( ;; )
    {
        while ( is_blank(*line) )
            line++;
        if ( !*line )
            return line;
        line = next_word(line, word, &fits);
        if ( !strcmp(word, "--") )
            break;
        if ( !fits )
            complain(word, false);
        else if ( word[0] &&
                  strcmp(word, "placeholder") != 0 ) /* Debian's GRUB scripts put that one first */
            apply_word(word, table, nr, complain);
    }
    while ( is_blank(*line) )
        line++;
    return line;
}

/* ---- 4. The image's options ----------------------------------------------------------------------------------------- */

/* Made by the linker for a section whose name is a C identifier. */
extern const struct option __start_hv_options[], __stop_hv_options[];

static void complain(const char *word, bool known)
{
    pr_warn("command line: %s \"%s\"", known ? "bad value in" : "unknown option", word);
}

void cmdline_parse(const char *line)
{
    cmdline_extra =
        cmdline_apply(line, __start_hv_options, __stop_hv_options - __start_hv_options, complain);
}
