/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way from a SYSCALL of a guest's kernel to the function that does the work, and back.
 *
 *  1. the table
 *  2. the trace: boot option `trace`
 *  3. dispatch and continuation
 *  4. multicall
 *
 * Keeps invariant 10 (what stops half-way goes on with less to do). No locks.
 */
#include <asm/uaccess.h>
#include <xen/audit.h>
#include <xen/cmdline.h>
#include <xen/continuation.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/printk.h>

#define SYSCALL_LENGTH 2

/* ---- 1. The table ------------------------------------------------------------------------------------------------- */

#define NR_HYPERCALLS 64

static hypercall_fn *const table[NR_HYPERCALLS] = {
#define CALL(name) [__HYPERVISOR_##name] = do_##name
    CALL(set_trap_table),
    CALL(mmu_update),
    CALL(set_gdt),
    CALL(stack_switch),
    CALL(set_callbacks),
    CALL(fpu_taskswitch),
    CALL(sched_op_compat),
    CALL(set_debugreg),
    CALL(get_debugreg),
    CALL(update_descriptor),
    CALL(memory_op),
    CALL(multicall),
    CALL(update_va_mapping),
    CALL(set_timer_op),
    CALL(event_channel_op_compat),
    CALL(xen_version),
    CALL(console_io),
    CALL(physdev_op_compat),
    CALL(grant_table_op),
    CALL(vm_assist),
    CALL(update_va_mapping_otherdomain),
    CALL(iret),
    CALL(vcpu_op),
    CALL(set_segment_base),
    CALL(mmuext_op),
    CALL(nmi_op),
    CALL(sched_op),
    CALL(callback_op),
    CALL(event_channel_op),
    CALL(physdev_op),
#undef CALL
};

static inline hypercall_fn *lookup(unsigned long nr)
{
    return nr < NR_HYPERCALLS ? table[nr] : NULL;
}

/* ---- 2. The trace ------------------------------------------------------------------------------------------------- */

#ifdef CONFIG_TRACE_HYPERCALLS
static bool opt_trace;
OPTION_BOOL("trace", opt_trace);

static const char *const names[NR_HYPERCALLS] = {
#define NAME(name) [__HYPERVISOR_##name] = #name
    NAME(set_trap_table),
    NAME(mmu_update),
    NAME(set_gdt),
    NAME(stack_switch),
    NAME(set_callbacks),
    NAME(fpu_taskswitch),
    NAME(sched_op_compat),
    NAME(platform_op),
    NAME(set_debugreg),
    NAME(get_debugreg),
    NAME(update_descriptor),
    NAME(memory_op),
    NAME(multicall),
    NAME(update_va_mapping),
    NAME(set_timer_op),
    NAME(event_channel_op_compat),
    NAME(xen_version),
    NAME(console_io),
    NAME(physdev_op_compat),
    NAME(grant_table_op),
    NAME(vm_assist),
    NAME(update_va_mapping_otherdomain),
    NAME(iret),
    NAME(vcpu_op),
    NAME(set_segment_base),
    NAME(mmuext_op),
    NAME(xsm_op),
    NAME(nmi_op),
    NAME(sched_op),
    NAME(callback_op),
    NAME(xenoprof_op),
    NAME(event_channel_op),
    NAME(physdev_op),
    NAME(hvm_op),
    NAME(sysctl),
    NAME(domctl),
    NAME(kexec_op),
#undef NAME
};

static void __attribute__((cold, noinline))
trace(unsigned long nr, const unsigned long *a, long ret, bool again)
{
    const struct vcpu *v = current;
    const char *inner = v->multicall ? "  " : "";
    char number[24];
    const char *name = nr < NR_HYPERCALLS ? names[nr] : NULL;

    if ( !name )
    {
        snprintf(number, sizeof(number), "hypercall %lu", nr);
        name = number;
    }
    if ( again )
        pr_always("d%uv%u %s%s(%lx, %lx, %lx, %lx, %lx) to be continued", v->domain->id, v->id,
                  inner, name, a[0], a[1], a[2], a[3], a[4]);
    else
        pr_always("d%uv%u %s%s(%lx, %lx, %lx, %lx, %lx) = %ld", v->domain->id, v->id, inner, name,
                  a[0], a[1], a[2], a[3], a[4], ret);
}
#define tracing unlikely(opt_trace)
#else
static inline void trace(unsigned long nr, const unsigned long *a, long ret, bool again)
{
}
#define tracing false
#endif

/* ---- 3. Dispatch and continuation --------------------------------------------------------------------------------- */

