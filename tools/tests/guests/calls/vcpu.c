/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpu_op: arguments, areas that the hypervisor writes to later, where the time goes. */
#include "calls.h"
#include "tables.h"

#define MS 1000000UL

static struct vcpu_runstate_info runstate(void)
{
    struct vcpu_runstate_info info;

    memset(&info, 0x5a, sizeof(info));
    if ( hyp_vcpu_op(VCPUOP_get_runstate_info, 0, &info) )
        panic("get_runstate_info");
    return info;
}

static uint64_t sum(const struct vcpu_runstate_info *info)
{
    return info->time[0] + info->time[1] + info->time[2] + info->time[3];
}

static uint32_t timer_port(void)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

    if ( hyp_event_channel_op(EVTCHNOP_bind_virq, &b) )
        panic("bind VIRQ_TIMER");
    event_set_mask(b.port, false);
    return b.port;
}

/*
 * Block for some ms, or longer: on a slow machine the time may be over before the vCPU blocks. One multicall, so that a hypervisor that
 * audits itself after each does so only once in between.
 */
static void sleep(unsigned int ms)
{
    uint64_t before = runstate().time[RUNSTATE_blocked];

    for ( unsigned int tries = 0; tries < 8; tries++, ms *= 2 )
    {
        struct multicall_entry m[2] = {
            { .op = __HYPERVISOR_set_timer_op, .args = { system_time() + ms * MS } },
            { .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_block } },
        };

        events_mask();
        if ( hyp_multicall(m, 2) )
            panic("set a timer and block");
        events_mask();
        if ( runstate().time[RUNSTATE_blocked] > before )
            return;
    }
    error("it never blocks");
}

static long register_runstate(const volatile void *va)
{
    struct vcpu_register_runstate_memory_area area = { .addr.p = (uint64_t)va };

    return hyp_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area);
}

static long register_time(const volatile void *va)
{
    struct vcpu_register_time_memory_area area = { .addr.p = (uint64_t)va };

    return hyp_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
}

/* ---- Arguments ---- */

static const struct op
{
    unsigned int cmd, size;
    const char *name;
} with_argument[] = {
    { VCPUOP_get_runstate_info, sizeof(struct vcpu_runstate_info), "get_runstate_info" },
    { VCPUOP_register_runstate_memory_area, sizeof(struct vcpu_register_runstate_memory_area),
      "register_runstate_memory_area" },
    { VCPUOP_set_periodic_timer, sizeof(struct vcpu_set_periodic_timer), "set_periodic_timer" },
    { VCPUOP_set_singleshot_timer, sizeof(struct vcpu_set_singleshot_timer),
      "set_singleshot_timer" },
    { VCPUOP_register_vcpu_info, sizeof(struct vcpu_register_vcpu_info), "register_vcpu_info" },
    { VCPUOP_register_vcpu_time_memory_area, sizeof(struct vcpu_register_time_memory_area),
      "register_vcpu_time_memory_area" },
};

TEST("vcpu-op-nowhere", "vcpu_op: arguments where nothing can be", 0)
{
    for ( unsigned int c = 0; c < ARRAY_SIZE(with_argument); c++ )
        for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
            check_rc(hyp_vcpu_op(with_argument[c].cmd, 0, (void *)bad_addresses[p].address),
                     -XEN_EFAULT, "%s, %s", with_argument[c].name, bad_addresses[p].name);
}

TEST("vcpu-op-end-of-page", "vcpu_op: an argument whose last byte is not there", 0)
{
    char *end = before_hole(0);

    for ( unsigned int c = 0; c < ARRAY_SIZE(with_argument); c++ )
        check_rc(hyp_vcpu_op(with_argument[c].cmd, 0, end - with_argument[c].size + 1), -XEN_EFAULT,
                 "%s", with_argument[c].name);
}

TEST("vcpu-op-read-only", "vcpu_op: arguments in memory that can only be read", 0)
{
    struct vcpu_set_singleshot_timer *one = read_only_copy(NULL, 0);

    check_rc(hyp_vcpu_op(VCPUOP_get_runstate_info, 0, one), -XEN_EFAULT, "get_runstate_info");
    check_eq(bytes_other_than(0, one, PAGE_SIZE), 0, "bytes that have changed");
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, one), 0,
             "set_singleshot_timer: it is only read");
}

