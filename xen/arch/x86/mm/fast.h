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

/* In loops over entries a call would cost as much as the work. */
#define fast_inline static inline __attribute__((always_inline))

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

fast_inline struct leaf leaf_owned(struct mm_domain *d, uint16_t owner)
{
    const struct machine *m = d->machine;

    return (struct leaf){
        .d = d,
        .frames = m->frames,
        .frames_size = m->max_mfn * sizeof(struct frame),
        .special = ~(L1_ALLOWED | m->paddr_mask) | PTE_CACHE | PTE_P,
        .owner = owner,
    };
}

fast_inline struct leaf leaf_of(struct mm_domain *d, const struct mm_domain *pg)
{
    return leaf_owned(d, pg ? OWNER(pg->id) : OWNER_NONE);
}

/* Nothing but what the table of pte.h allows everybody. In a validated table such an entry names memory: what stands there for a
 * device has another memory type (l1e_adjust()). */
fast_inline bool leaf_is_common(const struct leaf *l, uint64_t e)
{
    return (e & l->special) == PTE_P;
}

/* A common entry of a writable page, as l1e_adjust() leaves it: the guest kernel's, or one of its processes'. */
fast_inline bool leaf_is_final_rw(const struct leaf *l, uint64_t e)
{
    uint64_t form = e & (l->special | PTE_US | PTE_G | PTE_GUEST_KERNEL | PTE_RW);

    return likely(form == (PTE_P | PTE_RW | PTE_US | PTE_GUEST_KERNEL)) ||
           form == (PTE_P | PTE_RW | PTE_US | PTE_G);
}

fast_inline bool leaf_is_common_rw(const struct leaf *l, uint64_t e)
{
    return (e & (l->special | PTE_RW)) == (PTE_P | PTE_RW);
}

/* Where the account of the frame that a common entry names lies in the frame table, in bytes. */
fast_inline uint64_t leaf_offset(uint64_t e)
{
    return (e & PTE_ADDR_BITS) / (PAGE_SIZE / sizeof(struct frame));
}

fast_inline struct frame *leaf_frame(const struct leaf *l, uint64_t e)
{
    return (struct frame *)((char *)l->frames + leaf_offset(e));
}

/* The count of references is far from its limit, and so is that of types, which is never larger. */
#define WORD_REFS_MANY ((FRAME_REFS_MASK + 1) / 2)
#define WORD_KIND(t)   ((uint64_t)(t) << FRAME_KIND_SHIFT)

/*
 * Another general reference, with a typed one in the second, on a frame that has such already. Who gets one looks at the owner again: until
 * then the frame could be freed and given to somebody else.
 */
fast_inline bool frame_get_readable(struct frame *f, uint16_t owner)
{
    uint64_t old = frame_word(f);

    return word_refs(old) && !(old & WORD_REFS_MANY) && READ_ONCE(f->owner) == owner &&
           frame_cas(f, &old, old + FRAME_REF);
}

fast_inline bool frame_get_writable(struct frame *f, uint16_t owner)
{
    uint64_t old = frame_word(f);

    return (old & (WORD_REFS_MANY | FRAME_LOCKED | FRAME_KIND_MASK)) == WORD_KIND(FRAME_WRITABLE) &&
           old >= FRAME_TYPED && READ_ONCE(f->owner) == owner &&
           frame_cas(f, &old, old + FRAME_REF + FRAME_TYPED);
}

/* Take what a common entry needs. No frame in use has the owner OWNER_NONE. */
fast_inline bool leaf_get_rw(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);

    if ( unlikely(leaf_offset(e) >= l->frames_size || !frame_get_writable(f, l->owner)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == l->owner) )
        return true;
    l1e_put(l->d, e);
    return false;
}

fast_inline bool leaf_get_ro(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);

    if ( unlikely(leaf_offset(e) >= l->frames_size || !frame_get_readable(f, l->owner)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == l->owner) )
        return true;
    l1e_put(l->d, e);
    return false;
}

fast_inline bool leaf_get(const struct leaf *l, uint64_t e)
{
    return e & PTE_RW ? leaf_get_rw(l, e) : leaf_get_ro(l, e);
}

/* Drop what a common entry of a validated table holds, if that is not the last of its kind. */
fast_inline bool leaf_put_rw(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);
    uint64_t old = frame_word(f);

    return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_TYPED - FRAME_REF);
}

fast_inline bool leaf_put_ro(const struct leaf *l, uint64_t e)
{
    struct frame *f = leaf_frame(l, e);
    uint64_t old = frame_word(f);

    return word_refs(old) >= 2 && word_type(old) != FRAME_DESC &&
           frame_cas(f, &old, old - FRAME_REF);
}

fast_inline bool leaf_put(const struct leaf *l, uint64_t e)
{
    return e & PTE_RW ? leaf_put_rw(l, e) : leaf_put_ro(l, e);
}

