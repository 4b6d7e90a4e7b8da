/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory core's hypercalls as guests make them: copy the requests in, let the core do them, keep track.
 *
 *  1. how a call on an array goes on, and how it ends
 *  2. mmu_update, mmuext_op
 *  3. update_va_mapping
 *  4. set_gdt, update_descriptor
 *
 * The core never sees a guest's pointer, and no request is read twice. Keeps invariants 8, 9 and 10. No locks.
 */
#include <asm/uaccess.h>
#include <xen/continuation.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>

BUILD_BUG_ON(sizeof(struct pt_update) != sizeof(struct mmu_update));

#define MMU_BATCH    128
#define MMUEXT_BATCH 8

/* ---- 1. Going on and ending --------------------------------------------------------------------------------------- */

/* The call comes again, with how far it got in its second argument. */
static long go_on(const struct progress *p)
{
    hypercall_set_arg(2, progress_encode(p));
    return hypercall_continue();
}

/*
 * Begin or resume: what an earlier call has left half done comes first. True: @p says where to start. False: *rc is
 * the result.
 */
static bool begin(struct vcpu *v, struct progress *p, unsigned long arg, long *rc)
{
    *p = progress_decode(arg);
    if ( vcpu_drain(&v->mm) )
    {
        *rc = go_on(p);
        return false;
    }
    if ( p->resumed )
        hypercall_set_arg(2, p->count);
    *rc = p->error;
    return !p->failed;
}

/*
 * The call is over with @rc: tell how many took effect, and clear up what a failed request left half done. A count
 * that cannot be told is the guest's loss: as in Xen the requests have taken effect and the result says so.
 */
static long finish(struct vcpu *v, struct progress *p, uint64_t pdone, long rc)
{
    unsigned int done = p->done;
    int told = pdone ? copy_to_guest(pdone, &done, sizeof(done)) : 0;

    (void)told;
    if ( !rc || !vcpu_drain(&v->mm) )
        return rc;
    p->failed = true;
    p->error = (int)rc;
    return go_on(p);
}

/* Does some requests of the array at a guest's address, from p->done on. 0: as many as fitted; -ERESTART: yield; else the error
 * of request p->done. */
typedef long some_fn(struct vcpu *v, const struct mmu_target *t, uint64_t reqs, struct progress *p);

/*
 * A call on an array of requests of @size bytes: @a1 to @a4 are the guest's arguments. Always inline, so that @some is no indirect
 * call.
 */
static inline __attribute__((always_inline)) long do_requests(some_fn *some, size_t size,
                                                              unsigned long a1, unsigned long a2,
                                                              unsigned long a3, unsigned long a4)
{
    struct vcpu *v = current;
    struct mmu_target target;
    struct progress p;
    long rc;

    if ( !begin(v, &p, a2, &rc) )
        return rc;
    rc = mmu_decode_target(&v->domain->mm, (uint32_t)a4, &target);
    if ( rc )
        return rc;
    if ( !guest_range_ok(a1, (uint64_t)p.count * size) )
        return -EFAULT;

    while ( !rc && p.done < p.count )
    {
        rc = some(v, &target, a1, &p);
        if ( !rc && p.done < p.count && port_should_yield() )
            rc = -ERESTART;
    }
    return rc == -ERESTART ? go_on(&p) : finish(v, &p, a3, rc);
}

/* ---- 2. mmu_update, mmuext_op ------------------------------------------------------------------------------------- */

static long mmu_update_some(struct vcpu *v, const struct mmu_target *t, uint64_t reqs,
                            struct progress *p)
{
    struct pt_update batch[MMU_BATCH];
    unsigned int nr = MIN(p->count - p->done, (unsigned int)MMU_BATCH), done;
    long rc;

    if ( copy_words_from_guest(batch, reqs + (uint64_t)p->done * sizeof(batch[0]), nr * 2) )
    {
        /* Those before the one that cannot be read must still be done. */
        if ( copy_from_guest(batch, reqs + (uint64_t)p->done * sizeof(batch[0]), sizeof(batch[0])) )
            return -EFAULT;
        nr = 1;
    }
    rc = mmu_update(&v->mm, t, batch, nr, &done);
    p->done += done;
    return rc;
}

/* The front of each call below does what is common, and needs so few registers for it that it does not keep its arguments. */

long mmu_update_array(void)
{
    struct hypercall_args a = hypercall_args();

    return do_requests(mmu_update_some, sizeof(struct mmu_update), a.a1, a.a2, a.a3, a.a4);
}

/**
 * HYPERVISOR_mmu_update(requests, count, done, foreigndom). 0, or the error of the first request that failed, with
 * the number of those before it in *done: the core's, or -EFAULT when it cannot be read. -ESRCH, -EPERM: @a4; nothing
 * was tried. Most calls are of one request, on the caller's tables.
 */
long do_mmu_update(HYPERCALL_ARGS)
{
    struct pt_update req;

    if ( a2 == 1 && a3 == 0 && a4 == DOMID_SELF && !copy_from_guest_16(&req, a1) &&
         mmu_update_common(&current->mm, req.ptr, req.val) )
        return 0;
    return mmu_update_array();
}

/* The bitmap of vCPUs at @va. Bits beyond the last vCPU are not looked at. */
static int copy_vcpumask(const struct domain *d, uint64_t va, uint64_t *mask)
{
    BUILD_BUG_ON(MAX_VCPUS > 64);

    *mask = 0;
    if ( copy_from_guest(mask, va, (d->nr_vcpus + 7) / 8) )
        return -EFAULT;
    if ( d->nr_vcpus < 64 )
        *mask &= (1UL << d->nr_vcpus) - 1;
    return 0;
}

