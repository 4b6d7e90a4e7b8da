/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key e: each event channel, what it is bound to, and its bits in the guest's shared_info. Nothing is changed: no locks. */
#include <xen/dump.h>
#include <xen/printk.h>

#define LINES_MAX 64 /* a domain; a guest may have 4095 ports */

static bool bit_of(const xen_ulong_t *words, uint32_t port)
{
    return READ_ONCE(words[port / 64]) >> (port % 64) & 1;
}

static void print_port(const struct domain *d, uint32_t port, const char *binding, uint32_t number)
{
    const struct shared_info *s = d->shared;

    pr_always("d%u: port %u for vCPU %u, %s %u%s%s", d->id, port, d->evtchn.ports[port].vcpu,
              binding, number, bit_of(s->evtchn_pending, port) ? ", pending" : "",
              bit_of(s->evtchn_mask, port) ? ", masked" : "");
}

static void dump_port(const struct domain *d, uint32_t port)
{
    const struct evtchn *chn = &d->evtchn.ports[port];

    switch ( chn->state )
    {
    case ECS_UNBOUND: print_port(d, port, "unbound, for domain", chn->remote_domid); break;
    case ECS_INTERDOMAIN: print_port(d, port, "bound to port", chn->remote_port); break;
    case ECS_VIRQ: print_port(d, port, "VIRQ", chn->virq); break;
    case ECS_IPI: print_port(d, port, "IPI to vCPU", chn->vcpu); break;
    case ECS_HYPERVISOR:
        print_port(d, port, "served by the hypervisor, as domain", chn->remote_domid);
        break;
    }
}

static void dump_domain_events(const struct domain *d)
{
    unsigned int used = 0;

    pr_always("d%u: %u event channels", d->id, d->evtchn.in_use);
    if ( !d->evtchn.ports )
        return;
    for ( uint32_t port = 0; port < EVTCHN_2L_PORTS; port++ )
        if ( d->evtchn.ports[port].state != ECS_FREE && used++ < LINES_MAX )
            dump_port(d, port);
    if ( used > LINES_MAX )
        pr_always("d%u: and %u more", d->id, used - LINES_MAX);
}

void dump_events_key(void)
{
    unsigned int slot = 0;
    struct domain *d;

    while ( (d = dump_next_domain(&slot)) )
        dump_domain_events(d);
}
