/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls in words: the table, and the half of the calls that trace_mm.c has not.
 *
 *  1. domains, vCPUs, time, events
 *  2. the rest
 *  3. the table, and what the callers see
 *
 * What is printed comes from the guest and may be anything: it is read once, by copy_from_guest(), what cannot be read is
 * said to be so, and no number from it is followed further. No locks.
 */
#include <public/arch-x86/xen-mca.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <xen/continuation.h>
#include <xen/printk.h>
#include <xen/trace.h>
#include "trace_text.h"

/* ---- 1. Domains, vCPUs, time, events -------------------------------------------------------- */

static const char *const shutdown_names[] = {
    [SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
    [SHUTDOWN_suspend] = "suspend",   [SHUTDOWN_crash] = "crash",
    [SHUTDOWN_watchdog] = "watchdog", [SHUTDOWN_soft_reset] = "soft_reset",
};

static void put_poll(struct text *t, uint64_t va)
{
    struct sched_poll poll;
    evtchn_port_t port;

    if ( !READ(poll, va) )
    {
        text_unreadable(t, va);
        return;
    }
    text_put(t, "%u ports", poll.nr_ports);
    for ( unsigned int i = 0; i < MIN(poll.nr_ports, (unsigned int)SHOWN); i++ )
        if ( READ(port, (uint64_t)poll.ports.p + i * sizeof(port)) )
            text_put(t, "%s%u", i ? ", " : ": ", port);
    if ( poll.timeout )
        text_put(t, ", until %lu ns", poll.timeout);
}

static void trace_sched_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [SCHEDOP_yield] = "yield",
        [SCHEDOP_block] = "block",
        [SCHEDOP_shutdown] = "shutdown",
        [SCHEDOP_poll] = "poll",
        [SCHEDOP_remote_shutdown] = "remote_shutdown",
        [SCHEDOP_shutdown_code] = "shutdown_code",
        [SCHEDOP_watchdog] = "watchdog",
        [SCHEDOP_pin_override] = "pin_override",
    };
    unsigned int cmd = (unsigned int)a[0];
    struct sched_shutdown why;

    TEXT_NAME(t, names, cmd);
    if ( cmd == SCHEDOP_yield || cmd == SCHEDOP_block )
        return;
    text_put(t, ", ");
    if ( cmd == SCHEDOP_poll )
        put_poll(t, a[1]);
    else if ( (cmd == SCHEDOP_shutdown || cmd == SCHEDOP_shutdown_code) && READ(why, a[1]) )
        TEXT_NAME(t, shutdown_names, why.reason);
    else
        text_put(t, "%#lx", a[1]);
}

static void trace_sched_op_compat(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [SCHEDOP_yield] = "yield", [SCHEDOP_block] = "block", [SCHEDOP_shutdown] = "shutdown"
    };

    TEXT_NAME(t, names, (unsigned int)a[0]);
    if ( (unsigned int)a[0] == SCHEDOP_shutdown )
    {
        text_put(t, ", ");
        TEXT_NAME(t, shutdown_names, (unsigned int)a[1]);
    }
}

static void trace_vcpu_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [VCPUOP_initialise] = "initialise",
        [VCPUOP_up] = "up",
        [VCPUOP_down] = "down",
        [VCPUOP_is_up] = "is_up",
        [VCPUOP_get_runstate_info] = "get_runstate_info",
        [VCPUOP_register_runstate_memory_area] = "register_runstate_memory_area",
        [VCPUOP_set_periodic_timer] = "set_periodic_timer",
        [VCPUOP_stop_periodic_timer] = "stop_periodic_timer",
        [VCPUOP_set_singleshot_timer] = "set_singleshot_timer",
        [VCPUOP_stop_singleshot_timer] = "stop_singleshot_timer",
        [VCPUOP_register_vcpu_info] = "register_vcpu_info",
        [VCPUOP_send_nmi] = "send_nmi",
        [VCPUOP_get_physid] = "get_physid",
        [VCPUOP_register_vcpu_time_memory_area] = "register_vcpu_time_memory_area",
    };
    unsigned int cmd = (unsigned int)a[0];
    struct vcpu_set_singleshot_timer single;
    struct vcpu_register_vcpu_info info;
    uint64_t value; /* a period, or the address of an area */

    TEXT_NAME(t, names, cmd);
    text_put(t, ", vCPU %u", (unsigned int)a[1]);
    if ( cmd == VCPUOP_set_singleshot_timer && READ(single, a[2]) )
        text_put(t, ", at %lu ns%s", single.timeout_abs_ns,
                 single.flags & VCPU_SSHOTTMR_future ? ", if that is to come" : "");
    else if ( cmd == VCPUOP_set_periodic_timer && READ(value, a[2]) )
        text_put(t, ", every %lu ns", value);
    else if ( cmd == VCPUOP_register_vcpu_info && READ(info, a[2]) )
        text_put(t, ", mfn %#lx, offset %u", info.mfn, info.offset);
    else if ( (cmd == VCPUOP_register_runstate_memory_area ||
               cmd == VCPUOP_register_vcpu_time_memory_area) &&
              READ(value, a[2]) )
        text_put(t, ", va %#lx", value);
    else if ( a[2] )
        text_put(t, ", %#lx", a[2]);
}

