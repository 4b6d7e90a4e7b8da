/* SPDX-License-Identifier: GPL-2.0-only */
/* What is copied out to us; grant tables; vCPUs. */
#include <public/grant_table.h>
#include "suite.h"

#define UNTOUCHED 0xc3

/* Behind the text there must be zeroes only, up to the end of the field. */
static void clean(const char *name, const unsigned char *text, size_t size)
{
    unsigned int junk = 0, untouched = 0;

    for ( size_t at = 0; at < size; at++ )
        untouched += text[at] == UNTOUCHED;
    for ( size_t at = untouched ? size : strlen((const char *)text); at < size; at++ )
        junk += text[at] != 0;
    check_eq(junk, 0, "%s: bytes behind the text that are not 0", name);
    check_eq(untouched, 0, "%s: bytes that were not written", name);
}

TEST("xsa-122", "xen_version tells texts and nothing behind them", 0)
{
    static unsigned char buf[PAGE_SIZE];
    static struct xen_compile_info info;
    static const struct
    {
        unsigned int cmd, size;
        const char *name;
    } cases[] = { { XENVER_extraversion, sizeof(xen_extraversion_t), "extraversion" },
                  { XENVER_capabilities, sizeof(xen_capabilities_info_t), "capabilities" },
                  { XENVER_changeset, sizeof(xen_changeset_info_t), "changeset" },
                  { XENVER_commandline, sizeof(xen_commandline_t), "command line" } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        memset(buf, UNTOUCHED, sizeof(buf));
        check_rc(hyp_xen_version(cases[i].cmd, buf), 0, "%s", cases[i].name);
        clean(cases[i].name, buf, cases[i].size);
        check_eq(buf[cases[i].size], UNTOUCHED, "%s: not a byte too many", cases[i].name);
    }
    memset(&info, UNTOUCHED, sizeof(info));
    check_rc(hyp_xen_version(XENVER_compile_info, &info), 0, "compile_info");
    clean("compiler", (unsigned char *)info.compiler, sizeof(info.compiler));
    clean("compiled by", (unsigned char *)info.compile_by, sizeof(info.compile_by));
    clean("compiled at", (unsigned char *)info.compile_domain, sizeof(info.compile_domain));
    clean("compiled on", (unsigned char *)info.compile_date, sizeof(info.compile_date));
}

/* ---- Grants ---- */

static long grant(unsigned int cmd, void *arg)
{
    return HYPERCALL(grant_table_op, cmd, arg, 1, 0, 0);
}

static bool table_works(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF, .status = 1 };

    return grant(GNTTABOP_query_size, &q) == 0 && q.status == GNTST_okay &&
           q.nr_frames <= q.max_nr_frames;
}

/* Which error it is differs; what counts is that it is one. */
static void swap_refused(uint32_t a, uint32_t b, const char *what)
{
    struct gnttab_swap_grant_ref s = { .ref_a = a, .ref_b = b, .status = 1 };

    check_rc(grant(GNTTABOP_swap_grant_ref, &s), 0, "swap %s", what);
    check(s.status < 0, "is told no");
}

TEST("xsa-18", "swapping grants that are beyond the table", 0)
{
    swap_refused(0xffffffff, 0, "the last number and 0");
    swap_refused(0, 0xffffffff, "0 and the last number");
    swap_refused(0x7fffffff, 0x80000000, "numbers in the middle");
    swap_refused(1U << 20, 1U << 21, "numbers beyond any table");
    check(table_works(), "the table is there");
}

/* Alone: the first grant operation of this domain. */
TEST("xsa-134", "swapping grants first of all", TEST_ALONE)
{
    swap_refused(0xffffffff, 0xfffffffe, "before there is a table");
    check(table_works(), "the table is there");
}

