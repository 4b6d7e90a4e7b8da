/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain may ask about its memory and the machine's; what is not for it. */
#include "buffers.h"
#include "memory_op.h"

struct e820
{
    uint64_t start, size;
    uint32_t type;
} __attribute__((packed));

static struct e820 table[128];

static long get_map(unsigned int op, void *buffer, unsigned int *entries)
{
    struct xen_memory_map m = { .nr_entries = *entries };
    long rc;

    set_xen_guest_handle(m.buffer, buffer);
    rc = hyp_memory_op(op, &m);
    *entries = m.nr_entries;
    return rc;
}

TEST("memory-op-machine-map",
     "machine_memory_map: in order, without overlaps, with our memory in it", TEST_INITIAL)
{
    unsigned int n = ARRAY_SIZE(table), overlaps = 0, again;
    uint64_t ram = 0;

    check_rc(get_map(XENMEM_machine_memory_map, table, &n), 0, "with room for 128");
    check(n > 1 && n < ARRAY_SIZE(table), "it has some entries");
    for ( unsigned int i = 0; i < n; i++ )
    {
        overlaps += i && table[i].start < table[i - 1].start + table[i - 1].size;
        ram += table[i].type == 1 ? table[i].size : 0;
    }
    check_eq(overlaps, 0, "entries that begin before the one before them ends");
    check(ram >= start_info->nr_pages * PAGE_SIZE, "it has as much RAM as we have");
    for ( unsigned int room = 0; room < n; room++ )
    {
        again = room;
        if ( get_map(XENMEM_machine_memory_map, table, &again) != -XEN_EINVAL )
            check(false, "room for %u of %u", room, n);
    }
    again = n;
    check_rc_any(get_map(XENMEM_machine_memory_map, table, &again), 0, -XEN_EINVAL,
                 "room for just as many");
    again = n + 1;
    check_rc(get_map(XENMEM_machine_memory_map, table, &again), 0, "room for one more");
    check_eq(again, n, "as many entries");
    for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
    {
        again = n + 1;
        check_rc(get_map(XENMEM_machine_memory_map, (void *)bad_addresses[k].address, &again),
                 -XEN_EFAULT, "table: %s", bad_addresses[k].name);
    }
    again = n + 1;
    check_rc(get_map(XENMEM_machine_memory_map, before_hole(n * sizeof(table[0]) - 1), &again),
             -XEN_EFAULT, "table whose last byte is not mapped");
}

TEST("memory-op-machine-map-others", "machine_memory_map is for the initial domain", TEST_DOMU)
{
    unsigned int n = ARRAY_SIZE(table);

    memset(table, 0, sizeof(table));
    check_rc(get_map(XENMEM_machine_memory_map, table, &n), -XEN_EPERM, "with room for 128");
    check_eq(n, ARRAY_SIZE(table), "nothing is told");
    check_eq(table[0].size, 0, "nor written");
    check_rc(hyp_memory_op(XENMEM_machine_memory_map, (void *)bad_addresses[0].address), -XEN_EPERM,
             "argument unmapped");
}

TEST("memory-op-own-map", "memory_map: the domain's own", TEST_DOMU)
{
    unsigned int n = ARRAY_SIZE(table);
    uint64_t ram = 0;

    check_rc(get_map(XENMEM_memory_map, table, &n), 0, "with room for 128");
    for ( unsigned int i = 0; i < n; i++ )
        ram += table[i].type == 1 ? table[i].size : 0;
    check(ram >= start_info->nr_pages * PAGE_SIZE, "it has as much RAM as we have");
    memset(table, 0, sizeof(table));
    n = 0;
    check_rc(get_map(XENMEM_memory_map, table, &n), 0, "with room for none");
    check_eq(n, 0, "none is told");
    check_eq(table[0].size, 0, "nor written");
    for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
    {
        n = ARRAY_SIZE(table);
        check_rc(get_map(XENMEM_memory_map, (void *)bad_addresses[k].address, &n), -XEN_EFAULT,
                 "table: %s", bad_addresses[k].name);
    }
}

