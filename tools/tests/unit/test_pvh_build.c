/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pvh_build.c xen/arch/x86/boot/pvh.c
/*
 * hvm_start_info as it is made for a guest: its bytes, its limits, and the way back: what is built from random plans, at random addresses, is
 * parsed to the same again.
 */

#include "tap.h"

#include <stdlib.h>

#include <asm/pvh.h>
#include <asm/pvh_build.h>
#include <xen/errno.h>
#include <xen/lib.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

static uint64_t rnd64(void)
{
    return ((uint64_t)rnd(1 << 16) << 48 | (uint64_t)rnd(1 << 24) << 24 | rnd(1 << 24)) >> rnd(64);
}

/* ---- One plan, byte by byte ---------------------------------------------------------------- */

static const struct pvh_module two_modules[] = { { 0x200000, 0x1234, "one 1" }, { 0, 0, NULL } };
static const struct boot_region two_regions[] = { { 0, 0x9f000, 1 }, { 0xf0000000, 0x1000, 2 } };
static const struct pvh_plan full = {
    .flags = 3,
    .cmdline = "a=b c",
    .rsdp = 0xe0000,
    .modules = two_modules,
    .nr_modules = 2,
    .regions = two_regions,
    .nr_regions = 2,
};

#define AT 0x7000UL

static void test_bytes(void)
{
    static const uint32_t want[] = {
        0x336ec578, 1, 3,        2,                    /* magic, version, flags, modules */
        AT + 56,    0, AT + 168, 0,                    /* their list, the command line */
        0xe0000,    0, AT + 120, 0,                    /* the root pointer, the memory map */
        2,          0,                                 /* its entries */
        0x200000,   0, 0x1234,   0, AT + 174, 0, 0, 0, /* a module */
        0,          0, 0,        0, 0,        0, 0, 0, /* another */
        0,          0, 0x9f000,  0, 1,        0,       /* a region */
        0xf0000000, 0, 0x1000,   0, 2,        0,       /* another */
    };
    uint8_t out[256];

    memset(out, 0xee, sizeof(out));
    is_u64(pvh_build_size(&full), sizeof(want) + 6 + 6, "the size: tables and two strings");
    is_int(pvh_build(&full, out, sizeof(out), AT), 0, "it is built");
    ok(!memcmp(out, want, sizeof(want)), "the tables' bytes");
    is_str((char *)out + sizeof(want), "a=b c", "the command line is behind them");
    is_str((char *)out + sizeof(want) + 6, "one 1", "then the module's");
    is_u64(out[sizeof(want) + 12], 0xee, "and nothing behind that is touched");
}

static void test_limits(void)
{
    static const struct pvh_plan none;
    uint64_t size = pvh_build_size(&full);
    struct pvh_module wrapping = { ~0UL, 2, NULL };
    struct boot_region region = { ~0UL - 4095, 4097, 1 };
    struct pvh_plan p = full;
    uint8_t out[256], untouched[256];

    memset(out, 0xee, sizeof(out));
    memset(untouched, 0xee, sizeof(untouched));
    is_int(pvh_build(&full, out, size - 1, AT), -ENOSPC, "one byte too few");
    is_int(pvh_build(&full, out, size, 0), -EINVAL, "address 0 means that there is none");
    is_int(pvh_build(&full, out, size, AT + 4), -EINVAL, "an address that is not aligned");
    is_int(pvh_build(&full, out, size, (1UL << 32) - 176), -EINVAL, "an end beyond 4 GiB");
    is_int(pvh_build(&full, out, size, 1UL << 32), -EINVAL, "a start there");
    is_int(pvh_build(&full, out, size, ~0UL - 7), -EINVAL, "a start at the end of all addresses");
    p.cmdline = "a=";
    is_int(pvh_build(&p, out, size, (1UL << 32) - 176), -EINVAL, "one byte beyond 4 GiB");
    p.modules = &wrapping;
    p.nr_modules = 1;
    is_int(pvh_build(&p, out, sizeof(out), AT), -EINVAL, "a module that wraps around");
    p = full;
    p.regions = &region;
    p.nr_regions = 1;
    is_int(pvh_build(&p, out, sizeof(out), AT), -EINVAL, "a region that wraps around");
    region = (struct boot_region){ 0x1000, 0, 1 };
    is_int(pvh_build(&p, out, sizeof(out), AT), -EINVAL, "a region without bytes");
    ok(!memcmp(out, untouched, sizeof(out)), "none of them has written anything");
    is_int(pvh_build(&full, out, size, (1UL << 32) - 184), 0, "right below 4 GiB");
    is_u64(pvh_build_size(&none), 56, "telling nothing takes 56 bytes");
    is_int(pvh_build(&none, out, 56, AT), 0, "and is possible");
    ok(!memcmp(out + 16, (uint8_t[32]){ 0 }, 32), "with no address in it");
}

