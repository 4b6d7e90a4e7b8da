// SPDX-License-Identifier: GPL-2.0-only
/*
 * Characters as pixels.
 *   1. what the loader said of the framebuffer: can it be used
 *   2. pixels: in which colour, and where
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
        *why = "not red, green and blue";
    else if ( bytes < 2 || bytes > 4 )
        *why = "not 15 to 32 bits a pixel";
    else if ( !field_fits(fb->red_pos, fb->red_size, fb->bpp) ||
              !field_fits(fb->green_pos, fb->green_size, fb->bpp) ||
              !field_fits(fb->blue_pos, fb->blue_size, fb->bpp) )
        *why = "a colour outside the pixel";
    else if ( fb->pitch < (uint64_t)fb->width * bytes )
        *why = "lines overlap";
    else if ( fb->width < fonts[FONT_SMALL].width || fb->height < fonts[FONT_SMALL].height ||
              fb->width > UINT16_MAX || fb->height > UINT16_MAX )
        *why = "of a size that cannot be";
    else if ( !fb->addr || fb->addr + (uint64_t)fb->pitch * fb->height < fb->addr )
        *why = "at an address that cannot be";
    return *why ? 0 : (uint64_t)fb->pitch * fb->height;
}

/* ---- 2. Pixels ----------------------------------------------------------------------------- */

/* Lines need not begin at a multiple of eight. */
typedef volatile uint64_t pixel_word __attribute__((aligned(1)));

static volatile uint8_t *pixel_at(const struct canvas *c, uint32_t x, uint32_t y)
{
    return c->base + (uint64_t)y * c->pitch + (uint64_t)x * c->bytes;
}

/** The highest bits of an 8-bit intensity, or all of them at the top of a wider field. */
static uint32_t field(unsigned int intensity, unsigned int pos, unsigned int size)
{
    return (size < 8 ? intensity >> (8 - size) : intensity << (size - 8)) << pos;
}

/** Eight pixels of n bytes make n words of eight. */
static void make_octets(struct canvas *c)
{
    for ( unsigned int pattern = 0; pattern < 256; pattern++ )
        for ( unsigned int x = 0; x < 8; x++ )
            if ( pattern & 0x80 >> x )
                memcpy((uint8_t *)c->octets[pattern] + x * c->bytes, &c->fore, c->bytes);
}

void canvas_init(struct canvas *c, const struct boot_framebuffer *fb, volatile void *base)
{
    const struct font *large = &fonts[FONT_LARGE];
    bool fine = fb->width > SMALL_FONT_WIDTH && fb->height >= large->height;

    memset(c, 0, sizeof(*c));
    c->base = base;
    c->pitch = fb->pitch;
    c->width = fb->width;
    c->height = fb->height;
    c->bytes = (fb->bpp + 7U) / 8;
    c->fore = field(FORE_GREY, fb->red_pos, fb->red_size) |
              field(FORE_GREY, fb->green_pos, fb->green_size) |
              field(FORE_GREY, fb->blue_pos, fb->blue_size);
    c->font = fine ? large : &fonts[FONT_SMALL];
    make_octets(c);
}

unsigned int canvas_columns(const struct canvas *c)
{
    return c->width / c->font->width;
}

unsigned int canvas_rows(const struct canvas *c)
{
    return c->height / c->font->height;
}

void canvas_clear(struct canvas *c)
{
    uint32_t line = c->width * c->bytes;

    for ( uint32_t y = 0; y < c->height; y++ )
    {
        volatile uint8_t *at = pixel_at(c, 0, y);

        for ( uint32_t i = 0; i < line / 8; i++ )
            ((pixel_word *)at)[i] = 0;
        for ( uint32_t i = line / 8 * 8; i < line; i++ )
            at[i] = 0;
    }
}

/* ---- 3. Characters ------------------------------------------------------------------------- */

/** Eight pixels. @bytes, those of a pixel, is a constant wherever this is built in. */
static inline pixel_word *put_octet(pixel_word *at, const uint64_t *octet, unsigned int bytes)
{
    at[0] = octet[0];
    at[1] = octet[1];
    if ( bytes > 2 )
        at[2] = octet[2];
    if ( bytes > 3 )
        at[3] = octet[3];
    return at + bytes;
}

/** Line by line, as the memory lies. */
static inline void draw(const struct canvas *c, volatile uint8_t *line, unsigned int bytes,
                        const uint8_t *text, unsigned int nr)
{
    const unsigned int height = c->font->height, row_bytes = c->font->width / 8;
    const uint8_t *bits = c->font->bits;
    const uint32_t pitch = c->pitch;

    for ( unsigned int y = 0; y < height; y++, line += pitch, bits += row_bytes )
    {
        pixel_word *at = (pixel_word *)line;

        for ( unsigned int i = 0; i < nr; i++ )
        {
            const uint8_t *row = bits + text[i] * height * row_bytes;

            for ( unsigned int b = 0; b < row_bytes; b++ )
                at = put_octet(at, c->octets[row[b]], bytes);
        }
    }
}

void canvas_draw(struct canvas *c, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr)
{
    volatile uint8_t *at = pixel_at(c, column * c->font->width, row * c->font->height);

    switch ( c->bytes )
    {
    case 4: draw(c, at, 4, text, nr); break;
    case 3: draw(c, at, 3, text, nr); break;
    default: draw(c, at, 2, text, nr); break;
    }
}

#endif /* CONFIG_FRAMEBUFFER */
