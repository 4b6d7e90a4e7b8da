/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * General references: as long as a frame has one, it is in use and keeps its owner. The last one to go frees the frame.
 *
 * Keeps invariants 3 and 12. Locks: none for counting; the owner's lock for its total when a frame is freed.
 */
#include <xen/mm_port.h>

bool frame_get_again(struct frame *f)
{
    uint64_t old = frame_word(f);

    do
    {
        BUG_ON(word_refs(old) == 0);
        if ( word_refs(old) >= FRAME_REFS_LIMIT )
            return false;
    } while ( !frame_cas(f, &old, old + FRAME_REF) );
    return true;
}

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
        if ( word_refs(old) == 0 || word_refs(old) >= FRAME_REFS_LIMIT )
            return false;
    } while ( !frame_cas(f, &old, old + FRAME_REF) );

    /* The owner cannot change while we hold a reference; before, it could. */
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

    f->owner = OWNER_NONE;
    f->progress = 0;
    f->stamp = 0;
    __atomic_store_n(&f->word, 0, __ATOMIC_RELEASE);
    heap_free(m, mfn, 0);

    if ( d && !(word & FRAME_EXTRA) )
    {
        spin_lock(&d->lock);
        BUG_ON(d->tot_pages == 0);
        d->tot_pages--;
        spin_unlock(&d->lock);
    }
}

static void frame_sub(struct machine *m, struct frame *f, uint64_t n)
{
    uint64_t old = frame_word(f);

    do
    {
        BUG_ON(word_refs(old) == 0);
    } while ( !frame_cas(f, &old, old - n) );

    if ( unlikely(word_refs(old) == 1) )
        frame_free(m, f, old - n);
}

void frame_put(struct machine *m, struct frame *f)
{
    frame_sub(m, f, FRAME_REF);
}

void frame_undo_get(struct machine *m, struct frame *f, uint64_t added)
{
    if ( added & FRAME_TYPES_MASK )
        __atomic_store_n(&f->stamp, __atomic_load_n(&m->flush_clock, __ATOMIC_SEQ_CST),
                         __ATOMIC_SEQ_CST);
    frame_sub(m, f, added);
}
