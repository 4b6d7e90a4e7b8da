/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small machine: the memory core's state and port for a handful of frames, every answer of the port decided by a schedule.
 *
 *   1. sizes, which a program may set before it includes this (or by -D for all of its sources)
 *   2. the ghost: what each CPU may hold at worst of translations and paging-structure caches, and memory's dirty lines
 *   3. struct small: all of it but the frames' content; with small_save() a state can be had again
 *   4. operations: everything a vCPU, its CPU, or the toolstack can do, one struct each
 *
 * Nothing here knows what is right: that is the model's part (model.h).
 */
#ifndef TESTS_SMALL_H
#define TESTS_SMALL_H

#include <public/xen.h>
#include <xen/mm_port.h>

/* ---- 1. sizes ------------------------------------------------------------------------------------------------------ */

/* RAM is [1, SMALL_RAM_END); accounts exist for [0, SMALL_MFNS): what lies between is MMIO. At most 32. */
#ifndef SMALL_RAM_END
#define SMALL_RAM_END 24
#define SMALL_MFNS    28
#endif
#ifndef SMALL_DOMAINS
#define SMALL_DOMAINS 2
#define SMALL_VCPUS   2 /* of each domain */
#define SMALL_CPUS    2
#endif
/* Pages that each domain starts with; the first four are its page tables. */
#ifndef SMALL_PAGES
#define SMALL_PAGES                                                                                \
    {                                                                                              \
        9, 8                                                                                       \
    }
#endif
#define SMALL_VCPUS_ALL (SMALL_DOMAINS * SMALL_VCPUS)
#define SMALL_BATCH     4 /* requests of one mmu_update */
#define SMALL_STORES    8 /* guests' stores during one call */
#define SMALL_WORDS     (PAGE_SIZE / sizeof(uint64_t))

typedef uint32_t frame_set; /* bit n: frame n */
BUILD_BUG_ON(SMALL_MFNS > 32);

#define SMALL_NO_MFN (-1)

/* ---- 2. the ghost -------------------------------------------------------------------------------------------------- */

/** What a CPU may have cached since its last complete flush. */
struct ghost
{
    frame_set read, write; /* translations that lead to the frame; writable ones */
    frame_set around;      /* writable ones with another memory type than write-back */
    frame_set table[5];    /* [n]: the CPU may go on walking the frame as a table of level n */
    frame_set table_writable[5]; /* ... on a way that was writable all along */
};

/* ---- 3. the machine ------------------------------------------------------------------------------------------------ */

/** How a machine begins. */
struct small_config
{
    bool privileged;  /* domain 0 may name others and use devices and memory types */
    bool l1tf;        /* the CPU is affected */
    bool tight;       /* no domain may have more pages than it starts with */
    bool plain_pages; /* pages 6 and up are mapped read-only: they can become tables at once */
    uint8_t yield_mask;
};

/** What happens during a call. */
struct small_schedule
{
    uint8_t yield_at; /* the port says "stop" at this question of a call; 255: at each; 0: never */
    bool back_fails;  /* no memory for accounts */
    bool
        store_at_flush; /* before a CPU obeys a flush, or at a question, its guest stores store_value */
    bool store_at_yield;
    bool touch_ad; /* ... the CPUs set A and D bits */
    /* ... and before all CPUs flush, and behind it, a vCPU on another CPU maps the frame store_pick writable, writes to it, and unmaps it. */
    bool meet;
    bool common;        /* ask the core's short ways first, as the hypercalls do */
    uint8_t store_pick; /* which of the frames it can write to; meet: this one, or each in turn */
#define SMALL_EACH 255
    uint8_t store_index;
    uint64_t store_value;
};

/** One store that a guest made: to be made in the model too. */
struct small_store
{
    uint8_t mfn;
    uint16_t index;
    uint64_t value;
};

struct small
{
    struct machine m;
    struct mm_domain d[SMALL_DOMAINS];
    struct mm_vcpu v[SMALL_VCPUS_ALL];
    bool exists[SMALL_DOMAINS];
    uint64_t max_pages[SMALL_DOMAINS];
    struct small_config config;

    struct ghost ghost[SMALL_CPUS];
    int8_t running[SMALL_CPUS]; /* vCPU, or -1: none */
    int8_t loaded[SMALL_CPUS];  /* the root in CR3, or SMALL_NO_MFN */
    unsigned int cpu;           /* the one that makes the call */
    bool meeting;
    frame_set dirty; /* written around the caches and not flushed since */
    frame_set free;  /* frames that were free after the last call */

    /* What the descriptor windows show, mfn or SMALL_NO_MFN. */
    int8_t gdt_shown[SMALL_VCPUS_ALL][MM_GDT_FRAMES];
    int8_t ldt_shown[SMALL_VCPUS_ALL][MM_LDT_FRAMES];

