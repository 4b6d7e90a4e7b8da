/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor executes for a kernel at CPL 3: CPUID, control registers, MSRs, I/O. */
#include "traps.h"

struct cpuid
{
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid forced_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c;

    __asm__ volatile("ud2; .ascii \"xen\"; cpuid"
                     : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx)
                     : "0"(leaf), "2"(subleaf));
    return c;
}

static void forced_rdtsc(void *arg)
{
    __asm__ volatile("forced_ud2: ud2; .ascii \"xen\"; rdtsc" ::: "eax", "edx");
}
extern char forced_ud2[];

static void forced_broken(void *arg)
{
    __asm__ volatile("broken_ud2: ud2; .ascii \"xem\"; cpuid" ::: "eax", "ebx", "ecx", "edx");
}
extern char broken_ud2[];

static unsigned long forced_in_user(unsigned long leaf)
{
    return forced_cpuid((uint32_t)leaf, 0).ebx;
}

static void hidden_bit(const char *name, uint32_t word, unsigned int bit)
{
    check_eq(word >> bit & 1, 0, "CPUID hides %s", name);
}

static void shown_bit(const char *name, uint32_t word, unsigned int bit)
{
    check_eq(word >> bit & 1, 1, "CPUID shows %s", name);
}

TEST("cpuid", "forced-prefix CPUID and what it hides", 0)
{
    struct cpuid c = forced_cpuid(0x40000000, 0);
    unsigned long result = 0;
    char sig[13] = { 0 };

    memcpy(sig, &c.ebx, 4);
    memcpy(sig + 4, &c.ecx, 4);
    memcpy(sig + 8, &c.edx, 4);
    check(!strcmp(sig, "XenVMMXenVMM"), "signature of leaf 0x40000000 is \"%s\"", sig);
    check(c.eax >= 0x40000002 && c.eax < 0x40010000, "last hypervisor leaf 0x%x", c.eax);
    check(forced_cpuid(0x40000001, 0).eax == (uint32_t)hyp_xen_version(XENVER_version, NULL),
          "version in leaf 0x40000001");
    check_eq(forced_cpuid(0x40000002, 0).ecx & 1, 1, "PRESERVE_PT_AD in leaf 0x40000002");
    printf("# 40000002: %x %x %x %x\n", forced_cpuid(0x40000002, 0).eax,
           forced_cpuid(0x40000002, 0).ebx, forced_cpuid(0x40000002, 0).ecx,
           forced_cpuid(0x40000002, 0).edx);
    check(user_call(forced_in_user, 0x40000000, &result), "it works in user mode");
    check_eq(result, 0x566e6558, "and tells the same");
    check(probe(forced_rdtsc, NULL) && probe_regs.vector == TRAP_UD,
          "another instruction behind the prefix: #UD");
    check_eq(probe_regs.rip, (uint64_t)forced_ud2, "rip at the ud2");
    check(probe(forced_broken, NULL) && probe_regs.vector == TRAP_UD, "a broken prefix: #UD");
    check_eq(probe_regs.rip, (uint64_t)broken_ud2, "rip at the ud2");
    c = forced_cpuid(1, 0);
    printf("# 1: %x %x %x %x\n", c.eax, c.ebx, c.ecx, c.edx);
    hidden_bit("VME", c.edx, 1);
    hidden_bit("PSE", c.edx, 3);
    hidden_bit("PGE", c.edx, 13);
    hidden_bit("PSE36", c.edx, 17);
    shown_bit("TSC", c.edx, 4);
    shown_bit("MSR", c.edx, 5);
    shown_bit("PAE", c.edx, 6);
    shown_bit("PAT", c.edx, 16);
    shown_bit("SSE2", c.edx, 26);
    hidden_bit("MONITOR", c.ecx, 3);
    hidden_bit("VMX", c.ecx, 5);
    hidden_bit("PCID", c.ecx, 17);
    hidden_bit("TSC_DEADLINE", c.ecx, 24);
    shown_bit("HYPERVISOR", c.ecx, 31);
    c = forced_cpuid(7, 0);
    printf("# 7: %x %x %x %x\n", c.eax, c.ebx, c.ecx, c.edx);
    hidden_bit("SMEP", c.ebx, 7);
    hidden_bit("INVPCID", c.ebx, 10);
    hidden_bit("SMAP", c.ebx, 20);
    hidden_bit("UMIP", c.ecx, 2);
    hidden_bit("PKU", c.ecx, 3);
    hidden_bit("LA57", c.ecx, 16);
    c = forced_cpuid(0x80000001, 0);
    printf("# 80000001: %x %x %x %x\n", c.eax, c.ebx, c.ecx, c.edx);
    hidden_bit("SVM", c.ecx, 2);
    hidden_bit("PAGE1GB", c.edx, 26);
    shown_bit("SYSCALL", c.edx, 11);
    shown_bit("NX", c.edx, 20);
    shown_bit("LM", c.edx, 29);
}

