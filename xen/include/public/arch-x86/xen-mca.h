/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_mca(struct xen_mc *): the initial domain hears of machine checks, which the hypervisor takes. VIRQ_MCA says that
 * there is something to fetch.
 *   1. what is told of a machine check: a list of records, each with its type and size in front
 *   2. the processors
 *   3. the commands
 */
#ifndef __XEN_PUBLIC_ARCH_X86_MCA_H__
#define __XEN_PUBLIC_ARCH_X86_MCA_H__

#include "../xen.h"

#define __HYPERVISOR_mca __HYPERVISOR_arch_0

/* xen_mc.interface_version; with another one the answer is -XEN_EACCES. */
#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

/* xen_mc.cmd; the argument is the member of u that is named behind it. */
#define XEN_MC_fetch        1 /* mc_fetch */
#define XEN_MC_notifydomain 2 /* mc_notifydomain */
#define XEN_MC_physcpuinfo  3 /* mc_physcpuinfo */
#define XEN_MC_msrinject    4 /* mc_msrinject */
#define XEN_MC_mceinject    5 /* mc_mceinject */

/* xen_mc_fetch.flags, in: which list, and whether this only says that fetch_id has been dealt with */
#define XEN_MC_NONURGENT 0x0001
#define XEN_MC_URGENT    0x0002
#define XEN_MC_ACK       0x0004

/* Out: */
#define XEN_MC_OK          0x0
#define XEN_MC_FETCHFAILED 0x1
#define XEN_MC_NODATA      0x2 /* the list is empty */
#define XEN_MC_NOMATCH                                                                             \
    0x4 /* another error has come between: this is not what the notice was about */
#define XEN_MC_CANNOTHANDLE 0x8  /* notifydomain: that domain does not listen */
#define XEN_MC_NOTDELIVERED 0x10 /* notifydomain: not now */

/* A vCPU's number where there is none. */
#define XEN_MC_VCPUID_INVALID 0xffff

/* xen_mc_msrinject */
#define MC_MSRINJ_MAXMSRS     8
#define MC_MSRINJ_F_INTERPOSE 0x1 /* reads see the value; the register is not written */
#define MC_MSRINJ_F_GPADDR    0x2 /* addresses are mcinj_domid's */

#ifndef __ASSEMBLY__

#define VIRQ_MCA VIRQ_ARCH_0

/* ---- 1. Records ----------------------------------------------------------------------------------------------------- */

/* mcinfo_common.type */
#define MC_TYPE_GLOBAL   0 /* mcinfo_global */
#define MC_TYPE_BANK     1 /* mcinfo_bank */
#define MC_TYPE_EXTENDED 2 /* mcinfo_extended */
#define MC_TYPE_RECOVERY 3 /* mcinfo_recovery */

struct mcinfo_common
{
    uint16_t type;
    uint16_t size; /* of the whole record, in bytes */
};
typedef struct mcinfo_common xen_mcinfo_common_t;

/* mcinfo_global.mc_flags */
#define MC_FLAG_CORRECTABLE   (1 << 0)
#define MC_FLAG_UNCORRECTABLE (1 << 1)
#define MC_FLAG_RECOVERABLE   (1 << 2)
#define MC_FLAG_POLLED        (1 << 3) /* found by looking */
#define MC_FLAG_RESET         (1 << 4) /* from before the last reset */
#define MC_FLAG_CMCI          (1 << 5) /* an interrupt said so */
#define MC_FLAG_MCE           (1 << 6) /* an exception did */

/** The processor, and what it ran. */
struct mcinfo_global
{
    xen_mcinfo_common_t common;
    uint16_t mc_domid;
    uint16_t mc_vcpuid;
    uint32_t mc_socketid;
    uint16_t mc_coreid;
    uint16_t mc_core_threadid;
    uint32_t mc_apicid;
    uint32_t mc_flags;
    uint64_t mc_gstatus; /* MCG_STATUS */
};

/** One bank's registers. */
struct mcinfo_bank
{
    xen_mcinfo_common_t common;
    uint16_t mc_bank;
    uint16_t mc_domid; /* whose memory mc_addr is */
    uint64_t mc_status;
    uint64_t mc_addr;
    uint64_t mc_misc;
    uint64_t mc_ctrl2;
    uint64_t mc_tsc;
};

