// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of machine addresses: the arithmetic between the loader's memory map and the allocator.
 *   1. adding and subtracting ranges; the set stays sorted and its ranges never touch
 *   2. shaping: alignment, the largest ranges, cutting a piece off
 *   3. what the loader's regions and modules mean
 * When the table is full a piece of memory is dropped, never invented. Pure; no locks.
 */
#include <asm/memmap.h>
#include <xen/lib.h>
#include <xen/types.h>

/* ---- 1. Adding and subtracting ------------------------------------------------------------- */

static void remove_at(struct memmap *map, unsigned int i, unsigned int nr)
{
    memmove(&map->r[i], &map->r[i + nr], (map->nr - i - nr) * sizeof(map->r[0]));
    map->nr -= nr;
}

/** False: full. */
static bool insert_at(struct memmap *map, unsigned int i, uint64_t start, uint64_t end)
{
    if ( map->nr == MEMMAP_MAX )
        return false;
    memmove(&map->r[i + 1], &map->r[i], (map->nr - i) * sizeof(map->r[0]));
    map->r[i] = (struct memmap_range){ start, end };
    map->nr++;
    return true;
}

void memmap_add(struct memmap *map, uint64_t start, uint64_t end)
{
    unsigned int i = 0, last;

    if ( start >= end )
        return;
    while ( i < map->nr && map->r[i].end < start )
        i++;
    /* Everything from i up to the first range beyond @end touches the new one: they become one. */
    for ( last = i; last < map->nr && map->r[last].start <= end; last++ )
    {
        start = MIN(start, map->r[last].start);
        end = MAX(end, map->r[last].end);
    }
    remove_at(map, i, last - i);
    if ( !insert_at(map, i, start, end) )
        map->lost += end - start;
}

/** Take [start, end) out of range @i, which it cuts in two. A full table keeps the larger half. */
static void split(struct memmap *map, unsigned int i, uint64_t start, uint64_t end)
{
    struct memmap_range low = { map->r[i].start, start }, high = { end, map->r[i].end };

    map->r[i] = low;
    if ( insert_at(map, i + 1, high.start, high.end) )
        return;
    if ( high.end - high.start > low.end - low.start )
    {
        map->r[i] = high;
        map->lost += low.end - low.start;
    }
    else
        map->lost += high.end - high.start;
}

void memmap_subtract(struct memmap *map, uint64_t start, uint64_t end)
{
    unsigned int i = 0;

    if ( start >= end )
        return;
    while ( i < map->nr && map->r[i].start < end )
    {
        struct memmap_range *r = &map->r[i];

        if ( r->end <= start )
            i++;
        else if ( r->start < start && r->end > end )
        {
            split(map, i, start, end);
            return;
        }
        else if ( r->start < start )
            map->r[i++].end = start;
        else if ( r->end > end )
            map->r[i++].start = end;
        else
            remove_at(map, i, 1);
    }
}

void memmap_subtract_map(struct memmap *map, const struct memmap *other)
{
    for ( unsigned int i = 0; i < other->nr; i++ )
        memmap_subtract(map, other->r[i].start, other->r[i].end);
}

/* ---- 2. Shaping ---------------------------------------------------------------------------- */

void memmap_align_inwards(struct memmap *map, uint64_t align)
{
    unsigned int kept = 0;

    for ( unsigned int i = 0; i < map->nr; i++ )
    {
        uint64_t start = ROUND_UP(map->r[i].start, align);
        uint64_t end = ROUND_DOWN(map->r[i].end, align);

        /* A start that rounds up to zero has wrapped. */
        if ( start < map->r[i].start || start >= end )
            continue;
        map->r[kept++] = (struct memmap_range){ start, end };
    }
    map->nr = kept;
}

uint64_t memmap_keep_largest(struct memmap *map, unsigned int nr)
{
    uint64_t given_up = 0;

    while ( map->nr > nr )
    {
        unsigned int smallest = 0;

        for ( unsigned int i = 1; i < map->nr; i++ )
            if ( map->r[i].end - map->r[i].start < map->r[smallest].end - map->r[smallest].start )
                smallest = i;
        given_up += map->r[smallest].end - map->r[smallest].start;
        remove_at(map, smallest, 1);
    }
    return given_up;
}

uint64_t memmap_size(const struct memmap *map)
{
    uint64_t size = 0;

    for ( unsigned int i = 0; i < map->nr; i++ )
        size += map->r[i].end - map->r[i].start;
    return size;
}

bool memmap_contains(const struct memmap *map, uint64_t start, uint64_t end)
{
    if ( start >= end )
        return start == end;
    for ( unsigned int i = 0; i < map->nr; i++ )
        if ( start >= map->r[i].start && end <= map->r[i].end )
            return true;
    return false;
}

uint64_t memmap_carve(struct memmap *map, uint64_t size, uint64_t below)
{
    uint64_t best = 0, best_end = 0;

    for ( unsigned int i = 0; i < map->nr; i++ )
    {
        uint64_t end = MIN(map->r[i].end, below);

        if ( end > map->r[i].start && end - map->r[i].start > best )
        {
            best = end - map->r[i].start;
            best_end = end;
        }
    }
    if ( best < size )
        return ~0UL;
    memmap_subtract(map, best_end - size, best_end);
    return best_end - size;
}

/* ---- 3. The loader's view ------------------------------------------------------------------ */

void memmap_from_boot(struct memmap *ram, const struct boot_info *bi, uint64_t limit,
                      uint64_t *clipped)
{
    memset(ram, 0, sizeof(*ram));
    for ( unsigned int i = 0; i < bi->nr_regions; i++ )
    {
        const struct boot_region *r = &bi->regions[i];

        if ( r->type == BOOT_RAM )
            memmap_add(ram, r->start, r->start + r->size);
    }
    /* Firmware maps overlap now and then: whatever is not RAM wins. */
    for ( unsigned int i = 0; i < bi->nr_regions; i++ )
    {
        const struct boot_region *r = &bi->regions[i];

        if ( r->type != BOOT_RAM )
            memmap_subtract(ram, r->start, r->start + r->size);
    }
    memmap_align_inwards(ram, PAGE_SIZE);
    *clipped = memmap_size(ram);
    memmap_subtract(ram, limit, ~0UL);
    *clipped -= memmap_size(ram);
}

void memmap_modules(struct memmap *map, const struct boot_info *bi)
{
    memset(map, 0, sizeof(*map));
    for ( unsigned int i = 0; i < bi->nr_modules; i++ )
    {
        const struct boot_mod *mod = &bi->modules[i];

        if ( mod->size )
            memmap_add(map, ROUND_DOWN(mod->start, PAGE_SIZE),
                       ROUND_UP(mod->start + mod->size, PAGE_SIZE));
    }
}

enum module_fault memmap_check_modules(const struct memmap *ram, const struct boot_info *bi,
                                       uint64_t image, uint64_t image_end, unsigned int *which)
{
    for ( *which = 0; *which < bi->nr_modules; ++*which )
    {
        const struct boot_mod *mod = &bi->modules[*which];
        uint64_t start = ROUND_DOWN(mod->start, PAGE_SIZE);
        uint64_t end = ROUND_UP(mod->start + mod->size, PAGE_SIZE);

        if ( !mod->size )
            continue;
        /* An end that rounds up to zero has wrapped. */
        if ( start >= end || !memmap_contains(ram, start, end) )
            return MODULE_NOT_RAM;
        if ( start < image_end && end > image )
            return MODULE_OVER_IMAGE;
    }
    return MODULES_FINE;
}
