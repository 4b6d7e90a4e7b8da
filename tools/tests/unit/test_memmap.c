/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/boot/memmap.c
/* Sets of machine addresses: single cases, and random operations against a model that keeps one bit per unit. */

#include "tap.h"

#include <stdlib.h>

#include <asm/memmap.h>
#include <xen/lib.h>

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

static struct memmap map;

static void empty(void)
{
    memset(&map, 0, sizeof(map));
}

/** The map is exactly the ranges given as start, end, ..., ~0. */
static bool is_map(const uint64_t *want)
{
    unsigned int i;

    for ( i = 0; want[2 * i] != ~0UL; i++ )
        if ( i >= map.nr || map.r[i].start != want[2 * i] || map.r[i].end != want[2 * i + 1] )
            return false;
    return i == map.nr;
}
#define IS(...)  is_map((const uint64_t[]){ __VA_ARGS__, ~0UL })
#define IS_EMPTY (map.nr == 0)

static void test_add(void)
{
    empty();
    memmap_add(&map, 50, 60);
    memmap_add(&map, 10, 20);
    memmap_add(&map, 80, 90);
    ok(IS(10, 20, 50, 60, 80, 90), "ranges are sorted");
    memmap_add(&map, 20, 30);
    memmap_add(&map, 40, 50);
    ok(IS(10, 30, 40, 60, 80, 90), "neighbours that touch become one");
    memmap_add(&map, 41, 59);
    ok(IS(10, 30, 40, 60, 80, 90), "what is in the set is no harm");
    memmap_add(&map, 25, 85);
    ok(IS(10, 90), "a range over several becomes one");
    memmap_add(&map, 5, 5);
    memmap_add(&map, 7, 6);
    ok(IS(10, 90), "empty and backward ranges add nothing");
    memmap_add(&map, 0xfffffffffffff000, ~0UL);
    ok(IS(10, 90, 0xfffffffffffff000, ~0UL), "the top of the address space");
}

static void test_subtract(void)
{
    empty();
    memmap_add(&map, 10, 90);
    memmap_subtract(&map, 40, 50);
    ok(IS(10, 40, 50, 90), "a hole splits");
    memmap_subtract(&map, 0, 20);
    memmap_subtract(&map, 80, 100);
    ok(IS(20, 40, 50, 80), "ends are cut");
    memmap_subtract(&map, 35, 55);
    ok(IS(20, 35, 55, 80), "across a gap");
    memmap_subtract(&map, 0, 20);
    memmap_subtract(&map, 35, 55);
    memmap_subtract(&map, 80, ~0UL);
    ok(IS(20, 35, 55, 80), "what only touches stays");
    memmap_subtract(&map, 60, 60);
    memmap_subtract(&map, 70, 60);
    ok(IS(20, 35, 55, 80), "empty and backward ranges take nothing");
    memmap_subtract(&map, 0, ~0UL);
    ok(IS_EMPTY, "all");
    memmap_subtract(&map, 0, ~0UL);
    ok(IS_EMPTY, "nothing from nothing");
}

static void fill_table(void)
{
    empty();
    for ( uint64_t i = 0; i < MEMMAP_MAX; i++ )
        memmap_add(&map, i * 100, i * 100 + 50);
}

static void test_full(void)
{
    fill_table();
    memmap_add(&map, 75, 80);
    ok(map.nr == MEMMAP_MAX && map.lost == 5, "a range too many is dropped and counted");
    memmap_add(&map, 50, 100);
    ok(map.nr == MEMMAP_MAX - 1 && map.lost == 5, "one that joins two still fits");
    fill_table();
    memmap_subtract(&map, 10, 15);
    ok(map.nr == MEMMAP_MAX && map.r[0].start == 15 && map.r[0].end == 50 && map.lost == 10,
       "a split without room keeps the larger half: high");
    fill_table();
    memmap_subtract(&map, 35, 40);
    ok(map.nr == MEMMAP_MAX && map.r[0].start == 0 && map.r[0].end == 35 && map.lost == 10,
       "a split without room keeps the larger half: low");
}

