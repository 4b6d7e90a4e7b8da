/* SPDX-License-Identifier: GPL-2.0-only */
/* Packs kernels for tests: by the packing programs themselves, and into a bzImage like the one Linux's build makes. */
#ifndef PACK_H
#define PACK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct packed
{
    uint8_t *data; /* one allocation of exactly this size, for the address sanitizer */
    size_t size;
};

#define PACK_GZIP "gzip -9n"
#define PACK_XZ   "xz --check=crc32 --x86 --lzma2=preset=6,dict=64KiB"
#define PACK_ZSTD "zstd -q -19 --check"

/** The output of a shell command that gets @data as its input; ends the program if it fails. */
static inline struct packed pack(const char *command, const void *data, size_t size)
{
    char path[] = "/tmp/unit-pack-XXXXXX", line[256];
    int fd = mkstemp(path);
    struct packed p = { 0 };
    size_t room = size + 65536, n;
    FILE *out;

    if ( fd < 0 || write(fd, data, size) != (ssize_t)size )
        abort();
    close(fd);
    snprintf(line, sizeof(line), "%s <%s", command, path);
    out = popen(line, "r");
    p.data = malloc(room);
    while ( out && (n = fread(p.data + p.size, 1, room - p.size, out)) > 0 )
        p.size += n;
    if ( !out || pclose(out) || !p.size || p.size == room )
    {
        fprintf(stderr, "%s failed\n", line);
        abort();
    }
    unlink(path);
    p.data = realloc(p.data, p.size);
    return p;
}

static inline void pack_free(struct packed *p)
{
    free(p->data);
    *p = (struct packed){ 0 };
}

static inline struct packed pack_join(const struct packed *a, const void *data, size_t size)
{
    struct packed p = { malloc(a->size + size), a->size + size };

    memcpy(p.data, a->data, a->size);
    memcpy(p.data + a->size, data, size);
    return p;
}

#define BZIMAGE_SECTS 3U
#define BZIMAGE_AT    0x2cdU /* of the payload in the protected-mode part */

/** A bzImage around a payload. @trailer: put the content's size behind it, as Linux does for all but gzip. */
static inline struct packed pack_bzimage(const struct packed *payload, const uint32_t *trailer)
{
    size_t start = (BZIMAGE_SECTS + 1) * 512 + BZIMAGE_AT;
    uint32_t length = (uint32_t)payload->size + (trailer ? 4 : 0), offset = BZIMAGE_AT;
    struct packed p = { calloc(1, start + length + 33), start + length + 33 };

    p.data[0x1f1] = BZIMAGE_SECTS;
    memcpy(p.data + 0x1fe, "\x55\xaa", 2);
    memcpy(p.data + 0x202, "HdrS\x0f\x02", 6);
    memcpy(p.data + 0x248, &offset, 4);
    memcpy(p.data + 0x24c, &length, 4);
    memcpy(p.data + start, payload->data, payload->size);
    if ( trailer )
        memcpy(p.data + start + payload->size, trailer, 4);
    return p;
}

#endif /* PACK_H */
