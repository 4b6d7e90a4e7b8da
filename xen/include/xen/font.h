/* SPDX-License-Identifier: GPL-2.0-only */
/* The fonts of the graphics console, made from a Debian package at build time (tools/build/mkfont). */
#ifndef XEN_FONT_H
#define XEN_FONT_H

#include <xen/types.h>

/** For each code of Latin-1 @height rows of bytes, the left pixel the highest bit. */
struct font
{
    unsigned int width, height; /* pixels; the width is a multiple of eight */
    const uint8_t *bits;
};

enum
{
    FONT_SMALL, /* 8x16 */
    FONT_LARGE, /* 16x32 */
    NR_FONTS,
};

extern const struct font fonts[NR_FONTS];

#endif /* XEN_FONT_H */
