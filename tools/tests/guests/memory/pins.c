/* SPDX-License-Identifier: GPL-2.0-only */
/* mmuext_op: pins, base pointers, self links, and the rest. */
#include "memory.h"

TEST("pin-content", "what a table may contain when it is pinned", 0)
{
    uint64_t *rw = page_alloc();

    check_rc(pin(1, table_with(5, pte(mfn_of(rw), PTE_RW_PAGE))), 0, "L1 with a writable page");
    check_rc(pin(1, table_with(5, pte(root_mfn, PTE_RW_PAGE))), -XEN_EBUSY,
             "L1 with the live L4 writable");
    check_rc(pin(1, table_with(5, pte(root_mfn, PTE_RO_PAGE))), 0, "L1 with the live L4 read-only");
    check_rc(pin(1, table_with(5, pte(0x100, PTE_RO_PAGE))), -XEN_EBUSY,
             "L1 with a frame of the hypervisor");
    check_rc(pin(1, table_with(511, pte(0x10000000, PTE_RO_PAGE))), -XEN_EPERM,
             "L1 with a frame beyond memory");
    check_rc(pin(1, table_with(5, ~0UL << 12 | 1)), -XEN_EINVAL, "L1 with no frame, all ones");
    check_rc(pin(2, table_with(5, pte(mfn_of(rw), PTE_TABLE))), -XEN_EINVAL,
             "L2 with a writable page");
    check_rc(pin(2, table_with(5, pte(mfn_of(table_alloc()), PTE_TABLE | PTE_PSE))), -XEN_EINVAL,
             "L2 with PSE");
    check_rc(pin(2, table_with(5, pte(root_mfn, PTE_TABLE))), -XEN_EINVAL, "L2 with the live L4");
    check_rc(pin(2, table_with(5, pte(0x100, PTE_TABLE))), -XEN_EINVAL,
             "L2 with a frame of the hypervisor");
    check_rc(pin(2, table_with(5, pte(0x10000000, PTE_TABLE))), -XEN_EINVAL,
             "L2 with a frame beyond memory");
    check_rc(
        pin(3, table_with(5, pte(mfn_of(table_with(511, pte(mfn_of(rw), PTE_TABLE))), PTE_TABLE))),
        -XEN_EINVAL, "L3 with an L2 with a writable page");
    check_rc(pin(3, table_with(5, pte(mfn_of(rw), PTE_TABLE | PTE_PSE))), -XEN_EINVAL,
             "L3 with PSE");
    check_rc(pin(4, table_with(5, pte(mfn_of(rw), PTE_TABLE))), -XEN_EINVAL,
             "L4 with a writable page");
    check_rc(pin(4, table_with(256, pte(mfn_of(rw), PTE_TABLE))), 0, "L4 with rubbish in slot 256");
    check_rc(pin(4, table_with(271, pte(mfn_of(rw), PTE_TABLE))), 0, "L4 with rubbish in slot 271");
    check_rc(pin(4, table_with(272, pte(mfn_of(rw), PTE_TABLE))), -XEN_EINVAL,
             "L4 with a writable page in slot 272");
    check_rc(pin(4, table_alloc()), 0, "an empty L4");
    uint64_t *l2 = table_alloc();
    check_rc(pin(2, l2), 0, "pin an L2");
    check_rc(pin(4, table_with(5, pte(mfn_of(l2), PTE_TABLE))), -XEN_EINVAL, "L4 with an L2");
    check_rc(pin(2, table_with(5, pte(mfn_of(l2), PTE_TABLE))), -XEN_EINVAL, "L2 with an L2");
    check_rc_any(pin(2, table_with(5, pte(mfn_of(l2), PTE_TABLE & ~PTE_RW))), 0, -XEN_EINVAL,
                 "L2 with an L2, read-only");
}