/* One operation with what it points to. */
static long mmuext_one(struct vcpu *v, const struct mmu_target *t, const struct mmuext_op *op)
{
    struct mmuext ext = { .cmd = op->cmd, .arg1 = op->arg1.mfn, .arg2 = op->arg2.src_mfn };

    if ( op->cmd == MMUEXT_SET_LDT )
        ext.arg2 = op->arg2.nr_ents; /* the field is 32 bits wide; the rest may be anything */
    if ( (op->cmd == MMUEXT_TLB_FLUSH_MULTI || op->cmd == MMUEXT_INVLPG_MULTI) &&
         copy_vcpumask(v->domain, (uint64_t)op->arg2.vcpumask.p, &ext.vcpumask) )
        return -EINVAL;
    return mmuext_op(&v->mm, t, &ext);
}

static long mmuext_some(struct vcpu *v, const struct mmu_target *t, uint64_t ops,
                        struct progress *p)
{
    struct mmuext_op batch[MMUEXT_BATCH];
    unsigned int nr = MIN(p->count - p->done, (unsigned int)MMUEXT_BATCH);
    uint64_t va = ops + (uint64_t)p->done * sizeof(batch[0]);

    if ( copy_from_guest(batch, va, nr * sizeof(batch[0])) )
    {
        if ( copy_from_guest(batch, va, sizeof(batch[0])) )
            return -EFAULT;
        nr = 1;
    }
    for ( unsigned int i = 0; i < nr; i++, p->done++ )
    {
        long rc = i && port_should_yield() ? -ERESTART : mmuext_one(v, t, &batch[i]);

        if ( rc )
            return rc;
    }
    return 0;
}

long mmuext_array(void)
{
    struct hypercall_args a = hypercall_args();

    return do_requests(mmuext_some, sizeof(struct mmuext_op), a.a1, a.a2, a.a3, a.a4);
}

/** HYPERVISOR_mmuext_op(ops, count, done, foreigndom). As mmu_update; -EINVAL also for a vCPU bitmap that cannot be
 * read. */
long do_mmuext_op(HYPERCALL_ARGS)
{
    struct mmuext_op op;

    /* The common ones have no second argument, so the first 16 bytes are all. */
    if ( a2 == 1 && a3 == 0 && a4 == DOMID_SELF && !copy_from_guest_16(&op, a1) &&
         mmuext_common(&current->mm, op.cmd, op.arg1.mfn) )
        return 0;
    return mmuext_array();
}

/* ---- 3. update_va_mapping ----------------------------------------------------------------------------------------- */

static long va_mapping(struct vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                       unsigned long flags)
{
    uint64_t bitmap = flags & ~(unsigned long)UVMF_FLUSHTYPE_MASK, mask = 0;
    int rc;

    if ( (flags & UVMF_FLUSHTYPE_MASK) != UVMF_NONE && bitmap != UVMF_LOCAL && bitmap != UVMF_ALL &&
         copy_vcpumask(v->domain, bitmap, &mask) )
        return -EFAULT;
    rc = update_va_mapping(&v->mm, t, va, val, flags, mask);
    return unlikely(rc == -ERESTART) ? hypercall_continue() : rc;
}

static __attribute__((noinline)) long va_mapping_own(void)
{
    struct hypercall_args a = hypercall_args();
    struct vcpu *v = current;
    const struct mmu_target self = { .pt = &v->domain->mm, .pg = &v->domain->mm };

    return va_mapping(v, &self, a.a1, a.a2, a.a3);
}

/** HYPERVISOR_update_va_mapping(va, entry, flags). The core's errors; -EFAULT: the vCPU bitmap cannot be read,
 * nothing was done. */
long do_update_va_mapping(HYPERCALL_ARGS)
{
    if ( (a3 & ~(unsigned long)UVMF_INVLPG) == 0 &&
         update_va_common(&current->mm, a1, a2, a3 == UVMF_INVLPG) )
        return 0;
    return va_mapping_own();
}

/** The same, mapping a page of domain @a4. -ESRCH; -EPERM. */
long do_update_va_mapping_otherdomain(unsigned long a1, unsigned long a2, unsigned long a3,
                                      unsigned long a4, unsigned long a5)
{
    struct vcpu *v = current;
    struct mmu_target target;
    int rc = mmu_decode_target(&v->domain->mm, (uint16_t)a4,
                               &target); /* a domid: there is no PFD here */

    return rc ? rc : va_mapping(v, &target, a1, a2, a3);
}

/* ---- 4. set_gdt, update_descriptor -------------------------------------------------------------------------------- */

/** HYPERVISOR_set_gdt(frames, entries). -EINVAL: more than 7168 entries, or a frame that cannot hold descriptors;
 * -EFAULT. */
long do_set_gdt(HYPERCALL_ARGS)
{
    struct vcpu *v = current;
    unsigned int ents = (unsigned int)a2, nr;
    uint64_t mfns[MM_GDT_FRAMES];

    if ( ents > FIRST_RESERVED_GDT_ENTRY )
        return -EINVAL;
    nr = (ents + 511) / 512;
    if ( copy_from_guest(mfns, a1, nr * sizeof(mfns[0])) )
        return -EFAULT;
    if ( vcpu_drain(&v->mm) )
        return hypercall_continue();
    return gdt_set(&v->mm, mfns, ents);
}

/** HYPERVISOR_update_descriptor(machine address, descriptor). -EINVAL. */
long do_update_descriptor(HYPERCALL_ARGS)
{
    struct vcpu *v = current;

    if ( vcpu_drain(&v->mm) )
        return hypercall_continue();
    return descriptor_update(&v->mm, a1, a2);
}
