/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -include tools/tests/host/step.h
/*
 * Two operations that meet.
 *
 *   1. on one CPU: an operation stopped half-way and left there, then another one
 *   2. on two CPUs: for each pair, CPU 0 is stopped before each of its atomic accesses, CPU 1 does all it has to do, CPU 0 goes
 *      on. Meanwhile both CPUs touch, at the worst moments, all that they can reach.
 *
 * After each: the audit, the ghost TLB, and a teardown that ends at nothing.
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "../host/smp.h"
#include "tap.h"

static struct world w, other;
static struct mm_vcpu v2; /* the second of w's */

static void fresh(void)
{
    host_reset(HOST_RAM_END);
    host.m.yield_mask = 127; /* an empty table has four points to stop at, not 512 */
    world_init(&w, 1, 48);
    vcpu_mem_init(&w.d, &v2);
    if ( new_base(&v2, w.l4, false) )
        fail("the second vCPU has no root");
    host_touch(&w.v);
}

static void finish(unsigned int *bad)
{
    host.yield_fn = NULL;
    host.yield_every = 0;
    while ( vcpu_drain(&w.v) || vcpu_drain(&v2) )
        continue;
    *bad += host_check();
    *bad += do_teardown(&w) != 0;
    *bad += host_check() || host.m.heap.nr_free != HOST_RAM_END - 1;
}

/* ---- operations of any vCPU, driven to their end ------------------------------------------------------------------- */

static struct mmu_target target_of(const struct mm_vcpu *v, uint32_t foreigndom)
{
    struct mmu_target t = { .pt = v->d, .pg = v->d };

    if ( foreigndom != DOMID_SELF && mmu_decode_target(v->d, foreigndom, &t) )
        t.pt = t.pg = NULL;
    return t;
}

static int ext_once(struct mm_vcpu *v, uint32_t foreigndom, unsigned int cmd, uint64_t arg1,
                    uint64_t arg2)
{
    struct mmuext op = { .cmd = cmd, .arg1 = arg1, .arg2 = arg2 };
    struct mmu_target t = target_of(v, foreigndom);

    return t.pt ? mmuext_op(v, &t, &op) : -ESRCH;
}

static int ext(struct mm_vcpu *v, unsigned int cmd, uint64_t arg1)
{
    int rc;

    do
        rc = ext_once(v, DOMID_SELF, cmd, arg1, 0);
    while ( rc == -ERESTART );
    return rc;
}

static int pin(struct mm_vcpu *v, unsigned int page, unsigned int level)
{
    return ext(v, MMUEXT_PIN_L1_TABLE + level - 1, mfn_x(w.page[page]));
}

static int unpin(struct mm_vcpu *v, unsigned int page)
{
    return ext(v, MMUEXT_UNPIN_TABLE, mfn_x(w.page[page]));
}

static int update(struct mm_vcpu *v, unsigned int page, unsigned int slot, uint64_t val)
{
    struct mmu_target t = target_of(v, DOMID_SELF);
    struct pt_update req = { pte_at(w.page[page], slot), val };
    unsigned int done;
    int rc;

    do
        rc = mmu_update(v, &t, &req, 1, &done);
    while ( rc == -ERESTART );
    return rc;
}

static int map(struct mm_vcpu *v, unsigned int i, uint64_t val)
{
    struct mmu_target t = target_of(v, DOMID_SELF);
    int rc;

    do
        rc = update_va_mapping(v, &t, WORLD_VA(i), val, UVMF_NONE, 0);
    while ( rc == -ERESTART );
    return rc;
}

static uint64_t page_rw(unsigned int i)
{
    return world_pte(&w, i, PTE_RW);
}

static void store(unsigned int page, unsigned int slot, uint64_t e)
{
    host_page(w.page[page])[slot] = e;
}

