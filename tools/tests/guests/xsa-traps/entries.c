/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways into the hypervisor and out again. */
#include "xsa.h"

static volatile uint64_t *area;

static void load(void *arg)
{
    (void)*area;
}

static void store(void *arg)
{
    *area = 0;
}

static void lock_add(void *arg)
{
    __asm__ volatile("lock addq $0, %0" : "+m"(*area));
}

static void execute(void *arg)
{
    ((void (*)(void))(uint64_t)area)();
}

static unsigned long in_user(unsigned long arg)
{
    ((void (*)(void *))arg)(NULL);
    return 0;
}

/* Traps as an ordinary page fault there, which is told to the guest once. */
static bool plain_fault(void (*fn)(void *), bool user)
{
    bool trapped = user ? !user_call(in_user, (unsigned long)fn, NULL) : counted(fn, NULL);

    return trapped && probe_regs.vector == TRAP_PF && probe_cr2 == (uint64_t)area &&
           !(probe_regs.error & PF_U) == !user && (user || traps_seen == 1);
}

/* Slots 257 to 271 are the hypervisor's and nobody reads them; the window to a domain's GDT and LDT is in one of them. */
TEST("cve-2010-4255", "the hypervisor's window to our descriptors is not for us", 0)
{
    static const uint64_t offsets[] = { 0, 8, 0x7ff8, 0x10000, 0x2d080000000 };
    static void (*const how[])(void *) = { load, store, lock_add, execute };
    static const char *const names[] = { "load", "store", "locked add", "jump" };

    for ( unsigned int h = 0; h < ARRAY_SIZE(how); h++ )
        for ( unsigned int user = 0; user < 2; user++ )
        {
            unsigned int wrong = 0;

            for ( uint64_t slot = 257; slot < 272; slot++ )
                for ( unsigned int i = 0; i < ARRAY_SIZE(offsets); i++ )
                {
                    area = (uint64_t *)(0xffff000000000000UL | slot << 39 |
                                        (offsets[i] & ((1UL << 39) - 1)));
                    if ( !plain_fault(how[h], user) && wrong++ < 4 )
                        printf("# 0x%lx: vector %lu error 0x%lx cr2 0x%lx, %u traps\n",
                               (uint64_t)area, probe_regs.vector, probe_regs.error, probe_cr2,
                               traps_seen);
                }
            check_eq(wrong, 0, "%s by %s: #PF, nothing else", names[h], user ? "user" : "kernel");
        }
}

/* ---- Non-canonical addresses ---- */

static void call_edge(void *arg)
{
    __asm__ volatile("xor %%edi, %%edi; xor %%esi, %%esi; jmp *%1" ::"a"(
                         (unsigned long)__HYPERVISOR_xen_version),
                     "r"(arg)
                     : "rdi", "rsi", "rcx", "r11", "memory");
}

static void iret_nowhere(void *arg)
{
    struct iret_frame f = { .flags = (uint64_t)arg,
                            .rip = NON_CANON,
                            .cs = FLAT_KERNEL_CS,
                            .rflags = EFLAGS_IF,
                            .rsp = probe_sp,
                            .ss = FLAT_KERNEL_SS };

    iret_to(&f);
}

