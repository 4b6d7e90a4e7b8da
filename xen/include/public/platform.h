/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_platform_op(struct xen_platform_op *): how the initial domain rules the machine. Others get -XEN_EPERM.
 *   1. time of day
 *   2. memory types, microcode, quirks
 *   3. firmware: EFI calls, what the BIOS said
 *   4. power: sleep, frequency, idle time, C and P states
 *   5. physical processors and memory
 *   6. registers, symbols
 *   7. the call's argument
 */
#ifndef __XEN_PUBLIC_PLATFORM_H__
#define __XEN_PUBLIC_PLATFORM_H__

#include "xen.h"

/* xen_platform_op.interface_version; with another one the answer is -XEN_EACCES. */
#define XENPF_INTERFACE_VERSION 0x03000001

/* xen_platform_op.cmd; the argument is the member of u that is named behind it. */
#define XENPF_settime32            17 /* settime32 */
#define XENPF_add_memtype          31 /* add_memtype */
#define XENPF_del_memtype          32 /* del_memtype */
#define XENPF_read_memtype         33 /* read_memtype */
#define XENPF_microcode_update     35 /* microcode */
#define XENPF_platform_quirk       39 /* platform_quirk */
#define XENPF_get_cpu_version      48 /* pcpu_version */
#define XENPF_efi_runtime_call     49 /* efi_runtime_call */
#define XENPF_firmware_info        50 /* firmware_info */
#define XENPF_enter_acpi_sleep     51 /* enter_acpi_sleep */
#define XENPF_change_freq          52 /* change_freq */
#define XENPF_getidletime          53 /* getidletime */
#define XENPF_set_processor_pminfo 54 /* set_pminfo */
#define XENPF_get_cpuinfo          55 /* pcpu_info */
#define XENPF_cpu_online           56 /* cpu_ol */
#define XENPF_cpu_offline          57 /* cpu_ol */
#define XENPF_cpu_hotadd           58 /* cpu_add */
#define XENPF_mem_hotadd           59 /* mem_add */
#define XENPF_core_parking         60 /* core_parking */
#define XENPF_resource_op          61 /* resource_op */
#define XENPF_settime64            62 /* settime64 */
#define XENPF_get_symbol           63 /* symdata */

/* The plain name is the one that fits into its time. */
#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define XENPF_settime XENPF_settime32
#define xenpf_settime xenpf_settime32
#else
#define XENPF_settime XENPF_settime64
#define xenpf_settime xenpf_settime64
#endif

/* xenpf_platform_quirk.quirk_id */
#define QUIRK_NOIRQBALANCING     1 /* leave the I/O APIC's destinations alone */
#define QUIRK_IOAPIC_BAD_REGSEL  2 /* the I/O APIC forgets its register select */
#define QUIRK_IOAPIC_GOOD_REGSEL 3 /* it does not */

/* xenpf_efi_runtime_call.function: the runtime services of the UEFI specification. */
#define XEN_EFI_get_time                      1
#define XEN_EFI_set_time                      2
#define XEN_EFI_get_wakeup_time               3
#define XEN_EFI_set_wakeup_time               4
#define XEN_EFI_get_next_high_monotonic_count 5
#define XEN_EFI_get_variable                  6
#define XEN_EFI_set_variable                  7
#define XEN_EFI_get_next_variable_name        8
#define XEN_EFI_query_variable_info           9
#define XEN_EFI_query_capsule_capabilities    10
#define XEN_EFI_update_capsule                11

/* xenpf_efi_runtime_call.misc, by function */
#define XEN_EFI_GET_TIME_SET_CLEARS_NS      0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_ENABLED     0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_PENDING     0x00000002
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE      0x00000001
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY 0x00000002
#define XEN_EFI_VARIABLE_NON_VOLATILE       0x00000001
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS 0x00000002
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS     0x00000004
#define XEN_EFI_VARINFO_BOOT_SNAPSHOT       0x00000001

/* xenpf_firmware_info.type; the answer is the member of u that is named behind it. */
#define XEN_FW_DISK_INFO            1 /* disk_info, of the index'th disk */
#define XEN_FW_DISK_MBR_SIGNATURE   2 /* disk_mbr_signature, of the index'th disk */
#define XEN_FW_VBEDDC_INFO          3 /* vbeddc_info */
#define XEN_FW_EFI_INFO             4 /* efi_info, by index: */
#define XEN_FW_EFI_VERSION          0 /* version */
#define XEN_FW_EFI_CONFIG_TABLE     1 /* cfg */
#define XEN_FW_EFI_VENDOR           2 /* vendor */
#define XEN_FW_EFI_MEM_INFO         3 /* mem: the range that contains addr */
#define XEN_FW_EFI_RT_VERSION       4 /* version */
#define XEN_FW_EFI_PCI_ROM          5 /* pci_rom */
#define XEN_FW_EFI_APPLE_PROPERTIES 6 /* apple_properties */
#define XEN_FW_KBD_SHIFT_FLAGS      5 /* kbd_shift_flags */