/* Pages 10 (L4) -> 11 (L3) -> 13 (L2) -> 14, 15 (L1) -> 20..23, none of them mapped writable. */
static void build_tree(void)
{
    for ( unsigned int i = 10; i < 16; i++ )
    {
        map(&w.v, i, 0);
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    store(10, 0, page_rw(11));
    store(11, 0, page_rw(13));
    store(13, 0, page_rw(14));
    store(13, 2, page_rw(15));
    for ( unsigned int i = 0; i < 4; i++ )
    {
        store(14, i * 100, page_rw(20 + i));
        store(15, i, world_pte(&w, 20 + i, 0));
    }
}

/* ---- 1. one CPU ---------------------------------------------------------------------------------------------------- */

static unsigned int stop_at, questions;

static bool stop_once(void *arg)
{
    return ++questions == stop_at;
}

/* PIN_L4 of the tree, stopped at question @at and not continued. False: there was no such question. */
static bool stopped_pin(unsigned int at)
{
    questions = 0;
    stop_at = at;
    host.yield_fn = stop_once;
    (void)ext_once(&w.v, DOMID_SELF, MMUEXT_PIN_L4_TABLE, mfn_x(w.page[10]), 0);
    host.yield_fn = NULL;
    return questions >= at;
}

/*
 * A table of the stopped tree names a table above it, and is pinned itself, as whatever: the work on it must not reach back up
 * through the partial states, to the frame it holds locked itself.
 */
static void test_upward(void)
{
    static const struct
    {
        unsigned int table, above;
    } links[] = { { 13, 10 }, { 13, 11 }, { 11, 10 }, { 14, 10 }, { 15, 13 } };
    unsigned int bad = 0, runs = 0;

    for ( unsigned int l = 0; l < ARRAY_SIZE(links); l++ )
        for ( unsigned int at = 1, more = 1; more && !bad; at++ )
            for ( unsigned int p = 0; p < 6 * 4 && !bad; p++, runs++ )
            {
                fresh();
                build_tree();
                store(links[l].table, 1, world_pte(&w, links[l].above, 0));
                more = stopped_pin(at);
                (void)pin(&v2, 10 + p / 4, p % 4 + 1);
                bad += host_check();
                finish(&bad);
            }
    ok(!bad, "tables that name tables above them, stopped and pinned again (%u ways)", runs);
}

/* Who meets a frame that the other CPU works on waits in port_wait(): there other CPUs are served, that one perhaps too. */
static unsigned int waits;

static void count_waits(void)
{
    waits += host.waits;
    host.waits = 0;
}

static bool waited(void (*setup)(void), void (*a)(void *arg), void (*b)(void *arg))
{
    const struct smp_task task[2] = { { a, NULL }, { b, NULL } };
    unsigned int bad = 0;
    bool more = true;

    waits = 0;
    for ( unsigned long at = 1; more && !bad; at++ )
    {
        fresh();
        setup();
        more = smp_run_stopped(task, at, NULL);
        count_waits();
        finish(&bad);
    }
    return waits && !bad;
}

static void a_pin13_first(void *arg)
{
    (void)pin(&w.v, 13, 2);
}

static void b_pin13_second(void *arg)
{
    (void)pin(&v2, 13, 2);
}

static void b_drain(void *arg)
{
    while ( vcpu_drain(&v2) )
        continue;
}

/* The second vCPU has begun to take 13 apart, and has it still to finish. */
static void setup_unpinned13(void)
{
    build_tree();
    (void)pin(&w.v, 13, 2);
    host.yield_every = 1;
    (void)ext_once(&v2, DOMID_SELF, MMUEXT_UNPIN_TABLE, mfn_x(w.page[13]), 0);
    host.yield_every = 0;
}

static void test_waits(void)
{
    ok(waited(build_tree, a_pin13_first, b_pin13_second), "a pin waits for a pin, in port_wait()");
    ok(waited(setup_unpinned13, a_pin13_first, b_drain), "and so does what has to be finished");
}

/* The child that a stopped table left half-way has become something else when its parent goes on: even its grandparent. */
static void test_child_retyped(void)
{
    unsigned int bad = 0, at = 1, more = 1, reached = 0;

    for ( ; more && !bad; at++ )
    {
        fresh();
        build_tree();
        more = stopped_pin(at);
        /* 13 is finished as an L2, let go, written to, and comes back as an L4 above its parent 11. */
        if ( pin(&v2, 13, 2) || unpin(&v2, 13) || map(&v2, 13, page_rw(13)) )
            continue;
        store(13, 0, page_rw(11));
        store(13, 2, 0);
        map(&v2, 13, 0);
        reached++;
        (void)pin(&v2, 13, 4);
        bad += host_check();
        finish(&bad);
    }
    ok(!bad && reached, "a partial child becomes its parent's parent (%u of %u stops)", reached,
       at);
}

static void new_base_again(void *arg)
{
    *(int *)arg = new_base(&w.v, w.l4, false);
}

/* A guest's MOV to CR3 is new_base() without mmuext_op() around it: work left over must be finished all the same. */
static void test_base_after_base(void)
{
    unsigned int bad = 0;
    int rc = 0;

    fresh();
    build_tree();
    is_int(ext(&w.v, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10])), 0, "a root that is pinned nowhere");
    for ( unsigned int i = 30; i < 33; i++ )
    {
        map(&v2, i, 0);
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    store(30, 0, page_rw(31));
    store(31, 0, page_rw(32));
    is_int(pin(&v2, 30, 4), 0, "another");
    host.yield_every = 1;
    is_int(ext_once(&w.v, DOMID_SELF, MMUEXT_NEW_BASEPTR, mfn_x(w.page[30]), 0), 0,
           "when the vCPU leaves the first, it goes");
    ok(!mfn_eq(w.v.drain, INVALID_MFN), "which takes longer");
    is_int(unpin(&v2, 30), 0, "the other is used only by the vCPU now");
    ok(!host_bugs(new_base_again, &rc), "MOV to CR3 meanwhile is no BUG");
    is_int(rc, -ERESTART, "but waits until the first is gone");
    while ( rc == -ERESTART )
        rc = new_base(&w.v, w.l4, false);
    is_int(rc, 0, "and then leaves the other");
    finish(&bad);
    is_u64(bad, 0, "nothing is left");
}

