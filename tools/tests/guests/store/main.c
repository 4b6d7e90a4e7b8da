/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: the xenstore ring is shared memory with a parser behind it. A client's ordinary requests, then what no client should
 * send: each must get an answer or shut the connection, never hang or harm. Only for a domain that is not the initial one.
 */
#include "guest.h"
#include <public/io/xs_wire.h>

const char guest_name[] = "store";

static struct xenstore_domain_interface *ring;
static uint32_t next_id = 1;

static void notify(void)
{
    struct evtchn_send send = { .port = start_info->store_evtchn };

    hyp_event_channel_op(EVTCHNOP_send, &send);
}

/* False when the other side does not take or give for a while. */
static bool ring_put(const void *data, size_t len)
{
    const char *p = data;

    for ( unsigned int tries = 0; len && tries < 10000; )
    {
        uint32_t prod = ring->req_prod,
                 room = XENSTORE_RING_SIZE -
                        (prod - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE));

        if ( !room )
        {
            notify();
            hyp_sched_op(SCHEDOP_yield, NULL);
            tries++;
            continue;
        }
        ring->req[MASK_XENSTORE_IDX(prod)] = *p++;
        len--;
        __atomic_store_n(&ring->req_prod, prod + 1, __ATOMIC_RELEASE);
    }
    notify();
    return !len;
}

static bool ring_get(void *data, size_t len)
{
    char *p = data;

    for ( unsigned int tries = 0; len && tries < 10000; )
    {
        uint32_t cons = ring->rsp_cons;

        if ( cons == __atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) )
        {
            notify();
            hyp_sched_op(SCHEDOP_yield, NULL);
            tries++;
            continue;
        }
        *p++ = ring->rsp[MASK_XENSTORE_IDX(cons)];
        len--;
        __atomic_store_n(&ring->rsp_cons, cons + 1, __ATOMIC_RELEASE);
    }
    notify();
    return !len;
}

static char reply[XENSTORE_PAYLOAD_MAX + 1];
static struct xsd_sockmsg answer;

/* Receive one message. */
static bool receive(void)
{
    if ( !ring_get(&answer, sizeof(answer)) || answer.len > XENSTORE_PAYLOAD_MAX ||
         !ring_get(reply, answer.len) )
        return false;
    reply[answer.len] = '\0';
    return true;
}

static bool ask_raw(uint32_t type, uint32_t tx, const void *payload, uint32_t len)
{
    struct xsd_sockmsg m = { .type = type, .req_id = next_id, .tx_id = tx, .len = len };

    if ( !ring_put(&m, sizeof(m)) || !ring_put(payload, len) )
        return false;
    do
    {
        if ( !receive() )
            return false;
    } while ( answer.type == XS_WATCH_EVENT );
    return answer.req_id == next_id++;
}

/* A request with one string; true when it was answered by its own type. */
static bool ask(uint32_t type, const char *path)
{
    return ask_raw(type, 0, path, (uint32_t)strlen(path) + 1) && answer.type == type;
}

static void refused(uint32_t type, const char *path, const char *error)
{
    check(ask_raw(type, 0, path, (uint32_t)strlen(path) + 1) && answer.type == XS_ERROR &&
              !strcmp(reply, error),
          "request %u \"%s\": %s (got type %u \"%s\")", type, path, error, answer.type, reply);
}

static bool write_node(const char *path, const char *value)
{
    char payload[256];
    size_t plen = strlen(path) + 1, vlen = strlen(value);

    memcpy(payload, path, plen);
    memcpy(payload + plen, value, vlen);
    return ask_raw(XS_WRITE, 0, payload, (uint32_t)(plen + vlen)) && answer.type == XS_WRITE;
}

