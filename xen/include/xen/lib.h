/* SPDX-License-Identifier: GPL-2.0-only */
/* What every file may use: assertions, small arithmetic, mem* and str*. Pure: works in the hypervisor and on a host. */
#ifndef XEN_LIB_H
#define XEN_LIB_H

#include <xen/types.h>

#define ARRAY_SIZE(a)            (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)                ((a) < (b) ? (a) : (b))
#define MAX(a, b)                ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, a)           (((x) + (a)-1) & ~((typeof(x))(a)-1))
#define ROUND_DOWN(x, a)         ((x) & ~((typeof(x))(a)-1))
#define container_of(p, type, m) ((type *)((char *)(p)-offsetof(type, m)))
#define likely(x)                __builtin_expect(!!(x), 1)
#define unlikely(x)              __builtin_expect(!!(x), 0)
#define READ_ONCE(x)             (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)         (*(volatile typeof(x) *)&(x) = (v))
#define barrier()                __asm__ __volatile__("" ::: "memory")
#define __packed                 __attribute__((packed))
#define __aligned(n)             __attribute__((aligned(n)))
#define __noreturn               __attribute__((noreturn))
#define __must_check             __attribute__((warn_unused_result))
#define __printf(fmt, args)      __attribute__((format(printf, fmt, args)))
#define BUILD_BUG_ON(cond)       _Static_assert(!(cond), "!(" #cond ")")

/* For the few loops over all pages of a domain, whatever the rest of their file is compiled for. Clang, which fuzzers are made with, has none. */
#ifdef __clang__
#define __fast
#else
#define __fast __attribute__((optimize("O2")))
#endif

/** Reports a broken hypervisor invariant and stops the machine (metal) or aborts the process (host). Implemented by the port. */
void __noreturn port_bug(const char *file, int line, const char *what);

/** Always on: isolation hangs on the condition. */
#define BUG_ON(cond)                                                                               \
    do                                                                                             \
    {                                                                                              \
        if ( unlikely(cond) )                                                                      \
            port_bug(__FILE__, __LINE__, #cond);                                                   \
    } while ( 0 )
#define BUG() port_bug(__FILE__, __LINE__, "reached")

/** Debug builds only; still type-checked in release builds. */
#ifdef CONFIG_DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(!!(cond)))
#endif

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

#endif /* XEN_LIB_H */
