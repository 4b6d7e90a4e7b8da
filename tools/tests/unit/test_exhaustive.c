/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/*.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c tools/tests/model/*.c
// cflags: -DPT_ENTRIES=2 -DSMALL_RAM_END=8 -DSMALL_MFNS=9 -DSMALL_DOMAINS=2 -DSMALL_VCPUS=2 -DSMALL_CPUS=2 -DSMALL_PAGES={5,1} -O2 -fno-sanitize=all
/*
 * Small worlds, exhausted: page tables of two entries, two domains that share six frames, two CPUs. From a start on, every sequence of
 * operations up to some length is done, and every schedule of stopping them: at each question of the port an operation is left as it
 * is, and everything else may happen before somebody goes on. States that differ only by the frames' numbers are one state.
 *
 *   1. states: keeping, comparing, numbering
 *   2. worlds: which operations there are
 *   3. one operation in one state: core and model compared, stopped at each question, gone on with
 *   4. breadth first
 *
 * In each state: core and model agree (results, memory, accounts, flushes, translations: model.h), the core's audit finds nothing,
 * and a teardown of both domains ends at nothing. For each stop: going on ends at the same result and state as not stopping.
 *
 * Without arguments each world goes to the depth that make check has time for, with `-q` one less deep. `-l` goes as deep as four
 * million states or `-t SECONDS` of the CPU allow, names choose worlds.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <time.h>

#include "../model/model.h"
#include "tap.h"

#define P           1ULL
#define RW          2ULL
#define US          4ULL
#define PCD         0x10ULL
#define FRAME_FIRST 1
#define FRAME_LAST  (SMALL_RAM_END - 2) /* the last is the hypervisor's */
#define MAX_OPS     8192
#define MAX_ENTRIES 32
#define MAX_RESUMES 64
/* Larger tables: there is more of everything, so less deep (test_exhaustive_wide.c). */
#ifndef EXHAUST_SHALLOWER
#define EXHAUST_SHALLOWER 0
#endif

/* ---- 1. states ----------------------------------------------------------------------------------------------------- */

/* All but the words of frames that no operation here changes: those stay zero. */
struct state
{
    struct small s;
    struct frame frames[SMALL_MFNS];
    uint64_t m2p[SMALL_MFNS];
    uint64_t words[SMALL_MFNS][PT_ENTRIES];
};

static void keep(struct state *st)
{
    st->s = small;
    memcpy(st->frames, small_frames, sizeof(small_frames));
    memcpy(st->m2p, small_m2p, sizeof(small_m2p));
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
        memcpy(st->words[i], small_memory[i], sizeof(st->words[i]));
}

static void back(const struct state *st)
{
    small = st->s;
    memcpy(small_frames, st->frames, sizeof(small_frames));
    memcpy(small_m2p, st->m2p, sizeof(small_m2p));
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
        memcpy(small_memory[i], st->words[i], sizeof(st->words[i]));
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 29);
}

static unsigned int target_of(uint64_t e)
{
    uint64_t mfn = (e & PTE_ADDR_BITS) >> PAGE_SHIFT;

    return mfn < SMALL_MFNS ? (unsigned int)mfn : 0;
}

static uint64_t flags_of(uint64_t e)
{
    return target_of(e) ? e & ~PTE_ADDR_BITS : e;
}

static bool is(mfn_t mfn, unsigned int n)
{
    return mfn_x(mfn) == n;
}

static uint64_t bit_of(frame_set set, unsigned int mfn)
{
    return (set >> mfn) & 1;
}

/* What CPUs may have cached of the frame, and whether they have flushed since it lost its last type. */
static uint64_t cached(unsigned int mfn)
{
    uint64_t h = 0;

    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
    {
        const struct ghost *g = &small.ghost[cpu];

        h = h * 2 + bit_of(g->read, mfn);
        h = h * 2 + bit_of(g->write, mfn);
        h = h * 2 + bit_of(g->around, mfn);
        for ( unsigned int level = 1; level <= 4; level++ )
            h = h * 4 + bit_of(g->table[level], mfn) * 2 + bit_of(g->table_writable[level], mfn);
        h = h * 2 + (small.loaded[cpu] == (int)mfn);
    }
    return h * 2 + bit_of(small.dirty, mfn);
}

