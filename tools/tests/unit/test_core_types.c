/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Types: pins, roots, descriptor pages, teardown; where long work may stop, and the schedules that broke other hypervisors (the
 * advisories' numbers stand with each). test_core_stops stops everything everywhere.
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "tap.h"

static struct world w, other;

static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 48);
    host_touch(&w.v);
}

/* Page @i stops being writable anywhere. */
static void unmap(unsigned int i)
{
    do_va(&w, i, 0);
}

static int pin(unsigned int i, unsigned int level)
{
    return do_ext(&w, MMUEXT_PIN_L1_TABLE + level - 1, mfn_x(w.page[i]), 0);
}

static int unpin(unsigned int i)
{
    return do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[i]), 0);
}

static void store(unsigned int page, unsigned int slot, uint64_t e)
{
    host_page(w.page[page])[slot] = e;
}

/* Pages 10 (L4) -> 11, 12 (L3) -> 13 (L2, shared) -> 14, 15 (L1) -> data 20.., not writable, not typed. */
static void build_tree(void)
{
    for ( unsigned int i = 10; i < 16; i++ )
        unmap(i);
    for ( unsigned int i = 10; i < 16; i++ )
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    store(10, 0, world_pte(&w, 11, PTE_RW));
    store(10, 511, world_pte(&w, 12, PTE_RW));
    store(11, 3, world_pte(&w, 13, PTE_RW));
    store(12, 4, world_pte(&w, 13, PTE_RW));
    store(13, 0, world_pte(&w, 14, PTE_RW));
    store(13, 511, world_pte(&w, 15, PTE_RW));
    for ( unsigned int i = 0; i < 8; i++ )
    {
        store(14, i * 60, world_pte(&w, 20 + i, PTE_RW));
        store(15, 511 - i, world_pte(&w, 20 + i, 0));
    }
}

static enum frame_type type_of(unsigned int i)
{
    return word_types(host_word(w.page[i])) ? word_type(host_word(w.page[i])) : FRAME_NONE;
}

/* ---- pins --------------------------------------------------------------------------------------------------------- */

static void test_pins(void)
{
    uint64_t before;

    fresh();
    build_tree();
    is_int(pin(14, 1), 0, "an L1 is pinned");
    is_int(pin(14, 1), -EINVAL, "not twice");
    is_int(pin(14, 2), -EINVAL, "nor as something else");
    is_int(pin(13, 2), 0, "an L2 with pinned and unpinned L1s");
    is_int(pin(10, 4), 0, "the root above");
    is_u64(type_of(11), FRAME_L3, "what is under it has its types");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(unpin(10), 0, "unpinned");
    is_u64(type_of(11), FRAME_NONE, "the L3s are none any more");
    is_u64(type_of(13), FRAME_L2, "the pinned L2 is");
    is_int(unpin(13), 0, "unpinned");
    is_u64(type_of(14), FRAME_L1, "the pinned L1 is");
    is_u64(type_of(15), FRAME_NONE, "the other is not");
    is_int(unpin(14), 0, "unpinned");
    is_int(unpin(14), -EINVAL, "not twice");
    is_u64(host_check(), 0, "the audit agrees");

    is_int(pin(20, 1), -EINVAL, "a writable page cannot be pinned");
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, ~0ULL, 0), -EINVAL, "nor what does not exist");
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, 470, 0), -EINVAL, "nor free memory");
    is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, ~0ULL, 0), -EINVAL, "nor unpinned");
    is_int(unpin(20), -EINVAL, "nor a page that is not pinned");
    is_int(do_ext_as(&w, DOMID_IO, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[14]), 0), -EINVAL,
           "nor under DOMID_IO");
    is_int(pin(1, 3), 0, "a live table can be pinned as what it is");
    is_int(unpin(1), 0, "and unpinned");
    is_int(unpin(0), 0, "the running root too");
    is_u64(type_of(0), FRAME_L4, "which it stays");
    is_int(pin(0, 4), 0, "and pinned again");

    before = host_hash();
    store(14, 100, world_pte(&w, 3, PTE_RW));
    is_int(pin(14, 1), -EBUSY, "an L1 that maps a table writable");
    store(14, 100, world_pte(&w, 14, PTE_RW));
    is_int(pin(14, 1), -EBUSY, "or itself");
    store(14, 100, (HOST_RAM_END + 1ULL) << 12 | PTE_P);
    is_int(pin(14, 1), -EPERM, "or a device");
    store(14, 100, 1ULL << 45 | PTE_P);
    is_int(pin(14, 1), -EPERM, "or what the CPU has no address for");
    store(14, 100, world_pte(&w, 20, PTE_PCD));
    is_int(pin(14, 1), -EINVAL, "or with a memory type that it may not choose");
    is_int(pin(13, 2), -EINVAL, "an L2 above it");
    is_int(pin(10, 4), -EINVAL, "an L4 above that");
    store(14, 100, 0);
    is_u64(host_hash(), before, "a refused pin leaves nothing behind");
    store(13, 0, world_pte(&w, 13, 0));
    is_int(pin(13, 2), -EINVAL, "an L2 cannot link itself");
    store(13, 0, world_pte(&w, 20, 0));
    is_int(pin(13, 2), -EINVAL, "nor a writable page");
    store(11, 3, world_pte(&w, 11, 0));
    is_int(pin(11, 3), -EINVAL, "an L3 cannot link itself");
    store(10, 9, world_pte(&w, 10, PTE_RW));
    is_int(pin(10, 4), -EINVAL, "an L4 not writable");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_foreign_pin(void)
{
    fresh();
    world_init(&other, 2, 16);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(other.l1), 0), -EINVAL,
           "another's table is not pinned as one's own");
    is_int(do_ext_as(&w, 2, MMUEXT_PIN_L1_TABLE, mfn_x(other.l1), 0), -EPERM,
           "nor by its number, unprivileged");
    w.d.privileged = true;
    is_int(do_ext_as(&w, 2, MMUEXT_PIN_L1_TABLE, mfn_x(other.l1), 0), 0, "but privileged");
    is_int(do_ext_as(&w, 2, MMUEXT_UNPIN_TABLE, mfn_x(other.l1), 0), 0, "and unpinned");
    is_int(do_ext_as(&w, 2, MMUEXT_NEW_BASEPTR, mfn_x(other.l4), 0), -EPERM,
           "another's root cannot be run on");
    is_int(do_ext_as(&w, DOMID_IO, MMUEXT_TLB_FLUSH_LOCAL, 0, 0), -EPERM,
           "flushes concern the caller");
    is_u64(host_check(), 0, "the audit agrees");
}

