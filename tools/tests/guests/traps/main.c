/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: what the hypervisor pushes on a guest's stack, takes from it again and emulates for it is all of a guest's view of the
 * CPU. A wrong word crashes kernels in ways that take days to find; a missing check lets them choose the hypervisor's
 * registers. Expected values are those of Xen 4.17. Option no-int: leave out INT n (QEMU's wrong error code stops real Xen).
 */
#include "traps.h"

const char guest_name[] = "traps";

bool option(const char *word)
{
    return strstr((const char *)start_info->cmd_line, word) != NULL;
}

void guest_main(void)
{
    test_frames();
    test_vectors();
    test_callbacks();
    test_user();
    test_segments();
    test_cpuid();
    test_privileged();
    test_msrs();
    test_io();
    test_debugregs();
    test_iret();
    test_edges();
    if ( option("no-int") )
        printf("# INT n is left out\n");
    else
        test_int();
}
