/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest reads back from its entries. */
#include "memory.h"

TEST("start-of-day-tables", "start-of-day page tables, p2m and M2P", 0)
{
    uint64_t *page = page_alloc();

    for ( unsigned int level = 4; level >= 2; level-- )
        check_eq(*pt_entry(page, level) & (PTE_P | PTE_RW | PTE_US), PTE_P | PTE_RW | PTE_US,
                 "L%u entry of a page", level);
    check_eq(*pt_entry(page, 1) & (PTE_P | PTE_RW | PTE_US | PTE_GUEST_KERNEL),
             PTE_P | PTE_RW | PTE_US | PTE_GUEST_KERNEL, "L1 entry of a page");
    unsigned int tables = (unsigned int)start_info->nr_pt_frames, writable = 0, pfn_wrong = 0;
    for ( unsigned int i = 0; i < tables; i++ )
        writable += *pt_entry((char *)start_info->pt_base + i * PAGE_SIZE, 1) & PTE_RW ? 1 : 0;
    check_eq(writable, 0, "all %u tables are mapped read-only", tables);
    for ( uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++ )
        pfn_wrong += M2P[pfn_to_mfn(pfn)] != pfn;
    check_eq(pfn_wrong, 0, "p2m and M2P agree on all %lu pages", start_info->nr_pages);
    check_eq(start_info->mfn_list % PAGE_SIZE, 0, "the p2m list is page-aligned");
    check_eq((uint64_t)start_info % PAGE_SIZE, 0, "start_info is page-aligned");
    check(start_info->mfn_list < (uint64_t)start_info && (uint64_t)start_info < start_info->pt_base,
          "the order is p2m, start_info, tables");
    uint64_t end = first_unmapped_pfn() << 12;
    check_eq(end % (4 << 20), 0, "the initial mapping ends on 4 MiB");
    check(end >= start_info->pt_base + (start_info->nr_pt_frames + 1) * PAGE_SIZE + (512 << 10),
          "with 512 KiB to spare");
}