/* Tables, pages and pins of another domain can be acted upon; what concerns the caller's own vCPU cannot. */
static void test_needs_self(void)
{
    static const struct
    {
        unsigned int cmd;
        int want;
    } cmds[] = {
        { MMUEXT_PIN_L1_TABLE, -EINVAL },
        { MMUEXT_PIN_L2_TABLE, -EINVAL },
        { MMUEXT_PIN_L3_TABLE, -EINVAL },
        { MMUEXT_PIN_L4_TABLE, -EINVAL },
        { MMUEXT_UNPIN_TABLE, -EINVAL },
        { MMUEXT_CLEAR_PAGE, -EINVAL },
        { MMUEXT_COPY_PAGE, -EINVAL },
        { MMUEXT_MARK_SUPER, -EOPNOTSUPP },
        { MMUEXT_UNMARK_SUPER, -EOPNOTSUPP },
        { MMUEXT_NEW_BASEPTR, -EPERM },
        { MMUEXT_NEW_USER_BASEPTR, -EPERM },
        { MMUEXT_TLB_FLUSH_LOCAL, -EPERM },
        { MMUEXT_TLB_FLUSH_MULTI, -EPERM },
        { MMUEXT_TLB_FLUSH_ALL, -EPERM },
        { MMUEXT_INVLPG_LOCAL, -EPERM },
        { MMUEXT_INVLPG_MULTI, -EPERM },
        { MMUEXT_INVLPG_ALL, -EPERM },
        { MMUEXT_FLUSH_CACHE, -EPERM },
        { MMUEXT_FLUSH_CACHE_GLOBAL, -EPERM },
        { MMUEXT_SET_LDT, -EPERM },
        { 14, -ENOSYS },
        { 21, -ENOSYS },
    };

    fresh();
    world_init(&other, 2, 16);
    w.d.privileged = w.d.cache_attrs = true;
    for ( unsigned int i = 0; i < ARRAY_SIZE(cmds); i++ )
    {
        char what[80];

        snprintf(what, sizeof(what), "command %u on a frame of no domain, for another domain",
                 cmds[i].cmd);
        is_int(do_ext_as(&w, 2, cmds[i].cmd, HOST_FRAMES, 470), cmds[i].want, what);
    }
    is_int(do_ext_as(&w, 2, MMUEXT_CLEAR_PAGE, mfn_x(other.page[9]), 0), 0, "its page is cleared");
    is_int(do_ext_as(&w, 2, MMUEXT_CLEAR_PAGE, mfn_x(w.page[9]), 0), -EINVAL, "not one's own so");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- roots -------------------------------------------------------------------------------------------------------- */

static void test_roots(void)
{
    unsigned int loads;

    fresh();
    build_tree();
    loads = host.root_loads;
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[20]), 0), -EINVAL,
           "a writable page is no root");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l3), 0), -EINVAL, "an L3 neither");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, 0, 0), -EINVAL, "nor mfn 0");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, ~0ULL, 0), -EINVAL, "nor no mfn");
    is_u64(host.root_loads, loads, "and nothing was loaded");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]), 0), 0, "a root need not be pinned");
    is_u64(host.root_loads, loads + 1, "it is loaded");
    is_u64(type_of(13), FRAME_L2, "and validated as deep as it goes");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]), 0), 0, "once more the same");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l4), 0), 0, "and back");
    is_u64(type_of(13), FRAME_NONE, "the other is released whole");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "no user root is fine");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, ~0ULL, 0), -EINVAL, "but mfn ~0 is not \"none\"");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[20]), 0), -EINVAL,
           "a writable page is no user root");
    loads = host.root_loads;
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[10]), 0), 0, "an L4 is");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.l4), 0), 0, "the kernel's own too");
    is_u64(type_of(10), FRAME_NONE, "the one before is released");
    is_u64(host.root_loads, loads, "nothing is loaded in kernel mode");
    is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "and gone");
    is_u64(host_check(), 0, "the audit agrees");
    store(14, 100, world_pte(&w, 3, PTE_RW));
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.page[10]), 0), -EBUSY,
           "a root with a bad leaf is refused");
    is_u64(mfn_x(w.v.root), mfn_x(w.l4), "and the old one stays");
}

/* ---- the other operations ----------------------------------------------------------------------------------------- */

