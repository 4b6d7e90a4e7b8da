/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/bounce.c
// options: -max_len=320
/*
 * The ways to and from a guest's kernel: whatever registers the guest had, whatever frame its kernel hands back, the state it goes on
 * with is one that it may have (invariant 11), and a frame just stored brings it back to where it was.
 * Two bytes that choose, then registers, an iret frame and the state that a bounce depends on, as far as the input goes.
 */
#include "fuzz.h"
#include <asm/pv/bounce.h>
#include <xen/lib.h>

#define HELD (X86_EFLAGS_IF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_VM)

/* Every register, rflags with bits that no guest may have, too. */
static struct cpu_regs any_regs(struct fuzz_in *in)
{
    struct cpu_regs regs;
    uint8_t *p = (uint8_t *)&regs;

    for ( unsigned int i = 0; i < sizeof(regs); i += 8 )
    {
        uint64_t val = fuzz_u64(in);

        memcpy(p + i, &val, 8);
    }
    regs.vector &= 0x1ff;
    return regs;
}

/* What invariant 11 asks of general registers. A rip that is not canonical is IRET's to refuse, but must not reach SYSRET. */
static void check_exit(const struct cpu_regs *regs, const char *after)
{
    FUZZ_CHECK((regs->cs & 3) == 3 && (regs->ss & 3) == 3, "%s: cs %#llx, ss %#llx", after,
               (unsigned long long)regs->cs, (unsigned long long)regs->ss);
    FUZZ_CHECK((regs->rflags & HELD) == X86_EFLAGS_IF && (regs->rflags & X86_EFLAGS_MBS),
               "%s: rflags %#llx", after, (unsigned long long)regs->rflags);
    if ( !regs_allow_sysret(regs) )
        return;
    FUZZ_CHECK(is_canonical(regs->rip), "%s: SYSRET to %#llx", after,
               (unsigned long long)regs->rip);
}

/* SYSRET loads the flat selectors, rip from rcx and rflags from r11, and cannot restore RF: all this must be what is asked for. */
static void check_sysret(const struct cpu_regs *regs, const char *after)
{
    if ( !regs_allow_sysret(regs) )
        return;
    FUZZ_CHECK(regs->cs == FLAT_RING3_CS64 && regs->ss == FLAT_RING3_SS64,
               "%s: SYSRET would load other selectors than %#llx and %#llx", after,
               (unsigned long long)regs->cs, (unsigned long long)regs->ss);
    FUZZ_CHECK(!(regs->rflags & X86_EFLAGS_RF), "%s: SYSRET would lose RF", after);
}

static void try_iret(struct cpu_regs regs, const struct iret_context *f)
{
    const struct cpu_regs before = regs;
    struct iret_request req;

    iret_load(&regs, f, &req);
    check_exit(&regs, "iret");
    check_sysret(&regs, "iret");
    FUZZ_CHECK(regs.cs <= 0xffff && regs.ss <= 0xffff, "selectors of more than 16 bits");
    FUZZ_CHECK((regs.rflags & ~0x3f7fd7UL) == 0, "reserved flags %#llx",
               (unsigned long long)regs.rflags);
    FUZZ_CHECK(regs.rip == f->rip && regs.rsp == f->rsp, "not to where the frame says");
    FUZZ_CHECK(req.to_user == ((f->cs & 3) == 3) && req.mask_events == !(f->rflags >> 9 & 1) &&
                   req.iopl == (f->rflags >> 12 & 3),
               "the frame asks for something else");
    FUZZ_CHECK(regs.vector == ENTRY_SYSCALL || regs.vector == ENTRY_IRET, "a vector is left");
    if ( !(f->flags & VGCF_in_syscall) )
        FUZZ_CHECK(regs.rcx == f->rcx && regs.r11 == f->r11, "rcx and r11 are the frame's");
    else
        FUZZ_CHECK(regs.vector == ENTRY_SYSCALL || (regs.rcx == f->rip && regs.r11 == regs.rflags),
                   "rcx and r11 as after a system call");
    FUZZ_CHECK(regs.rax == before.rax && regs.rbx == before.rbx && regs.rdx == before.rdx &&
                   regs.rsi == before.rsi && regs.rdi == before.rdi && regs.rbp == before.rbp &&
                   regs.r8 == before.r8 && regs.r9 == before.r9 && regs.r10 == before.r10 &&
                   regs.r12 == before.r12 && regs.r13 == before.r13 && regs.r14 == before.r14 &&
                   regs.r15 == before.r15,
               "a register is changed that is not in the frame");
}

