/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated instructions that need more than one line to check. */
#include "entry.h"

/* What a hypervisor that lets UMIP trap these answers for the CPU, as Linux does for its processes. */
#define HIDDEN_BASE 0xfffffffffffe0000UL

static uint8_t image[16];

static unsigned long store_tables(unsigned long arg)
{
    uint64_t smsw = ~0UL, sldt = ~0UL, str = ~0UL;

    __asm__ volatile("sgdt %0" : "=m"(image));
    __asm__ volatile("smsw %0" : "+r"(smsw));
    __asm__ volatile("sldt %0" : "+r"(sldt));
    __asm__ volatile("str %0" : "+r"(str));
    return smsw & 0xffff;
}

static unsigned long store_nowhere(unsigned long arg)
{
    __asm__ volatile("sidt (%0)" ::"r"(arg) : "memory");
    return 0;
}

TEST("system-registers-user", "SGDT and its like in user mode", 0)
{
    unsigned long result = 0;
    uint8_t *first = page_alloc(), *second = page_alloc();
    uint64_t base;

    memset(image, 0x55, sizeof(image));
    check(user_call(store_tables, 0, &result), "they can be executed");
    check_eq(result & 1, 1, "SMSW: PE is set");
    check_eq(image[10], 0x55, "SGDT stores ten bytes");
    memcpy(&base, image + 2, sizeof(base));
    printf("# the base is 0x%lx\n", base);
    check(true, "the hypervisor hides the base = %s", base == HIDDEN_BASE ? "yes" : "no");
    check(!user_call(store_nowhere, 0xdead0000, NULL) && probe_regs.vector == TRAP_PF &&
              probe_cr2 == 0xdead0000,
          "SIDT to nowhere: #PF there");
    check_eq(probe_regs.error, PF_U | PF_W, "a write of user mode");
    check(!user_call(store_nowhere, 0xffff830000000000, NULL) && probe_regs.vector == TRAP_PF &&
              probe_cr2 == 0xffff830000000000,
          "SIDT to the hypervisor: #PF there");
    check_eq(probe_regs.error & ~1UL, PF_U | PF_W, "a write of user mode");
    check(!user_call(store_nowhere, 0x800000000000, NULL) && probe_regs.vector == TRAP_GP &&
              probe_regs.error == 0,
          "SIDT to an address that is not canonical: #GP(0)");
    if ( second != first + PAGE_SIZE )
    {
        skip("pages are not adjacent");
        return;
    }
    check_rc(hyp_update_va_mapping(second, 0, UVMF_INVLPG), 0, "a page that is not mapped");
    check(!user_call(store_nowhere, (uint64_t)second - 4, NULL) && probe_regs.vector == TRAP_PF,
          "SIDT across its edge: #PF");
    check_eq(probe_cr2, (uint64_t)second, "behind the edge");
}

/* ---- CR4.TSD ---- */

static void set_tsd(void *arg)
{
    __asm__ volatile("mov %%cr4, %%rax; or $4, %%rax; mov %%rax, %%cr4" ::: "rax");
}

static void clear_tsd(void *arg)
{
    __asm__ volatile("mov %%cr4, %%rax; and $~4, %%rax; mov %%rax, %%cr4" ::: "rax");
}

static void read_time(void *arg)
{
    (void)rdtsc();
}

static unsigned long user_rdtsc(unsigned long arg)
{
    return rdtsc();
}

TEST("cr4-tsd", "CR4.TSD", 0)
{
    check(user_call(user_rdtsc, 0, NULL), "clear: user mode may read the TSC");
    check(!probe(set_tsd, NULL), "set");
    check(!user_call(user_rdtsc, 0, NULL) && probe_regs.vector == TRAP_GP, "set: it may not");
    check(!probe(read_time, NULL), "the kernel may");
    check_rc(mmuext(MMUEXT_NEW_BASEPTR, root_mfn, 0), 0, "NEW_BASEPTR");
    check(!user_call(user_rdtsc, 0, NULL) && probe_regs.vector == TRAP_GP, "it is still set");
    check_rc(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "TLB_FLUSH_ALL");
    check(!user_call(user_rdtsc, 0, NULL) && probe_regs.vector == TRAP_GP, "and still");
    check(!probe(clear_tsd, NULL), "clear");
    check(user_call(user_rdtsc, 0, NULL), "it may again");
}

/* ---- Hypercall page by MSR ---- */

static uint64_t msr_value;
static void place_page(void *arg)
{
    __asm__ volatile("wrmsr" ::"c"(0x40000000), "a"((uint32_t)msr_value),
                     "d"((uint32_t)(msr_value >> 32))
                     : "memory");
}

static bool place(uint64_t value)
{
    msr_value = value;
    return !probe(place_page, NULL);
}

TEST("hypercall-page-msr", "a hypercall page by MSR", 0)
{
    uint8_t *page = page_alloc();
    uint64_t *table = page_alloc();

    check(place(virt_to_mfn(page) << 12), "placed");
    check(((long (*)(unsigned long, void *))(page + 17 * 32))(0, NULL) == hyp_xen_version(0, NULL),
          "its xen_version works");
    check(!place((virt_to_mfn(page) << 12) + 1), "there is only page 0");
    check(!place(0xffffffff000), "no frame of ours: #GP");
    check(!place(root_mfn << 12), "our L4: #GP");
    check_rc(page_set_ro(table), 0, "a page of zeroes read-only");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table), 0), 0, "pinned as L1");
    check(!place(virt_to_mfn(table) << 12), "that one: #GP");
    check_eq(table[0], 0, "and it is untouched");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table), 0), 0, "unpinned");
}

/* ---- INT with a prefix; instructions across pages ---- */

static void prefixed_int(void *arg)
{
    __asm__ volatile("prefixed: .byte 0x66, 0xcd, 0x42");
}
extern char prefixed[];

static void across(void *arg)
{
    ((void (*)(void))arg)();
}

TEST("odd-places", "emulated instructions across pages", 0)
{
    uint8_t *first = page_alloc(), *second = page_alloc();
    static const uint8_t read_cr0[] = { 0x0f, 0x20, 0xc0, 0xc3 };

    check(probe(prefixed_int, NULL) && probe_regs.vector == TRAP_GP, "int with a prefix: #GP");
    if ( int_n_fault() )
        leave_out(int_n_fault(), "int with a prefix: the error code");
    else
        check_eq(probe_regs.error, 0x42 * 8 + 2, "int with a prefix: the error code");
    check(probe_regs.rip - (uint64_t)prefixed <= 1, "at the instruction, or behind its prefix");
    if ( second != first + PAGE_SIZE )
    {
        skip("pages are not adjacent");
        return;
    }
    for ( unsigned int i = 1; i < 4; i++ )
    {
        memcpy(second - i, read_cr0, sizeof(read_cr0));
        check(!probe(across, second - i), "mov from cr0 with %u bytes before the page's end", i);
    }
    memcpy(second - 4, read_cr0, sizeof(read_cr0));
    check_rc(hyp_update_va_mapping(second, 0, UVMF_INVLPG), 0, "the next page is not mapped");
    check(!probe(across, second - 4), "an instruction that ends before it is carried out");
}

/* ---- The feature bits that come with instructions ---- */

TEST("debug-register-moves", "moves of debug registers", 0)
{
    __asm__ volatile("mov %0, %%dr0" ::"r"(0x1000UL));
    check_rc(HYPERCALL(get_debugreg, 0, 0, 0, 0, 0), 0x1000, "mov to dr0");
}
