// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes come and go: each fork pins a new tree of page tables, each exec and exit unpins one, and copy-on-write splits what
 * was shared.
 */
#include "check.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 1000
#define SIBLINGS  60

static void fork_exec(unsigned int n)
{
    char number[12];
    int status;
    pid_t pid = must(fork());

    if ( !pid )
    {
        snprintf(number, sizeof(number), "%u", n & 0x7f);
        execl("/proc/self/exe", "pvtest", "exit", number, NULL);
        _exit(99);
    }
    must(waitpid(pid, &status, 0));
    expect(WIFEXITED(status) && WEXITSTATUS(status) == (int)(n & 0x7f),
           "process %u ended with wait status %#x", n, (unsigned int)status);
}

/* Many at a time, each of which writes to memory that it shares with all others until then. */
static void copy_on_write(void)
{
    enum
    {
        COUNT = 64
    };
    uint32_t *mem = pages(COUNT * PAGE);
    unsigned int step = PAGE / sizeof(*mem);

    for ( unsigned int i = 0; i < COUNT; i++ )
        mem[i * step] = i;
    for ( unsigned int child = 1; child <= SIBLINGS; child++ )
    {
        if ( must(fork()) )
            continue;
        for ( unsigned int i = child & 1; i < COUNT; i += 2 )
            mem[i * step] += child * 1000;
        for ( unsigned int i = 0; i < COUNT; i++ )
            expect(mem[i * step] == i + ((i ^ child) & 1 ? 0 : child * 1000),
                   "child %u reads %u in page %u", child, mem[i * step], i);
        child_done();
    }
    children_wait(SIBLINGS);
    for ( unsigned int i = 0; i < COUNT; i++ )
        expect(mem[i * step] == i, "the parent reads %u in page %u", mem[i * step], i);
    ok_quiet("60 children at once, copy on write");
}

/* A chain of processes, each the child of the one before: the first one's status is its length. */
static void generations(unsigned int depth)
{
    int status;

    for ( ; depth; depth-- )
        if ( must(fork()) )
        {
            must(wait(&status));
            _exit(WEXITSTATUS(status) + 1);
        }
    _exit(0);
}

static void chain(void)
{
    int status;

    if ( !must(fork()) )
        generations(40);
    must(wait(&status));
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 40, "40 generations");
}

void test_processes(void)
{
    for ( unsigned int i = 0; i < PROCESSES; i++ )
        fork_exec(i);
    ok_quiet("1000 processes by fork and exec");
    for ( unsigned int i = 0; i < 100; i++ )
    {
        int status;
        pid_t pid = vfork();

        if ( !pid )
            _exit(7);
        must(waitpid(pid, &status, 0));
        expect(WEXITSTATUS(status) == 7, "wait status %#x", (unsigned int)status);
    }
    ok_quiet("100 processes by vfork");
    copy_on_write();
    chain();
}
