// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/topology.c
/* Chips, cores and threads by APIC id, from what CPUID says on several kinds of processors. */
#include <asm/topology.h>

#include "tap.h"

static void place(const struct topology_leaves *l, uint32_t apic_id, uint32_t chip, uint32_t core,
                  uint32_t thread, const char *what)
{
    struct topology t = topology_of(l);
    struct cpu_place p = topology_place(&t, apic_id);

    ok(p.chip == chip && p.core == core && p.thread == thread,
       "%s: APIC id %#x is thread %u of core %u of chip %u", what, apic_id, p.thread, p.core,
       p.chip);
}

static void counts(const struct topology_leaves *l, unsigned int cores, unsigned int threads,
                   const char *what)
{
    struct topology t = topology_of(l);

    ok(t.cores == cores && t.threads == threads, "%s: %u cores with %u threads", what, t.cores,
       t.threads);
}

#define HTT (1U << 28)

int main(void)
{
    static const struct topology_leaves single = { 0 };
    static const struct topology_leaves leaf_b = { .leaf_b = { { 1, 2 }, { 5, 24 } } };
    static const struct topology_leaves no_threads = { .leaf_b = { { 0, 1 }, { 2, 4 } } };
    static const struct topology_leaves odd_b = { .leaf_b = { { 3, 8 }, { 1, 2 } } };
    static const struct topology_leaves intel = { .leaf1_ebx = 16U << 16,
                                                  .leaf1_edx = HTT,
                                                  .leaf4_eax = 7U << 26 | 0x21 };
    static const struct topology_leaves amd = { .leaf1_ebx = 6U << 16,
                                                .leaf1_edx = HTT,
                                                .ext8_ecx = 5 };
    static const struct topology_leaves not_told = { .leaf1_ebx = 16U << 16 };
    static const struct topology_leaves more_cores = { .leaf1_ebx = 1U << 16,
                                                       .leaf1_edx = HTT,
                                                       .ext8_ecx = 3 };

    counts(&single, 1, 1, "a processor that says nothing");
    place(&single, 0, 0, 0, 0, "a processor that says nothing");
    place(&single, 5, 5, 0, 0, "its sixth chip");
    counts(&leaf_b, 12, 2, "leaf 0xb");
    place(&leaf_b, 0x2b, 1, 5, 1, "leaf 0xb");
    place(&leaf_b, 0xffffffff, 0x7ffffff, 15, 1, "the last id");
    counts(&no_threads, 4, 1, "leaf 0xb without threads");
    place(&no_threads, 7, 1, 3, 0, "leaf 0xb without threads");
    counts(&odd_b, 1, 8, "a leaf 0xb whose chip is smaller than its core");
    place(&odd_b, 0x0c, 1, 0, 4, "a leaf 0xb whose chip is smaller than its core");
    counts(&intel, 8, 2, "leaf 4");
    place(&intel, 0x1d, 1, 6, 1, "leaf 4");
    counts(&amd, 6, 1, "leaf 0x80000008");
    place(&amd, 0x0d, 1, 5, 0, "six cores take eight numbers");
    counts(&not_told, 1, 1, "a count that does not count without HTT");
    counts(&more_cores, 4, 1, "more cores than logical processors");

    is_u64(cache_kib(0, ~0U, ~0U), 0, "no cache");
    is_u64(cache_kib(0x21, 7U << 22 | 0x3f, 63), 32, "64 bytes, 8 ways, 64 sets");
    is_u64(cache_kib(0x63, 15U << 22 | 0x3f, 16383), 16384, "64 bytes, 16 ways, 16384 sets");
    is_u64(cache_kib(0x1, 1U << 22 | 1U << 12 | 0x1f, 255), 32, "two partitions of 32-byte lines");
    return done();
}
