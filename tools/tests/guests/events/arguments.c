/* SPDX-License-Identifier: GPL-2.0-only */
/* event_channel_op and its old form: where arguments may be, which operations there are, and when no port is left. */
#include "buffers.h"
#include "events.h"

static const struct
{
    unsigned int cmd, size;
    const char *name;
} ops[] = {
#define OP(name)                                                                                   \
    {                                                                                              \
        EVTCHNOP_##name, sizeof(struct evtchn_##name), #name                                       \
    }
    OP(alloc_unbound), OP(bind_interdomain),
    OP(bind_virq),     OP(bind_pirq),
    OP(bind_ipi),      OP(close),
    OP(send),          OP(status),
    OP(bind_vcpu),     OP(unmask),
    OP(reset),         OP(set_priority),
};

TEST("evtchn-arguments", "event_channel_op: where no argument can be", 0)
{
    char *hole = before_hole(0);

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        unsigned int wrong = 0;

        for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
            wrong +=
                hyp_event_channel_op(ops[i].cmd, (void *)bad_addresses[k].address) != -XEN_EFAULT;
        check_eq(wrong, 0, "%s: addresses that are not refused by -EFAULT", ops[i].name);
        check_rc(hyp_event_channel_op(ops[i].cmd, hole - ops[i].size + 1), -XEN_EFAULT,
                 "%s: the last byte is not mapped", ops[i].name);
    }
}

TEST("evtchn-argument-edges", "event_channel_op: an argument up to a page's last byte", 0)
{
    char *end = (char *)before_hole(sizeof(struct evtchn_status)) + sizeof(struct evtchn_status);
    struct evtchn_bind_ipi *b = (struct evtchn_bind_ipi *)end - 1;
    struct evtchn_close c;

    b->vcpu = 0;
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_ipi, b), 0, "bind_ipi");
    c.port = b->port;
    check_eq(state_of(c.port), EVTCHNSTAT_ipi, "the port it told");
    memcpy(end - sizeof(c), &c, sizeof(c));
    check_rc(hyp_event_channel_op(EVTCHNOP_send, end - sizeof(c)), 0, "send");
    check_rc(hyp_event_channel_op(EVTCHNOP_close, end - sizeof(c)), 0, "close");
    check_eq(state_of(c.port), EVTCHNSTAT_closed, "the port");
    /* An argument that is not aligned. */
    memset(end - 12 - 1, 0, 8);
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_ipi, end - 12 - 1), 0,
             "bind_ipi at an odd address");
}

TEST("evtchn-read-only", "event_channel_op: arguments that can only be read", 0)
{
    struct evtchn_status s = { .dom = DOMID_SELF };
    struct evtchn_bind_vcpu bv = { .vcpu = 0 };
    struct evtchn_send p;
    uint32_t port;

    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &port), 0, "a port");
    p.port = s.port = bv.port = port;
    void *ro = read_only_copy(&p, sizeof(p));
    check_rc(hyp_event_channel_op(EVTCHNOP_send, ro), 0, "send");
    check_rc(hyp_event_channel_op(EVTCHNOP_unmask, ro), 0, "unmask");
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_vcpu, read_only_copy(&bv, sizeof(bv))), 0,
             "bind_vcpu");
    check_rc(hyp_event_channel_op(EVTCHNOP_status, read_only_copy(&s, sizeof(s))), -XEN_EFAULT,
             "status, which must answer there");
    check_rc(hyp_event_channel_op(EVTCHNOP_close, ro), 0, "close");
    check_eq(state_of(port), EVTCHNSTAT_closed, "the port");
}

TEST("evtchn-untold-port", "event_channel_op: a port that cannot be told", 0)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_virq v = { .virq = VIRQ_DEBUG };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_bind_ipi i = { .vcpu = 0 };
    uint32_t port;

    check_rc(hyp_event_channel_op(EVTCHNOP_bind_ipi, read_only_copy(&i, sizeof(i))), -XEN_EFAULT,
             "bind_ipi");
    check_rc(hyp_event_channel_op(EVTCHNOP_alloc_unbound, read_only_copy(&a, sizeof(a))),
             -XEN_EFAULT, "alloc_unbound");
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, read_only_copy(&v, sizeof(v))), -XEN_EFAULT,
             "bind_virq");
    check_rc_any(bind_virq(VIRQ_DEBUG, 0, &port), 0, -XEN_EEXIST, "the same VIRQ once more");
    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &port), 0, "an unbound port");
    b.remote_port = port;
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_interdomain, read_only_copy(&b, sizeof(b))),
             -XEN_EFAULT, "bind_interdomain to it");
    check_rc_any(bind_interdomain(DOMID_SELF, port, NULL), 0, -XEN_EINVAL,
                 "bind_interdomain to it once more");
}

TEST("evtchn-commands", "event_channel_op: operations that do not exist", 0)
{
    static const unsigned int none[] = {
        15, 16, 17, 31, 63, 64, 255, 256, 0x7fffffff, 1U << 31, ~0U
    };
    static struct evtchn_status s;

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        check_rc(hyp_event_channel_op(none[i], &s), -XEN_ENOSYS, "operation %u", none[i]);
        check_rc(hyp_event_channel_op(none[i], (void *)bad_addresses[0].address), -XEN_ENOSYS,
                 "operation %u, argument unmapped", none[i]);
    }
    /* The operation is 32 bits wide. */
    s = (struct evtchn_status){ .dom = DOMID_SELF };
    check_rc(HYPERCALL(event_channel_op, 1UL << 32 | EVTCHNOP_status, &s, 0, 0, 0), 0,
             "status, with a bit above 2^32");
}

