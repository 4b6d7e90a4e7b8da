/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/p2m.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * The reader of p2m lists: lists that are right, every way in which an entry can be wrong, lists that change, and anchors that
 * lead anywhere. After each audit every account, every byte and every M2P entry is what it was.
 *
 * The world's list lies in its pages LIST..., which its tables map from WORLD_VA(LIST) on.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"
#include <xen/p2m.h>

#define PAGES 64
#define LIST  32 /* first of the world's pages that hold the list */

static struct world w;
static struct arch_shared_info arch;
static struct p2m_audit a;
static unsigned int steps;

static uint64_t mfn_of(unsigned int page)
{
    return mfn_x(w.page[page]);
}

/* The list's word for @pfn, in pages one after the other. */
static uint64_t *entry_of(unsigned int pfn)
{
    return &host_page(w.page[LIST + pfn / 512])[pfn % 512];
}

/* A world whose list names all its pages, and then nothing up to @max_pfn. */
static void fresh(uint64_t max_pfn)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 3, PAGES);
    for ( unsigned int i = 0; i < max_pfn && i < (PAGES - LIST) * 512; i++ )
        *entry_of(i) = i < PAGES ? mfn_of(i) : P2M_ENTRY_INVALID;
    arch = (struct arch_shared_info){
        .max_pfn = max_pfn,
        .pfn_to_mfn_frame_list_list = ~0UL,
        .p2m_cr3 = mfn_of(0) << 12,
        .p2m_vaddr = WORLD_VA(LIST),
    };
}

static int audit_p2m(void)
{
    uint64_t hash = host_hash();
    int rc;

    p2m_audit_init(&a, &w.d, &arch);
    steps = 0;
    do
    {
        rc = p2m_audit_step(&a);
        steps++;
    } while ( (rc == -ERESTART || rc == -EAGAIN) && steps < 1000000 );
    if ( host_hash() != hash )
        fail("an audit changes nothing");
    return rc;
}

/* Every entry was counted once. */
static void adds_up(const char *what)
{
    uint64_t sum = a.present + a.identity + a.foreign + a.invalid + a.unreadable + a.mismatches;

    is_u64(sum, arch.max_pfn, what);
    is_u64(a.next, arch.max_pfn, "all of them");
}

/* ---- Lists that are right ----------------------------------------------------------------------------------------- */

static void test_good(void)
{
    fresh(PAGES);
    is_int(audit_p2m(), 0, "a good list");
    is_u64(a.form, P2M_LINEAR, "is linear");
    is_u64(a.present, PAGES, "every entry is right");
    is_u64(a.retries, 0, "at the first attempt");
    adds_up("nothing else");

    fresh(1536 + 100);
    *entry_of(600) = P2M_ENTRY_IDENTITY | 600;
    *entry_of(601) = P2M_ENTRY_IDENTITY; /* Linux's shared page */
    *entry_of(700) = P2M_ENTRY_FOREIGN | mfn_of(1);
    *entry_of(1635) = P2M_ENTRY_FOREIGN | P2M_ENTRY_IDENTITY;
    is_int(audit_p2m(), 0, "a list of four pages");
    is_u64(a.present, PAGES, "entries that name frames");
    is_u64(a.identity, 2, "identity entries");
    is_u64(a.foreign, 2, "foreign entries");
    is_u64(a.invalid, 1536 + 100 - PAGES - 4, "invalid entries");
    is_u64(a.mismatches, 0, "no mismatch");
    adds_up("nothing else");

    fresh(600);
    arch.p2m_vaddr += 40; /* entries begin in the middle of a page */
    memmove(entry_of(5), entry_of(0), 512 * 8 - 40);
    for ( unsigned int i = 507; i < 600; i++ )
        *entry_of(i + 5) = P2M_ENTRY_INVALID;
    is_int(audit_p2m(), 0, "a list that does not begin on a page");
    is_u64(a.present, PAGES, "is read all the same");
    adds_up("to its end");

    fresh(0);
    is_int(audit_p2m(), 0, "an empty list");
    adds_up("is empty");
}

