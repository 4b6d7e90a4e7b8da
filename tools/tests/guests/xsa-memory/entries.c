/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of page tables: changes that look small, links to one's own kind, what is not present, what the CPU remembers. */
#include "memory.h"

TEST("xsa-148", "no large page comes into being by a change of flags", 0)
{
    struct tree t = tree_alloc();
    uint64_t *tables[] = { NULL, t.l1, t.l2, t.l3, t.l4 };

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int level = 2; level <= 4; level++ )
    {
        uint64_t *e = &tables[level][level == 4 ? TREE_SLOT : 0], old = *e;
        uint64_t at = entry_maddr(e);

        check_rc(mmu_update1(at, old | PTE_PSE), -XEN_EINVAL, "PSE into a live L%u entry", level);
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, old | PTE_PSE), -XEN_EINVAL,
                 "the same, keeping A and D, L%u", level);
        check_rc(mmu_update1(at, (old & ~PTE_RW) | PTE_PSE), -XEN_EINVAL,
                 "PSE for RW in a live L%u entry", level);
        check_rc(mmu_update1(at, old | PTE_PSE | PTE_PAT << 5), -XEN_EINVAL,
                 "PSE and a bit of the address, L%u", level);
        check_eq(*e, old, "the L%u entry is as it was", level);
        check_rc(mmu_update1(at, old & ~PTE_RW), 0, "RW out of the L%u entry", level);
        check_rc(mmu_update1(at, (old & ~PTE_RW) | PTE_PSE), -XEN_EINVAL, "PSE without RW, L%u",
                 level);
        check_rc(mmu_update1(at, old), 0, "RW into the L%u entry", level);
        check_eq(*e, old, "the L%u entry is as at first", level);
    }
    check_rc(page_set_rw(t.l1), -XEN_EBUSY, "the L1 is a table all the while");
    check_rc(unpin(t.l4), 0, "unpin");
}

#define VGA 0xb8

static uint64_t cache_bits(const volatile void *va)
{
    return *pt_entry(va, 1) & (PTE_PWT | PTE_PCD);
}

static void store_entry(void *arg)
{
    *(volatile uint64_t *)pt_entry(arg, 1) = pte(VGA, PTE_RW_PAGE);
}

TEST("xsa-154", "a device's page has one cacheability", 0)
{
    void *a = window_alloc(), *b = window_alloc();
    uint64_t *l1 = page_alloc();

    if ( !initial_domain() )
    {
        check_rc(map(a, VGA, PTE_RW_PAGE), -XEN_EPERM, "a device's page, write-back");
        check_rc(map(a, VGA, PTE_RW_PAGE | PTE_PCD | PTE_PWT), -XEN_EPERM, "uncached");
        return;
    }
    check_rc(map(a, VGA, PTE_RW_PAGE | PTE_PCD | PTE_PWT), 0, "uncached");
    check_rc(map(b, VGA, PTE_RW_PAGE), 0, "the same page write-back");
    check_eq(cache_bits(b), PTE_PCD | PTE_PWT, "it became uncached");
    check_rc(map(a, VGA, PTE_RW_PAGE), 0, "write-back where it was uncached");
    check_eq(cache_bits(a), PTE_PCD | PTE_PWT, "it stayed uncached");
    check_rc(mmu_update1(pt_entry_maddr(a, 1), pte(VGA, PTE_RW_PAGE)), 0,
             "write-back by mmu_update");
    check_eq(cache_bits(a), PTE_PCD | PTE_PWT, "it stayed uncached");
    check_rc(map(a, 0, 0), 0, "unmap");
    hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    check(!probe(store_entry, a), "write-back by a store to the table");
    check_eq(cache_bits(a), PTE_PCD | PTE_PWT, "it became uncached");
    l1[3] = pte(VGA, PTE_RW_PAGE);
    check_rc(page_set_ro(l1), 0, "a table that has it write-back");
    check_rc(pin(1, l1), 0, "pin it");
    check_eq(l1[3] & (PTE_PWT | PTE_PCD), PTE_PCD | PTE_PWT, "it became uncached");
    check_rc(unpin(l1), 0, "unpin");
}

