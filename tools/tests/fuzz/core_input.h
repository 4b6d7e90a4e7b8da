/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How bytes are operations: what fuzz_core.c reads and mutate_core.c writes.
 *
 * An input is a header and up to CORE_RECORDS records of a fixed size. Every byte may have every value; most of them name something
 * that exists.
 */
#ifndef TESTS_CORE_INPUT_H
#define TESTS_CORE_INPUT_H

#include <stdint.h>

#define CORE_RECORDS 80

struct core_header
{
    uint8_t
        world; /* bits 0-3: privileged, l1tf, tight, plain_pages; bits 4-5: yield_mask; bit 6: which domain ends first;
                       bit 7: what was left half-way is taken up before */
    uint8_t ending; /* schedule.yield_at of the teardowns */
};

struct core_record
{
    uint8_t kind;   /* % CORE_KINDS: see fuzz_core.c */
    uint8_t who;    /* bits 0-1: vCPU; bits 2-7: whose tables and pages */
    uint8_t frame;  /* the frame acted on; of an address: the indices above L1 */
    uint8_t slot;   /* the entry in it; the level */
    uint8_t frame2; /* the frame the new entry names */
    uint8_t flags;  /* of the new entry */
    uint8_t extra;  /* command, flush flags */
    uint8_t yield;  /* schedule.yield_at, when it is to stop; 0: never */
    uint8_t mood;   /* CORE_* below */
    uint8_t store_frame, store_slot, store_flags;
};

#define CORE_LEAVE                                                                                 \
    0x01 /* when it is stopped, leave it so; a later record of the vCPU takes it up again */
#define CORE_ABANDON   0x02 /* what the vCPU has left half-way is not taken up */
#define CORE_NO_MEMORY 0x04
#define CORE_STORE     0x08 /* the guest stores when CPUs flush */
#define CORE_STORE_ANY 0x10 /* ... and at each question */
#define CORE_TOUCH_AD  0x20
#define CORE_COMMON    0x40 /* by the core's short ways, if they take it */
#define CORE_MEET      0x80 /* another vCPU maps the frame store_frame, and unmaps it, when CPUs flush */

enum core_kind
{
    CORE_ENTRY, /* one entry by mmu_update; more often than anything else */
    CORE_ENTRY2,
    CORE_ENTRY3,
    CORE_VA,
    CORE_VA2,
    CORE_PIN,
    CORE_UNPIN,
    CORE_BASE,
    CORE_BATCH, /* this and the next records, as requests of one mmu_update */
    CORE_EXT,
    CORE_GDT,
    CORE_DESC,
    CORE_LDT_FAULT,
    CORE_PTWR,
    CORE_MOV,
    CORE_DRAIN,
    CORE_ALLOC,
    CORE_RELEASE,
    CORE_HOLD,
    CORE_UNHOLD,
    CORE_TEARDOWN,
    CORE_CREATE,
    CORE_STORE_OP,
    CORE_AD,
    CORE_USER,
    CORE_KINDS,
};

#endif /* TESTS_CORE_INPUT_H */
