/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own symbol table, linked into the image (tools/symbols generates it). */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

/** One function. The table is sorted by off and ends with an entry at the end of the text, which has the empty name. */
struct hv_symbol
{
    uint32_t off;  /* address - IMAGE_START */
    uint32_t name; /* where its NUL-ended name starts in hv_symbol_names */
};
extern const struct hv_symbol hv_symbols[];
extern const uint32_t hv_symbols_nr;
extern const char hv_symbol_names[];

/** The function @addr is in, how far into it, and how long it is; NULL when it is in none. */
const char *symbol_lookup(uint64_t addr, uint64_t *offset, uint64_t *size);

#endif /* XEN_SYMBOLS_H */
