/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a guest whose stack, handlers or tables make it impossible to tell it about its own fault. Nothing of this may harm
 * the hypervisor: the domain crashes, with a line that says why. The first word of the command line chooses what to do; flood
 * and random end well (they are refused a million times, and the guest lives); random may
 * be followed by how many calls to make.
 */
#include "guest.h"

const char guest_name[] = "hostile";

#define HOLE       0xdead0000UL
#define HV_ADDRESS 0xffff830000100000UL
#define NON_CANON  0x0000800000000000UL

/* #UD on a stack of the test's choice. */
static void trap_on_stack(uint64_t rsp)
{
    __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(rsp));
}

static void stack_hole(void)
{
    trap_on_stack(HOLE);
}

static void stack_hypervisor(void)
{
    trap_on_stack(HV_ADDRESS);
}

static void stack_m2p(void)
{
    trap_on_stack(MACH2PHYS_VIRT_START + 4096);
}

static void stack_non_canonical(void)
{
    trap_on_stack(NON_CANON + 64);
}

static void stack_zero(void)
{
    trap_on_stack(0);
}

static void stack_readonly(void)
{
    char *page = page_alloc();

    page_set_ro(page);
    trap_on_stack((uint64_t)page + 4096);
}

static void stack_page_table(void)
{
    trap_on_stack(start_info->pt_base + 4096);
}

static void no_handler(void)
{
    hyp_set_trap_table(NULL);
    __asm__ volatile("ud2");
}

/* The page-fault handler is itself not there: frame upon frame until the stack ends. */
static void handler_hole(void)
{
    struct trap_info t[2] = { { TRAP_PF, 0, FLAT_KERNEL_CS, HOLE } };

    hyp_set_trap_table(t);
    *(volatile int *)HOLE = 1;
}

static void no_event_callback(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_send send;

    hyp_event_channel_op(EVTCHNOP_bind_ipi, &ipi);
    event_set_mask(ipi.port, false);
    HYPERCALL(set_callbacks, 0, 0, 0, 0, 0);
    vcpu_info()->evtchn_upcall_mask = 0;
    send.port = ipi.port;
    hyp_event_channel_op(EVTCHNOP_send, &send);
}

static void iret_stack_hole(void)
{
    iret_to((const struct iret_frame *)HOLE);
}

static void iret_stack_hypervisor(void)
{
    iret_to((const struct iret_frame *)HV_ADDRESS);
}

static void iret_no_user_root(void)
{
    struct iret_frame f = {
        .rip = (uint64_t)user_start, .cs = FLAT_USER_CS, .rflags = EFLAGS_IF, .ss = FLAT_USER_SS
    };

    mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
    iret_to(&f);
}

static unsigned long nothing(unsigned long arg)
{
    return 0;
}

static void kernel_stack_hole(void)
{
    user_init();
    hyp_stack_switch(FLAT_KERNEL_SS, HOLE);
    user_call(nothing, 0, NULL);
}

static void kernel_stack_hypervisor(void)
{
    user_init();
    hyp_stack_switch(FLAT_KERNEL_SS, HV_ADDRESS);
    user_call(nothing, 0, NULL);
}

/* The frame's upper words go to a page of ours, the lower ones would go to the hypervisor's last (XSA-215). */
static void kernel_stack_edge(void)
{
    uint64_t end = HYPERVISOR_VIRT_END;

    user_init();
    if ( pt_map((void *)end, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE)) )
        panic("the page behind the hypervisor");
    hyp_stack_switch(FLAT_KERNEL_SS, end + 48);
    user_call(nothing, 0, NULL);
}

/* The code that runs disappears: its L4 entry goes. */
static void unmap_self(void)
{
    mmu_update1(pt_entry_maddr(NULL, 4), 0);
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0); /* the CPU would know the translation still */
}

static void say_crash(void)
{
    guest_shutdown(SHUTDOWN_crash);
}

static void reboot(void)
{
    printf("Test result: SUCCESS\n");
    guest_shutdown(SHUTDOWN_reboot);
}

static void bad_reason(void)
{
    struct sched_shutdown arg = { .reason = 99 };

    check_rc_any(hyp_sched_op(SCHEDOP_shutdown, &arg), -XEN_EINVAL, 0, "shutdown for reason 99");
}

/* ---- Guests that are a nuisance but go on ---- */

static void flood(void)
{
    struct mmu_update req = { root_mfn << 12, ~0UL };
    void *win = window_alloc();
    unsigned long refused = 0;

    for ( unsigned int i = 0; i < 250000; i++ )
    {
        refused += hyp_update_va_mapping(win, pte(root_mfn, PTE_RW_PAGE), 0) < 0;
        refused += mmuext(MMUEXT_PIN_L4_TABLE, root_mfn, 0) < 0;
        refused += hyp_mmu_update(&req, 1, NULL, DOMID_SELF) < 0;
        refused += hyp_sched_op(99, NULL) < 0;
    }
    check_eq(refused, 1000000, "a million bad requests, a million refusals");
}

static uint64_t seed;

static uint64_t random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t *scratch;

