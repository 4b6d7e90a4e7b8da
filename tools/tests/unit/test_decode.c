// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/decode.c xen/arch/x86/pv/rmw.c
/* The instruction decoder: forms that guests use, lengths and addresses, and bytes that are nothing at all. */
#include <asm/pv/decode.h>

#include "tap.h"

void __attribute__((noreturn)) port_bug(const char *file, int line, const char *what);
void port_bug(const char *file, int line, const char *what)
{
    printf("Bail out! %s:%d: %s\n", file, line, what);
    __builtin_trap();
}

static struct cpu_regs regs = {
    .rax = 0x1000,
    .rcx = 0x2000,
    .rdx = 0x3000,
    .rbx = 0x4000,
    .rsp = 0x5000,
    .rbp = 0x6000,
    .rsi = 0x7000,
    .rdi = 0x8000,
    .r8 = 0x9000,
    .r9 = 0xa000,
    .r10 = 0xb000,
    .r11 = 0xc000,
    .r12 = 0xd000,
    .r13 = 0xe000,
    .r14 = 0xf000,
    .r15 = 0x10000,
    .rip = 0x400000,
};

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static struct insn insn;

static enum decode_result decode(const uint8_t *bytes, unsigned int len, bool long_mode)
{
    return insn_decode(bytes, len, long_mode, &insn);
}

static void good(const char *what, const uint8_t *bytes, unsigned int len, unsigned int opcode,
                 unsigned int size)
{
    uint8_t padded[16];

    memset(padded, 0x90, sizeof(padded));
    memcpy(padded, bytes, len);
    ok(decode(padded, 15, true) == DECODE_OK && insn.len == len && insn.opcode == opcode &&
           insn.size == size,
       "%s: opcode %#x, %u bytes long, operates on %u", what, opcode, len, size);
    /* The same from exactly its bytes; and one less is too short. */
    ok(decode(bytes, len, true) == DECODE_OK && insn.len == len, "%s: its own bytes suffice", what);
    ok(decode(bytes, len - 1, true) == DECODE_SHORT, "%s: one less does not", what);
    decode(bytes, len, true);
}

static void memory(const char *what, const uint8_t *bytes, unsigned int len, uint64_t address)
{
    good(what, bytes, len, 0x89, 8);
    ok(insn.is_mem, "%s: memory", what);
    is_u64(insn_offset(&insn, &regs), address, what);
}

/* mov %rax, <memory> in every addressing form. */
static void addressing(void)
{
    memory("(%rdi)", BYTES(0x48, 0x89, 0x07), 0x8000);
    memory("8(%rdi)", BYTES(0x48, 0x89, 0x47, 0x08), 0x8008);
    memory("-8(%rdi)", BYTES(0x48, 0x89, 0x47, 0xf8), 0x7ff8);
    memory("0x12345678(%rdi)", BYTES(0x48, 0x89, 0x87, 0x78, 0x56, 0x34, 0x12), 0x1234d678);
    memory("-1(%rdi) in 32 bits", BYTES(0x48, 0x89, 0x87, 0xff, 0xff, 0xff, 0xff), 0x7fff);
    memory("(%r15)", BYTES(0x49, 0x89, 0x07), 0x10000);
    memory("(%rsp)", BYTES(0x48, 0x89, 0x04, 0x24), 0x5000);
    memory("(%r12)", BYTES(0x49, 0x89, 0x04, 0x24), 0xd000);
    memory("0(%rbp)", BYTES(0x48, 0x89, 0x45, 0x00), 0x6000);
    memory("0(%r13)", BYTES(0x49, 0x89, 0x45, 0x00), 0xe000);
    memory("(%rdi,%rcx,8)", BYTES(0x48, 0x89, 0x04, 0xcf), 0x8000 + 0x10000);
    memory("(%rdi,%r12,4)", BYTES(0x4a, 0x89, 0x04, 0xa7), 0x8000 + 0x34000);
    memory("0x10(%r8,%r9,2)", BYTES(0x4b, 0x89, 0x44, 0x48, 0x10), 0x9010 + 0x14000);
    memory("0x1000 absolute", BYTES(0x48, 0x89, 0x04, 0x25, 0x00, 0x10, 0x00, 0x00), 0x1000);
    memory("absolute, negative", BYTES(0x48, 0x89, 0x04, 0x25, 0x00, 0x00, 0x00, 0x80),
           0xffffffff80000000);
    memory("(,%rcx,8)", BYTES(0x48, 0x89, 0x04, 0xcd, 0x10, 0x00, 0x00, 0x00), 0x10010);
    memory("0x10(%rip)", BYTES(0x48, 0x89, 0x05, 0x10, 0x00, 0x00, 0x00), 0x400017);
    memory("(%edi)", BYTES(0x67, 0x48, 0x89, 0x07), 0x8000);
    regs.rdi = 0xfffffffff0008000;
    memory("(%edi) of a large rdi", BYTES(0x67, 0x48, 0x89, 0x07), 0xf0008000);
    regs.rdi = 0x8000;
    memory("%fs:(%rdi)", BYTES(0x64, 0x48, 0x89, 0x07), 0x8000);
    ok(insn.segment == SEG_FS, "the FS prefix is told");
    memory("%ds:%gs:(%rdi)", BYTES(0x65, 0x3e, 0x48, 0x89, 0x07), 0x8000);
    ok(insn.segment == SEG_GS, "a DS prefix behind GS has no effect in 64-bit code");
}

