/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_iret: which of the frame's flags mean anything, and where the frame may lie. */
#include "buffers.h"
#include "traps.h"

extern char iret_arrived[];
extern uint64_t seen_rcx, seen_r11, seen_rsp;
uint64_t seen_rcx, seen_r11, seen_rsp;
__asm__(".text; iret_arrived: mov %rcx, seen_rcx; mov %r11, seen_r11; mov %rsp, seen_rsp; ud2");

static char stack[4096] __attribute__((aligned(4096)));

static struct iret_frame frame(void)
{
    return (struct iret_frame){ .rax = 0xaaa,
                                .r11 = 0x1111,
                                .rcx = 0x2222,
                                .rip = (uint64_t)iret_arrived,
                                .cs = FLAT_KERNEL_CS & ~3UL,
                                .rflags = EFLAGS_IF | 2,
                                .rsp = (uint64_t)(stack + sizeof(stack)),
                                .ss = FLAT_KERNEL_SS };
}

static void go(void *arg)
{
    iret_to(arg);
}

static bool arrives(const struct iret_frame *f)
{
    seen_rsp = 0;
    return probe(go, (void *)f) && probe_regs.vector == TRAP_UD && seen_rsp == f->rsp;
}

static unsigned long give_back(unsigned long arg)
{
    return arg;
}

/* Those of struct vcpu_guest_context are not this frame's. */
TEST("iret-context-flags", "of the frame's flags only VGCF_in_syscall means anything", 0)
{
    uint64_t syscall_mask = 0;
    struct iret_frame f = frame();
    unsigned int lost = 0, other = 0;

    for ( unsigned int bit = 0; bit < 64; bit++ )
    {
        f.flags = 1UL << bit;
        lost += !arrives(&f);
        if ( bit != _VGCF_in_syscall )
            other += seen_rcx != f.rcx || seen_r11 != f.r11;
    }
    check_eq(lost, 0, "frames with one flag that did not arrive");
    check_eq(other, 0, "flags besides VGCF_in_syscall that changed rcx or r11");
    f.flags = VGCF_in_syscall;
    check(arrives(&f) && seen_rcx == f.rip && seen_r11 == f.rflags, "VGCF_in_syscall changes them");

    f.flags = VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
    check(arrives(&f), "with both VGCF_*_disables_events");
    check(!vcpu_info()->evtchn_upcall_mask, "events are open");
    f.flags = 0;
    check(arrives(&f), "without them");
    check(user_call(give_back, 5, &syscall_mask) && syscall_mask == 5,
          "a system call goes where it went");
    events_mask();
}

TEST("iret-frame-places", "where the frame may lie", 0)
{
    struct iret_frame f = frame(), *p;

    p = before_hole(sizeof(f));
    *p = f;
    check(arrives(p), "up to the end of a page");
    check(arrives(read_only_copy(&f, sizeof(f))), "on a read-only page");
    p = (void *)(stack + 100 + 3);
    memcpy(p, &f, sizeof(f));
    check(arrives(p), "at an odd address");
    /* Nothing is pushed on the target's stack, so it need not be there. */
    f.cs = FLAT_USER_CS;
    f.ss = FLAT_USER_SS;
    f.rsp = 0xdead0000;
    check(arrives(&f), "to user mode, with a stack that is not mapped");
    f.rsp = 0x0000800000000000UL;
    check(arrives(&f), "to user mode, with a stack that is not canonical");
    events_mask();
}
