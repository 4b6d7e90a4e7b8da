// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls by which a guest says where, and on which stack, its kernel is to be entered: callback_op, set_callbacks, nmi_op,
 * stack_switch. No address that is not canonical is ever stored (XSA-7, XSA-193): invariant 11. No locks.
 */
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <public/nmi.h>
#include <xen/hypercall.h>

static void set_nmi_handler(struct vcpu *v, uint64_t address)
{
    v->traps[TRAP_NMI] = (struct guest_trap){ .address = address, .mask_events = true };
}

static struct guest_callback *find_callback(struct vcpu *v, uint16_t type)
{
    switch ( type )
    {
    case CALLBACKTYPE_event: return &v->event_cb;
    case CALLBACKTYPE_failsafe: return &v->failsafe_cb;
    case CALLBACKTYPE_syscall: return &v->syscall_cb;
    case CALLBACKTYPE_syscall32: return &v->syscall32_cb;
    case CALLBACKTYPE_sysenter: return &v->sysenter_cb;
    default: return NULL;
    }
}

static long callback_register(struct vcpu *v, uint64_t arg)
{
    struct callback_register reg;
    struct guest_callback *cb;

    if ( copy_from_guest(&reg, arg, sizeof(reg)) )
        return -EFAULT;
    if ( !is_canonical(reg.address) )
        return -EINVAL;
    if ( reg.type == CALLBACKTYPE_nmi )
    {
        set_nmi_handler(v, reg.address);
        return 0;
    }
    cb = find_callback(v, reg.type);
    if ( !cb )
        return -ENOSYS;
    *cb = (struct guest_callback){ .address = reg.address,
                                   .mask_events = reg.flags & CALLBACKF_mask_events };
    return 0;
}

static long callback_unregister(struct vcpu *v, uint64_t arg)
{
    struct callback_unregister unreg;

    if ( copy_from_guest(&unreg, arg, sizeof(unreg)) )
        return -EFAULT;
    if ( unreg.type == CALLBACKTYPE_nmi )
    {
        set_nmi_handler(v, 0);
        return 0;
    }
    /* The ABI has the others stay for good once they are registered. */
    return find_callback(v, unreg.type) ? -EINVAL : -ENOSYS;
}

/** callback_op(cmd, arg). -EFAULT; -EINVAL: address not canonical, or a callback that cannot be unregistered; -ENOSYS: no such
 *  command or type. */
long do_callback_op(HYPERCALL_ARGS)
{
    switch ( (int)a1 )
    {
    case CALLBACKOP_register: return callback_register(current, a2);
    case CALLBACKOP_unregister: return callback_unregister(current, a2);
    default: return -ENOSYS;
    }
}

/** set_callbacks(event, failsafe, syscall): the old form. -EINVAL: one is not canonical, and none is changed. */
long do_set_callbacks(HYPERCALL_ARGS)
{
    struct vcpu *v = current;

    if ( !is_canonical(a1) || !is_canonical(a2) || !is_canonical(a3) )
        return -EINVAL;
    v->event_cb = (struct guest_callback){ .address = a1 };
    v->failsafe_cb = (struct guest_callback){ .address = a2 };
    v->syscall_cb = (struct guest_callback){ .address = a3 };
    return 0;
}

/** nmi_op(cmd, arg). -EFAULT; -EINVAL: not canonical, or not the first vCPU, which is the one that gets NMIs; -ENOSYS. */
long do_nmi_op(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    struct xennmi_callback cb;

    switch ( (int)a1 )
    {
    case XENNMI_register_callback:
        if ( copy_from_guest(&cb, a2, sizeof(cb)) )
            return -EFAULT;
        if ( !is_canonical(cb.handler_address) || v->id != 0 )
            return -EINVAL;
        set_nmi_handler(v, cb.handler_address);
        return 0;
    case XENNMI_unregister_callback: set_nmi_handler(v, 0); return 0;
    default: return -ENOSYS;
    }
}

/** stack_switch(ss, sp): the stack on which the kernel is entered from user mode. The address is checked when it is used. */
long do_stack_switch(HYPERCALL_ARGS)
{
    struct vcpu *v = current;

    v->kernel_ss = (uint16_t)a1 | 3;
    v->kernel_sp = a2;
    return 0;
}
