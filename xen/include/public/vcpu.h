/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_vcpu_op(cmd, vcpu, arg): start and stop vCPUs, where their time went, timers, areas they share with us. */
#ifndef __XEN_PUBLIC_VCPU_H__
#define __XEN_PUBLIC_VCPU_H__

#include "xen.h"

/* Life of a vCPU. A new one is initialised once, then brought up; what is not up does not run. */
#define VCPUOP_initialise 0 /* arg: struct vcpu_guest_context; -XEN_EEXIST the second time */
#define VCPUOP_up         1 /* arg: NULL */
#define VCPUOP_down       2 /* arg: NULL; another vCPU stops when it next enters */
#define VCPUOP_is_up      3 /* arg: NULL; 1, 0, or -XEN_ENOENT: no such vCPU */

/* Where the time goes. */
#define VCPUOP_get_runstate_info             4 /* arg: struct vcpu_runstate_info, filled in */
#define VCPUOP_register_runstate_memory_area 5 /* arg: struct vcpu_register_runstate_memory_area */

#define RUNSTATE_running  0 /* on a physical CPU */
#define RUNSTATE_runnable 1 /* waiting for one */
#define RUNSTATE_blocked  2 /* waiting for an event */
#define RUNSTATE_offline  3 /* neither: down, or the domain is paused */

/* Set in state_entry_time while a registered area is being written (VMASST_TYPE_runstate_update_flag). */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63)

/* Timers, all of them VIRQ_TIMER on the vCPU; times in ns. */
#define VCPUOP_set_periodic_timer    6 /* arg: struct vcpu_set_periodic_timer */
#define VCPUOP_stop_periodic_timer   7 /* arg: NULL */
#define VCPUOP_set_singleshot_timer  8 /* arg: struct vcpu_set_singleshot_timer */
#define VCPUOP_stop_singleshot_timer 9 /* arg: NULL */

/* vcpu_set_singleshot_timer.flags: a timeout in the past is refused with -XEN_ETIME; without it, it fires at once. */
#define _VCPU_SSHOTTMR_future (0)
#define VCPU_SSHOTTMR_future  (xen_mk_uint(1) << _VCPU_SSHOTTMR_future)

/* vcpu_info moves from the shared page to the guest's own memory; once for each vCPU, never back. */
#define VCPUOP_register_vcpu_info 10 /* arg: struct vcpu_register_vcpu_info */

#define VCPUOP_send_nmi                       11 /* arg: NULL */
#define VCPUOP_get_physid                     12 /* arg: struct vcpu_get_physid, filled in */
#define VCPUOP_register_vcpu_time_memory_area 13 /* arg: struct vcpu_register_time_memory_area */

/* vcpu_get_physid.phys_id is two numbers. */
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

#ifndef __ASSEMBLY__

struct vcpu_runstate_info
{
    int state;                 /* RUNSTATE_* now */
    uint64_t state_entry_time; /* since when: ns of system time */
    uint64_t time[4];          /* ns spent in each state, up to state_entry_time */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);

/** From now on the vCPU's runstate is also written there, at a virtual address of the kernel. */
struct vcpu_register_runstate_memory_area
{
    union
    {
        XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
        struct vcpu_runstate_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);

struct vcpu_set_periodic_timer
{
    uint64_t period_ns;
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_periodic_timer_t);

struct vcpu_set_singleshot_timer
{
    uint64_t timeout_abs_ns; /* system time */
    uint32_t flags;          /* VCPU_SSHOTTMR_* */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_singleshot_timer_t);

/** The new vcpu_info must lie within one page. */
struct vcpu_register_vcpu_info
{
    uint64_t mfn;
    uint32_t offset; /* bytes into that frame */
    uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);

struct vcpu_get_physid
{
    uint64_t phys_id;
};
typedef struct vcpu_get_physid vcpu_get_physid_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_get_physid_t);

DEFINE_XEN_GUEST_HANDLE(vcpu_time_info_t);

/** A second copy of the vCPU's time information, at a virtual address of the kernel. */
struct vcpu_register_time_memory_area
{
    union
    {
        XEN_GUEST_HANDLE(vcpu_time_info_t) h;
        struct vcpu_time_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_time_memory_area_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_VCPU_H__ */
