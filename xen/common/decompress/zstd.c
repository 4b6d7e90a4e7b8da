/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zstandard, by libzstd: frames one behind the other, as `zstd` and `pzstd` write them. Straight into the output, which serves as
 * the window, so the window's size in the header (128 MiB with --ultra) costs nothing. No locks.
 */

#ifdef CONFIG_DECOMPRESS

#define ZSTD_STATIC_LINKING_ONLY /* contexts in memory given by the caller */
#include <xen/errno.h>
#include <zstd.h>

#include "decompress.h"

static int failed(struct unpack *u, size_t result)
{
    return unpack_fail(u, -EILSEQ, ZSTD_getErrorName(result));
}

/*
 * Length of the frame at @at. Only frames of today's format and skippable ones: the library would also take those of its early
 * versions, which no kernel has and whose code is not linked (tools/build/foreign).
 */
static int frame_at(struct unpack *u, size_t at, size_t *len)
{
    const uint8_t *p = u->in + at;
    uint32_t magic;

    if ( u->in_len - at < sizeof(magic) )
        return unpack_fail(u, -EILSEQ, "it does not end where it should");
    memcpy(&magic, p, sizeof(magic));
    if ( magic != ZSTD_MAGICNUMBER &&
         (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START )
        return unpack_fail(u, -EILSEQ, at ? "something else follows it" : "it is no frame");
    *len = ZSTD_findFrameCompressedSize(p, u->in_len - at);
    if ( ZSTD_isError(*len) )
        return failed(u, *len);
    return 0;
}

/* A frame need not say how large its content is; then what its blocks can hold at most will do. */
static int frame_content(struct unpack *u, size_t at, size_t len, uint64_t *content, bool *exact)
{
    *content = ZSTD_getFrameContentSize(u->in + at, len);
    if ( *content == ZSTD_CONTENTSIZE_UNKNOWN )
    {
        *exact = false;
        *content = ZSTD_decompressBound(u->in + at, len);
    }
    return *content == ZSTD_CONTENTSIZE_ERROR ? unpack_fail(u, -EILSEQ, "a frame's header is wrong")
                                              : 0;
}

static int zstd_size(struct unpack *u)
{
    uint64_t total = 0, content = 0;
    bool exact = true;
    size_t len = 0;

    for ( size_t at = 0; at < u->in_len; at += len )
    {
        int rc = frame_at(u, at, &len);

        rc = rc ? rc : frame_content(u, at, len, &content, &exact);
        if ( rc )
            return rc;
        if ( __builtin_add_overflow(total, content, &total) )
            return unpack_fail(u, -EILSEQ, "its sizes are impossible");
    }
    u->out_len = total;
    u->out_len_is_bound = !exact;
    return 0;
}

static int decode_frames(struct unpack *u, ZSTD_DCtx *ctx)
{
    size_t done = 0, len = 0;

    for ( size_t at = 0; at < u->in_len; at += len )
    {
        int rc = frame_at(u, at, &len);
        size_t n;

        if ( rc )
            return rc;
        n = ZSTD_decompressDCtx(ctx, u->out + done, u->out_len - done, u->in + at, len);
        if ( ZSTD_isError(n) )
            return failed(u, n);
        done += n;
    }
    if ( done != u->out_len && !u->out_len_is_bound )
        return unpack_fail(u, -EILSEQ, "it does not end where it should");
    u->out_len = done;
    return 0;
}

static int zstd_decode(struct unpack *u)
{
    size_t bytes = ZSTD_estimateDCtxSize();
    void *memory = arena_alloc(&u->arena, bytes);
    int rc;

    if ( !memory )
        return -ENOMEM;
    rc = decode_frames(u, ZSTD_initStaticDCtx(memory, bytes));
    arena_free(&u->arena, memory);
    return rc;
}

const struct decompressor zstd_decompressor = { "zstd", zstd_size, zstd_decode };

#endif /* CONFIG_DECOMPRESS */