TEST("vcpu-op-others", "vcpu_op: every operation of vCPUs that do not exist", 0)
{
    static const unsigned int ids[] = { 1,    31,   32,         64,         127, 128,
                                        8191, 8192, 0x7fffffff, 0x80000000, ~0U };
    static struct vcpu_runstate_info arg;
    unsigned int wrong = 0;

    for ( unsigned int cmd = VCPUOP_initialise; cmd <= VCPUOP_register_vcpu_time_memory_area;
          cmd++ )
        for ( unsigned int i = 0; i < ARRAY_SIZE(ids); i++ )
        {
            long rc = hyp_vcpu_op(cmd, ids[i], &arg);

            if ( rc != -XEN_ENOENT )
            {
                printf("# operation %u, vCPU 0x%x: %s\n", cmd, ids[i], errno_name(rc));
                wrong++;
            }
        }
    check_eq(wrong, 0, "answers other than -ENOENT");
    check_rc(hyp_vcpu_op(99, 1, &arg), -XEN_ENOENT, "an operation that nobody knows, of one");
    check_rc(HYPERCALL(vcpu_op, VCPUOP_is_up, 1UL << 32, 0, 0, 0), 1, "vCPU 2^32 is vCPU 0");
}

TEST("vcpu-op-commands", "vcpu_op: operations that nobody knows", 0)
{
    static const unsigned int unknown[] = { 14, 15, 64, 0x7fffffff, 0x80000000, ~0U };
    static uint64_t arg[64];

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(hyp_vcpu_op(unknown[i], 0, arg), -XEN_ENOSYS, "operation 0x%x", unknown[i]);
}

TEST("vcpu-initialise", "VCPUOP_initialise of a vCPU that runs", 0)
{
    static struct vcpu_guest_context ctx;

    check_rc(hyp_vcpu_op(VCPUOP_initialise, 0, &ctx), -XEN_EEXIST, "with an empty state");
    memset(&ctx, 0xff, sizeof(ctx));
    check_rc(hyp_vcpu_op(VCPUOP_initialise, 0, &ctx), -XEN_EEXIST, "with a state of ones");
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_vcpu_op(VCPUOP_initialise, 0, (void *)bad_addresses[p].address), -XEN_EFAULT,
                 "state: %s", bad_addresses[p].name);
    check_rc(hyp_vcpu_op(VCPUOP_initialise, 0, before_hole(PAGE_SIZE)), -XEN_EFAULT,
             "a state that ends in a hole");
    check_rc(hyp_vcpu_op(VCPUOP_is_up, 0, NULL), 1, "it is up");
}

TEST("vcpu-up", "VCPUOP_up of a vCPU that is up", 0)
{
    check_rc(hyp_vcpu_op(VCPUOP_up, 0, NULL), 0, "up");
    check_rc(hyp_vcpu_op(VCPUOP_up, 0, HYPERVISOR), 0, "it does not look at its argument");
    check_rc(hyp_vcpu_op(VCPUOP_is_up, 0, HYPERVISOR), 1, "nor does is_up");
}

TEST("vcpu-physid", "VCPUOP_get_physid of a vCPU that is not pinned", 0)
{
    struct vcpu_get_physid id = { .phys_id = 77 };

    long rc = hyp_vcpu_op(VCPUOP_get_physid, 0, &id);

    /* An initial domain's vCPU may be on one CPU for good, by the hypervisor's configuration. */
    if ( !initial_domain() )
        check_rc(rc, -XEN_EINVAL, "get_physid");
    else
        check_rc_any(rc, -XEN_EINVAL, 0, "get_physid");
    check(rc == 0 || id.phys_id == 77, "a refusal writes nothing");
    check_rc_any(hyp_vcpu_op(VCPUOP_get_physid, 0, NOWHERE), -XEN_EINVAL, -XEN_EFAULT,
                 "argument unmapped");
}

TEST("vcpu-nmi-argument", "VCPUOP_send_nmi takes no argument", 0)
{
    static uint64_t arg;

    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, &arg), -XEN_EINVAL, "with an argument");
    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, NOWHERE), -XEN_EINVAL, "with one that is not there");
}

/* ---- Where the time goes ---- */

TEST("runstate-sum", "runstate: all of the time is accounted for", 0)
{
    struct vcpu_runstate_info a, b;
    uint64_t before, after, t;

    before = system_time();
    a = runstate();
    for ( t = before; t < before + 20 * MS; t = system_time() )
        ;
    b = runstate();
    after = system_time();
    check_eq((uint64_t)b.state, RUNSTATE_running, "it runs");
    check(sum(&b) - sum(&a) <= after - before && sum(&b) - sum(&a) >= t - before - MS,
          "20 ms are spread over the four states");
    check_eq(b.time[RUNSTATE_offline], a.time[RUNSTATE_offline], "none of them offline");
    check(b.time[RUNSTATE_running] > a.time[RUNSTATE_running], "running");
    check(b.state_entry_time <= after, "it has run since some time in the past");
}

