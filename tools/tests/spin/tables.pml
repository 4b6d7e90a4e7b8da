/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of tables: a parent P of two entries, one or two children, and CPUs that pin and unpin them, change the parent's entries,
 * use frames as pages, give them back, stop half-way, and go on with what another CPU left. Then the domain is taken down. Steps are
 * those of transitions.h; each inline follows the function it is named after, those for tables of one level are in level.pml.
 *
 * Checked after each step, by a recount of all that refers to a frame: its typed and general references are at least what live entries,
 * slots, pins, partial states and vCPUs demand, and exactly that when no CPU is in an operation (invariants 2, 3, 6); what a live
 * entry links is a validated table one level down (4). Further: no BUG_ON; leaves are taken once and dropped once; nobody waits for
 * ever; when the domain has been taken down all frames are free.
 *
 * What is left to chance: each CPU's next operation, and which is its last; where work stops; whether a leaf is refused; what stands in the
 * parent; whether a common case (fast.h) or the general function runs.
 *
 * -DOPS=n: first any number of operations one after another, of any CPU, then n of each at the same time; without it any number at the
 * same time. -DNCPU, -DCHILDREN: how many. -DNO_UPDATES: nobody changes entries; -DNO_PAGES: nor uses frames as pages, nor gives them back.
 * -DONE_TREE: the parent holds the child, and then what is refused; or both children. -DUP: the child can be a table above the parent, too. -DFOREIGN: the last
 * CPU is another domain's, which does not stop for the teardown.
 */
#include "transitions.h"

#ifndef NCPU
#define NCPU 2
#endif
#ifndef CHILDREN
#define CHILDREN 1
#endif
#define LIMIT   14
#define MANY    14
#define ENTRIES 2 /* of a table of tables */
#define LEAVES  1 /* of an L1 */

#define OK       0
#define REFUSED  1
#define ERESTART 2

/* Frames. In entries, and where a vCPU remembers one, they count from 1. */
#define P          0
#define A          1
#define last_child CHILDREN
#define NF         (1 + CHILDREN)
#define NOTHING    0

typedef word {
    unsigned refs : 4;
    unsigned types : 4;
    unsigned kind : 3;
    bit locked;
    bit partial;
    bit allocated;
    bit pinned;
    bit validated;
    bit noncoherent;
    bit extra;
    unsigned done : 2; /* frame.progress: entries [0, done) are live */
    bit slot           /* PROGRESS_SLOT */
}

#ifdef UP
#define TABLES 2
#else
#define TABLES 1
#endif
word w[NF];
byte content[TABLES * ENTRIES]; /* of P, and of A as a table above it */
byte leaves[NF];                /* leaves that a frame holds as an L1 */
byte drains[NCPU];              /* v->drain of the vCPU on each CPU */
byte busy;                      /* CPUs in an operation */
byte ended;                     /* CPUs that have come to their end */
byte own_ended;                 /* those of them that are the domain's */
bit dying;
bit together;                   /* CPUs act at the same time */

#define entry(f, i) content[(f) * ENTRIES + (i)]

/* ---- defects, for `test_spin long` ---- */

#ifdef BEGIN_ANEW /* XSA-309: who goes on with a validation begins anew */
#define BEGIN(i) 0
#else
#define BEGIN(i) i
#endif
#ifdef LEFT_UNDONE /* XSA-310: what could not be undone at once counts as undone */
#define UNDONE true
#else
#define UNDONE false
#endif
#ifdef ANY_TYPE /* XSA-299: a child left half-way is taken apart, whatever it has become since */
#define ONLY(k) K_NONE
#else
#define ONLY(k) k
#endif
#ifdef SLOT_UNOWNED /* XSA-299: a slot left half-way has no reference on its child */
#define NO_SLOT_REF(f, pending)                                                                    \
    ;                                                                                              \
    if                                                                                             \
    :: pending -> frame_put(f)                                                                     \
    :: else                                                                                        \
    fi
