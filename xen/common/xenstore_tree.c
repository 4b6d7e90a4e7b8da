/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xenstore's logic: what a request does to the tree and what is answered.
 *
 *  1. the tree: nodes in an array, names and values in an arena
 *  2. paths
 *  3. events: what changed, and which watches want to know
 *  4. reading and changing
 *  5. watches
 *  6. transactions
 *  7. requests and answers
 *
 * All input is the guest's. Memory is fixed: what does not fit is refused, and a refused request has changed nothing.
 * Pure. Locks: the caller's.
 */
#include <public/io/xs_wire.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/printk.h>
#include <xen/xenstore.h>

BUILD_BUG_ON(sizeof(struct xsd_sockmsg) != XS_MESSAGE_MAX - XS_PAYLOAD_MAX);
BUILD_BUG_ON(XS_PAYLOAD_MAX != XENSTORE_PAYLOAD_MAX);

/* ---- 1. The tree -------------------------------------------------------------------------------------------------- */

static const char *node_name(const struct xs_tree *t, unsigned int n)
{
    return t->arena + t->nodes[n].at;
}

static const char *node_value(const struct xs_tree *t, unsigned int n)
{
    return t->arena + t->nodes[n].at + t->nodes[n].name_len;
}

/* The child of that name, or 0. */
static unsigned int find_child(const struct xs_tree *t, unsigned int parent, const char *name,
                               size_t len)
{
    unsigned int n = t->nodes[parent].child;

    while ( n && (t->nodes[n].name_len != len || memcmp(node_name(t, n), name, len)) )
        n = t->nodes[n].next;
    return n;
}

/* Close the gap in the arena. */
static void arena_free(struct xs_tree *t, unsigned int at, unsigned int len)
{
    memmove(t->arena + at, t->arena + at + len, t->arena_used - at - len);
    t->arena_used = (uint16_t)(t->arena_used - len);
    for ( unsigned int n = 0; n < XS_NODES; n++ )
        if ( t->nodes[n].used && t->nodes[n].at > at )
            t->nodes[n].at = (uint16_t)(t->nodes[n].at - len);
}

/* The new node's number, or 0: no room. */
static unsigned int add_child(struct xs_tree *t, unsigned int parent, const char *name, size_t len,
                              bool guest)
{
    unsigned int n = 1;
    uint16_t *link;

    while ( n < XS_NODES && t->nodes[n].used )
        n++;
    if ( n == XS_NODES || len > (size_t)(XS_ARENA - t->arena_used) )
        return 0;

    t->nodes[n] = (struct xs_node){ .used = true,
                                    .guest = guest,
                                    .parent = (uint16_t)parent,
                                    .at = t->arena_used,
                                    .name_len = (uint16_t)len };
    memcpy(t->arena + t->arena_used, name, len);
    t->arena_used = (uint16_t)(t->arena_used + len);
    /* Last of its siblings: directories are listed in the order of creation. */
    for ( link = &t->nodes[parent].child; *link; link = &t->nodes[*link].next )
        continue;
    *link = (uint16_t)n;
    return n;
}

/* False: no room, nothing has changed. */
static bool set_value(struct xs_tree *t, unsigned int n, const char *value, size_t len)
{
    struct xs_node *node = &t->nodes[n];
    char name[XS_PATH_MAX];

    if ( len > (size_t)(XS_ARENA - t->arena_used) + node->value_len )
        return false;
    /* Name and value move to the end of the arena. */
    memcpy(name, node_name(t, n), node->name_len);
    arena_free(t, node->at, (unsigned int)node->name_len + node->value_len);
    node->at = t->arena_used;
    node->value_len = (uint16_t)len;
    memcpy(t->arena + node->at, name, node->name_len);
    memcpy(t->arena + node->at + node->name_len, value, len);
    t->arena_used = (uint16_t)(t->arena_used + node->name_len + len);
    return true;
}

static void remove_leaf(struct xs_tree *t, unsigned int n)
{
    uint16_t *link = &t->nodes[t->nodes[n].parent].child;

    while ( *link != n )
        link = &t->nodes[*link].next;
    *link = t->nodes[n].next;
    t->nodes[n].used = false;
    arena_free(t, t->nodes[n].at, (unsigned int)t->nodes[n].name_len + t->nodes[n].value_len);
}

