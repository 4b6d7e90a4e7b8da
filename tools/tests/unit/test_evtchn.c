// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/event_channel.c xen/common/sched.c xen/common/domain.c xen/common/vcpu_op.c xen/common/time_guest.c
// cflags: -fno-sanitize=null
/* Event channels, polling and blocking, vcpu_info, timers: the hypercalls as a guest makes them. */
#include "fake_hv.h"
#include <public/event_channel.h>
#include <public/sched.h>

static struct domain other;
static struct vcpu other_vcpu, vcpu1;
static struct shared_info other_shared;

static long op(unsigned int cmd, void *arg, size_t size)
{
    long rc;

    memcpy(guest_mem, arg, size);
    rc = do_event_channel_op(cmd, GVA(0), 0, 0, 0);
    memcpy(arg, guest_mem, size);
    return rc;
}
#define OP(cmd, arg) op(EVTCHNOP_##cmd, &(arg), sizeof(arg))

static bool pending(const struct shared_info *s, uint32_t port)
{
    return s->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void mask(struct shared_info *s, uint32_t port, bool on)
{
    if ( on )
        s->evtchn_mask[port / 64] |= 1UL << (port % 64);
    else
        s->evtchn_mask[port / 64] &= ~(1UL << (port % 64));
}

/* The guest takes everything that is pending. */
static void take_all(void)
{
    memset(shared.evtchn_pending, 0, sizeof(shared.evtchn_pending));
    vcpu0.info->evtchn_pending_sel = 0;
    vcpu0.info->evtchn_upcall_pending = 0;
}

/* The core: every page of guest_mem is mapped by an entry with the flags walk_entry. */
static uint64_t walk_entry;
static mfn_t walk_root;
bool pt_walk(const struct machine *m, mfn_t root, uint64_t va, struct pt_walk *w)
{
    walk_root = root;
    w->level = 1;
    for ( int i = 4; i > 1; i-- )
        w->entry[i] = 7;
    w->entry[1] = walk_entry | ((va - GVA(0)) & PAGE_MASK); /* guest_mem is frames 0 to 63 */
    return true;
}
static unsigned int refs;
bool frame_get(struct machine *m, mfn_t mfn, uint16_t owner)
{
    refs++;
    return mfn_x(mfn) < GUEST_PAGES;
}
void frame_put(struct machine *m, struct frame *f)
{
    refs--;
}
int frame_type_get(struct mm_domain *d, struct frame *f, enum frame_type type)
{
    return 0;
}
int frame_type_put(struct mm_domain *d, struct frame *f)
{
    return 0;
}

static void start(void)
{
    fake_init();
    memset(guest_mem, 0, sizeof(guest_mem));
    memset(guest_unwritable, 0, sizeof(guest_unwritable));
    fake_now = 1000;
    evtchn_init(&dom);

    memset(&other, 0, sizeof(other));
    memset(&other_shared, 0, sizeof(other_shared));
    memset(&other_vcpu, 0, sizeof(other_vcpu));
    other.id = other.mm.id = 3;
    other.mm.machine = &machine;
    other.shared = &other_shared;
    other.nr_vcpus = 1;
    other.vcpu[0] = &other_vcpu;
    other_vcpu.domain = &other;
    other_vcpu.info = &other_shared.vcpu_info[0];
    evtchn_init(&other);
    machine.domains[0] = &dom.mm;
    machine.domains[1] = &other.mm;
}

static void stop(void)
{
    evtchn_destroy(&other);
    evtchn_destroy(&dom);
}

static void add_vcpu1(void)
{
    memset(&vcpu1, 0, sizeof(vcpu1));
    vcpu1.domain = &dom;
    vcpu1.id = 1;
    vcpu1.info = &shared.vcpu_info[1];
    vcpu1.info_mfn = INVALID_MFN;
    vcpu1.state = VCPU_DOWN;
    dom.vcpu[1] = &vcpu1;
    dom.nr_vcpus = 2;
}

/* ---- ports -------------------------------------------------------------------------------------------------------- */

static uint32_t unbound(uint16_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = remote };

    return OP(alloc_unbound, a) ? 0 : a.port;
}

static struct evtchn_status status(uint32_t port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    if ( OP(status, s) )
        s.status = 99;
    return s;
}

static void test_unbound(void)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

    start();
    is_int(OP(alloc_unbound, a), 0, "alloc_unbound");
    is_u64(a.port, 1, "ports begin at 1");
    is_u64(status(1).status, EVTCHNSTAT_unbound, "it is unbound");
    is_u64(status(1).u.unbound.dom, 7, "and DOMID_SELF is a number now");
    is_u64(status(0).status, EVTCHNSTAT_closed, "port 0 never is anything");
    is_u64(status(4095).status, EVTCHNSTAT_closed, "the last port");
    is_u64(status(4096).status, 99, "there is no port 4096");
    a.dom = 7;
    is_int(OP(alloc_unbound, a), 0, "a domain may name itself by number");
    a.dom = 3;
    is_int(OP(alloc_unbound, a), -EPERM, "but not act for another");
    a.dom = 4;
    is_int(OP(alloc_unbound, a), -ESRCH, "nor for nobody");
    dom.initial = true;
    a.dom = 3;
    is_int(OP(alloc_unbound, a), 0, "the privileged may");
    is_u64(other.evtchn.in_use, 1, "and the port is the other's");
    a.dom = DOMID_SELF;
    a.remote_dom = 99;
    is_int(OP(alloc_unbound, a), 0, "the remote domain need not be there yet");
    stop();
}

