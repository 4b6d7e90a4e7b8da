/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time on the metal.
 *
 *   1. a reference clock of known frequency: ACPI's timer, or else the PIT
 *   2. measuring the TSC and the local APIC's timer against it, or believing CPUID about the TSC
 *   3. system time
 *   4. wall clock: the CMOS clock, read once, and what the initial domain says
 *   5. timers of each CPU, and waiting for interrupts
 *
 * The TSCs of all CPUs are taken to run together. Per-CPU state is touched with interrupts off by its CPU only: no locks.
 */
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/paging.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <xen/acpi.h>
#include <xen/clock.h>
#include <xen/mm.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/timer.h>

/* ---- 1. Reference clocks -------------------------------------------------------------------------------------------- */

struct reference
{
    const char *name;
    uint32_t (*read)(void); /* counts up */
    uint32_t mask;
    uint64_t hz;
};

static volatile uint8_t *pm_timer_mmio;

static uint32_t pm_timer_read(void)
{
    return pm_timer_mmio ? mmio_read32(pm_timer_mmio) : inl((uint16_t)acpi_info.pm_timer.addr);
}

#define PIT_HZ        1193182
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_GATE_PORT 0x61 /* bit 0: gate of channel 2; bit 1: the speaker hears it */

static void pit_start(void)
{
    outb(PIT_GATE_PORT, (inb(PIT_GATE_PORT) & ~3) | 1);
    outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0: count down once */
    outb(PIT_CHANNEL2, 0xff);
    outb(PIT_CHANNEL2, 0xff);
}

static uint32_t pit_read(void)
{
    uint32_t count;

    outb(PIT_COMMAND, 0x80); /* latch channel 2 */
    count = inb(PIT_CHANNEL2);
    count |= (uint32_t)inb(PIT_CHANNEL2) << 8;
    return 0xffff - count;
}

/* Many times longer than either clock needs for a step. */
#define STEP_PATIENCE 100000

static bool ticking(const struct reference *ref)
{
    uint32_t first = ref->read();

    for ( unsigned int i = 0; i < STEP_PATIENCE; i++ )
        if ( ref->read() != first )
            return true;
    return false;
}

static bool find_pm_timer(struct reference *ref)
{
    const struct acpi_reg *reg = &acpi_info.pm_timer;

    if ( !reg->addr || reg->space == ACPI_PCI_CONFIG )
        return false;
    if ( reg->space == ACPI_MEMORY && !(pm_timer_mmio = ioremap(_maddr(reg->addr), 4, IOREMAP_UC)) )
        return false;
    *ref = (struct reference){ "ACPI timer", pm_timer_read,
                               acpi_info.pm_timer_32bit ? UINT32_MAX : 0xffffff, ACPI_PM_TIMER_HZ };
    return ticking(ref);
}

static bool find_pit(struct reference *ref)
{
    *ref = (struct reference){ "PIT", pit_read, 0xffff, PIT_HZ };
    pit_start();
    return ticking(ref);
}

/* ---- 2. Measuring --------------------------------------------------------------------------------------------------- */

#define MEASURE_DIVISOR 100 /* of a second: the PIT can do 18 at least */

struct sample
{
    uint64_t tsc;
    uint32_t ref, apic;
};

/* All clocks as near together as can be, just after a step of the slowest. The best of a few, as an emulator's host or an SMI may
 * interrupt us anywhere. */
static struct sample take_sample(const struct reference *ref)
{
    struct sample best = { 0 };
    uint64_t narrowest = ~0ULL;

    for ( unsigned int i = 0; i < 5; i++ )
    {
        uint32_t old = ref->read(), new, apic;
        uint64_t before, after;

        do
        {
            before = rdtsc();
            new = ref->read();
            apic = apic_timer_read();
            after = rdtsc();
        } while ( new == old );
        if ( after - before >= narrowest )
            continue;
        narrowest = after - before;
        best = (struct sample){ .tsc = before + (after - before) / 2, .ref = new, .apic = apic };
    }
    return best;
}

static uint64_t measure(const struct reference *ref)
{
    struct sample from, to;
    uint64_t steps, khz;

    apic_timer_start_measuring();
    from = take_sample(ref);
    while ( ((ref->read() - from.ref) & ref->mask) < ref->hz / MEASURE_DIVISOR )
        cpu_relax();
    to = take_sample(ref);
    steps = (to.ref - from.ref) & ref->mask;
    khz = (to.tsc - from.tsc) * ref->hz / steps / 1000;
    apic_timer_calibrated(from.apic - to.apic, steps * SECONDS(1) / ref->hz);
    return khz;
}

#define CPUID_TSC_CRYSTAL 0x15       /* SDM volume 2A: ecx Hz * ebx / eax */
#define CPUID_HV_TSC_KHZ  0x40000010 /* eax; VMware's, kept by others */

static bool khz_sane(uint64_t khz)
{
    return khz >= 10000 && khz <= 20000000;
}

/* What CPUID says of the TSC's frequency in kHz; 0: nothing. */
static uint64_t cpuid_khz(void)
{
    struct cpuid c;

    if ( cpuid(0).eax >= CPUID_TSC_CRYSTAL )
    {
        c = cpuid(CPUID_TSC_CRYSTAL);
        if ( c.eax && khz_sane((uint64_t)c.ecx * c.ebx / c.eax / 1000) )
            return (uint64_t)c.ecx * c.ebx / c.eax / 1000;
    }
    if ( cpu_is_virtual() && cpuid(0x40000000).eax >= CPUID_HV_TSC_KHZ &&
         khz_sane(cpuid(CPUID_HV_TSC_KHZ).eax) )
        return cpuid(CPUID_HV_TSC_KHZ).eax;
    return 0;
}

