/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/xenstore_tree.c
// options: -max_len=1500
/*
 * A guest's xenstore requests, in any order and in up to four transactions. After each: the answer is one message with the request's
 * identity; the tree is a tree; a request that was refused has changed nothing; what was written is read back; what is the
 * hypervisor's is as it was; events are well-formed, and there is an end to them.
 *
 * A request: type, transaction, name (from a list, or as it stands), length of the rest, the rest. The last byte says whether the store
 * is nearly full to begin with.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include <public/io/xs_wire.h>
#include <errno.h>
#include <xen/lib.h>
#include <xen/xenstore.h>

#define HOME "/local/domain/7/"

static struct xs_conn conn, before;
static char payload[XS_PAYLOAD_MAX], reply[XS_MESSAGE_MAX], event[XS_MESSAGE_MAX];
static struct xsd_sockmsg answer;

static const char *const names[] = {
    "data",
    "data/a",
    "data/a/b",
    "data/a/b/c/d/e/f",
    "data/b",
    "data/",
    "/",
    HOME "data/a",
    HOME "cpu",
    "name",
    "@releaseDomain",
    "@introduceDomain",
    "control",
    "device",
    "",
    "data//a",
};

/* What the hypervisor has put there and the guest may only read. */
static const char *const fixed[][2] = { { HOME "name", "guest" }, { HOME "device", "" } };

/* ---- What must hold -------------------------------------------------------------------------------------------------- */

static unsigned int node_end(const struct xs_node *node)
{
    return (unsigned int)node->at + node->name_len + node->value_len;
}

/* Every link leads somewhere, every node is reached once, names and values fill the arena without a gap or an overlap. */
static void check_tree(const struct xs_tree *t)
{
    unsigned int stack[XS_NODES], top = 0, reached = 1, used = 0, bytes = 0;
    const struct xs_node *all[XS_NODES];

    for ( const struct xs_node *node = t->nodes; node < t->nodes + XS_NODES; node++ )
    {
        if ( !node->used )
            continue;
        bytes += node_end(node) - node->at;
        for ( unsigned int i = 0; i < used; i++ )
            FUZZ_CHECK(node_end(node) <= all[i]->at || node_end(all[i]) <= node->at ||
                           node_end(node) == node->at || node_end(all[i]) == all[i]->at,
                       "two nodes have the same bytes");
        FUZZ_CHECK(node_end(node) <= t->arena_used, "a node beyond the arena");
        all[used++] = node;
    }
    FUZZ_CHECK(bytes == t->arena_used && bytes <= XS_ARENA, "%u of %u bytes have a node", bytes,
               t->arena_used);
    stack[top++] = 0;
    while ( top )
    {
        unsigned int parent = stack[--top];

        for ( unsigned int n = t->nodes[parent].child; n; n = t->nodes[n].next )
        {
            FUZZ_CHECK(n < XS_NODES && t->nodes[n].used && t->nodes[n].parent == parent &&
                           reached < XS_NODES,
                       "node %u is no child of %u", n, parent);
            reached++;
            stack[top++] = n;
        }
    }
    FUZZ_CHECK(used == reached, "%u nodes, %u of them in the tree", used, reached);
}

static bool same_tree(const struct xs_tree *a, const struct xs_tree *b)
{
    return a->arena_used == b->arena_used && memcmp(a->nodes, b->nodes, sizeof(a->nodes)) == 0 &&
           memcmp(a->arena, b->arena, a->arena_used) == 0;
}

static void check_unchanged(void)
{
    FUZZ_CHECK(same_tree(&conn.tree, &before.tree), "refused, but the tree has changed");
    FUZZ_CHECK(conn.generation == before.generation, "refused, but of another generation");
    FUZZ_CHECK(memcmp(conn.watches, before.watches, sizeof(conn.watches)) == 0,
               "refused, but watches have changed");
    FUZZ_CHECK(conn.events.used == before.events.used, "refused, but there are events");
    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
        if ( conn.transactions[i].id )
            FUZZ_CHECK(conn.transactions[i].id == before.transactions[i].id &&
                           same_tree(&conn.transactions[i].tree, &before.transactions[i].tree),
                       "refused, but a transaction has changed");
}

/* ---- Asking ---------------------------------------------------------------------------------------------------------- */

static size_t ask(uint32_t type, uint32_t tx, const char *text, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = 0x4711, .tx_id = tx, .len = (uint32_t)len };
    char *copy = malloc(len ? len : 1);
    size_t n;

    if ( !copy )
        abort();
    memcpy(copy, text, len);
    n = xs_handle(&conn, &hdr, copy, reply);
    free(copy);
    memcpy(&answer, reply, sizeof(answer));
    FUZZ_CHECK(n >= sizeof(answer) && n <= XS_MESSAGE_MAX && answer.len == n - sizeof(answer),
               "an answer of %zu bytes says it has %u", n, answer.len);
    FUZZ_CHECK(answer.req_id == 0x4711 && answer.tx_id == tx &&
                   (answer.type == type || answer.type == XS_ERROR),
               "the answer is to another request");
    FUZZ_CHECK(answer.type != XS_ERROR || (answer.len > 1 && reply[n - 1] == 0),
               "an error without a name");
    return answer.len;
}

