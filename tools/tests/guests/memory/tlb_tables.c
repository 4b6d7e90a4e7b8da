/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translations and the flushes that end them, beyond one L1 entry: tables that go or are exchanged, rights one by one, user mode's pages,
 * which are global, many pages by one flush. The CPU has just used what is changed.
 */
#include "memory.h"

static volatile uint64_t *const va = (volatile uint64_t *)((uint64_t)TREE_SLOT << 39);
static uint64_t mask = 1;

static long flush_local(void)
{
    return mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}

static long flush_all(void)
{
    return mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
}

static long flush_multi(void)
{
    return mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask);
}

static long invlpg_local(void)
{
    return mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)va, 0);
}

static long invlpg_all(void)
{
    return mmuext(MMUEXT_INVLPG_ALL, (uint64_t)va, 0);
}

static long invlpg_multi(void)
{
    return mmuext(MMUEXT_INVLPG_MULTI, (uint64_t)va, (uint64_t)&mask);
}

static long same_root(void)
{
    return mmuext(MMUEXT_NEW_BASEPTR, root_mfn, 0);
}

static const struct
{
    long (*flush)(void);
    const char *name;
} flushes[] = {
    { flush_local, "TLB_FLUSH_LOCAL" },
    { flush_all, "TLB_FLUSH_ALL" },
    { flush_multi, "TLB_FLUSH_MULTI" },
    { invlpg_local, "INVLPG_LOCAL" },
    { invlpg_all, "INVLPG_ALL" },
    { invlpg_multi, "INVLPG_MULTI" },
    { same_root, "NEW_BASEPTR with the same root" },
};

static void read_va(void *arg)
{
    (void)*va;
}

static bool faults(void (*fn)(void *))
{
    return probe(fn, NULL) && probe_regs.vector == TRAP_PF && probe_cr2 == (uint64_t)va;
}

/* Two trees; the first hangs in the running root, at TREE_SLOT. */
static struct tree a, b;
static uint64_t at[5], to_a[5], to_b[5];

static uint64_t *data_page(struct tree *t, uint64_t word)
{
    uint64_t *page = page_alloc();

    page[0] = word;
    entry_write(&t->l1[0], pte(mfn_of(page), PTE_RW_PAGE | PTE_US));
    return page;
}

static void two_trees(void)
{
    a = tree_alloc();
    b = tree_alloc();
    data_page(&a, 0xa);
    data_page(&b, 0xb);
    at[4] = (root_mfn << 12) + TREE_SLOT * 8;
    at[3] = entry_maddr(&a.l3[0]);
    at[2] = entry_maddr(&a.l2[0]);
    to_a[4] = pte(mfn_of(a.l3), PTE_TABLE);
    to_a[3] = pte(mfn_of(a.l2), PTE_TABLE);
    to_a[2] = pte(mfn_of(a.l1), PTE_TABLE);
    to_b[4] = pte(mfn_of(b.l3), PTE_TABLE);
    to_b[3] = pte(mfn_of(b.l2), PTE_TABLE);
    to_b[2] = pte(mfn_of(b.l1), PTE_TABLE);
    check_rc(mmu_update1(at[4], to_a[4]), 0, "a tree in the running root");
    check_eq(*va, 0xa, "its page");
}

TEST("flush-table-gone", "a table that was taken out translates nothing behind a flush", 0)
{
    two_trees();
    for ( unsigned int level = 2; level <= 4; level++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(flushes); i++ )
        {
            (void)*va;
            check_rc(mmu_update1(at[level], 0) | flushes[i].flush(), 0, "the L%u entry goes, %s",
                     level, flushes[i].name);
            check(faults(read_va), "the page is not seen any more");
            check_rc(mmu_update1(at[level], to_a[level]), 0, "the entry is back");
            check_eq(*va, 0xa, "and so is the page");
        }
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}

TEST("flush-table-exchanged", "a table put in another's place translates behind a flush", 0)
{
    two_trees();
    for ( unsigned int level = 2; level <= 4; level++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(flushes); i++ )
        {
            check_eq(*va, 0xa, "the first tree's page");
            check_rc(mmu_update1(at[level], to_b[level]) | flushes[i].flush(), 0,
                     "the second tree's table in the L%u entry, %s", level, flushes[i].name);
            check_eq(*va, 0xb, "the second tree's page");
            check_rc(mmu_update1(at[level], to_a[level]) | flush_all(), 0, "the first again");
        }
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}

