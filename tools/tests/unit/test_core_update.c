/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Entries, level by level: what may be set, what is added, who may map what, and what each refusal is called. Then mmu_update's
 * commands and targets, update_va_mapping's flush flags, and stores by page-table writes.
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "tap.h"

static struct world w, other;

/* World pages used: 0-3 tables, 10 a writable data page, 11 a read-only one, 12 nothing but data. */
static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 32);
    do_va(&w, 11, world_pte(&w, 11, 0));
}

static uint64_t entry(unsigned int i)
{
    return host_page(w.l1)[i];
}

static void says(const char *word)
{
    ok(strstr(host.refusal, word), "and the reason speaks of \"%s\": %s", word, host.refusal);
}

/* ---- L1 ----------------------------------------------------------------------------------------------------------- */

static void test_l1_bits(void)
{
    static const uint64_t fine[] = { PTE_NX, PTE_A,          PTE_D,      PTE_AVAIL,
                                     PTE_US, PTE_G | PTE_US, 1ULL << 53, 0x7ffULL << 52 };
    static const uint64_t bad[] = { 1ULL << 40, 1ULL << 51, 1ULL << 45 };
    uint64_t base;

    fresh();
    base = world_pte(&w, 10, PTE_RW);
    for ( unsigned int i = 0; i < ARRAY_SIZE(fine); i++ )
        is_int(do_va(&w, 10, base | fine[i]), 0, "an L1 entry may have ignored and attribute bits");
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        is_int(do_va(&w, 10, base | bad[i]), -EPERM,
               "an L1 entry may not have address bits the CPU lacks");
        says("no access to that device");
    }
    is_int(do_va(&w, 10, base | PTE_PCD), -EINVAL,
           "a domain without hardware access cannot choose a memory type");
    says("memory type");
    w.d.cache_attrs = true;
    for ( unsigned int pat = 0; pat < 8; pat++ )
    {
        uint64_t bits = (pat & 4 ? PTE_PAT : 0) | (pat & 2 ? PTE_PCD : 0) | (pat & 1 ? PTE_PWT : 0);

        is_int(do_va(&w, 10, base | bits), pat < 6 ? 0 : -EINVAL,
               pat < 6 ? "with access, PAT 0 to 5 can be chosen" : "6 and 7 are reserved");
    }
    says("reserved");

    do_va(&w, 10, base);
    is_u64(entry(10), base | PTE_US | PTE_GUEST_KERNEL, "a kernel entry gets US and the soft bit");
    do_va(&w, 10, base | PTE_US);
    is_u64(entry(10), base | PTE_US | PTE_G, "a user entry gets G");
    do_va(&w, 10, base | PTE_US | PTE_GUEST_KERNEL);
    is_u64(entry(10), base | PTE_US | PTE_GUEST_KERNEL, "with both given nothing is added");
    do_va(&w, 10, base | PTE_G);
    is_u64(entry(10), base | PTE_US | PTE_GUEST_KERNEL, "a kernel entry cannot be global");
    do_va(&w, 10, 0x1230 << 12);
    is_u64(entry(10), 0x1230 << 12, "an entry that is not present stays as given");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_l1tf(void)
{
    fresh();
    host.m.l1tf_limit = 1ULL << 36;
    is_int(do_va(&w, 10, 0x5000), -EINVAL,
           "a CPU with L1TF: no entry that is not present but names memory");
    says("L1TF");
    is_int(do_va(&w, 10, 1ULL << 36), 0, "above the limit it is harmless");
    is_int(do_va(&w, 10, 0x0fe), 0, "and without an address");
    is_int(do_update(&w, pte_at(w.l2, 9), 0x5000), -EINVAL, "the same at L2");
    host_page(w.page[11])[7] = 0x7000;
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[11]), 0), -EINVAL,
           "and for a table that is pinned");
}

static void test_l1_frames(void)
{
    uint64_t flags = PTE_P | PTE_RW;

    fresh();
    world_init(&other, 2, 16);
    is_int(do_va(&w, 10, mfn_x(other.page[9]) << 12 | flags), -EBUSY,
           "somebody else's page cannot be mapped");
    says("belongs to d2");
    is_int(do_va(&w, 10, (mfn_x(other.page[9]) << 12) | PTE_P), -EBUSY, "read-only neither");
    is_int(do_va(&w, 10, 470ULL << 12 | flags), -EBUSY, "free memory cannot be mapped");
    says("nobody");
    is_int(do_va(&w, 10, (HOST_RAM_END + 2ULL) << 12 | flags), -EPERM, "MMIO cannot be mapped");
    says("no access to that device");
    is_int(do_va(&w, 10, (HOST_FRAMES + 50ULL) << 12 | flags), -EPERM,
           "nor what lies beyond all memory");
    is_int(do_va(&w, 10, host.m.paddr_mask | flags), -EPERM, "nor the last that the CPU can name");
    is_int(do_va(&w, 10, (PTE_ADDR_BITS & ~0x1000ULL) | flags), -EPERM, "nor one that it cannot");
    is_int(do_va(&w, 10, PTE_ADDR_BITS | flags), -EINVAL, "no frame at all is another error");
    is_int(do_va(&w, 10, PTE_ADDR_BITS | PTE_P), -EINVAL, "read-only too");
    is_int(do_va(&w, 10, mfn_x(w.l2) << 12 | flags), -EBUSY,
           "a page table cannot be mapped writable");
    says("would map mfn");
    says("L2 table");
    is_int(do_va(&w, 10, mfn_x(w.l4) << 12 | flags), -EBUSY, "nor the root");
    says("pinned as an L4 table");
    host.refusals = 0;
    is_int(do_va(&w, 10, mfn_x(w.l2) << 12 | flags), -EBUSY, "each time");
    is_u64(host.refusals, 1, "for which one line is enough");
    is_int(do_va(&w, 10, mfn_x(w.l2) << 12 | PTE_P), 0, "but read-only");
    is_int(do_va(&w, 10, mfn_x(w.l2) << 12 | flags), -EBUSY, "and not made writable later");
    is_int(do_va(&w, 10, (HOST_RAM_END + 2ULL) << 12 | flags | PTE_PCD), -EPERM,
           "an uncacheable mapping of a device is refused for the device, not for its memory type");
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), 8 };
    w.d.nr_iomem = 1;
    is_int(do_va(&w, 10, (HOST_RAM_END + 2ULL) << 12 | flags), 0,
           "MMIO the domain has access to can be mapped");
    is_u64(entry(10) & PTE_CACHE, PTE_PCD | PTE_PWT, "and becomes uncacheable");
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), 1ULL << 40 };
    is_int(do_va(&w, 10, PTE_ADDR_BITS | flags), -EINVAL, "\"no frame\" never is MMIO");
    w.d.iomem[0].nr = 8;
    w.d.cache_attrs = true;
    is_int(do_va(&w, 10, (HOST_RAM_END + 2ULL) << 12 | flags | PTE_PAT), 0,
           "but write-combining if it wants");
    is_u64(entry(10) & PTE_CACHE, PTE_PAT, "stays so");
    is_int(do_va(&w, 10, (HOST_RAM_END + 8ULL) << 12 | flags), -EPERM,
           "the range ends where it ends");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&w), 0, "a table with MMIO in it can be taken down");
}

