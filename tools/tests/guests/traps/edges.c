/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways in and out that are legal but unusual: a hypercall with every flag set and every register in use, a SYSCALL whose next
 * instruction does not exist, an IRET that the kernel executes itself, upcalls that find the vCPU in user mode.
 */
#include "traps.h"

/* Filled by call_with_flags() in frame.S: registers after a hypercall, in the order rbx, rbp, rdi, rsi, rdx, r8-r10, r12-r15. */
extern uint64_t after_call[12], after_flags;
long call_with_flags(unsigned long nr, uint64_t flags);

static long call_result;

static void flagged_call(void *arg)
{
    call_result = call_with_flags(__HYPERVISOR_xen_version, (uint64_t)arg);
}

TEST("hypercall-registers", "a hypercall's flags and registers", 0)
{
    static const struct
    {
        uint64_t flags;
        const char *name;
    } cases[] = {
        { 0x2, "no flags" },
        { 0x2 | EFLAGS_DF, "DF" },
        { 0x2 | EFLAGS_AC, "AC" },
        { 0x2 | EFLAGS_NT, "NT" },
        { 0x2 | 0x200000, "ID" },
        { 0x2 | 0x8d5, "arithmetic flags" },
        { 0x2 | EFLAGS_DF | EFLAGS_AC | EFLAGS_NT | 0x8d5, "all of them" },
    };
    long version = hyp_xen_version(XENVER_version, NULL);

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        unsigned int changed = 0;

        check(!probe(flagged_call, (void *)cases[i].flags), "xen_version with %s", cases[i].name);
        check_rc(call_result, version, "its result");
        check_eq(after_flags & ~(EFLAGS_IF | EFLAGS_NT), cases[i].flags & ~EFLAGS_NT,
                 "flags afterwards");
        for ( unsigned int r = 2; r < ARRAY_SIZE(after_call); r++ )
            changed += after_call[r] != (r == 2 || r == 3 ? 0 : 0x0101010101010101 * r);
        check_eq(changed, 0, "all registers but rax, rcx, r11 are kept");
    }
    check(probe(flagged_call, (void *)(0x2 | EFLAGS_TF)) && probe_regs.vector == TRAP_DB,
          "TF: a #DB comes");
}

static void jump_to_edge(void *arg)
{
    __asm__ volatile("mov %0, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; jmp *%1" ::"i"(
                         __HYPERVISOR_xen_version),
                     "r"(arg)
                     : "rax", "rdi", "rsi", "rcx", "r11", "memory");
}

static unsigned long user_jump_to_edge(unsigned long arg)
{
    __asm__ volatile("mov $1, %%eax; jmp *%0" ::"r"(arg) : "rax", "rcx", "r11", "memory");
    return 0;
}

/* Answer the system call by returning to its frame. */
static bool return_to_frame(struct regs *r)
{
    return r->vector == TRAP_SYSCALL;
}

/* The last two bytes below the hole in the address space are a SYSCALL. */
TEST("syscall-at-edge", "SYSCALL at the end of the lower half (XSA-7)", 0)
{
    char *page = page_alloc();
    volatile char *edge = (volatile char *)0x00007ffffffff000UL;

    page[4094] = 0x0f;
    page[4095] = 0x05;
    page[0] = (char)0xc3;
    check_rc(pt_map((void *)edge, pte(virt_to_mfn(page), PTE_RW_PAGE)), 0,
             "map the last page below 2^47");
    ((void (*)(void))(uint64_t)edge)();
    check_eq((unsigned char)edge[4095], 0x05, "the page is there and can be executed");
    check(probe(jump_to_edge, (void *)(edge + 4094)), "it traps");
    check_eq(probe_regs.vector, TRAP_GP, "vector");
    check_eq(probe_regs.error, 0, "error code");
    check_eq(probe_regs.rip, 0x0000800000000000UL, "rip is the address that does not exist");
    check_rc(mmu_update1((user_root_mfn << 12) + 255 * 8, *pt_entry(edge, 4)), 0,
             "show it to user mode");
    check(!user_call(user_jump_to_edge, (unsigned long)edge + 4094, NULL),
          "from user mode it leaves by the syscall callback");
    check_eq(probe_regs.vector, TRAP_SYSCALL, "vector");
    check_eq(probe_regs.rip, 0x0000800000000000UL, "rip of the frame");
    trap_hook = return_to_frame;
    check(!user_call(user_jump_to_edge, (unsigned long)edge + 4094, NULL), "and an iret to there");
    trap_hook = NULL;
    check_eq(probe_regs.vector, TRAP_GP, "is a #GP");
    check_eq(probe_regs.cs & 3, 3, "in user mode");
    check_rc(hyp_update_va_mapping((void *)edge, 0, UVMF_INVLPG), 0, "unmap it");
    check_rc(mmu_update1((user_root_mfn << 12) + 255 * 8, 0), 0,
             "take its tables out of the roots");
    check_rc(mmu_update1(pt_entry_maddr((void *)edge, 4), 0), 0, "of both");
    check_rc(mmu_update1((user_root_mfn << 12) + 255 * 8, 0), 0, "take its tables from user mode");
    check_rc(mmu_update1(pt_entry_maddr(edge, 4), 0), 0, "and from the kernel");
}

TEST("own-iret", "IRET executed by the kernel itself", 0)
{
    uint64_t rsp_before, rsp_after, mask = 1;

    events_mask();
    __asm__ volatile("mov %%rsp, %0\n\t"
                     "mov %%rsp, %%rax\n\t"
                     "push %3\n\t"
                     "push %%rax\n\t"
                     "pushfq\n\t"
                     "push %2\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "iretq\n"
                     "1: mov %%rsp, %1"
                     : "=&r"(rsp_before), "=&r"(rsp_after)
                     : "i"(FLAT_KERNEL_CS), "i"(FLAT_KERNEL_SS)
                     : "rax", "memory", "cc");
    check_eq(rsp_after, rsp_before, "it goes on behind it, on the same stack");
    check_eq(vcpu_info()->evtchn_upcall_mask, mask, "the event mask is none of its business");
}

static volatile bool upcall_from_user;

static bool note_upcall(struct regs *r)
{
    if ( r->vector == TRAP_EVENT && (r->cs & 3) == 3 )
        upcall_from_user = true;
    return false;
}

static unsigned long wait_in_user(unsigned long arg)
{
    for ( unsigned long i = 0; i < 4000000000UL; i++ )
        if ( upcall_from_user )
            return 1;
    return 0;
}

TEST("upcall-in-user", "an upcall that finds user mode", 0)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_close close;
    unsigned long result = 0;

    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), 0, "VIRQ_TIMER");
    event_set_mask(virq.port, false);
    trap_hook = note_upcall;
    check_rc(hyp_set_timer_op(system_time() + 3000000), 0, "a timer of 3 ms");
    check(user_call(wait_in_user, 0, &result) && result == 1,
          "user mode is interrupted and goes on");
    trap_hook = NULL;
    events_mask();
    close.port = virq.port;
    check_rc(hyp_event_channel_op(EVTCHNOP_close, &close), 0, "close VIRQ_TIMER");
}
