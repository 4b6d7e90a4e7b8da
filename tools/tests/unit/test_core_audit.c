/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * The audit finds what is wrong, all of it, and nothing else.
 *
 *   1. states that look odd and are right: no complaint
 *   2. one account, entry, descriptor or total spoilt: exactly the complaints that this must give
 *   3. what it says it looked at
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

static struct world w, other;

/* ---- the world that is spoilt -------------------------------------------------------------------------------------- */

/* What an accepted entry looks like: kernel page, link, link in a root. */
#define LEAF (PTE_US | PTE_GUEST_KERNEL)
#define LINK (PTE_RW | PTE_US)
#define ROOT (PTE_RW | PTE_US | PTE_A)

static void store(unsigned int page, unsigned int slot, uint64_t e)
{
    host_page(w.page[page])[slot] = e;
}

static struct frame *frame_of(unsigned int page)
{
    return mfn_to_frame(&host.m, w.page[page]);
}

static struct frame *free_frame(void)
{
    return mfn_to_frame(&host.m, _mfn(470));
}

static void set_kind(struct frame *f, enum frame_type type)
{
    f->word = (f->word & ~FRAME_KIND_MASK) | (uint64_t)type << FRAME_KIND_SHIFT;
}

/* Pages 10 (L4, pinned) -> 11 (L3) -> 13 (L2) -> 14, 15 (L1) -> 20.. writable, 24.. read-only. 16 is an empty page. */
static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 48);
    for ( unsigned int i = 10; i < 17; i++ )
    {
        do_va(&w, i, 0);
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    store(10, 0, world_pte(&w, 11, PTE_RW));
    store(11, 3, world_pte(&w, 13, PTE_RW));
    store(13, 0, world_pte(&w, 14, PTE_RW));
    store(13, 511, world_pte(&w, 15, PTE_RW));
    for ( unsigned int i = 0; i < 4; i++ )
    {
        store(14, i * 60, world_pte(&w, 20 + i, PTE_RW));
        store(15, 511 - i, world_pte(&w, 24 + i, 0));
    }
    do_ext(&w, MMUEXT_PIN_L4_TABLE, mfn_x(w.page[10]), 0);
}

/* Page 30 is a GDT page of code segments. */
static void with_gdt(void)
{
    uint64_t gdt = mfn_x(w.page[30]);

    do_va(&w, 30, 0);
    for ( unsigned int i = 0; i < 512; i++ )
        store(30, i, 0x00affb000000ffff);
    if ( gdt_set(&w.v, &gdt, 512) )
        fail("no GDT");
}

/* A second domain, which the first one may act upon. */
static void with_other(void)
{
    world_init(&other, 2, 16);
    w.d.privileged = w.d.cache_attrs = true;
}

/* Page 10 and what is under it is being taken apart: it has come to 15, which has nothing left but empty entries. */
static void with_partial(void)
{
    static const struct mmuext unpin = { .cmd = MMUEXT_UNPIN_TABLE };
    struct mmuext op = unpin;
    struct mmu_target t;

    mmu_decode_target(&w.d, DOMID_SELF, &t);
    op.arg1 = mfn_x(w.page[10]);
    host.yield_every = 1;
    if ( mmuext_op(&w.v, &t, &op) )
        fail("no unpin");
    for ( unsigned int i = 0; i < 1400; i++ )
        (void)vcpu_drain(&w.v);
    host.yield_every = 0;
    if ( !(frame_of(13)->progress & PROGRESS_SLOT) || !(frame_of(15)->word & FRAME_PARTIAL) ||
         !frame_of(15)->progress || frame_of(15)->progress > 508 )
        fail("not the state that is wanted: progress 0x%x and 0x%x", frame_of(13)->progress,
             frame_of(15)->progress);
}

/* ---- 1. odd and right ---------------------------------------------------------------------------------------------- */

