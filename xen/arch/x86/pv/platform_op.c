// SPDX-License-Identifier: GPL-2.0-only
/*
 * platform_op: of an initial domain's rule over the machine it has the time of day, and what there is to know about processors.
 *
 *   1. time of day
 *   2. processors
 *   3. firmware
 *   4. the call
 *
 * Locks: none but those of time_guest.c.
 */
#include <public/platform.h>
#include <asm/cpu.h>
#include <asm/pcpu.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/* Where member @m of the guest's struct xen_platform_op is. */
#define MEMBER(arg, m) ((arg) + offsetof(struct xen_platform_op, u.m))

/* ---- 1. Time of day ------------------------------------------------------------------------------------------------ */

static long settime32(const struct xenpf_settime32 *t)
{
    guest_wallclock_set(t->secs, t->nsecs, t->system_time);
    return 0;
}

/* -EINVAL: the field that must be 0 is not. */
static long settime64(const struct xenpf_settime64 *t)
{
    if ( t->mbz )
        return -EINVAL;
    guest_wallclock_set(t->secs, t->nsecs, t->system_time);
    return 0;
}

/* ---- 2. Processors ------------------------------------------------------------------------------------------------- */

/* -EFAULT. A processor that does not exist is no error: that is how a guest finds the last. */
static long get_cpuinfo(struct xenpf_pcpuinfo *info, uint64_t arg)
{
    info->max_present = pcpu_count() - 1;
    if ( info->xen_cpuid < pcpu_count() )
    {
        info->flags = XEN_PCPU_FLAGS_ONLINE;
        info->apic_id = pcpu_get(info->xen_cpuid).apic_id;
        info->acpi_id = pcpu_acpi_id(info->apic_id);
    }
    else
        info->flags = XEN_PCPU_FLAGS_INVALID;
    return copy_to_guest(MEMBER(arg, pcpu_info), info, sizeof(*info));
}

/* -EFAULT. All zeroes for a processor that does not exist. */
static long get_cpu_version(struct xenpf_pcpu_version *v, uint64_t arg)
{
    const struct cpu_features *f = &cpu_features;
    struct xenpf_pcpu_version out = { .xen_cpuid = v->xen_cpuid, .max_present = pcpu_count() - 1 };

    if ( v->xen_cpuid < pcpu_count() )
    {
        memcpy(out.vendor_id, f->vendor_id, sizeof(out.vendor_id));
        out.family = f->family;
        out.model = f->model;
        out.stepping = f->stepping;
    }
    return copy_to_guest(MEMBER(arg, pcpu_version), &out, sizeof(out));
}

/* -EINVAL: there is no such processor. The others are online for good. */
static long cpu_online(uint32_t cpu)
{
    return cpu < pcpu_count() ? 0 : -EINVAL;
}

/* -EINVAL; -EOPNOTSUPP: it is needed. */
static long cpu_offline(uint32_t cpu)
{
    return cpu < pcpu_count() ? -EOPNOTSUPP : -EINVAL;
}

/* ---- 3. Firmware --------------------------------------------------------------------------------------------------- */

/* The BIOS has been asked about nothing, and there is no EFI. -ESRCH: not known; -ENOSYS; -EINVAL: no such question. */
static long firmware_info(uint32_t type)
{
    switch ( type )
    {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
    case XEN_FW_KBD_SHIFT_FLAGS: return -ESRCH;
    case XEN_FW_EFI_INFO: return -ENOSYS;
    default: return -EINVAL;
    }
}

/* ---- 4. The call --------------------------------------------------------------------------------------------------- */

/**
 * XENPF_*, in the struct xen_platform_op at @a1. -EFAULT; -EACCES: another version of the interface; -EPERM: for the initial domain
 * only; -ENOSYS: it concerns what the hypervisor keeps to itself. Else see each operation.
 */
long do_platform_op(HYPERCALL_ARGS)
{
    struct xen_platform_op op;

    if ( copy_from_guest(&op, a1, sizeof(op)) )
        return -EFAULT;
    if ( op.interface_version != XENPF_INTERFACE_VERSION )
        return -EACCES;
    if ( !current->domain->initial )
        return -EPERM;
    switch ( op.cmd )
    {
    case XENPF_settime32: return settime32(&op.u.settime32);
    case XENPF_settime64: return settime64(&op.u.settime64);
    case XENPF_get_cpuinfo: return get_cpuinfo(&op.u.pcpu_info, a1);
    case XENPF_get_cpu_version: return get_cpu_version(&op.u.pcpu_version, a1);
    case XENPF_cpu_online: return cpu_online(op.u.cpu_ol.cpuid);
    case XENPF_cpu_offline: return cpu_offline(op.u.cpu_ol.cpuid);
    case XENPF_firmware_info: return firmware_info(op.u.firmware_info.type);
    default: return -ENOSYS;
    }
}