/* ---- Privileged instructions ---- */

static uint64_t reg;
#define INSN(name, text)                                                                           \
    static void name(void *arg)                                                                    \
    {                                                                                              \
        __asm__ volatile(text : "+a"(reg) : "c"(0), "d"(0) : "memory", "cc");                      \
    }
INSN(read_cr0, "mov %%cr0, %%rax")
INSN(read_cr2, "mov %%cr2, %%rax")
INSN(read_cr3, "mov %%cr3, %%rax")
INSN(read_cr4, "mov %%cr4, %%rax")
INSN(read_cr8, "mov %%cr8, %%rax")
INSN(write_cr0, "mov %%rax, %%cr0")
INSN(write_cr2, "mov %%rax, %%cr2")
INSN(write_cr3, "mov %%rax, %%cr3")
INSN(write_cr4, "mov %%rax, %%cr4")
INSN(do_clts, "clts")
INSN(do_cli, "cli")
INSN(do_sti, "sti")
INSN(do_hlt, "hlt")
INSN(do_wbinvd, "wbinvd")
INSN(do_invd, "invd")
INSN(do_lgdt, "lgdt reg")
INSN(do_lidt, "lidt reg")
INSN(do_lldt, "lldt %%ax")
INSN(do_ltr, "ltr %%ax")
INSN(do_swapgs, "swapgs")
INSN(do_sysret, "sysretq")
INSN(do_invlpg, "invlpg reg")
INSN(do_rdtsc, "rdtsc")
INSN(do_rdpmc, "rdpmc")
INSN(do_xsetbv, "xsetbv")
INSN(do_lmsw, "lmsw %%ax")
INSN(do_vmcall, "vmcall")
INSN(do_vmmcall, "vmmcall")
INSN(do_stac, "stac")

static void works(const char *name, void (*fn)(void *))
{
    bool trapped = probe(fn, NULL);

    check(!trapped, "%s works", name);
    if ( trapped )
        printf("# vector %lu error 0x%lx\n", probe_regs.vector, probe_regs.error);
}

static void refused(const char *name, void (*fn)(void *), unsigned int vector)
{
    bool trapped = probe(fn, NULL);

    check(trapped && probe_regs.vector == vector, "%s: vector %u", name, vector);
    if ( !trapped || probe_regs.vector != vector )
        printf("# trapped %d vector %lu error 0x%lx\n", trapped, probe_regs.vector,
               probe_regs.error);
    else if ( vector == TRAP_GP )
        check_eq(probe_regs.error, 0, "%s: error code", name);
}

static unsigned long user_cr0(unsigned long arg)
{
    read_cr0(NULL);
    return 0;
}

static unsigned long user_cli(unsigned long arg)
{
    do_cli(NULL);
    return 0;
}

