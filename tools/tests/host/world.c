/* SPDX-License-Identifier: GPL-2.0-only */
/* Worlds to test in, hypercalls driven to their end, and the oracles that look at everything after each step. */
#include <stdio.h>
#include <stdlib.h>

#include "../../../xen/arch/x86/mm/pte.h"
#include "host.h"

unsigned int host_restarts;

/* More restarts than any operation here can need: it makes no progress (invariant 10). */
#define MAX_RESTARTS 2000000

/* ---- worlds ------------------------------------------------------------------------------------------------------- */

uint64_t *host_page(mfn_t mfn)
{
    return mfn_to_virt(&host.m, mfn);
}

/* 0 for a free frame: what its account says is the heap's business. */
uint64_t host_word(mfn_t mfn)
{
    uint64_t w = frame_word(mfn_to_frame(&host.m, mfn));

    return word_refs(w) ? w : 0;
}

uint64_t pte_at(mfn_t mfn, unsigned int i)
{
    return (mfn_x(mfn) << PAGE_SHIFT) + i * sizeof(uint64_t);
}

uint64_t world_pte(const struct world *w, unsigned int i, uint64_t flags)
{
    return (mfn_x(w->page[i]) << PAGE_SHIFT) | PTE_P | flags;
}

static void must(bool good, const char *what)
{
    if ( good )
        return;
    printf("# world: %s failed: %s\n", what, host.refusal);
    abort();
}

void world_init(struct world *w, uint16_t id, unsigned int nr)
{
    memset(w, 0, sizeof(*w));
    must(domain_mem_init(&host.m, &w->d, id, nr + 8) == 0, "domain_mem_init");
    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        w->d.hv_slots[i] = 0x5000 + ((uint64_t)i << PAGE_SHIFT) + PTE_P;
    vcpu_mem_init(&w->d, &w->v);
    w->nr = nr;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        w->page[i] = domain_alloc(&w->d, 0);
        must(!mfn_eq(w->page[i], INVALID_MFN), "domain_alloc");
        m2p_set(&host.m, w->page[i], i);
    }
    w->l4 = w->page[0];
    w->l3 = w->page[1];
    w->l2 = w->page[2];
    w->l1 = w->page[3];
    host_page(w->l4)[WORLD_SLOT] = world_pte(w, 1, PTE_RW | PTE_US | PTE_A);
    host_page(w->l3)[0] = world_pte(w, 2, PTE_RW | PTE_US);
    host_page(w->l2)[0] = world_pte(w, 3, PTE_RW | PTE_US);
    for ( unsigned int i = 0; i < nr; i++ )
        host_page(w->l1)[i] = world_pte(w, i, i < 4 ? 0 : PTE_RW);
    must(do_ext(w, MMUEXT_PIN_L4_TABLE, mfn_x(w->l4), 0) == 0, "pin");
    must(do_ext(w, MMUEXT_NEW_BASEPTR, mfn_x(w->l4), 0) == 0, "new base");
}

/* ---- hypercalls --------------------------------------------------------------------------------------------------- */

/* Who stops has been told to. */
static bool again(int rc)
{
    static unsigned int in_a_row;
    bool told = host.yield_told;

    host.yield_told = false;

    if ( rc != -ERESTART )
    {
        in_a_row = 0;
        return false;
    }
    host_restarts++;
    must(told, "a reason to stop");
    must(++in_a_row < MAX_RESTARTS, "progress");
    return true;
}

/* Who is refused learns why, and nobody is warned of what was done. */
static int told(int rc, unsigned int refusals)
{
    if ( (rc != 0) != (host.refusals != refusals) )
    {
        printf("# result %d, and %u lines in the log\n", rc, host.refusals - refusals);
        host.untold++;
    }
    return rc;
}

int do_drain(struct world *w)
{
    int rc;

    do
        rc = vcpu_drain(&w->v);
    while ( again(rc) );
    return rc;
}

