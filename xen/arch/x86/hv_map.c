// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables for the hypervisor itself: ranges of machine memory mapped with the largest pages that fit.
 *   1. the pool that tables come from
 *   2. walking down, making tables on the way
 *   3. mapping, looking up, changing rights
 * Entries once written are never replaced, but for their rights, and those that vzalloc() takes back. Pure; no locks: called at
 * boot, and by ioremap() on one CPU.
 */
#include <asm/hv_map.h>
#include <xen/errno.h>
#include <xen/lib.h>

#include "mm/pte.h"

#define SIZE_4K (1UL << 12)
#define SIZE_2M (1UL << 21)
#define SIZE_1G (1UL << 30)

/* ---- 1. The pool --------------------------------------------------------------------------- */

uint64_t pool_take_page(struct page_pool *pool)
{
    uint64_t *next = pool->low < pool->high ? &pool->low : &pool->tail;
    uint64_t page = *next;

    if ( next == &pool->tail && page == pool->tail_end )
        return POOL_EMPTY;
    *next += SIZE_4K;
    return page;
}

uint64_t pool_take_2m(struct page_pool *pool)
{
    uint64_t end = ROUND_DOWN(pool->high, SIZE_2M);

    if ( end < SIZE_2M || end - SIZE_2M < pool->low )
        return POOL_EMPTY;
    /* Only the first block can leave something above it. */
    if ( end != pool->high )
    {
        pool->tail = end;
        pool->tail_end = pool->high;
    }
    pool->high = end - SIZE_2M;
    return pool->high;
}

/* ---- 2. Walking ---------------------------------------------------------------------------- */

static unsigned int slot(uint64_t va, unsigned int level)
{
    return va >> (12 + 9 * (level - 1)) & 511;
}

static uint64_t *table_at(const struct hv_tables *t, uint64_t entry)
{
    return (uint64_t *)(t->view + (entry & PTE_ADDR_BITS));
}

/** The table below @e, made if there is none; NULL: no memory. */
static uint64_t *descend(struct hv_tables *t, uint64_t *e)
{
    uint64_t page;

    if ( *e & PTE_P )
        return table_at(t, *e);
    page = pool_take_page(t->pool);
    if ( page == POOL_EMPTY )
        return NULL;
    memset(t->view + page, 0, SIZE_4K);
    *e = page | PTE_P | PTE_RW | PTE_A;
    return table_at(t, *e);
}

/** The entry of @va at @level, tables made on the way. -ENOMEM; -EEXIST: a larger page is in the way. */
static int find_entry(struct hv_tables *t, uint64_t va, unsigned int level, uint64_t **entry)
{
    uint64_t *table = t->root;

    for ( unsigned int l = 4; l > level; l-- )
    {
        uint64_t *e = &table[slot(va, l)];

        if ( l <= 3 && (*e & PTE_P) && (*e & PTE_PSE) )
            return -EEXIST;
        table = descend(t, e);
        if ( !table )
            return -ENOMEM;
    }
    *entry = &table[slot(va, level)];
    return 0;
}

/* ---- 3. Mapping ---------------------------------------------------------------------------- */

#define MEMORY_TYPE_BITS (PTE_PWT | PTE_PCD | PTE_PAT)

/** The level whose page size fits at this point of a range. */
static unsigned int choose_level(const struct hv_tables *t, uint64_t va, uint64_t ma, uint64_t len,
                                 uint64_t bits)
{
    if ( bits & MEMORY_TYPE_BITS )
        return 1;
    if ( t->page1gb && !((va | ma) & (SIZE_1G - 1)) && len >= SIZE_1G )
        return 3;
    if ( !((va | ma) & (SIZE_2M - 1)) && len >= SIZE_2M )
        return 2;
    return 1;
}

int hv_map(struct hv_tables *t, uint64_t va, uint64_t ma, uint64_t len, uint64_t bits)
{
    ASSERT(!((va | ma | len) & (SIZE_4K - 1)));
    bits |= PTE_P | PTE_A | PTE_D | PTE_G;

    while ( len )
    {
        unsigned int level = choose_level(t, va, ma, len, bits);
        uint64_t size = SIZE_4K << 9 * (level - 1);
        uint64_t *e;
        int rc = find_entry(t, va, level, &e);

        if ( rc )
            return rc;
        if ( *e & PTE_P )
            return -EEXIST;
        *e = ma | bits | (level > 1 ? PTE_PSE : 0);
        va += size;
        ma += size;
        len -= size;
    }
    return 0;
}

/** The entry that maps @va, of whatever size; NULL if none. *size: how much the entry, or the hole, covers. */
static uint64_t *leaf_of(const struct hv_tables *t, uint64_t va, uint64_t *size)
{
    uint64_t *table = t->root;

    for ( unsigned int l = 4;; l-- )
    {
        uint64_t *e = &table[slot(va, l)];

        *size = SIZE_4K << 9 * (l - 1);
        if ( !(*e & PTE_P) )
            return NULL;
        if ( l == 1 || (l < 4 && (*e & PTE_PSE)) )
            return e;
        table = table_at(t, *e);
    }
}

uint64_t hv_lookup(const struct hv_tables *t, uint64_t va, uint64_t *size)
{
    const uint64_t *e = leaf_of(t, va, size);

    return e ? *e : 0;
}

int hv_protect(struct hv_tables *t, uint64_t va, uint64_t len, uint64_t bits)
{
    for ( uint64_t done = 0; done < len; done += SIZE_4K )
    {
        uint64_t size;
        uint64_t *e = leaf_of(t, va + done, &size);

        if ( !e || size != SIZE_4K )
            return -ENOENT;
        *e = (*e & ~(HV_RW | HV_NX)) | bits;
    }
    return 0;
}

int hv_unmap_2m(struct hv_tables *t, uint64_t va, uint64_t *ma)
{
    uint64_t size;
    uint64_t *e = leaf_of(t, va, &size);

    if ( !e || size != SIZE_2M )
        return -ENOENT;
    *ma = *e & PTE_ADDR_BITS & ~(SIZE_2M - 1);
    *e = 0;
    return 0;
}

uint64_t hv_find_wx(const struct hv_tables *t, uint64_t va, uint64_t end)
{
    while ( va < end )
    {
        uint64_t size;
        const uint64_t *e = leaf_of(t, va, &size);

        if ( e && (*e & PTE_RW) && !(*e & PTE_NX) )
            return va;
        va = ROUND_DOWN(va, size) + size;
    }
    return ~0UL;
}

/* Each end of a range may need an L2 and an L1 of its own, and the whole crosses one L3 boundary in 512 GiB, plus one. */
uint64_t hv_map_cost(uint64_t len, bool page1gb)
{
    uint64_t cost = 2 * 2 + 2 + (len >> 39);

    return page1gb ? cost : cost + (len >> 30);
}
