/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/console_ring.c xen/arch/x86/pv/xenstore.c xen/common/xenstore_tree.c xen/common/event_channel.c
// sources: xen/common/sched.c xen/common/domain.c
// cflags: -fno-sanitize=null
// options: -max_len=1500
/*
 * The console's and the xenstore's ring with a guest at the other end that writes anything anywhere in them. The backend writes only
 * what is its own (its two indices and its array; the two words of xenstore's state), prints just what the guest wrote, loses
 * nothing that is typed, and never leaves more in a ring than it holds.
 *
 * Steps: what, how much, and for some, bytes.
 */
#include "../unit/fake_hv.h"

#include "fuzz.h"
#include <public/event_channel.h>
#include <public/io/console.h>

#define CONSOLE_PAGE 8
#define STORE_PAGE   16

static struct xencons_interface *console, console_was;
static struct xenstore_domain_interface *store, store_was;
static char typed[4096], all_typed[4096]; /* what has been typed, and what will be */
static size_t typed_in;                   /* bytes of typed[] that have come to the ring */

static void start(void)
{
    static bool once;

    if ( !once )
        fake_init();
    once = true;
    memset(&shared, 0, sizeof(shared));
    memset(guest_mem, 0, sizeof(guest_mem));
    for ( size_t i = 0; i < sizeof(all_typed); i++ )
        all_typed[i] = (char)('!' + i % 90);
    typed[0] = 0;
    fake_typed = typed;
    typed_in = 0;
    machine.direct_map = guest_mem;
    dom.console_port = dom.store_port = 0;
    FUZZ_CHECK(evtchn_init(&dom) == 0, "no event channels");
    FUZZ_CHECK(console_ring_init(&dom, _mfn(CONSOLE_PAGE)) == 0, "no console");
    FUZZ_CHECK(xenstore_init(&dom, _mfn(STORE_PAGE)) == 0, "no xenstore");
    console = (void *)(guest_mem + CONSOLE_PAGE * PAGE_SIZE);
    store = (void *)(guest_mem + STORE_PAGE * PAGE_SIZE);
}

static void stop(void)
{
    xenstore_stop(&dom);
    console_ring_stop(&dom);
    evtchn_destroy(&dom);
}

static void remember(void)
{
    fake_console_clear();
    console_was = *console;
    store_was = *store;
}

/* ---- What must hold after the backends have run ---------------------------------------------------------------------- */

static void check_outside(void)
{
    static const uint8_t zero[PAGE_SIZE];
    size_t console_end = sizeof(*console), store_end = sizeof(*store);

    FUZZ_CHECK(memcmp((uint8_t *)console + console_end, zero, PAGE_SIZE - console_end) == 0 &&
                   memcmp((uint8_t *)store + store_end, zero, PAGE_SIZE - store_end) == 0 &&
                   memcmp((uint8_t *)console - PAGE_SIZE, zero, PAGE_SIZE) == 0 &&
                   memcmp((uint8_t *)console + PAGE_SIZE, zero, PAGE_SIZE) == 0 &&
                   memcmp((uint8_t *)store - PAGE_SIZE, zero, PAGE_SIZE) == 0 &&
                   memcmp((uint8_t *)store + PAGE_SIZE, zero, PAGE_SIZE) == 0,
               "something is written beside the rings");
}

/* What the guest has not read yet stays, what came is what was typed next. */
static void check_console(void)
{
    uint32_t had = console_was.out_prod - console_was.out_cons;
    uint32_t unread = console_was.in_prod - console_was.in_cons, came;

    FUZZ_CHECK(console->out_prod == console_was.out_prod &&
                   console->in_cons == console_was.in_cons &&
                   memcmp(console->out, console_was.out, sizeof(console->out)) == 0,
               "the console writes what is the guest's");
    came = console->in_prod - console_was.in_prod;
    FUZZ_CHECK(came == 0 || (unread <= sizeof(console->in) && came <= sizeof(console->in) - unread),
               "%u typed bytes into a ring with %u unread", came, unread);
    for ( uint32_t i = 0; i < unread && unread <= sizeof(console->in); i++ )
    {
        uint32_t at = MASK_XENCONS_IDX(console_was.in_cons + i, console->in);

        FUZZ_CHECK(console->in[at] == console_was.in[at], "unread input is overwritten");
    }
    for ( uint32_t i = 0; i < came; i++ )
        FUZZ_CHECK(console->in[MASK_XENCONS_IDX(console_was.in_prod + i, console->in)] ==
                       typed[typed_in + i],
                   "other input than was typed");
    typed_in += came;
    FUZZ_CHECK(fake_typed == typed + typed_in, "typed bytes are lost");
    if ( console->out_cons == console_was.out_cons )
        return;
    FUZZ_CHECK(had <= sizeof(console->out) && console->out_cons == console->out_prod,
               "output is acknowledged that there was not");
}

