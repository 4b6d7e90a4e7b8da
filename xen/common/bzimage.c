/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the payload of a bzImage: boot sector and setup code of setup_sects + 1 sectors, then the protected-mode part, in which
 * the payload lies. Nothing else of the header matters to a PV guest. Pure; no locks.
 */

#include <xen/bzimage.h>
#include <xen/errno.h>

#define SECTOR 512

/* Places in the file. */
#define SETUP_SECTS    0x1f1 /* u8 */
#define BOOT_FLAG      0x1fe /* u16, 0xaa55 */
#define SIGNATURE      0x202
#define VERSION        0x206 /* u16 */
#define PAYLOAD_OFFSET 0x248 /* u32, from the protected-mode part on */
#define PAYLOAD_LENGTH 0x24c /* u32 */
#define HEADER_END     0x250

#define BOOT_FLAG_MAGIC 0xaa55
/* The first version that says where the payload is. */
#define VERSION_PAYLOAD 0x0208
/* A setup_sects of 0 means this: the first kernels did not say. */
#define SETUP_SECTS_DEFAULT 4

static uint32_t read_le(const uint8_t *p, unsigned int bytes)
{
    uint32_t val = 0;

    while ( bytes-- )
        val = val << 8 | p[bytes];
    return val;
}

bool bzimage_is(const void *data, uint64_t size)
{
    return size >= SIGNATURE + 4 && memcmp((const uint8_t *)data + SIGNATURE, "HdrS", 4) == 0;
}

int bzimage_open(struct bzimage *bz, const void *data, uint64_t size, struct load_error *err)
{
    const uint8_t *file = data;
    uint64_t start, length;

    if ( size < HEADER_END )
        return load_fail(err, -ENOEXEC, "the bzImage is truncated: its header is incomplete");
    if ( read_le(file + BOOT_FLAG, 2) != BOOT_FLAG_MAGIC )
        return load_fail(err, -ENOEXEC, "the bzImage has no boot sector signature");
    bz->version = (uint16_t)read_le(file + VERSION, 2);
    if ( bz->version < VERSION_PAYLOAD )
        return load_fail(err, -ENOEXEC,
                         "the bzImage's boot protocol %u.%02u does not say where the kernel is: "
                         "2.08 or later is needed",
                         bz->version >> 8, bz->version & 0xff);
    start = file[SETUP_SECTS] ? file[SETUP_SECTS] : SETUP_SECTS_DEFAULT;
    start = (start + 1) * SECTOR + read_le(file + PAYLOAD_OFFSET, 4);
    length = read_le(file + PAYLOAD_LENGTH, 4);
    if ( length == 0 )
        return load_fail(err, -ENOEXEC, "the bzImage has no payload");
    if ( start > size || length > size - start )
        return load_fail(err, -ENOEXEC,
                         "the bzImage is truncated: its payload, %lu bytes from %lu on, reaches "
                         "beyond the file's %lu",
                         length, start, size);
    bz->payload = file + start;
    bz->payload_size = length;
    return 0;
}
