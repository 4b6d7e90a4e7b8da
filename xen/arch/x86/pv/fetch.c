// SPDX-License-Identifier: GPL-2.0-only
/*
 * From rip to a decoded instruction, and on to the next one. The guest may change the bytes at any moment (XSA-202), so they are read
 * once, and what was decoded from them is all that counts. No locks.
 */
#include <asm/pv/pv.h>
#include <asm/uaccess.h>

enum fetch_result insn_fetch(struct vcpu *v, const struct cpu_regs *regs, struct insn *insn,
                             bool *long_mode)
{
    uint8_t bytes[INSN_MAX_LEN];
    unsigned int len = 0;
    uint64_t base;

    if ( !guest_code_segment(v, regs, long_mode, &base) )
        return FETCH_UNKNOWN;
    for ( ;; )
    {
        uint64_t va = base + regs->rip + len;
        unsigned int to_page_end = (unsigned int)(PAGE_SIZE - (va & ~PAGE_MASK));
        unsigned int chunk = MIN(to_page_end, INSN_MAX_LEN - len);
        enum decode_result result;

        if ( !*long_mode )
            va = (uint32_t)va;
        /* A page is only read when the instruction reaches into it. */
        if ( copy_from_guest(bytes + len, va, chunk) )
        {
            if ( !guest_range_ok(va, chunk) )
                return FETCH_UNKNOWN;
            guest_page_fault(v, va, PFEC_USER | PFEC_FETCH);
            return FETCH_FAULT;
        }
        len += chunk;
        result = insn_decode(bytes, len, *long_mode, insn);
        if ( result != DECODE_SHORT )
            return result == DECODE_OK ? FETCH_OK : FETCH_UNKNOWN;
    }
}

#define DR6_BS (1UL << 14)

void insn_retire(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    regs->rip += insn->len;
    regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
    if ( regs->rflags & X86_EFLAGS_TF )
        guest_debug_trap(v, DR6_BS);
}
