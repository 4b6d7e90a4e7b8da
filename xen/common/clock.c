/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of clocks: ticks to nanoseconds, calendar to seconds. Pure, no locks. */
#include <xen/clock.h>
#include <xen/lib.h>

#define NSEC 1000000000ULL

/* ns = ticks * 2^shift * mul / 2^32 (the ABI's vcpu_time_info). mul keeps all of its 32 bits when 2^shift brings the frequency into
 * (1 GHz, 2 GHz]. */
struct tsc_scale tsc_scale_for(uint64_t khz)
{
    struct tsc_scale scale = { .khz = khz };
    uint64_t hz = khz * 1000;

    for ( ; hz > 2 * NSEC; hz >>= 1 )
        scale.shift--;
    for ( ; hz <= NSEC; hz <<= 1 )
        scale.shift++;
    scale.mul = (uint32_t)((NSEC << 32) / hz);
    return scale;
}

uint64_t tsc_scale_ns(const struct tsc_scale *scale, uint64_t ticks)
{
    unsigned __int128 t = ticks;

    t = scale->shift < 0 ? t >> -scale->shift : t << scale->shift;
    return (uint64_t)(t * scale->mul >> 32);
}

struct wall_time wall_time_at_boot(uint64_t sec, uint32_t ns, uint64_t system_time)
{
    int64_t rest = (int64_t)(ns % NSEC) - (int64_t)(system_time % NSEC);

    return (struct wall_time){ .sec = sec + ns / NSEC - system_time / NSEC - (rest < 0),
                               .ns = (uint32_t)(rest < 0 ? rest + (int64_t)NSEC : rest) };
}

static unsigned int from_bcd(uint8_t val)
{
    return (val >> 4) * 10U + (val & 15);
}

static bool leap_year(unsigned int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned int days_in(unsigned int month, unsigned int year)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && leap_year(year));
}

static uint64_t days_since_1970(unsigned int year, unsigned int month, unsigned int day)
{
    unsigned int y = year - 1; /* leap days of all complete years */
    uint64_t days =
        (year - 1970) * 365ULL + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);

    while ( --month )
        days += days_in(month, year);
    return days + day - 1;
}

/* 12-hour clocks: bit 7 is "p.m.", and 12 comes before 1. */
static unsigned int hour_of_day(uint8_t reg, bool binary, bool h24)
{
    uint8_t digits = h24 ? reg : reg & 0x7f;
    unsigned int hour = binary ? digits : from_bcd(digits);

    if ( h24 )
        return hour;
    if ( hour < 1 || hour > 12 )
        return 24; /* no hour */
    return hour % 12 + (reg & 0x80 ? 12 : 0);
}

bool rtc_to_unix(const struct rtc_regs *rtc, uint64_t *seconds)
{
    bool binary = rtc->status_b & 4, h24 = rtc->status_b & 2;
    unsigned int sec = binary ? rtc->second : from_bcd(rtc->second);
    unsigned int min = binary ? rtc->minute : from_bcd(rtc->minute);
    unsigned int hour = hour_of_day(rtc->hour, binary, h24);
    unsigned int day = binary ? rtc->day : from_bcd(rtc->day);
    unsigned int month = binary ? rtc->month : from_bcd(rtc->month);
    unsigned int year = binary ? rtc->year : from_bcd(rtc->year);
    unsigned int century = binary ? rtc->century : from_bcd(rtc->century);

    /* A century register that says nonsense is ignored: some machines use that byte for other things. */
    if ( century < 19 || century > 22 )
        century = year < 70 ? 20 : 19;
    year = year % 100 + century * 100;
    if ( year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(month, year) ||
         hour > 23 || min > 59 || sec > 59 )
        return false;
    *seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + min) * 60 + sec;
    return true;
}
