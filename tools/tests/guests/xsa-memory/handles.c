/* SPDX-License-Identifier: GPL-2.0-only */
/* Pointers that the hypervisor follows for the guest, and counts and orders it multiplies by. */
#include "memory.h"

/* Each address begins or ends where the guest has no business. */
static const struct
{
    uint64_t address;
    const char *name;
} bad[] = {
    { NON_CANON - 1, "the last byte below 2^47" },
    { NON_CANON, "2^47" },
    { 1UL << 48, "2^48" },
    { 1UL << 63, "2^63" },
    { HYPERVISOR_VIRT_START, "the hypervisor's first byte" },
    { HV_ADDRESS, "the middle of the hypervisor" },
    { HYPERVISOR_VIRT_END - 1, "the hypervisor's last byte" },
    { ~0UL - 6, "the last bytes of all" },
};

TEST("xsa-4", "pointers at the edges of the guest's address space", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        void *p = (void *)bad[i].address;

        check_rc(hyp_mmu_update(p, 1, NULL, DOMID_SELF), -XEN_EFAULT, "mmu_update: %s",
                 bad[i].name);
        check_rc(hyp_mmuext_op(p, 1, NULL, DOMID_SELF), -XEN_EFAULT, "mmuext_op: %s", bad[i].name);
        check_rc(hyp_memory_op(XENMEM_machphys_mapping, p), -XEN_EFAULT, "memory_op: %s",
                 bad[i].name);
        check_rc(hyp_multicall(p, 1), -XEN_EFAULT, "multicall: %s", bad[i].name);
        check_rc(hyp_set_gdt(p, 512), -XEN_EFAULT, "set_gdt: %s", bad[i].name);
        check_rc(hyp_event_channel_op(EVTCHNOP_status, p), -XEN_EFAULT, "event_channel_op: %s",
                 bad[i].name);
        check_rc(hyp_xen_version(XENVER_capabilities, p), -XEN_EFAULT, "xen_version: %s",
                 bad[i].name);
    }
    check_rc(hyp_mmu_update((void *)(NON_CANON - 8), ~0U >> 1, NULL, DOMID_SELF), -XEN_EFAULT,
             "mmu_update: a list that ends beyond 2^47");
    check_rc(hyp_mmu_update((void *)HYPERVISOR_VIRT_START, 0x10000000, NULL, DOMID_SELF),
             -XEN_EFAULT, "mmu_update: a list through the hypervisor");
}

/* An exchange of the frame at *in for another, whose number goes to out. */
static long exchange(uint64_t *in, void *out, unsigned long count, unsigned long done)
{
    struct xen_memory_exchange x = {
        .in = { .domid = DOMID_SELF, .nr_extents = count },
        .out = { .domid = DOMID_SELF, .nr_extents = count },
        .nr_exchanged = done,
    };

    set_xen_guest_handle(x.in.extent_start, (xen_pfn_t *)in);
    set_xen_guest_handle(x.out.extent_start, (xen_pfn_t *)out);
    return hyp_memory_op(XENMEM_exchange, &x);
}

TEST("xsa-29", "exchange with lists in the hypervisor", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], *page = page_alloc();
    volatile const uint64_t *target = &M2P[mfn];

    page[0] = mfn;
    check_rc_any(exchange((uint64_t *)HV_ADDRESS, page, 1, 0), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "frames to give named in the hypervisor");
    check_rc_any(exchange(page, (void *)HV_ADDRESS, 1, 0), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "new frames' numbers into the hypervisor");
    check_rc_any(exchange(page, (void *)target, 1, 0), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "new frames' numbers into the M2P");
    check_eq(*target, pfn, "the M2P's entry");
    check_rc_any(exchange(page, (void *)NON_CANON, 1, 0), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "new frames' numbers to 2^47");
    check_rc(map(window_alloc(), mfn, PTE_RO_PAGE), 0, "the frame is still ours");
}

TEST("xsa-212", "exchange that claims to be half done", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], *page = page_alloc();
    volatile const uint64_t *target = &M2P[mfn];
    unsigned long done = ((uint64_t)target - (uint64_t)page) / 8;

    page[0] = mfn;
    /* Each list begins where it may; what is left of it to do does not. */
    check_rc_any(exchange(page - done, page, done + 1, done), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "frames to give: the list passes through the hypervisor");
    check_rc_any(exchange(page, page, done + 1, done), -XEN_EFAULT, -XEN_EOPNOTSUPP,
                 "both lists end in the M2P");
    check_eq(*target, pfn, "the M2P's entry");
    check_rc_any(exchange(page, page, 1, 2), -XEN_EINVAL, -XEN_EOPNOTSUPP,
                 "more done than there are");
    check_rc_any(exchange(page, page, ~0UL, ~0UL - 1), -XEN_EINVAL, -XEN_EOPNOTSUPP,
                 "all but one of 2^64 done");
    check_rc(map(window_alloc(), mfn, PTE_RO_PAGE), 0, "the frame is still ours");
}

