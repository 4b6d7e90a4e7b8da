/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's frames: getting them, giving them back, the M2P entries that go with them.
 *
 * tot_pages counts every frame the domain owns, from allocation until the last reference is gone: a frame that was released
 * but is still mapped somewhere cannot be had a second time. extra_pages counts likewise what the hypervisor gives on top.
 *
 * Keeps invariants 3 and 12. Locks: domain.lock for the totals, the bounds and dying.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

int domain_mem_init(struct machine *m, struct mm_domain *d, uint16_t id, uint64_t max_pages)
{
    unsigned int slot = 0;

    if ( id >= DOMID_FIRST_RESERVED )
        return -EINVAL;
    if ( machine_domain(m, id) )
        return -EEXIST;
    while ( slot < MM_MAX_DOMAINS && m->domains[slot] )
        slot++;
    if ( slot == MM_MAX_DOMAINS )
        return -ENOSPC;

    memset(d, 0, sizeof(*d));
    d->machine = m;
    d->id = id;
    d->max_pages = max_pages;
    d->lowest = INVALID_MFN;
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        d->holds[i].mfn = INVALID_MFN;
    m->domains[slot] = d;
    return 0;
}

void domain_mem_forget(struct mm_domain *d)
{
    struct machine *m = d->machine;

    BUG_ON(d->tot_pages || d->extra_pages);
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( m->domains[i] == d )
            m->domains[i] = NULL;
}

void vcpu_mem_init(struct mm_domain *d, struct mm_vcpu *v)
{
    BUG_ON(d->nr_vcpus == MM_MAX_VCPUS);

    memset(v, 0, sizeof(*v));
    v->d = d;
    v->id = d->nr_vcpus;
    v->root = v->user_root = v->drain = INVALID_MFN;
    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        v->gdt[i] = INVALID_MFN;
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
        v->ldt[i] = INVALID_MFN;
    d->vcpus[d->nr_vcpus++] = v;
}

void m2p_set(struct machine *m, mfn_t mfn, uint64_t pfn)
{
    WRITE_ONCE(m->m2p[mfn_x(mfn)], pfn);
}

void __fast count_up(uint64_t *to, uint64_t from, uint64_t nr)
{
    for ( ; nr % 8; nr-- )
        WRITE_ONCE(*to++, from++);
    for ( ; nr; nr -= 8, to += 8, from += 8 )
#pragma GCC unroll 8
        for ( unsigned int i = 0; i < 8; i++ )
            WRITE_ONCE(to[i], from + i);
}

void m2p_set_run(struct machine *m, mfn_t mfn, uint64_t pfn, uint64_t nr)
{
    count_up(&m->m2p[mfn_x(mfn)], pfn, nr);
}

/* Reserve @nr pages of the domain's allowance; @nr may be anything a guest says. */
static bool charge(struct mm_domain *d, uint64_t nr)
{
    bool ok;

    spin_lock(&d->lock);
    ok = d->tot_pages <= d->max_pages && nr <= d->max_pages - d->tot_pages;
    if ( ok )
        d->tot_pages += nr;
    spin_unlock(&d->lock);
    return ok;
}

static void uncharge(struct mm_domain *d, uint64_t nr)
{
    spin_lock(&d->lock);
    d->tot_pages -= nr;
    spin_unlock(&d->lock);
}

BUILD_BUG_ON(OWNER_NONE != 0);

static void __fast open_accounts(struct frame *f, uint64_t nr, uint16_t owner, uint64_t word)
{
#pragma GCC unroll 2
    for ( struct frame *end = f + nr; f != end; f++ )
    {
        BUG_ON(frame_word(f) | f->owner);
        WRITE_ONCE(f->owner, owner);
        __atomic_store_n(&f->word, word, __ATOMIC_RELEASE);
    }
}

/*
 * Frames just taken from the heap become @d's, for @owner says how: no type, one reference for being allocated. False when @d is dying:
 * its teardown looks at every frame it finds once it has set that, under the same lock, so none may come later.
 */