static void remove_subtree(struct xs_tree *t, unsigned int top)
{
    unsigned int n = top;

    for ( ;; )
    {
        unsigned int parent = t->nodes[n].parent;

        if ( t->nodes[n].child )
        {
            n = t->nodes[n].child;
            continue;
        }
        remove_leaf(t, n);
        if ( n == top )
            return;
        n = parent;
    }
}

/* ---- 2. Paths ----------------------------------------------------------------------------------------------------- */

static bool path_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '@' || c == '/';
}

/* "/a/b": no empty parts, nothing odd. */
static bool path_ok(const char *path)
{
    size_t len = strlen(path);

    if ( path[0] != '/' || (len > 1 && path[len - 1] == '/') )
        return false;
    for ( size_t i = 0; i < len; i++ )
        if ( !path_char(path[i]) || (path[i] == '/' && path[i + 1] == '/') )
            return false;
    return true;
}

/* The absolute form of what the guest wrote. -EINVAL: no path, or too long for us. */
static int absolute(const struct xs_conn *c, const char *name, char path[XS_PATH_MAX])
{
    int len = snprintf(path, XS_PATH_MAX, "%s%s", name[0] == '/' ? "" : c->home, name);

    return name[0] && len < XS_PATH_MAX && path_ok(path) ? 0 : -EINVAL;
}

/* The next part of a path: its length; *path moves behind it. 0 at the end. */
static size_t next_part(const char **path, const char **part)
{
    size_t len = 0;

    while ( **path == '/' )
        (*path)++;
    *part = *path;
    while ( (*path)[len] && (*path)[len] != '/' )
        len++;
    *path += len;
    return len;
}

/* As far down the path as nodes are. The last one; *rest is what of the path has no node. */
static unsigned int walk(const struct xs_tree *t, const char *path, const char **rest)
{
    unsigned int n = 0;

    for ( ;; )
    {
        const char *part;
        size_t len;
        unsigned int child;

        *rest = path;
        len = next_part(&path, &part);
        if ( !len || !(child = find_child(t, n, part, len)) )
            return n;
        n = child;
    }
}

static bool path_ended(const char *rest)
{
    return !rest[0] || (rest[0] == '/' && !rest[1]);
}

/* Is @path the same as @top, or below it? */
static bool at_or_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    if ( len == 1 ) /* the root */
        return path[0] == '/';
    return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/* ---- 3. Events ---------------------------------------------------------------------------------------------------- */

enum event_kind
{
    EVENT_CHANGED = 1,
    EVENT_REMOVED, /* with all below */
    EVENT_FIRST,   /* every watch fires once when it is set */
};

static bool events_room(const struct xs_events *e, const char *path)
{
    return strlen(path) + 3 <= (size_t)(XS_EVENT_BYTES - e->used);
}

/* events_room() said yes. */
static void note_event(struct xs_events *e, enum event_kind kind, unsigned int watch,
                       const char *path)
{
    size_t len = strlen(path) + 1;

    e->bytes[e->used] = (char)kind;
    e->bytes[e->used + 1] = (char)watch;
    memcpy(&e->bytes[e->used + 2], path, len);
    e->used = (uint16_t)(e->used + 2 + len);
}

/* What watch @w is told about a change of @path: a path, or NULL if it is none of its business. */
static const char *event_path(const struct xs_watch *w, enum event_kind kind, const char *path)
{
    if ( kind == EVENT_FIRST || at_or_below(path, w->path) )
        return path;
    return kind == EVENT_REMOVED && at_or_below(w->path, path) ? w->path : NULL;
}

static size_t message(char *out, uint32_t type, uint32_t req_id, uint32_t tx_id, size_t len)
{
    const struct xsd_sockmsg hdr = {
        .type = type, .req_id = req_id, .tx_id = tx_id, .len = (uint32_t)len
    };

    memcpy(out, &hdr, sizeof(hdr));
    return sizeof(hdr) + len;
}

static size_t event_message(const struct xs_conn *c, const struct xs_watch *w, const char *path,
                            char *out)
{
    char *body = out + sizeof(struct xsd_sockmsg);
    size_t path_len, token_len = strlen(w->token) + 1;

    if ( w->relative )
        path += strlen(c->home);
    path_len = strlen(path) + 1;
    memcpy(body, path, path_len);
    memcpy(body + path_len, w->token, token_len);
    return message(out, XS_WATCH_EVENT, 0, 0, path_len + token_len);
}

