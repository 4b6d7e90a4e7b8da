/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/decode.c xen/arch/x86/pv/rmw.c
// libs: -lZydis -lZycore
// options: -max_len=160
/*
 * The instruction decoder, judged by Zydis: on any bytes both find the same length, and of stores the same address, size, segment,
 * register and constant. The short ways say what the general decoder says. What rmw_execute() changes is what the instruction names.
 * A byte (bit 0: 32-bit code; upper half: how many bytes follow), the instruction's bytes, registers, the operand's old value.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include <Zydis/Zydis.h>
#include <asm/pv/decode.h>
#include <xen/lib.h>

static const char *hex(const uint8_t *bytes, unsigned int len)
{
    static char text[64];

    for ( unsigned int i = 0; i < len; i++ )
        snprintf(text + 3 * i, 4, "%02x ", bytes[i]);
    return text;
}

#define AGREE(cond, what)                                                                          \
    FUZZ_CHECK(cond, "%s: %s; opcode %#x, %u bytes", hex(bytes, len), what, insn->opcode, insn->len)

/* ---- Zydis' side ----------------------------------------------------------------------------------------------------- */

struct judge
{
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    ZyanStatus status;
};

static void judge_decode(struct judge *j, const uint8_t *bytes, unsigned int len, bool long_mode)
{
    ZydisDecoder d;

    ZydisDecoderInit(&d, long_mode ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                     long_mode ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
    j->status = ZydisDecoderDecodeFull(&d, bytes, len, &j->insn, j->ops);
}

/* A general register's number in the encoding's order, and what an operand of that name holds. */
static uint64_t judge_reg(struct cpu_regs *regs, ZydisRegister reg)
{
    unsigned int id;

    if ( reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH )
        return *insn_reg(regs, reg - ZYDIS_REGISTER_AH) >> 8 & 0xff;
    if ( reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_BL )
        return *insn_reg(regs, reg - ZYDIS_REGISTER_AL) & 0xff;
    if ( reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_R15B )
        return *insn_reg(regs, reg - ZYDIS_REGISTER_SPL + 4) & 0xff;
    id = (unsigned int)ZydisRegisterGetId(reg);
    switch ( ZydisRegisterGetClass(reg) )
    {
    case ZYDIS_REGCLASS_GPR16: return *insn_reg(regs, id) & 0xffff;
    case ZYDIS_REGCLASS_GPR32: return *insn_reg(regs, id) & 0xffffffff;
    default: return *insn_reg(regs, id);
    }
}

static uint64_t judge_address(const struct judge *j, const ZydisDecodedOperand *mem,
                              struct cpu_regs *regs)
{
    ZydisRegisterContext c = { 0 };
    ZyanU64 address = 0;

    for ( unsigned int i = 0; i < 16; i++ )
    {
        c.values[ZYDIS_REGISTER_RAX + i] = *insn_reg(regs, i);
        c.values[ZYDIS_REGISTER_EAX + i] = *insn_reg(regs, i) & 0xffffffff;
    }
    FUZZ_CHECK(ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(&j->insn, mem, regs->rip, &c, &address)),
               "Zydis cannot compute the address");
    return address;
}

static const ZydisDecodedOperand *judge_operand(const struct judge *j, ZydisOperandType type)
{
    for ( unsigned int i = 0; i < j->insn.operand_count_visible; i++ )
        if ( j->ops[i].type == type )
            return &j->ops[i];
    return NULL;
}

/* ---- Comparing ------------------------------------------------------------------------------------------------------- */

static uint64_t mask(unsigned int size)
{
    return size == 8 ? ~0UL : (1UL << 8 * size) - 1;
}

static bool is_string(const struct insn *insn)
{
    return insn->opcode == 0xaa || insn->opcode == 0xab;
}

static ZydisRegister segment_of(const struct insn *insn)
{
    static const ZydisRegister names[] = { ZYDIS_REGISTER_NONE, ZYDIS_REGISTER_ES,
                                           ZYDIS_REGISTER_CS,   ZYDIS_REGISTER_SS,
                                           ZYDIS_REGISTER_DS,   ZYDIS_REGISTER_FS,
                                           ZYDIS_REGISTER_GS };

    return names[insn->segment];
}

