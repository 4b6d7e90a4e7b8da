/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_iret with frames that are wrong in one word. */
#include "traps.h"

static char stack[8192] __attribute__((aligned(4096)));

extern char landed[];
__asm__(
    ".text; landed: pushfq; pop iret_flags; mov %rcx, iret_rcx; mov %r11, iret_r11; mov %rax, iret_rax; mov %rsp, iret_rsp; ud2");
extern uint64_t iret_flags, iret_rcx, iret_r11, iret_rax, iret_rsp;
uint64_t iret_flags, iret_rcx, iret_r11, iret_rax, iret_rsp;

static struct iret_frame good(void)
{
    return (struct iret_frame){ .rax = 0xaaa,
                                .r11 = 0x1111,
                                .rcx = 0x2222,
                                .flags = 0,
                                .rip = (uint64_t)landed,
                                .cs = FLAT_KERNEL_CS & ~3UL,
                                .rflags = EFLAGS_IF | 2,
                                .rsp = (uint64_t)(stack + 4096),
                                .ss = FLAT_KERNEL_SS };
}

static void go(void *arg)
{
    iret_to(arg);
}

/* Runs into landed's ud2 when the iret worked. */
static void arrives(const char *name, struct iret_frame f)
{
    bool trapped;

    iret_flags = 0;
    trapped = probe(go, &f);
    check(trapped && probe_regs.vector == TRAP_UD && iret_flags, "%s: arrives", name);
    if ( !iret_flags )
        printf("# vector %lu error 0x%lx rip 0x%lx cs 0x%lx ss 0x%lx\n", probe_regs.vector,
               probe_regs.error, probe_regs.rip, probe_regs.cs, probe_regs.ss);
}

/* Faults on the way in, as if at the target. */
static void faults(const char *name, struct iret_frame f, unsigned int vector, uint64_t error)
{
    bool trapped;

    iret_flags = 0;
    trapped = probe(go, &f);
    check(trapped && !iret_flags && probe_regs.vector == vector, "%s: vector %u", name, vector);
    check_eq(probe_regs.error, error, "%s: error code", name);
    check_eq(probe_regs.rip, f.rip, "%s: rip is the target's", name);
    check_eq(probe_regs.cs, f.cs & ~3UL, "%s: cs is the target's", name);
    check_eq(probe_regs.rsp, f.rsp, "%s: rsp is the target's", name);
}

TEST("iret-restores", "what HYPERVISOR_iret restores", 0)
{
    struct iret_frame f = good();

    events_mask();
    arrives("plain", f);
    check_eq(iret_rax, 0xaaa, "rax");
    check_eq(iret_r11, 0x1111, "r11 (flags 0)");
    check_eq(iret_rcx, 0x2222, "rcx (flags 0)");
    check_eq(iret_rsp, f.rsp, "rsp");
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "rflags.IF = 1 unmasks events");
    f.rflags = 2;
    arrives("IF = 0", f);
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "rflags.IF = 0 masks events");
    check_eq(iret_flags & EFLAGS_IF, EFLAGS_IF, "the CPU's IF stays 1");
    f.rflags = EFLAGS_IF | 2 | EFLAGS_IOPL | EFLAGS_DF | 0x8d5;
    arrives("IOPL 3, DF, arithmetic flags", f);
    check_eq(iret_flags, EFLAGS_IF | 2 | EFLAGS_DF | 0x8d5, "IOPL is stripped, the rest is kept");
    f.rflags = EFLAGS_IF | 2 | 0x20000;
    arrives("VM", f);
    check_eq(iret_flags & 0x20000, 0, "VM is stripped");
    f.rflags = EFLAGS_IF | 2 | EFLAGS_NT | EFLAGS_AC;
    arrives("NT and AC", f);
    check_eq(iret_flags & EFLAGS_AC, EFLAGS_AC, "AC is kept (NT need not be)");
    f = good();
    f.flags = 0x100;
    arrives("VGCF_in_syscall", f);
    check_eq(iret_rcx, f.rip, "rcx is rip, as SYSRET leaves it");
    check_eq(iret_r11, f.rflags, "r11 is rflags, as SYSRET leaves it");
    f.flags = 0xffffffff;
    arrives("all flags", f);
    f = good();
    f.ss = FLAT_KERNEL_SS & ~3UL;
    arrives("ss with RPL 0", f);
}

TEST("iret-bad-targets", "HYPERVISOR_iret to where it cannot go", 0)
{
    struct iret_frame f;

    f = good();
    f.rip = 0x0000800000000000UL;
    faults("non-canonical rip", f, TRAP_GP, 0);
    f.flags = 0x100;
    faults("non-canonical rip, in_syscall", f, TRAP_GP, 0);
    f = good();
    f.cs = 0;
    faults("cs 0", f, TRAP_GP, 0);
    f.cs = 0x1230;
    faults("cs without a descriptor", f, TRAP_GP, 0x1230);
    f.cs = 0xe008;
    faults("cs of the hypervisor", f, TRAP_GP, 0xe008);
    f = good();
    f.ss = 0;
    faults("ss 0 (RPL 3 is forced)", f, TRAP_GP, 0);
    f.ss = 0x1230;
    faults("ss without a descriptor", f, TRAP_GP, 0x1230);
    f.ss = 0xe008;
    faults("ss a code segment", f, TRAP_GP, 0xe008);
    f = good();
    f.rip = 0xdead0000;
    faults("rip unmapped", f, TRAP_PF, PF_I);
    f.rip = 0xffff820000100000UL;
    faults("rip in the hypervisor", f, TRAP_PF, PF_I);
    f = good();
    f.rflags = EFLAGS_IF | 2 | EFLAGS_TF;
    check(probe(go, &f) && probe_regs.vector == TRAP_DB, "TF: #DB behind the first instruction");
}
