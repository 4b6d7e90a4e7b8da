// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/event_channel.c xen/common/sched.c xen/common/domain.c xen/common/vcpu_op.c xen/common/time_guest.c tools/tests/host/smp.c
// cflags: -fno-sanitize=all -DSPIN_POINTS=20000 -include tools/tests/host/step.h -fsanitize-coverage=trace-pc
/*
 * Two event channel calls that meet, of two vCPUs of one domain or of the two domains that the channel joins: the first is stopped
 * at each basic block in turn, the second does all it has to do, the first goes on. Afterwards the port tables are in order: as many
 * ports in use as are counted, each end of a channel knows the other, each VIRQ its port. (XSA-340, XSA-343.)
 */
#include "fake_hv.h"
#include "../host/host.h"
#include "../host/smp.h"
#include <public/event_channel.h>
#include <public/sched.h>

struct host host; /* what the scheduler wants of the core's tests */

static struct domain other;
static struct vcpu other_vcpu, vcpu1;
static struct shared_info other_shared;

/* The core is not looked at here. */
bool pt_walk(const struct machine *m, mfn_t root, uint64_t va, struct pt_walk *w)
{
    return false;
}

bool frame_get(struct machine *m, mfn_t mfn, uint16_t owner)
{
    return false;
}

void frame_put(struct machine *m, struct frame *f)
{
}

int frame_type_get(struct mm_domain *d, struct frame *f, enum frame_type type)
{
    return -EINVAL;
}

int frame_type_put(struct mm_domain *d, struct frame *f)
{
    return 0;
}

/* ---- calls --------------------------------------------------------------------------------------------------------- */

#define PEER 3 /* the other domain; this one is 7 */

union arg
{
    struct evtchn_alloc_unbound alloc;
    struct evtchn_bind_interdomain interdomain;
    struct evtchn_bind_virq virq;
    struct evtchn_bind_ipi ipi;
    struct evtchn_bind_vcpu vcpu;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_unmask unmask;
    struct evtchn_status status;
    struct evtchn_reset reset;
};

/* Of either domain ports 1 to 5 are: joined to the other's 1; waiting for the other; a VIRQ; an IPI; waiting for whoever we are. */
static const struct call
{
    const char *name;
    unsigned int cmd;
    union arg arg;
} calls[] = {
    { "alloc_unbound", EVTCHNOP_alloc_unbound, { .alloc = { .dom = DOMID_SELF } } },
    { "bind_interdomain", EVTCHNOP_bind_interdomain, { .interdomain = { 0, 2, 0 } } },
    { "bind_virq", EVTCHNOP_bind_virq, { .virq = { .virq = VIRQ_TIMER } } },
    { "bind_ipi", EVTCHNOP_bind_ipi, { .ipi = { .vcpu = 0 } } },
    { "bind_vcpu", EVTCHNOP_bind_vcpu, { .vcpu = { .port = 1 } } },
    { "send", EVTCHNOP_send, { .send = { .port = 1 } } },
    { "send an IPI", EVTCHNOP_send, { .send = { .port = 4 } } },
    { "unmask", EVTCHNOP_unmask, { .unmask = { .port = 1 } } },
    { "status", EVTCHNOP_status, { .status = { .dom = DOMID_SELF, .port = 1 } } },
    { "close an end", EVTCHNOP_close, { .close = { .port = 1 } } },
    { "close a waiting port", EVTCHNOP_close, { .close = { .port = 2 } } },
    { "close a VIRQ", EVTCHNOP_close, { .close = { .port = 3 } } },
    { "reset", EVTCHNOP_reset, { .reset = { .dom = DOMID_SELF } } },
};

static long call(unsigned int cpu, const struct call *c)
{
    uint8_t *at = guest_mem + cpu * PAGE_SIZE;

    memcpy(at, &c->arg, sizeof(c->arg));
    if ( c->cmd == EVTCHNOP_bind_interdomain )
        ((union arg *)(void *)at)->interdomain.remote_dom = current->domain == &dom ? PEER : dom.id;
    return do_event_channel_op(c->cmd, (uint64_t)at, 0, 0, 0);
}

static void must(long rc, const char *what)
{
    if ( rc )
        fail("%s: %ld", what, rc);
}

/* ---- two domains --------------------------------------------------------------------------------------------------- */

static void init_domain(struct domain *d, struct vcpu *v, struct shared_info *s)
{
    memset(d, 0, sizeof(*d));
    memset(s, 0, sizeof(*s));
    memset(v, 0, sizeof(*v));
    d->id = d->mm.id = PEER;
    d->mm.machine = &machine;
    d->shared = s;
    d->nr_vcpus = 1;
    d->vcpu[0] = v;
    v->domain = d;
    v->info = &s->vcpu_info[0];
    v->info_mfn = INVALID_MFN;
    v->state = VCPU_RUNNING;
}

static uint32_t waiting(uint16_t remote)
{
    const struct call c = { .cmd = EVTCHNOP_alloc_unbound,
                            .arg = { .alloc = { .dom = DOMID_SELF, .remote_dom = remote } } };

    must(call(0, &c), "a port that waits");
    return ((union arg *)(void *)guest_mem)->alloc.port;
}