size_t xs_next_event(struct xs_conn *c, char *out)
{
    struct xs_events *e = &c->events;

    while ( e->at < e->used )
    {
        enum event_kind kind = (enum event_kind)e->bytes[e->at];
        unsigned int only = (unsigned char)e->bytes[e->at + 1];
        const char *path = &e->bytes[e->at + 2];

        while ( e->next_watch < XS_WATCHES )
        {
            unsigned int i = e->next_watch++;
            const struct xs_watch *w = &c->watches[i];
            const char *tell;

            if ( !w->used || (kind == EVENT_FIRST && i != only) )
                continue;
            tell = event_path(w, kind, path);
            if ( tell )
                return event_message(c, w, tell, out);
        }
        e->next_watch = 0;
        e->at = (uint16_t)(e->at + 2 + strlen(path) + 1);
    }
    e->used = e->at = 0;
    return 0;
}

/* ---- 4. Reading and changing -------------------------------------------------------------------------------------- */

/* A request being answered. */
struct request
{
    struct xs_conn *c;
    struct xs_transaction *tx; /* NULL: outside */
    struct xs_tree *tree;
    struct xs_events *events;
    const char *payload;
    size_t len;
    char path[XS_PATH_MAX]; /* of the first argument */
    char *out;              /* XS_PAYLOAD_MAX */
    size_t out_len;
};

static int reply(struct request *r, const char *data, size_t len)
{
    if ( len > XS_PAYLOAD_MAX - r->out_len )
        return -E2BIG;
    memcpy(r->out + r->out_len, data, len);
    r->out_len += len;
    return 0;
}

static int reply_ok(struct request *r)
{
    return reply(r, "OK", 3);
}

/* String number @n of the payload, or NULL. */
static const char *arg(const struct request *r, unsigned int n)
{
    size_t at = 0;

    for ( ;; )
    {
        size_t len = strnlen(r->payload + at, r->len - at);

        if ( at + len == r->len )
            return NULL; /* not terminated, or no more */
        if ( n-- == 0 )
            return r->payload + at;
        at += len + 1;
    }
}

/* Is the payload @n strings and nothing else? */
static bool args_are(const struct request *r, unsigned int n)
{
    const char *last = arg(r, n - 1);

    return last && last + strlen(last) + 1 == r->payload + r->len;
}

/* The first argument is a path. */
static int path_arg(struct request *r)
{
    const char *name = arg(r, 0);

    return name ? absolute(r->c, name, r->path) : -EINVAL;
}

/* As above, and it is the only argument and names a node. */
static int node_arg(struct request *r, unsigned int *n)
{
    const char *rest;
    int rc = args_are(r, 1) ? path_arg(r) : -EINVAL;

    if ( rc )
        return rc;
    *n = walk(r->tree, r->path, &rest);
    return path_ended(rest) ? 0 : -ENOENT;
}

static void changed(struct request *r, enum event_kind kind)
{
    note_event(r->events, kind, 0, r->path);
    if ( r->tx )
        r->tx->changed = true;
    else
        r->c->generation++;
}

static int op_read(struct request *r)
{
    unsigned int n;
    int rc = node_arg(r, &n);

    return rc ? rc : reply(r, node_value(r->tree, n), r->tree->nodes[n].value_len);
}

static int op_directory(struct request *r)
{
    unsigned int n;
    int rc = node_arg(r, &n);

    if ( rc )
        return rc;
    for ( n = r->tree->nodes[n].child; n && !rc; n = r->tree->nodes[n].next )
    {
        rc = reply(r, node_name(r->tree, n), r->tree->nodes[n].name_len);
        if ( !rc )
            rc = reply(r, "", 1);
    }
    return rc;
}

/* First the owner and what everybody else may, then others by number: n none, r read. */
static int op_get_perms(struct request *r)
{
    char perms[32];
    unsigned int n;
    int len, rc = node_arg(r, &n);

    if ( rc )
        return rc;
    if ( r->tree->nodes[n].guest )
        len = snprintf(perms, sizeof(perms), "n%u", r->c->domid);
    else
        len = snprintf(perms, sizeof(perms), "n0%cr%u", 0, r->c->domid);
    return reply(r, perms, (size_t)len + 1);
}

