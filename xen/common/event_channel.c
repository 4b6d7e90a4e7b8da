/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels, two-level ABI (public/event_channel.h): numbered ports, each bound to one source of events.
 *
 *  1. delivery: the pending bit, the selector, the upcall flag
 *  2. the port table: finding, taking, freeing
 *  3. one function for each EVTCHNOP_*
 *  4. the hypercall: copying arguments in and out
 *  5. what the hypervisor itself does with ports: VIRQs, backends, vcpu_info
 *
 * The guest writes to shared_info and vcpu_info whenever it likes; nothing read from there is used but as a bit to
 * test. Which port is bound to what is kept on our side only.
 *
 * Locks: evtchn.lock of the domain, of two domains in the order of their numbers. Delivery takes none: it is atomic
 * bits.
 */
#include <public/event_channel.h>
#include <asm/uaccess.h>
#include <xen/console.h>
#include <xen/hypercall.h>
#include <xen/xalloc.h>

BUILD_BUG_ON(EVTCHN_2L_PORTS != EVTCHN_2L_NR_CHANNELS);
BUILD_BUG_ON(sizeof(((struct shared_info *)0)->evtchn_pending) * 8 != EVTCHN_2L_PORTS);

/* ---- 1. Delivery -------------------------------------------------------------------------------------------------- */

/* Set a bit in memory the guest may be changing; what it was. */
static bool set_bit_was(xen_ulong_t *words, unsigned int nr)
{
    xen_ulong_t bit = 1UL << (nr % 64);

    return __atomic_fetch_or(&words[nr / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test_bit(const xen_ulong_t *words, unsigned int nr)
{
    return READ_ONCE(words[nr / 64]) >> (nr % 64) & 1;
}

/* An unmasked port of word @word became pending: tell @v. */
static void mark_pending(struct vcpu *v, unsigned int word)
{
    if ( set_bit_was(&v->info->evtchn_pending_sel, word) )
        return;
    if ( !__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST) )
        vcpu_kick(v);
}

static struct vcpu *notified_vcpu(struct domain *d, const struct evtchn *chn)
{
    unsigned int id = READ_ONCE(chn->vcpu);

    return id < d->nr_vcpus ? d->vcpu[id] : d->vcpu[0];
}

/* SCHEDOP_poll waits for the pending bit itself, masked or not. */
static void wake_pollers(struct domain *d, uint32_t port)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        if ( v->state == VCPU_POLLING && (v->poll_ports[port / 64] >> (port % 64) & 1) )
            vcpu_kick(v);
}

void evtchn_set_pending(struct domain *d, uint32_t port)
{
    BUG_ON(port >= EVTCHN_2L_PORTS);

    if ( set_bit_was(d->shared->evtchn_pending, port) )
        return;
    if ( !test_bit(d->shared->evtchn_mask, port) )
        mark_pending(notified_vcpu(d, &d->evtchn.ports[port]), port / 64);
    wake_pollers(d, port);
}

/* ---- 2. The port table -------------------------------------------------------------------------------------------- */

/* Ports of two domains are about to be tied or untied. */
static void lock_both(struct domain *a, struct domain *b)
{
    struct domain *first = a->id <= b->id ? a : b;
    struct domain *second = a->id <= b->id ? b : a;

    spin_lock(&first->evtchn.lock);
    if ( second != first )
        spin_lock(&second->evtchn.lock);
}

static void unlock_both(struct domain *a, struct domain *b)
{
    spin_unlock(&a->evtchn.lock);
    if ( b != a )
        spin_unlock(&b->evtchn.lock);
}

/* A port the guest names, bound or not. Port 0 exists but is never bound: guests take it for "none". */
static struct evtchn *port_get(struct domain *d, uint32_t port)
{
    return port < EVTCHN_2L_PORTS ? &d->evtchn.ports[port] : NULL;
}

/* Bind the lowest free port to @state for events to @vcpu. The port, or -ENOSPC (XSA-317). */
static int port_take(struct domain *d, enum evtchn_state state, unsigned int vcpu)
{
    if ( d->evtchn.in_use == EVTCHN_2L_PORTS - 1 )
        return -ENOSPC;

    for ( uint32_t port = 1; port < EVTCHN_2L_PORTS; port++ )
    {
        struct evtchn *chn = &d->evtchn.ports[port];

        if ( chn->state != ECS_FREE )
            continue;
        memset(chn, 0, sizeof(*chn));
        chn->vcpu = (uint16_t)vcpu;
        chn->state = state;
        d->evtchn.in_use++;
        return (int)port;
    }
    BUG();
}

/* An event that was not taken must not greet the port's next user. */
static void port_free(struct domain *d, uint32_t port)
{
    memset(&d->evtchn.ports[port], 0, sizeof(struct evtchn));
    d->evtchn.in_use--;
    __atomic_fetch_and(&d->shared->evtchn_pending[port / 64], ~(1UL << (port % 64)),
                       __ATOMIC_SEQ_CST);
}

static void virq_unbind(struct domain *d, unsigned int virq, uint32_t port)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        if ( v->virq_port[virq] == port )
            v->virq_port[virq] = 0;
}

