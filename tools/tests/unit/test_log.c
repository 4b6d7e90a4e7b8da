// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/printk.c xen/common/cmdline.c
/* The log: thresholds, rate limits and their notices, tags, and what a terminal must not see. */
#include "tap.h"
#include <stdlib.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/time.h>

static char out[20000];
static uint64_t clock;

void console_write(const char *s, size_t len)
{
    strncat(out, s, len);
}

bool console_at_line_start(void)
{
    size_t n = strlen(out);

    return !n || out[n - 1] == '\n';
}

uint64_t now(void)
{
    return clock;
}

static const char *take(void)
{
    static char copy[sizeof(out)];

    strcpy(copy, out);
    out[0] = '\0';
    return copy;
}

/* Wait until both buckets are full, with no notices left. */
static void rest(const char *options)
{
    clock += SECONDS(60);
    cmdline_parse(options);
    printk_flush_notices();
    take();
}

static void guest(enum loglevel level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vgprintk(level, 3, fmt, ap);
    va_end(ap);
}

static void all_levels(void)
{
    pr_always("always");
    pr_err("error");
    pr_warn("warning");
    pr_info("info");
    pr_debug("debug");
}

static void test_levels(void)
{
    static struct domain d = { .id = 7 };

    all_levels();
    is_str(take(), "(TEN) always\n(TEN) error\n(TEN) warning\n(TEN) info\n",
           "by default up to info");
    rest("loglvl=all");
    all_levels();
    is_str(take(), "(TEN) always\n(TEN) error\n(TEN) warning\n(TEN) info\n(TEN) debug\n",
           "loglvl=all");
    rest("loglvl=none");
    all_levels();
    is_str(take(), "(TEN) always\n", "loglvl=none");
    rest("loglvl=error/warning");
    all_levels();
    is_str(take(), "(TEN) always\n(TEN) error\n(TEN) warning\n", "loglvl=error/warning");
    guest(LOG_WARNING, "w%d", 1);
    guest(LOG_INFO, "i");
    is_str(take(), "(TEN) (d3) w1\n", "by default a guest's warnings");
    rest("guest_loglvl=debug");
    gprintk(LOG_DEBUG, &d, "x");
    gprintk(LOG_DEBUG, NULL, "y");
    is_str(take(), "(TEN) (d7) x\n(TEN) y\n", "gprintk names the domain");
    rest("guest_loglvl=none/none");
    guest(LOG_ERR, "x");
    guest(LOG_ALWAYS, "always");
    is_str(take(), "(TEN) (d3) always\n", "guest_loglvl=none/none");
    rest("loglvl=info/lots");
    cmdline_parse("guest_loglvl=infox guest_loglvl= guest_loglvl=none/info/all loglvl=all");
    is_str(take(),
           "(TEN) command line: bad value in \"guest_loglvl=infox\"\n"
           "(TEN) command line: bad value in \"guest_loglvl=\"\n"
           "(TEN) command line: bad value in \"guest_loglvl=none/info/all\"\n",
           "thresholds that do not exist are refused");
}

static unsigned int count(const char *s, const char *what)
{
    unsigned int n = 0;

    for ( ; (s = strstr(s, what)); s++ )
        n++;
    return n;
}

static void test_rate(void)
{
    const char *text;

    rest("guest_loglvl=error/warning loglvl=info");
    for ( unsigned int i = 0; i < 100; i++ )
        guest(LOG_WARNING, "flood");
    is_u64(count(take(), "flood"), 10, "ten messages at once");
    for ( unsigned int i = 0; i < 100; i++ )
        guest(LOG_ERR, "error");
    is_u64(count(take(), "error"), 100, "those under the first threshold are not limited");
    pr_info("ours");
    is_str(take(), "(TEN) ours\n", "the hypervisor's bucket is another one");
    clock += MILLISECS(499);
    guest(LOG_WARNING, "more");
    is_str(take(), "", "then none");
    clock += MILLISECS(1);
    guest(LOG_WARNING, "more");
    is_str(take(), "(TEN) 91 messages from guests suppressed\n(TEN) (d3) more\n",
           "until half a second later, with a notice");
    guest(LOG_WARNING, "more");
    is_str(take(), "", "one only");
    printk_flush_notices();
    is_str(take(), "(TEN) 1 message from guests suppressed\n", "the last notice comes at the end");
    printk_flush_notices();
    is_str(take(), "", "once");
    clock += SECONDS(3600);
    for ( unsigned int i = 0; i < 100; i++ )
        guest(LOG_WARNING, "flood");
    text = take();
    ok(count(text, "flood") == 10 && count(text, "suppressed") == 0,
       "a long rest fills no more than the bucket");
    guest(LOG_INFO, "below the threshold");
    printk_flush_notices();
    is_str(take(), "(TEN) 90 messages from guests suppressed\n",
           "what is not to be printed anyway is not counted");
}

static void test_lines(void)
{
    static char long_text[3000];
    const char *text;
    bool good = true;

    rest("loglvl=all guest_loglvl=all");
    pr_info("a\nb\n");
    is_str(take(), "(TEN) a\n(TEN) b\n",
           "every line has the tag; a newline at the end or not is the same");
    pr_info("a\n\nb");
    is_str(take(), "(TEN) a\n(TEN) \n(TEN) b\n", "an empty line");
    pr_info("%s", "");
    is_str(take(), "(TEN) \n", "an empty message");
    strcpy(out, "guest> ");
    pr_info("x");
    is_str(take(), "guest> \n(TEN) x\n", "an unfinished line of a guest's is ended first");
    pr_info("\033[2J \x80\x7f\r\tz");
    is_str(take(), "(TEN) ?[2J ???\tz\n", "bytes that could drive a terminal are replaced");
    memset(long_text, 'x', sizeof(long_text) - 1);
    for ( unsigned int len = 100; len < sizeof(long_text); len++ )
    {
        pr_info("%.*s", (int)len, long_text);
        text = take();
        good &= !strncmp(text, "(TEN) x", 7) && strchr(text, '\n') == text + strlen(text) - 1 &&
                strlen(text) == 7 + (len < 511 ? len : 511);
    }
    ok(good, "a long message is one line, cut at 511 bytes");
}

int main(void)
{
    test_levels();
    test_rate();
    test_lines();
    return done();
}
