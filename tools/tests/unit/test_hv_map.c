/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/hv_map.c xen/arch/x86/lazy_table.c
/* The hypervisor's own page tables, built in an array that plays machine memory and read back by a walk of the test's own. */

#include "tap.h"

#include <stdlib.h>

#include <asm/hv_map.h>
#include <xen/errno.h>
#include <xen/lib.h>

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

#define K4     0x1000UL
#define M2     0x200000UL
#define G1     0x40000000UL
#define ADDR   0x000ffffffffff000UL
#define P      1UL
#define RW     2UL
#define US     4UL
#define PSE    0x80UL
#define GLOBAL 0x100UL

/* ---- A machine ----------------------------------------------------------------------------- */

#define MEMORY (24 * M2)
static uint8_t *memory;
static struct page_pool pool;
static uint64_t root[512] __aligned(4096);
static struct hv_tables tables;

static void machine(uint64_t pages, bool page1gb)
{
    memset(memory, 0xcc, MEMORY);
    memset(root, 0, sizeof(root));
    pool = (struct page_pool){ .low = K4, .high = K4 + pages * K4 };
    tables = (struct hv_tables){ root, memory, &pool, page1gb };
}

/** What the MMU would make of it: the leaf and its size; rights of all levels combined. */
static uint64_t walk(const uint64_t *l4, uint64_t va, uint64_t *size, bool *rw, bool *nx)
{
    const uint64_t *table = l4;

    *rw = true;
    *nx = false;
    for ( unsigned int shift = 39;; shift -= 9 )
    {
        uint64_t e = table[va >> shift & 511];

        *size = 1UL << shift;
        if ( !(e & P) )
            return 0;
        *rw = *rw && (e & RW);
        *nx = *nx || (e & HV_NX);
        if ( shift == 12 || (shift < 39 && (e & PSE)) )
            return e;
        table = (const uint64_t *)(memory + (e & ADDR));
    }
}

/** Is [va, va + len) mapped to [ma, ...) with exactly these rights, and nothing just outside? */
static bool mapped(uint64_t va, uint64_t ma, uint64_t len, bool want_rw, bool want_nx)
{
    uint64_t size;
    bool rw, nx;

    if ( walk(root, va - K4, &size, &rw, &nx) || walk(root, va + len, &size, &rw, &nx) )
        return false;
    for ( uint64_t off = 0; off < len; off += K4 )
    {
        uint64_t e = walk(root, va + off, &size, &rw, &nx);

        if ( !e || rw != want_rw || nx != want_nx || !(e & GLOBAL) || (e & US) )
            return false;
        if ( (e & ADDR & ~(size - 1)) + ((va + off) & (size - 1)) != ma + off )
            return false;
    }
    return true;
}

/* ---- The pool ------------------------------------------------------------------------------ */

static void test_pool(void)
{
    struct page_pool p = { .low = 0x1ff000, .high = 0x601000 };

    is_u64(pool_take_2m(&p), 0x400000, "a block is aligned and comes from above");
    is_u64(pool_take_page(&p), 0x1ff000, "a page comes from below");
    is_u64(pool_take_2m(&p), 0x200000, "the last block");
    is_u64(pool_take_2m(&p), POOL_EMPTY, "no more blocks");
    is_u64(pool_take_page(&p), 0x600000, "the page above the first block is not lost");
    is_u64(pool_take_page(&p), POOL_EMPTY, "no more pages");
    p = (struct page_pool){ .low = 0x1000, .high = 0x1ff000 };
    is_u64(pool_take_2m(&p), POOL_EMPTY, "no block in less than 2 MiB");
    p = (struct page_pool){ .low = 0 };
    is_u64(pool_take_2m(&p), POOL_EMPTY, "nothing from an empty pool at 0");
}

/* ---- Mapping ------------------------------------------------------------------------------- */

#define BASE 0xffff830000000000UL

