// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace: single steps, breakpoints in memory and in the debug registers, which belong to one process of many; and the kernel
 * changing its own text.
 */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ten instructions after the breakpoint at the front: 2 + 3 * 2 + 2 = 10. */
extern const char steps_begin[], steps_end[], steps_call[];
static volatile uint64_t watched;

__attribute__((noinline, noclone)) static void steps(void)
{
    asm volatile(".globl steps_begin, steps_end, steps_call\n"
                 "steps_begin: mov $3, %%ecx\n"
                 "1: dec %%ecx\n jnz 1b\n"
                 "mov $39, %%eax\n"
                 "steps_call: syscall\n"
                 "nop\n"
                 "steps_end: nop\n" ::
                     : "rax", "rcx", "r11", "cc", "memory");
}

static void child_work(void)
{
    must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    raise(SIGSTOP);
    steps();
    watched = 1;
    sched_yield();
    steps();
    watched = 2;
    _exit(5);
}

static pid_t traced(void)
{
    pid_t pid = must(fork());

    if ( !pid )
        child_work();
    must(waitpid(pid, NULL, 0));
    return pid;
}

static uint64_t rip_of(pid_t pid)
{
    struct user_regs_struct regs;

    must(ptrace(PTRACE_GETREGS, pid, NULL, &regs));
    return regs.rip;
}

/* Go on until it stops; the signal, or 0 when it has ended. */
static int go(pid_t pid, int how)
{
    int status;

    must(ptrace(how, pid, NULL, NULL));
    must(waitpid(pid, &status, 0));
    return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

static void set_debug(pid_t pid, unsigned int reg, uint64_t val)
{
    must(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + reg * 8, val));
}

static uint64_t get_debug(pid_t pid, unsigned int reg)
{
    return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg) + reg * 8, NULL);
}

static void poke(pid_t pid, const char *at, uint8_t byte)
{
    long word = ptrace(PTRACE_PEEKTEXT, pid, at, NULL);

    must(ptrace(PTRACE_POKETEXT, pid, at, (word & ~0xffL) | byte));
}

static void breakpoint_in_text(pid_t pid)
{
    struct user_regs_struct regs;

    poke(pid, steps_begin, 0xcc);
    ok(go(pid, PTRACE_CONT) == SIGTRAP && rip_of(pid) == (uintptr_t)steps_begin + 1,
       "a breakpoint in text stops behind it");
    ok(steps_begin[0] != (char)0xcc, "only in the child's text");
    poke(pid, steps_begin, steps_begin[0]);
    must(ptrace(PTRACE_GETREGS, pid, NULL, &regs));
    regs.rip--;
    must(ptrace(PTRACE_SETREGS, pid, NULL, &regs));
}

static void single_steps(pid_t pid)
{
    uint64_t end = (uintptr_t)steps_end;
    unsigned int n = 0;

    while ( rip_of(pid) != end && n < 100 )
    {
        expect(go(pid, PTRACE_SINGLESTEP) == SIGTRAP, "step %u", n);
        n++;
    }
    ok(n == 10, "ten instructions, one of them a system call, are ten steps (%u)", n);
    ok_quiet("each of them a trap");
}

static void debug_registers(pid_t pid)
{
    set_debug(pid, 0, (uintptr_t)&watched);
    set_debug(pid, 1, (uintptr_t)steps_call);
    /* Both enabled; 0: eight bytes, written; 1: executed. */
    set_debug(pid, 7, 1 << 0 | 1 << 2 | 0x9 << 16 | 0 << 20);
    ok(go(pid, PTRACE_CONT) == SIGTRAP && (get_debug(pid, 6) & 15) == 1 &&
           rip_of(pid) != (uintptr_t)steps_call,
       "a watched word is written");
    set_debug(pid, 6, 0);
    watched = 77; /* the parent's own, which nobody watches */
    sched_yield();
    ok(go(pid, PTRACE_CONT) == SIGTRAP && (get_debug(pid, 6) & 15) == 2 &&
           rip_of(pid) == (uintptr_t)steps_call,
       "an instruction is reached");
    set_debug(pid, 6, 0);
    set_debug(pid, 7, 1 << 0 | 0x9 << 16);
    ok(go(pid, PTRACE_CONT) == SIGTRAP && (get_debug(pid, 6) & 15) == 1, "the word again");
    set_debug(pid, 7, 0);
    ok(go(pid, PTRACE_CONT) == 0, "and the end");
}

static void bad_debug_registers(void)
{
    pid_t pid = traced();

    expect(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg), 0xffff820000000000) ==
               -1,
           "a breakpoint in the hypervisor");
    set_debug(pid, 0, (uintptr_t)&watched);
    expect(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg) + 56, 1UL | 2 << 16) ==
               -1,
           "an I/O breakpoint");
    must(kill(pid, SIGKILL));
    must(waitpid(pid, NULL, 0));
    ok_quiet("the kernel refuses breakpoints that it must not have");
}

/* A process that sets the trap flag itself. */
static volatile unsigned int traps;

static void on_trap(int sig)
{
    (void)sig;
    traps++;
}

static void own_trap_flag(void)
{
    signal(SIGTRAP, on_trap);
    asm volatile("pushf; orl $0x100, (%%rsp); popf\n"
                 "nop; nop; nop\n"
                 "pushf; andl $~0x100, (%%rsp); popf\n" ::
                     : "cc", "memory");
    ok(traps == 6, "a process steps itself: %u traps", traps);
    signal(SIGTRAP, SIG_DFL);
}

/* ---- The kernel's own text -------------------------------------------------------------------------------------------- */

#define TRACEFS "/sys/kernel/tracing/"

static bool put(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if ( fd >= 0 )
        close(fd);
    return done;
}

/* Both ways patch a breakpoint over running code first, which the kernel then takes itself. */
static void kernel_text(void)
{
    char line[8192];
    ssize_t n;
    int fd;

    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
    if ( access(TRACEFS "kprobe_events", W_OK) )
    {
        ok(false, "no tracefs");
        return;
    }
    expect(put(TRACEFS "kprobe_events", "p:probe_getppid __x64_sys_getppid"), "no probe");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        expect(put(TRACEFS "events/kprobes/probe_getppid/enable", "1"), "cannot be enabled");
        for ( unsigned int j = 0; j < 10; j++ )
            getppid();
        expect(put(TRACEFS "events/kprobes/probe_getppid/enable", "0"), "cannot be disabled");
    }
    fd = must(open(TRACEFS "trace", O_RDONLY));
    n = must(read(fd, line, sizeof(line) - 1));
    close(fd);
    line[n] = '\0';
    expect(strstr(line, "probe_getppid") != NULL, "nothing in the trace");
    expect(put(TRACEFS "kprobe_events", "-:probe_getppid"), "cannot be removed");
    ok_quiet("a probe in the kernel's text");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        expect(put(TRACEFS "events/syscalls/enable", "1"), "cannot be enabled");
        getppid();
        expect(put(TRACEFS "events/syscalls/enable", "0"), "cannot be disabled");
    }
    ok_quiet("trace points go on and off");
}

void test_tracing(void)
{
    pid_t pid = traced();

    breakpoint_in_text(pid);
    single_steps(pid);
    debug_registers(pid);
    bad_debug_registers();
    own_trap_flag();
    kernel_text();
}
