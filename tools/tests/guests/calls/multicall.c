/* SPDX-License-Identifier: GPL-2.0-only */
/* multicall: where the list may be, how long it may be, and what comes back in it. */
#include "calls.h"

#define SIZE sizeof(struct multicall_entry)

static const struct multicall_entry version_call = { .op = __HYPERVISOR_xen_version, .result = 77 };

static unsigned int entries_done(const struct multicall_entry *m, unsigned int n)
{
    unsigned int done = 0;

    for ( unsigned int i = 0; i < n; i++ )
        done += m[i].result != 77;
    return done;
}

TEST("multicall-nowhere", "multicall: lists where nothing can be", 0)
{
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_multicall((void *)(bad_addresses[p].address & ~7UL), 1), -XEN_EFAULT,
                 "list %s", bad_addresses[p].name);
}

TEST("multicall-read-only", "multicall: a list that can only be read", 0)
{
    void *win = window_alloc();
    struct multicall_entry *m = page_alloc();

    m[0].op = __HYPERVISOR_update_va_mapping;
    m[0].args[0] = (unsigned long)win;
    m[0].args[1] = pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE);
    m[0].args[2] = UVMF_INVLPG;
    m[0].result = 77;
    m[1] = m[0];
    m[1].args[1] = 0;
    check_rc(page_set_ro(m), 0, "make the list read-only");
    check_rc(hyp_multicall(m, 2), -XEN_EFAULT, "two calls");
    check_eq(entries_done(m, 2), 0, "results that were written");
    check(*pt_entry(win, 1) & PTE_P, "the first call took effect, the second did not");
}

TEST("multicall-end-of-page", "multicall: a list that ends where memory does, and one that goes on",
     0)
{
    struct multicall_entry *m = before_hole(2 * SIZE);

    m[0] = m[1] = version_call;
    check_rc(hyp_multicall(m, 2), 0, "two entries before a hole");
    check_eq(entries_done(m, 2), 2, "done");
    m[0] = m[1] = version_call;
    check_rc(hyp_multicall(m, 3), -XEN_EFAULT, "a third one in the hole");
    check_eq(entries_done(m, 2), 2, "done");
    memcpy((char *)m + 8, &version_call, SIZE);
    memcpy((char *)m + 8 + SIZE, &version_call, SIZE - 8);
    check_rc(hyp_multicall((void *)((char *)m + 8), 2), -XEN_EFAULT,
             "the last word of the second in the hole");
}

TEST("multicall-huge", "multicall: counts far beyond the list", 0)
{
    static const unsigned int counts[] = { 0x10000, 0x7fffffff };
    struct multicall_entry *m = before_hole(2 * SIZE);

    for ( unsigned int i = 0; i < ARRAY_SIZE(counts); i++ )
    {
        m[0] = m[1] = version_call;
        check_rc(hyp_multicall(m, counts[i]), -XEN_EFAULT, "0x%x entries, two of them there",
                 counts[i]);
        check_eq(entries_done(m, 2), 2, "done");
    }
    m[0] = m[1] = version_call;
    check_rc(HYPERCALL(multicall, m, 1UL << 32 | 1, 0, 0, 0), 0, "2^32 + 1 entries are one");
    check_eq(entries_done(m, 2), 1, "done");
    check_rc(HYPERCALL(multicall, m, 1UL << 32, 0, 0, 0), 0, "2^32 are none");
}

TEST("multicall-unaligned", "multicall: a list at an odd address, over the end of a page", 0)
{
    char *pages = window_alloc();
    struct multicall_entry got;
    long version = hyp_xen_version(XENVER_version, NULL);

    if ( window_alloc() != pages + PAGE_SIZE )
        panic("two windows in a row");
    hyp_update_va_mapping(pages, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE), UVMF_INVLPG);
    hyp_update_va_mapping(pages + PAGE_SIZE, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE),
                          UVMF_INVLPG);
    for ( size_t off = 1; off < SIZE; off += 9 )
    {
        char *at = pages + PAGE_SIZE - off;

        memcpy(at, &version_call, SIZE);
        check_rc(hyp_multicall((void *)at, 1), 0, "%lu bytes before the end of the page", off);
        memcpy(&got, at, SIZE);
        check(got.result == version, "its result");
    }
}

TEST("multicall-untouched", "multicall: of an entry only the result changes", 0)
{
    struct multicall_entry m[2], want;

    for ( unsigned int i = 0; i < ARRAY_SIZE(m[0].args); i++ )
        m[0].args[i] = 0x1111111111111111UL * (i + 1);
    m[0].op = __HYPERVISOR_xen_version;
    m[0].args[0] = XENVER_version;
    m[0].result = ~0UL;
    want = m[0];
    want.result = (unsigned long)hyp_xen_version(XENVER_version, NULL);
    m[1] = want;
    m[1].result = 77;
    check_rc(hyp_multicall(m, 1), 0, "one call");
    check(!memcmp(&m[0], &want, SIZE), "arguments are as they were, the result is there");
    check_eq(m[1].result, 77, "the entry behind the list");
}

TEST("multicall-in-order", "multicall: each call sees what the ones before it did", 0)
{
    char *win = window_alloc();
    struct multicall_entry m[3];
    uint64_t *page = page_alloc();

    /* The second entry's flush is of a page that only the first makes; the third reads the window as its argument. */
    memset(m, 0, sizeof(m));
    page[0] = XENVER_version; /* submap_idx 0 */
    m[0].op = __HYPERVISOR_update_va_mapping;
    m[0].args[0] = (unsigned long)win;
    m[0].args[1] = pte(virt_to_mfn(page), PTE_RW_PAGE);
    m[0].args[2] = UVMF_INVLPG;
    m[1].op = __HYPERVISOR_xen_version;
    m[1].args[0] = XENVER_get_features;
    m[1].args[1] = (unsigned long)win;
    m[2] = m[0];
    m[2].args[1] = 0;
    check_rc(hyp_multicall(m, 3), 0, "map a page, have something written there, unmap it");
    for ( unsigned int i = 0; i < 3; i++ )
        check_rc((long)m[i].result, 0, "call %u", i);
    check(page[0] >> 32, "it was written there");
}

TEST("multicall-self", "multicall: a list that is changed by its own calls", 0)
{
    struct multicall_entry m[3];

    /* The first call's answer is the second's operation: 16 bytes of text. It is read when its turn comes. */
    memset(m, 0, sizeof(m));
    m[0].op = __HYPERVISOR_xen_version;
    m[0].args[0] = XENVER_extraversion;
    m[0].args[1] = (unsigned long)&m[1];
    m[1].op = __HYPERVISOR_sched_op;
    m[1].args[0] = SCHEDOP_shutdown;
    m[2] = version_call;
    check_rc(hyp_multicall(m, 3), 0, "three calls");
    check_rc((long)m[1].result, -XEN_ENOSYS, "the one that was overwritten");
    check(m[2].result != 77, "the last one is made");
}
