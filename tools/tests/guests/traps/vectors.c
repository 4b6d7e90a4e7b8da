/* SPDX-License-Identifier: GPL-2.0-only */
/* Which instruction raises what, with which error code, from kernel and from user mode. */
#include "traps.h"

#define HV_DATA_SELECTOR 0xe010

static uint64_t noncanonical = 0x0000900000000000UL;

static void de(void *arg)
{
    __asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax; div %%ecx" ::
                         : "eax", "ecx", "edx");
}
static void bp(void *arg)
{
    __asm__ volatile("int3");
}
static void ud(void *arg)
{
    __asm__ volatile("ud2");
}
static void ss(void *arg)
{
    __asm__ volatile("push %%rbp; mov %0, %%rbp; mov (%%rbp), %%rax; pop %%rbp" ::"r"(noncanonical)
                     : "rax");
}
static void gp_address(void *arg)
{
    __asm__ volatile("mov (%0), %%rax" ::"r"(noncanonical) : "rax");
}
static void gp_selector(void *arg)
{
    __asm__ volatile("mov %0, %%fs" ::"r"(0x1230));
}
static void np_selector(void *arg)
{
    __asm__ volatile("mov %0, %%ds" ::"r"(HV_DATA_SELECTOR));
}
static void db(void *arg)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" ::: "memory");
}
static void read_null(void *arg)
{
    (void)*(volatile int *)0xdead0000;
}
static void write_null(void *arg)
{
    *(volatile int *)0xdead0000 = 1;
}
static void exec_null(void *arg)
{
    ((void (*)(void))0xdead0000UL)();
}
static char readonly_page[4096] __attribute__((aligned(4096)));
static void write_readonly(void *arg)
{
    *(volatile char *)readonly_page = 1;
}
static void read_hypervisor(void *arg)
{
    (void)*(volatile int *)0xffff820000100000UL;
}
static void write_hypervisor(void *arg)
{
    *(volatile int *)0xffff820000100000UL = 1;
}
static void read_frame_table(void *arg)
{
    (void)*(volatile int *)0xffff82e000000000UL;
}
static void read_perdomain(void *arg)
{
    (void)*(volatile int *)0xffff818000000000UL;
}
static void read_directmap(void *arg)
{
    (void)*(volatile int *)0xffff830000100000UL;
}
static void write_m2p(void *arg)
{
    *(volatile int *)0xffff800000000000UL = 1;
}
static void exec_m2p(void *arg)
{
    ((void (*)(void))0xffff800000000000UL)();
}
static void fpu(void *arg)
{
    __asm__ volatile("fninit");
}

struct vector_case
{
    const char *name;
    void (*fn)(void *);
    unsigned int vector;
    uint64_t kernel_error, user_error, cr2;
};

static const struct vector_case cases[] = {
    { "div by 0", de, TRAP_DE, 0, 0, 0 },
    { "int3", bp, TRAP_BP, 0, 0, 0 },
    { "ud2", ud, TRAP_UD, 0, 0, 0 },
    { "non-canonical through rbp", ss, TRAP_SS, 0, 0, 0 },
    { "non-canonical load", gp_address, TRAP_GP, 0, 0, 0 },
    { "selector without a descriptor", gp_selector, TRAP_GP, 0x1230, 0x1230, 0 },
    { "the hypervisor's data selector", np_selector, TRAP_GP, HV_DATA_SELECTOR & ~3,
      HV_DATA_SELECTOR & ~3, 0 },
    { "single step", db, TRAP_DB, 0, 0, 0 },
    { "read, not mapped", read_null, TRAP_PF, 0, PF_U, 0xdead0000 },
    { "write, not mapped", write_null, TRAP_PF, PF_W, PF_U | PF_W, 0xdead0000 },
    { "execute, not mapped", exec_null, TRAP_PF, PF_I, PF_U | PF_I, 0xdead0000 },
    { "write, read-only", write_readonly, TRAP_PF, PF_P | PF_W, PF_P | PF_U | PF_W,
      (uint64_t)readonly_page },
};

static const struct
{
    const char *name;
    void (*fn)(void *);
    uint64_t cr2;
} hidden[] = {
    { "write to the M2P", write_m2p, 0xffff800000000000UL },
    { "execute the M2P", exec_m2p, 0xffff800000000000UL },
    { "read the hypervisor", read_hypervisor, 0xffff820000100000UL },
    { "write the hypervisor", write_hypervisor, 0xffff820000100000UL },
    { "read frame accounts", read_frame_table, 0xffff82e000000000UL },
    { "read the descriptor window", read_perdomain, 0xffff818000000000UL },
    { "read the direct map", read_directmap, 0xffff830000100000UL },
};

