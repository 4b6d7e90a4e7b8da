/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a kernel module, in whatever container it comes, to the ELF file inside. Containers are told by their first bytes, a
 * bzImage by its signature; what is unpacked must be an ELF file, so there is one layer of compression, not any number.
 *
 *   1. formats
 *   2. unpacking one compressed piece, its sizes bounded and compared
 *   3. bzImage, and the choice
 *
 * Without CONFIG_DECOMPRESS only what is not compressed is taken. Pure, on vzalloc() and foreign_enter(); no locks.
 */

#include <xen/bzimage.h>
#include <xen/errno.h>
#include <xen/foreign.h>
#include <xen/guest_image.h>
#include <xen/printk.h>
#include <xen/vmap.h>

#include "decompress/decompress.h"

/* Debian's kernel has 66 MiB. What says that it is larger than this is damaged, or no kernel. */
#define UNPACKED_MAX (512UL << 20)
/* For the libraries' own use: XZ keeps a dictionary, 32 MiB for Debian's kernel, 128 MiB for the newest. */
#define WORK_MAX (256UL << 20)

/* ---- 1. formats --------------------------------------------------------------------------------------------------- */

#ifdef CONFIG_DECOMPRESS
#define DECOMPRESSOR(name) &name##_decompressor
#else
#define DECOMPRESSOR(name) NULL
#endif

