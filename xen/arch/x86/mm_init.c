// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the loader's memory map to the memory core.
 *   1. the plan: what is RAM, what of it is taken, where page tables and accounts come from
 *   2. carrying it out: page tables, struct machine, the heap
 *   3. afterwards: the modules' memory becomes free
 * The work depends on the number of ranges, not on the amount of RAM. No locks: boot, one CPU.
 *
 * Never in the heap: the first MiB (firmware data, and where other CPUs start), the image, the modules until they are released,
 * the two pools. The loader's information block is copied by the parser and may be overwritten.
 */
#include <asm/boot.h>
#include <asm/cpu.h>
#include <asm/memmap.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/printk.h>

struct machine machine;

static struct memmap ram_map;    /* all RAM */
static struct memmap free_map;   /* what the heap gets */
static struct memmap module_map; /* what it gets later */

#define LOW_MEMORY_END (1UL << 20)
#define BOOT_MAP_END   (1UL << 32) /* what head.S maps */

/* Room in the heap's list of ranges for what boot_release_modules() adds. */
#define HEAP_RANGES (MM_RAM_RANGES - BOOT_MAX_MODULES - 1)

/* ---- 1. The plan --------------------------------------------------------------------------- */

static uint64_t mib(uint64_t bytes)
{
    return bytes >> 20;
}

/* What mm_init() answers with, where it takes numbers. */
static char reason[96];

#define REFUSE(...) (snprintf(reason, sizeof(reason), __VA_ARGS__), reason)

static const char *find_ram(void)
{
    uint64_t limit = DIRECT_MAP_END - DIRECT_MAP_START, clipped;
    const char *why = "the direct map's 5 TiB";

    if ( 1UL << cpu_features.paddr_bits < limit )
    {
        limit = 1UL << cpu_features.paddr_bits;
        why = "the CPU's physical addresses";
    }
    memmap_from_boot(&ram_map, &boot_info, limit, &clipped);
    if ( clipped )
        pr_warn("%lu MiB of RAM beyond %s not used", mib(clipped), why);
    if ( !ram_map.nr )
        return "no RAM in the memory map";
    if ( ram_map.nr > MM_RAM_RANGES )
        return REFUSE("RAM lies in %u pieces, and there is room for %u", ram_map.nr, MM_RAM_RANGES);
    for ( unsigned int i = 0; i < ram_map.nr; i++ )
        pr_debug("RAM %016lx-%016lx", ram_map.r[i].start, ram_map.r[i].end - 1);
    return NULL;
}

/** Modules lie where the loader says, and that must be RAM, outside what is ours. */
static const char *check_modules(uint64_t image, uint64_t image_end)
{
    unsigned int i;
    enum module_fault fault = memmap_check_modules(&ram_map, &boot_info, image, image_end, &i);
    const struct boot_mod *mod = &boot_info.modules[i];

    if ( fault == MODULES_FINE )
        return NULL;
    return REFUSE("module %u at %#lx-%#lx %s", i + 1, mod->start, mod->start + mod->size - 1,
                  fault == MODULE_NOT_RAM ? "is not all RAM" : "overlaps the hypervisor");
}

static bool carve_pool(struct page_pool *pool, uint64_t pages, uint64_t below)
{
    uint64_t low = memmap_carve(&free_map, pages << PAGE_SHIFT, below);

    *pool = (struct page_pool){ .low = low, .high = low + (pages << PAGE_SHIFT) };
    return low != ~0UL;
}

