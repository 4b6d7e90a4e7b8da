/* SPDX-License-Identifier: GPL-2.0-only */
/* The fonts of the graphics console, made from a Debian package at build time (tools/build/mkfont). */
#ifndef XEN_FONT_H
#define XEN_FONT_H

#include <xen/types.h>

struct font
{
    unsigned int width, height; /* pixels */
    const uint8_t *
        bits; /* for each code of Latin-1 @height rows of whole bytes, the left pixel the highest bit */
};

enum
{
    FONT_SMALL, /* 8x16 */
    FONT_LARGE, /* 16x32 */
    NR_FONTS,
};

extern const struct font fonts[NR_FONTS];

static inline unsigned int font_row_bytes(const struct font *f)
{
    return (f->width + 7) / 8;
}

static inline const uint8_t *font_glyph(const struct font *f, uint8_t code)
{
    return f->bits + code * f->height * font_row_bytes(f);
}

#endif /* XEN_FONT_H */
