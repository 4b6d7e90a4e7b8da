/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's processors, for the calls by which an initial domain asks about them (arch/x86/pcpu.c). */
#ifndef ASM_PCPU_H
#define ASM_PCPU_H

#include <asm/topology.h>

#define ACPI_ID_NONE (~0U)

/** Processors that the hypervisor runs on: numbers 0 to this less 1. They stay online. */
unsigned int pcpu_count(void);
/** What the firmware calls the processor with this APIC id; ACPI_ID_NONE. */
uint32_t pcpu_acpi_id(uint32_t apic_id);

struct pcpu
{
    uint32_t apic_id;
    struct cpu_place place;
    unsigned int cores, cores_active, threads; /* of its chip, of those online; of its core */
};
/** @cpu < pcpu_count(). */
struct pcpu pcpu_get(unsigned int cpu);

/** Of the cache that is farthest from the core. */
uint32_t pcpu_cache_kib(void);

#endif /* ASM_PCPU_H */
