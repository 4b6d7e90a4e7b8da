/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames: numbers that name none, frames of others, frames that come and go. */
#include <public/grant_table.h>
#include "memory.h"

/* Numbers beyond memory, of devices, of nothing. */
static unsigned int frames_of_nobody(uint64_t *list)
{
    uint64_t max = max_mfn();
    const uint64_t all[] = { max,       max + 1,   max + 2,         max + 0x8000, 1UL << 28,
                             1UL << 36, 1UL << 39, (1UL << 40) - 1, 1UL << 40,    1UL << 51,
                             1UL << 52, 1UL << 63, ~0UL - 1,        ~0UL,         0xa0,
                             0xf0,      0xfec00,   0xfee00,         0xfffff };

    memcpy(list, all, sizeof(all));
    return ARRAY_SIZE(all);
}

TEST("xsa-32", "frame numbers beyond memory", 0)
{
    static const struct
    {
        unsigned int cmd;
        const char *name;
    } ops[] = {
        { MMUEXT_PIN_L1_TABLE, "PIN_L1" },
        { MMUEXT_PIN_L2_TABLE, "PIN_L2" },
        { MMUEXT_PIN_L3_TABLE, "PIN_L3" },
        { MMUEXT_PIN_L4_TABLE, "PIN_L4" },
        { MMUEXT_UNPIN_TABLE, "UNPIN" },
        { MMUEXT_CLEAR_PAGE, "CLEAR_PAGE" },
        { MMUEXT_COPY_PAGE, "COPY_PAGE onto it" },
        { MMUEXT_NEW_BASEPTR, "NEW_BASEPTR" },
        { MMUEXT_NEW_USER_BASEPTR, "NEW_USER_BASEPTR" },
    };
    uint64_t list[32], *page = page_alloc();
    unsigned int count = frames_of_nobody(list);

    for ( unsigned int f = 0; f < count; f++ )
    {
        for ( unsigned int o = 0; o < ARRAY_SIZE(ops); o++ )
            check_rc(mmuext(ops[o].cmd, list[f], mfn_of(page)), -XEN_EINVAL, "%s of number %u",
                     ops[o].name, f);
        check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), list[f]), -XEN_EINVAL,
                 "COPY_PAGE from number %u", f);
    }
}

TEST("xsa-37", "why a table is refused is what the caller is told", 0)
{
    uint64_t *l1 = page_alloc(), *l2 = table_alloc(), *l3 = table_alloc();

    l1[7] = pte(root_mfn, PTE_RW_PAGE);
    check_rc(page_set_ro(l1), 0, "an L1 that maps the L4 writable");
    check_rc(pin(1, l1), -XEN_EBUSY, "pin it");
    check_rc(pin(1, l1), -XEN_EBUSY, "pin it again");
    check_rc(pin(2, l2), 0, "pin an L2");
    check_rc(mmu_update1(entry_maddr(&l2[0]), pte(mfn_of(l1), PTE_TABLE)), -XEN_EBUSY,
             "hang the L1 into it");
    check_eq(l2[0], 0, "the L2's entry");
    check_rc(unpin(l2), 0, "unpin the L2");
    entry_write(&l2[5], pte(mfn_of(l1), PTE_TABLE));
    check_rc(pin(2, l2), -XEN_EBUSY, "pin the L2 with the L1 inside");
    entry_write(&l3[5], pte(mfn_of(l2), PTE_TABLE));
    check_rc(pin(3, l3), -XEN_EBUSY, "pin an L3 with that L2 inside");
    check_rc(page_set_rw(l1) | page_set_rw(l2) | page_set_rw(l3), 0,
             "all of them can be written to at once");
}

#define SOME 64
#define MARK 0x7a5a5a5a5a5a5a5aUL

/* What we wrote ourselves may come back to us; what others wrote must not. */
TEST("xsa-100", "frames come clean", 0)
{
    static uint64_t mfns[SOME], pfns[SOME], new[SOME];
    unsigned int strange = 0;
    void *win = window_alloc();
    long got;

    for ( unsigned int i = 0; i < SOME; i++ )
    {
        volatile uint64_t *words = win;

        mfns[i] = spare_mfn();
        new[i] = pfns[i] = M2P[mfns[i]];
        if ( map(win, mfns[i], PTE_RW_PAGE) )
            panic("window");
        for ( unsigned int w = 0; w < 512; w++ )
            words[w] = MARK;
    }
    check_rc(map(win, 0, 0), 0, "64 frames written to");
    check_rc(give(mfns, SOME, 0), SOME, "give them");
    got = take(new, SOME, 0, 0);
    check_rc(got, SOME, "take as many");
    for ( long i = 0; i < got; i++ )
    {
        volatile uint64_t *words = win;
        uint64_t seen = 0;

        ((uint64_t *)start_info->mfn_list)[pfns[i]] = new[i];
        if ( map(win, new[i], PTE_RO_PAGE) )
            panic("window");
        for ( unsigned int w = 0; w < 512; w++ )
            seen |= words[w] == MARK ? 0 : words[w];
        strange += seen != 0;
    }
    check_eq(strange, 0, "frames with anything but zeroes or our own words");
}

