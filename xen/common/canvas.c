// SPDX-License-Identifier: GPL-2.0-only
/*
 * Characters as pixels.
 *   1. what the loader said of the framebuffer: can it be used, and what is a pixel of a colour
 *   2. runs of pixels
 *   3. characters
 * Pixels go out in order and in the widest stores that their size allows: the memory is mapped write-combining. Pure; no locks.
 */
#include <xen/canvas.h>
#include <xen/lib.h>

#ifdef CONFIG_FRAMEBUFFER

/* Light grey, as on a text screen, and black. Eight bits for each of red, green and blue. */
#define FORE_GREY 0xbf

/* A wider screen is likely to be so fine that 8x16 cannot be read. */
#define SMALL_FONT_WIDTH 1920

/* ---- 1. The framebuffer -------------------------------------------------------------------- */

static bool field_fits(unsigned int pos, unsigned int size, unsigned int bpp)
{
    return size && size <= 16 && pos + size <= bpp;
}

uint64_t canvas_size(const struct boot_framebuffer *fb, const char **why)
{
    unsigned int bytes = (fb->bpp + 7U) / 8;

    *why = NULL;
    if ( !fb->present || fb->type != BOOT_FB_RGB )
        *why = "not one of pixels with red, green and blue";
    else if ( bytes < 2 || bytes > 4 )
        *why = "not 15 to 32 bits for a pixel";
    else if ( !field_fits(fb->red_pos, fb->red_size, fb->bpp) ||
              !field_fits(fb->green_pos, fb->green_size, fb->bpp) ||
              !field_fits(fb->blue_pos, fb->blue_size, fb->bpp) )
        *why = "a colour lies outside the pixel";
    else if ( fb->pitch < (uint64_t)fb->width * bytes )
        *why = "lines overlap";
    else if ( fb->width < fonts[FONT_SMALL].width || fb->height < fonts[FONT_SMALL].height ||
              fb->width > UINT16_MAX || fb->height > UINT16_MAX )
        *why = "of a size that cannot be";
    else if ( !fb->addr || fb->addr + (uint64_t)fb->pitch * fb->height < fb->addr )
        *why = "at an address that cannot be";
    return *why ? 0 : (uint64_t)fb->pitch * fb->height;
}

/** The highest bits of an 8-bit intensity, or all of them at the top of a wider field. */
static uint32_t field(unsigned int intensity, unsigned int pos, unsigned int size)
{
    return (size < 8 ? intensity >> (8 - size) : intensity << (size - 8)) << pos;
}

void canvas_init(struct canvas *c, const struct boot_framebuffer *fb, volatile void *base)
{
    const struct font *large = &fonts[FONT_LARGE];
    bool fine = fb->width > SMALL_FONT_WIDTH && fb->height >= large->height;

    *c = (struct canvas){
        .base = base,
        .pitch = fb->pitch,
        .width = fb->width,
        .height = fb->height,
        .bytes = (fb->bpp + 7U) / 8,
        .fore = field(FORE_GREY, fb->red_pos, fb->red_size) |
                field(FORE_GREY, fb->green_pos, fb->green_size) |
                field(FORE_GREY, fb->blue_pos, fb->blue_size),
        .font = fine ? large : &fonts[FONT_SMALL],
    };
}

unsigned int canvas_columns(const struct canvas *c)
{
    return c->width / c->font->width;
}

unsigned int canvas_rows(const struct canvas *c)
{
    return c->height / c->font->height;
}

/* ---- 2. Pixels ----------------------------------------------------------------------------- */

static volatile uint8_t *pixel_at(const struct canvas *c, uint32_t x, uint32_t y)
{
    return c->base + (uint64_t)y * c->pitch + (uint64_t)x * c->bytes;
}

/** Write a pixel; where the next one goes. @bytes is a constant wherever this is built in. */
static inline volatile uint8_t *put_pixel(volatile uint8_t *at, unsigned int bytes, uint32_t pixel)
{
    switch ( bytes )
    {
    case 4: *(volatile uint32_t *)at = pixel; break;
    case 2: *(volatile uint16_t *)at = (uint16_t)pixel; break;
    default:
        at[0] = (uint8_t)pixel;
        at[1] = (uint8_t)(pixel >> 8);
        at[2] = (uint8_t)(pixel >> 16);
    }
    return at + bytes;
}

void canvas_clear(struct canvas *c)
{
    for ( uint32_t y = 0; y < c->height; y++ )
    {
        volatile uint8_t *at = pixel_at(c, 0, y);

        for ( uint32_t x = 0; x < c->width; x++ )
            at = put_pixel(at, c->bytes, c->back);
    }
}

/* ---- 3. Characters ------------------------------------------------------------------------- */

/** Row @y of a character, shifted so that its leftmost pixel is bit 31. */
static uint32_t font_row(const struct font *f, uint8_t code, unsigned int y)
{
    unsigned int bytes = font_row_bytes(f);
    const uint8_t *row = font_glyph(f, code) + y * bytes;
    uint32_t bits = 0;

    for ( unsigned int i = 0; i < bytes; i++ )
        bits |= (uint32_t)row[i] << (24 - 8 * i);
    return bits;
}

/** Row @y of the pixels of @nr characters. */
static inline void draw_row(const struct canvas *c, volatile uint8_t *at, unsigned int bytes,
                            const uint8_t *text, unsigned int nr, unsigned int y)
{
    for ( unsigned int i = 0; i < nr; i++ )
    {
        uint32_t bits = font_row(c->font, text[i], y);

        for ( unsigned int x = c->font->width; x--; bits <<= 1 )
            at = put_pixel(at, bytes, bits >> 31 ? c->fore : c->back);
    }
}

void canvas_draw(struct canvas *c, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr)
{
    const struct font *f = c->font;

    for ( unsigned int y = 0; y < f->height; y++ )
    {
        volatile uint8_t *at = pixel_at(c, column * f->width, row * f->height + y);

        switch ( c->bytes )
        {
        case 4: draw_row(c, at, 4, text, nr, y); break;
        case 2: draw_row(c, at, 2, text, nr, y); break;
        default: draw_row(c, at, 3, text, nr, y); break;
        }
    }
}

#endif /* CONFIG_FRAMEBUFFER */
