/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own page tables (arch/x86/paging.c). */
#ifndef ASM_PAGING_H
#define ASM_PAGING_H

#include <asm/layout.h>
#include <xen/mm.h>

/* How device memory is to be cached; values are the PTE bits that select PAT 0, 3 and 4 of Xen's layout. */
enum ioremap_type
{
    IOREMAP_WB = 0x00, /* firmware tables in RAM-like memory */
    IOREMAP_UC = 0x18,
    IOREMAP_WC = 0x80,
};

/**
 * Map [start, start + len) of machine addresses for the hypervisor, not executable. Usable once paging_init() is done; before
 * that early_map() reaches the first 4 GiB. Never unmapped. NULL when the window or the tables are used up, or the range wraps.
 */
void *ioremap(maddr_t start, size_t len, enum ioremap_type type);

/** A machine address the CPU can reach now: before paging_init() the first 4 GiB (anything), afterwards RAM through the direct map.
 *  NULL if out of reach. */
void *early_map(maddr_t start, size_t len);

/** Machine address of something in the hypervisor's image or the direct map. */
maddr_t virt_to_maddr(const void *p);

/** The hypervisor's L4, loaded while no guest is. */
extern uint64_t hv_l4[512];

#endif /* ASM_PAGING_H */
