// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings change all the time, and what is read, written and refused is compared with a model; then memory is used up.
 *   1. touching memory that may not be there
 *   2. a storm of mmap, munmap, mprotect, mremap and madvise on an arena, against a model
 *   3. single properties
 *   4. memory pressure
 */
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- 1. Touching ---------------------------------------------------------------------------- */

static sigjmp_buf after_fault;
static volatile sig_atomic_t fault_code;
static void *volatile fault_at;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    fault_code = sig == SIGSEGV ? info->si_code : -1;
    fault_at = info->si_addr;
    siglongjmp(after_fault, 1);
}

static void catch_faults(void)
{
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

    must(sigaction(SIGSEGV, &action, NULL));
    must(sigaction(SIGBUS, &action, NULL));
}

/* 0, or the si_code of the fault; the fault's address has been expect()ed to be right. */
static int try_read(volatile uint64_t *at, uint64_t *val)
{
    if ( sigsetjmp(after_fault, 0) )
    {
        expect(fault_at == (void *)at, "reading %p faulted at %p", (void *)at, fault_at);
        return fault_code;
    }
    *val = *at;
    return 0;
}

static int try_write(volatile uint64_t *at, uint64_t val)
{
    if ( sigsetjmp(after_fault, 0) )
    {
        expect(fault_at == (void *)at, "writing %p faulted at %p", (void *)at, fault_at);
        return fault_code;
    }
    *at = val;
    return 0;
}

static int try_call(void *at)
{
    if ( sigsetjmp(after_fault, 0) )
        return fault_code;
    ((void (*)(void))at)();
    return 0;
}

/* ---- 2. The storm --------------------------------------------------------------------------- */

#define SLOTS  512UL
#define ROUNDS 6000

/* Each page of the arena: is it mapped, how, and what number is in its first and last word. */
static struct
{
    bool mapped;
    int prot;
    uint64_t val;
} model[SLOTS];

static char *arena;

static uint64_t *first_word(unsigned int slot)
{
    return (uint64_t *)(arena + slot * PAGE);
}

static uint64_t *last_word(unsigned int slot)
{
    return (uint64_t *)(arena + (slot + 1) * PAGE) - 1;
}

static void check_slot(unsigned int i)
{
    uint64_t val = 0;
    int code = try_read(first_word(i), &val);

    if ( !model[i].mapped )
        expect(code == SEGV_MAPERR, "page %u is not mapped: code %d", i, code);
    else if ( !(model[i].prot & PROT_READ) )
        expect(code == SEGV_ACCERR, "page %u is not readable: code %d", i, code);
    else
    {
        expect(!code && val == model[i].val, "page %u: code %d, %#lx, not %#lx", i, code, val,
               model[i].val);
        expect(!try_read(last_word(i), &val) && val == model[i].val, "end of page %u: %#lx", i,
               val);
    }
}

static void write_slot(unsigned int i, uint64_t val)
{
    bool may = model[i].mapped && model[i].prot & PROT_WRITE;
    int code = try_write(first_word(i), val);

    expect(!code == may, "writing page %u: code %d", i, code);
    if ( !may )
        return;
    *last_word(i) = val;
    model[i].val = val;
}

static void map(unsigned int start, unsigned int count, int prot)
{
    void *at = must(mmap(arena + start * PAGE, count * PAGE, prot,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));

    expect(at == arena + start * PAGE, "mmap went to %p", at);
    for ( unsigned int i = start; i < start + count; i++ )
    {
        model[i].mapped = true;
        model[i].prot = prot;
        model[i].val = 0;
    }
}

static void unmap(unsigned int start, unsigned int count)
{
    must(munmap(arena + start * PAGE, count * PAGE));
    for ( unsigned int i = start; i < start + count; i++ )
        model[i].mapped = false;
}

/* Refused by Linux when a page in it is not mapped, but after the pages before it were changed. */
static void protect(unsigned int start, unsigned int count, int prot)
{
    for ( unsigned int i = start; i < start + count && model[i].mapped; i++ )
    {
        must(mprotect(arena + i * PAGE, PAGE, prot));
        model[i].prot = prot;
    }
}

