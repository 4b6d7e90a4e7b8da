/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/boot/pvh.c xen/arch/x86/pvh_build.c
// options: -max_len=2048
/*
 * What a PVH loader hands over, from any bytes: all of memory is the input, which begins with the structure's address. What the parser
 * accepts is well-formed and was read where the structure says it is; what it refuses has a reason. What was accepted is built anew
 * as for a guest, and parsed to the same.
 */
#include <stdlib.h>

#include "fuzz.h"
#include <asm/pvh.h>
#include <asm/pvh_build.h>
#include <errno.h>
#include <public/arch-x86/hvm/start_info.h>
#include <xen/lib.h>

static struct boot_info bi;

static bool ended(const char *s, size_t size)
{
    return memchr(s, 0, size) != NULL;
}

static void check_bounds(void)
{
    FUZZ_CHECK(bi.nr_regions <= BOOT_MAX_REGIONS && bi.nr_modules <= BOOT_MAX_MODULES,
               "%u regions, %u modules", bi.nr_regions, bi.nr_modules);
    FUZZ_CHECK(ended(bi.cmdline, sizeof(bi.cmdline)) && ended(bi.loader, sizeof(bi.loader)),
               "a string without an end");
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        FUZZ_CHECK(bi.regions[i].size &&
                       bi.regions[i].start + bi.regions[i].size >= bi.regions[i].start,
                   "region %u is empty or wraps", i);
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        FUZZ_CHECK(ended(bi.modules[i].cmdline, BOOT_CMDLINE_MAX) &&
                       bi.modules[i].start + bi.modules[i].size >= bi.modules[i].start,
                   "module %u wraps or its string has no end", i);
}

/* The string at an address, as a pointer into the input: what is accepted lies inside. */
static void check_string(const uint8_t *mem, size_t size, uint64_t at, const char *got,
                         const char *what)
{
    if ( !at )
        FUZZ_CHECK(!*got, "%s: from nowhere", what);
    else
        FUZZ_CHECK(at < size && strlen(got) < size - at && !strcmp((const char *)mem + at, got),
                   "%s: not what is written there", what);
}

/* An accepted input once more, by the header's words alone. */
static void check_taken(const uint8_t *mem, size_t size, uint64_t at)
{
    struct hvm_start_info si;
    struct hvm_modlist_entry mod;
    struct hvm_memmap_table_entry e;
    unsigned int nr = 0;

    FUZZ_CHECK(at < size && size - at >= sizeof(si), "a structure that is not there");
    memcpy(&si, mem + at, sizeof(si));
    FUZZ_CHECK(si.magic == XEN_HVM_START_MAGIC_VALUE && si.version, "magic %#x, version %u",
               si.magic, si.version);
    check_string(mem, size, si.cmdline_paddr, bi.cmdline, "command line");
    FUZZ_CHECK(bi.nr_modules == si.nr_modules, "%u modules of %u", bi.nr_modules, si.nr_modules);
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
    {
        memcpy(&mod, mem + si.modlist_paddr + i * sizeof(mod), sizeof(mod));
        FUZZ_CHECK(bi.modules[i].start == mod.paddr && bi.modules[i].size == mod.size, "module %u",
                   i);
        check_string(mem, size, mod.cmdline_paddr, bi.modules[i].cmdline, "module");
    }
    for ( unsigned int i = 0; i < si.memmap_entries; i++ )
    {
        memcpy(&e, mem + si.memmap_paddr + i * sizeof(e), sizeof(e));
        if ( !e.size )
            continue;
        FUZZ_CHECK(nr < bi.nr_regions && bi.regions[nr].start == e.addr &&
                       bi.regions[nr].size == e.size && bi.regions[nr].type == e.type,
                   "region %u", nr);
        nr++;
    }
    FUZZ_CHECK(nr && nr == bi.nr_regions, "%u regions of %u", bi.nr_regions, nr);
    if ( !si.rsdp_paddr )
        FUZZ_CHECK(!bi.rsdp[0], "a root pointer from nowhere");
    else
        FUZZ_CHECK(!memcmp(bi.rsdp, mem + si.rsdp_paddr, bi.rsdp[15] >= 2 ? 36 : 20),
                   "another root pointer");
}

/* All but the root pointer, which stays where it is. */
static void check_rebuilt(void)
{
    static struct boot_info again;
    struct pvh_module modules[BOOT_MAX_MODULES];
    struct pvh_plan plan = { .cmdline = bi.cmdline,
                             .modules = modules,
                             .nr_modules = bi.nr_modules,
                             .regions = bi.regions,
                             .nr_regions = bi.nr_regions };
    struct memory_view view;
    const char *why;
    uint64_t size;
    uint8_t *mem;

    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        modules[i] =
            (struct pvh_module){ bi.modules[i].start, bi.modules[i].size, bi.modules[i].cmdline };
    size = 4096 + pvh_build_size(&plan);
    mem = calloc(1, size);
    view = (struct memory_view){ mem, size };
    FUZZ_CHECK(pvh_build(&plan, mem + 4096, size - 4096, 4096) == 0, "cannot be built again");
    FUZZ_CHECK(pvh_parse(&view, 4096, &again, &why) == 0, "built again: %s", why);
    FUZZ_CHECK(!strcmp(again.cmdline, bi.cmdline) && again.nr_modules == bi.nr_modules &&
                   again.nr_regions == bi.nr_regions,
               "another command line, or numbers");
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        FUZZ_CHECK(again.modules[i].start == bi.modules[i].start &&
                       again.modules[i].size == bi.modules[i].size &&
                       !strcmp(again.modules[i].cmdline, bi.modules[i].cmdline),
                   "another module %u", i);
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        FUZZ_CHECK(again.regions[i].start == bi.regions[i].start &&
                       again.regions[i].size == bi.regions[i].size &&
                       again.regions[i].type == bi.regions[i].type,
                   "another region %u", i);
    free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    uint64_t at = fuzz_u16(&in);
    const char *why = "untouched";
    uint8_t *copy = malloc(in.left ? in.left : 1);
    const struct memory_view view = { copy, in.left };
    int rc;

    if ( !copy )
        return 0;
    memcpy(copy, in.p, in.left);
    memset(&bi, 0xa5, sizeof(bi));
    rc = pvh_parse(&view, at, &bi, &why);
    check_bounds();
    FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOSPC || rc == -ENOENT, "result %d", rc);
    FUZZ_CHECK(rc ? why && *why && strcmp(why, "untouched") != 0 : !why, "refused without a word");
    if ( !rc )
    {
        check_taken(copy, in.left, at);
        check_rebuilt();
    }
    free(copy);
    return 0;
}