static void trace_set_timer_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    if ( a[0] )
        text_put(t, "at %lu ns", a[0]);
    else
        text_put(t, "stop");
}

static void trace_vm_assist(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const commands[] = {
        [VMASST_CMD_enable] = "enable", [VMASST_CMD_disable] = "disable"
    };
    static const char *const types[] = {
        [VMASST_TYPE_4gb_segments] = "4gb_segments",
        [VMASST_TYPE_4gb_segments_notify] = "4gb_segments_notify",
        [VMASST_TYPE_writable_pagetables] = "writable_pagetables",
        [VMASST_TYPE_pae_extended_cr3] = "pae_extended_cr3",
        [VMASST_TYPE_architectural_iopl] = "architectural_iopl",
        [VMASST_TYPE_runstate_update_flag] = "runstate_update_flag",
        [VMASST_TYPE_m2p_strict] = "m2p_strict",
    };

    TEXT_NAME(t, commands, (unsigned int)a[0]);
    text_put(t, ", ");
    TEXT_NAME(t, types, (unsigned int)a[1]);
}

static const char *const evtchn_names[] = {
    [EVTCHNOP_bind_interdomain] = "bind_interdomain",
    [EVTCHNOP_bind_virq] = "bind_virq",
    [EVTCHNOP_bind_pirq] = "bind_pirq",
    [EVTCHNOP_close] = "close",
    [EVTCHNOP_send] = "send",
    [EVTCHNOP_status] = "status",
    [EVTCHNOP_alloc_unbound] = "alloc_unbound",
    [EVTCHNOP_bind_ipi] = "bind_ipi",
    [EVTCHNOP_bind_vcpu] = "bind_vcpu",
    [EVTCHNOP_unmask] = "unmask",
    [EVTCHNOP_reset] = "reset",
    [EVTCHNOP_init_control] = "init_control",
    [EVTCHNOP_expand_array] = "expand_array",
    [EVTCHNOP_set_priority] = "set_priority",
};

static void put_evtchn(struct text *t, unsigned int cmd, uint64_t va)
{
    union
    {
        uint32_t word[2];
        struct
        {
            domid_t dom, remote;
            evtchn_port_t port;
        } unbound;
        struct
        {
            domid_t dom;
            evtchn_port_t port;
        } of_domain; /* bind_interdomain and status alike */
    } u;

    TEXT_NAME(t, evtchn_names, cmd);
    text_put(t, ", ");
    /* The shortest argument is one word. */
    u.word[1] = 0;
    if ( !READ(u.word[0], va) )
    {
        text_unreadable(t, va);
        return;
    }
    switch ( cmd )
    {
    case EVTCHNOP_close:
    case EVTCHNOP_send:
    case EVTCHNOP_unmask: text_put(t, "port %u", u.word[0]); return;
    case EVTCHNOP_bind_ipi: text_put(t, "vCPU %u", u.word[0]); return;
    case EVTCHNOP_reset: text_domain(t, u.unbound.dom); return;
    default: break;
    }
    if ( !READ(u.word, va) )
    {
        text_unreadable(t, va);
        return;
    }
    switch ( cmd )
    {
    case EVTCHNOP_bind_interdomain:
    case EVTCHNOP_status:
        text_domain(t, u.of_domain.dom);
        text_put(t, " port %u", u.of_domain.port);
        break;
    case EVTCHNOP_alloc_unbound:
        text_domain(t, u.unbound.dom);
        text_put(t, ", for ");
        text_domain(t, u.unbound.remote);
        break;
    case EVTCHNOP_bind_virq: text_put(t, "VIRQ %u, vCPU %u", u.word[0], u.word[1]); break;
    case EVTCHNOP_bind_vcpu: text_put(t, "port %u, vCPU %u", u.word[0], u.word[1]); break;
    case EVTCHNOP_bind_pirq: text_put(t, "PIRQ %u", u.word[0]); break;
    case EVTCHNOP_set_priority: text_put(t, "port %u, priority %u", u.word[0], u.word[1]); break;
    default: text_put(t, "%#lx", va); break;
    }
}

