/* SPDX-License-Identifier: GPL-2.0-only */
/* grant_table_op: where its array may be, how long it may be, and which operations there are. */
#include "buffers.h"
#include "grants.h"

/* status_at 0: the operation has none. */
static const struct
{
    unsigned int cmd, size, status_at;
    const char *name;
} ops[] = {
#define OP(name)                                                                                   \
    {                                                                                              \
        GNTTABOP_##name, sizeof(struct gnttab_##name), offsetof(struct gnttab_##name, status),     \
            #name                                                                                  \
    }
#define OP_PLAIN(name)                                                                             \
    {                                                                                              \
        GNTTABOP_##name, sizeof(struct gnttab_##name), 0, #name                                    \
    }
    OP(map_grant_ref),
    OP(unmap_grant_ref),
    OP(setup_table),
    OP(transfer),
    OP(copy),
    OP(query_size),
    OP(unmap_and_replace),
    OP_PLAIN(set_version),
    OP(get_status_frames),
    OP_PLAIN(get_version),
    OP(swap_grant_ref),
};

TEST("grant-arguments", "grant_table_op: where no array can be", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        unsigned int wrong = 0;

        for ( unsigned int k = 0; k < NR_BAD_ADDRESSES; k++ )
            wrong += grant1(ops[i].cmd, (void *)bad_addresses[k].address) != -XEN_EFAULT;
        check_eq(wrong, 0, "%s: addresses that are not refused by -EFAULT", ops[i].name);
    }
}

TEST("grant-argument-edges", "grant_table_op: an array that ends with a page", 0)
{
    char *hole = before_hole(0);

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        char *entry = hole - ops[i].size;

        memset(entry, 0, ops[i].size);
        if ( ops[i].cmd == GNTTABOP_set_version )
            *(uint32_t *)entry = 1;
        check_rc(grant1(ops[i].cmd, entry), 0, "%s: up to its last byte", ops[i].name);
        check_rc(grant1(ops[i].cmd, entry + 8), -XEN_EFAULT, "%s: 8 bytes over it", ops[i].name);
    }
}

TEST("grant-read-only", "grant_table_op: an array that cannot take the answers", 0)
{
    static const char zeroes[PAGE_SIZE];
    const char *ro = read_only_copy(zeroes, sizeof(zeroes));
    static const uint32_t version = 1;

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
        if ( ops[i].cmd != GNTTABOP_set_version )
            check_rc(grant1(ops[i].cmd, ro), -XEN_EFAULT, "%s", ops[i].name);
    check_rc(grant1(GNTTABOP_set_version, read_only_copy(&version, sizeof(version))), -XEN_EFAULT,
             "set_version");
}

TEST("grant-counts", "grant_table_op: none, many, and more than there can be", 0)
{
    static const unsigned long huge[] = { 1UL << 31, (1UL << 31) + 1, ~0U };
    char *edge = before_hole(0);
    static char array[2 * 64];

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        bool one_only = ops[i].cmd == GNTTABOP_setup_table || ops[i].cmd == GNTTABOP_query_size;
        bool uncounted = ops[i].cmd == GNTTABOP_set_version || ops[i].cmd == GNTTABOP_get_version ||
                         ops[i].cmd == GNTTABOP_get_status_frames;

        memset(array, 0, sizeof(array));
        if ( !uncounted )
            check_rc(grant_op(ops[i].cmd, array, 0), one_only ? -XEN_EINVAL : 0, "%s: no entry",
                     ops[i].name);
        if ( one_only )
            check_rc(grant_op(ops[i].cmd, array, 2), -XEN_EINVAL, "%s: two entries", ops[i].name);
        for ( unsigned int k = 0; k < ARRAY_SIZE(huge); k++ )
            check_rc(grant_op(ops[i].cmd, edge, huge[k]), -XEN_EINVAL, "%s: 0x%lx entries",
                     ops[i].name, huge[k]);
        check_rc_any(grant_op(ops[i].cmd, edge, 0x7fffffff), -XEN_EFAULT, -XEN_EINVAL,
                     "%s: 2^31 - 1 entries", ops[i].name);
    }
}

TEST("grant-commands", "grant_table_op: operations that do not exist", 0)
{
    static const unsigned int none[] = { 13, 14, 15, 31, 63, 64, 127, 128, 1000 };
    static char zeroes[64];

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
    {
        check_rc(grant1(none[i], zeroes), -XEN_ENOSYS, "operation %u", none[i]);
        check_rc(grant1(none[i], (void *)bad_addresses[0].address), -XEN_ENOSYS,
                 "operation %u, array unmapped", none[i]);
    }
}

#define ENTRIES 100

TEST("grant-array", "grant_table_op: every entry of an array is answered", 0)
{
    static const unsigned int many[] = { GNTTABOP_map_grant_ref,     GNTTABOP_unmap_grant_ref,
                                         GNTTABOP_transfer,          GNTTABOP_copy,
                                         GNTTABOP_unmap_and_replace, GNTTABOP_swap_grant_ref };
    static char array[ENTRIES * 64];

    for ( unsigned int i = 0; i < ARRAY_SIZE(ops); i++ )
    {
        unsigned int untold = 0, listed = 0;

        for ( unsigned int k = 0; k < ARRAY_SIZE(many); k++ )
            listed += many[k] == ops[i].cmd;
        if ( !listed )
            continue;
        memset(array, 0xff, sizeof(array));
        for ( unsigned int k = 0; k < ENTRIES; k++ )
            *(int16_t *)(array + k * ops[i].size + ops[i].status_at) = UNTOLD;
        check_rc(grant_op(ops[i].cmd, array, ENTRIES), 0, "%s: 100 entries", ops[i].name);
        for ( unsigned int k = 0; k < ENTRIES; k++ )
            untold += *(int16_t *)(array + k * ops[i].size + ops[i].status_at) >= 0;
        check_eq(untold, 0, "%s: entries that were not told no", ops[i].name);
    }
}

TEST("grant-array-hole", "grant_table_op: an array that stops being there", 0)
{
    struct gnttab_unmap_grant_ref *u = before_hole(3 * sizeof(*u));

    for ( unsigned int i = 0; i < 3; i++ )
        u[i] = (struct gnttab_unmap_grant_ref){ .handle = ~0U, .status = UNTOLD };
    check_rc(grant_op(GNTTABOP_unmap_grant_ref, u, 4), -XEN_EFAULT, "3 entries of 4 are there");
    for ( unsigned int i = 0; i < 3; i++ )
        check(u[i].status < 0 || u[i].status == UNTOLD, "entry %u says no, or nothing", i);
}
