/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the start-of-day tests share. */
#ifndef START_H
#define START_H

#include "suite.h"

extern char guest_end[];

#define MIB4       (4UL << 20)
#define PAGE_UP(x) (((uint64_t)(x) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

/** Ends of the elements, by start_info: behind the p2m list, start_info (with the domain's rings), tables, stack, everything. */
static inline uint64_t p2m_end(void)
{
    return start_info->mfn_list + start_info->nr_pages * sizeof(uint64_t);
}

static inline uint64_t start_info_end(void)
{
    return (uint64_t)start_info + (initial_domain() ? 1 : 3) * PAGE_SIZE;
}

static inline uint64_t tables_end(void)
{
    return start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;
}

static inline uint64_t stack_end(void)
{
    return tables_end() + PAGE_SIZE;
}

static inline uint64_t region_end(void)
{
    return start_state.nr_entries * PAGE_SIZE;
}

#endif /* START_H */
