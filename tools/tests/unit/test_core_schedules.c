/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Schedules that broke other hypervisors, step by step as their advisories tell them, each at every point where its work can be
 * stopped. After each step the audit and the ghost; in the end a teardown that leaves nothing. (XSA-401 is in test_core_races,
 * XSA-213 in test_hypercall.)
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "tap.h"

static struct world w;
static struct mm_vcpu v2; /* the second of w's */
static unsigned int bad;

static void empty(unsigned int i)
{
    do_va(&w, i, 0);
    memset(host_page(w.page[i]), 0, PAGE_SIZE);
}

static void store(unsigned int page, unsigned int slot, uint64_t e)
{
    host_page(w.page[page])[slot] = e;
}

/* Pages 10 (L4) -> 11 (L3) -> 13 (L2) -> 14, 15 (L1) -> 20..23; 16 to 18 are empty. Two vCPUs run on the first tables. */
static void fresh(void)
{
    host_reset(HOST_RAM_END);
    host.m.yield_mask = 127;
    world_init(&w, 1, 48);
    vcpu_mem_init(&w.d, &v2);
    if ( new_base(&v2, w.l4, false) )
        fail("the second vCPU has no root");
    for ( unsigned int i = 10; i < 19; i++ )
        empty(i);
    store(10, 0, world_pte(&w, 11, PTE_RW));
    store(11, 3, world_pte(&w, 13, PTE_RW));
    store(13, 0, world_pte(&w, 14, PTE_RW));
    store(13, 511, world_pte(&w, 15, PTE_RW));
    for ( unsigned int i = 0; i < 4; i++ )
    {
        store(14, i * 100, world_pte(&w, 20 + i, PTE_RW));
        store(15, i * 100, world_pte(&w, 20 + i, 0));
    }
    host_touch(&w.v);
    host_touch(&v2);
}

static void want(bool good, const char *what)
{
    if ( good )
        return;
    bad++;
    note("%s (%s)", what, host.refusal);
}

static void audited(void)
{
    want(!host_check(), "the audit finds violations");
}

static void nothing_left(void)
{
    host.yield_fn = NULL;
    host.yield_every = 0;
    want(do_teardown(&w) == 0 && host.m.heap.nr_free == HOST_RAM_END - 1, "something is left");
}

/* ---- one call, stopped at one question ----------------------------------------------------------------------------- */

static unsigned int stop_at, questions;

static bool stop_once(void *arg)
{
    return ++questions == stop_at;
}

static void stop(unsigned int at)
{
    stop_at = at;
    questions = 0;
    host.yield_fn = at ? stop_once : NULL;
}

static int ext_once(struct mm_vcpu *v, unsigned int cmd, unsigned int page)
{
    const struct mmu_target self = { .pt = &w.d, .pg = &w.d };
    const struct mmuext op = { .cmd = cmd, .arg1 = mfn_x(w.page[page]) };

    return mmuext_op(v, &self, &op);
}

static int update_once(struct mm_vcpu *v, unsigned int page, unsigned int slot, uint64_t e)
{
    const struct mmu_target self = { .pt = &w.d, .pg = &w.d };
    const struct pt_update req = { pte_at(w.page[page], slot), e };
    unsigned int done;

    return mmu_update(v, &self, &req, 1, &done);
}

static int update(struct mm_vcpu *v, unsigned int page, unsigned int slot, uint64_t e)
{
    int rc;

    do
        rc = update_once(v, page, slot, e);
    while ( rc == -ERESTART );
    return rc;
}

static int pin(unsigned int page, unsigned int level)
{
    return do_ext(&w, MMUEXT_PIN_L1_TABLE + level - 1, mfn_x(w.page[page]), 0);
}

static int unpin(unsigned int page)
{
    return do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[page]), 0);
}

static void drain(struct mm_vcpu *v)
{
    while ( vcpu_drain(v) )
        continue;
}

static bool unused(unsigned int page)
{
    return !word_types(host_word(w.page[page]));
}

/* ---- XSA-299 ------------------------------------------------------------------------------------------------------- */

/* The first vCPU pins 13, hooks 11 that links it, unpins 13, and unhooks 11 until it is stopped at question @at. */
static bool unhook_stopped(unsigned int at)
{
    bool reached;

    fresh();
    want(pin(13, 2) == 0 && update(&w.v, 0, 3, world_pte(&w, 11, PTE_RW)) == 0 && unpin(13) == 0,
         "the tables are hooked");
    stop(at);
    want(update_once(&w.v, 0, 3, 0) == 0, "and unhooked");
    reached = questions >= at;
    stop(0);
    audited();
    return reached;
}

