// SPDX-License-Identifier: GPL-2.0-only
/*
 * PURE. Instruction decoder (SDM volume 2, chapter 2 and appendix A) for what is carried out on a guest's behalf.
 *   1. the opcodes known, and what follows each
 *   2. prefixes, opcode, ModRM, SIB, displacement, immediate
 *   3. registers and addresses
 * The bytes are the guest's and may be anything, even something else than the CPU executed (XSA-202): no result may harm more than
 * the guest that wrote them. Keeps invariant 8 (bounds). No locks.
 */
#include <asm/pv/decode.h>
#include <xen/lib.h>

/* ---- 1. Opcodes ---------------------------------------------------------------------------- */

#define OP_KNOWN 0x01U
#define OP_MODRM 0x02U
#define OP_BYTE  0x04U /* operands of one byte */
#define OP_IMM8  0x08U
#define OP_IMMZ  0x10U /* 16 or 32 bits, sign-extended to 64 */
#define OP_MOFFS 0x20U /* an address of the address size */
#define OP_NATIVE                                                                                  \
    0x40U            /* operands of 64 bits in 64-bit code, else 32: control and debug registers */
#define OP_REG 0x80U /* ModRM always names a register */

/* add or adc sbb and sub xor: "op r/m, r", by columns of eight opcodes. */
static unsigned int alu_attributes(unsigned int op)
{
    if ( (op & 7) > 1 || op >= 0x38 )
        return 0;
    return OP_KNOWN | OP_MODRM | (op & 1 ? 0 : OP_BYTE);
}

static unsigned int one_byte_attributes(unsigned int op)
{
    if ( op < 0x40 )
        return alu_attributes(op);
    switch ( op )
    {
    case 0x6c:
    case 0x6e: /* ins, outs */
    case 0xaa: /* stos */
    case 0xec:
    case 0xee: /* in, out by dx */ return OP_KNOWN | OP_BYTE;
    case 0x6d:
    case 0x6f:
    case 0xab:
    case 0xed:
    case 0xef:
    case 0xf4:
    case 0xfa:
    case 0xfb: /* hlt, cli, sti */ return OP_KNOWN;
    case 0x80:
    case 0xc6: return OP_KNOWN | OP_MODRM | OP_BYTE | OP_IMM8;
    case 0x81:
    case 0xc7: return OP_KNOWN | OP_MODRM | OP_IMMZ;
    case 0x83: return OP_KNOWN | OP_MODRM | OP_IMM8;
    case 0x86:
    case 0x88:
    case 0xfe: return OP_KNOWN | OP_MODRM | OP_BYTE;
    case 0x87:
    case 0x89:
    case 0xff: return OP_KNOWN | OP_MODRM;
    case 0xa2: return OP_KNOWN | OP_MOFFS | OP_BYTE;
    case 0xa3: return OP_KNOWN | OP_MOFFS;
    case 0xcd: return OP_KNOWN | OP_IMM8; /* int */
    case 0xe4:
    case 0xe6: return OP_KNOWN | OP_BYTE | OP_IMM8;
    case 0xe5:
    case 0xe7: return OP_KNOWN | OP_IMM8;
    default: return 0;
    }
}

static unsigned int two_byte_attributes(unsigned int op)
{
    switch ( op )
    {
    case 0x00:
    case 0x01: /* system groups */
    case 0xab:
    case 0xb3:
    case 0xbb: /* bts, btr, btc */
    case 0xb1:
    case 0xc1:
    case 0xc3:
    case 0xc7: /* cmpxchg, xadd, movnti, cmpxchg8b */ return OP_KNOWN | OP_MODRM;
    case 0x06:
    case 0x09: /* clts, wbinvd */
    case 0x30:
    case 0x31:
    case 0x32:
    case 0x33: /* wrmsr, rdtsc, rdmsr, rdpmc */
    case 0xa2: /* cpuid */ return OP_KNOWN;
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23: return OP_KNOWN | OP_MODRM | OP_NATIVE | OP_REG;
    case 0xb0:
    case 0xc0: return OP_KNOWN | OP_MODRM | OP_BYTE;
    case 0xba: return OP_KNOWN | OP_MODRM | OP_IMM8;
    default: return 0;
    }
}

