/* SPDX-License-Identifier: GPL-2.0-only */
/* What depends on a virtual privilege level: ports, CLI and STI by IOPL, gates by DPL. */
#include "traps.h"

static long set_iopl(unsigned int iopl)
{
    struct physdev_set_iopl op = { .iopl = iopl };

    return hyp_physdev_op(PHYSDEVOP_set_iopl, &op);
}

static unsigned long in_user(unsigned long fn)
{
    ((void (*)(void *))fn)(NULL);
    return 0;
}

static bool traps(void (*fn)(void *), bool user)
{
    return user ? !user_call(in_user, (unsigned long)fn, NULL) : probe(fn, NULL);
}

/* ---- IOPL ---- */

static uint8_t bytes[8];

static void do_in(void *arg)
{
    __asm__ volatile("inb %%dx, %%al" ::"d"(0x80) : "rax");
}
static void do_in_imm(void *arg)
{
    __asm__ volatile("inb $0x80, %%al" ::: "rax");
}
static void do_out(void *arg)
{
    __asm__ volatile("outb %%al, %%dx" ::"a"(0), "d"(0x80));
}
static void do_out_imm(void *arg)
{
    __asm__ volatile("outb %%al, $0x80" ::"a"(0));
}
static void do_ins(void *arg)
{
    uint8_t *to = bytes;

    __asm__ volatile("insb" : "+D"(to) : "d"(0x80) : "memory");
}
static void do_outs(void *arg)
{
    const uint8_t *from = bytes;

    __asm__ volatile("outsb" : "+S"(from) : "d"(0x80) : "memory");
}
static void do_cli(void *arg)
{
    __asm__ volatile("cli");
}
static void do_sti(void *arg)
{
    __asm__ volatile("sti");
}

static const struct
{
    void (*fn)(void *);
    const char *name;
} by_iopl[] = {
    { do_in, "in" },   { do_in_imm, "in, port in the instruction" },
    { do_out, "out" }, { do_out_imm, "out, port in the instruction" },
    { do_ins, "ins" }, { do_outs, "outs" },
    { do_cli, "cli" }, { do_sti, "sti" },
};

TEST("iopl-matrix", "ports, cli and sti by IOPL, from both modes", 0)
{
    for ( unsigned int iopl = 0; iopl <= 3; iopl++ )
    {
        check_rc(set_iopl(iopl), 0, "IOPL %u", iopl);
        for ( unsigned int user = 0; user < 2; user++ )
            for ( unsigned int i = 0; i < ARRAY_SIZE(by_iopl); i++ )
            {
                bool may = iopl >= (user ? 3 : 1), trapped = traps(by_iopl[i].fn, user);

                check(may ? !trapped
                          : trapped && probe_regs.vector == TRAP_GP && probe_regs.error == 0,
                      "IOPL %u, %s from %s: %s", iopl, by_iopl[i].name,
                      user ? "user mode" : "the kernel", may ? "works" : "#GP");
            }
    }
    for ( unsigned int iopl = 4; iopl; iopl <<= 7 )
        check_rc(set_iopl(iopl), -XEN_EINVAL, "IOPL %u", iopl);
    check(!traps(do_in, true), "IOPL 3 is still set");
    check_rc(set_iopl(0), 0, "IOPL 0");
    check(traps(do_in, false), "then no ports");
}

extern char port_then_ud2[], levels_ud2[];
__asm__(".text; port_then_ud2: mov $0x80, %edx; inb %dx, %al; levels_ud2: ud2");

static void do_ud2(void *arg)
{
    ((void (*)(void))(void *)levels_ud2)();
}

static uint64_t frame_iopl(bool user)
{
    traps(do_ud2, user);
    return probe_regs.rflags & EFLAGS_IOPL;
}

TEST("iopl-hidden", "frames have no IOPL, whatever was set", 0)
{
    for ( unsigned int iopl = 0; iopl <= 3; iopl++ )
    {
        check_rc(set_iopl(iopl), 0, "IOPL %u", iopl);
        check_eq(frame_iopl(false), 0, "a frame of the kernel's");
        check_eq(frame_iopl(true), 0, "a frame of user mode's");
    }
}

