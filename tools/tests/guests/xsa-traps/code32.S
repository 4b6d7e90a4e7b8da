/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code for user mode: one way into the hypervisor each, and an end for the case that it leads nowhere. */
    .text
    .code32
.macro ENTER name, insn:vararg
    .globl \name
\name:
    \insn
    ud2
.endm
    ENTER c32_sysenter, sysenter
    ENTER c32_syscall, syscall
    ENTER c32_int80, int $0x80
    ENTER c32_int3, int3
    .code64

    .section .note.GNU-stack, "", @progbits
