/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: the hypercalls beside memory and traps. Each copies a structure from or to an address that the guest chose, and may
 * be given a command, a size or a count that makes no sense. Every byte copied out must be one that the hypervisor meant to tell.
 */
#include "suite.h"

const char guest_name[] = "calls";

#define UNMAPPED   ((void *)0xdead0000UL)
#define HYPERVISOR ((void *)MACH2PHYS_VIRT_START)

TEST("xen-version", "xen_version: every command", 0)
{
    static char buf[4096];
    struct xen_feature_info f = { .submap_idx = 0 };
    struct xen_platform_parameters pp;
    struct xen_compile_info ci;
    long v = hyp_xen_version(XENVER_version, NULL);

    check(v >> 16 == 4 && (v & 0xffff) >= 17, "version %ld.%ld", v >> 16, v & 0xffff);
    memset(buf, 0x5a, sizeof(buf));
    check_rc(hyp_xen_version(XENVER_extraversion, buf), 0, "extraversion");
    printf("# \"%s\"\n", buf);
    check(strlen(buf) < 16, "it fits");
    for ( unsigned int i = (unsigned int)strlen(buf); i < 16; i++ )
        if ( buf[i] )
            check(false, "extraversion: byte %u behind the text is 0x%x", i, (unsigned char)buf[i]);
    check_eq((unsigned char)buf[16], 0x5a, "nothing behind 16 bytes is touched");
    memset(&ci, 0x5a, sizeof(ci));
    check_rc(hyp_xen_version(XENVER_compile_info, &ci), 0, "compile_info");
    printf("# \"%s\" \"%s\" \"%s\" \"%s\"\n", ci.compiler, ci.compile_by, ci.compile_domain,
           ci.compile_date);
    check(!ci.compiler[sizeof(ci.compiler) - 1] && !ci.compile_date[sizeof(ci.compile_date) - 1],
          "texts end inside their fields");
    memset(buf, 0x5a, sizeof(buf));
    check_rc(hyp_xen_version(XENVER_capabilities, buf), 0, "capabilities");
    check(strstr(buf, "xen-3.0-x86_64") != NULL, "they name xen-3.0-x86_64");
    unsigned int junk = 0;
    for ( size_t i = strlen(buf); i < 1024; i++ )
        junk += buf[i] != 0;
    check_eq(junk, 0, "capabilities: all 1024 bytes are written");
    memset(buf, 0x5a, sizeof(buf));
    check_rc(hyp_xen_version(XENVER_changeset, buf), 0, "changeset");
    check(strlen(buf) < 64, "changeset fits");
    check_rc(hyp_xen_version(XENVER_platform_parameters, &pp), 0, "platform_parameters");
    check_eq(pp.virt_start, 0xffff800000000000UL, "virt_start");
    check_rc(hyp_xen_version(XENVER_get_features, &f), 0, "get_features");
    printf("# features 0x%x\n", f.submap);
    check_eq(f.submap & 0xf, 0, "features 0 to 3 are never there");
    check_eq(f.submap >> 5 & 7, 7, "features 5, 6, 7 are there");
    check_eq(f.submap >> 13 & 1, 1, "feature 13 is there");
    check_eq(f.submap >> 11 & 1, initial_domain(), "feature 11 tells an initial domain");
    f.submap_idx = 1;
    check_rc_any(hyp_xen_version(XENVER_get_features, &f), -XEN_EINVAL, 0,
                 "get_features, submap 1");
    f.submap_idx = 99;
    check_rc(hyp_xen_version(XENVER_get_features, &f), -XEN_EINVAL, "get_features, submap 99");
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "pagesize");
    memset(buf, 0x5a, 16);
    check_rc(hyp_xen_version(XENVER_guest_handle, buf), 0, "guest_handle");
    memset(buf, 0x5a, sizeof(buf));
    check_rc_any(hyp_xen_version(XENVER_commandline, buf), 0, -XEN_EPERM, "commandline");
    check_rc(hyp_xen_version(99, buf), -XEN_ENOSYS, "command 99");
    check_rc(hyp_xen_version(XENVER_extraversion, UNMAPPED), -XEN_EFAULT,
             "extraversion to an unmapped address");
    check_rc(hyp_xen_version(XENVER_capabilities, HYPERVISOR), -XEN_EFAULT,
             "capabilities to hypervisor space");
    check_rc(hyp_xen_version(XENVER_get_features, HYPERVISOR), -XEN_EFAULT,
             "get_features in hypervisor space");
    check_rc(hyp_xen_version(XENVER_platform_parameters, (void *)0x7ffffffffffcUL), -XEN_EFAULT,
             "over the canonical edge");
}

