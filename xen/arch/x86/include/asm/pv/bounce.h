/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames by which a guest's kernel is entered, and the one by which it returns. Pure: computed from
 * the registers alone; who stores or loads them is pv/traps.c and pv/iret.c.
 */
#ifndef ASM_PV_BOUNCE_H
#define ASM_PV_BOUNCE_H

#include <asm/regs.h>
#include <public/arch-x86/xen.h>
#include <xen/types.h>

/** What a frame depends on besides the registers. */
struct bounce_state
{
    bool user_mode;      /* the guest was in user mode: its kernel's stack is used */
    uint64_t kernel_sp;  /* stack_switch */
    uint8_t upcall_mask; /* evtchn_upcall_mask at the moment */
    bool show_iopl;      /* VMASST_TYPE_architectural_iopl */
    unsigned int iopl;
    bool has_error;
    uint32_t error_code;
    bool failsafe; /* the longer frame with the selectors below */
    uint16_t ds, es, fs, gs;
};

#define BOUNCE_MAX_WORDS 11

/** words[0] goes to address rsp, the others above it. */
struct bounce_frame
{
    uint64_t rsp;
    unsigned int nr;
    uint64_t words[BOUNCE_MAX_WORDS];
};

/**
 * The frame's word with cs. The kernel runs at CPL 3 but must be able to tell its own frames from those of its processes: @cs has RPL 0 in
 * the former. Above it the upcall mask.
 */
static inline uint64_t bounce_cs(uint64_t cs, uint64_t upcall_mask)
{
    return cs | upcall_mask << 32;
}

/** That with rflags: IF is what the upcall mask says, as the real one is always set. */
static inline uint64_t bounce_rflags(uint64_t rflags, uint64_t upcall_mask)
{
    rflags &= ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
    return upcall_mask ? rflags : rflags | X86_EFLAGS_IF;
}

/** The frame to store. Its rsp is whatever the guest's stack pointer leads to: the store must check the range. */
void bounce_build(struct bounce_frame *f, const struct cpu_regs *regs,
                  const struct bounce_state *s);

/** Point @regs at the handler, to run on the frame just stored. @clear_df for the syscall callback. */
void bounce_enter(struct cpu_regs *regs, uint64_t rsp, uint64_t handler, bool clear_df);

/** Handlers begin without these, as an interrupt gate would have it. */
#define HANDLER_CLEARS                                                                             \
    ((uint64_t)(X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM | X86_EFLAGS_AC))

/** What an iret frame asks for besides registers. */
struct iret_request
{
    bool to_user;
    bool mask_events;
    unsigned int iopl; /* as in the frame's rflags */
};

#define IRET_RFLAGS                                                                                \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF |               \
     X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC |               \
     X86_EFLAGS_ID)

/** What a guest gets of the words in its iret frame. */
static inline uint64_t iret_rflags(uint64_t rflags)
{
    return (rflags & IRET_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_MBS;
}
static inline uint64_t iret_selector(uint64_t sel)
{
    return (sel & 0xffff) | 3;
}

/** Registers as after HYPERVISOR_iret with frame @f, but for rax, which is f->rax. All that a guest may not have is taken out. */
void iret_load(struct cpu_regs *regs, const struct iret_context *f, struct iret_request *req);

/** Last step before every return to a guest: whatever happened, IF is set, IOPL, NT and VM are clear, the selectors are of ring 3. */
static inline void regs_sanitise(struct cpu_regs *regs)
{
    regs->rflags &= ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_VM);
    regs->rflags |= X86_EFLAGS_IF | X86_EFLAGS_MBS;
    regs->cs |= 3;
    regs->ss |= 3;
}

static inline bool is_canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/**
 * May the return go by SYSRET? It takes rcx and r11 from rip and rflags, loads the flat selectors and does not restore RF: the vector
 * is only ENTRY_SYSCALL when all this is right. With a rip that is not canonical it faults in ring 0 on the guest's stack
 * (XSA-7), and flags that regs_sanitise() would change are left to it.
 */
static inline bool regs_allow_sysret(const struct cpu_regs *regs)
{
    const uint64_t checked = X86_EFLAGS_IF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_VM;

    return regs->vector == ENTRY_SYSCALL && (regs->rflags & checked) == X86_EFLAGS_IF &&
           is_canonical(regs->rip);
}

#endif /* ASM_PV_BOUNCE_H */
