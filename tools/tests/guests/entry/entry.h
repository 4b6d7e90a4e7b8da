/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the entry test share. */
#ifndef ENTRY_H
#define ENTRY_H

#include "suite.h"

/* In code32.S. */
extern char compat_code[], compat_stack_top[];
extern char c32_syscall[], c32_sysenter[], c32_int[], c32_in[], c32_outsb[], c32_int4[];

/** Run 32-bit code at @entry in user mode until it traps; probe_regs says how. @edi is its edi. */
void run_compat(const char *entry, uint64_t edi);

#endif /* ENTRY_H */