static unsigned long in_user(unsigned long arg)
{
    ((void (*)(void *))arg)(NULL);
    return 0;
}

/* QEMU's TCG raises #GP where a CPU raises #SS. */
static bool vector_is(unsigned int vector)
{
    return probe_regs.vector == vector || (vector == TRAP_SS && probe_regs.vector == TRAP_GP);
}

TEST("exceptions-kernel", "exceptions in kernel mode", 0)
{
    if ( page_set_ro(readonly_page) )
        panic("read-only page");
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        bool trapped = probe(cases[i].fn, NULL);

        check(trapped && vector_is(cases[i].vector), "%s: vector %u", cases[i].name,
              cases[i].vector);
        check_eq(probe_regs.error, cases[i].kernel_error, "%s: error code", cases[i].name);
        check_eq(probe_regs.cs & 3, 0, "%s: cs says kernel", cases[i].name);
        if ( cases[i].cr2 )
            check_eq(probe_cr2, cases[i].cr2, "%s: cr2", cases[i].name);
    }
}

TEST("hypervisor-from-kernel", "the hypervisor's areas, touched by the kernel", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(hidden); i++ )
    {
        check(probe(hidden[i].fn, NULL) && probe_regs.vector == TRAP_PF, "%s: #PF", hidden[i].name);
        check_eq(probe_regs.error & PF_U, 0, "%s: the kernel is to blame", hidden[i].name);
        check_eq(probe_cr2, hidden[i].cr2, "%s: cr2", hidden[i].name);
    }
}

TEST("exceptions-user", "exceptions in user mode", 0)
{
    if ( page_set_ro(readonly_page) )
        panic("read-only page");
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        bool done = user_call(in_user, (unsigned long)cases[i].fn, NULL);

        check(!done && vector_is(cases[i].vector), "%s: vector %u", cases[i].name, cases[i].vector);
        check_eq(probe_regs.error, cases[i].user_error, "%s: error code", cases[i].name);
        check_eq(probe_regs.cs & 3, 3, "%s: cs says user", cases[i].name);
        if ( cases[i].cr2 )
            check_eq(probe_cr2, cases[i].cr2, "%s: cr2", cases[i].name);
    }
}

TEST("hypervisor-from-user", "the hypervisor's areas, touched by user mode", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(hidden); i++ )
    {
        check(!user_call(in_user, (unsigned long)hidden[i].fn, NULL) &&
                  probe_regs.vector == TRAP_PF,
              "%s: #PF", hidden[i].name);
        check_eq(probe_cr2, hidden[i].cr2, "%s: cr2", hidden[i].name);
    }
}

TEST("fpu-taskswitch", "fpu_taskswitch and #NM", 0)
{
    check_rc(HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0), 0, "fpu_taskswitch(1)");
    check(probe(fpu, NULL) && probe_regs.vector == TRAP_NM, "an FPU instruction: #NM");
    check_rc(HYPERCALL(fpu_taskswitch, 0, 0, 0, 0, 0), 0, "fpu_taskswitch(0)");
    check(!probe(fpu, NULL), "an FPU instruction works");
    check_rc(HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0), 0, "fpu_taskswitch(1)");
    check(probe(fpu, NULL) && probe_regs.vector == TRAP_NM, "an FPU instruction: #NM");
    check(!probe(fpu, NULL), "after the #NM it works: delivering it cleared TS");
}

/* ---- INT n ---- */

static void int_dpl3(void *arg)
{
    __asm__ volatile("int $0x40");
}
static void int_dpl1(void *arg)
{
    __asm__ volatile("int $0x41");
}
static void int_dpl0(void *arg)
{
    __asm__ volatile("int $0x42");
}
static void int_0(void *arg)
{
    __asm__ volatile("int $0");
}
static void int_3(void *arg)
{
    __asm__ volatile(".byte 0xcd, 3");
}
static void int_14(void *arg)
{
    __asm__ volatile("int $14");
}
static void int_80(void *arg)
{
    __asm__ volatile("int $0x80");
}
static void int_ff(void *arg)
{
    __asm__ volatile("int $0xff");
}

