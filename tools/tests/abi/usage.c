/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that uses the public headers as guests do: every macro that is no plain number, the way it is meant to be used.
 * Compiled as C and as C++ by test_languages, and run on the host. Its exit status is the number of the line that is wrong.
 */
#include <public/xen.h>
#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/arch-x86/xen-mca.h>
#include <public/callback.h>
#include <public/elfnote.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/io/console.h>
#include <public/memory.h>
#include <public/nmi.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#define EINVAL    22
#define EACCES    13
#define EEXIST    17
#define EISDIR    21
#define ENOENT    2
#define ENOMEM    12
#define ENOSPC    28
#define EIO       5
#define ENOTEMPTY 39
#define ENOSYS    38
#define EROFS     30
#define EBUSY     16
#define EAGAIN    11
#define EISCONN   106
#define E2BIG     7
#define EPERM     1
#include <public/io/xs_wire.h>

#define CHECK(condition)                                                                           \
    do                                                                                             \
    {                                                                                              \
        if ( !(condition) )                                                                        \
            return __LINE__;                                                                       \
    } while ( 0 )

static int same(const char *a, const char *b)
{
    while ( *a && *a == *b )
    {
        a++;
        b++;
    }
    return *a == *b;
}

/* Handles: made from pointers, kept in structures, passed by value. */
static int check_handles(void)
{
    static xen_pfn_t frames[3];
    static unsigned char bitmap[8];
    struct xen_memory_reservation reservation;
    struct physdev_set_iobitmap iobitmap;
    XEN_GUEST_HANDLE(mmu_update_t) updates;
    XEN_GUEST_HANDLE(const_mmu_update_t) constant;
    XEN_GUEST_HANDLE_PARAM(void) anything;
    GUEST_HANDLE(mmuext_op) linux_style;
    struct mmu_update update = { 0, 0 };
    struct mmuext_op op;

    set_xen_guest_handle(reservation.extent_start, frames);
    CHECK(reservation.extent_start.p == frames);
    set_xen_guest_handle_raw(iobitmap.bitmap, bitmap);
    CHECK(iobitmap.bitmap.p == bitmap);
    set_xen_guest_handle(updates, &update);
    set_xen_guest_handle(constant, &update);
    CHECK(constant.p == updates.p);
    set_xen_guest_handle(anything, bitmap);
    CHECK(anything.p == bitmap);
    set_xen_guest_handle(linux_style, &op);
    CHECK(linux_style.p == &op);
#ifdef XEN_INTERFACE_IS_DEFAULT
    op.arg2.vcpumask = bitmap; /* a plain pointer for who has chosen no version */
    CHECK(op.arg2.vcpumask == bitmap);
#else
    set_xen_guest_handle(op.arg2.vcpumask, bitmap);
    CHECK(op.arg2.vcpumask.p == bitmap);
#endif
    return 0;
}

static int check_numbers(void)
{
    static char ring[2048];

    CHECK(xen_pfn_to_cr3(0x12345) == 0x12345000UL && xen_cr3_to_pfn(0x12345000) == 0x12345UL);
    CHECK(XEN_CPUID_LEAF(5) == 0x40000005);
    CHECK(XENMEMF_node(2) == 0x300 && XENMEMF_get_node(0x300) == 2);
    CHECK(XENMEMF_address_bits(32) == 32 && XENMEMF_get_address_bits(0x320) == 32);
    CHECK(XENMEMF_exact_node(0) == (0x100 | 1 << 17));
    CHECK(XENMEM_resource_ioreq_server_frame_ioreq(3) == 4);
    CHECK(xen_vcpu_physid_to_x86_apicid(0x700000005ULL) == 5);
    CHECK(xen_vcpu_physid_to_x86_acpiid(0x700000005ULL) == 7);
    CHECK(MASK_XENCONS_IDX(2048 + 7, ring) == 7 && MASK_XENSTORE_IDX(1024 + 9) == 9);
    CHECK(mk_unsigned_long(3) == 3UL && sizeof(mk_unsigned_long(3)) == sizeof(long));
    CHECK(xen_mk_uint(3) == 3U && xen_mk_ulong(3) == 3UL && xen_mk_ullong(3) == 3ULL);
    CHECK(GNTMAP_guest_avail_mask == 0xffff0000U);
    CHECK(NR_EVENT_CHANNELS == 4096 && EVTCHN_2L_NR_CHANNELS == 4096);
    CHECK(XEN_EXTRAVERSION_LEN == 16 && XEN_CAPABILITIES_INFO_LEN == 1024);
    CHECK(XEN_CHANGESET_INFO_LEN == 64);
    CHECK((unsigned long)machine_to_phys_mapping == 0xffff800000000000UL);
    CHECK(MACH2PHYS_NR_ENTRIES == 0x4000000000UL / 8);
    CHECK(XEN_CPUID_NO_SUBLEAF == 0xffffffffU);
    return 0;
}

