/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific registers: numbers (SDM volume 4, APM volume 2 appendix A) and plain access. An access that raises #GP is the
 * end of the hypervisor: only registers that are known to be there, and values that are known to be good.
 */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <asm/costs.h>
#include <xen/types.h>

#define MSR_TSC            0x00000010
#define MSR_APIC_BASE      0x0000001b
#define MSR_SPEC_CTRL      0x00000048
#define MSR_PRED_CMD       0x00000049
#define MSR_ARCH_CAPS      0x0000010a
#define MSR_FLUSH_CMD      0x0000010b
#define MSR_SYSENTER_CS    0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176
#define MSR_MCG_CAP        0x00000179
#define MSR_MCG_STATUS     0x0000017a
#define MSR_MISC_ENABLE    0x000001a0
#define MSR_DEBUGCTL       0x000001d9
#define MSR_PAT            0x00000277
#define MSR_MTRR_DEF_TYPE  0x000002ff
#define MSR_TSC_DEADLINE   0x000006e0
#define MSR_X2APIC         0x00000800 /* + register offset >> 4 */
#define MSR_XSS            0x00000da0
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX        0xc0000103

#define EFER_SCE   (1UL << 0)
#define EFER_LME   (1UL << 8)
#define EFER_LMA   (1UL << 10)
#define EFER_NXE   (1UL << 11)
#define EFER_SVME  (1UL << 12)
#define EFER_FFXSE (1UL << 14)

#define ARCH_CAPS_RDCL_NO (1UL << 0)

/** Xen's PAT layout, part of the guest ABI: PAT0 WB, 1 WT, 2 UC-, 3 UC, 4 WC, 5 WP, 6 UC, 7 UC. */
#define PAT_LAYOUT 0x050100070406UL

#define APIC_BASE_BSP    (1UL << 8)
#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define APIC_BASE_ADDR   0x000ffffffffff000UL

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
    return ((uint64_t)hi << 32) | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
                     : "memory");
    count_cost(COST_SERIALISING); /* behind it: it may have set GS base */
}

#endif /* ASM_MSR_H */
