// SPDX-License-Identifier: GPL-2.0-only
/*
 * PURE. CPUID for PV guests.
 *   1. feature words: what is let through
 *   2. the hypervisor's leaves
 *   3. the others
 * A word of features is the CPU's, cut down to a list of bits that work for code at CPL 3 under CR4 as the hypervisor keeps it: no
 * superpages, no CR4.OSXSAVE (so no AVX), no CR4.FSGSBASE, no MSRs but a few. No locks.
 */
#include <asm/pv/cpuid.h>
#include <public/arch-x86/cpuid.h>

#define BIT(n) (1U << (n))

/* ---- 1. Feature words ----------------------------------------------------------------------- */

/* Leaf 1. The second and third group of ecx: SSE4.1, SSE4.2, MOVBE, POPCNT; AES, RDRAND. */
#define LEAF1_ECX                                                                                  \
    (BIT(0) /* SSE3 */ | BIT(1) /* PCLMULQDQ */ | BIT(9) /* SSSE3 */ | BIT(13) /* CX16 */ |        \
     BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | BIT(30))
#define LEAF1_ECX_HYPERVISOR BIT(31)
#define LEAF1_EDX_APIC       BIT(9)
/* Machine checks, MCE and MCA: their MSRs (msr.c) say that there is no bank. */
#define MACHINE_CHECKS (BIT(7) | BIT(14))
/* Common to leaf 1 and AMD's copy in 0x80000001. Not: VME, PSE, MTRR, PGE, PSE36. */
#define COMMON_EDX                                                                                 \
    (BIT(0) /* FPU */ | BIT(2) /* DE */ | BIT(4) /* TSC */ | BIT(5) /* MSR */ | BIT(6) /* PAE */ | \
     BIT(8) /* CX8 */ | BIT(15) /* CMOV */ | BIT(16) /* PAT */ | BIT(23) /* MMX */ |               \
     BIT(24) /* FXSR */ | MACHINE_CHECKS)
#define LEAF1_EDX                                                                                  \
    (COMMON_EDX | BIT(11) /* SEP */ | BIT(19) /* CLFLUSH */ | BIT(25) /* SSE */ |                  \
     BIT(26) /* SSE2 */)

/* Leaf 7. BMI is encoded with VEX but needs no state, so it works without XSAVE; AVX does not. */
#define LEAF7_EBX                                                                                  \
    (BIT(3) /* BMI1 */ | BIT(8) /* BMI2 */ | BIT(9) /* ERMS */ | BIT(18) /* RDSEED */ |            \
     BIT(19) /* ADX */ | BIT(23) /* CLFLUSHOPT */ | BIT(24) /* CLWB */ | BIT(29) /* SHA */)
#define LEAF7_ECX                                                                                  \
    (BIT(0) /* PREFETCHWT1 */ | BIT(8) /* GFNI */ | BIT(25) /* CLDEMOTE */ |                       \
     BIT(27) /* MOVDIRI */ | BIT(28) /* MOVDIR64B */)
#define LEAF7_EDX (BIT(4) /* FSRM */ | BIT(10) /* MD_CLEAR */ | BIT(14) /* SERIALIZE */)

#define EXT1_ECX                                                                                   \
    (BIT(0) /* LAHF_LM */ | BIT(5) /* ABM */ | BIT(6) /* SSE4A */ | BIT(7) /* MISALIGNSSE */ |     \
     BIT(8) /* 3DNOWPREFETCH */)
/* Bits 11, 20, 22, 27, 29-31: SYSCALL, NX, MMXEXT, RDTSCP, LM, 3DNOWEXT, 3DNOW. Not: FFXSR, 1 GiB pages. */
#define EXT1_EDX (COMMON_EDX | BIT(11) | BIT(20) | BIT(22) | BIT(27) | BIT(29) | BIT(30) | BIT(31))
#define EXT7_EDX BIT(8) /* TSC runs at a constant rate */

/* ---- 2. The hypervisor's leaves ------------------------------------------------------------- */

#define MSR_HYPERCALL_PAGE 0x40000000U

static void time_leaf(const struct cpuid_policy *p, uint32_t subleaf, struct cpuid_leaf *r)
{
    switch ( subleaf )
    {
    case 0:
        r->a = BIT(1); /* the TSC is the host's, and reliable */
        r->c = (uint32_t)p->tsc_khz;
        break;
    case 1:
        r->c = p->tsc_mul;
        r->d = (uint32_t)(int32_t)p->tsc_shift;
        break;
    case 2: r->a = (uint32_t)p->tsc_khz; break;
    default: break;
    }
}

