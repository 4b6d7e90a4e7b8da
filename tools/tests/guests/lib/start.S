/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's first instructions, its ELF notes and its hypercall page.
 *
 * The hypervisor enters _start with rsi = start_info, on a small boot stack that we leave at once. The notes say what
 * kind of kernel this is; without VIRT_BASE virtual addresses are the physical ones, so a page's virtual address is its
 * PFN times 4096.
 */
#include <public/elfnote.h>

    .section .text.head, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    mov %rax, start_regs
    mov %rbx, start_regs + 8
    mov %rcx, start_regs + 16
    mov %rdx, start_regs + 24
    mov %rsi, start_regs + 32
    mov %rdi, start_regs + 40
    mov %rbp, start_regs + 48
    mov %rsp, start_regs + 56
    mov %r8, start_regs + 64
    mov %r9, start_regs + 72
    mov %r10, start_regs + 80
    mov %r11, start_regs + 88
    mov %r12, start_regs + 96
    mov %r13, start_regs + 104
    mov %r14, start_regs + 112
    mov %r15, start_regs + 120
    mov %cs, start_regs + 128
    mov %ss, start_regs + 130
    mov %ds, start_regs + 132
    mov %es, start_regs + 134
    mov %fs, start_regs + 136
    mov %gs, start_regs + 138
    pushfq
    pop start_regs + 144
    cld
    lea boot_stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call guest_start
    ud2
    .size _start, . - _start

/* Filled by the hypervisor: 128 stubs of 32 bytes, one for each hypercall number. */
    .section .text.hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @function
hypercall_page:
    .skip 4096
    .size hypercall_page, 4096

    .text
/* long hypercall(nr, a1, a2, a3, a4, a5): through the hypercall page. */
    .globl hypercall
    .type hypercall, @function
hypercall:
    mov %rdi, %rax
    shl $5, %rax
    add $hypercall_page, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    jmp *%rax
    .size hypercall, . - hypercall

/* The same by a bare SYSCALL, as Linux does it; takes any number. */
    .globl hypercall_raw
    .type hypercall_raw, @function
hypercall_raw:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    syscall
    ret
    .size hypercall_raw, . - hypercall_raw

    .bss
    .balign 8
    .globl start_regs
start_regs:
    .skip 152

    .balign 4096
    .globl boot_stack_top
boot_stack:
    .skip 16384
boot_stack_top:

.macro NOTE type, value:vararg
    .section .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f       /* name size */
    .long 4f - 3f       /* descriptor size */
    .long \type
1:  .asciz "Xen"
2:  .balign 4
3:  \value
4:  .balign 4
.endm

    NOTE XEN_ELFNOTE_GUEST_OS, .asciz "tenon-test"
    NOTE XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
    NOTE XEN_ELFNOTE_LOADER, .asciz "generic"
    NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    NOTE XEN_ELFNOTE_PAE_MODE, .asciz "yes"
    NOTE XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
    NOTE XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"

    .section .note.GNU-stack, "", @progbits
