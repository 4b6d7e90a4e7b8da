/* SPDX-License-Identifier: GPL-2.0-only */
/* update_va_mapping: what may be mapped writable, what may be mapped at all. */
#include "memory.h"

static void *win;

static long map(uint64_t mfn, uint64_t flags)
{
    return hyp_update_va_mapping(win, pte(mfn, flags), UVMF_INVLPG);
}

static void unmap(void)
{
    check_rc(map(0, 0), 0, "unmap the window");
}

static uint64_t max_mfn(void)
{
    struct xen_machphys_mapping m;

    if ( hyp_memory_op(XENMEM_machphys_mapping, &m) )
        panic("machphys_mapping");
    return m.max_mfn;
}

TEST("va-live-tables", "live page tables cannot be mapped writable", 0)
{
    static const char *const names[] = { "", "L1", "L2", "L3", "L4" };

    win = window_alloc();
    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t mfn = pt_table_mfn(win, level);

        check_rc(map(mfn, PTE_RW_PAGE), -XEN_EBUSY, "map live %s writable", names[level]);
        check_rc(map(mfn, PTE_RO_PAGE), 0, "map live %s read-only", names[level]);
        check_rc(map(mfn, PTE_RW_PAGE), -XEN_EBUSY, "make that mapping of live %s writable",
                 names[level]);
        unmap();
    }
}

TEST("va-pinned-tables", "pinned tables out of use cannot be mapped writable", 0)
{
    struct tree t = tree_alloc();

    win = window_alloc();
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(t.l4), 0), 0, "pin a tree");
    check_rc(map(mfn_of(t.l4), PTE_RW_PAGE), -XEN_EBUSY, "its L4 writable");
    check_rc(map(mfn_of(t.l3), PTE_RW_PAGE), -XEN_EBUSY, "its L3 writable");
    check_rc(map(mfn_of(t.l2), PTE_RW_PAGE), -XEN_EBUSY, "its L2 writable");
    check_rc(map(mfn_of(t.l1), PTE_RW_PAGE), -XEN_EBUSY, "its L1 writable");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(t.l4), 0), 0, "unpin the tree");
    check_rc(map(mfn_of(t.l4), PTE_RW_PAGE), 0, "its L4 writable when unpinned");
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(t.l4), 0), -XEN_EINVAL,
             "pin again while a writable mapping exists");
    unmap();
    check_rc(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(t.l4), 0), 0, "pin again when it is gone");
    check_rc(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(t.l4), 0), 0, "unpin");
}

TEST("va-foreign-frames", "frames of the hypervisor, devices and nobody", 0)
{
    uint64_t max = max_mfn();

    win = window_alloc();

    printf("# max_mfn 0x%lx, ours e.g. 0x%lx\n", max, virt_to_mfn(win));
    check_rc(map(0x100, PTE_RW_PAGE), -XEN_EBUSY, "machine page 1 MiB (the hypervisor's)");
    check_rc(map(0x100, PTE_RO_PAGE), -XEN_EBUSY, "the same read-only");
    check_rc(map(max - 1, PTE_RO_PAGE), -XEN_EBUSY, "the last frame below max_mfn");
    check_rc(map(max, PTE_RO_PAGE), -XEN_EBUSY, "the last frame that the M2P covers");
    check_rc(map(0xfee00, PTE_RO_PAGE | PTE_PCD), -XEN_EPERM, "the local APIC");
    check_rc(map(0xfed00, PTE_RO_PAGE | PTE_PCD), initial_domain() ? 0 : -XEN_EPERM,
             "MMIO: the HPET");
    check_rc(map(0xfd000, PTE_RW_PAGE | PTE_PCD), initial_domain() ? 0 : -XEN_EPERM,
             "MMIO: a PCI window");
    check_rc(map(0xb8, PTE_RW_PAGE | PTE_PCD), initial_domain() ? 0 : -XEN_EPERM, "MMIO: VGA text");
    check_rc(map(0xb8, PTE_RW_PAGE), initial_domain() ? 0 : -XEN_EPERM,
             "MMIO: VGA text, write-back");
    if ( initial_domain() )
        check_eq(*pt_entry(win, 1) & (PTE_PCD | PTE_PWT), PTE_PCD | PTE_PWT,
                 "VGA text became uncached");
    unmap();
}

static unsigned int address_bits(void)
{
    uint32_t eax = 0x80000008, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return eax & 0xff;
}

/* Has it interrupts in the last 12 GiB of its addresses? So have AMD's and Hygon's, those before family 17h if there are 40 bits. */
static bool cpu_has_ht(void)
{
    uint32_t eax = 0, ebx, ecx, edx, family;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    if ( ecx != 0x444d4163 && ecx != 0x656e6975 )
        return false;
    eax = 1;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    family = (eax >> 8 & 0xf) + (eax >> 20 & 0xff);
    return family >= 0x17 || address_bits() == 40;
}

