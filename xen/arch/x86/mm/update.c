/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One entry changes: mmu_update, update_va_mapping, and stores of the guest to its read-only L1 tables.
 *
 *   1. targets: whose tables, whose pages (foreigndom)
 *   2. an L1 entry: take what the new one needs, exchange, give back what the old one had
 *   3. an entry of L2-L4 likewise
 *   4. the commands of mmu_update
 *   5. update_va_mapping
 *   6. page-table writes
 *
 * The exchange is a compare-exchange, and the references given back are those of exactly the value it replaced: the CPU
 * may set A and D, and another vCPU may change the entry, at any time. While an entry is changed its table is held by a
 * typed reference, so it stays a table.
 *
 * Keeps invariants 1 to 5 and 9. Locks: none.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

#include "entry.h"

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

static int update_l1(const struct map_owner *o, uint64_t *p, uint64_t val, bool keep_ad)
{
    const struct machine *m = o->d->machine;
    uint64_t old = READ_ONCE(*p);
    int rc;

    if ( !(val & PTE_P) )
        keep_ad = false;

    if ( same_mapping(old, val) )
    {
        uint64_t new = l1e_adjust(m, val);

        if ( !l1e_bits_ok(o->d, val) )
            return -EINVAL;
        if ( __atomic_compare_exchange_n(p, &old, keep_ad ? new | (old & PTE_AD) : new, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) )
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

/* ---- 4. mmu_update ------------------------------------------------------------------------------------------------- */

/*
 * Take a typed reference on a frame the guest wants to write an entry to, as what it is now: a validated table, or else a page
 * it may write to anyway.
 */
static int hold_as_is(struct mm_domain *d, struct frame *f, enum frame_type *type)
{
    *type = word_type(frame_word(f));
    if ( type_is_table(*type) && frame_type_get_valid(f, *type) )
        return 0;
    *type = FRAME_WRITABLE;
    return frame_type_get(d, f, FRAME_WRITABLE);
}

/* A typed reference taken by hold_as_is(), and the general one under it, go. */
static void release_held(struct mm_vcpu *v, struct mm_domain *d, struct frame *f)
{
    if ( frame_type_put(d, f) == 0 )
        frame_put(d->machine, f);
    else if ( mfn_eq(v->drain, INVALID_MFN) )
        drain_later(v, f);
    else
        /* Its partial state keeps it; teardown or the next use goes on with it. */
        frame_put(d->machine, f);
}

static int update_held(struct mm_vcpu *v, const struct mmu_target *t, struct frame *f,
                       enum frame_type type, uint64_t ptr, uint64_t val, bool keep_ad)
{
    uint64_t *table = pt_of(t->pt->machine, f);
    unsigned int index = (ptr & ~PAGE_MASK) / sizeof(uint64_t);
    const struct map_owner o = { .d = t->pt, .pg = t->pg, .no_mmio = t->no_mmio };

    if ( index >= PT_ENTRIES )
        return -EINVAL;
    if ( type == FRAME_WRITABLE )
    {
        WRITE_ONCE(table[index], val);
        return 0;
    }
    if ( type == FRAME_L1 )
        return update_l1(&o, &table[index], val, keep_ad);
    if ( t->pt != t->pg )
    {
        port_refuse(v->d, "an entry of an L%u table can only link the owner's own tables",
                    (unsigned int)(type - FRAME_L1) + 1);
        return -EINVAL;
    }
    return update_table(v, t->pt, f, (unsigned int)(type - FRAME_L1) + 1, index, val, keep_ad);
}

static int update_entry(struct mm_vcpu *v, const struct mmu_target *t, uint64_t ptr, uint64_t val,
                        bool keep_ad)
{
    struct mm_domain *d = t->pt;
    struct machine *m = d->machine;
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
    enum frame_type type;
    struct frame *f;
    int rc;

    if ( !frame_get(m, mfn, OWNER(d->id)) )
    {
        port_refuse(v->d, "mmu_update at 0x%llx: mfn 0x%llx is not the domain's",
                    (unsigned long long)ptr, (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    f = mfn_to_frame(m, mfn);
    rc = hold_as_is(d, f, &type);
    if ( rc )
    {
        port_refuse(v->d, "mmu_update at 0x%llx: mfn 0x%llx is %s", (unsigned long long)ptr,
                    (unsigned long long)mfn_x(mfn), frame_type_name(word_type(frame_word(f))));
        frame_put(m, f);
        return -EINVAL;
    }
    rc = update_held(v, t, f, type, ptr, val, keep_ad);
    release_held(v, d, f);
    return rc;
}

static int update_m2p(struct mm_vcpu *v, const struct mmu_target *t, uint64_t ptr, uint64_t val)
{
    struct machine *m = v->d->machine;
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);

    if ( !t->pg || !frame_get(m, mfn, OWNER(t->pg->id)) )
    {
        port_refuse(v->d, "MACHPHYS update: mfn 0x%llx is not the domain's",
                    (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    m2p_set(m, mfn, val);
    frame_put(m, mfn_to_frame(m, mfn));
    return 0;
}

static int mmu_update_one(struct mm_vcpu *v, const struct mmu_target *t,
                          const struct pt_update *req)
{
    uint64_t ptr = req->ptr & ~7ULL;

    switch ( req->ptr & 7 )
    {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE: return update_entry(v, t, ptr, req->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD: return update_entry(v, t, ptr, req->val, true);
    case MMU_MACHPHYS_UPDATE: return update_m2p(v, t, ptr, req->val);
    default:
        port_refuse(v->d, "mmu_update: no command %u", (unsigned int)(req->ptr & 7));
        return -ENOSYS;
    }
}

int mmu_update(struct mm_vcpu *v, const struct mmu_target *t, const struct pt_update *req,
               unsigned int nr, unsigned int *done)
{
    const struct machine *m = v->d->machine;

    *done = 0;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        int rc = vcpu_drain(v);

        if ( rc == 0 )
            rc = mmu_update_one(v, t, &req[i]);
        if ( rc )
            return rc;
        *done = i + 1;
        if ( i + 1 < nr && (i & m->yield_mask) == m->yield_mask && port_should_yield() )
            return -ERESTART;
    }
    return 0;
}

/* ---- 5. update_va_mapping ------------------------------------------------------------------------------------------ */

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

/* The L1 entry that maps @va now, its table held by a typed reference. NULL: there is none. */
static uint64_t *hold_l1e(struct mm_vcpu *v, uint64_t va, struct frame **table)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    struct pt_walk w;

    if ( !va_is_guest(va, 1) || mfn_eq(v->root, INVALID_MFN) || !pt_walk(m, v->root, va, &w) )
        return NULL;
    if ( !frame_get(m, w.table[1], OWNER(d->id)) )
        return NULL;
    *table = mfn_to_frame(m, w.table[1]);
    /* Through a self-linking L4 the walk ends in a table of a higher level: that is no L1 entry. */
    if ( !frame_type_get_valid(*table, FRAME_L1) )
    {
        frame_put(m, *table);
        return NULL;
    }
    return &pt_of(m, *table)[pt_index(va, 1)];
}

int update_va_mapping(struct mm_vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                      unsigned long flags, uint64_t vcpumask)
{
    const struct map_owner o = { .d = v->d, .pg = t->pg, .no_mmio = t->no_mmio };
    struct frame *table;
    uint64_t *p;
    int rc = vcpu_drain(v);

    if ( rc )
        return rc;
    p = hold_l1e(v, va, &table);
    if ( !p )
    {
        port_refuse(v->d, "update_va_mapping: no L1 table maps 0x%llx", (unsigned long long)va);
        return -EINVAL;
    }
    rc = update_l1(&o, p, val, false);
    release_held(v, v->d, table);
    /* Only an address that was found to be the guest's is ever flushed (XSA-279). */
    if ( rc == 0 )
        flush_as_asked(v, va, flags, vcpumask);
    return rc;
}

/* ---- 6. page-table writes ------------------------------------------------------------------------------------------ */

int ptwr_update(struct mm_vcpu *v, uint64_t ptr, uint64_t old, uint64_t new)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    const struct map_owner o = { .d = d, .pg = d };
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
    uint64_t adjusted, found = old;
    struct frame *f;
    uint64_t *p;
    int rc = vcpu_drain(v);

    if ( rc )
        return -EAGAIN;
    if ( (ptr & 7) || (ptr & ~PAGE_MASK) / 8 >= PT_ENTRIES || !frame_get(m, mfn, OWNER(d->id)) )
        return -EINVAL;
    f = mfn_to_frame(m, mfn);
    if ( !frame_type_get_valid(f, FRAME_L1) )
    {
        frame_put(m, f);
        return -EINVAL;
    }

    p = &pt_of(m, f)[(ptr & ~PAGE_MASK) / 8];
    rc = l1e_get(&o, new);
    if ( rc == 0 )
    {
        adjusted = l1e_adjust(m, new);
        if ( __atomic_compare_exchange_n(p, &found, adjusted, false, __ATOMIC_SEQ_CST,
                                         __ATOMIC_RELAXED) )
            l1e_put(d, old);
        else
        {
            l1e_put(d, new);
            rc = -EAGAIN;
        }
    }
    release_held(v, d, f);
    return rc;
}
