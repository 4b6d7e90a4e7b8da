/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core and model side by side.
 *
 *   1. taking the core's state over
 *   2. comparing
 *   3. one step on both
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

static char details[512];

const char *model_details(void)
{
    return details;
}

__attribute__((format(printf, 2, 3), cold)) static const char *differ(const char *what,
                                                                      const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(details, sizeof(details), fmt, ap);
    va_end(ap);
    return what;
}

/* ---- 1. taking over ------------------------------------------------------------------------------------------------ */

static int8_t number(mfn_t mfn)
{
    return mfn_eq(mfn, INVALID_MFN) ? SMALL_NO_MFN : (int8_t)mfn.n;
}

static uint8_t owner_index(uint16_t owner)
{
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
        if ( owner == OWNER(small_id(d)) )
            return (uint8_t)d;
    return owner == OWNER(DOMID_XEN) ? MODEL_HYPERVISOR : MODEL_NOBODY;
}

static void adopt_frame(struct model_frame *f, const struct frame *core)
{
    uint64_t w = frame_word(core);

    *f = (struct model_frame){ .owner = MODEL_NOBODY };
    if ( !word_refs(w) )
        return;
    f->owner = owner_index(frame_owner(core));
    f->uncleared = core->owner & OWNER_UNCLEARED;
    f->allocated = w & FRAME_ALLOCATED;
    f->extra = w & FRAME_EXTRA;
    f->around = w & FRAME_NONCOHERENT;
    if ( w & FRAME_PINNED )
        f->pinned = (uint8_t)(word_type(w) - FRAME_L1 + 1);
}

static void adopt_vcpu(struct model_vcpu *v, const struct mm_vcpu *core)
{
    memset(v, 0, sizeof(*v));
    v->root = number(core->root);
    v->user_root = number(core->user_root);
    v->drain = number(core->drain);
    for ( unsigned int i = 0; i < MM_GDT_FRAMES; i++ )
        v->gdt[i] = number(core->gdt[i]);
    for ( unsigned int i = 0; i < MM_LDT_FRAMES; i++ )
        v->ldt[i] = number(core->ldt[i]);
    v->gdt_ents = core->gdt_ents;
    v->ldt_ents = core->ldt_ents;
    v->ldt_base = core->ldt_base;
}

static void adopt_holds(struct model_domain *d, const struct mm_domain *core)
{
    memset(d->holds, 0, sizeof(d->holds));
    for ( unsigned int i = 0; i < MM_HOLDS; i++ )
        if ( mfn_x(core->holds[i].mfn) < SMALL_MFNS )
            d->holds[core->holds[i].mfn.n]++;
}

void model_adopt(struct model *m)
{
    memset(m, 0, sizeof(*m));
    memcpy(m->page, small_memory, sizeof(m->page));
    memcpy(m->m2p, small_m2p, sizeof(m->m2p));
    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
    {
        adopt_frame(&m->f[mfn], &small_frames[mfn]);
        /* Whoever looks finds nothing. */
        if ( m->f[mfn].uncleared )
            memset(m->page[mfn], 0, PAGE_SIZE);
    }
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
    {
        m->d[d].exists = small.exists[d];
        m->d[d].dying = small.d[d].dying;
        adopt_holds(&m->d[d], &small.d[d]);
    }
    for ( unsigned int v = 0; v < SMALL_VCPUS_ALL; v++ )
        adopt_vcpu(&m->v[v], &small.v[v]);
    m->adjusted = ~0U; /* what is a table now has been adjusted before */
    model_settle(m, true);
}

/* What an interrupted teardown has let go by now. */
static void adopt_losses(struct model *m, unsigned int d)
{
    struct model_domain now;

    m->d[d].dying = true;
    adopt_holds(&now, &small.d[d]);
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        uint64_t w = frame_word(&small_frames[mfn]);
        struct model_frame *f = &m->f[mfn];

        if ( now.holds[mfn] < m->d[d].holds[mfn] )
            m->d[d].holds[mfn] = now.holds[mfn];
        if ( f->owner != d )
            continue;
        if ( !word_refs(w) || !(w & FRAME_PINNED) )
            f->pinned = 0;
        if ( f->allocated && (!word_refs(w) || !(w & FRAME_ALLOCATED)) )
        {
            f->allocated = false;
            m->m2p[mfn] = M2P_INVALID;
        }
    }
    for ( unsigned int i = d * SMALL_VCPUS; i < (d + 1) * SMALL_VCPUS; i++ )
    {
        const struct mm_vcpu *core = &small.v[i];

        if ( mfn_eq(core->root, INVALID_MFN) )
            m->v[i].root = SMALL_NO_MFN;
        if ( mfn_eq(core->user_root, INVALID_MFN) )
            m->v[i].user_root = SMALL_NO_MFN;
        for ( unsigned int s = 0; s < MM_GDT_FRAMES; s++ )
            if ( mfn_eq(core->gdt[s], INVALID_MFN) )
                m->v[i].gdt[s] = SMALL_NO_MFN;
        if ( !core->gdt_ents )
            m->v[i].gdt_ents = 0;
        if ( !core->ldt_ents )
            m->v[i].ldt_ents = 0;
    }
}

