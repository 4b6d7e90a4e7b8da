/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages become tables and cease to be: in every order, by every user, and not at all if one entry is bad. */
#include "memory.h"

static uint64_t *const *tables_of(struct tree *t)
{
    static uint64_t *tables[4];

    tables[0] = t->l1;
    tables[1] = t->l2;
    tables[2] = t->l3;
    tables[3] = t->l4;
    return tables;
}

/*
 * How many pages cannot be mapped writable, as they are tables. They are read-only again behind the question. One multicall: with the
 * audit on, each hypercall costs one.
 */
static unsigned int typed(uint64_t *const *tables, unsigned int n)
{
    struct multicall_entry m[16];
    unsigned int count = 0;

    for ( unsigned int i = 0; i < 2 * n; i++ )
        m[i] = (struct multicall_entry){
            .op = __HYPERVISOR_update_va_mapping,
            .args = { (unsigned long)tables[i / 2],
                      pte(mfn_of(tables[i / 2]), i % 2 ? PTE_RO_PAGE : PTE_RW_PAGE), UVMF_INVLPG },
        };
    if ( hyp_multicall(m, 2 * n) )
        panic("multicall");
    for ( unsigned int i = 0; i < n; i++ )
        count += m[2 * i].result != 0;
    return count;
}

static bool untyped(uint64_t *page)
{
    return typed(&page, 1) == 0;
}

/* The n-th order of four things. */
static void order_of(unsigned int n, unsigned int *order)
{
    unsigned int left[4] = { 0, 1, 2, 3 };

    for ( unsigned int i = 0; i < 4; i++ )
    {
        unsigned int rest = 4 - i, pick = n % rest;

        n /= rest;
        order[i] = left[pick];
        for ( unsigned int k = pick; k + 1 < rest; k++ )
            left[k] = left[k + 1];
    }
}

TEST("promote-orders", "a tree's tables are pinned and unpinned in every order", 0)
{
    struct tree t = tree_alloc();
    uint64_t *const *tables = tables_of(&t);

    for ( unsigned int n = 0; n < 24; n++ )
    {
        unsigned int order[4], refused = 0, wrong = 0, pinned = 15;

        order_of(n, order);
        for ( unsigned int i = 0; i < 4; i++ )
            refused += pin(order[i] + 1, tables[order[i]]) != 0;
        /* Unpinned in this order or from its end; a table is one as long as something at its level or above is pinned. */
        for ( unsigned int i = 0; i < 4; i++ )
        {
            unsigned int which = order[n & 1 ? i : 3 - i];

            refused += unpin(tables[which]) != 0;
            pinned &= ~(1U << which);
            wrong += typed(tables, 4) != (pinned ? 32 - (unsigned int)__builtin_clz(pinned) : 0);
        }
        check_eq(refused, 0, "order %u%u%u%u: pins and unpins that were refused", order[0] + 1,
                 order[1] + 1, order[2] + 1, order[3] + 1);
        check_eq(wrong, 0, "order %u%u%u%u: unpins after which another number of pages was tables",
                 order[0] + 1, order[1] + 1, order[2] + 1, order[3] + 1);
    }
}

/* Where a table's entry for the next one is in a tree. */
static uint64_t link_at(uint64_t *const *tables, unsigned int level)
{
    return entry_maddr(&tables[level - 1][level == 4 ? TREE_SLOT : 0]);
}

static uint64_t link_to(uint64_t *const *tables, unsigned int level)
{
    return pte(mfn_of(tables[level - 2]), PTE_TABLE);
}

static struct tree loose_tables(void)
{
    return (struct tree){ table_alloc(), table_alloc(), table_alloc(), table_alloc() };
}