static void forget(unsigned int start, unsigned int count)
{
    for ( unsigned int i = start; i < start + count && model[i].mapped; i++ )
    {
        must(madvise(arena + i * PAGE, PAGE, MADV_DONTNEED));
        model[i].val = 0;
    }
}

/* Page tables move by mremap: pages at start go to a place whose pages are given up. */
static void move(unsigned int start, unsigned int count)
{
    unsigned int to = rnd() % (SLOTS - count);

    if ( to + count > start && start + count > to )
        return;
    map(start, count, PROT_READ | PROT_WRITE);
    for ( unsigned int i = 0; i < count; i += 3 )
        write_slot(start + i, rnd());
    must(mremap(arena + start * PAGE, count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
                arena + to * PAGE));
    memcpy(&model[to], &model[start], count * sizeof(model[0]));
    for ( unsigned int i = start; i < start + count; i++ )
        model[i].mapped = false;
}

static void one_round(void)
{
    static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
    unsigned int count = 1 + rnd() % 24;
    unsigned int start = rnd() % (SLOTS - count);

    switch ( rnd() % 8 )
    {
    case 0:
    case 1: map(start, count, prots[rnd() % 3]); break;
    case 2: unmap(start, count); break;
    case 3: protect(start, count, prots[rnd() % 3]); break;
    case 4: forget(start, count); break;
    case 5: move(start, count); break;
    default:
        for ( unsigned int i = start; i < start + count; i++ )
            write_slot(i, rnd());
        break;
    }
    check_slot(start);
    check_slot(start + count - 1);
    check_slot(rnd() % SLOTS);
}

static void check_all(void)
{
    for ( unsigned int i = 0; i < SLOTS; i++ )
        check_slot(i);
}

