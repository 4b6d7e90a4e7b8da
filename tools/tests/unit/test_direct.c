/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/direct.c xen/arch/x86/pv/bounce.c xen/arch/x86/pv/iret.c
// cflags: -fno-sanitize=null
/*
 * The ways without detour (pv/direct.c) against the general ones, on registers, frames and states at random: where they answer, guest memory, registers
 * and the vCPU are as the general way leaves them; where they refuse, nothing has changed that the general way looks at.
 */
#include "fake_hv.h"
#include "tap.h"

#include <asm/cpu.h>
#include <asm/pv/pv.h>

#define ROUNDS 200000
#define STACK  (GVA(4 * PAGE_SIZE))
#define CODE   (GVA(8 * PAGE_SIZE))

struct cpu_features cpu_features; /* no SMAP */

static unsigned int toggles;

void toggle_guest_mode(struct vcpu *v)
{
    v->mm.user_mode = !v->mm.user_mode;
    toggles++;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    fail("the general way crashes the domain: %s", fmt);
}

static bool instruction_done;

bool ptwr_plain_store(struct vcpu *v, struct cpu_regs *r, uint64_t cr2)
{
    return instruction_done;
}

bool emulate_cr_read(struct vcpu *v, struct cpu_regs *r)
{
    return instruction_done;
}

static uint64_t seed = 88172645463325252ULL;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static bool one_in(unsigned int n)
{
    return rnd() % n == 0;
}

#define CHOOSE(...)                                                                                \
    ((const uint64_t[]){ __VA_ARGS__ }[rnd() % (sizeof((uint64_t[]){ __VA_ARGS__ }) / 8)])

/* A vCPU for which there is nothing else to do, mostly. */
static void random_vcpu(void)
{
    vcpu0.exit_word = VCPU_EXIT_PLAIN;
    switch ( rnd() % 32 )
    {
    case 0: vcpu0.trap_pending = true; break;
    case 1: vcpu0.db_pending = true; break;
    case 2: vcpu0.nmi_pending = true; break;
    case 3: vcpu0.shows_iopl = true; break;
    case 4: vcpu0.state = VCPU_DOWN; break;
    default: break;
    }
    vcpu0.mm.user_mode = one_in(3);
    vcpu0.mm.user_root = one_in(8) ? INVALID_MFN : _mfn(77);
    vcpu0.nmi_masked = rnd() & 1;
    vcpu0.kernel_sp = STACK + rnd() % PAGE_SIZE;
    shared.vcpu_info[0].evtchn_upcall_mask = (uint8_t)CHOOSE(0, 0, 1, 1, 0x80);
    shared.vcpu_info[0].evtchn_upcall_pending = one_in(16);
    fake_percpu.pending = one_in(16);
    toggles = 0;
}

static bool something_else(void)
{
    return vcpu0.exit_word != VCPU_EXIT_PLAIN || fake_percpu.pending ||
           shared.vcpu_info[0].evtchn_upcall_pending;
}

