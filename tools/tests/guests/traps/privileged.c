/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that are not user mode's, instructions of every number, MSRs of every number. */
#include "traps.h"

/* ---- User mode ---- */

#define INSN(name, text)                                                                           \
    static void name(void *arg)                                                                    \
    {                                                                                              \
        __asm__ volatile(text::"a"(0UL), "c"(0), "d"(0) : "memory", "cc");                         \
    }
extern uint8_t operand[16];
uint8_t operand[16];
INSN(read_cr0, "mov %%cr0, %%rax")
INSN(read_cr2, "mov %%cr2, %%rax")
INSN(read_cr3, "mov %%cr3, %%rax")
INSN(read_cr4, "mov %%cr4, %%rax")
INSN(read_cr8, "mov %%cr8, %%rax")
INSN(write_cr0, "mov %%rax, %%cr0")
INSN(write_cr2, "mov %%rax, %%cr2")
INSN(write_cr3, "mov %%rax, %%cr3")
INSN(write_cr4, "mov %%rax, %%cr4")
INSN(write_cr8, "mov %%rax, %%cr8")
INSN(read_dr0, "mov %%dr0, %%rax")
INSN(read_dr6, "mov %%dr6, %%rax")
INSN(read_dr7, "mov %%dr7, %%rax")
INSN(write_dr0, "mov %%rax, %%dr0")
INSN(write_dr6, "mov %%rax, %%dr6")
INSN(write_dr7, "mov %%rax, %%dr7")
INSN(do_clts, "clts")
INSN(do_hlt, "hlt")
INSN(do_cli, "cli")
INSN(do_sti, "sti")
INSN(do_invd, "invd")
INSN(do_wbinvd, "wbinvd")
INSN(do_lgdt, "lgdt operand")
INSN(do_lidt, "lidt operand")
INSN(do_lldt, "lldt %%ax")
INSN(do_ltr, "ltr %%ax")
INSN(do_lmsw, "lmsw %%ax")
INSN(do_invlpg, "invlpg operand")
INSN(do_swapgs, "swapgs")
INSN(do_sysretq, "sysretq")
INSN(do_rdmsr, "rdmsr")
INSN(do_wrmsr, "wrmsr")
INSN(do_rdpmc, "rdpmc")
INSN(do_in, "inb %%dx, %%al")
INSN(do_out, "outb %%al, %%dx")
INSN(do_ins, "push %%rdi; lea operand(%%rip), %%rdi; insb; pop %%rdi")
INSN(do_outs, "push %%rsi; lea operand(%%rip), %%rsi; outsb; pop %%rsi")

static unsigned int traps_seen;

static bool count_traps(struct regs *r)
{
    traps_seen += r->vector != TRAP_EVENT;
    return false;
}

static unsigned long in_user(unsigned long fn)
{
    ((void (*)(void *))fn)(NULL);
    return 0;
}

TEST("privileged-user", "what is not for user mode is one #GP there", 0)
{
    static const struct
    {
        void (*fn)(void *);
        const char *name;
    } insns[] = {
        { read_cr0, "mov from cr0" },
        { read_cr2, "mov from cr2" },
        { read_cr3, "mov from cr3" },
        { read_cr4, "mov from cr4" },
        { read_cr8, "mov from cr8" },
        { write_cr0, "mov to cr0" },
        { write_cr2, "mov to cr2" },
        { write_cr3, "mov to cr3" },
        { write_cr4, "mov to cr4" },
        { write_cr8, "mov to cr8" },
        { read_dr0, "mov from dr0" },
        { read_dr6, "mov from dr6" },
        { read_dr7, "mov from dr7" },
        { write_dr0, "mov to dr0" },
        { write_dr6, "mov to dr6" },
        { write_dr7, "mov to dr7" },
        { do_clts, "clts" },
        { do_hlt, "hlt" },
        { do_cli, "cli" },
        { do_sti, "sti" },
        { do_invd, "invd" },
        { do_wbinvd, "wbinvd" },
        { do_lgdt, "lgdt" },
        { do_lidt, "lidt" },
        { do_lldt, "lldt" },
        { do_ltr, "ltr" },
        { do_lmsw, "lmsw" },
        { do_invlpg, "invlpg" },
        { do_swapgs, "swapgs" },
        { do_sysretq, "sysretq" },
        { do_rdmsr, "rdmsr" },
        { do_wrmsr, "wrmsr" },
        { do_rdpmc, "rdpmc" },
        { do_in, "in" },
        { do_out, "out" },
        { do_ins, "ins" },
        { do_outs, "outs" },
    };
    uint64_t cr2 = vcpu_info()->arch.cr2;

    trap_hook = count_traps;
    for ( unsigned int i = 0; i < ARRAY_SIZE(insns); i++ )
    {
        traps_seen = 0;
        check(!user_call(in_user, (unsigned long)insns[i].fn, NULL) && probe_regs.vector == TRAP_GP,
              "%s: #GP", insns[i].name);
        check_eq(probe_regs.error, 0, "error code");
        check_eq(traps_seen, 1, "one trap");
    }
    trap_hook = NULL;
    check_eq(vcpu_info()->arch.cr2, cr2, "cr2 is as it was");
    check_rc(HYPERCALL(get_debugreg, 0, 0, 0, 0, 0), 0, "so is DR0");
}