/* The arena straddles the end of a 2 MiB table, so that tables come and go too. */
static void storm(void)
{
    char *room = must(mmap(NULL, 8UL << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    arena = (char *)(((uintptr_t)room + (4UL << 20)) & ~((2UL << 20) - 1)) - SLOTS / 2 * PAGE;
    must(munmap(arena, SLOTS * PAGE));
    rnd_seed(20240607);
    for ( unsigned int i = 0; i < ROUNDS; i++ )
        one_round();
    check_all();
    if ( !must(fork()) )
    {
        check_all();
        for ( unsigned int i = 0; i < 300; i++ )
            one_round();
        check_all();
        child_done();
    }
    for ( unsigned int i = 0; i < 300; i++ )
        one_round();
    check_all();
    children_wait(1);
    must(munmap(room, 8UL << 20));
    ok_quiet("a storm of mmap, munmap, mprotect, mremap, madvise");
}

/* ---- 3. Single properties ------------------------------------------------------------------- */

static void execution(void)
{
    unsigned char *code = pages(PAGE);

    code[0] = 0xc3; /* ret */
    ok(try_call(code) == SEGV_ACCERR, "data is not executable");
    must(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
    ok(try_call(code) == 0, "it is after mprotect");
    ok(try_write((uint64_t *)code, 0) == SEGV_ACCERR, "code is not writable");
    must(mprotect(code, PAGE, PROT_READ));
    ok(try_call(code) == SEGV_ACCERR, "it no longer is executable after another mprotect");
    must(munmap(code, PAGE));
    ok(try_call(code) == SEGV_MAPERR, "nor mapped after munmap");
}

static void addresses(void)
{
    static const struct
    {
        uint64_t at;
        const char *what;
    } bad[] = {
        { 0, "address 0" },
        { 0x00007ffffffff000, "the last page below the hole" },
        { 0xffff800000000000, "the M2P table" },
        { 0xffff820000000000, "an address of the hypervisor" },
        { 0xffff87fffffff000, "its last page" },
        { 0xffff880000000000, "the kernel's direct map" },
        { 0xffffffff81000000, "the kernel's text" },
        { 0xffffffffff600000, "the vsyscall page" },
        { 0xfffffffffffff000, "the last page" },
    };
    uint64_t val;

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        ok(try_read((uint64_t *)bad[i].at, &val) > 0, "user mode cannot read %s", bad[i].what);
        ok(try_write((uint64_t *)bad[i].at, 1) > 0, "nor write it");
    }
}

/* Two mappings of one page; a change through one is seen through the other at once. */
static void sharing(void)
{
    int fd = must(memfd_create("shared", 0));
    volatile uint64_t *a, *b;

    must(ftruncate(fd, 64 * PAGE));
    a = must(mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    b = must(mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    if ( !must(fork()) )
    {
        for ( unsigned int i = 0; i < 64; i++ )
            a[i * PAGE / 8] = i + 1;
        child_done();
    }
    children_wait(1);
    for ( unsigned int i = 0; i < 64; i++ )
        expect(b[i * PAGE / 8] == i + 1, "page %u: %lu", i, b[i * PAGE / 8]);
    must(ftruncate(fd, PAGE));
    expect(try_read((uint64_t *)a + PAGE, (uint64_t[1]){ 0 }) == -1, "no SIGBUS past the file");
    close(fd);
    ok_quiet("shared memory between processes, cut off under a mapping");
}

/* A gigabyte of addresses, a page in each table. */
static void sparse(void)
{
    size_t size = 1UL << 30;
    char *mem = must(mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

    for ( size_t at = 0; at < size; at += 2UL << 20 )
        *(size_t *)(mem + at) = at;
    for ( size_t at = 0; at < size; at += 2UL << 20 )
        expect(*(size_t *)(mem + at) == at, "%#zx", at);
    must(munmap(mem, size));
    ok_quiet("512 page tables with a page in each");
}

void test_mappings(void)
{
    catch_faults();
    storm();
    execution();
    addresses();
    sharing();
    sparse();
}

/* ---- 4. Pressure ---------------------------------------------------------------------------- */

#define CHUNK   (2UL << 20)
#define CHUNKS  512
#define LEFT_KB 12288

static uint64_t *chunk[CHUNKS];

static unsigned int fill(void)
{
    unsigned int n = 0;

    while ( n < CHUNKS && proc_number("/proc/meminfo", "MemAvailable:") > LEFT_KB )
    {
        chunk[n] = pages(CHUNK);
        for ( size_t i = 0; i < CHUNK / 8; i += 64 )
            chunk[n][i] = (uint64_t)n << 32 | i;
        n++;
    }
    return n;
}

static void check_fill(unsigned int n)
{
    for ( unsigned int c = 0; c < n; c++ )
        for ( size_t i = 0; i < CHUNK / 8; i += 64 )
            expect(chunk[c][i] == ((uint64_t)c << 32 | i), "chunk %u, word %zu: %#lx", c, i,
                   chunk[c][i]);
}

void test_pressure(void)
{
    long total = proc_number("/proc/meminfo", "MemTotal:");
    long before = proc_number("/proc/meminfo", "MemAvailable:"), after;

    for ( unsigned int round = 0; round < 2; round++ )
    {
        unsigned int n = fill();

        ok((long)(n * (CHUNK >> 10)) > before * 3 / 4,
           "%u MiB of %ld filled, %ld KiB left available", n * (unsigned int)(CHUNK >> 20),
           total >> 10, proc_number("/proc/meminfo", "MemAvailable:"));
        check_fill(n);
        for ( unsigned int i = 0; i < n; i++ )
            must(munmap(chunk[i], CHUNK));
        ok_quiet("all of it reads back");
    }
    after = proc_number("/proc/meminfo", "MemAvailable:");
    ok(after > before - 8192, "free again: %ld KiB of %ld", after, before);
    ok(proc_number("/proc/vmstat", "oom_kill ") == 0, "nobody was killed for memory");
    ok(proc_number("/proc/meminfo", "SwapTotal:") == 0, "there is no swap");
}
