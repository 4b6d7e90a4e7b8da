/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: an initial domain that is told of a screen which is elsewhere, of another shape or of other colours than the real one, or that must share
 * it with the hypervisor. Says what it was told, draws where it was told to, and waits for a key.
 *
 * Pixels: red, green and blue stripes from top to bottom, with the leftmost and the rightmost pixel of each line white. Text: all of the screen
 * in letters, a different one in each row, yellow on blue.
 */
#include "guest.h"

const char guest_name[] = "screen";

static const struct dom0_vga_console_info *info;

/* ---- Reaching the screen -------------------------------------------------------------------------------------------- */

static uint8_t *window;

static unsigned int refused;

/* The page of the machine's memory with this address. */
static void show_page(uint64_t maddr)
{
    refused +=
        hyp_update_va_mapping(window, pte(maddr >> 12, PTE_RW_PAGE | PTE_PCD), UVMF_INVLPG) != 0;
}

/* ---- Text ----------------------------------------------------------------------------------------------------------- */

static void draw_text(void)
{
    unsigned int columns = info->u.text_mode_3.columns, rows = info->u.text_mode_3.rows;

    printf("text %ux%u, font of %u lines, cursor at %u, %u\n", columns, rows,
           info->u.text_mode_3.font_height, info->u.text_mode_3.cursor_x,
           info->u.text_mode_3.cursor_y);
    show_page(0xb8000);
    for ( unsigned int i = 0; i < columns * rows; i++ )
        ((volatile uint16_t *)window)[i] = (uint16_t)(0x1e00 | ('a' + i / columns % 26));
}

/* ---- Pixels --------------------------------------------------------------------------------------------------------- */

static uint32_t full(unsigned int pos, unsigned int size)
{
    return (uint32_t)(((1UL << size) - 1) << pos);
}

static uint32_t pixel(uint32_t x, uint32_t y)
{
    uint32_t red = full(info->u.vesa_lfb.red_pos, info->u.vesa_lfb.red_size);
    uint32_t green = full(info->u.vesa_lfb.green_pos, info->u.vesa_lfb.green_size);
    uint32_t blue = full(info->u.vesa_lfb.blue_pos, info->u.vesa_lfb.blue_size);
    uint32_t stripe = y * 3 / info->u.vesa_lfb.height;

    if ( x == 0 || x + 1 == info->u.vesa_lfb.width )
        return red | green | blue;
    return stripe == 0 ? red : stripe == 1 ? green : blue;
}

static void draw_page(uint64_t start, uint64_t end)
{
    uint32_t line = info->u.vesa_lfb.bytes_per_line,
             bytes = (info->u.vesa_lfb.bits_per_pixel + 7U) / 8;

    for ( uint64_t at = start; at < end; at++ )
    {
        uint32_t x = (uint32_t)(at % line / bytes), byte = (uint32_t)(at % line % bytes);

        if ( x < info->u.vesa_lfb.width )
            ((volatile uint8_t *)window)[at % PAGE_SIZE] =
                (uint8_t)(pixel(x, (uint32_t)(at / line)) >> 8 * byte);
    }
}

static void draw_pixels(void)
{
    uint64_t base = (uint64_t)info->u.vesa_lfb.ext_lfb_base << 32 | info->u.vesa_lfb.lfb_base;
    uint64_t size = (uint64_t)info->u.vesa_lfb.bytes_per_line * info->u.vesa_lfb.height;

    printf("%s %ux%u, %u bits, %u bytes a line, 0x%lx, %u times 64 KiB\n",
           info->video_type == XEN_VGATYPE_EFI_LFB ? "EFI" : "VESA", info->u.vesa_lfb.width,
           info->u.vesa_lfb.height, info->u.vesa_lfb.bits_per_pixel,
           info->u.vesa_lfb.bytes_per_line, base, info->u.vesa_lfb.lfb_size);
    check_eq(base % PAGE_SIZE, 0, "it begins on a page");
    for ( uint64_t at = 0; at < size; at += PAGE_SIZE )
    {
        show_page(base + at);
        draw_page(at, at + PAGE_SIZE < size ? at + PAGE_SIZE : size);
    }
}

/* ---- The end -------------------------------------------------------------------------------------------------------- */

/* The upcall must not come between the look and the sleep: it would clear the only sign of what has come since. */
static void wait_for_key(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_CONSOLE, .vcpu = 0 };
    char c;

    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), 0, "bind VIRQ_CONSOLE");
    event_set_mask(virq.port, false);
    events_mask();
    while ( !console_read(&c, 1) )
    {
        hyp_sched_op(SCHEDOP_block, NULL); /* takes the mask away */
        events_mask();
    }
    events_unmask();
}

void guest_main(void)
{
    check(initial_domain(), "an initial domain");
    if ( !initial_domain() || !start_info->console.dom0.info_size )
    {
        check(false, "a screen");
        return;
    }
    info = (const void *)((const char *)start_info + start_info->console.dom0.info_off);
    window = window_alloc();
    if ( info->video_type == XEN_VGATYPE_TEXT_MODE_3 )
        draw_text();
    else
        draw_pixels();
    check_eq(refused, 0, "pages of the screen that cannot be mapped");
    printf("drawn\n");
    wait_for_key();
}
