/* SPDX-License-Identifier: GPL-2.0-only */
/* Where memory_op's argument may be, and which operations there are. */
#include "buffers.h"
#include "memory_op.h"

#define OP(name)                                                                                   \
    {                                                                                              \
        XENMEM_##name, #name                                                                       \
    }

struct op
{
    unsigned int cmd;
    const char *name;
};

/* Those that answer -EFAULT, in any domain; the reservations answer how many extents were done: none. */
static const struct op faulting[] = { OP(current_reservation), OP(maximum_reservation),
                                      OP(maximum_gpfn), OP(memory_map), OP(machphys_mapping) };
static const struct op counting[] = { OP(increase_reservation), OP(decrease_reservation),
                                      OP(populate_physmap) };

TEST("memory-op-arguments", "memory_op: where no argument can be", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(faulting); i++ )
        for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
        {
            const void *p = (const void *)(bad_addresses[k].address);

            /* A domain's number is two bytes only. */
            if ( faulting[i].cmd != XENMEM_memory_map &&
                 faulting[i].cmd != XENMEM_machphys_mapping &&
                 (k == 1 || k == NR_BAD_ADDRESSES - 1) )
                continue;
            check_rc(hyp_memory_op(faulting[i].cmd, (void *)p), -XEN_EFAULT, "%s: %s",
                     faulting[i].name, bad_addresses[k].name);
        }
    for ( unsigned int i = 0; i < ARRAY_SIZE(counting); i++ )
        for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
            check_rc(hyp_memory_op(counting[i].cmd, (void *)bad_addresses[k].address), 0, "%s: %s",
                     counting[i].name, bad_addresses[k].name);
    if ( !initial_domain() )
        return;
    for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
        check_rc(hyp_memory_op(XENMEM_machine_memory_map, (void *)bad_addresses[k].address),
                 -XEN_EFAULT, "machine_memory_map: %s", bad_addresses[k].name);
}

TEST("memory-op-argument-edges", "memory_op: an argument that ends with a page", 0)
{
    char *hole = before_hole(0);
    uint16_t self = DOMID_SELF;
    struct xen_memory_reservation r = reservation(NULL, 0, 0, 0);

    memcpy(hole - sizeof(self), &self, sizeof(self));
    check_rc(hyp_memory_op(XENMEM_current_reservation, hole - sizeof(self)), total_pages(),
             "current_reservation");
    check_rc(hyp_memory_op(XENMEM_current_reservation, hole - 1), -XEN_EFAULT,
             "current_reservation, one byte over it");
    check_rc(hyp_memory_op(XENMEM_machphys_mapping, hole - sizeof(struct xen_machphys_mapping)), 0,
             "machphys_mapping");
    check_rc(hyp_memory_op(XENMEM_machphys_mapping, hole - sizeof(struct xen_machphys_mapping) + 1),
             -XEN_EFAULT, "machphys_mapping, one byte over it");
    memcpy(hole - sizeof(r), &r, sizeof(r));
    check_rc(hyp_memory_op(XENMEM_increase_reservation, hole - sizeof(r)), 0,
             "increase_reservation by nothing");
}

TEST("memory-op-read-only", "memory_op: an argument that can only be read", 0)
{
    static uint8_t table[20 * 128];
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
    struct xen_memory_reservation r = reservation(&mfn, 1, 0, 0);
    struct xen_memory_domain self = { .domid = DOMID_SELF };
    struct xen_memory_map map = { .nr_entries = 128 };
    static const char zeroes[sizeof(struct xen_machphys_mapping)];
    void *ro;

    check_rc(hyp_memory_op(XENMEM_decrease_reservation, read_only_copy(&r, sizeof(r))), 1,
             "give a frame, by a reservation that is read-only");
    refill(pfn);
    check_rc(hyp_memory_op(XENMEM_current_reservation, read_only_copy(&self, sizeof(self))),
             total_pages(), "current_reservation");
    check_rc(hyp_memory_op(XENMEM_machphys_mapping, read_only_copy(zeroes, sizeof(zeroes))),
             -XEN_EFAULT, "machphys_mapping");
    set_xen_guest_handle(map.buffer, (void *)table);
    ro = read_only_copy(&map, sizeof(map));
    /* An initial domain need not have a map of its own. */
    if ( !initial_domain() )
        check_rc(hyp_memory_op(XENMEM_memory_map, ro), -XEN_EFAULT, "memory_map");
    check_rc(hyp_memory_op(XENMEM_machine_memory_map, ro),
             initial_domain() ? -XEN_EFAULT : -XEN_EPERM, "machine_memory_map");
}

TEST("memory-op-commands", "memory_op: operations that do not exist", 0)
{
    static const unsigned int none[] = { 8, 20, 22, 29, 30, 31, 40, 62, 63 };
    static char zeroes[256];

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        check_rc(hyp_memory_op(none[i], zeroes), -XEN_ENOSYS, "operation %u", none[i]);
        check_rc(hyp_memory_op(none[i], (void *)bad_addresses[0].address), -XEN_ENOSYS,
                 "operation %u, argument unmapped", none[i]);
    }
}

/* The bits above an operation's six say how far it has got: only what has extents gets anywhere. */
TEST("memory-op-progress", "memory_op: operations that claim to be half done", 0)
{
    uint64_t mfns[2] = { ~0UL, spare_mfn() }, pfn = M2P[mfns[1]];
    struct xen_memory_reservation r = reservation(mfns, 2, 0, 0);
    struct xen_memory_domain self = { .domid = DOMID_SELF };
    long pages = total_pages();

    check_rc(hyp_memory_op(XENMEM_maximum_ram_page | 1 << 6, NULL), -XEN_EINVAL,
             "maximum_ram_page");
    check_rc(hyp_memory_op(XENMEM_current_reservation | 1 << 6, &self), -XEN_EINVAL,
             "current_reservation");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0,
             "give two frames, the first is not ours");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation | 1 << 6, &r), 2, "one of them is done");
    check_rc(total_pages(), pages - 1, "the other was given");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation | 2 << 6, &r), 2, "both are done");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation | 5 << 6, &r), 5, "five are done");
    check_rc(hyp_memory_op(XENMEM_populate_physmap | 3 << 6, (void *)bad_addresses[0].address), 3,
             "three are done, argument unmapped");
    check_rc(total_pages(), pages - 1, "nothing more has happened");
    refill(pfn);
}
