/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: input that is lost, doubled or never announced. Reads lines from the console and answers each; sleeps while there is
 * nothing to read, so only the event can wake it. "long" prints a lot at once, "quit" ends.
 */
#include "guest.h"

const char guest_name[] = "console";

static uint32_t port;

/* The upcall must not come between the look and the sleep: it would clear the only sign of what has come since. */
static char read_char(void)
{
    for ( ;; )
    {
        char c;
        size_t n;

        events_mask();
        n = console_read(&c, 1);
        if ( n )
        {
            events_unmask();
            return c;
        }
        hyp_sched_op(SCHEDOP_block, NULL); /* takes the mask away */
    }
}

static size_t read_line(char *line, size_t size)
{
    size_t len = 0;
    char c;

    while ( c = read_char(), c != '\r' && c != '\n' )
        if ( len < size - 1 )
            line[len++] = c;
    line[len] = '\0';
    return len;
}

static void print_much(void)
{
    for ( unsigned int i = 0; i < 400; i++ )
        printf("line %03u of a text that is much longer than the ring that carries it\n", i);
}

void guest_main(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_CONSOLE, .vcpu = 0 };
    char line[3000];
    size_t len;

    if ( initial_domain() )
    {
        check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), 0, "bind VIRQ_CONSOLE");
        port = virq.port;
    }
    else
        port = start_info->console.domU.evtchn;
    hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    event_set_mask(port, false);
    for ( ;; )
    {
        printf("ready\n");
        len = read_line(line, sizeof(line));
        if ( !strcmp(line, "quit") )
            break;
        if ( !strcmp(line, "long") )
            print_much();
        else if ( len > 60 )
        {
            uint32_t sum = 0;

            for ( size_t i = 0; i < len; i++ )
                sum = sum * 31 + (unsigned char)line[i];
            printf("got %zu bytes, sum %u\n", len, sum);
        }
        else
            printf("got \"%s\"\n", line);
    }
    check(event_upcalls > 0, "events announced the input");
}