/* What one INT gave; where the machine misnames the gate, only that it was refused can be told, if it was. */
static void one_int(const char *name, void (*fn)(void *), unsigned int n, bool user, bool may)
{
    const char *mode = user ? "user mode" : "the kernel", *why = int_n_fault();

    if ( user )
        user_call(in_user, (unsigned long)fn, NULL);
    else
        probe(fn, NULL);
    if ( why && may )
        leave_out(why, "%s from %s: vector", name, mode);
    else
        check_eq(probe_regs.vector, may ? n : TRAP_GP, "%s from %s: vector", name, mode);
    if ( why )
        leave_out(why, "%s from %s: error code", name, mode);
    else
        check_eq(probe_regs.error, may ? 0 : n * 8 + 2, "%s from %s: error code", name, mode);
    if ( user )
        check_eq(probe_regs.cs & 3, 3, "%s from %s: cs", name, mode);
}

/* The vectors whose gates in the hypervisor's table are refused to us: on the way through #GP they are told by its error code. */
TEST("int-n", "INT n by the DPL of the guest's gate", 0)
{
    static const struct
    {
        const char *name;
        void (*fn)(void *);
        unsigned int n;
        bool kernel, user;
    } ints[] = {
        { "int $0x40 (DPL 3)", int_dpl3, 0x40, true, true },
        { "int $0x41 (DPL 1)", int_dpl1, 0x41, true, false },
        { "int $0x42 (DPL 0)", int_dpl0, 0x42, false, false },
        { "int $0 (DPL 0)", int_0, 0, false, false },
        { "int $14 (DPL 0)", int_14, 14, false, false },
        { "int $0xff (DPL 0)", int_ff, 0xff, false, false },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(ints); i++ )
    {
        one_int(ints[i].name, ints[i].fn, ints[i].n, false, ints[i].kernel);
        one_int(ints[i].name, ints[i].fn, ints[i].n, true, ints[i].user);
    }
    probe(int_dpl0, NULL);
    check_eq(*(const uint8_t *)probe_regs.rip, 0xcd, "a refused INT leaves rip at the instruction");
    if ( int_n_fault() )
    {
        leave_out(int_n_fault(), "a delivered INT leaves rip behind the instruction");
        return;
    }
    probe(int_dpl3, NULL);
    check_eq(*(const uint8_t *)(probe_regs.rip - 2), 0xcd,
             "a delivered INT leaves rip behind the instruction");
}

static unsigned int int_vector(void (*fn)(void *), bool user)
{
    if ( user )
        user_call(in_user, (unsigned long)fn, NULL);
    else
        probe(fn, NULL);
    return (unsigned int)probe_regs.vector;
}

/* INT 3 in two bytes, INT 4 and INT 0x80 have ways of their own in some hypervisors. */
TEST("int-direct", "INT 3 and INT 0x80 through gates that are open", 0)
{
    struct trap_info t[2] = { { 0x80, 3, FLAT_KERNEL_CS, trap_stub(0x80) } };

    check_rc(hyp_set_trap_table(t), 0, "a gate of DPL 3 for 0x80");
    for ( unsigned int user = 0; user < 2; user++ )
    {
        const char *mode = user ? "user mode" : "the kernel";

        check_eq(int_vector(int_3, user), 3, "int $3 in two bytes from %s: vector", mode);
        check_eq(probe_regs.error, 0, "error code");
        check_eq(*(const uint8_t *)(probe_regs.rip - 2), 0xcd, "rip is behind it");
        check_eq(int_vector(int_80, user), 0x80, "int $0x80 from %s: vector", mode);
        check_eq(probe_regs.error, 0, "error code");
        check_eq(*(const uint8_t *)(probe_regs.rip - 2), 0xcd, "rip is behind it");
    }
}

TEST("int-80-dpl", "INT 0x80 by the DPL of the guest's gate", 0)
{
    struct trap_info t[2] = { { 0x80, 1, FLAT_KERNEL_CS, trap_stub(0x80) } };

    check_rc(hyp_set_trap_table(t), 0, "a gate of DPL 1 for 0x80");
    check_eq(int_vector(int_80, false), 0x80, "from the kernel: delivered");
    check_eq(int_vector(int_80, true), TRAP_GP, "from user mode: #GP");
    check_eq(probe_regs.error, 0x80 * 8 + 2, "that names the gate");
    t[0].flags = 0;
    check_rc(hyp_set_trap_table(t), 0, "a gate of DPL 0 for 0x80");
    check_eq(int_vector(int_80, false), TRAP_GP, "from the kernel: #GP");
    check_eq(probe_regs.error, 0x80 * 8 + 2, "that names the gate");
    check_eq(int_vector(int_80, true), TRAP_GP, "from user mode: #GP");
    check_eq(probe_regs.error, 0x80 * 8 + 2, "that names the gate");
}
