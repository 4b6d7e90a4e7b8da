/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table pages for tests, made by hand: tables of the pool, trees that are not in use, entries written behind the hypervisor's back. */
#ifndef TABLES_H
#define TABLES_H

#include "guest.h"

/** A tree of one table at each level: l4[TREE_SLOT] -> l3[0] -> l2[0] -> l1. Pages are read-only, nothing is pinned. */
struct tree
{
    uint64_t *l4, *l3, *l2, *l1;
};

#define TREE_SLOT 3

/** A page-table page: zeroed, mapped read-only. */
uint64_t *table_alloc(void);
/** The same with one entry. */
uint64_t *table_with(unsigned int index, uint64_t entry);
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
/** Pin as a table of this level, unpin: 0 or the hypervisor's errno. */
long pin(unsigned int level, const void *table);
long unpin(const void *table);

#endif /* TABLES_H */
