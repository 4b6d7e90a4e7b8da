/* SPDX-License-Identifier: GPL-2.0-only */
/* Stores to read-only L1 tables, emulated under VMASST_TYPE_writable_pagetables. */
#include "memory.h"

static volatile uint64_t *entry;
static uint64_t value;

static void store64(void *arg)
{
    __asm__ volatile("movq %1, %0" : "=m"(*entry) : "r"(value));
}

static void store32(void *arg)
{
    __asm__ volatile("movl %1, %0" : "=m"(*(volatile uint32_t *)entry) : "r"((uint32_t)value));
}

static void store8(void *arg)
{
    __asm__ volatile("movb %1, %0" : "=m"(*(volatile uint8_t *)entry) : "q"((uint8_t)value));
}

static void store_imm(void *arg)
{
    __asm__ volatile("movq $0, %0" : "=m"(*entry));
}

static void exchange(void *arg)
{
    __asm__ volatile("xchgq %1, %0" : "+m"(*entry), "+r"(value));
}

static void and_byte(void *arg)
{
    __asm__ volatile("lock andb $0xfd, %0" : "+m"(*(volatile uint8_t *)entry));
}

static void bit_reset(void *arg)
{
    uint8_t carry;

    __asm__ volatile("lock btrq $5, %0; setc %1" : "+m"(*entry), "=q"(carry));
    value = carry;
}

static void or_quad(void *arg)
{
    __asm__ volatile("lock orq %1, %0" : "+m"(*entry) : "r"(value));
}

static void compare_exchange(void *arg)
{
    uint64_t old = *entry;

    __asm__ volatile("lock cmpxchgq %2, %0" : "+m"(*entry), "+a"(old) : "r"(value));
}

static void compare_exchange_fails(void *arg)
{
    uint64_t old = ~*entry;

    __asm__ volatile("lock cmpxchgq %2, %0" : "+m"(*entry), "+a"(old) : "r"(value));
    value = old;
}

static void add_exchange(void *arg)
{
    __asm__ volatile("lock xaddq %1, %0" : "+m"(*entry), "+r"(value));
}

static void string_store(void *arg)
{
    uint64_t *to = (uint64_t *)entry;

    __asm__ volatile("stosq" : "+D"(to) : "a"(value) : "memory");
}

static void try(const char *name, void (*fn)(void *), uint64_t val, bool works, uint64_t want)
{
    bool trapped;

    value = val;
    trapped = probe(fn, NULL);
    check(trapped == !works, "%s: %s", name, works ? "emulated" : "refused");
    if ( trapped )
        printf("# vector %lu error 0x%lx cr2 0x%lx\n", probe_regs.vector, probe_regs.error,
               probe_cr2);
    if ( works )
        check_eq(*entry, want, "%s: the entry", name);
}

TEST("ptwr-works", "stores to a live L1 that are emulated", 0)
{
    void *win = window_alloc();
    uint64_t mfn = mfn_of(page_alloc()), good, read;

    entry = pt_entry(win, 1);
    good = pte(mfn, PTE_RW_PAGE);
    read = good | PTE_US | PTE_GUEST_KERNEL;
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
             "enable writable page tables");
    try("mov", store64, good, true, read);
    *(volatile int *)win = 1;
    try("lock andb $0xfd", and_byte, 0, true, read & ~PTE_RW);
    try("lock btrq $5", bit_reset, 0, true, read & ~PTE_RW & ~PTE_A);
    check_eq(value, 1, "carry of btr");
    try("lock orq", or_quad, PTE_RW, true, (read & ~PTE_A));
    try("xchg", exchange, 0, true, 0);
    check_eq(value, read & ~PTE_A, "the old value of xchg");
    try("cmpxchg", compare_exchange, good, true, read);
    try("cmpxchg that fails", compare_exchange_fails, 0, true, read);
    check_eq(value, read, "the value it found");
    try("xadd", add_exchange, 0, true, read);
    try("mov imm", store_imm, 0, true, 0);
    try("stosq", string_store, good, true, read);
    try("movl", store32, good & ~PTE_RW & 0xffffffff, true, (read & ~PTE_RW));
    try("movb", store8, 0, true, read & ~0xffUL);
}

TEST("ptwr-refused", "stores to tables that must be refused", 0)
{
    void *win = window_alloc();
    uint64_t good;

    entry = pt_entry(win, 1);
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
             "enable writable page tables");
    try("mov: the L4 writable", store64, pte(root_mfn, PTE_RW_PAGE), false, 0);
    try("mov: a frame of the hypervisor", store64, pte(0x100, PTE_RW_PAGE), false, 0);
    try("mov: a frame beyond memory", store64, pte(0x10000000, PTE_RW_PAGE), false, 0);
    try("mov: nothing", store64, 0, true, 0);
    entry = pt_entry(win, 2);
    good = *entry;
    try("mov to an L2", store64, good, false, 0);
    entry = pt_entry(win, 4) + 5;
    try("mov to an L4", store64, 0, false, 0);
    entry = (volatile uint64_t *)MACH2PHYS_VIRT_START;
    try("mov to the M2P", store64, 0, false, 0);
    check_rc(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0,
             "disable writable page tables");
}
