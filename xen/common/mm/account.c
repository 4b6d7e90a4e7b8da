/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General references: as long as a frame has one, it is in use and keeps its owner. The last one to go frees the frame.
 *
 * Keeps invariants 3 and 12. Locks: none for counting; the owner's lock for its totals when a frame is freed.
 */
#include <xen/mm_port.h>

bool frame_get(struct machine *m, mfn_t mfn, uint16_t owner)
{
    struct frame *f;
    uint64_t old;

    if ( mfn_x(mfn) >= m->max_mfn )
        return false;

    f = mfn_to_frame(m, mfn);
    old = frame_word(f);
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

/* Nobody refers to the frame any more: off its owner's account and back to the free memory. */
static void frame_free(struct machine *m, struct frame *f, uint64_t word)
{
    mfn_t mfn = frame_to_mfn(m, f);
    struct mm_domain *d = machine_domain(m, (uint16_t)(f->owner - 1));

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
