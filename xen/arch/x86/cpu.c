// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor: what it is, and the control registers and MSRs that make it ours.
 *   1. identification by CPUID
 *   2. CR0, CR4, EFER, PAT
 *   3. the system-call instructions
 * No locks: each CPU sets up itself, and the shared description is written by the boot CPU only.
 */
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/regs.h>
#include <asm/sections.h>
#include <xen/hypercall.h>
#include <xen/lib.h>

struct cpu_features cpu_features __ro_after_init;
uint64_t cpu_cr4 __ro_after_init;

/* ---- 1. Identification --------------------------------------------------------------------- */

static uint32_t max_leaf(uint32_t base)
{
    uint32_t max = cpuid(base).eax;

    return max >= base && max < base + 0x10000 ? max : base;
}

static void store_regs(char *dst, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t regs[4] = { a, b, c, d };

    memcpy(dst, regs, sizeof(regs));
}

static void identify_vendor(struct cpu_features *f)
{
    struct cpuid c = cpuid(0);
    char id[16];

    store_regs(id, c.ebx, c.edx, c.ecx, 0);
    memcpy(f->vendor_id, id, 12);
    if ( !strcmp(f->vendor_id, "GenuineIntel") )
        f->vendor = VENDOR_INTEL;
    else if ( !strcmp(f->vendor_id, "AuthenticAMD") || !strcmp(f->vendor_id, "HygonGenuine") )
        f->vendor = VENDOR_AMD;
}

/* SDM volume 2, CPUID leaf 1: the extended fields count from the values that overflow the base fields. */
static void identify_model(struct cpu_features *f)
{
    struct cpuid c = cpuid(1);
    unsigned int family = c.eax >> 8 & 0xf;

    f->family = family == 0xf ? family + (c.eax >> 20 & 0xff) : family;
    f->model = c.eax >> 4 & 0xf;
    if ( family == 6 || family == 0xf )
        f->model |= c.eax >> 12 & 0xf0;
    f->stepping = c.eax & 0xf;
    f->clflush_size = (c.ebx >> 8 & 0xff) * 8;
    if ( !f->clflush_size )
        f->clflush_size = 64;
}

static void identify_brand(struct cpu_features *f)
{
    if ( max_leaf(0x80000000) < 0x80000004 )
        return;
    for ( unsigned int i = 0; i < 3; i++ )
    {
        struct cpuid c = cpuid(0x80000002 + i);

        store_regs(f->brand + 16 * i, c.eax, c.ebx, c.ecx, c.edx);
    }
}

static bool runs_under_tcg(void)
{
    struct cpuid c;
    char id[16];

    if ( !cpu_is_virtual() )
        return false;
    c = cpuid(0x40000000);
    store_regs(id, c.ebx, c.ecx, c.edx, 0);
    return !memcmp(id, "TCGTCGTCGTCG", 12);
}

/*
 * XSA-273: an Intel CPU forwards data of the L1 cache through non-present entries unless it says RDCL_NO. Old in-order Atoms
 * do not either, but they do not say so: they are treated as if they did forward.
 */
static bool vulnerable_to_l1tf(const struct cpu_features *f)
{
    if ( f->vendor != VENDOR_INTEL || f->family != 6 )
        return false;
    if ( max_leaf(0) >= 7 && (cpuid(7).edx & (1U << 29)) &&
         (rdmsr(MSR_ARCH_CAPS) & ARCH_CAPS_RDCL_NO) )
        return false;
    return true;
}

static void identify_features(struct cpu_features *f)
{
    f->page1gb = cpuid(0x80000001).edx & CPUIDX1_EDX_PAGE1GB;
    f->paddr_bits = 36;
    if ( max_leaf(0x80000000) >= 0x80000008 )
        f->paddr_bits = cpuid(0x80000008).eax & 0xff;
    f->paddr_bits = MIN(f->paddr_bits, 52U);
    f->tcg = runs_under_tcg();
    if ( max_leaf(0) >= 7 )
    {
        struct cpuid c = cpuid(7);

        f->smep = c.ebx & CPUID7_EBX_SMEP;
        f->smap = (c.ebx & CPUID7_EBX_SMAP) && !f->tcg;
        f->umip = c.ecx & CPUID7_ECX_UMIP;
    }
    f->l1tf = vulnerable_to_l1tf(f);
}

