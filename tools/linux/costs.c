/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What do a process' beginnings and its memory cost? Prints "cost NAME TICKS TIMES", TSC ticks of one of each: under QEMU's -icount shift=0
 * the TSC counts instructions, those of the kernel, the hypervisor and the program together.
 *
 *     fork-exec    fork, exec of the static busybox's `true`, wait
 *     fork-exit    fork of this small program, _exit in the child, wait
 *     mmap-64M     mmap of 64 MiB, a write to each page, munmap; no huge pages
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define EXECS     300
#define FORKS     1000
#define MAPS      4
#define MAP_SIZE  (64UL << 20)
#define PAGE_SIZE 4096

static void fail(const char *what)
{
    fprintf(stderr, "costs: %s failed\n", what);
    exit(1);
}

static void wait_for(pid_t child)
{
    int status;

    if ( child < 0 || waitpid(child, &status, 0) != child || status != 0 )
        fail("a child");
}

static void fork_exec(void)
{
    pid_t child = fork();

    if ( child == 0 )
    {
        execl("/bin/busybox", "true", (char *)NULL);
        _exit(127);
    }
    wait_for(child);
}

static void fork_exit(void)
{
    pid_t child = fork();

    if ( child == 0 )
        _exit(0);
    wait_for(child);
}

static void map_and_touch(void)
{
    char *at = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if ( at == MAP_FAILED )
        fail("mmap");
    madvise(at, MAP_SIZE, MADV_NOHUGEPAGE); /* an error: there are none */
    for ( size_t i = 0; i < MAP_SIZE; i += PAGE_SIZE )
        *(volatile char *)(at + i) = 1;
    if ( munmap(at, MAP_SIZE) )
        fail("munmap");
}

/* Marks for tools/profile/plugin.c, as in tools/tests/bench/bench.h. */
#define MARK_RESET   0x54455352
#define MARK_BEGIN   0x4e474542
#define MARK_END     0x21444e45
#define MARK_DONE    0x454e4f44
#define MARK(number) __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARK_##number) : "memory")

static void measure(const char *name, void (*fn)(void), unsigned int times)
{
    uint64_t start;

    fn(); /* from now on files are in memory, and memory has been handed out once */
    MARK(RESET);
    MARK(BEGIN);
    start = __rdtsc();
    for ( unsigned int i = 0; i < times; i++ )
        fn();
    start = __rdtsc() - start;
    MARK(END);
    MARK(DONE);
    printf("cost %s %llu %u\n", name, (unsigned long long)start / times, times);
}

int main(void)
{
    measure("fork-exec", fork_exec, EXECS);
    measure("fork-exit", fork_exit, FORKS);
    measure("mmap-64M", map_and_touch, MAPS);
    return 0;
}
