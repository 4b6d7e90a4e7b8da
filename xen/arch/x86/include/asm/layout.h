/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's part of every address space: L4 slots 256-271 (docs/memory-layout.md). Usable from assembly.
 *
 *   slot  from                  what                                             guest's view
 *   256   0xffff800000000000    machine-to-physical table                        read-only, kernel's roots only
 *   257   0xffff808000000000    the same table, writable alias                   none
 *   258   0xffff810000000000    frame accounts                                   none
 *   259   0xffff818000000000    the current domain's descriptor windows          none
 *   260   0xffff820000000000    hypervisor image, stacks, per-CPU areas, ioremap none
 *   261   0xffff828000000000    unused
 *   262   0xffff830000000000    direct map of all RAM (5 TiB)                    none
 *
 * Slots 256 and 257 hold the same L3 table: the L4 entry of 256 lacks RW, that of 257 lacks US.
 */
#ifndef ASM_LAYOUT_H
#define ASM_LAYOUT_H

#ifdef __ASSEMBLY__
#define _VA(x) x
#else
#define _VA(x) x##UL
#endif

#define HYPERVISOR_START  _VA(0xffff800000000000)
#define HYPERVISOR_END    _VA(0xffff880000000000)
#define M2P_RO_START      _VA(0xffff800000000000)
#define M2P_RW_START      _VA(0xffff808000000000)
#define FRAME_TABLE_START _VA(0xffff810000000000)
#define PERDOMAIN_START   _VA(0xffff818000000000)
/* In slot 260: the image (machine address n at IMAGE_START + n), per-CPU stacks, each between unmapped guard pages, device
 * registers and firmware tables, large buffers while a domain is built (xen/vmap.h). */
#define IMAGE_START      _VA(0xffff820000000000)
#define STACKS_START     _VA(0xffff820040000000)
#define IOREMAP_START    _VA(0xffff820080000000)
#define IOREMAP_END      _VA(0xffff8200c0000000)
#define VMAP_START       _VA(0xffff8200c0000000)
#define VMAP_END         _VA(0xffff820100000000)
#define DIRECT_MAP_START _VA(0xffff830000000000)
#define DIRECT_MAP_END   _VA(0xffff880000000000)

/* One vCPU's windows: 16 pages that show its GDT, then 16 that show its LDT. */
#define VCPU_WINDOW_SIZE _VA(0x20000)
#define GDT_WINDOW(vcpu) (PERDOMAIN_START + (vcpu)*VCPU_WINDOW_SIZE)
#define LDT_WINDOW(vcpu) (GDT_WINDOW(vcpu) + _VA(0x10000))

/*
 * Selectors. The guest's descriptors are the first 14 pages of the GDT; ours begin at index 7168 (selector 0xe000), a page
 * of them, mapped at the 15th page of every vCPU's window. The FLAT ones are the ABI's (arch-x86/xen.h).
 */
#define GDT_FIRST_RESERVED 7168
#define SEL_HV_CS          0xe008 /* ring 0, 64-bit */
#define SEL_HV_DS          0xe010
#define SEL_FLAT_CS32      0xe023
#define SEL_FLAT_DS32      0xe02b /* SS too */
#define SEL_FLAT_CS64      0xe033
#define SEL_TSS            0xe040
#define SEL_LDT            0xe050

#endif /* ASM_LAYOUT_H */
