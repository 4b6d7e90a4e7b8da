// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions become signals with the right details: the processor's, as the hypervisor bounces them to the kernel.
 *   1. one exception each
 *   2. handlers within handlers, on other stacks
 *   3. signals in large numbers, with all registers
 */
#define _GNU_SOURCE
#include "check.h"
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- 1. Exceptions -------------------------------------------------------------------------- */

static sigjmp_buf out;
static siginfo_t seen;
static greg_t seen_rip, seen_trapno, seen_err;

static void note(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;

    (void)sig;
    seen = *info;
    seen_rip = uc->uc_mcontext.gregs[REG_RIP];
    seen_trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
    seen_err = uc->uc_mcontext.gregs[REG_ERR];
    siglongjmp(out, 1);
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

    must(sigaction(sig, &action, NULL));
}

/* The signal that code leads to, or 0. */
static int signal_of(void (*code)(void))
{
    memset(&seen, 0, sizeof(seen));
    if ( !sigsetjmp(out, 1) )
        code();
    return seen.si_signo;
}

/* The instruction of each function that is to fault is at a label of its own. */
#define FAULTING(name, insns)                                                                      \
    extern const char name##_at[];                                                                 \
    __attribute__((noinline, noclone)) static void name(void)                                      \
    {                                                                                              \
        asm volatile(".globl " #name "_at\n" insns ::: "rax", "rcx", "rdx", "memory", "cc");       \
    }

FAULTING(divide, "xor %%ecx, %%ecx; mov $1, %%eax; cdq\ndivide_at: div %%ecx")
FAULTING(overflow, "mov $0x80000000, %%eax; cdq; mov $-1, %%ecx\noverflow_at: idiv %%ecx")
FAULTING(breakpoint, "int3\nbreakpoint_at: nop")
FAULTING(undefined, "undefined_at: ud2")
FAULTING(locked, "locked_at: .byte 0xf0, 0x90") /* lock nop */
FAULTING(halt, "halt_at: hlt")
FAULTING(interrupts_off, "interrupts_off_at: cli")
FAULTING(in_port, "mov $0x80, %%edx\nin_port_at: in %%dx, %%al")
FAULTING(control, "control_at: mov %%cr0, %%rax")
FAULTING(control3, "control3_at: mov %%cr3, %%rax")
FAULTING(debug7, "debug7_at: mov %%dr7, %%rax")
FAULTING(msr, "mov $0xc0000080, %%ecx\nmsr_at: rdmsr")
FAULTING(counter, "xor %%ecx, %%ecx\ncounter_at: rdpmc")
FAULTING(clear_ts, "clear_ts_at: clts")
FAULTING(flush, "flush_at: invlpg (%%rax)")
FAULTING(swap, "swap_at: swapgs")
FAULTING(fast_return, "fast_return_at: sysretq")
FAULTING(vmcall, "vmcall_at: .byte 0x0f, 0x01, 0xc1")
FAULTING(software_int, "software_int_at: int $0x21")
FAULTING(hypercall32, "hypercall32_at: int $0x82")
FAULTING(double_fault, "double_fault_at: int $8")
FAULTING(page_fault_int, "page_fault_int_at: int $14")
FAULTING(event_vector, "event_vector_at: int $0xf3")
FAULTING(noncanonical, "mov $1, %%rax; shl $62, %%rax\nnoncanonical_at: mov (%%rax), %%rcx")
FAULTING(bad_selector, "mov $0x1230, %%eax\nbad_selector_at: mov %%eax, %%fs")
FAULTING(kernel_gate, "mov $0, %%eax\nkernel_gate_at: mov %%eax, %%ss")
FAULTING(jump_wild, "mov $0x123456789000, %%rax\njump_wild_at: jmp *%%rax")
FAULTING(long_insn, "long_insn_at: .fill 16, 1, 0x66; nop")
/* CR4.OSXSAVE = 0 takes all of these away. */
FAULTING(avx, "avx_at: vaddps %%ymm0, %%ymm1, %%ymm2")
FAULTING(avx128, "avx128_at: vpaddd %%xmm0, %%xmm1, %%xmm2")
FAULTING(avx512, "avx512_at: vpaddd %%zmm0, %%zmm1, %%zmm2")
FAULTING(get_xcr, "xor %%ecx, %%ecx\nget_xcr_at: xgetbv")
FAULTING(xsave_insn, "lea -4096(%%rsp), %%rcx; and $-64, %%rcx\nxsave_insn_at: xsave (%%rcx)")
FAULTING(wrfs, "xor %%eax, %%eax\nwrfs_at: wrfsbase %%rax")
FAULTING(rdpkru, "xor %%ecx, %%ecx\nrdpkru_at: rdpkru")

static const char *page_of_nothing;

__attribute__((noinline, noclone)) static void read_nothing(void)
{
    *(volatile const char *)page_of_nothing;
}

__attribute__((noinline, noclone)) static void write_text(void)
{
    *(volatile char *)(uintptr_t)divide_at = 0;
}

/* (QEMU's emulation has no SSE exceptions.) */
__attribute__((noinline, noclone)) static void x87_divide(void)
{
    uint16_t control = 0x37f & ~4;

    asm volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" ::"m"(control));
}

static void exceptions(void)
{
    static const struct
    {
        void (*code)(void);
        const void *at; /* NULL: not said */
        int sig, si_code;
        const char *what;
    } cases[] = {
        { divide, divide_at, SIGFPE, FPE_INTDIV, "division by zero" },
        { overflow, overflow_at, SIGFPE, FPE_INTDIV, "division with too large a quotient" },
        { x87_divide, NULL, SIGFPE, FPE_FLTDIV, "x87 division by zero, unmasked" },
        { breakpoint, breakpoint_at, SIGTRAP, SI_KERNEL, "int3" },
        { undefined, undefined_at, SIGILL, ILL_ILLOPN, "ud2" },
        { locked, locked_at, SIGILL, ILL_ILLOPN, "lock where there can be none" },
        { vmcall, vmcall_at, SIGILL, ILL_ILLOPN, "vmcall" },
        { avx, avx_at, SIGILL, ILL_ILLOPN, "a 256-bit AVX instruction" },
        { avx128, avx128_at, SIGILL, ILL_ILLOPN, "a 128-bit AVX instruction" },
        { avx512, avx512_at, SIGILL, ILL_ILLOPN, "an AVX-512 instruction" },
        { get_xcr, get_xcr_at, SIGILL, ILL_ILLOPN, "xgetbv" },
        { xsave_insn, xsave_insn_at, SIGILL, ILL_ILLOPN, "xsave" },
        { wrfs, wrfs_at, SIGILL, ILL_ILLOPN, "wrfsbase" },
        { rdpkru, rdpkru_at, SIGILL, ILL_ILLOPN, "rdpkru" },
        { halt, halt_at, SIGSEGV, SI_KERNEL, "hlt" },
        { interrupts_off, interrupts_off_at, SIGSEGV, SI_KERNEL, "cli" },
        { in_port, in_port_at, SIGSEGV, SI_KERNEL, "in" },
        { control, control_at, SIGSEGV, SI_KERNEL, "a read of CR0" },
        { control3, control3_at, SIGSEGV, SI_KERNEL, "a read of CR3" },
        { debug7, debug7_at, SIGSEGV, SI_KERNEL, "a read of DR7" },
        { msr, msr_at, SIGSEGV, SI_KERNEL, "rdmsr" },
        { counter, counter_at, SIGSEGV, SI_KERNEL, "rdpmc" },
        { clear_ts, clear_ts_at, SIGSEGV, SI_KERNEL, "clts" },
        { flush, flush_at, SIGSEGV, SI_KERNEL, "invlpg" },
        { swap, swap_at, SIGSEGV, SI_KERNEL, "swapgs" },
        { fast_return, fast_return_at, SIGSEGV, SI_KERNEL, "sysret" },
        { software_int, software_int_at, SIGSEGV, SI_KERNEL, "int 0x21" },
        { hypercall32, hypercall32_at, SIGSEGV, SI_KERNEL, "int 0x82" },
        { double_fault, double_fault_at, SIGSEGV, SI_KERNEL, "int 8" },
        { page_fault_int, page_fault_int_at, SIGSEGV, SI_KERNEL, "int 14" },
        { event_vector, event_vector_at, SIGSEGV, SI_KERNEL, "int 0xf3" },
        { noncanonical, noncanonical_at, SIGSEGV, SI_KERNEL, "a non-canonical address" },
        { bad_selector, bad_selector_at, SIGSEGV, SI_KERNEL, "a selector without descriptor" },
        { kernel_gate, kernel_gate_at, SIGSEGV, SI_KERNEL, "a null stack selector" },
        { long_insn, long_insn_at, SIGSEGV, SI_KERNEL, "an instruction of 17 bytes" },
        { read_nothing, NULL, SIGSEGV, SEGV_MAPERR, "a read of nothing" },
        { write_text, NULL, SIGSEGV, SEGV_ACCERR, "a write to text" },
        { jump_wild, NULL, SIGSEGV, SEGV_MAPERR, "a jump to nowhere" },
    };

    page_of_nothing = pages(PAGE);
    must(munmap((void *)page_of_nothing, PAGE));
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        int sig = signal_of(cases[i].code);
        bool place = !cases[i].at || seen_rip == (greg_t)(uintptr_t)cases[i].at;

        ok(sig == cases[i].sig && seen.si_code == cases[i].si_code && place,
           "%s gives signal %d, code %d (got %d, %d%s)", cases[i].what, cases[i].sig,
           cases[i].si_code, sig, seen.si_code, place ? "" : ", at another place");
    }
}

