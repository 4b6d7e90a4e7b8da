/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reaching a guest's memory by its own virtual addresses, under the page tables that are loaded. The whole range is checked
 * first: canonical, outside the hypervisor, no wrap. A fault on the way is caught (exception table), never fatal.
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <asm/layout.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/types.h>

/** May a guest name [va, va + len)? Canonical on both ends, no wrap, nothing of the hypervisor. len 0 checks va itself. */
static inline bool guest_range_ok(uint64_t va, uint64_t len)
{
    uint64_t end = va + len;

    if ( end < va )
        return false;
    return end <= 0x0000800000000000UL || va >= HYPERVISOR_END;
}

/**
 * The same for accesses to one word after the other from @va up, of which each may fault by itself: addresses that are not canonical
 * do. Only the hypervisor's must not be touched, and in front of those are some that are not canonical.
 */
static inline bool guest_words_ok(uint64_t va)
{
    BUILD_BUG_ON(HYPERVISOR_END - HYPERVISOR_START != 1UL << 43);
    return va >> 43 != HYPERVISOR_START >> 43;
}

/** Copy; 0 or -EFAULT (then the destination's content is undefined). */
int __must_check copy_from_guest(void *dst, uint64_t va, size_t len);
int __must_check copy_to_guest(uint64_t va, const void *src, size_t len);

/** copy_from_guest() of 16 bytes, of @nr words, of one. */
int __must_check copy_from_guest_16(void *dst, uint64_t va);
int __must_check copy_words_from_guest(void *dst, uint64_t va, size_t nr);
int __must_check read_guest_u64(uint64_t va, uint64_t *val);

/** Read a descriptor through one of the vCPU's windows. -EFAULT: nothing is mapped there. */
int __must_check read_hv_u64(const uint64_t *src, uint64_t *val);

/** Load a selector that a guest chose. False: the CPU refused it, the register is as before. */
bool load_ds_selector(uint16_t sel);
bool load_es_selector(uint16_t sel);
bool load_fs_selector(uint16_t sel);
/** Likewise; GS base, which the load changes, is @keep_base again afterwards, and *new_base what it was meanwhile. */
bool load_gs_selector(uint16_t sel, uint64_t keep_base, uint64_t *new_base);

/** Used by the exception handlers: where to go on after a fault at @rip in the hypervisor, or 0. */
uint64_t search_exception_table(uint64_t rip);

#endif /* ASM_UACCESS_H */
