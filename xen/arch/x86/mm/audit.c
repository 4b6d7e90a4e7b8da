/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: recount every reference from first principles and compare with the accounts. One predicate an invariant
 * (docs/invariants.md); invariants 7 to 11 are about behaviour over time and are checked where it happens.
 *
 *   1. count_*: walk what exists and add up what it demands into the scratch counts
 *   2. inv_*: compare
 *
 * Nothing may change meanwhile: the caller stops all vCPUs. Frames that are locked are exempt, as no operation is under way
 * they must not exist. Locks: none.
 */
#include <public/xen.h>
#include <xen/mm_port.h>

#include "desc.h"
#include "entry.h"

struct audit
{
    struct machine *m;
    struct audit_count *count;
    struct audit_result *res;
};

#define violation(a, fmt, ...)                                                                     \
    do                                                                                             \
    {                                                                                              \
        (a)->res->violations++;                                                                    \
        port_refuse(NULL, "audit: " fmt, ##__VA_ARGS__);                                           \
    } while ( 0 )

static unsigned long long x(uint64_t n)
{
    return n;
}

static struct mm_domain *owner_of(const struct audit *a, const struct frame *f)
{
    return f->owner ? machine_domain(a->m, (uint16_t)(frame_owner(f) - 1)) : NULL;
}

/* The word of a frame in use; 0: it is free, and what stands there is the heap's. */
static uint64_t account_of(const struct frame *f)
{
    uint64_t w = frame_word(f);

    return word_refs(w) ? w : 0;
}

/* ---- 1. counting --------------------------------------------------------------------------------------------------- */

static void count(struct audit *a, mfn_t mfn, unsigned int refs, unsigned int types)
{
    if ( mfn_x(mfn) >= a->m->max_mfn )
    {
        violation(a, "reference to mfn 0x%llx, which is no frame", x(mfn_x(mfn)));
        return;
    }
    a->count[mfn_x(mfn)].refs += refs;
    a->count[mfn_x(mfn)].types += types;
}

static void count_typed(struct audit *a, mfn_t mfn)
{
    if ( !mfn_eq(mfn, INVALID_MFN) )
        count(a, mfn, 1, 1);
}

/* Entries [0, live) of a table: live present ones refer to their frames. */
static unsigned int live_entries(const struct frame *f)
{
    uint64_t w = account_of(f);

    if ( w & FRAME_VALIDATED )
        return PT_ENTRIES;
    return w & FRAME_PARTIAL ? f->progress & PROGRESS_DONE_MASK : 0;
}

/* Invariant 1: a live writable leaf targets a frame of type writable that counts it. */
static void inv_exclusive_write(struct audit *a, const struct frame *table, unsigned int i,
                                uint64_t e)
{
    const struct frame *f = mfn_to_frame(a->m, pte_mfn(e));
    uint64_t w = account_of(f);

    if ( (e & PTE_RW) && (word_type(w) != FRAME_WRITABLE || !word_types(w)) )
        violation(a, "[1] L1 mfn 0x%llx entry %u (0x%llx) maps %s writable",
                  x(mfn_x(frame_to_mfn(a->m, table))), i, x(e), frame_type_name(word_type(w)));
}

/* Invariant 4: its owner lets the table's owner have it, or one of the two is privileged and mapped it there. */
static void inv_leaf_owner(struct audit *a, const struct mm_domain *d, const struct frame *table,
                           unsigned int i, uint64_t e)
{
    const struct frame *f = mfn_to_frame(a->m, pte_mfn(e));
    const struct mm_domain *owner = owner_of(a, f);

    if ( owner != d && !(owner && (owner->privileged || d->privileged)) )
        violation(a, "[4] L1 mfn 0x%llx entry %u (0x%llx) of d%u maps a frame of owner %u",
                  x(mfn_x(frame_to_mfn(a->m, table))), i, x(e), d->id, f->owner);
}

/* Invariant 7: whoever looks at a frame next must know that it may have been written around the caches (XSA-402). */
static void inv_noncoherent(struct audit *a, const struct frame *table, unsigned int i, uint64_t e)
{
    if ( (e & PTE_RW) && (e & PTE_CACHE) &&
         !(account_of(mfn_to_frame(a->m, pte_mfn(e))) & FRAME_NONCOHERENT) )
        violation(a, "[7] L1 mfn 0x%llx entry %u (0x%llx): its memory type is not remembered",
                  x(mfn_x(frame_to_mfn(a->m, table))), i, x(e));
}

static void count_l1_entry(struct audit *a, const struct mm_domain *d, const struct frame *table,
                           unsigned int i, uint64_t e)
{
    const struct machine *m = a->m;
    mfn_t mfn = pte_mfn(e);

    if ( !mfn_is_ram(m, mfn) )
    {
        if ( !iomem_permitted(d, mfn) )
            violation(a, "[4] L1 mfn 0x%llx entry %u (0x%llx) maps a device that d%u may not use",
                      x(mfn_x(frame_to_mfn(m, table))), i, x(e), d->id);
        return;
    }
    if ( !word_refs(account_of(mfn_to_frame(m, mfn))) )
        violation(a, "[3] L1 mfn 0x%llx entry %u (0x%llx) maps a free frame",
                  x(mfn_x(frame_to_mfn(m, table))), i, x(e));
    inv_exclusive_write(a, table, i, e);
    inv_leaf_owner(a, d, table, i, e);
    inv_noncoherent(a, table, i, e);
    count(a, mfn, 1, e & PTE_RW ? 1 : 0);
}

/* Invariants 4 and 5: a link goes exactly one level down to a validated table of the same owner, or to itself read-only. */
static void count_link(struct audit *a, const struct frame *table, unsigned int level,
                       unsigned int i, uint64_t e)
{
    const struct machine *m = a->m;
    mfn_t mfn = pte_mfn(e);
    const struct frame *f;
    uint64_t w;

    if ( level == 4 && mfn_eq(mfn, frame_to_mfn(m, table)) )
    {
        if ( e & PTE_RW )
            violation(a, "[5] L4 mfn 0x%llx links itself writable in slot %u", x(mfn_x(mfn)), i);
        return;
    }
    if ( mfn_x(mfn) >= m->max_mfn )
    {
        violation(a, "[4] L%u entry %u (0x%llx) links no frame", level, i, x(e));
        return;
    }
    f = mfn_to_frame(m, mfn);
    w = account_of(f);
    if ( word_type(w) != (enum frame_type)(FRAME_L1 + level - 2) || !(w & FRAME_VALIDATED) ||
         f->owner != table->owner )
        violation(a, "[4] L%u mfn 0x%llx entry %u (0x%llx) links %s%s", level,
                  x(mfn_x(frame_to_mfn(m, table))), i, x(e),
                  w & FRAME_VALIDATED ? "" : "(not validated) ", frame_type_name(word_type(w)));
    count(a, mfn, 1, 1);
}

/* Invariant 4: what stands in a validated table is what the rules let in. */
static void inv_entry_bits(struct audit *a, struct mm_domain *d, const struct frame *table,
                           unsigned int level, unsigned int i, uint64_t e)
{
    bool ok = level == 1 ? l1e_bits_ok(d, e) : table_entry_bits_ok(d, level, table, e);
    uint64_t adjusted = level == 1 ? l1e_adjust(a->m, e) : pte_adjust_table(level, e);

    if ( !ok || ((account_of(table) & FRAME_VALIDATED) && adjusted != e &&
                 !(level == 4 && (adjusted ^ e) == PTE_A)) )
        violation(a, "[4] L%u mfn 0x%llx entry %u is 0x%llx", level,
                  x(mfn_x(frame_to_mfn(a->m, table))), i, x(e));
}

static void count_table(struct audit *a, const struct frame *f, unsigned int level)
{
    struct mm_domain *d = owner_of(a, f);
    const uint64_t *table = pt_of(a->m, f);
    unsigned int live = live_entries(f);

    a->res->tables++;
    if ( !d )
    {
        violation(a, "[3] L%u mfn 0x%llx has no owner", level, x(mfn_x(frame_to_mfn(a->m, f))));
        return;
    }
    for ( unsigned int i = 0; i < live; i++ )
    {
        uint64_t e = table[i];

        if ( is_hv_slot(level, i) )
        {
            if ( (account_of(f) & FRAME_VALIDATED) && !(i == HV_SLOT_M2P && !e) &&
                 ((e ^ d->hv_slots[i - HV_SLOT_FIRST]) & ~PTE_AD) )
                violation(a, "[4] L4 mfn 0x%llx: hypervisor slot %u is 0x%llx",
                          x(mfn_x(frame_to_mfn(a->m, f))), i, x(e));
            continue;
        }
        inv_entry_bits(a, d, f, level, i, e);
        if ( !(e & PTE_P) )
            continue;
        a->res->entries++;
        if ( level == 1 )
            count_l1_entry(a, d, f, i, e);
        else
            count_link(a, f, level, i, e);
    }
    if ( f->progress & PROGRESS_SLOT )
        count(a, pte_mfn(table[live]), 1, 0);
}

static void count_frame(struct audit *a, mfn_t mfn)
{
    const struct frame *f = mfn_to_frame(a->m, mfn);
    uint64_t w = account_of(f);

    if ( w & FRAME_LOCKED )
        violation(a, "[6] mfn 0x%llx is locked outside any operation", x(mfn_x(mfn)));
    if ( w & FRAME_ALLOCATED )
        count(a, mfn, 1, 0);
    if ( w & FRAME_PINNED )
        count(a, mfn, 1, 1);
    if ( w & FRAME_PARTIAL )
        count(a, mfn, 1, 1);
    if ( type_is_table(word_type(w)) && word_types(w) )
        count_table(a, f, (unsigned int)(word_type(w) - FRAME_L1) + 1);
}

static void count_vcpu(struct audit *a, const struct mm_vcpu *v)
{
    count_typed(a, v->root);
    count_typed(a, v->user_root);
    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        count_typed(a, v->gdt[i]);
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
        count_typed(a, v->ldt[i]);
    if ( !mfn_eq(v->drain, INVALID_MFN) )
        count(a, v->drain, 1, 0);
}

static void count_domain(struct audit *a, const struct mm_domain *d)
{
    for ( unsigned int i = 0; i < d->nr_vcpus; i++ )
        count_vcpu(a, d->vcpus[i]);
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        count_typed(a, d->holds[i].mfn);
}

/* ---- 2. comparing -------------------------------------------------------------------------------------------------- */

/* Invariants 2 and 3. The hypervisor's own frames have one reference each that nothing else shows. */
static void inv_counts(struct audit *a, mfn_t mfn)
{
    const struct frame *f = mfn_to_frame(a->m, mfn);
    const struct audit_count *c = &a->count[mfn_x(mfn)];
    uint64_t w = account_of(f);
    uint64_t refs = word_refs(w) - (f->owner == OWNER(DOMID_XEN) ? 1 : 0);

    if ( refs != c->refs )
        violation(a, "[3] mfn 0x%llx has %llu references, %u are accounted for", x(mfn_x(mfn)),
                  x(word_refs(w)), c->refs);
    if ( word_types(w) != c->types )
        violation(a, "[2] mfn 0x%llx (%s) has %llu typed references, %u are accounted for",
                  x(mfn_x(mfn)), frame_type_name(word_type(w)), x(word_types(w)), c->types);
}

/* Invariant 6, and that a type's state fits its counts. */
static void inv_state(struct audit *a, mfn_t mfn)
{
    const struct frame *f = mfn_to_frame(a->m, mfn);
    uint64_t w = account_of(f);
    enum frame_type type = word_type(w);
    bool checked = type_is_table(type) || type == FRAME_DESC;

    if ( (w & FRAME_PARTIAL) &&
         ((w & (FRAME_VALIDATED | FRAME_PINNED)) || word_types(w) != 1 || !type_is_table(type)) )
        violation(a, "[6] mfn 0x%llx is partial and more (word 0x%llx)", x(mfn_x(mfn)), x(w));
    if ( checked && word_types(w) && !(w & (FRAME_VALIDATED | FRAME_PARTIAL)) )
        violation(a, "[6] mfn 0x%llx (%s) is in use but not validated", x(mfn_x(mfn)),
                  frame_type_name(type));
    if ( (w & FRAME_VALIDATED) && (!word_types(w) || !checked) )
        violation(a, "[6] mfn 0x%llx (%s) is validated without a use", x(mfn_x(mfn)),
                  frame_type_name(type));
    if ( word_types(w) > word_refs(w) || (word_types(w) && type == FRAME_NONE) )
        violation(a, "[2] mfn 0x%llx counts badly (word 0x%llx)", x(mfn_x(mfn)), x(w));
    if ( (f->progress & (PROGRESS_SLOT | PROGRESS_DONE_MASK)) && word_refs(w) &&
         !(w & FRAME_PARTIAL) )
        violation(a, "[6] mfn 0x%llx remembers progress (0x%x) but is not partial", x(mfn_x(mfn)),
                  f->progress);
}

/* Invariant 3: in use <=> owned. */
static void inv_owner(struct audit *a, mfn_t mfn)
{
    const struct frame *f = mfn_to_frame(a->m, mfn);
    uint64_t w = frame_word(f);

    if ( !word_refs(w) )
    {
        if ( (w && !(f->progress & FREE_BLOCK)) || f->owner != OWNER_NONE )
            violation(a, "[3] mfn 0x%llx is free but marked (word 0x%llx, owner %u)", x(mfn_x(mfn)),
                      x(w), f->owner);
    }
    else if ( f->owner == OWNER_NONE || (!owner_of(a, f) && f->owner != OWNER(DOMID_XEN)) )
        violation(a, "[3] mfn 0x%llx is in use by nobody (owner %u)", x(mfn_x(mfn)), f->owner);
    else if ( !mfn_is_ram(a->m, mfn) )
        violation(a, "[3] mfn 0x%llx is in use but not memory", x(mfn_x(mfn)));
    else if ( (f->owner & OWNER_UNCLEARED) && w != (FRAME_REF | FRAME_ALLOCATED) )
        violation(a, "[12] mfn 0x%llx is in use uncleared (word 0x%llx)", x(mfn_x(mfn)), x(w));
}

/* Invariant 4: descriptors a guest's CPU may load. */
static void inv_descriptors(struct audit *a, mfn_t mfn)
{
    const uint64_t *page = mfn_to_virt(a->m, mfn);

    for ( unsigned int i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++ )
    {
        uint64_t fixed = page[i];

        if ( !descriptor_fix(&fixed) || fixed != page[i] )
            violation(a, "[4] descriptor page mfn 0x%llx entry %u is 0x%llx", x(mfn_x(mfn)), i,
                      x(page[i]));
    }
}

static void inv_frame(struct audit *a, mfn_t mfn)
{
    uint64_t w = account_of(mfn_to_frame(a->m, mfn));

    inv_owner(a, mfn);
    inv_counts(a, mfn);
    if ( !word_refs(w) )
        return;
    a->res->frames++;
    inv_state(a, mfn);
    if ( word_type(w) == FRAME_DESC && (w & FRAME_VALIDATED) )
        inv_descriptors(a, mfn);
}

/* Invariant 3: the totals. */
static void inv_totals(struct audit *a, const struct mm_domain *d)
{
    uint64_t owned = 0, extra = 0;

    for ( uint64_t mfn = mfn_x(port_next_backed(a->m, _mfn(0))); mfn < a->m->max_mfn;
          mfn = mfn_x(port_next_backed(a->m, _mfn(mfn + 1))) )
    {
        const struct frame *f = mfn_to_frame(a->m, _mfn(mfn));

        if ( !word_refs(account_of(f)) || frame_owner(f) != OWNER(d->id) )
            continue;
        if ( account_of(f) & FRAME_EXTRA )
            extra++;
        else
            owned++;
    }
    if ( owned != d->tot_pages )
        violation(a, "[3] d%u owns %llu frames but is charged for %llu", d->id, x(owned),
                  x(d->tot_pages));
    if ( extra != d->extra_pages )
        violation(a, "[3] d%u was given %llu extra frames but counts %llu", d->id, x(extra),
                  x(d->extra_pages));
    if ( d->tot_pages > d->max_pages )
        violation(a, "[3] d%u is charged for %llu frames of %llu allowed", d->id, x(d->tot_pages),
                  x(d->max_pages));
}

static void for_each_backed(struct audit *a, void (*fn)(struct audit *a, mfn_t mfn))
{
    for ( uint64_t mfn = mfn_x(port_next_backed(a->m, _mfn(0))); mfn < a->m->max_mfn;
          mfn = mfn_x(port_next_backed(a->m, _mfn(mfn + 1))) )
        fn(a, _mfn(mfn));
}

static void forget_count(struct audit *a, mfn_t mfn)
{
    a->count[mfn_x(mfn)] = (struct audit_count){ 0, 0 };
}

void audit(struct machine *m, struct audit_count *scratch, struct audit_result *res)
{
    struct audit a = { .m = m, .count = scratch, .res = res };

    memset(res, 0, sizeof(*res));
    for_each_backed(&a, forget_count);
    for_each_backed(&a, count_frame);
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( m->domains[i] )
            count_domain(&a, m->domains[i]);

    for_each_backed(&a, inv_frame);
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( m->domains[i] )
            inv_totals(&a, m->domains[i]);
}
