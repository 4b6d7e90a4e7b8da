/* SPDX-License-Identifier: GPL-2.0-only */
/* See README.md. The tests are in the files beside this one; here is what they share. */
#include "xsa.h"

const char guest_name[] = "xsa-traps";

volatile unsigned int traps_seen;

static bool count(struct regs *r)
{
    traps_seen += r->vector != TRAP_EVENT;
    return false;
}

bool counted(void (*fn)(void *), void *arg)
{
    bool trapped;

    traps_seen = 0;
    trap_hook = count;
    trapped = probe(fn, arg);
    trap_hook = NULL;
    return trapped;
}

static struct
{
    const char *entry;
    uint64_t flags;
} compat;
static char stack32[4096] __attribute__((aligned(16)));

static unsigned long jump_to_32(unsigned long arg)
{
    __asm__ volatile("mov %[sp], %%rsp\n\t"
                     "pushq %[cs]\n\t"
                     "pushq %[ip]\n\t"
                     "pushq %[fl]\n\t"
                     "popfq\n\t"
                     "lretq"
                     :
                     : [cs] "i"(FLAT_USER_CS32), [ip] "r"(compat.entry),
                       [sp] "r"(stack32 + sizeof(stack32)), [fl] "r"(compat.flags)
                     : "memory");
    return 0;
}

void run_compat(const char *entry, uint64_t flags)
{
    compat.entry = entry;
    compat.flags = flags | EFLAGS_IF;
    memset(&probe_regs, 0, sizeof(probe_regs));
    traps_seen = 0;
    trap_hook = count;
    if ( user_call(jump_to_32, 0, NULL) )
        check(false, "32-bit code ends in a trap");
    trap_hook = NULL;
}

long callback(unsigned int type, uint64_t address)
{
    struct callback_register cb = { .type = (uint16_t)type,
                                    .flags = CALLBACKF_mask_events,
                                    .address = address };

    return hyp_callback_op(CALLBACKOP_register, &cb);
}

static struct
{
    uint32_t nr;
    uint64_t value;
} msr;

static void do_rdmsr(void *arg)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr.nr));
    msr.value = lo | (uint64_t)hi << 32;
}

static void do_wrmsr(void *arg)
{
    __asm__ volatile("wrmsr" ::"a"((uint32_t)msr.value), "d"((uint32_t)(msr.value >> 32)),
                     "c"(msr.nr)
                     : "memory");
}

bool read_msr(uint32_t nr, uint64_t *value)
{
    msr.nr = nr;
    if ( probe(do_rdmsr, NULL) )
        return false;
    *value = msr.value;
    return true;
}

bool write_msr(uint32_t nr, uint64_t value)
{
    msr.nr = nr;
    msr.value = value;
    return !probe(do_wrmsr, NULL);
}
