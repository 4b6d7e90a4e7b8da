/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -include tools/tests/host/step.h
/*
 * The common cases (xen/arch/x86/mm/fast.h) against the general functions: on every account there can be, a common case either does
 * what the general function does, or says no and changes nothing; and it says no only where it must. Then where empty entries
 * end, and that what is common is fast, counted in atomic accesses.
 */
#include "../../../xen/arch/x86/mm/fast.h"
#include "../host/host.h"
#include "../host/smp.h"
#include "tap.h"

#define DATA 10 /* the page whose account is varied */

static struct world w;
static struct leaf leaf;

/* ---- accounts ------------------------------------------------------------------------------------------------------ */

static const uint64_t counts[] = { 0,
                                   1,
                                   2,
                                   3,
                                   WORD_REFS_MANY - 1,
                                   WORD_REFS_MANY,
                                   WORD_REFS_MANY + 1,
                                   FRAME_REFS_LIMIT - 1,
                                   FRAME_REFS_LIMIT };
static const uint64_t flags[] = {
    0,           FRAME_ALLOCATED, FRAME_PINNED, FRAME_VALIDATED, FRAME_NONCOHERENT,
    FRAME_EXTRA, FRAME_PARTIAL,   FRAME_LOCKED
};
static const uint16_t owners[] = { OWNER(1), OWNER(2), OWNER_NONE };

struct account
{
    uint64_t refs, types, flags;
    enum frame_type kind;
    uint16_t owner;
};

static struct frame *frame(void)
{
    return mfn_to_frame(&host.m, w.page[DATA]);
}

static void set_account(const struct account *a)
{
    frame()->word =
        a->refs | a->types << FRAME_TYPE_SHIFT | a->flags | (uint64_t)a->kind << FRAME_KIND_SHIFT;
    frame()->owner = a->owner;
}

/* Call @check on every account that makes sense: no more types than references, a type if there are any. */
static unsigned int each_account(unsigned int (*check)(const struct account *a))
{
    unsigned int bad = 0;
    struct account a;

    for ( unsigned int r = 0; r < ARRAY_SIZE(counts); r++ )
        for ( unsigned int t = 0; t <= r; t++ )
            for ( unsigned int k = t ? FRAME_WRITABLE : FRAME_NONE; k <= FRAME_DESC; k++ )
                for ( unsigned int i = 0; i < ARRAY_SIZE(flags); i++ )
                    for ( unsigned int o = 0; o < ARRAY_SIZE(owners); o++ )
                    {
                        a = (struct account){ counts[r], counts[t], flags[i], (enum frame_type)k,
                                              owners[o] };
                        set_account(&a);
                        if ( !check(&a) )
                            continue;
                        if ( ++bad < 4 )
                            note("%llu references, %llu typed, kind %u, flags 0x%llx, owner %u",
                                 (unsigned long long)a.refs, (unsigned long long)a.types, k,
                                 (unsigned long long)a.flags, a.owner);
                    }
    return bad;
}

/* The function said @yes with @word left behind; it should have said @want, and the general function leaves @general. */
static bool differs(bool yes, bool want, uint64_t before, uint64_t general)
{
    return yes != want || frame()->word != (yes ? general : before);
}

/* ---- 1. each against the general one ------------------------------------------------------------------------------- */

static unsigned int check_get_ro(const struct account *a)
{
    bool want = a->refs && a->refs < WORD_REFS_MANY && a->owner == OWNER(1);
    uint64_t e = world_pte(&w, DATA, PTE_US), before = frame()->word, general = before;
    const struct map_owner o = { .d = &w.d, .pg = &w.d };

    if ( want )
    {
        if ( l1e_get(&o, e) )
            return 1;
        general = frame()->word;
        frame()->word = before;
    }
    return differs(leaf_get(&leaf, e), want, before, general);
}

static unsigned int check_get_rw(const struct account *a)
{
    bool want = a->types && a->kind == FRAME_WRITABLE && a->flags != FRAME_LOCKED &&
                a->refs < WORD_REFS_MANY && a->owner == OWNER(1);
    uint64_t e = world_pte(&w, DATA, PTE_US | PTE_RW), before = frame()->word, general = before;
    const struct map_owner o = { .d = &w.d, .pg = &w.d };

    if ( a->flags == FRAME_PARTIAL )
        return 0; /* no writable page ever is */
    if ( want )
    {
        if ( l1e_get(&o, e) )
            return 1;
        general = frame()->word;
        frame()->word = before;
    }
    return differs(leaf_get(&leaf, e), want, before, general);
}

