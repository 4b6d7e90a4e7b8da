/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start-of-day layout of a PV domain. Pure; no locks.
 *
 * The boot region, mapped from v_start (a 4 MiB boundary) and 1:1 with pfns from 0:
 *
 *     kernel | initrd | p2m | start_info | store | console | page tables, root first | stack | slack | v_end (4 MiB boundary)
 *
 * Not in it: an initrd whose kernel wants no mapping, then a p2m placed elsewhere with the tables that map it there.
 *
 *  1. page tables: how many, and which one translates an address
 *  2. the boot region: one element behind the other; its length depends on the number of tables and the reverse
 *  3. what lies outside the region
 *  4. checks
 */

#include <asm/uaccess.h>
#include <xen/dom_layout.h>
#include <xen/errno.h>

static uint64_t pages(uint64_t bytes)
{
    return (bytes >> PAGE_SHIFT) + !!(bytes & ~PAGE_MASK);
}

/* ---- 1. page tables ----------------------------------------------------------------------------------------------- */

/* What one table of @level translates: 2 MiB, 1 GiB, 512 GiB, everything. */
static unsigned int table_shift(unsigned int level)
{
    return PAGE_SHIFT + 9 * level;
}

/* The root is one table for all addresses, whatever their upper bits. */
static uint64_t table_slot(unsigned int level, uint64_t va)
{
    return level == 4 ? 0 : va >> table_shift(level);
}

/* Tables of @level that [start, end) needs; pfn is filled in later. */
static struct dom_tables tables_for(unsigned int level, uint64_t start, uint64_t end)
{
    uint64_t first = table_slot(level, start);

    return (struct dom_tables){ .first = first, .nr = table_slot(level, end - 1) - first + 1 };
}

static uint64_t count_tables(uint64_t start, uint64_t end)
{
    uint64_t nr = 0;

    for ( unsigned int level = 1; level <= 4; level++ )
        nr += tables_for(level, start, end).nr;
    return nr;
}

static bool has_slot(const struct dom_tables *t, uint64_t slot)
{
    return slot >= t->first && slot - t->first < t->nr;
}

/* Take away the tables that @have already has. The two ranges are apart, so they share a table at one end or not at all. */
static void without(struct dom_tables *t, const struct dom_tables *have)
{
    if ( t->nr && has_slot(have, t->first) )
    {
        t->first++;
        t->nr--;
    }
    if ( t->nr && has_slot(have, t->first + t->nr - 1) )
        t->nr--;
}

uint64_t dom_layout_table(const struct dom_layout *l, unsigned int level, uint64_t va)
{
    uint64_t slot = table_slot(level, va);
    const struct dom_tables *t = &l->boot_tables[level];

    if ( !has_slot(t, slot) )
        t = &l->p2m_tables[level];
    BUG_ON(!has_slot(t, slot));
    return t->pfn + (slot - t->first);
}

/* ---- 2. boot region ----------------------------------------------------------------------------------------------- */

/* Append an element of @nr pages at *va. */
static struct dom_area append(const struct dom_layout *l, uint64_t *va, uint64_t nr)
{
    struct dom_area a = { .va = *va, .pfn = (*va - l->v_start) >> PAGE_SHIFT, .nr = nr };

    *va += nr << PAGE_SHIFT;
    return a;
}

/* Everything for a region with @nr_tables page tables. */
static void lay_region(struct dom_layout *l, const struct dom_plan *plan, uint64_t nr_tables)
{
    uint64_t va = plan->kernel_start & PAGE_MASK;

    l->kernel = append(l, &va, pages(plan->kernel_end - va));
    if ( !plan->initrd_unmapped )
        l->initrd = append(l, &va, pages(plan->initrd_size));
    if ( !plan->p2m_placed )
        l->p2m = append(l, &va, pages(plan->nr_pages * sizeof(uint64_t)));
    l->start_info = append(l, &va, 1);
    l->store = append(l, &va, plan->rings);
    l->console = append(l, &va, plan->rings);
    l->tables = append(l, &va, nr_tables);
    l->stack = append(l, &va, 1);
    l->v_end = ROUND_UP(va, DOM_REGION_ALIGN);
    if ( l->v_end - va < DOM_REGION_SLACK )
        l->v_end += DOM_REGION_ALIGN;
}

/* More tables make a longer region, which may need more tables: grow until it is enough. From below, so it ends at the least. */
static void settle_region(struct dom_layout *l, const struct dom_plan *plan)
{
    uint64_t have = 0, need = 4;

    while ( need > have )
    {
        have = need;
        lay_region(l, plan, have);
        need = count_tables(l->v_start, l->v_end);
    }
}

static void place_boot_tables(struct dom_layout *l)
{
    uint64_t pfn = l->tables.pfn;

    for ( unsigned int level = 4; level >= 1; level-- )
    {
        l->boot_tables[level] = tables_for(level, l->v_start, l->v_end);
        l->boot_tables[level].pfn = pfn;
        pfn += l->boot_tables[level].nr;
    }
}

/* ---- 3. outside --------------------------------------------------------------------------------------------------- */

