/* SPDX-License-Identifier: GPL-2.0-only */
/* The screen, a device of the console (arch/x86/screen.c): text of the VGA (vga.c) or a framebuffer (framebuffer.c). */
#ifndef ASM_SCREEN_H
#define ASM_SCREEN_H

#include <xen/types.h>

/** Make the screen a console if there is one. @early: before paging_init(). */
void screen_init(bool early);

/** An initial domain is told of the screen and may draw on it: leave it alone, unless vga=keep. */
void screen_release(void);
/** The machine is about to stop: the screen is ours again. */
void screen_retake(void);

/** Where the console writes next; 0, 0 without a screen. */
void screen_cursor(unsigned int *column, unsigned int *row);

/* ---- For screen.c --------------------------------------------------------------------------------------------------- */

struct screen_device
{
    unsigned int columns, rows;
    void (*clear)(void);
    /** Draw @nr characters of Latin-1 from there on; they lie in one row. */
    void (*draw)(void *ctx, unsigned int row, unsigned int column, const uint8_t *text,
                 unsigned int nr);
    void (*move_cursor)(unsigned int column, unsigned int row); /* NULL: it has none */
};

/** Reach the hardware; nothing is drawn yet. NULL: there is no such screen. */
const struct screen_device *framebuffer_open(bool early);
const struct screen_device *vga_open(bool early);

#endif /* ASM_SCREEN_H */