static void test_other_ops(void)
{
    static const unsigned int flushes[] = { MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_ALL,
                                            MMUEXT_TLB_FLUSH_MULTI };
    struct mmuext op = { .cmd = MMUEXT_INVLPG_MULTI, .arg1 = WORLD_VA(3), .vcpumask = 1 };
    struct mmu_target t;

    fresh();
    mmu_decode_target(&w.d, DOMID_SELF, &t);
    for ( unsigned int i = 0; i < ARRAY_SIZE(flushes); i++ )
        is_int(do_ext(&w, flushes[i], 0, 0), 0, "a complete flush");
    is_u64(host.last_flush_vcpus, 0, "MULTI with an empty bitmap flushes nobody");
    is_int(mmuext_op(&w.v, &t, &op), 0, "INVLPG_MULTI");
    ok(host.last_flush_flags == FLUSH_VA && host.last_flush_vcpus == 1 &&
           host.last_flush_va == WORLD_VA(3),
       "flushes what it names");
    is_int(do_ext(&w, MMUEXT_INVLPG_LOCAL, WORLD_VA(4), 0), 0, "INVLPG_LOCAL");
    is_u64(host.last_flush_va, WORLD_VA(4), "flushes its address");
    is_int(do_ext(&w, MMUEXT_INVLPG_ALL, 1ULL << 63, 0), 0,
           "INVLPG of no canonical address is no error");
    is_u64(host.last_flush_va, WORLD_VA(4), "and reaches no CPU");
    is_int(do_ext(&w, MMUEXT_FLUSH_CACHE, 0, 0), -EINVAL,
           "caches are flushed by domains with hardware access");
    w.d.cache_attrs = true;
    is_int(do_ext(&w, MMUEXT_FLUSH_CACHE, 0, 0), 0, "those may");
    is_int(do_ext(&w, MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), 0, "everywhere");
    is_u64(host.cache_flushes, 2, "two flushes");
    host.last_flush_vcpus = host.last_flush_flags = 0;
    is_int(do_ext(&w, MMUEXT_FLUSH_CACHE, 0, 0), 0, "the first kind");
    ok(host.last_flush_vcpus == 1 && host.last_flush_flags == FLUSH_CACHE,
       "flushes where the caller may have been");
    host.last_flush_vcpus = host.last_flush_flags = 0;
    is_int(do_ext(&w, MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), 0, "the second");
    ok(host.last_flush_flags == 0 && host.cache_flushes == 4, "the whole machine");
    is_int(do_ext(&w, MMUEXT_MARK_SUPER, 0, 0), -EOPNOTSUPP, "MARK_SUPER");
    is_int(do_ext(&w, MMUEXT_UNMARK_SUPER, ~0ULL, 0), -EOPNOTSUPP, "UNMARK_SUPER");
    is_int(do_ext(&w, 14, 0, 0), -ENOSYS, "command 14 does not exist");
    is_int(do_ext(&w, 21, 0, 0), -ENOSYS, "nor 21");
    is_int(do_ext(&w, ~0U, 0, 0), -ENOSYS, "nor the last");

    memset(host_page(w.page[20]), 0x5a, PAGE_SIZE);
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, mfn_x(w.page[21]), mfn_x(w.page[20])), 0, "COPY_PAGE");
    is_int(memcmp(host_page(w.page[20]), host_page(w.page[21]), PAGE_SIZE), 0, "copies");
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, mfn_x(w.page[21]), mfn_x(w.l4)), 0,
           "from a page table too");
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, mfn_x(w.l4), mfn_x(w.page[21])), -EINVAL, "not onto one");
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, mfn_x(w.page[21]), ~0ULL), -EINVAL, "not from nowhere");
    is_int(do_ext(&w, MMUEXT_CLEAR_PAGE, mfn_x(w.page[20]), 0), 0, "CLEAR_PAGE");
    is_u64(host_page(w.page[20])[100], 0, "clears");
    is_int(do_ext(&w, MMUEXT_CLEAR_PAGE, mfn_x(w.l1), 0), -EINVAL, "not a page table");
    is_int(do_ext(&w, MMUEXT_CLEAR_PAGE, HOST_RAM_END + 1, 0), -EINVAL, "not a device");
    is_int(do_ext_as(&w, DOMID_IO, MMUEXT_CLEAR_PAGE, mfn_x(w.page[20]), 0), -EINVAL,
           "not under DOMID_IO");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- descriptors -------------------------------------------------------------------------------------------------- */

#define DESC(type, s, dpl, p)                                                                      \
    (((uint64_t)(type) << 40) | ((uint64_t)(s) << 44) | ((uint64_t)(dpl) << 45) |                  \
     ((uint64_t)(p) << 47))

static void test_one_descriptor(void)
{
    for ( unsigned int type = 0; type < 16; type++ )
        for ( unsigned int dpl = 0; dpl < 4; dpl++ )
        {
            uint64_t absent = DESC(type, 0, dpl, 0), system = DESC(type, 0, dpl, 1),
                     segment = DESC(type, 1, dpl, 1);
            uint64_t x = absent;

            ok(descriptor_fix(&x) && x == absent, "absent descriptor of type %u, DPL %u: as it is",
               type, dpl);
            x = segment;
            ok(descriptor_fix(&x) && x == DESC(type, 1, 3, 1), "segment of type %u, DPL %u: DPL 3",
               type, dpl);
            x = system;
            if ( type == 0 || type == 12 )
                ok(descriptor_fix(&x) && x == DESC(type, 0, type ? 0 : dpl, 1),
                   "system type %u, DPL %u: harmless", type, dpl);
            else
                ok(!descriptor_fix(&x), "system type %u, DPL %u: refused", type, dpl);
        }
}

