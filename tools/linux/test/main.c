// SPDX-License-Identifier: GPL-2.0-only
/*
 * pvtest TEST...: the tests that run under Linux on the hypervisor. See check.h for their shape.
 *   1. points
 *   2. children
 *   3. small help
 *   4. which tests there are
 */
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- 1. Points ------------------------------------------------------------------------------ */

static unsigned int failed;
static unsigned long expected, disappointed;
static char first_disappointment[200];

void section(const char *name)
{
    printf("# %s\n", name);
    fflush(stdout);
}

bool ok(bool passed, const char *fmt, ...)
{
    va_list args;

    printf("%s - ", passed ? "ok" : "not ok");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    failed += !passed;
    return passed;
}

void expect(bool passed, const char *fmt, ...)
{
    va_list args;

    expected++;
    if ( passed || disappointed++ )
        return;
    va_start(args, fmt);
    vsnprintf(first_disappointment, sizeof(first_disappointment), fmt, args);
    va_end(args);
}

void ok_quiet(const char *text)
{
    if ( disappointed )
        ok(false, "%s: %lu of %lu failed, first: %s", text, disappointed, expected,
           first_disappointment);
    else
        ok(expected > 0, "%s (%lu checks)", text, expected);
    expected = disappointed = 0;
}

/* ---- 2. Children ---------------------------------------------------------------------------- */

void child_done(void)
{
    if ( disappointed )
        fprintf(stderr, "# in a child: %s\n", first_disappointment);
    _exit(disappointed ? 1 : 0);
}

void children_wait(unsigned int count)
{
    int status;

    while ( count-- )
    {
        must(wait(&status));
        expect(status == 0, "a child ended with wait status %#x", (unsigned int)status);
    }
}

int in_child(void (*fn)(void))
{
    int status;
    pid_t pid = must(fork());

    if ( !pid )
    {
        expected = disappointed = 0;
        fn();
        child_done();
    }
    must(waitpid(pid, &status, 0));
    return status;
}

void die(const char *what)
{
    ok(false, "%s: %s", what, strerror(errno));
    _exit(99);
}

/* ---- 3. Small help -------------------------------------------------------------------------- */

static uint32_t rnd_state = 1;

void rnd_seed(uint32_t seed)
{
    rnd_state = seed ? seed : 1;
}

/* Marsaglia's xorshift with 13, 17, 5. */
uint32_t rnd(void)
{
    rnd_state ^= rnd_state << 13;
    rnd_state ^= rnd_state >> 17;
    rnd_state ^= rnd_state << 5;
    return rnd_state;
}

void *pages(size_t bytes)
{
    return must(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

long proc_number(const char *file, const char *name)
{
    FILE *f = fopen(file, "r");
    char line[256];
    long found = -1;

    if ( !f )
        die(file);
    while ( found < 0 && fgets(line, sizeof(line), f) )
        if ( !strncmp(line, name, strlen(name)) )
            found = strtol(line + strlen(name), NULL, 10);
    fclose(f);
    return found;
}

uint64_t now_ns(int clock)
{
    struct timespec t;

    must(clock_gettime(clock, &t));
    return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/* ---- 4. Which tests there are --------------------------------------------------------------- */

static const struct
{
    const char *name;
    void (*fn)(void);
} tests[] = {
    { "features", test_features }, { "processes", test_processes },
    { "mappings", test_mappings }, { "pressure", test_pressure },
    { "signals", test_signals },   { "threads", test_threads },
    { "pipes", test_pipes },       { "fpu", test_fpu },
    { "clocks", test_clocks },     { "segments", test_segments },
    { "tracing", test_tracing },   { "ports", test_ports },
};

static void run(const char *name)
{
    uint64_t start = now_ns(CLOCK_MONOTONIC);

    for ( unsigned int i = 0; i < ARRAY_SIZE(tests); i++ )
        if ( !strcmp(tests[i].name, name) )
        {
            section(name);
            tests[i].fn();
            printf("# %s: %lu ms\n", name, (now_ns(CLOCK_MONOTONIC) - start) / 1000000);
            fflush(stdout);
            return;
        }
    ok(false, "there is no test %s", name);
}

/* One line for each that is typed: when it came. */
static int tell_time(void)
{
    char line[64];

    while ( fgets(line, sizeof(line), stdin) && line[0] != 'q' )
    {
        printf("clock %lu\n", now_ns(CLOCK_MONOTONIC));
        fflush(stdout);
    }
    return 0;
}

/* Until a signal comes, such as that of Ctrl-C. */
static int wait_for_signal(void)
{
    signal(SIGINT, SIG_DFL);
    printf("pausing\n");
    fflush(stdout);
    return pause();
}

int main(int argc, char **argv)
{
    if ( argc == 2 && !strcmp(argv[1], "pause") )
        return wait_for_signal();
    if ( argc == 2 && !strcmp(argv[1], "clock") )
        return tell_time();
    /* What test_processes() executes. */
    if ( argc == 3 && !strcmp(argv[1], "exit") )
        return atoi(argv[2]);
    for ( int i = 1; i < argc; i++ )
        run(argv[i]);
    return failed ? 1 : 0;
}
