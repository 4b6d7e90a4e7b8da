// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entering a guest's kernel.
 *   1. storing a bounce frame and going to the handler
 *   2. exceptions: remembered when they occur, bounced on the way out
 *   3. software interrupts
 *   4. the way out: everything that must happen before the guest runs on
 *   5. the system-call instructions
 *   6. HYPERVISOR_set_trap_table
 * Keeps invariants 8 (bounds) and 11 (exit state). No locks: a vCPU's state belongs to the CPU that runs it.
 */
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/softirq.h>

/* ---- 1. The frame --------------------------------------------------------------------------- */

struct handler
{
    uint64_t address;
    bool mask_events, clear_df, failsafe;
    bool has_error;
    uint32_t error_code;
};

static void bounce(struct vcpu *v, struct cpu_regs *regs, const struct handler *h)
{
    struct bounce_state s = {
        .user_mode = v->mm.user_mode,
        .kernel_sp = v->kernel_sp,
        .upcall_mask = READ_ONCE(v->info->evtchn_upcall_mask),
        .show_iopl = v->shows_iopl,
        .iopl = v->iopl,
        .has_error = h->has_error,
        .error_code = h->error_code,
        .failsafe = h->failsafe,
        .ds = v->ds,
        .es = v->es,
        .fs = v->fs,
        .gs = v->gs,
    };
    struct bounce_frame f;

    bounce_build(&f, regs, &s);
    /* The stack is one of the kernel's address space. */
    if ( v->mm.user_mode )
        toggle_guest_mode(v);
    if ( copy_to_guest(f.rsp, f.words, f.nr * sizeof(f.words[0])) )
    {
        domain_crash(v->domain, "cannot store a frame of %u bytes on the kernel's stack at %#lx",
                     f.nr * 8U, f.rsp);
        return;
    }
    bounce_enter(regs, f.rsp, h->address, h->clear_df);
    if ( h->mask_events )
        WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
}

void bounce_to_callback(struct vcpu *v, struct cpu_regs *regs, const struct guest_callback *cb,
                        bool clear_df)
{
    const struct handler h = { .address = cb->address,
                               .mask_events = cb->mask_events,
                               .clear_df = clear_df };

    bounce(v, regs, &h);
}

void bounce_to_failsafe(struct vcpu *v, struct cpu_regs *regs)
{
    const struct handler h = { .address = v->failsafe_cb.address,
                               .mask_events = v->failsafe_cb.mask_events,
                               .failsafe = true };

    if ( !h.address )
    {
        domain_crash(
            v->domain,
            "a selector (ds %#x es %#x fs %#x gs %#x) cannot be loaded, and there is no failsafe callback",
            v->ds, v->es, v->fs, v->gs);
        return;
    }
    bounce(v, regs, &h);
}

/* ---- 2. Exceptions -------------------------------------------------------------------------- */

void guest_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
    v->trap_pending = true;
    v->pending_trap = (struct pending_trap){
        .has_error = trap_has_error_code(vector),
        .vector = (uint8_t)vector,
        .error_code = error_code,
    };
}

/*
 * All guests run at CPL 3, so the CPU says "user" of the kernel's faults as well: the bit is made to mean the guest's mode. What is
 * mapped where in the hypervisor's part is nobody's business: everything there but the M2P looks empty.
 */
void guest_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
    error_code &= ~PFEC_USER;
    if ( v->mm.user_mode )
        error_code |= PFEC_USER;
    if ( cr2 >= M2P_RW_START && cr2 < HYPERVISOR_END )
        error_code &= ~PFEC_PRESENT;
    WRITE_ONCE(v->info->arch.cr2, cr2);
    guest_trap(v, TRAP_PF, error_code);
}

void guest_debug_trap(struct vcpu *v, uint64_t dr6)
{
    v->debugreg[6] |= dr6;
    guest_trap(v, TRAP_DB, 0);
}

static void deliver_trap(struct vcpu *v, struct cpu_regs *regs)
{
    struct pending_trap p = v->pending_trap;
    const struct guest_trap *t = &v->traps[p.vector];
    const struct handler h = { .address = t->address,
                               .mask_events = t->mask_events,
                               .has_error = p.has_error,
                               .error_code = p.error_code };

    v->trap_pending = false;
    if ( h.address )
    {
        bounce(v, regs, &h);
        return;
    }
    if ( p.vector == TRAP_PF )
        domain_crash(v->domain,
                     "page fault at %#lx (error code %#x) without a handler in the trap table",
                     (uint64_t)v->info->arch.cr2, p.error_code);
    else
        domain_crash(v->domain,
                     "exception %u %s (error code %#x) without a handler in the trap table",
                     p.vector, trap_name(p.vector), p.error_code);
}

/* ---- 3. Software interrupts ----------------------------------------------------------------- */

void guest_software_interrupt(struct vcpu *v, struct cpu_regs *regs, unsigned int vector,
                              unsigned int len)
{
    const struct guest_trap *t = &v->traps[vector];

    /* No gate, or one for more privileged levels: #GP at the instruction, naming the gate (XSA-259). */
    if ( !t->address || t->dpl < virtual_cpl(v) )
    {
        regs->rip -= len;
        guest_trap(v, TRAP_GP, vector << 3 | ERROR_IDT);
        return;
    }
    v->trap_pending = true;
    v->pending_trap = (struct pending_trap){ .vector = (uint8_t)vector };
}

