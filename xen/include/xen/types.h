/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Basic types, and the three kinds of number that must never be mixed up: machine frame numbers, guest pseudo-physical
 * frame numbers and machine addresses. Each is a struct of its own in every build, so the compiler refuses a mix-up.
 */
#ifndef XEN_TYPES_H
#define XEN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/** Machine frame number: machine address >> 12. */
typedef struct
{
    uint64_t n;
} mfn_t;

/** Guest pseudo-physical frame number. */
typedef struct
{
    uint64_t n;
} pfn_t;

/** Machine (physical, host) address in bytes. */
typedef struct
{
    uint64_t a;
} maddr_t;

#define INVALID_MFN ((mfn_t){ ~0ULL })

static inline mfn_t _mfn(uint64_t n)
{
    return (mfn_t){ n };
}

static inline uint64_t mfn_x(mfn_t mfn)
{
    return mfn.n;
}

static inline mfn_t mfn_add(mfn_t mfn, uint64_t i)
{
    return _mfn(mfn.n + i);
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.n == b.n;
}

static inline pfn_t _pfn(uint64_t n)
{
    return (pfn_t){ n };
}

static inline uint64_t pfn_x(pfn_t pfn)
{
    return pfn.n;
}

static inline maddr_t _maddr(uint64_t a)
{
    return (maddr_t){ a };
}

static inline uint64_t maddr_x(maddr_t maddr)
{
    return maddr.a;
}

static inline mfn_t maddr_to_mfn(maddr_t maddr)
{
    return _mfn(maddr.a >> PAGE_SHIFT);
}

static inline maddr_t mfn_to_maddr(mfn_t mfn)
{
    return _maddr(mfn.n << PAGE_SHIFT);
}

#endif /* XEN_TYPES_H */
