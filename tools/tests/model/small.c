/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small machine.
 *
 *   1. CPUs: what they may have cached, which vCPU they run
 *   2. the core's port
 *   3. building a machine, keeping states
 *   4. operations
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../xen/arch/x86/mm/pte.h"
#include "small.h"

struct small small;
struct frame small_frames[SMALL_MFNS];
uint64_t small_m2p[SMALL_MFNS];
uint64_t small_memory[SMALL_MFNS][SMALL_WORDS] __attribute__((aligned(4096)));
void (*small_bug)(const char *file, int line, const char *what);
bool small_verbose;

static const unsigned int first_pages[SMALL_DOMAINS] = SMALL_PAGES;

static frame_set bit(uint64_t mfn)
{
    return mfn < SMALL_MFNS ? (frame_set)1 << mfn : 0;
}

/* Take the lowest frame out of *set. */
static unsigned int take(frame_set *set)
{
    unsigned int mfn = (unsigned int)__builtin_ctz(*set);

    *set &= *set - 1;
    return mfn;
}

/* ---- 1. CPUs ------------------------------------------------------------------------------------------------------- */

static bool is_live_table(unsigned int mfn, unsigned int level)
{
    uint64_t w = frame_word(&small_frames[mfn]);

    return word_refs(w) && word_types(w) && (w & FRAME_VALIDATED) &&
           word_type(w) == FRAME_L1 + level - 1;
}

static void see_leaf(struct ghost *g, uint64_t e, bool writable)
{
    frame_set f = bit(mfn_x(pte_mfn(e)));

    g->read |= f;
    if ( !writable || !(e & PTE_RW) )
        return;
    g->write |= f;
    if ( (e & PTE_CACHE) && pte_pat_index(e) )
        g->around |= f;
}

static void see_table(struct ghost *g, unsigned int mfn, unsigned int level)
{
    const uint64_t *table = small_memory[mfn];
    bool writable = g->table_writable[level] & bit(mfn);

    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
    {
        uint64_t e = table[i], child = mfn_x(pte_mfn(e));

        if ( !(e & PTE_P) || is_hv_slot(level, i) )
            continue;
        if ( level == 1 )
            see_leaf(g, e, writable);
        else if ( level == 4 && child == mfn )
            /* All tables below are seen as pages, read-only. */
            g->read |= bit(mfn) | g->table[1] | g->table[2] | g->table[3];
        else
        {
            g->table[level - 1] |= bit(child);
            if ( writable && (e & PTE_RW) )
                g->table_writable[level - 1] |= bit(child);
        }
    }
}

/* Everything a CPU may load from where it stands: from its root, and from tables it still knows. */
static void touch_cpu(unsigned int cpu)
{
    struct ghost *g = &small.ghost[cpu];

    if ( small.loaded[cpu] == SMALL_NO_MFN )
        return;
    g->table[4] |= bit((uint64_t)small.loaded[cpu]);
    g->table_writable[4] |= bit((uint64_t)small.loaded[cpu]);
    for ( unsigned int level = 4; level > 0; level-- )
        for ( frame_set set = g->table[level]; set; )
        {
            unsigned int mfn = take(&set);

            if ( is_live_table(mfn, level) )
                see_table(g, mfn, level);
        }
    small.dirty |= g->around;
}

void small_touch(void)
{
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        touch_cpu(cpu);
}

static void flush_cpu(unsigned int cpu)
{
    uint32_t begun = tlb_flush_begin(&small.m);

    memset(&small.ghost[cpu], 0, sizeof(small.ghost[cpu]));
    tlb_flush_end(&small.m, cpu, begun);
}

/* CPU @cpu runs vCPU @v, or none, from now on. */
static void run(unsigned int cpu, int v)
{
    if ( small.running[cpu] == v )
        return;
    touch_cpu(cpu);
    small.running[cpu] = (int8_t)v;
    small.loaded[cpu] = SMALL_NO_MFN;
    if ( v >= 0 && !mfn_eq(small.v[v].root, INVALID_MFN) )
        small.loaded[cpu] = (int8_t)small.v[v].root.n;
    flush_cpu(cpu);
}

