// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/acpi_tables.c
/*
 * The ACPI parser: on QEMU's tables (fixtures/), on tables made here, on every truncation of them, and with every byte changed. What
 * the parser may read is given to it in a block of exactly that size: the sanitizer sees a byte too many.
 */
#include "tap.h"
#include <errno.h>
#include <stdlib.h>
#include <xen/acpi.h>

/* ---- A machine's memory: some blocks --------------------------------------------------------------------------------- */

#define MAX_BLOCKS 16

static struct block
{
    uint64_t addr;
    uint32_t len;
    uint8_t *data;
} blocks[MAX_BLOCKS];
static unsigned int nr_blocks, mapped;
static char refusals[600];

static void clear(void)
{
    while ( nr_blocks )
        free(blocks[--nr_blocks].data);
}

static void add(uint64_t addr, const void *data, uint32_t len)
{
    struct block *b = &blocks[nr_blocks++];

    *b = (struct block){ addr, len, malloc(len) };
    memcpy(b->data, data, len);
}

static const void *map(void *ctx, uint64_t addr, uint32_t len)
{
    for ( unsigned int i = 0; i < nr_blocks; i++ )
        if ( addr >= blocks[i].addr && addr - blocks[i].addr < blocks[i].len &&
             len <= blocks[i].len - (addr - blocks[i].addr) )
        {
            uint8_t *copy = malloc(len);

            memcpy(copy, blocks[i].data + (addr - blocks[i].addr), len);
            mapped++;
            return copy;
        }
    return NULL;
}

static void unmap(void *ctx, const void *p, uint32_t len)
{
    free((void *)(uintptr_t)p);
    mapped--;
}

static void refused(void *ctx, const char *what, uint64_t addr, const char *why)
{
    size_t n = strlen(refusals);

    snprintf(refusals + n, sizeof(refusals) - n, "%s: %s;", what, why);
}

static struct acpi_info info;

static int parse(const uint8_t *rsdp, size_t len)
{
    static const struct acpi_access access = { map, unmap, refused, NULL };
    uint8_t *copy = malloc(len ? len : 1);
    int rc;

    memcpy(copy, rsdp, len);
    refusals[0] = '\0';
    rc = acpi_parse(copy, len, &access, &info);
    free(copy);
    return rc;
}

/* ---- QEMU's tables --------------------------------------------------------------------------------------------------- */

static uint8_t file[16384], *file_rsdp;
static uint32_t file_rsdp_len;

/* Load a fixture as the machine's memory; its folder is this file's. */
static bool load(const char *name)
{
    char path[300];
    size_t size, at = 0;
    FILE *f;

    clear();
    snprintf(path, sizeof(path), "%.*sfixtures/%s", (int)(strrchr(__FILE__, '/') + 1 - __FILE__),
             __FILE__, name);
    f = fopen(path, "rb");
    if ( !f )
        return false;
    size = fread(file, 1, sizeof(file), f);
    fclose(f);
    while ( at + 12 <= size )
    {
        uint64_t addr;
        uint32_t len;

        memcpy(&addr, file + at, 8);
        memcpy(&len, file + at + 8, 4);
        if ( len > size - at - 12 )
            return false;
        if ( at == 0 )
        {
            file_rsdp = file + 12;
            file_rsdp_len = len;
        }
        else
            add(addr, file + at + 12, len);
        at += 12 + len;
    }
    return nr_blocks > 3;
}

