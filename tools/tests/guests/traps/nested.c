/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps in traps' handlers: each has a frame of its own below the last, and its own return. */
#include "traps.h"

#define HOLE 0xdead0000UL

static bool from_user(const struct regs *r)
{
    return (r->cs & 3) == 3;
}

/* A load of one byte, which a handler may skip: two bytes of code. */
static uint8_t skippable_load(uint64_t address)
{
    uint8_t v = 0xee;

    __asm__ volatile("movb (%1), %0" : "+a"(v) : "D"(address) : "memory");
    return v;
}

#define LOAD_LENGTH 2

/* ---- One kind, deep ---- */

#define DEPTH 24

static unsigned int depth, wrong;
static uint64_t frames[DEPTH + 1];

static bool on_fault(struct regs *r)
{
    unsigned int here = depth;

    if ( r->vector != TRAP_PF )
        return false;
    wrong += vcpu_info()->arch.cr2 != HOLE + here || r->error != (from_user(r) ? PF_U : 0);
    frames[here] = (uint64_t)&r->rip;
    if ( depth < DEPTH )
    {
        depth++;
        skippable_load(HOLE + depth);
        /* What the inner ones left of the outer's frame. */
        wrong += r->rip == 0 || r->vector != TRAP_PF;
    }
    r->rip += LOAD_LENGTH;
    return true;
}

static unsigned long load_in_user(unsigned long address)
{
    return skippable_load(address);
}

TEST("nested-faults", "page faults in page-fault handlers, 24 deep", 0)
{
    unsigned long got = 0;

    trap_hook = on_fault;
    for ( unsigned int user = 0; user < 2; user++ )
    {
        unsigned int above = 0;

        depth = wrong = 0;
        memset(frames, 0, sizeof(frames));
        if ( user )
            check(user_call(load_in_user, HOLE, &got) && got == 0xee, "from user mode: it goes on");
        else
            check_eq(skippable_load(HOLE), 0xee, "from the kernel: it goes on");
        check_eq(depth, DEPTH, "so many faults were nested");
        check_eq(wrong, 0, "faults with another cr2, error code, or a frame that changed");
        for ( unsigned int i = 1; i <= DEPTH; i++ )
            above += frames[i] >= frames[i - 1];
        check_eq(above, 0, "frames that were not below the one before");
    }
    trap_hook = NULL;
}

/* ---- Different kinds ---- */

static unsigned int order[8], nr_seen;
static uint64_t seen_cs[8];

static bool one_raises_another(struct regs *r)
{
    if ( r->vector == TRAP_EVENT || nr_seen == ARRAY_SIZE(order) )
        return false;
    order[nr_seen] = (unsigned int)r->vector;
    seen_cs[nr_seen++] = r->cs & 0xffff;
    switch ( r->vector )
    {
    case TRAP_UD:
        skippable_load(HOLE);
        r->rip += 2;
        return true;
    case TRAP_PF:
        __asm__ volatile("int3" ::: "memory");
        r->rip += LOAD_LENGTH;
        return true;
    case TRAP_BP:
        __asm__ volatile("cli" ::: "memory"); /* #GP with IOPL 0 */
        return true;
    case TRAP_GP:
        __asm__ volatile("fninit; nop" ::: "memory"); /* #NM */
        r->rip += 1;
        return true;
    case TRAP_NM: hyp_xen_version(XENVER_version, NULL); return true;
    default: return false;
    }
}

static unsigned long ud_in_user(unsigned long arg)
{
    __asm__ volatile("ud2" ::: "memory");
    return arg + 1;
}

TEST("nested-kinds", "five kinds of traps, each in the handler of the one before", 0)
{
    static const unsigned int want[] = { TRAP_UD, TRAP_PF, TRAP_BP, TRAP_GP, TRAP_NM };
    unsigned long got = 0;

    for ( unsigned int user = 0; user < 2; user++ )
    {
        nr_seen = 0;
        check_rc(HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0), 0, "fpu_taskswitch(1)");
        trap_hook = one_raises_another;
        if ( user )
        {
            check(user_call(ud_in_user, 6, &got) && got == 7, "user mode goes on behind them");
            nr_seen -= nr_seen == ARRAY_SIZE(want) + 1; /* its last system call */
        }
        else
            __asm__ volatile("ud2" ::: "memory");
        trap_hook = NULL;
        check_eq(nr_seen, ARRAY_SIZE(want), "traps");
        for ( unsigned int i = 0; i < ARRAY_SIZE(want); i++ )
        {
            check_eq(order[i], want[i], "trap %u", i);
            check_eq(seen_cs[i], !i && user ? FLAT_USER_CS : FLAT_KERNEL_CS & ~3UL,
                     "whose mode it interrupted");
        }
    }
}

/* ---- In a system call ---- */

static bool work_in_call(struct regs *r)
{
    if ( r->vector == TRAP_PF )
    {
        r->rip += LOAD_LENGTH;
        return true;
    }
    if ( r->vector != TRAP_SYSCALL || r->rax != 0x100 )
        return false;
    r->rax = skippable_load(HOLE);
    if ( hyp_xen_version(XENVER_pagesize, NULL) != PAGE_SIZE )
        r->rax = 0;
    return true;
}

static unsigned long calls_in_user(unsigned long n)
{
    unsigned long good = 0;

    for ( unsigned long i = 0; i < n; i++ )
    {
        unsigned long rax = 0x100;

        __asm__ volatile("syscall" : "+a"(rax)::"rcx", "r11", "memory");
        good += rax == 0xee;
    }
    return good;
}

