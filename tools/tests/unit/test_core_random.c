/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Random operations by two domains, one of them privileged, with yields at random questions; at a yield another vCPU may act in
 * between, or the operation is never continued. After each operation: the audit and the ghost TLB. An operation that was
 * refused without a yield must have left the state as it was. Every run ends with both domains taken down to nothing.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

#include <stdlib.h>

#define WORLDS 2
#define PAGES  40

static struct world worlds[WORLDS];
static uint64_t seed;
static uint64_t accepted, refused, interrupted;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(seed >> 33) % n;
}

static bool random_yield(void *arg)
{
    return rnd(*(const unsigned int *)arg) == 0;
}

/* Mostly the domain's own frames; now and then somebody else's, free ones, holes and nonsense. */
static mfn_t random_mfn(const struct world *w)
{
    if ( rnd(40) )
        return w->page[rnd(w->nr)];
    switch ( rnd(6) )
    {
    case 0: return worlds[rnd(WORLDS)].page[rnd(PAGES)];
    case 1: return _mfn(rnd(HOST_FRAMES));
    case 2: return _mfn(HOST_RAM_END + rnd(16));
    case 3: return _mfn(HOST_FRAMES + rnd(100));
    case 4: return _mfn(0x1000000ULL + rnd(100));
    default: return _mfn(~0ULL >> rnd(64));
    }
}

static uint64_t random_flags(void)
{
    static const uint64_t rare[] = { PTE_PSE, PTE_PWT,          PTE_PCD,    PTE_G,
                                     PTE_NX,  PTE_GUEST_KERNEL, 1ULL << 45, PTE_AVAIL };
    uint64_t flags = PTE_P;

    if ( rnd(8) == 0 )
        flags = 0;
    if ( rnd(2) )
        flags |= PTE_RW;
    if ( rnd(2) )
        flags |= PTE_US;
    if ( rnd(4) == 0 )
        flags |= PTE_A | PTE_D;
    if ( rnd(16) == 0 )
        flags |= rare[rnd(ARRAY_SIZE(rare))];
    return flags;
}

static uint64_t random_pte(const struct world *w)
{
    if ( rnd(8) == 0 )
        return 0;
    return (mfn_x(random_mfn(w)) << PAGE_SHIFT & PTE_ADDR_BITS) | random_flags();
}

/* Few slots, so that operations meet. */
static unsigned int random_slot(void)
{
    static const unsigned int slots[] = { 0, 1, 2, 3, 128, 255, 256, 271, 272, 510, 511 };

    return slots[rnd(ARRAY_SIZE(slots))];
}

static uint32_t random_target(const struct world *w)
{
    if ( rnd(12) )
        return DOMID_SELF;
    switch ( rnd(5) )
    {
    case 0: return worlds[rnd(WORLDS)].d.id;
    case 1: return DOMID_IO;
    case 2: return DOMID_XEN;
    case 3: return ((worlds[rnd(WORLDS)].d.id + 1U) << 16) | DOMID_SELF;
    default: return rnd(0x10000) | (rnd(2) ? 0 : rnd(0x10000) << 16);
    }
}

/* The guest writes to a page that it could write to: not while it is anything but writable. */
static void guest_store(struct world *w)
{
    mfn_t mfn = w->page[rnd(w->nr)];
    uint64_t word = host_word(mfn);

    if ( word_type(word) == FRAME_WRITABLE && word_types(word) &&
         mfn_to_frame(&host.m, mfn)->owner == OWNER(w->d.id) )
        host_page(mfn)[random_slot()] = random_pte(w);
}

static int random_mmuext(struct world *w, const struct mmu_target *t)
{
    static const unsigned int cmds[] = {
        MMUEXT_PIN_L1_TABLE,
        MMUEXT_PIN_L1_TABLE,
        MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE,
        MMUEXT_UNPIN_TABLE,
        MMUEXT_UNPIN_TABLE,
        MMUEXT_UNPIN_TABLE,
        MMUEXT_NEW_BASEPTR,
        MMUEXT_NEW_USER_BASEPTR,
        MMUEXT_TLB_FLUSH_ALL,
        MMUEXT_INVLPG_ALL,
        MMUEXT_CLEAR_PAGE,
        MMUEXT_COPY_PAGE,
        MMUEXT_SET_LDT,
        MMUEXT_MARK_SUPER,
        MMUEXT_FLUSH_CACHE,
        21,
    };
    struct mmuext op = { .cmd = cmds[rnd(ARRAY_SIZE(cmds))],
                         .arg1 = mfn_x(random_mfn(w)),
                         .arg2 = mfn_x(random_mfn(w)) };

    if ( op.cmd == MMUEXT_SET_LDT )
    {
        op.arg1 = WORLD_VA(rnd(PAGES));
        op.arg2 = rnd(1500);
    }
    if ( op.cmd == MMUEXT_NEW_USER_BASEPTR && rnd(3) == 0 )
        op.arg1 = 0;
    return mmuext_op(&w->v, t, &op);
}