static void test_loopback(void)
{
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_send send;
    struct evtchn_close close;
    uint32_t a;

    start();
    a = unbound(DOMID_SELF);
    b.remote_port = a;
    is_int(OP(bind_interdomain, b), 0, "a port bound to one of the same domain");
    is_u64(b.local_port, 2, "takes the next");
    ok(pending(&shared, 2), "which begins pending");
    is_u64(status(a).status, EVTCHNSTAT_interdomain, "both ends are interdomain");
    is_u64(status(2).u.interdomain.port, a, "and know each other");
    is_int(OP(bind_interdomain, b), -EINVAL, "an end is bound once");
    take_all();
    send.port = 2;
    is_int(OP(send, send), 0, "send");
    ok(pending(&shared, a) && !pending(&shared, 2), "the other end is pending");
    is_u64(vcpu0.info->evtchn_pending_sel, 1, "the selector says in which word");
    is_u64(vcpu0.info->evtchn_upcall_pending, 1, "and the upcall is due");
    close.port = 2;
    is_int(OP(close, close), 0, "close");
    is_u64(status(a).status, EVTCHNSTAT_unbound, "the other end waits again");
    is_int(OP(close, close), -EINVAL, "closed is closed");
    send.port = 2;
    is_int(OP(send, send), -EINVAL, "nothing is sent from a closed port");
    send.port = a;
    is_int(OP(send, send), 0, "what is sent to nobody is lost");
    b.remote_port = 0;
    is_int(OP(bind_interdomain, b), -EINVAL, "port 0 cannot be bound to");
    b.remote_port = 4096;
    is_int(OP(bind_interdomain, b), -EINVAL, "nor one that does not exist");
    b.remote_port = 0xffffffff;
    is_int(OP(bind_interdomain, b), -EINVAL, "nor minus one");
    b.remote_dom = 5;
    is_int(OP(bind_interdomain, b), -ESRCH, "nor one of nobody");
    close.port = 0;
    is_int(OP(close, close), -EINVAL, "port 0 cannot be closed");
    close.port = 4096;
    is_int(OP(close, close), -EINVAL, "nor one that does not exist");
    stop();
}

static void test_interdomain(void)
{
    struct evtchn_bind_interdomain b = { .remote_dom = 3, .remote_port = 1 };
    struct evtchn_send send;

    start();
    set_current(&other_vcpu);
    unbound(7);
    unbound(9);
    set_current(&vcpu0);
    is_int(OP(bind_interdomain, b), 0, "bound to another domain's port");
    send.port = b.local_port;
    OP(send, send);
    ok(pending(&other_shared, 1), "which becomes pending there");
    b.remote_port = 2;
    is_int(OP(bind_interdomain, b), -EINVAL, "a port that waits for somebody else");
    evtchn_destroy(&other);
    is_u64(status(1).status, EVTCHNSTAT_unbound, "when the other domain goes the port is unbound");
    is_u64(status(1).u.unbound.dom, 3, "and waits for it");
    evtchn_destroy(&dom);
}

static void test_virq(void)
{
    struct evtchn_bind_virq v = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_close close;
    struct evtchn_bind_vcpu bv = { .vcpu = 1 };
    struct evtchn_send send;

    start();
    add_vcpu1();
    is_int(OP(bind_virq, v), 0, "bind_virq");
    is_u64(status(v.port).status, EVTCHNSTAT_virq, "is a VIRQ");
    is_u64(status(v.port).u.virq, VIRQ_TIMER, "that one");
    is_int(OP(bind_virq, v), -EEXIST, "not twice");
    send_virq(&vcpu0, VIRQ_TIMER);
    ok(pending(&shared, 1), "it comes");
    send.port = 1;
    is_int(OP(send, send), -EINVAL, "a guest cannot send it itself");
    bv.port = 1;
    is_int(OP(bind_vcpu, bv), -EINVAL, "the timer of a vCPU stays there");
    v = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 1 };
    is_int(OP(bind_virq, v), 0, "another vCPU has its own");
    v.vcpu = 2;
    is_int(OP(bind_virq, v), -ENOENT, "there is no third vCPU");
    v.vcpu = 0xffffffff;
    is_int(OP(bind_virq, v), -ENOENT, "nor a last one");
    v = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
    is_int(OP(bind_virq, v), -EINVAL, "there are 24 VIRQs");
    v.virq = 0xffffffff;
    is_int(OP(bind_virq, v), -EINVAL, "not more");
    v = (struct evtchn_bind_virq){ .virq = VIRQ_CONSOLE, .vcpu = 1 };
    is_int(OP(bind_virq, v), -EINVAL, "a global one begins at vCPU 0");
    v.vcpu = 0;
    is_int(OP(bind_virq, v), 0, "there");
    ok(!fake_listener, "only the initial domain hears the console");
    bv.port = v.port;
    is_int(OP(bind_vcpu, bv), 0, "and may move");
    send_virq(&vcpu0, VIRQ_CONSOLE);
    is_u64(vcpu1.info->evtchn_upcall_pending, 1, "then it notifies the other");
    close.port = v.port;
    is_int(OP(close, close), 0, "close");
    is_u64(vcpu0.virq_port[VIRQ_CONSOLE], 0, "unbinds it");
    ok(!pending(&shared, v.port), "and takes the event away");
    dom.initial = true;
    OP(bind_virq, v);
    ok(fake_listener && fake_listener_arg == &dom, "the initial domain hears the console");
    take_all();
    fake_listener(fake_listener_arg);
    ok(pending(&shared, v.port), "by its VIRQ");
    stop();
}

