/* SPDX-License-Identifier: GPL-2.0-only */
/* What is printed when the hypervisor itself has failed, or when somebody asks for a CPU's state (arch/x86/crash.c). */
#ifndef ASM_CRASH_H
#define ASM_CRASH_H

#include <asm/regs.h>
#include <xen/lib.h>

/**
 * An exception in the hypervisor that nothing can repair: @what ("#PF", "double fault"...), registers, control registers, the
 * vCPU that was running, a backtrace; then the end of the run with EXIT_HV_CRASH. A further crash on the way is named and
 * ends the run at once.
 */
void __noreturn crash_dump(const struct cpu_regs *regs, const char *what);

/** Print a register frame; of a guest or of the hypervisor. */
void regs_print(const struct cpu_regs *regs);

/** Print the chain of return addresses from frame pointer @rbp, for as long as it stays on the hypervisor's stacks. */
void backtrace_print(uint64_t rip, uint64_t rbp);

#endif /* ASM_CRASH_H */
