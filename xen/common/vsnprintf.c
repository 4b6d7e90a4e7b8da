/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted text. The subset of ISO C 7.21.6 that the hypervisor uses, without floating point, %n and wide characters.
 *
 *   1. struct out: the bounded destination
 *   2. padding, strings, integers
 *   3. decoding of one conversion
 *   4. vsnprintf, snprintf
 *
 * As in ISO C the result is the length the whole text would have had. One addition: "%ps" prints a hypervisor address as
 * symbol+offset (xen/symbols.h). A conversion that is not known is printed as it stands. No locks, no state.
 */
#include <xen/printk.h>
#include <xen/symbols.h>

struct out
{
    char *buf;
    size_t size; /* of buf, the final NUL included; 0: nothing may be written */
    size_t len;  /* of the text so far, whether it fitted or not */
};

struct spec
{
    bool left, zero, alt, plus, space;
    bool has_precision;
    int width, precision;
    int size; /* bytes of the integer argument */
};

static void put(struct out *o, char c)
{
    if ( o->len + 1 < o->size )
        o->buf[o->len] = c;
    o->len++;
}

static void put_run(struct out *o, char c, int n)
{
    while ( n-- > 0 )
        put(o, c);
}

static void put_string(struct out *o, const struct spec *sp, const char *s, int len)
{
    if ( !sp->left )
        put_run(o, ' ', sp->width - len);
    for ( int i = 0; i < len; i++ )
        put(o, s[i]);
    if ( sp->left )
        put_run(o, ' ', sp->width - len);
}

/* Digits of @val in @base into the end of digits[]; returns how many. No digit at all for 0: the precision (1 unless given)
 * makes it show. */
static int make_digits(char digits[64], uint64_t val, unsigned int base, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int n = 0;

    for ( ; val; val /= base )
        digits[63 - n++] = set[val % base];
    return n;
}

/* sign: the characters before the number: "", "-", "0x"... */
static void put_number(struct out *o, const struct spec *sp, const char *sign, const char *digits,
                       int n)
{
    int sign_len = (int)strlen(sign);
    int zeros = sp->has_precision ? sp->precision - n : 1 - n;
    int pad;

    if ( zeros < 0 )
        zeros = 0;
    pad = sp->width - sign_len - zeros - n;
    if ( sp->zero && !sp->left && !sp->has_precision && pad > 0 )
    {
        zeros += pad;
        pad = 0;
    }
    if ( !sp->left )
        put_run(o, ' ', pad);
    while ( *sign )
        put(o, *sign++);
    put_run(o, '0', zeros);
    while ( n-- )
        put(o, *digits++);
    if ( sp->left )
        put_run(o, ' ', pad);
}

static void put_unsigned(struct out *o, struct spec *sp, char conv, uint64_t val)
{
    unsigned int base = conv == 'u' ? 10 : conv == 'o' ? 8 : 16;
    const char *prefix = "";
    char digits[64];
    int n = make_digits(digits, val, base, conv == 'X');

    if ( sp->alt && base == 16 && val )
        prefix = conv == 'X' ? "0X" : "0x";
    if ( sp->alt && base == 8 && (!sp->has_precision || sp->precision <= n) )
    {
        /* "#o" raises the precision just so that the first digit is 0. A field padded with zeroes has that already. */
        if ( !(sp->zero && !sp->left && !sp->has_precision && sp->width > n) )
        {
            sp->has_precision = true;
            sp->precision = n + 1;
        }
    }
    put_number(o, sp, prefix, digits + 64 - n, n);
}

static void put_signed(struct out *o, const struct spec *sp, int64_t val)
{
    uint64_t abs = val < 0 ? 0 - (uint64_t)val : (uint64_t)val;
    const char *sign = val < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";
    char digits[64];
    int n = make_digits(digits, abs, 10, false);

    put_number(o, sp, sign, digits + 64 - n, n);
}

/* Long symbol names are cut: the line they stand in matters more. */
static void put_symbol(struct out *o, const struct spec *sp, uint64_t addr)
{
    uint64_t offset, size;
    const char *name = symbol_lookup(addr, &offset, &size);
    char text[96];
    int len;

    if ( name )
        len = snprintf(text, sizeof(text), "%.64s+%#lx/%#lx", name, offset, size);
    else
        len = snprintf(text, sizeof(text), "%#lx", addr);
    put_string(o, sp, text, len);
}

static void put_pointer(struct out *o, struct spec *sp, uint64_t val)
{
    sp->has_precision = true; /* every pointer shows all of its 16 digits */
    sp->precision = 16;
    put_unsigned(o, sp, 'x', val);
}

