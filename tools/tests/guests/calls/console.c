/* SPDX-License-Identifier: GPL-2.0-only */
/* console_io: sizes, buffers that end too soon, and what is typed. */
#include "buffers.h"
#include "suite.h"

#define LINE "# a line of this test\n"

TEST("console-io-sizes", "console_io: writes of any size", 0)
{
    static const unsigned int sizes[] = { 1,   2,   63,  64,  127,  128,
                                          129, 255, 256, 257, 1000, PAGE_SIZE };
    static char text[PAGE_SIZE];

    for ( unsigned int i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        /* One line, so that it does not get between ours. */
        memset(text, '.', sizeof(text));
        text[0] = '#';
        text[sizes[i] - 1] = '\n';
        check_rc(hyp_console_io(CONSOLEIO_write, sizes[i], text), 0, "write %u bytes", sizes[i]);
    }
}

TEST("console-io-buffers", "console_io: where the text may be", 0)
{
    size_t len = strlen(LINE);
    char *edge = before_hole(len);

    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
        check_rc(hyp_console_io(CONSOLEIO_write, 4, (void *)bad_addresses[i].address), -XEN_EFAULT,
                 "write: %s", bad_addresses[i].name);
    memcpy(edge, LINE, len);
    check_rc(hyp_console_io(CONSOLEIO_write, (unsigned int)len, edge), 0,
             "write up to the end of a page");
    check_rc(hyp_console_io(CONSOLEIO_write, (unsigned int)len + 1, edge), -XEN_EFAULT,
             "one byte over it");
    check_rc(hyp_console_io(CONSOLEIO_write, 1U << 20, edge), -XEN_EFAULT, "1 MiB over it");
    check_rc(hyp_console_io(CONSOLEIO_write, 0x7fffffff, edge), -XEN_EFAULT, "2^31 - 1 bytes");
    check_rc(hyp_console_io(CONSOLEIO_write, 0x7fffffff, (void *)0x00007fffffff0000UL), -XEN_EFAULT,
             "2^31 - 1 bytes across 2^47");
    check_rc(hyp_console_io(CONSOLEIO_write, (unsigned int)len, read_only_copy(LINE, len)), 0,
             "write from a read-only page");
    check_rc(hyp_console_io(CONSOLEIO_write, 0, (void *)bad_addresses[0].address), 0,
             "write nothing from where nothing is");
}

TEST("console-io-commands", "console_io: commands that do not exist", 0)
{
    static const unsigned int commands[] = { 2, 3, 4, 63, 64, 0x7fffffff, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(commands); i++ )
    {
        check_rc(hyp_console_io(commands[i], 1, "#"), -XEN_ENOSYS, "command %u", commands[i]);
        check_rc(hyp_console_io(commands[i], 1, (void *)bad_addresses[0].address), -XEN_ENOSYS,
                 "command %u, buffer unmapped", commands[i]);
    }
}

TEST("console-io-read-others", "console_io: only the initial domain reads", TEST_DOMU)
{
    char buf[8] = "1234567";

    check_rc(hyp_console_io(CONSOLEIO_read, sizeof(buf), buf), -XEN_EPERM, "read");
    check_rc(hyp_console_io(CONSOLEIO_read, 0, buf), -XEN_EPERM, "read nothing");
    check_rc(hyp_console_io(CONSOLEIO_read, 1U << 31, buf), -XEN_EPERM, "read 2^31 bytes");
    check_rc(hyp_console_io(CONSOLEIO_read, 4, (void *)bad_addresses[0].address), -XEN_EPERM,
             "read to an unmapped address");
    check(!strcmp(buf, "1234567"), "nothing was written to the buffer");
}

TEST("console-io-read", "console_io: reading when nothing was typed", TEST_INITIAL)
{
    char buf[8] = "1234567";

    check_rc(hyp_console_io(CONSOLEIO_read, sizeof(buf), buf), 0, "read");
    check_rc(hyp_console_io(CONSOLEIO_read, 0, buf), 0, "read nothing");
    check_rc(hyp_console_io(CONSOLEIO_read, 0x7fffffff, buf), 0, "read 2^31 - 1 bytes");
    check_rc(hyp_console_io(CONSOLEIO_read, 1U << 31, buf), -XEN_E2BIG, "read 2^31 bytes");
    check_rc(hyp_console_io(CONSOLEIO_read, ~0U, buf), -XEN_E2BIG, "read 2^32 - 1 bytes");
    check_rc(hyp_console_io(CONSOLEIO_read, 4, (void *)bad_addresses[0].address), 0,
             "read to an unmapped address");
    check(!strcmp(buf, "1234567"), "nothing was written to the buffer");
}

#define TYPED    "typed for us"
#define PATIENCE 60000000000UL /* ns */

/* Sleep until the port has had more than so many events, or our patience is over. */
static void wait_for(uint32_t port, unsigned int before, uint64_t end)
{
    for ( events_mask(); event_count[port] == before && system_time() < end; events_mask() )
    {
        hyp_set_timer_op(end);
        hyp_sched_op(SCHEDOP_block, NULL);
    }
}

/* Read up to the carriage return, a few bytes at a time; how many. Only events wake us. */
static size_t read_line(char *line, size_t size, uint32_t port)
{
    uint64_t end = system_time() + PATIENCE;
    size_t n = 0;

    while ( n + 5 < size && (n == 0 || line[n - 1] != '\r') && system_time() < end )
    {
        unsigned int before = event_count[port];
        long got = hyp_console_io(CONSOLEIO_read, 5, line + n);

        if ( got < 0 || got > 5 )
            panic("console_io read: %ld", got);
        n += (size_t)got;
        if ( !got )
            wait_for(port, before, end);
    }
    line[n] = '\0';
    return n;
}

/* tools/lib/conformance/session.py types what a line "# type ..." says, and a carriage return. */
TEST("console-io-typed", "console_io and VIRQ_CONSOLE: what is typed arrives once, announced",
     TEST_INITIAL)
{
    struct evtchn_bind_virq con = { .virq = VIRQ_CONSOLE }, timer = { .virq = VIRQ_TIMER };
    static char line[64];
    unsigned int before;

    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &con), 0, "bind VIRQ_CONSOLE");
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &timer), 0, "bind VIRQ_TIMER");
    event_set_mask(con.port, false);
    event_set_mask(timer.port, false);
    before = event_count[con.port];
    printf("# type " TYPED "\n");
    check_eq(read_line(line, sizeof(line), con.port), strlen(TYPED) + 1, "bytes that were read");
    check(!strcmp(line, TYPED "\r"), "they are what was typed");
    events_unmask();
    events_mask();
    check(event_count[con.port] > before, "VIRQ_CONSOLE announced them");
    check_rc(hyp_console_io(CONSOLEIO_read, sizeof(line), line), 0, "read again");

    before = event_count[con.port];
    printf("# type " TYPED "\n");
    wait_for(con.port, before, system_time() + PATIENCE);
    check_rc(hyp_console_io(CONSOLEIO_read, 4, (void *)bad_addresses[0].address), -XEN_EFAULT,
             "read to an unmapped address");
    read_line(line, sizeof(line), con.port);
    check(!strcmp(line, TYPED "\r"), "what could not be handed over is not lost");
}
