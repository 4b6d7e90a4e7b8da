/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/kernel_unpack.c xen/common/bzimage.c xen/common/load_error.c
// options: -max_len=1300
/*
 * From a module to the ELF file inside, with decompressors that say and do whatever the input wants: any size, any error, any content.
 * (What the real ones do with damaged files is test_unpack's.) What comes out is an ELF file within the module or the buffer, all
 * memory is given back, foreign code runs between enter and leave only, and a refusal has its reason.
 *
 * a few bytes that say what decompressors do, then the module.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "../../../xen/common/decompress/decompress.h"
#include <errno.h>
#include <xen/foreign.h>
#include <xen/guest_image.h>
#include <xen/printk.h>
#include <xen/vmap.h>

static struct
{
    uint8_t size_rc, decode_rc, bound, content, memory;
    uint64_t size;
} plan;
static int buffers, foreign;
static bool decoded;

/* ---- Surroundings ---------------------------------------------------------------------------------------------------- */

void printk(enum loglevel level, const char *fmt, ...)
{
}

void foreign_enter(void)
{
    FUZZ_CHECK(foreign++ == 0, "foreign code is entered twice");
}

void foreign_leave(void)
{
    FUZZ_CHECK(--foreign == 0, "left before it was entered");
}

void libraries_init(void)
{
    FUZZ_CHECK(foreign, "libraries start without preparation");
}

void arena_destroy(struct arena *a)
{
    FUZZ_CHECK(foreign && a->limit, "an arena without a limit");
}

void *vzalloc(size_t bytes)
{
    FUZZ_CHECK(bytes && bytes <= 512UL << 20, "%zu bytes are asked for", bytes);
    if ( (plan.memory & 1) || bytes > 1 << 16 )
        return NULL;
    buffers++;
    return calloc(1, bytes);
}

void vfree(void *p, size_t bytes)
{
    if ( p )
        buffers--;
    free(p);
}

/* ---- Decompressors --------------------------------------------------------------------------------------------------- */

static int result(struct unpack *u, uint8_t want)
{
    switch ( want % 8 )
    {
    case 5: return unpack_fail(u, -EILSEQ, "as planned");
    case 6: return unpack_fail(u, -E2BIG, "as planned");
    case 7: return -ENOMEM;
    default: return 0;
    }
}

static int say_size(struct unpack *u)
{
    FUZZ_CHECK(foreign && u->in_len, "a decompressor for nothing");
    for ( size_t i = 0; i < u->in_len; i++ ) /* all of it must be there */
        plan.content ^= u->in[i] & 0x80;
    u->out_len = plan.size;
    u->out_len_is_bound = plan.bound & 1;
    return result(u, plan.size_rc);
}

static int decode(struct unpack *u)
{
    int rc = result(u, plan.decode_rc);

    FUZZ_CHECK(foreign && u->out && u->out_len, "nowhere to unpack to");
    memset(u->out, plan.content, u->out_len);
    if ( plan.content & 1 )
        memcpy(u->out, "\177ELF", u->out_len < 4 ? u->out_len : 4);
    if ( u->out_len_is_bound && rc == 0 )
        u->out_len = u->out_len * plan.bound / 256;
    decoded = rc == 0;
    return rc;
}

const struct decompressor gzip_decompressor = { "gzip", say_size, decode };
const struct decompressor xz_decompressor = { "xz", say_size, decode };
const struct decompressor zstd_decompressor = { "zstd", say_size, decode };

/* ---- The target ------------------------------------------------------------------------------------------------------ */

static void check_kernel(const struct kernel_file *k, const uint8_t *module, size_t size)
{
    const uint8_t *elf = k->elf, *buffer = k->buffer;

    FUZZ_CHECK(k->elf_size >= 4 && memcmp(elf, "\177ELF", 4) == 0, "what comes out is no ELF file");
    if ( buffer )
        FUZZ_CHECK(decoded && elf == buffer && k->elf_size <= k->buffer_size,
                   "the file is not in the buffer");
    else
        FUZZ_CHECK(elf >= module && elf <= module + size &&
                       k->elf_size <= size - (size_t)(elf - module),
                   "the file is not in the module");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    struct load_error err = { "" };
    struct kernel_file k;
    uint8_t *module;
    int rc;

    plan.size_rc = fuzz_u8(&in);
    plan.decode_rc = fuzz_u8(&in);
    plan.bound = fuzz_u8(&in);
    plan.content = fuzz_u8(&in);
    plan.memory = fuzz_u8(&in);
    plan.size = (uint64_t)fuzz_u16(&in) << (plan.memory >> 2);
    buffers = foreign = 0;
    decoded = false;
    module = malloc(in.left ? in.left : 1);
    if ( !module )
        return 0;
    memcpy(module, in.p, in.left);
    rc = kernel_unpack(&k, module, in.left, &err);
    FUZZ_CHECK(rc == 0 || rc == -ENOEXEC || rc == -ENOMEM, "result %d", rc);
    FUZZ_CHECK((rc != 0) == (err.text[0] != 0) &&
                   strnlen(err.text, sizeof(err.text)) < sizeof(err.text),
               "a reason without a refusal, or the other way round");
    FUZZ_CHECK(!foreign, "foreign code has not been left");
    if ( rc == 0 )
        check_kernel(&k, module, in.left);
    kernel_file_free(&k);
    FUZZ_CHECK(!buffers, "a buffer is left");
    free(module);
    return 0;
}