static void details(void)
{
    ok(signal_of(read_nothing) == SIGSEGV && seen.si_addr == page_of_nothing && seen_trapno == 14 &&
           seen_err == 4,
       "a read of nothing: address %p, trap %lld, error %#llx", seen.si_addr, seen_trapno,
       seen_err);
    ok(signal_of(write_text) == SIGSEGV && seen.si_addr == divide_at && seen_err == 7,
       "a write to text: error %#llx", seen_err);
    ok(signal_of(jump_wild) == SIGSEGV && seen_err == 0x14 && seen_rip == 0x123456789000,
       "a jump to nowhere: error %#llx, rip %#llx", seen_err, seen_rip);
    ok(signal_of(bad_selector) == SIGSEGV && seen_trapno == 13 && seen_err == 0x1230,
       "a bad selector is the error code: %#llx", seen_err);
    ok(signal_of(software_int) == SIGSEGV && seen_err == (0x21 << 3 | 2),
       "int 0x21's error code: %#llx", seen_err);
    ok(signal_of(divide) == SIGFPE && seen_trapno == 0 && seen.si_addr == divide_at,
       "a division by zero is trap 0");
}

/* ---- 2. Nesting ----------------------------------------------------------------------------- */

static char other_stack[64 << 10];
static volatile int depth, deepest, on_other_stack;

