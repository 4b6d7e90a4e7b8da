/* SPDX-License-Identifier: GPL-2.0-only */
/* nmi_op: the handler of NMIs, by which of three ways it was named. */
#include "buffers.h"
#include "entry.h"
#include <public/nmi.h>

static volatile unsigned int nmis;
static volatile uint64_t nmi_vector, nmi_mask_saved, nmi_mask_inside;

static bool on_nmi(struct regs *r)
{
    if ( r->vector != TRAP_NMI_CB && r->vector != 2 )
        return false;
    nmis++;
    nmi_vector = r->vector;
    nmi_mask_saved = r->cs >> 32;
    nmi_mask_inside = vcpu_info()->evtchn_upcall_mask;
    return true;
}

static long nmi_op(unsigned int cmd, const void *arg)
{
    return HYPERCALL(nmi_op, cmd, arg, 0, 0, 0);
}

static long nmi_register(uint64_t address)
{
    struct xennmi_callback cb = { .handler_address = address };

    return nmi_op(XENNMI_register_callback, &cb);
}

static void send_nmi(void)
{
    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi");
}

TEST("nmi-op-register", "nmi_op: the handler that was registered last gets the NMI", 0)
{
    trap_hook = on_nmi;
    nmis = 0;
    check_rc(nmi_register((uint64_t)nmi_entry), 0, "register");
    send_nmi();
    check_eq(nmis, 1, "it comes");
    check_eq(nmi_vector, TRAP_NMI_CB, "at that address");
    check_rc(nmi_register(trap_stub(2)), 0, "register another one");
    send_nmi();
    check_eq(nmis, 2, "it comes");
    check_eq(nmi_vector, 2, "at the other");
    trap_hook = NULL;
}

TEST("nmi-op-mask",
     "nmi_op: the handler runs with events masked, and they are as they were behind it", 0)
{
    trap_hook = on_nmi;
    check_rc(nmi_register((uint64_t)nmi_entry), 0, "register");
    for ( unsigned int mask = 0; mask < 2; mask++ )
    {
        vcpu_info()->evtchn_upcall_mask = (uint8_t)mask;
        send_nmi();
        check_eq(nmi_mask_saved, mask, "mask %u: the frame has it", mask);
        check_eq(nmi_mask_inside, 1, "the handler is masked");
        check_eq(vcpu_info()->evtchn_upcall_mask, mask, "it is restored");
    }
    events_mask();
    trap_hook = NULL;
}

TEST("nmi-op-unregister", "nmi_op: an NMI without a handler disturbs nobody", 0)
{
    trap_hook = on_nmi;
    nmis = 0;
    check_rc(nmi_op(XENNMI_unregister_callback, NULL), 0, "unregister");
    send_nmi();
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield");
    check_eq(nmis, 0, "nothing comes");
    check_rc(nmi_register((uint64_t)nmi_entry), 0, "register");
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield");
    check_eq(nmis, 0, "what came before is not made up for");
    send_nmi();
    check_eq(nmis, 1, "the next one comes");
    check_rc(nmi_op(XENNMI_unregister_callback, NULL), 0, "unregister");
    check_rc(nmi_op(XENNMI_unregister_callback, (void *)MACH2PHYS_VIRT_START), 0,
             "again: it does not look at its argument");
    trap_hook = NULL;
}

TEST("nmi-op-table", "the gate of vector 2, nmi_op and callback_op name one and the same handler",
     0)
{
    struct trap_info t[2] = { { 2, 0, FLAT_KERNEL_CS, trap_stub(2) } };
    struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (unsigned long)nmi_entry };

    trap_hook = on_nmi;
    nmis = 0;
    check_rc(nmi_register((uint64_t)nmi_entry), 0, "nmi_op");
    check_rc(hyp_set_trap_table(t), 0, "set_trap_table");
    send_nmi();
    check_eq(nmi_vector, 2, "the table's");
    check_rc(hyp_callback_op(CALLBACKOP_register, &cb), 0, "callback_op");
    send_nmi();
    check_eq(nmi_vector, TRAP_NMI_CB, "that of callback_op");
    check_rc(hyp_set_trap_table(t), 0, "set_trap_table");
    send_nmi();
    check_eq(nmi_vector, 2, "the table's");
    check_eq(nmis, 3, "three came");
    trap_hook = NULL;
}

TEST("nmi-op-arguments", "nmi_op: arguments, addresses and commands", 0)
{
    static const unsigned int unknown[] = { 2, 3, 64, 0x7fffffff, 0x80000000, ~0U };
    struct xennmi_callback *edge = before_hole(sizeof(*edge));

    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(nmi_op(XENNMI_register_callback, (void *)bad_addresses[p].address), -XEN_EFAULT,
                 "argument: %s", bad_addresses[p].name);
    edge->handler_address = (uint64_t)nmi_entry;
    check_rc(nmi_op(XENNMI_register_callback, edge), 0, "argument up to the end of a page");
    check_rc(nmi_op(XENNMI_register_callback, (char *)edge + 1), -XEN_EFAULT, "a byte over it");
    check_rc(nmi_op(XENNMI_register_callback, read_only_copy(edge, sizeof(*edge))), 0,
             "argument read-only");
    check_rc(nmi_register(0x0000800000000000UL), -XEN_EINVAL, "handler at 2^47");
    check_rc(nmi_register(0xffff7fffffffffffUL), -XEN_EINVAL,
             "handler below the hypervisor, not canonical");
    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(nmi_op(unknown[i], edge), -XEN_ENOSYS, "command 0x%x", unknown[i]);
}
