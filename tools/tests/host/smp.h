/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs in one process: two tasks that take turns at points the test decides, so that every run can be had again. Programs
 * that use it are compiled with step.h.
 */
#ifndef TESTS_SMP_H
#define TESTS_SMP_H

#include <stdbool.h>

/** What one CPU does. */
struct smp_task
{
    void (*fn)(void *arg);
    void *arg;
};

/**
 * Run @task[0] on CPU 0 and @task[1] on CPU 1 until both are done. CPU 0 begins; whoever has the turn keeps it for @slice()
 * points (0: as long as it does not wait for the other), then the other has it. @between (may be NULL) runs at each change.
 * With @every_block each basic block is a point, otherwise atomic accesses and the port's functions.
 */
void smp_run(const struct smp_task task[2], unsigned long (*slice)(void *arg), void *arg,
             void (*between)(void), bool every_block);

/** CPU 0 stops after @at points, CPU 1 does all it has to do, CPU 0 goes on. False: CPU 0 had fewer points than that. */
bool smp_run_stopped(const struct smp_task task[2], unsigned long at, void (*between)(void));

/** How many atomic accesses, and calls of some functions of the port, there have been. */
extern unsigned long smp_steps;

/** Called before each of them, if not NULL. */
extern void (*smp_watch)(void);

/** Whose turn it is, 0 or 1; -1: nobody's. */
int smp_current(void);

#endif /* TESTS_SMP_H */
