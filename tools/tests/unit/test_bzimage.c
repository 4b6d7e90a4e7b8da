/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/bzimage.c xen/common/load_error.c
/* The bzImage header's parser on good, truncated and hostile files. */

#include "tap.h"

#include <stdarg.h>
#include <xen/bzimage.h>
#include <xen/errno.h>

#include "elf_make.h"
#include "pack.h"

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

static struct load_error err;
static struct bzimage bz;
static const uint8_t content[100] = "what the kernel was packed to";

static struct packed good(void)
{
    struct packed payload = { (uint8_t *)(uintptr_t)content, sizeof(content) };

    return pack_bzimage(&payload, NULL);
}

static void test_good(void)
{
    struct packed p = good();

    ok(bzimage_is(p.data, p.size), "a bzImage is known by its signature");
    is_int(bzimage_open(&bz, p.data, p.size, &err), 0, "and its header is read");
    ok(bz.payload_size == sizeof(content) && !memcmp(bz.payload, content, sizeof(content)),
       "the payload is where it was put");
    is_u64(bz.version, 0x20f, "the version is right");
    pack_free(&p);
}

static void refused_with(size_t at, uint64_t val, size_t len, const char *says)
{
    struct packed p = good();

    memcpy(p.data + at, &val, len);
    is_int(bzimage_open(&bz, p.data, p.size, &err), -ENOEXEC, says);
    ok(strstr(err.text, says), "... saying: %s", err.text);
    pack_free(&p);
}

static void test_messages(void)
{
    refused_with(0x1fe, 0, 2, "boot sector signature");
    refused_with(0x206, 0x0207, 2, "protocol 2.07 does not say");
    refused_with(0x24c, 0, 4, "no payload");
    refused_with(0x24c, 0xffffffff, 4, "truncated");
    refused_with(0x248, 0xffffffff, 4, "truncated");
    refused_with(0x1f1, 0xff, 1, "truncated");
}

static void test_default_setup(void)
{
    struct packed p = good();
    uint32_t offset = BZIMAGE_AT - 512;

    p.data[0x1f1] = 0;
    memcpy(p.data + 0x248, &offset, 4);
    is_int(bzimage_open(&bz, p.data, p.size, &err), 0, "setup_sects 0");
    ok(!memcmp(bz.payload, content, sizeof(content)), "means 4");
    pack_free(&p);
}

static void test_truncation(void)
{
    struct packed p = good();
    size_t end = (BZIMAGE_SECTS + 1) * 512 + BZIMAGE_AT + sizeof(content);
    bool right = true;

    for ( size_t n = 0; n < p.size; n++ )
    {
        uint8_t *file = elf_copy(p.data, n);

        right = right && bzimage_is(file, n) == (n >= 0x206);
        right = right && bzimage_open(&bz, file, n, &err) == (n < end ? -ENOEXEC : 0);
        free(file);
    }
    ok(right, "cut at every byte: refused unless the whole payload is there");
    pack_free(&p);
}

/* Any header is either refused or describes bytes of the file. */
static void test_random(void)
{
    uint64_t seed = 0x6f1b8ac3d2e94057;
    unsigned int taken = 0, cases = 300000;
    struct packed p = good();
    uint8_t *file = elf_copy(p.data, p.size);
    bool right = true;

    for ( unsigned int i = 0; i < cases; i++ )
    {
        memcpy(file, p.data, 0x260);
        for ( unsigned int n = 1 + elf_random(&seed) % 3; n; n-- )
        {
            static const uint16_t fields[] = { 0x1f1, 0x1fe, 0x206, 0x248, 0x24c };
            uint64_t r = elf_random(&seed),
                     val = r & 1 ? elf_hostile((r >> 8) % ELF_HOSTILE, p.size) : r >> 8;

            memcpy(file + fields[r >> 58 & 7 % 5], &val, (size_t)1 << (r >> 56 & 3));
        }
        if ( bzimage_open(&bz, file, p.size, &err) == 0 )
        {
            taken++;
            right = right && bz.payload_size > 0 && bz.payload >= file &&
                    bz.payload_size <= (uint64_t)(file + p.size - bz.payload);
        }
    }
    ok(right, "%u random headers: refused, or about bytes in the file", cases);
    ok(taken > 0 && taken < cases, "%u of them are good", taken);
    free(file);
    pack_free(&p);
}

int main(void)
{
    test_good();
    test_messages();
    test_default_setup();
    test_truncation();
    test_random();
    return done();
}