static void trace_event_channel_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    put_evtchn(t, (unsigned int)a[0], a[1]);
}

static void trace_event_channel_op_compat(struct text *t, const unsigned long *a, uint64_t rsp)
{
    uint32_t cmd;

    if ( READ(cmd, a[0]) )
        put_evtchn(t, cmd, a[0] + offsetof(struct evtchn_op, u));
    else
        text_unreadable(t, a[0]);
}

/* The port that a call has made: where its structure has it. 0: none. */
static uint32_t evtchn_new_port(unsigned int cmd, uint64_t va)
{
    uint32_t port;

    switch ( cmd )
    {
    case EVTCHNOP_alloc_unbound: va += offsetof(struct evtchn_alloc_unbound, port); break;
    case EVTCHNOP_bind_interdomain:
        va += offsetof(struct evtchn_bind_interdomain, local_port);
        break;
    case EVTCHNOP_bind_virq: va += offsetof(struct evtchn_bind_virq, port); break;
    case EVTCHNOP_bind_ipi: va += offsetof(struct evtchn_bind_ipi, port); break;
    default: return 0;
    }
    return READ(port, va) ? port : 0;
}

/* ---- 2. The rest ---------------------------------------------------------------------------- */

static void trace_xen_version(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [XENVER_version] = "version",
        [XENVER_extraversion] = "extraversion",
        [XENVER_compile_info] = "compile_info",
        [XENVER_capabilities] = "capabilities",
        [XENVER_changeset] = "changeset",
        [XENVER_platform_parameters] = "platform_parameters",
        [XENVER_get_features] = "get_features",
        [XENVER_pagesize] = "pagesize",
        [XENVER_guest_handle] = "guest_handle",
        [XENVER_commandline] = "commandline",
        [XENVER_build_id] = "build_id",
    };

    TEXT_NAME(t, names, (unsigned int)a[0]);
    if ( a[1] )
        text_put(t, ", %#lx", a[1]);
}

#define QUOTED 48

/* The beginning of what is written, for one line of a terminal. */
static void put_quoted(struct text *t, uint64_t va, unsigned int count)
{
    char s[QUOTED];
    unsigned int n = MIN(count, (unsigned int)QUOTED);

    if ( copy_from_guest(s, va, n) )
    {
        text_unreadable(t, va);
        return;
    }
    text_put(t, "\"");
    for ( unsigned int i = 0; i < n; i++ )
    {
        if ( s[i] == '\n' )
            text_put(t, "\\n");
        else if ( s[i] == '\r' )
            text_put(t, "\\r");
        else if ( s[i] == '"' || s[i] == '\\' )
            text_put(t, "\\%c", s[i]);
        else if ( s[i] >= ' ' && s[i] <= '~' )
            text_put(t, "%c", s[i]);
        else
            text_put(t, "\\x%02x", (unsigned char)s[i]);
    }
    text_put(t, count > n ? "\"..." : "\"");
}

static void trace_console_io(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = { [CONSOLEIO_write] = "write", [CONSOLEIO_read] = "read" };
    struct progress p = progress_decode(a[1]);

    TEXT_NAME(t, names, (unsigned int)a[0]);
    text_put(t, ", %u bytes", p.count);
    if ( p.done )
        text_put(t, " from %u on", p.done);
    if ( (unsigned int)a[0] == CONSOLEIO_write )
    {
        text_put(t, ", ");
        put_quoted(t, a[2] + p.done, p.count - p.done);
    }
}

