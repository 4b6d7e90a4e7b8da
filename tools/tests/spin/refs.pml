/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One frame between the heap and two domains: references, allocation, giving back, freeing, and a mapping's common and general ways of
 * taking one; with the flush that heap_alloc() owes. Here a compare-exchange is what it is: a word read, conditions on it and on
 * the owner, then the exchange, if the word is that one again. The heap's list link stands in the word of a free frame.
 *
 * Checked: no change to a frame that has no references but by the heap and assign(); who has taken a reference for a domain finds
 * that domain the owner for as long (XSA-159, 287); a frame is freed once, by nobody's reference but the last, untyped and not pinned; nobody has a
 * translation of a frame that is given out (invariant 7); none is given to a dying domain; the totals are what is owned.
 * -DNCPU, -DOPS as in word.pml.
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
#define MAX_PAGES 1

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
byte owner;               /* frame.owner: 0 nobody, 1 and 2 the domains */
bit in_heap = 1;          /* in the lists; w.types is its link then */
bit heap_lock;
byte freed_stamp;
byte clock;
byte last[NCPU];
byte tlb[NCPU];           /* domain whose translation of the frame the CPU may hold, 0 none */
bit lock[3];              /* domain.lock */
bit dying[3];
byte tot_pages[3];
byte holders[3];          /* references taken for that domain, and not dropped */
byte mapped[3];           /* writable entries of that domain that show the frame */
byte done;

#if NCPU == 2
#define no_tlb (!tlb[0] && !tlb[1])
#else
#define no_tlb (!tlb[0] && !tlb[1] && !tlb[2])
#endif

#define load(o)                                                                                    \
    o.refs = w.refs;                                                                               \
    o.types = w.types;                                                                             \
    o.kind = w.kind;                                                                               \
    o.locked = w.locked;                                                                           \
    o.allocated = w.allocated
#define same(o)                                                                                    \
    (o.refs == w.refs && o.types == w.types && o.kind == w.kind && o.locked == w.locked &&         \
     o.allocated == w.allocated)
#define in_use() assert(w.refs > 0 && !in_heap)
#define holding(d)                                                                                 \
    holders[d]++;                                                                                  \
    assert(owner == d && !in_heap)

/* ---- heap.c ---- */

inline spin_lock(l)
{
    d_step { !l -> l = 1 }
}

inline heap_free()
{
    spin_lock(heap_lock);
    freed_stamp = clock;
    assert(!in_heap && w.refs == 0 && owner == 0);
    in_heap = 1;
    /* The link: none, or the neighbour that was there before. */
    if
    :: w.types = 0
    :: w.types = 2
    fi;
    heap_lock = 0
}

/* Each CPU flushes itself; here the caller does it for all, one after another. */
inline flush_machine()
{
    c = 0;
    do
    :: c < NCPU ->
        d_step { clock++; assert(clock < 250); begun = clock };
        tlb[c] = 0;
        last[c] = begun;
        c++
    :: else -> break
    od
}

inline heap_alloc()
{
    spin_lock(heap_lock);
    ok = in_heap;
    if
    :: ok -> in_heap = 0; w.types = 0
    :: else
    fi;
    heap_lock = 0;
    if
    :: ok ->
        stale = 0;
        c = 0;
        stamp = freed_stamp;
        do
        :: d_step { c < NCPU -> stale = stale || last[c] <= stamp || last[c] > clock; c++ }
        :: c == NCPU -> break
        od;
        if
#ifdef NO_FLUSH /* for `run --seeded` */
        :: stale -> skip
#else
        :: stale -> flush_machine()
#endif
        :: else
        fi
    :: else
    fi
}

/* ---- account.c ---- */

inline frame_free()
{
    d = owner;
    d_step {
        assert(!free_bug_if(w));
        assert(!in_heap && owner && !holders[1] && !holders[2] && !mapped[1] && !mapped[2])
    };
    owner = 0;
    d_step { free_do(w) };
    heap_free();
    spin_lock(lock[d]);
    d_step { assert(tot_pages[d] > 0); tot_pages[d]-- };
    lock[d] = 0
}

inline frame_put()
{
    d_step {
        assert(!ref_put_bug_if(w));
        in_use();
        ref_put_do(w);
        ok = w.refs == 0
    };
    if
    :: ok -> frame_free()
    :: else
    fi
}

/* For `run --seeded`: the owner is looked at only before the exchange. */
#ifdef ONE_LOOK
#define still_owner(own) true
#else
#define still_owner(own) (owner == own)
#endif

