// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/canvas.c
// cflags: -DCONFIG_FRAMEBUFFER=1
/* Characters as pixels: formats, places, and that nothing beside them is written. */
#include "tap.h"
#include <xen/canvas.h>

/* ---- Fonts and memory ----------------------------------------------------------------------------------------------- */

static uint8_t small[256 * 16], large[256 * 64];

const struct font fonts[NR_FONTS] = { { 8, 16, small }, { 16, 32, large } };

#define GUARD  0x5a
#define MARGIN 4096

static uint8_t memory[MARGIN + (4 << 20) + MARGIN] __attribute__((aligned(4096)));
static uint8_t *base = memory + MARGIN;

/* Each code has rows of its own. */
static void make_fonts(void)
{
    for ( unsigned int i = 0; i < sizeof(small); i++ )
        small[i] = (uint8_t)(i * 37 + i / 16 * 11);
    for ( unsigned int i = 0; i < sizeof(large); i++ )
        large[i] = (uint8_t)(i * 73 + i / 64 * 7);
}

static struct boot_framebuffer mode(uint32_t width, uint32_t height, uint8_t bpp, uint32_t pitch)
{
    return (struct boot_framebuffer){
        .addr = 0x80000000,
        .pitch = pitch,
        .width = width,
        .height = height,
        .bpp = bpp,
        .type = 1,
        .red_pos = 16,
        .red_size = 8,
        .green_pos = 8,
        .green_size = 8,
        .blue_pos = 0,
        .blue_size = 8,
        .present = true,
    };
}

/* ---- 1. The framebuffer --------------------------------------------------------------------------------------------- */

static void test_sizes(void)
{
    struct boot_framebuffer fb;
    const char *why;

    note("framebuffers that can be used, and others");
#define TAKEN(want, what)                                                                          \
    is_u64(canvas_size(&fb, &why), want, what);                                                    \
    ok(!why, "without complaint")
#define REFUSED(reason, what)                                                                      \
    is_u64(canvas_size(&fb, &why), 0, what);                                                       \
    is_str(why ? why : "", reason, "because")
    fb = mode(1024, 768, 32, 4096);
    TAKEN(4096 * 768, "1024x768, 32 bits");
    fb.addr = 0x380000000000;
    TAKEN(4096 * 768, "beyond 4 GiB");
    fb.addr = ~0UL - 4095;
    REFUSED("at an address that cannot be", "beyond the end of addresses");
    fb.addr = 0;
    REFUSED("at an address that cannot be", "at 0");
    fb = mode(1024, 768, 24, 3072);
    TAKEN(3072 * 768, "24 bits");
    fb.pitch = 3071;
    REFUSED("lines overlap", "lines a byte too short");
    fb = mode(1024, 768, 8, 1024);
    REFUSED("not 15 to 32 bits a pixel", "8 bits");
    fb.bpp = 33;
    REFUSED("not 15 to 32 bits a pixel", "33 bits");
    fb = mode(1024, 768, 16, 2048);
    REFUSED("a colour outside the pixel", "16 bits with the colours of 24");
    fb.red_pos = 11;
    fb.red_size = fb.blue_size = 5;
    fb.green_pos = 5;
    fb.green_size = 6;
    TAKEN(2048 * 768, "16 bits, 5:6:5");
    fb.blue_size = 0;
    REFUSED("a colour outside the pixel", "no blue");
    fb = mode(1024, 768, 32, 4096);
    fb.green_pos = 250;
    REFUSED("a colour outside the pixel", "a position far beyond");
    fb = mode(7, 768, 32, 4096);
    REFUSED("of a size that cannot be", "too narrow for a character");
    fb = mode(1024, 15, 32, 4096);
    REFUSED("of a size that cannot be", "too low for one");
    fb = mode(65536, 16, 32, 4 * 65536);
    REFUSED("of a size that cannot be", "too wide");
    fb = mode(0x80000000, 16, 32, 8);
    REFUSED("lines overlap", "so wide that its bytes need 33 bits");
    fb = mode(1024, 768, 32, 4096);
    fb.type = 2;
    REFUSED("not red, green and blue", "text");
    fb.type = 0;
    REFUSED("not red, green and blue", "palette");
    fb.type = 1;
    fb.present = false;
    REFUSED("not red, green and blue", "none");
}

/* ---- 2. Pixels ------------------------------------------------------------------------------------------------------ */

static uint32_t pixel(const struct canvas *c, uint32_t x, uint32_t y)
{
    const uint8_t *at = base + (uint64_t)y * c->pitch + x * c->bytes;
    uint32_t value = 0;

    memcpy(&value, at, c->bytes);
    return value;
}