TEST("control-registers", "control registers and privileged instructions", 0)
{
    works("mov from cr0", read_cr0);
    printf("# cr0 0x%lx\n", reg);
    check_eq(reg & 0x80000001, 0x80000001, "cr0 has PG and PE");
    check_eq(reg & 8, 0, "cr0.TS is clear");
    HYPERCALL(fpu_taskswitch, 1, 0, 0, 0, 0);
    works("mov from cr0", read_cr0);
    check_eq(reg & 8, 8, "cr0.TS after fpu_taskswitch(1)");
    works("mov to cr0, TS cleared", (reg &= ~8UL, write_cr0));
    works("mov from cr0", read_cr0);
    check_eq(reg & 8, 0, "cr0.TS is clear");
    works("mov to cr0, TS set", (reg |= 8UL, write_cr0));
    works("clts", do_clts);
    works("mov from cr0", read_cr0);
    check_eq(reg & 8, 0, "cr0.TS is clear");
    reg &= ~0x80000000UL;
    refused("mov to cr0 without PG", write_cr0, TRAP_GP);
    reg = 0x123456789000;
    works("mov to cr2", write_cr2);
    check_eq(vcpu_info()->arch.cr2, 0x123456789000, "vcpu_info.arch.cr2");
    reg = 0;
    works("mov from cr2", read_cr2);
    check_eq(reg, 0x123456789000, "cr2");
    works("mov from cr3", read_cr3);
    check_eq(reg, root_mfn << 12, "cr3 is the kernel's L4");
    works("mov to cr3, the same", write_cr3);
    reg = 0x100000;
    refused("mov to cr3, the hypervisor's frame", write_cr3, TRAP_GP);
    works("mov from cr4", read_cr4);
    printf("# cr4 0x%lx\n", reg);
    check_eq(reg & 0x20, 0x20, "cr4 has PAE");
    check_eq(reg & 0x100000, 0, "cr4 has no SMEP");
    works("mov to cr4, the same", write_cr4);
    reg |= 0x2000;
    works("mov to cr4 with VMXE (ignored)", write_cr4);
    works("mov from cr4", read_cr4);
    check_eq(reg & 0x2000, 0, "cr4 has no VMXE");
    refused("mov from cr8", read_cr8, TRAP_GP);

    section("privileged instructions");
    reg = 0;
    works("wbinvd", do_wbinvd);
    refused("hlt", do_hlt, TRAP_GP);
    refused("invd", do_invd, TRAP_GP);
    refused("lgdt", do_lgdt, TRAP_GP);
    refused("lidt", do_lidt, TRAP_GP);
    refused("lldt", do_lldt, TRAP_GP);
    refused("ltr", do_ltr, TRAP_GP);
    refused("swapgs", do_swapgs, TRAP_GP);
    refused("sysretq", do_sysret, TRAP_GP);
    refused("invlpg", do_invlpg, TRAP_GP);
    works("rdtsc", do_rdtsc);
    refused("rdpmc", do_rdpmc, TRAP_GP);
    refused("xsetbv", do_xsetbv, TRAP_UD);
    refused("lmsw", do_lmsw, TRAP_GP);
    refused("vmcall", do_vmcall, TRAP_UD);
    refused("vmmcall", do_vmmcall, TRAP_UD);
    refused("stac", do_stac, TRAP_UD);
}

TEST("cli-sti", "cli and sti by the virtual IOPL", 0)
{
    struct physdev_set_iopl iopl;

    iopl.iopl = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(0)");
    refused("cli, IOPL 0", do_cli, TRAP_GP);
    refused("sti, IOPL 0", do_sti, TRAP_GP);
    iopl.iopl = 1;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(1)");
    events_mask();
    works("cli, IOPL 1", do_cli);
    works("sti, IOPL 1", do_sti);
    check_eq(vcpu_info()->evtchn_upcall_mask, 1, "and the event mask is untouched");
    check(!user_call(user_cli, 0, NULL) && probe_regs.vector == TRAP_GP,
          "cli in user mode, IOPL 1: #GP");
    iopl.iopl = 3;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(3)");
    check(user_call(user_cli, 0, NULL), "cli in user mode, IOPL 3: skipped");
    iopl.iopl = 4;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL, "set_iopl(4)");
    iopl.iopl = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(0)");
    check(!user_call(user_cr0, 0, NULL) && probe_regs.vector == TRAP_GP,
          "mov from cr0 in user mode: #GP");
}