static const char *find_free(struct page_pool *tables, struct page_pool *accounts)
{
    uint64_t image = (uint64_t)__image_start - IMAGE_START;
    uint64_t image_end = (uint64_t)__image_end - IMAGE_START, dropped;
    const char *why = check_modules(image, image_end);

    if ( why )
        return why;
    memmap_modules(&module_map, &boot_info);
    /* The first MiB stays ours even if a loader put something there. */
    memmap_subtract(&module_map, 0, LOW_MEMORY_END);
    free_map = ram_map;
    memmap_subtract(&free_map, 0, LOW_MEMORY_END);
    memmap_subtract(&free_map, image, image_end);
    memmap_subtract_map(&free_map, &module_map);
    if ( !carve_pool(tables, paging_table_cost(&ram_map), BOOT_MAP_END) )
        return "no memory below 4 GiB for page tables";
    if ( !carve_pool(accounts, paging_account_cost(&ram_map), ~0UL) )
        return "no memory for frame accounts";
    dropped = memmap_keep_largest(&free_map, HEAP_RANGES);
    if ( dropped )
        pr_warn("%lu KiB of RAM in too many small pieces not used", dropped >> 10);
    return NULL;
}

/* ---- 2. Carrying it out -------------------------------------------------------------------- */

/* Default: protect where the CPU needs it. */
static int opt_pv_l1tf = -1;

static int parse_pv_l1tf(const char *value)
{
    int on = *value ? parse_bool(value) : 1;

    if ( on < 0 )
        return -EINVAL;
    opt_pv_l1tf = on;
    return 0;
}
OPTION_FN("pv-l1tf", parse_pv_l1tf);

/**
 * XSA-273: a non-present entry lets an affected CPU read the L1 cache at the address it names. Above all RAM there is nothing
 * that could be cached.
 */
static uint64_t l1tf_limit(void)
{
    bool protect = opt_pv_l1tf < 0 ? cpu_features.l1tf : opt_pv_l1tf;

    return protect ? machine.max_mfn << PAGE_SHIFT : 0;
}

/* Long work asks whether to stop once in so many entries: some 20 microseconds of it. */
#define YIELD_MASK 63

static void fill_machine(uint64_t max_mfn)
{
    machine_init(&machine, (uint8_t *)DIRECT_MAP_START, (struct frame *)FRAME_TABLE_START,
                 (uint64_t *)M2P_RW_START, max_mfn, 1);
    machine.paddr_mask = ((1UL << cpu_features.paddr_bits) - 1) & PTE_ADDR_BITS;
    machine.l1tf_limit = l1tf_limit();
    machine.yield_mask = YIELD_MASK;
    for ( unsigned int i = 0; i < ram_map.nr; i++ )
    {
        const struct memmap_range *r = &ram_map.r[i];

        BUG_ON(machine_add_ram(&machine, maddr_to_mfn(_maddr(r->start)),
                               (r->end - r->start) >> PAGE_SHIFT));
    }
}

static void give_to_heap(const struct memmap *map)
{
    for ( unsigned int i = 0; i < map->nr; i++ )
    {
        const struct memmap_range *r = &map->r[i];
        int rc =
            heap_add(&machine, maddr_to_mfn(_maddr(r->start)), (r->end - r->start) >> PAGE_SHIFT);

        if ( rc )
            pr_warn("%lu KiB at %#lx not used: too many free ranges", (r->end - r->start) >> 10,
                    r->start);
    }
}

const char *mm_init(void)
{
    struct page_pool tables, accounts;
    uint64_t max_mfn;
    const char *why = find_ram();

    why = why ? why : find_free(&tables, &accounts);
    if ( why )
        return why;

    max_mfn = ram_map.r[ram_map.nr - 1].end >> PAGE_SHIFT;
    paging_init(&ram_map, max_mfn, tables, accounts);
    fill_machine(max_mfn);
    give_to_heap(&free_map);
    pr_info("RAM: %lu MiB, %lu MiB free, highest frame %#lx", mib(memmap_size(&ram_map)),
            machine.heap.nr_free >> (20 - PAGE_SHIFT), max_mfn - 1);
    return NULL;
}

/* ---- 3. Afterwards ------------------------------------------------------------------------- */

void boot_release_modules(void)
{
    give_to_heap(&module_map);
    module_map.nr = 0;
    boot_info.nr_modules = 0;
}
