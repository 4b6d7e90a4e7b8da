/* SPDX-License-Identifier: GPL-2.0-only */
/* vm_assist: help that a guest can switch on and off. No locks: a word of the domain's, changed by atomic bits, and a copy of one in each vCPU,
 * which is looked at when it is next entered or left. */
#include <xen/hypercall.h>

/*
 * What guests can ask for. The first two and pae_extended_cr3 are for 32-bit guests: they make no difference to others but are not
 * refused either, as in Xen; Linux asks for them. User roots do not show the M2P in any case, but for one that the kernel has used
 * as its own, of which m2p_strict would take it away again: refused.
 */
#define ASSISTS                                                                                    \
    (1UL << VMASST_TYPE_4gb_segments | 1UL << VMASST_TYPE_4gb_segments_notify |                    \
     1UL << VMASST_TYPE_writable_pagetables | 1UL << VMASST_TYPE_pae_extended_cr3 |                \
     1UL << VMASST_TYPE_architectural_iopl | 1UL << VMASST_TYPE_runstate_update_flag)

/** VMASST_CMD_*(type). -EINVAL: no such assist here; -ENOSYS: no such command. */
long do_vm_assist(HYPERCALL_ARGS)
{
    unsigned int cmd = (unsigned int)a1, type = (unsigned int)a2;
    struct domain *d = current->domain;
    struct vcpu *v;

    if ( type >= 64 || !(ASSISTS >> type & 1) )
        return -EINVAL;
    if ( cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable )
        return -ENOSYS;
    if ( cmd == VMASST_CMD_enable )
        __atomic_fetch_or(&d->vm_assist, 1UL << type, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&d->vm_assist, ~(1UL << type), __ATOMIC_SEQ_CST);
    for_each_vcpu(d, v)
        v->shows_iopl = d->vm_assist >> VMASST_TYPE_architectural_iopl & 1;
    return 0;
}
