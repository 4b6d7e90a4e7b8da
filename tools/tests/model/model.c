/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model's operations.
 *
 *   1. entries: which bits may be set, which the hypervisor adds
 *   2. counting, by walks
 *   3. trying: could this frame be used so, too?
 *   4. settling: what follows from a change
 *   5. one operation each
 *
 * The order of checks is the interface's: it decides which error a request with two faults gets.
 */
#include <string.h>

#include "model.h"

/* ---- 1. entries ---------------------------------------------------------------------------------------------------- */

#define BIT(n)       (1ULL << (n))
#define PRESENT      BIT(0)
#define WRITE        BIT(1)
#define USER         BIT(2)
#define MEMORY_TYPE  (BIT(3) | BIT(4) | BIT(7)) /* PWT, PCD, PAT */
#define UNCACHED     (BIT(3) | BIT(4))
#define ACCESSED     BIT(5)
#define DIRTY        BIT(6)
#define GLOBAL       BIT(8)
#define KERNEL       BIT(52) /* the guest's kernel only: not global */
#define ADDRESS      0x000ffffffffff000ULL
#define TABLE_FLAGS  (PRESENT | WRITE | USER | ACCESSED | DIRTY | 0xe00ULL | (0xfffULL << 52))
#define LOW_END      0x0000800000000000ULL
#define HIGH_START   0xffff880000000000ULL
#define HV_SLOT_LAST (HV_SLOT_FIRST + HV_SLOT_COUNT - 1)

static uint64_t target(uint64_t e)
{
    return (e & ADDRESS) >> PAGE_SHIFT;
}

static bool is_ram(uint64_t mfn)
{
    return mfn >= 1 && mfn < SMALL_RAM_END;
}

static unsigned int memory_type(uint64_t e)
{
    return (e & BIT(7) ? 4 : 0) + ((e >> 3) & 3);
}

static bool is_reserved_slot(unsigned int level, unsigned int i)
{
    return level == 4 && i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST;
}

static bool is_self(unsigned int level, uint64_t table, uint64_t e)
{
    return level == 4 && target(e) == table;
}

/* Not present: nothing that a CPU could speculate on. */
static bool absent_ok(uint64_t e)
{
    return !(e & ADDRESS) || (e & ADDRESS) >= small.m.l1tf_limit;
}

/* Whose memory types count: domain @d's. */
static bool leaf_bits_ok(const struct model *m, unsigned int d, uint64_t e)
{
    uint64_t mfn = target(e);

    if ( !(e & PRESENT) )
        return absent_ok(e);
    if ( (e & MEMORY_TYPE) && mfn < SMALL_MFNS && m->a.refs[mfn] && !small.d[d].cache_attrs )
        return false;
    return memory_type(e) <= 5;
}

static bool link_bits_ok(unsigned int level, uint64_t table, uint64_t e)
{
    if ( !(e & PRESENT) )
        return absent_ok(e);
    if ( e & ~(TABLE_FLAGS | small.m.paddr_mask) )
        return false;
    return !is_self(level, table, e) || !(e & WRITE);
}

/* The entry as it stands there once it was accepted. */
static uint64_t adjusted(const struct model *m, unsigned int level, uint64_t e)
{
    uint64_t mfn = target(e);

    if ( !(e & PRESENT) )
        return e;
    if ( level > 1 )
        return e | USER | (level == 4 ? ACCESSED : 0);
    /* Devices are uncached, or write-combining. */
    if ( (mfn >= SMALL_MFNS || !m->a.refs[mfn]) && memory_type(e) != 4 )
        e = (e & ~MEMORY_TYPE) | UNCACHED;
    if ( !(e & USER) )
        e |= USER | KERNEL;
    return e & KERNEL ? e & ~GLOBAL : e | GLOBAL;
}

static bool device_allowed(unsigned int d, uint64_t mfn)
{
    for ( unsigned int i = 0; i < small.d[d].nr_iomem; i++ )
        if ( mfn - mfn_x(small.d[d].iomem[i].first) < small.d[d].iomem[i].nr )
            return true;
    return false;
}

/* ---- 2. counting --------------------------------------------------------------------------------------------------- */

static void fault(struct model_accounts *a, unsigned int mfn, const char *what)
{
    if ( a->fault )
        return;
    a->fault = what;
    a->fault_mfn = mfn;
}

static void count_table(const struct model *m, struct model_accounts *a, unsigned int mfn,
                        unsigned int level, unsigned int live);

static void count_typed(const struct model *m, struct model_accounts *a, uint64_t mfn,
                        enum frame_type type)
{
    if ( mfn >= SMALL_MFNS )
    {
        fault(a, 0, "[4] something refers to a frame that there is not");
        return;
    }
    a->refs[mfn]++;
    if ( a->types[mfn]++ && a->type[mfn] != type )
        fault(a, (unsigned int)mfn, "[1] is used as two things at once");
    if ( a->types[mfn] > 1 )
        return;
    a->type[mfn] = (uint8_t)type;
    if ( m->f[mfn].partial )
        fault(a, (unsigned int)mfn, "[6] is in use and partial");
    else if ( type >= FRAME_L1 && type <= FRAME_L4 )
        count_table(m, a, (unsigned int)mfn, type - FRAME_L1 + 1, PT_ENTRIES);
}

static void count_leaf(const struct model *m, struct model_accounts *a, unsigned int table,
                       uint64_t e)
{
    unsigned int d = m->f[table].owner;
    uint64_t mfn = target(e);

    if ( !is_ram(mfn) )
    {
        if ( !device_allowed(d, mfn) )
            fault(a, table, "[4] maps a device that is not its owner's");
        return;
    }
    if ( m->f[mfn].owner != d && !small.d[d].privileged &&
         (m->f[mfn].owner >= SMALL_DOMAINS || !small.d[m->f[mfn].owner].privileged) )
        fault(a, table, "[4] maps a frame that is not its owner's");
    if ( (e & WRITE) && (e & MEMORY_TYPE) && !m->f[mfn].around )
        fault(a, (unsigned int)mfn, "[7] is written around the caches, and nobody knows");
    if ( e & WRITE )
        count_typed(m, a, mfn, FRAME_WRITABLE);
    else
        a->refs[mfn]++;
}

