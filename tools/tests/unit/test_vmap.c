/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/vmap.c
/* Large buffers: addresses apart from each other, every block behind them given back, whatever fails half-way. */

#include "tap.h"

#include <asm/layout.h>
#include <asm/paging.h>
#include <stdlib.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/vmap.h>
#include <xen/xalloc.h>

#include "elf_make.h"

#define BLOCK  (2UL << 20)
#define BLOCKS 512U

/* A heap of numbered blocks that nobody looks into, and what is mapped where. */
static struct
{
    bool used[BLOCKS + 100];
    unsigned int nr, limit;  /* how many there are */
    unsigned int at[BLOCKS]; /* block + 1 at each address */
    unsigned int mapped, map_fail_in;
} fake;

struct machine machine;

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

void *xzalloc_pages(unsigned int order)
{
    if ( order != 9 )
        abort();
    for ( unsigned int i = 1; i <= fake.limit; i++ )
        if ( !fake.used[i] )
        {
            fake.used[i] = true;
            fake.nr++;
            return machine.direct_map + i * BLOCK;
        }
    return NULL;
}

static unsigned int block_of(uint64_t maddr)
{
    if ( maddr % BLOCK || maddr / BLOCK > fake.limit || !fake.used[maddr / BLOCK] )
        abort();
    return (unsigned int)(maddr / BLOCK);
}

void xfree_pages(void *p, unsigned int order)
{
    unsigned int i = block_of((uint64_t)((uint8_t *)p - machine.direct_map));

    for ( unsigned int j = 0; j < BLOCKS; j++ )
        if ( fake.at[j] == i + 1 )
            abort(); /* still mapped */
    fake.used[i] = false;
    fake.nr--;
}

maddr_t virt_to_maddr(const void *p)
{
    return _maddr((uint64_t)((const uint8_t *)p - machine.direct_map));
}

static unsigned int slot_of(uint64_t va)
{
    if ( va < VMAP_START || va >= VMAP_END || va % BLOCK )
        abort();
    return (unsigned int)((va - VMAP_START) / BLOCK);
}

int paging_map_block(uint64_t va, mfn_t mfn)
{
    unsigned int slot = slot_of(va);

    if ( fake.map_fail_in && --fake.map_fail_in == 0 )
        return -ENOMEM;
    if ( fake.at[slot] )
        abort();
    fake.at[slot] = block_of(mfn_x(mfn) << PAGE_SHIFT) + 1;
    fake.mapped++;
    return 0;
}

mfn_t paging_unmap_block(uint64_t va)
{
    unsigned int slot = slot_of(va), block = fake.at[slot];

    if ( !block )
        abort();
    fake.at[slot] = 0;
    fake.mapped--;
    return _mfn((block - 1) * BLOCK >> PAGE_SHIFT);
}

static bool is_clean(void)
{
    return fake.nr == 0 && fake.mapped == 0;
}

static void test_one(void)
{
    void *p = vzalloc(1), *q = vzalloc(2 * BLOCK + 1), *r = vzalloc(BLOCK);

    ok((uint64_t)p == VMAP_START && fake.mapped == 5, "buffers take whole blocks");
    ok((uint8_t *)q == (uint8_t *)p + 2 * BLOCK && (uint8_t *)r == (uint8_t *)q + 4 * BLOCK,
       "an unmapped block separates them");
    vfree(q, 2 * BLOCK + 1);
    is_int((int)fake.nr, 2, "what is given back is free");
    ok(vzalloc(3 * BLOCK) == q, "and its addresses too");
    vfree(q, 3 * BLOCK);
    vfree(p, 1);
    vfree(r, BLOCK);
    vfree(NULL, 77);
    ok(is_clean(), "all is given back");
}

static void test_limits(void)
{
    void *p;

    ok(!vzalloc(0) && !vzalloc(VZALLOC_MAX + 1) && !vzalloc(~0UL >> 1),
       "no buffer of 0, far too many");
    p = vzalloc(VZALLOC_MAX);
    ok(p && fake.mapped == VZALLOC_MAX / BLOCK, "the largest there is");
    ok(!vzalloc(1), "then there are no addresses left");
    vfree(p, VZALLOC_MAX);
    ok(is_clean(), "it is given back");
}

static void test_failures(void)
{
    bool right = true;
    void *p;

    for ( unsigned int n = 0; n < 10; n++ )
    {
        fake.limit = n;
        right = right && !vzalloc(10 * BLOCK) && is_clean();
    }
    fake.limit = BLOCKS;
    ok(right, "too little memory: nothing is lost");
    for ( unsigned int n = 1; n <= 10; n++ )
    {
        fake.map_fail_in = n;
        right = right && !vzalloc(10 * BLOCK) && is_clean();
    }
    fake.map_fail_in = 0;
    ok(right, "nor when one cannot be mapped");
    p = vzalloc(10 * BLOCK);
    ok((uint64_t)p == VMAP_START, "the addresses can be used again");
    vfree(p, 10 * BLOCK);
}

static void test_random(void)
{
    uint64_t seed = 0x2545f4914f6cdd1d;
    struct
    {
        uint8_t *p;
        size_t bytes;
    } held[20] = { 0 };
    bool right = true;

    fake.limit = 300;
    for ( unsigned int i = 0; i < 20000; i++ )
    {
        unsigned int k = elf_random(&seed) % 20, blocks = 0;

        if ( elf_random(&seed) % 50 == 0 )
            fake.map_fail_in = 1 + elf_random(&seed) % 30;
        vfree(held[k].p, held[k].bytes);
        held[k].bytes = elf_random(&seed) % (60 * BLOCK);
        held[k].p = vzalloc(held[k].bytes);
        if ( !held[k].p )
            held[k].bytes = 0;
        for ( unsigned int j = 0; j < 20; j++ )
        {
            blocks += (unsigned int)((held[j].bytes + BLOCK - 1) / BLOCK);
            right = right &&
                    (j == k || !held[j].p || !held[k].p || held[j].p + held[j].bytes < held[k].p ||
                     held[k].p + held[k].bytes < held[j].p);
        }
        right = right && fake.mapped == blocks && fake.nr == blocks;
    }
    for ( unsigned int k = 0; k < 20; k++ )
        vfree(held[k].p, held[k].bytes);
    ok(right, "20000 random ones never overlap, and take exactly their blocks");
    ok(is_clean(), "nothing is left");
}

int main(void)
{
    machine.direct_map = (uint8_t *)0x100000000000;
    fake.limit = BLOCKS;
    test_one();
    test_limits();
    test_failures();
    test_random();
    return done();
}
