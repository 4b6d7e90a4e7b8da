/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -include tools/tests/host/step.h
/*
 * The frame word's transitions, function by function, against the table from which the spin models are made
 * (tools/tests/spin/transitions.h).
 *
 * Each function runs on every word there can be: all kinds, all combinations of flags, and counts around each bound. Every change
 * that it makes to the word is seen, as the step hook looks before each atomic access. The sequence of changes must be the one that
 * the table's rows give, and where they give none the function must answer no, wait, or stop the machine, as the row says.
 *
 * Prints for each row how many transitions were compared; tools/tests/spin/test_spin holds that against the table and the models.
 */
#include "../../../xen/arch/x86/mm/fast.h"
#include "../host/host.h"
#include "../host/smp.h"
#include "tap.h"

#define LIMIT FRAME_REFS_LIMIT
#define MANY  WORD_REFS_MANY
#include "../spin/transitions.h"

#define DATA 10 /* the page whose word is varied */

/* A word, as the table has it. */
struct word
{
    uint64_t refs, types;
    unsigned int kind, locked, partial, allocated, pinned, validated, noncoherent, extra;
};

static struct world w;
static struct frame *f;
static struct machine machine_before;
static struct frame frames_before[HOST_FRAMES];
static struct world world_before;

static uint64_t pack(const struct word *x)
{
    return x->refs | (uint64_t)x->kind << FRAME_KIND_SHIFT | x->types << FRAME_TYPE_SHIFT |
           (x->locked ? FRAME_LOCKED : 0) | (x->partial ? FRAME_PARTIAL : 0) |
           (x->allocated ? FRAME_ALLOCATED : 0) | (x->pinned ? FRAME_PINNED : 0) |
           (x->validated ? FRAME_VALIDATED : 0) | (x->noncoherent ? FRAME_NONCOHERENT : 0) |
           (x->extra ? FRAME_EXTRA : 0);
}

static const char *show(uint64_t v)
{
    static char text[8][128];
    static unsigned int n;
    char *t = text[n++ % 8];

    snprintf(t, 128, "refs=%#llx types=%#llx kind=%d%s%s%s%s%s%s%s",
             (unsigned long long)word_refs(v), (unsigned long long)word_types(v), (int)word_type(v),
             v & FRAME_LOCKED ? " locked" : "", v & FRAME_PARTIAL ? " partial" : "",
             v & FRAME_ALLOCATED ? " allocated" : "", v & FRAME_PINNED ? " pinned" : "",
             v & FRAME_VALIDATED ? " validated" : "", v & FRAME_NONCOHERENT ? " noncoherent" : "",
             v & FRAME_EXTRA ? " extra" : "");
    return t;
}

/* ---- rows that were compared --------------------------------------------------------------------------------------- */

static struct
{
    const char *name;
    unsigned long nr;
} rows[64];

static void count_row(const char *name)
{
    unsigned int i = 0;

    while ( rows[i].name && strcmp(rows[i].name, name) )
        i++;
    rows[i].name = name;
    rows[i].nr++;
}

/* ---- what the function did ------------------------------------------------------------------------------------------ */

enum how
{
    RETURNED,
    WAITED,
    STOPPED, /* BUG_ON */
};

struct seen
{
    uint64_t word[16];
    unsigned int nr;
    enum how how;
};

static struct seen got, want;

static void push(struct seen *s, uint64_t word)
{
    if ( s->nr < ARRAY_SIZE(s->word) )
        s->word[s->nr++] = word;
}

static void watch(void)
{
    uint64_t now = *(volatile uint64_t *)&f->word;

    if ( now != got.word[got.nr - 1] )
        push(&got, now);
}

/* ---- what the table says: one function below for each of the core's, in its order of questions ------------------------- */

static bool freed;

