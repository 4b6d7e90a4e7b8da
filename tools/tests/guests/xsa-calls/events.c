/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels, timers, and where a vCPU's information is kept. */
#include "suite.h"

#define MS        1000000UL
#define NR_PORTS  4096
#define BATCH     64
#define BIG_BATCH 512

static long bind_ipi(uint32_t *port)
{
    struct evtchn_bind_ipi b = { .vcpu = 0 };
    long rc = hyp_event_channel_op(EVTCHNOP_bind_ipi, &b);

    *port = b.port;
    return rc;
}

static long bind_virq(uint32_t virq, uint32_t *port)
{
    struct evtchn_bind_virq b = { .virq = virq };
    long rc = hyp_event_channel_op(EVTCHNOP_bind_virq, &b);

    *port = b.port;
    return rc;
}

static long close_port(uint32_t port)
{
    struct evtchn_close c = { .port = port };

    return hyp_event_channel_op(EVTCHNOP_close, &c);
}

static long send(uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return hyp_event_channel_op(EVTCHNOP_send, &s);
}

/* Does a port work? */
static void port_works(const char *when)
{
    uint32_t port;

    check_rc(bind_ipi(&port), 0, "%s: bind a port", when);
    event_set_mask(port, true);
    event_clear(port);
    check_rc(send(port), 0, "%s: send to it", when);
    check(event_pending(port), "%s: it is pending", when);
    event_clear(port);
    check_rc(close_port(port), 0, "%s: close it", when);
}

TEST("xsa-20", "periods of a timer that cannot be kept", 0)
{
    static const uint64_t bad[] = {
        0, 1, 999, MS - 1, 1UL << 63, (1UL << 63) + 1, ~0UL - MS, ~0UL
    };
    static const uint64_t late[] = { 1UL << 62, (1UL << 63) - 1, 1UL << 63, ~0UL };
    struct vcpu_set_singleshot_timer one = { 0 };
    uint64_t start = system_time();

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        struct vcpu_set_periodic_timer p = { bad[i] };

        check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -XEN_EINVAL, "period %u", i);
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(late); i++ )
    {
        one.timeout_abs_ns = late[i];
        check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "a timeout at %u", i);
        check_rc(hyp_set_timer_op(late[i]), 0, "set_timer_op of it");
    }
    check_rc(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0, "stop it");
    while ( system_time() < start + 20 * MS )
        hyp_sched_op(SCHEDOP_yield, NULL);
    check(system_time() < start + 20000 * MS, "the hypervisor's timers still run");
}

TEST("xsa-221", "polling ports that do not exist", 0)
{
    static uint32_t ports[128];
    struct sched_poll p = { .nr_ports = 1, .timeout = 1 };
    unsigned int wrong = 0;
    long rc;

    set_xen_guest_handle(p.ports, ports);
    events_mask();
    /* 128 at a time, none of which was ever used; the timeout is past. */
    for ( unsigned int first = 0; first < NR_PORTS; first += ARRAY_SIZE(ports) )
    {
        p.nr_ports = ARRAY_SIZE(ports);
        for ( unsigned int i = 0; i < ARRAY_SIZE(ports); i++ )
            ports[i] = first + i;
        rc = hyp_sched_op(SCHEDOP_poll, &p);
        wrong += rc != 0 && rc != -XEN_EINVAL;
    }
    check_eq(wrong, 0, "all ports there can be: 0 or -EINVAL");
    p.nr_ports = 1;
    for ( unsigned int shift = 12; shift < 32; shift++ )
    {
        ports[0] = 1U << shift;
        check_rc(hyp_sched_op(SCHEDOP_poll, &p), -XEN_EINVAL, "port 2^%u", shift);
    }
    ports[0] = ~0U;
    check_rc(hyp_sched_op(SCHEDOP_poll, &p), -XEN_EINVAL, "port ~0");
}

/* Bind until there are no more; how many. */
static unsigned int bind_all(struct evtchn_bind_ipi *bind)
{
    static struct multicall_entry m[BATCH];
    unsigned int n = 0, got;

    do
    {
        for ( unsigned int i = 0; i < BATCH; i++ )
            m[i] = (struct multicall_entry){ .op = __HYPERVISOR_event_channel_op,
                                             .args = { EVTCHNOP_bind_ipi,
                                                       (unsigned long)&bind[n + i] } };
        if ( hyp_multicall(m, BATCH) )
            panic("multicall");
        for ( got = 0; got < BATCH && m[got].result == 0; got++ )
            ;
        n += got;
    } while ( got == BATCH && n < NR_PORTS );
    return n;
}

static unsigned int close_all(const struct evtchn_bind_ipi *bind, unsigned int n)
{
    static struct multicall_entry m[BIG_BATCH];
    static struct evtchn_close c[BIG_BATCH];
    unsigned int closed = 0;

    for ( unsigned int at = 0; at < n; at += BIG_BATCH )
    {
        unsigned int count = n - at < BIG_BATCH ? n - at : BIG_BATCH;

        for ( unsigned int i = 0; i < count; i++ )
        {
            c[i].port = bind[at + i].port;
            m[i] = (struct multicall_entry){ .op = __HYPERVISOR_event_channel_op,
                                             .args = { EVTCHNOP_close, (unsigned long)&c[i] } };
        }
        if ( hyp_multicall(m, count) )
            panic("multicall");
        for ( unsigned int i = 0; i < count; i++ )
            closed += m[i].result == 0;
    }
    return closed;
}

