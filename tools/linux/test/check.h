/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Linux guest's test programs share: points in the words that tools/tests/boot/lib/guests.py reads, children that have
 * to end in a certain way, random numbers that are the same in every run.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE          4096UL

/* The heading of the points that follow. */
void section(const char *name);

/* One point. Returns passed. */
bool ok(bool passed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A condition inside of a test, true millions of times: only the first failure is told, by the ok_quiet() that ends it. */
void expect(bool passed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The point that gathers all expect() since the last one; says how many there were. */
void ok_quiet(const char *text);

/* For a child: its status says whether all that it expected held. */
_Noreturn void child_done(void);

/* How many of the children ended with status 0; the others' ends are expect()ed away. */
void children_wait(unsigned int count);

/* Run fn in a child; the wait status. */
int in_child(void (*fn)(void));

/* The program's end for what must not happen: a system call of the test itself fails. */
_Noreturn void die(const char *what);

#define must(call)                                                                                 \
    ({                                                                                             \
        __typeof__(call) must_ret = (call);                                                        \
        if ( (long)must_ret == -1 )                                                                \
            die(#call);                                                                            \
        must_ret;                                                                                  \
    })

uint32_t rnd(void);
void rnd_seed(uint32_t seed);

/* Anonymous private memory, readable and writable. */
void *pages(size_t bytes);

/* The first number on the line of a file of /proc that starts so, or -1. */
long proc_number(const char *file, const char *name);

uint64_t now_ns(int clock);

/* ---- The tests, one a file -------------------------------------------------------------------------------------------- */

void test_processes(void);
void test_mappings(void);
void test_pressure(void);
void test_signals(void);
void test_threads(void);
void test_pipes(void);
void test_fpu(void);
void test_features(void);
void test_clocks(void);
void test_segments(void);
void test_tracing(void);
void test_ports(void);

#endif