/* Close one port with the locks of its domain and (interdomain) the remote one held. */
static void port_close_locked(struct domain *d, uint32_t port, struct domain *remote)
{
    struct evtchn *chn = &d->evtchn.ports[port];

    if ( chn->state == ECS_VIRQ )
        virq_unbind(d, chn->virq, port);
    else if ( chn->state == ECS_INTERDOMAIN )
    {
        struct evtchn *other = &remote->evtchn.ports[chn->remote_port];

        BUG_ON(other->state != ECS_INTERDOMAIN || other->remote_port != port);
        other->state = ECS_UNBOUND;
        other->remote_domid = d->id;
        other->remote_port = 0;
    }
    port_free(d, port);
}

/* -EINVAL: not in use. */
static int port_close(struct domain *d, uint32_t port)
{
    struct evtchn *chn = port_get(d, port);

    while ( chn )
    {
        enum evtchn_state state = chn->state;
        uint16_t remote_domid = chn->remote_domid;
        struct domain *remote = d;
        bool same;

        if ( state == ECS_FREE )
            return -EINVAL;
        if ( state == ECS_INTERDOMAIN && !(remote = domain_find(d, remote_domid)) )
            BUG(); /* a domain's ports are closed before it goes */

        lock_both(d, remote);
        /* Without the lock the binding may have changed since we looked. */
        same = chn->state == state && chn->remote_domid == remote_domid;
        if ( same )
            port_close_locked(d, port, remote);
        unlock_both(d, remote);
        if ( same )
            return 0;
    }
    return -EINVAL;
}

/* ---- 3. The operations -------------------------------------------------------------------------------------------- */

union evtchn_arg
{
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_set_priority set_priority;
};

/* -ESRCH; -EPERM; -ENOSPC. That the remote domain exists is not asked: it may be about to be made. */
static long op_alloc_unbound(struct domain *cur, struct evtchn_alloc_unbound *u)
{
    struct domain *d;
    int rc = domain_find_target(cur, u->dom, &d);

    if ( rc )
        return rc;
    spin_lock(&d->evtchn.lock);
    rc = port_take(d, ECS_UNBOUND, 0);
    if ( rc > 0 )
        d->evtchn.ports[rc].remote_domid = u->remote_dom == DOMID_SELF ? cur->id : u->remote_dom;
    spin_unlock(&d->evtchn.lock);
    if ( rc < 0 )
        return rc;
    u->port = (evtchn_port_t)rc;
    return 0;
}

/* -ESRCH; -ENOSPC; -EINVAL: the remote port does not wait for us. */
static long op_bind_interdomain(struct domain *d, struct evtchn_bind_interdomain *u)
{
    struct domain *remote = domain_find(d, u->remote_dom);
    struct evtchn *chn, *other;
    int port;

    if ( !remote )
        return -ESRCH;
    other = port_get(remote, u->remote_port);

    lock_both(d, remote);
    if ( !other || other->state != ECS_UNBOUND || other->remote_domid != d->id )
        port = -EINVAL;
    else
        port = port_take(d, ECS_INTERDOMAIN, 0);
    if ( port > 0 )
    {
        chn = &d->evtchn.ports[port];
        chn->remote_domid = remote->id;
        chn->remote_port = u->remote_port;
        other->state = ECS_INTERDOMAIN;
        other->remote_domid = d->id;
        other->remote_port = (uint32_t)port;
    }
    unlock_both(d, remote);
    if ( port < 0 )
        return port;

    /* The other end may have sent before anybody listened. */
    evtchn_set_pending(d, (uint32_t)port);
    u->local_port = (evtchn_port_t)port;
    return 0;
}

