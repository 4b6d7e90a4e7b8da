// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways that a guest goes most often between its code and its kernel, each in one function without detour:
 *   1. a page fault or invalid opcode that is nobody's business but the guest kernel's
 *   2. an iret after which nothing is left to do
 *   3. instructions that are carried out for the kernel: plain stores to page tables, reads of control registers
 * Each does what the general way does (traps.c and bounce.c; iret.c), or answers false; then the general way begins, with
 * the registers as the guest left them. entry.S calls these with the registers that C keeps still the guest's: there is no
 * place in the frame for them. Keeps invariants 2, 8 and 11. No locks.
 */
#include <asm/extable.h>
#include <asm/layout.h>
#include <asm/processor.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>

/* Is the guest all that there is to do? */
static inline bool nothing_else(const struct vcpu *v)
{
    return likely(v->exit_word == VCPU_EXIT_PLAIN) &&
           likely(!(percpu_softirqs() | READ_ONCE(v->info->evtchn_upcall_pending)));
}

/* ---- 1. Exceptions -------------------------------------------------------------------------- */

#define FRAME_WORDS 7 /* without an error code */

/*
 * Store the frame below @stack and enter the handler. False: it cannot be stored. The way back is SYSRET, which needs no more of @regs
 * than is set here.
 */
static inline __attribute__((always_inline)) bool
enter_handler(struct vcpu *v, struct cpu_regs *regs, const struct guest_trap *t, uint64_t stack,
              uint64_t cs, bool has_error, uint64_t error_code)
{
    uint64_t top = stack & ~15UL;
    uint64_t sp = top - (FRAME_WORDS + has_error) * sizeof(uint64_t);
    uint64_t mask = READ_ONCE(v->info->evtchn_upcall_mask);

    if ( unlikely(!guest_words_ok(sp)) )
        return false;
    user_access_begin();
    store_word(sp, regs->rcx, fault);
    store_word(sp + 8, regs->r11, fault);
    if ( has_error )
        store_word(sp + 16, error_code, fault);
    store_word(top - 40, regs->rip, fault);
    store_word(top - 32, bounce_cs(cs, mask), fault);
    store_word(top - 24, bounce_rflags(regs->rflags, mask), fault);
    store_word(top - 16, regs->rsp, fault);
    store_word(top - 8, (uint64_t)(uint16_t)regs->ss, fault);
    user_access_end();
    regs->rip = t->address;
    regs->rflags &= ~HANDLER_CLEARS; /* the rest is as a guest at CPL 3 has it: IF set, IOPL 0 */
    regs->rsp = sp;
    if ( t->mask_events )
        WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
    return true;
fault:
    user_access_end();
    return false;
}

static inline __attribute__((always_inline)) bool
enter_from_kernel(struct vcpu *v, struct cpu_regs *regs, const struct guest_trap *t, bool has_error,
                  uint64_t error_code)
{
    return enter_handler(v, regs, t, regs->rsp, regs->cs & 0xfffc, has_error, error_code);
}

/* The kernel's stack is one of its address space. */
static inline __attribute__((always_inline)) bool
enter_from_user(struct vcpu *v, struct cpu_regs *regs, const struct guest_trap *t, bool has_error,
                uint64_t error_code)
{
    toggle_guest_mode(v);
    if ( likely(enter_handler(v, regs, t, v->kernel_sp, regs->cs & 0xffff, has_error, error_code)) )
        return true;
    toggle_guest_mode(v);
    return false;
}

/* Storing the frame may have faulted itself. CR2 is to be again what the general way looks for there. */
static __attribute__((noinline, cold)) bool fault_again(struct vcpu *v)
{
    write_cr2(v->info->arch.cr2);
    return false;
}

static __attribute__((noinline)) bool page_fault_in_user_mode(struct vcpu *v, struct cpu_regs *regs)
{
    return enter_from_user(v, regs, &v->traps[TRAP_PF], true, regs->error_code) || fault_again(v);
}

bool page_fault_direct(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    const struct guest_trap *t = &v->traps[TRAP_PF];
    uint64_t error_code = regs->error_code, cr2 = read_cr2();

    /* Perhaps a store to a page table. */
    if ( unlikely(error_code == PFEC_KERNEL_STORE) && !v->mm.user_mode )
        return false;
    /* Not descriptors (traps.c), nor the hypervisor's addresses, which look empty. */
    if ( unlikely((error_code & (PFEC_USER | PFEC_RESERVED)) != PFEC_USER) ||
         unlikely(!guest_words_ok(cr2)) || unlikely(!t->address) || !nothing_else(v) )
        return false;
    if ( v->mm.user_mode )
    {
        WRITE_ONCE(v->info->arch.cr2, cr2);
        return page_fault_in_user_mode(v, regs);
    }
    WRITE_ONCE(v->info->arch.cr2, cr2);
    if ( likely(enter_from_kernel(v, regs, t, true, error_code - PFEC_USER)) )
        return true;
    return fault_again(v);
}

