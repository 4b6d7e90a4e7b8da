/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits that the CPU sets in entries, and bits that choose how it caches. */
#include "memory.h"

#define AD (PTE_A | PTE_D)

static uint64_t bits_of(const volatile void *va)
{
    return *pt_entry(va, 1) & AD;
}

static volatile uint64_t *fresh(uint64_t flags)
{
    volatile uint64_t *win = window_alloc();

    check_rc(hyp_update_va_mapping(win, pte(mfn_of(page_alloc()), flags), UVMF_INVLPG), 0,
             "a page without A and D");
    return win;
}

TEST("ad-set-by-cpu", "the CPU sets A for a read and D for a write", 0)
{
    volatile uint64_t *win = fresh(PTE_P | PTE_RW);

    check_eq(bits_of(win), 0, "neither is set before");
    (void)*win;
    check_eq(bits_of(win), PTE_A, "a read sets A");
    *win = 1;
    check_eq(bits_of(win), AD, "a write sets D");
    win = fresh(PTE_P | PTE_RW);
    *win = 1;
    check_eq(bits_of(win), AD, "a write sets both");
    win = fresh(PTE_P);
    (void)*win;
    check_eq(bits_of(win), PTE_A, "a read of a read-only page sets A");
}

/* What reads an entry on the guest's behalf is no access. */
TEST("ad-not-by-hypervisor", "operations on an entry do not set A and D", 0)
{
    volatile uint64_t *win = fresh(PTE_P | PTE_RW);
    uint64_t at = pt_entry_maddr(win, 1), e = *pt_entry(win, 1);

    check_rc(mmu_update1(at, e), 0, "mmu_update with the same entry");
    check_eq(bits_of(win), 0, "neither is set");
    check_rc(mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)win, 0), 0, "INVLPG");
    check_eq(bits_of(win), 0, "neither is set");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, pt_table_mfn(win, 1), 0), 0, "pin the table");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, pt_table_mfn(win, 1), 0), 0, "unpin it");
    check_eq(bits_of(win), 0, "neither is set");
}

TEST("ad-upper-levels", "the CPU sets A in entries of L2 and L3; an L4's has it from the first", 0)
{
    struct tree t = tree_alloc();
    volatile uint64_t *l3 = t.l3, *l2 = t.l2, *l1 = t.l1; /* the CPU writes to them */
    uint64_t plain = PTE_P | PTE_RW | PTE_US, *page = page_alloc();
    volatile uint64_t *va = (volatile uint64_t *)((uint64_t)TREE_SLOT << 39);

    entry_write(&t.l1[0], pte(mfn_of(page), PTE_P | PTE_RW));
    entry_write(&t.l2[0], pte(mfn_of(t.l1), plain));
    entry_write(&t.l3[0], pte(mfn_of(t.l2), plain));
    check_rc(mmu_update1(pt_entry_maddr((void *)va, 4), pte(mfn_of(t.l3), plain)), 0,
             "a tree without A and D in the running root");
    check_eq(*pt_entry((void *)va, 4) & AD, PTE_A, "the L4 entry has A");
    check_eq((l3[0] | l2[0] | l1[0]) & AD, 0, "the others have neither");
    (void)*va;
    check_eq(l3[0] & AD, PTE_A, "a read sets A in the L3 entry");
    check_eq(l2[0] & AD, PTE_A, "in the L2 entry");
    check_eq(l1[0] & AD, PTE_A, "in the L1 entry");
    *va = 1;
    check_eq(l1[0] & AD, AD, "a write sets D in the L1 entry");
    check_eq((l3[0] | l2[0]) & PTE_D, 0, "not in those above");
    check_rc(mmu_update1(pt_entry_maddr((void *)va, 4), 0), 0, "take it out");
}