/* A memory operand. Zydis names DS or SS where no prefix says otherwise; and where 3E, before an indirect jump, means "notrack", too. */
static void compare_memory(const struct insn *insn, const struct judge *j, struct cpu_regs *regs,
                           const uint8_t *bytes, unsigned int len)
{
    const ZydisDecodedOperand *mem = judge_operand(j, ZYDIS_OPERAND_TYPE_MEMORY);
    ZydisRegister segment = segment_of(insn);

    AGREE(insn->is_mem == (mem != NULL), "is there a memory operand?");
    if ( !mem )
        return;
    AGREE(insn_offset(insn, regs) == (judge_address(j, mem, regs) & mask(insn->addr_size)),
          "the address");
    AGREE(insn->addr_size * 8 == j->insn.address_width, "the address size");
    AGREE(
        segment == mem->mem.segment ||
            ((segment == ZYDIS_REGISTER_NONE ||
              (segment == ZYDIS_REGISTER_DS && (j->insn.attributes & ZYDIS_ATTRIB_HAS_NOTRACK))) &&
             (mem->mem.segment == ZYDIS_REGISTER_DS || mem->mem.segment == ZYDIS_REGISTER_SS)),
        "the segment");
}

/* What rmw_execute() takes besides memory. */
static void compare_store(const struct insn *insn, const struct judge *j, struct cpu_regs *regs,
                          const uint8_t *bytes, unsigned int len)
{
    const ZydisDecodedOperand *mem = &j->ops[0];
    const ZydisDecodedOperand *reg = judge_operand(j, ZYDIS_OPERAND_TYPE_REGISTER);
    const ZydisDecodedOperand *imm = judge_operand(j, ZYDIS_OPERAND_TYPE_IMMEDIATE);
    bool from_rax = insn->opcode == 0xa2 || insn->opcode == 0xa3;

    AGREE(mem->type == ZYDIS_OPERAND_TYPE_MEMORY, "memory is the first operand");
    AGREE(mem->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE, "memory is written");
    AGREE(insn->size * 8 == mem->size, "the operand size");
    if ( is_string(insn) )
        return;
    if ( reg )
        AGREE(judge_reg(regs, reg->reg.value) ==
                  insn_reg_read(insn, regs, from_rax ? 0 : insn->reg, insn->size),
              "the register operand");
    if ( imm )
        AGREE(((imm->imm.value.u ^ insn->imm) & mask(imm->size / 8)) == 0, "the constant");
    AGREE(reg || imm || (insn->opcode & ~1U) == 0xfe, "an operand is missing");
}

/* Bits whose number is in a register lie at the operand's address plus as many whole operands; else a store goes where it says. */
static void check_store_offset(const struct insn *insn, struct cpu_regs *regs, const uint8_t *bytes,
                               unsigned int len)
{
    uint64_t offset = insn_store_offset(insn, regs), plain = insn_offset(insn, regs);
    uint64_t distance = (offset - plain) & mask(insn->addr_size);
    bool by_register = insn->opcode == INSN_0F(0xab) || insn->opcode == INSN_0F(0xb3) ||
                       insn->opcode == INSN_0F(0xbb);

    AGREE(offset <= mask(insn->addr_size), "a store beyond the address size");
    if ( is_string(insn) )
        AGREE(offset == (regs->rdi & mask(insn->addr_size)), "a string store goes to rdi");
    else if ( by_register )
        AGREE(distance % insn->size == 0, "bits are found in whole operands");
    else
        AGREE(distance == 0, "a store elsewhere");
}

#define ARITHMETIC_FLAGS                                                                           \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

/* Which registers may an instruction change, as Zydis has it (hidden operands too)? */
static bool judge_writes(const struct judge *j, unsigned int n)
{
    for ( unsigned int i = 0; i < j->insn.operand_count; i++ )
    {
        const ZydisDecodedOperand *op = &j->ops[i];
        ZydisRegister reg;

        if ( op->type != ZYDIS_OPERAND_TYPE_REGISTER ||
             !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) )
            continue;
        reg = op->reg.value;
        if ( reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH )
            reg = ZYDIS_REGISTER_RAX + (reg - ZYDIS_REGISTER_AH);
        else if ( ZydisRegisterGetClass(reg) != ZYDIS_REGCLASS_FLAGS )
            reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
        if ( reg == ZYDIS_REGISTER_RAX + n )
            return true;
    }
    return false;
}

