/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest and the rest of a hypervisor around the file under test, so that whole hypercalls run in a normal process:
 *
 *   1. a guest's memory: guest_mem[], whose pages a test can make unreadable or unwritable
 *   2. a domain with one vCPU, which is `current`: fake_init()
 *   3. what the hypervisor's other parts answer; all weak, so that the real file wins where a test names it in its
 * sources
 *
 * Include it from one file of a program. The program needs `// cflags: -fno-sanitize=null`: `current` reads the
 * per-CPU area at offset 0 of GS, which the sanitizer takes for a null pointer.
 */
#ifndef FAKE_HV_H
#define FAKE_HV_H

#include <public/arch-x86/xen-mca.h>
#include <public/io/xs_wire.h>
#include <asm/prctl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/boot.h>
#include <asm/crash.h>
#include <asm/desc.h>
#include <asm/uaccess.h>
#include <xen/backend.h>
#include <xen/console.h>
#include <xen/dump.h>
#include <xen/hypercall.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/shutdown.h>
#include <xen/softirq.h>
#include <xen/trace.h>
#include <xen/xalloc.h>
#include "tap.h"

#define WEAK __attribute__((weak))

/* ---- 1. Guest memory ---------------------------------------------------------------------------------------------- */

#define GUEST_PAGES 64
static uint8_t guest_mem[GUEST_PAGES * PAGE_SIZE] __aligned(PAGE_SIZE);
static bool guest_unreadable[GUEST_PAGES], guest_unwritable[GUEST_PAGES];

/** Guest address of byte @offset of guest_mem. */
#define GVA(offset) ((uint64_t)(guest_mem + (offset)))
#define BAD_VA      0x10UL           /* nothing is mapped there */
#define HV_VA       HYPERVISOR_START /* the hypervisor's own */
#define NONCANON_VA 0x0000800000000000UL

static bool guest_access_ok(uint64_t va, size_t len, const bool *refused)
{
    if ( !guest_range_ok(va, len) )
        return false;
    for ( size_t i = 0; i < len; i++ )
    {
        uint64_t at = va + i - GVA(0);

        if ( va + i < GVA(0) || at >= sizeof(guest_mem) || refused[at / PAGE_SIZE] )
            return false;
    }
    return true;
}

int WEAK copy_words_from_guest(void *dst, uint64_t va, size_t nr)
{
    return copy_from_guest(dst, va, nr * 8);
}

int WEAK read_guest_u64(uint64_t va, uint64_t *val)
{
    return copy_from_guest(val, va, 8);
}

int WEAK copy_from_guest_16(void *dst, uint64_t va)
{
    return copy_from_guest(dst, va, 16);
}
int WEAK copy_from_guest(void *dst, uint64_t va, size_t len)
{
    if ( !guest_access_ok(va, len, guest_unreadable) )
        return -EFAULT;
    memcpy(dst, (void *)va, len);
    return 0;
}

int WEAK copy_to_guest(uint64_t va, const void *src, size_t len)
{
    if ( !guest_access_ok(va, len, guest_unwritable) )
        return -EFAULT;
    memcpy((void *)va, src, len);
    return 0;
}

/* The short way of a multicall's entries needs memory that really faults; a test may do as it does. */
static unsigned int (*fake_direct)(struct vcpu *v, uint64_t list, unsigned int nr);
unsigned int WEAK multicall_direct(struct vcpu *v, uint64_t list, unsigned int nr)
{
    return fake_direct ? fake_direct(v, list, nr) : 0;
}

/* ---- 2. The domain ------------------------------------------------------------------------------------------------ */

static struct percpu fake_percpu;
static struct domain dom;
static struct vcpu vcpu0;
static struct shared_info shared;
static struct cpu_regs regs;

struct machine machine;
struct boot_info boot_info;