/* A row of the table, with a look at the owner before and after it; ok: taken, for domain @own. A macro, as rows are. */
#define take(row, undo, own)                                                                       \
    d_step { load(o) };                                                                            \
    ok = 0;                                                                                        \
    if                                                                                             \
    :: row##_if(o) && owner == own ->                                                              \
        if                                                                                         \
        :: d_step { same(o) -> in_use(); row##_do(w) };                                            \
           if                                                                                      \
           :: d_step { still_owner(own) -> holding(own); ok = 1 }                                  \
           :: d_step { !still_owner(own) -> skip }; undo()                                         \
           fi                                                                                      \
        :: d_step { !same(o) -> skip }                                                             \
        fi                                                                                         \
    :: else                                                                                        \
    fi

inline drop(own)
{
    d_step { assert(owner == own); holders[own]-- };
    if
    :: d_step { fast_put_ro_if(w) -> in_use(); fast_put_ro_do(w) }
    :: frame_put()
    fi
}

/* ---- domain_mem.c ---- */

inline frame_clear_allocated(own)
{
    if
    :: d_step { release_if(w) -> in_use(); release_do(w) }; frame_put()
    :: d_step { !release_if(w) -> skip }
    fi
}

inline op_release(own)
{
    take(ref_get, frame_put, own);
    if
    :: ok -> frame_clear_allocated(own); drop(own)
    :: else
    fi
}

inline op_alloc(own)
{
    spin_lock(lock[own]);
    ok = tot_pages[own] < MAX_PAGES;
    if
    :: ok -> tot_pages[own]++
    :: else
    fi;
    lock[own] = 0;
    if
    :: ok ->
        heap_alloc();
        if
        :: ok ->
            spin_lock(lock[own]);
            if
            :: !dying[own] ->
                assert(w.refs == 0 && w.types == 0 && owner == 0 && no_tlb);
                owner = own;
                d_step { assign_do(w) };
                lock[own] = 0
            :: else ->
                lock[own] = 0;
                heap_free();
                ok = 0
            fi
        :: else
        fi;
        if
        :: ok -> skip
        :: else -> spin_lock(lock[own]); tot_pages[own]--; lock[own] = 0
        fi
    :: else
    fi
}

inline op_kill(own)
{
    spin_lock(lock[own]);
    dying[own] = 1;
    lock[own] = 0;
    /* frame_get() tries until the exchange succeeds or the frame is not the domain's. */
    do
    :: true ->
        take(ref_get, frame_put, own);
        if
        :: ok -> frame_clear_allocated(own); drop(own); break
        :: !ok && (w.refs == 0 || owner != own) -> break
        :: else
        fi
    od;
    skip
}

/* ---- a mapping: l1e_get(), fast.h; put again at once or later ---- */

inline frame_put_type()
{
    if
    :: d_step { put_more_if(w) -> in_use(); put_more_do(w) }
    :: d_step { put_last_if(w) -> in_use(); put_last_do(w) };
       d_step { finish_untyped_do(w, 0) }
    :: d_step { put_bug_if(w) -> assert(false) }
    fi
}

/* frame_get(), then frame_type_get(FRAME_WRITABLE). */
inline take_slowly(own)
{
    take(ref_get, frame_put, own);
    if
    :: ok ->
        if
        :: d_step { begin_free_if(w, K_WRITABLE) -> in_use(); begin_free_do(w, K_WRITABLE) }
        :: d_step { get_more_if(w, K_WRITABLE) -> in_use(); get_more_do(w) }
        :: d_step { get_wait_if(w, K_WRITABLE) -> skip };
           drop(own);
           ok = 0
        fi
    :: else
    fi
}

inline put_leaf()
{
    frame_put_type();
    frame_put()
}

inline op_map(own)
{
    if
    :: true -> take(fast_write, put_leaf, own)
    :: true -> take_slowly(own)
    fi;
    if
    :: ok ->
        d_step { assert(w.kind == K_WRITABLE && w.types > 0); mapped[own]++ };
        /* The guest may use it now. */
        if
        :: tlb[me] = own
        :: skip
        fi;
        mapped[own]--;
        d_step { assert(owner == own); holders[own]-- };
        put_leaf()
    :: else
    fi
}

inline op_look(own)
{
    if
    :: true -> take(fast_read, frame_put, own)
    :: true ->
        take(fast_hold, put_leaf, own);
        if
        :: ok -> frame_put_type()
        :: else
        fi
    fi;
    if
    :: ok -> drop(own)
    :: else
    fi
}

proctype cpu(byte me)
{
    byte c, begun, stamp, d, own, n;
    bit ok, stale;
    word o;

    do
    :: n < OPS ->
        n++;
        if
        :: own = 1
        :: own = 2
        fi;
        if
        :: true -> op_alloc(own)
        :: true -> op_release(own)
        :: true -> op_map(own)
        :: true -> op_look(own)
        :: true -> op_kill(own)
        fi;
        d_step {
            c = 0; begun = 0; stamp = 0; d = 0; own = 0; ok = 0; stale = 0;
            o.refs = 0; o.types = 0; o.kind = 0; o.locked = 0; o.allocated = 0
        }
    :: else -> break
    od;
    done++
}

active proctype at_rest()
{
end:
    d_step {
        done == NCPU ->
        assert(!w.locked && (in_heap || w.types == 0));
        assert(in_heap == (owner == 0) && in_heap == (w.refs == 0));
        assert(w.refs == w.allocated);
        assert(tot_pages[1] == (owner == 1) && tot_pages[2] == (owner == 2));
        assert(!owner || !dying[owner])
    }
}

init {
    byte i;
    atomic {
        clock = 1;
        /* The frame is domain 1's, or free. */
        if
        :: in_heap = 0; owner = 1; w.refs = 1; w.allocated = 1; tot_pages[1] = 1
        :: skip
        :: w.types = 2
        fi;
        i = 0;
        do
        :: i < NCPU -> last[i] = 1; run cpu(i); i++
        :: else -> break
        od
    }
}
