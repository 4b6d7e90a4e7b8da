/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a guest's page tables by following them in memory, level by level. Slow next to a self-mapping, but it always
 * sees the tables as they are and never a cached translation (XSA-286).
 *
 * Locks: none. The root is a validated L4, so every table on the way is one too, unless another vCPU changes them meanwhile: then
 * a frame that was a table may hold anything, and what it names may be anything. Hence only frames of the root's owner are
 * read. They are memory whatever is in them, and not the hypervisor's tables, to which a self-linking L4 shows the way.
 * What was read may be old by the time it is used.
 */
#include <xen/mm_port.h>

#include "pte.h"

bool pt_walk(const struct machine *m, mfn_t root, uint64_t va, struct pt_walk *w)
{
    mfn_t table = root;
    uint16_t owner = mfn_x(root) < m->max_mfn ? mfn_to_frame(m, root)->owner : OWNER_NONE;

    for ( unsigned int level = 4; level > 0; level-- )
    {
        if ( mfn_x(table) >= m->max_mfn || owner == OWNER_NONE ||
             READ_ONCE(mfn_to_frame(m, table)->owner) != owner )
            return false;
        w->level = (int)level;
        w->table[level] = table;
        w->entry[level] = READ_ONCE(((const uint64_t *)mfn_to_virt(m, table))[pt_index(va, level)]);
        if ( level > 1 && !(w->entry[level] & PTE_P) )
            return false;
        table = pte_mfn(w->entry[level]);
    }
    return true;
}
