// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/timer.c xen/common/clock.c
/* Timer lists, the TSC's scale, and the calendar of the CMOS clock. */
#include "tap.h"
#include <stdlib.h>
#include <time.h>
#include <xen/clock.h>
#include <xen/timer.h>

void port_bug(const char *file, int line, const char *what)
{
    printf("# BUG %s:%d: %s\n", file, line, what);
    abort();
}

/* ---- Timer lists ---------------------------------------------------------------------------------------------------- */

static struct timer_list list;
static struct timer timers[8];
static char order[100];

static void fired(void *arg)
{
    char name[2] = { (char)('0' + (struct timer *)arg - timers), '\0' };

    strcat(order, name);
}

static void reset(void (*fn)(void *))
{
    list.first = NULL;
    order[0] = '\0';
    for ( unsigned int i = 0; i < ARRAY_SIZE(timers); i++ )
        timers[i] = (struct timer){ .fn = fn, .arg = &timers[i] };
}

static void set(unsigned int i, uint64_t when)
{
    timers[i].expires = when;
    timer_list_insert(&list, &timers[i]);
}

static void test_order(void)
{
    reset(fired);
    set(0, 50);
    set(1, 10);
    set(2, 30);
    set(3, 30);
    set(4, 20);
    set(5, 60);
    timer_list_run(&list, 9);
    is_str(order, "", "nothing before its time");
    timer_list_run(&list, 30);
    is_str(order, "1423", "by time; equal times in the order they were set");
    ok(!timers[1].active && timers[0].active, "a timer that ran is not active");
    timer_list_remove(&list, &timers[0]);
    timer_list_remove(&list, &timers[0]);
    timer_list_run(&list, 1000);
    is_str(order, "14235", "a timer taken off does not run; taking it off twice is harmless");
    ok(!list.first, "the list is empty");
    timer_list_run(&list, 2000);
    is_str(order, "14235", "and running it does nothing");
}

/* Against a plain model, over random orders of setting, stopping and running. */
static void test_random(void)
{
    uint64_t due[ARRAY_SIZE(timers)], time = 0;
    bool good = true;

    srand(1);
    reset(fired);
    memset(due, 0, sizeof(due));
    for ( unsigned int step = 0; step < 20000; step++ )
    {
        unsigned int i = (unsigned int)rand() % ARRAY_SIZE(timers);
        char want[20] = "", name[2] = "";
        uint64_t last = 0;

        timer_list_remove(&list, &timers[i]);
        due[i] = rand() % 4 ? time + 1 + (unsigned int)rand() % 50 : 0;
        if ( due[i] )
            set(i, due[i]);
        time += (unsigned int)rand() % 10;
        for ( unsigned int j = 0; j < ARRAY_SIZE(timers); j++ )
            if ( due[j] && due[j] <= time )
            {
                name[0] = (char)('0' + j);
                strcat(want, name);
                due[j] = 0;
            }
        order[0] = '\0';
        timer_list_run(&list, time);
        good &= strlen(order) == strlen(want) && strspn(order, want) == strlen(order);
        for ( char *p = order; *p; p++ )
        {
            good &= timers[*p - '0'].expires >= last;
            last = timers[*p - '0'].expires;
        }
    }
    ok(good, "random setting, stopping, running: exactly those due run, by time");
}

static void set_again(void *arg)
{
    fired(arg);
    set((unsigned int)((struct timer *)arg - timers), 0);
}

static void stop_next(void *arg)
{
    fired(arg);
    timer_list_remove(&list, (struct timer *)arg + 1);
}

static void test_callbacks(void)
{
    reset(set_again);
    set(0, 5);
    set(1, 6);
    timer_list_run(&list, 10);
    is_u64(strlen(order), 2, "a timer that sets itself to the past does not keep the CPU");
    ok(timers[0].active || timers[1].active, "and stays on the list");
    reset(stop_next);
    set(0, 1);
    set(1, 2);
    set(2, 3);
    timer_list_run(&list, 10);
    is_str(order, "02", "a timer stopped by an earlier one's function does not run");
}

/* ---- The scale ------------------------------------------------------------------------------------------------------ */

static void test_scale(void)
{
    static const uint64_t khz[] = { 1,       100,     999999,  1000000, 1000001, 1193182,
                                    2000000, 2400000, 3000000, 3999999, 5123456, 19999999 };
    bool full = true, near = true, steady = true;

    for ( unsigned int i = 0; i < ARRAY_SIZE(khz); i++ )
    {
        struct tsc_scale s = tsc_scale_for(khz[i]);
        uint64_t last = 0;

        full &= s.mul >> 31 && s.khz == khz[i];
        for ( unsigned int shift = 0; shift < 60; shift++ )
        {
            uint64_t ticks = 3ULL << shift, got = tsc_scale_ns(&s, ticks);
            unsigned __int128 want = (unsigned __int128)ticks * 1000000 / khz[i];
            uint64_t error;

            if ( want >> 64 )
                break;
            error = got > want ? got - (uint64_t)want : (uint64_t)want - got;
            near &= error <= 2 + (uint64_t)(want >> 30);
            steady &= got >= last;
            last = got;
        }
    }
    ok(full, "the multiplier has all of its 32 bits");
    ok(near, "nanoseconds are right to a part in 2^30");
    ok(steady, "and grow with the ticks");
    ok(tsc_scale_for(1000000).shift == 1 && tsc_scale_for(1000000).mul == 1U << 31,
       "1 GHz is exact");
}

