/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common cases of L1 entries, short enough to stand in every loop over entries: a page of memory in use, mapped with the
 * ordinary memory type. Each function here does what the general one of entry.c does, or answers false with nothing
 * changed; then the general one decides, and says why if it refuses (tools/tests/unit/test_core_fast.c holds both against each
 * other).
 *
 * Locks: none.
 */
#ifndef X86_MM_FAST_H
#define X86_MM_FAST_H

#include <xen/mm_port.h>

#include "entry.h"

/** Drop what frame_hold_fast() took of a frame that turned out to be another domain's (update.c). */
void frame_unhold(struct machine *m, struct frame *f) __attribute__((cold));

/** What the loops need of the machine and the domain, out of the way of the compiler's doubts about stores. */
struct leaf
{
    struct mm_domain *d; /* owner of the tables */
    struct frame *frames;
    uint64_t frames_size; /* bytes of the frame table */
    uint64_t special; /* bits with which an entry is not common; and P, without which it is not */
    uint16_t owner;   /* whose pages may be mapped; OWNER_NONE: nothing is common */
};

static inline struct leaf leaf_of(struct mm_domain *d, const struct mm_domain *pg)
{
    const struct machine *m = d->machine;

    return (struct leaf){
        .d = d,
        .frames = m->frames,
        .frames_size = m->max_mfn * sizeof(struct frame),
        .special = ~(L1_ALLOWED | m->paddr_mask) | PTE_CACHE | PTE_P,
        .owner = pg ? OWNER(pg->id) : OWNER_NONE,
    };
}

/* Nothing but what the table of pte.h allows everybody. */
static inline bool leaf_is_common(const struct leaf *l, uint64_t e)
{
    return (e & l->special) == PTE_P;
}

/* Common, and as l1e_adjust() leaves it: a page of the guest's kernel, or one of its processes. */
static inline bool leaf_is_final(const struct leaf *l, uint64_t e)
{
    uint64_t form = e & (l->special | PTE_US | PTE_G | PTE_GUEST_KERNEL);

    return form == (PTE_P | PTE_US | PTE_GUEST_KERNEL) || form == (PTE_P | PTE_US | PTE_G);
}

/* The frame a common entry maps, or NULL. */
static inline struct frame *leaf_frame(const struct leaf *l, uint64_t e)
{
    uint64_t offset = (e & PTE_ADDR_BITS) / (PAGE_SIZE / sizeof(struct frame));

    if ( unlikely(offset >= l->frames_size) )
        return NULL;
    return (struct frame *)((char *)l->frames + offset);
}

/* No count is near its limit, and nobody works on the frame. */
#define WORD_UNCOMMON (1ULL << 63 | FRAME_LOCKED | (FRAME_REFS_MASK + 1) / 2)
#define WORD_KIND(t)  ((uint64_t)(t) << FRAME_KIND_SHIFT)

/* Another general reference, and a typed one too if @typed, on a frame that has such already. */
static inline bool frame_get_more(struct frame *f, uint16_t owner, bool typed)
{
    uint64_t old = frame_word(f);
    uint64_t add = typed ? FRAME_REF + FRAME_TYPED : FRAME_REF;

    if ( typed && ((old & (WORD_UNCOMMON | FRAME_KIND_MASK)) != WORD_KIND(FRAME_WRITABLE) ||
                   old < FRAME_TYPED) )
        return false;
    if ( !typed && ((old & WORD_UNCOMMON) || !word_refs(old)) )
        return false;
    return READ_ONCE(f->owner) == owner && frame_cas(f, &old, old + add);
}

/* Take what a common entry needs. No frame in use has the owner OWNER_NONE. */
static inline bool leaf_get(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);

    if ( unlikely(!f || !frame_get_more(f, l->owner, e & PTE_RW)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == l->owner) )
        return true;
    /* Freed and given to somebody else between the two looks. */
    l1e_put(l->d, e);
    return false;
}

/* Drop what a common entry holds, if that is not the last of its kind. */
static inline bool leaf_put(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);
    uint64_t old;

    if ( unlikely(!f) )
        return false;
    old = frame_word(f);
    if ( e & PTE_RW )
        return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_TYPED - FRAME_REF);
    if ( word_refs(old) < 2 || word_type(old) == FRAME_DESC )
        return false;
    return frame_cas(f, &old, old - FRAME_REF);
}

/* frame_get() of a frame that has references with room for more, and frame_put() of one that has others. */
static inline bool frame_get_fast(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f = mfn_to_frame(m, mfn);

    if ( unlikely(mfn_x(mfn) >= m->max_mfn || !frame_get_more(f, owner, false)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == owner) )
        return true;
    frame_put(m, f);
    return false;
}

static inline void frame_put_fast(struct machine *m, struct frame *f)
{
    uint64_t old = frame_word(f);

    if ( unlikely(word_refs(old) < 2 || !frame_cas(f, &old, old - FRAME_REF)) )
        frame_put(m, f);
}

/* A writable mapping has become a read-only one of the same page. */
static inline bool frame_put_type_fast(struct frame *f)
{
    uint64_t old = frame_word(f);

    return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_TYPED);
}

/* A general and a typed reference on a frame as what it is now, a validated table or a page that can be written. */
static inline bool frame_hold_fast(struct mm_domain *d, struct frame *f, enum frame_type *type)
{
    uint64_t old = frame_word(f);

    *type = word_type(old);
    if ( old < FRAME_TYPED || (old & (WORD_UNCOMMON | FRAME_PARTIAL)) || *type == FRAME_DESC ||
         READ_ONCE(f->owner) != OWNER(d->id) || !frame_cas(f, &old, old + FRAME_REF + FRAME_TYPED) )
        return false;
    if ( likely(READ_ONCE(f->owner) == OWNER(d->id)) )
        return true;
    frame_unhold(d->machine, f);
    return false;
}

/* Undone, if the frame does not lose its type by that. */
static inline bool frame_release_fast(struct frame *f)
{
    uint64_t old = frame_word(f);

    return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_REF - FRAME_TYPED);
}

/* Are these eight entries zero? A hint: who finds something looks again. */
static inline bool eight_empty(const uint64_t *e)
{
    return !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]);
}

/* The first of entries [i, end) that is not zero, or @end: most entries of most tables are. */
static inline unsigned int skip_empty(const uint64_t *table, unsigned int i, unsigned int end)
{
    while ( i + 8 <= end && eight_empty(&table[i]) )
        i += 8;
    while ( i < end && !READ_ONCE(table[i]) )
        i++;
    return i;
}

/* The same downwards: one past the last of entries [start, i) that is not zero, or @start. */
static inline unsigned int skip_empty_down(const uint64_t *table, unsigned int i,
                                           unsigned int start)
{
    while ( i >= start + 8 && eight_empty(&table[i - 8]) )
        i -= 8;
    while ( i > start && !READ_ONCE(table[i - 1]) )
        i--;
    return i;
}

#endif /* X86_MM_FAST_H */