int do_update_as(struct world *w, uint32_t foreigndom, uint64_t ptr, uint64_t val,
                 unsigned int *done)
{
    struct pt_update req = { ptr, val };
    unsigned int refusals = host.refusals;
    struct mmu_target t;
    int rc = mmu_decode_target(&w->d, foreigndom, &t);

    *done = 0;
    if ( rc )
        return told(rc, refusals);
    do
        rc = mmu_update(&w->v, &t, &req, 1, done);
    while ( again(rc) );
    do_drain(w);
    return told(rc, refusals);
}

int do_update(struct world *w, uint64_t ptr, uint64_t val)
{
    unsigned int n;

    return do_update_as(w, DOMID_SELF, ptr, val, &n);
}

int do_ext_as(struct world *w, uint32_t foreigndom, unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    struct mmuext op = { .cmd = cmd, .arg1 = arg1, .arg2 = arg2 };
    unsigned int refusals = host.refusals;
    struct mmu_target t;
    int rc = mmu_decode_target(&w->d, foreigndom, &t);

    if ( rc )
        return told(rc, refusals);
    do
        rc = mmuext_op(&w->v, &t, &op);
    while ( again(rc) );
    do_drain(w);
    return told(rc, refusals);
}

int do_ext(struct world *w, unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    return do_ext_as(w, DOMID_SELF, cmd, arg1, arg2);
}

int do_va(struct world *w, unsigned int i, uint64_t val)
{
    unsigned int refusals = host.refusals;
    struct mmu_target t;
    int rc = mmu_decode_target(&w->d, DOMID_SELF, &t);

    must(rc == 0, "target");
    do
        rc = update_va_mapping(&w->v, &t, WORLD_VA(i), val, UVMF_NONE, 0);
    while ( again(rc) );
    return told(rc, refusals);
}

int do_teardown(struct world *w)
{
    int rc;

    do
        rc = domain_teardown(&w->d);
    while ( again(rc) );
    return rc;
}

/* ---- the ghost ---------------------------------------------------------------------------------------------------- */

static void touch_table(mfn_t mfn, unsigned int level, bool write)
{
    struct ghost_frame *g = &host.ghost[host.cpu][mfn_x(mfn)];
    const uint64_t *table = host_page(mfn);

    g->table = true;
    g->owner = mfn_to_frame(&host.m, mfn)->owner;
    for ( unsigned int i = 0; i < PT_ENTRIES; i++ )
    {
        uint64_t e = table[i];
        mfn_t child = pte_mfn(e);
        bool w = write && (e & PTE_RW);

        if ( is_hv_slot(level, i) || !(e & PTE_P) || mfn_x(child) >= HOST_FRAMES )
            continue;
        if ( level > 1 && !mfn_eq(child, mfn) )
        {
            touch_table(child, level - 1, w);
            continue;
        }
        g = &host.ghost[host.cpu][mfn_x(child)];
        g->read = true;
        g->write |= w;
        g->owner = mfn_to_frame(&host.m, child)->owner;
    }
}

void host_touch(const struct mm_vcpu *v)
{
    if ( !mfn_eq(v->root, INVALID_MFN) )
        touch_table(v->root, 4, true);
    if ( !mfn_eq(v->user_root, INVALID_MFN) )
        touch_table(v->user_root, 4, true);
}

/* Invariant 7, for each frame some CPU may still translate to. */
static unsigned int ghost_check_frame(unsigned int cpu, uint64_t mfn)
{
    const struct ghost_frame *g = &host.ghost[cpu][mfn];
    const struct frame *f = mfn_to_frame(&host.m, _mfn(mfn));
    uint64_t w = host_word(_mfn(mfn));
    enum frame_type type = word_type(w);
    const char *what = NULL;

    if ( (g->read || g->write || g->table) && word_refs(w) && f->owner != g->owner )
        what = "changed its owner";
    else if ( g->write && word_types(w) && type != FRAME_WRITABLE )
        what = "is typed while a writable translation may be left";
    else if ( g->table && word_types(w) && type == FRAME_WRITABLE )
        what = "is writable while a CPU may still walk it";
    if ( !what )
        return 0;
    printf("# [7] cpu %u mfn 0x%llx %s (word 0x%llx)\n", cpu, (unsigned long long)mfn, what,
           (unsigned long long)w);
    return 1;
}