static void place_p2m(struct dom_layout *l, const struct dom_plan *plan)
{
    uint64_t pfn = l->nr_special;
    uint64_t end;

    l->p2m.va = plan->p2m_va;
    l->p2m.pfn = pfn;
    l->p2m.nr = pages(plan->nr_pages * sizeof(uint64_t));
    pfn += l->p2m.nr;
    end = l->p2m.va + (l->p2m.nr << PAGE_SHIFT);
    for ( unsigned int level = 3; level >= 1; level-- )
    {
        l->p2m_tables[level] = tables_for(level, l->p2m.va, end);
        without(&l->p2m_tables[level], &l->boot_tables[level]);
        l->p2m_tables[level].pfn = pfn;
        pfn += l->p2m_tables[level].nr;
    }
    l->nr_special = pfn;
}

static void lay_outside(struct dom_layout *l, const struct dom_plan *plan)
{
    l->nr_special = (l->v_end - l->v_start) >> PAGE_SHIFT;
    if ( plan->initrd_unmapped )
    {
        l->initrd.pfn = l->nr_special;
        l->initrd.nr = pages(plan->initrd_size);
        l->nr_special += l->initrd.nr;
    }
    if ( plan->p2m_placed )
        place_p2m(l, plan);
    l->first_p2m_pfn = l->p2m.pfn;
    l->nr_p2m_frames = plan->p2m_placed ? l->nr_special - l->p2m.pfn : l->p2m.nr;
}

/* ---- 4. checks ---------------------------------------------------------------------------------------------------- */

static uint64_t mib(uint64_t nr_pages)
{
    return (nr_pages + 255) / 256;
}

static int too_small(uint64_t need, const struct dom_plan *plan, struct load_error *err)
{
    return load_fail(
        err, -ENOMEM,
        "too little memory: the domain gets %lu MiB, starting this kernel takes %lu MiB",
        plan->nr_pages / 256, mib(need));
}

/* Bounds that make the arithmetic of 2 and 3 safe: everything fits 2^52 bytes. */
static int check_plan(const struct dom_plan *plan, uint64_t v_start, struct load_error *err)
{
    uint64_t kernel = pages(plan->kernel_end - v_start), initrd = pages(plan->initrd_size);

    if ( plan->nr_pages > DOM_MAX_PAGES )
        return load_fail(err, -ENOMEM, "%lu pages are more than a domain can have", plan->nr_pages);
    if ( kernel > DOM_MAX_PAGES || initrd > DOM_MAX_PAGES )
        return too_small(kernel + initrd, plan, err);
    return 0;
}

static bool is_guests(uint64_t va, uint64_t nr_bytes)
{
    return va + nr_bytes > va && guest_range_ok(va, nr_bytes);
}

/* More than the region can take: checked before it is laid out, so that no address in it wraps. */
static uint64_t region_bound(const struct dom_plan *plan, uint64_t v_start)
{
    uint64_t nr = pages(plan->kernel_end - v_start) + 4;

    if ( !plan->initrd_unmapped )
        nr += pages(plan->initrd_size);
    if ( !plan->p2m_placed )
        nr += pages(plan->nr_pages * sizeof(uint64_t));
    /* An L1 table for each 512 pages, an L2 for each 512 of those..., and the ends of three levels. */
    nr += nr / 256 + 16;
    return ROUND_UP(nr << PAGE_SHIFT, DOM_REGION_ALIGN) + 2 * DOM_REGION_ALIGN;
}

static int check_region(const struct dom_plan *plan, uint64_t v_start, struct load_error *err)
{
    if ( is_guests(v_start, plan->kernel_end - v_start) &&
         is_guests(v_start, region_bound(plan, v_start)) )
        return 0;
    return load_fail(
        err, -ENOEXEC,
        "VIRT_BASE %#lx: kernel and what follows it do not fit between there and the hypervisor's "
        "or the last address",
        plan->virt_base);
}

static int check_placed_p2m(const struct dom_layout *l, const struct dom_plan *plan,
                            struct load_error *err)
{
    uint64_t len = pages(plan->nr_pages * sizeof(uint64_t)) << PAGE_SHIFT;
    uint64_t end = plan->p2m_va + len;

    if ( (plan->p2m_va & ~PAGE_MASK) || !is_guests(plan->p2m_va, len) )
        return load_fail(err, -ENOEXEC,
                         "INIT_P2M %#lx: %#lx bytes there are not the kernel's to use",
                         plan->p2m_va, len);
    if ( plan->p2m_va < l->v_end && l->v_start < end )
        return load_fail(err, -ENOEXEC,
                         "INIT_P2M %#lx: %#lx bytes there overlap the boot region %#lx-%#lx",
                         plan->p2m_va, len, l->v_start, l->v_end);
    return 0;
}

int dom_layout(struct dom_layout *l, const struct dom_plan *plan, struct load_error *err)
{
    int rc;

    ASSERT(plan->kernel_start >= plan->virt_base && plan->kernel_end > plan->kernel_start);
    memset(l, 0, sizeof(*l));
    l->v_start = ROUND_DOWN(plan->virt_base, DOM_REGION_ALIGN);
    rc = check_plan(plan, l->v_start, err);
    rc = rc ? rc : check_region(plan, l->v_start, err);
    if ( rc )
        return rc;
    settle_region(l, plan);
    ASSERT(l->v_end - l->v_start <= region_bound(plan, l->v_start));
    place_boot_tables(l);
    if ( plan->p2m_placed )
        rc = check_placed_p2m(l, plan, err);
    if ( rc )
        return rc;
    lay_outside(l, plan);
    return l->nr_special > plan->nr_pages ? too_small(l->nr_special, plan, err) : 0;
}
