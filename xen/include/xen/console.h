/* SPDX-License-Identifier: GPL-2.0-only */
/* Where text goes and where typed characters come from: serial port and screen behind one interface. */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

/** Write bytes to every console, '\n' becoming "\r\n" on the wire. Never sleeps, works from power-on (serial). */
void console_write(const char *s, size_t len);

/** Take typed characters meant for the guest; how many were copied. */
size_t console_read(char *buf, size_t len);
/** The same, but they stay where they are. */
size_t console_peek(char *buf, size_t len);

/** Characters the guest may take now. */
size_t console_readable(void);

/** Move received characters from the device into the input buffer; called from a softirq. */
void console_poll(void);

/** Called (in softirq context) whenever console_readable() became non-zero. One listener. */
void console_set_listener(void (*fn)(void *), void *arg);

/* ---- Starting up ------------------------------------------------------------------------------------------------- */

/** First thing of all: the first serial port with its defaults. Needs no command line, no paging of ours, no percpu area. */
void console_init_early(void);
/** After cmdline_parse() and paging_init(): obey com1= and console=, start the screen and show it what was written so far. */
void console_init(void);
/** After time_init(): input, by interrupt if the port has one, or else looked for 100 times a second. */
void console_init_input(void);

/* ---- For the devices --------------------------------------------------------------------------------------------- */

/** A device that shows text. Registered once, never removed. */
struct console_sink
{
    const char *name; /* as console= names it */
    /** All of it, and '\n' is the end of a line. */
    void (*write)(const char *s, size_t len);
    bool off;
    struct console_sink *next;
};
void console_register(struct console_sink *sink);

/** The device that characters are typed on: takes one out of the device if there is one. */
void console_register_input(bool (*getc)(char *c));

/** Has console= left @name switched on? */
bool console_selected(const char *name);

/* ---- For printk, panic and the end of a run ---------------------------------------------------------------------- */

/** Whether the last byte written ended a line. */
bool console_at_line_start(void);
/** Boot is about to fail: show what was said on the screen too, if console_init() has not come to it yet. */
void console_last_words(void);
/** The machine is about to stop: from now on nothing waits for a lock, and the screen is used whatever console= says. */
void console_emergency(void);
/** Wait until the wire has all that was written. */
void console_flush(void);

/* ---- Debug keys --------------------------------------------------------------------------------------------------- */

/** Typing Ctrl-A three times takes the keyboard from the guest to the hypervisor and back. While it is the hypervisor's, a
 *  key runs @fn in softirq context, between two instructions of the guest. A key already taken is taken over. */
void debugkey_register(char key, void (*fn)(void), const char *help);
/** For a key's @fn: the keys typed next, up to Enter, are a line of text for @fn. Escape and other control characters end it
 *  without calling @fn. At most 63 characters are kept. */
void debugkey_ask(const char *question, void (*fn)(const char *text));
/** Run what @key stands for. */
void debugkey_run(char key);
/** The keys that need nothing but what every build has. */
void debugkeys_init(void);

#endif /* XEN_CONSOLE_H */
