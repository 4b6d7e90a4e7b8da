/* SPDX-License-Identifier: MIT */
/*
 * Xenstore's page and messages. The page holds two rings of bytes that work like the console's (console.h). A message is a
 * header and up to XENSTORE_PAYLOAD_MAX bytes; the answer has the type and req_id of the request, or type XS_ERROR and an
 * error's name ("ENOENT").
 */
#ifndef __XEN_PUBLIC_IO_XS_WIRE_H__
#define __XEN_PUBLIC_IO_XS_WIRE_H__

#include "../xen-compat.h"

/* How an XS_WRITE of old may create. */
#define XS_WRITE_NONE        "NONE"
#define XS_WRITE_CREATE      "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

#define XS_DEBUG XS_CONTROL /* its first name */

#define XENSTORE_RING_SIZE 1024
/** Position in a ring for an index. */
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))

/* Limits in bytes: exceeding the first breaks the connection, the others are answered with an error. */
#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

/* xenstore_domain_interface.server_features */
#define XENSTORE_SERVER_FEATURE_RECONNECTION 1 /* connection is used */
#define XENSTORE_SERVER_FEATURE_ERROR        2 /* error is used */

/* xenstore_domain_interface.connection */
#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1 /* the guest asks to start over; the server answers by 0 */

/* xenstore_domain_interface.error: why the server gave up */
#define XENSTORE_ERROR_NONE    0
#define XENSTORE_ERROR_COMM    1 /* communication */
#define XENSTORE_ERROR_RINGIDX 2 /* impossible indices */
#define XENSTORE_ERROR_PROTO   3 /* impossible message */

#ifndef __ASSEMBLY__

/** xsd_sockmsg.type */
enum xsd_sockmsg_type
{
    XS_CONTROL = 0,
    XS_DIRECTORY = 1,
    XS_READ = 2,
    XS_GET_PERMS = 3,
    XS_WATCH = 4,
    XS_UNWATCH = 5,
    XS_TRANSACTION_START = 6,
    XS_TRANSACTION_END = 7,
    XS_INTRODUCE = 8,
    XS_RELEASE = 9,
    XS_GET_DOMAIN_PATH = 10,
    XS_WRITE = 11,
    XS_MKDIR = 12,
    XS_RM = 13,
    XS_SET_PERMS = 14,
    XS_WATCH_EVENT = 15, /* from the server, unasked */
    XS_ERROR = 16,       /* answers only */
    XS_IS_DOMAIN_INTRODUCED = 17,
    XS_RESUME = 18,
    XS_SET_TARGET = 19, /* 20 is no longer used */
    XS_RESET_WATCHES = 21,
    XS_DIRECTORY_PART = 22,
    XS_TYPE_COUNT = 23,
    XS_INVALID = 0xffff /* will never be a type */
};

/** Before each message. */
struct xsd_sockmsg
{
    uint32_t type;   /* enum xsd_sockmsg_type */
    uint32_t req_id; /* the sender's choice */
    uint32_t tx_id;  /* transaction, 0: none */
    uint32_t len;    /* bytes that follow */
};

/** Strings in an XS_WATCH_EVENT, in order. */
enum xs_watch_type
{
    XS_WATCH_PATH = 0,
    XS_WATCH_TOKEN = 1
};

/** The errors that XS_ERROR names. The table is there for who has defined the numbers (EINVAL, ...) before. */
struct xsd_errors
{
    int errnum;
    const char *errstring;
};
#ifdef EINVAL
/* clang-format off */
#define XSD_ERROR(x) { x, #x }
#ifdef __GNUC__
__attribute__((unused))
#endif
static const struct xsd_errors xsd_errors[] = {
    XSD_ERROR(EINVAL), XSD_ERROR(EACCES), XSD_ERROR(EEXIST), XSD_ERROR(EISDIR), XSD_ERROR(ENOENT), XSD_ERROR(ENOMEM),
    XSD_ERROR(ENOSPC), XSD_ERROR(EIO), XSD_ERROR(ENOTEMPTY), XSD_ERROR(ENOSYS), XSD_ERROR(EROFS), XSD_ERROR(EBUSY),
    XSD_ERROR(EAGAIN), XSD_ERROR(EISCONN), XSD_ERROR(E2BIG), XSD_ERROR(EPERM),
};
/* clang-format on */
#endif

typedef uint32_t XENSTORE_RING_IDX;

struct xenstore_domain_interface
{
    char req[XENSTORE_RING_SIZE]; /* from the guest */
    char rsp[XENSTORE_RING_SIZE]; /* to the guest */
    XENSTORE_RING_IDX req_cons, req_prod;
    XENSTORE_RING_IDX rsp_cons, rsp_prod;
    uint32_t server_features;
    uint32_t connection;
    uint32_t error;
};

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_IO_XS_WIRE_H__ */
