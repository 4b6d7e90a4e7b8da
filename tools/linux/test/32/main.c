// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program, without a library: system calls by int 0x80, SYSENTER or SYSCALL (whichever the kernel's vDSO uses), its
 * exceptions, its thread-local segment. Its exit status is the number of the step that failed, or 0.
 */
typedef unsigned int u32;

enum
{
    SYS_EXIT = 1,
    SYS_WRITE = 4,
    SYS_GETPID = 20,
    SYS_KILL = 37,
    SYS_SCHED_YIELD = 158,
    SYS_RT_SIGACTION = 174,
    SYS_SET_THREAD_AREA = 243,
    SYS_CLOCK_GETTIME = 265,
    AT_SYSINFO = 32,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGFPE = 8,
    SIGSEGV = 11,
};

static u32 vsyscall;

static int call(u32 nr, u32 a, u32 b, u32 c, u32 d)
{
    int ret;

    asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return ret;
}

static int fast_call(u32 nr, u32 a, u32 b, u32 c, u32 d)
{
    int ret;

    asm volatile("call *%1"
                 : "=a"(ret)
                 : "m"(vsyscall), "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
                 : "memory");
    return ret;
}

static void quit(u32 status)
{
    call(SYS_EXIT, status, 0, 0, 0);
}

static void say(const char *text)
{
    u32 len = 0;

    while ( text[len] )
        len++;
    call(SYS_WRITE, 1, (u32)text, len, 0);
}

/* ---- Exceptions ------------------------------------------------------------------------------------------------------- */

static volatile u32 got;

struct sigcontext
{
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs;
};

struct ucontext
{
    u32 flags, link, stack[3];
    struct sigcontext mc;
};

/* Goes on behind the instruction, which is two bytes long. */
static void on_signal(int sig, void *info, struct ucontext *uc)
{
    (void)info;
    got = sig;
    if ( sig != SIGTRAP )
        uc->mc.eip += 2;
}

static void handle(int sig)
{
    static const u32 SA_SIGINFO = 4, SA_NODEFER = 0x40000000;
    u32 action[5] = { (u32)on_signal, SA_SIGINFO | SA_NODEFER, 0, 0, 0 };

    if ( call(SYS_RT_SIGACTION, sig, (u32)action, 0, 8) )
        quit(10);
}

static void exceptions(void)
{
    handle(SIGILL);
    handle(SIGTRAP);
    handle(SIGFPE);
    handle(SIGSEGV);
    asm volatile("ud2" ::: "memory");
    if ( got != SIGILL )
        quit(11);
    asm volatile("int3" ::: "memory");
    if ( got != SIGTRAP )
        quit(12);
    asm volatile("xor %%ecx, %%ecx; mov $1, %%eax; cdq; div %%ecx" ::
                     : "eax", "ecx", "edx", "memory");
    if ( got != SIGFPE )
        quit(13);
    got = 0;
    asm volatile("xor %%ecx, %%ecx; mov (%%ecx), %%eax" ::: "eax", "ecx", "memory");
    if ( got != SIGSEGV )
        quit(14);
    got = 0;
    asm volatile("int $0x21" ::: "memory");
    if ( got != SIGSEGV )
        quit(15);
    got = 0;
    asm volatile("mov $0x1230, %%eax; mov %%eax, %%fs" ::: "eax", "memory");
    if ( got != SIGSEGV )
        quit(16);
}

/* ---- Thread-local storage --------------------------------------------------------------------------------------------- */

static void thread_area(void)
{
    static u32 local[4] = { 0xdecaf, 2, 3, 4 };
    /* entry -1 (choose one), base, limit, flags: 32-bit, limit in pages, usable */
    u32 desc[4] = { -1, (u32)local, 0xfffff, 1 | 1 << 4 | 1 << 6 };
    u32 val;

    if ( call(SYS_SET_THREAD_AREA, (u32)desc, 0, 0, 0) )
        quit(20);
    asm volatile("mov %0, %%gs" ::"r"(desc[0] << 3 | 3));
    for ( u32 i = 0; i < 100; i++ )
    {
        asm volatile("mov %%gs:0, %0" : "=r"(val));
        if ( val != 0xdecaf )
            quit(21);
        call(SYS_SCHED_YIELD, 0, 0, 0, 0);
    }
}

/* ---- The program ------------------------------------------------------------------------------------------------------ */

static void find_vsyscall(u32 *stack)
{
    u32 *at = stack + stack[0] + 2;

    while ( *at )
        at++; /* the environment */
    for ( at++; at[0]; at += 2 )
        if ( at[0] == AT_SYSINFO )
            vsyscall = at[1];
}

__attribute__((used)) static void run(u32 *stack)
{
    int pid = call(SYS_GETPID, 0, 0, 0, 0);
    u32 time[2];

    find_vsyscall(stack);
    if ( pid <= 0 )
        quit(1);
    if ( !vsyscall )
        quit(2);
    for ( u32 i = 0; i < 1000; i++ )
        if ( fast_call(SYS_GETPID, 0, 0, 0, 0) != pid )
            quit(3);
    if ( fast_call(SYS_CLOCK_GETTIME, 1, (u32)time, 0, 0) || fast_call(SYS_KILL, pid, 0, 0, 0) )
        quit(4);
    if ( fast_call(0xffff, 0, 0, 0, 0) != -38 )
        quit(5);
    exceptions();
    thread_area();
    say("# the 32-bit program is through\n");
    quit(0);
}

asm(".globl _start\n_start: mov %esp, %eax; push %eax; call run; ud2");
