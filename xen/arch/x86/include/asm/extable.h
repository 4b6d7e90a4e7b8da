/* SPDX-License-Identifier: GPL-2.0-only */
/* For inline assembly that touches a guest's memory: where to go on after a fault, and with SMAP when user pages are open. */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#include <asm/cpu.h>
#include <xen/lib.h>

/* An entry of the table that search_exception_table() looks in: distances from each field itself, so that it needs no relocation. */
#define EX_TABLE(fault, fixup)                                                                     \
    ".pushsection __ex_table, \"a\"\n\t"                                                           \
    ".balign 4\n\t"                                                                                \
    ".long " fault " - .\n\t"                                                                      \
    ".long " fixup " - .\n\t"                                                                      \
    ".popsection\n\t"

static inline void user_access_begin(void)
{
    if ( unlikely(cpu_features.smap) )
        __asm__ volatile("stac" : : : "memory", "cc");
}

static inline void user_access_end(void)
{
    if ( unlikely(cpu_features.smap) )
        __asm__ volatile("clac" : : : "memory", "cc");
}

#endif /* ASM_EXTABLE_H */