static void go(void *arg)
{
    iret_to(arg);
}

/* An iret with this IOPL to a port read, and what comes of that: #UD behind it, or #GP. */
static unsigned int iret_to_port(unsigned int iopl, bool user)
{
    static char stack[256] __attribute__((aligned(16)));
    struct iret_frame f = { .rip = (uint64_t)port_then_ud2,
                            .cs = user ? FLAT_USER_CS : FLAT_KERNEL_CS & ~3UL,
                            .rflags = EFLAGS_IF | 2 | (uint64_t)iopl << 12,
                            .rsp = (uint64_t)(stack + sizeof(stack)),
                            .ss = FLAT_USER_SS };

    return probe(go, &f) ? (unsigned int)probe_regs.vector : ~0U;
}

/* With it IOPL is what a kernel on a bare CPU has: part of rflags, restored by iret, and no check of ring 0. */
TEST("iopl-architectural", "VMASST_TYPE_architectural_iopl: IOPL in frames and by iret", 0)
{
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0, "enable");
    for ( unsigned int iopl = 0; iopl <= 3; iopl++ )
        for ( unsigned int user = 0; user < 2; user++ )
        {
            const char *mode = user ? "user mode" : "the kernel";

            check_eq(iret_to_port(iopl, user), !user || iopl == 3 ? TRAP_UD : TRAP_GP,
                     "iret with IOPL %u to %s: its ports", iopl, mode);
            check_eq(probe_regs.rflags & EFLAGS_IOPL, (uint64_t)iopl << 12, "IOPL in its frame");
            if ( user )
                continue;
            check_rc(set_iopl(3 - iopl), 0, "set_iopl(%u)", 3 - iopl);
            check_eq(frame_iopl(false), (uint64_t)(3 - iopl) << 12, "is in the next frame");
        }
    check_rc(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0, "disable");
    check_rc(set_iopl(0), 0, "IOPL 0");
    check_eq(iret_to_port(3, true), TRAP_GP, "now iret does not set it");
    check_eq(probe_regs.rflags & EFLAGS_IOPL, 0, "nor is it in frames");
}

/* popf at CPL 3 never changes IOPL and IF, of the CPU's own accord. */
static unsigned long pop_flags(unsigned long flags)
{
    unsigned long got;

    __asm__ volatile("push %1; popfq; pushfq; pop %0; push $2; popfq" : "=r"(got) : "r"(flags));
    return got;
}

TEST("iopl-popf", "popf changes neither IOPL nor IF", 0)
{
    unsigned long got = 0;

    for ( unsigned int iopl = 0; iopl <= 3; iopl += 3 )
    {
        check_rc(set_iopl(iopl), 0, "IOPL %u", iopl);
        check_eq(pop_flags(0x3002) & (EFLAGS_IOPL | EFLAGS_IF), EFLAGS_IF, "the kernel");
        check(user_call(pop_flags, 0x3002, &got), "user mode");
        check_eq(got & (EFLAGS_IOPL | EFLAGS_IF), EFLAGS_IF, "neither there");
    }
}

/* ---- Widths of ports ---- */

static uint64_t rax_after;

#define IN(name, insn)                                                                             \
    static void name(void *arg)                                                                    \
    {                                                                                              \
        __asm__ volatile(insn : "=a"(rax_after) : "0"(0x1122334455667788), "d"(0x1234));           \
    }
IN(in_b, "inb %%dx, %%al")
IN(in_w, "inw %%dx, %%ax")
IN(in_l, "inl %%dx, %%eax")
IN(in_b_imm, "inb $0xf0, %%al")
IN(in_w_imm, "inw $0xf2, %%ax")
IN(in_l_imm, "inl $0xf4, %%eax")

