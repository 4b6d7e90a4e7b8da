/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that interrupts leave behind: raised as a bit of the CPU's percpu area, done when softirq_run() is called. All of it
 * runs with interrupts off, on the CPU that raised it; only an interrupt (or NMI) handler of the same CPU may raise one
 * meanwhile, so the bits are changed atomically but no lock is needed.
 */
#include <asm/percpu.h>
#include <xen/lib.h>
#include <xen/softirq.h>

static void (*handlers[NR_SOFTIRQS])(void);

void softirq_open(enum softirq nr, void (*fn)(void))
{
    handlers[nr] = fn;
}

void softirq_raise(enum softirq nr)
{
    __atomic_fetch_or(&percpu()->pending, 1UL << nr, __ATOMIC_RELEASE);
}

bool softirq_pending(void)
{
    return __atomic_load_n(&percpu()->pending, __ATOMIC_ACQUIRE) != 0;
}

void softirq_run(void)
{
    uint64_t todo;

    while ( (todo = __atomic_exchange_n(&percpu()->pending, 0, __ATOMIC_ACQ_REL)) )
        for ( unsigned int nr = 0; nr < NR_SOFTIRQS; nr++ )
            if ( (todo >> nr & 1) && handlers[nr] )
                handlers[nr]();
}
