/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Free memory and a domain's share of it: blocks split and merge, fresh memory is taken piece by piece, failures give back what
 * was taken, totals and limits hold, holds keep a frame writable.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

static struct world w;

static bool is_none(mfn_t mfn)
{
    return mfn_eq(mfn, INVALID_MFN);
}

static void test_machine(void)
{
    struct machine *m = &host.m;

    host_reset(HOST_RAM_END);
    is_int(machine_add_ram(m, _mfn(10), 5), -EINVAL, "RAM ranges must come sorted and apart");
    is_int(machine_add_ram(m, _mfn(490), 0), -EINVAL, "an empty RAM range is refused");
    is_int(machine_add_ram(m, _mfn(490), HOST_FRAMES), -EINVAL,
           "RAM beyond the accounts is refused");
    is_int(machine_add_ram(m, _mfn(~0ULL - 1), 5), -EINVAL, "a RAM range that wraps is refused");
    for ( unsigned int i = 1; i < MM_RAM_RANGES; i++ )
        m->ram[m->nr_ram++] = m->ram[0];
    m->ram[MM_RAM_RANGES - 1] = (struct frame_range){ _mfn(485), 2 };
    is_int(machine_add_ram(m, _mfn(490), 5), -ENOSPC, "too many RAM ranges are refused");
    ok(mfn_is_ram(m, _mfn(486)) && !mfn_is_ram(m, _mfn(487)) && !mfn_is_ram(m, _mfn(484)),
       "a range covers exactly its frames");
    ok(!mfn_is_ram(m, _mfn(0)) && mfn_is_ram(m, _mfn(1)), "frame 0 is no memory, frame 1 is");
}

static void test_heap_orders(void)
{
    struct machine *m = &host.m;
    mfn_t block[9];

    host_reset(HOST_RAM_END);
    ok(is_none(heap_alloc(m, HEAP_MAX_ORDER + 1)), "no block is larger than the largest order");
    ok(is_none(heap_alloc(m, 9)), "no block of 512 frames in a machine of 479");
    for ( unsigned int order = 0; order < 8; order++ )
    {
        block[order] = heap_alloc(m, order);
        ok(!is_none(block[order]) && (mfn_x(block[order]) & ((1ULL << order) - 1)) == 0,
           "a block of order %u is aligned", order);
    }
    is_u64(m->heap.nr_free, HOST_RAM_END - 1 - 255, "what was taken is not free");
    for ( unsigned int order = 0; order < 8; order++ )
        heap_free(m, block[order], order);
    is_u64(m->heap.nr_free, HOST_RAM_END - 1, "all of it is free again");
    block[8] = heap_alloc(m, 7);
    ok(!is_none(block[8]), "freed blocks have merged: the largest order can be had again");
    heap_free(m, block[8], 7);
    is_u64(host_check(), 0, "the audit finds free frames free");
}

static void test_heap_every_frame(void)
{
    struct machine *m = &host.m;
    static bool seen[HOST_FRAMES];
    unsigned int nr = 0, twice = 0;
    mfn_t mfn;

    host_reset(HOST_RAM_END);
    memset(seen, 0, sizeof(seen));
    while ( !is_none(mfn = heap_alloc_owned(m, 0, DOMID_XEN)) )
    {
        twice += seen[mfn_x(mfn)];
        seen[mfn_x(mfn)] = true;
        nr++;
    }
    is_u64(nr, HOST_RAM_END - 1, "every frame can be had");
    is_u64(twice, 0, "and none twice");
    ok(is_none(heap_alloc_owned(m, 0, DOMID_XEN)), "then there is nothing left");
    is_u64(host_check(), 0, "the hypervisor's own frames pass the audit");
    for ( uint64_t i = 1; i < HOST_RAM_END; i++ )
        heap_free_owned(m, _mfn(i), 0);
    is_u64(m->heap.nr_free, HOST_RAM_END - 1, "and every frame can be given back");
    ok(!is_none(heap_alloc_owned(m, 7, DOMID_XEN)), "merged to large blocks");
}

