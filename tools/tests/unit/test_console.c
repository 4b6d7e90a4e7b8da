// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/console.c
/* The console: which devices hear what, the ring of typed characters, and Ctrl-A. */
#include "tap.h"
#include <asm/screen.h>
#include <asm/serial.h>
#include <stdlib.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/time.h>

/* ---- The world around it -------------------------------------------------------------------------------------------- */

static char serial_out[10000], vga_out[10000], log_text[500], keys[50];
static const char *typed = ""; /* what is in the serial port */
static unsigned int raised;
static bool has_interrupt, with_vga;
static struct timer *timer;

void port_bug(const char *file, int line, const char *what)
{
    printf("# BUG %s:%d: %s\n", file, line, what);
    abort();
}

void printk(enum loglevel level, const char *fmt, ...)
{
    size_t n = strlen(log_text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(log_text + n, sizeof(log_text) - n, fmt, ap);
    va_end(ap);
    strcat(log_text, ";");
}

static void serial_write(const char *s, size_t len)
{
    strncat(serial_out, s, len);
}

static void vga_write(const char *s, size_t len)
{
    strncat(vga_out, s, len);
}

static struct console_sink serial = { .name = "com1", .write = serial_write };
static struct console_sink vga = { .name = "vga", .write = vga_write };

static bool serial_getc(char *c)
{
    if ( !*typed )
        return false;
    *c = *typed++;
    return true;
}

void serial_init_early(void)
{
    console_register(&serial);
    console_register_input(serial_getc);
}

void serial_init(void)
{
}

void serial_flush(void)
{
}

bool serial_enable_input(void)
{
    return has_interrupt;
}

static unsigned int early_screens;

void screen_init(bool early)
{
    early_screens += early;
    if ( with_vga )
        console_register(&vga);
}

static unsigned int retaken;

void screen_retake(void)
{
    retaken++;
}

void softirq_open(enum softirq nr, void (*fn)(void))
{
}

void softirq_raise(enum softirq nr)
{
    raised++;
}

void debugkey_run(char key)
{
    strncat(keys, &key, 1);
}

uint64_t now(void)
{
    return SECONDS(1);
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
    t->fn = fn;
    t->arg = arg;
}

void timer_set(struct timer *t, uint64_t expires)
{
    t->expires = expires;
    timer = t;
}

extern const struct option __start_hv_options[], __stop_hv_options[];

/* console=@value, as cmdline_parse() would set it. */
static void select_consoles(const char *value)
{
    for ( const struct option *o = __start_hv_options; o < __stop_hv_options; o++ )
        if ( !strcmp(o->name, "console") )
            strcpy(o->var, value);
}

static void write_text(const char *s)
{
    console_write(s, strlen(s));
}

/* ---- Output --------------------------------------------------------------------------------------------------------- */

static void test_output(void)
{
    write_text("lost? ");
    console_init_early();
    is_str(serial_out, "lost? ", "the first device hears what was said before it");
    write_text("early\n");
    console_last_words();
    is_u64(early_screens, 1, "a boot that fails early looks for the screen");
    with_vga = true;
    console_init();
    is_str(serial_out, "lost? early\n", "serial from power-on");
    is_str(vga_out, "lost? early\n", "VGA gets it later");
    ok(console_at_line_start(), "at the start of a line");
    write_text("both");
    ok(!console_at_line_start(), "and not");
    ok(!strcmp(serial_out, "lost? early\nboth") && !strcmp(vga_out, "lost? early\nboth"),
       "then both");
    console_write("", 0);
    ok(!console_at_line_start(), "writing nothing changes nothing");
}

static bool heard_by(const char *selection, bool by_serial, bool by_vga)
{
    static struct console_sink *const all[] = { &serial, &vga };

    select_consoles(selection);
    log_text[0] = serial_out[0] = vga_out[0] = '\0';
    for ( unsigned int i = 0; i < 2; i++ )
        all[i]->off = false;
    with_vga = false; /* already there */
    console_init();
    write_text("x");
    return !strcmp(serial_out, by_serial ? "x" : "") && !strcmp(vga_out, by_vga ? "x" : "");
}

static void test_selection(void)
{
    ok(heard_by("com1,vga", true, true), "console=com1,vga");
    ok(heard_by("com1", true, false), "console=com1");
    ok(heard_by("vga", false, true), "console=vga");
    ok(heard_by("vga,com1", true, true), "console=vga,com1");
    ok(heard_by("none", false, false), "console=none");
    ok(!log_text[0], "none of this is worth a warning");
    ok(heard_by("com11,vg", true, true), "a name that is none leaves all on");
    is_str(log_text, "command line: console=com11,vg names no console that is there;",
           "and is named");
    ok(heard_by("", true, true), "as is no name at all");
}

/* ---- Input ---------------------------------------------------------------------------------------------------------- */

static unsigned int told;

static void listen(void *arg)
{
    told += *(unsigned int *)arg;
}

static char taken[5000];

static const char *take(size_t max)
{
    taken[console_read(taken, max)] = '\0';
    return taken;
}

static void type(const char *s)
{
    typed = s;
    console_poll();
}

static void test_ring(void)
{
    static char many[5000];
    static unsigned int one = 1;

    type("abc");
    ok(console_readable() == 3 && told == 0, "characters wait for a listener");
    raised = 0;
    console_set_listener(listen, &one);
    ok(raised == 1, "who learns of them as soon as it is there");
    console_poll();
    is_u64(told, 1, "it is told");
    taken[console_peek(taken, 2)] = '\0';
    is_str(taken, "ab", "looks at some");
    taken[console_peek(taken, 100)] = '\0';
    is_str(taken, "abc", "and at all");
    is_str(take(2), "ab", "and takes some");
    is_str(take(100), "c", "and the rest");
    ok(console_readable() == 0, "then there are none");
    told = 0;
    console_poll();
    is_u64(told, 0, "and nobody is told of none");

    memset(many, 'm', sizeof(many) - 1);
    many[4500] = 'z';
    type(many);
    is_u64(console_readable(), 4096, "the ring takes as much as it holds");
    is_u64(strlen(typed), sizeof(many) - 1 - 4096, "the rest stays in the device");
    raised = 0;
    is_u64(strlen(take(100)), 100, "when there is room again");
    is_u64(raised, 1, "the device is looked after again");
    console_poll();
    is_u64(console_readable(), 4096, "and gives more");
    is_u64(console_peek(taken, sizeof(taken)), 4096,
           "which can be looked at, round the ring's end");
    ok(strlen(take(4999)) == 4096, "all of it");
    console_poll();
    ok(strlen(take(4999)) == sizeof(many) - 1 - 4196 && strchr(taken, 'z') == taken + 4500 - 4196,
       "nothing is lost or changes places");
}

static void test_switch(void)
{
    log_text[0] = keys[0] = '\0';
    type("\001\001x\001y\001\001");
    is_str(take(100), "\001\001x\001y\001\001", "fewer than three Ctrl-A in a row are the guest's");
    is_str(keys, "", "and nothing is a debug key");
    type("q\001hr");
    is_str(take(100), "q\001hr", "counting starts anew after another key");
    type("\001\001\001hr\001\001R");
    is_str(keys, "hr\001\001R", "after three, keys are the hypervisor's");
    is_str(take(100), "\001\001", "the guest sees what came before the third");
    ok(strstr(log_text, "keys go to the hypervisor") != NULL, "which is said");
    type("\001\001\001hr");
    is_str(take(100), "hr", "three more give them back");
    ok(strstr(log_text, "keys go to the guest") != NULL, "which is said too");
}

static void test_start(void)
{
    has_interrupt = true;
    raised = 0;
    console_init_input();
    ok(raised == 1 && !timer, "with an interrupt: looked at once, then when it comes");
    has_interrupt = false;
    typed = "p";
    console_init_input();
    ok(timer && timer->expires == SECONDS(1) + MILLISECS(10),
       "without: looked for 100 times a second");
    is_str(take(10), "p", "from the start");
    typed = "q";
    timer->expires = 0;
    timer->fn(timer->arg);
    is_str(take(10), "q", "again and again");
    ok(timer->expires == SECONDS(1) + MILLISECS(10), "and so on");
}

static void test_emergency(void)
{
    heard_by("none", false, false);
    console_emergency();
    console_emergency();
    is_u64(retaken, 1, "a crash takes the screen back, once");
    console_last_words();
    is_u64(early_screens, 1, "the screen is looked for once");
    serial_out[0] = vga_out[0] = '\0';
    write_text("crash");
    ok(!strcmp(serial_out, "crash") && !strcmp(vga_out, "crash"), "a crash is shown everywhere");
}

int main(void)
{
    test_output();
    test_selection();
    test_ring();
    test_switch();
    test_start();
    test_emergency();
    return done();
}
