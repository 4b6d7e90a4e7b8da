/* SPDX-License-Identifier: GPL-2.0-only */
/* mmu_update, mmuext_op, update_va_mapping: where their requests may be, how many, and frame numbers at the limits. */
#include "buffers.h"
#include "memory.h"

/* ---- mmu_update's commands ---- */

TEST("mmu-update-normal", "MMU_NORMAL_PT_UPDATE stores what it is given", 0)
{
    struct tree t = tree_alloc();
    uint64_t page = mfn_of(page_alloc());
    static const uint64_t flags[] = { PTE_RW_PAGE, PTE_RO_PAGE, PTE_P | PTE_RW, PTE_P | PTE_D,
                                      PTE_P | PTE_A | PTE_RW | PTE_NX };

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
    {
        check_rc(mmu_update1(entry_maddr(&t.l1[5]), pte(page, flags[i])), 0,
                 "an L1 entry, flags 0x%lx", flags[i]);
        check_eq(t.l1[5] & (PTE_A | PTE_D | PTE_RW | PTE_NX | PTE_ADDR),
                 pte(page, flags[i]) & ~PTE_P, "it has these");
    }
    check_rc(mmu_update1(entry_maddr(&t.l1[5]), 0x1234567890abcdeUL & ~PTE_P), 0,
             "one that is not present");
    check_eq(t.l1[5], 0x1234567890abcdeUL & ~PTE_P, "it has every bit");
    check_rc(mmu_update1(entry_maddr(&t.l1[5]), 0), 0, "none");
    check_eq(t.l1[5], 0, "0");
    check_rc(unpin(t.l4), 0, "unpin");
}

TEST("mmu-update-no-translate",
     "MMU_PT_UPDATE_NO_TRANSLATE on ourselves is as MMU_NORMAL_PT_UPDATE", 0)
{
    struct tree t = tree_alloc();
    uint64_t page = mfn_of(page_alloc());
    uint64_t *plain = page_alloc();

    check_rc(pin(4, t.l4), 0, "pin a tree");
    check_rc(
        mmu_update1(entry_maddr(&t.l1[5]) | MMU_PT_UPDATE_NO_TRANSLATE, pte(page, PTE_RW_PAGE)), 0,
        "an L1 entry");
    check_eq(t.l1[5], pte(page, PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL), "it is there");
    check_rc(mmu_update1(entry_maddr(&t.l1[5]) | MMU_PT_UPDATE_NO_TRANSLATE, pte(page, PTE_P)), 0,
             "without A and D");
    check_eq(t.l1[5] & (PTE_A | PTE_D), 0, "they are gone");
    check_rc(
        mmu_update1(entry_maddr(&t.l1[5]) | MMU_PT_UPDATE_NO_TRANSLATE, pte(root_mfn, PTE_RW_PAGE)),
        -XEN_EBUSY, "the running root, writable");
    check_rc(mmu_update1(entry_maddr(&t.l2[5]) | MMU_PT_UPDATE_NO_TRANSLATE, pte(page, PTE_TABLE)),
             -XEN_EINVAL, "an L2 entry that names a writable page");
    check_rc(mmu_update1(entry_maddr(&t.l4[256]) | MMU_PT_UPDATE_NO_TRANSLATE, 0), -XEN_EINVAL,
             "a slot of the hypervisor's");
    check_rc(mmu_update1(entry_maddr(plain) | MMU_PT_UPDATE_NO_TRANSLATE, 0x123), 0,
             "a plain page");
    check_eq(plain[0], 0x123, "it is stored");
    check_rc(mmu_update1(entry_maddr(&t.l1[5]) | MMU_PT_UPDATE_NO_TRANSLATE, 0), 0, "nothing");
    check_rc(unpin(t.l4), 0, "unpin");
}

/* ---- Where requests are ---- */

static struct mmu_update nothing_in(void *win)
{
    return (struct mmu_update){ .ptr = pt_entry_maddr(win, 1), .val = 0 };
}

