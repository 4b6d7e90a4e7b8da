/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers that outlive an entry: debug registers, segment bases, MSRs, the FPU's, flags behind what is emulated. */
#include "xsa.h"

static long set_dr(unsigned int n, uint64_t v)
{
    return HYPERCALL(set_debugreg, n, v, 0, 0, 0);
}

static uint64_t get_dr(unsigned int n)
{
    return (uint64_t)HYPERCALL(get_debugreg, n, 0, 0, 0, 0);
}

TEST("xsa-12", "DR6 and DR7 have 32 bits", 0)
{
    uint64_t dr7 = get_dr(7), dr6 = get_dr(6);

    for ( unsigned int bit = 32; bit < 64; bit++ )
    {
        check_rc(set_dr(7, 1UL << bit), -XEN_EINVAL, "DR7, bit %u", bit);
        check_rc(set_dr(6, 1UL << bit), -XEN_EINVAL, "DR6, bit %u", bit);
    }
    check_rc(set_dr(7, 1UL << 32 | 0x401), -XEN_EINVAL, "DR7 with a breakpoint, and bit 32");
    check_eq(get_dr(7), dr7, "nothing of it is in DR7");
    check_eq(get_dr(6), dr6, "nor in DR6");
    check_rc(hyp_sched_op(SCHEDOP_yield, NULL), 0, "yield");
    check_eq(get_dr(7), dr7, "nor later");
}

static volatile uint32_t watched __attribute__((aligned(8)));

static void touch(void *arg)
{
    watched = 1;
}

TEST("xsa-444", "no breakpoints in the hypervisor", 0)
{
    static const uint64_t offsets[] = { 0, 8, 0x1000, 0x200000, 1UL << 30, (1UL << 39) - 8 };
    unsigned int wrong = 0;

    for ( unsigned int dr = 0; dr < 4; dr++ )
    {
        check_rc(set_dr(dr, (uint64_t)&watched), 0, "DR%u at a word of ours", dr);
        for ( uint64_t slot = 256; slot < 272; slot++ )
            for ( unsigned int i = 0; i < ARRAY_SIZE(offsets); i++ )
                wrong += set_dr(dr, (0xffff000000000000UL | slot << 39) + offsets[i]) != -XEN_EPERM;
        check_eq(wrong, 0, "DR%u in the hypervisor: -EPERM everywhere", dr);
        check_rc(set_dr(dr, NON_CANON), -XEN_EPERM, "DR%u at 2^47", dr);
        check_rc(set_dr(dr, 1UL << 63), -XEN_EPERM, "DR%u at 2^63", dr);
        check_eq(get_dr(dr), (uint64_t)&watched, "DR%u is as it was", dr);
        check_rc(set_dr(7, 0xdUL << (16 + 4 * dr) | 1UL << 2 * dr), 0, "watch stores by it");
        check(counted(touch, NULL) && probe_regs.vector == TRAP_DB, "a store there: #DB");
        check_rc(set_dr(7, 0), 0, "no more");
        check_rc(set_dr(dr, 0), 0, "DR%u = 0", dr);
    }
}

static uint16_t selector = FLAT_RING3_SS64;
static uint16_t *volatile selector_at = &selector;
static volatile unsigned int hits;

static bool on_debug(struct regs *r)
{
    if ( r->vector != TRAP_DB )
        return false;
    hits++;
    r->rflags |= 1UL << 16; /* RF */
    set_dr(7, 0);
    return true;
}

static void moved_ss_syscall(void *arg)
{
    __asm__ volatile("mov (%0), %%ss; syscall" ::"r"(selector_at),
                     "a"((unsigned long)__HYPERVISOR_xen_version), "D"(0), "S"(0)
                     : "rcx", "r11", "memory");
}