/* Where the accounts end, and where a list of devices does. */
static void test_l1_ends(void)
{
    const uint64_t flags = PTE_P | PTE_RW | PTE_US;
    const uint64_t behind = (uint64_t)HOST_FRAMES << PAGE_SHIFT;

    fresh();
    is_int(do_va(&w, 20, behind | flags), -EPERM, "the first frame without an account is a device");
    for ( unsigned int i = 0; i < MM_IOMEM_RANGES; i++ )
        w.d.iomem[i] = (struct frame_range){ _mfn(HOST_RAM_END + 2 * i), 1 };
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_FRAMES), 1 };
    w.d.nr_iomem = 2;
    is_int(do_va(&w, 20, behind | flags), 0, "which can be mapped with access to it");
    is_u64(entry(20) & PTE_CACHE, PTE_CACHE_UC, "uncacheable");
    is_int(do_va(&w, 21, (HOST_RAM_END + 2ULL) << PAGE_SHIFT | flags), 0, "so can the second's");
    is_int(do_va(&w, 22, (HOST_RAM_END + 4ULL) << PAGE_SHIFT | flags), -EPERM,
           "but not what stands behind the end of the list");
    w.d.nr_iomem = MM_IOMEM_RANGES;
    is_int(do_va(&w, 22, (HOST_RAM_END + 4ULL) << PAGE_SHIFT | flags), 0, "before it is longer");
    is_int(do_va(&w, 23, (HOST_RAM_END + 5ULL) << PAGE_SHIFT | flags), -EPERM,
           "and what no range names never");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_va(&w, 20, 0), 0, "it is unmapped");
    is_u64(host_check(), 0, "the audit agrees");
    is_str(frame_type_name((enum frame_type)7), "?", "a type that does not exist has no name");
}

/* A right that is withdrawn cannot be used again, though what it has done stays. */
static void test_right_withdrawn(void)
{
    uint64_t e;

    fresh();
    e = world_pte(&w, 10, PTE_PCD);
    w.d.cache_attrs = true;
    is_int(do_va(&w, 10, e), 0, "a mapping with another memory type");
    w.d.cache_attrs = false;
    is_int(do_va(&w, 10, e | PTE_A), -EINVAL, "is not even made again without the right to it");
    is_u64(entry(10) & (PTE_CACHE | PTE_A), PTE_PCD, "but stays");
    is_int(do_va(&w, 10, 0), 0, "until it goes");
    is_u64(host_check(), 0, "the audit agrees");
}

/* What a table's entry says besides the table it links changes no count, so a full count is no reason to refuse it. */
static void test_full_counts(void)
{
    const uint64_t full = (FRAME_REFS_LIMIT - 8) * (FRAME_REF + FRAME_TYPED);

    fresh();
    mfn_to_frame(&host.m, w.l1)->word += full + 7 * (FRAME_REF + FRAME_TYPED);
    is_u64(word_types(host_word(w.l1)), FRAME_REFS_LIMIT, "an L1 used as often as can be counted");
    is_int(do_update(&w, pte_at(w.l2, 0), world_pte(&w, 3, PTE_RW | PTE_US | PTE_NX)), 0,
           "the entry that links it can be changed");
    is_u64(host_page(w.l2)[0], world_pte(&w, 3, PTE_RW | PTE_US | PTE_NX), "as asked");
    is_int(do_update(&w, pte_at(w.l2, 1), world_pte(&w, 3, 0)), -EINVAL, "no other can link it");
    mfn_to_frame(&host.m, w.l1)->word -= full + 7 * (FRAME_REF + FRAME_TYPED);
    mfn_to_frame(&host.m, w.page[10])->word += full + 6 * (FRAME_REF + FRAME_TYPED);
    is_u64(word_refs(host_word(w.page[10])), FRAME_REFS_LIMIT, "a page used as often as can be");
    is_int(do_va(&w, 10, world_pte(&w, 10, PTE_RW | PTE_NX)), 0, "the same for a page");
    is_int(do_va(&w, 10, world_pte(&w, 10, 0)), 0, "it can be made read-only");
    is_int(do_va(&w, 10, world_pte(&w, 10, PTE_RW)), -EBUSY, "but not writable again");
    is_int(do_va(&w, 20, world_pte(&w, 10, 0)), -EBUSY, "nor mapped elsewhere");
    mfn_to_frame(&host.m, w.page[10])->word -= full + 6 * (FRAME_REF + FRAME_TYPED);
    is_u64(host_check(), 0, "the audit agrees");
}

/* Common cases want counts far from the limit. Beyond, the same happens. */
static void test_many_references(void)
{
    const uint64_t many = (FRAME_REFS_MASK + 1) / 2 * FRAME_REF;
    uint64_t at;

    fresh();
    at = pte_at(w.l1, 20);
    mfn_to_frame(&host.m, w.l1)->word += many;
    mfn_to_frame(&host.m, w.page[10])->word += many;
    is_int(do_update(&w, at, world_pte(&w, 10, 0)), 0, "a page with many references is mapped");
    is_int(do_va(&w, 20, world_pte(&w, 10, PTE_RW)), 0, "in a table with many, made writable");
    is_int(do_va(&w, 20, world_pte(&w, 10, 0)), 0, "and read-only");
    is_int(ptwr_update(&w.v, at, entry(20), 0), 0, "and unmapped");
    is_int(do_update(&w, (mfn_x(w.page[10]) << 12) | MMU_MACHPHYS_UPDATE, 0x55), 0, "and named");
    is_u64(host.m.m2p[mfn_x(w.page[10])], 0x55, "so");
    mfn_to_frame(&host.m, w.l1)->word -= many;
    mfn_to_frame(&host.m, w.page[10])->word -= many;
    is_u64(host_check(), 0, "the audit agrees");
}

