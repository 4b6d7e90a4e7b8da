// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen as a console, whichever of the two kinds it is.
 *   1. showing text
 *   2. finding the screen
 *   3. handing it to an initial domain
 * Called by the console, which has the locks, and at boot.
 */
#include <asm/boot.h>
#include <asm/screen.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/text_screen.h>

static const struct screen_device *device;
static struct text_screen text;
static bool released, opt_keep;

/** Is what stands at @s, up to a comma, a mode of Xen's option? Modes are the loader's business. */
static bool is_mode(const char *s)
{
    return !strncmp(s, "text-", 5) || !strncmp(s, "gfx-", 4) || !strncmp(s, "mode-", 5) ||
           !strncmp(s, "ask", 3) || !strncmp(s, "current", 7);
}

static int parse_vga(const char *s)
{
    const char *comma = strchr(s, ',');

    if ( is_mode(s) && !comma )
        return 0;
    if ( is_mode(s) )
        s = comma + 1;
    if ( strcmp(s, "keep") )
        return -EINVAL;
    opt_keep = true;
    return 0;
}
OPTION_FN("vga", parse_vga);

/* ---- 1. Showing text ----------------------------------------------------------------------- */

static void screen_write(const char *s, size_t len)
{
    if ( released )
        return;
    text_screen_write(&text, s, len);
    if ( device->move_cursor )
        device->move_cursor(MIN(text.column, text.columns - 1), text.row);
}

static struct console_sink sink = { .name = "vga", .write = screen_write };

static void start(void)
{
    device->clear();
    text_screen_init(&text, device->columns, device->rows, device->draw, NULL);
}

/* ---- 2. Finding it ------------------------------------------------------------------------- */

/** A text screen that the loader did not speak of, for those who are told what it said. */
static void note_text(void)
{
    if ( !boot_info.fb.present )
        boot_info.fb = (struct boot_framebuffer){
            .present = true,
            .type = BOOT_FB_TEXT,
            .width = device->columns,
            .height = device->rows,
        };
}

/* The loader tells of a framebuffer, the hardware of text. A boot that fails may ask again. */
void screen_init(bool early)
{
    if ( device )
        return;
    device = framebuffer_open(early);
    if ( !device )
    {
        device = vga_open(early);
        if ( !device )
            return;
        note_text();
    }
    start();
    console_register(&sink);
}

void screen_cursor(unsigned int *column, unsigned int *row)
{
    *column = device ? MIN(text.column, text.columns - 1) : 0;
    *row = device ? text.row : 0;
}

/* ---- 3. Handing it over -------------------------------------------------------------------- */

void screen_release(void)
{
    if ( !device || opt_keep )
        return;
    if ( !sink.off )
        pr_info("Screen: left to the initial domain (unless vga=keep)");
    released = true;
}

void screen_retake(void)
{
    if ( !released )
        return;
    released = false;
    start();
}
