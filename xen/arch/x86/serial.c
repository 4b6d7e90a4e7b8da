/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial port com1: a 16550 or anything that looks like one, on I/O ports.
 *
 *   1. is there one, and setting it up
 *   2. output, by looking whether the transmitter is empty: works from power-on to the last line of a crash dump
 *   3. input: one character at a time out of the FIFO; the interrupt is edge-triggered, so whoever is told must empty it
 *
 * Called by the console only, which has the locks. Register numbers: 16550 data sheet.
 */
#include <asm/apic.h>
#include <asm/io.h>
#include <asm/processor.h>
#include <asm/serial.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/serial.h>

#define UART_DATA    0 /* RBR, THR; divisor low while LCR.DLAB */
#define UART_IER     1 /* divisor high while LCR.DLAB */
#define UART_FCR     2 /* written */
#define UART_LCR     3
#define UART_MCR     4
#define UART_LSR     5
#define UART_SCRATCH 7

#define IER_RX    0x01
#define FCR_SETUP 0x07 /* FIFOs on and emptied, interrupt at the first character */
#define LCR_DLAB  0x80
#define MCR_SETUP 0x0b /* DTR, RTS, and OUT2, which lets the interrupt through on a PC */
#define LSR_DATA  0x01
#define LSR_ROOM  0x20
#define LSR_EMPTY 0x40

/* How often to look before giving a stuck port up: above 10 ms on any machine, where a character takes 10 ms at 1200 baud. */
#define PATIENCE 100000

static struct serial_config config = SERIAL_DEFAULT;
static uint16_t base; /* 0: no port */

static int parse_com1(const char *s)
{
    return serial_config_parse(s, &config);
}
OPTION_FN("com1", parse_com1);

/* ---- 1. Setting up -------------------------------------------------------------------------------------------------- */

/* Where nothing answers, reads give all ones. */
static bool present(uint16_t port)
{
    outb(port + UART_SCRATCH, 0x5a);
    if ( inb(port + UART_SCRATCH) != 0x5a )
        return false;
    outb(port + UART_SCRATCH, 0xa5);
    return inb(port + UART_SCRATCH) == 0xa5;
}

static void setup(void)
{
    base = 0;
    if ( !present(config.io_base) )
        return;
    base = config.io_base;
    outb(base + UART_IER, 0);
    if ( config.baud )
    {
        unsigned int divisor = config.clock / config.baud;

        outb(base + UART_LCR, config.line_control | LCR_DLAB);
        outb(base + UART_DATA, (uint8_t)divisor);
        outb(base + UART_IER, (uint8_t)(divisor >> 8));
    }
    outb(base + UART_LCR, config.line_control);
    outb(base + UART_FCR, FCR_SETUP);
    outb(base + UART_MCR, MCR_SETUP);
}

/* ---- 2. Output ------------------------------------------------------------------------------------------------------ */

static void wait_for(uint8_t bit)
{
    for ( unsigned int i = 0; i < PATIENCE && !(inb(base + UART_LSR) & bit); i++ )
        cpu_relax();
}

static void put(char c)
{
    wait_for(LSR_ROOM);
    outb(base + UART_DATA, (uint8_t)c);
}

static void serial_write(const char *s, size_t len)
{
    static char last;

    if ( !base )
        return;
    for ( ; len; len--, s++ )
    {
        if ( *s == '\n' && last != '\r' )
            put('\r');
        put(*s);
        last = *s;
    }
}

void serial_flush(void)
{
    if ( base )
        wait_for(LSR_EMPTY);
}

/* ---- 3. Input ------------------------------------------------------------------------------------------------------- */

static bool serial_getc(char *c)
{
    uint8_t status;

    if ( !base )
        return false;
    status = inb(base + UART_LSR);
    if ( status == 0xff || !(status & LSR_DATA) )
        return false;
    *c = (char)inb(base + UART_DATA);
    return true;
}

bool serial_enable_input(void)
{
    if ( !base || !config.irq || !irq_route_isa(config.irq, VECTOR_CONSOLE) )
        return false;
    outb(base + UART_IER, IER_RX);
    return true;
}

static struct console_sink sink = { .name = "com1", .write = serial_write };

void serial_init_early(void)
{
    setup();
    console_register(&sink);
    console_register_input(serial_getc);
}

void serial_init(void)
{
    static const struct serial_config defaults = SERIAL_DEFAULT;

    if ( memcmp(&config, &defaults, sizeof(config)) != 0 )
    {
        serial_flush();
        setup();
    }
}