/* What the kernel of a well-behaved guest hands back: the frame it got, with cs as it is in there. */
static struct iret_context hand_back(const struct bounce_frame *f, const struct bounce_state *s)
{
    unsigned int at = s->failsafe ? 6 : s->has_error ? 3 : 2;

    return (struct iret_context){
        .rcx = f->words[0],
        .r11 = f->words[1],
        .rip = f->words[at],
        .cs = f->words[at + 1],
        .rflags = f->words[at + 2],
        .rsp = f->words[at + 3],
        .ss = f->words[at + 4],
    };
}

/* @regs are a guest's, so what regs_sanitise() made of them. */
static void try_bounce(struct cpu_regs regs, const struct bounce_state *s, uint64_t handler,
                       bool clear_df)
{
    const struct cpu_regs before = regs;
    uint64_t top = s->user_mode ? s->kernel_sp : regs.rsp;
    struct bounce_frame f;
    struct iret_context back;
    struct iret_request req;

    bounce_build(&f, &regs, s);
    FUZZ_CHECK(f.nr <= BOUNCE_MAX_WORDS && f.nr == 7U + (s->failsafe ? 4 : s->has_error),
               "%u words", f.nr);
    FUZZ_CHECK(f.rsp + 8 * f.nr == (top & ~15UL), "the frame ends at %#llx",
               (unsigned long long)(f.rsp + 8 * f.nr));
    FUZZ_CHECK(memcmp(&regs, &before, sizeof(regs)) == 0, "building the frame changes registers");

    bounce_enter(&regs, f.rsp, handler, clear_df);
    regs_sanitise(&regs);
    check_exit(&regs, "bounce");
    check_sysret(&regs, "bounce");
    FUZZ_CHECK(regs.rip == handler && regs.rsp == f.rsp, "not at the handler");
    FUZZ_CHECK(!(regs.rflags & (X86_EFLAGS_TF | X86_EFLAGS_RF | X86_EFLAGS_AC)),
               "the handler starts with flags %#llx", (unsigned long long)regs.rflags);

    back = hand_back(&f, s);
    iret_load(&regs, &back, &req);
    check_exit(&regs, "back");
    FUZZ_CHECK(req.to_user == (s->user_mode && (before.cs & 3) == 3), "back in the other mode");
    FUZZ_CHECK(req.mask_events == !!s->upcall_mask, "back with events %smasked",
               req.mask_events ? "" : "un");
    FUZZ_CHECK(regs.rip == before.rip && regs.rsp == before.rsp && regs.rcx == before.rcx &&
                   regs.r11 == before.r11 && regs.cs == ((before.cs & 0xffff) | 3) &&
                   regs.ss == ((before.ss & 0xffff) | 3),
               "back elsewhere");
    FUZZ_CHECK(((regs.rflags ^ before.rflags) & 0x250dd5 & ~(uint64_t)X86_EFLAGS_IOPL) == 0,
               "back with flags %#llx for %#llx", (unsigned long long)regs.rflags,
               (unsigned long long)before.rflags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    unsigned int choice = fuzz_u8(&in), more = fuzz_u8(&in);
    struct cpu_regs regs = any_regs(&in);
    struct iret_context f = { .rax = fuzz_u64(&in) };
    struct bounce_state s = {
        .user_mode = choice & 1,
        .upcall_mask = choice >> 1 & 1,
        .show_iopl = choice >> 2 & 1,
        .has_error = choice >> 3 & 1,
        .failsafe = choice >> 4 & 1,
        .iopl = more & 3,
    };

    f.r11 = fuzz_u64(&in);
    f.rcx = fuzz_u64(&in);
    f.flags = choice & 0x20 ? VGCF_in_syscall : fuzz_u64(&in);
    f.rip = fuzz_u64(&in);
    f.cs = more & 4 ? FLAT_RING3_CS64 : fuzz_u64(&in);
    f.rflags = fuzz_u64(&in);
    f.rsp = fuzz_u64(&in);
    f.ss = more & 8 ? FLAT_RING3_SS64 : fuzz_u64(&in);
    try_iret(regs, &f);

    s.kernel_sp = fuzz_u64(&in);
    s.error_code = fuzz_u32(&in);
    s.ds = fuzz_u16(&in);
    s.es = fuzz_u16(&in);
    s.fs = fuzz_u16(&in);
    s.gs = fuzz_u16(&in);
    regs_sanitise(&regs);
    check_exit(&regs, "the last step");
    try_bounce(regs, &s, fuzz_u64(&in), more & 16);
    return 0;
}
