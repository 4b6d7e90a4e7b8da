/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/module_package.c
// options: -max_len=1024
/*
 * A package of modules, from any bytes. What is taken lies inside of it and is what the list says; what is refused has a reason. What
 * has been taken apart is planned anew: the plan is well-formed and has the same modules.
 */
#include <stdlib.h>

#include "fuzz.h"
#include <errno.h>
#include <xen/lib.h>
#include <xen/module_package.h>

#define BASE 0x100000UL

static struct boot_info bi;

static void check_taken(const uint8_t *data, size_t size, unsigned int behind)
{
    unsigned int nr = bi.nr_modules - behind;

    FUZZ_CHECK(nr >= 1 && bi.nr_modules <= BOOT_MAX_MODULES, "%u modules", bi.nr_modules);
    for ( unsigned int i = 0; i < nr; i++ )
    {
        const struct boot_mod *mod = &bi.modules[i];
        struct xen_multiboot_mod_list e;

        memcpy(&e, data + i * sizeof(e), sizeof(e));
        FUZZ_CHECK(mod->start == BASE + e.mod_start && mod->start - BASE + mod->size <= size &&
                       mod->size == e.mod_end + 1UL - e.mod_start,
                   "module %u", i);
        FUZZ_CHECK(memchr(mod->cmdline, 0, BOOT_CMDLINE_MAX) &&
                       (e.cmdline ? !strcmp((const char *)data + e.cmdline, mod->cmdline)
                                  : !*mod->cmdline),
                   "string of module %u", i);
    }
    for ( unsigned int i = 0; i < behind; i++ )
        FUZZ_CHECK(bi.modules[nr + i].start == i, "what was behind it");
}

static void check_plan(void)
{
    struct boot_module modules[BOOT_MAX_MODULES];
    struct package p;
    uint64_t at;

    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        modules[i] = (struct boot_module){ _maddr(0), bi.modules[i].size, bi.modules[i].cmdline };
    FUZZ_CHECK(package_plan(&p, modules, bi.nr_modules), "no plan");
    at = package_list_size(p.nr);
    for ( unsigned int i = 0; i < p.nr; i++ )
    {
        FUZZ_CHECK(p.list[i].cmdline == at, "string %u", i);
        at += strlen(modules[i].cmdline) + 1;
    }
    for ( unsigned int i = 0; i < p.nr; i++ )
    {
        FUZZ_CHECK(p.list[i].mod_start >= at && p.list[i].mod_start % PAGE_SIZE == 0 &&
                       p.list[i].mod_end + 1UL - p.list[i].mod_start == modules[i].size,
                   "module %u", i);
        at = p.list[i].mod_end + 1UL;
    }
    FUZZ_CHECK(p.size == at && !p.list[p.nr].mod_start, "its end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    unsigned int behind = fuzz_u8(&in) % BOOT_MAX_MODULES;
    const char *why = "untouched";
    uint8_t *copy = malloc(in.left ? in.left : 1);
    int rc;

    if ( !copy )
        return 0;
    memcpy(copy, in.p, in.left);
    memset(&bi, 0xa5, sizeof(bi));
    bi.nr_modules = 1 + behind;
    bi.modules[0] = (struct boot_mod){ BASE, in.left, "" };
    for ( unsigned int i = 0; i < behind; i++ )
        bi.modules[1 + i] = (struct boot_mod){ i, i, "" };
    rc = package_split(copy, &bi, &why);
    FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOSPC, "result %d", rc);
    FUZZ_CHECK(rc ? why && *why && strcmp(why, "untouched") != 0 : !why, "refused without a word");
    if ( !rc )
    {
        check_taken(copy, in.left, behind);
        check_plan();
    }
    free(copy);
    return 0;
}