TEST("xsa-402", "a table written through a write-combining mapping", TEST_INITIAL)
{
    struct tree t = tree_alloc();
    uint64_t *page = page_alloc(), *bad = page_alloc(), *good = page_alloc();
    volatile uint64_t *win = window_alloc();
    char *va = (char *)((uint64_t)TREE_SLOT << 39);

    page[0] = 0x402;
    check_rc(page_set_ro(good) | page_set_ro(bad), 0, "two pages without a writable mapping");
    check_rc(map((void *)win, mfn_of(good), PTE_RW_PAGE | PTE_PAT), 0, "one write-combining");
    win[0] = pte(mfn_of(page), PTE_RW_PAGE);
    check_rc(pin(1, good), -XEN_EINVAL, "it is no table while it is mapped");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_NONE), 0, "unmap it");
    check_rc(mmu_update1(pt_entry_maddr(va, 4), pte(mfn_of(t.l3), PTE_TABLE)), 0, "an empty tree");
    check_rc(mmu_update1(entry_maddr(&t.l2[0]), pte(mfn_of(good), PTE_TABLE)), 0,
             "the page as its L1");
    check_eq(*(volatile uint64_t *)va, 0x402, "what was written is what is used");
    check_rc(mmu_update1(pt_entry_maddr(va, 4), 0), 0, "take the tree out");
    check_rc(map((void *)win, mfn_of(bad), PTE_RW_PAGE | PTE_PAT), 0, "the other write-combining");
    win[511] = pte(root_mfn, PTE_RW_PAGE);
    check_rc(hyp_update_va_mapping(win, 0, UVMF_NONE), 0, "unmap it");
    check_rc(pin(1, bad), -XEN_EBUSY, "the bad entry in it is seen");
}

/* ---- Links to tables of the same level ---- */

#define SELF_SLOT 500UL
#define LINKED(slot)                                                                               \
    ((volatile uint64_t *)(0xffff000000000000UL | (slot) << 39 | (slot) << 30 | (slot) << 21 |     \
                           (slot) << 12))

static void store_by_link(void *arg)
{
    LINKED(SELF_SLOT)[SELF_SLOT] = (uint64_t)arg;
}

TEST("xsa-182", "a self-link never becomes writable", 0)
{
    uint64_t ro = pte(root_mfn, PTE_P | PTE_US | PTE_A), at = (root_mfn << 12) + SELF_SLOT * 8;
    static const struct
    {
        uint64_t flags;
        const char *name;
    } more[] = { { PTE_RW, "RW" },
                 { PTE_RW | PTE_D, "RW, D" },
                 { PTE_RW | PTE_NX, "RW, NX" },
                 { PTE_RW | 1UL << 9, "RW and a free bit" },
                 { PTE_RW | PTE_GUEST_KERNEL, "RW and bit 52" } };

    check_rc(mmu_update1(at, ro), 0, "the running L4 links to itself, read-only");
    check_eq(LINKED(SELF_SLOT)[SELF_SLOT], ro, "by that we read it");
    for ( unsigned int i = 0; i < ARRAY_SIZE(more); i++ )
    {
        check_rc(mmu_update1(at, ro | more[i].flags), -XEN_EINVAL, "it gains %s", more[i].name);
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, ro | more[i].flags), -XEN_EINVAL,
                 "the same, keeping A and D");
    }
    check_eq(LINKED(SELF_SLOT)[SELF_SLOT], ro, "it is as it was");
    check(probe(store_by_link, (void *)(ro | PTE_RW)) && probe_regs.vector == TRAP_PF,
          "a store through the link that would make it writable: #PF");
    check(probe(store_by_link, NULL) && probe_regs.vector == TRAP_PF,
          "a store through the link that would end it: #PF");
    check_rc(mmu_update1(at + 8, ro | PTE_RW), -XEN_EINVAL, "a second link, writable");
    check_rc(mmu_update1(at, 0), 0, "no link");
    check_rc(mmu_update1(at, ro | PTE_RW), -XEN_EINVAL, "a writable one from nothing");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
}

