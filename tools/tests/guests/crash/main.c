/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a report on a crashed guest that follows the guest's registers and faults itself. Crashes in the way the command line
 * names, with the registers a report would follow pointing to the worst places.
 */
#include "guest.h"

const char guest_name[] = "crash";

#define UNMAPPED 0x0000123456789000UL

static void no_traps(void)
{
    static const struct trap_info none[1];

    hyp_set_trap_table(none);
    HYPERCALL(set_trap_table, 0, 0, 0, 0, 0);
}

/* A page fault nobody handles. */
static void crash_fault(void)
{
    no_traps();
    *(volatile uint64_t *)UNMAPPED = 1;
}

/* To a page table: not writable, though mapped. */
static void crash_table(void)
{
    no_traps();
    *pt_entry((void *)start_info->pt_base, 2) = 0;
}

/* An exception while the stack is @rsp. */
static void crash_on_stack(uint64_t rsp)
{
    __asm__ volatile("movq %0, %%rsp; ud2" : : "r"(rsp) : "memory");
}

static void crash_jump(void)
{
    no_traps();
    ((void (*)(void))UNMAPPED)();
}

void guest_main(void)
{
    const char *how = (const char *)start_info->cmd_line;

    if ( !strcmp(how, "fault") )
        crash_fault();
    else if ( !strcmp(how, "table") )
        crash_table();
    else if ( !strcmp(how, "stack unmapped") )
        crash_on_stack(UNMAPPED + 0x1008);
    else if ( !strcmp(how, "stack hypervisor") )
        crash_on_stack(0xffff830000001000);
    else if ( !strcmp(how, "stack m2p") )
        crash_on_stack(0xffff800000001000);
    else if ( !strcmp(how, "stack noncanonical") )
        crash_on_stack(0x8000000000000000);
    else if ( !strcmp(how, "stack end") )
        crash_on_stack(~7UL);
    else if ( !strcmp(how, "stack edge") )
        crash_on_stack((first_unmapped_pfn() << 12) - 8);
    else if ( !strcmp(how, "jump") )
        crash_jump();
    else if ( !strcmp(how, "itself") )
        guest_shutdown(SHUTDOWN_crash);
    check(false, "still running after \"%s\"", how);
}
