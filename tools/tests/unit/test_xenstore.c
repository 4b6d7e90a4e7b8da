// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/xenstore_tree.c xen/arch/x86/pv/xenstore.c xen/common/event_channel.c xen/common/sched.c xen/common/domain.c
// cflags: -fno-sanitize=null
/* The xenstore: messages against the tree, then the ring with a hostile guest at its other end. */
#include "fake_hv.h"
#include <public/event_channel.h>
#include <xen/xenstore.h>

static struct xs_conn conn;
static char reply[XS_MESSAGE_MAX + 1];
static struct xsd_sockmsg rhdr;

/* ---- messages ----------------------------------------------------------------------------------------------------- */

static bool drain_first; /* throw events away: xs_handle() wants none to be left */

/* One request; the answer's payload, terminated. */
static const char *ask_tx(uint32_t tx, uint32_t type, const void *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = 0x1234, .tx_id = tx, .len = (uint32_t)len };
    char *copy = malloc(len ? len : 1); /* exactly as long: an overread is seen */
    size_t n;

    memcpy(copy, payload, len);
    if ( drain_first )
        while ( xs_next_event(&conn, reply) )
            continue;
    n = xs_handle(&conn, &hdr, copy, reply);
    free(copy);
    memcpy(&rhdr, reply, sizeof(rhdr));
    if ( n != sizeof(rhdr) + rhdr.len || rhdr.req_id != 0x1234 || rhdr.tx_id != tx )
        fail("answer %u has a wrong header", type);
    reply[n] = 0;
    return reply + sizeof(rhdr);
}

#define ask(type, text)        ask_tx(0, type, text, sizeof(text))
#define ask_in(tx, type, text) ask_tx(tx, type, text, sizeof(text))
#define raw(type, text)        ask_tx(0, type, text, sizeof(text) - 1)
#define raw_in(tx, type, text) ask_tx(tx, type, text, sizeof(text) - 1)

/* All events as "path token;path token;". */
static const char *events(void)
{
    static char all[4096];
    char msg[XS_MESSAGE_MAX];
    size_t n, at = 0;

    all[0] = 0;
    while ( (n = xs_next_event(&conn, msg)) )
    {
        const char *path = msg + sizeof(struct xsd_sockmsg), *token = path + strlen(path) + 1;

        at += (size_t)snprintf(all + at, sizeof(all) - at, "%s %s;", path, token);
        if ( sizeof(struct xsd_sockmsg) + strlen(path) + strlen(token) + 2 != n )
            fail("an event's length");
    }
    return all;
}

static void fresh(void)
{
    xs_init(&conn, 7);
    xs_put(&conn, "/local/domain/7/name", "guest", false);
    xs_put(&conn, "/local/domain/7/device", "", false);
    xs_put(&conn, "/local/domain/7/data", "", true);
    xs_put(&conn, "/local/domain/7/control/shutdown", "", true);
}

static void test_reading(void)
{
    fresh();
    is_str(ask(XS_READ, "name"), "guest", "a relative path is below the domain's home");
    is_u64(rhdr.len, 5, "a value comes without a NUL");
    is_str(ask(XS_READ, "/local/domain/7/name"), "guest", "an absolute path");
    is_str(ask(XS_READ, "nothing"), "ENOENT", "reading what is not there");
    is_u64(rhdr.type, XS_ERROR, "is an error");
    is_u64(rhdr.len, 7, "whose text is terminated");
    is_str(ask(XS_DIRECTORY, "device"), "", "an empty directory");
    is_u64(rhdr.type, XS_DIRECTORY, "is no error");
    is_str(ask(XS_DIRECTORY, "device/vbd"), "ENOENT", "GRUB's question for disks has an answer");
    ask(XS_DIRECTORY, "/local/domain/7");
    ok(rhdr.len == 25 && !memcmp(reply + 16, "name\0device\0data\0control", 25),
       "a directory lists its children in order");
    ask(XS_GET_PERMS, "name");
    ok(rhdr.len == 6 && !memcmp(reply + 16, "n0\0r7", 6),
       "permissions of a node of the hypervisor's");
    ask(XS_GET_PERMS, "data");
    ok(rhdr.len == 3 && !memcmp(reply + 16, "n7", 3), "and of the guest's");
    is_str(ask(XS_GET_DOMAIN_PATH, "7"), "/local/domain/7", "a domain's path");
    is_str(ask(XS_IS_DOMAIN_INTRODUCED, "7"), "T", "we are there");
    is_str(ask(XS_IS_DOMAIN_INTRODUCED, "8"), "F", "others are not");
    is_str(ask(XS_IS_DOMAIN_INTRODUCED, "8x"), "EINVAL", "a domain's number is a number");
    is_str(ask(XS_IS_DOMAIN_INTRODUCED, "99999999999999999999"), "EINVAL",
           "and not an enormous one");
}

