/* SPDX-License-Identifier: GPL-2.0-only */
/* What every fuzz target has, whichever engine runs it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../fuzz.h"
#include <xen/lib.h>

bool fuzz_verbose;
uint64_t fuzz_operations;

void fuzz_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

/* BUG_ON in the code under test, for targets that have no port of their own. */
void __attribute__((weak)) port_bug(const char *file, int line, const char *what)
{
    fuzz_fail(file, line, "BUG: %s", what);
}

static void tell_operations(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    fprintf(stderr, "fuzz: %llu operations in %llu ms of CPU time\n",
            (unsigned long long)fuzz_operations,
            (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000);
}

static void __attribute__((constructor)) init(void)
{
    atexit(tell_operations);
}