TEST("nested-in-syscall", "page faults and hypercalls in a system call's handler", 0)
{
    unsigned long got = 0;

    trap_hook = work_in_call;
    check(user_call(calls_in_user, 100, &got), "100 system calls");
    trap_hook = NULL;
    check_eq(got, 100, "that got their answers");
}

/* ---- Registers over a trap and its return ---- */

extern char kept_insn[];
extern uint64_t kept_after[14];
uint64_t kept_after[14];

/* Fills rbx, rbp, rsi, rdi, rdx, rcx, rax, r8-r15 with marks, traps, and stores what they are then. rsp is the stack's. */
__asm__(
    ".text; keep_registers: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov $0x0101010101010101, %rax; mov %rax, %rbx; add %rax, %rbx; lea (%rbx,%rax), %rcx\n"
    "  lea (%rcx,%rax), %rdx; lea (%rdx,%rax), %rsi; lea (%rsi,%rax), %rdi; lea (%rdi,%rax), %rbp\n"
    "  lea (%rbp,%rax), %r8; lea (%r8,%rax), %r9; lea (%r9,%rax), %r10; lea (%r10,%rax), %r11\n"
    "  lea (%r11,%rax), %r12; lea (%r12,%rax), %r13; lea (%r13,%rax), %r14; lea (%r14,%rax), %r15\n"
    "kept_insn: ud2\n"
    "  mov %rbx, kept_after; mov %rcx, kept_after + 8; mov %rdx, kept_after + 16; mov %rsi, kept_after + 24\n"
    "  mov %rdi, kept_after + 32; mov %rbp, kept_after + 40; mov %r8, kept_after + 48; mov %r9, kept_after + 56\n"
    "  mov %r10, kept_after + 64; mov %r11, kept_after + 72; mov %r12, kept_after + 80; mov %r13, kept_after + 88\n"
    "  mov %r14, kept_after + 96; mov %r15, kept_after + 104\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret");
unsigned long keep_registers(unsigned long arg);

static struct regs at_trap;

static bool skip_ud(struct regs *r)
{
    if ( r->vector != TRAP_UD )
        return false;
    at_trap = *r;
    r->rip += 2;
    return true;
}

TEST("trap-registers", "registers over a trap and its return", 0)
{
    const uint64_t one = 0x0101010101010101;

    trap_hook = skip_ud;
    for ( unsigned int user = 0; user < 2; user++ )
    {
        unsigned int changed = 0;

        memset(kept_after, 0, sizeof(kept_after));
        if ( user )
            user_call(keep_registers, 0, NULL);
        else
            keep_registers(0);
        for ( unsigned int i = 0; i < ARRAY_SIZE(kept_after); i++ )
            changed += kept_after[i] != one * (i + 2);
        check_eq(changed, 0, "%s: registers that changed, of 14",
                 user ? "user mode" : "the kernel");
        check_eq(at_trap.rip, (uint64_t)kept_insn, "rip in the frame");
        check(at_trap.rax == one && at_trap.rbx == 2 * one && at_trap.rcx == 3 * one &&
                  at_trap.r11 == 11 * one && at_trap.r15 == 15 * one,
              "what the handler saw");
    }
    trap_hook = NULL;
}

/* ---- Faults where an instruction begins in one page and ends in another ---- */

TEST("fault-across-pages", "cr2 of accesses that reach into a page which is not there", 0)
{
    static const unsigned int sizes[] = { 2, 4, 8 };
    char *win = window_alloc();
    uint64_t hole = (uint64_t)win + PAGE_SIZE;

    check_eq((uint64_t)window_alloc(), hole, "an empty page behind the first");
    check_rc(hyp_update_va_mapping(win, pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE), UVMF_INVLPG),
             0, "the first is there");
    for ( unsigned int i = 0; i < ARRAY_SIZE(sizes); i++ )
        for ( unsigned int user = 0; user < 2; user++ )
        {
            uint64_t at = hole - sizes[i] / 2;

            probe_cr2 = 0;
            if ( user )
                user_call(load_in_user, at + sizes[i] / 2, NULL);
            else
                probe((void (*)(void *))(void *)skippable_load, (void *)(at + sizes[i] / 2));
            check_eq(probe_regs.vector, TRAP_PF, "a load behind the first page's end: #PF");
            check_eq(probe_cr2, hole, "cr2");
            check_eq(probe_regs.error, user ? PF_U : 0, "error code");
        }
    memset(win + PAGE_SIZE - 3, 0x90, 3); /* nop; the fetch of the fourth byte faults */
    check(probe((void (*)(void *))(void *)(win + PAGE_SIZE - 3), NULL) &&
              probe_regs.vector == TRAP_PF,
          "code that runs over the end: #PF");
    check_eq(probe_cr2, hole, "cr2");
    check_eq(probe_regs.rip, hole, "rip");
    check_eq(probe_regs.error, PF_I, "error code");
    win[PAGE_SIZE - 1] = (char)0xb8; /* mov imm32, %eax: its last bytes are in the hole */
    check(probe((void (*)(void *))(void *)(win + PAGE_SIZE - 1), NULL) &&
              probe_regs.vector == TRAP_PF,
          "an instruction that reaches over it: #PF");
    check_eq(probe_cr2, hole, "cr2 is where the missing page begins");
    check_eq(probe_regs.rip, hole - 1, "rip is where the instruction begins");
    check_eq(probe_regs.error, PF_I, "error code");
}
