/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_event_channel_op(cmd, arg): ports, what is bound to them, and the two ways their state is shared.
 * A domain number may be DOMID_SELF; naming another domain than oneself as the owner of a port takes privilege.
 */
#ifndef __XEN_PUBLIC_EVENT_CHANNEL_H__
#define __XEN_PUBLIC_EVENT_CHANNEL_H__

#include "xen.h"

/* Each takes struct evtchn_<name>. */
#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq        1
#define EVTCHNOP_bind_pirq        2
#define EVTCHNOP_close            3
#define EVTCHNOP_send             4
#define EVTCHNOP_status           5
#define EVTCHNOP_alloc_unbound    6
#define EVTCHNOP_bind_ipi         7
#define EVTCHNOP_bind_vcpu        8
#define EVTCHNOP_unmask           9
#define EVTCHNOP_reset            10
#define EVTCHNOP_init_control     11
#define EVTCHNOP_expand_array     12
#define EVTCHNOP_set_priority     13

/* evtchn_bind_pirq.flags */
#define BIND_PIRQ__WILL_SHARE 1

/* evtchn_status.status */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1 /* waits for a remote domain */
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5

/* FIFO ABI: queues of a vCPU by priority; 0 is served first. */
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES       (EVTCHN_FIFO_PRIORITY_MIN + 1)

/* FIFO ABI: bits of a port's event word; the low ones name the next port in the queue. */
#define EVTCHN_FIFO_PENDING     31
#define EVTCHN_FIFO_MASKED      30
#define EVTCHN_FIFO_LINKED      29
#define EVTCHN_FIFO_BUSY        28
#define EVTCHN_FIFO_LINK_BITS   17
#define EVTCHN_FIFO_LINK_MASK   ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

#ifndef __ASSEMBLY__

/** Two-level ABI: ports there are (bits of shared_info.evtchn_pending). */
#define EVTCHN_2L_NR_CHANNELS ((8 * sizeof(xen_ulong_t)) * (8 * sizeof(xen_ulong_t)))

typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/** A new port in @dom that @remote_dom may bind to. */
struct evtchn_alloc_unbound
{
    domid_t dom, remote_dom;
    evtchn_port_t port; /* out */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/** A new port of the caller, connected to an unbound one. An event may have been sent before: it starts pending. */
struct evtchn_bind_interdomain
{
    domid_t remote_dom;
    evtchn_port_t remote_port;
    evtchn_port_t local_port; /* out */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/** A new port for a virtual interrupt. -XEN_EEXIST: it has one already. */
struct evtchn_bind_virq
{
    uint32_t virq; /* VIRQ_* */
    uint32_t vcpu;
    evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/** A new port for a physical interrupt. */
struct evtchn_bind_pirq
{
    uint32_t pirq;
    uint32_t flags;     /* BIND_PIRQ__* */
    evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/** A new port that notifies @vcpu when the domain itself sends to it. */
struct evtchn_bind_ipi
{
    uint32_t vcpu;
    evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/** Free a port; the remote end, if there is one, becomes unbound. */
struct evtchn_close
{
    evtchn_port_t port;
};
typedef struct evtchn_close evtchn_close_t;

/** Notify the other end. */
struct evtchn_send
{
    evtchn_port_t port;
};
typedef struct evtchn_send evtchn_send_t;

/** What a port is used for. */
struct evtchn_status
{
    domid_t dom;
    evtchn_port_t port;
    uint32_t status; /* out: EVTCHNSTAT_* */
    uint32_t vcpu;   /* out: who is notified */
    union
    {
        struct
        {
            domid_t dom;
        } unbound;
        struct
        {
            domid_t dom;
            evtchn_port_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u; /* out */
};
typedef struct evtchn_status evtchn_status_t;

/** From now on @port notifies @vcpu. Not for IPIs and per-vCPU virtual interrupts. */
struct evtchn_bind_vcpu
{
    evtchn_port_t port;
    uint32_t vcpu;
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/** Clear a port's mask and deliver what is pending. */
struct evtchn_unmask
{
    evtchn_port_t port;
};
typedef struct evtchn_unmask evtchn_unmask_t;

/** Close every port of a domain, and go back to the two-level ABI. */
struct evtchn_reset
{
    domid_t dom;
};
typedef struct evtchn_reset evtchn_reset_t;

/** FIFO ABI: give a vCPU its control block; the first one switches the domain over. */
struct evtchn_init_control
{
    uint64_t control_gfn;
    uint32_t offset; /* bytes into that frame */
    uint32_t vcpu;
    uint8_t link_bits; /* out: EVTCHN_FIFO_LINK_BITS */
    uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

/** FIFO ABI: one more page of event words. */
struct evtchn_expand_array
{
    uint64_t array_gfn;
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

/** FIFO ABI: the queue a port goes to. */
struct evtchn_set_priority
{
    evtchn_port_t port;
    uint32_t priority; /* EVTCHN_FIFO_PRIORITY_MAX .. _MIN */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

/** HYPERVISOR_event_channel_op_compat(struct evtchn_op *): command and argument in one. */
struct evtchn_op
{
    uint32_t cmd; /* EVTCHNOP_* up to unmask */
    union
    {
        struct evtchn_alloc_unbound alloc_unbound;
        struct evtchn_bind_interdomain bind_interdomain;
        struct evtchn_bind_virq bind_virq;
        struct evtchn_bind_pirq bind_pirq;
        struct evtchn_bind_ipi bind_ipi;
        struct evtchn_close close;
        struct evtchn_send send;
        struct evtchn_status status;
        struct evtchn_bind_vcpu bind_vcpu;
        struct evtchn_unmask unmask;
    } u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);

/** FIFO ABI: a port's state. */
typedef uint32_t event_word_t;

/** FIFO ABI: a vCPU's queues. */
struct evtchn_fifo_control_block
{
    uint32_t ready; /* bit n: queue n is not empty */
    uint32_t _rsvd;
    event_word_t head[EVTCHN_FIFO_MAX_QUEUES]; /* first port of each */
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_EVENT_CHANNEL_H__ */
