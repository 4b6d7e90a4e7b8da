/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to one CPU. In the hypervisor GS base points at the CPU's struct percpu; entry.S swaps it (SWAPGS) when it
 * comes from a guest and back when it leaves, so MSR_KERNEL_GS_BASE holds the guest's own GS base meanwhile.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#ifndef __ASSEMBLY__
#include <xen/types.h>

struct vcpu;

struct percpu
{
    struct percpu *self;
    uint64_t guest_rsp;      /* scratch of the SYSCALL entry */
    uint64_t stack_top;      /* initial rsp of every entry from a guest */
    struct vcpu *current;    /* the vCPU this CPU runs, NULL before the first */
    uint64_t pending;        /* softirqs raised, bit numbers in xen/softirq.h */
    uint64_t syscall_vector; /* what entry_syscall pushes, and compares with */
    uint64_t low_half_end;
    unsigned int cpu;
    bool in_uaccess;
#ifdef CONFIG_COUNT_COSTS
    uint32_t costs[4]; /* asm/costs.h */
#endif
};

#endif /* !__ASSEMBLY__ */

/* Offsets for entry.S. */
#define PERCPU_SELF           0
#define PERCPU_GUEST_RSP      8
#define PERCPU_STACK_TOP      16
#define PERCPU_CURRENT        24
#define PERCPU_PENDING        32
#define PERCPU_SYSCALL_VECTOR 40
#define PERCPU_LOW_HALF_END   48
#define PERCPU_COSTS          64

#ifndef __ASSEMBLY__
_Static_assert(offsetof(struct percpu, guest_rsp) == PERCPU_GUEST_RSP, "entry.S");
_Static_assert(offsetof(struct percpu, stack_top) == PERCPU_STACK_TOP, "entry.S");
_Static_assert(offsetof(struct percpu, current) == PERCPU_CURRENT, "entry.S");
_Static_assert(offsetof(struct percpu, pending) == PERCPU_PENDING, "entry.S");
_Static_assert(offsetof(struct percpu, syscall_vector) == PERCPU_SYSCALL_VECTOR, "entry.S");
_Static_assert(offsetof(struct percpu, low_half_end) == PERCPU_LOW_HALF_END, "entry.S");
#ifdef CONFIG_COUNT_COSTS
_Static_assert(offsetof(struct percpu, costs) == PERCPU_COSTS, "entry.S");
#endif

static inline struct percpu *percpu(void)
{
    return ((const __seg_gs struct percpu *)0)->self;
}

/** The vCPU this CPU runs. */
static inline struct vcpu *current_vcpu(void)
{
    return ((const __seg_gs struct percpu *)0)->current;
}
/** This CPU runs @v from now on; NULL: no guest. */
static inline void set_current(struct vcpu *v)
{
    percpu()->current = v;
}
#define current current_vcpu()

static inline unsigned int smp_cpu(void)
{
    return ((const __seg_gs struct percpu *)0)->cpu;
}

/** Those raised. */
static inline uint64_t percpu_softirqs(void)
{
    return ((const volatile __seg_gs struct percpu *)0)->pending;
}
/** As softirq_pending(), without a call: on the way out of every hypercall. */
static inline bool percpu_softirq_pending(void)
{
    return percpu_softirqs() != 0;
}

#endif /* !__ASSEMBLY__ */

#endif /* ASM_PERCPU_H */
