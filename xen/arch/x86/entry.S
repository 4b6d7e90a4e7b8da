/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways into the hypervisor and out of it.
 *   1. a stub for each of the 256 vectors, and the table of them from which the IDT is filled
 *   2. exceptions and interrupts, from a guest or from the hypervisor itself
 *   3. the vectors with a stack of their own: NMI, #DF, #MC, #DB
 *   4. SYSCALL, 32-bit SYSCALL, SYSENTER
 *   5. back to the guest, by SYSRET or IRET
 *   6. the first entry of a vCPU
 *
 * Every entry from a guest leaves one struct cpu_regs (asm/regs.h) that ends at percpu.stack_top. GS is exchanged on entries from
 * CPL 3 only; on the stacks of part 3 the entry may have interrupted the instructions just before or after that exchange,
 * so they save GS base and set it, whatever it was. Interrupts are off throughout (all gates are interrupt gates). Which
 * mode the guest is in is not decided here: C looks at vcpu->mm.user_mode.
 *
 * The C functions get the frame in rdi, with the stack aligned as the ABI wants it: the frame's size is 8 modulo 16.
 *
 * What guests do most has short ways (pv/direct.c, and the functions that hypercalls are): they are asked first, before the frame is
 * complete, and what they do not do begins anew in the general way.
 */
#include <asm/costs.h>
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/percpu.h>
#include <asm/regs.h>
#include <public/xen.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/hypercall.h>

#define VCPU_INFO_PENDING 0 /* vcpu_info.evtchn_upcall_pending */

#define NR_MSR_GS_BASE 0xc0000101

/* As count_cost(). GS is the hypervisor's; flags are lost. */
.macro COUNT_COST cost
#ifdef CONFIG_COUNT_COSTS
    incl %gs:PERCPU_COSTS + 4 * \cost
#endif
.endm

/* Those a C function may use, then those it keeps. The error code (or 0) and the vector are on the stack already. */
.macro PUSH_USED_REGS
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
.endm
.macro PUSH_KEPT_REGS
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm
.macro PUSH_REGS
    PUSH_USED_REGS
    PUSH_KEPT_REGS
.endm
#define KEPT_REGS_SIZE 48

/* Leaves the error code and the vector. */
.macro POP_REGS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
.endm

/* The frame at rsp goes to the C function, whose result comes in al. A frame of a guest ends the chain of frame pointers. */
.macro CALL_C function
    movq %rsp, %rdi
    subq $8, %rsp
    call \function
    addq $8, %rsp
.endm

/*
 * The same, behind PUSH_USED_REGS: the function keeps the other registers, and does without their part of the frame. They are only
 * pushed if it refuses.
 */
.macro CALL_DIRECT function
    leaq -KEPT_REGS_SIZE(%rsp), %rdi
    subq $KEPT_REGS_SIZE + 8, %rsp
    call \function
.endm
/* Behind it, done. The two registers that SYSRET overwrites are left out. */
.macro RESTORE_USED_REGS
    movq REGS_R10 + 8(%rsp), %r10
    movq REGS_R9 + 8(%rsp), %r9
    movq REGS_R8 + 8(%rsp), %r8
    movq REGS_RAX + 8(%rsp), %rax
    movq REGS_RDX + 8(%rsp), %rdx
    movq REGS_RSI + 8(%rsp), %rsi
    movq REGS_RDI + 8(%rsp), %rdi
.endm
/* Behind it, refused. */
.macro COMPLETE_REGS
    addq $KEPT_REGS_SIZE + 8, %rsp
    PUSH_KEPT_REGS
.endm

    .section .text.entry, "ax", @progbits

/* ---- 1. Stubs ---------------------------------------------------------------------------------------------------------- */

/* Exceptions for which the CPU pushes an error code: #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX. */
#define PUSHES_ERROR_CODE(v) \
    ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)
#define HAS_OWN_STACK(v) ((v) == 1 || (v) == 2 || (v) == 8 || (v) == 18)

#define STUB_SIZE 16

    .balign STUB_SIZE