static void test_yields(void)
{
    fresh(1536 + 100);
    host.yield_every = 1;
    is_int(audit_p2m(), 0, "with a yield at every question");
    is_u64(steps, 4, "each step reads a page");
    is_u64(a.present, PAGES, "the result is the same");
    adds_up("and complete");

    fresh(3 * P2M_STEP_ENTRIES);
    is_int(audit_p2m(), 0, "a list mostly of holes");
    is_u64(a.unreadable, 3 * P2M_STEP_ENTRIES - (PAGES - LIST) * 512, "which are counted");
    adds_up("with all the rest");
}

/* One page of entries mapped over and over: work is bounded by entries, not by what is mapped. */
static void test_bounded(void)
{
    fresh(PAGES);
    for ( unsigned int i = 0; i < 300; i++ )
        do_update(&w, pte_at(w.l1, 200 + i), world_pte(&w, LIST, PTE_P));
    arch.p2m_vaddr = WORLD_VA(200);
    arch.max_pfn = 300 * 512;
    is_int(audit_p2m(), 0, "a page mapped 300 times as a list");
    is_u64(steps, 3, "is read in three steps");
    adds_up("all of it");
}

/* ---- Entries that are wrong --------------------------------------------------------------------------------------- */

static void test_mismatches(void)
{
    struct world other;
    uint64_t free_mfn = HOST_RAM_END - 2;

    fresh(PAGES);
    world_init(&other, 7, 16);
    m2p_set(&host.m, other.page[5], 9); /* the M2P alone must not do */
    *entry_of(9) = mfn_x(other.page[5]);
    *entry_of(10) = free_mfn;
    *entry_of(11) = HOST_FRAMES;
    *entry_of(12) = P2M_ENTRY_IDENTITY - 1;
    *entry_of(13) = mfn_of(14);
    *entry_of(15) = 0; /* not memory */
    m2p_set(&host.m, w.page[16], M2P_INVALID);
    is_int(audit_p2m(), 0, "a list with wrong entries");
    is_u64(a.mismatches, 7, "each is found");
    is_u64(a.present, PAGES - 7, "the others are right");
    adds_up("nothing is counted twice");
    is_u64(a.mismatch[0].kind, P2M_NOT_OWNED, "another domain's frame");
    is_u64(a.mismatch[0].pfn, 9, "  where");
    is_u64(a.mismatch[0].m2p, 7, "  whose");
    is_u64(a.mismatch[1].kind, P2M_NO_FRAME, "a free frame");
    is_u64(a.mismatch[2].kind, P2M_NO_FRAME, "the first number that is no frame");
    is_u64(a.mismatch[3].kind, P2M_NO_FRAME, "the largest number there can be");
    is_u64(a.mismatch[4].kind, P2M_OTHER_PFN, "its own frame under another number");
    is_u64(a.mismatch[4].m2p, 14, "  under which");
    is_u64(a.mismatch[5].kind, P2M_NO_FRAME, "a frame that is no memory");
    is_u64(a.mismatch[6].kind, P2M_OTHER_PFN, "a frame that the M2P does not know");
    is_u64(a.mismatch[6].m2p, M2P_INVALID, "  at all");

    fresh(PAGES);
    *mfn_to_frame(&host.m, _mfn(0)) = (struct frame){ .word = FRAME_REF, .owner = OWNER(3) };
    *entry_of(11) = HOST_FRAMES;
    is_int(audit_p2m(), 0, "a list in a machine whose frame 0 is in use");
    is_u64(a.mismatches, 1, "has the same first number that is no frame");
    is_u64(a.mismatch[0].kind, P2M_NO_FRAME, "  which is none");

    fresh(512);
    for ( unsigned int i = 0; i < 512; i++ )
        *entry_of(i) = mfn_of(1);
    is_int(audit_p2m(), 0, "a list that names one frame everywhere");
    is_u64(a.mismatches, 511, "is right once");
    is_u64(a.mismatch[P2M_MISMATCHES - 1].pfn, P2M_MISMATCHES, "the first few are kept");
}

/* ---- Lists that change -------------------------------------------------------------------------------------------- */

