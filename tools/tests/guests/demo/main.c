/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of `make run`: it shows a newcomer what a paravirtualised kernel does, step by step, and what the hypervisor
 * does not let it do. It ends by itself: power-off when all went as told, SHUTDOWN_crash (and a line that says which step) when not.
 */
#include "guest.h"

const char guest_name[] = "demo";

static unsigned int step_nr;

static void step(const char *title)
{
    printf("\n%2u. %s\n", ++step_nr, title);
}

/* A line of the current step. */
static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("      %s\n", text);
}

/* A named value. */
static void __attribute__((format(printf, 2, 3))) show(const char *name, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    printf("      %-22s %s\n", name, text);
}

/* One request and its answer, which must be @want. */
static void request(const char *what, long rc, long want)
{
    printf("      %-54s %s %s\n", what,
           rc == 0 ? "->" : "-> refused:", rc == 0 ? "done" : errno_name(rc));
    if ( rc != want )
        panic("step %u: expected %s", step_nr, errno_name(want));
}

static void expect(bool holds, const char *what)
{
    printf("      %-54s -> %s\n", what, holds ? "yes" : "NO");
    if ( !holds )
        panic("step %u misbehaves", step_nr);
}

static void read_hypervisor(void)
{
    static const struct
    {
        unsigned int bit;
        const char *name;
    } features[] = {
        { XENFEAT_writable_page_tables, "writable_page_tables" },
        { XENFEAT_writable_descriptor_tables, "writable_descriptor_tables" },
        { XENFEAT_auto_translated_physmap, "auto_translated_physmap" },
        { XENFEAT_supervisor_mode_kernel, "supervisor_mode_kernel" },
        { XENFEAT_pae_pgdir_above_4gb, "pae_pgdir_above_4gb" },
        { XENFEAT_mmu_pt_update_preserve_ad, "mmu_pt_update_preserve_ad" },
        { XENFEAT_highmem_assist, "highmem_assist" },
        { XENFEAT_gnttab_map_avail_bits, "gnttab_map_avail_bits" },
        { XENFEAT_dom0, "dom0" },
        { 13, "virtual_p2m" },
    };
    struct xen_feature_info info = { .submap_idx = 0 };
    char extra[16] = "", caps[1024] = "";
    long version = hyp_xen_version(XENVER_version, NULL);

    step("Who is underneath? (xen_version)");
    hyp_xen_version(XENVER_extraversion, extra);
    hyp_xen_version(XENVER_capabilities, caps);
    show("interface version", "%ld.%ld%s", version >> 16, version & 0xffff, extra);
    show("capabilities", "%s", caps);
    if ( hyp_xen_version(XENVER_get_features, &info) )
        panic("step %u: no features", step_nr);
    show("feature bits", "0x%x", info.submap);
    for ( unsigned int i = 0; i < ARRAY_SIZE(features); i++ )
        if ( info.submap >> features[i].bit & 1 )
            show("", "bit %2u  XENFEAT_%s", features[i].bit, features[i].name);
}

/* An initial domain is told where it may draw. */
static void show_screen(const struct start_info *si)
{
    const struct dom0_vga_console_info *s =
        (const void *)((const char *)si + si->console.dom0.info_off);

    if ( !si->console.dom0.info_size )
        show("screen", "none");
    else if ( s->video_type == XEN_VGATYPE_TEXT_MODE_3 )
        show("screen", "text of %u columns and %u rows", s->u.text_mode_3.columns,
             s->u.text_mode_3.rows);
    else
        show("screen", "%s framebuffer at 0x%lx, %ux%u, %u bits a pixel",
             s->video_type == XEN_VGATYPE_EFI_LFB ? "EFI" : "VESA",
             (uint64_t)s->u.vesa_lfb.ext_lfb_base << 32 | s->u.vesa_lfb.lfb_base,
             s->u.vesa_lfb.width, s->u.vesa_lfb.height, s->u.vesa_lfb.bits_per_pixel);
}

