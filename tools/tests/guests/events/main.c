/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a lost event hangs a kernel, one too many wakes it for ever, a port number taken on trust reads the hypervisor's memory.
 * Event channels (2-level), the upcall and its masks, timers, blocking, polling, and time as the guest reads it.
 */
#include "events.h"

const char guest_name[] = "events";

#define MS 1000000UL

TEST("evtchn-ports", "alloc, bind, send, close, status, unmask", 0)
{
    struct evtchn_status s;
    uint32_t ipi, a, b;

    check_rc(bind_ipi(0, &ipi), 0, "bind_ipi");
    check(ipi > 0 && ipi < 4096, "the port is %u", ipi);
    check_rc(status(DOMID_SELF, ipi, &s), 0, "its status");
    check_eq(s.status, EVTCHNSTAT_ipi, "is ipi");
    check_eq(s.vcpu, 0, "of vCPU 0");
    check_rc(bind_ipi(1, NULL), -XEN_ENOENT, "bind_ipi to vCPU 1");
    check_rc(bind_ipi(~0u, NULL), -XEN_ENOENT, "bind_ipi to vCPU ~0");
    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &a), 0, "alloc_unbound for ourselves");
    check_rc(status(DOMID_SELF, a, &s), 0, "its status");
    check_eq(s.status, EVTCHNSTAT_unbound, "is unbound");
    check_rc(send(a), 0, "send to an unbound port (nothing happens)");
    check(!event_pending(a), "nothing is pending");
    check_rc(bind_interdomain(DOMID_SELF, a, &b), 0, "bind_interdomain to it");
    check(a != b, "another port, %u", b);
    check_rc(status(DOMID_SELF, a, &s), 0, "status of the first");
    check_eq(s.status, EVTCHNSTAT_interdomain, "is interdomain");
    check_eq(s.u.interdomain.port, b, "to the second");
    event_set_mask(a, true);
    event_set_mask(b, true);
    event_clear(a);
    event_clear(b);
    check_rc(send(b), 0, "send at the second");
    check(event_pending(a), "the first is pending");
    check(!event_pending(b), "the second is not");
    event_clear(a);
    check_rc(send(a), 0, "send at the first");
    check(event_pending(b), "the second is pending");
    event_clear(b);
    check_rc(bind_interdomain(DOMID_SELF, a, NULL), -XEN_EINVAL,
             "bind_interdomain to a bound port");
    check_rc(close_port(b), 0, "close the second");
    check_rc(status(DOMID_SELF, b, &s), 0, "its status");
    check_eq(s.status, EVTCHNSTAT_closed, "is closed");
    check_rc(status(DOMID_SELF, a, &s), 0, "status of the first");
    check_eq(s.status, EVTCHNSTAT_unbound, "is unbound again");
    check_rc(close_port(a), 0, "close the first");
    check_rc(close_port(a), -XEN_EINVAL, "close it again");
    check_rc(bind_interdomain(DOMID_SELF, a, NULL), -XEN_EINVAL,
             "bind_interdomain to a closed port");
    check_rc(send(a), -XEN_EINVAL, "send to a closed port");
    check_rc(send(0), -XEN_EINVAL, "send to port 0");
    check_rc(send(4096), -XEN_EINVAL, "send to port 4096");
    check_rc(send(~0u), -XEN_EINVAL, "send to port ~0");
    check_rc(close_port(0), -XEN_EINVAL, "close port 0");
    check_rc(close_port(~0u), -XEN_EINVAL, "close port ~0");
    check_rc(unmask(4096), -XEN_EINVAL, "unmask port 4096");
    check_rc(unmask(~0u), -XEN_EINVAL, "unmask port ~0");
    check_rc(status(DOMID_SELF, ~0u, &s), -XEN_EINVAL, "status of port ~0");
    check_rc(status(5, 1, &s), -XEN_ESRCH, "status in domain 5");
    check_rc_any(alloc_unbound(5, DOMID_SELF, NULL), -XEN_ESRCH, -XEN_EPERM,
                 "alloc_unbound in domain 5");
    check_rc(alloc_unbound(DOMID_SELF, 5, &a), 0, "alloc_unbound for domain 5");
    check_rc(bind_interdomain(DOMID_SELF, a, NULL), -XEN_EINVAL,
             "bind_interdomain: it is not for us");
    check_rc(close_port(a), 0, "close it");
    check_rc(bind_interdomain(5, 1, NULL), -XEN_ESRCH, "bind_interdomain to domain 5");
    check_rc(bind_interdomain(DOMID_SELF, ~0u, NULL), -XEN_EINVAL, "bind_interdomain to port ~0");
    check_rc(close_port(ipi), 0, "close the ipi");
    check_rc(hyp_event_channel_op(99, &s), -XEN_ENOSYS, "command 99");
    check_rc(hyp_event_channel_op(EVTCHNOP_send, (void *)0xdead0000), -XEN_EFAULT,
             "argument unmapped");
    check_rc(hyp_event_channel_op(EVTCHNOP_status, (void *)MACH2PHYS_VIRT_START), -XEN_EFAULT,
             "argument in hypervisor space");
}