static void test_bad_requests(void)
{
    static const char *const paths[] = { "",    "/",    "//",   "/a/",  "a//b",
                                         "a b", "a\tb", "\xff", "../x", "a*" };
    char longest[XS_PAYLOAD_MAX];

    fresh();
    is_str(raw(XS_READ, "name"), "EINVAL", "a path must be terminated");
    is_str(raw(XS_READ, ""), "EINVAL", "a path must be there");
    is_str(raw(XS_READ, "name\0more\0"), "EINVAL", "and nothing behind it");
    for ( unsigned int i = 0; i < ARRAY_SIZE(paths); i++ )
    {
        const char *answer = ask_tx(0, XS_WRITE, paths[i], strlen(paths[i]) + 1);

        ok(!strcmp(answer, "EINVAL") || (!strcmp(paths[i], "/") && !strcmp(answer, "EACCES")),
           "bad path %u is refused", i);
    }
    memset(longest, 'a', sizeof(longest));
    is_str(ask_tx(0, XS_READ, longest, sizeof(longest)), "EINVAL", "4096 bytes without an end");
    longest[sizeof(longest) - 1] = 0;
    is_str(ask_tx(0, XS_READ, longest, sizeof(longest)), "EINVAL", "a path longer than we keep");
    is_str(ask(XS_SET_PERMS, "data\0n7"), "ENOSYS", "what is not done is refused");
    is_str(ask(XS_DIRECTORY_PART, "data\0"
                                  "0"),
           "ENOSYS", "likewise");
    is_str(ask(XS_INTRODUCE, "1\0"
                             "2\0"
                             "3"),
           "EACCES", "what is for the privileged");
    is_str(ask(XS_INTRODUCE, "1"), "EINVAL", "if it is well-formed");
    is_str(ask(XS_SET_TARGET, "1\0"
                              "2"),
           "EACCES", "likewise");
    is_str(raw(XS_RELEASE, "1"), "EINVAL", "likewise");
    is_str(ask(99, ""), "ENOSYS", "an unknown request");
    is_str(ask(XS_WATCH_EVENT, ""), "ENOSYS", "what only a server sends");
    is_str(ask_tx(0xdead, XS_READ, "name", 5), "ENOENT", "an unknown transaction");
    /* xs_handle() must not look at the payload of a header that lies. */
    struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = 0xffffffff };
    xs_handle(&conn, &hdr, "", reply);
    is_str(reply + sizeof(hdr), "E2BIG", "a payload of 4 GiB");
}