static void test_gdt(void)
{
    uint64_t frames[MM_GDT_FRAMES + 1];

    fresh();
    for ( unsigned int i = 0; i < MM_GDT_FRAMES + 1; i++ )
    {
        frames[i] = mfn_x(w.page[20 + i]);
        unmap(20 + i);
        memset(host_page(w.page[20 + i]), 0, PAGE_SIZE);
        store(20 + i, 1, DESC(0xb, 1, 0, 1));
    }
    is_int(gdt_set(&w.v, frames, 7168), 0, "a GDT of 14 pages");
    is_int(gdt_set(&w.v, frames, 7169), -EINVAL, "not of more");
    is_u64(type_of(34), FRAME_NONE, "whose last page is not even looked at");
    is_u64(host_page(w.page[33])[1], DESC(0xb, 1, 3, 1), "its segments have DPL 3");
    is_u64(type_of(33), FRAME_DESC, "its pages are descriptor pages");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_va(&w, 25, world_pte(&w, 25, PTE_RW)), -EBUSY, "which cannot be mapped writable");
    is_int(pin(25, 1), -EINVAL, "nor pinned");
    is_int(do_update(&w, pte_at(w.page[25], 0), 0), -EINVAL, "nor stored to");
    is_int(gdt_set(&w.v, frames, 513), 0, "a smaller GDT");
    is_u64(type_of(22), FRAME_NONE, "lets the other pages go");
    frames[1] = mfn_x(w.l1);
    is_int(gdt_set(&w.v, frames, 1024), -EINVAL, "a page table is no GDT page");
    is_u64(w.v.gdt_ents, 513, "the old GDT stays");
    store(22, 400, DESC(2, 0, 3, 1));
    frames[1] = mfn_x(w.page[22]);
    is_int(gdt_set(&w.v, frames, 1024), -EINVAL, "nor a page with an LDT descriptor in it");
    store(22, 400, 0);
    frames[1] = 470;
    is_int(gdt_set(&w.v, frames, 1024), -EINVAL, "nor free memory");
    frames[1] = frames[0];
    is_int(gdt_set(&w.v, frames, 1024), 0, "the same page twice is fine");
    mfn_to_frame(&host.m, w.page[20])->word += (FRAME_REFS_LIMIT - 2) * FRAME_TYPED;
    is_int(gdt_set(&w.v, frames, 1), -EINVAL, "but not more often than can be counted");
    mfn_to_frame(&host.m, w.page[20])->word -= (FRAME_REFS_LIMIT - 2) * FRAME_TYPED;
    is_u64(host_check(), 0, "the audit agrees");
    is_int(gdt_set(&w.v, frames, 0), 0, "no GDT");
    is_u64(type_of(20), FRAME_NONE, "and all pages are free");

    is_int(gdt_set(&w.v, frames, 512), 0, "a GDT");
    is_int(descriptor_update(&w.v, pte_at(w.page[20], 5), DESC(3, 1, 1, 1)), 0,
           "one descriptor is updated");
    is_u64(host_page(w.page[20])[5], DESC(3, 1, 3, 1), "with DPL 3");
    is_int(descriptor_update(&w.v, pte_at(w.page[20], 5), DESC(9, 0, 1, 1)), -EINVAL,
           "not to a TSS");
    is_int(descriptor_update(&w.v, pte_at(w.page[20], 5) + 4, 0), -EINVAL, "not between two");
    is_int(descriptor_update(&w.v, pte_at(w.l1, 5), 0), -EINVAL, "not in a page table");
    is_int(descriptor_update(&w.v, pte_at(w.page[40], 5), DESC(3, 1, 1, 1)), 0,
           "in a plain page it can be");
    is_int(descriptor_update(&w.v, pte_at(_mfn(470), 5), 0), -EINVAL, "not in free memory");
    is_u64(host_check(), 0, "the audit agrees");
}

/* A page is checked from its first descriptor to its last, and what lies behind it is nobody's concern. */
static void test_desc_page(void)
{
    uint64_t gdt;

    fresh();
    unmap(20);
    memset(host_page(w.page[20]), 0, PAGE_SIZE);
    store(20, 511, DESC(3, 1, 0, 1));
    gdt = mfn_x(w.page[20]);
    is_u64(mfn_x(w.page[21]), gdt + 1, "a page and the one behind it");
    store(21, 0, DESC(9, 0, 0, 1));
    is_int(gdt_set(&w.v, &gdt, 512), 0, "a TSS behind a GDT page does no harm");
    is_u64(host_page(w.page[20])[511], DESC(3, 1, 3, 1), "the page's last descriptor is put right");
    gdt_clear(&w.v);
    store(20, 511, DESC(3, 1, 0, 1));
    store(21, 0, DESC(3, 1, 0, 1));
    is_int(gdt_set(&w.v, &gdt, 1), 0, "the whole page counts, even for one descriptor");
    is_u64(host_page(w.page[20])[511], DESC(3, 1, 3, 1), "its last one is put right");
    is_u64(host_page(w.page[21])[0], DESC(3, 1, 0, 1), "what is behind it stays as it is");
    gdt_clear(&w.v);
    store(20, 511, DESC(9, 0, 0, 1));
    is_int(frame_type_get(&w.d, mfn_to_frame(&host.m, w.page[20]), FRAME_DESC), -EINVAL,
           "a page with a TSS is no descriptor page");
    is_int(gdt_set(&w.v, &gdt, 1), -EINVAL, "a TSS in its last descriptor is found");
    store(20, 511, 0);
    store(20, 0, DESC(9, 0, 0, 1));
    is_int(gdt_set(&w.v, &gdt, 1), -EINVAL, "and in its first");
    is_u64(host_check(), 0, "the audit agrees");
}

/* Only the pages that the limit reaches can be had, though others are mapped behind them (XSA-298). */
static void test_ldt_limit(void)
{
    fresh();
    for ( unsigned int i = 20; i < 23; i++ )
    {
        do_va(&w, i, world_pte(&w, i, 0));
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 512), 0, "an LDT of exactly one page");
    ok(!ldt_fault(&w.v, PAGE_SIZE), "the page behind it cannot be had");
    ok(ldt_fault(&w.v, PAGE_SIZE - 1), "its last byte can");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 513), 0, "one descriptor more");
    is_u64(type_of(20), FRAME_NONE, "begins anew");
    ok(!ldt_fault(&w.v, PAGE_SIZE + 8), "the first byte behind it cannot be had");
    ok(ldt_fault(&w.v, PAGE_SIZE + 7), "the byte before can");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 0), 0, "no LDT");
    is_u64(type_of(21), FRAME_NONE, "lets its pages go");
    ok(!ldt_fault(&w.v, 0), "and has none");

    host.ldt_loads = 0;
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 600), 0, "a new LDT");
    is_u64(host.ldt_loads, 1, "is loaded");
    ok(ldt_fault(&w.v, 0), "a page of it in use");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 600), 0, "the same again");
    is_u64(host.ldt_loads, 1, "changes nothing");
    is_u64(type_of(20), FRAME_DESC, "and drops nothing");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(21), 600), 0, "as large, but elsewhere");
    ok(host.ldt_loads == 2 && w.v.ldt_base == WORLD_VA(21), "is another");
    is_u64(type_of(20), FRAME_NONE, "which drops the first");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(21), 700), 0, "there, but larger");
    ok(host.ldt_loads == 3 && w.v.ldt_ents == 700, "too");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 8192), 0, "the largest");
    is_int(do_va(&w, 23, mfn_x(w.page[21]) << PAGE_SHIFT), 0, "an entry that is not present");
    ok(!ldt_fault(&w.v, 3 * PAGE_SIZE), "shows no page of it, whatever it names");
    w.v.root = INVALID_MFN;
    ok(!ldt_fault(&w.v, 0), "a vCPU without a root finds no page of it");
}

