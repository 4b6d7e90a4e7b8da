/* SPDX-License-Identifier: GPL-2.0-only */
/* The same bad requests, a million times and more. */
#include "misuse.h"

#define MILLION 1000000UL

static void all_refused(const char *what)
{
    calls_flush();
    check_eq(calls_refused, calls_done, "%s: refusals", what);
    still_well();
}

TEST("flood-page-tables", "a million bad requests about page tables", TEST_SLOW)
{
    void *win = window_alloc();
    static struct mmu_update bad_slot, bad_entry, bad_frame;
    static struct mmuext_op pin_again, pin_shared, new_base;

    bad_slot = (struct mmu_update){ (root_mfn << 12) + 256 * 8, ~0UL };
    bad_entry = (struct mmu_update){ pt_entry_maddr(win, 1), pte(root_mfn, PTE_RW_PAGE) };
    bad_frame = (struct mmu_update){ 0x100000, 0 };
    pin_again = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = root_mfn };
    pin_shared =
        (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = start_info->shared_info >> 12 };
    new_base = (struct mmuext_op){ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = ~0UL };
    calls_start();
    for ( unsigned long i = 0; i < MILLION / 8; i++ )
    {
        call(__HYPERVISOR_update_va_mapping, (uint64_t)win, pte(root_mfn, PTE_RW_PAGE), 0, 0, 0);
        call(__HYPERVISOR_update_va_mapping, HV_ADDRESS, 0, UVMF_INVLPG, 0, 0);
        call(__HYPERVISOR_mmu_update, (uint64_t)&bad_slot, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmu_update, (uint64_t)&bad_entry, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmu_update, (uint64_t)&bad_frame, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmuext_op, (uint64_t)&pin_again, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmuext_op, (uint64_t)&pin_shared, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmuext_op, (uint64_t)&new_base, 1, 0, DOMID_SELF, 0);
        if ( i % 25000 == 0 )
            printf("# %lu\n", calls_done);
    }
    calls_flush();
    check(calls_done >= MILLION, "a million requests");
    all_refused("all");
}

TEST("flood-numbers", "a million calls that do not exist", TEST_SLOW)
{
    static const unsigned int commands[] = {
        __HYPERVISOR_sched_op,  __HYPERVISOR_event_channel_op, __HYPERVISOR_xen_version,
        __HYPERVISOR_vcpu_op,   __HYPERVISOR_memory_op,        __HYPERVISOR_callback_op,
        __HYPERVISOR_physdev_op
    };

    calls_start();
    random_start(0x1dea);
    for ( unsigned long i = 0; i < MILLION; i++ )
    {
        if ( i & 1 )
            call(64 + random() % 0xffffffff, random(), random(), random(), random(), random());
        else /* a command that no call has; vCPU 0 is there */
            call(commands[random() % ARRAY_SIZE(commands)], 0x3fffff3f, 0, 0, 0, 0);
        if ( i % 250000 == 0 )
            printf("# %lu\n", calls_done);
    }
    all_refused("all");
}

TEST("flood-pointers", "half a million calls with arguments that are nowhere", TEST_SLOW)
{
    static const uint64_t nowhere[] = { HOLE, NON_CANON,         HV_ADDRESS, MACH2PHYS_VIRT_START,
                                        ~0UL, 0xffff87fffffffff8 };

    calls_start();
    for ( unsigned long i = 0; i < MILLION / 2 / 10; i++ )
    {
        uint64_t p = nowhere[i % ARRAY_SIZE(nowhere)];

        call(__HYPERVISOR_mmu_update, p, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_mmuext_op, p, 1, 0, DOMID_SELF, 0);
        call(__HYPERVISOR_set_gdt, p, 512, 0, 0, 0);
        call(__HYPERVISOR_set_trap_table, p, 0, 0, 0, 0);
        call(__HYPERVISOR_memory_op, XENMEM_machphys_mapping, p, 0, 0, 0);
        call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, p, 0, 0, 0);
        call(__HYPERVISOR_callback_op, CALLBACKOP_register, p, 0, 0, 0);
        call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, p, 0, 0, 0);
        call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, p, 0, 0);
        call(__HYPERVISOR_xen_version, XENVER_capabilities, p, 0, 0, 0);
        if ( i % 10000 == 0 )
            printf("# %lu\n", calls_done);
    }
    all_refused("all");
}

/* One list of a million entries: the hypervisor must take breath within it, and stop at the bad one. */
TEST("flood-one-list", "lists as long as can be", TEST_SLOW)
{
    static struct mmu_update updates[4096];
    static struct multicall_entry calls[1024];
    void *win = window_alloc();
    unsigned int done = 0, wrong = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(updates); i++ )
        updates[i] = (struct mmu_update){ pt_entry_maddr(win, 1),
                                          i & 1 ? 0 : pte(mfn_of(win), PTE_RO_PAGE) };
    for ( unsigned int i = 0; i < ARRAY_SIZE(calls); i++ )
        calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_mmu_update,
                                             .args = { (unsigned long)updates, ARRAY_SIZE(updates),
                                                       0, DOMID_SELF } };
    check_rc(hyp_multicall(calls, 256), 0, "a million updates in 256 lists, by one call");
    for ( unsigned int i = 0; i < 256; i++ )
        wrong += calls[i].result != 0;
    check_eq(wrong, 0, "lists with another result than 0");
    updates[4000].val = pte(root_mfn, PTE_RW_PAGE);
    check_rc(hyp_mmu_update(updates, ARRAY_SIZE(updates), &done, DOMID_SELF), -XEN_EBUSY,
             "a bad one among 4096");
    check_eq(done, 4000, "those before it are done");
    check_rc(hyp_mmu_update(updates, ~0U >> 1, &done, DOMID_SELF), -XEN_EBUSY,
             "two billion requests, of which the same is bad");
    check_eq(done, 4000, "those before it are done");
    still_well();
}

static unsigned long ud_many(unsigned long n)
{
    for ( unsigned long i = 0; i < n; i++ )
        __asm__ volatile("ud2" ::: "memory");
    return n;
}

static unsigned long skipped;

static bool skip_ud(struct regs *r)
{
    if ( r->vector != TRAP_UD )
        return false;
    r->rip += 2;
    skipped++;
    return true;
}

TEST("flood-traps", "two hundred thousand traps", TEST_SLOW)
{
    unsigned long got = 0;

    trap_hook = skip_ud;
    skipped = 0;
    ud_many(100000);
    check_eq(skipped, 100000, "a hundred thousand of the kernel's");
    check(user_call(ud_many, 100000, &got) && got == 100000, "as many of user mode's");
    trap_hook = NULL;
    check_eq(skipped, 200000, "each came once");
    still_well();
}