static const char *const physdev_names[] = {
    [PHYSDEVOP_irq_status_query] = "irq_status_query",
    [PHYSDEVOP_set_iopl] = "set_iopl",
    [PHYSDEVOP_set_iobitmap] = "set_iobitmap",
    [PHYSDEVOP_apic_read] = "apic_read",
    [PHYSDEVOP_apic_write] = "apic_write",
    [PHYSDEVOP_alloc_irq_vector] = "alloc_irq_vector",
    [PHYSDEVOP_free_irq_vector] = "free_irq_vector",
    [PHYSDEVOP_eoi] = "eoi",
    [PHYSDEVOP_map_pirq] = "map_pirq",
    [PHYSDEVOP_unmap_pirq] = "unmap_pirq",
    [PHYSDEVOP_manage_pci_add] = "manage_pci_add",
    [PHYSDEVOP_manage_pci_remove] = "manage_pci_remove",
    [PHYSDEVOP_pirq_eoi_gmfn_v1] = "pirq_eoi_gmfn_v1",
    [PHYSDEVOP_restore_msi] = "restore_msi",
    [PHYSDEVOP_manage_pci_add_ext] = "manage_pci_add_ext",
    [PHYSDEVOP_setup_gsi] = "setup_gsi",
    [PHYSDEVOP_get_free_pirq] = "get_free_pirq",
    [PHYSDEVOP_pci_mmcfg_reserved] = "pci_mmcfg_reserved",
    [PHYSDEVOP_pci_device_add] = "pci_device_add",
    [PHYSDEVOP_pci_device_remove] = "pci_device_remove",
    [PHYSDEVOP_restore_msi_ext] = "restore_msi_ext",
    [PHYSDEVOP_pirq_eoi_gmfn_v2] = "pirq_eoi_gmfn_v2",
    [PHYSDEVOP_dbgp_op] = "dbgp_op",
    [PHYSDEVOP_prepare_msix] = "prepare_msix",
    [PHYSDEVOP_release_msix] = "release_msix",
};

static void put_physdev(struct text *t, unsigned int cmd, uint64_t va)
{
    uint32_t iopl;

    TEXT_NAME(t, physdev_names, cmd);
    if ( cmd == PHYSDEVOP_set_iopl && READ(iopl, va) )
        text_put(t, ", %u", iopl);
    else
        text_put(t, ", %#lx", va);
}

static void trace_physdev_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    put_physdev(t, (unsigned int)a[0], a[1]);
}

static void trace_physdev_op_compat(struct text *t, const unsigned long *a, uint64_t rsp)
{
    uint32_t cmd;

    if ( READ(cmd, a[0]) )
        put_physdev(t, cmd, a[0] + offsetof(struct physdev_op, u));
    else
        text_unreadable(t, a[0]);
}

static void trace_grant_table_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [GNTTABOP_map_grant_ref] = "map_grant_ref",
        [GNTTABOP_unmap_grant_ref] = "unmap_grant_ref",
        [GNTTABOP_setup_table] = "setup_table",
        [GNTTABOP_dump_table] = "dump_table",
        [GNTTABOP_transfer] = "transfer",
        [GNTTABOP_copy] = "copy",
        [GNTTABOP_query_size] = "query_size",
        [GNTTABOP_unmap_and_replace] = "unmap_and_replace",
        [GNTTABOP_set_version] = "set_version",
        [GNTTABOP_get_status_frames] = "get_status_frames",
        [GNTTABOP_get_version] = "get_version",
        [GNTTABOP_swap_grant_ref] = "swap_grant_ref",
        [GNTTABOP_cache_flush] = "cache_flush",
    };
    uint32_t version;

    TEXT_NAME(t, names, (unsigned int)a[0]);
    if ( (unsigned int)a[0] == GNTTABOP_set_version && READ(version, a[1]) )
        text_put(t, ", %u", version);
    else
        text_put(t, ", %#lx, %u", a[1], (unsigned int)a[2]);
}