static void test_sizes(void)
{
    uint64_t size;

    for ( unsigned int big = 0; big < 2; big++ )
    {
        machine(100, big);
        is_int(hv_map(&tables, BASE + G1 - 3 * M2 - 2 * K4, G1 - 3 * M2 - 2 * K4,
                      2 * G1 + 5 * M2 + 7 * K4, HV_RW | HV_NX),
               0, big ? "a range, with 1 GiB pages" : "a range, without 1 GiB pages");
        ok(mapped(BASE + G1 - 3 * M2 - 2 * K4, G1 - 3 * M2 - 2 * K4, 2 * G1 + 5 * M2 + 7 * K4, true,
                  true),
           "every page of it, and no other");
        hv_lookup(&tables, BASE + G1 - 3 * M2 - K4, &size);
        is_u64(size, K4, "small pages to the first 2 MiB");
        hv_lookup(&tables, BASE + G1 - M2, &size);
        is_u64(size, M2, "2 MiB pages to the first 1 GiB");
        hv_lookup(&tables, BASE + G1, &size);
        is_u64(size, big ? G1 : M2, "then the largest there are");
    }
    machine(100, true);
    is_int(hv_map(&tables, BASE, K4, 4 * M2, HV_NX), 0,
           "a target aligned otherwise than its address");
    ok(mapped(BASE, K4, 4 * M2, false, true), "is mapped by small pages, right");
    machine(100, true);
    is_int(hv_map(&tables, BASE, 0xe0000000, 2 * M2, HV_RW | HV_NX | 0x80), 0,
           "write-combining memory");
    is_u64(hv_lookup(&tables, BASE + M2, &size) & 0xff, 0xe3, "has the PAT bit of a small page");
    is_u64(size, K4, "in small pages");
}

static void test_refusals(void)
{
    machine(100, false);
    is_int(hv_map(&tables, BASE + M2, M2, M2, HV_RW), 0, "one large page");
    is_int(hv_map(&tables, BASE + M2 + K4, 0, K4, HV_RW), -EEXIST, "no small page in its middle");
    is_int(hv_map(&tables, BASE, 0, 2 * M2, HV_RW), -EEXIST, "nor over it");
    is_int(hv_map(&tables, BASE + 2 * M2, 0, K4, 0), 0, "a small page");
    is_int(hv_map(&tables, BASE + 2 * M2, 0, K4, 0), -EEXIST, "not twice");
    is_int(hv_map(&tables, BASE + 2 * M2, 2 * M2, M2, 0), -EEXIST, "no large page over it");
    for ( unsigned int pages = 0; pages < 3; pages++ )
    {
        machine(pages, false);
        is_int(hv_map(&tables, BASE, 0, K4, 0), -ENOMEM, "no memory for a table");
    }
}

static void test_unmap(void)
{
    uint64_t size, ma = 1, low;
    bool rw, nx;

    machine(100, false);
    hv_map(&tables, BASE, 8 * M2, M2, HV_NX | HV_RW);
    hv_map(&tables, BASE + M2, 3 * M2, M2, HV_NX | HV_RW);
    hv_map(&tables, BASE + 2 * M2, K4, K4, HV_NX);
    low = pool.low;
    is_int(hv_unmap_2m(&tables, BASE, &ma), 0, "a page of 2 MiB can be taken back");
    is_u64(ma, 8 * M2, "what it showed is told");
    ok(!walk(root, BASE, &size, &rw, &nx) && walk(root, BASE + M2, &size, &rw, &nx),
       "it is gone, its neighbour is not");
    is_int(hv_unmap_2m(&tables, BASE, &ma), -ENOENT, "only once");
    is_int(hv_unmap_2m(&tables, BASE + 2 * M2, &ma), -ENOENT, "small pages cannot");
    is_int(hv_unmap_2m(&tables, BASE + G1, &ma), -ENOENT, "nor where there are no tables");
    is_int(hv_map(&tables, BASE, 5 * M2, M2, HV_NX | HV_RW), 0,
           "something else can be mapped there");
    is_u64(pool.low, low, "without a new table");
}

static void test_rights(void)
{
    uint64_t size;
    bool rw, nx;

    machine(100, true);
    hv_map(&tables, BASE, 0, 4 * K4, 0);
    hv_map(&tables, BASE + 4 * K4, 4 * K4, 4 * K4, HV_NX);
    hv_map(&tables, BASE + 8 * K4, 8 * K4, 4 * K4, HV_NX | HV_RW);
    hv_map(&tables, BASE + M2, M2, M2, HV_NX | HV_RW);
    is_u64(hv_find_wx(&tables, BASE - G1, BASE + 4 * G1), ~0UL,
           "nothing is writable and executable");
    is_int(hv_protect(&tables, BASE + 8 * K4, 2 * K4, HV_NX), 0, "take the right to write away");
    walk(root, BASE + 9 * K4, &size, &rw, &nx);
    ok(!rw && nx, "it is gone");
    walk(root, BASE + 10 * K4, &size, &rw, &nx);
    ok(rw && nx, "behind the range it is not");
    is_int(hv_protect(&tables, BASE + 11 * K4, 2 * K4, HV_NX), -ENOENT,
           "not where nothing is mapped");
    is_int(hv_protect(&tables, BASE + M2, K4, HV_NX), -ENOENT, "not in a large page");
    hv_map(&tables, BASE + G1 + 5 * K4, 0, K4, HV_RW);
    is_u64(hv_find_wx(&tables, BASE - G1, BASE + 4 * G1), BASE + G1 + 5 * K4,
           "a page that is both is found");
    is_u64(hv_find_wx(&tables, BASE - G1, BASE + G1 + 5 * K4), ~0UL,
           "within the range asked for only");
}

