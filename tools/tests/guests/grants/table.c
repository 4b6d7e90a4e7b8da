/* SPDX-License-Identifier: GPL-2.0-only */
/* The table itself: its version, its size, its frames. */
#include "grants.h"
#include "tables.h"

#define NOBODY 5

TEST("grant-version", "set_version and get_version", 0)
{
    struct gnttab_set_version v = { .version = 1 };
    struct gnttab_get_version get = { .dom = DOMID_SELF, .version = UNTOLD };
    static const uint32_t bad[] = { 0, 3, 4, 255, 1U << 31, ~0U };
    long rc;

    check_rc(grant1(GNTTABOP_set_version, &v), 0, "version 1");
    check_eq(v.version, 1, "is told");
    check_rc(grant1(GNTTABOP_get_version, &get), 0, "get_version");
    check_eq(get.version, 1, "the version");
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        v.version = bad[i];
        check_rc(grant1(GNTTABOP_set_version, &v), -XEN_EINVAL, "version %u", bad[i]);
    }
    v.version = 2;
    rc = grant1(GNTTABOP_set_version, &v);
    check_rc_any(rc, -XEN_ENOSYS, 0, "version 2");
    get.version = UNTOLD;
    check_rc(grant1(GNTTABOP_get_version, &get), 0, "get_version");
    check_eq(get.version, rc ? 1 : 2, "the version is what set_version said");
    v.version = 1;
    check_rc(grant1(GNTTABOP_set_version, &v), 0, "version 1 again");
    get.dom = 0;
    check_rc(grant1(GNTTABOP_get_version, &get), 0, "get_version of domain 0, which we are");
    check_eq(get.version, 1, "the version");
    get.dom = NOBODY;
    check_rc(grant1(GNTTABOP_get_version, &get), -XEN_ESRCH, "get_version of domain 5");
    get.dom = DOMID_INVALID;
    check_rc(grant1(GNTTABOP_get_version, &get), -XEN_ESRCH, "get_version of DOMID_INVALID");
}

static int16_t size_status(uint16_t dom)
{
    struct gnttab_query_size q = { .dom = dom, .status = UNTOLD };

    check_rc(grant1(GNTTABOP_query_size, &q), 0, "query_size of domain %u", dom);
    return q.status;
}

TEST("grant-query-size", "query_size: whose, and how large", 0)
{
    static const uint16_t nobody[] = { 1, NOBODY, 0x7fef, DOMID_COW, DOMID_INVALID, 0xffff };
    uint32_t now = table_frames(), most = most_frames();

    check(now <= most, "the table is not larger than it may be");
    check(most >= 1 && most < 65536, "it may have a sensible number of frames");
    check_eq((uint64_t)size_status(0), GNTST_okay, "domain 0, which we are: status");
    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
        check_eq((uint64_t)size_status(nobody[i]), (uint64_t)GNTST_bad_domain, "domain %u: status",
                 nobody[i]);
    check_eq(table_frames(), now, "asking changes nothing");
}

TEST("grant-setup-table", "setup_table: sizes, domains and lists", 0)
{
    static uint64_t list[1024];
    uint32_t most = most_frames(), now;
    int16_t status;

    check_rc(setup(DOMID_SELF, 1, list, &status), 0, "one frame");
    check_eq((uint64_t)status, GNTST_okay, "status");
    now = table_frames();
    check(now >= 1, "the table has it");
    check_rc(setup(DOMID_SELF, 0, list, &status), 0, "no frame");
    check_eq((uint64_t)status, GNTST_okay, "status");
    check_rc(setup(DOMID_SELF, 0, NULL, &status), 0, "no frame, no list");
    check_eq((uint64_t)status, GNTST_okay, "status");
    check_rc(setup(0, 1, list, &status), 0, "of domain 0, which we are");
    check_eq((uint64_t)status, GNTST_okay, "status");
    check_rc(setup(NOBODY, 1, list, &status), 0, "of domain 5");
    check_eq((uint64_t)status, (uint64_t)GNTST_bad_domain, "status");
    check_rc(setup(DOMID_INVALID, 1, list, &status), 0, "of DOMID_INVALID");
    check_eq((uint64_t)status, (uint64_t)GNTST_bad_domain, "status");
    check_rc(setup(DOMID_SELF, most + 1, list, &status), 0, "one frame too many");
    check(status < 0, "status says no");
    check_rc(setup(DOMID_SELF, ~0U, list, &status), 0, "2^32 - 1 frames");
    check(status < 0, "status says no");
    check_eq(table_frames(), now, "the table is as large as before");
}