TEST("ad-preserve-l1", "PRESERVE_AD keeps A and D of an L1 entry, NORMAL does not", 0)
{
    uint64_t *page = page_alloc(), *other = page_alloc();
    volatile uint64_t *win = window_alloc();
    uint64_t at = pt_entry_maddr(win, 1), bare = PTE_P | PTE_RW;

    for ( unsigned int i = 0; i < 4; i++ )
    {
        uint64_t had = (i & 1 ? PTE_A : 0) | (i & 2 ? PTE_D : 0);

        check_rc(mmu_update1(at, pte(mfn_of(page), bare | had)), 0, "A %u, D %u", i & 1, i >> 1);
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, pte(mfn_of(page), bare)), 0,
                 "PRESERVE_AD");
        check_eq(bits_of(win), had, "they are kept");
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, pte(mfn_of(page), PTE_P)), 0,
                 "PRESERVE_AD that takes RW");
        check_eq(*pt_entry(win, 1) & (AD | PTE_RW), had, "they are kept, RW is gone");
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, pte(mfn_of(page), PTE_P | AD)), 0,
                 "PRESERVE_AD that sets both");
        check_eq(bits_of(win), AD, "they are set");
        check_rc(mmu_update1(at, pte(mfn_of(page), bare | had)), 0, "NORMAL");
        check_eq(bits_of(win), had, "they are as given");
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, pte(mfn_of(other), bare)), 0,
                 "PRESERVE_AD with another frame");
        check_eq(*pt_entry(win, 1) & (AD | PTE_ADDR), had | mfn_of(other) << 12,
                 "the frame is the new one, A and D the old entry's");
    }
    check_rc(mmu_update1(at, 0), 0, "unmap");
}

TEST("ad-preserve-upper", "PRESERVE_AD keeps A and D of entries above L1", 0)
{
    struct tree t = tree_alloc();
    uint64_t *tables[] = { NULL, t.l1, t.l2, t.l3, t.l4 };
    uint64_t bare = PTE_P | PTE_RW | PTE_US;

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int level = 2; level <= 4; level++ )
    {
        uint64_t *e = &tables[level][level == 4 ? TREE_SLOT : 0], at = entry_maddr(e);
        uint64_t given = pte(mfn_of(tables[level - 1]), bare), a = level == 4 ? PTE_A : 0;

        check_rc(mmu_update1(at, given | AD), 0, "L%u: A and D", level);
        check_eq(*e, given | AD, "both are there");
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, given), 0, "L%u: PRESERVE_AD", level);
        check_eq(*e, given | AD, "both are kept");
        check_rc(mmu_update1(at, given), 0, "L%u: NORMAL", level);
        check_eq(*e, given | a, "they are as given, but for A in an L4");
        check_rc(mmu_update1(at | MMU_PT_UPDATE_PRESERVE_AD, given), 0, "L%u: PRESERVE_AD", level);
        check_eq(*e, given | a, "none are made up");
    }
    check_rc(unpin(t.l4), 0, "unpin");
}

TEST("ad-preserve-empty", "PRESERVE_AD and entries that are not present", 0)
{
    uint64_t *page = page_alloc();
    volatile uint64_t *win = window_alloc();
    uint64_t at = pt_entry_maddr(win, 1) | MMU_PT_UPDATE_PRESERVE_AD;

    check_rc(mmu_update1(at, pte(mfn_of(page), PTE_P | PTE_RW)), 0, "from nothing");
    check_eq(bits_of(win), 0, "no A, no D");
    check_rc(mmu_update1(at, 0), 0, "to nothing");
    check_eq(*pt_entry(win, 1), 0, "nothing");
    check_rc(mmu_update1(at, pte(mfn_of(page), PTE_RW_PAGE)), 0, "with A and D");
    check_rc(mmu_update1(at, 0), 0, "to nothing");
    check_eq(*pt_entry(win, 1) & ~AD, 0, "nothing is mapped");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "clear it");
}

/* ---- Cacheability ---- */

static volatile uint64_t *entry;
static uint64_t value;

static void store_entry(void *arg)
{
    *entry = value;
}

static long by_update_va(volatile void *va, uint64_t e)
{
    return hyp_update_va_mapping(va, e, UVMF_INVLPG);
}

static long by_mmu_update(volatile void *va, uint64_t e)
{
    return mmu_update1(pt_entry_maddr(va, 1), e);
}

static long by_preserve_ad(volatile void *va, uint64_t e)
{
    return mmu_update1(pt_entry_maddr(va, 1) | MMU_PT_UPDATE_PRESERVE_AD, e);
}

/* A fault is all that says no. */
static long by_store(volatile void *va, uint64_t e)
{
    entry = pt_entry(va, 1);
    value = e;
    return probe(store_entry, NULL) ? -XEN_EINVAL : 0;
}

