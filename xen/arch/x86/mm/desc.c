/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables. A GDT or LDT page is a frame of type FRAME_DESC: its whole content is checked once, and the guest
 * cannot write to it except through update_descriptor.
 *
 *   1. one descriptor: which ones are harmless (SDM vol. 3, 3.4.5 and 3.5)
 *   2. whole pages
 *   3. GDT, LDT: which frames the CPU sees
 *   4. update_descriptor
 *
 * Keeps invariants 1, 2 and 4. Locks: a vCPU's GDT is changed by that vCPU only, or while it does not run; pages also leave its
 * LDT when another vCPU unmaps them, so ldt[] and what the window shows change together under its ldt_lock.
 */
#include <xen/mm_port.h>

#include "desc.h"
#include "entry.h"

#define DESC_TYPE      (0xfULL << 40)
#define DESC_CALL_GATE (0xcULL << 40)
#define DESC_S         (1ULL << 44) /* code or data, as opposed to a system descriptor */
#define DESC_DPL       (3ULL << 45)
#define DESC_P         (1ULL << 47)

#define DESCS_PER_PAGE (PAGE_SIZE / sizeof(uint64_t))
#define GDT_MAX_ENTS   (MM_GDT_FRAMES * DESCS_PER_PAGE)
#define LDT_MAX_ENTS   8192

/* ---- 1. one descriptor --------------------------------------------------------------------------------------------- */

/*
 * Code and data segments are harmless at DPL 3: in 64-bit mode base and limit protect nothing, and CPL cannot drop below 3 by
 * them. Absent descriptors and type 0 do nothing. A call gate is harmless at DPL 0: a call through it faults. All other
 * system descriptors (TSS, LDT, interrupt, trap and task gates) would lead into ring 0.
 */
bool descriptor_fix(uint64_t *desc)
{
    uint64_t x = *desc;

    if ( !(x & DESC_P) )
        return true;
    if ( x & DESC_S )
        *desc = x | DESC_DPL;
    else if ( (x & DESC_TYPE) == DESC_CALL_GATE )
        *desc = x & ~DESC_DPL;
    else
        return !(x & DESC_TYPE);
    return true;
}

/* ---- 2. whole pages ------------------------------------------------------------------------------------------------ */

int desc_page_validate(struct mm_domain *d, uint64_t *page)
{
    for ( unsigned int i = 0; i < DESCS_PER_PAGE; i++ )
    {
        uint64_t x = page[i];

        if ( descriptor_fix(&x) )
            continue;
        port_refuse(
            d, "descriptor %u (0x%016llx) is a gate or system segment, which guests cannot have", i,
            (unsigned long long)page[i]);
        return -EINVAL;
    }
    for ( unsigned int i = 0; i < DESCS_PER_PAGE; i++ )
        descriptor_fix(&page[i]);
    return 0;
}

static int desc_frame_get(struct mm_domain *d, mfn_t mfn)
{
    struct machine *m = d->machine;
    int rc;

    if ( !frame_get(m, mfn, OWNER(d->id)) )
    {
        port_refuse(d, "descriptor page: mfn 0x%llx is not the domain's",
                    (unsigned long long)mfn_x(mfn));
        return -EINVAL;
    }
    rc = frame_type_get(d, mfn_to_frame(m, mfn), FRAME_DESC);
    if ( rc )
        frame_put(m, mfn_to_frame(m, mfn));
    return rc;
}

static void desc_frame_put(struct mm_domain *d, mfn_t mfn)
{
    frame_put_leaf(d, mfn_to_frame(d->machine, mfn));
}

/* ---- 3. GDT and LDT ------------------------------------------------------------------------------------------------ */

void gdt_clear(struct mm_vcpu *v)
{
    v->gdt_ents = 0;
    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
    {
        mfn_t mfn = v->gdt[i];

        if ( mfn_eq(mfn, INVALID_MFN) )
            continue;
        v->gdt[i] = INVALID_MFN;
        port_map_gdt(v, i, INVALID_MFN);
        desc_frame_put(v->d, mfn);
    }
}

int gdt_set(struct mm_vcpu *v, const uint64_t *mfns, unsigned int ents)
{
    unsigned int nr = (unsigned int)((ents + DESCS_PER_PAGE - 1) / DESCS_PER_PAGE);
    unsigned int got;
    int rc = 0;

    if ( ents > GDT_MAX_ENTS )
        return -EINVAL;

    for ( got = 0; got < nr; got++ )
    {
        rc = desc_frame_get(v->d, _mfn(mfns[got]));
        if ( rc )
            goto undo;
    }

    gdt_clear(v);
    v->gdt_ents = ents;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        v->gdt[i] = _mfn(mfns[i]);
        port_map_gdt(v, i, v->gdt[i]);
    }
    return 0;

