/* SPDX-License-Identifier: GPL-2.0-only */
/* See README.md. The tests are in the files beside this one; here is what they share. */
#include "memory_op.h"

const char guest_name[] = "memory-op";

struct xen_memory_reservation reservation(const void *list, unsigned long count, unsigned int order,
                                          unsigned int flags)
{
    struct xen_memory_reservation r = {
        .domid = DOMID_SELF, .nr_extents = count, .extent_order = order, .mem_flags = flags
    };

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
    return r;
}

long increase(uint64_t *mfns, unsigned long count, unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation r = reservation(mfns, count, order, flags);

    return hyp_memory_op(XENMEM_increase_reservation, &r);
}

long give(const uint64_t *mfns, unsigned long count, unsigned int order)
{
    struct xen_memory_reservation r = reservation(mfns, count, order, 0);

    return hyp_memory_op(XENMEM_decrease_reservation, &r);
}

long take(uint64_t *pfns, unsigned long count, unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation r = reservation(pfns, count, order, flags);

    return hyp_memory_op(XENMEM_populate_physmap, &r);
}

void refill(uint64_t pfn)
{
    uint64_t frame = pfn;

    if ( take(&frame, 1, 0, 0) != 1 )
        error("no frame for that PFN");
    ((uint64_t *)start_info->mfn_list)[pfn] = frame;
}

long total_pages(void)
{
    struct xen_memory_domain q = { .domid = DOMID_SELF };

    return hyp_memory_op(XENMEM_current_reservation, &q);
}

long most_pages(void)
{
    struct xen_memory_domain q = { .domid = DOMID_SELF };

    return hyp_memory_op(XENMEM_maximum_reservation, &q);
}

uint64_t max_mfn(void)
{
    struct xen_machphys_mapping m;

    if ( hyp_memory_op(XENMEM_machphys_mapping, &m) )
        panic("machphys_mapping");
    return m.max_mfn;
}
