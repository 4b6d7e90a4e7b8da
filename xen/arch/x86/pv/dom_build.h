/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the domain builder share: the state of one build, and their parts of it. Private to pv/dom_*.c. */
#ifndef PV_DOM_BUILD_H
#define PV_DOM_BUILD_H

#include <public/xen.h>
#include <xen/boot_info.h>
#include <xen/dom_layout.h>
#include <xen/domain.h>
#include <xen/guest_image.h>
#include <xen/module_package.h>

/** A run of the domain's pages that is one in machine memory too. */
struct dom_chunk
{
    uint64_t pfn, nr;
    mfn_t mfn;
};

/* Chunks of the pages that have a purpose. They are taken in the largest blocks there are, so a few dozen are many. */
#define DOM_CHUNKS 256

struct dom_build
{
    uint16_t id;
    bool initial;
    const struct boot_module *kernel, *modules;
    unsigned int nr_modules;
    const void *kernel_data, *module_data[BOOT_MAX_MODULES];
    struct package package; /* of the modules, if they are several */
    uint64_t initrd_size;   /* the module, or the package */
    char cmdline[MAX_GUEST_CMDLINE];
    struct kernel_file file; /* img refers to it */
    struct guest_image img;
    struct dom_layout l;
    uint64_t nr_pages, max_pages;

    struct domain *d;   /* NULL until it is made */
    unsigned int order; /* no larger block than this is free */
    unsigned int nr_chunks;
    struct dom_chunk chunks[DOM_CHUNKS]; /* pfns [0, l.nr_special), ascending */

    struct load_error err; /* why it failed */
};

/* ---- dom_memory.c ------------------------------------------------------------------------------------------------- */

/** Get all of the domain's pages, and fill in the p2m and the M2P. -ENOMEM. */
int dom_alloc_memory(struct dom_build *b);
/** Where byte @paddr of the domain is, in its first l.nr_special pages; *run bytes from there are in one piece. */
void *dom_at(const struct dom_build *b, uint64_t paddr, uint64_t *run);
mfn_t dom_mfn(const struct dom_build *b, uint64_t pfn);
/** Segments and hypercall page; the module, or the package of modules. */
void dom_load_kernel(const struct dom_build *b);
void dom_load_modules(const struct dom_build *b);
/** Fill in the page tables. They are not validated yet. */
void dom_make_tables(const struct dom_build *b);

/* ---- start_info.c ------------------------------------------------------------------------------------------------- */

void dom_make_start_info(const struct dom_build *b);
/** All vCPUs' upcalls are masked, everything else is 0. */
void dom_make_shared_info(struct shared_info *shared);
/** The registers the guest's first instruction sees. */
void dom_set_registers(const struct dom_build *b, struct vcpu *v);

/* ---- dom_screen.c ------------------------------------------------------------------------------------------------- */

/**
 * Describe the screen to an initial domain, with @column and @row the cursor's of a text screen. How many bytes of *out say something; 0:
 * there is no screen that could be described.
 */
uint32_t dom_describe_screen(const struct boot_framebuffer *fb, bool efi, unsigned int column,
                             unsigned int row, struct dom0_vga_console_info *out);

/* ---- hypercall_page.c --------------------------------------------------------------------------------------------- */

/** Fill a page with the stubs guests call: 128 of 32 bytes, byte 32 * n makes hypercall n. */
void hypercall_page_fill(uint8_t page[PAGE_SIZE]);

#endif /* PV_DOM_BUILD_H */
