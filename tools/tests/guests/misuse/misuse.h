/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the misuse tests share. */
#ifndef MISUSE_H
#define MISUSE_H

#include "suite.h"
#include "tables.h"

#define HOLE       0xdead0000UL
#define HV_ADDRESS 0xffff830000100000UL
#define NON_CANON  0x0000800000000000UL

/** The next of a sequence that is the same in every run. */
uint64_t random(void);
void random_start(uint64_t seed);
/** Numbers of every kind: small, addresses good and bad, frames, near 0 and 2^64, any. @own is memory that may be spoilt. */
uint64_t argument(const void *own);
/** Entries for the next multicall; it is done when 4096 are there, or by calls_flush(). Their results are counted. */
void call(unsigned long op, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
void calls_flush(void);
extern unsigned long calls_done, calls_refused;
void calls_start(void);
/** Everything that we stand on works: calls, page tables, traps, user mode. */
void still_well(void);

#endif /* MISUSE_H */