TEST("xsa-26", "the table's version, back and forth", 0)
{
    static uint64_t frames[4];
    unsigned int odd = 0;

    for ( unsigned int i = 0; i < 32; i++ )
    {
        struct gnttab_set_version v = { .version = 1 + (i & 1) };
        struct gnttab_get_version get = { .dom = DOMID_SELF };
        struct gnttab_setup_table setup = { .dom = DOMID_SELF,
                                            .nr_frames = 1 + i % 4,
                                            .status = 1 };
        long rc = grant(GNTTABOP_set_version, &v);

        set_xen_guest_handle(setup.frame_list, (xen_pfn_t *)frames);
        odd += rc != 0 && rc != -XEN_ENOSYS;
        odd += grant(GNTTABOP_get_version, &get) != 0 ||
               get.version != (rc ? 1 : 1 + (i & 1)); /* refused: version 2 is not there */
        odd += grant(GNTTABOP_setup_table, &setup) != 0 || setup.status != GNTST_okay;
        odd += !table_works();
    }
    check_eq(odd, 0, "32 times: odd answers");
    struct gnttab_set_version last = { .version = 1 };
    check_rc(grant(GNTTABOP_set_version, &last), 0, "version 1 at the end");
}

TEST("xsa-316", "mapping a grant that is not there", 0)
{
    static const uint16_t domains[] = { 5, 0x7eff, DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_INVALID };
    char *page = page_alloc();

    for ( unsigned int d = 0; d < ARRAY_SIZE(domains); d++ )
        for ( unsigned int flags = 1; flags < 32; flags += 3 )
        {
            struct gnttab_map_grant_ref m = {
                .host_addr = (uint64_t)page, .flags = flags, .ref = 0xffff, .dom = domains[d]
            };

            m.status = 1;
            if ( grant(GNTTABOP_map_grant_ref, &m) || m.status >= 0 )
                check(false, "domain %u, flags %u: status is %d", domains[d], flags, m.status);
        }
    check(true, "no domain's, whatever the flags");
    page[0] = 1;
    check_eq((uint64_t)page[0], 1, "the page at that address is still there");
    check(table_works(), "the table is there");
}

TEST("xsa-227", "a grant's mapping across two entries", 0)
{
    volatile uint64_t *e = pt_entry(window_alloc(), 1);
    uint64_t at = (virt_to_mfn(e) << 12) | ((uint64_t)e & (PAGE_SIZE - 1));
    uint64_t before = e[0], behind = e[1];

    for ( unsigned int off = 1; off < 8; off++ )
    {
        struct gnttab_map_grant_ref m = { .host_addr = at + off,
                                          .flags = GNTMAP_host_map | GNTMAP_contains_pte,
                                          .dom = 0 };

        m.status = 1;
        check_rc(grant(GNTTABOP_map_grant_ref, &m), 0, "an entry %u bytes off", off);
        check(m.status < 0, "is told no");
    }
    check_eq(e[0], before, "the entry");
    check_eq(e[1], behind, "the next one");
}

TEST("xsa-232", "cache maintenance of what is not memory", 0)
{
    unsigned int wrong = 0;

    for ( uint64_t mfn = 0; mfn < 0x100; mfn++ )
    {
        struct gnttab_cache_flush c = { .a.dev_bus_addr = mfn << 12,
                                        .length = 4096,
                                        .op = GNTTAB_CACHE_CLEAN };
        long rc = grant(GNTTABOP_cache_flush, &c);

        wrong += rc >= 0 && !initial_domain();
        wrong += rc > 0;
    }
    check_eq(wrong, 0, "frames of the first MiB that an ordinary domain may flush");
    check(table_works(), "the table is there");
}

/* ---- vCPUs ---- */

TEST("xsa-1", "a vCPU cannot be made to run without tables", 0)
{
    static struct vcpu_guest_context ctx;

    ctx.flags = 0; /* user mode, and ctrlreg[1], its root, is 0 */
    ctx.ctrlreg[3] = root_mfn << 12;
    check_rc(hyp_vcpu_op(VCPUOP_initialise, 0, &ctx), -XEN_EEXIST, "initialise ourselves");
    check_rc(hyp_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_ENOENT, "initialise vCPU 1");
    check_rc(hyp_vcpu_op(VCPUOP_initialise, ~0U, &ctx), -XEN_ENOENT, "initialise vCPU ~0");
    check_rc(hyp_vcpu_op(VCPUOP_up, 1, NULL), -XEN_ENOENT, "vCPU 1 up");
}
