/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a guest that holds a writable view of its own page tables owns the machine. This guest tries every door to
 * one: by update_va_mapping, mmu_update, pins, base pointers, descriptor frames and emulated stores, and checks the errno of every
 * refusal, and that what is legal goes on working. The errnos are those measured on Xen 4.17.
 */
#include "memory.h"

const char guest_name[] = "memory";

uint64_t *table_alloc(void)
{
    uint64_t *t = page_alloc();
    long rc = page_set_ro(t);

    if ( rc )
        panic("read-only page: %s", errno_name(rc));
    return t;
}

struct tree tree_alloc(void)
{
    struct tree t = { page_alloc(), page_alloc(), page_alloc(), page_alloc() };

    t.l4[TREE_SLOT] = pte(mfn_of(t.l3), PTE_TABLE);
    t.l3[0] = pte(mfn_of(t.l2), PTE_TABLE);
    t.l2[0] = pte(mfn_of(t.l1), PTE_TABLE);
    if ( page_set_ro(t.l4) || page_set_ro(t.l3) || page_set_ro(t.l2) || page_set_ro(t.l1) )
        panic("read-only tree");
    return t;
}

uint64_t entry_maddr(const volatile uint64_t *entry)
{
    return (mfn_of(entry) << 12) | ((uint64_t)entry & (PAGE_SIZE - 1));
}

void entry_write(volatile uint64_t *entry, uint64_t val)
{
    volatile void *page = (volatile void *)((uint64_t)entry & ~(PAGE_SIZE - 1));
    long rc = page_set_rw(page);

    if ( rc )
        panic("writable page: %s", errno_name(rc));
    *entry = val;
    rc = page_set_ro(page);
    if ( rc )
        panic("read-only page: %s", errno_name(rc));
}

void guest_main(void)
{
    test_entry_bits();
    test_mappings();
    test_mmu_update();
    test_targets();
    test_pins();
    test_self_links();
    test_baseptr();
    test_mmuext_misc();
    test_descriptors();
    test_emulated_writes();
    test_tlb();
}