static void count_link(const struct model *m, struct model_accounts *a, unsigned int table,
                       unsigned int level, uint64_t e)
{
    uint64_t mfn = target(e);

    if ( is_self(level, table, e) )
        return;
    if ( mfn < SMALL_MFNS && m->f[mfn].owner != m->f[table].owner )
        fault(a, table, "[4] links another domain's table");
    count_typed(m, a, mfn, (enum frame_type)(FRAME_L1 + level - 2));
}

/* The first @live entries of a table count. */
static void count_table(const struct model *m, struct model_accounts *a, unsigned int mfn,
                        unsigned int level, unsigned int live)
{
    unsigned int d = m->f[mfn].owner;

    if ( d >= SMALL_DOMAINS )
    {
        fault(a, mfn, "[3] is a table of nobody's");
        return;
    }
    for ( unsigned int i = 0; i < live; i++ )
    {
        uint64_t e = m->page[mfn][i];

        if ( !e || is_reserved_slot(level, i) )
            continue;
        if ( level == 1 ? !leaf_bits_ok(m, d, e) : !link_bits_ok(level, mfn, e) )
            fault(a, mfn, "[4] has an entry that its level does not allow");
        if ( !(e & PRESENT) )
            continue;
        if ( level == 1 )
            count_leaf(m, a, mfn, e);
        else
            count_link(m, a, mfn, level, e);
    }
}

/* The state of a table left half-way holds one reference of each kind, and perhaps one on the child it stopped at. */
static void count_partial(const struct model *m, struct model_accounts *a, unsigned int mfn)
{
    const struct model_frame *f = &m->f[mfn];
    uint64_t child;

    a->refs[mfn]++;
    if ( a->types[mfn]++ || f->pinned )
        fault(a, mfn, "[6] is in use and partial");
    a->type[mfn] = (uint8_t)(FRAME_L1 + f->partial - 1);
    if ( f->done > PT_ENTRIES || (f->slot && f->done == PT_ENTRIES) )
    {
        fault(a, mfn, "[6] has made impossible progress");
        return;
    }
    count_table(m, a, mfn, f->partial, f->done);
    child = target(m->page[mfn][f->done % PT_ENTRIES]);
    if ( f->slot && child < SMALL_MFNS )
        a->refs[child]++;
    else if ( f->slot )
        fault(a, mfn, "[6] holds a reference on a frame that there is not");
}

static void count_vcpu(const struct model *m, struct model_accounts *a, const struct model_vcpu *v)
{
    if ( v->root != SMALL_NO_MFN )
        count_typed(m, a, (uint64_t)v->root, FRAME_L4);
    if ( v->user_root != SMALL_NO_MFN )
        count_typed(m, a, (uint64_t)v->user_root, FRAME_L4);
    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        if ( v->gdt[i] != SMALL_NO_MFN )
            count_typed(m, a, (uint64_t)v->gdt[i], FRAME_DESC);
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
        if ( v->ldt[i] != SMALL_NO_MFN )
            count_typed(m, a, (uint64_t)v->ldt[i], FRAME_DESC);
    if ( v->drain != SMALL_NO_MFN )
        a->refs[v->drain]++;
}

void model_count(const struct model *m, struct model_accounts *a)
{
    memset(a, 0, sizeof(*a));
    /* First, so that another use of a partial frame is seen to be one. */
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        if ( m->f[mfn].partial )
            count_partial(m, a, mfn);
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        const struct model_frame *f = &m->f[mfn];

        if ( f->allocated )
            a->refs[mfn]++;
        if ( f->owner == MODEL_HYPERVISOR )
            a->refs[mfn]++;
        if ( f->pinned )
            count_typed(m, a, mfn, (enum frame_type)(FRAME_L1 + f->pinned - 1));
    }
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
        for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
            for ( unsigned int i = 0; i < m->d[d].holds[mfn]; i++ )
                count_typed(m, a, mfn, FRAME_WRITABLE);
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        if ( m->d[small_domain_of(v)].exists )
            count_vcpu(m, a, &m->v[v]);
}

/* ---- 3. trying ----------------------------------------------------------------------------------------------------- */

/*
 * A try begins with the accounts as they are, and adds what it takes as it goes. If it fails it is thrown away as a whole: nothing of
 * the state has changed, but for the bits added to tables further down that were fine, and tables found half-way that now are
 * taken apart.
 */
struct
try
{
    struct model *m;
    struct model_accounts a;
};

static struct try try_begin(struct model *m)
{
    return (struct try){ .m = m, .a = m->a };
}

/* Is it memory in use that is @d's? */
static bool owned(const struct model *m, unsigned int d, uint64_t mfn)
{
    return mfn < SMALL_MFNS && m->a.refs[mfn] && m->f[mfn].owner == d;
}

static void forget_cached(struct try *t, unsigned int mfn, enum frame_type type)
{
    if ( type != FRAME_WRITABLE )
        t->m->f[mfn].around = false;
}

/* As what else nothing is checked for. */
static int try_writable(struct try *t, unsigned int mfn)
{
    if ( t->a.types[mfn] && t->a.type[mfn] != FRAME_WRITABLE )
        return -EINVAL;
    t->a.types[mfn]++;
    t->a.type[mfn] = FRAME_WRITABLE;
    return 0;
}

/* @tables is the domain whose rights count, @pages whose frames may be mapped (SMALL_DOMAINS: nobody's). */
static int try_leaf(struct try *t, unsigned int tables, unsigned int pages, bool no_devices,
                    uint64_t e)
{
    uint64_t mfn = target(e);

    if ( !leaf_bits_ok(t->m, tables, e) )
        return -EINVAL;
    if ( !(e & PRESENT) )
        return 0;
    if ( mfn >= SMALL_MFNS || !t->m->a.refs[mfn] )
    {
        bool no_frame = (e & ADDRESS) == ADDRESS;

        if ( is_ram(mfn) )
            return -EBUSY;
        if ( !no_frame && !no_devices && device_allowed(tables, mfn) )
            return 0;
        return no_frame ? -EINVAL : -EPERM;
    }
    if ( pages >= SMALL_DOMAINS || t->m->f[mfn].owner != pages )
        return -EBUSY;
    if ( (e & WRITE) && try_writable(t, (unsigned int)mfn) )
        return -EBUSY;
    if ( (e & WRITE) && (e & MEMORY_TYPE) )
        t->m->f[mfn].around = true;
    return 0;
}