/* ---- MSRs ---- */

static uint32_t msr;
static uint64_t msr_value;

static void do_rdmsr(void *arg)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    msr_value = lo | (uint64_t)hi << 32;
}

static void do_wrmsr(void *arg)
{
    __asm__ volatile("wrmsr" ::"a"((uint32_t)msr_value), "d"((uint32_t)(msr_value >> 32)), "c"(msr)
                     : "memory");
}

static bool read_msr(uint32_t nr)
{
    msr = nr;
    return !probe(do_rdmsr, NULL);
}

static bool write_msr(uint32_t nr, uint64_t value)
{
    msr = nr;
    msr_value = value;
    return !probe(do_wrmsr, NULL);
}

static unsigned long user_rdmsr(unsigned long nr)
{
    msr = (uint32_t)nr;
    do_rdmsr(NULL);
    return 0;
}

TEST("msrs", "MSRs a kernel knows", 0)
{
    static uint64_t word = 0x77;
    uint64_t v;

    check(write_msr(0xc0000101, (uint64_t)&word), "write GS_BASE");
    __asm__ volatile("mov %%gs:0, %0" : "=r"(v));
    check_eq(v, 0x77, "it took effect");
    check(read_msr(0xc0000101), "read GS_BASE");
    check_eq(msr_value, (uint64_t)&word, "GS_BASE");
    check(write_msr(0xc0000100, (uint64_t)&word), "write FS_BASE");
    check(read_msr(0xc0000100), "read FS_BASE");
    check_eq(msr_value, (uint64_t)&word, "FS_BASE");
    check(write_msr(0xc0000102, 0x1234000), "write KERNEL_GS_BASE");
    check(read_msr(0xc0000102), "read KERNEL_GS_BASE");
    check_eq(msr_value, 0x1234000, "KERNEL_GS_BASE");
    check(!write_msr(0xc0000100, 0x0000800000000000UL), "write FS_BASE, not canonical: #GP");
    check(!write_msr(0xc0000101, 0x8000000000000000UL), "write GS_BASE, not canonical: #GP");
    check(!write_msr(0xc0000102, 0x8000000000000000UL), "write KERNEL_GS_BASE, not canonical: #GP");
    check(read_msr(0xc0000080), "read EFER");
    printf("# EFER 0x%lx\n", msr_value);
    check(write_msr(0xc0000080, msr_value), "write EFER, the same value");
    check(!write_msr(0xc0000080, 0), "write EFER, 0: #GP");
    check(read_msr(0x277), "read PAT");
    check_eq(msr_value, 0x050100070406, "PAT is the ABI's layout");
    printf("# PAT 0x%lx\n", msr_value);
    check(read_msr(0x1b), "read APIC_BASE");
    printf("# APIC_BASE 0x%lx\n", msr_value);
    check(!read_msr(0xc0000081), "read STAR: #GP");
    check(!read_msr(0xc0000082), "read LSTAR: #GP");
    check(!write_msr(0xc0000082, 0xffff820000000000UL), "write LSTAR: #GP");
    check(!write_msr(0xc0000081, 0), "write STAR: #GP");
    check(!write_msr(0xc0000084, 0), "write SFMASK: #GP");
    check(!write_msr(0x174, 0), "write SYSENTER_CS: #GP");
    check(!write_msr(0x176, 0xffff820000000000UL), "write SYSENTER_EIP: #GP");
    check(!write_msr(0x10, 0), "write TSC: #GP");
    check(!write_msr(0x1b, 0xfee00000), "write APIC_BASE: #GP");
    check(!write_msr(0x38f, 1), "write PERF_GLOBAL_CTRL: #GP");
    check(!read_msr(0x12345678), "read 0x12345678: #GP");
    check(!user_call(user_rdmsr, 0xc0000101, NULL) && probe_regs.vector == TRAP_GP,
          "rdmsr in user mode: #GP");
}

