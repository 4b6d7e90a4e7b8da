/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory core under real threads and the thread sanitizer. Usage: stress [OPERATIONS [SEED]]
 *
 * Three threads are vCPUs of domain 1, the fourth one of domain 2, which is privileged and acts upon domain 1's memory. All choose at
 * random among map, unmap, change of an entry anywhere, pin, unpin, new root, give a page back and get one, on the same few pages, so that
 * tables come to be, are used and go while others do the same. In the end, with the threads gone: the audit of all invariants, and
 * teardowns that leave nothing.
 *
 * A report of the sanitizer ends the program with its status, 66.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../xen/arch/x86/mm/pte.h"
#include "stress.h"
#include "tap.h"

#define PAGES   24 /* few, so that threads meet */
#define THREADS STRESS_THREADS_MAX

_Thread_local unsigned int stress_cpu;
_Thread_local bool stress_yields;

static struct world one, two;
static struct mm_vcpu more[2]; /* of domain 1, besides one.v */
static uint64_t pages[PAGES];  /* mfns of domain 1's that everybody knows; changed atomically */
static unsigned long operations = 20000, seed = 1;
static unsigned long succeeded[THREADS];

static struct mm_vcpu *vcpu_of(unsigned int thread)
{
    switch ( thread )
    {
    case 0: return &one.v;
    case 1: return &more[0];
    case 2: return &more[1];
    default: return &two.v;
    }
}

static uint64_t any_page(void)
{
    return READ_ONCE(pages[stress_random(PAGES)]);
}

static uint64_t any_entry(void)
{
    static const uint64_t flags[] = { PTE_P, PTE_P | PTE_RW, PTE_P | PTE_RW | PTE_US,
                                      PTE_P | PTE_US };

    if ( stress_random(4) == 0 )
        return 0;
    return any_page() << PAGE_SHIFT | flags[stress_random(ARRAY_SIZE(flags))];
}

/* ---- operations ------------------------------------------------------------------------------------------------------ */

static int op_map(struct mm_vcpu *v, const struct mmu_target *t)
{
    const struct mmu_target own = { .pt = v->d, .pg = t->pg };
    uint64_t e = any_entry();
    unsigned int i = 4 + (unsigned int)stress_random(PAGES - 4);
    int rc;

    do
        rc = update_va_mapping(v, &own, WORLD_VA(i), e, UVMF_NONE, 0);
    while ( rc == -ERESTART );
    return rc;
}

static int op_map_common(struct mm_vcpu *v, const struct mmu_target *t)
{
    unsigned int i = 4 + (unsigned int)stress_random(PAGES - 4);

    return !update_va_common(v, WORLD_VA(i), any_entry(), false);
}

/* Few entries of each table, so that they are used again. */
static int op_update(struct mm_vcpu *v, const struct mmu_target *t)
{
    struct pt_update req[2];
    unsigned int done, at = 0;
    int rc;

    for ( unsigned int i = 0; i < 2; i++ )
        req[i] = (struct pt_update){ (any_page() << PAGE_SHIFT) + stress_random(8) * 60 * 8,
                                     any_entry() };
    do
    {
        rc = mmu_update(v, t, &req[at], 2 - at, &done);
        at += done;
    } while ( rc == -ERESTART );
    return rc;
}

static int ext(struct mm_vcpu *v, const struct mmu_target *t, unsigned int cmd)
{
    struct mmuext op = { .cmd = cmd, .arg1 = any_page() };
    bool give_up = stress_random(8) == 0; /* a guest need not go on */
    int rc;

    do
        rc = mmuext_op(v, t, &op);
    while ( rc == -ERESTART && !give_up );
    return rc;
}

static int op_pin(struct mm_vcpu *v, const struct mmu_target *t)
{
    return ext(v, t, MMUEXT_PIN_L1_TABLE + (unsigned int)stress_random(4));
}

static int op_unpin(struct mm_vcpu *v, const struct mmu_target *t)
{
    return ext(v, t, MMUEXT_UNPIN_TABLE);
}

