/* SPDX-License-Identifier: GPL-2.0-only */
/* mmu_update: requests, commands, levels, `done`, and the machine-to-physical table. */
#include "memory.h"

TEST("mmu-update-levels", "entries of every level", 0)
{
    struct tree t = tree_alloc();
    uint64_t *page = page_alloc();
    uint64_t *ro = table_alloc();

    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(t.l4), 0), 0, "pin a tree");
    check_rc(mmu_update1(entry_maddr(&t.l1[7]), pte(mfn_of(page), PTE_RW_PAGE)), 0,
             "L1 entry: a page, writable");
    check_eq(t.l1[7], pte(mfn_of(page), PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL),
             "reads back with US and bit 52");
    check_rc(mmu_update1(entry_maddr(&t.l1[8]), pte(mfn_of(t.l1), PTE_RW_PAGE)), -XEN_EBUSY,
             "L1 entry: itself writable");
    check_rc(mmu_update1(entry_maddr(&t.l1[8]), pte(mfn_of(t.l1), PTE_RO_PAGE)), 0,
             "L1 entry: itself read-only");
    check_rc(mmu_update1(entry_maddr(&t.l1[8]), pte(mfn_of(t.l1), PTE_RW_PAGE)), -XEN_EBUSY,
             "that entry writable");
    check_rc(mmu_update1(entry_maddr(&t.l1[8]), 0), 0, "L1 entry: nothing");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(page), PTE_TABLE)), -XEN_EINVAL,
             "L2 entry: a writable page");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(t.l3), PTE_TABLE)), -XEN_EINVAL,
             "L2 entry: an L3");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE)), 0,
             "L2 entry: a fresh L1");
    check_eq(t.l2[1], pte(mfn_of(ro), PTE_TABLE), "reads back");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE & ~PTE_US)), 0,
             "L2 entry: without US");
    check_eq(t.l2[1], pte(mfn_of(ro), PTE_TABLE), "US is added");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_PSE)), -XEN_EINVAL,
             "L2 entry: PSE");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_G)), -XEN_EINVAL,
             "L2 entry: G");
    check_eq(t.l2[1], pte(mfn_of(ro), PTE_TABLE), "unchanged");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_PWT)), -XEN_EINVAL,
             "L2 entry: PWT");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_PCD)), -XEN_EINVAL,
             "L2 entry: PCD");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_NX)), 0,
             "L2 entry: NX");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | PTE_GUEST_KERNEL)), 0,
             "L2 entry: bit 52");
    check_eq(t.l2[1], pte(mfn_of(ro), PTE_TABLE | PTE_GUEST_KERNEL), "reads back");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | 1UL << 53)), 0,
             "L2 entry: bit 53");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_TABLE | 0xe00)), 0,
             "L2 entry: bits 9-11");
    check_rc(mmu_update1(entry_maddr(&t.l2[1]), pte(mfn_of(ro), PTE_P)), 0, "L2 entry: P only");
    check_eq(t.l2[1] & ~(PTE_A | PTE_D), pte(mfn_of(ro), PTE_P | PTE_US), "US is added");
    check_rc(mmu_update1(entry_maddr(&t.l2[2]), pte(mfn_of(ro), PTE_TABLE | PTE_PSE)), -XEN_EINVAL,
             "L2 entry: PSE, was empty");
    check_rc(mmu_update1(entry_maddr(&t.l3[1]), pte(mfn_of(ro), PTE_TABLE)), -XEN_EINVAL,
             "L3 entry: an L1");
    check_rc(mmu_update1(entry_maddr(&t.l3[1]), pte(mfn_of(t.l4), PTE_TABLE)), -XEN_EINVAL,
             "L3 entry: an L4");
    check_rc(mmu_update1(entry_maddr(&t.l3[1]), pte(mfn_of(t.l2), PTE_TABLE)), 0,
             "L3 entry: an L2, second use");
    check_rc(mmu_update1(entry_maddr(&t.l3[1]), pte(mfn_of(t.l2), PTE_TABLE | PTE_PSE)),
             -XEN_EINVAL, "L3 entry: PSE");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(t.l3), PTE_TABLE)), 0,
             "L4 entry: an L3, second use");
    check_eq(t.l4[4], pte(mfn_of(t.l3), PTE_TABLE), "reads back");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(t.l3), PTE_P)), 0, "L4 entry: P only");
    check_eq(t.l4[4] & ~PTE_D, pte(mfn_of(t.l3), PTE_P | PTE_US | PTE_A), "US and A are added");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(t.l3), PTE_TABLE | PTE_PSE)),
             -XEN_EINVAL, "L4 entry: PSE");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(t.l3), PTE_TABLE | PTE_G)), -XEN_EINVAL,
             "L4 entry: G");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(t.l2), PTE_TABLE)), -XEN_EINVAL,
             "L4 entry: an L2");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), pte(mfn_of(page), PTE_TABLE)), -XEN_EINVAL,
             "L4 entry: a writable page");
    check_rc(mmu_update1(entry_maddr(&t.l4[4]), 0), 0, "L4 entry: nothing");
    for ( unsigned int slot = 255; slot <= 273; slot++ )
        check_rc(mmu_update1(entry_maddr(&t.l4[slot]), pte(mfn_of(t.l3), PTE_TABLE)),
                 slot >= 256 && slot < 272 ? -XEN_EINVAL : 0, "L4 entry: slot %u", slot);
    check_rc(mmu_update1(entry_maddr(&t.l4[256]), 0), -XEN_EINVAL, "L4 entry: slot 256, nothing");
    check_rc(mmu_update1(entry_maddr(&t.l4[271]), 0), -XEN_EINVAL, "L4 entry: slot 271, nothing");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(t.l4), 0), 0, "unpin the tree");
    check_eq(t.l4[256] | t.l4[271], 0, "no hypervisor entry is left in slots 256 and 271");
}

