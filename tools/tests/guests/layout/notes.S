/* SPDX-License-Identifier: GPL-2.0-only */
/* Notes beyond the library's: the p2m list far away from all else, the initrd not mapped, its place given as a PFN. */
#include <public/elfnote.h>

.macro NOTE type, value:vararg
    .section .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long \type
1:  .asciz "Xen"
2:  .balign 4
3:  \value
4:  .balign 4
.endm

    NOTE XEN_ELFNOTE_INIT_P2M, .quad 0x8000000000
    NOTE XEN_ELFNOTE_MOD_START_PFN, .quad 1
    NOTE XEN_ELFNOTE_SUPPORTED_FEATURES, .long 0x8801

    .section .note.GNU-stack, "", @progbits