static void test_ipi(void)
{
    struct evtchn_bind_ipi i = { .vcpu = 1 };
    struct evtchn_bind_vcpu bv;
    struct evtchn_send send;

    start();
    is_int(OP(bind_ipi, i), -ENOENT, "an IPI to a vCPU that is not there");
    i.vcpu = 0;
    is_int(OP(bind_ipi, i), 0, "to one that is");
    is_u64(status(i.port).status, EVTCHNSTAT_ipi, "is one");
    send.port = i.port;
    is_int(OP(send, send), 0, "send");
    ok(pending(&shared, i.port), "comes back");
    bv = (struct evtchn_bind_vcpu){ .port = i.port };
    is_int(OP(bind_vcpu, bv), -EINVAL, "it does not move");
    bv.port = unbound(DOMID_SELF);
    is_int(OP(bind_vcpu, bv), 0, "an unbound one does");
    bv.vcpu = 1;
    is_int(OP(bind_vcpu, bv), -ENOENT, "but not to nobody");
    bv = (struct evtchn_bind_vcpu){ .port = 77 };
    is_int(OP(bind_vcpu, bv), -EINVAL, "a closed one does not");
    bv.port = 5000;
    is_int(OP(bind_vcpu, bv), -EINVAL, "nor one that does not exist");
    stop();
}

static void test_masks(void)
{
    struct evtchn_unmask u;
    uint32_t port;

    start();
    while ( (port = unbound(DOMID_SELF)) < 130 )
        continue;
    mask(&shared, port, true);
    evtchn_set_pending(&dom, port);
    ok(pending(&shared, port), "a masked port becomes pending");
    is_u64(vcpu0.info->evtchn_upcall_pending, 0, "silently");
    u.port = port;
    is_int(OP(unmask, u), 0, "unmask");
    is_u64(vcpu0.info->evtchn_pending_sel, 1UL << 2, "makes up for the edge: selector");
    is_u64(vcpu0.info->evtchn_upcall_pending, 1, "and upcall");
    vcpu0.info->evtchn_upcall_pending = 0;
    vcpu0.info->evtchn_pending_sel = 0;
    evtchn_set_pending(&dom, port);
    is_u64(vcpu0.info->evtchn_upcall_pending, 0, "what is pending already causes no other upcall");
    u.port = 4096;
    is_int(OP(unmask, u), -EINVAL, "unmask of no port");
    mask(&shared, 2000, true);
    u.port = 2000;
    is_int(OP(unmask, u), 0, "of a closed one");
    ok(shared.evtchn_mask[2000 / 64], "does nothing");
    stop();
}

static void test_limit(void)
{
    struct evtchn_bind_virq v = { .virq = VIRQ_DEBUG };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF, .remote_port = 1 };
    struct evtchn_bind_ipi i = { .vcpu = 0 };
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF };
    struct evtchn_close close = { .port = 1234 };
    struct evtchn_reset reset = { .dom = 4 };
    unsigned int n = 0;

    start();
    while ( unbound(DOMID_SELF) )
        n++;
    is_u64(n, 4095, "4095 ports can be had");
    is_int(OP(alloc_unbound, a), -ENOSPC, "then alloc_unbound has no room");
    is_int(OP(bind_interdomain, b), -ENOSPC, "nor bind_interdomain");
    is_int(OP(bind_ipi, i), -ENOSPC, "nor bind_ipi");
    is_int(OP(bind_virq, v), -ENOSPC, "nor bind_virq");
    is_u64(vcpu0.virq_port[VIRQ_DEBUG], 0, "which leaves no trace (XSA-496)");
    is_u64(evtchn_alloc_hypervisor(&dom, NULL), 0, "nor the hypervisor");
    OP(close, close);
    is_u64(unbound(DOMID_SELF), 1234, "a closed port is had again");
    is_int(OP(reset, reset), -ESRCH, "reset of nobody");
    reset.dom = 3;
    is_int(OP(reset, reset), -EPERM, "of another");
    reset.dom = DOMID_SELF;
    is_int(OP(reset, reset), 0, "of all ports");
    is_u64(dom.evtchn.in_use, 0, "none is left");
    is_u64(unbound(DOMID_SELF), 1, "and the first comes first again");
    stop();
}

