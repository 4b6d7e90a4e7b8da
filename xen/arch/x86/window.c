// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor windows: a domain's own part of the hypervisor's addresses, L4 slot 259. Each vCPU has 32 pages there: 16 show its GDT
 * (14 of the guest's, then the hypervisor's page), 16 its LDT.
 *   1. the page tables of the slot
 *   2. one window entry changes
 *   3. GDTR and LDTR follow the vCPU that a CPU runs
 * Entries are not global: a CR3 load, which every switch between domains does, forgets them. They are writable for the CPU itself, which
 * sets the accessed bit in the guest's descriptors; the guest cannot name these addresses. The hypervisor's page is read-only: all its
 * descriptors have the accessed bit. No locks: a vCPU's window is changed on the CPU that runs it, or while nobody does.
 */
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/paging.h>
#include <asm/processor.h>
#include <xen/domain.h>
#include <xen/mm_port.h>

#include "mm/pte.h"

#define PERDOMAIN_SLOT    (PERDOMAIN_START >> 39 & 511)
#define WINDOWS_PER_TABLE (PAGE_SIZE / sizeof(uint64_t) * PAGE_SIZE / VCPU_WINDOW_SIZE)
#define WINDOW_TABLES     ((MAX_VCPUS + WINDOWS_PER_TABLE - 1) / WINDOWS_PER_TABLE)
#define WINDOW_PAGES      (VCPU_WINDOW_SIZE / PAGE_SIZE)

#define TABLE_BITS (PTE_P | PTE_RW | PTE_A)
#define LEAF_BITS  (PTE_P | PTE_A | PTE_D | PTE_NX)

#define OWN_GDT_PAGE 14 /* behind the guest's */
BUILD_BUG_ON(OWN_GDT_PAGE != MM_GDT_FRAMES || OWN_GDT_PAGE * 512 != GDT_FIRST_RESERVED);

/* ---- 1. Tables ----------------------------------------------------------------------------- */

static uint64_t *table_of(uint64_t entry)
{
    return mfn_to_virt(&machine, _mfn((entry & PTE_ADDR_BITS) >> PAGE_SHIFT));
}

static uint64_t perdomain_entry(const struct domain *d)
{
    return d->mm.hv_slots[PERDOMAIN_SLOT - HV_SLOT_FIRST];
}

/** An empty table's entry; 0: no memory. */
static uint64_t new_table(void)
{
    mfn_t mfn = heap_alloc_owned(&machine, 0, DOMID_XEN);

    return mfn_eq(mfn, INVALID_MFN) ? 0 : mfn_to_maddr(mfn).a | TABLE_BITS;
}

static void free_table(uint64_t entry)
{
    if ( entry )
        heap_free_owned(&machine, _mfn((entry & PTE_ADDR_BITS) >> PAGE_SHIFT), 0);
}

int domain_window_init(struct domain *d)
{
    uint64_t l3e = new_table(), l2e = l3e ? new_table() : 0;
    bool ok = l2e != 0;

    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        d->mm.hv_slots[i] = hv_l4[HV_SLOT_FIRST + i];
    d->mm.hv_slots[PERDOMAIN_SLOT - HV_SLOT_FIRST] = l3e;
    if ( l2e )
        table_of(l3e)[0] = l2e;
    for ( unsigned int i = 0; ok && i < WINDOW_TABLES; i++ )
    {
        table_of(l2e)[i] = new_table();
        ok = table_of(l2e)[i] != 0;
    }
    if ( ok )
        return 0;
    domain_window_destroy(d);
    return -ENOMEM;
}

void domain_window_destroy(struct domain *d)
{
    uint64_t l3e = perdomain_entry(d), l2e;

    if ( !l3e )
        return;
    l2e = table_of(l3e)[0];
    for ( unsigned int i = 0; l2e && i < WINDOW_TABLES; i++ )
        free_table(table_of(l2e)[i]);
    free_table(l2e);
    free_table(l3e);
    d->mm.hv_slots[PERDOMAIN_SLOT - HV_SLOT_FIRST] = 0;
}

/* ---- 2. Entries ---------------------------------------------------------------------------- */

/** Page @page (0..31) of @v's window now shows what @entry says. */
static void set_window(const struct vcpu *v, unsigned int page, uint64_t entry)
{
    uint64_t *l2 = table_of(table_of(perdomain_entry(v->domain))[0]);
    uint64_t *l1 = table_of(l2[v->id / WINDOWS_PER_TABLE]);
    uint64_t *e = &l1[v->id % WINDOWS_PER_TABLE * WINDOW_PAGES + page];
    uint64_t old = *e;

    WRITE_ONCE(*e, entry);
    if ( (old & PTE_P) && old != entry )
        invlpg(GDT_WINDOW(v->id) + page * PAGE_SIZE);
}

static void show_frame(struct mm_vcpu *mv, unsigned int page, mfn_t mfn)
{
    const struct vcpu *v = container_of(mv, struct vcpu, mm);

    set_window(v, page, mfn_eq(mfn, INVALID_MFN) ? 0 : mfn_to_maddr(mfn).a | LEAF_BITS | PTE_RW);
}

void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    BUG_ON(slot >= MM_GDT_FRAMES);
    show_frame(v, slot, mfn);
}

void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    BUG_ON(slot >= MM_LDT_FRAMES);
    show_frame(v, WINDOW_PAGES / 2 + slot, mfn);
}

static void show_own_gdt(const struct vcpu *v)
{
    set_window(v, OWN_GDT_PAGE, virt_to_maddr(desc_gdt_page(smp_cpu())).a | LEAF_BITS);
}

void vcpu_window_init(struct vcpu *v)
{
    for ( unsigned int i = 0; i < WINDOW_PAGES; i++ )
        set_window(v, i, 0);
    show_own_gdt(v);
}

/* ---- 3. GDTR and LDTR ---------------------------------------------------------------------- */

void port_load_ldt(struct mm_vcpu *mv)
{
    const struct vcpu *v = container_of(mv, struct vcpu, mm);

    if ( v == current )
        desc_load_ldt(LDT_WINDOW(v->id), mv->ldt_ents);
}

void vcpu_window_load(struct vcpu *v)
{
    show_own_gdt(v);
    desc_load_gdt(GDT_WINDOW(v->id));
    desc_load_ldt(LDT_WINDOW(v->id), v->mm.ldt_ents);
}
