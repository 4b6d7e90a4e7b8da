/* SPDX-License-Identifier: GPL-2.0-only */
/* The 16550 on com1 and the VGA text screen: the console's two devices (arch/x86/serial.c, vga.c). */
#ifndef ASM_SERIAL_H
#define ASM_SERIAL_H

#include <xen/types.h>

/** Find the port at its default place, set it up and make it a console. */
void serial_init_early(void);
/** Again, as com1= says. */
void serial_init(void);
/** Let it raise its interrupt when characters arrive. False: it cannot, somebody must look. */
bool serial_enable_input(void);
/** Wait, but not for ever, until all has left the port. */
void serial_flush(void);

/** Make the text screen a console if there is one. @early: before paging_init(). */
void vga_init(bool early);

#endif /* ASM_SERIAL_H */