TEST("msr-sweep", "2816 MSRs read and written with rubbish", 0)
{
    unsigned int readable = 0, writable = 0;
    static const uint32_t bases[] = { 0,          0x100,      0x200,      0x300,
                                      0x400,      0x800,      0x40000000, 0xc0000000,
                                      0xc0000100, 0xc0010000, 0xc0011000 };
    for ( unsigned int b = 0; b < ARRAY_SIZE(bases); b++ )
        for ( uint32_t i = 0; i < 0x100; i++ )
        {
            uint32_t nr = bases[b] + i;

            if ( read_msr(nr) )
            {
                printf("# msr 0x%x = 0x%lx\n", nr, msr_value);
                readable++;
            }
            if ( nr >= 0xc0000100 && nr <= 0xc0000103 )
                continue; /* the guest's own bases */
            if ( write_msr(nr, 0x5a5a5a5a5a5a5a5a) )
            {
                printf("# msr 0x%x takes 0x5a..\n", nr);
                writable++;
            }
        }
    printf("# %u of 2816 MSRs can be read, %u of them take rubbish\n", readable, writable);
    check(readable < 60 || initial_domain(), "an ordinary domain can read only few MSRs");
    check(true, "the machine is still alive");
}

/* ---- I/O ---- */

static uint16_t port;
static uint32_t io_value;
static void do_inb(void *arg)
{
    uint8_t v;

    __asm__ volatile("inb %%dx, %0" : "=a"(v) : "d"(port));
    io_value = v;
}
static void do_inl(void *arg)
{
    __asm__ volatile("inl %%dx, %0" : "=a"(io_value) : "d"(port));
}
static void do_outb(void *arg)
{
    __asm__ volatile("outb %0, %%dx" ::"a"((uint8_t)io_value), "d"(port));
}
static void do_insb(void *arg)
{
    uint8_t buf[4] = { 0 }, *p = buf;
    uint64_t n = 4;

    __asm__ volatile("rep insb" : "+D"(p), "+c"(n) : "d"(port) : "memory");
    io_value = buf[0] | (uint32_t)buf[3] << 8;
}
static void do_outsb(void *arg)
{
    static const uint8_t buf[4] = { 1, 2, 3, 4 };
    const uint8_t *p = buf;
    uint64_t n = 4;

    __asm__ volatile("rep outsb" : "+S"(p), "+c"(n) : "d"(port));
}
static void do_insb_bad(void *arg)
{
    uint8_t *p = (uint8_t *)0xdead0000;

    __asm__ volatile("insb" : "+D"(p) : "d"(port) : "memory");
}

static unsigned long user_inb(unsigned long p)
{
    port = (uint16_t)p;
    do_inb(NULL);
    return io_value;
}

