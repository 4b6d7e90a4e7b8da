/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One entry changes: mmu_update, update_va_mapping, and stores of the guest to its read-only L1 tables.
 *
 *   1. targets: whose tables, whose pages (foreigndom)
 *   2. an L1 entry: take what the new one needs, exchange, give back what the old one had
 *   3. an entry of L2-L4 likewise
 *   4. the table that requests write to, held by a typed reference
 *   5. the commands of mmu_update
 *   6. update_va_mapping
 *   7. page-table writes
 *
 * The exchange is a compare-exchange, and the references given back are those of exactly the value it replaced: the CPU
 * may set A and D, and another vCPU may change the entry, at any time. While an entry is changed its table is held by a
 * typed reference, so it stays a table.
 *
 * Keeps invariants 1 to 5 and 9. Locks: none.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

#include "fast.h"

/* ---- 1. targets ---------------------------------------------------------------------------------------------------- */

static int target_domain(struct mm_domain *d, uint16_t id, struct mm_domain **out)
{
    struct mm_domain *other = machine_domain(d->machine, id);

    if ( !other || READ_ONCE(other->dying) )
    {
        port_refuse(d, "no domain %u to act upon", id);
        return -ESRCH;
    }
    if ( other != d && !d->privileged )
    {
        port_refuse(d, "not privileged to act upon domain %u", id);
        return -EPERM;
    }
    *out = other;
    return 0;
}

int mmu_decode_target(struct mm_domain *d, uint32_t foreigndom, struct mmu_target *t)
{
    uint16_t fd = (uint16_t)foreigndom, pfd = (uint16_t)(foreigndom >> 16);
    int rc;

    *t = (struct mmu_target){ .pt = d, .pg = d };
    if ( pfd )
    {
        rc = target_domain(d, (uint16_t)(pfd - 1), &t->pt);
        if ( rc )
            return rc;
    }

    switch ( fd )
    {
    case DOMID_SELF: return 0;
    case DOMID_IO: t->pg = NULL; return 0;
    case DOMID_XEN:
        if ( !d->privileged )
        {
            port_refuse(d, "not privileged to act upon the hypervisor");
            return -EPERM;
        }
        t->pg = NULL;
        t->no_mmio = true;
        return 0;
    default:
        if ( fd == d->id )
        {
            port_refuse(d, "a domain names itself by DOMID_SELF, not by its number %u", fd);
            return -ESRCH;
        }
        return target_domain(d, fd, &t->pg);
    }
}

/* ---- 2. an L1 entry ------------------------------------------------------------------------------------------------ */

/* Do @a and @b ask the same of the same frame? Then no count changes between them. */
static bool same_mapping(uint64_t a, uint64_t b)
{
    return !((a ^ b) & (PTE_P | PTE_RW | PTE_ADDR_BITS | PTE_CACHE)) && (a & PTE_P);
}

/*
 * Exchange the entry at @p. *old is the value found, updated until the exchange succeeds; with @keep_ad the A and D bits that
 * stand there are taken over.
 */
static void exchange_entry(uint64_t *p, uint64_t *old, uint64_t new, bool keep_ad)
{
    while ( !__atomic_compare_exchange_n(p, old, keep_ad ? new | (*old & PTE_AD) : new, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) )
        continue;
}

