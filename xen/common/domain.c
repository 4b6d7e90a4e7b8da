/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains as such: naming one, and ending one. There is one guest today, so its end is the end of the run.
 *
 *  1. naming
 *  2. the end: stop, take apart, say what happened, switch off
 *
 * Locks: none held; the domain does not run any more when it is taken apart.
 */
#include <public/sched.h>
#include <asm/desc.h>
#include <xen/audit.h>
#include <xen/backend.h>
#include <xen/console.h>
#include <xen/dump.h>
#include <xen/printk.h>
#include <xen/shutdown.h>
#include <xen/softirq.h>
#include <xen/trace.h>

/* ---- 1. Naming ---------------------------------------------------------------------------------------------------- */

struct domain *domain_find(struct domain *caller, uint16_t domid)
{
    struct mm_domain *mm;

    if ( domid == DOMID_SELF || domid == caller->id )
        return caller;
    mm = machine_domain(caller->mm.machine, domid);
    return mm ? container_of(mm, struct domain, mm) : NULL;
}

int domain_find_target(struct domain *caller, uint16_t domid, struct domain **target)
{
    struct domain *d = domain_find(caller, domid);

    if ( !d )
        return -ESRCH;
    if ( d != caller && !caller->initial )
        return -EPERM;
    *target = d;
    return 0;
}

/* ---- 2. The end --------------------------------------------------------------------------------------------------- */

static void stop(struct domain *d)
{
    struct vcpu *v;

    dump_stop();
    console_io_flush(d);
    console_ring_flush(d);
    console_set_listener(NULL, NULL);
    for ( unsigned int i = 0; i < MAX_WATCHDOGS; i++ )
        timer_stop(&d->watchdog[i].timer);
    for_each_vcpu(d, v)
    {
        v->state = VCPU_DOWN;
        timer_stop(&v->poll_timer);
        timer_stop(&v->single_timer);
        timer_stop(&v->periodic_timer);
        timer_stop(&v->refresh_timer);
    }
}

/* Everything the domain had goes back; what does not is a fault of ours, and is told. */
static void take_apart(struct domain *d)
{
    uint64_t begun = now(), pages = d->mm.tot_pages;
    int rc;

    console_ring_stop(d);
    xenstore_stop(d);
    evtchn_destroy(d);
    grant_destroy(d);
    vcpu_leave();
    while ( (rc = domain_teardown(&d->mm)) == -ERESTART )
        softirq_run();
    if ( rc )
    {
        pr_err("domain %u: %lu pages are still in use after teardown", d->id, d->mm.tot_pages);
        return;
    }
    pr_debug("domain %u: %lu pages taken back in %lu us", d->id, pages, (now() - begun) / 1000);
    audit_check("after a domain was taken apart");
    domain_window_destroy(d);
    domain_mem_forget(&d->mm);
}

enum ending
{
    POWER_OFF,
    REBOOT,
    CRASH,
};

static void __noreturn end(struct domain *d, enum ending how, const char *outcome)
{
    static bool begun;

    if ( begun )
        panic("domain %u crashed while it was taken apart: %s", d->id, outcome);
    begun = true;
    trace_abandon(&d->mm);
    stop(d);
    take_apart(d);
    printk_flush_notices();
    pr_always("domain %u %s", d->id, outcome);
    if ( how == REBOOT )
        machine_reboot();
    machine_exit(how == CRASH ? EXIT_GUEST_CRASH : EXIT_OK);
}

void domain_shutdown(struct domain *d, unsigned int reason)
{
    switch ( reason )
    {
    case SHUTDOWN_poweroff: end(d, POWER_OFF, "powered off");
    case SHUTDOWN_reboot: end(d, REBOOT, "asked for a reboot");
    case SHUTDOWN_watchdog: domain_crash(d, "its watchdog expired"); break;
    case SHUTDOWN_crash: domain_crash(d, "it said so itself (SHUTDOWN_crash)"); break;
    default: domain_crash(d, "shut down for an unknown reason, %u", reason); break;
    }
    BUG();
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    struct vcpu *v = current && current->domain == d ? current : d->vcpu[0];
    char why[160], outcome[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    snprintf(outcome, sizeof(outcome), "crashed: %s", why);

    /* What the guest did and said last comes first. */
    trace_abandon(&d->mm);
    console_io_flush(d);
    console_ring_flush(d);
    pr_always("domain %u %s", d->id, outcome);
    if ( v )
        vcpu_dump(v);
    end(d, CRASH, outcome);
}
