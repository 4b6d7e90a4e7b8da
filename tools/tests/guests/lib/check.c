/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks and the verdict. Each check is one line, "ok - what" or "not ok - what: got, wanted"; the worst thing that
 * happened is the guest's result.
 */
#include "guest.h"

static enum { SUCCESS, SKIP, ERROR, FAILURE, CRASH } result, part;
static unsigned int checks_done;
unsigned int checks_failed;

static const char *const result_names[] = { "SUCCESS", "SKIP", "ERROR", "FAILURE", "CRASH" };

static void worse(unsigned int r)
{
    if ( r > result )
        result = r;
    if ( r > part )
        part = r;
}

const char *checks_take_part(void)
{
    const char *name = result_names[part];

    part = SUCCESS;
    return name;
}

static void line(bool ok, const char *detail, const char *fmt, va_list ap)
{
    char text[256];

    vsnprintf(text, sizeof(text), fmt, ap);
    printf("%s - %s%s\n", ok ? "ok" : "not ok", text, detail);
    checks_done++;
    if ( !ok )
    {
        checks_failed++;
        worse(FAILURE);
    }
}

void check(bool ok, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    line(ok, "", fmt, ap);
    va_end(ap);
}

void check_rc(long got, long want, const char *fmt, ...)
{
    char detail[96];
    va_list ap;

    if ( got == want )
        snprintf(detail, sizeof(detail), " = %s", errno_name(got));
    else
        snprintf(detail, sizeof(detail), " = %s, wanted %s", errno_name(got), errno_name(want));
    va_start(ap, fmt);
    line(got == want, detail, fmt, ap);
    va_end(ap);
}

void check_rc_any(long got, long want, long other, const char *fmt, ...)
{
    bool ok = got == want || got == other;
    char detail[96];
    va_list ap;

    snprintf(detail, sizeof(detail), " = %s%s%s%s%s", errno_name(got), ok ? "" : ", wanted ",
             ok ? "" : errno_name(want), ok ? "" : " or ", ok ? "" : errno_name(other));
    va_start(ap, fmt);
    line(ok, detail, fmt, ap);
    va_end(ap);
}

void check_eq(uint64_t got, uint64_t want, const char *fmt, ...)
{
    char detail[96] = "";
    va_list ap;

    if ( got != want )
        snprintf(detail, sizeof(detail), ": got 0x%lx, wanted 0x%lx", got, want);
    va_start(ap, fmt);
    line(got == want, detail, fmt, ap);
    va_end(ap);
}

void section(const char *title)
{
    printf("# %s\n", title);
}

void skip(const char *why)
{
    printf("skip - %s\n", why);
    worse(SKIP);
}

void leave_out(const char *why, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("left out - %s # %s\n", text, why);
}

void error(const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("error - %s\n", text);
    worse(ERROR);
}

void panic(const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("guest panic: %s\nTest result: CRASH\n", text);
    guest_shutdown(SHUTDOWN_crash);
}

void report_and_exit(void)
{
    if ( checks_done )
        printf("%u checks, %u failed\n", checks_done, checks_failed);
    printf("Test result: %s\n", result_names[result]);
    guest_shutdown(result <= SKIP ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}