static unsigned int cpu_of(unsigned int v)
{
    return (v / SMALL_VCPUS + v % SMALL_VCPUS) % SMALL_CPUS;
}

/* What frames must not be reached how. */
struct uses
{
    frame_set unwritable, level[5], writable, desc, free, uncleared;
};

static void find_uses(struct uses *u)
{
    memset(u, 0, sizeof(*u));
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        uint64_t w = frame_word(&small_frames[mfn]);

        if ( !word_refs(w) )
            u->free |= bit(mfn);
        else if ( small_frames[mfn].owner & OWNER_UNCLEARED )
            u->uncleared |= bit(mfn);
        else if ( !word_types(w) || (w & FRAME_LOCKED) )
            continue;
        else if ( word_type(w) == FRAME_WRITABLE )
            u->writable |= bit(mfn);
        else if ( word_type(w) == FRAME_DESC )
            u->desc |= bit(mfn);
        else
            u->level[word_type(w) - FRAME_L1 + 1] |= bit(mfn);
    }
    u->free &= ~1U; /* frame 0 is no memory */
    u->unwritable = u->desc | u->level[1] | u->level[2] | u->level[3] | u->level[4];
}

static const char *ghost_fault(const struct uses *u, unsigned int *mfn)
{
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
    {
        const struct ghost *g = &small.ghost[cpu];
        frame_set bad = g->write & u->unwritable;
        const char *what = "[7] is a table or holds descriptors while a CPU may still write to it";

        for ( unsigned int level = 1; level <= 4 && !bad; level++ )
        {
            bad = g->table[level] & (u->writable | (u->unwritable & ~u->level[level]));
            what = "[7] is used otherwise while a CPU may still walk it as a table";
        }
        if ( !bad )
        {
            bad = (g->read | g->write | g->table[1] | g->table[2] | g->table[3] | g->table[4]) &
                  u->uncleared;
            what = "[12] can be reached with what its last owner left in it";
        }
        if ( !bad )
            continue;
        *mfn = take(&bad);
        return what;
    }
    if ( small.dirty & u->unwritable )
    {
        frame_set bad = small.dirty & u->unwritable;

        *mfn = take(&bad);
        return "[7] was written around the caches, and nobody has flushed it";
    }
    return NULL;
}

const char *small_ghost_check(unsigned int *mfn)
{
    struct uses u;

    find_uses(&u);
    return ghost_fault(&u, mfn);
}

const char *small_ghost_check_idle(unsigned int *mfn)
{
    frame_set given, reached = 0;
    struct uses u;

    find_uses(&u);
    given = small.free & ~u.free;
    small.free = u.free;
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS && given; cpu++ )
    {
        const struct ghost *g = &small.ghost[cpu];

        reached |= g->read | g->write | g->table[1] | g->table[2] | g->table[3] | g->table[4];
    }
    given &= reached | small.dirty;
    if ( given )
    {
        *mfn = take(&given);
        return "[7] was given out while a CPU may still reach it";
    }
    return ghost_fault(&u, mfn);
}

/* ---- 2. the port --------------------------------------------------------------------------------------------------- */

void port_bug(const char *file, int line, const char *what)
{
    if ( small_bug )
        small_bug(file, line, what);
    fprintf(stderr, "BUG at %s:%d: %s\n", file, line, what);
    abort();
}

/* A guest on some CPU stores to a frame that the CPU can still write to. */
static void guest_stores(void)
{
    const struct small_schedule *s = &small.schedule;
    frame_set set = 0;
    unsigned int mfn = 0;

    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        set |= small.ghost[cpu].write;
    if ( !set || small.nr_stores == SMALL_STORES )
        return;
    for ( unsigned int n = s->store_pick % (unsigned int)__builtin_popcount(set) + 1; n > 0; n-- )
        mfn = take(&set);
    small_memory[mfn][s->store_index] = s->store_value;
    small.stores[small.nr_stores++] = (struct small_store){ .mfn = (uint8_t)mfn,
                                                            .index = s->store_index,
                                                            .value = s->store_value };
}

