/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who we are, and which Xen's ABI we speak. Guests compare the Xen number; people read the rest. A build may define
 * TENON_CHANGESET, TENON_COMPILE_BY, TENON_COMPILE_DOMAIN and TENON_COMPILE_DATE; by default two builds of one source
 * are the same bytes.
 */
#ifndef XEN_VERSION_H
#define XEN_VERSION_H

#define TENON_NAME    "Tenon"
#define TENON_VERSION "0.1"

/* The Xen whose ABI ours is: 4.17, as in Debian 12. */
#define XEN_ABI_MAJOR        4
#define XEN_ABI_MINOR        17
#define XEN_ABI_EXTRAVERSION ".0-tenon"

/* Guests we can run, in the words of XENVER_capabilities. */
#define XEN_ABI_CAPABILITIES "xen-3.0-x86_64"

#ifndef TENON_CHANGESET
#define TENON_CHANGESET "unavailable"
#endif
#ifndef TENON_COMPILE_BY
#define TENON_COMPILE_BY "unknown"
#endif
#ifndef TENON_COMPILE_DOMAIN
#define TENON_COMPILE_DOMAIN "unknown"
#endif
#ifndef TENON_COMPILE_DATE
#define TENON_COMPILE_DATE "unknown"
#endif
#define TENON_COMPILER "gcc " __VERSION__

#endif /* XEN_VERSION_H */
