/* SPDX-License-Identifier: GPL-2.0-only */
/* See README.md. The tests are in the files beside this one; here is what they share. */
#include "grants.h"

const char guest_name[] = "grants";

long grant_op(unsigned int cmd, const void *array, unsigned long count)
{
    return HYPERCALL(grant_table_op, cmd, array, count, 0, 0);
}

long setup(uint16_t dom, uint32_t frames, uint64_t *list, int16_t *status)
{
    struct gnttab_setup_table s = { .dom = dom, .nr_frames = frames, .status = UNTOLD };
    long rc;

    set_xen_guest_handle(s.frame_list, (xen_pfn_t *)list);
    rc = grant1(GNTTABOP_setup_table, &s);
    *status = s.status;
    return rc;
}

static struct gnttab_query_size query(void)
{
    struct gnttab_query_size q = { .dom = DOMID_SELF, .status = UNTOLD };

    if ( grant1(GNTTABOP_query_size, &q) || q.status != GNTST_okay )
        panic("query_size: status %d", q.status);
    return q;
}

uint32_t table_frames(void)
{
    return query().nr_frames;
}

uint32_t most_frames(void)
{
    return query().max_nr_frames;
}