/* The second vCPU hooks 11 again where the first has stopped. */
static void test_hooked_again(void)
{
    unsigned int at = 1;

    for ( ; unhook_stopped(at) && !bad; at++ )
    {
        want(update(&v2, 0, 4, world_pte(&w, 11, PTE_RW)) == 0, "hooked by the other");
        audited();
        drain(&w.v);
        audited();
        want(!unused(11) && !unused(13), "whose tables stay");
        want(update(&v2, 0, 4, 0) == 0, "unhooked by the other");
        drain(&v2);
        want(unused(11) && unused(13) && unused(14), "now they are none");
        audited();
        nothing_left();
    }
    ok(!bad && at > 6,
       "tables hooked again while another vCPU takes them apart: %u stops (XSA-299)", at - 1);
}

/* Where 11 has stopped at its entry of 13, that page is given back: it must not be anybody's until 11 has gone on. */
static void test_partial_slot_holds(void)
{
    unsigned int at = 1, held = 0;

    for ( ; unhook_stopped(at) && !bad; at++ )
    {
        mfn_t child = w.page[13], mfn;

        want(domain_release(&w.d, child) == 0, "a page is given back");
        if ( word_refs(host_word(child)) )
        {
            held++;
            for ( unsigned int i = 0; i < 8; i++ )
            {
                mfn = domain_alloc(&w.d, 0);
                want(!mfn_eq(mfn, child), "the page that was held is given out");
            }
        }
        audited();
        drain(&w.v);
        want(!word_refs(host_word(child)), "it is free in the end");
        audited();
        nothing_left();
    }
    ok(!bad && held > 2, "a table left half-way holds its child: at %u of %u stops (XSA-299)", held,
       at - 1);
}

/* ---- XSA-309 ------------------------------------------------------------------------------------------------------- */

/* Page 16, of any level, links a good table first and then 17, of the same level; stopped on the way. Then 17 is to link 18. */
static bool chain_stopped(unsigned int level, unsigned int at)
{
    static const unsigned int below[] = { 0, 0, 14, 13, 11 };
    uint64_t good = world_pte(&w, below[level], PTE_RW), same = world_pte(&w, 17, 0);
    bool reached;
    int rc;

    fresh();
    store(16, 0, good);
    store(16, 1, same);
    want(pin(17, level) == 0 && pin(18, level) == 0, "two tables of a level");
    stop(at);
    do
        rc = ext_once(&w.v, MMUEXT_PIN_L1_TABLE + level - 1, 16);
    while ( rc == -ERESTART );
    reached = questions >= at;
    stop(0);
    want(rc == -EINVAL, "a table of the same level is linked");
    want(update(&w.v, 17, 1, world_pte(&w, 18, 0)) == -EINVAL, "a chain is made");
    want(update(&w.v, 17, 1, same) == (level == 4 ? 0 : -EINVAL), "only an L4 links itself");
    audited();
    nothing_left();
    return reached;
}

static void test_no_chain(void)
{
    for ( unsigned int level = 2; level <= 4; level++ )
    {
        unsigned int at = 1;

        while ( chain_stopped(level, at) && !bad )
            at++;
        ok(!bad && at > level, "no chain of L%u tables, stopped at each of %u points (XSA-309)",
           level, at - 1);
    }
}

/* ---- XSA-310 ------------------------------------------------------------------------------------------------------- */

static int begin_base(void)
{
    return ext_once(&w.v, MMUEXT_NEW_BASEPTR, 10);
}

static int begin_user_base(void)
{
    return ext_once(&w.v, MMUEXT_NEW_USER_BASEPTR, 10);
}

static int begin_pin(void)
{
    return ext_once(&w.v, MMUEXT_PIN_L4_TABLE, 10);
}

static int begin_unpin(void)
{
    return ext_once(&w.v, MMUEXT_UNPIN_TABLE, 10);
}

static int begin_leave(void)
{
    return ext_once(&w.v, MMUEXT_NEW_BASEPTR, 0);
}

static int begin_link(void)
{
    return update_once(&w.v, 0, 3, world_pte(&w, 11, PTE_RW));
}

static void pinned(void)
{
    want(pin(10, 4) == 0, "a pinned root");
}

static void running(void)
{
    want(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]), 0) == 0, "a running root");
}

static void nothing(void)
{
}

/*
 * The call is stopped at question @at, and again at question @again of the next attempt (0: there is none), which meets what is partial
 * already. Then the domain is taken down, stopped at each question.
 */
