/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trap whose frame cannot be stored, or that nobody handles: there is no way to tell the guest, and the domain ends. The hypervisor
 * does not. Each test ends its domain; tools/tests/boot/test_hostile looks at what is said about more of them.
 */
#include "traps.h"

static void trap_on_stack(uint64_t rsp)
{
    __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(rsp));
}

static unsigned long nothing(unsigned long arg)
{
    return arg;
}

static void user_trap_on_stack(uint64_t rsp)
{
    check_rc(hyp_stack_switch(FLAT_KERNEL_SS, rsp), 0, "a stack for entries from user mode");
    user_call(nothing, 0, NULL);
}

TEST("frame-nowhere", "a frame on a page that is not there ends the domain", TEST_CRASHES)
{
    trap_on_stack(0xdead0000);
}

TEST("frame-on-table", "a frame on a page table ends the domain", TEST_CRASHES)
{
    trap_on_stack(start_info->pt_base + 4096);
}

TEST("frame-in-hypervisor", "a frame in the hypervisor's part ends the domain", TEST_CRASHES)
{
    trap_on_stack(0xffff830000100000UL);
}

TEST("frame-not-canonical", "a frame at an address that is none ends the domain", TEST_CRASHES)
{
    user_trap_on_stack(0x0000800000000000UL + 4096);
}

/* The frame would begin in the hypervisor's last words and end in a page of ours. */
TEST("xsa-215", "a frame that begins in the hypervisor ends the domain", TEST_CRASHES)
{
    if ( pt_map((void *)HYPERVISOR_VIRT_END, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE)) )
        error("no page behind the hypervisor");
    user_trap_on_stack(HYPERVISOR_VIRT_END + 48);
}

TEST("trap-unhandled", "an exception without a handler ends the domain", TEST_CRASHES)
{
    check_rc(hyp_set_trap_table(NULL), 0, "no handlers");
    __asm__ volatile("ud2");
}

/* Each fault of the handler's address makes another frame, until the stack ends. */
TEST("handler-nowhere", "a page-fault handler that is not there ends the domain", TEST_CRASHES)
{
    struct trap_info t[2] = { { TRAP_PF, 0, FLAT_KERNEL_CS, 0xdead0000 } };

    check_rc(hyp_set_trap_table(t), 0, "a handler nowhere");
    *(volatile int *)0xdead1000 = 1;
}

TEST("iret-nowhere", "an iret whose frame cannot be read ends the domain", TEST_CRASHES)
{
    iret_to((const struct iret_frame *)0xdead0000);
}

TEST("iret-without-user-root", "an iret to user mode without a user root ends the domain (XSA-1)",
     TEST_CRASHES)
{
    struct iret_frame f = {
        .rip = (uint64_t)user_start, .cs = FLAT_USER_CS, .rflags = EFLAGS_IF, .ss = FLAT_USER_SS
    };

    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "no user root");
    iret_to(&f);
}
