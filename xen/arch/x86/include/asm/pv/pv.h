/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of arch/x86/pv that deal with entry, exit and emulation share. */
#ifndef ASM_PV_PV_H
#define ASM_PV_PV_H

#include <asm/pv/bounce.h>
#include <asm/pv/decode.h>
#include <asm/traps.h>
#include <xen/domain.h>

static inline bool vm_assist(const struct vcpu *v, unsigned int type)
{
    return v->domain->vm_assist >> type & 1;
}

/** The level at which the guest believes to be: its kernel at 1, its user mode at 3. */
static inline unsigned int virtual_cpl(const struct vcpu *v)
{
    if ( v->mm.user_mode )
        return 3;
    return v->shows_iopl ? 0 : 1;
}

/* ---- pv/traps.c ---- */

/** Enter the kernel at @cb now, as after a system call. Crashes the domain if the callback is not registered or the stack is bad. */
void bounce_to_callback(struct vcpu *v, struct cpu_regs *regs, const struct guest_callback *cb,
                        bool clear_df);
/** Likewise at the failsafe callback, with the selectors that could not be loaded in v->ds, es, fs, gs. */
void bounce_to_failsafe(struct vcpu *v, struct cpu_regs *regs);
/** `int n` at regs->rip - @len; rip is past it. The guest's gate decides (SDM volume 3, 6.12.1.1). */
void guest_software_interrupt(struct vcpu *v, struct cpu_regs *regs, unsigned int vector,
                              unsigned int len);
/** #DB with these bits of DR6. */
void guest_debug_trap(struct vcpu *v, uint64_t dr6);

/* ---- pv/segment.c ---- */

/** How the code at regs->cs is to be decoded, and where it begins. False: the selector names no readable descriptor. */
bool guest_code_segment(struct vcpu *v, const struct cpu_regs *regs, bool *long_mode,
                        uint64_t *base);
/** Base of the segment a data access goes through. False: no such descriptor, or the guest could not have used it. */
bool guest_segment_base(struct vcpu *v, const struct cpu_regs *regs, enum insn_segment seg,
                        bool long_mode, uint64_t *base);
/** Load the selectors and bases saved in @v. False: a selector could not be loaded, it is null now. */
bool segments_load(struct vcpu *v);

/* ---- pv/fetch.c ---- */

enum fetch_result
{
    FETCH_OK,
    FETCH_UNKNOWN, /* no instruction that is carried out here */
    FETCH_FAULT,   /* it could not be read; a page fault is on its way to the guest */
};

/** Read and decode the instruction at regs->rip. */
enum fetch_result insn_fetch(struct vcpu *v, const struct cpu_regs *regs, struct insn *insn,
                             bool *long_mode);
/** The instruction has been carried out: rip goes on, RF goes off, a single step traps. */
void insn_retire(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn);

/* ---- pv/emulate.c ---- */

enum emulation
{
    EMUL_DONE, /* carried out, or a fault of its own is on its way to the guest, or to be executed again */
    EMUL_UNHANDLED, /* not ours: the guest gets the fault that the CPU raised */
};

/** #GP in a guest's kernel: a MOV from a control register, carried out. False: it is none, or single-stepped; ask emulate_privileged(). */
bool emulate_cr_read(struct vcpu *v, struct cpu_regs *regs);
/** #GP in a guest: carry out the privileged instruction it came from. */
enum emulation emulate_privileged(struct vcpu *v, struct cpu_regs *regs);
/** #UD in a guest: CPUID behind the forced-emulation prefix, of whose bytes the first three are these. */
#define FORCED_CPUID_BEGIN ('x' << 16 | 0x0b0f)
enum emulation emulate_forced(struct vcpu *v, struct cpu_regs *regs);
/** Set or clear the guest's CR0.TS, and the CPU's. */
void guest_set_ts(struct vcpu *v, bool ts);
/**
 * Tell the guest of the fault that a copy for one of its instructions met: writing @data to @va, or reading from there if NULL; at most
 * 16 bytes. #PF at @va, or at the second page if that is where it ended; #GP if it is not canonical.
 */
void guest_copy_fault(struct vcpu *v, uint64_t va, const void *data, unsigned int size);

/* ---- pv/io.c ---- */

/** IN, OUT, INS, OUTS. */
enum emulation emulate_io(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                          bool long_mode);

/* ---- pv/debugreg.c ---- */

/** -EPERM: not an address a guest may watch, or a bit it may not set; -EINVAL: reserved bits; -ENODEV: no such register. */
int debugreg_set(struct vcpu *v, unsigned int reg, uint64_t val);
/** -ENODEV. */
int debugreg_get(const struct vcpu *v, unsigned int reg, uint64_t *val);
/** Load all of them into the CPU. */
void debugregs_load(struct vcpu *v);
/** Take what the CPU has noted in DR6, and reset it. */
uint64_t debug_status_take(void);

/* ---- pv/msr.c ---- */

/** 0, or -EPERM: the guest gets #GP. */
int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/* ---- pv/ptwr.c ---- */

/** A write fault of the guest's kernel on a read-only page. True: it was a store to an L1 table, and is dealt with. */
bool ptwr_fault(struct vcpu *v, struct cpu_regs *regs, uint64_t cr2, uint32_t error_code);
/** The same if it is what such stores mostly are: true. Nothing is left for the guest to be told then. */
bool ptwr_plain_store(struct vcpu *v, struct cpu_regs *regs, uint64_t cr2);

#endif /* ASM_PV_PV_H */
