/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Large buffers while a domain is built: in one piece to look at, pieces of 2 MiB in machine memory, so that they can be had on
 * small and on fragmented machines. An unmapped piece separates neighbours.
 */
#ifndef XEN_VMAP_H
#define XEN_VMAP_H

#include <xen/types.h>

/** No buffer can be larger. */
#define VZALLOC_MAX (1022UL << 20)

/** @bytes of zeroes, page aligned; NULL: 0, too many, or no memory. */
void *vzalloc(size_t bytes);
/** Give them back; @bytes as given to vzalloc(). NULL is ignored. */
void vfree(void *p, size_t bytes);

#endif /* XEN_VMAP_H */
