/* SPDX-License-Identifier: GPL-2.0-only */
/* A trap handler that keeps the frame as it was pushed, and code that faults with every register known. */
    .text
    .globl raw_entry
raw_entry:
    mov %rax, raw_frame + 104
    mov %rsp, raw_frame
    mov %rcx, raw_frame + 88
    mov %r11, raw_frame + 96
    mov %rbx, raw_frame + 112
    mov %rdi, raw_frame + 120
    incq raw_frame + 136
    pushfq
    pop raw_frame + 128
    cld
    mov %rsp, %rsi
    lea raw_frame + 8, %rdi
    mov $10, %ecx
    rep movsq
    mov $1, %eax
    mov probe_sp, %rsp
    jmp probe_landing

.macro RAW name, insn:vararg
    .globl \name, \name\()_insn
\name:
    mov %rdi, %rax
    mov %rsi, %r9
    mov %rsp, %r8
    mov %rax, %rsp
    mov $0x1111111111111111, %rcx
    mov $0x2222222222222222, %r11
    mov $0x3333333333333333, %rbx
    mov $0x4444444444444444, %rdi
    xor %edx, %edx
    xor %r10d, %r10d
    push %r9
    popfq
\name\()_insn:
    \insn
    mov %r8, %rsp
    ret
.endm
    RAW raw_ud2, ud2
    RAW raw_div, div %r10
    RAW raw_load, mov 0xdead0123, %eax

    .bss
    .balign 16
    .globl raw_frame
raw_frame:
    .skip 144
    .section .note.GNU-stack, "", @progbits
