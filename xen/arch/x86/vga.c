/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VGA text screen, 80x25.
 *
 *   1. is there one, in text mode
 *   2. writing
 *
 * Called by screen.c only. Register numbers: IBM VGA, CRT and graphics controllers.
 */
#include <asm/io.h>
#include <asm/paging.h>
#include <asm/screen.h>
#include <xen/lib.h>

#ifdef CONFIG_VGA

#define VGA_MEMORY 0xb8000
#define VGA_SIZE   0x8000
#define COLUMNS    80
#define ROWS       25
#define ATTRIBUTE  0x0700 /* light grey on black */
#define UNKNOWN    '?'

#define CRTC_INDEX  0x3d4
#define CRTC_START  0x0c /* high byte, then low byte, of the first character shown */
#define CRTC_CURSOR 0x0e /* likewise of the cursor */
#define GC_INDEX    0x3ce
#define GC_MISC     6 /* bit 0: graphics; bits 2-3: 3 means the memory is at 0xb8000 */

static volatile uint16_t *screen;

/* ---- 1. Finding it -------------------------------------------------------------------------------------------------- */

static uint8_t read_index(uint16_t port, uint8_t index)
{
    outb(port, index);
    return inb(port + 1);
}

static void write_index16(uint8_t index, uint16_t val)
{
    outb(CRTC_INDEX, index);
    outb(CRTC_INDEX + 1, (uint8_t)(val >> 8));
    outb(CRTC_INDEX, index + 1);
    outb(CRTC_INDEX + 1, (uint8_t)val);
}

static bool text_mode(void)
{
    uint8_t misc = read_index(GC_INDEX, GC_MISC);

    return misc != 0xff && !(misc & 1) && (misc >> 2 & 3) == 3;
}

/* ---- 2. Writing ----------------------------------------------------------------------------------------------------- */

static void clear(void)
{
    for ( unsigned int i = 0; i < ROWS * COLUMNS; i++ )
        screen[i] = ATTRIBUTE | ' ';
    write_index16(CRTC_START, 0);
}

/* The characters are the hardware's, code page 437: the same as ours in ASCII only. */
static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *s,
                 unsigned int nr)
{
    volatile uint16_t *at = screen + row * COLUMNS + column;

    for ( unsigned int i = 0; i < nr; i++ )
        at[i] = ATTRIBUTE | (s[i] < ' ' || s[i] > '~' ? UNKNOWN : s[i]);
}

static void move_cursor(unsigned int column, unsigned int row)
{
    write_index16(CRTC_CURSOR, (uint16_t)(row * COLUMNS + column));
}

const struct screen_device *vga_open(bool early)
{
    static const struct screen_device device = {
        .columns = COLUMNS, .rows = ROWS, .clear = clear, .draw = draw, .move_cursor = move_cursor
    };

    if ( !text_mode() )
        return NULL;
    if ( early )
        screen = early_map(_maddr(VGA_MEMORY), VGA_SIZE);
    else
        screen = ioremap(_maddr(VGA_MEMORY), VGA_SIZE, IOREMAP_UC);
    return screen ? &device : NULL;
}

#else

const struct screen_device *vga_open(bool early)
{
    return NULL;
}

#endif /* CONFIG_VGA */