static long update_for(unsigned int fd, unsigned int pfd_plus_1, uint64_t ptr, uint64_t val)
{
    struct mmu_update req = { ptr, val };

    return hyp_mmu_update(&req, 1, NULL, fd | pfd_plus_1 << 16);
}

TEST("xsa-109", "page tables of a domain that is not there", 0)
{
    void *win = window_alloc();
    uint64_t at = pt_entry_maddr(win, 1), val = pte(mfn_of(page_alloc()), PTE_RW_PAGE);

    check_rc(update_for(DOMID_SELF, 5 + 1, at, val), -XEN_ESRCH, "tables of domain 5");
    check_rc(update_for(DOMID_SELF, 0x7f00 + 1, at, val), -XEN_ESRCH, "tables of the last domain");
    check_rc(update_for(DOMID_SELF, DOMID_IO + 1, at, val), -XEN_ESRCH, "tables of DOMID_IO");
    check_rc(update_for(DOMID_SELF, DOMID_XEN + 1, at, val), -XEN_ESRCH, "tables of DOMID_XEN");
    check_rc(update_for(DOMID_SELF, DOMID_INVALID + 1, at, val), -XEN_ESRCH,
             "tables of DOMID_INVALID");
    check_rc(update_for(5, 0, at, val), -XEN_ESRCH, "frames of domain 5");
    check_rc(update_for(5, 5 + 1, at, val), -XEN_ESRCH, "both of domain 5");
    check_eq(*pt_entry(win, 1), 0, "the entry");
    check_rc(update_for(DOMID_SELF, 0, at, val), 0, "and without all that");
}

TEST("fix-7993e3be68", "tables are never of another owner's frames", TEST_INITIAL)
{
    struct tree t = tree_alloc();
    uint64_t mfns[] = { 0, mfn_of(t.l1), mfn_of(t.l2), mfn_of(t.l3) };
    uint64_t *tables[] = { NULL, t.l1, t.l2, t.l3, t.l4 };

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int level = 2; level <= 4; level++ )
    {
        uint64_t at = entry_maddr(&tables[level][9]), val = pte(mfns[level - 1], PTE_TABLE);

        check_rc(update_for(DOMID_IO, 0, at, val), -XEN_EINVAL, "L%u entry, for DOMID_IO", level);
        check_rc(update_for(DOMID_XEN, 0, at, val), -XEN_EINVAL, "L%u entry, for DOMID_XEN", level);
        check_eq(tables[level][9], 0, "the L%u entry", level);
        check_rc(update_for(DOMID_SELF, 0, at, val), 0, "L%u entry, for ourselves", level);
        check_rc(update_for(DOMID_SELF, 0, at, 0), 0, "take it out");
    }
    check_rc(unpin(t.l4), 0, "unpin");
}

/* A reference that is lost keeps the frame ours behind its return. */
static void gone(void *win, uint64_t mfn, const char *after)
{
    uint64_t list = mfn, pfn = M2P[mfn];

    check_rc(give(&list, 1, 0), 1, "give the frame, %s", after);
    check_rc(map(win, mfn, PTE_RO_PAGE), -XEN_EBUSY, "then nothing of it is ours");
    refill(pfn);
}

