/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What promote.c and entry.c do with tables of one level, for tables.pml: included once for each level, as Promela has no recursion. LEVEL
 * and BELOW are numbers, KIND is the type; each name ends with the level, of variables as of inlines.
 *
 * Results: rc of what takes, drc of what drops. i is the core's; f->progress is stored where it is let go, as nobody else looks at that
 * of a locked frame. What no other CPU can see is one step with what it can.
 */
#define L(name) CAT(name, LEVEL)
#define B(name) CAT(name, BELOW)

/* ---- promote.c: 2. validate ---- */

/* Entry i, or the one below: of an L1 that is not asked. */
#if LEVEL == 1
#define look(f, n) skip
#define forget()   L(i) = 0; L(was) = 0
#define SIZE       LEAVES
#else
#define forget()   L(i) = 0; L(e) = 0; L(was) = 0; L(pending) = 0
#define look(f, n) L(e) = (n < ENTRIES -> entry(f, n) : NOTHING)
#define SIZE       ENTRIES
#endif

#if LEVEL == 1
/* Whether a leaf is accepted depends on other frames, at any time: it is left to chance. */
inline L(validate)(f)
{
    do
    :: L(i) < SIZE -> d_step { leaf_get(f, L(i)); L(i)++ }
    :: L(i) < SIZE -> rc = REFUSED; break
    :: true -> rc = ERESTART; break
    :: L(i) == SIZE -> rc = OK; break
    od
}
#else
inline L(validate)(f)
{
    do
    :: L(i) < SIZE && L(e) != NOTHING ->
        /* validate_link() */
        L(table_entry_get)(L(e) - 1);
        d_step {
            if
            :: rc == OK || L(pending) -> drop_slot(f, L(e) - 1)
            :: else
            fi;
            if
            :: rc == OK -> L(i)++; look(f, L(i))
            :: else -> w[f].done = L(i); w[f].slot = w[f].slot || L(pending)
            fi
        };
        if
        :: rc == OK
        :: else -> break
        fi
    :: L(i) < SIZE && L(e) == NOTHING -> d_step { L(i)++; look(f, L(i)) }
    /* At an entry, or at empty ones around it; but one that has left a slot comes before any question. */
    :: !w[f].slot -> rc = ERESTART; break
    :: L(i) == SIZE -> rc = OK; break
    od
}
#endif

/* ---- promote.c: 3. devalidate ---- */

#if LEVEL == 1
inline L(devalidate)(f)
{
    do
    :: L(i) > 0 -> d_step { L(i)--; leaf_put(f, L(i)) }
    :: true -> drc = ERESTART; break
    :: L(i) == 0 -> drc = OK; break
    od
}
#else
inline L(devalidate)(f)
{
    /* devalidate_slot() */
    if
    :: d_step { w[f].slot -> look(f, L(i)) };
       B(drain)(L(e) - 1, ONLY(B(K_L)));
       if
       :: drc == OK -> d_step { drop_slot(f, L(e) - 1) }
       :: else
       fi
    :: d_step { !w[f].slot -> drc = OK }
    fi;
    do
    :: drc == OK && L(i) > 0 ->
        d_step { L(i)--; look(f, L(i)) };
        if
        :: L(e) != NOTHING -> L(table_entry_put)(L(e) - 1);
           d_step { w[f].done = L(i); w[f].slot = L(pending) KEEPS_SLOT }
        :: L(e) == NOTHING
        fi
    :: drc == OK -> drc = ERESTART
    :: drc == OK && L(i) == 0 -> break
    :: drc != OK -> break
    od
}
#endif

/* ---- promote.c: 4. the state machine ---- */

inline L(promote)(f)
{
    L(validate)(f);
    if
    :: rc == OK -> finish_validated(f, L(was))
    :: rc == ERESTART -> finish_partial(f, L(was), L(i))
    :: rc == REFUSED ->
        L(devalidate)(f);
        if
        :: drc == OK || UNDONE -> finish_untyped(f, L(was))
        :: drc != OK && !UNDONE -> finish_partial(f, L(was), L(i))
        fi;
        drc = OK
    fi;
    d_step { forget() }
}

