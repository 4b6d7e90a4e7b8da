/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the hypervisor enters us: one stub for each of 256 vectors, and one for each callback. All of them end in
 * trap_common, which builds a struct regs and calls C.
 *
 * A bounce frame is, upwards from rsp:  rcx, r11, [error], rip, cs | saved mask << 32, rflags, rsp, ss.
 */
#define SIZEOF_STUB 16

    .text
    .balign 16
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .balign SIZEOF_STUB
    pop %rcx
    pop %r11
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
    nop; nop
    .else
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

/* Callbacks: numbers from 256 up, TRAP_* in guest.h. */
.macro CALLBACK name, number
    .globl \name
\name:
    pop %rcx
    pop %r11
    pushq $0
    pushq $\number
    jmp trap_common
.endm
    CALLBACK event_entry, 256
    CALLBACK syscall_entry, 257
    CALLBACK syscall32_entry, 258
    CALLBACK sysenter_entry, 259
    CALLBACK nmi_entry, 260

/* The failsafe frame has four selectors between r11 and rip. */
    .globl failsafe_entry
failsafe_entry:
    pop %rcx
    pop %r11
    add $32, %rsp
    pushq $0
    pushq $261
    jmp trap_common

trap_common:
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    mov %rsp, %rbx
    and $~15, %rsp
    call trap_dispatch
    mov %rbx, %rsp
    .globl regs_return
regs_return:
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    add $16, %rsp               /* vector, error code */
    pushq $0                    /* flags: restore rcx and r11 from the frame */
    jmp hypercall_page + 23 * 32 /* pushes rcx, r11, rax; __HYPERVISOR_iret */

/*
 * bool probe(void (*fn)(void *), void *arg): run fn(arg); true if it trapped (probe_regs tells how), then fn is abandoned.
 */
    .globl probe
    .type probe, @function
probe:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    pushq probe_sp(%rip)        /* probes nest */
    mov %rsp, probe_sp(%rip)
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
    xor %eax, %eax
    .globl probe_landing        /* trap_dispatch lands here with rax set, rsp = probe_sp */
probe_landing:
    popq probe_sp(%rip)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    cld
    ret
    .size probe, . - probe

/* void iret_to(const struct iret_frame *f): HYPERVISOR_iret with a frame of the caller's making; all other registers 0. */
    .globl iret_to
    .type iret_to, @function
iret_to:
    mov %rdi, %rsp
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    xor %edi, %edi
    mov $23, %eax
    syscall
    ud2
    .size iret_to, . - iret_to

/* User code: call fn(arg) in rbx, rbp; then leave by the exit system call with its result. */
    .globl user_start
user_start:
    mov %rbp, %rdi
    call *%rbx
    mov %rax, %rdi
    mov $0x7e57, %eax           /* USER_EXIT */
    syscall
    ud2

    .section .note.GNU-stack, "", @progbits
