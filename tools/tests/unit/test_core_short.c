/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * The short ways of hypercalls (mmu_update_common() and its like) against the long ones. Each request is made twice, from the same
 * state: where the short way says yes, the long one succeeds and leaves the same memory, accounts, roots and flushes; where it says
 * no, nothing has changed. And what is common goes the short way.
 */
#include "../../../xen/arch/x86/mm/entry.h"
#include "../host/host.h"
#include "tap.h"

#define PAGES 24

static struct world w, other;

/* Pages 12 (L4, pinned) and 13 (L4, never pinned) copy the running root's first half; 14 and 15 are an LDT; 20, 21 data, read-only. */
static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&other, 2, 16);
    world_init(&w, 1, PAGES);
    for ( unsigned int i = 12; i < 14; i++ )
    {
        do_va(&w, i, 0);
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
        host_page(w.page[i])[WORLD_SLOT] = host_page(w.l4)[WORLD_SLOT];
    }
    do_ext(&w, MMUEXT_PIN_L4_TABLE, mfn_x(w.page[12]), 0);
    for ( unsigned int i = 14; i < 16; i++ )
    {
        do_va(&w, i, world_pte(&w, i, 0));
        memset(host_page(w.page[i]), 0, PAGE_SIZE);
    }
    for ( unsigned int i = 20; i < 22; i++ )
        do_va(&w, i, world_pte(&w, i, 0));
    host_touch(&w.v);
}

/* ---- the state a request finds ------------------------------------------------------------------------------------- */

static void plain(void)
{
}

static void with_ldt(void)
{
    do_ext(&w, MMUEXT_SET_LDT, WORLD_VA(14), 1024);
    if ( !ldt_fault(&w.v, 0) || !ldt_fault(&w.v, PAGE_SIZE) )
        fail("an LDT");
}

static void with_user_root(void)
{
    do_ext(&w, MMUEXT_NEW_USER_BASEPTR, mfn_x(w.page[12]), 0);
}

static void in_user_mode(void)
{
    with_user_root();
    w.v.user_mode = true;
}

/* The root goes when the vCPU leaves it. */
static void root_unpinned(void)
{
    do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.l4), 0);
}

static void l1_with_many(void)
{
    mfn_to_frame(&host.m, w.l1)->word += (FRAME_REFS_MASK + 1) / 2;
}

static void self_linked(void)
{
    do_update(&w, pte_at(w.l4, 5), world_pte(&w, 0, PTE_US));
}

/* Page 22 is another domain's. */
static void with_foreign_page(void)
{
    struct mmu_target t = { .pt = &w.d, .pg = &other.d };

    w.d.privileged = true;
    if ( update_va_mapping(&w.v, &t, WORLD_VA(22),
                           mfn_x(other.page[12]) << PAGE_SHIFT | PTE_P | PTE_US, UVMF_NONE, 0) )
        fail("a page of another domain");
}

