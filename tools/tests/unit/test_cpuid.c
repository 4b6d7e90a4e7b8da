// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/cpuid.c
/* What a PV guest's kernel is told by CPUID: nothing that it cannot use, whatever the CPU has. */
#include <asm/pv/cpuid.h>

#include "tap.h"

static const struct cpuid_policy domu = { .vcpu = 3,
                                          .paddr_bits = 46,
                                          .tsc_khz = 2400000,
                                          .tsc_mul = 0xd5555555,
                                          .tsc_shift = -1,
                                          .abi_version = 0x40011 };
static const struct cpuid_policy initial = { .initial = true, .paddr_bits = 52 };

#define ALL_ONES ((struct cpuid_leaf){ ~0U, ~0U, ~0U, ~0U })

/* A CPU with every bit of every leaf set. */
static struct cpuid_leaf ask(const struct cpuid_policy *p, uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf r = ALL_ONES;

    cpuid_filter(p, leaf, subleaf, 0x20, 0x80000021, &r);
    return r;
}

struct bit
{
    unsigned int nr;
    const char *name;
};

static void bits(uint32_t word, bool set, const struct bit *b, const char *where)
{
    for ( ; b->name; b++ )
        ok((word >> b->nr & 1) == set, "%s %s %s", where, set ? "shows" : "hides", b->name);
}

static void features(void)
{
    static const struct bit hidden_1c[] = {
        { 2, "DTES64" }, { 3, "MONITOR" },  { 5, "VMX" },  { 6, "SMX" },     { 12, "FMA" },
        { 15, "PDCM" },  { 17, "PCID" },    { 18, "DCA" }, { 21, "X2APIC" }, { 24, "TSC_DEADLINE" },
        { 26, "XSAVE" }, { 27, "OSXSAVE" }, { 28, "AVX" }, { 29, "F16C" },   { 0, NULL }
    };
    static const struct bit shown_1c[] = { { 0, "SSE3" },    { 9, "SSSE3" },   { 13, "CX16" },
                                           { 19, "SSE4.1" }, { 20, "SSE4.2" }, { 23, "POPCNT" },
                                           { 25, "AES" },    { 30, "RDRAND" }, { 31, "HYPERVISOR" },
                                           { 0, NULL } };
    static const struct bit hidden_1d[] = { { 1, "VME" },   { 3, "PSE" },   { 9, "APIC" },
                                            { 12, "MTRR" }, { 13, "PGE" },  { 17, "PSE36" },
                                            { 21, "DS" },   { 22, "ACPI" }, { 28, "HTT" },
                                            { 29, "TM" },   { 0, NULL } };
    static const struct bit shown_1d[] = { { 0, "FPU" },   { 2, "DE" },   { 4, "TSC" },
                                           { 5, "MSR" },   { 6, "PAE" },  { 7, "MCE" },
                                           { 8, "CX8" },   { 11, "SEP" }, { 14, "MCA" },
                                           { 15, "CMOV" }, { 16, "PAT" }, { 19, "CLFLUSH" },
                                           { 24, "FXSR" }, { 25, "SSE" }, { 26, "SSE2" },
                                           { 0, NULL } };
    static const struct bit hidden_7b[] = {
        { 0, "FSGSBASE" }, { 1, "TSC_ADJUST" }, { 4, "HLE" },  { 5, "AVX2" },
        { 7, "SMEP" },     { 10, "INVPCID" },   { 11, "RTM" }, { 14, "MPX" },
        { 16, "AVX512F" }, { 20, "SMAP" },      { 25, "PT" },  { 0, NULL }
    };
    static const struct bit hidden_7c[] = { { 2, "UMIP" },    { 3, "PKU" },    { 4, "OSPKE" },
                                            { 5, "WAITPKG" }, { 7, "CET_SS" }, { 9, "VAES" },
                                            { 16, "LA57" },   { 22, "RDPID" }, { 31, "PKS" },
                                            { 0, NULL } };
    static const struct bit hidden_7d[] = { { 20, "CET_IBT" },   { 26, "IBRS/IBPB" },
                                            { 27, "STIBP" },     { 28, "L1D_FLUSH" },
                                            { 29, "ARCH_CAPS" }, { 31, "SSBD" },
                                            { 0, NULL } };
    static const struct bit hidden_e1c[] = {
        { 1, "CMP_LEGACY" }, { 2, "SVM" },      { 3, "EXTAPIC" }, { 9, "OSVW" },
        { 10, "IBS" },       { 11, "XOP" },     { 12, "SKINIT" }, { 16, "FMA4" },
        { 22, "TOPOEXT" },   { 23, "PERFCTR" }, { 29, "MWAITX" }, { 0, NULL }
    };
    static const struct bit hidden_e1d[] = { { 3, "PSE" },    { 9, "APIC" },   { 13, "PGE" },
                                             { 17, "PSE36" }, { 25, "FFXSR" }, { 26, "PAGE1GB" },
                                             { 0, NULL } };
    static const struct bit shown_e1d[] = {
        { 11, "SYSCALL" }, { 20, "NX" }, { 27, "RDTSCP" }, { 29, "LM" }, { 0, NULL }
    };
    struct cpuid_leaf r = ask(&domu, 1, 0);

    bits(r.c, false, hidden_1c, "1.ecx");
    bits(r.c, true, shown_1c, "1.ecx");
    bits(r.d, false, hidden_1d, "1.edx");
    bits(r.d, true, shown_1d, "1.edx");
    is_u64(r.b >> 24, 6, "the APIC id is twice the vCPU's number");
    is_u64(r.b >> 16 & 0xff, 1, "one logical processor");
    r = ask(&domu, 7, 0);
    bits(r.b, false, hidden_7b, "7.ebx");
    bits(r.c, false, hidden_7c, "7.ecx");
    bits(r.d, false, hidden_7d, "7.edx");
    is_u64(r.a, 0, "7 has no further subleaf");
    r = ask(&domu, 7, 1);
    ok(!(r.a | r.b | r.c | r.d), "which would be empty");
    r = ask(&domu, 0x80000001, 0);
    bits(r.c, false, hidden_e1c, "80000001.ecx");
    bits(r.d, false, hidden_e1d, "80000001.edx");
    bits(r.d, true, shown_e1d, "80000001.edx");
    ok(ask(&initial, 1, 0).d >> 9 & 1, "the initial domain sees the APIC");

    r = (struct cpuid_leaf){ 0 };
    cpuid_filter(&domu, 1, 0, 0xd, 0x80000008, &r);
    ok(r.d == 0 && r.c == 1U << 31, "what the CPU lacks is not invented, but for HYPERVISOR");
    r = (struct cpuid_leaf){ .d = ~(1U << 14) };
    cpuid_filter(&domu, 1, 0, 0xd, 0x80000008, &r);
    is_u64(r.d >> 7 & 1, 0, "MCE without MCA is hidden");
}

