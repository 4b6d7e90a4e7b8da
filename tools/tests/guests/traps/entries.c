/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way into the kernel with everything known before: what is in the frame, where the frame is, which flags are live. frames.c does
 * the same for exceptions of the kernel's own.
 */
#include "traps.h"

static char stack[4096] __attribute__((aligned(4096))),
    user_stack[4096] __attribute__((aligned(16)));
static char entry_stack[4096] __attribute__((aligned(4096)));

#define RF 0x10000UL
#define ID 0x200000UL

/* ---- Ways in ---- */

struct way
{
    const char *name;
    void (*raise)(uint64_t stack, uint64_t flags);
    const char *insn;
    unsigned int len;    /* by how much rip is behind the instruction */
    unsigned int vector; /* of the gate; TRAP_SYSCALL: the callback */
    bool error, call;    /* call: rcx and r11 are not the old ones */
};

static const struct way ways[] = {
    { "#UD", raw_ud2, raw_ud2_insn, 0, TRAP_UD, false, false },
    { "#DE", raw_div, raw_div_insn, 0, TRAP_DE, false, false },
    { "#PF", raw_load, raw_load_insn, 0, TRAP_PF, true, false },
    { "int3", raw_int3, raw_int3_insn, 1, TRAP_BP, false, false },
    { "SYSCALL", raw_syscall, raw_syscall_insn, 2, TRAP_SYSCALL, false, true },
};

static long set_way(const struct way *w, uint64_t address, bool mask)
{
    struct callback_register cb = { .type = CALLBACKTYPE_syscall,
                                    .flags = mask ? CALLBACKF_mask_events : 0,
                                    .address = address };
    struct trap_info t[2] = { { (uint8_t)w->vector, mask ? 4 | 3 : 3, FLAT_KERNEL_CS, address } };

    return w->vector == TRAP_SYSCALL ? hyp_callback_op(CALLBACKOP_register, &cb)
                                     : hyp_set_trap_table(t);
}

struct raw
{
    const struct way *way;
    uint64_t sp, flags;
};

static void raise_in_kernel(void *arg)
{
    const struct raw *r = arg;

    r->way->raise(r->sp, r->flags);
}

static unsigned long raise_in_user(unsigned long arg)
{
    raise_in_kernel((void *)arg);
    return 0;
}

/* By one way, from one mode; raw_frame says how it arrived. */
static bool arrive(const struct way *w, bool user, uint64_t sp, uint64_t flags)
{
    struct raw r = { w, sp, flags };

    memset(&raw_frame, 0, sizeof(raw_frame));
    if ( user )
        user_call(raise_in_user, (unsigned long)&r, NULL);
    else
        probe(raise_in_kernel, &r);
    return raw_frame.count == 1;
}

/* ---- Frames of user mode ---- */

TEST("frame-from-user", "every word of a frame from user mode", 0)
{
    uint64_t top = (uint64_t)(entry_stack + 2048);

    for ( unsigned int i = 0; i < ARRAY_SIZE(ways); i++ )
    {
        const struct way *w = &ways[i];
        const uint64_t *f = raw_frame.word;
        uint64_t sp = (uint64_t)(user_stack + 2048 - 8 * i), flags = 0x2 | EFLAGS_IF | 0x44;

        check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "%s: its entry", w->name);
        check_rc(hyp_stack_switch(FLAT_KERNEL_SS, top - 3 * i), 0, "a stack for it");
        vcpu_info()->evtchn_upcall_mask = 0;
        check(arrive(w, true, sp, flags), "it arrives");
        events_mask();
        check_eq(raw_frame.rsp, ((top - 3 * i) & ~15UL) - (w->error ? 64 : 56),
                 "on the kernel's stack, aligned to 16");
        check_eq(f[0], w->call ? (uint64_t)w->insn + 2 : 0x1111111111111111, "rcx");
        check_eq(f[1] & ~RF, w->call ? flags : 0x2222222222222222, "r11");
        f += 2;
        if ( w->error )
            check_eq(*f++, PF_U, "the error code");
        check_eq(f[0], (uint64_t)w->insn + w->len, "rip");
        check_eq(f[1], FLAT_USER_CS, "cs of user mode; events were open");
        check_eq(f[2] & ~RF, flags, "rflags");
        check_eq(f[3], sp, "rsp of user mode");
        check_eq(f[4], FLAT_USER_SS, "ss of user mode");
        check_eq(raw_frame.rbx, 0x3333333333333333, "rbx is untouched");
        check_eq(raw_frame.rdi, 0x4444444444444444, "rdi is untouched");
    }
}

