/* SPDX-License-Identifier: GPL-2.0-only */
/* What a domain is told: registers, start_info, shared_info. */
#include "start.h"

TEST("start-registers", "the registers at the first instruction", 0)
{
    const struct start_regs *r = &start_regs;

    check_eq(r->rsi, (uint64_t)start_info, "rsi is start_info");
    check_eq(r->rsp, stack_end(), "rsp is the end of the stack");
    check_eq(r->rax | r->rbx | r->rcx | r->rdx | r->rdi | r->rbp, 0,
             "rax, rbx, rcx, rdx, rdi, rbp");
    check_eq(r->r8 | r->r9 | r->r10 | r->r11 | r->r12 | r->r13 | r->r14 | r->r15, 0, "r8 to r15");
    check_eq(r->cs, FLAT_KERNEL_CS, "cs");
    check_eq(r->ss, FLAT_KERNEL_SS, "ss");
    check_eq(r->ds | r->es | r->fs | r->gs, 0, "ds, es, fs, gs");
    check_eq(r->rflags, EFLAGS_IF | 2, "rflags");
}

TEST("start-info-fields", "start_info: magic, memory, tables, command line", 0)
{
    unsigned int after = 0;
    size_t len = strlen((const char *)start_info->cmd_line);

    /* A "p" behind it is about 32-bit kernels that ask for it in their notes, as ours does, for no reason. */
    check(!strcmp(start_info->magic, "xen-3.0-x86_64") ||
              !strcmp(start_info->magic, "xen-3.0-x86_64p"),
          "magic \"xen-3.0-x86_64\"");
    for ( size_t i = strlen(start_info->magic); i < sizeof(start_info->magic); i++ )
        after += start_info->magic[i] != 0;
    check_eq(after, 0, "bytes behind the magic");
    check_eq(start_info->pt_base, PAGE_UP(start_info->pt_base), "pt_base is a page");
    check_eq((*pt_entry((void *)start_info->pt_base, 1) & PTE_ADDR) >> 12,
             pfn_to_mfn(start_info->pt_base / PAGE_SIZE), "by the list too");
    check_eq(start_info->nr_p2m_frames, 0,
             "nr_p2m_frames: the list has none besides those in the region");
    check(len < MAX_GUEST_CMDLINE, "the command line ends");
    check(suite_option("tests") != NULL, "and is what we were given");
}

TEST("start-info-pages", "start_info: nr_pages is what the domain has", 0)
{
    domid_t self = DOMID_SELF;
    unsigned int nobody = 0;

    check_rc(hyp_memory_op(XENMEM_current_reservation, &self), (long)start_info->nr_pages,
             "current_reservation");
    for ( uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++ )
        nobody += pfn_to_mfn(pfn) == INVALID_PFN;
    check_eq(nobody, 0, "entries of the list without a frame");
}

TEST("start-info-flags", "start_info: flags", 0)
{
    uint32_t flags = start_info->flags;

    check_eq(!!(flags & SIF_INITDOMAIN), initial_domain(), "SIF_INITDOMAIN");
    check_eq(!!(flags & SIF_PRIVILEGED), initial_domain(), "SIF_PRIVILEGED, with it alone");
    check_eq(flags & SIF_MULTIBOOT_MOD, 0, "SIF_MULTIBOOT_MOD");
    check_eq(flags & SIF_MOD_START_PFN, 0, "SIF_MOD_START_PFN");
    check_eq(flags & ~(SIF_PRIVILEGED | SIF_INITDOMAIN | SIF_VIRT_P2M_4TOOLS | SIF_PM_MASK), 0,
             "no others but SIF_VIRT_P2M_4TOOLS and power management");
}

static void check_text(const struct dom0_vga_console_info *s)
{
    check(s->u.text_mode_3.rows >= 25 && s->u.text_mode_3.columns >= 80, "text: 80x25 or more");
    check(s->u.text_mode_3.font_height >= 8, "text: the font's height");
    check(s->u.text_mode_3.cursor_x < s->u.text_mode_3.columns &&
              s->u.text_mode_3.cursor_y < s->u.text_mode_3.rows,
          "text: the cursor is on the screen");
}