TEST("evtchn-virqs", "bind_virq", 0)
{
    struct evtchn_bind_vcpu bv;
    uint32_t timer, debug;

    check_rc(bind_virq(VIRQ_TIMER, 0, &timer), 0, "VIRQ_TIMER");
    check_rc(bind_virq(VIRQ_TIMER, 0, NULL), -XEN_EEXIST, "VIRQ_TIMER again");
    check_rc(bind_virq(VIRQ_TIMER, 1, NULL), -XEN_ENOENT, "VIRQ_TIMER of vCPU 1");
    check_rc(bind_virq(VIRQ_DEBUG, 0, &debug), 0, "VIRQ_DEBUG");
    check_rc(bind_virq(24, 0, NULL), -XEN_EINVAL, "VIRQ 24");
    check_rc(bind_virq(~0u, 0, NULL), -XEN_EINVAL, "VIRQ ~0");
    check_rc(send(timer), -XEN_EINVAL, "send to a VIRQ port");
    bv = (struct evtchn_bind_vcpu){ .port = timer, .vcpu = 0 };
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL,
             "bind_vcpu of a per-vCPU VIRQ");
    bv.vcpu = 1;
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_ENOENT, "bind_vcpu to vCPU 1");
    check_rc(close_port(debug), 0, "close VIRQ_DEBUG");
    check_rc(bind_virq(VIRQ_DEBUG, 0, &debug), 0, "VIRQ_DEBUG once more");
    check_rc(close_port(debug), 0, "close it");
    check_rc(close_port(timer), 0, "close VIRQ_TIMER");
}

TEST("evtchn-upcalls", "upcalls and their masks", 0)
{
    uint32_t a, b;
    unsigned int before;

    check_rc(bind_ipi(0, &a), 0, "an ipi");
    check_rc(bind_ipi(0, &b), 0, "a second ipi");
    events_mask();
    event_set_mask(a, false);
    event_set_mask(b, false);
    event_count[a] = event_count[b] = 0;
    before = event_upcalls;
    check_rc(send(a), 0, "send while upcalls are masked");
    check(event_pending(a), "the port is pending");
    check(vcpu_info()->evtchn_upcall_pending, "the vCPU has something pending");
    check_eq(vcpu_info()->evtchn_pending_sel, 1, "selector word");
    check_eq(event_upcalls, before, "no upcall yet");
    events_unmask();
    check_eq(event_upcalls, before + 1, "one upcall when unmasked");
    check_eq(event_count[a], 1, "for that port");
    check(!vcpu_info()->evtchn_upcall_mask, "the mask is 0 behind the upcall");
    check_rc(send(b), 0, "send while unmasked");
    check_eq(event_upcalls, before + 2, "the upcall comes at once");
    event_set_mask(b, true);
    check_rc(send(b), 0, "send to a masked port");
    check(event_pending(b), "it is pending");
    check_eq(event_upcalls, before + 2, "no upcall");
    check_rc(unmask(b), 0, "EVTCHNOP_unmask");
    check_eq(event_upcalls, before + 3, "now the upcall");
    check_eq(event_count[b], 2, "for that port");
    check_rc(unmask(b), 0, "unmask when nothing is pending");
    check_eq(event_upcalls, before + 3, "no upcall");
    events_mask();
    check_rc(send(a), 0, "send");
    check_rc(send(a), 0, "and again");
    events_unmask();
    check_eq(event_count[a], 2, "two sends while masked are one event");
    events_mask();
    event_clear(a);
    check_rc(close_port(a), 0, "close");
    check_rc(close_port(b), 0, "close");
}

