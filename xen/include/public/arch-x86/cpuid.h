/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves by which a guest finds the hypervisor. For a PV kernel they are only visible through XEN_CPUID
 * (arch-x86/xen.h). Where other leaves stand at 0x40000000, these follow at a multiple of 0x100.
 *
 *   +0  eax: highest leaf; ebx, ecx, edx: the signature
 *   +1  eax: version, major in bits 31-16
 *   +2  eax: hypercall pages; ebx: MSR to place one; ecx: XEN_CPUID_FEAT1_*
 *   +3  time. Sub-leaf 0: eax: 0 TSC emulated, 1 host TSC reliable, 2 RDTSCP; ebx: TSC mode; ecx: kHz; edx: incarnation.
 *       Sub-leaf 1: eax, ebx: TSC offset; ecx, edx: multiplier and shift to ns. Sub-leaf 2: eax: the host's kHz.
 *   +4  fully virtualised guests: eax: XEN_HVM_CPUID_*; ebx: vCPU; ecx: domain
 *   +5  PV guests: sub-leaf 0: eax: highest sub-leaf; ebx bits 7-0: width of machine addresses
 */
#ifndef __XEN_PUBLIC_ARCH_X86_CPUID_H__
#define __XEN_PUBLIC_ARCH_X86_CPUID_H__

#include "../xen-compat.h"

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))

/* "XenVMMXenVMM" in ebx, ecx, edx. */
#define XEN_CPUID_SIGNATURE_EBX 0x566e6558
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e

/* MMU_PT_UPDATE_PRESERVE_AD exists. */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD  (xen_mk_uint(1) << 0)

#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (xen_mk_uint(1) << 0) /* the APIC is fast */
#define XEN_HVM_CPUID_X2APIC_VIRT      (xen_mk_uint(1) << 1) /* so is the x2APIC */
#define XEN_HVM_CPUID_IOMMU_MAPPINGS   (xen_mk_uint(1) << 2) /* devices reach foreign pages */
#define XEN_HVM_CPUID_VCPU_ID_PRESENT  (xen_mk_uint(1) << 3) /* ebx is valid */
#define XEN_HVM_CPUID_DOMID_PRESENT    (xen_mk_uint(1) << 4) /* ecx is valid */
#define XEN_HVM_CPUID_EXT_DEST_ID      (xen_mk_uint(1) << 5) /* 15-bit APIC ids */
#define XEN_HVM_CPUID_UPCALL_VECTOR    (xen_mk_uint(1) << 6) /* goes with pirqs */

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (xen_mk_uint(0xff) << 0)

#define XEN_CPUID_MAX_NUM_LEAVES 5

#endif /* __XEN_PUBLIC_ARCH_X86_CPUID_H__ */
