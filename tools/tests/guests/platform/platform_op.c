/* SPDX-License-Identifier: GPL-2.0-only */
/* platform_op: who may, what is answered, and arguments that lead nowhere. */
#include <public/platform.h>
#include "buffers.h"
#include "suite.h"

static struct xen_platform_op op;

static struct xen_platform_op *fresh(uint32_t cmd)
{
    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return &op;
}

static long call(const void *arg)
{
    return HYPERCALL(platform_op, arg, 0, 0, 0, 0);
}

/* As the initial domain; every other is refused. */
static long allowed(long rc)
{
    return initial_domain() ? rc : -XEN_EPERM;
}

TEST("platform-op-refusals", "platform_op: who is refused, and arguments that are none", 0)
{
    static const uint32_t unknown[] = { 0, 1, 16, 18, 34, 36, 47, 64, 999, ~0U };
    struct xen_platform_op *at;

    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
        check_rc(call((void *)bad_addresses[i].address), -XEN_EFAULT, "argument: %s",
                 bad_addresses[i].name);
    fresh(XENPF_get_cpuinfo)->interface_version = XENPF_INTERFACE_VERSION + 1;
    check_rc(call(&op), -XEN_EACCES, "a later version");
    op.interface_version = 0;
    check_rc(call(&op), -XEN_EACCES, "version 0");
    fresh(999)->interface_version = 0;
    check_rc(call(&op), -XEN_EACCES, "version 0, an operation that is not there");
    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(call(fresh(unknown[i])), allowed(-XEN_ENOSYS), "operation %u", unknown[i]);

    at = before_hole(sizeof(op));
    *at = *fresh(XENPF_get_cpuinfo);
    check_rc(call(at), allowed(0), "an argument that ends at a page's end");
    at = before_hole(sizeof(op) - 1);
    memcpy(at, &op, sizeof(op) - 1);
    check_rc(call(at), -XEN_EFAULT, "one that ends a byte behind it");
    check_rc(call(read_only_copy(fresh(XENPF_get_cpuinfo), sizeof(op))), allowed(-XEN_EFAULT),
             "get_cpuinfo in a read-only page");
    check_rc(call(read_only_copy(fresh(XENPF_get_cpu_version), sizeof(op))), allowed(-XEN_EFAULT),
             "get_cpu_version in a read-only page");
}

TEST("platform-op-others", "platform_op: what an ordinary domain may not, operation by operation",
     TEST_DOMU)
{
    static const struct
    {
        uint32_t cmd;
        const char *name;
    } all[] = {
#define OP(name) { XENPF_##name, #name }
        OP(settime32),        OP(settime64),
        OP(add_memtype),      OP(del_memtype),
        OP(read_memtype),     OP(platform_quirk),
        OP(get_cpu_version),  OP(efi_runtime_call),
        OP(firmware_info),    OP(enter_acpi_sleep),
        OP(change_freq),      OP(getidletime),
        OP(get_cpuinfo),      OP(cpu_online),
        OP(cpu_offline),      OP(cpu_hotadd),
        OP(mem_hotadd),       OP(core_parking),
        OP(resource_op),      OP(get_symbol),
        OP(microcode_update), OP(set_processor_pminfo),
#undef OP
    };
    uint32_t version = shared_info->wc_version;

    for ( unsigned int i = 0; i < ARRAY_SIZE(all); i++ )
        check_rc(call(fresh(all[i].cmd)), -XEN_EPERM, "%s", all[i].name);
    check_eq(shared_info->wc_version, version, "the wall clock's version");
}

/* ---- Processors ---- */

