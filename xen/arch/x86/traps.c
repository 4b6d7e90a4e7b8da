// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where entry.S leads to.
 *   1. vectors raised while the hypervisor ran: an expected fault goes on at its fixup, all else is the end
 *   2. page faults of a guest
 *   3. the other vectors raised by a guest
 *   4. NMIs
 * A guest decides much about when these run, and with which registers: nothing here may trust them. Keeps invariants 8 (bounds) and
 * 11 (exit state). No locks; interrupts are off.
 */
#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/crash.h>
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>

static const char *const names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09", "#TS",
    "#NP", "#SS", "#GP", "#PF", "#15", "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

const char *trap_name(unsigned int vector)
{
    return vector < ARRAY_SIZE(names) ? names[vector] : "interrupt";
}

/* Is @addr in the current vCPU's descriptor windows? *offset from their beginning. */
static bool in_windows(const struct vcpu *v, uint64_t addr, uint64_t *offset)
{
    *offset = addr - GDT_WINDOW(v->id);
    return *offset < VCPU_WINDOW_SIZE;
}

#define LDT_OFFSET (LDT_WINDOW(0) - GDT_WINDOW(0))

/* ---- 1. In the hypervisor ------------------------------------------------------------------ */

/* The hypervisor loads a selector of the guest's: its page of the LDT may not be mapped yet. */
static bool ldt_page_missing(uint64_t cr2)
{
    struct vcpu *v = current;
    uint64_t offset;

    if ( !v || !in_windows(v, cr2, &offset) || offset < LDT_OFFSET )
        return false;
    return ldt_fault(&v->mm, offset - LDT_OFFSET);
}

/*
 * Three causes: a guest's watchpoint on its own memory, met by a copy; MOV to SS with a watchpoint before a system call or
 * interrupt, which delays the trap into the entry code (XSA-260); SYSENTER with TF set. The guest sees its #DB when it runs on,
 * stepping stops here. Sticky status bits are no reason for alarm (XSA-265).
 */
static void debug_in_hypervisor(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    uint64_t dr6 = debug_status_take();

    regs->rflags &= ~(uint64_t)X86_EFLAGS_TF;
    if ( v )
    {
        v->debugreg[6] |= dr6;
        v->db_pending = true;
    }
}

static void nmi(void);

void trap_from_hypervisor(struct cpu_regs *regs)
{
    uint64_t fixup;

    if ( regs->vector >= VECTOR_DEVICE_FIRST )
    {
        device_interrupt(regs->vector);
        return;
    }
    switch ( regs->vector )
    {
    case TRAP_DB: debug_in_hypervisor(regs); return;
    case TRAP_NMI: nmi(); return;
    case TRAP_PF:
        if ( ldt_page_missing(read_cr2()) )
            return;
        break;
    case TRAP_DF:
    case TRAP_MC: crash_dump(regs, regs->vector == TRAP_DF ? "double fault" : "machine check");
    default: break;
    }
    fixup = search_exception_table(regs->rip);
    if ( !fixup )
        crash_dump(regs, trap_name(regs->vector));
    regs->rip = fixup;
}

/* ---- 2. Page faults of a guest -------------------------------------------------------------- */

/*
 * The CPU, loading a selector for the guest, found no descriptor page in a window. A page of the LDT may be filled in now. A hole in
 * the LDT that the guest left is a page fault at the address it gave for its LDT; a hole in the GDT cannot be: the guest named
 * those frames, so the selector is just wrong.
 */
static void descriptor_fault(struct vcpu *v, uint64_t offset, uint32_t error_code)
{
    if ( offset < LDT_OFFSET )
    {
        guest_trap(v, TRAP_GP, (uint32_t)offset & 0xfff8);
        return;
    }
    offset -= LDT_OFFSET;
    if ( !ldt_fault(&v->mm, offset) )
        guest_page_fault(v, v->mm.ldt_base + offset, error_code & ~PFEC_PRESENT);
}

