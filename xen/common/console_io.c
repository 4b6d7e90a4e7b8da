/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * console_io: the hypervisor's own console, for guests.
 *
 * The initial domain has the console to itself: its bytes go out as they are, and it may read. For any other the call
 * is a way to say something early, or when its own console does not work: whole lines, marked as the domain's, and
 * nothing that could drive a terminal.
 *
 * Locks: none.
 */
#include <asm/uaccess.h>
#include <xen/backend.h>
#include <xen/console.h>
#include <xen/continuation.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/printk.h>

#define CHUNK 128

static void put_line(struct domain *d)
{
    struct console_line *line = &d->console_line;
    char buf[sizeof(line->text) + 16];
    int len = snprintf(buf, sizeof(buf), "(d%u) %.*s\n", d->id, (int)line->len, line->text);

    line->len = 0;
    console_write(buf, MIN((size_t)len, sizeof(buf) - 1));
}

void console_io_flush(struct domain *d)
{
    if ( d->console_line.len )
        put_line(d);
}

static bool printable(char c)
{
    return (c >= ' ' && c < 0x7f) || c == '\t';
}

static void put_char(struct domain *d, char c)
{
    struct console_line *line = &d->console_line;

    if ( printable(c) )
        line->text[line->len++] = c;
    if ( c == '\n' || line->len == sizeof(line->text) )
        put_line(d);
}

/* The wire is slow and @count large: stop between two pieces when there is something else to do. */
static long write(struct domain *d, struct progress *p, uint64_t buf)
{
    char chunk[CHUNK];

    while ( p->done < p->count )
    {
        unsigned int n = MIN(p->count - p->done, (unsigned int)CHUNK);

        if ( copy_from_guest(chunk, buf + p->done, n) )
            return -EFAULT;
        if ( d->initial )
            console_write(chunk, n);
        else
            for ( unsigned int i = 0; i < n; i++ )
                put_char(d, chunk[i]);
        p->done += n;
        if ( p->done < p->count && port_should_yield() )
        {
            hypercall_set_arg(2, progress_encode(p));
            return hypercall_continue();
        }
    }
    return 0;
}

/* What has been typed, up to @count bytes; how many. What cannot be handed over stays for the next call: -EFAULT if that is all. */
static long read(unsigned int count, uint64_t buf)
{
    char chunk[CHUNK];
    long total = 0;

    while ( count )
    {
        size_t n = console_peek(chunk, MIN(count, (unsigned int)CHUNK));

        if ( n == 0 )
            break;
        if ( copy_to_guest(buf, chunk, n) )
            return total ? total : -EFAULT;
        (void)console_read(chunk, n);
        total += (long)n;
        buf += n;
        count -= (unsigned int)n;
    }
    return total;
}

static long op_write(struct domain *d, unsigned long count_arg, uint64_t buf)
{
    struct progress p = progress_decode(count_arg);

    if ( p.resumed )
        hypercall_set_arg(2, p.count);
    return guest_range_ok(buf, p.count) ? write(d, &p, buf) : -EFAULT;
}

static long op_read(const struct domain *d, unsigned int count, uint64_t buf)
{
    if ( !d->initial )
        return -EPERM;
    /* The answer is a number or an errno: both fit in an int. */
    if ( (int)count < 0 )
        return -E2BIG;
    return guest_range_ok(buf, count) ? read(count, buf) : -EFAULT;
}

/** CONSOLEIO_*(count, buffer). -EFAULT; -EPERM: reading, for others than the initial domain; -E2BIG: reading 2^31 bytes or more; -ENOSYS:
 *  no such command. */
long do_console_io(HYPERCALL_ARGS)
{
    struct domain *d = current->domain;

    switch ( (int)a1 )
    {
    case CONSOLEIO_write: return op_write(d, a2, a3);
    case CONSOLEIO_read: return op_read(d, (unsigned int)a2, a3);
    default: return -ENOSYS;
    }
}
