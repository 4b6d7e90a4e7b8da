// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's own page tables (docs/memory-layout.md).
 *   1. the image, each part with its own rights: nothing is writable and executable
 *   2. the direct map of RAM, which leaves the image out: there is no second, writable way to its text
 *   3. stacks between guard pages
 *   4. frame accounts and the machine-to-physical table, backed as they are used
 *   5. device memory
 *   6. buffers made of 2 MiB blocks
 *   7. loading all that, and sealing it at the end of boot
 * All of it is global (CR4.PGE) and the same in every address space; only L4 slot 259 is a domain's own (window.c).
 *
 * Locks: backing_lock around 4, innermost of all. The rest is changed at boot and by ioremap(), on one CPU.
 */
#include <asm/cpu.h>
#include <asm/paging.h>
#include <asm/processor.h>
#include <asm/sections.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/printk.h>

#include "mm/pte.h"

#define HV_SLOT(va) ((va) >> 39 & 511)

uint64_t hv_l4[512] __page_aligned_bss;

static struct page_pool table_pool, account_pool;
static struct hv_tables hv = {
    .root = hv_l4,
    .view = (uint8_t *)DIRECT_MAP_START, /* head.S shows the first 4 GiB there */
    .pool = &table_pool,
};
static struct lazy_table accounts, m2p;
static struct spinlock backing_lock;
static const struct memmap *ram_map;
static bool paging_ready;

static void must(int rc, const char *what)
{
    if ( rc )
        panic("Cannot map %s: error %d", what, rc);
}

static uint64_t image_maddr(const char *p)
{
    return (uint64_t)p - IMAGE_START;
}

/* ---- 1. The image -------------------------------------------------------------------------- */

static void map_image_part(const char *start, const char *end, uint64_t bits)
{
    must(hv_map(&hv, (uint64_t)start, image_maddr(start), (uint64_t)(end - start), bits), "image");
}

static void map_image(void)
{
    map_image_part(__text_start, __text_end, 0);
    map_image_part(__rodata_start, __rodata_end, HV_NX);
    map_image_part(__data_start, __image_end, HV_RW | HV_NX);
}

/* ---- 2. The direct map --------------------------------------------------------------------- */

static void map_ram(const struct memmap *ram)
{
    static struct memmap map;

    map = *ram;
    memmap_subtract(&map, image_maddr(__image_start), image_maddr(__image_end));
    for ( unsigned int i = 0; i < map.nr; i++ )
        must(hv_map(&hv, DIRECT_MAP_START + map.r[i].start, map.r[i].start,
                    map.r[i].end - map.r[i].start, HV_RW | HV_NX),
             "RAM");
}

maddr_t virt_to_maddr(const void *p)
{
    uint64_t va = (uint64_t)p, size;

    if ( va >= DIRECT_MAP_START && va < DIRECT_MAP_END )
        return _maddr(va - DIRECT_MAP_START);
    if ( va >= (uint64_t)__image_start && va < (uint64_t)__image_end )
        return _maddr(va - IMAGE_START);
    BUG_ON(va < STACKS_START || va >= IOREMAP_START);
    return _maddr((hv_lookup(&hv, va, &size) & PTE_ADDR_BITS) + (va & (PAGE_SIZE - 1)));
}

/* ---- 3. Stacks ----------------------------------------------------------------------------- */

/** Map @pages fresh pages from page @first of the CPU's part on; the address above them. 0: no memory. */
static uint64_t map_stack(uint64_t base, unsigned int first, unsigned int pages)
{
    uint64_t va = base + first * PAGE_SIZE;

    for ( unsigned int i = 0; i < pages; i++, va += PAGE_SIZE )
    {
        uint64_t page = pool_take_page(&table_pool);

        if ( page == POOL_EMPTY || hv_map(&hv, va, page, PAGE_SIZE, HV_RW | HV_NX) )
            return 0;
        memset((void *)va, 0, PAGE_SIZE);
    }
    return va;
}

