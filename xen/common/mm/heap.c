/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory.
 *
 *   1. fresh ranges: memory nobody has touched since power-on. Costs nothing until it is taken.
 *   2. free blocks: a buddy allocator. A free block is marked and linked in the account of its first frame. Never in the memory
 *      itself: a guest may write to a frame that was its own until the last translation of it is flushed, and that happens when
 *      the frame is given out again.
 *   3. heap_alloc/heap_free on top: refill the blocks from the fresh ranges when they run out.
 *
 * Keeps invariants 3 and 12 (with account.c). Locks: heap.lock, innermost; the port is never called under it: backing frames
 * takes long, and a flush waits for other CPUs.
 */
#include <xen/mm_port.h>

/* A refill takes 2 MiB at a time, so that accounts and M2P are backed by whole pages. */
#define REFILL_ORDER 9

/* mfns of neighbours in the list, HEAP_NONE at its ends. */
struct free_block
{
    uint64_t next, prev;
};

/*
 * As the account has it: the mark in progress, next in stamp, prev in the upper half of the word. Both links are mfn + 1, 0 at the ends
 * of the list. In the lower half a linked frame has no references, and FRAME_LOCKED: who is about to add a reference to a word that it
 * read, and looks at the owner only afterwards (fast.h), must not take a link for counts.
 */
#define LINK_PREV_SHIFT 32
BUILD_BUG_ON(FRAME_LOCKED >> LINK_PREV_SHIFT);

static void block_write(struct machine *m, uint64_t mfn, struct free_block block)
{
    struct frame *f = mfn_to_frame(m, _mfn(mfn));
    uint64_t prev = (block.prev + 1) << LINK_PREV_SHIFT;

    f->stamp = (uint32_t)(block.next + 1);
    __atomic_store_n(&f->word, prev ? prev | FRAME_LOCKED : 0, __ATOMIC_RELAXED);
}

static struct free_block block_read(const struct machine *m, uint64_t mfn)
{
    const struct frame *f = mfn_to_frame(m, _mfn(mfn));
    uint32_t prev = (uint32_t)(frame_word(f) >> LINK_PREV_SHIFT);

    return (struct free_block){ .next = f->stamp ? f->stamp - 1 : HEAP_NONE,
                                .prev = prev ? prev - 1 : HEAP_NONE };
}

/* Of a frame that is in use its owner may be changing it just now, but its progress is not that of a free block. */
static bool is_free_block(const struct machine *m, uint64_t mfn, unsigned int order)
{
    const struct frame *f = mfn_to_frame(m, _mfn(mfn));

    return word_refs(frame_word(f)) == 0 && READ_ONCE(f->owner) == OWNER_NONE &&
           f->progress == (FREE_BLOCK | order);
}

static void set_prev(struct machine *m, uint64_t mfn, uint64_t prev)
{
    struct free_block block = block_read(m, mfn);

    block.prev = prev;
    block_write(m, mfn, block);
}

static void set_next(struct machine *m, uint64_t mfn, uint64_t next)
{
    struct free_block block = block_read(m, mfn);

    block.next = next;
    block_write(m, mfn, block);
}

static void block_push(struct machine *m, uint64_t mfn, unsigned int order)
{
    uint64_t head = m->heap.free[order];

    block_write(m, mfn, (struct free_block){ .next = head, .prev = HEAP_NONE });
    if ( head != HEAP_NONE )
        set_prev(m, head, mfn);
    m->heap.free[order] = mfn;
    mfn_to_frame(m, _mfn(mfn))->progress = FREE_BLOCK | order;
}

static void block_remove(struct machine *m, uint64_t mfn, unsigned int order)
{
    struct free_block block = block_read(m, mfn);

    BUG_ON(!is_free_block(m, mfn, order));
    if ( block.prev != HEAP_NONE )
        set_next(m, block.prev, block.next);
    else
        m->heap.free[order] = block.next;
    if ( block.next != HEAP_NONE )
        set_prev(m, block.next, block.prev);
    block_write(m, mfn, (struct free_block){ .next = HEAP_NONE, .prev = HEAP_NONE });
    mfn_to_frame(m, _mfn(mfn))->progress = 0;
}

/* Put a block in, merged with its buddies as far as they are free. */
static void block_insert(struct machine *m, uint64_t mfn, unsigned int order)
{
    while ( order < HEAP_MAX_ORDER )
    {
        uint64_t buddy = mfn ^ (1ULL << order);

        if ( buddy + (1ULL << order) > m->max_mfn || !is_free_block(m, buddy, order) )
            break;
        block_remove(m, buddy, order);
        mfn &= ~(1ULL << order);
        order++;
    }
    block_push(m, mfn, order);
}

/* Take a block of exactly @order, splitting a larger one; HEAP_NONE if there is none. */
static uint64_t block_take(struct machine *m, unsigned int order)
{
    unsigned int o = order;
    uint64_t mfn;

    while ( o <= HEAP_MAX_ORDER && m->heap.free[o] == HEAP_NONE )
        o++;
    if ( o > HEAP_MAX_ORDER )
        return HEAP_NONE;

    mfn = m->heap.free[o];
    block_remove(m, mfn, o);
    while ( o > order )
    {
        o--;
        block_push(m, mfn + (1ULL << o), o);
    }
    return mfn;
}

/* Insert [mfn, mfn + nr) as naturally aligned blocks. */
static void blocks_insert_run(struct machine *m, uint64_t mfn, uint64_t nr)
{
    while ( nr )
    {
        unsigned int order = 0;

        while ( order < HEAP_MAX_ORDER && !(mfn & (1ULL << order)) && (2ULL << order) <= nr )
            order++;
        block_insert(m, mfn, order);
        mfn += 1ULL << order;
        nr -= 1ULL << order;
    }
}

