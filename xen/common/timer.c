/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU's timers: a list sorted by time; equal times run in the order they were set. Short lists (a few timers a vCPU), so
 * insertion walks. Pure: whoever has the list gives the time and programs the hardware (arch/x86/time.c). The list belongs to
 * its CPU: no lock.
 */
#include <xen/timer.h>

void timer_list_insert(struct timer_list *list, struct timer *t)
{
    struct timer **at = &list->first;

    ASSERT(!t->active);
    while ( *at && (*at)->expires <= t->expires )
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    t->active = true;
}

void timer_list_remove(struct timer_list *list, struct timer *t)
{
    struct timer **at = &list->first;

    if ( !t->active )
        return;
    while ( *at != t )
    {
        BUG_ON(!*at); /* active, but on another CPU's list */
        at = &(*at)->next;
    }
    *at = t->next;
    t->next = NULL;
    t->active = false;
}

static unsigned int count_expired(const struct timer_list *list, uint64_t time)
{
    unsigned int n = 0;

    for ( const struct timer *t = list->first; t && t->expires <= time; t = t->next )
        n++;
    return n;
}

void timer_list_run(struct timer_list *list, uint64_t time)
{
    /* Counted beforehand: a function that sets its timer to the past again must not keep us here. */
    unsigned int budget = count_expired(list, time);

    while ( budget-- && list->first && list->first->expires <= time )
    {
        struct timer *t = list->first;

        timer_list_remove(list, t);
        t->fn(t->arg);
    }
}
