/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/dom_layout.c xen/common/load_error.c
/*
 * The start-of-day layout, rule by rule as public/xen.h and docs/domain-builder.md number them, over many bases and sizes;
 * the rules are checked from their text, not from the code.
 */

#include "tap.h"

#include <asm/layout.h>
#include <stdlib.h>
#include <xen/dom_layout.h>
#include <xen/errno.h>

#define MB4 (4UL << 20)

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

static struct load_error err;
static struct dom_layout l;
static struct dom_plan plan;

/* Rules that were seen to be broken, as bits, and how often a layout was checked. */
static unsigned int broken, checked;

static void rule(unsigned int nr, bool holds)
{
    if ( holds || (broken & (1U << nr)) )
        return;
    broken |= 1U << nr;
    note("rule %u is broken: base %#lx kernel %#lx-%#lx initrd %#lx%s p2m %#lx pages %#lx", nr,
         plan.virt_base, plan.kernel_start, plan.kernel_end, plan.initrd_size,
         plan.initrd_unmapped ? " unmapped" : "", plan.p2m_placed ? plan.p2m_va : 0, plan.nr_pages);
}

/* Elements of the boot region in the order of the rules. */
static unsigned int region_elements(const struct dom_area *list[9])
{
    unsigned int n = 0;

    list[n++] = &l.kernel;
    if ( l.initrd.nr && !plan.initrd_unmapped )
        list[n++] = &l.initrd;
    if ( !plan.p2m_placed )
        list[n++] = &l.p2m;
    list[n++] = &l.start_info;
    if ( plan.rings )
    {
        list[n++] = &l.store;
        list[n++] = &l.console;
    }
    list[n++] = &l.tables;
    list[n++] = &l.stack;
    return n;
}

static uint64_t end_of(const struct dom_area *a)
{
    return a->va + a->nr * 4096;
}

static void check_elements(void)
{
    const struct dom_area *e[9];
    unsigned int n = region_elements(e);

    for ( unsigned int i = 0; i < n; i++ )
    {
        rule(4, i == 0 || e[i]->va >= end_of(e[i - 1]));
        rule(5, !(e[i]->va & 4095) && (i == 0 || e[i]->va == end_of(e[i - 1])));
        rule(7, e[i]->pfn == (e[i]->va - l.v_start) / 4096);
    }
    rule(9, l.v_end - end_of(e[n - 1]) >= 512 << 10);
    rule(9, l.v_end - end_of(e[n - 1]) < (512 << 10) + MB4);
}

static void check_sizes(void)
{
    rule(4, l.kernel.va <= plan.kernel_start && end_of(&l.kernel) >= plan.kernel_end);
    rule(4, plan.kernel_start - l.kernel.va < 4096 && end_of(&l.kernel) - plan.kernel_end < 4096);
    rule(4, l.initrd.nr == (plan.initrd_size + 4095) / 4096);
    rule(4, l.p2m.nr == (plan.nr_pages * 8 + 4095) / 4096);
    rule(4, l.start_info.nr == 1 && l.stack.nr == 1);
    rule(4, l.store.nr == plan.rings && l.console.nr == plan.rings);
}

/* How many tables of @level an address range needs, by walking it. */
static uint64_t need(unsigned int level, uint64_t start, uint64_t end)
{
    unsigned int shift = 12 + 9 * level;

    return level == 4 ? 1 : ((end - 1) >> shift) - (start >> shift) + 1;
}

static void check_tables(void)
{
    uint64_t nr = 0, pfn;

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        rule(8, l.boot_tables[level].nr == need(level, l.v_start, l.v_end));
        nr += l.boot_tables[level].nr;
    }
    rule(8, nr == l.tables.nr);
    rule(8, dom_layout_table(&l, 4, l.v_start) == l.tables.pfn);
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        pfn = dom_layout_table(&l, level, l.v_start);
        rule(8, pfn >= l.tables.pfn && pfn < l.tables.pfn + l.tables.nr);
        pfn = dom_layout_table(&l, level, l.v_end - 1);
        rule(8, pfn >= l.tables.pfn && pfn < l.tables.pfn + l.tables.nr);
    }
}