/* Any CPU sets A and D where it walks. */
static void set_ad(void)
{
    const struct small_schedule *s = &small.schedule;
    frame_set set = 0, l1 = 0;

    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
    {
        const struct ghost *g = &small.ghost[cpu];

        l1 |= g->table[1];
        set |= g->table[1] | g->table[2] | g->table[3] | g->table[4];
    }
    while ( set )
    {
        unsigned int mfn = take(&set);
        uint64_t *e = &small_memory[mfn][s->store_index % PT_ENTRIES];

        if ( !(*e & PTE_P) )
            continue;
        *e |= PTE_A;
        if ( (l1 & bit(mfn)) && (*e & PTE_RW) )
            *e |= PTE_D;
    }
    small.ad_touched = true;
}

/* An entry of the vCPU's own L1 that is empty: its address. */
static bool find_empty(const struct mm_vcpu *v, uint64_t *va)
{
    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
    {
        struct pt_walk w;

        *va = (uint64_t)i << PAGE_SHIFT;
        if ( pt_walk(&small.m, v->root, *va, &w) && !w.entry[1] &&
             is_live_table((unsigned int)w.table[1].n, 1) )
            return true;
    }
    return false;
}

/* Is somebody making it writable just now? Others would wait for that, and here nobody else can go on. */
static bool is_being_made_writable(unsigned int mfn)
{
    uint64_t w = frame_word(&small_frames[mfn]);

    return word_refs(w) && (w & FRAME_LOCKED) && word_type(w) == FRAME_WRITABLE;
}

/* Map the frame, write to it, unmap it: the entry was empty and is so again; what remains is what the CPU has cached. */
static void meet(unsigned int cpu, struct mm_vcpu *v, unsigned int mfn)
{
    uint64_t va, entry = ((uint64_t)mfn << PAGE_SHIFT) | PTE_P | PTE_RW | PTE_US;
    const struct mmu_target self = { .pt = v->d, .pg = v->d };
    bool wait = mfn < SMALL_MFNS && is_being_made_writable(mfn);

    if ( v->d->dying || !mfn_eq(v->drain, INVALID_MFN) || mfn_eq(v->root, INVALID_MFN) ||
         !find_empty(v, &va) )
        return;
    /* The short way must not take it, and never waits. */
    if ( !update_va_common(v, va, entry, false) &&
         (wait || update_va_mapping(v, &self, va, entry, UVMF_NONE, 0)) )
        return;
    touch_cpu(cpu);
    if ( wait )
    {
        small.ghost_fault = "[7] can be written to before CPUs have forgotten what it was";
        small.ghost_mfn = mfn;
    }
    if ( update_va_mapping(v, &self, va, 0, UVMF_NONE, 0) )
        port_bug(__FILE__, __LINE__, "a page cannot be unmapped");
}

/* What XSA-401 was about: others use a page just when the hypervisor is about to make something else of it. */
static void others_meet(void)
{
    unsigned int pick = small.schedule.store_pick;
    unsigned int first = pick == SMALL_EACH ? 1 : pick;
    unsigned int last = pick == SMALL_EACH ? SMALL_RAM_END - 1 : pick;

    if ( small.meeting )
        return;
    small.meeting = true;
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        for ( unsigned int mfn = first; mfn <= last; mfn++ )
            if ( cpu != small.cpu && small.running[cpu] >= 0 )
                meet(cpu, &small.v[small.running[cpu]], mfn);
    small.meeting = false;
}