static void test_arguments(void)
{
    struct evtchn_bind_pirq p = { .pirq = 1 };
    struct evtchn_init_control ic = { .vcpu = 0 };
    struct evtchn_expand_array ea = { .array_gfn = 0 };
    struct evtchn_set_priority sp = { .port = 1 };
    struct evtchn_op *compat = (void *)guest_mem;

    start();
    is_int(do_event_channel_op(EVTCHNOP_send, BAD_VA, 0, 0, 0), -EFAULT,
           "an argument that is not mapped");
    is_int(do_event_channel_op(EVTCHNOP_send, HV_VA, 0, 0, 0), -EFAULT, "that is the hypervisor's");
    is_int(do_event_channel_op(EVTCHNOP_send, NONCANON_VA - 2, 0, 0, 0), -EFAULT,
           "that ends where no address is");
    is_int(do_event_channel_op(14, GVA(0), 0, 0, 0), -ENOSYS, "no such operation");
    is_int(do_event_channel_op(0xffffffff, GVA(0), 0, 0, 0), -ENOSYS, "nor that");
    is_int(OP(bind_pirq, p), -EPERM, "no device interrupts");
    is_int(op(EVTCHNOP_init_control, &ic, sizeof(ic)), -ENOSYS, "no FIFO events");
    is_int(op(EVTCHNOP_expand_array, &ea, sizeof(ea)), -ENOSYS, "nor their array");
    is_int(OP(set_priority, sp), -ENOSYS, "nor priorities");
    sp.port = 4096;
    is_int(OP(set_priority, sp), -EINVAL, "least of all of no port");

    guest_unwritable[0] = true;
    is_int(do_event_channel_op(EVTCHNOP_alloc_unbound, GVA(0), 0, 0, 0), -ESRCH,
           "(domain 1 is nobody)");
    ((struct evtchn_alloc_unbound *)guest_mem)->dom = DOMID_SELF;
    is_int(do_event_channel_op(EVTCHNOP_alloc_unbound, GVA(0), 0, 0, 0), -EFAULT,
           "a port nobody can be told of");
    is_u64(dom.evtchn.in_use, 0, "is not taken");
    guest_unwritable[0] = false;

    memset(guest_mem, 0, 64);
    compat->cmd = EVTCHNOP_alloc_unbound;
    compat->u.alloc_unbound.dom = DOMID_SELF;
    is_int(do_event_channel_op_compat(GVA(0), 0, 0, 0, 0), 0, "the old form of the call");
    is_u64(compat->u.alloc_unbound.port, 1, "writes the port to its place");
    compat->cmd = EVTCHNOP_reset;
    is_int(do_event_channel_op_compat(GVA(0), 0, 0, 0, 0), -ENOSYS, "it has no later operations");
    stop();
}

static unsigned int backend_calls;
static void backend(struct domain *d)
{
    backend_calls++;
}
static void another_backend(struct domain *d)
{
}

static void test_backend(void)
{
    struct evtchn_send send;
    struct evtchn_close close;
    uint32_t port;

    start();
    port = evtchn_alloc_hypervisor(&dom, backend);
    is_u64(status(port).status, EVTCHNSTAT_interdomain, "a backend's port looks interdomain");
    send.port = port;
    is_int(OP(send, send), 0, "send");
    is_u64(backend_calls, 1, "calls the backend");
    evtchn_notify_guest(&dom, port, backend);
    ok(pending(&shared, port), "which can answer");
    close.port = port;
    is_int(OP(close, close), 0, "the guest may close it");
    evtchn_notify_guest(&dom, port, backend);
    ok(!pending(&shared, port), "then nobody is notified");
    is_u64(unbound(DOMID_SELF), port, "the port has another use");
    evtchn_notify_guest(&dom, port, backend);
    ok(!pending(&shared, port), "and is left alone");
    evtchn_alloc_hypervisor(&dom, another_backend);
    evtchn_notify_guest(&dom, 2, backend);
    ok(!pending(&shared, 2), "also when it is another backend's");
    evtchn_notify_guest(&dom, 0xffffffff, backend);
    stop();
}

/* ---- waiting ------------------------------------------------------------------------------------------------------ */

static long sched(unsigned int cmd, const void *arg, size_t size)
{
    memcpy(guest_mem, arg, size);
    return do_sched_op(cmd, GVA(0), 0, 0, 0);
}

static void test_block(void)
{
    start();
    vcpu0.info->evtchn_upcall_mask = 1;
    is_int(do_sched_op(SCHEDOP_block, 0, 0, 0, 0), 0, "block");
    is_u64(vcpu0.info->evtchn_upcall_mask, 0, "opens the vCPU to events");
    is_u64(vcpu0.state, VCPU_BLOCKED, "and waits");
    evtchn_set_pending(&dom, unbound(DOMID_SELF));
    is_u64(vcpu0.state, VCPU_RUNNING, "an event ends it");
    do_sched_op(SCHEDOP_block, 0, 0, 0, 0);
    is_u64(vcpu0.state, VCPU_RUNNING, "with an event pending there is no wait");
    take_all();
    vcpu0.nmi_pending = true;
    do_sched_op_compat(SCHEDOP_block, 0, 0, 0, 0);
    is_u64(vcpu0.state, VCPU_RUNNING, "nor with an NMI");
    vcpu0.nmi_pending = false;
    do_sched_op_compat(SCHEDOP_block, 0, 0, 0, 0);
    mask(&shared, 1, true);
    evtchn_set_pending(&dom, 1);
    is_u64(vcpu0.state, VCPU_BLOCKED, "a masked event does not end it");
    is_int(do_vcpu_op(VCPUOP_send_nmi, 0, 0, 0, 0), 0, "an NMI");
    is_u64(vcpu0.state, VCPU_RUNNING, "does");
    is_int(do_vcpu_op(VCPUOP_send_nmi, 0, 8, 0, 0), -EINVAL, "(it takes no argument)");
    stop();
}

