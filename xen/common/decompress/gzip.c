/* SPDX-License-Identifier: GPL-2.0-only */
/* gzip, by zlib: one member and nothing behind it. No locks. */

#ifdef CONFIG_DECOMPRESS

#include <xen/errno.h>
#include <zlib.h>

#include "decompress.h"

/* Header of 10 bytes, CRC32 and size. */
#define MEMBER_MIN 18
/* inflateInit2(): a window of any size, a gzip header and trailer around it. */
#define WINDOW_GZIP (15 + 16)

static voidpf gzip_alloc(voidpf arena, uInt nr, uInt size)
{
    return arena_alloc(arena, (size_t)nr * size);
}

static void gzip_free(voidpf arena, voidpf p)
{
    arena_free(arena, p);
}

/* The last four bytes; modulo 2^32, but kernels are smaller. */
static int gzip_size(struct unpack *u)
{
    const uint8_t *p;

    if ( u->in_len < MEMBER_MIN )
        return unpack_fail(u, -EILSEQ, "it is too short");
    p = u->in + u->in_len - 4;
    u->out_len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    return 0;
}

static int result(struct unpack *u, const z_stream *s, int ret)
{
    if ( ret == Z_MEM_ERROR )
        return -ENOMEM;
    if ( ret == Z_DATA_ERROR && s->msg )
        return unpack_fail(u, -EILSEQ, s->msg);
    if ( ret != Z_STREAM_END || s->avail_in || s->avail_out )
        return unpack_fail(u, -EILSEQ, "it does not end where it should");
    return 0;
}

static int gzip_decode(struct unpack *u)
{
    z_stream s = { .zalloc = gzip_alloc, .zfree = gzip_free, .opaque = &u->arena };
    int ret;

    /* The library counts in 32 bits. */
    if ( u->in_len > UINT32_MAX || u->out_len > UINT32_MAX )
        return unpack_fail(u, -EILSEQ, "it is too large");
    s.next_in = (Bytef *)(uintptr_t)u->in; /* the library does not write there */
    s.avail_in = (uInt)u->in_len;
    s.next_out = u->out;
    s.avail_out = (uInt)u->out_len;
    ret = inflateInit2(&s, WINDOW_GZIP);
    if ( ret == Z_OK )
    {
        ret = inflate(&s, Z_FINISH);
        inflateEnd(&s);
    }
    return result(u, &s, ret);
}

const struct decompressor gzip_decompressor = { "gzip", gzip_size, gzip_decode };

#endif /* CONFIG_DECOMPRESS */