static uint64_t stale(uint32_t stamp)
{
    uint64_t h = 0;

    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        h = h * 2 + (small.m.cpu_flushed[cpu] <= stamp);
    return h;
}

/* By which domain each frame is held, how often. */
static void find_holds(uint64_t held[SMALL_MFNS])
{
    memset(held, 0, sizeof(*held) * SMALL_MFNS);
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
        for ( unsigned int i = 0; i < MM_HOLDS; i++ )
            if ( mfn_x(small.d[d].holds[i].mfn) < SMALL_MFNS )
                held[mfn_x(small.d[d].holds[i].mfn)] += 0x10001ULL << (8 * d);
}

/* Everything about a frame but its number and what its entries name. */
static uint64_t colour_of(unsigned int mfn, uint64_t held, bool with_caches)
{
    const struct frame *f = &small_frames[mfn];
    uint64_t w = frame_word(f), h = with_caches ? cached(mfn) : 0;

    if ( !word_refs(w) )
        return mix(h, mfn < SMALL_RAM_END);
    if ( !word_types(w) && (!with_caches || word_type(w) == FRAME_NONE || !stale(f->stamp)) )
        w &= ~FRAME_KIND_MASK; /* causes no flush any more */
    else if ( !word_types(w) )
        h = mix(h, stale(f->stamp));
    h = mix(h, w);
    /* Uncleared or empty: whoever looks finds the same. */
    h = mix(h, ((uint64_t)(with_caches ? f->owner : frame_owner(f)) << 16) | f->progress);
    h = mix(h, small_m2p[mfn] == M2P_INVALID);
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
    {
        const struct mm_vcpu *vcpu = &small.v[v];

        h = h * 2 + is(vcpu->root, mfn);
        h = h * 2 + is(vcpu->user_root, mfn);
        h = h * 2 + is(vcpu->drain, mfn);
        for ( unsigned int i = 0; i < 2; i++ )
            h = h * 4 + is(vcpu->gdt[i], mfn) * 2U + is(vcpu->ldt[i], mfn);
    }
    h = mix(h, held);
    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
        h = mix(h, f->owner & OWNER_UNCLEARED ? 0 : flags_of(small_memory[mfn][i]));
    return h;
}

/* Free frames' content is nobody's business. */
static bool in_use(unsigned int mfn)
{
    return word_refs(frame_word(&small_frames[mfn]));
}

/* One round: what a frame names, and what names it, tells it apart from others. */
static void refine(uint64_t colour[SMALL_MFNS])
{
    uint64_t new[SMALL_MFNS];

    memcpy(new, colour, sizeof(new));
    for ( unsigned int mfn = 1; mfn < SMALL_MFNS; mfn++ )
        for ( unsigned int i = 0; i < PT_ENTRIES && in_use(mfn); i++ )
        {
            unsigned int to = target_of(small_memory[mfn][i]);

            new[mfn] = mix(new[mfn], colour[to]);
            new[to] += mix(colour[mfn], i);
        }
    memcpy(colour, new, sizeof(new));
}

/* Frames in an order that does not depend on their numbers, as far as anything tells them apart. */
static void order(uint64_t colour[SMALL_MFNS], unsigned int rank[SMALL_MFNS])
{
    for ( unsigned int round = 0; round < 3; round++ )
        refine(colour);
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
    {
        rank[i] = 0;
        for ( unsigned int j = 0; j < SMALL_MFNS; j++ )
            rank[i] += colour[j] < colour[i] || (colour[j] == colour[i] && j < i);
    }
}

