/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_op and its old form: what ends a wait, and what is refused. Ends of the domain are in shutdown.c. */
#include "calls.h"

#define MS 1000000UL

static uint32_t bind_ipi(void)
{
    struct evtchn_bind_ipi b = { .vcpu = 0 };

    if ( hyp_event_channel_op(EVTCHNOP_bind_ipi, &b) )
        panic("bind_ipi");
    return b.port;
}

static void send(uint32_t port)
{
    struct evtchn_send s = { .port = port };

    if ( hyp_event_channel_op(EVTCHNOP_send, &s) )
        panic("send");
}

static long poll(const void *list, unsigned int count, uint64_t timeout)
{
    struct sched_poll p = { .nr_ports = count, .timeout = timeout };

    set_xen_guest_handle(p.ports, (evtchn_port_t *)list);
    return hyp_sched_op(SCHEDOP_poll, &p);
}

static long sched_op_compat(unsigned int cmd, unsigned long arg)
{
    return HYPERCALL(sched_op_compat, cmd, arg, 0, 0, 0);
}

/* ---- Arguments ---- */

static const struct
{
    unsigned int cmd;
    const char *name;
} with_argument[] = {
    { SCHEDOP_shutdown, "shutdown" },
    { SCHEDOP_poll, "poll" },
    { SCHEDOP_remote_shutdown, "remote_shutdown" },
    { SCHEDOP_shutdown_code, "shutdown_code" },
    { SCHEDOP_watchdog, "watchdog" },
};

TEST("sched-nowhere", "sched_op: arguments where nothing can be", 0)
{
    for ( unsigned int c = 0; c < ARRAY_SIZE(with_argument); c++ )
        for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        {
            /* One of 4 bytes may end where the lower half does: then it is only unmapped. */
            check_rc(hyp_sched_op(with_argument[c].cmd, (void *)bad_addresses[p].address),
                     -XEN_EFAULT, "%s, %s", with_argument[c].name, bad_addresses[p].name);
        }
}

TEST("sched-end-of-page", "sched_op: an argument whose last byte is not there", 0)
{
    char *end = before_hole(0);

    for ( unsigned int c = 0; c < ARRAY_SIZE(with_argument); c++ )
        check_rc(hyp_sched_op(with_argument[c].cmd, end - 3), -XEN_EFAULT, "%s",
                 with_argument[c].name);
}

TEST("sched-commands", "sched_op: commands that nobody knows", 0)
{
    static const unsigned int unknown[] = { 8, 9, 64, 0x7fffffff, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(hyp_sched_op(unknown[i], NULL), -XEN_ENOSYS, "command 0x%x", unknown[i]);
    check_rc(HYPERCALL(sched_op, 1UL << 32 | SCHEDOP_yield, 0, 0, 0, 0), 0,
             "bits 63-32 of the command are not looked at");
}

/* ---- Waiting ---- */

TEST("sched-block-pending", "block does not wait when an event is there", 0)
{
    uint32_t port = bind_ipi();
    unsigned int before = event_upcalls, of_port = event_count[port];

    events_mask();
    event_set_mask(port, false);
    send(port);
    check_eq(event_upcalls, before, "an event while masked");
    check_rc(hyp_sched_op(SCHEDOP_block, NULL), 0, "block");
    check_eq(event_upcalls, before + 1, "the upcall has come");
    check_eq(event_count[port], of_port + 1, "for that port");
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "upcalls are unmasked");
    events_mask();
}

TEST("sched-block-masked-port", "block waits though a masked port is pending", 0)
{
    uint32_t port = bind_ipi();
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
    unsigned int before;
    uint64_t start;

    events_mask();
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &b), 0, "bind VIRQ_TIMER");
    before = event_count[b.port];
    event_set_mask(b.port, false);
    event_set_mask(port, true);
    send(port);
    check(event_pending(port), "an event at a masked port");
    start = system_time();
    check_rc(hyp_set_timer_op(start + 5 * MS), 0, "a timer in 5 ms");
    check_rc(hyp_sched_op(SCHEDOP_block, NULL), 0, "block");
    check(system_time() - start >= 5 * MS, "until the timer");
    check_eq(event_count[b.port], before + 1, "whose event has come");
    check(event_pending(port), "the other is still pending");
    events_mask();
    event_clear(port);
}

