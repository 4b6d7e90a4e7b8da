/* SPDX-License-Identifier: GPL-2.0-only */
/* From power-on to the first guest: what the boot files offer each other and the domain builder. */
#ifndef ASM_BOOT_H
#define ASM_BOOT_H

#include <xen/boot_info.h>
#include <xen/types.h>

/** What the loader told us; filled before anything else runs. */
extern struct boot_info boot_info;

/**
 * Give the modules' memory to the heap. The domain builder's copies must be finished: the modules are gone afterwards.
 */
void boot_release_modules(void);

#endif /* ASM_BOOT_H */
