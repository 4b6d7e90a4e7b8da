/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least there can be of a PV kernel, as somebody else would write it: it prints TEXT, then does what END names, all without a page
 * of its own set up. With HYPERVISOR it is no guest but what GRUB takes for a hypervisor, and resets the machine.
 */
#ifdef HYPERVISOR
    .code32
    .section .header, "a"
    .balign 8
header:
    .long 0xe85250d6, 0, 16, -(0xe85250d6 + 16) /* multiboot2 */
    .short 0, 0
    .long 8
    .text
    .globl _start
_start:
    lidt no_table
    ud2
no_table:
    .long 0, 0
#else
    .macro note type:req, text:req
    .balign 4
    .long 4, 9f - 8f, \type
    .asciz "Xen"
8:  .asciz "\text"
9:  .balign 4
    .endm

    .section .note.Xen, "a", @note
    note 6, "micro"
    note 5, "xen-3.0"
    note 8, "generic"

    .text
    .globl _start
_start:
    mov $18, %eax /* console_io: write */
    xor %edi, %edi
    mov $text_end - text, %esi
    lea text(%rip), %rdx
    syscall
    END
    mov $29, %eax /* sched_op: shutdown, power off */
    mov $2, %edi
    lea reason(%rip), %rsi
    syscall
    .balign 4
reason:
    .long 0
text:
    .ascii TEXT
text_end:
#endif