static void ordinary(void)
{
    static const char watch[] = "device\0token";
    char path[256], domain[256];

    section("ordinary requests");
    check(ask(XS_GET_DOMAIN_PATH, "0"), "our path");
    printf("# %s\n", reply);
    snprintf(domain, sizeof(domain), "%s", reply);
    check(ask(XS_DIRECTORY, domain), "our directory");
    for ( uint32_t i = 0; i < answer.len; i += (uint32_t)strlen(reply + i) + 1 )
        printf("# %s/%s\n", domain, reply + i);
    check(ask(XS_READ, "domid"), "read \"domid\", a relative path");
    check(!strcmp(reply, "0"), "it is \"%s\"", reply);
    snprintf(path, sizeof(path), "%s/domid", domain);
    check(ask(XS_READ, path) && !strcmp(reply, "0"), "the same by its whole path");
    check(ask(XS_READ, "name"), "read \"name\": \"%s\"", reply);
    check(ask(XS_GET_PERMS, path), "permissions of it: \"%s\"", reply);
    refused(XS_READ, "device/vbd", "ENOENT");
    refused(XS_DIRECTORY, "device/vbd", "ENOENT");
    refused(XS_READ, "no/such/node", "ENOENT");
    refused(XS_READ, "", "EINVAL");
    refused(XS_READ, "bad//path", "EINVAL");
    refused(XS_READ, "bad path!", "EINVAL");
    check(write_node("data/test", "hello"), "write \"data/test\"");
    check(ask(XS_READ, "data/test") && !strcmp(reply, "hello"), "and read it: \"%s\"", reply);
    check(ask_raw(XS_WATCH, 0, watch, sizeof(watch)) && answer.type == XS_WATCH,
          "a watch is accepted");
    check(ask_raw(XS_UNWATCH, 0, watch, sizeof(watch)) && answer.type == XS_UNWATCH,
          "and taken back");
    check(ask(XS_RM, "data/test"), "remove the node");
    refused(XS_READ, "data/test", "ENOENT");
    check(ask(XS_TRANSACTION_START, ""), "a transaction starts, number %s", reply);
    uint32_t tx = (uint32_t)(reply[0] - '0');
    check(ask_raw(XS_TRANSACTION_END, tx, "F", 2) && answer.type == XS_TRANSACTION_END,
          "and is dropped");
}

static void odd(void)
{
    static char big[XENSTORE_PAYLOAD_MAX];

    section("odd requests");
    check(ask_raw(XS_INTRODUCE, 0, "1", 2) && answer.type == XS_ERROR, "introduce a domain: %s",
          reply);
    check(ask_raw(99, 0, "x", 2) && answer.type == XS_ERROR, "type 99: %s", reply);
    check(ask_raw(XS_WATCH_EVENT, 0, "x", 2) && answer.type == XS_ERROR,
          "a watch event from us: %s", reply);
    check(ask_raw(XS_READ, 0, "domid", 5) && answer.type == XS_ERROR, "a path without its NUL: %s",
          reply);
    check(ask_raw(XS_READ, 0, "", 0) && answer.type == XS_ERROR, "no payload: %s", reply);
    check(ask_raw(XS_READ, 77, "domid", 6) && answer.type == XS_ERROR, "an unknown transaction: %s",
          reply);
    memset(big, 'a', sizeof(big));
    check(ask_raw(XS_READ, 0, big, sizeof(big)) && answer.type == XS_ERROR,
          "4096 bytes of path: %s", reply);
    check(ask(XS_READ, "domid"), "and the connection still works");
    unsigned int written = 0;
    for ( unsigned int i = 0; i < 2000; i++ )
    {
        char path[32];

        snprintf(path, sizeof(path), "data/n%u", i);
        if ( !write_node(path, "0123456789012345678901234567890123456789") )
            break;
        written++;
    }
    check(written < 2000 && answer.type == XS_ERROR, "the tree is full after %u nodes: %s", written,
          reply);
    check(ask(XS_READ, "domid"), "and the connection still works");
    check(ask(XS_RM, "data"), "remove them all");
}

static void impossible(void)
{
    struct xsd_sockmsg m = { .type = XS_READ, .req_id = 1, .len = 1000000 };

    section("impossible requests");
    check(ring_put(&m, sizeof(m)), "a message of a million bytes is announced");
    for ( unsigned int i = 0; i < 100; i++ )
        hyp_sched_op(SCHEDOP_yield, NULL);
    ring->req_prod += 5000;
    notify();
    ring->rsp_cons -= 5000;
    notify();
    for ( unsigned int i = 0; i < 100; i++ )
        hyp_sched_op(SCHEDOP_yield, NULL);
    check(true, "indices that cannot be: the machine is still alive");
}

void guest_main(void)
{
    if ( initial_domain() || !start_info->store_evtchn )
    {
        skip("no xenstore here");
        return;
    }
    ring = (void *)(mfn_to_pfn(start_info->store_mfn) << 12);
    ordinary();
    odd();
    impossible();
}