static unsigned int until; /* this many questions from now */

static bool becomes_even(void *arg)
{
    return false;
}

static bool changes_once(void *arg)
{
    if ( until && --until == 0 )
        arch.p2m_generation += 2;
    return false;
}

static bool changes_always(void *arg)
{
    arch.p2m_generation += 2;
    return true;
}

static bool moves_once(void *arg)
{
    if ( until && --until == 0 )
    {
        arch.max_pfn = PAGES;
        arch.p2m_vaddr = WORLD_VA(LIST);
    }
    return true;
}

/* The anchor's words, each changed alone while the list is read, with nothing in its generation to say so. */
static unsigned long *changed_word;
static unsigned long changed_to;

static bool changes_word(void *arg)
{
    if ( until && --until == 0 )
        *changed_word = changed_to;
    return false;
}

static void changed(const char *what, unsigned long *word, unsigned long to)
{
    host.yield_fn = changes_word;
    changed_word = word;
    changed_to = to;
    until = 2;
    is_int(audit_p2m(), 0, what);
    is_u64(a.retries, 1, "is read again");
    adds_up("from the beginning");
}

static void test_changed_anchor(void)
{
    fresh(1600);
    changed("a list that becomes shorter", &arch.max_pfn, 1500);
    fresh(1600);
    changed("a list that becomes longer", &arch.max_pfn, 1700);
    fresh(1600);
    changed("a list that moves", &arch.p2m_vaddr, WORLD_VA(LIST) + 8);
    fresh(1600);
    for ( unsigned int i = 10; i < 11; i++ )
    {
        do_va(&w, i, 0);
        memcpy(host_page(w.page[i]), host_page(w.l4), PAGE_SIZE);
        is_int(do_ext(&w, MMUEXT_PIN_L4_TABLE, mfn_of(i), 0), 0, "a second root");
    }
    changed("a list that other tables show", &arch.p2m_cr3, mfn_of(10) << 12);
    fresh(1600);
    changed("a list beside which a tree appears", &arch.pfn_to_mfn_frame_list_list, mfn_of(20));
    fresh(1600);
    changed("a list whose generation moves on", &arch.p2m_generation, 2);
}

static void test_changes(void)
{
    int rc;

    fresh(1600);
    host.yield_fn = changes_once;
    until = 3;
    *entry_of(20) = mfn_of(21);
    is_int(audit_p2m(), 0, "a list that changes while it is read");
    is_u64(a.retries, 1, "is read again");
    is_u64(a.mismatches, 1, "and nothing is counted twice");
    adds_up("at all");

    fresh(1600);
    host.yield_fn = changes_always;
    is_int(audit_p2m(), -EBUSY, "a list that never stands still");
    is_u64(a.retries, P2M_RETRIES, "is given up");

    fresh(1600);
    host.yield_fn = moves_once;
    until = 2;
    arch.p2m_vaddr = WORLD_VA(LIST) + 8;
    is_int(audit_p2m(), 0, "a list that moves without a word in its generation");
    is_u64(a.retries, 1, "is read again");
    is_u64(a.present, PAGES, "from its new place");
    adds_up("only");

    fresh(1600);
    host.yield_fn = becomes_even;
    arch.p2m_generation = 5;
    is_int(audit_p2m(), -EBUSY, "a generation that stays odd");
    is_u64(a.retries, P2M_RETRIES, "is waited for, not for ever");

    p2m_audit_init(&a, &w.d, &arch);
    is_int(p2m_audit_step(&a), -EAGAIN, "while it is odd the caller waits");
    is_u64(a.next, 0, "and nothing is read");
    arch.p2m_generation = 6;
    while ( (rc = p2m_audit_step(&a)) == -ERESTART )
        ;
    is_int(rc, 0, "when it is even the list is read");
    is_u64(a.retries, 1, "after one retry");
    adds_up("once");
}

/* ---- Anchors that lead anywhere ----------------------------------------------------------------------------------- */

static void refused(const char *what)
{
    is_int(audit_p2m(), -EINVAL, what);
    note("%s 0x%llx", a.why, (unsigned long long)a.what);
}