TEST("runstate-blocked", "runstate: a vCPU that waits is blocked, and runs again", 0)
{
    struct vcpu_runstate_info a, b;
    uint64_t blocked;

    timer_port();
    a = runstate();
    sleep(300);
    b = runstate();
    blocked = b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked];
    check(blocked >= 100 * MS, "of 300 ms of sleep at least 100 are blocked");
    check(b.state_entry_time >= a.state_entry_time + 100 * MS, "it has run since it was woken");
    check_eq((uint64_t)b.state, RUNSTATE_running, "it runs");
    check_eq(b.time[RUNSTATE_offline], a.time[RUNSTATE_offline], "it was never offline");
    check(b.time[RUNSTATE_runnable] - a.time[RUNSTATE_runnable] < 100 * MS,
          "nor did it wait long for a CPU");
}

TEST("runstate-area", "runstate: the area follows", 0)
{
    static struct vcpu_runstate_info live __attribute__((aligned(64)));
    const volatile struct vcpu_runstate_info *area = &live;
    struct vcpu_runstate_info now;
    uint64_t entered;

    timer_port();
    check_rc(register_runstate(&live), 0, "register");
    entered = area->state_entry_time;
    sleep(10);
    now = runstate();
    check_eq((uint64_t)area->state, RUNSTATE_running, "after a sleep: running");
    check(area->state_entry_time > entered, "since then");
    check_eq(area->state_entry_time, now.state_entry_time, "as get_runstate_info says");
    check_eq(area->time[RUNSTATE_blocked], now.time[RUNSTATE_blocked], "so is the time blocked");
    check_rc(register_runstate(NULL), 0, "address 0 ends it");
    memset(&live, 0x5a, sizeof(live));
    sleep(5);
    check_eq(bytes_other_than(0x5a, &live, sizeof(live)), 0, "nothing is written any more");
}

TEST("runstate-area-unaligned", "runstate: an area at an odd address, over the end of a page", 0)
{
    char *pages = window_alloc();
    volatile struct vcpu_runstate_info *area = (void *)(pages + PAGE_SIZE - 21);
    struct vcpu_runstate_info copy;

    if ( window_alloc() != pages + PAGE_SIZE )
        panic("two windows in a row");
    hyp_update_va_mapping(pages, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE), UVMF_INVLPG);
    hyp_update_va_mapping(pages + PAGE_SIZE, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE),
                          UVMF_INVLPG);
    timer_port();
    check_rc(register_runstate(area), 0, "register");
    sleep(5);
    memcpy(&copy, (void *)area, sizeof(copy));
    check_eq((uint64_t)copy.state, RUNSTATE_running, "after a sleep: running");
    check_eq(copy.time[RUNSTATE_blocked], runstate().time[RUNSTATE_blocked], "the time blocked");
    check_rc(register_runstate(NULL), 0, "end it");
}

TEST("runstate-area-gone",
     "runstate: an area that is unmapped, or made a page table, is left alone", 0)
{
    uint64_t *page = page_alloc();
    char *win = window_alloc();

    timer_port();
    hyp_update_va_mapping(win, pte(virt_to_mfn(page), PTE_RW_PAGE), UVMF_INVLPG);
    check_rc(register_runstate(win), 0, "register");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap it");
    memset(page, 0, PAGE_SIZE);
    sleep(5);
    check_eq(bytes_other_than(0, page, PAGE_SIZE), 0, "bytes written to the frame");
    check_rc(hyp_update_va_mapping(win, pte(virt_to_mfn(page), PTE_RO_PAGE), UVMF_INVLPG), 0,
             "map it read-only");
    sleep(5);
    check_eq(bytes_other_than(0, page, PAGE_SIZE), 0, "bytes written to it");
    check_rc(page_set_ro(page), 0, "and everywhere else");
    check_rc(pin(1, page), 0, "pin it as an L1");
    sleep(5);
    check_eq(bytes_other_than(0, page, PAGE_SIZE), 0, "bytes written to the table");
    check_rc(unpin(page), 0, "unpin");
    check_rc(register_runstate(NULL), 0, "end it");
}

