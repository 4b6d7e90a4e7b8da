/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the trap test share. */
#ifndef TRAPS_H
#define TRAPS_H

#include "guest.h"

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
extern char raw_ud2_insn[], raw_div_insn[], raw_load_insn[];

/** Is the guest's command line carrying this word? */
bool option(const char *word);

void test_frames(void);
void test_vectors(void);
void test_int(void);
void test_iret(void);
void test_user(void);
void test_segments(void);
void test_cpuid(void);
void test_privileged(void);
void test_msrs(void);
void test_io(void);
void test_debugregs(void);
void test_callbacks(void);
void test_edges(void);

#endif /* TRAPS_H */