/* Formats that kernels are shipped in. */
static const struct format
{
    const char *name;
    const struct decompressor *d; /* NULL: we have none */
    bool size_inside;             /* the last four bytes say how large the content is */
    uint8_t len;
    uint8_t magic[6];
} formats[] = {
    { "gzip", DECOMPRESSOR(gzip), true, 3, { 0x1f, 0x8b, 8 } },
    { "xz", DECOMPRESSOR(xz), false, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
    { "zstd", DECOMPRESSOR(zstd), false, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
    { "lz4", NULL, false, 4, { 0x02, 0x21, 0x4c, 0x18 } },
    { "bzip2", NULL, false, 3, { 'B', 'Z', 'h' } },
    { "lzo", NULL, false, 4, { 0x89, 'L', 'Z', 'O' } },
    { "lzma", NULL, false, 3, { 0x5d, 0, 0 } },
};

static const uint8_t elf_magic[] = { 0x7f, 'E', 'L', 'F' };

static bool begins_with(const void *data, uint64_t size, const uint8_t *magic, size_t len)
{
    return size >= len && memcmp(data, magic, len) == 0;
}

static bool is_elf(const void *data, uint64_t size)
{
    return begins_with(data, size, elf_magic, sizeof(elf_magic));
}

static const struct format *find_format(const void *data, uint64_t size)
{
    for ( const struct format *f = formats; f < formats + ARRAY_SIZE(formats); f++ )
        if ( begins_with(data, size, f->magic, f->len) )
            return f;
    return NULL;
}

/* ---- 2. one compressed piece -------------------------------------------------------------------------------------- */

struct piece
{
    const uint8_t *data;
    uint64_t size;
    const struct format *format;
    bool in_bzimage;
    uint64_t says; /* size of the content by what is around the piece; 0: nothing is said */
};

/* "the bzImage's xz payload", "the gzip compressed kernel" */
#define PIECE "the %s%s %s"
#define PIECE_NAME(p)                                                                              \
    (p)->in_bzimage ? "bzImage's " : "", (p)->format->name,                                        \
        (p)->in_bzimage ? "payload" : "compressed kernel"

#ifdef CONFIG_DECOMPRESS
#define UNPACKABLE "gzip, xz and zstd can be"
#else
#define UNPACKABLE "the hypervisor was built without CONFIG_DECOMPRESS"
#endif

static int unsupported(const struct piece *p, struct load_error *err)
{
    return load_fail(err, -ENOEXEC, PIECE " cannot be unpacked: " UNPACKABLE, PIECE_NAME(p));
}

#ifdef CONFIG_DECOMPRESS

/* Why a decompressor returned @rc. */
static int failed(const struct piece *p, const struct unpack *u, int rc, struct load_error *err)
{
    if ( rc == -EILSEQ )
        return load_fail(err, -ENOEXEC, PIECE " is damaged: %s", PIECE_NAME(p), u->why);
    if ( rc == -E2BIG )
        return load_fail(err, -ENOEXEC, PIECE " needs more than %lu MiB to be unpacked in: %s",
                         PIECE_NAME(p), WORK_MAX >> 20, u->why);
    return load_fail(err, -ENOMEM,
                     "too little memory to unpack " PIECE
                     ": %lu MiB for the kernel and %lu MiB or more to unpack it in",
                     PIECE_NAME(p), (u->out_len >> 20) + 1, (u->arena.asked >> 20) + 1);
}

/* Everybody who says how large the content is must say the same, and something possible. */
static int check_size(const struct piece *p, struct unpack *u, struct load_error *err)
{
    if ( p->says && (u->out_len_is_bound ? p->says > u->out_len : p->says != u->out_len) )
        return load_fail(err, -ENOEXEC,
                         PIECE " is damaged: it is for %lu bytes, the size behind it says %lu",
                         PIECE_NAME(p), u->out_len, p->says);
    if ( p->says )
    {
        u->out_len = p->says;
        u->out_len_is_bound = false;
    }
    if ( u->out_len == 0 || u->out_len > UNPACKED_MAX )
        return load_fail(err, -ENOEXEC,
                         PIECE " is damaged: it would have %lu bytes, a kernel has 1 to %lu",
                         PIECE_NAME(p), u->out_len, UNPACKED_MAX);
    return 0;
}

static int decode(const struct piece *p, struct unpack *u, struct kernel_file *k,
                  struct load_error *err)
{
    int rc;

    k->buffer_size = u->out_len;
    k->buffer = u->out = vzalloc(u->out_len);
    rc = u->out ? p->format->d->decode(u) : -ENOMEM;
    if ( rc )
        return failed(p, u, rc, err);
    if ( !is_elf(u->out, u->out_len) )
        return load_fail(err, -ENOEXEC, PIECE " holds no ELF file", PIECE_NAME(p));
    k->elf = u->out;
    k->elf_size = u->out_len;
    return 0;
}

static int unpack_foreign(const struct piece *p, struct unpack *u, struct kernel_file *k,
                          struct load_error *err)
{
    int rc;

    libraries_init();
    rc = p->format->d->size(u);
    if ( rc )
        return failed(p, u, rc, err);
    rc = check_size(p, u, err);
    if ( rc )
        return rc;
    pr_info("Unpacking the kernel: %s, %lu KiB to %s%lu KiB", p->format->name, p->size >> 10,
            u->out_len_is_bound ? "at most " : "", u->out_len >> 10);
    return decode(p, u, k, err);
}

static int unpack(const struct piece *p, struct kernel_file *k, struct load_error *err)
{
    struct unpack u = { .in = p->data, .in_len = p->size, .arena = { .limit = WORK_MAX } };
    int rc;

    if ( !p->format->d )
        return unsupported(p, err);
    foreign_enter();
    rc = unpack_foreign(p, &u, k, err);
    arena_destroy(&u.arena);
    foreign_leave();
    return rc;
}

#else

static int unpack(const struct piece *p, struct kernel_file *k, struct load_error *err)
{
    return unsupported(p, err);
}

#endif /* CONFIG_DECOMPRESS */

/* ---- 3. bzImage, and the choice ----------------------------------------------------------------------------------- */

static int take(struct kernel_file *k, const void *elf, uint64_t size)
{
    k->elf = elf;
    k->elf_size = size;
    return 0;
}

/* Linux's build puts the content's size behind the payload, as four bytes; a gzip stream ends with just that by itself. */
#define SIZE_BYTES 4

static int unpack_bzimage(struct kernel_file *k, const void *module, uint64_t size,
                          struct load_error *err)
{
    struct piece p = { .in_bzimage = true };
    struct bzimage bz;
    int rc = bzimage_open(&bz, module, size, err);
    uint32_t says;

    if ( rc )
        return rc;
    if ( is_elf(bz.payload, bz.payload_size) )
        return take(k, bz.payload, bz.payload_size);
    p.format = find_format(bz.payload, bz.payload_size);
    if ( !p.format )
        return load_fail(err, -ENOEXEC, "the bzImage's payload is in no format known");
    if ( bz.payload_size <= SIZE_BYTES )
        return load_fail(err, -ENOEXEC, PIECE " is damaged: it is too short", PIECE_NAME(&p));
    memcpy(&says, bz.payload + bz.payload_size - SIZE_BYTES, SIZE_BYTES);
    p.says = says;
    p.data = bz.payload;
    p.size = p.format->size_inside ? bz.payload_size : bz.payload_size - SIZE_BYTES;
    return unpack(&p, k, err);
}

int kernel_unpack(struct kernel_file *k, const void *module, uint64_t size, struct load_error *err)
{
    struct piece p = { .data = module, .size = size };

    *k = (struct kernel_file){ 0 };
    if ( size == 0 )
        return load_fail(err, -ENOEXEC, "the module is empty");
    if ( is_elf(module, size) )
        return take(k, module, size);
    if ( bzimage_is(module, size) )
        return unpack_bzimage(k, module, size, err);
    p.format = find_format(module, size);
    if ( p.format )
        return unpack(&p, k, err);
    return load_fail(err, -ENOEXEC, "not an ELF file, nor any kernel format known");
}

void kernel_file_free(struct kernel_file *k)
{
    vfree(k->buffer, k->buffer_size);
    *k = (struct kernel_file){ 0 };
}
