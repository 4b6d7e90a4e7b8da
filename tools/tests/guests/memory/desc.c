/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor frames: set_gdt, update_descriptor, LDT. A frame of descriptors is never writable. */
#include "memory.h"

#define DATA_DPL3   0x00cff3000000ffffUL
#define DATA_DPL0   0x00cf93000000ffffUL
#define CODE64_DPL3 0x00affb000000ffffUL
#define CODE64_DPL0 0x00af9b000000ffffUL
#define LDT_DESC    0x0000820000000fffUL
#define TSS_DESC    0x00008900000000ffUL
#define CALL_GATE   0x0000ec0000e00000UL
#define INT_GATE    0x0000ee0000e00000UL

static long set_gdt1(uint64_t mfn, unsigned int entries)
{
    unsigned long frames[16] = { mfn };

    return hyp_set_gdt(frames, entries);
}

static uint64_t *gdt_page(uint64_t desc)
{
    uint64_t *g = page_alloc();

    g[1] = desc;
    page_set_ro(g);
    return g;
}

TEST("descriptor-content", "which descriptors a frame may hold", 0)
{
    static const struct
    {
        uint64_t desc;
        long rc;
        const char *name;
        uint64_t reads; /* 0: not asked */
    } cases[] = {
        { 0, 0, "null", 0 },
        { DATA_DPL3, 0, "data, DPL 3", DATA_DPL3 },
        { DATA_DPL0, 0, "data, DPL 0", DATA_DPL3 },
        { DATA_DPL0 | 0x0000200000000000UL, 0, "data, DPL 1", DATA_DPL3 },
        { DATA_DPL3 & ~(1UL << 47), 0, "data, not present", DATA_DPL3 & ~(1UL << 47) },
        { CODE64_DPL3, 0, "64-bit code, DPL 3", CODE64_DPL3 },
        { CODE64_DPL0, 0, "64-bit code, DPL 0", CODE64_DPL3 },
        { CODE64_DPL0 | 1UL << 54, 0, "code with L and D", 0 },
        { 0x00cffb000000ffffUL, 0, "32-bit code", 0 },
        { 0x00cfff000000ffffUL, 0, "32-bit code, conforming", 0 },
        { 0x00affe000000ffffUL, 0, "64-bit code, conforming", 0 },
        { 0x00cff7000000ffffUL, 0, "data, expand down", 0 },
        { LDT_DESC, -XEN_EINVAL, "LDT", 0 },
        { LDT_DESC & ~(1UL << 47), 0, "LDT, not present", LDT_DESC & ~(1UL << 47) },
        { TSS_DESC, -XEN_EINVAL, "TSS", 0 },
        { CALL_GATE, 0, "call gate", 0 },
        { INT_GATE, -XEN_EINVAL, "interrupt gate", 0 },
        { 0x0000e50000000000UL, -XEN_EINVAL, "task gate", 0 },
        { 0xffffffffffffffffUL, 0, "all ones", 0 },
        { 1UL << 47, 0, "present, all else 0", 0 },
        { 0x00aff3000000ffffUL, 0, "data with L set", 0 },
        { 0x0000f20000000000UL, 0, "data, byte granular, limit 0", 0 },
        { 0x123456789abcUL & ~(1UL << 47), 0, "garbage, not present", 0 },
    };
    uint64_t *live = gdt_page(DATA_DPL3);

    check_rc(set_gdt1(mfn_of(live), 512), 0, "set_gdt of a good page");
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        uint64_t *g = gdt_page(cases[i].desc);

        check_rc(set_gdt1(mfn_of(g), 512), cases[i].rc, "set_gdt: %s", cases[i].name);
        check_rc(set_gdt1(mfn_of(live), 512), 0, "set_gdt of the good page again");
        check_rc(hyp_update_descriptor((mfn_of(live) << 12) + 16, cases[i].desc), cases[i].rc,
                 "update_descriptor: %s", cases[i].name);
        if ( cases[i].rc == 0 && cases[i].reads )
            check_eq(live[2], cases[i].reads, "update_descriptor: %s: reads back", cases[i].name);
        check_rc(hyp_update_descriptor((mfn_of(live) << 12) + 16, 0), 0, "clear it");
    }
    uint64_t *last = page_alloc();
    last[511] = CALL_GATE;
    page_set_ro(last);
    check_rc(set_gdt1(mfn_of(last), 16), 0, "16 entries, a bad one at 511");
    check_rc(set_gdt1(0, 0), 0, "no GDT");
}

