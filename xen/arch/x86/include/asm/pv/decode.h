/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoder and arithmetic for the few instructions that are carried out on a guest's behalf: privileged ones, port I/O, and stores
 * to page tables. Pure. Anything else is DECODE_UNKNOWN, which is never an error of the hypervisor: the guest gets the fault
 * that the CPU raised.
 */
#ifndef ASM_PV_DECODE_H
#define ASM_PV_DECODE_H

#include <asm/regs.h>
#include <xen/types.h>

#define INSN_MAX_LEN 15 /* SDM volume 2, section 2.3.11 */

enum insn_segment
{
    SEG_DEFAULT,
    SEG_ES,
    SEG_CS,
    SEG_SS,
    SEG_DS,
    SEG_FS,
    SEG_GS,
};

enum decode_result
{
    DECODE_OK,
    DECODE_SHORT,   /* the bytes end inside the instruction */
    DECODE_UNKNOWN, /* none of the instructions this is for */
};

#define INSN_0F(opcode) (0x100U | (opcode)) /* struct insn.opcode of a two-byte opcode */

/** One decoded instruction. Register numbers are 0-15 in the encoding's order: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8... */
struct insn
{
    unsigned int len;
    unsigned int opcode;    /* the byte, or INSN_0F() of it */
    unsigned int size;      /* of the operation, in bytes: 1, 2, 4, 8 */
    unsigned int addr_size; /* 4 or 8 */
    enum insn_segment segment;
    bool rex, lock, rep, repne;
    bool has_modrm;
    bool is_mem;          /* ModRM names memory (or the instruction has a plain address in it) */
    unsigned int reg, rm; /* ModRM fields extended by REX; rm is a register unless is_mem */
    int base, index;      /* of the memory operand, -1 none */
    unsigned int scale;   /* 0-3: index << scale */
    bool rip_relative;
    int64_t disp;
    uint64_t imm; /* sign-extended where the CPU does */
};

/** Decode @len bytes, of 64-bit code or of 32-bit code. */
enum decode_result insn_decode(const uint8_t *bytes, unsigned int len, bool long_mode,
                               struct insn *insn);

/*
 * The two kinds that kernels execute all the time, from the eight bytes at rip, without going through prefixes and tables. False:
 * ask insn_decode(), which says the same of what is decoded here.
 */

/** MOV from and to control registers, RDMSR, WRMSR, CLTS in 64-bit code, with at most a REX prefix. */
bool insn_decode_short(uint64_t bytes, struct insn *insn);

/** `mov %r64, disp(%base)` in 64-bit code. */
struct plain_store
{
    unsigned int len;
    unsigned int reg, base; /* as in struct insn */
    int64_t disp;
};
bool insn_decode_plain_store(uint64_t bytes, struct plain_store *store);

/** `mov %cr, %r64` in 64-bit code. */
struct plain_cr_read
{
    unsigned int len;
    unsigned int cr, reg;
};
bool insn_decode_cr_read(uint64_t bytes, struct plain_cr_read *read);

/** Register @n of a frame, all 64 bits. */
uint64_t *insn_reg(struct cpu_regs *regs, unsigned int n);
/** Register @n as an operand of @size bytes; with @size 1 and no REX prefix, 4-7 are ah, ch, dh, bh. */
uint64_t insn_reg_read(const struct insn *insn, struct cpu_regs *regs, unsigned int n,
                       unsigned int size);
/** Store it as the CPU does: 4 bytes clear the upper half, 1 and 2 leave the rest. */
void insn_reg_write(const struct insn *insn, struct cpu_regs *regs, unsigned int n,
                    unsigned int size, uint64_t val);

/** Offset of the memory operand in its segment. @regs->rip is the instruction's own. */
uint64_t insn_offset(const struct insn *insn, struct cpu_regs *regs);

/** Is this an instruction that stores to its memory operand, or reads and changes it, and that rmw_execute() knows? */
bool insn_is_store(const struct insn *insn);

/**
 * Where the store goes: insn_offset(), but for bit operations with a register as bit number, which reach any distance to either
 * side (XSA-195), and string stores.
 */
uint64_t insn_store_offset(const struct insn *insn, struct cpu_regs *regs);

/**
 * Carry out a store: @old is the operand's value (insn->size bytes) in memory. *new is what memory becomes; @regs gets the new
 * registers and flags, not rip. False: memory is not changed (a compare that failed); registers are changed all the same.
 */
bool rmw_execute(const struct insn *insn, struct cpu_regs *regs, uint64_t old, uint64_t *new);

#endif /* ASM_PV_DECODE_H */