static void forms(void)
{
    good("mov %eax, (%rdi)", BYTES(0x89, 0x07), 0x89, 4);
    good("mov %ax, (%rdi)", BYTES(0x66, 0x89, 0x07), 0x89, 2);
    good("mov %al, (%rdi)", BYTES(0x88, 0x07), 0x88, 1);
    good("a REX before 0x66 is void", BYTES(0x48, 0x66, 0x89, 0x07), 0x89, 2);
    ok(!insn.rex, "and is not told");
    good("REX.W wins over 0x66", BYTES(0x66, 0x48, 0x89, 0x07), 0x89, 8);
    good("movq $-1, (%rdi)", BYTES(0x48, 0xc7, 0x07, 0xff, 0xff, 0xff, 0xff), 0xc7, 8);
    is_u64(insn.imm, ~0UL, "its immediate is sign-extended");
    good("movw $0x8001, (%rdi)", BYTES(0x66, 0xc7, 0x07, 0x01, 0x80), 0xc7, 2);
    good("movb $1, 4(%rip)", BYTES(0xc6, 0x05, 0x04, 0, 0, 0, 0x01), 0xc6, 1);
    is_u64(insn_offset(&insn, &regs), 0x400000 + 7 + 4,
           "rip-relative counts from behind the immediate");
    good("movabs %rax, 0x123456789a", BYTES(0x48, 0xa3, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 0),
         0xa3, 8);
    is_u64(insn_offset(&insn, &regs), 0x123456789a, "its address");
    good("lock andb $0xfd, (%rdi)", BYTES(0xf0, 0x80, 0x27, 0xfd), 0x80, 1);
    ok(insn.lock && insn.reg == 4, "lock, extension 4");
    good("lock btrq $5, (%rdi)", BYTES(0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05), INSN_0F(0xba), 8);
    good("xchg %rax, (%rdi)", BYTES(0x48, 0x87, 0x07), 0x87, 8);
    good("lock cmpxchg %rcx, (%rdi)", BYTES(0xf0, 0x48, 0x0f, 0xb1, 0x0f), INSN_0F(0xb1), 8);
    good("lock xadd %rcx, (%rdi)", BYTES(0xf0, 0x48, 0x0f, 0xc1, 0x0f), INSN_0F(0xc1), 8);
    good("rep stosq", BYTES(0xf3, 0x48, 0xab), 0xab, 8);
    ok(insn.rep, "rep");
    good("mov %cr0, %rax", BYTES(0x0f, 0x20, 0xc0), INSN_0F(0x20), 8);
    good("mov %r9, %cr4", BYTES(0x41, 0x0f, 0x22, 0xe1), INSN_0F(0x22), 8);
    ok(insn.reg == 4 && insn.rm == 9 && !insn.is_mem, "cr4, r9");
    good("mov %cr0, %rdi with mod 0", BYTES(0x0f, 0x20, 0x07), INSN_0F(0x20), 8);
    ok(!insn.is_mem && insn.rm == 7, "is a register all the same");
    good("mov %cr8, %rax", BYTES(0x44, 0x0f, 0x20, 0xc0), INSN_0F(0x20), 8);
    is_u64(insn.reg, 8, "cr8 is not taken for cr0");
    good("wrmsr", BYTES(0x0f, 0x30), INSN_0F(0x30), 4);
    good("in $0x42, %al", BYTES(0xe4, 0x42), 0xe4, 1);
    is_u64((uint8_t)insn.imm, 0x42, "the port");
    good("in %dx, %ax", BYTES(0x66, 0xed), 0xed, 2);
    good("rep outsl", BYTES(0xf3, 0x6f), 0x6f, 4);
    good("int $0x80", BYTES(0xcd, 0x80), 0xcd, 4);
    is_u64((uint8_t)insn.imm, 0x80, "the vector");
    good("cli", BYTES(0xfa), 0xfa, 4);
}

static void unknown(const char *what, const uint8_t *bytes, unsigned int len)
{
    uint8_t padded[16] = { 0 };

    memcpy(padded, bytes, len);
    ok(decode(padded, 15, true) == DECODE_UNKNOWN, "%s is not for us", what);
}