/* xenpf_enter_acpi_sleep.flags: hardware-reduced ACPI; val_a and val_b are sleep types. */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001

/* What xenpf_set_processor_pminfo can tell, as a mask and as a type. */
#define XEN_PROCESSOR_PM_CX 1
#define XEN_PROCESSOR_PM_PX 2
#define XEN_PROCESSOR_PM_TX 4
#define XEN_PM_CX           0 /* u.power */
#define XEN_PM_PX           1 /* u.perf */
#define XEN_PM_TX           2
#define XEN_PM_PDC          3 /* u.pdc */

/* xen_processor_performance.flags: which ACPI objects were read. */
#define XEN_PX_PCT 1
#define XEN_PX_PSS 2
#define XEN_PX_PPC 4
#define XEN_PX_PSD 8

/* xen_processor_performance.shared_type: who keeps processors that change together in step. */
#define XEN_CPUPERF_SHARED_TYPE_HW  1 /* the hardware */
#define XEN_CPUPERF_SHARED_TYPE_ALL 2 /* software: every one is to be set */
#define XEN_CPUPERF_SHARED_TYPE_ANY 3 /* software: any one will do */

/* xenpf_pcpuinfo.flags */
#define XEN_PCPU_FLAGS_ONLINE  1
#define XEN_PCPU_FLAGS_INVALID 2 /* there is no such processor; its ids mean nothing */

/* xenpf_core_parking.type */
#define XEN_CORE_PARKING_SET 1
#define XEN_CORE_PARKING_GET 2

/* xenpf_resource_entry.u.cmd; idx is the MSR. The TSC reads as system time in ns, together with the entry before it. */
#define XEN_RESOURCE_OP_MSR_READ  0
#define XEN_RESOURCE_OP_MSR_WRITE 1

#ifndef __ASSEMBLY__

/* ---- 1. Time of day ----------------------------------------------------------------------------------------------- */

/** It was secs, nsecs since 1970, UTC, when system time was so many ns: from this all domains' wall clocks are set. */
struct xenpf_settime32
{
    uint32_t secs;
    uint32_t nsecs;
    uint64_t system_time;
};
typedef struct xenpf_settime32 xenpf_settime32_t;

struct xenpf_settime64
{
    uint64_t secs;
    uint32_t nsecs;
    uint32_t mbz; /* 0, else -XEN_EINVAL */
    uint64_t system_time;
};
typedef struct xenpf_settime64 xenpf_settime64_t;
typedef struct xenpf_settime xenpf_settime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_settime_t);

/* ---- 2. Memory types, microcode, quirks ---------------------------------------------------------------------------- */

/** Give nr_mfns frames from mfn on a memory type, by a range register. */
struct xenpf_add_memtype
{
    xen_pfn_t mfn;
    uint64_t nr_mfns;
    uint32_t type;
    uint32_t handle; /* out: for del_memtype */
    uint32_t reg;    /* out */
};
typedef struct xenpf_add_memtype xenpf_add_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_add_memtype_t);

struct xenpf_del_memtype
{
    uint32_t handle; /* 0: not known */
    uint32_t reg;
};
typedef struct xenpf_del_memtype xenpf_del_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_del_memtype_t);

struct xenpf_read_memtype
{
    uint32_t reg;
    /* Out: */
    xen_pfn_t mfn;
    uint64_t nr_mfns;
    uint32_t type;
};
typedef struct xenpf_read_memtype xenpf_read_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_read_memtype_t);

struct xenpf_microcode_update
{
    XEN_GUEST_HANDLE(const_void) data;
    uint32_t length; /* bytes */
};
typedef struct xenpf_microcode_update xenpf_microcode_update_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_microcode_update_t);

struct xenpf_platform_quirk
{
    uint32_t quirk_id; /* QUIRK_* */
};
typedef struct xenpf_platform_quirk xenpf_platform_quirk_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_platform_quirk_t);

/* ---- 3. Firmware -------------------------------------------------------------------------------------------------- */

