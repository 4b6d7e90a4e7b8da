/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time as guests see it.
 *
 *  1. stores to a guest's kernel addresses, whichever root is loaded
 *  2. vcpu_info.time: system time as a line through a recent TSC value; redrawn once a second. The wall clock.
 *  3. runstate areas
 *  4. the timers: periodic, single-shot, refresh
 *  5. set_timer_op
 *
 * Locks: wallclock_lock for the wall clock, and every domain's copy of it. A vCPU's time is written on the CPU it runs on.
 */
#include <public/sched.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#define INITIAL_PERIOD MILLISECS(10) /* the ABI's 100 Hz until the guest says otherwise */
#define MAX_PERIOD     (~0ULL >> 2)  /* 146 years: sums with it do not overflow (XSA-20) */
#define REFRESH_PERIOD SECONDS(1)

/* ---- 1. Stores to kernel addresses -------------------------------------------------------------------------------- */

#define PTE_PRESENT_RW 3ULL

/* The frame that the kernel's own tables show writable at @va; one of the domain's, with a typed reference taken on
 * it. */
static struct frame *writable_frame(struct vcpu *v, uint64_t va)
{
    struct mm_domain *d = &v->domain->mm;
    struct machine *m = d->machine;
    struct pt_walk w;
    struct frame *f;
    mfn_t mfn;

    if ( mfn_eq(v->mm.root, INVALID_MFN) || !pt_walk(m, v->mm.root, va, &w) )
        return NULL;
    for ( int level = 4; level >= 1; level-- )
        if ( (w.entry[level] & PTE_PRESENT_RW) != PTE_PRESENT_RW )
            return NULL;

    mfn = _mfn((w.entry[1] & PTE_ADDR_BITS) >> PAGE_SHIFT);
    if ( !frame_get(m, mfn, OWNER(d->id)) )
        return NULL;
    f = mfn_to_frame(m, mfn);
    if ( !frame_type_get(d, f, FRAME_WRITABLE) )
        return f;
    frame_put(m, f);
    return NULL;
}

int guest_kernel_write(struct vcpu *v, uint64_t va, const void *src, size_t len)
{
    struct mm_domain *d = &v->domain->mm;
    struct machine *m = d->machine;

    if ( !guest_range_ok(va, len) )
        return -EFAULT;
    while ( len )
    {
        size_t n = MIN(len, PAGE_SIZE - (va & ~PAGE_MASK));
        struct frame *f = writable_frame(v, va);
        int rc;

        if ( !f )
            return -EFAULT;
        memcpy((uint8_t *)mfn_to_virt(m, frame_to_mfn(m, f)) + (va & ~PAGE_MASK), src, n);
        rc = frame_type_put(d, f);
        BUG_ON(rc); /* a writable frame has nothing to take apart */
        frame_put(m, f);
        va += n;
        src = (const uint8_t *)src + n;
        len -= n;
    }
    return 0;
}

/* ---- 2. vcpu_info.time -------------------------------------------------------------------------------------------- */

/* The secondary area has its own version; a reader may be on another CPU. */
static void time_area_write(struct vcpu *v, const struct vcpu_time_info *time)
{
    struct vcpu_time_info copy = *time;
    uint64_t va = v->time_area_va;

    if ( !va )
        return;
    copy.version = time->version - 1; /* odd: being written */
    if ( guest_kernel_write(v, va, &copy.version, sizeof(copy.version)) )
        return;
    barrier();
    if ( guest_kernel_write(v, va + sizeof(copy.version), (uint8_t *)&copy + sizeof(copy.version),
                            sizeof(copy) - sizeof(copy.version)) )
        return;
    barrier();
    (void)guest_kernel_write(v, va, &time->version, sizeof(time->version));
}

static void time_write(struct vcpu *v)
{
    struct vcpu_time_info *live = &v->info->time, t;
    uint64_t tsc = rdtsc();
    uint32_t version = (READ_ONCE(live->version) | 1) +
                       2; /* odd, and other than before whatever the guest wrote there */

    memset(&t, 0, sizeof(t));
    t.version = version + 1;
    t.tsc_timestamp = tsc;
    t.system_time = tsc_to_ns(tsc);
    t.tsc_to_system_mul = tsc_scale.mul;
    t.tsc_shift = tsc_scale.shift;
    t.flags = XEN_PVCLOCK_TSC_STABLE_BIT; /* one scale for all CPUs, never re-measured */

    WRITE_ONCE(live->version, version);
    barrier();
    live->tsc_timestamp = t.tsc_timestamp;
    live->system_time = t.system_time;
    live->tsc_to_system_mul = t.tsc_to_system_mul;
    live->tsc_shift = t.tsc_shift;
    live->flags = t.flags;
    barrier();
    WRITE_ONCE(live->version, t.version);

    time_area_write(v, &t);
}