/* The hypervisor stands still for a moment: others do what they can. */
static void others_act(bool stores)
{
    small_touch();
    if ( !small.ghost_fault )
        small.ghost_fault = small_ghost_check(&small.ghost_mfn);
    if ( stores )
        guest_stores();
    if ( small.schedule.touch_ad )
        set_ad();
}

void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va)
{
    small.flush = (struct small_flush){
        .calls = small.flush.calls + 1, .flags = flags, .domain = d->id, .vcpus = vcpus, .va = va
    };
    others_act(small.schedule.store_at_flush);
    if ( !(flags & FLUSH_ALL) )
        return;
    /* A vCPU leaves nothing on a CPU that runs another one. */
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
    {
        int v = small.running[cpu];

        if ( v >= 0 && small.v[v].d == d && ((vcpus >> small.v[v].id) & 1) )
            flush_cpu(cpu);
    }
}

void port_flush_machine(struct machine *m, unsigned int flags)
{
    others_act(small.schedule.store_at_flush);
    small.machine_flushed |= (flags & FLUSH_ALL) != 0;
    if ( small.schedule.meet )
        others_meet();
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS && (flags & FLUSH_ALL); cpu++ )
        flush_cpu(cpu);
    if ( small.schedule.meet )
        others_meet();
}

void port_flush_frame(struct machine *m, mfn_t mfn)
{
    small.dirty &= ~bit(mfn_x(mfn));
}

void port_wait(void)
{
    port_bug(__FILE__, __LINE__, "a CPU waits for a frame that it holds itself");
}

bool port_should_yield(void)
{
    uint8_t at = small.schedule.yield_at;

    small.questions++;
    others_act(small.schedule.store_at_yield);
    if ( !at || (at != 255 && small.questions != at) )
        return false;
    small.yielded = true;
    return true;
}

/* Written through the caches as a whole: what was in memory behind them does not matter any more. */
void port_scrub(struct machine *m, mfn_t mfn)
{
    memset(mfn_to_virt(m, mfn), 0, PAGE_SIZE);
    small.dirty &= ~bit(mfn_x(mfn));
}

int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr)
{
    if ( !small.schedule.back_fails )
        return 0;
    small.back_failed = true;
    return -ENOMEM;
}

mfn_t port_next_backed(struct machine *m, mfn_t mfn)
{
    return mfn;
}

void port_load_root(struct mm_vcpu *v)
{
    unsigned int number = (unsigned int)(v - small.v), cpu = cpu_of(number);
    mfn_t root = v->user_mode ? v->user_root : v->root;

    BUG_ON(mfn_eq(root, INVALID_MFN));
    touch_cpu(cpu);
    small.running[cpu] = (int8_t)number;
    small.loaded[cpu] = (int8_t)root.n;
    flush_cpu(cpu);
}

static int8_t shown(mfn_t mfn)
{
    return mfn_eq(mfn, INVALID_MFN) ? SMALL_NO_MFN : (int8_t)mfn.n;
}

void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    small.gdt_shown[v - small.v][slot] = shown(mfn);
}

void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    small.ldt_shown[v - small.v][slot] = shown(mfn);
}

void port_load_ldt(struct mm_vcpu *v)
{
}

void port_refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;

    if ( !small_verbose && d )
        return;
    printf("      %s: ", d ? "refused" : "audit");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

/* ---- 3. building and keeping --------------------------------------------------------------------------------------- */

static void must(bool good, const char *what)
{
    if ( good )
        return;
    fprintf(stderr, "small: %s failed\n", what);
    abort();
}

static int create(unsigned int domain)
{
    struct mm_domain *d = &small.d[domain];
    int rc = domain_mem_init(&small.m, d, small_id(domain), small.max_pages[domain]);

    if ( rc )
        return rc;
    d->privileged = d->cache_attrs = domain == 0 && small.config.privileged;
    if ( d->privileged )
    {
        d->iomem[0] = (struct frame_range){ _mfn(SMALL_RAM_END), 2 };
        d->iomem[1] = (struct frame_range){ _mfn(SMALL_MFNS), 1 };
        d->nr_iomem = 2;
    }
    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        d->hv_slots[i] = ((SMALL_RAM_END - 1) << PAGE_SHIFT) | PTE_P | PTE_A;
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
        vcpu_mem_init(d, &small.v[domain * SMALL_VCPUS + i]);
    small.exists[domain] = true;
    return 0;
}