/* ---- 4. The way out ------------------------------------------------------------------------- */

/* On every way out, so in few instructions: an NMI that has to wait is found again and again, which is rare. */
static inline bool exit_work_likely(const struct vcpu *v)
{
    return percpu_softirq_pending() || v->exit_word != VCPU_EXIT_PLAIN || vcpu_event_pending(v);
}

static bool exit_work_pending(const struct vcpu *v)
{
    return percpu_softirq_pending() || v->state != VCPU_RUNNING || v->trap_pending ||
           v->db_pending || (v->nmi_pending && !v->nmi_masked) || vcpu_event_pending(v);
}

/* An NMI that nobody wants to handle is lost. */
static void deliver_nmi(struct vcpu *v, struct cpu_regs *regs)
{
    v->nmi_pending = false;
    if ( !v->traps[TRAP_NMI].address )
        return;
    v->nmi_masked = true;
    guest_trap(v, TRAP_NMI, 0);
    deliver_trap(v, regs);
}

static void deliver_event(struct vcpu *v, struct cpu_regs *regs)
{
    const struct handler h = { .address = v->event_cb.address, .mask_events = true };

    if ( h.address )
        bounce(v, regs, &h);
    else
        domain_crash(v->domain,
                     "an event is pending and not masked, but no event callback is registered");
}

/*
 * A later frame lies on top of an earlier one, so the handler of the last runs first: events, unless the exception masks them,
 * then NMI, a trap met in the hypervisor, the exception.
 */
static void deliver(struct vcpu *v, struct cpu_regs *regs)
{
    if ( v->trap_pending )
        deliver_trap(v, regs);
    if ( v->db_pending )
    {
        v->db_pending = false;
        guest_trap(v, TRAP_DB, 0);
        deliver_trap(v, regs);
    }
    if ( v->nmi_pending && !v->nmi_masked )
        deliver_nmi(v, regs);
    if ( vcpu_event_pending(v) )
        deliver_event(v, regs);
}

void guest_exit_work(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    while ( exit_work_pending(v) )
    {
        if ( percpu_softirq_pending() )
            softirq_run();
        if ( v->state != VCPU_RUNNING )
            sched_wait_runnable(v);
        if ( v->time_due )
            guest_time_update(v, false);
        deliver(v, regs);
    }
}

static inline bool leave(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    if ( unlikely(exit_work_likely(v)) )
        guest_exit_work(regs);
    if ( likely(regs_allow_sysret(regs)) )
        return true;
    regs_sanitise(regs);
    return false;
}

bool guest_exit(struct cpu_regs *regs)
{
    return leave(regs);
}

/* ---- 5. System-call instructions ------------------------------------------------------------ */

bool syscall_from_guest(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    if ( likely(!v->mm.user_mode) )
        hypercall_dispatch(regs);
    else if ( likely(v->syscall_cb.address) )
        bounce_to_callback(v, regs, &v->syscall_cb, true);
    else
    {
        regs->rip -= 2;
        guest_trap(v, TRAP_UD, 0);
    }
    return leave(regs);
}

/*
 * Without a callback, a 32-bit SYSCALL never happened: #UD at the instruction. SYSENTER has not told where that is: #GP at address 0.
 * NT, which SYSENTER takes along, is off while we run and while the guest's handler does; its frame has it (XSA-8, XSA-44, XSA-339).
 */
bool fast_entry_from_guest(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    if ( regs->vector == ENTRY_SYSCALL32 )
    {
        if ( v->syscall32_cb.address )
            bounce_to_callback(v, regs, &v->syscall32_cb, true);
        else
        {
            regs->rip -= 2;
            guest_trap(v, TRAP_UD, 0);
        }
    }
    else if ( v->sysenter_cb.address )
        bounce_to_callback(v, regs, &v->sysenter_cb, false);
    else
        guest_trap(v, TRAP_GP, 0);
    return leave(regs);
}

/* ---- 6. HYPERVISOR_set_trap_table ----------------------------------------------------------- */

/**
 * Entries are added until one with address 0; a NULL table empties the whole. -EFAULT: cannot be read; -EINVAL: an address is not
 * canonical (XSA-7). Entries before the bad one stay.
 */
long do_set_trap_table(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    uint64_t va = a1;

    if ( !va )
    {
        memset(v->traps, 0, sizeof(v->traps));
        return 0;
    }
    for ( unsigned int done = 1;; done++ )
    {
        struct trap_info t;

        if ( copy_from_guest(&t, va, sizeof(t)) )
            return -EFAULT;
        if ( !t.address )
            return 0;
        if ( !is_canonical(t.address) )
            return -EINVAL;
        v->traps[t.vector] = (struct guest_trap){
            .address = t.address,
            .dpl = TI_GET_DPL(&t),
            .mask_events = TI_GET_IF(&t),
        };
        va += sizeof(t);
        /* The table may be as long as the guest likes; one that has a use does not see its register change. */
        if ( done > ARRAY_SIZE(v->traps) && port_should_yield() )
        {
            hypercall_set_arg(1, va);
            return hypercall_continue();
        }
    }
}
