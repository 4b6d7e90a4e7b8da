/* SPDX-License-Identifier: GPL-2.0-only */
/* The Multiboot2 specification 1.6 and 2.0: magic numbers and tag types, for head.S and the parser. */
#ifndef ASM_MULTIBOOT2_H
#define ASM_MULTIBOOT2_H

/* The header in our image (specification, section 3.1). */
#define MB2_HEADER_MAGIC  0xe85250d6
#define MB2_ARCH_I386     0
#define MB2_HTAG_END      0
#define MB2_HTAG_INFO     1
#define MB2_HTAG_ENTRY    3
#define MB2_HTAG_CONSOLE  4
#define MB2_HTAG_SCREEN   5
#define MB2_HTAG_ALIGN    6
#define MB2_HTAG_OPTIONAL 1 /* flag: the loader may ignore the tag */
#define MB2_CONSOLE_TEXT  2 /* we can do EGA text */

/* What the loader hands over (section 3.6): eax at entry, and the tags of the information block. */
#define MB2_BOOT_MAGIC 0x36d76289

#define MB2_TAG_END         0
#define MB2_TAG_CMDLINE     1
#define MB2_TAG_LOADER      2
#define MB2_TAG_MODULE      3
#define MB2_TAG_BASIC_MEM   4
#define MB2_TAG_MMAP        6
#define MB2_TAG_VBE         7
#define MB2_TAG_FRAMEBUFFER 8
#define MB2_TAG_EFI32       11
#define MB2_TAG_EFI64       12
#define MB2_TAG_ACPI_OLD    14
#define MB2_TAG_ACPI_NEW    15
#define MB2_TAG_EFI_MMAP    17
#define MB2_TAG_EFI_BS      18
#define MB2_TAG_EFI32_IMAGE 19
#define MB2_TAG_EFI64_IMAGE 20

/* In the map of MB2_TAG_EFI_MMAP (UEFI specification 2.10, section 7.2). */
#define EFI_LOADER_CODE  1
#define EFI_LOADER_DATA  2
#define EFI_BOOT_CODE    3
#define EFI_BOOT_DATA    4
#define EFI_CONVENTIONAL 7
#define EFI_UNUSABLE     8
#define EFI_ACPI_TABLES  9
#define EFI_ACPI_NVS     10
#define EFI_MEMORY_WB    0x8     /* attribute: can be mapped write-back */
#define EFI_MEMORY_SP    0x40000 /* attribute: meant for somebody in particular */

#ifndef __ASSEMBLY__
#include <xen/boot_info.h>

/**
 * Turn an information block into *bi. Trusts nothing but that the @len bytes at @info may be read; the block's own size may be smaller.
 * 0, or -EINVAL (malformed), -ENOSPC (more regions or modules, or a longer string, than boot_info.h has room for), -ENOENT (no
 * memory map); then *why says what is wrong in a few words and *bi holds what was understood up to there.
 */
int multiboot2_parse(const void *info, size_t len, struct boot_info *bi, const char **why);
#endif

#endif /* ASM_MULTIBOOT2_H */