/* How many nodes and bytes of names the rest of a path needs. */
static void measure(const char *rest, unsigned int *nodes, size_t *bytes)
{
    const char *part;
    size_t len;

    *nodes = 0;
    *bytes = 0;
    while ( (len = next_part(&rest, &part)) )
    {
        (*nodes)++;
        *bytes += len;
    }
}

static unsigned int free_nodes(const struct xs_tree *t)
{
    unsigned int n = 0;

    for ( unsigned int i = 1; i < XS_NODES; i++ )
        n += !t->nodes[i].used;
    return n;
}

/* Make the nodes of @rest below @n, and leave room for @value_len more. The last one's number, or -ENOSPC: nothing
 * was made. */
static int make_path(struct xs_tree *t, unsigned int n, const char *rest, bool guest,
                     size_t value_len)
{
    const char *part;
    unsigned int nodes;
    size_t bytes, len;

    measure(rest, &nodes, &bytes);
    if ( nodes > free_nodes(t) || bytes + value_len > (size_t)(XS_ARENA - t->arena_used) )
        return -ENOSPC;
    while ( (len = next_part(&rest, &part)) )
    {
        n = add_child(t, n, part, len, guest);
        BUG_ON(!n);
    }
    return (int)n;
}

/* The node to write to, made if it is not there: -EACCES, -ENOSPC. */
static int writable_node(struct request *r, size_t value_len)
{
    const char *rest;
    unsigned int n = walk(r->tree, r->path, &rest);

    if ( !r->tree->nodes[n].guest )
        return -EACCES;
    if ( !events_room(r->events, r->path) )
        return -ENOSPC;
    return path_ended(rest) ? (int)n : make_path(r->tree, n, rest, true, value_len);
}

static int op_write(struct request *r)
{
    const char *value;
    size_t len;
    int n, rc = path_arg(r);

    if ( rc )
        return rc;
    value = r->payload + strlen(r->payload) + 1;
    len = (size_t)(r->payload + r->len - value);
    n = writable_node(r, len);
    if ( n < 0 )
        return n;
    if ( !set_value(r->tree, (unsigned int)n, value, len) )
        return -ENOSPC;
    changed(r, EVENT_CHANGED);
    return reply_ok(r);
}

static int op_mkdir(struct request *r)
{
    const char *rest;
    int n, rc = args_are(r, 1) ? path_arg(r) : -EINVAL;

    if ( rc )
        return rc;
    (void)walk(r->tree, r->path, &rest);
    if ( path_ended(rest) )
        return reply_ok(r); /* it is there already: nothing changes */
    n = writable_node(r, 0);
    if ( n < 0 )
        return n;
    changed(r, EVENT_CHANGED);
    return reply_ok(r);
}

static int op_rm(struct request *r)
{
    const char *rest, *part;
    unsigned int n;
    int rc = args_are(r, 1) ? path_arg(r) : -EINVAL;

    if ( rc )
        return rc;
    n = walk(r->tree, r->path, &rest);
    if ( !path_ended(rest) )
    {
        /* Removing what is not there is fine if only the last part is missing. */
        (void)next_part(&rest, &part);
        return path_ended(rest) ? reply_ok(r) : -ENOENT;
    }
    if ( n == 0 )
        return -EINVAL;
    if ( !r->tree->nodes[n].guest )
        return -EACCES;
    if ( !events_room(r->events, r->path) )
        return -ENOSPC;
    remove_subtree(r->tree, n);
    changed(r, EVENT_REMOVED);
    return reply_ok(r);
}

/* ---- 5. Watches --------------------------------------------------------------------------------------------------- */

/* The path to watch: a node's, there or not, or one of the two events that are not about nodes. */
static int watch_path(struct request *r)
{
    const char *name = arg(r, 0);

    if ( !name || !args_are(r, 2) )
        return -EINVAL;
    if ( name[0] != '@' )
        return absolute(r->c, name, r->path);
    if ( strcmp(name, "@introduceDomain") && strcmp(name, "@releaseDomain") )
        return -EINVAL;
    memcpy(r->path, name, strlen(name) + 1);
    return 0;
}

static struct xs_watch *find_watch(struct xs_conn *c, const char *path, const char *token)
{
    for ( unsigned int i = 0; i < XS_WATCHES; i++ )
        if ( c->watches[i].used && !strcmp(c->watches[i].path, path) &&
             !strcmp(c->watches[i].token, token) )
            return &c->watches[i];
    return NULL;
}

