/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinning whole trees: an L4 above so many full L1 tables is validated and given back. Their entries map frames writable: such as are
 * mapped writable elsewhere too, as a kernel's are, or such as are not ("fresh"), which get a type and lose it again.
 */
#include "bench.h"

#define MOST_L1  1000U
#define FRESH_L1 16U

static char tables[MOST_L1][PAGE_SIZE] __attribute__((aligned(4096)));
static char fresh_tables[FRESH_L1][PAGE_SIZE] __attribute__((aligned(4096)));

static uint64_t fresh_mfn(unsigned int i)
{
    uint64_t pfn = start_info->nr_pages - FRESH_L1 * 512 + i;

    if ( pfn < first_unmapped_pfn() )
        panic("too little memory");
    return pfn_to_mfn(pfn);
}

static void fill(bool fresh, unsigned int l1s)
{
    static unsigned int filled[2];

    for ( unsigned int t = filled[fresh]; t < l1s; t++ )
    {
        uint64_t *l1 = (uint64_t *)(fresh ? fresh_tables : tables)[t];

        for ( unsigned int i = 0; i < 512; i++ )
            l1[i] = pte(fresh ? fresh_mfn(t * 512 + i) : data_mfn(i), PTE_RW_PAGE);
        must(page_set_ro(l1), "read-only L1");
        filled[fresh] = t + 1;
    }
}

/* An L4 with this many L1 tables below it. Nothing is pinned. */
static uint64_t *tree(bool fresh, unsigned int l1s)
{
    uint64_t *l4 = page_alloc(), *l3 = page_alloc(), *l2 = NULL;

    fill(fresh, l1s);
    for ( unsigned int i = 0; i < l1s; i++ )
    {
        if ( i % 512 == 0 )
        {
            if ( l2 )
                must(page_set_ro(l2), "read-only L2");
            l2 = page_alloc();
            l3[i / 512] = pte(mfn_of(l2), PTE_TABLE);
        }
        l2[i % 512] = pte(mfn_of((fresh ? fresh_tables : tables)[i]), PTE_TABLE);
    }
    l4[3] = pte(mfn_of(l3), PTE_TABLE);
    must(page_set_ro(l2), "read-only L2");
    must(page_set_ro(l3), "read-only L3");
    must(page_set_ro(l4), "read-only L4");
    return l4;
}

static struct mmuext_op op_of(unsigned int cmd, uint64_t mfn)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.mfn = mfn;
    return op;
}

/* Carry them out, and the ticks that took; 0 if they do not count. */
static uint64_t timed(struct mmuext_op *ops, unsigned int count, bool counts, const char *what)
{
    uint64_t start = counts ? clock_start() : 0, ticks = 0;
    int64_t rc = CALL(mmuext_op, ops, count, 0, DOMID_SELF);

    if ( counts )
        ticks = clock_stop(start);
    must(rc, what);
    return ticks;
}

#define PIN   1U
#define UNPIN 2U

/* Do both, and count these. */
static uint64_t pin_and_unpin(bool fresh, unsigned int l1s, unsigned int counted)
{
    static uint64_t *trees[2][MOST_L1 + 1];
    uint64_t **l4 = &trees[fresh][l1s], ticks;
    struct mmuext_op pin_op, unpin_ops[2];

    if ( !*l4 )
        *l4 = tree(fresh, l1s);
    pin_op = op_of(MMUEXT_PIN_L4_TABLE, mfn_of(*l4));
    unpin_ops[0] = op_of(MMUEXT_UNPIN_TABLE, mfn_of(*l4));
    /* A hypervisor may finish an unpin later, but not later than the next operation. */
    unpin_ops[1] = op_of(MMUEXT_TLB_FLUSH_LOCAL, 0);
    ticks = timed(&pin_op, 1, counted & PIN, "pin");
    return ticks + timed(unpin_ops, 2, counted & UNPIN, "unpin");
}

static uint64_t run_pin(unsigned int n)
{
    return pin_and_unpin(false, 16, PIN);
}

static uint64_t run_unpin(unsigned int n)
{
    return pin_and_unpin(false, 16, UNPIN);
}

static uint64_t run_both_1(unsigned int n)
{
    return pin_and_unpin(false, 1, PIN | UNPIN);
}

static uint64_t run_both_16(unsigned int n)
{
    return pin_and_unpin(false, 16, PIN | UNPIN);
}

static uint64_t run_both_100(unsigned int n)
{
    return pin_and_unpin(false, 100, PIN | UNPIN);
}

static uint64_t run_both_1000(unsigned int n)
{
    return pin_and_unpin(false, 1000, PIN | UNPIN);
}

static uint64_t run_fresh_16(unsigned int n)
{
    return pin_and_unpin(true, FRESH_L1, PIN | UNPIN);
}

const struct op pin_ops[] = {
    { "pin-16", "tree", run_pin, 1, 1, true },
    { "unpin-16", "tree", run_unpin, 1, 1, true },
    { "pin-unpin-1", "entry", run_both_1, 1, 512, true },
    { "pin-unpin-16", "entry", run_both_16, 1, 16 * 512, true },
    { "pin-unpin-100", "entry", run_both_100, 1, 100 * 512, true },
    { "pin-unpin-1000", "entry", run_both_1000, 1, 1000 * 512, true },
    { "pin-unpin-fresh", "entry", run_fresh_16, 1, FRESH_L1 * 512, true },
    {},
};
