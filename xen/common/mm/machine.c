/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as the core sees it: which frames are memory, and which domains exist.
 *
 *   1. setting up struct machine
 *   2. RAM ranges
 *   3. domain lookup
 *
 * Locks: none. Ranges are entered at boot; m->domains changes only while one CPU builds or ends a domain.
 */
#include <xen/mm.h>

void machine_init(struct machine *m, uint8_t *direct_map, struct frame *frames, uint64_t *m2p,
                  uint64_t max_mfn, unsigned int nr_cpus)
{
    BUG_ON(nr_cpus == 0 || nr_cpus > MM_MAX_CPUS);
    BUG_ON(max_mfn > UINT32_MAX); /* frames are linked by 32-bit numbers (heap.c) */

    memset(m, 0, sizeof(*m));
    m->direct_map = direct_map;
    m->frames = frames;
    m->m2p = m2p;
    m->max_mfn = max_mfn;
    m->nr_cpus = nr_cpus;
    m->paddr_mask = PTE_ADDR_BITS;
    m->flush_clock = 1;
    for ( unsigned int cpu = 0; cpu < nr_cpus; cpu++ )
        m->cpu_flushed[cpu] = 1;
    for ( unsigned int order = 0; order <= HEAP_MAX_ORDER; order++ )
        m->heap.free[order] = HEAP_NONE;
}

int machine_add_ram(struct machine *m, mfn_t first, uint64_t nr)
{
    const struct frame_range *last = m->nr_ram ? &m->ram[m->nr_ram - 1] : NULL;

    if ( nr == 0 || mfn_x(first) + nr < nr || mfn_x(first) + nr > m->max_mfn )
        return -EINVAL;
    if ( last && mfn_x(first) < mfn_x(last->first) + last->nr )
        return -EINVAL;
    if ( m->nr_ram == MM_RAM_RANGES )
        return -ENOSPC;

    m->ram[m->nr_ram++] = (struct frame_range){ first, nr };
    return 0;
}

bool mfn_is_ram(const struct machine *m, mfn_t mfn)
{
    for ( unsigned int i = 0; i < m->nr_ram; i++ )
        if ( mfn_x(mfn) - mfn_x(m->ram[i].first) < m->ram[i].nr )
            return true;
    return false;
}

struct mm_domain *machine_domain(struct machine *m, uint16_t id)
{
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( m->domains[i] && m->domains[i]->id == id )
            return m->domains[i];
    return NULL;
}
