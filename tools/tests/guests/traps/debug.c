/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers: each of them, each kind of watch, from both modes; what DR6 says; moves of them. */
#include "traps.h"

#define DR6_CLEAR 0xffff0ff0UL
#define DR7_CLEAR 0x400UL

static long set_dr(unsigned int n, uint64_t v)
{
    return HYPERCALL(set_debugreg, n, v, 0, 0, 0);
}

static uint64_t get_dr(unsigned int n)
{
    return (uint64_t)HYPERCALL(get_debugreg, n, 0, 0, 0, 0);
}

static uint64_t watch(unsigned int n, unsigned int kind, unsigned int size)
{
    static const unsigned int length[] = { 0, 0, 1, 0, 3, 0, 0, 0, 2 };

    return 1UL << 2 * n | (uint64_t)(kind | length[size] << 2) << (16 + 4 * n);
}

#define EXECUTE 0
#define WRITE   1
#define ACCESS  3

static volatile uint8_t area[32] __attribute__((aligned(16)));

static void store_byte(void *arg)
{
    *(volatile uint8_t *)arg = 1;
}

static void load_byte(void *arg)
{
    (void)*(volatile uint8_t *)arg;
}

static struct
{
    void (*fn)(void *);
    void *arg;
} job;

static unsigned long do_job(unsigned long arg)
{
    job.fn(job.arg);
    return 0;
}

/* By instructions, which cost no audit. */
static void clear_dr6(void)
{
    __asm__ volatile("mov %0, %%dr6" ::"r"(0UL));
}

static uint64_t dr6(void)
{
    uint64_t v;

    __asm__ volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static void move_to_dr7(uint64_t v)
{
    __asm__ volatile("mov %0, %%dr7" ::"r"(v));
}

/* Runs it; true if a #DB came of it, and nothing else. */
static bool hits(void (*fn)(void *), volatile void *arg, bool user)
{
    bool trapped;

    clear_dr6();
    job.fn = fn;
    job.arg = (void *)arg;
    trapped = user ? !user_call(do_job, 0, NULL) : probe(fn, (void *)arg);
    return trapped && probe_regs.vector == TRAP_DB && (probe_regs.cs & 3) == (user ? 3 : 0);
}

TEST("debug-data", "watches of data: every register, length and kind, in both modes", 0)
{
    static const unsigned int sizes[] = { 1, 2, 4, 8 };

    for ( unsigned int n = 0; n < 4; n++ )
    {
        unsigned int wrong = 0;

        check_rc(set_dr(n, (uint64_t)&area[16]), 0, "DR%u", n);
        for ( unsigned int s = 0; s < ARRAY_SIZE(sizes); s++ )
            for ( unsigned int kind = WRITE; kind <= ACCESS; kind += 2 )
                for ( unsigned int user = 0; user < 2; user++ )
                {
                    unsigned int size = sizes[s];

                    move_to_dr7(watch(n, kind, size));
                    wrong += !hits(store_byte, &area[16], user);
                    wrong += (dr6() & 0xf) != 1U << n;
                    wrong += !hits(store_byte, &area[16 + size - 1], user);
                    wrong += hits(store_byte, &area[16 + size], user);
                    wrong += hits(store_byte, &area[15], user);
                    wrong += hits(load_byte, &area[16], user) != (kind == ACCESS);
                }
        check_eq(wrong, 0, "DR%u: accesses that trapped and should not, or should and did not", n);
        check_rc(set_dr(7, 0), 0, "none");
    }
}

extern char watched_insn[], watched_next[];
__asm__(".text; .balign 16; watched_insn: nop; watched_next: nop; ret");

static void run_watched(void *arg)
{
    ((void (*)(void))(void *)watched_insn)();
}

TEST("debug-instructions", "watches of instructions: every register, in both modes", 0)
{
    for ( unsigned int n = 0; n < 4; n++ )
        for ( unsigned int user = 0; user < 2; user++ )
        {
            check_rc(set_dr(n, (uint64_t)watched_next) | set_dr(7, watch(n, EXECUTE, 1)), 0,
                     "DR%u at an instruction", n);
            check(hits(run_watched, NULL, user), "%s: #DB", user ? "user mode" : "the kernel");
            check_eq(probe_regs.rip, (uint64_t)watched_next, "before it");
            check_eq(get_dr(6) & 0xf, 1U << n, "DR6 names it");
            check_rc(set_dr(7, 0), 0, "no more");
            check(!hits(run_watched, NULL, user), "no #DB");
            check_rc(set_dr(n, 0), 0, "DR%u elsewhere, as DR6 tells of those not watched too", n);
        }
}

static void single_step(void *arg)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop" ::: "memory", "cc");
}