TEST("promote-by-links", "a tree is put together from above, from below, from the middle", 0)
{
    static const unsigned int orders[][3] = { { 4, 3, 2 }, { 2, 3, 4 }, { 3, 4, 2 },
                                              { 3, 2, 4 }, { 4, 2, 3 }, { 2, 4, 3 } };

    for ( unsigned int n = 0; n < ARRAY_SIZE(orders); n++ )
    {
        struct tree t = loose_tables();
        uint64_t *const *tables = tables_of(&t);
        unsigned int refused = 0;

        check_rc(pin(4, t.l4), 0, "pin an L4 that is empty");
        /* What is not a table yet takes the entry as a plain page. */
        for ( unsigned int i = 0; i < 3; i++ )
            refused +=
                mmu_update1(link_at(tables, orders[n][i]), link_to(tables, orders[n][i])) != 0;
        check_eq(refused, 0, "links at levels %u, %u, %u: refused", orders[n][0], orders[n][1],
                 orders[n][2]);
        check_eq(typed(tables, 4), 4, "pages that are tables now");
        check_rc(mmu_update1(link_at(tables, 3), 0), 0, "the link to the L2 goes");
        check_eq(typed(tables, 4), 2, "pages that are tables then");
        check_rc(unpin(t.l4), 0, "unpin the L4");
        check_eq(typed(tables, 4), 0, "pages that are tables at last");
    }
}

TEST("promote-shared", "a table in many places is a table until it is in none", 0)
{
    static struct mmu_update all[512];
    uint64_t *data = page_alloc(), *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc();
    unsigned int done = 0;

    for ( unsigned int i = 0; i < 512; i++ )
    {
        l1[i] = pte(mfn_of(data), PTE_RW_PAGE);
        l2[i] = pte(mfn_of(l1), PTE_TABLE);
        l3[i] = pte(mfn_of(l2), PTE_TABLE);
    }
    check_rc(page_set_ro(data) | page_set_ro(l1) | page_set_ro(l2) | page_set_ro(l3), 0,
             "each of three pages has the next in all its entries");
    check_rc(pin(3, l3), 0, "pin the first");
    check_rc(pin(1, data), -XEN_EINVAL, "what the last maps is writable");
    for ( unsigned int i = 0; i < 512; i++ )
        all[i] = (struct mmu_update){ entry_maddr(&l1[i]), 0 };
    check_rc(hyp_mmu_update(all, 511, &done, DOMID_SELF), 0, "clear all entries of the L1 but one");
    check_eq(done, 511, "all done");
    check_rc(pin(1, data), -XEN_EINVAL, "it is still writable");
    check_rc(mmu_update1(all[511].ptr, 0), 0, "clear the last entry");
    check_rc(pin(1, data), 0, "now it is not");
    check_rc(unpin(data), 0, "unpin it");
    for ( unsigned int i = 0; i < 512; i++ )
        all[i].ptr = entry_maddr(&l2[i]);
    check_rc(hyp_mmu_update(all, 511, &done, DOMID_SELF), 0, "clear all entries of the L2 but one");
    check_rc(page_set_rw(l1), -XEN_EBUSY, "the L1 is still a table");
    check_rc(mmu_update1(all[511].ptr, 0), 0, "clear the last entry");
    check(untyped(l1), "now it is not");
    for ( unsigned int i = 0; i < 512; i++ )
        all[i] = (struct mmu_update){ entry_maddr(&l2[i]), pte(mfn_of(l1), PTE_TABLE) };
    check_rc(hyp_mmu_update(all, 512, &done, DOMID_SELF), 0, "all entries of the L2 again");
    check_rc(unpin(l3), 0, "unpin");
    check(untyped(l1) && untyped(l2) && untyped(l3), "all three are plain pages");
}

/* ---- One bad entry ---- */

/* A tree whose links are at @index of L3 and L2. */
static struct tree tree_at(unsigned int index)
{
    struct tree t = tree_alloc();

    if ( index )
    {
        entry_write(&t.l3[0], 0);
        entry_write(&t.l2[0], 0);
    }
    entry_write(&t.l3[index], pte(mfn_of(t.l2), PTE_TABLE));
    entry_write(&t.l2[index], pte(mfn_of(t.l1), PTE_TABLE));
    return t;
}

static uint64_t bad_entry(unsigned int level)
{
    return pte(root_mfn, level == 1 ? PTE_RW_PAGE : PTE_TABLE | (level == 4 ? PTE_PSE : 0));
}

