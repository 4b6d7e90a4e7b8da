/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may still hold an old translation. The machine's flush clock counts complete TLB flushes; each CPU notes the time of
 * its last one, each frame the clock at the moment its last typed reference went away. A CPU whose last flush is not later
 * than a frame's stamp may still reach the frame by a translation made under its old type.
 *
 * The clock is moved before the flush and the CPU's time after it: whatever is stamped while the flush runs counts as not
 * covered by it.
 *
 * Keeps invariant 7. Locks: none; a stamp is written before the count it describes drops.
 */
#include <xen/mm_port.h>

uint32_t tlb_flush_begin(struct machine *m)
{
    uint32_t begun = __atomic_add_fetch(&m->flush_clock, 1, __ATOMIC_SEQ_CST);

    for ( unsigned int cpu = 0; begun == 0 && cpu < m->nr_cpus; cpu++ )
        __atomic_store_n(&m->cpu_flushed[cpu], 0, __ATOMIC_SEQ_CST);
    return begun;
}

void tlb_flush_end(struct machine *m, unsigned int cpu, uint32_t begun)
{
    __atomic_store_n(&m->cpu_flushed[cpu], begun, __ATOMIC_SEQ_CST);
}

/*
 * The clock wraps after 2^32 flushes. Stamps from before the wrap are large, so they only cause flushes too many. All CPUs'
 * times are set back at the wrap, or a CPU that does not flush for a whole age would seem to have flushed in the new one. One
 * that was flushing just then may write an old time after that: it is later than the clock and counts as stale.
 */
bool tlb_stale(const struct machine *m, uint32_t stamp)
{
    uint32_t now = __atomic_load_n(&m->flush_clock, __ATOMIC_SEQ_CST);

    for ( unsigned int cpu = 0; cpu < m->nr_cpus; cpu++ )
    {
        uint32_t last = __atomic_load_n(&m->cpu_flushed[cpu], __ATOMIC_SEQ_CST);

        if ( last <= stamp || last > now )
            return true;
    }
    return false;
}