TEST("pin-states", "pins by the state of the frame", 0)
{
    uint64_t *rw = page_alloc(), *l1 = table_alloc(), *l4 = table_alloc();

    for ( unsigned int level = 1; level <= 4; level++ )
        check_rc(pin(level, rw), -XEN_EINVAL, "pin a writable page as L%u", level);
    check_rc(pin(1, l1), 0, "pin an L1");
    check_rc(pin(1, l1), -XEN_EINVAL, "pin it again");
    check_rc(pin(2, l1), -XEN_EINVAL, "pin it as L2");
    check_rc(pin(4, l1), -XEN_EINVAL, "pin it as L4");
    check_rc(unpin(l1), 0, "unpin it");
    check_rc(unpin(l1), -XEN_EINVAL, "unpin it again");
    check_rc(pin(2, l1), 0, "pin it as L2 now");
    check_rc(unpin(l1), 0, "unpin it");
    check_rc(unpin(rw), -XEN_EINVAL, "unpin a plain page");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, 0x100, 0), -XEN_EINVAL, "pin a frame of the hypervisor");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, 0xb8, 0), -XEN_EINVAL, "pin MMIO");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, 0x10000000, 0), -XEN_EINVAL, "pin beyond memory");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, ~0UL, 0), -XEN_EINVAL, "pin mfn ~0");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, 0x100, 0), -XEN_EINVAL, "unpin a frame of the hypervisor");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, ~0UL, 0), -XEN_EINVAL, "unpin mfn ~0");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, root_mfn, 0), -XEN_EINVAL,
             "pin the initial L4 (it is pinned)");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, root_mfn, 0), 0, "unpin the initial L4 while in use");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, root_mfn, 0), -XEN_EINVAL, "again");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, root_mfn, 0), 0, "pin it back");
    check_rc(mmuext(MMUEXT_PIN_L3_TABLE, pt_table_mfn(0, 3), 0), 0,
             "pin its L3 (in use, same type)");
    check_rc(mmuext(MMUEXT_PIN_L2_TABLE, pt_table_mfn(0, 3), 0), -XEN_EINVAL, "pin its L3 as L2");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, pt_table_mfn(0, 3), 0), 0, "unpin its L3");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, pt_table_mfn(0, 2), 0), -XEN_EINVAL,
             "unpin its L2 (used, never pinned)");
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE };
    op.arg1.mfn = mfn_of(l4);
    check_rc(hyp_mmuext_op(&op, 1, NULL, DOMID_IO), -XEN_EINVAL, "pin with FD IO");
    check_rc(hyp_mmuext_op(&op, 1, NULL, 0), -XEN_ESRCH, "pin with FD 0");
    op.cmd = MMUEXT_UNPIN_TABLE;
    check_rc(hyp_mmuext_op(&op, 1, NULL, 0), -XEN_ESRCH, "unpin with FD 0");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> 12, 0), -XEN_EINVAL,
             "pin shared_info");
}

