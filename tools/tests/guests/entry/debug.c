/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug exceptions: of the guest's own making, met by the hypervisor, and delayed into it. */
#include "entry.h"

#define DR7_WRITE_4(i) (1UL << 2 * (i) | 0xdUL << (16 + 4 * (i)))
#define DR7_RW_4(i)    (1UL << 2 * (i) | 0xfUL << (16 + 4 * (i)))
#define DR7_EXEC(i)    (1UL << 2 * (i))

static volatile uint32_t watched __attribute__((aligned(8)));
static struct xen_platform_parameters platform __attribute__((aligned(8)));

static volatile unsigned int hits;
static volatile uint64_t hit_rip, hit_dr6, hit_cs;

/* Takes #DB, notes it, switches watching off if it was an instruction's, and goes on. */
static bool on_debug(struct regs *r)
{
    if ( r->vector != TRAP_DB )
        return false;
    hits++;
    hit_rip = r->rip;
    hit_cs = r->cs;
    hit_dr6 = (uint64_t)HYPERCALL(get_debugreg, 6, 0, 0, 0, 0);
    HYPERCALL(set_debugreg, 6, 0, 0, 0, 0);
    r->rflags &= ~EFLAGS_TF;
    r->rflags |= 1UL << 16; /* RF */
    return true;
}

static void watch(uint64_t address, uint64_t dr7)
{
    hits = 0;
    hit_dr6 = 0;
    check_rc(HYPERCALL(set_debugreg, 0, address, 0, 0, 0), 0, "DR0 = 0x%lx", address);
    check_rc(HYPERCALL(set_debugreg, 7, dr7, 0, 0, 0), 0, "DR7 = 0x%lx", dr7);
}

static void unwatch(void)
{
    HYPERCALL(set_debugreg, 7, 0, 0, 0, 0);
}

extern char bp_here[];

TEST("breakpoints", "breakpoints of the kernel's own", 0)
{
    trap_hook = on_debug;
    watch((uint64_t)&watched, DR7_WRITE_4(0));
    watched = 1;
    unwatch();
    check_eq(hits, 1, "a watched store: one #DB");
    check_eq(hit_dr6 & 0xf, 1, "DR6 names DR0");
    watch((uint64_t)bp_here, DR7_EXEC(0));
    __asm__ volatile("bp_here: nop");
    unwatch();
    check_eq(hits, 1, "a watched instruction: one #DB");
    check_eq(hit_rip, (uint64_t)bp_here, "before it");
    check_eq(hit_dr6 & 0xf, 1, "DR6 names DR0");
}

TEST("breakpoints-in-hypervisor", "breakpoints met by the hypervisor", 0)
{
    trap_hook = on_debug;
    watch((uint64_t)&platform, DR7_RW_4(0));
    check_rc(hyp_xen_version(XENVER_platform_parameters, &platform), 0,
             "a hypercall that writes where we watch");
    unwatch();
    printf("# %u #DB\n", hits);
    check(hits <= 1, "at most one #DB, and everybody is alive");
    check_eq(platform.virt_start, HYPERVISOR_VIRT_START, "it has written");
}

static uint16_t selector = FLAT_RING3_SS64;
static uint16_t *volatile selector_at = &selector;

/* MOV to SS delays its #DB to behind the next instruction: into the hypervisor's entry code (XSA-260, XSA-265). */
static void moved_ss_syscall(void *arg)
{
    __asm__ volatile("mov (%0), %%ss; syscall" ::"r"(selector_at),
                     "a"((unsigned long)__HYPERVISOR_xen_version), "D"(0), "S"(0)
                     : "rcx", "r11", "memory");
}

static void moved_ss_int(void *arg)
{
    __asm__ volatile("mov (%0), %%ss; int $0x40" ::"r"(selector_at) : "memory");
}

static void moved_ss_int3(void *arg)
{
    __asm__ volatile("mov (%0), %%ss; int3" ::"r"(selector_at) : "memory");
}

static void moved_ss_gp(void *arg)
{
    __asm__ volatile("mov (%0), %%ss; int $0x42" ::"r"(selector_at) : "memory");
}

static unsigned long moved_ss_user(unsigned long arg)
{
    moved_ss_syscall(NULL);
    return 0;
}

static void delayed(const char *name, void (*fn)(void *))
{
    watch((uint64_t)&selector, DR7_RW_4(0) & ~0xc0000UL);
    probe(fn, NULL);
    unwatch();
    check_eq(hits, 1, "mov to ss, then %s: one #DB, and everybody is alive", name);
    check_eq(hit_cs & 3, 0, "it is the kernel's");
}

TEST("xsa-260", "#DB delayed by MOV SS into the hypervisor", 0)
{
    trap_hook = on_debug;
    delayed("syscall", moved_ss_syscall);
    delayed("int $0x40", moved_ss_int);
    delayed("int3", moved_ss_int3);
    delayed("int $0x42", moved_ss_gp);
    check_rc(HYPERCALL(set_debugreg, 6, 0x2000, 0, 0, 0), 0, "DR6.BD set by hand");
    delayed("syscall", moved_ss_syscall);
    watch((uint64_t)&selector, DR7_RW_4(0) & ~0xc0000UL);
    user_call(moved_ss_user, 0, NULL);
    unwatch();
    check(hits >= 1, "mov to ss, then syscall in user mode: #DB, and everybody is alive");
}

/* ---- Single steps ---- */

static void step_cr0(void *arg)
{
    __asm__ volatile(
        "pushfq; orq $0x100, (%%rsp); popfq; step_cr0_insn: mov %%cr0, %%rax; step_cr0_next: nop" ::
            : "rax", "memory", "cc");
}
extern char step_cr0_next[];

static void step_cpuid(void *arg)
{
    __asm__ volatile(
        "xor %%eax, %%eax; pushfq; orq $0x100, (%%rsp); popfq; ud2; .ascii \"xen\"; cpuid; step_cpuid_next: nop" ::
            : "rax", "rbx", "rcx", "rdx", "memory", "cc");
}
extern char step_cpuid_next[];

static void step_hypercall(void *arg)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; syscall; step_hypercall_next: nop"
                     :
                     : "a"((unsigned long)__HYPERVISOR_xen_version), "D"(0), "S"(0)
                     : "rcx", "r11", "memory", "cc");
}

TEST("single-step-emulated", "single steps over what is emulated (XSA-204)", 0)
{
    trap_hook = on_debug;
    hits = 0;
    check(!probe(step_cr0, NULL), "mov from cr0");
    check_eq(hits, 1, "one #DB");
    check_eq(hit_rip, (uint64_t)step_cr0_next, "behind it");
    check_eq(hit_dr6 >> 14 & 1, 1, "DR6.BS is set");
    hits = 0;
    check(!probe(step_cpuid, NULL), "forced CPUID");
    check_eq(hits, 1, "one #DB");
    check_eq(hit_rip, (uint64_t)step_cpuid_next, "behind it");
    hits = 0;
    check(!probe(step_hypercall, NULL), "a hypercall");
    check(hits >= 1 && hits <= 2, "#DB (%u), and everybody is alive", hits);
}
