/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains as such: naming one, and ending one. There is one guest today, so its end is the end of the run.
 *
 *  1. naming
 *  2. the state of a vCPU in words, for whoever debugs the guest
 *  3. the end: stop, take apart, say what happened, switch off
 *
 * Locks: none held; the domain does not run any more when it is taken apart.
 */
#include <public/sched.h>
#include <asm/crash.h>
#include <asm/desc.h>
#include <asm/uaccess.h>
#include <xen/audit.h>
#include <xen/backend.h>
#include <xen/console.h>
#include <xen/printk.h>
#include <xen/shutdown.h>
#include <xen/softirq.h>

#define STACK_WORDS 32

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

/* ---- 2. The state of a vCPU --------------------------------------------------------------------------------------- */

/* What the stack pointer points to, as far as it can be read under the page tables that are loaded. */
static void print_stack(uint64_t rsp)
{
    uint64_t words[4];

    pr_always("stack at %016lx:", rsp);
    for ( unsigned int i = 0; i < STACK_WORDS; i += ARRAY_SIZE(words) )
    {
        uint64_t at = rsp + i * sizeof(uint64_t);

        if ( copy_from_guest(words, at, sizeof(words)) )
        {
            pr_always("  %016lx: not mapped", at);
            return;
        }
        pr_always("  %016lx %016lx %016lx %016lx", words[0], words[1], words[2], words[3]);
    }
}

static void print_code(uint64_t rip)
{
    uint8_t b[16];

    if ( !copy_from_guest(b, rip, sizeof(b)) )
        pr_always(
            "code %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x",
            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
            b[14], b[15]);
}

static void vcpu_print(const struct vcpu *v)
{
    const struct cpu_regs *regs = v->regs ? v->regs : &v->saved_regs;

    pr_always("domain %u vCPU %u, in %s mode:", v->domain->id, v->id,
              v->mm.user_mode ? "user" : "kernel");
    regs_print(regs);
    pr_always("kernel L4 mfn %lx, user L4 mfn %lx, cr2 %016lx, upcalls %s", mfn_x(v->mm.root),
              mfn_x(v->mm.user_root), v->info ? v->info->arch.cr2 : 0,
              v->info && v->info->evtchn_upcall_mask ? "masked" : "open");
    if ( v != current )
        return;
    print_code(regs->rip);
    print_stack(regs->rsp);
}

/* ---- 3. The end --------------------------------------------------------------------------------------------------- */

static void stop(struct domain *d)
{
    struct vcpu *v;

    console_io_flush(d);
    console_ring_flush(d);
    console_set_listener(NULL, NULL);
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

    d->crashed = true;
    /* What the guest said last comes first. */
    console_io_flush(d);
    console_ring_flush(d);
    pr_always("domain %u %s", d->id, outcome);
    if ( v )
        vcpu_print(v);
    end(d, CRASH, outcome);
}
