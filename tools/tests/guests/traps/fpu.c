/* SPDX-License-Identifier: GPL-2.0-only */
/* The FPU: its state over everything the hypervisor does, its exceptions, CR0.TS in both modes. */
#include "traps.h"

struct fx
{
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t st[16], xmm[32], rest[12];
} __attribute__((aligned(16)));

static struct fx ours, found;

static void load(void)
{
    for ( unsigned int i = 0; i < 16; i++ )
        ours.st[i] = i & 1 ? 0x4000 + i : 0x8000000000000000 | 0x0101010101010101 * i;
    for ( unsigned int i = 0; i < 32; i++ )
        ours.xmm[i] = 0x0102030405060708 * (i + 1);
    ours.fcw = 0x27f; /* 53 bits, rounded to nearest */
    ours.fsw = 0;
    ours.ftw = 0xff;
    ours.mxcsr = 0x9f80; /* flush to zero */
    __asm__ volatile("fxrstor64 %0" ::"m"(ours));
}

static bool kept(void)
{
    bool same;

    memset(&found, 0, sizeof(found));
    __asm__ volatile("fxsave64 %0" : "=m"(found));
    same = found.fcw == ours.fcw && found.ftw == ours.ftw && found.mxcsr == ours.mxcsr &&
           !memcmp(found.xmm, ours.xmm, sizeof(ours.xmm));
    for ( unsigned int i = 0; i < 16; i++ )
        same = same &&
               (i & 1 ? (uint16_t)found.st[i] == (uint16_t)ours.st[i] : found.st[i] == ours.st[i]);
    return same;
}

static void defaults(void)
{
    uint32_t mxcsr = 0x1f80;

    __asm__ volatile("fninit; ldmxcsr %0" ::"m"(mxcsr));
}

/* ---- What must not touch it ---- */

static bool skip_ud(struct regs *r)
{
    if ( r->vector != TRAP_UD )
        return false;
    r->rip += 2;
    return true;
}

static void a_trap(void)
{
    trap_hook = skip_ud;
    __asm__ volatile("ud2" ::: "memory");
    trap_hook = NULL;
}

static void hypercalls(void)
{
    static struct multicall_entry m[32];

    for ( unsigned int i = 0; i < 32; i++ )
        m[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
    hyp_multicall(m, 32);
}

static unsigned long nothing(unsigned long arg)
{
    return arg;
}

static void user_mode(void)
{
    user_call(nothing, 1, NULL);
}

static void emulated(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr3, %0; mov %%cr2, %0" : "=r"(v));
    __asm__ volatile("xor %%eax, %%eax; ud2; .ascii \"xen\"; cpuid" ::: "rax", "rbx", "rcx", "rdx");
}

static void page_tables(void)
{
    static uint64_t *table;

    table = page_alloc();
    page_set_ro(table);
    mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(table), 0);
    mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table), 0);
    mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(table), 0);
    mmuext(MMUEXT_NEW_BASEPTR, root_mfn, 0);
}

static void sleep(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_close close;

    hyp_event_channel_op(EVTCHNOP_bind_virq, &virq);
    event_set_mask(virq.port, false);
    events_mask();
    hyp_set_timer_op(system_time() + 2000000);
    hyp_sched_op(SCHEDOP_block, NULL);
    events_mask();
    close.port = virq.port;
    hyp_event_channel_op(EVTCHNOP_close, &close);
}

static void text(void)
{
    printf("# a line of text\n");
}

TEST("fpu-kept", "the FPU's state over whatever the hypervisor does", 0)
{
    static const struct
    {
        void (*fn)(void);
        const char *name;
    } cases[] = {
        { a_trap, "a trap" },
        { hypercalls, "hypercalls" },
        { user_mode, "user mode and back" },
        { emulated, "emulated instructions" },
        { page_tables, "operations on page tables" },
        { sleep, "sleep and a timer's event" },
        { text, "text on the console" },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        bool same;

        load();
        cases[i].fn();
        same = kept();
        defaults();
        check(same, "%s", cases[i].name);
    }
}

static unsigned long change_xmm(unsigned long arg)
{
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0; fld1" ::: "memory");
    return 0;
}

TEST("fpu-one-state", "kernel and user mode share the FPU", 0)
{
    load();
    check(user_call(change_xmm, 0, NULL), "user mode changes a register");
    check(!kept(), "the kernel sees it");
    defaults();
    check_eq(found.xmm[0] & found.xmm[1], ~0UL, "the new value");
    check_eq(found.xmm[2], ours.xmm[2], "the others are as they were");
}

/* ---- Exceptions ---- */

static void x87_divide(void *arg)
{
    uint16_t cw = 0x37b; /* division by zero is not masked */

    __asm__ volatile("fninit; fldcw %0; fldz; fld1; fdivp; fwait" ::"m"(cw));
}