static bool interrupted(void (*setup)(void), int (*begin)(void), unsigned int at,
                        unsigned int again)
{
    bool reached;

    fresh();
    setup();
    stop(at);
    (void)begin();
    reached = questions >= at;
    audited();
    stop(again);
    if ( again )
        (void)begin();
    audited();
    stop(0);
    host.yield_every = 1;
    want(do_teardown(&w) == 0, "the domain goes");
    want(host.m.heap.nr_free == HOST_RAM_END - 1, "with all its memory");
    host.yield_every = 0;
    audited();
    return reached;
}

static void test_destroyed(void)
{
    static const struct
    {
        const char *what;
        void (*setup)(void);
        int (*begin)(void);
    } calls[] = {
        { "NEW_BASEPTR", nothing, begin_base },
        { "NEW_USER_BASEPTR", nothing, begin_user_base },
        { "PIN", nothing, begin_pin },
        { "UNPIN", pinned, begin_unpin },
        { "NEW_BASEPTR away from a root", running, begin_leave },
        { "a link", nothing, begin_link },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(calls); i++ )
    {
        unsigned int at = 1;

        while ( interrupted(calls[i].setup, calls[i].begin, at, 0) &&
                interrupted(calls[i].setup, calls[i].begin, at, 1) &&
                interrupted(calls[i].setup, calls[i].begin, at, 2) && !bad )
            at++;
        ok(!bad && at > 6,
           "%s interrupted once and twice at each of %u points, and the domain destroyed (XSA-310)",
           calls[i].what, at - 1);
    }
}

/* ---- XSA-58 -------------------------------------------------------------------------------------------------------- */

/* The last entry is bad; the unwinding is stopped at question @at: the error comes once, and all is as before. */
static bool bad_last_entry(unsigned int at)
{
    unsigned int errors = 0;
    uint64_t before;
    bool reached;
    int rc;

    fresh();
    store(10, 511, world_pte(&w, 14, 0));
    before = host_hash();
    stop(at);
    do
    {
        rc = ext_once(&w.v, MMUEXT_PIN_L4_TABLE, 10);
        errors += rc != -ERESTART;
        audited();
    } while ( rc == -ERESTART );
    reached = questions >= at;
    stop(0);
    want(rc == -EINVAL && errors == 1, "the error, once");
    drain(&w.v);
    want(mfn_eq(w.v.drain, INVALID_MFN), "nothing is left to do");
    want(host_hash() == before, "all is as before");
    audited();
    nothing_left();
    return reached;
}

static void test_bad_last_entry(void)
{
    unsigned int at = 1;

    while ( bad_last_entry(at) && !bad )
        at++;
    ok(!bad && at > 10, "PIN_L4 with a bad last entry, stopped at each of %u points (XSA-58)",
       at - 1);
}

/* ---- XSA-286 and XSA-182 ------------------------------------------------------------------------------------------- */

/* An L3 entry leads elsewhere between two changes below it: the second goes to where it leads now. */
static void test_linear_map(void)
{
    fresh();
    store(16, 0, world_pte(&w, 17, 0)); /* an L2 with an empty L1 */
    want(do_va(&w, 30, 0) == 0, "an entry goes");
    host_touch(&w.v);
    want(update(&w.v, 1, 0, world_pte(&w, 16, 0)) == 0, "the L2 is another");
    want(do_va(&w, 30, world_pte(&w, 31, 0)) == 0, "the entry comes back");
    want(host_page(w.l1)[30] == 0, "the old L1 has it");
    want(mfn_eq(pte_mfn(host_page(w.page[17])[30]), w.page[31]), "the new L1 does not");
    audited();
    nothing_left();
    ok(!bad, "after an L2 was replaced, update_va_mapping changes the new L1 (XSA-286)");
}

static void test_self_entry(void)
{
    fresh();
    want(update(&w.v, 0, 5, world_pte(&w, 0, 0)) == 0, "an L4 that shows itself");
    want(update(&w.v, 0, 5, world_pte(&w, 0, PTE_RW)) == -EINVAL, "now writable");
    want(!(host_page(w.l4)[5] & PTE_RW), "the entry is writable");
    want(update(&w.v, 0, 5, 0) == 0 && update(&w.v, 0, 5, world_pte(&w, 0, PTE_RW)) == -EINVAL,
         "writable from nothing");
    audited();
    nothing_left();
    ok(!bad, "an L4's entry for itself does not gain RW (XSA-182)");
}

int main(void)
{
    test_hooked_again();
    test_partial_slot_holds();
    test_no_chain();
    test_destroyed();
    test_bad_last_entry();
    test_linear_map();
    test_self_entry();
    return done();
}
