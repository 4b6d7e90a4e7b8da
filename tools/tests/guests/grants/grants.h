/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this family share. */
#ifndef GRANTS_H
#define GRANTS_H

#include <public/grant_table.h>
#include "suite.h"

/** A status that no hypervisor gives: whoever answers writes over it. */
#define UNTOLD 99

/** GNTTABOP_* on an array. */
long grant_op(unsigned int cmd, const void *array, unsigned long count);
/** On one entry. */
static inline long grant1(unsigned int cmd, const void *entry)
{
    return grant_op(cmd, entry, 1);
}
/** The table has @frames frames or more: 0, or the errno; the status goes to *status. */
long setup(uint16_t dom, uint32_t frames, uint64_t *list, int16_t *status);
/** Frames that the table has now, or could have (query_size). */
uint32_t table_frames(void);
uint32_t most_frames(void);

#endif /* GRANTS_H */
