/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen of characters as a terminal without features: what is written to it, and which of its cells a device must draw. Keeps the
 * text itself, so that nothing is ever read from the device. Pure (common/text_screen.c).
 */
#ifndef XEN_TEXT_SCREEN_H
#define XEN_TEXT_SCREEN_H

#include <xen/lib.h>

/** A larger screen is used as far as this goes. */
#define TEXT_SCREEN_MAX_COLUMNS 256
#define TEXT_SCREEN_MAX_ROWS    128

/** Stands for a character that Latin-1 does not have. */
#define TEXT_SCREEN_UNKNOWN 0x1a

struct text_screen
{
    unsigned int columns, rows;
    unsigned int column,
        row; /* of what is written next; column == columns: a new line, unless a line end comes first */
    /** Draw @nr characters of Latin-1 from there on; they lie in one row. */
    void (*draw)(void *ctx, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr);
    void *ctx;

    enum text_screen_state
    {
        TEXT_SCREEN_PLAIN,
        TEXT_SCREEN_ESCAPE,   /* an ESC has come */
        TEXT_SCREEN_SEQUENCE, /* and a [ */
    } state;
    unsigned int more;                   /* bytes that a UTF-8 character still lacks */
    uint32_t code;                       /* of it, as far as it has come */
    unsigned int dirty_start, dirty_end; /* rows that may differ from what is shown */
    unsigned int top;                    /* the row of text[] that is shown first */
    uint8_t text[TEXT_SCREEN_MAX_ROWS][TEXT_SCREEN_MAX_COLUMNS] __aligned(8);
    uint8_t shown[TEXT_SCREEN_MAX_ROWS][TEXT_SCREEN_MAX_COLUMNS] __aligned(8);
};

/** An empty screen on a device that shows nothing but blanks. */
void text_screen_init(struct text_screen *s, unsigned int columns, unsigned int rows,
                      void (*draw)(void *ctx, unsigned int row, unsigned int column,
                                   const uint8_t *text, unsigned int nr),
                      void *ctx);

/** Write bytes of UTF-8, then draw each cell that has changed, once. Escape sequences are swallowed. */
void text_screen_write(struct text_screen *s, const char *text, size_t len);

#endif /* XEN_TEXT_SCREEN_H */