static void test_writing(void)
{
    fresh();
    is_str(raw(XS_WRITE, "data/a/b\0value"), "OK", "writing makes the nodes above");
    is_str(ask(XS_READ, "data/a/b"), "value", "the value");
    is_str(ask(XS_READ, "data/a"), "", "those above are empty");
    is_str(raw(XS_WRITE, "data/a/b\0"), "OK", "an empty value");
    is_str(ask(XS_READ, "data/a/b"), "", "is empty");
    is_str(raw(XS_WRITE, "data/a\0longer than before"), "OK", "another value");
    is_str(ask(XS_READ, "data/a"), "longer than before", "is read back");
    is_str(raw(XS_WRITE, "name\0me"), "EACCES", "what is the hypervisor's cannot be written");
    is_str(raw(XS_WRITE, "/local/domain/8/data/x\0me"), "EACCES", "nor what is another's");
    is_str(raw(XS_WRITE, "other\0me"), "EACCES", "nor made beside");
    is_str(ask(XS_MKDIR, "data/dir"), "OK", "mkdir");
    is_str(ask(XS_MKDIR, "data/dir"), "OK", "again");
    is_str(ask(XS_MKDIR, "name"), "OK", "and of what is there");
    is_str(ask(XS_MKDIR, "elsewhere"), "EACCES", "but not anywhere");
    is_str(ask(XS_RM, "data/a"), "OK", "rm takes a whole subtree");
    is_str(ask(XS_READ, "data/a/b"), "ENOENT", "all of it");
    is_str(ask(XS_RM, "data/a"), "OK", "removing what is not there");
    is_str(ask(XS_RM, "data/a/b/c"), "ENOENT", "but not what is nowhere");
    is_str(ask(XS_RM, "name"), "EACCES", "not the hypervisor's");
    is_str(ask(XS_RM, "/"), "EINVAL", "not the root");
    is_str(ask(XS_DIRECTORY, "data"), "dir", "what is left");
}

static void test_watches(void)
{
    fresh();
    events();
    is_str(ask(XS_WATCH, "data\0tok1"), "OK", "a relative watch");
    is_str(events(), "data tok1;", "fires once at first, by its relative name");
    is_str(ask(XS_WATCH, "/local/domain/7/data/x\0tok2"), "OK", "an absolute one");
    is_str(events(), "/local/domain/7/data/x tok2;", "by its absolute name");
    is_str(ask(XS_WATCH, "data\0tok1"), "EEXIST", "the same again");
    is_str(ask(XS_WATCH, "@releaseDomain\0t"), "OK", "a special one");
    is_str(events(), "@releaseDomain t;", "by its name");
    is_str(ask(XS_WATCH, "@other\0t"), "EINVAL", "only two are known");
    is_str(ask(XS_WATCH, "data"), "EINVAL", "a watch needs a token");
    raw(XS_WRITE, "data/x/y\0v");
    is_str(events(), "data/x/y tok1;/local/domain/7/data/x/y tok2;",
           "watches see what happens below");
    raw(XS_WRITE, "data/xy\0v");
    is_str(events(), "data/xy tok1;", "but not beside");
    ask(XS_RM, "data/x");
    is_str(events(), "data/x tok1;/local/domain/7/data/x tok2;", "a removal");
    raw(XS_WRITE, "data/x\0v");
    events();
    ask(XS_RM, "data");
    is_str(events(), "data tok1;/local/domain/7/data/x tok2;",
           "a removal above is told by the watch's own name");
    is_str(ask(XS_UNWATCH, "data\0tok2"), "ENOENT", "unwatch needs the right token");
    is_str(ask(XS_UNWATCH, "data\0tok1"), "OK", "unwatch");
    raw(XS_WRITE, "data\0v");
    is_str(events(), "", "no more events");
    is_str(raw(XS_WRITE, "name\0v"), "EACCES", "a refused write");
    is_str(events(), "", "is no event");
    is_str(ask(XS_RESET_WATCHES, ""), "OK", "reset");
    is_str(ask(XS_UNWATCH, "@releaseDomain\0t"), "ENOENT", "has dropped them all");
}

static void test_watch_limits(void)
{
    char text[400];
    unsigned int n = 0, len;

    fresh();
    do
        len = (unsigned int)snprintf(text, sizeof(text), "data%c%u", 0, n++);
    while ( !strcmp(ask_tx(0, XS_WATCH, text, len + 1), "OK") && events()[0] );
    is_u64(n, XS_WATCHES + 1, "as many watches as there is room for");
    is_str(reply + 16, "E2BIG", "then no more");
    memset(text, 'k', sizeof(text));
    memcpy(text, "name", 5);
    text[sizeof(text) - 1] = 0;
    is_str(ask_tx(0, XS_WATCH, text, sizeof(text)), "E2BIG", "a token too long");
}