static void test_heap_failures(void)
{
    struct machine *m = &host.m;

    host_reset(HOST_RAM_END);
    host.back_fail_in = 1;
    ok(is_none(heap_alloc(m, 0)), "memory whose accounts cannot be backed is not given out");
    is_u64(m->heap.nr_free, HOST_RAM_END - 1, "nor lost");
    ok(!is_none(heap_alloc(m, 0)), "and can be had later");

    host_reset(HOST_RAM_END);
    while ( m->heap.nr_fresh < MM_RAM_RANGES )
        heap_add(m, _mfn(HOST_RAM_END), 0),
            m->heap.fresh[m->heap.nr_fresh++] = (struct frame_range){ _mfn(3), 0 };
    is_int(heap_add(m, _mfn(HOST_RAM_END + 1), 4), -ENOSPC, "too many fresh ranges are refused");
    is_int(heap_add(m, _mfn(HOST_RAM_END + 1), 0), 0, "an empty one is nothing");

    /* What could not be backed goes back to the range it was cut from: ranges are few, a guest may try for ever. */
    host_reset(HOST_RAM_END);
    for ( unsigned int i = 0; i < 3 * MM_RAM_RANGES; i++ )
    {
        host.back_fail_in = 1;
        if ( !is_none(heap_alloc(m, 3)) )
            fail("nothing is backed, but attempt %u gets memory", i);
    }
    is_u64(m->heap.nr_free, HOST_RAM_END - 1, "often refused, nothing is lost");
    is_u64(m->heap.nr_fresh, 1, "nor cut to pieces");
}

static void bad_free(void *arg)
{
    heap_free(&host.m, _mfn(3), 1);
}

static void put_free(void *arg)
{
    frame_put(&host.m, mfn_to_frame(&host.m, _mfn(5)));
}

static void test_bugs(void)
{
    host_reset(HOST_RAM_END);
    ok(host_bugs(bad_free, NULL), "freeing a misaligned block is a BUG");
    host_reset(HOST_RAM_END);
    ok(host_bugs(put_free, NULL), "dropping a reference nobody has is a BUG");
}

static void test_references(void)
{
    struct machine *m = &host.m;
    struct frame *f;
    mfn_t mfn;

    host_reset(HOST_RAM_END);
    world_init(&w, 7, 16);
    mfn = w.page[10];
    f = mfn_to_frame(m, mfn);
    ok(!frame_get(m, mfn, OWNER(8)), "no reference for somebody who does not own the frame");
    ok(!frame_get(m, _mfn(HOST_FRAMES), OWNER(7)), "none on a frame beyond the end");
    ok(!frame_get(m, _mfn(0), OWNER(7)), "none on a frame that is not in use");
    ok(frame_get(m, mfn, OWNER(7)) && frame_get(m, mfn, OWNER(7)),
       "the owner gets one, and another");
    frame_put(m, f);
    frame_put(m, f);
    f->word += FRAME_REFS_LIMIT - word_refs(f->word);
    ok(!frame_get(m, mfn, OWNER(7)), "a full count refuses");
    is_int(do_va(&w, 11, world_pte(&w, 10, 0)), -EBUSY, "and so does one more mapping");
    ok(strstr(host.refusal, "too many uses"), "which says so: %s", host.refusal);
}