/* ---- 2. comparing -------------------------------------------------------------------------------------------------- */

static const char *compare_flags(const struct model *m, unsigned int mfn)
{
    const struct model_frame *f = &m->f[mfn];
    const struct frame *core = &small_frames[mfn];
    uint64_t w = frame_word(core);
    bool validated = ((m->tables | m->desc) >> mfn) & 1;
    uint64_t want = (f->allocated ? FRAME_ALLOCATED : 0) | (f->pinned ? FRAME_PINNED : 0) |
                    (validated ? FRAME_VALIDATED : 0) | (f->partial ? FRAME_PARTIAL : 0) |
                    (f->around ? FRAME_NONCOHERENT : 0) | (f->extra ? FRAME_EXTRA : 0);
    uint64_t got = w & (FRAME_ALLOCATED | FRAME_PINNED | FRAME_VALIDATED | FRAME_PARTIAL |
                        FRAME_NONCOHERENT | FRAME_EXTRA | FRAME_LOCKED);
    uint16_t progress = f->partial ? (uint16_t)(f->done | (f->slot ? PROGRESS_SLOT : 0)) : 0;

    if ( got != want )
        return differ("[6] a frame's flags are not right", "mfn 0x%x: %#llx, should be %#llx", mfn,
                      (unsigned long long)got, (unsigned long long)want);
    if ( core->progress != progress )
        return differ("[6] a frame remembers progress that is not there", "mfn 0x%x: %#x, not %#x",
                      mfn, core->progress, progress);
    return NULL;
}

/* It may have been cleared at any time since it was given out, but must have been before it is used. */
static const char *compare_uncleared(struct model *m, unsigned int mfn)
{
    const struct frame *core = &small_frames[mfn];
    bool uncleared = m->a.refs[mfn] && (core->owner & OWNER_UNCLEARED);

    if ( uncleared && !m->f[mfn].uncleared )
        return differ("[12] a frame's content is its last owner's again", "mfn 0x%x", mfn);
    if ( uncleared && (m->a.refs[mfn] != 1 || !m->f[mfn].allocated) )
        return differ("[12] a frame is used with what its last owner left in it", "mfn 0x%x", mfn);
    m->f[mfn].uncleared = uncleared;
    return NULL;
}

static const char *compare_frame(const struct model *m, unsigned int mfn)
{
    const struct frame *core = &small_frames[mfn];
    uint64_t w = frame_word(core);

    if ( word_refs(w) != m->a.refs[mfn] )
        return differ("[3] a frame's references are not those that exist", "mfn 0x%x: %llu, not %u",
                      mfn, (unsigned long long)word_refs(w), m->a.refs[mfn]);
    if ( !m->a.refs[mfn] )
        return core->owner == OWNER_NONE
                   ? NULL
                   : differ("[3] a free frame has an owner", "mfn 0x%x: %u", mfn, core->owner);
    if ( owner_index(frame_owner(core)) != m->f[mfn].owner )
        return differ("[3] a frame has another owner", "mfn 0x%x: %u, should be index %u", mfn,
                      core->owner, m->f[mfn].owner);
    if ( word_types(w) != m->a.types[mfn] )
        return differ("[2] a frame's typed references are not those that exist",
                      "mfn 0x%x (type %u): %llu, not %u", mfn, word_type(w),
                      (unsigned long long)word_types(w), m->a.types[mfn]);
    if ( m->a.types[mfn] && word_type(w) != m->a.type[mfn] )
        return differ("[1] a frame has another type", "mfn 0x%x: %u, not %u", mfn, word_type(w),
                      m->a.type[mfn]);
    return compare_flags(m, mfn);
}