static int try_table(struct try *t, unsigned int mfn, unsigned int level);

static int try_link(struct try *t, unsigned int d, unsigned int table, unsigned int level,
                    uint64_t e)
{
    if ( !link_bits_ok(level, table, e) )
        return -EINVAL;
    if ( !(e & PRESENT) || is_self(level, table, e) )
        return 0;
    if ( !owned(t->m, d, target(e)) )
        return -EINVAL;
    return try_table(t, (unsigned int)target(e), level - 1);
}

static void adjust_table(struct model *m, unsigned int mfn, unsigned int level)
{
    unsigned int d = m->f[mfn].owner;

    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
    {
        uint64_t *e = &m->page[mfn][i];

        if ( !is_reserved_slot(level, i) )
            *e = adjusted(m, level, *e);
        else
            *e = i == HV_SLOT_M2P ? 0 : small.d[d].hv_slots[i - HV_SLOT_FIRST];
    }
    m->adjusted |= (frame_set)1 << mfn;
}

/* One use more of @mfn, in use by whoever it belongs to, as a table. */
static int try_table(struct try *t, unsigned int mfn, unsigned int level)
{
    enum frame_type type = (enum frame_type)(FRAME_L1 + level - 1);
    struct model_frame *f = &t->m->f[mfn];
    unsigned int from = 0;
    int rc = 0;

    if ( t->a.types[mfn] && t->a.type[mfn] != type )
        return -EINVAL;
    if ( t->a.types[mfn] && !f->partial )
    {
        t->a.types[mfn]++;
        return 0;
    }
    if ( f->partial )
    {
        from = f->done; /* somebody began it; it goes on, or is undone */
        t->m->resumed |= (frame_set)1 << mfn;
    }
    else
        forget_cached(t, mfn, type);
    f->partial = 0;
    f->slot = false;
    t->a.types[mfn] = 1;
    t->a.type[mfn] = (uint8_t)type;
    for ( unsigned int i = from; i < PT_ENTRIES && rc == 0; i++ )
    {
        uint64_t e = t->m->page[mfn][i];

        if ( is_reserved_slot(level, i) || !e )
            continue;
        rc = level == 1 ? try_leaf(t, f->owner, f->owner, false, e)
                        : try_link(t, f->owner, mfn, level, e);
    }
    if ( rc == 0 )
        adjust_table(t->m, mfn, level);
    return rc;
}

/* Descriptors: code and data get DPL 3, call gates DPL 0, other system segments cannot be had. */
static bool fix_descriptor(uint64_t *desc)
{
    if ( !(*desc & BIT(47)) )
        return true;
    if ( *desc & BIT(44) )
        *desc |= 3ULL << 45;
    else if ( ((*desc >> 40) & 0xf) == 0xc )
        *desc &= ~(3ULL << 45);
    else
        return !((*desc >> 40) & 0xf);
    return true;
}

static int try_descriptors(struct try *t, unsigned int d, uint64_t mfn)
{
    uint64_t *page;

    if ( !owned(t->m, d, mfn) )
        return -EINVAL;
    page = t->m->page[mfn];
    if ( t->a.types[mfn] && t->a.type[mfn] != FRAME_DESC )
        return -EINVAL;
    t->a.type[mfn] = FRAME_DESC;
    if ( t->a.types[mfn]++ )
        return 0;
    forget_cached(t, (unsigned int)mfn, FRAME_DESC);
    for ( unsigned int i = 0; i < SMALL_WORDS; i++ )
    {
        uint64_t desc = page[i];

        if ( !fix_descriptor(&desc) )
            return -EINVAL;
    }
    for ( unsigned int i = 0; i < SMALL_WORDS; i++ )
        (void)fix_descriptor(&page[i]);
    return 0;
}

/* Take apart a table found half-way, and the child that its last entry left half-way. @level 0: of any level. */
static void undo_partial(struct model *m, uint64_t mfn, unsigned int level)
{
    struct model_frame *f = &m->f[mfn];
    uint64_t child;

    if ( mfn >= SMALL_MFNS || !f->partial || (level && f->partial != level) )
        return;
    child = target(m->page[mfn][f->done % PT_ENTRIES]);
    if ( f->slot )
        undo_partial(m, child, f->partial - 1U);
    f->partial = 0;
    f->slot = false;
}

/* ---- 4. settling --------------------------------------------------------------------------------------------------- */

static void forget_ldt(struct model_vcpu *v)
{
    memset(v->ldt, SMALL_NO_MFN, sizeof(v->ldt));
}

static void forget_ldts(struct model *m, unsigned int d)
{
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
        forget_ldt(&m->v[d * SMALL_VCPUS + i]);
}

/* A read-only mapping of a page of descriptors goes: the LDT may have been found by it. */
static void unmap_leaf(struct model *m, unsigned int d, uint64_t e)
{
    uint64_t mfn = target(e);

    if ( (e & PRESENT) && !(e & WRITE) && is_ram(mfn) && m->a.types[mfn] &&
         m->a.type[mfn] == FRAME_DESC && m->f[mfn].owner == d )
        forget_ldts(m, d);
}

static void read_progress(struct model *m)
{
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        uint64_t w = frame_word(&small_frames[mfn]);
        struct model_frame *f = &m->f[mfn];

        f->partial = 0;
        f->slot = false;
        if ( !word_refs(w) || !(w & FRAME_PARTIAL) || !type_is_table(word_type(w)) )
            continue;
        f->partial = (uint8_t)(word_type(w) - FRAME_L1 + 1);
        f->done = small_frames[mfn].progress & PROGRESS_DONE_MASK;
        f->slot = small_frames[mfn].progress & PROGRESS_SLOT;
    }
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        m->v[v].drain =
            mfn_eq(small.v[v].drain, INVALID_MFN) ? SMALL_NO_MFN : (int8_t)small.v[v].drain.n;
}

