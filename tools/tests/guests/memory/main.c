/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a guest that holds a writable view of its own page tables owns the machine. This guest tries every door to
 * one: by update_va_mapping, mmu_update, pins, base pointers, descriptor frames and emulated stores, and checks the errno of every
 * refusal, and that what is legal goes on working. The errnos are those measured on Xen 4.17.
 */
#include "memory.h"

const char guest_name[] = "memory";