TEST("runstate-area-bounds", "runstate: areas where none can be", 0)
{
    static const struct
    {
        const char *name;
        uint64_t at;
    } refused[] = { { "in the M2P", MACH2PHYS_VIRT_START },
                    { "in the hypervisor", 0xffff830000000000UL },
                    { "at the hypervisor's end", 0xffff87fffffffff8UL },
                    { "over its beginning", 0xffff7ffffffffff8UL } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(refused); i++ )
    {
        check_rc(register_runstate((void *)refused[i].at), -XEN_EFAULT, "runstate %s",
                 refused[i].name);
        check_rc(register_time((void *)refused[i].at), -XEN_EFAULT, "time %s", refused[i].name);
    }
    check_rc(register_runstate((void *)0xdead0000UL), 0,
             "runstate unmapped: it may come to be mapped");
    check_rc(register_time((void *)0xdead0000UL), 0, "time unmapped");
    check_rc(register_runstate(NULL), 0, "end it");
    check_rc(register_time(NULL), 0, "end it");
}

TEST("runstate-update-flag", "runstate: the flag of an update is not left behind", 0)
{
    static volatile struct vcpu_runstate_info live __attribute__((aligned(64)));

    timer_port();
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0,
             "enable the flag");
    check_rc(register_runstate(&live), 0, "register");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        sleep(3);
        check_eq(live.state_entry_time >> 63, 0, "the flag after a sleep");
        check_eq(live.state_entry_time, runstate().state_entry_time, "the time under it");
    }
    check_rc(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag), 0, "disable it");
    check_rc(register_runstate(NULL), 0, "end it");
}

TEST("time-area", "the second copy of the time says the same", 0)
{
    static volatile struct vcpu_time_info live __attribute__((aligned(64)));
    const volatile struct vcpu_time_info *first = &vcpu_info()->time;

    timer_port();
    check_rc(register_time(&live), 0, "register");
    check_eq(live.version & 1, 0, "its version is even");
    check_eq(live.tsc_to_system_mul, first->tsc_to_system_mul, "scale");
    check_eq((uint64_t)live.tsc_shift, (uint64_t)first->tsc_shift, "shift");
    sleep(5);
    check_eq(live.version & 1, 0, "its version is even after a sleep");
    check_eq(live.tsc_to_system_mul, first->tsc_to_system_mul, "scale");
    check_rc(register_time(NULL), 0, "address 0 ends it");
}

/* ---- Timers ---- */

TEST("timer-flags", "set_singleshot_timer: times and flags at their limits", 0)
{
    static const uint32_t flags[] = { 2, 0x80000000, ~1U };
    uint32_t port = timer_port();
    struct vcpu_set_singleshot_timer one = { 0 };
    unsigned int n;

    events_unmask();
    for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
    {
        one = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = system_time() + 1000 * MS,
                                                  .flags = flags[i] };
        check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "in a second, flags 0x%x",
                 flags[i]);
    }
    n = event_count[port];
    one = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = 0 };
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "at time 0");
    hyp_sched_op(SCHEDOP_yield, NULL);
    check_eq(event_count[port], n + 1, "it fires");
    one.timeout_abs_ns = system_time() + 1000 * MS;
    one.flags = VCPU_SSHOTTMR_future;
    check_rc(hyp_vcpu_op(VCPUOP_set_singleshot_timer, 0, &one), 0, "in a second, SSHOTTMR_future");
    check_rc(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 0, HYPERVISOR), 0,
             "stop: it does not look at its argument");
    check_rc(hyp_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0, "stop it again");
    check_rc(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0,
             "stop a period that is not there");
    events_mask();
}

TEST("timer-periods", "set_periodic_timer: periods at their limits", 0)
{
    static const struct
    {
        uint64_t period;
        long rc;
        const char *name;
    } cases[] = { { 0, -XEN_EINVAL, "0" },
                  { 1, -XEN_EINVAL, "1 ns" },
                  { MS - 1, -XEN_EINVAL, "1 ms less 1 ns" },
                  { MS, 0, "1 ms" },
                  { 60000 * MS, 0, "a minute" },
                  { 1UL << 63, -XEN_EINVAL, "2^63 ns" },
                  { ~0UL, -XEN_EINVAL, "2^64 - 1 ns" } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        struct vcpu_set_periodic_timer t = { .period_ns = cases[i].period };

        check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &t), cases[i].rc, "%s", cases[i].name);
    }
    check_rc(hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop");
}
