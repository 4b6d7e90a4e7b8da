/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor tables: the hypervisor's page of the GDT, the IDT, the TSS (arch/x86/descriptors.c), and each vCPU's windows that show its
 * own GDT and LDT (arch/x86/window.c). */
#ifndef ASM_DESC_H
#define ASM_DESC_H

/*
 * Vectors a device may raise: gates with DPL 0, so that a guest's `int n` cannot fake them. All other gates have DPL 3 and the
 * guest's own DPL is checked in software (qemu-notes 1).
 */
#define VECTOR_DEVICE_FIRST 0xf0

#define IST_NONE 0
#define IST_DF   1
#define IST_NMI  2
#define IST_MC   3

#ifndef __ASSEMBLY__
#include <asm/percpu.h>
#include <xen/types.h>

/** Stub of every vector, made by entry.S. */
extern const uint64_t entry_vectors[256];
/* Entry points of the system-call instructions, in entry.S. */
extern const char entry_syscall[], entry_syscall32[], entry_sysenter[];

/**
 * Load this CPU's GDT, TSS and the IDT. With @ist false the IST stacks are not used (they are not mapped yet).
 * The percpu area and its stack_top must be set.
 */
void desc_load_cpu(bool ist);
/** Set the stacks of this CPU's TSS: @stack for entries from a guest, and one for each IST. The last 16 bytes of an IST stack hold
 *  the CPU's struct percpu *: an IST handler finds it in the word above the five (six with error code) that the CPU pushed. */
void desc_set_stacks(uint64_t stack, const uint64_t ist[3]);

struct vcpu;
struct domain;

/**
 * Build the page tables of L4 slot 259 for @d: windows for MAX_VCPUS vCPUs, empty. Fills d->mm.hv_slots for all of the
 * hypervisor's slots. -ENOMEM.
 */
int domain_window_init(struct domain *d);
/** Give them back. The domain must not be loaded on any CPU. */
void domain_window_destroy(struct domain *d);
/** Show the hypervisor's GDT page of this CPU in @v's window. */
void vcpu_window_init(struct vcpu *v);
/** Point GDTR and LDTR at @v's windows. Its domain's page tables must be loaded. Called when a CPU starts to run @v. */
void vcpu_window_load(struct vcpu *v);
#endif

#endif /* ASM_DESC_H */