/* The same, once, and only if the value is still @old. */
static bool exchange_once(uint64_t *p, uint64_t old, uint64_t new, bool keep_ad)
{
    return __atomic_compare_exchange_n(p, &old, keep_ad ? new | (old & PTE_AD) : new, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static int update_l1(const struct map_owner *o, uint64_t *p, uint64_t val, bool keep_ad)
{
    const struct machine *m = o->d->machine;
    uint64_t old = READ_ONCE(*p);
    int rc;

    if ( !(val & PTE_P) )
        keep_ad = false;

    if ( same_mapping(old, val) )
    {
        if ( !l1e_bits_ok(o->d, val) )
            return -EINVAL;
        if ( exchange_once(p, old, l1e_adjust(m, val), keep_ad) )
            return 0;
        /* Somebody else changed it; the long way copes with any old value. */
    }

    rc = l1e_get(o, val);
    if ( rc )
        return rc;
    exchange_entry(p, &old, l1e_adjust(m, val), keep_ad);
    l1e_put(o->d, old);
    return 0;
}

/*
 * The common cases of update_l1(): a page is mapped, unmapped, or its mapping changes its rights. False: nothing has happened, ask
 * update_l1().
 */
fast_inline bool map_common(const struct leaf *l, uint64_t *p, uint64_t old, uint64_t val)
{
    if ( unlikely(!leaf_get(l, val)) )
        return false;
    if ( likely(exchange_once(p, old, pte_adjust_mapping(val), false)) )
        return true;
    l1e_put(l->d, val);
    return false;
}

fast_inline bool unmap_common(const struct leaf *l, uint64_t *p, uint64_t old)
{
    if ( !leaf_is_common(l, old) || !exchange_once(p, old, 0, false) )
        return false;
    if ( unlikely(!leaf_put(l, old)) )
        l1e_put(l->d, old);
    return true;
}

/* The type must be taken before the entry shows it, and with a reference of its own, as the entry's may go any time. */
fast_inline bool make_writable(const struct leaf *l, uint64_t *p, uint64_t old, uint64_t val,
                               bool keep_ad)
{
    if ( unlikely(!leaf_get_rw(l, val)) )
        return false;
    if ( likely(exchange_once(p, old, pte_adjust_mapping(val), keep_ad)) )
    {
        frame_put_fast(l->d->machine, leaf_frame(l, val));
        return true;
    }
    l1e_put(l->d, val);
    return false;
}

/* As fork() does it: the general reference stays with the entry. */
fast_inline bool make_readonly(const struct leaf *l, uint64_t *p, uint64_t old, uint64_t val,
                               bool keep_ad)
{
    struct frame *f = leaf_frame(l, val);

    if ( unlikely(READ_ONCE(f->owner) != l->owner ||
                  !exchange_once(p, old, pte_adjust_mapping(val), keep_ad)) )
        return false;
    if ( unlikely(!frame_put_type_fast(f)) )
        frame_put_type(l->d, f);
    return true;
}

fast_inline bool update_common(const struct leaf *l, uint64_t *p, uint64_t val, bool keep_ad)
{
    uint64_t old = READ_ONCE(*p);

    if ( !val )
        return unmap_common(l, p, old);
    if ( unlikely(!leaf_is_common(l, val)) )
        return false;
    if ( !(old & PTE_P) )
        return map_common(l, p, old, val);
    if ( unlikely(!leaf_is_common(l, old) || ((old ^ val) & PTE_ADDR_BITS)) )
        return false;
    if ( !((old ^ val) & PTE_RW) )
        return exchange_once(p, old, pte_adjust_mapping(val), keep_ad);
    return val & PTE_RW ? make_writable(l, p, old, val, keep_ad)
                        : make_readonly(l, p, old, val, keep_ad);
}

/* ---- 3. an entry of L2-L4 ------------------------------------------------------------------------------------------ */

/* The frame needs more work than this call may do: the vCPU finishes it before anything else (vcpu_drain). */
static void drain_later(struct mm_vcpu *v, struct frame *f)
{
    BUG_ON(!mfn_eq(v->drain, INVALID_MFN));
    v->drain = frame_to_mfn(v->d->machine, f);
}

static int update_table(struct mm_vcpu *v, struct mm_domain *d, const struct frame *table,
                        unsigned int level, unsigned int index, uint64_t val, bool keep_ad)
{
    struct machine *m = d->machine;
    uint64_t *p = &pt_of(m, table)[index];
    uint64_t old = READ_ONCE(*p);
    struct frame *pending;
    int rc;

    if ( is_hv_slot(level, index) )
    {
        port_refuse(d, "L4 slot %u belongs to the hypervisor", index);
        return -EINVAL;
    }
    if ( !(val & PTE_P) )
        keep_ad = false;

    if ( (old & val & PTE_P) && mfn_eq(pte_mfn(old), pte_mfn(val)) )
    {
        uint64_t new = pte_adjust_table(level, val);

        if ( !table_entry_bits_ok(d, level, table, val) )
            return -EINVAL;
        if ( __atomic_compare_exchange_n(p, &old, keep_ad ? new | (old & PTE_AD) : new, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) )
            return 0;
    }

    rc = table_entry_get(d, level, table, val, &pending);
    if ( rc )
    {
        /* A child left half validated keeps itself; one that still has to be taken apart is this vCPU's to finish. */
        if ( pending && rc == -ERESTART )
            frame_put(m, pending);
        else if ( pending )
            drain_later(v, pending);
        return rc;
    }
    exchange_entry(p, &old, pte_adjust_table(level, val), keep_ad);
    if ( table_entry_put(d, level, table, old, &pending) )
        drain_later(v, pending);
    return 0;
}

/* ---- 4. the table written to --------------------------------------------------------------------------------------- */

void frame_unhold(struct machine *m, struct frame *f)
{
    /* What cannot be taken apart now stays partial; teardown or the next use goes on with it. */
    int rc = frame_type_put(machine_domain(m, (uint16_t)(f->owner - 1)), f);

    (void)rc;
    frame_put(m, f);
}

/*
 * Take a general and a typed reference on a frame the guest wants to write an entry to, as what it is now: a validated table, or else
 * a page it may write to anyway. -EINVAL: neither, or not @d's.
 */
static int hold(struct mm_domain *d, struct frame *f, enum frame_type *type)
{
    struct machine *m = d->machine;
    int rc;

    if ( likely(frame_hold_fast(d, f, type)) )
        return 0;
    if ( !frame_get(m, frame_to_mfn(m, f), OWNER(d->id)) )
        return -EINVAL;
    *type = word_type(frame_word(f));
    if ( type_is_table(*type) && frame_type_get_valid(f, *type) )
        return 0;
    *type = FRAME_WRITABLE;
    rc = frame_type_get(d, f, FRAME_WRITABLE);
    if ( rc )
        frame_put(m, f);
    return rc ? -EINVAL : 0;
}

static void release(struct mm_vcpu *v, struct mm_domain *d, struct frame *f)
{
    if ( likely(frame_release_fast(f)) )
        return;
    if ( frame_type_put(d, f) == 0 )
        frame_put(d->machine, f);
    else if ( mfn_eq(v->drain, INVALID_MFN) )
        drain_later(v, f);
    else
        /* Its partial state keeps it; teardown or the next use goes on with it. */
        frame_put(d->machine, f);
}

/* ---- 5. mmu_update ------------------------------------------------------------------------------------------------- */

/* A guest's requests and what they have in common. Successive ones mostly go to the same table: it is held until another one is named. */
struct batch
{
    struct mm_vcpu *v;
    const struct mmu_target *t;
    struct leaf l;
    struct frame *f; /* of the table held, or NULL */
    enum frame_type type;
    uint64_t mfn;
    uint64_t *table;
};

static void batch_release(struct batch *b)
{
    if ( b->f )
        release(b->v, b->t->pt, b->f);
    b->f = NULL;
}

static void refuse_hold(const struct mm_vcpu *v, const struct mm_domain *d, uint64_t ptr)
{
    const struct machine *m = d->machine;
    uint64_t mfn = ptr >> PAGE_SHIFT;

    if ( mfn >= m->max_mfn || READ_ONCE(mfn_to_frame(m, _mfn(mfn))->owner) != OWNER(d->id) )
        port_refuse(v->d, "mmu_update at 0x%llx: mfn 0x%llx is not the domain's",
                    (unsigned long long)ptr, (unsigned long long)mfn);
    else
        port_refuse(v->d, "mmu_update at 0x%llx: mfn 0x%llx is %s", (unsigned long long)ptr,
                    (unsigned long long)mfn,
                    frame_type_name(word_type(frame_word(mfn_to_frame(m, _mfn(mfn))))));
}

/* Hold the table in which the entry at @ptr lies. */
static int batch_hold(struct batch *b, uint64_t ptr)
{
    struct machine *m = b->v->d->machine;
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
    struct frame *f;

    if ( b->f && b->mfn == mfn_x(mfn) )
        return 0;
    batch_release(b);
    if ( mfn_x(mfn) >= m->max_mfn || hold(b->t->pt, mfn_to_frame(m, mfn), &b->type) )
    {
        refuse_hold(b->v, b->t->pt, ptr);
        return -EINVAL;
    }
    f = mfn_to_frame(m, mfn);
    b->f = f;
    b->mfn = mfn_x(mfn);
    b->table = pt_of(m, f);
    return 0;
}

/* The entry at machine address @ptr of the domain's tables becomes @val. */
static int update_entry(struct batch *b, uint64_t ptr, uint64_t val, bool keep_ad)
{
    const struct map_owner o = { .d = b->t->pt, .pg = b->t->pg, .no_mmio = b->t->no_mmio };
    unsigned int index = (ptr & ~PAGE_MASK) / sizeof(uint64_t);
    int rc = batch_hold(b, ptr);

    if ( rc )
        return rc;
    if ( index >= PT_ENTRIES )
        return -EINVAL;
    if ( b->type == FRAME_L1 )
        return update_l1(&o, &b->table[index], val, keep_ad);
    if ( b->type == FRAME_WRITABLE )
    {
        WRITE_ONCE(b->table[index], val);
        return 0;
    }
    if ( b->t->pt != b->t->pg )
    {
        port_refuse(b->v->d, "an entry of an L%u table can only link the owner's own tables",
                    (unsigned int)(b->type - FRAME_L1) + 1);
        return -EINVAL;
    }
    return update_table(b->v, b->t->pt, b->f, (unsigned int)(b->type - FRAME_L1) + 1, index, val,
                        keep_ad);
}

static int update_m2p(const struct batch *b, uint64_t ptr, uint64_t val)
{
    struct machine *m = b->v->d->machine;
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);

    if ( unlikely(!frame_get_fast(m, mfn, b->l.owner) &&
                  (!b->t->pg || !frame_get_account(m, mfn, OWNER(b->t->pg->id)))) )
    {
        port_refuse(b->v->d, "MACHPHYS update: mfn 0x%llx is not the domain's",
                    (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    WRITE_ONCE(m->m2p[mfn_x(mfn)], val);
    frame_put_fast(m, mfn_to_frame(m, mfn));
    return 0;
}

static int mmu_update_one(struct batch *b, const struct pt_update *req)
{
    uint64_t ptr = req->ptr & ~7ULL;

    switch ( req->ptr & 7 )
    {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE: return update_entry(b, ptr, req->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD: return update_entry(b, ptr, req->val, true);
    case MMU_MACHPHYS_UPDATE: return update_m2p(b, ptr, req->val);
    default:
        port_refuse(b->v->d, "mmu_update: no command %u", (unsigned int)(req->ptr & 7));
        return -ENOSYS;
    }
}

/*
 * Requests [req, end) as long as they are like the first: normal updates of the L1 table that is held, of common entries; or machphys
 * updates of the domain's pages. Returns the first that is not.
 */
static const struct pt_update *run_updates(const struct batch *b, const struct pt_update *req,
                                           const struct pt_update *end)
{
    const uint64_t base = b->mfn << PAGE_SHIFT;
    const struct leaf l = b->l;
    uint64_t *const table = b->table;

    for ( ; req != end; req++ )
    {
        uint64_t offset = req->ptr - base;

        if ( offset >= PT_ENTRIES * sizeof(uint64_t) || (offset & 7) ||
             !update_common(&l, (uint64_t *)((char *)table + offset), req->val, false) )
            break;
    }
    return req;
}

static const struct pt_update *run_machphys(const struct batch *b, const struct pt_update *req,
                                            const struct pt_update *end)
{
    struct machine *m = b->v->d->machine;
    const uint16_t owner = b->l.owner;

    for ( ; req != end && (req->ptr & 7) == MMU_MACHPHYS_UPDATE; req++ )
    {
        mfn_t mfn = _mfn(req->ptr >> PAGE_SHIFT);

        if ( unlikely(!frame_get_fast(m, mfn, owner)) )
            break;
        WRITE_ONCE(m->m2p[mfn_x(mfn)], req->val);
        frame_put_fast(m, mfn_to_frame(m, mfn));
    }
    return req;
}

/* Some requests: as many as are common ones, or else one. *done moves on by those that took effect. */
static int update_some(struct batch *b, const struct pt_update *req, unsigned int *done,
                       unsigned int end)
{
    const struct pt_update *first = &req[*done], *stop = first;
    int rc;

    if ( (first->ptr & 7) == MMU_MACHPHYS_UPDATE )
        stop = run_machphys(b, first, &req[end]);
    else if ( (first->ptr & 7) == MMU_NORMAL_PT_UPDATE )
    {
        rc = batch_hold(b, first->ptr);
        if ( rc )
            return rc;
        if ( b->type == FRAME_L1 )
            stop = run_updates(b, first, &req[end]);
    }
    if ( stop != first )
    {
        *done = (unsigned int)(stop - req);
        return 0;
    }
    rc = mmu_update_one(b, first);
    if ( rc == 0 )
        ++*done;
    return rc;
}

int mmu_update(struct mm_vcpu *v, const struct mmu_target *t, const struct pt_update *req,
               unsigned int nr, unsigned int *done)
{
    const unsigned int mask = v->d->machine->yield_mask;
    struct batch b;
    unsigned int i = 0;
    int rc = vcpu_drain(v);

    b.v = v;
    b.t = t;
    b.f = NULL;
    b.l = leaf_of(t->pt, t->pg);
    while ( rc == 0 && i < nr )
    {
        rc = update_some(&b, req, &i, MIN((i | mask) + 1, nr));
        if ( rc || i == nr )
            break;
        if ( unlikely(!mfn_eq(v->drain, INVALID_MFN)) )
        {
            batch_release(&b);
            rc = vcpu_drain(v);
        }
        else if ( !(i & mask) && port_should_yield() )
            rc = -ERESTART;
    }
    batch_release(&b);
    *done = i;
    return rc;
}

bool mmu_update_common(struct mm_vcpu *v, uint64_t ptr, uint64_t val)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct leaf l = leaf_owned(d, OWNER(d->id));
    uint64_t mfn = ptr >> PAGE_SHIFT;
    struct frame *f = mfn_to_frame(m, _mfn(mfn));
    unsigned int offset = (unsigned int)(ptr & ~PAGE_MASK);
    bool done;

    if ( (offset & 7) != MMU_NORMAL_PT_UPDATE || offset >= PT_ENTRIES * sizeof(uint64_t) ||
         mfn >= m->max_mfn || !mfn_eq(v->drain, INVALID_MFN) ||
         !frame_hold_table(m, f, l.owner, FRAME_L1) )
        return false;
    done = update_common(&l, (uint64_t *)((char *)mfn_to_virt(m, _mfn(mfn)) + offset), val, false);
    if ( unlikely(!frame_release_fast(f)) )
        release(v, d, f);
    return done;
}

/* ---- 6. update_va_mapping ------------------------------------------------------------------------------------------ */

static void flush_as_asked(struct mm_vcpu *v, uint64_t va, unsigned long flags, uint64_t vcpumask)
{
    unsigned int what = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG ? FLUSH_VA : FLUSH_ALL;
    uint64_t whom = vcpumask;

    if ( (flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE )
        return;
    if ( (flags & ~(unsigned long)UVMF_FLUSHTYPE_MASK) == UVMF_LOCAL )
        whom = 1ULL << v->id;
    else if ( (flags & ~(unsigned long)UVMF_FLUSHTYPE_MASK) == UVMF_ALL )
        whom = ~0ULL;
    port_flush(v->d, whom, what, va);
}

/* Hold the frame if it is an L1 table of @d's. */
static bool hold_l1(struct mm_domain *d, struct frame *f)
{
    struct machine *m = d->machine;

    if ( likely(frame_hold_table(m, f, OWNER(d->id), FRAME_L1)) )
        return true;
    if ( !frame_get(m, frame_to_mfn(m, f), OWNER(d->id)) )
        return false;
    if ( frame_type_get_valid(f, FRAME_L1) )
        return true;
    frame_put(m, f);
    return false;
}

/*
 * The table in which the L1 entry of @va stands now, held. NULL: there is none. Through a self-linking L4 the walk ends in a table of a
 * higher level: that is no L1 entry.
 */
static struct frame *hold_l1_of(struct mm_vcpu *v, uint64_t va)
{
    struct mm_domain *d = v->d;
    struct frame *f;

    if ( !va_is_guest(va, 1) || mfn_eq(v->root, INVALID_MFN) )
        return NULL;
    f = pt_walk_l1(d->machine, v->root, OWNER(d->id), va);
    return f && hold_l1(d, f) ? f : NULL;
}

int update_va_mapping(struct mm_vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                      unsigned long flags, uint64_t vcpumask)
{
    struct mm_domain *d = v->d;
    const struct map_owner o = { .d = d, .pg = t->pg, .no_mmio = t->no_mmio };
    const struct leaf l = leaf_of(d, t->pg);
    struct frame *table;
    uint64_t *p;
    int rc = vcpu_drain(v);

    if ( rc )
        return rc;
    table = hold_l1_of(v, va);
    if ( !table )
    {
        port_refuse(d, "update_va_mapping: no L1 table maps 0x%llx", (unsigned long long)va);
        return -EINVAL;
    }
    p = &pt_of(d->machine, table)[pt_index(va, 1)];
    rc = update_common(&l, p, val, false) ? 0 : update_l1(&o, p, val, false);
    release(v, d, table);
    /* Only an address that was found to be the guest's is ever flushed (XSA-279). */
    if ( rc == 0 )
        flush_as_asked(v, va, flags, vcpumask);
    return rc;
}

bool update_va_common(struct mm_vcpu *v, uint64_t va, uint64_t val, bool invlpg)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct leaf l = leaf_owned(d, OWNER(d->id));
    struct frame *table;
    bool done;

    if ( unlikely(!mfn_eq(v->drain, INVALID_MFN) || mfn_eq(v->root, INVALID_MFN) ||
                  !va_is_guest(va, 1)) )
        return false;
    table = pt_walk_l1(m, v->root, l.owner, va);
    if ( unlikely(!table || !frame_hold_table(m, table, l.owner, FRAME_L1)) )
        return false;
    done = update_common(&l, &pt_of(m, table)[pt_index(va, 1)], val, false);
    if ( unlikely(!frame_release_fast(table)) )
        release(v, d, table);
    if ( done && invlpg )
        port_flush(d, 1ULL << v->id, FLUSH_VA, va);
    return done;
}

/* Successive ones mostly are of the same table: it is held until one is not. */
unsigned int update_va_run(struct mm_vcpu *v, const struct va_update *req, unsigned int nr)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct leaf l = leaf_owned(d, OWNER(d->id));
    const struct va_update *r = req, *const end = req + nr;

    while ( r != end && mfn_eq(v->drain, INVALID_MFN) && !mfn_eq(v->root, INVALID_MFN) &&
            va_is_guest(r->va, 1) )
    {
        const struct va_update *const first = r;
        struct frame *f = pt_walk_l1(m, v->root, l.owner, r->va);
        uint64_t *table;

        if ( unlikely(!f || !frame_hold_table(m, f, l.owner, FRAME_L1)) )
            break;
        table = pt_of(m, f);
        for ( ; r != end && !((r->va ^ first->va) >> L1_SPAN_SHIFT); r++ )
        {
            if ( unlikely(!update_common(&l, &table[pt_index(r->va, 1)], r->val, false)) )
                break;
            if ( r->invlpg )
                port_flush(d, 1ULL << v->id, FLUSH_VA, r->va);
        }
        if ( unlikely(!frame_release_fast(f)) )
            release(v, d, f);
        if ( r == first )
            break;
    }
    return (unsigned int)(r - req);
}

/* ---- 7. page-table writes ------------------------------------------------------------------------------------------ */

/* update_l1() of an entry that must be @old still. */
static int store_l1(const struct map_owner *o, uint64_t *p, uint64_t old, uint64_t new)
{
    const struct machine *m = o->d->machine;
    int rc;

    if ( same_mapping(old, new) )
    {
        if ( !l1e_bits_ok(o->d, new) )
            return -EINVAL;
        return exchange_once(p, old, l1e_adjust(m, new), false) ? 0 : -EAGAIN;
    }
    rc = l1e_get(o, new);
    if ( rc )
        return rc;
    if ( exchange_once(p, old, l1e_adjust(m, new), false) )
    {
        l1e_put(o->d, old);
        return 0;
    }
    l1e_put(o->d, new);
    return -EAGAIN;
}

int ptwr_update(struct mm_vcpu *v, uint64_t ptr, uint64_t old, uint64_t new)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct map_owner o = { .d = d, .pg = d };
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
    struct frame *f;
    uint64_t *p;
    int rc = vcpu_drain(v);

    if ( rc )
        return -EAGAIN;
    if ( (ptr & 7) || (ptr & ~PAGE_MASK) / 8 >= PT_ENTRIES || mfn_x(mfn) >= m->max_mfn ||
         !hold_l1(d, mfn_to_frame(m, mfn)) )
        return -EINVAL;

    f = mfn_to_frame(m, mfn);
    p = &pt_of(m, f)[(ptr & ~PAGE_MASK) / 8];
    rc = store_l1(&o, p, old, new);
    release(v, d, f);
    return rc;
}

bool ptwr_common(struct mm_vcpu *v, uint64_t va, uint64_t val)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct leaf l = leaf_owned(d, OWNER(d->id));
    struct frame *f;
    uint64_t e;
    bool done;

    if ( unlikely(!mfn_eq(v->drain, INVALID_MFN) || (va & 7) || !va_is_guest(va, 1)) )
        return false;
    f = pt_walk_l1(m, v->root, l.owner, va);
    if ( unlikely(!f) )
        return false;
    /* The table that the address shows, if it shows one read-only. */
    e = READ_ONCE(pt_of(m, f)[pt_index(va, 1)]);
    f = leaf_frame(&l, e);
    if ( (e & (l.special | PTE_RW | PTE_US)) != (PTE_P | PTE_US) ||
         leaf_offset(e) >= l.frames_size || (va & ~PAGE_MASK) / 8 >= PT_ENTRIES ||
         !frame_hold_table(m, f, l.owner, FRAME_L1) )
        return false;
    done = update_common(&l, &pt_of(m, f)[(va & ~PAGE_MASK) / 8], val, false);
    if ( unlikely(!frame_release_fast(f)) )
        release(v, d, f);
    return done;
}
