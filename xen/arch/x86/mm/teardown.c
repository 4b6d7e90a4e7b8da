/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a domain's memory, in stages that can each stop half-way:
 *
 *   0. what the vCPUs hold: half-done work, roots, GDT, LDT
 *   1. what the hypervisor holds
 *   2. pins and partial states: afterwards no frame has a type any more, as tables only refer down the levels
 *   3. the allocation references: the frames are freed, unless another domain maps them
 *
 * Others may still act on the domain's frames while it goes: an operation of a privileged domain that began before. What such
 * a one pins behind the scan's back is found when the caller tries again, as stages 2 and 3 are repeated until nothing is left.
 *
 * Keeps invariants 3, 6, 10 and 12. Locks: domain.lock to begin, none held across; the domain must not run.
 */
#include <xen/mm_port.h>

#include "entry.h"

enum
{
    STAGE_VCPUS,
    STAGE_HOLDS,
    STAGE_TYPES,
    STAGE_PAGES,
    STAGE_DONE,
};

/* ---- 0. vCPUs ------------------------------------------------------------------------------------------------------ */

static void drop_root(struct mm_vcpu *v, mfn_t *root)
{
    struct machine *m = v->d->machine;
    struct frame *f;

    if ( mfn_eq(*root, INVALID_MFN) )
        return;
    f = mfn_to_frame(m, *root);
    *root = INVALID_MFN;
    if ( frame_type_put(v->d, f) )
        v->drain = frame_to_mfn(m, f);
    else
        frame_put(m, f);
}

static int release_vcpu(struct mm_vcpu *v)
{
    int rc = vcpu_drain(v);

    if ( rc )
        return rc;
    gdt_clear(v);
    ldt_drop(v);
    v->ldt_ents = 0;
    drop_root(v, &v->user_root);
    rc = vcpu_drain(v);
    if ( rc )
        return rc;
    drop_root(v, &v->root);
    return vcpu_drain(v);
}

static int release_vcpus(struct mm_domain *d)
{
    for ( unsigned int i = 0; i < d->nr_vcpus; i++ )
    {
        int rc = release_vcpu(d->vcpus[i]);

        if ( rc )
            return rc;
    }
    return 0;
}

/* ---- 1. holds ------------------------------------------------------------------------------------------------------ */

static void release_holds(struct mm_domain *d)
{
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        domain_unhold(d, d->holds[i].mfn);
}

/* ---- 2. types ------------------------------------------------------------------------------------------------------ */

/* The caller holds a general reference on @f. */
static int release_type(struct mm_domain *d, struct frame *f)
{
    int rc = frame_drain(d, f);

    if ( rc || !frame_clear_pinned(f) )
        return rc;
    rc = frame_type_put(d, f);
    /* The pin's reference; if there is more to do, the partial state keeps the frame. */
    frame_put(d->machine, f);
    return rc;
}

static bool has_type_to_release(const struct frame *f)
{
    uint64_t w = frame_word(f);

    return word_refs(w) && (w & (FRAME_PINNED | FRAME_PARTIAL | FRAME_LOCKED));
}

/* How many frames that was, or -ERESTART. */
static int64_t release_types(struct mm_domain *d, mfn_t mfn, uint64_t most)
{
    struct machine *m = d->machine;
    struct frame *f = mfn_to_frame(m, mfn);
    uint64_t nr = 0;
    int rc;

    while ( nr < most && !has_type_to_release(&f[nr]) )
        nr++;
    if ( nr )
        return (int64_t)nr;
    if ( !frame_get_account(m, mfn, OWNER(d->id)) )
        return 1;
    rc = release_type(d, f);
    frame_put(m, f);
    return rc ? rc : 1;
}

/* ---- 3. pages ------------------------------------------------------------------------------------------------------ */

/* How many frames that was. Most are used by nobody any more, and lie side by side. */
static int64_t release_pages(struct mm_domain *d, mfn_t mfn, uint64_t most)
{
    struct machine *m = d->machine;
    struct frame *f = mfn_to_frame(m, mfn);
    uint64_t nr;

    if ( !word_refs(frame_word(f)) )
        return 1;
    nr = frames_take_back(d, mfn, most);
    if ( nr )
        return (int64_t)nr;
    if ( frame_get_account(m, mfn, OWNER(d->id)) )
    {
        (void)frame_clear_allocated(m, f);
        frame_put(m, f);
    }
    return 1;
}

/* Call @fn until it has dealt with all frames the domain may own, from d->teardown_next on. */
static int for_each_frame(struct mm_domain *d,
                          int64_t (*fn)(struct mm_domain *d, mfn_t mfn, uint64_t most))
{
    struct machine *m = d->machine;
    uint64_t mfn = mfn_x(d->teardown_next);

    while ( mfn <= mfn_x(d->highest) )
    {
        uint64_t stop = MIN(mfn | m->yield_mask, mfn_x(d->highest)) + 1;
        int64_t nr;

        if ( mfn % ACCOUNTS_PER_PAGE == 0 )
        {
            uint64_t backed = mfn_x(port_next_backed(m, _mfn(mfn)));

            if ( backed > mfn )
            {
                mfn = backed;
                continue;
            }
        }
        nr = fn(d, _mfn(mfn), stop - mfn);
        if ( nr < 0 )
            return (int)nr;
        mfn += (uint64_t)nr;
        d->teardown_next = _mfn(mfn);
        if ( mfn <= mfn_x(d->highest) && !(mfn & m->yield_mask) && port_should_yield() )
            return -ERESTART;
    }
    return 0;
}

static void next_stage(struct mm_domain *d)
{
    d->teardown_stage++;
    d->teardown_next = d->lowest;
}

int domain_teardown(struct mm_domain *d)
{
    int rc = 0;

    /* Under the lock, so that no frame is assigned any more afterwards. */
    spin_lock(&d->lock);
    d->dying = true;
    spin_unlock(&d->lock);

    while ( d->teardown_stage < STAGE_DONE )
    {
        switch ( d->teardown_stage )
        {
        case STAGE_VCPUS: rc = release_vcpus(d); break;
        case STAGE_HOLDS: release_holds(d); break;
        case STAGE_TYPES:
            rc = mfn_eq(d->lowest, INVALID_MFN) ? 0 : for_each_frame(d, release_types);
            break;
        case STAGE_PAGES:
            rc = mfn_eq(d->lowest, INVALID_MFN) ? 0 : for_each_frame(d, release_pages);
            break;
        }
        if ( rc )
            return rc;
        next_stage(d);
    }
    if ( READ_ONCE(d->tot_pages) == 0 && READ_ONCE(d->extra_pages) == 0 )
        return 0;
    d->teardown_stage = STAGE_TYPES;
    d->teardown_next = d->lowest;
    return -EBUSY;
}