static void test_cost(void)
{
    unsigned int wrong = 0;

    srandom(2);
    for ( unsigned int i = 0; i < 300; i++ )
    {
        bool big = random() % 2;
        uint64_t start = (uint64_t)random() % (4 * G1 / K4) * K4,
                 len = ((uint64_t)random() % (8 * G1 / K4) + 1) * K4;

        machine(1000, big);
        start += random() % 4 ? 0 : 511 * G1; /* now and then across an L3 */
        if ( hv_map(&tables, BASE + start, start, len, HV_NX) ||
             (pool.low - K4) / K4 > hv_map_cost(len, big) )
            wrong++;
    }
    is_u64(wrong, 0, "no range needs more tables than hv_map_cost() says");
}

/* ---- Lazily backed tables ------------------------------------------------------------------ */

#define LEAF (P | RW | US | 0x60 | GLOBAL | HV_NX)

static struct lazy_table lazy;

static void lazy_machine(uint64_t pages, uint64_t size)
{
    machine(pages, false);
    is_int(lazy_init(&lazy, memory, &pool, size, 0xff, LEAF), 0, "an empty table");
    root[256] = lazy.l3 | P | RW;
}

/** The byte at @offset as the MMU would fetch it; -1: not mapped. */
static int byte_at(uint64_t offset, bool *rw)
{
    uint64_t size;
    bool nx;
    uint64_t e = walk(root, 256UL << 39 | offset, &size, rw, &nx);

    if ( !e )
        return -1;
    return nx ? memory[(e & ADDR & ~(size - 1)) + (offset & (size - 1))] : -2;
}

static bool reads(uint64_t offset, int value, bool want_rw)
{
    bool rw;

    return byte_at(offset, &rw) == value && rw == want_rw;
}

static void test_lazy_empty(void)
{
    lazy_machine(100, 3 * G1 + 1);
    is_u64((pool.low - K4) / K4, 4, "costs four pages");
    ok(reads(0, 0xff, false) && reads(G1 + 12345, 0xff, false) && reads(3 * G1, 0xff, false),
       "reads as the fill byte everywhere, read-only");
    is_int(byte_at(4 * G1, &(bool){ false }), -1, "behind its end nothing is mapped");
    is_u64(lazy_next_backed(&lazy, 0), ~0UL, "nothing is backed");
}

static void test_lazy_pages(void)
{
    uint64_t changed;

    lazy_machine(100, 3 * G1);
    is_int(lazy_back(&lazy, G1 + M2 + 16, G1 + M2 + K4 + 16, &changed), 0,
           "back two pages, in part");
    is_u64(changed, 2, "two translations are new");
    ok(reads(G1 + M2, 0xff, true) && reads(G1 + M2 + 2 * K4 - 1, 0xff, true), "writable, filled");
    ok(reads(G1 + M2 - 1, 0xff, false) && reads(G1 + M2 + 2 * K4, 0xff, false) &&
           reads(0, 0xff, false) && reads(2 * G1, 0xff, false),
       "its neighbours are as before");
    is_u64((pool.low - K4) / K4, 8, "an L2, an L1 and two pages");
    is_u64(lazy_next_backed(&lazy, 0), G1 + M2, "found from below");
    is_u64(lazy_next_backed(&lazy, G1 + M2 + 5), G1 + M2 + 5, "an offset inside is found at once");
    is_u64(lazy_next_backed(&lazy, G1 + M2 + 2 * K4), ~0UL, "nothing behind it");
    is_int(lazy_back(&lazy, G1 + M2, G1 + M2 + 3 * K4, &changed), 0, "again, and one more");
    is_u64(changed, 1, "only one is new");
    is_int(lazy_back(&lazy, 0, 0, &changed), 0, "an empty range");
    is_u64(changed, 0, "changes nothing");
    is_int(lazy_back(&lazy, 3 * G1 - 1, 3 * G1, &changed), 0, "the last byte");
    is_u64(lazy_next_backed(&lazy, G1 + M2 + 3 * K4), 3 * G1 - K4, "is found");
}