static void check_execution(const struct insn *insn, const struct judge *j,
                            const struct cpu_regs *before, uint64_t old, const uint8_t *bytes,
                            unsigned int len)
{
    struct cpu_regs regs = *before;
    uint64_t new = 0;

    if ( rmw_execute(insn, &regs, old, &new) )
        AGREE((new & ~mask(insn->size)) == 0, "more is stored than the operand has");
    for ( unsigned int n = 0; n < 16; n++ )
        if ( *insn_reg(&regs, n) != *insn_reg((struct cpu_regs *)before, n) )
            AGREE(judge_writes(j, n), "a register is changed that the instruction leaves alone");
    AGREE(((regs.rflags ^ before->rflags) & ~(uint64_t)ARITHMETIC_FLAGS) == 0,
          "a flag other than arithmetic's is changed");
    AGREE(regs.rip == before->rip && regs.cs == before->cs && regs.ss == before->ss,
          "rip or a selector is changed");
}

/* MOV from and to control and debug registers, immediate ports, interrupt numbers. */
static void compare_privileged(const struct insn *insn, const struct judge *j, const uint8_t *bytes,
                               unsigned int len)
{
    const ZydisDecodedOperand *imm = judge_operand(j, ZYDIS_OPERAND_TYPE_IMMEDIATE);

    if ( (insn->opcode & ~3U) == INSN_0F(0x20) )
    {
        bool to = insn->opcode & 2;

        AGREE(ZydisRegisterGetId(j->ops[!to].reg.value) == (ZyanI8)insn->reg,
              "the control or debug register");
        AGREE(ZydisRegisterGetId(j->ops[to].reg.value) == (ZyanI8)insn->rm, "the general register");
        AGREE(!insn->is_mem && insn->size * 8 == j->ops[to].size, "the register's size");
    }
    else if ( imm )
        AGREE(((imm->imm.value.u ^ insn->imm) & mask(imm->size / 8)) == 0, "the constant");
}

static void compare(const struct insn *insn, const struct judge *j, struct cpu_regs *regs,
                    uint64_t old, const uint8_t *bytes, unsigned int len)
{
    bool store = insn_is_store(insn);

    /* The decoder knows opcodes, and leaves it to its callers which of their forms exist. */
    if ( !ZYAN_SUCCESS(j->status) )
    {
        AGREE(!store || insn->lock || insn->rep || insn->repne || insn->size == 2,
              "a store that is no instruction");
        return;
    }
    AGREE(insn->len == j->insn.length, "the length");
    AGREE(insn->lock == !!(j->insn.attributes & ZYDIS_ATTRIB_HAS_LOCK), "is there a lock prefix?");
    if ( insn->has_modrm || (insn->opcode & ~1U) == 0xa2 )
        compare_memory(insn, j, regs, bytes, len);
    if ( !store )
    {
        compare_privileged(insn, j, bytes, len);
        return;
    }
    compare_store(insn, j, regs, bytes, len);
    check_store_offset(insn, regs, bytes, len);
    check_execution(insn, j, regs, old, bytes, len);
}

/* ---- Both directions ------------------------------------------------------------------------------------------------- */

/* Is it one that must be decoded: privileged, or such a store? 16-bit addresses never are, nor what no compiler makes: 82, the second
 * encoding of 80 in 32-bit code. */
static bool judge_wants(const struct judge *j)
{
    const ZydisDecodedOperand *op = &j->ops[0];
    bool to_memory = j->insn.operand_count_visible && op->type == ZYDIS_OPERAND_TYPE_MEMORY;

    if ( j->insn.address_width == 16 || j->insn.opcode == 0x82 ||
         j->insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY )
        return false;
    switch ( j->insn.mnemonic )
    {
    case ZYDIS_MNEMONIC_RDMSR:
    case ZYDIS_MNEMONIC_WRMSR:
    case ZYDIS_MNEMONIC_CLTS:
    case ZYDIS_MNEMONIC_WBINVD:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_CLI:
    case ZYDIS_MNEMONIC_STI:
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_OUT:
    case ZYDIS_MNEMONIC_CPUID:
    case ZYDIS_MNEMONIC_STOSB:
    case ZYDIS_MNEMONIC_STOSD:
    case ZYDIS_MNEMONIC_STOSQ: return true;
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_OR:
    case ZYDIS_MNEMONIC_ADC:
    case ZYDIS_MNEMONIC_SBB:
    case ZYDIS_MNEMONIC_AND:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_XOR:
    case ZYDIS_MNEMONIC_INC:
    case ZYDIS_MNEMONIC_DEC:
    case ZYDIS_MNEMONIC_XCHG:
    case ZYDIS_MNEMONIC_XADD:
    case ZYDIS_MNEMONIC_CMPXCHG:
    case ZYDIS_MNEMONIC_BTS:
    case ZYDIS_MNEMONIC_BTR:
    case ZYDIS_MNEMONIC_BTC:
    case ZYDIS_MNEMONIC_MOVNTI: return to_memory;
    case ZYDIS_MNEMONIC_MOV: return to_memory && j->insn.opcode != 0x8c; /* not a selector */
    default: return false;
    }
}

