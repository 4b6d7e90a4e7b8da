/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug keys: what the hypervisor does when it is typed at. They run in softirq context with interrupts off.
 *
 *   1. the table, that anybody may add to
 *   2. keys that ask for a line of text
 *   3. the keys every build has
 *
 * The table is written during boot and read afterwards; the line is one CPU's, that which takes the console's input: no lock.
 */
#include <asm/crash.h>
#include <xen/console.h>
#include <xen/dump.h>
#include <xen/printk.h>
#include <xen/shutdown.h>

/* ---- 1. The table --------------------------------------------------------------------------------------------------- */

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

/* ---- 2. Lines ------------------------------------------------------------------------------------------------------- */

static struct
{
    void (*fn)(const char *text); /* NULL: keys are keys */
    char text[64];
    unsigned int len;
} line;

void debugkey_ask(const char *question, void (*fn)(const char *text))
{
    pr_always("%s", question);
    line.fn = fn;
    line.len = 0;
}

static void line_end(void)
{
    void (*fn)(const char *text) = line.fn;

    console_write("\n", 1);
    line.text[line.len] = '\0';
    line.fn = NULL;
    fn(line.text);
}

static void line_rubout(void)
{
    if ( !line.len )
        return;
    line.len--;
    console_write("\b \b", 3);
}

/* Printable characters are the text; any other than these ends the question without an answer. */
static void line_char(char c)
{
    if ( c == '\r' || c == '\n' )
        line_end();
    else if ( c == '\b' || c == 0x7f )
        line_rubout();
    else if ( c < ' ' )
    {
        line.fn = NULL;
        pr_always("never mind");
    }
    else if ( line.len < sizeof(line.text) - 1 )
    {
        line.text[line.len++] = c;
        console_write(&c, 1);
    }
}

void debugkey_run(char key)
{
    unsigned char i = (unsigned char)key;

    if ( line.fn )
    {
        line_char(key);
        return;
    }
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

/* ---- 3. Keys -------------------------------------------------------------------------------------------------------- */

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
              v->mm.user_mode ? "user" : "kernel", vcpu_state_name(v), mfn_x(vcpu_root(v)));
    regs_print(v->regs ? v->regs : &v->saved_regs);
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
    debugkey_register('d', dump_domains_key, "state of domains and vCPUs");
    debugkey_register('e', dump_events_key, "event channels");
    debugkey_register('m', dump_frames_key, "memory accounts by type");
    debugkey_register('w', dump_walk_key, "walk the guest's page tables to an address");
    debugkey_register('p', dump_p2m_key, "compare the guest's p2m list with the accounts");
    debugkey_register('C', key_crash_domain, "crash the running domain");
    debugkey_register('R', key_reboot, "restart the machine");
}
