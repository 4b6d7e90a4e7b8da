/* SPDX-License-Identifier: MIT */
/*
 * Errors, as hypercalls return them (negative). In C the enum below; assembly gets the same names as symbols. Who wants the
 * list in another form defines XEN_ERRNO(name, value) before including this, as often as needed.
 */
#ifndef __XEN_PUBLIC_ERRNO_H__
#define __XEN_PUBLIC_ERRNO_H__

/* clang-format off */
#define XEN_ERRNO_LIST(error)                                                                      \
    error(EPERM, 1)             /* not permitted */                                                \
    error(ENOENT, 2)            /* no such thing */                                                \
    error(ESRCH, 3)             /* no such domain */                                               \
    error(EINTR, 4)             /* interrupted; never seen by guests */                            \
    error(EIO, 5)               /* device error */                                                 \
    error(ENXIO, 6)             /* no such address or device */                                    \
    error(E2BIG, 7)             /* too many arguments */                                           \
    error(ENOEXEC, 8)           /* not an image that can run */                                    \
    error(EBADF, 9)                                                                                \
    error(ECHILD, 10)                                                                              \
    error(EAGAIN, 11)           /* try again */                                                    \
    error(EWOULDBLOCK, 11)                                                                         \
    error(ENOMEM, 12)           /* out of memory */                                                \
    error(EACCES, 13)           /* refused by policy */                                            \
    error(EFAULT, 14)           /* a pointer leads nowhere */                                      \
    error(EBUSY, 16)            /* in use */                                                       \
    error(EEXIST, 17)           /* there already */                                                \
    error(EXDEV, 18)                                                                               \
    error(ENODEV, 19)           /* no such device */                                               \
    error(ENOTDIR, 20)                                                                             \
    error(EISDIR, 21)                                                                              \
    error(EINVAL, 22)           /* bad argument */                                                 \
    error(ENFILE, 23)                                                                              \
    error(EMFILE, 24)                                                                              \
    error(ENOSPC, 28)           /* no room */                                                      \
    error(EROFS, 30)            /* read-only */                                                    \
    error(EMLINK, 31)                                                                              \
    error(EDOM, 33)                                                                                \
    error(ERANGE, 34)           /* out of range */                                                 \
    error(EDEADLK, 35)                                                                             \
    error(EDEADLOCK, 35)                                                                           \
    error(ENAMETOOLONG, 36)                                                                        \
    error(ENOLCK, 37)                                                                              \
    error(ENOSYS, 38)           /* no such hypercall or command */                                 \
    error(ENOTEMPTY, 39)                                                                           \
    error(ENODATA, 61)                                                                             \
    error(ETIME, 62)            /* in the past */                                                  \
    error(EBADMSG, 74)                                                                             \
    error(EOVERFLOW, 75)        /* does not fit */                                                 \
    error(EILSEQ, 84)                                                                              \
    error(ERESTART, 85)         /* to be continued; never seen by guests */                        \
    error(ENOTSOCK, 88)                                                                            \
    error(EMSGSIZE, 90)                                                                            \
    error(EOPNOTSUPP, 95)       /* known, but not supported */                                     \
    error(EADDRINUSE, 98)                                                                          \
    error(EADDRNOTAVAIL, 99)                                                                       \
    error(ENOBUFS, 105)                                                                            \
    error(EISCONN, 106)                                                                            \
    error(ENOTCONN, 107)                                                                           \
    error(ETIMEDOUT, 110)                                                                          \
    error(ECONNREFUSED, 111)
/* clang-format on */

#ifndef XEN_ERRNO
#ifdef __ASSEMBLY__
#define XEN_ERRNO_DEFINE_(name, value) .equ XEN_##name, value;
XEN_ERRNO_LIST(XEN_ERRNO_DEFINE_)
#else
#define XEN_ERRNO_DEFINE_(name, value) XEN_##name = value,
/* The last name is there so that no comma comes last, which old compilers refuse. */
enum xen_errno
{
    XEN_ERRNO_LIST(XEN_ERRNO_DEFINE_) XEN_ERRNO_END_ = 0
};
#endif
#undef XEN_ERRNO_DEFINE_
#endif

#endif /* __XEN_PUBLIC_ERRNO_H__ */

#ifdef XEN_ERRNO
XEN_ERRNO_LIST(XEN_ERRNO)
#undef XEN_ERRNO
#endif
