/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own page tables (arch/x86/paging.c). */
#ifndef ASM_PAGING_H
#define ASM_PAGING_H

#include <asm/processor.h>
#include <asm/desc.h>
#include <asm/hv_map.h>
#include <asm/layout.h>
#include <asm/memmap.h>
#include <xen/types.h>

/* ---- Reaching machine memory ---------------------------------------------------------------------------------------- */

/* How device memory is to be cached; values are the PTE bits that select PAT 0, 3 and 4 of Xen's layout. */
enum ioremap_type
{
    IOREMAP_WB = 0x00, /* firmware tables in RAM-like memory */
    IOREMAP_UC = 0x18,
    IOREMAP_WC = 0x80,
};

/**
 * Map [start, start + len) of machine addresses for the hypervisor, writable, not executable. Usable after paging_init(); before that
 * early_map() reaches the first 4 GiB. Never unmapped. RAM asked for write-back is seen through the direct map. NULL when the window or
 * the tables are used up, the range wraps or touches the hypervisor's image, or would make RAM uncached.
 */
void *ioremap(maddr_t start, size_t len, enum ioremap_type type);

/** A machine address that can be reached now: anything in the first 4 GiB before paging_init(), RAM afterwards. NULL: not. */
void *early_map(maddr_t start, size_t len);

/** Show the 2 MiB of RAM at @mfn (aligned) at @va, in VMAP_START..VMAP_END. -ENOMEM: no table; -EEXIST. For vzalloc() only. */
int paging_map_block(uint64_t va, mfn_t mfn);
/** And no longer: what was shown there. The calling CPU has forgotten it. */
mfn_t paging_unmap_block(uint64_t va);

/** Machine address of something in the hypervisor's image, on its stacks or in the direct map. */
maddr_t virt_to_maddr(const void *p);

/** The hypervisor's L4, loaded while no guest is. Slots 256-271 do not change after paging_init(). */
extern uint64_t hv_l4[512];

/* ---- Stacks --------------------------------------------------------------------------------------------------------- */

/*
 * One CPU's part of STACKS_START, in pages; what is not named is unmapped and guards its neighbours:
 *   1-2 #DF   4-5 NMI   7-8 #MC   10-11 #DB   13-20 everything else
 */
#define CPU_STACK_STRIDE  (32 * 4096UL)
#define IST_STACK_PAGE(i) (1 + 3 * (i))
#define IST_STACK_PAGES   2
#define MAIN_STACK_PAGE   IST_STACK_PAGE(IST_COUNT)
#define MAIN_STACK_PAGES  8

/** Map the stacks of @cpu. *top: the first byte above the main one; ist[]: likewise. -ENOMEM. */
int paging_map_stacks(unsigned int cpu, uint64_t *top, uint64_t ist[IST_COUNT]);

/* ---- Boot ----------------------------------------------------------------------------------------------------------- */

/** Tables that paging_init() and ioremap() will need for @ram, in pages. */
uint64_t paging_table_cost(const struct memmap *ram);
/** The same for the accounts and M2P entries of all of @ram. */
uint64_t paging_account_cost(const struct memmap *ram);

/**
 * Build our own page tables and load them: image, direct map of @ram, empty frame table and M2P up to @max_mfn. @tables must lie below
 * 4 GiB, @accounts anywhere in @ram. Panics when the pools do not suffice: paging_*_cost() is wrong then.
 */
void paging_init(const struct memmap *ram, uint64_t max_mfn, struct page_pool tables,
                 struct page_pool accounts);

/** Boot is over: constants set at boot become read-only. Debug builds check that nothing is writable and executable. */
void paging_seal(void);

/* ---- For mm_port.c -------------------------------------------------------------------------------------------------- */

/** See port_back_frames() and port_next_backed(). */
int paging_back_frames(mfn_t mfn, uint64_t nr);
mfn_t paging_next_backed(mfn_t mfn);

/** Make this CPU forget all translations, global ones too. Does not tell the core (see mm_port.c). */
static inline void paging_flush_local(void)
{
    uint64_t cr4 = read_cr4(); /* cpu_cr4, but for TSD, which is the guest's choice */

    /* Any change of CR4.PGE flushes everything (SDM volume 3, section 4.10.4.1). */
    write_cr4(cr4 & ~X86_CR4_PGE);
    write_cr4(cr4);
}

#endif /* ASM_PAGING_H */
