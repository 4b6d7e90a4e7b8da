/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for the hypervisor's own structures: whole pages of the machine's heap. */
#ifndef XEN_XALLOC_H
#define XEN_XALLOC_H

#include <xen/types.h>

/** 2^order pages of zeroes, or NULL. */
void *xzalloc_pages(unsigned int order);
/** Give them back; NULL is ignored. */
void xfree_pages(void *p, unsigned int order);

/** The order of the smallest block of pages that holds @bytes. */
static inline unsigned int order_of(size_t bytes)
{
    return bytes <= PAGE_SIZE ? 0 : 64 - (unsigned int)__builtin_clzl((bytes - 1) >> PAGE_SHIFT);
}

#define xzalloc(type)  ((type *)xzalloc_pages(order_of(sizeof(type))))
#define xfree(type, p) xfree_pages((p), order_of(sizeof(type)))

#endif /* XEN_XALLOC_H */
