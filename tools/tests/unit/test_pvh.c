/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/boot/pvh.c
/* The parser of PVH's start information on good, truncated and hostile memory. The memory is an allocation of exactly its size, so that
 * a read beyond it is found by the sanitizer. */

#include "tap.h"

#include <stdlib.h>

#include <asm/pvh.h>
#include <public/arch-x86/hvm/start_info.h>
#include <xen/errno.h>
#include <xen/lib.h>

/* ---- Making memory ------------------------------------------------------------------------- */

#define MEMORY  0x4000
#define START   0x1001 /* nothing says that it is aligned */
#define CMDLINE 0x1100
#define MODULES 0x1200
#define WORDS   0x1400 /* modules' command lines */
#define MAP     0x1600
#define RSDP    0x1f00
#define LONG    0x2000 /* room for a long string */

static uint8_t memory[MEMORY];
static struct hvm_start_info si;
static struct hvm_modlist_entry modules[BOOT_MAX_MODULES + 1];
static struct hvm_memmap_table_entry map[BOOT_MAX_REGIONS + 1];

static void make(void)
{
    memset(memory, 0xee, sizeof(memory));
    memset(modules, 0, sizeof(modules));
    memset(map, 0, sizeof(map));
    strcpy((char *)memory + CMDLINE, "console=com1 loglvl=all");
    strcpy((char *)memory + WORDS, "root=/dev/xvda quiet");
    for ( unsigned int i = 0; i < 36; i++ )
        memory[RSDP + i] = (uint8_t)(i + 1);
    modules[0] = (struct hvm_modlist_entry){ 0x200000, 0x145678, WORDS, 0 };
    modules[1] = (struct hvm_modlist_entry){ 0x400000, 0, 0, 0 };
    map[0] = (struct hvm_memmap_table_entry){ 0, 0x9fc00, XEN_HVM_MEMMAP_TYPE_RAM, 0 };
    map[1] = (struct hvm_memmap_table_entry){ 0x9fc00, 0, XEN_HVM_MEMMAP_TYPE_RESERVED, 0 };
    map[2] = (struct hvm_memmap_table_entry){ 0x100000, 0x7f00000, XEN_HVM_MEMMAP_TYPE_RAM, 0 };
    map[3] = (struct hvm_memmap_table_entry){ 0xfffffffffffff000, 0xfff, 77, 0 };
    si = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .nr_modules = 2,
        .modlist_paddr = MODULES,
        .cmdline_paddr = CMDLINE,
        .rsdp_paddr = RSDP,
        .memmap_paddr = MAP,
        .memmap_entries = 4,
    };
}

static struct boot_info bi;
static const char *why;

/** Parse what was made, in a memory of @size bytes. */
static int parse_in(size_t size, uint64_t start)
{
    uint8_t *copy = malloc(size ? size : 1);
    const struct memory_view view = { copy, size };
    int rc;

    memcpy(copy, memory, size);
    memset(&bi, 0x55, sizeof(bi));
    why = "untouched";
    rc = pvh_parse(&view, start, &bi, &why);
    free(copy);
    return rc;
}

static void write_out(void)
{
    memcpy(memory + START, &si, sizeof(si));
    memcpy(memory + MODULES, modules, 0x200);
    memcpy(memory + MAP, map, 24 * 32);
}

static int parse(void)
{
    write_out();
    return parse_in(MEMORY, START);
}

static void refused(int err, const char *message)
{
    int rc = parse();

    ok(rc == err && why && !strcmp(why, message), "refused: %s", message);
    if ( rc != err )
        note("  got %d, %s", rc, why ? why : "(none)");
}

/* ---- Good ones ----------------------------------------------------------------------------- */

