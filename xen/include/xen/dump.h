/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is printed about guests and their memory, when one has crashed or when somebody asks by a debug key. Nothing of it
 * changes anything, and nothing in a guest's state can make it fault or print without end.
 */
#ifndef XEN_DUMP_H
#define XEN_DUMP_H

#include <xen/domain.h>

/* ---- common/dump_job.c: dumps that take long ---------------------------------------------------------------------- */

/** Run @begin, then @step, and @step again as many ns later as it says until it returns DUMP_DONE. The guest runs meanwhile.
 *  One at a time: while one is under way nothing is run, and a line says so. */
#define DUMP_DONE 0ULL
#define DUMP_SOON 200000ULL /* ns */
void dump_start(const char *name, void (*begin)(void), uint64_t (*step)(void));
/** A domain ends: forget what is under way. */
void dump_stop(void);

/* ---- common/dump_domain.c ----------------------------------------------------------------------------------------- */

/** The first domain at or after slot *@slot of machine.domains that is complete and not being taken apart; *@slot is behind it
 *  then. NULL: there is none. Start with 0. */
struct domain *dump_next_domain(unsigned int *slot);
/** The vCPU that this CPU runs, or else the first one of the first domain. NULL: there is no guest. */
struct vcpu *dump_vcpu(void);
/** "running", "blocked" ... */
const char *vcpu_state_name(const struct vcpu *v);

/* ---- arch/x86/dump_walk.c ----------------------------------------------------------------------------------------- */

/** Print how @va is translated under L4 @root of @v's domain: each entry, and the account of the frame it names. */
void dump_walk(const struct vcpu *v, mfn_t root, uint64_t va, const char *what);
/** Copy from @va as @v sees it, from pages of its own domain only. How many bytes could be read. */
size_t guest_peek(const struct vcpu *v, uint64_t va, void *buf, size_t len);
/** The L4 that @v runs on. */
mfn_t vcpu_root(const struct vcpu *v);
/** Debug key w. */
void dump_walk_key(void);

/* ---- arch/x86/dump_vcpu.c ----------------------------------------------------------------------------------------- */

/** Everything a guest's developer wants to know of a vCPU that crashed: registers, code, stack, page tables. */
void vcpu_dump(const struct vcpu *v);

/* ---- The other debug keys ----------------------------------------------------------------------------------------- */

void dump_domains_key(void); /* d: common/dump_domain.c */
void dump_events_key(void);  /* e: common/dump_events.c */
void dump_frames_key(void);  /* m: common/dump_frames.c */
void dump_p2m_key(void);     /* p: common/dump_p2m.c */

#endif /* XEN_DUMP_H */