void hypercall_set_arg(unsigned int n, unsigned long value)
{
    struct vcpu *v = current;
    struct cpu_regs *regs = v->regs;

    if ( v->multicall )
    {
        v->multicall->args[n - 1] = value;
        return;
    }
    switch ( n )
    {
    case 1: regs->rdi = value; break;
    case 2: regs->rsi = value; break;
    case 3: regs->rdx = value; break;
    case 4: regs->r10 = value; break;
    case 5: regs->r8 = value; break;
    default: BUG();
    }
}

long hypercall_continue(void)
{
    current->continuation = true;
    return -ERESTART;
}

/* Did the handler ask to be called again? A result may equal -ERESTART by chance: iret and get_debugreg return what the
 * guest likes. */
static bool take_continuation(struct vcpu *v)
{
    bool again = v->continuation;

    v->continuation = false;
    return again;
}

/* The call is over, or comes again. True: it comes again. */
static inline bool settle(struct vcpu *v, struct cpu_regs *regs, long ret)
{
    if ( unlikely(ret == -ERESTART) && take_continuation(v) )
    {
        regs->rip -= SYSCALL_LENGTH; /* rax still has the number */
        return true;
    }
    regs->rax = (uint64_t)ret;
    return false;
}

static void __attribute__((cold, noinline))
dispatch_traced(struct vcpu *v, struct cpu_regs *regs, hypercall_fn *fn)
{
    const unsigned long nr = regs->rax,
                        a[5] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8 };
    long ret = fn ? fn(a[0], a[1], a[2], a[3], a[4]) : -ENOSYS;

    trace(nr, a, ret, settle(v, regs, ret));
}

void hypercall_dispatch(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    hypercall_fn *fn = lookup(regs->rax);

    v->regs = regs;
    if ( tracing )
        dispatch_traced(v, regs, fn);
    else
        settle(v, regs,
               likely(fn) ? fn(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8) : -ENOSYS);
    audit_check_every("after a hypercall");
}

/* ---- 4. multicall ------------------------------------------------------------------------------------------------- */

/* One entry. 0; -EFAULT: the list could not be read or written; -ERESTART: the entry wants to be called again. */
static long multicall_one(struct vcpu *v, uint64_t va, bool *stop)
{
    struct multicall_entry call;
    xen_ulong_t args[ARRAY_SIZE(call.args)];
    hypercall_fn *fn;
    bool again;
    long ret;

    if ( copy_from_guest(&call, va, sizeof(call)) )
        return -EFAULT;
    memcpy(args, call.args, sizeof(args));

    fn = lookup(call.op);
    v->multicall = &call;
    ret = fn ? fn(args[0], args[1], args[2], args[3], args[4]) : -ENOSYS;
    again = ret == -ERESTART && take_continuation(v);
    if ( tracing )
        trace(call.op, args, ret, again);
    v->multicall = NULL;

    /* The rest of the list, and this result, would be taken from whatever iret went to (XSA-213). */
    *stop = call.op == __HYPERVISOR_iret;
    if ( *stop )
        return 0;

    /* Progress is kept in the entry's own arguments, and they get back what the guest put there in the end. */
    if ( memcmp(args, call.args, sizeof(args)) &&
         copy_to_guest(va + offsetof(struct multicall_entry, args), call.args, sizeof(args)) )
        return -EFAULT;
    if ( again )
        return -ERESTART;
    return copy_to_guest(va + offsetof(struct multicall_entry, result), &ret, sizeof(ret));
}

/**
 * Run @a2 entries of the list at @a1; each one's outcome is in the entry. 0; -EFAULT: an entry cannot be read, or its
 * result not written: the ones before are done; -EINVAL: a multicall in a multicall.
 */
long do_multicall(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    struct progress p = progress_decode(a2);
    uint32_t first = p.done;

    if ( v->multicall )
        return -EINVAL;
    if ( p.resumed )
        hypercall_set_arg(2, p.count);
    if ( !guest_range_ok(a1, (uint64_t)p.count * sizeof(struct multicall_entry)) )
        return -EFAULT;

    for ( ; p.done < p.count; p.done++ )
    {
        bool stop = false;
        long rc;

        /* An entry that blocked the vCPU takes effect before the next one runs. */
        if ( p.done > first && (v->state != VCPU_RUNNING || port_should_yield()) )
            rc = -ERESTART;
        else
            rc = multicall_one(v, a1 + p.done * sizeof(struct multicall_entry), &stop);
        if ( stop )
            return (long)v->regs->rax;
        if ( rc == -ERESTART )
        {
            hypercall_set_arg(2, progress_encode(&p));
            return hypercall_continue();
        }
        if ( rc )
            return rc;
    }
    return 0;
}