/*
 * The limit of typed references, which frames never reach before that of references: a second line of defence. -EBUSY is what mappings
 * are refused with.
 */
static void test_full_types(void)
{
    const struct map_owner o = { .d = &w.d, .pg = &w.d };
    uint64_t page, table;

    fresh();
    page = host_word(w.page[10]);
    table = host_word(w.l1);
    mfn_to_frame(&host.m, w.page[10])->word += (FRAME_REFS_LIMIT - 1) * FRAME_TYPED;
    mfn_to_frame(&host.m, w.l1)->word += (FRAME_REFS_LIMIT - 1) * FRAME_TYPED;
    is_u64(word_types(host_word(w.page[10])), FRAME_REFS_LIMIT, "a page with all it can count");
    is_int(frame_type_get(&w.d, mfn_to_frame(&host.m, w.page[10]), FRAME_WRITABLE), -EBUSY,
           "gets no typed reference more");
    is_int(l1e_get(&o, world_pte(&w, 10, PTE_RW)), -EBUSY, "by no mapping");
    ok(!frame_type_get_valid(mfn_to_frame(&host.m, w.l1), FRAME_L1), "a table neither");
    mfn_to_frame(&host.m, w.page[10])->word -= FRAME_TYPED;
    mfn_to_frame(&host.m, w.l1)->word -= FRAME_TYPED;
    is_int(l1e_get(&o, world_pte(&w, 10, PTE_RW)), 0, "one below it is to be had");
    ok(frame_type_get_valid(mfn_to_frame(&host.m, w.l1), FRAME_L1), "of a table too");
    mfn_to_frame(&host.m, w.page[10])->word = page;
    mfn_to_frame(&host.m, w.l1)->word = table;
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_counts(void)
{
    uint64_t word;

    fresh();
    do_va(&w, 10, 0);
    is_u64(word_refs(host_word(w.page[10])), 1, "an unmapped page has its allocation only");
    do_va(&w, 10, world_pte(&w, 10, PTE_RW));
    do_va(&w, 20, world_pte(&w, 10, PTE_RW));
    do_va(&w, 21, world_pte(&w, 10, 0));
    word = host_word(w.page[10]);
    is_u64(word_refs(word), 4, "three mappings, four references");
    is_u64(word_types(word), 2, "two of them writable");
    do_va(&w, 20, world_pte(&w, 10, 0));
    is_u64(word_types(host_word(w.page[10])), 1, "one made read-only: one is left");
    do_va(&w, 20, world_pte(&w, 10, PTE_A));
    is_u64(word_refs(host_word(w.page[10])), 4, "an attribute changes no count");
    mfn_to_frame(&host.m, w.page[10])->word += (FRAME_REFS_LIMIT - 4) * (FRAME_TYPED + FRAME_REF);
    is_int(do_va(&w, 20, world_pte(&w, 10, PTE_RW)), -EBUSY,
           "full counts refuse another writable mapping");
    mfn_to_frame(&host.m, w.page[10])->word -= (FRAME_REFS_LIMIT - 4) * (FRAME_TYPED + FRAME_REF);
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_noncoherent(void)
{
    fresh();
    w.d.cache_attrs = true;
    do_va(&w, 12, world_pte(&w, 12, PTE_RW | PTE_PAT));
    ok(host_word(w.page[12]) & FRAME_NONCOHERENT, "a page written around the caches is remembered");
    memset(host_page(w.page[12]), 0, PAGE_SIZE);
    do_va(&w, 12, 0);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[12]), 0), 0, "it becomes a page table");
    is_u64(host.frame_flushes, 1, "after its lines were flushed");
    ok(!(host_word(w.page[12]) & FRAME_NONCOHERENT), "and is coherent again");
    do_va(&w, 14, world_pte(&w, 14, PTE_PAT));
    ok(!(host_word(w.page[14]) & FRAME_NONCOHERENT), "one that was only read around them is not");
    memset(host_page(w.page[14]), 0, PAGE_SIZE);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[14]), 0), 0, "it becomes a page table");
    do_va(&w, 15, world_pte(&w, 15, PTE_RW));
    do_va(&w, 15, 0);
    memset(host_page(w.page[15]), 0, PAGE_SIZE);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[15]), 0), 0,
           "and one that was just written");
    is_u64(host.frame_flushes, 1, "without a flush");
    do_va(&w, 13, world_pte(&w, 13, PTE_RW | PTE_PCD));
    do_va(&w, 13, 0);
    is_int(do_va(&w, 13, world_pte(&w, 13, PTE_RW)), 0, "another is writable as before");
    do_va(&w, 13, 0);
    ok(host_word(w.page[13]) & FRAME_NONCOHERENT && host.frame_flushes == 1,
       "and nothing is flushed for that, nor forgotten");
    is_int(domain_release(&w.d, w.page[13]), 0, "then it is freed");
    is_u64(host.frame_flushes, 2, "flushed too");
}

/* ---- L2 to L4 ----------------------------------------------------------------------------------------------------- */

