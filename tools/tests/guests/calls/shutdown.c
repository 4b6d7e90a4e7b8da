/* SPDX-License-Identifier: GPL-2.0-only */
/* The ends of a domain: each test has a boot of its own and is over with it. */
#include "calls.h"

static long shutdown(unsigned int reason)
{
    struct sched_shutdown s = { .reason = reason };

    return hyp_sched_op(SCHEDOP_shutdown, &s);
}

static long shutdown_code(unsigned int reason)
{
    struct sched_shutdown s = { .reason = reason };

    return hyp_sched_op(SCHEDOP_shutdown_code, &s);
}

/* ---- By reason ---- */

TEST("shutdown-poweroff", "SHUTDOWN_poweroff", TEST_POWERS_OFF)
{
    shutdown(SHUTDOWN_poweroff);
}

TEST("shutdown-reboot", "SHUTDOWN_reboot", TEST_REBOOTS)
{
    shutdown(SHUTDOWN_reboot);
}

TEST("shutdown-crash", "SHUTDOWN_crash", TEST_CRASHES)
{
    shutdown(SHUTDOWN_crash);
}

TEST("shutdown-watchdog", "SHUTDOWN_watchdog", TEST_CRASHES)
{
    shutdown(SHUTDOWN_watchdog);
}

TEST("shutdown-suspend", "SHUTDOWN_suspend when nobody could save the domain", TEST_ALONE)
{
    check_rc(shutdown(SHUTDOWN_suspend), -XEN_EOPNOTSUPP, "suspend");
    check_rc(shutdown_code(SHUTDOWN_suspend), 0, "suspend as code");
    check_rc(shutdown(SHUTDOWN_poweroff), -XEN_EOPNOTSUPP, "power off, which is to be a suspend");
}

TEST("shutdown-soft-reset", "SHUTDOWN_soft_reset when nobody could start the domain over",
     TEST_ALONE)
{
    check_rc(shutdown(SHUTDOWN_soft_reset), -XEN_EOPNOTSUPP, "soft_reset");
}

TEST("shutdown-unknown", "reasons that nobody knows", TEST_ALONE)
{
    static const unsigned int unknown[] = { SHUTDOWN_MAX + 1, 255, 256, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
    {
        check_rc(shutdown(unknown[i]), -XEN_EINVAL, "shutdown for reason 0x%x", unknown[i]);
        check_rc(shutdown_code(unknown[i]), -XEN_EINVAL, "the same as code");
    }
}

/* ---- By other ways ---- */

TEST("shutdown-code", "the first SCHEDOP_shutdown_code is the reason", TEST_REBOOTS)
{
    check_rc(shutdown_code(SHUTDOWN_reboot), 0, "a reboot");
    check_rc(shutdown_code(SHUTDOWN_crash), 0, "a crash, too late");
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), PAGE_SIZE, "the domain goes on meanwhile");
    shutdown(SHUTDOWN_poweroff);
}

TEST("shutdown-compat", "the old form's argument is the reason", TEST_REBOOTS)
{
    HYPERCALL(sched_op_compat, SCHEDOP_shutdown, SHUTDOWN_reboot, 0, 0, 0);
}

TEST("shutdown-multicall", "the end within a multicall", TEST_REBOOTS)
{
    struct sched_shutdown reboot = { .reason = SHUTDOWN_reboot },
                          power_off = { .reason = SHUTDOWN_poweroff };
    struct multicall_entry m[] = {
        { .op = __HYPERVISOR_xen_version },
        { .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_shutdown, (unsigned long)&reboot } },
        { .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_shutdown, (unsigned long)&power_off } },
    };

    hyp_multicall(m, ARRAY_SIZE(m));
}

TEST("shutdown-masked", "the end while events are masked and one is pending", TEST_POWERS_OFF)
{
    events_mask();
    vcpu_info()->evtchn_upcall_pending = 1;
    shutdown(SHUTDOWN_poweroff);
}

static unsigned long call_from_user(unsigned long arg)
{
    return 0;
}