TEST("self-links", "tables that name their own level", 0)
{
    uint64_t *l4 = table_alloc(), *l4b = table_alloc(), *l3 = table_alloc(), *l2 = table_alloc(),
             *l1 = table_alloc();
    uint64_t ro = PTE_P | PTE_US | PTE_A;

    check_rc(pin(4, l4), 0, "pin an L4");
    check_rc(mmu_update1(entry_maddr(&l4[9]), pte(mfn_of(l4), ro)), 0, "L4[9] = itself, read-only");
    check_eq(l4[9], pte(mfn_of(l4), ro), "L4[9] reads back");
    check_rc(mmu_update1(entry_maddr(&l4[9]), pte(mfn_of(l4), ro | PTE_RW)), -XEN_EINVAL,
             "L4[9] gains RW");
    check_rc(mmu_update1(entry_maddr(&l4[9]), pte(mfn_of(l4), ro | PTE_NX)), 0, "L4[9] gains NX");
    check_rc(mmu_update1(entry_maddr(&l4[10]), pte(mfn_of(l4), ro | PTE_RW)), -XEN_EINVAL,
             "L4[10] = itself, writable");
    check_rc(mmu_update1(entry_maddr(&l4[10]), pte(mfn_of(l4), ro)), 0, "L4[10] = itself too");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), 0, "unpin with self links");
    check_rc(page_set_rw(l4), 0, "and it is free of type");
    l4[11] = pte(mfn_of(l4), ro | PTE_RW);
    page_set_ro(l4);
    check_rc(pin(4, l4), -XEN_EINVAL, "pin with a writable self link inside");
    entry_write(&l4[11], 0);
    check_rc(pin(4, l4), 0, "pin with read-only self links inside");
    check_rc(pin(4, l4b), 0, "pin another L4");
    check_rc_any(mmu_update1(entry_maddr(&l4b[9]), pte(mfn_of(l4), ro)), 0, -XEN_EINVAL,
                 "L4b[9] = L4, read-only");
    check_rc(mmu_update1(entry_maddr(&l4[9]), 0), 0, "L4[9] = 0");
    check_rc(mmu_update1(entry_maddr(&l4[10]), 0), 0, "L4[10] = 0");
    check_rc_any(mmu_update1(entry_maddr(&l4b[9]), pte(mfn_of(l4), ro)), 0, -XEN_EINVAL,
                 "L4b[9] = L4 without self links");
    check_rc(mmu_update1(entry_maddr(&l4[9]), pte(mfn_of(l4b), ro)), -XEN_EINVAL,
             "L4[9] = L4b (a cycle)");
    check_rc(mmu_update1(entry_maddr(&l4b[9]), 0), 0, "L4b[9] = 0");
    check_rc(pin(3, l3), 0, "pin an L3");
    check_rc_any(mmu_update1(entry_maddr(&l3[9]), pte(mfn_of(l3), ro)), 0, -XEN_EINVAL,
                 "L3[9] = itself, read-only");
    check_rc(mmu_update1(entry_maddr(&l3[9]), pte(mfn_of(l3), ro | PTE_RW)), -XEN_EINVAL,
             "L3[9] = itself, writable");
    check_rc(pin(2, l2), 0, "pin an L2");
    check_rc_any(mmu_update1(entry_maddr(&l2[9]), pte(mfn_of(l2), ro)), 0, -XEN_EINVAL,
                 "L2[9] = itself, read-only");
    check_rc(mmu_update1(entry_maddr(&l2[9]), pte(mfn_of(l2), ro | PTE_RW)), -XEN_EINVAL,
             "L2[9] = itself, writable");
    check_rc_any(mmu_update1(entry_maddr(&l3[9]), pte(mfn_of(l2), ro)), 0, -XEN_EINVAL,
                 "L3[9] = L2, read-only");
    check_rc(pin(1, l1), 0, "pin an L1");
    check_rc(mmu_update1(entry_maddr(&l1[9]), pte(mfn_of(l1), PTE_RW_PAGE)), -XEN_EBUSY,
             "L1[9] = itself, writable");
    check_rc(mmu_update1(entry_maddr(&l1[9]), pte(mfn_of(l1), PTE_RO_PAGE)), 0,
             "L1[9] = itself, read-only");
    check_rc(unpin(l1), 0, "unpin that L1");
    uint64_t *seed = page_alloc();
    seed[3] = pte(mfn_of(seed), PTE_RW_PAGE);
    page_set_ro(seed);
    check_rc(pin(1, seed), -XEN_EBUSY, "pin an L1 that maps itself writable");
    check_rc(page_set_rw(seed), 0, "and it is free of type");
}

TEST("new-baseptr", "NEW_BASEPTR", 0)
{
    uint64_t *l4 = page_alloc(), *rw = page_alloc();
    uint64_t old = root_mfn;

    memcpy(l4, (void *)(mfn_to_pfn(root_mfn) << 12), PAGE_SIZE);
    page_set_ro(l4);
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(rw), 0), -XEN_EINVAL, "base: a writable page");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, pt_table_mfn(0, 3), 0), -XEN_EINVAL, "base: the L3");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, 0x100, 0), -XEN_EINVAL, "base: a frame of the hypervisor");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, ~0UL, 0), -XEN_EINVAL, "base: mfn ~0");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, 0, 0), -XEN_EINVAL, "base: mfn 0");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0, "base: an L4 that was never pinned");
    root_mfn = mfn_of(l4);
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0, "base: the same again");
    check_rc(page_set_rw(l4), -XEN_EBUSY, "the running L4 writable");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), -XEN_EINVAL, "unpin it (never pinned)");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), 0, "pin it while it runs");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0, "base: back to the first");
    root_mfn = old;
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), 0, "unpin the other");
    check_rc(page_set_rw(l4), 0, "now it may be writable");
}

