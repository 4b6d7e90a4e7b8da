/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * Machines of other shapes than the one of the other tests: memory from frame 0 to the last there is an account for, memory in
 * pieces, blocks of 1 GiB, as many CPUs and domains as there can be.
 */
#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

#define SMALL 256ULL       /* accounts and M2P end with a page */
#define LARGE (1ULL << 20) /* 4 GiB */
#define GIB   (1ULL << HEAP_MAX_ORDER)

static struct machine m;

static bool is_none(mfn_t mfn)
{
    return mfn_eq(mfn, INVALID_MFN);
}

/* Accounts for @nr frames, and behind the last nothing that can be touched. No RAM yet. */
static void fresh(uint64_t nr, unsigned int cpus)
{
    struct frame *frames = host_guarded(nr * sizeof(*frames));
    uint64_t *m2p = host_guarded(nr * sizeof(*m2p));

    host_reset(HOST_RAM_END);
    machine_init(&m, host_guarded(nr << PAGE_SHIFT), frames, m2p, nr, cpus);
}

static void add(uint64_t first, uint64_t nr)
{
    if ( machine_add_ram(&m, _mfn(first), nr) || heap_add(&m, _mfn(first), nr) )
        fail("memory [%llu, +%llu) is added", (unsigned long long)first, (unsigned long long)nr);
}

/* ---- RAM ----------------------------------------------------------------------------------------------------------- */

static void test_ram(void)
{
    fresh(SMALL, 1);
    ok(!mfn_is_ram(&m, _mfn(0)), "a machine without RAM");
    is_int(machine_add_ram(&m, _mfn(0), 8), 0, "RAM may begin at frame 0");
    is_int(machine_add_ram(&m, _mfn(8), 8), 0, "another range right behind it");
    is_int(machine_add_ram(&m, _mfn(15), 1), -EINVAL, "not on top of its last frame");
    is_int(machine_add_ram(&m, _mfn(SMALL - 4), 5), -EINVAL, "not beyond the accounts");
    is_int(machine_add_ram(&m, _mfn(SMALL - 4), 4), 0, "up to the last account");
    ok(mfn_is_ram(&m, _mfn(0)) && mfn_is_ram(&m, _mfn(15)) && !mfn_is_ram(&m, _mfn(16)),
       "frames 0 to 15 are RAM, 16 is not");
    ok(!mfn_is_ram(&m, _mfn(SMALL - 5)) && mfn_is_ram(&m, _mfn(SMALL - 1)) &&
           !mfn_is_ram(&m, _mfn(SMALL)),
       "the last four are, and nothing behind");
    m.ram[m.nr_ram] = (struct frame_range){ _mfn(100), 8 };
    ok(!mfn_is_ram(&m, _mfn(100)), "a range that was not added is no RAM");

    fresh(SMALL, 1);
    for ( unsigned int i = 0; i < MM_RAM_RANGES; i++ )
        if ( machine_add_ram(&m, _mfn(2 * i), 1) )
            fail("range %u of %u", i, MM_RAM_RANGES);
    is_int(machine_add_ram(&m, _mfn(200), 1), -ENOSPC, "only so many ranges");
    ok(mfn_is_ram(&m, _mfn(2 * MM_RAM_RANGES - 2)) && !mfn_is_ram(&m, _mfn(201)),
       "the last counts, and nothing behind");
}

/* ---- free memory --------------------------------------------------------------------------------------------------- */

/* Take every frame one by one; how many, or 0 if one came twice. */
static uint64_t take_all(void)
{
    static bool seen[SMALL];
    uint64_t nr = 0;
    mfn_t mfn;

    memset(seen, 0, sizeof(seen));
    while ( !is_none(mfn = heap_alloc(&m, 0)) )
    {
        if ( seen[mfn_x(mfn)] )
            return 0;
        seen[mfn_x(mfn)] = true;
        nr++;
    }
    return nr;
}

static void test_small(void)
{
    mfn_t mfn;

    fresh(SMALL, 1);
    add(0, SMALL);
    ok(is_none(heap_alloc(&m, HEAP_MAX_ORDER)), "no 1 GiB in 1 MiB");
    ok(is_none(heap_alloc(&m, HEAP_MAX_ORDER + 1)), "nor 2");
    ok(is_none(heap_alloc(&m, 64)) && host.back_calls == 0,
       "nor 2^64 frames, for which none is touched");
    mfn = heap_alloc(&m, 8);
    is_u64(mfn_x(mfn), 0, "all memory in one block");
    is_u64(m.heap.nr_free, 0, "leaves nothing");
    ok(is_none(heap_alloc(&m, 0)), "not one frame");
    heap_free(&m, mfn, 8);
    mfn = heap_alloc(&m, 7);
    heap_free(&m, mfn_add(mfn, 64), 6);
    heap_free(&m, mfn, 6);
    is_u64(mfn_x(heap_alloc(&m, 8)), 0, "given back in pieces it is one block again");
    heap_free(&m, _mfn(0), 8);
    is_u64(take_all(), SMALL, "or single frames, none of them twice");
    for ( uint64_t i = SMALL; i-- > 0; )
        heap_free(&m, _mfn(i), 0);
    ok(!is_none(heap_alloc(&m, 8)), "and merges to the last frame of the machine");
}

