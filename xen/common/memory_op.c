/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: how much memory a domain has, getting more, giving some back, and what the machine's memory looks like.
 *
 *  1. extents: increase_reservation, decrease_reservation, populate_physmap
 *  2. questions with a number for an answer
 *  3. memory maps, the place of the M2P
 *  4. the hypercall
 *
 * The three calls of part 1 return how many extents were done, also when something went wrong on the way: that is the
 * ABI's error report. One that is interrupted keeps its progress in the bits of the command above the number
 * (MEMOP_EXTENT_SHIFT).
 *
 * Keeps invariants 3, 8, 10 and 12. Locks: those of the core.
 */
#include <public/memory.h>
#include <asm/boot.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>

#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     ((1UL << MEMOP_EXTENT_SHIFT) - 1)
/* Set in the command when it is we who put progress there: at the end the guest's register gets the bare command
 * back. */
#define MEMOP_RESUMED (1UL << 63)
#define MAX_EXTENTS   (~MEMOP_RESUMED >> MEMOP_EXTENT_SHIFT)

/* Largest extents: what one step may take in one piece (XSA-31, XSA-158). Xen's defaults. */
#define DOMU_MAX_ORDER    9
#define INITIAL_MAX_ORDER 12

/* ---- 1. Extents --------------------------------------------------------------------------------------------------- */

struct extents
{
    struct domain *d;
    uint64_t list; /* guest address of the array; 0 for increase_reservation: none */
    unsigned int order;
    unsigned int flags; /* XENMEMF_* */
};

static void release_extent(struct domain *d, mfn_t mfn, unsigned int order)
{
    for ( uint64_t i = 0; i < (1UL << order); i++ )
        (void)domain_release(&d->mm, mfn_add(mfn, i));
}

/* No frame ends below an address of this many bits: a limit that makes no sense, even for frames that are given back. */
static bool limit_ok(unsigned int flags)
{
    unsigned int bits = XENMEMF_get_address_bits(flags);

    return bits == 0 || bits > PAGE_SHIFT;
}

/* Does the extent end below the limit the guest has set for its address? */
static bool below_limit(const struct extents *e, mfn_t mfn)
{
    unsigned int bits = XENMEMF_get_address_bits(e->flags);
    uint64_t last = (mfn_x(mfn) + (1UL << e->order)) * PAGE_SIZE - 1;

    return bits == 0 || bits >= 64 || !(last >> bits);
}

/*
 * A fresh extent on the domain's account, or INVALID_MFN. NUMA nodes, virtual ones too (XENMEMF_vnode), are accepted
 * and make no difference: the machine is one node to us. Populate-on-demand is for translated guests (XSA-14).
 */
static mfn_t new_extent(const struct extents *e)
{
    mfn_t mfn;

    if ( e->flags & XENMEMF_populate_on_demand )
        return INVALID_MFN;
    mfn = domain_alloc(&e->d->mm, e->order);
    if ( !mfn_eq(mfn, INVALID_MFN) && !below_limit(e, mfn) )
    {
        release_extent(e->d, mfn, e->order);
        mfn = INVALID_MFN;
    }
    return mfn;
}

/* Tell the guest where its new extent is. If it cannot be told the extent is taken back. */
static bool report_extent(const struct extents *e, unsigned long i, mfn_t mfn)
{
    xen_pfn_t out = mfn_x(mfn);

    if ( !copy_to_guest(e->list + i * sizeof(out), &out, sizeof(out)) )
        return true;
    release_extent(e->d, mfn, e->order);
    return false;
}

static bool increase(const struct extents *e, unsigned long i)
{
    mfn_t mfn = new_extent(e);

    return !mfn_eq(mfn, INVALID_MFN) && (!e->list || report_extent(e, i, mfn));
}

/* As increase, and the M2P learns which pseudo-physical frames they are. */
static bool populate(const struct extents *e, unsigned long i)
{
    xen_pfn_t pfn;
    mfn_t mfn;

    if ( copy_from_guest(&pfn, e->list + i * sizeof(pfn), sizeof(pfn)) )
        return false;
    mfn = new_extent(e);
    if ( mfn_eq(mfn, INVALID_MFN) || !report_extent(e, i, mfn) )
        return false;
    for ( uint64_t j = 0; j < (1UL << e->order); j++ )
        m2p_set(e->d->mm.machine, mfn_add(mfn, j), pfn + j);
    return true;
}