TEST("xsa-7", "no return to an address that is not canonical", 0)
{
    static const uint64_t bad[] = { NON_CANON, 1UL << 63, 0xffff7fffffffffffUL };
    static const unsigned int types[] = { CALLBACKTYPE_event,   CALLBACKTYPE_failsafe,
                                          CALLBACKTYPE_syscall, CALLBACKTYPE_sysenter,
                                          CALLBACKTYPE_nmi,     CALLBACKTYPE_syscall32 };
    char *page = page_alloc(), *edge = (char *)(NON_CANON - PAGE_SIZE);
    struct trap_info t[2] = { { TRAP_UD, 0, FLAT_KERNEL_CS, 0 } };

    page[4094] = 0x0f;
    page[4095] = 0x05;
    check_rc(pt_map(edge, pte(mfn_of(page), PTE_RW_PAGE)), 0, "a SYSCALL that ends at 2^47");
    check(counted(call_edge, edge + 4094) && probe_regs.vector == TRAP_GP, "it returns to a #GP");
    check_eq(probe_regs.rip, NON_CANON, "at 2^47");
    check_eq(traps_seen, 1, "one");
    check(counted(iret_nowhere, (void *)0x100) && probe_regs.vector == TRAP_GP,
          "iret as from a system call: #GP");
    check_eq(traps_seen, 1, "one");
    check(counted(iret_nowhere, NULL) && probe_regs.vector == TRAP_GP, "iret: #GP");
    check_rc(hyp_update_va_mapping(edge, 0, UVMF_INVLPG), 0, "unmap it");
    check_rc(mmu_update1(pt_entry_maddr(edge, 4), 0), 0, "take its tables out");
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        for ( unsigned int c = 0; c < ARRAY_SIZE(types); c++ )
            check_rc(callback(types[c], bad[i]), -XEN_EINVAL, "callback type %u, address %u",
                     types[c], i);
        t[0].address = bad[i];
        check_rc(hyp_set_trap_table(t), -XEN_EINVAL, "a gate, address %u", i);
    }
}

/* ---- One trap each ---- */

static unsigned int mask_in_handler;

static bool note_mask(struct regs *r)
{
    mask_in_handler = vcpu_info()->evtchn_upcall_mask;
    traps_seen += r->vector != TRAP_EVENT;
    return false;
}

static void do_int3(void *arg)
{
    __asm__ volatile("int3" ::: "memory");
}

static void do_ud2(void *arg)
{
    __asm__ volatile("ud2" ::: "memory");
}

/* #GP, or #UD on a CPU that does not know the instruction there. */
static void refused_once(const char *name, const char *entry, uint64_t flags)
{
    run_compat(entry, flags);
    check((probe_regs.vector == TRAP_GP && probe_regs.error == 0) || probe_regs.vector == TRAP_UD,
          "%s: refused", name);
    check_eq(traps_seen, 1, "%s: once", name);
    /* The CPU keeps neither SYSENTER's cs nor its address: it is enough that they are none of the hypervisor's. */
    check((probe_regs.cs & 0xffff) == FLAT_USER_CS32 || (probe_regs.cs & 0xffff) == 3,
          "%s: in 32-bit code", name);
    check(probe_regs.rip == 0 || probe_regs.rip == (uint64_t)entry ||
              probe_regs.rip == (uint64_t)entry + 2,
          "%s: rip", name);
    check(counted(do_ud2, NULL) && traps_seen == 1 && probe_regs.vector == TRAP_UD,
          "%s: the next exception is delivered once", name);
}

TEST("xsa-8", "system calls without a callback are refused once", 0)
{
    struct trap_info t[2] = { { TRAP_GP, 4, FLAT_KERNEL_CS, trap_stub(TRAP_GP) } };

    check_rc(callback(CALLBACKTYPE_sysenter, 0), 0, "no callback for SYSENTER");
    check_rc(callback(CALLBACKTYPE_syscall32, 0), 0, "none for SYSCALL of 32-bit code");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        refused_once("sysenter", c32_sysenter, 0);
        refused_once("syscall", c32_syscall, 0);
    }
    check_rc(hyp_set_trap_table(t), 0, "the gate of #GP masks events");
    events_unmask();
    trap_hook = note_mask;
    mask_in_handler = 9;
    check(!user_call(in_user, (unsigned long)do_ud2, NULL), "a trap of another kind");
    check_eq(mask_in_handler, 0, "does not mask");
    trap_hook = NULL;
    run_compat(c32_sysenter, 0);
    if ( probe_regs.vector == TRAP_GP )
        check_eq(probe_regs.cs >> 32, 0, "the #GP's frame has the old mask");
    check_rc(callback(CALLBACKTYPE_sysenter, (uint64_t)sysenter_entry), 0, "callbacks");
    check_rc(callback(CALLBACKTYPE_syscall32, (uint64_t)syscall32_entry), 0, "for both");
    run_compat(c32_sysenter, 0);
    /* Where the hypervisor leaves SYSENTER to other makes of CPU, this one raises #GP. */
    check(probe_regs.vector == TRAP_SYSENTER || probe_regs.rip == (uint64_t)c32_sysenter,
          "sysenter arrives, or the CPU has none");
    check_eq(traps_seen, 1, "once");
}