TEST("shutdown-pinned", "the end with tables pinned, areas registered and timers running",
     TEST_POWERS_OFF)
{
    static struct vcpu_runstate_info runstate __attribute__((aligned(64)));
    static struct vcpu_time_info time __attribute__((aligned(64)));
    struct vcpu_register_runstate_memory_area r = { .addr.v = &runstate };
    struct vcpu_register_time_memory_area t = { .addr.v = &time };
    struct vcpu_set_periodic_timer period = { .period_ns = 1000000 };
    struct sched_watchdog dog = { .timeout = 600 };
    uint64_t *l1 = page_alloc();

    check_rc(page_set_ro(l1), 0, "a read-only page");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1), 0), 0, "pin it");
    check_rc(hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0, "a runstate area");
    check_rc(hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &t), 0, "a time area");
    check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0, "a periodic timer");
    check_rc(hyp_set_timer_op(system_time() + 1000000), 0, "a timer");
    check_rc(hyp_sched_op(SCHEDOP_watchdog, &dog), 1, "a watchdog");
    check(user_call(call_from_user, 0, NULL), "a user mode");
    shutdown(SHUTDOWN_poweroff);
}

TEST("vcpu-down-last", "VCPUOP_down of the last vCPU", TEST_POWERS_OFF)
{
    hyp_vcpu_op(VCPUOP_down, 0, NULL);
}

/* ---- Of one another ---- */

static long remote_shutdown(uint16_t domain, unsigned int reason)
{
    struct sched_remote_shutdown r = { .domain_id = domain, .reason = reason };

    return hyp_sched_op(SCHEDOP_remote_shutdown, &r);
}

TEST("remote-shutdown-own", "remote_shutdown: the initial domain may name itself",
     TEST_INITIAL | TEST_REBOOTS)
{
    remote_shutdown(0, SHUTDOWN_reboot);
}

TEST("remote-shutdown-suspend", "remote_shutdown: as shutdown", TEST_INITIAL | TEST_ALONE)
{
    check_rc(remote_shutdown(0, SHUTDOWN_suspend), -XEN_EOPNOTSUPP, "suspend");
}

TEST("remote-shutdown-refused", "remote_shutdown: an ordinary domain may not name even itself",
     TEST_DOMU)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_status s = { .dom = DOMID_SELF };

    /* Our own number is what a port says that waits for us. */
    check_rc(hyp_event_channel_op(EVTCHNOP_alloc_unbound, &a), 0, "a port for ourselves");
    s.port = a.port;
    check_rc(hyp_event_channel_op(EVTCHNOP_status, &s), 0, "whom it waits for");
    check(s.u.unbound.dom < DOMID_FIRST_RESERVED, "a number");
    check_rc(remote_shutdown(s.u.unbound.dom, SHUTDOWN_poweroff), -XEN_EPERM, "of that domain");
}

/* ---- Watchdogs ---- */

#define SECOND 1000000000UL

static void wait_until(uint64_t end)
{
    while ( system_time() < end )
        hyp_sched_op(SCHEDOP_yield, NULL);
}

TEST("watchdog-barks", "a watchdog that nobody feeds ends the domain", TEST_CRASHES)
{
    struct sched_watchdog dog = { .timeout = 1 };

    check_rc(hyp_sched_op(SCHEDOP_watchdog, &dog), 1, "a watchdog, for a second");
    wait_until(system_time() + 30 * SECOND);
}

TEST("watchdog-asleep", "a watchdog ends a domain that sleeps", TEST_CRASHES)
{
    struct sched_watchdog dog = { .timeout = 1 };

    events_mask();
    check_rc(hyp_sched_op(SCHEDOP_watchdog, &dog), 1, "a watchdog, for a second");
    for ( unsigned int i = 0; i < 30; i++ )
    {
        hyp_set_timer_op(system_time() + SECOND);
        hyp_sched_op(SCHEDOP_block, NULL);
    }
}

TEST("watchdog-fed", "a watchdog that is fed, or taken away, does not bark", TEST_ALONE)
{
    struct sched_watchdog fed = { .timeout = 6 }, gone = { .timeout = 2 };
    uint64_t start = system_time();

    fed.id = (uint32_t)hyp_sched_op(SCHEDOP_watchdog, &fed);
    gone.id = (uint32_t)hyp_sched_op(SCHEDOP_watchdog, &gone);
    check(fed.id == 1 && gone.id == 2, "a watchdog for 6 s, another for 2");
    gone.timeout = 0;
    check_rc(hyp_sched_op(SCHEDOP_watchdog, &gone), 0, "take away the second");
    wait_until(start + 7 * SECOND / 2);
    check_rc(hyp_sched_op(SCHEDOP_watchdog, &fed), 0, "feed the first after 3.5 s");
    wait_until(start + 7 * SECOND);
    fed.timeout = 0;
    check_rc(hyp_sched_op(SCHEDOP_watchdog, &fed), 0, "take it away after 7 s");
}