/* An interrupted call: entries it has accepted may let pages be written around the caches; what it began to check was flushed. */
static void read_around(struct model *m)
{
    struct model_accounts a;

    model_count(m, &a);
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        unsigned int live = m->f[mfn].partial ? m->f[mfn].done : PT_ENTRIES;

        if ( !a.types[mfn] || a.type[mfn] == FRAME_WRITABLE )
            continue;
        m->f[mfn].around = false;
        if ( a.type[mfn] != FRAME_L1 || ((m->tables >> mfn) & 1) )
            continue;
        for ( unsigned int i = 0; i < live; i++ )
        {
            uint64_t e = m->page[mfn][i];

            if ( (e & PRESENT) && (e & WRITE) && (e & MEMORY_TYPE) && is_ram(target(e)) )
                m->f[target(e)].around = true;
        }
    }
}

/* The LDT is a cache: its pages may go at any time, and come by faults only. */
static void read_lost_ldt(struct model *m)
{
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
            if ( mfn_eq(small.v[v].ldt[i], INVALID_MFN) )
                m->v[v].ldt[i] = SMALL_NO_MFN;
}

/* Tables that are none any more: an L4 loses the hypervisor's entries, and what an L1 showed of an LDT is not found any more. */
static void leave_tables(struct model *m, const struct model_accounts *before, frame_set gone)
{
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        if ( !(gone & ((frame_set)1 << mfn)) )
            continue;
        for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
            if ( before->type[mfn] == FRAME_L1 && !m->f[mfn].partial )
                unmap_leaf(m, m->f[mfn].owner, m->page[mfn][i]);
        if ( before->type[mfn] == FRAME_L4 )
            memset(&m->page[mfn][HV_SLOT_FIRST], 0, HV_SLOT_COUNT * sizeof(uint64_t));
    }
}

static void find_validated(struct model *m)
{
    m->tables = m->desc = 0;
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        if ( !m->a.types[mfn] || m->f[mfn].partial )
            continue;
        if ( m->a.type[mfn] == FRAME_DESC )
            m->desc |= (frame_set)1 << mfn;
        else if ( m->a.type[mfn] != FRAME_WRITABLE )
            m->tables |= (frame_set)1 << mfn;
    }
}

/* Frames nobody uses are free, and remember nothing. */
static void free_unused(struct model *m)
{
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        if ( m->a.refs[mfn] || m->f[mfn].owner == MODEL_NOBODY )
            continue;
        m->f[mfn] = (struct model_frame){ .owner = MODEL_NOBODY };
        m->m2p[mfn] = M2P_INVALID;
    }
}

/* Tables of @before that are tables of the same level now. An interrupted call may have taken one apart and made it another. */
static frame_set still_tables(const struct model *m, const struct model_accounts *before,
                              frame_set tables)
{
    frame_set same = tables & m->tables;

    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        if ( before->type[mfn] != m->a.type[mfn] )
            same &= ~((frame_set)1 << mfn);
    return same;
}

/* Invariant 10: going through a table, up or down, asks after every so many entries of an L1, after every present one of others. */
static unsigned int questions_of(const struct model *m, unsigned int mfn, unsigned int level,
                                 bool down)
{
    unsigned int n = 0;

    if ( level == 1 )
        return (PT_ENTRIES - 1) / (small.m.yield_mask + 1);
    for ( unsigned int i = down ? 1 : 0; i < PT_ENTRIES - (down ? 0U : 1U); i++ )
        n += !is_reserved_slot(level, i) && (m->page[mfn][i] & PRESENT);
    return n;
}

static void add_questions(struct model *m, const struct model_accounts *a, frame_set tables,
                          bool down)
{
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        if ( (tables >> mfn) & 1 )
            m->questions += questions_of(m, mfn, a->type[mfn] - FRAME_L1 + 1U, down);
}

/* Count again, and do what follows where frames became tables or stopped being any. */
static void recount(struct model *m)
{
    struct model_accounts before = m->a;
    frame_set tables = m->tables, same;

    model_count(m, &m->a);
    find_validated(m);
    same = still_tables(m, &before, tables);
    if ( tables & ~same )
    {
        struct model_accounts now = m->a;

        add_questions(m, &before, tables & ~same, true);
        m->a = before;
        leave_tables(m, &before, tables & ~same);
        m->a = now;
        model_count(m, &m->a); /* an LDT may have gone */
        find_validated(m);
        same &= m->tables;
    }
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        if ( m->tables & ~same & ~m->adjusted & ((frame_set)1 << mfn) )
            adjust_table(m, mfn, m->a.type[mfn] - FRAME_L1 + 1);
    add_questions(m, &m->a, m->tables & ~same & ~m->resumed, false);
    m->adjusted &= m->tables;
    free_unused(m);
}

void model_settle(struct model *m, bool yielded)
{
    if ( yielded )
    {
        read_progress(m);
        read_around(m);
    }
    read_lost_ldt(m);
    recount(m);
    m->adjusted = 0;
}

void model_store(struct model *m, const struct small_store *store)
{
    m->page[store->mfn][store->index] = store->value;
}

/* ---- 5. operations ------------------------------------------------------------------------------------------------- */

/* A hypercall's foreigndom, decoded. */
struct whose
{
    unsigned int tables, pages; /* domain index; pages: SMALL_DOMAINS for nobody's */
    bool no_devices;
};

static int find_domain(const struct model *m, unsigned int self, uint16_t id, unsigned int *d)
{
    for ( *d = 0; *d < SMALL_DOMAINS; ++*d )
        if ( m->d[*d].exists && !m->d[*d].dying && small_id(*d) == id )
            return *d == self || small.d[self].privileged ? 0 : -EPERM;
    return -ESRCH;
}

static int decode_whose(const struct model *m, unsigned int self, uint32_t foreigndom,
                        struct whose *w)
{
    uint16_t fd = (uint16_t)foreigndom, pfd = (uint16_t)(foreigndom >> 16);
    int rc;

