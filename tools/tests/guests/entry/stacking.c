/* SPDX-License-Identifier: GPL-2.0-only */
/* NMIs, events on top of exceptions, and what the saved mask says. */
#include "entry.h"

static volatile unsigned int nmis, depth, deepest;
static volatile unsigned int second_nmi;

static bool on_nmi(struct regs *r)
{
    if ( r->vector != TRAP_NMI_CB )
        return false;
    nmis++;
    depth++;
    if ( depth > deepest )
        deepest = depth;
    /* Another one while we are in the handler: it waits for our iret. */
    if ( second_nmi )
    {
        second_nmi--;
        hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL);
    }
    depth--;
    return true;
}

TEST("nmi", "NMIs, nested", 0)
{
    struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (unsigned long)nmi_entry };

    trap_hook = on_nmi;
    check_rc(hyp_callback_op(CALLBACKOP_register, &cb), 0, "callback");
    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi");
    check_eq(nmis, 1, "it comes");
    events_mask();
    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0, "send_nmi with events masked");
    check_eq(nmis, 2, "it comes all the same");
    second_nmi = 3;
    nmis = deepest = 0;
    check_rc(hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0,
             "send_nmi, whose handler sends another, three times");
    check_eq(nmis, 4, "all four come");
    check_eq(deepest, 1, "one after the other: masked until iret");
    trap_hook = NULL;
}

/* ---- Events ---- */

#define MAX_SEEN 8
static volatile unsigned int nr_seen;
static volatile struct
{
    uint64_t vector, cs, rip, rflags;
} seen[MAX_SEEN];

static bool note_all(struct regs *r)
{
    if ( nr_seen < MAX_SEEN )
    {
        seen[nr_seen].vector = r->vector;
        seen[nr_seen].cs = r->cs;
        seen[nr_seen].rip = r->rip;
        seen[nr_seen].rflags = r->rflags;
        nr_seen++;
    }
    if ( r->vector == TRAP_UD )
        r->rip += 2;
    return r->vector == TRAP_UD;
}

extern char stacked_ud2[];

/* How many traps that makes; later lines of text may bring more. */
static unsigned int __attribute__((noinline)) ud_with_event_pending(void)
{
    nr_seen = 0;
    vcpu_info()->evtchn_upcall_pending = 1; /* nobody notices until the next entry */
    __asm__ volatile("stacked_ud2: ud2" ::: "memory");
    return nr_seen;
}

TEST("event-on-exception", "an event on top of an exception", 0)
{
    unsigned int n;

    trap_hook = note_all;
    events_unmask();
    n = ud_with_event_pending();
    check_eq(n, 2, "both are delivered");
    check_eq(seen[0].vector, TRAP_EVENT, "the event first, as it was laid on top");
    check_eq(seen[0].rip, trap_stub(TRAP_UD),
             "it interrupted the exception's handler before its first instruction");
    check_eq(seen[0].cs, FLAT_KERNEL_CS & ~3UL, "which ran with events open");
    check_eq(seen[1].vector, TRAP_UD, "then the exception");
    check_eq(seen[1].rip, (uint64_t)stacked_ud2, "at its instruction");
}

TEST("gate-masks-events", "a gate that masks events", 0)
{
    struct trap_info t[2] = { { TRAP_UD, 4, FLAT_KERNEL_CS, trap_stub(TRAP_UD) } };
    unsigned int n;

    trap_hook = note_all;
    check_rc(hyp_set_trap_table(t), 0, "gate of #UD with the flag");
    events_unmask();
    n = ud_with_event_pending();
    check_eq(seen[0].vector, TRAP_UD, "the exception first");
    check_eq(seen[0].cs >> 32, 0, "the saved mask is 0");
    check_eq(seen[0].rflags & EFLAGS_IF, EFLAGS_IF, "and IF is set");
    check_eq(n, 2, "the event when the handler returns");
    check_eq(seen[1].vector, TRAP_EVENT, "by iret");
    t[0].flags = 0;
    check_rc(hyp_set_trap_table(t), 0, "gate back");
}

TEST("exception-events-masked", "an exception while events are masked", 0)
{
    unsigned int n;

    trap_hook = note_all;
    events_mask();
    n = ud_with_event_pending();
    check_eq(n, 1, "only the exception");
    check_eq(seen[0].cs >> 32, 1, "the saved mask is 1");
    check_eq(seen[0].rflags & EFLAGS_IF, 0, "and IF is clear");
    vcpu_info()->evtchn_upcall_pending = 0;
    trap_hook = NULL;
}
