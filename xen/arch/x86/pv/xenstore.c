/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor as a domain's xenstore server: the ring. What the messages mean is common/xenstore_tree.c's.
 *
 *  1. the two rings: copying with indices that the guest can set to anything
 *  2. one round: take requests, hand out answers and events, for as long as there is both something to do and room
 *  3. starting, stopping
 *
 * A message may arrive in pieces and an answer may leave in pieces; the next request is not looked at before the last
 * answer and its events are on their way. The guest sends an event when it has written, and when it has read.
 *
 * Locks: none; the vCPU that sends the event is the only one.
 */
#include <public/io/xs_wire.h>
#include <xen/backend.h>
#include <xen/printk.h>
#include <xen/xalloc.h>
#include <xen/xenstore.h>

struct store_server
{
    struct xs_conn conn;
    bool
        broken; /* the guest's indices or messages make no sense; until it asks to start over nothing more is done */
    /* The request being received: got bytes of header and payload. */
    char in[XS_MESSAGE_MAX];
    uint32_t got;
    uint32_t skip; /* bytes of an oversized payload still to be thrown away */
    /* The message being sent. */
    char out[XS_MESSAGE_MAX];
    uint32_t out_len, out_sent;
};

/* ---- 1. The rings ------------------------------------------------------------------------------------------------- */

/* Up to @len bytes of requests into @buf (NULL: nowhere). How many; -1: impossible indices. */
static int ring_take(struct xenstore_domain_interface *ring, char *buf, uint32_t len)
{
    uint32_t cons = READ_ONCE(ring->req_cons), n = READ_ONCE(ring->req_prod) - cons;

    if ( n > XENSTORE_RING_SIZE )
        return -1;
    n = MIN(n, len);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* what was written before req_prod */
    for ( uint32_t i = 0; buf && i < n; i++ )
        buf[i] = ring->req[MASK_XENSTORE_IDX(cons + i)];
    __atomic_store_n(&ring->req_cons, cons + n, __ATOMIC_RELEASE);
    return (int)n;
}

/* Up to @len bytes of answers. How many; -1: impossible indices. */
static int ring_put(struct xenstore_domain_interface *ring, const char *buf, uint32_t len)
{
    uint32_t prod = READ_ONCE(ring->rsp_prod), used = prod - READ_ONCE(ring->rsp_cons), n;

    if ( used > XENSTORE_RING_SIZE )
        return -1;
    n = MIN(XENSTORE_RING_SIZE - used, len);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    for ( uint32_t i = 0; i < n; i++ )
        ring->rsp[MASK_XENSTORE_IDX(prod + i)] = buf[i];
    __atomic_store_n(&ring->rsp_prod, prod + n, __ATOMIC_RELEASE);
    return (int)n;
}

/* ---- 2. One round ------------------------------------------------------------------------------------------------- */

enum step
{
    STEP_STUCK,  /* nothing more to do, or no room */
    STEP_MOVED,  /* bytes went one way or the other */
    STEP_BROKEN, /* impossible indices */
};

static enum step send_some(struct store_server *s, struct xenstore_domain_interface *ring)
{
    int n = ring_put(ring, s->out + s->out_sent, s->out_len - s->out_sent);

    if ( n < 0 )
        return STEP_BROKEN;
    s->out_sent += (uint32_t)n;
    if ( s->out_sent == s->out_len )
        s->out_sent = s->out_len = 0;
    return n ? STEP_MOVED : STEP_STUCK;
}

/* Bytes of the message in s->in that there must be before it means something: the header, then all of it. */
static uint32_t wanted(const struct store_server *s)
{
    struct xsd_sockmsg hdr;

    if ( s->got < sizeof(hdr) )
        return sizeof(hdr);
    memcpy(&hdr, s->in, sizeof(hdr));
    return sizeof(hdr) + hdr.len; /* receive_some() never lets a larger one stand */
}

/* The request is complete. */
static void answer(struct store_server *s)
{
    struct xsd_sockmsg hdr;

    memcpy(&hdr, s->in, sizeof(hdr));
    s->got = 0;
    s->out_len = (uint32_t)xs_handle(&s->conn, &hdr, s->in + sizeof(hdr), s->out);
}

/* A header that announces more than can be taken is answered at once, and its payload is thrown away as it comes. */
static void check_header(struct store_server *s)
{
    struct xsd_sockmsg hdr;

    memcpy(&hdr, s->in, sizeof(hdr));
    if ( hdr.len > XS_PAYLOAD_MAX )
    {
        answer(s);
        s->skip = hdr.len;
    }
}

static enum step receive_some(struct store_server *s, struct xenstore_domain_interface *ring)
{
    int n;

    if ( s->skip )
    {
        n = ring_take(ring, NULL, s->skip);
        if ( n > 0 )
            s->skip -= (uint32_t)n;
    }
    else
    {
        n = ring_take(ring, s->in + s->got, wanted(s) - s->got);
        if ( n > 0 )
            s->got += (uint32_t)n;
        if ( n > 0 && s->got == sizeof(struct xsd_sockmsg) )
            check_header(s);
        if ( s->got >= sizeof(struct xsd_sockmsg) && s->got == wanted(s) )
            answer(s);
    }
    return n < 0 ? STEP_BROKEN : n > 0 ? STEP_MOVED : STEP_STUCK;
}

