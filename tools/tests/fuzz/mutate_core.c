/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes inputs of fuzz_core a record at a time: records are made, left out, doubled, exchanged, moved, and single fields of them
 * changed to values that mean something. Sequences that build something (a table, then a use of it) are put in as a whole. Frame
 * numbers are those of the machine as small_reset() builds it: domain 0 has 1 to 9, domain 1 has 10 to 17.
 */
#include <string.h>

#include "core_input.h"
#include "fuzz.h"

#define HEADER sizeof(struct core_header)
#define RECORD sizeof(struct core_record)

static uint64_t state;

static unsigned int rnd(unsigned int n)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned int)(state >> 33) % n;
}

/* Mostly frames that a domain begins with; some are free, some are no memory. */
static uint8_t random_frame(unsigned int who)
{
    unsigned int first = (who & 2) ? 10 : 1, pages = (who & 2) ? 8 : 9;

    if ( rnd(12) )
        return (uint8_t)(first + (rnd(2) ? rnd(pages) : 4 + rnd(pages - 4)));
    return rnd(4) ? (uint8_t)rnd(28) : (uint8_t)rnd(256);
}

static uint8_t random_flags(void)
{
    static const uint8_t common[] = { 4, 6, 6, 6, 4, 2, 0, 14, 7, 0xff };

    return rnd(10) ? common[rnd(sizeof(common))] : (uint8_t)rnd(256);
}

static uint8_t random_yield(void)
{
    if ( rnd(2) )
        return 0;
    return rnd(3) ? (uint8_t)(1 + rnd(12)) : rnd(2) ? 255 : (uint8_t)rnd(256);
}

static uint8_t random_mood(void)
{
    static const uint8_t common[] = { 0, 0, 0, CORE_LEAVE, CORE_LEAVE, CORE_STORE, CORE_ABANDON };

    return (rnd(8) ? common[rnd(sizeof(common))] : (uint8_t)rnd(64)) | (rnd(2) ? CORE_COMMON : 0) |
           (rnd(5) ? 0 : CORE_MEET);
}

static void random_field(struct core_record *r)
{
    switch ( rnd(12) )
    {
    case 0: r->kind = (uint8_t)rnd(CORE_KINDS); break;
    case 1: r->who = rnd(8) ? (uint8_t)rnd(4) : (uint8_t)rnd(256); break;
    case 2: r->frame = random_frame(r->who); break;
    case 3: r->slot = rnd(10) ? (uint8_t)rnd(8) : (uint8_t)rnd(256); break;
    case 4: r->frame2 = random_frame(r->who); break;
    case 5: r->flags = random_flags(); break;
    case 6: r->extra = (uint8_t)rnd(256); break;
    case 7: r->yield = random_yield(); break;
    case 8: r->mood = random_mood(); break;
    case 9: r->store_frame = random_frame(r->who); break;
    case 10: r->store_slot = (uint8_t)rnd(8); break;
    default: r->store_flags = random_flags(); break;
    }
}

static struct core_record random_record(void)
{
    struct core_record r = { .kind = (uint8_t)rnd(CORE_KINDS),
                             .who = rnd(10) ? (uint8_t)rnd(4) : (uint8_t)rnd(256),
                             .slot = (uint8_t)rnd(8),
                             .flags = random_flags(),
                             .extra = (uint8_t)(rnd(2) ? rnd(22) : rnd(256)),
                             .yield = random_yield(),
                             .mood = random_mood(),
                             .store_slot = (uint8_t)rnd(8),
                             .store_flags = random_flags() };

    r.frame = random_frame(r.who);
    r.frame2 = random_frame(r.who);
    r.store_frame = random_frame(r.who);
    return r;
}

/* ---- sequences ----------------------------------------------------------------------------------------------------- */

#define SEQUENCE_MAX 12

struct sequence
{
    struct core_record r[SEQUENCE_MAX];
    unsigned int nr;
    uint8_t who;
};

static unsigned int first_page(const struct sequence *s)
{
    return (s->who & 2) ? 10 : 1;
}

/* A page of the domain's that is not one of its first tables. */
static uint8_t some_page(const struct sequence *s)
{
    return (uint8_t)(first_page(s) + 4 + rnd((s->who & 2) ? 4 : 5));
}