/* A self-linking L4 shows the way into the hypervisor's slots: the walk must not follow. */
static void test_walk_stays_out(void)
{
    const uint64_t self = 0x0000008000000000ULL; /* L4 slot 1 */
    struct pt_walk walk;
    mfn_t hv[3];

    fresh();
    for ( unsigned int i = 0; i < 3; i++ )
        hv[i] = heap_alloc_owned(&host.m, 0, DOMID_XEN);
    host_page(hv[0])[0] = mfn_x(hv[1]) << PAGE_SHIFT | PTE_P;
    host_page(hv[1])[0] = mfn_x(hv[2]) << PAGE_SHIFT | PTE_P;
    host_page(w.l4)[HV_SLOT_FIRST] = w.d.hv_slots[0] = mfn_x(hv[0]) << PAGE_SHIFT | PTE_P;
    is_int(update(&w.v, 0, 1, world_pte(&w, 0, 0)), 0, "an L4 that links itself");
    ok(pt_walk(&host.m, w.l4, self | 1ULL << 30, &walk) == false && walk.level > 1,
       "a walk through it ends at an empty entry");
    ok(!pt_walk(&host.m, w.l4, self | (uint64_t)HV_SLOT_FIRST << 30, &walk),
       "and at the hypervisor's tables");
    is_u64((unsigned int)walk.level, 3, "without reading any");
}

/* ---- 2. two CPUs --------------------------------------------------------------------------------------------------- */

static int result[2];

static void touch_all(void)
{
    for ( host.cpu = 0; host.cpu < 2; host.cpu++ )
        host_touch(host.cpu ? &v2 : &w.v);
}

struct pair
{
    const char *what;
    void (*setup)(void);
    void (*fn[2])(void *arg);
    bool (*good)(void);    /* are the results possible? */
    void (*between)(void); /* at each change between the CPUs */
};

static bool run_pair(const struct pair *p, unsigned long at, unsigned int yields, unsigned int *bad)
{
    const struct smp_task task[2] = { { p->fn[0], NULL }, { p->fn[1], NULL } };
    bool reached;

    fresh();
    if ( p->setup )
        p->setup();
    result[0] = result[1] = 0;
    host.yield_every = yields;
    host.yield_asked = 0;
    reached = smp_run_stopped(task, at, p->between);
    if ( !p->good() )
    {
        note("results %d and %d", result[0], result[1]);
        ++*bad;
    }
    finish(bad);
    return reached;
}

static void both(const struct pair *p)
{
    unsigned int bad = 0;
    unsigned long points = 0;

    for ( unsigned int yields = 0; yields < 3 && !bad; yields += 2 )
        for ( unsigned long at = 1; !bad && run_pair(p, at, yields, &bad); at++ )
        {
            points++;
            if ( bad )
                note("stopped at %lu, one yield in %u: %s", at, yields, host.refusal);
        }
    ok(!bad && points > 3, "%s: stopped at %lu points", p->what, points);
}

static bool whatever(void)
{
    return true;
}

static bool one_of_two(void)
{
    return (result[0] == 0) + (result[1] == 0) == 1;
}

static bool first_succeeds(void)
{
    return result[0] == 0;
}

static bool both_succeed(void)
{
    return result[0] == 0 && result[1] == 0;
}

static void a_pin13(void *arg)
{
    result[0] = pin(&w.v, 13, 2);
}

static void b_pin13(void *arg)
{
    result[1] = pin(&v2, 13, 2);
}

static void a_pin10(void *arg)
{
    result[0] = pin(&w.v, 10, 4);
}

static void setup_pinned13(void)
{
    build_tree();
    (void)pin(&w.v, 13, 2);
}

static void setup_pinned10(void)
{
    build_tree();
    (void)pin(&w.v, 10, 4);
}

static void a_unpin13(void *arg)
{
    result[0] = unpin(&w.v, 13);
}

static void a_unpin10(void *arg)
{
    result[0] = unpin(&w.v, 10);
}

static void b_unpin10(void *arg)
{
    result[1] = unpin(&v2, 10);
}

static void b_unpin13(void *arg)
{
    result[1] = unpin(&v2, 13);
}

static void b_update13(void *arg)
{
    result[1] = update(&v2, 13, 0, 0);
}

static void a_update13(void *arg)
{
    result[0] = update(&w.v, 13, 0, world_pte(&w, 15, PTE_RW));
}

/* Another reference on the table that the other CPU writes to. */
static void b_show_l1(void *arg)
{
    result[1] = map(&v2, 40, world_pte(&w, 3, 0));
}

