/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console: everything printed goes to each device that console= left on, everything typed comes from the serial port.
 *
 *   1. output, and a copy of the first lines for devices that come later
 *   2. input: a ring for the guest, Ctrl-A three times to talk to the hypervisor instead
 *   3. the start, in three steps
 *
 * Input is taken out of the device only while the ring has room: on a line with flow control nothing typed is lost.
 *
 * Lock: console_lock, innermost; held while bytes go out or the ring moves. In an emergency nobody takes it: the machine
 * is about to stop and the holder may be what has crashed.
 */
#include <asm/screen.h>
#include <asm/serial.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#define RING_SIZE    4096 /* a power of two */
#define EARLY_SIZE   4096
#define SWITCH_KEY   0x01 /* Ctrl-A */
#define SWITCH_COUNT 3
#define POLL_PERIOD  MILLISECS(10)

static struct spinlock console_lock;
static bool emergency;

static struct console_sink *sinks;
static char early[EARLY_SIZE];
static size_t early_len;
static bool early_over;
static bool line_start = true;

static bool (*device_getc)(char *c);
static char ring[RING_SIZE];
static unsigned int ring_in, ring_out; /* free-running */
static bool keys_are_ours;
static void (*listener)(void *);
static void *listener_arg;

static char opt_console[64] = "com1,vga";
OPTION_STRING("console", opt_console);

static void lock(void)
{
    if ( !emergency )
        spin_lock(&console_lock);
}

static void unlock(void)
{
    if ( !emergency )
        spin_unlock(&console_lock);
}

/* ---- 1. Output ------------------------------------------------------------------------------------------------------ */

static void remember(const char *s, size_t len)
{
    size_t n = MIN(len, EARLY_SIZE - early_len);

    memcpy(early + early_len, s, n);
    early_len += n;
}

void console_write(const char *s, size_t len)
{
    if ( !len )
        return;
    lock();
    for ( struct console_sink *sink = sinks; sink; sink = sink->next )
        if ( !sink->off || emergency )
            sink->write(s, len);
    if ( !early_over )
        remember(s, len);
    line_start = s[len - 1] == '\n';
    unlock();
}

bool console_at_line_start(void)
{
    return READ_ONCE(line_start);
}

void console_register(struct console_sink *sink)
{
    lock();
    sink->next = sinks;
    sinks = sink;
    sink->write(early, early_len);
    unlock();
}

bool console_selected(const char *name)
{
    size_t len = strlen(name);

    for ( const char *p = opt_console; p; p = strchr(p, ',') )
    {
        p += *p == ',';
        if ( !strncmp(p, name, len) && (!p[len] || p[len] == ',') )
            return true;
    }
    return false;
}

void console_last_words(void)
{
    if ( !emergency && !early_over )
        screen_init(true);
}

void console_emergency(void)
{
    console_last_words();
    if ( !emergency )
        screen_retake();
    emergency = true;
}

void console_flush(void)
{
    serial_flush();
}

/* ---- 2. Input ------------------------------------------------------------------------------------------------------- */

void console_register_input(bool (*getc)(char *c))
{
    device_getc = getc;
}

size_t console_readable(void)
{
    return READ_ONCE(ring_in) - ring_out;
}

size_t console_peek(char *buf, size_t len)
{
    size_t n;

    lock();
    for ( n = 0; n < len && ring_out + n != ring_in; n++ )
        buf[n] = ring[(ring_out + n) % RING_SIZE];
    unlock();
    return n;
}

size_t console_read(char *buf, size_t len)
{
    bool was_full;
    size_t n;

    lock();
    was_full = ring_in - ring_out == RING_SIZE;
    for ( n = 0; n < len && ring_out != ring_in; n++ )
        buf[n] = ring[ring_out++ % RING_SIZE];
    unlock();
    /* The device may have been left waiting, and will not interrupt again. */
    if ( was_full && n )
        softirq_raise(SOFTIRQ_CONSOLE);
    return n;
}

void console_set_listener(void (*fn)(void *), void *arg)
{
    listener = fn;
    listener_arg = arg;
    if ( fn && console_readable() )
        softirq_raise(SOFTIRQ_CONSOLE);
}

static void switch_keys(void)
{
    keys_are_ours = !keys_are_ours;
    if ( keys_are_ours )
        pr_always(
            "*** keys go to the hypervisor (Ctrl-A three times gives them back, 'h' lists them)");
    else
        pr_always("*** keys go to the guest");
}

/* True when @c was one of the keys that switch; the guest sees it all the same, unless it completes the switch. */
static bool switching(char c)
{
    static unsigned int count;

    count = c == SWITCH_KEY ? count + 1 : 0;
    if ( count < SWITCH_COUNT )
        return false;
    count = 0;
    switch_keys();
    return true;
}

static void take_char(char c)
{
    if ( switching(c) )
        return;
    if ( keys_are_ours )
    {
        debugkey_run(c);
        return;
    }
    lock();
    ring[ring_in++ % RING_SIZE] = c;
    unlock();
}

void console_poll(void)
{
    char c;

    while ( ring_in - ring_out < RING_SIZE && device_getc && device_getc(&c) )
        take_char(c);
    if ( console_readable() && listener )
        listener(listener_arg);
}

/* ---- 3. The start --------------------------------------------------------------------------------------------------- */

void console_init_early(void)
{
    serial_init_early();
}

/* A typing error must not leave a machine without a voice: no device selected means all of them, unless it says "none". */
static void obey_selection(void)
{
    bool any = console_selected("none");

    for ( struct console_sink *sink = sinks; sink; sink = sink->next )
        any |= console_selected(sink->name);
    if ( !any )
        pr_warn("command line: console=%s names no console that is there", opt_console);
    for ( struct console_sink *sink = sinks; sink; sink = sink->next )
        sink->off = any && !console_selected(sink->name);
}

void console_init(void)
{
    serial_init();
    screen_init(false);
    early_over = true;
    obey_selection();
}

static struct timer poll_timer;

static void poll_again(void *arg)
{
    console_poll();
    timer_set(&poll_timer, now() + POLL_PERIOD);
}

void console_init_input(void)
{
    softirq_open(SOFTIRQ_CONSOLE, console_poll);
    if ( !device_getc )
        return;
    if ( serial_enable_input() )
        softirq_raise(SOFTIRQ_CONSOLE); /* what was typed before raised no interrupt */
    else
    {
        pr_info("console: no interrupt for com1, looking for input 100 times a second");
        timer_init(&poll_timer, poll_again, NULL);
        poll_again(NULL);
    }
}
