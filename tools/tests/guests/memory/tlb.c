/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stale translation must not outlive the flush that was asked for. Each way of flushing is tried on a page that the CPU has just
 * translated; and a table that is replaced must be followed from then on (XSA-286).
 */
#include "memory.h"

static volatile uint64_t *win;
static uint64_t *a, *b;

static void set_up(void)
{
    win = window_alloc();
    a = page_alloc();
    b = page_alloc();
    a[0] = 0xa;
    b[0] = 0xb;
}

/* The window shows page a, and the CPU knows it. */
static void prime(void)
{
    if ( hyp_update_va_mapping(win, pte(mfn_of(a), PTE_RW_PAGE), UVMF_INVLPG | UVMF_ALL) ||
         *win != 0xa )
        panic("the window does not show the page");
}

static void sees_b(const char *how)
{
    check_eq(*win, 0xb, "%s: the new page is seen", how);
}

TEST("flush-by-update-va", "flushes of update_va_mapping are seen", 0)
{
    static const struct
    {
        unsigned long flags;
        const char *name;
    } cases[] = {
        { UVMF_INVLPG | UVMF_LOCAL, "INVLPG, local" },
        { UVMF_INVLPG | UVMF_ALL, "INVLPG, all" },
        { UVMF_TLB_FLUSH | UVMF_LOCAL, "TLB_FLUSH, local" },
        { UVMF_TLB_FLUSH | UVMF_ALL, "TLB_FLUSH, all" },
    };
    static uint64_t mask[8] __attribute__((aligned(64))) = { 1 };

    set_up();
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        prime();
        check_rc(hyp_update_va_mapping(win, pte(mfn_of(b), PTE_RW_PAGE), cases[i].flags), 0,
                 "remap, %s", cases[i].name);
        sees_b(cases[i].name);
    }
    prime();
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(b), PTE_RW_PAGE),
                                   UVMF_INVLPG | UVMF_MULTI | (unsigned long)mask),
             0, "remap, INVLPG, mask");
    sees_b("INVLPG, mask");
    prime();
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(b), PTE_RW_PAGE),
                                   UVMF_TLB_FLUSH | UVMF_MULTI | (unsigned long)mask),
             0, "remap, TLB_FLUSH, mask");
    sees_b("TLB_FLUSH, mask");
}

TEST("flush-by-mmuext", "flushes of mmuext_op are seen", 0)
{
    static uint64_t mask = 1;
    const struct
    {
        unsigned int cmd;
        uint64_t arg1, arg2;
        const char *name;
    } cases[] = {
        { MMUEXT_TLB_FLUSH_LOCAL, 0, 0, "TLB_FLUSH_LOCAL" },
        { MMUEXT_TLB_FLUSH_ALL, 0, 0, "TLB_FLUSH_ALL" },
        { MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask, "TLB_FLUSH_MULTI" },
        { MMUEXT_INVLPG_LOCAL, (uint64_t)win, 0, "INVLPG_LOCAL" },
        { MMUEXT_INVLPG_LOCAL, (uint64_t)win + 123, 0, "INVLPG_LOCAL, inside the page" },
        { MMUEXT_INVLPG_ALL, (uint64_t)win, 0, "INVLPG_ALL" },
        { MMUEXT_INVLPG_MULTI, (uint64_t)win, (uint64_t)&mask, "INVLPG_MULTI" },
    };

    set_up();
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        prime();
        check_rc(mmu_update1(pt_entry_maddr(win, 1), pte(mfn_of(b), PTE_RW_PAGE)), 0,
                 "remap by mmu_update");
        check_rc(mmuext(cases[i].cmd, cases[i].arg1, cases[i].arg2), 0, "%s", cases[i].name);
        sees_b(cases[i].name);
    }
}