static void a_update_l1(void *arg)
{
    result[0] = update(&w.v, 3, 300, page_rw(20));
    result[0] |= update(&w.v, 3, 300, world_pte(&w, 20, 0));
    result[0] |= update(&w.v, 3, 300, 0);
}

static void b_new_base10(void *arg)
{
    result[1] = ext(&v2, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]));
}

static void a_new_base_back(void *arg)
{
    result[0] = ext(&w.v, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]));
    if ( result[0] == 0 )
        result[0] = ext(&w.v, MMUEXT_NEW_BASEPTR, mfn_x(w.l4));
}

/* XSA-401 and its kin: a page changes between writable and table while the other CPU uses it for writing and lets go. */
static void a_pin14(void *arg)
{
    result[0] = pin(&w.v, 14, 1);
}

static void b_write14(void *arg)
{
    result[1] = map(&v2, 14, page_rw(14));
    if ( result[1] == 0 )
    {
        host.cpu = 1;
        host_touch(&v2);
        (void)map(&v2, 14, 0);
    }
}

/*
 * XSA-241: CPU 1 takes the last writable mapping away and flushes for itself while CPU 0 has flushed, but not yet noted when; it walked
 * in between. Noted as of now, that flush would seem to be later than the mapping's end.
 */
static void a_flush_pin14(void *arg)
{
    port_load_root(&w.v);
    result[0] = pin(&w.v, 14, 1);
}

static void b_drop14_flush(void *arg)
{
    result[1] = map(&v2, 14, 0);
    port_load_root(&v2);
}

/* Another mapping is made, flushed before, used and dropped while the last but it is being dropped. */
static void setup_writable14(void)
{
    build_tree();
    (void)map(&w.v, 14, page_rw(14));
}

static void a_drop14_pin(void *arg)
{
    (void)map(&w.v, 14, 0);
    port_load_root(&w.v);
    result[0] = pin(&w.v, 14, 1);
}

static void b_write14_elsewhere(void *arg)
{
    result[1] = update(&v2, 3, 300, page_rw(14));
    port_load_root(&v2);
    host_touch(&v2);
    if ( result[1] == 0 )
        (void)update(&v2, 3, 300, 0);
}

static void setup_ldt(void)
{
    for ( unsigned int i = 30; i < 32; i++ )
    {
        map(&w.v, i, world_pte(&w, i, 0));
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
        (void)ext_once(&v2, DOMID_SELF, MMUEXT_SET_LDT, WORLD_VA(30), 1024);
    }
    (void)ldt_fault(&v2, PAGE_SIZE);
}

static void a_unmap_ldt(void *arg)
{
    result[0] = map(&w.v, 31, 0);
}

static void b_use_ldt(void *arg)
{
    (void)ldt_fault(&v2, 0);
    (void)ext_once(&v2, DOMID_SELF, MMUEXT_SET_LDT, 0, 0);
    (void)ext_once(&v2, DOMID_SELF, MMUEXT_SET_LDT, WORLD_VA(30), 1024);
    (void)ldt_fault(&v2, PAGE_SIZE);
}

static void a_use_ldt(void *arg)
{
    struct mm_vcpu *v = &v2; /* CPU 0 runs it this time */

    (void)ldt_fault(v, 0);
    (void)ext_once(v, DOMID_SELF, MMUEXT_SET_LDT, 0, 0);
}

static void b_unmap_ldt(void *arg)
{
    result[1] = map(&w.v, 31, 0) | map(&w.v, 30, 0);
}

static void a_gdt14(void *arg)
{
    uint64_t mfn = mfn_x(w.page[14]);

    memset(host_page(w.page[14]), 0, PAGE_SIZE);
    result[0] = gdt_set(&w.v, &mfn, 512);
}

static void b_pin14(void *arg)
{
    result[1] = pin(&v2, 14, 1);
}

static void a_hold14(void *arg)
{
    result[0] = domain_hold(&w.d, w.page[14]);
}

static void setup_empty14(void)
{
    build_tree();
    memset(host_page(w.page[14]), 0, PAGE_SIZE);
}

/* A frame is given back and becomes another domain's while somebody still has its number. */
static void setup_two(void)
{
    world_init(&other, 2, 16);
    w.d.privileged = true;
    (void)map(&w.v, 21, 0);
}

static void a_map_theirs(void *arg)
{
    struct mmu_target t = target_of(&w.v, 2);

    result[0] = update_va_mapping(
        &w.v, &t, WORLD_VA(21), mfn_x(other.page[12]) << PAGE_SHIFT | PTE_P | PTE_RW, UVMF_NONE, 0);
}

static void b_gives_back(void *arg)
{
    mfn_t mfn = other.page[12];
    struct mmu_target t = { .pt = &other.d, .pg = &other.d };

    (void)update_va_mapping(&other.v, &t, WORLD_VA(12), 0, UVMF_NONE, 0);
    result[1] = domain_release(&other.d, mfn);
    for ( unsigned int i = 0; i < 4; i++ )
        (void)domain_alloc(&w.d, 0);
}

