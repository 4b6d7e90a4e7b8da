/* SPDX-License-Identifier: GPL-2.0-only */
/* Places for a hypercall's argument: where there can be none, where it ends at the last byte, where it can only be read. */
#ifndef BUFFERS_H
#define BUFFERS_H

#include "guest.h"

/** Addresses at which no argument of 4 bytes or more is: each is -EFAULT. */
struct bad_address
{
    uint64_t address;
    const char *name;
};
#define NR_BAD_ADDRESSES 9
extern const struct bad_address bad_addresses[NR_BAD_ADDRESSES];

/** @n bytes of memory, at most a page, and behind them a page that is not mapped. Zeroed. */
void *before_hole(size_t n);
/** A copy of @what that cannot be written to. */
void *read_only_copy(const void *what, size_t n);

#endif /* BUFFERS_H */
