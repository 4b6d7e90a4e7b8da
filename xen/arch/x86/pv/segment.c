// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest modes and segments.
 *   1. switching between the kernel's and the user mode's root and GS base
 *   2. bases and selectors: HYPERVISOR_set_segment_base, and loading a vCPU's
 *   3. what a selector means, for emulation
 * In the hypervisor MSR_KERNEL_GS_BASE holds the guest's active GS base, as SWAPGS has put it there. The guest changes FS and GS bases
 * silently, by loading selectors, so they are read from the MSRs whenever they are needed. No locks.
 */
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/* ---- 1. Modes ------------------------------------------------------------------------------- */

void toggle_guest_mode(struct vcpu *v)
{
    uint64_t active = rdmsr(MSR_KERNEL_GS_BASE);
    mfn_t root;

    if ( v->mm.user_mode )
    {
        v->gs_base_user = active;
        wrmsr(MSR_KERNEL_GS_BASE, v->gs_base_kernel);
        root = v->mm.root;
    }
    else
    {
        v->gs_base_kernel = active;
        wrmsr(MSR_KERNEL_GS_BASE, v->gs_base_user);
        root = v->mm.user_root;
    }
    BUG_ON(mfn_eq(root, INVALID_MFN));
    v->mm.user_mode = !v->mm.user_mode;
    /* User pages are global, and the same under both roots. */
    write_cr3(maddr_x(mfn_to_maddr(root)));
}

/* ---- 2. Bases and selectors ----------------------------------------------------------------- */

/*
 * The user's GS becomes what selector @sel describes; the kernel keeps its base. A selector that cannot be loaded gives a null one,
 * which is no error. RPL 3, so that none of the hypervisor's own descriptors qualifies.
 */
static void set_user_gs_selector(struct vcpu *v, uint16_t sel)
{
    uint64_t base = 0;

    sel = sel & ~3 ? sel | 3 : 0;
    if ( !load_gs_selector(sel, (uint64_t)percpu(), &base) )
    {
        sel = 0;
        if ( !load_gs_selector(sel, (uint64_t)percpu(), &base) )
            BUG();
    }
    /* A null selector leaves the base as it was on some CPUs: the hypervisor's. */
    v->gs_base_user = sel ? base : 0;
}

/** set_segment_base(which, value), SEGBASE_*. -EINVAL: a base that is not canonical, or no such segment. */
long do_set_segment_base(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    unsigned int which = (unsigned int)a1;

    switch ( which )
    {
    case SEGBASE_FS:
    case SEGBASE_GS_USER:
    case SEGBASE_GS_KERNEL:
        if ( !is_canonical(a2) )
            return -EINVAL;
        break;
    case SEGBASE_GS_USER_SEL: set_user_gs_selector(v, (uint16_t)a2); return 0;
    default: return -EINVAL;
    }
    /* Only the kernel calls, so its GS base is the active one. */
    if ( which == SEGBASE_FS )
        wrmsr(MSR_FS_BASE, a2);
    else if ( which == SEGBASE_GS_USER )
        v->gs_base_user = a2;
    else
        wrmsr(MSR_KERNEL_GS_BASE, a2);
    return 0;
}

static uint16_t ring3_selector(uint16_t sel)
{
    return sel & ~3 ? sel | 3 : 0;
}

bool segments_load(struct vcpu *v)
{
    uint64_t ignored;
    bool ok = load_ds_selector(ring3_selector(v->ds));

    ok = load_es_selector(ring3_selector(v->es)) && ok;
    ok = load_fs_selector(ring3_selector(v->fs)) && ok;
    ok = load_gs_selector(ring3_selector(v->gs), (uint64_t)percpu(), &ignored) && ok;
    /* After the selectors, which bring bases of their own. */
    wrmsr(MSR_FS_BASE, v->fs_base);
    wrmsr(MSR_KERNEL_GS_BASE, v->mm.user_mode ? v->gs_base_user : v->gs_base_kernel);
    return ok;
}

/* ---- 3. Meaning of a selector --------------------------------------------------------------- */

#define DESC_CODE_OR_DATA (1UL << 44)
#define DESC_CODE         (1UL << 43)
#define DESC_PRESENT      (1UL << 47)
#define DESC_LONG         (1UL << 53)
#define DESC_DEFAULT_32   (1UL << 54)

/* Only entries that the guest has set are looked at, whatever lies behind them (XSA-298). */
static bool read_descriptor(const struct vcpu *v, uint16_t sel, uint64_t *desc)
{
    unsigned int index = sel >> 3;
    uint64_t window = sel & 4 ? LDT_WINDOW(v->id) : GDT_WINDOW(v->id);

    if ( sel & 4 )
    {
        if ( index >= v->mm.ldt_ents )
            return false;
    }
    else if ( index == 0 || (index >= v->mm.gdt_ents && index < GDT_FIRST_RESERVED) ||
              index >= GDT_FIRST_RESERVED + PAGE_SIZE / sizeof(*desc) )
        return false;
    return read_hv_u64((const uint64_t *)window + index, desc) == 0;
}

static uint64_t descriptor_base(uint64_t desc)
{
    return (desc >> 16 & 0xffffff) | (desc >> 32 & 0xff000000);
}

bool guest_code_segment(struct vcpu *v, const struct cpu_regs *regs, bool *long_mode,
                        uint64_t *base)
{
    uint64_t desc;

    *base = 0;
    *long_mode = true;
    if ( likely(regs->cs == FLAT_RING3_CS64) )
        return true;
    if ( !read_descriptor(v, (uint16_t)regs->cs, &desc) )
        return false;
    if ( !(desc & DESC_PRESENT) || !(desc & DESC_CODE_OR_DATA) || !(desc & DESC_CODE) )
        return false;
    if ( desc & DESC_LONG )
        return true;
    *long_mode = false;
    *base = descriptor_base(desc);
    /* 16-bit code is nothing that a 64-bit guest's privileged code is written in. */
    return desc & DESC_DEFAULT_32;
}

static uint16_t data_selector(const struct cpu_regs *regs, enum insn_segment seg)
{
    uint16_t sel;

    switch ( seg )
    {
    case SEG_ES: __asm__("movw %%es, %0" : "=r"(sel)); return sel;
    case SEG_CS: return (uint16_t)regs->cs;
    case SEG_SS: return (uint16_t)regs->ss;
    default: __asm__("movw %%ds, %0" : "=r"(sel)); return sel;
    }
}

bool guest_segment_base(struct vcpu *v, const struct cpu_regs *regs, enum insn_segment seg,
                        bool long_mode, uint64_t *base)
{
    uint64_t desc;

    *base = 0;
    if ( seg == SEG_FS )
        *base = rdmsr(MSR_FS_BASE);
    else if ( seg == SEG_GS )
        *base = rdmsr(MSR_KERNEL_GS_BASE);
    else if ( !long_mode )
    {
        if ( !read_descriptor(v, data_selector(regs, seg), &desc) )
            return false;
        if ( !(desc & DESC_PRESENT) || !(desc & DESC_CODE_OR_DATA) )
            return false;
        *base = descriptor_base(desc);
    }
    return true;
}
