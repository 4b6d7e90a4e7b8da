// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floating-point and vector registers, which one CPU has and many processes use.
 *   1. holding all of them, over system calls and timer interrupts
 *   2. the same in many processes at once
 *   3. what a new process finds in them
 */
#define _GNU_SOURCE
#include "check.h"
#include <math.h>
#include <sched.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- 1. Holding ----------------------------------------------------------------------------- */

struct state
{
    uint64_t xmm[16][2];
    double x87[8];
    uint32_t mxcsr;
    uint16_t control, unused;
};

/* What makes a state different from others; all its x87 numbers are exact. */
static void state_make(struct state *s, uint32_t seed)
{
    static const uint32_t rounding[] = { 0x1f80, 0x3f80, 0x5f80, 0x7f80 };

    rnd_seed(seed * 2654435761U);
    for ( unsigned int i = 0; i < 16; i++ )
        for ( unsigned int j = 0; j < 2; j++ )
            s->xmm[i][j] = (uint64_t)rnd() << 32 | rnd();
    for ( unsigned int i = 0; i < 8; i++ )
        s->x87[i] = rnd();
    s->mxcsr = rounding[seed % 4];
    s->control = 0x37f | (seed % 4) << 10;
    s->unused = 0;
}

#define LOAD_XMM(n)  "movups " #n "*16(%[in]), %%xmm" #n "\n"
#define STORE_XMM(n) "movups %%xmm" #n ", " #n "*16(%[out])\n"
#define ALL_XMM(op)                                                                                \
    op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) \
        op(15)
#define CLOBBER                                                                                    \
    "rax", "rcx", "rdx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",    \
        "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/*
 * Put in into the registers, spin, make system call nr, spin again, take the registers into out. The x87 numbers are loaded last
 * to first and stored first to last.
 */
static void state_hold(const struct state *in, struct state *out, long nr, long spin)
{
    asm volatile(
        "fninit; fldcw 324(%[in]); ldmxcsr 320(%[in])\n"
        "fldl 312(%[in]); fldl 304(%[in]); fldl 296(%[in]); fldl 288(%[in])\n"
        "fldl 280(%[in]); fldl 272(%[in]); fldl 264(%[in]); fldl 256(%[in])\n" //
        ALL_XMM(LOAD_XMM) "mov %[spin], %%rdx\n1: dec %%rdx; jns 1b\n"
                          "mov %[nr], %%rax\nsyscall\n"
                          "mov %[spin], %%rdx\n1: dec %%rdx; jns 1b\n" //
        ALL_XMM(
            STORE_XMM) "fstpl 256(%[out]); fstpl 264(%[out]); fstpl 272(%[out]); fstpl 280(%[out])\n"
                       "fstpl 288(%[out]); fstpl 296(%[out]); fstpl 304(%[out]); fstpl 312(%[out])\n"
                       "fnstcw 324(%[out]); stmxcsr 320(%[out]); fninit\n"
        :
        : [in] "r"(in), [out] "r"(out), [nr] "r"(nr), [spin] "r"(spin)
        : CLOBBER);
}

_Static_assert(offsetof(struct state, x87) == 256, "x87 numbers");
_Static_assert(offsetof(struct state, mxcsr) == 320, "MXCSR");
_Static_assert(offsetof(struct state, control) == 324, "x87 control word");

static void hold_once(const struct state *in, long nr, long spin)
{
    static const uint32_t usual = 0x1f80;
    struct state out = { .mxcsr = 0 };

    state_hold(in, &out, nr, spin);
    asm volatile("ldmxcsr %0" ::"m"(usual));
    out.mxcsr &= ~0x3fU; /* what happened, which may */
    expect(!memcmp(in->xmm, out.xmm, sizeof(in->xmm)), "XMM registers changed");
    expect(!memcmp(in->x87, out.x87, sizeof(in->x87)), "x87 registers changed");
    expect(in->mxcsr == out.mxcsr, "MXCSR %#x, was %#x", out.mxcsr, in->mxcsr);
    expect(in->control == out.control, "x87 control word %#x, was %#x", out.control, in->control);
}

/* ---- 2. Many -------------------------------------------------------------------------------- */

#define SYS_SCHED_YIELD 24
#define SYS_GETPID      39

static void holder(uint32_t seed)
{
    struct state s;

    state_make(&s, seed);
    for ( unsigned int i = 0; i < 300; i++ )
    {
        hold_once(&s, SYS_SCHED_YIELD, 200);
        hold_once(&s, SYS_GETPID, 200);
    }
    /* Switches between arbitrary instructions, by the timer. */
    for ( unsigned int i = 0; i < 12; i++ )
        hold_once(&s, SYS_SCHED_YIELD, 1500000);
    child_done();
}

/* One that never touches the registers between others that do. */
static void bystander(void)
{
    for ( unsigned int i = 0; i < 300; i++ )
        sched_yield();
    _exit(0);
}

/* Results of longer calculations in several processes at once agree with those of one alone. */
static double calculate(void)
{
    volatile long double quad = 1;
    double sum = 0, x = 0.5;

    for ( unsigned int i = 1; i < 40000; i++ )
    {
        x = 3.9 * x * (1 - x);
        sum += x / i + sin(x);
        quad += x / quad;
    }
    return sum + (double)quad;
}

static double alone;

static void calculator(void)
{
    double together = calculate();

    expect(together == alone, "%.17g and %.17g", together, alone);
    child_done();
}

/* ---- 3. New processes ----------------------------------------------------------------------- */

static void new_process(void)
{
    struct user_fpregs_struct fp;
    struct state s, out;
    unsigned int used = 0;
    pid_t pid;

    state_make(&s, 3);
    pid = must(fork());
    if ( !pid )
    {
        state_hold(&s, &out, SYS_GETPID, 1);
        must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
        execl("/proc/self/exe", "pvtest", "exit", "0", NULL);
        _exit(99);
    }
    must(waitpid(pid, NULL, 0));
    memset(&fp, 0xff, sizeof(fp));
    must(ptrace(PTRACE_GETFPREGS, pid, NULL, &fp));
    for ( unsigned int i = 0; i < ARRAY_SIZE(fp.xmm_space); i++ )
        used += fp.xmm_space[i] != 0;
    for ( unsigned int i = 0; i < ARRAY_SIZE(fp.st_space); i++ )
        used += fp.st_space[i] != 0;
    ok(!used, "a new process finds its XMM and x87 registers clear (%u words are not)", used);
    ok(fp.mxcsr == 0x1f80 && fp.cwd == 0x37f, "MXCSR %#x, control word %#x", fp.mxcsr, fp.cwd);
    must(ptrace(PTRACE_CONT, pid, NULL, NULL));
    must(waitpid(pid, NULL, 0));
}

void test_fpu(void)
{
    struct state s;

    for ( uint32_t seed = 0; seed < 4; seed++ )
    {
        state_make(&s, seed);
        hold_once(&s, SYS_GETPID, 1000);
        hold_once(&s, SYS_SCHED_YIELD, 1000);
    }
    ok_quiet("one process keeps its registers");
    for ( uint32_t seed = 1; seed <= 6; seed++ )
        if ( !must(fork()) )
            holder(seed);
    for ( unsigned int i = 0; i < 2; i++ )
        if ( !must(fork()) )
            bystander();
    children_wait(8);
    ok_quiet("eight processes keep theirs over switches");
    alone = calculate();
    for ( unsigned int i = 0; i < 6; i++ )
        if ( !must(fork()) )
            calculator();
    children_wait(6);
    ok_quiet("six processes calculate what one does");
    new_process();
}