TEST("xsa-44", "SYSENTER with NT set", 0)
{
    check_rc(callback(CALLBACKTYPE_sysenter, (uint64_t)sysenter_entry), 0, "a callback");
    run_compat(c32_sysenter, EFLAGS_NT);
    check(probe_regs.vector == TRAP_GP || probe_regs.vector == TRAP_SYSENTER ||
              probe_regs.vector == TRAP_UD,
          "a #GP or the callback");
    check_eq(probe_regs.cs & 3, 3, "from user mode");
    check_rc(callback(CALLBACKTYPE_sysenter, 0), 0, "no callback");
    refused_once("sysenter with NT", c32_sysenter, EFLAGS_NT);
}

static void nt_then(void (*fn)(void *))
{
    __asm__ volatile("pushfq; orq $0x4000, (%%rsp); popfq" ::: "memory", "cc");
    fn(NULL);
}

static void do_syscall(void *arg)
{
    unsigned long rax = __HYPERVISOR_xen_version;

    __asm__ volatile("syscall" : "+a"(rax) : "D"(0), "S"(0) : "rcx", "r11", "memory");
    do_ud2(NULL);
}

static void do_load(void *arg)
{
    (void)*(volatile int *)0xdead0000;
}

static void nt_probe(void *arg)
{
    nt_then((void (*)(void *))arg);
}

static unsigned long nt_user(unsigned long arg)
{
    nt_then((void (*)(void *))arg);
    return 0;
}

static bool count_hook(struct regs *r)
{
    traps_seen += r->vector != TRAP_EVENT;
    return false;
}

TEST("xsa-339", "NT set on every way in: one trap", 0)
{
    static const struct
    {
        void (*fn)(void *);
        unsigned int kernel, user;
        const char *name;
    } cases[] = { { do_int3, TRAP_BP, TRAP_BP, "int3" },
                  { do_ud2, TRAP_UD, TRAP_UD, "ud2" },
                  { do_load, TRAP_PF, TRAP_PF, "page fault" },
                  { do_syscall, TRAP_UD, TRAP_SYSCALL, "syscall" } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        check(counted(nt_probe, cases[i].fn) && probe_regs.vector == cases[i].kernel,
              "%s in kernel mode", cases[i].name);
        check_eq(traps_seen, 1, "once");
        traps_seen = 0;
        trap_hook = count_hook;
        check(!user_call(nt_user, (unsigned long)cases[i].fn, NULL) &&
                  probe_regs.vector == cases[i].user,
              "%s in user mode", cases[i].name);
        trap_hook = NULL;
        check_eq(traps_seen, 1, "once");
    }
    check_rc(callback(CALLBACKTYPE_sysenter, (uint64_t)sysenter_entry), 0, "a callback");
    run_compat(c32_sysenter, EFLAGS_NT | EFLAGS_AC | EFLAGS_DF);
    check_eq(traps_seen, 1, "sysenter with NT, AC and DF: once");
    run_compat(c32_int3, EFLAGS_NT);
    check(probe_regs.vector == TRAP_BP && traps_seen == 1, "int3 in 32-bit code: once");
}

static void __attribute__((noinline, noclone)) do_int80(void *arg)
{
    __asm__ volatile("int80_here: int $0x80" ::: "memory");
}
extern char int80_here[];

/* All gates are gone but those that we need to go on. */
static void few_gates(void)
{
    static const unsigned int needed[] = { TRAP_UD, TRAP_GP, TRAP_PF };
    struct trap_info t[ARRAY_SIZE(needed) + 1] = { { 0 } };

    for ( unsigned int i = 0; i < ARRAY_SIZE(needed); i++ )
        t[i] = (struct trap_info){ (uint8_t)needed[i], 0, FLAT_KERNEL_CS, trap_stub(needed[i]) };
    if ( hyp_set_trap_table(NULL) || hyp_set_trap_table(t) )
        panic("gates");
}

