/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/boot/multiboot2.c
/* The multiboot2 parser on good, truncated and hostile information blocks. Each block is given in an allocation of exactly its size, so
 * that a read beyond it is found by the sanitizer. */

#include "tap.h"

#include <stdlib.h>

#include <asm/multiboot2.h>
#include <xen/errno.h>

/* ---- Making blocks ------------------------------------------------------------------------- */

static uint8_t block[1 << 18];
static size_t at;

static void put32(uint32_t v)
{
    memcpy(block + at, &v, 4);
    at += 4;
}

static void put64(uint64_t v)
{
    memcpy(block + at, &v, 8);
    at += 8;
}

static void begin(void)
{
    memset(block, 0xee, sizeof(block));
    at = 8;
}

/** A tag with a body of @len bytes, padded; returns where it starts. */
static size_t tag(uint32_t type, const void *body, size_t len)
{
    size_t start = at;

    put32(type);
    put32(8 + (uint32_t)len);
    if ( len )
        memcpy(block + at, body, len);
    at = (at + len + 7) & ~(size_t)7;
    return start;
}

static void tag_string(uint32_t type, const char *s)
{
    tag(type, s, strlen(s) + 1);
}

static void tag_module(uint32_t start, uint32_t end, const char *s)
{
    uint8_t body[4096];

    memcpy(body, &start, 4);
    memcpy(body + 4, &end, 4);
    strcpy((char *)body + 8, s);
    tag(MB2_TAG_MODULE, body, 8 + strlen(s) + 1);
}

static size_t begin_mmap(uint32_t entry_size)
{
    size_t start = tag(MB2_TAG_MMAP, NULL, 0);

    put32(entry_size);
    put32(0);
    return start;
}

static void mmap_entry(uint64_t start, uint64_t size, uint32_t type, size_t entry_size)
{
    size_t next = at + entry_size;

    put64(start);
    put64(size);
    put32(type);
    put32(0);
    at = next;
}

static void end_mmap(size_t start)
{
    uint32_t size = (uint32_t)(at - start);

    memcpy(block + start + 4, &size, 4);
    at = (at + 7) & ~(size_t)7;
}

static void one_region(void)
{
    size_t start = begin_mmap(24);

    mmap_entry(0x100000, 0x7f00000, BOOT_RAM, 24);
    end_mmap(start);
}

static void finish(void)
{
    uint32_t total;

    tag(MB2_TAG_END, NULL, 0);
    total = (uint32_t)at;
    memcpy(block, &total, 4);
    memset(block + 4, 0, 4);
}

static struct boot_info bi;
static const char *why;

/** Parse @len bytes of the block. */
static int parse_len(size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    int rc;

    memcpy(copy, block, len);
    memset(&bi, 0x55, sizeof(bi));
    why = "untouched";
    rc = multiboot2_parse(copy, len, &bi, &why);
    free(copy);
    return rc;
}

static int parse(void)
{
    return parse_len(at);
}

static void refused(int err, const char *message)
{
    int rc = parse();

    ok(rc == err && why && !strcmp(why, message), "refused: %s", message);
    if ( rc != err )
        note("  got %d, %s", rc, why ? why : "(none)");
}

/* ---- Good blocks --------------------------------------------------------------------------- */

static void make_full(void)
{
    uint8_t rsdp[36], fb[30];
    size_t start;

    for ( unsigned int i = 0; i < sizeof(rsdp); i++ )
        rsdp[i] = (uint8_t)(i + 1);
    begin();
    tag_string(MB2_TAG_CMDLINE, "console=com1 loglvl=all");
    tag_string(MB2_TAG_LOADER, "GRUB 2.06");
    tag_module(0x200000, 0x345678, "root=/dev/xvda quiet");
    tag_module(0x400000, 0x400000, "");
    tag(MB2_TAG_BASIC_MEM, "\x7f\x02\0\0\0\0\x10\0", 8);
    start = begin_mmap(32); /* longer entries of a later version */
    mmap_entry(0, 0x9fc00, BOOT_RAM, 32);
    mmap_entry(0x9fc00, 0, BOOT_RESERVED, 32); /* empty: left out */
    mmap_entry(0x100000, 0x7f00000, BOOT_RAM, 32);
    mmap_entry(0xfffffffffffff000, 0xfff, 77, 32);
    end_mmap(start);
    memset(fb, 0, sizeof(fb));
    memcpy(fb,
           "\0\0\0\xe0\x01\0\0\0"
           "\0\x10\0\0"
           "\0\x04\0\0"
           "\0\x03\0\0"
           "\x20\x01\0\0"
           "\x10\x08\x08\x08\0\x08",
           30);
    tag(MB2_TAG_FRAMEBUFFER, fb, 30);
    tag(MB2_TAG_ACPI_NEW, rsdp, 36);
    memset(rsdp, 0xaa, sizeof(rsdp));
    tag(MB2_TAG_ACPI_OLD, rsdp, 20);
    tag(4242, "unknown", 7);
    finish();
}

