/* SPDX-License-Identifier: GPL-2.0-only */
/* mca: the initial domain asks about machine checks, and about the processors that may have them. */
#include <public/arch-x86/xen-mca.h>
#include "buffers.h"
#include "suite.h"

static struct xen_mc mc;

static struct xen_mc *fresh(uint32_t cmd)
{
    memset(&mc, 0, sizeof(mc));
    mc.cmd = cmd;
    mc.interface_version = XEN_MCA_INTERFACE_VERSION;
    return &mc;
}

static long call(const void *arg)
{
    return HYPERCALL(mca, arg, 0, 0, 0, 0);
}

static long allowed(long rc)
{
    return initial_domain() ? rc : -XEN_EPERM;
}

TEST("mca-refusals", "mca: who is refused, and arguments that are none", 0)
{
    static const uint32_t unknown[] = { 0, 7, 8, 99, ~0U };
    struct xen_mc *at;

    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
        check_rc(call((void *)bad_addresses[i].address), allowed(-XEN_EFAULT), "argument: %s",
                 bad_addresses[i].name);
    fresh(XEN_MC_physcpuinfo)->interface_version = XEN_MCA_INTERFACE_VERSION + 1;
    check_rc(call(&mc), allowed(-XEN_EACCES), "a later version");
    fresh(99)->interface_version = 0;
    check_rc(call(&mc), allowed(-XEN_EACCES), "version 0, an operation that is not there");
    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(call(fresh(unknown[i])), allowed(-XEN_EINVAL), "operation %u", unknown[i]);
    check_rc(call(fresh(XEN_MC_notifydomain)), allowed(-XEN_EINVAL), "notifydomain");
    fresh(XEN_MC_msrinject)->u.mc_msrinject.mcinj_cpunr = 4095;
    check_rc(call(&mc), allowed(-XEN_EINVAL), "msrinject, CPU 4095");
    fresh(XEN_MC_mceinject)->u.mc_mceinject.mceinj_cpunr = 4095;
    check_rc(call(&mc), allowed(-XEN_EINVAL), "mceinject, CPU 4095");
    fresh(XEN_MC_mceinject)->u.mc_mceinject.mceinj_cpunr = ~0U;
    check_rc(call(&mc), allowed(-XEN_EINVAL), "mceinject, CPU ~0");

    at = before_hole(sizeof(mc));
    *at = *fresh(XEN_MC_physcpuinfo);
    check_rc(call(at), allowed(0), "an argument that ends at a page's end");
    at = before_hole(sizeof(mc) - 8);
    memcpy(at, &mc, sizeof(mc) - 8);
    check_rc(call(at), allowed(-XEN_EFAULT), "one that ends 8 bytes behind it");
    check_rc(call(read_only_copy(fresh(XEN_MC_physcpuinfo), sizeof(mc))), allowed(-XEN_EFAULT),
             "physcpuinfo in a read-only page");
}

static long fetch(uint32_t flags, void *data)
{
    fresh(XEN_MC_fetch)->u.mc_fetch.flags = flags;
    mc.u.mc_fetch.fetch_id = 77;
    set_xen_guest_handle(mc.u.mc_fetch.data, (mc_info_t *)data);
    return call(&mc);
}

TEST("mca-fetch", "mca: there is no machine check to tell of", TEST_INITIAL)
{
    static struct mc_info info;

    check_rc(fetch(XEN_MC_URGENT, &info), 0, "the urgent list");
    check_eq(mc.u.mc_fetch.flags, XEN_MC_NODATA, "has nothing");
    check_eq(mc.u.mc_fetch.fetch_id, 0, "nor a number for it");
    check_rc(fetch(XEN_MC_NONURGENT, &info), 0, "the other list");
    check_eq(mc.u.mc_fetch.flags, XEN_MC_NODATA, "has nothing");
    check_eq(info.mi_nentries, 0, "nothing is written where it would be");
    check_rc(fetch(XEN_MC_URGENT | 0x10, &info), 0, "with a flag that means nothing");
    check_eq(mc.u.mc_fetch.flags, XEN_MC_NODATA, "has nothing");
    check_rc(fetch(0, &info), -XEN_EINVAL, "no list");
    check_rc(fetch(XEN_MC_URGENT | XEN_MC_NONURGENT, &info), -XEN_EINVAL, "both lists");
    check_rc(fetch(XEN_MC_ACK, &info), -XEN_EINVAL, "done with something on no list");
    check_rc(fetch(XEN_MC_URGENT, NULL), -XEN_EINVAL, "nowhere to put it");
    check_rc(fetch(XEN_MC_URGENT, (void *)0xdead0000UL), 0, "somewhere that is not mapped");
    check_rc(fetch(XEN_MC_NONURGENT | XEN_MC_ACK, &info), 0, "done with what nobody was given");
    check_eq(mc.u.mc_fetch.fetch_id, 77, "its number stays");
    check_rc(call(read_only_copy(&mc, sizeof(mc))), 0, "in a read-only page too");
    fetch(XEN_MC_URGENT, &info);
    mc.u.mc_fetch.flags = XEN_MC_URGENT;
    check_rc(call(read_only_copy(&mc, sizeof(mc))), -XEN_EFAULT, "the list, in a read-only page");
}

