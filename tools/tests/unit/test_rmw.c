// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/decode.c xen/arch/x86/pv/rmw.c
/*
 * Stores carried out for a guest, against the CPU that this test runs on: each form with random operands is decoded and computed, and
 * executed for real. Memory, registers and flags must come out the same, but for flags that the manual leaves undefined.
 */
#include <asm/pv/decode.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "tap.h"

void __attribute__((noreturn)) port_bug(const char *file, int line, const char *what);
void port_bug(const char *file, int line, const char *what)
{
    printf("Bail out! %s:%d: %s\n", file, line, what);
    __builtin_trap();
}

#define FLAGS                                                                                      \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

static uint8_t *code;
static struct cpu_regs native;
static const uint8_t *volatile native_code;

/* Run the instruction at native_code with the registers and flags of @native; rsp and rbp stay the test's. */
static void __attribute__((noinline)) run_native(void)
{
    __asm__ volatile(
        "pushq %%rbp\n\t"
        "movq %[regs], %%r15\n\t"
        "movq %[code], %%r14\n\t"
        "pushq %c[flags](%%r15)\n\t"
        "movq %c[rax](%%r15), %%rax\n\t"
        "movq %c[rcx](%%r15), %%rcx\n\t"
        "movq %c[rdx](%%r15), %%rdx\n\t"
        "movq %c[rbx](%%r15), %%rbx\n\t"
        "movq %c[rsi](%%r15), %%rsi\n\t"
        "movq %c[rdi](%%r15), %%rdi\n\t"
        "movq %c[r8](%%r15), %%r8\n\t"
        "movq %c[r9](%%r15), %%r9\n\t"
        "popfq\n\t"
        "call *%%r14\n\t"
        "pushfq\n\t"
        "cld\n\t"
        "popq %c[flags](%%r15)\n\t"
        "movq %%rax, %c[rax](%%r15)\n\t"
        "movq %%rcx, %c[rcx](%%r15)\n\t"
        "movq %%rdx, %c[rdx](%%r15)\n\t"
        "movq %%rbx, %c[rbx](%%r15)\n\t"
        "movq %%rsi, %c[rsi](%%r15)\n\t"
        "movq %%rdi, %c[rdi](%%r15)\n\t"
        "movq %%r8, %c[r8](%%r15)\n\t"
        "movq %%r9, %c[r9](%%r15)\n\t"
        "popq %%rbp"
        :
        : [regs] "r"(&native), [code] "r"(native_code),
          [flags] "i"(offsetof(struct cpu_regs, rflags)), [rax] "i"(offsetof(struct cpu_regs, rax)),
          [rcx] "i"(offsetof(struct cpu_regs, rcx)), [rdx] "i"(offsetof(struct cpu_regs, rdx)),
          [rbx] "i"(offsetof(struct cpu_regs, rbx)), [rsi] "i"(offsetof(struct cpu_regs, rsi)),
          [rdi] "i"(offsetof(struct cpu_regs, rdi)), [r8] "i"(offsetof(struct cpu_regs, r8)),
          [r9] "i"(offsetof(struct cpu_regs, r9))
        : "rax", "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r14", "r15",
          "memory", "cc");
}

