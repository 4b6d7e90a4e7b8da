/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit on the metal: memory to count in, when it runs, and what happens when an invariant is broken.
 *
 * The counts take eight bytes for each frame of the machine, got from the heap at the first audit and kept. One CPU runs, and
 * whoever calls is between two operations of the core: no locks.
 */
#include <asm/paging.h>
#include <public/xen.h>
#include <xen/audit.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/printk.h>

#ifdef CONFIG_AUDIT

static struct audit_count *counts;

/* The counts are one block of the heap, of 1 GiB at most: enough for machine addresses up to 512 GiB. */
static bool get_counts(void)
{
    uint64_t bytes = machine.max_mfn * sizeof(*counts);
    unsigned int order = 0;
    mfn_t mfn;

    if ( counts )
        return true;
    while ( order < HEAP_MAX_ORDER && (PAGE_SIZE << order) < bytes )
        order++;
    if ( (PAGE_SIZE << order) < bytes )
        return false;
    mfn = heap_alloc_owned(&machine, order, DOMID_XEN);
    if ( mfn_eq(mfn, INVALID_MFN) )
        return false;
    counts = mfn_to_virt(&machine, mfn);
    return true;
}

/* False: there is no memory to count in, which is said once. */
static bool run(struct audit_result *res)
{
    static bool told;

    if ( get_counts() )
    {
        audit(&machine, counts, res);
        return true;
    }
    if ( !told )
        pr_warn(
            "audit: no %lu KiB in one piece to count the machine's %lu frames in (at most 1 GiB): "
            "accounts are not audited",
            machine.max_mfn * sizeof(*counts) >> 10, machine.max_mfn);
    told = true;
    return false;
}

static void print_result(const struct audit_result *res)
{
    pr_always("audit: %lu frames in use, %lu page tables, %lu entries: %u violation%s", res->frames,
              res->tables, res->entries, res->violations, res->violations == 1 ? "" : "s");
}

static void audit_key(void)
{
    struct audit_result res;

    if ( run(&res) )
        print_result(&res);
}

void audit_init(void)
{
    debugkey_register('a', audit_key, "audit all memory accounts");
}

void audit_check(const char *when)
{
    struct audit_result res;

    if ( run(&res) && res.violations )
    {
        print_result(&res);
        panic("memory accounts are wrong, found %s", when);
    }
}

#endif /* CONFIG_AUDIT */