static void test_limits(void)
{
    struct machine *m = &host.m;
    struct mm_domain other;
    uint64_t total;
    mfn_t mfn;

    host_reset(HOST_RAM_END);
    world_init(&w, 1, 16);
    is_int(domain_mem_init(m, &other, 1, 5), -EEXIST, "a domain number is given once");
    is_int(domain_mem_init(m, &other, DOMID_FIRST_RESERVED, 5), -EINVAL,
           "reserved numbers are refused");
    total = w.d.tot_pages;
    is_u64(total, 16, "the domain is charged for its pages");
    ok(is_none(domain_alloc(&w.d, 4)), "16 pages more exceed its limit of 24");
    ok(is_none(domain_alloc(&w.d, HEAP_MAX_ORDER + 1)), "an absurd order is refused");
    is_u64(w.d.tot_pages, total, "and nothing is charged");
    mfn = domain_alloc(&w.d, 3);
    ok(!is_none(mfn), "8 pages fit exactly");
    ok(is_none(domain_alloc(&w.d, 0)), "then it is full");
    is_u64(host_page(mfn)[17], 0, "pages come scrubbed");
    is_u64(m->m2p[mfn_x(mfn)], M2P_INVALID, "and with no M2P entry");
    is_int(domain_release(&w.d, mfn), 0, "a page is released");
    is_int(domain_release(&w.d, mfn), -EINVAL, "but not twice");
    is_int(domain_release(&w.d, _mfn(HOST_FRAMES)), -EINVAL, "nor one beyond memory");
    is_int(domain_release(&w.d, _mfn(~0ULL)), -EINVAL, "however far");
    is_u64(w.d.tot_pages, 23, "and not charged any more");
    is_int(domain_release(&w.d, w.page[10]), 0, "a mapped page is released");
    is_u64(m->m2p[mfn_x(w.page[10])], M2P_INVALID, "it loses its name");
    is_u64(w.d.tot_pages, 23, "it is charged as long as it is mapped");
    is_int(domain_release(&w.d, w.page[10]), -EINVAL, "though it cannot be released again");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_va(&w, 10, 0), 0, "the mapping goes");
    is_u64(w.d.tot_pages, 22, "and with it the charge");
    mfn = w.page[11];
    is_int(domain_release(&w.d, mfn), 0, "another is released, but still mapped");
    is_int(do_update(&w, (mfn_x(mfn) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x1234), 0,
           "so the guest may name it in the M2P");
    is_int(do_va(&w, 11, 0), 0, "the mapping goes");
    is_u64(m->m2p[mfn_x(mfn)], M2P_INVALID, "and with it the name");
    mfn = domain_alloc(&w.d, 0);
    is_u64(w.d.tot_pages, 22, "a new page takes its place");
    w.d.max_pages = 10;
    ok(is_none(domain_alloc(&w.d, 0)), "a limit below the total refuses all");
    w.d.max_pages = ~0ULL;
    ok(is_none(domain_alloc(&w.d, 9)), "more than the machine has is refused");
    is_u64(w.d.tot_pages, 22, "and the charge taken back");
    w.d.dying = true;
    ok(is_none(domain_alloc(&w.d, 0)), "a dying domain gets nothing");
    w.d.dying = false;
    w.d.max_pages = 24;

    mfn = domain_alloc_extra(&w.d);
    is_u64(w.d.tot_pages, 22, "an extra frame is not charged");
    is_int(domain_release(&w.d, mfn), -EINVAL, "nor can it be released");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&w), 0, "teardown frees it too");
    domain_mem_forget(&w.d);
    ok(!machine_domain(m, 1), "a domain that owns nothing can be forgotten");
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        m->domains[i] = &w.d;
    is_int(domain_mem_init(m, &other, 2, 5), -ENOSPC, "only so many domains");
}

/* What the hypervisor gave on top is the domain's too: it is not gone while somebody maps it. */
static void test_extra_foreign(void)
{
    static struct world other;
    unsigned int done;
    uint64_t e;

    host_reset(HOST_RAM_END);
    world_init(&w, 1, 16);
    world_init(&other, 2, 16);
    w.d.privileged = true;
    e = mfn_x(domain_alloc_extra(&other.d)) << PAGE_SHIFT | PTE_P | PTE_RW;
    is_int(do_update_as(&w, 2, pte_at(w.l1, 20), e, &done), 0, "another's extra frame is mapped");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&other), -EBUSY, "its owner cannot go");
    is_u64(other.d.tot_pages, 0, "though nothing it paid for is left");
    is_int(do_update(&w, pte_at(w.l1, 20), 0), 0, "the mapping goes");
    is_int(do_teardown(&other), 0, "then the owner can");
    domain_mem_forget(&other.d);
    is_u64(host_check(), 0, "the audit agrees");
}

