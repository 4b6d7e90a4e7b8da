/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that come to the guest, instructions carried out for it, and system calls of its user mode. */
#include "bench.h"

static void set_handlers(const char *fault, const char *undefined)
{
    static struct trap_info traps[3];

    traps[0] = (struct trap_info){ TRAP_PF, 0, FLAT_KERNEL_CS, (uint64_t)fault };
    traps[1] = (struct trap_info){ TRAP_UD, 0, FLAT_KERNEL_CS, (uint64_t)undefined };
    must(hyp_set_trap_table(traps), "set_trap_table");
}

/* entry.S skips two bytes: that is the length of both instructions here. */
static uint64_t run_page_fault(unsigned int n)
{
    uint64_t ticks;

    set_handlers(bench_skip_error, bench_skip);
    ticks = TIMED(n, __asm__ volatile(".byte 0x8a, 0x07 /* mov (%%rdi), %%al */" ::"D"(0xdead0000UL)
                                      : "rax"));
    traps_init();
    return ticks;
}

static uint64_t run_undefined(unsigned int n)
{
    uint64_t ticks;

    set_handlers(bench_skip_error, bench_skip);
    ticks = TIMED(n, __asm__ volatile("ud2"));
    traps_init();
    return ticks;
}

static uint64_t run_cr0(unsigned int n)
{
    uint64_t value;

    return TIMED(n, __asm__ volatile("mov %%cr0, %0" : "=r"(value)));
}

static uint64_t run_ptwr(unsigned int n)
{
    volatile uint64_t *entry = pt_entry((void *)WINDOW, 1);
    uint64_t value, ticks;

    must(CALL(update_va_mapping, WINDOW, pte(data_mfn(0), PTE_RW_PAGE), UVMF_INVLPG, 0), "map");
    value = *entry;
    must(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), "vm_assist");
    ticks = TIMED(n, value ^= PTE_RW; *entry = value);
    must(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), "vm_assist off");
    return ticks;
}

static unsigned long user_loop(unsigned long n)
{
    uint64_t ticks;

    if ( costs_wanted )
        costs_start();
    ticks = bench_user_loop((unsigned int)n);
    if ( costs_wanted )
        costs_stop();

    /* Not by a system call, which is the benchmark's now. */
    __asm__ volatile("ud2" ::"D"(ticks));
    return 0;
}

static uint64_t run_syscall(unsigned int n)
{
    struct callback_register cb = { .type = CALLBACKTYPE_syscall,
                                    .flags = CALLBACKF_mask_events,
                                    .address = (unsigned long)bench_syscall };

    must(hyp_callback_op(CALLBACKOP_register, &cb), "register the system call");
    if ( user_call(user_loop, n, NULL) || probe_regs.vector != TRAP_UD )
        panic("user mode did not come back as it should");
    traps_init();
    return probe_regs.rdi;
}

const struct op trap_ops[] = {
    { "page-fault", "fault", run_page_fault, 200, 1, false },
    { "undefined-instruction", "fault", run_undefined, 200, 1, false },
    { "mov-cr0", "instruction", run_cr0, 200, 1, false },
    { "pte-write", "instruction", run_ptwr, 200, 1, false },
    { "syscall", "call", run_syscall, 200, 1, false },
    {},
};
