/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a kernel finds itself by the layout that the ABI promises; one element in another place, and its first step is its last. The
 * nine rules of public/xen.h one by one, what start_info and shared_info say, the registers. All of it as it was before the library changed
 * anything (lib/first.c). Our image is linked at 1 MiB without VIRT_BASE: addresses are pseudo-physical ones.
 */
#include "start.h"

const char guest_name[] = "start";
