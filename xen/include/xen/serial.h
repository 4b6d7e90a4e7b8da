/* SPDX-License-Identifier: GPL-2.0-only */
/* How a serial port is set up, and the com1= option that says so. */
#ifndef XEN_SERIAL_H
#define XEN_SERIAL_H

#include <xen/types.h>

struct serial_config
{
    unsigned int baud;    /* 0: leave what the firmware has set */
    unsigned int clock;   /* the UART's clock / 16: baud rate at divisor 1 */
    uint8_t line_control; /* the value of the line control register */
    uint16_t io_base;
    uint8_t irq; /* 0: none, look for input */
};

#define SERIAL_DEFAULT                                                                             \
    {                                                                                              \
        .baud = 115200, .clock = 115200, .line_control = 0x03, .io_base = 0x3f8, .irq = 4          \
    }

/**
 * <baud>|auto[/<clock>][,[<bits><parity><stop>][,[<io-base>][,<irq>]]], e.g. 115200,8n1,0x3f8,4. Parts left out keep what
 * they are in *cfg. 0, or -EINVAL (*cfg is unchanged). <clock> is the crystal's frequency, as in Xen: 16 times the highest rate.
 */
int serial_config_parse(const char *s, struct serial_config *cfg);

#endif /* XEN_SERIAL_H */
