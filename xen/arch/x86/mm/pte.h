/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries: the bits (SDM vol. 3, 4.5), and what a guest may put into them at each level.
 *
 *   level   may be set                              we set
 *   L1      P RW US A D G avail NX; PWT PCD PAT     no US: US + GUEST_KERNEL; US without GUEST_KERNEL: G;
 *           where the domain may choose             GUEST_KERNEL: no G; MMIO: uncacheable
 *   L2 L3   P RW US A D avail NX                    US
 *   L4      the same                                US A
 */
#ifndef X86_MM_PTE_H
#define X86_MM_PTE_H

#include <xen/mm.h>

#define PTE_P            (1ULL << 0)
#define PTE_RW           (1ULL << 1)
#define PTE_US           (1ULL << 2)
#define PTE_PWT          (1ULL << 3)
#define PTE_PCD          (1ULL << 4)
#define PTE_A            (1ULL << 5)
#define PTE_D            (1ULL << 6)
#define PTE_PAT          (1ULL << 7) /* L1 */
#define PTE_PSE          (1ULL << 7) /* L2, L3 */
#define PTE_G            (1ULL << 8)
#define PTE_AVAIL        (7ULL << 9)
#define PTE_GUEST_KERNEL (1ULL << 52)
#define PTE_AVAIL_HIGH   (0x7ffULL << 52)
#define PTE_NX           (1ULL << 63)

/* The memory type is PAT entry number PAT:PCD:PWT. */
#define PTE_CACHE (PTE_PAT | PTE_PCD | PTE_PWT)
/* PAT3 is UC in Xen's layout. */
#define PTE_CACHE_UC (PTE_PCD | PTE_PWT)

/* Canonical low half; end of the hypervisor's slots (271 is the last). The high half is counted from the top. */
#define VA_LOW_END 0x0000800000000000ULL
#define VA_HV_END  0xffff880000000000ULL

/* The CPU sets these on its own at any time. */
#define PTE_AD (PTE_A | PTE_D)

#define L1_ALLOWED                                                                                 \
    (PTE_P | PTE_RW | PTE_US | PTE_AD | PTE_G | PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX | PTE_CACHE)
#define TABLE_ALLOWED (PTE_P | PTE_RW | PTE_US | PTE_AD | PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX)

static inline mfn_t pte_mfn(uint64_t e)
{
    return _mfn((e & PTE_ADDR_BITS) >> PAGE_SHIFT);
}

/** PAT entry an L1 entry selects: 0 WB, 1 WT, 2 UC-, 3 UC, 4 WC, 5 WP, 6 and 7 reserved (public header, "PAT MSR"). */
static inline unsigned int pte_pat_index(uint64_t e)
{
    return (e & PTE_PAT ? 4 : 0) + (e & PTE_PCD ? 2 : 0) + (e & PTE_PWT ? 1 : 0);
}

/* Of a present entry. */
static inline uint64_t pte_adjust_mapping(uint64_t e)
{
    if ( !(e & PTE_US) || (e & PTE_GUEST_KERNEL) )
        return (e | PTE_US | PTE_GUEST_KERNEL) & ~PTE_G;
    return e | PTE_G;
}

static inline uint64_t pte_adjust_l1(uint64_t e)
{
    return e & PTE_P ? pte_adjust_mapping(e) : e;
}

static inline uint64_t pte_adjust_table(unsigned int level, uint64_t e)
{
    if ( !(e & PTE_P) )
        return e;
    return e | PTE_US | (level == 4 ? PTE_A : 0);
}

static inline bool is_hv_slot(unsigned int level, unsigned int index)
{
    return level == 4 && index - HV_SLOT_FIRST < HV_SLOT_COUNT;
}

/** Index into the table of @level for @va. */
static inline unsigned int pt_index(uint64_t va, unsigned int level)
{
    return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

/* What lies above these bits of an address is the same for all of an L1's entries. */
#define L1_SPAN_SHIFT (PAGE_SHIFT + 9)

/** May a guest name [va, va + len)? Canonical, no wrap, nothing of the hypervisor's slots. */
static inline bool va_is_guest(uint64_t va, uint64_t len)
{
    uint64_t end = va + len;

    if ( end < va )
        return false;
    return end <= VA_LOW_END || va >= VA_HV_END;
}

static inline uint64_t *pt_of(const struct machine *m, const struct frame *f)
{
    return mfn_to_virt(m, frame_to_mfn(m, f));
}

#endif /* X86_MM_PTE_H */
