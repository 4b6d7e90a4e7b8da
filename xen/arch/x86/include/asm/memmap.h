/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of machine addresses as sorted, disjoint ranges: what is RAM, what of it is still free (boot/memmap.c). Pure. */
#ifndef ASM_MEMMAP_H
#define ASM_MEMMAP_H

#include <xen/boot_info.h>

#define MEMMAP_MAX (2 * BOOT_MAX_REGIONS)

struct memmap_range
{
    uint64_t start, end; /* bytes [start, end) */
};

struct memmap
{
    unsigned int nr;
    struct memmap_range r[MEMMAP_MAX]; /* sorted, not touching each other */
    uint64_t lost;                     /* bytes that had to be dropped because the table was full */
};

/** Add [start, end). What lies in the set already is no harm. */
void memmap_add(struct memmap *map, uint64_t start, uint64_t end);

/** Take [start, end) out. */
void memmap_subtract(struct memmap *map, uint64_t start, uint64_t end);

/** Take out everything that @other has. */
void memmap_subtract_map(struct memmap *map, const struct memmap *other);

/** Shrink every range to multiples of @align, a power of two. Ranges that vanish are dropped. */
void memmap_align_inwards(struct memmap *map, uint64_t align);

/** Keep only the @nr largest ranges; how many bytes were given up. */
uint64_t memmap_keep_largest(struct memmap *map, unsigned int nr);

/** All bytes in the set. */
uint64_t memmap_size(const struct memmap *map);

/** Is all of [start, end) in the set? The empty range is. */
bool memmap_contains(const struct memmap *map, uint64_t start, uint64_t end);

/**
 * Cut @size bytes (a multiple of the page size) from the end of the largest range, looking only at addresses below @below. The start
 * of the piece, or ~0 when no range has that much.
 */
uint64_t memmap_carve(struct memmap *map, uint64_t size, uint64_t below);

/**
 * RAM as the loader's map has it: pages all of whose bytes some region calls RAM and no region calls anything else, below @limit.
 * *clipped: bytes of RAM that lie above.
 */
void memmap_from_boot(struct memmap *ram, const struct boot_info *bi, uint64_t limit,
                      uint64_t *clipped);

/** Pages touched by the modules. */
void memmap_modules(struct memmap *map, const struct boot_info *bi);

enum module_fault
{
    MODULES_FINE,
    MODULE_NOT_RAM,    /* some page of it is none of @ram: beyond its end, or a hole */
    MODULE_OVER_IMAGE, /* it touches the hypervisor, and one of the two is damaged */
};

/** Do all modules lie in @ram, and apart from the image at [image, image_end)? If not, *which is the first that does not. */
enum module_fault memmap_check_modules(const struct memmap *ram, const struct boot_info *bi,
                                       uint64_t image, uint64_t image_end, unsigned int *which);

#endif /* ASM_MEMMAP_H */
