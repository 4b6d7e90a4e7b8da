/* SPDX-License-Identifier: GPL-2.0-only */
/* set_trap_table: where the list is, how it ends, and which of two entries counts. */
#include "buffers.h"
#include "traps.h"

static volatile uint64_t vector_seen;

static bool note(struct regs *r)
{
    if ( r->vector != TRAP_UD && r->vector != TRAP_NM )
        return false;
    vector_seen = r->vector;
    r->rip += 2;
    return true;
}

/* By which stub an invalid instruction arrives. */
static uint64_t handler_of_ud(void)
{
    vector_seen = 0;
    __asm__ volatile("ud2" ::: "memory");
    return vector_seen;
}

static struct trap_info gate(unsigned int stub)
{
    return (struct trap_info){ TRAP_UD, 0, FLAT_KERNEL_CS, trap_stub(stub) };
}

TEST("trap-table-places", "set_trap_table: lists anywhere", 0)
{
    struct trap_info *edge = before_hole(2 * sizeof(*edge));
    struct trap_info odd[3];

    trap_hook = note;
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(hyp_set_trap_table((void *)bad_addresses[p].address), -XEN_EFAULT, "list: %s",
                 bad_addresses[p].name);
    edge[0] = gate(TRAP_NM);
    check_rc(hyp_set_trap_table(edge), 0, "a list whose end is that of a page");
    check_eq(handler_of_ud(), TRAP_NM, "it is in effect");
    edge[0] = gate(TRAP_UD);
    check_rc(hyp_set_trap_table(read_only_copy(edge, 2 * sizeof(*edge))), 0, "a read-only list");
    check_eq(handler_of_ud(), TRAP_UD, "it is in effect");
    memset(odd, 0, sizeof(odd));
    edge[0] = gate(TRAP_NM);
    memcpy((char *)odd + 5, edge, sizeof(*edge));
    check_rc(hyp_set_trap_table((void *)((char *)odd + 5)), 0, "a list at an odd address");
    check_eq(handler_of_ud(), TRAP_NM, "it is in effect");
    trap_hook = NULL;
}

TEST("trap-table-no-end", "set_trap_table: a list that runs into a hole", 0)
{
    struct trap_info *edge = before_hole(2 * sizeof(*edge));

    trap_hook = note;
    edge[0] = gate(TRAP_UD);
    edge[1] = gate(TRAP_NM);
    check_rc(hyp_set_trap_table(edge), -XEN_EFAULT, "two entries and no end");
    check_eq(handler_of_ud(), TRAP_NM, "the entries before the hole are in effect");
    edge[1] = gate(TRAP_UD);
    check_rc(hyp_set_trap_table((void *)((char *)&edge[1] + 1)), -XEN_EFAULT,
             "an entry whose last byte is in it");
    check_eq(handler_of_ud(), TRAP_NM, "has no effect");
    trap_hook = NULL;
}

TEST("trap-table-twice", "set_trap_table: the last entry for a vector counts, and others stay", 0)
{
    struct trap_info t[] = { gate(TRAP_NM), gate(TRAP_UD), { 0 } };
    struct trap_info other[] = { { 0x50, 3, FLAT_KERNEL_CS, trap_stub(0x50) }, { 0 } };

    trap_hook = note;
    check_rc(hyp_set_trap_table(t), 0, "two entries for one vector");
    check_eq(handler_of_ud(), TRAP_UD, "the second counts");
    t[1] = (struct trap_info){ 0 };
    check_rc(hyp_set_trap_table(t), 0, "one entry");
    check_rc(hyp_set_trap_table(other), 0, "one for another vector");
    check_eq(handler_of_ud(), TRAP_NM, "the first one is still there");
    trap_hook = NULL;
}

TEST("trap-table-bad-entry", "set_trap_table: entries before one that is wrong are in effect", 0)
{
    struct trap_info t[] = { gate(TRAP_NM), gate(TRAP_UD), gate(TRAP_UD), { 0 } };

    trap_hook = note;
    t[1].address = 0x0000800000000000UL;
    check_rc(hyp_set_trap_table(t), -XEN_EINVAL, "the second of three is not canonical");
    check_eq(handler_of_ud(), TRAP_NM, "the first is in effect, the third is not");
    t[0] = gate(TRAP_UD);
    t[1].address = 0xffff7fffffffffffUL;
    check_rc(hyp_set_trap_table(t), -XEN_EINVAL, "below the upper half");
    check_eq(handler_of_ud(), TRAP_UD, "the first is in effect");
    trap_hook = NULL;
}
