/* SPDX-License-Identifier: GPL-2.0-only */
/* From the first C instruction to guest_main(), and the way out. */
#include "guest.h"

struct start_info *start_info;
struct shared_info *shared_info;

/* A page of our own in whose place the shared_info page is mapped. */
static char shared_info_window[PAGE_SIZE] __attribute__((aligned(4096)));

void guest_start(struct start_info *si);

void guest_start(struct start_info *si)
{
    long rc;

    start_info = si;
    root_mfn = virt_to_mfn((void *)si->pt_base);
    start_state_save();
    rc = hyp_update_va_mapping(shared_info_window, si->shared_info | PTE_RW_PAGE, UVMF_INVLPG);
    if ( rc )
        panic("mapping shared_info: %s", errno_name(rc));
    shared_info = (struct shared_info *)shared_info_window;
    start_state_save_shared();
    traps_init();
    printf("--- %s ---\n", guest_name);
    guest_main();
    report_and_exit();
}

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown arg = { .reason = reason };

    hyp_sched_op(SCHEDOP_shutdown, &arg);
    for ( ;; )
        __asm__ volatile("ud2");
}

long mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = arg1;
    op.arg2.src_mfn = arg2;
    return hyp_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long mmu_update1(uint64_t ptr, uint64_t val)
{
    struct mmu_update req = { .ptr = ptr, .val = val };

    return hyp_mmu_update(&req, 1, NULL, DOMID_SELF);
}
