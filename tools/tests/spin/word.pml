/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The word of one frame between CPUs that map it for writing, pin it as an L1 table, use it and let it go; with the flush clock (tlb.c)
 * and what each CPU's TLB may still hold. Steps are those of transitions.h; each inline follows the function it is named after.
 *
 * Checked: the locked state is one CPU's (lock); no table whose content is or is being trusted can be written through a stale or live
 * translation (trust, op_touch: XSA-401 and invariant 7); a typed reference is of the frame's one type for as long as it is held (held_as);
 * counts are what the uses say (at the end: no lost last put, XSA-241, 242); nobody waits for ever (invalid end states).
 *
 * What is left to chance: content good, bad, or the work stopped; each CPU's next operation; when a flush is served; whether a common case
 * (fast.h) or the general function runs. -DNCPU, -DOPS: how many CPUs, and operations of each.
 */
#include "transitions.h"

#ifndef NCPU
#define NCPU 2
#endif
#ifndef OPS
#define OPS 3
#endif
#define LIMIT 200
#define MANY  100

#define OK       0
#define REFUSED  1
#define ERESTART 2

typedef word {
    byte refs;
    byte types;
    byte kind;
    bit locked;
    bit partial;
    bit allocated;
    bit pinned;
    bit validated;
    bit noncoherent;
    bit extra
}

word w;
byte stamp;               /* frame.stamp */
byte clock;               /* machine.flush_clock */
byte last[NCPU];          /* machine.cpu_flushed */
bit wanted[NCPU * NCPU];  /* [of * NCPU + by]: that CPU is to flush */
bit tlb[NCPU];            /* may hold a writable translation of the frame */
byte entries;             /* writable entries that show the frame, in tables both CPUs use */
bit locker;               /* somebody works on the frame */
bit trusted;              /* the content counts as a table's */
byte done;

/* ---- checks ---- */

#if NCPU == 2
#define any_tlb       (tlb[0] || tlb[1])
#define any_wanted(c) (wanted[c * NCPU] || wanted[c * NCPU + 1])
#else
#define any_tlb       (tlb[0] || tlb[1] || tlb[2])
#define any_wanted(c) (wanted[c * NCPU] || wanted[c * NCPU + 1] || wanted[c * NCPU + 2])
#endif

#define lock()                                                                                     \
    assert(!locker);                                                                               \
    locker = 1
#define unlock() locker = 0
#define good_word()                                                                                \
    assert(w.types <= w.refs);                                                                     \
    assert(!w.partial || (w.types == 1 && !w.validated && !w.locked && !w.pinned));                \
    assert(!w.validated || (w.types > 0 && w.kind == K_L1 && !w.locked));                          \
    assert(!w.pinned || w.validated);                                                              \
    assert(w.types > 0 || !w.locked)

/* ---- tlb.c and the port ---- */

inline flush_local()
{
    d_step {
        clock++;
        assert(clock < 250);
        begun = clock
    };
    tlb[me] = 0;
    last[me] = begun
}

/* What other CPUs ask for: with interrupts on, and in every wait. */
inline serve()
{
    if
    :: atomic { any_wanted(me) -> by = 0; do :: !wanted[me * NCPU + by] -> by++ :: else -> break od };
       flush_local();
       wanted[me * NCPU + by] = 0
    :: else
    fi
}

inline flush_machine()
{
    c = 0;
    do
    :: c == NCPU -> break
    :: c < NCPU && c == me -> flush_local(); c++
    :: c < NCPU && c != me -> wanted[c * NCPU + me] = 1; c++
    od;
    c = 0;
    do
    :: c == NCPU -> break
    :: c < NCPU && !wanted[c * NCPU + me] -> c++
    :: c < NCPU && wanted[c * NCPU + me] -> (!wanted[c * NCPU + me] || any_wanted(me)); serve()
    od
}

/* ---- account.c ---- */

inline frame_get()
{
    if
    :: d_step { ref_get_if(w) -> ref_get_do(w); rc = OK }
    :: d_step { !ref_get_if(w) -> rc = REFUSED }
    fi
}

/* The owner's allocation stays: the last reference is refs.pml's matter. */
inline frame_put()
{
    d_step {
        assert(!ref_put_bug_if(w));
        ref_put_do(w);
        assert(w.refs > 0);
        good_word()
    }
}

/* ---- promote.c ---- */

