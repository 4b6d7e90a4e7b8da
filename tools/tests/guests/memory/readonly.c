/* SPDX-License-Identifier: GPL-2.0-only */
/* The read-only rule, from every side: a frame is a table, or descriptors, or it is writable; never two of these. */
#include "memory.h"

static long map(volatile void *va, uint64_t mfn, uint64_t flags)
{
    return hyp_update_va_mapping(va, pte(mfn, flags), UVMF_INVLPG);
}

static long unmap(volatile void *va)
{
    return hyp_update_va_mapping(va, 0, UVMF_INVLPG);
}

TEST("ro-map-then-pin", "a page that is mapped writable does not become a table", 0)
{
    void *a = window_alloc(), *b = window_alloc();

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *page = page_alloc(), mfn = mfn_of(page);

        check_rc(map(a, mfn, PTE_RW_PAGE) | map(b, mfn, PTE_RW_PAGE), 0, "map it twice more");
        check_rc(pin(level, page), -XEN_EINVAL, "L%u: three writable mappings", level);
        check_rc(page_set_ro(page), 0, "one becomes read-only");
        check_rc(pin(level, page), -XEN_EINVAL, "L%u: two writable mappings", level);
        check_rc(unmap(a), 0, "one goes");
        check_rc(pin(level, page), -XEN_EINVAL, "L%u: one writable mapping", level);
        check_rc(map(b, mfn, PTE_RO_PAGE), 0, "the last becomes read-only");
        check_rc(pin(level, page), 0, "L%u: read-only mappings", level);
        check_rc(unpin(page), 0, "unpin");
        check_rc(unmap(b), 0, "unmap");
    }
}

/* ---- Every call that writes an L1 entry ---- */

static long by_update_va(volatile void *va, uint64_t entry)
{
    return hyp_update_va_mapping(va, entry, UVMF_INVLPG);
}

static long by_otherdomain(volatile void *va, uint64_t entry)
{
    return HYPERCALL(update_va_mapping_otherdomain, va, entry, UVMF_INVLPG, DOMID_SELF, 0);
}

static long by_mmu_update(volatile void *va, uint64_t entry)
{
    return mmu_update1(pt_entry_maddr(va, 1), entry);
}

static long by_preserve_ad(volatile void *va, uint64_t entry)
{
    return mmu_update1(pt_entry_maddr(va, 1) | MMU_PT_UPDATE_PRESERVE_AD, entry);
}

static long by_no_translate(volatile void *va, uint64_t entry)
{
    return mmu_update1(pt_entry_maddr(va, 1) | MMU_PT_UPDATE_NO_TRANSLATE, entry);
}

static const struct
{
    long (*set)(volatile void *va, uint64_t entry);
    const char *name;
} calls[] = {
    { by_update_va, "update_va_mapping" },
    { by_otherdomain, "update_va_mapping_otherdomain" },
    { by_mmu_update, "mmu_update" },
    { by_preserve_ad, "mmu_update, A and D kept" },
    { by_no_translate, "mmu_update, command 3" },
};

TEST("ro-pin-then-map", "a table is not mapped writable, by whatever call", 0)
{
    void *win = window_alloc();

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *table = table_alloc(), mfn = mfn_of(table), *other = page_alloc(), before;

        check_rc(pin(level, table), 0, "pin an L%u", level);
        for ( unsigned int i = 0; i < ARRAY_SIZE(calls); i++ )
        {
            check_rc(unmap(win), 0, "nothing there");
            check_rc(calls[i].set(win, pte(mfn, PTE_RW_PAGE)), -XEN_EBUSY, "L%u, from nothing: %s",
                     level, calls[i].name);
            check_eq(*pt_entry(win, 1), 0, "still nothing there");
            check_rc(map(win, mfn, PTE_RO_PAGE), 0, "read-only");
            before = *pt_entry(win, 1);
            check_rc(calls[i].set(win, pte(mfn, PTE_RW_PAGE)), -XEN_EBUSY, "L%u, RW added: %s",
                     level, calls[i].name);
            check_rc(calls[i].set(win, before | PTE_RW), -XEN_EBUSY, "L%u, RW alone added: %s",
                     level, calls[i].name);
            check_eq(*pt_entry(win, 1), before, "still read-only");
            check_rc(map(win, mfn_of(other), PTE_RW_PAGE), 0, "another page, writable");
            before = *pt_entry(win, 1);
            check_rc(calls[i].set(win, pte(mfn, PTE_RW_PAGE)), -XEN_EBUSY,
                     "L%u, instead of a writable page: %s", level, calls[i].name);
            check_eq(*pt_entry(win, 1), before, "still the other page");
        }
        check_rc(unmap(win), 0, "unmap");
        check_rc(unpin(table), 0, "unpin");
        check_rc(page_set_rw(table), 0, "L%u: then it is writable", level);
    }
}

