/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI tables: a parser that believes nothing. Every offset is checked against the table's length, every length against the
 * mapping, every table has its checksum; AML is not run, only searched for one constant.
 *
 *   1. reading bytes
 *   2. one table: mapped whole, or refused
 *   3. FADT
 *   4. \_S5_
 *   5. MADT
 *   6. RSDP, RSDT, XSDT
 *
 * Pure: no device access, no state, no locks. Section numbers are those of the ACPI specification 6.4.
 */
#include <xen/acpi.h>
#include <xen/errno.h>

#define HEADER_SIZE 36 /* of a system description table (5.2.6) */

/* A table that is mapped; bytes [0, len) may be read. */
struct table
{
    const uint8_t *p;
    uint32_t len;
    uint64_t maddr;
};

/* ---- 1. Bytes ------------------------------------------------------------------------------------------------------- */

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
    uint64_t val = 0;

    for ( unsigned int i = 0; i < bytes; i++ )
        val |= (uint64_t)p[i] << (8 * i);
    return val;
}

/* A field of a table; 0 if the table ends before it, as fields have been added over the years. */
static uint64_t field(const struct table *t, uint32_t offset, unsigned int bytes)
{
    return offset + bytes <= t->len ? get(t->p + offset, bytes) : 0;
}

static bool checksum_good(const uint8_t *p, size_t len)
{
    uint8_t sum = 0;

    while ( len-- )
        sum += *p++;
    return sum == 0;
}

/* ---- 2. One table --------------------------------------------------------------------------------------------------- */

/* The length in the table's header, or 0 with *why. */
static uint32_t table_length(const struct acpi_access *acc, uint64_t maddr, char sig[5],
                             const char **why)
{
    const uint8_t *header;
    uint32_t len;

    *why = "cannot be reached";
    if ( !maddr || maddr + HEADER_SIZE < maddr )
        return 0;
    header = acc->map(acc->ctx, maddr, HEADER_SIZE);
    if ( !header )
        return 0;
    len = (uint32_t)get(header + 4, 4);
    memcpy(sig, header, 4);
    acc->unmap(acc->ctx, header, HEADER_SIZE);
    *why = "its length is impossible";
    return len >= HEADER_SIZE && len <= ACPI_TABLE_MAX && maddr + len > maddr ? len : 0;
}

/* Map the table at @maddr, which must be a @want. False: refused() was told why. */
static bool table_open(const struct acpi_access *acc, uint64_t maddr, const char *want,
                       struct table *t)
{
    char sig[5] = "";
    const char *why;
    uint32_t len = table_length(acc, maddr, sig, &why);

    if ( len && memcmp(sig, want, 4) != 0 )
        why = "it is another table";
    else if ( len )
    {
        t->p = acc->map(acc->ctx, maddr, len);
        t->len = len;
        t->maddr = maddr;
        why = "cannot be reached";
        if ( t->p )
        {
            if ( checksum_good(t->p, len) )
                return true;
            acc->unmap(acc->ctx, t->p, len);
            why = "its checksum is wrong";
        }
    }
    acc->refused(acc->ctx, want, maddr, why);
    return false;
}

static void table_close(const struct acpi_access *acc, const struct table *t)
{
    acc->unmap(acc->ctx, t->p, t->len);
}

/* ---- 3. FADT (5.2.9) ------------------------------------------------------------------------------------------------ */

#define FADT_DSDT        40
#define FADT_SMI_CMD     48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_CNT    64
#define FADT_PM1B_CNT    68
#define FADT_PM_TMR      76
#define FADT_CENTURY     108
#define FADT_FLAGS       112
#define FADT_RESET_REG   116
#define FADT_RESET_VALUE 128
#define FADT_X_DSDT      140
#define FADT_X_PM1A_CNT  172
#define FADT_X_PM1B_CNT  184
#define FADT_X_PM_TMR    208
#define FADT_SLEEP_CNT   244

#define FLAG_TMR_VAL_EXT (1U << 8)
#define FLAG_RESET_REG   (1U << 10)
#define FLAG_HW_REDUCED  (1U << 20)

