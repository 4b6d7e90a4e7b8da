/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader told us, in one form whatever the boot protocol was. Filled by a pure parser (arch/x86/boot/multiboot2.c,
 * pvh.c) from untrusted bytes.
 */
#ifndef XEN_BOOT_INFO_H
#define XEN_BOOT_INFO_H

#include <xen/types.h>

#define BOOT_MAX_REGIONS 128
#define BOOT_MAX_MODULES 16
#define BOOT_CMDLINE_MAX 2048

enum boot_region_type
{
    BOOT_RAM = 1,
    BOOT_RESERVED = 2,
    BOOT_ACPI = 3,
    BOOT_NVS = 4,
    BOOT_BAD = 5,
};

struct boot_region
{
    uint64_t start, size;
    uint32_t type;
};

struct boot_mod
{
    uint64_t start, size; /* machine bytes */
    char cmdline[BOOT_CMDLINE_MAX];
};

/** A module as those see it who use it. */
struct boot_module
{
    maddr_t start;
    uint64_t size;
    const char *cmdline;
};

/* boot_framebuffer.type, as in multiboot2 */
enum
{
    BOOT_FB_INDEXED,
    BOOT_FB_RGB,
    BOOT_FB_TEXT, /* EGA text: width and height count characters */
};

struct boot_framebuffer
{
    uint64_t addr;
    uint32_t pitch, width, height;
    uint8_t bpp, type;
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
    bool present;
    uint32_t vbe_caps; /* what VBE says of the adapter and the mode, 0 without VBE */
    uint16_t vbe_attributes;
};

struct boot_info
{
    char cmdline[BOOT_CMDLINE_MAX];
    char loader[64];
    unsigned int nr_regions;
    struct boot_region regions[BOOT_MAX_REGIONS]; /* as given, not sorted */
    unsigned int nr_modules;
    struct boot_mod modules[BOOT_MAX_MODULES];
    struct boot_framebuffer fb;
    uint8_t rsdp[36]; /* copy of the RSDP, first byte 0 if there was none */
    bool efi;
};

#endif /* XEN_BOOT_INFO_H */