static void test_pieces(void)
{
    fresh(SMALL, 1);
    add(3, 10);
    add(40, 1);
    add(100, 64);
    add(SMALL - 9, 9);
    is_u64(m.heap.nr_free, 84, "memory in pieces");
    is_u64(take_all(), 84, "every frame of them can be had, and none twice");
    is_u64(m.heap.nr_free, 0, "then there is none");

    fresh(SMALL, 1);
    add(3, 10);
    add(100, 64);
    host.back_fail_in = 1;
    ok(is_none(heap_alloc(&m, 5)), "a piece whose accounts cannot be had is not taken");
    ok(is_none(heap_alloc(&m, 7)), "one that is too large neither");
    is_u64(take_all(), 74, "nothing is lost or doubled by that");

    fresh(SMALL, 1);
    add(3, 1);
    add(5, 2);
    add(128, 128);
    is_u64(mfn_x(heap_alloc(&m, 0)), 3, "the first piece is used up");
    is_u64(mfn_x(heap_alloc(&m, 6)), 128, "half of the last is taken");
    ok(is_none(heap_alloc(&m, 7)), "so the whole of it cannot be had");

    fresh(SMALL, 1);
    for ( unsigned int i = 0; i < MM_RAM_RANGES; i++ )
        add(2 * i, 1);
    is_int(heap_add(&m, _mfn(200), 4), -ENOSPC, "only so many pieces");
    is_u64(m.heap.nr_free, MM_RAM_RANGES, "what was refused is not counted");
    is_int(heap_add(&m, _mfn(2 * MM_RAM_RANGES - 1), 1), 0, "but one may grow");
    is_u64(take_all(), MM_RAM_RANGES + 1, "all can be had");
    is_int(heap_add(&m, _mfn(200), 4), 0, "and then there is room for other pieces");
}

/* Between two pieces that cannot be merged because a frame between them is in use. */
static void test_neighbours(void)
{
    mfn_t mfn;

    fresh(SMALL, 1);
    add(0, SMALL);
    mfn = heap_alloc_owned(&m, 3, DOMID_XEN);
    is_u64(mfn_x(mfn), 0, "eight frames for the hypervisor");
    is_u64(m.frames[7].word, FRAME_REF, "each with an account");
    is_u64(m.frames[8].word | m.frames[8].owner, 0, "the next frame has none");
    frame_put(&m, &m.frames[1]);
    frame_put(&m, &m.frames[3]);
    ok(m.frames[1].progress == FREE_BLOCK && m.frames[3].progress == FREE_BLOCK,
       "single frames between used ones stay single");
    frame_put(&m, &m.frames[0]);
    is_u64(m.frames[0].progress, FREE_BLOCK | 1, "two neighbours become one block");
    is_u64(m.frames[1].progress, 0, "of which only the first frame says so");
    heap_free_owned(&m, _mfn(4), 2);
    is_u64(m.frames[2].word, FRAME_REF, "what is still in use stays so");
    frame_put(&m, &m.frames[2]);
    is_u64(m.frames[0].progress, FREE_BLOCK | 3, "until all is one block");
}

/* ---- 1 GiB --------------------------------------------------------------------------------------------------------- */

static void test_large(void)
{
    static struct mm_domain d;
    uint64_t bad = 0;
    mfn_t a, b;

    fresh(LARGE, 1);
    add(2 * GIB, 2 * GIB);
    a = heap_alloc(&m, HEAP_MAX_ORDER);
    b = heap_alloc(&m, HEAP_MAX_ORDER);
    ok(mfn_x(a) == 2 * GIB && mfn_x(b) == 3 * GIB, "two blocks of 1 GiB");
    heap_free(&m, a, HEAP_MAX_ORDER);
    heap_free(&m, b, HEAP_MAX_ORDER);
    is_u64(m.heap.nr_free, 2 * GIB, "are free again");
    a = heap_alloc(&m, HEAP_MAX_ORDER);
    b = heap_alloc(&m, 0);
    ok(!is_none(a) && !is_none(b), "and not merged to more: one is taken whole, the other split");
    heap_free(&m, b, 0);
    ok(!is_none(heap_alloc(&m, HEAP_MAX_ORDER)), "and whole again");
    ok(is_none(heap_alloc(&m, 0)), "then there is nothing left");

    fresh(LARGE, 1);
    add(1, 2 * GIB);
    ok(is_none(heap_alloc(&m, HEAP_MAX_ORDER + 1)), "no block of 2 GiB");
    a = heap_alloc(&m, HEAP_MAX_ORDER);
    is_u64(mfn_x(a), GIB, "1 GiB from the middle of a range");
    is_u64(m.heap.nr_free, GIB, "leaves what is before and behind it");

    fresh(LARGE, 1);
    add(GIB, GIB);
    host.scrub_none = true;
    is_int(domain_mem_init(&m, &d, 1, GIB), 0, "a domain of 1 GiB");
    ok(is_none(domain_alloc(&d, HEAP_MAX_ORDER + 1)), "does not get 2");
    is_u64(mfn_x(domain_alloc(&d, HEAP_MAX_ORDER)), GIB, "but 1, in one piece");
    is_u64(host.scrubs, GIB, "every frame of it scrubbed");
    for ( uint64_t i = GIB; i < 2 * GIB; i++ )
        bad += m.frames[i].owner != OWNER(1) || m.m2p[i] != M2P_INVALID ||
               m.frames[i].word != (FRAME_REF | FRAME_ALLOCATED);
    is_u64(bad, 0, "and every account set");
    is_u64(d.tot_pages, GIB, "it is charged for all");
    ok(m.frames[2 * GIB].owner == OWNER_NONE && m.frames[2 * GIB].word == 0, "and for no more");
    ok(mfn_x(d.lowest) == GIB && mfn_x(d.highest) == 2 * GIB - 1, "its bounds are exact");
}

