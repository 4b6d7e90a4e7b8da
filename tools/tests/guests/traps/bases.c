/* SPDX-License-Identifier: GPL-2.0-only */
/* Segment bases and selectors over every way in and out. user.c and ../entry/segments.c have where they come from. */
#include "traps.h"

static const uint64_t fs_word = 0xf5, gs_word = 0x65, user_gs_word = 0x05e465;

static uint64_t read_fs(void)
{
    uint64_t v;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(v));
    return v;
}

static uint64_t read_gs(void)
{
    uint64_t v;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    return v;
}

static void set_bases(void)
{
    check_rc(hyp_set_segment_base(SEGBASE_FS, (uint64_t)&fs_word) |
                 hyp_set_segment_base(SEGBASE_GS_KERNEL, (uint64_t)&gs_word) |
                 hyp_set_segment_base(SEGBASE_GS_USER, (uint64_t)&user_gs_word),
             0, "a base for FS, and for the GS of each mode");
}

/* In every handler: FS is shared, GS is the kernel's. */
static unsigned int handlers, wrong_in_handler;

static bool look(struct regs *r)
{
    handlers += r->vector != TRAP_EVENT;
    wrong_in_handler += read_fs() != fs_word || read_gs() != gs_word;
    if ( r->vector == TRAP_UD )
        r->rip += 2;
    else if ( r->vector == TRAP_SYSCALL && r->rax == 0x100 )
        r->rax = 0;
    else if ( r->vector != TRAP_NMI_CB )
        return false;
    return true;
}

static unsigned long user_checks(unsigned long n)
{
    unsigned long wrong = 0;

    for ( unsigned long i = 0; i < n; i++ )
    {
        unsigned long rax = 0x100;

        wrong += read_fs() != fs_word || read_gs() != user_gs_word;
        __asm__ volatile("ud2" ::: "memory");
        wrong += read_fs() != fs_word || read_gs() != user_gs_word;
        __asm__ volatile("syscall" : "+a"(rax)::"rcx", "r11", "memory");
        wrong += read_fs() != fs_word || read_gs() != user_gs_word;
    }
    return wrong;
}

TEST("bases-user-entries", "segment bases over exceptions and system calls of user mode", 0)
{
    unsigned long wrong = 9;

    set_bases();
    handlers = wrong_in_handler = 0;
    trap_hook = look;
    check(user_call(user_checks, 20, &wrong), "20 exceptions and 20 system calls");
    trap_hook = NULL;
    check_eq(handlers, 41, "handlers that ran, with the last call");
    check_eq(wrong_in_handler, 0, "in which a base was wrong");
    check_eq(wrong, 0, "times that one was wrong in user mode");
    check(read_fs() == fs_word && read_gs() == gs_word, "the kernel's are right behind it");
}

TEST("bases-kernel-entries", "segment bases over exceptions, NMI and events of the kernel", 0)
{
    struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (unsigned long)nmi_entry };
    unsigned int wrong = 0;

    set_bases();
    check_rc(hyp_callback_op(CALLBACKOP_register, &cb), 0, "a callback for NMI");
    handlers = wrong_in_handler = 0;
    trap_hook = look;
    for ( unsigned int i = 0; i < 4; i++ )
    {
        __asm__ volatile("ud2" ::: "memory");
        wrong += read_fs() != fs_word || read_gs() != gs_word;
        hyp_vcpu_op(VCPUOP_send_nmi, 0, NULL);
        wrong += read_fs() != fs_word || read_gs() != gs_word;
        vcpu_info()->evtchn_upcall_pending = 1;
        events_unmask();
        events_mask();
        wrong += read_fs() != fs_word || read_gs() != gs_word;
    }
    trap_hook = NULL;
    check_eq(handlers, 8, "exceptions and NMIs: four of each (and four events)");
    check_eq(wrong_in_handler, 0, "handlers in which a base was wrong");
    check_eq(wrong, 0, "times that one was wrong behind them");
}

/* ---- Bases that a mode changes itself ---- */

static void write_msr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

static uint64_t read_msr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | (uint64_t)hi << 32;
}

#define MSR_FS        0xc0000100
#define MSR_GS        0xc0000101
#define MSR_KERNEL_GS 0xc0000102 /* in the kernel: user mode's */

static unsigned long nothing(unsigned long arg)
{
    return arg;
}

TEST("bases-by-msr", "bases by MSR and by set_segment_base are the same", 0)
{
    static const struct
    {
        uint32_t msr;
        unsigned int which;
        const char *name;
    } bases[] = { { MSR_FS, SEGBASE_FS, "FS" },
                  { MSR_GS, SEGBASE_GS_KERNEL, "GS" },
                  { MSR_KERNEL_GS, SEGBASE_GS_USER, "user mode's GS" } };
    static const uint64_t values[] = {
        0,
        1,
        0x7fffffffffff,
        0xffff800000000000, /* only an address: using it is another thing */
        ~0UL,
        0x123456789abc
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(bases); i++ )
    {
        unsigned int wrong = 0;

        for ( unsigned int k = 0; k < ARRAY_SIZE(values); k++ )
        {
            write_msr(bases[i].msr, values[k]);
            wrong += read_msr(bases[i].msr) != values[k];
            user_call(nothing, 0, NULL);
            wrong += read_msr(bases[i].msr) != values[k];
        }
        check_eq(wrong, 0, "%s: by MSR, also behind user mode", bases[i].name);
        check_rc(hyp_set_segment_base(bases[i].which, 0x1000 + i), 0, "%s: by hypercall",
                 bases[i].name);
        check_eq(read_msr(bases[i].msr), 0x1000 + i, "the MSR has it");
        write_msr(bases[i].msr, 0);
    }
}

/* ---- Selectors ---- */

static uint64_t selectors(void)
{
    uint16_t ds, es, fs, gs;

    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return ds | (uint64_t)es << 16 | (uint64_t)fs << 32 | (uint64_t)gs << 48;
}

static bool skip_ud(struct regs *r)
{
    if ( r->vector != TRAP_UD )
        return false;
    r->rip += 2;
    return true;
}

static unsigned long user_selectors(unsigned long arg)
{
    return selectors();
}

TEST("selectors-kept", "selectors over hypercalls, traps and changes of mode", 0)
{
    uint64_t want = FLAT_USER_SS | (uint64_t)FLAT_USER_SS << 16 | (uint64_t)FLAT_USER_SS << 32;
    unsigned long got = 0;

    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %1, %%gs" ::"r"(FLAT_USER_SS),
                     "r"(0));
    check_eq(selectors(), want, "ds, es and fs are loaded, gs is null");
    hyp_xen_version(XENVER_version, NULL);
    check_eq(selectors(), want, "behind a hypercall");
    trap_hook = skip_ud;
    __asm__ volatile("ud2" ::: "memory");
    trap_hook = NULL;
    check_eq(selectors(), want, "behind a trap");
    check(user_call(user_selectors, 0, &got), "user mode has a look");
    check_eq(got & 0xffffffffffff, want, "the same selectors there");
    check_eq(selectors() & 0xffffffffffff, want, "and here behind it");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, root_mfn, 0), 0, "NEW_BASEPTR");
    check_eq(selectors() & 0xffffffffffff, want, "behind that");
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs" ::"r"(0));
    check_eq(selectors() & 0xffffffffffff, 0, "null again");
}
