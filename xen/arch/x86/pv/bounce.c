// SPDX-License-Identifier: GPL-2.0-only
/*
 * PURE. Frames between the hypervisor and a 64-bit guest's kernel:
 *   1. the bounce frame, from its lowest address up: rcx, r11, [ds, es, fs, gs | error code], rip, cs, rflags, rsp, ss. It ends at
 *      a 16-byte aligned address, as a frame stored by the CPU does.
 *   2. the state in which the handler starts
 *   3. the iret frame
 * Keeps invariant 11 (exit state). No locks.
 */
#include <asm/pv/bounce.h>

#define IOPL_SHIFT 12

/* ---- 1. Entering the kernel ---------------------------------------------------------------- */

static uint64_t frame_cs(const struct cpu_regs *regs, const struct bounce_state *s)
{
    uint64_t cs = regs->cs & 0xffff;

    if ( !s->user_mode )
        cs &= ~3UL;
    return bounce_cs(cs, s->upcall_mask);
}

static uint64_t frame_rflags(const struct cpu_regs *regs, const struct bounce_state *s)
{
    uint64_t rflags = bounce_rflags(regs->rflags, s->upcall_mask);

    if ( s->show_iopl )
        rflags |= (uint64_t)(s->iopl & 3) << IOPL_SHIFT;
    return rflags;
}

void bounce_build(struct bounce_frame *f, const struct cpu_regs *regs, const struct bounce_state *s)
{
    uint64_t top = (s->user_mode ? s->kernel_sp : regs->rsp) & ~15UL;
    uint64_t *w = f->words;

    *w++ = regs->rcx;
    *w++ = regs->r11;
    if ( s->failsafe )
    {
        *w++ = s->ds;
        *w++ = s->es;
        *w++ = s->fs;
        *w++ = s->gs;
    }
    else if ( s->has_error )
        *w++ = s->error_code;
    *w++ = regs->rip;
    *w++ = frame_cs(regs, s);
    *w++ = frame_rflags(regs, s);
    *w++ = regs->rsp;
    *w++ = regs->ss & 0xffff;
    f->nr = (unsigned int)(w - f->words);
    f->rsp = top - f->nr * sizeof(uint64_t);
}

/* ---- 2. The handler's state ---------------------------------------------------------------- */

void bounce_enter(struct cpu_regs *regs, uint64_t rsp, uint64_t handler, bool clear_df)
{
    uint64_t clear = HANDLER_CLEARS;

    if ( clear_df )
        clear |= X86_EFLAGS_DF;
    regs->rflags &= ~clear;
    regs->rip = handler;
    regs->rsp = rsp;
    regs->cs = FLAT_KERNEL_CS64;
    regs->ss = FLAT_KERNEL_SS64;
    /* rcx and r11 are in the frame, so SYSRET may have them. */
    regs->vector = ENTRY_SYSCALL;
}

/* ---- 3. Returning from the kernel ---------------------------------------------------------- */

void iret_load(struct cpu_regs *regs, const struct iret_context *f, struct iret_request *req)
{
    req->to_user = (f->cs & 3) == 3;
    req->mask_events = !(f->rflags & X86_EFLAGS_IF);
    req->iopl = f->rflags >> IOPL_SHIFT & 3;

    regs->rip = f->rip;
    regs->cs = iret_selector(f->cs);
    regs->rflags = iret_rflags(f->rflags);
    regs->rsp = f->rsp;
    regs->ss = iret_selector(f->ss);

    /* What SYSRET would load differently, or fault on, goes by IRET; then too rcx and r11 are those of the system call's return. */
    if ( !(f->flags & VGCF_in_syscall) )
    {
        regs->vector = ENTRY_IRET;
        regs->rcx = f->rcx;
        regs->r11 = f->r11;
    }
    else if ( regs->cs != FLAT_RING3_CS64 || regs->ss != FLAT_RING3_SS64 ||
              (regs->rflags & X86_EFLAGS_RF) || !is_canonical(regs->rip) )
    {
        regs->vector = ENTRY_IRET;
        regs->rcx = regs->rip;
        regs->r11 = regs->rflags;
    }
    else
        regs->vector = ENTRY_SYSCALL;
}