/** EFI_TIME. */
struct xenpf_efi_time
{
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t min;
    uint8_t sec;
    uint32_t ns;
    int16_t tz;
    uint8_t daylight;
};

/** EFI_GUID. */
struct xenpf_efi_guid
{
    uint32_t data1;
    uint16_t data2;
    uint16_t data3;
    uint8_t data4[8];
};

/** One call of a runtime service: what goes in and comes out, by function. Names are texts of 16-bit characters. */
struct xenpf_efi_runtime_call
{
    uint32_t function; /* XEN_EFI_get_time... */
    uint32_t misc; /* flags of the function; out: the count, for get_next_high_monotonic_count */
    xen_ulong_t status; /* out: EFI_STATUS */
    union
    {
        struct
        {
            struct xenpf_efi_time time;
            uint32_t resolution;
            uint32_t accuracy;
        } get_time;
        struct xenpf_efi_time set_time;
        struct xenpf_efi_time get_wakeup_time;
        struct xenpf_efi_time set_wakeup_time;
        struct
        {
            XEN_GUEST_HANDLE(void) name;
            xen_ulong_t size; /* of data, in bytes */
            XEN_GUEST_HANDLE(void) data;
            struct xenpf_efi_guid vendor_guid;
        } get_variable, set_variable;
        struct
        {
            xen_ulong_t size; /* of name, in bytes */
            XEN_GUEST_HANDLE(void) name;
            struct xenpf_efi_guid vendor_guid;
        } get_next_variable_name;
        struct
        {
            uint32_t attr;
            uint64_t max_store_size;
            uint64_t remain_store_size;
            uint64_t max_size;
        } query_variable_info;
        struct
        {
            XEN_GUEST_HANDLE(void) capsule_header_array;
            xen_ulong_t capsule_count;
            uint64_t max_capsule_size;
            uint32_t reset_type;
        } query_capsule_capabilities;
        struct
        {
            XEN_GUEST_HANDLE(void) capsule_header_array;
            xen_ulong_t capsule_count;
            uint64_t sg_list; /* a machine address */
        } update_capsule;
    } u;
};
typedef struct xenpf_efi_runtime_call xenpf_efi_runtime_call_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_efi_runtime_call_t);

/** What EFI said. */
union xenpf_efi_info
{
    uint32_t version;
    struct
    {
        uint64_t addr; /* of the configuration tables */
        uint32_t nent;
    } cfg;
    struct
    {
        uint32_t revision;
        uint32_t bufsz; /* in: bytes of name */
        XEN_GUEST_HANDLE(void) name;
    } vendor;
    struct
    {
        uint64_t addr; /* in and out, as size is */
        uint64_t size;
        uint64_t attr;
        uint32_t type;
    } mem;
    struct
    {
        /* In: the device. */
        uint16_t segment;
        uint8_t bus;
        uint8_t devfn;
        uint16_t vendor;
        uint16_t devid;
        /* Out: its ROM. */
        uint64_t address;
        xen_ulong_t size;
    } pci_rom;
    struct
    {
        uint64_t address;
        xen_ulong_t size;
    } apple_properties;
};

/** What the firmware said while the machine was still in its hands. */
struct xenpf_firmware_info
{
    uint32_t type;  /* XEN_FW_* */
    uint32_t index; /* which one of that type */
    union
    {
        struct
        {
            uint8_t device; /* its BIOS number */
            uint8_t version;
            uint16_t interface_support;   /* INT 13, AH = 41 */
            uint16_t legacy_max_cylinder; /* these three: INT 13, AH = 8 */
            uint8_t legacy_max_head;
            uint8_t legacy_sectors_per_track;
            XEN_GUEST_HANDLE(void) edd_params; /* INT 13, AH = 48; its first 16 bits are its size */
        } disk_info;
        struct
        {
            uint8_t device;
            uint32_t mbr_signature; /* at offset 0x1b8 of the boot record */
        } disk_mbr_signature;
        struct
        {
            uint8_t capabilities;
            uint8_t edid_transfer_time;
            XEN_GUEST_HANDLE(uint8) edid; /* 128 bytes */
        } vbeddc_info;
        union xenpf_efi_info efi_info;
        uint8_t kbd_shift_flags; /* INT 16, AH = 2 */
    } u;
};
typedef struct xenpf_firmware_info xenpf_firmware_info_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_firmware_info_t);

/* ---- 4. Power ----------------------------------------------------------------------------------------------------- */