static void random_regs(struct cpu_regs *r)
{
    for ( unsigned int i = 0; i < sizeof(*r) / 8; i++ )
        ((uint64_t *)r)[i] = rnd();
    /* As a guest at CPL 3 has them. */
    r->rflags =
        (rnd() & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF | X86_EFLAGS_MBS;
    r->cs = CHOOSE(FLAT_RING3_CS64, FLAT_RING3_CS64, FLAT_RING3_CS64, FLAT_RING3_CS32, 0x33);
    r->ss = CHOOSE(FLAT_RING3_SS64, FLAT_RING3_SS64, 0x2b, 0);
}

/* ---- iret ---------------------------------------------------------------------------------------------------------- */

static uint64_t random_address(void)
{
    return CHOOSE(0x400000, 0xffffffff81000000, 0x7ffffffff000, 0x800000000000, 0x0000700000001234,
                  0xdead000000000000, 0, ~0ULL);
}

static void random_iret_frame(struct iret_context *f)
{
    *f = (struct iret_context){
        .rax = rnd(),
        .r11 = rnd(),
        .rcx = rnd(),
        .flags =
            CHOOSE(0, 0, 0, VGCF_in_syscall, VGCF_in_syscall, ~(uint64_t)VGCF_in_syscall, ~0ULL),
        .rip = random_address(),
        .cs = CHOOSE(FLAT_RING3_CS64, FLAT_RING3_CS64, FLAT_RING3_CS64 & ~3ULL, 0x10,
                     0xffff0000e033, 0x33),
        .rflags = one_in(2) ? rnd() : X86_EFLAGS_IF,
        .rsp = rnd(),
        .ss = CHOOSE(FLAT_RING3_SS64, FLAT_RING3_SS64, 0x2b, 0, 0x1234e02b),
    };
}

/* What the general way makes of the same; false: it would crash the domain. */
static bool iret_the_general_way(struct cpu_regs *r, const struct iret_context *f)
{
    if ( (f->cs & 3) == 3 && mfn_eq(vcpu0.mm.user_root, INVALID_MFN) )
        return false;
    vcpu0.regs = r;
    r->rax = (uint64_t)do_iret(0, 0, 0, 0, 0);
    return true;
}

static bool iret_agrees(enum direct_leave how, const struct cpu_regs *a, const struct cpu_regs *b)
{
    bool same = a->rip == b->rip && a->rsp == b->rsp && a->rflags == b->rflags && a->rax == b->rax;

    if ( how == DIRECT_BY_SYSRET )
        return same && regs_allow_sysret(b);
    return same && b->vector == ENTRY_IRET && a->cs == b->cs && a->ss == b->ss &&
           a->rcx == b->rcx && a->r11 == b->r11;
}

static void test_iret(void)
{
    unsigned int done = 0, by_sysret = 0, bad = 0, refused = 0, needless = 0;

    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        struct iret_context *f = (struct iret_context *)(STACK + (rnd() & 0xff8));
        struct cpu_regs a, b;
        struct vcpu before, after;
        struct vcpu_info info, info_after;
        enum direct_leave how;
        bool else_to_do;

        random_vcpu();
        random_iret_frame(f);
        random_regs(&a);
        a.vector = ENTRY_SYSCALL;
        a.rsp = one_in(16) ? CHOOSE(HYPERVISOR_START, HYPERVISOR_END - 8, HYPERVISOR_START + 64)
                           : (uint64_t)f;
        b = a;
        before = vcpu0;
        info = shared.vcpu_info[0];
        else_to_do = something_else();
        how = iret_direct(&a);
        after = vcpu0;
        info_after = shared.vcpu_info[0];
        if ( how == DIRECT_REFUSED )
        {
            refused++;
            bad += memcmp(&before, &after, sizeof(before)) ||
                   memcmp(&info, &info_after, sizeof(info)) || a.rsp != b.rsp || a.rdi != b.rdi;
            needless += !else_to_do && !before.mm.user_mode && b.rsp == (uint64_t)f &&
                        !(f->flags & VGCF_in_syscall) &&
                        !((f->cs & 3) == 3 && mfn_eq(before.mm.user_root, INVALID_MFN));
            continue;
        }
        done++;
        by_sysret += how == DIRECT_BY_SYSRET;
        vcpu0 = before;
        shared.vcpu_info[0] = info;
        bad += else_to_do || before.mm.user_mode || !iret_the_general_way(&b, f) ||
               !iret_agrees(how, &a, &b);
        vcpu0.regs = after.regs;
        bad += memcmp(&vcpu0, &after, sizeof(after)) ||
               shared.vcpu_info[0].evtchn_upcall_mask != info_after.evtchn_upcall_mask;
    }
    ok(done > ROUNDS / 4 && by_sysret > ROUNDS / 100 && refused > ROUNDS / 4,
       "iret: %u of %u went without detour, %u of them by SYSRET", done, ROUNDS, by_sysret);
    is_u64(bad, 0, "... to the same end");
    is_u64(needless, 0, "... and none was refused that is common");
}

/* ---- exceptions ---------------------------------------------------------------------------------------------------- */