static void test_q35(void)
{
    ok(load("acpi-q35.bin"), "the tables of QEMU's q35");
    is_int(parse(file_rsdp, file_rsdp_len), 0, "are accepted");
    is_str(refusals, "", "every one of them");
    ok(info.fadt && info.madt && !info.hw_reduced, "FADT and MADT are found");
    ok(info.pm1a_cnt.space == ACPI_IO && info.pm1a_cnt.addr == 0x604, "PM1a control is port 0x604");
    is_u64(info.pm1b_cnt.addr, 0, "there is no PM1b");
    ok(info.smi_cmd == 0xb2 && info.acpi_enable == 2, "SMI_CMD and ACPI_ENABLE");
    ok(info.pm_timer.addr == 0x608 && info.pm_timer.space == ACPI_IO, "the timer is port 0x608");
    ok(info.reset.addr == 0xcf9 && info.reset.space == ACPI_IO && info.reset_value == 0x0f,
       "the reset register");
    is_u64(info.century, 0x32, "the CMOS clock's century");
    ok(info.s5 && info.s5_type_a == 0 && info.s5_type_b == 0, "S5 is type 0");
    is_u64(info.lapic_addr, 0xfee00000, "the local APIC");
    ok(info.nr_cpus == 1 && info.has_8259, "one CPU, and 8259s");
    ok(info.cpus[0].apic_id == 0 && info.cpus[0].acpi_id == 0, "with its ids");
    ok(info.nr_ioapics == 1 && info.ioapics[0].addr == 0xfec00000 && info.ioapics[0].gsi_base == 0,
       "the I/O APIC");
    ok(info.isa[0].gsi == 2 && info.isa[4].gsi == 4 && !info.isa[4].level &&
           !info.isa[4].active_low,
       "ISA interrupts 0 and 4");
    ok(info.isa[9].level && !info.isa[9].active_low, "and the level-triggered 9");
}

static void test_pc(void)
{
    ok(load("acpi-pc.bin"), "the tables of QEMU's pc");
    is_int(parse(file_rsdp, file_rsdp_len), 0, "are accepted");
    is_str(refusals, "", "every one of them");
    ok(info.pm1a_cnt.space == ACPI_IO && info.pm1a_cnt.addr == 0x604,
       "PM1a control, from an old short FADT");
    is_u64(info.reset.addr, 0, "which has no reset register");
    ok(info.s5 && info.s5_type_a == 0, "S5");
    is_u64(info.nr_ioapics, 1, "the I/O APIC");
}

/* Each byte of the whole set of tables changed: a table is then refused, never half believed. */
static void test_changed_bytes(const char *name)
{
    bool good = true, named = true;

    load(name);
    for ( unsigned int b = 0; b < nr_blocks; b++ )
    {
        bool relevant = !memcmp(blocks[b].data, "RSDT", 4) || !memcmp(blocks[b].data, "FACP", 4) ||
                        !memcmp(blocks[b].data, "APIC", 4) || !memcmp(blocks[b].data, "DSDT", 4);

        for ( uint32_t i = 0; i < blocks[b].len; i++ )
        {
            blocks[b].data[i] ^= 0x41;
            parse(file_rsdp, file_rsdp_len);
            good &= mapped == 0 && !(info.fadt && info.madt && info.s5 && relevant);
            /* A changed signature makes it another kind of table, which may be none of ours. */
            named &= !relevant || i < 4 || refusals[0];
            blocks[b].data[i] ^= 0x41;
        }
    }
    ok(good, "%s: a table with any byte changed is not used", name);
    ok(named, "%s: and it is named", name);
}

static void test_truncated(const char *name)
{
    bool good = true;

    load(name);
    for ( unsigned int b = 0; b < nr_blocks; b++ )
    {
        uint32_t whole = blocks[b].len;

        for ( uint32_t len = 0; len < whole; len += 1 + len / 64 )
        {
            blocks[b].len = len;
            parse(file_rsdp, file_rsdp_len);
            good &= mapped == 0;
        }
        blocks[b].len = whole;
    }
    ok(good, "%s: memory that ends inside any table", name);
    good = true;
    for ( uint32_t len = 0; len < file_rsdp_len; len++ )
        good &= parse(file_rsdp, len) == -EINVAL;
    ok(good, "%s: every truncated RSDP is refused", name);
}

/* ---- Tables made here ----------------------------------------------------------------------------------------------- */

static void put(uint8_t *t, uint32_t offset, uint64_t val, unsigned int bytes)
{
    while ( bytes-- )
    {
        t[offset++] = (uint8_t)val;
        val >>= 8;
    }
}