static unsigned int idled;

/* The third time the CPU idles, somebody sends an event. */
static void idle(void)
{
    if ( ++idled == 3 )
        evtchn_set_pending(&dom, 1);
}

static void test_wait(void)
{
    start();
    guest_time_init_domain(&dom);
    unbound(DOMID_SELF);
    fake_idle = idle;
    sched_wait_runnable(&vcpu0);
    is_u64(idled, 0, "a vCPU that runs does not wait");
    do_sched_op(SCHEDOP_block, 0, 0, 0, 0);
    fake_now = 4000;
    sched_wait_runnable(&vcpu0);
    is_u64(idled, 3, "one that is blocked idles until its event comes");
    is_u64(vcpu0.runstate.state, RUNSTATE_running, "then it runs");
    is_u64(vcpu0.runstate.time[RUNSTATE_running], 3000, "its time is accounted for");
    stop();
}

static void test_poll(void)
{
    struct sched_poll p = { 0 };
    evtchn_port_t *ports = (void *)(guest_mem + PAGE_SIZE);

    start();
    sched_init_vcpu(&vcpu0);
    set_xen_guest_handle(p.ports, ports);
    vcpu0.info->evtchn_upcall_mask = 1;
    while ( (ports[1] = unbound(DOMID_SELF)) < 200 )
        continue;
    ports[0] = 5;
    p.nr_ports = 2;
    mask(&shared, 200, true);
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), 0, "poll two ports");
    is_u64(vcpu0.state, VCPU_POLLING, "waits");
    ok(!vcpu0.poll_timer.active, "for ever");
    mask(&shared, 6, true);
    evtchn_set_pending(&dom, 6);
    is_u64(vcpu0.state, VCPU_POLLING, "a masked port that was not named does not end it");
    evtchn_set_pending(&dom, 200);
    is_u64(vcpu0.state, VCPU_RUNNING, "a masked one that was does");
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), 0, "poll again");
    is_u64(vcpu0.state, VCPU_RUNNING, "it is pending already");
    take_all();
    p.timeout = 5000;
    sched(SCHEDOP_poll, &p, sizeof(p));
    ok(vcpu0.state == VCPU_POLLING && vcpu0.poll_timer.active && vcpu0.poll_timer.expires == 5000,
       "with a timeout");
    fake_timer_fire(&vcpu0.poll_timer);
    is_u64(vcpu0.state, VCPU_RUNNING, "which ends it");
    sched(SCHEDOP_poll, &p, sizeof(p));
    evtchn_set_pending(&dom, 5);
    ok(vcpu0.state == VCPU_RUNNING && !vcpu0.poll_timer.active, "an event stops the timer");
    take_all();
    p.timeout = fake_now - 1;
    sched(SCHEDOP_poll, &p, sizeof(p));
    is_u64(vcpu0.state, VCPU_RUNNING, "a timeout in the past is no wait");
    ports[1] = 4096;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EINVAL, "no such port");
    ports[1] = 0xffffffff;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EINVAL, "nor that (XSA-221)");
    ports[1] = 4095;
    p.timeout = 0;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EINVAL, "a port that is not bound");
    ports[1] = 0;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EINVAL, "port 0");
    p.nr_ports = 129;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EINVAL, "too many");
    p.nr_ports = 1;
    set_xen_guest_handle(p.ports, (evtchn_port_t *)BAD_VA);
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), -EFAULT, "a list that cannot be read");
    is_u64(vcpu0.state, VCPU_RUNNING, "no wait then");
    p.nr_ports = 0;
    vcpu0.info->evtchn_upcall_mask = 0;
    vcpu0.info->evtchn_upcall_pending = 1;
    is_int(sched(SCHEDOP_poll, &p, sizeof(p)), 0, "poll with an upcall due");
    is_u64(vcpu0.state, VCPU_RUNNING, "is no wait");
    stop();
}

static void test_sched_errors(void)
{
    struct sched_shutdown s = { .reason = SHUTDOWN_suspend };
    struct sched_remote_shutdown r = { .domain_id = 3 };
    volatile int how;

    start();
    is_int(do_sched_op(SCHEDOP_yield, 0, 0, 0, 0), 0, "yield");
    is_int(sched(SCHEDOP_shutdown, &s, sizeof(s)), -EOPNOTSUPP, "suspend is refused");
    s.reason = SHUTDOWN_MAX + 1;
    is_int(sched(SCHEDOP_shutdown, &s, sizeof(s)), -EINVAL, "an unknown reason");
    is_int(do_sched_op(SCHEDOP_shutdown, BAD_VA, 0, 0, 0), -EFAULT, "no reason");
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -EPERM, "shutting down another");
    r.domain_id = 5;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -ESRCH, "or nobody");
    r.domain_id = dom.id;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -EPERM, "or oneself from afar");
    r.domain_id = DOMID_SELF;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -ESRCH, "DOMID_SELF is no number");
    dom.initial = true;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -ESRCH,
           "not for the initial domain either");
    r.domain_id = 3;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -EOPNOTSUPP,
           "which cannot end others yet");
    r.domain_id = dom.id;
    r.reason = SHUTDOWN_suspend;
    is_int(sched(SCHEDOP_remote_shutdown, &r, sizeof(r)), -EOPNOTSUPP,
           "itself it can, as by shutdown");
    dom.initial = false;
    is_int(do_sched_op(77, 0, 0, 0, 0), -ENOSYS, "no such operation");
    is_int(do_sched_op_compat(SCHEDOP_poll, 0, 0, 0, 0), -ENOSYS, "nor did the old call have it");

    how = setjmp(fake_end);
    if ( !how )
        do_sched_op_compat(SCHEDOP_shutdown, SHUTDOWN_poweroff, 0, 0, 0);
    is_int(how, FAKE_END + EXIT_OK, "power-off ends the run well");
    ok(strstr(fake_console, "domain 7 powered off\n"), "and a line says so");
    evtchn_destroy(&other);
}