static unsigned int check_put_ro(const struct account *a)
{
    bool want = a->refs >= 2 && a->kind != FRAME_DESC;
    uint64_t e = world_pte(&w, DATA, PTE_US), before = frame()->word, general = before;

    if ( want )
    {
        l1e_put(&w.d, e);
        general = frame()->word;
        frame()->word = before;
    }
    return differs(leaf_put(&leaf, e), want, before, general);
}

/* Of these what is put has been got: the page is writable, and not being worked on. */
static unsigned int check_put_rw(const struct account *a)
{
    bool want = a->types >= 2;
    uint64_t e = world_pte(&w, DATA, PTE_US | PTE_RW), before = frame()->word, general = before;

    if ( a->kind != FRAME_WRITABLE || (a->flags & (FRAME_LOCKED | FRAME_PARTIAL)) )
        return 0;
    if ( want )
    {
        l1e_put(&w.d, e);
        general = frame()->word;
        frame()->word = before;
    }
    return differs(leaf_put(&leaf, e), want, before, general);
}

static unsigned int check_put_type(const struct account *a)
{
    bool want = a->types >= 2;
    uint64_t before = frame()->word, general = before;

    if ( a->kind != FRAME_WRITABLE || (a->flags & (FRAME_LOCKED | FRAME_PARTIAL)) )
        return 0;
    if ( want )
    {
        frame_put_type(&w.d, frame());
        general = frame()->word;
        frame()->word = before;
    }
    return differs(frame_put_type_fast(frame()), want, before, general);
}

static unsigned int check_frame_get(const struct account *a)
{
    bool want = a->refs && a->refs < WORD_REFS_MANY && a->owner == OWNER(1);
    uint64_t before = frame()->word, general = before;

    if ( want )
    {
        if ( !frame_get(&host.m, w.page[DATA], OWNER(1)) )
            return 1;
        general = frame()->word;
        frame()->word = before;
    }
    return differs(frame_get_fast(&host.m, w.page[DATA], OWNER(1)), want, before, general);
}

/* Always does it. */
static unsigned int check_frame_put(const struct account *a)
{
    uint64_t before = frame()->word;

    if ( a->refs < 2 )
        return 0;
    smp_steps = 0;
    frame_put_fast(&host.m, frame());
    return frame()->word != before - FRAME_REF || smp_steps != 2;
}

/* What it is now: a validated table, or a page that can be written. */
static unsigned int check_hold(const struct account *a)
{
    bool want = a->types && a->refs < WORD_REFS_MANY && a->kind != FRAME_DESC &&
                !(a->flags & (FRAME_LOCKED | FRAME_PARTIAL)) && a->owner == OWNER(1);
    uint64_t before = frame()->word;
    enum frame_type type;

    if ( differs(frame_hold_fast(&w.d, frame(), &type), want, before,
                 before + FRAME_REF + FRAME_TYPED) )
        return 1;
    return want && type != a->kind;
}

static unsigned int check_hold_l1(const struct account *a)
{
    bool want = a->types && a->refs < WORD_REFS_MANY && a->kind == FRAME_L1 &&
                !(a->flags & (FRAME_LOCKED | FRAME_PARTIAL)) && a->owner == OWNER(1);
    uint64_t before = frame()->word;

    return differs(frame_hold_table(&host.m, frame(), OWNER(1), FRAME_L1), want, before,
                   before + FRAME_REF + FRAME_TYPED);
}

static unsigned int check_release(const struct account *a)
{
    uint64_t before = frame()->word;

    return differs(frame_release_fast(frame()), a->types >= 2, before,
                   before - FRAME_REF - FRAME_TYPED);
}

static void test_accounts(void)
{
    static const struct
    {
        const char *what;
        unsigned int (*check)(const struct account *a);
    } checks[] = {
        { "a page is mapped to be read", check_get_ro },
        { "a page is mapped to be written", check_get_rw },
        { "a read-only mapping goes", check_put_ro },
        { "a writable mapping goes", check_put_rw },
        { "a writable mapping becomes read-only", check_put_type },
        { "a frame is held", check_frame_get },
        { "a frame is let go", check_frame_put },
        { "a table or page is held as what it is", check_hold },
        { "an L1 table is held", check_hold_l1 },
        { "a table or page is released", check_release },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(checks); i++ )
        ok(each_account(checks[i].check) == 0, "%s: as the general function does, or not at all",
           checks[i].what);
}