static void others(void)
{
    unknown("cmp %rax, (%rdi)", BYTES(0x48, 0x39, 0x07));
    unknown("mov (%rdi), %rax", BYTES(0x48, 0x8b, 0x07));
    unknown("push", BYTES(0x50));
    unknown("syscall", BYTES(0x0f, 0x05));
    unknown("a VEX prefix", BYTES(0xc5, 0xf8, 0x77));
    unknown("movnti's neighbour", BYTES(0x0f, 0xc4, 0x07, 0));
    unknown("fifteen prefixes", BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                      0x66, 0x66, 0x66, 0x66, 0x66));
    unknown("an instruction of 16 bytes", BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                                0x66, 0x66, 0x48, 0xc7, 0x07, 1, 2));
    ok(decode(BYTES(0x66, 0x66), true) == DECODE_SHORT,
       "nothing but prefixes so far: more is needed");
    ok(decode(NULL, 0, true) == DECODE_SHORT, "nothing at all, likewise");
}

static void code_of_32_bits(void)
{
    ok(decode(BYTES(0x40), false) == DECODE_UNKNOWN, "0x40 is no REX in 32-bit code");
    ok(decode(BYTES(0xa3, 1, 2, 3, 4), false) == DECODE_OK && insn.len == 5 && insn.addr_size == 4,
       "32-bit moffs");
    ok(decode(BYTES(0x89, 0x05, 4, 0, 0, 0), false) == DECODE_OK && !insn.rip_relative &&
           insn_offset(&insn, &regs) == 4,
       "an absolute address, not rip-relative");
    ok(decode(BYTES(0x67, 0x89, 0x07), false) == DECODE_UNKNOWN, "16-bit addressing is refused");
    ok(decode(BYTES(0x67, 0xa3, 0x07, 0), false) == DECODE_UNKNOWN, "also in moffs");
    ok(decode(BYTES(0x2e, 0x6e), false) == DECODE_OK && insn.segment == SEG_CS,
       "overrides count there");
    ok(decode(BYTES(0x0f, 0x20, 0xc0), false) == DECODE_OK && insn.size == 4,
       "control registers are 32 bits");
}

static void byte_registers(void)
{
    struct cpu_regs r = { .rax = 0x1122334455667788 };
    struct insn i = { 0 };

    is_u64(insn_reg_read(&i, &r, 4, 1), 0x77, "without REX byte register 4 is ah");
    insn_reg_write(&i, &r, 4, 1, 0xab);
    is_u64(r.rax, 0x112233445566ab88, "writing it changes bits 15-8");
    i.rex = true;
    r.rsp = 0x99;
    is_u64(insn_reg_read(&i, &r, 4, 1), 0x99, "with REX it is spl");
    insn_reg_write(&i, &r, 0, 2, 0xffff);
    is_u64(r.rax, 0x112233445566ffff, "16 bits leave the rest");
    insn_reg_write(&i, &r, 0, 4, 0x12345678);
    is_u64(r.rax, 0x12345678, "32 bits clear the rest");
}

/* Any bytes at all: decoding ends, and claims no more than it was given. */
static void random_bytes(void)
{
    uint64_t seed = 0x9e3779b97f4a7c15;
    unsigned int known = 0;
    bool sane = true;

    for ( unsigned int n = 0; n < 2000000; n++ )
    {
        uint8_t *exact;
        unsigned int len = (unsigned int)(seed >> 60);
        enum decode_result res;

        exact = __builtin_malloc(len ? len : 1); /* so that ASan sees a byte too many */
        for ( unsigned int i = 0; i < len; i++ )
        {
            seed = seed * 6364136223846793005UL + 1442695040888963407UL;
            exact[i] = (uint8_t)(seed >> 56);
        }
        if ( len > 1 && (seed & 3) == 0 )
            exact[0] = 0x0f;
        res = decode(exact, len, seed >> 33 & 1);
        if ( res == DECODE_OK )
        {
            known++;
            sane = sane && insn.len >= 1 && insn.len <= len && insn.reg < 16 && insn.rm < 16 &&
                   insn.base < 16 && insn.index < 16 &&
                   (insn.size == 1 || insn.size == 2 || insn.size == 4 || insn.size == 8);
            insn_offset(&insn, &regs);
        }
        else
            sane = sane && (res == DECODE_UNKNOWN || (res == DECODE_SHORT && len < 15));
        __builtin_free(exact);
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    }
    ok(sane && known > 100000, "2000000 random strings: %u known instructions, none out of bounds",
       known);
}

/* ---- the common instructions ------------------------------------------------------------------- */

static uint64_t eight(const uint8_t *bytes)
{
    uint64_t v;

    memcpy(&v, bytes, sizeof(v));
    return v;
}

