/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What decompressors and kernel_unpack() share. A decompressor is a few lines around a library (docs/decisions/0005-decompressors.md);
 * the libraries trust nothing in their input, and nothing here trusts what the input says about sizes. Private to common/.
 */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <xen/lib.h>

/* ---- memory for the libraries (arena.c) ----------------------------------------------------------------------------- */

/** Memory of one unpacking: bounded, and gone as a whole, whatever a library forgets to give back. */
struct arena
{
    size_t limit; /* no more than this at any time; set before the first use */
    size_t used;
    size_t asked; /* the most that there was or should have been at a time */
    struct arena_large *large;
    uint8_t *pool; /* for small pieces */
    size_t pool_used;
    struct arena_piece *free_pieces;
};

/** @bytes, aligned to 16, content undefined; NULL: beyond the limit, or there is no memory. */
void *arena_alloc(struct arena *a, size_t bytes);
/** NULL is ignored. */
void arena_free(struct arena *a, void *p);
/** Give back everything. */
void arena_destroy(struct arena *a);

/* ---- formats -------------------------------------------------------------------------------------------------------- */

struct unpack
{
    const uint8_t *in;
    size_t in_len;
    uint8_t *out; /* of exactly out_len bytes; set for decode() */
    size_t out_len;
    bool out_len_is_bound; /* out_len is what it can be at most; decode() sets it to what it was */
    struct arena arena;
    const char *why; /* what is wrong with the input, after -EILSEQ or -E2BIG */
};

struct decompressor
{
    const char *name;
    /**
     * How many bytes the input unpacks to, by its own account, in u->out_len: a claim, no more. 0; -EILSEQ: the input is damaged;
     * -E2BIG, -ENOMEM: as decode(). If it does not say exactly: a bound, and u->out_len_is_bound.
     */
    int (*size)(struct unpack *u);
    /**
     * Unpack all of the input to u->out. 0: every byte of both was used, and all checks in the input hold. -EILSEQ: the input is
     * damaged, or not that size; -E2BIG: it needs more memory than u->arena allows; -ENOMEM: there is no memory.
     */
    int (*decode)(struct unpack *u);
};

extern const struct decompressor xz_decompressor, gzip_decompressor, zstd_decompressor;

/** Note what is wrong and return @rc. */
static inline int unpack_fail(struct unpack *u, int rc, const char *why)
{
    u->why = why;
    return rc;
}

/** Run what the libraries want run before their first use (their constructors). In foreign_enter(). */
void libraries_init(void);

#endif /* DECOMPRESS_H */