static void check_outside(void)
{
    uint64_t next = (l.v_end - l.v_start) / 4096, pfn;

    if ( plan.initrd_unmapped && plan.initrd_size )
    {
        rule(6, l.initrd.pfn == next && l.initrd.va == 0);
        next += l.initrd.nr;
    }
    rule(7, l.first_p2m_pfn == l.p2m.pfn);
    if ( plan.p2m_placed )
    {
        uint64_t end = plan.p2m_va + l.p2m.nr * 4096;

        rule(7, l.p2m.pfn == next && l.p2m.va == plan.p2m_va);
        rule(3, end <= l.v_start || plan.p2m_va >= l.v_end);
        next += l.nr_p2m_frames;
        for ( unsigned int level = 1; level <= 3; level++ )
            for ( unsigned int last = 0; last < 2; last++ )
            {
                uint64_t va = last ? end - 1 : plan.p2m_va;
                bool boots = va >> (12 + 9 * level) >= l.v_start >> (12 + 9 * level) &&
                             va >> (12 + 9 * level) <= (l.v_end - 1) >> (12 + 9 * level);

                pfn = dom_layout_table(&l, level, va);
                if ( boots )
                    rule(8, pfn >= l.tables.pfn && pfn < l.tables.pfn + l.tables.nr);
                else
                    rule(8, pfn >= l.p2m.pfn + l.p2m.nr && pfn < l.first_p2m_pfn + l.nr_p2m_frames);
            }
    }
    else
        rule(7, l.nr_p2m_frames == l.p2m.nr);
    rule(7, l.nr_special == next && next <= plan.nr_pages);
}

static int lay(void)
{
    memset(&err, 0, sizeof(err));
    return dom_layout(&l, &plan, &err);
}

static bool check(void)
{
    if ( lay() )
        return false;
    checked++;
    rule(1, l.v_start < l.v_end);
    rule(2, l.v_start % MB4 == 0 && l.v_end % MB4 == 0);
    rule(3, l.v_start <= plan.virt_base && plan.virt_base - l.v_start < MB4);
    check_elements();
    check_sizes();
    check_tables();
    check_outside();
    return true;
}

static void default_plan(void)
{
    plan = (struct dom_plan){
        .kernel_start = 0x100000, .kernel_end = 0x234567, .rings = true, .nr_pages = 16384
    };
}

static void test_sweep(void)
{
    static const uint64_t bases[] = { 0,
                                      0x1000,
                                      0x100000,
                                      0x3ff000,
                                      0x400000,
                                      0x40000000 - MB4,
                                      0x7fffc00000,
                                      0x7f0000000000,
                                      0xffff880000000000,
                                      0xffffffff80000000 };
    static const uint64_t kernels[] = { 1, 4096, 4097, 0x3ffff, 0x613dc8, 66 << 20 };
    static const uint64_t initrds[] = { 0, 1, 4095, 4096, 4097, 40 << 20 };
    static const uint64_t sizes[] = { 2048, 2049, 16384, 131072, 131073, 0x100001, 0x4000000 };
    unsigned int tried = 0;

    for ( unsigned int i = 0; i < 10 * 6 * 6 * 7 * 8; i++ )
    {
        unsigned int k = i;

        plan = (struct dom_plan){ .virt_base = bases[k % 10] };
        k /= 10;
        plan.kernel_start = plan.virt_base + (k % 6 & 1 ? 0 : 0x101000);
        plan.kernel_end = plan.kernel_start + kernels[k % 6];
        k /= 6;
        plan.initrd_size = initrds[k % 6];
        k /= 6;
        plan.nr_pages = sizes[k % 7];
        k /= 7;
        plan.rings = k & 1;
        plan.initrd_unmapped = k & 2;
        plan.p2m_placed = k & 4;
        plan.p2m_va = i % 3 ? 0x8000000000 : ROUND_DOWN(plan.virt_base, MB4) + 0x40000000 - 4096;
        tried++;
        check();
    }
    note("%u layouts of %u", checked, tried);
    ok(checked > tried / 2,
       "most of %u combinations of base, kernel, initrd, p2m and memory can be laid out", tried);
}

