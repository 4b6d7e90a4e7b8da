/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The port: everything the pure core (xen/common/mm, xen/arch/x86/mm) asks of the world around it. Implemented twice: on
 * the metal (xen/arch/x86/mm_port.c) and on a host for tests (tools/tests/host/port.c). Apart from these functions,
 * port_bug() and mem*, the core calls nobody; memory is reached through the pointers in struct machine.
 */
#ifndef XEN_MM_PORT_H
#define XEN_MM_PORT_H

#include <xen/mm.h>

/* What to flush; FLUSH_VA and FLUSH_ALL exclude each other. */
#define FLUSH_VA 1U /* translations of one page, paging-structure caches included */
#define FLUSH_ALL                                                                                  \
    2U /* every translation, global ones too, between tlb_flush_begin() and tlb_flush_end() */
#define FLUSH_CACHE 4U /* write back and invalidate the data caches */

/** Flush on the CPUs where the vCPUs of @vcpus (bit n: vCPU n of @d) may have left translations. Returns when all have. */
void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va);

/** Flush every CPU of the machine. @flags: FLUSH_ALL and/or FLUSH_CACHE. */
void port_flush_machine(struct machine *m, unsigned int flags);

/** Write back @mfn's cache lines on every CPU: its content may have been written around the cache. */
void port_flush_frame(struct machine *m, mfn_t mfn);

/**
 * Waiting for a frame that another CPU works on: called again and again until it is done. Interrupts are off, and that CPU may
 * be waiting for this one to flush: what other CPUs ask for must be served here.
 */
void port_wait(void);

/** Should long work stop here? The metal answers true when an interrupt or another vCPU waits. */
bool port_should_yield(void);

/** Fill the frame with zeroes. */
void port_scrub(struct machine *m, mfn_t mfn);

/**
 * Back the accounts and the M2P entries of frames [mfn, mfn + nr) with memory, so that they may be written.
 * 0, or -ENOMEM. Frames whose accounts were never backed read as zero (free) and their M2P entries as ~0.
 */
int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr);

/** Accounts are backed by whole pages of so many. */
#define ACCOUNTS_PER_PAGE (PAGE_SIZE / sizeof(struct frame))

/** Lets long scans skip: the first frame >= @mfn whose account may be non-zero; >= m->max_mfn if there is none. */
mfn_t port_next_backed(struct machine *m, mfn_t mfn);

/** @v runs on this CPU and its root for the current mode changed: load CR3, all old translations (global too) go. */
void port_load_root(struct mm_vcpu *v);

/** Slot @slot (0..13) of @v's GDT window now shows @mfn, or nothing if INVALID_MFN. */
void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn);

/** Slot @slot (0..15) of @v's LDT window now shows @mfn, or nothing if INVALID_MFN. */
void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn);

/** Load LDTR from v->ldt_ents: its window starts empty and is filled page by page as it faults. */
void port_load_ldt(struct mm_vcpu *v);

/**
 * A guest's request was refused; say why in one line that a guest developer understands. The port adds the domain, limits
 * the rate and obeys guest_loglvl. Cold path.
 */
void port_refuse(const struct mm_domain *d, const char *fmt, ...) __attribute__((cold))
__printf(2, 3);

#endif /* XEN_MM_PORT_H */