/* The pages of an LDT go when a page that shows them is unmapped, and only then. */
static void test_ldt_unmap(void)
{
    unsigned int done;

    fresh();
    world_init(&other, 2, 16);
    w.d.privileged = true;
    for ( unsigned int i = 20; i < 22; i++ )
    {
        do_va(&w, i, world_pte(&w, i, 0));
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 1024), 0, "an LDT");
    ok(ldt_fault(&w.v, 0) && ldt_fault(&w.v, PAGE_SIZE), "both pages in use");
    is_int(do_va(&w, 30, world_pte(&w, 3, 0)), 0, "a page table is mapped");
    is_int(do_va(&w, 30, world_pte(&w, 30, 0)), 0, "and unmapped");
    is_int(do_va(&w, 31, 0), 0, "a writable page is unmapped");
    is_u64(type_of(20), FRAME_DESC, "the LDT stays");

    do_va(&other, 12, world_pte(&other, 12, 0));
    memset(host_page(other.page[12]), 0, PAGE_SIZE);
    is_int(do_ext(&other, MMUEXT_SET_LDT, WORLD_VA(12), 8), 0, "another domain has an LDT");
    ok(ldt_fault(&other.v, 0), "its page in use");
    is_int(do_update_as(&w, 2, pte_at(w.l1, 40), world_pte(&other, 12, 0), &done), 0,
           "the first maps that page");
    is_int(do_va(&w, 40, 0), 0, "and unmaps it");
    is_u64(type_of(20), FRAME_DESC, "its own LDT stays");
    is_u64(word_type(host_word(other.page[12])), FRAME_DESC, "the other's too");
    is_int(do_va(&w, 20, 0), 0, "a page of it is unmapped");
    is_u64(type_of(21), FRAME_NONE, "now it goes whole");
    is_u64(host_check(), 0, "the audit agrees");
}