/* Bytes changed beside the pixels: before and behind the framebuffer, and between the end of a line and the next. */
static unsigned int harmed(const struct canvas *c)
{
    uint64_t end = (uint64_t)c->pitch * c->height;
    unsigned int bad = 0;

    for ( uint64_t i = 0; i < MARGIN; i++ )
        bad += (memory[i] != GUARD) + (base[end + i] != GUARD);
    for ( uint32_t y = 0; y < c->height; y++ )
        for ( uint32_t i = c->width * c->bytes; i < c->pitch; i++ )
            bad += base[(uint64_t)y * c->pitch + i] != GUARD;
    return bad;
}

/* Pixels that are not as the font has them, when @text stands at @row, @column and all else is background. */
static unsigned int wrong(const struct canvas *c, unsigned int row, unsigned int column,
                          const char *text)
{
    unsigned int w = c->font->width, h = c->font->height, nr = (unsigned int)strlen(text), bad = 0;

    for ( uint32_t y = 0; y < c->height; y++ )
        for ( uint32_t x = 0; x < c->width; x++ )
        {
            uint32_t want = 0;

            if ( y / h == row && x / w >= column && x / w < column + nr )
            {
                unsigned int code = (uint8_t)text[x / w - column];
                const uint8_t *bits = c->font->bits + (code * h + y % h) * (w / 8);

                if ( bits[x % w / 8] >> (7 - x % 8) & 1 )
                    want = c->fore;
            }
            bad += pixel(c, x, y) != want;
        }
    return bad;
}

static void check_mode(const char *what, const struct boot_framebuffer *fb, uint32_t fore)
{
    static const char text[] = "A \376\001z";
    struct canvas c;
    unsigned int rows, columns;

    memset(memory, GUARD, sizeof(memory));
    canvas_init(&c, fb, base);
    rows = canvas_rows(&c);
    columns = canvas_columns(&c);
    ok(columns == fb->width / c.font->width && rows == fb->height / c.font->height,
       "%s: %u columns, %u rows", what, columns, rows);
    ok(c.fore == fore, "%s: grey is 0x%x", what, c.fore);
    canvas_clear(&c);
    ok(!wrong(&c, 0, 0, ""), "%s: cleared, to the edges", what);
    canvas_draw(&c, 1, 2, (const uint8_t *)text, sizeof(text) - 1);
    ok(!wrong(&c, 1, 2, text), "%s: drawn", what);
    canvas_clear(&c);
    canvas_draw(&c, rows - 1, columns - 5, (const uint8_t *)text, sizeof(text) - 1);
    ok(!wrong(&c, rows - 1, columns - 5, text), "%s: in the last corner", what);
    is_u64(harmed(&c), 0, "nothing else is written");
}

static void test_modes(void)
{
    struct boot_framebuffer fb = mode(203, 77, 32, 1024);

    note("pixel formats");
    check_mode("32 bits", &fb, 0xbfbfbf);
    fb.red_pos = 0;
    fb.blue_pos = 16;
    check_mode("blue first", &fb, 0xbfbfbf);
    fb.red_pos = 24;
    fb.green_pos = 16;
    fb.blue_pos = 8;
    check_mode("in the upper bytes", &fb, 0xbfbfbf00);
    fb.red_pos = 20;
    fb.green_pos = 10;
    fb.blue_pos = 0;
    fb.red_size = fb.green_size = fb.blue_size = 10;
    check_mode("ten bits each", &fb, 0x2fc << 20 | 0x2fc << 10 | 0x2fc);
    fb = mode(203, 77, 24, 613);
    check_mode("24 bits, lines of odd length", &fb, 0xbfbfbf);
    fb = mode(203, 77, 16, 406);
    fb.red_pos = 11;
    fb.red_size = fb.blue_size = 5;
    fb.green_pos = 5;
    fb.green_size = 6;
    check_mode("16 bits", &fb, 23 << 11 | 47 << 5 | 23);
    fb.bpp = 15;
    fb.red_pos = 10;
    fb.green_size = 5;
    check_mode("15 bits", &fb, 23 << 10 | 23 << 5 | 23);
}

static void test_fonts(void)
{
    struct boot_framebuffer fb = mode(1920, 40, 32, 1920 * 4);
    struct canvas c;

    note("the font by the width");
    canvas_init(&c, &fb, base);
    ok(c.font == &fonts[FONT_SMALL], "1920 pixels: the small one");
    fb = mode(1921, 70, 32, 1921 * 4);
    check_mode("1921 pixels", &fb, 0xbfbfbf);
    canvas_init(&c, &fb, base);
    ok(c.font == &fonts[FONT_LARGE], "was the large one");
    fb.height = 31;
    canvas_init(&c, &fb, base);
    ok(c.font == &fonts[FONT_SMALL], "unless not a line of it fits");
}

int main(void)
{
    make_fonts();
    test_sizes();
    test_modes();
    test_fonts();
    return done();
}