static bool assign(struct mm_domain *d, mfn_t first, uint64_t nr, uint16_t owner, uint64_t flags)
{
    bool ok;

    spin_lock(&d->lock);
    ok = !d->dying;
    if ( ok )
    {
        d->lowest = _mfn(MIN(mfn_x(d->lowest), mfn_x(first)));
        d->highest = _mfn(MAX(mfn_x(d->highest), mfn_x(first) + nr - 1));
        if ( flags & FRAME_EXTRA )
            d->extra_pages += nr;
    }
    if ( ok )
        open_accounts(mfn_to_frame(d->machine, first), nr, owner,
                      FRAME_REF | FRAME_ALLOCATED | flags);
    spin_unlock(&d->lock);
    return ok;
}

static mfn_t alloc_and_assign(struct mm_domain *d, unsigned int order, uint64_t flags)
{
    struct machine *m = d->machine;
    mfn_t mfn = heap_alloc(m, order);

    if ( mfn_eq(mfn, INVALID_MFN) )
        return mfn;
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
    {
        port_scrub(m, mfn_add(mfn, i));
        m2p_set(m, mfn_add(mfn, i), M2P_INVALID);
    }
    if ( assign(d, mfn, 1ULL << order, OWNER(d->id), flags) )
        return mfn;
    heap_free(m, mfn, order);
    return INVALID_MFN;
}

static mfn_t alloc_uncleared(struct mm_domain *d, unsigned int order, pfn_t pfn)
{
    uint16_t owner = (uint16_t)(OWNER(d->id) | OWNER_UNCLEARED);
    struct machine *m = d->machine;
    mfn_t mfn = heap_alloc(m, order);

    if ( mfn_eq(mfn, INVALID_MFN) )
        return mfn;
    if ( !assign(d, mfn, 1ULL << order, owner, 0) )
    {
        heap_free(m, mfn, order);
        return INVALID_MFN;
    }
    m2p_set_run(m, mfn, pfn_x(pfn), 1ULL << order);
    return mfn;
}

mfn_t domain_alloc(struct mm_domain *d, unsigned int order)
{
    mfn_t mfn;

    if ( order > HEAP_MAX_ORDER || !charge(d, 1ULL << order) )
        return INVALID_MFN;
    mfn = alloc_and_assign(d, order, 0);
    if ( mfn_eq(mfn, INVALID_MFN) )
        uncharge(d, 1ULL << order);
    return mfn;
}

mfn_t domain_populate(struct mm_domain *d, unsigned int order, pfn_t pfn)
{
    mfn_t mfn;

    if ( order > HEAP_MAX_ORDER || !charge(d, 1ULL << order) )
        return INVALID_MFN;
    mfn = alloc_uncleared(d, order, pfn);
    if ( mfn_eq(mfn, INVALID_MFN) )
        uncharge(d, 1ULL << order);
    return mfn;
}

mfn_t domain_alloc_extra(struct mm_domain *d)
{
    return alloc_and_assign(d, 0, FRAME_EXTRA);
}

bool frame_clear_allocated(struct machine *m, struct frame *f)
{
    uint64_t old = frame_word(f);

    do
    {
        if ( !(old & FRAME_ALLOCATED) )
            return false;
    } while ( !frame_cas(f, &old, old & ~FRAME_ALLOCATED) );
    m2p_set(m, frame_to_mfn(m, f), M2P_INVALID);
    frame_put(m, f);
    return true;
}

int domain_release(struct mm_domain *d, mfn_t mfn)
{
    struct machine *m = d->machine;
    struct frame *f;
    int rc = -EINVAL;

    if ( !frame_get_account(m, mfn, OWNER(d->id)) )
        return -EINVAL;
    f = mfn_to_frame(m, mfn);
    if ( !(frame_word(f) & FRAME_EXTRA) && frame_clear_allocated(m, f) )
        rc = 0;
    frame_put(m, f);
    return rc;
}