static int op_root(struct mm_vcpu *v, const struct mmu_target *t)
{
    const struct mmu_target own = { .pt = v->d, .pg = v->d };
    struct mmuext op = { .cmd = MMUEXT_NEW_BASEPTR, .arg1 = mfn_x(one.l4) };
    int rc = v->d == &one.d ? ext(v, &own, MMUEXT_NEW_BASEPTR) : -1;

    if ( rc )
        return rc;
    do
        rc = mmuext_op(v, &own, &op);
    while ( rc == -ERESTART );
    return rc;
}

static int op_hold(struct mm_vcpu *v, const struct mmu_target *t)
{
    mfn_t mfn = _mfn(any_page());
    int rc = domain_hold(&one.d, mfn);

    if ( rc == 0 )
        domain_unhold(&one.d, mfn);
    return rc;
}

/* Another page comes for one that goes back; whoever knows the old number may go on using it. The first to use one that comes
 * uncleared clears it, and others may want it at the same moment. */
static int op_exchange(struct mm_vcpu *v, const struct mmu_target *t)
{
    unsigned int i = 4 + (unsigned int)stress_random(PAGES - 4);
    mfn_t old = _mfn(READ_ONCE(pages[i]));
    mfn_t new = i & 1 ? domain_alloc(&one.d, 0) : domain_populate(&one.d, 0, _pfn(i));

    if ( mfn_eq(new, INVALID_MFN) )
        return -1;
    if ( domain_release(&one.d, old) )
        return domain_release(&one.d, new) - 1;
    __atomic_store_n(&pages[i], mfn_x(new), __ATOMIC_RELEASE);
    return 0;
}

static int (*const ops[])(struct mm_vcpu *v, const struct mmu_target *t) = {
    op_map, op_map,   op_map_common, op_update, op_update,   op_update,
    op_pin, op_unpin, op_root,       op_hold,   op_exchange,
};

static void *thread_main(void *arg)
{
    unsigned int me = (unsigned int)(uintptr_t)arg;
    struct mm_vcpu *v = vcpu_of(me);
    const struct mmu_target t = { .pt = &one.d, .pg = &one.d };

    stress_cpu = me;
    stress_yields = true;
    stress_seed(seed * THREADS + me);
    for ( unsigned long i = 0; i < operations; i++ )
    {
        succeeded[me] += ops[stress_random(ARRAY_SIZE(ops))](v, &t) == 0;
        while ( vcpu_drain(v) )
            continue;
    }
    return NULL;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static void start(void)
{
    host_reset(HOST_RAM_END);
    world_init(&one, 1, PAGES);
    one.d.max_pages = PAGES + 40;
    world_init(&two, 2, PAGES);
    two.d.privileged = true;
    for ( unsigned int i = 0; i < PAGES; i++ )
        pages[i] = mfn_x(one.page[i]);
    for ( unsigned int i = 0; i < ARRAY_SIZE(more); i++ )
    {
        vcpu_mem_init(&one.d, &more[i]);
        if ( new_base(&more[i], one.l4, false) )
            fail("a further vCPU has a root");
    }
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    unsigned long all = 0;

    if ( argc > 1 )
        operations = strtoul(argv[1], NULL, 0);
    if ( argc > 2 )
        seed = strtoul(argv[2], NULL, 0);
    start();
    for ( unsigned int i = 0; i < THREADS; i++ )
        if ( pthread_create(&thread[i], NULL, thread_main, (void *)(uintptr_t)i) )
            abort();
    for ( unsigned int i = 0; i < THREADS; i++ )
    {
        pthread_join(thread[i], NULL);
        all += succeeded[i];
    }
    ok(all > operations / 10, "%lu of %lu operations of %u threads succeeded", all,
       operations * THREADS, THREADS);
    is_u64(host_check(), 0, "the audit finds nothing afterwards");
    is_int(do_teardown(&two), 0, "the foreign domain goes");
    is_int(do_teardown(&one), 0, "the domain goes");
    is_u64(host_check(), 0, "and the audit finds nothing");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "all memory is free again");
    return done();
}