static void read_start_info(void)
{
    static const struct
    {
        unsigned long flag;
        const char *name;
    } flags[] = {
        { SIF_PRIVILEGED, "PRIVILEGED" },           { SIF_INITDOMAIN, "INITDOMAIN" },
        { SIF_MULTIBOOT_MOD, "MULTIBOOT_MOD" },     { SIF_MOD_START_PFN, "MOD_START_PFN" },
        { SIF_VIRT_P2M_4TOOLS, "VIRT_P2M_4TOOLS" },
    };
    const struct start_info *si = start_info;
    char names[128] = "";
    unsigned int len = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
        if ( si->flags & flags[i].flag )
            len += (unsigned int)snprintf(names + len, sizeof(names) - len, " %s", flags[i].name);
    step("What was I given? (start_info)");
    show("start_info at", "%p", (const void *)si);
    show("magic", "%s", si->magic);
    show("memory", "%lu pages, %lu MiB", si->nr_pages, si->nr_pages >> 8);
    show("flags", "0x%x%s", si->flags, names);
    show("shared_info", "machine address 0x%lx", si->shared_info);
    show("page tables", "%lu pages at 0x%lx, the L4 first", si->nr_pt_frames, si->pt_base);
    show("p2m list", "at 0x%lx", si->mfn_list);
    if ( initial_domain() )
    {
        show("console", "console_io hypercalls (initial domain)");
        show_screen(si);
    }
    else
    {
        show("console ring", "mfn 0x%lx, event channel %u", si->console.domU.mfn,
             si->console.domU.evtchn);
        show("xenstore ring", "mfn 0x%lx, event channel %u", si->store_mfn, si->store_evtchn);
    }
    show("command line", "\"%s\"", (const char *)si->cmd_line);
}

/* Days since 1970 as a date, proleptic Gregorian. */
static void show_date(uint32_t sec)
{
    uint64_t days = sec / 86400, era, doe, yoe, doy, mp;

    days += 719468;
    era = days / 146097;
    doe = days % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    uint64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;

    show("wall clock at boot", "%04lu-%02lu-%02lu %02u:%02u:%02u UTC",
         yoe + era * 400 + (month <= 2), month, day, sec / 3600 % 24, sec / 60 % 60, sec % 60);
}

static void read_shared_info(void)
{
    const struct vcpu_time_info *t = &vcpu_info()->time;

    step("What do we share? (shared_info)");
    show("mapped at", "%p by update_va_mapping", (void *)shared_info);
    show_date(shared_info->wc_sec);
    show("TSC scale", "mul 0x%x, shift %d", t->tsc_to_system_mul, t->tsc_shift);
    show("system time", "%lu ns", system_time());
    show("event upcalls", "%s on vCPU 0", vcpu_info()->evtchn_upcall_mask ? "masked" : "enabled");
    if ( !t->tsc_to_system_mul )
        panic("step %u: no time scale", step_nr);
}

static void look_up_frames(void)
{
    uint64_t pfn = (uint64_t)page_alloc() >> 12, mfn = pfn_to_mfn(pfn);

    step("My pages are numbered twice (p2m and M2P)");
    say("pfn 0x%lx is mine to name; the machine calls that frame mfn 0x%lx.", pfn, mfn);
    say("The hypervisor's table at 0x%lx leads back: M2P[0x%lx] = 0x%lx.", (unsigned long)M2P, mfn,
        M2P[mfn]);
    expect(M2P[mfn] == pfn, "do both tables agree?");
}

static void map_a_page(void)
{
    volatile uint64_t *page = page_alloc(), *window = window_alloc();

    step("Mapping a page of mine a second time");
    request("update_va_mapping(window, page, writable)",
            hyp_update_va_mapping(window, pte(virt_to_mfn(page), PTE_RW_PAGE), UVMF_INVLPG), 0);
    window[0] = 0xc0ffee;
    say("wrote 0x%lx through the window, the page holds 0x%lx", window[0], page[0]);
    expect(page[0] == 0xc0ffee, "is it the same memory?");
    request("update_va_mapping(window, nothing)", hyp_update_va_mapping(window, 0, UVMF_INVLPG), 0);
}

static void store_to(void *arg)
{
    *(volatile uint64_t *)arg = 0;
}

static void try_to_cheat(void)
{
    void *window = window_alloc();
    uint64_t l1 = pt_table_mfn(window, 1), root = root_mfn;

    step("Trying to get a writable view of my page tables");
    say("Whoever can write page tables can map anything. The hypervisor says why not:");
    request("map my running L4 table writable",
            hyp_update_va_mapping(window, pte(root, PTE_RW_PAGE), 0), -XEN_EBUSY);
    request("map an L1 table writable", hyp_update_va_mapping(window, pte(l1, PTE_RW_PAGE), 0),
            -XEN_EBUSY);
    request("map machine frame 0x100, which is not mine",
            hyp_update_va_mapping(window, pte(0x100, PTE_RO_PAGE), 0), -XEN_EBUSY);
    request("map the L1 table read-only",
            hyp_update_va_mapping(window, pte(l1, PTE_RO_PAGE), UVMF_INVLPG), 0);
    say("Reading tables is allowed: entry 0 of that L1 is 0x%lx.", *(volatile uint64_t *)window);
    expect(probe(store_to, (void *)pt_entry(window, 4)) && probe_regs.vector == TRAP_PF,
           "does a direct store to my L4 raise a page fault?");
    request("update_va_mapping(window, nothing)", hyp_update_va_mapping(window, 0, UVMF_INVLPG), 0);
}