static void test_full(void)
{
    make_full();
    is_int(parse(), 0, "a block with everything is taken");
    ok(!why, "no complaint");
    is_str(bi.cmdline, "console=com1 loglvl=all", "command line");
    is_str(bi.loader, "GRUB 2.06", "loader");
    is_u64(bi.nr_modules, 2, "two modules");
    is_u64(bi.modules[0].start, 0x200000, "module start");
    is_u64(bi.modules[0].size, 0x145678, "module size");
    is_str(bi.modules[0].cmdline, "root=/dev/xvda quiet", "module command line");
    is_u64(bi.modules[1].size, 0, "an empty module");
    is_str(bi.modules[1].cmdline, "", "with an empty command line");
    is_u64(bi.nr_regions, 3, "three regions, the empty one left out");
    is_u64(bi.regions[1].start, 0x100000, "entries are as far apart as the entry size says");
    is_u64(bi.regions[1].size, 0x7f00000, "region size");
    is_u64(bi.regions[1].type, BOOT_RAM, "region type");
    is_u64(bi.regions[2].type, 77, "an unknown type is kept");
    ok(bi.fb.present && bi.fb.addr == 0x1e0000000 && bi.fb.pitch == 0x1000 && bi.fb.width == 1024 &&
           bi.fb.height == 768 && bi.fb.bpp == 32 && bi.fb.type == 1,
       "framebuffer");
    ok(bi.fb.red_pos == 16 && bi.fb.red_size == 8 && bi.fb.green_pos == 8 && bi.fb.blue_pos == 0 &&
           bi.fb.blue_size == 8,
       "framebuffer colours");
    ok(bi.rsdp[0] == 1 && bi.rsdp[35] == 36, "the new RSDP wins over the old one behind it");
    ok(!bi.efi, "no EFI");
}

static void test_small(void)
{
    begin();
    one_region();
    finish();
    is_int(parse(), 0, "a memory map alone is enough");
    ok(!bi.nr_modules && !bi.cmdline[0] && !bi.loader[0] && !bi.rsdp[0] && !bi.fb.present,
       "what is not there is zero");

    begin();
    tag(MB2_TAG_BASIC_MEM, "\x7f\x02\0\0\0\xfc\x01\0", 8);
    finish();
    is_int(parse(), 0, "the two old numbers will do");
    is_u64(bi.nr_regions, 2, "as two regions");
    is_u64(bi.regions[0].size, 0x27f << 10, "low memory");
    ok(bi.regions[1].start == 1 << 20 && bi.regions[1].size == (uint64_t)0x1fc00 << 10,
       "memory from 1 MiB on");

    begin();
    tag(MB2_TAG_BASIC_MEM, "\0\0\0\0\xff\xff\xff\xff", 8);
    finish();
    is_int(parse(), 0, "the largest number of KiB");
    is_u64(bi.regions[0].size, 0xffffffffULL << 10, "does not overflow");

    begin();
    tag(MB2_TAG_ACPI_OLD, "RSD PTR abcdefghijkl", 20);
    tag(MB2_TAG_EFI64, "12345678", 8);
    one_region();
    finish();
    is_int(parse(), 0, "old RSDP and EFI");
    ok(!memcmp(bi.rsdp, "RSD PTR abcdefghijkl", 20) && !bi.rsdp[20] && !bi.rsdp[35],
       "20 bytes, the rest zero");
    ok(bi.efi, "EFI noted");
}

/* ---- EFI's memory map ------------------------------------------------------------------------ */

static size_t begin_efi_map(uint32_t entry_size)
{
    size_t start = tag(MB2_TAG_EFI_MMAP, NULL, 0);

    put32(entry_size);
    put32(1);
    return start;
}

