/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests on grants that do not exist: each is told a status that says no, and nothing has happened. */
#include "grants.h"
#include "tables.h"

#define NOBODY 5

/* Domains that are not there, and numbers that stand for none. */
static const uint16_t nobody[] = { 1,        NOBODY,    0x7fef,    DOMID_SELF,
                                   DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID };

/* The call itself succeeds; the status is one of two. Told as a positive number: it is no errno. */
static void status_is(long rc, const int16_t *status, int want, int other, const char *what,
                      unsigned int n)
{
    check_rc(rc, 0, what, n);
    check_rc_any(-*status, -want, -other, "its status, negated");
}

#define REQUEST(op, entry, want, other, what, n)                                                   \
    status_is(grant1(GNTTABOP_##op, &(entry)), &(entry).status, want, other, what, n)

TEST("grant-map-refused", "map_grant_ref: a grant of nobody's", 0)
{
    char *page = page_alloc();
    volatile uint64_t *entry = pt_entry(page, 1);
    uint64_t before = *entry;

    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
    {
        struct gnttab_map_grant_ref m = { .host_addr = (uint64_t)page,
                                          .flags = GNTMAP_host_map,
                                          .dom = nobody[i],
                                          .status = UNTOLD };

        REQUEST(map_grant_ref, m, GNTST_bad_domain, GNTST_bad_domain, "of domain %u", nobody[i]);
    }
    check_eq(*entry, before, "the page-table entry");
}

TEST("grant-map-own", "map_grant_ref: a grant of our own that was not made", 0)
{
    static const uint32_t refs[] = { 8, 511, 1 << 20, 0x7fffffff, 1U << 31, ~0U };
    int16_t made;
    uint64_t frame;
    char *page = page_alloc();
    volatile uint64_t *entry = pt_entry(page, 1);
    uint64_t before = *entry;

    check_rc(setup(DOMID_SELF, 1, &frame, &made), 0, "a table with 512 entries, all empty");
    for ( unsigned int i = 0; i < ARRAY_SIZE(refs); i++ )
    {
        struct gnttab_map_grant_ref m = { .host_addr = (uint64_t)page,
                                          .flags = GNTMAP_host_map,
                                          .ref = refs[i],
                                          .dom = 0,
                                          .status = UNTOLD };

        REQUEST(map_grant_ref, m, GNTST_bad_domain,
                refs[i] < 512 ? GNTST_general_error : GNTST_bad_gntref, "grant %u", refs[i]);
    }
    check_eq(*entry, before, "the page-table entry");
}

TEST("grant-map-flags", "map_grant_ref: flags that make no sense", 0)
{
    static const uint32_t flags[] = { 0, GNTMAP_readonly, GNTMAP_contains_pte, 1U << 5,
                                      0xffffffff };
    char *page = page_alloc();
    volatile uint64_t *entry = pt_entry(page, 1);
    uint64_t before = *entry;

    for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
    {
        struct gnttab_map_grant_ref m = {
            .host_addr = (uint64_t)page, .flags = flags[i], .dom = NOBODY, .status = UNTOLD
        };

        REQUEST(map_grant_ref, m, GNTST_bad_domain, GNTST_bad_gntref, "flags 0x%x", flags[i]);
    }
    check_eq(*entry, before, "the page-table entry");
}

TEST("grant-unmap-refused", "unmap_grant_ref: handles that were never given", 0)
{
    static const uint32_t handles[] = { 0, 1, 255, 256, 4096, 1 << 20, 1U << 31, ~0U };
    char *page = page_alloc();
    volatile uint64_t *entry = pt_entry(page, 1);
    uint64_t before = *entry;

    for ( unsigned int i = 0; i < ARRAY_SIZE(handles); i++ )
    {
        struct gnttab_unmap_grant_ref u = { .host_addr = (uint64_t)page,
                                            .handle = handles[i],
                                            .status = UNTOLD };

        REQUEST(unmap_grant_ref, u, GNTST_bad_handle, GNTST_bad_handle, "handle %u", handles[i]);
    }
    check_eq(*entry, before, "the page-table entry");
    page[0] = 1;
    check_eq((uint64_t)page[0], 1, "the page is still there");
}

TEST("grant-replace-refused", "unmap_and_replace: handles that were never given", 0)
{
    static const uint32_t handles[] = { 0, 1, 255, 1 << 20, ~0U };
    char *page = page_alloc(), *other = page_alloc();
    uint64_t before = *pt_entry(page, 1), other_before = *pt_entry(other, 1);

    for ( unsigned int i = 0; i < ARRAY_SIZE(handles); i++ )
    {
        struct gnttab_unmap_and_replace u = { .host_addr = (uint64_t)page,
                                              .new_addr = (uint64_t)other,
                                              .handle = handles[i],
                                              .status = UNTOLD };

        REQUEST(unmap_and_replace, u, GNTST_bad_handle, GNTST_bad_handle, "handle %u", handles[i]);
    }
    check_eq(*pt_entry(page, 1), before, "the page-table entry");
    check_eq(*pt_entry(other, 1), other_before, "the other one");
}

static long total_pages(void)
{
    uint16_t self = DOMID_SELF;

    return hyp_memory_op(XENMEM_current_reservation, &self);
}

/* A frame that was given away is made good: the tests behind this one count on it. */
static void refill(uint64_t pfn)
{
    struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
    uint64_t frame = pfn;

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)&frame);
    if ( hyp_memory_op(XENMEM_populate_physmap, &r) != 1 )
        error("no frame for that PFN");
    ((uint64_t *)start_info->mfn_list)[pfn] = frame;
}

