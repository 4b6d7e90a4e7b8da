/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a kernel module, in whatever container it comes, to the ELF file inside. Containers are told by their first bytes.
 * Pure; no locks.
 */

#include <xen/errno.h>
#include <xen/guest_image.h>

struct container
{
    const char *name;
    uint16_t offset;
    uint8_t len;
    uint8_t magic[6];
};

/* Formats that kernels are shipped in. A bzImage has its boot sector's header at 0x1f1 (x86 boot protocol). */
static const struct container containers[] = {
    { "a bzImage", 0x202, 4, { 'H', 'd', 'r', 'S' } },
    { "gzip compressed", 0, 2, { 0x1f, 0x8b } },
    { "xz compressed", 0, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
    { "zstd compressed", 0, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
    { "lz4 compressed", 0, 4, { 0x02, 0x21, 0x4c, 0x18 } },
    { "bzip2 compressed", 0, 3, { 'B', 'Z', 'h' } },
    { "lzo compressed", 0, 4, { 0x89, 'L', 'Z', 'O' } },
    { "lzma compressed", 0, 3, { 0x5d, 0, 0 } },
};

static const uint8_t elf_magic[] = { 0x7f, 'E', 'L', 'F' };

static bool has_magic(const uint8_t *data, uint64_t size, uint64_t offset, const uint8_t *magic,
                      size_t len)
{
    return size >= offset + len && memcmp(data + offset, magic, len) == 0;
}

int kernel_unpack(const void *module, uint64_t module_size, const void **elf, uint64_t *elf_size,
                  struct load_error *err)
{
    const struct container *c;

    if ( module_size == 0 )
        return load_fail(err, -ENOEXEC, "the module is empty");
    if ( !has_magic(module, module_size, 0, elf_magic, sizeof(elf_magic)) )
    {
        for ( c = containers; c < containers + ARRAY_SIZE(containers); c++ )
            if ( has_magic(module, module_size, c->offset, c->magic, c->len) )
                return load_fail(err, -ENOEXEC,
                                 "%s, which is not supported yet: give it the ELF file inside",
                                 c->name);
        return load_fail(err, -ENOEXEC, "not an ELF file, nor any kernel format known");
    }
    *elf = module;
    *elf_size = module_size;
    return 0;
}
