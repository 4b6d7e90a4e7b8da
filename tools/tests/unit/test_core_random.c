/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -include tools/tests/host/step.h -fsanitize-coverage=trace-pc
/*
 * Random operations by the two vCPUs each of two domains, one of them privileged, with yields at random questions, after which
 * another operation may follow or the same again, and with failures to back memory. One step in three is two operations
 * at once, on two CPUs that take turns at random: at atomic accesses, or at any basic block; all that is mapped is touched,
 * and what is writable written to, at each turn. After each step: the audit and the ghost TLB. An operation that was refused,
 * alone and without a yield, must have left the state as it was. Every run ends with both domains taken down to nothing, the
 * first of them while the other goes on.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "../host/smp.h"
#include "tap.h"

#include <stdlib.h>

#define WORLDS 2
#define PAGES  40

static struct world worlds[WORLDS];
static struct mm_vcpu second[WORLDS];
static uint64_t seed;
static uint64_t accepted, refused, interrupted, met, backed;

/* One operation: whose, and what came of it. */
struct act
{
    struct world *w;
    struct mm_vcpu *v;
    int rc;
};
static struct act acts[2];

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

static int random_mmuext(const struct world *w, struct mm_vcpu *v, const struct mmu_target *t)
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
    return mmuext_op(v, t, &op);
}

/* One operation; its result. */
static int random_op(struct world *w, struct mm_vcpu *v)
{
    struct pt_update req = { .val = random_pte(w) };
    struct mmu_target t;
    unsigned int done;
    uint64_t mfns[2];
    int rc = mmu_decode_target(&w->d, random_target(w), &t);

    if ( rc )
        return rc;
    switch ( rnd(13) )
    {
    case 0:
    case 1:
    case 2:
    case 3:
        req.ptr =
            pte_at(rnd(3) ? w->page[rnd(8)] : random_mfn(w), random_slot()) | (rnd(4) ? 0 : rnd(8));
        return mmu_update(v, &t, &req, 1, &done);
    case 4:
    case 5: return update_va_mapping(v, &t, WORLD_VA(rnd(PAGES)), req.val, rnd(16), rnd(4));
    case 6:
    case 7:
    case 8: return random_mmuext(w, v, &t);
    case 9:
        /* As its hypercalls do. */
        rc = vcpu_drain(v);
        if ( rc )
            return rc;
        mfns[0] = mfn_x(random_mfn(w));
        mfns[1] = mfn_x(random_mfn(w));
        return rnd(3) ? gdt_set(v, mfns, rnd(1025))
                      : descriptor_update(v, pte_at(random_mfn(w), random_slot()), seed);
    case 10:
        if ( rnd(4) )
            return ldt_fault(v, rnd(12000)) ? 0 : -EINVAL;
        return ptwr_update(v, pte_at(w->page[rnd(8)], random_slot()),
                           host_page(w->page[rnd(8)])[random_slot()], req.val);
    case 11:
        if ( rnd(2) )
            return domain_hold(&w->d, random_mfn(w));
        domain_unhold(&w->d, random_mfn(w));
        return 0;
    default:
        if ( rnd(8) == 0 )
            host.back_fail_in = 1;
        if ( rnd(4) )
            return domain_release(&w->d, random_mfn(w));
        return mfn_eq(domain_alloc(&w->d, 0), INVALID_MFN) ? -ENOMEM : 0;
    }
}

static void random_act(struct act *act)
{
    act->w = &worlds[rnd(WORLDS)];
    act->v = rnd(2) ? &act->w->v : &second[act->w - worlds];
    act->rc = 0;
}

static void count_result(const struct act *act)
{
    if ( act->rc == -ERESTART )
        interrupted++;
    else if ( act->rc < 0 )
        refused++;
    else
        accepted++;
}

