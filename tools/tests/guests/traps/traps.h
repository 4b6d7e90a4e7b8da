/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the trap test share. */
#ifndef TRAPS_H
#define TRAPS_H

#include "suite.h"

/** State left by raw_entry: the words at rsp when the hypervisor entered it, and the live registers. */
struct raw_frame
{
    uint64_t rsp;      /* on entry */
    uint64_t word[10]; /* rcx, r11, [error], rip, cs, rflags, rsp, ss */
    uint64_t rcx, r11, rax, rbx, rdi, flags;
    uint64_t count;
};
extern struct raw_frame raw_frame;
/** A trap handler that records all this and lands behind the probe() that is running. */
extern char raw_entry[];
/** Run with known registers, the stack @stack and the flags @flags: executes the instruction at *code (see frame.S). */
void raw_ud2(uint64_t stack, uint64_t flags);
void raw_div(uint64_t stack, uint64_t flags);
void raw_load(uint64_t stack, uint64_t flags);
void raw_int3(uint64_t stack, uint64_t flags);
void raw_syscall(uint64_t stack,
                 uint64_t flags); /* rax is the stack: no hypercall, and none of our system calls */
extern char raw_ud2_insn[], raw_div_insn[], raw_load_insn[], raw_int3_insn[], raw_syscall_insn[];

#endif /* TRAPS_H */
