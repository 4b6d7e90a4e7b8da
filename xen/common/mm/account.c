/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General references: as long as a frame has one, it is in use and keeps its owner. The last one to go frees the frame.
 *
 *   1. taking one
 *   2. the first one on a frame that was given out uncleared: whoever takes it clears the frame, and who comes meanwhile waits
 *   3. dropping one
 *
 * Keeps invariants 3 and 12. Locks: none for counting; OWNER_CLEARING in 2; the owner's lock for its totals when a frame is freed.
 */
#include <xen/mm_port.h>

/* ---- 1. taking ---------------------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) bool get(struct machine *m, struct frame *f,
                                                      uint16_t owner)
{
    uint64_t old = frame_word(f);

    do
    {
        if ( word_refs(old) == 0 || word_refs(old) >= FRAME_REFS_LIMIT ||
             READ_ONCE(f->owner) != owner )
            return false;
    } while ( !frame_cas(f, &old, old + FRAME_REF) );

    /* The owner cannot change while we hold a reference; up to now it could. */
    if ( likely(READ_ONCE(f->owner) == owner) )
        return true;
    frame_put(m, f);
    return false;
}

/* ---- 2. the first one --------------------------------------------------------------------------------------------- */

/* Our reference keeps the frame from being freed while it is cleared. */
static void clear_uncleared(struct machine *m, struct frame *f, uint16_t owner)
{
    uint16_t was = (uint16_t)(owner | OWNER_UNCLEARED);

    if ( !get(m, f, was) )
        return;
    if ( __atomic_compare_exchange_n(&f->owner, &was, OWNER_CLEARING, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED) )
    {
        port_scrub(m, frame_to_mfn(m, f));
        __atomic_store_n(&f->owner, owner, __ATOMIC_RELEASE);
    }
    frame_put(m, f);
}

/* Another CPU may be clearing it. */
static void wait_cleared(const struct frame *f)
{
    while ( READ_ONCE(f->owner) == OWNER_CLEARING )
        port_wait();
}

/* Perhaps nobody has used it yet. */
static __attribute__((noinline)) bool get_first(struct machine *m, struct frame *f, uint16_t owner)
{
    clear_uncleared(m, f, owner);
    wait_cleared(f);
    return get(m, f, owner);
}

bool frame_get(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f;

    if ( mfn_x(mfn) >= m->max_mfn )
        return false;

    f = mfn_to_frame(m, mfn);
    if ( unlikely(READ_ONCE(f->owner) != owner) )
        return get_first(m, f, owner);
    return get(m, f, owner);
}

bool frame_get_account(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f;

    if ( mfn_x(mfn) >= m->max_mfn )
        return false;
    f = mfn_to_frame(m, mfn);
    if ( get(m, f, (uint16_t)(owner | OWNER_UNCLEARED)) )
        return true;
    wait_cleared(f);
    return get(m, f, owner);
}

/* ---- 3. dropping -------------------------------------------------------------------------------------------------- */

/* Without references there is no account, but for what the heap writes into it. */
static void forget(struct machine *m, struct frame *f)
{
    /* The guest may have set it again after it gave the frame back. */
    m2p_set(m, frame_to_mfn(m, f), M2P_INVALID);
    WRITE_ONCE(f->owner, OWNER_NONE);
    f->progress = 0;
    f->stamp = 0;
}

/* Nobody refers to the frame any more: off its owner's account and back to the free memory. */
static void frame_free(struct machine *m, struct frame *f, uint64_t word)
{
    mfn_t mfn = frame_to_mfn(m, f);
    struct mm_domain *d = machine_domain(m, (uint16_t)(frame_owner(f) - 1));

    BUG_ON(word_types(word) ||
           (word & (FRAME_PINNED | FRAME_PARTIAL | FRAME_LOCKED | FRAME_ALLOCATED)));

    if ( word & FRAME_NONCOHERENT )
        port_flush_frame(m, mfn);

    forget(m, f);
    __atomic_store_n(&f->word, 0, __ATOMIC_RELEASE);
    heap_free(m, mfn, 0);

    if ( d )
    {
        uint64_t *pages = word & FRAME_EXTRA ? &d->extra_pages : &d->tot_pages;

        spin_lock(&d->lock);
        BUG_ON(*pages == 0);
        --*pages;
        spin_unlock(&d->lock);
    }
}

void frame_put(struct machine *m, struct frame *f)
{
    uint64_t old = frame_word(f);

    do
    {
        BUG_ON(word_refs(old) == 0);
    } while ( !frame_cas(f, &old, old - FRAME_REF) );

    if ( unlikely(word_refs(old) == 1) )
        frame_free(m, f, old - FRAME_REF);
}

/* Nobody uses the frame, and its owner has not given it back: then it has our reference and its allocation's, and loses both. */
static bool take_back(struct machine *m, struct frame *f, uint16_t owner)
{
    uint64_t old = frame_word(f);
    uint16_t found = READ_ONCE(f->owner);

    if ( (old & ~FRAME_KIND_MASK) != (FRAME_REF | FRAME_ALLOCATED) ||
         (found & ~OWNER_UNCLEARED) != owner || !get(m, f, found) )
        return false;
    old = frame_word(f);
    do
    {
        if ( (old & ~FRAME_KIND_MASK) != (2 * FRAME_REF | FRAME_ALLOCATED) )
        {
            frame_put(m, f);
            return false;
        }
    } while ( !frame_cas(f, &old, 0) );
    forget(m, f);
    return true;
}

uint64_t frames_take_back(struct mm_domain *d, mfn_t first, uint64_t most)
{
    struct machine *m = d->machine;
    uint64_t nr = 0;

    while ( nr < most && take_back(m, mfn_to_frame(m, mfn_add(first, nr)), OWNER(d->id)) )
        nr++;
    if ( !nr )
        return 0;
    heap_free_run(m, first, nr);
    spin_lock(&d->lock);
    BUG_ON(d->tot_pages < nr);
    d->tot_pages -= nr;
    spin_unlock(&d->lock);
    return nr;
}