static void test_table_bits(void)
{
    static const uint64_t fine[] = { PTE_NX, PTE_A, PTE_D, PTE_AVAIL, PTE_US, 0x7ffULL << 52 };
    static const uint64_t bad[] = { PTE_PSE, PTE_PWT, PTE_PCD, PTE_G, 1ULL << 40 };
    const struct
    {
        mfn_t mfn;
        unsigned int slot, child, level;
    } at[] = { { w.l4, WORLD_SLOT, 1, 4 }, { w.l3, 0, 2, 3 }, { w.l2, 0, 3, 2 } };

    fresh();
    for ( unsigned int l = 0; l < 3; l++ )
    {
        mfn_t table = w.page[l];
        uint64_t e = world_pte(&w, at[l].child, PTE_RW);

        for ( unsigned int i = 0; i < ARRAY_SIZE(fine); i++ )
            is_int(do_update(&w, pte_at(table, at[l].slot), e | fine[i]), 0,
                   "a table entry may have ignored bits, A and NX");
        for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        {
            is_int(do_update(&w, pte_at(table, at[l].slot), e | bad[i]), -EINVAL,
                   "but no PSE, PWT, PCD, G, high address bits");
            is_int(do_update(&w, pte_at(table, 77), e | bad[i]), -EINVAL,
                   "in an empty slot neither");
        }
        is_int(do_update(&w, pte_at(table, at[l].slot), e), 0, "plain");
        is_u64(host_page(table)[at[l].slot], e | PTE_US | (l == 0 ? PTE_A : 0),
               "US is added, at L4 A too");
    }
    do_update(&w, pte_at(w.l2, 0), world_pte(&w, 3, PTE_RW) | PTE_PSE);
    says("superpages");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_table_links(void)
{
    fresh();
    for ( unsigned int l = 0; l < 3; l++ )
    {
        mfn_t table = w.page[l];

        is_int(do_update(&w, pte_at(table, 77), world_pte(&w, 10, 0)), -EINVAL,
               "a link to a writable page is refused");
        says("in use as a writable page");
        is_int(do_update(&w, pte_at(table, 77), mfn_x(_mfn(470)) << 12 | PTE_P), -EINVAL,
               "to a free frame");
        is_int(do_update(&w, pte_at(table, 77), (HOST_RAM_END + 1ULL) << 12 | PTE_P), -EINVAL,
               "to MMIO");
        is_int(do_update(&w, pte_at(table, 77), (HOST_FRAMES + 1ULL) << 12 | PTE_P), -EINVAL,
               "beyond memory");
        for ( unsigned int to = 0; to < 4; to++ )
        {
            int want = to == l + 1 || (l == 0 && to == 0) ? 0 : -EINVAL;

            is_int(do_update(&w, pte_at(table, 77), world_pte(&w, to, 0)), want,
                   "a link goes exactly one level down, or from L4 to itself");
            is_int(do_update(&w, pte_at(table, 77), 0), 0, "cleared");
        }
    }
    is_int(do_update(&w, pte_at(w.l4, 5), world_pte(&w, 0, PTE_US)), 0,
           "an L4 links itself read-only");
    is_int(do_update(&w, pte_at(w.l4, 5), world_pte(&w, 0, PTE_RW)), -EINVAL,
           "writable it does not (XSA-182)");
    says("read-only only");
    is_int(do_update(&w, pte_at(w.l4, 6), world_pte(&w, 0, PTE_RW)), -EINVAL,
           "not in another slot either");
    is_int(do_update(&w, pte_at(w.l4, 5), world_pte(&w, 0, PTE_NX)), 0, "other bits may change");
    is_u64(host_check(), 0, "the audit agrees");
    is_u64(word_types(host_word(w.l4)), 2, "a self-link counts nothing: pin and base only");
    ok(!pt_walk(&host.m, INVALID_MFN, 0, &(struct pt_walk){ 0 }), "no walk from no root");
    {
        struct mmu_target t;
        /* Through slot 5 the walk of an address ends one level up: L3 as if it were L1. */
        uint64_t va = (5ULL << 39) | (WORLD_SLOT * 1ULL << 30) | (0ULL << 21) | (0ULL << 12);

        mmu_decode_target(&w.d, DOMID_SELF, &t);
        is_int(update_va_mapping(&w.v, &t, va, 0, 0, 0), -EINVAL,
               "update_va_mapping through a self-link finds no L1");
    }
    is_int(do_teardown(&w), 0, "a self-linked root can be taken down");
}

static void test_hv_slots(void)
{
    unsigned int first = HV_SLOT_FIRST, last = HV_SLOT_FIRST + HV_SLOT_COUNT - 1;

    fresh();
    is_u64(host_page(w.l4)[first], w.d.hv_slots[0], "a root carries the hypervisor's slots");
    is_u64(host_page(w.l4)[last], w.d.hv_slots[HV_SLOT_COUNT - 1], "all of them");
    is_int(do_update(&w, pte_at(w.l4, first), 0), -EINVAL, "they cannot be changed");
    says("belongs to the hypervisor");
    is_int(do_update(&w, pte_at(w.l4, last), world_pte(&w, 1, 0)), -EINVAL, "none of them");
    is_int(do_update(&w, pte_at(w.l4, first - 1), world_pte(&w, 1, 0)), 0,
           "the slots beside them can");
    is_int(do_update(&w, pte_at(w.l4, last + 1), world_pte(&w, 1, 0)), 0, "on both sides");
    do_va(&w, 11, 0);
    host_page(w.page[11])[first] = ~0ULL;
    host_page(w.page[11])[last] = world_pte(&w, 11, PTE_RW);
    is_int(do_ext(&w, MMUEXT_PIN_L4_TABLE, mfn_x(w.page[11]), 0), 0,
           "rubbish in them does not matter");
    is_u64(host_page(w.page[11])[first], 0, "it is replaced; a root shows no M2P at first");
    is_u64(host_page(w.page[11])[last], w.d.hv_slots[HV_SLOT_COUNT - 1], "but has the others");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[11]), 0), 0, "a root of user mode");
    is_u64(host_page(w.page[11])[first], 0, "shows none either");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "no root of user mode");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[11]), 0), 0, "as a root of kernel mode");
    is_u64(host_page(w.page[11])[first], w.d.hv_slots[0], "it does");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l4), 0), 0, "back to the other");
    is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[11]), 0), 0, "a root that is none any more");
    is_u64(host_page(w.page[11])[first] | host_page(w.page[11])[last], 0,
           "keeps nothing of the hypervisor's");
}

/* ---- mmu_update --------------------------------------------------------------------------------------------------- */

