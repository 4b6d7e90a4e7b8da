/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/p2m.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * The largest machine the core can have: frames up to number 2^32 - 2, addresses of 44 bits. Its arrays are address space of which
 * little is touched. Every operation works on the highest frames; and numbers beyond, which name a frame of the domain once their upper
 * bits are lost, are refused by all of them.
 *
 *   1. the machine
 *   2. the highest frames
 *   3. numbers that have lost their upper bits
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <xen/p2m.h>

#include "../../../xen/arch/x86/mm/pte.h"
#include "../host/host.h"
#include "tap.h"

#define TOP   ((uint64_t)UINT32_MAX) /* the first frame that is none */
#define CARRY (1ULL << 32)           /* what a number of 32 bits forgets */

static struct world w;
static struct frame *frames;
static uint64_t *m2p;
static uint8_t *memory;
static struct audit_count *counts;

/* ---- 1. the machine ------------------------------------------------------------------------------------------------ */

static void *space(uint64_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if ( p == MAP_FAILED )
    {
        perror("address space");
        exit(1);
    }
    return p;
}

/* @low frames from 1 on and @high below TOP are free memory, and nothing else is any. */
static void fresh(uint64_t low, uint64_t high)
{
    struct machine *m = &host.m;

    host.backed_end = 0; /* host_reset() knows its own machine only */
    host_reset(2);
    if ( frames )
    {
        munmap(frames, TOP * sizeof(*frames));
        munmap(m2p, TOP * sizeof(*m2p));
        munmap(memory, TOP * PAGE_SIZE);
    }
    else
        counts = space(TOP * sizeof(*counts));
    frames = space(TOP * sizeof(*frames));
    m2p = space(TOP * sizeof(*m2p));
    memory = space(TOP * PAGE_SIZE);
    machine_init(m, memory, frames, m2p, TOP, HOST_CPUS);
    if ( low )
        (void)machine_add_ram(m, _mfn(1), low);
    (void)machine_add_ram(m, _mfn(TOP - high), high);
    (void)heap_add(m, _mfn(1), low);
    (void)heap_add(m, _mfn(TOP - high), high);
    host.gap_first = low + 1;
    host.gap_end = TOP - high;
}

static unsigned int violations(void)
{
    struct audit_result res;

    audit(&host.m, counts, &res);
    return res.violations;
}

/* ---- 2. the highest frames ----------------------------------------------------------------------------------------- */

static void one_more(void *arg)
{
    static struct machine none;

    machine_init(&none, memory, frames, m2p, TOP + 1, 1);
}

static void test_heap(void)
{
    struct machine *m = &host.m;
    uint64_t nr = 0, sum = 0, last = 0;
    mfn_t mfn[1024];

    fresh(0, 1023);
    ok(host_bugs(one_more, NULL), "a machine of 2^32 frames is one too large, and is not made");
    for ( unsigned int i = 0; i < 1023; i++ )
    {
        mfn[i] = heap_alloc_owned(m, 0, DOMID_XEN);
        nr += !mfn_eq(mfn[i], INVALID_MFN);
        sum += mfn_x(mfn[i]);
        last = MAX(last, mfn_x(mfn[i]));
    }
    is_u64(nr, 1023, "the 1023 highest frames can be had");
    is_u64(last, TOP - 1, "the last one too");
    is_u64(sum, 1023 * (TOP - 1) - 1023 * 1022 / 2, "each once");
    is_u64(violations(), 0, "the audit counts them");
    for ( unsigned int i = 0; i < 1023; i += 2 )
        heap_free_owned(m, mfn[i], 0);
    for ( unsigned int i = 1; i < 1023; i += 2 )
        heap_free_owned(m, mfn[i], 0);
    is_u64(m->heap.nr_free, 1023, "all are free again, every second one first");
    ok(mfn_eq(heap_alloc(m, 9), _mfn(TOP - 1023)), "and have grown together");
    is_u64(violations(), 0, "the audit agrees");
}

