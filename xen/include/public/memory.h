/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op(cmd, arg): how much memory a domain has, which frames, and what it may know of the machine's.
 * A domain number may be DOMID_SELF; any other takes privilege.
 */
#ifndef __XEN_PUBLIC_MEMORY_H__
#define __XEN_PUBLIC_MEMORY_H__

#include "xen.h"
#include "physdev.h"

/* Frames come and go in extents of 2^extent_order. All three return how many extents were done; arg:
 * struct xen_memory_reservation. */
#define XENMEM_increase_reservation 0 /* extent_start, if not NULL, out: first mfn of each */
#define XENMEM_decrease_reservation 1 /* extent_start in: first mfn of each */
#define XENMEM_populate_physmap     6 /* extent_start in: pfn, out: mfn of each */

#define XENMEM_maximum_ram_page     2  /* arg: NULL; returns the last frame of memory */
#define XENMEM_current_reservation  3  /* arg: struct xen_memory_domain; frames it has */
#define XENMEM_maximum_reservation  4  /* arg: struct xen_memory_domain; frames it may have */
#define XENMEM_machphys_mfn_list    5  /* arg: struct xen_machphys_mfn_list */
#define XENMEM_add_to_physmap       7  /* arg: struct xen_add_to_physmap; translated guests */
#define XENMEM_memory_map           9  /* arg: struct xen_memory_map; the domain's own E820 table */
#define XENMEM_machine_memory_map   10 /* arg: struct xen_memory_map; the machine's; privileged */
#define XENMEM_exchange             11 /* arg: struct xen_memory_exchange */
#define XENMEM_machphys_mapping     12 /* arg: struct xen_machphys_mapping */
#define XENMEM_set_memory_map       13 /* arg: struct xen_foreign_memory_map; privileged */
#define XENMEM_maximum_gpfn         14 /* arg: struct xen_memory_domain; its highest pfn */
#define XENMEM_remove_from_physmap  15 /* arg: struct xen_remove_from_physmap; translated guests */
#define XENMEM_set_pod_target       16 /* arg: struct xen_pod_target; translated guests */
#define XENMEM_get_pod_target       17 /* likewise */
#define XENMEM_add_to_physmap_batch 23 /* arg: struct xen_add_to_physmap_batch; translated guests */
#define XENMEM_claim_pages          24 /* arg: struct xen_memory_reservation; privileged */
#define XENMEM_get_vnumainfo        26 /* arg: struct xen_vnuma_topology_info */
#define XENMEM_acquire_resource     28 /* arg: struct xen_mem_acquire_resource; privileged */

/* arg: struct xen_machphys_mfn_list, for the table of 32-bit guests */
#define XENMEM_machphys_compat_mfn_list 25

/* xen_memory_reservation.mem_flags */
#if __XEN_INTERFACE_VERSION__ >= 0x00030209
#define XENMEMF_address_bits(x)     (x) /* frames below 2^x bytes; 0: anywhere */
#define XENMEMF_get_address_bits(x) ((x)&0xffu)
#define XENMEMF_node(x)             (((x) + 1) << 8) /* frames near NUMA node x, if there are */
#define XENMEMF_get_node(x)         ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17) /* that node or none */
#define XENMEMF_exact_node(n)       (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode               (1 << 18) /* the node is one of the domain's virtual ones */
#endif

/* xen_add_to_physmap.space: what idx counts */
#define XENMAPSPACE_shared_info  0 /* the shared info page */
#define XENMAPSPACE_grant_table  1 /* pages of the grant table */
#define XENMAPSPACE_gmfn         2 /* frames of the domain */
#define XENMAPSPACE_gmfn_range   3 /* size of them */
#define XENMAPSPACE_gmfn_foreign 4 /* frames of another domain, batches only */
#define XENMAPSPACE_dev_mmio     5 /* device memory, not on x86 */

/* xen_add_to_physmap.idx with XENMAPSPACE_grant_table: status pages instead. */
#define XENMAPIDX_grant_table_status 0x80000000

/* xen_mem_acquire_resource.type */
#define XENMEM_resource_ioreq_server 0
#define XENMEM_resource_grant_table  1
#define XENMEM_resource_vmtrace_buf  2

/* xen_mem_acquire_resource.id for a grant table */
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1

/* xen_mem_acquire_resource.frame for an ioreq server */
#define XENMEM_resource_ioreq_server_frame_bufioreq 0
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))

#ifndef __ASSEMBLY__

struct xen_memory_reservation
{
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start; /* one entry for each extent */
    xen_ulong_t nr_extents;
    unsigned int extent_order;
#if __XEN_INTERFACE_VERSION__ >= 0x00030209
    unsigned int mem_flags; /* XENMEMF_* */
#else
    unsigned int address_bits;
#endif
    domid_t domid;
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);

