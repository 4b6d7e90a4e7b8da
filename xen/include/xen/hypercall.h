/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall entry points. Arguments are the guest's registers rdi, rsi, rdx, r10, r8 as they came: each handler takes what
 * the ABI gives it and ignores the rest; 32-bit arguments are truncated by the handler. Pointers are guest virtual addresses,
 * only for copy_from_guest()/copy_to_guest(). The result goes to rax.
 *
 * A handler that wants to yield returns hypercall_continue(): the guest's rip is wound back over its SYSCALL, events are
 * delivered, and the same call comes again with the same registers, but for those changed by hypercall_set_arg(). Inside
 * a multicall the entry's arguments are changed instead and the multicall continues at that entry.
 */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#define NR_HYPERCALLS 64

#ifndef __ASSEMBLY__

#include <xen/domain.h>

#define HYPERCALL_ARGS                                                                             \
    unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5
typedef long hypercall_fn(HYPERCALL_ARGS);

/** The first four arguments of the hypercall being handled, for functions that do not keep them. */
struct hypercall_args
{
    unsigned long a1, a2, a3, a4;
};
struct hypercall_args hypercall_args(void);

/** Change argument @n (1..5) of the hypercall being handled, for its continuation. */
void hypercall_set_arg(unsigned int n, unsigned long value);
/** Always -ERESTART. */
long hypercall_continue(void);

/* pv/mm_hypercall.c */
hypercall_fn do_mmu_update, do_mmuext_op, do_update_va_mapping, do_update_va_mapping_otherdomain,
    do_set_gdt, do_update_descriptor;
/** The general ways of mmu_update and mmuext_op, whose arguments are where they came from. */
long mmu_update_array(void), mmuext_array(void);
/* pv/traps.c, pv/callback.c, pv/iret.c, pv/segment.c, pv/emulate.c */
hypercall_fn do_set_trap_table, do_set_callbacks, do_callback_op, do_stack_switch, do_iret,
    do_set_segment_base, do_fpu_taskswitch, do_set_debugreg, do_get_debugreg, do_nmi_op;
/* pv/physdev.c, pv/platform_op.c, pv/mca.c */
hypercall_fn do_physdev_op, do_physdev_op_compat, do_platform_op, do_mca;
/* pv/hypercall.c */
hypercall_fn do_multicall;
/* common/ */
hypercall_fn do_xen_version, do_memory_op, do_sched_op, do_sched_op_compat, do_event_channel_op,
    do_event_channel_op_compat, do_vcpu_op, do_set_timer_op, do_console_io, do_vm_assist,
    do_grant_table_op;

/*
 * All there are. Those of the first group need no more of a guest's registers than their arguments; what comes into the second may. The
 * third have a short way besides, for a call of one common request: name_direct() (pv/direct_calls.c).
 */
#define HYPERCALLS(DIRECT, OTHER, SHORT)                                                           \
    SHORT(mmu_update)                                                                              \
    SHORT(mmuext_op)                                                                               \
    DIRECT(set_trap_table)                                                                         \
    DIRECT(set_gdt)                                                                                \
    DIRECT(stack_switch)                                                                           \
    DIRECT(set_callbacks)                                                                          \
    DIRECT(fpu_taskswitch)                                                                         \
    DIRECT(platform_op)                                                                            \
    DIRECT(set_debugreg)                                                                           \
    DIRECT(get_debugreg)                                                                           \
    DIRECT(update_descriptor)                                                                      \
    DIRECT(memory_op)                                                                              \
    DIRECT(update_va_mapping)                                                                      \
    DIRECT(set_timer_op)                                                                           \
    DIRECT(event_channel_op_compat)                                                                \
    DIRECT(xen_version)                                                                            \
    DIRECT(console_io)                                                                             \
    DIRECT(physdev_op_compat)                                                                      \
    DIRECT(grant_table_op)                                                                         \
    DIRECT(vm_assist)                                                                              \
    DIRECT(update_va_mapping_otherdomain)                                                          \
    DIRECT(vcpu_op)                                                                                \
    DIRECT(set_segment_base)                                                                       \
    DIRECT(nmi_op)                                                                                 \
    DIRECT(callback_op)                                                                            \
    DIRECT(event_channel_op)                                                                       \
    DIRECT(physdev_op)                                                                             \
    DIRECT(mca)                                                                                    \
    OTHER(iret)                                                                                    \
    OTHER(multicall)                                                                               \
    OTHER(sched_op)        /* SHUTDOWN_crash shows all registers */                                \
    OTHER(sched_op_compat) /* likewise */

/** What entry.S may call without hypercall_dispatch(), with a frame that has no more registers than those (pv/direct_calls.c). */
extern hypercall_fn *const hypercalls_direct[NR_HYPERCALLS];

/**
 * The first entries of the list at @list, of @nr that were found to be in the guest's part, that are update_va_mapping of a common kind:
 * done, with their results stored. How many.
 */
unsigned int multicall_direct(struct vcpu *v, uint64_t list, unsigned int nr);

/** A SYSCALL from guest kernel mode: look the function up, call it, note the result. */
void hypercall_dispatch(struct cpu_regs *regs);
void hypercall_settle(struct cpu_regs *regs);
/** May entry.S call functions without hypercall_dispatch()? Not if there is more to do at every call. */
bool hypercalls_are_direct(void);

#endif /* !__ASSEMBLY__ */

#endif /* XEN_HYPERCALL_H */
