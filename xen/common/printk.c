/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log.
 *
 *   1. thresholds: loglvl= and guest_loglvl=, each "<always>[/<rate-limited>]" as in Xen
 *   2. the rate limit: a bucket for each of the two, and a notice of what it has swallowed
 *   3. lines: one call is one message of whole lines, each with the tag; bytes that could drive a terminal are replaced
 *
 * Every message is formatted into a buffer on the stack and handed to the console in one piece. Lock: none here, the console
 * has its own; the buckets are per kind and only lose precision if two CPUs race.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/time.h>

#define TAG      "(TEN) "
#define TEXT_MAX 512
/* A line has its tag and at least one byte of text. */
#define LINE_MAX 160

/* Ten messages at once, then one every half second. */
#define BURST  10
#define REFILL MILLISECS(500)

struct log_filter
{
    int always;  /* levels up to this one are printed */
    int limited; /* those above, up to this one, under the rate limit; -1 in either: none */
    const char *who;
    unsigned int tokens;
    uint64_t refilled; /* system time of the last token */
    unsigned int suppressed;
};

static struct log_filter hv_log = {
    .always = LOG_INFO, .limited = LOG_INFO, .who = "the hypervisor", .tokens = BURST
};
static struct log_filter guest_log = {
    .always = -1, .limited = LOG_WARNING, .who = "guests", .tokens = BURST
};

/* ---- 1. Thresholds -------------------------------------------------------------------------------------------------- */

/* The level named at *s, up to '/' or the end. False: there is none of that name. */
static bool parse_level(const char **s, int *level)
{
    static const struct
    {
        const char *name;
        int level;
    } levels[] = {
        { "none", -1 },       { "error", LOG_ERR },   { "warning", LOG_WARNING },
        { "info", LOG_INFO }, { "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(levels); i++ )
    {
        size_t len = strlen(levels[i].name);

        if ( strncmp(*s, levels[i].name, len) || ((*s)[len] && (*s)[len] != '/') )
            continue;
        *level = levels[i].level;
        *s += len;
        return true;
    }
    return false;
}

static int parse_filter(const char *s, struct log_filter *f)
{
    int always, limited;

    if ( !parse_level(&s, &always) )
        return -EINVAL;
    limited = always;
    if ( *s == '/' )
    {
        s++;
        if ( !parse_level(&s, &limited) || *s )
            return -EINVAL;
    }
    f->always = always;
    f->limited = limited;
    return 0;
}

static int parse_loglvl(const char *s)
{
    return parse_filter(s, &hv_log);
}
OPTION_FN("loglvl", parse_loglvl);

static int parse_guest_loglvl(const char *s)
{
    return parse_filter(s, &guest_log);
}
OPTION_FN("guest_loglvl", parse_guest_loglvl);

/* ---- 2. The rate limit ---------------------------------------------------------------------------------------------- */

static bool take_token(struct log_filter *f)
{
    uint64_t t = now(), new = (t - f->refilled) / REFILL;

    if ( new )
    {
        f->tokens = (unsigned int)MIN(f->tokens + new, (uint64_t)BURST);
        f->refilled += new *REFILL;
    }
    if ( !f->tokens )
        return false;
    f->tokens--;
    return true;
}

static void notice(struct log_filter *f)
{
    unsigned int n = f->suppressed;

    f->suppressed = 0;
    if ( n )
        pr_always("%u message%s from %s suppressed", n, n == 1 ? "" : "s", f->who);
}

static bool allowed(struct log_filter *f, int level)
{
    if ( level <= f->always )
        return true;
    if ( level > f->limited )
        return false;
    if ( !take_token(f) )
    {
        f->suppressed++;
        return false;
    }
    notice(f);
    return true;
}

void printk_flush_notices(void)
{
    notice(&hv_log);
    notice(&guest_log);
}

/* ---- 3. Lines ------------------------------------------------------------------------------------------------------- */

/* @len bytes without a '\n'. The text may quote what a guest or a boot module said. */
static void write_line(const char *s, size_t len)
{
    char line[LINE_MAX];
    size_t n = sizeof(TAG) - 1;

    memcpy(line, TAG, n);
    do
    {
        for ( ; len && n < sizeof(line) - 1; len-- )
        {
            char c = *s++;

            line[n++] = (c >= ' ' && c <= '~') || c == '\t' ? c : '?';
        }
        if ( !len )
            line[n++] = '\n';
        console_write(line, n);
        n = 0;
    } while ( len );
}

static void write_lines(const char *text)
{
    if ( !console_at_line_start() )
        console_write("\n", 1); /* a guest's unfinished line */
    for ( ;; )
    {
        const char *nl = strchr(text, '\n');

        if ( !nl )
        {
            write_line(text, strlen(text));
            return;
        }
        write_line(text, (size_t)(nl - text));
        text = nl + 1;
        if ( !*text )
            return; /* a message may end in a newline or not */
    }
}

static void __printf(2, 0) format_lines(const char *prefix, const char *fmt, va_list ap)
{
    char text[TEXT_MAX];
    int n = snprintf(text, sizeof(text), "%s", prefix);

    vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
    write_lines(text);
}

void vprintk(enum loglevel level, const char *fmt, va_list ap)
{
    if ( allowed(&hv_log, level) )
        format_lines("", fmt, ap);
}

void printk(enum loglevel level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(level, fmt, ap);
    va_end(ap);
}

void vgprintk(enum loglevel level, int domid, const char *fmt, va_list ap)
{
    char prefix[16] = "";

    if ( !allowed(&guest_log, level) )
        return;
    if ( domid >= 0 )
        snprintf(prefix, sizeof(prefix), "(d%d) ", domid);
    format_lines(prefix, fmt, ap);
}

void gprintk(enum loglevel level, const struct domain *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vgprintk(level, d ? d->id : -1, fmt, ap);
    va_end(ap);
}