static __attribute__((noinline)) bool invalid_opcode_in_user_mode(struct vcpu *v,
                                                                  struct cpu_regs *regs)
{
    return enter_from_user(v, regs, &v->traps[TRAP_UD], false, 0);
}

/* Unless it may begin a forced CPUID (emulate.c). */
bool invalid_opcode_direct(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    const struct guest_trap *t = &v->traps[TRAP_UD];
    uint64_t eight;

    if ( unlikely(!t->address) || !nothing_else(v) || unlikely(regs->cs != FLAT_RING3_CS64) ||
         unlikely(!guest_words_ok(regs->rip)) )
        return false;
    user_access_begin();
    load_word(eight, regs->rip, fault);
    user_access_end();
    if ( unlikely((eight & 0xffffff) == FORCED_CPUID_BEGIN) )
        return false;
    return v->mm.user_mode ? invalid_opcode_in_user_mode(v, regs)
                           : enter_from_kernel(v, regs, t, false, 0);
fault:
    user_access_end();
    return false;
}

/* ---- 2. The hypercall iret ------------------------------------------------------------------ */

/* May the return go by SYSRET, as a frame with VGCF_in_syscall asks? See regs_allow_sysret(). */
static inline bool sysret_will_do(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t ss)
{
    return iret_selector(cs) == FLAT_RING3_CS64 && iret_selector(ss) == FLAT_RING3_SS64 &&
           !(rflags & X86_EFLAGS_RF) && is_canonical(rip);
}

static __attribute__((noinline)) enum direct_leave to_user_mode(struct vcpu *v,
                                                                enum direct_leave leave)
{
    toggle_guest_mode(v);
    return leave;
}

static inline void iret_done(struct vcpu *v, struct cpu_regs *regs, uint64_t rip, uint64_t cs,
                             uint64_t rflags, uint64_t rsp, uint64_t ss)
{
    regs->rip = rip;
    regs->cs = iret_selector(cs);
    regs->rflags = iret_rflags(rflags);
    regs->rsp = rsp;
    regs->ss = iret_selector(ss);
    WRITE_ONCE(v->info->evtchn_upcall_mask, !(rflags & X86_EFLAGS_IF));
    v->nmi_masked = false;
}

/*
 * The words of the frame go to @regs one by one, the stack pointer last: if one cannot be read, the general way finds the frame again. It
 * has no other use for what the guest's registers were before.
 */
enum direct_leave iret_direct(struct cpu_regs *regs)
{
    struct vcpu *v = current;
    const struct iret_context *f = (const struct iret_context *)regs->rsp;
    enum direct_leave leave = DIRECT_BY_IRET;
    uint64_t word, rip, cs, rflags, ss;

    if ( unlikely(v->mm.user_mode) || !nothing_else(v) || unlikely(!guest_words_ok(regs->rsp)) )
        return DIRECT_REFUSED;
    user_access_begin();
    load_word(word, &f->rax, fault);
    regs->rax = word;
    load_word(word, &f->r11, fault);
    regs->r11 = word;
    load_word(word, &f->rcx, fault);
    regs->rcx = word;
    load_word(word, &f->flags, fault);
    load_word(rip, &f->rip, fault);
    load_word(cs, &f->cs, fault);
    load_word(rflags, &f->rflags, fault);
    load_word(ss, &f->ss, fault);
    if ( unlikely(word & VGCF_in_syscall) )
    {
        if ( !sysret_will_do(rip, cs, rflags, ss) )
            goto fault;
        leave = DIRECT_BY_SYSRET;
    }
    load_word(word, &f->rsp, fault);
    user_access_end();
    if ( (cs & 3) == 3 )
    {
        if ( unlikely(mfn_eq(v->mm.user_root, INVALID_MFN)) )
            return DIRECT_REFUSED;
        iret_done(v, regs, rip, cs, rflags, word, ss);
        return to_user_mode(v, leave);
    }
    iret_done(v, regs, rip, cs, rflags, word, ss);
    return leave;
fault:
    user_access_end();
    return DIRECT_REFUSED;
}

/* ---- 3. Instructions ------------------------------------------------------------------------ */

static inline enum direct_leave leave_after(const struct vcpu *v, bool done)
{
    if ( unlikely(!done) )
        return DIRECT_REFUSED;
    return likely(nothing_else(v)) ? DIRECT_BY_IRET : DIRECT_BY_EXIT;
}

enum direct_leave store_direct(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    return leave_after(v, !v->mm.user_mode && ptwr_plain_store(v, regs, read_cr2()));
}

enum direct_leave cr_read_direct(struct cpu_regs *regs)
{
    struct vcpu *v = current;

    return leave_after(v, !v->mm.user_mode && !regs->error_code && emulate_cr_read(v, regs));
}