TEST("io-ports", "I/O by IOPL and bitmap", 0)
{
    struct physdev_set_iopl iopl = { .iopl = 0 };
    unsigned long result = 0;

    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(0)");
    port = 0x1234;
    check(probe(do_inb, NULL) && probe_regs.vector == TRAP_GP, "in with IOPL 0: #GP");
    check(probe(do_outb, NULL) && probe_regs.vector == TRAP_GP, "out with IOPL 0: #GP");
    check(probe(do_insb, NULL) && probe_regs.vector == TRAP_GP, "ins with IOPL 0: #GP");
    iopl.iopl = 1;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(1)");
    works("inb of an unused port", do_inb);
    check_eq(io_value, 0xff, "reads ones");
    works("inl of an unused port", do_inl);
    check_eq(io_value, 0xffffffff, "reads ones");
    works("outb", do_outb);
    works("rep insb", do_insb);
    check_eq(io_value, 0xffff, "all bytes are ones");
    works("rep outsb", do_outsb);
    check(probe(do_insb_bad, NULL) && probe_regs.vector == TRAP_PF, "insb to unmapped memory: #PF");
    check_eq(probe_cr2, 0xdead0000, "cr2");
    if ( !initial_domain() )
    {
        port = 0x42;
        works("inb of the PIT's channel 2", do_inb);
        check_eq(io_value, 0, "reads 0");
        port = 0x3fd;
        works("inb of the hypervisor's serial port", do_inb);
        check_eq(io_value, 0xff, "reads ones");
        port = 0xcf8;
        works("inl of PCI configuration", do_inl);
        check_eq(io_value, 0xffffffff, "reads ones");
    }
    check(!user_call(user_inb, 0x1234, NULL) && probe_regs.vector == TRAP_GP,
          "in in user mode, IOPL 1: #GP");
    iopl.iopl = 3;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(3)");
    check(user_call(user_inb, 0x1234, &result) && result == 0xff,
          "in in user mode, IOPL 3: reads ones");
    iopl.iopl = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(0)");
    static uint8_t bitmap[8192];
    struct physdev_set_iobitmap bm = { .nr_ports = 65536 };
    memset(bitmap, 0xff, sizeof(bitmap));
    bitmap[0x1234 / 8] = (uint8_t) ~(1u << (0x1234 % 8));
    set_xen_guest_handle(bm.bitmap, bitmap);
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &bm), 0, "set_iobitmap with one port open");
    check(user_call(user_inb, 0x1234, &result) && result == 0xff, "in in user mode, port open");
    check(!user_call(user_inb, 0x1235, &result) && probe_regs.vector == TRAP_GP,
          "in in user mode, port closed: #GP");
    bm.nr_ports = 65537;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &bm), -XEN_EINVAL,
             "set_iobitmap of 65537 ports");
    bm.nr_ports = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iobitmap, &bm), 0, "set_iobitmap of 0 ports");
    check(!user_call(user_inb, 0x1234, &result) && probe_regs.vector == TRAP_GP,
          "then the port is closed: #GP");
}

/* ---- Debug registers ---- */

static volatile uint64_t watched;
static void touch(void *arg)
{
    watched = 1;
}

static long set_dr(unsigned int n, uint64_t v)
{
    return HYPERCALL(set_debugreg, n, v, 0, 0, 0);
}

static uint64_t get_dr(unsigned int n)
{
    return (uint64_t)HYPERCALL(get_debugreg, n, 0, 0, 0, 0);
}

TEST("debug-registers", "set_debugreg and get_debugreg", 0)
{
    check_rc(set_dr(0, (uint64_t)&watched), 0, "DR0");
    check_eq(get_dr(0), (uint64_t)&watched, "DR0 reads back");
    check_rc(set_dr(1, 0xffff820000000000UL), -XEN_EPERM, "DR1 in the hypervisor");
    check_rc(set_dr(1, 0x8000000000000000UL), -XEN_EPERM, "DR1 not canonical");
    check_rc_any(set_dr(4, 0), 0, -XEN_ENODEV, "DR4");
    check_rc_any(set_dr(5, 0), 0, -XEN_ENODEV, "DR5");
    check_rc_any(set_dr(8, 0), -XEN_ENODEV, -XEN_EINVAL, "DR8");
    check_rc(set_dr(6, 1UL << 32), -XEN_EINVAL, "DR6 with upper bits");
    check_rc(set_dr(7, 1UL << 32), -XEN_EINVAL, "DR7 with upper bits");
    check_rc(set_dr(7, 0x2000), -XEN_EPERM, "DR7 with GD");
    check_rc_any(set_dr(7, 0x20000), 0, -XEN_EPERM, "DR7 with an I/O breakpoint");
    check_rc_any((long)get_dr(8), -XEN_ENODEV, -XEN_EINVAL, "get DR8");
    check_rc(set_dr(7, 0xd0001), 0, "DR7: watch writes of 8 bytes");
    check(probe(touch, NULL) && probe_regs.vector == TRAP_DB, "a write there: #DB");
    check_eq(get_dr(6) & 0xf, 1, "DR6 names DR0");
    printf("# DR6 0x%lx DR7 0x%lx\n", get_dr(6), get_dr(7));
    check_rc(set_dr(7, 0), 0, "DR7 := 0");
    check(!probe(touch, NULL), "no more traps");
}