static long pin(int32_t pcpu)
{
    struct sched_pin_override p = { .pcpu = pcpu };

    return sched(SCHEDOP_pin_override, &p, sizeof(p));
}

static void test_pin_override(void)
{
    start();
    is_int(do_sched_op(SCHEDOP_pin_override, BAD_VA, 0, 0, 0), -EPERM, "pinning is not for all");
    dom.initial = true;
    is_int(do_sched_op(SCHEDOP_pin_override, BAD_VA, 0, 0, 0), -EFAULT,
           "it is for the initial domain");
    is_int(pin(-1), -EINVAL, "what is not pinned is not let go");
    is_int(pin(1), -EINVAL, "there is one CPU");
    is_int(pin(0), 0, "to which it can be pinned");
    is_int(pin(0), -EBUSY, "once");
    is_int(pin(-1), 0, "and be let go");
    is_int(pin(-1), -EINVAL, "once");
    stop();
}

static long dog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog w = { .id = id, .timeout = timeout };

    return sched(SCHEDOP_watchdog, &w, sizeof(w));
}

static void test_watchdog(void)
{
    volatile int how;

    start();
    guest_time_init_domain(&dom);
    is_int(do_sched_op(SCHEDOP_watchdog, BAD_VA, 0, 0, 0), -EFAULT,
           "a watchdog that cannot be read");
    is_int(dog(1, 5), -EINVAL, "none is there to be put off");
    is_int(dog(0, 5), 1, "a first one");
    ok(dom.watchdog[0].timer.active && dom.watchdog[0].timer.expires == fake_now + SECONDS(5),
       "barks in 5 s");
    is_int(dog(0, ~0U), 2, "a second one, in 136 years");
    ok(dom.watchdog[1].timer.expires > dom.watchdog[0].timer.expires, "no overflow");
    is_int(dog(0, 5), -ENOSPC, "there is no third");
    is_int(dog(3, 5), -EINVAL, "nor can it be put off");
    is_int(dog(~0U, 5), -EINVAL, "nor one of that number");
    fake_now += SECONDS(4);
    is_int(dog(1, 5), 0, "put off");
    is_u64(dom.watchdog[0].timer.expires, fake_now + SECONDS(5), "by 5 s from now");
    is_int(dog(2, 0), 0, "taken away");
    ok(!dom.watchdog[1].timer.active, "it does not bark");
    is_int(dog(2, 0), -EINVAL, "nor is it there");

    fake_timer_fire(&dom.watchdog[0].timer);
    ok(vcpu0.state != VCPU_RUNNING, "when one barks the vCPU does not run on");
    fake_console_clear();
    how = setjmp(fake_end);
    if ( !how )
        sched_wait_runnable(&vcpu0);
    ok(how == FAKE_END + EXIT_GUEST_CRASH || how == FAKE_PANIC, "its domain has crashed");
    ok(strstr(fake_console, "its watchdog expired"), "and it is said why");
    stop();
}

/* ---- vcpu_op ------------------------------------------------------------------------------------------------------ */

static long vcpu_op(unsigned int cmd, unsigned int id, const void *arg, size_t size)
{
    memcpy(guest_mem, arg, size);
    return do_vcpu_op(cmd, id, GVA(0), 0, 0);
}