/* A privileged domain acts on one that goes: what it pins behind the scan's back must not stay for ever. */
static void test_teardown_again(void)
{
    static struct world other;
    struct mmuext pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    struct mmu_target t, late;
    uint64_t e;
    unsigned int done;

    host_reset(HOST_RAM_END);
    world_init(&w, 1, 16);
    world_init(&other, 2, 16);
    w.d.privileged = true;
    e = world_pte(&other, 12, 0);
    do_va(&other, 12, e);
    is_int(do_update_as(&w, 2, pte_at(w.l1, 20), e, &done), 0, "another's page is mapped");
    is_int(mmu_decode_target(&w.d, 2, &late), 0, "an operation on the other domain begins");
    is_int(do_teardown(&other), -EBUSY, "which is taken down meanwhile");
    is_int(mmu_decode_target(&w.d, 2, &t), -ESRCH, "no new operation on it begins");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | 3 << 16, &t), -ESRCH, "nor on its tables");
    memset(host_page(other.page[12]), 0, PAGE_SIZE);
    pin.arg1 = mfn_x(other.page[12]);
    is_int(mmuext_op(&w.v, &late, &pin), 0, "but the old one may still pin a page");
    is_int(do_update(&w, pte_at(w.l1, 20), 0), 0, "the mapping goes");
    is_int(do_teardown(&other), 0, "and the next attempt ends at nothing");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_holds(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 100);
    is_int(domain_hold(&w.d, w.l1), -EINVAL, "a page table cannot be held for writing");
    is_int(domain_hold(&w.d, _mfn(HOST_FRAMES)), -EINVAL, "nor what is no frame");
    is_int(domain_hold(&w.d, w.page[20]), 0, "a page can");
    is_int(do_va(&w, 20, 0), 0, "its last mapping goes");
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[20]), 0), -EINVAL,
           "a held page cannot become a page table");
    is_u64(host_check(), 0, "the audit counts the hold");
    domain_unhold(&w.d, w.page[21]);
    domain_unhold(&w.d, INVALID_MFN);
    is_u64(word_types(host_word(w.page[20])), 1, "letting go of what is not held does nothing");
    domain_unhold(&w.d, w.page[20]);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[20]), 0), 0, "let go, it can");
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        if ( domain_hold(&w.d, w.page[22 + i]) )
            fail("hold %u of %u", i, MM_HOLDS);
    is_int(domain_hold(&w.d, w.page[99]), -ENOSPC, "only so many holds");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&w), 0, "teardown lets go of all");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and all memory is free");
}

static void test_reuse_flushes(void)
{
    unsigned int flushes;
    mfn_t mfn;

    host_reset(HOST_RAM_END);
    world_init(&w, 1, 16);
    host_touch(&w.v);
    mfn = w.page[12];
    is_int(do_va(&w, 12, 0), 0, "a page is unmapped, without a flush");
    is_int(domain_release(&w.d, mfn), 0, "and released");
    flushes = host.flushes;
    ok(!is_none(heap_alloc(&host.m, 0)), "the next frame is given out");
    is_u64(host.flushes, flushes + 1, "after a flush");
    ok(!is_none(heap_alloc(&host.m, 0)), "and another");
    is_u64(host.flushes, flushes + 1, "without one");
}

/* Frames are freed together as far as nobody uses them. */
static void test_take_back(void)
{
    struct machine *m = &host.m;
    static struct mm_domain other;
    uint64_t free;
    mfn_t mfn;

    host_reset(HOST_RAM_END);
    world_init(&w, 1, 32);
    w.d.max_pages = 100;
    mfn = domain_alloc(&w.d, 4);
    free = m->heap.nr_free;
    is_int(do_va(&w, 20, mfn_x(mfn_add(mfn, 3)) << PAGE_SHIFT | PTE_P | PTE_RW), 0,
           "of 16 frames one is mapped");
    is_u64(frames_take_back(&w.d, mfn, 16), 3, "those before it go");
    is_u64(frames_take_back(&w.d, mfn, 16), 0, "once");
    is_u64(frames_take_back(&w.d, mfn_add(mfn, 3), 13), 0, "it does not");
    is_int(do_va(&w, 20, 0), 0, "it is unmapped");
    is_u64(frames_take_back(&w.d, mfn_add(mfn, 3), 4), 4,
           "then it goes, with as many as are asked for");
    is_u64(w.d.tot_pages, 32 + 9, "they are not charged any more");
    is_u64(m->heap.nr_free, free + 7, "but free");
    is_int(domain_mem_init(m, &other, 2, 5), 0, "another domain");
    is_u64(frames_take_back(&other, mfn_add(mfn, 7), 9), 0, "does not take them");
    m->m2p[mfn_x(mfn) + 7] = 5;
    is_u64(frames_take_back(&w.d, mfn_add(mfn, 7), 9), 9, "their own the rest");
    is_u64(m->m2p[mfn_x(mfn) + 7], M2P_INVALID, "names go");
    is_u64(host_check(), 0, "the audit finds them free");
    ok(mfn_eq(heap_alloc(m, 4), mfn), "and all in one piece");
    is_u64(frames_take_back(&w.d, w.l4, 4), 0, "no table is taken");
}

