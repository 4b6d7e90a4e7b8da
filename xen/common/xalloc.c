/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's structures are few and large (domains, vCPUs, port tables), so pages are all there is to allocate. Their
 * frames are owned by DOMID_XEN, so that no guest can map them by number. Locks: the heap's own.
 */

#include <xen/domain.h>
#include <xen/xalloc.h>

void *xzalloc_pages(unsigned int order)
{
    mfn_t mfn = heap_alloc_owned(&machine, order, DOMID_XEN);

    return mfn_eq(mfn, INVALID_MFN) ? NULL : mfn_to_virt(&machine, mfn);
}

void xfree_pages(void *p, unsigned int order)
{
    if ( p )
        heap_free_owned(&machine, _mfn((uint64_t)((uint8_t *)p - machine.direct_map) >> PAGE_SHIFT),
                        order);
}
