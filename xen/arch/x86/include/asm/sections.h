/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the hypervisor's image (boot/xen.lds), all page aligned, and how to place data in them. */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

extern char __image_start[], __image_end[];
extern char __text_start[], __text_end[];
extern char __rodata_start[], __rodata_end[];
extern char __data_start[];
extern char __ro_after_init_start[], __ro_after_init_end[];

/** Written during boot only: the page tables take the right to write away just before the first guest starts. */
#define __ro_after_init __attribute__((section(".data.ro_after_init")))

/** A zeroed object whose pages it shares with nothing else; its size must be a multiple of the page size. */
#define __page_aligned_bss __attribute__((section(".bss.page_aligned"), aligned(4096)))

#endif /* ASM_SECTIONS_H */