static void test_invalid_opcode(void)
{
    unsigned int done = 0, bad = 0, users = 0;

    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        struct guest_trap *t = &vcpu0.traps[TRAP_UD];
        uint64_t code = CODE + rnd() % 64;
        struct bounce_frame f;
        struct cpu_regs a, b;
        struct vcpu before;
        bool is_forced = one_in(8), said, else_to_do;

        random_vcpu();
        *t = (struct guest_trap){ .address = one_in(16) ? 0 : 0xffffffff81001000,
                                  .mask_events = rnd() & 1 };
        memcpy((void *)code, is_forced ? "\x0f\x0bxen\x0f\xa2\x90" : "\x0f\x0bxem\x0f\xa2\x90", 8);
        if ( !is_forced && one_in(2) )
            memcpy((void *)code, "\x0f\x0b\x90\x90\x90\x90\x90\x90", 8);
        random_regs(&a);
        a.rip = one_in(16) ? HYPERVISOR_START + 16 : code;
        a.rsp = one_in(16) ? HYPERVISOR_END - 32 : STACK + 256 + rnd() % 512;
        a.vector = TRAP_UD;
        a.error_code = 0;
        b = a;
        before = vcpu0;
        else_to_do = something_else();
        bounce_build(
            &f, &a,
            &(struct bounce_state){ .user_mode = vcpu0.mm.user_mode,
                                    .kernel_sp = vcpu0.kernel_sp,
                                    .upcall_mask = shared.vcpu_info[0].evtchn_upcall_mask });
        said = invalid_opcode_direct(&a);
        if ( !said )
        {
            bad += memcmp(&a, &b, sizeof(a)) || vcpu0.mm.user_mode != before.mm.user_mode;
            continue;
        }
        done++;
        users += before.mm.user_mode;
        bounce_enter(&b, f.rsp, t->address, false);
        regs_sanitise(&b);
        bad += else_to_do || is_forced || !t->address || before.mm.user_mode != (toggles == 1) ||
               vcpu0.mm.user_mode || memcmp((void *)f.rsp, f.words, f.nr * 8) || a.rip != b.rip ||
               a.rsp != b.rsp || a.rflags != b.rflags ||
               shared.vcpu_info[0].evtchn_upcall_mask !=
                   (t->mask_events ? 1 : (f.words[f.nr - 4] >> 32));
        bad += a.rdi != b.rdi || a.rax != b.rax;
    }
    ok(done > ROUNDS / 8 && users > ROUNDS / 40,
       "invalid opcodes: %u of %u went without detour, %u of them from user mode", done, ROUNDS,
       users);
    is_u64(
        bad, 0,
        "... to where the general way leads, none of them a forced CPUID; or nothing had happened");
}

/* ---- instructions -------------------------------------------------------------------------------------------------- */

static void test_instructions(void)
{
    struct cpu_regs r = { .vector = TRAP_GP };

    random_vcpu();
    vcpu0.exit_word = VCPU_EXIT_PLAIN;
    vcpu0.mm.user_mode = false;
    fake_percpu.pending = shared.vcpu_info[0].evtchn_upcall_pending = 0;
    instruction_done = false;
    is_int(cr_read_direct(&r), DIRECT_REFUSED, "an instruction that is not carried out");
    instruction_done = true;
    is_int(cr_read_direct(&r), DIRECT_BY_IRET, "one that is");
    shared.vcpu_info[0].evtchn_upcall_pending = 1;
    is_int(cr_read_direct(&r), DIRECT_BY_EXIT, "one behind which an event waits");
    shared.vcpu_info[0].evtchn_upcall_pending = 0;
    r.error_code = 8;
    is_int(cr_read_direct(&r), DIRECT_REFUSED, "a #GP that names a selector");
    r.error_code = 0;
    vcpu0.mm.user_mode = true;
    is_int(cr_read_direct(&r), DIRECT_REFUSED, "one of user mode");
}

int main(void)
{
    fake_init();
    test_iret();
    test_invalid_opcode();
    test_instructions();
    return done();
}
