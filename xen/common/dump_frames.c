/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug key m: how many frames each domain has of each type, and how they are used. All accounts are walked, in steps: when
 * there is more than one the guest may have changed some meanwhile. Accounts are only read: no locks.
 */
#include <xen/dump.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/softirq.h>

#define STEP_FRAMES 65536
#define TYPES       (FRAME_DESC + 1)

/* Owners: the domains, the hypervisor, and one for all that should not be. */
#define ROWS (MM_MAX_DOMAINS + 2)

static struct
{
    mfn_t next;
    unsigned int steps;
    struct row
    {
        uint16_t owner; /* OWNER_NONE: a free row, except for the last one */
        struct sum
        {
            uint64_t frames, refs, types, pinned, validated, partial;
        } sum[TYPES];
    } rows[ROWS];
} walk;

static struct row *row_of(uint16_t owner)
{
    for ( unsigned int i = 0; i < ROWS - 1; i++ )
    {
        struct row *row = &walk.rows[i];

        if ( row->owner == OWNER_NONE )
            row->owner = owner;
        if ( row->owner == owner )
            return row;
    }
    return &walk.rows[ROWS - 1];
}

static void add_frame(const struct frame *f)
{
    uint64_t w = frame_word(f);
    struct sum *s;

    if ( !word_refs(w) )
        return;
    s = &row_of(frame_owner(f))->sum[MIN((unsigned int)word_type(w), TYPES - 1)];
    s->frames++;
    s->refs += word_refs(w);
    s->types += word_types(w);
    s->pinned += !!(w & FRAME_PINNED);
    s->validated += !!(w & FRAME_VALIDATED);
    s->partial += !!(w & FRAME_PARTIAL);
}

static void print_sum(const char *owner, const char *type, const struct sum *s)
{
    if ( s->frames )
        pr_always(
            "%s: %s: %lu frames, %lu references, %lu typed, %lu pinned, %lu validated, %lu partial",
            owner, type, s->frames, s->refs, s->types, s->pinned, s->validated, s->partial);
}

static void print_row(const struct row *row)
{
    static const char *const types[TYPES] = { "no type", "writable", "L1",         "L2",
                                              "L3",      "L4",       "descriptors" };
    char owner[16] = "others";

    if ( row->owner == OWNER(DOMID_XEN) )
        snprintf(owner, sizeof(owner), "hypervisor");
    else if ( row->owner != OWNER_NONE )
        snprintf(owner, sizeof(owner), "d%u", row->owner - 1U);
    for ( unsigned int i = 0; i < TYPES; i++ )
        print_sum(owner, types[i], &row->sum[i]);
}

static void print_result(void)
{
    for ( unsigned int i = 0; i < ROWS; i++ )
        print_row(&walk.rows[i]);
    pr_always("frames: all accounts read%s",
              walk.steps > 1 ? ", while the guest ran on: not all of one moment" : "");
}

static uint64_t step(void)
{
    walk.steps++;
    for ( unsigned int n = 0; n < STEP_FRAMES; n++ )
    {
        mfn_t mfn = walk.next;

        if ( mfn_x(mfn) % ACCOUNTS_PER_PAGE == 0 )
            mfn = port_next_backed(&machine, mfn);
        if ( mfn_x(mfn) >= machine.max_mfn )
        {
            print_result();
            return DUMP_DONE;
        }
        add_frame(mfn_to_frame(&machine, mfn));
        walk.next = mfn_add(mfn, 1);
        if ( (mfn_x(mfn) & 1023) == 1023 && port_should_yield() )
            break;
    }
    return DUMP_SOON;
}

static void begin(void)
{
    memset(&walk, 0, sizeof(walk));
}

void dump_frames_key(void)
{
    pr_always("machine: %lu frames, %lu free, flush clock %u", machine.max_mfn,
              machine.heap.nr_free, machine.flush_clock);
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
    {
        const struct mm_domain *d = machine.domains[i];

        if ( d )
            pr_always("d%u: %lu pages of at most %lu, %u vCPU(s)%s", d->id, d->tot_pages,
                      d->max_pages, d->nr_vcpus, d->dying ? ", dying" : "");
    }
    dump_start("frames", begin, step);
}
