/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/* What fuzzing (tools/tests/fuzz/fuzz_core.c) has found in the memory core, each as the shortest sequence that showed it. */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

static struct world w;

/* A domain that may use devices: the hole in the frame table, and what lies behind its end. */
static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 0, 16);
    w.d.privileged = w.d.cache_attrs = true;
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), HOST_FRAMES - HOST_RAM_END + 16 };
    w.d.nr_iomem = 1;
}

static void finish(const char *what)
{
    unsigned int bad = host_check();

    bad += do_teardown(&w) != 0;
    ok(!bad && host.m.heap.nr_free == HOST_RAM_END - 1,
       "%s: the accounts are right, all is free in the end", what);
}

static uint64_t device(uint64_t mfn, uint64_t flags)
{
    return (mfn << PAGE_SHIFT) | PTE_P | PTE_US | flags;
}

/*
 * A refused L1 is taken apart before its devices have got their memory type: they look like pages then, and have no account. Refused
 * by its last entry, and so with and without a stop in between.
 */
static void test_device_in_refused_table(void)
{
    for ( unsigned int yields = 0; yields < 2; yields++ )
    {
        fresh();
        do_va(&w, 8, world_pte(&w, 8, 0));
        host_page(w.page[8])[0] = device(HOST_FRAMES, 0);
        host_page(w.page[8])[1] = device(HOST_FRAMES, PTE_RW);
        host_page(w.page[8])[2] = device(HOST_FRAMES - 1, PTE_RW);
        host_page(w.page[8])[3] = device(HOST_FRAMES + 15, 0);
        host_page(w.page[8])[PT_ENTRIES - 1] = world_pte(&w, 0, PTE_RW);
        host.yield_every = yields;
        is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, w.page[8].n, 0), -EBUSY,
               "a table with devices and a bad last entry is refused");
        host.yield_every = 0;
        finish(yields ? "stopped at each question" : "in one go");
    }
}

int main(void)
{
    test_device_in_refused_table();
    return done();
}
