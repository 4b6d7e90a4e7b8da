/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a processor is, by its APIC id: its chip, its core there, its thread of that core. Pure (arch/x86/topology.c). */
#ifndef ASM_TOPOLOGY_H
#define ASM_TOPOLOGY_H

#include <xen/types.h>

/** What CPUID says about it (SDM volume 2, APM volume 3); 0 for leaves that the processor has not. */
struct topology_leaves
{
    uint32_t leaf1_ebx, leaf1_edx;
    uint32_t leaf4_eax; /* Intel's count of cores */
    uint32_t ext8_ecx;  /* AMD's */
    struct
    {
        uint32_t eax, ebx;
    } leaf_b[2];
};

struct topology
{
    unsigned int thread_bits,
        chip_bits; /* the APIC id's low bits: threads of a core, all threads of a chip */
    unsigned int threads, cores; /* of a core, of a chip: at most so many */
};

struct cpu_place
{
    uint32_t chip, core, thread;
};

struct topology topology_of(const struct topology_leaves *l);
struct cpu_place topology_place(const struct topology *t, uint32_t apic_id);

/** KiB, from the three words of leaf 4 about a cache; 0: there is none. */
uint32_t cache_kib(uint32_t eax, uint32_t ebx, uint32_t ecx);

#endif /* ASM_TOPOLOGY_H */