static void test_right(void)
{
    unsigned int done;

    fresh();
    is_u64(host_check(), 0, "nothing to complain of at first");
    host_page(w.l4)[HV_SLOT_FIRST + 1] |= PTE_A;
    host_page(w.l4)[WORLD_SLOT] &= ~PTE_A;
    host_page(w.l4)[HV_SLOT_FIRST] = 0;
    is_u64(host_check(), 0, "the CPU sets A anywhere; a root may lack it, and the M2P");

    fresh();
    is_int(domain_release(&w.d, w.page[33]), 0, "a page that lives by a writable mapping alone");
    is_u64(host_word(w.page[33]) & (FRAME_REFS_MASK | FRAME_TYPES_MASK), FRAME_REF | FRAME_TYPED,
           "has as many typed references as references");
    is_u64(host_check(), 0, "which is right");
    w.d.max_pages = w.d.tot_pages;
    is_u64(host_check(), 0, "as is a domain that has all it may have");
    w.d.cache_attrs = true;
    do_va(&w, 20, world_pte(&w, 20, PTE_PCD));
    is_u64(host_word(w.page[20]) & FRAME_NONCOHERENT, 0,
           "a read-only mapping with another memory type writes nothing around the caches");
    is_u64(host_check(), 0, "so nothing need be remembered");

    fresh();
    with_gdt();
    is_u64(host_check(), 0, "a descriptor page");
    is_int(gdt_set(&w.v, NULL, 0), 0, "goes out of use");
    store(30, 7, 0x00008e0000000000);
    is_u64(host_check(), 0, "and may hold anything then");

    fresh();
    with_partial();
    is_u64(host_check(), 0, "work that was left half-way");
    do_drain(&w);
    is_u64(host_check(), 0, "and finished");

    fresh();
    with_other();
    is_int(do_update_as(&w, 2, pte_at(w.l1, 40), world_pte(&other, 12, 0), &done), 0,
           "a privileged domain maps another's page");
    is_int(
        do_update_as(&w, DOMID_SELF | 3 << 16, pte_at(other.l1, 40), world_pte(&w, 40, 0), &done),
        0, "and lets it map its own");
    is_u64(host_check(), 0, "both by right");

    fresh();
    ok(!mfn_eq(heap_alloc_owned(&host.m, 2, DOMID_XEN), INVALID_MFN), "the hypervisor's memory");
    ok(!mfn_eq(domain_alloc_extra(&w.d), INVALID_MFN), "and what it gives the domain on top");
    is_u64(host_check(), 0, "are accounted for");
    host.gap_first = HOST_RAM_END;
    host.gap_end = HOST_FRAMES;
    mfn_to_frame(&host.m, _mfn(HOST_RAM_END + 3))->word = ~0ULL;
    is_u64(host_check(), 0, "accounts without memory behind them are not looked at");
}

/* ---- 2. spoilt ----------------------------------------------------------------------------------------------------- */

static void lost_ref(void)
{
    frame_of(20)->word--;
}
static void extra_ref(void)
{
    frame_of(20)->word++;
}
static void lost_type(void)
{
    frame_of(20)->word -= FRAME_TYPED;
}
static void lost_all_types(void)
{
    frame_of(20)->word &= ~FRAME_TYPES_MASK;
}
static void extra_type(void)
{
    frame_of(20)->word += FRAME_TYPED;
}
static void types_beyond_refs(void)
{
    frame_of(20)->word += 40 * FRAME_TYPED;
}
static void types_of_none(void)
{
    set_kind(frame_of(20), FRAME_NONE);
}
static void hypervisors_ref(void)
{
    mfn_to_frame(&host.m, heap_alloc_owned(&host.m, 0, DOMID_XEN))->word++;
}
static void pin_forgotten(void)
{
    frame_of(10)->word &= ~FRAME_PINNED;
}
static void hold_forgotten(void)
{
    domain_hold(&w.d, w.page[40]);
    w.d.holds[0].mfn = INVALID_MFN;
}
static void last_hold(void)
{
    w.d.holds[MM_HOLDS - 1].mfn = w.page[20];
}
static void root_forgotten(void)
{
    w.v.root = INVALID_MFN;
}
static void last_ldt_page(void)
{
    w.v.ldt[MM_LDT_FRAMES - 1] = w.page[20];
}
static void last_gdt_page(void)
{
    w.v.gdt[MM_GDT_FRAMES - 1] = w.page[20];
}
static void drain_forgotten(void)
{
    with_partial();
    w.v.drain = INVALID_MFN;
}
static void slot_forgotten(void)
{
    with_partial();
    frame_of(13)->progress &= ~PROGRESS_SLOT;
}
static void root_no_frame(void)
{
    w.v.user_root = _mfn(HOST_FRAMES);
}

