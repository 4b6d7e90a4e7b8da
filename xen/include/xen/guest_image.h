/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV kernel as a file: unpacking it, and what it says about itself in Xen's ELF notes (public/elfnote.h) or in the older
 * `__xen_guest` section. Pure.
 */
#ifndef XEN_GUEST_IMAGE_H
#define XEN_GUEST_IMAGE_H

#include <xen/elf.h>

/** Value of an address the kernel does not give. */
#define GUEST_VA_UNSET (~0UL)

#define GUEST_NAME_MAX 32

/** What the domain builder needs to know of a kernel. All addresses are guest virtual ones unless they say otherwise. */
struct guest_image
{
    struct elf_image elf;

    /* As the kernel says, or the default. */
    uint64_t virt_base;    /* where its pseudo-physical address 0 is mapped; 0 */
    uint64_t paddr_offset; /* what p_paddr counts from; 0 with notes, virt_base with __xen_guest */
    uint64_t entry;        /* e_entry */
    uint64_t hypercall_page;            /* GUEST_VA_UNSET */
    uint64_t init_p2m;                  /* GUEST_VA_UNSET: the p2m follows the kernel */
    uint64_t hv_start_low;              /* 0; means nothing on x86-64 */
    uint64_t phys32_entry;              /* machine address, GUEST_VA_UNSET; for PVH */
    uint64_t l1_mfn_mask, l1_mfn_valid; /* how a present L1 entry looks; 1, 1 */
    bool mod_start_pfn;                 /* wants the initrd unmapped and its pfn in start_info */
    bool suspend_cancel;
    bool bsd_symtab;             /* would like its symbol table behind it */
    uint64_t features_required;  /* bits XENFEAT_*: will not run without */
    uint64_t features_supported; /* bits XENFEAT_*: knows about */
    bool says_supported; /* SUPPORTED_FEATURES is there: what it does not list it cannot do */
    bool legacy;         /* by __xen_guest */
    char guest_os[GUEST_NAME_MAX], guest_version[GUEST_NAME_MAX]; /* printable, maybe cut */
    char loader[GUEST_NAME_MAX], xen_version[GUEST_NAME_MAX];

    /* Follows from these: where the image comes to lie. Not empty, contains entry, not below virt_base. */
    uint64_t virt_start, virt_end;
};

/** The ELF file in a kernel module. */
struct kernel_file
{
    const void *elf; /* in the module or in the buffer */
    uint64_t elf_size;
    void *buffer; /* what it was unpacked to; NULL: nothing was */
    uint64_t buffer_size;
};

/**
 * Find the ELF file in a module: the module itself, compressed by gzip, xz or zstd, or in a bzImage. 0; -ENOEXEC and the reason:
 * another format, damaged, or none of the kind; -ENOMEM and how much is needed. kernel_file_free(k) whatever the result. Compressed
 * ones only before the first guest runs (xen/foreign.h).
 */
int __must_check kernel_unpack(struct kernel_file *k, const void *module, uint64_t size,
                               struct load_error *err);

/** Give back what the file was unpacked to. */
void kernel_file_free(struct kernel_file *k);

/**
 * Open the ELF file at [data, data + size) and read everything it says to Xen. 0; -ENOEXEC and the reason: elf_open() refused
 * it, it is no Xen PV kernel, or what it says is malformed or contradicts itself.
 */
int __must_check guest_image_open(struct guest_image *img, const void *data, uint64_t size,
                                  struct load_error *err);

/** Guest virtual address where the byte for p_paddr @paddr goes. */
static inline uint64_t guest_image_va(const struct guest_image *img, uint64_t paddr)
{
    return paddr - img->paddr_offset + img->virt_base;
}

/**
 * Can a kernel that requires img->features_required run with @have (bits XENFEAT_*)? -ENOEXEC and the first one missing.
 * @initial: also refuse a kernel whose SUPPORTED_FEATURES leave out "dom0".
 */
int __must_check guest_image_check_features(const struct guest_image *img, uint64_t have,
                                            bool initial, struct load_error *err);

#endif /* XEN_GUEST_IMAGE_H */
