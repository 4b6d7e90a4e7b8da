// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU starts to run a vCPU: page tables, descriptor tables, segments, debug registers, FPU, then the guest's registers. What the
 * CPU held before (of nobody, or of another vCPU) is replaced whole: invariant 12. No locks.
 */
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/mm_port.h>

/* FXSAVE image (SDM volume 1, section 10.5.1) of a unit after reset: all registers zero, so nothing of a previous owner shows
 * (XSA-165), and all exceptions masked. */
static const struct fxsave_image
{
    uint16_t fcw, fsw;
    uint8_t ftw, reserved1;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[480];
} clean_fpu __aligned(16) = { .fcw = 0x37f, .mxcsr = 0x1f80 };
BUILD_BUG_ON(sizeof(struct fxsave_image) != 512);

static void fpu_load_clean(struct vcpu *v)
{
    guest_set_ts(v, false);
    __asm__ volatile("fninit; fxrstor64 %0" : : "m"(clean_fpu));
}

void vcpu_enter(struct vcpu *v)
{
    struct cpu_regs *regs = (struct cpu_regs *)percpu()->stack_top - 1;

    set_current(v);
    v->regs = regs;
    write_cr4(cpu_cr4 | v->cr4);
    port_load_root(&v->mm);
    vcpu_window_load(v);
    fpu_load_clean(v);
    debugregs_load(v);
    if ( cpuid(0x80000001).edx & CPUIDX1_EDX_RDTSCP )
        wrmsr(MSR_TSC_AUX, v->tsc_aux);
    if ( !segments_load(v) )
        bounce_to_failsafe(v, &v->saved_regs);
    enter_guest(&v->saved_regs);
}
