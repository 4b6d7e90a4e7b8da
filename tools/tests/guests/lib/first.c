/* SPDX-License-Identifier: GPL-2.0-only */
/* The domain as it was when it started, kept for those who ask later. */
#include "guest.h"

struct start_state start_state;

void start_state_save(void)
{
    volatile uint64_t *e;
    unsigned int n = 0;

    for ( ; n < START_ENTRIES && (e = pt_entry((void *)(n * PAGE_SIZE), 1)) && (*e & PTE_P); n++ )
        start_state.entries[n] = *e;
    start_state.nr_entries = n;
    for ( uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++ )
        start_state.misnumbered += M2P[pfn_to_mfn(pfn)] != pfn;
}

void start_state_save_shared(void)
{
    memcpy(&start_state.shared, shared_info, sizeof(start_state.shared));
}