/* ---- 2. Decoding --------------------------------------------------------------------------- */

struct reader
{
    const uint8_t *bytes;
    unsigned int len, pos;
    bool short_read;
};

static uint64_t read_le(struct reader *r, unsigned int size)
{
    uint64_t val = 0;

    if ( r->len - r->pos < size )
    {
        r->short_read = true;
        r->pos = r->len;
        return 0;
    }
    for ( unsigned int i = 0; i < size; i++ )
        val |= (uint64_t)r->bytes[r->pos++] << 8 * i;
    return val;
}

static uint8_t read_byte(struct reader *r)
{
    return (uint8_t)read_le(r, 1);
}

static int64_t sign_extend(uint64_t val, unsigned int size)
{
    unsigned int unused = 64 - 8 * size;

    return (int64_t)(val << unused) >> unused;
}

#define REX_W 8U
#define REX_R 4U
#define REX_X 2U
#define REX_B 1U

struct prefixes
{
    bool opsize, addrsize;
    uint8_t rex; /* 0: none, or it was not the last one and so has no effect */
};

/* True when @b was a prefix. */
static bool take_prefix(struct insn *insn, struct prefixes *p, uint8_t b, bool long_mode)
{
    if ( long_mode && (b & 0xf0) == 0x40 )
    {
        p->rex = b;
        return true;
    }
    switch ( b )
    {
    /* 64-bit code has no bases but those of FS and GS; the other overrides have no effect, not even on an earlier one. */
    case 0x26: insn->segment = long_mode ? insn->segment : SEG_ES; break;
    case 0x2e: insn->segment = long_mode ? insn->segment : SEG_CS; break;
    case 0x36: insn->segment = long_mode ? insn->segment : SEG_SS; break;
    case 0x3e: insn->segment = long_mode ? insn->segment : SEG_DS; break;
    case 0x64: insn->segment = SEG_FS; break;
    case 0x65: insn->segment = SEG_GS; break;
    case 0x66: p->opsize = true; break;
    case 0x67: p->addrsize = true; break;
    case 0xf0: insn->lock = true; break;
    case 0xf2: insn->repne = true; break;
    case 0xf3: insn->rep = true; break;
    default: return false;
    }
    p->rex = 0;
    return true;
}

static void decode_sib(struct insn *insn, struct reader *r, uint8_t rex, unsigned int mod)
{
    uint8_t sib = read_byte(r);
    unsigned int index = (sib >> 3 & 7) | (rex & REX_X ? 8 : 0);

    insn->scale = sib >> 6;
    if ( index != 4 )
        insn->index = (int)index;
    if ( (sib & 7) == 5 && mod == 0 )
        insn->disp = sign_extend(read_le(r, 4), 4);
    else
        insn->base = (int)((sib & 7) | (rex & REX_B ? 8 : 0));
}

/* 32- and 64-bit addressing forms; 16-bit ones are refused before. */
static void decode_memory(struct insn *insn, struct reader *r, uint8_t rex, uint8_t modrm,
                          bool long_mode)
{
    unsigned int mod = modrm >> 6;

    insn->is_mem = true;
    if ( (modrm & 7) == 4 )
        decode_sib(insn, r, rex, mod);
    else if ( (modrm & 7) == 5 && mod == 0 )
    {
        insn->rip_relative = long_mode;
        insn->disp = sign_extend(read_le(r, 4), 4);
    }
    else
        insn->base = (int)insn->rm;

    if ( mod == 1 )
        insn->disp = sign_extend(read_le(r, 1), 1);
    else if ( mod == 2 )
        insn->disp = sign_extend(read_le(r, 4), 4);
}

