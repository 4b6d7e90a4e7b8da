/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's side of xen/mm_port.h: every question is answered as the test wants, and remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "smp.h"
#include "step.h"

struct host host;

static struct frame *frames;
static uint64_t *m2p;
static uint8_t *memory;

static jmp_buf bug_catch;
static bool bug_wanted;

void *host_guarded(size_t size)
{
    size_t whole = ROUND_UP(size, PAGE_SIZE);
    uint8_t *p = mmap(NULL, whole + PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if ( p == MAP_FAILED || mprotect(p + whole, PAGE_SIZE, PROT_NONE) )
        abort();
    return p + whole - size;
}

void host_reset(uint64_t free_end)
{
    bool echo = host.echo;
    uint64_t used = host.backed_end;

    if ( !memory )
    {
        used = HOST_FRAMES;
        frames = host_guarded(HOST_FRAMES * sizeof(*frames));
        m2p = host_guarded(HOST_FRAMES * sizeof(*m2p));
        memory = host_guarded(HOST_FRAMES * PAGE_SIZE);
    }
    memset(&host, 0, sizeof(host));
    host.echo = echo;
    host.memory = memory;
    memset(frames, 0, HOST_FRAMES * sizeof(*frames));
    memset(m2p, 0xff, HOST_FRAMES * sizeof(*m2p));
    memset(memory, 0xd5, used * PAGE_SIZE); /* never zero by luck */
    machine_init(&host.m, memory, frames, m2p, HOST_FRAMES, HOST_CPUS);
    host.m.paddr_mask = 0x000000fffffff000ULL; /* a CPU with 40 address bits */
    machine_add_ram(&host.m, _mfn(1), HOST_RAM_END - 1);
    heap_add(&host.m, _mfn(1), free_end - 1);
}

bool host_bugs(void (*fn)(void *arg), void *arg)
{
    bool hit = true;

    bug_wanted = true;
    if ( setjmp(bug_catch) == 0 )
    {
        fn(arg);
        hit = false;
    }
    bug_wanted = false;
    return hit;
}

void port_bug(const char *file, int line, const char *what)
{
    if ( bug_wanted )
        longjmp(bug_catch, 1);
    printf("# BUG at %s:%d: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

static void flush_cpu(unsigned int cpu)
{
    uint32_t begun = tlb_flush_begin(&host.m);

    memset(host.ghost[cpu], 0, sizeof(host.ghost[cpu]));
    tlb_flush_end(&host.m, cpu, begun);
}

/* The host does not track where a vCPU ran: every CPU may have. */
void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va)
{
    host.last_flush_vcpus = vcpus;
    host.last_flush_flags = flags;
    host.last_flush_va = va;
    if ( flags & FLUSH_VA )
        host.va_flushes++;
    if ( flags & FLUSH_CACHE )
        host.cache_flushes++;
    if ( flags & FLUSH_ALL )
        port_flush_machine(d->machine, FLUSH_ALL);
}

void port_flush_machine(struct machine *m, unsigned int flags)
{
    if ( flags & FLUSH_CACHE )
        host.cache_flushes++;
    if ( !(flags & FLUSH_ALL) )
        return;
    host.flushes++;
    for ( unsigned int cpu = 0; cpu < HOST_CPUS; cpu++ )
        flush_cpu(cpu);
}

void port_flush_frame(struct machine *m, mfn_t mfn)
{
    host.frame_flushes++;
}

void port_wait(void)
{
    host.waits++;
    if ( host.wait_fn )
        host.wait_fn();
    else
        port_bug(__FILE__, __LINE__, "a CPU waits for a frame that it holds itself");
}

bool port_should_yield(void)
{
    bool yes;

    host.yield_asked++;
    if ( host.yield_fn )
        yes = host.yield_fn(host.yield_arg);
    else
        yes = host.yield_every && host.yield_asked % host.yield_every == 0;
    host.yield_told |= yes;
    return yes;
}

void port_scrub(struct machine *m, mfn_t mfn)
{
    smp_step();
    host.scrubs++;
    if ( !host.scrub_none )
        memset(mfn_to_virt(m, mfn), 0, PAGE_SIZE);
}

int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr)
{
    smp_step();
    host.back_calls++;
    if ( host.back_fail_in && --host.back_fail_in == 0 )
        return -ENOMEM;
    if ( m == &host.m )
        host.backed_end = MAX(host.backed_end, mfn_x(mfn) + nr);
    return 0;
}

mfn_t port_next_backed(struct machine *m, mfn_t mfn)
{
    bool gap = mfn_x(mfn) >= host.gap_first && mfn_x(mfn) < host.gap_end;

    return gap ? _mfn(host.gap_end) : mfn;
}

void port_load_root(struct mm_vcpu *v)
{
    host.root_loads++;
    flush_cpu(host.cpu);
}

void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    smp_step();
    host.gdt_shown[v->d->id % HOST_IDS][v->id][slot] = mfn_x(mfn) + 1;
}

void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
    smp_step();
    host.ldt_shown[v->d->id % HOST_IDS][v->id][slot] = mfn_x(mfn) + 1;
}

void port_load_ldt(struct mm_vcpu *v)
{
    host.ldt_loads++;
}

void port_refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;

    host.refusals++;
    va_start(ap, fmt);
    vsnprintf(host.refusal, sizeof(host.refusal), fmt, ap);
    va_end(ap);
    if ( !d && host.look_for && strstr(host.refusal, host.look_for) )
        host.found++;
    if ( host.echo || !d )
    {
        printf("# refused: %s\n", host.refusal);
        fflush(stdout);
    }
}