entry_stubs:
    .set vec, 0
    .rept 256
    .org entry_stubs + vec * STUB_SIZE /* an error if the stub before is too long */
    .if !PUSHES_ERROR_CODE(vec)
    pushq $0
    .endif
    movl $vec, 4(%rsp)
    .if HAS_OWN_STACK(vec)
    jmp entry_own_stack
    .elseif vec == 6
    jmp entry_invalid_opcode
    .elseif vec == 13
    jmp entry_general_protection
    .elseif vec == 14
    jmp entry_page_fault
    .else
    jmp entry_common
    .endif
    .set vec, vec + 1
    .endr
    .org entry_stubs + 256 * STUB_SIZE

    .section .rodata
    .balign 8
    .globl entry_vectors
entry_vectors:
    .set vec, 0
    .rept 256
    .quad entry_stubs + vec * STUB_SIZE
    .set vec, vec + 1
    .endr
    .size entry_vectors, . - entry_vectors
    .type entry_vectors, @object

    .section .text.entry

/* ---- 2. Exceptions and interrupts --------------------------------------------------------------------------------------- */

    .type entry_common, @function
entry_common:
    cld
    PUSH_REGS
    testb $3, REGS_CS(%rsp)
    jz from_hypervisor
    swapgs
    lfence /* no speculation with the wrong GS (CVE-2019-1125) */
from_guest:
    xorl %ebp, %ebp
    CALL_C trap_from_guest
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

    .type entry_page_fault, @function
entry_page_fault:
    cld
    PUSH_USED_REGS
    testb $3, REGS_CS - KEPT_REGS_SIZE(%rsp)
    jz direct_from_hypervisor
    swapgs
    lfence
    CALL_DIRECT page_fault_direct
    testb %al, %al
    jz direct_refused
leave_by_sysret:
    RESTORE_USED_REGS
    movq REGS_RIP + 8(%rsp), %rcx
    movq REGS_RFLAGS + 8(%rsp), %r11
    movq REGS_RSP + 8(%rsp), %rsp
    swapgs
    sysretq

    .type entry_invalid_opcode, @function
entry_invalid_opcode:
    cld
    PUSH_USED_REGS
    testb $3, REGS_CS - KEPT_REGS_SIZE(%rsp)
    jz direct_from_hypervisor
    swapgs
    lfence
    CALL_DIRECT invalid_opcode_direct
    testb %al, %al
    jnz leave_by_sysret

direct_refused:
    COMPLETE_REGS
    cmpl $PFEC_KERNEL_STORE, REGS_ERROR(%rsp) /* no error code is 0 */
    jne from_guest
    xorl %ebp, %ebp
    CALL_C store_direct
instruction_direct:
    cmpl $LEAVE_BY_IRET, %eax /* between the other two */
    je return_by_iret
    jb from_guest
    CALL_C guest_exit
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

    .type entry_general_protection, @function
entry_general_protection:
    cld
    PUSH_REGS
    testb $3, REGS_CS(%rsp)
    jz from_hypervisor
    swapgs
    lfence
    xorl %ebp, %ebp
    CALL_C cr_read_direct
    jmp instruction_direct

direct_from_hypervisor:
    PUSH_KEPT_REGS
from_hypervisor:
    lfence
    leaq guest_iret(%rip), %rax
    cmpq %rax, REGS_RIP(%rsp)
    je iret_failed
    CALL_C trap_from_hypervisor
    COUNT_COST COST_SERIALISING
    POP_REGS
    addq $8, %rsp
    iretq

/*
 * The IRET to a guest faulted: a selector it cannot load, or an address that is not canonical. All registers are the guest's
 * already, GS base too. What IRET should have loaded lies where it was, at the end of the stack, and rsp of the fault points
 * there. Move the saved registers and the error code up to it, which makes a frame as if the fault had happened at IRET's
 * target, and treat it so. The move is upwards and overlaps: last word first.
 */
iret_failed:
    swapgs
    lfence
    movq REGS_RSP(%rsp), %rdi
    subq $8, %rdi
    leaq REGS_RIP - 8(%rsp), %rsi
    movl $REGS_RIP / 8, %ecx
    std
    rep movsq
    cld
    leaq 8(%rdi), %rsp
    xorl %ebp, %ebp
    CALL_C iret_fault_from_guest
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

/* ---- 3. Vectors with a stack of their own ------------------------------------------------------------------------------- */

/* The word behind the frame holds this CPU's struct percpu * (desc_set_stacks()). */
    .type entry_own_stack, @function
