/* SPDX-License-Identifier: GPL-2.0-only */
/* vm_assist: which help there is, and what it does. The help with page tables is tested in memory/emulate.c. */
#include "calls.h"

static long enable(unsigned int type)
{
    return hyp_vm_assist(VMASST_CMD_enable, type);
}

static long disable(unsigned int type)
{
    return hyp_vm_assist(VMASST_CMD_disable, type);
}

TEST("assist-types", "vm_assist: what can be switched on and off", 0)
{
    static const struct
    {
        unsigned int type;
        const char *name;
    } there[] = {
        { VMASST_TYPE_4gb_segments, "4gb_segments" },
        { VMASST_TYPE_4gb_segments_notify, "4gb_segments_notify" },
        { VMASST_TYPE_writable_pagetables, "writable_pagetables" },
        { VMASST_TYPE_pae_extended_cr3, "pae_extended_cr3" },
        { VMASST_TYPE_architectural_iopl, "architectural_iopl" },
        { VMASST_TYPE_runstate_update_flag, "runstate_update_flag" },
    };
    static const unsigned int none[] = { 6, 31, 33, 63, 64, 65, 0x7fffffff, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(there); i++ )
    {
        check_rc(enable(there[i].type), 0, "enable %s", there[i].name);
        check_rc(enable(there[i].type), 0, "enable it again");
        check_rc(disable(there[i].type), 0, "disable it");
        check_rc(disable(there[i].type), 0, "disable it again");
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        check_rc(enable(none[i]), -XEN_EINVAL, "enable type 0x%x", none[i]);
        check_rc(disable(none[i]), -XEN_EINVAL, "disable it");
    }
    check_rc_any(enable(VMASST_TYPE_m2p_strict), -XEN_EINVAL, 0, "enable m2p_strict");
    check_rc_any(disable(VMASST_TYPE_m2p_strict), -XEN_EINVAL, 0, "disable m2p_strict");
}

TEST("assist-commands", "vm_assist: commands that nobody knows", 0)
{
    static const unsigned int unknown[] = { 2, 3, 64, 0x7fffffff, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
    {
        check_rc(hyp_vm_assist(unknown[i], VMASST_TYPE_writable_pagetables), -XEN_ENOSYS,
                 "command 0x%x", unknown[i]);
        check_rc(hyp_vm_assist(unknown[i], 64), -XEN_EINVAL,
                 "command 0x%x of a type that nobody knows", unknown[i]);
    }
    check_rc(HYPERCALL(vm_assist, 1UL << 32, 1UL << 32 | VMASST_TYPE_writable_pagetables, 0, 0, 0),
             0, "bits 63-32 of both are not looked at");
    disable(VMASST_TYPE_writable_pagetables);
}

/* ---- What it does ---- */

static volatile unsigned int seen_gp, seen_15;
static volatile uint64_t seen_flags, flags_to_have;
static volatile bool change_flags;

static bool note(struct regs *r)
{
    seen_flags = r->rflags;
    if ( r->vector == 15 )
        seen_15++;
    else if ( r->vector == TRAP_GP )
    {
        seen_gp++;
        r->rip += 1;
    }
    else if ( r->vector == TRAP_UD )
        r->rip += 2;
    else
        return false;
    if ( change_flags )
        r->rflags = (r->rflags & ~EFLAGS_IOPL) | flags_to_have;
    return true;
}

TEST("assist-segments", "4gb_segments changes nothing for 64-bit code", 0)
{
    trap_hook = note;
    for ( unsigned int on = 0; on < 2; on++ )
    {
        if ( on )
        {
            check_rc(enable(VMASST_TYPE_4gb_segments), 0, "enable 4gb_segments");
            check_rc(enable(VMASST_TYPE_4gb_segments_notify), 0, "enable 4gb_segments_notify");
        }
        seen_gp = seen_15 = 0;
        __asm__ volatile("hlt");
        check_eq(seen_gp, 1, "a #GP is one");
        check_eq(seen_15, 0, "vector 15 does not come");
    }
    trap_hook = NULL;
    disable(VMASST_TYPE_4gb_segments);
    disable(VMASST_TYPE_4gb_segments_notify);
}

static uint64_t iopl_seen(void)
{
    __asm__ volatile("ud2" ::: "memory");
    return (seen_flags & EFLAGS_IOPL) >> 12;
}

static void set_iopl(uint32_t iopl)
{
    struct physdev_set_iopl op = { .iopl = iopl };

    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &op), 0, "set_iopl %u", iopl);
}

static void do_cli(void *arg)
{
    __asm__ volatile("cli");
}

static unsigned long user_cli(unsigned long arg)
{
    __asm__ volatile("cli");
    return 0;
}

TEST("assist-iopl", "architectural_iopl: the privilege is in the flags, and the kernel is ring 0",
     0)
{
    trap_hook = note;
    change_flags = false;
    check_rc(disable(VMASST_TYPE_architectural_iopl), 0, "disable it");
    for ( uint32_t iopl = 0; iopl < 4; iopl++ )
    {
        set_iopl(iopl);
        check_eq(iopl_seen(), 0, "the flags that a trap shows");
    }
    check_rc(enable(VMASST_TYPE_architectural_iopl), 0, "enable it");
    for ( uint32_t iopl = 0; iopl < 4; iopl++ )
    {
        set_iopl(iopl);
        check_eq(iopl_seen(), iopl, "the flags that a trap shows");
    }
    for ( uint32_t iopl = 0; iopl < 4; iopl++ )
    {
        change_flags = true;
        flags_to_have = (uint64_t)iopl << 12;
        iopl_seen();
        change_flags = false;
        check_eq(iopl_seen(), iopl, "after an iret with IOPL %u", iopl);
    }
    trap_hook = NULL;
    set_iopl(0);
    check(!probe(do_cli, NULL), "CLI in the kernel at IOPL 0");
    check(!user_call(user_cli, 0, NULL), "CLI in user mode at IOPL 0 is a trap");
    check_rc(disable(VMASST_TYPE_architectural_iopl), 0, "disable it");
    check(probe(do_cli, NULL), "CLI in the kernel at IOPL 0 is a trap");
}