static void test_commands(void)
{
    static const uint64_t cmds[] = { MMU_NORMAL_PT_UPDATE, MMU_PT_UPDATE_PRESERVE_AD,
                                     MMU_PT_UPDATE_NO_TRANSLATE };
    uint64_t at;

    fresh();
    world_init(&other, 2, 16);
    at = pte_at(w.l1, 10);
    is_int(do_update(&w, at | MMU_PT_UPDATE_NO_TRANSLATE, world_pte(&w, 10, PTE_A)), 0,
           "command 3 is a normal update");
    for ( unsigned int cmd = 4; cmd < 8; cmd++ )
        is_int(do_update(&w, at | cmd, 0), -ENOSYS, "commands 4 to 7 do not exist");
    for ( unsigned int i = 0; i < ARRAY_SIZE(cmds); i++ )
    {
        uint64_t cmd = cmds[i];

        is_int(do_update(&w, pte_at(other.l1, 10) | cmd, 0), -EINVAL, "somebody else's table");
        is_int(do_update(&w, 470ULL << 12 | cmd, 0), -EINVAL, "free memory");
        is_int(do_update(&w, (HOST_RAM_END + 1ULL) << 12 | cmd, 0), -EINVAL, "MMIO");
        is_int(do_update(&w, (uint64_t)HOST_FRAMES << 12 | cmd, 0), -EINVAL,
               "the first frame without account");
        is_int(do_update(&w, ~7ULL | cmd, 0), -EINVAL, "no address");
    }
    is_int(do_update(&w, pte_at(w.page[12], 3), 0x1234567), 0,
           "a plain writable page is stored to");
    is_u64(host_page(w.page[12])[3], 0x1234567, "as it is");
    do_va(&w, 13, 0);
    is_int(do_update(&w, pte_at(w.page[13], 3) | MMU_PT_UPDATE_PRESERVE_AD, 0xabcd), 0,
           "a page of no use too");
    is_u64(host_page(w.page[13])[3], 0xabcd, "as it is");

    host_page(w.l1)[10] |= PTE_A | PTE_D;
    is_int(do_update(&w, at | MMU_PT_UPDATE_PRESERVE_AD, world_pte(&w, 10, 0)), 0,
           "A and D are kept if asked");
    is_u64(entry(10) & PTE_AD, PTE_AD, "both");
    is_int(do_update(&w, at | MMU_PT_UPDATE_PRESERVE_AD, world_pte(&w, 12, 0)), 0,
           "also for another page");
    is_u64(entry(10) & PTE_AD, PTE_AD, "both");
    is_int(do_update(&w, at | MMU_PT_UPDATE_PRESERVE_AD, 0), 0,
           "not into an entry that is not present");
    is_u64(entry(10), 0, "which is zero");
    is_int(do_update(&w, at, world_pte(&w, 10, 0)), 0, "a normal update");
    is_u64(entry(10) & PTE_AD, 0, "takes no A and D over");
    host_page(w.l2)[0] |= PTE_A | PTE_D;
    do_update(&w, pte_at(w.l2, 0) | MMU_PT_UPDATE_PRESERVE_AD, world_pte(&w, 3, 0));
    is_u64(host_page(w.l2)[0] & PTE_AD, PTE_AD, "kept in an L2 too");

    is_int(do_update(&w, (mfn_x(w.page[12]) << 12) | MMU_MACHPHYS_UPDATE, 0x777), 0,
           "an M2P entry is set");
    is_u64(host.m.m2p[mfn_x(w.page[12])], 0x777, "so");
    is_int(do_update(&w, pte_at(w.l4, 100) | MMU_MACHPHYS_UPDATE, ~0ULL), 0,
           "of a table too, at any offset, to anything");
    is_int(do_update(&w, (mfn_x(other.l4) << 12) | MMU_MACHPHYS_UPDATE, 1), -EINVAL,
           "not of somebody else's frame");
    is_int(do_update(&w, (470ULL << 12) | MMU_MACHPHYS_UPDATE, 1), -EINVAL, "nor a free one");
    is_int(do_update(&w, ((HOST_FRAMES + 9ULL) << 12) | MMU_MACHPHYS_UPDATE, 1), -EINVAL,
           "nor one that does not exist");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_batch(void)
{
    struct pt_update req[5];
    struct mmu_target t;
    unsigned int done;

    fresh();
    mmu_decode_target(&w.d, DOMID_SELF, &t);
    for ( unsigned int i = 0; i < 5; i++ )
        req[i] = (struct pt_update){ pte_at(w.l1, 20 + i), 0 };
    is_int(mmu_update(&w.v, &t, req, 0, &done), 0, "no request is no error");
    is_u64(done, 0, "and none is done");
    req[3].val = world_pte(&w, 3, PTE_RW);
    is_int(mmu_update(&w.v, &t, req, 5, &done), -EBUSY, "the fourth of five is refused");
    is_u64(done, 3, "three are done");
    ok(entry(22) == 0 && entry(24) != 0, "those and no others");
    host.yield_every = 1;
    req[3].val = 0;
    is_int(mmu_update(&w.v, &t, req, 5, &done), -ERESTART, "a batch stops when it should");
    is_u64(done, 1, "after one request at least");
    is_int(mmu_update(&w.v, &t, &req[4], 1, &done), 0, "but not when nothing is left of it");
    is_u64(done, 1, "the last request is done");
}

/* A batch in which no request is like the one before: other commands, other tables, the page right behind the table. */
static void test_batch_mixed(void)
{
    struct pt_update req[7];
    struct mmu_target t;
    unsigned int done;
    uint64_t word;

    fresh();
    host.m.yield_mask = 511;
    mmu_decode_target(&w.d, DOMID_SELF, &t);
    is_u64(mfn_x(w.page[4]), mfn_x(w.l1) + 1, "a page behind the L1");
    word = host_word(w.page[10]);
    host_page(w.l1)[21] |= PTE_AD;
    req[0] = (struct pt_update){ pte_at(w.l1, 511), world_pte(&w, 10, 0) };
    req[1] = (struct pt_update){ pte_at(w.page[4], 0), world_pte(&w, 10, 0) };
    req[2] = (struct pt_update){ pte_at(w.l1, 20), 0 };
    req[3] = (struct pt_update){ pte_at(w.l1, 21) | MMU_PT_UPDATE_PRESERVE_AD,
                                 world_pte(&w, 21, PTE_RW | PTE_NX) };
    req[4] = (struct pt_update){ (mfn_x(w.page[4]) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x44 };
    req[5] = (struct pt_update){ (470ULL << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x66 };
    req[6] = (struct pt_update){ pte_at(w.l1, 22), 0 };
    is_int(mmu_update(&w.v, &t, req, 7, &done), -EINVAL, "seven requests, the sixth a bad one");
    is_u64(done, 5, "five are done");
    is_u64(entry(511), world_pte(&w, 10, PTE_US | PTE_GUEST_KERNEL), "an L1 entry");
    is_u64(host_page(w.page[4])[0], world_pte(&w, 10, 0), "a plain word behind it");
    is_u64(word_refs(host_word(w.page[10])), word_refs(word) + 1, "of which one counts");
    is_u64(entry(20), 0, "an L1 entry cleared");
    is_u64(entry(21) & (PTE_AD | PTE_NX), PTE_AD | PTE_NX, "one that keeps A and D");
    is_u64(host.m.m2p[mfn_x(w.page[4])], 0x44, "a name");
    ok(entry(22) != 0, "and nothing behind the bad one");
    is_u64(host_check(), 0, "the audit agrees");
}

static unsigned int asked;

static bool count_asked(void *arg)
{
    asked++;
    return false;
}

/* Batches ask whether they should stop as often as the machine wants, and never at their end. */
static void test_batch_asks(void)
{
    struct pt_update req[16];
    struct mmu_target t;
    unsigned int done;

    fresh();
    mmu_decode_target(&w.d, DOMID_SELF, &t);
    host.m.yield_mask = 3;
    host.yield_fn = count_asked;
    for ( unsigned int i = 0; i < 16; i++ )
        req[i] = (struct pt_update){ pte_at(w.l1, 12 + i), 0 };
    asked = 0;
    is_int(mmu_update(&w.v, &t, req, 16, &done), 0, "sixteen requests for one table");
    is_u64(asked, 3, "ask three times");
    for ( unsigned int i = 0; i < 16; i++ )
        req[i] = (struct pt_update){ (mfn_x(w.page[i]) << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, i };
    asked = 0;
    is_int(mmu_update(&w.v, &t, req, 16, &done), 0, "sixteen names");
    is_u64(asked, 3, "likewise");
    for ( unsigned int i = 0; i < 16; i++ )
        req[i] =
            (struct pt_update){ pte_at(i & 1 ? w.l2 : w.l1, 40 + i) | MMU_PT_UPDATE_PRESERVE_AD,
                                0 };
    asked = 0;
    is_int(mmu_update(&w.v, &t, req, 16, &done), 0, "sixteen that have nothing in common");
    is_u64(asked, 3, "likewise");
    asked = 0;
    is_int(mmu_update(&w.v, &t, req, 4, &done), 0, "four");
    is_u64(asked, 0, "do not ask at all");
    is_int(mmu_update(&w.v, &t, req, 5, &done), 0, "five");
    is_u64(asked, 1, "ask once");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_targets(void)
{
    uint64_t own, theirs, mmio = (HOST_RAM_END + 2ULL) << 12 | PTE_P;
    struct mmu_target t;
    unsigned int done;
    mfn_t hv;

    fresh();
    world_init(&other, 2, 16);
    hv = heap_alloc_owned(&host.m, 0, DOMID_XEN);
    own = world_pte(&w, 12, 0);
    theirs = world_pte(&other, 12, 0);
    is_int(mmu_decode_target(&w.d, 1, &t), -ESRCH, "a domain's own number is refused");
    says("DOMID_SELF");
    is_int(mmu_decode_target(&w.d, 9, &t), -ESRCH, "a number nobody has");
    is_int(mmu_decode_target(&w.d, DOMID_COW, &t), -ESRCH, "DOMID_COW");
    is_int(mmu_decode_target(&w.d, DOMID_INVALID, &t), -ESRCH, "DOMID_INVALID");
    is_int(mmu_decode_target(&w.d, DOMID_IDLE, &t), -ESRCH, "DOMID_IDLE");
    is_int(mmu_decode_target(&w.d, 2, &t), -EPERM, "another domain, unprivileged");
    is_int(mmu_decode_target(&w.d, DOMID_XEN, &t), -EPERM, "the hypervisor, unprivileged");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | 2 << 16, &t), 0, "PFD: own number + 1");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | 3 << 16, &t), -EPERM, "PFD: another, unprivileged");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | 10 << 16, &t), -ESRCH, "PFD: nobody");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | (DOMID_SELF + 1U) << 16, &t), -ESRCH,
           "PFD: DOMID_SELF + 1");
    is_int(mmu_decode_target(&w.d, DOMID_SELF | (DOMID_IO + 1U) << 16, &t), -ESRCH,
           "PFD: DOMID_IO");
    is_int(do_update_as(&w, DOMID_IO, pte_at(w.l1, 20), own, &done), -EBUSY,
           "DOMID_IO maps no memory");
    is_int(do_update_as(&w, DOMID_IO, pte_at(w.l1, 20), mmio, &done), -EPERM,
           "and MMIO only with access");
    is_int(do_update_as(&w, DOMID_IO, pte_at(w.l1, 20), 0, &done), 0, "but clears an entry");
    is_int(do_update_as(&w, DOMID_IO, (mfn_x(w.page[12]) << 12) | MMU_MACHPHYS_UPDATE, 0, &done),
           -EINVAL, "and has no M2P entries");

    w.d.privileged = true;
    w.d.iomem[0] = (struct frame_range){ _mfn(HOST_RAM_END), 8 };
    w.d.nr_iomem = 1;
    is_int(do_update_as(&w, DOMID_IO, pte_at(w.l1, 20), mmio, &done), 0, "DOMID_IO with access");
    is_int(do_update_as(&w, 2, pte_at(w.l1, 20), theirs, &done), 0,
           "privileged: another's page is mapped");
    is_u64(done, 1, "done");
    is_int(do_update_as(&w, 2, pte_at(w.l1, 21), theirs | PTE_RW, &done), 0, "writable too");
    is_int(do_update_as(&w, 2, pte_at(w.l1, 21), own, &done), -EBUSY,
           "but not one's own as if it were theirs");
    is_int(do_update_as(&w, 2, pte_at(w.l1, 21), world_pte(&other, 3, PTE_RW), &done), -EBUSY,
           "nor their page table writable");
    is_int(do_update_as(&w, 2, pte_at(w.l2, 21), world_pte(&other, 3, 0), &done), -EINVAL,
           "nor linked");
    is_int(do_update_as(&w, 2 | (3 << 16), pte_at(other.l1, 14), theirs, &done), 0,
           "their own table, their own page");
    is_int(do_update_as(&w, 2 | (3 << 16), pte_at(other.l2, 5), 0, &done), 0, "at L2 as well");
    is_int(do_update_as(&w, DOMID_SELF | (3 << 16), pte_at(other.l1, 13), own, &done), 0,
           "their L1, a page of ours");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_update_as(&w, DOMID_SELF | (3 << 16), pte_at(other.l1, 13), theirs, &done), -EBUSY,
           "but not theirs as if it were ours");
    is_int(do_update_as(&w, DOMID_SELF | (3 << 16), pte_at(other.l1, 13), 0, &done), 0, "cleared");
    is_int(do_update_as(&w, DOMID_SELF | (3 << 16), pte_at(other.l2, 5), 0, &done), -EINVAL,
           "but an L2 of theirs for pages of ours is refused");
    is_int(do_update_as(&w, DOMID_XEN, pte_at(w.l1, 22), mfn_x(hv) << 12 | PTE_P, &done), -EBUSY,
           "the hypervisor's frames cannot be read, by nobody");
    says("belongs to the hypervisor");
    is_int(do_update_as(&w, DOMID_XEN, pte_at(w.l1, 23), mfn_x(hv) << 12 | PTE_P | PTE_RW, &done),
           -EBUSY, "let alone written");
    is_int(do_update_as(&w, DOMID_XEN, pte_at(w.l1, 23), mmio, &done), -EPERM,
           "no device is the hypervisor's to give");
    is_int(do_update_as(&w, DOMID_XEN, pte_at(w.l1, 23), own, &done), -EBUSY,
           "nor one's own that way");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&other), -EBUSY, "the other domain cannot go while its pages are mapped");
    is_u64(other.d.tot_pages, 1, "but for those");
    is_int(do_teardown(&w), 0, "the mapper goes");
    is_int(do_teardown(&other), 0, "then the other can");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- update_va_mapping -------------------------------------------------------------------------------------------- */

