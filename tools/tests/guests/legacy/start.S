/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry, hypercall page, and what the loader is told: one string in the section __xen_guest. */
    .text
    .globl _start
_start:
    cld
    lea stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call legacy_main
    ud2

/* long hypercall(nr, a1, a2, a3): through the page at hypercalls. */
    .globl hypercall
hypercall:
    mov %rdi, %rax
    shl $5, %rax
    add $hypercalls, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    jmp *%rax

    .section .hypercalls, "ax", @progbits
    .globl hypercalls
    .balign 4096
hypercalls:
    .skip 4096

    .bss
    .balign 16
    .skip 8192
stack_top:

/* HYPERCALL_PAGE counts pages from VIRT_BASE. */
    .section __xen_guest, "", @progbits
    .ascii "GUEST_OS=tenon-legacy,GUEST_VER=1,XEN_VER=xen-3.0"
    .ascii ",VIRT_BASE=0xffffffff80000000,HYPERCALL_PAGE=0x102,LOADER=generic,PAE=yes"
    .byte 0

    .section .note.GNU-stack, "", @progbits