int paging_map_stacks(unsigned int cpu, uint64_t *top, uint64_t ist[IST_COUNT])
{
    uint64_t base = STACKS_START + cpu * CPU_STACK_STRIDE;

    for ( unsigned int i = 0; i < IST_COUNT; i++ )
    {
        ist[i] = map_stack(base, IST_STACK_PAGE(i), IST_STACK_PAGES);
        if ( !ist[i] )
            return -ENOMEM;
    }
    *top = map_stack(base, MAIN_STACK_PAGE, MAIN_STACK_PAGES);
    return *top ? 0 : -ENOMEM;
}

/* ---- 4. Accounts and M2P ------------------------------------------------------------------- */

#define LEAF_BITS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)

/* More pages than this, and forgetting everything is cheaper than forgetting each. */
#define FLUSH_PAGES_MAX 64

/* How many frames a machine can have: what the direct map shows. Accounts, M2P and the heap's links (heap.c) reach further. */
#define FRAMES_MAX ((DIRECT_MAP_END - DIRECT_MAP_START) >> PAGE_SHIFT)
BUILD_BUG_ON(FRAMES_MAX * sizeof(struct frame) > PERDOMAIN_START - FRAME_TABLE_START);
BUILD_BUG_ON(FRAMES_MAX * sizeof(uint64_t) > M2P_RW_START - M2P_RO_START);
BUILD_BUG_ON(FRAMES_MAX > UINT32_MAX);

static void init_accounts(uint64_t max_mfn)
{
    must(lazy_init(&accounts, hv.view, &account_pool, max_mfn * sizeof(struct frame), 0, LEAF_BITS),
         "frame table");
    /*
     * Guest kernels read it through slot 256; in slot 257 the L4 entry without US keeps them out. Not global: a translation must
     * not outlive the change to a user root, which has no slot 256.
     */
    must(lazy_init(&m2p, hv.view, &account_pool, max_mfn * sizeof(uint64_t), 0xff,
                   (LEAF_BITS & ~PTE_G) | PTE_US),
         "machine-to-physical table");
    hv_l4[HV_SLOT(M2P_RO_START)] = m2p.l3 | PTE_P | PTE_US | PTE_A | PTE_NX;
    hv_l4[HV_SLOT(M2P_RW_START)] = m2p.l3 | PTE_P | PTE_RW | PTE_A | PTE_NX;
    hv_l4[HV_SLOT(FRAME_TABLE_START)] = accounts.l3 | PTE_P | PTE_RW | PTE_A | PTE_NX;
}

/** The shared page may be cached for any of [va, va + len). One CPU runs today; with more, each must do this. */
static void flush_backed(uint64_t va, uint64_t start, uint64_t end)
{
    for ( uint64_t at = ROUND_DOWN(start, PAGE_SIZE); at < end; at += PAGE_SIZE )
        invlpg(va + at);
}

static int back(struct lazy_table *t, uint64_t va, uint64_t alias, uint64_t start, uint64_t end)
{
    uint64_t changed;
    int rc = lazy_back(t, start, end, &changed);

    if ( !changed )
        return rc;
    if ( end - start > FLUSH_PAGES_MAX * PAGE_SIZE )
        paging_flush_local();
    else
    {
        flush_backed(va, start, end);
        if ( alias )
            flush_backed(alias, start, end);
    }
    return rc;
}

int paging_back_frames(mfn_t mfn, uint64_t nr)
{
    uint64_t start = mfn_x(mfn), end = start + nr;
    int rc;

    spin_lock(&backing_lock);
    rc = back(&accounts, FRAME_TABLE_START, 0, start * sizeof(struct frame),
              end * sizeof(struct frame));
    if ( !rc )
        rc = back(&m2p, M2P_RW_START, M2P_RO_START, start * sizeof(uint64_t),
                  end * sizeof(uint64_t));
    spin_unlock(&backing_lock);
    return rc;
}

mfn_t paging_next_backed(mfn_t mfn)
{
    uint64_t at = lazy_next_backed(&accounts, mfn_x(mfn) * sizeof(struct frame));

    return at == ~0UL ? INVALID_MFN : _mfn(at / sizeof(struct frame));
}

/* ---- 5. Device memory ---------------------------------------------------------------------- */

static bool touches_image(uint64_t start, uint64_t end)
{
    return start < image_maddr(__image_end) && end > image_maddr(__image_start);
}

