/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hvm_start_info made for a guest: the other side of asm/pvh.h (pvh_build.c). There are no PVH guests yet; whoever builds the first
 * calls this with a piece of its memory. Pure.
 */
#ifndef ASM_PVH_BUILD_H
#define ASM_PVH_BUILD_H

#include <xen/boot_info.h>
#include <xen/lib.h>

/** A module in the guest's memory. */
struct pvh_module
{
    uint64_t paddr, size; /* guest-physical, bytes */
    const char *cmdline;  /* NULL: none */
};

/** What a guest shall be told. */
struct pvh_plan
{
    uint32_t flags;      /* SIF_* */
    const char *cmdline; /* NULL: none */
    uint64_t rsdp;       /* guest-physical address of ACPI's root pointer, 0: none */
    const struct pvh_module *modules;
    unsigned int nr_modules;
    const struct boot_region *regions; /* the guest's memory map, guest-physical */
    unsigned int nr_regions;
};

/** Bytes that pvh_build() takes for it. */
uint64_t pvh_build_size(const struct pvh_plan *plan);

/**
 * Write an hvm_start_info of version 1 and all it points to into the @size bytes at @to, which the guest sees at @paddr: the structure
 * comes first. 0; -ENOSPC: they are too few; -EINVAL: @paddr is 0 or not a multiple of 8, not all would lie below 4 GiB, or a module
 * or region wraps around or is a region without bytes. Nothing is written unless it is 0.
 */
int __must_check pvh_build(const struct pvh_plan *plan, void *to, uint64_t size, uint64_t paddr);

#endif /* ASM_PVH_BUILD_H */
