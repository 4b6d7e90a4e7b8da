/* SPDX-License-Identifier: GPL-2.0-only */
/* The p2m list where Linux has it: behind the kernel there would be no room for one of a gigabyte. */
#include <public/elfnote.h>

    .section .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long XEN_ELFNOTE_INIT_P2M
1:  .asciz "Xen"
2:  .balign 4
3:  .quad 0x8000000000
4:  .balign 4

    .section .note.GNU-stack, "", @progbits