/* ---- frames that are cleared when they are first used ----------------------------------------------------------------- */

/* The domain's frames [*mfn, +4) hold what somebody else left, and have not been used yet. */
static void fresh_uncleared(mfn_t *mfn)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 32);
    (void)do_va(&w, 20, 0);
    *mfn = heap_alloc(&host.m, 2);
    for ( unsigned int i = 0; i < 4; i++ )
        memset(host_page(mfn_add(*mfn, i)), 0xee, PAGE_SIZE);
    heap_free(&host.m, *mfn, 2);
    host.scrubs = 0;
    ok(mfn_eq(domain_populate(&w.d, 2, _pfn(100)), *mfn), "four pages, pfns from 100 on");
}

static bool is_uncleared(mfn_t mfn)
{
    return mfn_to_frame(&host.m, mfn)->owner == (OWNER(1) | OWNER_UNCLEARED) &&
           host_page(mfn)[511] == 0xeeeeeeeeeeeeeeeeULL;
}

static bool is_cleared(mfn_t mfn)
{
    const uint64_t *page = host_page(mfn);

    for ( unsigned int i = 0; i < PAGE_SIZE / sizeof(*page); i++ )
        if ( page[i] )
            return false;
    return mfn_to_frame(&host.m, mfn)->owner == OWNER(1);
}