static void wrong_level(void)
{
    set_kind(frame_of(13), FRAME_L1);
}
static void not_validated(void)
{
    frame_of(14)->word &= ~FRAME_VALIDATED;
}
static void desc_not_validated(void)
{
    with_gdt();
    frame_of(30)->word &= ~FRAME_VALIDATED;
}
static void page_validated(void)
{
    frame_of(20)->word |= FRAME_VALIDATED;
}
static void unused_validated(void)
{
    set_kind(frame_of(16), FRAME_L1);
    frame_of(16)->word |= FRAME_VALIDATED;
}
static void partial_validated(void)
{
    with_partial();
    frame_of(15)->word |= FRAME_VALIDATED;
}
static void partial_pinned(void)
{
    with_partial();
    frame_of(11)->word |= FRAME_PINNED;
}
static void partial_twice(void)
{
    with_partial();
    frame_of(11)->word += FRAME_TYPED;
}
static void partial_page(void)
{
    frame_of(20)->word |= FRAME_PARTIAL;
}
static void progress_left(void)
{
    frame_of(20)->progress = 1;
}
static void progress_slot_left(void)
{
    frame_of(16)->progress = PROGRESS_SLOT;
}
static void locked(void)
{
    frame_of(20)->word |= FRAME_LOCKED;
}

static void no_owner(void)
{
    frame_of(16)->owner = OWNER_NONE;
}
static void owner_unknown(void)
{
    frame_of(16)->owner = OWNER(9);
}
static void table_of_nobody(void)
{
    frame_of(15)->owner = OWNER_NONE;
}
static void free_owned(void)
{
    free_frame()->owner = OWNER(1);
}
static void free_typed(void)
{
    set_kind(free_frame(), FRAME_L1);
}
static void device_in_use(void)
{
    struct frame *f = mfn_to_frame(&host.m, _mfn(HOST_RAM_END));

    f->word = FRAME_REF | FRAME_ALLOCATED;
    f->owner = OWNER(1);
    w.d.tot_pages++;
}
static void charged_more(void)
{
    w.d.tot_pages++;
}
static void charged_less(void)
{
    w.d.tot_pages--;
}
static void over_limit(void)
{
    w.d.max_pages = w.d.tot_pages - 1;
}
static void extra_lost(void)
{
    domain_alloc_extra(&w.d);
    w.d.extra_pages--;
}
static void extra_of_allowance(void)
{
    frame_of(16)->word |= FRAME_EXTRA;
}
static void second_domains_total(void)
{
    with_other();
    other.d.tot_pages++;
}

static void leaf_of_table(void)
{
    store(14, 0, world_pte(&w, 3, PTE_RW | LEAF));
}
static void leaf_of_untyped(void)
{
    store(14, 1, world_pte(&w, 16, PTE_RW | LEAF));
    set_kind(frame_of(16), FRAME_WRITABLE);
}
static void leaf_free(void)
{
    store(14, 1, 470ULL << PAGE_SHIFT | PTE_P | LEAF);
}
static void leaf_theirs(void)
{
    world_init(&other, 2, 16);
    store(14, 1, world_pte(&other, 12, LEAF));
}
static void leaf_hypervisors(void)
{
    store(14, 1, mfn_x(heap_alloc_owned(&host.m, 0, DOMID_XEN)) << PAGE_SHIFT | PTE_P | LEAF);
}
static void leaf_device(void)
{
    store(14, 1, (HOST_RAM_END + 1ULL) << PAGE_SHIFT | PTE_P | LEAF | PTE_CACHE_UC);
}
static void leaf_device_cached(void)
{
    w.d.iomem[w.d.nr_iomem++] = (struct frame_range){ _mfn(HOST_RAM_END), 8 };
    store(14, 1, (HOST_RAM_END + 1ULL) << PAGE_SHIFT | PTE_P | LEAF);
}
static void leaf_combining(void)
{
    w.d.cache_attrs = true;
    store(14, 0, world_pte(&w, 20, PTE_RW | LEAF | PTE_PAT));
}
static void leaf_bits(void)
{
    store(14, 0, world_pte(&w, 20, PTE_RW | LEAF | 1ULL << 45));
}
static void leaf_global(void)
{
    store(14, 0, world_pte(&w, 20, PTE_RW | LEAF | PTE_G));
}
static void leaf_last(void)
{
    store(14, 511, world_pte(&w, 16, LEAF));
}

