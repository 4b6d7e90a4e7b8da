/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a guest that asks what makes no sense, without end. None of it may stop the hypervisor, spoil its accounts or fill its log; and
 * the guest goes on as before. The suite sees to accounts (the audit) and log; still_well() to the guest. The guest `hostile` does what a guest
 * does not survive.
 */
#include "misuse.h"

const char guest_name[] = "misuse";

static uint64_t state;

void random_start(uint64_t seed)
{
    state = seed;
}

uint64_t random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

uint64_t argument(const void *own)
{
    unsigned int bit;

    switch ( random() % 14 )
    {
    case 0:
    case 1: return random() % 32;
    case 2:
    case 3: return (uint64_t)own + random() % 500 * 8;
    case 4: return HV_ADDRESS + random() % 0x10000;
    case 5: return MACH2PHYS_VIRT_START + random() % 0x10000;
    case 6: return NON_CANON - random() % 128;
    case 7: return ~0UL - random() % 64;
    case 8: return virt_to_mfn(own);
    case 9: return root_mfn;
    case 10: return HOLE;
    case 11: /* but no address of ours, or the p2m list is gone */
        bit = random() % 48;
        return 1UL << (bit < 12 ? bit : bit + 16);
    case 12: return DOMID_SELF + random() % 16;
    default: return random();
    }
}

/* ---- Many calls by one ---- */

#define MANY 4096

static struct multicall_entry list[MANY];
static unsigned int listed;
unsigned long calls_done, calls_refused;

void calls_start(void)
{
    listed = 0;
    calls_done = calls_refused = 0;
}

void calls_flush(void)
{
    if ( listed && hyp_multicall(list, listed) )
        panic("multicall");
    for ( unsigned int i = 0; i < listed; i++ )
        calls_refused += (long)list[i].result < 0;
    calls_done += listed;
    listed = 0;
}

void call(unsigned long op, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    list[listed++] = (struct multicall_entry){ .op = op, .args = { a1, a2, a3, a4, a5 } };
    if ( listed == MANY )
        calls_flush();
}

/* ---- Afterwards ---- */

static unsigned long plus_one(unsigned long arg)
{
    return arg + 1;
}

static void fault(void *arg)
{
    *(volatile int *)HOLE = 1;
}

void still_well(void)
{
    unsigned long got = 0;
    uint64_t *table = table_alloc();
    void *win = window_alloc();

    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "hypercalls work");
    check_rc(pin(4, table), 0, "a page becomes a table");
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(table), PTE_RW_PAGE), UVMF_INVLPG), -XEN_EBUSY,
             "which cannot be mapped writable");
    check_rc(unpin(table), 0, "and ceases to be one");
    check(probe(fault, NULL) && probe_regs.vector == TRAP_PF && probe_cr2 == HOLE, "faults come");
    check(user_call(plus_one, 1, &got) && got == 2, "user mode works");
}
