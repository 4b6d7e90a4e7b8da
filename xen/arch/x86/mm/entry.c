/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one page-table entry demands.
 *
 *   1. entries that are not present: harmless, also to a CPU that speculates through them (XSA-273)
 *   2. L1 entries: map a page. Read-only takes a general reference, writable a typed one (FRAME_WRITABLE). MMIO has no
 *      account; the domain's iomem[] decides.
 *   3. L2-L4 entries: link a table one level down, typed. An L4 may link itself read-only and takes nothing for it;
 *      no other link between equals exists, so there are no chains to follow (XSA-240).
 *
 * Keeps invariants 1 to 5. Locks: none.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

#include "fast.h"

const char *frame_type_name(enum frame_type type)
{
    static const char *const names[] = {
        [FRAME_NONE] = "an unused page",    [FRAME_WRITABLE] = "a writable page",
        [FRAME_L1] = "an L1 table",         [FRAME_L2] = "an L2 table",
        [FRAME_L3] = "an L3 table",         [FRAME_L4] = "an L4 table",
        [FRAME_DESC] = "a descriptor page",
    };

    return (unsigned int)type < ARRAY_SIZE(names) ? names[type] : "?";
}

/* ---- 1. not present ---------------------------------------------------------------------------------------------- */

static bool absent_entry_safe(const struct mm_domain *d, unsigned int level, uint64_t e)
{
    uint64_t addr = e & PTE_ADDR_BITS;

    if ( addr == 0 || addr >= d->machine->l1tf_limit )
        return true;
    port_refuse(
        d, "L%u entry 0x%llx is not present but names memory (L1TF): keep the address above 0x%llx",
        level, (unsigned long long)e, (unsigned long long)d->machine->l1tf_limit);
    return false;
}

/* ---- 2. L1 entries ----------------------------------------------------------------------------------------------- */

/* Does @e name memory in use, as opposed to MMIO? */
static bool names_memory(const struct machine *m, uint64_t e)
{
    mfn_t mfn = pte_mfn(e);

    return mfn_x(mfn) < m->max_mfn && word_refs(frame_word(mfn_to_frame(m, mfn)));
}

bool l1e_bits_ok(const struct mm_domain *d, uint64_t e)
{
    uint64_t bad = 0;

    /* What is not a flag is the address, and l1e_get_mmio() knows those that the CPU cannot name. */
    _Static_assert((L1_ALLOWED | PTE_ADDR_BITS) == ~0ULL,
                   "an L1 entry has no bits that must be clear");

    if ( !(e & PTE_P) )
        return absent_entry_safe(d, 1, e);

    if ( unlikely(e & PTE_CACHE) && !d->cache_attrs && names_memory(d->machine, e) )
        bad = e & PTE_CACHE;
    if ( likely(!bad && pte_pat_index(e) < 6) )
        return true;

    if ( bad )
        port_refuse(
            d,
            "L1 entry 0x%llx chooses a memory type (bits 0x%llx): only a domain with hardware access may",
            (unsigned long long)e, (unsigned long long)bad);
    else
        port_refuse(d, "L1 entry 0x%llx uses PAT entry %u, which is reserved",
                    (unsigned long long)e, pte_pat_index(e));
    return false;
}

bool iomem_permitted(const struct mm_domain *d, mfn_t mfn)
{
    for ( unsigned int i = 0; i < d->nr_iomem; i++ )
        if ( mfn_x(mfn) - mfn_x(d->iomem[i].first) < d->iomem[i].nr )
            return true;
    return false;
}

/* The frame has no references: free memory, or no memory at all. No domain's iomem[] reaches beyond the CPU's address width. */
static int l1e_get_mmio(const struct map_owner *o, uint64_t e)
{
    const struct machine *m = o->d->machine;
    mfn_t mfn = pte_mfn(e);
    /* All ones is what guests have for "no frame", not an attempt on a device. */
    bool no_frame = (e & PTE_ADDR_BITS) == PTE_ADDR_BITS;

    if ( mfn_is_ram(m, mfn) )
    {
        port_refuse(o->d, "L1 entry 0x%llx maps mfn 0x%llx, which is nobody's memory",
                    (unsigned long long)e, (unsigned long long)mfn_x(mfn));
        return -EBUSY;
    }
    if ( !no_frame && !o->no_mmio && iomem_permitted(o->d, mfn) )
        return 0;
    port_refuse(
        o->d,
        "L1 entry 0x%llx maps mfn 0x%llx: not memory, and the domain has no access to that device",
        (unsigned long long)e, (unsigned long long)mfn_x(mfn));
    return no_frame ? -EINVAL : -EPERM;
}