static void test_full(void)
{
    make();
    is_int(parse(), 0, "memory with everything is taken");
    ok(!why, "no complaint");
    is_str(bi.cmdline, "console=com1 loglvl=all", "command line");
    is_str(bi.loader, "a PVH loader", "loader");
    is_u64(bi.nr_modules, 2, "two modules");
    is_u64(bi.modules[0].start, 0x200000, "module start");
    is_u64(bi.modules[0].size, 0x145678, "module size");
    is_str(bi.modules[0].cmdline, "root=/dev/xvda quiet", "module command line");
    is_u64(bi.modules[1].size, 0, "an empty module");
    is_str(bi.modules[1].cmdline, "", "without a command line");
    is_u64(bi.nr_regions, 3, "three regions, the empty one left out");
    is_u64(bi.regions[1].start, 0x100000, "region start");
    is_u64(bi.regions[1].size, 0x7f00000, "region size");
    is_u64(bi.regions[1].type, BOOT_RAM, "region type");
    is_u64(bi.regions[2].type, 77, "an unknown type is kept");
    ok(bi.rsdp[0] == 1 && bi.rsdp[35] == 36, "ACPI 2's root pointer: 36 bytes");
    ok(!bi.fb.present && !bi.efi, "neither screen nor EFI");
}

static void test_small(void)
{
    make();
    si.nr_modules = 0;
    si.modlist_paddr = si.cmdline_paddr = si.rsdp_paddr = 0;
    is_int(parse(), 0, "a memory map alone is enough");
    ok(!bi.nr_modules && !bi.cmdline[0] && !bi.rsdp[0], "what is not there is zero");
    si.modlist_paddr = ~0UL;
    is_int(parse(), 0, "a list of no modules may be anywhere");

    make();
    memory[RSDP + 15] = 1;
    is_int(parse(), 0, "ACPI 1's root pointer");
    ok(bi.rsdp[19] == 20 && !bi.rsdp[20] && !bi.rsdp[35], "20 bytes, the rest zero");

    make();
    si.version = 1000;
    is_int(parse(), 0, "a later version, which only adds");
    is_u64(bi.nr_regions, 3, "with its memory map");
}

/* The structure right at the end of what there is. */
static void test_at_the_end(void)
{
    make();
    write_out();
    memcpy(memory + MEMORY - sizeof(si), &si, sizeof(si));
    is_int(parse_in(MEMORY, MEMORY - sizeof(si)), 0, "the structure may be the last 56 bytes");
    is_int(parse_in(MEMORY - 1, MEMORY - sizeof(si)), -EINVAL, "but not one less");
    si.version = 0;
    memcpy(memory + MEMORY - 40, &si, 40);
    is_int(parse_in(MEMORY, MEMORY - 40), -ENOENT, "of version 0 there are 40 bytes");
    is_str(why, "no memory map: version 0 of hvm_start_info has none", "which have no map");
    is_int(parse_in(MEMORY - 1, MEMORY - 40), -EINVAL, "and no less");
    is_str(why, "hvm_start_info outside memory", "which is said");
}

static void test_limits(void)
{
    char *s = (char *)memory + LONG;

    make();
    memset(s, 'x', BOOT_CMDLINE_MAX + 1);
    s[BOOT_CMDLINE_MAX - 1] = '\0';
    si.cmdline_paddr = LONG;
    is_int(parse(), 0, "the longest command line");
    is_u64(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1, "whole");
    s[BOOT_CMDLINE_MAX - 1] = 'x';
    s[BOOT_CMDLINE_MAX] = '\0';
    refused(-ENOSPC, "command line too long");
    si.cmdline_paddr = 0;
    modules[1].cmdline_paddr = LONG;
    refused(-ENOSPC, "module command line too long");

    make();
    si.nr_modules = BOOT_MAX_MODULES;
    is_int(parse(), 0, "as many modules as there is room for");
    is_u64(bi.nr_modules, BOOT_MAX_MODULES, "all of them");
    si.nr_modules++;
    refused(-ENOSPC, "too many modules");
    si.nr_modules = ~0U;
    refused(-ENOSPC, "too many modules");
}

