/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that come and go: increase_reservation, decrease_reservation, populate_physmap. */
#include "buffers.h"
#include "memory_op.h"

/* Is the frame there for us? */
static bool can_map(void *win, uint64_t mfn)
{
    return hyp_update_va_mapping(win, pte(mfn, PTE_RW_PAGE), UVMF_INVLPG) == 0;
}

static void give_spares(uint64_t *mfns, uint64_t *pfns, unsigned int n)
{
    for ( unsigned int i = 0; i < n; i++ )
    {
        mfns[i] = spare_mfn();
        pfns[i] = M2P[mfns[i]];
    }
    if ( give(mfns, n, 0) != (long)n )
        panic("giving %u frames", n);
}

TEST("memory-op-give", "decrease_reservation: frames that are ours", 0)
{
    uint64_t mfns[3], pfns[3];
    void *win = window_alloc();
    long pages = total_pages();

    for ( unsigned int i = 0; i < 3; i++ )
    {
        mfns[i] = spare_mfn();
        pfns[i] = M2P[mfns[i]];
    }
    check_rc(give(mfns, 0, 0), 0, "none");
    check_rc(give(mfns, 3, 0), 3, "three");
    check_rc(total_pages(), pages - 3, "three less");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        check_rc(hyp_update_va_mapping(win, pte(mfns[i], PTE_RO_PAGE), UVMF_INVLPG), -XEN_EBUSY,
                 "frame %u cannot be mapped", i);
        check(M2P[mfns[i]] != pfns[i], "frame %u has lost its place", i);
        check_rc(give(&mfns[i], 1, 0), 0, "frame %u again", i);
    }
    for ( unsigned int i = 0; i < 3; i++ )
        refill(pfns[i]);
    check_rc(total_pages(), pages, "as many as before");
}

TEST("memory-op-give-foreign", "decrease_reservation: frames that are not ours", 0)
{
    const uint64_t frames[] = { 0x100,           0xa0,      0xfee00,
                                max_mfn() + 1,   1UL << 28, 1UL << 40,
                                (1UL << 52) - 1, 1UL << 52, 1UL << 63,
                                ~0UL - 1,        ~0UL };
    long pages = total_pages();

    for ( unsigned int i = 0; i < ARRAY_SIZE(frames); i++ )
        for ( unsigned int order = 0; order < 10; order += 3 )
            check_rc(give(&frames[i], 1, order), 0, "frame %u, order %u", i, order);
    check_rc(total_pages(), pages, "as many as before");
}

TEST("memory-op-give-some", "decrease_reservation stops at the first that cannot be given", 0)
{
    uint64_t mfns[4] = { spare_mfn(), spare_mfn(), ~0UL, spare_mfn() }, pfns[4], *edge;
    void *win = window_alloc();
    long pages = total_pages();

    for ( unsigned int i = 0; i < 4; i++ )
        pfns[i] = i == 2 ? 0 : M2P[mfns[i]];
    check_rc(give(mfns, 4, 0), 2, "the third of four is not ours");
    check_rc(total_pages(), pages - 2, "two less");
    check(can_map(win, mfns[3]), "the fourth is still ours");
    check_rc(hyp_update_va_mapping(win, 0, UVMF_INVLPG), 0, "unmap it");
    refill(pfns[0]);
    edge = before_hole(sizeof(*edge));
    *edge = mfns[3];
    check_rc(give(edge, 2, 0), 1, "of two numbers one is mapped");
    check_rc(total_pages(), pages - 2, "two less");
    refill(pfns[1]);
    refill(pfns[3]);
    check_rc(total_pages(), pages, "as many as before");
}

TEST("memory-op-give-mapped", "decrease_reservation: a frame that is mapped stays until it is not",
     0)
{
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
    volatile uint64_t *win = window_alloc();
    void *second = window_alloc();
    long pages = total_pages();

    check(can_map((void *)win, mfn), "map it");
    *win = 0x5a5a;
    check_rc(give(&mfn, 1, 0), 1, "give it");
    check_eq(*win, 0x5a5a, "it is still there");
    *win = 0xa5a5;
    check_eq(*win, 0xa5a5, "and can be written");
    check_rc(total_pages(), pages, "it still counts as ours");
    check_rc(hyp_update_va_mapping((void *)win, 0, UVMF_INVLPG), 0, "unmap it");
    check_rc(total_pages(), pages - 1, "one less");
    check(!can_map(second, mfn), "it cannot be mapped any more");
    refill(pfn);
}

TEST("memory-op-give-extent", "decrease_reservation: an extent of 8 frames", 0)
{
    uint64_t mfns[8], pfns[8], first = ~0UL;
    long pages = total_pages();

    for ( unsigned int i = 0; i < 8; i++ )
    {
        mfns[i] = spare_mfn();
        pfns[i] = M2P[mfns[i]];
        first = mfns[i] < first ? mfns[i] : first;
    }
    for ( unsigned int i = 0; i < 8; i++ )
        if ( mfns[i] - first >= 8 )
        {
            skip("the frames are not in a row");
            return;
        }
    check_rc(give(&first, 1, 3), 1, "give it");
    check_rc(total_pages(), pages - 8, "8 less");
    for ( unsigned int i = 0; i < 8; i++ )
        check_rc(give(&mfns[i], 1, 0), 0, "frame %u again", i);
    for ( unsigned int i = 0; i < 8; i++ )
        refill(pfns[i]);
    check_rc(total_pages(), pages, "as many as before");
}

