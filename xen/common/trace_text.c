/* SPDX-License-Identifier: GPL-2.0-only */
/* How the parts of a traced hypercall are printed, see trace_text.h. No locks. */
#include <xen/printk.h>
#include "trace_text.h"

void text_put(struct text *t, const char *fmt, ...)
{
    size_t room = t->size - t->len;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->len, room, fmt, ap);
    va_end(ap);
    t->len += MIN((size_t)n, room - 1);
}

void text_unreadable(struct text *t, uint64_t va)
{
    text_put(t, "unreadable %#lx", va);
}

void text_name(struct text *t, const char *const *names, size_t count, unsigned long nr)
{
    if ( nr < count && names[nr] )
        text_put(t, "%s", names[nr]);
    else
        text_put(t, "command %lu", nr);
}

void text_domain(struct text *t, unsigned int id)
{
    switch ( id & DOMID_MASK )
    {
    case DOMID_SELF: text_put(t, "self"); break;
    case DOMID_IO: text_put(t, "DOMID_IO"); break;
    case DOMID_XEN: text_put(t, "DOMID_XEN"); break;
    default: text_put(t, "d%u", id & DOMID_MASK); break;
    }
}

void text_target(struct text *t, unsigned int fd)
{
    if ( fd == DOMID_SELF )
        return;
    text_put(t, ", pages of ");
    text_domain(t, fd & 0xffff);
    if ( fd >> 16 )
    {
        text_put(t, ", tables of ");
        text_domain(t, (fd >> 16) - 1);
    }
}

static const struct
{
    uint64_t bit;
    const char *name;
} pte_bits[] = {
    { 1UL << 2, "U" }, { 1UL << 3, "PWT" }, { 1UL << 4, "PCD" }, { 1UL << 5, "A" },
    { 1UL << 6, "D" }, { 1UL << 7, "PAT" }, { 1UL << 8, "G" },   { 1UL << 63, "NX" },
};

#define PTE_MFN_MASK  0x000ffffffffff000UL
#define PTE_SOFT_MASK 0x7ff0000000000e00UL

void text_pte(struct text *t, uint64_t e)
{
    if ( !(e & 1) )
    {
        text_put(t, e ? "%#lx, not present" : "%lu", e);
        return;
    }
    text_put(t, "mfn %#lx %s", (e & PTE_MFN_MASK) >> 12, e & 2 ? "RW" : "RO");
    for ( unsigned int i = 0; i < ARRAY_SIZE(pte_bits); i++ )
        if ( e & pte_bits[i].bit )
            text_put(t, "|%s", pte_bits[i].name);
    if ( e & PTE_SOFT_MASK )
        text_put(t, "|%#lx", e & PTE_SOFT_MASK);
}