TEST("memory-op-queries", "memory_op: queries", 0)
{
    struct xen_machphys_mapping mm;
    struct xen_memory_map map = { 0 };
    uint16_t self = DOMID_SELF, other = 5;
    long total, rc;

    check_rc(hyp_memory_op(XENMEM_machphys_mapping, &mm), 0, "machphys_mapping");
    check_eq(mm.v_start, 0xffff800000000000UL, "v_start");
    check(mm.max_mfn > 0 && mm.max_mfn < 0x10000000, "max_mfn 0x%lx", mm.max_mfn);
    check(M2P[mm.max_mfn] | 1, "the last M2P entry can be read");
    check_rc(hyp_memory_op(XENMEM_machphys_mapping, UNMAPPED), -XEN_EFAULT,
             "machphys_mapping, unmapped");
    total = hyp_memory_op(XENMEM_current_reservation, &self);
    check_rc(total, (long)start_info->nr_pages, "current_reservation is nr_pages");
    rc = hyp_memory_op(XENMEM_maximum_reservation, &self);
    check(rc >= total, "maximum_reservation %ld is at least that", rc);
    check_rc_any(hyp_memory_op(XENMEM_current_reservation, &other), -XEN_ESRCH, -XEN_EPERM,
                 "current_reservation of domain 5");
    rc = hyp_memory_op(XENMEM_maximum_ram_page, NULL);
    check(rc > 0, "maximum_ram_page 0x%lx", rc);
    map.nr_entries = 8;
    set_xen_guest_handle(map.buffer, (void *)page_alloc());
    check_rc_any(hyp_memory_op(XENMEM_memory_map, &map), -XEN_ENOSYS, 0, "memory_map");
    check_rc(hyp_memory_op(63, &map), -XEN_ENOSYS, "command 63");
}

TEST("memory-op-reservation", "decrease_reservation and populate_physmap", TEST_ALONE)
{
    struct xen_memory_reservation r = { .domid = DOMID_SELF };
    uint16_t self = DOMID_SELF;
    long total = hyp_memory_op(XENMEM_current_reservation, &self);
    uint64_t list[8], mfn;

    mfn = spare_mfn();
    uint64_t pfn = M2P[mfn];
    list[0] = mfn;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
    r.nr_extents = 1;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 1, "give a frame back");
    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), total - 1, "one less");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "give the same back again");
    void *win = window_alloc();
    check(hyp_update_va_mapping(win, pte(mfn, PTE_RO_PAGE), 0) < 0, "it cannot be mapped any more");
    list[0] = pfn;
    check_rc(hyp_memory_op(XENMEM_populate_physmap, &r), 1, "take a frame for that PFN");
    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), total, "as many as before");
    check_eq(M2P[list[0]], pfn, "M2P of the new frame");
    check_rc(hyp_update_va_mapping(win, pte(list[0], PTE_RW_PAGE), UVMF_INVLPG), 0, "map it");
    unsigned int dirty = 0;
    for ( unsigned int i = 0; i < 512; i++ )
        dirty += ((volatile uint64_t *)win)[i] != 0;
    check_eq(dirty, 0, "it is zeroed");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap it");
    uint64_t *table = page_alloc();
    list[0] = virt_to_mfn(table);
    page_set_ro(table);
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, list[0], 0), 0, "pin a page as L4");
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 1,
             "give it back (it stays ours until the last use is gone)");
    check(hyp_update_va_mapping(win, pte(virt_to_mfn(table), PTE_RW_PAGE), 0) < 0,
          "it still cannot be mapped writable");
    list[0] = 0x100;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "give a frame of the hypervisor");
    list[0] = ~0UL;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "give mfn ~0");
    list[0] = 1;
    r.extent_order = 20;
    check_rc(hyp_memory_op(XENMEM_populate_physmap, &r), 0, "take an extent of order 20");
    r.extent_order = 255;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "give an extent of order 255");
    r.extent_order = 0;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)UNMAPPED);
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "list unmapped");
    r.nr_extents = ~0UL;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "~0 extents");
    r.nr_extents = 0;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "0 extents");
    check_rc(hyp_memory_op(XENMEM_populate_physmap, UNMAPPED), 0,
             "populate_physmap, argument unmapped");
    r.nr_extents = 1;
    r.domid = 5;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
    check_rc_any(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, -XEN_ESRCH, "for domain 5");
}

