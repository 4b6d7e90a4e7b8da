/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory core in a normal process: a small machine in an array, and a port whose every answer the test decides.
 *
 *   1. struct host: the machine, what the port was asked, what it shall answer
 *   2. yields and failures, injected
 *   3. the ghost: what CPUs may have cached, at worst (invariant 7)
 *   4. worlds: a domain with page tables, ready to run
 *   5. host_check(): the audit, the ghost, the descriptor windows and the log, after every step
 */
#ifndef TESTS_HOST_H
#define TESTS_HOST_H

#include <public/xen.h>
#include <xen/mm_port.h>

#define HOST_FRAMES  512 /* mfns [0, HOST_FRAMES); RAM is [1, HOST_RAM_END) */
#define HOST_RAM_END 480
#define HOST_CPUS    2
#define HOST_IDS     16 /* domain numbers are told apart modulo this */
#define HOST_VCPUS   4  /* of a domain at most */

/** What a CPU may have cached of a frame at worst: set by host_touch(), cleared by a complete flush only. */
struct ghost_frame
{
    bool read, write, table;
    uint16_t owner; /* whose the frame was when it was cached */
};

struct host
{
    struct machine m;
    uint8_t *memory;
    struct ghost_frame ghost[HOST_CPUS][HOST_FRAMES];
    unsigned int cpu; /* the CPU that "runs" now */

    /* port_should_yield(): yes at every yield_every-th question (0: never), or what yield_fn says. */
    unsigned int yield_every, yield_asked;
    bool (*yield_fn)(void *arg);
    void *yield_arg;
    bool yield_told; /* it has said yes since this was cleared */
    /* port_wait(): NULL where nobody else can run, so that it would wait for ever. */
    void (*wait_fn)(void);
    unsigned int waits;
    /* port_back_frames(): fails at the nth call from now (0: never). */
    unsigned int back_fail_in, back_calls;
    uint64_t backed_end; /* memory from here on was never given out */
    /* port_next_backed(): frames [gap_first, gap_end) have no accounts. */
    uint64_t gap_first, gap_end;
    /* port_scrub(): how often; with scrub_none nothing is written, for a machine larger than this process may be. */
    uint64_t scrubs;
    bool scrub_none;

    /* What the descriptor windows show, mfn + 1: must be what the core thinks it shows. */
    uint64_t gdt_shown[HOST_IDS][HOST_VCPUS][MM_GDT_FRAMES];
    uint64_t ldt_shown[HOST_IDS][HOST_VCPUS][MM_LDT_FRAMES];

    unsigned int refusals;
    unsigned int untold;  /* do_*() refused without a line, or lines without a refusal */
    char refusal[256];    /* the last line port_refuse() got */
    bool echo;            /* print refusals as notes */
    const char *look_for; /* how many of the audit's violations had this in them? NULL: not asked */
    unsigned int found;
    unsigned int flushes, va_flushes, cache_flushes, frame_flushes, root_loads, ldt_loads;
    uint64_t last_flush_vcpus, last_flush_va;
    unsigned int last_flush_flags;
};

extern struct host host;

/** A fresh machine: RAM [1, HOST_RAM_END), of which [1, free_end) is given to the heap. */
void host_reset(uint64_t free_end);

/** Zeroes, and right behind them a page that nobody can touch. Never given back. */
void *host_guarded(size_t size);

/** For tests that expect port_bug(): run @fn; true if it hit a BUG. Nothing else works on the machine afterwards. */
bool host_bugs(void (*fn)(void *arg), void *arg);

/* ---- worlds ------------------------------------------------------------------------------------------------------- */

/**
 * A domain with one vCPU that runs on a small tree of page tables. Pages are pfns 0..nr-1. The tree maps VA WORLD_VA(i) to
 * page i for every page (one L1), tables read-only, the rest writable. L1 index i, so update_va_mapping reaches every page.
 */
struct world
{
    struct mm_domain d;
    struct mm_vcpu v;
    mfn_t page[256];
    unsigned int nr;
    mfn_t l4, l3, l2, l1; /* = page[0..3] */
};

#define WORLD_VA(i) (0x0000400000000000ULL + ((uint64_t)(i) << PAGE_SHIFT))
#define WORLD_SLOT  128 /* L4 index of WORLD_VA */

/** Domain @id with @nr pages, tables built and L4 pinned and running; max_pages = nr + 8. */
void world_init(struct world *w, uint16_t id, unsigned int nr);

/** The entry that maps page @i: read-only, or writable with PTE_RW. */
uint64_t world_pte(const struct world *w, unsigned int i, uint64_t flags);
/** The table's own memory. */
uint64_t *host_page(mfn_t mfn);
uint64_t host_word(mfn_t mfn);
/** Machine address of entry @i of table @mfn. */
uint64_t pte_at(mfn_t mfn, unsigned int i);

/* The hypercalls, driven to the end over all yields; *restarts counts them if not NULL. */
int do_update(struct world *w, uint64_t ptr, uint64_t val);
int do_update_as(struct world *w, uint32_t foreigndom, uint64_t ptr, uint64_t val,
                 unsigned int *done);
int do_ext(struct world *w, unsigned int cmd, uint64_t arg1, uint64_t arg2);
int do_ext_as(struct world *w, uint32_t foreigndom, unsigned int cmd, uint64_t arg1, uint64_t arg2);
int do_va(struct world *w, unsigned int i, uint64_t val);
int do_drain(struct world *w);
int do_teardown(struct world *w);
extern unsigned int host_restarts;

/* ---- oracles ------------------------------------------------------------------------------------------------------ */

/** The running vCPUs may touch everything they can reach: remember it in the ghost. */
void host_touch(const struct mm_vcpu *v);
/** Audit and ghost; the number of violations (details are printed). */
unsigned int host_check(void);
/** A number that changes when any account, any byte of memory that was ever given out, the M2P or the domains' totals change. */
uint64_t host_hash(void);
/** Is any frame partial? An operation that meets one may finish or undo it before it fails. */
bool host_any_partial(void);

#endif /* TESTS_HOST_H */
