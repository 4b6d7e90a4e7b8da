/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_grant_table_op(cmd, arg[], count): frames lent to other domains. The table is memory of the hypervisor that the
 * granting domain maps and writes; its format is version 1 (8 bytes an entry) or 2 (16 bytes, and a table of status words).
 * Each command works on an array and returns 0 or -errno; how each element fared is in its status (GNTST_*).
 */
#ifndef __XEN_PUBLIC_GRANT_TABLE_H__
#define __XEN_PUBLIC_GRANT_TABLE_H__

#include "xen.h"

/* The first entries have a fixed use and are filled in by whoever builds the domain. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* Entry flags: type, bits 1-0 */
#define GTF_invalid         (xen_mk_uint(0) << 0) /* grants nothing */
#define GTF_permit_access   (xen_mk_uint(1) << 0) /* domid may map or copy the frame */
#define GTF_accept_transfer (xen_mk_uint(2) << 0) /* domid may give us a frame */
#define GTF_transitive      (xen_mk_uint(3) << 0) /* version 2: as another domain's grant to us */
#define GTF_type_mask       (xen_mk_uint(3) << 0)

/* Entry flags with permit_access and transitive. reading and writing are set by the hypervisor while in use. */
#define _GTF_readonly (2)
#define GTF_readonly  (xen_mk_uint(1) << _GTF_readonly)
#define _GTF_reading  (3)
#define GTF_reading   (xen_mk_uint(1) << _GTF_reading)
#define _GTF_writing  (4)
#define GTF_writing   (xen_mk_uint(1) << _GTF_writing)
#define _GTF_PWT      (5)
#define GTF_PWT       (xen_mk_uint(1) << _GTF_PWT)
#define _GTF_PCD      (6)
#define GTF_PCD       (xen_mk_uint(1) << _GTF_PCD)
#define _GTF_PAT      (7)
#define GTF_PAT       (xen_mk_uint(1) << _GTF_PAT)
#define _GTF_sub_page (8)
#define GTF_sub_page  (xen_mk_uint(1) << _GTF_sub_page) /* part of a page, to be copied only */

/* Entry flags with accept_transfer, set by the hypervisor: hands off from the first, done at the second. */
#define _GTF_transfer_committed (2)
#define GTF_transfer_committed  (xen_mk_uint(1) << _GTF_transfer_committed)
#define _GTF_transfer_completed (3)
#define GTF_transfer_completed  (xen_mk_uint(1) << _GTF_transfer_completed)

/* Commands; each takes struct gnttab_<name>. */
#define GNTTABOP_map_grant_ref     0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table       2
#define GNTTABOP_dump_table        3
#define GNTTABOP_transfer          4
#define GNTTABOP_copy              5
#define GNTTABOP_query_size        6
#define GNTTABOP_unmap_and_replace 7
#if __XEN_INTERFACE_VERSION__ >= 0x0003020a
#define GNTTABOP_set_version       8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version       10
#define GNTTABOP_swap_grant_ref    11
#define GNTTABOP_cache_flush       12
#endif

/* gnttab_map_grant_ref.flags */
#define _GNTMAP_device_map      (0) /* for devices: dev_bus_addr */
#define GNTMAP_device_map       (1 << _GNTMAP_device_map)
#define _GNTMAP_host_map        (1) /* for the CPU: at host_addr */
#define GNTMAP_host_map         (1 << _GNTMAP_host_map)
#define _GNTMAP_readonly        (2)
#define GNTMAP_readonly         (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map (3) /* user mode may use it */
#define GNTMAP_application_map  (1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte    (4) /* host_addr is the machine address of the entry to write */
#define GNTMAP_contains_pte     (1 << _GNTMAP_contains_pte)
#define _GNTMAP_guest_avail0    (16) /* bits from here on go to the entry's free ones */
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0)

/* gnttab_copy.flags: this side is named by a grant, not a frame */
#define _GNTCOPY_source_gref (0)
#define GNTCOPY_source_gref  (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref   (1)
#define GNTCOPY_dest_gref    (1 << _GNTCOPY_dest_gref)

/* gnttab_cache_flush.op */
#define GNTTAB_CACHE_CLEAN       (xen_mk_uint(1) << 0)
#define GNTTAB_CACHE_INVAL       (xen_mk_uint(1) << 1)
#define GNTTAB_CACHE_SOURCE_GREF (xen_mk_uint(1) << 31)

/* status */
#define GNTST_okay              (0)
#define GNTST_general_error     (-1)
#define GNTST_bad_domain        (-2)
#define GNTST_bad_gntref        (-3)
#define GNTST_bad_handle        (-4)
#define GNTST_bad_virt_addr     (-5)
#define GNTST_bad_dev_addr      (-6)
#define GNTST_no_device_space   (-7) /* in the I/O MMU */
#define GNTST_permission_denied (-8)
#define GNTST_bad_page          (-9)
#define GNTST_bad_copy_arg      (-10) /* crosses a page */
#define GNTST_address_too_big   (-11)
#define GNTST_eagain            (-12) /* nothing done, try again */
#define GNTST_no_space          (-13) /* handles are used up */

#ifndef __ASSEMBLY__

/** Index into the table of the granting domain. */
typedef uint32_t grant_ref_t;
/** A mapping of somebody's grant. */
typedef uint32_t grant_handle_t;

#if __XEN_INTERFACE_VERSION__ < 0x0003020a
#define grant_entry_v1   grant_entry
#define grant_entry_v1_t grant_entry_t
#endif

