/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel looks at to learn about its processor's machine checks, and of the clock. */
#include "suite.h"

#define MSR_MCG_CAP    0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MCG_CTL    0x17b
#define MSR_MC0_CTL    0x400 /* each bank has four: control, status, address, miscellaneous */
#define MCG_CAP_BANKS  0xff
#define MCG_CAP_CTL    0x100
#define CR4_MCE        0x40UL

static uint32_t msr;
static uint64_t value;

static void do_rdmsr(void *arg)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    value = lo | (uint64_t)hi << 32;
}

static void do_wrmsr(void *arg)
{
    __asm__ volatile("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr));
}

static bool read_msr(uint32_t nr)
{
    msr = nr;
    return !probe(do_rdmsr, NULL);
}

static bool write_msr(uint32_t nr, uint64_t what)
{
    msr = nr;
    value = what;
    return !probe(do_wrmsr, NULL);
}

static unsigned long user_rdmsr(unsigned long nr)
{
    msr = (uint32_t)nr;
    do_rdmsr(NULL);
    return 0;
}

static void do_read_cr4(void *arg)
{
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
}

static uint32_t cpuid_edx(uint32_t leaf)
{
    uint32_t a = leaf, b, c = 0, d;

    __asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return d;
}

/* What is not there is a #GP, or reads 0. */
static void not_there(uint32_t nr, const char *what)
{
    check(!read_msr(nr) || value == 0, "%s shows nothing", what);
}

TEST("machine-checks", "CPUID, CR4 and the MSRs of machine checks agree", 0)
{
    uint32_t edx = cpuid_edx(1);
    unsigned int banks, noisy = 0;

    check_eq(edx >> 7 & 1, 1, "CPUID shows MCE");
    check_eq(edx >> 14 & 1, 1, "CPUID shows MCA");
    check(!probe(do_read_cr4, NULL) && (value & CR4_MCE), "CR4 has MCE");
    check(read_msr(MSR_MCG_CAP), "read MCG_CAP");
    printf("# MCG_CAP 0x%lx\n", value);
    banks = value & MCG_CAP_BANKS;
    check(banks <= 32, "no more banks than there are MSRs for");
    if ( !(value & MCG_CAP_CTL) )
        not_there(MSR_MCG_CTL, "MCG_CTL, which MCG_CAP has not");
    for ( unsigned int bank = 0; bank < banks; bank++ )
        for ( unsigned int i = 1; i < 4; i++ )
            noisy += !read_msr(MSR_MC0_CTL + 4 * bank + i) || value != 0;
    check_eq(noisy, 0, "registers of banks that tell of an error");
    not_there(MSR_MC0_CTL + 4 * banks + 1, "the status of the bank behind the last");
    check(read_msr(MSR_MCG_STATUS), "read MCG_STATUS");
    check_eq(value, 0, "no machine check is being handled");
    check(write_msr(MSR_MCG_STATUS, 0), "write 0 to MCG_STATUS");
    write_msr(MSR_MCG_CAP, 0x1f);
    check(read_msr(MSR_MCG_CAP) && (value & MCG_CAP_BANKS) == banks, "MCG_CAP cannot be changed");
    check(!user_call(user_rdmsr, MSR_MCG_CAP, NULL) && probe_regs.vector == TRAP_GP,
          "MCG_CAP in user mode: #GP");
}

/* ---- The clock ---- */

static uint8_t cmos_index, cmos_value;

static void do_cmos_read(void *arg)
{
    __asm__ volatile("outb %b1, $0x70; inb $0x71, %b0" : "=a"(cmos_value) : "0"(cmos_index));
}

#define UPDATING 0x80 /* of register A; for 2 ms a second at most */

TEST("cmos-clock-update", "the CMOS clock's update comes to an end", 0)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    uint64_t end = system_time() + 100000000;
    bool trapped;

    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl(1)");
    cmos_index = 0x0a;
    do
        trapped = probe(do_cmos_read, NULL);
    while ( !trapped && (cmos_value & UPDATING) && system_time() < end );
    check(!trapped, "the ports can be used");
    check_eq(cmos_value & UPDATING, 0, "an update is in progress after 100 ms of asking");
}