struct xenpf_enter_acpi_sleep
{
#if __XEN_INTERFACE_VERSION__ < 0x00040300
    uint16_t pm1a_cnt_val;
    uint16_t pm1b_cnt_val;
#else
    uint16_t val_a; /* what to write to PM1a_CNT, or a sleep type */
    uint16_t val_b; /* likewise for PM1b_CNT */
#endif
    uint32_t sleep_state; /* n of Sn */
    uint32_t flags;       /* XENPF_ACPI_SLEEP_* */
};
typedef struct xenpf_enter_acpi_sleep xenpf_enter_acpi_sleep_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_enter_acpi_sleep_t);

struct xenpf_change_freq
{
    uint32_t flags; /* 0 */
    uint32_t cpu;
    uint64_t freq; /* Hz */
};
typedef struct xenpf_change_freq xenpf_change_freq_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_change_freq_t);

/** How long processors have been idle, those whose bits are set. Processors that do not exist lose their bit, and read 0. */
struct xenpf_getidletime
{
    XEN_GUEST_HANDLE(uint8) cpumap_bitmap; /* in and out */
    uint32_t cpumap_nr_cpus;               /* bits there are */
    XEN_GUEST_HANDLE(uint64) idletime;     /* ns, one for each bit; written where the bit was set */
    uint64_t now;                          /* out: system time */
};
typedef struct xenpf_getidletime xenpf_getidletime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_getidletime_t);

/** A register as ACPI describes one. */
struct xen_power_register
{
    uint32_t space_id;
    uint32_t bit_width;
    uint32_t bit_offset;
    uint32_t access_size;
    uint64_t address;
};

/** _CSD: processors that change their C state together. */
struct xen_processor_csd
{
    uint32_t domain;
    uint32_t coord_type;
    uint32_t num;
};
typedef struct xen_processor_csd xen_processor_csd_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_csd_t);

/** _CST: one C state. */
struct xen_processor_cx
{
    struct xen_power_register reg;
    uint8_t type;
    uint32_t latency;
    uint32_t power; /* mW */
    uint32_t dpcnt;
    XEN_GUEST_HANDLE(xen_processor_csd_t) dp; /* dpcnt of them */
};
typedef struct xen_processor_cx xen_processor_cx_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_cx_t);

struct xen_processor_flags
{
    uint32_t bm_control : 1;
    uint32_t bm_check : 1;
    uint32_t has_cst : 1;
    uint32_t power_setup_done : 1;
    uint32_t bm_rld_set : 1;
};

struct xen_processor_power
{
    uint32_t count;
    struct xen_processor_flags flags;
    XEN_GUEST_HANDLE(xen_processor_cx_t) states; /* count of them */
};

/** _PCT */
struct xen_pct_register
{
    uint8_t descriptor;
    uint16_t length;
    uint8_t space_id;
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t reserved;
    uint64_t address;
};

/** _PSS: one P state. */
struct xen_processor_px
{
    uint64_t core_frequency;     /* MHz */
    uint64_t power;              /* mW */
    uint64_t transition_latency; /* us */
    uint64_t bus_master_latency; /* us */
    uint64_t control;
    uint64_t status;
};
typedef struct xen_processor_px xen_processor_px_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_px_t);

/** _PSD: processors that change their P state together. */
struct xen_psd_package
{
    uint64_t num_entries;
    uint64_t revision;
    uint64_t domain;
    uint64_t coord_type;
    uint64_t num_processors;
};

struct xen_processor_performance
{
    uint32_t flags; /* XEN_PX_* */
    uint32_t platform_limit;
    struct xen_pct_register control_register;
    struct xen_pct_register status_register;
    uint32_t state_count;
    XEN_GUEST_HANDLE(xen_processor_px_t) states; /* state_count of them */
    struct xen_psd_package domain_info;
    uint32_t shared_type; /* XEN_CPUPERF_SHARED_TYPE_* */
};
typedef struct xen_processor_performance xen_processor_performance_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_performance_t);

/** What ACPI's objects of one processor say: only the initial domain can read them. */
struct xenpf_set_processor_pminfo
{
    uint32_t id;   /* its ACPI id */
    uint32_t type; /* XEN_PM_* */
    union
    {
        struct xen_processor_power power;
        struct xen_processor_performance perf;
        XEN_GUEST_HANDLE(uint32) pdc;
    } u;
};
typedef struct xenpf_set_processor_pminfo xenpf_set_processor_pminfo_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_set_processor_pminfo_t);

/* ---- 5. Processors and memory -------------------------------------------------------------------------------------- */

