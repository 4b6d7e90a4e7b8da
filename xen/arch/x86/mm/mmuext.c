/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended MMU operations.
 *
 *   1. vcpu_drain: work left over from an earlier operation
 *   2. pin and unpin
 *   3. roots: NEW_BASEPTR, NEW_USER_BASEPTR
 *   4. CLEAR_PAGE, COPY_PAGE
 *   5. flushes, and the table of all operations
 *
 * An operation that drops the last typed reference on a table may have to stop half-way. It counts as done all the same; the
 * frame goes to v->drain with a reference of its own, and no other operation of the vCPU starts before it is finished.
 *
 * Keeps invariants 2, 6, 9, 10. Locks: none.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

#include "fast.h"

/* ---- 1. drain ------------------------------------------------------------------------------------------------------ */

int vcpu_drain(struct mm_vcpu *v)
{
    struct machine *m = v->d->machine;
    struct frame *f;
    int rc;

    if ( likely(mfn_eq(v->drain, INVALID_MFN)) )
        return 0;
    f = mfn_to_frame(m, v->drain);
    rc = frame_drain(machine_domain(m, (uint16_t)(f->owner - 1)), f);
    if ( rc )
        return rc;
    v->drain = INVALID_MFN;
    frame_put(m, f);
    return 0;
}

/* Drop a typed reference; what cannot be finished now is left to vcpu_drain(). */
static void put_typed(struct mm_vcpu *v, struct mm_domain *owner, struct frame *f)
{
    if ( frame_type_put(owner, f) )
    {
        BUG_ON(!mfn_eq(v->drain, INVALID_MFN));
        v->drain = frame_to_mfn(v->d->machine, f);
    }
    else
        frame_put(v->d->machine, f);
}

/* A general reference becomes a typed one, or goes; a failed promotion that is not undone yet is left to vcpu_drain(). */
static int type_or_drop(struct mm_vcpu *v, struct mm_domain *owner, struct frame *f,
                        enum frame_type type)
{
    int rc = frame_type_get(owner, f, type);

    if ( rc == 0 )
        return 0;
    if ( rc != -ERESTART && frame_is_partial(f, type) && mfn_eq(v->drain, INVALID_MFN) )
        v->drain = frame_to_mfn(v->d->machine, f);
    else
        frame_put(v->d->machine, f);
    return rc;
}

static int get_owned(struct mm_vcpu *v, const struct mm_domain *owner, mfn_t mfn, const char *what,
                     struct frame **f)
{
    struct machine *m = v->d->machine;

