/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall trace: which calls, and when their lines are printed.
 *
 *  1. the option
 *  2. calls of the current vCPU: begun, over, refused, never to return
 *
 * A call's state is on the stack of the CPU that makes it, and its vCPU points there. No locks.
 */
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/trace.h>

/* ---- 1. The option -------------------------------------------------------------------------- */

#define ALL (~0UL)

uint64_t trace_mask;

static uint64_t bit_of(unsigned long nr)
{
    return 1UL << MIN(nr, 63UL);
}

/* The bit of the hypercall with this name; 0: there is none. */
static uint64_t bit_of_name(const char *name, size_t len)
{
    for ( unsigned long nr = 0; nr < 63; nr++ )
    {
        const char *known = trace_name(nr);

        if ( known && strlen(known) == len && !strncmp(known, name, len) )
            return bit_of(nr);
    }
    return 0;
}

int trace_parse(const char *names, uint64_t *mask)
{
    int truth = *names ? parse_bool(names) : 1;
    uint64_t result = *names == '-' ? ALL : 0;

    if ( truth >= 0 )
    {
        *mask = truth ? ALL : 0;
        return 0;
    }
    for ( const char *p = names;; )
    {
        bool without = *p == '-';
        const char *name = p + without, *comma = strchr(name, ',');
        uint64_t bit = bit_of_name(name, comma ? (size_t)(comma - name) : strlen(name));

        if ( !bit )
            return -EINVAL;
        result = without ? result & ~bit : result | bit;
        if ( !comma )
            break;
        p = comma + 1;
    }
    *mask = result;
    return 0;
}

#ifdef CONFIG_TRACE_HYPERCALLS
static int parse_trace(const char *names)
{
    return trace_parse(names, &trace_mask);
}
OPTION_FN("trace", parse_trace);
#endif

/* ---- 2. Calls ------------------------------------------------------------------------------- */

static void print_call(const struct vcpu *v, const struct trace_call *call, const char *end)
{
    pr_always("d%uv%u %s%s%s", v->domain->id, v->id, call->inner ? "  " : "", call->text, end);
}

void trace_begin(struct trace_call *call, unsigned long nr, const unsigned long *args, bool inner)
{
    struct vcpu *v = current;

    call->nr = nr;
    call->inner = inner;
    call->wanted = trace_mask & bit_of(nr);
    call->reason[0] = '\0';
    memcpy(call->args, args, sizeof(call->args));
    call->outer = v->trace;
    v->trace = call;
    if ( !call->wanted )
        return;
    trace_decode(call->text, sizeof(call->text), nr, args, v->regs->rsp);
    if ( nr == __HYPERVISOR_multicall )
        print_call(v, call, ""); /* its entries come below it */
}

void trace_end(struct trace_call *call, long ret, bool again)
{
    struct vcpu *v = current;
    char end[TRACE_REASON + 64];

    v->trace = call->outer;
    if ( !call->wanted )
        return;
    if ( call->nr == __HYPERVISOR_multicall )
    {
        if ( ret == 0 && !again )
            return;
        snprintf(call->text, sizeof(call->text), "multicall");
    }
    if ( again )
        snprintf(end, sizeof(end), " to be continued");
    else
        trace_decode_result(end, sizeof(end), call->nr, call->args, ret, call->reason);
    print_call(v, call, end);
}

void trace_abandon(const struct mm_domain *d)
{
    struct vcpu *v = trace_mask ? current : NULL;
    struct trace_call *call;

    if ( !v || &v->domain->mm != d )
        return;
    for ( ; (call = v->trace); v->trace = call->outer )
        if ( call->wanted && call->nr != __HYPERVISOR_multicall )
            print_call(v, call, " does not return");
}

/* The first reason is the one closest to the fault; those that come after say what it led to. */
bool trace_refusal(const struct mm_domain *d, const char *fmt, va_list ap)
{
    struct vcpu *v = trace_mask && d ? current : NULL;
    struct trace_call *call = v ? v->trace : NULL;
    size_t len;

    if ( !call || !call->wanted || &v->domain->mm != d )
        return false;
    len = strlen(call->reason);
    if ( len + 3 < sizeof(call->reason) )
    {
        if ( len )
            len += (size_t)snprintf(call->reason + len, sizeof(call->reason) - len, "; ");
        vsnprintf(call->reason + len, sizeof(call->reason) - len, fmt, ap);
    }
    return true;
}