static int va(uint64_t addr, uint64_t val, unsigned long flags, uint64_t mask)
{
    struct mmu_target t;

    mmu_decode_target(&w.d, DOMID_SELF, &t);
    host.last_flush_vcpus = host.last_flush_flags = 0;
    host.last_flush_va = 0;
    return update_va_mapping(&w.v, &t, addr, val, flags, mask);
}

static void test_va(void)
{
    uint64_t at, e;

    fresh();
    at = WORLD_VA(10);
    e = world_pte(&w, 10, PTE_RW);
    is_int(va(at + 0x123, e, 0, 0), 0, "the low bits of the address do not matter");
    is_u64(host.last_flush_flags, 0, "UVMF_NONE flushes nothing");
    is_int(va(at, e, UVMF_INVLPG, 0), 0, "INVLPG, local");
    ok(host.last_flush_flags == FLUSH_VA && host.last_flush_vcpus == 1 && host.last_flush_va == at,
       "flushes the page on the caller");
    is_int(va(at, e, UVMF_INVLPG | UVMF_ALL, 0), 0, "INVLPG, all");
    ok(host.last_flush_flags == FLUSH_VA && host.last_flush_vcpus == ~0ULL,
       "flushes the page everywhere");
    is_int(va(at, e, UVMF_INVLPG | 0x7000, 0x5), 0, "INVLPG, some");
    ok(host.last_flush_flags == FLUSH_VA && host.last_flush_vcpus == 5,
       "flushes the page on those");
    is_int(va(at, e, UVMF_TLB_FLUSH, 0), 0, "TLB_FLUSH, local");
    ok(host.last_flush_flags == FLUSH_ALL && host.last_flush_vcpus == 1,
       "flushes all on the caller");
    is_int(va(at, e, UVMF_TLB_FLUSH | UVMF_ALL, 0), 0, "TLB_FLUSH, all");
    ok(host.last_flush_flags == FLUSH_ALL && host.last_flush_vcpus == ~0ULL,
       "flushes all everywhere");
    is_int(va(at, e, UVMF_TLB_FLUSH | 0x7000, 0x6), 0, "TLB_FLUSH, some");
    ok(host.last_flush_flags == FLUSH_ALL && host.last_flush_vcpus == 6, "flushes all on those");
    is_int(va(at, e, UVMF_FLUSHTYPE_MASK, 0), 0, "flush type 3 is not an error");
    is_int(va(at, world_pte(&w, 3, PTE_RW), UVMF_INVLPG | UVMF_ALL, 0), -EBUSY, "a refused update");
    is_u64(host.last_flush_flags, 0, "flushes nothing (XSA-279)");
    is_int(va(1ULL << 63, 0, UVMF_INVLPG | UVMF_ALL, 0), -EINVAL, "no canonical address");
    is_u64(host.last_flush_flags, 0, "flushes nothing");
    is_int(va(0xffff800000000000ULL, 0, 0, 0), -EINVAL, "the hypervisor's first address");
    is_int(va(0xffff87fffffff000ULL, 0, 0, 0), -EINVAL, "and its last");
    is_int(va(0x0000800000000000ULL, 0, 0, 0), -EINVAL, "the first that is not canonical");
    is_int(va(0, 0, 0, 0), -EINVAL, "no L3 there");
    is_int(va(WORLD_VA(0) + (1ULL << 30), 0, 0, 0), -EINVAL, "no L2 there");
    is_int(va(WORLD_VA(0) + (1ULL << 21), 0, 0, 0), -EINVAL, "no L1 there");
    w.v.root = INVALID_MFN;
    is_int(va(at, 0, 0, 0), -EINVAL, "no root at all");
}