TEST("ro-by-another-l1", "writable mappings in other L1 tables count, when these are tables", 0)
{
    uint64_t *table = table_alloc(), *x = page_alloc(), *y = page_alloc();

    x[9] = pte(mfn_of(table), PTE_RW_PAGE);
    check_rc(page_set_ro(x), 0, "a page with an entry that maps another writable");
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        check_rc(pin(level, table), 0, "the other becomes an L%u: the page is no table", level);
        check_rc(pin(1, x), -XEN_EBUSY, "now the page cannot become an L1");
        check_rc(unpin(table), 0, "unpin the L%u", level);
        check_rc(pin(1, x), 0, "now it can");
        check_rc(pin(level, table), -XEN_EINVAL, "then the other cannot become an L%u", level);
        check_rc(unpin(x), 0, "unpin the page");
    }
    check_rc(page_set_rw(x), 0, "the page is writable again");

    section("two that map each other");
    x[9] = pte(mfn_of(y), PTE_RW_PAGE);
    y[9] = pte(mfn_of(x), PTE_RW_PAGE);
    check_rc(page_set_ro(x) | page_set_ro(y), 0, "two pages, each with the other writable");
    check_rc(pin(1, x), 0, "one becomes an L1");
    check_rc(pin(1, y), -XEN_EINVAL, "the other cannot: the first makes it writable");
    check_rc(unpin(x), 0, "unpin the first");
    check_rc(pin(1, y), 0, "now the other can");
    check_rc(pin(1, x), -XEN_EINVAL, "and the first cannot");
    check_rc(unpin(y), 0, "unpin");
}

/* ---- Stores to tables ---- */

static volatile uint64_t *store_at;
static uint64_t store_value;

static void store(void *arg)
{
    *store_at = store_value;
}

static unsigned long store_in_user(unsigned long arg)
{
    store(NULL);
    return 0;
}

/* A value that could be emulated for no table: as an L1 entry it would map the running L4 writable. */
static void store_refused(volatile uint64_t *at, bool user, const char *name)
{
    uint64_t before = *at;
    bool trapped;

    store_at = at;
    store_value = pte(root_mfn, PTE_RW_PAGE);
    trapped = user ? !user_call(store_in_user, 0, NULL) : probe(store, NULL);
    check(trapped && probe_regs.vector == TRAP_PF, "%s: #PF", name);
    check_eq(probe_regs.error, PF_P | PF_W | (user ? PF_U : 0), "%s: error code", name);
    check_eq(probe_cr2, (uint64_t)at, "%s: cr2", name);
    check_eq(*at, before, "%s: the entry", name);
}

TEST("ro-by-store", "stores to tables fault", 0)
{
    static const char *const names[] = { "", "the running L1", "the running L2", "the running L3",
                                         "the running L4" };
    static const char *const pinned[] = { "", "a pinned L1", "a pinned L2", "a pinned L3",
                                          "a pinned L4" };
    void *win = window_alloc();
    struct tree t = tree_alloc();
    volatile uint64_t *tables[] = { NULL, t.l1, t.l2, t.l3, t.l4 };

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int user = 0; user < 2; user++ )
    {
        section(user ? "by user mode" : "by the kernel");
        for ( unsigned int level = 1; level <= 4; level++ )
        {
            store_refused(pt_entry(win, level), user, names[level]);
            store_refused(&tables[level][0], user, pinned[level]);
            store_refused(&tables[level][511], user, pinned[level]);
        }
    }
    check_rc(unpin(t.l4), 0, "unpin");
}

#define LINK_SLOT 500UL

/* By a root that links to itself, the tables of an address are at addresses made of its indexes. */
static volatile uint64_t *linked(uint64_t va, unsigned int level)
{
    uint64_t a = va >> (3 + 9 * level) << 3;

    a &= (1UL << (48 - 9 * level)) - 1;
    for ( unsigned int l = 4; l > 4 - level; l-- )
        a |= LINK_SLOT << (3 + 9 * l);
    return (volatile uint64_t *)(0xffff000000000000UL | a);
}

