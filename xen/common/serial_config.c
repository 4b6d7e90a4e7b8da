/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading com1=. Pure, no locks. */
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/serial.h>

/* A number that must be at most @max; anything may follow. */
static bool number(const char **s, uint64_t max, uint64_t *val)
{
    return parse_u64(*s, val, s) && *val <= max;
}

static bool parse_rate(const char **s, struct serial_config *cfg)
{
    uint64_t n;

    if ( !strncmp(*s, "auto", 4) )
    {
        cfg->baud = 0;
        *s += 4;
    }
    else
    {
        if ( !number(s, 4000000, &n) || !n )
            return false;
        cfg->baud = (unsigned int)n;
    }
    if ( **s == '/' )
    {
        ++*s;
        if ( !number(s, 1000000000, &n) || n < 16 )
            return false;
        cfg->clock = (unsigned int)n / 16;
    }
    /* The divisor is 16 bits and not 0. */
    return !cfg->baud || (cfg->clock / cfg->baud >= 1 && cfg->clock / cfg->baud <= 0xffff);
}

/* Line control register: bits 0-1 data bits - 5, 2 stop bits - 1, 3 parity on, 4 even, 5 stick. */
static bool parse_frame(const char **s, struct serial_config *cfg)
{
    static const char parities[] = "noems";
    static const uint8_t bits[] = { 0x00, 0x08, 0x18, 0x28, 0x38 };
    const char *p = *s, *parity;

    if ( p[0] < '5' || p[0] > '8' || !p[1] )
        return false;
    parity = strchr(parities, p[1]);
    if ( !parity || (p[2] != '1' && p[2] != '2') )
        return false;
    cfg->line_control = (p[0] - '5') | bits[parity - parities] | (p[2] == '2' ? 0x04 : 0);
    *s += 3;
    return true;
}

static bool parse_base(const char **s, struct serial_config *cfg)
{
    uint64_t n;

    if ( !number(s, 0xfff8, &n) || !n )
        return false;
    cfg->io_base = (uint16_t)n;
    return true;
}

static bool parse_irq(const char **s, struct serial_config *cfg)
{
    uint64_t n;

    if ( !number(s, 15, &n) )
        return false;
    cfg->irq = (uint8_t)n;
    return true;
}

int serial_config_parse(const char *s, struct serial_config *cfg)
{
    static bool (*const parts[])(const char **, struct serial_config *) = { parse_rate, parse_frame,
                                                                            parse_base, parse_irq };
    struct serial_config new = *cfg;

    for ( unsigned int i = 0; i < ARRAY_SIZE(parts); i++ )
    {
        if ( *s && *s != ',' && !parts[i](&s, &new) )
            return -EINVAL;
        if ( !*s )
        {
            *cfg = new;
            return 0;
        }
        if ( *s++ != ',' )
            return -EINVAL;
    }
    return -EINVAL;
}
