/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of devices.
 *
 *   1. the local APIC: registers in memory, or MSRs if the firmware has left it in x2APIC mode
 *   2. its timer, one shot at a time
 *   3. the 8259s: moved out of the way and silenced for good
 *   4. I/O APICs: all inputs masked, then single ones opened by irq_route_isa()
 *   5. device_interrupt()
 *
 * Boot, and per-CPU registers with interrupts off: no locks. SDM volume 3 chapter 11 (APIC), 82093AA data sheet (I/O APIC).
 */
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/paging.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <xen/acpi.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/time.h>

/* ---- 1. Local APIC -------------------------------------------------------------------------------------------------- */

#define APIC_ID        0x20
#define APIC_VERSION   0x30
#define APIC_TPR       0x80
#define APIC_EOI       0xb0
#define APIC_SVR       0xf0
#define APIC_ISR       0x100
#define APIC_ESR       0x280
#define APIC_LVT_CMCI  0x2f0
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERM 0x330
#define APIC_LVT_PERF  0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT     0x380
#define APIC_TMCCT     0x390
#define APIC_TDCR      0x3e0

#define SVR_ENABLE 0x100
#define LVT_MASKED 0x10000
#define LVT_NMI    0x400
#define TDCR_BY_1  0xb

#define CPUID1_EDX_APIC (1U << 9)

static volatile uint8_t *lapic; /* NULL: MSRs */