/* A window shows the frames that the vCPU holds references on, and nothing else. */
static unsigned int windows_check_vcpu(const struct mm_vcpu *v)
{
    const uint64_t *gdt = host.gdt_shown[v->d->id % HOST_IDS][v->id];
    const uint64_t *ldt = host.ldt_shown[v->d->id % HOST_IDS][v->id];
    unsigned int bad = 0;

    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        bad += gdt[i] != mfn_x(v->gdt[i]) + 1;
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
        bad += ldt[i] != mfn_x(v->ldt[i]) + 1;
    if ( bad )
        printf("# d%uv%u: %u descriptor pages shown are not those held\n", v->d->id, v->id, bad);
    return bad;
}

static unsigned int windows_check(void)
{
    unsigned int bad = 0;

    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        for ( unsigned int j = 0; host.m.domains[i] && j < host.m.domains[i]->nr_vcpus; j++ )
            bad += windows_check_vcpu(host.m.domains[i]->vcpus[j]);
    return bad;
}

unsigned int host_check(void)
{
    static struct audit_count *counts;
    struct audit_result res;
    unsigned int refusals = host.refusals;
    unsigned int bad;

    if ( !counts )
        counts = host_guarded(HOST_FRAMES * sizeof(*counts));
    audit(&host.m, counts, &res);
    host.refusals = refusals;
    bad = res.violations + windows_check() + host.untold;
    for ( unsigned int cpu = 0; cpu < HOST_CPUS; cpu++ )
        for ( uint64_t mfn = 0; mfn < HOST_FRAMES; mfn++ )
            bad += ghost_check_frame(cpu, mfn);
    return bad;
}

/* ---- hash --------------------------------------------------------------------------------------------------------- */

/*
 * The bits the hypervisor adds to entries. A table that was fine by itself keeps them when the promotion of its parent fails;
 * nobody remembers what stood there (docs/invariants.md, 9).
 */
#define ADDED_BITS (PTE_US | PTE_G | PTE_GUEST_KERNEL | PTE_A | PTE_CACHE)

/* In lanes that do not wait for each other: this is what many tests spend their time on. */
#define LANES 8

static uint64_t mix_memory(uint64_t h)
{
    const uint64_t *q = (const uint64_t *)host.memory;
    uint64_t lane[LANES] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    for ( size_t i = 0; i < host.backed_end * PAGE_SIZE / 8; i += LANES )
        for ( unsigned int l = 0; l < LANES; l++ )
            lane[l] =
                (lane[l] ^ (q[i + l] & ~ADDED_BITS)) * 0x9e3779b97f4a7c15ULL + (lane[l] >> 29);
    for ( unsigned int l = 0; l < LANES; l++ )
        h = (h ^ lane[l]) * 0x9e3779b97f4a7c15ULL + (h >> 29);
    return h;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint64_t *q = p;

    for ( size_t i = 0; i < n / 8; i++ )
        h = (h ^ q[i]) * 0x9e3779b97f4a7c15ULL + (h >> 29);
    return h;
}

bool host_any_partial(void)
{
    for ( uint64_t i = 0; i < HOST_FRAMES; i++ )
        if ( host_word(_mfn(i)) & FRAME_PARTIAL )
            return true;
    return false;
}

/*
 * Frames' stamps are no part of the state (they only save flushes), nor is the type of a frame whose type count is zero: a
 * refused promotion may leave it set.
 */
uint64_t host_hash(void)
{
    uint64_t h = 1;

    for ( uint64_t i = 0; i < HOST_FRAMES; i++ )
    {
        const struct frame *f = mfn_to_frame(&host.m, _mfn(i));
        uint64_t w = frame_word(f);
        uint64_t acc[2] = { word_types(w) ? w : w & ~FRAME_KIND_MASK,
                            ((uint64_t)f->owner << 16) | f->progress };

        acc[0] &= ~FRAME_NONCOHERENT;
        h = mix(h, acc, sizeof(acc));
    }
    h = mix_memory(h);
    h = mix(h, host.m.m2p, HOST_FRAMES * sizeof(uint64_t));
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( host.m.domains[i] )
            h = mix(h, &host.m.domains[i]->tot_pages, 8);
    return h;
}