struct mcinfo_msr
{
    uint64_t reg;
    uint64_t value;
};
typedef struct mcinfo_msr xen_mcinfo_msr_t;

/** Further registers. */
struct mcinfo_extended
{
    xen_mcinfo_common_t common;
    uint32_t mc_msrs; /* how many of mc_msr count */
    xen_mcinfo_msr_t mc_msr[32];
};

/* mcinfo_recovery.action_flags */
#define REC_ACTION_RECOVERED  (0x1 << 0)
#define REC_ACTION_NONE       (0x1 << 1)
#define REC_ACTION_NEED_RESET (0x1 << 2)

/* mcinfo_recovery.action_types */
#define MC_ACTION_PAGE_OFFLINE (0x1 << 0) /* action_info.page_retire */
#define MC_ACTION_CPU_OFFLINE  (0x1 << 1) /* action_info.cpu_offline */
#define MC_ACTION_CACHE_SHRINK (0x1 << 2)

struct page_offline_action
{
    uint64_t mfn;
    uint64_t status;
};
typedef struct page_offline_action xen_page_offline_action_t;

struct cpu_offline_action
{
    uint32_t mc_socketid;
    uint16_t mc_coreid;
    uint16_t mc_core_threadid;
};
typedef struct cpu_offline_action xen_cpu_offline_action_t;

#define MAX_UNION_SIZE 16

/** What the hypervisor has done about it. */
struct mcinfo_recovery
{
    xen_mcinfo_common_t common;
    uint16_t mc_bank;
    uint8_t action_flags;
    uint8_t action_types;
    union
    {
        xen_page_offline_action_t page_retire;
        xen_cpu_offline_action_t cpu_offline;
        uint8_t pad[MAX_UNION_SIZE];
    } action_info;
};

#define MCINFO_HYPERCALLSIZE 1024
#define MCINFO_MAXSIZE       768

/* mc_info.flags: there was no room for all of it. */
#define MCINFO_FLAGS_UNCOMPLETE 0x1

/** All that is told of one machine check. */
struct mc_info
{
    uint32_t mi_nentries;
    uint32_t flags;
    uint64_t mi_data[(MCINFO_MAXSIZE - 1) / 8]; /* mi_nentries records, one behind the other */
};
typedef struct mc_info mc_info_t;
DEFINE_XEN_GUEST_HANDLE(mc_info_t);

/* Walking through the records of struct mc_info *mi. */
#define x86_mcinfo_nentries(mi) ((mi)->mi_nentries)
#define x86_mcinfo_first(mi)    ((struct mcinfo_common *)(mi)->mi_data)
#define x86_mcinfo_next(mic)    ((struct mcinfo_common *)((uint8_t *)(mic) + (mic)->size))
/** Set pointer @ret to the first record of @type_ in @mi, or to null. */
#define x86_mcinfo_lookup(ret, mi, type_)                                                          \
    do                                                                                             \
    {                                                                                              \
        struct mc_info *mi_ = (mi);                                                                \
        struct mcinfo_common *mic_ = mi_ ? x86_mcinfo_first(mi_) : 0;                              \
        uint32_t left_ = mi_ ? x86_mcinfo_nentries(mi_) : 0;                                       \
                                                                                                   \
        for ( ; left_ && mic_->type != (type_); left_-- )                                          \
            mic_ = x86_mcinfo_next(mic_);                                                          \
        (ret) = left_ ? mic_ : 0;                                                                  \
    } while ( 0 )

/* ---- 2. Processors -------------------------------------------------------------------------------------------------- */

#define __MC_MSR_ARRAYSIZE 8
#if __XEN_INTERFACE_VERSION__ <= 0x00040d00
#define __MC_NMSRS 1
#endif