static void check_pixels(const struct dom0_vga_console_info *s)
{
    uint32_t bpp = s->u.vesa_lfb.bits_per_pixel, line = s->u.vesa_lfb.bytes_per_line;

    check(s->u.vesa_lfb.width >= 640 && s->u.vesa_lfb.height >= 400, "pixels: 640x400 or more");
    check(bpp >= 8 && line >= s->u.vesa_lfb.width * (bpp / 8),
          "pixels: a line fits into its bytes");
    check((uint64_t)s->u.vesa_lfb.lfb_size << 16 >= (uint64_t)line * s->u.vesa_lfb.height,
          "pixels: all lines fit into lfb_size");
    check(s->u.vesa_lfb.lfb_base || s->u.vesa_lfb.ext_lfb_base, "pixels: they are somewhere");
    check(s->u.vesa_lfb.red_pos + s->u.vesa_lfb.red_size <= bpp &&
              s->u.vesa_lfb.green_pos + s->u.vesa_lfb.green_size <= bpp &&
              s->u.vesa_lfb.blue_pos + s->u.vesa_lfb.blue_size <= bpp,
          "pixels: the colours lie in them");
}

TEST("start-info-screen", "start_info: where the initial domain finds the screen's description",
     TEST_INITIAL)
{
    uint32_t at = start_info->console.dom0.info_off, size = start_info->console.dom0.info_size;
    const struct dom0_vga_console_info *screen = (const void *)((const char *)start_info + at);

    check_eq(start_info->store_mfn | start_info->store_evtchn, 0, "it has no xenstore yet");
    if ( !size )
    {
        skip("no screen is described");
        return;
    }
    check(at >= sizeof(*start_info), "behind start_info");
    check(at + size <= PAGE_SIZE, "in the same page");
    if ( screen->video_type == XEN_VGATYPE_TEXT_MODE_3 )
        check_text(screen);
    else
    {
        check(screen->video_type == XEN_VGATYPE_VESA_LFB ||
                  screen->video_type == XEN_VGATYPE_EFI_LFB,
              "of a type that there is");
        check_pixels(screen);
    }
}

static unsigned int port_status(unsigned int port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    return hyp_event_channel_op(EVTCHNOP_status, &s) ? ~0U : s.status;
}

TEST("start-info-rings", "start_info: the pages and ports of xenstore and console", TEST_DOMU)
{
    uint64_t store = start_info->store_mfn, console = start_info->console.domU.mfn;

    check(mfn_to_pfn(store) != INVALID_PFN, "store_mfn is a frame of ours");
    check(mfn_to_pfn(console) != INVALID_PFN, "console.domU.mfn is a frame of ours");
    check(store != console, "they are two");
    check_eq(port_status(start_info->store_evtchn), EVTCHNSTAT_interdomain,
             "store_evtchn is bound");
    check_eq(port_status(start_info->console.domU.evtchn), EVTCHNSTAT_interdomain,
             "console.domU.evtchn is bound");
    check(start_info->store_evtchn != start_info->console.domU.evtchn, "they are two");
    check_eq(start_info->shared_info % PAGE_SIZE, 0, "shared_info is a page");
    check_eq(M2P[start_info->shared_info >> 12], INVALID_PFN, "without a number among ours");
}

