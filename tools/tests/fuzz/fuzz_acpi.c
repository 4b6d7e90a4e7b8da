/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/acpi_tables.c
// options: -max_len=3000
/*
 * A machine's ACPI tables: a list of blocks of memory, of which the first is the RSDP. Checksums are put right where the input wants,
 * or nothing but the RSDP would be looked at. What is read lies in a block, what is mapped is unmapped, and what is found is
 * something that the tables may say.
 *
 * A byte of flags, then blocks: address in units of 16 bytes (2), length (2), bytes.
 */
#include <stdlib.h>

#include "fuzz.h"
#include <errno.h>
#include <xen/acpi.h>

#define MAX_BLOCKS 24
#define FIX_SUMS   1 /* flag */

static struct block
{
    uint64_t addr;
    uint32_t len;
    const uint8_t *data;
} blocks[MAX_BLOCKS];
static unsigned int nr_blocks, mapped, maps;
static bool fix_sums;

static void fix(uint8_t *p, uint32_t len, uint32_t sum_at)
{
    uint8_t sum = 0;

    for ( uint32_t i = 0; i < len; i++ )
        sum += p[i];
    p[sum_at] -= sum;
}

/* A copy of just the bytes asked for: what is read beyond is seen. */
static const void *map(void *ctx, uint64_t addr, uint32_t len)
{
    maps++;
    FUZZ_CHECK(len && len <= ACPI_TABLE_MAX && addr + len > addr, "%u bytes are mapped", len);
    for ( unsigned int i = 0; i < nr_blocks; i++ )
    {
        uint64_t off = addr - blocks[i].addr;
        uint8_t *copy;

        if ( off >= blocks[i].len || len > blocks[i].len - off )
            continue;
        copy = malloc(len);
        if ( !copy )
            abort();
        memcpy(copy, blocks[i].data + off, len);
        if ( fix_sums && len >= 10 )
            fix(copy, len, 9);
        mapped++;
        return copy;
    }
    return NULL;
}

static void unmap(void *ctx, const void *p, uint32_t len)
{
    FUZZ_CHECK(mapped, "more is unmapped than mapped");
    mapped--;
    free((void *)(uintptr_t)p);
}

static void refused(void *ctx, const char *what, uint64_t addr, const char *why)
{
    FUZZ_CHECK(what && strlen(what) <= 30 && why && *why, "refused without a word");
}

static void check_reg(const struct acpi_reg *r, const char *what)
{
    FUZZ_CHECK(r->space != ACPI_IO || r->addr <= 0xffff, "%s: port %#llx", what,
               (unsigned long long)r->addr);
    FUZZ_CHECK(r->space != ACPI_PCI_CONFIG || !(r->addr & 0xffe0fff8ff00UL), "%s: PCI %#llx", what,
               (unsigned long long)r->addr);
    FUZZ_CHECK(r->space <= ACPI_PCI_CONFIG, "%s: space %u", what, r->space);
}

static void check_info(const struct acpi_info *info)
{
    check_reg(&info->pm1a_cnt, "PM1a");
    check_reg(&info->pm1b_cnt, "PM1b");
    check_reg(&info->sleep_control, "sleep control");
    check_reg(&info->reset, "reset");
    check_reg(&info->pm_timer, "timer");
    FUZZ_CHECK(info->s5_type_a <= 7 && info->s5_type_b <= 7, "sleep types %u and %u",
               info->s5_type_a, info->s5_type_b);
    FUZZ_CHECK(info->nr_ioapics <= ACPI_MAX_IOAPICS && info->century < 128, "%u I/O APICs",
               info->nr_ioapics);
    FUZZ_CHECK(info->madt || (info->nr_cpus == 0 && info->nr_ioapics == 0 && !info->lapic_addr),
               "CPUs without a MADT");
    FUZZ_CHECK(info->fadt || (!info->pm1a_cnt.addr && !info->pm1b_cnt.addr && !info->reset.addr &&
                              !info->pm_timer.addr && !info->sleep_control.addr),
               "registers without a FADT");
    for ( unsigned int i = 0; i < ACPI_ISA_IRQS; i++ )
        FUZZ_CHECK(info->madt ||
                       (info->isa[i].gsi == i && !info->isa[i].level && !info->isa[i].active_low),
                   "ISA interrupt %u is moved without a MADT", i);
}

/* \_S5_ straight in the bytes; what lies around must not matter. */
static void try_s5(const uint8_t *p, size_t len)
{
    uint8_t a = 99, b = 99, *copy = malloc(len ? len : 1);

    if ( !copy )
        abort();
    memcpy(copy, p, len);
    if ( acpi_find_s5(copy, len, &a, &b) )
        FUZZ_CHECK(a <= 7 && b <= 7, "sleep types %u and %u", a, b);
    else
        FUZZ_CHECK(a == 99 && b == 99, "nothing found, but changed");
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct acpi_access access = { map, unmap, refused, NULL };
    struct fuzz_in in = { data, size };
    struct acpi_info info;
    uint8_t rsdp[64];
    uint32_t rsdp_len = 0;
    int rc;

    fix_sums = fuzz_u8(&in) & FIX_SUMS;
    nr_blocks = mapped = maps = 0;
    while ( in.left && nr_blocks < MAX_BLOCKS )
    {
        struct block *b = &blocks[nr_blocks++];

        b->addr = (uint64_t)fuzz_u16(&in) << 4;
        b->len = fuzz_u16(&in);
        b->len = b->len < in.left ? b->len : (uint32_t)in.left;
        b->data = in.p;
        in.p += b->len;
        in.left -= b->len;
        try_s5(b->data, b->len);
    }
    if ( nr_blocks )
    {
        rsdp_len = blocks[0].len < sizeof(rsdp) ? blocks[0].len : sizeof(rsdp);
        memcpy(rsdp, blocks[0].data, rsdp_len);
        if ( fix_sums && rsdp_len >= 20 )
            fix(rsdp, 20, 8);
        if ( fix_sums && rsdp_len >= 36 )
            fix(rsdp, 36, 32);
    }
    rc = acpi_parse(rsdp, rsdp_len, &access, &info);
    FUZZ_CHECK(rc == 0 || rc == -EINVAL, "result %d", rc);
    FUZZ_CHECK(mapped == 0, "%u mappings are left", mapped);
    FUZZ_CHECK(maps <= 8 * ACPI_MAX_TABLES, "%u mappings for a few tables", maps);
    FUZZ_CHECK(rc == 0 || (!info.fadt && !info.madt && !info.s5), "refused, but believed");
    check_info(&info);
    return 0;
}