/* The same, so that the frame's account looks as before when it is somebody else's. */
static mfn_t passed_on;

static void setup_passed_on(void)
{
    struct mmu_target t = { .pt = &other.d, .pg = &other.d };

    setup_two();
    passed_on = domain_alloc(&other.d, 0);
    (void)update_va_mapping(&other.v, &t, WORLD_VA(30),
                            mfn_x(passed_on) << PAGE_SHIFT | PTE_P | PTE_RW, UVMF_NONE, 0);
}

static void setup_passed_on_unused(void)
{
    setup_two();
    passed_on = domain_alloc(&other.d, 0);
}

static void a_map_passed_on(void *arg)
{
    struct mmu_target t = target_of(&w.v, 2);
    uint64_t e = mfn_x(passed_on) << PAGE_SHIFT | PTE_P;

    if ( update_va_mapping(&w.v, &t, WORLD_VA(21), e | PTE_RW, UVMF_NONE, 0) )
        (void)update_va_mapping(&w.v, &t, WORLD_VA(21), e, UVMF_NONE, 0);
    result[0] = frame_get(&host.m, passed_on, OWNER(2));
    if ( result[0] )
        frame_put(&host.m, mfn_to_frame(&host.m, passed_on));
}

/* The same where something else is mapped already. */
static void a_remap_passed_on(void *arg)
{
    struct mmu_target t = target_of(&w.v, 2);
    uint64_t e = mfn_x(passed_on) << PAGE_SHIFT | PTE_P;

    if ( update_va_mapping(&w.v, &t, WORLD_VA(22), e | PTE_RW, UVMF_NONE, 0) )
        (void)update_va_mapping(&w.v, &t, WORLD_VA(22), e, UVMF_NONE, 0);
    result[0] = frame_get(&host.m, passed_on, OWNER(2));
    if ( result[0] )
        frame_put(&host.m, mfn_to_frame(&host.m, passed_on));
}

static void b_pass_on(void *arg)
{
    struct mmu_target t = { .pt = &other.d, .pg = &other.d };
    bool used = word_types(host_word(passed_on)) != 0;

    (void)update_va_mapping(&other.v, &t, WORLD_VA(30), 0, UVMF_NONE, 0);
    (void)domain_release(&other.d, passed_on);
    if ( mfn_eq(domain_alloc(&w.d, 0), passed_on) && used )
        (void)map(&v2, 40, mfn_x(passed_on) << PAGE_SHIFT | PTE_P | PTE_RW);
}

/* Whoever has a reference knows whose the frame is: that of the domain that was asked for, until it is dropped. */
static void a_get_passed_on(void *arg)
{
    struct frame *f = mfn_to_frame(&host.m, passed_on);

    if ( !frame_get(&host.m, passed_on, OWNER(2)) )
        return;
    result[0] = f->owner != OWNER(2);
    frame_put(&host.m, f);
}

static void b_teardown(void *arg)
{
    int rc;

    do
        rc = domain_teardown(&other.d);
    while ( rc == -ERESTART );
    result[1] = rc;
}

/* Whatever CPU 0 did to the dying domain, the next attempts end at nothing. */
static bool other_goes(void)
{
    struct mmu_target t = target_of(&w.v, DOMID_SELF);
    int rc;

    (void)update_va_mapping(&w.v, &t, WORLD_VA(21), 0, UVMF_NONE, 0);
    (void)update_va_mapping(&w.v, &t, WORLD_VA(22), 0, UVMF_NONE, 0);
    while ( vcpu_drain(&w.v) || vcpu_drain(&v2) )
        continue;
    do
        rc = domain_teardown(&other.d);
    while ( rc == -ERESTART );
    if ( rc == 0 )
        domain_mem_forget(&other.d);
    return rc == 0;
}

static bool never_anothers(void)
{
    return result[0] == 0 && other_goes();
}

static void a_alloc_theirs(void *arg)
{
    result[0] = mfn_eq(domain_alloc(&other.d, 1), INVALID_MFN);
    (void)domain_alloc_extra(&other.d);
}

static void a_pin_theirs(void *arg)
{
    result[0] = ext_once(&w.v, 2, MMUEXT_UNPIN_TABLE, mfn_x(other.l4), 0);
    (void)ext_once(&w.v, 2, MMUEXT_PIN_L1_TABLE, mfn_x(other.l1), 0);
    (void)ext_once(&w.v, 2, MMUEXT_PIN_L4_TABLE, mfn_x(other.l4), 0);
}

static void a_teardown(void *arg)
{
    b_teardown(arg);
}