/* Bound once in a domain, at vCPU 0, and may move from there; the rest are each vCPU's own (public/xen.h). */
static bool virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

static void console_virq(void *arg)
{
    struct domain *d = arg;

    send_virq(d->vcpu[0], VIRQ_CONSOLE);
}

/* -EINVAL: no such VIRQ, or a global one elsewhere than on vCPU 0; -ENOENT: no such vCPU; -EEXIST: bound already;
 * -ENOSPC. */
static long op_bind_virq(struct domain *d, struct evtchn_bind_virq *u)
{
    struct vcpu *v;
    int port;

    if ( u->virq >= NR_VIRQS || (virq_is_global(u->virq) && u->vcpu != 0) )
        return -EINVAL;
    if ( u->vcpu >= d->nr_vcpus )
        return -ENOENT;
    v = d->vcpu[u->vcpu];

    spin_lock(&d->evtchn.lock);
    port = v->virq_port[u->virq] ? -EEXIST : port_take(d, ECS_VIRQ, v->id);
    if ( port > 0 )
    {
        d->evtchn.ports[port].virq = (uint8_t)u->virq;
        WRITE_ONCE(v->virq_port[u->virq], (uint32_t)port);
    }
    spin_unlock(&d->evtchn.lock);
    if ( port < 0 )
        return port;

    if ( u->virq == VIRQ_CONSOLE && d->initial )
        console_set_listener(console_virq, d);
    u->port = (evtchn_port_t)port;
    return 0;
}

/* -ENOENT: no such vCPU; -ENOSPC. */
static long op_bind_ipi(struct domain *d, struct evtchn_bind_ipi *u)
{
    int port;

    if ( u->vcpu >= d->nr_vcpus )
        return -ENOENT;
    spin_lock(&d->evtchn.lock);
    port = port_take(d, ECS_IPI, u->vcpu);
    spin_unlock(&d->evtchn.lock);
    if ( port < 0 )
        return port;
    u->port = (evtchn_port_t)port;
    return 0;
}

/* -EINVAL: nothing to send from this port. */
static long op_send(struct domain *d, uint32_t port)
{
    struct evtchn *chn = port_get(d, port);
    struct domain *target = NULL;
    void (*backend)(struct domain * d) = NULL;
    long rc = 0;

    if ( !chn )
        return -EINVAL;

    spin_lock(&d->evtchn.lock);
    switch ( (enum evtchn_state)chn->state )
    {
    case ECS_INTERDOMAIN:
        target = domain_find(d, chn->remote_domid);
        port = chn->remote_port;
        break;
    case ECS_IPI: target = d; break;
    case ECS_HYPERVISOR: backend = chn->fn; break;
    case ECS_UNBOUND: /* nobody listens yet: lost, and made good by bind_interdomain */ break;
    case ECS_FREE:
    case ECS_VIRQ: rc = -EINVAL; break;
    }
    spin_unlock(&d->evtchn.lock);

    if ( target )
        evtchn_set_pending(target, port);
    if ( backend )
        backend(d);
    return rc;
}

/* -ESRCH; -EPERM; -EINVAL: no such port. */
static long op_status(struct domain *cur, struct evtchn_status *u)
{
    struct domain *d;
    struct evtchn *chn;
    int rc = domain_find_target(cur, u->dom, &d);

    if ( rc )
        return rc;
    if ( !(chn = port_get(d, u->port)) )
        return -EINVAL;

    spin_lock(&d->evtchn.lock);
    u->vcpu = chn->vcpu;
    switch ( (enum evtchn_state)chn->state )
    {
    case ECS_FREE: u->status = EVTCHNSTAT_closed; break;
    case ECS_UNBOUND:
        u->status = EVTCHNSTAT_unbound;
        u->u.unbound.dom = chn->remote_domid;
        break;
    case ECS_INTERDOMAIN:
    case ECS_HYPERVISOR:
        u->status = EVTCHNSTAT_interdomain;
        u->u.interdomain.dom = chn->remote_domid;
        u->u.interdomain.port = chn->remote_port;
        break;
    case ECS_VIRQ:
        u->status = EVTCHNSTAT_virq;
        u->u.virq = chn->virq;
        break;
    case ECS_IPI: u->status = EVTCHNSTAT_ipi; break;
    }
    spin_unlock(&d->evtchn.lock);
    return 0;
}

