// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory core's port on the metal (xen/mm_port.h).
 *   1. flushing translations and caches
 *   2. frames: scrubbing, accounts behind them
 *   3. loading a guest's root
 *   4. yielding, and saying why something was refused
 * The windows' part is in window.c. Locks: none here (paging.c has the one for backing).
 */
#include <asm/cpu.h>
#include <asm/paging.h>
#include <asm/processor.h>
#include <xen/domain.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/trace.h>

/* ---- 1. Flushing --------------------------------------------------------------------------- */

/** Everything goes, global translations too; and the core's clock learns of it. */
static __attribute__((noinline)) void flush_all_local(struct machine *m)
{
    uint32_t begun = tlb_flush_begin(m);

    paging_flush_local();
    tlb_flush_end(m, smp_cpu(), begun);
}

static __attribute__((noinline)) void flush_local(struct machine *m, unsigned int flags,
                                                  uint64_t va)
{
    /* Other CPUs need an interrupt and a wait here; none is started. */
    BUG_ON(m->nr_cpus != 1);
    if ( flags & FLUSH_VA )
        invlpg(va);
    if ( flags & FLUSH_CACHE )
        wbinvd();
    if ( flags & FLUSH_ALL )
        flush_all_local(m);
}

/* Which CPUs a vCPU may have left translations on is not recorded: all that are online, then. */
void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va)
{
    if ( !vcpus )
        return;
    if ( unlikely(d->machine->nr_cpus != 1) )
        flush_local(d->machine, flags, va);
    else if ( flags == FLUSH_VA )
        invlpg(va);
    else if ( flags == FLUSH_ALL )
        flush_all_local(d->machine);
    else
        flush_local(d->machine, flags, va);
}

void port_flush_machine(struct machine *m, unsigned int flags)
{
    flush_local(m, flags, 0);
}

void port_flush_frame(struct machine *m, mfn_t mfn)
{
    const char *p = mfn_to_virt(m, mfn);

    /* CLFLUSH reaches the caches of all CPUs; it is ordered by MFENCE only (SDM volume 2). */
    __asm__ volatile("mfence" : : : "memory");
    for ( unsigned int i = 0; i < PAGE_SIZE; i += cpu_features.clflush_size )
        clflush(p + i);
    __asm__ volatile("mfence" : : : "memory");
}

/* ---- 2. Frames ----------------------------------------------------------------------------- */

void port_scrub(struct machine *m, mfn_t mfn)
{
    void *p = mfn_to_virt(m, mfn);
    size_t words = PAGE_SIZE / sizeof(uint64_t);

    __asm__ volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(0UL) : "memory");
}

int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr)
{
    BUG_ON(mfn_x(mfn) > m->max_mfn || nr > m->max_mfn - mfn_x(mfn));
    return paging_back_frames(mfn, nr);
}

mfn_t port_next_backed(struct machine *m, mfn_t mfn)
{
    return paging_next_backed(mfn);
}

/* ---- 3. Roots ------------------------------------------------------------------------------ */

void port_load_root(struct mm_vcpu *v)
{
    struct machine *m = v->d->machine;
    mfn_t root = v->user_mode ? v->user_root : v->root;
    uint32_t begun = tlb_flush_begin(m);
    uint64_t cr4 = read_cr4(); /* cpu_cr4, but for TSD, which is the guest's choice */

    BUG_ON(mfn_eq(root, INVALID_MFN));
    /* Without PGE no translation survives: the old root's go with the change, what is made in between is the new root's. */
    write_cr4(cr4 & ~X86_CR4_PGE);
    write_cr3(mfn_to_maddr(root).a);
    write_cr4(cr4);
    tlb_flush_end(m, smp_cpu(), begun);
}

/* ---- 4. Waiting, yielding, refusing ----------------------------------------------------------------- */

void port_wait(void)
{
    /* No other CPU is started that could ask for a flush; one that is must be answered here. */
    cpu_relax();
}

bool port_should_yield(void)
{
    irq_window();
    return softirq_pending();
}

void port_refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if ( !d )
        vprintk(LOG_ERR, fmt, ap);
    else if ( !trace_refusal(d, fmt, ap) )
        vgprintk(LOG_WARNING, d->id, fmt, ap);
    va_end(ap);
}
