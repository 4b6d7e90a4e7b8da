/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: of a guest's dealings with real devices only its I/O privilege is here; devices are not given to guests.
 * Locks: none, a vCPU changes its own privilege.
 */
#include <public/physdev.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>

#define NR_PORTS 65536

/* -EFAULT; -EINVAL: there are four rings. */
static long set_iopl(struct vcpu *v, uint64_t arg)
{
    struct physdev_set_iopl op;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    if ( op.iopl > 3 )
        return -EINVAL;
    v->iopl = op.iopl;
    return 0;
}

/* The bitmap stays in the guest's memory and is looked at when a port is used. -EFAULT; -EINVAL: more ports than
 * there are, or an address that is not a guest's. */
static long set_iobitmap(struct vcpu *v, uint64_t arg)
{
    struct physdev_set_iobitmap op;
    uint64_t bitmap;

    if ( copy_from_guest(&op, arg, sizeof(op)) )
        return -EFAULT;
    bitmap = (uint64_t)op.bitmap.p;
    if ( op.nr_ports > NR_PORTS || !guest_range_ok(bitmap, (op.nr_ports + 7) / 8) )
        return -EINVAL;
    v->iobmp = bitmap;
    v->iobmp_limit = bitmap ? op.nr_ports : 0;
    return 0;
}

/** PHYSDEVOP_*(arg). -ENOSYS: it concerns a device or an interrupt line. */
long do_physdev_op(HYPERCALL_ARGS)
{
    switch ( (int)a1 )
    {
    case PHYSDEVOP_set_iopl: return set_iopl(current, a2);
    case PHYSDEVOP_set_iobitmap: return set_iobitmap(current, a2);
    case PHYSDEVOP_IRQ_UNMASK_NOTIFY: return 0; /* it has no interrupts that could be masked */
    default: return -ENOSYS;
    }
}

/** The old form, command and argument in one structure: struct physdev_op. */
long do_physdev_op_compat(HYPERCALL_ARGS)
{
    uint32_t cmd;

    if ( copy_from_guest(&cmd, a1, sizeof(cmd)) )
        return -EFAULT;
    return do_physdev_op(cmd, a1 + offsetof(struct physdev_op, u), 0, 0, 0);
}