/* Ports 2 to 5. */
static void fill(uint16_t remote)
{
    const struct call virq = { .cmd = EVTCHNOP_bind_virq,
                               .arg = { .virq = { .virq = VIRQ_DEBUG } } };
    const struct call ipi = { .cmd = EVTCHNOP_bind_ipi, .arg = { .ipi = { .vcpu = 0 } } };

    (void)waiting(remote);
    must(call(0, &virq), "a VIRQ");
    must(call(0, &ipi), "an IPI");
    (void)waiting(remote);
}

static void start(void)
{
    struct call join = { .cmd = EVTCHNOP_bind_interdomain, .arg = { .interdomain = { 0, 1, 0 } } };

    fake_init();
    memset(guest_mem, 0, 4 * PAGE_SIZE);
    vcpu1 = vcpu0;
    vcpu1.id = 1;
    vcpu1.info = &shared.vcpu_info[1];
    dom.vcpu[1] = &vcpu1;
    dom.nr_vcpus = 2;
    evtchn_init(&dom);
    init_domain(&other, &other_vcpu, &other_shared);
    evtchn_init(&other);
    machine.domains[0] = &dom.mm;
    machine.domains[1] = &other.mm;
    if ( waiting(PEER) != 1 )
        fail("the first port is 1");
    set_current(&other_vcpu);
    must(call(0, &join), "a channel");
    fill(dom.id);
    set_current(&vcpu0);
    fill(PEER);
}

/* ---- what must hold ------------------------------------------------------------------------------------------------ */

static bool port_in_order(const struct domain *d, const struct domain *peer, uint32_t port)
{
    const struct evtchn *chn = &d->evtchn.ports[port], *end;

    if ( chn->state == ECS_VIRQ )
        return d->vcpu[chn->vcpu]->virq_port[chn->virq] == port;
    if ( chn->state != ECS_INTERDOMAIN )
        return true;
    end = &peer->evtchn.ports[chn->remote_port];
    return chn->remote_domid == peer->id && end->state == ECS_INTERDOMAIN &&
           end->remote_domid == d->id && end->remote_port == port;
}

static bool in_order(const struct domain *d, const struct domain *peer)
{
    unsigned int used = 0;

    for ( uint32_t port = 1; port < 64; port++ )
    {
        used += d->evtchn.ports[port].state != ECS_FREE;
        if ( !port_in_order(d, peer, port) )
            return false;
    }
    for ( unsigned int v = 0; v < d->nr_vcpus; v++ )
        for ( unsigned int virq = 0; virq < NR_VIRQS; virq++ )
        {
            uint32_t port = d->vcpu[v]->virq_port[virq];

            if ( port &&
                 (d->evtchn.ports[port].state != ECS_VIRQ || d->evtchn.ports[port].virq != virq) )
                return false;
        }
    return used == d->evtchn.in_use && !d->evtchn.lock.taken;
}

/* ---- two calls ----------------------------------------------------------------------------------------------------- */

static struct
{
    const struct call *call[2];
    struct vcpu *vcpu[2];
    unsigned int turn;
    bool first_done, stopped;
} run;

static void first(void *arg)
{
    (void)call(0, run.call[0]);
    run.first_done = true;
}

static void second(void *arg)
{
    run.stopped = !run.first_done;
    (void)call(1, run.call[1]);
}

/* The other CPU has its own vCPU. */
static void change(void)
{
    run.turn = !run.turn;
    set_current(run.vcpu[run.turn]);
}

static unsigned long first_slice(void *arg)
{
    unsigned long *at = arg, points = *at;

    *at = 0;
    return points;
}

static bool stopped_at(unsigned long at)
{
    const struct smp_task task[2] = { { first, NULL }, { second, NULL } };

    run.turn = 0;
    run.first_done = false;
    smp_run(task, first_slice, &at, change, true);
    set_current(&vcpu0);
    return run.stopped;
}

static void test_pair(const struct call *a, const struct call *b, struct vcpu *v,
                      unsigned long *points, unsigned int *bad)
{
    bool more = true;

    run.call[0] = a;
    run.call[1] = b;
    run.vcpu[0] = &vcpu0;
    run.vcpu[1] = v;
    for ( unsigned long at = 1; more && !*bad; at++, ++*points )
    {
        start();
        more = stopped_at(at);
        if ( !in_order(&dom, &other) || !in_order(&other, &dom) )
        {
            note("%s against %s, stopped at %lu: the tables are not in order", a->name, b->name,
                 at);
            ++*bad;
        }
        evtchn_destroy(&other);
        evtchn_destroy(&dom);
    }
}

static void test_all(struct vcpu *v, const char *whose)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(calls); i++ )
    {
        unsigned long points = 0;
        unsigned int bad = 0;

        for ( unsigned int j = 0; j < ARRAY_SIZE(calls); j++ )
            test_pair(&calls[i], &calls[j], v, &points, &bad);
        ok(!bad && points > 2 * ARRAY_SIZE(calls), "%s against each call of %s: %lu points",
           calls[i].name, whose, points);
    }
}

int main(void)
{
    test_all(&vcpu1, "a vCPU of its domain");
    test_all(&other_vcpu, "the other domain");
    return done();
}