/* A and D bits that CPUs set during the call are taken over. */
static const char *compare_page(struct model *m, unsigned int mfn)
{
    const uint64_t ad = small.ad_touched ? 0x60 : 0;

    for ( unsigned int i = 0; i < SMALL_WORDS; i++ )
    {
        uint64_t core = small_memory[mfn][i];

        if ( (core ^ m->page[mfn][i]) & ~ad )
            return differ("[4] memory is not as it should be", "mfn 0x%x word %u: %#llx, not %#llx",
                          mfn, i, (unsigned long long)core, (unsigned long long)m->page[mfn][i]);
        m->page[mfn][i] = core;
    }
    return NULL;
}

static const char *compare_memory(struct model *m)
{
    for ( unsigned int mfn = 0; mfn < SMALL_MFNS; mfn++ )
    {
        const char *what = NULL;

        /* What stands in free memory is nobody's business, nor what nobody has looked at. */
        if ( m->f[mfn].owner == MODEL_NOBODY || m->f[mfn].uncleared )
            continue;
        if ( memcmp(m->page[mfn], small_memory[mfn], PAGE_SIZE) )
            what = compare_page(m, mfn);
        if ( what )
            return what;
    }
    return NULL;
}

static const char *compare_vcpu(const struct model *m, unsigned int i)
{
    const struct mm_vcpu *core = &small.v[i];
    const struct model_vcpu *v = &m->v[i];

    if ( number(core->root) != v->root || number(core->user_root) != v->user_root )
        return differ("[2] a vCPU has other roots", "vCPU %u: %d and %d, not %d and %d", i,
                      number(core->root), number(core->user_root), v->root, v->user_root);
    if ( number(core->drain) != v->drain )
        return differ("[6] a vCPU has other work left", "vCPU %u: %d, not %d", i,
                      number(core->drain), v->drain);
    for ( unsigned int s = 0; s < MM_GDT_FRAMES; s++ )
        if ( number(core->gdt[s]) != v->gdt[s] || small.gdt_shown[i][s] != v->gdt[s] )
            return differ("[2] a vCPU's GDT is another", "vCPU %u slot %u: %d, shown %d, not %d", i,
                          s, number(core->gdt[s]), small.gdt_shown[i][s], v->gdt[s]);
    for ( unsigned int s = 0; s < MM_LDT_FRAMES; s++ )
        if ( number(core->ldt[s]) != v->ldt[s] || small.ldt_shown[i][s] != v->ldt[s] )
            return differ("[2] a vCPU's LDT is another", "vCPU %u slot %u: %d, shown %d, not %d", i,
                          s, number(core->ldt[s]), small.ldt_shown[i][s], v->ldt[s]);
    if ( core->gdt_ents != v->gdt_ents || core->ldt_ents != v->ldt_ents ||
         core->ldt_base != v->ldt_base )
        return differ("[2] a vCPU's descriptor tables have other bounds", "vCPU %u", i);
    return NULL;
}

static const char *compare_domain(const struct model *m, unsigned int d)
{
    const struct mm_domain *core = &small.d[d];
    uint64_t pages = 0, extra = 0;
    struct model_domain now;

    adopt_holds(&now, core);
    for ( unsigned int mfn = 0; mfn < SMALL_RAM_END; mfn++ )
    {
        pages += m->f[mfn].owner == d && !m->f[mfn].extra;
        extra += m->f[mfn].owner == d && m->f[mfn].extra;
    }
    if ( memcmp(now.holds, m->d[d].holds, sizeof(now.holds)) )
        return differ("[2] other frames are held", "domain %u", d);
    if ( core->tot_pages != pages || core->extra_pages != extra || pages > core->max_pages )
        return differ("[3] a domain's totals are wrong",
                      "domain %u: %llu and %llu, not %llu and %llu", d,
                      (unsigned long long)core->tot_pages, (unsigned long long)core->extra_pages,
                      (unsigned long long)pages, (unsigned long long)extra);
    if ( core->dying != m->d[d].dying )
        return differ("[3] a domain is dying, or not", "domain %u", d);
    for ( unsigned int i = 0; i < SMALL_VCPUS; i++ )
    {
        const char *what = compare_vcpu(m, d * SMALL_VCPUS + i);

        if ( what )
            return what;
    }
    return NULL;
}