static void efi_entry(uint32_t type, uint64_t start, uint64_t pages, uint64_t attributes,
                      size_t entry_size)
{
    size_t next = at + entry_size;

    put32(type);
    put32(0xdddddddd);
    put64(start);
    put64(0xdddddddddddddddd);
    put64(pages);
    put64(attributes);
    at = next;
}

static void end_efi_map(size_t start)
{
    uint32_t size = (uint32_t)(at - start);

    memcpy(block + start + 4, &size, 4);
}

static void region_is(unsigned int i, uint64_t start, uint64_t size, uint32_t type,
                      const char *what)
{
    ok(i < bi.nr_regions && bi.regions[i].start == start && bi.regions[i].size == size &&
           bi.regions[i].type == type,
       "%s", what);
}

static void test_efi_map(void)
{
    size_t start;

    note("EFI's memory map");
    begin();
    start = begin_efi_map(48);
    efi_entry(7, 0, 1, 0xf, 48);
    efi_entry(4, 0x1000, 0x9f, 0xf, 48);
    efi_entry(2, 0x100000, 0x10, 0xf, 48);
    efi_entry(1, 0x110000, 0x10, 0xf, 48);
    efi_entry(3, 0x120000, 0x10, 0xf, 48);
    efi_entry(9, 0x130000, 1, 0xf, 48);
    efi_entry(10, 0x131000, 1, 0xf, 48);
    efi_entry(8, 0x132000, 1, 0xf, 48);
    efi_entry(5, 0x133000, 1, 0x800000000000000f, 48);
    efi_entry(6, 0x134000, 1, 0x800000000000000f, 48);
    efi_entry(0, 0x135000, 1, 0xf, 48);
    efi_entry(7, 0x136000, 1, 0x1, 48);
    efi_entry(7, 0x137000, 1, 0x4000f, 48);
    efi_entry(0x80000001, 0x138000, 1, 0xf, 48);
    efi_entry(11, 0xb0000000, 0x10000, 0x8000000000000001, 48);
    efi_entry(7, 0x100000000, 0x100000, 0xf, 48);
    end_efi_map(start);
    finish();
    is_int(parse(), 0, "it alone is enough");
    ok(bi.efi, "and means EFI");
    is_u64(bi.nr_regions, 8, "neighbours that mean the same are one");
    region_is(0, 0, 0xa0000, BOOT_RAM, "conventional memory and that of boot services is RAM");
    region_is(1, 0x100000, 0x30000, BOOT_RAM, "the loader's is");
    region_is(2, 0x130000, 0x1000, BOOT_ACPI, "ACPI tables");
    region_is(3, 0x131000, 0x1000, BOOT_NVS, "ACPI NVS");
    region_is(4, 0x132000, 0x1000, BOOT_BAD, "bad memory");
    region_is(
        5, 0x133000, 0x6000, BOOT_RESERVED,
        "runtime services', what cannot be cached, what is meant for others, and unknown kinds are not RAM");
    region_is(6, 0xb0000000, 0x10000000, BOOT_RESERVED, "devices");
    region_is(7, 0x100000000, 0x100000000, BOOT_RAM, "RAM above 4 GiB");

    begin();
    start = begin_efi_map(40);
    efi_entry(7, 0, 0x1000, 0xf, 40);
    end_efi_map(start);
    one_region();
    finish();
    is_int(parse(), 0, "with the loader's map");
    is_u64(bi.nr_regions, 1, "that one is used alone");
    ok(bi.efi, "and EFI noted");

    for ( uint32_t size = 0; size < 64; size++ )
    {
        begin();
        start = begin_efi_map(size);
        efi_entry(7, 0, 0x1000, 0xf, size < 40 ? 40 : size);
        end_efi_map(start);
        finish();
        if ( (parse() == 0) != (size == 40 || size == 48 || size == 56) )
            break;
        if ( size == 63 )
            pass("descriptors are of 40 bytes or more, in steps of 8");
    }
    begin();
    start = begin_efi_map(48);
    efi_entry(7, 0, 0x1000, 0xf, 48);
    at -= 8;
    end_efi_map(start);
    finish();
    is_int(parse(), -EINVAL, "a map that ends inside a descriptor");
    is_str(why, "EFI memory map ends inside a descriptor", "because");
    begin();
    start = begin_efi_map(48);
    efi_entry(7, 0x1000, 0xfffffffffffff, 0xf, 48);
    end_efi_map(start);
    finish();
    is_int(parse(), -EINVAL, "a region beyond the end of addresses");
    begin();
    start = begin_efi_map(48);
    efi_entry(7, 0x1000, 0x10000000000001, 0xf, 48);
    end_efi_map(start);
    finish();
    is_int(parse(), -EINVAL, "more pages than addresses");
    begin();
    tag(MB2_TAG_EFI_MMAP, "1234", 4);
    finish();
    is_int(parse(), -EINVAL, "a tag without its head");
    begin();
    start = begin_efi_map(48);
    end_efi_map(start);
    finish();
    is_int(parse(), -ENOENT, "a map without descriptors is none");
}

