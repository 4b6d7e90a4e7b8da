/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's log. Every line goes through a level: messages of the hypervisor are filtered by loglvl=, those caused by
 * a guest by guest_loglvl= and a rate limit.
 */
#ifndef XEN_PRINTK_H
#define XEN_PRINTK_H

#include <stdarg.h>
#include <xen/lib.h>

enum loglevel
{
    LOG_ERR = 0,
    LOG_WARNING = 1,
    LOG_INFO = 2,
    LOG_DEBUG = 3,
    LOG_ALWAYS = -1, /* banner, panics, dumps that somebody asked for */
};

/** Formats: d i u x X o c s p %, flags 0 - # +, width, precision, * , l ll z h; %ps prints a hypervisor address as symbol+offset. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/** One message: a line, or several with '\n' between them; a final '\n' changes nothing. At most 511 bytes. */
void vprintk(enum loglevel level, const char *fmt, va_list ap);
void printk(enum loglevel level, const char *fmt, ...) __printf(2, 3);
#define pr_always(...) printk(LOG_ALWAYS, __VA_ARGS__)
#define pr_err(...)    printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)   printk(LOG_WARNING, __VA_ARGS__)
#define pr_info(...)   printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)  printk(LOG_DEBUG, __VA_ARGS__)

struct domain;
/** A message a guest caused: "(d0) ..." prefix, guest_loglvl=, rate-limited. */
void gprintk(enum loglevel level, const struct domain *d, const char *fmt, ...) __printf(3, 4);
void vgprintk(enum loglevel level, int domid, const char *fmt, va_list ap);

/** Say how many messages the rate limits have swallowed since it was last said. Before the run ends. */
void printk_flush_notices(void);

/** Stop the machine: message, registers, backtrace, then exit status EXIT_HV_CRASH. */
void __noreturn panic(const char *fmt, ...) __printf(1, 2);

#endif /* XEN_PRINTK_H */
