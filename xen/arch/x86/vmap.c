// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large buffers (xen/vmap.h): blocks of 2 MiB from the heap, mapped side by side between VMAP_START and VMAP_END. The blocks
 * are owned by DOMID_XEN, so no guest can map them by number. The only entries of the hypervisor's tables that come and go; on one
 * CPU, as domains are built at boot, so forgetting them locally is enough.
 *
 * Locks: vmap_lock around the map of what is taken, innermost.
 */
#include <asm/layout.h>
#include <asm/paging.h>
#include <xen/domain.h>
#include <xen/mm.h>
#include <xen/spinlock.h>
#include <xen/vmap.h>
#include <xen/xalloc.h>

#define BLOCK_ORDER 9
#define BLOCK_SIZE  (PAGE_SIZE << BLOCK_ORDER)
#define NR_BLOCKS   ((VMAP_END - VMAP_START) / BLOCK_SIZE)
BUILD_BUG_ON(VZALLOC_MAX != (NR_BLOCKS - 1) * BLOCK_SIZE);

static struct spinlock vmap_lock;
static bool taken[NR_BLOCKS];

static uint64_t block_va(uint64_t i)
{
    return VMAP_START + i * BLOCK_SIZE;
}

static uint64_t blocks_of(size_t bytes)
{
    return (bytes + BLOCK_SIZE - 1) / BLOCK_SIZE;
}

/* Reserve @nr addresses and a guard behind them; the first, or NR_BLOCKS. */
static uint64_t reserve(uint64_t nr)
{
    uint64_t run = 0, first = NR_BLOCKS;

    spin_lock(&vmap_lock);
    for ( uint64_t i = 0; i < NR_BLOCKS && first == NR_BLOCKS; i++ )
    {
        run = taken[i] ? 0 : run + 1;
        if ( run == nr + 1 )
            first = i - nr;
    }
    if ( first != NR_BLOCKS )
        memset(taken + first, true, nr + 1);
    spin_unlock(&vmap_lock);
    return first;
}

static void release(uint64_t first, uint64_t nr)
{
    spin_lock(&vmap_lock);
    memset(taken + first, false, nr + 1);
    spin_unlock(&vmap_lock);
}

static bool map_one(uint64_t i)
{
    void *block = xzalloc_pages(BLOCK_ORDER);

    if ( !block )
        return false;
    if ( paging_map_block(block_va(i), _mfn(maddr_x(virt_to_maddr(block)) >> PAGE_SHIFT)) == 0 )
        return true;
    xfree_pages(block, BLOCK_ORDER);
    return false;
}

static void unmap(uint64_t first, uint64_t nr)
{
    for ( uint64_t i = first; i < first + nr; i++ )
        xfree_pages(mfn_to_virt(&machine, paging_unmap_block(block_va(i))), BLOCK_ORDER);
}

void *vzalloc(size_t bytes)
{
    uint64_t nr, first, done;

    if ( bytes == 0 || bytes > VZALLOC_MAX )
        return NULL;
    nr = blocks_of(bytes);
    first = reserve(nr);
    if ( first == NR_BLOCKS )
        return NULL;
    for ( done = 0; done < nr && map_one(first + done); done++ )
        continue;
    if ( done == nr )
        return (void *)block_va(first);
    unmap(first, done);
    release(first, nr);
    return NULL;
}

void vfree(void *p, size_t bytes)
{
    uint64_t first = ((uint64_t)p - VMAP_START) / BLOCK_SIZE;

    if ( !p )
        return;
    BUG_ON((uint64_t)p != block_va(first) || first >= NR_BLOCKS || !taken[first]);
    unmap(first, blocks_of(bytes));
    release(first, blocks_of(bytes));
}