/* The guest's formula, from the ABI's words, gives the same. */
static void test_guest_formula(void)
{
    struct tsc_scale s = tsc_scale_for(2893299);
    uint64_t ticks = 123456789012345, t = s.shift < 0 ? ticks >> -s.shift : ticks << s.shift;

    is_u64(tsc_scale_ns(&s, ticks), (uint64_t)((unsigned __int128)t * s.mul >> 32),
           "a guest computes the same time");
}

/* ---- The calendar --------------------------------------------------------------------------------------------------- */

static uint8_t bcd(unsigned int n)
{
    return (uint8_t)(n / 10 << 4 | n % 10);
}

static struct rtc_regs registers(const struct tm *tm, bool binary, bool h24, bool century)
{
    unsigned int hour = (unsigned int)tm->tm_hour, year = (unsigned int)tm->tm_year + 1900, pm = 0;
    uint8_t (*code)(unsigned int) = bcd;
    struct rtc_regs r;

    if ( !h24 )
    {
        pm = hour >= 12 ? 0x80 : 0;
        hour = hour % 12 ? hour % 12 : 12;
    }
#define CODE(n) (binary ? (uint8_t)(n) : code(n))
    r.second = CODE((unsigned int)tm->tm_sec);
    r.minute = CODE((unsigned int)tm->tm_min);
    r.hour = CODE(hour) | (uint8_t)pm;
    r.day = CODE((unsigned int)tm->tm_mday);
    r.month = CODE((unsigned int)tm->tm_mon + 1);
    r.year = CODE(year % 100);
    r.century = century ? CODE(year / 100) : 0;
    r.status_b = (binary ? 4 : 0) | (h24 ? 2 : 0);
    return r;
}

/* Every 7.3 days and some seconds, from 1970 to 2199, in every coding. */
static void test_calendar(void)
{
    bool good = true;

    for ( time_t t = 0; t < 7258118400; t += 631234 )
    {
        struct tm tm;

        gmtime_r(&t, &tm);
        for ( unsigned int mode = 0; mode < 8; mode++ )
        {
            bool century = (mode & 4) || tm.tm_year + 1900 >= 2070;
            struct rtc_regs r = registers(&tm, mode & 1, mode & 2, century);
            uint64_t got;

            good &= rtc_to_unix(&r, &got) && got == (uint64_t)t;
        }
    }
    ok(good,
       "dates from 1970 to 2199, in BCD and binary, 12 and 24 hours, with and without a century");
}

static bool refused(unsigned int which, uint8_t val, uint8_t status_b)
{
    struct rtc_regs r = { 0x30, 0x30, 0x10, 0x15, 0x06, 0x24, 0x20, status_b };
    uint64_t seconds;

    if ( status_b & 4 )
        r = (struct rtc_regs){ 30, 30, 10, 15, 6, 24, 20, status_b };
    ((uint8_t *)&r)[which] = val;
    return !rtc_to_unix(&r, &seconds);
}

static void boot_at(uint64_t sec, uint32_t ns, uint64_t system_time, uint64_t want_sec,
                    uint32_t want_ns)
{
    struct wall_time t = wall_time_at_boot(sec, ns, system_time);

    ok(t.sec == want_sec && t.ns == want_ns, "%#lx s %u ns at system time %#lx: booted at %#lx, %u",
       sec, ns, system_time, t.sec, t.ns);
}

static void test_wall_time(void)
{
    boot_at(1000, 0, 0, 1000, 0);
    boot_at(1000, 999999999, 999999999, 1000, 0);
    boot_at(1000, 5, SECONDS(2) + 7, 997, 999999998);
    boot_at(1000, 4294967295U, 0, 1004, 294967295);
    boot_at(1, 0, SECONDS(1), 0, 0);
    boot_at(0, 0, 1, ~0UL, 999999999);
    boot_at(1000, 0, SECONDS(2000), -1000UL, 0);
    boot_at(~0UL, 4294967295U, 0, 3, 294967295);
    boot_at(0x123456789, 1, ~0UL, 0x123456789 - 18446744074UL, 290448386);
}

static void test_bad_dates(void)
{
    ok(refused(0, 0x60, 2) && refused(1, 0x60, 2) && refused(2, 0x24, 2),
       "seconds, minutes, hours too large");
    ok(refused(2, 0x00, 0) && refused(2, 0x13, 0) && refused(2, 0x80, 0),
       "12-hour clocks have hours 1 to 12");
    ok(refused(3, 0, 2) && refused(3, 0x31, 2) && !refused(3, 0x30, 2), "days of the month");
    ok(refused(4, 0, 2) && refused(4, 0x13, 2) && refused(4, 0xff, 2), "months");
    ok(refused(0, 60, 6) && refused(4, 13, 6) && !refused(4, 12, 6), "binary");
    ok(!refused(6, 0xff, 2) && !refused(6, 0, 2), "a century that makes no sense is ignored");
    ok(refused(0, 0xff, 2), "a clock that is not there reads all ones");
}

int main(void)
{
    test_order();
    test_random();
    test_callbacks();
    test_scale();
    test_guest_formula();
    test_calendar();
    test_wall_time();
    test_bad_dates();
    return done();
}