TEST("mmu-update-places", "mmu_update: lists of requests anywhere", 0)
{
    struct mmu_update req[3] = { nothing_in(window_alloc()) },
                      *edge = before_hole(2 * sizeof(*req));
    unsigned int done;

    req[1] = req[2] = req[0];
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_mmu_update((void *)bad_addresses[p].address, 1, NULL, DOMID_SELF), -XEN_EFAULT,
                 "list: %s", bad_addresses[p].name);
    check_rc(hyp_mmu_update(read_only_copy(req, sizeof(req)), 3, &done, DOMID_SELF), 0,
             "a read-only list");
    check_eq(done, 3, "done");
    memcpy(edge, req, 2 * sizeof(*req));
    check_rc(hyp_mmu_update(edge, 2, &done, DOMID_SELF), 0, "two before a hole");
    check_eq(done, 2, "done");
    check_rc(hyp_mmu_update(edge, 3, &done, DOMID_SELF), -XEN_EFAULT, "and one in it");
    check_eq(done, 2, "done");
    memcpy((char *)edge + 1, req, 2 * sizeof(*req) - 1);
    check_rc(hyp_mmu_update((void *)((char *)edge + 1), 2, &done, DOMID_SELF), -XEN_EFAULT,
             "the last byte in it");
    check_eq(done, 1, "done");
}

TEST("mmu-update-huge", "mmu_update: counts far beyond the list", 0)
{
    static const unsigned int counts[] = { 0x10000, 0x7fffffff };
    struct mmu_update *req = before_hole(2 * sizeof(*req));
    unsigned int done;

    req[0] = req[1] = nothing_in(window_alloc());
    for ( unsigned int i = 0; i < ARRAY_SIZE(counts); i++ )
    {
        done = 77;
        check_rc(hyp_mmu_update(req, counts[i], &done, DOMID_SELF), -XEN_EFAULT,
                 "0x%x requests, two of them there", counts[i]);
        check_eq(done, 2, "done");
    }
    done = 77;
    check_rc(HYPERCALL(mmu_update, req, 1UL << 32 | 1, &done, DOMID_SELF, 0), 0,
             "2^32 + 1 requests are one");
    check_eq(done, 1, "done");
    check_rc(HYPERCALL(mmu_update, req, 1UL << 32, &done, DOMID_SELF, 0), 0, "2^32 are none");
    check_eq(done, 0, "done");
}

TEST("mmu-update-done-places", "mmu_update: where the count of those done may go", 0)
{
    struct mmu_update req = nothing_in(window_alloc());
    unsigned int *edge = before_hole(8);
    const unsigned int old = 77;
    unsigned int *ro = read_only_copy(&old, sizeof(old));

    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_mmu_update(&req, 1, (void *)bad_addresses[p].address, DOMID_SELF), 0, "%s",
                 bad_addresses[p].name);
    check_rc(hyp_mmu_update(&req, 1, ro, DOMID_SELF), 0, "a read-only page");
    check_eq(*ro, 77, "it is as it was");
    edge[1] = 77;
    check_rc(hyp_mmu_update(&req, 1, &edge[1], DOMID_SELF), 0, "the last word of a page");
    check_eq(edge[1], 1, "it is written");
    edge[0] = edge[1] = 0x4d4d4d4d;
    check_rc(hyp_mmu_update(&req, 1, (void *)((char *)edge + 1), DOMID_SELF), 0, "an odd address");
    check(((unsigned char *)edge)[0] == 0x4d && ((unsigned char *)edge)[1] == 1 &&
              ((unsigned char *)edge)[5] == 0x4d,
          "four bytes of it are written");
    check_rc(hyp_mmu_update(&req, 1, (void *)((char *)edge + 6), DOMID_SELF), 0,
             "over the end of a page");
}

static struct mmuext_op flush(void)
{
    return (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL };
}

TEST("mmuext-places", "mmuext_op: lists of operations anywhere", 0)
{
    struct mmuext_op op[3] = { flush(), flush(), flush() }, *edge = before_hole(2 * sizeof(*op));
    unsigned int done;

    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_mmuext_op((void *)bad_addresses[p].address, 1, NULL, DOMID_SELF), -XEN_EFAULT,
                 "list: %s", bad_addresses[p].name);
    check_rc(hyp_mmuext_op(read_only_copy(op, sizeof(op)), 3, &done, DOMID_SELF), 0,
             "a read-only list");
    check_eq(done, 3, "done");
    memcpy(edge, op, 2 * sizeof(*op));
    check_rc(hyp_mmuext_op(edge, 2, &done, DOMID_SELF), 0, "two before a hole");
    check_eq(done, 2, "done");
    check_rc(hyp_mmuext_op(edge, 3, &done, DOMID_SELF), -XEN_EFAULT, "and one in it");
    check_eq(done, 2, "done");
    memcpy((char *)edge + 1, op, 2 * sizeof(*op) - 1);
    check_rc(hyp_mmuext_op((void *)((char *)edge + 1), 2, &done, DOMID_SELF), -XEN_EFAULT,
             "the last byte in it");
    check_eq(done, 1, "done");
}