static uint32_t lapic_read(unsigned int reg)
{
    return lapic ? mmio_read32(lapic + reg) : (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
}

static void lapic_write(unsigned int reg, uint32_t val)
{
    if ( lapic )
        mmio_write32(lapic + reg, val);
    else
        wrmsr(MSR_X2APIC + (reg >> 4), val);
}

static uint32_t lapic_id(void)
{
    return lapic ? lapic_read(APIC_ID) >> 24 : lapic_read(APIC_ID);
}

static uint32_t apic_ids[MM_MAX_CPUS];

uint32_t apic_id(unsigned int cpu)
{
    ASSERT(cpu < machine.nr_cpus);
    return apic_ids[cpu];
}

static bool in_service(unsigned int vector)
{
    return lapic_read(APIC_ISR + (vector / 32) * 0x10) >> (vector % 32) & 1;
}

static void eoi(void)
{
    lapic_write(APIC_EOI, 0);
}

static void lapic_find(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    if ( !(cpuid(1).edx & CPUID1_EDX_APIC) )
        panic("this CPU has no local APIC, or the firmware has switched it off for good");
    if ( !(base & APIC_BASE_ENABLE) )
        wrmsr(MSR_APIC_BASE, base |= APIC_BASE_ENABLE);
    if ( base & APIC_BASE_X2APIC )
        return;
    lapic = ioremap(_maddr(base & APIC_BASE_ADDR), PAGE_SIZE, IOREMAP_UC);
    if ( !lapic )
        panic("the local APIC's registers at %#lx cannot be mapped", base & APIC_BASE_ADDR);
}

/* What the firmware was handling when it handed over must not block lower vectors for ever. */
static void lapic_finish_old(void)
{
    for ( unsigned int vector = 0; vector < 256; vector++ )
        if ( in_service(vector) )
            eoi();
}

static void lapic_setup(void)
{
    unsigned int last_lvt = lapic_read(APIC_VERSION) >> 16 & 0xff;

    apic_ids[smp_cpu()] = lapic_id();
    lapic_write(APIC_TPR, 0);
    lapic_write(APIC_LVT_TIMER, LVT_MASKED);
    lapic_write(APIC_LVT_LINT0, LVT_MASKED); /* the 8259s: never used */
    lapic_write(APIC_LVT_LINT1, LVT_NMI);
    if ( last_lvt >= 4 )
        lapic_write(APIC_LVT_PERF, LVT_MASKED);
    if ( last_lvt >= 5 )
        lapic_write(APIC_LVT_THERM, LVT_MASKED);
    if ( last_lvt >= 6 )
        lapic_write(APIC_LVT_CMCI, LVT_MASKED);
    lapic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    lapic_finish_old();
    lapic_write(APIC_ESR, 0);
    lapic_write(APIC_LVT_ERROR, VECTOR_ERROR);
}

/* ---- 2. The timer --------------------------------------------------------------------------------------------------- */

static uint64_t ticks_per_ns; /* 32.32 fixed point; 0 until calibrated */

/* Longer waits are cut: the timer fires early, and whoever waits sets it again. */
#define LONGEST_WAIT SECONDS(1)

void apic_timer_start_measuring(void)
{
    lapic_write(APIC_LVT_TIMER, LVT_MASKED);
    lapic_write(APIC_TDCR, TDCR_BY_1);
    lapic_write(APIC_TMICT, UINT32_MAX);
}

uint32_t apic_timer_read(void)
{
    return lapic_read(APIC_TMCCT);
}

void apic_timer_calibrated(uint64_t ticks, uint64_t ns)
{
    ticks_per_ns = (ticks << 32) / ns;
    if ( !ticks_per_ns )
        panic("the local APIC's timer does not count");
    lapic_write(APIC_TMICT, 0);
    lapic_write(APIC_LVT_TIMER, VECTOR_TIMER);
}

void apic_timer_set(uint64_t when)
{
    uint64_t t, wait, ticks;

    if ( !when )
    {
        lapic_write(APIC_TMICT, 0);
        return;
    }
    t = now();
    wait = when > t ? MIN(when - t, LONGEST_WAIT) : 0;
    /* Rounded up, so that the time has come when it fires; 0 would stop it. */
    ticks = (uint64_t)((unsigned __int128)wait * ticks_per_ns >> 32) + 1;
    lapic_write(APIC_TMICT, (uint32_t)MIN(ticks, (uint64_t)UINT32_MAX));
}

/* ---- 3. 8259 -------------------------------------------------------------------------------------------------------- */

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1

/* Even masked they may raise their spurious interrupts 7 and 15: put them into the device range, where those are ignored. */
static void pic_silence(void)
{
    outb(PIC1_COMMAND, 0x11); /* initialise, edge, cascade, ICW4 follows */
    outb(PIC2_COMMAND, 0x11);
    outb(PIC1_DATA, 0xf0);
    outb(PIC2_DATA, 0xf8);
    outb(PIC1_DATA, 0x04); /* the second one is on line 2 */
    outb(PIC2_DATA, 0x02);
    outb(PIC1_DATA, 0x01); /* 8086 mode */
    outb(PIC2_DATA, 0x01);
    outb(PIC1_DATA, 0xff); /* all masked */
    outb(PIC2_DATA, 0xff);
}

/* ---- 4. I/O APIC ---------------------------------------------------------------------------------------------------- */

#define IOAPIC_INDEX     0x00
#define IOAPIC_DATA      0x10
#define IOAPIC_VERSION   0x01
#define IOAPIC_REDIR(n)  (0x10 + 2 * (n))
#define REDIR_ACTIVE_LOW 0x2000
#define REDIR_MASKED     0x10000

static struct ioapic
{
    volatile uint8_t *regs;
    uint32_t gsi_base;
    unsigned int inputs;
} ioapics[ACPI_MAX_IOAPICS];
static unsigned int nr_ioapics;

static uint32_t ioapic_read(const struct ioapic *io, unsigned int reg)
{
    mmio_write32(io->regs + IOAPIC_INDEX, reg);
    return mmio_read32(io->regs + IOAPIC_DATA);
}

static void ioapic_write(const struct ioapic *io, unsigned int reg, uint32_t val)
{
    mmio_write32(io->regs + IOAPIC_INDEX, reg);
    mmio_write32(io->regs + IOAPIC_DATA, val);
}

static void ioapic_init(const struct acpi_ioapic *from)
{
    struct ioapic *io = &ioapics[nr_ioapics];

    io->regs = ioremap(_maddr(from->addr), 0x20, IOREMAP_UC);
    io->gsi_base = from->gsi_base;
    if ( !io->regs || ioapic_read(io, IOAPIC_VERSION) == UINT32_MAX )
    {
        pr_warn("I/O APIC at %#lx: nothing there", from->addr);
        return;
    }
    io->inputs = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
    for ( unsigned int i = 0; i < io->inputs; i++ )
        ioapic_write(io, IOAPIC_REDIR(i), REDIR_MASKED);
    nr_ioapics++;
}

bool irq_route_isa(unsigned int irq, uint8_t vector)
{
    const struct acpi_isa_irq *isa = &acpi_info.isa[irq];

    for ( unsigned int i = 0; i < nr_ioapics; i++ )
    {
        const struct ioapic *io = &ioapics[i];
        uint32_t input = isa->gsi - io->gsi_base;

        /* A level-triggered line would interrupt without end, as it is acknowledged before its device is looked after. */
        if ( isa->level || isa->gsi < io->gsi_base || input >= io->inputs || lapic_id() > 0xff )
            continue;
        ioapic_write(io, IOAPIC_REDIR(input) + 1, lapic_id() << 24);
        ioapic_write(io, IOAPIC_REDIR(input), vector | (isa->active_low ? REDIR_ACTIVE_LOW : 0));
        return true;
    }
    return false;
}

/* ---- 5. Together ---------------------------------------------------------------------------------------------------- */

void apic_init(void)
{
    pic_silence();
    lapic_find();
    lapic_setup();
    for ( unsigned int i = 0; i < acpi_info.nr_ioapics; i++ )
        ioapic_init(&acpi_info.ioapics[i]);
}

void device_interrupt(unsigned int vector)
{
    /* The 8259s' and the APIC's own spurious interrupts are not in service, and must not be acknowledged. */
    if ( !in_service(vector) )
        return;
    eoi();
    switch ( vector )
    {
    case VECTOR_TIMER: softirq_raise(SOFTIRQ_TIMER); break;
    case VECTOR_CONSOLE: softirq_raise(SOFTIRQ_CONSOLE); break;
    case VECTOR_ERROR:
        lapic_write(APIC_ESR, 0);
        pr_warn("local APIC error %#x", lapic_read(APIC_ESR));
        break;
    }
}