static void test_ldt(void)
{
    fresh();
    do_va(&w, 20, world_pte(&w, 20, 0));
    do_va(&w, 21, world_pte(&w, 21, 0));
    memset(host_page(w.page[20]), 0, PAGE_SIZE);
    memset(host_page(w.page[21]), 0, PAGE_SIZE);
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20) + 8, 5), -EINVAL, "an LDT starts at a page");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 8193), -EINVAL,
           "and has 8192 descriptors at most");
    is_int(do_ext(&w, MMUEXT_SET_LDT, 0xffff800000000000ULL, 5), -EINVAL, "outside the hypervisor");
    is_int(do_ext(&w, MMUEXT_SET_LDT, 1ULL << 63, 5), -EINVAL, "at a canonical address");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 1024 + 7), 0,
           "an LDT of two pages and seven descriptors");
    is_int(do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(20), 1024 + 7), 0, "the same again");
    ok(ldt_fault(&w.v, 8), "its first page is mapped when touched");
    ok(!ldt_fault(&w.v, 16), "and not again");
    ok(ldt_fault(&w.v, PAGE_SIZE + 8), "the second");
    ok(!ldt_fault(&w.v, 2 * PAGE_SIZE), "the third shows a writable page: no");
    ok(!ldt_fault(&w.v, 2 * PAGE_SIZE + 7 * 8), "beyond the limit: no (XSA-298)");
    is_u64(type_of(21), FRAME_DESC, "a mapped page is a descriptor page");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_va(&w, 21, 0), 0, "the guest unmaps it");
    is_u64(type_of(21), FRAME_NONE, "and the LDT lets it go");
    ok(!ldt_fault(&w.v, PAGE_SIZE), "nothing is there now");
    ok(ldt_fault(&w.v, 0), "the first page is mapped again");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l4), 0), 0, "a new base");
    is_u64(type_of(20), FRAME_NONE, "drops all of it");
    ok(ldt_fault(&w.v, 0), "until touched");
    is_int(do_ext(&w, MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
    ok(!ldt_fault(&w.v, 0), "nothing to touch");
    is_u64(type_of(20), FRAME_NONE, "and nothing held");
    is_int(do_ext(&w, MMUEXT_SET_LDT, 0x00007ffffffff000ULL, 8192), 0, "only the base is checked");
    ok(!ldt_fault(&w.v, PAGE_SIZE), "but no page beyond the edge is ever looked at");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- stopping ------------------------------------------------------------------------------------------------------ */

/*
 * How often is the question asked? After as many entries as the machine wants, in tables of tables after each present entry too. Never
 * when nothing is left: who stopped there would be called again for nothing.
 */
static unsigned int asks(int (*op)(unsigned int page, unsigned int level), unsigned int page,
                         unsigned int level)
{
    host.yield_asked = 0;
    is_int(op(page, level), 0, level ? "pinned" : "unpinned");
    return host.yield_asked;
}

static int unpin_op(unsigned int page, unsigned int level)
{
    return unpin(page);
}

static void test_questions(void)
{
    fresh();
    build_tree();
    is_u64(asks(pin, 14, 1), 511, "an L1 asks after each entry but the last");
    is_u64(asks(unpin_op, 14, 0), 511, "and the same on its way back");
    host.m.yield_mask = 63;
    is_u64(asks(pin, 14, 1), 7, "or only after 64");
    is_u64(asks(unpin_op, 14, 0), 7, "in both directions");
    host.m.yield_mask = 511;
    is_u64(asks(pin, 14, 1), 0, "or not at all");
    is_u64(asks(unpin_op, 14, 0), 0, "in both directions");
    host.m.yield_mask = 1023;
    is_u64(asks(pin, 14, 1), 0, "when it is asked more seldom than a table has entries");
    is_u64(asks(pin, 15, 1), 0, "too");
    is_u64(asks(pin, 13, 2), 1, "an L2 with two entries, the last of them at its end, asks once");
    is_u64(asks(unpin_op, 13, 0), 1, "in both directions");
    host.m.yield_mask = 63;
    store(13, 100, world_pte(&w, 15, PTE_RW));
    is_u64(asks(pin, 13, 2), 7 + 2, "after each present entry, and in between after 64 at most");
    is_u64(asks(unpin_op, 13, 0), 7 + 2, "in both directions");
    store(13, 63, world_pte(&w, 15, PTE_RW));
    is_u64(asks(pin, 13, 2), 7 + 2, "one that ends such a run asks for both");
    is_u64(asks(unpin_op, 13, 0), 7 + 3, "or, downwards, before the run");
}

/* ---- schedules ---------------------------------------------------------------------------------------------------- */

/* One call, not driven to its end. */
static int once(unsigned int cmd, unsigned int page)
{
    struct mmuext op = { .cmd = cmd, .arg1 = mfn_x(w.page[page]) };
    struct mmu_target t;

    mmu_decode_target(&w.d, DOMID_SELF, &t);
    return mmuext_op(&w.v, &t, &op);
}

/*
 * XSA-401: the flush must come after the type is taken. At the flush (the only place where another CPU could act) the frame
 * must already be refused for writing.
 */
static void test_type_before_flush(void)
{
    fresh();
    unmap(14);
    memset(host_page(w.page[14]), 0, PAGE_SIZE);
    do_va(&w, 14, world_pte(&w, 14, PTE_RW));
    host_touch(&w.v);
    do_va(&w, 14, 0);
    ok(tlb_stale(&host.m, mfn_to_frame(&host.m, w.page[14])->stamp),
       "a page unmapped without a flush may still be written to");
    host.flushes = 0;
    is_int(pin(14, 1), 0, "it becomes a page table");
    is_u64(host.flushes, 1, "after a flush");
    is_u64(host_check(), 0, "no stale translation is left");
    is_int(unpin(14), 0, "and stops being one");
    host_touch(&w.v);
    host.flushes = 0;
    is_int(do_va(&w, 14, world_pte(&w, 14, PTE_RW)), 0, "mapped writable again");
    is_u64(host.flushes, 1, "after another flush: a CPU might still walk it as a table");
    is_u64(host_check(), 0, "the audit agrees");

    do_va(&w, 14, 0);
    is_int(do_ext(&w, MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "the guest flushes");
    host.flushes = 0;
    is_int(pin(14, 1), 0, "a page table again");
    is_u64(host.flushes, 0, "without a flush: nobody can reach it any more");
    is_int(unpin(14), 0, "and none");
    is_int(pin(14, 1), 0, "and once more the same");
    is_u64(host.flushes, 0, "without a flush: it was a table all the time");
    is_int(unpin(14), 0, "and none");
    is_int(do_va(&w, 14, world_pte(&w, 14, PTE_RW)), 0, "a page that can be written");
    is_int(do_va(&w, 14, 0), 0, "not any more");
    host.flushes = 0;
    is_int(do_va(&w, 14, world_pte(&w, 14, PTE_RW)), 0, "and again");
    is_u64(host.flushes, 0, "without a flush: it was one all the time");
}

/* What an entry names that is not present is not counted when its table is accepted, nor given back when it goes. */
static void test_absent_entries(void)
{
    static const uint64_t bits[] = { 0, PTE_RW, PTE_RW | PTE_US | PTE_GUEST_KERNEL, PTE_PCD,
                                     PTE_G };

    fresh();
    build_tree();
    for ( unsigned int i = 0; i < ARRAY_SIZE(bits); i++ )
    {
        store(14, 1 + i, mfn_x(w.page[20]) << PAGE_SHIFT | bits[i]);
        store(13, 1 + i, mfn_x(w.page[15]) << PAGE_SHIFT | bits[i]);
        store(11, 10 + i, mfn_x(w.page[13]) << PAGE_SHIFT | bits[i]);
        store(10, 1 + i, mfn_x(w.page[11]) << PAGE_SHIFT | bits[i]);
    }
    is_int(pin(10, 4), 0, "a tree with entries that are not present, but name pages and tables");
    is_u64(host_check(), 0, "the audit agrees");
    is_u64(host_page(w.page[14])[2], mfn_x(w.page[20]) << PAGE_SHIFT | PTE_RW,
           "they stay as given");
    is_int(unpin(10), 0, "unpinned");
    is_u64(host_check(), 0, "the audit agrees");
    store(14, 511, world_pte(&w, 3, PTE_RW));
    is_int(pin(14, 1), -EBUSY, "an L1 that is refused for its last entry");
    is_u64(host_check(), 0, "gives nothing back for them either");
}

/* XSA-299: a partial child must not be freed, nor handed to somebody else, before its parent goes on. */
static void test_partial_child(void)
{
    fresh();
    build_tree();
    host.yield_every = 1;
    for ( unsigned int i = 0; i < 40 && !(host_word(w.page[13]) & FRAME_PARTIAL); i++ )
        once(MMUEXT_PIN_L4_TABLE, 10);
    ok(host_word(w.page[10]) & host_word(w.page[11]) & host_word(w.page[13]) & FRAME_PARTIAL,
       "a pin stops three levels down");
    is_int(domain_release(&w.d, w.page[13]), 0, "the guest gives a table under it back meanwhile");
    is_int(domain_release(&w.d, w.page[11]), 0, "and another");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_va(&w, 10, world_pte(&w, 10, PTE_RW)), -EBUSY,
           "a partial frame cannot be mapped writable");
    is_int(do_update(&w, pte_at(w.page[10], 7), 0), -EINVAL, "nor changed");
    is_int(pin(10, 4), 0, "the pin goes on");
    is_int(unpin(10), 0, "and back");
    is_u64(host_check(), 0, "the audit agrees");
    host.yield_every = 0;
    is_int(do_teardown(&w), 0, "teardown");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "ends at nothing");
}

/* Another operation meets the partial frames first and finishes them in its own way. */
static void test_partial_taken_over(void)
{
    fresh();
    build_tree();
    host.yield_every = 1;
    for ( unsigned int i = 0; i < 40; i++ )
        once(MMUEXT_PIN_L4_TABLE, 10);
    host.yield_every = 0;
    is_int(pin(13, 2), 0, "an L2 below a partial root is pinned on its own");
    is_int(unpin(13), 0, "and unpinned");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(pin(10, 4), 0, "the root goes on and finds it as it is");
    is_u64(host_check(), 0, "the audit agrees");
    host.yield_every = 1;
    is_int(once(MMUEXT_UNPIN_TABLE, 10), 0,
           "an unpin counts as done when the rest is left for later");
    ok(!mfn_eq(w.v.drain, INVALID_MFN), "the vCPU remembers the rest");
    is_int(once(MMUEXT_UNPIN_TABLE, 10), -ERESTART, "and does nothing else before it is done");
    is_int(domain_release(&w.d, w.page[10]), 0, "the frame is given back meanwhile");
    is_u64(host_check(), 0, "the audit agrees");
    host.yield_every = 0;
    is_int(do_teardown(&w), 0, "the domain dies with work left over (XSA-310)");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and nothing stays");
}

/* What an operation has left half-way is finished before any other begins: each asks to be called again, and has done nothing. */
static void test_drain_first(void)
{
    struct pt_update req;
    struct mmu_target t;
    unsigned int done = 7;

    fresh();
    build_tree();
    mmu_decode_target(&w.d, DOMID_SELF, &t);
    is_int(pin(10, 4), 0, "a tree");
    host.yield_every = 1;
    is_int(once(MMUEXT_UNPIN_TABLE, 10), 0, "is let go");
    ok(!mfn_eq(w.v.drain, INVALID_MFN), "and has to be taken apart");
    req = (struct pt_update){ pte_at(w.l1, 100), world_pte(&w, 20, 0) };
    is_int(mmu_update(&w.v, &t, &req, 1, &done), -ERESTART, "mmu_update");
    is_u64(done, 0, "does nothing before");
    is_int(update_va_mapping(&w.v, &t, WORLD_VA(100), req.val, 0, 0), -ERESTART,
           "nor update_va_mapping");
    is_int(ptwr_update(&w.v, req.ptr, 0, req.val), -EAGAIN, "nor a store");
    is_u64(host_page(w.l1)[100], 0, "the entry stays");
    is_int(once(MMUEXT_UNPIN_TABLE, 0), -ERESTART, "nor mmuext_op");
    is_int(new_base(&w.v, w.l4, false), -ERESTART, "nor a new root");
    is_int(domain_teardown(&w.d), -ERESTART, "nor the end");
    is_u64(type_of(0), FRAME_L4, "the running root stays");
    ok(!mfn_eq(w.v.drain, INVALID_MFN), "there is still work");
    is_u64(host_check(), 0, "the audit agrees");
    host.yield_every = 0;
    is_int(do_teardown(&w), 0, "until it is done");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and all memory is free");
}

/* XSA-240: no chain of same-level tables; XSA-309: also not by stopping in between. */
static void test_no_chains(void)
{
    fresh();
    build_tree();
    for ( unsigned int i = 16; i < 19; i++ )
    {
        unmap(i);
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    store(16, 0, world_pte(&w, 17, 0));
    store(17, 0, world_pte(&w, 18, 0));
    is_int(pin(18, 4), 0, "an L4");
    is_int(pin(17, 4), -EINVAL, "cannot be linked by another L4");
    host.yield_every = 1;
    is_int(pin(16, 4), -EINVAL, "nor a chain be made");
    is_int(pin(17, 4), -EINVAL, "also when stopped in between");
    is_u64(host_check(), 0, "the audit agrees");
}

/* XSA-252: giving back a pinned root does not take it apart. */
static void test_release_pinned(void)
{
    fresh();
    build_tree();
    is_int(pin(10, 4), 0, "a pinned root");
    is_int(domain_release(&w.d, w.page[10]), 0, "is given back");
    is_u64(type_of(10), FRAME_L4, "it stays what it is");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(unpin(10), 0, "unpinned");
    is_u64(word_refs(host_word(w.page[10])), 0, "it is free");
    is_u64(host_check(), 0, "the audit agrees");
}

/* XSA-242: a table entry changes while the last pin goes. The change holds the table itself, so it is released whole afterwards. */
static void test_update_last_user(void)
{
    struct frame *f;

    fresh();
    build_tree();
    is_int(pin(14, 1), 0, "a pinned L1");
    f = mfn_to_frame(&host.m, w.page[14]);
    ok(frame_get(&host.m, w.page[14], OWNER(w.d.id)), "somebody holds it");
    is_int(frame_type_get(&w.d, f, FRAME_L1), 0, "as an L1");
    is_int(unpin(14), 0, "it is unpinned meanwhile");
    is_u64(type_of(14), FRAME_L1, "and stays an L1");
    is_int(frame_type_put(&w.d, f), 0, "until the last holder goes");
    frame_put(&host.m, f);
    is_u64(word_refs(host_word(w.page[20])), 2, "who gives back what its entries held");
    is_u64(host_check(), 0, "the audit agrees");
}

/* ---- teardown ----------------------------------------------------------------------------------------------------- */

static void test_teardown(void)
{
    uint64_t gdt;

    for ( unsigned int every = 0; every < 4; every++ )
    {
        fresh();
        build_tree();
        gdt = mfn_x(w.page[30]);
        unmap(30);
        memset(host_page(w.page[30]), 0, PAGE_SIZE);
        do_va(&w, 31, world_pte(&w, 31, 0));
        memset(host_page(w.page[31]), 0, PAGE_SIZE);
        pin(10, 4);
        pin(13, 2);
        gdt_set(&w.v, &gdt, 512);
        do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(31), 512);
        ok(ldt_fault(&w.v, 0), "an LDT in use");
        do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[10]), 0);
        domain_hold(&w.d, w.page[40]);
        domain_alloc_extra(&w.d);
        is_u64(host_check(), 0, "a domain with all there is");
        host.yield_every = every;
        is_int(do_teardown(&w), 0, "is taken down");
        is_int(do_teardown(&w), 0, "taking it down again changes nothing");
        is_u64(w.d.tot_pages, 0, "to no page");
        is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and no memory is lost");
        is_u64(host_check(), 0, "the audit agrees");
    }
    host_reset(HOST_RAM_END);
    is_int(domain_mem_init(&host.m, &w.d, 3, 5), 0, "a domain without anything");
    is_int(domain_teardown(&w.d), 0, "is taken down at once");
}