TEST("ro-by-self-link", "tables seen by a self-link are read-only", 0)
{
    static const char *const names[] = { "", "an L1 entry", "an L2 entry", "an L3 entry",
                                         "an L4 entry" };
    uint64_t at = (root_mfn << 12) + LINK_SLOT * 8;
    char *page = page_alloc();

    check_rc(mmu_update1(at, pte(root_mfn, PTE_P | PTE_US | PTE_A)), 0,
             "the L4 links to itself, read-only");
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        volatile uint64_t *e = linked((uint64_t)page, level);

        check_eq(*e, *pt_entry(page, level), "%s by the link is the one in the table",
                 names[level]);
        store_refused(e, false, names[level]);
    }
    check_rc(page_set_ro(page), 0, "change a mapping");
    check_eq(*linked((uint64_t)page, 1), *pt_entry(page, 1), "the link shows it");
    check_rc(mmu_update1(at, 0), 0, "no link");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
}

/* ---- Emulated stores that would add RW ---- */

static volatile uint64_t *entry;
static uint64_t whole; /* the entry with RW */

static void or_byte(void *arg)
{
    __asm__ volatile("lock orb $2, %0" : "+m"(*(volatile uint8_t *)entry));
}

static void or_quad(void *arg)
{
    __asm__ volatile("lock orq $2, %0" : "+m"(*entry));
}

static void set_bit(void *arg)
{
    __asm__ volatile("lock btsq $1, %0" : "+m"(*entry));
}

static void xor_quad(void *arg)
{
    __asm__ volatile("lock xorq $2, %0" : "+m"(*entry));
}

static void add_quad(void *arg)
{
    __asm__ volatile("lock addq $2, %0" : "+m"(*entry));
}

static void store_quad(void *arg)
{
    __asm__ volatile("movq %1, %0" : "=m"(*entry) : "r"(whole));
}

static void store_long(void *arg)
{
    __asm__ volatile("movl %1, %0" : "=m"(*(volatile uint32_t *)entry) : "r"((uint32_t)whole));
}

static void store_byte(void *arg)
{
    __asm__ volatile("movb %1, %0" : "=m"(*(volatile uint8_t *)entry) : "q"((uint8_t)whole));
}

static void exchange(void *arg)
{
    uint64_t v = whole;

    __asm__ volatile("xchgq %1, %0" : "+m"(*entry), "+r"(v));
}

static void compare_exchange(void *arg)
{
    uint64_t old = *entry;

    __asm__ volatile("lock cmpxchgq %2, %0" : "+m"(*entry), "+a"(old) : "r"(whole));
}

static void exchange_add(void *arg)
{
    uint64_t v = PTE_RW;

    __asm__ volatile("lock xaddq %1, %0" : "+m"(*entry), "+r"(v));
}

static void string_store(void *arg)
{
    uint64_t *to = (uint64_t *)entry;

    __asm__ volatile("stosq" : "+D"(to) : "a"(whole) : "memory");
}

static const struct
{
    void (*fn)(void *);
    const char *name;
} adders[] = {
    { or_byte, "lock orb" },         { or_quad, "lock orq" },   { set_bit, "lock btsq" },
    { xor_quad, "lock xorq" },       { add_quad, "lock addq" }, { store_quad, "movq" },
    { store_long, "movl" },          { store_byte, "movb" },    { exchange, "xchg" },
    { compare_exchange, "cmpxchg" }, { exchange_add, "xadd" },  { string_store, "stosq" },
};

TEST("ro-by-emulation", "no emulated store makes a mapping of a table writable", 0)
{
    void *win = window_alloc();

    entry = pt_entry(win, 1);
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
             "enable writable page tables");
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *table = table_alloc(), before;

        check_rc(pin(level, table), 0, "pin an L%u", level);
        check_rc(map(win, mfn_of(table), PTE_RO_PAGE), 0, "a read-only mapping of it");
        before = *entry;
        whole = before | PTE_RW;
        for ( unsigned int i = 0; i < ARRAY_SIZE(adders); i++ )
        {
            check(probe(adders[i].fn, NULL) && probe_regs.vector == TRAP_PF &&
                      probe_cr2 == (uint64_t)entry,
                  "L%u, RW by %s: #PF", level, adders[i].name);
            check_eq(*entry, before, "the entry");
        }
        check_rc(unmap(win), 0, "unmap");
        check_rc(unpin(table), 0, "unpin");
    }
}