/* DR6.BD says that a debug register was touched while DR7.GD guarded it. Set by hand, it stays, and means nothing. */
TEST("xsa-265", "DR6.BD that stands there is no hypervisor's fault", 0)
{
    trap_hook = on_debug;
    for ( unsigned int i = 0; i < 3; i++ )
    {
        hits = 0;
        check_rc(set_dr(6, i == 1 ? 0xffffeff0U : 0x2000), 0, "DR6.BD set");
        check_rc(set_dr(0, (uint64_t)&selector), 0, "DR0 at a selector");
        check_rc(set_dr(7, 0xf0001 & ~0xc0000UL), 0, "watch it");
        check(!probe(moved_ss_syscall, NULL), "mov to ss, syscall");
        check_eq(hits, 1, "one #DB");
        check_rc(set_dr(7, 0), 0, "no more");
    }
    check_rc(set_dr(7, 1UL << 13), -XEN_EPERM, "DR7.GD");
}

/* ---- Segment bases ---- */

TEST("xsa-193", "segment bases are canonical", 0)
{
    static const uint64_t bad[] = { NON_CANON, 1UL << 63, 0xffff7fffffffffffUL, 1UL << 48,
                                    0x0fff800000000000UL };
    static const uint32_t msrs[] = { 0xc0000100, 0xc0000101, 0xc0000102 };
    uint64_t value = 0;

    for ( unsigned int m = 0; m < ARRAY_SIZE(msrs); m++ )
    {
        check(write_msr(msrs[m], 0x7ffff000 + m), "a good base by MSR 0x%x", msrs[m]);
        for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        {
            check(!write_msr(msrs[m], bad[i]), "base %u by MSR 0x%x: #GP", i, msrs[m]);
            check_rc(hyp_set_segment_base(m, bad[i]), -XEN_EINVAL, "base %u by set_segment_base %u",
                     i, m);
        }
        check(read_msr(msrs[m], &value), "read MSR 0x%x", msrs[m]);
        check_eq(value, 0x7ffff000 + m, "the good base");
        check(write_msr(msrs[m], 0), "base 0");
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        check_rc(mmuext(MMUEXT_SET_LDT, bad[i], 8), -XEN_EINVAL, "LDT at base %u", i);
        check(!write_msr(0xc0000082, bad[i]), "LSTAR %u: #GP", i);
    }
}

static void wrfsbase(void *arg)
{
    __asm__ volatile("wrfsbase %0" ::"r"(arg));
}

static void wrgsbase(void *arg)
{
    __asm__ volatile("wrgsbase %0" ::"r"(arg));
}

static void rdgsbase(void *arg)
{
    uint64_t v;

    __asm__ volatile("rdgsbase %0" : "=r"(v));
}

static void rdfsbase(void *arg)
{
    uint64_t v;

    __asm__ volatile("rdfsbase %0" : "=r"(v));
}

static unsigned long base_in_user(unsigned long arg)
{
    ((void (*)(void *))arg)((void *)0x1000);
    return 0;
}

static void set_gs_and_leave(void *arg)
{
    uint64_t value = 0;

    if ( !write_msr(0xc0000101, 0x11111000) || !write_msr(0xc0000102, 0x22222000) ||
         !write_msr(0xc0000100, 0x33333000) )
        panic("bases");
    user_call(base_in_user, (unsigned long)arg, NULL);
    check(read_msr(0xc0000101, &value), "behind user mode: GS base");
    check_eq(value, 0x11111000, "is the kernel's");
    check(read_msr(0xc0000102, &value), "the user's GS base");
    check_eq(value, 0x22222000, "is the user's");
    check(read_msr(0xc0000100, &value), "the FS base");
    check_eq(value, 0x33333000, "is as it was");
}

TEST("xsa-293", "RDFSBASE and its like are not for us", 0)
{
    static void (*const insns[])(void *) = { wrfsbase, wrgsbase, rdfsbase, rdgsbase };
    static const char *const names[] = { "wrfsbase", "wrgsbase", "rdfsbase", "rdgsbase" };

    for ( unsigned int i = 0; i < ARRAY_SIZE(insns); i++ )
    {
        check(counted(insns[i], (void *)0x1000) && probe_regs.vector == TRAP_UD,
              "%s in kernel mode: #UD", names[i]);
        check(!user_call(base_in_user, (unsigned long)insns[i], NULL) &&
                  probe_regs.vector == TRAP_UD,
              "%s in user mode: #UD", names[i]);
        set_gs_and_leave(insns[i]);
    }
}

