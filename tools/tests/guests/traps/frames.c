/* SPDX-License-Identifier: GPL-2.0-only */
/* The bounce frame, word by word: upwards from rsp  rcx, r11, [error], rip, cs | mask << 32, rflags, rsp, ss. */
#include "traps.h"

static char stack[4096] __attribute__((aligned(4096)));

struct raw
{
    void (*fn)(uint64_t stack, uint64_t flags);
    uint64_t sp, flags;
};

static void run(void *arg)
{
    struct raw *r = arg;

    r->fn(r->sp, r->flags);
}

/* Run @fn with its trap going to raw_entry; events masked or not at the time. */
static void raise(void (*fn)(uint64_t, uint64_t), unsigned int vector, unsigned int gate_flags,
                  uint64_t sp, uint64_t flags)
{
    struct raw r = { fn, sp, flags };
    struct trap_info t[2] = { { (uint8_t)vector, (uint8_t)gate_flags, FLAT_KERNEL_CS,
                                (unsigned long)raw_entry } };

    memset(&raw_frame, 0, sizeof(raw_frame));
    check_rc(hyp_set_trap_table(t), 0, "gate for vector %u", vector);
    check(probe(run, &r), "it traps");
    t[0].address = trap_stub(vector);
    t[0].flags = 0;
    check_rc(hyp_set_trap_table(t), 0, "gate back");
}

static void words(const char *what, bool error, uint64_t code, const char *rip, uint64_t sp,
                  uint64_t flags, unsigned int mask)
{
    const uint64_t *w = raw_frame.word;
    unsigned int size = error ? 8 : 7;

    check_eq(raw_frame.rsp, (sp & ~15UL) - size * 8, "%s: rsp is aligned to 16 before the frame",
             what);
    check_eq(w[0], 0x1111111111111111, "%s: word 0 is rcx", what);
    check_eq(w[1], 0x2222222222222222, "%s: word 1 is r11", what);
    w += 2;
    if ( error )
        check_eq(*w++, code, "%s: the error code", what);
    check_eq(w[0], (uint64_t)rip, "%s: rip", what);
    check_eq(w[1], (uint64_t)mask << 32 | (FLAT_KERNEL_CS & ~3UL),
             "%s: cs with RPL 0, event mask above", what);
    check_eq(w[2] & ~0x10000UL, flags, "%s: rflags", what);
    check_eq(w[3], sp, "%s: rsp", what);
    check_eq(w[4], FLAT_KERNEL_SS, "%s: ss", what);
    check_eq(raw_frame.rbx, 0x3333333333333333, "%s: rbx is untouched", what);
    check_eq(raw_frame.rdi, 0x4444444444444444, "%s: rdi is untouched", what);
}

TEST("bounce-frame", "every word of a bounce frame", 0)
{
    uint64_t top = (uint64_t)(stack + 2048);
    uint64_t z =
        0x2 | EFLAGS_IF | 0x44; /* the xor before leaves ZF and PF, popf sets what we ask for */

    events_mask();
    raise(raw_ud2, TRAP_UD, 0, top, 0x2 | EFLAGS_IF);
    words("#UD", false, 0, raw_ud2_insn, top, 0x2, 1);
    check_eq(raw_frame.flags & EFLAGS_IF, EFLAGS_IF, "#UD: live IF is 1 in the handler");
    raise(raw_load, TRAP_PF, 0, top - 8, z);
    words("#PF", true, 0, raw_load_insn, top - 8, z & ~EFLAGS_IF, 1);
    check_eq(vcpu_info()->arch.cr2, 0xdead0123, "#PF: cr2");
    raise(raw_div, TRAP_DE, 0, top - 3, 0x2 | EFLAGS_IF);
    words("#DE", false, 0, raw_div_insn, top - 3, 0x2, 1);
}

TEST("bounce-frame-mask", "the event mask in a bounce frame", 0)
{
    uint64_t top = (uint64_t)(stack + 2048);

    vcpu_info()->evtchn_upcall_mask = 0;
    raise(raw_ud2, TRAP_UD, 0, top, 0x2);
    check_eq(vcpu_info()->evtchn_upcall_mask, 0, "a plain gate leaves the mask");
    words("#UD", false, 0, raw_ud2_insn, top, 0x2 | EFLAGS_IF, 0);
    raise(raw_ud2, TRAP_UD, 1 << 2, top, 0x2);
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "a gate with the IF flag masks events");
    words("#UD", false, 0, raw_ud2_insn, top, 0x2 | EFLAGS_IF, 0);
}

TEST("bounce-frame-flags", "flags in a bounce frame and in its handler", 0)
{
    uint64_t top = (uint64_t)(stack + 2048);

    events_mask();
    raise(raw_ud2, TRAP_UD, 0, top, 0x2 | EFLAGS_DF | EFLAGS_AC | EFLAGS_NT | 0x8d5);
    words("#UD", false, 0, raw_ud2_insn, top, 0x2 | EFLAGS_DF | EFLAGS_AC | EFLAGS_NT | 0x8d5, 1);
    check_eq(raw_frame.flags & (EFLAGS_TF | EFLAGS_NT | EFLAGS_AC), 0,
             "TF, NT, AC are clear in the handler");
    printf("# live flags in the handler 0x%lx\n", raw_frame.flags);
    check_eq(raw_frame.count, 1, "the handler ran once");
}
