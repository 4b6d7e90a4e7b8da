/* SPDX-License-Identifier: GPL-2.0-only */
/* From power-on to the first guest: what the boot files offer each other and the domain builder. */
#ifndef ASM_BOOT_H
#define ASM_BOOT_H

#include <xen/boot_info.h>
#include <xen/lib.h>

/** What the loader told us; filled before anything else runs. */
extern struct boot_info boot_info;

/**
 * First C function, called by head.S on the boot stack. @protocol: the magic number of multiboot2 or of PVH's hvm_start_info, by
 * which entry the loader came; @info: ebx as it left it.
 */
void __noreturn boot_start(uint32_t protocol, uint32_t info);

/** Our page tables, struct machine, the heap (mm_init.c). NULL, or why this machine's memory will not do. */
const char *mm_init(void);

/** Give the modules' memory to the heap. Whoever needs a module must have copied it: they are gone afterwards. */
void boot_release_modules(void);

/** Debug builds: do the harm that the option fail= asks for (selftest.c). */
void selftest_fail(void);

#endif /* ASM_BOOT_H */
