/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of what an instruction count hides: locked instructions, serialising ones, those that drop translations, loads of CR3. Only with
 * CONFIG_COUNT_COSTS; a guest reads them by CPUID (docs/performance.md). Counted where the instructions are: by
 * count_cost(), in entry.S by COUNT_COST, atomic operations by asm/costs_atomic.h.
 */
#ifndef ASM_COSTS_H
#define ASM_COSTS_H

#include <asm/percpu.h>

#define COST_LOCKED      0
#define COST_SERIALISING 1
#define COST_FLUSH       2
#define COST_CR3         3
#define NR_COSTS         4

/* The leaf that says that they are there, by the name that follows, and the next, which has them in eax to edx, modulo 2^32. */
#define COSTS_LEAF 0x40020000U
#define COSTS_NAME "Tenon counts"

#ifndef __ASSEMBLY__

static inline void count_cost(unsigned int cost)
{
#ifdef CONFIG_COUNT_COSTS
    ((volatile __seg_gs struct percpu *)0)->costs[cost]++;
#endif
}

#endif /* !__ASSEMBLY__ */

#endif /* ASM_COSTS_H */
