/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A spin lock from compiler atomics only, so that the pure core may use it. Lock order, outermost first:
 *   mm_vcpu.ldt_lock -> domain.lock (mm_domain) -> heap.lock. Nothing else is taken while one is held, and nobody flushes.
 *   Outside of them: FRAME_LOCKED of a table, then of one a level down (promote.c).
 */
#ifndef XEN_SPINLOCK_H
#define XEN_SPINLOCK_H

#include <xen/lib.h>

struct spinlock
{
    uint32_t taken;
};

static inline void spin_lock(struct spinlock *lock)
{
    while ( __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) )
        while ( __atomic_load_n(&lock->taken, __ATOMIC_RELAXED) )
            __builtin_ia32_pause();
}

static inline void spin_unlock(struct spinlock *lock)
{
    ASSERT(READ_ONCE(lock->taken));
    __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif /* XEN_SPINLOCK_H */
