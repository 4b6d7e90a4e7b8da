// SPDX-License-Identifier: GPL-2.0-only
/* I/O ports of user mode: by privilege level and by bitmap, both of which the hypervisor virtualises. */
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>

/* A port that nothing answers and nothing minds. */
#define PORT 0x80

static sigjmp_buf out;

static void refused(int sig)
{
    (void)sig;
    siglongjmp(out, 1);
}

static bool may_out(unsigned int port)
{
    signal(SIGSEGV, refused);
    if ( sigsetjmp(out, 1) )
        return false;
    outb(0, port);
    return true;
}

static bool may_cli(void)
{
    signal(SIGSEGV, refused);
    if ( sigsetjmp(out, 1) )
        return false;
    asm volatile("cli; sti");
    return true;
}

static void without_rights(void)
{
    expect(!may_out(PORT), "a fork without rights writes to a port");
}

void test_ports(void)
{
    ok(!may_out(PORT), "a program cannot use a port");
    if ( ok(!ioperm(PORT, 1, 1), "ioperm() allows it one") )
    {
        ok(may_out(PORT), "it can use that");
        ok(!may_out(PORT + 1), "but not the next");
        must(ioperm(PORT, 1, 0));
        ok(!may_out(PORT), "nor it when it is taken back");
    }
    if ( ok(!iopl(3), "iopl() allows all") )
    {
        ok(may_out(PORT + 1), "it can use any port");
        for ( unsigned int i = 0; i < 20; i++ )
        {
            usleep(1000);
            expect(may_out(PORT + 1), "after switch %u", i);
        }
        must(iopl(0));
        ok(!may_out(PORT + 1), "none when it is taken back");
    }
    ok(!may_cli(), "and never disable interrupts");
    expect(in_child(without_rights) == 0, "a child");
    ok_quiet("rights end with the process");
}
