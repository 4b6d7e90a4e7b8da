// SPDX-License-Identifier: GPL-2.0-only
/*
 * Surroundings for foreign code (xen/foreign.h): an FS segment with a stack protector's value in it, a clean FPU before and after.
 *
 * Data below rsp is safe: interrupts are off, NMI, #MC, #DF and #DB have stacks of their own, and any other exception in here ends the
 * machine. No locks: state of the one CPU that boots.
 */
#include <asm/msr.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/regs.h>
#include <xen/foreign.h>
#include <xen/lib.h>

#define MXCSR_DEFAULT                                                                              \
    0x1f80 /* SDM volume 1, section 10.2.3: all exceptions masked, round to nearest */

/* What the x86-64 ABI of processes has at FS base, as far as the libraries look. */
static struct
{
    uint8_t unused[0x28];
    uint64_t canary;
} foreign_fs;
BUILD_BUG_ON(offsetof(typeof(foreign_fs), canary) != 0x28);

static uint64_t fs_base;
static bool inside;

/* x87 and SSE registers as after a reset. AVX cannot have been used: CR4.OSXSAVE is 0. */
static void fpu_clean(void)
{
    static const uint32_t mxcsr = MXCSR_DEFAULT;

    __asm__ volatile("fninit\n\t"
                     "pxor %%xmm0, %%xmm0\n\t"
                     "pxor %%xmm1, %%xmm1\n\t"
                     "pxor %%xmm2, %%xmm2\n\t"
                     "pxor %%xmm3, %%xmm3\n\t"
                     "pxor %%xmm4, %%xmm4\n\t"
                     "pxor %%xmm5, %%xmm5\n\t"
                     "pxor %%xmm6, %%xmm6\n\t"
                     "pxor %%xmm7, %%xmm7\n\t"
                     "pxor %%xmm8, %%xmm8\n\t"
                     "pxor %%xmm9, %%xmm9\n\t"
                     "pxor %%xmm10, %%xmm10\n\t"
                     "pxor %%xmm11, %%xmm11\n\t"
                     "pxor %%xmm12, %%xmm12\n\t"
                     "pxor %%xmm13, %%xmm13\n\t"
                     "pxor %%xmm14, %%xmm14\n\t"
                     "pxor %%xmm15, %%xmm15\n\t"
                     "ldmxcsr %0"
                     :
                     : "m"(mxcsr)
                     : "memory");
}

void foreign_enter(void)
{
    BUG_ON(inside || current);
    BUG_ON(read_rflags() & X86_EFLAGS_IF);
    inside = true;
    fs_base = rdmsr(MSR_FS_BASE);
    /* Not to be guessed from the image alone; a zero byte stops runaway strings. */
    foreign_fs.canary = (read_tsc() * 0x9e3779b97f4a7c15UL) << 8;
    wrmsr(MSR_FS_BASE, (uint64_t)&foreign_fs);
    write_cr0(read_cr0() & ~(X86_CR0_TS | X86_CR0_EM));
    fpu_clean();
}

void foreign_leave(void)
{
    BUG_ON(!inside);
    fpu_clean();
    wrmsr(MSR_FS_BASE, fs_base);
    inside = false;
}
