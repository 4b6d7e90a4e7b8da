/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before every file of the stress test: READ_ONCE and WRITE_ONCE are volatile accesses in the core, of aligned words that the CPU reads
 * and writes in one piece. The thread sanitizer knows that only of atomic accesses, so they are such ones here.
 */
#ifndef TESTS_STRESS_ONCE_H
#define TESTS_STRESS_ONCE_H

#include <xen/lib.h>

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)     __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

#endif /* TESTS_STRESS_ONCE_H */
