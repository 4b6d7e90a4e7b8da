/* SPDX-License-Identifier: GPL-2.0-only */
/* The reason a guest image was refused, see load_error.h. Pure; no locks. */

#include <xen/load_error.h>
#include <xen/printk.h>

int load_fail(struct load_error *err, int rc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return rc;
}

void load_quote(char *dst, size_t size, const char *text, size_t len)
{
    size_t i;

    for ( i = 0; i < len && i + 1 < size && text[i]; i++ )
        dst[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    dst[i] = '\0';
}