#else
#define NO_SLOT_REF(f, pending)
#endif
#ifdef SLOT_FORGOTTEN /* XSA-290: a table taken apart half-way forgets that it holds its child */
#define KEEPS_SLOT &&false
#else
#define KEEPS_SLOT
#endif
#ifdef STATE_UNOWNED /* XSA-299: the partial state has no reference of its own */
#define STATE_REF(f, was) w[f].refs = w[f].refs - 1 + was
#else
#define STATE_REF(f, was) skip
#endif

/* ---- checks ---- */

/*
 * In C, once: as inlines they would stand behind each step. What refers to frame g: links from live entries, the pin and the partial
 * state by type; further the allocation, slots, vCPUs.
 */
c_decl {
    extern void (*uerror)(char *);
\#define FRAME   now.w[f]
\#define CHILD   now.w[e - 1]
}

c_code {
    static int is_live(int f, int i)
    {
        return FRAME.kind > K_L1 && (FRAME.validated || (FRAME.partial && i < FRAME.done));
    }

    static int types_of(int g)
    {
        int n = now.w[g].pinned + now.w[g].partial, f, i;

        for ( f = 0; f < TABLES; f++ )
            for ( i = 0; i < ENTRIES; i++ )
                n += is_live(f, i) && now.content[f * ENTRIES + i] == g + 1;
        return n;
    }

    static int refs_of(int g)
    {
        int n = types_of(g) + now.w[g].allocated, f, v;

        for ( f = 0; f < TABLES; f++ )
            n += FRAME.slot && now.content[f * ENTRIES + FRAME.done] == g + 1;
        for ( v = 0; v < NCPU; v++ )
            n += now.drains[v] == g + 1;
        return n;
    }

    static int entries_good(int f)
    {
        int i, e;

        for ( i = 0; i < ENTRIES; i++ )
        {
            e = now.content[f * ENTRIES + i];
            if ( is_live(f, i) && e && !(CHILD.validated && CHILD.kind == FRAME.kind - 1) )
                return 0;
        }
        return 1;
    }

    static int state_good(void)
    {
        int f;

        for ( f = 0; f < NF; f++ )
            if ( FRAME.types > FRAME.refs || FRAME.types < types_of(f) || FRAME.refs < refs_of(f) ||
                 (FRAME.partial && (FRAME.types != 1 || FRAME.validated || FRAME.locked || FRAME.pinned)) ||
                 (FRAME.validated && (!FRAME.types || FRAME.kind < K_L1 || FRAME.locked)) ||
                 (FRAME.pinned && !FRAME.validated) || (f < TABLES && !entries_good(f)) )
                return 0;
        return 1;
    }

    static int state_exact(void)
    {
        int f, n;

        for ( f = 0; f < NF; f++ )
        {
            n = FRAME.kind != K_L1 ? 0 : FRAME.validated ? LEAVES : FRAME.partial ? FRAME.done : 0;
            if ( FRAME.types != types_of(f) || FRAME.refs != refs_of(f) || FRAME.locked || now.leaves[f] != n )
                return 0;
        }
        return 1;
    }

    static void check(int good, char *what)
    {
        if ( !good )
            uerror(what);
    }
}

#define good_state()  c_code { check(state_good(), "an entry or a count is wrong"); }
#define exact_state() c_code { check(state_exact(), "at rest, something is counted that nothing refers to"); }
#if CHILDREN == 1
#define refs_left (w[P].refs + w[A].refs)
#else
#define refs_left (w[P].refs + w[A].refs + w[2].refs)
#endif

/* A common case that another CPU's change makes fail is followed by the general one. */
#define else_or_lost(common) true

/* ---- account.c ---- */

inline frame_get(f)
{
    if
    :: d_step { ref_get_if(w[f]) -> ref_get_do(w[f]); rc = OK }
    :: d_step { !ref_get_if(w[f]) -> rc = REFUSED }
    fi
}

inline put_ref(f)
{
    assert(!ref_put_bug_if(w[f]));
    
    ref_put_do(w[f]);
    if
    :: w[f].refs == 0 ->
        assert(!free_bug_if(w[f]) && leaves[f] == 0);
        free_do(w[f])
    :: else
    fi;
    good_state()
}

inline frame_put(f)
{
    d_step { put_ref(f) }
}