static uint64_t first_entry(unsigned int mfn, bool writable)
{
    return ((uint64_t)mfn << PAGE_SHIFT) | PTE_P | PTE_US | (writable ? PTE_RW : 0);
}

/* A frame with something in it that nobody may see. */
static mfn_t populate_uncleared(struct mm_domain *d, pfn_t pfn)
{
    mfn_t mfn = domain_populate(d, 0, pfn);

    if ( !mfn_eq(mfn, INVALID_MFN) )
        memset(small_memory[mfn.n], 0xd5, PT_ENTRIES * sizeof(uint64_t));
    return mfn;
}

/* Pages 0 to 3 are L4, L3, L2 and L1, which maps as many as fit: page i at entry i. The others come uncleared. */
static void populate(unsigned int domain)
{
    struct mm_domain *d = &small.d[domain];
    unsigned int page[SMALL_MFNS], nr = first_pages[domain];

    for ( unsigned int i = 0; i < nr; i++ )
    {
        mfn_t mfn = i < 4 || i < PT_ENTRIES ? domain_alloc(d, 0) : populate_uncleared(d, _pfn(i));

        must(!mfn_eq(mfn, INVALID_MFN), "domain_alloc");
        m2p_set(&small.m, mfn, i);
        page[i] = (unsigned int)mfn.n;
    }
    if ( nr < 4 )
        return;
    small_memory[page[0]][0] = first_entry(page[1], true);
    small_memory[page[1]][0] = first_entry(page[2], true);
    small_memory[page[2]][0] = first_entry(page[3], true);
    for ( unsigned int i = 0; i < nr && i < PT_ENTRIES; i++ )
        small_memory[page[3]][i] =
            first_entry(page[i], i >= 4 && (i < 6 || !small.config.plain_pages));
    must(pin_table(&small.v[domain * SMALL_VCPUS], d, _mfn(page[0]), 4) == 0, "pin");
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
        must(new_base(&small.v[domain * SMALL_VCPUS + i], _mfn(page[0]), false) == 0, "new_base");
}

void small_reset(const struct small_config *config)
{
    unsigned int mfn;

    memset(&small, 0, sizeof(small));
    memset(small_frames, 0, sizeof(small_frames));
    memset(small_m2p, 0xff, sizeof(small_m2p));
    memset(small_memory, 0, sizeof(small_memory));
    memset(small.running, -1, sizeof(small.running));
    memset(small.loaded, -1, sizeof(small.loaded));
    memset(small.gdt_shown, -1, sizeof(small.gdt_shown));
    memset(small.ldt_shown, -1, sizeof(small.ldt_shown));
    small.config = *config;
    machine_init(&small.m, (uint8_t *)small_memory, small_frames, small_m2p, SMALL_MFNS,
                 SMALL_CPUS);
    small.m.paddr_mask = 0x000000fffffff000ULL; /* a CPU with 40 address bits */
    small.m.l1tf_limit = config->l1tf ? 1ULL << 32 : 0;
    small.m.yield_mask = config->yield_mask;
    must(machine_add_ram(&small.m, _mfn(1), SMALL_RAM_END - 1) == 0, "machine_add_ram");
    /* The last frame first, for the hypervisor. */
    must(heap_add(&small.m, _mfn(SMALL_RAM_END - 1), 1) == 0, "heap_add");
    mfn = (unsigned int)heap_alloc_owned(&small.m, 0, DOMID_XEN).n;
    must(mfn == SMALL_RAM_END - 1, "heap_alloc_owned");
    must(heap_add(&small.m, _mfn(1), SMALL_RAM_END - 2) == 0, "heap_add");
    for ( unsigned int i = 0; i < SMALL_DOMAINS; i++ )
    {
        small.max_pages[i] = first_pages[i] + (config->tight ? 0 : 3);
        must(create(i) == 0, "domain_mem_init");
        populate(i);
    }
    small_touch();
    (void)small_ghost_check_idle(&mfn);
}

