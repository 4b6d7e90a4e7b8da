/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu_op: what a domain says about its vCPUs (public/vcpu.h).
 *
 *  1. coming and going
 *  2. areas the guest registers: runstate, vcpu_info, time
 *  3. timers
 *
 * Locks: none; a domain has one vCPU that runs, and it makes these calls.
 */
#include <public/sched.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

/* ---- 1. Coming and going ------------------------------------------------------------------------------------------ */

/* The builder has done it for every vCPU there is: -EEXIST. -EFAULT: the state cannot be read. */
static long op_initialise(uint64_t arg)
{
    uint8_t piece[64];

    for ( size_t at = 0; at < sizeof(struct vcpu_guest_context); at += sizeof(piece) )
        if ( copy_from_guest(piece, arg + at,
                             MIN(sizeof(piece), sizeof(struct vcpu_guest_context) - at)) )
            return -EFAULT;
    return -EEXIST;
}

/* The last vCPU to go down takes the domain with it. */
static long op_down(struct vcpu *v)
{
    struct vcpu *other;

    for_each_vcpu(v->domain, other)
        if ( other != v && other->state != VCPU_DOWN )
        {
            v->state = VCPU_DOWN;
            return 0;
        }
    domain_shutdown(v->domain, SHUTDOWN_poweroff);
}

/* -EINVAL: the call takes no argument. */
static long op_send_nmi(struct vcpu *v, uint64_t arg)
{
    if ( arg )
        return -EINVAL;
    v->nmi_pending = true;
    vcpu_kick(v);
    return 0;
}

/* ---- 2. Areas the guest registers --------------------------------------------------------------------------------- */

static long op_get_runstate(const struct vcpu *v, uint64_t arg)
{
    struct vcpu_runstate_info info;

    runstate_get(v, &info);
    return copy_to_guest(arg, &info, sizeof(info));
}

/* Address 0 ends it. -EFAULT: the area cannot be a guest's. */
static long op_register_runstate(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_runstate_memory_area area;

    if ( copy_from_guest(&area, arg, sizeof(area)) ||
         !guest_range_ok(area.addr.p, sizeof(struct vcpu_runstate_info)) )
        return -EFAULT;
    v->runstate_va = area.addr.p;
    guest_runstate_write(v);
    return 0;
}

/* As above for a second copy of vcpu_info.time. */
static long op_register_time(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_time_memory_area area;

    if ( copy_from_guest(&area, arg, sizeof(area)) ||
         !guest_range_ok(area.addr.p, sizeof(struct vcpu_time_info)) )
        return -EFAULT;
    v->time_area_va = area.addr.p;
    guest_time_update(v, true);
    return 0;
}

/**
 * Move vcpu_info to a place of the guest's choice, once. -EFAULT; -ENXIO: not 8-aligned, or across the page's end
 * (XSA-327); -EINVAL: moved already, another vCPU that runs, or not a page of the domain's that may be written to;
 * -ENOSPC.
 */
static long op_register_info(struct vcpu *v, uint64_t arg)
{
    struct vcpu_register_vcpu_info reg;
    struct domain *d = v->domain;
    int rc;

    if ( copy_from_guest(&reg, arg, sizeof(reg)) )
        return -EFAULT;
    if ( reg.offset > PAGE_SIZE - sizeof(struct vcpu_info) ||
         reg.offset & (__alignof__(struct vcpu_info) - 1) )
        return -ENXIO;
    if ( !mfn_eq(v->info_mfn, INVALID_MFN) || (v != current && v->state != VCPU_DOWN) )
        return -EINVAL;
    rc = domain_hold(&d->mm, _mfn(reg.mfn));
    if ( rc )
        return rc;
    vcpu_info_move(v, (void *)((uint8_t *)mfn_to_virt(d->mm.machine, _mfn(reg.mfn)) + reg.offset),
                   _mfn(reg.mfn));
    return 0;
}

/* ---- 3. Timers ---------------------------------------------------------------------------------------------------- */

/* -EFAULT; -EINVAL: a period under 1 ms or absurdly long. */
static long op_set_periodic(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_periodic_timer set;

    if ( copy_from_guest(&set, arg, sizeof(set)) )
        return -EFAULT;
    return set.period_ns ? guest_periodic_timer(v, set.period_ns) : -EINVAL;
}

/* -EINVAL: another vCPU's; -EFAULT; -ETIME: too late, and the guest said it would then rather not have it. */
static long op_set_singleshot(struct vcpu *v, uint64_t arg)
{
    struct vcpu_set_singleshot_timer set;

    if ( v != current )
        return -EINVAL;
    if ( copy_from_guest(&set, arg, sizeof(set)) )
        return -EFAULT;
    if ( (set.flags & VCPU_SSHOTTMR_future) && set.timeout_abs_ns < now() )
        return -ETIME;
    timer_set(&v->single_timer, set.timeout_abs_ns);
    return 0;
}

static long op_stop_singleshot(struct vcpu *v)
{
    if ( v != current )
        return -EINVAL;
    timer_stop(&v->single_timer);
    return 0;
}

/** VCPUOP_*(vcpu, arg). -ENOENT: no such vCPU; -ENOSYS: no such operation; and each operation's own. */
long do_vcpu_op(HYPERCALL_ARGS)
{
    struct domain *d = current->domain;
    unsigned int id = (unsigned int)a2;
    struct vcpu *v;

    if ( id >= d->nr_vcpus )
        return -ENOENT;
    v = d->vcpu[id];

    switch ( (int)a1 )
    {
    case VCPUOP_initialise: return op_initialise(a3);
    case VCPUOP_up:
        if ( v->state == VCPU_DOWN )
            v->state = VCPU_RUNNING;
        return 0;
    case VCPUOP_down: return op_down(v);
    case VCPUOP_is_up: return v->state != VCPU_DOWN;
    case VCPUOP_get_runstate_info: return op_get_runstate(v, a3);
    case VCPUOP_register_runstate_memory_area: return op_register_runstate(v, a3);
    case VCPUOP_set_periodic_timer: return op_set_periodic(v, a3);
    case VCPUOP_stop_periodic_timer: return guest_periodic_timer(v, 0);
    case VCPUOP_set_singleshot_timer: return op_set_singleshot(v, a3);
    case VCPUOP_stop_singleshot_timer: return op_stop_singleshot(v);
    case VCPUOP_register_vcpu_info: return op_register_info(v, a3);
    case VCPUOP_send_nmi: return op_send_nmi(v, a3);
    case VCPUOP_get_physid:
        return -EINVAL; /* vCPUs are not pinned to CPUs as far as guests are told */
    case VCPUOP_register_vcpu_time_memory_area: return op_register_time(v, a3);
    default: return -ENOSYS;
    }
}