static unsigned long read_gs(unsigned long arg)
{
    uint64_t v;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    return v;
}

static uint64_t user_word = 0x05e4, kernel_word = 0x1e4e1;

TEST("fix-a711f6f24a", "an LDT that is not there leaves no old base", 0)
{
    unsigned long got = 0;
    uint64_t at_0, v;

    __asm__ volatile("mov 0, %0" : "=r"(at_0));
    check_rc(hyp_set_segment_base(SEGBASE_GS_KERNEL, (uint64_t)&kernel_word), 0, "kernel's base");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER, (uint64_t)&user_word), 0, "user's base");
    check(user_call(read_gs, 0, &got) && got == user_word, "user mode reads by it");
    check_rc(mmuext(MMUEXT_SET_LDT, 0xdead0000, 512), 0, "an LDT that is not mapped");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 1 * 8 + 7), 0, "a user selector of it");
    check(user_call(read_gs, 0, &got), "user mode reads");
    check_eq(got, at_0, "by base 0");
    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    check_eq(v, kernel_word, "the kernel reads by its own");
}

/* ---- MSRs ---- */

TEST("xsa-333", "IA32_MISC_ENABLE", 0)
{
    uint64_t value = 0, again = 0;
    bool readable = read_msr(0x1a0, &value);

    check(true, "it can be read, or not; nothing else happens");
    write_msr(0x1a0, value);
    write_msr(0x1a0, ~0UL);
    check(readable == read_msr(0x1a0, &again), "the same behind writes of rubbish");
    check_eq(again, value, "its value");
}

TEST("xsa-351", "the meters of energy are not for us", 0)
{
    uint64_t value;
    unsigned int readable = 0, writable = 0;

    for ( uint32_t nr = 0x606; nr <= 0x64f; nr++ )
    {
        readable += read_msr(nr, &value);
        writable += write_msr(nr, 0);
    }
    for ( uint32_t nr = 0xc0010299; nr <= 0xc001029b; nr++ )
        readable += read_msr(nr, &value);
    check_eq(readable, 0, "MSRs of power that can be read");
    check_eq(writable, 0, "that can be written");
}

TEST("fix-322ec7c89f", "an MSR that nobody knows is a #GP", 0)
{
    static const uint32_t unknown[] = { 0x12345678, 0x4b564d00, 0x40000100, 0x80000000,
                                        0xc0007fff, 0xffffffff, 0x3f0,      0x00002000 };
    uint64_t value;

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
    {
        check(!read_msr(unknown[i], &value), "read MSR 0x%x: #GP", unknown[i]);
        check(!write_msr(unknown[i], 0), "write MSR 0x%x: #GP", unknown[i]);
    }
}

/* ---- FPU ---- */

static uint64_t xcr0;

static void do_xsetbv(void *arg)
{
    __asm__ volatile("xsetbv" ::"a"((uint32_t)xcr0), "d"((uint32_t)(xcr0 >> 32)), "c"(arg));
}

TEST("xsa-54", "XSETBV with what makes no sense", 0)
{
    static const uint64_t values[] = { 0, 2, 4, 6, 1UL << 63, ~0UL, 0x18, 0x200 };

    for ( unsigned int i = 0; i < ARRAY_SIZE(values); i++ )
    {
        xcr0 = values[i];
        check(counted(do_xsetbv, NULL) &&
                  (probe_regs.vector == TRAP_GP || probe_regs.vector == TRAP_UD),
              "XCR0 = value %u: refused", i);
        check_eq(traps_seen, 1, "once");
    }
    xcr0 = 3;
    check(counted(do_xsetbv, (void *)1) &&
              (probe_regs.vector == TRAP_GP || probe_regs.vector == TRAP_UD),
          "XCR1: refused");
}

static struct
{
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t st[16], xmm[32], rest[12];
} fx __attribute__((aligned(16)));

