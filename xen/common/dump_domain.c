/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key d: domains and their vCPUs, everything that says why one does or does not run. Nothing is changed: no locks. */
#include <xen/dump.h>
#include <xen/printk.h>

struct domain *dump_next_domain(unsigned int *slot)
{
    while ( *slot < MM_MAX_DOMAINS )
    {
        struct mm_domain *mm = machine.domains[(*slot)++];
        struct domain *d = mm ? container_of(mm, struct domain, mm) : NULL;

        /* While it is built it has no vCPU; when it is taken apart, what its pointers point to goes. */
        if ( d && !mm->dying && d->shared && d->nr_vcpus && d->vcpu[0]->info )
            return d;
    }
    return NULL;
}

struct vcpu *dump_vcpu(void)
{
    unsigned int slot = 0;
    struct domain *d;

    if ( current )
        return current;
    d = dump_next_domain(&slot);
    return d ? d->vcpu[0] : NULL;
}

const char *vcpu_state_name(const struct vcpu *v)
{
    switch ( v->state )
    {
    case VCPU_RUNNING: return "running";
    case VCPU_BLOCKED: return "blocked";
    case VCPU_POLLING: return "polling";
    case VCPU_DOWN: return "down";
    }
    return "in no known state";
}

static void dump_domain(const struct domain *d)
{
    const struct arch_shared_info *arch = &d->shared->arch;

    pr_always("d%u: %s, %lu pages of at most %lu, %u vCPU(s), shared_info mfn %#lx", d->id,
              d->initial ? "initial domain" : "unprivileged", d->mm.tot_pages, d->mm.max_pages,
              d->nr_vcpus, mfn_x(d->shared_mfn));
    pr_always("d%u: vm_assist %#lx, console port %u, store port %u, %u event channels", d->id,
              d->vm_assist, d->console_port, d->store_port, d->evtchn.in_use);
    pr_always("d%u: p2m max_pfn %#lx, tree %#lx, cr3 %#lx, vaddr %#lx, generation %lu", d->id,
              READ_ONCE(arch->max_pfn), READ_ONCE(arch->pfn_to_mfn_frame_list_list),
              READ_ONCE(arch->p2m_cr3), READ_ONCE(arch->p2m_vaddr),
              READ_ONCE(arch->p2m_generation));
}

static void dump_callback(const struct vcpu *v, const char *name, const struct guest_callback *cb)
{
    if ( cb->address )
        pr_always("d%uv%u:   %s callback at %#lx%s", v->domain->id, v->id, name, cb->address,
                  cb->mask_events ? ", masks events" : "");
}

static void dump_callbacks(const struct vcpu *v)
{
    unsigned int traps = 0;

    dump_callback(v, "event", &v->event_cb);
    dump_callback(v, "failsafe", &v->failsafe_cb);
    dump_callback(v, "syscall", &v->syscall_cb);
    dump_callback(v, "syscall32", &v->syscall32_cb);
    dump_callback(v, "sysenter", &v->sysenter_cb);
    for ( unsigned int i = 0; i < ARRAY_SIZE(v->traps); i++ )
        traps += v->traps[i].address != 0;
    pr_always("d%uv%u:   %u trap gates, kernel stack %04x:%#lx, virtual IOPL %u", v->domain->id,
              v->id, traps, v->kernel_ss, v->kernel_sp, v->iopl);
}

static void dump_timer(const struct vcpu *v, const char *name, const struct timer *t)
{
    if ( t->active )
        pr_always("d%uv%u:   %s timer in %ld us", v->domain->id, v->id, name,
                  ((int64_t)t->expires - (int64_t)now()) / 1000);
}

static void dump_times(const struct vcpu *v)
{
    struct vcpu_runstate_info r;

    runstate_get(v, &r);
    pr_always("d%uv%u:   ms running %lu, runnable %lu, blocked %lu, offline %lu", v->domain->id,
              v->id, r.time[RUNSTATE_running] / 1000000, r.time[RUNSTATE_runnable] / 1000000,
              r.time[RUNSTATE_blocked] / 1000000, r.time[RUNSTATE_offline] / 1000000);
    dump_timer(v, "one-shot", &v->single_timer);
    dump_timer(v, "periodic", &v->periodic_timer);
    dump_timer(v, "poll", &v->poll_timer);
}

static void dump_vcpu_state(const struct vcpu *v)
{
    const struct vcpu_info *info = v->info;

    pr_always("d%uv%u: %s, %s mode, kernel L4 mfn %#lx, user L4 mfn %#lx%s", v->domain->id, v->id,
              vcpu_state_name(v), v->mm.user_mode ? "user" : "kernel", mfn_x(v->mm.root),
              mfn_x(v->mm.user_root), v == current ? ", on this CPU" : "");
    pr_always("d%uv%u:   vcpu_info %s: upcall pending %u, masked %u, selector %#lx, cr2 %#lx",
              v->domain->id, v->id, mfn_eq(v->info_mfn, INVALID_MFN) ? "in shared_info" : "its own",
              READ_ONCE(info->evtchn_upcall_pending), READ_ONCE(info->evtchn_upcall_mask),
              READ_ONCE(info->evtchn_pending_sel), READ_ONCE(info->arch.cr2));
    pr_always("d%uv%u:   waiting to be delivered: %s%s%s%s", v->domain->id, v->id,
              v->trap_pending ? "exception " : "", v->db_pending ? "#DB " : "",
              v->nmi_pending ? "NMI " : "",
              v->trap_pending || v->db_pending || v->nmi_pending ? "" : "nothing");
    dump_callbacks(v);
    dump_times(v);
}

void dump_domains_key(void)
{
    unsigned int slot = 0;
    struct domain *d;
    struct vcpu *v;

    while ( (d = dump_next_domain(&slot)) )
    {
        dump_domain(d);
        for_each_vcpu(d, v)
            dump_vcpu_state(v);
    }
}
