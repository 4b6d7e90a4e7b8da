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

static bool get(struct machine *m, struct frame *f, uint16_t owner)
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

bool frame_get(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f;

    if ( mfn_x(mfn) >= m->max_mfn )
        return false;

    f = mfn_to_frame(m, mfn);
    if ( likely(get(m, f, owner)) )
        return true;
    clear_uncleared(m, f, owner);
    wait_cleared(f);
    return get(m, f, owner);
}

bool frame_get_account(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f = mfn_to_frame(m, mfn);

    if ( mfn_x(mfn) >= m->max_mfn )
        return false;
    if ( get(m, f, (uint16_t)(owner | OWNER_UNCLEARED)) )
        return true;
    wait_cleared(f);
    return get(m, f, owner);
}

/* ---- 3. dropping -------------------------------------------------------------------------------------------------- */

/* Nobody refers to the frame any more: off its owner's account and back to the free memory. */
static void frame_free(struct machine *m, struct frame *f, uint64_t word)
{
    mfn_t mfn = frame_to_mfn(m, f);
    struct mm_domain *d = machine_domain(m, (uint16_t)(frame_owner(f) - 1));

    BUG_ON(word_types(word) ||
           (word & (FRAME_PINNED | FRAME_PARTIAL | FRAME_LOCKED | FRAME_ALLOCATED)));

    if ( word & FRAME_NONCOHERENT )
        port_flush_frame(m, mfn);

    /* The guest may have set it again after it gave the frame back. */
    m2p_set(m, mfn, M2P_INVALID);
    WRITE_ONCE(f->owner, OWNER_NONE);
    f->progress = 0;
    f->stamp = 0;
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