void guest_time_update(struct vcpu *v, bool force)
{
    if ( likely(!force && !v->time_due) )
        return;
    v->time_due = false;
    time_write(v);
}

static struct spinlock wallclock_lock;

static void wallclock_write(struct domain *d)
{
    struct shared_info *s = d->shared;
    uint64_t sec;
    uint32_t nsec;

    wallclock_at_boot(&sec, &nsec);
    sec += (uint64_t)d->time_offset;
    s->wc_version |= 1;
    barrier();
    s->wc_sec = (uint32_t)sec;
    s->wc_sec_hi = (uint32_t)(sec >> 32);
    s->wc_nsec = nsec;
    barrier();
    s->wc_version++;
}

void guest_wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
    spin_lock(&wallclock_lock);
    wallclock_set(sec, nsec, system_time);
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
    {
        struct mm_domain *mm = machine.domains[i];
        struct domain *d = mm ? container_of(mm, struct domain, mm) : NULL;

        if ( d && d->shared )
            wallclock_write(d);
    }
    spin_unlock(&wallclock_lock);
}

/* ---- 3. Runstate areas -------------------------------------------------------------------------------------------- */

void guest_runstate_write(struct vcpu *v)
{
    struct vcpu_runstate_info info;
    uint64_t va = v->runstate_va,
             entry_va = va + offsetof(struct vcpu_runstate_info, state_entry_time);
    bool flag = v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag);

    if ( !va )
        return;
    memset(&info, 0, sizeof(info));
    info = v->runstate;
    if ( flag )
    {
        info.state_entry_time |= XEN_RUNSTATE_UPDATE;
        if ( guest_kernel_write(v, entry_va, &info.state_entry_time,
                                sizeof(info.state_entry_time)) )
            return;
        barrier();
    }
    if ( guest_kernel_write(v, va, &info, sizeof(info)) || !flag )
        return;
    barrier();
    info.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
    (void)guest_kernel_write(v, entry_va, &info.state_entry_time, sizeof(info.state_entry_time));
}

/* ---- 4. The timers ------------------------------------------------------------------------------------------------ */

static void single_timer_fn(void *arg)
{
    send_virq(arg, VIRQ_TIMER);
}

/* Ticks that nobody could take in time are not made up for. */
static void periodic_timer_fn(void *arg)
{
    struct vcpu *v = arg;
    uint64_t t = now(), next = v->periodic_timer.expires + v->periodic_ns;

    send_virq(v, VIRQ_TIMER);
    if ( v->periodic_ns )
        timer_set(&v->periodic_timer, next > t ? next : t + v->periodic_ns);
}

static void refresh_timer_fn(void *arg)
{
    struct vcpu *v = arg;

    v->time_due = true;
    timer_set(&v->refresh_timer, now() + REFRESH_PERIOD);
}

int guest_periodic_timer(struct vcpu *v, uint64_t period_ns)
{
    if ( period_ns && (period_ns < MILLISECS(1) || period_ns > MAX_PERIOD) )
        return -EINVAL;
    timer_stop(&v->periodic_timer);
    v->periodic_ns = period_ns;
    if ( period_ns )
        timer_set(&v->periodic_timer, now() + period_ns);
    return 0;
}

void guest_time_init_domain(struct domain *d)
{
    struct vcpu *v;

    spin_lock(&wallclock_lock);
    wallclock_write(d);
    spin_unlock(&wallclock_lock);
    sched_init_domain(d);
    for_each_vcpu(d, v)
    {
        sched_init_vcpu(v);
        timer_init(&v->single_timer, single_timer_fn, v);
        timer_init(&v->periodic_timer, periodic_timer_fn, v);
        timer_init(&v->refresh_timer, refresh_timer_fn, v);
        (void)guest_periodic_timer(v, INITIAL_PERIOD);
        refresh_timer_fn(v);
        guest_time_update(v, true);
    }
}

/* ---- 5. set_timer_op ---------------------------------------------------------------------------------------------- */

/** One VIRQ_TIMER at system time @a1, at once if that has passed (a negative number too); 0: none. Always 0. */
long do_set_timer_op(HYPERCALL_ARGS)
{
    struct vcpu *v = current;

    if ( a1 == 0 )
        timer_stop(&v->single_timer);
    else
        timer_set(&v->single_timer, (int64_t)a1 < 0 ? 0 : a1);
    return 0;
}