    if ( !owner || !frame_get(m, mfn, OWNER(owner->id)) )
    {
        port_refuse(v->d, "%s: mfn 0x%llx is not the domain's", what,
                    (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    *f = mfn_to_frame(m, mfn);
    return 0;
}

/* ---- 2. pin and unpin ---------------------------------------------------------------------------------------------- */

static bool set_pinned(struct frame *f)
{
    uint64_t old = frame_word(f);

    do
    {
        if ( old & FRAME_PINNED )
            return false;
    } while ( !frame_cas(f, &old, old | FRAME_PINNED) );
    return true;
}

bool frame_clear_pinned(struct frame *f)
{
    uint64_t old = frame_word(f);

    do
    {
        if ( !(old & FRAME_PINNED) )
            return false;
    } while ( !frame_cas(f, &old, old & ~FRAME_PINNED) );
    return true;
}

int pin_table(struct mm_vcpu *v, struct mm_domain *owner, mfn_t mfn, unsigned int level)
{
    struct frame *f;
    int rc = get_owned(v, owner, mfn, "pin", &f);

    if ( rc )
        return rc;
    rc = type_or_drop(v, owner, f, (enum frame_type)(FRAME_L1 + level - 1));
    if ( rc )
        return rc;
    if ( set_pinned(f) )
        return 0; /* the pin owns the typed reference now */
    port_refuse(v->d, "pin: mfn 0x%llx is pinned already", (unsigned long long)mfn_x(mfn));
    put_typed(v, owner, f);
    return -EINVAL;
}

static int unpin_table(struct mm_vcpu *v, struct mm_domain *owner, mfn_t mfn)
{
    struct frame *f;
    int rc = get_owned(v, owner, mfn, "unpin", &f);

    if ( rc )
        return rc;
    if ( frame_clear_pinned(f) )
        put_typed(v, owner, f);
    else
    {
        port_refuse(v->d, "unpin: mfn 0x%llx is not pinned", (unsigned long long)mfn_x(mfn));
        rc = -EINVAL;
    }
    frame_put(v->d->machine, f);
    return rc;
}

/* ---- 3. roots ------------------------------------------------------------------------------------------------------ */

/*
 * Machine addresses are the guest kernel's business, not its user programs'. Both run in ring 3, so what tells them apart is the
 * root: one that only user mode has used does not show the M2P.
 */
static void show_m2p(struct mm_domain *d, mfn_t root)
{
    WRITE_ONCE(pt_of(d->machine, mfn_to_frame(d->machine, root))[HV_SLOT_M2P], d->hv_slots[0]);
}

int new_base(struct mm_vcpu *v, mfn_t mfn, bool user)
{
    struct mm_domain *d = v->d;
    mfn_t *root = user ? &v->user_root : &v->root;
    mfn_t old = *root;
    struct frame *f;
    int rc = vcpu_drain(v); /* a guest's MOV to CR3 comes here directly */

    if ( rc )
        return rc;
    if ( user && mfn_x(mfn) == 0 )
        *root = INVALID_MFN;
    else if ( !mfn_eq(old, mfn) || mfn_eq(mfn, INVALID_MFN) )
    {
        rc = get_owned(v, d, mfn, user ? "new user base" : "new base", &f);
        if ( rc )
            return rc;
        rc = type_or_drop(v, d, f, FRAME_L4);
        if ( rc )
            return rc;
        *root = mfn;
        if ( !user )
            show_m2p(d, mfn);
    }

    if ( !user )
        ldt_drop(v); /* its linear address means something else now */
    if ( user == v->user_mode )
        port_load_root(v);
    if ( !mfn_eq(old, INVALID_MFN) && !mfn_eq(old, *root) )
        put_typed(v, d, mfn_to_frame(d->machine, old));
    return 0;
}

/* The same for a root that is one already, which needs no validation: what a context switch asks for. */
static bool new_base_common(struct mm_vcpu *v, mfn_t mfn, bool user)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    mfn_t *root = user ? &v->user_root : &v->root;
    mfn_t old = *root;

    if ( mfn_x(mfn) >= m->max_mfn || mfn_eq(old, INVALID_MFN) ||
         !frame_hold_table(m, mfn_to_frame(m, mfn), OWNER(d->id), FRAME_L4) )
        return false;
    *root = mfn;
    if ( !user )
    {
        show_m2p(d, mfn);
        if ( v->ldt_ents )
            ldt_drop(v);
    }
    if ( user == v->user_mode )
        port_load_root(v);
    if ( unlikely(!frame_release_fast(mfn_to_frame(m, old))) )
        put_typed(v, d, mfn_to_frame(m, old));
    return true;
}

/* ---- 4. pages ------------------------------------------------------------------------------------------------------ */

static int get_writable(struct mm_vcpu *v, const struct mmu_target *t, mfn_t mfn, const char *what,
                        struct frame **f)
{
    int rc = get_owned(v, t->pg, mfn, what, f);

    if ( rc )
        return rc;
    rc = type_or_drop(v, t->pg, *f, FRAME_WRITABLE);
    if ( rc )
        port_refuse(v->d, "%s: mfn 0x%llx is %s", what, (unsigned long long)mfn_x(mfn),
                    frame_type_name(word_type(frame_word(mfn_to_frame(v->d->machine, mfn)))));
    return rc;
}

static int clear_page(struct mm_vcpu *v, const struct mmu_target *t, mfn_t mfn)
{
    struct frame *f;
    int rc = get_writable(v, t, mfn, "CLEAR_PAGE", &f);

    if ( rc )
        return rc;
    port_scrub(v->d->machine, mfn);
    put_typed(v, t->pg, f);
    return 0;
}

static int copy_page(struct mm_vcpu *v, const struct mmu_target *t, mfn_t dst, mfn_t src)
{
    struct machine *m = v->d->machine;
    struct frame *from, *to;
    int rc = get_owned(v, t->pg, src, "COPY_PAGE source", &from);

    if ( rc )
        return rc;
    rc = get_writable(v, t, dst, "COPY_PAGE", &to);
    if ( rc == 0 )
    {
        memmove(mfn_to_virt(m, dst), mfn_to_virt(m, src), PAGE_SIZE);
        put_typed(v, t->pg, to);
    }
    frame_put(m, from);
    return rc;
}

/* ---- 5. all of them ------------------------------------------------------------------------------------------------ */

static int flush_va(struct mm_vcpu *v, uint64_t vcpus, uint64_t va)
{
    /* An address the guest cannot have is not in its TLB (XSA-279); the ABI has no error for it. */
    if ( va_is_guest(va, 1) )
        port_flush(v->d, vcpus, FLUSH_VA, va);
    return 0;
}

static int flush_cache(struct mm_vcpu *v, bool all_cpus)
{
    if ( !v->d->cache_attrs )
    {
        port_refuse(v->d, "cache flush: only a domain with hardware access may");
        return -EINVAL;
    }
    if ( all_cpus )
        port_flush_machine(v->d->machine, FLUSH_CACHE);
    else
        port_flush(v->d, 1ULL << v->id, FLUSH_CACHE, 0);
    return 0;
}

/* What concerns the calling vCPU itself cannot be done to another domain. */
static bool needs_self(unsigned int cmd)
{
    return cmd != MMUEXT_PIN_L1_TABLE && cmd != MMUEXT_PIN_L2_TABLE && cmd != MMUEXT_PIN_L3_TABLE &&
           cmd != MMUEXT_PIN_L4_TABLE && cmd != MMUEXT_UNPIN_TABLE && cmd != MMUEXT_CLEAR_PAGE &&
           cmd != MMUEXT_COPY_PAGE && cmd <= MMUEXT_FLUSH_CACHE_GLOBAL && cmd != 14;
}

int mmuext_op(struct mm_vcpu *v, const struct mmu_target *t, const struct mmuext *op)
{
    const uint64_t self = 1ULL << v->id;
    mfn_t mfn = _mfn(op->arg1);
    int rc = vcpu_drain(v);

    if ( rc )
        return rc;
    if ( t->pg != v->d && needs_self(op->cmd) )
    {
        port_refuse(v->d, "mmuext command %u acts on the caller itself only", op->cmd);
        return -EPERM;
    }

    switch ( op->cmd )
    {
    case MMUEXT_PIN_L1_TABLE: return pin_table(v, t->pg, mfn, 1);
    case MMUEXT_PIN_L2_TABLE: return pin_table(v, t->pg, mfn, 2);
    case MMUEXT_PIN_L3_TABLE: return pin_table(v, t->pg, mfn, 3);
    case MMUEXT_PIN_L4_TABLE: return pin_table(v, t->pg, mfn, 4);
    case MMUEXT_UNPIN_TABLE: return unpin_table(v, t->pg, mfn);
    case MMUEXT_NEW_BASEPTR: return new_base(v, mfn, false);
    case MMUEXT_NEW_USER_BASEPTR: return new_base(v, mfn, true);
    case MMUEXT_TLB_FLUSH_LOCAL: port_flush(v->d, self, FLUSH_ALL, 0); return 0;
    case MMUEXT_TLB_FLUSH_MULTI: port_flush(v->d, op->vcpumask, FLUSH_ALL, 0); return 0;
    case MMUEXT_TLB_FLUSH_ALL: port_flush(v->d, ~0ULL, FLUSH_ALL, 0); return 0;
    case MMUEXT_INVLPG_LOCAL: return flush_va(v, self, op->arg1);
    case MMUEXT_INVLPG_MULTI: return flush_va(v, op->vcpumask, op->arg1);
    case MMUEXT_INVLPG_ALL: return flush_va(v, ~0ULL, op->arg1);
    case MMUEXT_FLUSH_CACHE: return flush_cache(v, false);
    case MMUEXT_FLUSH_CACHE_GLOBAL: return flush_cache(v, true);
    case MMUEXT_SET_LDT: return ldt_set(v, op->arg1, (unsigned int)op->arg2);
    case MMUEXT_CLEAR_PAGE: return clear_page(v, t, mfn);
    case MMUEXT_COPY_PAGE: return copy_page(v, t, mfn, _mfn(op->arg2));
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER: port_refuse(v->d, "superpages are not offered"); return -EOPNOTSUPP;
    default: port_refuse(v->d, "mmuext: no command %u", op->cmd); return -ENOSYS;
    }
}

bool mmuext_common(struct mm_vcpu *v, unsigned int cmd, uint64_t arg1)
{
    if ( unlikely(!mfn_eq(v->drain, INVALID_MFN)) )
        return false;
    switch ( cmd )
    {
    case MMUEXT_NEW_BASEPTR: return new_base_common(v, _mfn(arg1), false);
    case MMUEXT_NEW_USER_BASEPTR: return new_base_common(v, _mfn(arg1), true);
    case MMUEXT_TLB_FLUSH_LOCAL: port_flush(v->d, 1ULL << v->id, FLUSH_ALL, 0); return true;
    case MMUEXT_INVLPG_LOCAL: flush_va(v, 1ULL << v->id, arg1); return true;
    default: return false;
    }
}
