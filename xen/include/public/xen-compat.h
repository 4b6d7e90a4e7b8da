/* SPDX-License-Identifier: MIT */
/*
 * Which age of the interface a program was written for, and the fixed-width integers all other headers use.
 *
 * A guest may define __XEN_INTERFACE_VERSION__ (0xMMMMmmrr) before the first include. It then gets the names and layouts
 * which that release of Xen gave its guests, also where a later release changed them.
 *
 * A guest that defines nothing gets __XEN_DEFAULT_INTERFACE_VERSION__: the newest age in which every structure still has
 * the layout of the documents this ABI was built from (docs/abi.md, "Interface version"). The hypervisor itself always
 * uses the latest.
 */
#ifndef __XEN_PUBLIC_XEN_COMPAT_H__
#define __XEN_PUBLIC_XEN_COMPAT_H__

#define __XEN_LATEST_INTERFACE_VERSION__  0x00040e00
#define __XEN_DEFAULT_INTERFACE_VERSION__ 0x00040500

#if defined(__XEN__) || defined(__XEN_TOOLS__)
/* Built together with these headers: nothing old to be compatible with. */
#undef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif !defined(__XEN_INTERFACE_VERSION__)
#define __XEN_INTERFACE_VERSION__ __XEN_DEFAULT_INTERFACE_VERSION__
#define XEN_INTERFACE_IS_DEFAULT  1
#endif

#if __XEN_INTERFACE_VERSION__ > __XEN_LATEST_INTERFACE_VERSION__
#error "This interface version is newer than these headers: lower __XEN_INTERFACE_VERSION__."
#endif

/*
 * uint8_t and so on come from the compiler's own <stdint.h>. A kernel with its own definitions declares them first and
 * defines XEN_PUBLIC_NO_STDINT; so does one whose compiler has no such header.
 */
#if !defined(__ASSEMBLY__) && !defined(XEN_PUBLIC_NO_STDINT)
#include <stdint.h>
#endif

/* Some fields have two names in one place. Anonymous members say so; this keeps strict C99 and C++ quiet about them. */
#ifdef __GNUC__
#define XEN_ANONYMOUS __extension__
#else
#define XEN_ANONYMOUS
#endif

#ifndef __ASSEMBLY__

/* The length to give an array that ends a structure and is as long as the caller makes it. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L
#define XEN_FLEX_ARRAY_DIM
#elif defined(__GNUC__)
#define XEN_FLEX_ARRAY_DIM 0
#else
#define XEN_FLEX_ARRAY_DIM 1
#endif
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

/* A number with the suffix that gives it the type named, and without one in assembly. */
#define __xen_mk_uint(x)   x##U
#define __xen_mk_ulong(x)  x##UL
#define __xen_mk_ullong(x) x##ULL
#define xen_mk_uint(x)     __xen_mk_uint(x)
#define xen_mk_ulong(x)    __xen_mk_ulong(x)
#define xen_mk_ullong(x)   __xen_mk_ullong(x)
/* The older name of the same idea. */
#define __mk_unsigned_long(x) x##UL
#define mk_unsigned_long(x)   __mk_unsigned_long(x)

#else /* __ASSEMBLY__ */

#define xen_mk_uint(x)      x
#define xen_mk_ulong(x)     x
#define xen_mk_ullong(x)    x
#define mk_unsigned_long(x) x

#endif /* __ASSEMBLY__ */

#endif /* __XEN_PUBLIC_XEN_COMPAT_H__ */
