/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux's x86 boot protocol (the kernel's Documentation/arch/x86/boot.rst), as far as it takes to find the kernel inside. Pure. */
#ifndef XEN_BZIMAGE_H
#define XEN_BZIMAGE_H

#include <xen/load_error.h>
#include <xen/types.h>

struct bzimage
{
    uint16_t version;       /* of the protocol, major << 8 | minor; 0x0208 or later */
    const uint8_t *payload; /* what the image's own code would unpack */
    uint64_t payload_size;  /* at least 1; all of it in the file */
};

/** Has the file the protocol's signature? */
bool bzimage_is(const void *data, uint64_t size);

/** Read the header of a file with the signature. 0, or -ENOEXEC and the reason. */
int __must_check bzimage_open(struct bzimage *bz, const void *data, uint64_t size,
                              struct load_error *err);

#endif /* XEN_BZIMAGE_H */