static void test_shape(void)
{
    empty();
    memmap_add(&map, 1, 0x2fff);
    memmap_add(&map, 0x3001, 0x3fff);
    memmap_add(&map, 0x5000, 0x6000);
    memmap_add(&map, 0x7fff, 0x9001);
    memmap_add(&map, 0xfffffffffffffff0, 0xffffffffffffffff);
    memmap_align_inwards(&map, 0x1000);
    ok(IS(0x1000, 0x2000, 0x5000, 0x6000, 0x8000, 0x9000), "aligned inwards, nothing wraps");
    memmap_add(&map, 0x20000, 0x29000);
    is_u64(memmap_size(&map), 0xc000, "size");
    is_u64(memmap_keep_largest(&map, 5), 0, "five ranges may stay");
    is_u64(memmap_keep_largest(&map, 2), 0x2000, "the smaller ones go");
    ok(IS(0x8000, 0x9000, 0x20000, 0x29000), "the largest stay in order");

    ok(memmap_contains(&map, 0x8000, 0x9000) && memmap_contains(&map, 0x20001, 0x20002),
       "contains");
    ok(!memmap_contains(&map, 0x8000, 0x9001) && !memmap_contains(&map, 0x7fff, 0x8001) &&
           !memmap_contains(&map, 0x8fff, 0x20001) && !memmap_contains(&map, 2, 1),
       "does not contain");
    ok(memmap_contains(&map, 5, 5), "contains the empty range");
}

static void test_carve(void)
{
    empty();
    memmap_add(&map, 0x1000, 0x5000);
    memmap_add(&map, 0x10000, 0x20000);
    is_u64(memmap_carve(&map, 0x2000, ~0UL), 0x1e000, "from the end of the largest range");
    ok(IS(0x1000, 0x5000, 0x10000, 0x1e000), "and it is gone");
    is_u64(memmap_carve(&map, 0x1000, 0x11000), 0x4000, "only below the limit");
    is_u64(memmap_carve(&map, 0x2000, 0x14000), 0x12000, "the limit may cut a range");
    ok(IS(0x1000, 0x4000, 0x10000, 0x12000, 0x14000, 0x1e000), "what lies above stays");
    is_u64(memmap_carve(&map, 0xb000, ~0UL), ~0UL, "nothing is that large");
    is_u64(memmap_carve(&map, 0xa000, ~0UL), 0x14000, "a whole range");
    ok(IS(0x1000, 0x4000, 0x10000, 0x12000), "vanishes");
    is_u64(memmap_carve(&map, 0x1000, 0x800), ~0UL, "nothing below the limit");
}

/* ---- The loader's map ---------------------------------------------------------------------- */

static struct boot_info bi;

static void region(uint64_t start, uint64_t size, uint32_t type)
{
    bi.regions[bi.nr_regions++] = (struct boot_region){ start, size, type };
}

static void test_boot(void)
{
    uint64_t clipped;

    memset(&bi, 0, sizeof(bi));
    region(0x100000, 0x700800, BOOT_RAM);
    region(0, 0x9fc00, BOOT_RAM);
    region(0x9fc00, 0x400, BOOT_RESERVED);
    region(0x800800, 0x7ff800, BOOT_RAM); /* goes on inside a page */
    region(0x400010, 1, BOOT_BAD);        /* one bad byte costs its page */
    region(0xfff000, 0x2000, BOOT_ACPI);  /* overlaps the end */
    region(0x500000, 0x1000, 12345);      /* an unknown type is no RAM */
    region(0x100000000, 0x200000, BOOT_RAM);
    memmap_from_boot(&map, &bi, ~0UL, &clipped);
    ok(IS(0, 0x9f000, 0x100000, 0x400000, 0x401000, 0x500000, 0x501000, 0xfff000, 0x100000000,
          0x100200000),
       "whole pages of RAM and nothing else");
    is_u64(clipped, 0, "nothing beyond the limit");
    memmap_from_boot(&map, &bi, 0x100100000, &clipped);
    is_u64(clipped, 0x100000, "a limit inside a range");
    is_u64(map.r[map.nr - 1].end, 0x100100000, "ends it there");
    memmap_from_boot(&map, &bi, 0, &clipped);
    ok(IS_EMPTY, "all beyond the limit");

    memset(&bi, 0, sizeof(bi));
    region(0x1000, ~0UL - 0x1000, BOOT_RAM);
    region(0x2000, ~0UL - 0x2000, BOOT_RESERVED);
    memmap_from_boot(&map, &bi, ~0UL, &clipped);
    ok(IS(0x1000, 0x2000), "everything, and everything reserved");
}