TEST("mmu-update-request", "commands, addresses, PRESERVE_AD", 0)
{
    uint64_t *page = page_alloc();
    uint64_t maddr = (mfn_of(page) << 12) + 64;
    void *win = window_alloc();
    uint64_t l1e = pt_entry_maddr(win, 1);
    uint64_t val = pte(mfn_of(page), PTE_RW_PAGE);
    check_rc(mmu_update1(maddr, 0x1122334455667788), 0, "a plain writable page takes a raw store");
    check_eq(page[8], 0x1122334455667788, "and the value is there");
    check_rc(mmu_update1(maddr | 2, 0xffff), 0, "PRESERVE_AD on a plain page");
    check_eq(page[8], 0xffff, "and the value is there");
    check_rc(mmu_update1(maddr | 4, 0), -XEN_ENOSYS, "address 4 bytes off");
    check_rc(mmu_update1(l1e | 4, val), -XEN_ENOSYS, "L1 entry address 4 bytes off");
    check_rc(mmu_update1(l1e | 3, val), 0, "command 3 on ourselves");
    check_rc(mmu_update1(l1e | 7, val), -XEN_ENOSYS, "command 3, 4 bytes off");
    check_rc(mmu_update1(0x100000, 0), -XEN_EINVAL, "a page of the hypervisor");
    check_rc(mmu_update1(0xb8000, 0), -XEN_EINVAL, "MMIO");
    check_rc(mmu_update1(0xfffffffffff000, 0), -XEN_EINVAL, "beyond all memory");
    check_rc(mmu_update1(~7UL, 0), -XEN_EINVAL, "the last address");
    check_rc(mmu_update1(l1e, val), 0, "an L1 entry");
    check_rc(mmu_update1(l1e | 2, val & ~(PTE_A | PTE_D)), 0,
             "the same without A and D, PRESERVE_AD");
    check_eq(*pt_entry(win, 1) & (PTE_A | PTE_D), PTE_A | PTE_D, "A and D are kept");
    check_rc(mmu_update1(l1e, val & ~(PTE_A | PTE_D)), 0, "the same, NORMAL");
    check_eq(*pt_entry(win, 1) & (PTE_A | PTE_D), 0, "A and D are gone");
    *(volatile char *)win = 1;
    check_eq(*pt_entry(win, 1) & (PTE_A | PTE_D), PTE_A | PTE_D, "the CPU sets them");
    check_rc(mmu_update1(l1e, 0), 0, "unmap");
}