TEST("xsa-113", "an M2P update that fails keeps no reference", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], at = mfn << 12 | MMU_MACHPHYS_UPDATE;
    void *win = window_alloc();

    for ( unsigned int i = 0; i < 3; i++ )
    {
        check_rc(update_for(DOMID_SELF, 5 + 1, at, 1), -XEN_ESRCH, "with tables of domain 5");
        check_rc(update_for(5, 0, at, 1), -XEN_ESRCH, "with frames of domain 5");
        if ( initial_domain() )
        {
            check_rc(update_for(DOMID_IO, 0, at, 1), -XEN_EINVAL, "with frames of DOMID_IO");
            check_rc(update_for(DOMID_XEN, 0, at, 1), -XEN_EINVAL, "with frames of DOMID_XEN");
        }
    }
    check_eq(M2P[mfn], pfn, "the M2P's entry");
    check_rc(mmu_update1(0x100000 | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL,
             "of a frame of the hypervisor");
    check_rc(mmu_update1(0xb8000 | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL, "of a device's");
    check_rc(mmu_update1(((max_mfn() + 1) << 12) | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL,
             "of one beyond memory");
    check_rc(mmu_update1(at, pfn), 0, "of our own");
    gone(win, mfn, "after all these");
}

TEST("xsa-251", "any number may stand in the M2P", 0)
{
    static const uint64_t values[] = { ~0UL, ~0UL - 1, 1UL << 63, 1UL << 55, 0, 1UL << 52 };
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], at = mfn << 12 | MMU_MACHPHYS_UPDATE;
    void *win = window_alloc();

    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
    {
        uint64_t list = mfn;

        check_rc(mmu_update1(at, values[i]), 0, "value %u", i);
        check_eq(M2P[mfn], values[i], "it is there");
        check_rc(map(win, mfn, PTE_RW_PAGE), 0, "map the frame");
        *(volatile uint64_t *)win = 0;
        check_rc(map(win, 0, 0), 0, "unmap it");
        check_rc(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0, "pin it");
        check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0, "unpin it");
        check_rc(give(&list, 1, 0), 1, "give it");
        refill(pfn);
        mfn = pfn_to_mfn(pfn);
        at = mfn << 12 | MMU_MACHPHYS_UPDATE;
    }
}

TEST("xsa-252", "a pinned table that is given back stays a table", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], list = mfn;
    void *win = window_alloc();

    check_rc(map(win, mfn, PTE_RW_PAGE), 0, "a frame");
    memset(win, 0, PAGE_SIZE);
    check_rc(map(win, 0, 0), 0, "of zeroes");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0), 0, "pin it as an L4");
    check_rc(give(&list, 1, 0), 1, "give it");
    check_rc(map(win, mfn, PTE_RW_PAGE), -XEN_EBUSY, "it cannot be mapped writable");
    check_rc(map(win, mfn, PTE_RO_PAGE), 0, "but read: it is ours until it is unpinned");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn, 0), -XEN_EINVAL, "it is pinned");
    check_rc(map(win, 0, 0), 0, "unmap it");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0, "unpin it");
    check_rc(map(win, mfn, PTE_RO_PAGE), -XEN_EBUSY, "now it is not ours any more");
    refill(pfn);
}

static volatile uint64_t *store_at;

static void store(void *arg)
{
    *store_at = pte(root_mfn, PTE_RW_PAGE); /* nothing that could be emulated */
}

/* The frame may be free, and anybody's, but as soon as it is in use again nothing old may reach it. */
TEST("xsa-217", "a forgotten translation does not reach the frame's next use", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], list;
    volatile uint64_t *old = window_alloc(), *win = window_alloc(), *look = window_alloc();

    for ( unsigned int i = 0; i < 8; i++ )
    {
        check_rc(map((void *)old, mfn, PTE_RW_PAGE), 0, "map a frame writable");
        *old = MARK;
        check_rc(hyp_update_va_mapping(old, 0, UVMF_NONE), 0, "unmap it, no flush asked for");
        list = mfn;
        check_rc(give(&list, 1, 0), 1, "give it");
        refill(pfn);
        mfn = pfn_to_mfn(pfn);
        check_rc(hyp_update_va_mapping(win, pte(mfn, PTE_RW_PAGE), UVMF_NONE), 0,
                 "map the new frame elsewhere");
        memset((void *)win, 0, PAGE_SIZE);
        check_rc(hyp_update_va_mapping(win, 0, UVMF_NONE), 0, "unmap it, no flush asked for");
        check_rc(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0), 0, "make it a table");
        store_at = win;
        check(probe(store, NULL) && probe_regs.vector == TRAP_PF,
              "a store through its last mapping: #PF");
        store_at = old;
        probe(store, NULL);
        check_rc(map((void *)look, mfn, PTE_RO_PAGE), 0, "after a store through the first mapping");
        check_eq(*look, 0, "the table is empty");
        check_rc(map((void *)look, 0, 0), 0, "unmap it");
        check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn, 0), 0, "unpin it");
    }
}

/* ---- Every frame there is -------------------------------------------------------------------------------------------- */

#define BATCH 512

/* An entry of the machine's memory map, as the BIOS gave it. */
struct e820entry
{
    uint64_t addr, size;
    uint32_t type; /* 1: RAM */
} __attribute__((packed));