TEST("sched-yield", "yield leaves the event mask alone, and an event that waits is delivered", 0)
{
    uint32_t port = bind_ipi();
    unsigned int before = event_upcalls;

    events_mask();
    event_set_mask(port, false);
    send(port);
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield, upcalls masked");
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "the mask");
    check_eq(event_upcalls, before, "no upcall");
    vcpu_info()->evtchn_upcall_mask = 0;
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield, unmasked");
    check_eq(event_upcalls, before + 1, "the upcall");
    events_mask();
    check_rc(hyp_sched_op(SCHEDOP_yield, HYPERVISOR), 0, "yield does not look at its argument");
}

static void close_port(uint32_t port)
{
    struct evtchn_close c = { .port = port };

    if ( hyp_event_channel_op(EVTCHNOP_close, &c) )
        panic("close");
}

TEST("sched-poll-bounds", "poll: how many ports", 0)
{
    static uint32_t list[129];
    uint64_t past = system_time();

    check_rc(poll(NULL, 0, past), 0, "no ports, no list, a time in the past");
    check_rc(poll(NULL, 0, past + 2 * MS), 0, "no ports, in 2 ms");
    check(system_time() >= past + 2 * MS, "it waits that long");
    for ( unsigned int i = 0; i < ARRAY_SIZE(list); i++ )
        list[i] = bind_ipi();
    check_rc(poll(list, 128, past), 0, "128 ports");
    check_rc(poll(list, 129, past), -XEN_EINVAL, "129 ports");
    check_rc(poll(list, 0x80000000, past), -XEN_EINVAL, "2^31 ports");
    check_rc(poll(list, ~0U, past), -XEN_EINVAL, "2^32 - 1 ports");
    check_rc(poll(NULL, 129, past), -XEN_EINVAL, "129 ports and no list");
    for ( unsigned int i = 0; i < ARRAY_SIZE(list); i++ )
        close_port(list[i]);
}

TEST("sched-poll-ports", "poll: which ports", 0)
{
    static const uint32_t none[] = { 0, 4095, 4096, 131071, 131072, 0x80000000, ~0U };
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    uint32_t list[2] = { bind_ipi(), bind_ipi() };
    uint64_t past = system_time();

    check_rc(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &a), 0, "alloc_unbound");
    check_rc(poll(&a.port, 1, past), 0, "a port without a second end");
    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        list[1] = none[i];
        check_rc(poll(list, 2, past), -XEN_EINVAL, "the second of two is port %u", none[i]);
    }
    list[1] = list[0];
    check_rc(poll(list, 2, past), 0, "one port twice");
    close_port(list[0]);
    check_rc(poll(list, 1, past), -XEN_EINVAL, "a port that was closed");
}

TEST("sched-poll-nowhere", "poll: lists where nothing can be", 0)
{
    uint32_t *list = before_hole(4);
    uint64_t past = system_time();

    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(poll((void *)bad_addresses[p].address, 1, past), -XEN_EFAULT, "%s",
                 bad_addresses[p].name);
    list[0] = bind_ipi();
    check_rc(poll(list, 1, past), 0, "one port before a hole");
    check_rc(poll(list, 2, past), -XEN_EFAULT, "and one in it");
}

TEST("sched-poll-ends", "poll: what ends it", 0)
{
    uint32_t list[3] = { bind_ipi(), bind_ipi(), bind_ipi() };
    uint64_t start;

    events_mask();
    for ( unsigned int i = 0; i < 3; i++ )
        event_set_mask(list[i], true);
    send(list[2]);
    check_rc(poll(list, 3, 0), 0, "the last of three is pending: without a timeout");
    start = system_time();
    check_rc(poll(list, 2, start + 3 * MS), 0, "only the first two: with one");
    check(system_time() >= start + 3 * MS, "it waits that long");
    event_clear(list[2]);
    /* An upcall that is due ends it at once. */
    event_set_mask(list[2], false);
    vcpu_info()->evtchn_upcall_mask = 0;
    vcpu_info()->evtchn_upcall_pending = 1;
    check_rc(poll(list, 2, 0), 0, "an upcall is due: without a timeout");
    events_mask();
}

TEST("sched-poll-mask", "poll leaves the event mask alone", 0)
{
    uint32_t port = bind_ipi();

    events_mask();
    check_rc(poll(&port, 1, system_time() + MS), 0, "poll, upcalls masked");
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "the mask");
    events_unmask();
    check_rc(poll(&port, 1, system_time() + MS), 0, "poll, unmasked");
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "the mask");
    events_mask();
}

/* ---- Others ---- */

