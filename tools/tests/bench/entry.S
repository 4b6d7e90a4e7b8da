/* SPDX-License-Identifier: GPL-2.0-only */
/* The least a handler can be, so that what is counted is the hypervisor's. Frames: tools/tests/guests/lib/entry.S. */
#include <public/xen.h>

#define MARK_BEGIN 0x4e474542
#define MARK_END   0x21444e45

#define IRET (hypercall_page + 23 * 32)

    .text
/* Leave the two bytes of the instruction that trapped behind. */
    .globl bench_skip_error, bench_skip
bench_skip_error:
    pop %rcx
    pop %r11
    add $8, %rsp
    addq $2, (%rsp)
    pushq $0
    jmp IRET
bench_skip:
    pop %rcx
    pop %r11
    addq $2, (%rsp)
    pushq $0
    jmp IRET

/* A system call that does nothing: back by the short way. */
    .globl bench_syscall
bench_syscall:
    pop %rcx
    pop %r11
    pushq $VGCF_in_syscall
    jmp IRET

/* uint64_t bench_user_loop(unsigned int n): ticks of n system calls, in user mode. */
    .globl bench_user_loop
    .type bench_user_loop, @function
bench_user_loop:
    push %rbx
    mov %edi, %ebx
    nopl MARK_BEGIN(%rax)
    rdtsc
    shl $32, %rdx
    lea (%rax, %rdx), %r9
1:  syscall
    dec %ebx
    jnz 1b
    rdtsc
    shl $32, %rdx
    add %rdx, %rax
    sub %r9, %rax
    nopl MARK_END(%rax)
    pop %rbx
    ret
    .size bench_user_loop, . - bench_user_loop

/* One event: count it, take up whatever is pending on the one port that is not masked. */
    .globl bench_event
bench_event:
    pop %rcx
    pop %r11
    push %rax
    mov shared_info(%rip), %rax
    movb $0, (%rax)             /* evtchn_upcall_pending */
    movq $0, 8(%rax)            /* evtchn_pending_sel */
    push %rcx
    mov bench_event_port(%rip), %rcx
    lock btr %rcx, 0x800(%rax)  /* evtchn_pending */
    pop %rcx
    incq bench_events(%rip)
    pop %rax
    pushq $0
    jmp IRET

/* uint64_t bench_spin(volatile uint64_t *what, uint64_t old): wait until it has changed; how many instructions that took, the call included. */
    .globl bench_spin
    .type bench_spin, @function
bench_spin:
    xor %eax, %eax
1:  inc %rax
    cmp %rsi, (%rdi)
    je 1b
    lea 4(%rax, %rax, 2), %rax
    ret
    .size bench_spin, . - bench_spin

    .bss
    .balign 8
    .globl bench_event_port, bench_events
bench_event_port:
    .quad 0
bench_events:
    .quad 0

    .section .note.GNU-stack, "", @progbits