entry_own_stack:
    cld
    PUSH_REGS
    testb $3, REGS_CS(%rsp)
    jnz own_stack_from_guest
    lfence
    movl $NR_MSR_GS_BASE, %ecx
    rdmsr
    movl %eax, %r12d
    movl %edx, %r13d
    movl REGS_SIZE(%rsp), %eax
    movl REGS_SIZE + 4(%rsp), %edx
    wrmsr
    CALL_C trap_from_hypervisor
    .rept 3 /* both WRMSR and the IRETQ; behind them GS may be the guest's */
    COUNT_COST COST_SERIALISING
    .endr
    movl $NR_MSR_GS_BASE, %ecx
    movl %r12d, %eax
    movl %r13d, %edx
    wrmsr
    POP_REGS
    addq $8, %rsp
    iretq

/*
 * From CPL 3 GS is certain, and the work may take long or wait: go on with the CPU's ordinary stack, where the frame belongs. The
 * IRET to the next instruction lets the CPU accept NMIs again, in case this was one: the way out may be SYSRET.
 */
own_stack_from_guest:
    swapgs
    lfence
    movq %rsp, %rsi
    movq %gs:PERCPU_STACK_TOP, %rdi
    subq $REGS_SIZE, %rdi
    movq %rdi, %rax
    movl $REGS_SIZE / 8, %ecx
    rep movsq
    COUNT_COST COST_SERIALISING
    pushq $SEL_HV_DS
    pushq %rax
    pushfq
    pushq $SEL_HV_CS
    leaq from_guest(%rip), %rax
    pushq %rax
    iretq

/* ---- 4. System-call instructions ---------------------------------------------------------------------------------------- */

/* rip is in rcx, rflags in r11; IF, TF, DF, NT, AC are clear (MSR_SYSCALL_MASK); rsp is still the guest's. */
.macro SYSCALL_FRAME cs
    swapgs
    movq %rsp, %gs:PERCPU_GUEST_RSP
    movq %gs:PERCPU_STACK_TOP, %rsp
    pushq $SEL_FLAT_DS32
    pushq %gs:PERCPU_GUEST_RSP
    pushq %r11
    pushq $\cs
    pushq %rcx
.endm

/*
 * Mostly a hypercall of the guest's kernel that is over at once and after which nothing else is to do. That goes straight to its
 * function and back; whatever is different goes to C, with the frame complete.
 */
    .balign 16
    .globl entry_syscall
    .type entry_syscall, @function
entry_syscall:
    SYSCALL_FRAME SEL_FLAT_CS64
    pushq %gs:PERCPU_SYSCALL_VECTOR
    cmpl $__HYPERVISOR_iret, %eax
    je syscall_iret
    PUSH_USED_REGS
    movq %gs:PERCPU_CURRENT, %r11
    cmpb $0, VCPU_USER_MODE(%r11)
    jne syscall_complete
    cmpq $NR_HYPERCALLS, %rax
    jae syscall_complete
    leaq -KEPT_REGS_SIZE(%rsp), %rcx
    movq %rcx, VCPU_REGS(%r11)
    leaq hypercalls_direct(%rip), %r11
    movq (%r11, %rax, 8), %r11
    testq %r11, %r11
    jz syscall_complete
    movq %r10, %rcx
    subq $KEPT_REGS_SIZE + 8, %rsp
    call *%r11
    cmpq $-ERESTART, %rax
    je syscall_again
    cmpq $0, %gs:PERCPU_PENDING
    jne syscall_exit_in_c
    movq %gs:PERCPU_CURRENT, %rdx
    movabsq $VCPU_EXIT_PLAIN, %rcx
    cmpq %rcx, VCPU_EXIT_WORD(%rdx)
    jne syscall_exit_in_c
    movq VCPU_INFO(%rdx), %rcx
    cmpb $0, VCPU_INFO_PENDING(%rcx)
    jne syscall_exit_in_c
    /* As regs_allow_sysret(): behind a SYSCALL the only rip that is not canonical is the one past the low half. */
    movq REGS_RIP + 8(%rsp), %rcx
    cmpq %rcx, %gs:PERCPU_LOW_HALF_END
    je syscall_exit_in_c
    movq REGS_RFLAGS + 8(%rsp), %r11
    andq $~(X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_VM), %r11
    movq REGS_RDI + 8(%rsp), %rdi
    movq REGS_RSI + 8(%rsp), %rsi
    movq REGS_RDX + 8(%rsp), %rdx
    movq REGS_R8 + 8(%rsp), %r8
    movq REGS_R9 + 8(%rsp), %r9
    movq REGS_R10 + 8(%rsp), %r10
    movq REGS_RSP + 8(%rsp), %rsp
    swapgs
    sysretq

