/* SPDX-License-Identifier: GPL-2.0-only */
/* An event to oneself, and the timer. */
#include "bench.h"

static void set_callback(const char *entry)
{
    struct callback_register cb = { .type = CALLBACKTYPE_event, .address = (unsigned long)entry };

    must(hyp_callback_op(CALLBACKOP_register, &cb), "register the event callback");
}

/* From here on only this port comes, to entry.S's handler. */
static void begin(uint64_t port)
{
    for ( unsigned int i = 1; i < 64; i++ )
    {
        event_set_mask(i, i != port);
        event_clear(i);
    }
    bench_event_port = port;
    set_callback(bench_event);
    vcpu_info()->evtchn_upcall_pending = 0;
    vcpu_info()->evtchn_pending_sel = 0;
    events_unmask();
}

static void end(uint64_t port)
{
    struct evtchn_close close = { .port = (evtchn_port_t)port };

    events_mask();
    must(hyp_event_channel_op(EVTCHNOP_close, &close), "close");
    for ( unsigned int i = 1; i < 64; i++ )
        event_set_mask(i, false);
    traps_init();
}

static uint64_t run_send(unsigned int n)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_send send;
    uint64_t ticks, before;

    must(hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi), "bind_ipi");
    begin(ipi.port);
    send.port = ipi.port;
    before = bench_events;
    ticks = TIMED(n, CALL(event_channel_op, EVTCHNOP_send, &send, 0, 0));
    if ( bench_events - before != n )
        panic("%lu upcalls for %u events", bench_events - before, n);
    end(ipi.port);
    return ticks;
}

static uint64_t run_set_timer(unsigned int n)
{
    uint64_t later = system_time() + 1000000000, ticks;

    ticks = TIMED(n, CALL(set_timer_op, later, 0, 0, 0));
    must(CALL(set_timer_op, 0, 0, 0, 0), "stop the timer");
    return ticks;
}

/* Set it, wait until it has been taken up, and count what was not waiting: the call, the interrupt and the upcall.
 * Xen joins timers that are near each other, so one may come before its time. */
static uint64_t run_timer(unsigned int n)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    uint64_t ticks = 0;

    must(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), "bind VIRQ_TIMER");
    begin(virq.port);
    while ( n-- )
    {
        uint64_t when = system_time() + 100000, old = bench_events, start = clock_start(), waited;

        CALL(set_timer_op, when, 0, 0, 0);
        waited = bench_spin(&bench_events, old);
        ticks += clock_stop(start) - waited;
    }
    end(virq.port);
    return ticks;
}

const struct op event_ops[] = {
    { "event-send", "event", run_send, 200, 1, false },
    { "set_timer", "call", run_set_timer, 200, 1, false },
    { "timer-fires", "event", run_timer, 10, 1, true },
    {},
};