static void test_modules(void)
{
    memset(&bi, 0, sizeof(bi));
    bi.modules[0].start = 0x200000;
    bi.modules[0].size = 0x1801;
    bi.modules[1].start = 0x201801; /* shares a page with the first */
    bi.modules[1].size = 0x10;
    bi.modules[2].start = 0x300123;
    bi.modules[2].size = 0; /* empty */
    bi.modules[3].start = 0xfffff000;
    bi.modules[3].size = 0xfff;
    bi.nr_modules = 4;
    memmap_modules(&map, &bi);
    ok(IS(0x200000, 0x202000, 0xfffff000, 0x100000000), "every page a module touches, once");
}

/* ---- Against a model ----------------------------------------------------------------------- */

#define UNITS 96
static bool model[UNITS];

static bool agrees(void)
{
    bool seen[UNITS] = { false };

    for ( unsigned int i = 0; i < map.nr; i++ )
    {
        if ( map.r[i].start >= map.r[i].end || (i && map.r[i].start <= map.r[i - 1].end) )
            return false;
        for ( uint64_t u = map.r[i].start; u < map.r[i].end; u++ )
            seen[u] = true;
    }
    return !memcmp(seen, model, sizeof(model));
}

/* One module on a machine with RAM at 1-64 MiB but for a page at 32 MiB, and the image at 1.5-2 MiB. */
static enum module_fault fault_of(uint64_t start, uint64_t size)
{
    static struct boot_info bi;
    unsigned int which = 99;
    enum module_fault fault;

    empty();
    memmap_add(&map, 0x100000, 0x2000000);
    memmap_add(&map, 0x2001000, 0x4000000);
    bi.nr_modules = 3;
    bi.modules[0] = (struct boot_mod){ 0x200000, 0x1000, "" };
    bi.modules[1] = (struct boot_mod){ start, size, "" };
    bi.modules[2] = (struct boot_mod){ 0, 0, "" };
    fault = memmap_check_modules(&map, &bi, 0x180000, 0x200000, &which);
    if ( which != (fault == MODULES_FINE ? 3 : 1) )
        note("it is said of module %u", which);
    return fault;
}

static void test_faults(void)
{
    is_int(fault_of(0x200000, 0x1e00000), MODULES_FINE, "a module up to the hole");
    is_int(fault_of(0x2001000, 0x1fff000), MODULES_FINE, "a module from there to the end of RAM");
    is_int(fault_of(0x100000, 0x80000), MODULES_FINE, "a module up to the image");
    is_int(fault_of(0x100000, 0x80001), MODULE_OVER_IMAGE, "a byte more");
    is_int(fault_of(0x1234, 0), MODULES_FINE, "an empty module may be anywhere");
    is_int(fault_of(0, ~0UL), MODULE_NOT_RAM, "a module of all addresses but the last");
    is_int(fault_of(0x1ffff00, 0x101), MODULE_NOT_RAM, "one byte of a module in the hole");
    is_int(fault_of(0x1000000, 0x2000000), MODULE_NOT_RAM, "the hole in the middle of a module");
    is_int(fault_of(0x2000fff, 0x1000), MODULE_NOT_RAM, "a module that begins in the hole");
    is_int(fault_of(0x2001000, 0x1fff001), MODULE_NOT_RAM, "one byte beyond the end of RAM");
    is_int(fault_of(0x200000, 1UL << 40), MODULE_NOT_RAM, "a module larger than RAM");
    is_int(fault_of(0x10000000, 1), MODULE_NOT_RAM, "a module beyond RAM");
    is_int(fault_of(~0UL - 4095, 4095), MODULE_NOT_RAM, "a module at the end of all addresses");
    is_int(fault_of(0x1fffff, 1), MODULE_OVER_IMAGE, "one byte of a module over the image");
    is_int(fault_of(0x100000, 0x300000), MODULE_OVER_IMAGE, "the image inside a module");
}

static void test_model(void)
{
    unsigned int wrong = 0;

    srandom(1);
    for ( unsigned int round = 0; round < 2000; round++ )
    {
        empty();
        memset(model, 0, sizeof(model));
        for ( unsigned int step = 0; step < 40; step++ )
        {
            unsigned int start = (unsigned int)random() % UNITS,
                         end = (unsigned int)random() % (UNITS + 1);
            bool add = random() % 2;

            if ( add )
                memmap_add(&map, start, end);
            else
                memmap_subtract(&map, start, end);
            for ( unsigned int u = start; u < end; u++ )
                model[u] = add;
            if ( !agrees() )
                wrong++;
        }
    }
    is_u64(wrong, 0, "80000 random steps agree with the model");
}

int main(void)
{
    test_add();
    test_subtract();
    test_full();
    test_shape();
    test_carve();
    test_boot();
    test_modules();
    test_faults();
    test_model();
    return done();
}