undo:
    while ( got-- > 0 )
        desc_frame_put(v->d, _mfn(mfns[got]));
    return rc == -EBUSY ? -EINVAL : rc;
}

void ldt_drop(struct mm_vcpu *v)
{
    spin_lock(&v->ldt_lock);
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
    {
        mfn_t mfn = v->ldt[i];

        if ( mfn_eq(mfn, INVALID_MFN) )
            continue;
        v->ldt[i] = INVALID_MFN;
        port_map_ldt(v, i, INVALID_MFN);
        desc_frame_put(v->d, mfn);
    }
    spin_unlock(&v->ldt_lock);
}

int ldt_set(struct mm_vcpu *v, uint64_t base, unsigned int ents)
{
    if ( ents && (ents > LDT_MAX_ENTS || (base & ~PAGE_MASK) || !va_is_guest(base, 1)) )
    {
        port_refuse(
            v->d,
            "LDT of %u descriptors at 0x%llx: must be page-aligned, outside the hypervisor, 8192 at most",
            ents, (unsigned long long)base);
        return -EINVAL;
    }
    if ( v->ldt_ents == ents && v->ldt_base == base )
        return 0;

    ldt_drop(v);
    v->ldt_base = base;
    v->ldt_ents = ents;
    port_load_ldt(v);
    return 0;
}

bool ldt_fault(struct mm_vcpu *v, uint64_t offset)
{
    unsigned int slot = (unsigned int)(offset >> PAGE_SHIFT);
    uint64_t va = v->ldt_base + (offset & PAGE_MASK);
    struct pt_walk w;
    bool empty;

    if ( mfn_eq(v->root, INVALID_MFN) || offset >= v->ldt_ents * 8ULL )
        return false;
    if ( !va_is_guest(va, PAGE_SIZE) || !pt_walk(v->d->machine, v->root, va, &w) ||
         !(w.entry[1] & PTE_P) )
        return false;
    /* Not under the lock: it may flush, and so wait for other CPUs. */
    if ( desc_frame_get(v->d, pte_mfn(w.entry[1])) )
        return false;

    spin_lock(&v->ldt_lock);
    empty = mfn_eq(v->ldt[slot], INVALID_MFN);
    if ( empty )
    {
        v->ldt[slot] = pte_mfn(w.entry[1]);
        port_map_ldt(v, slot, v->ldt[slot]);
    }
    spin_unlock(&v->ldt_lock);
    if ( !empty )
        desc_frame_put(v->d, pte_mfn(w.entry[1]));
    return empty;
}

/* ---- 4. update_descriptor ------------------------------------------------------------------------------------------ */

int descriptor_update(struct mm_vcpu *v, uint64_t ptr, uint64_t desc)
{
    struct mm_domain *d = v->d;
    struct machine *m = d->machine;
    mfn_t mfn = _mfn(ptr >> PAGE_SHIFT);
    struct frame *f;

    if ( ptr & 7 )
        return -EINVAL;
    if ( !descriptor_fix(&desc) )
    {
        port_refuse(d, "descriptor 0x%016llx is a gate or system segment, which guests cannot have",
                    (unsigned long long)desc);
        return -EINVAL;
    }
    if ( !frame_get(m, mfn, OWNER(d->id)) )
    {
        port_refuse(d, "update_descriptor at 0x%llx: not the domain's memory",
                    (unsigned long long)ptr);
        return -EINVAL;
    }
    f = mfn_to_frame(m, mfn);
    /* As a descriptor page in use, or else as a page the guest may write to anyway. */
    if ( !frame_type_get_valid(f, FRAME_DESC) && frame_type_get(d, f, FRAME_WRITABLE) )
    {
        port_refuse(d, "update_descriptor at 0x%llx: mfn 0x%llx is %s", (unsigned long long)ptr,
                    (unsigned long long)mfn_x(mfn), frame_type_name(word_type(frame_word(f))));
        frame_put(m, f);
        return -EINVAL;
    }
    __atomic_store_n((uint64_t *)mfn_to_virt(m, mfn) + (ptr & ~PAGE_MASK) / 8, desc,
                     __ATOMIC_RELAXED);
    frame_put_leaf(d, f);
    return 0;
}
