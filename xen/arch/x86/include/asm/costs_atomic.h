/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else by the compiler's command line, on the metal only: with CONFIG_COUNT_COSTS the compiler's atomic operations
 * count what they are made of. One that loops is counted once. (A macro's own name within it is the function.)
 */
#ifdef CONFIG_COUNT_COSTS
#include <asm/costs.h>

#define COUNT_LOCKED(operation) (count_cost(COST_LOCKED), operation)

#define __atomic_compare_exchange_n(...) COUNT_LOCKED(__atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_exchange_n(...)         COUNT_LOCKED(__atomic_exchange_n(__VA_ARGS__))
#define __atomic_fetch_add(...)          COUNT_LOCKED(__atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_sub(...)          COUNT_LOCKED(__atomic_fetch_sub(__VA_ARGS__))
#define __atomic_fetch_and(...)          COUNT_LOCKED(__atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_or(...)           COUNT_LOCKED(__atomic_fetch_or(__VA_ARGS__))
#define __atomic_add_fetch(...)          COUNT_LOCKED(__atomic_add_fetch(__VA_ARGS__))
#define __atomic_sub_fetch(...)          COUNT_LOCKED(__atomic_sub_fetch(__VA_ARGS__))
/* A store that all CPUs see in one order is an XCHG. */
#define __atomic_store_n(to, value, order)                                                         \
    ((order) == __ATOMIC_SEQ_CST ? count_cost(COST_LOCKED) : (void)0,                              \
     __atomic_store_n(to, value, order))
#endif
