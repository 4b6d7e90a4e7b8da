/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_xen_version(cmd, arg): what the guest runs on. Strings are cut to their array and zero-terminated. */
#ifndef __XEN_PUBLIC_VERSION_H__
#define __XEN_PUBLIC_VERSION_H__

#include "xen.h"
#include "features.h"

#define XENVER_version             0  /* arg: NULL; returns major << 16 | minor */
#define XENVER_extraversion        1  /* arg: xen_extraversion_t */
#define XENVER_compile_info        2  /* arg: struct xen_compile_info */
#define XENVER_capabilities        3  /* arg: xen_capabilities_info_t */
#define XENVER_changeset           4  /* arg: xen_changeset_info_t */
#define XENVER_platform_parameters 5  /* arg: struct xen_platform_parameters */
#define XENVER_get_features        6  /* arg: struct xen_feature_info */
#define XENVER_pagesize            7  /* arg: NULL; returns bytes */
#define XENVER_guest_handle        8  /* arg: xen_domain_handle_t */
#define XENVER_commandline         9  /* arg: xen_commandline_t; the hypervisor's own */
#define XENVER_build_id            10 /* arg: struct xen_build_id or NULL; returns its length */

#ifndef __ASSEMBLY__

typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))

struct xen_compile_info
{
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;

/** Kinds of guest that can run, separated by spaces, such as "xen-3.0-x86_64". */
typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))

typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

struct xen_platform_parameters
{
    xen_ulong_t virt_start; /* where the hypervisor's part of the address space begins */
};
typedef struct xen_platform_parameters xen_platform_parameters_t;

struct xen_feature_info
{
    unsigned int submap_idx; /* in: which 32 features */
    uint32_t submap;         /* out: XENFEAT_* bits */
};
typedef struct xen_feature_info xen_feature_info_t;

typedef char xen_commandline_t[1024];

struct xen_build_id
{
    uint32_t len; /* in: room in buf */
    unsigned char buf[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_build_id xen_build_id_t;

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_VERSION_H__ */
