/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this family share. */
#ifndef XSA_TRAPS_H
#define XSA_TRAPS_H

#include "suite.h"
#include "tables.h"

#define NON_CANON 0x0000800000000000UL

/** probe(), with traps_seen the number of traps that came of it, events aside. */
bool counted(void (*fn)(void *), void *arg);
extern volatile unsigned int traps_seen;
/** Run 32-bit code (code32.S) in user mode with these flags; it ends in a trap: probe_regs and traps_seen. */
void run_compat(const char *entry, uint64_t flags);
extern char c32_sysenter[], c32_syscall[], c32_int80[], c32_int3[];
/** Register a callback that masks events, or none (0): 0 or the hypervisor's errno. */
long callback(unsigned int type, uint64_t address);
/** False: #GP. */
bool read_msr(uint32_t nr, uint64_t *value);
bool write_msr(uint32_t nr, uint64_t value);

#endif /* XSA_TRAPS_H */