static uint64_t rnd(void)
{
    static uint64_t seed = 12345;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Small, large, and edge values alike. */
static uint64_t operand(void)
{
    static const uint64_t edges[] = { 0,
                                      1,
                                      0x7f,
                                      0x80,
                                      0xff,
                                      0x7fff,
                                      0x8000,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      ~0UL,
                                      0x10000000400067 };

    return rnd() & 1 ? edges[rnd() % (sizeof(edges) / sizeof(edges[0]))] : rnd();
}

#define MEM_SIZE 4096
static uint8_t *mem_native, *mem_model, *mem_start;

struct form
{
    const char *name;
    uint8_t opcode[2]; /* the second used when the first is 0x0f */
    int extension;     /* in ModRM, or -1: a register */
    unsigned int imm;  /* bytes of immediate; 9: 4, or 2 with 16-bit operands */
    bool byte, string;
    bool bit_register;  /* the register is a bit number of any size */
    uint64_t undefined; /* flags the manual leaves open */
};

#define BT_UNDEFINED (X86_EFLAGS_OF | X86_EFLAGS_SF | X86_EFLAGS_AF | X86_EFLAGS_PF)
#define ALU_FORMS(name, n, undef)                                                                  \
    { name " byte", { (n)*8 }, -1, 0, true, false, false, undef },                                 \
        { name, { (n)*8 + 1 }, -1, 0, false, false, false, undef },                                \
        { name " $ byte", { 0x80 }, n, 1, true, false, false, undef },                             \
        { name " $", { 0x81 }, n, 9, false, false, false, undef },                                 \
    {                                                                                              \
        name " $8", { 0x83 }, n, 1, false, false, false, undef                                     \
    }

static const struct form forms[] = {
    ALU_FORMS("add", 0, 0),
    ALU_FORMS("or", 1, X86_EFLAGS_AF),
    ALU_FORMS("adc", 2, 0),
    ALU_FORMS("sbb", 3, 0),
    ALU_FORMS("and", 4, X86_EFLAGS_AF),
    ALU_FORMS("sub", 5, 0),
    ALU_FORMS("xor", 6, X86_EFLAGS_AF),
    { "mov byte", { 0x88 }, -1, 0, true, false, false, 0 },
    { "mov", { 0x89 }, -1, 0, false, false, false, 0 },
    { "mov $ byte", { 0xc6 }, 0, 1, true, false, false, 0 },
    { "mov $", { 0xc7 }, 0, 9, false, false, false, 0 },
    { "xchg byte", { 0x86 }, -1, 0, true, false, false, 0 },
    { "xchg", { 0x87 }, -1, 0, false, false, false, 0 },
    { "inc byte", { 0xfe }, 0, 0, true, false, false, 0 },
    { "dec byte", { 0xfe }, 1, 0, true, false, false, 0 },
    { "inc", { 0xff }, 0, 0, false, false, false, 0 },
    { "dec", { 0xff }, 1, 0, false, false, false, 0 },
    { "stos byte", { 0xaa }, -1, 0, true, true, false, 0 },
    { "stos", { 0xab }, -1, 0, false, true, false, 0 },
    { "bts", { 0x0f, 0xab }, -1, 0, false, false, true, BT_UNDEFINED },
    { "btr", { 0x0f, 0xb3 }, -1, 0, false, false, true, BT_UNDEFINED },
    { "btc", { 0x0f, 0xbb }, -1, 0, false, false, true, BT_UNDEFINED },
    { "bts $", { 0x0f, 0xba }, 5, 1, false, false, false, BT_UNDEFINED },
    { "btr $", { 0x0f, 0xba }, 6, 1, false, false, false, BT_UNDEFINED },
    { "btc $", { 0x0f, 0xba }, 7, 1, false, false, false, BT_UNDEFINED },
    { "cmpxchg byte", { 0x0f, 0xb0 }, -1, 0, true, false, false, 0 },
    { "cmpxchg", { 0x0f, 0xb1 }, -1, 0, false, false, false, 0 },
    { "xadd byte", { 0x0f, 0xc0 }, -1, 0, true, false, false, 0 },
    { "xadd", { 0x0f, 0xc1 }, -1, 0, false, false, false, 0 },
    { "movnti", { 0x0f, 0xc3 }, -1, 0, false, false, false, 0 },
};

/* Registers that may be an operand without disturbing the test: not rsp, rbp; rdi is the address. */
static unsigned int pick_register(void)
{
    static const unsigned int choice[] = { 0, 1, 2, 3, 6, 8, 9 };

    return choice[rnd() % 7];
}

static unsigned int build(const struct form *f, uint8_t *p)
{
    uint8_t *start = p;
    unsigned int width = f->byte ? 0 : (unsigned int)(rnd() % 3);
    unsigned int reg = f->extension >= 0 ? (unsigned int)f->extension : pick_register();
    uint8_t rex = width == 2 ? 0x48 : 0;
    unsigned int imm = f->imm;
    bool movnti = f->opcode[0] == 0x0f && f->opcode[1] == 0xc3;

    if ( width == 1 && !movnti )
        *p++ = 0x66;
    if ( imm == 9 )
        imm = width == 1 ? 2 : 4;
    /* ah, ch, dh, bh */
    if ( f->byte && f->extension < 0 && !f->string && (rnd() & 1) )
        reg = 4 + (unsigned int)(rnd() & 3);
    else if ( f->byte && f->extension < 0 )
        rex |= 0x40;
    if ( reg >= 8 )
        rex |= 0x44;
    if ( rex )
        *p++ = rex;
    *p++ = f->opcode[0];
    if ( f->opcode[0] == 0x0f )
        *p++ = f->opcode[1];
    if ( !f->string )
        *p++ = (uint8_t)((reg & 7) << 3 | 7);
    for ( unsigned int i = 0; i < imm; i++ )
        *p++ = (uint8_t)operand();
    *p = 0xc3; /* ret */
    return (unsigned int)(p - start);
}

static void random_state(const struct form *f, struct cpu_regs *r)
{
    memset(r, 0, sizeof(*r));
    r->rax = operand();
    r->rcx = operand();
    r->rdx = operand();
    r->rbx = operand();
    r->rsi = operand();
    r->r8 = operand();
    r->r9 = operand();
    if ( f->bit_register )
        for ( unsigned int i = 0; i < 10; i++ )
            if ( i != 4 && i != 5 )
                *insn_reg(r, i) = rnd() % (MEM_SIZE * 4) - MEM_SIZE * 2;
    r->rflags = 0x202 | (rnd() & FLAGS) | (rnd() & 1 ? X86_EFLAGS_DF : 0);
    r->rdi = MEM_SIZE / 2; /* an offset, as long as it is nobody's address */
}

static bool same(const struct form *f, const struct cpu_regs *a, const struct cpu_regs *b)
{
    uint64_t flags = ~f->undefined;

    return a->rax == b->rax && a->rcx == b->rcx && a->rdx == b->rdx && a->rbx == b->rbx &&
           a->rsi == b->rsi && a->rdi == b->rdi && a->r8 == b->r8 && a->r9 == b->r9 &&
           (a->rflags & FLAGS & flags) == (b->rflags & FLAGS & flags) &&
           (a->rflags & X86_EFLAGS_DF) == (b->rflags & X86_EFLAGS_DF);
}

static bool one(const struct form *f)
{
    unsigned int len = build(f, code);
    struct cpu_regs model;
    struct insn insn;
    uint64_t old = 0, new = 0, offset;

    if ( insn_decode(code, len, true, &insn) != DECODE_OK || insn.len != len ||
         !insn_is_store(&insn) )
        return false;
    random_state(f, &model);
    for ( unsigned int i = 0; i < MEM_SIZE; i += 8 )
    {
        uint64_t val = operand();

        memcpy(mem_start + i, &val, 8);
    }
    if ( !f->bit_register && (rnd() & 1) ) /* make compares succeed, too */
        memcpy(&model.rax, mem_start + MEM_SIZE / 2, 8);
    memcpy(mem_native, mem_start, MEM_SIZE);
    memcpy(mem_model, mem_start, MEM_SIZE);

    native = model;
    native.rdi += (uint64_t)mem_native;
    model.rdi += (uint64_t)mem_model;
    native_code = code;
    run_native();

    offset = insn_store_offset(&insn, &model) - (uint64_t)mem_model;
    if ( offset > MEM_SIZE - insn.size )
        return false;
    memcpy(&old, mem_model + offset, insn.size);
    if ( rmw_execute(&insn, &model, old, &new) )
        memcpy(mem_model + offset, &new, insn.size);
    native.rdi -= (uint64_t)mem_native;
    model.rdi -= (uint64_t)mem_model;
    if ( same(f, &native, &model) && !memcmp(mem_native, mem_model, MEM_SIZE) )
        return true;
    note("%s, size %u: flags %lx and %lx, rax %lx and %lx, memory %s", f->name, insn.size,
         native.rflags, model.rflags, native.rax, model.rax,
         memcmp(mem_native, mem_model, MEM_SIZE) ? "differs" : "is the same");
    return false;
}

static void against_the_cpu(void)
{
    for ( unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++ )
    {
        unsigned int n = 0;

        while ( n < 500 && one(&forms[i]) )
            n++;
        ok(n == 500, "%s: 500 times as the CPU does it", forms[i].name);
    }
}

/* A register as bit number reaches 2^60 bytes to either side: the address is far away, not wrapped into the page. */
static void far_bits(void)
{
    static const uint8_t bts[] = { 0x48, 0x0f, 0xab, 0x0f }; /* bts %rcx, (%rdi) */
    struct cpu_regs r = { .rdi = 0x10000 };
    struct insn insn;

    insn_decode(bts, sizeof(bts), true, &insn);
    r.rcx = 1UL << 63;
    is_u64(insn_store_offset(&insn, &r), 0x10000 - (1UL << 60),
           "bit -2^63 lies 2^60 bytes below (XSA-195)");
    r.rcx = ~0UL;
    is_u64(insn_store_offset(&insn, &r), 0xfff8, "bit -1 lies in the word before");
    r.rcx = 64;
    is_u64(insn_store_offset(&insn, &r), 0x10008, "bit 64 in the word after");
    r.rcx = 63;
    is_u64(insn_store_offset(&insn, &r), 0x10000, "bit 63 in the word itself");
}

static void no_stores(void)
{
    static const struct
    {
        uint8_t bytes[8];
        const char *name;
    } loads[] = {
        { { 0x80, 0x3f, 0 }, "cmpb" },
        { { 0x0f, 0xba, 0x27, 5 }, "bt" },
        { { 0xff, 0x17 }, "call" },
        { { 0xff, 0x37 }, "push" },
        { { 0x89, 0xc1 }, "mov to a register" },
        { { 0x0f, 0x20, 0xc0 }, "mov %cr0" },
        { { 0x0f, 0xc7, 0x0f }, "cmpxchg8b" },
        { { 0xfa }, "cli" },
    };

    for ( unsigned int i = 0; i < sizeof(loads) / sizeof(loads[0]); i++ )
    {
        struct insn insn;

        ok(insn_decode(loads[i].bytes, 8, true, &insn) == DECODE_OK && !insn_is_store(&insn),
           "%s is no store", loads[i].name);
    }
}

static void repeated_store(void)
{
    static const uint8_t bytes[] = { 0xf3, 0x48, 0xab };
    struct cpu_regs r = { .rax = 7, .rcx = 3, .rdi = 0x1000 };
    struct insn insn;
    uint64_t new;

    insn_decode(bytes, sizeof(bytes), true, &insn);
    ok(rmw_execute(&insn, &r, 0, &new) && new == 7 && r.rcx == 2 && r.rdi == 0x1008,
       "rep stos does one element");
}

static uint8_t *map(int prot)
{
    uint8_t *p = mmap(NULL, MEM_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if ( p == MAP_FAILED )
        exit(1);
    return p;
}

int main(void)
{
    code = map(PROT_READ | PROT_WRITE | PROT_EXEC);
    mem_native = map(PROT_READ | PROT_WRITE);
    mem_model = map(PROT_READ | PROT_WRITE);
    mem_start = map(PROT_READ | PROT_WRITE);
    against_the_cpu();
    far_bits();
    no_stores();
    repeated_store();
    return done();
}