static void take_events(void)
{
    unsigned int count = 0;
    size_t n;

    while ( (n = xs_next_event(&conn, event)) != 0 )
    {
        const char *path = event + sizeof(answer);
        struct xsd_sockmsg hdr;
        size_t first;

        memcpy(&hdr, event, sizeof(hdr));
        FUZZ_CHECK(hdr.type == XS_WATCH_EVENT && n == sizeof(hdr) + hdr.len && n <= XS_MESSAGE_MAX,
                   "an event of type %u, %zu bytes", hdr.type, n);
        first = strnlen(path, hdr.len) + 1;
        FUZZ_CHECK(first < hdr.len && first <= XS_PATH_MAX, "an event's path");
        FUZZ_CHECK(first + strnlen(path + first, hdr.len - first) + 1 == hdr.len &&
                       hdr.len - first <= XS_TOKEN_MAX,
                   "an event's token");
        FUZZ_CHECK(++count <= XS_EVENT_BYTES * XS_WATCHES, "events without end");
    }
}

static void check_fixed(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(fixed); i++ )
    {
        size_t len = ask(XS_READ, 0, fixed[i][0], strlen(fixed[i][0]) + 1);

        FUZZ_CHECK(answer.type == XS_READ && len == strlen(fixed[i][1]) &&
                       memcmp(reply + sizeof(answer), fixed[i][1], len) == 0,
                   "the guest has changed %s", fixed[i][0]);
    }
}

/* What a write that was accepted has stored; its payload is name, NUL, value. */
static void check_written(uint32_t tx, size_t len)
{
    size_t name = strlen(payload) + 1;

    ask(XS_READ, tx, payload, name);
    FUZZ_CHECK(answer.type == XS_READ && answer.len == len - name &&
                   memcmp(reply + sizeof(answer), payload + name, len - name) == 0,
               "%s is not what was written", payload);
}

/* Only the end of a transaction lets what happened in one be seen outside, and only if nothing else has happened there since. */
static void check_transactions(uint32_t type, uint32_t tx)
{
    const struct xs_transaction *ours = NULL;

    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
    {
        const struct xs_transaction *was = &before.transactions[i];

        if ( was->id && was->id == tx )
            ours = was;
        else if ( was->id && conn.transactions[i].id )
            FUZZ_CHECK(same_tree(&conn.transactions[i].tree, &was->tree),
                       "a transaction sees what happens outside");
    }
    if ( ours && type == XS_TRANSACTION_END && payload[0] == 'T' && ours->changed )
        FUZZ_CHECK(ours->generation == before.generation && same_tree(&conn.tree, &ours->tree),
                   "the tree is not the transaction's");
    else if ( ours )
        FUZZ_CHECK(same_tree(&conn.tree, &before.tree), "a transaction's change is seen outside");
}

static void step(struct fuzz_in *in)
{
    uint32_t type = fuzz_u8(in) % 25, tx = fuzz_u8(in);
    unsigned int how = fuzz_u8(in);
    size_t rest = fuzz_u8(in), len = 0;

    tx = tx % 6 == 0 ? tx : tx % 6 == 5 ? 0 : conn.transactions[tx % 6 - 1].id;
    if ( !(how & 0x80) )
    {
        len = strlen(names[how % ARRAY_SIZE(names)]) + 1;
        memcpy(payload, names[how % ARRAY_SIZE(names)], len);
    }
    if ( how & 0x40 ) /* many bytes of few */
    {
        memset(payload + len, fuzz_u8(in), rest *= 15);
        len += rest;
    }
    else
        while ( rest-- )
            payload[len++] = (char)fuzz_u8(in);
    if ( how & 0x20 )
        payload[len++] = 0;

    if ( fuzz_verbose )
        printf("type %u tx %u: %zu bytes, %.*s\n", type, tx, len, (int)len, payload);
    fuzz_operations++;
    before = conn;
    ask(type, tx, payload, len);
    check_tree(&conn.tree);
    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
        if ( conn.transactions[i].id )
            check_tree(&conn.transactions[i].tree);
    if ( answer.type == XS_ERROR )
        check_unchanged();
    else
        check_transactions(type, tx);
    if ( answer.type == XS_WRITE )
        check_written(tx, len);
    take_events();
    check_fixed();
}

/* A store in which @left bytes are free: its limits are near. */
static void fill(unsigned int left)
{
    static char many[XS_ARENA];
    size_t path = strlen("fill");

    memset(many, 'x', sizeof(many) - 1);
    many[XS_ARENA - conn.tree.arena_used - path - left] = 0;
    FUZZ_CHECK(xs_put(&conn, HOME "data/fill", many, true) == 0, "it cannot be filled");
    FUZZ_CHECK(XS_ARENA - conn.tree.arena_used == (int)left, "%u bytes are used",
               conn.tree.arena_used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };

    xs_init(&conn, 7);
    xs_put(&conn, HOME "name", "guest", false);
    xs_put(&conn, HOME "device", "", false);
    xs_put(&conn, HOME "data", "", true);
    xs_put(&conn, HOME "control/shutdown", "", true);
    if ( size && (data[size - 1] & 1) )
        fill(data[size - 1] >> 1);
    while ( in.left )
        step(&in);
    return 0;
}
