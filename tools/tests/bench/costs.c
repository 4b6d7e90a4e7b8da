/* SPDX-License-Identifier: GPL-2.0-only */
/* What a hypervisor built with CONFIG_COUNT_COSTS has counted: two CPUID leaves, asm/costs.h. Reading them costs something, too. */
#include "bench.h"

#define LEAF 0x40020000U

bool costs_wanted;
static struct costs before, sum;

/* CPUID with the prefix that has the hypervisor answer; in user mode too. */
static void leaf(uint32_t number, uint32_t r[4])
{
    __asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(number), "c"(0));
}

static struct costs now(void)
{
    uint32_t r[4];

    leaf(LEAF + 1, r);
    return (struct costs){ r[0], r[1], r[2], r[3] };
}

static struct costs minus(struct costs a, struct costs b)
{
    return (struct costs){ a.locked - b.locked, a.serialising - b.serialising,
                           a.flushes - b.flushes, a.cr3 - b.cr3 };
}

bool costs_counted(void)
{
    uint32_t r[4];

    leaf(LEAF, r);
    return r[0] == LEAF + 1 && memcmp(&r[1], "Tenon counts", 12) == 0;
}

void costs_start(void)
{
    before = now();
}

void costs_stop(void)
{
    struct costs after = now(), again = now();
    struct costs reading = minus(again, after);
    struct costs found = minus(minus(after, before), reading);

    sum.locked += found.locked;
    sum.serialising += found.serialising;
    sum.flushes += found.flushes;
    sum.cr3 += found.cr3;
}

struct costs costs_take(void)
{
    struct costs taken = sum;

    sum = (struct costs){ 0 };
    return taken;
}