static void hypervisor_leaf(const struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf,
                            struct cpuid_leaf *r)
{
    *r = (struct cpuid_leaf){ 0 };
    switch ( leaf - XEN_CPUID_FIRST_LEAF )
    {
    case 0:
        *r = (struct cpuid_leaf){ XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
                                  XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX };
        break;
    case 1: r->a = p->abi_version; break;
    case 2:
        r->a = 1;
        r->b = MSR_HYPERCALL_PAGE;
        r->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3: time_leaf(p, subleaf, r); break;
    case 5:
        if ( subleaf == 0 )
            r->b = p->paddr_bits & XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK;
        break;
    default: break;
    }
}

/* ---- 3. The CPU's leaves -------------------------------------------------------------------- */

#define LAST_BASIC    0x0000000dU
#define LAST_EXTENDED 0x80000008U

static uint32_t at_most(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The words common to leaf 1 and 0x80000001. Half of the machine check architecture would be the Pentium's, with other MSRs. */
static uint32_t common_word(const struct cpuid_policy *p, uint32_t word, uint32_t shown)
{
    word &= shown | (p->initial ? LEAF1_EDX_APIC : 0);
    return (word & MACHINE_CHECKS) == MACHINE_CHECKS ? word : word & ~MACHINE_CHECKS;
}

static void leaf_1(const struct cpuid_policy *p, struct cpuid_leaf *r)
{
    /* One processor to a package, the APIC id twice the vCPU's number, as Xen has it; brand and CLFLUSH size stay. */
    r->b = (r->b & 0xffff) | p->vcpu << 25 | 1U << 16;
    r->c = (r->c & LEAF1_ECX) | LEAF1_ECX_HYPERVISOR;
    r->d = common_word(p, r->d, LEAF1_EDX);
}

static void leaf_4(struct cpuid_leaf *r)
{
    r->a &= 0x3fff; /* nobody shares a cache, one core to a package */
}

static void leaf_7(uint32_t subleaf, struct cpuid_leaf *r)
{
    if ( subleaf )
    {
        *r = (struct cpuid_leaf){ 0 };
        return;
    }
    r->a = 0;
    r->b &= LEAF7_EBX;
    r->c &= LEAF7_ECX;
    r->d &= LEAF7_EDX;
}

static void leaf_ext1(const struct cpuid_policy *p, struct cpuid_leaf *r)
{
    r->c &= EXT1_ECX;
    r->d = common_word(p, r->d, EXT1_EDX);
}

static void leaf_ext8(struct cpuid_leaf *r)
{
    uint32_t linear = r->a >> 8 & 0xff;

    /* Four-level paging only. */
    r->a = (r->a & 0xff) | at_most(linear, 48) << 8;
    r->b = 0;
    r->c = 0;
    r->d = 0;
}

void cpuid_filter(const struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf, uint32_t max_basic,
                  uint32_t max_extended, struct cpuid_leaf *r)
{
    uint32_t last_basic = at_most(max_basic, LAST_BASIC);
    uint32_t last_extended = at_most(max_extended, LAST_EXTENDED);

    if ( leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x10000 )
    {
        hypervisor_leaf(p, leaf, subleaf, r);
        return;
    }
    /* Beyond the last leaf CPUs answer one thing or another; here it is nothing. */
    if ( leaf < 0x80000000 ? leaf > last_basic : leaf > last_extended )
    {
        *r = (struct cpuid_leaf){ 0 };
        return;
    }
    switch ( leaf )
    {
    case 0x00000000: r->a = last_basic; break;
    case 0x00000001: leaf_1(p, r); break;
    case 0x00000002: break;
    case 0x00000004: leaf_4(r); break;
    case 0x00000007: leaf_7(subleaf, r); break;
    case 0x80000000: r->a = last_extended; break;
    case 0x80000001: leaf_ext1(p, r); break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: /* brand */
    case 0x80000005:
    case 0x80000006: /* caches */ break;
    case 0x80000007: *r = (struct cpuid_leaf){ .d = r->d & EXT7_EDX }; break;
    case 0x80000008: leaf_ext8(r); break;
    /* Serial number, MONITOR, power, performance counters, topology, XSAVE. */
    default: *r = (struct cpuid_leaf){ 0 }; break;
    }
}