static long refusal(unsigned int level)
{
    return level == 1 ? -XEN_EBUSY : -XEN_EINVAL;
}

/* A hypervisor may leave what a refusal costs to the next operation on page tables. */
static void settle(void)
{
    check_rc(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "another operation");
}

/* A tree that would map two pages writable, and has a bad entry at @index of the table of @level. */
static void one_bad_entry(unsigned int level, unsigned int index)
{
    uint64_t *data[2] = { page_alloc(), page_alloc() }, *pages[4];
    struct tree t = tree_at(1);

    memcpy(pages, tables_of(&t), sizeof(pages));
    check_rc(page_set_ro(data[0]) | page_set_ro(data[1]), 0, "two pages");
    entry_write(&t.l1[1], pte(mfn_of(data[0]), PTE_RW_PAGE));
    entry_write(&t.l1[510], pte(mfn_of(data[1]), PTE_RW_PAGE));
    entry_write(&pages[level - 1][index], bad_entry(level));
    check_rc(pin(4, t.l4), refusal(level), "a bad entry in the L%u, at %u", level, index);
    settle();
    check_eq(typed(pages, 4), 0, "pages that are tables behind that");
    check_rc(pin(1, data[0]), 0, "the first page that the tree would map can be a table");
    check_rc(pin(1, data[1]), 0, "the second too");
    check_rc(unpin(data[0]) | unpin(data[1]), 0, "unpin them");
    check_eq(pages[level - 1][index], bad_entry(level), "the bad entry is as it was");
    entry_write(&pages[level - 1][index], 0);
    check_rc(pin(4, t.l4), 0, "without it the tree is good");
    check_rc(unpin(t.l4), 0, "unpin");
}

TEST("promote-fails-l1", "a bad entry of an L1 makes nothing of the tree a table", 0)
{
    one_bad_entry(1, 0);
    one_bad_entry(1, 255);
    one_bad_entry(1, 511);
}

TEST("promote-fails-l2", "a bad entry of an L2 makes nothing of the tree a table", 0)
{
    one_bad_entry(2, 0);
    one_bad_entry(2, 2);
    one_bad_entry(2, 511);
}

TEST("promote-fails-l3", "a bad entry of an L3 makes nothing of the tree a table", 0)
{
    one_bad_entry(3, 0);
    one_bad_entry(3, 2);
    one_bad_entry(3, 511);
}

TEST("promote-fails-l4", "a bad entry of an L4 makes nothing of the tree a table", 0)
{
    one_bad_entry(4, 0);
    one_bad_entry(4, 272);
    one_bad_entry(4, 511);
}

/* The same with every link where a loop that undoes things begins. */
TEST("promote-fails-first", "a refused tree whose links are the first entries leaves no tables", 0)
{
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        struct tree t = tree_at(0);
        uint64_t *const *tables = tables_of(&t);

        entry_write(&tables[level - 1][511], bad_entry(level));
        check_rc(pin(4, t.l4), refusal(level), "a bad entry in the L%u", level);
        settle();
        check_eq(typed(tables, 4), 0, "pages that are tables behind that");
    }
}

TEST("promote-fails-at-once", "a refused tree is plain pages when the call returns", 0)
{
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        struct tree t = tree_at(1);
        uint64_t *const *tables = tables_of(&t);

        entry_write(&tables[level - 1][511], bad_entry(level));
        check_rc(pin(4, t.l4), refusal(level), "a bad entry in the L%u", level);
        check_eq(typed(tables, 4), 0, "pages that are tables");
        settle();
    }
}