TEST("evtchn-reset", "EVTCHNOP_reset", TEST_INITIAL | TEST_ALONE)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };
    struct evtchn_status s;
    uint32_t a;

    check_rc(bind_ipi(0, &a), 0, "an ipi");
    check_rc(hyp_event_channel_op(EVTCHNOP_reset, &r), 0, "EVTCHNOP_reset");
    check_rc(status(DOMID_SELF, a, &s), 0, "status of the port");
    check_eq(s.status, EVTCHNSTAT_closed, "is closed");
    r.dom = 5;
    check_rc_any(hyp_event_channel_op(EVTCHNOP_reset, &r), -XEN_ESRCH, -XEN_EPERM,
                 "EVTCHNOP_reset of domain 5");
}

TEST("time", "system time and wall clock", 0)
{
    uint64_t start, end;
    unsigned int n;

    start = system_time();
    for ( n = 0; n < 100000; n++ )
    {
        end = system_time();
        if ( end < start )
            break;
        start = end;
    }
    check_eq(n, 100000, "system time never goes back");
    uint32_t version = vcpu_info()->time.version;
    check_eq(version & 1, 0, "time version is even");
    check(vcpu_info()->time.tsc_to_system_mul, "a time scale");
    check(shared_info->wc_sec > 1600000000u, "wall clock is after 2020");
    check_eq(shared_info->wc_version & 1, 0, "wall clock version is even");
    check(shared_info->wc_nsec < 1000000000u, "wall clock nanoseconds");
}

TEST("timers", "singleshot, periodic and set_timer_op", 0)
{
    struct vcpu_set_singleshot_timer one = { 0 };
    struct vcpu_set_periodic_timer period = { 0 };
    uint64_t start, end;
    uint32_t port;
    unsigned int n;

    check_rc(bind_virq(VIRQ_TIMER, 0, &port), 0, "VIRQ_TIMER");
    event_set_mask(port, false);
    check_rc(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop_periodic_timer");
    events_unmask();
    event_count[port] = 0;
    start = system_time();
    one.timeout_abs_ns = start + 5 * MS;
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "set_singleshot_timer, 5 ms");
    while ( !event_count[port] && system_time() < start + 2000 * MS )
        ;
    end = system_time();
    check(event_count[port] == 1 && end >= start + 5 * MS, "it fired while we were busy");
    one.timeout_abs_ns = start;
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0,
             "a timeout in the past, flags 0");
    while ( event_count[port] < 2 && system_time() < end + 2000 * MS )
        ;
    check_eq(event_count[port], 2, "fires at once");
    one.flags = VCPU_SSHOTTMR_future;
    check_rc_any(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, -XEN_ETIME,
                 "in the past with SSHOTTMR_future");
    one.flags = 0;
    one.timeout_abs_ns = system_time() + 10 * MS;
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "in 10 ms");
    check_rc(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0, "stopped");
    n = event_count[port];
    for ( start = system_time(); system_time() < start + 20 * MS; )
        ;
    check_eq(event_count[port], n, "and never fired");
    period.period_ns = 2 * MS;
    start = system_time();
    check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0, "set_periodic_timer, 2 ms");
    while ( event_count[port] < 12 && system_time() < start + 2000 * MS )
        ;
    end = system_time();
    check(event_count[port] >= 12 && end - start >= 15 * MS,
          "10 ticks take as long as they should");
    check_rc(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop_periodic_timer");
    n = event_count[port];
    for ( start = system_time(); system_time() < start + 10 * MS; )
        ;
    check(event_count[port] <= n + 1, "the ticks stop");
    for ( unsigned int i = 0; i < 4; i++ )
    {
        static const uint64_t bad[] = { 0, 1, MS - 1, ~0UL };

        period.period_ns = bad[i];
        check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), -XEN_EINVAL,
                 "period of %lu ns", bad[i]);
    }
    n = event_count[port];
    start = system_time();
    check_rc(hyp_set_timer_op(start + 5 * MS), 0, "set_timer_op, 5 ms");
    while ( event_count[port] == n )
        hyp_sched_op(SCHEDOP_block, NULL);
    end = system_time();
    check(end - start >= 5 * MS, "block sleeps until it fires");
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "block leaves the mask at 0");
    check_rc(hyp_set_timer_op(system_time() + 10 * MS), 0, "set_timer_op, 10 ms");
    check_rc(hyp_set_timer_op(0), 0, "set_timer_op(0) stops it");
    n = event_count[port];
    for ( start = system_time(); system_time() < start + 20 * MS; )
        ;
    check_eq(event_count[port], n, "and it never fired");
    events_mask();
    check_rc(hyp_set_timer_op(system_time() + 3 * MS), 0, "set_timer_op, 3 ms, upcalls masked");
    check_rc(hyp_sched_op(SCHEDOP_block, NULL), 0, "block unmasks");
    check_eq(event_count[port], n + 1, "and the event is delivered");
    events_mask();
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 1, &one), -XEN_ENOENT,
             "set_singleshot_timer of vCPU 1");
    check_rc(close_port(port), 0, "close VIRQ_TIMER");
}

