// SPDX-License-Identifier: GPL-2.0-only
/*
 * PURE. Stores and read-modify-writes, as the CPU would do them (SDM volume 2): what memory, registers and flags become. For a guest's
 * own stores to its page tables. The unit test runs every form against the host's CPU.
 *   1. which instructions, and where they store
 *   2. arithmetic and its flags
 *   3. carrying out
 * No locks.
 */
#include <asm/pv/decode.h>
#include <xen/lib.h>

/* ---- 1. Which and where -------------------------------------------------------------------- */

#define OP_BTS 5U
#define OP_BTR 6U
#define OP_BTC 7U

/* The field "reg" as an opcode extension: REX.R does not take part. */
static unsigned int extension(const struct insn *insn)
{
    return insn->reg & 7;
}

bool insn_is_store(const struct insn *insn)
{
    unsigned int op = insn->opcode;

    if ( op == 0xaa || op == 0xab )
        return true;
    if ( !insn->is_mem )
        return false;
    if ( op < 0x40 )
        return true; /* the decoder knows only "op r/m, r" there, and no cmp */
    switch ( op )
    {
    case 0x80:
    case 0x81:
    case 0x83: return extension(insn) != 7; /* cmp */
    case 0xc6:
    case 0xc7: return extension(insn) == 0;
    case 0xfe:
    case 0xff: return extension(insn) <= 1; /* inc, dec */
    case 0x86:
    case 0x87:
    case 0x88:
    case 0x89:
    case 0xa2:
    case 0xa3:
    case INSN_0F(0xab):
    case INSN_0F(0xb3):
    case INSN_0F(0xbb):
    case INSN_0F(0xb0):
    case INSN_0F(0xb1):
    case INSN_0F(0xc0):
    case INSN_0F(0xc1): return true;
    case INSN_0F(0xc3): return insn->size >= 4;
    case INSN_0F(0xba): return extension(insn) >= OP_BTS;
    default: return false;
    }
}

static bool bit_by_register(const struct insn *insn)
{
    return insn->opcode == INSN_0F(0xab) || insn->opcode == INSN_0F(0xb3) ||
           insn->opcode == INSN_0F(0xbb);
}

static int64_t sign_extend(uint64_t val, unsigned int size)
{
    unsigned int unused = 64 - 8 * size;

    return (int64_t)(val << unused) >> unused;
}

static uint64_t size_mask(unsigned int size)
{
    return size == 8 ? ~0UL : (1UL << 8 * size) - 1;
}

uint64_t insn_store_offset(const struct insn *insn, struct cpu_regs *regs)
{
    uint64_t offset;

    if ( insn->opcode == 0xaa || insn->opcode == 0xab )
        return regs->rdi & size_mask(insn->addr_size);
    offset = insn_offset(insn, regs);
    if ( bit_by_register(insn) )
    {
        int64_t bit = sign_extend(insn_reg_read(insn, regs, insn->reg, insn->size), insn->size);

        /* Whole operands away; the shift rounds towards minus infinity, as the CPU does. */
        offset += (uint64_t)(bit >> (insn->size == 8 ? 6 : insn->size == 4 ? 5 : 4)) * insn->size;
    }
    return offset & size_mask(insn->addr_size);
}

/* ---- 2. Arithmetic ------------------------------------------------------------------------- */

#define ARITHMETIC_FLAGS                                                                           \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

static uint64_t sign_bit(unsigned int size)
{
    return 1UL << (8 * size - 1);
}

static void set_flag(struct cpu_regs *regs, uint64_t flag, bool on)
{
    regs->rflags = on ? regs->rflags | flag : regs->rflags & ~flag;
}

static void result_flags(struct cpu_regs *regs, uint64_t res, unsigned int size)
{
    set_flag(regs, X86_EFLAGS_ZF, !(res & size_mask(size)));
    set_flag(regs, X86_EFLAGS_SF, res & sign_bit(size));
    set_flag(regs, X86_EFLAGS_PF, !(__builtin_popcountl(res & 0xff) & 1));
}

static uint64_t add_flags(struct cpu_regs *regs, uint64_t a, uint64_t b, bool carry,
                          unsigned int size)
{
    uint64_t mask = size_mask(size), res = (a + b + carry) & mask;

    set_flag(regs, X86_EFLAGS_CF, carry ? res <= (a & mask) : res < (a & mask));
    set_flag(regs, X86_EFLAGS_AF, (a ^ b ^ res) & 0x10);
    set_flag(regs, X86_EFLAGS_OF, ~(a ^ b) & (a ^ res) & sign_bit(size));
    result_flags(regs, res, size);
    return res;
}

static uint64_t sub_flags(struct cpu_regs *regs, uint64_t a, uint64_t b, bool borrow,
                          unsigned int size)
{
    uint64_t mask = size_mask(size), res = (a - b - borrow) & mask;

    set_flag(regs, X86_EFLAGS_CF, borrow ? (a & mask) <= (b & mask) : (a & mask) < (b & mask));
    set_flag(regs, X86_EFLAGS_AF, (a ^ b ^ res) & 0x10);
    set_flag(regs, X86_EFLAGS_OF, (a ^ b) & (a ^ res) & sign_bit(size));
    result_flags(regs, res, size);
    return res;
}