TEST("memory-op-m2p", "machphys_mapping and maximum_ram_page: where memory ends", 0)
{
    struct xen_machphys_mapping m;
    unsigned int wrong = 0;

    check_rc(hyp_memory_op(XENMEM_machphys_mapping, &m), 0, "machphys_mapping");
    check_eq(m.v_start, MACH2PHYS_VIRT_START, "where it begins");
    check(m.v_end >= m.v_start + (m.max_mfn + 1) * 8, "it ends behind its last entry");
    check(m.v_end <= HYPERVISOR_VIRT_END, "and in the hypervisor's area");
    check_rc(hyp_memory_op(XENMEM_maximum_ram_page, NULL),
             (long)m.max_mfn + 1 > 0 ? (long)m.max_mfn + 1 : -1,
             "maximum_ram_page is the frame behind it");
    check_rc(hyp_memory_op(XENMEM_maximum_ram_page, (void *)bad_addresses[0].address),
             (long)m.max_mfn + 1, "it has no argument");
    for ( uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++ )
        wrong += pfn_to_mfn(pfn) > m.max_mfn;
    check_eq(wrong, 0, "frames of ours beyond the last entry");
}

TEST("memory-op-maximum-gpfn", "maximum_gpfn: what we have written, less one", 0)
{
    static const uint64_t values[] = { 1, 2, 4096, 1UL << 20, 1UL << 40 };
    struct xen_memory_domain self = { .domid = DOMID_SELF };
    uint64_t before = shared_info->arch.max_pfn;

    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
    {
        shared_info->arch.max_pfn = values[i];
        check_rc(hyp_memory_op(XENMEM_maximum_gpfn, &self), (long)values[i] - 1, "of 0x%lx",
                 values[i]);
    }
    shared_info->arch.max_pfn = 0;
    check_rc(hyp_memory_op(XENMEM_maximum_gpfn, &self), 0, "of nothing");
    shared_info->arch.max_pfn = before;
}

TEST("memory-op-reservation-numbers", "current_reservation and maximum_reservation", 0)
{
    check_rc(total_pages(), (long)start_info->nr_pages, "current_reservation is nr_pages");
    check(most_pages() >= total_pages(), "maximum_reservation is not less");
}

/* ---- What is not for us ---- */

TEST("memory-op-translated", "what only translated guests have", 0)
{
    static struct xen_add_to_physmap add = { .domid = DOMID_SELF,
                                             .space = XENMAPSPACE_grant_table };
    static struct xen_add_to_physmap_batch batch = { .domid = DOMID_SELF };
    static struct xen_remove_from_physmap del = { .domid = DOMID_SELF };
    static struct xen_pod_target pod = { .domid = DOMID_SELF };
    uint64_t pfn = mfn_to_pfn(virt_to_mfn(table)), mfn = pfn_to_mfn(pfn);

    del.gpfn = add.gpfn = pfn;
    check_rc_any(hyp_memory_op(XENMEM_add_to_physmap, &add), -XEN_ENOSYS, -XEN_EACCES,
                 "add_to_physmap");
    check_rc_any(hyp_memory_op(XENMEM_add_to_physmap_batch, &batch), -XEN_ENOSYS, -XEN_EACCES,
                 "add_to_physmap_batch");
    check_rc_any(hyp_memory_op(XENMEM_remove_from_physmap, &del), -XEN_ENOSYS, -XEN_EACCES,
                 "remove_from_physmap");
    check_rc_any(hyp_memory_op(XENMEM_get_pod_target, &pod), -XEN_ENOSYS, -XEN_EINVAL,
                 "get_pod_target");
    check_rc_any(hyp_memory_op(XENMEM_set_pod_target, &pod), -XEN_ENOSYS, -XEN_EINVAL,
                 "set_pod_target");
    check_eq(M2P[mfn], pfn, "the page is where it was");
    check_rc(total_pages(), (long)start_info->nr_pages, "as many pages as before");
}

TEST("memory-op-privileged-others", "what an ordinary domain may not", TEST_DOMU)
{
    static const unsigned int ops[] = { XENMEM_set_memory_map, XENMEM_claim_pages,
                                        XENMEM_acquire_resource };
    static char zeroes[256];

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        check_rc(hyp_memory_op(ops[i], zeroes), -XEN_EPERM, "operation %u", ops[i]);
        check_rc(hyp_memory_op(ops[i], (void *)bad_addresses[0].address), -XEN_EPERM,
                 "operation %u, argument unmapped", ops[i]);
    }
}

