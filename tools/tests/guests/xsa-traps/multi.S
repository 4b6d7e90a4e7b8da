/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void multicall_iret(const struct iret_frame *frame, struct multicall_entry *list, unsigned long count): the hypercall is made with the
 * frame as its stack, so that an iret among the entries goes where the frame says.
 */
    .text
    .globl multicall_iret
    .type multicall_iret, @function
multicall_iret:
    mov %rdi, %rsp
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov $13, %eax
    syscall
    ud2
    .size multicall_iret, . - multicall_iret

/* Where the frame leads. */
    .globl multicall_landed
multicall_landed:
    int3

    .section .note.GNU-stack, "", @progbits
