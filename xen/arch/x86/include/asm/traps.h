/* SPDX-License-Identifier: GPL-2.0-only */
/* What entry.S calls, and exception numbers (SDM volume 3, section 6.3.1). */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <asm/regs.h>
#include <xen/lib.h>

#define TRAP_DE            0
#define TRAP_DB            1
#define TRAP_NMI           2
#define TRAP_BP            3
#define TRAP_OF            4
#define TRAP_BR            5
#define TRAP_UD            6
#define TRAP_NM            7
#define TRAP_DF            8
#define TRAP_TS            10
#define TRAP_NP            11
#define TRAP_SS            12
#define TRAP_GP            13
#define TRAP_PF            14
#define TRAP_MF            16
#define TRAP_AC            17
#define TRAP_MC            18
#define TRAP_XM            19
#define TRAP_NR_EXCEPTIONS 32

/* Error code of a page fault. */
#define PFEC_PRESENT  0x01U
#define PFEC_WRITE    0x02U
#define PFEC_USER     0x04U
#define PFEC_RESERVED 0x08U
#define PFEC_FETCH    0x10U

/* Error code that names a selector or gate: bits 15-3 its index, and where it is. */
#define ERROR_IDT 0x2U
#define ERROR_LDT 0x4U

/** Does the CPU push an error code for this exception? */
static inline bool trap_has_error_code(unsigned int vector)
{
    return vector == TRAP_DF || (vector >= TRAP_TS && vector <= TRAP_PF) || vector == TRAP_AC ||
           vector == 21 || vector == 29 || vector == 30;
}

/** The exception's mnemonic, "#PF" or the like. */
const char *trap_name(unsigned int vector);

/*
 * Called by entry.S with interrupts off. Those with a result say how to leave: true by SYSRET, false by IRET; the frame is the
 * state to return to.
 */

/**
 * Page faults and invalid opcodes, if that is all. True: leave by SYSRET. False: not handled, and nothing has happened. rbx, rbp,
 * r12 to r15 of the frame are not there (pv/direct.c).
 */
bool page_fault_direct(struct cpu_regs *regs);
bool invalid_opcode_direct(struct cpu_regs *regs);
/** The hypercall iret likewise. */
enum direct_leave
{
    DIRECT_REFUSED,
    DIRECT_BY_IRET = LEAVE_BY_IRET,
    DIRECT_BY_SYSRET,                  /* of iret_direct() */
    DIRECT_BY_EXIT = DIRECT_BY_SYSRET, /* of the others: by guest_exit() */
};
enum direct_leave iret_direct(struct cpu_regs *regs);
/** Plain stores to page tables, and reads of control registers; with all registers.  */
enum direct_leave store_direct(struct cpu_regs *regs);
enum direct_leave cr_read_direct(struct cpu_regs *regs);
/** SYSCALL from 64-bit code: a hypercall from the guest's kernel, a system call from its user mode. */
bool syscall_from_guest(struct cpu_regs *regs);
/** SYSCALL from 32-bit code and SYSENTER. */
bool fast_entry_from_guest(struct cpu_regs *regs);
/** Every vector, raised while a guest ran. */
bool trap_from_guest(struct cpu_regs *regs);
/** An exception of the IRET to a guest; the frame is the guest's as IRET should have made it, but for vector and error code. */
bool iret_fault_from_guest(struct cpu_regs *regs);
/** Everything that must be done before a guest runs on. */
bool guest_exit(struct cpu_regs *regs);
/** Every vector, raised while the hypervisor ran. Returns to where the frame says, or not at all. */
void trap_from_hypervisor(struct cpu_regs *regs);

/** In entry.S: run a guest from @regs on, giving up the current stack. */
void __noreturn enter_guest(const struct cpu_regs *regs);

#endif /* ASM_TRAPS_H */