/* frame_get() of a frame that has references with room for more, and frame_put() of one that has others. */
fast_inline bool frame_get_fast(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f = mfn_to_frame(m, mfn);

    if ( unlikely(mfn_x(mfn) >= m->max_mfn || !frame_get_readable(f, owner)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == owner) )
        return true;
    frame_put(m, f);
    return false;
}

fast_inline void frame_put_fast(struct machine *m, struct frame *f)
{
    uint64_t old = frame_word(f);

    if ( unlikely(word_refs(old) < 2 || !frame_cas(f, &old, old - FRAME_REF)) )
        frame_put(m, f);
}

/* A writable mapping has become a read-only one of the same page. */
fast_inline bool frame_put_type_fast(struct frame *f)
{
    uint64_t old = frame_word(f);

    return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_TYPED);
}

/* A general and a typed reference on a frame as what it is now, a validated table or a page that can be written. A free frame is neither:
 * the heap's link in its word only looks like typed references. */
fast_inline bool frame_hold_fast(struct mm_domain *d, struct frame *f, enum frame_type *type)
{
    uint64_t old = frame_word(f);

    *type = word_type(old);
    if ( old < FRAME_TYPED || (old & (WORD_REFS_MANY | FRAME_LOCKED | FRAME_PARTIAL)) ||
         *type == FRAME_NONE || *type == FRAME_DESC || READ_ONCE(f->owner) != OWNER(d->id) ||
         !frame_cas(f, &old, old + FRAME_REF + FRAME_TYPED) )
        return false;
    if ( likely(READ_ONCE(f->owner) == OWNER(d->id)) )
        return true;
    frame_unhold(d->machine, f);
    return false;
}

/* The same of a table of @owner's of that type only. */
fast_inline bool frame_hold_table(struct machine *m, struct frame *f, uint16_t owner,
                                  enum frame_type type)
{
    const uint64_t checked = WORD_REFS_MANY | FRAME_LOCKED | FRAME_PARTIAL | FRAME_KIND_MASK;
    uint64_t old = frame_word(f);

    if ( unlikely((old & checked) != WORD_KIND(type)) )
        return false;
    if ( unlikely(old < FRAME_TYPED) )
        return false;
    if ( unlikely(READ_ONCE(f->owner) != owner) )
        return false;
    if ( unlikely(!frame_cas(f, &old, old + FRAME_REF + FRAME_TYPED)) )
        return false;
    if ( likely(READ_ONCE(f->owner) == owner) )
        return true;
    frame_unhold(m, f);
    return false;
}

/* Undone, if the frame does not lose its type by that. */
fast_inline bool frame_release_fast(struct frame *f)
{
    uint64_t old = frame_word(f);

    return old >= 2 * FRAME_TYPED && frame_cas(f, &old, old - FRAME_REF - FRAME_TYPED);
}

/* One level of pt_walk_l1(): from @table's entry for @va to the table below, if it is memory of @owner's. */
fast_inline bool pt_step(const struct machine *m, uint16_t owner, uint64_t va, unsigned int level,
                         uint64_t *table)
{
    uint64_t e = READ_ONCE(*(const uint64_t *)(m->direct_map + *table + pt_index(va, level) * 8));
    uint64_t offset = leaf_offset(e);

    *table = e & PTE_ADDR_BITS;
    return likely(e & PTE_P) && likely(offset < m->max_mfn * sizeof(struct frame)) &&
           likely(READ_ONCE(((struct frame *)((char *)m->frames + offset))->owner) == owner);
}

/* pt_walk(), but only the frame in which the L1 entry stands, or NULL. The root is a frame of @owner's. */
fast_inline struct frame *pt_walk_l1(const struct machine *m, mfn_t root, uint16_t owner,
                                     uint64_t va)
{
    uint64_t table = mfn_x(root) << PAGE_SHIFT;

    if ( pt_step(m, owner, va, 4, &table) && pt_step(m, owner, va, 3, &table) &&
         pt_step(m, owner, va, 2, &table) )
        return &m->frames[table >> PAGE_SHIFT];
    return NULL;
}

/* Are these eight entries zero? A hint: who finds something looks again. */
static inline bool eight_empty(const uint64_t *e)
{
    return !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]);
}

/* The first entry of [e, end) that is not zero, or @end: most entries of most tables are zero. */
static inline const uint64_t *skip_empty(const uint64_t *e, const uint64_t *end)
{
    while ( e + 8 <= end && eight_empty(e) )
        e += 8;
    while ( e < end && !READ_ONCE(*e) )
        e++;
    return e;
}

/* The same downwards: one past the last entry of [start, e) that is not zero, or @start. */
static inline const uint64_t *skip_empty_down(const uint64_t *e, const uint64_t *start)
{
    while ( e - 8 >= start && eight_empty(e - 8) )
        e -= 8;
    while ( e > start && !READ_ONCE(e[-1]) )
        e--;
    return e;
}

#endif /* X86_MM_FAST_H */