/* A generic address; one in a space we cannot use, or outside the I/O ports, counts as none. */
static struct acpi_reg generic_address(const struct table *t, uint32_t offset)
{
    static const struct acpi_reg none;
    struct acpi_reg r = { .space = (enum acpi_space)field(t, offset, 1),
                          .addr = field(t, offset + 4, 8) };

    switch ( r.space )
    {
    case ACPI_IO: return r.addr <= 0xffff ? r : none;
    case ACPI_PCI_CONFIG:
        return r.addr >> 32 < 32 && (r.addr >> 16 & 0xffff) < 8 && (r.addr & 0xffff) < 256 ? r
                                                                                           : none;
    case ACPI_MEMORY: return r;
    }
    return none;
}

/* The extended field if it is there and says something, or else the 32-bit I/O port of old. */
static struct acpi_reg fadt_reg(const struct table *t, uint32_t old, uint32_t extended)
{
    struct acpi_reg r = generic_address(t, extended);
    uint64_t port = field(t, old, 4);

    if ( r.addr )
        return r;
    return (struct acpi_reg){ .space = ACPI_IO, .addr = port <= 0xffff ? port : 0 };
}

static void parse_fadt(const struct table *t, struct acpi_info *info, uint64_t *dsdt)
{
    uint32_t flags = (uint32_t)field(t, FADT_FLAGS, 4);
    uint64_t smi_cmd = field(t, FADT_SMI_CMD, 4);

    info->fadt = true;
    info->hw_reduced = flags & FLAG_HW_REDUCED;
    info->smi_cmd = smi_cmd <= 0xffff ? (uint16_t)smi_cmd : 0;
    info->acpi_enable = (uint8_t)field(t, FADT_ACPI_ENABLE, 1);
    info->pm1a_cnt = fadt_reg(t, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
    info->pm1b_cnt = fadt_reg(t, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
    info->pm_timer = fadt_reg(t, FADT_PM_TMR, FADT_X_PM_TMR);
    info->pm_timer_32bit = flags & FLAG_TMR_VAL_EXT;
    info->century = (uint8_t)field(t, FADT_CENTURY, 1) & 0x7f;
    if ( flags & FLAG_RESET_REG )
        info->reset = generic_address(t, FADT_RESET_REG);
    info->reset_value = (uint8_t)field(t, FADT_RESET_VALUE, 1);
    if ( info->hw_reduced )
        info->sleep_control = generic_address(t, FADT_SLEEP_CNT);
    *dsdt = field(t, FADT_X_DSDT, 8);
    if ( !*dsdt )
        *dsdt = field(t, FADT_DSDT, 4);
}

/* ---- 4. \_S5_ (7.4.2, AML: 20.2) ------------------------------------------------------------------------------------ */

#define AML_ZERO    0x00
#define AML_ONE     0x01
#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_WORD    0x0b
#define AML_DWORD   0x0c
#define AML_QWORD   0x0e
#define AML_PACKAGE 0x12
#define AML_ROOT    '\\'
#define AML_PARENT  '^'

struct aml
{
    const uint8_t *p, *end;
};

/* PkgLength: how many bytes the package has, counted from the length itself; narrows a->end to it. */
static bool aml_package_length(struct aml *a)
{
    const uint8_t *start = a->p;
    unsigned int more;
    uint32_t len;

    if ( a->p == a->end )
        return false;
    more = *a->p >> 6;
    if ( (size_t)(a->end - a->p) <= more )
        return false;
    len = more ? *a->p & 0x0f : *a->p & 0x3f;
    for ( unsigned int i = 0; i < more; i++ )
        len |= (uint32_t)a->p[1 + i] << (4 + 8 * i);
    if ( len <= more || len > (size_t)(a->end - start) )
        return false;
    a->p += 1 + more;
    a->end = start + len;
    return true;
}

static bool aml_integer(struct aml *a, uint64_t *val)
{
    unsigned int bytes;

    if ( a->p == a->end )
        return false;
    switch ( *a->p++ )
    {
    case AML_ZERO: *val = 0; return true;
    case AML_ONE: *val = 1; return true;
    case AML_BYTE: bytes = 1; break;
    case AML_WORD: bytes = 2; break;
    case AML_DWORD: bytes = 4; break;
    case AML_QWORD: bytes = 8; break;
    default: return false;
    }
    if ( (size_t)(a->end - a->p) < bytes )
        return false;
    *val = get(a->p, bytes);
    a->p += bytes;
    return true;
}

/* What stands behind the name: Package () { SLP_TYPa, SLP_TYPb, ... }. One element alone holds both, a byte each. */
static bool aml_sleep_package(struct aml a, uint8_t *type_a, uint8_t *type_b)
{
    uint64_t val_a, val_b;
    uint8_t count;

    if ( a.p == a.end || *a.p++ != AML_PACKAGE || !aml_package_length(&a) || a.p == a.end )
        return false;
    count = *a.p++;
    if ( !count || !aml_integer(&a, &val_a) )
        return false;
    if ( count == 1 )
    {
        val_b = val_a >> 8;
        val_a &= 0xff;
    }
    else if ( !aml_integer(&a, &val_b) )
        return false;
    if ( val_a > 7 || val_b > 7 )
        return false;
    *type_a = (uint8_t)val_a;
    *type_b = (uint8_t)val_b;
    return true;
}

/* Is what ends at @p the head of Name (...)? There may be a root or parent prefix before the name. */
static bool aml_is_name(const uint8_t *start, const uint8_t *p)
{
    while ( p > start && (p[-1] == AML_ROOT || p[-1] == AML_PARENT) )
        p--;
    return p > start && p[-1] == AML_NAME;
}

bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a, uint8_t *type_b)
{
    for ( size_t i = 0; i + 4 <= len; i++ )
    {
        struct aml a = { aml + i + 4, aml + len };

        if ( memcmp(aml + i, "_S5_", 4) == 0 && aml_is_name(aml, aml + i) &&
             aml_sleep_package(a, type_a, type_b) )
            return true;
    }
    return false;
}

static void parse_aml(const struct table *t, struct acpi_info *info)
{
    if ( !info->s5 )
        info->s5 = acpi_find_s5(t->p + HEADER_SIZE, t->len - HEADER_SIZE, &info->s5_type_a,
                                &info->s5_type_b);
}

/* ---- 5. MADT (5.2.12) ----------------------------------------------------------------------------------------------- */

#define MADT_LAPIC_ADDR   36
#define MADT_FLAGS        40
#define MADT_ENTRIES      44
#define MADT_LAPIC        0
#define MADT_IOAPIC       1
#define MADT_OVERRIDE     2
#define MADT_LAPIC_ADDR64 5
#define MADT_X2APIC       9

#define MADT_ENABLED 1U

static void madt_cpu(uint32_t flags, uint32_t apic_id, uint32_t acpi_id, struct acpi_info *info)
{
    if ( !(flags & MADT_ENABLED) )
        return;
    if ( info->nr_cpus < ACPI_MAX_CPUS )
        info->cpus[info->nr_cpus] = (struct acpi_cpu){ .apic_id = apic_id, .acpi_id = acpi_id };
    info->nr_cpus++;
}

static void madt_ioapic(const uint8_t *e, struct acpi_info *info)
{
    if ( info->nr_ioapics == ACPI_MAX_IOAPICS )
        return;
    info->ioapics[info->nr_ioapics++] =
        (struct acpi_ioapic){ .addr = get(e + 4, 4), .gsi_base = (uint32_t)get(e + 8, 4) };
}

/* Polarity and trigger mode: 0 means as usual for the bus, which for ISA is active high and edge. */
static void madt_override(const uint8_t *e, struct acpi_info *info)
{
    uint16_t flags = (uint16_t)get(e + 8, 2);

    if ( e[2] != 0 || e[3] >= ACPI_ISA_IRQS )
        return;
    info->isa[e[3]] = (struct acpi_isa_irq){ .gsi = (uint32_t)get(e + 4, 4),
                                             .active_low = (flags & 3) == 3,
                                             .level = (flags >> 2 & 3) == 3 };
}

static void madt_entry(const uint8_t *e, uint8_t len, struct acpi_info *info)
{
    switch ( e[0] )
    {
    case MADT_LAPIC:
        if ( len >= 8 )
            madt_cpu((uint32_t)get(e + 4, 4), e[3], e[2], info);
        break;
    case MADT_X2APIC:
        if ( len >= 16 )
            madt_cpu((uint32_t)get(e + 8, 4), (uint32_t)get(e + 4, 4), (uint32_t)get(e + 12, 4),
                     info);
        break;
    case MADT_IOAPIC:
        if ( len >= 12 )
            madt_ioapic(e, info);
        break;
    case MADT_OVERRIDE:
        if ( len >= 10 )
            madt_override(e, info);
        break;
    case MADT_LAPIC_ADDR64:
        if ( len >= 12 )
            info->lapic_addr = get(e + 4, 8);
        break;
    }
}

static void parse_madt(const struct table *t, struct acpi_info *info)
{
    uint32_t at = MADT_ENTRIES;

    info->madt = true;
    info->lapic_addr = field(t, MADT_LAPIC_ADDR, 4);
    info->has_8259 = field(t, MADT_FLAGS, 4) & 1;
    while ( at + 2 <= t->len )
    {
        uint8_t len = t->p[at + 1];

        if ( len < 2 || len > t->len - at )
            break;
        madt_entry(t->p + at, len, info);
        at += len;
    }
}

/* ---- 6. The roots (5.2.5, 5.2.7, 5.2.8) ----------------------------------------------------------------------------- */

static void parse_table(const struct acpi_access *acc, uint64_t maddr, struct acpi_info *info)
{
    char sig[5] = "";
    const char *why;
    struct table t;
    uint64_t dsdt;

    if ( !table_length(acc, maddr, sig, &why) )
    {
        acc->refused(acc->ctx, sig[0] ? sig : "a table of the RSDT", maddr, why);
        return;
    }
    if ( !info->fadt && !memcmp(sig, "FACP", 4) && table_open(acc, maddr, "FACP", &t) )
    {
        parse_fadt(&t, info, &dsdt);
        table_close(acc, &t);
        if ( table_open(acc, dsdt, "DSDT", &t) )
        {
            parse_aml(&t, info);
            table_close(acc, &t);
        }
    }
    else if ( !info->madt && !memcmp(sig, "APIC", 4) && table_open(acc, maddr, "APIC", &t) )
    {
        parse_madt(&t, info);
        table_close(acc, &t);
    }
    else if ( !memcmp(sig, "SSDT", 4) && !info->s5 && table_open(acc, maddr, "SSDT", &t) )
    {
        parse_aml(&t, info);
        table_close(acc, &t);
    }
}

static bool parse_root(const struct acpi_access *acc, uint64_t maddr, const char *sig,
                       unsigned int entry, struct acpi_info *info)
{
    struct table t;
    unsigned int nr;

    if ( !table_open(acc, maddr, sig, &t) )
        return false;
    nr = MIN((t.len - HEADER_SIZE) / entry, (uint32_t)ACPI_MAX_TABLES);
    for ( unsigned int i = 0; i < nr; i++ )
        parse_table(acc, get(t.p + HEADER_SIZE + i * entry, entry), info);
    table_close(acc, &t);
    return true;
}

#define RSDP_REVISION 15
#define RSDP_RSDT     16
#define RSDP_V1_SIZE  20
#define RSDP_XSDT     24
#define RSDP_V2_SIZE  36

int acpi_parse(const uint8_t *rsdp, size_t len, const struct acpi_access *acc,
               struct acpi_info *info)
{
    uint64_t xsdt;

    *info = (struct acpi_info){ .nr_cpus = 0 };
    for ( unsigned int i = 0; i < ACPI_ISA_IRQS; i++ )
        info->isa[i].gsi = i;
    if ( len < RSDP_V1_SIZE || memcmp(rsdp, "RSD PTR ", 8) || !checksum_good(rsdp, RSDP_V1_SIZE) )
        return -EINVAL;
    if ( rsdp[RSDP_REVISION] >= 2 && len >= RSDP_V2_SIZE && checksum_good(rsdp, RSDP_V2_SIZE) )
    {
        xsdt = get(rsdp + RSDP_XSDT, 8);
        if ( xsdt && parse_root(acc, xsdt, "XSDT", 8, info) )
            return 0;
    }
    return parse_root(acc, get(rsdp + RSDP_RSDT, 4), "RSDT", 4, info) ? 0 : -EINVAL;
}
