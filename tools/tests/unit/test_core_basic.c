/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * The life of a domain in short: built, running, mapping and unmapping, pinning and unpinning, taken down; with and without a
 * yield at every question.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

static struct world w;

static void life(const char *how)
{
    unsigned int l1 = 10, l2 = 11;

    host_reset(HOST_RAM_END);
    host.yield_every = strcmp(how, "yields") == 0 ? 1 : 0;
    world_init(&w, 0, 64);
    host_touch(&w.v);
    is_u64(host_check(), 0, "a new domain passes the audit");

    is_int(do_va(&w, 3, world_pte(&w, 3, PTE_RW)), -EBUSY, "the live L1 cannot be mapped writable");
    note("%s: %s", how, host.refusal);
    is_int(do_update(&w, pte_at(w.l2, 1), world_pte(&w, l1, PTE_RW)), -EINVAL,
           "a writable page cannot become an L1");
    is_int(do_va(&w, l1, world_pte(&w, l1, 0)), 0, "made read-only");
    is_int(do_va(&w, l2, world_pte(&w, l2, 0)), 0, "another made read-only");
    host_touch(&w.v);
    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
        host_page(w.page[l1])[i] = world_pte(&w, 20 + i % 8, PTE_RW);
    host_page(w.page[l2])[5] = world_pte(&w, l1, PTE_RW);
    is_int(do_ext(&w, MMUEXT_PIN_L2_TABLE, mfn_x(w.page[l2]), 0), 0,
           "an L2 with an L1 under it is pinned");
    is_u64(word_type(host_word(w.page[l1])), FRAME_L1, "the L1 under it has become one");
    is_u64(host_check(), 0, "the audit agrees");
    host_touch(&w.v);
    is_int(do_ext(&w, MMUEXT_PIN_L2_TABLE, mfn_x(w.page[l2]), 0), -EINVAL, "but not twice");
    is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[l2]), 0), 0, "unpinned");
    is_u64(word_types(host_word(w.page[l1])), 0, "the L1 is none any more");
    is_int(do_va(&w, l1, world_pte(&w, l1, PTE_RW)), 0, "and can be mapped writable");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&w), 0, "the domain is taken down");
    is_u64(w.d.tot_pages, 0, "it owns nothing any more");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "all memory is free");
    is_u64(host_check(), 0, "the audit agrees");
}

int main(void)
{
    life("straight");
    life("yields");
    return done();
}