static void test_vbe(void)
{
    uint8_t body[8 + 512 + 256] = { 0 };

    note("VBE");
    memcpy(body + 8 + 10, "\x01\x02\x03\x04", 4);
    memcpy(body + 8 + 512, "\xbb\x00", 2);
    begin();
    tag(MB2_TAG_VBE, body, sizeof(body));
    tag(MB2_TAG_FRAMEBUFFER,
        "\0\0\0\xfd\0\0\0\0\0\x10\0\0\0\x04\0\0\0\x03\0\0\x20\x01\0\0\x10\x08\x08\x08\0\x08", 30);
    one_region();
    finish();
    is_int(parse(), 0, "VBE's answers");
    ok(bi.fb.vbe_caps == 0x04030201 && bi.fb.vbe_attributes == 0xbb,
       "capabilities and attributes, and the framebuffer's tag leaves them");
    ok(bi.fb.present && bi.fb.addr == 0xfd000000 && bi.fb.bpp == 32, "as it is");
    begin();
    tag_string(MB2_TAG_CMDLINE, "one");
    tag_string(MB2_TAG_CMDLINE, "two");
    tag(MB2_TAG_FRAMEBUFFER,
        "\0\0\0\xfd\0\0\0\0\0\x10\0\0\0\x04\0\0\0\x03\0\0\x20\x01\0\0\x10\x08\x08\x08\0\x08", 30);
    one_region();
    finish();
    is_int(parse(), -EINVAL, "a screen behind something wrong");
    ok(bi.fb.present && bi.fb.width == 1024, "is known, to say so on it");
    begin();
    tag(MB2_TAG_VBE, body, sizeof(body) - 1);
    one_region();
    finish();
    is_int(parse(), -EINVAL, "a byte too short");
}

static void test_limits(void)
{
    char s[BOOT_CMDLINE_MAX + 1];
    size_t start;

    memset(s, 'x', sizeof(s));
    s[BOOT_CMDLINE_MAX - 1] = '\0';
    begin();
    tag_string(MB2_TAG_CMDLINE, s);
    one_region();
    finish();
    is_int(parse(), 0, "the longest command line");
    is_u64(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1, "whole");

    s[BOOT_CMDLINE_MAX - 1] = 'x';
    s[BOOT_CMDLINE_MAX] = '\0';
    begin();
    tag_string(MB2_TAG_CMDLINE, s);
    finish();
    refused(-ENOSPC, "command line too long");
    begin();
    tag_module(0x200000, 0x300000, s);
    finish();
    refused(-ENOSPC, "module command line too long");

    begin();
    tag_string(MB2_TAG_LOADER, s);
    one_region();
    finish();
    is_int(parse(), 0, "a long loader name is cut");
    is_u64(strlen(bi.loader), sizeof(bi.loader) - 1, "to what fits");

    for ( unsigned int more = 0; more < 2; more++ )
    {
        begin();
        for ( unsigned int i = 0; i < BOOT_MAX_MODULES + more; i++ )
            tag_module(0x200000, 0x300000, "m");
        one_region();
        finish();
        if ( more )
            refused(-ENOSPC, "too many modules");
        else
            ok(!parse() && bi.nr_modules == BOOT_MAX_MODULES,
               "as many modules as there is room for");

        begin();
        start = begin_mmap(24);
        for ( unsigned int i = 0; i < BOOT_MAX_REGIONS + more; i++ )
            mmap_entry((uint64_t)i << 20, 1 << 20, BOOT_RAM, 24);
        end_mmap(start);
        finish();
        if ( more )
            refused(-ENOSPC, "too many memory regions");
        else
            ok(!parse() && bi.nr_regions == BOOT_MAX_REGIONS,
               "as many regions as there is room for");
    }
}