TEST("xsa-259", "int $0x80 without a handler", 0)
{
    few_gates();
    for ( unsigned int user = 0; user < 2; user++ )
    {
        const char *mode = user ? "user" : "kernel";
        bool trapped =
            user ? !user_call(in_user, (unsigned long)do_int80, NULL) : counted(do_int80, NULL);

        check(trapped && probe_regs.vector == TRAP_GP, "%s: #GP", mode);
        check_eq(probe_regs.error, 0x80 * 8 + 2, "%s: its error code names the gate", mode);
        check_eq(probe_regs.rip, (uint64_t)int80_here, "%s: at the instruction", mode);
    }
    run_compat(c32_int80, 0);
    check(probe_regs.vector == TRAP_GP && probe_regs.error == 0x80 * 8 + 2, "32-bit code: #GP");
    check_eq(traps_seen, 1, "one");
}

static bool go_on(struct regs *r)
{
    if ( r->vector != 0x80 )
        return false;
    traps_seen++;
    return true;
}

/* Interrupts come all the time: whoever is entered with them open is interrupted somewhere. */
TEST("xsa-446", "int $0x80 among interrupts", 0)
{
    struct trap_info t[] = { { 0x80, 3, FLAT_KERNEL_CS, trap_stub(0x80) }, { 0 } };
    struct vcpu_set_periodic_timer period = { 1000000 };

    check_rc(hyp_set_trap_table(t), 0, "a gate that user mode may use");
    check_rc(hyp_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0, "a timer every ms");
    trap_hook = go_on;
    traps_seen = 0;
    for ( unsigned int i = 0; i < 600; i++ )
        do_int80(NULL);
    check_eq(traps_seen, 600, "600 in kernel mode");
    traps_seen = 0;
    for ( unsigned int i = 0; i < 100; i++ )
        if ( !user_call(in_user, (unsigned long)do_int80, NULL) )
            break;
    check_eq(traps_seen, 100, "100 in user mode");
    trap_hook = NULL;
    run_compat(c32_int80, 0);
    check(probe_regs.vector == 0x80 && traps_seen == 1, "in 32-bit code");
}

/* ---- HYPERVISOR_iret as an entry of a multicall ---- */

void __attribute__((noreturn))
multicall_iret(const struct iret_frame *frame, struct multicall_entry *list, unsigned long count);
extern char multicall_landed[];

static struct multicall_entry calls[3];

static void iret_in_list(void *arg)
{
    multicall_iret(arg, calls, 3);
}

static void list_with_iret(void)
{
    memset(calls, 0x5a, sizeof(calls));
    calls[0].op = __HYPERVISOR_xen_version;
    calls[1].op = __HYPERVISOR_iret;
    calls[2].op = __HYPERVISOR_xen_version;
    for ( unsigned int i = 0; i < 3; i++ )
        calls[i].args[0] = calls[i].args[1] = 0;
}

TEST("xsa-213", "iret ends a multicall", 0)
{
    struct iret_frame f = { .rip = (uint64_t)multicall_landed,
                            .cs = FLAT_KERNEL_CS & ~3UL,
                            .rflags = EFLAGS_IF,
                            .ss = FLAT_KERNEL_SS };
    static char stack[512] __attribute__((aligned(16)));

    f.rsp = (uint64_t)(stack + sizeof(stack));
    list_with_iret();
    check(probe(iret_in_list, &f) && probe_regs.vector == TRAP_BP, "to kernel mode: arrives");
    check_eq(probe_regs.rsp, f.rsp, "on the frame's stack");
    check_rc((long)calls[0].result, hyp_xen_version(XENVER_version, NULL), "the entry before it");
    check_eq(calls[2].result, 0x5a5a5a5a5a5a5a5aUL, "the entry behind it is not done");
    f.cs = FLAT_USER_CS;
    f.ss = FLAT_USER_SS;
    list_with_iret();
    check(probe(iret_in_list, &f) && probe_regs.vector == TRAP_BP, "to user mode: arrives");
    check_eq(probe_regs.cs & 3, 3, "in user mode");
    check_eq(calls[2].result, 0x5a5a5a5a5a5a5a5aUL, "the entry behind it is not done");
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096,
             "the kernel goes on with its own tables");
    check_rc(mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0), 0, "and with the user's");
}