TEST("va-address-width", "frames at and beyond the CPU's address width", 0)
{
    uint64_t end = 1UL << (address_bits() - 12), all = 0xffffffffff;
    long last;

    win = window_alloc();
    printf("# %u address bits\n", address_bits());
    if ( end > all )
    {
        skip("this CPU's addresses are as wide as an entry's");
        return;
    }
    check_rc(map(end - (1UL << 22), PTE_RO_PAGE | PTE_PCD), initial_domain() ? 0 : -XEN_EPERM,
             "a frame 16 GiB below the last");
    last = initial_domain() && !cpu_has_ht() ? 0 : -XEN_EPERM;
    check_rc(map(end - 1, PTE_RO_PAGE | PTE_PCD), last, "the last frame");
    check_rc(map(end - 0x300000, PTE_RW_PAGE | PTE_PCD), last, "the frame 12 GiB below it");
    check_rc(map(end - 0x300001, PTE_RW_PAGE | PTE_PCD), initial_domain() ? 0 : -XEN_EPERM,
             "the one below that");
    unmap();
    check_rc(map(end, PTE_RO_PAGE), -XEN_EPERM, "the first frame that the CPU cannot name");
    check_rc(map(end, PTE_RW_PAGE), -XEN_EPERM, "the same writable");
    check_rc(map(end + max_mfn(), PTE_RO_PAGE), -XEN_EPERM, "one more than a frame of memory");
    check_rc(map(end | virt_to_mfn(win), PTE_RO_PAGE), -XEN_EPERM,
             "a page of ours, and a bit more");
    for ( unsigned int bit = address_bits(); bit < 52; bit++ )
        check_rc(map(1UL << (bit - 12), PTE_RW_PAGE), -XEN_EPERM, "address bit %u", bit);
    check_rc(map(all - 1, PTE_RO_PAGE), -XEN_EPERM,
             "the last frame but one that an entry can name");
    check_rc(map(all, PTE_RO_PAGE), -XEN_EINVAL, "the last frame that an entry can name");
    check_rc(map(all, PTE_RW_PAGE), -XEN_EINVAL, "the same writable");
    check_rc(hyp_update_va_mapping(win, pte(all, 0), UVMF_INVLPG), 0, "any, not present");
    unmap();
}

TEST("va-ram-cache-bits", "PWT, PCD and PAT on RAM", 0)
{
    uint64_t mfn = mfn_of(page_alloc());
    static const struct
    {
        uint64_t bits;
        const char *name;
        bool reserved;
    } cases[] = {
        { PTE_PWT, "PWT (write-through)", false },
        { PTE_PCD, "PCD (uncached-)", false },
        { PTE_PCD | PTE_PWT, "PCD|PWT (uncached)", false },
        { PTE_PAT, "PAT (write-combining)", false },
        { PTE_PAT | PTE_PWT, "PAT|PWT (write-protect)", false },
        { PTE_PAT | PTE_PCD, "PAT|PCD (reserved)", true },
        { PTE_PAT | PTE_PCD | PTE_PWT, "PAT|PCD|PWT (reserved)", true },
    };

    win = window_alloc();
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        long want = initial_domain() ? 0 : -XEN_EINVAL;
        long other = cases[i].reserved ? -XEN_EINVAL : want;

        check_rc_any(map(mfn, PTE_RW_PAGE | cases[i].bits), want, other, "RAM, %s", cases[i].name);
        if ( initial_domain() && !cases[i].reserved )
            check_eq(*pt_entry(win, 1) & (PTE_PWT | PTE_PCD | PTE_PAT), cases[i].bits,
                     "RAM, %s: kept", cases[i].name);
        check_rc_any(map(mfn, PTE_RO_PAGE | cases[i].bits), want, other, "RAM read-only, %s",
                     cases[i].name);
    }
}

TEST("va-l1-entry-bits", "bits of an L1 entry, and what reads back", 0)
{
    uint64_t mfn = mfn_of(page_alloc());

    win = window_alloc();
    check_rc(map(mfn, PTE_RW_PAGE | PTE_NX), 0, "NX");
    check_rc(map(mfn, PTE_RW_PAGE | PTE_G), 0, "G");
    check_eq(*pt_entry(win, 1) & ~PTE_G, pte(mfn, PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL),
             "US and bit 52 added (G may go)");
    check_rc(map(mfn, PTE_RW_PAGE | PTE_US), 0, "US");
    check_eq(*pt_entry(win, 1), pte(mfn, PTE_RW_PAGE | PTE_US | PTE_G), "G is added");
    check_rc(map(mfn, PTE_RW_PAGE), 0, "no US");
    check_eq(*pt_entry(win, 1), pte(mfn, PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL),
             "US and bit 52 are added");
    check_rc(map(mfn, PTE_RW_PAGE | 0xe00), 0, "bits 9-11");
    check_eq(*pt_entry(win, 1), pte(mfn, PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL | 0xe00),
             "bits 9-11 are kept");
    for ( unsigned int bit = 52; bit < 63; bit++ )
    {
        check_rc(map(mfn, PTE_RW_PAGE | 1UL << bit), 0, "bit %u", bit);
        check_eq(*pt_entry(win, 1), pte(mfn, PTE_RW_PAGE | PTE_US | PTE_GUEST_KERNEL | 1UL << bit),
                 "bit %u reads back, US and bit 52 added", bit);
        check_rc(map(mfn, PTE_RW_PAGE | PTE_US | 1UL << bit), 0, "bit %u and US", bit);
        check_eq(*pt_entry(win, 1),
                 pte(mfn, PTE_RW_PAGE | PTE_US | (bit == 52 ? 0 : PTE_G) | 1UL << bit),
                 "bit %u and US read back", bit);
    }
    check_rc(map(mfn, PTE_RW), 0, "not present");
    check_eq(*pt_entry(win, 1), pte(mfn, PTE_RW), "stored as it is");
    check_rc(hyp_update_va_mapping(win, 0xfffffffffffffffeUL, 0), 0, "not present, all other bits");
    check_eq(*pt_entry(win, 1), 0xfffffffffffffffeUL, "stored as it is");
    check_rc(hyp_update_va_mapping(win, 0x000dead00000be00UL, 0), 0, "not present, a swap entry");
    check_eq(*pt_entry(win, 1), 0x000dead00000be00UL, "stored as it is");
    unmap();
}