static void with_device(void)
{
    w.d.iomem[w.d.nr_iomem++] = (struct frame_range){ _mfn(HOST_RAM_END), HOST_FRAMES };
    w.d.privileged = true;
    do_va(&w, 22, (HOST_RAM_END + 1ULL) << PAGE_SHIFT | PTE_P | PTE_RW);
    do_va(&w, 23, (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P | PTE_RW);
}

static const struct
{
    const char *what;
    void (*set)(void);
} states[] = {
    { "a running guest", plain },
    { "one with an LDT", with_ldt },
    { "one with a root for user mode", with_user_root },
    { "one in user mode", in_user_mode },
    { "one on a root that is not pinned", root_unpinned },
    { "one with many references on its L1", l1_with_many },
    { "one with an L4 that links itself", self_linked },
    { "one with devices", with_device },
    { "one with another domain's page", with_foreign_page },
};

/* ---- both ways ----------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * 0x9e3779b97f4a7c15ULL + (h >> 29);
}

static uint64_t effects(void)
{
    uint64_t h = host_hash();

    h = mix(mix(mix(h, mfn_x(w.v.root)), mfn_x(w.v.user_root)), mfn_x(w.v.drain));
    h = mix(mix(mix(h, mfn_x(w.v.ldt[0])), mfn_x(w.v.ldt[1])), w.v.ldt_ents);
    h = mix(mix(mix(h, host.flushes), host.va_flushes), host.root_loads);
    return mix(mix(mix(h, host.last_flush_vcpus), host.last_flush_va), host.last_flush_flags);
}

/* The request of the moment, in numbers that mean the same in every fresh world. */
static struct
{
    uint64_t ptr, val, va, arg;
    unsigned int cmd;
    bool invlpg;
} ask;

static unsigned int asked, yes, bad;

/* True if the short way was gone. */
static bool both_ways(unsigned int state, bool (*short_way)(void), int (*long_way)(void))
{
    uint64_t before, after;
    bool said;
    int rc;

    fresh();
    states[state].set();
    before = effects();
    said = short_way();
    after = effects();
    asked++;
    yes += said;
    if ( !said && after == before )
        return false;
    if ( said )
    {
        fresh();
        states[state].set();
        rc = long_way();
        if ( rc == 0 && effects() == after )
            return true;
        note("%s: the long way says %d (%s)", states[state].what, rc, host.refusal);
    }
    note("%s: ptr 0x%llx val 0x%llx va 0x%llx cmd %u arg 0x%llx: the short way said %s",
         states[state].what, (unsigned long long)ask.ptr, (unsigned long long)ask.val,
         (unsigned long long)ask.va, ask.cmd, (unsigned long long)ask.arg,
         said ? "yes" : "no, but something happened");
    bad++;
    return said;
}

static void all_well(const char *what)
{
    ok(!bad && yes && yes < asked, "%s: %u of %u requests went the short way, the same as the long",
       what, yes, asked);
    asked = yes = bad = 0;
}

/* What an L1 entry may be asked to become. */
static uint64_t value(unsigned int i)
{
    switch ( i )
    {
    case 0: return 0;
    case 1: return world_pte(&w, 10, PTE_RW);
    case 2: return world_pte(&w, 10, PTE_US);
    case 3: return world_pte(&w, 20, PTE_RW | PTE_US);
    case 4: return world_pte(&w, 20, PTE_NX);
    case 5: return world_pte(&w, 2, PTE_RW);
    case 6: return world_pte(&w, 2, 0);
    case 7: return mfn_x(w.page[20]) << PAGE_SHIFT;
    case 8: return mfn_x(other.page[9]) << PAGE_SHIFT | PTE_P;
    case 9: return world_pte(&w, 10, PTE_PCD);
    case 10: return (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P;
    default: return 470ULL << PAGE_SHIFT | PTE_P;
    }
}
#define VALUES 12

/* Slots of the L1: itself, a writable page, a page it maps read-only, devices, an empty one, the last. */
static const unsigned int slots[] = { 3, 10, 20, 22, 23, 100, 511 };

/* ---- mmu_update ---------------------------------------------------------------------------------------------------- */

static bool short_update(void)
{
    const struct pt_update req = { ask.ptr, ask.val };

    return mmu_update_common(&w.v, req.ptr, req.val);
}

static int long_update(void)
{
    return do_update(&w, ask.ptr, ask.val);
}

static void test_update(void)
{
    for ( unsigned int state = 0; state < ARRAY_SIZE(states); state++ )
        for ( unsigned int s = 0; s < ARRAY_SIZE(slots); s++ )
            for ( unsigned int i = 0; i < VALUES; i += state ? 3 : 1 )
            {
                ask.ptr = pte_at(w.l1, slots[s]);
                ask.val = value(i);
                both_ways(state, short_update, long_update);
            }
    all_well("mmu_update of an L1");

    ask.val = value(1);
    for ( unsigned int cmd = 1; cmd < 8; cmd++ )
    {
        ask.ptr = pte_at(w.l1, 100) | cmd;
        ok(!both_ways(0, short_update, long_update), "command %u is no common one", cmd);
    }
    for ( unsigned int page = 0; page < 13; page++ )
    {
        ask.ptr = pte_at(w.page[page], 100);
        ok(both_ways(0, short_update, long_update) == (page == 3), "page %u is %s", page,
           page == 3 ? "the L1" : "none");
    }
    ask.ptr = pte_at(other.l1, 100);
    ok(!both_ways(0, short_update, long_update), "somebody else's L1 neither");
    ask.ptr = 470ULL << PAGE_SHIFT;
    ok(!both_ways(0, short_update, long_update), "nor free memory");
    ask.ptr = (uint64_t)HOST_FRAMES << PAGE_SHIFT;
    ok(!both_ways(0, short_update, long_update), "nor the first frame that has no account");
    ask.ptr = ~0xfffULL;
    ok(!both_ways(0, short_update, long_update), "nor the last number there is");
    all_well("mmu_update of anything");
}

/* ---- update_va_mapping --------------------------------------------------------------------------------------------- */

static bool short_va(void)
{
    return update_va_common(&w.v, ask.va, ask.val, ask.invlpg);
}

static int long_va(void)
{
    struct mmu_target t = { .pt = &w.d, .pg = &w.d };

    return update_va_mapping(&w.v, &t, ask.va, ask.val, ask.invlpg ? UVMF_INVLPG : UVMF_NONE, 0);
}

static void test_va(void)
{
    for ( unsigned int state = 0; state < ARRAY_SIZE(states); state++ )
        for ( unsigned int s = 0; s < ARRAY_SIZE(slots); s++ )
            for ( unsigned int i = 0; i < VALUES; i += state ? 4 : 1 )
            {
                ask.va = WORLD_VA(slots[s]) + 0x123;
                ask.val = value(i);
                ask.invlpg = (state + s + i) & 1;
                both_ways(state, short_va, long_va);
            }
    all_well("update_va_mapping");

    ask.val = value(1);
    ask.invlpg = true;
    for ( unsigned int bit = 21; bit < 64; bit++ )
    {
        ask.va = WORLD_VA(10) ^ 1ULL << bit;
        if ( both_ways(0, short_va, long_va) )
            fail("an address that differs in bit %u has no L1", bit);
    }
    ask.va = 5ULL << 39 | (uint64_t)WORLD_SLOT << 30;
    ok(!both_ways(6, short_va, long_va), "through a self-link an L3 is no L1");
    ask.va = 5ULL << 39 | 5ULL << 30 | 5ULL << 21 | (uint64_t)WORLD_SLOT << 12;
    ok(!both_ways(6, short_va, long_va), "nor is an L4");
    ask.va = WORLD_VA(10);
    ok(both_ways(0, short_va, long_va), "where there is one it is found");
    all_well("addresses");

    fresh();
    w.v.root = INVALID_MFN;
    ok(!short_va(), "without a root there is nothing to be found");
    fresh();
    host_page(w.l4)[HV_SLOT_FIRST] = host_page(w.l4)[WORLD_SLOT];
    ask.va = 0xffff800000000000ULL + (10ULL << PAGE_SHIFT);
    ok(!short_va(), "the hypervisor's addresses are not looked at, whatever is there");
    fresh();
    mfn_to_frame(&host.m, w.l2)->owner = OWNER(2);
    ask.va = WORLD_VA(10);
    ok(!short_va(), "nor does the way lead through a frame of somebody else's");
    fresh();
    host_page(w.l3)[0] = (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P | PTE_US;
    ok(!short_va(), "or through one that has no account");
}

/* Several at once: those that are done are what the long way does one after the other, and the first that is not is no common one. */
static void run_both_ways(unsigned int state, const struct va_update *req, unsigned int nr)
{
    const struct mmu_target t = { .pt = &w.d, .pg = &w.d };
    unsigned int said;
    uint64_t after;

    fresh();
    states[state].set();
    said = update_va_run(&w.v, req, nr);
    after = effects();
    fresh();
    states[state].set();
    for ( unsigned int i = 0; i < said; i++ )
        if ( update_va_mapping(&w.v, &t, req[i].va, req[i].val,
                               req[i].invlpg ? UVMF_INVLPG : UVMF_NONE, 0) )
            bad++;
    bad += effects() != after;
    bad += said < nr && update_va_common(&w.v, req[said].va, req[said].val, req[said].invlpg);
    asked += nr;
    yes += said;
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void test_va_run(void)
{
    /* What is mapped and unmapped there, and changes its rights. */
    static const struct
    {
        unsigned int slot, values[3];
    } usual[] = {
        { 10, { 0, 1, 2 } }, { 20, { 0, 4, 4 } }, { 100, { 0, 1, 2 } }, { 511, { 0, 4, 4 } }
    };
    struct va_update req[8];
    uint32_t seed = 1;

    for ( unsigned int round = 0; round < 3000; round++ )
    {
        fresh();
        for ( unsigned int i = 0; i < ARRAY_SIZE(req); i++ )
        {
            unsigned int u = next(&seed) % ARRAY_SIZE(usual);
            bool odd = next(&seed) % 16 == 0;

            req[i].va = WORLD_VA(odd ? slots[next(&seed) % ARRAY_SIZE(slots)] : usual[u].slot);
            /* Another table, or none. */
            if ( next(&seed) % 32 == 0 )
                req[i].va ^= 1ULL << (21 + next(&seed) % 43);
            req[i].val = value(odd ? next(&seed) % VALUES : usual[u].values[next(&seed) % 3]);
            req[i].invlpg = next(&seed) & 1;
        }
        run_both_ways(next(&seed) % 4 ? 0 : next(&seed) % ARRAY_SIZE(states), req, ARRAY_SIZE(req));
    }
    all_well("runs of update_va_mapping");
    ok(update_va_run(&w.v, req, 0) == 0, "an empty one is done");
}

/* ---- stores to tables ---------------------------------------------------------------------------------------------- */

static bool short_store(void)
{
    return ptwr_common(&w.v, ask.va, ask.val);
}

/* The L1 shows itself, read-only, at index 3. */
static int long_store(void)
{
    unsigned int i = (ask.va & ~PAGE_MASK) / 8;

    return ptwr_update(&w.v, pte_at(w.l1, i), host_page(w.l1)[i], ask.val);
}

static void test_store(void)
{
    for ( unsigned int state = 0; state < ARRAY_SIZE(states); state++ )
        for ( unsigned int s = 0; s < ARRAY_SIZE(slots); s++ )
            for ( unsigned int i = 0; i < VALUES; i += state ? 4 : 1 )
            {
                ask.va = WORLD_VA(3) + slots[s] * 8;
                ask.val = value(i);
                both_ways(state, short_store, long_store);
            }
    all_well("stores to an L1");

    ask.val = value(1);
    for ( unsigned int page = 0; page < PAGES; page++ )
    {
        ask.va = WORLD_VA(page) + 100 * 8;
        ok(both_ways(0, short_store, long_store) == (page == 3), "page %u is %s", page,
           page == 3 ? "the L1" : "none that shows one");
    }
    for ( unsigned int i = 1; i < 8; i++ )
    {
        ask.va = WORLD_VA(3) + 100 * 8 + i;
        if ( both_ways(0, short_store, long_store) )
            fail("a store at byte %u of an entry is no common one", i);
    }
    ask.va = WORLD_VA(3) + (1ULL << 48);
    ok(!both_ways(0, short_store, long_store), "an address that is not canonical shows nothing");
    ask.va = WORLD_VA(3) + (1ULL << 30);
    ok(!both_ways(0, short_store, long_store), "nor one without an L2");
    all_well("stores anywhere");

    fresh();
    ask.va = WORLD_VA(3) + 100 * 8;
    host_page(w.l1)[3] &= ~PTE_P;
    ok(!short_store(), "an entry that is not present shows no table");
    host_page(w.l1)[3] |= PTE_P | PTE_RW;
    ok(!short_store(), "and one that could be written to needs no help");
    host_page(w.l1)[3] = (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P | PTE_US;
    ok(!short_store(), "and one without account is no table");
}

/* A store that changes only bits which say nothing about who may use what needs no reference and drops none: the LDT stays where it
 * is mapped, and what is another domain's stays mapped. */
static void test_store_same(void)
{
    const uint64_t bits[] = { 0, PTE_AD, PTE_NX, PTE_G };
    unsigned int taken = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(bits); i++ )
    {
        ask.va = WORLD_VA(3) + 14 * 8;
        ask.val = mfn_x(w.page[14]) << PAGE_SHIFT | PTE_P | PTE_US | bits[i];
        taken += both_ways(1, short_store, long_store) && !mfn_eq(w.v.ldt[0], INVALID_MFN);
        ask.va = WORLD_VA(3) + 22 * 8;
        ask.val = mfn_x(other.page[12]) << PAGE_SHIFT | PTE_P | PTE_US | bits[i];
        taken += both_ways(ARRAY_SIZE(states) - 1, short_store, long_store);
    }
    is_u64(taken, 2 * ARRAY_SIZE(bits), "stores that change no mapping are common ones");
    ask.val |= PTE_PCD;
    ok(!both_ways(ARRAY_SIZE(states) - 1, short_store, long_store), "a memory type is not common");
    all_well("stores that change no mapping");
}

/* ---- mmuext_op ----------------------------------------------------------------------------------------------------- */

static bool short_ext(void)
{
    return mmuext_common(&w.v, ask.cmd, ask.arg);
}

static int long_ext(void)
{
    return do_ext(&w, ask.cmd, ask.arg, 0);
}

static void test_ext(void)
{
    for ( unsigned int state = 0; state < ARRAY_SIZE(states); state++ )
        for ( ask.cmd = 0; ask.cmd < 22; ask.cmd++ )
        {
            bool common = ask.cmd == MMUEXT_TLB_FLUSH_LOCAL || ask.cmd == MMUEXT_INVLPG_LOCAL;

            if ( ask.cmd == MMUEXT_NEW_BASEPTR || ask.cmd == MMUEXT_NEW_USER_BASEPTR )
                continue;
            ask.arg = ask.cmd == MMUEXT_INVLPG_LOCAL ? WORLD_VA(10) : mfn_x(w.page[12]);
            if ( both_ways(state, short_ext, long_ext) != common )
                fail("command %u is %sa common one", ask.cmd, common ? "" : "not ");
        }
    ask.cmd = MMUEXT_INVLPG_LOCAL;
    ask.arg = 1ULL << 60;
    both_ways(0, short_ext, long_ext);
    all_well("mmuext_op");
}

static void test_roots(void)
{
    const unsigned int cmds[] = { MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR };
    const uint64_t none[] = { 0, 470, HOST_FRAMES, ~0ULL };

    for ( unsigned int state = 0; state < ARRAY_SIZE(states); state++ )
        for ( unsigned int c = 0; c < 2; c++ )
        {
            /* There is a root to be left: the running one, and with a root for user mode that one. */
            bool left =
                c == 0 || states[state].set == with_user_root || states[state].set == in_user_mode;

            ask.cmd = cmds[c];
            for ( unsigned int page = 0; page < 14; page++ )
            {
                bool common = left && (page == 0 || page == 12);

                ask.arg = mfn_x(w.page[page]);
                if ( both_ways(state, short_ext, long_ext) != common )
                    fail("page %u is %sa root at hand", page, common ? "" : "not ");
            }
            for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
            {
                ask.arg = none[i];
                if ( both_ways(state, short_ext, long_ext) )
                    fail("mfn 0x%llx is no root", (unsigned long long)none[i]);
            }
            ask.arg = mfn_x(other.l4);
            if ( both_ways(state, short_ext, long_ext) )
                fail("nor is another domain's");
        }
    all_well("new roots");
}

/* ---- work left over ------------------------------------------------------------------------------------------------ */

/* Nothing begins before what an operation has left is finished. */
static void test_drain(void)
{
    fresh();
    w.v.drain = w.page[20];
    ask.cmd = MMUEXT_TLB_FLUSH_LOCAL;
    ok(!short_ext(), "no flush");
    ask.cmd = MMUEXT_NEW_BASEPTR;
    ask.arg = mfn_x(w.page[12]);
    ok(!short_ext(), "no root");
    ask.ptr = pte_at(w.l1, 100);
    ask.val = value(1);
    ok(!short_update(), "no update");
    ask.va = WORLD_VA(100);
    ok(!short_va(), "nor by address");
    ask.va = WORLD_VA(3) + 100 * 8;
    ok(!short_store(), "no store");
    w.v.drain = INVALID_MFN;
    ok(short_store(), "afterwards a store");
    ask.va = WORLD_VA(100);
    ok(short_va() && short_update() && short_ext(), "and all of them");
}

int main(void)
{
    fresh();
    test_update();
    test_va();
    test_va_run();
    test_store();
    test_store_same();
    test_ext();
    test_roots();
    test_drain();
    return done();
}
