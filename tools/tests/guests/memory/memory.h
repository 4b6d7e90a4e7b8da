/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the memory test share. */
#ifndef MEMORY_H
#define MEMORY_H

#include "guest.h"

/** A tree of one table at each level: l4[TREE_SLOT] -> l3[0] -> l2[0] -> l1. Pages are read-only, nothing is pinned. */
struct tree
{
    uint64_t *l4, *l3, *l2, *l1;
};

#define TREE_SLOT 3

/** A page-table page: zeroed, mapped read-only. */
uint64_t *table_alloc(void);
/** A tree whose L1 is empty; entries are written while the pages are still writable. */
struct tree tree_alloc(void);
/** Machine address of an entry in a page of the pool. */
uint64_t entry_maddr(const volatile uint64_t *entry);
/** Write a read-only page's entry by mapping it writable for a moment; it must not be typed. */
void entry_write(volatile uint64_t *entry, uint64_t val);
static inline uint64_t mfn_of(const volatile void *va)
{
    return virt_to_mfn(va);
}

void test_mappings(void);
void test_mmu_update(void);
void test_targets(void);
void test_pins(void);
void test_self_links(void);
void test_baseptr(void);
void test_mmuext_misc(void);
void test_descriptors(void);
void test_entry_bits(void);
void test_emulated_writes(void);
void test_tlb(void);

#endif /* MEMORY_H */
