/* SPDX-License-Identifier: GPL-2.0-only */
/* System time (nanoseconds since boot, from the TSC), wall clock, and one-shot timers. */
#ifndef XEN_TIME_H
#define XEN_TIME_H

#include <xen/types.h>

#define MILLISECS(x) ((uint64_t)(x)*1000000ULL)
#define SECONDS(x)   ((uint64_t)(x)*1000000000ULL)

/** Nanoseconds since boot, monotonic. */
uint64_t now(void);
uint64_t rdtsc(void);

/** ns = ((tsc << shift) * mul) >> 32, shift may be negative: the scale guests get in vcpu_time_info. */
struct tsc_scale
{
    uint32_t mul;
    int8_t shift;
    uint64_t khz;
};
extern struct tsc_scale tsc_scale;
/** System time at TSC value @tsc. */
uint64_t tsc_to_ns(uint64_t tsc);

/** Seconds since 1970 UTC and nanoseconds at system time 0: from the CMOS clock, until it is set. */
void wallclock_at_boot(uint64_t *sec, uint32_t *nsec);
/** It was @sec, @nsec at @system_time. The caller keeps readers out. */
void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time);

void time_init(void);

/** A one-shot timer; fn runs in softirq context on the CPU that set it. */
struct timer
{
    struct timer *next;
    uint64_t expires; /* system time */
    void (*fn)(void *arg);
    void *arg;
    bool active;
};
void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);
/** (Re)arm. A time in the past fires at the next softirq_run(). */
void timer_set(struct timer *t, uint64_t expires);
void timer_stop(struct timer *t);

#endif /* XEN_TIME_H */
