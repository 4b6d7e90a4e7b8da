/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table updates, roots and flushes. */
#include "bench.h"

#define ENTRIES   WINDOW_PAGES
#define MULTICALL 32U

static struct mmu_update first[ENTRIES], second[ENTRIES];

/* Two lists for all entries of the window's L1 table, with these flags; no flags: unmapped. */
static void fill(uint64_t flags_first, uint64_t flags_second)
{
    for ( unsigned int i = 0; i < ENTRIES; i++ )
    {
        first[i].ptr = second[i].ptr = window_entry(i);
        first[i].val = flags_first ? pte(data_mfn(i), flags_first) : 0;
        second[i].val = flags_second ? pte(data_mfn(i), flags_second) : 0;
    }
}

static int64_t update(struct mmu_update *list, unsigned int count)
{
    return CALL(mmu_update, list, count, 0, DOMID_SELF);
}

/* n calls, alternating between the two lists; the second one leaves the window as it was. */
static uint64_t lists(unsigned int n)
{
    uint64_t ticks;

    must(update(first, ENTRIES), "the first list");
    must(update(second, ENTRIES), "the second list");
    ticks = TIMED(n / 2, update(first, ENTRIES); update(second, ENTRIES));
    return ticks + n / 2 * 2; /* half as many rounds as the empty loop that is taken off */
}

static uint64_t run_update_toggle(unsigned int n)
{
    struct mmu_update req = { window_entry(0), pte(data_mfn(0), PTE_RW_PAGE) };
    uint64_t ticks = TIMED(n, req.val ^= PTE_RW; update(&req, 1));

    must(update(&req, 1), "toggle RW");
    return ticks;
}

static uint64_t run_update_same(unsigned int n)
{
    struct mmu_update req = { window_entry(0), pte(data_mfn(0), PTE_RW_PAGE) };

    must(update(&req, 1), "change nothing");
    return TIMED(n, update(&req, 1));
}

static uint64_t run_update_toggle_many(unsigned int n)
{
    fill(PTE_RO_PAGE, PTE_RW_PAGE);
    return lists(n);
}

static uint64_t run_update_map_many(unsigned int n)
{
    fill(0, PTE_RW_PAGE);
    return lists(n);
}

static uint64_t va_toggle(unsigned int n, uint64_t flags)
{
    uint64_t entry = pte(data_mfn(0), PTE_RW_PAGE);

    must(CALL(update_va_mapping, WINDOW, entry, flags, 0), "update_va_mapping");
    return TIMED(n, entry ^= PTE_RW; CALL(update_va_mapping, WINDOW, entry, flags, 0));
}

static uint64_t run_va_invlpg(unsigned int n)
{
    return va_toggle(n, UVMF_INVLPG);
}

static uint64_t run_va_no_flush(unsigned int n)
{
    return va_toggle(n, UVMF_NONE);
}

static uint64_t run_va_multicall(unsigned int n)
{
    static struct multicall_entry ro[MULTICALL], rw[MULTICALL];
    uint64_t ticks;

    for ( unsigned int i = 0; i < MULTICALL; i++ )
    {
        ro[i].op = rw[i].op = __HYPERVISOR_update_va_mapping;
        ro[i].args[0] = rw[i].args[0] = WINDOW + i * PAGE_SIZE;
        ro[i].args[1] = pte(data_mfn(i), PTE_RO_PAGE);
        rw[i].args[1] = pte(data_mfn(i), PTE_RW_PAGE);
    }
    ticks =
        TIMED(n / 2, CALL(multicall, ro, MULTICALL, 0, 0); CALL(multicall, rw, MULTICALL, 0, 0));
    for ( unsigned int i = 0; i < MULTICALL; i++ )
        must((int64_t)rw[i].result, "an entry of the multicall");
    return ticks + n / 2 * 2;
}

static uint64_t run_machphys(unsigned int n)
{
    for ( unsigned int i = 0; i < ENTRIES; i++ )
    {
        first[i].ptr = data_mfn(i) << 12 | MMU_MACHPHYS_UPDATE;
        first[i].val = mfn_to_pfn(data_mfn(i));
    }
    must(update(first, ENTRIES), "MMU_MACHPHYS_UPDATE");
    return TIMED(n, update(first, ENTRIES));
}

