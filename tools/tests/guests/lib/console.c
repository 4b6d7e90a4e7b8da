/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console. An initial domain calls the hypervisor (console_io); any other shares a ring page with a backend: we
 * write the indices out_prod and in_cons, the backend out_cons and in_prod, and an event tells the other side.
 */
#include "guest.h"
#include <public/io/console.h>

/* The ring's page, or NULL while console_io has to do. Before start_info was looked at it is all there is. */
static struct xencons_interface *ring(void)
{
    if ( !start_info || initial_domain() || !start_info->console.domU.evtchn )
        return NULL;
    return (void *)(M2P[start_info->console.domU.mfn] << 12);
}

static void notify(void)
{
    struct evtchn_send send = { .port = start_info->console.domU.evtchn };

    hyp_event_channel_op(EVTCHNOP_send, &send);
}

static void ring_write(struct xencons_interface *r, const char *s, size_t len)
{
    while ( len )
    {
        uint32_t prod = r->out_prod;

        while ( len && prod - __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) < sizeof(r->out) )
        {
            r->out[MASK_XENCONS_IDX(prod++, r->out)] = *s++;
            len--;
        }
        __atomic_store_n(&r->out_prod, prod, __ATOMIC_RELEASE);
        notify();
        /* Wait until all of it is out: the last line of a guest that ends must not be lost. */
        while ( __atomic_load_n(&r->out_cons, __ATOMIC_ACQUIRE) != prod )
            hyp_sched_op(SCHEDOP_yield, NULL);
    }
}

void console_write(const char *s, size_t len)
{
    struct xencons_interface *r = ring();

    if ( r )
        ring_write(r, s, len);
    else
        hyp_console_io(CONSOLEIO_write, (unsigned int)len, s);
}

size_t console_read(char *buf, size_t len)
{
    struct xencons_interface *r = ring();
    size_t n = 0;

    if ( !r )
    {
        long got = hyp_console_io(CONSOLEIO_read, (unsigned int)len, buf);

        return got > 0 ? (size_t)got : 0;
    }
    uint32_t cons = r->in_cons;

    while ( n < len && cons != __atomic_load_n(&r->in_prod, __ATOMIC_ACQUIRE) )
        buf[n++] = r->in[MASK_XENCONS_IDX(cons++, r->in)];
    __atomic_store_n(&r->in_cons, cons, __ATOMIC_RELEASE);
    if ( n )
        notify();
    return n;
}