static void try_general(const uint8_t *bytes, unsigned int len, bool long_mode,
                        struct cpu_regs *regs, uint64_t old)
{
    struct insn decoded, *insn = &decoded;
    enum decode_result result = insn_decode(bytes, len, long_mode, insn);
    struct judge j;

    judge_decode(&j, bytes, len, long_mode);
    if ( result == DECODE_OK )
    {
        AGREE(insn->len && insn->len <= len && insn->len <= INSN_MAX_LEN, "the length's bounds");
        compare(insn, &j, regs, old, bytes, len);
    }
    else if ( ZYAN_SUCCESS(j.status) )
    {
        AGREE(result != DECODE_SHORT, "said to be too short");
        AGREE(!judge_wants(&j), "not decoded");
    }
}

/* The short ways against the general one, which has been judged. */
static void try_short(const uint8_t *bytes, unsigned int len)
{
    uint64_t first = 0;
    uint8_t padded[INSN_MAX_LEN] = { 0 };
    struct insn decoded, *insn = &decoded, quick;
    struct plain_store store;
    struct plain_cr_read read;

    memcpy(padded, bytes, MIN(len, 8U));
    memcpy(&first, padded, 8);
    if ( insn_decode_short(first, &quick) )
    {
        AGREE(insn_decode(padded, sizeof(padded), true, insn) == DECODE_OK, "only the short way");
        AGREE(insn->len == quick.len && insn->opcode == quick.opcode && insn->size == quick.size &&
                  insn->addr_size == quick.addr_size && insn->segment == quick.segment,
              "the short way finds another instruction");
        AGREE(insn->rex == quick.rex && !quick.lock && !quick.rep && !quick.repne &&
                  insn->has_modrm == quick.has_modrm && insn->is_mem == quick.is_mem &&
                  insn->reg == quick.reg && insn->rm == quick.rm && insn->imm == quick.imm,
              "the short way finds other operands");
    }
    if ( insn_decode_plain_store(first, &store) )
    {
        AGREE(insn_decode(padded, sizeof(padded), true, insn) == DECODE_OK &&
                  insn->opcode == 0x89 && insn->is_mem && insn->size == 8 && insn->addr_size == 8 &&
                  insn->segment == SEG_DEFAULT && insn->index < 0 && !insn->rip_relative &&
                  !insn->lock,
              "no plain store");
        AGREE(insn->len == store.len && insn->reg == store.reg && insn->base == (int)store.base &&
                  insn->disp == store.disp,
              "a plain store of other operands");
    }
    if ( insn_decode_cr_read(first, &read) )
        AGREE(insn_decode(padded, sizeof(padded), true, insn) == DECODE_OK &&
                  insn->opcode == INSN_0F(0x20) && insn->size == 8 && !insn->lock &&
                  insn->len == read.len && insn->reg == read.cr && insn->rm == read.reg,
              "another read of a control register");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    unsigned int flags = fuzz_u8(&in);
    unsigned int len = MIN((unsigned int)(flags >> 4), (unsigned int)in.left);
    uint8_t *bytes = malloc(len ? len : 1); /* of exactly its size, for the sanitizer */
    struct cpu_regs regs = { .cs = 0xe033, .ss = 0xe02b };
    bool long_mode = !(flags & 1);

    if ( !bytes )
        return 0;
    memcpy(bytes, in.p, len);
    in.p += len;
    in.left -= len;
    for ( unsigned int i = 0; i < 16; i++ )
        *insn_reg(&regs, i) = fuzz_u64(&in) * 0x9e3779b97f4a7c15UL;
    regs.rip = fuzz_u64(&in);
    regs.rflags = fuzz_u16(&in);
    if ( !long_mode )
    {
        for ( unsigned int i = 0; i < 16; i++ )
            *insn_reg(&regs, i) = (uint32_t)*insn_reg(&regs, i);
        regs.rip = (uint32_t)regs.rip;
    }
    try_general(bytes, len, long_mode, &regs, fuzz_u64(&in));
    try_short(bytes, len);
    free(bytes);
    return 0;
}