static const char *const platform_names[] = {
    [XENPF_settime32] = "settime32",
    [XENPF_add_memtype] = "add_memtype",
    [XENPF_del_memtype] = "del_memtype",
    [XENPF_read_memtype] = "read_memtype",
    [XENPF_microcode_update] = "microcode_update",
    [XENPF_platform_quirk] = "platform_quirk",
    [XENPF_get_cpu_version] = "get_cpu_version",
    [XENPF_efi_runtime_call] = "efi_runtime_call",
    [XENPF_firmware_info] = "firmware_info",
    [XENPF_enter_acpi_sleep] = "enter_acpi_sleep",
    [XENPF_change_freq] = "change_freq",
    [XENPF_getidletime] = "getidletime",
    [XENPF_set_processor_pminfo] = "set_processor_pminfo",
    [XENPF_get_cpuinfo] = "get_cpuinfo",
    [XENPF_cpu_online] = "cpu_online",
    [XENPF_cpu_offline] = "cpu_offline",
    [XENPF_cpu_hotadd] = "cpu_hotadd",
    [XENPF_mem_hotadd] = "mem_hotadd",
    [XENPF_core_parking] = "core_parking",
    [XENPF_resource_op] = "resource_op",
    [XENPF_settime64] = "settime64",
    [XENPF_get_symbol] = "get_symbol",
};

static void trace_platform_op(struct text *t, const unsigned long *a, uint64_t rsp)
{
    struct xen_platform_op op;

    if ( !READ(op, a[0]) )
    {
        text_unreadable(t, a[0]);
        return;
    }
    TEXT_NAME(t, platform_names, op.cmd);
    switch ( op.cmd )
    {
    case XENPF_settime32:
        text_put(t, ", %u s %u ns at %lu ns", op.u.settime32.secs, op.u.settime32.nsecs,
                 op.u.settime32.system_time);
        break;
    case XENPF_settime64:
        text_put(t, ", %lu s %u ns at %lu ns", op.u.settime64.secs, op.u.settime64.nsecs,
                 op.u.settime64.system_time);
        break;
    case XENPF_firmware_info:
        text_put(t, ", type %u, index %u", op.u.firmware_info.type, op.u.firmware_info.index);
        break;
    case XENPF_enter_acpi_sleep: text_put(t, ", S%u", op.u.enter_acpi_sleep.sleep_state); break;
    case XENPF_get_cpuinfo: text_put(t, ", CPU %u", op.u.pcpu_info.xen_cpuid); break;
    case XENPF_get_cpu_version: text_put(t, ", CPU %u", op.u.pcpu_version.xen_cpuid); break;
    case XENPF_cpu_online:
    case XENPF_cpu_offline: text_put(t, ", CPU %u", op.u.cpu_ol.cpuid); break;
    default: break;
    }
}

static void trace_mca(struct text *t, const unsigned long *a, uint64_t rsp)
{
    static const char *const names[] = {
        [XEN_MC_fetch] = "fetch",
        [XEN_MC_notifydomain] = "notifydomain",
        [XEN_MC_physcpuinfo] = "physcpuinfo",
        [XEN_MC_msrinject] = "msrinject",
        [XEN_MC_mceinject] = "mceinject",
    };
    struct xen_mc op;

    if ( !READ(op, a[0]) )
    {
        text_unreadable(t, a[0]);
        return;
    }
    TEXT_NAME(t, names, op.cmd);
    switch ( op.cmd )
    {
    case XEN_MC_fetch:
        text_put(t, ", %s%s", op.u.mc_fetch.flags & XEN_MC_URGENT ? "urgent" : "not urgent",
                 op.u.mc_fetch.flags & XEN_MC_ACK ? ", done with" : "");
        break;
    case XEN_MC_physcpuinfo:
        text_put(t, ", %u CPUs, %#lx", op.u.mc_physcpuinfo.ncpus,
                 (uint64_t)op.u.mc_physcpuinfo.info.p);
        break;
    default: break;
    }
}

static void trace_multicall(struct text *t, const unsigned long *a, uint64_t rsp)
{
    struct progress p = progress_decode(a[1]);

    text_put(t, "%u calls", p.count);
    if ( p.done )
        text_put(t, " from %u on", p.done);
}

static void trace_one_number(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "%u", (unsigned int)a[0]);
}

static void trace_set_debugreg(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "%u, %#lx", (unsigned int)a[0], a[1]);
}

/* A call that no text is made for: two numbers tell which, as all of these have a command and a pointer. */
static void trace_command(struct text *t, const unsigned long *a, uint64_t rsp)
{
    text_put(t, "command %u, %#lx", (unsigned int)a[0], a[1]);
}

static void trace_structure(struct text *t, const unsigned long *a, uint64_t rsp)
{
    uint32_t cmd;

    if ( READ(cmd, a[0]) )
        text_put(t, "command %u", cmd);
    else
        text_unreadable(t, a[0]);
}