static void refuse_owner(const struct map_owner *o, uint64_t e, const struct frame *f)
{
    uint16_t owner = frame_owner(f);

    if ( o->pg && owner == OWNER(o->pg->id) )
        port_refuse(o->d, "L1 entry 0x%llx maps mfn 0x%llx, which has too many uses already",
                    (unsigned long long)e, (unsigned long long)mfn_x(pte_mfn(e)));
    else
        port_refuse(o->d, "L1 entry 0x%llx maps mfn 0x%llx, which belongs to %s%d",
                    (unsigned long long)e, (unsigned long long)mfn_x(pte_mfn(e)),
                    owner > DOMID_FIRST_RESERVED ? "the hypervisor, d" : "d", owner - 1);
}

static int l1e_get_type(const struct map_owner *o, uint64_t e, struct frame *f)
{
    uint64_t w;
    int rc = frame_type_get(o->d, f, FRAME_WRITABLE);

    if ( rc == 0 )
        return 0;
    w = frame_word(f);
    port_refuse(o->d,
                "L1 entry 0x%llx would map mfn 0x%llx writable, but it is %s%s (%llu uses as such)",
                (unsigned long long)e, (unsigned long long)mfn_x(pte_mfn(e)),
                w & FRAME_PINNED ? "pinned as " : "", frame_type_name(word_type(w)),
                (unsigned long long)word_types(w));
    return -EBUSY;
}

/* A page written around the caches must be flushed before its content is trusted (XSA-402). */
static void note_noncoherent(struct frame *f)
{
    __atomic_fetch_or(&f->word, FRAME_NONCOHERENT, __ATOMIC_SEQ_CST);
}

/*
 * The common case in one compare-exchange: the frame is in use and either no type is asked for or it is writable already.
 * False leaves everything as it was.
 */
static bool l1e_get_fast(const struct map_owner *o, uint64_t e, struct frame *f)
{
    uint64_t old = frame_word(f), add = FRAME_REF;

    if ( e & PTE_RW )
    {
        if ( word_type(old) != FRAME_WRITABLE || !word_types(old) || (old & FRAME_LOCKED) ||
             word_types(old) >= FRAME_REFS_LIMIT )
            return false;
        add |= FRAME_TYPED;
    }
    if ( !word_refs(old) || word_refs(old) >= FRAME_REFS_LIMIT ||
         READ_ONCE(f->owner) != OWNER(o->pg->id) || !frame_cas(f, &old, old + add) )
        return false;
    if ( likely(READ_ONCE(f->owner) == OWNER(o->pg->id)) )
        return true;
    /* Freed and given to somebody else between the two looks. */
    if ( e & PTE_RW )
        frame_put_leaf(o->d, f);
    else
        frame_put(o->d->machine, f);
    return false;
}

int l1e_get(const struct map_owner *o, uint64_t e)
{
    struct machine *m = o->d->machine;
    mfn_t mfn = pte_mfn(e);
    struct frame *f;

    if ( unlikely(!l1e_bits_ok(o->d, e)) )
        return -EINVAL;
    if ( !(e & PTE_P) )
        return 0;
    if ( unlikely(!names_memory(m, e)) )
        return l1e_get_mmio(o, e);

    f = mfn_to_frame(m, mfn);
    if ( unlikely(!o->pg) )
    {
        refuse_owner(o, e, f);
        return -EBUSY;
    }
    if ( unlikely(!l1e_get_fast(o, e, f)) )
    {
        int rc;

        if ( !frame_get(m, mfn, OWNER(o->pg->id)) )
        {
            refuse_owner(o, e, f);
            return -EBUSY;
        }
        rc = e & PTE_RW ? l1e_get_type(o, e, f) : 0;
        if ( rc )
        {
            frame_put(m, f);
            return rc;
        }
    }
    if ( unlikely((e & PTE_CACHE) && (e & PTE_RW)) )
        note_noncoherent(f);
    return 0;
}

/* An LDT is found by its linear address: with the page that shows it gone, nobody knows any more what it is. */
static void l1e_put_desc(struct mm_domain *d, const struct frame *f)
{
    if ( f->owner != OWNER(d->id) )
        return;
    for ( unsigned int i = 0; i < d->nr_vcpus; i++ )
        ldt_drop(d->vcpus[i]);
}