static enum step step(struct store_server *s, struct xenstore_domain_interface *ring)
{
    if ( !s->out_len )
        s->out_len = (uint32_t)xs_next_event(&s->conn, s->out);
    return s->out_len ? send_some(s, ring) : receive_some(s, ring);
}

/* The guest has asked to start over (a new kernel on the same ring). */
static void reconnect(struct store_server *s, struct xenstore_domain_interface *ring)
{
    xs_reset(&s->conn);
    s->got = s->skip = s->out_len = s->out_sent = 0;
    s->broken = false;
    ring->req_cons = ring->req_prod = ring->rsp_cons = ring->rsp_prod = 0;
    WRITE_ONCE(ring->error, XENSTORE_ERROR_NONE);
    __atomic_store_n(&ring->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
}

static struct store_server *server_of(struct domain *d)
{
    return d->store_server;
}

/* The guest's event. The work of a round is bounded by what the rings hold when it begins, as the guest's vCPU is in
 * here. */
static void store_event(struct domain *d)
{
    struct store_server *s = server_of(d);
    struct xenstore_domain_interface *ring = d->store_ring;
    bool moved = false;
    enum step what;

    if ( !ring )
        return;
    if ( READ_ONCE(ring->connection) == XENSTORE_RECONNECT )
    {
        reconnect(s, ring);
        moved = true;
    }
    if ( s->broken )
        return;
    for ( unsigned int i = 0; i < 4 * XENSTORE_RING_SIZE && (what = step(s, ring)) != STEP_STUCK;
          i++ )
    {
        moved = true;
        if ( what != STEP_BROKEN )
            continue;
        s->broken = true;
        WRITE_ONCE(ring->error, XENSTORE_ERROR_RINGIDX);
        gprintk(LOG_WARNING, d, "xenstore: impossible ring indices, not served any more");
        break;
    }
    if ( moved )
        evtchn_notify_guest(d, d->store_port, store_event);
}

/* ---- 3. Starting and stopping ------------------------------------------------------------------------------------- */

static int put_number(struct xs_conn *c, const char *path, uint64_t number)
{
    char value[24];

    snprintf(value, sizeof(value), "%lu", (unsigned long)number);
    return xs_put(c, path, value, false);
}

/* What xl gives a domain, as far as it is true here. The paths below the domain's own home. */
static int fill(struct domain *d, struct xs_conn *c, mfn_t page)
{
    static const struct
    {
        const char *path, *value;
        bool guest;
    } entries[] = {
        { "name", "tenon-guest", false },
        { "cpu/0/availability", "online", false },
        { "device", "", false },
        { "control", "", false },
        { "control/shutdown", "", true },
        { "control/platform-feature-xs_reset_watches", "1", false },
        { "control/feature-poweroff", "", true },
        { "control/feature-reboot", "", true },
        { "control/feature-suspend", "", true },
        { "console/type", "tenon", false },
        { "console/output", "pty", false },
        { "console/limit", "1048576", false },
        { "data", "", true },
        { "drivers", "", true },
        { "feature", "", true },
        { "attr", "", true },
        { "error", "", true },
    };
    char path[XS_PATH_MAX], vm[64];
    int rc = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(entries) && !rc; i++ )
    {
        snprintf(path, sizeof(path), "%s%s", c->home, entries[i].path);
        rc = xs_put(c, path, entries[i].value, entries[i].guest);
    }

#define NUMBER(name, number)                                                                       \
    do                                                                                             \
    {                                                                                              \
        snprintf(path, sizeof(path), "%s%s", c->home, name);                                       \
        if ( !rc )                                                                                 \
            rc = put_number(c, path, number);                                                      \
    } while ( 0 )

    NUMBER("domid", d->id);
    NUMBER("memory/target", d->mm.tot_pages * (PAGE_SIZE / 1024)); /* KiB */
    NUMBER("memory/static-max", MIN(d->mm.max_pages, d->mm.machine->max_mfn) * (PAGE_SIZE / 1024));
    NUMBER("store/port", d->store_port);
    NUMBER("store/ring-ref", mfn_x(page));
    if ( d->console_port )
        NUMBER("console/port", d->console_port);
#undef NUMBER

    snprintf(vm, sizeof(vm), "/vm/%08lx-0000-0000-0000-000000000000", (unsigned long)d->id);
    snprintf(path, sizeof(path), "%svm", c->home);
    if ( !rc )
        rc = xs_put(c, path, vm, false);
    snprintf(path, sizeof(path), "%s/name", vm);
    return rc ? rc : xs_put(c, path, "tenon-guest", false);
}

int xenstore_init(struct domain *d, mfn_t page)
{
    struct store_server *s;
    int rc = domain_hold(&d->mm, page);

    if ( rc )
        return rc;
    s = xzalloc(struct store_server);
    if ( !s )
    {
        domain_unhold(&d->mm, page);
        return -ENOMEM;
    }
    d->store_port = evtchn_alloc_hypervisor(d, store_event);
    xs_init(&s->conn, d->id);
    rc = d->store_port ? fill(d, &s->conn, page) : -ENOSPC;
    if ( rc )
    {
        xfree(struct store_server, s);
        domain_unhold(&d->mm, page);
        return rc;
    }
    d->store_server = s;
    d->store_ring = mfn_to_virt(d->mm.machine, page);
    d->store_ring->server_features =
        XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
    return 0;
}

void xenstore_stop(struct domain *d)
{
    d->store_ring = NULL;
    if ( d->store_server )
        xfree(struct store_server, d->store_server);
    d->store_server = NULL;
}
