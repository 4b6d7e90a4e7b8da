/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests, memory and code made of random numbers; the same numbers in every run. */
#include "misuse.h"

static uint64_t *scratch; /* may be spoilt by anybody */

static void fill_scratch(void)
{
    for ( unsigned int i = 0; i < PAGE_SIZE / 8; i++ )
        scratch[i] = argument(scratch);
}

/* ---- Registers ---- */

/* Not called with random arguments: those that end the run, take away what the test stands on (traps, stack, callbacks, GDT, segment bases,
 * timers, watches), print, wait, or give pages away. */
static bool harmless(uint64_t nr, uint64_t a1)
{
    static const uint8_t not [] = { __HYPERVISOR_set_trap_table,
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
                                    __HYPERVISOR_grant_table_op,
                                    __HYPERVISOR_event_channel_op_compat,
                                    __HYPERVISOR_platform_op,
                                    __HYPERVISOR_sysctl,
                                    __HYPERVISOR_domctl,
                                    __HYPERVISOR_kexec_op,
                                    __HYPERVISOR_xsm_op,
                                    __HYPERVISOR_arch_0,
                                    __HYPERVISOR_nmi_op,
                                    __HYPERVISOR_physdev_op,
                                    __HYPERVISOR_physdev_op_compat,
                                    __HYPERVISOR_vm_assist,
                                    __HYPERVISOR_set_timer_op };

    for ( unsigned int i = 0; i < sizeof(not ); i++ )
        if ( nr == not [i] )
            return false;
    if ( nr == __HYPERVISOR_vcpu_op ) /* nor areas that are written to later */
        return a1 < VCPUOP_down || a1 == VCPUOP_is_up || a1 == VCPUOP_get_runstate_info ||
               a1 == VCPUOP_get_physid || a1 > VCPUOP_register_vcpu_time_memory_area;
    if ( nr == __HYPERVISOR_memory_op )
        return (a1 & 63) == XENMEM_machphys_mapping || (a1 & 63) == XENMEM_maximum_ram_page;
    if ( nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_update_va_mapping_otherdomain )
        return a1 >= 0x10000000;
    return true;
}

/* Among what is done is a change of the M2P here and there; others rely on it. */
static void repair_m2p(void)
{
    unsigned int failed = 0;

    for ( uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++ )
    {
        uint64_t mfn = pfn_to_mfn(pfn);

        if ( M2P[mfn] != pfn )
            failed += mmu_update1(mfn << 12 | MMU_MACHPHYS_UPDATE, pfn) != 0;
    }
    check_eq(failed, 0, "entries of the M2P that could not be put right");
}

TEST("random-registers", "a hundred thousand calls with random registers", TEST_SLOW)
{
    unsigned long calls = 0;

    scratch = page_alloc();
    random_start(0x9e3779b97f4a7c15);
    calls_start();
    for ( unsigned int i = 0; calls < 100000; i++ )
    {
        uint64_t nr = random() % 64, a1 = argument(scratch);

        if ( i % 4096 == 0 )
        {
            calls_flush();
            fill_scratch();
        }
        if ( !harmless(nr, a1) )
            continue;
        call(nr, a1, argument(scratch), argument(scratch), argument(scratch), argument(scratch));
        calls++;
    }
    calls_flush();
    mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0);
    user_kernel_stack();
    check(calls_refused > 1000, "many are refused");
    repair_m2p();
    still_well();
}

/* The same not in a list, so that the registers are whatever they are when the CPU enters. */
TEST("random-registers-raw", "three hundred calls by SYSCALL with random registers", TEST_SLOW)
{
    unsigned long calls = 0, refused = 0;

    scratch = page_alloc();
    random_start(0x2545f4914f6cdd1d);
    while ( calls < 300 )
    {
        uint64_t nr = random() % 66, a1 = argument(scratch);

        if ( calls % 64 == 0 )
            fill_scratch();
        if ( !harmless(nr, a1) )
            continue;
        refused += hypercall_raw(nr | (random() % 4 ? 0 : random() << 32), a1, argument(scratch),
                                 argument(scratch), argument(scratch), argument(scratch)) < 0;
        calls++;
    }
    mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0);
    check(refused > 30, "many are refused");
    repair_m2p();
    still_well();
}

/* ---- Memory ---- */

/* A frame that an entry may name: mostly one of these pages. */
static uint64_t frame(uint64_t *const *pages, unsigned int n)
{
    switch ( random() % 8 )
    {
    case 0: return root_mfn;
    case 1: return random() % 0x10000;
    case 2: return start_info->shared_info >> 12;
    case 3: return 1UL << random() % 64;
    default: return mfn_of(pages[random() % n]);
    }
}

/* A frame that may be written to: one of these pages, the hypervisor's, nobody's. */
static uint64_t target(uint64_t *const *pages, unsigned int n)
{
    switch ( random() % 16 )
    {
    case 0: return 0x100;
    case 1: return 1UL << (40 + random() % 12);
    default: return mfn_of(pages[random() % n]);
    }
}

static uint64_t entry(uint64_t *const *pages, unsigned int n)
{
    uint64_t flags = random() % 4 ? PTE_TABLE : random() & ~PTE_ADDR;

    return random() % 8 ? pte(frame(pages, n), flags) : random();
}

#define PAGES 24

