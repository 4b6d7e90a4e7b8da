/* SPDX-License-Identifier: GPL-2.0-only */
/* callback_op: where its argument may be, which types and addresses there are, and that the newest registration counts. */
#include <public/callback.h>
#include "buffers.h"
#include "traps.h"

#define NON_CANON 0x0000800000000000UL

static const uint16_t types[] = {
    CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall,
    CALLBACKTYPE_nmi,   CALLBACKTYPE_sysenter, CALLBACKTYPE_syscall32
};

static bool is_type(unsigned int n)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
        if ( types[i] == n )
            return true;
    return false;
}

static long enroll(unsigned int type, uint64_t address, unsigned int flags)
{
    struct callback_register cb = { .type = (uint16_t)type,
                                    .flags = (uint16_t)flags,
                                    .address = address };

    return hyp_callback_op(CALLBACKOP_register, &cb);
}

static long revoke(unsigned int type)
{
    struct callback_unregister cb = { .type = (uint16_t)type };

    return hyp_callback_op(CALLBACKOP_unregister, &cb);
}

/* Entries that note that they were used, and what the event mask was then. */
extern char event_entry_2[], syscall_entry_2[];
extern uint64_t entry_2_count, entry_2_mask;
uint64_t entry_2_count, entry_2_mask;
/* Both find rcx and r11 on the stack, and so may be used for rcx. shared_info's first vCPU has its mask in byte 1. */
__asm__(
    ".text\n"
    "event_entry_2: incq entry_2_count; jmp event_entry\n"
    "syscall_entry_2: incq entry_2_count; mov shared_info, %rcx; movzbl 1(%rcx), %ecx; mov %rcx, entry_2_mask\n"
    "  jmp syscall_entry\n");

static bool event_arrives(void)
{
    struct evtchn_bind_ipi bind = { .vcpu = 0 };
    struct evtchn_send send;
    unsigned int before;

    events_mask();
    if ( hyp_event_channel_op(EVTCHNOP_bind_ipi, &bind) )
        panic("bind_ipi");
    send.port = bind.port;
    event_set_mask(bind.port, false);
    before = event_count[bind.port];
    hyp_event_channel_op(EVTCHNOP_send, &send);
    events_unmask();
    events_mask();
    hyp_event_channel_op(EVTCHNOP_close, &send);
    return event_count[bind.port] == before + 1;
}

TEST("callback-arguments", "callback_op: where the argument may be", 0)
{
    struct callback_register cb = { .type = CALLBACKTYPE_failsafe,
                                    .address = (uint64_t)failsafe_entry };
    struct callback_unregister un = { .type = CALLBACKTYPE_nmi };
    void *edge;

    for ( unsigned int i = 0; i < NR_BAD_ADDRESSES; i++ )
    {
        void *p = (void *)bad_addresses[i].address;

        check_rc(hyp_callback_op(CALLBACKOP_register, p), -XEN_EFAULT, "register: %s",
                 bad_addresses[i].name);
        check_rc(hyp_callback_op(CALLBACKOP_unregister, p), -XEN_EFAULT, "unregister: %s",
                 bad_addresses[i].name);
    }
    edge = before_hole(sizeof(cb));
    memcpy(edge, &cb, sizeof(cb));
    check_rc(hyp_callback_op(CALLBACKOP_register, edge), 0, "register: up to the end of a page");
    check_rc(hyp_callback_op(CALLBACKOP_register, edge + 1), -XEN_EFAULT,
             "register: one byte over it");
    check_rc(hyp_callback_op(CALLBACKOP_register, read_only_copy(&cb, sizeof(cb))), 0,
             "register: from a read-only page");
    check_rc(hyp_callback_op(CALLBACKOP_unregister, read_only_copy(&un, sizeof(un))), 0,
             "unregister: from a read-only page");
    check(event_arrives(), "events still arrive");
}