TEST("grant-transfer-refused", "transfer: a frame to nobody", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
    {
        uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
        struct gnttab_transfer t = { .mfn = mfn, .domid = nobody[i], .status = UNTOLD };
        long pages = total_pages(), lost;

        REQUEST(transfer, t, GNTST_bad_domain, GNTST_bad_domain, "to domain %u", nobody[i]);
        lost = pages - total_pages();
        check_rc_any(lost, 0, 1, "frames that are gone all the same");
        check(lost || M2P[mfn] == pfn, "the M2P's entry, if it is not");
        if ( lost )
            refill(pfn);
        check_rc(total_pages(), pages, "as many pages as before");
    }
}

TEST("grant-transfer-frames", "transfer: frames that are not ours to give", 0)
{
    const uint64_t frames[] = { 0,         root_mfn, start_info->shared_info >> 12, 0x100, 0xfee00,
                                1UL << 40, ~0UL };
    long pages = total_pages();

    for ( unsigned int i = 0; i < ARRAY_SIZE(frames); i++ )
    {
        struct gnttab_transfer t = { .mfn = frames[i], .domid = NOBODY, .status = UNTOLD };

        REQUEST(transfer, t, GNTST_bad_domain, GNTST_bad_page, "frame %u", i);
    }
    check_rc(total_pages(), pages, "as many pages as before");
}

TEST("grant-copy-refused", "copy: grants of nobody's", 0)
{
    char *page = page_alloc();
    unsigned int touched = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
    {
        struct gnttab_copy c = { .len = 16, .flags = GNTCOPY_source_gref, .status = UNTOLD };

        if ( nobody[i] == DOMID_SELF )
            continue;
        c.source.domid = nobody[i];
        c.dest.domid = DOMID_SELF;
        c.dest.u.gmfn = mfn_of(page);
        REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_domain, "from domain %u", nobody[i]);
        c = (struct gnttab_copy){ .len = 16, .flags = GNTCOPY_dest_gref, .status = UNTOLD };
        c.source.domid = DOMID_SELF;
        c.source.u.gmfn = mfn_of(page);
        c.dest.domid = nobody[i];
        REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_domain, "to domain %u", nobody[i]);
    }
    for ( unsigned int i = 0; i < PAGE_SIZE; i++ )
        touched += page[i] != 0;
    check_eq(touched, 0, "bytes that were written");
}

static struct gnttab_copy own_copy(uint64_t from, uint64_t to, uint16_t len)
{
    struct gnttab_copy c = { .len = len, .status = UNTOLD };

    c.source.domid = c.dest.domid = DOMID_SELF;
    c.source.u.gmfn = from;
    c.dest.u.gmfn = to;
    return c;
}

TEST("grant-copy-bounds", "copy: within a page on both sides, or not at all", 0)
{
    static const uint16_t cases[][2] = { { 0, 4097 }, { 4095, 2 }, { 1, 4096 }, { 65535, 65535 } };
    char *page = page_alloc(), *other = page_alloc();
    unsigned int touched = 0;

    memset(page, 0x55, PAGE_SIZE);
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        struct gnttab_copy c = own_copy(mfn_of(page), mfn_of(other), cases[i][1]);

        c.source.offset = cases[i][0];
        REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_copy_arg, "from byte %u, too many",
                cases[i][0]);
        c = own_copy(mfn_of(page), mfn_of(other), cases[i][1]);
        c.dest.offset = cases[i][0];
        REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_copy_arg, "to byte %u, too many", cases[i][0]);
    }
    for ( unsigned int i = 0; i < PAGE_SIZE; i++ )
        touched += other[i] != 0;
    check_eq(touched, 0, "bytes that were written");
}

/* By frame number on both sides: no grant is needed. A hypervisor without grants may refuse. */
TEST("grant-copy-own", "copy: what is copied onto page tables is refused", 0)
{
    char *page = page_alloc(), *other = page_alloc();
    struct gnttab_copy c = own_copy(mfn_of(page), mfn_of(other), 16);
    uint64_t before = *pt_entry(page, 4);

    memset(page, 0x55, PAGE_SIZE);
    REQUEST(copy, c, GNTST_bad_domain, GNTST_okay, "a page of ours to another, %u", 1);
    check_eq((uint64_t)other[15], c.status ? 0 : 0x55, "it happened if the status says so");
    check_eq((uint64_t)other[16], 0, "nothing behind it is touched");
    c = own_copy(mfn_of(page), root_mfn, 16);
    REQUEST(copy, c, GNTST_bad_domain, GNTST_general_error, "to the running L4, %u", 1);
    check_eq(*pt_entry(page, 4), before, "the L4's entry");
    c = own_copy(~0UL, mfn_of(other), 16);
    REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_page, "from frame ~0, %u", 1);
    c = own_copy(0x100, mfn_of(other), 16);
    REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_page, "from a frame of the hypervisor, %u", 1);
    c = own_copy(mfn_of(page), ~0UL, 16);
    REQUEST(copy, c, GNTST_bad_domain, GNTST_bad_page, "to frame ~0, %u", 1);
}

