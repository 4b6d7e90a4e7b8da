/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of the hypervisor's command line. Whoever has an option defines it next to the variable it sets:
 *
 *     static bool opt_foo = true;
 *     OPTION_BOOL("foo", opt_foo);
 *
 * and describes it in docs/boot.md (a test compares). The linker collects the definitions in the section hv_options.
 * Everything is read once, by cmdline_parse(), early in boot: before paging_init(), on one CPU.
 */
#ifndef XEN_CMDLINE_H
#define XEN_CMDLINE_H

#include <xen/lib.h>

enum option_kind
{
    OPTION_KIND_BOOL,   /* bool */
    OPTION_KIND_UINT,   /* unsigned int */
    OPTION_KIND_SIZE,   /* uint64_t, bytes */
    OPTION_KIND_STRING, /* char[] */
    OPTION_KIND_FN,     /* int fn(const char *value): 0, or -EINVAL for a value it does not take */
};

struct option
{
    const char *name;
    enum option_kind kind;
    uint32_t size; /* of a string's array */
    void *var;
    int (*fn)(const char *value);
};

#define OPTION_NAME_(line) option_on_line_##line
#define OPTION_NAME(line)  OPTION_NAME_(line)
#define OPTION(...)                                                                                \
    static const struct option OPTION_NAME(__LINE__)                                               \
        __attribute__((used, section("hv_options"), aligned(8))) = { __VA_ARGS__ }

/** foo, foo=1|on|yes|true|enable set it; no-foo, foo=0|off|no|false|disable clear it. */
#define OPTION_BOOL(name_, var_) OPTION(.name = name_, .kind = OPTION_KIND_BOOL, .var = &(var_))
/** Decimal, or 0x and hexadecimal. */
#define OPTION_UINT(name_, var_) OPTION(.name = name_, .kind = OPTION_KIND_UINT, .var = &(var_))
/** Bytes with a suffix B K M G T; KiB without one, as in Xen. */
#define OPTION_SIZE(name_, var_) OPTION(.name = name_, .kind = OPTION_KIND_SIZE, .var = &(var_))
/** Into a char array; a value that does not fit is refused. */
#define OPTION_STRING(name_, var_)                                                                 \
    OPTION(.name = name_, .kind = OPTION_KIND_STRING, .size = sizeof(var_), .var = (var_))
/** The function gets what stands after '=', "" if there is none, and "no" for no-foo. */
#define OPTION_FN(name_, fn_) OPTION(.name = name_, .kind = OPTION_KIND_FN, .fn = (fn_))

/** Words of the command line that nobody knew or that had a bad value: one call each. */
typedef void cmdline_complaint(const char *word, bool known);

/**
 * Obey a command line against a table. Words are separated by blanks; double quotes keep blanks in a word. A word `--` ends
 * the options. Returns what stands behind it (in @line), or the end of @line.
 */
const char *cmdline_apply(const char *line, const struct option *table, size_t nr,
                          cmdline_complaint *complain);

/** Boot: cmdline_apply() on all options of the image; unknown words are named in a warning. */
void cmdline_parse(const char *line);

/** What stood behind `--`: to be added to the first domain's own command line. */
extern const char *cmdline_extra;

/** initial-domain: the first domain is a dom0 (SIF_PRIVILEGED | SIF_INITDOMAIN) with console_io, not an ordinary guest. */
extern bool opt_initial_domain;
/** maxcpus=: how many CPUs may be started, the first one included. */
extern unsigned int opt_maxcpus;

/* ---- Parts that option functions use ------------------------------------------------------------------------------ */

/** 1, 0, or -1: no word for a truth value. */
int parse_bool(const char *s);
/** An unsigned number, decimal or 0x...; *end is where it stops. False: no digit, or it does not fit 64 bits. */
bool parse_u64(const char *s, uint64_t *val, const char **end);
/** A number of bytes with its suffix; KiB if it has none. As parse_u64(). */
bool parse_size(const char *s, uint64_t *bytes, const char **end);

/* ---- dom0_mem= ------------------------------------------------------------------------------------------------------ */

/** An amount of memory: `2G`, `-256M` (all but that), `50%`, `1G+10%`. */
struct mem_amount
{
    bool set, negative;
    unsigned int percent; /* of what is free, added */
    uint64_t bytes;
};
struct mem_option
{
    struct mem_amount size, min, max;
};
extern struct mem_option opt_dom0_mem;

/** [min:<amount>,][max:<amount>,][<amount>]. 0 or -EINVAL (then *opt is unchanged). */
int mem_option_parse(const char *s, struct mem_option *opt);
/**
 * How many pages the first domain gets when @free pages are there, and the most it may ever have (~0: no limit). Without a
 * size: all but the smaller of a sixteenth and 128 MiB. Never more than @free; max wins over min.
 */
uint64_t mem_option_pages(const struct mem_option *opt, uint64_t free, uint64_t *max_pages);

#endif /* XEN_CMDLINE_H */