inline forget_old_use(t)
{
    if
    :: was_kind != K_NONE && was_kind != t ->
        stale = 0;
        c = 0;
        do
        :: d_step { c < NCPU -> stale = stale || last[c] <= stamp || last[c] > clock; c++ }
        :: c == NCPU -> break
        od;
        if
        :: stale -> flush_machine()
        :: else
        fi
    :: else
    fi
}

inline trust()
{
    d_step {
        assert(!any_tlb && entries == 0 && !w.noncoherent);
        trusted = 1
    }
}

inline finish_untyped()
{
#ifndef STAMP_LATE
    stamp = clock;
#endif
    d_step {
        assert(!leave_bug_if(w));
        finish_untyped_do(w, was);
        trusted = 0;
        unlock();
        good_word()
    }
#ifdef STAMP_LATE /* noted after the count it describes has dropped: likewise */
    ;
    stamp = clock
#endif
}

inline finish_partial()
{
    d_step {
        assert(!leave_bug_if(w));
        finish_partial_do(w, was);
        unlock();
        good_word()
    }
}

inline promote()
{
    trust();
    if
    :: d_step {
           assert(!leave_bug_if(w));
           finish_validated_do(w, was);
           unlock();
           good_word();
           rc = OK
       }
    :: finish_untyped(); rc = REFUSED
    :: finish_partial(); rc = REFUSED
    :: finish_partial(); rc = ERESTART
    fi
}

inline demote()
{
    if
    :: finish_untyped(); rc = OK
    :: finish_partial(); rc = ERESTART
    fi
}

/* For `run --seeded`: the order of XSA-401, which the model must notice. */
#ifdef FLUSH_FIRST
#define before_type(t)                                                                             \
    was_kind = w.kind;                                                                             \
    forget_old_use(t)
#define after_type(t) skip
#else
#define before_type(t) skip
#define after_type(t)  forget_old_use(t)
#endif

inline frame_type_get(t)
{
    before_type(t);
    do
    :: d_step { get_bug_if(w, t) -> assert(false) }
    :: d_step { begin_free_if(w, t) -> begin_free_do(w, t); rc = OK }; break
    :: d_step { begin_locked_if(w, t) -> was_kind = w.kind; begin_locked_do(w, t); lock() };
       after_type(t);
       if
       :: t == K_WRITABLE -> d_step { assert(!leave_bug_if(w)); unlock_do(w); unlock(); good_word(); rc = OK }
       :: else ->
           /* Written around the caches: port_flush_frame() here. */
           if
           :: d_step { coherent_if(w) -> coherent_do(w) }
           :: d_step { !coherent_if(w) -> skip }
           fi;
           was = 0;
           promote()
       fi;
       break
    :: d_step { get_other_if(w, t) -> rc = REFUSED }; break
    :: d_step { get_wait_if(w, t) -> skip }; (!w.locked || any_wanted(me)); serve()
    :: d_step { resume_if(w, t) -> resume_do(w); lock() }; was = 1; promote(); break
    :: d_step { get_full_if(w, t) -> rc = REFUSED }; break
    :: d_step { get_more_if(w, t) -> get_more_do(w); rc = OK }; break
    od
}

inline frame_type_put()
{
    do
    :: d_step { put_bug_if(w) -> assert(false) }
    :: d_step { put_more_if(w) -> put_more_do(w); good_word(); rc = OK }; break
    :: d_step {
           put_last_if(w) ->
           assert(!put_last_bug_if(w));
           put_last_do(w);
           lock();
           was = 0
       };
       if
       :: is_table(w.kind) -> demote()
       :: else -> finish_untyped(); rc = OK
       fi;
       break
    od
}

inline frame_drain()
{
    do
    :: d_step { drain_none_if(w) -> rc = OK }; break
    :: d_step { drain_wait_if(w) -> skip }; (!w.locked || any_wanted(me)); serve()
    :: d_step { drain_if(w) -> drain_do(w); lock(); was = 1 }; demote(); break
    od
}

/* ---- who calls them: entry.c, mmuext.c, update.c ---- */

/* The vCPU finishes what it has left half-way, over as many calls as it takes, and lets go. */
inline vcpu_drain()
{
    do
    :: frame_drain();
       if
       :: rc == OK -> break
       :: else -> serve()
       fi
    od;
    frame_put()
}

inline put_typed()
{
    frame_type_put();
    if
    :: rc == OK -> frame_put()
    :: else -> vcpu_drain()
    fi
}

