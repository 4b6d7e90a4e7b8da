// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments: FS and GS bases over switches, local descriptor tables, 32-bit code.
 *   1. FS and GS bases
 *   2. local descriptor tables
 *   3. 32-bit code within a 64-bit process
 *   4. int 0x80 from 64-bit code
 *   5. a 32-bit program
 */
#define _GNU_SOURCE
#include "check.h"
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- 1. Bases ------------------------------------------------------------------------------- */

static uint64_t gs_read(void)
{
    uint64_t val;

    asm volatile("mov %%gs:0, %0" : "=r"(val));
    return val;
}

static uint64_t gs_base(void)
{
    uint64_t base = 0;

    must(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
    return base;
}

static void holder(unsigned int n)
{
    uint64_t *mem = pages(PAGE);

    mem[0] = n * 1000003UL;
    mem[1] = n;
    must(syscall(SYS_arch_prctl, ARCH_SET_GS, mem));
    for ( unsigned int i = 0; i < 400; i++ )
    {
        sched_yield();
        expect(gs_read() == mem[0], "holder %u reads %#lx", n, gs_read());
        if ( i % 100 == 0 )
            for ( volatile unsigned int spin = 0; spin < 1000000; spin++ )
                ;
        expect(gs_base() == (uint64_t)mem, "holder %u's base is %#lx", n, gs_base());
    }
    child_done();
}

static void bases(void)
{
    static const uint64_t bad[] = { 0x0000800000000000, 0xffff820000000000, 0xffff888000000000,
                                    0x8000000000000000 };

    for ( unsigned int n = 1; n <= 6; n++ )
        if ( !must(fork()) )
            holder(n);
    children_wait(6);
    ok_quiet("six processes keep their GS bases");
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        ok(syscall(SYS_arch_prctl, ARCH_SET_GS, bad[i]) == -1 && errno == EPERM,
           "a GS base of %#lx is refused", bad[i]);
    ok(gs_base() == 0, "this one's is 0 still");
}

/* ---- 2. LDT --------------------------------------------------------------------------------- */

#define LDT_SELECTOR(n) ((n) << 3 | 7)

static long ldt_write(struct user_desc *desc)
{
    return syscall(SYS_modify_ldt, 1, desc, sizeof(*desc));
}

static uint32_t fs32(unsigned int selector)
{
    uint32_t val;
    uint64_t base;

    /* glibc lives in FS: leave it alone. */
    asm volatile("mov %%gs, %k1; push %q1; mov %2, %%gs; mov %%gs:0, %0; pop %q1; mov %k1, %%gs"
                 : "=&r"(val), "=&r"(base)
                 : "r"(selector)
                 : "memory");
    return val;
}

static void ldt_user(unsigned int n)
{
    uint32_t *mem = must(
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    struct user_desc desc = { .entry_number = n, .limit = 0xfff, .seg_32bit = 1, .useable = 1 };

    desc.base_addr = (uintptr_t)mem;
    mem[0] = n * 7919;
    expect(!ldt_write(&desc), "modify_ldt: %s", strerror(errno));
    for ( unsigned int i = 0; i < 100; i++ )
    {
        expect(fs32(LDT_SELECTOR(n)) == n * 7919, "entry %u gives %u", n, fs32(LDT_SELECTOR(n)));
        sched_yield();
    }
    child_done();
}

static sigjmp_buf out;
static volatile int fault_err;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info;
    fault_err = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR];
    siglongjmp(out, 1);
}

static bool may_load(unsigned int selector)
{
    if ( sigsetjmp(out, 1) )
        return false;
    asm volatile("mov %0, %%gs; mov %1, %%gs" ::"r"(selector), "r"(0));
    return true;
}

static void tables(void)
{
    static const unsigned int entries[] = { 0, 1, 5, 511, 512, 600, 4000, 8191 };
    struct user_desc desc = {
        .entry_number = 3, .limit = 0xfffff, .limit_in_pages = 1, .seg_32bit = 1, .useable = 1
    };
    unsigned char raw[64] = "";
    bool loaded;
    long got;
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

    must(sigaction(SIGSEGV, &action, NULL));
    must(sigaction(SIGBUS, &action, NULL));
    for ( unsigned int i = 0; i < ARRAY_SIZE(entries); i++ )
        if ( !must(fork()) )
            ldt_user(entries[i]);
    children_wait(ARRAY_SIZE(entries));
    ok_quiet("eight processes with LDTs of their own");

    loaded = may_load(LDT_SELECTOR(3));
    ok(!loaded && fault_err == (LDT_SELECTOR(3) & ~3),
       "without an LDT its selectors fault (error %#x)", fault_err);
    ok(!ldt_write(&desc) && may_load(LDT_SELECTOR(3)), "with one they can be loaded");
    got = syscall(SYS_modify_ldt, 0, raw, sizeof(raw));
    ok(got == 64 && (raw[29] & 0x60) == 0x60, "its descriptors are of level 3 (%ld bytes, %#x)",
       got, raw[29]);
    desc.seg_not_present = 1;
    ok(!ldt_write(&desc) && !may_load(LDT_SELECTOR(3)), "an absent segment faults");
    memset(&desc, 0, sizeof(desc));
    desc.entry_number = 3;
    desc.read_exec_only = desc.seg_not_present = 1;
    ok(!ldt_write(&desc) && !may_load(LDT_SELECTOR(3)), "so does a cleared entry");
    desc.entry_number = 8192;
    got = ldt_write(&desc);
    ok((int)got == -EINVAL || (got == -1 && errno == EINVAL), "there is no entry 8192 (%ld)", got);
    ok(!may_load(LDT_SELECTOR(200)), "nor can one beyond the table be loaded");
    for ( unsigned int i = 0; i < 60; i++ )
    {
        desc = (struct user_desc){
            .entry_number = i * 130, .limit = 0xfff, .seg_32bit = 1, .useable = 1
        };
        expect(!ldt_write(&desc) && may_load(LDT_SELECTOR(i * 130)), "entry %u", i * 130);
    }
    ok_quiet("a table that grows");
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
}

