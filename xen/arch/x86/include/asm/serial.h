/* SPDX-License-Identifier: GPL-2.0-only */
/* The 16550 on com1, a device of the console (arch/x86/serial.c). */
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

#endif /* ASM_SERIAL_H */