/** A physical processor, by the hypervisor's number. */
struct xenpf_pcpuinfo
{
    uint32_t xen_cpuid;
    /* Out: */
    uint32_t max_present; /* the highest number there is */
    uint32_t flags;       /* XEN_PCPU_FLAGS_* */
    uint32_t apic_id;
    uint32_t acpi_id;
};
typedef struct xenpf_pcpuinfo xenpf_pcpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpuinfo_t);

struct xenpf_pcpu_version
{
    uint32_t xen_cpuid;
    /* Out: */
    uint32_t max_present;
    char vendor_id[12]; /* no NUL behind it */
    uint32_t family;
    uint32_t model;
    uint32_t stepping;
};
typedef struct xenpf_pcpu_version xenpf_pcpu_version_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpu_version_t);

struct xenpf_cpu_ol
{
    uint32_t cpuid; /* the hypervisor's number */
};
typedef struct xenpf_cpu_ol xenpf_cpu_ol_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_cpu_ol_t);

struct xenpf_cpu_hotadd
{
    uint32_t apic_id;
    uint32_t acpi_id;
    uint32_t pxm; /* proximity domain */
};
typedef struct xenpf_cpu_hotadd xenpf_cpu_hotadd_t;

/** Frames from spfn to below epfn are there now. */
struct xenpf_mem_hotadd
{
    uint64_t spfn;
    uint64_t epfn;
    uint32_t pxm;
    uint32_t flags;
};
typedef struct xenpf_mem_hotadd xenpf_mem_hotadd_t;

struct xenpf_core_parking
{
    uint32_t type;      /* XEN_CORE_PARKING_* */
    uint32_t idle_nums; /* so many processors are to be idle; out for GET: are */
};
typedef struct xenpf_core_parking xenpf_core_parking_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_core_parking_t);

/* ---- 6. Registers, symbols ------------------------------------------------------------------------------------------ */

struct xenpf_resource_entry
{
    union
    {
        uint32_t cmd; /* XEN_RESOURCE_OP_* */
        int32_t ret;  /* out: why this entry was not done */
    } u;
    uint32_t rsvd; /* 0 */
    uint64_t idx;
    uint64_t val; /* in or out */
};
typedef struct xenpf_resource_entry xenpf_resource_entry_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_entry_t);

/** Accesses on one processor, in order and without a break. The call returns how many were done. */
struct xenpf_resource_op
{
    uint32_t nr_entries;
    uint32_t cpu;
    XEN_GUEST_HANDLE(xenpf_resource_entry_t) entries;
};
typedef struct xenpf_resource_op xenpf_resource_op_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_op_t);

/** A symbol of the hypervisor. */
struct xenpf_symdata
{
    uint32_t namelen; /* in: room at name; out: length of the symbol, which may be more */
    uint32_t symnum;  /* in: which; out: the next, or the same when there is none */
    /* Out: */
    XEN_GUEST_HANDLE(char) name;
    uint64_t address;
    char type;
};
typedef struct xenpf_symdata xenpf_symdata_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_symdata_t);

/* ---- 7. The argument ------------------------------------------------------------------------------------------------ */

struct xen_platform_op
{
    uint32_t cmd;               /* XENPF_* */
    uint32_t interface_version; /* XENPF_INTERFACE_VERSION */
    union
    {
        xenpf_settime_t settime;
        xenpf_settime32_t settime32;
        xenpf_settime64_t settime64;
        xenpf_add_memtype_t add_memtype;
        xenpf_del_memtype_t del_memtype;
        xenpf_read_memtype_t read_memtype;
        xenpf_microcode_update_t microcode;
        xenpf_platform_quirk_t platform_quirk;
        xenpf_efi_runtime_call_t efi_runtime_call;
        xenpf_firmware_info_t firmware_info;
        xenpf_enter_acpi_sleep_t enter_acpi_sleep;
        xenpf_change_freq_t change_freq;
        xenpf_getidletime_t getidletime;
        xenpf_set_processor_pminfo_t set_pminfo;
        xenpf_pcpuinfo_t pcpu_info;
        xenpf_pcpu_version_t pcpu_version;
        xenpf_cpu_ol_t cpu_ol;
        xenpf_cpu_hotadd_t cpu_add;
        xenpf_mem_hotadd_t mem_add;
        xenpf_core_parking_t core_parking;
        xenpf_resource_op_t resource_op;
        xenpf_symdata_t symdata;
        uint8_t pad[128];
    } u;
};
typedef struct xen_platform_op xen_platform_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_platform_op_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_PLATFORM_H__ */
