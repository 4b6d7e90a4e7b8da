/* SPDX-License-Identifier: GPL-2.0-only */
/* See README.md. The tests are in the files beside this one; here is what they share. */
#include "memory.h"

const char guest_name[] = "xsa-memory";

uint64_t max_mfn(void)
{
    struct xen_machphys_mapping m;

    if ( hyp_memory_op(XENMEM_machphys_mapping, &m) )
        panic("machphys_mapping");
    return m.max_mfn;
}

static long reservation(unsigned int op, uint64_t *list, unsigned long count, unsigned int order,
                        unsigned int flags)
{
    struct xen_memory_reservation r = {
        .domid = DOMID_SELF, .nr_extents = count, .extent_order = order, .mem_flags = flags
    };

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
    return hyp_memory_op(op, &r);
}

long give(uint64_t *mfns, unsigned long count, unsigned int order)
{
    return reservation(XENMEM_decrease_reservation, mfns, count, order, 0);
}

long take(uint64_t *pfns, unsigned long count, unsigned int order, unsigned int flags)
{
    return reservation(XENMEM_populate_physmap, pfns, count, order, flags);
}

long increase(uint64_t *mfns, unsigned long count, unsigned int order, unsigned int flags)
{
    return reservation(XENMEM_increase_reservation, mfns, count, order, flags);
}

void refill(uint64_t pfn)
{
    uint64_t frame = pfn;

    check_rc(take(&frame, 1, 0, 0), 1, "take a frame for that PFN again");
    ((uint64_t *)start_info->mfn_list)[pfn] = frame;
}

long map(void *win, uint64_t mfn, uint64_t flags)
{
    return hyp_update_va_mapping(win, pte(mfn, flags), UVMF_INVLPG | UVMF_ALL);
}