static void test_uncleared(void)
{
    struct machine *m = &host.m;
    uint64_t total;
    mfn_t mfn;

    fresh_uncleared(&mfn);
    ok(m->m2p[mfn_x(mfn)] == 100 && m->m2p[mfn_x(mfn) + 3] == 103, "the M2P says so");
    is_u64(w.d.tot_pages, 36, "they are charged for");
    is_u64(host.scrubs, 0, "but not cleared");
    is_u64(host_check(), 0, "the audit finds them right");
    ok(!frame_get(m, mfn, OWNER(2)) && is_uncleared(mfn), "nobody else comes by them");
    ok(frame_get_account(m, mfn, OWNER(1)) && is_uncleared(mfn),
       "who looks at the account only leaves them so");
    frame_put(m, mfn_to_frame(m, mfn));
    ok(!frame_get_account(m, mfn, OWNER(2)) && !frame_get_account(m, _mfn(HOST_FRAMES), OWNER(1)),
       "and must be the owner, and there must be a frame");
    is_int(do_update(&w, (mfn_x(mfn) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 222), 0,
           "so is giving it another number");
    ok(m->m2p[mfn_x(mfn)] == 222 && is_uncleared(mfn), "which leaves it as it was");
    is_int(domain_release(&w.d, mfn), 0, "one goes back unused");
    is_u64(host.scrubs, 0, "uncleared");
    is_u64(m->m2p[mfn_x(mfn)], M2P_INVALID, "its name goes with it");
    is_u64(w.d.tot_pages, 35, "and its charge");

    mfn = mfn_add(mfn, 1);
    is_int(do_va(&w, 20, mfn_x(mfn) << PAGE_SHIFT | PTE_P), 0, "another is mapped to be read");
    ok(is_cleared(mfn), "that clears it");
    is_u64(host.scrubs, 1, "and no other");
    ok(is_uncleared(mfn_add(mfn, 1)) && is_uncleared(mfn_add(mfn, 2)), "not its neighbours");
    host_page(mfn)[5] = 5;
    is_int(do_va(&w, 21, mfn_x(mfn) << PAGE_SHIFT | PTE_P | PTE_RW), 0,
           "it is mapped to be written");
    ok(host_page(mfn)[5] == 5 && host.scrubs == 1, "that clears nothing");
    is_int(do_va(&w, 20, 0), 0, "it is unmapped");
    is_int(do_va(&w, 21, 0), 0, "everywhere");
    is_int(do_va(&w, 20, mfn_x(mfn) << PAGE_SHIFT | PTE_P), 0, "and mapped again");
    ok(host_page(mfn)[5] == 5 && host.scrubs == 1, "that clears nothing either");

    mfn = mfn_add(mfn, 1);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(mfn), 0), 0,
           "one whose old content is no page table becomes one, because it is empty");
    ok(is_cleared(mfn) && host.scrubs == 2, "it was cleared before it was looked at");
    mfn = mfn_add(mfn, 1);
    is_int(do_update(&w, (mfn_x(mfn) << PAGE_SHIFT) | MMU_NORMAL_PT_UPDATE, 0x77), 0,
           "a store to the last by mmu_update");
    ok(host_page(mfn)[0] == 0x77 && host_page(mfn)[1] == 0 && host.scrubs == 3,
       "comes after it was cleared");
    is_u64(host_check(), 0, "the audit finds all of it right");

    fresh_uncleared(&mfn);
    is_int(do_ext(&w, MMUEXT_CLEAR_PAGE, mfn_x(mfn), 0), 0, "the guest may clear one itself");
    ok(is_cleared(mfn), "and it is");
    is_int(domain_hold(&w.d, mfn_add(mfn, 1)), 0, "the hypervisor may hold one");
    ok(is_cleared(mfn_add(mfn, 1)), "it is empty then");
    host.scrubs = 0;
    is_int(do_teardown(&w), 0, "the domain goes");
    is_u64(host.scrubs, 0, "nothing is cleared for that");
    is_u64(m->heap.nr_free, HOST_RAM_END - 1, "all memory is free");
    domain_mem_forget(&w.d);
    is_u64(host_check(), 0, "and the audit agrees");

    fresh_uncleared(&mfn);
    total = w.d.tot_pages;
    w.d.max_pages = total + 1;
    ok(is_none(domain_populate(&w.d, 1, _pfn(0))), "no more than its limit");
    ok(is_none(domain_populate(&w.d, HEAP_MAX_ORDER + 1, _pfn(0))), "no absurd order");
    w.d.max_pages = ~0ULL;
    ok(is_none(domain_populate(&w.d, 9, _pfn(0))), "no more than the machine has");
    w.d.dying = true;
    ok(is_none(domain_populate(&w.d, 0, _pfn(0))), "and nothing when it is dying");
    is_u64(w.d.tot_pages, total, "none of which is charged");
    is_u64(m->heap.nr_free, HOST_RAM_END - 1 - total, "or lost");
}

static void test_clock(void)
{
    struct machine *m = &host.m;

    host_reset(HOST_RAM_END);
    ok(tlb_stale(m, m->flush_clock), "what was stamped now may be cached");
    port_flush_machine(m, FLUSH_ALL);
    ok(tlb_stale(m, m->flush_clock), "what was stamped after the flush too");
    ok(!tlb_stale(m, 1), "what was stamped before the flush is not");
    tlb_flush_end(m, 0, tlb_flush_begin(m));
    ok(tlb_stale(m, m->cpu_flushed[1]), "one CPU that has not flushed is enough");
    m->flush_clock = ~0U;
    m->cpu_flushed[0] = m->cpu_flushed[1] = ~0U;
    tlb_flush_end(m, 0, tlb_flush_begin(m));
    ok(tlb_stale(m, 0), "when the clock wraps, a CPU of the old age is stale");
    port_flush_machine(m, FLUSH_ALL);
    ok(!tlb_stale(m, 0), "until it has flushed");
    m->cpu_flushed[1] = 8;
    m->flush_clock = ~0U;
    for ( unsigned int i = 0; i < 12; i++ )
        tlb_flush_end(m, 0, tlb_flush_begin(m));
    ok(tlb_stale(m, 6), "so is one that did not flush for a whole age, whatever its time was");
}

int main(void)
{
    test_machine();
    test_heap_orders();
    test_heap_every_frame();
    test_heap_failures();
    test_bugs();
    test_references();
    test_limits();
    test_extra_foreign();
    test_teardown_again();
    test_holds();
    test_reuse_flushes();
    test_take_back();
    test_uncleared();
    test_clock();
    return done();
}