const char *model_compare(struct model *m)
{
    unsigned int free = 0, mfn = 0;
    const char *what;

    if ( m->a.fault )
        return differ(m->a.fault, "mfn 0x%x", m->a.fault_mfn);
    for ( unsigned int i = 0; i < SMALL_MFNS; i++ )
    {
        what = compare_frame(m, i);
        if ( !what )
            what = compare_uncleared(m, i);
        if ( what )
            return what;
        if ( small_m2p[i] != m->m2p[i] )
            return differ("[12] a machine-to-physical entry is wrong", "mfn 0x%x: %#llx, not %#llx",
                          i, (unsigned long long)small_m2p[i], (unsigned long long)m->m2p[i]);
        free += i >= 1 && i < SMALL_RAM_END && m->f[i].owner == MODEL_NOBODY;
    }
    if ( small.m.heap.nr_free != free )
        return differ("[3] frames are lost or too many", "%llu free, should be %u",
                      (unsigned long long)small.m.heap.nr_free, free);
    for ( unsigned int d = 0; d < SMALL_DOMAINS; d++ )
    {
        if ( small.exists[d] != m->d[d].exists )
            return differ("[3] a domain is there, or not", "domain %u", d);
        what = small.exists[d] ? compare_domain(m, d) : NULL;
        if ( what )
            return what;
    }
    what = compare_memory(m);
    if ( what )
        return what;
    what = small_ghost_check_idle(&mfn);
    return what ? differ(what, "mfn 0x%x", mfn) : NULL;
}

/* ---- 3. one step --------------------------------------------------------------------------------------------------- */

static const char *compare_flush(const struct model *m)
{
    const struct small_flush *want = &m->flush, *got = &small.flush;

    if ( want->calls != got->calls )
        return differ("[7] a flush was not done as it was asked for", "%u instead of %u",
                      got->calls, want->calls);
    if ( !want->calls )
        return NULL;
    if ( want->flags != got->flags || want->domain != got->domain || want->vcpus != got->vcpus ||
         ((want->flags & FLUSH_VA) && want->va != got->va) )
        return differ("[7] a flush was done otherwise than it was asked for",
                      "flags %u vCPUs %#llx va %#llx, not %u, %#llx, %#llx", got->flags,
                      (unsigned long long)got->vcpus, (unsigned long long)got->va, want->flags,
                      (unsigned long long)want->vcpus, (unsigned long long)want->va);
    return NULL;
}

/* The hypercall's result in the model, as far as it is known when it was stopped half-way. */
static const char *predict(struct model *m, const struct small_op *op, unsigned int from, int rc,
                           unsigned int done)
{
    unsigned int want_done;
    int want;

    m->flush.calls = 0;
    if ( rc == -ERESTART && !small.yielded )
        return differ("[10] stopped half-way without being asked to", "operation %u", op->kind);
    if ( (op->kind == SMALL_PTWR || op->kind == SMALL_MOV) && rc == -EAGAIN && small.yielded &&
         m->v[op->vcpu].drain >= 0 )
        return NULL; /* the guest will fault again */
    if ( rc == -ERESTART && op->kind == SMALL_TEARDOWN )
    {
        adopt_losses(m, (unsigned int)op->arg[0]);
        return NULL;
    }
    if ( rc == -ERESTART && op->kind != SMALL_UPDATE )
        return NULL;
    want = model_do(m, op, from, rc == -ERESTART ? from + done : op->nr, &want_done);
    if ( rc != -ERESTART && want != rc )
        return differ("[9] the result is another", "operation %u: %d, should be %d", op->kind, rc,
                      want);
    if ( want_done != done || (rc == -ERESTART && want) )
        return differ("[9] so many requests are not done", "%u, should be %u (%d)", done, want_done,
                      want);
    return NULL;
}

/* What a guest or a CPU did by itself is so in both. */
static void mirror(struct model *m, const struct small_op *op, int rc)
{
    if ( rc == 0 && op->kind != SMALL_USER )
        m->page[op->arg[0]][op->arg[1]] = small_memory[op->arg[0]][op->arg[1]];
    m->flush.calls = 0;
}

const char *model_step(struct model *m, const struct small_op *op,
                       const struct small_schedule *schedule, unsigned int from, int *rc,
                       unsigned int *done)
{
    const char *what = NULL;

    *rc = small_call(op, schedule, from, done);
    for ( unsigned int i = 0; i < small.nr_stores; i++ )
        model_store(m, &small.stores[i]);
    if ( op->kind >= SMALL_STORE )
        mirror(m, op, *rc);
    else
        what = predict(m, op, from, *rc, *done);
    if ( what )
        return what;
    if ( small.ghost_fault )
        return differ(small.ghost_fault, "mfn 0x%x, during the call", small.ghost_mfn);
    model_settle(m, small.yielded);
    if ( op->kind < SMALL_STORE && !small.yielded && small.questions < m->questions )
        return differ("[10] too much was done without a question whether to stop",
                      "%u questions, should be %u at least", small.questions, m->questions);
    what = compare_flush(m);
    return what ? what : model_compare(m);
}