/* ---- 2. entries ---------------------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t rnd(void)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return seed ^ seed >> 29;
}

static void test_entries(void)
{
    const uint64_t rare = PTE_CACHE | (PTE_ADDR_BITS & ~host.m.paddr_mask);
    const uint64_t plain = world_pte(&w, DATA, PTE_RW | PTE_US | PTE_G);
    unsigned int bad = 0;

    for ( unsigned int bit = 0; bit < 64; bit++ )
    {
        uint64_t e = plain ^ 1ULL << bit;
        bool common = (e & PTE_P) && !(e & rare);

        bad += leaf_is_common(&leaf, e) != common;
        bad += leaf_is_common_rw(&leaf, e) != (common && (e & PTE_RW));
        bad += leaf_is_final_rw(&leaf, e) != (common && (e & PTE_RW) && pte_adjust_l1(e) == e);
    }
    is_u64(bad, 0, "each bit alone makes an entry common, writable, final, or not");
    for ( unsigned int i = 0; i < 100000; i++ )
    {
        uint64_t e = (rnd() & ~rare) | (rnd() & rnd() & rnd() & rnd() & rare);
        bool common = (e & PTE_P) && !(e & rare);

        bad += leaf_is_common(&leaf, e) != common;
        bad += leaf_is_common_rw(&leaf, e) != (common && (e & PTE_RW));
        bad += leaf_is_final_rw(&leaf, e) != (common && (e & PTE_RW) && pte_adjust_l1(e) == e);
        bad += leaf_offset(e) != (e & PTE_ADDR_BITS) >> PAGE_SHIFT << 4;
    }
    is_u64(bad, 0, "all together too");
    ok(leaf_frame(&leaf, plain) == frame(), "an entry leads to its frame's account");
    is_u64(leaf.frames_size, HOST_FRAMES * sizeof(struct frame), "accounts end where they end");
    ok(!leaf_get(&leaf, (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P),
       "behind them nothing is read");
    ok(!leaf_get(&leaf, (uint64_t)HOST_FRAMES << PAGE_SHIFT | PTE_P | PTE_RW), "nor written");
    ok(!leaf_get(&leaf, PTE_ADDR_BITS | PTE_P), "nor at the largest number there is");
    ok(!frame_get_fast(&host.m, _mfn(HOST_FRAMES), OWNER(1)), "nor held");
    is_u64(leaf_of(&w.d, NULL).owner, OWNER_NONE, "where nobody's pages may be mapped");
    set_account(&(struct account){ 2, 1, FRAME_ALLOCATED, FRAME_WRITABLE, OWNER(1) });
    leaf = leaf_of(&w.d, NULL);
    ok(!leaf_get(&leaf, plain) && !leaf_get(&leaf, plain & ~PTE_RW), "no mapping is common");
}

/* ---- 3. empty entries ---------------------------------------------------------------------------------------------- */

#define WORDS 40U

static unsigned int first_up(const uint64_t *e, unsigned int from, unsigned int to)
{
    while ( from < to && !e[from] )
        from++;
    return from;
}

static unsigned int first_down(const uint64_t *e, unsigned int from, unsigned int to)
{
    while ( from > to && !e[from - 1] )
        from--;
    return from;
}

/* In the last words before memory that cannot be touched, so that a look too far is not survived. */
static void test_empty(void)
{
    uint64_t *e = host_guarded(WORDS * sizeof(*e));
    unsigned int bad = 0;

    for ( unsigned int set = 0; set <= WORDS; set++ )
    {
        memset(e, 0, WORDS * sizeof(*e));
        if ( set < WORDS )
            e[set] = 1ULL << set;
        for ( unsigned int from = 0; from <= WORDS; from++ )
            for ( unsigned int to = from; to <= WORDS; to++ )
            {
                bad += skip_empty(&e[from], &e[to]) != &e[first_up(e, from, to)];
                bad += skip_empty_down(&e[to], &e[from]) != &e[first_down(e, to, from)];
            }
        for ( unsigned int i = 0; i + 8 <= WORDS; i++ )
            bad += eight_empty(&e[i]) != (set < i || set >= i + 8);
    }
    is_u64(bad, 0, "the next entry that is not empty is found from everywhere, in both directions");
}

/* ---- 4. fast ------------------------------------------------------------------------------------------------------- */

/* Fewer are welcome. */
static void at_most(unsigned long steps, unsigned long limit, const char *what)
{
    ok(steps <= limit, "%s: %lu of %lu", what, steps, limit);
}

static unsigned long steps_of_update(unsigned int i, uint64_t val)
{
    smp_steps = 0;
    is_int(do_va(&w, i, val), 0, "update_va_mapping");
    return smp_steps;
}