/* ---- Contents written before the page was a table ---- */

TEST("ro-by-raw-store", "what was stored before a page became a table is looked at then", 0)
{
    static const long wrong[] = { 0, -XEN_EBUSY, -XEN_EINVAL, -XEN_EINVAL, -XEN_EINVAL };

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *page = page_alloc(), bad = pte(root_mfn, level == 1 ? PTE_RW_PAGE : PTE_TABLE);
        uint64_t at = mfn_of(page) << 12;

        page[7] = bad;
        check_rc(page_set_ro(page), 0, "a plain store");
        check_rc(pin(level, page), wrong[level], "L%u with a store of ours", level);
        check_rc(mmu_update1(at + 7 * 8, 0), 0, "mmu_update to the page, which has no type");
        check_rc(pin(level, page), 0, "L%u without", level);
        check_rc(unpin(page), 0, "unpin");
        check_rc(mmu_update1(at + 511 * 8, bad), 0, "a raw mmu_update");
        check_rc(pin(level, page), wrong[level], "L%u with a raw mmu_update", level);
        check_rc(mmu_update1(at + 511 * 8, 0), 0, "take it back");
        check_rc(pin(level, page), 0, "L%u without", level);
        check_rc(unpin(page), 0, "unpin");
        entry_write(&page[0], bad);
        check_rc(pin(level, page), wrong[level], "L%u with a store between two pins", level);
        check_rc(page_set_rw(page), 0, "L%u: nothing is left of all that", level);
    }
}

/* ---- Descriptor pages ---- */

#define DATA_DPL3 0x00cff3000000ffffUL

static long set_gdt1(uint64_t mfn)
{
    unsigned long frames[1] = { mfn };

    return hyp_set_gdt(frames, mfn ? 512 : 0);
}

TEST("ro-by-gdt-page", "a page of the GDT is not writable, nor a table", 0)
{
    void *win = window_alloc();
    uint64_t *g = page_alloc(), mfn = mfn_of(g);

    g[1] = DATA_DPL3;
    check_rc(map(win, mfn, PTE_RW_PAGE), 0, "a second mapping");
    check_rc(set_gdt1(mfn), -XEN_EINVAL, "two writable mappings");
    check_rc(page_set_ro(g), 0, "one less");
    check_rc(set_gdt1(mfn), -XEN_EINVAL, "one writable mapping");
    check_rc(map(win, mfn, PTE_RO_PAGE), 0, "none");
    check_rc(set_gdt1(mfn), 0, "no writable mapping");
    for ( unsigned int i = 0; i < ARRAY_SIZE(calls); i++ )
        check_rc(calls[i].set(win, pte(mfn, PTE_RW_PAGE)), -XEN_EBUSY, "writable by %s",
                 calls[i].name);
    store_refused(&g[1], false, "a descriptor");
    for ( unsigned int level = 1; level <= 4; level++ )
        check_rc(pin(level, g), -XEN_EINVAL, "as an L%u", level);
    check_rc(set_gdt1(0), 0, "no GDT");
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t *table = table_alloc();

        check_rc(pin(level, table), 0, "an empty L%u", level);
        check_rc(set_gdt1(mfn_of(table)), -XEN_EINVAL, "an L%u as GDT", level);
        check_rc(unpin(table), 0, "unpin");
        check_rc(set_gdt1(mfn_of(table)), 0, "as GDT when it is no table");
        check_rc(pin(level, table), -XEN_EINVAL, "then it is no L%u", level);
        check_rc(set_gdt1(0), 0, "no GDT");
    }
    check_rc(map(win, mfn, PTE_RW_PAGE), 0, "writable when it is no GDT");
    check_rc(unmap(win), 0, "unmap");
}

static void load_fs(void *arg)
{
    __asm__ volatile("mov %0, %%fs; mov %1, %%fs" ::"r"((uint32_t)(uint64_t)arg), "r"(0));
}

#define LDT_SELECTOR(n) ((void *)((n)*8UL + 7))