static struct evtchn_bind_ipi all[NR_PORTS + BATCH];

TEST("xsa-317", "there are 4095 ports and not one more", 0)
{
    uint64_t behind = shared_info->arch.max_pfn;
    unsigned int n = bind_all(all), beyond = 0;
    uint32_t port;

    for ( unsigned int i = 0; i < n; i++ )
        beyond += all[i].port == 0 || all[i].port >= NR_PORTS;
    check(n >= NR_PORTS - 64 && n < NR_PORTS, "we get all that are free");
    check_eq(beyond, 0, "ports out of range");
    for ( unsigned int i = 0; i < 3; i++ )
        check_rc(bind_ipi(&port), -XEN_ENOSPC, "one more");
    check_eq(shared_info->arch.max_pfn, behind, "what lies behind the ports' bits");
    check_rc(close_port(all[0].port), 0, "close one");
    check_rc(bind_ipi(&all[0].port), 0, "it can be had again");
    check_eq(close_all(all, n), n, "close all");
}

TEST("xsa-496", "a VIRQ without a port is not bound", 0)
{
    static const uint32_t virqs[] = { VIRQ_TIMER, VIRQ_DEBUG };
    unsigned int n = bind_all(all);
    uint32_t port;

    for ( unsigned int i = 0; i < ARRAY_SIZE(virqs); i++ )
        for ( unsigned int k = 0; k < 2; k++ )
            check_rc(bind_virq(virqs[i], &port), -XEN_ENOSPC, "VIRQ %u, no port left", virqs[i]);
    if ( initial_domain() )
        for ( unsigned int k = 0; k < 2; k++ )
            check_rc(bind_virq(VIRQ_CONSOLE, &port), -XEN_ENOSPC, "VIRQ_CONSOLE, no port left");
    check_eq(close_all(all, n), n, "close all");
    for ( unsigned int i = 0; i < ARRAY_SIZE(virqs); i++ )
    {
        check_rc(bind_virq(virqs[i], &port), 0, "VIRQ %u now", virqs[i]);
        check_rc(close_port(port), 0, "close it");
    }
    if ( initial_domain() )
    {
        check_rc(bind_virq(VIRQ_CONSOLE, &port), 0, "VIRQ_CONSOLE now");
        check_rc(close_port(port), 0, "close it");
    }
}

/* FIFO events need not be there; a refusal must leave the other kind as it was. */
TEST("xsa-188", "a failed start of FIFO events leaves nothing behind", 0)
{
    struct evtchn_init_control init = { .control_gfn = ~0UL, .vcpu = 0 };
    struct evtchn_expand_array expand = { .array_gfn = ~0UL };
    struct evtchn_set_priority priority = { .port = 1, .priority = 0 };

    for ( unsigned int i = 0; i < 3; i++ )
    {
        check_rc_any(hyp_event_channel_op(EVTCHNOP_init_control, &init), -XEN_EINVAL, -XEN_ENOSYS,
                     "init_control with a frame that is not there");
        check_rc_any(hyp_event_channel_op(EVTCHNOP_expand_array, &expand), -XEN_ENOSYS,
                     -XEN_EOPNOTSUPP, "expand_array behind it");
        check_rc_any(hyp_event_channel_op(EVTCHNOP_set_priority, &priority), -XEN_ENOSYS,
                     -XEN_EINVAL, "set_priority behind it");
        init.control_gfn = root_mfn;
        expand.array_gfn = root_mfn;
        port_works("then");
    }
    init.offset = 4095;
    check_rc_any(hyp_event_channel_op(EVTCHNOP_init_control, &init), -XEN_EINVAL, -XEN_ENOSYS,
                 "init_control over the end of a page");
    init.offset = 0;
    init.vcpu = ~0U;
    check_rc_any(hyp_event_channel_op(EVTCHNOP_init_control, &init), -XEN_ENOENT, -XEN_ENOSYS,
                 "init_control of a vCPU that does not exist");
    port_works("at the end");
}

TEST("xsa-107", "FIFO events of another vCPU", 0)
{
    struct evtchn_init_control init = { .control_gfn = 0, .vcpu = 1 };

    init.control_gfn = mfn_to_pfn(virt_to_mfn(page_alloc()));
    check_rc_any(hyp_event_channel_op(EVTCHNOP_init_control, &init), -XEN_ENOENT, -XEN_ENOSYS,
                 "init_control of vCPU 1");
    port_works("vCPU 0");
}

TEST("xsa-327", "where a vCPU's information may lie", 0)
{
    static const uint32_t offsets[] = { 1,        2,    4,        7,          12,        4095,
                                        4032 + 8, 4096, 1U << 31, 0xfffffff8, 0xffffffff };
    char *page = page_alloc();
    struct vcpu_register_vcpu_info r = { .mfn = virt_to_mfn(page) };
    unsigned int touched = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(offsets); i++ )
    {
        r.offset = offsets[i];
        check_rc_any(hyp_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_ENXIO, -XEN_EINVAL,
                     "offset %u", offsets[i]);
    }
    for ( unsigned int i = 0; i < PAGE_SIZE; i++ )
        touched += page[i] != 0;
    check_eq(touched, 0, "bytes of the page that were written to");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(page), 0), 0, "the page is an ordinary one");
    port_works("vcpu_info where it was");
}
