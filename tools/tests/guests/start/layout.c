/* SPDX-License-Identifier: GPL-2.0-only */
/* The nine rules about the initial mapping, with their numbers in public/xen.h's comment on start of day (docs/domain-builder.md). */
#include "start.h"

static uint64_t entry(uint64_t va)
{
    return start_state.entries[va / PAGE_SIZE];
}

static bool is_table(uint64_t va)
{
    return va >= start_info->pt_base && va < tables_end();
}

/* Tables that an address is translated by, down to the level at which nothing is. */
static unsigned int depth(uint64_t va)
{
    unsigned int level = 4;

    for ( ; level > 1; level-- )
    {
        volatile uint64_t *e = pt_entry((void *)va, level);

        if ( !e || !(*e & PTE_P) )
            break;
    }
    return level;
}

TEST("layout-rule-1", "the region is contiguous", 0)
{
    static const uint64_t elsewhere[] = { 0x40000000UL,
                                          1UL << 39,
                                          1UL << 46,
                                          0x00007ffffffff000UL,
                                          0xffff880000000000UL,
                                          0xffffffff80000000UL,
                                          0xfffffffffffff000UL };
    volatile uint64_t *behind = pt_entry((void *)region_end(), 1);

    check(region_end() > stack_end(), "every page from the first to behind the stack is mapped");
    check(start_state.nr_entries < START_ENTRIES, "it has an end");
    check(!behind || !(*behind & PTE_P), "and nothing behind it");
    for ( unsigned int i = 0; i < ARRAY_SIZE(elsewhere); i++ )
        check(depth(elsewhere[i]) > 1, "no table for 0x%lx", elsewhere[i]);
}

TEST("layout-rule-2", "the region begins and ends on 4 MiB", 0)
{
    uint64_t first = entry(0) >> 12 & 0xffffffffff;

    check_eq(first, pfn_to_mfn(0), "it begins at address 0, with frame 0 of ours");
    check_eq(region_end() % MIB4, 0, "its end is a multiple of 4 MiB");
}

TEST("layout-rule-3", "the image is where it was linked to be", 0)
{
    const uint8_t *code = (const uint8_t *)0x100000;

    check_eq(code[0], 0x48, "our first instruction is at 1 MiB");
    check((uint64_t)guest_end > 0x100000 && (uint64_t)guest_end <= start_info->mfn_list,
          "our end is before all else");
    check_eq(entry(0x100000) >> 12 & 0xffffffffff, pfn_to_mfn(0x100),
             "1 MiB from the region's begin");
}

TEST("layout-rule-4", "the order of the elements", 0)
{
    check((uint64_t)guest_end <= start_info->mfn_list, "the kernel, then the list of frames");
    check(p2m_end() <= (uint64_t)start_info, "then start_info");
    if ( !initial_domain() )
    {
        uint64_t store = mfn_to_pfn(start_info->store_mfn) * PAGE_SIZE;
        uint64_t console = mfn_to_pfn(start_info->console.domU.mfn) * PAGE_SIZE;

        check((uint64_t)start_info < store && store < console && console < start_info->pt_base,
              "then the pages of xenstore and console");
    }
    check(start_info_end() <= start_info->pt_base, "then the page tables");
    check(start_regs.rsp == stack_end(), "then the stack, of one page");
    check_eq((entry(start_info->pt_base) & PTE_ADDR) >> 12, root_mfn, "of the tables the L4 first");
}

TEST("layout-rule-5", "the elements lie close together, each on pages of its own", 0)
{
    check_eq(start_info->mfn_list, PAGE_UP(guest_end), "the list of frames is behind the kernel");
    check_eq((uint64_t)start_info, PAGE_UP(p2m_end()), "start_info behind the list");
    check_eq(start_info->pt_base, start_info_end(), "the tables behind start_info and the rings");
    check_eq(start_regs.rsp, tables_end() + PAGE_SIZE, "the stack behind the tables");
    check_eq(start_info->mfn_list % PAGE_SIZE | (uint64_t)start_info % PAGE_SIZE |
                 start_info->pt_base % PAGE_SIZE | start_regs.rsp % PAGE_SIZE,
             0, "each on its own page");
}