TEST("new-user-baseptr", "NEW_USER_BASEPTR", 0)
{
    uint64_t *empty = table_alloc(), *rw = page_alloc();

    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(rw), 0), -XEN_EINVAL,
             "user base: a writable page");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, ~0UL, 0), -XEN_EINVAL, "user base: mfn ~0");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(empty), 0), 0,
             "user base: an L4 that was never pinned");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(empty), 0), 0, "user base: the same again");
    check_rc(page_set_rw(empty), -XEN_EBUSY, "the user L4 writable");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, root_mfn, 0), 0, "user base: the kernel's L4");
    check_rc(page_set_rw(empty), 0, "the old user L4 is free of type");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "user base: mfn 0");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "user base: mfn 0 again");
}

TEST("clear-copy-page", "CLEAR_PAGE and COPY_PAGE", 0)
{
    uint64_t *page = page_alloc(), *src = page_alloc(), *l1 = table_alloc();

    src[0] = 0x1234;
    check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), mfn_of(src)), 0, "COPY_PAGE");
    check_eq(page[0], 0x1234, "content after COPY_PAGE");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(page), 0), 0, "CLEAR_PAGE");
    check_eq(page[0], 0, "content after CLEAR_PAGE");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, root_mfn, 0), -XEN_EINVAL, "CLEAR_PAGE on the live L4");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, pt_table_mfn(0, 1), 0), -XEN_EINVAL,
             "CLEAR_PAGE on a live L1");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, 0x100, 0), -XEN_EINVAL,
             "CLEAR_PAGE on a frame of the hypervisor");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, 0xb8, 0), -XEN_EINVAL, "CLEAR_PAGE on MMIO");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, ~0UL, 0), -XEN_EINVAL, "CLEAR_PAGE on mfn ~0");
    check_rc(mmuext(MMUEXT_COPY_PAGE, root_mfn, mfn_of(src)), -XEN_EINVAL,
             "COPY_PAGE onto the live L4");
    check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), root_mfn), 0, "COPY_PAGE from the live L4");
    check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), 0x100), -XEN_EINVAL,
             "COPY_PAGE from the hypervisor");
    check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), ~0UL), -XEN_EINVAL, "COPY_PAGE from mfn ~0");
    check_rc(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), mfn_of(page)), 0, "COPY_PAGE onto itself");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(l1), 0), 0,
             "CLEAR_PAGE on an untyped read-only page");
}

TEST("flush-operations", "TLB_FLUSH, INVLPG and FLUSH_CACHE", 0)
{
    char *page = page_alloc();
    uint64_t mask = 1;

    check_rc(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "TLB_FLUSH_LOCAL");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "TLB_FLUSH_ALL");
    check_rc(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)page, 0), 0, "INVLPG_LOCAL");
    check_rc(mmuext(MMUEXT_INVLPG_LOCAL, 0xffff820000000000UL, 0), 0,
             "INVLPG_LOCAL in the hypervisor");
    check_rc(mmuext(MMUEXT_INVLPG_LOCAL, 0x8000000000000000UL, 0), 0, "INVLPG_LOCAL not canonical");
    check_rc(mmuext(MMUEXT_INVLPG_ALL, (uint64_t)page, 0), 0, "INVLPG_ALL");
    check_rc(mmuext(MMUEXT_INVLPG_ALL, 0xffff820000000000UL, 0), 0, "INVLPG_ALL in the hypervisor");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask), 0, "TLB_FLUSH_MULTI");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, 0xdead0000), -XEN_EINVAL,
             "TLB_FLUSH_MULTI, mask unmapped");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, 0), 0, "TLB_FLUSH_MULTI, mask NULL");
    check_rc(mmuext(MMUEXT_INVLPG_MULTI, (uint64_t)page, (uint64_t)&mask), 0, "INVLPG_MULTI");
    check_rc(mmuext(MMUEXT_INVLPG_MULTI, (uint64_t)page, 0xdead0000), -XEN_EINVAL,
             "INVLPG_MULTI, mask unmapped");
    long no = initial_domain() ? 0 : -XEN_EACCES, nor = initial_domain() ? 0 : -XEN_EINVAL;
    check_rc_any(mmuext(MMUEXT_FLUSH_CACHE, 0, 0), no, nor, "FLUSH_CACHE");
    check_rc_any(mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), no, nor, "FLUSH_CACHE_GLOBAL");
}

