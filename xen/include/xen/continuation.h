/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a hypercall on an array has got, in the register that says how long the array is. The guest sees neither: the
 * register has its own value back when the call is over. Pure.
 *
 *   bits 30:0   the guest's count
 *   bit  31     the call was interrupted (the ABI's MMU_UPDATE_PREEMPTED); without it the rest is not looked at
 *   bits 62:32  entries done
 *   bit  63     an entry has failed, the outcome has been told, and only clearing up is left; bits 38:32 are its errno
 *
 * A guest may put anything here. It can only make its own call skip entries or fail.
 */
#ifndef XEN_CONTINUATION_H
#define XEN_CONTINUATION_H

#include <xen/types.h>

#define COUNT_MASK      0x7fffffffUL
#define COUNT_PREEMPTED 0x80000000UL
#define COUNT_FAILED    (1UL << 63)

struct progress
{
    uint32_t count, done; /* done <= count */
    bool resumed;         /* the register does not hold the guest's value */
    bool failed;
    int error; /* negative errno, if failed */
};

static inline struct progress progress_decode(unsigned long arg)
{
    struct progress p = { .count = (uint32_t)(arg & COUNT_MASK), .resumed = arg & COUNT_PREEMPTED };

    if ( !p.resumed )
        return p;
    if ( arg & COUNT_FAILED )
    {
        p.failed = true;
        p.error = -(int)(arg >> 32 & 0x7f);
        return p;
    }
    p.done = (uint32_t)(arg >> 32 & COUNT_MASK);
    if ( p.done > p.count )
        p.done = p.count;
    return p;
}

/** The register's value while a call is interrupted. */
static inline unsigned long progress_encode(const struct progress *p)
{
    unsigned long arg = p->count | COUNT_PREEMPTED;

    if ( p->failed )
        return arg | COUNT_FAILED | (unsigned long)(-p->error & 0x7f) << 32;
    return arg | (unsigned long)p->done << 32;
}

#endif /* XEN_CONTINUATION_H */
