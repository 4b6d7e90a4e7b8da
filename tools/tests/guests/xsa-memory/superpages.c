/* SPDX-License-Identifier: GPL-2.0-only */
/* XSA-167: a number from the guest, shifted, is the index of a table of superpages. */
#include "memory.h"

TEST("xsa-167", "superpage marks take no number at its word", 0)
{
    static const unsigned int cmds[] = { MMUEXT_MARK_SUPER, MMUEXT_UNMARK_SUPER };
    const uint64_t numbers[] = {
        0,         511,  512,      0xfffffffffffffe00, 0xffffffffffe00000,
        1UL << 63, ~0UL, root_mfn, max_mfn() & ~511UL, (max_mfn() | 511) + 1
    };

    for ( unsigned int c = 0; c < ARRAY_SIZE(cmds); c++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(numbers); i++ )
            check_rc(mmuext(cmds[c], numbers[i], 0), -XEN_EOPNOTSUPP, "%s, number %u",
                     c ? "UNMARK_SUPER" : "MARK_SUPER", i);
    check_rc(page_set_rw((void *)start_info->pt_base), -XEN_EBUSY,
             "nothing has come of it: the L4 is a table");
}