#define IF(row, ...) (row##_if(__VA_ARGS__) ? (count_row(#row), true) : false)
#define DO(row, ...)                                                                               \
    do                                                                                             \
    {                                                                                              \
        row##_do(__VA_ARGS__);                                                                     \
        count_row(#row);                                                                           \
        if ( pack(x) != want.word[want.nr - 1] )                                                   \
            push(&want, pack(x));                                                                  \
    } while ( 0 )
#define X (*x)

/* What the content will say: fine, bad, or the port stops the work. */
enum content
{
    GOOD,
    BAD,
    YIELD,
};

static enum content content;

/* The table has no content (@kind is none), or is of descriptors: it cannot be stopped. */
static bool stops(const struct word *x)
{
    return content == YIELD && x->kind != K_DESC;
}

static void want_finish(struct word *x, unsigned int was, bool validating)
{
    if ( stops(x) )
        DO(finish_partial, X, was);
    else if ( validating && content != BAD )
        DO(finish_validated, X, was);
    else
        DO(finish_untyped, X, was);
}

static void want_ref_get(struct word *x)
{
    if ( IF(ref_get, X) )
        DO(ref_get, X);
}

static void want_ref_put(struct word *x)
{
    if ( IF(ref_put_bug, X) )
    {
        want.how = STOPPED;
        return;
    }
    if ( IF(ref_put, X) )
        DO(ref_put, X);
    if ( x->refs )
        return;
    if ( IF(free_bug, X) )
    {
        want.how = STOPPED;
        return;
    }
    freed = true;
    DO(free, X);
}

static void want_release(struct word *x)
{
    if ( !IF(release, X) )
        return;
    DO(release, X);
    want_ref_put(x);
}

static void want_type_get(struct word *x, unsigned int t)
{
    if ( IF(get_bug, X, t) )
        want.how = STOPPED;
    else if ( IF(begin_free, X, t) )
        DO(begin_free, X, t);
    else if ( IF(begin_locked, X, t) )
    {
        DO(begin_locked, X, t);
        if ( t != K_WRITABLE && IF(coherent, X) )
            DO(coherent, X);
        if ( t == K_WRITABLE )
            DO(unlock, X);
        else
            want_finish(x, 0, true);
    }
    else if ( IF(get_other, X, t) )
        return;
    else if ( IF(get_wait, X, t) )
        want.how = WAITED;
    else if ( IF(resume, X, t) )
    {
        DO(resume, X);
        want_finish(x, 1, true);
    }
    else if ( IF(get_full, X, t) )
        return;
    else if ( IF(get_more, X, t) )
        DO(get_more, X);
}

static void want_get_valid(struct word *x, unsigned int t)
{
    if ( IF(get_valid, X, t) )
        DO(get_valid, X);
}

static void want_type_put(struct word *x)
{
    bool bug = put_last_bug_if(X);

    if ( IF(put_bug, X) )
        want.how = STOPPED;
    else if ( IF(put_more, X) )
        DO(put_more, X);
    else if ( IF(put_last, X) )
    {
        DO(put_last, X);
        if ( bug )
        {
            count_row("put_last_bug");
            want.how = STOPPED;
        }
        else if ( is_table(x->kind) )
            want_finish(x, 0, false);
        else
            DO(finish_untyped, X, 0);
    }
}

static void want_drain(struct word *x)
{
    if ( IF(drain_none, X) )
        return;
    if ( IF(drain_wait, X) )
        want.how = WAITED;
    else if ( IF(drain, X) )
    {
        DO(drain, X);
        want_finish(x, 1, false);
    }
}

/* pin_table() of a validated L1: two references and the flag; or they are given back, which never are the last. */
static void want_pin(struct word *x)
{
    if ( !get_more_if(X, K_L1) || !ref_get_if(X) )
        return;
    want_ref_get(x);
    want_type_get(x, K_L1);
    if ( IF(pin, X) )
        DO(pin, X);
    else
    {
        want_type_put(x);
        want_ref_put(x);
    }
}

static void want_unpin(struct word *x)
{
    if ( IF(unpin, X) )
        DO(unpin, X);
}

#define WANT_FAST(row)                                                                             \
    static void want_##row(struct word *x)                                                         \
    {                                                                                              \
        if ( IF(row, X) )                                                                          \
            DO(row, X);                                                                            \
    }
WANT_FAST(fast_read)
WANT_FAST(fast_write)
WANT_FAST(fast_put_rw)
WANT_FAST(fast_put_ro)
WANT_FAST(fast_put_type)
WANT_FAST(fast_hold)

static void want_fast_hold_table(struct word *x)
{
    if ( IF(fast_hold_table, X, K_L4) )
        DO(fast_hold, X);
}

/* ---- the functions --------------------------------------------------------------------------------------------------- */

static struct leaf leaf;
static uint64_t entry;
static int sink;

static void do_ref_get(void)
{
    sink = frame_get(&host.m, w.page[DATA], OWNER(1));
}

static void do_ref_put(void)
{
    frame_put(&host.m, f);
}

static void do_release(void)
{
    sink = frame_clear_allocated(&host.m, f);
}

#define TYPE_GET(name, type)                                                                       \
    static void do_get_##name(void)                                                                \
    {                                                                                              \
        sink = frame_type_get(&w.d, f, type);                                                      \
    }                                                                                              \
    static void want_get_##name(struct word *x)                                                    \
    {                                                                                              \
        want_type_get(x, type);                                                                    \
    }
TYPE_GET(writable, FRAME_WRITABLE)
TYPE_GET(l1, FRAME_L1)
TYPE_GET(l2, FRAME_L2)
TYPE_GET(l4, FRAME_L4)
TYPE_GET(desc, FRAME_DESC)

#define GET_VALID(name, type)                                                                      \
    static void do_valid_##name(void)                                                              \
    {                                                                                              \
        sink = frame_type_get_valid(f, type);                                                      \
    }                                                                                              \
    static void want_valid_##name(struct word *x)                                                  \
    {                                                                                              \
        want_get_valid(x, type);                                                                   \
    }
GET_VALID(l1, FRAME_L1)
GET_VALID(desc, FRAME_DESC)

static void do_type_put(void)
{
    sink = frame_type_put(&w.d, f);
}

static void do_drain_frame(void)
{
    sink = frame_drain(&w.d, f);
}

/* Where more happens than is said in want_pin(), nothing: the functions it calls are compared by themselves. */
static void do_pin(void)
{
    uint64_t v = f->word;

    if ( word_refs(v) && word_refs(v) < LIMIT && word_types(v) && word_types(v) < LIMIT &&
         word_type(v) == FRAME_L1 && (v & FRAME_VALIDATED) &&
         !(v & (FRAME_LOCKED | FRAME_PARTIAL)) )
        sink = pin_table(&w.v, &w.d, w.page[DATA], 1);
}

static void do_unpin(void)
{
    sink = frame_clear_pinned(f);
}

static void do_fast_read(void)
{
    sink = leaf_get_ro(&leaf, entry);
}

static void do_fast_write(void)
{
    sink = leaf_get_rw(&leaf, entry);
}

static void do_fast_put_rw(void)
{
    sink = leaf_put_rw(&leaf, entry);
}

static void do_fast_release(void)
{
    sink = frame_release_fast(f);
}

static void do_fast_put_ro(void)
{
    sink = leaf_put_ro(&leaf, entry);
}

static void do_fast_put_type(void)
{
    sink = frame_put_type_fast(f);
}

static void do_fast_hold(void)
{
    enum frame_type type;

    sink = frame_hold_fast(&w.d, f, &type);
}

static void do_fast_hold_table(void)
{
    sink = frame_hold_table(&host.m, f, OWNER(1), FRAME_L4);
}

static const struct op
{
    const char *name;
    void (*run)(void);
    void (*want)(struct word *x);
    enum content upto; /* contents that matter to it */
} ops[] = {
    { "frame_get", do_ref_get, want_ref_get, GOOD },
    { "frame_put", do_ref_put, want_ref_put, GOOD },
    { "frame_clear_allocated", do_release, want_release, GOOD },
    { "frame_type_get(WRITABLE)", do_get_writable, want_get_writable, GOOD },
    { "frame_type_get(L1)", do_get_l1, want_get_l1, YIELD },
    { "frame_type_get(L2)", do_get_l2, want_get_l2, YIELD },
    { "frame_type_get(L4)", do_get_l4, want_get_l4, YIELD },
    { "frame_type_get(DESC)", do_get_desc, want_get_desc, YIELD },
    { "frame_type_get_valid(L1)", do_valid_l1, want_valid_l1, GOOD },
    { "frame_type_get_valid(DESC)", do_valid_desc, want_valid_desc, GOOD },
    { "frame_type_put", do_type_put, want_type_put, YIELD },
    { "frame_drain", do_drain_frame, want_drain, YIELD },
    { "pin_table(L1)", do_pin, want_pin, GOOD },
    { "frame_clear_pinned", do_unpin, want_unpin, GOOD },
    { "leaf_get_ro", do_fast_read, want_fast_read, GOOD },
    { "leaf_get_rw", do_fast_write, want_fast_write, GOOD },
    { "leaf_put_rw", do_fast_put_rw, want_fast_put_rw, GOOD },
    { "frame_release_fast", do_fast_release, want_fast_put_rw, GOOD },
    { "leaf_put_ro", do_fast_put_ro, want_fast_put_ro, GOOD },
    { "frame_put_type_fast", do_fast_put_type, want_fast_put_type, GOOD },
    { "frame_hold_fast", do_fast_hold, want_fast_hold, GOOD },
    { "frame_hold_table(L4)", do_fast_hold_table, want_fast_hold_table, GOOD },
};

/* ---- running one on a word ------------------------------------------------------------------------------------------- */

static void save(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 48);
    do_va(&w, DATA, 0);
    f = mfn_to_frame(&host.m, w.page[DATA]);
    leaf = leaf_of(&w.d, &w.d);
    entry = mfn_x(w.page[DATA]) << PAGE_SHIFT | PTE_P | PTE_RW;
    w.d.extra_pages = 5; /* whatever the flag says can be given back */
    machine_before = host.m;
    world_before = w;
    memcpy(frames_before, host.m.frames, sizeof(frames_before));
}