/* Or the hypercall iret; but a system call of user mode may have that number as well. */
syscall_iret:
    PUSH_USED_REGS
    CALL_DIRECT iret_direct
    cmpl $LEAVE_BY_IRET, %eax /* between the other two */
    jb iret_refused
    ja leave_by_sysret
    RESTORE_USED_REGS
    movq REGS_RCX + 8(%rsp), %rcx
    movq REGS_R11 + 8(%rsp), %r11
    addq $REGS_RIP + 8, %rsp
    jmp leave_by_iret
iret_refused:
    COMPLETE_REGS
    movq $__HYPERVISOR_iret, REGS_RAX(%rsp)
    jmp syscall_in_c

syscall_complete:
    PUSH_KEPT_REGS
    jmp syscall_in_c

/* Instead of entry_syscall, if there is more to do at every call. */
    .balign 16
    .globl entry_syscall_in_c
    .type entry_syscall_in_c, @function
entry_syscall_in_c:
    SYSCALL_FRAME SEL_FLAT_CS64
    pushq %gs:PERCPU_SYSCALL_VECTOR
    PUSH_REGS
syscall_in_c:
    xorl %ebp, %ebp
    CALL_C syscall_from_guest
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

/*
 * The function has been called: its result, or that it wants to be called again, is to be noted. It has kept the registers that the
 * frame has not got yet.
 */
syscall_again:
    COMPLETE_REGS
    xorl %ebp, %ebp
    CALL_C hypercall_settle
    jmp 1f
syscall_exit_in_c:
    COMPLETE_REGS
    xorl %ebp, %ebp
    movq %rax, REGS_RAX(%rsp)
1:  CALL_C guest_exit
    testb %al, %al
    jz return_by_iret

/* ---- 5. Back to the guest ----------------------------------------------------------------------------------------------- */

/* C has checked that rip is canonical and the selectors are the ones SYSRET loads. */
return_by_sysret:
    POP_REGS
    movq REGS_RIP - 120(%rsp), %rcx
    movq REGS_RFLAGS - 120(%rsp), %r11
    movq REGS_RSP - 120(%rsp), %rsp
    swapgs
    sysretq

return_by_iret:
    POP_REGS
    addq $8, %rsp
leave_by_iret:
    COUNT_COST COST_SERIALISING
    swapgs
guest_iret: /* a fault here comes back through iret_failed */
    iretq

    .balign 16
    .globl entry_syscall32
    .type entry_syscall32, @function
entry_syscall32:
    SYSCALL_FRAME SEL_FLAT_CS32
    pushq $0
    movl $ENTRY_SYSCALL32, 4(%rsp)
    PUSH_REGS
    xorl %ebp, %ebp
    CALL_C fast_entry_from_guest
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

/* SYSENTER saves nothing: neither rip nor rsp are known. NT, DF, AC are still the guest's (XSA-44, XSA-339). */
    .balign 16
    .globl entry_sysenter
    .type entry_sysenter, @function
entry_sysenter:
    swapgs
    movq %gs:PERCPU_STACK_TOP, %rsp
    pushq $SEL_FLAT_DS32
    pushq $0
    pushfq
    pushq $X86_EFLAGS_MBS
    popfq
    pushq $SEL_FLAT_CS32
    pushq $0
    pushq $0
    movl $ENTRY_SYSENTER, 4(%rsp)
    PUSH_REGS
    xorl %ebp, %ebp
    CALL_C fast_entry_from_guest
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret

/* ---- 6. The first entry of a vCPU ---------------------------------------------------------------------------------------- */

/* void enter_guest(const struct cpu_regs *regs): does not return. The stack it is called on is left behind. */
    .globl enter_guest
    .type enter_guest, @function
enter_guest:
    movq %rdi, %rsi
    movq %gs:PERCPU_STACK_TOP, %rdi
    subq $REGS_SIZE, %rdi
    movq %rdi, %rax
    movl $REGS_SIZE / 8, %ecx
    rep movsq
    movq %rax, %rsp
    xorl %ebp, %ebp
    CALL_C guest_exit
    testb %al, %al
    jz return_by_iret
    jmp return_by_sysret