/* Indices of mcinfo_logical_cpu.mc_cpu_caps: words of feature bits, by CPUID leaf. */
#define MC_NCAPS        7
#define MC_CAPS_STD_EDX 0 /* 1 */
#define MC_CAPS_AMD_EDX 1 /* 0x80000001 */
#define MC_CAPS_TM      2 /* 0x80860001, Transmeta's */
#define MC_CAPS_LINUX   3 /* Linux's own */
#define MC_CAPS_STD_ECX 4 /* 1 */
#define MC_CAPS_VIA     5 /* 0xc0000001 */
#define MC_CAPS_AMD_ECX 6 /* 0x80000001 */

struct mcinfo_logical_cpu
{
    uint32_t mc_cpunr; /* the hypervisor's number */
    uint32_t mc_chipid;
    uint16_t mc_coreid;
    uint16_t mc_threadid;
    uint32_t mc_apicid;
    uint32_t mc_clusterid;
    uint32_t mc_ncores; /* of the chip */
    uint32_t mc_ncores_active;
    uint32_t mc_nthreads;   /* of the core */
    int32_t mc_cpuid_level; /* the highest basic leaf */
    uint32_t mc_family;
    uint32_t mc_vendor; /* 1 Intel, 2 AMD */
    uint32_t mc_model;
    uint32_t mc_step;
    char mc_vendorid[16];
    char mc_brandid[64];
    uint32_t mc_cpu_caps[MC_NCAPS];
    uint32_t mc_cache_size; /* KiB */
    uint32_t mc_cache_alignment;
    int32_t mc_nmsrvals; /* how many of mc_msrvalues count */
    xen_mcinfo_msr_t mc_msrvalues[__MC_MSR_ARRAYSIZE];
};
typedef struct mcinfo_logical_cpu xen_mc_logical_cpu_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_logical_cpu_t);

/* ---- 3. Commands ---------------------------------------------------------------------------------------------------- */

/** Take the oldest entry of a list, or give back one that has been taken. */
struct xen_mc_fetch
{
    uint32_t flags; /* in and out: XEN_MC_* */
    uint32_t _pad0;
    uint64_t fetch_id; /* out; in for XEN_MC_ACK */
    XEN_GUEST_HANDLE(mc_info_t) data;
};
typedef struct xen_mc_fetch xen_mc_fetch_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_fetch_t);

/** Tell another domain of a machine check that concerns it. */
struct xen_mc_notifydomain
{
    uint16_t mc_domid;
    uint16_t mc_vcpuid;
    uint32_t flags; /* in and out */
};
typedef struct xen_mc_notifydomain xen_mc_notifydomain_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_notifydomain_t);

/** The processors that are online. */
struct xen_mc_physcpuinfo
{
    uint32_t
        ncpus; /* in: room at info, at least 1; out: how many were told of, or without info: are there */
    uint32_t _pad0;
    XEN_GUEST_HANDLE(xen_mc_logical_cpu_t) info; /* out; null: only the number */
};
typedef struct xen_mc_physcpuinfo xen_mc_physcpuinfo_t;

/** For tests: what a processor's machine-check registers are to read as. */
struct xen_mc_msrinject
{
    uint32_t mcinj_cpunr;
    uint32_t mcinj_flags; /* MC_MSRINJ_F_* */
    uint32_t mcinj_count; /* how many of mcinj_msr count */
    domid_t mcinj_domid;
    uint16_t _pad0;
    xen_mcinfo_msr_t mcinj_msr[MC_MSRINJ_MAXMSRS];
};
typedef struct xen_mc_msrinject xen_mc_msrinject_t;

/** For tests: a machine check. */
struct xen_mc_mceinject
{
    unsigned int mceinj_cpunr;
};
typedef struct xen_mc_mceinject xen_mc_mceinject_t;

struct xen_mc
{
    uint32_t cmd;               /* XEN_MC_fetch... */
    uint32_t interface_version; /* XEN_MCA_INTERFACE_VERSION */
    union
    {
        xen_mc_fetch_t mc_fetch;
        xen_mc_notifydomain_t mc_notifydomain;
        xen_mc_physcpuinfo_t mc_physcpuinfo;
        xen_mc_msrinject_t mc_msrinject;
        xen_mc_mceinject_t mc_mceinject;
    } u;
};
typedef struct xen_mc xen_mc_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_MCA_H__ */