static void b_pin_theirs(void *arg)
{
    struct mmu_target t = { .pt = &other.d, .pg = &other.d }; /* decoded before it was dying */
    struct mmuext op = { .cmd = MMUEXT_UNPIN_TABLE, .arg1 = mfn_x(other.l4) };

    (void)mmuext_op(&v2, &t, &op);
    op = (struct mmuext){ .cmd = MMUEXT_PIN_L2_TABLE, .arg1 = mfn_x(other.l2) };
    (void)mmuext_op(&v2, &t, &op);
}

static void a_walk(void *arg)
{
    result[0] = map(&w.v, 20, page_rw(20));
}

/* The tables on CPU 0's way are unhooked, and the old L1 filled with nonsense, while it walks. */
static void b_swap_tables(void *arg)
{
    result[1] = update(&v2, 2, 0, 0);
    if ( result[1] == 0 && update(&v2, 3, 3, page_rw(3)) == 0 )
        memset(host_page(w.l1), 0xfb, PAGE_SIZE);
    if ( update(&v2, 2, 1, 0) == 0 )
        (void)update(&v2, 1, 0, 0);
    memset(host_page(w.page[25]), 0xff, PAGE_SIZE);
}

/* The CPU, walking, sets A and D whenever it likes; an update that preserves them must not lose one. */
static void a_preserve(void *arg)
{
    struct mmu_target t = target_of(&w.v, DOMID_SELF);
    struct pt_update req = { pte_at(w.l1, 20) | MMU_PT_UPDATE_PRESERVE_AD, page_rw(20) | PTE_NX };
    unsigned int done;

    result[0] = mmu_update(&w.v, &t, &req, 1, &done);
    req.val = world_pte(&w, 20, 0);
    (void)mmu_update(&w.v, &t, &req, 1, &done);
    req.val = page_rw(21);
    (void)mmu_update(&w.v, &t, &req, 1, &done);
}

/* One alone: what it asks for must be there in the end. */
static void a_preserve_once(void *arg)
{
    struct mmu_target t = target_of(&w.v, DOMID_SELF);
    struct pt_update req = { pte_at(w.l1, 20) | MMU_PT_UPDATE_PRESERVE_AD, page_rw(20) | PTE_NX };
    unsigned int done;

    result[0] = mmu_update(&w.v, &t, &req, 1, &done);
}

static void b_hardware_ad(void *arg)
{
    host_page(w.l1)[20] |= PTE_AD;
}

static bool ad_kept(void)
{
    return result[0] == 0 && (host_page(w.l1)[20] & PTE_AD) == PTE_AD;
}

static bool ad_kept_and_nx(void)
{
    return ad_kept() && (host_page(w.l1)[20] & PTE_NX);
}

/* A store by the guest that the hypervisor carries out, and the CPU or another vCPU changes the entry meanwhile. */
static void a_emulated_store(void *arg)
{
    uint64_t old = host_page(w.l1)[20];

    result[0] = ptwr_update(&w.v, pte_at(w.l1, 20), old, page_rw(21));
}

static bool store_or_again(void)
{
    uint64_t e = host_page(w.l1)[20];

    return result[0] == 0 ? mfn_eq(pte_mfn(e), w.page[21])
                          : result[0] == -EAGAIN && (e & PTE_AD) == PTE_AD;
}

/* Frames of the other domain that nobody has used yet. */
static void setup_uncleared(void)
{
    setup_two();
    (void)map(&w.v, 22, 0);
    passed_on = domain_populate(&other.d, 0, _pfn(77));
    memset(host_page(passed_on), 0xee, PAGE_SIZE);
    host.scrubs = 0;
}

/* Whoever gets a reference sees an empty page, and what is written to it then stays. */
static int use_uncleared(unsigned int word)
{
    if ( !frame_get(&host.m, passed_on, OWNER(2)) )
        return -EINVAL;
    host.untold += host_page(passed_on)[word] != 0 || host_page(passed_on)[511] != 0;
    host_page(passed_on)[word] = word;
    return 0;
}

static void a_use_uncleared(void *arg)
{
    result[0] = use_uncleared(1);
}

static void b_use_uncleared(void *arg)
{
    result[1] = use_uncleared(2);
}

static bool both_used_it(void)
{
    const uint64_t *page = host_page(passed_on);
    bool good = both_succeed() && host.scrubs == 1 && page[1] == 1 && page[2] == 2 && !host.untold;

    frame_put(&host.m, mfn_to_frame(&host.m, passed_on));
    frame_put(&host.m, mfn_to_frame(&host.m, passed_on));
    return good && other_goes();
}

/* It is given back, and given out again, to the same domain or the other. */
static void b_give_back_uncleared(void *arg)
{
    result[1] = domain_release(&other.d, passed_on);
    (void)domain_populate(&other.d, 0, _pfn(78));
    (void)domain_populate(&w.d, 0, _pfn(79));
}

static bool used_or_gone(void)
{
    bool good = result[1] == 0 && !host.untold;

    if ( result[0] == 0 )
        frame_put(&host.m, mfn_to_frame(&host.m, passed_on));
    return good && other_goes();
}