/* The end of the stack walks over a 4 MiB boundary page by page. */
static void test_boundary(void)
{
    unsigned int extended = 0, exact = 0;

    for ( uint64_t pages = 1; pages < 2100; pages++ )
    {
        default_plan();
        plan.initrd_size = pages * 4096;
        if ( !check() )
            rule(9, false);
        extended += l.v_end - end_of(&l.stack) >= MB4;
        exact += l.v_end - end_of(&l.stack) == 512 << 10;
    }
    ok(exact > 0, "exactly 512 KiB are enough (%u times)", exact);
    ok(extended > 0, "the region is extended by 4 MiB when the slack is short (%u times)",
       extended);
}

static void test_rules(void)
{
    static const char *const text[] = {
        NULL,
        "one contiguous region",
        "it begins and ends on 4 MiB boundaries",
        "it starts at the base rounded down to 4 MiB",
        "kernel, initrd, p2m, start_info, store, console, tables, stack, of the right sizes",
        "packed together, each on its own pages",
        "the initrd may be left out or unmapped",
        "page n of the region is pfn n, and what is outside follows it",
        "exactly the page tables needed, root first, inside the region",
        "512 KiB slack, at most 4 MiB more",
    };

    for ( unsigned int nr = 1; nr <= 9; nr++ )
        ok(!(broken & (1U << nr)), "rule %u: %s (%u layouts)", nr, text[nr], checked);
}

static void is_refused(int rc, const char *says, const char *what)
{
    int got = lay();

    if ( !ok(got == rc && strstr(err.text, says), "%s: %s", what, err.text) )
        note("  rc %d, expected %d \"%s\"", got, rc, says);
}

static void test_refusals(void)
{
    default_plan();
    plan.nr_pages = 1023;
    is_refused(-ENOMEM, "takes 4 MiB", "one page less than the region");
    plan.nr_pages = 1024;
    ok(check(), "exactly the region is enough");

    default_plan();
    plan.kernel_end = 1UL << 60;
    is_refused(-ENOMEM, "too little memory", "an absurd kernel");
    default_plan();
    plan.initrd_size = ~0UL;
    is_refused(-ENOMEM, "too little memory", "an absurd initrd");
    default_plan();
    plan.nr_pages = ~0UL;
    is_refused(-ENOMEM, "more than a domain can have", "absurdly much memory");

    for ( unsigned int i = 0; i < 4; i++ )
    {
        static const uint64_t bases[] = { HYPERVISOR_START, HYPERVISOR_END - MB4,
                                          HYPERVISOR_START - MB4, 0x800000000000 - MB4 };

        default_plan();
        plan.virt_base = bases[i];
        plan.kernel_start = bases[i] + 4096;
        plan.kernel_end = bases[i] + 3 * 4096;
        is_refused(-ENOEXEC, "VIRT_BASE",
                   "a base in or before the hypervisor's or a non-canonical area");
    }
    default_plan();
    plan.virt_base = 0 - 2 * MB4;
    plan.kernel_start = plan.virt_base;
    plan.kernel_end = plan.virt_base + 4096;
    is_refused(-ENOEXEC, "last address", "a base too near the last address");
    default_plan();
    plan.virt_base = 0xffffffff80000000;
    plan.kernel_start = plan.virt_base;
    plan.kernel_end = plan.virt_base + 4096;
    plan.nr_pages = 0x18000000;
    is_refused(-ENOEXEC, "VIRT_BASE", "a p2m of 3 GiB in the last 2 GiB");
    plan.p2m_placed = true;
    plan.p2m_va = 0x8000000000;
    ok(check(), "which fits where INIT_P2M puts it");
}

