/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs in one process.
 *
 *   1. tasks: contexts of their own, entered and left from the scheduler
 *   2. points: where a task may lose its turn
 *   3. the scheduler
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include "host.h"
#include "smp.h"
#include "step.h"

#define STACK_SIZE (256 * 1024)
/* A CPU that spins this long without the other is waiting for it (a spin lock: it has no port_wait()). */
#ifndef SPIN_POINTS
#define SPIN_POINTS 200000
#endif
/* Turns that both CPUs had without coming to an end. */
#define TURNS_MAX 2000000

/* What must not be interrupted by itself: the compiler puts points into this file too. */
#define NO_POINTS __attribute__((no_sanitize_coverage))

static struct
{
    bool running, every_block;
    int current;
    struct smp_task task[2];
    bool done[2];
    unsigned long points[2], left;
    ucontext_t scheduler, context[2];
    void *fake_stack;
    const void *main_stack;
    size_t main_size;
} smp;

static char stacks[2][STACK_SIZE] __attribute__((aligned(64)));

/* ---- 1. tasks ----------------------------------------------------------------------------------------------------- */

/* The address sanitizer must know of each change of stacks. */
NO_POINTS static void leaving(void **keep, const void *stack, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(keep, stack, size);
#endif
}

NO_POINTS static void arrived(void *kept, const void **from, size_t *size)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(kept, from, size);
#endif
}

NO_POINTS static void to_scheduler(bool for_ever)
{
    int me = smp.current;
    void *fake = NULL;

    smp.current = -1;
    leaving(for_ever ? NULL : &fake, smp.main_stack, smp.main_size);
    swapcontext(&smp.context[me], &smp.scheduler);
    arrived(fake, &smp.main_stack, &smp.main_size);
}

NO_POINTS static void task_main(int i)
{
    arrived(NULL, &smp.main_stack, &smp.main_size);
    smp.task[i].fn(smp.task[i].arg);
    smp.done[i] = true;
    to_scheduler(true);
}

static void task_create(int i, const struct smp_task *task)
{
    smp.task[i] = *task;
    smp.done[i] = false;
    smp.points[i] = 0;
    getcontext(&smp.context[i]);
    smp.context[i].uc_stack.ss_sp = stacks[i];
    smp.context[i].uc_stack.ss_size = STACK_SIZE;
    smp.context[i].uc_link = NULL;
    makecontext(&smp.context[i], (void (*)(void))task_main, 1, i);
}

static void task_turn(int i, unsigned long points)
{
    smp.left = points ? points : SPIN_POINTS;
    smp.current = i;
    host.cpu = (unsigned int)i;
    leaving(&smp.fake_stack, stacks[i], STACK_SIZE);
    swapcontext(&smp.scheduler, &smp.context[i]);
    arrived(smp.fake_stack, NULL, NULL);
}

/* ---- 2. points ---------------------------------------------------------------------------------------------------- */

NO_POINTS static void point(void)
{
    if ( !smp.running || smp.current < 0 )
        return;
    smp.points[smp.current]++;
    if ( --smp.left == 0 )
        to_scheduler(false);
}

unsigned long smp_steps;
void (*smp_watch)(void);

void smp_step(void)
{
    smp_steps++;
    if ( smp_watch )
        smp_watch();
    point();
}

/* Called by the compiler at each basic block of programs compiled so. */
void __sanitizer_cov_trace_pc(void);
NO_POINTS void __sanitizer_cov_trace_pc(void)
{
    if ( smp.every_block )
        point();
}

static void wait_for_other(void)
{
    if ( !smp.running || smp.current < 0 )
        port_bug(__FILE__, __LINE__, "one CPU waits for a frame that it holds itself");
    if ( smp.done[!smp.current] )
        port_bug(__FILE__, __LINE__, "a frame was left locked");
    to_scheduler(false);
}

int smp_current(void)
{
    return smp.running ? smp.current : -1;
}

/* ---- 3. the scheduler --------------------------------------------------------------------------------------------- */

void smp_run(const struct smp_task task[2], unsigned long (*slice)(void *arg), void *arg,
             void (*between)(void), bool every_block)
{
    unsigned long turns = 0;
    int turn = 0;

    smp.current = -1;
    smp.every_block = every_block;
    task_create(0, &task[0]);
    task_create(1, &task[1]);
    host.wait_fn = wait_for_other;
    smp.running = true;
    while ( !smp.done[0] || !smp.done[1] )
    {
        if ( smp.done[turn] )
            turn = !turn;
        task_turn(turn, slice(arg));
        turn = !turn;
        if ( between )
            between();
        if ( ++turns > TURNS_MAX )
            port_bug(__FILE__, __LINE__, "two CPUs wait for each other");
    }
    smp.running = false;
    host.wait_fn = NULL;
}

/* The first turn has *arg points, the others as many as they need. */
static unsigned long stop_slice(void *arg)
{
    unsigned long *at = arg, points = *at;

    *at = 0;
    return points;
}

bool smp_run_stopped(const struct smp_task task[2], unsigned long at, void (*between)(void))
{
    unsigned long first = at;

    smp_run(task, stop_slice, &first, between, false);
    return smp.points[0] >= at;
}