    *w = (struct whose){ .tables = self, .pages = self };
    if ( pfd )
    {
        rc = find_domain(m, self, (uint16_t)(pfd - 1), &w->tables);
        if ( rc )
            return rc;
    }
    if ( fd == DOMID_SELF )
        return 0;
    if ( fd == DOMID_IO || fd == DOMID_XEN )
    {
        w->pages = SMALL_DOMAINS;
        w->no_devices = fd == DOMID_XEN;
        return fd == DOMID_XEN && !small.d[self].privileged ? -EPERM : 0;
    }
    return fd == small_id(self) ? -ESRCH : find_domain(m, self, fd, &w->pages);
}

static void finish_drain(struct model *m, struct model_vcpu *v)
{
    if ( v->drain == SMALL_NO_MFN )
        return;
    undo_partial(m, (uint64_t)v->drain, 0);
    v->drain = SMALL_NO_MFN;
    recount(m);
}

/* ---- entries */

/* Nothing but bits changes that say nothing about who may use what. */
static bool same_mapping(uint64_t a, uint64_t b)
{
    return (a & b & PRESENT) && !((a ^ b) & (WRITE | ADDRESS | MEMORY_TYPE));
}

static int set_leaf(struct model *m, const struct whose *w, uint64_t *p, uint64_t val, bool keep_ad)
{
    uint64_t old = *p;

    if ( same_mapping(old, val) )
    {
        if ( !leaf_bits_ok(m, w->tables, val) )
            return -EINVAL;
    }
    else
    {
        struct try t = try_begin(m);
        int rc = try_leaf(&t, w->tables, w->pages, w->no_devices, val);

        if ( rc )
            return rc;
        unmap_leaf(m, w->tables, old);
    }
    *p = adjusted(m, 1, val) | (keep_ad && (val & PRESENT) ? old & (ACCESSED | DIRTY) : 0);
    return 0;
}

static int set_link(struct model *m, const struct whose *w, unsigned int table, unsigned int level,
                    unsigned int i, uint64_t val, bool keep_ad)
{
    uint64_t *p = &m->page[table][i], old = *p;

    if ( w->tables != w->pages || is_reserved_slot(level, i) )
        return -EINVAL;
    if ( (old & val & PRESENT) && target(old) == target(val) )
    {
        if ( !link_bits_ok(level, table, val) )
            return -EINVAL;
    }
    else
    {
        struct try t = try_begin(m);
        int rc = try_link(&t, w->tables, table, level, val);

        if ( rc )
            return rc;
    }
    *p = adjusted(m, level, val) | (keep_ad && (val & PRESENT) ? old & (ACCESSED | DIRTY) : 0);
    return 0;
}

static bool is_table(const struct model *m, uint64_t mfn, enum frame_type type)
{
    return ((m->tables >> mfn) & 1) && m->a.type[mfn] == type;
}

/* An entry of a validated table, or a word of a page that can be written to. */
static int set_entry(struct model *m, const struct whose *w, uint64_t ptr, uint64_t val,
                     bool keep_ad)
{
    uint64_t mfn = ptr >> PAGE_SHIFT;
    unsigned int i = (ptr % PAGE_SIZE) / 8;
    bool table;

    if ( !owned(m, w->tables, mfn) )
        return -EINVAL;
    table = (m->tables >> mfn) & 1;
    if ( !table && m->a.types[mfn] && m->a.type[mfn] != FRAME_WRITABLE )
        return -EINVAL;
    if ( i >= PT_ENTRIES )
        return -EINVAL;
    if ( !table )
        m->page[mfn][i] = val;
    else if ( m->a.type[mfn] == FRAME_L1 )
        return set_leaf(m, w, &m->page[mfn][i], val, keep_ad);
    else
        return set_link(m, w, (unsigned int)mfn, m->a.type[mfn] - FRAME_L1 + 1U, i, val, keep_ad);
    return 0;
}

