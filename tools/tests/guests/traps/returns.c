/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_iret to user mode, with each bit of the flags, with events waiting; IRET by user mode itself. iret.c has returns to the kernel. */
#include "traps.h"

static char user_stack[4096] __attribute__((aligned(16)));

extern char user_landing[], user_landing_next[];
__asm__(".text; user_landing: ud2; user_landing_next: ud2");

static struct iret_frame to_user(void)
{
    return (struct iret_frame){ .rax = 0xaaa,
                                .r11 = 0x1111,
                                .rcx = 0x2222,
                                .flags = 0,
                                .rip = (uint64_t)user_landing,
                                .cs = FLAT_USER_CS,
                                .rflags = EFLAGS_IF | 2,
                                .rsp = (uint64_t)(user_stack + sizeof(user_stack)),
                                .ss = FLAT_USER_SS };
}

static void go(void *arg)
{
    iret_to(arg);
}

/* It came to the landing's UD2, in user mode. */
static bool lands(const struct iret_frame *f)
{
    return probe(go, (void *)f) && probe_regs.vector == TRAP_UD && (probe_regs.cs & 3) == 3 &&
           probe_regs.rip == f->rip;
}

TEST("iret-to-user", "every word of a frame to user mode", 0)
{
    struct iret_frame f = to_user();

    events_mask();
    check(lands(&f), "plain: arrives");
    check_eq(probe_regs.rax, 0xaaa, "rax");
    check_eq(probe_regs.r11, 0x1111, "r11");
    check_eq(probe_regs.rcx, 0x2222, "rcx");
    check_eq(probe_regs.rsp, f.rsp, "rsp");
    check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS, "cs");
    check_eq(probe_regs.ss, FLAT_USER_SS, "ss");
    check_eq(probe_regs.rbx | probe_regs.rbp | probe_regs.rsi | probe_regs.rdi | probe_regs.rdx |
                 probe_regs.r8 | probe_regs.r15,
             0, "the other registers are as they were");
    f.flags = VGCF_in_syscall;
    check(lands(&f), "VGCF_in_syscall: arrives");
    check_eq(probe_regs.rcx, f.rip, "rcx is rip");
    check_eq(probe_regs.r11, f.rflags, "r11 is rflags");
    f = to_user();
    f.rsp = 0xfedcba9876543210;
    check(lands(&f), "rsp is any number: arrives");
    check_eq(probe_regs.rsp, f.rsp, "rsp");
    f = to_user();
    f.cs = FLAT_USER_CS32;
    check(lands(&f), "to 32-bit code: arrives");
    check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS32, "cs");
    f = to_user();
    f.cs |= 0xabcd0000;
    f.ss |= 0xabcd0000;
    check(lands(&f), "selectors with more than 16 bits: arrives");
    check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS, "cs");
    f = to_user();
    f.ss &= ~3UL;
    check(lands(&f), "ss with RPL 0: arrives");
    check_eq(probe_regs.ss, FLAT_USER_SS, "ss has RPL 3");
}

/* Faults as if at the target, in user mode. */
static void faults(const char *name, struct iret_frame f, unsigned int vector, uint64_t error)
{
    check(probe(go, &f) && probe_regs.vector == vector, "%s: vector %u", name, vector);
    check_eq(probe_regs.error, error, "%s: error code", name);
    check_eq(probe_regs.rip, f.rip, "%s: rip", name);
    check_eq(probe_regs.cs & 0xffff, f.cs | 3, "%s: cs of user mode", name);
    check_eq(probe_regs.ss, f.ss | 3, "%s: ss", name);
    check_eq(probe_regs.rsp, f.rsp, "%s: rsp", name);
}