/* -ENOENT: no such vCPU; -EINVAL: no such port, or one that belongs to its vCPU for good. */
static long op_bind_vcpu(struct domain *d, const struct evtchn_bind_vcpu *u)
{
    struct evtchn *chn = port_get(d, u->port);
    long rc = 0;

    if ( u->vcpu >= d->nr_vcpus )
        return -ENOENT;
    if ( !chn )
        return -EINVAL;

    spin_lock(&d->evtchn.lock);
    switch ( (enum evtchn_state)chn->state )
    {
    case ECS_VIRQ:
        if ( !virq_is_global(chn->virq) )
            rc = -EINVAL;
        break;
    case ECS_UNBOUND:
    case ECS_INTERDOMAIN:
    case ECS_HYPERVISOR: break;
    case ECS_FREE:
    case ECS_IPI: rc = -EINVAL; break;
    }
    if ( !rc )
        WRITE_ONCE(chn->vcpu, (uint16_t)u->vcpu);
    spin_unlock(&d->evtchn.lock);
    return rc;
}

/* Clear the mask, and make up for the edge that was lost while it was set. -EINVAL: no such port. */
static long op_unmask(struct domain *d, uint32_t port)
{
    struct evtchn *chn = port_get(d, port);

    if ( !chn )
        return -EINVAL;
    if ( chn->state == ECS_FREE )
        return 0;
    __atomic_fetch_and(&d->shared->evtchn_mask[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
    if ( test_bit(d->shared->evtchn_pending, port) )
        mark_pending(notified_vcpu(d, chn), port / 64);
    return 0;
}

/* -ESRCH; -EPERM. */
static long op_reset(struct domain *cur, uint16_t dom)
{
    struct domain *d;
    int rc = domain_find_target(cur, dom, &d);

    if ( rc )
        return rc;
    for ( uint32_t port = 1; port < EVTCHN_2L_PORTS && d->evtchn.in_use; port++ )
        (void)port_close(d, port);
    return 0;
}

static long evtchn_op(struct domain *d, unsigned int cmd, union evtchn_arg *u)
{
    switch ( cmd )
    {
    case EVTCHNOP_alloc_unbound: return op_alloc_unbound(d, &u->alloc_unbound);
    case EVTCHNOP_bind_interdomain: return op_bind_interdomain(d, &u->bind_interdomain);
    case EVTCHNOP_bind_virq: return op_bind_virq(d, &u->bind_virq);
    case EVTCHNOP_bind_pirq: return -EPERM; /* no guest is given a device's interrupt line */
    case EVTCHNOP_bind_ipi: return op_bind_ipi(d, &u->bind_ipi);
    case EVTCHNOP_close: return port_close(d, u->close.port);
    case EVTCHNOP_send: return op_send(d, u->send.port);
    case EVTCHNOP_status: return op_status(d, &u->status);
    case EVTCHNOP_bind_vcpu: return op_bind_vcpu(d, &u->bind_vcpu);
    case EVTCHNOP_unmask: return op_unmask(d, u->unmask.port);
    case EVTCHNOP_reset: return op_reset(d, u->reset.dom);
    /* Priorities belong to the FIFO ABI; its control block and array are not to be had either. */
    case EVTCHNOP_set_priority: return port_get(d, u->set_priority.port) ? -ENOSYS : -EINVAL;
    default: return -ENOSYS;
    }
}

/* ---- 4. The hypercall --------------------------------------------------------------------------------------------- */

/* What is copied in for each operation, and where in it the port stands that is copied out (0: nothing is). */
static const struct
{
    uint8_t size, port_at;
    bool out;
} shapes[] = {
#define SHAPE(op) [EVTCHNOP_##op] = { .size = sizeof(struct evtchn_##op) }
#define SHAPE_OUT(op, mem)                                                                         \
    [EVTCHNOP_##op] = { sizeof(struct evtchn_##op), offsetof(struct evtchn_##op, mem), true }
    SHAPE_OUT(alloc_unbound, port),
    SHAPE_OUT(bind_interdomain, local_port),
    SHAPE_OUT(bind_virq, port),
    SHAPE_OUT(bind_ipi, port),
    SHAPE(bind_pirq),
    SHAPE(close),
    SHAPE(send),
    SHAPE(bind_vcpu),
    SHAPE(unmask),
    SHAPE(reset),
    SHAPE(set_priority),
    [EVTCHNOP_status] = { .size = sizeof(struct evtchn_status), .out = true },
};

/** EVTCHNOP_*(arg). -ENOSYS: no such operation, or one of the FIFO ABI; -EFAULT; and each operation's own. */
long do_event_channel_op(HYPERCALL_ARGS)
{
    unsigned int cmd = (unsigned int)a1;
    struct domain *d = current->domain;
    union evtchn_arg u;
    evtchn_port_t port;
    long rc;

    if ( cmd >= ARRAY_SIZE(shapes) || !shapes[cmd].size )
        return -ENOSYS;
    if ( copy_from_guest(&u, a2, shapes[cmd].size) )
        return -EFAULT;
    rc = evtchn_op(d, cmd, &u);
    if ( rc || !shapes[cmd].out || !copy_to_guest(a2, &u, shapes[cmd].size) )
        return rc;

    /* The guest will never learn of the port: take it back. (Unless it is another domain's: alloc_unbound by a
     * privileged one.) */
    if ( shapes[cmd].port_at &&
         (cmd != EVTCHNOP_alloc_unbound || domain_find(d, u.alloc_unbound.dom) == d) )
    {
        memcpy(&port, (char *)&u + shapes[cmd].port_at, sizeof(port));
        (void)port_close(d, port);
    }
    return -EFAULT;
}

/** The old form, command and argument in one structure: struct evtchn_op. */
long do_event_channel_op_compat(unsigned long a1, unsigned long a2, unsigned long a3,
                                unsigned long a4, unsigned long a5)
{
    uint32_t cmd;

    if ( copy_from_guest(&cmd, a1, sizeof(cmd)) )
        return -EFAULT;
    if ( cmd > EVTCHNOP_unmask )
        return -ENOSYS;
    return do_event_channel_op(cmd, a1 + offsetof(struct evtchn_op, u), 0, 0, 0);
}

/* ---- 5. The hypervisor's own use ---------------------------------------------------------------------------------- */

#define PORTS_SIZE (sizeof(struct evtchn) * EVTCHN_2L_PORTS)

int evtchn_init(struct domain *d)
{
    memset(&d->evtchn, 0, sizeof(d->evtchn));
    d->evtchn.ports = xzalloc_pages(order_of(PORTS_SIZE));
    return d->evtchn.ports ? 0 : -ENOMEM;
}

void evtchn_destroy(struct domain *d)
{
    if ( !d->evtchn.ports )
        return;
    for ( uint32_t port = 1; port < EVTCHN_2L_PORTS && d->evtchn.in_use; port++ )
        (void)port_close(d, port);
    xfree_pages(d->evtchn.ports, order_of(PORTS_SIZE));
    d->evtchn.ports = NULL;
}

void send_virq(struct vcpu *v, unsigned int virq)
{
    uint32_t port = READ_ONCE(v->virq_port[virq]);

    if ( port )
        evtchn_set_pending(v->domain, port);
}

uint32_t evtchn_alloc_hypervisor(struct domain *d, void (*fn)(struct domain *d))
{
    int port;

    spin_lock(&d->evtchn.lock);
    port = port_take(d, ECS_HYPERVISOR, 0);
    if ( port > 0 )
        d->evtchn.ports[port].fn = fn; /* the remote end reads as domain 0, port 0 */
    spin_unlock(&d->evtchn.lock);
    return port > 0 ? (uint32_t)port : 0;
}

void evtchn_notify_guest(struct domain *d, uint32_t port, void (*fn)(struct domain *d))
{
    struct evtchn *chn = port_get(d, port);

    if ( chn && chn->state == ECS_HYPERVISOR && chn->fn == fn )
        evtchn_set_pending(d, port);
}

void vcpu_info_move(struct vcpu *v, struct vcpu_info *info, mfn_t mfn)
{
    memcpy(info, v->info, sizeof(*info));
    WRITE_ONCE(v->info, info);
    v->info_mfn = mfn;
    /* An event may have gone to the old place meanwhile: let the guest look everywhere once. */
    __atomic_store_n(&info->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
    __atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    vcpu_kick(v);
}