static bool say_yield(void *arg)
{
    return true;
}

/* Bad is what no descriptor page and no table may hold, in the last entries: a task state segment, and free memory. */
static void restore(const struct op *op, uint64_t word)
{
    uint64_t *page = host_page(w.page[DATA]);

    host.m = machine_before;
    w = world_before;
    memcpy(host.m.frames, frames_before, sizeof(frames_before));
    memset(page, 0, PAGE_SIZE);
    if ( content == BAD && op->upto == YIELD && op->run != do_type_put )
    {
        page[PT_ENTRIES - 2] = 0x0000890000000000ULL;
        page[PT_ENTRIES - 1] = (uint64_t)(HOST_RAM_END - 1) << PAGE_SHIFT | PTE_P;
    }
    host.yield_fn = content == YIELD ? say_yield : NULL;
    f->word = word;
    f->progress = word & FRAME_PARTIAL ? PT_ENTRIES / 2 : 0;
}

static void call(void *arg)
{
    ((const struct op *)arg)->run();
}

static bool run(const struct op *op, const struct word *from)
{
    struct word x = *from;
    unsigned int n;
    bool bug;

    freed = false;
    want = (struct seen){ .word = { pack(from) }, .nr = 1 };
    op->want(&x);

    restore(op, pack(from));
    got = (struct seen){ .word = { pack(from) }, .nr = 1 };
    host.waits = 0;
    smp_watch = watch;
    bug = host_bugs(call, (void *)op);
    smp_watch = NULL;
    watch();
    got.how = !bug ? RETURNED : host.waits ? WAITED : STOPPED;

    /* A frame that is free is the heap's, which keeps its lists there. */
    n = freed ? MIN(got.nr, want.nr) : got.nr;
    for ( unsigned int i = n; i < got.nr; i++ )
        if ( word_refs(got.word[i]) )
            n = got.nr;
    if ( n == want.nr && got.how == want.how && !memcmp(got.word, want.word, n * sizeof(uint64_t)) )
        return true;
    note("%s on %s (content %d)", op->name, show(got.word[0]), content);
    for ( unsigned int i = 1; i < got.nr; i++ )
        note("  core:  %s", show(got.word[i]));
    for ( unsigned int i = 1; i < want.nr; i++ )
        note("  table: %s", show(want.word[i]));
    note("  core ends by %d, table by %d", got.how, want.how);
    return false;
}