void l1e_put(struct mm_domain *d, uint64_t e)
{
    struct machine *m = d->machine;
    mfn_t mfn = pte_mfn(e);
    struct frame *f;
    uint64_t w;

    if ( !(e & PTE_P) || mfn_x(mfn) >= m->max_mfn )
        return;
    f = mfn_to_frame(m, mfn);
    w = frame_word(f);
    if ( !word_refs(w) )
    {
        BUG_ON(mfn_is_ram(m, mfn));
        return;
    }

    if ( e & PTE_RW )
    {
        frame_put_leaf(d, f);
        return;
    }
    if ( unlikely(word_type(w) == FRAME_DESC && word_types(w)) )
        l1e_put_desc(d, f);
    frame_put(m, f);
}

uint64_t l1e_adjust(const struct machine *m, uint64_t e)
{
    mfn_t mfn = pte_mfn(e);

    if ( !(e & PTE_P) )
        return e;
    /* Two views of a device with different memory types would confuse the CPU (XSA-154): write-combining stays, all else
     * becomes uncacheable. */
    if ( unlikely(mfn_x(mfn) >= m->max_mfn || !word_refs(frame_word(mfn_to_frame(m, mfn)))) &&
         pte_pat_index(e) != 4 )
        e = (e & ~PTE_CACHE) | PTE_CACHE_UC;
    return pte_adjust_l1(e);
}

/* ---- 3. L2-L4 entries -------------------------------------------------------------------------------------------- */

static bool is_self_link(const struct machine *m, unsigned int level, const struct frame *table,
                         uint64_t e)
{
    return level == 4 && mfn_eq(pte_mfn(e), frame_to_mfn(m, table));
}

bool table_entry_bits_ok(const struct mm_domain *d, unsigned int level, const struct frame *table,
                         uint64_t e)
{
    const struct machine *m = d->machine;
    uint64_t bad;

    if ( !(e & PTE_P) )
        return absent_entry_safe(d, level, e);

    bad = e & ~(TABLE_ALLOWED | m->paddr_mask);
    if ( unlikely(bad) )
    {
        port_refuse(d, "L%u entry 0x%llx sets bits 0x%llx that must be clear%s", level,
                    (unsigned long long)e, (unsigned long long)bad,
                    bad & PTE_PSE ? " (superpages are not offered)" : "");
        return false;
    }
    if ( unlikely((e & PTE_RW) && is_self_link(m, level, table, e)) )
    {
        port_refuse(d, "L4 entry 0x%llx maps its own table; that is allowed read-only only",
                    (unsigned long long)e);
        return false;
    }
    return true;
}

int table_entry_get(struct mm_domain *d, unsigned int level, const struct frame *table, uint64_t e,
                    struct frame **pending)
{
    const enum frame_type type = (enum frame_type)(FRAME_L1 + level - 2);
    struct machine *m = d->machine;
    mfn_t mfn = pte_mfn(e);
    struct frame *f;
    int rc;

    *pending = NULL;
    if ( !table_entry_bits_ok(d, level, table, e) )
        return -EINVAL;
    if ( !(e & PTE_P) || is_self_link(m, level, table, e) )
        return 0;

    /* Mostly it is a table of that kind already. */
    if ( mfn_x(mfn) < m->max_mfn && frame_hold_table(m, mfn_to_frame(m, mfn), OWNER(d->id), type) )
        return 0;
    if ( !frame_get(m, mfn, OWNER(d->id)) )
    {
        port_refuse(d, "L%u entry 0x%llx: mfn 0x%llx is not the domain's", level,
                    (unsigned long long)e, (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    f = mfn_to_frame(m, mfn);
    rc = frame_type_get(d, f, type);
    if ( rc == 0 )
        return 0;
    if ( rc == -ERESTART || frame_is_partial(f, type) )
        *pending = f;
    else
        frame_put(m, f);
    return rc;
}

int table_entry_put(struct mm_domain *d, unsigned int level, const struct frame *table, uint64_t e,
                    struct frame **pending)
{
    struct machine *m = d->machine;
    struct frame *f;
    int rc;

    *pending = NULL;
    if ( !(e & PTE_P) || is_self_link(m, level, table, e) )
        return 0;

    f = mfn_to_frame(m, pte_mfn(e));
    if ( frame_release_fast(f) )
        return 0;
    rc = frame_type_put(d, f);
    if ( rc == 0 )
        frame_put(m, f);
    else
        *pending = f;
    return rc;
}
