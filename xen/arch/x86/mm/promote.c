/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Type transitions: how a frame becomes a page table or a descriptor page and how it stops being one.
 *
 *   1. finish_*: the ways out of the locked state
 *   2. validate: take what the entries of a table demand, from entry [done] up
 *   3. devalidate: give it back, from entry [done] down
 *   4. the word's state machine: taking a type, dropping it, finishing what was left half-way
 *
 *        types == 0 --get--> LOCKED --content fine--> VALIDATED (types >= 1) --last put--> LOCKED --> types == 0
 *                              |                                                             |
 *                              +---- yield ----> PARTIAL (types == 1, the state's) <-- yield +
 *
 *   PARTIAL has no direction: progress says which entries are live, and whoever comes next (a get goes on validating, a
 *   drain goes on taking apart) takes the state over. The state owns one general and one typed reference. If entry
 *   [done] was left with a partial child, the entry owns a general reference on it (PROGRESS_SLOT): the child cannot be freed
 *   and handed to somebody else meanwhile (XSA-299).
 *
 * A table's frame is locked while it is worked on. Work goes down the levels only: a frame of another type than belongs there
 * is refused or left alone, never waited for or taken apart, so waiting never forms a circle. Who waits does so in
 * port_wait(), as the holder may be waiting for this very CPU to flush.
 *
 * Order of a transition: take the type, then flush, then look at the content (XSA-401).
 *
 * Keeps invariants 2, 4, 6, 7, 10. Locks: FRAME_LOCKED of the frame, then of frames one level down.
 */
#include <xen/mm_port.h>

#include "desc.h"
#include "fast.h"

static unsigned int table_level(enum frame_type type)
{
    return (unsigned int)(type - FRAME_L1) + 1;
}

/* Work goes on without a break up to this entry at most, down to that one at least. */
static unsigned int chunk_end(const struct machine *m, unsigned int i)
{
    unsigned int end = (i | m->yield_mask) + 1;

    return MIN(end, (unsigned int)PT_ENTRIES);
}

static unsigned int chunk_start(const struct machine *m, unsigned int i)
{
    return (i - 1) & ~m->yield_mask;
}

/* ---- 1. leaving the locked state ---------------------------------------------------------------------------------- */

static void leave_locked(struct frame *f, uint64_t set, uint64_t add, uint64_t sub)
{
    uint64_t old = frame_word(f);

    do
    {
        BUG_ON(!(old & FRAME_LOCKED));
    } while ( !frame_cas(f, &old, (((old & ~FRAME_LOCKED) | set) + add) - sub) );
}

/* The partial state owns a general reference: it is taken when the state begins and dropped when it ends. */
static void finish_validated(struct frame *f, bool was_partial)
{
    f->progress = 0;
    leave_locked(f, FRAME_VALIDATED, 0, was_partial ? FRAME_REF : 0);
}

static void finish_partial(struct frame *f, bool was_partial)
{
    leave_locked(f, FRAME_PARTIAL, was_partial ? 0 : FRAME_REF, 0);
}

/*
 * The last typed reference goes. The time is noted under the lock: one noted before could be older than a mapping that another
 * CPU made, used and dropped meanwhile, and the word would not show it (invariant 7).
 */
static void finish_untyped(struct machine *m, struct frame *f, bool was_partial)
{
    f->progress = 0;
    f->stamp = __atomic_load_n(&m->flush_clock, __ATOMIC_SEQ_CST);
    leave_locked(f, 0, 0, FRAME_TYPED + (was_partial ? FRAME_REF : 0));
}

/* ---- 2. validate -------------------------------------------------------------------------------------------------- */

/* An entry that is no common one of a writable page. *final goes false if adjust_table() may have to change it. */
static __attribute__((noinline)) int validate_l1e(const struct map_owner *o, uint64_t e,
                                                  bool *final)
{
    const struct leaf l = leaf_of(o->d, o->pg);

    if ( leaf_is_common(&l, e) )
    {
        *final &= e == pte_adjust_l1(e);
        if ( leaf_get(&l, e) )
            return 0;
    }
    *final = false;
    return l1e_get(o, e);
}

/* Entries [e, end) of an L1. Returns where it stopped: at @end, or at the entry that *rc is about. */
static __attribute__((noinline)) const uint64_t *validate_l1_chunk(const struct map_owner *o,
                                                                   const uint64_t *e,
                                                                   const uint64_t *end, bool *final,
                                                                   int *rc)
{
    const struct leaf l = leaf_of(o->d, o->pg);

#pragma GCC unroll 4
    for ( ; e != end; e++ )
    {
        uint64_t val = READ_ONCE(*e);

        if ( likely(leaf_is_final_rw(&l, val) && leaf_get_rw(&l, val)) )
            continue;
        if ( !val )
            e = skip_empty(e, end) - 1;
        else if ( (*rc = validate_l1e(o, val, final)) )
            break;
    }
    return e;
}

static int validate_l1(struct mm_domain *d, struct frame *f, bool *final)
{
    const struct map_owner o = { .d = d, .pg = d };
    const uint64_t *table = pt_of(d->machine, f);
    unsigned int i = f->progress & PROGRESS_DONE_MASK;
    int rc = 0;

    *final = i == 0;
    while ( i < PT_ENTRIES )
    {
        i = (unsigned int)(validate_l1_chunk(&o, &table[i], &table[chunk_end(d->machine, i)], final,
                                             &rc) -
                           table);
        f->progress = (uint16_t)i;
        if ( rc )
        {
            port_refuse(d, "mfn 0x%llx cannot be an L1 table because of its entry %u",
                        (unsigned long long)mfn_x(frame_to_mfn(d->machine, f)), i);
            return rc;
        }
        if ( i < PT_ENTRIES && port_should_yield() )
            return -ERESTART;
    }
    return 0;
}

static int drain(struct mm_domain *d, struct frame *f, enum frame_type only);

/* Drop the general reference that entry [done] holds on a child it left partial. */
static void drop_slot(struct machine *m, struct frame *f)
{
    unsigned int i = f->progress & PROGRESS_DONE_MASK;

    if ( !(f->progress & PROGRESS_SLOT) )
        return;
    f->progress = (uint16_t)i;
    frame_put(m, mfn_to_frame(m, pte_mfn(pt_of(m, f)[i])));
}

/* Entry @i of a table of tables, which is not zero. */
static int validate_link(struct mm_domain *d, struct frame *f, unsigned int level, unsigned int i,
                         uint64_t e)
{
    struct frame *pending = NULL;
    int rc = table_entry_get(d, level, f, e, &pending);

    if ( rc == 0 || pending )
        drop_slot(d->machine, f); /* it kept the child alive until now */
    if ( rc )
        f->progress = (uint16_t)(i | (pending ? PROGRESS_SLOT : f->progress & PROGRESS_SLOT));
    return rc;
}

static int validate_table(struct mm_domain *d, struct frame *f, unsigned int level, bool *final)
{
    const uint64_t *table = pt_of(d->machine, f);
    unsigned int i = f->progress & PROGRESS_DONE_MASK;

    *final = i == 0 && level < 4; /* an L4 has the hypervisor's slots to be filled */
    while ( i < PT_ENTRIES )
    {
        unsigned int end = chunk_end(d->machine, i);

        i = (unsigned int)(skip_empty(&table[i], &table[end]) - table);
        if ( i < end )
        {
            uint64_t e = READ_ONCE(table[i]);
            int rc = is_hv_slot(level, i) ? 0 : validate_link(d, f, level, i, e);

            if ( rc )
                return rc;
            *final &= e == pte_adjust_table(level, e);
            i++;
        }
        if ( i < PT_ENTRIES && port_should_yield() )
        {
            f->progress = (uint16_t)i;
            return -ERESTART;
        }
    }
    f->progress = PT_ENTRIES;
    return 0;
}

/* What every L4 of the domain carries. The M2P is not shown until it is a root of kernel mode: show_m2p(). */
static void fill_hv_slots(const struct mm_domain *d, uint64_t *table)
{
    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        WRITE_ONCE(table[HV_SLOT_FIRST + i], HV_SLOT_FIRST + i == HV_SLOT_M2P ? 0 : d->hv_slots[i]);
}

/* Everything is accepted: now the bits we add go in, so that a refused table is left as it was. */
static void adjust_table(struct mm_domain *d, struct frame *f, unsigned int level)
{
    uint64_t *table = pt_of(d->machine, f), *end = table + PT_ENTRIES;

    for ( const uint64_t *e = skip_empty(table, end); e != end; e = skip_empty(e + 1, end) )
    {
        unsigned int i = (unsigned int)(e - table);
        uint64_t new = level == 1 ? l1e_adjust(d->machine, *e) : pte_adjust_table(level, *e);

        if ( new != *e && !is_hv_slot(level, i) )
            WRITE_ONCE(table[i], new);
    }
    if ( level == 4 )
        fill_hv_slots(d, table);
}

static int validate(struct mm_domain *d, struct frame *f, enum frame_type type)
{
    unsigned int level = table_level(type);
    bool final = false;
    int rc;

    if ( type == FRAME_DESC )
        return desc_page_validate(d, mfn_to_virt(d->machine, frame_to_mfn(d->machine, f)));

    rc = level == 1 ? validate_l1(d, f, &final) : validate_table(d, f, level, &final);
    if ( rc == 0 && !final )
        adjust_table(d, f, level);
    return rc;
}

/* ---- 3. devalidate ------------------------------------------------------------------------------------------------ */

/* Entries [start, e), from above. */
static __attribute__((noinline)) void devalidate_l1_chunk(struct mm_domain *d,
                                                          const uint64_t *start, const uint64_t *e)
{
    const struct leaf l = leaf_of(d, NULL);

#pragma GCC unroll 4
    while ( e != start )
    {
        uint64_t val = READ_ONCE(*--e);
        /* In a table that is refused devices do not have their memory type yet, and look like common pages. */
        bool has_account = leaf_offset(val) < l.frames_size;

        if ( likely(has_account && leaf_is_common_rw(&l, val) && leaf_put_rw(&l, val)) )
            continue;
        if ( !val )
            e = skip_empty_down(e, start);
        else if ( !has_account || !leaf_is_common(&l, val) || !leaf_put(&l, val) )
            l1e_put(d, val);
    }
}

static int devalidate_l1(struct mm_domain *d, struct frame *f)
{
    const uint64_t *table = pt_of(d->machine, f);
    unsigned int i = f->progress & PROGRESS_DONE_MASK;

    while ( i > 0 )
    {
        unsigned int start = chunk_start(d->machine, i);

        devalidate_l1_chunk(d, &table[start], &table[i]);
        i = start;
        f->progress = (uint16_t)i;
        if ( i > 0 && port_should_yield() )
            return -ERESTART;
    }
    return 0;
}

/* The entry's child was left partial. It may have been finished, and become something else, since: then it is not ours any more, and
 * it may even be above us. */
static int devalidate_slot(struct mm_domain *d, struct frame *f, unsigned int level)
{
    unsigned int i = f->progress & PROGRESS_DONE_MASK;
    struct machine *m = d->machine;
    int rc;

    if ( !(f->progress & PROGRESS_SLOT) )
        return 0;
    rc = drain(d, mfn_to_frame(m, pte_mfn(READ_ONCE(pt_of(m, f)[i]))),
               (enum frame_type)(FRAME_L1 + level - 2));
    if ( rc == 0 )
        drop_slot(m, f);
    return rc;
}

static int devalidate_table(struct mm_domain *d, struct frame *f, unsigned int level)
{
    const uint64_t *table = pt_of(d->machine, f);
    unsigned int i = f->progress & PROGRESS_DONE_MASK;
    int rc = devalidate_slot(d, f, level);

    while ( rc == 0 && i > 0 )
    {
        unsigned int start = chunk_start(d->machine, i);
        struct frame *pending = NULL;

        i = (unsigned int)(skip_empty_down(&table[i], &table[start]) - table);
        if ( i > start )
        {
            i--;
            if ( !is_hv_slot(level, i) )
                rc = table_entry_put(d, level, f, READ_ONCE(table[i]), &pending);
        }
        f->progress = (uint16_t)(i | (pending ? PROGRESS_SLOT : 0));
        if ( rc == 0 && i > 0 && port_should_yield() )
            rc = -ERESTART;
    }
    return rc;
}

static int devalidate(struct mm_domain *d, struct frame *f, enum frame_type type)
{
    unsigned int level = table_level(type);

    if ( type == FRAME_DESC )
        return 0;
    return level == 1 ? devalidate_l1(d, f) : devalidate_table(d, f, level);
}

/* ---- 4. the state machine ------------------------------------------------------------------------------------------ */

/* The frame is locked and ours. Validate; on failure undo, which may itself be stopped half-way. */
static int promote(struct mm_domain *d, struct frame *f, enum frame_type type, bool was_partial)
{
    int rc = validate(d, f, type);

    if ( rc == 0 )
        finish_validated(f, was_partial);
    else if ( rc == -ERESTART || devalidate(d, f, type) )
        finish_partial(f, was_partial);
    else
        finish_untyped(d->machine, f, was_partial);
    return rc;
}

static int demote(struct mm_domain *d, struct frame *f, enum frame_type type, bool was_partial)
{
    int rc = devalidate(d, f, type);

    if ( rc == 0 )
        finish_untyped(d->machine, f, was_partial);
    else
        finish_partial(f, was_partial);
    return rc;
}

/* Flush what may be left of the frame's former life. The frame has its new type already, and is locked. */
static void forget_old_use(struct mm_domain *d, struct frame *f, uint64_t old, enum frame_type type)
{
    struct machine *m = d->machine;

    if ( word_type(old) != FRAME_NONE && word_type(old) != type && tlb_stale(m, f->stamp) )
        port_flush_machine(m, FLUSH_ALL);
    if ( (old & FRAME_NONCOHERENT) && type != FRAME_WRITABLE )
    {
        port_flush_frame(m, frame_to_mfn(m, f));
        __atomic_fetch_and(&f->word, ~FRAME_NONCOHERENT, __ATOMIC_SEQ_CST);
    }
}

/* types == 0 in @old: give the frame its type. False: the word changed meanwhile. */
static bool begin_type(struct mm_domain *d, struct frame *f, uint64_t *old, enum frame_type type,
                       int *rc)
{
    bool lock =
        type != FRAME_WRITABLE || (word_type(*old) != FRAME_NONE && word_type(*old) != type);
    uint64_t new = (*old & ~FRAME_KIND_MASK) | ((uint64_t)type << FRAME_KIND_SHIFT) | FRAME_TYPED;

    if ( !frame_cas(f, old, lock ? new | FRAME_LOCKED : new) )
        return false;
    *rc = 0;
    if ( !lock )
        return true;

    forget_old_use(d, f, *old, type);
    if ( type == FRAME_WRITABLE )
        leave_locked(f, 0, 0, 0);
    else
    {
        f->progress = 0;
        *rc = promote(d, f, type, false);
    }
    return true;
}

static void refuse_type(const struct mm_domain *d, const struct frame *f, uint64_t word,
                        enum frame_type type)
{
    if ( type == FRAME_WRITABLE )
        return; /* the caller knows better what for */
    port_refuse(d, "mfn 0x%llx cannot become %s: it is in use as %s (%llu uses as such)",
                (unsigned long long)mfn_x(frame_to_mfn(d->machine, f)), frame_type_name(type),
                frame_type_name(word_type(word)), (unsigned long long)word_types(word));
}

int frame_type_get(struct mm_domain *d, struct frame *f, enum frame_type type)
{
    uint64_t old = frame_word(f);
    int rc;

    for ( ;; )
    {
        BUG_ON(!word_refs(old));
        if ( !word_types(old) )
        {
            if ( begin_type(d, f, &old, type, &rc) )
                return rc;
            continue;
        }
        if ( word_type(old) != type )
        {
            refuse_type(d, f, old, type);
            return -EINVAL;
        }
        if ( old & FRAME_LOCKED )
        {
            port_wait();
            old = frame_word(f);
            continue;
        }
        if ( old & FRAME_PARTIAL )
        {
            if ( frame_cas(f, &old, (old & ~FRAME_PARTIAL) | FRAME_LOCKED) )
                return promote(d, f, type, true);
            continue;
        }
        BUG_ON(type != FRAME_WRITABLE && !(old & FRAME_VALIDATED));
        if ( word_types(old) >= FRAME_REFS_LIMIT )
            return -EBUSY;
        if ( frame_cas(f, &old, old + FRAME_TYPED) )
            return 0;
    }
}

bool frame_type_get_valid(struct frame *f, enum frame_type type)
{
    uint64_t old = frame_word(f);

    do
    {
        if ( word_type(old) != type || !(old & FRAME_VALIDATED) ||
             word_types(old) >= FRAME_REFS_LIMIT )
            return false;
    } while ( !frame_cas(f, &old, old + FRAME_TYPED) );
    return true;
}

int frame_type_put(struct mm_domain *d, struct frame *f)
{
    uint64_t old = frame_word(f);
    enum frame_type type;

    for ( ;; )
    {
        BUG_ON(!word_types(old) || (old & (FRAME_PARTIAL | FRAME_LOCKED)));
        if ( word_types(old) > 1 )
        {
            if ( frame_cas(f, &old, old - FRAME_TYPED) )
                return 0;
        }
        else if ( frame_cas(f, &old, (old & ~FRAME_VALIDATED) | FRAME_LOCKED) )
            break;
    }

    type = word_type(old);
    if ( !type_is_table(type) )
    {
        finish_untyped(d->machine, f, false);
        return 0;
    }
    BUG_ON(!(old & FRAME_VALIDATED));
    /* A root that is none any more must not keep the hypervisor's entries. */
    if ( type == FRAME_L4 )
        memset(pt_of(d->machine, f) + HV_SLOT_FIRST, 0, HV_SLOT_COUNT * sizeof(uint64_t));
    f->progress = PT_ENTRIES;
    return demote(d, f, type, false);
}

void frame_put_type(struct mm_domain *d, struct frame *f)
{
    int rc = frame_type_put(d, f);

    BUG_ON(rc);
}

void frame_put_leaf(struct mm_domain *d, struct frame *f)
{
    frame_put_type(d, f);
    frame_put(d->machine, f);
}

/* frame_drain(), but only while the frame is of type @only; FRAME_NONE: of any. */
static int drain(struct mm_domain *d, struct frame *f, enum frame_type only)
{
    uint64_t old = frame_word(f);

    for ( ;; )
    {
        if ( !(old & (FRAME_PARTIAL | FRAME_LOCKED)) ||
             (only != FRAME_NONE && word_type(old) != only) )
            return 0;
        if ( old & FRAME_LOCKED )
        {
            port_wait();
            old = frame_word(f);
        }
        else if ( frame_cas(f, &old, (old & ~FRAME_PARTIAL) | FRAME_LOCKED) )
            return demote(d, f, word_type(old), true);
    }
}

int frame_drain(struct mm_domain *d, struct frame *f)
{
    return drain(d, f, FRAME_NONE);
}