/* ---- Rights ---- */

static void write_va(void *arg)
{
    __asm__ volatile("movb $0xc3, %0" : "=m"(*(volatile uint8_t *)va)); /* ret, for the next */
}

static void call_va(void *arg)
{
    ((void (*)(void))(uint64_t)va)();
}

TEST("flush-each-right", "each right that goes is gone behind a flush, at each level", 0)
{
    static const struct
    {
        uint64_t clear, set;
        void (*use)(void *);
        uint64_t error;
        const char *name;
    } rights[] = {
        { PTE_RW, 0, write_va, PF_P | PF_W, "write" },
        { 0, PTE_NX, call_va, PF_P | PF_I, "execute" },
    };
    uint64_t *page, good[5];

    two_trees();
    at[1] = entry_maddr(&a.l1[0]);
    page = (uint64_t *)(mfn_to_pfn(a.l1[0] >> 12 & 0xffffffffff) << 12);
    good[1] = pte(mfn_of(page), PTE_RW_PAGE);
    memcpy(&good[2], &to_a[2], 3 * sizeof(good[0]));
    check_rc(mmu_update1(at[1], good[1]) | flush_all(), 0, "a page of the kernel's");
    for ( unsigned int level = 1; level <= 4; level++ )
        for ( unsigned int r = 0; r < ARRAY_SIZE(rights); r++ )
            for ( unsigned int i = 0; i < 6; i += 3 ) /* local: all, and this page */
            {
                uint64_t e = (good[level] & ~rights[r].clear) | rights[r].set;

                write_va(NULL);
                check(!probe(rights[r].use, NULL), "L%u: the right to %s is there", level,
                      rights[r].name);
                check_rc(mmu_update1(at[level], e) | flushes[i].flush(), 0, "it goes, %s",
                         flushes[i].name);
                check(faults(rights[r].use), "it is gone");
                check_eq(probe_regs.error, rights[r].error, "error code");
                check(!probe(read_va, NULL), "the right to read is not");
                check_rc(mmu_update1(at[level], good[level]) | flush_all(), 0, "it is back");
            }
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}

/* ---- User mode ---- */

static unsigned long user_read(unsigned long arg)
{
    return *(volatile uint64_t *)arg;
}

static uint64_t user_sees(void)
{
    unsigned long seen = 0;

    return user_call(user_read, (unsigned long)va, &seen) ? seen : ~0UL;
}

static long same_user_root(void)
{
    return mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0);
}

/* Pages of user mode become global entries of the TLB: a load of CR3 alone does not end them. */
TEST("flush-user-pages", "user mode sees what its tables say behind a flush", 0)
{
    uint64_t l1, user_at = (user_root_mfn << 12) + TREE_SLOT * 8, *pages[2];

    two_trees();
    check_rc(mmu_update1(user_at, to_a[4]), 0, "the tree in the user's root too");
    pages[0] = (uint64_t *)(mfn_to_pfn(a.l1[0] >> 12 & 0xffffffffff) << 12);
    pages[1] = page_alloc();
    pages[1][0] = 0xb;
    l1 = entry_maddr(&a.l1[0]);
    for ( unsigned int i = 0; i < ARRAY_SIZE(flushes); i++ )
    {
        check_eq(user_sees(), 0xa, "user mode sees the first page");
        check_rc(mmu_update1(l1, pte(mfn_of(pages[1]), PTE_RW_PAGE | PTE_US)) | flushes[i].flush(),
                 0, "the second page instead, %s", flushes[i].name);
        check_eq(user_sees(), 0xb, "user mode sees it");
        check_eq(*va, 0xb, "so does the kernel");
        check_rc(mmu_update1(l1, pte(mfn_of(pages[0]), PTE_RW_PAGE | PTE_US)) | flush_all(), 0,
                 "the first again");
    }
    check_eq(user_sees(), 0xa, "user mode sees the first page");
    check_rc(mmu_update1(l1, pte(mfn_of(pages[1]), PTE_RW_PAGE)) | flush_all(), 0,
             "the second, for the kernel only");
    check_eq(*va, 0xb, "the kernel sees it");
    check_eq(user_sees(), 0xb,
             "so does user mode: its root alone keeps it from the kernel's pages");
    check_rc(mmu_update1(user_at, 0) | flush_all() | same_user_root(), 0, "out of the user's root");
    check_eq(user_sees(), ~0UL, "user mode sees nothing there");
    check_eq(*va, 0xb, "the kernel does");
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}

