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

#define MASK_SHIFT 32 /* of the saved upcall mask in the word with cs */
#define IOPL_SHIFT 12

/* ---- 1. Entering the kernel ---------------------------------------------------------------- */

/*
 * The kernel runs at CPL 3 but must be able to tell its own frames from those of its processes: RPL 0 marks the former. IF is what
 * the upcall mask says, as the real one is always set.
 */
static uint64_t frame_cs(const struct cpu_regs *regs, const struct bounce_state *s)
{
    uint64_t cs = regs->cs & 0xffff;

    if ( !s->user_mode )
        cs &= ~3UL;
    return cs | (uint64_t)s->upcall_mask << MASK_SHIFT;
}

static uint64_t frame_rflags(const struct cpu_regs *regs, const struct bounce_state *s)
{
    uint64_t rflags = regs->rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

    if ( !s->upcall_mask )
        rflags |= X86_EFLAGS_IF;
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
    uint64_t clear = X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM | X86_EFLAGS_AC;

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

#define IRET_RFLAGS                                                                                \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF |               \
     X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC |               \
     X86_EFLAGS_ID)

void iret_load(struct cpu_regs *regs, const struct iret_context *f, struct iret_request *req)
{
    req->to_user = (f->cs & 3) == 3;
    req->mask_events = !(f->rflags & X86_EFLAGS_IF);
    req->iopl = f->rflags >> IOPL_SHIFT & 3;

    regs->rip = f->rip;
    regs->cs = (f->cs & 0xffff) | 3;
    regs->rflags = (f->rflags & IRET_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_MBS;
    regs->rsp = f->rsp;
    regs->ss = (f->ss & 0xffff) | 3;

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
