/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way from a SYSCALL of a guest's kernel to the function that does the work, and back.
 *
 *  1. the table
 *  2. the trace (trace.h)
 *  3. dispatch and continuation
 *  4. multicall
 *
 * Keeps invariant 10 (what stops half-way goes on with less to do). No locks.
 */
#include <public/arch-x86/xen-mca.h>
#include <asm/uaccess.h>
#include <xen/audit.h>
#include <xen/continuation.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/trace.h>

#define SYSCALL_LENGTH 2

/* ---- 1. The table ------------------------------------------------------------------------------------------------- */

#define ENTRY(name) [__HYPERVISOR_##name] = do_##name,

static hypercall_fn *const table[NR_HYPERCALLS] = { HYPERCALLS(ENTRY, ENTRY, ENTRY) };

static inline hypercall_fn *lookup(unsigned long nr)
{
    return nr < NR_HYPERCALLS ? table[nr] : NULL;
}

/* ---- 2. The trace ------------------------------------------------------------------------------------------------- */

#ifdef CONFIG_TRACE_HYPERCALLS
#define tracing unlikely(trace_mask)
#else
#define tracing false
#endif

bool hypercalls_are_direct(void)
{
#ifdef CONFIG_AUDIT_EVERY
    return false;
#else
    return !tracing;
#endif
}

/* ---- 3. Dispatch and continuation --------------------------------------------------------------------------------- */

void hypercall_set_arg(unsigned int n, unsigned long value)
{
    struct vcpu *v = current;
    struct cpu_regs *regs = v->regs;

    if ( v->multicall )
    {
        v->multicall->args[n - 1] = value;
        v->multicall_changed = true;
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

struct hypercall_args hypercall_args(void)
{
    const struct vcpu *v = current;
    const struct cpu_regs *regs = v->regs;

    if ( v->multicall )
        return (struct hypercall_args){ v->multicall->args[0], v->multicall->args[1],
                                        v->multicall->args[2], v->multicall->args[3] };
    return (struct hypercall_args){ regs->rdi, regs->rsi, regs->rdx, regs->r10 };
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

/* The call is over, or comes again. */
static inline void settle(struct cpu_regs *regs, long ret, bool again)
{
    if ( again )
        regs->rip -= SYSCALL_LENGTH; /* rax still has the number */
    else
        regs->rax = (uint64_t)ret;
}

/** entry.S: a function has answered -ERESTART. */
void hypercall_settle(struct cpu_regs *regs)
{
    settle(regs, -ERESTART, take_continuation(current));
}

/* A call with its line. What that takes of the stack is not the others' to pay for. */
static long __attribute__((cold, noinline))
call_traced(hypercall_fn *fn, unsigned long nr, const unsigned long *a, bool *again)
{
    struct vcpu *v = current;
    struct trace_call call;
    long ret;

    trace_begin(&call, nr, a, v->multicall != NULL);
    ret = fn ? fn(a[0], a[1], a[2], a[3], a[4]) : -ENOSYS;
    *again = ret == -ERESTART && take_continuation(v);
    trace_end(&call, ret, *again);
    return ret;
}

static void __attribute__((cold, noinline)) dispatch_traced(struct cpu_regs *regs, hypercall_fn *fn)
{
    const unsigned long a[TRACE_ARGS] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8 };
    bool again;
    long ret = call_traced(fn, regs->rax, a, &again);

    settle(regs, ret, again);
}

void hypercall_dispatch(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    hypercall_fn *fn = lookup(regs->rax);
    bool iret = regs->rax == __HYPERVISOR_iret;

    v->regs = regs;
    if ( tracing )
        dispatch_traced(regs, fn);
    else
    {
        long ret = likely(fn) ? fn(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8) : -ENOSYS;

        settle(regs, ret, unlikely(ret == -ERESTART) && take_continuation(v));
    }
    /* An iret changes no account, and each trap of a guest ends in one. */
    if ( !iret )
        audit_check_every("after a hypercall");
}

/* ---- 4. multicall ------------------------------------------------------------------------------------------------- */

/* One entry. 0; -EFAULT: the list could not be read or written; -ERESTART: the entry wants to be called again. */
static long multicall_one(struct vcpu *v, uint64_t va, uint64_t *op)
{
    struct multicall_entry call;
    const xen_ulong_t *args = call.args;
    hypercall_fn *fn;
    bool again;
    long ret;

    if ( copy_words_from_guest(&call, va, sizeof(call) / 8) )
        return -EFAULT;

    *op = call.op;
    fn = lookup(call.op);
    v->multicall = &call;
    v->multicall_changed = false;
    if ( tracing )
        ret = call_traced(fn, call.op, args, &again);
    else
    {
        ret = fn ? fn(args[0], args[1], args[2], args[3], args[4]) : -ENOSYS;
        again = ret == -ERESTART && take_continuation(v);
    }
    v->multicall = NULL;

    /* The rest of the list, and this result, would be taken from whatever iret went to (XSA-213). */
    if ( call.op == __HYPERVISOR_iret )
        return 0;

    /* Progress is kept in the entry's own arguments, and they get back what the guest put there in the end. */
    if ( unlikely(v->multicall_changed) &&
         copy_to_guest(va + offsetof(struct multicall_entry, args), call.args, sizeof(call.args)) )
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

    while ( p.done < p.count )
    {
        uint64_t op, va = a1 + p.done * sizeof(struct multicall_entry);
        long rc;

        /* An entry that blocked the vCPU takes effect before the next one runs. */
        if ( p.done > first && (v->state != VCPU_RUNNING || port_should_yield()) )
            rc = -ERESTART;
        else
            rc = multicall_one(v, va, &op);
        if ( rc == 0 && op == __HYPERVISOR_iret )
            return (long)v->regs->rax;
        if ( rc == -ERESTART )
        {
            hypercall_set_arg(2, progress_encode(&p));
            return hypercall_continue();
        }
        if ( rc )
            return rc;
        p.done++;
        /* Where there is one there are mostly more. */
        if ( op == __HYPERVISOR_update_va_mapping && hypercalls_are_direct() )
            p.done += multicall_direct(v, va + sizeof(struct multicall_entry), p.count - p.done);
    }
    return 0;
}
