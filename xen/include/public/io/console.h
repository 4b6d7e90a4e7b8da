/* SPDX-License-Identifier: MIT */
/*
 * The console page: two rings of bytes. Indices count up for ever and are masked on use; who produces writes the bytes,
 * then prod; who consumes reads them, then writes cons. Each then notifies the other by the console's event channel.
 */
#ifndef __XEN_PUBLIC_IO_CONSOLE_H__
#define __XEN_PUBLIC_IO_CONSOLE_H__

#include "../xen-compat.h"

#ifndef __ASSEMBLY__

typedef uint32_t XENCONS_RING_IDX;

/** Position in a ring (an array) for an index. */
#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface
{
    char in[1024];  /* to the guest */
    char out[2048]; /* from the guest */
    XENCONS_RING_IDX in_cons, in_prod;
    XENCONS_RING_IDX out_cons, out_prod;
};

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_IO_CONSOLE_H__ */
