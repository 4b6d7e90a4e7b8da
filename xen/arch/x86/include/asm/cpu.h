/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor: control registers, CPUID, what was found out about it at boot (arch/x86/cpu.c). */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#define X86_CR0_PE (1 << 0)
#define X86_CR0_MP (1 << 1)
#define X86_CR0_EM (1 << 2)
#define X86_CR0_TS (1 << 3)
#define X86_CR0_ET (1 << 4)
#define X86_CR0_NE (1 << 5)
#define X86_CR0_WP (1 << 16)
#define X86_CR0_AM (1 << 18)
#define X86_CR0_PG (1 << 31)

#define X86_CR4_DE         (1 << 3)
#define X86_CR4_PAE        (1 << 5)
#define X86_CR4_MCE        (1 << 6)
#define X86_CR4_PGE        (1 << 7)
#define X86_CR4_OSFXSR     (1 << 9)
#define X86_CR4_OSXMMEXCPT (1 << 10)
#define X86_CR4_UMIP       (1 << 11)
#define X86_CR4_FSGSBASE   (1 << 16)
#define X86_CR4_OSXSAVE    (1 << 18)
#define X86_CR4_SMEP       (1 << 20)
#define X86_CR4_SMAP       (1 << 21)

#ifndef __ASSEMBLY__
#include <xen/types.h>

struct cpuid_leaf
{
    uint32_t a, b, c, d;
};

static inline struct cpuid_leaf cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf r;

    __asm__ __volatile__("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
    return r;
}

#define CR_ACCESSORS(n)                                                                            \
    static inline uint64_t read_cr##n(void)                                                        \
    {                                                                                              \
        uint64_t v;                                                                                \
        __asm__ __volatile__("mov %%cr" #n ", %0" : "=r"(v) : : "memory");                         \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_cr##n(uint64_t v)                                                     \
    {                                                                                              \
        __asm__ __volatile__("mov %0, %%cr" #n : : "r"(v) : "memory");                             \
    }
CR_ACCESSORS(0)
CR_ACCESSORS(2)
CR_ACCESSORS(3)
CR_ACCESSORS(4)
#undef CR_ACCESSORS

static inline void invlpg(uint64_t va)
{
    __asm__ __volatile__("invlpg %0" : : "m"(*(const char *)va) : "memory");
}

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
    bool page1gb, smep, umip, tcg;
    bool smap;      /* present, and CR4.SMAP is really set: guest memory needs STAC/CLAC (qemu-notes: never under TCG) */
    bool hypervisor;
    bool l1tf;      /* vulnerable to L1TF (XSA-273) */
};
extern struct cpu_features cpu_features;

/** Find out about the CPU and switch on what we use: CR0, CR4, EFER, PAT. False, reason in *why: cannot run here. */
bool cpu_init_boot(const char **why);
/** The system-call MSRs of this CPU; entry points from entry.S. */
void cpu_init_syscall(void);
/** CR4 while the hypervisor and its guests run. */
extern uint64_t cpu_cr4;
#endif

#endif /* ASM_CPU_H */