inline frame_clear_allocated(f)
{
    if
    :: d_step { release_if(w[f]) -> release_do(w[f]); good_state() }; frame_put(f)
    :: d_step { !release_if(w[f]) -> skip }
    fi
}

/* ---- promote.c, for all levels ---- */

inline leaf_get(f, n)
{
    assert(leaves[f] == n);
    leaves[f]++
}

inline leaf_put(f, n)
{
    leaves[f]--;
    assert(leaves[f] == n)
}

inline finish_validated(f, was)
{
    d_step {
        assert(!leave_bug_if(w[f]) && !w[f].slot);
        
        w[f].done = 0;
        finish_validated_do(w[f], was);
        good_state()
    }
}

inline finish_partial(f, was, i)
{
    d_step {
        assert(!leave_bug_if(w[f]));
        
        w[f].done = i;
        finish_partial_do(w[f], was);
        STATE_REF(f, was);
        good_state()
    }
}

/* What the last use was does not matter any more: flushes are word.pml's. */
inline finish_untyped(f, was)
{
    d_step {
        assert(!leave_bug_if(w[f]) && leaves[f] == 0);
        
        w[f].done = 0;
        w[f].slot = 0;
        finish_untyped_do(w[f], was);
        w[f].kind = K_NONE;
        good_state()
    }
}

/* In a step: the reference that entry [done], which names @child, holds. */
inline drop_slot(f, child)
{
    if
    :: w[f].slot -> w[f].slot = 0; put_ref(child)
    :: else
    fi
}

#define is_partial(f, t)  (w[f].partial && w[f].kind == t)
#define is_other(f, only) (only != K_NONE && w[f].kind != only)

#define CAT_(name, n) name##n
#define CAT(name, n)  CAT_(name, n)

#define LEVEL 1
#define BELOW 0
#define KIND  K_L1
#include "level.pml"
#define LEVEL 2
#define BELOW 1
#define KIND  K_L2
#include "level.pml"
#ifdef UP
#define LEVEL 3
#define BELOW 2
#define KIND  K_L3
#include "level.pml"
#endif

/* A page that is written to: no content, nothing to stop. */
inline frame_type_get0(f)
{
    do
    :: d_step { get_bug_if(w[f], K_WRITABLE) -> assert(false) }
    :: d_step { begin_free_if(w[f], K_WRITABLE) -> begin_free_do(w[f], K_WRITABLE); rc = OK }; break
    :: d_step { begin_locked_if(w[f], K_WRITABLE) -> begin_locked_do(w[f], K_WRITABLE) };
       d_step { assert(!leave_bug_if(w[f])); unlock_do(w[f]); rc = OK };
       break
    :: d_step { get_other_if(w[f], K_WRITABLE) -> rc = REFUSED }; break
    :: get_wait_if(w[f], K_WRITABLE) -> !get_wait_if(w[f], K_WRITABLE)
    :: d_step { resume_if(w[f], K_WRITABLE) -> assert(false) }
    :: d_step { get_more_if(w[f], K_WRITABLE) -> get_more_do(w[f]); rc = OK }; break
    od
}

inline frame_type_put0(f)
{
    do
    :: d_step { put_bug_if(w[f]) -> assert(false) }
    :: d_step { put_more_if(w[f]) -> put_more_do(w[f]); drc = OK; good_state() }; break
    :: d_step { put_last_if(w[f]) -> put_last_do(w[f]); good_state() };
       finish_untyped(f, 0);
       drc = OK;
       break
    od
}

inline frame_type_put(f)
{
    if
    :: w[f].kind == K_WRITABLE -> frame_type_put0(f)
    :: w[f].kind == K_L1 -> frame_type_put1(f)
    :: w[f].kind == K_L2 -> frame_type_put2(f)
#ifdef UP
    :: w[f].kind == K_L3 -> frame_type_put3(f)
#endif
    fi
}