static void test_transactions(void)
{
    uint32_t a, b;

    fresh();
    ask(XS_WATCH, "data\0tok");
    events();
    a = (uint32_t)atoi(ask(XS_TRANSACTION_START, ""));
    ok(a, "a transaction has a number");
    is_str(raw_in(a, XS_WRITE, "data/x\0one"), "OK", "a write inside");
    is_str(events(), "", "is not told yet");
    is_str(ask(XS_READ, "data/x"), "ENOENT", "nor seen outside");
    is_str(ask_in(a, XS_READ, "data/x"), "one", "but inside");
    is_str(ask_in(a, XS_TRANSACTION_START, ""), "EBUSY", "no transaction in a transaction");
    is_str(ask_in(a, XS_TRANSACTION_END, "X"), "EINVAL", "an end is T or F");
    is_str(ask_in(a, XS_TRANSACTION_END, "T"), "OK", "the end");
    is_str(events(), "data/x tok;", "now it is told");
    is_str(ask(XS_READ, "data/x"), "one", "and seen");
    is_str(ask_in(a, XS_TRANSACTION_END, "T"), "ENOENT", "it is over");
    is_str(ask(XS_TRANSACTION_END, "T"), "ENOENT", "an end without a beginning");

    a = (uint32_t)atoi(ask(XS_TRANSACTION_START, ""));
    raw_in(a, XS_WRITE, "data/x\0two");
    ask_in(a, XS_TRANSACTION_END, "F");
    is_str(ask(XS_READ, "data/x"), "one", "an abandoned one leaves nothing");
    is_str(events(), "", "and tells nothing");

    a = (uint32_t)atoi(ask(XS_TRANSACTION_START, ""));
    b = (uint32_t)atoi(ask(XS_TRANSACTION_START, ""));
    raw_in(a, XS_WRITE, "data/x\0three");
    raw_in(b, XS_WRITE, "data/x\0four");
    is_str(ask_in(b, XS_TRANSACTION_END, "T"), "OK", "of two, the first to end wins");
    is_str(ask_in(a, XS_TRANSACTION_END, "T"), "EAGAIN", "the other must try again");
    is_str(ask(XS_READ, "data/x"), "four", "and has changed nothing");
    events();

    a = (uint32_t)atoi(ask(XS_TRANSACTION_START, ""));
    raw(XS_WRITE, "data/x\0five");
    is_str(ask_in(a, XS_READ, "data/x"), "four", "a snapshot stays as it was");
    is_str(ask_in(a, XS_TRANSACTION_END, "T"), "OK", "one that only read never conflicts");
    events();

    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
        is_str(ask(XS_TRANSACTION_START, "") + 0, reply + 16, "another one");
    is_str(ask(XS_TRANSACTION_START, ""), "ENOSPC", "as many as there is room for");
    is_str(ask(XS_RESET_WATCHES, ""), "OK", "reset");
    ok(atoi(ask(XS_TRANSACTION_START, "")), "has ended them all");
}

/* A tree that is full refuses, whole, and is not spoilt. */
static void test_full(void)
{
    char text[XS_PAYLOAD_MAX];
    unsigned int n = 0, len;

    fresh();
    drain_first = true;
    do
        len = (unsigned int)snprintf(text, sizeof(text), "data/d%u%cv", n++, 0);
    while ( !strcmp(ask_tx(0, XS_WRITE, text, len), "OK") );
    is_str(reply + 16, "ENOSPC", "nodes are used up");
    ok(n > 100, "not too early (%u)", n);
    is_str(raw(XS_WRITE, "data/d0/deep/er\0v"), "ENOSPC", "none for a path either");
    is_str(ask(XS_READ, "data/d0/deep"), "ENOENT", "of which no part was made");
    is_str(ask(XS_READ, "data/d17"), "v", "the rest is as it was");
    is_str(ask(XS_RM, "data"), "OK", "all of it goes");
    xs_put(&conn, "/local/domain/7/data", "", true);

    memset(text, 'v', sizeof(text));
    for ( n = 0;; n++ )
    {
        len = (unsigned int)snprintf(text, sizeof(text), "data/%u", n) + 1;
        text[len] = 'v';
        if ( strcmp(ask_tx(0, XS_WRITE, text, 2000), "OK") )
            break;
    }
    is_str(reply + 16, "ENOSPC", "bytes are used up");
    is_u64(n, 6, "after 6 * 2000");
    is_str(ask(XS_READ, "data/6"), "ENOENT", "the one that did not fit is not there");
    len = (unsigned int)snprintf(text, sizeof(text), "data/0") + 1;
    is_str(ask_tx(0, XS_WRITE, text, 2000), "OK", "replacing needs no room");
    ask(XS_READ, "data/5");
    is_u64(rhdr.len, 2000 - 7, "the others' lengths");
    ok(strspn(reply + 16, "v") >= 1990, "and bytes");
}

