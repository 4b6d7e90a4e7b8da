/* SPDX-License-Identifier: GPL-2.0-only */
/* The sorted list behind timer_set() (common/timer.c). Users of timers want xen/time.h. */
#ifndef XEN_TIMER_H
#define XEN_TIMER_H

#include <xen/lib.h>
#include <xen/time.h>

struct timer_list
{
    struct timer *first; /* the earliest */
};

/** @t must not be on a list; t->expires says when. */
void timer_list_insert(struct timer_list *list, struct timer *t);
/** Nothing happens if @t is not active. If it is, it must be on this list. */
void timer_list_remove(struct timer_list *list, struct timer *t);
/** Take off and run what expires at or before @time, but no more than were due at the call: functions may set and stop timers,
 *  and one that is set to the past again has its turn at the next call. */
void timer_list_run(struct timer_list *list, uint64_t time);

#endif /* XEN_TIMER_H */
