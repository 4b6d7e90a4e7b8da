// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen as an initial domain is told of it: struct dom0_vga_console_info of public/xen.h, from what the loader said. Pure.
 *
 * Fields that only VBE's functions define are 0 where there is no VBE.
 */
#include "dom_build.h"

#define LFB_UNIT        0x10000UL /* lfb_size counts these */
#define VGA_FONT_HEIGHT 16

static uint32_t describe_text(const struct boot_framebuffer *fb, unsigned int column,
                              unsigned int row, struct dom0_vga_console_info *out)
{
    out->video_type = XEN_VGATYPE_TEXT_MODE_3;
    out->u.text_mode_3.font_height = VGA_FONT_HEIGHT;
    out->u.text_mode_3.cursor_x = (uint16_t)column;
    out->u.text_mode_3.cursor_y = (uint16_t)row;
    out->u.text_mode_3.rows = (uint16_t)fb->height;
    out->u.text_mode_3.columns = (uint16_t)fb->width;
    return sizeof(*out);
}

/** The bits of a pixel above all colours: VBE and EFI call them reserved, the loader does not speak of them. */
static void describe_reserved(const struct boot_framebuffer *fb, struct dom0_vga_console_info *out)
{
    unsigned int end = MAX(MAX(fb->red_pos + fb->red_size, fb->green_pos + fb->green_size),
                           fb->blue_pos + fb->blue_size);

    if ( end >= fb->bpp )
        return;
    out->u.vesa_lfb.rsvd_pos = (uint8_t)end;
    out->u.vesa_lfb.rsvd_size = (uint8_t)(fb->bpp - end);
}

static uint32_t describe_pixels(const struct boot_framebuffer *fb, bool efi,
                                struct dom0_vga_console_info *out)
{
    uint64_t size = (uint64_t)fb->pitch * fb->height;

    out->video_type = efi ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
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
    describe_reserved(fb, out);
    out->u.vesa_lfb.gbl_caps = fb->vbe_caps;
    out->u.vesa_lfb.mode_attrs = fb->vbe_attributes;
    return sizeof(*out);
}

uint32_t dom_describe_screen(const struct boot_framebuffer *fb, bool efi, unsigned int column,
                             unsigned int row, struct dom0_vga_console_info *out)
{
    memset(out, 0, sizeof(*out));
    if ( !fb->present || fb->width > UINT16_MAX || fb->height > UINT16_MAX ||
         fb->pitch > UINT16_MAX )
        return 0;
    switch ( fb->type )
    {
    case BOOT_FB_TEXT: return describe_text(fb, column, row, out);
    case BOOT_FB_RGB: return describe_pixels(fb, efi, out);
    default: return 0;
    }
}
