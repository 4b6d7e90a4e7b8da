/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
/*
 * What a guest can do by translations that no flush has taken from its CPU yet: it unmaps a page and gives it back, and nothing says
 * when the translation goes. Until the frame is given out again it may still write to it, and the CPU may walk it as the table
 * it was (and set A and D bits there). So nothing of the hypervisor's may be kept in free memory.
 */
#include "../../../xen/arch/x86/mm/fast.h"
#include "../host/host.h"
#include "tap.h"

#define NR 8

static struct world w;
static uint64_t copies[HOST_FRAMES][PAGE_SIZE / sizeof(uint64_t)];

static void fresh(void)
{
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 16);
    host_touch(&w.v);
}

/* Unmap pages 8 .. 8 + NR - 1, and give them back. */
static void give_back(void)
{
    for ( unsigned int i = 8; i < 8 + NR; i++ )
    {
        do_va(&w, i, 0);
        if ( domain_release(&w.d, w.page[i]) )
            fail("page %u cannot be given back", i);
    }
}

/* As many frames as were given back, all different and none in use. */
static void take_again(const char *what)
{
    uint64_t seen[HOST_FRAMES] = { 0 };
    unsigned int good = 0;

    for ( unsigned int i = 0; i < NR; i++ )
    {
        mfn_t mfn = domain_alloc(&w.d, 0);

        if ( mfn_x(mfn) >= HOST_RAM_END || seen[mfn_x(mfn)]++ )
            break;
        good += word_refs(host_word(mfn)) == 1;
    }
    is_u64(good, NR, what);
    is_u64(host_check(), 0, "and the accounts are right");
}

static void test_write_after_release(void)
{
    unsigned int reached = 0;

    fresh();
    give_back();
    for ( unsigned int i = 8; i < 8 + NR; i++ )
    {
        if ( !host.ghost[0][mfn_x(w.page[i])].write )
            continue;
        memset(host_page(w.page[i]), 0x41, PAGE_SIZE);
        reached++;
    }
    is_u64(reached, NR, "no flush has taken the writable translations of pages given back");
    take_again("what is written through them harms no allocation");
}

static void test_nothing_kept(void)
{
    unsigned int changed = 0;

    fresh();
    for ( uint64_t i = 1; i < HOST_RAM_END; i++ )
        memcpy(copies[i], host_page(_mfn(i)), PAGE_SIZE);
    give_back();
    for ( unsigned int i = 8; i < 8 + NR; i++ )
        changed += memcmp(copies[mfn_x(w.page[i])], host_page(w.page[i]), PAGE_SIZE) != 0;
    is_u64(changed, 0, "memory that is free holds nothing of the hypervisor's");
}

/* As if it became the domain's between the looks at its word and at its owner, and free again before the exchange. */
static void test_links_are_no_counts(void)
{
    unsigned int linked = 0, taken = 0;

    /* Frame numbers above 64 are large enough to be taken for counts; apart, frames do not merge. */
    host_reset(HOST_RAM_END);
    world_init(&w, 1, 120);
    for ( unsigned int i = 100; i < 120; i += 2 )
    {
        do_va(&w, i, 0);
        if ( domain_release(&w.d, w.page[i]) )
            fail("page %u cannot be given back", i);
    }
    for ( unsigned int i = 100; i < 120; i += 2 )
    {
        struct frame *f = mfn_to_frame(&host.m, w.page[i]);
        enum frame_type type;

        linked += f->word != 0;
        f->owner = OWNER(w.d.id);
        taken += frame_hold_fast(&w.d, f, &type);
        for ( type = FRAME_NONE; type <= FRAME_DESC; type++ )
            taken += frame_hold_table(&host.m, f, f->owner, type);
        taken += frame_get_readable(f, f->owner) || frame_get_writable(f, f->owner);
        f->owner = OWNER_NONE;
    }
    ok(linked >= 2, "accounts of free frames hold the heap's links");
    is_u64(taken, 0, "which nobody takes for counts, whoever owns the frame meanwhile");
}

int main(void)
{
    test_links_are_no_counts();
    test_write_after_release();
    test_nothing_kept();
    return done();
}
