/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps that take longer than guests should be kept waiting: they work in steps, on a timer, and the guest runs in between.
 * All in softirq context of one CPU: no lock.
 */
#include <xen/dump.h>
#include <xen/printk.h>
#include <xen/time.h>

static struct
{
    const char *name; /* NULL: nothing is under way */
    uint64_t (*step)(void);
    struct timer timer;
} job;

static void go_on(void *arg)
{
    uint64_t delay = job.step();

    if ( delay == DUMP_DONE )
        job.name = NULL;
    else
        timer_set(&job.timer, now() + delay);
}

void dump_start(const char *name, void (*begin)(void), uint64_t (*step)(void))
{
    if ( job.name )
    {
        pr_always("%s: not now, %s is still at work", name, job.name);
        return;
    }
    timer_init(&job.timer, go_on, NULL);
    job.name = name;
    job.step = step;
    begin();
    go_on(NULL);
}

void dump_stop(void)
{
    if ( !job.name )
        return;
    pr_always("%s: stopped, a domain ends", job.name);
    timer_stop(&job.timer);
    job.name = NULL;
}