static int parse_int(const char **fmt, va_list *ap)
{
    int n = 0;

    if ( **fmt == '*' )
    {
        (*fmt)++;
        return va_arg(*ap, int);
    }
    while ( **fmt >= '0' && **fmt <= '9' )
    {
        int digit = *(*fmt)++ - '0';

        n = n > 100000 ? n : n * 10 + digit;
    }
    return n;
}

static void parse_flags(const char **fmt, struct spec *sp)
{
    for ( ;; (*fmt)++ )
    {
        switch ( **fmt )
        {
        case '-': sp->left = true; break;
        case '0': sp->zero = true; break;
        case '#': sp->alt = true; break;
        case '+': sp->plus = true; break;
        case ' ': sp->space = true; break;
        default: return;
        }
    }
}

static void parse_length(const char **fmt, struct spec *sp)
{
    sp->size = sizeof(int);
    switch ( **fmt )
    {
    case 'h':
        sp->size = sizeof(short);
        if ( *++*fmt == 'h' )
        {
            (*fmt)++;
            sp->size = sizeof(char);
        }
        break;
    case 'l':
        sp->size = sizeof(long);
        if ( *++*fmt == 'l' )
            (*fmt)++;
        break;
    case 'z':
    case 't':
    case 'j':
        sp->size = sizeof(long);
        (*fmt)++;
        break;
    }
}

static struct spec parse_spec(const char **fmt, va_list *ap)
{
    struct spec sp = { 0 };

    parse_flags(fmt, &sp);
    sp.width = parse_int(fmt, ap);
    if ( sp.width < 0 )
    {
        sp.left = true;
        sp.width = -sp.width;
    }
    if ( **fmt == '.' )
    {
        (*fmt)++;
        sp.precision = parse_int(fmt, ap);
        sp.has_precision = sp.precision >= 0;
    }
    parse_length(fmt, &sp);
    return sp;
}

static uint64_t unsigned_arg(const struct spec *sp, va_list *ap)
{
    if ( sp->size == sizeof(long) )
        return va_arg(*ap, unsigned long);
    if ( sp->size == sizeof(short) )
        return (unsigned short)va_arg(*ap, unsigned int);
    if ( sp->size == sizeof(char) )
        return (unsigned char)va_arg(*ap, unsigned int);
    return va_arg(*ap, unsigned int);
}

static int64_t signed_arg(const struct spec *sp, va_list *ap)
{
    if ( sp->size == sizeof(long) )
        return va_arg(*ap, long);
    if ( sp->size == sizeof(short) )
        return (short)va_arg(*ap, int);
    if ( sp->size == sizeof(char) )
        return (signed char)va_arg(*ap, int);
    return va_arg(*ap, int);
}

static void format_string(struct out *o, const struct spec *sp, const char *s)
{
    if ( !s )
        s = "(null)";
    put_string(o, sp, s, (int)strnlen(s, sp->has_precision ? (size_t)sp->precision : INT32_MAX));
}

/* One conversion; *fmt is just after its '%'. */
static void format_one(struct out *o, const char **fmt, va_list *ap)
{
    const char *start = *fmt - 1;
    struct spec sp = parse_spec(fmt, ap);
    char c;

    switch ( **fmt )
    {
    case 'd':
    case 'i': put_signed(o, &sp, signed_arg(&sp, ap)); break;
    case 'u':
    case 'x':
    case 'X':
    case 'o': put_unsigned(o, &sp, **fmt, unsigned_arg(&sp, ap)); break;
    case 'c':
        c = (char)va_arg(*ap, int);
        put_string(o, &sp, &c, 1);
        break;
    case 's': format_string(o, &sp, va_arg(*ap, const char *)); break;
    case 'p':
        if ( (*fmt)[1] == 's' )
        {
            (*fmt)++;
            put_symbol(o, &sp, (uint64_t)va_arg(*ap, void *));
        }
        else
            put_pointer(o, &sp, (uint64_t)va_arg(*ap, void *));
        break;
    case '%': put(o, '%'); break;
    default:
        while ( start < *fmt )
            put(o, *start++);
        return; /* the unknown character itself is ordinary text */
    }
    (*fmt)++;
}

/** As ISO C: at most @size bytes with the NUL; the length the whole text has. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = { .buf = buf, .size = size };
    va_list ap;

    va_copy(ap, args);
    while ( *fmt )
    {
        char c = *fmt++;

        if ( c == '%' )
            format_one(&o, &fmt, &ap);
        else
            put(&o, c);
    }
    va_end(ap);
    if ( size )
        buf[MIN(o.len, size - 1)] = '\0';
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}