/* ---- Every opcode ---- */

#define FILL 0xcc /* int3: ends whatever was begun */

static uint8_t *code, *data;
static unsigned int strange;

/* Registers point to data that may be written; the stack is there too, and full of what is no address. */
static unsigned long run_code(unsigned long arg)
{
    __asm__ volatile("mov %0, %%rax; mov %0, %%rbx; mov %0, %%rdx; mov %0, %%rsi; mov %0, %%rdi\n\t"
                     "mov %0, %%rbp; mov $1, %%ecx; lea 2048(%0), %%rsp; xor %%r8d, %%r8d\n\t"
                     "jmp *%1" ::"r"(data),
                     "r"(arg)
                     : "memory");
    return 0;
}

static void run_in_kernel(void *arg)
{
    run_code((unsigned long)arg);
}

/* Vectors that an instruction of one's own may raise. */
static bool expected_vector(uint64_t vector)
{
    return vector == TRAP_DE || vector == TRAP_DB || vector == TRAP_BP || vector == TRAP_OF ||
           vector == TRAP_UD || vector == TRAP_NM || vector == TRAP_SS || vector == TRAP_GP ||
           vector == TRAP_PF || vector == 5 || vector == 11 || vector == 16 || vector == 17 ||
           vector == 19 || vector == TRAP_SYSCALL || vector == FILL;
}

static void try_bytes(const uint8_t *bytes, unsigned int len, bool user)
{
    uint8_t *at = code + 2048;
    bool trapped;

    memset(code, FILL, PAGE_SIZE);
    memset(data, FILL, PAGE_SIZE);
    memcpy(at, bytes, len);
    traps_seen = 0;
    if ( user )
        trapped = !user_call(run_code, (unsigned long)at, NULL);
    else
        trapped = probe(run_in_kernel, at);
    if ( !trapped || traps_seen != 1 || !expected_vector(probe_regs.vector) ||
         (probe_regs.cs & 3) != (user ? 3 : 0) )
    {
        if ( strange++ < 8 )
            printf("# bytes %x %x %x %x: %u traps, vector %lu error 0x%lx cs 0x%lx\n", bytes[0],
                   bytes[1], bytes[2], bytes[3], traps_seen, probe_regs.vector, probe_regs.error,
                   probe_regs.cs);
    }
}

/* Moves the kernel's stack to where no frame can be stored: leave, enter, pop to rsp, mov to esp, xchg with what was popped. */
static bool ends_the_kernel(uint8_t opcode)
{
    return opcode == 0x5c || opcode == 0xbc || opcode == 0xc8 || opcode == 0xc9 || opcode == 0xcf;
}

static void sweep(bool two_bytes, bool user)
{
    static const uint8_t prefixes[] = { 0x90, 0x66, 0xf2, 0xf3, 0x48, 0xf0 };
    static const uint8_t operands[] = { 0x00, 0xd8, 0xf8 };

    code = page_alloc();
    data = page_alloc();
    strange = 0;
    trap_hook = count_traps;
    for ( unsigned int op = 0; op < 256; op++ )
        for ( unsigned int p = 0; p < ARRAY_SIZE(prefixes); p++ )
            for ( unsigned int m = 0; m < ARRAY_SIZE(operands); m++ )
            {
                uint8_t bytes[4] = { prefixes[p], 0x0f, (uint8_t)op, operands[m] };

                if ( !two_bytes )
                {
                    bytes[1] = (uint8_t)op;
                    bytes[2] = operands[m];
                }
                if ( !two_bytes && !user && ends_the_kernel((uint8_t)op) )
                    continue;
                /* int n with any n: the hypervisor may have one for 32-bit kernels' calls. */
                if ( !two_bytes && op == 0xcd )
                    continue;
                try_bytes(bytes, two_bytes ? 4 : 3, user);
            }
    trap_hook = NULL;
    check_eq(strange, 0, "sequences that ended otherwise than by one trap of this mode");
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "and hypercalls work");
}

TEST("opcodes-user", "every opcode of one byte in user mode", 0)
{
    sweep(false, true);
}

TEST("opcodes-kernel", "every opcode of one byte in the kernel", 0)
{
    sweep(false, false);
}

TEST("opcodes-0f-user", "every opcode of two bytes in user mode", 0)
{
    sweep(true, true);
}