static void test_lazy_blocks(void)
{
    uint64_t changed;

    lazy_machine(8 * 512, 3 * G1);
    is_int(lazy_back(&lazy, 3 * M2 - K4, 5 * M2 + K4, &changed), 0,
           "a range with two whole 2 MiB in it");
    is_u64(changed, 2 * 512 + 2, "all its translations are new");
    ok(reads(3 * M2, 0xff, true) && reads(5 * M2 - 1, 0xff, true) && reads(5 * M2, 0xff, true),
       "all writable");
    ok(reads(3 * M2 - K4 - 1, 0xff, false) && reads(5 * M2 + K4, 0xff, false),
       "its neighbours are as before");
    is_u64((pool.low - K4) / K4, 4 + 1 + 2 + 2, "only the ends took single pages");
    is_u64(lazy_next_backed(&lazy, 4 * M2 + 7), 4 * M2 + 7, "found in a large page");
    is_int(lazy_back(&lazy, 3 * M2 + K4, 4 * M2, &changed), 0, "inside a large page");
    is_u64(changed, 0, "nothing to do");
    lazy_back(&lazy, 8 * M2, 8 * M2 + 1, &changed);
    is_int(lazy_back(&lazy, 8 * M2, 9 * M2, &changed), 0, "a 2 MiB that was begun by pages");
    is_u64(changed, 511, "goes on by pages");
}

static void test_lazy_no_memory(void)
{
    unsigned int wrong = 0;

    for ( uint64_t pages = 0; pages < 40; pages++ )
    {
        uint64_t changed;

        machine(pages, false);
        if ( lazy_init(&lazy, memory, &pool, 2 * G1, 0, LEAF) != (pages < 4 ? -ENOMEM : 0) )
            wrong++;
        if ( pages < 4 )
            continue;
        root[256] = lazy.l3 | P | RW;
        /* Fails for want of pages somewhere, then the table still reads right; a second try needs no more than was missing. */
        if ( lazy_back(&lazy, G1 - 8 * K4, G1 + 8 * K4, &changed) != (pages < 24 ? -ENOMEM : 0) )
            wrong++;
        for ( uint64_t off = G1 - 9 * K4; off < G1 + 9 * K4; off += K4 )
            if ( byte_at(off, &(bool){ false }) != 0 )
                wrong++;
        pool = (struct page_pool){ .low = 64 * K4, .high = (64 + 24 - MIN(pages, 24UL)) * K4 };
        if ( lazy_back(&lazy, G1 - 8 * K4, G1 + 8 * K4, &changed) || !reads(G1, 0, true) )
            wrong++;
    }
    is_u64(wrong, 0, "running out of memory at every point leaves a table that reads right");
}

static void test_lazy_cost(void)
{
    unsigned int wrong = 0, blocks = 0;

    srandom(3);
    for ( unsigned int round = 0; round < 60; round++ )
    {
        struct
        {
            uint64_t start, half, end;
        } range[4];
        uint64_t bytes = 0, at = 0, changed;
        unsigned int ranges = 1 + (unsigned int)random() % 4;

        for ( unsigned int i = 0; i < ranges; i++ )
        {
            uint64_t len = 1 + (uint64_t)random() % (4 * M2);

            range[i].start = at + (uint64_t)random() % (G1 + M2);
            range[i].half = range[i].start + (uint64_t)random() % len;
            at = range[i].end = range[i].start + len;
            bytes += len;
        }
        /* Exactly what it may need, at any place; each range in two steps. */
        machine(lazy_cost(bytes, ranges), false);
        at = (uint64_t)random() % 512 * K4;
        pool.low += at;
        pool.high += at;
        if ( lazy_init(&lazy, memory, &pool, 100 * G1, 0, LEAF) )
            wrong++;
        for ( unsigned int i = 0; i < ranges; i++ )
        {
            at = pool.high;
            if ( lazy_back(&lazy, range[i].start, range[i].half, &changed) ||
                 lazy_back(&lazy, range[i].start, range[i].end, &changed) )
                wrong++;
            blocks += at != pool.high;
        }
    }
    is_u64(wrong, 0, "no set of ranges needs more than lazy_cost() says");
    ok(blocks > 10, "blocks of 2 MiB were among them (%u times)", blocks);
}

int main(void)
{
    memory = aligned_alloc(M2, MEMORY);
    test_pool();
    test_sizes();
    test_refusals();
    test_unmap();
    test_rights();
    test_cost();
    test_lazy_empty();
    test_lazy_pages();
    test_lazy_blocks();
    test_lazy_no_memory();
    test_lazy_cost();
    free(memory);
    return done();
}
