/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -include tools/tests/host/step.h
/*
 * Two CPUs and one entry, one stopped before each of its atomic accesses while the other does all it has to do.
 *
 *   1. both change an L1 entry, from every value to every value
 *   2. one acts on a frame by its number while the other gives the frame to somebody else, who makes its account look the same
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "../host/smp.h"
#include "tap.h"

#define PAGES 24
#define SLOT  300 /* of the L1 */

static struct world w, other;
static struct mm_vcpu v2, other2; /* the second of each */
static int result[2];

static void fresh(void)
{
    host_reset(HOST_RAM_END);
    host.m.yield_mask = 511;
    world_init(&w, 1, PAGES);
    vcpu_mem_init(&w.d, &v2);
    if ( new_base(&v2, w.l4, false) )
        fail("the second vCPU has no root");
}

static void touch_all(void)
{
    for ( host.cpu = 0; host.cpu < 2; host.cpu++ )
        host_touch(host.cpu ? &v2 : &w.v);
}

/* Run @a and @b, @a stopped at every point; how often something was wrong. */
static unsigned int every_point(void (*setup)(void), void (*a)(void *arg), void (*b)(void *arg),
                                bool (*good)(void), unsigned long *points)
{
    const struct smp_task task[2] = { { a, NULL }, { b, NULL } };
    unsigned int bad = 0;
    bool more = true;

    for ( unsigned long at = 1; more && !bad; at++, ++*points )
    {
        fresh();
        setup();
        result[0] = result[1] = -1;
        more = smp_run_stopped(task, at, touch_all);
        bad += host_check() + !good();
        if ( bad )
            note("stopped at %lu: results %d and %d", at, result[0], result[1]);
        bad += do_teardown(&w) != 0 || host_check();
    }
    return bad;
}

/* ---- 1. one entry --------------------------------------------------------------------------------------------------- */

static uint64_t before, want[2];

/* What an entry can be: empty, or one page or another, to be read or written. */
static uint64_t value(unsigned int i)
{
    return i ? world_pte(&w, 19 + (i + 1) / 2, (i % 2 ? 0 : PTE_RW) | PTE_US | PTE_G) : 0;
}

static int set(struct mm_vcpu *v, uint64_t val)
{
    struct pt_update req = { pte_at(w.l1, SLOT), val };
    struct mmu_target t = { .pt = &w.d, .pg = &w.d };
    unsigned int done;

    return mmu_update(v, &t, &req, 1, &done);
}

static void setup_entry(void)
{
    if ( set(&w.v, before) )
        fail("the entry is set up");
}

static void a_set(void *arg)
{
    result[0] = set(&w.v, want[0]);
}

static void b_set(void *arg)
{
    result[1] = set(&v2, want[1]);
}

static bool one_of_them(void)
{
    uint64_t e = host_page(w.l1)[SLOT];

    return result[0] == 0 && result[1] == 0 && (e == want[0] || e == want[1]);
}

static void test_one_entry(void)
{
    unsigned int bad = 0, runs = 0;
    unsigned long points = 0;

    fresh();
    for ( unsigned int i = 0; i < 5; i++ )
        for ( unsigned int j = 0; j < 5; j++ )
            for ( unsigned int k = 0; k < 5; k++, runs++ )
            {
                before = value(i);
                want[0] = value(j);
                want[1] = value(k);
                if ( every_point(setup_entry, a_set, b_set, one_of_them, &points) )
                {
                    note("from value %u to %u and %u", i, j, k);
                    bad++;
                }
            }
    ok(!bad && points > 5 * runs, "two CPUs change an entry, %u ways: stopped at %lu points", runs,
       points);
}

/* The table goes while an entry of it is changed, the short way: who changed it has the last reference, and must take it apart. */
static void nothing(void)
{
}

static void b_unlink(void *arg)
{
    struct pt_update req = { pte_at(w.l2, 0), 0 };
    struct mmu_target t = { .pt = &w.d, .pg = &w.d };
    unsigned int done;

    result[1] = mmu_update(&v2, &t, &req, 1, &done);
}

static void a_short_update(void *arg)
{
    const struct pt_update req = { pte_at(w.l1, SLOT), value(2) };

    (void)mmu_update_common(&w.v, req.ptr, req.val);
}

static void a_short_va(void *arg)
{
    (void)update_va_common(&w.v, WORLD_VA(SLOT), value(2), false);
}

static void a_short_store(void *arg)
{
    (void)ptwr_common(&w.v, WORLD_VA(3) + SLOT * 8, value(2));
}

static bool table_gone(void)
{
    while ( vcpu_drain(&w.v) || vcpu_drain(&v2) )
        continue;
    return result[1] == 0 && !word_types(host_word(w.l1));
}

static void test_table_goes(void)
{
    void (*const ways[])(void *arg) = { a_short_update, a_short_va, a_short_store };

    for ( unsigned int i = 0; i < ARRAY_SIZE(ways); i++ )
    {
        unsigned long points = 0;
        unsigned int bad = every_point(nothing, ways[i], b_unlink, table_gone, &points);

        ok(!bad && points > 3, "a table goes while its entry is changed: stopped at %lu points",
           points);
    }
}

/* ---- 2. a frame that is passed on ---------------------------------------------------------------------------------- */

static mfn_t passed;
static struct mmu_target theirs; /* the other domain's tables and pages */

static bool is_passed(void)
{
    return mfn_to_frame(&host.m, passed)->owner == OWNER(w.d.id);
}

