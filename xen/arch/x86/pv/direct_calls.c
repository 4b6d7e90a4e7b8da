// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that entry.S calls for a hypercall without going through hypercall.c, and short ways that need the guest's memory at hand:
 *   1. mmu_update and mmuext_op of one common request
 *   2. many update_va_mapping in a multicall
 *   3. the table
 * What is not common goes the general way (mm_hypercall.c, hypercall.c), with nothing done. Keeps invariants 8 and 9. No locks.
 */
#include <public/arch-x86/xen-mca.h>
#include <asm/extable.h>
#include <xen/hypercall.h>

/* ---- 1. One request ------------------------------------------------------------------------- */

static long mmu_update_direct(HYPERCALL_ARGS)
{
    struct pt_update req;

    if ( likely(a2 == 1) && likely(a3 == 0) && likely(a4 == DOMID_SELF) &&
         likely(load_pair(a1, &req.ptr, &req.val)) &&
         likely(mmu_update_common(&current->mm, req.ptr, req.val)) )
        return 0;
    return mmu_update_array();
}

/* The common ones have no second argument, so the first two words are all. */
static long mmuext_op_direct(HYPERCALL_ARGS)
{
    uint64_t cmd, arg1;

    if ( likely(a2 == 1) && likely(a3 == 0) && likely(a4 == DOMID_SELF) &&
         likely(load_pair(a1, &cmd, &arg1)) &&
         likely(mmuext_common(&current->mm, (unsigned int)cmd, arg1)) )
        return 0;
    return mmuext_array();
}

/* ---- 2. Many ------------------------------------------------------------------------------- */

/* So many entries of a multicall at once; then somebody else may want the CPU. */
#define RUN_MAX 32

/*
 * The results are stored first. Who reads them before the call is over sees too much; who has them unmapped by one of these entries
 * has them all the same.
 */
unsigned int multicall_direct(struct vcpu *v, uint64_t list, unsigned int nr)
{
    const struct multicall_entry *call = (const struct multicall_entry *)list;
    const struct multicall_entry *const end = call + MIN(nr, (unsigned int)RUN_MAX);
    struct va_update run[RUN_MAX], *r = run;

    user_access_begin();
    for ( ; call != end; call++, r++ )
    {
        uint64_t word;

        load_word(word, &call->op, fault);
        if ( word != __HYPERVISOR_update_va_mapping )
            break;
        load_word(word, &call->args[2], fault);
        if ( word & ~(uint64_t)UVMF_INVLPG )
            break;
        r->invlpg = word;
        load_word(word, &call->args[0], fault);
        r->va = word;
        load_word(word, &call->args[1], fault);
        r->val = word;
        store_word(&call->result, 0UL, fault);
    }
fault:
    user_access_end();
    return update_va_run(&v->mm, run, (unsigned int)(r - run));
}

/* ---- 3. The table --------------------------------------------------------------------------- */

#define ENTRY(name)       [__HYPERVISOR_##name] = do_##name,
#define NO_ENTRY(name)    [__HYPERVISOR_##name] = NULL,
#define SHORT_ENTRY(name) [__HYPERVISOR_##name] = name##_direct,

hypercall_fn *const hypercalls_direct[NR_HYPERCALLS] = { HYPERCALLS(ENTRY, NO_ENTRY, SHORT_ENTRY) };