/*
 * Addresses that are not the guest's are refused for what they are, whatever the tables say: an address that is not canonical has the
 * same indices as one that is, and the hypervisor's slots are not walked even if they showed the guest's own tables.
 */
static void test_va_aliases(void)
{
    uint64_t at;

    fresh();
    at = WORLD_VA(10);
    for ( unsigned int bit = 48; bit < 64; bit++ )
        if ( va(at | 1ULL << bit, 0, 0, 0) != -EINVAL )
            fail("an address with bit %u set besides those of a mapped one is refused", bit);
    is_u64(entry(10), world_pte(&w, 10, PTE_RW | PTE_US | PTE_GUEST_KERNEL), "nothing is unmapped");
    host_page(w.l4)[HV_SLOT_FIRST] = host_page(w.l4)[WORLD_SLOT];
    is_int(va(0xffff800000000000ULL + (10ULL << PAGE_SHIFT), 0, 0, 0), -EINVAL,
           "the hypervisor's addresses are refused unseen");
    is_int(do_ext(&w, MMUEXT_SET_LDT, 0x00007ffffffff000ULL, 8192), 0, "an LDT to the very edge");
    do_va(&w, 0, world_pte(&w, 20, 0));
    memset(host_page(w.page[20]), 0, PAGE_SIZE);
    ok(!ldt_fault(&w.v, PAGE_SIZE), "does not go on behind it");
    host_page(w.l4)[HV_SLOT_FIRST] = w.d.hv_slots[0];
    is_u64(host_check(), 0, "the audit agrees");
}

