// SPDX-License-Identifier: GPL-2.0-only
/*
 * mca: an initial domain asks about machine checks. There is none to tell of: one that is an exception ends the hypervisor, and
 * nobody looks for those that were corrected. Who reads the banks can at least be told about the processors. No locks.
 *
 *   1. fetching what there is not
 *   2. processors
 *   3. the call
 */
#include <public/arch-x86/xen-mca.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/pcpu.h>
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/* Where member @m of the guest's struct xen_mc is. */
#define MEMBER(arg, m) ((arg) + offsetof(struct xen_mc, u.m))

/* ---- 1. Fetching --------------------------------------------------------------------------------------------------- */

/* -EINVAL: neither or both of the two lists, or nowhere to put an entry; -EFAULT. Nothing was handed out that could be given back. */
static long fetch(struct xen_mc_fetch *f, uint64_t arg)
{
    uint32_t list = f->flags & (XEN_MC_URGENT | XEN_MC_NONURGENT);

    if ( list != XEN_MC_URGENT && list != XEN_MC_NONURGENT )
        return -EINVAL;
    if ( f->flags & XEN_MC_ACK )
        return 0;
    if ( !f->data.p )
        return -EINVAL;
    f->flags = XEN_MC_NODATA;
    f->fetch_id = 0;
    return copy_to_guest(MEMBER(arg, mc_fetch), f, sizeof(*f));
}

/* ---- 2. Processors ------------------------------------------------------------------------------------------------- */

static uint32_t vendor_number(void)
{
    switch ( cpu_features.vendor )
    {
    case VENDOR_INTEL: return 1;
    case VENDOR_AMD: return 2;
    default: return 0;
    }
}

static void fill_caps(uint32_t *caps)
{
    struct cpuid one = cpuid(1), amd = cpuid(0x80000001);

    caps[MC_CAPS_STD_EDX] = one.edx;
    caps[MC_CAPS_STD_ECX] = one.ecx;
    caps[MC_CAPS_AMD_EDX] = amd.edx;
    caps[MC_CAPS_AMD_ECX] = amd.ecx;
}

static void fill_msrs(struct mcinfo_logical_cpu *c)
{
    const uint32_t both = CPUID1_EDX_MCE | CPUID1_EDX_MCA;

    if ( (cpuid(1).edx & both) != both )
        return;
    c->mc_nmsrvals = 1;
    c->mc_msrvalues[0] = (struct mcinfo_msr){ .reg = MSR_MCG_CAP, .value = rdmsr(MSR_MCG_CAP) };
}

static void fill(struct mcinfo_logical_cpu *c, unsigned int cpu)
{
    const struct cpu_features *f = &cpu_features;
    struct pcpu p = pcpu_get(cpu);

    memset(c, 0, sizeof(*c)); /* padding too: all of it goes to the guest */
    c->mc_cpunr = cpu;
    c->mc_chipid = p.place.chip;
    c->mc_coreid = (uint16_t)p.place.core;
    c->mc_threadid = (uint16_t)p.place.thread;
    c->mc_apicid = p.apic_id;
    c->mc_ncores = p.cores;
    c->mc_ncores_active = p.cores_active;
    c->mc_nthreads = p.threads;
    c->mc_cpuid_level = (int32_t)cpuid(0).eax;
    c->mc_family = f->family;
    c->mc_vendor = vendor_number();
    c->mc_model = f->model;
    c->mc_step = f->stepping;
    memcpy(c->mc_vendorid, f->vendor_id, sizeof(f->vendor_id));
    memcpy(c->mc_brandid, f->brand, sizeof(f->brand));
    c->mc_cache_size = pcpu_cache_kib();
    c->mc_cache_alignment = f->clflush_size;
    fill_caps(c->mc_cpu_caps);
    fill_msrs(c);
}
BUILD_BUG_ON(sizeof(cpu_features.vendor_id) >
             sizeof(((struct mcinfo_logical_cpu *)0)->mc_vendorid));
BUILD_BUG_ON(sizeof(cpu_features.brand) > sizeof(((struct mcinfo_logical_cpu *)0)->mc_brandid));

/* -EINVAL: an array of no elements; -EFAULT. */
static long physcpuinfo(struct xen_mc_physcpuinfo *info, uint64_t arg)
{
    uint64_t array = (uint64_t)info->info.p;
    struct mcinfo_logical_cpu c;
    unsigned int count = pcpu_count();

    if ( array )
    {
        if ( !info->ncpus )
            return -EINVAL;
        count = MIN(count, info->ncpus);
        for ( unsigned int cpu = 0; cpu < count; cpu++ )
        {
            fill(&c, cpu);
            if ( copy_to_guest(array + cpu * sizeof(c), &c, sizeof(c)) )
                return -EFAULT;
        }
    }
    info->ncpus = count;
    return copy_to_guest(MEMBER(arg, mc_physcpuinfo), info, sizeof(*info));
}

/* ---- 3. The call --------------------------------------------------------------------------------------------------- */

/**
 * XEN_MC_*, in the struct xen_mc at @a1. -EPERM: for the initial domain only; -EFAULT; -EACCES: another version of the interface;
 * -EINVAL: no such operation. Else see each.
 */
long do_mca(HYPERCALL_ARGS)
{
    struct xen_mc op;

    if ( !current->domain->initial )
        return -EPERM;
    if ( copy_from_guest(&op, a1, sizeof(op)) )
        return -EFAULT;
    if ( op.interface_version != XEN_MCA_INTERFACE_VERSION )
        return -EACCES;
    switch ( op.cmd )
    {
    case XEN_MC_fetch: return fetch(&op.u.mc_fetch, a1);
    case XEN_MC_physcpuinfo: return physcpuinfo(&op.u.mc_physcpuinfo, a1);
    default: return -EINVAL; /* nobody is told of a machine check, and none can be made up */
    }
}