static void count_and_recurse(int sig, siginfo_t *info, void *context)
{
    (void)info, (void)context;
    depth++;
    if ( depth > deepest )
        deepest = depth;
    if ( depth < 20 )
        raise(sig == SIGUSR1 ? SIGUSR2 : SIGUSR1);
    depth--;
}

static void on_overflow(int sig, siginfo_t *info, void *context)
{
    char here;

    (void)sig, (void)info, (void)context;
    on_other_stack = &here >= other_stack && &here < other_stack + sizeof(other_stack);
    siglongjmp(out, 1);
}

__attribute__((noinline)) static long eat_stack(volatile long n)
{
    volatile char block[4096];

    block[n & 4095] = 1;
    return n < 0 ? 0 : eat_stack(n + 1) + block[0];
}

static void overflow_stack(void)
{
    eat_stack(0);
}

static void nested(void)
{
    stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };

    handle(SIGUSR1, count_and_recurse, SA_NODEFER);
    handle(SIGUSR2, count_and_recurse, SA_NODEFER);
    raise(SIGUSR1);
    ok(deepest == 20 && !depth, "20 signals within each other (got %d)", deepest);
    must(sigaltstack(&stack, NULL));
    handle(SIGSEGV, on_overflow, SA_ONSTACK);
    if ( !sigsetjmp(out, 1) )
        overflow_stack();
    ok(on_other_stack, "an overrun stack is caught on the alternate one");
    handle(SIGSEGV, note, SA_NODEFER);
}

/* ---- 3. Many -------------------------------------------------------------------------------- */

