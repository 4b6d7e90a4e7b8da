/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's end of the two rings of a domain that is not the initial one. */
#ifndef XEN_BACKEND_H
#define XEN_BACKEND_H

#include <xen/domain.h>

/**
 * Serve the console ring in @page, one of @d's frames: hold it, set d->console_ring and d->console_port, take the
 * console's input for it. evtchn_init() must have been called. -EINVAL: not a frame the hypervisor may write to;
 * -ENOSPC: no hold or no port left.
 */
int console_ring_init(struct domain *d, mfn_t page);

/** Serve xenstore through the ring in @page: as above, with d->store_ring and d->store_port. Call it after
 * console_ring_init() and when d->mm.tot_pages is final: the tree tells both. Also -ENOMEM. */
int xenstore_init(struct domain *d, mfn_t page);

/** Print what a guest has written and not ended by a newline (common/console_io.c, pv/console_ring.c). The domain
 * ends. */
void console_io_flush(struct domain *d);
void console_ring_flush(struct domain *d);
/** Stop serving; the domain is going away. */
void console_ring_stop(struct domain *d);
void xenstore_stop(struct domain *d);

#endif /* XEN_BACKEND_H */