TEST("callback-types", "callback_op: which types there are", 0)
{
    unsigned int wrong = 0;

    for ( unsigned int type = 0; type < 0x10000; type += type < 64 ? 1 : 4093 )
    {
        if ( is_type(type) )
            continue;
        wrong += enroll(type, (uint64_t)failsafe_entry, 0) != -XEN_ENOSYS;
        wrong += revoke(type) != -XEN_ENOSYS;
    }
    check_eq(wrong, 0, "types that do not exist, and are not refused by -ENOSYS");
    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
        if ( types[i] != CALLBACKTYPE_nmi )
            check_rc(revoke(types[i]), -XEN_EINVAL, "unregister type %u", types[i]);
    check_rc(revoke(CALLBACKTYPE_nmi), 0, "unregister nmi");
    check_rc(revoke(CALLBACKTYPE_nmi), 0, "unregister nmi again");
    for ( unsigned int cmd = 2; cmd; cmd <<= 1 )
        check_rc(hyp_callback_op(cmd, NULL), -XEN_ENOSYS, "command %u", cmd);
    check(event_arrives(), "events still arrive");
}

TEST("callback-addresses", "callback_op: an entry address must be canonical, no more", 0)
{
    static const uint64_t good[] = {
        0, 0x1000, NON_CANON - 1, ~(NON_CANON - 1), MACH2PHYS_VIRT_START, HYPERVISOR_VIRT_END, ~0UL
    };
    static const uint64_t bad[] = { NON_CANON, ~(NON_CANON - 1) - 1, 1UL << 63, 1UL << 48,
                                    ~0UL >> 1 };

    for ( unsigned int i = 0; i < ARRAY_SIZE(types); i++ )
    {
        unsigned int refused = 0, taken = 0;

        for ( unsigned int k = 0; k < ARRAY_SIZE(good); k++ )
            taken += enroll(types[i], good[k], 0) == 0;
        for ( unsigned int k = 0; k < ARRAY_SIZE(bad); k++ )
            refused += enroll(types[i], bad[k], 0) == -XEN_EINVAL;
        check_eq(taken, ARRAY_SIZE(good), "type %u: canonical addresses taken", types[i]);
        check_eq(refused, ARRAY_SIZE(bad), "type %u: other addresses refused", types[i]);
    }
    /* A refusal leaves the one before. */
    check_rc(enroll(CALLBACKTYPE_event, (uint64_t)event_entry, 0), 0, "our event entry");
    check_rc(enroll(CALLBACKTYPE_event, NON_CANON, 0), -XEN_EINVAL, "one that is not canonical");
    check(event_arrives(), "ours is entered");
}

static unsigned long nothing(unsigned long arg)
{
    return arg;
}

TEST("callback-replaced", "callback_op: the newest registration counts", 0)
{
    unsigned long got = 0;

    entry_2_count = 0;
    check(event_arrives(), "an event");
    check_eq(entry_2_count, 0, "enters at the first address");
    check_rc(enroll(CALLBACKTYPE_event, (uint64_t)event_entry_2, 0), 0, "another event entry");
    check(event_arrives(), "an event");
    check_eq(entry_2_count, 1, "enters at the second");
    check_rc(enroll(CALLBACKTYPE_event, (uint64_t)event_entry, 0), 0, "the first again");
    check(event_arrives(), "an event");
    check_eq(entry_2_count, 1, "does not enter at the second");
    check_rc(enroll(CALLBACKTYPE_syscall, (uint64_t)syscall_entry_2, 0), 0,
             "another syscall entry");
    check(user_call(nothing, 77, &got) && got == 77, "a system call");
    check_eq(entry_2_count, 2, "enters there");
}

TEST("callback-flags", "callback_op: mask_events, and bits that mean nothing", 0)
{
    static const struct
    {
        unsigned int flags, masked;
    } cases[] = { { 0, 0 }, { CALLBACKF_mask_events, 1 }, { 0xfffe, 0 }, { 0xffff, 1 }, { 0, 0 } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        check_rc(enroll(CALLBACKTYPE_syscall, (uint64_t)syscall_entry_2, cases[i].flags), 0,
                 "syscall entry, flags 0x%x", cases[i].flags);
        entry_2_mask = 99;
        check(user_call(nothing, 0, NULL), "a system call");
        check_eq(entry_2_mask, cases[i].masked, "the event mask in the handler");
    }
    check_rc(enroll(CALLBACKTYPE_event, (uint64_t)event_entry, CALLBACKF_mask_events), 0,
             "event, with a flag that it does not need");
    check(event_arrives(), "events arrive");
}