/* Alone: nobody in this domain has used the FPU before. */
TEST("xsa-165", "a new vCPU's FPU is empty", TEST_ALONE)
{
    uint64_t st = 0, xmm = 0;

    /* What FXSAVE does not write stays 0: the upper 6 bytes of each ST, and what QEMU leaves out. */
    memset(&fx, 0, sizeof(fx));
    __asm__ volatile("fxsave64 %0" : "=m"(fx));
    for ( unsigned int i = 0; i < ARRAY_SIZE(fx.st); i++ )
        st |= fx.st[i];
    for ( unsigned int i = 0; i < ARRAY_SIZE(fx.xmm); i++ )
        xmm |= fx.xmm[i];
    check_eq(st, 0, "all bits of ST0 to ST7");
    check_eq(xmm, 0, "all bits of XMM0 to XMM15");
    check_eq(fx.fcw, 0x37f, "control word");
    check_eq(fx.fsw, 0, "status word");
    check_eq(fx.ftw, 0, "no register is in use");
    check_eq(fx.mxcsr, 0x1f80, "MXCSR");
    check_eq(fx.fip | fx.fdp | fx.fop, 0, "last instruction and operand");
}

/* ---- I/O and other things that are carried out for us ---- */

static void outs_fs(void *arg)
{
    uint64_t rsi = (uint64_t)arg;

    __asm__ volatile("outsb %%fs:(%%rsi), %%dx" : "+S"(rsi) : "d"(0x80));
}

static void outs_gs(void *arg)
{
    uint64_t rsi = (uint64_t)arg;

    __asm__ volatile("outsb %%gs:(%%rsi), %%dx" : "+S"(rsi) : "d"(0x80));
}

TEST("xsa-67", "OUTS relative to FS and GS", 0)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };

    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
    for ( unsigned int i = 0; i < 2; i++ )
    {
        void (*fn)(void *) = i ? outs_gs : outs_fs;
        const char *name = i ? "GS" : "FS";

        check_rc(hyp_set_segment_base(i ? SEGBASE_GS_KERNEL : SEGBASE_FS, 0xdead0000), 0,
                 "%s base where nothing is", name);
        check(counted(fn, (void *)0x123) && probe_regs.vector == TRAP_PF, "outs by %s: #PF", name);
        check_eq(probe_cr2, 0xdead0123, "cr2 is the sum of base and offset");
        check_eq(probe_regs.error, 0, "a read of the kernel's");
        check(counted(fn, (void *)(NON_CANON - 0xdead0000)) && probe_regs.vector == TRAP_GP,
              "outs by %s from 2^47: #GP", name);
        check(counted(fn, (void *)(0xffff820000000000UL - 0xdead0000)) &&
                  (probe_regs.vector == TRAP_PF || probe_regs.vector == TRAP_GP),
              "outs by %s from the hypervisor: a fault", name);
        check(counted(fn, (void *)((uint64_t)&watched - 0xdead0000)) == false,
              "outs by %s from a word of ours: works", name);
    }
}

extern uint64_t flags_behind;
uint64_t flags_behind;

#define EMULATED(name, insn)                                                                       \
    static void name(void *arg)                                                                    \
    {                                                                                              \
        __asm__ volatile("xor %%ecx, %%ecx; " insn "; pushfq; pop flags_behind" ::"D"(arg)         \
                         : "rax", "rbx", "rcx", "rdx", "memory", "cc");                            \
    }

EMULATED(after_cli, "cli")
EMULATED(after_sti, "sti")
EMULATED(after_cr0, "mov %%cr0, %%rax")
EMULATED(after_clts, "clts")
EMULATED(after_cpuid, "xor %%eax, %%eax; ud2; .ascii \"xen\"; cpuid")
EMULATED(after_rdmsr, "mov $0xc0000100, %%ecx; rdmsr")
EMULATED(after_in, "mov $0x80, %%edx; inb %%dx, %%al")
EMULATED(after_out, "mov $0x80, %%edx; outb %%al, %%dx")
EMULATED(after_wbinvd, "wbinvd")
EMULATED(after_store, "movq $0, (%%rdi)")
EMULATED(after_popf, "pushfq; andq $~0x200, (%%rsp); orq $0x3000, (%%rsp); popfq")

