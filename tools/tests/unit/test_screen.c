// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/screen.c xen/common/text_screen.c
/* Which screen is taken, what is on it, and whose it is. The text's own rules: test_text_screen.c. */
#include "tap.h"
#include <asm/boot.h>
#include <asm/screen.h>
#include <errno.h>
#include <stdlib.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/printk.h>

/* ---- The world around it -------------------------------------------------------------------------------------------- */

struct boot_info boot_info;

extern const struct option __start_hv_options[], __stop_hv_options[];

static bool has_framebuffer, has_text, was_early;
static unsigned int clears, registered, opened, cursor_column, cursor_row;
static char shown[3][9], said[200];
static struct console_sink *console;

void printk(enum loglevel level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said, sizeof(said), fmt, ap);
    va_end(ap);
}

void console_register(struct console_sink *sink)
{
    registered++;
    console = sink;
    sink->write("early\n", 6);
}

static void clear(void)
{
    clears++;
    memset(shown, ' ', sizeof(shown));
    for ( unsigned int row = 0; row < 3; row++ )
        shown[row][8] = '\0';
}

static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr)
{
    memcpy(shown[row] + column, text, nr);
}

static void move_cursor(unsigned int column, unsigned int row)
{
    cursor_column = column;
    cursor_row = row;
}

static const struct screen_device framebuffer = { .columns = 8, .rows = 3, clear, draw, NULL };
static const struct screen_device vga = { .columns = 8, .rows = 3, clear, draw, move_cursor };

const struct screen_device *framebuffer_open(bool early)
{
    opened++;
    was_early = early;
    return has_framebuffer ? &framebuffer : NULL;
}

const struct screen_device *vga_open(bool early)
{
    return has_text ? &vga : NULL;
}

static int set_vga(const char *value)
{
    for ( const struct option *o = __start_hv_options; o < __stop_hv_options; o++ )
        if ( !strcmp(o->name, "vga") )
            return o->fn(value);
    return -ENOENT;
}

static void write_text(const char *s)
{
    console->write(s, strlen(s));
}

/* ---- Tests: one screen for all of them, as in a machine -------------------------------------------------------------- */

static void test_none(void)
{
    unsigned int column = 9, row = 9;

    note("no screen");
    screen_init(false);
    ok(opened == 1 && !registered && !boot_info.fb.present, "there is none");
    screen_cursor(&column, &row);
    ok(!column && !row, "its cursor is at 0, 0");
    screen_release();
    screen_retake();
    ok(!said[0] && !clears, "and nobody's");
}

static void test_text(void)
{
    unsigned int column, row;

    note("a text screen");
    has_text = true;
    screen_init(true);
    ok(registered == 1 && was_early && clears == 1, "is found, cleared, and a console");
    is_str(console->name, "vga", "of this name");
    ok(boot_info.fb.present && boot_info.fb.type == BOOT_FB_TEXT && boot_info.fb.width == 8 &&
           boot_info.fb.height == 3,
       "the loader did not say so: it is noted");
    is_str(shown[0], "early   ", "what was said before is on it");
    write_text("12345678");
    is_str(shown[1], "12345678", "and what is said now");
    ok(cursor_column == 7 && cursor_row == 1, "the cursor stays on the screen");
    screen_cursor(&column, &row);
    ok(column == 7 && row == 1, "and can be asked for");
    screen_init(false);
    ok(registered == 1 && opened == 2, "it is looked for no more");
}

static void test_owner(void)
{
    note("an initial domain's screen");
    screen_release();
    is_str(said, "Screen: left to the initial domain (unless vga=keep)", "it is said on it");
    write_text("no");
    ok(!strchr(shown[2], 'n') && clears == 1, "then nothing is drawn any more");
    screen_retake();
    ok(clears == 2 && shown[1][0] == ' ', "a crash clears it");
    write_text("crash");
    is_str(shown[0], "crash   ", "and has all of it");
    screen_retake();
    ok(clears == 2 && shown[0][0] == 'c', "once");
    said[0] = '\0';
    console->off = true;
    screen_release();
    ok(!said[0], "a screen that console= leaves out is left silently");
    console->off = false;
    screen_retake();
}

static void test_keep(void)
{
    static const char *const wrong[] = { "",       "kee",         "keeps",
                                         "keep,",  "keep,keep",   "gfx",
                                         "x,keep", "text-80x25,", "text-80x25,kee",
                                         "no" };
    static const char *const modes[] = { "text-80x25", "gfx-1024x768x16", "mode-0x118", "ask",
                                         "current" };
    unsigned int taken = 0;

    note("vga=");
    for ( unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++ )
        taken += set_vga(wrong[i]) != -EINVAL;
    is_u64(taken, 0, "words that mean nothing are refused");
    taken = 0;
    for ( unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++ )
        taken += set_vga(modes[i]) == 0;
    is_u64(taken, 5, "Xen's modes are taken");
    screen_release();
    write_text("no");
    ok(!strstr(shown[0], "no"), "and keep nothing");
    screen_retake();
    is_int(set_vga("gfx-1024x768x16,keep"), 0, "a mode and keep");
    screen_release();
    write_text("yes");
    is_str(shown[0], "yes     ", "keeps the screen");
    is_int(set_vga("keep"), 0, "as does keep alone");
}

int main(void)
{
    test_none();
    test_text();
    test_owner();
    test_keep();
    return done();
}
