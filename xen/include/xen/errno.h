/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Error numbers, as guests see them (public/errno.h has the same values under XEN_ names). The values are the ones of the
 * host's <errno.h> too, so that host tests may include both.
 */
#ifndef XEN_ERRNO_H
#define XEN_ERRNO_H

#define EPERM      1
#define ENOENT     2
#define ESRCH      3
#define EINTR      4
#define EIO        5
#define ENXIO      6
#define E2BIG      7
#define ENOEXEC    8
#define EBADF      9
#define EAGAIN     11
#define ENOMEM     12
#define EACCES     13
#define EFAULT     14
#define EBUSY      16
#define EEXIST     17
#define EXDEV      18
#define ENODEV     19
#define EINVAL     22
#define ENOSPC     28
#define EROFS      30
#define ERANGE     34
#define EDEADLK    35
#define ENOSYS     38
#define ENODATA    61
#define ETIME      62
#define EOVERFLOW  75
#define EILSEQ     84
#define ERESTART   85 /* never reaches a guest: "stopped half-way, call again" */
#define EOPNOTSUPP 95
#define ETIMEDOUT  110

#endif /* XEN_ERRNO_H */