static void test_placed_p2m(void)
{
    static const uint64_t bad[] = {
        0,        0x100000,       0x3ff000, HYPERVISOR_START, HYPERVISOR_END - 4096, 0x7ffffffff000,
        ~0xfffUL, 0x800000000000, 0xfff
    };

    for ( unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++ )
    {
        default_plan();
        plan.p2m_placed = true;
        plan.p2m_va = bad[i];
        is_refused(-ENOEXEC, "INIT_P2M", "a p2m over the kernel, the hypervisor or the end");
    }
    default_plan();
    plan.p2m_placed = true;
    plan.p2m_va = 0x400000;
    ok(check(), "right behind the region is fine");
    is_u64(l.p2m_tables[1].nr, 1, "it needs an L1 of its own");
    is_u64(l.p2m_tables[2].nr + l.p2m_tables[3].nr, 0, "and shares the L2 and L3");
    plan.p2m_va = 0x8000000000;
    ok(check(), "at Linux's address too");
    ok(l.p2m_tables[1].nr == 1 && l.p2m_tables[2].nr == 1 && l.p2m_tables[3].nr == 1,
       "with an L1, L2 and L3 of its own");
    is_u64(l.nr_p2m_frames, l.p2m.nr + 3, "they count among the p2m's frames");
    plan.nr_pages = 0x8000000 + 1;
    plan.p2m_va = 0x8000000000 - 0x100000;
    ok(check(), "across L4 slots");
    is_u64(l.p2m_tables[3].nr, 1, "one L3 is the boot region's, one its own");
    is_u64(l.p2m_tables[2].nr, 2, "two L2s");
    is_u64(dom_layout_table(&l, 3, 0x8000000000 - 1), l.boot_tables[3].pfn,
           "below the border the boot region's L3 serves");
    is_u64(dom_layout_table(&l, 3, 0x8000000000), l.p2m_tables[3].pfn, "above it the new one");

    default_plan();
    plan.virt_base = 0x40400000;
    plan.kernel_start = plan.virt_base;
    plan.kernel_end = plan.virt_base + 4096;
    plan.nr_pages = 0x100000;
    plan.p2m_placed = true;
    plan.p2m_va = 0x3fc00000;
    ok(check(), "right below the region, across L3 slots");
    is_u64(l.p2m_tables[2].nr, 1, "an L2 of its own for the lower part");
    is_u64(dom_layout_table(&l, 2, 0x3fffffff), l.p2m_tables[2].pfn, "which serves it");
    is_u64(dom_layout_table(&l, 2, 0x40000000), l.boot_tables[2].pfn,
           "the region's L2 serves the upper");
}

/* Start-of-day of GRUB and Linux in a domain of 64 MiB, worked out by hand. */
static void test_by_hand(void)
{
    plan = (struct dom_plan){ .kernel_end = 0x613dc8, .rings = true, .nr_pages = 16384 };
    ok(check(), "GRUB in 64 MiB");
    is_u64(l.p2m.va, 0x614000, "its p2m follows the kernel: 32 pages");
    is_u64(l.start_info.va, 0x634000, "start_info");
    is_u64(l.store.va, 0x635000, "xenstore page");
    is_u64(l.console.va, 0x636000, "console page");
    is_u64(l.tables.va, 0x637000, "L4");
    is_u64(l.tables.nr, 7, "4 L1 for 8 MiB, an L2, an L3, the L4");
    is_u64(l.stack.va, 0x63e000, "stack");
    is_u64(l.v_end, 0x800000, "end");

    plan = (struct dom_plan){ .virt_base = 0xffffffff80000000,
                              .kernel_start = 0xffffffff81000000,
                              .kernel_end = 0xffffffff83a00000,
                              .initrd_size = 10 << 20,
                              .initrd_unmapped = true,
                              .p2m_placed = true,
                              .p2m_va = 0x8000000000,
                              .rings = true,
                              .nr_pages = 131072 };
    ok(check(), "Linux in 512 MiB with an initrd");
    is_u64(l.kernel.pfn, 0x1000, "pfn of the kernel: from VIRT_BASE, not from where it is loaded");
    is_u64(l.start_info.va, 0xffffffff83a00000, "start_info right behind it");
    is_u64(l.tables.nr, 30 + 1 + 1 + 1, "tables for 60 MiB");
    is_u64(l.v_end, 0xffffffff83c00000, "the region's end");
    is_u64(l.initrd.pfn, 0x3c00, "initrd behind the region");
    is_u64(l.first_p2m_pfn, 0x3c00 + 2560, "then the p2m");
    is_u64(l.nr_p2m_frames, 256 + 3, "with its tables");
}

int main(void)
{
    test_sweep();
    test_boundary();
    test_by_hand();
    test_refusals();
    test_placed_p2m();
    test_rules();
    return done();
}
