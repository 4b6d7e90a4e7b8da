// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/platform_op.c
// cflags: -fno-sanitize=null
/* platform_op on a machine of three processors: who may, what is answered, and where the answer goes. */
#include "fake_hv.h"
#include <public/platform.h>
#include <asm/cpu.h>
#include <asm/pcpu.h>

struct cpu_features cpu_features = {
    .vendor_id = "GenuineIntel", .family = 6, .model = 0x9e, .stepping = 10
};

unsigned int pcpu_count(void)
{
    return 3;
}

struct pcpu pcpu_get(unsigned int cpu)
{
    return (struct pcpu){ .apic_id = cpu * 2 };
}

uint32_t pcpu_acpi_id(uint32_t apic_id)
{
    return apic_id == 4 ? ACPI_ID_NONE : apic_id + 100;
}

static struct
{
    uint64_t sec, system_time;
    uint32_t nsec;
    unsigned int times;
} set;

void guest_wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
    set.sec = sec;
    set.nsec = nsec;
    set.system_time = system_time;
    set.times++;
}

#define AT 0x100
static struct xen_platform_op *const op = (struct xen_platform_op *)(guest_mem + AT);

static struct xen_platform_op *new_op(void)
{
    memset(op, 0x5a, sizeof(*op));
    op->interface_version = XENPF_INTERFACE_VERSION;
    return op;
}

static long call(uint32_t cmd)
{
    op->cmd = cmd;
    return do_platform_op(GVA(AT), 0, 0, 0, 0);
}

static void test_who(void)
{
    unsigned int refused = 0;

    new_op();
    dom.initial = false;
    for ( uint32_t cmd = 0; cmd < 80; cmd++ )
        refused += call(cmd) == -EPERM;
    is_u64(refused, 80, "an ordinary domain is refused everything");
    is_u64(set.times, 0, "and the clock is as it was");
    op->interface_version++;
    is_int(call(XENPF_get_cpuinfo), -EACCES, "another version");
    dom.initial = true;
    is_int(call(XENPF_get_cpuinfo), -EACCES, "of the initial domain too");
    is_int(do_platform_op(BAD_VA, 0, 0, 0, 0), -EFAULT, "not mapped");
    is_int(do_platform_op(HV_VA, 0, 0, 0, 0), -EFAULT, "in the hypervisor");
    is_int(do_platform_op(NONCANON_VA, 0, 0, 0, 0), -EFAULT, "not canonical");
    is_int(do_platform_op(GVA(sizeof(guest_mem) - sizeof(*op) + 1), 0, 0, 0, 0), -EFAULT,
           "a byte too few");
}

static void test_time(void)
{
    new_op()->u.settime32 =
        (struct xenpf_settime32){ .secs = 0xfffffff0, .nsecs = 3, .system_time = 1UL << 40 };
    is_int(call(XENPF_settime32), 0, "settime32");
    ok(set.sec == 0xfffffff0 && set.nsec == 3 && set.system_time == 1UL << 40, "is carried out");
    new_op()->u.settime64 =
        (struct xenpf_settime64){ .secs = 1UL << 33, .nsecs = 4, .system_time = 5 };
    is_int(call(XENPF_settime64), 0, "settime64");
    ok(set.sec == 1UL << 33 && set.nsec == 4 && set.system_time == 5, "is carried out");
    op->u.settime64.mbz = 1;
    is_int(call(XENPF_settime64), -EINVAL, "settime64, the field that must be 0");
    is_u64(set.times, 2, "is not");
}

static void test_processors(void)
{
    const struct xenpf_pcpuinfo *info = &op->u.pcpu_info;
    const struct xenpf_pcpu_version *v = &op->u.pcpu_version;
    bool untouched = true;

    new_op()->u.pcpu_info.xen_cpuid = 1;
    is_int(call(XENPF_get_cpuinfo), 0, "get_cpuinfo");
    ok(info->xen_cpuid == 1 && info->max_present == 2 && info->flags == XEN_PCPU_FLAGS_ONLINE &&
           info->apic_id == 2 && info->acpi_id == 102,
       "it is online, and these are its ids");
    for ( size_t i = sizeof(*info); i < sizeof(op->u); i++ )
        untouched &= op->u.pad[i] == 0x5a;
    ok(untouched, "nothing behind them is written");
    new_op()->u.pcpu_info.xen_cpuid = 2;
    is_int(call(XENPF_get_cpuinfo), 0, "one that the firmware does not tell of");
    is_u64(info->acpi_id, ~0U, "has no id of the firmware's");
    new_op()->u.pcpu_info.xen_cpuid = 3;
    is_int(call(XENPF_get_cpuinfo), 0, "one that is not there");
    ok(info->flags == XEN_PCPU_FLAGS_INVALID && info->max_present == 2, "is invalid");
    new_op()->u.pcpu_info.xen_cpuid = ~0U;
    ok(call(XENPF_get_cpuinfo) == 0 && info->flags == XEN_PCPU_FLAGS_INVALID, "nor is the last");

    new_op()->u.pcpu_version.xen_cpuid = 2;
    is_int(call(XENPF_get_cpu_version), 0, "get_cpu_version");
    ok(!memcmp(v->vendor_id, "GenuineIntel", 12) && v->family == 6 && v->model == 0x9e &&
           v->stepping == 10 && v->max_present == 2,
       "is what CPUID said");
    new_op()->u.pcpu_version.xen_cpuid = 3;
    is_int(call(XENPF_get_cpu_version), 0, "of one that is not there");
    ok(!v->vendor_id[0] && !v->vendor_id[11] && !v->family && !v->model && !v->stepping,
       "is all zeroes");

    new_op()->u.cpu_ol.cpuid = 2;
    is_int(call(XENPF_cpu_online), 0, "the last processor is online");
    is_int(call(XENPF_cpu_offline), -EOPNOTSUPP, "and stays so");
    op->u.cpu_ol.cpuid = 3;
    is_int(call(XENPF_cpu_online), -EINVAL, "there is none behind it");
    is_int(call(XENPF_cpu_offline), -EINVAL, "to take away");
}

static void test_answers_that_cannot_be_written(void)
{
    new_op()->u.pcpu_info.xen_cpuid = 0;
    guest_unwritable[0] = true;
    is_int(call(XENPF_get_cpuinfo), -EFAULT, "get_cpuinfo in a read-only page");
    is_int(call(XENPF_get_cpu_version), -EFAULT, "get_cpu_version in a read-only page");
    guest_unwritable[0] = false;
}

static void test_others(void)
{
    static const struct
    {
        uint32_t type;
        long rc;
    } firmware[] = { { 0, -EINVAL }, { 1, -ESRCH }, { 2, -ESRCH },  { 3, -ESRCH },
                     { 4, -ENOSYS }, { 5, -ESRCH }, { 6, -EINVAL }, { ~0U, -EINVAL } };
    unsigned int refused = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(firmware); i++ )
    {
        new_op()->u.firmware_info.type = firmware[i].type;
        ok(call(XENPF_firmware_info) == firmware[i].rc, "firmware_info, type %u is %ld",
           firmware[i].type, firmware[i].rc);
    }
    for ( uint32_t cmd = 0; cmd < 80; cmd++ )
    {
        new_op();
        refused += call(cmd) == -ENOSYS;
    }
    is_u64(refused, 80 - 7, "all but seven operations");
}

int main(void)
{
    fake_init();
    test_who();
    test_time();
    test_processors();
    test_answers_that_cannot_be_written();
    test_others();
    return done();
}