static void seal(uint8_t *t, uint32_t len, unsigned int where)
{
    uint8_t sum = 0;

    t[where] = 0;
    for ( uint32_t i = 0; i < len; i++ )
        sum += t[i];
    t[where] = (uint8_t)-sum;
}

/* A table of @len bytes with the given content behind its header, put into memory. */
static void add_table(uint64_t addr, const char *sig, const void *content, uint32_t content_len)
{
    static uint8_t t[8192];
    uint32_t len = 36 + content_len;

    memset(t, 0, 36);
    memcpy(t, sig, 4);
    put(t, 4, len, 4);
    memcpy(t + 36, content, content_len);
    seal(t, len, 9);
    add(addr, t, len);
}

#define RSDT 0x1000
#define XSDT 0x2000
#define FADT 0x3000
#define DSDT 0x4000
#define MADT 0x5000
#define SSDT 0x6000

static uint8_t rsdp[36];

static void make_rsdp(unsigned int revision, uint32_t rsdt, uint64_t xsdt)
{
    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = (uint8_t)revision;
    put(rsdp, 16, rsdt, 4);
    put(rsdp, 20, 36, 4);
    put(rsdp, 24, xsdt, 8);
    seal(rsdp, 20, 8);
    seal(rsdp, 36, 32);
}

static uint8_t fadt[276 - 36];
#define FADT_PUT(offset, val, bytes) put(fadt, (offset)-36, val, bytes)

static void put_gas(uint32_t offset, unsigned int space, uint64_t addr)
{
    FADT_PUT(offset, space, 1);
    FADT_PUT(offset + 4, addr, 8);
}

/* RSDT -> FADT -> DSDT with @aml. */
static int parse_aml(const void *aml, uint32_t len)
{
    uint8_t pointer[4];

    clear();
    make_rsdp(0, RSDT, 0);
    put(pointer, 0, FADT, 4);
    add_table(RSDT, "RSDT", pointer, 4);
    FADT_PUT(40, DSDT, 4);
    add_table(FADT, "FACP", fadt, sizeof(fadt));
    add_table(DSDT, "DSDT", aml, len);
    return parse(rsdp, 20);
}

static void test_fadt(void)
{
    memset(fadt, 0, sizeof(fadt));
    FADT_PUT(64, 0x10004, 4);
    put_gas(116, ACPI_IO, 0xcf9);
    parse_aml("", 0);
    ok(info.fadt && !info.pm1a_cnt.addr, "a port above 0xffff is none");
    ok(!info.reset.addr, "a reset register without its flag is none");
    FADT_PUT(112, 1U << 10 | 1U << 8, 4);
    parse_aml("", 0);
    ok(info.reset.addr == 0xcf9 && info.pm_timer_32bit, "flags");
    put_gas(116, ACPI_IO, 0x10000);
    parse_aml("", 0);
    ok(!info.reset.addr, "a reset register outside the ports is none");
    put_gas(116, ACPI_PCI_CONFIG, 0x1f000000aaULL << 0);
    parse_aml("", 0);
    ok(info.reset.space == ACPI_PCI_CONFIG && info.reset.addr == 0x1f000000aaULL,
       "one in PCI configuration space");
    put_gas(116, ACPI_PCI_CONFIG, 0x20000000aaULL);
    parse_aml("", 0);
    ok(!info.reset.addr, "but not of device 32");
    put_gas(116, 7, 0x100);
    parse_aml("", 0);
    ok(!info.reset.addr, "nor in a space we do not know");
    put_gas(172, ACPI_IO, 0x444);
    FADT_PUT(64, 0x404, 4);
    parse_aml("", 0);
    is_u64(info.pm1a_cnt.addr, 0x444, "the extended address wins");
    FADT_PUT(112, 1U << 20, 4);
    put_gas(244, ACPI_IO, 0x777);
    parse_aml("", 0);
    ok(info.hw_reduced && info.sleep_control.addr == 0x777,
       "a hardware-reduced machine's sleep register");
    FADT_PUT(140, DSDT + 1, 8);
    parse_aml("", 0);
    is_str(refusals, "DSDT: cannot be reached;", "X_DSDT wins too");
    FADT_PUT(140, FADT, 8);
    parse_aml("", 0);
    is_str(refusals, "DSDT: it is another table;", "a DSDT that is none");
    FADT_PUT(140, UINT64_MAX - 10, 8);
    parse_aml("", 0);
    is_str(refusals, "DSDT: cannot be reached;", "a DSDT at the end of the address space");
    memset(fadt, 0, sizeof(fadt));
}