void small_save(struct small_copy *copy)
{
    copy->s = small;
    memcpy(copy->frames, small_frames, sizeof(small_frames));
    memcpy(copy->m2p, small_m2p, sizeof(small_m2p));
    memcpy(copy->memory, small_memory, sizeof(small_memory));
}

void small_restore(const struct small_copy *copy)
{
    small = copy->s;
    memcpy(small_frames, copy->frames, sizeof(small_frames));
    memcpy(small_m2p, copy->m2p, sizeof(small_m2p));
    memcpy(small_memory, copy->memory, sizeof(small_memory));
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;

    for ( ; n >= 8; b += 8, n -= 8 )
    {
        uint64_t q;

        memcpy(&q, b, 8);
        h = (h ^ q) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 32;
    }
    for ( ; n > 0; b++, n-- )
        h = (h ^ *b) * 0x100000001b3ULL;
    return h;
}

static uint64_t mix_frame(uint64_t h, unsigned int mfn)
{
    const struct frame *f = &small_frames[mfn];
    uint64_t w = frame_word(f);
    uint64_t acc[2] = { word_refs(w) ? w : 0, ((uint64_t)f->owner << 16) | f->progress };

    if ( !word_refs(w) )
        return mix(h, &mfn, 1);
    if ( !word_types(w) && (word_type(w) == FRAME_NONE || !tlb_stale(&small.m, f->stamp)) )
        acc[0] &= ~FRAME_KIND_MASK; /* its last type will not cause a flush any more */
    h = mix(h, acc, sizeof(acc));
    h = mix(h, &small_m2p[mfn], sizeof(small_m2p[mfn]));
    return mix(h, small_memory[mfn], PAGE_SIZE);
}

uint64_t small_hash(void)
{
    bool stale = tlb_stale(&small.m, small.m.heap.freed_stamp);
    uint64_t h = 1;

    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
        h = mix_frame(h, mfn);
    for ( unsigned int i = 0; i < SMALL_DOMAINS; i++ )
        if ( small.exists[i] )
            h = mix(h, &small.d[i], sizeof(small.d[i]));
    h = mix(h, small.exists, sizeof(small.exists));
    h = mix(h, small.v, sizeof(small.v));
    h = mix(h, small.ghost, sizeof(small.ghost));
    h = mix(h, small.running, sizeof(small.running));
    h = mix(h, small.loaded, sizeof(small.loaded));
    h = mix(h, &small.dirty, sizeof(small.dirty));
    return mix(h, &stale, sizeof(stale));
}

/* ---- 4. operations ------------------------------------------------------------------------------------------------- */

bool small_alive(unsigned int vcpu)
{
    unsigned int domain = small_domain_of(vcpu);

    return small.exists[domain] && !small.d[domain].dying;
}

/* The short ways are for requests on the caller's own tables. */
static bool try_common(const struct small_op *op)
{
    return small.schedule.common && op->target == DOMID_SELF;
}

static bool went_short(bool taken)
{
    small.short_way = taken;
    return taken;
}

static int call_update(const struct small_op *op, unsigned int from, unsigned int *done)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    struct mmu_target t;
    int rc;

    if ( try_common(op) && op->nr - from == 1 &&
         went_short(mmu_update_common(v, op->req[from].ptr, op->req[from].val)) )
    {
        *done = 1;
        return 0;
    }
    rc = mmu_decode_target(v->d, op->target, &t);
    return rc ? rc : mmu_update(v, &t, &op->req[from], op->nr - from, done);
}