static uint64_t *l4;

static void build_and_pin(void)
{
    uint64_t *l1 = page_alloc();

    step("Building page tables of my own and pinning them");
    l4 = page_alloc();
    say("A new L4 at mfn 0x%lx: a copy of the running one.", virt_to_mfn(l4));
    memcpy(l4, (const void *)(mfn_to_pfn(root_mfn) << 12), PAGE_SIZE);
    request("pin it as L4 while I can still write it",
            mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), -XEN_EINVAL);
    request("make its page read-only", page_set_ro(l4), 0);
    request("pin it as L4: every entry below is checked now",
            mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), 0);
    request("pin it again", mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4), 0), -XEN_EINVAL);
    request("make its page writable again", page_set_rw(l4), -XEN_EBUSY);
    say("An L1 with one bad entry: it maps my running L4 writable.");
    l1[7] = pte(root_mfn, PTE_RW_PAGE);
    request("make its page read-only", page_set_ro(l1), 0);
    request("pin it as L1", mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1), 0), -XEN_EBUSY);
}

static void read_cr3(void *arg)
{
    uint64_t v;

    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    *(uint64_t *)arg = v;
}

static void switch_base(void)
{
    uint64_t cr3 = 0, old = root_mfn;

    step("Switching to them (NEW_BASEPTR) and back");
    request("NEW_BASEPTR(new L4)", mmuext(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0);
    probe(read_cr3, &cr3);
    say("Still here. CR3, as the hypervisor lets me read it, is 0x%lx.", cr3);
    expect(cr3 == virt_to_mfn(l4) << 12, "is that the new L4?");
    request("NEW_BASEPTR(old L4)", mmuext(MMUEXT_NEW_BASEPTR, old, 0), 0);
    request("unpin the new L4", mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4), 0), 0);
    request("now its page may be writable again", page_set_rw(l4), 0);
}

static unsigned long in_user_mode(unsigned long arg)
{
    return arg * 2;
}

static unsigned long touch_null(unsigned long arg)
{
    return *(volatile unsigned long *)arg;
}

static void user_mode(void)
{
    unsigned long result = 0;

    step("User mode: a second root table, the same CPL 3");
    expect(user_call(in_user_mode, 21, &result) && result == 42,
           "21 * 2 computed in user mode, back by SYSCALL?");
    expect(!user_call(touch_null, 0xdead0000, NULL) && probe_regs.vector == TRAP_PF &&
               (probe_regs.error & PF_U),
           "is a page fault there told apart from the kernel's?");
    say("fault address 0x%lx, error code 0x%lx (user)", probe_cr2, probe_regs.error);
}

static void events(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_send send;
    uint64_t start, end;
    unsigned int ticks;

    step("Events and time");
    request("bind an event channel to myself", hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi), 0);
    request("bind the virtual timer", hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    event_set_mask(ipi.port, false);
    event_set_mask(virq.port, false);
    events_unmask();
    send.port = ipi.port;
    request("send to it", hyp_event_channel_op(EVTCHNOP_send, &send), 0);
    expect(event_count[ipi.port] == 1, "did the upcall come?");
    /* A tick of the periodic timer may have come before it was stopped. */
    ticks = event_count[virq.port];
    start = system_time();
    request("set the timer to 20 ms from now", hyp_set_timer_op(start + 20000000), 0);
    while ( event_count[virq.port] == ticks )
        hyp_sched_op(SCHEDOP_block, NULL);
    end = system_time();
    events_mask();
    say("slept in SCHEDOP_block, woken after %lu us", (end - start) / 1000);
    expect(end - start >= 20000000, "was that late enough?");
}

void guest_main(void)
{
    printf("\n"
           "Hello. I am a paravirtualised kernel: I run in ring 3, without any device or\n"
           "page table of the real machine. All I need I ask of the hypervisor underneath.\n");
    read_hypervisor();
    read_start_info();
    read_shared_info();
    look_up_frames();
    map_a_page();
    try_to_cheat();
    build_and_pin();
    switch_base();
    user_mode();
    events();
    printf("\nThat was all, and all of it went as it should. Powering off.\n");
}