TEST("xsa-31", "extents of an absurd order", 0)
{
    static const unsigned int orders[] = { 20, 31, 32, 52, 63, 64, 128, 255, 256, ~0U };
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], frame = mfn;
    struct xen_memory_exchange x = { .in = { .domid = DOMID_SELF } };

    check_rc(give(&frame, 1, 0), 1, "give a frame, so that one may be taken");
    for ( unsigned int i = 0; i < ARRAY_SIZE(orders); i++ )
    {
        uint64_t own = virt_to_mfn(orders), first = pfn;

        check_rc(take(&first, 1, orders[i], 0), 0, "take an extent of order %u", orders[i]);
        check_rc(increase(&first, 1, orders[i], 0), 0, "increase by one of order %u", orders[i]);
        check_rc(give(&own, 1, orders[i]), 0, "give one of order %u", orders[i]);
    }
    x.in.extent_order = x.out.extent_order = 64;
    check_rc_any(hyp_memory_op(XENMEM_exchange, &x), -XEN_EPERM, -XEN_EOPNOTSUPP,
                 "exchange extents of order 64");
    refill(pfn);
}

#define BIG 1024

TEST("xsa-158", "an ordinary domain's extents are not larger than 2 MiB", TEST_DOMU)
{
    static uint64_t mfns[BIG], pfns[BIG];
    uint64_t first;
    long got = 0;

    for ( unsigned int i = 0; i < BIG; i++ )
    {
        mfns[i] = spare_mfn();
        pfns[i] = M2P[mfns[i]];
    }
    check_rc(give(mfns, BIG, 0), BIG, "give 1024 frames");
    first = pfns[BIG - 1]; /* the lowest */
    check_rc(take(&first, 1, 10, 0), 0, "take one extent of order 10 for them");
    memcpy(mfns, pfns, sizeof(mfns));
    got = take(mfns, BIG, 0, 0);
    check_rc(got, BIG, "take 1024 frames");
    for ( long i = 0; i < got; i++ )
        ((uint64_t *)start_info->mfn_list)[pfns[i]] = mfns[i];
}

TEST("xsa-14", "populate on demand is not for us", 0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn], frame = pfn;

    check_rc(give(&mfn, 1, 0), 1, "give a frame, so that one may be taken");
    check_rc(take(&frame, 1, 0, XENMEMF_populate_on_demand), 0, "take one on demand");
    check_eq(frame, pfn, "no frame is named");
    check_rc(take(&frame, 1, 9, XENMEMF_populate_on_demand), 0, "take a large one on demand");
    refill(pfn);
}

/* The node, plus 1, is bits 8 to 15 of the flags. */
TEST("xsa-231", "NUMA nodes that do not exist", 0)
{
    static const unsigned int flags[] = { XENMEMF_exact_node_request, XENMEMF_vnode,
                                          XENMEMF_exact_node_request | XENMEMF_vnode, 0 };
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
    unsigned int wrong = 0;

    check_rc(give(&mfn, 1, 0), 1, "give a frame, so that one may be taken");
    for ( unsigned int node = 0; node < 256; node += node < 8 ? 1 : 13 )
        for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
        {
            uint64_t frame = pfn;
            long got = take(&frame, 1, 0, node << 8 | flags[i]);

            if ( got == 1 )
                wrong += give(&frame, 1, 0) != 1;
            else
                wrong += got != 0;
        }
    check_eq(wrong, 0, "a node gives a frame or none");
    refill(pfn);
}

TEST("xsa-385", "the allowance cannot be exceeded", TEST_DOMU)
{
    static uint64_t mfns[512];
    uint16_t self = DOMID_SELF;
    long now = hyp_memory_op(XENMEM_current_reservation, &self),
         most = hyp_memory_op(XENMEM_maximum_reservation, &self), room = most - now, got;

    check(room >= 0, "what we have is within the allowance");
    got = increase(mfns, ARRAY_SIZE(mfns), 0, 0);
    check_eq((uint64_t)got, (uint64_t)(room < 512 ? room : 512),
             "512 more: as many as are allowed");
    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), now + got, "we have so many more");
    if ( room < 512 )
    {
        check_rc(increase(mfns, 1, 9, 0), 0, "a large extent at the limit");
        check_rc(increase(mfns, 1UL << 52, 9, 0), 0, "2^61 frames");
        check_rc(increase(mfns, ~0UL, 0, 0), 0, "2^64 - 1 extents");
        check_rc(hyp_memory_op(XENMEM_current_reservation, &self), most, "we have what is allowed");
    }
    check_rc(give(mfns, (unsigned long)got, 0), got, "give them back");
    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), now, "as many as before");
}
