/* SPDX-License-Identifier: GPL-2.0-only */
/* The screen, a device of the console: text of the VGA (arch/x86/vga.c) or a framebuffer (framebuffer.c). */
#ifndef ASM_SCREEN_H
#define ASM_SCREEN_H

#include <xen/types.h>

/** Make the screen a console if there is one. @early: before paging_init(). */
void screen_init(bool early);

/** For screen.c: the two kinds. False: there is no framebuffer that can be used. */
bool framebuffer_init(bool early);
void vga_init(bool early);

#endif /* ASM_SCREEN_H */