/* Another CPU is in the middle of giving it back, and holds the last reference but one. */
static void setup_going(void)
{
    setup_uncleared();
    (void)!frame_get_account(&host.m, passed_on, OWNER(2));
}

static void b_goes(void *arg)
{
    struct frame *f = mfn_to_frame(&host.m, passed_on);

    result[1] = !frame_clear_allocated(&host.m, f);
    frame_put(&host.m, f);
}

static void b_map_uncleared(void *arg)
{
    struct mmu_target t = target_of(&v2, 2);

    result[1] = update_va_mapping(&v2, &t, WORLD_VA(22),
                                  mfn_x(passed_on) << PAGE_SHIFT | PTE_P | PTE_RW, UVMF_NONE, 0);
}

static void a_teardown_uncleared(void *arg)
{
    b_teardown(arg);
    result[0] = 0;
}

/* A page of the dying domain is somebody else's the next moment, and its account looks the same. */
static void b_release_and_alloc(void *arg)
{
    mfn_t mfn;

    if ( domain_release(&other.d, passed_on) )
        return;
    w.d.max_pages = ~0ULL;
    do
        mfn = domain_alloc(&w.d, 0);
    while ( !mfn_eq(mfn, passed_on) && !mfn_eq(mfn, INVALID_MFN) );
}

static const struct pair pairs[] = {
    { "pin against pin", build_tree, { a_pin13, b_pin13 }, one_of_two, touch_all },
    { "unpin against unpin", setup_pinned10, { a_unpin10, b_unpin10 }, one_of_two, touch_all },
    { "pin of a root against pin inside",
      build_tree,
      { a_pin10, b_pin13 },
      both_succeed,
      touch_all },
    { "unpin of a root against pin inside",
      setup_pinned10,
      { a_unpin10, b_pin13 },
      both_succeed,
      touch_all },
    { "pin of a root against unpin inside",
      setup_pinned13,
      { a_pin10, b_unpin13 },
      both_succeed,
      touch_all },
    { "unpin against update (XSA-242)",
      setup_pinned13,
      { a_unpin13, b_update13 },
      first_succeeds,
      touch_all },
    { "update against unpin of the root",
      setup_pinned10,
      { a_update13, b_unpin10 },
      whatever,
      touch_all },
    { "update against update of one entry",
      setup_pinned13,
      { a_update13, b_update13 },
      both_succeed,
      touch_all },
    { "update of a table against a mapping of it",
      NULL,
      { a_update_l1, b_show_l1 },
      both_succeed,
      touch_all },
    { "pin of a root against running on it",
      build_tree,
      { a_pin10, b_new_base10 },
      both_succeed,
      touch_all },
    { "unpin against running on it",
      setup_pinned10,
      { a_unpin10, b_new_base10 },
      both_succeed,
      touch_all },
    { "two vCPUs on and off a root",
      build_tree,
      { a_new_base_back, b_new_base10 },
      both_succeed,
      touch_all },
    { "pin against write (XSA-401)", build_tree, { a_pin14, b_write14 }, whatever, touch_all },
    { "last unmap and pin against write",
      setup_writable14,
      { a_drop14_pin, b_write14_elsewhere },
      whatever,
      NULL },
    { "a flush against the last unmap and another flush (XSA-241)",
      setup_writable14,
      { a_flush_pin14, b_drop14_flush },
      whatever,
      touch_all },
    { "an LDT page goes while the other vCPU uses it",
      setup_ldt,
      { a_unmap_ldt, b_use_ldt },
      first_succeeds,
      touch_all },
    { "an LDT page comes while the other vCPU unmaps it",
      setup_ldt,
      { a_use_ldt, b_unmap_ldt },
      whatever,
      touch_all },
    { "a GDT page against pin", setup_empty14, { a_gdt14, b_pin14 }, one_of_two, touch_all },
    { "a page held against pin", setup_empty14, { a_hold14, b_pin14 }, one_of_two, touch_all },
    { "foreign map against release and reuse",
      setup_two,
      { a_map_theirs, b_gives_back },
      other_goes,
      touch_all },
    { "foreign map against a frame that is passed on",
      setup_passed_on,
      { a_map_passed_on, b_pass_on },
      other_goes,
      touch_all },
    { "foreign map over another against a frame that is passed on",
      setup_passed_on,
      { a_remap_passed_on, b_pass_on },
      other_goes,
      touch_all },
    { "foreign map against an unused one",
      setup_passed_on_unused,
      { a_map_passed_on, b_pass_on },
      other_goes,
      touch_all },
    { "a reference to a frame that is passed on (XSA-287)",
      setup_passed_on_unused,
      { a_get_passed_on, b_pass_on },
      never_anothers,
      touch_all },
    { "foreign map against teardown",
      setup_two,
      { a_map_theirs, b_teardown },
      other_goes,
      touch_all },
    { "memory for a domain against its teardown",
      setup_two,
      { a_alloc_theirs, b_teardown },
      other_goes,
      touch_all },
    { "foreign pins against teardown",
      setup_two,
      { a_pin_theirs, b_teardown },
      other_goes,
      touch_all },
    { "teardown against foreign pins",
      setup_two,
      { a_teardown, b_pin_theirs },
      other_goes,
      touch_all },
    { "PRESERVE_AD against a CPU that sets them",
      NULL,
      { a_preserve, b_hardware_ad },
      ad_kept,
      touch_all },
    { "one such update against a CPU that sets them",
      NULL,
      { a_preserve_once, b_hardware_ad },
      ad_kept_and_nx,
      touch_all },
    { "an emulated store against a CPU that sets A and D",
      NULL,
      { a_emulated_store, b_hardware_ad },
      store_or_again,
      touch_all },
    { "teardown against a page that is passed on",
      setup_passed_on_unused,
      { a_teardown, b_release_and_alloc },
      other_goes,
      touch_all },
    { "first use against first use",
      setup_uncleared,
      { a_use_uncleared, b_use_uncleared },
      both_used_it,
      touch_all },
    { "first use against giving back",
      setup_uncleared,
      { a_use_uncleared, b_give_back_uncleared },
      used_or_gone,
      touch_all },
    { "first use against the end of giving back",
      setup_going,
      { a_use_uncleared, b_goes },
      used_or_gone,
      touch_all },
    { "foreign map against first use",
      setup_uncleared,
      { a_map_passed_on, b_map_uncleared },
      other_goes,
      touch_all },
    { "teardown against first use",
      setup_uncleared,
      { a_teardown_uncleared, b_map_uncleared },
      other_goes,
      touch_all },
    { "a walk against changing tables", NULL, { a_walk, b_swap_tables }, whatever, touch_all },
};

