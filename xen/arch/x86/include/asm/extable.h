/* SPDX-License-Identifier: GPL-2.0-only */
/* For inline assembly that touches a guest's memory: where to go on after a fault, and with SMAP when user pages are open. */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#include <asm/cpu.h>
#include <asm/uaccess.h>
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

/* One word of a guest's memory, between user_access_begin() and _end(), or a jump to @fault. */
#define load_word(val, va, fault)                                                                  \
    __asm__ volatile goto("1: movq %[m], %[v]\n\t" EX_TABLE("1b", "%l[" #fault "]")                \
                          : [v] "=r"(val)                                                          \
                          : [m] "m"(*(const uint64_t *)(va))                                       \
                          : "memory"                                                               \
                          : fault)
#define store_word(va, val, fault)                                                                 \
    __asm__ volatile goto("1: movq %[v], %[m]\n\t" EX_TABLE("1b", "%l[" #fault "]")                \
                          :                                                                        \
                          : [v] "re"(val), [m] "m"(*(uint64_t *)(va))                              \
                          : "memory"                                                               \
                          : fault)

/** Two words of a guest's, one behind the other. False: they cannot be read. */
static inline bool load_pair(uint64_t va, uint64_t *first, uint64_t *second)
{
    uint64_t one, two;

    if ( unlikely(!guest_words_ok(va)) )
        return false;
    user_access_begin();
    load_word(one, va, fault);
    load_word(two, va + 8, fault);
    user_access_end();
    *first = one;
    *second = two;
    return true;
fault:
    user_access_end();
    return false;
}

#endif /* ASM_EXTABLE_H */
