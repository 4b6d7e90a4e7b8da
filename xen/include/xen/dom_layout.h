/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The start-of-day memory layout: where everything the domain builder makes comes to lie, in guest virtual addresses and in
 * pseudo-physical frame numbers. The rules are those written above struct start_info in public/xen.h. Pure arithmetic.
 */
#ifndef XEN_DOM_LAYOUT_H
#define XEN_DOM_LAYOUT_H

#include <xen/load_error.h>
#include <xen/types.h>

/** The boot region begins and ends on this. */
#define DOM_REGION_ALIGN (4UL << 20)
/** At least this much is mapped behind the last element. */
#define DOM_REGION_SLACK (512UL << 10)
/** A domain of more than 4 PiB is a mistake, and what is below it cannot overflow anything here. */
#define DOM_MAX_PAGES (1UL << 40)

/** What decides the layout. */
struct dom_plan
{
    uint64_t virt_base; /* the region starts here, rounded down to 4 MiB; also pfn 0 */
    uint64_t kernel_start, kernel_end; /* VA of the loaded image, >= virt_base */
    uint64_t initrd_size;              /* bytes, 0 none */
    bool initrd_unmapped;              /* only its pfn is told (MOD_START_PFN) */
    bool p2m_placed; /* the p2m goes to p2m_va (INIT_P2M) instead of behind the kernel */
    uint64_t p2m_va;
    bool rings;        /* pages for the store and the console follow start_info */
    uint64_t nr_pages; /* of the domain */
};

/** One element. nr == 0: there is none. Unmapped ones have va 0. */
struct dom_area
{
    uint64_t va;
    uint64_t pfn;
    uint64_t nr; /* pages */
};

/** Page tables of one level for consecutive slots of their parents: table i is for addresses ((first + i) << shift) upwards. */
struct dom_tables
{
    uint64_t first; /* va >> (12 + 9 * level) of the first table */
    uint64_t nr;
    uint64_t pfn;
};

struct dom_layout
{
    uint64_t v_start, v_end; /* the boot region, pfns from 0 */
    struct dom_area kernel, initrd, p2m, start_info, store, console, tables, stack;
    struct dom_tables
        boot_tables[5]; /* [1]..[4]: those in `tables`; [4] is the root, first of all */
    struct dom_tables p2m_tables[5];       /* [1]..[3]: more, for a placed p2m; behind its pages */
    uint64_t first_p2m_pfn, nr_p2m_frames; /* the p2m and, when placed, p2m_tables */
    uint64_t
        nr_special; /* pfns [0, nr_special) have a purpose: the boot region, an unmapped initrd, a placed p2m */
};

/**
 * Lay out a domain. 0; -ENOMEM: it does not fit plan->nr_pages; -ENOEXEC: the region or a placed p2m touches the hypervisor's
 * addresses, wraps, or the two overlap. The reason is in *err.
 */
int __must_check dom_layout(struct dom_layout *l, const struct dom_plan *plan,
                            struct load_error *err);

/** Pfn of the table of @level (1..4) that translates @va, which is in the boot region or in a placed p2m. */
uint64_t dom_layout_table(const struct dom_layout *l, unsigned int level, uint64_t va);

/** Entry of @va in its table of @level. */
static inline unsigned int dom_table_index(unsigned int level, uint64_t va)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

#endif /* XEN_DOM_LAYOUT_H */