static int op_watch(struct request *r)
{
    const char *token;
    unsigned int i = 0;
    int rc = watch_path(r);

    if ( rc )
        return rc;
    token = arg(r, 1);
    if ( strlen(token) >= XS_TOKEN_MAX )
        return -E2BIG;
    if ( find_watch(r->c, r->path, token) )
        return -EEXIST;
    while ( i < XS_WATCHES && r->c->watches[i].used )
        i++;
    if ( i == XS_WATCHES )
        return -E2BIG;

    memcpy(r->c->watches[i].path, r->path, strlen(r->path) + 1);
    memcpy(r->c->watches[i].token, token, strlen(token) + 1);
    r->c->watches[i].relative = r->payload[0] != '/' && r->payload[0] != '@';
    r->c->watches[i].used = true;
    note_event(&r->c->events, EVENT_FIRST, i, r->path);
    return reply_ok(r);
}

static int op_unwatch(struct request *r)
{
    struct xs_watch *w;
    int rc = watch_path(r);

    if ( rc )
        return rc;
    w = find_watch(r->c, r->path, arg(r, 1));
    if ( !w )
        return -ENOENT;
    w->used = false;
    return reply_ok(r);
}

static int op_reset_watches(struct request *r)
{
    xs_reset(r->c);
    return reply_ok(r);
}

/* ---- 6. Transactions ---------------------------------------------------------------------------------------------- */

static struct xs_transaction *find_transaction(struct xs_conn *c, uint32_t id)
{
    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
        if ( c->transactions[i].id == id )
            return &c->transactions[i];
    return NULL;
}

/* -EBUSY: there are no transactions in transactions; -ENOSPC: too many at once. */
static int op_start(struct request *r)
{
    struct xs_transaction *tx = find_transaction(r->c, 0);
    char id[16];
    int len;

    if ( r->tx )
        return -EBUSY;
    if ( !tx )
        return -ENOSPC;
    do
        r->c->last_id++;
    while ( !r->c->last_id || find_transaction(r->c, r->c->last_id) );
    tx->id = r->c->last_id;
    tx->generation = r->c->generation;
    tx->changed = false;
    tx->tree = r->c->tree;
    tx->events.used = tx->events.at = tx->events.next_watch = 0;
    len = snprintf(id, sizeof(id), "%u", tx->id);
    return reply(r, id, (size_t)len + 1);
}

/* -ENOENT: not in one; -EAGAIN: the tree has changed since it began, nothing was done. */
static int op_end(struct request *r)
{
    const char *how = arg(r, 0);
    struct xs_transaction *tx = r->tx;
    struct xs_conn *c = r->c;

    if ( !tx )
        return -ENOENT;
    if ( !how || !args_are(r, 1) || (strcmp(how, "T") && strcmp(how, "F")) )
        return -EINVAL;
    tx->id = 0;
    if ( how[0] == 'F' || !tx->changed )
        return reply_ok(r);
    if ( tx->generation != c->generation )
        return -EAGAIN;
    c->tree = tx->tree;
    c->events = tx->events;
    c->generation++;
    return reply_ok(r);
}

/* ---- 7. Requests and answers -------------------------------------------------------------------------------------- */

/* The only argument is a domain's number. */
static int domid_arg(const struct request *r, unsigned int *domid)
{
    const char *s = arg(r, 0);

    *domid = 0;
    if ( !s || !*s || !args_are(r, 1) )
        return -EINVAL;
    for ( ; *s; s++ )
    {
        if ( *s < '0' || *s > '9' )
            return -EINVAL;
        *domid = *domid * 10 + (unsigned int)(*s - '0');
        if ( *domid > 0xffff )
            return -EINVAL;
    }
    return 0;
}

static int op_get_domain_path(struct request *r)
{
    char path[32];
    unsigned int domid;
    int len, rc = domid_arg(r, &domid);

    if ( rc )
        return rc;
    len = snprintf(path, sizeof(path), "/local/domain/%u", domid);
    return reply(r, path, (size_t)len + 1);
}

static int op_is_introduced(struct request *r)
{
    unsigned int domid;
    int rc = domid_arg(r, &domid);

    return rc ? rc : reply(r, domid == r->c->domid ? "T" : "F", 2);
}

/* For domains that manage others: well-formed requests are not permitted to this one. */
static int op_introduce(struct request *r)
{
    return arg(r, 2) ? -EACCES : -EINVAL; /* domid, frame, port */
}

