// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/bounce.c
/* Frames by which a guest's kernel is entered and returns: every word, and what a guest must never get. */
#include <asm/pv/bounce.h>

#include "tap.h"

#define IF_ X86_EFLAGS_IF

static struct cpu_regs sample(void)
{
    return (struct cpu_regs){
        .rax = 1,
        .rbx = 2,
        .rcx = 0xc1,
        .rdx = 3,
        .rsi = 4,
        .rdi = 5,
        .rbp = 6,
        .r8 = 8,
        .r11 = 0xb11,
        .r12 = 12,
        .vector = 14,
        .rip = 0x401000,
        .cs = FLAT_RING3_CS64,
        .rflags = 0x246,
        .rsp = 0x7ffff000,
        .ss = FLAT_RING3_SS64,
    };
}

static void frames_from_user_mode(void)
{
    struct cpu_regs regs = sample();
    struct bounce_state s = { .user_mode = true, .kernel_sp = 0xffffc90000004000 };
    struct bounce_frame f;

    bounce_build(&f, &regs, &s);
    is_u64(f.nr, 7, "a frame without error code has 7 words");
    is_u64(f.rsp, 0xffffc90000004000 - 56, "it lies below the kernel's stack pointer");
    is_u64(f.words[0], 0xc1, "rcx first");
    is_u64(f.words[1], 0xb11, "r11");
    is_u64(f.words[2], 0x401000, "rip");
    is_u64(f.words[3], FLAT_RING3_CS64, "cs keeps RPL 3, mask 0 above");
    is_u64(f.words[4], 0x246, "rflags with IF, as events are open");
    is_u64(f.words[5], 0x7ffff000, "rsp");
    is_u64(f.words[6], FLAT_RING3_SS64, "ss last");

    s.has_error = true;
    s.error_code = 0x80000007;
    bounce_build(&f, &regs, &s);
    is_u64(f.nr, 8, "an error code makes 8");
    is_u64(f.words[2], 0x80000007, "it stands between r11 and rip, not sign-extended");
    is_u64(f.words[3], 0x401000, "then rip");
    is_u64(f.rsp, 0xffffc90000004000 - 64, "one word lower");
}

static void frames_from_kernel(void)
{
    struct cpu_regs regs = sample();
    struct bounce_state s = { .kernel_sp = 0x1234, .upcall_mask = 1 };
    struct bounce_frame f;

    regs.rsp = 0x2b5f9d;
    regs.rflags |= X86_EFLAGS_IOPL | X86_EFLAGS_RF;
    bounce_build(&f, &regs, &s);
    is_u64(f.rsp, 0x2b5f90 - 56, "the current stack, aligned down to 16");
    is_u64(f.words[3], 0x10000e030, "cs with RPL 0, the mask in bit 32");
    is_u64(f.words[4], (0x246 & ~IF_) | X86_EFLAGS_RF,
           "IF clear as events are masked, no IOPL, RF as it was");
    is_u64(f.words[5], 0x2b5f9d, "rsp as it was, unaligned");

    s.show_iopl = true;
    s.iopl = 1;
    s.upcall_mask = 0xff;
    bounce_build(&f, &regs, &s);
    is_u64(f.words[3], 0xff0000e030, "the mask byte as the guest had it");
    is_u64(f.words[4] & X86_EFLAGS_IOPL, 0x1000, "with architectural_iopl the virtual IOPL shows");

    regs.cs = 0xdead0000e033;
    regs.ss = 0xbeef0000e02b;
    bounce_build(&f, &regs, &s);
    is_u64(f.words[3] & 0xffffffff, 0xe030, "no more than 16 bits of cs");
    is_u64(f.words[6], 0xe02b, "nor of ss");
}

static void failsafe_frames(void)
{
    struct cpu_regs regs = sample();
    struct bounce_state s = {
        .failsafe = true, .has_error = true, .ds = 0x11, .es = 0x22, .fs = 0x33, .gs = 0x44
    };
    struct bounce_frame f;

    regs.rsp = 0x10000;
    bounce_build(&f, &regs, &s);
    is_u64(f.nr, BOUNCE_MAX_WORDS, "a failsafe frame has 11 words, and never an error code");
    ok(f.words[2] == 0x11 && f.words[3] == 0x22 && f.words[4] == 0x33 && f.words[5] == 0x44,
       "ds, es, fs, gs behind r11");
    is_u64(f.words[6], 0x401000, "then rip");
    is_u64(f.rsp, 0x10000 - 88, "88 bytes: more than the others (XSA-215)");
}

static void stack_at_the_edge(void)
{
    struct cpu_regs regs = sample();
    struct bounce_state s = { .user_mode = true, .kernel_sp = 8 };
    struct bounce_frame f;

    bounce_build(&f, &regs, &s);
    is_u64(f.rsp, -56UL, "a stack pointer of 8 wraps: the range check has to see it");
}

static void handlers_state(void)
{
    struct cpu_regs regs = sample();

    regs.rflags = 0x246 | X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM |
                  X86_EFLAGS_AC | X86_EFLAGS_DF;
    regs.cs = FLAT_RING3_CS32;
    regs.ss = 0x2b;
    bounce_enter(&regs, 0x1000, 0xffffffff81000000, false);
    is_u64(regs.rip, 0xffffffff81000000, "at the handler");
    is_u64(regs.rsp, 0x1000, "on the frame");
    ok(regs.cs == FLAT_KERNEL_CS64 && regs.ss == FLAT_KERNEL_SS64, "with the flat selectors");
    is_u64(regs.rflags, 0x246 | X86_EFLAGS_DF,
           "TF NT RF VM AC are clear, DF and the rest as they were");
    ok(regs_allow_sysret(&regs), "SYSRET may go there");
    regs.rflags |= X86_EFLAGS_DF;
    bounce_enter(&regs, 0x1000, 0x2000, true);
    is_u64(regs.rflags, 0x246, "the syscall callback loses DF too");
    ok(regs.rax == 1 && regs.rdi == 5 && regs.r12 == 12 && regs.rcx == 0xc1,
       "other registers are not touched");
}

