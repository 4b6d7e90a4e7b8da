/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables: the hypervisor's page of the GDT, the IDT, the TSS (arch/x86/descriptors.c), and each vCPU's windows that
 * show its own GDT and LDT (arch/x86/window.c).
 *
 * Gates: `int n` at CPL 3 passes for 3, 4 and 32 .. VECTOR_DEVICE_FIRST - 1 (the guest's own DPL is checked in software).
 * For the other exceptions and the device vectors it raises #GP at the `int` instruction, to be decoded there: their stubs
 * must not run for a software interrupt, which pushes no error code.
 */
#ifndef ASM_DESC_H
#define ASM_DESC_H

/** Device vectors: this one to 255, DPL 0. */
#define VECTOR_DEVICE_FIRST 0xf0

/*
 * Exceptions with a stack of their own: those that can hit where rsp cannot be trusted. #DB is one because a guest can make it come
 * just behind SYSCALL, when rsp is still the guest's (CVE-2018-8897).
 */
#define IST_NONE  0
#define IST_DF    1
#define IST_NMI   2
#define IST_MC    3
#define IST_DB    4
#define IST_COUNT 4

#ifndef __ASSEMBLY__
#include <asm/percpu.h>
#include <xen/types.h>

/** Stub of every vector, made by entry.S. */
extern const uint64_t entry_vectors[256];
/* Entry points of the system-call instructions, in entry.S. */
extern const char entry_syscall[], entry_syscall_in_c[], entry_syscall32[], entry_sysenter[];

/** Load this CPU's GDT and TSS, and the IDT. Interrupts must be off, percpu() work, the stacks be set. */
void desc_load_cpu(void);

/**
 * Set the stacks of this CPU: @stack (the first byte above it) for entries from a guest, ist[IST_* - 1] for the special ones.
 * The last 16 bytes of each IST stack hold the CPU's struct percpu *: a handler there must not trust GS, and finds it in the word
 * just above the frame that the CPU pushed. Takes effect at the next exception.
 */
void desc_set_stacks(uint64_t stack, const uint64_t ist[IST_COUNT]);

/** The hypervisor's GDT page of @cpu. */
const uint64_t *desc_gdt_page(unsigned int cpu);
/** GDTR := @base, with a limit that ends behind the hypervisor's page. */
void desc_load_gdt(uint64_t base);
/** LDTR := @ents descriptors at @base; 0 means none. */
void desc_load_ldt(uint64_t base, unsigned int ents);

struct vcpu;
struct domain;

/**
 * Build the page tables of L4 slot 259 for @d: empty windows of MAX_VCPUS vCPUs. Fills d->mm.hv_slots for all of the hypervisor's
 * slots. After domain_mem_init(), before the first L4 is made. 0 or -ENOMEM.
 */
int domain_window_init(struct domain *d);
/** Give them back. The domain must not be loaded on any CPU. */
void domain_window_destroy(struct domain *d);
/** Prepare @v's windows: the hypervisor's page in the GDT window, all else empty. */
void vcpu_window_init(struct vcpu *v);
/** This CPU starts to run @v, whose root is loaded: point GDTR and LDTR at its windows. */
void vcpu_window_load(struct vcpu *v);
#endif

#endif /* ASM_DESC_H */