TEST("flush-user-root", "another user root shows its own pages at once", 0)
{
    uint64_t *roots[2];
    unsigned int wrong = 0;

    two_trees();
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "not in the kernel's root");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        roots[i] = page_alloc();
        roots[i][0] = *pt_entry(NULL, 4);
        roots[i][TREE_SLOT] = i ? to_b[4] : to_a[4];
        check_rc(page_set_ro(roots[i]), 0, "a user root");
        check_rc(pin(4, roots[i]), 0, "pin it");
    }
    for ( unsigned int i = 0; i < 8; i++ )
    {
        if ( mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(roots[i & 1]), 0) )
            panic("user root");
        wrong += user_sees() != (i & 1 ? 0xb : 0xa);
    }
    check_eq(wrong, 0, "times that user mode saw the other's page, of 8");
    check_rc(same_user_root(), 0, "the first user root");
    check_eq(user_sees(), ~0UL, "it has no such page");
    check_rc(unpin(roots[0]) | unpin(roots[1]), 0, "unpin both");
}

/* ---- Many ---- */

#define MANY 64

TEST("flush-many", "one flush is enough for many changes", 0)
{
    static struct mmu_update all[MANY];
    uint64_t *x = page_alloc(), *y = page_alloc();
    unsigned int done = 0;

    x[0] = 1;
    y[0] = 2;
    two_trees();
    for ( unsigned int f = 0; f < 3; f++ )
        for ( unsigned int turn = 0; turn < 2; turn++ )
        {
            unsigned int old = 0;

            for ( unsigned int i = 0; i < MANY; i++ )
                all[i] = (struct mmu_update){ entry_maddr(&a.l1[8 * i]),
                                              pte(mfn_of(turn ? y : x), PTE_RW_PAGE) };
            check_rc(hyp_mmu_update(all, MANY, &done, DOMID_SELF), 0, "64 entries by one list");
            check_rc(flushes[f].flush(), 0, "%s", flushes[f].name);
            for ( unsigned int i = 0; i < MANY; i++ )
                old += va[8 * i * 512] != turn + 1;
            check_eq(old, 0, "pages that are still the old ones");
        }
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}

TEST("flush-in-list", "a flush within a list counts from there on", 0)
{
    struct multicall_entry m[4] = { 0 };
    struct mmu_update update = { 0 };
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL };
    uint64_t *page = page_alloc();

    page[0] = 0xc;
    two_trees();
    (void)*va;
    op.arg1.linear_addr = (unsigned long)va;
    update = (struct mmu_update){ entry_maddr(&a.l1[0]), pte(mfn_of(page), PTE_RW_PAGE) };
    m[0].op = m[2].op = __HYPERVISOR_mmu_update;
    m[0].args[0] = (unsigned long)&update;
    m[0].args[1] = 1;
    m[0].args[3] = DOMID_SELF;
    m[1].op = __HYPERVISOR_mmuext_op;
    m[1].args[0] = (unsigned long)&op;
    m[1].args[1] = 1;
    m[1].args[3] = DOMID_SELF;
    /* Behind the flush a call that writes by that address: it must reach the new page. */
    m[2].op = __HYPERVISOR_xen_version;
    m[2].args[0] = XENVER_platform_parameters;
    m[2].args[1] = (unsigned long)va;
    check_rc(hyp_multicall(m, 3), 0, "change an entry, flush it, let the hypervisor write there");
    check(!m[0].result && !m[1].result && !m[2].result, "all three are done");
    check_eq(page[0], HYPERVISOR_VIRT_START, "it wrote to the new page");
    check_eq(*va, HYPERVISOR_VIRT_START, "which we see");
    check_rc(mmu_update1(at[4], 0) | flush_all(), 0, "take the tree out");
}