TEST("va-addresses", "virtual addresses without an L1 table", 0)
{
    uint64_t mfn = mfn_of(page_alloc());
    static const struct
    {
        uint64_t va;
        const char *name;
    } cases[] = {
        { 0xffff800000000000UL, "the first hypervisor page" },
        { 0xffff87fffffff000UL, "the last hypervisor page" },
        { 0xffff880000000000UL, "behind the hypervisor, no L3 there" },
        { 0x0000800000000000UL, "the first non-canonical address" },
        { 0x7fffffffffff0000UL, "a non-canonical address" },
        { 0x0000700000000000UL, "no L3 there" },
        { 0x0000000080000000UL, "no L2 there" },
        { 0x0000000030000000UL, "no L1 there" },
    };

    win = window_alloc();
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
        check_rc(hyp_update_va_mapping((void *)cases[i].va, pte(mfn, PTE_RW_PAGE), 0), -XEN_EINVAL,
                 "va 0x%lx: %s", cases[i].va, cases[i].name);
    check_rc(hyp_update_va_mapping((char *)win + 123, pte(mfn, PTE_RW_PAGE), 0), 0,
             "an unaligned address");
}

TEST("va-flush-flags", "every UVMF combination, and vCPU bitmaps", 0)
{
    uint64_t mfn = mfn_of(page_alloc());

    win = window_alloc();
    for ( unsigned long f = 0; f < 16; f++ )
        check_rc(hyp_update_va_mapping(win, pte(mfn, PTE_RW_PAGE), f), 0, "flags %lu", f);
    uint64_t mask[512] = { 1 };
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG | (unsigned long)mask), 0,
             "INVLPG with a CPU mask");
    check_rc(
        hyp_update_va_mapping(win, pte(mfn, PTE_RW_PAGE), UVMF_TLB_FLUSH | (unsigned long)mask), 0,
        "TLB_FLUSH with a CPU mask");
    uint64_t before = *pt_entry(win, 1);
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG | 0xdead0000UL), -XEN_EFAULT,
             "INVLPG, the mask unmapped");
    check(*pt_entry(win, 1) == 0 || *pt_entry(win, 1) == before,
          "the entry is the old or the new one");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_TLB_FLUSH | 0xdead0000UL), -XEN_EFAULT,
             "TLB_FLUSH, the mask unmapped");
    unmap();
}

TEST("va-otherdomain", "update_va_mapping_otherdomain by domain number", 0)
{
    uint64_t mfn = mfn_of(page_alloc());

    win = window_alloc();
    static const struct
    {
        unsigned int id;
        long ours, nothing;
        const char *name;
    } ids[] = {
        { DOMID_SELF, 0, 0, "DOMID_SELF" },
        { 5, -XEN_ESRCH, -XEN_ESRCH, "5 (nobody)" },
        { DOMID_COW, -XEN_ESRCH, -XEN_ESRCH, "DOMID_COW" },
        { DOMID_INVALID, -XEN_ESRCH, -XEN_ESRCH, "DOMID_INVALID" },
        { DOMID_IDLE, -XEN_ESRCH, -XEN_ESRCH, "DOMID_IDLE" },
        { 0x8000, -XEN_ESRCH, -XEN_ESRCH, "0x8000" },
        { DOMID_IO, -XEN_EBUSY, 0, "DOMID_IO" },
        { DOMID_XEN, -XEN_EBUSY, 0, "DOMID_XEN" },
    };
    for ( unsigned int i = 0; i < ARRAY_SIZE(ids); i++ )
    {
        bool xen = !initial_domain() && ids[i].id == DOMID_XEN;

        check_rc(
            HYPERCALL(update_va_mapping_otherdomain, win, pte(mfn, PTE_RW_PAGE), 0, ids[i].id, 0),
            xen ? -XEN_EPERM : ids[i].ours, "our page, domid %s", ids[i].name);
        check_rc(HYPERCALL(update_va_mapping_otherdomain, win, 0, 0, ids[i].id, 0),
                 xen ? -XEN_EPERM : ids[i].nothing, "nothing, domid %s", ids[i].name);
    }
    unmap();
}
