/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this family share. */
#ifndef MEMORY_OP_H
#define MEMORY_OP_H

#include "suite.h"
#include "tables.h"

#define HV_ADDRESS 0xffff830000100000UL
#define NON_CANON  0x0000800000000000UL
#define NOBODY     5 /* a domain that is not there */

/** A reservation of our own, its list at @list. */
struct xen_memory_reservation reservation(const void *list, unsigned long count, unsigned int order,
                                          unsigned int flags);
/** increase_reservation, decrease_reservation and populate_physmap of frames of ours: how many extents were done. */
long increase(uint64_t *mfns, unsigned long count, unsigned int order, unsigned int flags);
long give(const uint64_t *mfns, unsigned long count, unsigned int order);
long take(uint64_t *pfns, unsigned long count, unsigned int order, unsigned int flags);
/** Populate a PFN whose frame was given back, and note the new frame in the list. */
void refill(uint64_t pfn);
/** Pages that we have, or may have. */
long total_pages(void);
long most_pages(void);
/** The last frame that the M2P has an entry for. */
uint64_t max_mfn(void);

#endif /* MEMORY_OP_H */
