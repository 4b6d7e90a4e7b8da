/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of devices: the local APIC, its timer, the I/O APIC (arch/x86/apic.c). */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <xen/types.h>

/* Vectors, all in the device range of asm/desc.h. */
#define VECTOR_TIMER    0xf0
#define VECTOR_CONSOLE  0xf1
#define VECTOR_ERROR    0xfe
#define VECTOR_SPURIOUS 0xff /* the low four bits must be ones on old CPUs */

/** The local APIC's id of CPU @cpu, which has been set up. */
uint32_t apic_id(unsigned int cpu);

/** Silence the 8259s, find the local APIC and switch it on; all its sources masked. After acpi_init(). */
void apic_init(void);

/** Send ISA interrupt @irq to this CPU as @vector. False: no I/O APIC has it, or it is level-triggered. */
bool irq_route_isa(unsigned int irq, uint8_t vector);

/** Raise VECTOR_TIMER at system time @when, or a little before; 0: never. One deadline a CPU, the last one given. */
void apic_timer_set(uint64_t when);
/** The timer counts @ticks in @ns: what time_init() measured. */
void apic_timer_calibrated(uint64_t ticks, uint64_t ns);
/** Start the timer from its highest count, with its interrupt off; and where it is now. */
void apic_timer_start_measuring(void);
uint32_t apic_timer_read(void);

/** An interrupt with a vector in the device range came in. Called by entry.S's code with interrupts off: acknowledges it and
 *  raises a softirq, no more. */
void device_interrupt(unsigned int vector);

#endif /* ASM_APIC_H */
