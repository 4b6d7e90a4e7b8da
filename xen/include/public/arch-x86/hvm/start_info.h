/* SPDX-License-Identifier: MIT */
/*
 * What a PVH kernel (XEN_ELFNOTE_PHYS32_ENTRY) finds at the physical address in ebx. Everything is little-endian and packed
 * without gaps; all addresses are physical, 0 where there is nothing, and lie below 4 GiB.
 */
#ifndef __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__
#define __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__

#include "../../xen-compat.h"

/* "xEn3", the E with its highest bit set. */
#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* hvm_memmap_table_entry.type; as the E820 types. */
#define XEN_HVM_MEMMAP_TYPE_RAM      1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI     3
#define XEN_HVM_MEMMAP_TYPE_NVS      4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM     7

#ifndef __ASSEMBLY__

/** Version 0 ends before memmap_paddr. Later versions only add. */
struct hvm_start_info
{
    uint32_t magic;          /* XEN_HVM_START_MAGIC_VALUE */
    uint32_t version;        /* 1 */
    uint32_t flags;          /* SIF_* (xen.h) */
    uint32_t nr_modules;     /* entries at modlist_paddr */
    uint64_t modlist_paddr;  /* struct hvm_modlist_entry[] */
    uint64_t cmdline_paddr;  /* zero-terminated string */
    uint64_t rsdp_paddr;     /* ACPI's root pointer */
    uint64_t memmap_paddr;   /* struct hvm_memmap_table_entry[] */
    uint32_t memmap_entries; /* entries there, 0: no map is given */
    uint32_t reserved;       /* 0 */
};

struct hvm_modlist_entry
{
    uint64_t paddr;
    uint64_t size;          /* bytes */
    uint64_t cmdline_paddr; /* zero-terminated string */
    uint64_t reserved;
};

struct hvm_memmap_table_entry
{
    uint64_t addr;
    uint64_t size; /* bytes */
    uint32_t type; /* XEN_HVM_MEMMAP_TYPE_* */
    uint32_t reserved;
};

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H__ */