static long by_pin(volatile void *va, uint64_t e)
{
    uint64_t *l1 = table_with(77, e);
    long rc = pin(1, l1);

    if ( rc == 0 )
        rc = (l1[77] ^ e) & (PTE_PWT | PTE_PCD | PTE_PAT) ? 1 : unpin(l1);
    return rc;
}

/* The ABI's layout of the PAT has six types; those besides write-back are for the initial domain. */
TEST("cache-types-by-call", "memory types of RAM, by every way to write an entry", 0)
{
    static const struct
    {
        long (*set)(volatile void *va, uint64_t e);
        const char *name;
    } calls[] = {
        { by_update_va, "update_va_mapping" },          { by_mmu_update, "mmu_update" },
        { by_preserve_ad, "mmu_update, A and D kept" }, { by_store, "a store to the table" },
        { by_pin, "a table that is pinned" },
    };
    static const struct
    {
        uint64_t bits;
        const char *name;
    } types[] = {
        { 0, "write-back" },
        { PTE_PWT, "write-through" },
        { PTE_PCD, "uncached-" },
        { PTE_PCD | PTE_PWT, "uncached" },
        { PTE_PAT, "write-combining" },
        { PTE_PAT | PTE_PWT, "write-protect" },
    };
    uint64_t *page = page_alloc();
    void *win = window_alloc();

    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
             "enable writable page tables");
    for ( unsigned int c = 0; c < ARRAY_SIZE(calls); c++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
        {
            long want = !types[i].bits || initial_domain() ? 0 : -XEN_EINVAL;

            check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "nothing");
            check_rc(calls[c].set(win, pte(mfn_of(page), PTE_RW_PAGE | types[i].bits)), want,
                     "%s by %s", types[i].name, calls[c].name);
            check_eq(*pt_entry(win, 1) & (PTE_PWT | PTE_PCD | PTE_PAT),
                     want || calls[c].set == by_pin ? 0 : types[i].bits, "the entry has the type");
        }
    /* From another type, with all else the same: no short way. */
    for ( unsigned int c = 0; c < 4; c++ )
    {
        check_rc(by_update_va(win, pte(mfn_of(page), PTE_RW_PAGE)), 0, "write-back");
        check_rc(calls[c].set(win, pte(mfn_of(page), PTE_RW_PAGE | PTE_PAT)),
                 initial_domain() ? 0 : -XEN_EINVAL, "write-combining instead, by %s",
                 calls[c].name);
        check_rc(calls[c].set(win, pte(mfn_of(page), PTE_RW_PAGE)), 0, "write-back again, by %s",
                 calls[c].name);
    }
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap");
}

TEST("cache-bits-upper", "links between tables choose no memory type", 0)
{
    static const struct
    {
        uint64_t bits;
        const char *name;
    } cases[] = {
        { PTE_PWT, "PWT" }, { PTE_PCD, "PCD" }, { PTE_PWT | PTE_PCD, "PWT and PCD" },
        { PTE_PSE, "PSE" }, { PTE_G, "G" },
    };
    struct tree t = tree_alloc();
    uint64_t *tables[] = { NULL, t.l1, t.l2, t.l3, t.l4 };

    check_rc(pin(4, t.l4), 0, "pin a tree");
    for ( unsigned int level = 2; level <= 4; level++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
        {
            uint64_t *e = &tables[level][level == 4 ? TREE_SLOT : 0], old = *e;
            uint64_t *parent = table_with(9, old | cases[i].bits);

            check_rc(mmu_update1(entry_maddr(e), old | cases[i].bits), -XEN_EINVAL,
                     "L%u entry gains %s", level, cases[i].name);
            check_rc(mmu_update1(entry_maddr(e) | MMU_PT_UPDATE_PRESERVE_AD, old | cases[i].bits),
                     -XEN_EINVAL, "L%u entry gains %s, A and D kept", level, cases[i].name);
            check_eq(*e, old, "it is as it was");
            check_rc(pin(level, parent), -XEN_EINVAL, "pin an L%u that has %s", level,
                     cases[i].name);
        }
    check_rc(unpin(t.l4), 0, "unpin");
}