/* Nobody is at these ports: ones. What is above is kept, but for an access of 32 bits. */
TEST("port-widths", "reads of ports change as much of rax as they are wide", 0)
{
    check_rc(set_iopl(1), 0, "IOPL 1");
    check(!traps(in_b, false), "inb");
    check_eq(rax_after, 0x11223344556677ff, "rax");
    check(!traps(in_w, false), "inw");
    check_eq(rax_after, 0x112233445566ffff, "rax");
    check(!traps(in_l, false), "inl");
    check_eq(rax_after, 0xffffffff, "rax");
    if ( initial_domain() )
        return; /* there may be somebody at the other ports */
    check(!traps(in_b_imm, false), "inb, port in the instruction");
    check_eq(rax_after, 0x11223344556677ff, "rax");
    check(!traps(in_w_imm, false), "inw, port in the instruction");
    check_eq(rax_after, 0x112233445566ffff, "rax");
    check(!traps(in_l_imm, false), "inl, port in the instruction");
    check_eq(rax_after, 0xffffffff, "rax");
}

/* ---- Gates ---- */

static uint8_t *int_code;

static void run_int(void *arg)
{
    ((void (*)(void))(void *)int_code)();
}

static bool no_gate_of_ours(unsigned int n)
{
    /* Some hypervisors take calls of 32-bit kernels by 0x82, and have no fast way for 0x80 by DPL (int-80-dpl). */
    return n == 0x82 || n == 0x80;
}

/* Entered by INT, no vector has an error code: those that otherwise have one borrow a stub. */
static unsigned int stub_of(unsigned int n)
{
    static const uint32_t with_code = 1U << 8 | 0x1fU << 10 | 1U << 17 | 1U << 21 | 3U << 29;

    return n < 32 && with_code >> n & 1 ? 0x60 + n : n;
}

TEST("int-sweep", "INT n for every n, by the DPL of its gate", 0)
{
    static struct trap_info t[257];
    unsigned int lost = 0, refused = 0, wrong = 0;

    if ( int_n_fault() )
    {
        skip(int_n_fault());
        return;
    }
    int_code = page_alloc();
    for ( unsigned int dpl = 0; dpl <= 3; dpl += 1 + (dpl == 1) )
    {
        for ( unsigned int n = 0; n < 256; n++ )
            t[n] = (struct trap_info){ (uint8_t)n, (uint8_t)dpl, FLAT_KERNEL_CS,
                                       trap_stub(stub_of(n)) };
        t[TRAP_GP].address = trap_stub(TRAP_GP);
        check_rc(hyp_set_trap_table(t), 0, "all gates with DPL %u", dpl);
        for ( unsigned int n = 0; n < 256; n++ )
            for ( unsigned int user = 0; user < 2; user++ )
            {
                bool may = dpl >= (user ? 3 : 1);

                if ( no_gate_of_ours(n) || n == TRAP_GP )
                    continue;
                int_code[0] = 0xcd;
                int_code[1] = (uint8_t)n;
                int_code[2] = 0xc3;
                traps(run_int, user);
                if ( may )
                    lost +=
                        probe_regs.vector != stub_of(n) || probe_regs.rip != (uint64_t)int_code + 2;
                else if ( n == 3 || n == 4 )
                    continue; /* these have gates that everybody may use in many hypervisors */
                else
                    refused += probe_regs.vector != TRAP_GP || probe_regs.error != n * 8 + 2 ||
                               probe_regs.rip != (uint64_t)int_code;
                wrong += (probe_regs.cs & 3) != (user ? 3 : 0);
            }
    }
    check_eq(lost, 0, "that were to be delivered, and were not");
    check_eq(refused, 0, "that were to be refused by a #GP that names them, and were not");
    check_eq(wrong, 0, "that came from another mode");
}

static void int3(void *arg)
{
    __asm__ volatile("int3" ::: "memory");
}

static void into(void *arg)
{
    __asm__ volatile(".byte 0xce" ::: "memory");
}

TEST("int-one-byte", "INT3 and INTO", 0)
{
    for ( unsigned int user = 0; user < 2; user++ )
    {
        const char *mode = user ? "user mode" : "the kernel";

        check(traps(int3, user) && probe_regs.vector == TRAP_BP, "int3 from %s: #BP", mode);
        check_eq(*(const uint8_t *)(probe_regs.rip - 1), 0xcc, "rip is behind it");
        check_eq(probe_regs.error, 0, "error code");
        check(traps(into, user) && probe_regs.vector == TRAP_UD, "into from %s: #UD in 64-bit code",
              mode);
    }
}