TEST("multicall", "multicall: results, nesting, lists", 0)
{
    struct multicall_entry m[4];
    void *win = window_alloc();
    uint64_t good = pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE);

    memset(m, 0, sizeof(m));
    m[0].op = __HYPERVISOR_xen_version;
    m[1].op = __HYPERVISOR_update_va_mapping;
    m[1].args[0] = (unsigned long)win;
    m[1].args[1] = pte(root_mfn, PTE_RW_PAGE);
    m[2].op = 60;
    m[3].op = __HYPERVISOR_update_va_mapping;
    m[3].args[0] = (unsigned long)win;
    m[3].args[1] = good;
    m[3].args[2] = UVMF_INVLPG;
    check_rc(hyp_multicall(m, 4), 0, "four calls");
    check(m[0].result == hyp_xen_version(XENVER_version, NULL), "result of the first");
    check_rc((long)m[1].result, -XEN_EBUSY, "result of one that is refused");
    check_rc((long)m[2].result, -XEN_ENOSYS, "result of one that does not exist");
    check_rc((long)m[3].result, 0, "result of one behind them");
    check_eq(*pt_entry(win, 1) & PTE_ADDR, good & PTE_ADDR, "it took effect");
    check_rc(hyp_multicall(m, 0), 0, "no calls");
    check_rc(hyp_multicall(NULL, 0), 0, "no calls, no list");
    check_rc(hyp_multicall(UNMAPPED, 1), -XEN_EFAULT, "list unmapped");
    check_rc(hyp_multicall(HYPERVISOR, 1), -XEN_EFAULT, "list in hypervisor space");
    m[0].op = __HYPERVISOR_multicall;
    m[0].args[0] = (unsigned long)&m[1];
    m[0].args[1] = 1;
    m[1].op = __HYPERVISOR_xen_version;
    m[1].args[0] = m[1].args[1] = 0;
    check_rc(hyp_multicall(m, 1), 0, "a multicall in a multicall");
    check_rc((long)m[0].result, -XEN_EINVAL, "is refused");
    m[0].op = ~0UL;
    check_rc(hyp_multicall(m, 1), 0, "operation ~0");
    check_rc((long)m[0].result, -XEN_ENOSYS, "is refused");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap");

    struct multicall_entry *ro = page_alloc();
    ro[0].op = __HYPERVISOR_xen_version;
    page_set_ro(ro);
    check_rc(hyp_multicall(ro, 1), -XEN_EFAULT, "a list that cannot take its results");
}

TEST("vcpu-op", "vcpu_op: vCPUs, runstate, time area", 0)
{
    struct vcpu_runstate_info rs;
    struct vcpu_register_runstate_memory_area area = { .addr.h = { 0 } };
    struct vcpu_register_time_memory_area t = { .addr.p = 0 };
    static struct vcpu_runstate_info live __attribute__((aligned(64)));
    static struct vcpu_time_info live_time __attribute__((aligned(64)));

    check_rc(hyp_vcpu_op(VCPUOP_is_up, 0, NULL), 1, "is_up of vCPU 0");
    check_rc(hyp_vcpu_op(VCPUOP_is_up, 1, NULL), -XEN_ENOENT, "is_up of vCPU 1");
    check_rc(hyp_vcpu_op(VCPUOP_is_up, 8191, NULL), -XEN_ENOENT, "is_up of vCPU 8191");
    check_rc(hyp_vcpu_op(VCPUOP_is_up, ~0u, NULL), -XEN_ENOENT, "is_up of vCPU ~0");
    check_rc(hyp_vcpu_op(VCPUOP_up, 1, NULL), -XEN_ENOENT, "up of vCPU 1");
    check_rc(hyp_vcpu_op(99, 0, NULL), -XEN_ENOSYS, "command 99");
    memset(&rs, 0, sizeof(rs));
    check_rc(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, &rs), 0, "get_runstate_info");
    check_eq((uint64_t)rs.state, RUNSTATE_running, "it is running");
    check(rs.time[RUNSTATE_running] > 0, "for some time");
    set_xen_guest_handle(area.addr.h, &live);
    check_rc(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0,
             "register_runstate_memory_area");
    check_eq((uint64_t)live.state, RUNSTATE_running, "it is filled at once");
    set_xen_guest_handle(t.addr.h, &live_time);
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &t), 0,
             "register_vcpu_time_memory_area");
    check_eq(live_time.tsc_to_system_mul, vcpu_info()->time.tsc_to_system_mul,
             "it is filled at once");
    set_xen_guest_handle(area.addr.h, (void *)NULL);
    check_rc(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0,
             "register_runstate_memory_area, NULL");
    set_xen_guest_handle(area.addr.h, (struct vcpu_runstate_info *)HYPERVISOR);
    check_rc(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), -XEN_EFAULT,
             "the same in hypervisor space");
    check_rc(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, HYPERVISOR), -XEN_EFAULT,
             "get_runstate_info to hypervisor space");
}