static struct core_record *add(struct sequence *s, enum core_kind kind)
{
    struct core_record *r = &s->r[s->nr < SEQUENCE_MAX - 1 ? s->nr++ : s->nr];

    memset(r, 0, sizeof(*r));
    r->kind = (uint8_t)kind;
    r->who = s->who;
    return r;
}

/* Page i of a domain is mapped by entry i of its only L1. */
static void remap(struct sequence *s, uint8_t page, uint8_t flags)
{
    struct core_record *r = add(s, CORE_VA);

    r->slot = (uint8_t)((page - first_page(s)) % 8);
    r->frame2 = page;
    r->flags = flags;
}

static void set_entry(struct sequence *s, uint8_t table, unsigned int slot, uint8_t frame,
                      uint8_t flags)
{
    struct core_record *r = add(s, CORE_ENTRY);

    r->frame = table;
    r->slot = (uint8_t)slot;
    r->frame2 = frame;
    r->flags = flags;
}

static void pin(struct sequence *s, uint8_t table, unsigned int level)
{
    struct core_record *r = add(s, CORE_PIN);

    r->frame = table;
    r->slot = (uint8_t)(level - 1);
    r->yield = random_yield();
    r->mood = random_mood();
    r->store_frame = table;
}

/* A page becomes a table with some entries; it is pinned, or linked by one of the first tables. */
static void make_table(struct sequence *s)
{
    uint8_t page = random_frame(s->who);

    remap(s, page, rnd(2) ? 0xff : 4);
    for ( unsigned int n = 1 + rnd(3); n > 0; n-- )
        set_entry(s, page, rnd(8), random_frame(s->who), random_flags());
    if ( rnd(3) )
        pin(s, page, 1 + rnd(4));
    else
        set_entry(s, (uint8_t)(first_page(s) + rnd(3)), 1 + rnd(3), page, 6);
}

/* One that links another one; pinned in pieces, while somebody does something to the lower one. */
static void make_tree(struct sequence *s)
{
    uint8_t upper = some_page(s), lower = some_page(s);
    unsigned int level = 2 + rnd(3);

    remap(s, upper, 4);
    remap(s, lower, 4);
    set_entry(s, lower, rnd(8), level == 2 ? some_page(s) : (uint8_t)(first_page(s) + 5 - level),
              4);
    set_entry(s, lower, rnd(8), level == 2 ? some_page(s) : upper, random_flags());
    set_entry(s, upper, rnd(3), lower, 6);
    if ( rnd(2) )
        set_entry(s, upper, 3 + rnd(5), random_frame(s->who), random_flags());
    pin(s, upper, level);
    s->r[s->nr - 1].yield = (uint8_t)(1 + rnd(12));
    s->r[s->nr - 1].mood = CORE_LEAVE;
    s->who ^= 1;
    pin(s, rnd(2) ? lower : upper, 1 + rnd(4));
    if ( rnd(2) )
        add(s, CORE_UNPIN)->frame = rnd(2) ? lower : upper;
    if ( rnd(2) )
        add(s, CORE_RELEASE)->frame = rnd(2) ? lower : upper;
}

/* An LDT in a page of the domain's, and a fault that finds it. */
static void make_ldt(struct sequence *s)
{
    uint8_t page = some_page(s);
    struct core_record *r;

    remap(s, page, 4);
    r = add(s, CORE_EXT);
    r->extra = 13; /* MMUEXT_SET_LDT */
    r->slot = (uint8_t)((page - first_page(s)) % 8);
    r->frame2 = (uint8_t)rnd(256);
    add(s, CORE_LDT_FAULT)->frame = (uint8_t)rnd(16);
    if ( rnd(2) )
        remap(s, page, rnd(2) ? 0xff : 6);
    else
        add(s, CORE_BASE)->frame = (uint8_t)first_page(s);
}

/* Frames that come and go: the first free ones follow those of the domains. */
static void make_pages(struct sequence *s)
{
    uint8_t frame = (uint8_t)(18 + rnd(3));

    add(s, CORE_ALLOC)->frame = (uint8_t)rnd(256);
    if ( rnd(2) )
        set_entry(s, (uint8_t)(first_page(s) + 3), rnd(8), frame, random_flags());
    add(s, CORE_RELEASE)->frame = rnd(3) ? frame : some_page(s);
    if ( rnd(2) )
        add(s, CORE_ALLOC)->frame = (uint8_t)rnd(256);
}

