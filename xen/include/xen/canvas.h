/* SPDX-License-Identifier: GPL-2.0-only */
/* Characters drawn into a linear framebuffer, which is written only, never read. Pure (common/canvas.c). */
#ifndef XEN_CANVAS_H
#define XEN_CANVAS_H

#include <xen/boot_info.h>
#include <xen/font.h>

struct canvas
{
    volatile uint8_t *base;
    uint32_t pitch, width, height; /* bytes from row to row; pixels */
    unsigned int bytes;            /* of a pixel: 2, 3 or 4 */
    uint32_t fore;                 /* a pixel of the text's colour; the background is 0, black */
    const struct font *font;
    uint64_t octets[256]
                   [4]; /* what a byte of the font is in memory: eight pixels in @bytes words */
};

/** Bytes that a framebuffer takes from its address on, or 0: it is none that can be drawn into, and *why says why. */
uint64_t canvas_size(const struct boot_framebuffer *fb, const char **why);

/** A canvas on @fb, which canvas_size() has accepted and which can be written at @base. Chooses the font by the width. */
void canvas_init(struct canvas *c, const struct boot_framebuffer *fb, volatile void *base);

unsigned int canvas_columns(const struct canvas *c);
unsigned int canvas_rows(const struct canvas *c);

/** All of it in the background's colour, what lies beyond the last character of a line too. */
void canvas_clear(struct canvas *c);

/** @nr characters of Latin-1 from there on; they must lie within columns and rows. */
void canvas_draw(struct canvas *c, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr);

#endif /* XEN_CANVAS_H */