struct s5_case
{
    const char *what;
    const char *aml;
    uint32_t len;
    bool found;
    uint8_t a, b;
};

#define AML(bytes) bytes, sizeof(bytes) - 1

static const struct s5_case s5_cases[] = {
    { "bytes", AML("\x08_S5_\x12\x0a\x04\x0a\x05\x0a\x03\x00\x00\x00\x00"), true, 5, 3 },
    { "root prefix", AML("\x08\\_S5_\x12\x06\x04\x01\x00\x00\x00"), true, 1, 0 },
    { "parent prefixes", AML("\x08^^_S5_\x12\x06\x04\x00\x01\x00\x00"), true, 0, 1 },
    { "words", AML("\x08_S5_\x12\x08\x02\x0b\x07\x00\x0b\x02\x00\x00"), true, 7, 2 },
    { "double and quad words",
      AML("\x08_S5_\x12\x10\x02\x0c\x04\x00\x00\x00\x0e\x06\0\0\0\0\0\0\0"), true, 4, 6 },
    { "one element holds both", AML("\x08_S5_\x12\x05\x01\x0b\x05\x06"), true, 5, 6 },
    { "long length", AML("\x08_S5_\x12\x47\x00\x04\x01\x01\x00\x00"), true, 1, 1 },
    { "the last bytes of the table", AML("\x08_S5_\x12\x04\x02\x01\x01"), true, 1, 1 },
    { "the second of two, the first is nonsense", AML("\x08_S5_\x99\x08_S5_\x12\x04\x02\x01\x00"),
      true, 1, 0 },
    { "no name before it", AML("\x99_S5_\x12\x04\x02\x01\x01"), false, 0, 0 },
    { "at the very start", AML("_S5_\x12\x04\x02\x01\x01"), false, 0, 0 },
    { "only prefixes before it", AML("\\^_S5_\x12\x04\x02\x01\x01"), false, 0, 0 },
    { "not a package", AML("\x08_S5_\x11\x04\x02\x01\x01"), false, 0, 0 },
    { "no elements", AML("\x08_S5_\x12\x02\x00"), false, 0, 0 },
    { "type 8", AML("\x08_S5_\x12\x06\x02\x0a\x08\x01\x00"), false, 0, 0 },
    { "type all ones", AML("\x08_S5_\x12\x04\x02\xff\xff"), false, 0, 0 },
    { "an element that is no number", AML("\x08_S5_\x12\x08\x02\x0dxy\x00\x00"), false, 0, 0 },
    { "package longer than the table", AML("\x08_S5_\x12\x05\x02\x01\x01"), false, 0, 0 },
    { "package shorter than its elements", AML("\x08_S5_\x12\x03\x02\x01\x01"), false, 0, 0 },
    { "an integer cut by the package's end", AML("\x08_S5_\x12\x04\x02\x01\x0a\x01"), false, 0, 0 },
    { "length 0", AML("\x08_S5_\x12\x00\x02\x01\x01"), false, 0, 0 },
    { "length shorter than itself", AML("\x08_S5_\x12\xc2\x00\x00\x00\x02\x01\x01"), false, 0, 0 },
    { "table ends in the length", AML("\x08_S5_\x12\xc2\x00"), false, 0, 0 },
    { "table ends after the name", AML("\x08_S5_"), false, 0, 0 },
    { "table ends in the name", AML("\x08_S5"), false, 0, 0 },
    { "table ends after the opcode", AML("\x08_S5_\x12"), false, 0, 0 },
    { "an enormous length", AML("\x08_S5_\x12\xff\xff\xff\xff\x02\x01\x01"), false, 0, 0 },
    { "another name", AML("\x08_S4_\x12\x04\x02\x01\x01"), false, 0, 0 },
};