/* ---- 3. 32-bit code ------------------------------------------------------------------------- */

/* Copied below 4 GiB. In: ebx = address of a word. Adds 0x11 to it, and leaves by a far return. */
extern const char code32_start[], code32_end[];
asm(".pushsection .rodata\n"
    ".code32\n"
    "code32_start: addl $0x11, (%ebx)\n"
    "movl $20, %eax\n int $0x80\n" /* getpid */
    "movl %eax, 4(%ebx)\n"
    "movw %cs, 8(%ebx)\n"
    "lretl\n"
    "code32_end:\n"
    ".code64\n"
    ".popsection\n");

static unsigned int cs_now(void)
{
    unsigned int cs;

    asm("mov %%cs, %0" : "=r"(cs));
    return cs;
}

/*
 * Go to 32-bit code, for which DS counts, with a stack there, on which is where it has to return to: this, by an address of
 * 32 bits. What is in the upper halves of registers may be lost, so the stack pointer waits in memory.
 */
static void call32(unsigned int cs, void *code, void *stack, void *arg)
{
    static uint64_t saved;
    uint32_t *frame = (uint32_t *)stack - 2;

    frame[1] = cs_now();
    asm volatile(
        "movl $1f, (%[frame])\n"
        "push %%rbp; mov %%rsp, %[saved]\n"
        "mov %%ss, %%eax; mov %%eax, %%ds; push %%rax; push %[frame]; pushf; push %[cs]; push %[code]\n"
        "iretq\n"
        "1: mov %[saved], %%rsp; pop %%rbp; xor %%eax, %%eax; mov %%eax, %%ds\n"
        : [saved] "=m"(saved)
        : [frame] "D"(frame), [cs] "S"((uint64_t)cs), [code] "d"(code), "b"(arg)
        : "rax", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}

#define LINUX_CS32 0x23
#define XEN_CS32   0xe023

static void code32(void)
{
    char *low = must(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    static const unsigned int selectors[] = { LINUX_CS32, XEN_CS32 };
    volatile uint32_t *word = (uint32_t *)low;
    struct user_desc desc = { .entry_number = 9,
                              .limit = 0xfffff,
                              .limit_in_pages = 1,
                              .seg_32bit = 1,
                              .useable = 1,
                              .contents = 2 };

    printf("# 64-bit code runs with cs %#x\n", cs_now());
    memcpy(low + 1024, code32_start, code32_end - code32_start);
    for ( unsigned int i = 0; i < ARRAY_SIZE(selectors); i++ )
    {
        word[0] = 0x1000;
        call32(selectors[i], low + 1024, low + 2 * PAGE - 64, low);
        ok(word[0] == 0x1011 && word[1] == (uint32_t)getpid(),
           "32-bit code by selector %#x: %#x, pid %u (cs %#x)", selectors[i], word[0], word[1],
           (uint16_t)word[2]);
    }
    word[0] = 0x2000;
    expect(!ldt_write(&desc), "modify_ldt");
    call32(LDT_SELECTOR(9), low + 1024, low + 2 * PAGE - 64, low);
    ok(word[0] == 0x2011 && word[1] == (uint32_t)getpid() && (uint16_t)word[2] == LDT_SELECTOR(9),
       "32-bit code by an LDT's code segment: %#x", word[0]);
}

/* ---- 4. int 0x80 ---------------------------------------------------------------------------- */

static void int80(void)
{
    long ret;

    asm volatile("int $0x80" : "=a"(ret) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    ok(ret == getpid(), "int 0x80 from 64-bit code: getpid gives %ld", ret);
    asm volatile("int $0x80" : "=a"(ret) : "a"(0xffffL) : "memory", "r8", "r9", "r10", "r11");
    ok(ret == -ENOSYS, "a call that does not exist: %ld", ret);
    ok(syscall(9999) == -1 && errno == ENOSYS, "the same by syscall");
}

/* ---- 5. A 32-bit program -------------------------------------------------------------------- */

static void program32(void)
{
    int status;

    if ( !must(fork()) )
    {
        execl("/bin/pvtest32", "pvtest32", NULL);
        _exit(99);
    }
    must(wait(&status));
    ok(status == 0, "a 32-bit program: wait status %#x", (unsigned int)status);
}

void test_segments(void)
{
    bases();
    tables();
    code32();
    int80();
    program32();
}