/** Version 1. To grant: write frame and domid, a write barrier, then flags. */
struct grant_entry_v1
{
    uint16_t flags; /* GTF_* */
    domid_t domid;
    uint32_t frame;
};
typedef struct grant_entry_v1 grant_entry_v1_t;

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a
struct grant_entry_header
{
    uint16_t flags; /* GTF_* */
    domid_t domid;
};
typedef struct grant_entry_header grant_entry_header_t;

/** Version 2. reading and writing are in the status word (grant_status_t) instead. */
union grant_entry_v2
{
    grant_entry_header_t hdr;
    struct
    {
        grant_entry_header_t hdr;
        uint32_t pad0;
        uint64_t frame;
    } full_page; /* neither of the others */
    struct
    {
        grant_entry_header_t hdr;
        uint16_t page_off; /* bytes */
        uint16_t length;
        uint64_t frame;
    } sub_page; /* GTF_sub_page */
    struct
    {
        grant_entry_header_t hdr;
        domid_t trans_domid;
        uint16_t pad0;
        grant_ref_t gref; /* granted by trans_domid to us */
    } transitive;         /* GTF_transitive */
    uint32_t __spacer[4];
};
typedef union grant_entry_v2 grant_entry_v2_t;

typedef uint16_t grant_status_t;
#endif

/** Map @ref of @dom. */
struct gnttab_map_grant_ref
{
    uint64_t host_addr;
    uint32_t flags; /* GNTMAP_* */
    grant_ref_t ref;
    domid_t dom;
    int16_t status;        /* out, and so is the rest */
    grant_handle_t handle; /* for unmapping */
    uint64_t dev_bus_addr;
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);

/** Undo a mapping; an address of 0 leaves that kind of it alone. No stale translation is left behind. */
struct gnttab_unmap_grant_ref
{
    uint64_t host_addr;
    uint64_t dev_bus_addr;
    grant_handle_t handle;
    int16_t status; /* out */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);

/** Grow the table to @nr_frames pages, and learn their machine frames. Count must be 1. */
struct gnttab_setup_table
{
    domid_t dom;
    uint32_t nr_frames;
    int16_t status; /* out */
#if __XEN_INTERFACE_VERSION__ < 0x00040300
    XEN_GUEST_HANDLE(ulong) frame_list;
#else
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
#endif
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);

/** Print a domain's table on the console. */
struct gnttab_dump_table
{
    domid_t dom;
    int16_t status; /* out */
};
typedef struct gnttab_dump_table gnttab_dump_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_dump_table_t);

/** Give a frame to a domain that accepts it in @ref. The caller must have unmapped it. */
struct gnttab_transfer
{
    xen_pfn_t mfn;
    domid_t domid;
    grant_ref_t ref;
    int16_t status; /* out */
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);

/** Copy @len bytes within one page on either side. */
struct gnttab_copy
{
    struct gnttab_copy_ptr
    {
        union
        {
            grant_ref_t ref;
            xen_pfn_t gmfn;
        } u;
        domid_t domid;
        uint16_t offset;
    } source, dest;
    uint16_t len;
    uint16_t flags; /* GNTCOPY_* */
    int16_t status; /* out */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);

/** How large the table is, and may become, in pages. Count must be 1. */
struct gnttab_query_size
{
    domid_t dom;
    uint32_t nr_frames; /* out, and so is the rest */
    uint32_t max_nr_frames;
    int16_t status;
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);

/** Undo a mapping; its address then shows what was mapped at new_addr. */
struct gnttab_unmap_and_replace
{
    uint64_t host_addr;
    uint64_t new_addr;
    grant_handle_t handle;
    int16_t status; /* out */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);

#if __XEN_INTERFACE_VERSION__ >= 0x0003020a
/** Choose the table's format, while none of its grants is in use. Only the reserved entries are kept. */
struct gnttab_set_version
{
    uint32_t version; /* in: 1 or 2; out: what it is now */
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);

/** Machine frames of the status words. */
struct gnttab_get_status_frames
{
    uint32_t nr_frames;
    domid_t dom;
    int16_t status; /* out */
    XEN_GUEST_HANDLE(uint64_t) frame_list;
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_status_frames_t);

struct gnttab_get_version
{
    domid_t dom;
    uint16_t pad;
    uint32_t version; /* out */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);

/** Exchange the content of two entries. */
struct gnttab_swap_grant_ref
{
    grant_ref_t ref_a;
    grant_ref_t ref_b;
    int16_t status; /* out */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_swap_grant_ref_t);

/** Cache maintenance of a granted page. */
struct gnttab_cache_flush
{
    union
    {
        uint64_t dev_bus_addr;
        grant_ref_t ref;
    } a;
    uint16_t offset; /* bytes into the page */
    uint16_t length;
    uint32_t op; /* GNTTAB_CACHE_* */
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_cache_flush_t);
#endif

/** A word for each status, from GNTST_okay on downwards. */
#define GNTTABOP_error_msgs                                                                        \
    {                                                                                              \
        "done", "failed", "no such domain", "no such grant", "no such mapping",                    \
            "bad virtual address", "bad device address", "I/O MMU is full", "not permitted",       \
            "frame cannot be used", "copy crosses a page", "frame number too large",               \
            "busy, try again", "no free handle",                                                   \
    }

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_GRANT_TABLE_H__ */
