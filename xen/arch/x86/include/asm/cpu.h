/* SPDX-License-Identifier: GPL-2.0-only */
/* What was found out about the processor at boot, and how it was set up (arch/x86/cpu.c). */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <xen/types.h>

enum cpu_vendor
{
    VENDOR_OTHER,
    VENDOR_INTEL,
    VENDOR_AMD, /* and Hygon */
};

/** What CPUID said; the same on every CPU of the machine. Written once by cpu_init_boot(). */
struct cpu_features
{
    enum cpu_vendor vendor;
    unsigned int family, model, stepping;
    unsigned int paddr_bits; /* physical address width, at most 52 */
    unsigned int clflush_size;
    char vendor_id[13];
    char brand[49];
    bool page1gb, smep, umip;
    bool smap; /* CR4.SMAP is set: guest memory needs STAC/CLAC (never under TCG) */
    bool tcg;  /* QEMU's emulation */
    bool l1tf; /* vulnerable to L1TF (XSA-273) */
};
extern struct cpu_features cpu_features;

/** CR4 while the hypervisor and its guests run, but for TSD, which a guest may add; constant after cpu_init_boot(). */
extern uint64_t cpu_cr4;

/** Find out about the CPU and switch on what we use: CR0, CR4, EFER, PAT. False, with the reason in *why: cannot run here. */
bool cpu_init_boot(const char **why);
/** The system-call MSRs of this CPU; entry points from entry.S. */
void cpu_init_syscall(void);

#endif /* ASM_CPU_H */