static int call_va(const struct small_op *op)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    struct mmu_target t;
    int rc;

    if ( try_common(op) && (op->arg[2] & ~(uint64_t)UVMF_INVLPG) == 0 &&
         went_short(update_va_common(v, op->arg[0], op->arg[1], op->arg[2] == UVMF_INVLPG)) )
        return 0;
    rc = mmu_decode_target(v->d, op->target, &t);
    return rc ? rc : update_va_mapping(v, &t, op->arg[0], op->arg[1], op->arg[2], op->mask);
}

static int call_ext(const struct small_op *op)
{
    struct mmuext ext = {
        .cmd = op->cmd, .arg1 = op->arg[0], .arg2 = op->arg[1], .vcpumask = op->mask
    };
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    struct mmu_target t;
    int rc;

    if ( try_common(op) && went_short(mmuext_common(v, op->cmd, op->arg[0])) )
        return 0;
    rc = mmu_decode_target(v->d, op->target, &t);
    return rc ? rc : mmuext_op(v, &t, &ext);
}

/* What the page fault leads to: a store to a table that is mapped read-only, or the guest's own fault. */
static int call_mov(const struct small_op *op)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    uint64_t va = op->arg[0], ptr;
    struct pt_walk w;

    if ( (va & 7) || !va_is_guest(va, 8) || mfn_eq(v->root, INVALID_MFN) )
        return -EFAULT;
    if ( small.schedule.common && went_short(ptwr_common(v, va, op->arg[1])) )
        return 0;
    if ( !pt_walk(&small.m, v->root, va, &w) ||
         (w.entry[1] & (PTE_P | PTE_RW | PTE_US)) != (PTE_P | PTE_US) ||
         mfn_x(pte_mfn(w.entry[1])) >= SMALL_MFNS )
        return -EFAULT;
    ptr = (mfn_x(pte_mfn(w.entry[1])) << PAGE_SHIFT) | (va & ~PAGE_MASK);
    return ptwr_update(v, ptr, *(uint64_t *)((uint8_t *)small_memory + ptr), op->arg[1]);
}

/* As the hypercall does: drain first. */
static int call_gdt(const struct small_op *op)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    uint64_t mfns[MM_GDT_FRAMES];
    int rc = vcpu_drain(v);

    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        mfns[i] = op->req[i % SMALL_BATCH].val;
    return rc ? rc : gdt_set(v, mfns, (unsigned int)op->arg[0]);
}

static int call_desc(const struct small_op *op)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);
    int rc = vcpu_drain(v);

    return rc ? rc : descriptor_update(v, op->arg[0], op->arg[1]);
}

static int call_alloc(const struct small_op *op)
{
    struct mm_domain *d = small_vcpu(op->vcpu)->d;

    if ( op->kind == SMALL_ALLOC_EXTRA )
        small.allocated = domain_alloc_extra(d);
    else
        small.allocated = op->arg[0] ? populate_uncleared(d, _pfn(op->arg[0])) : domain_alloc(d, 0);
    return mfn_eq(small.allocated, INVALID_MFN) ? -ENOMEM : 0;
}

static int call_teardown(unsigned int domain)
{
    int rc;

    if ( !small.exists[domain] )
        return -ESRCH;
    for ( unsigned int cpu = 0; cpu < SMALL_CPUS; cpu++ )
        if ( small.running[cpu] >= 0 &&
             small_domain_of((unsigned int)small.running[cpu]) == domain )
            run(cpu, -1);
    rc = domain_teardown(&small.d[domain]);
    if ( rc == 0 )
    {
        domain_mem_forget(&small.d[domain]);
        small.exists[domain] = false;
    }
    return rc;
}

