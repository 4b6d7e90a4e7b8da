/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: pages in which a domain lists which of its frames others may use.
 *
 * The table is real: pages of the domain's that it maps writable, found by setup_table. Using a grant is not, as
 * there is no second domain to use it: every request for one is answered, entry by entry, with the status that says
 * so.
 *
 *  1. the table: set_version, query_size, setup_table
 *  2. requests on grants of others
 *  3. the hypercall
 *
 * Locks: none; a domain's one vCPU makes the calls.
 */
#include <public/grant_table.h>
#include <asm/uaccess.h>
#include <xen/continuation.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/xalloc.h>

#define GRANT_MAX_FRAMES 32 /* 512 entries of version 1 each */

struct grant_state
{
    unsigned int nr;
    mfn_t frames[GRANT_MAX_FRAMES]; /* the domain's, given on top of its allowance */
};

/* ---- 1. The table ------------------------------------------------------------------------------------------------- */

/* Up to @nr frames; they are never taken back. */
static int grow(struct domain *d, unsigned int nr)
{
    if ( !d->grant && !(d->grant = xzalloc(struct grant_state)) )
        return -ENOMEM;
    while ( d->grant->nr < nr )
    {
        mfn_t mfn = domain_alloc_extra(&d->mm);

        if ( mfn_eq(mfn, INVALID_MFN) )
            return -ENOMEM;
        d->grant->frames[d->grant->nr++] = mfn;
    }
    return 0;
}

void grant_destroy(struct domain *d)
{
    if ( d->grant )
        xfree(struct grant_state, d->grant);
    d->grant = NULL;
}

/* -ENOSYS: version 2, as from a Xen that was told to do without; -EINVAL: no such version; -EFAULT. */
static long set_version(uint64_t arg)
{
    struct gnttab_set_version op;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    if ( op.version == 2 )
        return -ENOSYS;
    if ( op.version != 1 )
        return -EINVAL;
    return copy_to_guest(arg, &op, sizeof(op));
}

static int16_t domain_status(int rc)
{
    return rc == 0 ? GNTST_okay : rc == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
}

static long query_size(struct domain *cur, uint64_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    op.status = domain_status(domain_find_target(cur, op.dom, &d));
    if ( op.status == GNTST_okay )
    {
        op.nr_frames = d->grant ? d->grant->nr : 0;
        op.max_nr_frames = GRANT_MAX_FRAMES;
    }
    return copy_to_guest(arg, &op, sizeof(op));
}

/* Have @op->nr_frames frames and list them. The status. */
static int16_t setup(struct domain *d, const struct gnttab_setup_table *op)
{
    if ( op->nr_frames > GRANT_MAX_FRAMES || grow(d, op->nr_frames) )
        return GNTST_general_error;
    for ( unsigned int i = 0; i < op->nr_frames; i++ )
    {
        xen_pfn_t mfn = mfn_x(d->grant->frames[i]);

        if ( copy_to_guest((uint64_t)op->frame_list.p + i * sizeof(mfn), &mfn, sizeof(mfn)) )
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

static long setup_table(struct domain *cur, uint64_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    op.status = domain_status(domain_find_target(cur, op.dom, &d));
    if ( op.status == GNTST_okay )
        op.status = setup(d, &op);
    return copy_to_guest(arg, &op, sizeof(op));
}

/* -ESRCH; -EPERM; -EFAULT. */
static long get_version(struct domain *cur, uint64_t arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int rc;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    rc = domain_find_target(cur, op.dom, &d);
    if ( rc )
        return rc;
    op.version = 1;
    return copy_to_guest(arg, &op, sizeof(op));
}

/* ---- 2. Requests on grants of others ------------------------------------------------------------------------------ */

/* What each request is told: where its status is, and what it says. */
static const struct refusal
{
    uint8_t size, status_at;
    int8_t status;
} refusals[] = {
#define REFUSE(op, type, what) [op] = { sizeof(struct type), offsetof(struct type, status), what }
    REFUSE(GNTTABOP_map_grant_ref, gnttab_map_grant_ref, GNTST_bad_domain),
    REFUSE(GNTTABOP_unmap_grant_ref, gnttab_unmap_grant_ref, GNTST_bad_handle),
    REFUSE(GNTTABOP_transfer, gnttab_transfer, GNTST_bad_domain),
    REFUSE(GNTTABOP_copy, gnttab_copy, GNTST_bad_domain),
    REFUSE(GNTTABOP_unmap_and_replace, gnttab_unmap_and_replace, GNTST_bad_handle),
    REFUSE(GNTTABOP_get_status_frames, gnttab_get_status_frames, GNTST_general_error),
    REFUSE(GNTTABOP_swap_grant_ref, gnttab_swap_grant_ref, GNTST_general_error),
};

/* One entry of an array: read it, though it makes no difference, and tell the status. */
static bool refuse_one(const struct refusal *r, uint64_t va)
{
    union
    {
        struct gnttab_map_grant_ref map;
        struct gnttab_copy copy;
        struct gnttab_get_status_frames frames;
    } entry;
    int16_t status = r->status;

    BUG_ON(r->size > sizeof(entry));
    return !copy_from_guest(&entry, va, r->size) &&
           !copy_to_guest(va + r->status_at, &status, sizeof(status));
}

/* Every entry of the array must be there, and is told its status. -EFAULT. */
static long refuse(unsigned int cmd, uint64_t arg, unsigned long count_arg)
{
    const struct refusal *r = &refusals[cmd];
    struct progress p = progress_decode(count_arg);

    if ( p.resumed )
        hypercall_set_arg(3, p.count);
    if ( !guest_range_ok(arg, (uint64_t)p.count * r->size) )
        return -EFAULT;
    for ( ; p.done < p.count; p.done++ )
    {
        if ( !refuse_one(r, arg + (uint64_t)p.done * r->size) )
            return -EFAULT;
        if ( (p.done & 0xff) == 0xff && p.done + 1 < p.count && port_should_yield() )
        {
            p.done++;
            hypercall_set_arg(3, progress_encode(&p));
            return hypercall_continue();
        }
    }
    return 0;
}

/* ---- 3. The hypercall --------------------------------------------------------------------------------------------- */

/* A count of 2^31 or more is ours alone: of a call that was interrupted, which is never before its first entry. */
static bool count_ok(unsigned long count)
{
    struct progress p = progress_decode(count);

    return !p.resumed || p.done;
}

/** GNTTABOP_*(array, count). -ENOSYS: no such operation; -EINVAL: a count above 2^31 - 1, or not 1 where one entry is taken; -EFAULT; the
 *  rest is in the entries. */
long do_grant_table_op(HYPERCALL_ARGS)
{
    struct domain *d = current->domain;
    unsigned int cmd = (unsigned int)a1;
    bool one = (unsigned int)a3 == 1;

    if ( !count_ok(a3) )
        return -EINVAL;
    switch ( cmd )
    {
    /* These two have always looked at one entry, whatever the count. */
    case GNTTABOP_set_version: return set_version(a2);
    case GNTTABOP_get_version: return get_version(d, a2);
    case GNTTABOP_query_size: return one ? query_size(d, a2) : -EINVAL;
    case GNTTABOP_setup_table: return one ? setup_table(d, a2) : -EINVAL;
    default:
        return cmd < ARRAY_SIZE(refusals) && refusals[cmd].size ? refuse(cmd, a2, a3) : -ENOSYS;
    }
}