TEST("memory-op-take", "populate_physmap: frames for places of ours", 0)
{
    uint64_t mfns[4], pfns[4], got[4];
    volatile uint64_t *win = window_alloc();
    long pages = total_pages();

    give_spares(mfns, pfns, 4);
    memcpy(got, pfns, sizeof(got));
    check_rc(take(got, 0, 0, 0), 0, "none");
    check_rc(take(got, 4, 0, 0), 4, "four");
    check_rc(total_pages(), pages, "as many as before");
    for ( unsigned int i = 0; i < 4; i++ )
    {
        unsigned int dirty = 0;

        check_eq(M2P[got[i]], pfns[i], "frame %u is where it was wanted", i);
        check(can_map((void *)win, got[i]), "frame %u can be mapped", i);
        for ( unsigned int k = 0; k < 512; k++ )
            dirty += win[k] != 0;
        check_eq(dirty, 0, "frame %u: words that are not 0", i);
        ((uint64_t *)start_info->mfn_list)[pfns[i]] = got[i];
    }
    check_rc(hyp_update_va_mapping((void *)win, 0, UVMF_INVLPG), 0, "unmap");
}

/* The number of a place is the guest's own business. */
TEST("memory-op-take-places", "populate_physmap: places beyond our memory", 0)
{
    static const uint64_t places[] = { 1UL << 20, 1UL << 32, 1UL << 40, (1UL << 52) - 1 };
    uint64_t mfn, pfn;

    give_spares(&mfn, &pfn, 1);
    for ( unsigned int i = 0; i < ARRAY_SIZE(places); i++ )
    {
        uint64_t got = places[i];

        check_rc(take(&got, 1, 0, 0), 1, "place %u", i);
        check_eq(M2P[got], places[i], "the M2P has it");
        check_rc(give(&got, 1, 0), 1, "give the frame back");
    }
    refill(pfn);
}

TEST("memory-op-take-extent", "populate_physmap: one extent of 8 frames", 0)
{
    uint64_t mfns[8], pfns[8], got, lost = 0;
    long pages = total_pages();

    give_spares(mfns, pfns, 8);
    got = 1 << 20;
    check_rc(take(&got, 1, 3, 0), 1, "take it");
    check_rc(total_pages(), pages, "as many as before");
    for ( unsigned int i = 0; i < 8; i++ )
        lost += M2P[got + i] != (1 << 20) + i;
    check_eq(lost, 0, "frames that are not where they were wanted");
    check_eq(got & 7, 0, "it is aligned by its size");
    check_rc(give(&got, 1, 3), 1, "give it back");
    for ( unsigned int i = 0; i < 8; i++ )
        refill(pfns[i]);
}

TEST("memory-op-take-some", "populate_physmap: a list that ends too soon", 0)
{
    uint64_t mfns[2], pfns[2], *edge = before_hole(sizeof(*edge));
    long pages = total_pages();

    give_spares(mfns, pfns, 2);
    *edge = pfns[0];
    check_rc(take(edge, 2, 0, 0), 1, "of two places one is mapped");
    ((uint64_t *)start_info->mfn_list)[pfns[0]] = *edge;
    check_rc(total_pages(), pages - 1, "one of two is there");
    for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
        check_rc(take((uint64_t *)bad_addresses[k].address, 1, 0, 0), 0, "list: %s",
                 bad_addresses[k].name);
    check_rc(total_pages(), pages - 1, "nothing more");
    refill(pfns[1]);
}

/* Our first page is mapped at 0: there may be a list, unless it is increase_reservation's. */
TEST("memory-op-list-at-0", "decrease_reservation and populate_physmap: a list at address 0", 0)
{
    volatile uint64_t *volatile list = NULL; /* the compiler is not to know */
    uint64_t before = *list, mfn = spare_mfn(), pfn = M2P[mfn];
    long pages = total_pages();

    *list = mfn;
    check_rc(give(NULL, 1, 0), 1, "give a frame");
    *list = pfn;
    check_rc(take(NULL, 1, 0, 0), 1, "take one");
    check_eq(M2P[*list], pfn, "it is where it was wanted");
    ((uint64_t *)start_info->mfn_list)[pfn] = *list;
    check_rc(total_pages(), pages, "as many as before");
    *list = before;
}

/* What cannot be told may be kept for us or not; we are not told of it. */
TEST("memory-op-untold", "populate_physmap and increase_reservation: a list that is read-only",
     TEST_ALONE)
{
    uint64_t mfns[2], pfns[2];
    long pages = total_pages();
    uint64_t *ro;

    give_spares(mfns, pfns, 2);
    ro = read_only_copy(pfns, sizeof(pfns));
    check_rc(take(ro, 1, 0, 0), 0, "populate_physmap");
    check_rc_any(total_pages() - (pages - 2), 0, 1, "frames that we have got");
    check_rc(increase(ro, 1, 0, 0), 0, "increase_reservation");
    check_eq(ro[0], pfns[0], "the list");
}

