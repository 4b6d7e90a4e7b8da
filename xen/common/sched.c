/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a vCPU runs and when it waits. One vCPU to a CPU today: waiting is halting the CPU.
 *
 *  1. states: running, blocked, polling, and the account of the time spent in each
 *  2. waiting and being woken
 *  3. watchdogs
 *  4. sched_op
 *
 * Locks: none. A vCPU's state is changed by its own CPU, or by vcpu_kick() and the timers there.
 */
#include <public/event_channel.h>
#include <public/sched.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/softirq.h>

#define POLL_MAX_PORTS 128 /* as Xen: bounds one call's work */

/* ---- 1. States ---------------------------------------------------------------------------------------------------- */

void runstate_change(struct vcpu *v, int state)
{
    uint64_t t = now();

    v->runstate.time[v->runstate.state] += t - v->runstate.state_entry_time;
    v->runstate.state_entry_time = t;
    v->runstate.state = state;
}

void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info)
{
    memset(info, 0, sizeof(*info)); /* padding goes out to the guest */
    info->state = v->runstate.state;
    info->state_entry_time = v->runstate.state_entry_time;
    memcpy(info->time, v->runstate.time, sizeof(info->time));
    info->time[info->state] += now() - v->runstate.state_entry_time;
}

static void poll_timeout(void *arg)
{
    struct vcpu *v = arg;

    if ( v->state == VCPU_POLLING )
        v->state = VCPU_RUNNING;
}

void sched_init_vcpu(struct vcpu *v)
{
    memset(&v->runstate, 0, sizeof(v->runstate));
    v->runstate.state = v->state == VCPU_DOWN ? RUNSTATE_offline : RUNSTATE_running;
    v->runstate.state_entry_time = now();
    timer_init(&v->poll_timer, poll_timeout, v);
}

/* ---- 2. Waiting and being woken ----------------------------------------------------------------------------------- */

void vcpu_kick(struct vcpu *v)
{
    if ( v->state != VCPU_BLOCKED && v->state != VCPU_POLLING )
        return;
    if ( v->state == VCPU_POLLING )
        timer_stop(&v->poll_timer);
    v->state = VCPU_RUNNING;
}

void sched_wait_runnable(struct vcpu *v)
{
    if ( likely(v->state == VCPU_RUNNING) )
        return;

    runstate_change(v, v->state == VCPU_DOWN ? RUNSTATE_offline : RUNSTATE_blocked);
    guest_runstate_write(v);
    for ( ;; )
    {
        softirq_run();
        if ( v->domain->watchdog_expired )
            domain_shutdown(v->domain, SHUTDOWN_watchdog);
        if ( READ_ONCE(v->state) == VCPU_RUNNING )
            break;
        cpu_idle_once();
    }
    runstate_change(v, RUNSTATE_running);
    guest_runstate_write(v);
}

/* ---- 3. Watchdogs ------------------------------------------------------------------------------------------------- */

/* The domain is taken apart where a vCPU would wait, not among other timers: none of it may run before. */
static void watchdog_expired(void *arg)
{
    struct domain *d = arg;
    struct vcpu *v;

    d->watchdog_expired = true;
    for_each_vcpu(d, v)
        v->state = VCPU_DOWN;
}

void sched_init_domain(struct domain *d)
{
    for ( unsigned int i = 0; i < MAX_WATCHDOGS; i++ )
        timer_init(&d->watchdog[i].timer, watchdog_expired, d);
}

static void watchdog_start(struct watchdog *w, uint32_t seconds)
{
    timer_stop(&w->timer);
    timer_set(&w->timer, now() + SECONDS(seconds));
    w->used = true;
}

/* The number of a new one, from 1. -ENOSPC: it has them all. */
static long watchdog_new(struct domain *d, uint32_t seconds)
{
    for ( unsigned int i = 0; i < MAX_WATCHDOGS; i++ )
        if ( !d->watchdog[i].used )
        {
            watchdog_start(&d->watchdog[i], seconds);
            return i + 1;
        }
    return -ENOSPC;
}

/* Make one (@id 0), put one off, or with 0 seconds do away with it. -EINVAL: there is none of this number. */
static long watchdog(struct domain *d, uint32_t id, uint32_t seconds)
{
    struct watchdog *w;

    if ( !id )
        return watchdog_new(d, seconds);
    if ( id > MAX_WATCHDOGS || !d->watchdog[id - 1].used )
        return -EINVAL;
    w = &d->watchdog[id - 1];
    if ( seconds )
        watchdog_start(w, seconds);
    else
    {
        timer_stop(&w->timer);
        w->used = false;
    }
    return 0;
}

/* ---- 4. sched_op -------------------------------------------------------------------------------------------------- */

/* Like STI; HLT: from here on the vCPU takes events, and an event that is there already ends the wait before it
 * begins. */
static long block(struct vcpu *v)
{
    WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
    barrier();
    if ( !READ_ONCE(v->info->evtchn_upcall_pending) && !(v->nmi_pending && !v->nmi_masked) )
        v->state = VCPU_BLOCKED;
    return 0;
}

/* Note the ports to wait for. 1: one of them is pending already; -EFAULT; -EINVAL: no such port (XSA-221), or a closed one, at which
 * nothing would ever come. */