/* A direct access to the windows has PFEC_USER set: it is a fault like any other at the hypervisor's addresses. */
static void page_fault(struct vcpu *v, struct cpu_regs *regs)
{
    uint64_t cr2 = read_cr2(), offset;
    uint32_t error_code = regs->error_code;

    if ( !(error_code & (PFEC_USER | PFEC_RESERVED)) && in_windows(v, cr2, &offset) )
        descriptor_fault(v, offset, error_code);
    else if ( !ptwr_fault(v, regs, cr2, error_code) )
        guest_page_fault(v, cr2, error_code);
}

/* ---- 3. Other vectors of a guest ------------------------------------------------------------ */

static void general_protection(struct vcpu *v, struct cpu_regs *regs)
{
    /* Bit 1 with an error code: an `int n` that the IDT refuses. QEMU's index there is wrong, so the instruction says which. */
    if ( regs->error_code && !(regs->error_code & ERROR_IDT) )
    {
        guest_trap(v, TRAP_GP, regs->error_code);
        return;
    }
    if ( emulate_privileged(v, regs) == EMUL_UNHANDLED )
        guest_trap(v, TRAP_GP, regs->error_code);
}

/* A guest that set TS wants to know once; the ABI has it cleared by then. */
static void device_not_available(struct vcpu *v)
{
    if ( v->cr0_ts )
    {
        guest_set_ts(v, false);
        guest_trap(v, TRAP_NM, 0);
    }
}

static void exception_from_guest(struct vcpu *v, struct cpu_regs *regs)
{
    switch ( regs->vector )
    {
    case TRAP_DB: guest_debug_trap(v, debug_status_take()); break;
    case TRAP_NMI: nmi(); break;
    case TRAP_UD:
        if ( emulate_forced(v, regs) == EMUL_UNHANDLED )
            guest_trap(v, TRAP_UD, 0);
        break;
    case TRAP_NM: device_not_available(v); break;
    case TRAP_GP: general_protection(v, regs); break;
    case TRAP_PF: page_fault(v, regs); break;
    case TRAP_DF:
    case TRAP_MC:
        /* Neither can be a guest's doing. */
        crash_dump(regs, regs->vector == TRAP_DF ? "double fault" : "machine check");
    default: guest_trap(v, regs->vector, regs->error_code); break;
    }
}

/* Interrupt and exception gates leave AC as it was, which would open user pages to the hypervisor. */
static inline void close_user_access(void)
{
    if ( unlikely(cpu_features.smap) )
        __asm__ volatile("clac" : : : "memory", "cc");
}

bool trap_from_guest(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    close_user_access();
    if ( regs->vector < TRAP_NR_EXCEPTIONS )
        exception_from_guest(v, regs);
    else if ( regs->vector >= VECTOR_DEVICE_FIRST )
        device_interrupt(regs->vector);
    else
        guest_software_interrupt(v, regs, regs->vector, 2);
    return guest_exit(regs);
}

bool iret_fault_from_guest(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    uint64_t offset;

    close_user_access();
    regs_sanitise(regs);
    if ( regs->vector == TRAP_PF )
    {
        uint64_t cr2 = read_cr2();

        /* The only memory IRET reads besides its frame are descriptors. */
        if ( !in_windows(v, cr2, &offset) )
            crash_dump(regs, "#PF in the return to a guest");
        descriptor_fault(v, offset, regs->error_code);
    }
    else
        guest_trap(v, regs->vector, regs->error_code);
    return guest_exit(regs);
}

/* ---- 4. NMIs -------------------------------------------------------------------------------- */

/*
 * Interrupts anything, so it only leaves a note: the initial domain's first vCPU gets the NMI when it is next entered. There is no
 * source of our own.
 */
static void nmi(void)
{
    struct vcpu *v = current;

    if ( !v || !v->domain->initial || v->id != 0 )
        return;
    v->nmi_pending = true;
    /* If the CPU was halted for it, it need not be any longer. No timer goes with this state. */
    if ( v->state == VCPU_BLOCKED )
        v->state = VCPU_RUNNING;
}
