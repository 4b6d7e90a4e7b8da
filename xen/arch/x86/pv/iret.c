// SPDX-License-Identifier: GPL-2.0-only
/*
 * HYPERVISOR_iret: a guest's kernel returns to where it was entered from, or anywhere it likes; the frame is its own make. What it
 * may not have is taken out by iret_load(); what the CPU refuses comes back through entry.S as a fault of the target. Keeps
 * invariants 2 (user mode runs on a user root that is held) and 11 (exit state). No locks.
 */
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/** Nothing to return an error to: a frame that cannot be read, or user mode without a user root (XSA-1), crashes the domain. */
long do_iret(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    struct cpu_regs *regs = v->regs;
    struct iret_context f;
    struct iret_request req;

    if ( copy_words_from_guest(&f, regs->rsp, sizeof(f) / 8) )
    {
        domain_crash(v->domain, "iret: cannot read the frame at %#lx", regs->rsp);
        return -EFAULT;
    }
    if ( (f.cs & 3) == 3 && mfn_eq(v->mm.user_root, INVALID_MFN) )
    {
        domain_crash(
            v->domain,
            "iret: to user mode at %#lx, but no user page table is set (MMUEXT_NEW_USER_BASEPTR)",
            f.rip);
        return -EINVAL;
    }
    iret_load(regs, &f, &req);
    regs->rax = f.rax;
    if ( v->shows_iopl )
        v->iopl = req.iopl;
    WRITE_ONCE(v->info->evtchn_upcall_mask, req.mask_events);
    v->nmi_masked = false;
    if ( req.to_user )
        toggle_guest_mode(v);
    /* As the call's result it goes to rax once more. */
    return (long)f.rax;
}