TEST("memory-op-increase", "increase_reservation: frames without a place", 0)
{
    uint64_t mfns[4], pfns[4], got[4] = { 0 };
    volatile uint64_t *win = window_alloc();
    long pages = total_pages();

    give_spares(mfns, pfns, 4);
    check_rc(increase(got, 4, 0, 0), 4, "four");
    check_rc(total_pages(), pages, "as many as before");
    for ( unsigned int i = 0; i < 4; i++ )
    {
        unsigned int dirty = 0;

        check(can_map((void *)win, got[i]), "frame %u can be mapped", i);
        for ( unsigned int k = 0; k < 512; k++ )
            dirty += win[k] != 0;
        check_eq(dirty, 0, "frame %u: words that are not 0", i);
        check_rc(mmu_update1(got[i] << 12 | MMU_MACHPHYS_UPDATE, pfns[i]), 0,
                 "frame %u is given a place", i);
        check_eq(M2P[got[i]], pfns[i], "the M2P has it");
    }
    check_rc(hyp_update_va_mapping((void *)win, 0, UVMF_INVLPG), 0, "unmap");
    for ( unsigned int i = 0; i < 4; i++ )
        ((uint64_t *)start_info->mfn_list)[pfns[i]] = got[i];
}

TEST("memory-op-increase-unlisted", "increase_reservation without a list", TEST_ALONE)
{
    uint64_t mfn, pfn;
    long pages = total_pages();

    give_spares(&mfn, &pfn, 1);
    check_rc(increase(NULL, 1, 0, 0), 1, "one frame");
    check_rc(total_pages(), pages, "as many as before");
}

TEST("memory-op-address-limits", "frames below an address", 0)
{
    uint64_t mfn, pfn, frame;

    give_spares(&mfn, &pfn, 1);
    for ( unsigned int bits = 1; bits <= 12; bits++ )
    {
        frame = pfn;
        check_rc(take(&frame, 1, 0, bits), 0, "populate_physmap below 2^%u", bits);
        check_rc(increase(&frame, 1, 0, bits), 0, "increase_reservation below 2^%u", bits);
    }
    refill(pfn);
    frame = pfn_to_mfn(pfn);
    struct xen_memory_reservation r = reservation(&frame, 1, 0, 12);
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 0, "decrease_reservation below 2^12");
    r.mem_flags = 13;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 1, "decrease_reservation below 2^13");
    for ( unsigned int bits = 13; bits < 256; bits += bits < 20 ? 1 : 13 )
    {
        frame = pfn;
        long got = take(&frame, 1, 0, bits);

        if ( got == 1 )
        {
            check(bits >= 52 || frame < 1UL << (bits - 12), "below 2^%u: a frame that is", bits);
            check_rc(give(&frame, 1, 0), 1, "give it back");
        }
        else
            check_rc(got, 0, "below 2^%u: none", bits);
    }
    refill(pfn);
}

TEST("memory-op-domains", "memory_op: other domains", 0)
{
    static const uint16_t domains[] = { 1,         NOBODY,    0x7fef,        DOMID_IO,
                                        DOMID_XEN, DOMID_COW, DOMID_INVALID, 0xffff };
    static const unsigned int questions[] = { XENMEM_current_reservation,
                                              XENMEM_maximum_reservation, XENMEM_maximum_gpfn };
    static const unsigned int counting[] = { XENMEM_increase_reservation,
                                             XENMEM_decrease_reservation, XENMEM_populate_physmap };
    uint64_t mfn = spare_mfn(), pfn = M2P[mfn];
    struct xen_memory_domain q = { .domid = 0 };
    long pages = total_pages();

    check_rc(hyp_memory_op(XENMEM_current_reservation, &q), pages, "domain 0, which we are");
    for ( unsigned int d = 0; d < ARRAY_SIZE(domains); d++ )
    {
        for ( unsigned int i = 0; i < ARRAY_SIZE(questions); i++ )
        {
            q.domid = domains[d];
            check_rc(hyp_memory_op(questions[i], &q), -XEN_ESRCH, "domain %u, question %u",
                     domains[d], questions[i]);
        }
        for ( unsigned int i = 0; i < ARRAY_SIZE(counting); i++ )
        {
            struct xen_memory_reservation r = reservation(&mfn, 1, 0, 0);

            r.domid = domains[d];
            check_rc(hyp_memory_op(counting[i], &r), 0, "domain %u, operation %u", domains[d],
                     counting[i]);
        }
    }
    check_rc(total_pages(), pages, "as many as before");
    struct xen_memory_reservation r = reservation(&mfn, 1, 0, 0);
    r.domid = 0;
    check_rc(hyp_memory_op(XENMEM_decrease_reservation, &r), 1,
             "give a frame as domain 0, which we are");
    refill(pfn);
}
