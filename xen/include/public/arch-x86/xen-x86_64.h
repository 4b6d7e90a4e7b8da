/* SPDX-License-Identifier: MIT */
/*
 * What is particular to 64-bit guests: selectors, the hypervisor's part of the address space, segment bases, registers.
 * May be included on its own; xen.h comes with it.
 *
 * A 64-bit kernel runs in ring 3 like its processes; which of the two is running is a flag the hypervisor keeps. SYSCALL
 * from the kernel is a hypercall, from a process it enters the kernel's syscall callback. On every entry to the kernel rcx
 * and r11 are on the stack below the frame: rcx, r11, [error code,] rip, cs, rflags, rsp, ss.
 */
#include "xen.h"

#ifndef __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__
#define __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__

/* Flat segments in the hypervisor's part of the GDT, there for every guest. */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000 /* 64-bit code needs no data segment */
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS   FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS   FLAT_KERNEL_SS64

#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS   FLAT_USER_CS64
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS   FLAT_USER_DS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS   FLAT_USER_SS64

/* L4 slots 256 to 271 are the hypervisor's. The machine-to-physical table lies at their beginning, readable by guests. */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END   0xFFFF880000000000
#define __MACH2PHYS_VIRT_START  0xFFFF800000000000
#define __MACH2PHYS_VIRT_END    0xFFFF804000000000

#ifndef HYPERVISOR_VIRT_START
#define HYPERVISOR_VIRT_START xen_mk_ulong(__HYPERVISOR_VIRT_START)
#define HYPERVISOR_VIRT_END   xen_mk_ulong(__HYPERVISOR_VIRT_END)
#endif
#define MACH2PHYS_VIRT_START xen_mk_ulong(__MACH2PHYS_VIRT_START)
#define MACH2PHYS_VIRT_END   xen_mk_ulong(__MACH2PHYS_VIRT_END)
#define MACH2PHYS_NR_ENTRIES ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)

#ifndef machine_to_phys_mapping
#define machine_to_phys_mapping ((unsigned long *)HYPERVISOR_VIRT_START)
#endif

/* HYPERVISOR_set_segment_base(which, value): a base address; for the last one the selector to load into user GS. */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/* iret_context.flags: the frame left by a system call, so rcx and r11 need not be restored and SYSRET will do. */
#define _VGCF_in_syscall 8
#define VGCF_in_syscall  (1 << _VGCF_in_syscall)
#define VGCF_IN_SYSCALL  VGCF_in_syscall

#ifndef __ASSEMBLY__

/**
 * HYPERVISOR_iret finds this at rsp. CS with ring 3 in it returns to user mode, any other ring to the kernel; rflags.IF
 * clear means with events masked. Does not return to the caller.
 */
struct iret_context
{
    uint64_t rax, r11, rcx, flags; /* VGCF_in_syscall */
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Each register answers to its 64-bit name; with GNU C also to the others. */
#if defined(__GNUC__)
#define XEN_REG_(name)                                                                             \
    XEN_ANONYMOUS union                                                                            \
    {                                                                                              \
        uint64_t r##name, e##name;                                                                 \
        uint32_t _e##name;                                                                         \
    }
#else
#define XEN_REG_(name) uint64_t r##name
#endif

/** A vCPU's registers. */
struct cpu_user_regs
{
    uint64_t r15;
    uint64_t r14;
    uint64_t r13;
    uint64_t r12;
    XEN_REG_(bp);
    XEN_REG_(bx);
    uint64_t r11;
    uint64_t r10;
    uint64_t r9;
    uint64_t r8;
    XEN_REG_(ax);
    XEN_REG_(cx);
    XEN_REG_(dx);
    XEN_REG_(si);
    XEN_REG_(di);
    uint32_t error_code;
    uint32_t entry_vector;
    XEN_REG_(ip);
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask;
    uint8_t _pad1[3];
    XEN_REG_(flags); /* IF is the opposite of saved_upcall_mask */
    XEN_REG_(sp);
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;
DEFINE_XEN_GUEST_HANDLE(cpu_user_regs_t);
#undef XEN_REG_

/* A frame number as CR3 holds it, and back. */
#define xen_pfn_to_cr3(pfn) ((unsigned long)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((unsigned long)(cr3) >> 12)

/** vcpu_info.arch */
struct arch_vcpu_info
{
    unsigned long cr2; /* faulting address, for the page-fault handler */
    unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

/** Address of a callback (callback.h). */
typedef unsigned long xen_callback_t;

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_XEN_X86_64_H__ */