static bool is_ram(const struct e820entry *map, unsigned int count, uint64_t mfn)
{
    for ( unsigned int i = 0; i < count; i++ )
        if ( map[i].type == 1 && mfn << 12 >= map[i].addr &&
             (mfn + 1) << 12 <= map[i].addr + map[i].size )
            return true;
    return false;
}

/* The grant table's frames are shown to us too: as many as earlier tests have asked for. */
static uint64_t grant_frames[64];
static unsigned int grant_count;

static void find_grant_frames(void)
{
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_setup_table op = { .dom = DOMID_SELF };

    HYPERCALL(grant_table_op, GNTTABOP_query_size, &size, 1, 0, 0);
    grant_count =
        size.nr_frames < ARRAY_SIZE(grant_frames) ? size.nr_frames : ARRAY_SIZE(grant_frames);
    op.nr_frames = grant_count;
    set_xen_guest_handle(op.frame_list, (xen_pfn_t *)grant_frames);
    HYPERCALL(grant_table_op, GNTTABOP_setup_table, &op, 1, 0, 0);
}

static bool is_grant_frame(uint64_t mfn)
{
    for ( unsigned int i = 0; i < grant_count; i++ )
        if ( grant_frames[i] == mfn )
            return true;
    return false;
}

/* May frame @mfn be ours to map? The first MiB is the initial domain's as a device's. */
static bool may_map(const struct e820entry *e820, unsigned int count, uint64_t mfn)
{
    if ( mfn_to_pfn(mfn) != INVALID_PFN || mfn == start_info->shared_info >> 12 )
        return true;
    return initial_domain() && (mfn < 0x100 || !is_ram(e820, count, mfn));
}

static unsigned int memory_map(struct e820entry *list, unsigned int room)
{
    struct xen_memory_map m = { .nr_entries = room };

    if ( !initial_domain() )
        return 0;
    set_xen_guest_handle(m.buffer, (void *)list);
    if ( hyp_memory_op(XENMEM_machine_memory_map, &m) )
        error("no memory map");
    return m.nr_entries;
}

TEST("xsa-248", "of all frames we can map ours and no others", 0)
{
    static struct multicall_entry m[BATCH];
    static struct e820entry e820[64];
    unsigned int count = memory_map(e820, ARRAY_SIZE(e820)), foreign = 0, refused = 0;
    void *win = window_alloc();
    uint64_t end = max_mfn() + 1;

    find_grant_frames();
    for ( uint64_t mfn = 0; mfn < end; mfn += BATCH )
    {
        for ( unsigned int i = 0; i < BATCH; i++ )
            m[i] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping,
                                             .args = { (unsigned long)win,
                                                       pte(mfn + i, PTE_RO_PAGE), 0 } };
        if ( hyp_multicall(m, BATCH) )
            panic("multicall");
        for ( unsigned int i = 0; i < BATCH && mfn + i < end; i++ )
        {
            bool mapped = m[i].result == 0;

            if ( mapped && !is_grant_frame(mfn + i) && !may_map(e820, count, mfn + i) &&
                 foreign++ < 8 )
                printf("# mfn 0x%lx can be mapped\n", mfn + i);
            if ( !mapped && mfn_to_pfn(mfn + i) != INVALID_PFN && refused++ < 8 )
                printf("# mfn 0x%lx cannot be mapped\n", mfn + i);
        }
    }
    check_eq(foreign, 0, "frames of others that could be mapped");
    check_eq(refused, 0, "frames of ours that could not");
}

TEST("fix-3724385e39", "CLEAR_PAGE and COPY_PAGE on what is not memory", 0)
{
    static const uint64_t frames[] = { 0xa0, 0xb8, 0xfec00, 0xfed00, 0xfee00, 0xfd000 };
    uint64_t *page = page_alloc();

    page[0] = MARK;
    for ( unsigned int i = 0; i < ARRAY_SIZE(frames); i++ )
    {
        check_rc(mmuext(MMUEXT_CLEAR_PAGE, frames[i], 0), -XEN_EINVAL, "clear frame 0x%lx",
                 frames[i]);
        check_rc(mmuext(MMUEXT_COPY_PAGE, frames[i], mfn_of(page)), -XEN_EINVAL,
                 "copy onto frame 0x%lx", frames[i]);
        check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), frames[i]), -XEN_EINVAL,
                 "copy from frame 0x%lx", frames[i]);
    }
    check_eq(page[0], MARK, "our page is as it was");
}