static int poll_ports(struct vcpu *v, uint64_t ports, unsigned int nr)
{
    memset(v->poll_ports, 0, sizeof(v->poll_ports));
    for ( unsigned int i = 0; i < nr; i++ )
    {
        evtchn_port_t port;

        if ( copy_from_guest(&port, ports + i * sizeof(port), sizeof(port)) )
            return -EFAULT;
        if ( !evtchn_port_open(&v->domain->evtchn, port) )
            return -EINVAL;
        if ( READ_ONCE(v->domain->shared->evtchn_pending[port / 64]) >> (port % 64) & 1 )
            return 1;
        v->poll_ports[port / 64] |= 1UL << (port % 64);
    }
    return 0;
}

/* Wait until one of the ports is pending, masked or not, or an upcall is due, or the timeout (system time, 0: none). */
static long poll(struct vcpu *v, uint64_t arg)
{
    struct sched_poll op;
    int rc;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    if ( op.nr_ports > POLL_MAX_PORTS )
        return -EINVAL;
    rc = poll_ports(v, (uint64_t)op.ports.p, op.nr_ports);
    if ( rc < 0 )
        return rc;
    if ( rc || vcpu_event_pending(v) || (op.timeout && op.timeout <= now()) )
        return 0;

    v->state = VCPU_POLLING;
    if ( op.timeout )
        timer_set(&v->poll_timer, op.timeout);
    return 0;
}

/* -EOPNOTSUPP: nobody here could save the domain, or start it over in place; guests take it for a cancelled suspend. */
static long shutdown(struct domain *d, unsigned int reason)
{
    if ( reason > SHUTDOWN_MAX )
        return -EINVAL;
    if ( d->shutdown_code )
        reason = d->shutdown_code - 1U;
    if ( reason == SHUTDOWN_suspend || reason == SHUTDOWN_soft_reset )
    {
        d->shutdown_code = 0;
        gprintk(LOG_WARNING, d, "asked to be %s, which is not supported",
                reason == SHUTDOWN_suspend ? "suspended" : "reset in place");
        return -EOPNOTSUPP;
    }
    domain_shutdown(d, reason);
}

static long yield(void)
{
    (void)
        port_should_yield(); /* lets interrupts in: what they bring is seen to before the guest goes on */
    return 0;
}

/* Says what the next shutdown will have been for; the first to say so wins. */
static long shutdown_code(struct domain *d, unsigned int reason)
{
    if ( reason > SHUTDOWN_MAX )
        return -EINVAL;
    if ( !d->shutdown_code )
        d->shutdown_code = (uint8_t)(reason + 1);
    return 0;
}

/* By number: DOMID_SELF is nobody's. -ESRCH: no such domain; -EPERM: only the initial domain may. */
static long remote_shutdown(struct domain *d, uint16_t domid, unsigned int reason)
{
    struct domain *target = domid == DOMID_SELF ? NULL : domain_find(d, domid);

    if ( !target )
        return -ESRCH;
    if ( !d->initial )
        return -EPERM;
    return target == d ? shutdown(d, reason) : -EOPNOTSUPP;
}

/* There is one CPU. A negative number ends it. -EBUSY: already pinned; -EINVAL: no such CPU, or not pinned. */
static long pin_override(struct vcpu *v, int32_t pcpu)
{
    bool pin = pcpu >= 0;

    if ( pcpu > 0 || (!pin && !v->pinned) )
        return -EINVAL;
    if ( pin && v->pinned )
        return -EBUSY;
    v->pinned = pin;
    return 0;
}

/** SCHEDOP_*(arg). -ENOSYS: no such operation; -EFAULT; and each operation's own. */
long do_sched_op(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    struct sched_shutdown reason;
    struct sched_remote_shutdown remote;
    struct sched_pin_override pin;
    struct sched_watchdog dog;

    switch ( (int)a1 )
    {
    case SCHEDOP_yield: return yield();
    case SCHEDOP_block: return block(v);
    case SCHEDOP_poll: return poll(v, a2);
    case SCHEDOP_shutdown:
        if ( copy_from_guest(&reason, a2, sizeof(reason)) )
            return -EFAULT;
        return shutdown(v->domain, reason.reason);
    case SCHEDOP_shutdown_code:
        if ( copy_from_guest(&reason, a2, sizeof(reason)) )
            return -EFAULT;
        return shutdown_code(v->domain, reason.reason);
    case SCHEDOP_remote_shutdown:
        if ( copy_from_guest(&remote, a2, sizeof(remote)) )
            return -EFAULT;
        return remote_shutdown(v->domain, remote.domain_id, remote.reason);
    case SCHEDOP_watchdog:
        if ( copy_from_guest(&dog, a2, sizeof(dog)) )
            return -EFAULT;
        return watchdog(v->domain, dog.id, dog.timeout);
    case SCHEDOP_pin_override:
        if ( !v->domain->initial )
            return -EPERM;
        if ( copy_from_guest(&pin, a2, sizeof(pin)) )
            return -EFAULT;
        return pin_override(v, pin.pcpu);
    default: return -ENOSYS;
    }
}

/** The old form: the reason of a shutdown is the argument itself. */
long do_sched_op_compat(HYPERCALL_ARGS)
{
    struct vcpu *v = current;

    switch ( (int)a1 )
    {
    case SCHEDOP_yield: return yield();
    case SCHEDOP_block: return block(v);
    case SCHEDOP_shutdown: return shutdown(v->domain, (unsigned int)a2);
    default: return -ENOSYS;
    }
}
