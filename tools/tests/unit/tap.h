/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test Anything Protocol for host tests: one line per test point, a plan at the end, exit status 1 if a point failed.
 *
 *     // sources: xen/common/foo.c
 *     #include "tap.h"
 *     int main(void)
 *     {
 *         ok(foo(1) == 2, "foo adds one");
 *         is_u64(foo(2), 3, "and says so twice");
 *         return done();
 *     }
 *
 * A point says what is true when it passes. A program that dies before done() prints no plan and so counts as failed.
 * Hypervisor code may abort the process through port_bug(): what was printed is not lost, as every line is flushed.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_points, tap_failures;

/** A line for the reader that is no test point. */
__attribute__((format(printf, 1, 2), unused)) static void note(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("# ", stdout);
    vfprintf(stdout, fmt, ap);
    fputc('\n', stdout);
    fflush(stdout);
    va_end(ap);
}

__attribute__((format(printf, 4, 5), unused)) static bool tap_point(bool good, const char *file,
                                                                    int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    printf("%sok %u - ", good ? "" : "not ", ++tap_points);
    vfprintf(stdout, fmt, ap);
    fputc('\n', stdout);
    fflush(stdout);
    va_end(ap);
    if ( !good )
    {
        tap_failures++;
        note("  at %s:%d", file, line);
    }
    return good;
}

__attribute__((unused)) static bool tap_is_i64(int64_t got, int64_t want, const char *file,
                                               int line, const char *what)
{
    if ( tap_point(got == want, file, line, "%s", what) )
        return true;
    note("  got %" PRId64 ", expected %" PRId64, got, want);
    return false;
}

__attribute__((unused)) static bool tap_is_u64(uint64_t got, uint64_t want, const char *file,
                                               int line, const char *what)
{
    if ( tap_point(got == want, file, line, "%s", what) )
        return true;
    note("  got %#" PRIx64 ", expected %#" PRIx64, got, want);
    return false;
}

__attribute__((unused)) static bool tap_is_str(const char *got, const char *want, const char *file,
                                               int line, const char *what)
{
    if ( tap_point(strcmp(got, want) == 0, file, line, "%s", what) )
        return true;
    note("  got \"%s\"", got);
    note("  expected \"%s\"", want);
    return false;
}

/** @cond holds; the rest is a printf format that says so. */
#define ok(cond, ...) tap_point(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
#define pass(...)     tap_point(true, __FILE__, __LINE__, __VA_ARGS__)
#define fail(...)     tap_point(false, __FILE__, __LINE__, __VA_ARGS__)
/** Equal as signed numbers (errnos), as unsigned ones (shown in hexadecimal), as strings; both are shown when not. */
#define is_int(got, want, what) tap_is_i64(got, want, __FILE__, __LINE__, what)
#define is_u64(got, want, what) tap_is_u64(got, want, __FILE__, __LINE__, what)
#define is_str(got, want, what) tap_is_str(got, want, __FILE__, __LINE__, what)

/** Print the plan; return main()'s status. */
__attribute__((unused)) static int done(void)
{
    printf("1..%u\n", tap_points);
    fflush(stdout);
    return tap_failures != 0;
}

#endif /* TAP_H */