TEST("layout-rule-6", "no initial RAM disk is told of when there is none", 0)
{
    check_eq(start_info->mod_start, 0, "mod_start");
    check_eq(start_info->mod_len, 0, "mod_len");
    check_eq(start_info->flags & (SIF_MULTIBOOT_MOD | SIF_MOD_START_PFN), 0,
             "the flags about it in start_info");
}

TEST("layout-rule-7", "pages of the region are the first of the pseudo-physical ones", 0)
{
    unsigned int wrong = 0;

    for ( uint64_t pfn = 0; pfn < start_state.nr_entries; pfn++ )
        wrong += (start_state.entries[pfn] & PTE_ADDR) >> 12 != pfn_to_mfn(pfn);
    check_eq(wrong, 0, "pages of the region that are not the frame the list has for them");
    check(start_state.nr_entries <= start_info->nr_pages, "all of them are in the list");
    /* By the M2P each frame has one number, so that none can be there twice. */
    check_eq(start_state.misnumbered, 0, "frames that the M2P has another number for");
}

TEST("layout-rule-8", "all is writable but the page tables", 0)
{
    unsigned int read_only = 0, writable = 0, other = 0;

    for ( uint64_t va = 0; va < region_end(); va += PAGE_SIZE )
    {
        if ( is_table(va) )
            writable += !!(entry(va) & PTE_RW);
        else
            read_only += !(entry(va) & PTE_RW);
        other += (entry(va) & (PTE_P | PTE_US | PTE_NX | PTE_PWT | PTE_PCD | PTE_PAT)) !=
                 (PTE_P | PTE_US);
    }
    check_eq(read_only, 0, "pages besides tables that are read-only");
    check_eq(writable, 0, "tables that are writable");
    check_eq(other, 0, "pages that cannot be executed, or are not write-back");
}

TEST("layout-rule-9", "512 KiB are left behind the stack", 0)
{
    uint64_t end = (stack_end() + MIB4 - 1) & ~(MIB4 - 1);

    if ( end - stack_end() < 512 << 10 )
        end += MIB4;
    check(region_end() - stack_end() >= 512 << 10, "at least");
    check_eq(region_end(), end, "and 4 MiB were added only if it needed them");
}

/* ---- What the rules imply ---- */

TEST("layout-tables", "the tables are as many as it takes, and all of them in use", 0)
{
    uint64_t l1s = (region_end() + (2UL << 20) - 1) / (2UL << 20), reached = 0;
    const volatile uint64_t *l4 = (const volatile uint64_t *)start_info->pt_base;
    unsigned int entries = 0;

    check_eq(start_info->nr_pt_frames, l1s + 3, "an L4, an L3, an L2, and the L1s");
    for ( unsigned int slot = 0; slot < 512; slot++ )
        entries += slot && (slot < 256 || slot > 271) && l4[slot];
    check_eq(entries, 0, "entries of the L4 besides the first and the hypervisor's");
    /* Every frame of the tables is one that an address of the region is translated by. */
    for ( uint64_t i = 0; i < start_info->nr_pt_frames; i++ )
    {
        uint64_t mfn = pfn_to_mfn(start_info->pt_base / PAGE_SIZE + i);
        bool found = false;

        for ( uint64_t va = 0; va < region_end() && !found; va += 2UL << 20 )
            for ( unsigned int level = 1; level <= 4; level++ )
                found = found || pt_table_mfn((void *)va, level) == mfn;
        reached += found;
    }
    check_eq(reached, start_info->nr_pt_frames, "frames of the tables that are in use");
}

TEST("layout-pinned", "the first root is pinned, and nothing else is", 0)
{
    unsigned int pinned = 0;

    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, root_mfn, 0), -XEN_EINVAL, "pin the root: it is");
    for ( uint64_t i = 1; i < start_info->nr_pt_frames; i++ )
        pinned += mmuext(MMUEXT_UNPIN_TABLE, pfn_to_mfn(start_info->pt_base / PAGE_SIZE + i), 0) !=
                  -XEN_EINVAL;
    check_eq(pinned, 0, "other tables that could be unpinned");
}