TEST("mmuext-unsupported", "superpage marks, and commands that do not exist", 0)
{
    char *page = page_alloc();

    check_rc(mmuext(MMUEXT_MARK_SUPER, mfn_of(page), 0), -XEN_EOPNOTSUPP, "MARK_SUPER");
    check_rc(mmuext(MMUEXT_UNMARK_SUPER, mfn_of(page), 0), -XEN_EOPNOTSUPP, "UNMARK_SUPER");
    check_rc(mmuext(MMUEXT_MARK_SUPER, ~0UL << 21, 0), -XEN_EOPNOTSUPP, "MARK_SUPER of a huge mfn");
    check_rc(mmuext(14, 0, 0), -XEN_ENOSYS, "command 14");
    check_rc(mmuext(21, 0, 0), -XEN_ENOSYS, "command 21");
    check_rc(mmuext(~0U, 0, 0), -XEN_ENOSYS, "command ~0");
}

TEST("mmuext-done", "counts, done, and where the list is", 0)
{
    struct mmuext_op op[3];
    unsigned int done;

    op[0] = op[2] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    op[1] = (struct mmuext_op){ .cmd = 99 };
    done = 77;
    check_rc(hyp_mmuext_op(op, 0, &done, DOMID_SELF), 0, "count 0");
    check_eq(done, 0, "done after count 0");
    done = 77;
    check_rc(hyp_mmuext_op(op, 1, &done, DOMID_SELF), 0, "one");
    check_eq(done, 1, "done after one");
    done = 77;
    check_rc(hyp_mmuext_op(op, 3, &done, DOMID_SELF), -XEN_ENOSYS, "good, bad, good");
    check_eq(done, 1, "done after good, bad, good");
    done = 77;
    check_rc(hyp_mmuext_op((void *)0xdead0000, 1, &done, DOMID_SELF), -XEN_EFAULT,
             "operations unmapped");
    check_eq(done, 0, "done when operations are unmapped");
    check_rc(hyp_mmuext_op((void *)MACH2PHYS_VIRT_START, 1, &done, DOMID_SELF), -XEN_EFAULT,
             "operations in hypervisor space");
    check_rc(hyp_mmuext_op(op, 1, (void *)0xdead0000, DOMID_SELF), 0, "done unmapped");
}

TEST("set-ldt-arguments", "SET_LDT", 0)
{
    char *page = page_alloc();

    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)page, 512), 0, "a page");
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)page + 8, 10), -XEN_EINVAL, "misaligned");
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)page, 8192), 0, "8192 entries");
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)page, 8193), -XEN_EINVAL, "8193 entries");
    check_rc(mmuext(MMUEXT_SET_LDT, 0xffff820000000000UL, 1), -XEN_EINVAL, "in the hypervisor");
    check_rc(mmuext(MMUEXT_SET_LDT, 0x0000800000000000UL, 1), -XEN_EINVAL, "not canonical");
    check_rc(mmuext(MMUEXT_SET_LDT, 0x00007ffffffff000UL, 8192), 0, "over the edge");
    check_rc(mmuext(MMUEXT_SET_LDT, 0xdead0000, 1), 0, "unmapped (faults only when used)");
    check_rc(mmuext(MMUEXT_SET_LDT, 8, 0), 0, "0 entries, misaligned");
    check_rc(mmuext(MMUEXT_SET_LDT, 0, 0), 0, "none");
}