TEST("xsa-202", "interrupts are open behind everything that is emulated", 0)
{
    static const struct
    {
        void (*fn)(void *);
        const char *name;
    } cases[] = { { after_cli, "cli" },
                  { after_sti, "sti" },
                  { after_cr0, "mov from cr0" },
                  { after_clts, "clts" },
                  { after_cpuid, "cpuid" },
                  { after_rdmsr, "rdmsr" },
                  { after_in, "in" },
                  { after_out, "out" },
                  { after_wbinvd, "wbinvd" },
                  { after_popf, "popf without IF" },
                  { after_store, "a store to a table" } };
    struct physdev_set_iopl iopl = { .iopl = 1 };
    void *win = window_alloc();

    hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    for ( iopl.iopl = 1; iopl.iopl <= 3; iopl.iopl += 2 )
    {
        check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL %u", iopl.iopl);
        for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
        {
            flags_behind = 0;
            check(!probe(cases[i].fn, (void *)pt_entry(win, 1)), "%s works", cases[i].name);
            check_eq(flags_behind & EFLAGS_IF, EFLAGS_IF, "%s: IF", cases[i].name);
            check_eq(flags_behind & (EFLAGS_IOPL | EFLAGS_NT | 0x20000), 0, "%s: IOPL, NT, VM",
                     cases[i].name);
        }
    }
}

static uint8_t bitmap[8193];

static void in_byte(void *arg)
{
    __asm__ volatile("inb %%dx, %%al" ::"d"((uint32_t)(uint64_t)arg) : "rax");
}

static void in_long(void *arg)
{
    __asm__ volatile("inl %%dx, %%eax" ::"d"((uint32_t)(uint64_t)arg) : "rax");
}

static long set_bitmap(void *at, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle(op.bitmap, at);
    return hyp_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

static bool port_open(void (*fn)(void *), unsigned long port)
{
    return !probe(fn, (void *)port);
}

TEST("fix-c6527bc66b", "the I/O bitmap's limit", 0)
{
    memset(bitmap, 0, sizeof(bitmap));
    check_rc(set_bitmap(bitmap, 65536), 0, "all ports open");
    check(port_open(in_byte, 0xffff), "the last port");
    check(!port_open(in_long, 0xfffe), "four bytes over the end: #GP");
    check_rc(set_bitmap(bitmap, 0x81), 0, "ports below 0x81");
    check(port_open(in_byte, 0x80), "the last of them");
    check(!port_open(in_byte, 0x81), "the next: #GP");
    check(!port_open(in_long, 0x7e), "four bytes that reach it: #GP");
    check_rc(set_bitmap(bitmap, 65537), -XEN_EINVAL, "65537 ports");
    check_rc(set_bitmap(bitmap, ~0U), -XEN_EINVAL, "2^32 - 1 ports");
    check_rc(set_bitmap(NULL, 0), 0, "none");
    check(!port_open(in_byte, 0), "then port 0: #GP");
}

TEST("fix-8a6c495d72", "an I/O bitmap that cannot be read", 0)
{
    char *page = page_alloc();
    void *win = window_alloc();

    /* Its last bytes lie in a page that is not there: ports from 0x100 on. */
    check_rc(hyp_update_va_mapping(win, pte(mfn_of(page), PTE_RW_PAGE), UVMF_INVLPG), 0, "a page");
    check_rc(set_bitmap((char *)win + 4064, 65536), 0, "a bitmap that begins at its end");
    check(port_open(in_byte, 0x80), "a port whose bit is in the page");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap it");
    check(counted(in_byte, (void *)0x80) && probe_regs.vector == TRAP_GP, "the same port: #GP");
    check_eq(traps_seen, 1, "and no #PF");
    check_rc(set_bitmap((void *)(HYPERVISOR_VIRT_START - 1), 65536), -XEN_EINVAL,
             "a bitmap into the hypervisor");
    check_rc(set_bitmap(NULL, 0), 0, "none");
}