/* What a walk reads may have changed since the tables were accepted: frames without account, and those of others, end it. */
static void test_walk_ends(void)
{
    struct pt_walk walk;
    uint64_t nr;

    fresh();
    nr = host.m.max_mfn;
    ok(!pt_walk(&host.m, _mfn(HOST_FRAMES), WORLD_VA(5), &walk), "no walk from no frame");
    ok(!pt_walk(&host.m, _mfn(470), WORLD_VA(5), &walk), "nor from one that is nobody's");
    ok(pt_walk(&host.m, w.l4, WORLD_VA(5), &walk) && walk.level == 1, "a walk");
    host.m.max_mfn = mfn_x(w.l2);
    ok(!pt_walk(&host.m, w.l4, WORLD_VA(5), &walk) && walk.level == 3,
       "ends at the first table without an account");
    host.m.max_mfn = nr;
    mfn_to_frame(&host.m, w.l2)->owner = OWNER(7);
    ok(!pt_walk(&host.m, w.l4, WORLD_VA(5), &walk) && walk.level == 3, "or of another owner");
    mfn_to_frame(&host.m, w.l2)->owner = OWNER(1);
    ok(pt_walk(&host.m, w.l4, WORLD_VA(100), &walk) && walk.level == 1 && !(walk.entry[1] & PTE_P),
       "an empty L1 entry is an end as good as any");
    ok(!pt_walk(&host.m, w.l4, WORLD_VA(5) + (1ULL << 21), &walk) && walk.level == 2,
       "an empty L2 entry is not");
    is_int(do_update(&w, pte_at(w.l2, 9), mfn_x(w.l1) << PAGE_SHIFT), 0,
           "an L2 entry that is not present, but names the L1");
    ok(!pt_walk(&host.m, w.l4, WORLD_VA(5) + (9ULL << 21), &walk) && walk.level == 2, "neither");
}

/* The walk is made through memory: a table swapped under an address is seen at once (XSA-286). */
static void test_swapped_table(void)
{
    fresh();
    do_va(&w, 20, world_pte(&w, 20, 0));
    do_va(&w, 21, world_pte(&w, 21, 0));
    host_page(w.page[20])[0] = world_pte(&w, 21, 0); /* an L2 with an empty L1 */
    is_int(do_update(&w, pte_at(w.l3, 0), world_pte(&w, 20, 0)), 0,
           "another L2 takes the place of the first");
    is_int(do_va(&w, 10, world_pte(&w, 12, 0)), 0, "a page is mapped there");
    is_u64(host_page(w.page[21])[10] & PTE_ADDR_BITS, mfn_x(w.page[12]) << 12, "the new L1 has it");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- page-table writes -------------------------------------------------------------------------------------------- */

static void test_ptwr(void)
{
    uint64_t at, old;

    fresh();
    at = pte_at(w.l1, 10);
    old = entry(10);
    is_int(ptwr_update(&w.v, at, old, world_pte(&w, 12, PTE_RW)), 0, "a store to an L1 entry");
    is_u64(entry(10), world_pte(&w, 12, PTE_RW | PTE_US | PTE_GUEST_KERNEL),
           "is made, with the bits we add");
    is_int(ptwr_update(&w.v, at, old, 0), -EAGAIN,
           "an entry that has changed meanwhile is not overwritten");
    is_int(ptwr_update(&w.v, at, entry(10), world_pte(&w, 3, PTE_RW)), -EBUSY,
           "nor with what is not allowed");
    old = entry(10);
    is_int(ptwr_update(&w.v, at, old, old | PTE_AD | PTE_NX), 0, "flags alone may change");
    is_int(ptwr_update(&w.v, at, old, old | PTE_A), -EAGAIN, "not of an entry that has changed");
    is_int(ptwr_update(&w.v, at, old | PTE_PCD, old | PTE_PCD | PTE_A), -EINVAL,
           "nor to what such an entry may not have");
    is_u64(entry(10), old | PTE_AD | PTE_NX, "which is as it was");
    is_int(ptwr_update(&w.v, at + 4, 0, 0), -EINVAL, "not half an entry");
    is_int(ptwr_update(&w.v, pte_at(w.l2, 0), host_page(w.l2)[0], 0), -EINVAL, "not an L2");
    is_int(ptwr_update(&w.v, pte_at(w.page[12], 0), 0, 0), -EINVAL, "not a page");
    is_int(ptwr_update(&w.v, 470ULL << 12, 0, 0), -EINVAL, "not free memory");
    is_int(ptwr_update(&w.v, (uint64_t)HOST_FRAMES << 12, 0, 0), -EINVAL, "nor without account");
    is_int(ptwr_update(&w.v, at, entry(10), 0), 0, "cleared");
    is_u64(host_check(), 0, "the audit agrees");
}

int main(void)
{
    test_l1_bits();
    test_l1tf();
    test_l1_frames();
    test_l1_ends();
    test_right_withdrawn();
    test_counts();
    test_full_counts();
    test_full_types();
    test_many_references();
    test_noncoherent();
    test_table_bits();
    test_table_links();
    test_hv_slots();
    test_commands();
    test_batch();
    test_batch_mixed();
    test_batch_asks();
    test_targets();
    test_va();
    test_va_aliases();
    test_walk_ends();
    test_swapped_table();
    test_ptwr();
    return done();
}