/* Every REX prefix or none, every opcode, every ModRM: what the short decoder says the other one says too. */
static void test_short(void)
{
    unsigned int taken = 0, differ = 0, missed = 0;

    for ( unsigned int rex = 0x3f; rex < 0x50; rex++ )
        for ( unsigned int op = 0; op < 256; op++ )
            for ( unsigned int modrm = 0; modrm < 256; modrm++ )
            {
                uint8_t with[8] = { (uint8_t)rex, 0x0f, (uint8_t)op, (uint8_t)modrm, 0x90 };
                const uint8_t *bytes = rex == 0x3f ? with + 1 : with;
                struct insn a, b;
                uint8_t padded[8] = { 0 };

                memcpy(padded, bytes, 7);
                memset(&a, 0, sizeof(a));
                memset(&b, 0, sizeof(b));
                if ( !insn_decode_short(eight(padded), &a) )
                {
                    missed += op == 0x20 || op == 0x22 || op == 0x30 || op == 0x32 || op == 6;
                    continue;
                }
                taken++;
                if ( insn_decode(padded, 8, true, &b) != DECODE_OK || a.len != b.len ||
                     a.opcode != b.opcode || a.size != b.size || a.addr_size != b.addr_size ||
                     a.rex != b.rex || a.reg != b.reg || a.rm != b.rm || a.is_mem != b.is_mem ||
                     a.has_modrm != b.has_modrm || a.lock != b.lock || a.rep != b.rep )
                    differ++;
            }
    ok(taken > 17 * 2 * 256 && !missed, "short: %u instructions taken, %u missed", taken, missed);
    ok(!differ, "short: %u decoded differently", differ);
}

/* Every first byte, ModRM and a few displacements: length, registers and address are those of the other decoder. */
static void test_plain_store(void)
{
    unsigned int taken = 0, differ = 0;

    for ( unsigned int rex = 0; rex < 256; rex++ )
        for ( unsigned int modrm = 0; modrm < 256; modrm++ )
            for ( unsigned int disp = 0; disp < 256; disp += 51 )
            {
                uint8_t bytes[8] = {
                    (uint8_t)rex,  0x89,           (uint8_t)modrm,       (uint8_t)disp,
                    (uint8_t)disp, (uint8_t)~disp, (uint8_t)(disp ^ 85), 0x90,
                };
                struct cpu_regs regs;
                struct plain_store p;
                struct insn b;

                for ( unsigned int i = 0; i < sizeof(regs) / 8; i++ )
                    ((uint64_t *)&regs)[i] = 0x1111111111111111UL * (i % 15);
                if ( !insn_decode_plain_store(eight(bytes), &p) )
                    continue;
                taken++;
                if ( insn_decode(bytes, 8, true, &b) != DECODE_OK || !insn_is_store(&b) ||
                     b.size != 8 || b.lock || b.rep || b.repne || b.len != p.len ||
                     b.reg != p.reg || b.segment != SEG_DEFAULT ||
                     *insn_reg(&regs, p.base) + (uint64_t)p.disp != insn_store_offset(&b, &regs) )
                    differ++;
            }
    ok(taken == 4 * 8 * 20 * 6, "plain store: %u instructions taken", taken);
    ok(!differ, "plain store: %u decoded differently", differ);
}

/* Every byte in front, second opcode byte and ModRM. */
static void test_cr_read(void)
{
    unsigned int taken = 0, differ = 0;

    for ( unsigned int before = 0; before < 256; before++ )
        for ( unsigned int opcode = 0; opcode < 256; opcode++ )
            for ( unsigned int modrm = 0; modrm < 256; modrm++ )
            {
                uint8_t bytes[8] = { (uint8_t)before, 0x0f, (uint8_t)opcode, (uint8_t)modrm };
                struct plain_cr_read r;
                struct insn b;

                if ( before == 0x0f )
                    memcpy(bytes, (uint8_t[]){ 0x0f, (uint8_t)opcode, (uint8_t)modrm, 0 }, 4);
                if ( !insn_decode_cr_read(eight(bytes), &r) )
                    continue;
                taken++;
                if ( insn_decode(bytes, 8, true, &b) != DECODE_OK || b.opcode != INSN_0F(0x20) ||
                     b.size != 8 || b.lock || b.rep || b.repne || b.len != r.len || b.reg != r.cr ||
                     b.rm != r.reg )
                    differ++;
            }
    ok(taken == (16 + 1) * 256, "read of a control register: %u instructions taken", taken);
    ok(!differ, "read of a control register: %u decoded differently", differ);
}

int main(void)
{
    addressing();
    forms();
    others();
    code_of_32_bits();
    byte_registers();
    random_bytes();
    test_short();
    test_plain_store();
    test_cr_read();
    return done();
}
