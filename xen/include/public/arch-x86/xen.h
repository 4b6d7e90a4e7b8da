/* SPDX-License-Identifier: MIT */
/*
 * What xen.h leaves to the x86 processor: handles, trap tables, a vCPU's initial state, the forced-emulation prefix.
 * May be included on its own; xen.h comes with it.
 */
#include "../xen.h"

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_H__

/*
 * A handle is a pointer in guest memory, wrapped so that the hypervisor cannot follow it by accident. Use XEN_GUEST_HANDLE
 * for its type and set_xen_guest_handle to give it a value. The GUEST_HANDLE names are Linux's for the same.
 */
#ifndef __ASSEMBLY__
#if __XEN_INTERFACE_VERSION__ >= 0x00030201
#define ___DEFINE_XEN_GUEST_HANDLE(name, type)                                                     \
    typedef struct                                                                                 \
    {                                                                                              \
        type *p;                                                                                   \
    } __guest_handle_##name
#else
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) typedef type *__guest_handle_##name
#endif
#define __DEFINE_XEN_GUEST_HANDLE(name, type)                                                      \
    ___DEFINE_XEN_GUEST_HANDLE(name, type);                                                        \
    ___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name)      __guest_handle_##name
#define XEN_GUEST_HANDLE(name)        __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name)  XEN_GUEST_HANDLE(name)
#define set_xen_guest_handle_raw(hnd, val)                                                         \
    do                                                                                             \
    {                                                                                              \
        (hnd).p = (val);                                                                           \
    } while ( 0 )
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

#ifndef GUEST_HANDLE
#define GUEST_HANDLE(name)               XEN_GUEST_HANDLE(name)
#define DEFINE_GUEST_HANDLE(name)        __DEFINE_XEN_GUEST_HANDLE(name, name)
#define DEFINE_GUEST_HANDLE_STRUCT(name) __DEFINE_XEN_GUEST_HANDLE(name, struct name)
#endif

/** A frame number: machine or pseudo-physical, as the place says. */
typedef unsigned long xen_pfn_t;
#define PRI_xen_pfn  "lx"
#define PRIu_xen_pfn "lu"

/** As wide as a register. */
typedef unsigned long xen_ulong_t;
typedef long xen_long_t;
#define PRI_xen_ulong "lx"
#endif /* !__ASSEMBLY__ */

/* What this architecture has: struct start_info, and vcpu_info.evtchn_upcall_mask. */
#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/* A guest's GDT may fill the pages below this; from here on the descriptors are the hypervisor's. */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* vCPUs with a struct vcpu_info in the shared page; others register one (VCPUOP_register_vcpu_info). */
#define XEN_LEGACY_MAX_VCPUS 32
#define MAX_VIRT_CPUS        XEN_LEGACY_MAX_VCPUS

/* vcpu_guest_context.flags */
#define VGCF_I387_VALID                (1 << 0)
#define VGCF_IN_KERNEL                 (1 << 2)
#define _VGCF_i387_valid               0
#define VGCF_i387_valid                (1 << _VGCF_i387_valid) /* fpu_ctxt holds something */
#define _VGCF_in_kernel                2
#define VGCF_in_kernel                 (1 << _VGCF_in_kernel) /* starts in kernel mode */
#define _VGCF_failsafe_disables_events 3
#define VGCF_failsafe_disables_events  (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events  4
#define VGCF_syscall_disables_events   (1 << _VGCF_syscall_disables_events)
#define _VGCF_online                   5
#define VGCF_online                    (1 << _VGCF_online) /* not waiting for VCPUOP_up */

#include "xen-x86_64.h"

#ifndef __ASSEMBLY__

/** One gate, for HYPERVISOR_set_trap_table, whose array ends with an entry of address 0. */
struct trap_info
{
    uint8_t vector;
    uint8_t flags; /* bits 1-0: the ring up to which INT may come here; bit 2: mask events */
    uint16_t cs;
    unsigned long address;
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);

#define TI_GET_DPL(gate)       ((gate)->flags & 3)
#define TI_GET_IF(gate)        ((gate)->flags & 4)
#define TI_SET_DPL(gate, ring) ((gate)->flags |= (ring))
#define TI_SET_IF(gate, mask)  ((gate)->flags |= (mask) ? 4 : 0)

/** A TSC value. */
typedef uint64_t tsc_timestamp_t;

/** Everything a vCPU starts with (VCPUOP_initialise). */
struct vcpu_guest_context
{
    struct
    {
        char x[512];
    } fpu_ctxt;          /* FXSAVE image, if VGCF_i387_valid */
    unsigned long flags; /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256];
    unsigned long ldt_base, ldt_ents;       /* linear address, descriptors */
    unsigned long gdt_frames[16], gdt_ents; /* machine frames, descriptors */
    unsigned long kernel_ss, kernel_sp;     /* as stack_switch */
    unsigned long ctrlreg[8];               /* CR3 is the kernel's root, CR1 the user's */
    unsigned long debugreg[8];
    unsigned long event_callback_eip;
    unsigned long failsafe_callback_eip;
    unsigned long syscall_callback_eip;
    unsigned long vm_assist; /* bit n: VMASST_TYPE n */
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

/**
 * The guest tells here where its pseudo-physical to machine list (p2m) is, so that it can be saved or examined from
 * outside. Two ways: a tree (a frame that lists frames that list the list's frames), or a virtually linear list, which is
 * valid when p2m_cr3 is not 0.
 */
struct arch_shared_info
{
    unsigned long max_pfn;                /* entries in the list */
    xen_pfn_t pfn_to_mfn_frame_list_list; /* root of the tree; 0: not yet, ~0: there is none */
    unsigned long nmi_reason;             /* XEN_NMIREASON_* (nmi.h) */
    unsigned long p2m_cr3;        /* where p2m_vaddr holds, in CR3's format (xen_pfn_to_cr3) */
    unsigned long p2m_vaddr;      /* the linear list; entries change by atomic stores only */
    unsigned long p2m_generation; /* odd while the list's mapping changes */
};
typedef struct arch_shared_info arch_shared_info_t;

/** A CPUID leaf, as tools exchange it. */
typedef struct xen_cpuid_leaf
{
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);

/** An MSR, as tools exchange it. */
typedef struct xen_msr_entry
{
    uint32_t idx;
    uint32_t flags; /* 0 */
    uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);

#endif /* !__ASSEMBLY__ */

#define XEN_CPUID_NO_SUBLEAF xen_mk_uint(0xffffffff)

/*
 * CPUID does not trap in ring 3. This prefix (UD2, then the letters "xen") does, and makes the hypervisor answer the CPUID
 * that follows. It can precede nothing else.
 */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e;
#define XEN_CPUID          XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID          XEN_EMULATE_PREFIX "cpuid"
#endif

/* I/O port for debug output of fully virtualised guests. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_H__ */
