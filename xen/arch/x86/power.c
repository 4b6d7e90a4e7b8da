/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a run: power-off, reset, and the exit status under QEMU.
 *
 *   1. ACPI registers
 *   2. power-off: soft-off state S5 (ACPI 6.4 sections 4.8.3.2, 7.5; 4.8.3.7 for hardware-reduced machines)
 *   3. reset, by one means after the other
 *   4. machine_exit()
 *
 * Called with interrupts off, possibly after a crash: nothing here takes locks or memory.
 */
#include <asm/io.h>
#include <asm/processor.h>
#include <xen/acpi.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/printk.h>
#include <xen/shutdown.h>
#include <xen/time.h>

static bool opt_noreboot;
OPTION_BOOL("noreboot", opt_noreboot);

/* ---- 1. Registers --------------------------------------------------------------------------------------------------- */

#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA    0xcfc

/* Registers in memory are left alone: on PCs there are none, and mapping them needs memory that a crash may have cost us. */
static void reg_write8(const struct acpi_reg *r, uint8_t val)
{
    if ( r->space == ACPI_IO )
        outb((uint16_t)r->addr, val);
    else if ( r->space == ACPI_PCI_CONFIG )
    {
        uint32_t device = (uint32_t)(r->addr >> 32), function = r->addr >> 16 & 0xffff,
                 offset = r->addr & 0xfc;

        outl(PCI_CONFIG_ADDRESS, 0x80000000U | device << 11 | function << 8 | offset);
        outb(PCI_CONFIG_DATA + (r->addr & 3), val);
    }
}

/* Before time_init(), and if the TSC has gone astray, a loop of slow port reads ends it too. */
static void wait_ms(unsigned int ms)
{
    uint64_t until = now() + MILLISECS(ms);

    if ( tsc_scale.khz )
        while ( now() < until )
            cpu_relax();
    else
        for ( unsigned int i = 0; i < ms * 1000; i++ )
            inb(0x80); /* about a microsecond each */
}

/* ---- 2. Power-off --------------------------------------------------------------------------------------------------- */

#define PM1_SCI_EN        (1U << 0) /* the machine is in ACPI mode */
#define PM1_SLP_TYP(type) ((uint16_t)((type) << 10))
#define PM1_SLP_MASK      0x3c00U /* SLP_TYP and SLP_EN */
#define PM1_SLP_EN        0x2000U
#define SLEEP_TYPE(type)  ((uint8_t)((type) << 2))
#define SLEEP_EN          0x20

static bool pm1_usable(const struct acpi_reg *r)
{
    return r->addr && r->space == ACPI_IO;
}

static void enter_acpi_mode(uint16_t pm1a)
{
    if ( (inw(pm1a) & PM1_SCI_EN) || !acpi_info.smi_cmd || !acpi_info.acpi_enable )
        return;
    outb(acpi_info.smi_cmd, acpi_info.acpi_enable);
    for ( unsigned int ms = 0; ms < 3000 && !(inw(pm1a) & PM1_SCI_EN); ms++ )
        wait_ms(1);
}

static void enter_s5(void)
{
    uint16_t a = (uint16_t)acpi_info.pm1a_cnt.addr, b = (uint16_t)acpi_info.pm1b_cnt.addr;
    bool have_b = pm1_usable(&acpi_info.pm1b_cnt);
    uint16_t val_a, val_b = 0;

    if ( acpi_info.hw_reduced )
    {
        reg_write8(&acpi_info.sleep_control, SLEEP_TYPE(acpi_info.s5_type_a) | SLEEP_EN);
        return;
    }
    if ( !pm1_usable(&acpi_info.pm1a_cnt) )
        return;
    enter_acpi_mode(a);
    /* The type first and then again with the order to go, as some chips want it. */
    val_a = (uint16_t)((inw(a) & ~PM1_SLP_MASK) | PM1_SLP_TYP(acpi_info.s5_type_a));
    outw(a, val_a);
    if ( have_b )
    {
        val_b = (uint16_t)((inw(b) & ~PM1_SLP_MASK) | PM1_SLP_TYP(acpi_info.s5_type_b));
        outw(b, val_b);
    }
    outw(a, val_a | PM1_SLP_EN);
    if ( have_b )
        outw(b, val_b | PM1_SLP_EN);
}

void machine_power_off(void)
{
    irq_disable();
    printk_flush_notices();
    console_flush();
    if ( acpi_info.s5 )
    {
        enter_s5();
        wait_ms(1000);
    }
    pr_always("the machine cannot be switched off by software: it is safe to do so by hand");
    console_flush();
    cpu_halt_forever();
}

/* ---- 3. Reset ------------------------------------------------------------------------------------------------------- */

#define PCI_RESET_PORT 0xcf9
#define KBC_STATUS     0x64
#define KBC_RESET      0xfe

static void reset_by_keyboard_controller(void)
{
    for ( unsigned int i = 0; i < 10000 && (inb(KBC_STATUS) & 2); i++ )
        cpu_relax(); /* its input buffer is full */
    outb(KBC_STATUS, KBC_RESET);
}

static void __noreturn triple_fault(void)
{
    static const struct desc_ptr none;

    lidt(&none);
    __asm__ volatile("int3");
    cpu_halt_forever();
}

void machine_reboot(void)
{
    irq_disable();
    printk_flush_notices();
    console_flush();
    if ( acpi_info.reset.addr )
    {
        reg_write8(&acpi_info.reset, acpi_info.reset_value);
        wait_ms(100);
    }
    outb(PCI_RESET_PORT, 0x02);
    outb(PCI_RESET_PORT, 0x06);
    wait_ms(100);
    reset_by_keyboard_controller();
    wait_ms(100);
    triple_fault();
}

/* ---- 4. The end ----------------------------------------------------------------------------------------------------- */

/* QEMU's isa-debug-exit, where we ask for it. Never written on real hardware: 0xf0-0xff was the FPU's. */
#define DEBUG_EXIT_PORT 0xf4
#define RESTART_SECONDS 5

void machine_exit(enum exit_code code)
{
    irq_disable();
    if ( code == EXIT_OK )
        machine_power_off();
    printk_flush_notices();
    console_flush();
    if ( cpu_is_virtual() )
        outl(DEBUG_EXIT_PORT, code);
    if ( opt_noreboot )
    {
        pr_always("halted, as the option noreboot says");
        console_flush();
        cpu_halt_forever();
    }
    pr_always("restarting in %u seconds", RESTART_SECONDS);
    wait_ms(RESTART_SECONDS * 1000);
    machine_reboot();
}
