/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transitions of the frame word (xen/include/xen/frame.h), once for all: one row for each compare-exchange or store that the core does
 * on it. NAME_if(w) is the condition on the word as found, NAME_do(w) what becomes of it. Both read as C and as Promela: w.refs
 * and so on are fields of struct word there and of typedef word here. Rows without _do say when nothing changes.
 *
 * The models (*.pml) take their steps from here and nowhere else. tools/tests/unit/test_core_transitions.c holds each row against the
 * function it names, for every combination of kind and flags. README.md says how that works.
 *
 * Kinds are numbered as enum frame_type. LIMIT and MANY are the includer's: FRAME_REFS_LIMIT and fast.h's WORD_REFS_MANY.
 */
#define K_NONE     0
#define K_WRITABLE 1
#define K_L1       2
#define K_L2       3
#define K_L3       4
#define K_L4       5
#define K_DESC     6

#define is_table(k) (k >= K_L1 && k <= K_L4)

/* ---- general references: account.c ---- */

/* frame_get(); the reading path of l1e_get() */
#define ref_get_if(w) (w.refs > 0 && w.refs < LIMIT)
#define ref_get_do(w) w.refs = w.refs + 1
/* frame_put(); the last one goes on with free */
#define ref_put_bug_if(w) (w.refs == 0)
#define ref_put_if(w)     (w.refs > 0)
#define ref_put_do(w)     w.refs = w.refs - 1
/* frame_free(): asked of the word without its last reference */
#define free_bug_if(w) (w.types > 0 || w.pinned || w.partial || w.locked || w.allocated)
#define free_do(w)                                                                                 \
    w.kind = K_NONE;                                                                               \
    w.validated = 0;                                                                               \
    w.noncoherent = 0;                                                                             \
    w.extra = 0
/* frame_clear_allocated(), which goes on with ref_put */
#define release_if(w) (w.allocated)
#define release_do(w) w.allocated = 0
/* assign() in domain_mem.c, under the domain's lock */
#define assign_do(w)                                                                               \
    w.refs = 1;                                                                                    \
    w.allocated = 1

/* ---- taking a type: frame_type_get() in promote.c ---- */

#define get_bug_if(w, t)                                                                           \
    (w.refs == 0 ||                                                                                \
     (w.types > 0 && w.kind == t && !w.locked && !w.partial && t != K_WRITABLE && !w.validated))
/* begin_type(): nothing can be left of a former use, and there is nothing to check */
#define begin_free_if(w, t)                                                                        \
    (w.refs > 0 && w.types == 0 && t == K_WRITABLE && (w.kind == K_NONE || w.kind == K_WRITABLE))
#define begin_free_do(w, t)                                                                        \
    w.kind = t;                                                                                    \
    w.types = 1
#define begin_locked_if(w, t)                                                                      \
    (w.refs > 0 && w.types == 0 && !(t == K_WRITABLE && (w.kind == K_NONE || w.kind == K_WRITABLE)))
#define begin_locked_do(w, t)                                                                      \
    w.kind = t;                                                                                    \
    w.types = 1;                                                                                   \
    w.locked = 1
#define get_other_if(w, t) (w.types > 0 && w.kind != t)
#define get_wait_if(w, t)  (w.types > 0 && w.kind == t && w.locked)
#define resume_if(w, t)    (w.types > 0 && w.kind == t && !w.locked && w.partial)
#define resume_do(w)                                                                               \
    w.partial = 0;                                                                                 \
    w.locked = 1
#define get_full_if(w, t) (w.types >= LIMIT && w.kind == t && !w.locked && !w.partial)
#define get_more_if(w, t)                                                                          \
    (w.types > 0 && w.types < LIMIT && w.kind == t && !w.locked && !w.partial &&                   \
     (t == K_WRITABLE || w.validated))
#define get_more_do(w) w.types = w.types + 1
/* frame_type_get_valid() */
#define get_valid_if(w, t) (w.kind == t && w.validated && w.types < LIMIT)
#define get_valid_do(w)    w.types = w.types + 1

/* ---- dropping a type: frame_type_put() ---- */

#define put_bug_if(w)  (w.types == 0 || w.partial || w.locked)
#define put_more_if(w) (w.types > 1 && !w.partial && !w.locked)
#define put_more_do(w) w.types = w.types - 1
#define put_last_if(w) (w.types == 1 && !w.partial && !w.locked)
#define put_last_do(w)                                                                             \
    w.validated = 0;                                                                               \
    w.locked = 1
/* asked of the word before put_last */
#define put_last_bug_if(w) (is_table(w.kind) && !w.validated)

/* ---- what was left half-way: drain() ---- */

#define drain_none_if(w) (!w.partial && !w.locked)
#define drain_wait_if(w) (w.locked)
#define drain_if(w)      (w.partial && !w.locked)
#define drain_do(w)                                                                                \
    w.partial = 0;                                                                                 \
    w.locked = 1

/* ---- leaving the locked state: finish_*(); @was: the work began from a partial state ---- */

#define leave_bug_if(w) (!w.locked)
#define coherent_if(w)  (w.noncoherent)
#define coherent_do(w)  w.noncoherent = 0
#define unlock_do(w)    w.locked = 0
#define finish_validated_do(w, was)                                                                \
    w.locked = 0;                                                                                  \
    w.validated = 1;                                                                               \
    w.refs = w.refs - was
#define finish_partial_do(w, was)                                                                  \
    w.locked = 0;                                                                                  \
    w.partial = 1;                                                                                 \
    w.refs = w.refs + 1 - was
#define finish_untyped_do(w, was)                                                                  \
    w.locked = 0;                                                                                  \
    w.types = w.types - 1;                                                                         \
    w.refs = w.refs - was

/* ---- pins: mmuext.c ---- */

#define pin_if(w)   (!w.pinned)
#define pin_do(w)   w.pinned = 1
#define unpin_if(w) (w.pinned)
#define unpin_do(w) w.pinned = 0

/* ---- the common cases: fast.h ---- */

/* frame_get_readable() */
#define fast_read_if(w) (w.refs > 0 && w.refs < MANY)
#define fast_read_do(w) w.refs = w.refs + 1
/* frame_get_writable() */
#define fast_write_if(w) (w.refs < MANY && !w.locked && w.kind == K_WRITABLE && w.types > 0)
#define fast_write_do(w)                                                                           \
    w.refs = w.refs + 1;                                                                           \
    w.types = w.types + 1
/* leaf_put_rw(), frame_release_fast() */
#define fast_put_rw_if(w) (w.types > 1)
#define fast_put_rw_do(w)                                                                          \
    w.types = w.types - 1;                                                                         \
    w.refs = w.refs - 1
/* leaf_put_ro() */
#define fast_put_ro_if(w) (w.refs > 1 && w.kind != K_DESC)
#define fast_put_ro_do(w) w.refs = w.refs - 1
/* frame_put_type_fast() */
#define fast_put_type_if(w) (w.types > 1)
#define fast_put_type_do(w) w.types = w.types - 1
/* frame_hold_fast(), frame_hold_table() */
#define fast_hold_if(w)                                                                            \
    (w.types > 0 && w.refs < MANY && !w.locked && !w.partial && w.kind != K_DESC &&                \
     w.kind != K_NONE)
#define fast_hold_do(w)                                                                            \
    w.refs = w.refs + 1;                                                                           \
    w.types = w.types + 1
#define fast_hold_table_if(w, t)                                                                   \
    (w.types > 0 && w.refs < MANY && !w.locked && !w.partial && w.kind == t)