TEST("debug-status", "DR6 collects until it is cleared", 0)
{
    check_rc(set_dr(6, 0), 0, "DR6 := 0");
    check_eq(get_dr(6), DR6_CLEAR, "reads as empty");
    check_rc(set_dr(0, (uint64_t)&area[0]) | set_dr(1, (uint64_t)&area[8]), 0, "DR0 and DR1");
    check_rc(set_dr(7, watch(0, WRITE, 1) | watch(1, WRITE, 1)), 0, "watch both");
    probe(store_byte, (void *)&area[0]);
    check_eq(get_dr(6), DR6_CLEAR | 1, "a hit of DR0");
    probe(store_byte, (void *)&area[8]);
    check_eq(get_dr(6) & 3, 3, "a hit of DR1: both are told");
    check_rc(set_dr(7, 0), 0, "watch none");
    probe(single_step, NULL);
    check_eq(get_dr(6) & 0x4003, 0x4003, "a single step: BS too");
    check_rc(set_dr(6, 0), 0, "DR6 := 0");
    check_eq(get_dr(6), DR6_CLEAR, "empty again");
    probe(single_step, NULL);
    check_eq(get_dr(6), DR6_CLEAR | 0x4000, "a single step: BS alone");
    check_rc(set_dr(6, 0), 0, "DR6 := 0");
}

#define MOVES(n)                                                                                   \
    static void to_dr##n(void *arg)                                                                \
    {                                                                                              \
        __asm__ volatile("mov %0, %%dr" #n ::"r"(arg));                                            \
    }                                                                                              \
    static void from_dr##n(void *arg)                                                              \
    {                                                                                              \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(*(uint64_t *)arg));                           \
    }
MOVES(0)
MOVES(1)
MOVES(2)
MOVES(3)
MOVES(6)
MOVES(7)

TEST("debug-moves", "MOV of every debug register is set_debugreg and get_debugreg", 0)
{
    static const struct
    {
        unsigned int n;
        void (*to)(void *), (*from)(void *);
        uint64_t value, bad;
    } regs[] = {
        { 0, to_dr0, from_dr0, 0x1234560, 0x8000000000000000 },
        { 1, to_dr1, from_dr1, 0x7fffffffff00, 0xffff830000100000 },
        { 2, to_dr2, from_dr2, 0xffff880000000000, 0xffff800000000000 },
        { 3, to_dr3, from_dr3, 0, 0x0000800000000000 },
        { 6, to_dr6, from_dr6, DR6_CLEAR | 0x4001, 1UL << 32 },
        { 7, to_dr7, from_dr7, DR7_CLEAR | 0xd0001 | 0x300, 1UL << 32 },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(regs); i++ )
    {
        uint64_t got = 1;

        check(!probe(regs[i].to, (void *)regs[i].value), "mov to dr%u", regs[i].n);
        check_eq(get_dr(regs[i].n), regs[i].value, "get_debugreg has it");
        check(!probe(regs[i].from, &got), "mov from dr%u", regs[i].n);
        check_eq(got, regs[i].value, "the same");
        check(probe(regs[i].to, (void *)regs[i].bad) && probe_regs.vector == TRAP_GP,
              "mov of what set_debugreg refuses: #GP");
        check_eq(get_dr(regs[i].n), regs[i].value, "nothing has changed");
        check_rc(set_dr(regs[i].n, 0), 0, "clear it");
    }
}

TEST("debug-reserved", "bits of DR6 and DR7 that are fixed", 0)
{
    check_rc(set_dr(6, 0x1000), 0, "DR6 := bit 12");
    check_eq(get_dr(6) & 0xffff1ff0, DR6_CLEAR, "it reads as 0, the others as they must");
    check_rc(set_dr(7, 0xd800), 0, "DR7 := bits 11, 12, 14, 15");
    check_eq(get_dr(7), DR7_CLEAR, "they read as 0, bit 10 as 1");
    check_rc(set_dr(7, 0x3ff & ~0x55UL & ~0xaaUL), 0, "DR7 := LE and GE");
    check_eq(get_dr(7), DR7_CLEAR | 0x300, "they are kept");
    check_rc(set_dr(7, 0x2000), -XEN_EPERM, "DR7 := GD");
    check_rc(set_dr(7, 0x2400 | watch(0, WRITE, 1)), -XEN_EPERM, "DR7 := GD and a watch");
    check_eq(get_dr(7), DR7_CLEAR | 0x300, "nothing has changed");
    check_rc(set_dr(7, 0), 0, "none");
    check_eq(get_dr(7), DR7_CLEAR, "empty");
}