/* What a vCPU holds goes first, whatever else keeps its page tables alive: nobody must find it in use later. */
static void test_teardown_vcpu_first(void)
{
    uint64_t gdt;

    fresh();
    unmap(30);
    gdt = mfn_x(w.page[30]);
    memset(host_page(w.page[30]), 0, PAGE_SIZE);
    do_va(&w, 31, world_pte(&w, 31, 0));
    memset(host_page(w.page[31]), 0, PAGE_SIZE);
    gdt_set(&w.v, &gdt, 512);
    do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(31), 512);
    ok(ldt_fault(&w.v, 0), "a vCPU with GDT and LDT, on a root that is pinned");
    host.yield_every = 1;
    is_int(domain_teardown(&w.d), -ERESTART, "its domain's end begins");
    is_u64(type_of(0), FRAME_L4, "while the root is still one");
    is_u64(type_of(30), FRAME_NONE, "the GDT is gone");
    is_u64(type_of(31), FRAME_NONE, "and the LDT");
    ok(mfn_eq(w.v.root, INVALID_MFN) && !ldt_fault(&w.v, 0), "and there is no way back to it");
    is_u64(host_check(), 0, "the audit agrees");
    is_int(do_teardown(&w), 0, "the rest follows");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and all memory is free");
}

/* Both roots of a vCPU go with it when nothing else keeps them, one after the other, each in many steps. */
static void test_teardown_roots(void)
{
    for ( unsigned int every = 0; every < 3; every++ )
    {
        fresh();
        build_tree();
        is_int(do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[10]), 0), 0, "a root of user mode");
        is_int(unpin(0), 0, "and one of kernel mode, neither of them pinned");
        host.yield_every = every;
        is_int(do_teardown(&w), 0, "go with their domain");
        is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "and all that is under them");
        is_u64(host_check(), 0, "the audit agrees");
    }
}