/* ---- all words ------------------------------------------------------------------------------------------------------- */

static const struct
{
    uint64_t refs, types;
} counts[] = {
    { 0, 0 },         { 1, 0 },         { 1, 1 },     { 2, 0 },
    { 2, 1 },         { 2, 2 },         { 3, 3 },     { MANY - 1, 1 },
    { MANY, 2 },      { LIMIT - 1, 1 }, { LIMIT, 0 }, { LIMIT, LIMIT - 1 },
    { LIMIT, LIMIT },
};
#define FREE_LINKED                                                                                \
    ARRAY_SIZE(counts) /* and a free frame in the heap's lists, whose links look like types */

static unsigned long words;

static bool for_word(const struct op *op, unsigned int c, unsigned int kind, unsigned int flags)
{
    struct word x = { .kind = kind,
                      .locked = flags & 1,
                      .partial = flags >> 1 & 1,
                      .allocated = flags >> 2 & 1,
                      .pinned = flags >> 3 & 1,
                      .validated = flags >> 4 & 1,
                      .noncoherent = flags >> 5 & 1,
                      .extra = flags >> 6 & 1 };
    bool good = true;

    x.refs = c == FREE_LINKED ? 0 : counts[c].refs;
    x.types = c == FREE_LINKED ? 1 : counts[c].types;
    /* Without references there are only the heap's links, in the upper half. */
    if ( x.refs == 0 && (kind || (flags & 7) || (c != FREE_LINKED && flags)) )
        return true;
    for ( content = GOOD; good && content <= op->upto; content++ )
    {
        words++;
        good = run(op, &x);
    }
    content = GOOD;
    return good;
}