/* ---- Single steps ---- */

static unsigned int steps, strange;
static uint64_t first_step, last_step;

/* Each step is told behind its instruction; the frame keeps TF, so that the next comes. */
static bool step(struct regs *r)
{
    if ( r->vector != TRAP_DB )
        return false;
    strange += !(r->rflags & EFLAGS_TF) || r->error != 0;
    if ( !steps++ )
        first_step = r->rip;
    last_step = r->rip;
    return true;
}

extern char steps_first[], steps_end[];
__asm__(".text; ten_steps: pushfq; orq $0x100, (%rsp); popfq\n"
        "steps_first: nop; nop; nop; nop; nop; nop; nop; pushfq; andq $~0x100, (%rsp); popfq\n"
        "steps_end: xor %eax, %eax; ret");
unsigned long ten_steps(unsigned long arg);

TEST("step-count", "one #DB for each instruction, in both modes", 0)
{
    for ( unsigned int user = 0; user < 2; user++ )
    {
        const char *mode = user ? "user mode" : "the kernel";

        steps = strange = 0;
        check_rc(set_dr(6, 0), 0, "DR6 := 0");
        trap_hook = step;
        if ( user )
            user_call(ten_steps, 0, NULL);
        else
            ten_steps(0);
        trap_hook = NULL;
        check_eq(steps, 10, "%s: ten instructions, ten #DB", mode);
        check_eq(first_step, (uint64_t)steps_first + 1, "the first behind the first of them");
        check_eq(last_step, (uint64_t)steps_end, "the last behind that which clears TF");
        check_eq(strange, 1, "frames without TF: the last");
        check_eq(get_dr(6) & 0x400f, 0x4000, "DR6 has BS alone");
    }
}

static void go(void *arg)
{
    iret_to(arg);
}

TEST("step-by-iret", "TF in a frame for iret: a #DB behind the first instruction there", 0)
{
    static char stack[256] __attribute__((aligned(16)));

    for ( unsigned int i = 0; i < 4; i++ )
    {
        bool user = i & 1, in_syscall = i & 2;
        struct iret_frame f = { .flags = in_syscall ? VGCF_in_syscall : 0,
                                .rip = (uint64_t)watched_insn,
                                .cs = user ? FLAT_USER_CS : FLAT_KERNEL_CS & ~3UL,
                                .rflags = EFLAGS_IF | EFLAGS_TF | 2,
                                .rsp = (uint64_t)(stack + sizeof(stack)),
                                .ss = FLAT_USER_SS };

        check(probe(go, &f) && probe_regs.vector == TRAP_DB, "to %s%s: #DB",
              user ? "user mode" : "the kernel", in_syscall ? ", in_syscall" : "");
        /* By SYSRET a CPU may tell of the step before the first instruction. */
        check(probe_regs.rip == (uint64_t)watched_next ||
                  (in_syscall && probe_regs.rip == (uint64_t)watched_insn),
              "behind one instruction");
        check_eq(probe_regs.cs & 3, user ? 3 : 0, "in that mode");
        check_eq(probe_regs.rflags & EFLAGS_TF, EFLAGS_TF, "TF in the frame");
    }
}

static unsigned int calls;

static bool step_and_answer(struct regs *r)
{
    if ( r->vector == TRAP_SYSCALL && r->rax == 0x100 )
    {
        calls++;
        r->rax = 7;
        return true;
    }
    return step(r);
}

extern char stepped_call[];
__asm__(".text; call_while_stepping: pushfq; orq $0x100, (%rsp); popfq; mov $0x100, %eax\n"
        "stepped_call: syscall; nop; nop; pushfq; andq $~0x100, (%rsp); popfq; ret");
unsigned long call_while_stepping(unsigned long arg);

TEST("step-over-syscall", "single steps of user mode over a system call", 0)
{
    unsigned long got = 0;

    steps = strange = calls = 0;
    trap_hook = step_and_answer;
    check(user_call(call_while_stepping, 0, &got) && got == 7, "the call gets its answer");
    trap_hook = NULL;
    check_eq(calls, 1, "it came once");
    check(steps >= 6 && steps <= 8, "a #DB for each instruction; the call's own may be missing");
    check_eq(strange, 1, "the last alone is without TF");
    check((last_step & ~0xfUL) >= ((uint64_t)stepped_call & ~0xfUL), "they went on behind it");
}