static bool touches_ram(uint64_t start, uint64_t end)
{
    for ( unsigned int i = 0; i < ram_map->nr; i++ )
        if ( start < ram_map->r[i].end && end > ram_map->r[i].start )
            return true;
    return false;
}

void *ioremap(maddr_t start, size_t len, enum ioremap_type type)
{
    static uint64_t next = IOREMAP_START;
    uint64_t first = ROUND_DOWN(maddr_x(start), PAGE_SIZE);
    uint64_t end = maddr_x(start) + len;
    uint64_t va = next;

    BUG_ON(!paging_ready);
    if ( !len || end < len || end > 1UL << cpu_features.paddr_bits || touches_image(first, end) )
        return NULL;
    if ( type == IOREMAP_WB && memmap_contains(ram_map, maddr_x(start), end) )
        return hv.view + maddr_x(start);
    if ( type != IOREMAP_WB && touches_ram(first, end) )
        return NULL;
    end = ROUND_UP(end, PAGE_SIZE);
    if ( end - first > IOREMAP_END - va )
        return NULL;
    next += end - first;
    if ( hv_map(&hv, va, first, end - first, HV_RW | HV_NX | type) )
        return NULL;
    return (void *)(va + (maddr_x(start) - first));
}

void *early_map(maddr_t start, size_t len)
{
    uint64_t end = maddr_x(start) + len;

    if ( end < len )
        return NULL;
    if ( paging_ready ? !memmap_contains(ram_map, maddr_x(start), end) : end > 1UL << 32 )
        return NULL;
    return hv.view + maddr_x(start);
}

/* ---- 6. Buffers ---------------------------------------------------------------------------- */

int paging_map_block(uint64_t va, mfn_t mfn)
{
    BUG_ON(va < VMAP_START || va >= VMAP_END);
    return hv_map(&hv, va, mfn_x(mfn) << PAGE_SHIFT, 1UL << 21, HV_RW | HV_NX);
}

mfn_t paging_unmap_block(uint64_t va)
{
    uint64_t ma;

    BUG_ON(va < VMAP_START || va >= VMAP_END || hv_unmap_2m(&hv, va, &ma));
    invlpg(va);
    return _mfn(ma >> PAGE_SHIFT);
}

/* ---- 7. Boot ------------------------------------------------------------------------------- */

/* Image, stacks of a few CPUs, vzalloc()'s table, and what ioremap() may use. */
#define TABLE_PAGES_EXTRA 192

uint64_t paging_table_cost(const struct memmap *ram)
{
    uint64_t cost = TABLE_PAGES_EXTRA;

    for ( unsigned int i = 0; i < ram->nr; i++ )
        cost += hv_map_cost(ram->r[i].end - ram->r[i].start, cpu_features.page1gb);
    return cost;
}

uint64_t paging_account_cost(const struct memmap *ram)
{
    uint64_t frames = memmap_size(ram) >> PAGE_SHIFT;

    return lazy_cost(frames * sizeof(struct frame), ram->nr) +
           lazy_cost(frames * sizeof(uint64_t), ram->nr);
}

void paging_init(const struct memmap *ram, uint64_t max_mfn, struct page_pool tables,
                 struct page_pool account_pages)
{
    table_pool = tables;
    account_pool = account_pages;
    ram_map = ram;
    hv.page1gb = cpu_features.page1gb;

    map_image();
    map_ram(ram);
    write_cr3(image_maddr((const char *)hv_l4));
    paging_ready = true;
    init_accounts(max_mfn);
}

/** The image must be seen once only, and nothing of it or around it writable and executable. */
static void check_rights(void)
{
    uint64_t bad = hv_find_wx(&hv, IMAGE_START, VMAP_END), size;

    if ( bad != ~0UL )
        panic("Hypervisor address %#lx is writable and executable", bad);
    for ( uint64_t at = image_maddr(__image_start); at < image_maddr(__image_end); at += PAGE_SIZE )
        BUG_ON(hv_lookup(&hv, DIRECT_MAP_START + at, &size));
}

void paging_seal(void)
{
    must(hv_protect(&hv, (uint64_t)__ro_after_init_start,
                    (uint64_t)(__ro_after_init_end - __ro_after_init_start), HV_NX),
         "constants");
    paging_flush_local();
    check_rights();
}
