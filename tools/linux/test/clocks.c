// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks that only go forward, read without the kernel; sleeps and timers that end neither early nor much too late. (Whether the
 * clock's rate is right is found out from outside: tools/tests/boot/lib/linux.py.)
 */
#define _GNU_SOURCE
#include "check.h"
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <time.h>
#include <unistd.h>

/* A busy host may run the machine late at any time; a lost timer would be later. */
#define LATE 2000000000UL

static void forward(int clock, const char *name)
{
    uint64_t last = now_ns(clock), most = 0;

    for ( unsigned int i = 0; i < 100000; i++ )
    {
        uint64_t t = now_ns(clock);

        expect(t >= last, "%s went back by %lu ns", name, last - t);
        if ( t >= last && t - last > most )
            most = t - last;
        last = t;
    }
    expect(most < LATE, "%s jumped by %lu ns", name, most);
}

/* Several processes compare with each other through memory they share. */
static void together(void)
{
    int fd[2];

    must(pipe(fd));
    for ( unsigned int child = 0; child < 4; child++ )
    {
        uint64_t last = 0, t;

        if ( must(fork()) )
            continue;
        for ( unsigned int i = 0; i < 500; i++ )
        {
            t = now_ns(CLOCK_MONOTONIC);
            must(write(fd[1], &t, sizeof(t)));
            must(read(fd[0], &last, sizeof(last)));
            t = now_ns(CLOCK_MONOTONIC);
            expect(last <= t, "another process's earlier time is %lu ns later", last - t);
        }
        child_done();
    }
    children_wait(4);
}

/* System calls that read the clock kill: clock_gettime has to do without the kernel. */
static void without_kernel(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog filter = { ARRAY_SIZE(code), code };
    uint64_t t = now_ns(CLOCK_MONOTONIC);

    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0));
    for ( unsigned int i = 0; i < 1000; i++ )
        t = now_ns(CLOCK_MONOTONIC) - t;
}

/* A process may give up reading the TSC: CR4.TSD, which belongs to it alone. */
static void without_tsc(void)
{
    must(prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0));
    for ( unsigned int i = 0; i < 10; i++ )
        sched_yield();
    __builtin_ia32_rdtsc();
}

static void read_clocksource(char *buf, size_t size)
{
    FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");

    if ( !f || !fgets(buf, size, f) )
        die("current_clocksource");
    buf[strcspn(buf, "\n")] = '\0';
    fclose(f);
}

static void sleeps(void)
{
    static const unsigned int us[] = { 1, 100, 1000, 3000, 10000, 50000, 200000 };
    static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };

    for ( unsigned int c = 0; c < ARRAY_SIZE(clocks); c++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(us); i++ )
        {
            struct timespec t = { .tv_nsec = us[i] * 1000 };
            uint64_t start = now_ns(clocks[c]), took;

            must(clock_nanosleep(clocks[c], 0, &t, NULL));
            took = now_ns(clocks[c]) - start;
            expect(took >= us[i] * 1000UL, "slept %lu ns, not %u us", took, us[i]);
            expect(took < us[i] * 1000UL + LATE, "slept %lu ns, not %u us", took, us[i]);
        }
    ok_quiet("sleeps are neither short nor endless");
}

static volatile unsigned int alarms;

static void on_alarm(int sig)
{
    (void)sig;
    alarms++;
}

static void timers(void)
{
    struct itimerspec every = { .it_interval.tv_nsec = 5000000, .it_value.tv_nsec = 5000000 };
    struct itimerval burn = { .it_value.tv_usec = 60000 };
    int fd = must(timerfd_create(CLOCK_MONOTONIC, 0));
    uint64_t start = now_ns(CLOCK_MONOTONIC), fired = 0, n, took;

    must(timerfd_settime(fd, 0, &every, NULL));
    while ( fired < 40 )
    {
        must(read(fd, &n, sizeof(n)));
        fired += n;
    }
    took = now_ns(CLOCK_MONOTONIC) - start;
    ok(took >= fired * 5000000UL && took < fired * 5000000UL + LATE,
       "%lu expiries of a 5 ms timer in %lu us", fired, took / 1000);
    close(fd);

    signal(SIGVTALRM, on_alarm);
    must(setitimer(ITIMER_VIRTUAL, &burn, NULL));
    start = now_ns(CLOCK_MONOTONIC);
    while ( !alarms && now_ns(CLOCK_MONOTONIC) - start < 20 * LATE )
        ;
    ok(alarms == 1, "a timer of used CPU time expires while time is used");
}

/* Time that was slept is nobody's; time that was spun is this process's. */
static void accounting(void)
{
    struct timespec t = { .tv_nsec = 300000000 };
    uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), start;

    must(nanosleep(&t, NULL));
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    ok(cpu < 150000000, "300 ms of sleep cost %lu us of CPU time", cpu / 1000);
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    start = now_ns(CLOCK_MONOTONIC);
    while ( now_ns(CLOCK_MONOTONIC) - start < 200000000 )
        ;
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    ok(cpu > 20000000 && cpu < LATE, "200 ms of work cost %lu us", cpu / 1000);
}

void test_clocks(void)
{
    char source[64] = "";
    int status;

    read_clocksource(source, sizeof(source));
    ok(!strcmp(source, "xen") || !strcmp(source, "tsc"), "the clock source is %s", source);
    forward(CLOCK_MONOTONIC, "the monotonic clock");
    forward(CLOCK_REALTIME, "the real-time clock");
    forward(CLOCK_MONOTONIC_RAW, "the raw monotonic clock");
    together();
    ok_quiet("clocks never go back");
    ok(getauxval(AT_SYSINFO_EHDR) != 0, "there is a vDSO");
    status = in_child(without_kernel);
    ok(status == 0, "it reads the clock without the kernel (wait status %#x)",
       (unsigned int)status);
    status = in_child(without_tsc);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
       "a process that gave up the TSC cannot read it (wait status %#x)", (unsigned int)status);
    __builtin_ia32_rdtsc();
    sleeps();
    timers();
    accounting();
    ok(time(NULL) > 1700000000, "it is %ld seconds after 1970", (long)time(NULL));
}
