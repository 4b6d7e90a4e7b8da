// SPDX-License-Identifier: GPL-2.0-only
/*
 * PURE. From CPUID to chips, cores and threads. A processor without leaf 0xb says how many logical processors a chip has room for,
 * and how many cores; their numbers in the APIC id take a power of two each. No locks.
 */
#include <asm/topology.h>

#define LEAF1_EDX_HTT (1U << 28) /* leaf1_ebx tells a count */

/* Bits that @count different numbers need. */
static unsigned int bits_for(unsigned int count)
{
    unsigned int bits = 0;

    while ( bits < 31 && 1U << bits < count )
        bits++;
    return bits;
}

static struct topology from_leaf_b(const struct topology_leaves *l)
{
    unsigned int threads = l->leaf_b[0].ebx & 0xffff, all = l->leaf_b[1].ebx & 0xffff;
    struct topology t = { .thread_bits = l->leaf_b[0].eax & 0x1f,
                          .chip_bits = l->leaf_b[1].eax & 0x1f,
                          .threads = threads,
                          .cores = all > threads ? all / threads : 1 };

    if ( t.chip_bits < t.thread_bits )
        t.chip_bits = t.thread_bits;
    return t;
}

static struct topology from_counts(const struct topology_leaves *l)
{
    unsigned int all = l->leaf1_edx & LEAF1_EDX_HTT ? l->leaf1_ebx >> 16 & 0xff : 1;
    unsigned int cores = l->leaf4_eax ? (l->leaf4_eax >> 26) + 1 : (l->ext8_ecx & 0xff) + 1;
    unsigned int threads;

    if ( all < cores )
        all = cores;
    threads = all / cores;
    return (struct topology){ .thread_bits = bits_for(threads),
                              .chip_bits = bits_for(threads) + bits_for(cores),
                              .threads = threads,
                              .cores = cores };
}

struct topology topology_of(const struct topology_leaves *l)
{
    return l->leaf_b[0].ebx & 0xffff ? from_leaf_b(l) : from_counts(l);
}

struct cpu_place topology_place(const struct topology *t, uint32_t apic_id)
{
    uint32_t in_chip = apic_id & ((1U << t->chip_bits) - 1);

    return (struct cpu_place){ .chip = apic_id >> t->chip_bits,
                               .core = in_chip >> t->thread_bits,
                               .thread = apic_id & ((1U << t->thread_bits) - 1) };
}

uint32_t cache_kib(uint32_t eax, uint32_t ebx, uint32_t ecx)
{
    uint64_t line = (ebx & 0xfff) + 1, parts = (ebx >> 12 & 0x3ff) + 1, ways = (ebx >> 22) + 1,
             sets = (uint64_t)ecx + 1;

    if ( !(eax & 0x1f) ) /* its type */
        return 0;
    return (uint32_t)(line * parts * ways * sets / 1024);
}
