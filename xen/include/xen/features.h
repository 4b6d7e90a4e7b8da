/* SPDX-License-Identifier: GPL-2.0-only */
/* What guests are promised: one list, for kernels that ask (XENVER_get_features) and for those that require (ELF notes). */
#ifndef XEN_FEATURES_H
#define XEN_FEATURES_H

#include <public/features.h>
#include <xen/types.h>

/**
 * Features of submap 0, a bit for each XENFEAT_*. Never those that would make a guest leave its tables writable (0, 1), translate
 * frame numbers by itself (2), run in ring 0 (3) or wait for HVM callbacks (8).
 */
static inline uint32_t guest_features(bool initial)
{
    uint32_t map = 1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
                   1U << XENFEAT_gnttab_map_avail_bits | 1U << XENFEAT_virtual_p2m |
                   1U << XENFEAT_direct_mapped;

    return initial ? map | 1U << XENFEAT_dom0 : map;
}

#endif /* XEN_FEATURES_H */