/* ---- 3. The table --------------------------------------------------------------------------- */

static const struct
{
    const char *name;
    void (*decode)(struct text *t, const unsigned long *a, uint64_t rsp);
} calls[] = {
#define CALL(name_)             [__HYPERVISOR_##name_] = { #name_, trace_##name_ }
#define CALL_AS(name_, decode_) [__HYPERVISOR_##name_] = { #name_, decode_ }
    CALL(set_trap_table),
    CALL(mmu_update),
    CALL(set_gdt),
    CALL(stack_switch),
    CALL(set_callbacks),
    CALL_AS(fpu_taskswitch, trace_one_number),
    CALL(sched_op_compat),
    CALL(platform_op),
    CALL(set_debugreg),
    CALL_AS(get_debugreg, trace_one_number),
    CALL(update_descriptor),
    CALL(memory_op),
    CALL(multicall),
    CALL(update_va_mapping),
    CALL(set_timer_op),
    CALL(event_channel_op_compat),
    CALL(xen_version),
    CALL(console_io),
    CALL(physdev_op_compat),
    CALL(grant_table_op),
    CALL(vm_assist),
    CALL(update_va_mapping_otherdomain),
    CALL(iret),
    CALL(vcpu_op),
    CALL(set_segment_base),
    CALL(mmuext_op),
    CALL_AS(xsm_op, trace_structure),
    CALL_AS(nmi_op, trace_command),
    CALL(sched_op),
    CALL(callback_op),
    CALL_AS(xenoprof_op, trace_command),
    CALL(event_channel_op),
    CALL(physdev_op),
    CALL_AS(hvm_op, trace_command),
    CALL_AS(sysctl, trace_structure),
    CALL_AS(domctl, trace_structure),
    CALL_AS(kexec_op, trace_command),
    CALL_AS(tmem_op, trace_structure),
    CALL_AS(argo_op, trace_command),
    CALL_AS(xenpmu_op, trace_command),
    CALL_AS(dm_op, trace_one_number),
    CALL_AS(hypfs_op, trace_command),
    CALL(mca),
#undef CALL
#undef CALL_AS
};

const char *trace_name(unsigned long nr)
{
    return nr < ARRAY_SIZE(calls) ? calls[nr].name : NULL;
}

void trace_decode(char *buf, size_t size, unsigned long nr, const unsigned long *args, uint64_t rsp)
{
    struct text t = { .buf = buf, .size = size };

    if ( !trace_name(nr) )
    {
        text_put(&t, "hypercall %lu(%#lx, %#lx, %#lx, %#lx, %#lx)", nr, args[0], args[1], args[2],
                 args[3], args[4]);
        return;
    }
    text_put(&t, "%s(", calls[nr].name);
    calls[nr].decode(&t, args, rsp);
    if ( t.len == size - 1 )
        memcpy(buf + size - 5, "...", 3); /* cut off */
    t.len = MIN(t.len, size - 2);
    text_put(&t, ")");
}

/* The ABI's name of an error, or NULL. */
static const char *error_name(long err)
{
    static const struct
    {
        int value;
        const char *name;
    } names[] = {
#define ERROR(name_, value_) { value_, #name_ },
        XEN_ERRNO_LIST(ERROR)
#undef ERROR
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(names); i++ )
        if ( names[i].value == err )
            return names[i].name;
    return NULL;
}

static void put_result(struct text *t, long ret)
{
    const char *error = ret < 0 && ret > -200 ? error_name(-ret) : NULL;

    if ( error )
        text_put(t, "-%s", error);
    else
        text_put(t, ret > 65535 || ret < 0 ? "%#lx" : "%ld", ret);
}

void trace_decode_result(char *buf, size_t size, unsigned long nr, const unsigned long *args,
                         long ret, const char *reason)
{
    struct text t = { .buf = buf, .size = size };
    uint32_t port;

    buf[0] = '\0';
    if ( nr == __HYPERVISOR_iret )
        return; /* the guest gets all its registers from the frame */
    text_put(&t, " = ");
    put_result(&t, ret);
    if ( nr == __HYPERVISOR_event_channel_op && ret == 0 )
    {
        port = evtchn_new_port((unsigned int)args[0], args[1]);
        if ( port )
            text_put(&t, ", port %u", port);
    }
    if ( reason[0] )
        text_put(&t, ": %s", reason);
}
