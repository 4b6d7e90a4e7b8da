// SPDX-License-Identifier: GPL-2.0-only
/* What the processor is said to have: nothing that a PV guest cannot use, and everything its user programs count on. */
#define _GNU_SOURCE
#include "check.h"
#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char flags[4096];

static void read_flags(void)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[4096];

    if ( !f )
        die("/proc/cpuinfo");
    while ( fgets(line, sizeof(line), f) )
        if ( !strncmp(line, "flags", 5) )
        {
            /* A blank before and behind each word. */
            line[strcspn(line, "\n")] = ' ';
            strcpy(flags, strchr(line, ':') + 1);
        }
    fclose(f);
}

static bool has(const char *name)
{
    char word[64];

    snprintf(word, sizeof(word), " %s ", name);
    return strstr(flags, word) != NULL;
}

void test_features(void)
{
    static const char *const never[] = {
        "avx",          "avx2", "avx512f", "xsave",    "xsaveopt", "xsaves",
        "osxsave",      "fma",  "f16c",    "pse",      "pse36",    "pge",
        "pdpe1gb",      "vme",  "mtrr",    "pcid",     "svm",      "vmx",
        "smep",         "smap", "umip",    "fsgsbase", "pku",      "ospke",
        "la57",         "npt",  "monitor", "x2apic",   "invpcid",  "tsc_deadline_timer",
        "arch_perfmon",
    };
    static const char *const always[] = { "fpu", "tsc",  "cx8",     "cmov", "mmx", "fxsr",
                                          "sse", "sse2", "syscall", "nx",   "lm",  "hypervisor" };
    unsigned int a, b, c, d;

    read_flags();
    ok(flags[0] == ' ', "/proc/cpuinfo lists features");
    for ( unsigned int i = 0; i < ARRAY_SIZE(never); i++ )
        expect(!has(never[i]), "%s", never[i]);
    ok_quiet("no feature that a PV guest cannot use");
    for ( unsigned int i = 0; i < ARRAY_SIZE(always); i++ )
        expect(has(always[i]), "%s", always[i]);
    ok_quiet("every feature that user programs count on");
    __cpuid(1, a, b, c, d);
    ok(!(c & bit_OSXSAVE), "the processor itself says that AVX is not enabled (ecx %#x)", c);
    ok(!__builtin_cpu_supports("avx") && !__builtin_cpu_supports("avx2"),
       "so programs do not use it");
}