static void test_vcpu(void)
{
    struct vcpu_register_vcpu_info reg = { .mfn = 5, .offset = 64 };
    struct vcpu_info *moved = (void *)(guest_mem + 5 * PAGE_SIZE + 64);

    start();
    machine.direct_map = guest_mem;
    is_int(do_vcpu_op(VCPUOP_is_up, 0, 0, 0, 0), 1, "vCPU 0 is up");
    is_int(do_vcpu_op(VCPUOP_is_up, 1, 0, 0, 0), -ENOENT, "there is no vCPU 1");
    is_int(do_vcpu_op(VCPUOP_is_up, 8191, 0, 0, 0), -ENOENT, "nor 8191");
    is_int(do_vcpu_op(VCPUOP_initialise, 0, GVA(0), 0, 0), -EEXIST, "vCPU 0 is initialised");
    is_int(do_vcpu_op(VCPUOP_initialise, 0, GVA(sizeof(guest_mem) - 4096), 0, 0), -EFAULT,
           "a state that ends too soon");
    is_int(do_vcpu_op(VCPUOP_up, 0, 0, 0, 0), 0, "up");
    is_int(do_vcpu_op(VCPUOP_get_physid, 0, GVA(0), 0, 0), -EINVAL,
           "which CPU it runs on is nobody's business");
    is_int(do_vcpu_op(99, 0, 0, 0, 0), -ENOSYS, "no such operation");

    reg.offset = 4;
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), -ENXIO,
           "vcpu_info not aligned (XSA-327)");
    reg.offset = 4096 - 56;
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), -ENXIO,
           "or across the page's end");
    reg.offset = 0xfffffff8;
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), -ENXIO, "or far behind it");
    reg.offset = 64;
    fake_hold_rc = -EINVAL;
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), -EINVAL,
           "or in a page that is not ours");
    fake_hold_rc = 0;
    shared.vcpu_info[0].arch.cr2 = 0xabc;
    shared.vcpu_info[0].evtchn_upcall_mask = 1;
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), 0, "vcpu_info moves");
    ok(vcpu0.info == moved && mfn_x(vcpu0.info_mfn) == 5, "to the place asked for");
    is_u64(moved->arch.cr2, 0xabc, "its contents too");
    is_u64(moved->evtchn_upcall_mask, 1, "the mask too");
    is_u64(moved->evtchn_pending_sel, ~0UL, "all ports are to be looked at");
    is_u64(moved->evtchn_upcall_pending, 1, "now");
    is_int(vcpu_op(VCPUOP_register_vcpu_info, 0, &reg, sizeof(reg)), -EINVAL, "once");
    is_int(do_vcpu_op(VCPUOP_register_vcpu_info, 0, BAD_VA, 0, 0), -EFAULT,
           "an argument that cannot be read");
    stop();
}

static void test_down(void)
{
    volatile int how;

    start();
    add_vcpu1();
    is_int(do_vcpu_op(VCPUOP_is_up, 1, 0, 0, 0), 0, "vCPU 1 is down");
    is_int(do_vcpu_op(VCPUOP_up, 1, 0, 0, 0), 0, "up");
    is_int(do_vcpu_op(VCPUOP_is_up, 1, 0, 0, 0), 1, "now it is up");
    is_int(do_vcpu_op(VCPUOP_down, 1, 0, 0, 0), 0, "down");
    is_int(do_vcpu_op(VCPUOP_is_up, 1, 0, 0, 0), 0, "again");
    pass("the last one goes down");
    how = setjmp(fake_end);
    if ( !how )
        do_vcpu_op(VCPUOP_down, 0, 0, 0, 0);
    ok(how == FAKE_END + EXIT_OK || how == FAKE_PANIC, "and takes the domain with it");
    stop();
}

static void test_timers(void)
{
    struct vcpu_set_periodic_timer p = { 0 };
    struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = 5000 };
    struct evtchn_bind_virq v = { .virq = VIRQ_TIMER };

    start();
    guest_time_init_domain(&dom);
    OP(bind_virq, v);
    ok(vcpu0.periodic_timer.active && vcpu0.periodic_timer.expires == fake_now + MILLISECS(10),
       "100 Hz from the start");
    fake_timer_fire(&vcpu0.periodic_timer);
    ok(pending(&shared, v.port), "a tick");
    is_u64(vcpu0.periodic_timer.expires, 1000 + MILLISECS(20), "the next is 10 ms after it");
    fake_now = SECONDS(5);
    fake_timer_fire(&vcpu0.periodic_timer);
    is_u64(vcpu0.periodic_timer.expires, SECONDS(5) + MILLISECS(10),
           "ticks that were missed are not made up for");
    is_int(vcpu_op(VCPUOP_set_periodic_timer, 0, &p, sizeof(p)), -EINVAL, "a period of nothing");
    p.period_ns = MILLISECS(1) - 1;
    is_int(vcpu_op(VCPUOP_set_periodic_timer, 0, &p, sizeof(p)), -EINVAL,
           "or under a millisecond (XSA-20)");
    p.period_ns = 1UL << 63;
    is_int(vcpu_op(VCPUOP_set_periodic_timer, 0, &p, sizeof(p)), -EINVAL, "or of centuries");
    p.period_ns = MILLISECS(1);
    is_int(vcpu_op(VCPUOP_set_periodic_timer, 0, &p, sizeof(p)), 0, "a millisecond");
    is_int(do_vcpu_op(VCPUOP_stop_periodic_timer, 0, 0, 0, 0), 0, "stop");
    ok(!vcpu0.periodic_timer.active, "stopped");
    take_all();

    is_int(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), 0, "one shot, in the past");
    ok(vcpu0.single_timer.active && vcpu0.single_timer.expires == 5000,
       "is armed and fires at once");
    fake_timer_fire(&vcpu0.single_timer);
    ok(pending(&shared, v.port), "it comes");
    s.flags = VCPU_SSHOTTMR_future;
    is_int(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), -ETIME,
           "or is refused, if so asked");
    s.timeout_abs_ns = fake_now + 1;
    is_int(vcpu_op(VCPUOP_set_singleshot_timer, 0, &s, sizeof(s)), 0, "in the future it is not");
    is_int(do_vcpu_op(VCPUOP_stop_singleshot_timer, 0, 0, 0, 0), 0, "stop");
    ok(!vcpu0.single_timer.active, "stopped");
    is_int(do_set_timer_op(fake_now + 77, 0, 0, 0, 0), 0, "set_timer_op");
    is_u64(vcpu0.single_timer.expires, fake_now + 77, "is the same timer");
    is_int(do_set_timer_op(0, 0, 0, 0, 0), 0, "0");
    ok(!vcpu0.single_timer.active, "stops it");
    do_set_timer_op((unsigned long)-5, 0, 0, 0, 0);
    is_u64(vcpu0.single_timer.expires, 0, "a negative time is past");
    add_vcpu1();
    is_int(vcpu_op(VCPUOP_set_singleshot_timer, 1, &s, sizeof(s)), -EINVAL,
           "another vCPU's timer is its own");
    stop();
}