static void test_many_regions(void)
{
    make();
    write_out();
    si.memmap_paddr = LONG;
    for ( unsigned int i = 0; i <= BOOT_MAX_REGIONS; i++ )
    {
        struct hvm_memmap_table_entry e = { (uint64_t)i << 21, 1 << 20, BOOT_RAM, 0 };

        memcpy(memory + LONG + i * sizeof(e), &e, sizeof(e));
    }
    si.memmap_entries = BOOT_MAX_REGIONS;
    is_int(parse(), 0, "as many regions as there is room for");
    is_u64(bi.nr_regions, BOOT_MAX_REGIONS, "all of them");
    si.memmap_entries++;
    refused(-ENOSPC, "too many memory regions");
}

/* ---- Bad ones ------------------------------------------------------------------------------ */

static void test_bad_structure(void)
{
    static const uint64_t nowhere[] = { MEMORY, MEMORY - 39, 1UL << 32, ~0UL, ~0UL - 39 };

    make();
    write_out();
    for ( unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++ )
        ok(parse_in(MEMORY, nowhere[i]) == -EINVAL && !strcmp(why, "hvm_start_info outside memory"),
           "refused: the structure at %#llx", (unsigned long long)nowhere[i]);
    is_int(parse_in(0, 0), -EINVAL, "refused: no memory at all");
    make();
    si.magic ^= 0x80000000;
    refused(-EINVAL, "hvm_start_info with a wrong magic number");
    si.magic = 0;
    refused(-EINVAL, "hvm_start_info with a wrong magic number");
}

static void test_bad_map(void)
{
    make();
    si.version = 0;
    refused(-ENOENT, "no memory map: version 0 of hvm_start_info has none");
    make();
    si.memmap_entries = 0;
    refused(-ENOENT, "no memory map: it has no entries");
    make();
    map[0].size = map[2].size = map[3].size = 0;
    refused(-ENOENT, "no memory map: it has no entries");
    make();
    si.memmap_paddr = 0;
    refused(-EINVAL, "memory map at address 0");
    make();
    map[3].size = 0x1000;
    is_int(parse(), -EINVAL, "a region that ends at 2^64 is taken for one that wraps");
    map[3].size = 0x1001;
    refused(-EINVAL, "memory region wraps around");
    map[3].size = ~0UL;
    refused(-EINVAL, "memory region wraps around");
    make();
    memset(memory + LONG, 0, MEMORY - LONG);
    si.memmap_paddr = MEMORY - 4 * 24 + 1;
    refused(-EINVAL, "memory map outside memory");
    si.memmap_paddr = ~0UL - 23;
    refused(-EINVAL, "memory map outside memory");
    si.memmap_paddr = ~0UL - 24;
    refused(-EINVAL, "memory map outside memory");
}

static void test_bad_modules(void)
{
    make();
    si.modlist_paddr = 0;
    refused(-EINVAL, "modules without a list of them");
    memset(memory + LONG, 0, MEMORY - LONG);
    si.modlist_paddr = MEMORY - 2 * 32 + 1;
    refused(-EINVAL, "module list outside memory");
    si.modlist_paddr = ~0UL - 31;
    refused(-EINVAL, "module list outside memory");
    make();
    modules[0].size = 0UL - 0x200000;
    refused(-EINVAL, "module wraps around");
    modules[0] = (struct hvm_modlist_entry){ ~0UL, 2, 0, 0 };
    refused(-EINVAL, "module wraps around");
}

