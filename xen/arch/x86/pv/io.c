// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O of guests, none of which owns a device.
 *   1. may the guest use the port: virtual IOPL, or its bitmap
 *   2. what it finds there
 *   3. IN, OUT, and the string forms
 * An access by a level that may not is left to the guest as the #GP that it is. Keeps invariants 8 (bounds) and 10 (progress: a
 * repeated string instruction is done a piece at a time). No locks.
 */
#include <asm/pv/pv.h>
#include <asm/uaccess.h>

#include "../mm/pte.h"

/* ---- 1. Permission -------------------------------------------------------------------------- */

/* A byte of the kernel's memory, whichever page tables are loaded: those of user mode need not map it. */
static bool read_kernel(const struct vcpu *v, uint64_t va, uint8_t *byte)
{
    struct pt_walk w;
    mfn_t mfn;

    if ( !guest_range_ok(va, 1) || !pt_walk(&machine, v->mm.root, va, &w) || !(w.entry[1] & PTE_P) )
        return false;
    mfn = pte_mfn(w.entry[1]);
    if ( !frame_get(&machine, mfn, OWNER(v->domain->id)) )
        return false;
    *byte = READ_ONCE(((const uint8_t *)mfn_to_virt(&machine, mfn))[va & ~PAGE_MASK]);
    frame_put(&machine, mfn_to_frame(&machine, mfn));
    return true;
}

/* Every port of the access must be below the bitmap's limit, and its bit be clear. */
static bool bitmap_allows(const struct vcpu *v, unsigned int port, unsigned int size)
{
    for ( unsigned int i = port; i < port + size; i++ )
    {
        uint8_t bits;

        if ( !v->iobmp || i >= v->iobmp_limit || !read_kernel(v, v->iobmp + i / 8, &bits) )
            return false;
        if ( bits >> i % 8 & 1 )
            return false;
    }
    return true;
}

static bool port_allowed(const struct vcpu *v, unsigned int port, unsigned int size)
{
    return v->iopl >= virtual_cpl(v) || bitmap_allows(v, port, size);
}

/* ---- 2. The ports --------------------------------------------------------------------------- */

#define PIT_CHANNEL_2 0x42
#define CMOS_DATA     0x71

/*
 * Nothing is there: all ones. But a kernel that calibrates by the timer chip would wait for it to count, and one that looks at the
 * CMOS clock for a second in which it is not being updated; zero ends both at once. Among the clock's registers it also says that
 * the time is not valid.
 */
static uint8_t port_byte(unsigned int port)
{
    return port == PIT_CHANNEL_2 || port == CMOS_DATA ? 0 : 0xff;
}

static uint32_t port_read(unsigned int port, unsigned int size)
{
    uint32_t val = 0;

    for ( unsigned int i = 0; i < size; i++ )
        val |= (uint32_t)port_byte(port + i) << 8 * i;
    return val;
}

/* ---- 3. Instructions ------------------------------------------------------------------------ */

static const struct insn whole_register = { .rex = true };

static enum emulation in_out(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    bool by_imm = insn->opcode < 0xe8;
    bool out = insn->opcode & 2;
    unsigned int port = by_imm ? (uint8_t)insn->imm : (uint16_t)regs->rdx;
    unsigned int size = MIN(insn->size, 4U);

    if ( !port_allowed(v, port, size) )
        return EMUL_UNHANDLED;
    if ( !out )
        insn_reg_write(&whole_register, regs, 0, size, port_read(port, size));
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

/* Elements done before the guest runs again, with rip still at the instruction if it is not through. */
#define STRING_BATCH 256

/* One element of INS or OUTS. False: a page fault is on its way. */
static bool string_element(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                           uint64_t base, unsigned int size)
{
    bool out = insn->opcode & 2;
    unsigned int reg = out ? 6 : 7; /* rsi, rdi */
    uint64_t va = base + insn_reg_read(&whole_register, regs, reg, insn->addr_size);
    uint32_t val = port_read((uint16_t)regs->rdx, size);
    uint64_t step = regs->rflags & X86_EFLAGS_DF ? -(uint64_t)size : size;

    if ( out ? copy_from_guest(&val, va, size) : copy_to_guest(va, &val, size) )
    {
        if ( guest_range_ok(va, size) )
            guest_copy_fault(v, va, out ? NULL : &val, size);
        else
            guest_trap(v, TRAP_GP, 0);
        return false;
    }
    insn_reg_write(&whole_register, regs, reg, insn->addr_size, *insn_reg(regs, reg) + step);
    return true;
}

static enum emulation string_io(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                                bool long_mode)
{
    bool out = insn->opcode & 2, repeat = insn->rep || insn->repne;
    unsigned int size = MIN(insn->size, 4U);
    enum insn_segment seg = !out ? SEG_ES : insn->segment == SEG_DEFAULT ? SEG_DS : insn->segment;
    uint64_t base;

    if ( !port_allowed(v, (uint16_t)regs->rdx, size) )
        return EMUL_UNHANDLED;
    /* Without the descriptor there is no address, and none must be made up (XSA-67). */
    if ( !guest_segment_base(v, regs, seg, long_mode, &base) )
        return EMUL_UNHANDLED;
    for ( unsigned int i = 0; !repeat || i < STRING_BATCH; i++ )
    {
        uint64_t left = insn_reg_read(&whole_register, regs, 1, insn->addr_size);

        if ( repeat && !left )
        {
            insn_retire(v, regs, insn);
            return EMUL_DONE;
        }
        if ( !string_element(v, regs, insn, base, size) )
            return EMUL_DONE;
        if ( !repeat )
        {
            insn_retire(v, regs, insn);
            return EMUL_DONE;
        }
        insn_reg_write(&whole_register, regs, 1, insn->addr_size, left - 1);
    }
    return EMUL_DONE;
}

enum emulation emulate_io(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                          bool long_mode)
{
    if ( insn->opcode < 0x70 )
        return string_io(v, regs, insn, long_mode);
    return in_out(v, regs, insn);
}