TEST("flush-by-new-baseptr", "a new base pointer flushes", 0)
{
    uint64_t *l4 = page_alloc(), old = root_mfn;

    set_up();
    memcpy(l4, (void *)(mfn_to_pfn(root_mfn) << 12), PAGE_SIZE);
    page_set_ro(l4);
    prime();
    check_rc(mmu_update1(pt_entry_maddr(win, 1), pte(mfn_of(b), PTE_RW_PAGE)), 0,
             "remap by mmu_update");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0, "a new root over the same tables");
    sees_b("NEW_BASEPTR");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0, "the old root");
    page_set_rw(l4);
}

/* What it stores is no good as an entry: the hypervisor cannot take it for a page-table write to be emulated. */
static void store(void *arg)
{
    *win = pte(root_mfn, PTE_RW_PAGE);
}

/* Rights that go must be gone at once, with the flush or without an own request for it. */
TEST("flush-rights", "rights that go are gone at once (XSA-287)", 0)
{
    set_up();
    prime();
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(a), PTE_RO_PAGE), UVMF_INVLPG), 0,
             "read-only from now on");
    check(probe(store, NULL) && probe_regs.vector == TRAP_PF, "a store faults");
    check_rc(page_set_ro(a), 0, "the page's own mapping read-only");
    prime();
    *win = 0;
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(a), PTE_RO_PAGE), UVMF_NONE), 0,
             "the window read-only, no flush asked for");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(a), 0), 0, "the page becomes a table");
    check(probe(store, NULL) && probe_regs.vector == TRAP_PF,
          "and no old translation lets us write to it");
    check_eq(a[0], 0, "the table is unharmed");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(a), 0), 0, "unpin");
    page_set_rw(a);
    a[0] = 0xa;
}

/* A batch replaces an L2 between two changes of an entry below it: the second change must go to the new one (XSA-286). */
TEST("xsa-286", "a table that is replaced within a batch", 0)
{
    struct tree t = tree_alloc();
    uint64_t *l2b = page_alloc(), *l1b = page_alloc();
    char *va = (char *)((uint64_t)TREE_SLOT << 39);
    struct mmu_update swap = { entry_maddr(&t.l3[0]), pte(mfn_of(l2b), PTE_TABLE) };
    struct multicall_entry m[3];

    set_up();
    l2b[0] = pte(mfn_of(l1b), PTE_TABLE);
    check_rc(page_set_ro(l2b) | page_set_ro(l1b), 0, "a second L2 and L1");
    check_rc(mmu_update1(pt_entry_maddr(va, 4), pte(mfn_of(t.l3), PTE_TABLE)), 0,
             "hang an L3 into the running tree");
    check_rc(hyp_update_va_mapping(va, pte(mfn_of(a), PTE_RW_PAGE), 0), 0, "map a page by it");
    check_eq(*(volatile uint64_t *)va, 0xa, "it is seen");
    memset(m, 0, sizeof(m));
    m[0].op = __HYPERVISOR_update_va_mapping;
    m[0].args[0] = (unsigned long)va;
    m[1].op = __HYPERVISOR_mmu_update;
    m[1].args[0] = (unsigned long)&swap;
    m[1].args[1] = 1;
    m[1].args[3] = DOMID_SELF;
    m[2].op = __HYPERVISOR_update_va_mapping;
    m[2].args[0] = (unsigned long)va;
    m[2].args[1] = pte(mfn_of(b), PTE_RW_PAGE);
    m[2].args[2] = UVMF_INVLPG;
    check_rc(hyp_multicall(m, 3), 0, "unmap; replace the L2; map another page");
    check(!m[0].result && !m[1].result && !m[2].result, "all three are done");
    check_eq(t.l1[0], 0, "the old L1's entry is empty");
    check_eq(l1b[0] & PTE_ADDR, mfn_of(b) << 12, "the new L1's entry has the page");
    check_eq(*(volatile uint64_t *)va, 0xb, "which is what is seen");
    check_rc(mmu_update1(pt_entry_maddr(va, 4), 0), 0, "take the L3 out");
}
