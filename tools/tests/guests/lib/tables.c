/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table pages for tests: tables of the pool are read-only where they lie, as the hypervisor wants them. */
#include "tables.h"

uint64_t *table_alloc(void)
{
    return table_with(0, 0);
}

uint64_t *table_with(unsigned int index, uint64_t entry)
{
    uint64_t *t = page_alloc();
    long rc;

    t[index] = entry;
    rc = page_set_ro(t);
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

long pin(unsigned int level, const void *table)
{
    return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(table), 0);
}

long unpin(const void *table)
{
    return mmuext(MMUEXT_UNPIN_TABLE, mfn_of(table), 0);
}
