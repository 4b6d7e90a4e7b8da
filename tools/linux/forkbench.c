/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What does it cost to start a program? Runs `busybox true` again and again and prints TSC ticks per run: under QEMU's
 * -icount shift=0 the TSC counts instructions, those of the kernel, the hypervisor and the program together.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROUNDS 300

static void run_true(void)
{
    int status;
    pid_t child = fork();

    if ( child == 0 )
    {
        execl("/bin/busybox", "true", (char *)NULL);
        _exit(127);
    }
    if ( child < 0 || waitpid(child, &status, 0) != child || status != 0 )
    {
        fprintf(stderr, "forkbench: busybox true failed\n");
        exit(1);
    }
}

int main(void)
{
    uint64_t start;

    run_true(); /* from now on the file is in memory */
    start = __rdtsc();
    for ( unsigned int i = 0; i < ROUNDS; i++ )
        run_true();
    printf("forkbench: %llu ticks per fork and exec\n",
           (unsigned long long)(__rdtsc() - start) / ROUNDS);
    return 0;
}