TEST("ro-by-ldt-page", "a page of the LDT is not writable from its first use on", 0)
{
    void *win = window_alloc();
    uint64_t *ldt = page_alloc(), mfn = mfn_of(ldt);

    ldt[1] = DATA_DPL3;
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512), 0, "SET_LDT of a writable page");
    check(probe(load_fs, LDT_SELECTOR(1)) && probe_regs.vector == TRAP_PF, "a selector of it: #PF");
    check_eq(probe_cr2, (uint64_t)&ldt[1], "at the descriptor");
    check_rc(page_set_ro(ldt), 0, "read-only");
    check_rc(map(win, mfn, PTE_RW_PAGE), 0, "but writable elsewhere");
    check(probe(load_fs, LDT_SELECTOR(1)) && probe_regs.vector == TRAP_PF, "a selector of it: #PF");
    check_rc(unmap(win), 0, "not any more");
    check(!probe(load_fs, LDT_SELECTOR(1)), "a selector of it can be loaded");
    check_rc(map(win, mfn, PTE_RW_PAGE), -XEN_EBUSY, "now it is not writable");
    check_rc(page_set_rw(ldt), -XEN_EBUSY, "by no mapping");
    for ( unsigned int level = 1; level <= 4; level++ )
        check_rc(pin(level, ldt), -XEN_EINVAL, "nor an L%u", level);
    check_rc(mmuext(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
    check_rc(page_set_rw(ldt), 0, "then it is writable");
}

/* ---- Roots that nobody pinned ---- */

static uint64_t *copy_of_root(void)
{
    uint64_t *l4 = page_alloc();

    memcpy(l4, (void *)(mfn_to_pfn(root_mfn) << 12), PAGE_SIZE);
    return l4;
}

TEST("ro-by-new-baseptr", "a root in use is a table, pinned or not", 0)
{
    struct tree t = tree_alloc();
    uint64_t *l4 = copy_of_root(), old = root_mfn, *tables[] = { t.l1, t.l2, t.l3, l4 };
    void *win = window_alloc();

    l4[TREE_SLOT] = pte(mfn_of(t.l3), PTE_TABLE);
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), -XEN_EINVAL, "a root that is writable");
    check_rc(page_set_ro(l4), 0, "read-only");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0, "a root with a tree, none of it pinned");
    root_mfn = mfn_of(l4);
    for ( unsigned int i = 0; i < ARRAY_SIZE(tables); i++ )
    {
        check_rc(page_set_rw(tables[i]), -XEN_EBUSY, "its L%u writable", i + 1);
        check_rc(map(win, mfn_of(tables[i]), PTE_RW_PAGE), -XEN_EBUSY, "by another mapping");
    }
    store_refused(&l4[TREE_SLOT], false, "a store to it");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0, "the old root");
    root_mfn = old;
    for ( unsigned int i = 0; i < ARRAY_SIZE(tables); i++ )
        check_rc(page_set_rw(tables[i]), 0, "its L%u writable, when it is not in use", i + 1);
    l4[TREE_SLOT + 1] = pte(mfn_of(page_alloc()), PTE_TABLE);
    check_rc(page_set_ro(l4) | page_set_ro(t.l1) | page_set_ro(t.l2) | page_set_ro(t.l3), 0,
             "read-only again, with a bad entry");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), -XEN_EINVAL, "a root with a bad entry");
    for ( unsigned int i = 0; i < ARRAY_SIZE(tables); i++ )
        check_rc(page_set_rw(tables[i]), 0, "its L%u writable after the refusal", i + 1);
}

TEST("ro-by-user-baseptr", "a user root in use is a table, pinned or not", 0)
{
    struct tree t = tree_alloc();
    uint64_t *l4 = page_alloc(), *tables[] = { t.l1, t.l2, t.l3, l4 };

    l4[TREE_SLOT] = pte(mfn_of(t.l3), PTE_TABLE);
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), -XEN_EINVAL, "one that is writable");
    check_rc(page_set_ro(l4), 0, "read-only");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0, "a user root with a tree");
    for ( unsigned int i = 0; i < ARRAY_SIZE(tables); i++ )
        check_rc(page_set_rw(tables[i]), -XEN_EBUSY, "its L%u writable", i + 1);
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0), 0, "another user root");
    for ( unsigned int i = 0; i < ARRAY_SIZE(tables); i++ )
        check_rc(page_set_rw(tables[i]), 0, "its L%u writable, when it is not in use", i + 1);
}
