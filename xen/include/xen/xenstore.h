/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstore for one guest: a small tree, watches and transactions, all of fixed size. Pure: messages in, messages
 * out; the ring they travel in is pv/xenstore.c's. The wire format is public/io/xs_wire.h's; include that first (its
 * table of error names needs more errnos than the hypervisor has).
 */
#ifndef XEN_XENSTORE_H
#define XEN_XENSTORE_H

#include <xen/types.h>

#define XS_PAYLOAD_MAX 4096
#define XS_MESSAGE_MAX (16 + XS_PAYLOAD_MAX)

#define XS_NODES        160
#define XS_ARENA        12288 /* bytes for all names and values */
#define XS_PATH_MAX     256   /* absolute, with the NUL */
#define XS_TOKEN_MAX    128   /* with the NUL */
#define XS_WATCHES      48
#define XS_TRANSACTIONS 4
#define XS_EVENT_BYTES  2048

/** Name and value are one after the other in the arena. Links are indices, 0 for none: 0 is the root, nobody's child. */
struct xs_node
{
    uint16_t parent, child, next;
    uint16_t at, name_len, value_len;
    bool used;
    bool guest; /* the guest's own: it may write here and below */
};

struct xs_tree
{
    struct xs_node nodes[XS_NODES];
    uint16_t arena_used;
    char arena[XS_ARENA];
};

/** Changes that watches have still to be told of: a kind, a watch number, a path and NUL each. */
struct xs_events
{
    uint16_t used, at;   /* bytes; those before @at are told */
    uint16_t next_watch; /* the entry at @at has been told to the watches before */
    char bytes[XS_EVENT_BYTES];
};

/** A copy of the tree to work on, which replaces the tree if that has not changed meanwhile. */
struct xs_transaction
{
    uint32_t id;         /* 0: unused */
    uint32_t generation; /* of the tree when it was copied */
    bool changed;
    struct xs_tree tree;
    struct xs_events events;
};

struct xs_watch
{
    bool used;
    bool relative; /* the guest named it without /local/domain/<id>/, and is told so */
    char path[XS_PATH_MAX];
    char token[XS_TOKEN_MAX];
};

struct xs_conn
{
    uint16_t domid;
    char home[32]; /* "/local/domain/<id>/" */
    uint32_t generation;
    uint32_t last_id;
    struct xs_tree tree;
    struct xs_transaction transactions[XS_TRANSACTIONS];
    struct xs_watch watches[XS_WATCHES];
    struct xs_events events;
};

/** Start with an empty tree. */
void xs_init(struct xs_conn *c, uint16_t domid);

/** The hypervisor puts a value at an absolute path, making the nodes above it. They are read-only to the guest, but
 * for those that are its own already, and @path itself if @guest. 0; -ENOSPC; -EINVAL. */
int xs_put(struct xs_conn *c, const char *path, const char *value, bool guest);

/** Forget the guest's watches and transactions. */
void xs_reset(struct xs_conn *c);

struct xsd_sockmsg;

/**
 * Answer one request: @payload is hdr->len bytes, at most XS_PAYLOAD_MAX. The answer goes to @reply (XS_MESSAGE_MAX);
 * its length. All events must have been taken before.
 */
size_t xs_handle(struct xs_conn *c, const struct xsd_sockmsg *hdr, const char *payload,
                 char *reply);

/** The next watch event, as a message in @out (XS_MESSAGE_MAX); its length, 0: no more. */
size_t xs_next_event(struct xs_conn *c, char *out);

#endif /* XEN_XENSTORE_H */
