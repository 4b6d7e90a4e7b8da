/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame account: 16 bytes that say what a frame of machine memory is used for.
 *
 *   word, changed by compare-exchange only
 *      0..25  refs    general references: the owner's allocation, every mapping, every typed use. 0 <=> the frame is free.
 *     26..28  type    FRAME_NONE ... FRAME_DESC; may change only while types == 0
 *     29..35  flags   FRAME_LOCKED, _PARTIAL, _ALLOCATED, _PINNED, _VALIDATED, _NONCOHERENT, _EXTRA
 *     38..63  types   how many of the references demand the frame's current type; on top, so that one compare of the
 *                     whole word tells whether there are any
 *   owner     domid + 1, or 0 for nobody; constant while refs != 0, but for OWNER_UNCLEARED: the frame is its owner's, and what
 *             stands in it is not. frame_get() clears it first. Until then it has no reference but its allocation's.
 *   progress  of a page table being (de)validated: entries [0, done) are live; plus PROGRESS_SLOT when entry [done] holds
 *             a general reference on a child that was left partial
 *   stamp     machine's flush clock when the last typed reference went away (see tlb_stale())
 *
 * An account of all zeroes is a free frame that nobody has touched: a frame table costs nothing until a frame is used. Without
 * references the rest is no account, but the heap's: its lists are kept there (heap.c).
 * One mapping is one compare-exchange: the same add moves both counts.
 */
#ifndef XEN_FRAME_H
#define XEN_FRAME_H

#include <xen/lib.h>

struct frame
{
    uint64_t word;
    uint16_t owner;
    uint16_t progress;
    uint32_t stamp;
};
BUILD_BUG_ON(sizeof(struct frame) != 16);

#define FRAME_REF       (1ULL << 0)
#define FRAME_REFS_MASK ((1ULL << 26) - 1)
/* No reference is given out beyond this. What is left above is for the one that a partial state takes unasked; types never
 * exceed references. */
#define FRAME_REFS_LIMIT (FRAME_REFS_MASK - 4096)
#define FRAME_KIND_SHIFT 26
#define FRAME_KIND_MASK  (7ULL << FRAME_KIND_SHIFT)
#define FRAME_TYPE_SHIFT 38
#define FRAME_TYPED      (1ULL << FRAME_TYPE_SHIFT)
#define FRAME_TYPES_MASK (~0ULL << FRAME_TYPE_SHIFT)

/** What a frame is used for. L1..L4 are consecutive: FRAME_L1 + level - 1. */
enum frame_type
{
    FRAME_NONE = 0,     /* not yet used in any way that matters */
    FRAME_WRITABLE = 1, /* a guest may hold writable mappings */
    FRAME_L1 = 2,
    FRAME_L2 = 3,
    FRAME_L3 = 4,
    FRAME_L4 = 5,
    FRAME_DESC = 6, /* segment descriptors: part of a GDT or LDT */
};

#define FRAME_LOCKED (1ULL << 29) /* (de)validation is running on some CPU */
#define FRAME_PARTIAL                                                                              \
    (1ULL << 30) /* (de)validation stopped half-way; the state holds the only typed reference */
#define FRAME_ALLOCATED (1ULL << 31) /* not given back by its owner yet; worth one reference */
#define FRAME_PINNED    (1ULL << 32) /* MMUEXT_PIN_*: worth one typed reference */
#define FRAME_VALIDATED (1ULL << 33) /* the content has been checked against the type */
/* Was mapped with a memory type other than write-back: flush caches before trusting it. */
#define FRAME_NONCOHERENT (1ULL << 34)
#define FRAME_EXTRA                                                                                \
    (1ULL << 35) /* given by the hypervisor on top: in extra_pages, not in tot_pages */

#define PROGRESS_DONE_MASK 0x3ffU
#define PROGRESS_SLOT      0x400U

static inline uint64_t frame_word(const struct frame *f)
{
    return __atomic_load_n(&f->word, __ATOMIC_ACQUIRE);
}

/** One compare-exchange of the word. On failure *old is the word found. */
static inline bool frame_cas(struct frame *f, uint64_t *old, uint64_t new)
{
    return __atomic_compare_exchange_n(&f->word, old, new, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_ACQUIRE);
}

static inline uint64_t word_refs(uint64_t w)
{
    return w & FRAME_REFS_MASK;
}

static inline uint64_t word_types(uint64_t w)
{
    return w >> FRAME_TYPE_SHIFT;
}

static inline enum frame_type word_type(uint64_t w)
{
    return (enum frame_type)((w & FRAME_KIND_MASK) >> FRAME_KIND_SHIFT);
}

static inline bool type_is_table(enum frame_type t)
{
    return t >= FRAME_L1 && t <= FRAME_L4;
}

#endif /* XEN_FRAME_H */
