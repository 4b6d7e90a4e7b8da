/* SPDX-License-Identifier: GPL-2.0-only */
/* What ports can be, what their status says, which vCPU they notify, and which VIRQs there are. */
#include "events.h"

#define NR_VIRQ 24

static bool own_virq(unsigned int virq)
{
    return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF || virq == VIRQ_XENPMU;
}

TEST("evtchn-virq-numbers", "every VIRQ can be bound, and its port says which it is", 0)
{
    for ( uint32_t virq = 0; virq < NR_VIRQ; virq++ )
    {
        struct evtchn_status s;
        uint32_t port;

        check_rc(bind_virq(virq, 0, &port), 0, "VIRQ %u", virq);
        check_rc(status(DOMID_SELF, port, &s), 0, "VIRQ %u: status", virq);
        check_eq(s.status, EVTCHNSTAT_virq, "VIRQ %u: it is one", virq);
        check_eq(s.u.virq, virq, "VIRQ %u: it is this one", virq);
        check_eq(s.vcpu, 0, "VIRQ %u: of vCPU 0", virq);
        check_rc(bind_virq(virq, 0, NULL), -XEN_EEXIST, "VIRQ %u again", virq);
        check_rc(send(port), -XEN_EINVAL, "VIRQ %u: send", virq);
        check_rc(close_port(port), 0, "VIRQ %u: close", virq);
        check_rc(bind_virq(virq, 0, &port), 0, "VIRQ %u: bind it anew", virq);
        check_rc(close_port(port), 0, "VIRQ %u: close that", virq);
    }
}

TEST("evtchn-virq-vcpus", "a global VIRQ begins at vCPU 0, a vCPU's own stays there", 0)
{
    for ( uint32_t virq = 0; virq < NR_VIRQ; virq++ )
    {
        long refusal = own_virq(virq) ? -XEN_ENOENT : -XEN_EINVAL;
        uint32_t port;

        check_rc(bind_virq(virq, 1, NULL), refusal, "VIRQ %u of vCPU 1", virq);
        check_rc(bind_virq(virq, ~0u, NULL), refusal, "VIRQ %u of vCPU ~0", virq);
        check_rc(bind_virq(virq, 0, &port), 0, "VIRQ %u of vCPU 0", virq);
        check_rc(bind_vcpu(port, 0), own_virq(virq) ? -XEN_EINVAL : 0, "VIRQ %u: bind_vcpu", virq);
        check_rc(bind_vcpu(port, 1), -XEN_ENOENT, "VIRQ %u: bind_vcpu to vCPU 1", virq);
        check_rc(close_port(port), 0, "VIRQ %u: close", virq);
    }
    for ( uint32_t shift = 5; shift < 32; shift++ )
        check_rc(bind_virq(1U << shift, 0, NULL), -XEN_EINVAL, "VIRQ 2^%u", shift);
    check_rc(bind_virq(NR_VIRQ, 0, NULL), -XEN_EINVAL, "VIRQ 24");
    check_rc(bind_virq(~0u, ~0u, NULL), -XEN_EINVAL, "VIRQ ~0 of vCPU ~0");
}

TEST("evtchn-status", "status tells what each kind of port is", 0)
{
    struct evtchn_status s;
    uint32_t a, b, c;

    check_rc(alloc_unbound(DOMID_SELF, 5, &a), 0, "a port for domain 5");
    check_rc(status(DOMID_SELF, a, &s), 0, "its status");
    check(s.status == EVTCHNSTAT_unbound && s.u.unbound.dom == 5, "waits for domain 5");
    check_rc(alloc_unbound(0, DOMID_SELF, &b), 0, "a port for ourselves, who are domain 0");
    check_rc(status(0, b, &s), 0, "its status, asked of domain 0");
    check(s.status == EVTCHNSTAT_unbound && s.u.unbound.dom == 0, "waits for domain 0");
    check_rc(bind_interdomain(0, b, &c), 0, "its other end");
    check_rc(status(DOMID_SELF, c, &s), 0, "status of that");
    check(s.status == EVTCHNSTAT_interdomain && s.u.interdomain.dom == 0 &&
              s.u.interdomain.port == b,
          "leads to the first");
    check_rc(close_port(c), 0, "close it");
    check_rc(status(DOMID_SELF, b, &s), 0, "status of the first");
    check(s.status == EVTCHNSTAT_unbound && s.u.unbound.dom == 0, "waits for domain 0 again");
    check_rc(status(DOMID_SELF, c, &s), 0, "status of the closed one");
    check_eq(s.status, EVTCHNSTAT_closed, "is closed");
    check_rc(status(DOMID_SELF, 0, &s), 0, "status of port 0");
    check_eq(s.status, EVTCHNSTAT_closed, "is closed");
}

