/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packages of modules: several files in one, in the format of public/xen.h's struct xen_multiboot_mod_list. Read where a loader can
 * hand over one module only; made where a guest is given more than one (SIF_MULTIBOOT_MOD). Pure.
 */
#ifndef XEN_MODULE_PACKAGE_H
#define XEN_MODULE_PACKAGE_H

#include <public/xen.h>
#include <xen/boot_info.h>
#include <xen/lib.h>

/**
 * The first of bi's modules is a package, and @data its bytes: put the modules that it holds in its place. 0; -EINVAL (malformed)
 * or -ENOSPC (too many modules, a string too long) with the reason in *why, and then bi's modules are not to be used.
 */
int package_split(const void *data, struct boot_info *bi, const char **why);

/** A package to be made: the list it begins with, behind that the strings, then the modules, each on pages of its own. */
struct package
{
    unsigned int nr;
    uint64_t size; /* of all of it, bytes */
    struct xen_multiboot_mod_list list[BOOT_MAX_MODULES + 1];
};

/** Work out a package of @nr (1..BOOT_MAX_MODULES) modules. False: it would have 4 GiB or more, which its list cannot say. */
bool __must_check package_plan(struct package *p, const struct boot_module *modules,
                               unsigned int nr);

/** Bytes of the list, with the entry that ends it. */
static inline uint64_t package_list_size(unsigned int nr)
{
    return (nr + 1) * sizeof(struct xen_multiboot_mod_list);
}

#endif /* XEN_MODULE_PACKAGE_H */