/* A second root, for user mode or instead of the first; the first may be let go. */
static void make_root(struct sequence *s)
{
    uint8_t page = some_page(s);

    remap(s, page, 4);
    set_entry(s, page, rnd(4), rnd(4) ? (uint8_t)(first_page(s) + 1) : some_page(s),
              rnd(2) ? 6 : 4);
    if ( rnd(2) )
        set_entry(s, page, rnd(8), page, 4);
    add(s, CORE_BASE)->frame = page;
    s->r[s->nr - 1].slot = (uint8_t)rnd(3);
    s->r[s->nr - 1].yield = random_yield();
    if ( rnd(2) )
        add(s, CORE_USER);
    if ( rnd(2) )
        add(s, CORE_UNPIN)->frame = (uint8_t)first_page(s);
    if ( rnd(2) )
    {
        add(s, CORE_BASE)->frame = rnd(2) ? page : 0xe0;
        s->r[s->nr - 1].slot = (uint8_t)rnd(3);
        s->r[s->nr - 1].yield = random_yield();
    }
}

static void make_sequence(struct sequence *s)
{
    s->nr = 0;
    s->who = (uint8_t)rnd(4);
    switch ( rnd(9) )
    {
    case 4: make_root(s); break;
    case 0: make_ldt(s); break;
    case 1: make_pages(s); break;
    case 2:
    case 3: make_tree(s); break;
    default: make_table(s); break;
    }
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

static void insert(struct core_record *r, unsigned int *nr, unsigned int at,
                   const struct core_record *new, unsigned int count)
{
    memmove(&r[at + count], &r[at], (*nr - at) * RECORD);
    memcpy(&r[at], new, count * RECORD);
    *nr += count;
}

/* One change; @max records at most. */
static void change(struct core_record *r, unsigned int *nr, unsigned int max)
{
    unsigned int at = rnd(*nr + 1), other = *nr ? rnd(*nr) : 0, n;
    struct core_record new;
    struct sequence s;

    if ( at == *nr && at > 0 && rnd(2) )
        at--;
    switch ( *nr < 3 ? 1 + rnd(2) : rnd(10) )
    {
    default:
        if ( at < *nr )
            for ( n = 1 + rnd(3); n > 0; n-- )
                random_field(&r[at]);
        break;
    case 1:
        new = random_record();
        if ( *nr < max )
            insert(r, nr, at, &new, 1);
        break;
    case 2:
        make_sequence(&s);
        if ( *nr + s.nr <= max )
            insert(r, nr, at, s.r, s.nr);
        break;
    case 3: /* left out */
        n = 1 + rnd(3);
        if ( at + n <= *nr )
        {
            memmove(&r[at], &r[at + n], (*nr - at - n) * RECORD);
            *nr -= n;
        }
        break;
    case 4: /* doubled somewhere else */
        new = r[other];
        if ( *nr < max )
            insert(r, nr, at, &new, 1);
        break;
    case 5: /* exchanged */
        if ( at < *nr )
        {
            new = r[at];
            r[at] = r[other];
            r[other] = new;
        }
        break;
    case 6: /* the same frame in two records */
        if ( at < *nr )
            *(rnd(2) ? &r[at].frame : &r[at].frame2) = rnd(2) ? r[other].frame : r[other].frame2;
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    static struct core_record records[CORE_RECORDS + SEQUENCE_MAX];
    struct core_header h = { 0 };
    unsigned int nr, room;

    state = seed * 2654435761ULL + size;
    if ( max < HEADER )
        return 0;
    room = (unsigned int)((max - HEADER) / RECORD);
    if ( room > CORE_RECORDS )
        room = CORE_RECORDS;
    if ( size < HEADER )
        size = HEADER;
    else
        memcpy(&h, data, HEADER);
    nr = (unsigned int)((size - HEADER) / RECORD);
    if ( nr > room )
        nr = room;
    memcpy(records, data + HEADER, nr * RECORD);
    if ( rnd(20) == 0 )
        h.world ^= (uint8_t)(1U << rnd(8));
    if ( rnd(40) == 0 )
        h.ending = random_yield();
    for ( unsigned int n = 1 + rnd(4); n > 0; n-- )
        change(records, &nr, room);
    memcpy(data, &h, HEADER);
    memcpy(data + HEADER, records, nr * RECORD);
    return HEADER + nr * RECORD;
}
