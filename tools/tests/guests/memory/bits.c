/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest reads back from its entries. */
#include "memory.h"

void test_entry_bits(void)
{
    uint64_t *page = page_alloc();

    section("the start-of-day tables");
    for ( unsigned int level = 4; level >= 1; level-- )
        printf("# L%ue of this page 0x%lx\n", level, *pt_entry(page, level));
    printf("# L1e of the L4 0x%lx\n", *pt_entry((void *)(mfn_to_pfn(root_mfn) << 12), 1));
    printf("# L4[256..262] ");
    for ( unsigned int i = 256; i < 263; i++ )
        printf("%lx ", ((volatile uint64_t *)(mfn_to_pfn(root_mfn) << 12))[i]);
    printf("\n");
}