static void sse_divide(void *arg)
{
    uint32_t mxcsr = 0x1d80; /* nor here */

    __asm__ volatile("ldmxcsr %0; pcmpeqd %%xmm0, %%xmm0; psrld $25, %%xmm0; pslld $23, %%xmm0\n\t"
                     "xorps %%xmm1, %%xmm1; divps %%xmm1, %%xmm0" ::"m"(mxcsr));
}

static unsigned long in_user(unsigned long fn)
{
    ((void (*)(void *))fn)(NULL);
    return 0;
}

static void raises(const char *name, void (*fn)(void *), unsigned int vector)
{
    for ( unsigned int user = 0; user < 2; user++ )
    {
        bool trapped = user ? !user_call(in_user, (unsigned long)fn, NULL) : probe(fn, NULL);
        struct regs r = probe_regs;

        defaults();
        if ( !trapped && vector == 19 && cpu_is_tcg() )
        {
            leave_out("QEMU's TCG raises no exceptions of SSE", "%s, %s: vector %u", name,
                      user ? "user mode" : "the kernel", vector);
            continue;
        }
        check(trapped && r.vector == vector, "%s, %s: vector %u", name,
              user ? "user mode" : "the kernel", vector);
        check_eq(r.cs & 3, user ? 3 : 0, "cs");
        check_eq(r.error, 0, "error code");
    }
}

TEST("fpu-exceptions", "#MF and #XM", 0)
{
    raises("x87, 1 / 0", x87_divide, 16);
    raises("SSE, 1 / 0", sse_divide, 19);
}

/* ---- TS ---- */

static void x87(void *arg)
{
    __asm__ volatile("fninit");
}
static void mmx(void *arg)
{
    __asm__ volatile("pxor %%mm0, %%mm0; emms" ::: "memory");
}
static void sse(void *arg)
{
    __asm__ volatile("xorps %%xmm0, %%xmm0" ::: "memory");
}
static void sse2(void *arg)
{
    __asm__ volatile("pxor %%xmm0, %%xmm0" ::: "memory");
}
static void save(void *arg)
{
    __asm__ volatile("fxsave64 %0" : "=m"(found));
}
static void control(void *arg)
{
    uint32_t mxcsr = 0x1f80;

    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
}

static unsigned int nms;

static bool count_nm(struct regs *r)
{
    nms += r->vector == TRAP_NM;
    return r->vector == TRAP_NM; /* and try again */
}

TEST("fpu-ts-each", "CR0.TS: what raises #NM, once, and goes on", 0)
{
    static const struct
    {
        void (*fn)(void *);
        const char *name;
    } insns[] = {
        { x87, "x87" },   { mmx, "MMX" },     { sse, "SSE" },
        { sse2, "SSE2" }, { save, "fxsave" }, { control, "ldmxcsr" },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(insns); i++ )
        for ( unsigned int user = 0; user < 2; user++ )
        {
            const char *mode = user ? "user mode" : "the kernel";

            check_rc(HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0), 0, "TS set");
            nms = 0;
            trap_hook = count_nm;
            if ( user )
                user_call(in_user, (unsigned long)insns[i].fn, NULL);
            else
                insns[i].fn(NULL);
            trap_hook = NULL;
            check_eq(nms, 1, "%s in %s: one #NM, then it works", insns[i].name, mode);
        }
    defaults();
}

static uint64_t cr0(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}

TEST("fpu-ts-modes", "CR0.TS over changes of mode, traps and calls", 0)
{
    check_rc(HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0), 0, "TS set");
    check_eq(cr0() & 8, 8, "CR0 has it");
    user_mode();
    check_eq(cr0() & 8, 8, "behind user mode");
    a_trap();
    check_eq(cr0() & 8, 8, "behind a trap");
    hypercalls();
    check_eq(cr0() & 8, 8, "behind hypercalls");
    sleep();
    check_eq(cr0() & 8, 8, "behind sleep and an event");
    nms = 0;
    trap_hook = count_nm;
    user_call(in_user, (unsigned long)sse, NULL);
    trap_hook = NULL;
    check_eq(nms, 1, "user mode uses the FPU: #NM");
    check_eq(cr0() & 8, 0, "behind it TS is clear");
    check_rc(HYPERCALL(fpu_taskswitch, 1UL << 32, 0, 0, 0, 0), 0, "fpu_taskswitch(2^32)");
    check_eq(cr0() & 8, 0, "its argument has 32 bits: TS is clear");
    check_rc(HYPERCALL(fpu_taskswitch, 1UL << 31, 0, 0, 0, 0), 0, "fpu_taskswitch(2^31)");
    check_eq(cr0() & 8, 8, "TS is set");
    check_rc(HYPERCALL(fpu_taskswitch, 0, 0, 0, 0, 0), 0, "TS clear");
    check_eq(cr0() & 8, 0, "CR0 does not have it");
    nms = 0;
    trap_hook = count_nm;
    sse(NULL);
    trap_hook = NULL;
    check_eq(nms, 0, "no #NM");
}