static void test_tables(void)
{
    struct machine *m = &host.m;
    uint64_t bad = 0;
    mfn_t mfn;

    fresh(0, 1023);
    world_init(&w, 1, 200);
    for ( unsigned int i = 0; i < 200; i++ )
        bad += mfn_x(w.page[i]) < TOP - 1023 || m->m2p[mfn_x(w.page[i])] != i;
    is_u64(bad, 0, "a domain of 200 of them, which runs on page tables of its own");
    is_int(do_va(&w, 20, 0), 0, "a page is unmapped");
    is_int(do_va(&w, 20, world_pte(&w, 20, PTE_RW)), 0, "and mapped");
    is_u64(pte_mfn(host_page(w.l1)[20]).n, mfn_x(w.page[20]), "by its own number");
    is_int(do_update(&w, pte_at(w.l1, 20), 0), 0, "a store to its entry, at an address of 44 bits");
    is_u64(host_page(w.l1)[20], 0, "gets there");
    memset(host_page(w.page[20]), 0, PAGE_SIZE);
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[20]), 0), 0, "the page is pinned as L1");
    is_int(do_va(&w, 20, world_pte(&w, 20, PTE_RW)), -EBUSY, "so it cannot be written");
    is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[20]), 0), 0, "until it is unpinned");
    is_int(do_update(&w, mfn_x(w.page[20]) << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0x123456789a), 0,
           "its M2P entry is changed");
    is_u64(m->m2p[mfn_x(w.page[20])], 0x123456789a, "to a number of 37 bits");
    mfn = domain_populate(&w.d, 2, _pfn(1ULL << 33));
    ok(!mfn_eq(mfn, INVALID_MFN) && m->m2p[mfn_x(mfn) + 3] == (1ULL << 33) + 3,
       "four pages more, as pfns from 2^33 on");
    is_u64(violations(), 0, "the audit finds all of it right");
    is_int(do_teardown(&w), 0, "the domain goes");
    is_u64(m->heap.nr_free, 1023, "and all frames are free");
    domain_mem_forget(&w.d);
    is_u64(violations(), 0, "the audit agrees");
}

/* A list in which entry and number both need more than 31 bits. The guest's address space shows one page of it. */
static void test_p2m(void)
{
    const uint64_t first = P2M_LINEAR_MAX - PAGE_SIZE / 8;
    struct arch_shared_info arch = { .max_pfn = P2M_LINEAR_MAX,
                                     .pfn_to_mfn_frame_list_list = ~0UL };
    struct p2m_audit a;
    int rc;

    fresh(0, 1023);
    world_init(&w, 1, 200);
    for ( unsigned int i = 0; i < 200; i++ )
    {
        host_page(w.page[100])[i] = mfn_x(w.page[i]);
        m2p_set(&host.m, w.page[i], first + i);
    }
    for ( unsigned int i = 200; i < PAGE_SIZE / 8; i++ )
        host_page(w.page[100])[i] = P2M_ENTRY_INVALID;
    host_page(w.page[100])[7] += CARRY;
    host_page(w.page[100])[8] = TOP;
    for ( unsigned int i = 0; i < 100; i++ )
        (void)do_va(&w, i, 0); /* it would be part of the list */
    arch.p2m_cr3 = xen_pfn_to_cr3(mfn_x(w.l4));
    arch.p2m_vaddr = WORLD_VA(100) - first * 8;
    p2m_audit_init(&a, &w.d, &arch);
    while ( (rc = p2m_audit_step(&a)) == -ERESTART )
        continue;
    is_int(rc, 0, "a list of 2^32 entries is read");
    is_u64(a.next, P2M_LINEAR_MAX, "to its end");
    is_u64(a.present, 198, "the highest entries are right");
    is_u64(a.mismatches, 2, "but for two");
    ok(a.mismatch[0].pfn == first + 7 && a.mismatch[0].entry == mfn_x(w.page[7]) + CARRY &&
           a.mismatch[0].kind == P2M_NO_FRAME,
       "one with a bit above 31, which names no frame");
    ok(a.mismatch[1].pfn == first + 8 && a.mismatch[1].kind == P2M_NO_FRAME,
       "and one that names the first that is none");
    is_u64(a.unreadable, first, "what is not mapped is passed over");
    is_u64(violations(), 0, "the audit finds the accounts right");
}

/* ---- 3. numbers that have lost their upper bits --------------------------------------------------------------------- */

static uint64_t far(unsigned int page)
{
    return mfn_x(w.page[page]) + CARRY;
}

