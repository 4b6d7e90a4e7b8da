/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor as the other end of a domain's console ring (public/io/console.h): what the guest writes goes to the
 * console, what is typed goes to the guest.
 *
 * The guest sends an event when it has written and when it has read; both directions are looked at each time. Input
 * that finds no room stays in the console's buffer until then. Indices are the guest's to spoil: a distance larger
 * than the ring is not followed, and nothing is written outside the two arrays.
 *
 * Locks: none; the events come from the guest's vCPU and from softirqs on its CPU.
 */
#include <public/io/console.h>
#include <xen/backend.h>
#include <xen/console.h>
#include <xen/printk.h>

#define CHUNK 128

/* All that the guest has written. True if there was something. */
static bool drain_output(struct xencons_interface *ring)
{
    uint32_t cons = READ_ONCE(ring->out_cons), prod = READ_ONCE(ring->out_prod), len = prod - cons;
    char buf[CHUNK];

    if ( len == 0 || len > sizeof(ring->out) )
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* what was written before out_prod */
    while ( cons != prod )
    {
        uint32_t n = MIN(prod - cons, (uint32_t)CHUNK);

        for ( uint32_t i = 0; i < n; i++ )
            buf[i] = ring->out[MASK_XENCONS_IDX(cons + i, ring->out)];
        console_write(buf, n);
        cons += n;
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
    return true;
}

/* What has been typed, as far as there is room. True if there was something and room. */
static bool push_input(struct xencons_interface *ring)
{
    uint32_t prod = READ_ONCE(ring->in_prod), used = prod - READ_ONCE(ring->in_cons);
    bool moved = false;
    char buf[CHUNK];

    while ( used < sizeof(ring->in) )
    {
        size_t n = console_read(buf, MIN(sizeof(ring->in) - used, sizeof(buf)));

        if ( n == 0 )
            break;
        for ( size_t i = 0; i < n; i++ )
            ring->in[MASK_XENCONS_IDX(prod + i, ring->in)] = buf[i];
        prod += (uint32_t)n;
        used += (uint32_t)n;
        moved = true;
    }
    if ( moved )
        __atomic_store_n(&ring->in_prod, prod, __ATOMIC_RELEASE);
    return moved;
}

static void console_event(struct domain *d)
{
    bool moved;

    if ( !d->console_ring )
        return;
    moved = drain_output(d->console_ring);
    moved |= push_input(d->console_ring);
    if ( moved )
        evtchn_notify_guest(d, d->console_port, console_event);
}

/* Somebody has typed. */
static void console_input(void *arg)
{
    struct domain *d = arg;

    if ( d->console_ring && push_input(d->console_ring) )
        evtchn_notify_guest(d, d->console_port, console_event);
}

int console_ring_init(struct domain *d, mfn_t page)
{
    int rc = domain_hold(&d->mm, page);

    if ( rc )
        return rc;
    d->console_port = evtchn_alloc_hypervisor(d, console_event);
    if ( !d->console_port )
    {
        domain_unhold(&d->mm, page);
        return -ENOSPC;
    }
    d->console_ring = mfn_to_virt(d->mm.machine, page);
    console_set_listener(console_input, d);
    return 0;
}

void console_ring_flush(struct domain *d)
{
    if ( d->console_ring )
        (void)drain_output(d->console_ring);
}

void console_ring_stop(struct domain *d)
{
    d->console_ring = NULL;
}
