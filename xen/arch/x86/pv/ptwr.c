// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMASST_TYPE_writable_pagetables: a guest's kernel stores to an L1 table, which it can only have mapped read-only, and the store is
 * carried out for it as a checked update of the entry. What is no such store remains the page fault that it is. A partial store changes
 * the entry around it as a whole. Keeps invariants 1 and 4 by way of ptwr_update(), and 8: what is stored lies in one aligned entry,
 * in the page that faulted (XSA-195). No locks.
 */
#include <asm/msr.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/mm.h>

#define PTE_PRESENT 0x1UL
#define PTE_WRITE   0x2UL
#define PTE_USER    0x4UL

/* Does @va lead, by a present and read-only entry, to an L1 table of the guest's? Then *maddr is its machine address. */
static bool is_l1_table(struct vcpu *v, uint64_t va, uint64_t *maddr)
{
    const struct machine *m = v->mm.d->machine;
    struct pt_walk w;
    mfn_t mfn;

    if ( !pt_walk(m, v->mm.root, va, &w) )
        return false;
    if ( (w.entry[1] & (PTE_PRESENT | PTE_WRITE | PTE_USER)) != (PTE_PRESENT | PTE_USER) )
        return false;
    mfn = _mfn((w.entry[1] & PTE_ADDR_BITS) >> PAGE_SHIFT);
    if ( !mfn_is_ram(m, mfn) || word_type(frame_word(mfn_to_frame(m, mfn))) != FRAME_L1 )
        return false;
    *maddr = mfn_to_maddr(mfn).a | (va & ~PAGE_MASK);
    return true;
}

static uint64_t store_address(const struct insn *insn, struct cpu_regs *regs)
{
    uint64_t va = insn_store_offset(insn, regs);
    bool string = insn->opcode == 0xaa || insn->opcode == 0xab;

    if ( insn->segment == SEG_FS && !string )
        va += rdmsr(MSR_FS_BASE);
    else if ( insn->segment == SEG_GS && !string )
        va += rdmsr(MSR_KERNEL_GS_BASE);
    return va;
}

/* The entry with @size bytes at @shift bits replaced. */
static uint64_t merge(uint64_t entry, uint64_t part, unsigned int shift, unsigned int size)
{
    uint64_t mask = (size == 8 ? ~0UL : (1UL << 8 * size) - 1) << shift;

    return (entry & ~mask) | (part << shift & mask);
}

/*
 * Carry out @insn on the entry at @va. @regs changes only when memory has: a guest whose entry was changed by another vCPU or the CPU
 * meanwhile executes the instruction again. False: refused.
 */
static bool store(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn, uint64_t va,
                  uint64_t maddr)
{
    struct cpu_regs after = *regs;
    unsigned int shift = 8 * (va & 7);
    bool repeat = (insn->opcode == 0xaa || insn->opcode == 0xab) && (insn->rep || insn->repne);
    uint64_t old, part;

    if ( copy_from_guest(&old, va & ~7UL, sizeof(old)) )
        return false;
    if ( rmw_execute(insn, &after, old >> shift, &part) )
    {
        int rc = ptwr_update(&v->mm, maddr & ~7UL, old, merge(old, part, shift, insn->size));

        if ( rc == -EAGAIN )
            return true;
        if ( rc )
            return false;
    }
    *regs = after;
    if ( !repeat )
        insn_retire(v, regs, insn);
    return true;
}

/* What it mostly is: a 64-bit MOV of a register to the entry that faulted, of an ordinary mapping. */
bool ptwr_plain_store(struct vcpu *v, struct cpu_regs *regs, uint64_t cr2)
{
    struct plain_store s;
    uint64_t bytes;

    if ( !vm_assist(v, VMASST_TYPE_writable_pagetables) || (cr2 & 7) ||
         regs->cs != FLAT_RING3_CS64 || (regs->rip & ~PAGE_MASK) > PAGE_SIZE - 8 ||
         (regs->rflags & X86_EFLAGS_TF) || read_guest_u64(regs->rip, &bytes) ||
         !insn_decode_plain_store(bytes, &s) || *insn_reg(regs, s.base) + s.disp != cr2 ||
         !ptwr_common(&v->mm, cr2, *insn_reg(regs, s.reg)) )
        return false;
    regs->rip += s.len;
    regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
    return true;
}

bool ptwr_fault(struct vcpu *v, struct cpu_regs *regs, uint64_t cr2, uint32_t error_code)
{
    const uint32_t wanted = PFEC_PRESENT | PFEC_WRITE | PFEC_USER;
    uint64_t maddr, va;
    struct insn insn;
    bool long_mode;

    if ( error_code != wanted || v->mm.user_mode || !vm_assist(v, VMASST_TYPE_writable_pagetables) )
        return false;
    if ( ptwr_plain_store(v, regs, cr2) )
        return true;
    if ( !guest_range_ok(cr2, 1) || !is_l1_table(v, cr2, &maddr) )
        return false;
    switch ( insn_fetch(v, regs, &insn, &long_mode) )
    {
    case FETCH_UNKNOWN: return false;
    case FETCH_FAULT: return true;
    case FETCH_OK: break;
    }
    if ( !long_mode || !insn_is_store(&insn) )
        return false;
    /* What the CPU faulted on is where the instruction stores, unless somebody has changed it since. */
    va = store_address(&insn, regs);
    if ( ((va ^ cr2) & PAGE_MASK) || (va & (insn.size - 1)) )
        return false;
    maddr = (maddr & PAGE_MASK) | (va & ~PAGE_MASK);
    return store(v, regs, &insn, va, maddr);
}