TEST("evtchn-status-refusals", "status of ports and domains that do not exist", 0)
{
    static const uint16_t domains[] = { 1,         5,         0x7fef,        DOMID_IO,
                                        DOMID_XEN, DOMID_COW, DOMID_INVALID, 0xffff };
    struct evtchn_status s;

    for ( unsigned int i = 0; i < ARRAY_SIZE(domains); i++ )
        check_rc(status(domains[i], 1, &s), -XEN_ESRCH, "of domain %u", domains[i]);
    for ( unsigned int shift = 17; shift < 32; shift++ )
        check_rc(status(DOMID_SELF, 1U << shift, &s), -XEN_EINVAL, "of port 2^%u", shift);
    check_rc(status(DOMID_SELF, ~0u, &s), -XEN_EINVAL, "of port ~0");
    check_rc(status(5, ~0u, &s), -XEN_ESRCH, "of port ~0 of domain 5");
}

TEST("evtchn-bind-vcpu", "which ports may notify another vCPU", 0)
{
    uint32_t unbound, end, ipi;
    struct evtchn_status s;

    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &unbound), 0, "an unbound port");
    check_rc(bind_vcpu(unbound, 0), 0, "unbound");
    check_rc(bind_interdomain(DOMID_SELF, unbound, &end), 0, "its other end");
    check_rc(bind_vcpu(unbound, 0), 0, "one end");
    check_rc(bind_vcpu(end, 0), 0, "the other end");
    check_rc(bind_vcpu(end, 1), -XEN_ENOENT, "to vCPU 1");
    check_rc(bind_vcpu(end, 8191), -XEN_ENOENT, "to vCPU 8191");
    check_rc(bind_vcpu(end, ~0u), -XEN_ENOENT, "to vCPU ~0");
    check_rc(status(DOMID_SELF, end, &s), 0, "status");
    check_eq(s.vcpu, 0, "it still notifies vCPU 0");
    check_rc(bind_ipi(0, &ipi), 0, "an IPI");
    check_rc(bind_vcpu(ipi, 0), -XEN_EINVAL, "an IPI");
    check_rc(close_port(end), 0, "close the other end");
    check_rc(bind_vcpu(end, 0), -XEN_EINVAL, "a closed port");
    check_rc(bind_vcpu(0, 0), -XEN_EINVAL, "port 0");
    check_rc(bind_vcpu(~0u, 0), -XEN_EINVAL, "port ~0");
    check_rc(bind_vcpu(~0u, ~0u), -XEN_ENOENT, "port ~0 to vCPU ~0");
}

TEST("evtchn-close-forgets", "what was pending at a port does not greet its next user", 0)
{
    uint32_t a, b, again;

    events_mask();
    check_rc(bind_ipi(0, &a), 0, "an IPI");
    event_set_mask(a, true);
    check_rc(send(a), 0, "send");
    check(event_pending(a), "it is pending");
    check_rc(close_port(a), 0, "close");
    check(!event_pending(a), "nothing is pending");
    check_rc(bind_ipi(0, &again), 0, "an IPI again");
    check(!event_pending(again), "nothing is pending");
    /* The opposite: the end that is bound later may have missed something. */
    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &a), 0, "an unbound port");
    event_clear(a);
    check_rc(bind_interdomain(DOMID_SELF, a, &b), 0, "its other end");
    check(event_pending(b), "begins pending");
    check(!event_pending(a), "the first is not");
}