static volatile unsigned long ticks;

static void on_tick(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    /* Spoil what a handler may. */
    asm volatile("pxor %%xmm0, %%xmm0; pxor %%xmm15, %%xmm15; fninit" ::: "xmm0", "xmm15");
    ticks++;
}

/* Counts down with every register in use; false if one has changed. */
static bool registers_hold(uint64_t loops)
{
    uint64_t bad;

    asm volatile(
        "movq %1, %%rcx; mov $0x1111, %%rax; mov $0x2222, %%rdx; mov $0x3333, %%rsi\n"
        "mov $0x4444, %%rdi; mov $0x8888, %%r8; mov $0x9999, %%r9; mov $0xaaaa, %%r10\n"
        "mov $0xbbbb, %%r11; mov $0xcccc, %%r12; mov $0xdddd, %%r13; mov $0xeeee, %%r14\n"
        "mov $0xffff, %%r15; movq %%rax, %%xmm0; movq %%r15, %%xmm15\n"
        "1: dec %%rcx; jnz 1b\n"
        "xor $0x1111, %%rax; xor $0x2222, %%rdx; xor $0x3333, %%rsi; xor $0x4444, %%rdi\n"
        "xor $0x8888, %%r8; xor $0x9999, %%r9; xor $0xaaaa, %%r10; xor $0xbbbb, %%r11\n"
        "xor $0xcccc, %%r12; xor $0xdddd, %%r13; xor $0xeeee, %%r14; xor $0xffff, %%r15\n"
        "or %%rdx, %%rax; or %%rsi, %%rax; or %%rdi, %%rax; or %%r8, %%rax; or %%r9, %%rax\n"
        "or %%r10, %%rax; or %%r11, %%rax; or %%r12, %%rax; or %%r13, %%rax\n"
        "or %%r14, %%rax; or %%r15, %%rax; or %%rcx, %%rax\n"
        "movq %%xmm0, %%rcx; xor $0x1111, %%rcx; or %%rcx, %%rax\n"
        "movq %%xmm15, %%rcx; xor $0xffff, %%rcx; or %%rcx, %%rax\n"
        : "=&a"(bad)
        : "m"(loops)
        : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0",
          "xmm15", "cc");
    return !bad;
}

static void many(void)
{
    struct itimerval timer = { .it_interval.tv_usec = 4000, .it_value.tv_usec = 4000 };
    unsigned int before;

    handle(SIGALRM, on_tick, SA_RESTART);
    must(setitimer(ITIMER_REAL, &timer, NULL));
    while ( ticks < 50 )
    {
        before = ticks;
        expect(registers_hold(500000), "after %u signals", before);
    }
    timer = (struct itimerval){ 0 };
    must(setitimer(ITIMER_REAL, &timer, NULL));
    ok_quiet("all registers hold over signals from a timer");

    handle(SIGUSR1, on_tick, 0);
    ticks = 0;
    for ( unsigned int i = 0; i < 3000; i++ )
        raise(SIGUSR1);
    ok(ticks == 3000, "3000 signals raised, %lu handled", ticks);
}

static void queue_values(void)
{
    union sigval val = { .sival_int = 0 };
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    must(sigprocmask(SIG_BLOCK, &set, NULL));
    for ( int i = 0; i < 30; i++ )
    {
        val.sival_int = i;
        must(sigqueue(getpid(), SIGRTMIN, val));
    }
    for ( int i = 0; i < 30; i++ )
    {
        must(sigwaitinfo(&set, &info));
        expect(info.si_value.sival_int == i, "signal %d carries %d", i, info.si_value.sival_int);
    }
    ok_quiet("queued signals come in order, with their values");
}

static void die_by_fault(void)
{
    signal(SIGSEGV, SIG_DFL);
    halt();
}

void test_signals(void)
{
    static const int sigs[] = { SIGSEGV, SIGFPE, SIGTRAP, SIGILL, SIGBUS };
    int status;

    for ( unsigned int i = 0; i < ARRAY_SIZE(sigs); i++ )
        handle(sigs[i], note, SA_NODEFER);
    exceptions();
    details();
    nested();
    many();
    queue_values();
    status = in_child(die_by_fault);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "without a handler it ends the process");
}