/* ---- There and back ------------------------------------------------------------------------ */

#define MEMORY (1 << 18)

static struct pvh_module modules[BOOT_MAX_MODULES];
static struct boot_region regions[BOOT_MAX_REGIONS];
static char strings[BOOT_MAX_MODULES + 1][BOOT_CMDLINE_MAX];
static uint8_t memory[MEMORY];
static struct boot_info bi;

static const char *random_string(unsigned int i)
{
    uint32_t len = rnd(8) ? rnd(40) : rnd(BOOT_CMDLINE_MAX);

    if ( !rnd(4) )
        return NULL;
    for ( uint32_t j = 0; j < len; j++ )
        strings[i][j] = (char)(1 + rnd(255));
    strings[i][len] = '\0';
    return strings[i];
}

static struct pvh_plan random_plan(void)
{
    struct pvh_plan p = {
        .flags = rnd(1 << 12),
        .cmdline = random_string(BOOT_MAX_MODULES),
        .rsdp = rnd(2) ? MEMORY - 64 : 0,
        .modules = modules,
        .nr_modules = rnd(BOOT_MAX_MODULES + 1),
        .regions = regions,
        .nr_regions = 1 + (rnd(4) ? rnd(12) : rnd(BOOT_MAX_REGIONS)),
    };

    for ( unsigned int i = 0; i < p.nr_modules; i++ )
    {
        uint64_t paddr = rnd64(), size = rnd64();

        modules[i] = (struct pvh_module){ paddr, MIN(size, ~paddr), random_string(i) };
    }
    for ( unsigned int i = 0; i < p.nr_regions; i++ )
    {
        uint64_t start = rnd64() >> 1, size = rnd64();

        regions[i] = (struct boot_region){ start, 1 + MIN(size, ~start - 1), rnd(9) };
    }
    return p;
}

static bool same_string(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b);
}

static bool same(const struct pvh_plan *p)
{
    if ( bi.nr_modules != p->nr_modules || bi.nr_regions != p->nr_regions ||
         !same_string(p->cmdline, bi.cmdline) )
        return false;
    for ( unsigned int i = 0; i < p->nr_modules; i++ )
        if ( bi.modules[i].start != modules[i].paddr || bi.modules[i].size != modules[i].size ||
             !same_string(modules[i].cmdline, bi.modules[i].cmdline) )
            return false;
    for ( unsigned int i = 0; i < p->nr_regions; i++ )
        if ( bi.regions[i].start != regions[i].start || bi.regions[i].size != regions[i].size ||
             bi.regions[i].type != regions[i].type )
            return false;
    return !memcmp(bi.rsdp, p->rsdp ? memory + p->rsdp : (uint8_t[36]){ 0 }, 36);
}

static void test_round_trips(void)
{
    unsigned int wrong = 0, outside = 0, unbuilt = 0;

    for ( unsigned int round = 0; round < 20000; round++ )
    {
        struct pvh_plan p = random_plan();
        uint64_t need = pvh_build_size(&p);
        uint64_t paddr = 8 * (1 + rnd((uint32_t)(MEMORY - 64 - need) / 8 - 1));
        const struct memory_view view = { memory, MEMORY };
        const char *why;

        memset(memory, 0xee, paddr);
        memset(memory + paddr + need, 0xee, MEMORY - paddr - need);
        memory[MEMORY - 64 + 15] = 2;
        unbuilt += pvh_build(&p, memory + paddr, need, paddr) != 0;
        outside += memory[paddr - 1] != 0xee || memory[paddr + need] != 0xee;
        if ( pvh_parse(&view, paddr, &bi, &why) || !same(&p) )
            wrong++;
    }
    is_u64(unbuilt, 0, "20000 random plans are built");
    is_u64(outside, 0, "within the bytes that were given");
    is_u64(wrong, 0, "and parsed to what they were");
}

int main(void)
{
    test_bytes();
    test_limits();
    test_round_trips();
    return done();
}
