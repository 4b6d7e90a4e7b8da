// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays that cost nothing until they are used: the frame accounts and the machine-to-physical table.
 *
 *   L3 --> shared L2 --> shared L1 --> shared page      (every entry of each names the next; read-only)
 *     \--> own L2 ----> own L1 -----> own page
 *                 \---> own 2 MiB page
 *
 *   1. the shared part
 *   2. backing a range: shared tables on the way are replaced by own ones that show the same, then pages by own pages
 *   3. finding what is backed
 * A new table is filled before it is hooked in, and a new page before it is shown: other CPUs may be reading. Pure. No locks: the caller
 * makes sure that one CPU at a time backs.
 */
#include <asm/hv_map.h>
#include <xen/errno.h>
#include <xen/lib.h>

#include "mm/pte.h"

#define SIZE_4K (1UL << 12)
#define SIZE_2M (1UL << 21)
#define SIZE_1G (1UL << 30)
#define ENTRIES 512

static uint64_t *table_at(const struct lazy_table *t, uint64_t entry)
{
    return (uint64_t *)(t->view + (entry & PTE_ADDR_BITS));
}

static void fill_table(const struct lazy_table *t, uint64_t table, uint64_t entry)
{
    uint64_t *e = table_at(t, table);

    for ( unsigned int i = 0; i < ENTRIES; i++ )
        e[i] = entry;
}

/* ---- 1. The shared part -------------------------------------------------------------------- */

static uint64_t shared_leaf(const struct lazy_table *t)
{
    return t->shared_page | (t->leaf & ~PTE_RW);
}

static uint64_t shared_l2e(const struct lazy_table *t)
{
    return t->shared_l1 | t->table;
}

static uint64_t shared_l3e(const struct lazy_table *t)
{
    return t->shared_l2 | t->table;
}

int lazy_init(struct lazy_table *t, uint8_t *view, struct page_pool *pool, uint64_t size,
              uint8_t fill, uint64_t leaf)
{
    uint64_t slots = (size + SIZE_1G - 1) / SIZE_1G;
    uint64_t *l3;

    ASSERT(slots <= ENTRIES);
    *t = (struct lazy_table){
        .view = view,
        .pool = pool,
        .size = size,
        .leaf = leaf,
        /* Rights are the leaf's; writes to an own page must pass every level. */
        .table = PTE_P | PTE_RW | PTE_US | PTE_A,
        .fill = fill,
    };
    t->l3 = pool_take_page(pool);
    t->shared_l2 = pool_take_page(pool);
    t->shared_l1 = pool_take_page(pool);
    t->shared_page = pool_take_page(pool);
    if ( t->shared_page == POOL_EMPTY )
        return -ENOMEM;

    memset(view + t->shared_page, fill, SIZE_4K);
    fill_table(t, t->shared_l1, shared_leaf(t));
    fill_table(t, t->shared_l2, shared_l2e(t));
    l3 = table_at(t, t->l3);
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        l3[i] = i < slots ? shared_l3e(t) : 0;
    return 0;
}

/* ---- 2. Backing ---------------------------------------------------------------------------- */

static void publish(uint64_t *e, uint64_t value)
{
    __atomic_store_n(e, value, __ATOMIC_RELEASE);
}

/** The own table below @e; if it is the shared one still (@shared), a new one full of @content. NULL: no memory. */
static uint64_t *own_table(struct lazy_table *t, uint64_t *e, uint64_t shared, uint64_t content)
{
    uint64_t page;

    if ( *e != shared )
        return table_at(t, *e);
    page = pool_take_page(t->pool);
    if ( page == POOL_EMPTY )
        return NULL;
    fill_table(t, page, content);
    publish(e, page | t->table);
    return table_at(t, page);
}