static void test_op(const struct op *op)
{
    bool good = true;

    words = 0;
    for ( unsigned int c = 0; good && c <= ARRAY_SIZE(counts); c++ )
        for ( unsigned int kind = 0; good && kind <= FRAME_DESC; kind++ )
            for ( unsigned int flags = 0; good && flags < 128; flags++ )
                good = for_word(op, c, kind, flags);
    ok(good, "%s does what the table says, on %lu words", op->name, words);
}

/* A frame comes out of the heap, whose link goes first, and is assigned. */
static void test_assign(void)
{
    struct word word = { 0 }, *x = &word;
    mfn_t mfn = domain_alloc(&w.d, 0);

    f = mfn_to_frame(&host.m, mfn);
    (void)domain_release(&w.d, mfn);
    want = (struct seen){ .word = { 0 }, .nr = 1 };
    DO(assign, X);
    got = (struct seen){ .word = { f->word }, .nr = 1 };
    smp_watch = watch;
    ok(mfn_eq(domain_alloc(&w.d, 0), mfn), "the frame that was freed last is given out first");
    smp_watch = NULL;
    watch();
    ok(got.nr >= 2 && got.word[got.nr - 2] == 0 && got.word[got.nr - 1] == want.word[1],
       "and assigned as the table says, from a word of zero");
}

int main(void)
{
    static const struct op pin = { "set_pinned", NULL, want_pin, GOOD };

    (void)pin;
    save();
    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
        test_op(&ops[i]);
    save();
    test_assign();
    for ( unsigned int i = 0; i < ARRAY_SIZE(rows) && rows[i].name; i++ )
        note("row %s: %lu", rows[i].name, rows[i].nr);
    return done();
}
