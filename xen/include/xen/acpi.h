/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we want to know from ACPI: how to power off and reset, where the interrupt controllers are, and a timer of known
 * frequency. The tables are the firmware's and may be wrong in any way: common/acpi_tables.c is pure and believes nothing.
 * Section numbers are those of the ACPI specification 6.4.
 */
#ifndef XEN_ACPI_H
#define XEN_ACPI_H

#include <xen/lib.h>

#define ACPI_TABLE_MAX   (4U << 20) /* a longer table is refused */
#define ACPI_MAX_TABLES  256        /* of the RSDT or XSDT */
#define ACPI_MAX_IOAPICS 8
#define ACPI_MAX_CPUS    256 /* whose ids are kept */
#define ACPI_ISA_IRQS    16
#define ACPI_PM_TIMER_HZ 3579545

enum acpi_space
{
    ACPI_MEMORY = 0,
    ACPI_IO = 1,
    ACPI_PCI_CONFIG = 2, /* bus 0; device, function, offset in bits 47-32, 31-16, 15-0 */
};

/** A register (5.2.3.2). addr 0: there is none. */
struct acpi_reg
{
    enum acpi_space space;
    uint64_t addr;
};

struct acpi_ioapic
{
    uint64_t addr;
    uint32_t gsi_base;
};

/** A processor that is enabled (5.2.12.2, 5.2.12.12). */
struct acpi_cpu
{
    uint32_t apic_id, acpi_id;
};

/** Where ISA interrupt n goes (5.2.12.5). */
struct acpi_isa_irq
{
    uint32_t gsi;
    bool active_low, level;
};

struct acpi_info
{
    /* FADT (5.2.9) */
    bool fadt;
    bool hw_reduced;
    uint16_t smi_cmd; /* port; 0: none */
    uint8_t acpi_enable;
    struct acpi_reg pm1a_cnt, pm1b_cnt, sleep_control, reset;
    uint8_t reset_value;
    struct acpi_reg pm_timer;
    bool pm_timer_32bit; /* else 24 */
    uint8_t century;     /* index in the CMOS clock, 0: none */
    /* \_S5_ in the DSDT or an SSDT */
    bool s5;
    uint8_t s5_type_a, s5_type_b;
    /* MADT (5.2.12) */
    bool madt;
    bool has_8259;
    uint64_t lapic_addr;
    unsigned int nr_cpus; /* that are enabled, those beyond cpus[] too */
    struct acpi_cpu cpus[ACPI_MAX_CPUS];
    unsigned int nr_ioapics;
    struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
    struct acpi_isa_irq isa[ACPI_ISA_IRQS]; /* without a MADT: as on any PC */
};

/** How the parser reaches the tables. */
struct acpi_access
{
    /** @len bytes of machine memory, readable until unmapped; NULL: cannot be reached. */
    const void *(*map)(void *ctx, uint64_t maddr, uint32_t len);
    void (*unmap)(void *ctx, const void *p, uint32_t len);
    /** A table was left out. @what: its signature, or what pointed to it. */
    void (*refused)(void *ctx, const char *what, uint64_t maddr, const char *why);
    void *ctx;
};

/**
 * Read all that is wanted, from the RSDP in rsdp[0..len). A table that is broken is left out and named through refused().
 * 0, or -EINVAL when there is no usable RSDP, RSDT or XSDT. *info is filled in any case.
 */
int acpi_parse(const uint8_t *rsdp, size_t len, const struct acpi_access *access,
               struct acpi_info *info);

/** Find \_S5_ in AML code; false: not there, or nothing we understand. */
bool acpi_find_s5(const uint8_t *aml, size_t len, uint8_t *type_a, uint8_t *type_b);

/** On the metal (arch/x86/acpi.c): what this machine's tables said. */
extern struct acpi_info acpi_info;
/** After paging_init(). */
void acpi_init(void);

#endif /* XEN_ACPI_H */
