/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels, 2-level ABI: 4096 ports a domain. State only; the functions are in xen/domain.h. */
#ifndef XEN_EVENT_H
#define XEN_EVENT_H

#include <xen/lib.h>
#include <xen/spinlock.h>
#include <xen/types.h>

#define EVTCHN_2L_WORDS 64
#define EVTCHN_2L_PORTS 4096

enum evtchn_state
{
    ECS_FREE = 0,
    ECS_UNBOUND,
    ECS_INTERDOMAIN,
    ECS_VIRQ,
    ECS_IPI,
    ECS_HYPERVISOR, /* the other end is code in the hypervisor; looks like ECS_INTERDOMAIN to the guest */
};

struct domain;

struct evtchn
{
    uint8_t state;
    uint8_t virq;
    uint16_t vcpu; /* who is notified */
    uint16_t remote_domid;
    uint32_t remote_port;
    void (*fn)(struct domain *d);
};

struct evtchn_domain
{
    struct spinlock
        lock; /* states and bindings; of two domains, the one with the smaller number first */
    struct evtchn *ports; /* EVTCHN_2L_PORTS of them */
    uint32_t in_use;
};

/** Is this a port that is bound, or waits to be? What the answer is worth without the lock: that it was so. */
static inline bool evtchn_port_open(const struct evtchn_domain *e, uint32_t port)
{
    return port < EVTCHN_2L_PORTS && READ_ONCE(e->ports[port].state) != ECS_FREE;
}

#endif /* XEN_EVENT_H */