static void empty(uint32_t leaf, const char *what)
{
    struct cpuid_leaf r = ask(&domu, leaf, 0);

    ok(!(r.a | r.b | r.c | r.d), "leaf %#x (%s) is empty", leaf, what);
}

static void other_leaves(void)
{
    struct cpuid_leaf r = ask(&domu, 0, 0);

    is_u64(r.a, 0xd, "the last basic leaf is 0xd");
    ok(r.b == ~0U && r.c == ~0U && r.d == ~0U, "the vendor is the CPU's");
    r = (struct cpuid_leaf){ .a = 5 };
    cpuid_filter(&domu, 0, 0, 5, 0x80000004, &r);
    is_u64(r.a, 5, "or the CPU's, if that is less");
    r = ALL_ONES;
    cpuid_filter(&domu, 7, 0, 5, 0x80000004, &r);
    ok(!(r.a | r.b | r.c | r.d), "a leaf beyond the CPU's last is empty");
    empty(3, "serial number");
    empty(5, "MONITOR");
    empty(6, "power");
    empty(0xa, "performance counters");
    empty(0xb, "topology");
    empty(0xd, "XSAVE");
    empty(0x10, "beyond the last");
    empty(0x7fffffff, "beyond the last");
    empty(0x80000009, "beyond the last extended");
    empty(0xffffffff, "beyond everything");
    is_u64(ask(&domu, 0x80000000, 0).a, 0x80000008, "the last extended leaf");
    is_u64(ask(&domu, 0x80000007, 0).d, 0x100, "of leaf 0x80000007 the constant TSC alone");
    r = (struct cpuid_leaf){ .a = 0x00003934, .b = ~0U, .c = ~0U, .d = ~0U };
    cpuid_filter(&domu, 0x80000008, 0, 0x20, 0x80000021, &r);
    ok(r.a == 0x3034 && !(r.b | r.c | r.d),
       "57-bit linear addresses become 48, physical ones stay; IBPB and friends go");
    r = ask(&domu, 4, 2);
    is_u64(r.a >> 14, 0, "caches are not shared");
}

static void hypervisor_leaves(void)
{
    struct cpuid_leaf r = ask(&domu, 0x40000000, 0);
    uint32_t sig[4] = { r.b, r.c, r.d, 0 };

    is_str((const char *)sig, "XenVMMXenVMM", "the signature");
    is_u64(r.a, 0x40000005, "five leaves");
    is_u64(ask(&domu, 0x40000001, 0).a, 0x40011, "the version");
    r = ask(&domu, 0x40000002, 0);
    ok(r.a == 1 && r.b == 0x40000000 && r.c == 1 && r.d == 0,
       "one hypercall page by MSR 0x40000000; preserve_ad");
    r = ask(&domu, 0x40000003, 0);
    ok(r.a == 2 && r.b == 0 && r.c == 2400000, "TSC not emulated, reliable, its kHz");
    r = ask(&domu, 0x40000003, 1);
    ok(r.c == 0xd5555555 && r.d == ~0U, "its scale");
    is_u64(ask(&domu, 0x40000003, 2).a, 2400000, "the host's kHz");
    r = ask(&domu, 0x40000004, 0);
    ok(!(r.a | r.b | r.c | r.d), "nothing of HVM");
    r = ask(&domu, 0x40000005, 0);
    ok(r.a == 0 && r.b == 46, "the width of machine addresses");
    r = ask(&domu, 0x40000006, 0);
    ok(!(r.a | r.b | r.c | r.d), "nothing behind them, no other hypervisor's leaves either");
    r = ask(&domu, 0x40000100, 0);
    ok(!(r.a | r.b | r.c | r.d), "nor further up");
}

int main(void)
{
    features();
    other_leaves();
    hypervisor_leaves();
    return done();
}
