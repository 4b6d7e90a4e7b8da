/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of operations share. An operation is a function that does something n times and returns how many ticks that took;
 * main.c runs it and prints the figure.
 */
#ifndef BENCH_H
#define BENCH_H

#include "tables.h"

/** Where the guest's own window of 512 pages lies: an L1 table of its own, in all of the guest's roots. */
#define WINDOW       0x40000000UL
#define WINDOW_PAGES 512U

struct op
{
    const char *name, *unit;
    uint64_t (*run)(unsigned int n); /* ticks of n times; what it prepares is not counted */
    unsigned int times, per;         /* the figure is ticks / times / per */
    bool whole;                      /* run() has no loop whose own cost were to be taken off */
};

/** Each of these ends with an entry whose name is NULL. */
extern const struct op memory_ops[], pin_ops[], trap_ops[], event_ops[];

/* What is measured lies between two marks, no-operations that tools/profile/plugin.c looks for. */
#define MARK_RESET   0x54455352
#define MARK_BEGIN   0x4e474542
#define MARK_END     0x21444e45
#define MARK_DONE    0x454e4f44
#define MARK(number) __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARK_##number) : "memory")

/* Hypervisors built with CONFIG_COUNT_COSTS count locked instructions, serialising ones, flushes and loads of CR3 (costs.c). These are of what lies
 * between two calls, when costs_wanted. */
extern bool costs_wanted;
void costs_start(void);
void costs_stop(void);

static inline uint64_t clock_start(void)
{
    if ( costs_wanted )
        costs_start();
    MARK(BEGIN);
    return rdtsc();
}

static inline uint64_t clock_stop(uint64_t start)
{
    uint64_t ticks = rdtsc() - start;

    MARK(END);
    if ( costs_wanted )
        costs_stop();
    return ticks;
}

/** Ticks of n times @body, an empty loop's included. */
#define TIMED(n, body)                                                                             \
    ({                                                                                             \
        uint64_t start_ = clock_start();                                                           \
        for ( unsigned int i_ = (n); i_; i_-- )                                                    \
        {                                                                                          \
            body;                                                                                  \
            __asm__ volatile("" ::: "memory");                                                     \
        }                                                                                          \
        clock_stop(start_);                                                                        \
    })

/** A hypercall as a kernel makes it that has been built for this: a direct call into the hypercall page. */
#define CALL(nr, a1, a2, a3, a4)                                                                   \
    ({                                                                                             \
        uint64_t a1_ = (uint64_t)(a1), a2_ = (uint64_t)(a2), a3_ = (uint64_t)(a3);                 \
        register uint64_t a4_ __asm__("r10") = (uint64_t)(a4);                                     \
        int64_t rc_;                                                                               \
        __asm__ volatile("call hypercall_page + %c[page]"                                          \
                         : "=a"(rc_), "+D"(a1_), "+S"(a2_), "+d"(a3_), "+r"(a4_)                   \
                         : [page] "i"(__HYPERVISOR_##nr * 32)                                      \
                         : "rcx", "r8", "r11", "memory");                                          \
        rc_;                                                                                       \
    })

/** Does the hypervisor count costs? */
bool costs_counted(void);
/** What they were since the last call. */
struct costs
{
    uint32_t locked, serialising, flushes, cr3;
};
struct costs costs_take(void);

/** An operation that does not work has no figure: the guest ends with an error. */
void must(int64_t rc, const char *what);
/** The machine address of the window's entry @i. */
uint64_t window_entry(unsigned int i);
/** The frame of the pages that the window's entries map, one after another. */
uint64_t data_mfn(unsigned int i);

/* entry.S: the least that a handler can be. */
extern char bench_skip_error[], bench_skip[], bench_syscall[], bench_event[];
extern uint64_t bench_event_port, bench_events;
uint64_t bench_user_loop(unsigned int n);
uint64_t bench_spin(volatile uint64_t *what, uint64_t old);

#endif /* BENCH_H */
