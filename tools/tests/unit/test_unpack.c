/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/kernel_unpack.c xen/common/bzimage.c xen/common/load_error.c
// sources: xen/common/decompress/arena.c xen/common/decompress/gzip.c xen/common/decompress/libraries.c
// sources: xen/common/decompress/xz.c xen/common/decompress/zstd.c
/*
 * Unpacking kernels, by the very objects that the hypervisor links: what the packing programs make must come out again; what is damaged in
 * any way must be refused with one line, or come out unharmed; nothing may be lost, whatever allocation fails.
 *
 *   1. memory and surroundings, counted
 *   2. good kernels
 *   3. damaged ones: by hand, cut, every byte, at random
 *   4. too little memory; the arena
 */

#include "tap.h"

#include <stdarg.h>
#include <xen/errno.h>
#include <xen/foreign.h>
#include <xen/guest_image.h>
#include <xen/printk.h>
#include <xen/vmap.h>

#include "../../../xen/common/decompress/decompress.h"
#include "elf_make.h"
#include "pack.h"

/* ---- 1. memory and surroundings ----------------------------------------------------------------------------------- */

static unsigned int live, allocations,
    fail_at; /* fail_at: number of the allocation that fails, from 1; 0 none */
static size_t live_bytes;
/* The arena's pool is kept: a fresh one takes the sanitizer longer than the unpacking. */
#define POOL (2UL << 20)
static void *spare;
static unsigned int inside, announced;

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

void *vzalloc(size_t bytes)
{
    if ( bytes == 0 || bytes > VZALLOC_MAX || ++allocations == fail_at )
        return NULL;
    live++;
    live_bytes += bytes;
    if ( bytes == POOL && spare )
    {
        void *p = spare;

        spare = NULL;
        return p;
    }
    return malloc(bytes);
}

void vfree(void *p, size_t bytes)
{
    if ( !p )
        return;
    live--;
    live_bytes -= bytes;
    if ( bytes == POOL && !spare )
        spare = p;
    else
        free(p);
}

void foreign_enter(void)
{
    if ( inside++ )
        abort();
}

void foreign_leave(void)
{
    if ( --inside )
        abort();
}

void printk(enum loglevel level, const char *fmt, ...)
{
    announced++;
}

/* ---- 2. good kernels ---------------------------------------------------------------------------------------------- */

#define KERNEL_SIZE 60000

static uint8_t kernel[KERNEL_SIZE];
static struct kernel_file file;
static struct load_error err;

/* An ELF file as far as this goes: code with calls (for the x86 filter), words, zeroes, noise. */
static void make_kernel(void)
{
    uint64_t seed = 0x853c49e6748fea9b;

    for ( size_t at = 0; at < KERNEL_SIZE; at++ )
        switch ( at >> 9 & 3 )
        {
        case 0: kernel[at] = at % 11 == 0 ? 0xe8 : at % 11 < 5 ? (uint8_t)(at >> 3) : 0x90; break;
        case 1: kernel[at] = "hypercall page table "[(at * at >> 4) % 21]; break;
        case 2: kernel[at] = 0; break;
        case 3: kernel[at] = at % 5 ? (uint8_t)at : (uint8_t)elf_random(&seed); break;
        }
    memcpy(kernel, "\177ELF", 4);
}

static int unpack(const void *data, size_t size)
{
    memset(&err, 0, sizeof(err));
    allocations = 0;
    return kernel_unpack(&file, data, size, &err);
}

static bool same(void)
{
    return file.elf_size == KERNEL_SIZE && !memcmp(file.elf, kernel, KERNEL_SIZE);
}

/* Nothing is left when the result has been given back. */
static bool clean(void)
{
    kernel_file_free(&file);
    if ( live || live_bytes || inside )
        note("left: %u allocations, %zu bytes", live, live_bytes);
    return !live && !live_bytes && !inside;
}

static void is_unpacked(const struct packed *p, const char *what)
{
    int rc = unpack(p->data, p->size);

    ok(rc == 0 && same() && clean(), "%s (%zu bytes) comes out as it was%s%s", what, p->size,
       rc ? ": " : "", err.text);
}

/* Also in a bzImage. Frees it. */
static void are_unpacked(struct packed p, bool trailer, const char *what)
{
    uint32_t size = KERNEL_SIZE;
    struct packed bz = pack_bzimage(&p, trailer ? &size : NULL);
    char text[100];

    is_unpacked(&p, what);
    snprintf(text, sizeof(text), "a bzImage with %s", what);
    is_unpacked(&bz, text);
    pack_free(&p);
    pack_free(&bz);
}

