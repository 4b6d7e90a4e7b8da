/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building page tables for the hypervisor itself (hv_map.c), and the tables that are backed page by page as they are used (lazy_table.c).
 * Pure: tables are reached through a pointer to "machine address 0", so that host tests run them on an array.
 */
#ifndef ASM_HV_MAP_H
#define ASM_HV_MAP_H

#include <xen/types.h>

/* ---- Pages for tables ----------------------------------------------------------------------------------------------- */

/** A piece of memory set aside at boot: single pages are taken from its low end, 2 MiB blocks from its high end. Never given back. */
struct page_pool
{
    uint64_t low, high;      /* machine addresses, page aligned; [low, high) is left */
    uint64_t tail, tail_end; /* and so is this piece, which lay above the first block */
};

#define POOL_EMPTY (~0UL)

/** A page or an aligned block of 2 MiB, content undefined; POOL_EMPTY when there is none. */
uint64_t pool_take_page(struct page_pool *pool);
uint64_t pool_take_2m(struct page_pool *pool);

/* ---- Mapping ranges ------------------------------------------------------------------------------------------------- */

struct hv_tables
{
    uint64_t *root; /* L4 */
    uint8_t *view;  /* where machine address 0 is seen */
    struct page_pool *pool;
    bool page1gb;
};

/* Rights of a mapping: PTE bits, as in the CPU's manual. */
#define HV_RW 0x002UL
#define HV_NX 0x8000000000000000UL

/**
 * Map @len bytes of machine memory from @ma at @va, all page aligned, with the largest pages that fit (4 KiB only if @bits choose a
 * memory type: the PAT bit sits elsewhere in larger ones). @bits are HV_RW, HV_NX and memory type; present, accessed, dirty and global
 * are added. -ENOMEM: no page for a table; -EEXIST: something is mapped there. What was mapped before the error stays.
 */
int hv_map(struct hv_tables *t, uint64_t va, uint64_t ma, uint64_t len, uint64_t bits);

/** Change the rights (HV_RW, HV_NX) of what is mapped by 4 KiB pages in [va, va + len). -ENOENT: something is not. No flush. */
int hv_protect(struct hv_tables *t, uint64_t va, uint64_t len, uint64_t bits);

/** Unmap the page of 2 MiB at @va; *ma: what it showed. The tables above stay. -ENOENT: no page of that size there. No flush. */
int hv_unmap_2m(struct hv_tables *t, uint64_t va, uint64_t *ma);

/** The entry that maps @va, 0 if none; *size: the bytes around @va that the entry, or the hole, covers. */
uint64_t hv_lookup(const struct hv_tables *t, uint64_t va, uint64_t *size);

/** The first address in [va, end) that is mapped writable and executable at once, or ~0. */
uint64_t hv_find_wx(const struct hv_tables *t, uint64_t va, uint64_t end);

/** An upper bound of the tables that hv_map() needs for @len bytes at any place. */
uint64_t hv_map_cost(uint64_t len, bool page1gb);

/* ---- Lazily backed tables ------------------------------------------------------------------------------------------- */

/**
 * A large array, one L4 slot wide at most, that reads as one repeated byte until it is backed. Unbacked pages all show the same page
 * through the same L1 and L2, read-only: three tables and a page, whatever the size.
 */
struct lazy_table
{
    uint8_t *view;
    struct page_pool *pool;
    uint64_t size;  /* bytes of the array */
    uint64_t leaf;  /* PTE bits of backed pages */
    uint64_t table; /* PTE bits of table entries */
    uint64_t l3;    /* machine addresses */
    uint64_t shared_l2, shared_l1, shared_page;
    uint8_t fill;
};

/** @leaf: PTE bits of a backed page; an unbacked one has the same but for RW. @size <= 512 GiB. -ENOMEM. */
int lazy_init(struct lazy_table *t, uint8_t *view, struct page_pool *pool, uint64_t size,
              uint8_t fill, uint64_t leaf);

/**
 * Back the bytes [start, end), by 2 MiB pages where the whole of one is asked for and untouched. *changed: how many 4 KiB
 * translations are new: when it is not 0, CPUs may hold old ones for the range and must flush. 0 or -ENOMEM.
 */
int lazy_back(struct lazy_table *t, uint64_t start, uint64_t end, uint64_t *changed);

/** The first backed byte at or after @offset, or ~0. */
uint64_t lazy_next_backed(const struct lazy_table *t, uint64_t offset);

/** An upper bound of the pool's use by lazy_init() and backing @ranges separate ranges of @bytes together. */
uint64_t lazy_cost(uint64_t bytes, unsigned int ranges);

#endif /* ASM_HV_MAP_H */
