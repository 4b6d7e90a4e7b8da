/* SPDX-License-Identifier: GPL-2.0-only */
/* What one page-table entry demands of the frame it names: taking those references, and giving them back (entry.c). */
#ifndef X86_MM_ENTRY_H
#define X86_MM_ENTRY_H

#include "pte.h"

/** On whose behalf an L1 entry maps what. */
struct map_owner
{
    struct mm_domain *d;  /* owner of the table: its rights count */
    struct mm_domain *pg; /* whose frames may be mapped; NULL: nobody's */
    bool no_mmio;         /* nor any device */
};

/**
 * Check an L1 entry and take the references it needs. 0 or -EINVAL: a memory type that may not be chosen, no frame (all ones);
 * -EPERM: MMIO that @o->d may not touch, an address that the CPU does not have; -EBUSY: the frame is not @o->pg's, is in use as something that must not be written, or cannot
 * count one more mapping.
 */
int __must_check l1e_get(const struct map_owner *o, uint64_t e);
/** Give back what l1e_get() took for @e in a table of @d. */
void l1e_put(struct mm_domain *d, uint64_t e);
/** @e with the bits the hypervisor adds; @e has passed l1e_get(). */
uint64_t l1e_adjust(const struct machine *m, uint64_t e);
/** May @d map @mfn, which is no memory? */
bool iomem_permitted(const struct mm_domain *d, mfn_t mfn);
/** Is @e allowed to stand in an L1 table as far as its own bits go? */
bool l1e_bits_ok(const struct mm_domain *d, uint64_t e);

/**
 * The same for an entry at @level 2..4 of @table. On success the child's typed reference belongs to the entry. Otherwise
 * *pending is a frame the caller now holds a general reference on because it is partial (-ERESTART, or an error whose undoing
 * was stopped half-way), or NULL.
 */
int __must_check table_entry_get(struct mm_domain *d, unsigned int level, const struct frame *table,
                                 uint64_t e, struct frame **pending);
/** Drop the child of @e. -ERESTART: *pending is the partial child, with a general reference for the caller. */
int __must_check table_entry_put(struct mm_domain *d, unsigned int level, const struct frame *table,
                                 uint64_t e, struct frame **pending);
bool table_entry_bits_ok(const struct mm_domain *d, unsigned int level, const struct frame *table,
                         uint64_t e);

/** For messages, with its article: "an L2 table", "a writable page", ... */
const char *frame_type_name(enum frame_type type);

#endif /* X86_MM_ENTRY_H */
