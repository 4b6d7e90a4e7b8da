/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model: what the memory core must do, said a second time and as plainly as possible.
 *
 * The model keeps what is so: who owns which frame, what is in it, what is pinned, on which roots vCPUs run, what was left half-way.
 * It keeps no counts. How often a frame is used, and as what, it finds out by walking from everything that can use one
 * (model_count). An operation is predicted from that: its result, and what is so afterwards. Then core and model are compared: result
 * code, memory, M2P, every account, every vCPU (model_compare).
 *
 * It uses the core's public headers only: what a page-table entry means is written down here again.
 *
 * Where a call was stopped half-way the model cannot know how far it got. It reads that from the accounts (progress), counts
 * what then must be counted, and compares as always.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "small.h"

#define MODEL_NOBODY     0xfe
#define MODEL_HYPERVISOR 0xfd

struct model_frame
{
    uint8_t owner; /* domain index, MODEL_* */
    bool allocated, extra;
    bool uncleared;  /* may still hold what its last owner left; nobody has looked */
    bool around;     /* may have been written around the caches */
    uint8_t pinned;  /* level, 0: not */
    uint8_t partial; /* level of the table it was left half-way as, 0: it was not */
    bool slot;       /* ... and entry [done] holds a reference on its child */
    uint16_t done;
};

struct model_vcpu
{
    int8_t root, user_root, drain; /* mfn or SMALL_NO_MFN, as below */
    int8_t gdt[MM_GDT_FRAMES], ldt[MM_LDT_FRAMES];
    unsigned int gdt_ents, ldt_ents;
    uint64_t ldt_base;
};

struct model_domain
{
    bool exists, dying;
    uint8_t holds[SMALL_MFNS];
};

/** How frames are used, recounted. */
struct model_accounts
{
    uint16_t refs[SMALL_MFNS], types[SMALL_MFNS];
    uint8_t type[SMALL_MFNS]; /* enum frame_type, where types is not 0 */
    const char *fault;        /* a rule that what is there breaks, or NULL */
    unsigned int fault_mfn;
};

struct model
{
    struct model_frame f[SMALL_MFNS];
    struct model_vcpu v[SMALL_VCPUS_ALL];
    struct model_domain d[SMALL_DOMAINS];
    uint64_t m2p[SMALL_MFNS];
    struct model_accounts a;  /* of the state as it is now */
    frame_set tables, desc;   /* validated now */
    frame_set adjusted;       /* validated, and adjusted, by the operation under way */
    frame_set resumed;        /* of these, those that somebody had begun */
    unsigned int questions;   /* so often at least it must have asked whether to stop */
    struct small_flush flush; /* the flush the operation was asked for */
    uint64_t page[SMALL_MFNS][SMALL_WORDS];
};

/** Take the machine as it is, without a question. */
void model_adopt(struct model *m);

/** Count from first principles. */
void model_count(const struct model *m, struct model_accounts *a);

/**
 * Predict one call: of an mmu_update, requests [@from, @to). 0 or a negative errno; *done as of the call. Never -ERESTART: a model is
 * never interrupted.
 */
int model_do(struct model *m, const struct small_op *op, unsigned int from, unsigned int to,
             unsigned int *done);

/**
 * After model_do(): what follows of its change, that is frames no longer used are free, and so on. With @yielded the call was
 * interrupted: how far it got is read from the accounts.
 */
void model_settle(struct model *m, bool yielded);

/** Make a guest's store of the call just made. */
void model_store(struct model *m, const struct small_store *store);

/** NULL if machine and model agree, or what is different. */
const char *model_compare(struct model *m);

/**
 * One call on the core and in the model, compared. NULL: all is well, *rc is the core's result. Otherwise what is wrong, beginning with
 * the number of the invariant, if it is one.
 */
const char *model_step(struct model *m, const struct small_op *op,
                       const struct small_schedule *schedule, unsigned int from, int *rc,
                       unsigned int *done);

/** After such an answer: more words about it. */
const char *model_details(void);

#endif /* TESTS_MODEL_H */