/* The CPU leaves AF undefined; it is cleared, as processors do. */
static uint64_t logic_flags(struct cpu_regs *regs, uint64_t res, unsigned int size)
{
    regs->rflags &= ~(uint64_t)ARITHMETIC_FLAGS;
    result_flags(regs, res, size);
    return res & size_mask(size);
}

static uint64_t alu(struct cpu_regs *regs, unsigned int op, uint64_t a, uint64_t b,
                    unsigned int size)
{
    bool carry = regs->rflags & X86_EFLAGS_CF;

    switch ( op )
    {
    case 0: return add_flags(regs, a, b, false, size);
    case 1: return logic_flags(regs, a | b, size);
    case 2: return add_flags(regs, a, b, carry, size);
    case 3: return sub_flags(regs, a, b, carry, size);
    case 4: return logic_flags(regs, a & b, size);
    case 5: return sub_flags(regs, a, b, false, size);
    default: return logic_flags(regs, a ^ b, size);
    }
}

static uint64_t bit_op(struct cpu_regs *regs, unsigned int op, uint64_t old, uint64_t bit,
                       unsigned int size)
{
    uint64_t mask = 1UL << (bit & (8 * size - 1));

    set_flag(regs, X86_EFLAGS_CF, old & mask);
    if ( op == OP_BTS )
        return old | mask;
    if ( op == OP_BTR )
        return old & ~mask;
    return old ^ mask;
}

/* inc and dec leave CF alone. */
static uint64_t inc_dec(struct cpu_regs *regs, bool dec, uint64_t old, unsigned int size)
{
    uint64_t carry = regs->rflags & X86_EFLAGS_CF;
    uint64_t res =
        dec ? sub_flags(regs, old, 1, false, size) : add_flags(regs, old, 1, false, size);

    regs->rflags = (regs->rflags & ~(uint64_t)X86_EFLAGS_CF) | carry;
    return res;
}

/* ---- 3. Carrying out ----------------------------------------------------------------------- */

static bool cmpxchg(const struct insn *insn, struct cpu_regs *regs, uint64_t old, uint64_t *new)
{
    unsigned int size = insn->size;

    sub_flags(regs, insn_reg_read(insn, regs, 0, size), old, false, size);
    if ( regs->rflags & X86_EFLAGS_ZF )
    {
        *new = insn_reg_read(insn, regs, insn->reg, size);
        return true;
    }
    insn_reg_write(insn, regs, 0, size, old);
    return false;
}

static void exchange_add(const struct insn *insn, struct cpu_regs *regs, uint64_t old,
                         uint64_t *new)
{
    uint64_t add = insn_reg_read(insn, regs, insn->reg, insn->size);

    *new = add_flags(regs, old, add, false, insn->size);
    insn_reg_write(insn, regs, insn->reg, insn->size, old);
}

/* One element; a repeated one comes back for the rest, as rip has not moved. */
static void string_store(const struct insn *insn, struct cpu_regs *regs, uint64_t *new)
{
    struct insn whole = {
        .rex = true
    }; /* for the access size of rdi and rcx, which is the address size */
    uint64_t step = regs->rflags & X86_EFLAGS_DF ? -(uint64_t)insn->size : insn->size;

    *new = insn_reg_read(&whole, regs, 0, insn->size);
    insn_reg_write(&whole, regs, 7, insn->addr_size, regs->rdi + step);
    if ( insn->rep || insn->repne )
        insn_reg_write(&whole, regs, 1, insn->addr_size, regs->rcx - 1);
}

bool rmw_execute(const struct insn *insn, struct cpu_regs *regs, uint64_t old, uint64_t *new)
{
    unsigned int size = insn->size, op = insn->opcode;
    uint64_t reg;

    ASSERT(insn_is_store(insn));
    old &= size_mask(size);
    if ( op < 0x40 )
    {
        *new = alu(regs, op >> 3, old, insn_reg_read(insn, regs, insn->reg, size), size);
        return true;
    }
    switch ( op )
    {
    case 0x80:
    case 0x81:
    case 0x83:
        *new = alu(regs, extension(insn), old, insn->imm & size_mask(size), size);
        return true;
    case 0x86:
    case 0x87:
        *new = insn_reg_read(insn, regs, insn->reg, size);
        insn_reg_write(insn, regs, insn->reg, size, old);
        return true;
    case 0x88:
    case 0x89:
    case INSN_0F(0xc3): *new = insn_reg_read(insn, regs, insn->reg, size); return true;
    case 0xa2:
    case 0xa3: *new = insn_reg_read(insn, regs, 0, size); return true;
    case 0xaa:
    case 0xab: string_store(insn, regs, new); return true;
    case 0xc6:
    case 0xc7: *new = insn->imm &size_mask(size); return true;
    case 0xfe:
    case 0xff: *new = inc_dec(regs, extension(insn), old, size); return true;
    case INSN_0F(0xab):
    case INSN_0F(0xb3):
    case INSN_0F(0xbb):
        reg = insn_reg_read(insn, regs, insn->reg, size);
        *new = bit_op(regs, op >> 3 & 7, old, reg, size);
        return true;
    case INSN_0F(0xba): *new = bit_op(regs, extension(insn), old, insn->imm, size); return true;
    case INSN_0F(0xb0):
    case INSN_0F(0xb1): return cmpxchg(insn, regs, old, new);
    default: /* xadd */ exchange_add(insn, regs, old, new); return true;
    }
}
