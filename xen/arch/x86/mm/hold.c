/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of a guest that the hypervisor itself writes to: shared_info, vcpu_info, ring pages. A hold is a typed reference
 * (FRAME_WRITABLE), so the frame cannot be freed or become a page table under the hypervisor's pen; the list lets the
 * audit and the teardown find them.
 *
 * Keeps invariants 1 to 3. Locks: domain.lock for the list.
 */
#include <xen/mm_port.h>

static struct mm_hold *hold_slot(struct mm_domain *d, mfn_t mfn)
{
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        if ( mfn_eq(d->holds[i].mfn, mfn) )
            return &d->holds[i];
    return NULL;
}

/* Replace the first slot that says @from by @to. */
static bool hold_replace(struct mm_domain *d, mfn_t from, mfn_t to)
{
    struct mm_hold *slot;

    spin_lock(&d->lock);
    slot = hold_slot(d, from);
    if ( slot )
        slot->mfn = to;
    spin_unlock(&d->lock);
    return slot;
}

int domain_hold(struct mm_domain *d, mfn_t mfn)
{
    struct machine *m = d->machine;
    struct frame *f;

    if ( !frame_get(m, mfn, OWNER(d->id)) )
        return -EINVAL;
    f = mfn_to_frame(m, mfn);
    if ( frame_type_get(d, f, FRAME_WRITABLE) )
    {
        frame_put(m, f);
        return -EINVAL;
    }
    if ( hold_replace(d, INVALID_MFN, mfn) )
        return 0;
    frame_put_leaf(d, f);
    return -ENOSPC;
}

void domain_unhold(struct mm_domain *d, mfn_t mfn)
{
    if ( !mfn_eq(mfn, INVALID_MFN) && hold_replace(d, mfn, INVALID_MFN) )
        frame_put_leaf(d, mfn_to_frame(d->machine, mfn));
}