    /* The call under way, or the last one. */
    struct small_schedule schedule;
    unsigned int questions;
    bool yielded, back_failed, ad_touched;
    bool short_way;       /* one of the core's short ways did it */
    bool machine_flushed; /* all CPUs were made to forget */
    mfn_t allocated;      /* what SMALL_ALLOC got */
    unsigned int nr_stores;
    struct small_store stores[SMALL_STORES];
    struct small_flush
    {
        unsigned int calls, flags;
        uint16_t domain;
        uint64_t vcpus, va;
    } flush;                 /* port_flush() */
    const char *ghost_fault; /* what the ghost met during the call, or NULL */
    unsigned int ghost_mfn;
};

extern struct small small;
extern struct frame small_frames[SMALL_MFNS];
extern uint64_t small_m2p[SMALL_MFNS];
extern uint64_t small_memory[SMALL_MFNS][SMALL_WORDS];

/** Set by a caller that survives a BUG; NULL: the process ends. */
extern void (*small_bug)(const char *file, int line, const char *what);
/** Print what the core refuses, and why. */
extern bool small_verbose;

/** A machine as @config says: each domain has tables that map all of its pages, and its vCPUs run on them. */
void small_reset(const struct small_config *config);

/** A copy of everything: may be kept, and be made the state again. */
struct small_copy
{
    struct small s;
    struct frame frames[SMALL_MFNS];
    uint64_t m2p[SMALL_MFNS];
    uint64_t memory[SMALL_MFNS][SMALL_WORDS];
};
void small_save(struct small_copy *copy);
void small_restore(const struct small_copy *copy);

/**
 * A number for the state: everything that can make a difference to what follows, but for the clock's value and the frames' stamps,
 * of which only counts which of them are stale.
 */
uint64_t small_hash(void);

/* ---- 4. operations ------------------------------------------------------------------------------------------------- */

enum small_kind
{
    /* hypercalls, and what faults lead to */
    SMALL_UPDATE,    /* mmu_update of req[0..nr) */
    SMALL_VA,        /* update_va_mapping: arg[0] va, arg[1] entry, arg[2] flags, mask */
    SMALL_EXT,       /* mmuext_op: cmd, arg[0], arg[1], mask */
    SMALL_GDT,       /* set_gdt: arg[0] entries, frames req[].val */
    SMALL_DESC,      /* update_descriptor: arg[0] ptr, arg[1] descriptor */
    SMALL_LDT_FAULT, /* a fault at offset arg[0] of the LDT window */
    SMALL_PTWR,      /* a store to a read-only L1: arg[0] ptr, arg[1] old, arg[2] new */
    SMALL_MOV, /* a guest's MOV of arg[1] to the address arg[0], which faults where it is mapped read-only */
    SMALL_DRAIN, /* vcpu_drain() alone */
    SMALL_ALLOC, /* arg[0]: a pfn, to which the frame is given uncleared; 0: a scrubbed frame */
    SMALL_ALLOC_EXTRA,
    SMALL_RELEASE, /* arg[0] mfn */
    SMALL_HOLD,    /* arg[0] mfn */
    SMALL_UNHOLD,
    SMALL_LAST_CALL = SMALL_UNHOLD,
    /* the toolstack: domain arg[0] */
    SMALL_TEARDOWN,
    SMALL_CREATE,
    /* guests and CPUs; these never fail in the core */
    SMALL_STORE, /* the vCPU's CPU stores arg[2] to word arg[1] of frame arg[0], if it can */
    SMALL_AD,    /* a CPU sets A, D or both (arg[2]) in entry arg[1] of frame arg[0], if it can */
    SMALL_USER,  /* to user mode and back */
    SMALL_KINDS,
};

struct small_op
{
    uint8_t kind, vcpu, nr, cmd;
    uint32_t target; /* foreigndom */
    uint64_t arg[3], mask;
    struct pt_update req[SMALL_BATCH];
};

/** Number of the vCPU and its parts. */
static inline struct mm_vcpu *small_vcpu(unsigned int v)
{
    return &small.v[v];
}
static inline unsigned int small_domain_of(unsigned int v)
{
    return v / SMALL_VCPUS;
}
/** Domain numbers are neither indices nor adjacent. */
static inline uint16_t small_id(unsigned int domain)
{
    return (uint16_t)(domain * 7);
}
/** May the vCPU make calls: is its domain there and alive? */
bool small_alive(unsigned int vcpu);

/**
 * One call of the operation on the core; of an mmu_update from request @from on. *done is how many of these took effect.
 * Whatever the core returns.
 */
int small_call(const struct small_op *op, const struct small_schedule *schedule, unsigned int from,
               unsigned int *done);

/** The CPUs load whatever they can. */
void small_touch(void);

/** Invariant 7, now: NULL, or what is wrong with *mfn. Frames that are worked on are exempt. */
const char *small_ghost_check(unsigned int *mfn);
/** The same between calls: frames that were given out since the last time, too. */
const char *small_ghost_check_idle(unsigned int *mfn);

#endif /* TESTS_SMALL_H */