/** Try to back a whole 2 MiB that nobody has touched. False: by single pages, then. */
static bool back_2m(struct lazy_table *t, uint64_t *l2e)
{
    uint64_t block = pool_take_2m(t->pool);

    if ( block == POOL_EMPTY )
        return false;
    memset(t->view + block, t->fill, SIZE_2M);
    publish(l2e, block | t->leaf | PTE_PSE);
    return true;
}

/** The part [start, end) of one 2 MiB piece, by single pages. */
static int back_pages(struct lazy_table *t, uint64_t *l1, uint64_t start, uint64_t end,
                      uint64_t *changed)
{
    for ( uint64_t at = start; at < end; at += SIZE_4K )
    {
        uint64_t *e = &l1[at / SIZE_4K % ENTRIES];
        uint64_t page;

        if ( *e != shared_leaf(t) )
            continue;
        page = pool_take_page(t->pool);
        if ( page == POOL_EMPTY )
            return -ENOMEM;
        memset(t->view + page, t->fill, SIZE_4K);
        publish(e, page | t->leaf);
        (*changed)++;
    }
    return 0;
}

/** The part [start, end) of one 2 MiB piece. */
static int back_piece(struct lazy_table *t, uint64_t *l2e, uint64_t start, uint64_t end,
                      uint64_t *changed)
{
    uint64_t *l1;

    if ( *l2e & PTE_PSE )
        return 0;
    if ( end - start == SIZE_2M && *l2e == shared_l2e(t) && back_2m(t, l2e) )
    {
        *changed += ENTRIES;
        return 0;
    }
    l1 = own_table(t, l2e, shared_l2e(t), shared_leaf(t));
    return l1 ? back_pages(t, l1, start, end, changed) : -ENOMEM;
}

int lazy_back(struct lazy_table *t, uint64_t start, uint64_t end, uint64_t *changed)
{
    uint64_t *l3 = table_at(t, t->l3);

    *changed = 0;
    ASSERT(start <= end && end <= t->size);
    start = ROUND_DOWN(start, SIZE_4K);
    end = ROUND_UP(end, SIZE_4K);

    while ( start < end )
    {
        uint64_t stop = MIN(end, ROUND_DOWN(start, SIZE_2M) + SIZE_2M);
        uint64_t *l2 = own_table(t, &l3[start / SIZE_1G], shared_l3e(t), shared_l2e(t));
        int rc = l2 ? back_piece(t, &l2[start / SIZE_2M % ENTRIES], start, stop, changed) : -ENOMEM;

        if ( rc )
            return rc;
        start = stop;
    }
    return 0;
}

/* ---- 3. Finding ---------------------------------------------------------------------------- */

uint64_t lazy_next_backed(const struct lazy_table *t, uint64_t offset)
{
    const uint64_t *l3 = table_at(t, t->l3);

    while ( offset < t->size )
    {
        const uint64_t *l2, *l1;

        if ( l3[offset / SIZE_1G] == shared_l3e(t) )
        {
            offset = ROUND_DOWN(offset, SIZE_1G) + SIZE_1G;
            continue;
        }
        l2 = table_at(t, l3[offset / SIZE_1G]) + offset / SIZE_2M % ENTRIES;
        if ( *l2 == shared_l2e(t) )
        {
            offset = ROUND_DOWN(offset, SIZE_2M) + SIZE_2M;
            continue;
        }
        if ( *l2 & PTE_PSE )
            return offset;
        l1 = table_at(t, *l2) + offset / SIZE_4K % ENTRIES;
        if ( *l1 != shared_leaf(t) )
            return offset;
        offset = ROUND_DOWN(offset, SIZE_4K) + SIZE_4K;
    }
    return ~0UL;
}

uint64_t lazy_cost(uint64_t bytes, unsigned int ranges)
{
    uint64_t pages = bytes / SIZE_4K + 2UL * ranges;
    uint64_t l1s = bytes / SIZE_2M + 2UL * ranges;
    uint64_t l2s = bytes / SIZE_1G + 2UL * ranges;

    return 4 + pages + l1s + l2s;
}