TEST("mmu-update-done", "counts, done, and where the list is", 0)
{
    void *win = window_alloc();
    uint64_t l1e = pt_entry_maddr(win, 1);
    uint64_t val = pte(mfn_of(page_alloc()), PTE_RW_PAGE);
    unsigned int done;
    struct mmu_update req[4];

    req[0] = (struct mmu_update){ l1e, val };
    req[1] = (struct mmu_update){ l1e, pte(root_mfn, PTE_RW_PAGE) };
    req[2] = (struct mmu_update){ l1e, 0 };
    done = 77;
    check_rc(hyp_mmu_update(req, 0, &done, DOMID_SELF), 0, "count 0");
    check_eq(done, 0, "done after count 0");
    done = 77;
    check_rc(hyp_mmu_update(req, 1, &done, DOMID_SELF), 0, "one");
    check_eq(done, 1, "done after one");
    done = 77;
    check_rc(hyp_mmu_update(req, 3, &done, DOMID_SELF), -XEN_EBUSY, "good, bad, good");
    check_eq(done, 1, "done after good, bad, good");
    check_eq(*pt_entry(win, 1) & PTE_ADDR, val & PTE_ADDR,
             "the first request took effect, the third did not");
    req[1].val = 0;
    done = 77;
    check_rc(hyp_mmu_update(req, 3, &done, DOMID_SELF), 0, "three good ones");
    check_eq(done, 3, "done after three good ones");
    check_rc(hyp_mmu_update(req, 3, (unsigned int *)0xdead0000, DOMID_SELF), 0, "done unmapped");
    check_rc(hyp_mmu_update(req, 3, (unsigned int *)MACH2PHYS_VIRT_START, DOMID_SELF), 0,
             "done in hypervisor space");
    done = 77;
    check_rc(hyp_mmu_update((void *)0xdead0000, 2, &done, DOMID_SELF), -XEN_EFAULT,
             "requests unmapped");
    check_eq(done, 0, "done when requests are unmapped");
    done = 77;
    check_rc(hyp_mmu_update((void *)MACH2PHYS_VIRT_START, 2, &done, DOMID_SELF), -XEN_EFAULT,
             "requests in hypervisor space");
    check_eq(done, 77, "done is untouched then");
    done = 77;
    check_rc(hyp_mmu_update((void *)0x0000800000000000UL, 2, &done, DOMID_SELF), -XEN_EFAULT,
             "requests not canonical");
    check_rc(hyp_mmu_update((void *)0x00007ffffffffff0UL, 2, &done, DOMID_SELF), -XEN_EFAULT,
             "requests over the edge");
}

