/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of clocks, without the clocks (common/clock.c). */
#ifndef XEN_CLOCK_H
#define XEN_CLOCK_H

#include <xen/time.h>

/** The scale that turns ticks of @khz into nanoseconds, as precise as 32 bits allow. @khz: 1 to 2^42. */
struct tsc_scale tsc_scale_for(uint64_t khz);
/** Nanoseconds that @ticks take. */
uint64_t tsc_scale_ns(const struct tsc_scale *scale, uint64_t ticks);

/** A time since 1970, with ns below a second. Seconds are counted modulo 2^64: before 1970 there is time too. */
struct wall_time
{
    uint64_t sec;
    uint32_t ns;
};
/** What time it was when system time was 0, if it was @sec, @ns at @system_time. @ns may be more than a second. */
struct wall_time wall_time_at_boot(uint64_t sec, uint32_t ns, uint64_t system_time);

/** Registers of the CMOS clock as they were read (MC146818 data sheet). */
struct rtc_regs
{
    uint8_t second, minute, hour, day, month, year;
    uint8_t century;  /* 0: there is no such register */
    uint8_t status_b; /* bit 2: binary, not BCD; bit 1: 24 hours */
};
/** Seconds since 1970 UTC. False: no date that exists. */
bool rtc_to_unix(const struct rtc_regs *rtc, uint64_t *seconds);

#endif /* XEN_CLOCK_H */
