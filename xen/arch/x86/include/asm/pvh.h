/* SPDX-License-Identifier: GPL-2.0-only */
/* The PVH boot protocol: a loader that enters us as it would a guest's kernel (boot/pvh.c). Pure. */
#ifndef ASM_PVH_H
#define ASM_PVH_H

#include <xen/boot_info.h>

/** What may be read of machine memory: the bytes at addresses [0, size). */
struct memory_view
{
    const uint8_t *bytes;
    uint64_t size;
};

/**
 * Turn the hvm_start_info at machine address @start_info, version 0 or later, into *bi. Trusts nothing, reads nothing outside of @mem.
 * 0, or -EINVAL (malformed), -ENOSPC (more regions or modules, or a longer string, than boot_info.h has room for), -ENOENT (no
 * memory map); then *why says what is wrong in a few words and *bi holds what was understood up to there.
 */
int pvh_parse(const struct memory_view *mem, uint64_t start_info, struct boot_info *bi,
              const char **why);

#endif /* ASM_PVH_H */