TEST("evtchn-no-port-left", "every operation that makes a port, when none is left", 0)
{
    unsigned int n;
    uint32_t open, port;

    check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, &open), 0, "an unbound port");
    n = bind_all();
    check(n > 1000, "all others are taken");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        check_rc(alloc_unbound(DOMID_SELF, DOMID_SELF, NULL), -XEN_ENOSPC, "alloc_unbound");
        check_rc(bind_interdomain(DOMID_SELF, open, NULL), -XEN_ENOSPC, "bind_interdomain");
        check_rc(bind_virq(VIRQ_DEBUG, 0, NULL), -XEN_ENOSPC, "bind_virq");
        check_rc(bind_ipi(0, NULL), -XEN_ENOSPC, "bind_ipi");
    }
    check_eq(state_of(open), EVTCHNSTAT_unbound, "the unbound port");
    /* What is wrong besides is told first. */
    check_rc(bind_ipi(1, NULL), -XEN_ENOENT, "bind_ipi of a vCPU that does not exist");
    check_rc(bind_virq(24, 0, NULL), -XEN_EINVAL, "bind_virq of a VIRQ that does not exist");
    check_rc(bind_interdomain(5, 1, NULL), -XEN_ESRCH, "bind_interdomain to domain 5");
    check_eq(close_all(), n, "close them");
    check_rc(bind_interdomain(DOMID_SELF, open, &port), 0, "bind_interdomain now");
}

/* ---- The old form ---- */

static long old(struct evtchn_op *op)
{
    return HYPERCALL(event_channel_op_compat, op, 0, 0, 0, 0);
}

TEST("evtchn-old-form", "event_channel_op_compat: every operation", 0)
{
    struct evtchn_op op = { .cmd = EVTCHNOP_alloc_unbound };
    uint32_t a, b;

    op.u.alloc_unbound.dom = op.u.alloc_unbound.remote_dom = DOMID_SELF;
    check_rc(old(&op), 0, "alloc_unbound");
    a = op.u.alloc_unbound.port;
    check_eq(state_of(a), EVTCHNSTAT_unbound, "the port");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_bind_interdomain };
    op.u.bind_interdomain.remote_dom = DOMID_SELF;
    op.u.bind_interdomain.remote_port = a;
    check_rc(old(&op), 0, "bind_interdomain");
    b = op.u.bind_interdomain.local_port;
    event_set_mask(a, true);
    event_set_mask(b, true);
    event_clear(a);
    op = (struct evtchn_op){ .cmd = EVTCHNOP_send, .u.send.port = b };
    check_rc(old(&op), 0, "send");
    check(event_pending(a), "it arrives");
    event_clear(a);
    op = (struct evtchn_op){ .cmd = EVTCHNOP_bind_vcpu, .u.bind_vcpu = { .port = b, .vcpu = 0 } };
    check_rc(old(&op), 0, "bind_vcpu");
    op.u.bind_vcpu.vcpu = 1;
    check_rc(old(&op), -XEN_ENOENT, "bind_vcpu to vCPU 1");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_unmask, .u.unmask.port = a };
    check_rc(old(&op), 0, "unmask");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_status, .u.status = { .dom = DOMID_SELF, .port = b } };
    check_rc(old(&op), 0, "status");
    check_eq(op.u.status.status, EVTCHNSTAT_interdomain, "tells what the port is");
    check_eq(op.u.status.u.interdomain.port, a, "and its other end");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_close, .u.close.port = b };
    check_rc(old(&op), 0, "close");
    check_rc(old(&op), -XEN_EINVAL, "close again");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_bind_virq, .u.bind_virq.virq = VIRQ_DEBUG };
    check_rc(old(&op), 0, "bind_virq");
    check_eq(state_of(op.u.bind_virq.port), EVTCHNSTAT_virq, "the port");
    check_rc(old(&op), -XEN_EEXIST, "bind_virq again");
    op = (struct evtchn_op){ .cmd = EVTCHNOP_bind_ipi };
    check_rc(old(&op), 0, "bind_ipi");
    check_eq(state_of(op.u.bind_ipi.port), EVTCHNSTAT_ipi, "the port");
}

TEST("evtchn-old-form-refusals", "event_channel_op_compat: what it does not take", 0)
{
    static const unsigned int none[] = { EVTCHNOP_reset,
                                         EVTCHNOP_init_control,
                                         EVTCHNOP_expand_array,
                                         EVTCHNOP_set_priority,
                                         14,
                                         99,
                                         1U << 31,
                                         ~0U };
    struct evtchn_op op, *edge = before_hole(sizeof(op));

    memset(&op, 0, sizeof(op));
    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        op.cmd = none[i];
        check_rc(old(&op), -XEN_ENOSYS, "operation %u", none[i]);
    }
    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
        check_rc(old((void *)bad_addresses[i].address), -XEN_EFAULT, "%s", bad_addresses[i].name);
    *edge = (struct evtchn_op){ .cmd = EVTCHNOP_status, .u.status.dom = DOMID_SELF };
    check_rc(old(edge), 0, "status, up to the end of a page");
    op = *edge;
    memcpy((char *)edge + 4, &op, sizeof(op) - 4);
    check_rc(old((void *)((char *)edge + 4)), -XEN_EFAULT, "status, four bytes over it");
    op.cmd = EVTCHNOP_status;
    check_rc(old(read_only_copy(&op, sizeof(op))), -XEN_EFAULT, "status, on a read-only page");
}