#define drain_one(n, f)                                                                            \
    d_step { drain_if(w[f]) && w[f].kind == K_L##n -> drain_do(w[f]); was##n = 1; i##n = w[f].done };  \
    demote##n(f);                                                                                  \
    break

inline frame_drain(f)
{
    do
    :: d_step { drain_none_if(w[f]) -> drc = OK }; break
    :: drain_wait_if(w[f]) -> !drain_wait_if(w[f])
    :: drain_one(1, f)
    :: drain_one(2, f)
#ifdef UP
    :: drain_one(3, f)
#endif
    od
}

/* ---- mmuext.c ---- */

inline vcpu_drain(v)
{
    if
    :: d_step { drains[v] == 0 -> drc = OK }
    :: d_step { drains[v] != 0 -> g = drains[v] - 1 };
       frame_drain(g);
       if
       :: drc == OK -> drains[v] = 0; frame_put(g)
       :: else
       fi;
       g = 0
    fi
}

inline drain_later(f)
{
    d_step { assert(drains[me] == 0); drains[me] = f + 1 }
}

inline put_typed(f)
{
    frame_type_put(f);
    if
    :: drc == OK -> frame_put(f)
    :: drc != OK && drains[me] == 0 -> drain_later(f)
    :: drc != OK && drains[me] != 0 -> frame_put(f)
    fi
}

inline type_or_drop(f, t)
{
    if
    :: t == K_L1 -> frame_type_get1(f)
    :: t == K_L2 -> frame_type_get2(f)
#ifdef UP
    :: t == K_L3 -> frame_type_get3(f)
#endif
    fi;
    if
    :: rc == OK
    :: rc == REFUSED ->
        if
        :: is_partial(f, t) -> drain_later(f)
        :: !is_partial(f, t) -> frame_put(f)
        fi
    :: rc == ERESTART -> frame_put(f)
    fi
}

inline pin_table(f, t)
{
    frame_get(f);
    if
    :: rc == OK ->
        type_or_drop(f, t);
        if
        :: rc == OK ->
            if
            :: d_step { pin_if(w[f]) -> pin_do(w[f]); good_state() }
            :: !pin_if(w[f]) -> putting = 1
            fi
        :: else
        fi
    :: else
    fi
}

inline unpin_table(f)
{
    frame_get(f);
    if
    :: rc == OK ->
        if
        :: d_step { unpin_if(w[f]) -> unpin_do(w[f]); putting = 1; good_state() }
        :: d_step { !unpin_if(w[f]) -> skip }
        fi
    :: else
    fi
}

/* ---- update.c ---- */

/* k: what the frame is held as. */
inline hold(f)
{
    if
    :: d_step { fast_hold_if(w[f]) -> k = w[f].kind; fast_hold_do(w[f]); rc = OK }
    :: else_or_lost(fast_hold_if(w[f])) ->
        frame_get(f);
        if
        :: rc == OK ->
            k = w[f].kind;
            if
            :: d_step { is_table(k) && get_valid_if(w[f], k) -> get_valid_do(w[f]) }
            :: !is_table(k) || !get_valid_if(w[f], k) ->
                k = K_WRITABLE;
                frame_type_get0(f);
                if
                :: rc == OK
                :: else -> frame_put(f)
                fi
            fi
        :: else
        fi
    fi
}

inline release(f)
{
    if
    :: d_step { fast_put_rw_if(w[f]) -> fast_put_rw_do(w[f]); good_state() }
    :: else_or_lost(fast_put_rw_if(w[f])) -> putting = 1
    fi
}

/* val: the new entry. */
inline update_table(f, i)
{
    if
    :: d_step { entry(f, i) == val && val != NOTHING -> skip } /* only bits change, which demand nothing */
    :: else_or_lost(entry(f, i) == val && val != NOTHING) ->
        if
        :: val != NOTHING -> table_entry_get2(val - 1)
        :: val == NOTHING -> rc = OK
        fi;
        if
        :: rc == OK ->
            d_step { e2 = entry(f, i); entry(f, i) = val; val = 0; i = 0; good_state() };
            if
            :: e2 != NOTHING ->
                table_entry_put2(e2 - 1);
                if
                :: pending2 -> drain_later(e2 - 1)
                :: else
                fi;
                d_step { e2 = 0; pending2 = 0; drc = OK }
            :: e2 == NOTHING
            fi
        :: rc == ERESTART -> frame_put(val - 1)
        :: rc == REFUSED && pending2 -> drain_later(val - 1)
        :: rc == REFUSED && !pending2
        fi
    fi
}

inline mmu_update(f, i)
{
    hold(f);
    if
    :: rc == OK ->
        if
        :: k == K_L2 && f == P -> update_table(f, i)
        :: k == K_WRITABLE && f == P -> entry(f, i) = val
        :: else
        fi;
        release(f)
    :: else
    fi
}

/* ---- domain_mem.c ---- */

inline domain_release(f)
{
    frame_get(f);
    if
    :: rc == OK -> frame_clear_allocated(f); frame_put(f)
    :: else
    fi
}

/* ---- CPUs ---- */

/* Every operation begins with what the last one has left. */
inline operation()
{
    atomic {
        if
        :: drains[me] != 0 -> o = 0
        :: o = 1; f = P; t = K_L2
        :: o = 1; f = A; t = K_L1
        :: o = 2; f = P
        :: o = 2; f = A
#if CHILDREN == 2
        :: o = 1; f = 2; t = K_L1
        :: o = 2; f = 2
#endif
#ifndef NO_UPDATES
        :: o = 3; f = P; i = 0; val = NOTHING
        :: o = 3; f = P; i = 0; val = A + 1
        :: o = 3; f = P; i = 1; val = NOTHING
        :: o = 3; f = P; i = 1; val = P + 1 /* which is refused */
        :: o = 3; f = P; i = 1; val = last_child + 1
#endif
#ifndef NO_PAGES
        :: o = 3; f = A
        :: o = 4; f = P
        :: o = 4; f = A
#endif
#ifdef UP
        :: o = 1; f = A; t = K_L3
#endif
        fi
    };
    if
    :: drains[me] != 0 -> vcpu_drain(me)
    :: drains[me] == 0
    fi;
    if
    :: drc != OK || o == 0 -> o = 0
    :: drc == OK && o == 1 -> pin_table(f, t)
    :: drc == OK && o == 2 -> unpin_table(f)
    :: drc == OK && o == 3 -> mmu_update(f, i)
    :: drc == OK && o == 4 -> domain_release(f)
    fi;
    /* The end of the first three. What release() adds is that the vCPU may have something to finish already. */
    if
    :: putting -> put_typed(f)
    :: else
    fi;
    if
    :: o == 2 && rc == OK -> frame_put(f)
    :: else
    fi;
    d_step {
        o = 0; f = 0; t = 0; i = 0; val = 0; k = 0; g = 0; rc = 0; drc = 0; putting = 0;
        was1 = 0; i1 = 0; was2 = 0; i2 = 0; pending2 = 0; e2 = 0;
#ifdef UP
        was3 = 0; i3 = 0; pending3 = 0; e3 = 0;
#endif
        busy--;
        if
        :: busy == 0 && !dying -> exact_state()
        :: else
        fi
    }
}

#ifdef UP
#define registers                                                                                  \
    byte g;                                                                                        \
    unsigned rc : 2;                                                                               \
    unsigned drc : 2;                                                                              \
    unsigned i1 : 2;                                                                               \
    unsigned i2 : 2;                                                                               \
    unsigned i3 : 2;                                                                               \
    unsigned e2 : 2;                                                                               \
    unsigned e3 : 2;                                                                               \
    bit putting, was1, was2, was3, pending2, pending3
#else
#define registers                                                                                  \
    byte g;                                                                                        \
    unsigned rc : 2;                                                                               \
    unsigned drc : 2;                                                                              \
    unsigned i1 : 2;                                                                               \
    unsigned i2 : 2;                                                                               \
    unsigned e2 : 2;                                                                               \
    bit putting, was1, was2, pending2
#endif

/* A domain's vCPUs do not run while it is taken down; another domain's goes on with what it has begun. */
#if defined(FOREIGN)
#define own_cpus (NCPU - 1)
#else
#define own_cpus NCPU
#endif

#ifdef OPS
#define last_done (together && (n == OPS || dying))
#else
#define last_done dying
#endif

proctype cpu(byte me)
{
    byte o, f, i, val, t, k, n;
    registers;

    do
#ifdef OPS
    :: atomic { !dying && !together && busy == 0 -> busy++ }; operation()
    :: atomic { !dying && together && n < OPS -> busy++; n++ }; operation()
    :: last_done && (me < own_cpus || drains[me] == 0) -> break
#else
    :: atomic { !dying -> busy++ }; operation()
    :: me < own_cpus || (dying && drains[me] == 0) -> break
#endif
    :: atomic { me >= own_cpus && last_done && drains[me] != 0 -> busy++ }; vcpu_drain(me); busy--
    od;
    atomic { ended++; own_ended = own_ended + (me < own_cpus) }
}

#ifdef OPS
active proctype start()
{
    atomic { busy == 0 -> together = 1 }
}
#endif

/* ---- teardown.c ---- */

/* What vCPU v has left. */
inline release_vcpu(v)
{
#ifdef VCPU_FORGOTTEN /* XSA-310: a teardown overlooks what a vCPU has left */
    drains[v] = 0;
#endif
    do
    :: vcpu_drain(v);
       if
       :: drc == OK -> break
       :: else
       fi
    od
}

inline release_type(f)
{
#ifndef STATE_FORGOTTEN /* XSA-310: a teardown overlooks frames left half-way */
    frame_drain(f);
#endif
    if
    :: drc == OK ->
        if
        :: d_step { unpin_if(w[f]) -> unpin_do(w[f]); good_state() };
           frame_type_put(f);
           frame_put(f)
        :: d_step { !unpin_if(w[f]) -> skip }
        fi
    :: else
    fi
}

inline release_page(f)
{
    frame_clear_allocated(f);
    drc = OK
}

/* for_each_frame(), in the order of their addresses, which is either. Stopped, it goes on with the same frame. */
#define for_each_frame(fn)                                                                         \
    n = 0;                                                                                         \
    do                                                                                             \
    :: n == NF -> break                                                                            \
    :: n < NF ->                                                                                   \
        f = (downwards -> NF - 1 - n : n);                                                         \
        drc = OK;                                                                                  \
        frame_get(f);                                                                              \
        if                                                                                         \
        :: rc == OK -> fn(f); frame_put(f)                                                         \
        :: else                                                                                    \
        fi;                                                                                        \
        if                                                                                         \
        :: drc == OK -> n++                                                                        \
        :: else                                                                                    \
        fi                                                                                         \
    od

active proctype teardown()
{
    byte n, f;
    bit downwards, alone;
    registers;

    d_step { own_ended == own_cpus -> dying = 1 };
    do
    :: n < own_cpus -> release_vcpu(n); n++
    :: else -> break
    od;
    if
    :: downwards = 1
    :: skip
    fi;
    do
    :: alone = ended == NCPU;
       for_each_frame(release_type);
       for_each_frame(release_page);
       if
       :: d_step { refs_left == 0 -> skip }; break
       :: d_step { refs_left != 0 -> assert(!alone) } /* -EBUSY: the caller tries again */
       fi
    od;
    ended == NCPU;
    d_step { assert(refs_left == 0); exact_state() }
}

init {
    byte i;
    atomic {
        i = 0;
        do
        :: i < NF -> w[i].refs = 1; w[i].allocated = 1; i++
        :: else -> break
        od;
#ifdef ONE_TREE
        entry(P, 0) = A + 1;
#if CHILDREN == 1
        entry(P, 1) = P + 1;
#else
        entry(P, 1) = last_child + 1;
#endif
#else
        if
        :: entry(P, 0) = NOTHING
        :: entry(P, 0) = A + 1
        fi;
        if
        :: entry(P, 1) = NOTHING
        :: entry(P, 1) = P + 1
        :: entry(P, 1) = last_child + 1
        fi;
#endif
#ifdef UP
        entry(A, 0) = P + 1;
#endif
        i = 0;
        do
        :: i < NCPU -> run cpu(i); i++
        :: else -> break
        od
    }
}