static void test_good(void)
{
    struct packed plain = { kernel, KERNEL_SIZE }, bz = pack_bzimage(&plain, NULL);

    is_int(unpack(kernel, KERNEL_SIZE), 0, "a plain ELF file");
    ok(file.elf == kernel && file.elf_size == KERNEL_SIZE && !file.buffer, "is taken in place");
    is_unpacked(&bz, "a bzImage with a kernel that is not compressed");
    pack_free(&bz);
    announced = 0;
    are_unpacked(pack("gzip -9n", kernel, KERNEL_SIZE), false, "gzip -9");
    is_int(announced, 2, "each says that it is being unpacked");
    are_unpacked(pack("gzip -1", kernel, KERNEL_SIZE), false, "gzip -1");
    are_unpacked(pack("xz --check=crc32 --x86 --lzma2=dict=32MiB", kernel, KERNEL_SIZE), true,
                 "xz as Linux calls it");
    are_unpacked(pack("xz -9e", kernel, KERNEL_SIZE), true, "xz -9e with CRC64");
    are_unpacked(pack("xz --check=sha256", kernel, KERNEL_SIZE), true, "xz with SHA-256");
    are_unpacked(pack("xz --check=none", kernel, KERNEL_SIZE), true, "xz without check");
    are_unpacked(pack("xz --lzma2=dict=128MiB", kernel, KERNEL_SIZE), true,
                 "xz with a dictionary of 128 MiB");
    are_unpacked(pack("xz --block-size=4096", kernel, KERNEL_SIZE), true, "xz in small blocks");
    are_unpacked(pack("xz --delta=dist=4 --lzma2=lc=0,lp=4,pb=0", kernel, KERNEL_SIZE), true,
                 "xz with another filter");
    are_unpacked(pack("zstd -q -22 --ultra --check", kernel, KERNEL_SIZE), true, "zstd -22");
    are_unpacked(pack("cat | zstd -q -22 --ultra --stream-size=60000", kernel, KERNEL_SIZE), true,
                 "zstd -22, size told");
    are_unpacked(pack("cat | zstd -q -3 --no-check", kernel, KERNEL_SIZE), true,
                 "zstd of a pipe, without size or check");
    are_unpacked(pack("cat | zstd -q -22 --ultra --long=30", kernel, KERNEL_SIZE), true,
                 "zstd with a window of 1 GiB");
}