static uint64_t find_khz(void)
{
    uint64_t claimed = cpuid_khz(), measured;
    struct reference ref;

    if ( !find_pm_timer(&ref) && !find_pit(&ref) )
        panic("no clock to measure with: neither ACPI's timer nor the PIT counts");
    measured = measure(&ref);
    if ( !khz_sane(measured) )
        panic("the TSC cannot run at %lu kHz, as the %s says it does", measured, ref.name);
    /* A claim that is off by more than a tenth is no better than none. */
    if ( claimed > measured - measured / 10 && claimed < measured + measured / 10 )
        measured = claimed;
    pr_info("TSC runs at %lu.%03lu MHz, %s", measured / 1000, measured % 1000,
            measured == claimed ? "as CPUID says" : ref.name);
    return measured;
}

/* ---- 3. System time ------------------------------------------------------------------------------------------------- */

struct tsc_scale tsc_scale;
static uint64_t tsc_at_boot;

/** The time-stamp counter, not read before earlier instructions are done. */
uint64_t rdtsc(void)
{
    __asm__ volatile("lfence" : : : "memory");
    return read_tsc();
}

uint64_t tsc_to_ns(uint64_t tsc)
{
    return tsc > tsc_at_boot ? tsc_scale_ns(&tsc_scale, tsc - tsc_at_boot) : 0;
}

/** 0 before time_init(). */
uint64_t now(void)
{
    return tsc_to_ns(rdtsc());
}

/* ---- 4. Wall clock -------------------------------------------------------------------------------------------------- */

#define RTC_INDEX 0x70
#define RTC_DATA  0x71

static struct wall_time boot_time;

static uint8_t rtc_read(uint8_t index)
{
    outb(RTC_INDEX, index);
    return inb(RTC_DATA);
}

/* Bit 7 of register A: the clock is about to step, and its registers may be between two times. */
static void rtc_wait_stable(void)
{
    uint64_t limit = now() + MILLISECS(20);

    while ( (rtc_read(0x0a) & 0x80) && now() < limit )
        cpu_relax();
}

static struct rtc_regs rtc_read_all(void)
{
    struct rtc_regs r;

    rtc_wait_stable();
    r.second = rtc_read(0x00);
    r.minute = rtc_read(0x02);
    r.hour = rtc_read(0x04);
    r.day = rtc_read(0x07);
    r.month = rtc_read(0x08);
    r.year = rtc_read(0x09);
    r.century = acpi_info.century ? rtc_read(acpi_info.century) : 0;
    r.status_b = rtc_read(0x0b);
    return r;
}

void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
    boot_time = wall_time_at_boot(sec, nsec, system_time);
}

static void wallclock_init(void)
{
    struct rtc_regs first, second = rtc_read_all();
    uint64_t seconds, at;
    unsigned int tries = 0;

    do
    {
        first = second;
        second = rtc_read_all();
    } while ( memcmp(&first, &second, sizeof(first)) != 0 && ++tries < 10 );
    at = now();
    if ( rtc_to_unix(&second, &seconds) )
        wallclock_set(seconds, 0, at);
    else
        pr_warn("the CMOS clock has no valid time: the wall clock starts at 1970");
}

void wallclock_at_boot(uint64_t *sec, uint32_t *nsec)
{
    *sec = boot_time.sec;
    *nsec = boot_time.ns;
}

/* ---- 5. Timers ------------------------------------------------------------------------------------------------------ */

static struct cpu_timers
{
    struct timer_list list;
    uint64_t armed; /* what the hardware is set to, 0: nothing */
} cpu_timers[MM_MAX_CPUS];

static void arm(struct cpu_timers *ct, uint64_t when)
{
    ct->armed = when;
    apic_timer_set(when);
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
    *t = (struct timer){ .fn = fn, .arg = arg };
}

void timer_set(struct timer *t, uint64_t expires)
{
    struct cpu_timers *ct = &cpu_timers[smp_cpu()];

    timer_list_remove(&ct->list, t);
    t->expires = expires ? expires : 1;
    timer_list_insert(&ct->list, t);
    if ( t->expires <= now() )
        softirq_raise(SOFTIRQ_TIMER);
    else if ( !ct->armed || t->expires < ct->armed )
        arm(ct, t->expires);
}

/* The hardware stays set: an interrupt too many costs less than setting it again each time. */
void timer_stop(struct timer *t)
{
    timer_list_remove(&cpu_timers[smp_cpu()].list, t);
}

static void timer_softirq(void)
{
    struct cpu_timers *ct = &cpu_timers[smp_cpu()];

    timer_list_run(&ct->list, now());
    arm(ct, ct->list.first ? ct->list.first->expires : 0);
}

void irq_window(void)
{
    __asm__ volatile("sti; nop; cli" : : : "memory");
}

void cpu_idle_once(void)
{
    if ( !softirq_pending() )
        __asm__ volatile("sti; hlt; cli" : : : "memory"); /* nothing gets in between STI and HLT */
}

void time_init(void)
{
    uint64_t khz;

    softirq_open(SOFTIRQ_TIMER, timer_softirq);
    tsc_at_boot = rdtsc();
    khz = find_khz();
    tsc_scale = tsc_scale_for(khz);
    wallclock_init();
}