TEST("grant-setup-list", "setup_table: a list that cannot be written", 0)
{
    uint64_t *page = page_alloc(), list[2];
    int16_t status;
    long rc;

    check_rc(setup(DOMID_SELF, 2, list, &status), 0, "two frames");
    check_eq((uint64_t)status, GNTST_okay, "status");
    page_set_ro(page);
    rc = setup(DOMID_SELF, 2, page, &status);
    check_rc_any(rc, 0, -XEN_EFAULT, "list on a read-only page");
    check(rc || status < 0, "the errno or the status says no");
    rc = setup(DOMID_SELF, 2, (void *)0xdead0000, &status);
    check_rc_any(rc, 0, -XEN_EFAULT, "list unmapped");
    check(rc || status < 0, "the errno or the status says no");
    rc = setup(DOMID_SELF, 2, (void *)&M2P[list[0]], &status);
    check_rc_any(rc, 0, -XEN_EFAULT, "list in the M2P");
    check(rc || status < 0, "the errno or the status says no");
}

TEST("grant-table-frames", "the table's frames: stable, ours to write, and nothing else", 0)
{
    static uint64_t first[4], again[4];
    struct grant_entry_v1 *table = window_alloc();
    unsigned int dirty = 0;
    int16_t status;
    long rc;

    check_rc(setup(DOMID_SELF, 2, first, &status), 0, "two frames");
    check_rc(setup(DOMID_SELF, 4, again, &status), 0, "four frames");
    check_eq((uint64_t)status, GNTST_okay, "status");
    check(first[0] == again[0] && first[1] == again[1], "the first two are where they were");
    check(again[0] != again[1] && again[1] != again[2] && again[2] != again[3],
          "all are different");
    check_rc(hyp_update_va_mapping(table, pte(again[3], PTE_RW_PAGE), UVMF_INVLPG), 0,
             "map the last writable");
    for ( unsigned int i = 0; i < PAGE_SIZE / sizeof(*table); i++ )
        dirty += table[i].flags || table[i].domid || table[i].frame;
    check_eq(dirty, 0, "entries of the last frame that are not empty");
    table[1] = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = NOBODY, .frame = 1 };
    check_eq(table[1].frame, 1, "an entry can be written");
    table[1] = (struct grant_entry_v1){ 0 };
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, again[3], 0), -XEN_EINVAL, "pin it as L1");
    check_rc(hyp_set_gdt(&again[3], 512), -XEN_EINVAL, "as a GDT");
    check_rc(hyp_update_va_mapping(table, 0, UVMF_INVLPG), 0, "unmap it");
    /* Who never writes to them may leave them to us. */
    rc = mmuext(MMUEXT_PIN_L1_TABLE, again[3], 0);
    check_rc_any(rc, -XEN_EINVAL, 0, "pin it as L1, not mapped");
    if ( !rc && mmuext(MMUEXT_UNPIN_TABLE, again[3], 0) )
        error("cannot unpin it");
}

TEST("grant-table-grows", "as many frames as query_size says, and they stay", TEST_ALONE)
{
    static uint64_t list[1024];
    uint32_t most = most_frames();
    uint16_t self = DOMID_SELF;
    long pages = hyp_memory_op(XENMEM_current_reservation, &self);
    int16_t status;

    check(most <= ARRAY_SIZE(list), "the list has room");
    for ( uint32_t n = 1; n <= most; n++ )
    {
        uint32_t now = table_frames();

        setup(DOMID_SELF, n, list, &status);
        if ( status != GNTST_okay || table_frames() != (n > now ? n : now) )
            check(false, "%u frames: status %d", n, status);
    }
    check_eq(table_frames(), most, "the table is as large as it may be");
    for ( uint32_t i = 1; i < most; i++ )
        for ( uint32_t k = 0; k < i; k++ )
            if ( list[i] == list[k] )
                check(false, "frames %u and %u are one", i, k);
    setup(DOMID_SELF, most + 1, list, &status);
    check(status < 0, "one more: status says no");
    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), pages,
             "they do not count as pages of ours");
}