TEST("frame-mask-from-user", "the event mask at each entry from user mode", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(ways); i++ )
        for ( unsigned int masks = 0; masks < 2; masks++ )
        {
            const struct way *w = &ways[i];
            const uint64_t *f = raw_frame.word + 2 + w->error;

            check_rc(set_way(w, (uint64_t)raw_entry, masks), 0, "%s: %s", w->name,
                     masks ? "masks" : "does not mask");
            events_mask();
            check(arrive(w, true, (uint64_t)(user_stack + 2048), 0x2), "it arrives");
            /* User mode begins by an iret with IF set: whatever was before, events are open there. */
            check_eq(vcpu_info()->evtchn_upcall_mask, masks, "the mask in the handler");
            events_mask();
            check_eq(f[1] >> 32, 0, "the saved mask");
            check_eq(f[2] & EFLAGS_IF, EFLAGS_IF, "IF in the frame");
        }
}

/* ---- Flags ---- */

static const struct
{
    uint64_t flags;
    const char *name;
} flag_sets[] = {
    { 0, "none" },
    { EFLAGS_DF, "DF" },
    { EFLAGS_AC, "AC" },
    { EFLAGS_NT, "NT" },
    { ID, "ID" },
    { 0x8d5, "arithmetic" },
    { EFLAGS_DF | EFLAGS_AC | EFLAGS_NT | ID | 0x8d5, "all" },
};

/* What a handler must be able to count on. Arithmetic flags mean nothing behind SYSCALL, nor does DF here (syscall-clears-df). */
static uint64_t flags_that_count(const struct way *w)
{
    return w->vector == TRAP_SYSCALL ? EFLAGS_IF | EFLAGS_NT | EFLAGS_AC | EFLAGS_TF | ID : ~0UL;
}

/* #AC comes of unaligned accesses at CPL 3 with AC set: none of ours are. */
static void flags_by(bool user)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(ways); i++ )
    {
        const struct way *w = &ways[i];

        if ( !user && w->vector == TRAP_SYSCALL )
            continue; /* that is a hypercall */
        check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "%s: its entry", w->name);
        for ( unsigned int k = 0; k < ARRAY_SIZE(flag_sets); k++ )
        {
            uint64_t given = flag_sets[k].flags | 2, count = flags_that_count(w);
            uint64_t live = (given | EFLAGS_IF) & ~(EFLAGS_NT | EFLAGS_AC);
            const uint64_t *f = raw_frame.word + 2 + w->error;

            vcpu_info()->evtchn_upcall_mask = 0;
            check(arrive(w, user, (uint64_t)(user ? user_stack : stack) + 2048, given),
                  "%s with %s", w->name, flag_sets[k].name);
            events_mask();
            check_eq(f[2] & ~RF, given | EFLAGS_IF, "flags in the frame");
            check_eq(raw_frame.flags & count, live & count, "flags in the handler: no NT, no AC");
        }
    }
}

TEST("flags-from-kernel", "flags at every entry from the kernel", 0)
{
    flags_by(false);
}

TEST("flags-from-user", "flags at every entry from user mode", 0)
{
    flags_by(true);
}

/* As a kernel has it on the bare CPU, whose mask of flags for SYSCALL it sets so: its C code counts on it. */
TEST("syscall-clears-df", "DF is clear in the system call's handler", 0)
{
    const struct way *w = &ways[4];

    check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "its entry");
    check(arrive(w, true, (uint64_t)(user_stack + 2048), 2 | EFLAGS_DF), "a system call with DF");
    check_eq(raw_frame.word[4] & EFLAGS_DF, EFLAGS_DF, "DF in the frame");
    check_eq(raw_frame.word[1] & EFLAGS_DF, EFLAGS_DF, "DF in r11");
    check_eq(raw_frame.flags & EFLAGS_DF, 0, "DF in the handler");
}

