/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hvm_start_info for a guest. In this order, without gaps: the structure, the modules, the memory map, the strings. The first three
 * have sizes that are multiples of 8, so all are aligned.
 *
 *   1. how long it is, and whether it can be said at all
 *   2. writing it
 *
 * Layouts: public/arch-x86/hvm/start_info.h. Pure; no locks.
 */
#include <asm/pvh_build.h>
#include <public/arch-x86/hvm/start_info.h>
#include <xen/errno.h>
#include <xen/lib.h>

#define FOUR_GIB (1UL << 32)

/* ---- 1. How long --------------------------------------------------------------------------- */

static uint64_t string_size(const char *s)
{
    return s ? strlen(s) + 1 : 0;
}

static uint64_t tables_size(const struct pvh_plan *plan)
{
    return sizeof(struct hvm_start_info) + plan->nr_modules * sizeof(struct hvm_modlist_entry) +
           plan->nr_regions * sizeof(struct hvm_memmap_table_entry);
}

uint64_t pvh_build_size(const struct pvh_plan *plan)
{
    uint64_t size = tables_size(plan) + string_size(plan->cmdline);

    for ( unsigned int i = 0; i < plan->nr_modules; i++ )
        size += string_size(plan->modules[i].cmdline);
    return size;
}

static bool can_be_said(const struct pvh_plan *plan)
{
    for ( unsigned int i = 0; i < plan->nr_modules; i++ )
        if ( plan->modules[i].paddr + plan->modules[i].size < plan->modules[i].paddr )
            return false;
    for ( unsigned int i = 0; i < plan->nr_regions; i++ )
        if ( plan->regions[i].start + plan->regions[i].size <= plan->regions[i].start )
            return false;
    return true;
}

/* ---- 2. Writing ---------------------------------------------------------------------------- */

/** Where the next piece goes, as we see it and as the guest does. */
struct writer
{
    uint8_t *to;
    uint64_t paddr;
};

/** Append @size bytes; their address for the guest. */
static uint64_t put(struct writer *w, const void *from, uint64_t size)
{
    uint64_t paddr = w->paddr;

    memcpy(w->to, from, size);
    w->to += size;
    w->paddr += size;
    return paddr;
}

/** Strings have a writer of their own: tables that come before them say where they are. */
static uint64_t put_string(struct writer *strings, const char *s)
{
    return s ? put(strings, s, string_size(s)) : 0;
}

static void put_modules(struct writer *w, struct writer *strings, const struct pvh_plan *plan)
{
    for ( unsigned int i = 0; i < plan->nr_modules; i++ )
    {
        const struct hvm_modlist_entry entry = {
            .paddr = plan->modules[i].paddr,
            .size = plan->modules[i].size,
            .cmdline_paddr = put_string(strings, plan->modules[i].cmdline),
        };

        put(w, &entry, sizeof(entry));
    }
}

static void put_regions(struct writer *w, const struct pvh_plan *plan)
{
    for ( unsigned int i = 0; i < plan->nr_regions; i++ )
    {
        const struct hvm_memmap_table_entry entry = {
            .addr = plan->regions[i].start,
            .size = plan->regions[i].size,
            .type = plan->regions[i].type,
        };

        put(w, &entry, sizeof(entry));
    }
}

int pvh_build(const struct pvh_plan *plan, void *to, uint64_t size, uint64_t paddr)
{
    uint64_t need = pvh_build_size(plan), tables = tables_size(plan);
    struct writer w = { to, paddr }, strings = { (uint8_t *)to + tables, paddr + tables };
    struct hvm_start_info si = {
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .flags = plan->flags,
        .nr_modules = plan->nr_modules,
        .rsdp_paddr = plan->rsdp,
        .memmap_entries = plan->nr_regions,
    };

    if ( need > size )
        return -ENOSPC;
    if ( !paddr || paddr % 8 || paddr > FOUR_GIB || need > FOUR_GIB - paddr || !can_be_said(plan) )
        return -EINVAL;
    if ( plan->nr_modules )
        si.modlist_paddr = paddr + sizeof(si);
    if ( plan->nr_regions )
        si.memmap_paddr = paddr + sizeof(si) + plan->nr_modules * sizeof(struct hvm_modlist_entry);
    si.cmdline_paddr = put_string(&strings, plan->cmdline);
    put(&w, &si, sizeof(si));
    put_modules(&w, &strings, plan);
    put_regions(&w, plan);
    return 0;
}