TEST("xsa-240", "tables of one level do not form chains", 0)
{
    uint64_t ro = PTE_P | PTE_US | PTE_A;

    for ( unsigned int level = 4; level >= 2; level-- )
    {
        uint64_t *a = table_alloc(), *b = table_alloc(), *c = table_alloc(), *d = table_alloc();

        check_rc(pin(level, a) | pin(level, b) | pin(level, c) | pin(level, d), 0,
                 "four tables of level %u", level);
        check_rc_any(mmu_update1(entry_maddr(&a[9]), pte(mfn_of(b), ro)), 0, -XEN_EINVAL,
                     "level %u: a to b", level);
        if ( a[9] )
        {
            check_rc(mmu_update1(entry_maddr(&b[9]), pte(mfn_of(c), ro)), -XEN_EINVAL,
                     "level %u: b, which is linked to, to c", level);
            check_rc(mmu_update1(entry_maddr(&d[9]), pte(mfn_of(a), ro)), -XEN_EINVAL,
                     "level %u: d to a, which has a link", level);
        }
        else
            check_eq(a[9], 0, "level %u: no links at all", level);
        check_rc(mmu_update1(entry_maddr(&a[10]), pte(mfn_of(b), ro | PTE_RW)), -XEN_EINVAL,
                 "level %u: a to b, writable", level);
        check_rc(mmu_update1(entry_maddr(&a[9]), 0), 0, "level %u: no link", level);
        check_rc_any(mmu_update1(entry_maddr(&b[9]), pte(mfn_of(c), ro)), 0, -XEN_EINVAL,
                     "level %u: b to c", level);
        check_rc(unpin(a), 0, "unpin a");
        entry_write(&a[9], pte(mfn_of(b), ro));
        /* Where links are refused altogether, b is of the wrong type. */
        check_rc(pin(level, a), -XEN_EINVAL, "level %u: pin a with a link to b inside", level);
        check_rc(page_set_rw(a), 0, "nothing of a is typed");
        check_rc(mmu_update1(entry_maddr(&b[9]), 0), 0, "level %u: no link", level);
        check_rc(unpin(b) | unpin(c) | unpin(d), 0, "unpin them");
        check_rc(page_set_rw(b) | page_set_rw(c) | page_set_rw(d), 0, "nothing of them is typed");
    }
}

/* ---- Not present ---- */

static volatile uint64_t *ptwr_at;

static void store_value(void *arg)
{
    *ptwr_at = (uint64_t)arg;
}

/* On a CPU that is vulnerable the domain would be crashed for these; ours is not. */
TEST("xsa-273", "entries that are not present hold what they are given", 0)
{
    static const uint64_t values[] = { 0x1000 & ~PTE_P, 0xfffffffffffffffeUL, 0x000ffffffffff000UL,
                                       0x8000000000000000UL, 0x0000000000100000UL };
    void *win = window_alloc();
    uint64_t at = pt_entry_maddr(win, 1), *l1 = page_alloc();

    hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    ptwr_at = pt_entry(win, 1);
    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
    {
        check_rc(mmu_update1(at, values[i]), 0, "value %u by mmu_update", i);
        check_eq(*ptwr_at, values[i], "it is there");
        check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "clear it");
        check_rc(hyp_update_va_mapping(win, values[i], UVMF_INVLPG), 0,
                 "value %u by update_va_mapping", i);
        check_eq(*ptwr_at, values[i], "it is there");
        check_rc(mmu_update1(at, 0), 0, "clear it");
        check(!probe(store_value, (void *)values[i]), "value %u by a store", i);
        check_eq(*ptwr_at, values[i], "it is there");
        check_rc(mmu_update1(at, 0), 0, "clear it");
        l1[i] = values[i];
    }
    check_rc(page_set_ro(l1), 0, "a page of all of them");
    check_rc(pin(1, l1), 0, "pin it as an L1");
    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
        check_eq(l1[i], values[i], "value %u is still there", i);
    check_rc(unpin(l1), 0, "unpin");
}

