/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/boot/multiboot2.c xen/arch/x86/boot/memmap.c
// options: -max_len=2048
/*
 * What a boot loader hands over, from any bytes, and the memory map that is made of it. What the parser accepts is well-formed, what is
 * in the list lies inside the list; the map is sorted, within what some region calls RAM, outside of what any calls something else,
 * and has lost nothing else but what it says.
 */
#include <stdlib.h>

#include "fuzz.h"
#include <asm/memmap.h>
#include <asm/multiboot2.h>
#include <errno.h>
#include <xen/lib.h>

static struct boot_info bi;

static bool ended(const char *s, size_t size)
{
    return memchr(s, 0, size) != NULL;
}

static void check_info(void)
{
    FUZZ_CHECK(bi.nr_regions <= BOOT_MAX_REGIONS && bi.nr_modules <= BOOT_MAX_MODULES,
               "%u regions, %u modules", bi.nr_regions, bi.nr_modules);
    FUZZ_CHECK(ended(bi.cmdline, sizeof(bi.cmdline)) && ended(bi.loader, sizeof(bi.loader)),
               "a string without an end");
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        FUZZ_CHECK(bi.regions[i].size &&
                       bi.regions[i].start + bi.regions[i].size >= bi.regions[i].start,
                   "region %u is empty or wraps", i);
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        FUZZ_CHECK(ended(bi.modules[i].cmdline, BOOT_CMDLINE_MAX) &&
                       bi.modules[i].start + bi.modules[i].size <= 0xffffffffUL,
                   "module %u is beyond 4 GiB or its string has no end", i);
}

/* Sorted, apart, no range empty. */
static void check_map(const struct memmap *map, const char *what)
{
    FUZZ_CHECK(map->nr <= MEMMAP_MAX, "%s: %u ranges", what, map->nr);
    for ( unsigned int i = 0; i < map->nr; i++ )
        FUZZ_CHECK(map->r[i].start < map->r[i].end && (!i || map->r[i - 1].end < map->r[i].start),
                   "%s: range %u is empty or touches another", what, i);
}

/* The regions' own word on one page: every byte of it some region's RAM, and none anything else's. */
static bool page_is_ram(uint64_t start)
{
    uint64_t at = start, end = start + PAGE_SIZE;
    bool moved = true;

    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
    {
        const struct boot_region *r = &bi.regions[i];

        if ( r->type != BOOT_RAM && r->start < end && r->start + r->size > start )
            return false;
    }
    while ( at < end && moved )
    {
        moved = false;
        for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        {
            const struct boot_region *r = &bi.regions[i];

            if ( r->type == BOOT_RAM && r->start <= at && r->start + r->size > at )
            {
                at = r->start + r->size;
                moved = true;
            }
        }
    }
    return at >= end;
}

static void check_page(const struct memmap *ram, uint64_t at, uint64_t limit)
{
    uint64_t page = at & PAGE_MASK;
    bool is, should;

    if ( page > ~0UL - 2 * PAGE_SIZE )
        return;
    is = memmap_contains(ram, page, page + PAGE_SIZE);
    should = page + PAGE_SIZE <= limit && page_is_ram(page);
    FUZZ_CHECK(is ? should : !should || ram->lost, "page %#llx is %sin the map",
               (unsigned long long)page, is ? "" : "not ");
}

/* Pages at and around every place where something begins or ends. */
static void check_ram(const struct memmap *ram, uint64_t limit)
{
    check_map(ram, "RAM");
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
    {
        uint64_t start = bi.regions[i].start, end = start + bi.regions[i].size;

        for ( uint64_t off = 0; off <= PAGE_SIZE; off += PAGE_SIZE )
        {
            check_page(ram, start - off, limit);
            check_page(ram, start + off, limit);
            check_page(ram, end - off, limit);
            check_page(ram, end + off - 1, limit);
        }
    }
    check_page(ram, limit - 1, limit);
    check_page(ram, limit, limit);
}

/* As at boot: the modules' memory is not free, then a piece is cut off. */
static void use_map(struct memmap *ram, uint64_t size, uint64_t below)
{
    static struct memmap modules;
    uint64_t before, piece;

    memmap_modules(&modules, &bi);
    check_map(&modules, "modules");
    memmap_subtract_map(ram, &modules);
    check_map(ram, "free");
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        for ( unsigned int j = 0; j < ram->nr; j++ )
            FUZZ_CHECK(bi.modules[i].size == 0 || ram->r[j].end <= bi.modules[i].start ||
                           ram->r[j].start >= bi.modules[i].start + bi.modules[i].size,
                       "module %u is in free memory", i);
    before = memmap_size(ram);
    piece = memmap_carve(ram, size, below);
    check_map(ram, "carved");
    if ( piece == ~0UL )
        FUZZ_CHECK(memmap_size(ram) == before, "nothing was cut off, but it is missing");
    else
        FUZZ_CHECK(piece + size <= below && memmap_size(ram) + size + ram->lost >= before &&
                       memmap_size(ram) + size <= before,
                   "a piece of another size, or elsewhere");
    memmap_keep_largest(ram, 3);
    check_map(ram, "the largest");
    FUZZ_CHECK(ram->nr <= 3, "%u of the largest three", ram->nr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memmap ram;
    struct fuzz_in in = { data, size };
    uint64_t limit = (uint64_t)fuzz_u16(&in) << 28, carve = (uint64_t)fuzz_u16(&in) << PAGE_SHIFT;
    uint64_t clipped, below = limit;
    const char *why = "untouched";
    uint8_t *copy = malloc(in.left ? in.left : 1);
    int rc;

    if ( !copy )
        return 0;
    memcpy(copy, in.p, in.left);
    memset(&bi, 0xa5, sizeof(bi));
    rc = multiboot2_parse(copy, in.left, &bi, &why);
    free(copy);
    check_info();
    FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOSPC || rc == -ENOENT, "result %d", rc);
    FUZZ_CHECK(rc == 0 || (why && *why && strcmp(why, "untouched") != 0), "refused without a word");
    if ( rc )
        return 0;
    memmap_from_boot(&ram, &bi, limit, &clipped);
    check_ram(&ram, limit);
    use_map(&ram, carve, below);
    return 0;
}