TEST("grant-status-frames", "get_status_frames: a table of version 1 has none", 0)
{
    struct gnttab_set_version v = { .version = 1 };
    static uint64_t list[4];
    unsigned int touched = 0;

    check_rc(grant1(GNTTABOP_set_version, &v), 0, "version 1");
    for ( uint32_t n = 1; n < 4; n++ )
    {
        struct gnttab_get_status_frames s = { .nr_frames = n, .dom = DOMID_SELF, .status = UNTOLD };

        set_xen_guest_handle(s.frame_list, list);
        REQUEST(get_status_frames, s, GNTST_general_error, GNTST_general_error, "%u of ours", n);
        s.dom = NOBODY;
        s.status = UNTOLD;
        REQUEST(get_status_frames, s, GNTST_general_error, GNTST_bad_domain, "%u of domain 5's", n);
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(list); i++ )
        touched += list[i] != 0;
    check_eq(touched, 0, "entries of the list that were written");
}

TEST("grant-dump-table", "dump_table is not there", 0)
{
    static const uint16_t domains[] = { DOMID_SELF, 0, NOBODY, DOMID_INVALID };

    for ( unsigned int i = 0; i < ARRAY_SIZE(domains); i++ )
    {
        struct gnttab_dump_table d = { .dom = domains[i], .status = UNTOLD };

        check_rc(grant1(GNTTABOP_dump_table, &d), -XEN_ENOSYS, "of domain %u", domains[i]);
        check_eq((uint64_t)d.status, UNTOLD, "its status is left alone");
    }
}

TEST("grant-swap", "swap_grant_ref: entries of the table, and others", 0)
{
    static const uint32_t beyond[][2] = { { 8, 512 << 10 }, { 512 << 10, 8 }, { ~0U, ~0U } };
    struct gnttab_swap_grant_ref s = { .ref_a = 8, .ref_b = 9, .status = UNTOLD };
    struct grant_entry_v1 *table = window_alloc();
    uint64_t frame;
    int16_t status;

    check_rc(setup(DOMID_SELF, 1, &frame, &status), 0, "a table");
    check_rc(hyp_update_va_mapping(table, pte(frame, PTE_RW_PAGE), UVMF_INVLPG), 0, "map it");
    table[8] = (struct grant_entry_v1){ .domid = 77, .frame = 8 };
    table[9] = (struct grant_entry_v1){ .domid = 88, .frame = 9 };
    REQUEST(swap_grant_ref, s, GNTST_general_error, GNTST_okay, "entries %u and 9", 8);
    check_eq(table[8].domid, s.status ? 77 : 88, "the first is swapped if the status says so");
    check_eq(table[9].domid, s.status ? 88 : 77, "and the second");
    table[8] = table[9] = (struct grant_entry_v1){ 0 };
    for ( unsigned int i = 0; i < ARRAY_SIZE(beyond); i++ )
    {
        s = (struct gnttab_swap_grant_ref){ .ref_a = beyond[i][0],
                                            .ref_b = beyond[i][1],
                                            .status = UNTOLD };
        REQUEST(swap_grant_ref, s, GNTST_general_error, GNTST_bad_gntref, "beyond the table, %u",
                i);
    }
}

TEST("grant-cache-flush", "cache_flush: not there, or for what is ours and in a page", 0)
{
    const uint64_t own = mfn_of(page_alloc()) << 12;
    struct gnttab_cache_flush c = { .a.dev_bus_addr = own, .length = 64, .op = GNTTAB_CACHE_CLEAN };

    check_rc_any(grant1(GNTTABOP_cache_flush, &c), -XEN_ENOSYS, 0, "64 bytes of ours");
    c.length = 5000;
    check_rc_any(grant1(GNTTABOP_cache_flush, &c), -XEN_ENOSYS, -XEN_EINVAL, "5000 bytes");
    c = (struct gnttab_cache_flush){ .a.dev_bus_addr = own, .length = 2, .offset = 4095, .op = 1 };
    check_rc_any(grant1(GNTTABOP_cache_flush, &c), -XEN_ENOSYS, -XEN_EINVAL, "over the page's end");
    c = (struct gnttab_cache_flush){ .a.dev_bus_addr = own, .length = 64, .op = 4 };
    check_rc_any(grant1(GNTTABOP_cache_flush, &c), -XEN_ENOSYS, -XEN_EINVAL, "a way that is none");
    check_rc_any(grant1(GNTTABOP_cache_flush, (void *)0xdead0000), -XEN_ENOSYS, -XEN_EFAULT,
                 "argument unmapped");
}