static void setup_other(void)
{
    world_init(&other, 2, 16);
    vcpu_mem_init(&other.d, &other2);
    w.d.privileged = true;
    theirs = (struct mmu_target){ .pt = &other.d, .pg = &other.d };
    passed = domain_alloc(&other.d, 0);
}

static void setup_their_page(void)
{
    setup_other();
    if ( update_va_mapping(&other.v, &theirs, WORLD_VA(30),
                           mfn_x(passed) << PAGE_SHIFT | PTE_P | PTE_RW, UVMF_NONE, 0) )
        fail("their page is mapped");
}

static void setup_their_table(void)
{
    struct mmuext pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1 = mfn_x(passed) };

    setup_other();
    pin.arg1 = mfn_x(passed);
    if ( mmuext_op(&other.v, &theirs, &pin) )
        fail("their table is pinned");
}

/* The frame becomes the first domain's, and is mapped by it as it was by the other. */
static void b_pass_page(void *arg)
{
    struct mmu_target own = { .pt = &w.d, .pg = &w.d };

    (void)update_va_mapping(&other2, &theirs, 0, 0, UVMF_NONE, 0);
    (void)update_va_mapping(&other.v, &theirs, WORLD_VA(30), 0, UVMF_NONE, 0);
    (void)domain_release(&other.d, passed);
    if ( mfn_eq(domain_alloc(&w.d, 0), passed) )
        (void)update_va_mapping(&v2, &own, WORLD_VA(40),
                                mfn_x(passed) << PAGE_SHIFT | PTE_P | PTE_RW, UVMF_NONE, 0);
}

/* The same with a table, which is pinned again. */
static void b_pass_table(void *arg)
{
    struct mmu_target own = { .pt = &w.d, .pg = &w.d };
    struct mmuext op = { .cmd = MMUEXT_UNPIN_TABLE, .arg1 = mfn_x(passed) };

    (void)mmuext_op(&other2, &theirs, &op);
    (void)domain_release(&other.d, passed);
    op.cmd = MMUEXT_PIN_L1_TABLE;
    if ( mfn_eq(domain_alloc(&w.d, 0), passed) )
        (void)mmuext_op(&v2, &own, &op);
}

static int their_update(uint64_t ptr, uint64_t val)
{
    struct pt_update req = { ptr, val };
    unsigned int done;

    return mmu_update(&w.v, &theirs, &req, 1, &done);
}

static void a_store(void *arg)
{
    result[0] = their_update(pte_at(passed, 5), 0x1234);
}

static void a_name(void *arg)
{
    result[0] = their_update((mfn_x(passed) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x777);
}

static void a_map(void *arg)
{
    result[0] = their_update(pte_at(passed, 5), world_pte(&other, 12, PTE_US | PTE_G));
}

static void a_emulated(void *arg)
{
    result[0] = ptwr_update(&other.v, pte_at(passed, 5), 0, world_pte(&other, 12, PTE_US | PTE_G));
}

/* The first domain maps what is the other's. */
static void map_theirs(uint64_t flags)
{
    const struct mmu_target t = { .pt = &w.d, .pg = &other.d };

    result[0] = update_va_mapping(&w.v, &t, WORLD_VA(60),
                                  mfn_x(passed) << PAGE_SHIFT | PTE_P | flags, UVMF_NONE, 0);
}

static void a_read(void *arg)
{
    map_theirs(0);
}

static void a_write(void *arg)
{
    map_theirs(PTE_RW);
}

/* Who has it now begins with an empty page without a name, which nobody has mapped as the other's. */
static bool untouched(void)
{
    return !is_passed() || (host_page(passed)[5] == 0 && host.m.m2p[mfn_x(passed)] == M2P_INVALID &&
                            host_page(w.l1)[60] == 0);
}

/* The other domain goes first: the first one's teardown must find its own. */
static bool untouched_and_other_goes(void)
{
    bool good = untouched();
    int rc;

    do_va(&w, 60, 0);
    while ( vcpu_drain(&w.v) || vcpu_drain(&v2) || vcpu_drain(&other.v) || vcpu_drain(&other2) )
        continue;
    do
        rc = domain_teardown(&other.d);
    while ( rc == -ERESTART );
    if ( rc == 0 )
        domain_mem_forget(&other.d);
    return good && rc == 0;
}

static void test_passed_on(void)
{
    static const struct
    {
        const char *what;
        void (*setup)(void);
        void (*fn[2])(void *arg);
    } pairs[] = {
        { "a mapping to read of a page", setup_other, { a_read, b_pass_page } },
        { "a mapping to write of a page", setup_their_page, { a_write, b_pass_page } },
        { "a mapping to read of one that is written to",
          setup_their_page,
          { a_read, b_pass_page } },
        { "a store to a page", setup_their_page, { a_store, b_pass_page } },
        { "a name for a page", setup_their_page, { a_name, b_pass_page } },
        { "an update of a table", setup_their_table, { a_map, b_pass_table } },
        { "an emulated store to a table", setup_their_table, { a_emulated, b_pass_table } },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(pairs); i++ )
    {
        unsigned long points = 0;
        unsigned int bad = every_point(pairs[i].setup, pairs[i].fn[0], pairs[i].fn[1],
                                       untouched_and_other_goes, &points);

        ok(!bad && points > 3, "%s that is somebody else's meanwhile: stopped at %lu points",
           pairs[i].what, points);
    }
}

int main(void)
{
    test_one_entry();
    test_table_goes();
    test_passed_on();
    return done();
}
