/* SPDX-License-Identifier: GPL-2.0-only */
/* User mode: system calls, the kernel's stack, segment bases on the way, callbacks and their masks. */
#include "traps.h"

static unsigned long echo(unsigned long arg)
{
    return arg + 1;
}

static uint64_t frame_rcx, frame_r11;
static bool keep_frame(struct regs *r)
{
    if ( r->vector == TRAP_SYSCALL )
    {
        frame_rcx = r->rcx;
        frame_r11 = r->r11;
    }
    return false;
}

static unsigned long hypercall_from_user(unsigned long arg)
{
    unsigned long rax = 17;

    __asm__ volatile("syscall" : "+a"(rax) : "D"(0), "S"(0) : "rcx", "r11", "memory");
    return rax;
}

static bool answer_syscall(struct regs *r)
{
    if ( r->vector != TRAP_SYSCALL || r->rax != 17 )
        return false;
    r->rax = 0x51;
    return true;
}

static unsigned long read_gs_base_rel(unsigned long arg)
{
    unsigned long v;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    return v;
}

TEST("user-syscall", "system calls of user mode", 0)
{
    unsigned long result = 0;

    check(user_call(echo, 41, &result), "a function in user mode comes back");
    check_eq(result, 42, "its result");
    check_eq(probe_regs.vector, TRAP_SYSCALL, "it left by the syscall callback");
    check_eq(probe_regs.cs & 0xffff, FLAT_USER_CS, "cs is the user's");
    check_eq(probe_regs.ss, FLAT_USER_SS, "ss is the user's");
    trap_hook = keep_frame;
    user_call(echo, 1, NULL);
    trap_hook = NULL;
    check_eq(frame_rcx, probe_regs.rip, "rcx is the user's rip");
    check_eq(frame_r11 & ~EFLAGS_IF, probe_regs.rflags & ~EFLAGS_IF, "r11 is the user's rflags");
    printf("# r11 0x%lx rflags 0x%lx\n", frame_r11, probe_regs.rflags);
    trap_hook = answer_syscall;
    check(user_call(hypercall_from_user, 0, &result), "a hypercall number from user mode");
    check_eq(result, 0x51, "goes to the guest's kernel, not to the hypervisor");
    trap_hook = NULL;
}

static uint64_t kernel_word = 0x1e4e1, user_word = 0x05e4;

TEST("segment-bases", "segment bases, and across modes", 0)
{
    unsigned long result = 0, v;

    check_rc(hyp_set_segment_base(SEGBASE_GS_KERNEL, (uint64_t)&kernel_word), 0,
             "GS base of the kernel");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER, (uint64_t)&user_word), 0,
             "GS base of user mode");
    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    check_eq(v, kernel_word, "the kernel sees its own");
    check(user_call(read_gs_base_rel, 0, &result), "user mode reads");
    check_eq(result, user_word, "the user's");
    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    check_eq(v, kernel_word, "the kernel sees its own again");
    check_rc(hyp_set_segment_base(SEGBASE_FS, (uint64_t)&user_word), 0, "FS base");
    __asm__ volatile("mov %%fs:0, %0" : "=r"(v));
    check_eq(v, user_word, "is there");
    check_rc(hyp_set_segment_base(SEGBASE_FS, 0x0000800000000000UL), -XEN_EINVAL,
             "FS base not canonical");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER, 0x8000000000000000UL), -XEN_EINVAL,
             "user GS base not canonical");
    check_rc(hyp_set_segment_base(SEGBASE_GS_KERNEL, 0x8000000000000000UL), -XEN_EINVAL,
             "kernel GS base not canonical");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0, "user GS selector 0");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, FLAT_USER_DS32), 0, "user GS selector flat");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0x1233), 0,
             "user GS selector without descriptor");
    check_rc(hyp_set_segment_base(4, 0), -XEN_EINVAL, "which = 4");
    check_rc(HYPERCALL(set_segment_base, 1UL << 32 | SEGBASE_FS, &kernel_word, 0, 0, 0), 0,
             "which has 32 bits, whatever stands above them");
    __asm__ volatile("mov %%fs:0, %0" : "=r"(v));
    check_eq(v, kernel_word, "it was the FS base");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER, 0), 0, "user GS base 0");
    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    check_eq(v, kernel_word, "the kernel's GS is what it was");
}

static long register_cb(unsigned int type, uint64_t address, unsigned int flags)
{
    struct callback_register cb = { .type = (uint16_t)type,
                                    .flags = (uint16_t)flags,
                                    .address = address };

    return hyp_callback_op(CALLBACKOP_register, &cb);
}

static long unregister_cb(unsigned int type)
{
    struct callback_unregister cb = { .type = (uint16_t)type };

    return hyp_callback_op(CALLBACKOP_unregister, &cb);
}