static unsigned long steps_of_batch(unsigned int nr, unsigned int cmd, uint64_t val)
{
    struct pt_update req[16];
    struct mmu_target t;
    unsigned int done;

    mmu_decode_target(&w.d, DOMID_SELF, &t);
    for ( unsigned int i = 0; i < nr; i++ )
        req[i] = (struct pt_update){ pte_at(w.l1, 40 + i) | cmd, val };
    smp_steps = 0;
    is_int(mmu_update(&w.v, &t, req, nr, &done), 0, "mmu_update");
    return smp_steps;
}

/* Holding the table and letting it go cost two accesses each: a look and an exchange. */
#define TABLE 4

static void test_steps(void)
{
    const uint64_t rw = world_pte(&w, DATA, PTE_RW | PTE_US | PTE_G);
    const uint64_t ro = rw & ~PTE_RW;

    host_reset(HOST_RAM_END);
    host.m.yield_mask = 511;
    world_init(&w, 1, 32);
    do_va(&w, 20, 0);
    do_va(&w, 21, rw);
    at_most(steps_of_update(20, rw), TABLE + 3, "mapping: account, exchange, entry");
    at_most(steps_of_update(20, rw | PTE_NX), TABLE + 1, "changing rights: entry");
    at_most(steps_of_update(20, ro), TABLE + 3, "taking away writing: entry, account, exchange");
    at_most(steps_of_update(20, ro | PTE_NX), TABLE + 1, "changing rights: entry");
    at_most(steps_of_update(20, rw), TABLE + 5, "giving it: account, exchange, entry, and again");
    at_most(steps_of_update(20, 0), TABLE + 3, "unmapping: entry, account, exchange");
    at_most(steps_of_update(20, ro), TABLE + 3, "mapping to read");
    at_most(steps_of_update(20, 0), TABLE + 3, "unmapping");
    (void)steps_of_update(11, 0);
    is_int(domain_release(&w.d, w.page[11]), 0, "a page is given back");
    w.page[11] = domain_alloc(&w.d, 0);
    at_most(steps_of_update(20, world_pte(&w, 11, PTE_RW)), TABLE + 9,
            "the first writable mapping of a page that was nothing before locks nothing");
    at_most(steps_of_update(20, 0), TABLE + 10, "its last does, to note the time");
    at_most(steps_of_batch(16, MMU_NORMAL_PT_UPDATE, rw), TABLE + 16 * 3,
            "sixteen updates hold their table once");
    at_most(steps_of_batch(16, MMU_NORMAL_PT_UPDATE, 0), TABLE + 16 * 3, "to unmap likewise");
    at_most(steps_of_batch(16, MMU_PT_UPDATE_PRESERVE_AD, rw), TABLE + 16 * 5,
            "sixteen that are not the common ones too");
    (void)steps_of_batch(16, MMU_NORMAL_PT_UPDATE, 0);
    w.d.cache_attrs = true;
    (void)steps_of_update(20, ro ^ PTE_G ^ PTE_PCD);
    at_most(steps_of_update(20, ro ^ PTE_G ^ PTE_PCD ^ PTE_NX), TABLE + 2,
            "other rights for a page with another memory type: account, entry");
    is_u64(host_check(), 0, "the audit agrees");
}

/* An L1 with one page mapped @nr times: what it costs to become one, and to stop being one, for each. */
static void test_table_steps(void)
{
    const unsigned int nr[2] = { 100, 200 };
    unsigned long up[2], down[2];

    for ( unsigned int r = 0; r < 2; r++ )
    {
        host_reset(HOST_RAM_END);
        host.m.yield_mask = 511;
        world_init(&w, 1, 32);
        do_va(&w, 20, 0);
        memset(host_page(w.page[20]), 0, PAGE_SIZE);
        for ( unsigned int i = 0; i < nr[r]; i++ )
            host_page(w.page[20])[i * 2] =
                world_pte(&w, 21 + i % 2, (i % 2 ? PTE_RW : 0) | PTE_US | PTE_G);
        smp_steps = 0;
        is_int(do_ext(&w, MMUEXT_PIN_L1_TABLE, mfn_x(w.page[20]), 0), 0, "a table is pinned");
        up[r] = smp_steps;
        smp_steps = 0;
        is_int(do_ext(&w, MMUEXT_UNPIN_TABLE, mfn_x(w.page[20]), 0), 0, "and unpinned");
        down[r] = smp_steps;
    }
    at_most(up[1] - up[0], 2 * 100, "each mapping in it costs a look and an exchange");
    at_most(down[1] - down[0], 2 * 100, "and the same to give it back");
    is_u64(host_check(), 0, "the audit agrees");
}

int main(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 32);
    leaf = leaf_of(&w.d, &w.d);
    test_accounts();
    test_entries();
    test_empty();
    test_steps();
    test_table_steps();
    return done();
}