static int do_request(struct model *m, const struct whose *w, const struct pt_update *req)
{
    uint64_t mfn = req->ptr >> PAGE_SHIFT;

    switch ( req->ptr & 7 )
    {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE: return set_entry(m, w, req->ptr & ~7ULL, req->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD: return set_entry(m, w, req->ptr & ~7ULL, req->val, true);
    case MMU_MACHPHYS_UPDATE:
        if ( !owned(m, w->pages, mfn) )
            return -EINVAL;
        m->m2p[mfn] = req->val;
        return 0;
    default: return -ENOSYS;
    }
}

static int do_update(struct model *m, const struct small_op *op, unsigned int from, unsigned int to,
                     unsigned int *done)
{
    struct model_vcpu *v = &m->v[op->vcpu];
    struct whose w;
    int rc = decode_whose(m, small_domain_of(op->vcpu), op->target, &w);

    for ( unsigned int i = from; i < to && rc == 0; i++ )
    {
        if ( i > from )
            recount(m); /* the last one's consequences may have been stopped half-way */
        finish_drain(m, v);
        rc = do_request(m, &w, &op->req[i]);
        *done += rc == 0;
        if ( rc == 0 && i + 1 < op->nr && !((i + 1 - from) & small.m.yield_mask) )
            m->questions++;
    }
    return rc;
}

static bool guest_va(uint64_t va, uint64_t len)
{
    return va + len >= va && (va + len <= LOW_END || va >= HIGH_START);
}

/* Follow tables as they are in memory, as long as they are one owner's. False: they end before the last. */
static bool walk(const struct model *m, int8_t root, uint64_t va, uint64_t *table, unsigned int *i)
{
    uint64_t mfn = (uint64_t)root;

    if ( root == SMALL_NO_MFN )
        return false;
    for ( unsigned int level = 4;; level-- )
    {
        if ( mfn >= SMALL_MFNS || m->f[mfn].owner != m->f[root].owner )
            return false;
        *table = mfn;
        *i = (va >> (PAGE_SHIFT + 9 * (level - 1))) % PT_ENTRIES;
        if ( level == 1 )
            return true;
        if ( !(m->page[mfn][*i] & PRESENT) )
            return false;
        mfn = target(m->page[mfn][*i]);
    }
}

static void ask_flush(struct model *m, unsigned int d, uint64_t vcpus, unsigned int flags,
                      uint64_t va)
{
    m->flush = (struct small_flush){
        .calls = 1, .domain = small_id(d), .vcpus = vcpus, .flags = flags, .va = va
    };
}

static void flush_as_asked(struct model *m, const struct small_op *op, unsigned int d)
{
    unsigned long flags = op->arg[2], whom = flags & ~(unsigned long)UVMF_FLUSHTYPE_MASK;
    uint64_t vcpus = whom == UVMF_LOCAL ? 1ULL << (op->vcpu % SMALL_VCPUS)
                     : whom == UVMF_ALL ? ~0ULL
                                        : op->mask;

    if ( (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG )
        ask_flush(m, d, vcpus, FLUSH_VA, op->arg[0]);
    else if ( (flags & UVMF_FLUSHTYPE_MASK) != UVMF_NONE )
        ask_flush(m, d, vcpus, FLUSH_ALL, op->arg[0]);
}

static int do_va(struct model *m, const struct small_op *op)
{
    unsigned int d = small_domain_of(op->vcpu), i;
    uint64_t table;
    struct whose w;
    int rc = decode_whose(m, d, op->target, &w);

    if ( rc )
        return rc;
    finish_drain(m, &m->v[op->vcpu]);
    if ( !guest_va(op->arg[0], 1) || !walk(m, m->v[op->vcpu].root, op->arg[0], &table, &i) ||
         !is_table(m, table, FRAME_L1) )
        return -EINVAL;
    w.tables = d;
    rc = set_leaf(m, &w, &m->page[table][i], op->arg[1], false);
    if ( rc == 0 )
        flush_as_asked(m, op, d);
    return rc;
}

/* The entry at machine address @ptr, if it is still @old. */
static int do_ptwr(struct model *m, unsigned int vcpu, uint64_t ptr, uint64_t old, uint64_t new)
{
    unsigned int d = small_domain_of(vcpu);
    const struct whose w = { .tables = d, .pages = d };
    uint64_t mfn = ptr >> PAGE_SHIFT, i = (ptr % PAGE_SIZE) / 8;
    struct try t;
    int rc;

    finish_drain(m, &m->v[vcpu]);
    if ( (ptr & 7) || i >= PT_ENTRIES || !owned(m, d, mfn) || !is_table(m, mfn, FRAME_L1) )
        return -EINVAL;
    if ( m->page[mfn][i] == old )
        return set_leaf(m, &w, &m->page[mfn][i], new, false);
    /* That the entry has changed is seen last. */
    if ( same_mapping(old, new) )
        return leaf_bits_ok(m, d, new) ? -EAGAIN : -EINVAL;
    t = try_begin(m);
    rc = try_leaf(&t, d, d, false, new);
    return rc ? rc : -EAGAIN;
}

static int do_mov(struct model *m, const struct small_op *op)
{
    uint64_t va = op->arg[0], table, e, ptr;
    unsigned int i;

    if ( (va & 7) || !guest_va(va, 8) || !walk(m, m->v[op->vcpu].root, va, &table, &i) )
        return -EFAULT;
    e = m->page[table][i];
    if ( (e & (PRESENT | WRITE | USER)) != (PRESENT | USER) || target(e) >= SMALL_MFNS )
        return -EFAULT;
    ptr = (target(e) << PAGE_SHIFT) | (va % PAGE_SIZE);
    return do_ptwr(m, op->vcpu, ptr, m->page[target(e)][(ptr % PAGE_SIZE) / 8], op->arg[1]);
}

/* ---- mmuext_op */

static int do_pin(struct model *m, const struct whose *w, uint64_t mfn, unsigned int level)
{
    struct try t = try_begin(m);
    int rc;

    if ( !owned(m, w->pages, mfn) )
        return -EINVAL;
    rc = try_table(&t, (unsigned int)mfn, level);
    if ( rc == 0 && m->f[mfn].pinned )
        return -EINVAL;
    if ( rc == 0 )
        m->f[mfn].pinned = (uint8_t)level;
    return rc;
}

static int do_unpin(struct model *m, const struct whose *w, uint64_t mfn)
{
    if ( !owned(m, w->pages, mfn) || !m->f[mfn].pinned )
        return -EINVAL;
    m->f[mfn].pinned = 0;
    return 0;
}

static int do_new_base(struct model *m, const struct small_op *op, bool user)
{
    unsigned int d = small_domain_of(op->vcpu);
    struct model_vcpu *v = &m->v[op->vcpu];
    int8_t *root = user ? &v->user_root : &v->root;
    uint64_t mfn = op->arg[0];

    if ( user && mfn == 0 )
        *root = SMALL_NO_MFN;
    else if ( *root == SMALL_NO_MFN || mfn != (uint64_t)*root )
    {
        struct try t = try_begin(m);
        int rc = owned(m, d, mfn) ? try_table(&t, (unsigned int)mfn, 4) : -EINVAL;

        if ( rc )
            return rc;
        *root = (int8_t)mfn;
        if ( !user )
            m->page[mfn][HV_SLOT_M2P] = small.d[d].hv_slots[0];
    }
    if ( !user )
        forget_ldt(v);
    return 0;
}

/* Something that can be written to now. */
static int get_writable(struct model *m, const struct whose *w, uint64_t mfn)
{
    struct try t = try_begin(m);

    return owned(m, w->pages, mfn) ? try_writable(&t, (unsigned int)mfn) : -EINVAL;
}

static int do_clear(struct model *m, const struct whose *w, uint64_t mfn)
{
    int rc = get_writable(m, w, mfn);

    if ( rc == 0 )
        memset(m->page[mfn], 0, PAGE_SIZE);
    return rc;
}

static int do_copy(struct model *m, const struct whose *w, uint64_t dst, uint64_t src)
{
    int rc = owned(m, w->pages, src) ? get_writable(m, w, dst) : -EINVAL;

    if ( rc == 0 )
        memmove(m->page[dst], m->page[src], PAGE_SIZE);
    return rc;
}

static int do_set_ldt(struct model *m, struct model_vcpu *v, uint64_t base, unsigned int ents)
{
    if ( ents && (ents > 8192 || base % PAGE_SIZE || !guest_va(base, 1)) )
        return -EINVAL;
    if ( v->ldt_base != base || v->ldt_ents != ents )
        forget_ldt(v);
    v->ldt_base = base;
    v->ldt_ents = ents;
    return 0;
}

static int do_invlpg(struct model *m, unsigned int d, uint64_t vcpus, uint64_t va)
{
    if ( guest_va(va, 1) )
        ask_flush(m, d, vcpus, FLUSH_VA, va);
    return 0;
}

/* What can be asked for another domain's frames. */
static bool foreign_allowed(unsigned int cmd)
{
    switch ( cmd )
    {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
    case MMUEXT_UNPIN_TABLE:
    case MMUEXT_CLEAR_PAGE:
    case MMUEXT_COPY_PAGE: return true;
    default: return cmd == 14 || cmd > MMUEXT_FLUSH_CACHE_GLOBAL;
    }
}

static int do_ext(struct model *m, const struct small_op *op)
{
    unsigned int d = small_domain_of(op->vcpu), cmd = op->cmd;
    struct model_vcpu *v = &m->v[op->vcpu];
    uint64_t self = 1ULL << (op->vcpu % SMALL_VCPUS), mfn = op->arg[0];
    struct whose w;
    int rc = decode_whose(m, d, op->target, &w);

    if ( rc )
        return rc;
    finish_drain(m, v);
    if ( w.pages != d && !foreign_allowed(cmd) )
        return -EPERM;

    switch ( cmd )
    {
    case MMUEXT_PIN_L1_TABLE: return do_pin(m, &w, mfn, 1);
    case MMUEXT_PIN_L2_TABLE: return do_pin(m, &w, mfn, 2);
    case MMUEXT_PIN_L3_TABLE: return do_pin(m, &w, mfn, 3);
    case MMUEXT_PIN_L4_TABLE: return do_pin(m, &w, mfn, 4);
    case MMUEXT_UNPIN_TABLE: return do_unpin(m, &w, mfn);
    case MMUEXT_NEW_BASEPTR: return do_new_base(m, op, false);
    case MMUEXT_NEW_USER_BASEPTR: return do_new_base(m, op, true);
    case MMUEXT_TLB_FLUSH_LOCAL: ask_flush(m, d, self, FLUSH_ALL, 0); return 0;
    case MMUEXT_TLB_FLUSH_MULTI: ask_flush(m, d, op->mask, FLUSH_ALL, 0); return 0;
    case MMUEXT_TLB_FLUSH_ALL: ask_flush(m, d, ~0ULL, FLUSH_ALL, 0); return 0;
    case MMUEXT_INVLPG_LOCAL: return do_invlpg(m, d, self, mfn);
    case MMUEXT_INVLPG_MULTI: return do_invlpg(m, d, op->mask, mfn);
    case MMUEXT_INVLPG_ALL: return do_invlpg(m, d, ~0ULL, mfn);
    case MMUEXT_FLUSH_CACHE: ask_flush(m, d, self, FLUSH_CACHE, 0); /* fall through */
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        if ( !small.d[d].cache_attrs )
            m->flush.calls = 0;
        return small.d[d].cache_attrs ? 0 : -EINVAL;
    case MMUEXT_SET_LDT: return do_set_ldt(m, v, mfn, (unsigned int)op->arg[1]);
    case MMUEXT_CLEAR_PAGE: return do_clear(m, &w, mfn);
    case MMUEXT_COPY_PAGE: return do_copy(m, &w, mfn, op->arg[1]);
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER: return -EOPNOTSUPP;
    default: return -ENOSYS;
    }
}

/* ---- descriptors */

static int do_gdt(struct model *m, const struct small_op *op)
{
    unsigned int d = small_domain_of(op->vcpu), ents = (unsigned int)op->arg[0];
    unsigned int nr = (ents + SMALL_WORDS - 1) / SMALL_WORDS;
    struct model_vcpu *v = &m->v[op->vcpu];
    struct try t;

    finish_drain(m, v);
    if ( ents > MM_GDT_FRAMES * SMALL_WORDS )
        return -EINVAL;
    t = try_begin(m);
    for ( unsigned int i = 0; i < nr; i++ )
        if ( try_descriptors(&t, d, op->req[i % SMALL_BATCH].val) )
            return -EINVAL;
    memset(v->gdt, SMALL_NO_MFN, sizeof(v->gdt));
    for ( unsigned int i = 0; i < nr; i++ )
        v->gdt[i] = (int8_t)op->req[i % SMALL_BATCH].val;
    v->gdt_ents = ents;
    return 0;
}

static int do_desc(struct model *m, const struct small_op *op)
{
    uint64_t mfn = op->arg[0] >> PAGE_SHIFT, desc = op->arg[1];
    unsigned int d = small_domain_of(op->vcpu);

    finish_drain(m, &m->v[op->vcpu]);
    if ( (op->arg[0] & 7) || !fix_descriptor(&desc) || !owned(m, d, mfn) )
        return -EINVAL;
    if ( m->a.types[mfn] && m->a.type[mfn] != FRAME_WRITABLE && m->a.type[mfn] != FRAME_DESC )
        return -EINVAL;
    m->page[mfn][(op->arg[0] % PAGE_SIZE) / 8] = desc;
    return 0;
}

/* True: the page is there now, the instruction can be tried again. */
static int do_ldt_fault(struct model *m, const struct small_op *op)
{
    unsigned int d = small_domain_of(op->vcpu), slot = (unsigned int)(op->arg[0] >> PAGE_SHIFT), i;
    struct model_vcpu *v = &m->v[op->vcpu];
    uint64_t va = v->ldt_base + (op->arg[0] & PAGE_MASK), table, e;
    struct try t = try_begin(m);

    if ( op->arg[0] >= v->ldt_ents * 8ULL || !guest_va(va, PAGE_SIZE) ||
         !walk(m, v->root, va, &table, &i) )
        return false;
    e = m->page[table][i];
    if ( !(e & PRESENT) || try_descriptors(&t, d, target(e)) || v->ldt[slot] != SMALL_NO_MFN )
        return false;
    v->ldt[slot] = (int8_t)target(e);
    return true;
}

/* ---- a domain's memory */

static unsigned int pages_of(const struct model *m, unsigned int d)
{
    unsigned int n = 0;

    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        n += m->f[mfn].owner == d && !m->f[mfn].extra;
    return n;
}

static int do_alloc(struct model *m, const struct small_op *op, bool extra)
{
    unsigned int d = small_domain_of(op->vcpu), mfn;
    bool any = false;

    for ( unsigned int i = 1; i < SMALL_RAM_END; i++ )
        any |= m->f[i].owner == MODEL_NOBODY;
    if ( !any || small.back_failed || (!extra && pages_of(m, d) >= small.max_pages[d]) )
        return -ENOMEM;
    /* Which one is the heap's choice; it must have been free. */
    if ( mfn_eq(small.allocated, INVALID_MFN) || !is_ram(small.allocated.n) ||
         m->f[small.allocated.n].owner != MODEL_NOBODY )
        return 0;
    mfn = (unsigned int)small.allocated.n;
    m->f[mfn] = (struct model_frame){
        .owner = (uint8_t)d, .allocated = true, .extra = extra, .uncleared = !extra && op->arg[0]
    };
    m->m2p[mfn] = m->f[mfn].uncleared ? op->arg[0] : M2P_INVALID;
    memset(m->page[mfn], 0, PAGE_SIZE);
    return 0;
}

static int do_release(struct model *m, const struct small_op *op)
{
    uint64_t mfn = op->arg[0];

    if ( !owned(m, small_domain_of(op->vcpu), mfn) || m->f[mfn].extra || !m->f[mfn].allocated )
        return -EINVAL;
    m->f[mfn].allocated = false;
    m->m2p[mfn] = M2P_INVALID;
    return 0;
}

static int do_hold(struct model *m, const struct small_op *op)
{
    unsigned int d = small_domain_of(op->vcpu), n = 0;
    uint64_t mfn = op->arg[0];
    struct try t = try_begin(m);

    if ( !owned(m, d, mfn) || try_writable(&t, (unsigned int)mfn) )
        return -EINVAL;
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
        n += m->d[d].holds[i];
    if ( n == MM_HOLDS )
        return -ENOSPC;
    m->d[d].holds[mfn]++;
    return 0;
}

static int do_unhold(struct model *m, const struct small_op *op)
{
    struct model_domain *d = &m->d[small_domain_of(op->vcpu)];

    if ( op->arg[0] < SMALL_MFNS && d->holds[op->arg[0]] )
        d->holds[op->arg[0]]--;
    return 0;
}

static void new_vcpu(struct model_vcpu *v)
{
    memset(v, 0, sizeof(*v));
    v->root = v->user_root = v->drain = SMALL_NO_MFN;
    memset(v->gdt, SMALL_NO_MFN, sizeof(v->gdt));
    forget_ldt(v);
}

static void stop_vcpu(struct model *m, struct model_vcpu *v)
{
    finish_drain(m, v);
    v->root = v->user_root = SMALL_NO_MFN;
    memset(v->gdt, SMALL_NO_MFN, sizeof(v->gdt));
    forget_ldt(v);
    v->gdt_ents = v->ldt_ents = 0;
}

/* The end of a domain: nobody uses its frames any more, but others that map them. */
static int do_teardown(struct model *m, unsigned int d)
{
    bool left = false;

    if ( !m->d[d].exists )
        return -ESRCH;
    m->d[d].dying = true;
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
        stop_vcpu(m, &m->v[d * SMALL_VCPUS + i]);
    memset(m->d[d].holds, 0, sizeof(m->d[d].holds));
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        if ( m->f[mfn].owner != d )
            continue;
        undo_partial(m, mfn, 0);
        m->f[mfn].pinned = 0;
        if ( m->f[mfn].allocated )
            m->m2p[mfn] = M2P_INVALID;
        m->f[mfn].allocated = false;
    }
    recount(m);
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
        left |= m->f[mfn].owner == d;
    m->d[d].exists = left;
    return left ? -EBUSY : 0;
}

static int do_create(struct model *m, unsigned int d)
{
    if ( m->d[d].exists )
        return -EEXIST;
    m->d[d] = (struct model_domain){ .exists = true };
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
        new_vcpu(&m->v[d * SMALL_VCPUS + i]);
    return 0;
}

int model_do(struct model *m, const struct small_op *op, unsigned int from, unsigned int to,
             unsigned int *done)
{
    unsigned int d = small_domain_of(op->vcpu);

    *done = 0;
    m->flush.calls = m->questions = 0;
    m->resumed = 0;
    if ( op->kind <= SMALL_LAST_CALL && (!m->d[d].exists || m->d[d].dying) )
        return -ESRCH;
    switch ( op->kind )
    {
    case SMALL_UPDATE: return do_update(m, op, from, to, done);
    case SMALL_VA: return do_va(m, op);
    case SMALL_EXT: return do_ext(m, op);
    case SMALL_GDT: return do_gdt(m, op);
    case SMALL_DESC: return do_desc(m, op);
    case SMALL_LDT_FAULT: return do_ldt_fault(m, op);
    case SMALL_PTWR: return do_ptwr(m, op->vcpu, op->arg[0], op->arg[1], op->arg[2]);
    case SMALL_MOV: return do_mov(m, op);
    case SMALL_DRAIN: finish_drain(m, &m->v[op->vcpu]); return 0;
    case SMALL_ALLOC: return do_alloc(m, op, false);
    case SMALL_ALLOC_EXTRA: return do_alloc(m, op, true);
    case SMALL_RELEASE: return do_release(m, op);
    case SMALL_HOLD: return do_hold(m, op);
    case SMALL_UNHOLD: return do_unhold(m, op);
    case SMALL_TEARDOWN: return do_teardown(m, (unsigned int)op->arg[0]);
    default: return do_create(m, (unsigned int)op->arg[0]);
    }
}