static void check_console_output(bool looked)
{
    uint32_t had = console_was.out_prod - console_was.out_cons;

    if ( !looked || had > sizeof(console->out) )
    {
        FUZZ_CHECK(!looked || console->out_cons == console_was.out_cons, "acknowledged");
        return;
    }
    FUZZ_CHECK(fake_console_len == had, "%zu bytes are printed of %u", fake_console_len, had);
    for ( uint32_t i = 0; i < had; i++ )
        FUZZ_CHECK(fake_console[i] ==
                       console_was.out[MASK_XENCONS_IDX(console_was.out_cons + i, console->out)],
                   "byte %u is printed wrong", i);
}

static void check_store(void)
{
    bool again = store_was.connection == XENSTORE_RECONNECT;

    FUZZ_CHECK(memcmp(store->req, store_was.req, sizeof(store->req)) == 0 &&
                   store->server_features == store_was.server_features,
               "xenstore writes what is the guest's");
    if ( again && store->connection == XENSTORE_CONNECTED )
    {
        FUZZ_CHECK(store->rsp_prod - store->rsp_cons <= XENSTORE_RING_SIZE &&
                       store->req_prod == store->req_cons,
                   "a fresh connection is not empty");
        return;
    }
    FUZZ_CHECK(store->req_prod == store_was.req_prod && store->rsp_cons == store_was.rsp_cons &&
                   store->connection == store_was.connection,
               "xenstore writes the guest's indices");
    FUZZ_CHECK(
        store->req_cons == store_was.req_cons ||
            (store_was.req_prod - store_was.req_cons <= XENSTORE_RING_SIZE &&
             store->req_cons - store_was.req_cons <= store_was.req_prod - store_was.req_cons),
        "more requests are taken than there are");
    FUZZ_CHECK(store->rsp_prod == store_was.rsp_prod ||
                   store->rsp_prod - store->rsp_cons <= XENSTORE_RING_SIZE,
               "more answers than the ring holds");
    for ( uint32_t i = 0, n = store_was.rsp_prod - store_was.rsp_cons;
          n <= XENSTORE_RING_SIZE && i < n; i++ )
    {
        uint32_t at = MASK_XENSTORE_IDX(store_was.rsp_cons + i);

        FUZZ_CHECK(store->rsp[at] == store_was.rsp[at], "an unread answer is overwritten");
    }
}

/* ---- Steps ----------------------------------------------------------------------------------------------------------- */

static void kick(unsigned int port)
{
    /* Beside the rings' pages and their neighbours. */
    struct evtchn_send send = { .port = port };

    memcpy(guest_mem, &send, sizeof(send));
    do_event_channel_op(EVTCHNOP_send, GVA(0), 0, 0, 0);
}

static void request(struct fuzz_in *in, unsigned int n)
{
    struct xsd_sockmsg hdr = { .type = fuzz_u8(in) % 24, .len = n };

    for ( unsigned int i = 0; i < sizeof(hdr); i++ )
        store->req[MASK_XENSTORE_IDX(store->req_prod++)] = ((char *)&hdr)[i];
    while ( n-- )
        store->req[MASK_XENSTORE_IDX(store->req_prod++)] = (char)fuzz_u8(in);
}

/* A string of what has been typed so far: its end moves on. */
static void type_more(unsigned int n)
{
    size_t had = typed_in + strlen(fake_typed), have = MIN(had + n, sizeof(typed) - 1);

    memcpy(typed + had, all_typed + had, have - had);
    typed[have] = 0;
}

static void step(struct fuzz_in *in)
{
    unsigned int what = fuzz_u8(in), n = fuzz_u8(in);
    uint32_t far = fuzz_u8(in) * 0x01010101U;

    switch ( what % 16 )
    {
    case 0:
        while ( n-- )
            console->out[MASK_XENCONS_IDX(console->out_prod++, console->out)] = (char)fuzz_u8(in);
        break;
    case 1: console->out_prod += 8 * n; break;
    case 2: console->in_cons = console->in_prod - n % 2; break;
    case 3: console->in_cons += 8 * n; break;
    case 4: console->out_prod = far; break;
    case 5: console->in_prod = console->out_cons = far; break;
    case 6: type_more(n); break;
    case 7:
    case 8: request(in, n); break;
    case 9: store->rsp_cons = store->rsp_prod; break;
    case 10: store->rsp_cons += n; break;
    case 11: store->req_prod += n; break;
    case 12: store->connection = n % 4; break;
    case 13:
        if ( n & 1 )
            store->req_prod = store->rsp_cons = far;
        else
            store->req_cons = store->rsp_prod = far;
        break;
    case 14:
    case 15: break;
    }
    if ( what & 0x80 )
        return;
    fuzz_operations++;
    remember();
    kick(what & 0x40 ? dom.console_port : dom.store_port);
    check_outside();
    check_store();
    if ( what & 0x40 )
        check_console_output(true);
    check_console();
    remember();
    if ( what & 0x20 )
        fake_listener(fake_listener_arg);
    check_console();
    check_outside();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };

    start();
    while ( in.left )
        step(&in);
    stop();
    return 0;
}