/* A frame that is still mapped or pinned stays in use, and on the account, until it is not; it is never unpinned here
 * (XSA-252). */
static bool decrease(const struct extents *e, unsigned long i)
{
    xen_pfn_t mfn;

    if ( copy_from_guest(&mfn, e->list + i * sizeof(mfn), sizeof(mfn)) )
        return false;
    for ( uint64_t j = 0; j < (1UL << e->order); j++ )
        if ( domain_release(&e->d->mm, _mfn(mfn + j)) )
            return false;
    return true;
}

/* The extents [start, nr). How many of the nr are done; *again if that was not the end of it. */
static unsigned long for_extents(const struct extents *e, unsigned long start, unsigned long nr,
                                 bool (*fn)(const struct extents *e, unsigned long i), bool *again)
{
    for ( unsigned long i = start; i < nr; i++ )
    {
        *again = i > start && port_should_yield();
        if ( *again || !fn(e, i) )
            return i;
    }
    return nr;
}

static bool list_ok(const struct extents *e, unsigned long op, unsigned long nr)
{
    return (op == XENMEM_increase_reservation && !e->list) ||
           guest_range_ok(e->list, nr * sizeof(xen_pfn_t));
}

static long reservation_op(struct domain *cur, unsigned long op, unsigned long start, uint64_t arg)
{
    bool (*fn)(const struct extents *e, unsigned long i) =
        op == XENMEM_increase_reservation   ? increase
        : op == XENMEM_decrease_reservation ? decrease
                                            : populate;
    struct xen_memory_reservation r;
    struct extents e;
    bool again = false;
    unsigned long done;
    int rc;

    if ( copy_from_guest(&r, arg, sizeof(r)) || r.nr_extents > MAX_EXTENTS ||
         start >= r.nr_extents || !limit_ok(r.mem_flags) )
        return (long)start;
    rc = domain_find_target(cur, r.domid, &e.d);
    if ( rc )
        return rc == -ESRCH ? (long)start : rc;

    e.list = (uint64_t)r.extent_start.p;
    e.order = r.extent_order;
    e.flags = r.mem_flags;
    if ( e.order > (cur->initial ? INITIAL_MAX_ORDER : DOMU_MAX_ORDER) ||
         !list_ok(&e, op, r.nr_extents) )
        return (long)start;

    done = for_extents(&e, start, r.nr_extents, fn, &again);
    if ( !again )
        return (long)done;
    hypercall_set_arg(1, MEMOP_RESUMED | done << MEMOP_EXTENT_SHIFT | op);
    return hypercall_continue();
}

/* ---- 2. Numbers --------------------------------------------------------------------------------------------------- */

static uint64_t max_pages(const struct domain *d)
{
    return MIN(d->mm.max_pages,
               d->mm.machine->max_mfn); /* no limit of its own is stored as an enormous one */
}

/* The guest keeps arch.max_pfn itself. */
static long maximum_gpfn(const struct domain *d)
{
    uint64_t max_pfn = READ_ONCE(d->shared->arch.max_pfn);

    return max_pfn && max_pfn <= INT64_MAX ? (long)(max_pfn - 1) : 0;
}

/* -EFAULT; -ESRCH; -EPERM. */
static long domain_question(struct domain *cur, unsigned long op, uint64_t arg)
{
    struct xen_memory_domain q;
    struct domain *d;
    int rc;

    if ( copy_from_guest(&q, arg, sizeof(q)) )
        return -EFAULT;
    rc = domain_find_target(cur, q.domid, &d);
    if ( rc )
        return rc;
    switch ( op )
    {
    case XENMEM_current_reservation: return (long)READ_ONCE(d->mm.tot_pages);
    case XENMEM_maximum_reservation: return (long)max_pages(d);
    default: return maximum_gpfn(d);
    }
}

/* ---- 3. Maps ------------------------------------------------------------------------------------------------------ */

struct e820_entry
{
    uint64_t addr, size;
    uint32_t type;
} __packed;
BUILD_BUG_ON(sizeof(struct e820_entry) != 20);

/* What the domain may have one day; what it has, if only the machine's size limits it. */
static uint64_t domain_map_pages(const struct domain *d)
{
    uint64_t tot = READ_ONCE(d->mm.tot_pages);

    return d->mm.max_pages < d->mm.machine->max_mfn ? MAX(tot, d->mm.max_pages) : tot;
}