TEST("iret-bad-user-targets", "HYPERVISOR_iret to where user mode cannot be", 0)
{
    static const uint64_t rips[] = { 0x0000800000000000UL, 0xffff7fffffffffffUL, 1UL << 63 };
    struct iret_frame f;

    for ( unsigned int i = 0; i < ARRAY_SIZE(rips); i++ )
    {
        f = to_user();
        f.rip = rips[i];
        faults("non-canonical rip", f, TRAP_GP, 0);
        f.flags = VGCF_in_syscall;
        faults("non-canonical rip, in_syscall", f, TRAP_GP, 0);
    }
    f = to_user();
    f.cs = 3;
    faults("null cs", f, TRAP_GP, 0);
    f.cs = 0x1233;
    faults("cs without a descriptor", f, TRAP_GP, 0x1230);
    f.cs = 0x1237;
    faults("cs of no LDT", f, TRAP_GP, 0x1234);
    f.cs = 0xe00b;
    faults("cs of the hypervisor", f, TRAP_GP, 0xe008);
    f.cs = FLAT_USER_SS;
    faults("cs a data segment", f, TRAP_GP, FLAT_USER_SS & ~3);
    f = to_user();
    f.ss = 0x1233;
    faults("ss without a descriptor", f, TRAP_GP, 0x1230);
    f.ss = FLAT_USER_CS;
    faults("ss a code segment", f, TRAP_GP, FLAT_USER_CS & ~3);
    f = to_user();
    f.rip = 0xdead0000;
    faults("rip unmapped", f, TRAP_PF, PF_U | PF_I);
    f.flags = VGCF_in_syscall;
    faults("rip unmapped, in_syscall", f, TRAP_PF, PF_U | PF_I);
    f = to_user();
    f.rip = 0xffff830000100000;
    check(probe(go, &f) && probe_regs.vector == TRAP_PF, "rip in the hypervisor: #PF");
    check_eq(probe_regs.error & (PF_U | PF_I), PF_U | PF_I, "its error code");
    f.rip = 0xffff800000000000;
    check(probe(go, &f) && probe_regs.vector == TRAP_PF, "rip in the M2P: #PF");
}

/* ---- Flags ---- */

#define VIF     0x80000UL
#define VIP     0x100000UL
#define ID      0x200000UL
#define RF      0x10000UL
#define VM      0x20000UL
#define ALWAYS1 0x2UL

/* For each bit of rflags in the frame: what is in rflags behind it. TF is left to the next test. */
TEST("iret-rflags-bits", "each bit of rflags in a frame to user mode", 0)
{
    const uint64_t kept = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | EFLAGS_DF | 0x800 | EFLAGS_AC | ID;
    unsigned int lost = 0, arrived = 0, extra = 0;

    for ( unsigned int bit = 0; bit < 64; bit++ )
    {
        uint64_t b = 1UL << bit;
        struct iret_frame f = to_user();

        if ( b == EFLAGS_TF )
            continue;
        f.rflags = b | EFLAGS_IF;
        /* Whatever else happens, it must come to the landing. */
        if ( !lands(&f) )
        {
            printf("# bit %u: vector %lu error 0x%lx\n", bit, probe_regs.vector, probe_regs.error);
            continue;
        }
        arrived++;
        uint64_t got = probe_regs.rflags & ~(RF | EFLAGS_NT);

        lost += (b & kept) && !(got & b);
        extra += (got & ~(b & kept)) != (EFLAGS_IF | ALWAYS1);
    }
    check_eq(arrived, 63, "bits with which it arrives");
    check_eq(lost, 0, "bits of the guest's that were lost");
    check_eq(extra, 0, "bits with which others came, or that should not have (IOPL, VM, VIF, VIP)");
}

TEST("iret-user-if", "IF in a frame to user mode", 0)
{
    struct iret_frame f = to_user();

    events_mask();
    check(lands(&f), "IF set");
    check_eq(probe_regs.cs >> 32, 0, "events were open");
    check_eq(probe_regs.rflags & EFLAGS_IF, EFLAGS_IF, "IF in the next frame");
    f.rflags = 2;
    check(lands(&f), "IF clear");
    check_eq(probe_regs.cs >> 32, 1, "events were masked");
    check_eq(probe_regs.rflags & EFLAGS_IF, 0, "IF in the next frame");
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "the mask stays");
    f.flags = VGCF_in_syscall;
    check(lands(&f), "IF clear, in_syscall");
    check_eq(probe_regs.r11 & EFLAGS_IF, EFLAGS_IF, "r11 has the CPU's IF");
}