static void test_big_directory(void)
{
    char text[300];
    unsigned int n;

    fresh();
    for ( n = 0; n < 40; n++ )
    {
        int len = snprintf(text, sizeof(text), "data/%0200u", n);

        if ( strcmp(ask_tx(0, XS_MKDIR, text, (size_t)len + 1), "OK") )
            break;
    }
    is_u64(n, 40, "forty children with long names");
    is_str(ask(XS_DIRECTORY, "data"), "E2BIG", "do not fit into one answer");
}

static uint64_t random_state = 88172645463325252ULL;

static uint32_t rnd(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % below;
}

/* Every link leads somewhere, every node is reached once, the arena is exactly used. */
static bool tree_ok(const struct xs_tree *t)
{
    unsigned int used = 0, reached = 1, bytes = 0, stack[XS_NODES], top = 0;

    for ( unsigned int n = 0; n < XS_NODES; n++ )
    {
        used += t->nodes[n].used;
        if ( t->nodes[n].used )
            bytes += (unsigned int)t->nodes[n].name_len + t->nodes[n].value_len;
    }
    stack[top++] = 0;
    while ( top )
    {
        unsigned int parent = stack[--top];

        for ( unsigned int n = t->nodes[parent].child; n; n = t->nodes[n].next )
        {
            if ( !t->nodes[n].used || t->nodes[n].parent != parent || reached > XS_NODES )
                return false;
            reached++;
            stack[top++] = n;
        }
    }
    return used == reached && bytes == t->arena_used && bytes <= XS_ARENA;
}

static void test_random(void)
{
    static const char *const names[] = { "data",   "data/a",   "data/a/b",       "data/a/b/c",
                                         "data/b", "data/b/c", "name",           "control/shutdown",
                                         "/",      "data/a/",  "@releaseDomain", "error" };
    bool good = true;

    fresh();
    for ( unsigned int i = 0; i < 60000 && good; i++ )
    {
        char payload[XS_PAYLOAD_MAX];
        const char *name = names[rnd(ARRAY_SIZE(names))];
        size_t len = strlen(name) + 1;
        uint32_t tx = rnd(3) ? 0 : conn.transactions[rnd(XS_TRANSACTIONS)].id, type = rnd(24);

        memset(payload, 'a' + (int)rnd(3), sizeof(payload));
        memcpy(payload, name, len);
        if ( type == XS_TRANSACTION_END )
            memcpy(payload, rnd(2) ? "T" : "F", len = 2);
        else if ( type == XS_WRITE )
            len += rnd(8) ? rnd(60) : rnd(XS_PAYLOAD_MAX - 20);
        else if ( type == XS_WATCH || type == XS_UNWATCH )
        {
            payload[len + 1] = 0;
            len += 2;
        }
        else if ( rnd(20) == 0 )
            len = rnd(sizeof(payload));
        if ( type == XS_RESET_WATCHES && rnd(50) )
            continue;
        ask_tx(tx, type, payload, len);
        if ( rnd(100) == 0 )
            xs_put(&conn, "/local/domain/7/data", "", true);
        events();
        good = tree_ok(&conn.tree);
        for ( unsigned int t = 0; t < XS_TRANSACTIONS; t++ )
            good = good && (!conn.transactions[t].id || tree_ok(&conn.transactions[t].tree));
        if ( !good )
            note("after request %u of type %u for %s", i, type, name);
    }
    ok(good, "after any request the tree is a tree");
}

