/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: what the hypervisor pushes on a guest's stack, takes from it again and emulates for it is all of a guest's view of the
 * CPU. A wrong word crashes kernels in ways that take days to find; a missing check lets them choose the hypervisor's
 * registers. Expected values are those of Xen 4.17.
 */
#include "traps.h"

const char guest_name[] = "traps";