static void test_cr3(void)
{
    struct world other;
    static const uint64_t no_frames[] = { HOST_FRAMES, HOST_RAM_END + 3, HOST_RAM_END - 2,
                                          0xfffffffffULL };

    fresh(PAGES);
    world_init(&other, 7, 16);
    arch.p2m_cr3 = mfn_x(other.l4) << 12;
    refused("another domain's L4 as p2m_cr3");
    for ( unsigned int i = 1; i < 6; i++ )
    {
        arch.p2m_cr3 = mfn_of(i) << 12;
        refused("an L3, L2, L1, a plain page as p2m_cr3");
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(no_frames); i++ )
    {
        arch.p2m_cr3 = no_frames[i] << 12;
        refused("no memory as p2m_cr3");
    }
    arch.p2m_cr3 = ~0UL;
    refused("~0 as p2m_cr3");
    arch.p2m_cr3 = 1;
    refused("1 as p2m_cr3");
    arch.p2m_cr3 = mfn_of(0) << 12 | 0x18;
    is_int(audit_p2m(), 0, "caching bits in p2m_cr3 mean nothing");
}

static void test_addresses(void)
{
    static const uint64_t bad[] = {
        0xffff800000000000, 0xffff830000000000, 0xffff87fffffffe08, 0x0000800000000000,
        0x00007ffffffffe08, 0x8000000000000000, 0xfffffffffffffe08,
    };

    fresh(PAGES);
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        arch.p2m_vaddr = bad[i];
        refused("addresses that are not the guest's");
    }
    arch.p2m_vaddr = WORLD_VA(LIST) + 4;
    refused("a list between two words");
    arch.p2m_vaddr = 0x00007ffffffffe00;
    is_int(audit_p2m(), 0, "a list at the end of the lower half");
    is_u64(a.unreadable, PAGES, "where nothing is mapped");
    arch.p2m_vaddr = 0xffff880000000000;
    is_int(audit_p2m(), 0, "a list right behind the hypervisor");
    is_u64(a.unreadable, PAGES, "where nothing is mapped");
    arch.p2m_vaddr = WORLD_VA(PAGES);
    is_int(audit_p2m(), 0, "a list behind what is mapped");
    is_u64(a.unreadable, PAGES, "cannot be read");
    arch.p2m_vaddr = WORLD_VA(0);
    is_int(audit_p2m(), 0, "page tables as a list");
    adds_up("are read as one");
}

static void test_size(void)
{
    fresh(PAGES);
    arch.max_pfn = P2M_LINEAR_MAX + 1;
    refused("more entries than there can be memory");
    arch.max_pfn = ~0UL;
    refused("~0 entries");
    arch.max_pfn = 1UL << 61;
    refused("entries whose size is 0 in 64 bits");
    arch.max_pfn = P2M_LINEAR_MAX;
    is_int(audit_p2m(), 0, "as many entries as there can be, next to nothing mapped");
    ok(steps < 1000, "takes few steps (%u)", steps);
    adds_up("and all are counted");
}

/* Leaves that are not the domain's memory, and a table of another level where one should be. */
static void test_leaves(void)
{
    struct world other;

    fresh(1024);
    world_init(&other, 7, 16);
    w.d.privileged = true;
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), 16 };
    w.d.nr_iomem = 1;
    is_int(do_va(&w, LIST, (HOST_RAM_END + 2ULL) << 12 | PTE_P | PTE_RW), 0, "a device is mapped");
    is_int(audit_p2m(), 0, "a list with a device in it");
    is_u64(a.unreadable, 512, "is read up to there");
    adds_up("and behind");

    fresh(PAGES);
    is_int(do_va(&w, 200, mfn_of(LIST) << 12), 0, "an entry names the list, but is not present");
    arch.p2m_vaddr = WORLD_VA(200);
    is_int(audit_p2m(), 0, "a list there");
    is_u64(a.unreadable, PAGES, "is not found");
    is_int(do_update(&w, pte_at(w.l2, 9), mfn_of(3) << 12), 0, "the same one level up");
    arch.p2m_vaddr = WORLD_VA(LIST) + (9ULL << 21);
    is_int(audit_p2m(), 0, "a list there");
    is_u64(a.unreadable, PAGES, "neither");

    fresh(PAGES);
    is_int(do_update(&w, pte_at(w.l4, 7), world_pte(&w, 0, PTE_US | PTE_A)), 0,
           "the L4 links itself");
    arch.p2m_vaddr = 7ULL << 39;
    is_int(audit_p2m(), 0, "a list through an L4 that links itself");
    is_u64(a.unreadable, PAGES, "is not followed");
}

