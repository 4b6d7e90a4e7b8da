/* SPDX-License-Identifier: GPL-2.0-only */
/* The register frame that every entry into the hypervisor leaves at the top of the CPU's stack. entry.S knows the order. */
#ifndef ASM_REGS_H
#define ASM_REGS_H

#ifndef __ASSEMBLY__
#include <xen/types.h>

struct cpu_regs
{
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint32_t error_code, vector; /* vector: ENTRY_SYSCALL for the SYSCALL instruction */
    uint64_t rip;
    uint64_t cs;
    uint64_t rflags;
    uint64_t rsp;
    uint64_t ss;
};

#endif /* !__ASSEMBLY__ */

/* Values of cpu_regs.vector for the entries that are no vectors. */
#define ENTRY_SYSCALL   0x100
#define ENTRY_SYSCALL32 0x101 /* SYSCALL in 32-bit code (AMD) */
#define ENTRY_SYSENTER  0x102
#define ENTRY_IRET                                                                                 \
    0x103 /* left behind by the iret hypercall: leave by IRET, which restores rcx and r11 */

/* For entry.S: of enum direct_leave (asm/traps.h), and a page fault's error code: a write, at CPL 3, to a page that is there. */
#define LEAVE_BY_IRET     1
#define PFEC_KERNEL_STORE 7

/* Offsets for entry.S. */
#define REGS_RBP    32
#define REGS_RBX    40
#define REGS_R11    48
#define REGS_R10    56
#define REGS_R9     64
#define REGS_R8     72
#define REGS_RAX    80
#define REGS_RCX    88
#define REGS_RDX    96
#define REGS_RSI    104
#define REGS_RDI    112
#define REGS_ERROR  120
#define REGS_VECTOR 124
#define REGS_RIP    128
#define REGS_CS     136
#define REGS_RFLAGS 144
#define REGS_RSP    152
#define REGS_SIZE   168

#define X86_EFLAGS_CF   0x00000001
#define X86_EFLAGS_MBS  0x00000002
#define X86_EFLAGS_PF   0x00000004
#define X86_EFLAGS_AF   0x00000010
#define X86_EFLAGS_ZF   0x00000040
#define X86_EFLAGS_SF   0x00000080
#define X86_EFLAGS_TF   0x00000100
#define X86_EFLAGS_IF   0x00000200
#define X86_EFLAGS_DF   0x00000400
#define X86_EFLAGS_OF   0x00000800
#define X86_EFLAGS_IOPL 0x00003000
#define X86_EFLAGS_NT   0x00004000
#define X86_EFLAGS_RF   0x00010000
#define X86_EFLAGS_VM   0x00020000
#define X86_EFLAGS_AC   0x00040000
#define X86_EFLAGS_ID   0x00200000

#ifndef __ASSEMBLY__
_Static_assert(offsetof(struct cpu_regs, rbp) == REGS_RBP, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rbx) == REGS_RBX, "entry.S");
_Static_assert(offsetof(struct cpu_regs, r11) == REGS_R11, "entry.S");
_Static_assert(offsetof(struct cpu_regs, r10) == REGS_R10, "entry.S");
_Static_assert(offsetof(struct cpu_regs, r9) == REGS_R9, "entry.S");
_Static_assert(offsetof(struct cpu_regs, r8) == REGS_R8, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rax) == REGS_RAX, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rcx) == REGS_RCX, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rdx) == REGS_RDX, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rsi) == REGS_RSI, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rdi) == REGS_RDI, "entry.S");
_Static_assert(offsetof(struct cpu_regs, error_code) == REGS_ERROR, "entry.S");
_Static_assert(offsetof(struct cpu_regs, vector) == REGS_VECTOR, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rip) == REGS_RIP, "entry.S");
_Static_assert(offsetof(struct cpu_regs, cs) == REGS_CS, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rflags) == REGS_RFLAGS, "entry.S");
_Static_assert(offsetof(struct cpu_regs, rsp) == REGS_RSP, "entry.S");
_Static_assert(sizeof(struct cpu_regs) == REGS_SIZE, "entry.S");

/** The entry came from a guest (all guests run at CPL 3; kernel or user is vcpu->mm.user_mode, never the selector). */
static inline bool regs_from_guest(const struct cpu_regs *regs)
{
    return (regs->cs & 3) == 3;
}

#endif /* !__ASSEMBLY__ */

#endif /* ASM_REGS_H */
