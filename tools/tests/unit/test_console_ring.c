// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/console_ring.c xen/common/event_channel.c xen/common/sched.c xen/common/domain.c
// cflags: -fno-sanitize=null
/* The console ring's backend against a guest that keeps the rules, and one that does not. */
#include <public/io/console.h>
#include "fake_hv.h"
#include <public/event_channel.h>

static struct xencons_interface *ring;

static void start(void)
{
    fake_init();
    memset(guest_mem, 0, sizeof(guest_mem));
    fake_console_clear();
    fake_typed = "";
    fake_hold_rc = 0;
    machine.direct_map = guest_mem;
    evtchn_init(&dom);
    is_int(console_ring_init(&dom, _mfn(8)), 0, "the backend starts");
    ring = (void *)(guest_mem + 8 * PAGE_SIZE);
}

static void stop(void)
{
    console_ring_stop(&dom);
    evtchn_destroy(&dom);
}

static void kick(void)
{
    struct evtchn_send send = { .port = dom.console_port };

    memcpy(guest_mem, &send, sizeof(send));
    do_event_channel_op(EVTCHNOP_send, GVA(0), 0, 0, 0);
}

static bool notified(void)
{
    bool was = shared.evtchn_pending[0] >> dom.console_port & 1;

    shared.evtchn_pending[0] = 0;
    return was;
}

static void put(const char *s)
{
    while ( *s )
        ring->out[MASK_XENCONS_IDX(ring->out_prod++, ring->out)] = *s++;
}

static void take(char *buf, size_t size)
{
    size_t n = 0;

    while ( n < size - 1 && ring->in_cons != ring->in_prod )
        buf[n++] = ring->in[MASK_XENCONS_IDX(ring->in_cons++, ring->in)];
    buf[n] = 0;
}

static void test_output(void)
{
    start();
    put("hello\n");
    kick();
    is_str(fake_console, "hello\n", "what the guest writes comes out");
    is_u64(ring->out_cons, 6, "and is taken off the ring");
    ok(notified(), "which the guest is told");
    kick();
    ok(!notified(), "nothing new, no event");
    fake_console_clear();
    ring->out_cons = ring->out_prod = 0xffffffff - 100;
    for ( unsigned int i = 0; i < 204; i++ )
        put("0123456789");
    kick();
    is_u64(fake_console_len, 2040, "a full ring, with indices that wrap");
    is_u64(ring->out_cons, ring->out_prod, "is emptied");
    fake_console_clear();
    put("last words");
    console_ring_flush(&dom);
    is_str(fake_console, "last words", "what was never announced comes out when the domain ends");
    stop();
}

static void test_input(void)
{
    static char many[3001];
    char buf[2048];

    start();
    memset(many, 'k', sizeof(many) - 1);
    fake_typed = "ls\r";
    fake_listener(fake_listener_arg);
    take(buf, sizeof(buf));
    is_str(buf, "ls\r", "what is typed arrives");
    ok(notified(), "with an event");
    ring->in_cons = ring->in_prod = 0xfffffff0;
    fake_typed = many;
    fake_listener(fake_listener_arg);
    is_u64(ring->in_prod - ring->in_cons, 1024, "more than fits: the ring is full");
    is_u64(strlen(fake_typed), 3000 - 1024, "the rest waits");
    notified();
    fake_listener(fake_listener_arg);
    ok(!notified(), "no room, no event");
    take(buf, 100 + 1);
    kick();
    is_u64(ring->in_prod - ring->in_cons, 1024, "as the guest reads, more comes");
    is_u64(strlen(fake_typed), 3000 - 1024 - 100, "as much as there is room");
    stop();
}

static void test_hostile(void)
{
    struct xencons_interface before;

    start();
    ring->out_prod = 2049;
    kick();
    is_u64(fake_console_len, 0, "more than the ring holds is not followed");
    is_u64(ring->out_cons, 0, "nor acknowledged");
    ring->out_prod = 5;
    ring->out_cons = 6;
    kick();
    is_u64(fake_console_len, 0, "nor less than nothing");
    ring->in_cons = 7;
    ring->in_prod = 5;
    before = *ring;
    fake_typed = "x";
    fake_listener(fake_listener_arg);
    ok(!memcmp(&before, ring, sizeof(before)), "input into such a ring is not written");
    is_str(fake_typed, "x", "and not lost");
    memset(guest_mem + 9 * PAGE_SIZE, 0xaa, PAGE_SIZE);
    memset(guest_mem + 7 * PAGE_SIZE, 0xaa, PAGE_SIZE);
    srand(1);
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        ring->in_cons = (uint32_t)rand() % 3000 - 500;
        ring->in_prod = (uint32_t)rand() % 3000 - 500;
        ring->out_cons = (uint32_t)rand() % 5000 - 500;
        ring->out_prod = (uint32_t)rand() % 5000 - 500;
        fake_typed = "some text that is typed";
        fake_console_clear();
        kick();
        if ( fake_console_len > sizeof(ring->out) )
            fail("more came out than was in");
    }
    ok(guest_mem[9 * PAGE_SIZE] == 0xaa && guest_mem[8 * PAGE_SIZE - 1] == 0xaa,
       "20000 rounds of nonsense touch nothing else");
    console_ring_stop(&dom);
    kick();
    fake_listener(fake_listener_arg);
    pass("events and input after the end");
    stop();
}

static void test_start_fails(void)
{
    fake_init();
    evtchn_init(&dom);
    fake_hold_rc = -EINVAL;
    is_int(console_ring_init(&dom, _mfn(8)), -EINVAL, "a page that is not the domain's");
    fake_hold_rc = 0;
    while ( evtchn_alloc_hypervisor(&dom, NULL) )
        continue;
    is_int(console_ring_init(&dom, _mfn(8)), -ENOSPC, "no port");
    ok(!dom.console_ring, "nothing half-started");
    evtchn_destroy(&dom);
}

int main(void)
{
    test_output();
    test_input();
    test_hostile();
    test_start_fails();
    return done();
}