static long physcpuinfo(uint32_t ncpus, void *info)
{
    fresh(XEN_MC_physcpuinfo)->u.mc_physcpuinfo.ncpus = ncpus;
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, (xen_mc_logical_cpu_t *)info);
    return call(&mc);
}

#define UNTOUCHED 0x5a

/* Texts end inside their field, and have only zeroes behind them. */
static bool clean_text(const char *s, size_t size)
{
    size_t len = strlen(s);

    for ( size_t i = len; i < size; i++ )
        if ( s[i] )
            return false;
    return len < size;
}

static void check_cpu(const struct mcinfo_logical_cpu *c)
{
    printf("# chip %u core %u thread %u, %u cores, %u threads; \"%s\", cache %u KiB\n",
           c->mc_chipid, c->mc_coreid, c->mc_threadid, c->mc_ncores, c->mc_nthreads, c->mc_brandid,
           c->mc_cache_size);
    check_eq(c->mc_cpunr, 0, "the first is number 0");
    check(c->mc_ncores >= 1 && c->mc_ncores_active >= 1 && c->mc_ncores_active <= c->mc_ncores,
          "it has cores, of which some are active");
    check(c->mc_nthreads >= 1 && c->mc_threadid < c->mc_nthreads, "and threads");
    check(c->mc_cpuid_level >= 1 && c->mc_family >= 6, "leaves of CPUID, and a family");
    check(clean_text(c->mc_vendorid, sizeof(c->mc_vendorid)), "its vendor is a clean text");
    check(clean_text(c->mc_brandid, sizeof(c->mc_brandid)), "its brand is a clean text");
    check_eq(c->mc_cpu_caps[MC_CAPS_STD_EDX] >> 4 & 3, 3, "it has a TSC and MSRs");
    check(c->mc_cache_size && c->mc_cache_alignment, "a cache, and its lines' size");
    check(c->mc_nmsrvals >= 0 && c->mc_nmsrvals <= __MC_MSR_ARRAYSIZE, "some MSRs");
    check(c->mc_nmsrvals < 1 || c->mc_msrvalues[0].reg == 0x179, "the first is MCG_CAP");
}

TEST("mca-cpus", "mca: the processors", TEST_INITIAL)
{
    static struct mcinfo_logical_cpu cpus[4];
    const uint8_t *bytes = (uint8_t *)cpus;
    uint32_t there;
    unsigned int wrong = 0;

    check_rc(physcpuinfo(0, NULL), 0, "how many");
    there = mc.u.mc_physcpuinfo.ncpus;
    check(there >= 1, "one at least");
    check_rc(physcpuinfo(99, NULL), 0, "how many, 99 asked for");
    check_eq(mc.u.mc_physcpuinfo.ncpus, there, "the same");
    check_rc(physcpuinfo(0, cpus), -XEN_EINVAL, "none");
    memset(cpus, UNTOUCHED, sizeof(cpus));
    check_rc(physcpuinfo(1, cpus), 0, "the first");
    check_eq(mc.u.mc_physcpuinfo.ncpus, 1, "is one");
    for ( size_t i = sizeof(cpus[0]); i < sizeof(cpus); i++ )
        wrong += bytes[i] != UNTOUCHED;
    check_eq(wrong, 0, "bytes that are written behind it");
    check_eq(*(&cpus[0].mc_nmsrvals + 1), 0, "padding that tells something");
    check_cpu(&cpus[0]);
    check_rc(physcpuinfo(0x7fffffff, page_alloc()), 0, "2^31 - 1");
    check_eq(mc.u.mc_physcpuinfo.ncpus, there, "as many as there are");
    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
        check_rc(physcpuinfo(1, (void *)bad_addresses[i].address), -XEN_EFAULT, "to: %s",
                 bad_addresses[i].name);
    check_rc(physcpuinfo(1, before_hole(sizeof(cpus[0]))), 0, "to a page's end");
    check_rc(physcpuinfo(1, before_hole(sizeof(cpus[0]) - 8)), -XEN_EFAULT, "8 bytes behind it");
    check_rc(physcpuinfo(1, read_only_copy(cpus, sizeof(cpus[0]))), -XEN_EFAULT,
             "to a read-only page");
}