TEST("physical-cpus", "platform_op: the machine's processors", TEST_INITIAL)
{
    struct xenpf_pcpuinfo *info = &op.u.pcpu_info;
    struct xenpf_pcpu_version *v = &op.u.pcpu_version;
    uint32_t last;

    check_rc(call(fresh(XENPF_get_cpuinfo)), 0, "get_cpuinfo 0");
    check_eq(info->flags, XEN_PCPU_FLAGS_ONLINE, "it is online");
    check_eq(info->xen_cpuid, 0, "its number");
    last = info->max_present;
    printf("# %u processors; APIC id %u, ACPI id %u\n", last + 1, info->apic_id, info->acpi_id);
    check(last < 4096, "there is a last one");
    fresh(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = last;
    check_rc(call(&op), 0, "get_cpuinfo of the last");
    check_eq(info->flags, XEN_PCPU_FLAGS_ONLINE, "it is online");
    fresh(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = last + 1;
    check_rc(call(&op), 0, "get_cpuinfo of one behind it");
    check_eq(info->flags, XEN_PCPU_FLAGS_INVALID, "there is none");
    check_eq(info->max_present, last, "the last one is the same");
    fresh(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = ~0U;
    check_rc(call(&op), 0, "get_cpuinfo ~0");
    check_eq(info->flags, XEN_PCPU_FLAGS_INVALID, "there is none");

    check_rc(call(fresh(XENPF_get_cpu_version)), 0, "get_cpu_version 0");
    check(v->family >= 6 && v->vendor_id[0] >= 'A' && v->vendor_id[11] >= 'A', "tells a vendor");
    check_eq(v->max_present, last, "the last one is the same");
    fresh(XENPF_get_cpu_version)->u.pcpu_version.xen_cpuid = ~0U;
    memset(v->vendor_id, 'x', sizeof(v->vendor_id));
    check_rc(call(&op), 0, "get_cpu_version ~0");
    check(!v->vendor_id[0] && !v->vendor_id[11] && !v->family && !v->model && !v->stepping,
          "tells nothing");

    check_rc(call(fresh(XENPF_cpu_online)), 0, "cpu_online 0");
    check_rc(call(fresh(XENPF_cpu_offline)), -XEN_EOPNOTSUPP, "cpu_offline 0");
    fresh(XENPF_cpu_online)->u.cpu_ol.cpuid = last + 1;
    check_rc(call(&op), -XEN_EINVAL, "cpu_online of one that is not there");
    fresh(XENPF_cpu_offline)->u.cpu_ol.cpuid = last + 1;
    check_rc(call(&op), -XEN_EINVAL, "cpu_offline of one that is not there");
    fresh(XENPF_cpu_online)->u.cpu_ol.cpuid = ~0U;
    check_rc(call(&op), -XEN_EINVAL, "cpu_online ~0");
    fresh(XENPF_cpu_offline)->u.cpu_ol.cpuid = ~0U;
    check_rc(call(&op), -XEN_EINVAL, "cpu_offline ~0");
}

/* ---- What stays the hypervisor's ---- */

TEST("platform-op-unsupported", "platform_op: what is not offered", TEST_INITIAL)
{
    static const uint32_t none[] = { XENPF_efi_runtime_call, XENPF_change_freq, XENPF_getidletime };

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
        check_rc(call(fresh(none[i])), -XEN_ENOSYS, "operation %u", none[i]);
    /* A hypervisor that has these refuses what they are asked for. */
    fresh(XENPF_add_memtype)->u.add_memtype.type = 99;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "add_memtype, type 99");
    fresh(XENPF_del_memtype)->u.del_memtype.reg = 200;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "del_memtype, register 200");
    fresh(XENPF_read_memtype)->u.read_memtype.reg = 200;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "read_memtype, register 200");
    check_rc_any(call(fresh(XENPF_microcode_update)), -XEN_ENOSYS, -XEN_EINVAL,
                 "microcode_update, 0 bytes");
    check_rc_any(call(fresh(XENPF_platform_quirk)), -XEN_ENOSYS, -XEN_EINVAL, "platform_quirk 0");
    check_rc_any(call(fresh(XENPF_enter_acpi_sleep)), -XEN_ENOSYS, -XEN_EINVAL,
                 "enter_acpi_sleep, S0");
    fresh(XENPF_set_processor_pminfo)->u.set_pminfo.type = 99;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "set_processor_pminfo, type 99");
    fresh(XENPF_cpu_hotadd)->u.cpu_add = (struct xenpf_cpu_hotadd){ ~0U, ~0U, 0 };
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "cpu_hotadd ~0");
    check_rc_any(call(fresh(XENPF_mem_hotadd)), -XEN_ENOSYS, -XEN_EINVAL, "mem_hotadd, no frames");
    check_rc_any(call(fresh(XENPF_core_parking)), -XEN_ENOSYS, -XEN_EINVAL, "core_parking, type 0");
    fresh(XENPF_resource_op)->u.resource_op.nr_entries = ~0U;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_EINVAL, "resource_op, ~0 entries");
    fresh(XENPF_get_symbol)->u.symdata.symnum = 10000000;
    check_rc_any(call(&op), -XEN_ENOSYS, -XEN_ERANGE, "get_symbol 10000000");
}