/* Trap tables, and names that stand for fields. */
static int check_fields(void)
{
    struct trap_info gate = { 14, 0, FLAT_KERNEL_CS, 0 };
    static struct shared_info shared;
    struct cpu_user_regs regs;
    struct pvclock_vcpu_time_info *time = &shared.vcpu_info[0].time;

    TI_SET_DPL(&gate, 3);
    CHECK(TI_GET_DPL(&gate) == 3 && !TI_GET_IF(&gate));
    TI_SET_IF(&gate, 2);
    CHECK(TI_GET_IF(&gate) && gate.flags == 7);

    shared.wc_version = 2;
    shared.wc_sec = 5;
    CHECK(shared.wc.version == 2 && shared.wc.sec == 5 && &shared.wc.nsec == &shared.wc_nsec);
    shared.xen_wc_sec_hi = 1;
    CHECK(shared.wc_sec_hi == 1 && time->version == 0);

    regs.rax = 0x100000002UL;
    CHECK(regs.eax == 0x100000002UL &&
          regs._eax == 2); /* as Xen: the short name is the whole register */
    return 0;
}

static int check_texts(void)
{
    static const char *const messages[] = GNTTABOP_error_msgs;
    xen_uuid_t uuid =
        XEN_DEFINE_UUID(0x00112233, 0x4455, 0x6677, 0x8899, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff);
    unsigned int i;

    CHECK(sizeof(messages) / sizeof(messages[0]) == 1 - GNTST_no_space);
    for ( i = 0; i < 16; i++ )
        CHECK(uuid.a[i] == i * 0x11);
    CHECK(same(XEN_CPUID, ".byte 0x0f,0x0b,0x78,0x65,0x6e ; cpuid"));
    for ( i = 0; xsd_errors[i].errnum != EPERM; i++ )
        ;
    CHECK(i == sizeof(xsd_errors) / sizeof(xsd_errors[0]) - 1 &&
          same(xsd_errors[i].errstring, "EPERM"));
    return 0;
}

/* errno.h three times: the enumeration above, and two lists of one's own. */
static int check_errors(void)
{
    static const int numbers[] = {
#define XEN_ERRNO(name, value) value,
#include <public/errno.h>
        0
    };
    static const int named[] = {
#define XEN_ERRNO(name, value) XEN_##name,
#include <public/errno.h>
        0
    };
    unsigned int i;

    CHECK(XEN_EPERM == 1 && XEN_ENOSYS == 38 && XEN_ECONNREFUSED == 111);
    for ( i = 0; numbers[i]; i++ )
        CHECK(numbers[i] == named[i]);
    CHECK(i == sizeof(named) / sizeof(named[0]) - 1 && i > 45);
    return 0;
}

/* The records of a machine check, of different sizes, one behind the other. */
static int check_records(void)
{
    static struct mc_info info;
    struct mcinfo_common *record = x86_mcinfo_first(&info), *found;
    struct mc_info *none = 0;
    struct xen_platform_op op;

    info.mi_nentries = 2;
    record->type = MC_TYPE_GLOBAL;
    record->size = sizeof(struct mcinfo_global);
    record = x86_mcinfo_next(record);
    record->type = MC_TYPE_BANK;
    record->size = sizeof(struct mcinfo_bank);
    CHECK((char *)record == (char *)info.mi_data + 32 && x86_mcinfo_nentries(&info) == 2);
    x86_mcinfo_lookup(found, &info, MC_TYPE_GLOBAL);
    CHECK(found == x86_mcinfo_first(&info));
    x86_mcinfo_lookup(found, &info, MC_TYPE_BANK);
    CHECK(found == record);
    x86_mcinfo_lookup(found, &info, MC_TYPE_RECOVERY);
    CHECK(!found);
    x86_mcinfo_lookup(found, none, MC_TYPE_GLOBAL);
    CHECK(!found);
    op.cmd = XENPF_settime;
    CHECK(op.cmd == (sizeof(struct xenpf_settime) == 16 ? 17U : 62U));
    return 0;
}

int main(void)
{
    int (*const check[])(void) = { check_handles, check_numbers, check_fields,
                                   check_texts,   check_errors,  check_records };
    unsigned int i;
    int line;

    for ( i = 0; i < sizeof(check) / sizeof(check[0]); i++ )
        if ( (line = check[i]()) != 0 )
            return line < 255 ? line : 255;
    return 0;
}
