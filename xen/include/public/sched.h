/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_sched_op(cmd, arg): give up the CPU, wait, end the domain. */
#ifndef __XEN_PUBLIC_SCHED_H__
#define __XEN_PUBLIC_SCHED_H__

#include "event_channel.h"

#define SCHEDOP_yield           0 /* arg: NULL */
#define SCHEDOP_block           1 /* arg: NULL; unmasks events, then waits for one */
#define SCHEDOP_shutdown        2 /* arg: struct sched_shutdown; the domain, not the vCPU */
#define SCHEDOP_poll            3 /* arg: struct sched_poll; wait for some ports, masked or not */
#define SCHEDOP_remote_shutdown 4 /* arg: struct sched_remote_shutdown; privileged */
#define SCHEDOP_shutdown_code   5 /* arg: struct sched_shutdown; note the reason, go on running */
#define SCHEDOP_watchdog        6 /* arg: struct sched_watchdog; returns the id of a new one */
#define SCHEDOP_pin_override    7 /* arg: struct sched_pin_override; initial domain only */

/* Why a domain ends. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1
#define SHUTDOWN_suspend    2 /* to be saved; may return */
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4 /* a watchdog expired */
#define SHUTDOWN_soft_reset 5 /* start over in the same memory */
#define SHUTDOWN_MAX        5

#ifndef __ASSEMBLY__

struct sched_shutdown
{
    unsigned int reason; /* SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);

struct sched_poll
{
    XEN_GUEST_HANDLE(evtchn_port_t) ports;
    unsigned int nr_ports;
    uint64_t timeout; /* system time in ns, 0: none */
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);

struct sched_remote_shutdown
{
    domid_t domain_id;
    unsigned int reason; /* SHUTDOWN_* */
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);

/** Id 0 makes a new one; a timeout of 0 seconds removes it. */
struct sched_watchdog
{
    uint32_t id;
    uint32_t timeout; /* s */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);

/** Stay on one physical CPU; a negative number ends that. */
struct sched_pin_override
{
    int32_t pcpu;
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_SCHED_H__ */