/* ---- Time of day ---- */

#define SECOND 1000000000ULL

/* The wall clock now, in seconds, by the shared page. */
static uint64_t wall_seconds(void)
{
    uint64_t sec = (uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;

    return sec + (shared_info->wc_nsec + system_time() % SECOND) / SECOND + system_time() / SECOND;
}

static void now_is(uint64_t sec, const char *what)
{
    uint64_t got = wall_seconds();

    check(got - sec <= 1, "%s: the wall clock says so", what);
    if ( got - sec > 1 )
        printf("# %lu, wanted %lu\n", got, sec);
    check_eq(shared_info->wc_version & 1, 0, "%s: and is not being written", what);
    check(shared_info->wc_nsec < SECOND, "%s: less than a second of ns", what);
}

static long settime64(uint64_t sec, uint32_t ns, uint64_t at)
{
    fresh(XENPF_settime64)->u.settime64 =
        (struct xenpf_settime64){ .secs = sec, .nsecs = ns, .system_time = at };
    return call(&op);
}

TEST("settime", "platform_op: the time of day", TEST_INITIAL)
{
    uint64_t old = (uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;
    uint32_t old_ns = shared_info->wc_nsec, version = shared_info->wc_version;

    check_rc(settime64(1234567890, 5, system_time()), 0, "settime64");
    now_is(1234567890, "2009");
    check(shared_info->wc_version != version, "its version is another");
    check_rc(settime64(0x123456789, 0, system_time()), 0, "settime64 beyond 2106");
    now_is(0x123456789, "2125");
    check_rc(settime64(1000, 3999999999U, system_time()), 0, "settime64, 3999999999 ns");
    now_is(1003, "3.999 s of ns");
    check_rc(settime64(0, 0, system_time()), 0, "settime64 0");
    now_is(0, "1970");
    fresh(XENPF_settime32)->u.settime32 =
        (struct xenpf_settime32){ .secs = 0xffffff00, .nsecs = 7, .system_time = system_time() };
    check_rc(call(&op), 0, "settime32");
    now_is(0xffffff00, "2106");
    fresh(XENPF_settime64)->u.settime64.mbz = 1;
    check_rc(call(&op), -XEN_EINVAL, "settime64, the field that must be 0");
    now_is(0xffffff00, "refused");
    check_rc(settime64(~0UL, ~0U, 0), 0, "settime64 ~0");
    check_rc(settime64(0, 0, ~0UL), 0, "settime64 at system time ~0");
    check(shared_info->wc_nsec < SECOND, "less than a second of ns");
    check_rc(settime64(old, old_ns, 0), 0, "settime64 as it was");
    check_eq(shared_info->wc_sec, (uint32_t)old, "wc_sec");
    check_eq(shared_info->wc_nsec, old_ns, "wc_nsec");
}

/* ---- Firmware ---- */

static long firmware(uint32_t type, uint32_t index)
{
    fresh(XENPF_firmware_info)->u.firmware_info.type = type;
    op.u.firmware_info.index = index;
    return call(&op);
}

TEST("firmware-info", "platform_op: what the firmware said", TEST_INITIAL)
{
    check_rc(firmware(XEN_FW_DISK_INFO, 1000), -XEN_ESRCH, "disk 1000");
    check_rc(firmware(XEN_FW_DISK_MBR_SIGNATURE, 1000), -XEN_ESRCH, "boot record of disk 1000");
    check_rc(firmware(XEN_FW_VBEDDC_INFO, 1), -XEN_ESRCH, "monitor 1");
    check_rc(firmware(XEN_FW_KBD_SHIFT_FLAGS, 1), -XEN_ESRCH, "keyboard 1");
    check_rc(firmware(0, 0), -XEN_EINVAL, "type 0");
    check_rc(firmware(6, 0), -XEN_EINVAL, "type 6");
    check_rc(firmware(~0U, ~0U), -XEN_EINVAL, "type ~0");
    fresh(XENPF_efi_runtime_call);
    check_rc(call(&op), -XEN_ENOSYS, "a call of EFI that is not there");
    check_rc(firmware(XEN_FW_EFI_INFO, XEN_FW_EFI_VERSION), -XEN_ENOSYS, "EFI, started by a BIOS");
}