/* The memory of a CPU's guest: only what its CPU has a writable translation of, however old. */
static int call_store(const struct small_op *op)
{
    unsigned int cpu = cpu_of(op->vcpu);

    if ( op->arg[0] >= SMALL_MFNS || !(small.ghost[cpu].write & bit(op->arg[0])) ||
         op->arg[1] >= SMALL_WORDS )
        return -EFAULT;
    small_memory[op->arg[0]][op->arg[1]] = op->arg[2];
    return 0;
}

static int call_ad(const struct small_op *op)
{
    const struct ghost *g = &small.ghost[cpu_of(op->vcpu)];
    frame_set f = bit(op->arg[0]);
    uint64_t *e;

    if ( !((g->table[1] | g->table[2] | g->table[3] | g->table[4]) & f) ||
         op->arg[1] >= PT_ENTRIES )
        return -EFAULT;
    e = &small_memory[op->arg[0]][op->arg[1]];
    if ( !(*e & PTE_P) )
        return -EFAULT;
    *e |= op->arg[2] & (PTE_A | ((g->table[1] & f) && (*e & PTE_RW) ? PTE_D : 0));
    return 0;
}

static int call_user(const struct small_op *op)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);

    if ( mfn_eq(v->user_root, INVALID_MFN) || mfn_eq(v->root, INVALID_MFN) )
        return -EFAULT;
    v->user_mode = true;
    port_load_root(v);
    small_touch();
    v->user_mode = false;
    port_load_root(v);
    return 0;
}

static int call(const struct small_op *op, unsigned int from, unsigned int *done)
{
    struct mm_vcpu *v = small_vcpu(op->vcpu);

    switch ( op->kind )
    {
    case SMALL_UPDATE: return call_update(op, from, done);
    case SMALL_VA: return call_va(op);
    case SMALL_EXT: return call_ext(op);
    case SMALL_GDT: return call_gdt(op);
    case SMALL_DESC: return call_desc(op);
    case SMALL_LDT_FAULT: return ldt_fault(v, op->arg[0]);
    case SMALL_PTWR: return ptwr_update(v, op->arg[0], op->arg[1], op->arg[2]);
    case SMALL_MOV: return call_mov(op);
    case SMALL_DRAIN: return vcpu_drain(v);
    case SMALL_ALLOC:
    case SMALL_ALLOC_EXTRA: return call_alloc(op);
    case SMALL_RELEASE: return domain_release(v->d, _mfn(op->arg[0]));
    case SMALL_HOLD: return domain_hold(v->d, _mfn(op->arg[0]));
    case SMALL_UNHOLD: domain_unhold(v->d, _mfn(op->arg[0])); return 0;
    case SMALL_TEARDOWN: return call_teardown((unsigned int)op->arg[0]);
    case SMALL_CREATE: return small.exists[op->arg[0]] ? -EEXIST : create((unsigned int)op->arg[0]);
    case SMALL_STORE: return call_store(op);
    case SMALL_AD: return call_ad(op);
    default: return call_user(op);
    }
}

int small_call(const struct small_op *op, const struct small_schedule *schedule, unsigned int from,
               unsigned int *done)
{
    int rc;

    *done = 0;
    small.schedule = *schedule;
    /* Between two requests a store would have its place in their order: none there. */
    if ( op->kind == SMALL_UPDATE && op->nr > 1 )
        small.schedule.store_at_flush = small.schedule.store_at_yield = false;
    small.questions = small.nr_stores = 0;
    small.yielded = small.back_failed = small.ad_touched = small.short_way = false;
    small.machine_flushed = false;
    small.allocated = INVALID_MFN;
    small.flush = (struct small_flush){ 0 };
    small.ghost_fault = NULL;
    if ( op->kind <= SMALL_LAST_CALL || op->kind >= SMALL_STORE )
    {
        if ( !small_alive(op->vcpu) )
            return -ESRCH;
        run(cpu_of(op->vcpu), op->vcpu);
    }
    small.cpu = cpu_of(op->vcpu);
    small_touch();
    rc = call(op, from, done);
    small_touch();
    return rc;
}