/* ---- the ring ----------------------------------------------------------------------------------------------------- */

static struct xenstore_domain_interface *ring;

/* The guest's side: write bytes, tell, and collect what comes back. */
static void guest_send(const void *data, size_t len)
{
    const char *p = data;

    while ( len-- )
        ring->req[MASK_XENSTORE_IDX(ring->req_prod++)] = *p++;
}

static void kick(void)
{
    struct evtchn_send send = { .port = dom.store_port };

    memcpy(guest_mem, &send, sizeof(send));
    do_event_channel_op(EVTCHNOP_send, GVA(0), 0, 0, 0);
}

static size_t guest_receive(char *buf, size_t len)
{
    size_t n = 0;

    while ( n < len )
    {
        uint32_t cons = ring->rsp_cons;

        if ( cons == ring->rsp_prod )
        {
            kick();
            if ( cons == ring->rsp_prod )
                break;
        }
        buf[n++] = ring->rsp[MASK_XENSTORE_IDX(cons)];
        ring->rsp_cons = cons + 1;
    }
    return n;
}

static void ring_start(void)
{
    fake_init();
    memset(guest_mem, 0, sizeof(guest_mem));
    /* Frame 8 of "memory" is page 8 of the guest's. */
    machine.direct_map = guest_mem;
    dom.mm.tot_pages = dom.mm.max_pages = 1024;
    if ( evtchn_init(&dom) )
        fail("evtchn_init");
    fake_hold_rc = 0;
    is_int(xenstore_init(&dom, _mfn(8)), 0, "the server starts");
    is_u64(mfn_x(fake_held), 8, "holds the ring's page");
    ring = (void *)(guest_mem + 8 * PAGE_SIZE);
}

static void ring_stop(void)
{
    xenstore_stop(&dom);
    evtchn_destroy(&dom);
}

static const char *ring_ask(uint32_t type, const char *payload, size_t len)
{
    static char buf[XS_MESSAGE_MAX + 1];
    struct xsd_sockmsg hdr = { .type = type, .req_id = 5, .len = (uint32_t)len };

    guest_send(&hdr, sizeof(hdr));
    guest_send(payload, len);
    kick();
    if ( guest_receive(buf, sizeof(hdr)) != sizeof(hdr) )
        return "no answer";
    memcpy(&rhdr, buf, sizeof(hdr));
    buf[guest_receive(buf, rhdr.len)] = 0;
    return buf;
}

