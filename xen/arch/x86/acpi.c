/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine's ACPI tables: found by the loader's RSDP, reached by ioremap(), read by common/acpi_tables.c. Boot only. */
#include <asm/boot.h>
#include <asm/paging.h>
#include <xen/acpi.h>
#include <xen/printk.h>

struct acpi_info acpi_info;

static const void *map(void *ctx, uint64_t maddr, uint32_t len)
{
    return ioremap(_maddr(maddr), len, IOREMAP_WB);
}

/* ioremap() is for ever; a few pages of its gigabyte stay used. */
static void unmap(void *ctx, const void *p, uint32_t len)
{
}

static void refused(void *ctx, const char *what, uint64_t maddr, const char *why)
{
    pr_warn("ACPI: %s at %#lx left out: %s", what, maddr, why);
}

void acpi_init(void)
{
    static const struct acpi_access access = { map, unmap, refused, NULL };

    if ( acpi_parse(boot_info.rsdp, sizeof(boot_info.rsdp), &access, &acpi_info) )
    {
        pr_warn("ACPI: no usable tables: no power-off, and no interrupts from the serial port");
        return;
    }
    if ( !acpi_info.s5 && !acpi_info.hw_reduced )
        pr_warn("ACPI: no power-off state S5");
    pr_debug("ACPI: %u CPU(s), %u I/O APIC(s), PM1 control %#lx, S5 types %u %u, reset %s",
             acpi_info.nr_cpus, acpi_info.nr_ioapics, acpi_info.pm1a_cnt.addr, acpi_info.s5_type_a,
             acpi_info.s5_type_b, acpi_info.reset.addr ? "register" : "by other means");
}