TEST("evtchn-unmask-states", "unmask, whatever is bound there", 0)
{
    uint32_t port;

    events_mask();
    check_rc(bind_ipi(0, &port), 0, "an IPI");
    event_set_mask(port, true);
    check_rc(send(port), 0, "send, masked");
    vcpu_info()->evtchn_pending_sel = 0;
    vcpu_info()->evtchn_upcall_pending = 0;
    check_rc(unmask(port), 0, "unmask");
    check(!(shared_info->evtchn_mask[port / 64] >> (port % 64) & 1), "the mask bit");
    check_eq(vcpu_info()->evtchn_upcall_pending, 1, "an upcall is due");
    check_eq(vcpu_info()->evtchn_pending_sel, 1UL << (port / 64), "the selector word");
    event_clear(port);
    check_rc(close_port(port), 0, "close");
    check_rc(unmask(port), 0, "unmask a closed port");
    check_rc(unmask(0), 0, "unmask port 0");
    for ( unsigned int shift = 17; shift < 32; shift++ )
        check_rc(unmask(1U << shift), -XEN_EINVAL, "unmask port 2^%u", shift);
}

/* No guest is given a device's line. Which numbers are lines at all is the machine's business. */
TEST("evtchn-pirq", "interrupts of devices", 0)
{
    static const uint32_t none[] = { 1U << 20, 0x7fffffff, 1U << 31, ~0U };
    struct evtchn_bind_pirq b = { .pirq = 5 };

    check_rc(hyp_event_channel_op(EVTCHNOP_bind_pirq, &b), -XEN_EPERM, "line 5");
    b = (struct evtchn_bind_pirq){ .pirq = 5, .flags = BIND_PIRQ__WILL_SHARE };
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_pirq, &b), -XEN_EPERM, "line 5, shared");
    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        b = (struct evtchn_bind_pirq){ .pirq = none[i] };
        check_rc_any(hyp_event_channel_op(EVTCHNOP_bind_pirq, &b), -XEN_EPERM, -XEN_EINVAL,
                     "line %u", none[i]);
    }
}

TEST("evtchn-set-priority", "there are no priorities with two-level events", 0)
{
    struct evtchn_set_priority p = { .priority = EVTCHN_FIFO_PRIORITY_MAX };

    check_rc(bind_ipi(0, &p.port), 0, "an IPI");
    for ( p.priority = 0; p.priority <= EVTCHN_FIFO_PRIORITY_MIN + 1; p.priority++ )
        check_rc(hyp_event_channel_op(EVTCHNOP_set_priority, &p), -XEN_ENOSYS, "priority %u",
                 p.priority);
    p.port = ~0u;
    check_rc(hyp_event_channel_op(EVTCHNOP_set_priority, &p), -XEN_EINVAL, "of port ~0");
}

TEST("evtchn-alloc-refusals", "alloc_unbound and bind_interdomain: domains and ports", 0)
{
    static const uint16_t domains[] = { 1,         5,         0x7fef,        DOMID_IO,
                                        DOMID_XEN, DOMID_COW, DOMID_INVALID, 0xffff };
    uint32_t port;

    for ( unsigned int i = 0; i < ARRAY_SIZE(domains); i++ )
    {
        check_rc(alloc_unbound(domains[i], DOMID_SELF, NULL), -XEN_ESRCH,
                 "alloc_unbound in domain %u", domains[i]);
        check_rc(bind_interdomain(domains[i], 1, NULL), -XEN_ESRCH, "bind_interdomain to domain %u",
                 domains[i]);
    }
    /* Whom a port waits for need not be there. */
    check_rc(alloc_unbound(DOMID_SELF, 0x7fef, &port), 0, "alloc_unbound for domain 32751");
    check_rc(bind_interdomain(DOMID_SELF, port, NULL), -XEN_EINVAL, "bind_interdomain: not for us");
    check_rc(bind_interdomain(DOMID_SELF, 0, NULL), -XEN_EINVAL, "bind_interdomain to port 0");
    for ( unsigned int shift = 12; shift < 32; shift++ )
        check_rc(bind_interdomain(DOMID_SELF, 1U << shift, NULL), -XEN_EINVAL,
                 "bind_interdomain to port 2^%u", shift);
    check_rc(bind_ipi(0, &port), 0, "an IPI");
    check_rc(bind_interdomain(DOMID_SELF, port, NULL), -XEN_EINVAL, "bind_interdomain to an IPI");
}
