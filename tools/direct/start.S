/* SPDX-License-Identifier: GPL-2.0-only */
/* The multiboot header by which QEMU's -kernel knows us, and a stack for loader.c. */
#define MAGIC 0x1badb002
#define FLAGS 0x3 /* modules on page boundaries; memory information */

    .section .head, "ax", @progbits
    .balign 4
    .long MAGIC
    .long FLAGS
    .long -(MAGIC + FLAGS)

    .globl _start
_start:
    cli
    cld
    mov $stack_top, %esp
    push %ebx
    push %eax
    call loader
    ud2

/* enter(uint32_t entry, const void *info): as a multiboot2 loader leaves the machine. */
    .globl enter
enter:
    mov 4(%esp), %edx
    mov 8(%esp), %ebx
    mov $0x36d76289, %eax
    xor %ecx, %ecx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    jmp *%edx

    .bss
    .balign 16
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