/*
 * XSA-264: another CPU changes the frame's account before each attempt of ours, a thousand times. Each costs us that attempt, and none of
 * the work again; and the asking whether to stop, which comes with the work, is as often as ever.
 */
#define LOST 1000

static struct frame *contended;
static unsigned int lost;
static mfn_t page14;

static void take_or_drop(void)
{
    if ( lost == LOST )
        return;
    contended->word += lost++ & 1 ? -FRAME_REF : FRAME_REF;
}

static void a_map14(void *arg)
{
    result[0] = map(&w.v, 14, page_rw(14));
}

static void a_update14(void *arg)
{
    result[0] = update(&w.v, 14, 5, world_pte(&w, 20, 0));
}

static void a_release14(void *arg)
{
    result[0] = domain_release(&w.d, page14);
}

static void a_unpin14(void *arg)
{
    result[0] = unpin(&w.v, 14);
}

static void setup_pinned14(void)
{
    build_tree();
    (void)pin(&w.v, 14, 1);
}

struct cost
{
    int rc;
    unsigned long steps;
    unsigned int asked;
};

static struct cost cost_of(void (*setup)(void), void (*op)(void *arg), bool contend,
                           unsigned int *bad)
{
    struct cost c;

    fresh();
    setup();
    page14 = w.page[14];
    contended = mfn_to_frame(&host.m, page14);
    lost = contend ? 0 : LOST;
    c.steps = smp_steps;
    c.asked = host.yield_asked;
    smp_watch = take_or_drop;
    op(NULL);
    smp_watch = NULL;
    c.steps = smp_steps - c.steps;
    c.asked = host.yield_asked - c.asked;
    c.rc = result[0];
    *bad += lost != LOST;
    finish(bad);
    return c;
}

static void test_contended(void)
{
    static const struct
    {
        const char *what;
        void (*setup)(void);
        void (*op)(void *arg);
    } ops[] = {
        { "a pin", build_tree, a_pin14 },
        { "an unpin", setup_pinned14, a_unpin14 },
        { "a mapping", setup_empty14, a_map14 },
        { "an update", setup_pinned14, a_update14 },
        { "a hold", setup_empty14, a_hold14 },
        { "giving a page back", setup_empty14, a_release14 },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        unsigned int bad = 0;
        struct cost alone = cost_of(ops[i].setup, ops[i].op, false, &bad);
        struct cost c = cost_of(ops[i].setup, ops[i].op, true, &bad);

        ok(!bad && c.rc == alone.rc && c.asked == alone.asked && c.steps <= 2 * alone.steps + LOST,
           "%s against a CPU that is first %u times: %lu accesses, alone %lu (XSA-264)",
           ops[i].what, LOST, c.steps, alone.steps);
    }
}

int main(void)
{
    test_upward();
    test_waits();
    test_child_retyped();
    test_base_after_base();
    test_walk_stays_out();
    for ( unsigned int i = 0; i < ARRAY_SIZE(pairs); i++ )
        both(&pairs[i]);
    test_contended();
    return done();
}
