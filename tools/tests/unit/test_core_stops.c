/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Operations on a tree of tables, stopped at each point where they may stop, and then continued, or abandoned: the result and the
 * state must be those of an operation that was never stopped, and a teardown must end at nothing.
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "tap.h"

static struct world w;

static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 48);
    host_touch(&w.v);
}

/* Page @i stops being writable anywhere. */
static void unmap(unsigned int i)
{
    do_va(&w, i, 0);
}

static int pin(unsigned int i, unsigned int level)
{
    return do_ext(&w, MMUEXT_PIN_L1_TABLE + level - 1, mfn_x(w.page[i]), 0);
}

static int unpin(unsigned int i)
{
    return do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[i]), 0);
}

static void store(unsigned int page, unsigned int slot, uint64_t e)
{
    host_page(w.page[page])[slot] = e;
}

/* Pages 10 (L4) -> 11, 12 (L3) -> 13 (L2, shared) -> 14, 15 (L1) -> data 20.., not writable, not typed. */
static void build_tree(void)
{
    for ( unsigned int i = 10; i < 16; i++ )
        unmap(i);
    for ( unsigned int i = 10; i < 16; i++ )
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    store(10, 0, world_pte(&w, 11, PTE_RW));
    store(10, 511, world_pte(&w, 12, PTE_RW));
    store(11, 3, world_pte(&w, 13, PTE_RW));
    store(12, 4, world_pte(&w, 13, PTE_RW));
    store(13, 0, world_pte(&w, 14, PTE_RW));
    store(13, 511, world_pte(&w, 15, PTE_RW));
    for ( unsigned int i = 0; i < 8; i++ )
    {
        store(14, i * 60, world_pte(&w, 20 + i, PTE_RW));
        store(15, 511 - i, world_pte(&w, 20 + i, 0));
    }
}

/* ---- stopped at every point --------------------------------------------------------------------------------------- */

static unsigned int stop_at, questions;

static bool stop_once(void *arg)
{
    return ++questions == stop_at;
}

/* The same from a fresh start, stopped once at question @at; true while there was such a question. */
static bool stopped(unsigned int at, int (*op)(void), int want, bool abandon, uint64_t *hash,
                    unsigned int *bad)
{
    int rc;

    fresh();
    build_tree();
    questions = 0;
    stop_at = at;
    host.yield_fn = stop_once;
    if ( abandon )
    {
        /* Stopped and never continued: whatever is left must survive an audit and go in the teardown. */
        struct mmuext ext = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1 = mfn_x(w.page[10]) };
        struct mmu_target t;

        mmu_decode_target(&w.d, DOMID_SELF, &t);
        rc = op ? op() : mmuext_op(&w.v, &t, &ext);
        *bad += host_check();
    }
    else
    {
        rc = op();
        *bad += rc != want;
        *bad += host_check();
        if ( !*hash )
            *hash = host_hash();
        *bad += host_hash() != *hash;
    }
    host.yield_fn = NULL;
    do_teardown(&w);
    *bad += host_check() || host.m.heap.nr_free != HOST_RAM_END - 1;
    return questions >= at;
}

static void every_stop(const char *what, int (*op)(void), int want)
{
    unsigned int bad = 0, at = 1;
    uint64_t hash = 0;

    while ( stopped(at, op, want, false, &hash, &bad) && !bad )
        at++;
    ok(!bad, "%s: stopped at each of %u points, the same result and state", what, at - 1);
    ok(at > 3, "there were points to stop at");
    if ( bad )
        note("at %u: %s", at, host.refusal);
}

static int op_pin(void)
{
    return pin(10, 4);
}

static int op_pin_unpin(void)
{
    int rc = pin(10, 4);

    return rc ? rc : unpin(10);
}

/* The last entry of the last table is bad (XSA-58). */
static int op_bad_last(void)
{
    store(15, 511, world_pte(&w, 3, PTE_RW));
    return pin(10, 4);
}

static int op_bad_root(void)
{
    store(10, 511, world_pte(&w, 20, 0));
    return pin(10, 4);
}

static int op_base_and_back(void)
{
    int rc = do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]), 0);

    return rc ? rc : do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l4), 0);
}

static int op_link_unlink(void)
{
    int rc = do_update(&w, pte_at(w.l4, 3), world_pte(&w, 11, PTE_RW));

    if ( rc == 0 )
        rc = do_update(&w, pte_at(w.l4, 3), world_pte(&w, 12, PTE_RW));
    return rc ? rc : do_update(&w, pte_at(w.l4, 3), 0);
}

static int op_link_bad(void)
{
    store(14, 480, world_pte(&w, 20, PTE_PCD));
    return do_update(&w, pte_at(w.l4, 3), world_pte(&w, 11, PTE_RW));
}

static void test_every_stop(void)
{
    unsigned int bad = 0, at = 1;
    uint64_t hash = 0;

    every_stop("pin", op_pin, 0);
    every_stop("pin and unpin", op_pin_unpin, 0);
    every_stop("pin with a bad last entry", op_bad_last, -EBUSY);
    every_stop("pin with a bad root entry", op_bad_root, -EINVAL);
    every_stop("new base and back", op_base_and_back, 0);
    every_stop("link, relink and unlink", op_link_unlink, 0);
    every_stop("link of a bad tree", op_link_bad, -EINVAL);
    while ( stopped(at, NULL, 0, true, &hash, &bad) && !bad )
        at++;
    ok(!bad, "pin stopped at each of %u points and abandoned: teardown ends at nothing (XSA-310)",
       at - 1);
    fresh();
    host.yield_every = 1;
    host_restarts = 0;
    build_tree();
    is_int(pin(10, 4), 0, "a pin that may do one entry at a time");
    ok(host_restarts > 500, "takes many steps (%u)", host_restarts);
    is_int(do_teardown(&w), 0, "and so does a teardown");
}

int main(void)
{
    test_every_stop();
    return done();
}