TEST("opcodes-0f-kernel", "every opcode of two bytes in the kernel", 0)
{
    sweep(true, false);
}

/* ---- Every MSR ---- */

static uint32_t msr;
static uint64_t msr_value;

static void rdmsr_it(void *arg)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    msr_value = lo | (uint64_t)hi << 32;
}

static void wrmsr_it(void *arg)
{
    __asm__ volatile("wrmsr" ::"a"((uint32_t)msr_value), "d"((uint32_t)(msr_value >> 32)), "c"(msr)
                     : "memory");
}

static bool refused(void (*fn)(void *))
{
    return probe(fn, NULL) && probe_regs.vector == TRAP_GP && probe_regs.error == 0;
}

static bool is_one_of(uint32_t nr, const uint32_t *list, unsigned int n)
{
    for ( unsigned int i = 0; i < n; i++ )
        if ( list[i] == nr )
            return true;
    return false;
}

/* Machine checks may be shown to a domain as registers of its own. */
static bool about_machine_checks(uint32_t nr)
{
    return (nr >= 0x179 && nr <= 0x17b) || (nr >= 0x280 && nr <= 0x29f) ||
           (nr >= 0x400 && nr <= 0x47f);
}

TEST("msr-sweep-read", "32768 MSRs are read: a few are there", TEST_SLOW)
{
    static const uint32_t bases[] = { 0, 0x40000000, 0xc0000000, 0xc0010000 };
    /* TSC, APIC_BASE, MISC_ENABLE, PAT, the hypercall page, EFER, FS, GS, KERNEL_GS bases, TSC_AUX. */
    static const uint32_t known[] = { 0x10,       0x1b,       0x1a0,      0x277,      0x40000000,
                                      0xc0000080, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103 };
    unsigned int other = 0, faults = 0;

    for ( unsigned int b = 0; b < ARRAY_SIZE(bases); b++ )
    {
        for ( uint32_t i = 0; i < 0x2000; i++ )
        {
            msr = bases[b] + i;
            if ( refused(rdmsr_it) )
                faults++;
            else if ( !is_one_of(msr, known, ARRAY_SIZE(known)) && !about_machine_checks(msr) )
            {
                printf("# MSR 0x%x = 0x%lx\n", msr, msr_value);
                other++;
            }
        }
        printf("# 0x2000 from 0x%x\n", bases[b]);
    }
    check(faults > 32000, "most are #GP, error code 0");
    check_eq(initial_domain() ? 0 : other, 0, "others that an ordinary domain can read");
}

/* What an MSR that takes a value has to do with it: nothing. (Xen drops what its initial domain writes.) False: it kept it. */
static bool dropped(uint64_t written)
{
    uint64_t now;

    if ( probe(rdmsr_it, NULL) )
        return true;
    now = msr_value;
    msr_value = ~written;
    return now != written && (probe(wrmsr_it, NULL) || probe(rdmsr_it, NULL) || msr_value == now);
}

TEST("msr-sweep-write", "32768 MSRs are written: none keeps rubbish", TEST_SLOW)
{
    static const uint32_t bases[] = { 0, 0x40000000, 0xc0000000, 0xc0010000 };
    static const uint64_t rubbish[] = { 0x5a5a5a5a5a5a5a5a, ~0UL };
    unsigned int taken = 0, kept = 0;

    for ( unsigned int b = 0; b < ARRAY_SIZE(bases); b++ )
    {
        for ( uint32_t i = 0; i < 0x2000; i++ )
            for ( unsigned int k = 0; k < ARRAY_SIZE(rubbish); k++ )
            {
                msr = bases[b] + i;
                msr_value = rubbish[k];
                /* The guest's own bases may be anything canonical; ~0 is. TSC_AUX is its own too. */
                if ( refused(wrmsr_it) || (msr >= 0xc0000100 && msr <= 0xc0000103) ||
                     about_machine_checks(msr) )
                    continue;
                taken++;
                if ( !dropped(rubbish[k]) )
                {
                    printf("# MSR 0x%x keeps 0x%lx\n", msr, rubbish[k]);
                    kept++;
                }
            }
        printf("# 0x2000 from 0x%x: %u taken so far\n", bases[b], taken);
    }
    check_eq(kept, 0, "that kept it, but for the segment bases and TSC_AUX");
    check_eq(initial_domain() ? 0 : taken, 0, "that an ordinary domain could write at all");
    for ( msr = 0xc0000100; msr <= 0xc0000103; msr++ )
    {
        msr_value = 0;
        probe(wrmsr_it, NULL);
    }
    check_rc(hyp_xen_version(XENVER_pagesize, NULL), 4096, "hypercalls work");
    check(!user_call(in_user, (unsigned long)do_cli, NULL) && probe_regs.vector == TRAP_GP,
          "user mode works");
}