TEST("mmu-update-machphys", "MMU_MACHPHYS_UPDATE", 0)
{
    uint64_t *page = page_alloc();
    uint64_t mfn = mfn_of(page), pfn = mfn_to_pfn(mfn);

    check_rc(mmu_update1((mfn << 12) | MMU_MACHPHYS_UPDATE, 12345), 0, "our frame");
    check_eq(M2P[mfn], 12345, "its entry");
    check_rc(mmu_update1((mfn << 12) | 0xff8 | MMU_MACHPHYS_UPDATE, pfn), 0,
             "our frame, an address inside it");
    check_eq(M2P[mfn], pfn, "its entry");
    check_rc(mmu_update1((mfn << 12) | 4 | MMU_MACHPHYS_UPDATE, pfn), -XEN_ENOSYS, "4 bytes off");
    check_rc(mmu_update1((mfn << 12) | MMU_MACHPHYS_UPDATE, ~0UL), 0, "value ~0");
    check_eq(M2P[mfn], ~0UL, "its entry");
    check_rc(mmu_update1((mfn << 12) | MMU_MACHPHYS_UPDATE, pfn), 0, "back");
    check_rc(mmu_update1((root_mfn << 12) | MMU_MACHPHYS_UPDATE, mfn_to_pfn(root_mfn)), 0,
             "the root's own");
    check_rc(mmu_update1(0x100000 | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL,
             "a frame of the hypervisor");
    check_rc(mmu_update1(0xb8000 | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL, "MMIO");
    check_rc(mmu_update1(0x0ffffffffff000 | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL,
             "beyond all memory");
    check_rc(mmu_update1((~0xfffUL) | MMU_MACHPHYS_UPDATE, 0), -XEN_EINVAL,
             "the last frame number");
    check_eq(M2P[0x100], ~0UL, "M2P of a hypervisor frame");
    check_eq(M2P[0xb8], ~0UL, "M2P of MMIO");
    check_eq(M2P[start_info->shared_info >> 12], ~0UL, "M2P of shared_info");
}

/* What each kind of request gives with one foreigndom. */
struct target
{
    const char *name;
    uint32_t fd;
    long ours, mmio, nothing, machphys, pfd, flush, clear;
};

static void one_target(const struct target *t, void *win)
{
    struct mmu_update req = { pt_entry_maddr(win, 1), pte(mfn_of(page_alloc()), PTE_RW_PAGE) };
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    unsigned int done = 77;

    check_rc(hyp_mmu_update(&req, 1, &done, t->fd), t->ours, "FD %s: our page", t->name);
    check_rc(hyp_mmu_update(&req, 1, NULL, ((t->fd & 0xffff) + 1) << 16 | DOMID_SELF), t->pfd,
             "PFD %s: our page", t->name);
    req.val = pte(0xfed00, PTE_P | PTE_PCD);
    check_rc(hyp_mmu_update(&req, 1, NULL, t->fd), t->mmio, "FD %s: an MMIO page", t->name);
    req.val = 0;
    check_rc(hyp_mmu_update(&req, 1, NULL, t->fd), t->nothing, "FD %s: nothing", t->name);
    req.ptr = (mfn_of(page_alloc()) << 12) | MMU_MACHPHYS_UPDATE;
    req.val = mfn_to_pfn(req.ptr >> 12);
    check_rc(hyp_mmu_update(&req, 1, NULL, t->fd), t->machphys, "FD %s: MACHPHYS of our page",
             t->name);
    check_rc(hyp_mmuext_op(&op, 1, NULL, t->fd), t->flush, "mmuext FD %s: flush", t->name);
    op = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE };
    op.arg1.mfn = mfn_of(page_alloc());
    check_rc(hyp_mmuext_op(&op, 1, NULL, t->fd), t->clear, "mmuext FD %s: clear our page", t->name);
}

#define ALL(rc) rc, rc, rc, rc, rc, rc, rc

TEST("foreigndom", "FD and PFD of mmu_update and mmuext_op", 0)
{
    static const struct target initial[] = {
        { "SELF", DOMID_SELF, 0, 0, 0, 0, -XEN_ESRCH, 0, 0 },
        { "IO", DOMID_IO, -XEN_EBUSY, 0, 0, -XEN_EINVAL, -XEN_ESRCH, -XEN_EPERM, -XEN_EINVAL },
        { "XEN", DOMID_XEN, -XEN_EBUSY, -XEN_EPERM, 0, -XEN_EINVAL, -XEN_ESRCH, -XEN_EPERM,
          -XEN_EINVAL },
    };
    static const struct target unprivileged[] = {
        { "SELF", DOMID_SELF, 0, -XEN_EPERM, 0, 0, -XEN_ESRCH, 0, 0 },
        { "IO", DOMID_IO, -XEN_EBUSY, -XEN_EPERM, 0, -XEN_EINVAL, -XEN_ESRCH, -XEN_EPERM,
          -XEN_EINVAL },
        { "XEN", DOMID_XEN, -XEN_EPERM, -XEN_EPERM, -XEN_EPERM, -XEN_EPERM, -XEN_ESRCH, -XEN_EPERM,
          -XEN_EPERM },
    };
    static const struct target nobody[] = {
        { "5", 5, ALL(-XEN_ESRCH) },
        { "COW", DOMID_COW, ALL(-XEN_ESRCH) },
        { "INVALID", DOMID_INVALID, ALL(-XEN_ESRCH) },
        { "IDLE", DOMID_IDLE, ALL(-XEN_ESRCH) },
        { "0x8000", 0x8000, ALL(-XEN_ESRCH) },
    };
    const struct target *kind = initial_domain() ? initial : unprivileged;
    void *win = window_alloc();

    for ( unsigned int i = 0; i < ARRAY_SIZE(initial); i++ )
        one_target(&kind[i], win);
    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
        one_target(&nobody[i], win);
}