static bool decode_modrm(struct insn *insn, struct reader *r, uint8_t rex, unsigned int attributes,
                         bool long_mode)
{
    uint8_t modrm = read_byte(r);

    insn->has_modrm = true;
    insn->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
    insn->rm = (modrm & 7) | (rex & REX_B ? 8 : 0);
    if ( modrm >> 6 == 3 || (attributes & OP_REG) )
        return true;
    if ( insn->addr_size < 4 )
        return false;
    decode_memory(insn, r, rex, modrm, long_mode);
    return true;
}

static void choose_sizes(struct insn *insn, const struct prefixes *p, unsigned int attributes,
                         bool long_mode)
{
    if ( attributes & OP_BYTE )
        insn->size = 1;
    else if ( attributes & OP_NATIVE )
        insn->size = long_mode ? 8 : 4;
    else if ( p->rex & REX_W )
        insn->size = 8;
    else
        insn->size = p->opsize ? 2 : 4;

    if ( long_mode )
        insn->addr_size = p->addrsize ? 4 : 8;
    else
        insn->addr_size = p->addrsize ? 2 : 4;
}

static void decode_constants(struct insn *insn, struct reader *r, unsigned int attributes)
{
    if ( attributes & OP_IMM8 )
        insn->imm = (uint64_t)sign_extend(read_le(r, 1), 1);
    if ( attributes & OP_IMMZ )
    {
        unsigned int size = insn->size == 2 ? 2 : 4;

        insn->imm = (uint64_t)sign_extend(read_le(r, size), size);
    }
    if ( attributes & OP_MOFFS )
    {
        insn->is_mem = true;
        insn->disp = (int64_t)read_le(r, insn->addr_size);
    }
}

enum decode_result insn_decode(const uint8_t *bytes, unsigned int len, bool long_mode,
                               struct insn *insn)
{
    struct reader r = { .bytes = bytes, .len = MIN(len, (unsigned int)INSN_MAX_LEN) };
    /* What does not fit into 15 bytes is no instruction, however many more there are. */
    enum decode_result on_short = len >= INSN_MAX_LEN ? DECODE_UNKNOWN : DECODE_SHORT;
    struct prefixes p = { 0 };
    unsigned int attributes;
    uint8_t b;

    *insn = (struct insn){ .base = -1, .index = -1 };
    do
        b = read_byte(&r);
    while ( !r.short_read && take_prefix(insn, &p, b, long_mode) );
    insn->rex = p.rex;
    if ( b == 0x0f && !r.short_read )
    {
        b = read_byte(&r);
        insn->opcode = INSN_0F(b);
        attributes = two_byte_attributes(b);
    }
    else
    {
        insn->opcode = b;
        attributes = one_byte_attributes(b);
    }
    if ( r.short_read )
        return on_short;
    if ( !(attributes & OP_KNOWN) )
        return DECODE_UNKNOWN;

    choose_sizes(insn, &p, attributes, long_mode);
    if ( (attributes & OP_MODRM) && !decode_modrm(insn, &r, p.rex, attributes, long_mode) )
        return r.short_read ? on_short : DECODE_UNKNOWN;
    if ( (attributes & OP_MOFFS) && insn->addr_size < 4 )
        return DECODE_UNKNOWN;
    decode_constants(insn, &r, attributes);
    if ( r.short_read )
        return on_short;
    insn->len = r.pos;
    return DECODE_OK;
}

/* ---- 3. Registers and addresses ------------------------------------------------------------ */

#define AT(reg) offsetof(struct cpu_regs, reg)

uint64_t *insn_reg(struct cpu_regs *regs, unsigned int n)
{
    static const uint8_t at[16] = {
        AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
        AT(r8),  AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
    };

    return (uint64_t *)((char *)regs + at[n & 15]);
}

static uint64_t size_mask(unsigned int size)
{
    return size == 8 ? ~0UL : (1UL << 8 * size) - 1;
}

/* Without REX, byte registers 4-7 are bits 15-8 of the first four. */
static bool high_byte(const struct insn *insn, unsigned int n, unsigned int size)
{
    return size == 1 && !insn->rex && n >= 4 && n < 8;
}

