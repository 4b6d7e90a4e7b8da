/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code for user mode. Each piece ends in a trap; the kernel looks at where and how. */
    .text
    .globl compat_code
compat_code:
    .code32
    .globl c32_syscall
c32_syscall:
    mov $0x1234, %eax
    syscall
    ud2
    .globl c32_sysenter
c32_sysenter:
    mov $0x5678, %eax
    sysenter
    ud2
    .globl c32_int
c32_int:
    int $0x40
    ud2
    .globl c32_int4
c32_int4:
    mov $0x7fffffff, %eax
    add $1, %eax
    into
    ud2
    .globl c32_in
c32_in:
    mov $0, %eax
    inb $0x42, %al
    mov $0x1234, %edx
    inw %dx, %ax
    ud2
/* Two bytes to a port from ds:edi. */
    .globl c32_outsb
c32_outsb:
    mov $0xe02b, %eax
    mov %eax, %ds
    mov $0x80, %edx
    mov $2, %ecx
    mov %edi, %esi
    rep outsb
    ud2
    .code64

    .section .note.GNU-stack, "", @progbits