/* A range that could not be backed comes back here: it must grow together with what it was cut from, or ranges run out. */
static int fresh_add(struct heap *heap, uint64_t first, uint64_t nr)
{
    for ( unsigned int i = 0; i < heap->nr_fresh; i++ )
    {
        struct frame_range *r = &heap->fresh[i];

        if ( mfn_x(r->first) != first + nr && mfn_x(r->first) + r->nr != first )
            continue;
        r->first = _mfn(MIN(mfn_x(r->first), first));
        r->nr += nr;
        return 0;
    }
    if ( heap->nr_fresh == MM_RAM_RANGES )
        return -ENOSPC;
    heap->fresh[heap->nr_fresh++] = (struct frame_range){ _mfn(first), nr };
    return 0;
}

static void fresh_drop_if_empty(struct heap *heap, unsigned int i)
{
    if ( heap->fresh[i].nr == 0 )
        heap->fresh[i] = heap->fresh[--heap->nr_fresh];
}

/*
 * Cut a run off the front of a fresh range that holds an aligned block of 2^order frames (and what lies before it). Returns
 * its length, 0 if no range is large enough.
 */
static uint64_t fresh_cut(struct heap *heap, unsigned int order, uint64_t *first)
{
    uint64_t size = 1ULL << order;

    for ( unsigned int i = 0; i < heap->nr_fresh; i++ )
    {
        struct frame_range *r = &heap->fresh[i];
        uint64_t start = mfn_x(r->first);
        uint64_t len = ROUND_UP(start, size) + size - start;

        if ( len > r->nr )
            continue;
        *first = start;
        r->first = _mfn(start + len);
        r->nr -= len;
        fresh_drop_if_empty(heap, i);
        return len;
    }
    return 0;
}

int heap_add(struct machine *m, mfn_t first, uint64_t nr)
{
    int rc;

    BUG_ON(mfn_x(first) + nr < nr || mfn_x(first) + nr > m->max_mfn);
    if ( nr == 0 )
        return 0;

    spin_lock(&m->heap.lock);
    rc = fresh_add(&m->heap, mfn_x(first), nr);
    if ( rc == 0 )
        m->heap.nr_free += nr;
    spin_unlock(&m->heap.lock);
    return rc;
}

/* Move fresh memory with an aligned block of 2^order frames in it into the free blocks. */
static bool heap_refill(struct machine *m, unsigned int order)
{
    uint64_t first = 0, len;
    bool backed;

    spin_lock(&m->heap.lock);
    len = order < REFILL_ORDER ? fresh_cut(&m->heap, REFILL_ORDER, &first) : 0;
    if ( len == 0 )
        len = fresh_cut(&m->heap, order, &first);
    spin_unlock(&m->heap.lock);
    if ( len == 0 )
        return false;

    backed = port_back_frames(m, _mfn(first), len) == 0;

    spin_lock(&m->heap.lock);
    if ( backed )
        blocks_insert_run(m, first, len);
    else if ( fresh_add(&m->heap, first, len) )
        m->heap.nr_free -= len;
    spin_unlock(&m->heap.lock);
    return backed;
}

mfn_t heap_alloc(struct machine *m, unsigned int order)
{
    uint64_t mfn;

    if ( order > HEAP_MAX_ORDER )
        return INVALID_MFN;

    for ( ;; )
    {
        spin_lock(&m->heap.lock);
        mfn = block_take(m, order);
        if ( mfn != HEAP_NONE )
            m->heap.nr_free -= 1ULL << order;
        spin_unlock(&m->heap.lock);

        if ( mfn != HEAP_NONE )
            break;
        if ( !heap_refill(m, order) )
            return INVALID_MFN;
    }

    if ( tlb_stale(m, READ_ONCE(m->heap.freed_stamp)) )
        port_flush_machine(m, FLUSH_ALL);
    return _mfn(mfn);
}

void heap_free(struct machine *m, mfn_t mfn, unsigned int order)
{
    BUG_ON(order > HEAP_MAX_ORDER || (mfn_x(mfn) & ((1ULL << order) - 1)));

    spin_lock(&m->heap.lock);
    WRITE_ONCE(m->heap.freed_stamp, __atomic_load_n(&m->flush_clock, __ATOMIC_SEQ_CST));
    block_insert(m, mfn_x(mfn), order);
    m->heap.nr_free += 1ULL << order;
    spin_unlock(&m->heap.lock);
}

void heap_free_run(struct machine *m, mfn_t first, uint64_t nr)
{
    spin_lock(&m->heap.lock);
    WRITE_ONCE(m->heap.freed_stamp, __atomic_load_n(&m->flush_clock, __ATOMIC_SEQ_CST));
    blocks_insert_run(m, mfn_x(first), nr);
    m->heap.nr_free += nr;
    spin_unlock(&m->heap.lock);
}

mfn_t heap_alloc_owned(struct machine *m, unsigned int order, uint16_t domid)
{
    mfn_t mfn = heap_alloc(m, order);

    if ( mfn_eq(mfn, INVALID_MFN) )
        return mfn;
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
    {
        struct frame *f = mfn_to_frame(m, mfn_add(mfn, i));

        port_scrub(m, mfn_add(mfn, i));
        WRITE_ONCE(f->owner, OWNER(domid));
        __atomic_store_n(&f->word, FRAME_REF, __ATOMIC_RELEASE);
    }
    return mfn;
}

void heap_free_owned(struct machine *m, mfn_t mfn, unsigned int order)
{
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
        frame_put(m, mfn_to_frame(m, mfn_add(mfn, i)));
}