/* From here on vcpu_info is elsewhere. */
TEST("register-vcpu-info", "VCPUOP_register_vcpu_info", TEST_ALONE)
{
    static char page[4096] __attribute__((aligned(4096)));
    struct vcpu_register_vcpu_info r = { .mfn = virt_to_mfn(page), .offset = 4096 - 63 };
    struct vcpu_info *info = (struct vcpu_info *)(page + 128);

    check_rc_any(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_ENXIO, -XEN_EINVAL,
                 "over the end of the page");
    r.offset = 1 << 31;
    check_rc_any(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_ENXIO, -XEN_EINVAL,
                 "a huge offset");
    r.offset = 128;
    r.mfn = ~0UL;
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL, "mfn ~0");
    r.mfn = root_mfn;
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL, "the running L4");
    r.mfn = virt_to_mfn(page);
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_info, 1, &r), -XEN_ENOENT, "of vCPU 1");
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), 0, "a good one");
    check_eq(info->evtchn_pending_sel, ~0UL, "all selectors are set");
    check_eq(info->evtchn_upcall_pending, 1, "pending is set");
    check_eq(info->evtchn_upcall_mask, 1, "the mask is as it was");
    check_eq(info->time.tsc_to_system_mul, vcpu_info()->time.tsc_to_system_mul,
             "the time is there");
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL, "a second time");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page), 0), -XEN_EINVAL,
             "its page cannot become a table");
}

TEST("unknown-hypercalls", "numbers without a hypercall", 0)
{
    static const unsigned int none[] = { 38, 39, 47, 56, 62, 63 };

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
        check_rc(hypercall_raw(none[i], 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall %u", none[i]);
    check_rc(hypercall_raw(64, 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall 64");
    check_rc(hypercall_raw(1000, 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall 1000");
    check_rc(hypercall_raw(~0UL, 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall ~0");
    check_rc(hypercall_raw(1UL << 32 | 17, 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall 2^32 + 17");
}

TEST("vm-assist", "vm_assist", 0)
{
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
             "enable writable_pagetables");
    check_rc(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0, "disable it");
    check_rc(hyp_vm_assist(VMASST_CMD_enable, 31), -XEN_EINVAL, "enable 31");
    check_rc(hyp_vm_assist(VMASST_CMD_enable, 64), -XEN_EINVAL, "enable 64");
    check_rc(hyp_vm_assist(VMASST_CMD_enable, ~0u), -XEN_EINVAL, "enable ~0");
    check_rc(hyp_vm_assist(2, 2), -XEN_ENOSYS, "command 2");
}

TEST("sched-op-refusals", "sched_op: commands and arguments", 0)
{
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield");
    check_rc(hyp_sched_op(99, NULL), -XEN_ENOSYS, "command 99");
    check_rc(hyp_sched_op(SCHEDOP_shutdown, UNMAPPED), -XEN_EFAULT, "shutdown, argument unmapped");
    check_rc(hyp_sched_op(SCHEDOP_poll, HYPERVISOR), -XEN_EFAULT,
             "poll, argument in hypervisor space");
}

TEST("console-io-refusals", "console_io: commands and buffers", 0)
{
    check_rc(hyp_console_io(CONSOLEIO_write, 0, "x"), 0, "write 0 bytes");
    check_rc(hyp_console_io(CONSOLEIO_write, 5, UNMAPPED), -XEN_EFAULT,
             "write from an unmapped address");
    check_rc(hyp_console_io(CONSOLEIO_write, 5, HYPERVISOR), -XEN_EFAULT,
             "write from hypervisor space");
    check_rc(hyp_console_io(99, 5, "x"), -XEN_ENOSYS, "command 99");
}