TEST("xsa-279", "an update that fails flushes nothing", 0)
{
    static const uint64_t addresses[] = { 1UL << 63,
                                          NON_CANON,
                                          0x0000ffffffffffffUL,
                                          0xffff7fffffffffffUL,
                                          1UL << 48,
                                          HYPERVISOR_VIRT_START,
                                          HV_ADDRESS,
                                          HYPERVISOR_VIRT_END - 1 };
    static const unsigned long flags[] = { UVMF_INVLPG | UVMF_ALL, UVMF_INVLPG | UVMF_LOCAL,
                                           UVMF_TLB_FLUSH | UVMF_ALL, UVMF_NONE };
    uint64_t entry = pte(mfn_of(page_alloc()), PTE_RW_PAGE);

    for ( unsigned int a = 0; a < ARRAY_SIZE(addresses); a++ )
        for ( unsigned int f = 0; f < ARRAY_SIZE(flags); f++ )
        {
            void *va = (void *)addresses[a];

            check_rc(hyp_update_va_mapping(va, 0, flags[f]), -XEN_EINVAL,
                     "nothing at 0x%lx, flags %lu", addresses[a], flags[f]);
            check_rc(hyp_update_va_mapping(va, entry, flags[f]), -XEN_EINVAL,
                     "a page at 0x%lx, flags %lu", addresses[a], flags[f]);
        }
}

/* ---- Roots ---- */

#define SLOT_VA(slot) ((volatile uint64_t *)((uint64_t)(slot) << 39))

TEST("xsa-64", "a root has nothing of ours that we did not put there", 0)
{
    uint64_t *l4 = table_alloc();
    unsigned int strange = 0;

    check_rc(pin(4, l4), 0, "pin an empty L4");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0, "use it for user mode");
    for ( unsigned int i = 0; i < 512; i++ )
        strange += (i < 256 || i > 271) && l4[i];
    check_eq(strange, 0, "entries in our part of it");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0), 0, "the other user root");
    check_rc(unpin(l4), 0, "unpin");
}

static unsigned long read_word(unsigned long va)
{
    return *(volatile uint64_t *)va;
}

static void read_slot(void *arg)
{
    (void)*SLOT_VA(TREE_SLOT);
}

TEST("xsa-254", "a change of a root in use is in effect", 0)
{
    struct tree t = tree_alloc();
    uint64_t *page = page_alloc(), kernel_at = (root_mfn << 12) + TREE_SLOT * 8,
             user_at = (user_root_mfn << 12) + TREE_SLOT * 8;
    unsigned long seen = 0, va = (unsigned long)SLOT_VA(TREE_SLOT);

    page[0] = 0x254;
    check_rc(pin(3, t.l3), 0, "pin an L3");
    check_rc(mmu_update1(entry_maddr(&t.l1[0]), pte(mfn_of(page), PTE_RW_PAGE | PTE_US)), 0,
             "that maps a page");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        check_rc(mmu_update1(kernel_at, pte(mfn_of(t.l3), PTE_TABLE)), 0, "into the kernel's root");
        check_eq(*SLOT_VA(TREE_SLOT), 0x254, "the kernel sees it");
        check(!user_call(read_word, va, NULL) && probe_regs.vector == TRAP_PF,
              "user mode does not");
        check_rc(mmu_update1(user_at, pte(mfn_of(t.l3), PTE_TABLE)), 0, "into the user's root");
        check(user_call(read_word, va, &seen) && seen == 0x254, "user mode sees it");
        check_rc(mmu_update1(kernel_at, 0), 0, "out of the kernel's root");
        check(probe(read_slot, NULL) && probe_regs.vector == TRAP_PF, "the kernel sees it no more");
        check_rc(mmu_update1(user_at, 0), 0, "out of the user's root");
        check(!user_call(read_word, va, NULL) && probe_regs.vector == TRAP_PF,
              "nor does user mode");
    }
    check_rc(unpin(t.l3), 0, "unpin");
}