TEST("mmuext-huge", "mmuext_op: counts far beyond the list", 0)
{
    static const unsigned int counts[] = { 0x10000, 0x7fffffff };
    struct mmuext_op *op = before_hole(2 * sizeof(*op));
    unsigned int done;

    op[0] = op[1] = flush();
    for ( unsigned int i = 0; i < ARRAY_SIZE(counts); i++ )
    {
        done = 77;
        check_rc(hyp_mmuext_op(op, counts[i], &done, DOMID_SELF), -XEN_EFAULT,
                 "0x%x operations, two of them there", counts[i]);
        check_eq(done, 2, "done");
    }
    done = 77;
    check_rc(HYPERCALL(mmuext_op, op, 1UL << 32 | 1, &done, DOMID_SELF, 0), 0,
             "2^32 + 1 operations are one");
    check_eq(done, 1, "done");
    check_rc(HYPERCALL(mmuext_op, op, 1UL << 32, &done, DOMID_SELF, 0), 0, "2^32 are none");
    check_eq(done, 0, "done");
}

TEST("mmuext-commands", "mmuext_op: operations that nobody knows", 0)
{
    static const unsigned int unknown[] = { 4 + 10, 21, 22, 64, 0x7fffffff, 0x80000000, ~0U };
    struct mmuext_op op[3] = { flush(), flush(), flush() };
    unsigned int done;

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
    {
        op[1].cmd = unknown[i];
        done = 77;
        check_rc(hyp_mmuext_op(op, 3, &done, DOMID_SELF), -XEN_ENOSYS,
                 "the second of three is 0x%x", unknown[i]);
        check_eq(done, 1, "done");
    }
}

/* ---- Frame numbers ---- */

static struct frame_number
{
    const char *name;
    uint64_t mfn;
} frame_numbers[] = {
    { "behind the last of the M2P", 0 },
    { "2^28", 1UL << 28 },
    { "2^40 - 1", (1UL << 40) - 1 },
    { "2^40", 1UL << 40 },
    { "2^52 - 1", (1UL << 52) - 1 },
    { "2^52", 1UL << 52 },
    { "2^52 and the root", 1UL << 52 },
    { "2^63", 1UL << 63 },
    { "2^64 - 1", ~0UL },
};

static void number_frames(void)
{
    struct xen_machphys_mapping mm;

    if ( hyp_memory_op(XENMEM_machphys_mapping, &mm) )
        panic("machphys_mapping");
    frame_numbers[0].mfn = mm.max_mfn + 1;
    frame_numbers[6].mfn = 1UL << 52 | root_mfn;
}

TEST("mmuext-frame-bounds", "mmuext_op: frame numbers beyond memory", 0)
{
    static const struct
    {
        unsigned int cmd;
        const char *name;
    } cases[] = { { MMUEXT_PIN_L1_TABLE, "PIN_L1" },
                  { MMUEXT_PIN_L2_TABLE, "PIN_L2" },
                  { MMUEXT_PIN_L3_TABLE, "PIN_L3" },
                  { MMUEXT_PIN_L4_TABLE, "PIN_L4" },
                  { MMUEXT_UNPIN_TABLE, "UNPIN" },
                  { MMUEXT_NEW_BASEPTR, "NEW_BASEPTR" },
                  { MMUEXT_NEW_USER_BASEPTR, "NEW_USER_BASEPTR" },
                  { MMUEXT_CLEAR_PAGE, "CLEAR_PAGE" },
                  { MMUEXT_COPY_PAGE, "COPY_PAGE" } };

    number_frames();
    for ( unsigned int c = 0; c < ARRAY_SIZE(cases); c++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(frame_numbers); i++ )
            check_rc(mmuext(cases[c].cmd, frame_numbers[i].mfn, mfn_of(page_alloc())), -XEN_EINVAL,
                     "%s of frame %s", cases[c].name, frame_numbers[i].name);
    for ( unsigned int i = 0; i < ARRAY_SIZE(frame_numbers); i++ )
        check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page_alloc()), frame_numbers[i].mfn), -XEN_EINVAL,
                 "COPY_PAGE from frame %s", frame_numbers[i].name);
}

