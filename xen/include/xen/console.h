/* SPDX-License-Identifier: GPL-2.0-only */
/* Where text goes and where typed characters come from: serial and VGA behind one interface. */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

/** Write bytes to every console, '\n' becoming "\r\n" on the wire. Never sleeps, works from power-on (serial). */
void console_write(const char *s, size_t len);

/** Take typed characters meant for the guest; how many were copied. */
size_t console_read(char *buf, size_t len);

/** Characters the guest may take now. */
size_t console_readable(void);

/** Move received characters from the device into the input buffer; called from a softirq. */
void console_poll(void);

/** Called (in softirq context) whenever console_readable() became non-zero. One listener. */
void console_set_listener(void (*fn)(void *), void *arg);

#endif /* XEN_CONSOLE_H */
