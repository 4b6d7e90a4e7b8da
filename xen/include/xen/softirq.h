/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor runs with interrupts off. They are let in at two kinds of place only: while an idle CPU halts, and in the
 * short window of irq_window() (used by port_should_yield()). An interrupt handler does nothing but acknowledge the device and
 * raise a softirq; the work is done by softirq_run(), which is called before every return to a guest and when idle.
 */
#ifndef XEN_SOFTIRQ_H
#define XEN_SOFTIRQ_H

#include <xen/types.h>

enum softirq
{
    SOFTIRQ_TIMER,   /* run expired timers */
    SOFTIRQ_CONSOLE, /* the serial port has input */
    NR_SOFTIRQS
};

void softirq_open(enum softirq nr, void (*fn)(void));
void softirq_raise(enum softirq nr);
/** Anything raised on this CPU? */
bool softirq_pending(void);
/** Run all that is raised on this CPU. */
void softirq_run(void);
/** Let pending interrupts in: sti; nop; cli. */
void irq_window(void);
/** Let interrupts in and halt until one comes (sti; hlt; cli). Returns at once when a softirq is raised. */
void cpu_idle_once(void);

#endif /* XEN_SOFTIRQ_H */