/* ---- Bad blocks ---------------------------------------------------------------------------- */

static void set32(size_t where, uint32_t v)
{
    memcpy(block + where, &v, 4);
}

static void test_bad_frame(void)
{
    make_full();
    ok(parse_len(0) == -EINVAL && !strcmp(why, "information block too short"),
       "refused: no bytes at all");
    ok(parse_len(7) == -EINVAL && !strcmp(why, "information block too short"),
       "refused: seven bytes");
    set32(0, 7);
    refused(-EINVAL, "information block smaller than its own header");
    set32(0, (uint32_t)at + 1);
    refused(-EINVAL, "information block larger than memory");
    set32(0, 0xffffffff);
    refused(-EINVAL, "information block larger than memory");
    set32(0, 8);
    refused(-EINVAL, "tag list without an end");
    make_full();
    set32(0, (uint32_t)at - 8);
    refused(-EINVAL, "tag list without an end");
    set32(0, (uint32_t)at - 1);
    refused(-EINVAL, "tag list without an end");
}

static void test_bad_sizes(void)
{
    static const uint32_t small[] = { 0, 1, 7 };

    for ( unsigned int i = 0; i < 3; i++ )
    {
        begin();
        set32(tag(99, "body", 4) + 4, small[i]);
        finish();
        refused(-EINVAL, "tag smaller than its own header");
    }
    begin();
    set32(tag(99, "body", 4) + 4, 0xffffffff);
    finish();
    refused(-EINVAL, "tag reaches beyond the list");
    begin();
    set32(tag(99, "body", 4) + 4, 0xfffffff9); /* rounds up to 2^32 */
    finish();
    refused(-EINVAL, "tag reaches beyond the list");
    begin();
    set32(tag(99, "body", 4) + 4, 25);
    finish();
    refused(-EINVAL, "tag reaches beyond the list");
    begin();
    set32(tag(99, "body", 4) + 4, 24); /* swallows the end tag */
    finish();
    refused(-EINVAL, "tag list without an end");
}

static void test_bad_strings(void)
{
    static const struct
    {
        uint32_t type;
        const char *message;
    } plain[] = {
        { MB2_TAG_CMDLINE, "command line without an end" },
        { MB2_TAG_LOADER, "loader name without an end" },
    };

    for ( unsigned int i = 0; i < 2; i++ )
    {
        begin();
        tag(plain[i].type, "abcdefgh", 8);
        finish();
        refused(-EINVAL, plain[i].message);
        begin();
        tag(plain[i].type, NULL, 0);
        finish();
        refused(-EINVAL, plain[i].message);
    }
    begin();
    tag(MB2_TAG_MODULE, "\0\0\x20\0\0\0\x30\0abc", 11);
    finish();
    refused(-EINVAL, "module command line without an end");
    begin();
    tag(MB2_TAG_MODULE, "\0\0\x20\0\0\0\x30\0", 8);
    finish();
    refused(-EINVAL, "module command line without an end");
    begin();
    tag_string(MB2_TAG_CMDLINE, "a");
    tag_string(MB2_TAG_CMDLINE, "b");
    finish();
    refused(-EINVAL, "more than one command line");
}