static void link_self_rw(void)
{
    store(10, 7, world_pte(&w, 10, ROOT));
}
static void link_same_level(void)
{
    store(11, 7, world_pte(&w, 11, LINK));
}
static void link_far(void)
{
    store(11, 7, (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P | LINK);
}
static void link_page(void)
{
    store(10, 7, world_pte(&w, 20, ROOT));
}
static void link_two_down(void)
{
    store(11, 7, world_pte(&w, 14, LINK));
}
static void link_theirs(void)
{
    world_init(&other, 2, 16);
    store(11, 7, mfn_x(other.l2) << PAGE_SHIFT | PTE_P | LINK);
}
static void link_partial(void)
{
    frame_of(15)->word = (frame_of(15)->word & ~FRAME_VALIDATED) | FRAME_PARTIAL;
}
static void link_pse(void)
{
    host_page(w.page[13])[0] |= PTE_PSE;
}
static void link_no_us(void)
{
    host_page(w.page[13])[0] &= ~PTE_US;
}
static void root_no_us(void)
{
    host_page(w.page[10])[0] &= ~PTE_US;
}
static void root_no_us_no_a(void)
{
    host_page(w.page[10])[0] &= ~(PTE_US | PTE_A);
}
static void absent_names_memory(void)
{
    host.m.l1tf_limit = 1ULL << 36;
    store(13, 7, 0x5000);
}

static void used_uncleared(void)
{
    frame_of(20)->owner |= OWNER_UNCLEARED;
}
static void used_clearing(void)
{
    frame_of(16)->owner = OWNER_CLEARING;
}

static void slot_changed(void)
{
    host_page(w.l4)[HV_SLOT_FIRST + 3] ^= PTE_NX;
}
static void slot_empty(void)
{
    host_page(w.l4)[HV_SLOT_FIRST + HV_SLOT_COUNT - 1] = 0;
}
static void slot_m2p_other(void)
{
    host_page(w.page[10])[HV_SLOT_M2P] = world_pte(&w, 11, 0);
}
static void desc_gate(void)
{
    with_gdt();
    store(30, 3, 0x00008e0000000000);
}
static void desc_ring0(void)
{
    with_gdt();
    store(30, 511, 0x00af9b000000ffff);
}

/* How many complaints in all, and how many of them say that. */
static const struct
{
    const char *what;
    void (*how)(void);
    unsigned int all;
    unsigned int some;
    const char *says;
} cases[] = {
    { "a reference too few", lost_ref, 1, 1, "[3] mfn" },
    { "a reference too many", extra_ref, 1, 1, "[3] mfn" },
    { "a typed reference too few", lost_type, 1, 1, "[2] mfn" },
    { "a typed reference too many", extra_type, 1, 1, "[2] mfn" },
    { "no typed reference on a page mapped writable", lost_all_types, 3, 2, "[1] L1" },
    { "more typed references than references", types_beyond_refs, 2, 1, "counts badly" },
    { "typed references, but no type", types_of_none, 3, 1, "counts badly" },
    { "the hypervisor's page with two references", hypervisors_ref, 1, 1, "[3] mfn" },
    { "a pin that is not marked", pin_forgotten, 2, 1, "[2] mfn" },
    { "a hold that is not listed", hold_forgotten, 2, 1, "[2] mfn" },
    { "a hold that was never taken, in the last place", last_hold, 2, 1, "[2] mfn" },
    { "a root without its vCPU", root_forgotten, 2, 1, "[2] mfn" },
    { "an LDT page that was never taken, in the last place", last_ldt_page, 3, 1, "[2] mfn" },
    { "a GDT page that was never taken, in the last place", last_gdt_page, 3, 1, "[2] mfn" },
    { "work that its vCPU has forgotten", drain_forgotten, 1, 1, "[3] mfn" },
    { "a partial child that its parent has forgotten", slot_forgotten, 1, 1, "[3] mfn" },
    { "a root that is no frame, the first that is none", root_no_frame, 1, 1, "no frame" },

    { "a table of the wrong level", wrong_level, 5, 1, "links an L1 table" },
    { "a table in use that is not validated", not_validated, 10, 1, "[6] mfn" },
    { "a descriptor page in use that is not validated", desc_not_validated, 1, 1, "[6] mfn" },
    { "a page that claims to be validated", page_validated, 1, 1, "without a use" },
    { "a table without uses that claims to be validated", unused_validated, 1, 1, "without a use" },
    { "a frame partial and validated", partial_validated, 5, 1, "partial and more" },
    { "a frame partial and pinned", partial_pinned, 3, 1, "partial and more" },
    { "a partial frame used twice", partial_twice, 2, 1, "partial and more" },
    { "a partial page", partial_page, 3, 1, "partial and more" },
    { "progress of a frame that is not partial", progress_left, 1, 1, "remembers progress" },
    { "a partial child of such a one", progress_slot_left, 1, 1, "remembers progress" },
    { "a frame that is locked", locked, 1, 1, "is locked" },

    { "a frame of nobody", no_owner, 2, 1, "in use by nobody" },
    { "a frame of a domain that does not exist", owner_unknown, 2, 1, "in use by nobody" },
    { "a table of nobody", table_of_nobody, 8, 1, "has no owner" },
    { "a free frame with an owner", free_owned, 1, 1, "free but marked" },
    { "a free frame with a type", free_typed, 1, 1, "free but marked" },
    { "a frame in use uncleared", used_uncleared, 1, 1, "[12] mfn" },
    { "a frame in use that is being cleared", used_clearing, 2, 1, "in use by nobody" },
    { "a device's frame in use", device_in_use, 1, 1, "in use but not memory" },
    { "a total too large", charged_more, 1, 1, "is charged for" },
    { "a total too small", charged_less, 1, 1, "is charged for" },
    { "a total over the limit", over_limit, 1, 1, "allowed" },
    { "an extra frame not counted", extra_lost, 1, 1, "extra frames" },
    { "a frame that is extra all of a sudden", extra_of_allowance, 2, 1, "extra frames" },
    { "the total of the second domain", second_domains_total, 1, 1, "is charged for" },

    { "a table mapped writable", leaf_of_table, 5, 1, "[1] L1" },
    { "a page mapped writable that has no typed use", leaf_of_untyped, 3, 1, "[1] L1" },
    { "a free frame mapped", leaf_free, 4, 1, "maps a free frame" },
    { "a stranger's page mapped", leaf_theirs, 2, 1, "maps a frame of owner" },
    { "the hypervisor's page mapped", leaf_hypervisors, 2, 1, "maps a frame of owner" },
    { "a device mapped without access", leaf_device, 1, 1, "maps a device" },
    { "a device mapped cacheable", leaf_device_cached, 1, 1, "[4] L1" },
    { "a forgotten memory type", leaf_combining, 1, 1, "memory type is not remembered" },
    { "a page mapped with a bit that may not be set", leaf_bits, 4, 2, "[4] L1" },
    { "a kernel page mapped global", leaf_global, 1, 1, "[4] L1" },
    { "a page mapped that is not counted, in the last entry", leaf_last, 1, 1, "[3] mfn" },

    { "a root that links itself writable", link_self_rw, 2, 1, "[5]" },
    { "an L3 that links itself", link_same_level, 3, 1, "links an L3 table" },
    { "a link to no frame, the first that is none", link_far, 1, 1, "links no frame" },
    { "a link to a page", link_page, 3, 1, "links (not validated) a writable page" },
    { "a link two levels down", link_two_down, 3, 1, "links an L1 table" },
    { "a link to a stranger's table", link_theirs, 3, 1, "links an L2 table" },
    { "a link to a partial table", link_partial, 7, 1, "links (not validated) an L1 table" },
    { "a link with a bit that may not be set", link_pse, 1, 1, "[4] L2" },
    { "a link without US", link_no_us, 1, 1, "[4] L2" },
    { "a link of a root without US", root_no_us, 1, 1, "[4] L4" },
    { "a link of a root without US and A", root_no_us_no_a, 1, 1, "[4] L4" },
    { "an absent entry that names memory (L1TF)", absent_names_memory, 1, 1, "[4] L2" },

    { "a changed slot of the hypervisor", slot_changed, 1, 1, "hypervisor slot" },
    { "an empty slot of the hypervisor", slot_empty, 1, 1, "hypervisor slot" },
    { "another M2P", slot_m2p_other, 1, 1, "hypervisor slot" },
    { "a gate in a descriptor page", desc_gate, 1, 1, "descriptor page" },
    { "a segment of ring 0, the last of its page", desc_ring0, 1, 1, "descriptor page" },
};

static void test_spoilt(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        unsigned int all;

        fresh();
        cases[i].how();
        host.look_for = cases[i].says;
        host.found = 0;
        all = host_check();
        if ( !ok(all == cases[i].all && host.found == cases[i].some, "the audit finds: %s",
                 cases[i].what) )
            note("  %u complaints, of which %u say \"%s\"", all, host.found, cases[i].says);
    }
}

/* ---- 3. how much --------------------------------------------------------------------------------------------------- */

static void test_extent(void)
{
    static struct audit_count counts[HOST_FRAMES];
    struct audit_result res;

    host_reset(HOST_RAM_END);
    audit(&host.m, counts, &res);
    ok(res.frames == 0 && res.tables == 0 && res.entries == 0,
       "in a machine without domains there is nothing to look at");
    world_init(&w, 1, 48);
    audit(&host.m, counts, &res);
    is_u64(res.frames, 48, "it looks at each frame in use");
    is_u64(res.tables, 4, "at each table");
    is_u64(res.entries, 48 + 3, "at each present entry");
    is_u64(res.violations, 0, "and finds them right");
    memset(counts, 0xff, sizeof(counts));
    audit(&host.m, counts, &res);
    is_u64(res.violations, 0, "whatever was in the memory it counts in");
}

int main(void)
{
    test_right();
    test_spoilt();
    test_extent();
    return done();
}