/* A domain's frames lie far apart: what is between them is asked for, not looked at, and the end is no place to stop. */
static void test_teardown_scan(void)
{
    mfn_t mfn;

    fresh();
    for ( unsigned int i = 0; i < 400; i++ )
        (void)heap_alloc(&host.m, 0);
    w.d.max_pages++;
    mfn = domain_alloc(&w.d, 0);
    is_u64(mfn_x(w.d.highest), mfn_x(mfn), "a domain with one page far from the others");
    host.gap_first = ACCOUNTS_PER_PAGE; /* accounts are backed by pages of them */
    host.gap_end = mfn_x(mfn);
    ok(host.gap_end > host.gap_first + 150, "and a gap before it");
    for ( uint64_t i = host.gap_first; i < host.gap_end; i++ )
        *mfn_to_frame(&host.m, _mfn(i)) =
            (struct frame){ .word = FRAME_REF | FRAME_ALLOCATED, .owner = OWNER(w.d.id) };
    host.yield_asked = 0;
    is_int(do_teardown(&w), 0, "is taken down");
    is_u64(mfn_to_frame(&host.m, _mfn(host.gap_first))->word, FRAME_REF | FRAME_ALLOCATED,
           "without a look into the gap");
    is_u64(w.d.tot_pages, 0, "to nothing");

    host_reset(HOST_RAM_END);
    is_int(domain_mem_init(&host.m, &w.d, 3, 20), 0, "a domain of plain pages");
    for ( unsigned int i = 0; i < 16; i++ )
        w.page[i] = domain_alloc(&w.d, 0);
    is_int(domain_release(&w.d, w.page[15]), 0, "the last of which it has given back");
    is_int(domain_release(&w.d, w.page[0]), 0, "and the first");
    host.yield_asked = 0;
    is_int(domain_teardown(&w.d), 0, "is taken down");
    is_u64(host.yield_asked, 2 * 15, "with a question after each frame but the last, twice");
    is_u64(host.m.heap.nr_free, HOST_RAM_END - 1, "to nothing");
    host_reset(HOST_RAM_END);
    host.m.yield_mask = 7;
    domain_mem_init(&host.m, &w.d, 3, 20);
    for ( unsigned int i = 0; i < 16; i++ )
        w.page[i] = domain_alloc(&w.d, 0);
    host.yield_asked = 0;
    is_int(domain_teardown(&w.d), 0, "the same when it is asked seldom");
    is_u64(host.yield_asked, 2 * 2, "with one question in eight frames");
}

int main(void)
{
    test_pins();
    test_foreign_pin();
    test_needs_self();
    test_roots();
    test_other_ops();
    test_one_descriptor();
    test_gdt();
    test_desc_page();
    test_ldt();
    test_ldt_limit();
    test_ldt_unmap();
    test_questions();
    test_type_before_flush();
    test_absent_entries();
    test_partial_child();
    test_partial_taken_over();
    test_drain_first();
    test_no_chains();
    test_release_pinned();
    test_update_last_user();
    test_teardown();
    test_teardown_vcpu_first();
    test_teardown_roots();
    test_teardown_scan();
    return done();
}
