// SPDX-License-Identifier: GPL-2.0-only
/*
 * RDMSR and WRMSR of a guest's kernel. A short list is answered; every other register is a #GP (XSA-351), which guests expect. No value
 * reaches the CPU unchecked (XSA-193): invariant 11. No locks.
 */
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/mm.h>
#include <xen/time.h>

#include "dom_build.h"

#define MSR_HYPERCALL_PAGE 0x40000000U

/* What a guest sees of EFER: what it runs under. */
#define EFER_GUEST (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

/* Machine checks are the hypervisor's: no bank to look at, no MCG_CTL, and none is being handled. */
#define MCG_CAP_GUEST    0UL
#define MCG_STATUS_GUEST 0UL

/* There is no branch trace and no event sampling; the fast string operations are on. */
#define MISC_ENABLE_GUEST ((1UL << 0) | (1UL << 11) | (1UL << 12))

#define APIC_DEFAULT_BASE 0xfee00000UL

static uint64_t guest_apic_base(const struct vcpu *v)
{
    return APIC_DEFAULT_BASE | (v->id == 0 ? APIC_BASE_BSP : 0);
}

/* Also when CPUID tells the guest of machine checks (cpuid.c). */
static bool has_machine_checks(void)
{
    const uint32_t both = CPUID1_EDX_MCE | CPUID1_EDX_MCA;

    return (cpuid(1).edx & both) == both;
}

static bool has_tsc_aux(void)
{
    return cpuid(0x80000001).edx & CPUIDX1_EDX_RDTSCP;
}

int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    switch ( msr )
    {
    case MSR_TSC: *val = rdtsc(); return 0;
    case MSR_FS_BASE: *val = rdmsr(MSR_FS_BASE); return 0;
    case MSR_GS_BASE: *val = rdmsr(MSR_KERNEL_GS_BASE); return 0;
    case MSR_KERNEL_GS_BASE: *val = v->gs_base_user; return 0;
    case MSR_EFER: *val = rdmsr(MSR_EFER) & EFER_GUEST; return 0;
    case MSR_PAT: *val = rdmsr(MSR_PAT); return 0;
    case MSR_APIC_BASE: *val = guest_apic_base(v); return 0;
    case MSR_MCG_CAP: *val = MCG_CAP_GUEST; return has_machine_checks() ? 0 : -EPERM;
    case MSR_MCG_STATUS: *val = MCG_STATUS_GUEST; return has_machine_checks() ? 0 : -EPERM;
    case MSR_MISC_ENABLE:
        *val = MISC_ENABLE_GUEST;
        return cpu_features.vendor == VENDOR_INTEL ? 0 : -EPERM;
    case MSR_TSC_AUX: *val = v->tsc_aux; return has_tsc_aux() ? 0 : -EPERM;
    case MSR_HYPERCALL_PAGE: *val = 0; return 0;
    default: return -EPERM;
    }
}

/* Fill frame @mfn of the guest's, the ABI's "pseudo-physical frame", with hypercall stubs. */
static int place_hypercall_page(struct vcpu *v, uint64_t val)
{
    struct machine *m = v->mm.d->machine;
    mfn_t mfn = _mfn(val >> PAGE_SHIFT);
    struct frame *f;
    int rc;

    /* The low bits select the page, and there is one. */
    if ( (val & ~PAGE_MASK) || !frame_get(m, mfn, OWNER(v->domain->id)) )
        return -EPERM;
    f = mfn_to_frame(m, mfn);
    /* Neither a page table nor a descriptor page, nor to become one meanwhile. */
    rc = frame_type_get(v->mm.d, f, FRAME_WRITABLE);
    if ( !rc )
    {
        hypercall_page_fill(mfn_to_virt(m, mfn));
        /* Dropping a writable reference is never stopped half-way. */
        BUG_ON(frame_type_put(v->mm.d, f));
    }
    frame_put(m, f);
    return rc ? -EPERM : 0;
}

/* Changes nothing, or cannot be done. */
static int must_equal(uint64_t val, uint64_t is)
{
    return val == is ? 0 : -EPERM;
}

int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    switch ( msr )
    {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        if ( !is_canonical(val) )
            return -EPERM;
        if ( msr == MSR_FS_BASE )
            wrmsr(MSR_FS_BASE, val);
        else if ( msr == MSR_GS_BASE )
            wrmsr(MSR_KERNEL_GS_BASE, val);
        else
            v->gs_base_user = val;
        return 0;
    case MSR_EFER: return must_equal(val, rdmsr(MSR_EFER) & EFER_GUEST);
    case MSR_PAT: return must_equal(val, rdmsr(MSR_PAT));
    case MSR_APIC_BASE: return must_equal(val, guest_apic_base(v));
    case MSR_MCG_STATUS: return has_machine_checks() ? must_equal(val, MCG_STATUS_GUEST) : -EPERM;
    case MSR_MISC_ENABLE:
        return cpu_features.vendor == VENDOR_INTEL ? must_equal(val, MISC_ENABLE_GUEST) : -EPERM;
    case MSR_TSC_AUX:
        if ( !has_tsc_aux() || val >> 32 )
            return -EPERM;
        v->tsc_aux = (uint32_t)val;
        wrmsr(MSR_TSC_AUX, val);
        return 0;
    case MSR_HYPERCALL_PAGE: return place_hypercall_page(v, val);
    default: return -EPERM;
    }
}