/* One operation; its result. */
static int random_op(struct world *w)
{
    struct pt_update req = { .val = random_pte(w) };
    struct mmu_target t;
    unsigned int done;
    uint64_t mfns[2];
    int rc = mmu_decode_target(&w->d, random_target(w), &t);

    if ( rc )
        return rc;
    switch ( rnd(12) )
    {
    case 0:
    case 1:
    case 2:
    case 3:
        req.ptr =
            pte_at(rnd(3) ? w->page[rnd(8)] : random_mfn(w), random_slot()) | (rnd(4) ? 0 : rnd(8));
        return mmu_update(&w->v, &t, &req, 1, &done);
    case 4:
    case 5: return update_va_mapping(&w->v, &t, WORLD_VA(rnd(PAGES)), req.val, rnd(16), rnd(4));
    case 6:
    case 7:
    case 8: return random_mmuext(w, &t);
    case 9:
        mfns[0] = mfn_x(random_mfn(w));
        mfns[1] = mfn_x(random_mfn(w));
        return rnd(3) ? gdt_set(&w->v, mfns, rnd(1025))
                      : descriptor_update(&w->v, pte_at(random_mfn(w), random_slot()), seed);
    case 10:
        if ( rnd(4) )
            return ldt_fault(&w->v, rnd(12000)) ? 0 : -EINVAL;
        return ptwr_update(&w->v, pte_at(w->page[rnd(8)], random_slot()),
                           host_page(w->page[rnd(8)])[random_slot()], req.val);
    default:
        if ( rnd(4) )
            return domain_release(&w->d, random_mfn(w));
        return mfn_eq(domain_alloc(&w->d, 0), INVALID_MFN) ? -ENOMEM : 0;
    }
}

static unsigned int step(void)
{
    struct world *w = &worlds[rnd(WORLDS)];
    unsigned int bad = 0;
    bool was_partial = host_any_partial();
    uint64_t before;
    int rc;

    host.cpu = rnd(HOST_CPUS);
    guest_store(w);
    host_touch(&w->v);
    before = host_hash();
    rc = random_op(w);
    if ( rc == -ERESTART )
        interrupted++;
    else if ( rc < 0 )
        refused++;
    else
        accepted++;

    bad += host_check();
    /* Work left half-way hides the old state; otherwise a refusal must leave it visible again. */
    if ( rc < 0 && rc != -ERESTART && rc != -EAGAIN && !was_partial && !host_any_partial() &&
         host_hash() != before )
    {
        note("refused with %d (%s), but the state changed", rc, host.refusal);
        bad++;
    }
    return bad;
}

static unsigned int run(uint64_t start, unsigned int yields, unsigned int steps)
{
    unsigned int bad = 0;

    seed = start;
    host_reset(HOST_RAM_END);
    for ( unsigned int i = 0; i < WORLDS; i++ )
        world_init(&worlds[i], (uint16_t)i, PAGES);
    worlds[0].d.privileged = worlds[0].d.cache_attrs = true;
    worlds[0].d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), 8 };
    worlds[0].d.nr_iomem = 1;
    host.m.l1tf_limit = start % 3 ? 0 : 1ULL << 32;
    host.yield_fn = yields ? random_yield : NULL;
    host.yield_arg = &yields;

    for ( unsigned int i = 0; i < steps && !bad; i++ )
    {
        bad = step();
        if ( bad )
            note("seed %llu, one yield in %u: step %u", (unsigned long long)start, yields, i);
    }
    /* Frames of one may be mapped by the other: the first to go may have to wait. */
    for ( unsigned int i = 0; i < 2 * WORLDS && !bad; i++ )
        do_teardown(&worlds[i % WORLDS]);
    if ( !bad && (host_check() || host.m.heap.nr_free != HOST_RAM_END - 1) )
    {
        note("seed %llu, one yield in %u: %llu of %u frames free in the end",
             (unsigned long long)start, yields, (unsigned long long)host.m.heap.nr_free,
             HOST_RAM_END - 1);
        bad = 1;
    }
    return bad;
}

int main(int argc, char **argv)
{
    static const unsigned int yields[] = { 0, 1, 2, 7, 50 };
    unsigned int runs = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 12;

    for ( unsigned int y = 0; y < ARRAY_SIZE(yields); y++ )
    {
        unsigned int bad = 0;

        for ( unsigned int i = 0; i < runs && !bad; i++ )
            bad = run(1000 * y + i, yields[y], 400);
        ok(!bad,
           "%u runs of 400 random operations, one yield in %u: invariants hold, teardown ends at nothing",
           runs, yields[y]);
    }
    note("%llu accepted, %llu refused, %llu interrupted", (unsigned long long)accepted,
         (unsigned long long)refused, (unsigned long long)interrupted);
    ok(accepted > 1000 && refused > 1000 && interrupted > 100, "the mix has enough of everything");
    return done();
}