/**
 * Give frames back and get others for the same pseudo-physical places. Both sides have the same domain and cover the same
 * number of frames; the lists must not overlap. Stops at the first failure.
 */
struct xen_memory_exchange
{
    struct xen_memory_reservation in;  /* extent_start: mfns to give */
    struct xen_memory_reservation out; /* extent_start in: pfns, out: mfns got */
    xen_ulong_t nr_exchanged;          /* 0 at the call; out: extents of in that are done */
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);

struct xen_memory_domain
{
    domid_t domid;
};

/** Frames that hold the machine-to-physical table, one for each 2 MiB of it; 0 for a hole. */
struct xen_machphys_mfn_list
{
    unsigned int max_extents; /* room at extent_start */
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    unsigned int nr_extents; /* out */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);

/** Where the machine-to-physical table is. All out. */
struct xen_machphys_mapping
{
    xen_ulong_t v_start, v_end; /* virtual addresses */
    xen_ulong_t max_mfn;        /* last frame it has an entry for */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);

struct xen_add_to_physmap
{
    domid_t domid;
    uint16_t size;      /* frames, for XENMAPSPACE_gmfn_range */
    unsigned int space; /* XENMAPSPACE_* */
    xen_ulong_t idx;
    xen_pfn_t gpfn; /* where it shall appear */
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);

struct xen_add_to_physmap_batch
{
    domid_t domid;
    uint16_t space; /* XENMAPSPACE_* */
    uint16_t size;  /* entries in each list */
#if __XEN_INTERFACE_VERSION__ < 0x00040700
    domid_t foreign_domid;
#else
    union xen_add_to_physmap_batch_extra
    {
        domid_t foreign_domid; /* for XENMAPSPACE_gmfn_foreign */
        uint16_t res0;         /* 0 otherwise */
    } u;
#endif
    XEN_GUEST_HANDLE(xen_ulong_t) idxs;
    XEN_GUEST_HANDLE(xen_pfn_t) gpfns;
    XEN_GUEST_HANDLE(int) errs; /* out */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);

#if __XEN_INTERFACE_VERSION__ < 0x00040400
/* Its first name. */
#define XENMEM_add_to_physmap_range XENMEM_add_to_physmap_batch
#define xen_add_to_physmap_range    xen_add_to_physmap_batch
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_range_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_range_t);
#endif

struct xen_remove_from_physmap
{
    domid_t domid;
    xen_pfn_t gpfn;
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

/** An E820 table: entries of 20 bytes (64-bit address, 64-bit size, 32-bit type). */
struct xen_memory_map
{
    unsigned int nr_entries; /* in: room in the buffer; out: entries there are */
    XEN_GUEST_HANDLE(void) buffer;
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);

struct xen_foreign_memory_map
{
    domid_t domid;
    struct xen_memory_map map;
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);

struct xen_pod_target
{
    uint64_t target_pages; /* in, for set */
    uint64_t tot_pages;    /* out, and so are the next two */
    uint64_t pod_cache_pages;
    uint64_t pod_entries;
    domid_t domid;
};
typedef struct xen_pod_target xen_pod_target_t;

/** Frames of a domain that are not its memory, to be mapped by who serves it. */
struct xen_mem_acquire_resource
{
    domid_t domid;
    uint16_t type;                          /* XENMEM_resource_* */
    uint32_t id;                            /* which of that type */
    uint32_t nr_frames;                     /* in: how many; 0: out: how many there are */
    uint32_t pad;                           /* 0 */
    uint64_t frame;                         /* the first */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list; /* out */
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);

/** A range of memory and the virtual NUMA node it belongs to. */
struct xen_vmemrange
{
    uint64_t start, end;
    unsigned int flags;
    unsigned int nid;
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);

/** A domain's virtual NUMA nodes. The counts say how much room there is, and come back as how much there was to tell. */
struct xen_vnuma_topology_info
{
    domid_t domid;
    uint16_t pad; /* 0 */
    unsigned int nr_vnodes;
    unsigned int nr_vcpus;
    unsigned int nr_vmemranges;
    union
    {
        XEN_GUEST_HANDLE(uint) h; /* nr_vnodes * nr_vnodes */
        uint64_t pad;
    } vdistance;
    union
    {
        XEN_GUEST_HANDLE(uint) h; /* nr_vcpus */
        uint64_t pad;
    } vcpu_to_vnode;
    union
    {
        XEN_GUEST_HANDLE(xen_vmemrange_t) h; /* nr_vmemranges */
        uint64_t pad;
    } vmemrange;
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;
DEFINE_XEN_GUEST_HANDLE(xen_vnuma_topology_info_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_MEMORY_H__ */
