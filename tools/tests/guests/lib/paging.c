/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables as a PV guest sees them: machine frames in the entries, all tables readable in the initial mapping, where a
 * page's virtual address is its PFN times 4096.
 */
#include "guest.h"

#define POOL_PAGES   384
#define WINDOW_PAGES 16

static char pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int pool_used;
static char windows[WINDOW_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int windows_used;
static uint64_t spares_used;
static bool pool_lost[POOL_PAGES]; /* what a test left of it is still in use */

uint64_t root_mfn;

uint64_t pfn_to_mfn(uint64_t pfn)
{
    return ((const uint64_t *)start_info->mfn_list)[pfn];
}

uint64_t mfn_to_pfn(uint64_t mfn)
{
    uint64_t pfn = M2P[mfn];

    return pfn < start_info->nr_pages && pfn_to_mfn(pfn) == mfn ? pfn : INVALID_PFN;
}

uint64_t virt_to_mfn(const volatile void *va)
{
    return pfn_to_mfn((uint64_t)va >> 12);
}

uint64_t first_unmapped_pfn(void)
{
    /* The initial mapping ends on a multiple of 4 MiB, at least 512 KiB behind the stack, which follows the tables. */
    uint64_t end = start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE + 512 * 1024;
    volatile uint64_t *e;

    for ( end &= ~(PAGE_SIZE - 1); (e = pt_entry((void *)end, 1)) && (*e & PTE_P); )
        end += PAGE_SIZE;
    return end >> 12;
}

void *page_alloc(void)
{
    while ( pool_used < POOL_PAGES && pool_lost[pool_used] )
        pool_used++;
    if ( pool_used == POOL_PAGES )
        panic("page pool is empty");
    return pool[pool_used++];
}

uint64_t spare_mfn(void)
{
    uint64_t pfn = start_info->nr_pages - ++spares_used;

    if ( pfn < first_unmapped_pfn() )
        panic("no page left that is mapped nowhere");
    return pfn_to_mfn(pfn);
}

void *window_alloc(void)
{
    long rc;

    if ( windows_used == WINDOW_PAGES )
        panic("no window left");
    rc = hyp_update_va_mapping(windows[windows_used], 0, UVMF_INVLPG);
    if ( rc )
        panic("unmapping a window: %s", errno_name(rc));
    return windows[windows_used++];
}

struct pages_mark pages_mark(void)
{
    return (struct pages_mark){ pool_used, windows_used };
}

unsigned int pages_reset(struct pages_mark mark)
{
    unsigned int lost = 0;

    for ( unsigned int i = mark.windows; i < windows_used; i++ )
        hyp_update_va_mapping(windows[i], 0, UVMF_INVLPG);
    /* A table that is pinned may use any other. */
    for ( unsigned int i = mark.pool; i < pool_used; i++ )
        mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(pool[i]), 0);
    for ( unsigned int i = mark.pool; i < pool_used; i++ )
    {
        if ( pool_lost[i] )
            continue;
        if ( page_set_rw(pool[i]) == 0 )
        {
            memset(pool[i], 0, PAGE_SIZE);
            continue;
        }
        printf("# page 0x%lx, mfn 0x%lx, cannot be made writable\n", (uint64_t)pool[i],
               virt_to_mfn(pool[i]));
        pool_lost[i] = true;
        lost++;
    }
    pool_used = mark.pool;
    windows_used = mark.windows;
    return lost;
}

static unsigned int index_of(const volatile void *va, unsigned int level)
{
    return ((uint64_t)va >> (3 + 9 * level)) & 511;
}

uint64_t pt_table_mfn(const volatile void *va, unsigned int level)
{
    uint64_t mfn = root_mfn;

    for ( unsigned int l = 4; l > level; l-- )
    {
        const volatile uint64_t *table = (void *)(mfn_to_pfn(mfn) << 12);
        uint64_t e = table[index_of(va, l)];

        if ( !(e & PTE_P) )
            return 0;
        mfn = (e & PTE_ADDR) >> 12;
    }
    return mfn;
}

volatile uint64_t *pt_entry(const volatile void *va, unsigned int level)
{
    uint64_t mfn = pt_table_mfn(va, level);

    return mfn ? (volatile uint64_t *)(mfn_to_pfn(mfn) << 12) + index_of(va, level) : NULL;
}

uint64_t pt_entry_maddr(const volatile void *va, unsigned int level)
{
    uint64_t mfn = pt_table_mfn(va, level);

    return mfn ? (mfn << 12) + index_of(va, level) * 8 : 0;
}

long pt_map(volatile void *va, uint64_t entry)
{
    for ( unsigned int level = 4; level > 1; level-- )
    {
        long rc;

        if ( *pt_entry(va, level) & PTE_P )
            continue;
        void *table = page_alloc();
        rc = page_set_ro(table);
        rc = rc ? rc : mmu_update1(pt_entry_maddr(va, level), pte(virt_to_mfn(table), PTE_TABLE));
        if ( rc )
            return rc;
    }
    return hyp_update_va_mapping(va, entry, UVMF_INVLPG);
}

long page_set_ro(const volatile void *va)
{
    return hyp_update_va_mapping(va, pte(virt_to_mfn(va), PTE_RO_PAGE), UVMF_INVLPG | UVMF_ALL);
}

long page_set_rw(const volatile void *va)
{
    return hyp_update_va_mapping(va, pte(virt_to_mfn(va), PTE_RW_PAGE), UVMF_INVLPG | UVMF_ALL);
}