TEST("flags-tf", "TF at every entry", 0)
{
    for ( unsigned int user = 0; user < 2; user++ )
        for ( unsigned int i = 0; i < 4; i++ )
        {
            const struct way *w = &ways[i];
            const uint64_t *f = raw_frame.word + 2 + w->error;

            check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "%s: its entry", w->name);
            if ( w->vector == TRAP_BP )
                continue; /* the CPU may tell of the step first */
            vcpu_info()->evtchn_upcall_mask = 0;
            check(arrive(w, user, (uint64_t)(user ? user_stack : stack) + 2048, 2 | EFLAGS_TF),
                  "%s with TF from %s", w->name, user ? "user mode" : "the kernel");
            events_mask();
            check_eq(f[2] & EFLAGS_TF, EFLAGS_TF, "TF is in the frame");
            check_eq(raw_frame.flags & EFLAGS_TF, 0, "and not live");
        }
}

/* ---- Events ---- */

static uint64_t raw_event_sp, raw_event_flags;

static void hypercall_with_event(void *arg)
{
    vcpu_info()->evtchn_upcall_pending = 1;
    vcpu_info()->evtchn_upcall_mask = 0;
    raw_syscall(raw_event_sp, raw_event_flags);
}

static long set_event(uint64_t address)
{
    struct callback_register cb = { .type = CALLBACKTYPE_event, .address = address };

    return hyp_callback_op(CALLBACKOP_register, &cb);
}

TEST("frame-event", "every word of an event's frame behind a hypercall", 0)
{
    const uint64_t *f = raw_frame.word;

    check_rc(set_event((uint64_t)raw_entry), 0, "the event's entry");
    for ( unsigned int k = 0; k < ARRAY_SIZE(flag_sets); k++ )
    {
        uint64_t given = flag_sets[k].flags | EFLAGS_IF | 2;

        /* What a hypercall does with NT and AC is its own matter. */
        if ( given & (EFLAGS_NT | EFLAGS_AC) )
            continue;
        memset(&raw_frame, 0, sizeof(raw_frame));
        raw_event_sp = (uint64_t)(stack + 2048 - 5 * k);
        raw_event_sp &= ~7UL;
        raw_event_flags = given;
        check(probe(hypercall_with_event, NULL) && raw_frame.count == 1, "it comes, with %s",
              flag_sets[k].name);
        check_eq(vcpu_info()->evtchn_upcall_mask, 1, "events are masked");
        vcpu_info()->evtchn_upcall_pending = 0;
        check_eq(raw_frame.rsp, (raw_event_sp & ~15UL) - 56, "rsp is aligned to 16");
        check_eq(f[0], (uint64_t)raw_syscall_insn + 2, "rcx, as SYSCALL leaves it");
        check_eq(f[1], given, "r11, as SYSCALL leaves it");
        check_eq(f[2], (uint64_t)raw_syscall_insn + 2, "rip");
        check_eq(f[3], FLAT_KERNEL_CS & ~3UL, "cs with RPL 0, the mask was 0");
        check_eq(f[4], given, "rflags");
        check_eq(f[5], raw_event_sp, "rsp");
        check_eq(f[6], FLAT_KERNEL_SS, "ss");
        check_eq(raw_frame.flags, given, "flags in the handler");
    }
    check_rc(set_event((uint64_t)event_entry), 0, "the library's entry");
}