uint64_t insn_reg_read(const struct insn *insn, struct cpu_regs *regs, unsigned int n,
                       unsigned int size)
{
    if ( high_byte(insn, n, size) )
        return *insn_reg(regs, n - 4) >> 8 & 0xff;
    return *insn_reg(regs, n) & size_mask(size);
}

void insn_reg_write(const struct insn *insn, struct cpu_regs *regs, unsigned int n,
                    unsigned int size, uint64_t val)
{
    uint64_t *reg = insn_reg(regs, n);

    if ( high_byte(insn, n, size) )
    {
        reg = insn_reg(regs, n - 4);
        *reg = (*reg & ~0xff00UL) | (val & 0xff) << 8;
    }
    else if ( size == 4 )
        *reg = (uint32_t)val;
    else
        *reg = (*reg & ~size_mask(size)) | (val & size_mask(size));
}

uint64_t insn_offset(const struct insn *insn, struct cpu_regs *regs)
{
    uint64_t offset = (uint64_t)insn->disp;

    if ( insn->rip_relative )
        offset += regs->rip + insn->len;
    if ( insn->base >= 0 )
        offset += *insn_reg(regs, (unsigned int)insn->base);
    if ( insn->index >= 0 )
        offset += *insn_reg(regs, (unsigned int)insn->index) << insn->scale;
    return offset & size_mask(insn->addr_size);
}

/* ---- Common instructions -------------------------------------------------------------------- */

#define REX_B 1U
#define REX_R 4U

bool insn_decode_short(uint64_t bytes, struct insn *insn)
{
    unsigned int rex = 0, len = 2, opcode, modrm;

    if ( (bytes & 0xf0) == 0x40 )
    {
        rex = bytes & 0xf;
        bytes >>= 8;
        len++;
    }
    if ( (bytes & 0xff) != 0x0f )
        return false;
    opcode = bytes >> 8 & 0xff;
    *insn = (struct insn){ .len = len,
                           .opcode = INSN_0F(opcode),
                           .addr_size = 8,
                           .rex = len > 2,
                           .base = -1,
                           .index = -1 };
    switch ( opcode )
    {
    case 0x20:
    case 0x22:
        modrm = bytes >> 16 & 0xff;
        insn->len++;
        insn->size = 8;
        insn->has_modrm = true;
        insn->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
        insn->rm = (modrm & 7) | (rex & REX_B ? 8 : 0);
        return true;
    case 0x06:
    case 0x30:
    case 0x32: insn->size = rex & 8 ? 8 : 4; return true;
    default: return false;
    }
}

bool insn_decode_plain_store(uint64_t bytes, struct plain_store *store)
{
    unsigned int rex = bytes & 0xff, modrm = bytes >> 16 & 0xff;
    unsigned int mod = modrm >> 6, rm = modrm & 7;

    /* REX.W with or without R and B; 89; memory without a SIB byte, not relative to rip. */
    if ( (rex & 0xfa) != 0x48 || (bytes >> 8 & 0xff) != 0x89 || mod == 3 || rm == 4 ||
         (mod == 0 && rm == 5) )
        return false;
    store->reg = (modrm >> 3 & 7) | (rex & REX_R ? 8 : 0);
    store->base = rm | (rex & REX_B ? 8 : 0);
    store->len = mod == 0 ? 3 : mod == 1 ? 4 : 7;
    store->disp = mod == 0 ? 0 : mod == 1 ? (int8_t)(bytes >> 24) : (int32_t)(bytes >> 24);
    return true;
}

bool insn_decode_cr_read(uint64_t bytes, struct plain_cr_read *read)
{
    unsigned int rex = 0;

    read->len = 3;
    if ( (bytes & 0xf0) == 0x40 )
    {
        rex = bytes & 0xf;
        bytes >>= 8;
        read->len = 4;
    }
    read->cr = (bytes >> 19 & 7) | (rex & REX_R ? 8 : 0);
    read->reg = (bytes >> 16 & 7) | (rex & REX_B ? 8 : 0);
    return (bytes & 0xffff) == 0x200f;
}
