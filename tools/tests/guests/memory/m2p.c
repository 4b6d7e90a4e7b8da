/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine-to-physical table: for the guest's kernel to read, and for nothing else. */
#include "memory.h"

static volatile uint64_t *at;

static void read_at(void *arg)
{
    (void)*at;
}

static void write_at(void *arg)
{
    *at = 0;
}

static void add_at(void *arg)
{
    __asm__ volatile("lock addq $0, %0" : "+m"(*at));
}

static void run_at(void *arg)
{
    ((void (*)(void))(uint64_t)at)();
}

static unsigned long in_user(unsigned long fn)
{
    ((void (*)(void *))fn)(NULL);
    return 0;
}

static uint64_t max_mfn(void)
{
    struct xen_machphys_mapping m;

    if ( hyp_memory_op(XENMEM_machphys_mapping, &m) )
        panic("machphys_mapping");
    return m.max_mfn;
}

TEST("m2p-readable", "the kernel reads every page of the M2P", 0)
{
    uint64_t max = max_mfn(), entries = PAGE_SIZE / sizeof(*at);
    unsigned int faults = 0, ours = 0;

    for ( uint64_t mfn = 0; mfn <= max; mfn += entries )
    {
        at = (volatile uint64_t *)&M2P[mfn];
        faults += probe(read_at, NULL);
    }
    check_eq(faults, 0, "pages that could not be read, of those up to max_mfn");
    for ( uint64_t mfn = 0; mfn <= max; mfn++ )
        ours += mfn_to_pfn(mfn) != INVALID_PFN;
    check_eq(ours, start_info->nr_pages, "frames that it and the p2m say are ours");
}

TEST("m2p-read-only", "nobody writes the M2P, nor runs it", 0)
{
    static void (*const how[])(void *) = { write_at, add_at, run_at };
    static const char *const names[] = { "a store", "a locked add", "a jump" };
    static const uint64_t error[] = { PF_P | PF_W, PF_P | PF_W, PF_P | PF_I };
    uint64_t mfn = mfn_of(page_alloc()), pfn = M2P[mfn];

    at = (volatile uint64_t *)&M2P[mfn];
    for ( unsigned int i = 0; i < ARRAY_SIZE(how); i++ )
    {
        check(probe(how[i], NULL) && probe_regs.vector == TRAP_PF, "%s by the kernel: #PF",
              names[i]);
        check_eq(probe_regs.error, error[i], "error code");
        check_eq(probe_cr2, (uint64_t)at, "cr2");
        check(!user_call(in_user, (unsigned long)how[i], NULL) && probe_regs.vector == TRAP_PF,
              "%s by user mode: #PF", names[i]);
        check_eq(M2P[mfn], pfn, "the entry");
    }
    check(!user_call(in_user, (unsigned long)read_at, NULL) && probe_regs.vector == TRAP_PF,
          "user mode cannot even read it");
}

/* Numbers of frames that are no RAM of ours, and what the table says of them. */
TEST("m2p-of-others", "the M2P says nothing of frames that are not ours", 0)
{
    uint64_t max = max_mfn();
    unsigned int strange = 0;

    check_eq(M2P[0xa0], ~0UL, "a device's frame");
    check_eq(M2P[start_info->shared_info >> 12], ~0UL, "shared_info");
    /* An entry that leads to a page of ours whose p2m entry is another frame's would be believed by kernels. */
    for ( uint64_t mfn = 0; mfn <= max; mfn++ )
    {
        uint64_t pfn = M2P[mfn];

        strange += pfn < start_info->nr_pages && pfn_to_mfn(pfn) != mfn && pfn != 0;
    }
    check_eq(strange, 0, "entries that name a page of ours which is another frame");
}

TEST("m2p-slot", "the slot of the root through which the M2P is seen is not ours", 0)
{
    const volatile uint64_t *l4 = (const volatile uint64_t *)start_info->pt_base;
    uint64_t entry = l4[256], *copy = page_alloc();
    void *win = window_alloc();

    if ( entry & PTE_P )
    {
        check_rc(hyp_update_va_mapping(win, (entry & PTE_ADDR) | PTE_RW_PAGE, UVMF_INVLPG),
                 -XEN_EBUSY, "map what it names, writable");
        check_rc(mmuext(MMUEXT_PIN_L3_TABLE, (entry & PTE_ADDR) >> 12, 0), -XEN_EINVAL, "pin it");
        check_rc(mmu_update1((entry & PTE_ADDR) + 8, 0), -XEN_EINVAL, "write to it");
    }
    check_rc(mmu_update1((root_mfn << 12) + 300 * 8, entry | PTE_P), -XEN_EINVAL,
             "the same entry in another slot");
    copy[256] = entry;
    check_rc(page_set_ro(copy), 0, "a copy of the entry in a page");
    check_rc(pin(4, copy), 0, "as an L4: whatever was there is replaced");
    check_rc(unpin(copy), 0, "unpin");
    copy = table_with(5, entry | PTE_P);
    check_rc(pin(3, copy), -XEN_EINVAL, "as an L3's entry");
    check_rc(pin(4, copy), -XEN_EINVAL, "as an L4's, in a slot of ours");
}
