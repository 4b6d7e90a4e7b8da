/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trap does to us. The order: the test's own hook; the event callback; system calls of user mode; a running
 * probe(), which is abandoned; else the guest ends with a dump.
 */
#include "guest.h"

struct regs probe_regs;
uint64_t probe_cr2;
uint64_t probe_sp;
bool (*trap_hook)(struct regs *r);

static struct trap_info traps[257];

static void callback_register(unsigned int type, const char *entry, unsigned int flags)
{
    struct callback_register cb = { .type = (uint16_t)type,
                                    .flags = (uint16_t)flags,
                                    .address = (unsigned long)entry };
    long rc = hyp_callback_op(CALLBACKOP_register, &cb);

    if ( rc )
        panic("callback %u: %s", type, errno_name(rc));
}

void traps_init(void)
{
    long rc;

    for ( unsigned int i = 0; i < 256; i++ )
    {
        unsigned int dpl = i == TRAP_BP || i == TRAP_OF || i == INT_VECTOR_DPL3 ? 3
                           : i == INT_VECTOR_DPL1                               ? 1
                                                                                : 0;

        traps[i] = (struct trap_info){ (uint8_t)i, (uint8_t)dpl, FLAT_KERNEL_CS, trap_stub(i) };
    }
    rc = hyp_set_trap_table(traps);
    if ( rc )
        panic("set_trap_table: %s", errno_name(rc));
    callback_register(CALLBACKTYPE_event, event_entry, 0);
    callback_register(CALLBACKTYPE_failsafe, failsafe_entry, CALLBACKF_mask_events);
    callback_register(CALLBACKTYPE_syscall, syscall_entry, CALLBACKF_mask_events);
}

static bool from_user(const struct regs *r)
{
    return (r->cs & 3) == 3;
}

/* Go on after probe(), in kernel mode. */
static void land(struct regs *r, uint64_t result)
{
    r->rax = result;
    r->rip = (uint64_t)probe_landing;
    r->rsp = probe_sp;
    r->cs = FLAT_KERNEL_CS & ~3UL;
    r->ss = FLAT_KERNEL_SS;
    r->rflags &= ~(EFLAGS_DF | EFLAGS_TF | EFLAGS_NT | EFLAGS_AC);
}

static void dump(const struct regs *r)
{
    printf("vector %lu error 0x%lx cr2 0x%lx from %s mode\n", r->vector, r->error, probe_cr2,
           from_user(r) ? "user" : "kernel");
    printf("rip %04lx:%016lx rflags %08lx rsp %04lx:%016lx\n", r->cs & 0xffff, r->rip, r->rflags,
           r->ss, r->rsp);
    printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
}

void trap_dispatch(struct regs *r);

void trap_dispatch(struct regs *r)
{
    if ( r->vector == TRAP_PF )
        probe_cr2 = vcpu_info()->arch.cr2;
    if ( trap_hook && trap_hook(r) )
        return;
    if ( r->vector == TRAP_EVENT )
    {
        event_dispatch();
        return;
    }
    if ( probe_sp )
    {
        if ( r->vector == TRAP_SYSCALL && r->rax == USER_EXIT && from_user(r) )
        {
            probe_regs = *r;
            land(r, 0);
            return;
        }
        probe_regs = *r;
        land(r, 1);
        return;
    }
    dump(r);
    panic("unexpected trap %lu", r->vector);
}

/* ---- INT n on a machine that gets it wrong --------------------------------------------------------------------------- */

static void int_dpl0(void *arg)
{
    __asm__ volatile("int %0" ::"i"(INT_VECTOR_DPL0) : "memory");
}

bool cpu_is_tcg(void)
{
    uint32_t eax = 0x40000000, ebx, ecx = 0, edx;
    char name[13] = { 0 };

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    memcpy(name, &ebx, 4);
    memcpy(name + 4, &ecx, 4);
    memcpy(name + 8, &edx, 4);
    return !strcmp(name, "TCGTCGTCGTCG");
}

/*
 * QEMU's TCG says n * 16 + 2 in the error code of an INT n that its gate refuses, where a CPU says n * 8 + 2. A hypervisor that believes
 * it takes the INT for another one. Both must be seen: the machine that is wrong, and its error code here.
 */
const char *int_n_fault(void)
{
    static bool known, wrong;
    struct regs kept = probe_regs;
    bool (*hook)(struct regs *) = trap_hook;

    if ( !known )
    {
        trap_hook = NULL;
        probe(int_dpl0, NULL);
        wrong = cpu_is_tcg() && probe_regs.vector == TRAP_GP &&
                probe_regs.error == INT_VECTOR_DPL0 * 16 + 2;
        known = true;
        probe_regs = kept;
        trap_hook = hook;
    }
    return wrong ? "QEMU's TCG names another gate (n * 16 + 2) in the error code of INT n" : NULL;
}