TEST("memory-op-privileged", "what an initial domain may ask, of domains that are not there",
     TEST_INITIAL)
{
    struct xen_foreign_memory_map map = { .domid = NOBODY };
    struct xen_memory_reservation claim = reservation(NULL, 1, 0, 0);
    struct xen_mem_acquire_resource res = { .domid = NOBODY,
                                            .type = XENMEM_resource_grant_table,
                                            .nr_frames = 1 };

    claim.domid = NOBODY;
    check_rc_any(hyp_memory_op(XENMEM_set_memory_map, &map), -XEN_EOPNOTSUPP, -XEN_ESRCH,
                 "set_memory_map");
    check_rc_any(hyp_memory_op(XENMEM_claim_pages, &claim), -XEN_EOPNOTSUPP, -XEN_EINVAL,
                 "claim_pages");
    check_rc_any(hyp_memory_op(XENMEM_acquire_resource, &res), -XEN_EOPNOTSUPP, -XEN_ESRCH,
                 "acquire_resource");
    res.pad = 1;
    check_rc_any(hyp_memory_op(XENMEM_acquire_resource, &res), -XEN_EOPNOTSUPP, -XEN_EINVAL,
                 "acquire_resource, padding not 0");
    for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
    {
        void *p = (void *)bad_addresses[k].address;

        check_rc_any(hyp_memory_op(XENMEM_set_memory_map, p), -XEN_EOPNOTSUPP, -XEN_EFAULT,
                     "set_memory_map: %s", bad_addresses[k].name);
        check_rc_any(hyp_memory_op(XENMEM_claim_pages, p), -XEN_EOPNOTSUPP, -XEN_EFAULT,
                     "claim_pages: %s", bad_addresses[k].name);
        check_rc_any(hyp_memory_op(XENMEM_acquire_resource, p), -XEN_EOPNOTSUPP, -XEN_EFAULT,
                     "acquire_resource: %s", bad_addresses[k].name);
    }
}

TEST("memory-op-mfn-lists", "which frames the M2P lies in", 0)
{
    static uint64_t list[4];
    struct xen_machphys_mfn_list l = { .max_extents = 0, .nr_extents = 99 };

    set_xen_guest_handle(l.extent_start, (xen_pfn_t *)list);
    check_rc_any(hyp_memory_op(XENMEM_machphys_mfn_list, &l), -XEN_EOPNOTSUPP, 0,
                 "machphys_mfn_list, room for none");
    check_eq(list[0], 0, "none is told");
    check_rc(hyp_memory_op(XENMEM_machphys_compat_mfn_list, &l), -XEN_EOPNOTSUPP,
             "machphys_compat_mfn_list");
    check_rc(hyp_memory_op(XENMEM_machphys_compat_mfn_list, (void *)bad_addresses[0].address),
             -XEN_EOPNOTSUPP, "machphys_compat_mfn_list, argument unmapped");
}

TEST("memory-op-vnuma", "a domain has no virtual NUMA nodes", 0)
{
    struct xen_vnuma_topology_info v = {
        .domid = DOMID_SELF, .nr_vnodes = 1, .nr_vcpus = 1, .nr_vmemranges = 1
    };

    check_rc(hyp_memory_op(XENMEM_get_vnumainfo, &v), -XEN_EOPNOTSUPP, "get_vnumainfo");
    check_eq(v.nr_vnodes, 1, "nothing is told");
    v.domid = NOBODY;
    check_rc_any(hyp_memory_op(XENMEM_get_vnumainfo, &v), -XEN_EOPNOTSUPP, -XEN_ESRCH,
                 "of domain 5");
}

TEST("memory-op-exchange-nothing", "exchange: of nothing, and of sides that do not match", 0)
{
    struct xen_memory_exchange x = { .in = reservation(NULL, 0, 0, 0),
                                     .out = reservation(NULL, 0, 0, 0) };
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
    long pages = total_pages();

    check_rc_any(hyp_memory_op(XENMEM_exchange, &x), -XEN_EOPNOTSUPP, 0, "nothing for nothing");
    x.in = reservation(&mfn, 1, 0, 0);
    x.out = reservation(&pfn, 2, 0, 0);
    check_rc_any(hyp_memory_op(XENMEM_exchange, &x), -XEN_EOPNOTSUPP, -XEN_EINVAL,
                 "one frame for two");
    x.out = reservation(&pfn, 1, 1, 0);
    check_rc_any(hyp_memory_op(XENMEM_exchange, &x), -XEN_EOPNOTSUPP, -XEN_EINVAL,
                 "one frame for an extent of two");
    x.out = reservation(&pfn, 1, 0, 0);
    x.out.domid = NOBODY;
    check_rc_any(hyp_memory_op(XENMEM_exchange, &x), -XEN_EOPNOTSUPP, -XEN_EINVAL,
                 "ours for domain 5's");
    check_eq(M2P[mfn], pfn, "the frame is where it was");
    check_rc(total_pages(), pages, "as many as before");
}