__attribute__((unused)) static void fake_init(void)
{
    fake_percpu.self = &fake_percpu;
    syscall(SYS_arch_prctl, ARCH_SET_GS, &fake_percpu);
    machine.max_mfn = 0x10000;
    memset(&dom, 0, sizeof(dom));
    memset(&vcpu0, 0, sizeof(vcpu0));
    memset(&shared, 0, sizeof(shared));
    memset(&regs, 0, sizeof(regs));
    dom.mm.machine = &machine;
    dom.mm.id = dom.id = 7;
    dom.shared = &shared;
    dom.nr_vcpus = 1;
    dom.vcpu[0] = &vcpu0;
    vcpu0.domain = &dom;
    vcpu0.mm.d = &dom.mm;
    vcpu0.info = &shared.vcpu_info[0];
    vcpu0.info_mfn = vcpu0.mm.root = vcpu0.mm.user_root = vcpu0.mm.drain = INVALID_MFN;
    vcpu0.state = VCPU_RUNNING;
    vcpu0.regs = &regs;
    set_current(&vcpu0);
}

/* ---- 3. The rest of the hypervisor -------------------------------------------------------------------------------- */

static uint64_t fake_now = 1000;
static bool fake_yield;               /* what port_should_yield() says */
static unsigned int fake_yield_after; /* ... or: yes at every n-th question */
static unsigned int fake_yield_asked;
static char fake_console[65536]; /* what was written */
static size_t fake_console_len;
static const char *fake_typed = ""; /* what console_read() gives */
static void (*fake_listener)(void *);
static void *fake_listener_arg;
static jmp_buf fake_end; /* machine_exit() and the like go here with FAKE_END + code */
#define FAKE_END    100
#define FAKE_REBOOT 99
#define FAKE_PANIC  98

WEAK struct tsc_scale tsc_scale = { .mul = 0x80000000U, .shift = 1, .khz = 1000000 };

uint64_t WEAK now(void)
{
    return fake_now;
}

uint64_t WEAK rdtsc(void)
{
    return fake_now;
}

uint64_t WEAK tsc_to_ns(uint64_t tsc)
{
    return tsc;
}

void WEAK wallclock_at_boot(uint64_t *sec, uint32_t *nsec)
{
    *sec = 0x123456789UL;
    *nsec = 42;
}

void WEAK wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
}

void WEAK timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
    *t = (struct timer){ .fn = fn, .arg = arg };
}

void WEAK timer_set(struct timer *t, uint64_t expires)
{
    t->expires = expires;
    t->active = true;
}

void WEAK timer_stop(struct timer *t)
{
    t->active = false;
}

/** As the softirq would. */
__attribute__((unused)) static void fake_timer_fire(struct timer *t)
{
    t->active = false;
    t->fn(t->arg);
}

bool WEAK port_should_yield(void)
{
    fake_yield_asked++;
    return fake_yield || (fake_yield_after && fake_yield_asked % fake_yield_after == 0);
}

void WEAK softirq_run(void)
{
}

static void (*fake_idle)(void);

void WEAK cpu_idle_once(void)
{
    if ( fake_idle )
        fake_idle();
}

void WEAK console_write(const char *s, size_t len)
{
    len = MIN(len, sizeof(fake_console) - 1 - fake_console_len);
    memcpy(fake_console + fake_console_len, s, len);
    fake_console_len += len;
    fake_console[fake_console_len] = 0;
}

size_t WEAK console_peek(char *buf, size_t len)
{
    size_t n = MIN(len, strlen(fake_typed));

    memcpy(buf, fake_typed, n);
    return n;
}

size_t WEAK console_read(char *buf, size_t len)
{
    size_t n = console_peek(buf, len);

    fake_typed += n;
    return n;
}

void WEAK console_set_listener(void (*fn)(void *), void *arg)
{
    fake_listener = fn;
    fake_listener_arg = arg;
}

__attribute__((unused)) static void fake_console_clear(void)
{
    fake_console_len = 0;
    fake_console[0] = 0;
}

static void print_line(const char *fmt, va_list ap)
{
    char line[512];
    int len = vsnprintf(line, sizeof(line) - 1, fmt, ap);

    console_write(line, MIN((size_t)len, sizeof(line) - 2));
    console_write("\n", 1);
}

void WEAK printk(enum loglevel level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_line(fmt, ap);
    va_end(ap);
}

void WEAK gprintk(enum loglevel level, const struct domain *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_line(fmt, ap);
    va_end(ap);
}

uint64_t WEAK trace_mask;

void WEAK trace_begin(struct trace_call *call, unsigned long nr, const unsigned long *args,
                      bool inner)
{
}

void WEAK trace_end(struct trace_call *call, long ret, bool again)
{
}