static void test_s5(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(s5_cases); i++ )
    {
        const struct s5_case *c = &s5_cases[i];

        parse_aml(c->aml, c->len);
        ok(info.s5 == c->found && info.s5_type_a == c->a && info.s5_type_b == c->b, "S5: %s",
           c->what);
    }
}

static void test_ssdt(void)
{
    uint8_t pointers[8];

    clear();
    make_rsdp(0, RSDT, 0);
    put(pointers, 0, FADT, 4);
    put(pointers, 4, SSDT, 4);
    add_table(RSDT, "RSDT", pointers, 8);
    add_table(FADT, "FACP", fadt, sizeof(fadt));
    add_table(DSDT, "DSDT", "", 0);
    add_table(SSDT, "SSDT", s5_cases[0].aml, s5_cases[0].len);
    parse(rsdp, 20);
    ok(info.s5 && info.s5_type_a == 5, "S5 in an SSDT");
}

static int parse_madt(const void *content, uint32_t len)
{
    uint8_t pointer[8];

    clear();
    make_rsdp(2, 0, XSDT);
    put(pointer, 0, MADT, 8);
    add_table(XSDT, "XSDT", pointer, 8);
    add_table(MADT, "APIC", content, len);
    return parse(rsdp, 36);
}

static void test_madt(void)
{
    static const char good[] =
        "\x00\x00\xe0\xfe\x01\0\0\0"                     /* address, flags */
        "\x00\x08\x07\x02\x01\0\0\0"                     /* a CPU */
        "\x00\x08\x01\x01\x00\0\0\0"                     /* a disabled one */
        "\x09\x10\0\0\x00\x01\0\0\x01\0\0\0\x39\x05\0\0" /* an x2APIC one */
        "\x01\x0c\x00\x00\x00\x00\xc0\xfe\x18\0\0\0"
        "\x02\x0a\x00\x04\x13\0\0\0\x0f\0" /* ISA 4 -> 19, active low, level */
        "\x02\x0a\x01\x05\x14\0\0\0\x0f\0" /* another bus: ignored */
        "\x02\x0a\x00\x10\x15\0\0\0\x0f\0" /* ISA 16: there is none */
        "\x7f\x04\0\0"                     /* unknown */
        "\x05\x0c\0\0\x00\x00\x00\x00\x01\0\0\0";
    static char many[8 + 12 * 20], cpus[8 + 8 * (ACPI_MAX_CPUS + 1)];
    bool fine = true;

    is_int(parse_madt(good, sizeof(good) - 1), 0, "an XSDT with a MADT");
    ok(info.nr_cpus == 2 && info.nr_ioapics == 1 && info.ioapics[0].addr == 0xfec00000 &&
           info.ioapics[0].gsi_base == 24,
       "CPUs and I/O APIC");
    ok(info.cpus[0].apic_id == 2 && info.cpus[0].acpi_id == 7 && info.cpus[1].apic_id == 0x100 &&
           info.cpus[1].acpi_id == 0x539,
       "the ids of those that are enabled");
    ok(info.isa[4].gsi == 19 && info.isa[4].level && info.isa[4].active_low, "an override");
    ok(info.isa[5].gsi == 5, "one of another bus is ignored");
    is_u64(info.lapic_addr, 0x100000000, "the 64-bit address of the local APIC");
    for ( uint32_t len = 0; len < sizeof(good) - 1; len++ )
        fine &= parse_madt(good, len) == 0 && info.madt;
    ok(fine, "a MADT that ends anywhere");
    parse_madt("\0\0\0\0\0\0\0\0\x00\x00\x00\x08\x00\x00\x01\0\0\0", 18);
    ok(info.madt && info.nr_cpus == 0, "an entry of length 0 ends the list");
    parse_madt("\0\0\0\0\0\0\0\0\x01\x04\0\0\x02\x02\x05\x02", 16);
    ok(info.madt && info.nr_ioapics == 0, "entries too short for their kind are ignored");
    for ( unsigned int i = 0; i < 20; i++ )
        memcpy(many + 8 + 12 * i, "\x01\x0c\0\0\0\0\x01\0\0\0\0\0", 12);
    parse_madt(many, sizeof(many));
    is_u64(info.nr_ioapics, ACPI_MAX_IOAPICS, "more I/O APICs than we have room for");
    for ( unsigned int i = 0; i < ACPI_MAX_CPUS + 1; i++ )
        memcpy(cpus + 8 + 8 * i, "\x00\x08\x01\x01\x01\0\0\0", 8);
    parse_madt(cpus, sizeof(cpus));
    is_u64(info.nr_cpus, ACPI_MAX_CPUS + 1, "more CPUs than we have room for are counted");
}