/* The event is there when the kernel returns to user mode: it comes before the first instruction. */
TEST("frame-event-user", "every word of an event's frame from user mode", 0)
{
    const uint64_t *f = raw_frame.word;
    uint64_t top = (uint64_t)(entry_stack + 2048 - 9);
    struct iret_frame to = { .rax = 5,
                             .r11 = 0x2222,
                             .rcx = 0x1111,
                             .rip = (uint64_t)raw_ud2_insn,
                             .cs = FLAT_USER_CS,
                             .rflags = EFLAGS_IF | EFLAGS_DF | 0x8d5 | 2,
                             .rsp = 0x123456789,
                             .ss = FLAT_USER_SS };

    check_rc(set_event((uint64_t)raw_entry), 0, "the event's entry");
    check_rc(hyp_stack_switch(FLAT_KERNEL_SS, top), 0, "a stack for it");
    memset(&raw_frame, 0, sizeof(raw_frame));
    events_mask();
    vcpu_info()->evtchn_upcall_pending = 1;
    check(probe((void (*)(void *))(void *)iret_to, &to) && raw_frame.count == 1, "it comes");
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "events are masked");
    vcpu_info()->evtchn_upcall_pending = 0;
    check_eq(raw_frame.rsp, (top & ~15UL) - 56, "on the kernel's stack");
    check_eq(f[0], 0x1111, "rcx");
    check_eq(f[1], 0x2222, "r11");
    check_eq(f[2], to.rip, "rip: nothing was executed");
    check_eq(f[3], FLAT_USER_CS, "cs, the mask was 0");
    check_eq(f[4], to.rflags, "rflags");
    check_eq(f[5], to.rsp, "rsp, whatever it is");
    check_eq(f[6], FLAT_USER_SS, "ss");
    check_eq(raw_frame.rax, 5, "rax");
    check_rc(set_event((uint64_t)event_entry), 0, "the library's entry");
}

TEST("flags-event", "flags at an event that interrupts user mode", 0)
{
    struct iret_frame to = { .rip = (uint64_t)raw_ud2_insn,
                             .cs = FLAT_USER_CS,
                             .rsp = (uint64_t)(user_stack + 2048),
                             .ss = FLAT_USER_SS };

    check_rc(set_event((uint64_t)raw_entry), 0, "the event's entry");
    for ( unsigned int k = 0; k <= ARRAY_SIZE(flag_sets); k++ )
    {
        bool step = k == ARRAY_SIZE(flag_sets);
        uint64_t given = EFLAGS_IF | 2 | (step ? EFLAGS_TF : flag_sets[k].flags);

        to.rflags = given;
        memset(&raw_frame, 0, sizeof(raw_frame));
        events_mask();
        vcpu_info()->evtchn_upcall_pending = 1;
        check(probe((void (*)(void *))(void *)iret_to, &to) && raw_frame.count == 1,
              "it comes, with %s", step ? "TF" : flag_sets[k].name);
        vcpu_info()->evtchn_upcall_pending = 0;
        /* NT need not survive the way to user mode. */
        check_eq(raw_frame.word[4] & ~EFLAGS_NT, given & ~EFLAGS_NT, "flags in the frame");
        check_eq(raw_frame.flags, given & ~(EFLAGS_NT | EFLAGS_AC | EFLAGS_TF),
                 "flags in the handler: no NT, no AC, no TF");
    }
    check_rc(set_event((uint64_t)event_entry), 0, "the library's entry");
}

/* ---- NMI ---- */

static struct regs nmi_regs;
static uint64_t nmi_frame;
static unsigned int nmis;

static bool keep_nmi(struct regs *r)
{
    if ( r->vector != TRAP_NMI_CB )
        return false;
    nmis++;
    nmi_regs = *r;
    nmi_frame = (uint64_t)&r->rip - 16; /* rcx and r11 are below rip */
    nmi_regs.vector = vcpu_info()->evtchn_upcall_mask;
    return true;
}

static unsigned long nothing(unsigned long arg)
{
    return arg;
}

TEST("frame-nmi", "an NMI's frame, from the kernel and from user mode", 0)
{
    struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (unsigned long)nmi_entry };

    check_rc(hyp_callback_op(CALLBACKOP_register, &cb), 0, "a callback");
    trap_hook = keep_nmi;
    for ( unsigned int masked = 0; masked < 2; masked++ )
    {
        nmis = 0;
        vcpu_info()->evtchn_upcall_mask = (uint8_t)masked;
        hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL);
        check_eq(vcpu_info()->evtchn_upcall_mask, masked, "mask %u: it is that again behind it",
                 masked);
        events_mask();
        check_eq(nmis, 1, "it comes");
        check_eq(nmi_regs.cs, (FLAT_KERNEL_CS & ~3UL) | (uint64_t)masked << 32,
                 "cs of the kernel, and the mask");
        check_eq(nmi_regs.rflags & EFLAGS_IF, masked ? 0 : EFLAGS_IF, "IF in the frame");
        check_eq(nmi_regs.vector, 1, "events are masked in the handler");
        check_eq(nmi_regs.ss, FLAT_KERNEL_SS, "ss");
        check_eq(nmi_frame, (nmi_regs.rsp & ~15UL) - 56, "the frame lies below the kernel's stack");
    }
    trap_hook = NULL;
    check(user_call(nothing, 1, NULL), "user mode works behind it");
}