TEST("start-shared-info", "shared_info: masks, and nothing pending", 0)
{
    const struct shared_info *s = &start_state.shared;
    unsigned int unmasked = 0, others = 0;
    uint64_t pending = 0;

    for ( unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++ )
    {
        unmasked += !s->vcpu_info[i].evtchn_upcall_mask;
        others += s->vcpu_info[i].arch.cr2 != 0;
        if ( i )
            others += s->vcpu_info[i].evtchn_upcall_pending || s->vcpu_info[i].evtchn_pending_sel;
    }
    check_eq(unmasked, 0, "vCPUs whose upcalls are not masked");
    check_eq(others, 0, "vCPUs with a cr2, or with events though they do not run");
    for ( unsigned int i = 0; i < ARRAY_SIZE(s->evtchn_pending); i++ )
        pending |= i ? s->evtchn_pending[i] : s->evtchn_pending[i] & 1;
    check_eq(pending, 0, "port 0 and all that cannot be bound yet are not pending");
}

TEST("start-shared-time", "shared_info: time is there before we ask for it", 0)
{
    const struct vcpu_time_info *t = &start_state.shared.vcpu_info[0].time;

    check(t->tsc_to_system_mul != 0, "tsc_to_system_mul");
    check(t->version != 0 && !(t->version & 1), "version is even");
    check(t->tsc_timestamp != 0, "tsc_timestamp");
    check(t->tsc_shift > -32 && t->tsc_shift < 32, "tsc_shift");
    check(start_state.shared.wc_version != 0 && !(start_state.shared.wc_version & 1),
          "wc_version is even");
    check(start_state.shared.wc_sec > 1600000000U, "wc_sec: after September 2020");
    check(start_state.shared.wc_nsec < 1000000000U, "wc_nsec: below a second");
    check_eq(start_state.shared.wc_sec_hi, 0, "wc_sec_hi");
}

TEST("p2m-fields", "shared_info: the fields about the list of frames are ours", 0)
{
    static const uint64_t values[] = {
        0, 1, ~0UL, 1UL << 63, 0xffff800000000000UL, 0x123456789abcdef
    };
    struct arch_shared_info *a = &shared_info->arch;
    const struct arch_shared_info *first = &start_state.shared.arch, old = *a;
    unsigned int changed = 0;

    check_eq(first->max_pfn, 0, "max_pfn");
    check_eq(first->pfn_to_mfn_frame_list_list, 0, "pfn_to_mfn_frame_list_list");
    check_eq(first->nmi_reason, 0, "nmi_reason");
    check_eq(first->p2m_cr3, 0, "p2m_cr3");
    check_eq(first->p2m_vaddr, 0, "p2m_vaddr");
    check_eq(first->p2m_generation, 0, "p2m_generation");
    /* Whatever stands there, it is the tools' to believe. */
    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
    {
        uint64_t v = values[i];

        *a = (struct arch_shared_info){ v, v, old.nmi_reason, v, v, v };
        check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "a call with value %u in them", i);
        check_rc(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "a flush");
        changed += a->max_pfn != v || a->pfn_to_mfn_frame_list_list != v || a->p2m_cr3 != v ||
                   a->p2m_vaddr != v || a->p2m_generation != v;
    }
    *a = old;
    check_eq(changed, 0, "times that the hypervisor changed one of them");
}

/* ---- The hypercall page ---- */

TEST("hypercall-page", "the hypercall page: a stub for every number", 0)
{
    unsigned int wrong = 0, empty = 0;

    for ( unsigned int n = 0; n < PAGE_SIZE / 32; n++ )
    {
        const uint8_t *stub = (const uint8_t *)hypercall_page + n * 32;
        uint64_t bits = 0;

        for ( unsigned int i = 0; i < 32; i++ )
            bits |= stub[i];
        empty += !bits;
    }
    check_eq(empty, 0, "stubs that are empty, of 128");
    /* The number must get through: those that are not hypercalls are refused as such, by the page as by SYSCALL itself. */
    for ( unsigned int n = 64; n < 128; n++ )
        wrong += hypercall(n, 0, 0, 0, 0, 0) != -XEN_ENOSYS;
    check_eq(wrong, 0, "stubs above 63 that do not say -ENOSYS");
    check_rc(hypercall(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0, 0), 4096,
             "the stub of xen_version works");
    check_rc(hypercall_raw(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0, 0), 4096,
             "as SYSCALL does");
}
