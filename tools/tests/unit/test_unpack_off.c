/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/bzimage.c xen/common/load_error.c
/* Kernels given to a hypervisor built without CONFIG_DECOMPRESS, whatever this build's configuration is: hence the inclusion. */

#include "tap.h"

#include <stdarg.h>
#include <xen/vmap.h>

#undef CONFIG_DECOMPRESS
#include "../../../xen/common/kernel_unpack.c"
#include "elf_make.h"
#include "pack.h"

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

void vfree(void *p, size_t bytes)
{
    if ( p )
        abort();
}

static struct kernel_file file;
static struct load_error err;

static void is_refused(struct packed p, const char *says)
{
    uint32_t size = 1000;
    struct packed bz = pack_bzimage(&p, &size);

    ok(kernel_unpack(&file, p.data, p.size, &err) == -ENOEXEC && strstr(err.text, says) &&
           strstr(err.text, "built without CONFIG_DECOMPRESS"),
       "refused: %s", err.text);
    ok(kernel_unpack(&file, bz.data, bz.size, &err) == -ENOEXEC && strstr(err.text, says) &&
           strstr(err.text, "bzImage"),
       "refused: %s", err.text);
    pack_free(&p);
    pack_free(&bz);
}

int main(void)
{
    static const uint8_t kernel[1000] = "\177ELF";
    struct packed plain = { (uint8_t *)(uintptr_t)kernel, sizeof(kernel) };
    struct packed bz = pack_bzimage(&plain, NULL);

    ok(kernel_unpack(&file, kernel, sizeof(kernel), &err) == 0 && file.elf == kernel,
       "an ELF file is taken");
    kernel_file_free(&file);
    ok(kernel_unpack(&file, bz.data, bz.size, &err) == 0 && file.elf_size == sizeof(kernel),
       "so is one in a bzImage");
    kernel_file_free(&file);
    pack_free(&bz);
    is_refused(pack(PACK_GZIP, kernel, sizeof(kernel)), "gzip");
    is_refused(pack(PACK_XZ, kernel, sizeof(kernel)), "xz");
    is_refused(pack(PACK_ZSTD, kernel, sizeof(kernel)), "zstd");
    return done();
}
