/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory core's port for real threads: a flush is over when it returns, and whether to yield is each thread's own chance. */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

struct host host;

static _Thread_local uint64_t random_state = 1;

void stress_seed(uint64_t seed)
{
    random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

/* xorshift64 */
uint64_t stress_random(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % below;
}

void *host_guarded(size_t size)
{
    void *p = aligned_alloc(PAGE_SIZE, ROUND_UP(size, PAGE_SIZE));

    if ( !p )
        abort();
    return memset(p, 0, size);
}

void host_reset(uint64_t free_end)
{
    uint64_t *m2p = host_guarded(HOST_FRAMES * sizeof(*m2p));

    memset(m2p, 0xff, HOST_FRAMES * sizeof(*m2p));
    host.memory = host_guarded(HOST_FRAMES * PAGE_SIZE);
    machine_init(&host.m, host.memory, host_guarded(HOST_FRAMES * sizeof(struct frame)), m2p,
                 HOST_FRAMES, STRESS_THREADS_MAX);
    host.m.paddr_mask = 0x000000fffffff000ULL;
    host.m.yield_mask = 63;
    machine_add_ram(&host.m, _mfn(1), HOST_RAM_END - 1);
    heap_add(&host.m, _mfn(1), free_end - 1);
}

void port_bug(const char *file, int line, const char *what)
{
    printf("# BUG at %s:%d: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

void port_flush_machine(struct machine *m, unsigned int flags)
{
    for ( unsigned int cpu = 0; (flags & FLUSH_ALL) && cpu < m->nr_cpus; cpu++ )
        tlb_flush_end(m, cpu, tlb_flush_begin(m));
}

void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va)
{
    port_flush_machine(d->machine, flags);
}

void port_flush_frame(struct machine *m, mfn_t mfn)
{
}

void port_wait(void)
{
    sched_yield();
}

bool port_should_yield(void)
{
    return stress_yields && stress_random(4) == 0;
}

void port_scrub(struct machine *m, mfn_t mfn)
{
    memset(mfn_to_virt(m, mfn), 0, PAGE_SIZE);
}

int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr)
{
    return 0;
}

mfn_t port_next_backed(struct machine *m, mfn_t mfn)
{
    return mfn;
}

void port_load_root(struct mm_vcpu *v)
{
    tlb_flush_end(v->d->machine, stress_cpu, tlb_flush_begin(v->d->machine));
}

/* The windows' frames are compared with what is held at the end. A vCPU's window is changed under its own lock only. */
void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    host.gdt_shown[v->d->id % HOST_IDS][v->id][slot] = mfn_x(mfn) + 1;
}

void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    host.ldt_shown[v->d->id % HOST_IDS][v->id][slot] = mfn_x(mfn) + 1;
}

void port_load_ldt(struct mm_vcpu *v)
{
}

/* Only the audit's findings are of interest. */
void port_refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;

    if ( d )
        return;
    va_start(ap, fmt);
    fputs("# ", stdout);
    vprintf(fmt, ap);
    fputc('\n', stdout);
    fflush(stdout);
    va_end(ap);
}