/* ---- Events that wait for the return ---- */

static unsigned int upcalls, order, upcall_order, trap_order;
static uint64_t upcall_rip, upcall_cs;

static bool note_upcall(struct regs *r)
{
    if ( r->vector == TRAP_EVENT )
    {
        upcalls++;
        upcall_order = ++order;
        upcall_rip = r->rip;
        upcall_cs = r->cs & 0xffff;
    }
    else
        trap_order = ++order;
    return false;
}

TEST("iret-event-waiting", "an event that waits comes before the target's first instruction", 0)
{
    struct iret_frame f = to_user();

    trap_hook = note_upcall;
    for ( unsigned int i = 0; i < 4; i++ )
    {
        bool user = i & 1, in_syscall = i & 2;

        f.flags = in_syscall ? VGCF_in_syscall : 0;
        f.cs = user ? FLAT_USER_CS : FLAT_KERNEL_CS & ~3UL;
        f.rflags = EFLAGS_IF | 2;
        upcalls = order = 0;
        events_mask();
        vcpu_info()->evtchn_upcall_pending = 1;
        check(probe(go, &f) && probe_regs.vector == TRAP_UD, "to %s%s: arrives",
              user ? "user mode" : "the kernel", in_syscall ? ", in_syscall" : "");
        check_eq(upcalls, 1, "one upcall");
        check_eq(upcall_order, 1, "first the upcall");
        check_eq(trap_order, 2, "then the target's trap");
        check_eq(upcall_rip, f.rip, "it interrupted the target");
        check_eq(upcall_cs, f.cs, "in the target's mode");
        events_mask();
        f.rflags = 2;
        upcalls = order = 0;
        vcpu_info()->evtchn_upcall_pending = 1;
        check(probe(go, &f) && probe_regs.vector == TRAP_UD, "with IF clear: arrives");
        check_eq(upcalls, 0, "no upcall");
        vcpu_info()->evtchn_upcall_pending = 0;
    }
    trap_hook = NULL;
}

/* ---- IRET by user mode ---- */

extern char own_iret_insn[], own_iret_target[];

static unsigned long iret_in_user(unsigned long ss)
{
    unsigned long result;

    __asm__ volatile("mov %%rsp, %%rdx\n\t"
                     "push %2\n\t"
                     "push %%rdx\n\t"
                     "pushfq\n\t"
                     "push %1\n\t"
                     "lea own_iret_target(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "own_iret_insn: iretq\n"
                     "own_iret_target: mov %%cs, %%eax\n\t"
                     "mov %%rdx, %%rsp"
                     : "=&a"(result)
                     : "i"(FLAT_USER_CS), "r"(ss)
                     : "rdx", "memory", "cc");
    return result & 0xffff;
}

TEST("iret-by-user", "IRET executed by user mode itself", 0)
{
    unsigned long got = 0;

    check(user_call(iret_in_user, FLAT_USER_SS, &got), "to where it is");
    check_eq(got, FLAT_USER_CS, "cs");
    check(!user_call(iret_in_user, 0x1233, NULL) && probe_regs.vector == TRAP_GP,
          "with a bad ss: #GP");
    check_eq(probe_regs.error, 0x1230, "that names it");
    check_eq(probe_regs.rip, (uint64_t)own_iret_insn, "at the instruction");
    check(!user_call(iret_in_user, 0xe010, NULL) && probe_regs.vector == TRAP_GP,
          "with the hypervisor's ss: #GP");
    check_eq(probe_regs.error, 0xe010, "that names it");
}
