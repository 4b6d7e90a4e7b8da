/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own symbol table, linked into the image (tools/build/mksyms generates it): small, and slow to search. */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

/** Functions lie one behind the other, the first at IMAGE_START + hv_symbols_start: how far each is from the next, or the end. */
extern const uint32_t hv_symbols_start, hv_symbols_nr;
extern const uint16_t hv_symbol_sizes[];
/** Their names, one NUL-ended string behind the other. */
extern const char hv_symbol_names[];

/** The function @addr is in, how far into it, and how long it is; NULL when it is in none. */
const char *symbol_lookup(uint64_t addr, uint64_t *offset, uint64_t *size);

#endif /* XEN_SYMBOLS_H */