TEST("sched-compat", "sched_op in its old form", 0)
{
    static const unsigned int unknown[] = { SCHEDOP_poll,     SCHEDOP_remote_shutdown,
                                            SCHEDOP_watchdog, 8,
                                            0x80000000,       ~0U };
    uint32_t port = bind_ipi();
    unsigned int before = event_upcalls;

    check_rc(sched_op_compat(SCHEDOP_yield, 0), 0, "yield");
    events_mask();
    event_set_mask(port, false);
    send(port);
    check_rc(sched_op_compat(SCHEDOP_block, 0), 0, "block, an event is there");
    check_eq(event_upcalls, before + 1, "the upcall has come");
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "upcalls are unmasked");
    events_mask();
    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(sched_op_compat(unknown[i], 0xdead0000UL), -XEN_ENOSYS, "command 0x%x",
                 unknown[i]);
}

static long remote_shutdown(uint16_t domain, unsigned int reason)
{
    struct sched_remote_shutdown r = { .domain_id = domain, .reason = reason };

    return hyp_sched_op(SCHEDOP_remote_shutdown, &r);
}

TEST("sched-remote-shutdown", "remote_shutdown is not for oneself, nor for who is not there", 0)
{
    static const struct
    {
        uint16_t id;
        const char *name;
    } nobody[] = { { 5, "5" },
                   { 0x7fef, "0x7fef" },
                   { DOMID_IO, "DOMID_IO" },
                   { DOMID_XEN, "DOMID_XEN" },
                   { DOMID_COW, "DOMID_COW" },
                   { DOMID_INVALID, "DOMID_INVALID" },
                   { DOMID_IDLE, "DOMID_IDLE" },
                   { 0x8000, "0x8000" },
                   { 0xffff, "0xffff" } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(nobody); i++ )
        check_rc(remote_shutdown(nobody[i].id, SHUTDOWN_poweroff), -XEN_ESRCH, "domain %s",
                 nobody[i].name);
    check_rc(remote_shutdown(DOMID_SELF, SHUTDOWN_poweroff), -XEN_ESRCH, "DOMID_SELF");
}

static long pin_override(int32_t pcpu)
{
    struct sched_pin_override p = { .pcpu = pcpu };

    return hyp_sched_op(SCHEDOP_pin_override, &p);
}

TEST("sched-pin-override", "pin_override is the initial domain's, for CPUs that there are", 0)
{
    long refused = initial_domain() ? -XEN_EINVAL : -XEN_EPERM;

    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_sched_op(SCHEDOP_pin_override, (void *)bad_addresses[p].address),
                 initial_domain() ? -XEN_EFAULT : -XEN_EPERM, "argument %s", bad_addresses[p].name);
    check_rc(pin_override(1000), refused, "to CPU 1000");
    check_rc(pin_override(0x7fffffff), refused, "to CPU 0x7fffffff");
    check_rc(pin_override(-1), refused, "end it before it is begun");
    check_rc(pin_override(0), initial_domain() ? 0 : -XEN_EPERM, "to CPU 0");
    check_rc(pin_override(0), initial_domain() ? -XEN_EBUSY : -XEN_EPERM, "again");
    check_rc(pin_override(-1), initial_domain() ? 0 : -XEN_EPERM, "end it");
    check_rc(pin_override(-5), refused, "end it once more");
}

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog w = { .id = id, .timeout = timeout };

    /* The answer is a number of 32 bits; Xen 4.17 does not extend the sign of an error. */
    return (int32_t)hyp_sched_op(SCHEDOP_watchdog, &w);
}

TEST("sched-watchdog", "watchdog: made, fed and taken away", 0)
{
    check_rc(watchdog(1, 600), -XEN_EINVAL, "put one off before there is any");
    check_rc(watchdog(0, 600), 1, "a first one");
    check_rc(watchdog(0, 600), 2, "a second one");
    check_rc(watchdog(0, 600), -XEN_ENOSPC, "a third one");
    check_rc(watchdog(1, ~0U), 0, "put the first off for ever");
    check_rc(watchdog(3, 600), -XEN_EINVAL, "one that is not there");
    check_rc(watchdog(~0U, 600), -XEN_EINVAL, "nor can be");
    check_rc(watchdog(1, 0), 0, "take the first away");
    check_rc(watchdog(0, 600), 1, "its number is free");
    check_rc(watchdog(2, 0), 0, "take the second away");
    check_rc(watchdog(1, 0), 0, "and the first");
    check_rc(watchdog(2, 0), -XEN_EINVAL, "take it away again");
}
