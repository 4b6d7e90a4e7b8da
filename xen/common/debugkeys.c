/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: what the hypervisor does when it is typed at. A table that anybody may add to; the ones every build has are
 * here. They run in softirq context with interrupts off. Written during boot, read afterwards: no lock.
 */
#include <asm/crash.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/shutdown.h>

static struct
{
    void (*fn)(void);
    const char *help;
} keys[128];

void debugkey_register(char key, void (*fn)(void), const char *help)
{
    if ( (unsigned char)key >= ARRAY_SIZE(keys) )
        return;
    keys[(unsigned char)key].fn = fn;
    keys[(unsigned char)key].help = help;
}

void debugkey_run(char key)
{
    unsigned char i = (unsigned char)key;

    if ( i < ' ' )
        return; /* the end of a line, Ctrl-A */
    if ( i >= ARRAY_SIZE(keys) || !keys[i].fn )
    {
        pr_always("no such debug key; 'h' lists them");
        return;
    }
    pr_always("'%c': %s", key, keys[i].help);
    keys[i].fn();
}

static void key_help(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(keys); i++ )
        if ( keys[i].fn )
            pr_always("  %c  %s", (char)i, keys[i].help);
}

/* The frame of the entry being handled if there is one: that is what the guest was just doing. */
static void key_registers(void)
{
    struct vcpu *v = current;

    if ( !v )
    {
        pr_always("no vCPU is running");
        return;
    }
    pr_always("d%uv%u, %s mode, %s, root mfn %#lx", v->domain->id, v->id,
              v->mm.user_mode ? "user" : "kernel",
              v->state == VCPU_RUNNING   ? "running"
              : v->state == VCPU_BLOCKED ? "blocked"
              : v->state == VCPU_POLLING ? "polling"
                                         : "down",
              mfn_x(v->mm.root));
    regs_print(v->regs ? v->regs : &v->saved_regs);
}

static void key_memory(void)
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
}

static void key_crash_domain(void)
{
    struct vcpu *v = current;

    if ( v && !v->domain->mm.dying )
        domain_crash(v->domain, "somebody typed the debug key for it");
    else
        pr_always("no domain is running");
}

static void key_reboot(void)
{
    machine_reboot();
}

void debugkeys_init(void)
{
    debugkey_register('h', key_help, "show this list");
    debugkey_register('r', key_registers, "registers of the current vCPU");
    debugkey_register('m', key_memory, "memory accounts in short");
    debugkey_register('C', key_crash_domain, "crash the running domain");
    debugkey_register('R', key_reboot, "restart the machine");
}
