/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: ways into the hypervisor that ordinary kernels never take - 32-bit system calls, debug exceptions in its entry code,
 * NMIs within NMIs, selectors whose descriptors fault when they are loaded - and instructions emulated at the edges of pages,
 * bitmaps and segments. The companion of traps, which checks what is ordinary.
 */
#include "entry.h"

const char guest_name[] = "entry";