/* Tables of a few pages of ours, linked, pinned, changed and unpinned at random; at last all of it can be taken apart. */
TEST("random-tables", "random operations on a few pages: tables of all levels", TEST_SLOW)
{
    static const unsigned int cmds[] = { MMUEXT_PIN_L1_TABLE,   MMUEXT_PIN_L2_TABLE,
                                         MMUEXT_PIN_L3_TABLE,   MMUEXT_PIN_L4_TABLE,
                                         MMUEXT_UNPIN_TABLE,    MMUEXT_UNPIN_TABLE,
                                         MMUEXT_CLEAR_PAGE,     MMUEXT_COPY_PAGE,
                                         MMUEXT_TLB_FLUSH_LOCAL };
    static struct mmu_update updates[4096];
    static struct mmuext_op ops[4096];
    uint64_t *pages[PAGES];
    unsigned int left = 0;

    for ( unsigned int i = 0; i < PAGES; i++ )
        pages[i] = table_alloc();
    random_start(0x5ca1ab1e);
    calls_start();
    for ( unsigned int i = 0; i < 120000; i++ )
    {
        unsigned int at = i % 4096;

        switch ( random() % 4 )
        {
        case 0:
            ops[at] = (struct mmuext_op){ .cmd = cmds[random() % ARRAY_SIZE(cmds)] };
            ops[at].arg1.mfn = mfn_of(pages[random() % PAGES]);
            ops[at].arg2.src_mfn = mfn_of(pages[random() % PAGES]);
            call(__HYPERVISOR_mmuext_op, (uint64_t)&ops[at], 1, 0, DOMID_SELF, 0);
            break;
        case 1:
            call(__HYPERVISOR_update_va_mapping, (uint64_t)pages[random() % PAGES],
                 pte(mfn_of(pages[random() % PAGES]), random() % 3 ? PTE_RO_PAGE : PTE_RW_PAGE),
                 UVMF_INVLPG, 0, 0);
            break;
        default:
            updates[at].ptr = (target(pages, PAGES) << 12) + random() % 4 * 8;
            updates[at].ptr |= random() % 8 ? MMU_NORMAL_PT_UPDATE : MMU_PT_UPDATE_PRESERVE_AD;
            updates[at].val = random() % 3 ? entry(pages, PAGES) : 0;
            call(__HYPERVISOR_mmu_update, (uint64_t)&updates[at], 1, 0, DOMID_SELF, 0);
        }
        if ( i % 30000 == 0 )
            printf("# %u\n", i);
    }
    calls_flush();
    check(calls_refused > 1000 && calls_done - calls_refused > 1000,
          "many are refused, many are done");
    /* Whatever they have become: pins go, mappings are our own again, and nothing is a table. */
    for ( unsigned int i = 0; i < PAGES; i++ )
        unpin(pages[i]);
    for ( unsigned int turn = 0; turn < 2; turn++ )
        for ( unsigned int i = 0; i < PAGES; i++ )
            hyp_update_va_mapping(pages[i], pte(mfn_of(pages[i]), PTE_RO_PAGE), UVMF_INVLPG);
    for ( unsigned int i = 0; i < PAGES; i++ )
        left += page_set_rw(pages[i]) != 0;
    check_eq(left, 0, "pages that are still in use as something else");
    still_well();
}

/* ---- Code ---- */

#define CODE_SLOT 7UL

static unsigned int vectors[8];
static unsigned long endless;

/* Whatever user mode runs into, system calls and events too: it is over. */
static bool end_of_run(struct regs *r)
{
    if ( (r->cs & 3) != 3 )
        return false;
    vectors[r->vector % 8]++;
    if ( r->vector != TRAP_EVENT )
        return false;
    endless++;
    event_dispatch();
    r->vector = TRAP_UD; /* as if it had ended by itself */
    return false;
}

static void enter(void *arg)
{
    const struct iret_frame f = { .rip = CODE_SLOT << 39 | 1024,
                                  .cs = FLAT_USER_CS,
                                  .rflags = EFLAGS_IF | 2,
                                  .rsp = (CODE_SLOT << 39 | PAGE_SIZE) + 2048,
                                  .ss = FLAT_USER_SS };

    iret_to(&f);
}

/* A root of its own for user mode, with a page of code and one of data: what it does to itself hurts nobody. */
static uint64_t *jail(uint64_t **code)
{
    uint64_t *l4 = page_alloc(), *data = page_alloc();
    struct tree t = tree_alloc();

    *code = page_alloc();
    entry_write(&t.l1[0], pte(mfn_of(*code), PTE_RW_PAGE | PTE_US));
    entry_write(&t.l1[1], pte(mfn_of(data), PTE_RW_PAGE | PTE_US));
    l4[CODE_SLOT] = pte(mfn_of(t.l3), PTE_TABLE);
    if ( page_set_ro(l4) || pin(4, l4) )
        panic("jail");
    return l4;
}

TEST("random-code", "user mode runs random bytes", TEST_SLOW)
{
    uint64_t *code, *l4 = jail(&code);
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct vcpu_set_periodic_timer period = { 5000000 };
    struct evtchn_close close;
    unsigned int runs = 0, ended = 0;

    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0, "a user root with nothing but it");
    check_rc(hyp_event_channel_op(EVTCHNOP_bind_virq, &virq), 0, "VIRQ_TIMER ends what would not");
    event_set_mask(virq.port, false);
    check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0, "every 5 ms");
    random_start(0xc0de);
    trap_hook = end_of_run;
    for ( ; runs < 3000; runs++ )
    {
        for ( unsigned int i = 0; i < PAGE_SIZE / 8; i++ )
            code[i] = random();
        ended += probe(enter, NULL);
    }
    trap_hook = NULL;
    events_mask();
    hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    close.port = virq.port;
    hyp_event_channel_op(EVTCHNOP_close, &close);
    printf("# %lu were ended by the timer\n", endless);
    check_eq(ended, runs, "runs that ended in a trap");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0), 0, "the old user root");
    check_rc(unpin(l4), 0, "unpin the jail");
    still_well();
}