static void test_unpublished(void)
{
    fresh(PAGES);
    arch.p2m_cr3 = 0;
    is_int(audit_p2m(), -ENOENT, "no linear list, ~0 for the tree: nothing is published");
    arch.pfn_to_mfn_frame_list_list = 0;
    is_int(audit_p2m(), -ENOENT, "nor with 0");
    memset(&arch, 0, sizeof(arch));
    is_int(audit_p2m(), -ENOENT, "nor by a guest that never wrote anything");
}

/* ---- The tree ----------------------------------------------------------------------------------------------------- */

#define TOP 20
#define MID 21

static void fresh_tree(uint64_t max_pfn)
{
    fresh(max_pfn);
    arch.p2m_cr3 = 0;
    arch.p2m_vaddr = 0xdead;
    arch.pfn_to_mfn_frame_list_list = mfn_of(TOP);
    memset(host_page(w.page[TOP]), 0xff, PAGE_SIZE);
    memset(host_page(w.page[MID]), 0xff, PAGE_SIZE);
    host_page(w.page[TOP])[0] = mfn_of(MID);
    for ( unsigned int i = 0; i < PAGES - LIST; i++ )
        host_page(w.page[MID])[i] = mfn_of(LIST + i);
}

static void test_tree(void)
{
    struct world other;

    fresh_tree(1600);
    is_int(audit_p2m(), 0, "a tree");
    is_u64(a.form, P2M_TREE, "is known as one");
    is_u64(a.present, PAGES, "its entries are right");
    is_u64(a.invalid, 1600 - PAGES, "or invalid");
    adds_up("nothing else");
    *entry_of(5) = mfn_of(6);
    host.yield_every = 1;
    is_int(audit_p2m(), 0, "a tree with a wrong entry");
    is_u64(a.mismatches, 1, "is found out");

    fresh_tree(1600);
    world_init(&other, 7, 16);
    host_page(w.page[MID])[1] = mfn_x(other.page[9]);
    host_page(w.page[MID])[2] = ~0ULL;
    is_int(audit_p2m(), 0, "a tree with bad leaves");
    is_u64(a.unreadable, 1024, "which are left out");
    adds_up("only");
    host_page(w.page[TOP])[0] = 0x123456789abcdefULL;
    arch.max_pfn = 512 * 512 + 7;
    is_int(audit_p2m(), 0, "a tree with bad branches");
    is_u64(a.unreadable, arch.max_pfn, "which are left out");
    adds_up("as a whole");
    host_page(w.page[TOP])[0] = host_page(w.page[TOP])[1] = mfn_of(TOP);
    is_int(audit_p2m(), 0, "a tree whose top is also branch and leaf");
    adds_up("ends");

    arch.max_pfn = P2M_TREE_MAX;
    is_int(audit_p2m(), 0, "the largest tree");
    adds_up("ends too");
    arch.max_pfn++;
    refused("a larger one");
    arch.max_pfn = 10;
    arch.pfn_to_mfn_frame_list_list = mfn_x(other.page[1]);
    refused("another domain's tree");
    arch.pfn_to_mfn_frame_list_list = 1ULL << 60;
    refused("a tree that is no frame");
}

int main(void)
{
    test_good();
    test_yields();
    test_bounded();
    test_mismatches();
    test_changes();
    test_changed_anchor();
    test_cr3();
    test_addresses();
    test_size();
    test_leaves();
    test_unpublished();
    test_tree();
    return done();
}