inline op_map()
{
    if
    :: d_step { fast_write_if(w) -> fast_write_do(w); good_word(); rc = OK }
    :: frame_get();
       if
       :: rc == OK ->
           frame_type_get(K_WRITABLE);
           if
           :: rc != OK -> frame_put(); rc = REFUSED
           :: else
           fi
       :: else
       fi
    fi;
    if
    :: rc == OK ->
        if
        :: w.noncoherent = 1 /* note_noncoherent(): an entry with another memory type */
        :: skip
        fi;
        d_step { assert(w.kind == K_WRITABLE && w.types > entries); entries++ }
    :: else
    fi
}

inline op_unmap()
{
    if
    :: d_step { entries > 0 -> entries-- };
       if
       :: d_step { fast_put_rw_if(w) -> fast_put_rw_do(w); good_word() }
       :: frame_type_put(); assert(rc == OK); frame_put()
       /* It becomes read-only, and goes afterwards: make_readonly(). */
       :: d_step { fast_put_type_if(w) -> fast_put_type_do(w); good_word() }; frame_put()
       fi
    :: else
    fi
}

inline op_pin()
{
    frame_get();
    if
    :: rc == OK ->
        frame_type_get(K_L1);
        if
        :: rc == OK ->
            if
            :: d_step { pin_if(w) -> pin_do(w); good_word() }
            :: d_step { !pin_if(w) -> skip }; put_typed()
            fi
        :: rc == ERESTART -> frame_put()
        :: rc == REFUSED ->
            if
            :: w.partial && w.kind == K_L1 -> vcpu_drain()
            :: else -> frame_put()
            fi
        fi
    :: else
    fi
}

inline op_unpin()
{
    frame_get();
    if
    :: d_step { unpin_if(w) -> unpin_do(w) }; put_typed()
    :: d_step { !unpin_if(w) -> skip }
    fi;
    frame_put()
}

/* mmu_update: what the frame is held as, it stays as long. */
inline op_update()
{
    if
    :: d_step { fast_hold_if(w) -> was_kind = w.kind; fast_hold_do(w); good_word(); rc = OK }
    :: d_step { fast_hold_table_if(w, K_L1) -> was_kind = K_L1; fast_hold_do(w); good_word(); rc = OK }
    :: frame_get();
       if
       :: d_step { get_valid_if(w, K_L1) -> was_kind = K_L1; get_valid_do(w); good_word(); rc = OK }
       :: frame_type_get(K_WRITABLE);
          was_kind = K_WRITABLE;
          if
          :: rc != OK -> frame_put(); rc = REFUSED
          :: else
          fi
       fi
    fi;
    if
    :: rc == OK ->
        held_as = was_kind;
        d_step {
            assert(w.types > 0 && w.kind == held_as && !w.partial);
            assert(held_as == K_WRITABLE || (w.validated && trusted))
        };
        held_as = 0;
        if
        :: d_step { fast_put_rw_if(w) -> fast_put_rw_do(w); good_word() }
        :: put_typed()
        fi
    :: else
    fi
}

/* The guest itself, on this CPU: the translation is loaded, and may stay. */
inline op_touch()
{
    if
    :: d_step { entries > 0 -> assert(!trusted); tlb[me] = 1 }
    :: else
    fi
}

proctype cpu(byte me)
{
    byte rc, c, by, begun, was_kind, held_as, n;
    bit was, stale;

    do
    :: n < OPS ->
        n++;
        if
        :: true -> op_map()
        :: true -> op_unmap()
        :: true -> op_pin()
        :: true -> op_unpin()
        :: true -> op_update()
        :: true -> op_touch()
        fi;
        d_step { rc = 0; c = 0; by = 0; begun = 0; was_kind = 0; was = 0; stale = 0 };
        serve()
    :: else -> break
    od;
    done++;
end:
    do
    :: any_wanted(me) -> serve()
    od
}

/* Everything is over: what is counted is what is used. */
active proctype at_rest()
{
end:
    d_step {
        done == NCPU ->
        assert(!w.locked && !locker);
        assert(w.refs == 1 + entries + w.pinned + w.partial);
        assert(w.types == entries + w.pinned + w.partial);
        assert(w.pinned == w.validated)
    }
}

init {
    byte i;
    atomic {
        w.refs = 1;
        w.allocated = 1;
        /* A flush at time 1 has been everywhere; the frame was never used. */
        clock = 1;
        i = 0;
        do
        :: i < NCPU -> last[i] = 1; run cpu(i); i++
        :: else -> break
        od
    }
}
