/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers: numbers (Intel SDM volume 4, AMD APM volume 2 appendix A) and plain access. For a register that
 * may not exist use rdmsr_safe()/wrmsr_safe() of asm/uaccess.h. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#define MSR_APIC_BASE         0x0000001b
#define MSR_ARCH_CAPABILITIES 0x0000010a
#define MSR_SYSENTER_CS       0x00000174
#define MSR_SYSENTER_ESP      0x00000175
#define MSR_SYSENTER_EIP      0x00000176
#define MSR_MISC_ENABLE       0x000001a0
#define MSR_PAT               0x00000277
#define MSR_EFER              0xc0000080
#define MSR_STAR              0xc0000081
#define MSR_LSTAR             0xc0000082
#define MSR_CSTAR             0xc0000083
#define MSR_SYSCALL_MASK      0xc0000084
#define MSR_FS_BASE           0xc0000100
#define MSR_GS_BASE           0xc0000101
#define MSR_KERNEL_GS_BASE    0xc0000102

#define EFER_SCE (1UL << 0)
#define EFER_LME (1UL << 8)
#define EFER_LMA (1UL << 10)
#define EFER_NXE (1UL << 11)

#define ARCH_CAPS_RDCL_NO (1UL << 0)

/** Xen's PAT layout, part of the guest ABI: PAT0 WB, 1 WT, 2 UC-, 3 UC, 4 WC, 5 WP, 6 UC, 7 UC. */
#define PAT_LAYOUT 0x050100070406UL

#ifndef __ASSEMBLY__
#include <xen/types.h>

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (uint64_t)hi << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    __asm__ __volatile__("wrmsr" : : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32)) : "memory");
}
#endif

#endif /* ASM_MSR_H */