static unsigned int step_alone(void)
{
    struct act *act = &acts[0];
    bool was_partial = host_any_partial();
    unsigned int bad = 0;
    uint64_t before;

    random_act(act);
    host.cpu = rnd(HOST_CPUS);
    guest_store(act->w);
    host_touch(act->v);
    before = host_hash();
    act->rc = random_op(act->w, act->v);
    count_result(act);

    bad += host_check();
    /* Work left half-way hides the old state; otherwise a refusal must leave it visible again. */
    if ( act->rc < 0 && act->rc != -ERESTART && act->rc != -EAGAIN && !was_partial &&
         !host_any_partial() && host_hash() != before )
    {
        note("refused with %d (%s), but the state changed", act->rc, host.refusal);
        bad++;
    }
    return bad;
}

/* Guests run on as long as the hypervisor does not keep them from it. */
static void touch_acts(void)
{
    for ( host.cpu = 0; host.cpu < 2; host.cpu++ )
    {
        if ( rnd(4) )
            continue;
        guest_store(acts[host.cpu].w);
        host_touch(acts[host.cpu].v);
    }
}

static unsigned long random_slice(void *arg)
{
    return 1 + rnd(rnd(4) ? 8 : *(const unsigned int *)arg);
}

static void act_once(void *arg)
{
    struct act *act = arg;

    act->rc = random_op(act->w, act->v);
}

static unsigned int step_together(void)
{
    const struct smp_task tasks[2] = { { act_once, &acts[0] }, { act_once, &acts[1] } };
    bool every_block = rnd(2);
    unsigned int longest = every_block ? 3000 : 100;

    random_act(&acts[0]);
    /* A vCPU is on one CPU at a time. */
    do
        random_act(&acts[1]);
    while ( acts[1].v == acts[0].v );
    touch_acts();
    smp_run(tasks, random_slice, &longest, touch_acts, every_block);
    count_result(&acts[0]);
    count_result(&acts[1]);
    met++;
    return host_check();
}

static unsigned int step(void)
{
    unsigned int calls = host.back_calls, bad = rnd(3) ? step_alone() : step_together();

    backed += host.back_calls - calls;
    return bad;
}

static void teardown_some(void *arg)
{
    struct act *act = arg;

    for ( unsigned int i = 0; i < 200; i++ )
        act->rc = domain_teardown(&act->w->d);
}

static void act_often(void *arg)
{
    for ( unsigned int i = 0; i < 10; i++ )
        act_once(arg);
}

/* One domain goes while the other, on the second CPU, still acts, perhaps on it. */
static unsigned int last_step(void)
{
    const struct smp_task tasks[2] = { { teardown_some, &acts[0] }, { act_often, &acts[1] } };
    unsigned int longest = 300;

    acts[0] = (struct act){ &worlds[1], &worlds[1].v, 0 };
    acts[1] = (struct act){ &worlds[0], &worlds[0].v, 0 };
    smp_run(tasks, random_slice, &longest, NULL, rnd(2));
    return host_check();
}

static unsigned int run(uint64_t start, unsigned int yields, unsigned int steps)
{
    unsigned int bad = 0;

    seed = start;
    host_reset(HOST_RAM_END);
    for ( unsigned int i = 0; i < WORLDS; i++ )
    {
        world_init(&worlds[i], (uint16_t)i, PAGES);
        vcpu_mem_init(&worlds[i].d, &second[i]);
        if ( new_base(&second[i], worlds[i].l4, false) )
            bad++;
    }
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
    if ( !bad )
        bad = last_step();
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
    unsigned int runs = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 8;

    for ( unsigned int y = 0; y < ARRAY_SIZE(yields); y++ )
    {
        unsigned int bad = 0;

        for ( unsigned int i = 0; i < runs && !bad; i++ )
            bad = run(1000 * y + i, yields[y], 300);
        ok(!bad,
           "%u runs of 300 random operations, one yield in %u: invariants hold, teardown ends at nothing",
           runs, yields[y]);
    }
    note(
        "%llu accepted, %llu refused, %llu interrupted; %llu times two at once, %llu times memory to back",
        (unsigned long long)accepted, (unsigned long long)refused, (unsigned long long)interrupted,
        (unsigned long long)met, (unsigned long long)backed);
    ok(accepted > 1000 && refused > 1000 && interrupted > 100 && met > 1000,
       "the mix has enough of everything");
    return done();
}