inline L(demote)(f)
{
    L(devalidate)(f);
    if
    :: drc == OK -> finish_untyped(f, L(was))
    :: else -> finish_partial(f, L(was), L(i))
    fi;
    d_step { forget() }
}

inline L(frame_type_get)(f)
{
    do
    :: d_step { get_bug_if(w[f], KIND) -> assert(false) }
    :: d_step {
           begin_locked_if(w[f], KIND) ->
           
           begin_locked_do(w[f], KIND);
           L(was) = 0;
           L(i) = 0;
           look(f, 0)
       };
       L(promote)(f);
       break
    :: d_step { get_other_if(w[f], KIND) -> rc = REFUSED }; break
    :: get_wait_if(w[f], KIND) -> !get_wait_if(w[f], KIND)
    :: d_step {
           resume_if(w[f], KIND) ->
           
           resume_do(w[f]);
           L(was) = 1;
           L(i) = BEGIN(w[f].done);
           look(f, L(i))
       };
       L(promote)(f);
       break
    :: d_step { get_full_if(w[f], KIND) -> assert(false) }
    :: d_step { get_more_if(w[f], KIND) -> get_more_do(w[f]); rc = OK }; break
    od
}

inline L(frame_type_put)(f)
{
    do
    :: d_step { put_bug_if(w[f]) -> assert(false) }
    :: d_step { put_more_if(w[f]) -> put_more_do(w[f]); drc = OK; good_state() }; break
    :: d_step {
           put_last_if(w[f]) ->
           assert(w[f].kind == KIND && !put_last_bug_if(w[f]));
           
           put_last_do(w[f]);
           L(was) = 0;
           L(i) = SIZE;
           good_state()
       };
       L(demote)(f);
       break
    od
}

inline L(drain)(f, only)
{
    do
    :: d_step { drain_none_if(w[f]) || is_other(f, only) -> drc = OK }; break
    :: drain_wait_if(w[f]) && !is_other(f, only) -> !drain_wait_if(w[f]) || is_other(f, only)
    :: d_step {
           drain_if(w[f]) && !is_other(f, only) ->
           assert(w[f].kind == KIND);
           
           drain_do(w[f]);
           L(was) = 1;
           L(i) = w[f].done
       };
       L(demote)(f);
       break
    od
}

/* ---- entry.c: 3. an entry of a table of this level, which names frame child ---- */

#if LEVEL > 1
inline L(table_entry_get)(child)
{
    if
    :: d_step { fast_hold_table_if(w[child], B(K_L)) -> fast_hold_do(w[child]); rc = OK; L(pending) = 0 }
    :: else_or_lost(fast_hold_table_if(w[child], B(K_L))) ->
        L(pending) = 0;
        frame_get(child);
        if
        :: rc == OK ->
            B(frame_type_get)(child);
            if
            :: rc == OK
            :: rc == ERESTART -> L(pending) = 1
            :: rc == REFUSED ->
                if
                :: d_step { is_partial(child, B(K_L)) -> L(pending) = 1 }
                :: !is_partial(child, B(K_L)) -> frame_put(child)
                fi
            fi
            NO_SLOT_REF(child, L(pending))
        :: rc == REFUSED
        fi
    fi
}

inline L(table_entry_put)(child)
{
    if
    :: d_step { fast_put_rw_if(w[child]) -> fast_put_rw_do(w[child]); drc = OK; L(pending) = 0; good_state() }
    :: else_or_lost(fast_put_rw_if(w[child])) ->
        L(pending) = 0;
        B(frame_type_put)(child);
        if
        :: drc == OK -> frame_put(child)
        :: drc != OK -> L(pending) = 1
        fi
    fi
}
#endif

#undef look
#undef forget
#undef SIZE
#undef L
#undef B
#undef LEVEL
#undef BELOW
#undef KIND