/* An argument: small, an address of each kind, an own frame, rubbish. */
static uint64_t argument(void)
{
    switch ( random() % 12 )
    {
    case 0: return random() % 32;
    case 1:
        return (uint64_t)scratch + random() % 256 * 8; /* aligned: no number is made of pieces */
    case 2: return HV_ADDRESS + random() % 0x10000;
    case 3: return MACH2PHYS_VIRT_START + random() % 0x10000;
    case 4: return NON_CANON - random() % 128;
    case 5: return ~0UL - random() % 64;
    case 6: return virt_to_mfn(scratch);
    case 7: return root_mfn;
    case 8: return HOLE;
    case 9: return 1UL << (32 + random() % 32); /* lower ones are addresses of ours */
    case 10: return DOMID_SELF + random() % 16;
    default: return random();
    }
}

static void fill_scratch(void)
{
    for ( unsigned int i = 0; i < 512; i++ )
        scratch[i] = argument();
}

/* Not called: those that end the run, take away what the test stands on (traps, stack, GDT, callbacks, gs), or wait. */
static bool harmless(uint64_t nr)
{
    static const uint8_t excluded[] = { __HYPERVISOR_set_trap_table,
                                        __HYPERVISOR_stack_switch,
                                        __HYPERVISOR_set_callbacks,
                                        __HYPERVISOR_sched_op_compat,
                                        __HYPERVISOR_iret,
                                        __HYPERVISOR_sched_op,
                                        __HYPERVISOR_callback_op,
                                        __HYPERVISOR_multicall,
                                        __HYPERVISOR_set_segment_base,
                                        __HYPERVISOR_console_io,
                                        __HYPERVISOR_event_channel_op,
                                        __HYPERVISOR_set_debugreg,
                                        __HYPERVISOR_fpu_taskswitch,
                                        __HYPERVISOR_event_channel_op_compat };

    for ( unsigned int i = 0; i < sizeof(excluded); i++ )
        if ( nr == excluded[i] )
            return false;
    return true;
}

/* Calls that succeed for a random argument and take away what the test stands on: its pages, its mappings. */
static bool fatal(uint64_t nr, uint64_t a1)
{
    if ( nr == __HYPERVISOR_grant_table_op )
        return true; /* writes a status into each of as many elements as it is told */
    if ( nr == __HYPERVISOR_vcpu_op )
        return (uint32_t)a1 == VCPUOP_down || (uint32_t)a1 == VCPUOP_register_vcpu_info;
    if ( nr == __HYPERVISOR_memory_op )
        return (a1 & 63) != XENMEM_machphys_mapping && (a1 & 63) != XENMEM_maximum_ram_page;
    if ( nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_update_va_mapping_otherdomain )
        return a1 < 0x10000000;
    return false;
}

/* The number behind the trick's name, or 0. */
static unsigned long wanted_calls(void)
{
    unsigned long n = 0;

    for ( const int8_t *c = start_info->cmd_line; *c; c++ )
        n = *c >= '0' && *c <= '9' ? n * 10 + (unsigned long)(*c - '0') : 0;
    return n;
}

static void random_calls(void)
{
    unsigned long good = 0, calls = 0, wanted = wanted_calls();

    scratch = page_alloc();
    for ( seed = 0x9e3779b97f4a7c15; calls < (wanted ? wanted : 300000); calls++ )
    {
        uint64_t nr = random() % 66, a1 = argument();

        if ( calls % 64 == 0 )
            fill_scratch();
        if ( !harmless(nr) || fatal(nr, a1) )
            continue;
        good += hypercall_raw(nr, a1, argument(), argument(), argument(), argument()) >= 0;
    }
    check(true, "%lu random hypercalls, %lu said yes, and we are still here", calls, good);
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "the hypervisor answers");
}

static const struct
{
    const char *word;
    void (*fn)(void);
} tricks[] = {
    { "stack-hole", stack_hole },
    { "stack-hypervisor", stack_hypervisor },
    { "stack-m2p", stack_m2p },
    { "stack-non-canonical", stack_non_canonical },
    { "stack-zero", stack_zero },
    { "stack-readonly", stack_readonly },
    { "stack-page-table", stack_page_table },
    { "no-handler", no_handler },
    { "handler-hole", handler_hole },
    { "no-event-callback", no_event_callback },
    { "iret-stack-hole", iret_stack_hole },
    { "iret-stack-hypervisor", iret_stack_hypervisor },
    { "iret-no-user-root", iret_no_user_root },
    { "kernel-stack-hole", kernel_stack_hole },
    { "kernel-stack-hypervisor", kernel_stack_hypervisor },
    { "kernel-stack-edge", kernel_stack_edge },
    { "unmap-self", unmap_self },
    { "say-crash", say_crash },
    { "reboot", reboot },
    { "bad-reason", bad_reason },
    { "flood", flood },
    { "random", random_calls },
};

static bool is_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    return !memcmp(line, word, len) && (line[len] == ' ' || !line[len]);
}

void guest_main(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(tricks); i++ )
        if ( is_word((const char *)start_info->cmd_line, tricks[i].word) )
        {
            printf("now: %s\n", tricks[i].word);
            tricks[i].fn();
            return;
        }
    error("no such trick: \"%s\"", (const char *)start_info->cmd_line);
}