void WEAK trace_abandon(const struct mm_domain *d)
{
}

void WEAK printk_flush_notices(void)
{
}

void WEAK panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_line(fmt, ap);
    va_end(ap);
    longjmp(fake_end, FAKE_PANIC);
}

void WEAK port_bug(const char *file, int line, const char *what)
{
    printf("# BUG at %s:%d: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

void WEAK machine_exit(enum exit_code code)
{
    longjmp(fake_end, FAKE_END + (int)code);
}

void WEAK machine_reboot(void)
{
    longjmp(fake_end, FAKE_REBOOT);
}

void WEAK regs_print(const struct cpu_regs *r)
{
}

void WEAK vcpu_dump(const struct vcpu *v)
{
}

void WEAK dump_stop(void)
{
}

void WEAK vcpu_leave(void)
{
    set_current(NULL);
}

void WEAK domain_window_destroy(struct domain *d)
{
}

void *WEAK xzalloc_pages(unsigned int order)
{
    return calloc(1, PAGE_SIZE << order);
}

void WEAK xfree_pages(void *p, unsigned int order)
{
    free(p);
}

/* The memory core. */
int WEAK domain_teardown(struct mm_domain *d)
{
    return 0;
}

void WEAK domain_mem_forget(struct mm_domain *d)
{
}

struct mm_domain *WEAK machine_domain(struct machine *m, uint16_t id)
{
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( m->domains[i] && m->domains[i]->id == id )
            return m->domains[i];
    return NULL;
}

static int fake_hold_rc;
static mfn_t fake_held;

int WEAK domain_hold(struct mm_domain *d, mfn_t mfn)
{
    if ( !fake_hold_rc )
        fake_held = mfn;
    return fake_hold_rc;
}

void WEAK domain_unhold(struct mm_domain *d, mfn_t mfn)
{
}

/* Parts of the hypervisor that a program may do without. */
void WEAK grant_destroy(struct domain *d)
{
}

void WEAK console_io_flush(struct domain *d)
{
}

void WEAK console_ring_flush(struct domain *d)
{
}

void WEAK console_ring_stop(struct domain *d)
{
}

void WEAK xenstore_stop(struct domain *d)
{
}

void WEAK evtchn_destroy(struct domain *d)
{
}

void WEAK guest_runstate_write(struct vcpu *v)
{
}

/* Handlers for the dispatcher's table: what a test puts here, by number, or -ENOSYS. */
static hypercall_fn *fake_calls[64];

#define FAKE_CALL(name)                                                                            \
    long WEAK do_##name(HYPERCALL_ARGS)                                                            \
    {                                                                                              \
        hypercall_fn *fn = fake_calls[__HYPERVISOR_##name];                                        \
                                                                                                   \
        return fn ? fn(a1, a2, a3, a4, a5) : -ENOSYS;                                              \
    }
FAKE_CALL(mmu_update)
FAKE_CALL(mmuext_op)
FAKE_CALL(update_va_mapping)
FAKE_CALL(update_va_mapping_otherdomain)
FAKE_CALL(set_gdt)
FAKE_CALL(update_descriptor)
FAKE_CALL(set_trap_table)
FAKE_CALL(set_callbacks)
FAKE_CALL(callback_op)
FAKE_CALL(stack_switch)
FAKE_CALL(iret)
FAKE_CALL(set_segment_base)
FAKE_CALL(fpu_taskswitch)
FAKE_CALL(set_debugreg)
FAKE_CALL(get_debugreg)
FAKE_CALL(nmi_op)
FAKE_CALL(physdev_op)
FAKE_CALL(physdev_op_compat)
FAKE_CALL(multicall)
FAKE_CALL(xen_version)
FAKE_CALL(memory_op)
FAKE_CALL(sched_op)
FAKE_CALL(sched_op_compat)
FAKE_CALL(event_channel_op)
FAKE_CALL(event_channel_op_compat)
FAKE_CALL(vcpu_op)
FAKE_CALL(set_timer_op)
FAKE_CALL(console_io)
FAKE_CALL(vm_assist)
FAKE_CALL(grant_table_op)
FAKE_CALL(platform_op)
FAKE_CALL(mca)

#endif /* FAKE_HV_H */