static void test_roots(void)
{
    uint8_t pointer[8] = { 0 };
    static uint8_t many[4 * 1000];

    clear();
    put(pointer, 0, MADT, 4);
    add_table(RSDT, "RSDT", pointer, 4);
    add_table(MADT, "APIC", "\0\0\0\0\0\0\0\0", 8);
    make_rsdp(2, RSDT, XSDT);
    ok(parse(rsdp, 36) == 0 && info.madt, "without an XSDT the RSDT is used");
    is_str(refusals, "XSDT: cannot be reached;", "and the XSDT named");
    rsdp[32]++;
    ok(parse(rsdp, 36) == 0 && info.madt && !refusals[0],
       "a bad extended checksum: only the old part counts");
    make_rsdp(2, RSDT, XSDT);
    ok(parse(rsdp, 20) == 0 && info.madt && !refusals[0], "a copy of the RSDP that is short");
    rsdp[8]++;
    is_int(parse(rsdp, 36), -EINVAL, "a bad checksum of the RSDP");
    make_rsdp(0, 0, 0);
    is_int(parse(rsdp, 20), -EINVAL, "no RSDT");
    make_rsdp(0, MADT, 0);
    is_int(parse(rsdp, 20), -EINVAL, "an RSDT that is another table");
    memset(rsdp, 0, sizeof(rsdp));
    is_int(parse(rsdp, 36), -EINVAL, "no RSDP at all");
    ok(info.isa[4].gsi == 4 && info.isa[15].gsi == 15, "then ISA interrupts are as on any PC");

    clear();
    make_rsdp(0, RSDT, 0);
    for ( unsigned int i = 0; i < 1000; i++ )
        put(many, 4 * i, i == 300 ? MADT : RSDT, 4);
    add_table(RSDT, "RSDT", many, sizeof(many));
    add_table(MADT, "APIC", "\0\0\0\0\0\0\0\0", 8);
    ok(parse(rsdp, 20) == 0 && !info.madt,
       "only %d tables are looked at; an RSDT in itself is harmless", ACPI_MAX_TABLES);

    clear();
    add_table(RSDT, "RSDT", pointer, 4);
    add(MADT, "APIC\xff\xff\xff\xff                            ", 36);
    parse(rsdp, 20);
    is_str(refusals, "APIC: its length is impossible;", "a table of 4 GiB");
    blocks[1].data[4] = 35;
    memset(blocks[1].data + 5, 0, 3);
    parse(rsdp, 20);
    is_str(refusals, "APIC: its length is impossible;", "a table shorter than its header");
}

int main(void)
{
    test_q35();
    test_pc();
    test_changed_bytes("acpi-q35.bin");
    test_changed_bytes("acpi-pc.bin");
    test_truncated("acpi-q35.bin");
    test_truncated("acpi-pc.bin");
    test_fadt();
    test_s5();
    test_ssdt();
    test_madt();
    test_roots();
    clear();
    is_u64(mapped, 0, "everything that was mapped has been unmapped");
    return done();
}