static void test_bad_pointers(void)
{
    static const uint64_t nowhere[] = { MEMORY, MEMORY + 1, 1UL << 32, ~0UL };

    for ( unsigned int i = 0; i < ARRAY_SIZE(nowhere); i++ )
    {
        make();
        si.cmdline_paddr = nowhere[i];
        refused(-EINVAL, "command line outside memory or without an end");
        make();
        modules[1].cmdline_paddr = nowhere[i];
        refused(-EINVAL, "module command line outside memory or without an end");
        make();
        si.rsdp_paddr = nowhere[i];
        refused(-EINVAL, "ACPI's root pointer outside memory");
    }
    make();
    memory[MEMORY - 1] = 'x';
    si.cmdline_paddr = MEMORY - 1;
    refused(-EINVAL, "command line outside memory or without an end");
    memory[MEMORY - 1] = 0;
    is_int(parse(), 0, "an empty command line in the last byte");
    make();
    memset(memory + MEMORY - 20, 0, 20);
    si.rsdp_paddr = MEMORY - 20;
    is_int(parse(), 0, "a root pointer of ACPI 1 in the last bytes");
    memory[MEMORY - 20 + 15] = 2;
    refused(-EINVAL, "ACPI's root pointer outside memory");
}

/* ---- Random ones --------------------------------------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

/** Whatever was in memory: is what came out within its bounds? */
static bool result_sane(int rc)
{
    if ( (rc == 0) != (why == NULL) || bi.nr_regions > BOOT_MAX_REGIONS ||
         bi.nr_modules > BOOT_MAX_MODULES )
        return false;
    if ( rc != 0 && rc != -EINVAL && rc != -ENOSPC && rc != -ENOENT )
        return false;
    if ( strnlen(bi.cmdline, sizeof(bi.cmdline)) == sizeof(bi.cmdline) ||
         strnlen(bi.loader, sizeof(bi.loader)) == sizeof(bi.loader) )
        return false;
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        if ( strnlen(bi.modules[i].cmdline, BOOT_CMDLINE_MAX) == BOOT_CMDLINE_MAX ||
             bi.modules[i].start + bi.modules[i].size < bi.modules[i].start )
            return false;
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        if ( !bi.regions[i].size || bi.regions[i].start + bi.regions[i].size < bi.regions[i].start )
            return false;
    return rc || bi.nr_regions;
}

static void test_truncated(void)
{
    unsigned int wrong = 0;

    make();
    write_out();
    for ( size_t size = 0; size < RSDP + 36; size++ )
        if ( parse_in(size, START) != -EINVAL || !result_sane(-EINVAL) )
            wrong++;
    is_u64(wrong, 0, "memory that ends anywhere before the last part is refused");
    is_int(parse_in(RSDP + 36, START), 0, "and taken when it ends behind that");
}

static void damage_word(void)
{
    static const uint64_t values[] = { 0,          1,          7,           BOOT_MAX_MODULES,
                                       MEMORY - 1, 0x7fffffff, 0xfffffff8,  0xffffffff,
                                       1UL << 32,  1UL << 63,  ~0UL - 4095, ~0UL };
    static const uint32_t where[] = { START, MODULES, MAP, RSDP };
    uint64_t value = values[rnd(ARRAY_SIZE(values))];
    uint32_t at = where[rnd(4)] + rnd(sizeof(si) / 4) * 4;

    memcpy(memory + at, &value, rnd(2) ? 4 : 8);
}

static void test_damaged(void)
{
    unsigned int wrong = 0, taken = 0;

    for ( unsigned int round = 0; round < 60000; round++ )
    {
        int rc;

        make();
        write_out();
        for ( uint32_t n = 1 + rnd(3); n; n-- )
        {
            if ( rnd(2) )
                memory[0x1000 + rnd(0x1000)] = (uint8_t)rnd(256);
            else
                damage_word();
        }
        rc = parse_in(MEMORY, START);
        taken += rc == 0;
        if ( !result_sane(rc) )
            wrong++;
    }
    is_u64(wrong, 0, "60000 damaged ones: refused with a reason, or taken within all bounds");
    ok(taken > 1000 && taken < 59000, "both kinds occurred (%u taken)", taken);
}

int main(void)
{
    test_full();
    test_small();
    test_at_the_end();
    test_limits();
    test_many_regions();
    test_bad_structure();
    test_bad_map();
    test_bad_modules();
    test_bad_pointers();
    test_truncated();
    test_damaged();
    return done();
}
