/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug key p: for each domain, where its p2m list is and how many of its entries are right (docs/p2m.md). The reading is
 * arch/x86/mm/p2m.c's; here it is taken from domain to domain, and its findings are put in words. tools/pvrun --audit reads
 * the last line of each domain. Softirq context of one CPU: no lock.
 */
#include <xen/dump.h>
#include <xen/p2m.h>
#include <xen/printk.h>
#include <xen/softirq.h>

/* How long the guest gets to finish a change. */
#define CHANGE_TIME MILLISECS(1)

static struct p2m_audit audit_state;
static unsigned int slot;
static uint64_t started; /* on this domain */

static void print_list(const struct p2m_audit *a)
{
    const struct p2m_anchor *at = &a->anchor;
    uint64_t us = (now() - started) / 1000;

    if ( a->form == P2M_LINEAR )
        pr_always("p2m: d%u: linear list at %#lx under L4 mfn %#lx, generation %lu, read in %lu us",
                  a->d->id, at->vaddr, xen_cr3_to_pfn(at->cr3), at->generation, us);
    else
        pr_always("p2m: d%u: three-level list, top mfn %#lx, read in %lu us", a->d->id, at->tree,
                  us);
}

static void print_mismatch(const struct p2m_audit *a, const struct p2m_mismatch *bad)
{
    static const char *const what[] = {
        [P2M_NO_FRAME] = "which is no memory in use; M2P",
        [P2M_NOT_OWNED] = "which is not its own; owner",
        [P2M_OTHER_PFN] = "which is another pfn's; M2P",
    };

    pr_always("p2m: d%u: pfn %#lx is said to be mfn %#lx, %s %#lx", a->d->id, bad->pfn, bad->entry,
              what[bad->kind], bad->m2p);
}

static void print_result(const struct p2m_audit *a)
{
    print_list(a);
    for ( unsigned int i = 0; i < MIN(a->mismatches, P2M_MISMATCHES); i++ )
        print_mismatch(a, &a->mismatch[i]);
    pr_always("p2m audit: d%u: %lu entries, %lu present, %lu identity, %lu foreign, %lu invalid, "
              "%lu unreadable, %lu mismatches, %u retries",
              a->d->id, a->next, a->present, a->identity, a->foreign, a->invalid, a->unreadable,
              a->mismatches, a->retries);
}

/* When to come back to the same domain, or 0: it is done. */
static uint64_t audit_one(struct p2m_audit *a)
{
    switch ( p2m_audit_step(a) )
    {
    case 0: print_result(a); return 0;
    case -ERESTART: return DUMP_SOON;
    case -EAGAIN: return CHANGE_TIME;
    case -EBUSY:
        pr_always("p2m audit: d%u: failed: the guest keeps changing it, generation %lu, %u retries",
                  a->d->id, a->anchor.generation, a->retries);
        return 0;
    case -ENOENT: pr_always("p2m audit: d%u: failed: no list is published", a->d->id); return 0;
    default: pr_always("p2m audit: d%u: failed: %s %#lx", a->d->id, a->why, a->what); return 0;
    }
}

static bool next_domain(void)
{
    struct domain *d = dump_next_domain(&slot);

    started = now();
    if ( d )
        p2m_audit_init(&audit_state, &d->mm, &d->shared->arch);
    return d != NULL;
}

static uint64_t step(void)
{
    uint64_t delay;

    if ( !audit_state.d )
        return DUMP_DONE;
    delay = audit_one(&audit_state);
    if ( delay )
        return delay;
    return next_domain() ? DUMP_SOON : DUMP_DONE;
}

static void begin(void)
{
    audit_state.d = NULL;
    slot = 0;
    if ( !next_domain() )
        pr_always("p2m audit: no domain is running");
}

void dump_p2m_key(void)
{
    dump_start("p2m audit", begin, step);
}