static long poll(uint32_t *port_list, unsigned int count, uint64_t timeout)
{
    struct sched_poll p = { .nr_ports = count, .timeout = timeout };

    set_xen_guest_handle(p.ports, port_list);
    return hyp_sched_op(SCHEDOP_poll, &p);
}

TEST("sched-poll", "SCHEDOP_poll", 0)
{
    uint32_t list[2], big = 5000;
    uint64_t start, end;

    check_rc(bind_ipi(0, &list[0]), 0, "an ipi");
    check_rc(bind_ipi(0, &list[1]), 0, "a second one");
    events_mask();
    event_set_mask(list[0], true);
    event_set_mask(list[1], true);
    check_rc(send(list[1]), 0, "send to the second, masked");
    check_rc(poll(list, 2, 0), 0, "poll both: returns at once");
    event_clear(list[1]);
    start = system_time();
    check_rc(poll(list, 2, start + 5 * MS), 0, "poll both with a timeout of 5 ms");
    end = system_time();
    check(end - start >= 5 * MS, "it takes that long");
    check_rc(poll(list, 1, start), 0, "poll with a timeout in the past: returns");
    check_rc(poll(&big, 1, 0), -XEN_EINVAL, "poll port 5000");
    check_rc(poll((void *)0xdead0000, 1, 0), -XEN_EFAULT, "poll with the list unmapped");
    check_rc(poll(list, 129, 0), -XEN_EINVAL, "poll 129 ports");
    check_rc(close_port(list[0]), 0, "close");
    check_rc(close_port(list[1]), 0, "close");
}

TEST("evtchn-exhaustion", "all ports in use", 0)
{
    struct evtchn_status s;
    unsigned int n = bind_all();
    uint32_t last, port;

    check(n > 1000 && n < NR_PORTS, "binding ends within 4096 ports");
    check_rc_any(bind_ipi(0, &port), -XEN_ENOSPC, -XEN_ENOMEM, "one more");
    last = bound_port(n - 1);
    check_rc(status(DOMID_SELF, last, &s), 0, "status of the last");
    check_rc(send(last), 0, "send to the last");
    check_eq(close_all(), n, "all are closed");
    check_rc(bind_ipi(0, &port), 0, "after closing them a port is free");
    check_rc(close_port(port), 0, "close");
}