static void test_carry(uint64_t low, uint64_t high)
{
    struct machine *m = &host.m;
    uint64_t was;

    fresh(low, high);
    world_init(&w, 1, 40);
    (void)do_va(&w, 20, 0);
    memset(host_page(w.page[20]), 0, PAGE_SIZE);
    was = host_page(w.l1)[21];

    ok(!frame_get(m, _mfn(far(9)), OWNER(1)) && !frame_get_account(m, _mfn(far(9)), OWNER(1)),
       "frame 0x%llx: no reference on it", (unsigned long long)far(9));
    is_int(do_va(&w, 21, far(9) << PAGE_SHIFT | PTE_P | PTE_RW), -EPERM, "it cannot be mapped");
    is_int(do_va(&w, 21, far(9) << PAGE_SHIFT | PTE_P), -EPERM, "nor read-only");
    is_int(do_update(&w, pte_at(w.l1, 21), far(9) << PAGE_SHIFT | PTE_P | PTE_RW), -EPERM,
           "nor by mmu_update");
    is_int(do_update(&w, pte_at(_mfn(mfn_x(w.l1) + CARRY), 21), 0), -EINVAL,
           "no store at an address like that");
    is_u64(host_page(w.l1)[21], was, "the entry is what it was");
    is_int(do_update(&w, far(9) << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 77), -EINVAL, "no M2P entry");
    is_u64(m->m2p[mfn_x(w.page[9])], 9, "that of the other stays");
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, far(20), 0), -EINVAL, "no pin");
    is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.l4) + CARRY, 0), -EINVAL, "no unpin");
    is_int(do_ext(&w, MMUEXT_NEW_BASEPTR, mfn_x(w.l4) + CARRY, 0), -EINVAL, "no root");
    is_int(do_ext(&w, MMUEXT_CLEAR_PAGE, far(9), 0), -EINVAL, "no clearing");
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, mfn_x(w.page[9]), far(10)), -EINVAL, "no copy from it");
    is_int(do_ext(&w, MMUEXT_COPY_PAGE, far(9), mfn_x(w.page[10])), -EINVAL, "nor to it");
    is_int(domain_release(&w.d, _mfn(far(9))), -EINVAL, "it cannot be given back");
    is_int(domain_hold(&w.d, _mfn(far(9))), -EINVAL, "or held");
    is_int(do_update(&w, pte_at(w.l2, 5), (mfn_x(w.l1) + CARRY) << PAGE_SHIFT | PTE_P | PTE_RW),
           -EINVAL, "no L2 entry links it");
    host_page(w.page[20])[3] = far(9) << PAGE_SHIFT | PTE_P;
    is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[20]), 0), -EPERM,
           "no table that is pinned maps it");
    host_page(w.page[20])[3] = (mfn_x(w.l1) + CARRY) << PAGE_SHIFT | PTE_P | PTE_US;
    is_int(do_ext(&w, MMUEXT_PIN_L2_TABLE, mfn_x(w.page[20]), 0), -EINVAL, "or links it");
    host_page(w.page[20])[3] = 0;
    is_u64(violations(), 0, "the audit finds nothing");
}

/* Bits that the CPU's physical addresses do not have are told apart from frames that are not there. */
static void test_width(void)
{
    fresh(400, 1);
    world_init(&w, 1, 40);
    host.m.paddr_mask = ((1ULL << 46) - 1) & PTE_ADDR_BITS;
    is_int(do_update(&w, pte_at(w.l2, 5), 1ULL << 46 | PTE_P | PTE_RW), -EINVAL,
           "a link beyond the CPU's 46 address bits");
    ok(strstr(host.refusal, "must be clear"), "is told as such: %s", host.refusal);
    is_int(do_update(&w, pte_at(w.l2, 5), 1ULL << 45 | PTE_P | PTE_RW), -EINVAL, "one within them");
    ok(strstr(host.refusal, "not the domain's"), "is told otherwise: %s", host.refusal);
    is_int(do_va(&w, 21, 1ULL << 51 | PTE_P), -EPERM, "a page beyond them");
    ok(strstr(host.refusal, "not memory"), "is no memory: %s", host.refusal);
    host.m.l1tf_limit = host.m.max_mfn << PAGE_SHIFT;
    is_int(do_va(&w, 21, (TOP - 1) << PAGE_SHIFT), -EINVAL,
           "an absent entry may not name the last frame (L1TF)");
    is_int(do_va(&w, 21, TOP << PAGE_SHIFT), 0, "but the address behind it");
}

int main(void)
{
    test_heap();
    test_tables();
    test_p2m();
    test_carry(400, 1);
    test_carry(0, 400);
    test_width();
    return done();
}