static int op_set_target(struct request *r)
{
    return arg(r, 1) ? -EACCES : -EINVAL; /* domid, domid */
}

static int op_privileged(struct request *r)
{
    return arg(r, 0) ? -EACCES : -EINVAL; /* domid, or command */
}

static int (*const ops[])(struct request *r) = {
    [XS_CONTROL] = op_privileged,
    [XS_DIRECTORY] = op_directory,
    [XS_READ] = op_read,
    [XS_GET_PERMS] = op_get_perms,
    [XS_WATCH] = op_watch,
    [XS_UNWATCH] = op_unwatch,
    [XS_TRANSACTION_START] = op_start,
    [XS_TRANSACTION_END] = op_end,
    [XS_INTRODUCE] = op_introduce,
    [XS_RELEASE] = op_privileged,
    [XS_GET_DOMAIN_PATH] = op_get_domain_path,
    [XS_WRITE] = op_write,
    [XS_MKDIR] = op_mkdir,
    [XS_RM] = op_rm,
    [XS_IS_DOMAIN_INTRODUCED] = op_is_introduced,
    [XS_RESUME] = op_privileged,
    [XS_SET_TARGET] = op_set_target,
    [XS_RESET_WATCHES] = op_reset_watches,
};

static int run(struct request *r, const struct xsd_sockmsg *hdr)
{
    if ( hdr->len > XS_PAYLOAD_MAX )
        return -E2BIG;
    if ( hdr->type >= ARRAY_SIZE(ops) || !ops[hdr->type] )
        return -ENOSYS;
    if ( hdr->tx_id )
    {
        r->tx = find_transaction(r->c, hdr->tx_id);
        if ( !r->tx )
            return -ENOENT;
        r->tree = &r->tx->tree;
        r->events = &r->tx->events;
    }
    return ops[hdr->type](r);
}

static const char *error_name(int rc)
{
    switch ( -rc )
    {
    case ENOENT: return "ENOENT";
    case EACCES: return "EACCES";
    case EEXIST: return "EEXIST";
    case ENOSPC: return "ENOSPC";
    case ENOSYS: return "ENOSYS";
    case E2BIG: return "E2BIG";
    case EBUSY: return "EBUSY";
    case EAGAIN: return "EAGAIN";
    default: return "EINVAL";
    }
}

size_t xs_handle(struct xs_conn *c, const struct xsd_sockmsg *hdr, const char *payload, char *out)
{
    struct request r = { .c = c,
                         .tree = &c->tree,
                         .events = &c->events,
                         .payload = payload,
                         .len = hdr->len,
                         .out = out + sizeof(*hdr) };
    int rc = run(&r, hdr);
    uint32_t type = hdr->type;

    if ( rc )
    {
        const char *name = error_name(rc);

        type = XS_ERROR;
        r.out_len = strlen(name) + 1;
        memcpy(r.out, name, r.out_len);
    }
    return message(out, type, hdr->req_id, hdr->tx_id, r.out_len);
}

void xs_reset(struct xs_conn *c)
{
    for ( unsigned int i = 0; i < XS_WATCHES; i++ )
        c->watches[i].used = false;
    for ( unsigned int i = 0; i < XS_TRANSACTIONS; i++ )
        c->transactions[i].id = 0;
    c->events.used = c->events.at = c->events.next_watch = 0;
}

void xs_init(struct xs_conn *c, uint16_t domid)
{
    memset(c, 0, sizeof(*c));
    c->domid = domid;
    c->tree.nodes[0].used = true;
    snprintf(c->home, sizeof(c->home), "/local/domain/%u/", domid);
}

int xs_put(struct xs_conn *c, const char *path, const char *value, bool guest)
{
    const char *rest;
    unsigned int n;
    int made;

    if ( strlen(path) >= XS_PATH_MAX || !path_ok(path) )
        return -EINVAL;
    n = walk(&c->tree, path, &rest);
    made = path_ended(rest) ? (int)n
                            : make_path(&c->tree, n, rest, c->tree.nodes[n].guest, strlen(value));
    if ( made < 0 || !set_value(&c->tree, (unsigned int)made, value, strlen(value)) )
        return -ENOSPC;
    if ( guest )
        c->tree.nodes[made].guest = true;
    return 0;
}