/* ---- CPUs, domains ------------------------------------------------------------------------------------------------- */

static void init_cpus(void *arg)
{
    static struct machine none;

    machine_init(&none, NULL, NULL, NULL, 0, *(unsigned int *)arg);
}

static void test_cpus(void)
{
    unsigned int cpus = 0;
    uint32_t begun;

    ok(host_bugs(init_cpus, &cpus), "a machine has a CPU");
    cpus = MM_MAX_CPUS + 1;
    ok(host_bugs(init_cpus, &cpus), "and no more than there may be");

    fresh(SMALL, MM_MAX_CPUS);
    ok(!tlb_stale(&m, 0), "a machine with all CPUs has nothing in its TLBs");
    begun = tlb_flush_begin(&m);
    for ( unsigned int i = 0; i < MM_MAX_CPUS - 1; i++ )
        tlb_flush_end(&m, i, begun);
    ok(tlb_stale(&m, 1), "the last CPU has not flushed");
    tlb_flush_end(&m, MM_MAX_CPUS - 1, begun);
    ok(!tlb_stale(&m, 1), "now it has");

    fresh(SMALL, 2);
    m.cpu_flushed[2] = 0;
    ok(!tlb_stale(&m, 0), "a CPU that does not exist is never stale");
    m.flush_clock = ~0U;
    m.cpu_flushed[0] = m.cpu_flushed[1] = m.cpu_flushed[2] = ~0U;
    begun = tlb_flush_begin(&m);
    ok(m.cpu_flushed[0] == 0 && m.cpu_flushed[1] == 0, "when the clock wraps, times are set back");
    is_u64(m.cpu_flushed[2], ~0U, "those of the CPUs that exist");
}

static void test_domains(void)
{
    static struct mm_domain d[MM_MAX_DOMAINS + 1];
    static struct mm_vcpu v[MM_MAX_VCPUS];

    fresh(SMALL, 1);
    memset(d, 0xa5, sizeof(d));
    memset(v, 0xa5, sizeof(v));
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( domain_mem_init(&m, &d[i], (uint16_t)(100 + i), 8) )
            fail("domain %u of %u", i, MM_MAX_DOMAINS);
    is_int(domain_mem_init(&m, &d[MM_MAX_DOMAINS], 99, 8), -ENOSPC, "only so many domains");
    ok(machine_domain(&m, 100) == &d[0] && machine_domain(&m, 115) == &d[15],
       "each is found by its number, first and last");
    ok(!machine_domain(&m, 99) && !machine_domain(&m, 116), "and nobody else");
    domain_mem_forget(&d[15]);
    ok(!machine_domain(&m, 115) && machine_domain(&m, 114) == &d[14], "the last is forgotten");
    is_int(domain_mem_init(&m, &d[MM_MAX_DOMAINS], DOMID_FIRST_RESERVED - 1, 8), 0,
           "another takes its place, with the largest number there is");
    for ( unsigned int i = 0; i < MM_MAX_VCPUS; i++ )
        vcpu_mem_init(&d[0], &v[i]);
    ok(d[0].nr_vcpus == MM_MAX_VCPUS && d[0].vcpus[MM_MAX_VCPUS - 1] == &v[MM_MAX_VCPUS - 1] &&
           v[MM_MAX_VCPUS - 1].id == MM_MAX_VCPUS - 1,
       "a domain has as many vCPUs as it may");
    ok(is_none(v[0].gdt[0]) && is_none(v[0].gdt[MM_GDT_FRAMES - 1]) && is_none(v[0].ldt[0]) &&
           is_none(v[0].ldt[MM_LDT_FRAMES - 1]) && is_none(d[0].holds[MM_HOLDS - 1].mfn),
       "which begin with empty descriptor tables and nothing held");
    ok(v[0].gdt_ents == 0 && v[0].ldt_ents == 0 && d[0].nr_iomem == 0 && d[0].tot_pages == 0 &&
           d[0].extra_pages == 0,
       "nor anything counted");
    ok(!d[0].privileged && !d[0].cache_attrs && !d[0].dying && !v[0].user_mode, "and no rights");
}

int main(void)
{
    test_ram();
    test_small();
    test_pieces();
    test_neighbours();
    test_large();
    test_cpus();
    test_domains();
    return done();
}
