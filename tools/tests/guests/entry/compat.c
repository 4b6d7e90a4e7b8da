/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code in user mode, which a 64-bit kernel may run: the system-call instructions' other halves. */
#include "entry.h"

static const char *volatile target;
static volatile uint64_t target_edi;
static uint64_t target_flags;
static char stack32[4096] __attribute__((aligned(16)));

static unsigned long jump_to_32(unsigned long arg)
{
    __asm__ volatile(
        "mov %[sp], %%rsp\n\t"
        "mov %[edi], %%rdi\n\t"
        "pushq %[cs]\n\t"
        "pushq %[ip]\n\t"
        "pushq %[fl]\n\t"
        "popfq\n\t"
        "lretq"
        :
        : [cs] "i"(FLAT_USER_CS32), [ip] "r"(target), [sp] "r"(stack32 + sizeof(stack32)),
          [edi] "r"(target_edi), [fl] "r"(target_flags)
        : "memory");
    return 0;
}

void run_compat(const char *entry, uint64_t edi)
{
    unsigned int dummy = 0;

    memset(&probe_regs, 0, sizeof(probe_regs));
    target = entry;
    target_edi = edi;
    if ( user_call(jump_to_32, 0, NULL) )
        check(false, "32-bit code traps (%u)", dummy);
}

static long callback(unsigned int type, uint64_t address, unsigned int flags)
{
    struct callback_register cb = { .type = (uint16_t)type,
                                    .flags = (uint16_t)flags,
                                    .address = address };

    return hyp_callback_op(CALLBACKOP_register, &cb);
}

static volatile unsigned int traps_seen;

static bool count_traps(struct regs *r)
{
    traps_seen += r->vector != TRAP_EVENT;
    return false;
}

static void run_counted(const char *entry)
{
    traps_seen = 0;
    trap_hook = count_traps;
    run_compat(entry, 0);
    trap_hook = NULL;
}

TEST("compat-syscall", "SYSCALL in 32-bit code", 0)
{
    target_flags = EFLAGS_IF;
    check_rc(callback(CALLBACKTYPE_syscall32, 0, 0), 0, "no callback");
    run_counted(c32_syscall);
    if ( probe_regs.rip == (uint64_t)c32_syscall + 5 && probe_regs.vector == TRAP_UD &&
         probe_regs.rax == 0x1234 )
    {
        check_eq(traps_seen, 1, "without a callback: one #UD");
        check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS32, "at the instruction, in 32-bit code");
    }
    else
        check(false, "without a callback: #UD at the instruction (vector %lu, rip 0x%lx)",
              probe_regs.vector, probe_regs.rip);
    check_rc(callback(CALLBACKTYPE_syscall32, (uint64_t)syscall32_entry, CALLBACKF_mask_events), 0,
             "callback");
    events_unmask();
    run_counted(c32_syscall);
    if ( probe_regs.vector == TRAP_UD )
    {
        skip("this CPU has no SYSCALL in 32-bit code");
        return;
    }
    check_eq(probe_regs.vector, TRAP_SYSCALL32, "it goes to the callback");
    check_eq(traps_seen, 1, "once");
    check_eq(probe_regs.rip, (uint64_t)c32_syscall + 7, "rip is behind it");
    check_eq(probe_regs.cs, FLAT_USER_CS32, "cs is 32-bit code's, events were open");
    check_eq(probe_regs.rsp, (uint64_t)stack32 + sizeof(stack32), "rsp");
    check_eq(probe_regs.rflags & EFLAGS_IF, EFLAGS_IF, "and IF was set");
}

static bool cpu_is_intel(void)
{
    uint32_t eax = 0, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return ebx == 0x756e6547;
}

static void sysenter_with(uint64_t flags)
{
    target_flags = flags | EFLAGS_IF;
    run_counted(c32_sysenter);
    target_flags = EFLAGS_IF;
}

/* Other makes of CPU have no SYSENTER in long mode. Where there is one all the same, QEMU, the hypervisor need not know. */
TEST("compat-sysenter", "SYSENTER in 32-bit code", 0)
{
    bool arrives;

    check_rc(callback(CALLBACKTYPE_sysenter, 0, 0), 0, "no callback");
    sysenter_with(0);
    if ( probe_regs.vector == TRAP_UD )
    {
        skip("this CPU has no SYSENTER in long mode");
        return;
    }
    check_eq(probe_regs.vector, TRAP_GP, "without a callback: #GP");
    check_eq(probe_regs.error, 0, "error code 0");
    check_eq(traps_seen, 1, "exactly one");
    check_eq(probe_regs.cs & 3, 3, "cs says user");
    check_rc(callback(CALLBACKTYPE_sysenter, (uint64_t)sysenter_entry, CALLBACKF_mask_events), 0,
             "callback");
    sysenter_with(0);
    arrives = probe_regs.vector == TRAP_SYSENTER;
    check(arrives || !cpu_is_intel(), "it goes to the callback = %s", arrives ? "yes" : "no");
    check_eq(probe_regs.rax, 0x5678, "with the user's registers");
    check_eq(traps_seen, 1, "once");
    sysenter_with(EFLAGS_NT);
    check_eq(probe_regs.vector, arrives ? TRAP_SYSENTER : TRAP_GP, "with NT set too (XSA-44)");
    check_eq(traps_seen, 1, "exactly once (XSA-339)");
    check_eq(probe_regs.rflags & EFLAGS_NT, EFLAGS_NT, "NT is in the frame");
    sysenter_with(EFLAGS_AC | EFLAGS_DF);
    check_eq(probe_regs.vector, arrives ? TRAP_SYSENTER : TRAP_GP, "with AC and DF set it works");
    check_eq(probe_regs.rflags & (EFLAGS_AC | EFLAGS_DF), EFLAGS_AC | EFLAGS_DF,
             "they are in the frame");
    sysenter_with(EFLAGS_TF);
    check(probe_regs.vector == TRAP_DB || probe_regs.vector == TRAP_SYSENTER,
          "with TF set the machine lives on");
}

TEST("compat-others", "interrupts and I/O in 32-bit code", 0)
{
    struct physdev_set_iopl iopl = { .iopl = 3 };

    target_flags = EFLAGS_IF;
    run_counted(c32_int);
    if ( int_n_fault() )
        leave_out(int_n_fault(), "int $0x40");
    else
        check_eq(probe_regs.vector, 0x40, "int $0x40");
    check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS32, "from 32-bit code");
    run_counted(c32_int4);
    check_eq(probe_regs.vector, TRAP_OF, "into");
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 3");
    run_counted(c32_in);
    check_eq(probe_regs.vector, TRAP_UD, "port reads are carried out");
    check_eq(probe_regs.rax, 0xffff, "the second reads ones");
    run_compat(c32_outsb, 0xdead0000);
    check_eq(probe_regs.vector, TRAP_PF, "outs from an address that is not mapped: #PF");
    check_eq(probe_cr2, 0xdead0000, "there");
    run_compat(c32_outsb, (uint64_t)stack32);
    check_eq(probe_regs.vector, TRAP_UD, "outs of two bytes");
    check_eq(probe_regs.rsi, (uint64_t)stack32 + 2, "advances rsi");
    check_eq(probe_regs.rcx, 0, "to the end");
    iopl.iopl = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 0");
}