TEST("set-gdt-arguments", "frames, counts and lists of set_gdt", 0)
{
    uint64_t *g = gdt_page(DATA_DPL3), *rw = page_alloc();
    unsigned long frames[16];

    check_rc(set_gdt1(mfn_of(g), 512), 0, "set");
    check_rc(page_set_rw(g), -XEN_EBUSY, "the GDT page writable");
    check_rc(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(g), 0), -XEN_EINVAL, "pin the GDT page");
    check_rc(mmu_update1((mfn_of(g) << 12) + 8, 0), -XEN_EINVAL, "mmu_update on the GDT page");
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(g), 0), -XEN_EINVAL, "CLEAR_PAGE on the GDT page");
    check_rc(set_gdt1(mfn_of(g), 7169), -XEN_EINVAL, "7169 entries");
    for ( unsigned int i = 0; i < 16; i++ )
        frames[i] = mfn_of(g);
    check_rc(hyp_set_gdt(frames, 7168), 0, "7168 entries, the same frame 14 times");
    check_rc(hyp_set_gdt(frames, 1000000), -XEN_EINVAL, "1000000 entries");
    check_rc(set_gdt1(mfn_of(rw), 512), -XEN_EINVAL, "a writable page");
    check_rc(set_gdt1(root_mfn, 512), -XEN_EINVAL, "the live L4");
    check_rc(set_gdt1(0x100, 512), -XEN_EINVAL, "a frame of the hypervisor");
    check_rc(set_gdt1(0xb8, 512), -XEN_EINVAL, "MMIO");
    check_rc(set_gdt1(~0UL, 512), -XEN_EINVAL, "mfn ~0");
    check_rc(hyp_set_gdt((void *)0xdead0000, 512), -XEN_EFAULT, "frame list unmapped");
    check_rc(hyp_set_gdt((void *)MACH2PHYS_VIRT_START, 512), -XEN_EFAULT,
             "frame list in hypervisor space");
    frames[1] = mfn_of(rw);
    check_rc(hyp_set_gdt(frames, 513), -XEN_EINVAL, "second frame writable");
    check_rc(page_set_rw(g), -XEN_EBUSY, "the old GDT is still set after all refusals");
    check_rc(set_gdt1(mfn_of(g), 1), 0, "one entry");
}

TEST("update-descriptor-arguments", "where update_descriptor may write", 0)
{
    uint64_t *g = gdt_page(DATA_DPL3), *plain = page_alloc();

    check_rc(set_gdt1(mfn_of(g), 512), 0, "set a GDT");
    check_rc(hyp_update_descriptor((mfn_of(g) << 12) + 16, DATA_DPL0), 0, "the live GDT");
    check_eq(g[2], DATA_DPL0 | 3UL << 45, "DPL is raised");
    check_rc(hyp_update_descriptor((mfn_of(g) << 12) + 12, DATA_DPL3), -XEN_EINVAL, "misaligned");
    check_rc(hyp_update_descriptor((mfn_of(plain) << 12) + 16, DATA_DPL3), 0,
             "a plain writable page");
    uint64_t *untyped = table_alloc();
    check_rc(hyp_update_descriptor((mfn_of(untyped) << 12) + 16, DATA_DPL3), 0, "an untyped page");
    check_rc(hyp_update_descriptor(root_mfn << 12, 0), -XEN_EINVAL, "the live L4");
    check_rc(hyp_update_descriptor((pt_table_mfn(0, 1) << 12) + 0xff8, 0), -XEN_EINVAL,
             "a live L1");
    check_rc(hyp_update_descriptor(0x100000, 0), -XEN_EINVAL, "a frame of the hypervisor");
    check_rc(hyp_update_descriptor(0xb8000, 0), -XEN_EINVAL, "MMIO");
    check_rc(hyp_update_descriptor(~7UL, 0), -XEN_EINVAL, "the last address");
    check_rc(set_gdt1(0, 0), 0, "remove the GDT");
    check_rc(page_set_rw(g), 0, "and its page may be writable");
}