/* ---- Places of frames ---- */

TEST("frame-alignment", "frames end at 16 bytes, whatever rsp is", 0)
{
    unsigned int wrong = 0, other = 0;

    for ( unsigned int i = 0; i < 3; i++ )
        for ( unsigned int off = 0; off < 32; off++ )
        {
            const struct way *w = &ways[i];
            uint64_t sp = (uint64_t)(stack + 2048 + off);

            if ( off < 2 && set_way(w, (uint64_t)raw_entry, false) )
                panic("gate");
            arrive(w, false, sp, 2);
            wrong += raw_frame.rsp != (sp & ~15UL) - (w->error ? 64 : 56);
            other += raw_frame.word[5 + w->error] != sp;
        }
    check_eq(wrong, 0, "frames that are not where they should be, of 96");
    check_eq(other, 0, "frames with another rsp");
}

TEST("frame-across-pages", "frames across the edge of two pages", 0)
{
    char *win = window_alloc();
    unsigned int wrong = 0;

    /* Windows lie one behind the other. */
    check_eq((uint64_t)window_alloc(), (uint64_t)win + PAGE_SIZE, "two pages");
    for ( unsigned int i = 0; i < 2; i++ )
        check_rc(hyp_update_va_mapping(win + i * PAGE_SIZE,
                                       pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE), UVMF_INVLPG),
                 0, "each with a frame of its own");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        const struct way *w = &ways[i];

        check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "%s: its entry", w->name);
        for ( unsigned int up = 8; up <= 72; up += 8 )
        {
            uint64_t sp = (uint64_t)win + PAGE_SIZE + up;
            const uint64_t *f = raw_frame.word + 2 + w->error;

            wrong += !arrive(w, false, sp, 2) || f[0] != (uint64_t)w->insn + w->len || f[3] != sp ||
                     f[4] != FLAT_KERNEL_SS || raw_frame.word[0] != 0x1111111111111111;
        }
    }
    check_eq(wrong, 0, "frames with a wrong word");
}

TEST("frame-far-stacks", "frames on stacks anywhere in the guest's part", 0)
{
    static const uint64_t places[] = { 0x00007ffffffff000UL, 0xffff880000000000UL,
                                       0xffffffff80000000UL, 0xfffffffffffff000UL };
    const struct way *w = &ways[0];

    check_rc(set_way(w, (uint64_t)raw_entry, false), 0, "an entry");
    for ( unsigned int i = 0; i < ARRAY_SIZE(places); i++ )
    {
        uint64_t slot = places[i] >> 39 & 511;

        if ( pt_map((void *)places[i], pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE)) )
        {
            error("no page at 0x%lx", places[i]);
            continue;
        }
        check(arrive(w, false, places[i] + 2048, 2), "a stack at 0x%lx", places[i]);
        check_eq(raw_frame.rsp, places[i] + 2048 - 56, "the frame is there");
        check(arrive(w, false, places[i] + 64, 2), "at the page's begin");
        check_eq(raw_frame.rsp, places[i] + 8, "the frame is there");
        check_rc(hyp_stack_switch(FLAT_KERNEL_SS, places[i] + 4000), 0, "for user mode");
        check(arrive(w, true, (uint64_t)(user_stack + 2048), 2), "from user mode");
        check_eq(raw_frame.rsp, ((places[i] + 4000) & ~15UL) - 56, "the frame is there");
        if ( i + 1 == ARRAY_SIZE(places) || (places[i + 1] >> 39 & 511) != slot )
        {
            check_rc(mmu_update1((root_mfn << 12) + slot * 8, 0), 0, "take its tables out");
            check_rc(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "flush");
        }
    }
}