TEST("promote-fails-link", "a bad subtree is not hung in, and what was there stays", 0)
{
    struct tree good = tree_alloc(), bad = tree_alloc();
    uint64_t *const *tables, *bad_tables[4], *l4 = table_alloc();

    entry_write(&bad.l1[300], pte(root_mfn, PTE_RW_PAGE));
    memcpy(bad_tables, tables_of(&bad), sizeof(bad_tables));
    tables = tables_of(&good);
    check_rc(pin(4, good.l4), 0, "pin a good tree");
    for ( unsigned int level = 4; level >= 2; level-- )
    {
        uint64_t at = link_at(tables, level), old = link_to(tables, level);
        volatile uint64_t *e = &tables[level - 1][level == 4 ? TREE_SLOT : 0];

        check_rc(mmu_update1(at, link_to(bad_tables, level)), -XEN_EBUSY,
                 "a bad subtree instead of a good one, into the L%u", level);
        settle();
        check_eq(*e, old, "the L%u's entry", level);
        check_eq(typed(bad_tables, 4), 0, "pages of the bad tree that are tables");
        check_eq(typed(tables, 4), 4, "pages of the good tree that are tables");
        check_rc(mmu_update1(at + 8, link_to(bad_tables, level)), -XEN_EBUSY,
                 "into an empty entry of the L%u", level);
        check_eq(e[1], 0, "it is still empty");
    }
    check_rc(pin(4, l4), 0, "an empty L4");
    check_rc(mmu_update1(entry_maddr(&l4[511]), link_to(bad_tables, 4)), -XEN_EBUSY,
             "a bad subtree into it");
    check_rc(unpin(l4) | unpin(good.l4), 0, "unpin both");
    check_eq(typed(tables, 4), 0, "pages of the good tree that are tables then");
}

TEST("promote-fails-often", "a refusal can be had a hundred times, and costs nothing", 0)
{
    struct tree t = tree_alloc();
    uint64_t *page = page_alloc();
    unsigned int other = 0;

    check_rc(page_set_ro(page), 0, "a page");
    entry_write(&t.l1[0], pte(mfn_of(page), PTE_RW_PAGE));
    entry_write(&t.l1[511], pte(root_mfn, PTE_RW_PAGE));
    for ( unsigned int i = 0; i < 100; i++ )
        other += pin(1 + i % 4, tables_of(&t)[i % 4]) != -XEN_EBUSY;
    check_eq(other, 0, "pins that were not refused as they should be");
    check_rc(pin(4, page), 0, "the page that it maps can be a table");
    check_rc(unpin(page), 0, "unpin");
    check_eq(typed(tables_of(&t), 4), 0, "pages of the tree that are tables");
}

/* ---- Levels ---- */

TEST("promote-wrong-level", "a table of one level is none of another", 0)
{
    for ( unsigned int is = 1; is <= 4; is++ )
    {
        uint64_t *page = table_alloc();

        check_rc(pin(is, page), 0, "pin an L%u", is);
        for ( unsigned int as = 1; as <= 4; as++ )
        {
            uint64_t *parent = table_with(0, pte(mfn_of(page), PTE_TABLE));

            check_rc(pin(as, page), -XEN_EINVAL, "the L%u as an L%u", is, as);
            if ( as == 1 || as == is )
                continue;
            check_rc(pin(as, parent), as == is + 1 ? 0 : -XEN_EINVAL, "the L%u in an L%u", is, as);
            if ( as == is + 1 )
                check_rc(unpin(parent), 0, "unpin that");
        }
        check_rc(is == 4 ? -XEN_EINVAL : mmuext(MMUEXT_NEW_BASEPTR, mfn_of(page), 0), -XEN_EINVAL,
                 "the L%u as root", is);
        check_rc(unpin(page), 0, "unpin");
    }
}

/* An L4 may keep what the hypervisor had put into its slots. */
static bool empty_again(uint64_t *page)
{
    if ( page_set_rw(page) )
        return false;
    memset(page, 0, PAGE_SIZE);
    if ( page_set_ro(page) )
        panic("read-only page");
    return true;
}

TEST("promote-next-use", "a page is a table of any level after any other, then a plain page", 0)
{
    uint64_t *page = table_alloc();
    unsigned int refused = 0, kept = 0;

    for ( unsigned int from = 1; from <= 4; from++ )
        for ( unsigned int to = 1; to <= 4; to++ )
        {
            refused += pin(from, page) || unpin(page);
            kept += !empty_again(page);
            refused += pin(to, page) || unpin(page);
            kept += !empty_again(page);
        }
    check_eq(refused, 0, "changes of level that were refused");
    check_eq(kept, 0, "times it was still a table");
    check_rc(page_set_rw(page), 0, "writable");
    page[0] = 0x1234;
    check_eq(page[0], 0x1234, "and ours");
}