static void test_frames(void)
{
    struct packed a = pack(PACK_ZSTD, kernel, 20000);
    struct packed b = pack("cat | zstd -q", kernel + 20000, KERNEL_SIZE - 20000);
    struct packed skip = pack_join(&a, "\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
    struct packed both = pack_join(&skip, b.data, b.size), old;

    are_unpacked(both, true, "zstd in two frames with a skippable one between");
    old = pack_join(&a, "\x25\xb5\x2f\xfd\x00\x00\x00\x00\x00\x00\x00\x00", 12);
    is_int(unpack(old.data, old.size), -ENOEXEC, "a zstd frame of version 0.5 behind another");
    ok(strstr(err.text, "something else follows it") && clean(), "... is refused: %s", err.text);
    pack_free(&old);
    pack_free(&a);
    pack_free(&b);
    pack_free(&skip);
}

/* ---- 3. damaged ones ---------------------------------------------------------------------------------------------- */

/* Also frees it. */
static void is_refused(struct packed p, int rc, const char *says)
{
    int got = unpack(p.data, p.size);

    ok(got == rc && strstr(err.text, says) && clean(), "refused: %s", err.text);
    if ( got != rc || !strstr(err.text, says) )
        note("result %d, expected %d and '%s'", got, rc, says);
    pack_free(&p);
}

static struct packed patched(const char *command, ssize_t at, const void *bytes, size_t len)
{
    struct packed p = pack(command, kernel, KERNEL_SIZE);

    memcpy(p.data + (at < 0 ? (ssize_t)p.size + at : at), bytes, len);
    return p;
}

static struct packed in_bzimage(struct packed p, uint32_t says)
{
    struct packed bz = pack_bzimage(&p, says ? &says : NULL);

    pack_free(&p);
    return bz;
}

static struct packed text(const char *bytes, size_t len)
{
    struct packed p = { calloc(1, 1024), 1024 };

    memcpy(p.data, bytes, len);
    return p;
}

static void test_formats(void)
{
    static const struct
    {
        const char *magic;
        size_t len;
        const char *name;
    } others[] = {
        { "\x02\x21\x4c\x18", 4, "lz4" },
        { "BZh9", 4, "bzip2" },
        { "\x89LZO\0\r\n", 7, "lzo" },
        { "\x5d\0\0\0\x02", 5, "lzma" },
    };
    char says[100];

    for ( unsigned int i = 0; i < ARRAY_SIZE(others); i++ )
    {
        snprintf(says, sizeof(says), "the %s compressed kernel cannot be unpacked", others[i].name);
        is_refused(text(others[i].magic, others[i].len), -ENOEXEC, says);
        snprintf(says, sizeof(says), "the bzImage's %s payload cannot be unpacked", others[i].name);
        is_refused(in_bzimage(text(others[i].magic, others[i].len), 5), -ENOEXEC, says);
    }
    is_refused(text("", 0), -ENOEXEC, "not an ELF file, nor any kernel format known");
    is_refused(in_bzimage(text("", 0), 5), -ENOEXEC, "in no format known");
    is_refused(in_bzimage(pack(PACK_XZ, "no ELF", 6), 6), -ENOEXEC, "holds no ELF file");
    is_refused(pack(PACK_GZIP, "", 0), -ENOEXEC, "it would have 0 bytes");
    is_int(unpack("", 0), -ENOEXEC, "an empty module is refused");
    for ( size_t n = 1; n < 20; n++ )
    {
        uint8_t *small =
            elf_copy((const uint8_t *)"\x28\xb5\x2f\xfd\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", n);

        ok(unpack(small, n) == -ENOEXEC && clean(), "%zu bytes are refused without reading on", n);
        free(small);
    }
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0U;

    for ( ; n; n--, p++ )
    {
        crc ^= *p;
        for ( unsigned int bit = 0; bit < 8; bit++ )
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* A block header that asks for a dictionary of 1.5 GiB, with the right CRC. */
static struct packed huge_dictionary(void)
{
    struct packed p = pack("xz", kernel, KERNEL_SIZE);
    uint8_t *header = p.data + 12;
    size_t len = (header[0] + 1U) * 4;
    uint32_t crc;

    for ( size_t i = 2; i < len; i++ )
        if ( header[i] == 0x21 && header[i + 1] == 1 )
        {
            header[i + 2] = 39;
            break;
        }
    crc = crc32(header, len - 4);
    memcpy(header + len - 4, &crc, 4);
    return p;
}

/* An index that says @plus bytes more than there are, with the right CRC. */
static struct packed lying_index(uint8_t plus)
{
    struct packed p = pack("xz", kernel, KERNEL_SIZE);
    uint32_t backward, crc;
    uint8_t *index;

    memcpy(&backward, p.data + p.size - 8, 4);
    backward = (backward + 1) * 4;
    index = p.data + p.size - 12 - backward;
    for ( size_t i = backward - 5; i > 2; i-- )
        if ( index[i] == KERNEL_SIZE >> 14 )
        {
            index[i] += plus;
            break;
        }
    crc = crc32(index, backward - 4);
    memcpy(index + backward - 4, &crc, 4);
    return p;
}

static void test_lies(void)
{
    uint32_t less = KERNEL_SIZE - 1, more = KERNEL_SIZE + 1, huge = 0xfffffff0;

    note("sizes that do not hold");
    is_refused(patched(PACK_GZIP, -4, &less, 4), -ENOEXEC, "is damaged: ");
    is_refused(patched(PACK_GZIP, -4, &more, 4), -ENOEXEC, "is damaged: incorrect length check");
    is_refused(patched(PACK_GZIP, -4, &huge, 4), -ENOEXEC, "a kernel has 1 to 536870912");
    is_refused(patched(PACK_GZIP, -8, &huge, 4), -ENOEXEC, "is damaged: incorrect data check");
    is_refused(in_bzimage(pack(PACK_XZ, kernel, KERNEL_SIZE), less), -ENOEXEC,
               "the size behind it says 59999");
    is_refused(in_bzimage(pack(PACK_XZ, kernel, KERNEL_SIZE), more), -ENOEXEC,
               "the size behind it says 60001");
    is_refused(in_bzimage(pack(PACK_ZSTD, kernel, KERNEL_SIZE), huge), -ENOEXEC,
               "the size behind it says 4294967280");
    is_refused(in_bzimage(pack("cat | zstd -q", kernel, KERNEL_SIZE), less), -ENOEXEC,
               "the bzImage's zstd payload is damaged: ");
    is_refused(in_bzimage(pack("cat | zstd -q", kernel, KERNEL_SIZE), more), -ENOEXEC,
               "does not end where it should");
    is_refused(lying_index(1), -ENOEXEC, "the xz compressed kernel is damaged: ");
    is_refused(huge_dictionary(), -ENOEXEC, "needs more than 256 MiB to be unpacked in");
    note("something behind the end");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        static const char *const commands[] = { PACK_GZIP, PACK_XZ, PACK_ZSTD };
        struct packed p = pack(commands[i], kernel, KERNEL_SIZE);

        is_refused(pack_join(&p, "\0\0\0\0", 4), -ENOEXEC, "is damaged: ");
        is_refused(pack_join(&p, p.data, p.size), i == 2 ? 0 : -ENOEXEC,
                   i == 2 ? "" : "is damaged: ");
        pack_free(&p);
    }
}

/* Refused with one line, or unharmed. */
static bool survives(const uint8_t *data, size_t size, unsigned int *unharmed)
{
    int rc = unpack(data, size);
    bool good = rc == 0 ? same() : rc == -ENOEXEC && err.text[0] && !strchr(err.text, '\n');

    *unharmed += rc == 0;
    if ( !good )
        note("result %d: %s", rc, err.text);
    return clean() && good;
}

static void test_damage(const char *command, bool trailer, bool bzimage)
{
    struct packed p = pack(command, kernel, KERNEL_SIZE);
    uint32_t size = KERNEL_SIZE;
    struct packed whole = bzimage ? pack_bzimage(&p, trailer ? &size : NULL) : p;
    size_t start = bzimage ? (BZIMAGE_SECTS + 1) * 512 + BZIMAGE_AT - 16 : 0;
    unsigned int unharmed = 0, cut_unharmed = 0, cases = 800;
    uint64_t seed = 0xa5a356e2f1c3b79d;
    uint8_t *copy = elf_copy(whole.data, whole.size);
    bool cut = true, flipped = true, mutated = true;

    for ( size_t n = 0; n < whole.size; n += n < start || n > start + 200 ? 23 : 1 )
    {
        uint8_t *shorter = elf_copy(whole.data, n);

        cut = survives(shorter, n, &cut_unharmed) && cut;
        free(shorter);
    }
    ok(cut && (bzimage ? cut_unharmed <= 2 : !cut_unharmed), "%s%s: cut anywhere it is refused",
       bzimage ? "bzImage with " : "", command);
    for ( size_t i = start; i < whole.size; i += i < start + 400 || i + 100 > whole.size ? 1 : 11 )
    {
        copy[i] ^= (uint8_t)(1U << elf_random(&seed) % 8);
        flipped = survives(copy, whole.size, &unharmed) && flipped;
        copy[i] = whole.data[i];
    }
    ok(flipped, "a flipped bit anywhere: refused or (%u) unharmed", unharmed);
    for ( unsigned int i = 0; i < cases; i++ )
    {
        memcpy(copy, whole.data, whole.size);
        for ( unsigned int n = 1 + elf_random(&seed) % 4; n; n-- )
        {
            size_t room = whole.size - start - 8,
                   span = elf_random(&seed) % 2 ? MIN(room, 64UL) : room;
            uint64_t r = elf_random(&seed),
                     val = r & 1 ? elf_hostile((r >> 8) % ELF_HOSTILE, KERNEL_SIZE) : r >> 8;

            memcpy(copy + start + elf_random(&seed) % span, &val, (size_t)1 << (r >> 60 & 3));
        }
        mutated = survives(copy, whole.size, &unharmed) && mutated;
    }
    ok(mutated, "%u random mutations: refused or unharmed", cases);
    free(copy);
    if ( bzimage )
        pack_free(&whole);
    pack_free(&p);
}

/* ---- 4. memory ---------------------------------------------------------------------------------------------------- */

static void test_no_memory(const char *command)
{
    struct packed p = pack(command, kernel, KERNEL_SIZE);
    unsigned int n = 0;
    bool right = true;
    int rc;

    do
    {
        fail_at = ++n;
        rc = unpack(p.data, p.size);
        right = right &&
                (rc == 0 ? same() : rc == -ENOMEM && strstr(err.text, "too little memory")) &&
                clean();
    } while ( rc && n < 100 );
    fail_at = 0;
    ok(right && rc == 0 && n > 2, "%s: each of %u allocations fails: one line (%s), nothing lost",
       command, n - 1, err.text);
    pack_free(&p);
}

/* The library's own allocations, each refused in turn by a limit just below it. */
static void test_limit(const char *command, const struct decompressor *d)
{
    struct packed p = pack(command, kernel, KERNEL_SIZE);
    uint8_t *out = malloc(KERNEL_SIZE);
    size_t limit = 0, steps = 0;
    bool right = true;
    int rc;

    do
    {
        struct unpack u = { .in = p.data, .in_len = p.size, .arena = { .limit = limit } };

        rc = d->size(&u);
        if ( !rc )
        {
            u.out = out;
            right = right && u.out_len == KERNEL_SIZE;
            rc = d->decode(&u);
        }
        right = right && (rc == 0 || rc == -ENOMEM || (rc == -E2BIG && u.why));
        right = right && u.arena.used <= limit;
        /* Just enough for what was asked for; XZ compares its own estimate first. */
        limit = MAX(limit + 16384, u.arena.asked);
        arena_destroy(&u.arena);
        right = right && !live;
    } while ( rc && ++steps < 20000 );
    ok(right && rc == 0 && steps && !memcmp(out, kernel, KERNEL_SIZE),
       "%s: %zu limits that are too small are respected", d->name, steps);
    free(out);
    pack_free(&p);
}

/* decode() alone, told another size than the right one, with memory for just that. */
static int decode_to(const struct decompressor *d, const struct packed *p, size_t size)
{
    uint8_t *out = malloc(size);
    struct unpack u = {
        .in = p->data, .in_len = p->size, .out = out, .out_len = size, .arena = { .limit = 1 << 30 }
    };
    int rc = d->decode(&u);

    arena_destroy(&u.arena);
    free(out);
    return rc;
}

static void test_exact(const char *command, const struct decompressor *d)
{
    struct packed p = pack(command, kernel, KERNEL_SIZE), longer = pack_join(&p, "x", 1);

    is_int(decode_to(d, &p, KERNEL_SIZE), 0, command);
    is_int(decode_to(d, &p, KERNEL_SIZE - 1), -EILSEQ, "... one byte too few");
    is_int(decode_to(d, &p, KERNEL_SIZE + 1), -EILSEQ, "... one byte too many");
    is_int(decode_to(d, &longer, KERNEL_SIZE), -EILSEQ, "... one byte behind it");
    pack_free(&p);
    pack_free(&longer);
}

static void test_arena(void)
{
    struct arena a = { .limit = 3 << 20 };
    uint64_t seed = 0x1d872b41cafe5eed;
    uint8_t *held[64] = { 0 };
    size_t size[64] = { 0 };
    bool right = true;
    uint8_t *p, *q;

    p = arena_alloc(&a, 100);
    ok(p && a.used == 112 && ((uintptr_t)p & 15) == 0, "an aligned piece, counted");
    arena_free(&a, p);
    ok(a.used == 0 && arena_alloc(&a, 90) == p, "what was given back is used again");
    arena_free(&a, NULL);
    ok(arena_alloc(&a, 4 << 20) == NULL && arena_alloc(&a, ~0UL) == NULL, "not beyond the limit");
    q = arena_alloc(&a, 2 << 20);
    ok(q && live == 2 && arena_alloc(&a, 1 << 20) == NULL, "large ones count too");
    arena_free(&a, q);
    ok(live == 1, "and are given back at once");
    arena_free(&a, p);
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        unsigned int k = elf_random(&seed) % 64;

        for ( size_t j = 0; j < MIN(size[k], 64UL); j++ )
            right = right && held[k][j] == (uint8_t)k && held[k][size[k] - 1 - j] == (uint8_t)k;
        arena_free(&a, held[k]);
        size[k] = elf_random(&seed) % 16 ? elf_random(&seed) % 20000 : elf_random(&seed) % 500000;
        held[k] = arena_alloc(&a, size[k]);
        if ( !held[k] )
            size[k] = 0;
        if ( held[k] )
            memset(held[k], (int)k, size[k]);
        right = right && a.used <= a.limit;
    }
    ok(right, "20000 random pieces do not overlap");
    arena_destroy(&a);
    ok(!live && !live_bytes && !a.used, "what was not given back goes with the arena");
}

int main(void)
{
    make_kernel();
    test_good();
    test_frames();
    test_formats();
    test_lies();
    test_damage(PACK_GZIP, false, false);
    test_damage(PACK_XZ, true, false);
    test_damage(PACK_ZSTD, true, false);
    test_damage(PACK_GZIP, false, true);
    test_damage(PACK_XZ, true, true);
    test_damage(PACK_ZSTD, true, true);
    test_no_memory("gzip");
    test_no_memory("xz");
    test_no_memory("zstd -q");
    test_limit("gzip", &gzip_decompressor);
    test_limit("xz", &xz_decompressor);
    test_limit("zstd -q --stream-size=60000", &zstd_decompressor);
    test_exact("gzip", &gzip_decompressor);
    test_exact("xz", &xz_decompressor);
    test_exact("zstd -q", &zstd_decompressor);
    test_arena();
    free(spare);
    return done();
}
