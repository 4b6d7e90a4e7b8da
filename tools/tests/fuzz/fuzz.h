/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fuzz target is: a function that takes any bytes, has the code under test work on them, and aborts if something that must
 * hold does not. The names are libFuzzer's; AFL++ and the replayer (lib/replay.c) call the same ones.
 *
 *     // sources: xen/common/foo.c
 *     #include "fuzz.h"
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         struct fuzz_in in = { data, size };
 *         unsigned int n = fuzz_u8(&in);
 *
 *         FUZZ_CHECK(foo(n) <= n, "foo(%u) is %u", n, foo(n));
 *         return 0;
 *     }
 *
 * An input must do the same whenever it is run: a target keeps no state between two of them.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Optional, in mutate_NAME.c: change @data (at most @max bytes) in a way that keeps its structure; returns the new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
/** What the mutator may call: the engine's own changes to some bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/** Say what does not hold, and abort. */
void fuzz_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, cold, format(printf, 3, 4)));
#define FUZZ_CHECK(cond, ...)                                                                      \
    do                                                                                             \
    {                                                                                              \
        if ( __builtin_expect(!(cond), 0) )                                                        \
            fuzz_fail(__FILE__, __LINE__, __VA_ARGS__);                                            \
    } while ( 0 )

/** Replaying a single file: the target may tell what it does (printf). */
extern bool fuzz_verbose;

/** Count operations, where an input has many: `make fuzz` tells how many ran in a second. */
extern uint64_t fuzz_operations;

/* ---- the input, read from the front; zeroes when it is used up ----------------------------------------------------- */

struct fuzz_in
{
    const uint8_t *p;
    size_t left;
};

static inline uint64_t fuzz_bytes(struct fuzz_in *in, size_t n)
{
    uint64_t val = 0;
    size_t got = n < in->left ? n : in->left;

    memcpy(&val, in->p, got);
    in->p += got;
    in->left -= got;
    return val;
}

static inline uint8_t fuzz_u8(struct fuzz_in *in)
{
    return (uint8_t)fuzz_bytes(in, 1);
}

static inline uint16_t fuzz_u16(struct fuzz_in *in)
{
    return (uint16_t)fuzz_bytes(in, 2);
}

static inline uint32_t fuzz_u32(struct fuzz_in *in)
{
    return (uint32_t)fuzz_bytes(in, 4);
}

static inline uint64_t fuzz_u64(struct fuzz_in *in)
{
    return fuzz_bytes(in, 8);
}

#endif /* TESTS_FUZZ_H */