/* ---- Pins ---- */

TEST("pin-twice", "a table is pinned once", 0)
{
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *page = table_alloc();
        struct mmuext_op ops[4];
        unsigned int done = 9;

        for ( unsigned int i = 0; i < 4; i++ )
        {
            ops[i] = (struct mmuext_op){ .cmd = i == 3 ? MMUEXT_UNPIN_TABLE
                                                       : MMUEXT_PIN_L1_TABLE + level - 1 };
            ops[i].arg1.mfn = mfn_of(page);
        }
        check_rc(hyp_mmuext_op(ops, 2, &done, DOMID_SELF), -XEN_EINVAL, "L%u twice in a list",
                 level);
        check_eq(done, 1, "the first was done");
        check_rc(pin(level, page), -XEN_EINVAL, "a third time");
        check_rc(unpin(page), 0, "unpin");
        check_rc(unpin(page), -XEN_EINVAL, "twice");
        check(untyped(page), "L%u: one unpin was enough", level);
        done = 9;
        check_rc(hyp_mmuext_op(ops + 2, 2, &done, DOMID_SELF), 0, "L%u: pin and unpin in a list",
                 level);
        check_eq(done, 2, "both done");
        check(untyped(page), "L%u: a plain page", level);
    }
}

TEST("unpin-in-use", "a table in use stays a table without its pin", 0)
{
    struct tree t = tree_alloc();
    uint64_t *const *tables = tables_of(&t);

    check_rc(pin(4, t.l4) | pin(3, t.l3) | pin(2, t.l2) | pin(1, t.l1), 0, "pin all four");
    for ( unsigned int level = 1; level <= 3; level++ )
    {
        check_rc(unpin(tables[level - 1]), 0, "unpin the L%u, which the next uses", level);
        check_eq(typed(tables, 4), 4, "pages that are tables");
        check_rc(unpin(tables[level - 1]), -XEN_EINVAL, "again");
        check_eq(tables[level][level == 3 ? TREE_SLOT : 0], link_to(tables, level + 1),
                 "the link to it is still there");
    }
    for ( unsigned int level = 4; level >= 2; level-- )
    {
        check_rc(mmu_update1(link_at(tables, level), 0), 0, "the link in the L%u goes", level);
        check_eq(typed(tables, 4), 5 - level, "pages that are tables: those above it");
        check_rc(mmu_update1(link_at(tables, level), link_to(tables, level)), 0, "it comes back");
        check_eq(typed(tables, 4), 4, "pages that are tables: all");
        if ( level == 4 )
            continue;
        check_rc(pin(level, tables[level - 1]), 0, "pin the L%u", level);
        check_rc(unpin(tables[level - 1]), 0, "unpin it");
    }
    check_rc(unpin(t.l4), 0, "unpin the L4");
    check_eq(typed(tables, 4), 0, "pages that are tables");
}

static unsigned long plus_one(unsigned long arg)
{
    return arg + 1;
}

TEST("user-base-0", "a user root can be taken away", 0)
{
    uint64_t *l4 = page_alloc();
    unsigned long result = 0;

    memcpy(l4, (void *)(mfn_to_pfn(user_root_mfn) << 12), PAGE_SIZE);
    for ( unsigned int i = 256; i < 272; i++ )
        l4[i] = 0;
    check_rc(page_set_ro(l4), 0, "a root like the user's");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0, "it is the user's");
        check(user_call(plus_one, 41, &result) && result == 42, "user mode runs on it");
        check_rc(page_set_rw(l4), -XEN_EBUSY, "it is a table");
        check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "none");
        check(untyped(l4), "it is no table any more");
        check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "none, again");
        check_rc(mmuext(MMUEXT_NEW_BASEPTR, root_mfn, 0), 0, "the kernel's root is set as usual");
        check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "and the kernel goes on");
    }
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0), 0, "the first again");
    check(user_call(plus_one, 1, &result) && result == 2, "user mode runs on it");
}