/* ---- time --------------------------------------------------------------------------------------------------------- */

static void test_time(void)
{
    const struct vcpu_time_info *t = &shared.vcpu_info[0].time;
    uint32_t version;

    start();
    guest_time_init_domain(&dom);
    ok(t->tsc_to_system_mul != 0, "time is live before the first entry");
    is_u64(t->version & 1, 0, "and complete");
    is_u64(t->system_time, 1000, "as of now");
    is_u64(shared.wc_sec | (uint64_t)shared.wc_sec_hi << 32, 0x123456789UL, "the wall clock");
    is_u64(shared.wc_version & 1, 0, "complete too");
    version = t->version;
    fake_now = 9000;
    guest_time_update(&vcpu0, false);
    is_u64(t->version, version, "not written when nothing is due");
    fake_timer_fire(&vcpu0.refresh_timer);
    ok(vcpu0.time_due && vcpu0.refresh_timer.active, "after a second it is due");
    guest_time_update(&vcpu0, false);
    is_u64(t->system_time, 9000, "then it is written");
    ok(t->version != version && !(t->version & 1), "with another version");
    shared.vcpu_info[0].time.version = 0xffffffff;
    guest_time_update(&vcpu0, true);
    ok(!(t->version & 1), "whatever the guest wrote there");
    stop();
}

static void test_areas(void)
{
    struct vcpu_register_runstate_memory_area r = { .addr.p = GVA(3 * PAGE_SIZE - 16) };
    struct vcpu_register_time_memory_area ta = { .addr.p = GVA(7 * PAGE_SIZE) };
    struct vcpu_runstate_info info, *area = (void *)(guest_mem + 3 * PAGE_SIZE - 16);
    struct vcpu_time_info *time = (void *)(guest_mem + 7 * PAGE_SIZE);

    start();
    guest_time_init_domain(&dom);
    machine.direct_map = guest_mem;
    vcpu0.mm.root = _mfn(1);
    vcpu0.mm.user_root = _mfn(2);
    vcpu0.mm.user_mode = true;
    walk_entry = 7;
    refs = 0;
    fake_now = 2000;
    is_int(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r, sizeof(r)), 0,
           "a runstate area, across two pages");
    is_u64(mfn_x(walk_root), 1, "is reached through the kernel's root, in user mode too");
    is_int(area->state, RUNSTATE_running, "it is written at once");
    is_u64(refs, 0, "no reference is left");
    runstate_change(&vcpu0, RUNSTATE_blocked);
    fake_now = 5000;
    runstate_change(&vcpu0, RUNSTATE_running);
    guest_runstate_write(&vcpu0);
    is_u64(area->time[RUNSTATE_blocked], 3000, "time blocked");
    is_u64(area->time[RUNSTATE_running], 1000, "time running");
    is_u64(area->state_entry_time, 5000, "since when");
    fake_now = 5500;
    is_int(do_vcpu_op(VCPUOP_get_runstate_info, 0, GVA(0), 0, 0), 0, "asked for");
    memcpy(&info, guest_mem, sizeof(info));
    is_u64(info.time[RUNSTATE_running], 1500, "it is up to date");
    dom.vm_assist = 1UL << VMASST_TYPE_runstate_update_flag;
    runstate_change(&vcpu0, RUNSTATE_running);
    guest_runstate_write(&vcpu0);
    is_u64(area->state_entry_time, 5500, "with the update flag too, which is gone at the end");
    walk_entry = 5;
    memset(area, 0, sizeof(*area));
    guest_runstate_write(&vcpu0);
    is_u64(area->time[RUNSTATE_running], 0, "through a read-only mapping nothing is written");
    is_u64(refs, 0, "and nothing held");
    walk_entry = 7;
    r.addr.p = HYPERVISOR_START;
    is_int(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r, sizeof(r)), -EFAULT,
           "not in the hypervisor");
    r.addr.p = NONCANON_VA - 8;
    is_int(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r, sizeof(r)), -EFAULT,
           "nor where no address is");
    is_int(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &ta, sizeof(ta)), 0,
           "a second time area");
    is_u64(time->system_time, 5500, "is written at once");
    ok(time->tsc_to_system_mul && !(time->version & 1), "complete");
    ta.addr.p = HYPERVISOR_END - 8;
    is_int(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &ta, sizeof(ta)), -EFAULT,
           "not in the hypervisor");
    stop();
}

int main(void)
{
    test_unbound();
    test_loopback();
    test_interdomain();
    test_virq();
    test_ipi();
    test_masks();
    test_limit();
    test_arguments();
    test_backend();
    test_block();
    test_wait();
    test_poll();
    test_sched_errors();
    test_pin_override();
    test_vcpu();
    test_timers();
    test_time();
    test_areas();
    test_down();
    test_watchdog();
    return done();
}