/* A root like the running one, with a tree of its own that maps @page at TREE_SLOT. */
static uint64_t *root_with(struct tree *t, uint64_t *page)
{
    uint64_t *l4 = page_alloc();

    *t = tree_alloc();
    memcpy(l4, (void *)(mfn_to_pfn(root_mfn) << 12), PAGE_SIZE);
    l4[TREE_SLOT] = pte(mfn_of(t->l3), PTE_TABLE);
    entry_write(&t->l1[0], pte(mfn_of(page), PTE_RW_PAGE));
    check_rc(page_set_ro(l4), 0, "a root");
    check_rc(pin(4, l4), 0, "pin it");
    return l4;
}

TEST("xsa-292", "a new root brings its own translations", 0)
{
    uint64_t *p = page_alloc(), *q = page_alloc(), *r = page_alloc(), *a, *b, old = root_mfn;
    struct tree ta, tb;

    p[0] = 1;
    q[0] = 2;
    r[0] = 3;
    a = root_with(&ta, p);
    b = root_with(&tb, q);
    for ( unsigned int i = 0; i < 4; i++ )
    {
        check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(a), 0), 0, "root a");
        check_eq(*SLOT_VA(TREE_SLOT), i & 1 ? 3 : 1, "its page");
        check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(b), 0), 0, "root b");
        check_eq(*SLOT_VA(TREE_SLOT), 2, "its page");
        check_rc(mmu_update1(entry_maddr(&ta.l1[0]), pte(mfn_of(i & 1 ? p : r), PTE_RW_PAGE)), 0,
                 "another page into a's tree, which is not in use");
    }
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0, "the old root");
    check(probe(read_slot, NULL) && probe_regs.vector == TRAP_PF, "nothing of either is left");
    check_rc(unpin(a) | unpin(b), 0, "unpin both");
}

/* ---- Emulated bit operations ---- */

static uint64_t bit_base;
static int64_t bit_offset;

static void bit_set(void *arg)
{
    __asm__ volatile("lock btsq %1, (%0)" ::"r"(bit_base), "r"(bit_offset) : "memory", "cc");
}

TEST("xsa-195", "a bit far away from the operand", 0)
{
    static const int64_t away[] = { 0,        64,          -64,      4096,       -4096,
                                    1L << 20, -(1L << 20), 1L << 35, -(1L << 35) };
    volatile uint64_t *e = pt_entry(window_alloc(), 1);
    uint64_t before, after, value = pte(mfn_of(page_alloc()), PTE_RO_PAGE);

    check_rc(mmu_update1(entry_maddr(e), value), 0, "an entry");
    value = *e;
    before = e[-1];
    after = e[1];
    for ( unsigned int i = 0; i < ARRAY_SIZE(away); i++ )
    {
        bool trapped;

        /* The offset counts bits from the operand; bit 9 of the entry is free for us. */
        bit_base = (uint64_t)e - (uint64_t)(away[i] / 8);
        bit_offset = away[i] + 9;
        trapped = probe(bit_set, NULL);
        check(trapped ? probe_regs.vector == TRAP_PF && probe_cr2 >> 3 == (uint64_t)e >> 3 &&
                            *e == value
                      : *e == (value | 1UL << 9),
              "bts from operand %u: bit 9 of the entry, or #PF there", i);
        check_eq(e[-1], before, "the entry before it");
        check_eq(e[1], after, "the entry behind it");
        check_rc(mmu_update1(entry_maddr(e), value), 0, "the entry as it was");
    }
    check_rc(mmu_update1(entry_maddr(e), 0), 0, "none");
}