static void test_ring(void)
{
    struct xsd_sockmsg hdr;
    char big[XS_MESSAGE_MAX];

    ring_start();
    is_str(ring_ask(XS_READ, "domid", 6), "7", "a question by the ring");
    ok(shared.evtchn_pending[0] >> dom.store_port & 1, "the guest is told of the answer");
    is_str(ring_ask(XS_READ, "memory/target", 14), "4096", "the domain's memory in KiB");
    is_str(ring_ask(XS_DIRECTORY, "device/vbd", 11), "ENOENT", "GRUB's question");
    is_str(ring_ask(XS_DIRECTORY, "device", 7), "", "an empty directory");

    /* One byte at a time. */
    hdr = (struct xsd_sockmsg){ .type = XS_READ, .len = 5 };
    for ( unsigned int i = 0; i < sizeof(hdr); i++ )
    {
        guest_send((char *)&hdr + i, 1);
        kick();
    }
    guest_send("na", 2);
    kick();
    is_u64(ring->rsp_prod - ring->rsp_cons, 0, "half a request is not answered");
    guest_send("me", 3);
    kick();
    is_u64(guest_receive(big, 16 + 11), 27, "the whole one is");

    /* More requests at once than the answers' ring holds, and an answer longer than it; indices wrap. */
    ring->req_cons = ring->req_prod = ring->rsp_cons = ring->rsp_prod = 0xfffffff0;
    memset(big, 'x', sizeof(big));
    memcpy(big, "data/x", 7);
    hdr = (struct xsd_sockmsg){ .type = XS_WRITE, .len = 3000 };
    guest_send(&hdr, sizeof(hdr));
    for ( unsigned int at = 0; at < 3000; at += 500 )
    {
        guest_send(big + at, 500);
        kick();
    }
    guest_receive(big, 16 + 3);
    is_str(big + 16, "OK", "a request longer than the ring, with indices that wrap");
    is_u64(strlen(ring_ask(XS_READ, "data/x", 7)), 2993, "and an answer longer than it");
    ring_ask(XS_MKDIR, "data/y", 7);
    hdr = (struct xsd_sockmsg){ .type = XS_READ, .len = 7 };
    for ( unsigned int i = 0; i < 40; i++ )
    {
        guest_send(&hdr, sizeof(hdr));
        guest_send("data/y", 7);
    }
    kick();
    is_u64(guest_receive(big, sizeof(big)), 40 * 16, "forty requests at once are forty answers");
    ring_ask(XS_RM, "data/x", 7);

    /* Lies. */
    hdr = (struct xsd_sockmsg){ .type = XS_WRITE, .len = 5000 };
    memset(big, 'y', sizeof(big));
    guest_send(&hdr, sizeof(hdr));
    kick();
    guest_receive(big, 16 + 6);
    is_str(big + 16, "E2BIG", "a payload too large is refused at its header");
    for ( unsigned int at = 0; at < 5000; at += 500 )
    {
        guest_send(big, 500);
        kick();
    }
    is_str(ring_ask(XS_READ, "domid", 6), "7", "and skipped: the next request is understood");

    ring->req_prod = ring->req_cons + XENSTORE_RING_SIZE + 1;
    kick();
    is_u64(ring->error, XENSTORE_ERROR_RINGIDX,
           "more in the ring than fits: the connection is broken");
    ring->req_prod = ring->req_cons;
    is_str(ring_ask(XS_READ, "domid", 6), "no answer", "for good");
    ring->connection = XENSTORE_RECONNECT;
    kick();
    is_u64(ring->connection, XENSTORE_CONNECTED, "until the guest starts over");
    is_str(ring_ask(XS_READ, "domid", 6), "7", "then it is served again");
    ring->rsp_cons = ring->rsp_prod + 1;
    guest_send(&(struct xsd_sockmsg){ .type = XS_READ, .len = 6 }, 16);
    guest_send("domid", 6);
    kick();
    is_u64(ring->error, XENSTORE_ERROR_RINGIDX, "answers read that were never sent");
    ring_stop();
}

static void test_ring_random(void)
{
    ring_start();
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        uint32_t *words = (uint32_t *)&ring->req_cons;

        if ( rnd(4) == 0 )
            words[rnd(4)] += rnd(3) ? rnd(64) : (uint32_t)random_state;
        if ( rnd(8) == 0 )
            ring->connection = XENSTORE_RECONNECT;
        for ( unsigned int j = rnd(200); j; j-- )
            ring->req[rnd(XENSTORE_RING_SIZE)] = (char)(rnd(3) ? rnd(24) : 0);
        kick();
    }
    pass("20000 rounds with a ring full of nonsense");
    ring_stop();
    dom.store_port = 1;
    ok(!dom.store_ring && !dom.store_server, "stopped");
}

static void test_failing_start(void)
{
    fake_init();
    evtchn_init(&dom);
    machine.direct_map = guest_mem;
    fake_hold_rc = -EINVAL;
    is_int(xenstore_init(&dom, _mfn(8)), -EINVAL, "no server on a page that is not the domain's");
    fake_hold_rc = 0;
    while ( evtchn_alloc_hypervisor(&dom, NULL) )
        continue;
    is_int(xenstore_init(&dom, _mfn(8)), -ENOSPC, "nor without a port");
    ok(!dom.store_ring, "nothing half-started");
    evtchn_destroy(&dom);
}

int main(void)
{
    fake_init();
    test_reading();
    test_bad_requests();
    test_writing();
    test_watches();
    test_watch_limits();
    test_transactions();
    test_full();
    test_big_directory();
    drain_first = false;
    test_random();
    test_ring();
    test_ring_random();
    test_failing_start();
    return done();
}
