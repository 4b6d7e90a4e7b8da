/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a vCPU whose domain has crashed: what its developer would look at first. The vCPU does not run; what its
 * registers point to may be anything, and is read through the page tables in software (dump_walk.c), never by the CPU.
 */
#include <asm/crash.h>
#include <xen/dump.h>
#include <xen/printk.h>

#define STACK_WORDS 32
#define LINE_WORDS  4
#define CODE_BYTES  16

/* The stack, until it cannot be read. */
static void dump_stack(const struct vcpu *v, uint64_t rsp)
{
    uint64_t words[LINE_WORDS];

    pr_always("stack at %016lx:", rsp);
    for ( unsigned int i = 0; i < STACK_WORDS; i += LINE_WORDS )
    {
        uint64_t at = rsp + i * sizeof(uint64_t);

        if ( guest_peek(v, at, words, sizeof(words)) != sizeof(words) )
        {
            pr_always("  %016lx: cannot be read", at);
            return;
        }
        pr_always("  %016lx %016lx %016lx %016lx", words[0], words[1], words[2], words[3]);
    }
}

static void dump_code(const struct vcpu *v, uint64_t rip)
{
    uint8_t code[CODE_BYTES];
    char text[CODE_BYTES * 3 + 1] = " cannot be read";
    size_t n = guest_peek(v, rip, code, sizeof(code));

    for ( size_t i = 0; i < n; i++ )
        snprintf(text + i * 3, 4, " %02x", code[i]);
    pr_always("code%s", text);
}

/* By both roots: the access may have been one of the user's, and we are in the kernel by now. */
static void dump_fault(const struct vcpu *v, uint64_t cr2)
{
    dump_walk(v, v->mm.root, cr2, "last faulting address");
    if ( !mfn_eq(v->mm.user_root, INVALID_MFN) && !mfn_eq(v->mm.user_root, v->mm.root) )
        dump_walk(v, v->mm.user_root, cr2, "and by the user's tables");
}

void vcpu_dump(const struct vcpu *v)
{
    const struct cpu_regs *regs = v->regs ? v->regs : &v->saved_regs;
    uint64_t cr2 = v->info ? READ_ONCE(v->info->arch.cr2) : 0;

    pr_always("d%uv%u, %s, in %s mode:", v->domain->id, v->id, vcpu_state_name(v),
              v->mm.user_mode ? "user" : "kernel");
    regs_print(regs);
    pr_always("kernel L4 mfn %#lx, user L4 mfn %#lx, kernel stack %#lx, cr2 %016lx, upcalls %s",
              mfn_x(v->mm.root), mfn_x(v->mm.user_root), v->kernel_sp, cr2,
              v->info && READ_ONCE(v->info->evtchn_upcall_mask) ? "masked" : "open");
    dump_code(v, regs->rip);
    dump_stack(v, regs->rsp);
    if ( cr2 )
        dump_fault(v, cr2);
    dump_walk(v, vcpu_root(v), regs->rip, "instruction at");
    dump_walk(v, vcpu_root(v), regs->rsp, "stack at");
}
