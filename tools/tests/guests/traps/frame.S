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
    pushfq
    pop raw_frame + 128
    incq raw_frame + 136
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
    RAW raw_int3, int3
    RAW raw_syscall, syscall

/* long call_with_flags(nr, flags): a hypercall of two arguments 0 with marked registers. */
    .globl call_with_flags
call_with_flags:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %edi, %eax
    mov %rsi, %r11
    mov $0x0101010101010101, %rcx
.macro MARK number, reg
    imul $\number, %rcx, \reg
.endm
    MARK 4, %rdx
    MARK 5, %r8
    MARK 6, %r9
    MARK 7, %r10
    MARK 8, %r12
    MARK 9, %r13
    MARK 10, %r14
    MARK 11, %r15
    xor %edi, %edi
    xor %esi, %esi
    push %r11
    popfq
    syscall
    pushfq
    cld
    mov %rdi, after_call + 16
    mov %rsi, after_call + 24
    mov %rdx, after_call + 32
    mov %r8, after_call + 40
    mov %r9, after_call + 48
    mov %r10, after_call + 56
    mov %r12, after_call + 64
    mov %r13, after_call + 72
    mov %r14, after_call + 80
    mov %r15, after_call + 88
    pop after_flags
    push $2
    popfq
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .balign 8
    .globl after_call, after_flags
after_call:
    .skip 96
after_flags:
    .skip 8
    .balign 16
    .globl raw_frame
raw_frame:
    .skip 144
    .section .note.GNU-stack, "", @progbits