/* ---- Roots and flushes ---------------------------------------------------------------------------------------------- */

static int64_t ext(struct mmuext_op *ops, unsigned int count)
{
    return CALL(mmuext_op, ops, count, 0, DOMID_SELF);
}

/* A pinned copy of the kernel's root or of user mode's. */
static uint64_t other_root(uint64_t of)
{
    uint64_t *l4 = page_alloc();
    const volatile uint64_t *from = (void *)(mfn_to_pfn(of) << 12);

    for ( unsigned int i = 0; i < 512; i++ )
        l4[i] = i >= 256 && i < 272 ? 0 : from[i];
    must(page_set_ro(l4), "read-only root");
    must(pin(4, l4), "pin a root");
    return mfn_of(l4);
}

static uint64_t kernel_root, user_root;

static void other_roots(void)
{
    if ( kernel_root )
        return;
    kernel_root = other_root(root_mfn);
    user_root = other_root(user_root_mfn);
}

static uint64_t run_baseptr(unsigned int n)
{
    struct mmuext_op there = { .cmd = MMUEXT_NEW_BASEPTR }, back = there;

    other_roots();
    there.arg1.mfn = kernel_root;
    back.arg1.mfn = root_mfn;
    must(ext(&there, 1), "NEW_BASEPTR");
    must(ext(&back, 1), "NEW_BASEPTR back");
    return TIMED(n / 2, ext(&there, 1); ext(&back, 1)) + n / 2 * 2;
}

static uint64_t run_baseptr_same(unsigned int n)
{
    struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };

    op.arg1.mfn = root_mfn;
    must(ext(&op, 1), "NEW_BASEPTR of the same root");
    return TIMED(n, ext(&op, 1));
}

/* What a kernel does to go from one process to the next. */
static uint64_t run_switch(unsigned int n)
{
    struct mmuext_op there[2] = { { .cmd = MMUEXT_NEW_BASEPTR },
                                  { .cmd = MMUEXT_NEW_USER_BASEPTR } };
    struct mmuext_op back[2] = { there[0], there[1] };

    other_roots();
    there[0].arg1.mfn = kernel_root;
    there[1].arg1.mfn = user_root;
    back[0].arg1.mfn = root_mfn;
    back[1].arg1.mfn = user_root_mfn;
    must(ext(there, 2), "switch the address space");
    must(ext(back, 2), "switch back");
    return TIMED(n / 2, ext(there, 2); ext(back, 2)) + n / 2 * 2;
}

static uint64_t run_flush(unsigned int n)
{
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    must(ext(&op, 1), "TLB_FLUSH_LOCAL");
    return TIMED(n, ext(&op, 1));
}

static uint64_t run_invlpg(unsigned int n)
{
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL };

    op.arg1.linear_addr = WINDOW;
    must(ext(&op, 1), "INVLPG_LOCAL");
    return TIMED(n, ext(&op, 1));
}

const struct op memory_ops[] = {
    { "mmu_update-1-toggle", "call", run_update_toggle, 200, 1, false },
    { "mmu_update-1-same", "call", run_update_same, 200, 1, false },
    { "mmu_update-512-toggle", "entry", run_update_toggle_many, 4, ENTRIES, false },
    { "mmu_update-512-map", "entry", run_update_map_many, 4, ENTRIES, false },
    { "update_va_mapping-invlpg", "call", run_va_invlpg, 200, 1, false },
    { "update_va_mapping", "call", run_va_no_flush, 200, 1, false },
    { "multicall-32", "entry", run_va_multicall, 20, MULTICALL, false },
    { "machphys-512", "entry", run_machphys, 4, ENTRIES, false },
    { "new_baseptr", "call", run_baseptr, 200, 1, false },
    { "new_baseptr-same", "call", run_baseptr_same, 200, 1, false },
    { "switch-address-space", "call", run_switch, 200, 1, false },
    { "tlb_flush_local", "call", run_flush, 200, 1, false },
    { "invlpg_local", "call", run_invlpg, 200, 1, false },
    {},
};