static void test_bad_bodies(void)
{
    static const uint8_t zeroes[64];
    size_t start;

    begin();
    tag(MB2_TAG_MODULE, "\0\0\x20\0\0\0\x30", 7);
    finish();
    refused(-EINVAL, "module tag too short");
    begin();
    tag_module(0x300000, 0x2fffff, "m");
    finish();
    refused(-EINVAL, "module ends before it starts");
    begin();
    tag(MB2_TAG_BASIC_MEM, "1234567", 7);
    finish();
    refused(-EINVAL, "basic memory tag too short");
    begin();
    tag(MB2_TAG_FRAMEBUFFER, zeroes, 23);
    finish();
    refused(-EINVAL, "framebuffer tag too short");
    begin();
    tag(MB2_TAG_FRAMEBUFFER, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0", 28);
    finish();
    refused(-EINVAL, "framebuffer tag too short for its colours");
    begin();
    tag(MB2_TAG_ACPI_OLD, zeroes, 19);
    finish();
    refused(-EINVAL, "ACPI tag too short");
    begin();
    tag(MB2_TAG_ACPI_NEW, zeroes, 35);
    finish();
    refused(-EINVAL, "ACPI tag too short");

    begin();
    tag(MB2_TAG_MMAP, "1234567", 7);
    finish();
    refused(-EINVAL, "memory map tag too short");
    begin();
    one_region();
    one_region();
    finish();
    refused(-EINVAL, "more than one memory map");
    begin();
    start = begin_mmap(24);
    mmap_entry(0xfffffffffffff000, 0x1001, BOOT_RAM, 24);
    end_mmap(start);
    finish();
    refused(-EINVAL, "memory region wraps around");
    begin();
    finish();
    refused(-ENOENT, "no memory map");
    begin();
    end_mmap(begin_mmap(24));
    finish();
    refused(-ENOENT, "no memory map");
}

static void test_bad_entry_sizes(void)
{
    static const uint32_t small[] = { 0, 1, 16, 23 };

    for ( unsigned int i = 0; i < 4; i++ )
    {
        begin();
        one_region();
        set32(16, small[i]);
        finish();
        refused(-EINVAL, "memory map entry size too small");
    }
    begin();
    one_region();
    set32(16, 28);
    finish();
    refused(-EINVAL, "memory map entry size not a multiple of 8");
    begin();
    one_region();
    set32(16, 32);
    finish();
    refused(-EINVAL, "memory map ends inside an entry");
    begin();
    one_region();
    set32(16, 0xfffffff8);
    finish();
    refused(-EINVAL, "memory map ends inside an entry");
}

/* ---- Random blocks ------------------------------------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

/** Whatever was in the block: is what came out within its bounds? */
static bool result_sane(int rc)
{
    if ( (rc == 0) != (why == NULL) || bi.nr_regions > BOOT_MAX_REGIONS ||
         bi.nr_modules > BOOT_MAX_MODULES )
        return false;
    if ( strnlen(bi.cmdline, sizeof(bi.cmdline)) == sizeof(bi.cmdline) ||
         strnlen(bi.loader, sizeof(bi.loader)) == sizeof(bi.loader) )
        return false;
    for ( unsigned int i = 0; i < bi.nr_modules; i++ )
        if ( strnlen(bi.modules[i].cmdline, BOOT_CMDLINE_MAX) == BOOT_CMDLINE_MAX ||
             bi.modules[i].start + bi.modules[i].size > 0xffffffff )
            return false;
    for ( unsigned int i = 0; i < bi.nr_regions; i++ )
        if ( !bi.regions[i].size || bi.regions[i].start + bi.regions[i].size < bi.regions[i].start )
            return false;
    return true;
}

static void test_truncated(void)
{
    unsigned int wrong = 0;
    size_t full;

    make_full();
    full = at;
    for ( size_t len = 8; len < full; len++ )
    {
        set32(0, (uint32_t)len); /* the block says so too */
        if ( parse_len(len) != -EINVAL || !result_sane(-EINVAL) )
            wrong++;
    }
    is_u64(wrong, 0, "every truncation is refused");
}

static void test_mutated(void)
{
    static const uint32_t values[] = { 0,  1,          7,          8,          9,         16,
                                       24, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
    unsigned int wrong = 0, taken = 0;

    for ( unsigned int round = 0; round < 60000; round++ )
    {
        int rc;

        make_full();
        for ( uint32_t n = 1 + rnd(4); n; n-- )
        {
            if ( rnd(2) )
                block[rnd((uint32_t)at)] = (uint8_t)rnd(256);
            else
                set32(rnd((uint32_t)at / 4) * 4, values[rnd(11)]);
        }
        rc = parse();
        taken += rc == 0;
        if ( !result_sane(rc) )
            wrong++;
    }
    is_u64(wrong, 0, "60000 damaged blocks: refused with a reason, or taken within all bounds");
    ok(taken > 1000 && taken < 59000, "both kinds occurred (%u taken)", taken);
}

int main(void)
{
    test_full();
    test_small();
    test_efi_map();
    test_vbe();
    test_limits();
    test_bad_frame();
    test_bad_sizes();
    test_bad_strings();
    test_bad_bodies();
    test_bad_entry_sizes();
    test_truncated();
    test_mutated();
    return done();
}
