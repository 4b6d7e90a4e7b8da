/* SPDX-License-Identifier: GPL-2.0-only */
/* XZ, by liblzma: one stream, of one or more blocks, with whatever filters (x86 BCJ) and checks the library knows. No locks. */

#ifdef CONFIG_DECOMPRESS

#include <lzma.h>
#include <xen/errno.h>

#include "decompress.h"

static void *xz_alloc(void *arena, size_t nr, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(nr, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

static void xz_free(void *arena, void *p)
{
    arena_free(arena, p);
}

static int failed(struct unpack *u, lzma_ret ret)
{
    switch ( ret )
    {
    case LZMA_MEM_ERROR: return -ENOMEM;
    case LZMA_MEMLIMIT_ERROR: return unpack_fail(u, -E2BIG, "its dictionary is too large");
    case LZMA_FORMAT_ERROR: return unpack_fail(u, -EILSEQ, "it is no XZ stream");
    case LZMA_OPTIONS_ERROR: return unpack_fail(u, -EILSEQ, "it uses options unknown to XZ 5.4");
    case LZMA_UNSUPPORTED_CHECK: return unpack_fail(u, -EILSEQ, "its kind of check is not known");
    case LZMA_BUF_ERROR: return unpack_fail(u, -EILSEQ, "it does not end where it should");
    default: return unpack_fail(u, -EILSEQ, "its data or a check of it is wrong");
    }
}

/* The index at the end of the stream, where the footer says it is. */
static int read_index(struct unpack *u, lzma_allocator *alloc, lzma_index **index)
{
    uint64_t limit = u->arena.limit;
    lzma_stream_flags flags;
    size_t at, end;
    lzma_ret ret;

    if ( u->in_len < 2 * LZMA_STREAM_HEADER_SIZE )
        return unpack_fail(u, -EILSEQ, "it is too short");
    end = u->in_len - LZMA_STREAM_HEADER_SIZE;
    ret = lzma_stream_footer_decode(&flags, u->in + end);
    if ( ret == LZMA_FORMAT_ERROR )
        return unpack_fail(u, -EILSEQ, "its end is missing");
    if ( ret != LZMA_OK )
        return failed(u, ret);
    if ( flags.backward_size > end )
        return unpack_fail(u, -EILSEQ, "its index lies outside");
    at = end - flags.backward_size;
    ret = lzma_index_buffer_decode(index, &limit, alloc, u->in, &at, end);
    if ( ret != LZMA_OK )
        return failed(u, ret);
    return at == end ? 0 : unpack_fail(u, -EILSEQ, "its index is too short");
}

static int xz_size(struct unpack *u)
{
    lzma_allocator alloc = { xz_alloc, xz_free, &u->arena };
    lzma_index *index = NULL;
    int rc = read_index(u, &alloc, &index);

    if ( rc )
        return rc;
    u->out_len = lzma_index_uncompressed_size(index);
    if ( lzma_index_file_size(index) != u->in_len )
        rc = unpack_fail(u, -EILSEQ, "its index is about something else");
    lzma_index_end(index, &alloc);
    return rc;
}

static int xz_decode(struct unpack *u)
{
    lzma_allocator alloc = { xz_alloc, xz_free, &u->arena };
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_ret ret;

    s.allocator = &alloc;
    s.next_in = u->in;
    s.avail_in = u->in_len;
    s.next_out = u->out;
    s.avail_out = u->out_len;
    ret = lzma_stream_decoder(&s, u->arena.limit, LZMA_TELL_UNSUPPORTED_CHECK);
    if ( ret == LZMA_OK )
        ret = lzma_code(&s, LZMA_FINISH);
    lzma_end(&s);
    if ( ret != LZMA_STREAM_END )
        return failed(u, ret);
    return s.avail_in || s.avail_out ? failed(u, LZMA_BUF_ERROR) : 0;
}

const struct decompressor xz_decompressor = { "xz", xz_size, xz_decode };

#endif /* CONFIG_DECOMPRESS */