/* ---- 2. Control registers ------------------------------------------------------------------ */

/*
 * No FSGSBASE: a guest could then change GS base behind SWAPGS's back. No OSXSAVE: guests see native CPUID at CPL 3 and must not
 * believe in AVX state that nobody switches. No PSE bit: long mode does not need it.
 */
static uint64_t choose_cr4(const struct cpu_features *f)
{
    uint64_t cr4 =
        X86_CR4_PAE | X86_CR4_PGE | X86_CR4_DE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

    if ( f->smep )
        cr4 |= X86_CR4_SMEP;
    if ( f->smap )
        cr4 |= X86_CR4_SMAP;
    if ( f->umip )
        cr4 |= X86_CR4_UMIP;
    return cr4;
}

static void set_control_registers(void)
{
    /* AM: #AC is for guests that ask for it by rflags.AC; it needs CPL 3. */
    write_cr0(X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP |
              X86_CR0_PE);
    write_cr4(cpu_cr4);
    wrmsr(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
    wrmsr(MSR_PAT, PAT_LAYOUT);
}

static const char *missing_feature(void)
{
    struct cpuid c = cpuid(1);

    if ( !(cpuid(0x80000001).edx & CPUIDX1_EDX_SYSCALL) )
        return "the CPU has no SYSCALL";
    if ( !(c.edx & (1U << 13)) )
        return "the CPU has no global pages";
    if ( !(c.edx & (1U << 16)) )
        return "the CPU has no PAT";
    if ( !(c.edx & (1U << 19)) )
        return "the CPU has no CLFLUSH";
    if ( !(c.edx & (1U << 24)) || !(c.edx & (1U << 26)) )
        return "the CPU has no SSE2";
    return NULL;
}

bool cpu_init_boot(const char **why)
{
    struct cpu_features *f = &cpu_features;

    *why = missing_feature();
    if ( *why )
        return false;
    identify_vendor(f);
    identify_model(f);
    identify_brand(f);
    identify_features(f);
    cpu_cr4 = choose_cr4(f);
    set_control_registers();
    return true;
}

/* ---- 3. System calls ----------------------------------------------------------------------- */

/*
 * SYSCALL enters with SEL_HV_CS and SS = SEL_HV_CS + 8. SYSRET to 64-bit code loads CS = base + 16 and SS = base + 8, to 32-bit
 * code CS = base: with SEL_FLAT_CS32 as base these are the ABI's FLAT selectors. A 32-bit SYSENTER finds no stack: entry.S
 * loads one itself.
 */
#define STAR_VALUE ((uint64_t)SEL_FLAT_CS32 << 48 | (uint64_t)SEL_HV_CS << 32)
BUILD_BUG_ON(SEL_HV_DS != SEL_HV_CS + 8);
BUILD_BUG_ON(SEL_FLAT_DS32 != SEL_FLAT_CS32 + 8);
BUILD_BUG_ON(SEL_FLAT_CS64 != SEL_FLAT_CS32 + 16);

#define SYSCALL_CLEARS                                                                             \
    (X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_IOPL | X86_EFLAGS_NT |             \
     X86_EFLAGS_RF | X86_EFLAGS_VM | X86_EFLAGS_AC)

void cpu_init_syscall(void)
{
    struct percpu *self = percpu();

    self->syscall_vector = (uint64_t)ENTRY_SYSCALL << 32;
    self->low_half_end = 0x0000800000000000UL;
    wrmsr(MSR_STAR, STAR_VALUE);
    wrmsr(MSR_LSTAR, (uint64_t)(hypercalls_are_direct() ? entry_syscall : entry_syscall_in_c));
    wrmsr(MSR_CSTAR, (uint64_t)entry_syscall32);
    wrmsr(MSR_SYSCALL_MASK, SYSCALL_CLEARS);
    /* AMD has no SYSENTER in long mode: it is #UD there, and the MSRs do no harm. */
    wrmsr(MSR_SYSENTER_CS, SEL_HV_CS);
    wrmsr(MSR_SYSENTER_ESP, self->stack_top);
    wrmsr(MSR_SYSENTER_EIP, (uint64_t)entry_sysenter);
}
