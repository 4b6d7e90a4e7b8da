/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode: a second L4 that shares the kernel's lower tables, so code and data are at the same addresses. What differs
 * is the vCPU's mode, and with it who is blamed in a page fault and where SYSCALL goes.
 */
#include "guest.h"

uint64_t user_root_mfn;
static char user_stack[8192] __attribute__((aligned(4096)));
static char kernel_entry_stack[8192] __attribute__((aligned(4096)));

struct user_start
{
    unsigned long (*fn)(unsigned long);
    unsigned long arg;
};

long user_kernel_stack(void)
{
    return hyp_stack_switch(FLAT_KERNEL_SS,
                            (unsigned long)(kernel_entry_stack + sizeof(kernel_entry_stack)));
}

void user_init(void)
{
    uint64_t *l4 = page_alloc();
    long rc;

    l4[0] = *pt_entry(NULL, 4);
    rc = page_set_ro(l4);
    rc = rc ? rc : mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0);
    rc = rc ? rc : mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l4), 0);
    rc = rc ? rc
            : hyp_stack_switch(FLAT_KERNEL_SS,
                               (unsigned long)(kernel_entry_stack + sizeof(kernel_entry_stack)));
    if ( rc )
        panic("setting up user mode: %s", errno_name(rc));
    user_root_mfn = virt_to_mfn(l4);
}

/* user_start takes the function in rbx and its argument in rbp; regs_return loads both. */
static void enter_user(void *arg)
{
    const struct user_start *u = arg;
    struct regs r = { .rbx = (uint64_t)u->fn, .rbp = u->arg };

    r.rip = (uint64_t)user_start;
    r.cs = FLAT_USER_CS;
    r.ss = FLAT_USER_SS;
    r.rflags = EFLAGS_IF;
    r.rsp = (uint64_t)(user_stack + sizeof(user_stack) - 8);
    __asm__ volatile("mov %0, %%rsp; jmp regs_return" ::"r"(&r), "m"(r));
    __builtin_unreachable();
}

bool user_call(unsigned long (*fn)(unsigned long), unsigned long arg, unsigned long *result)
{
    struct user_start u = { fn, arg };
    bool trapped;

    if ( !user_root_mfn )
        user_init();
    trapped = probe(enter_user, &u);
    if ( !trapped && result )
        *result = probe_regs.rdi;
    return !trapped;
}
