// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processors by the hypervisor's number. All are of one kind: CPUID of the CPU that asks tells how they are laid out. No locks:
 * nothing here changes once they run.
 */
#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/pcpu.h>
#include <asm/processor.h>
#include <xen/acpi.h>
#include <xen/domain.h>

unsigned int pcpu_count(void)
{
    return machine.nr_cpus;
}

uint32_t pcpu_acpi_id(uint32_t apic_id)
{
    for ( unsigned int i = 0; i < MIN(acpi_info.nr_cpus, (unsigned int)ACPI_MAX_CPUS); i++ )
        if ( acpi_info.cpus[i].apic_id == apic_id )
            return acpi_info.cpus[i].acpi_id;
    return ACPI_ID_NONE;
}

/* CPUID, or zeroes for a leaf that the CPU has not. */
static struct cpuid leaf(uint32_t nr, uint32_t subleaf)
{
    return nr <= cpuid(nr & 0x80000000).eax ? cpuid_count(nr, subleaf) : (struct cpuid){ 0 };
}

static struct topology read_topology(void)
{
    struct cpuid one = leaf(1, 0), threads = leaf(0xb, 0), chip = leaf(0xb, 1);
    const struct topology_leaves l = {
        .leaf1_ebx = one.ebx,
        .leaf1_edx = one.edx,
        .leaf4_eax = cpu_features.vendor == VENDOR_INTEL ? leaf(4, 0).eax : 0,
        .ext8_ecx = cpu_features.vendor == VENDOR_INTEL ? 0 : leaf(0x80000008, 0).ecx,
        .leaf_b = { { threads.eax, threads.ebx }, { chip.eax, chip.ebx } },
    };

    return topology_of(&l);
}

static bool same_core(const struct cpu_place *a, const struct cpu_place *b)
{
    return a->chip == b->chip && a->core == b->core;
}

/* Cores of @chip with a processor of ours: each is counted at its first. */
static unsigned int cores_active(const struct topology *t, uint32_t chip)
{
    struct cpu_place seen[MM_MAX_CPUS];
    unsigned int count = 0;

    for ( unsigned int cpu = 0; cpu < pcpu_count(); cpu++ )
    {
        struct cpu_place p = topology_place(t, apic_id(cpu));
        unsigned int i = 0;

        while ( i < count && !same_core(&seen[i], &p) )
            i++;
        if ( i == count && p.chip == chip )
            seen[count++] = p;
    }
    return count;
}

struct pcpu pcpu_get(unsigned int cpu)
{
    struct topology t = read_topology();
    struct pcpu p = { .apic_id = apic_id(cpu), .cores = t.cores, .threads = t.threads };

    p.place = topology_place(&t, p.apic_id);
    p.cores_active = cores_active(&t, p.place.chip);
    return p;
}

/* Intel's leaf 4 lists caches; AMD tells of the second and third level in 0x80000006, in KiB and in units of 512 KiB. */
uint32_t pcpu_cache_kib(void)
{
    struct cpuid amd = leaf(0x80000006, 0);
    uint32_t kib = 0;

    if ( cpu_features.vendor != VENDOR_INTEL )
        return amd.edx >> 18 ? (amd.edx >> 18) * 512 : amd.ecx >> 16;
    for ( uint32_t i = 0; i < 8; i++ )
    {
        struct cpuid c = leaf(4, i);
        uint32_t size = cache_kib(c.eax, c.ebx, c.ecx);

        if ( !size )
            break;
        kib = MAX(kib, size);
    }
    return kib;
}