static struct iret_context iret_sample(void)
{
    return (struct iret_context){ .rax = 0xa,
                                  .r11 = 0xb,
                                  .rcx = 0xc,
                                  .rip = 0x401000,
                                  .cs = FLAT_RING3_CS64,
                                  .rflags = 0x202,
                                  .rsp = 0x7000,
                                  .ss = FLAT_RING3_SS64 };
}

static void iret_frames(void)
{
    struct cpu_regs regs = sample();
    struct iret_context f = iret_sample();
    struct iret_request req;

    iret_load(&regs, &f, &req);
    ok(req.to_user && !req.mask_events, "RPL 3: to user mode; IF set: events open");
    ok(regs.rip == 0x401000 && regs.rsp == 0x7000 && regs.rcx == 0xc && regs.r11 == 0xb,
       "rip, rsp, rcx, r11 from the frame");
    is_u64(regs.vector, ENTRY_IRET, "it must leave by IRET, for rcx and r11");
    ok(!regs_allow_sysret(&regs), "so no SYSRET");
    is_u64(regs.rax, 1, "rax is the caller's to set");

    f.flags = VGCF_in_syscall;
    f.cs = 0xe030;
    f.rflags = 0;
    f.ss = 0;
    iret_load(&regs, &f, &req);
    ok(!req.to_user && req.mask_events, "RPL 0: to the kernel; IF clear: events masked");
    is_u64(regs.cs, 0xe033, "RPL 3 is forced in cs");
    is_u64(regs.ss, 3, "and in ss, even a null one");
    is_u64(regs.rflags, IF_ | X86_EFLAGS_MBS, "IF is really set");
    is_u64(regs.vector, ENTRY_IRET, "VGCF_in_syscall asks for SYSRET, which cannot load that ss");
    ok(regs.rcx == regs.rip && regs.r11 == regs.rflags,
       "but rcx and r11 are as SYSRET leaves them");

    f.ss = FLAT_RING3_SS64;
    iret_load(&regs, &f, &req);
    ok(regs_allow_sysret(&regs), "with the flat ones it is SYSRET");
    f.rflags = 0x10202;
    iret_load(&regs, &f, &req);
    ok(!regs_allow_sysret(&regs), "but not with RF, which it would lose");
    f.rip = 0x800000000000;
    f.rflags = 0x202;
    iret_load(&regs, &f, &req);
    ok(!regs_allow_sysret(&regs), "nor to an address that is not canonical");
    f.rip = 0x401000;
    f.cs = FLAT_RING3_CS32;
    iret_load(&regs, &f, &req);
    ok(!regs_allow_sysret(&regs), "nor to 32-bit code");

    f.rflags = ~0UL;
    f.cs = 0xffffffffffff0033;
    iret_load(&regs, &f, &req);
    is_u64(req.iopl, 3, "the IOPL asked for is told");
    is_u64(regs.rflags & (X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_NT), 0,
           "but IOPL, VM and NT are never set");
    is_u64(regs.rflags & ~0x3f7fd7UL, 0, "nor a reserved bit, VIF or VIP");
    is_u64(regs.cs, 0x33, "16 bits of cs");
}

static void sysret_conditions(void)
{
    struct cpu_regs good = sample(), r;

    good.vector = ENTRY_SYSCALL;
    ok(regs_allow_sysret(&good), "a plain return from a hypercall");
#define REFUSED(field, value, text)                                                                \
    do                                                                                             \
    {                                                                                              \
        r = good;                                                                                  \
        r.field = (value);                                                                         \
        ok(!regs_allow_sysret(&r), "not %s", text);                                                \
    } while ( 0 )
    REFUSED(rip, 0x800000000000, "to the first address beyond user space (XSA-7)");
    REFUSED(rip, 0xffff7fffffffffff, "to the last address below the upper half");
    REFUSED(rip, 1UL << 63, "to 1 << 63");
    REFUSED(rflags, 0x002, "with IF clear");
    REFUSED(rflags, 0x1202, "with IOPL");
    REFUSED(rflags, 0x4202, "with NT");
    REFUSED(rflags, 0x20202, "with VM");
    REFUSED(vector, 14, "from an exception");
    r = good;
    r.rip = 0x7fffffffffff;
    ok(regs_allow_sysret(&r), "the last user address is canonical");
    r.rip = 0xffff800000000000;
    ok(regs_allow_sysret(&r), "so is the first of the upper half");
}

static void sanitising(void)
{
    struct cpu_regs regs = sample();

    regs.rflags = ~0UL;
    regs.cs = 0xe008;
    regs.ss = 0xe010;
    regs_sanitise(&regs);
    is_u64(regs.rflags & (X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_VM), 0, "IOPL, NT, VM go");
    regs.rflags = 0;
    regs_sanitise(&regs);
    is_u64(regs.rflags, IF_ | X86_EFLAGS_MBS, "IF comes");
    ok((regs.cs & 3) == 3 && (regs.ss & 3) == 3, "ring 3, whatever was there");
}

int main(void)
{
    frames_from_user_mode();
    frames_from_kernel();
    failsafe_frames();
    stack_at_the_edge();
    handlers_state();
    iret_frames();
    sysret_conditions();
    sanitising();
    return done();
}
