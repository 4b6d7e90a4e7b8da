/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this family share. */
#ifndef XSA_MEMORY_H
#define XSA_MEMORY_H

#include "suite.h"
#include "tables.h"

#define HV_ADDRESS 0xffff830000100000UL
#define NON_CANON  0x0000800000000000UL

/** The last frame that the M2P has an entry for. */
uint64_t max_mfn(void);
/** decrease_reservation, populate_physmap and increase_reservation on ourselves: how many extents were done. */
long give(uint64_t *mfns, unsigned long count, unsigned int order);
long take(uint64_t *pfns, unsigned long count, unsigned int order, unsigned int flags);
long increase(uint64_t *mfns, unsigned long count, unsigned int order, unsigned int flags);
/** Populate a PFN whose frame was given back, and note the new frame in the list. */
void refill(uint64_t pfn);
/** Show a frame at a window, or nothing (0, 0). */
long map(void *win, uint64_t mfn, uint64_t flags);

#endif /* XSA_MEMORY_H */