TEST("callback-op", "callback_op: every type", 0)
{
    uint64_t bad = 0x0000800000000000UL;

    check_rc(register_cb(CALLBACKTYPE_event, (uint64_t)event_entry, 0), 0, "event");
    check_rc(register_cb(CALLBACKTYPE_failsafe, (uint64_t)failsafe_entry, 0), 0, "failsafe");
    check_rc(register_cb(CALLBACKTYPE_syscall, (uint64_t)syscall_entry, CALLBACKF_mask_events), 0,
             "syscall");
    check_rc(register_cb(CALLBACKTYPE_syscall32, (uint64_t)syscall32_entry, CALLBACKF_mask_events),
             0, "syscall32");
    check_rc(register_cb(CALLBACKTYPE_sysenter, (uint64_t)sysenter_entry, CALLBACKF_mask_events), 0,
             "sysenter");
    check_rc(register_cb(CALLBACKTYPE_nmi, (uint64_t)nmi_entry, 0), 0, "nmi");
    check_rc(register_cb(3, 0, 0), -XEN_ENOSYS, "type 3");
    check_rc(register_cb(99, 0, 0), -XEN_ENOSYS, "type 99");
    check_rc(register_cb(CALLBACKTYPE_event, bad, 0), -XEN_EINVAL, "event, not canonical");
    check_rc(register_cb(CALLBACKTYPE_syscall, bad, 0), -XEN_EINVAL, "syscall, not canonical");
    check_rc(register_cb(CALLBACKTYPE_failsafe, bad, 0), -XEN_EINVAL, "failsafe, not canonical");
    check_rc(register_cb(CALLBACKTYPE_nmi, bad, 0), -XEN_EINVAL, "nmi, not canonical");
    check_rc(unregister_cb(CALLBACKTYPE_event), -XEN_EINVAL, "unregister event");
    check_rc(unregister_cb(CALLBACKTYPE_failsafe), -XEN_EINVAL, "unregister failsafe");
    check_rc(unregister_cb(CALLBACKTYPE_syscall), -XEN_EINVAL, "unregister syscall");
    check_rc(unregister_cb(CALLBACKTYPE_nmi), 0, "unregister nmi");
    check_rc(unregister_cb(99), -XEN_ENOSYS, "unregister type 99");
    check_rc(hyp_callback_op(7, NULL), -XEN_ENOSYS, "callback_op command 7");
    check_rc(hyp_callback_op(CALLBACKOP_register, (void *)0xdead0000), -XEN_EFAULT,
             "callback_op, argument unmapped");
}

TEST("set-callbacks", "set_callbacks", 0)
{
    uint64_t bad = 0x0000800000000000UL;

    check_rc(HYPERCALL(set_callbacks, event_entry, failsafe_entry, syscall_entry, 0, 0), 0,
             "set_callbacks");
    check_rc_any(HYPERCALL(set_callbacks, bad, failsafe_entry, syscall_entry, 0, 0), 0, -XEN_EINVAL,
                 "set_callbacks, bad event");
    check_rc_any(HYPERCALL(set_callbacks, event_entry, bad, syscall_entry, 0, 0), 0, -XEN_EINVAL,
                 "set_callbacks, bad failsafe");
    check_rc_any(HYPERCALL(set_callbacks, event_entry, failsafe_entry, bad, 0, 0), 0, -XEN_EINVAL,
                 "set_callbacks, bad syscall");
    check_rc(register_cb(CALLBACKTYPE_syscall, (uint64_t)syscall_entry, CALLBACKF_mask_events), 0,
             "syscall again");
}

/* set_trap_table succeeds and leaves rdi alone. */
static bool trap_table_only(const struct trap_info *t)
{
    const struct trap_info *rdi = t;
    long rc = __HYPERVISOR_set_trap_table;

    __asm__ volatile("syscall" : "+a"(rc), "+D"(rdi) : : "rcx", "r11", "memory");
    return rc == 0 && rdi == t;
}

/* Not asked as the initial domain, as which Xen would be asked: there the register moves when the call is interrupted. */
TEST("trap-table-register", "a whole trap table leaves its register alone, whatever interrupts",
     TEST_DOMU)
{
    static struct trap_info t[256 + 1];
    unsigned int good = 0;

    for ( unsigned int i = 0; i < 256; i++ )
        t[i] = (struct trap_info){ 0x50, 3, FLAT_KERNEL_CS, trap_stub(0x50) };
    /* The timer is set to fire at every point of the call. */
    for ( unsigned int i = 0; i < 300; i++ )
    {
        HYPERCALL(set_timer_op, system_time() + i * 1000UL, 0, 0, 0, 0);
        good += trap_table_only(t);
    }
    check_rc(HYPERCALL(set_timer_op, 0, 0, 0, 0, 0), 0, "no more of that");
    check_eq(good, 300, "every call succeeds and leaves rdi alone");
}

TEST("set-trap-table", "set_trap_table and stack_switch: addresses and selectors", 0)
{
    uint64_t bad = 0x0000800000000000UL;
    struct trap_info t[3];

    memset(t, 0, sizeof(t));
    t[0] = (struct trap_info){ 0x50, 3, FLAT_KERNEL_CS, bad };
    check_rc(hyp_set_trap_table(t), -XEN_EINVAL, "a handler that is not canonical");
    t[0] = (struct trap_info){ 0x50, 3, 0x08, trap_stub(0x50) };
    check_rc(hyp_set_trap_table(t), 0, "a handler with selector 8 (RPL is fixed)");
    t[0] = (struct trap_info){ 0x50, 3, 0xe008, trap_stub(0x50) };
    check_rc(hyp_set_trap_table(t), 0, "a handler with the hypervisor's selector");
    check_rc(hyp_set_trap_table((void *)0xdead0000), -XEN_EFAULT, "table unmapped");
    check_rc(hyp_set_trap_table((void *)0xffff800000000000), -XEN_EFAULT,
             "table in hypervisor space");
    check_rc(hyp_stack_switch(0, 0x1000), 0, "stack_switch with selector 0");
    check_rc(hyp_stack_switch(FLAT_KERNEL_SS, 0x0000800000000000UL), 0,
             "stack_switch to a non-canonical stack");
    check_rc(hyp_set_trap_table(NULL), 0, "no table: all gates removed");
    traps_init();
    check_rc(user_kernel_stack(), 0, "a good stack again");
}