/* The domain's own memory as a PC would describe it: one range from 0. -EFAULT. */
static long memory_map(const struct domain *d, uint64_t arg)
{
    struct xen_memory_map map;
    const struct e820_entry ram = { .size = domain_map_pages(d) * PAGE_SIZE, .type = BOOT_RAM };

    if ( copy_from_guest(&map, arg, sizeof(map)) )
        return -EFAULT;
    map.nr_entries = MIN(map.nr_entries, 1U);
    if ( map.nr_entries && copy_to_guest((uint64_t)map.buffer.p, &ram, sizeof(ram)) )
        return -EFAULT;
    return copy_to_guest(arg, &map, sizeof(map));
}

/* The order in which the loader's regions are to be told: by address. */
static unsigned int sort_regions(uint8_t *order)
{
    unsigned int nr = MIN(boot_info.nr_regions, (unsigned int)BOOT_MAX_REGIONS);

    for ( unsigned int i = 0; i < nr; i++ )
    {
        unsigned int j = i;

        for ( ; j && boot_info.regions[order[j - 1]].start > boot_info.regions[i].start; j-- )
            order[j] = order[j - 1];
        order[j] = (uint8_t)i;
    }
    return nr;
}

/* The machine's. -EPERM: only the initial domain is told; -EINVAL: it does not fit; -EFAULT. */
static long machine_memory_map(const struct domain *d, uint64_t arg)
{
    struct xen_memory_map map;
    uint8_t order[BOOT_MAX_REGIONS];
    unsigned int nr;

    if ( !d->initial )
        return -EPERM;
    if ( copy_from_guest(&map, arg, sizeof(map)) )
        return -EFAULT;
    nr = sort_regions(order);
    if ( map.nr_entries < nr )
        return -EINVAL;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        const struct boot_region *r = &boot_info.regions[order[i]];
        const struct e820_entry e = { .addr = r->start, .size = r->size, .type = r->type };

        if ( copy_to_guest((uint64_t)map.buffer.p + i * sizeof(e), &e, sizeof(e)) )
            return -EFAULT;
    }
    map.nr_entries = nr;
    return copy_to_guest(arg, &map, sizeof(map));
}

static long machphys_mapping(const struct domain *d, uint64_t arg)
{
    const struct machine *m = d->mm.machine;
    const struct xen_machphys_mapping map = {
        .v_start = M2P_RO_START,
        .v_end = M2P_RO_START + m->max_mfn * sizeof(uint64_t),
        .max_mfn = m->max_mfn - 1,
    };

    return copy_to_guest(arg, &map, sizeof(map));
}

/* ---- 4. The hypercall --------------------------------------------------------------------------------------------- */

/**
 * XENMEM_*(arg). -ENOSYS: no such operation, or one for translated guests; -EOPNOTSUPP: exchanging frames in place,
 * listing the M2P's frames (it is not made of the 2 MiB pieces the ABI means), virtual NUMA; -EPERM: for the
 * privileged. Else see each operation.
 */
long do_memory_op(HYPERCALL_ARGS)
{
    struct domain *d = current->domain;
    unsigned long op = a1 & MEMOP_CMD_MASK, start = (a1 & ~MEMOP_RESUMED) >> MEMOP_EXTENT_SHIFT;

    if ( a1 & MEMOP_RESUMED )
        hypercall_set_arg(1, op);

    switch ( op )
    {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap: return reservation_op(d, op, start, a2);
    }
    if ( start )
        return -EINVAL; /* no other operation has progress to name */

    switch ( op )
    {
    case XENMEM_maximum_ram_page: return (long)d->mm.machine->max_mfn;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn: return domain_question(d, op, a2);
    case XENMEM_memory_map: return memory_map(d, a2);
    case XENMEM_machine_memory_map: return machine_memory_map(d, a2);
    case XENMEM_machphys_mapping: return machphys_mapping(d, a2);
    case XENMEM_machphys_mfn_list:
    case XENMEM_machphys_compat_mfn_list:
    case XENMEM_exchange:
    case XENMEM_get_vnumainfo: return -EOPNOTSUPP;
    case XENMEM_set_memory_map:
    case XENMEM_claim_pages:
    case XENMEM_acquire_resource: return d->initial ? -EOPNOTSUPP : -EPERM;
    default: return -ENOSYS;
    }
}
