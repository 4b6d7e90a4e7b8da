/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stress test and its port share. */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include "../host/host.h"

#define STRESS_THREADS_MAX 4

/** The CPU that the calling thread is, and whether it lets long work be stopped. */
extern _Thread_local unsigned int stress_cpu;
extern _Thread_local bool stress_yields;

/** Each thread has its own numbers, the same in every run. */
void stress_seed(uint64_t seed);
uint64_t stress_random(uint64_t below);

#endif /* TESTS_STRESS_H */
