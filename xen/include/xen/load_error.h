/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest image was refused: one line of text that travels up from the pure parsers to whoever prints it. Text taken
 * from the image itself must go through load_quote() first: it may hold anything, escape sequences included.
 */
#ifndef XEN_LOAD_ERROR_H
#define XEN_LOAD_ERROR_H

#include <xen/lib.h>

struct load_error
{
    char text[200];
};

/** Note the reason (no newline) and return @rc, so that a check reads `return load_fail(err, -ENOEXEC, ...)`. */
int load_fail(struct load_error *err, int rc, const char *fmt, ...) __printf(3, 4);

/** Copy at most @size - 1 of the @len bytes at @text, up to a NUL, what is not printable ASCII as '?'; terminated. */
void load_quote(char *dst, size_t size, const char *text, size_t len);

#endif /* XEN_LOAD_ERROR_H */
