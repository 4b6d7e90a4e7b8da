/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a new domain is told: start_info, shared_info, its first registers. Fields, flags and the magic are those of
 * public/xen.h. Locks: none; nobody else knows the domain yet.
 */

#include <asm/boot.h>
#include <asm/layout.h>

#include "dom_build.h"

#define LFB_UNIT 0x10000UL /* lfb_size counts these */

enum
{
    FB_INDEXED,
    FB_RGB,
    FB_TEXT,
};

static uint32_t describe_text(const struct boot_framebuffer *fb, struct dom0_vga_console_info *out)
{
    out->video_type = XEN_VGATYPE_TEXT_MODE_3;
    out->u.text_mode_3.font_height = 16;
    out->u.text_mode_3.rows = (uint16_t)fb->height;
    out->u.text_mode_3.columns = (uint16_t)fb->width;
    return sizeof(*out);
}

static uint32_t describe_pixels(const struct boot_framebuffer *fb,
                                struct dom0_vga_console_info *out)
{
    uint64_t size = (uint64_t)fb->pitch * fb->height;

    out->video_type = XEN_VGATYPE_VESA_LFB;
    out->u.vesa_lfb.width = (uint16_t)fb->width;
    out->u.vesa_lfb.height = (uint16_t)fb->height;
    out->u.vesa_lfb.bytes_per_line = (uint16_t)fb->pitch;
    out->u.vesa_lfb.bits_per_pixel = fb->bpp;
    out->u.vesa_lfb.lfb_base = (uint32_t)fb->addr;
    out->u.vesa_lfb.ext_lfb_base = (uint32_t)(fb->addr >> 32);
    out->u.vesa_lfb.lfb_size = (uint32_t)(ROUND_UP(size, LFB_UNIT) / LFB_UNIT);
    out->u.vesa_lfb.red_pos = fb->red_pos;
    out->u.vesa_lfb.red_size = fb->red_size;
    out->u.vesa_lfb.green_pos = fb->green_pos;
    out->u.vesa_lfb.green_size = fb->green_size;
    out->u.vesa_lfb.blue_pos = fb->blue_pos;
    out->u.vesa_lfb.blue_size = fb->blue_size;
    return sizeof(*out);
}

uint32_t dom_describe_screen(const struct boot_framebuffer *fb, struct dom0_vga_console_info *out)
{
    memset(out, 0, sizeof(*out));
    if ( !fb->present || fb->width > UINT16_MAX || fb->height > UINT16_MAX ||
         fb->pitch > UINT16_MAX )
        return 0;
    switch ( fb->type )
    {
    case FB_TEXT: return describe_text(fb, out);
    case FB_RGB: return describe_pixels(fb, out);
    }
    return 0;
}

/* An initial domain finds the screen behind start_info, in the same page; others get a ring. */
static void tell_console(const struct dom_build *b, struct start_info *si)
{
    struct dom0_vga_console_info *screen = (void *)(si + 1);

    BUILD_BUG_ON(sizeof(*si) + sizeof(*screen) > PAGE_SIZE);
    if ( b->initial )
    {
        si->console.dom0.info_size = dom_describe_screen(&boot_info.fb, screen);
        si->console.dom0.info_off = si->console.dom0.info_size ? sizeof(*si) : 0;
        return;
    }
    si->store_mfn = mfn_x(dom_mfn(b, b->l.store.pfn));
    si->store_evtchn = b->d->store_port;
    si->console.domU.mfn = mfn_x(dom_mfn(b, b->l.console.pfn));
    si->console.domU.evtchn = b->d->console_port;
}

static void tell_initrd(const struct dom_build *b, struct start_info *si)
{
    if ( !b->l.initrd.nr )
        return;
    si->mod_len = b->initrd_size;
    si->mod_start = b->img.mod_start_pfn ? b->l.initrd.pfn : b->l.initrd.va;
    if ( b->img.mod_start_pfn )
        si->flags |= SIF_MOD_START_PFN;
    if ( b->nr_modules > 1 )
        si->flags |= SIF_MULTIBOOT_MOD;
}

void dom_make_start_info(const struct dom_build *b)
{
    static const char magic[] = "xen-3.0-x86_64";
    const struct dom_layout *l = &b->l;
    uint64_t run;
    struct start_info *si = dom_at(b, l->start_info.pfn << PAGE_SHIFT, &run);

    memcpy(si->magic, magic, sizeof(magic));
    si->nr_pages = b->nr_pages;
    si->shared_info = mfn_to_maddr(b->d->shared_mfn).a;
    si->flags = SIF_VIRT_P2M_4TOOLS | (b->initial ? SIF_INITDOMAIN | SIF_PRIVILEGED : 0);
    tell_console(b, si);
    si->pt_base = l->tables.va;
    si->nr_pt_frames = l->tables.nr;
    si->mfn_list = l->p2m.va;
    tell_initrd(b, si);
    memcpy(si->cmd_line, b->cmdline, sizeof(si->cmd_line));
    if ( b->img.init_p2m != GUEST_VA_UNSET )
    {
        si->first_p2m_pfn = l->first_p2m_pfn;
        si->nr_p2m_frames = l->nr_p2m_frames;
    }
}

void dom_make_shared_info(struct shared_info *shared)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(shared->vcpu_info); i++ )
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

void dom_set_registers(const struct dom_build *b, struct vcpu *v)
{
    uint64_t stack_end = b->l.stack.va + (b->l.stack.nr << PAGE_SHIFT);

    v->saved_regs = (struct cpu_regs){
        .rip = b->img.entry,
        .cs = SEL_FLAT_CS64,
        .rflags = X86_EFLAGS_IF | X86_EFLAGS_MBS,
        .rsp = stack_end,
        .ss = SEL_FLAT_DS32,
        .rsi = b->l.start_info.va,
    };
    v->kernel_sp = stack_end;
    v->kernel_ss = SEL_FLAT_DS32;
}
