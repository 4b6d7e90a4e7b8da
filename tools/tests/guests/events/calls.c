/* SPDX-License-Identifier: GPL-2.0-only */
/* EVTCHNOP_* as calls, and all ports at once. */
#include "events.h"

long bind_ipi(uint32_t vcpu, uint32_t *port)
{
    struct evtchn_bind_ipi b = { .vcpu = vcpu };
    long rc = hyp_event_channel_op(EVTCHNOP_bind_ipi, &b);

    if ( port )
        *port = b.port;
    return rc;
}

long bind_virq(uint32_t virq, uint32_t vcpu, uint32_t *port)
{
    struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
    long rc = hyp_event_channel_op(EVTCHNOP_bind_virq, &b);

    if ( port )
        *port = b.port;
    return rc;
}

long alloc_unbound(uint16_t dom, uint16_t remote, uint32_t *port)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    long rc = hyp_event_channel_op(EVTCHNOP_alloc_unbound, &a);

    if ( port )
        *port = a.port;
    return rc;
}

long bind_interdomain(uint16_t dom, uint32_t remote, uint32_t *port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom, .remote_port = remote };
    long rc = hyp_event_channel_op(EVTCHNOP_bind_interdomain, &b);

    if ( port )
        *port = b.local_port;
    return rc;
}

long bind_vcpu(uint32_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

    return hyp_event_channel_op(EVTCHNOP_bind_vcpu, &b);
}

long close_port(uint32_t port)
{
    struct evtchn_close c = { .port = port };

    return hyp_event_channel_op(EVTCHNOP_close, &c);
}

long send(uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return hyp_event_channel_op(EVTCHNOP_send, &s);
}

long unmask(uint32_t port)
{
    struct evtchn_unmask u = { .port = port };

    return hyp_event_channel_op(EVTCHNOP_unmask, &u);
}

long status(uint16_t dom, uint32_t port, struct evtchn_status *s)
{
    memset(s, 0, sizeof(*s));
    s->dom = dom;
    s->port = port;
    return hyp_event_channel_op(EVTCHNOP_status, s);
}

uint32_t state_of(uint32_t port)
{
    struct evtchn_status s;

    return status(DOMID_SELF, port, &s) ? ~0u : s.status;
}

/* ---- All ports ---- */

#define BATCH 256

static struct evtchn_bind_ipi all[NR_PORTS + BATCH];
static unsigned int bound;

/* Many calls of one operation in one hypercall, on what stands at @args; how many gave 0. */
static unsigned int many(unsigned int cmd, void *args, size_t size, unsigned int count)
{
    static struct multicall_entry m[BATCH];
    unsigned int done = 0;

    for ( unsigned int i = 0; i < count; i++ )
        m[i] = (struct multicall_entry){ .op = __HYPERVISOR_event_channel_op,
                                         .args = { cmd, (unsigned long)args + i * size } };
    if ( hyp_multicall(m, count) )
        panic("multicall");
    for ( unsigned int i = 0; i < count; i++ )
        done += m[i].result == 0;
    return done;
}

unsigned int bind_all(void)
{
    unsigned int got;

    bound = 0;
    memset(all, 0, sizeof(all));
    do
        bound += got = many(EVTCHNOP_bind_ipi, &all[bound], sizeof(all[0]), BATCH);
    while ( got == BATCH && bound < NR_PORTS );
    return bound;
}

uint32_t bound_port(unsigned int i)
{
    return all[i].port;
}

unsigned int close_all(void)
{
    static struct evtchn_close c[NR_PORTS];
    unsigned int closed = 0;

    for ( unsigned int i = 0; i < bound && i < NR_PORTS; i++ )
        c[i].port = all[i].port;
    for ( unsigned int i = 0; i < bound; i += BATCH )
        closed += many(EVTCHNOP_close, &c[i], sizeof(c[0]), bound - i < BATCH ? bound - i : BATCH);
    return closed;
}
