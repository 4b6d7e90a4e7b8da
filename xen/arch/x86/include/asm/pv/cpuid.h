/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PV guest's kernel learns from CPUID, by the forced-emulation prefix. Pure. */
#ifndef ASM_PV_CPUID_H
#define ASM_PV_CPUID_H

#include <xen/types.h>

/** Output registers of CPUID. */
struct cpuid_leaf
{
    uint32_t a, b, c, d;
};

/** What the answers depend on besides the CPU. */
struct cpuid_policy
{
    bool initial; /* the initial domain sees the APIC */
    unsigned int vcpu;
    unsigned int paddr_bits; /* width of machine addresses */
    uint64_t tsc_khz;
    uint32_t tsc_mul; /* of vcpu_time_info */
    int8_t tsc_shift;
    uint32_t abi_version; /* major << 16 | minor */
};

/**
 * The guest's answer for @leaf and @subleaf. On entry *r is the CPU's own, @max_basic and @max_extended the CPU's highest leaves
 * (eax of leaf 0 and of 0x80000000). Only features that a PV guest can use are let through: a bit that nobody thought of is
 * hidden.
 */
void cpuid_filter(const struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf, uint32_t max_basic,
                  uint32_t max_extended, struct cpuid_leaf *r);

#endif /* ASM_PV_CPUID_H */
