/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that C has no words for: control and debug registers, CPUID, descriptor tables, caches and TLB. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <asm/costs.h>
#include <xen/types.h>

#define X86_CR0_PE (1UL << 0)
#define X86_CR0_MP (1UL << 1)
#define X86_CR0_EM (1UL << 2)
#define X86_CR0_TS (1UL << 3)
#define X86_CR0_ET (1UL << 4)
#define X86_CR0_NE (1UL << 5)
#define X86_CR0_WP (1UL << 16)
#define X86_CR0_AM (1UL << 18)
#define X86_CR0_NW (1UL << 29)
#define X86_CR0_CD (1UL << 30)
#define X86_CR0_PG (1UL << 31)

#define X86_CR4_VME        (1UL << 0)
#define X86_CR4_PVI        (1UL << 1)
#define X86_CR4_TSD        (1UL << 2)
#define X86_CR4_DE         (1UL << 3)
#define X86_CR4_PSE        (1UL << 4)
#define X86_CR4_PAE        (1UL << 5)
#define X86_CR4_MCE        (1UL << 6)
#define X86_CR4_PGE        (1UL << 7)
#define X86_CR4_PCE        (1UL << 8)
#define X86_CR4_OSFXSR     (1UL << 9)
#define X86_CR4_OSXMMEXCPT (1UL << 10)
#define X86_CR4_UMIP       (1UL << 11)
#define X86_CR4_LA57       (1UL << 12)
#define X86_CR4_VMXE       (1UL << 13)
#define X86_CR4_FSGSBASE   (1UL << 16)
#define X86_CR4_PCIDE      (1UL << 17)
#define X86_CR4_OSXSAVE    (1UL << 18)
#define X86_CR4_SMEP       (1UL << 20)
#define X86_CR4_SMAP       (1UL << 21)
#define X86_CR4_PKE        (1UL << 22)
#define X86_CR4_CET        (1UL << 23)

/* CPUID bits that the hypervisor itself looks at. */
#define CPUID1_ECX_TSC_DEADLINE (1U << 24)
#define CPUID1_ECX_X2APIC       (1U << 21)
#define CPUID1_ECX_HYPERVISOR   (1U << 31)
#define CPUID1_EDX_MCE          (1U << 7)
#define CPUID1_EDX_MCA          (1U << 14)
#define CPUID7_EBX_FSGSBASE     (1U << 0)
#define CPUID7_EBX_SMEP         (1U << 7)
#define CPUID7_EBX_SMAP         (1U << 20)
#define CPUID7_ECX_UMIP         (1U << 2)
#define CPUIDX1_EDX_SYSCALL     (1U << 11)
#define CPUIDX1_EDX_NX          (1U << 20)
#define CPUIDX1_EDX_PAGE1GB     (1U << 26)
#define CPUIDX1_EDX_RDTSCP      (1U << 27)
#define CPUIDX1_EDX_LM          (1U << 29)
#define CPUIDX7_EDX_TSC_INVAR   (1U << 8)

struct cpuid
{
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c;

    count_cost(COST_SERIALISING);
    __asm__ volatile("cpuid"
                     : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx)
                     : "a"(leaf), "c"(subleaf));
    return c;
}

static inline struct cpuid cpuid(uint32_t leaf)
{
    return cpuid_count(leaf, 0);
}

/** Does CPUID say that we run under another hypervisor (or emulator)? */
static inline bool cpu_is_virtual(void)
{
    return cpuid(1).ecx & CPUID1_ECX_HYPERVISOR;
}

/* What a write costs: of CR3 and CR4, that translations are dropped. */
static inline void count_cr(unsigned int n)
{
    count_cost(COST_SERIALISING);
    if ( n == 3 || n == 4 )
        count_cost(COST_FLUSH);
    if ( n == 3 )
        count_cost(COST_CR3);
}

#define DEFINE_CR(n)                                                                               \
    static inline uint64_t read_cr##n(void)                                                        \
    {                                                                                              \
        uint64_t val;                                                                              \
                                                                                                   \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(val) : : "memory");                           \
        return val;                                                                                \
    }                                                                                              \
    static inline void write_cr##n(uint64_t val)                                                   \
    {                                                                                              \
        count_cr(n);                                                                               \
        __asm__ volatile("mov %0, %%cr" #n : : "r"(val) : "memory");                               \
    }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

#define DEFINE_DR(n)                                                                               \
    static inline uint64_t read_dr##n(void)                                                        \
    {                                                                                              \
        uint64_t val;                                                                              \
                                                                                                   \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(val));                                        \
        return val;                                                                                \
    }                                                                                              \
    static inline void write_dr##n(uint64_t val)                                                   \
    {                                                                                              \
        count_cost(COST_SERIALISING);                                                              \
        __asm__ volatile("mov %0, %%dr" #n : : "r"(val));                                          \
    }
DEFINE_DR(0)
DEFINE_DR(1)
DEFINE_DR(2)
DEFINE_DR(3)
DEFINE_DR(6)
DEFINE_DR(7)
#undef DEFINE_DR

static inline void invlpg(uint64_t va)
{
    count_cost(COST_SERIALISING);
    count_cost(COST_FLUSH);
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void wbinvd(void)
{
    count_cost(COST_SERIALISING);
    __asm__ volatile("wbinvd" : : : "memory");
}

static inline void clflush(const volatile void *p)
{
    __asm__ volatile("clflush %0" : : "m"(*(const volatile char *)p) : "memory");
}

static inline void cpu_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void irq_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/** Stop this CPU for good; only an NMI wakes it, and it halts again. */
static inline void __attribute__((noreturn)) cpu_halt_forever(void)
{
    for ( ;; )
        __asm__ volatile("cli; hlt" : : : "memory");
}

static inline uint64_t read_rflags(void)
{
    uint64_t val;

    __asm__ volatile("pushfq; popq %0" : "=r"(val) : : "memory");
    return val;
}

/** The time-stamp counter, not ordered against the instructions around it. rdtsc() of xen/time.h is ordered. */
static inline uint64_t read_tsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return ((uint64_t)hi << 32) | lo;
}

/** Operand of LGDT and LIDT. */
struct desc_ptr
{
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static inline void lgdt(const struct desc_ptr *p)
{
    count_cost(COST_SERIALISING);
    __asm__ volatile("lgdt %0" : : "m"(*p) : "memory");
}

static inline void lidt(const struct desc_ptr *p)
{
    count_cost(COST_SERIALISING);
    __asm__ volatile("lidt %0" : : "m"(*p) : "memory");
}

static inline void lldt(uint16_t sel)
{
    count_cost(COST_SERIALISING);
    __asm__ volatile("lldt %0" : : "rm"(sel) : "memory");
}

static inline void ltr(uint16_t sel)
{
    count_cost(COST_SERIALISING);
    __asm__ volatile("ltr %0" : : "rm"(sel) : "memory");
}

#endif /* ASM_PROCESSOR_H */
