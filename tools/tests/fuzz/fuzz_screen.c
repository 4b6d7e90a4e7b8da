/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/text_screen.c xen/common/canvas.c
// cflags: -DCONFIG_FRAMEBUFFER=1
// options: -max_len=600
/*
 * Any framebuffer that a loader may tell of, and any text that a guest may write on it, in pieces. A framebuffer is taken or refused with a
 * reason; of one that is taken nothing outside is written; and at any time the pixels are those of the text, as if it were drawn anew.
 */
#include <stdlib.h>

#include "fuzz.h"
#include <xen/canvas.h>
#include <xen/text_screen.h>

#define LARGEST (1UL << 19)

static uint8_t small[256 * 16], large[256 * 64];

const struct font fonts[NR_FONTS] = { { 8, 16, small }, { 16, 32, large } };

static struct text_screen screen;
static struct canvas canvas, again;
static uint64_t drawn;

static void make_fonts(void)
{
    for ( unsigned int i = 0; i < sizeof(small); i++ )
        small[i] = (uint8_t)(i * 37 + i / 16 * 11);
    for ( unsigned int i = 0; i < sizeof(large); i++ )
        large[i] = (uint8_t)(i * 73 + i / 64 * 7);
    /* A blank is what a cleared cell looks like. */
    memset(small + ' ' * 16, 0, 16);
    memset(large + ' ' * 64, 0, 64);
}

static void draw(void *ctx, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr)
{
    FUZZ_CHECK(nr && row < screen.rows && column + nr <= screen.columns,
               "%u characters at row %u, column %u", nr, row, column);
    drawn += nr;
    canvas_draw(ctx, row, column, text, nr);
}

static struct boot_framebuffer read_framebuffer(struct fuzz_in *in)
{
    struct boot_framebuffer fb = { .present = true, .type = 1, .addr = 0x80000000 };

    fb.bpp = fuzz_u8(in);
    fb.width = (uint32_t)fuzz_bytes(in, 2);
    fb.height = (uint32_t)fuzz_bytes(in, 2);
    fb.pitch = fb.width * ((fb.bpp + 7U) / 8) + fuzz_u8(in) - 1;
    fb.red_pos = fuzz_u8(in);
    fb.red_size = fuzz_u8(in);
    fb.green_pos = fuzz_u8(in);
    fb.green_size = fuzz_u8(in);
    fb.blue_pos = fuzz_u8(in);
    fb.blue_size = fuzz_u8(in);
    return fb;
}

/* The rows as they should be, and the pixels that they make in memory which has not been written to. */
static void check(const struct boot_framebuffer *fb, const uint8_t *pixels, uint64_t size)
{
    uint8_t *fresh = malloc(size);

    memset(fresh, 0x5a, size);
    canvas_init(&again, fb, fresh);
    canvas_clear(&again);
    for ( unsigned int row = 0; row < screen.rows; row++ )
    {
        const uint8_t *text = screen.text[(screen.top + row) % screen.rows];

        FUZZ_CHECK(!memcmp(text, screen.shown[row], screen.columns), "row %u is not shown", row);
        canvas_draw(&again, row, 0, text, screen.columns);
    }
    FUZZ_CHECK(!memcmp(fresh, pixels, size), "the pixels are not those of the text");
    free(fresh);
}

static void try_text(struct fuzz_in *in, const struct boot_framebuffer *fb, uint64_t size)
{
    uint8_t *pixels = malloc(size);

    memset(pixels, 0x5a, size);
    canvas_init(&canvas, fb, pixels);
    canvas_clear(&canvas);
    text_screen_init(&screen, canvas_columns(&canvas), canvas_rows(&canvas), draw, &canvas);
    while ( in->left )
    {
        size_t len = fuzz_u8(in) % 64;

        len = len < in->left ? len : in->left;
        drawn = 0;
        text_screen_write(&screen, (const char *)in->p, len);
        FUZZ_CHECK(drawn <= (uint64_t)screen.rows * screen.columns,
                   "%lu characters drawn for one piece of output", (unsigned long)drawn);
        in->p += len;
        in->left -= len;
    }
    check(fb, pixels, size);
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    struct boot_framebuffer fb = read_framebuffer(&in);
    const char *why = "";
    uint64_t bytes = canvas_size(&fb, &why);

    FUZZ_CHECK(!bytes == (why != NULL), "refused without a reason, or taken with one");
    if ( !bytes || bytes > LARGEST )
        return 0;
    make_fonts();
    try_text(&in, &fb, bytes);
    return 0;
}