/* The state's number. Without caches: what is so, and not what CPUs may still know of former times. */
static uint64_t number_of_state(bool with_caches)
{
    uint64_t colour[SMALL_MFNS], held[SMALL_MFNS], h = 1;
    unsigned int rank[SMALL_MFNS], at[SMALL_MFNS];

    find_holds(held);
    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
        colour[mfn] = colour_of(mfn, held[mfn], with_caches);
    order(colour, rank);
    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
        at[rank[mfn]] = mfn;
    for ( unsigned int r = 0; r < SMALL_MFNS; r++ )
    {
        h = mix(h, colour[at[r]]);
        for ( unsigned int i = 0; i < PT_ENTRIES && in_use(at[r]); i++ )
            h = mix(h, rank[target_of(small_memory[at[r]][i])]);
    }
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
    {
        const struct mm_domain *dom = &small.d[d];

        h = mix(h, small.exists[d] * 2U + (small.exists[d] && dom->dying));
        h = mix(h, small.exists[d] && dom->dying ? dom->teardown_stage : 0);
        h = mix(h, small.exists[d] && dom->dying ? mfn_x(dom->teardown_next) : 0);
        h = mix(h, small.exists[d] ? dom->tot_pages * 16 + dom->extra_pages : 0);
    }
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        h = mix(h, small.v[v].ldt_base + small.v[v].ldt_ents * 0x10001ULL +
                       ((uint64_t)small.v[v].gdt_ents << 40));
    if ( !with_caches )
        return h;
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        h = mix(h, (uint64_t)(small.running[cpu] + 1));
    return mix(h, stale(small.m.heap.freed_stamp));
}

/* ---- 2. worlds ----------------------------------------------------------------------------------------------------- */

enum
{
    ENTRIES =
        1, /* mmu_update of any entry of any frame: nothing, a page, a writable page, one of another domain's */
    ENTRIES_0 = 2,      /* ... of each frame's first entry */
    PINS = 4,           /* pin as any level, unpin */
    PINS_ENDS = 8,      /* pin as L1 or L4, unpin */
    ROOTS = 0x10,       /* NEW_BASEPTR, NEW_USER_BASEPTR, user mode and back, TLB flush */
    PAGES = 0x20,       /* allocate, give back, hold, let go */
    DESCRIPTORS = 0x40, /* GDT, LDT, LDT faults */
    ADDRESSES = 0x80,   /* update_va_mapping, page-table writes */
    ENDS = 0x100,       /* teardown of either domain, and creating it again */
    FOREIGN = 0x200,    /* domain 0's entries that name domain 1's pages */
    BITS = 0x400,       /* each single bit changed in entries of the tables that run */
    CONTENT = 0x800,    /* CLEAR_PAGE, COPY_PAGE */
};

static const struct world
{
    const char *name;
    unsigned int vcpus; /* bit n: vCPU n acts; 0 and 1 are domain 0's, 2 and 3 domain 1's */
    unsigned int ops;
    unsigned int depth; /* in make check */
    bool l1tf;
    enum
    {
        TREE,
        WITH_LDT,
        UNCACHED
    } start; /* beyond the tree: an LDT that is loaded; a page written around the caches */
} worlds[] = {
    { "tables", 1, ENTRIES | PINS, 3, false, TREE },
    { "roots", 3, ENTRIES_0 | PINS_ENDS | ROOTS, 3, false, TREE },
    { "pages", 5, ENTRIES_0 | PINS_ENDS | PAGES | ENDS | FOREIGN, 3, false, TREE },
    { "descriptors", 3, ENTRIES_0 | DESCRIPTORS | ADDRESSES, 3, false, TREE },
    { "ldt", 3, DESCRIPTORS | ADDRESSES | ROOTS, 3, false, WITH_LDT },
    { "bits", 1, BITS | ADDRESSES | PINS_ENDS, 2, true, UNCACHED },
    { "everything", 7,
      ENTRIES | PINS | ROOTS | PAGES | DESCRIPTORS | ADDRESSES | ENDS | FOREIGN | BITS | CONTENT, 2,
      true, TREE },
};

static struct small_op ops[MAX_OPS];
static unsigned int nr_ops;

static struct small_op *add(unsigned int kind, unsigned int vcpu)
{
    if ( nr_ops == MAX_OPS )
        abort();
    ops[nr_ops] =
        (struct small_op){ .kind = (uint8_t)kind, .vcpu = (uint8_t)vcpu, .target = DOMID_SELF };
    return &ops[nr_ops++];
}

static void add_ext(unsigned int vcpu, unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    struct small_op *op = add(SMALL_EXT, vcpu);

    op->cmd = (uint8_t)cmd;
    op->arg[0] = arg1;
    op->arg[1] = arg2;
}