TEST("mmu-update-frame-bounds", "mmu_update: addresses beyond memory", 0)
{
    /* An entry that is in no use, of all tables that these addresses could be taken for. */
    const uint64_t offset = 400 * 8;

    number_frames();
    for ( unsigned int i = 0; i < ARRAY_SIZE(frame_numbers); i++ )
    {
        bool wraps = i == 6; /* as an address it is the root's */
        uint64_t at = frame_numbers[i].mfn << 12 | offset;

        check_rc(mmu_update1(at, 0), wraps ? 0 : -XEN_EINVAL, "an entry in frame %s",
                 frame_numbers[i].name);
        check_rc(mmu_update1(at | MMU_MACHPHYS_UPDATE, mfn_to_pfn(root_mfn)),
                 wraps ? 0 : -XEN_EINVAL, "the M2P entry of frame %s", frame_numbers[i].name);
    }
}

/* ---- update_va_mapping ---- */

TEST("va-bitmap-places", "update_va_mapping: bitmaps of vCPUs where nothing can be", 0)
{
    void *win = window_alloc();
    uint64_t *edge = before_hole(8);

    *edge = 1;
    for ( unsigned int type = UVMF_TLB_FLUSH; type <= UVMF_INVLPG; type++ )
    {
        for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
            check_rc(hyp_update_va_mapping(win, 0, (bad_addresses[p].address & ~7UL) | type),
                     -XEN_EFAULT, "flush %u, bitmap: %s", type, bad_addresses[p].name);
        check_rc(hyp_update_va_mapping(win, 0, (unsigned long)edge | type), 0,
                 "flush %u, bitmap at the end of a page", type);
    }
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_update_va_mapping(win, 0, (bad_addresses[p].address & ~7UL) | UVMF_NONE), 0,
                 "no flush, bitmap: %s", bad_addresses[p].name);
}

TEST("va-otherdomain-addresses", "update_va_mapping_otherdomain: addresses without an L1 table", 0)
{
    static const struct
    {
        const char *name;
        uint64_t va;
    } wrong[] = { { "without an L3", 0x0000700000000000UL },
                  { "2^47", 0x0000800000000000UL },
                  { "2^63", 1UL << 63 },
                  { "in the M2P", MACH2PHYS_VIRT_START },
                  { "in the hypervisor", 0xffff830000000000UL },
                  { "the last page", ~0xfffUL } };
    uint64_t val = pte(mfn_of(page_alloc()), PTE_RW_PAGE);
    void *win = window_alloc();

    for ( unsigned int i = 0; i < ARRAY_SIZE(wrong); i++ )
    {
        check_rc(HYPERCALL(update_va_mapping_otherdomain, wrong[i].va, val, 0, DOMID_SELF, 0),
                 -XEN_EINVAL, "%s", wrong[i].name);
        check_rc(HYPERCALL(update_va_mapping_otherdomain, wrong[i].va, 0, 0, DOMID_SELF, 0),
                 -XEN_EINVAL, "%s, nothing", wrong[i].name);
    }
    check_rc(HYPERCALL(update_va_mapping_otherdomain, win, val, UVMF_INVLPG, DOMID_SELF, 0), 0,
             "a window");
    check_eq(*pt_entry(win, 1) & PTE_ADDR, val & PTE_ADDR, "it is mapped");
    check_rc(HYPERCALL(update_va_mapping_otherdomain, win, pte(1UL << 39, PTE_RW_PAGE), UVMF_INVLPG,
                       DOMID_SELF, 0),
             -XEN_EPERM, "a frame beyond the CPU's addresses");
    check_rc(HYPERCALL(update_va_mapping_otherdomain, win, 0, UVMF_INVLPG, DOMID_SELF, 0), 0,
             "unmap");
}