static void add_update(unsigned int vcpu, uint32_t target, unsigned int mfn, unsigned int i,
                       uint64_t e)
{
    struct small_op *op = add(SMALL_UPDATE, vcpu);

    op->target = target;
    op->nr = 1;
    op->req[0] = (struct pt_update){ .ptr = ((uint64_t)mfn << PAGE_SHIFT) + i * 8, .val = e };
}

/* Nothing; every frame of guests, read-only and writable. */
static unsigned int entries(uint64_t e[MAX_ENTRIES])
{
    unsigned int n = 0;

    e[n++] = 0;
    for ( uint64_t mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
    {
        e[n++] = (mfn << PAGE_SHIFT) | P | US;
        e[n++] = (mfn << PAGE_SHIFT) | P | US | RW;
    }
    return n;
}

static void add_entries(const struct world *w, unsigned int vcpu)
{
    unsigned int slots = w->ops & ENTRIES ? PT_ENTRIES : w->ops & ENTRIES_0 ? 1 : 0;
    uint64_t e[MAX_ENTRIES];
    unsigned int n = entries(e);

    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
        for ( unsigned int i = 0; i < slots; i++ )
            for ( unsigned int k = 0; k < n; k++ )
            {
                add_update(vcpu, DOMID_SELF, mfn, i, e[k]);
                if ( (w->ops & FOREIGN) && vcpu < SMALL_VCPUS )
                    add_update(vcpu, small_id(1), mfn, i, e[k]);
            }
}

static void add_pins(const struct world *w, unsigned int vcpu)
{
    static const unsigned int pins[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L4_TABLE,
                                         MMUEXT_UNPIN_TABLE, MMUEXT_PIN_L2_TABLE,
                                         MMUEXT_PIN_L3_TABLE };
    unsigned int n = w->ops & PINS ? 5 : w->ops & PINS_ENDS ? 3 : 0;

    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
        for ( unsigned int i = 0; i < n; i++ )
            add_ext(vcpu, pins[i], mfn, 0);
}

static void add_roots(unsigned int vcpu)
{
    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
    {
        add_ext(vcpu, MMUEXT_NEW_BASEPTR, mfn, 0);
        add_ext(vcpu, MMUEXT_NEW_USER_BASEPTR, mfn, 0);
    }
    add_ext(vcpu, MMUEXT_NEW_USER_BASEPTR, 0, 0);
    add_ext(vcpu, MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
    add(SMALL_USER, vcpu);
}

static void add_pages(unsigned int vcpu)
{
    add(SMALL_ALLOC, vcpu);
    add(SMALL_ALLOC, vcpu)->arg[0] = 7;
    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
    {
        add(SMALL_RELEASE, vcpu)->arg[0] = mfn;
        add(SMALL_HOLD, vcpu)->arg[0] = mfn;
        add(SMALL_UNHOLD, vcpu)->arg[0] = mfn;
    }
}

static void add_content(unsigned int vcpu)
{
    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
    {
        add_ext(vcpu, MMUEXT_CLEAR_PAGE, mfn, 0);
        for ( unsigned int from = FRAME_FIRST; from <= FRAME_LAST; from++ )
            add_ext(vcpu, MMUEXT_COPY_PAGE, mfn, from);
    }
}

static void add_descriptors(unsigned int vcpu)
{
    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
        add_ext(vcpu, MMUEXT_SET_LDT, (uint64_t)i << PAGE_SHIFT, 512);
    add_ext(vcpu, MMUEXT_SET_LDT, 0, 0);
    add(SMALL_LDT_FAULT, vcpu);
    add(SMALL_GDT, vcpu);
    for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
    {
        struct small_op *op = add(SMALL_GDT, vcpu);

        op->arg[0] = 512;
        op->req[0].val = mfn;
        op = add(SMALL_DESC, vcpu);
        op->arg[0] = (uint64_t)mfn << PAGE_SHIFT;
    }
}

static void add_addresses(unsigned int vcpu)
{
    uint64_t e[MAX_ENTRIES];
    unsigned int n = entries(e);

    for ( unsigned int k = 0; k < n; k++ )
    {
        for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
        {
            struct small_op *op = add(SMALL_VA, vcpu);

            op->arg[0] = (uint64_t)i << PAGE_SHIFT;
            op->arg[1] = e[k];
            op = add(SMALL_MOV, vcpu);
            op->arg[0] = (uint64_t)i << PAGE_SHIFT;
            op->arg[1] = e[k];
        }
        for ( unsigned int mfn = FRAME_FIRST; mfn <= FRAME_LAST; mfn++ )
        {
            struct small_op *op = add(SMALL_PTWR, vcpu);

            op->arg[0] = (uint64_t)mfn << PAGE_SHIFT;
            op->arg[2] = e[k]; /* arg[1]: what stands there then */
        }
    }
}

/* Of the four tables that run, the first entries; of domain 0's own page and of the hypervisor's frame and a device's. */
static void add_bits(unsigned int vcpu)
{
    for ( unsigned int table = FRAME_FIRST; table <= FRAME_LAST; table++ )
        for ( unsigned int bit = 0; bit < 64; bit++ )
            add_update(vcpu, DOMID_SELF, table, 0,
                       (small_memory[table][0] ? small_memory[table][0]
                                               : (5ULL << PAGE_SHIFT) | P | US | RW) ^
                           (1ULL << bit));
    for ( uint64_t mfn = SMALL_RAM_END - 1; mfn <= SMALL_MFNS; mfn++ )
        for ( unsigned int flags = 0; flags < 0x20; flags++ )
            for ( unsigned int table = FRAME_FIRST; table <= 4; table++ )
                add_update(vcpu, DOMID_SELF, table, 0, (mfn << PAGE_SHIFT) | flags);
}

static void build_ops(const struct world *w)
{
    nr_ops = 0;
    for ( unsigned int vcpu = 0; vcpu < SMALL_VCPUS_ALL; vcpu++ )
    {
        if ( !(w->vcpus & (1U << vcpu)) )
            continue;
        add_entries(w, vcpu);
        add_pins(w, vcpu);
        add(SMALL_DRAIN, vcpu);
        if ( w->ops & ROOTS )
            add_roots(vcpu);
        if ( w->ops & PAGES )
            add_pages(vcpu);
        if ( w->ops & CONTENT )
            add_content(vcpu);
        if ( w->ops & DESCRIPTORS )
            add_descriptors(vcpu);
        if ( w->ops & ADDRESSES )
            add_addresses(vcpu);
        if ( w->ops & BITS )
            add_bits(vcpu);
    }
    for ( unsigned int d = 0; d < SMALL_DOMAINS && (w->ops & ENDS); d++ )
    {
        add(SMALL_TEARDOWN, 0)->arg[0] = d;
        add(SMALL_CREATE, 0)->arg[0] = d;
    }
}

/* ---- 3. one operation in one state --------------------------------------------------------------------------------- */

/* An operation, and how it is done; and in what state. */
struct node
{
    uint32_t parent;
    uint32_t op : 13, depth : 6;
    uint32_t general : 1; /* not by the core's short ways, which otherwise are asked first */
    uint32_t yield : 8;   /* stopped at this question; 0: at none */
    uint32_t meet : 1;    /* another vCPU uses each frame when CPUs flush */
};
BUILD_BUG_ON(MAX_OPS > 1 << 13);

static struct small_schedule schedule_of(const struct node *n)
{
    return (struct small_schedule){ .yield_at = n->yield,
                                    .common = !n->general && !n->yield,
                                    .meet = n->meet,
                                    .store_pick = SMALL_EACH };
}

static struct node *nodes;
static uint64_t nr_nodes, max_nodes, *seen, seen_mask;
static uint64_t transitions, stops, shorts, meets;
static const char *fault; /* what was wrong, or NULL */
static jmp_buf bug_catch;
static char bug_text[200];

static void on_bug(const char *file, int line, const char *what)
{
    snprintf(bug_text, sizeof(bug_text), "BUG at %s:%d: %s", file, line, what);
    longjmp(bug_catch, 1);
}

/* A store to a table says what it believes to stand there. */
static struct small_op as_now(unsigned int op)
{
    struct small_op o = ops[op];

    if ( o.kind == SMALL_PTWR )
        o.arg[1] = small_memory[o.arg[0] >> PAGE_SHIFT][0];
    return o;
}

static void describe(const struct node *n)
{
    const struct small_op *op = &ops[n->op];

    note("    kind %u vCPU %u cmd %u target %#x args %#" PRIx64 " %#" PRIx64 " %#" PRIx64
         " request %#" PRIx64 " = %#" PRIx64 "%s%s%.0d%s",
         op->kind, op->vcpu, op->cmd, op->target, op->arg[0], op->arg[1], op->arg[2],
         op->req[0].ptr, op->req[0].val, n->general ? ", the general way" : "",
         n->yield ? ", stopped at question " : "", n->yield,
         n->meet ? ", while another uses frames" : "");
}

/* The sequence of operations that leads to a node. */
static void describe_way(uint64_t at)
{
    uint64_t way[64];
    unsigned int n = 0;

    for ( ; at && n < 64; at = nodes[at].parent )
        way[n++] = at;
    while ( n-- )
        describe(&nodes[way[n]]);
}

static bool wrong(const struct node *n, const char *what)
{
    fault = what;
    note("%s (%s)", what, model_details());
    describe_way(n->parent);
    describe(n);
    return false;
}

/* Insert a state's number. False: it was there. */
static bool is_new(uint64_t h)
{
    uint64_t i = h & seen_mask;

    h += !h;
    while ( seen[i] && seen[i] != h )
        i = (i + 1) & seen_mask;
    if ( seen[i] )
        return false;
    seen[i] = h;
    return true;
}

/* Both domains end here: nothing is left. */
static const char *end_all(void)
{
    static const struct small_schedule never;
    unsigned int done;

    for ( unsigned int round = 0; round < 3; round++ )
        for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
        {
            struct small_op op = { .kind = SMALL_TEARDOWN, .arg = { d } };

            (void)small_call(&op, &never, 0, &done);
        }
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
        if ( small.exists[d] )
            return "[12] a domain does not end";
    return small.m.heap.nr_free == SMALL_RAM_END - 2 ? NULL : "[12] frames are lost at the end";
}

/* The state as it is now, number @h, was reached so. */
static bool found(const struct node *n, uint64_t h)
{
    static struct audit_count counts[SMALL_MFNS];
    static struct state here;
    struct audit_result res;
    const char *what;

    if ( nr_nodes == max_nodes || !is_new(h) )
        return true;
    nodes[nr_nodes++] = *n;
    audit(&small.m, counts, &res);
    if ( res.violations )
        return wrong(n, "the audit finds violations");
    keep(&here);
    what = end_all();
    back(&here);
    return what ? wrong(n, what) : true;
}

/* Go on with an operation that was stopped, to its end and that of what it left. */
static int finish(const struct small_op *op, int rc, unsigned int from)
{
    static const struct small_schedule never;
    const struct small_op drain = { .kind = SMALL_DRAIN, .vcpu = op->vcpu };
    unsigned int done;

    for ( unsigned int i = 0; i < MAX_RESUMES && rc == -ERESTART; i++ )
        rc = small_call(op, &never, from, &done);
    for ( unsigned int i = 0; i < MAX_RESUMES && small_alive(op->vcpu); i++ )
        if ( small_call(&drain, &never, 0, &done) != -ERESTART )
            break;
    return rc;
}

/* Of pages as much as states keep of them. */
static void copy_model(struct model *to, const struct model *from)
{
    memcpy(to, from, offsetof(struct model, page));
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
        memcpy(to->page[i], from->page[i], sizeof(uint64_t) * PT_ENTRIES);
}

struct outcome
{
    int rc;
    uint64_t at_once, state; /* the state when the call came back; and once what it left is done */
    unsigned int questions;
    bool short_way, flushed;
};

/* The operation as @n says, in the state @start, then finished. */
static bool try_so(const struct node *n, const struct state *start, const struct model *model,
                   struct outcome *o)
{
    static struct model m;
    struct small_schedule schedule = schedule_of(n);
    struct small_op now;
    unsigned int done;
    const char *what;

    copy_model(&m, model);
    back(start);
    now = as_now(n->op);
    if ( setjmp(bug_catch) )
        return wrong(n, bug_text);
    transitions++;
    what = model_step(&m, &now, &schedule, 0, &o->rc, &done);
    if ( what )
        return wrong(n, what);
    o->questions = small.questions;
    o->short_way = small.short_way;
    o->flushed = small.machine_flushed;
    o->at_once = number_of_state(true);
    if ( !found(n, o->at_once) )
        return false;
    if ( !n->yield && !n->meet && !o->questions && !o->flushed )
        return true; /* there is no other way to which its end would be compared */
    o->rc = finish(&now, o->rc, done);
    o->state = number_of_state(false);
    return true;
}

/* What a short way did is what the general one does. */
static bool try_general(struct node n, const struct state *start, const struct model *model,
                        struct outcome *o)
{
    const struct outcome taken = *o;

    shorts++;
    n.general = 1;
    if ( !try_so(&n, start, model, o) )
        return false;
    if ( o->rc != taken.rc || o->at_once != taken.at_once )
        return wrong(&n, "a short way does something else than the general one");
    return true;
}

/* Stopped at any question, and gone on with, it ends as if it had not been stopped. */
static bool try_stops(struct node n, const struct state *start, const struct model *model,
                      const struct outcome *straight)
{
    /* Of a store to a table that stops the guest faults again instead. */
    bool retried = ops[n.op].kind == SMALL_PTWR || ops[n.op].kind == SMALL_MOV;
    struct outcome o;

    for ( unsigned int at = 1; at <= straight->questions; at++ )
    {
        stops++;
        n.yield = at & 0xff;
        if ( !try_so(&n, start, model, &o) )
            return false;
        if ( (o.rc != straight->rc || o.state != straight->state) && !retried )
            return wrong(&n, "[10] stopped and gone on with, it ends otherwise");
    }
    return true;
}

/* Another vCPU maps each frame, writes to it and unmaps it when CPUs flush: nothing comes of it. */
static bool try_meet(struct node n, const struct state *start, const struct model *model,
                     const struct outcome *straight)
{
    struct outcome o;

    meets++;
    n.meet = 1;
    if ( !try_so(&n, start, model, &o) )
        return false;
    if ( o.rc != straight->rc || o.state != straight->state )
        return wrong(&n, "it ends otherwise when another vCPU uses frames meanwhile");
    return true;
}

static bool try_op(uint64_t from, unsigned int op, const struct state *start,
                   const struct model *model)
{
    const struct node n = { .parent = (uint32_t)from,
                            .op = op & 0x1fff,
                            .depth = (nodes[from].depth + 1) & 0x3f };
    struct outcome o;

    return try_so(&n, start, model, &o) && (!o.short_way || try_general(n, start, model, &o)) &&
           try_stops(n, start, model, &o) && (!o.flushed || try_meet(n, start, model, &o));
}

/* ---- 4. breadth first ---------------------------------------------------------------------------------------------- */

static void first_call(const struct small_op *op)
{
    static const struct small_schedule never;
    unsigned int done;

    (void)small_call(op, &never, 0, &done);
    (void)small_ghost_check_idle(&done);
}

/* Domain 0's own page at the address 0, as @flags say. */
static void map_own_page(uint64_t flags)
{
    const struct small_op map = { .kind = SMALL_VA,
                                  .target = DOMID_SELF,
                                  .arg = { 0, (5ULL << PAGE_SHIFT) | P | US | flags } };

    first_call(&map);
}

static void begin(const struct world *w)
{
    const struct small_config config = { .privileged = true, .l1tf = w->l1tf };
    const struct small_op set = {
        .kind = SMALL_EXT, .target = DOMID_SELF, .cmd = MMUEXT_SET_LDT, .arg = { 0, 512 }
    };
    const struct small_op load = { .kind = SMALL_LDT_FAULT };

    small_reset(&config);
    if ( w->start == UNCACHED )
        map_own_page(RW | PCD);
    if ( w->start != WITH_LDT )
        return;
    map_own_page(0);
    first_call(&set);
    first_call(&load);
}

static void go_to(const struct world *w, uint64_t node)
{
    uint64_t way[64];
    unsigned int n = 0, done;

    begin(w);
    for ( ; node; node = nodes[node].parent )
        way[n++] = node;
    while ( n-- )
    {
        const struct small_schedule schedule = schedule_of(&nodes[way[n]]);
        const struct small_op now = as_now(nodes[way[n]].op);

        (void)small_call(&now, &schedule, 0, &done);
        /* What the comparison does after each call, too: note what was free. */
        (void)small_ghost_check_idle(&done);
    }
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* All operations in all states, until @depth, or until @until of CPU time or the room for states ends. Returns the depth completed. */
static unsigned int exhaust(const struct world *w, unsigned int depth, double until)
{
    static struct state start;
    static struct model model;
    unsigned int completed = 0;

    nr_nodes = 1;
    memset(&nodes[0], 0, sizeof(nodes[0]));
    memset(seen, 0, (seen_mask + 1) * sizeof(*seen));
    transitions = stops = shorts = meets = 0;
    fault = NULL;
    begin(w);
    build_ops(w);
    is_new(number_of_state(true));
    for ( uint64_t at = 0; at < nr_nodes; at++ )
    {
        completed = nodes[at].depth;
        if ( completed == depth )
            return completed;
        if ( nr_nodes == max_nodes || (until > 0 && cpu_seconds() > until) )
            return completed;
        go_to(w, at);
        keep(&start);
        model_adopt(&model);
        for ( unsigned int op = 0; op < nr_ops; op++ )
            if ( !try_op(at, op, &start, &model) )
                return completed;
    }
    return 99; /* there are no further states */
}

static void make_room(uint64_t states)
{
    max_nodes = states;
    seen_mask = 4 * states - 1;
    nodes = calloc(max_nodes, sizeof(*nodes));
    seen = calloc(seen_mask + 1, sizeof(*seen));
    if ( !nodes || !seen )
        abort();
}

static bool chosen(const char *name, int argc, char **argv)
{
    bool any = false;

    for ( int i = 0; i < argc; i++ )
    {
        any = true;
        if ( strcmp(argv[i], name) == 0 )
            return true;
    }
    return !any;
}

/* Every word that states do not keep must have stayed zero. */
static bool rest_is_zero(void)
{
    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
        for ( unsigned int i = PT_ENTRIES; i < SMALL_WORDS; i++ )
            if ( small_memory[mfn][i] )
                return false;
    return true;
}

int main(int argc, char **argv)
{
    bool deep = argc > 1 && strcmp(argv[1], "-l") == 0;
    bool quick = argc > 1 && strcmp(argv[1], "-q") == 0;
    unsigned int less = EXHAUST_SHALLOWER + quick;
    double seconds = deep && argc > 3 && strcmp(argv[2], "-t") == 0 ? atof(argv[3]) : 0;
    int names = deep ? (seconds > 0 ? 4 : 2) : 1 + quick;

    small_bug = on_bug;
    make_room(deep ? 1ULL << 22 : 1ULL << 18);
    for ( unsigned int i = 0; i < ARRAY_SIZE(worlds); i++ )
    {
        const struct world *w = &worlds[i];
        double begun = cpu_seconds();
        unsigned int depth;

        if ( !chosen(w->name, argc - names, argv + names) )
            continue;
        depth = exhaust(w,
                        deep              ? 60
                        : w->depth > less ? w->depth - less
                                          : 1,
                        seconds > 0 ? begun + seconds : 0);
        ok(!fault, "%s: every sequence of %u of %u operations, with every stop, keeps all rules",
           w->name, depth, nr_ops);
        ok(rest_is_zero() && transitions >= nr_ops, "%s: the states kept are the whole states",
           w->name);
        note("%s: depth %u, %" PRIu64 " states, %" PRIu64 " transitions, %" PRIu64
             " of them stopped, %" PRIu64 " by a short way, %" PRIu64 " met, %.1f s of CPU",
             w->name, depth, nr_nodes, transitions, stops, shorts, meets, cpu_seconds() - begun);
    }
    return done();
}
