/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain and its vCPUs outside the memory core. Each group of fields names the files that own it; others only read.
 */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

/* Offsets in struct vcpu, for entry.S. */
#define VCPU_EXIT_WORD 0
#define VCPU_REGS      8
#define VCPU_INFO      16
#define VCPU_USER_MODE 36
/* vcpu.exit_word of a vCPU that runs and has nothing to be delivered: VCPU_RUNNING in its upper half. */
#define VCPU_EXIT_PLAIN 0x100000000

#ifndef __ASSEMBLY__

#include <asm/percpu.h>
#include <asm/regs.h>
#include <public/xen.h>
#include <public/callback.h>
#include <public/vcpu.h>
#include <xen/event.h>
#include <xen/mm.h>
#include <xen/time.h>

#define MAX_VCPUS     32 /* vcpu_info[] of shared_info; more needs register_vcpu_info */
#define MAX_WATCHDOGS 2  /* of a domain; as Xen has */

/** Where a guest wants to be entered (set_callbacks, callback_op). */
struct guest_callback
{
    uint64_t address; /* 0: not registered */
    bool mask_events; /* CALLBACKF_mask_events */
};

/** One guest gate (set_trap_table). */
struct guest_trap
{
    uint64_t address; /* 0: none */
    uint8_t dpl;      /* TI_GET_DPL */
    bool mask_events; /* TI_GET_IF */
};

/** An exception waiting to be bounced into the guest on the way out (vcpu.trap_pending). */
struct pending_trap
{
    bool has_error;
    uint8_t vector;
    uint32_t error_code;
};

enum vcpu_runstate
{
    VCPU_DOWN,    /* never started, or VCPUOP_down */
    VCPU_RUNNING, /* or ready to */
    VCPU_BLOCKED, /* until an event is pending */
    VCPU_POLLING, /* SCHEDOP_poll: until one of the ports is pending, or the timeout */
};

struct vcpu
{
    /* Looked at on every way out, by entry.S too. */
    union
    {
        struct
        {
            bool trap_pending; /* pending_trap */
            bool db_pending;   /* a #DB was met in the hypervisor; its status is in debugreg[6] */
            bool nmi_pending;
            bool shows_iopl;          /* VMASST_TYPE_architectural_iopl */
            enum vcpu_runstate state; /* common/sched.c */
        };
        uint64_t exit_word; /* all that at one glance: VCPU_EXIT_PLAIN, or look closer */
    };
    struct cpu_regs *regs;  /* the frame of the entry being handled */
    struct vcpu_info *info; /* hypervisor's view of the live vcpu_info; common/event_channel.c */

    struct mm_vcpu mm; /* the core's part; mm.user_mode says which mode the guest is in */
    struct domain *domain;
    unsigned int id;

    /* pv/traps.c, pv/iret.c, pv/callback.c: entry and exit. */
    struct cpu_regs saved_regs; /* the guest's frame while the vCPU is not on a CPU */
    struct guest_trap traps[256];
    struct guest_callback event_cb, failsafe_cb, syscall_cb, syscall32_cb, sysenter_cb;
    uint64_t kernel_sp; /* stack_switch */
    uint16_t kernel_ss;
    struct pending_trap pending_trap;
    bool nmi_masked;   /* until the next iret */
    unsigned int iopl; /* virtual IOPL, 0..3 (set_iopl); guest kernel counts as CPL 1 */
    uint64_t iobmp;    /* set_iobitmap: guest VA, 0 none */
    unsigned int iobmp_limit;
    /* pv/segment.c: bases not in the registers just now. */
    uint64_t fs_base;        /* read back at deschedule */
    uint64_t gs_base_kernel; /* the kernel's GS base while in user mode */
    uint64_t gs_base_user;   /* the user's GS base while in kernel mode */
    uint16_t ds, es, fs, gs; /* selectors while descheduled */
    /* pv/emulate.c */
    uint64_t debugreg[8];
    uint64_t cr0_ts;  /* the guest's virtual CR0.TS */
    uint64_t cr4;     /* the bits the guest may choose (CR4.TSD) */
    uint32_t tsc_aux; /* MSR_TSC_AUX */

    /* common/event_channel.c */
    mfn_t info_mfn;               /* registered frame (held), INVALID_MFN: in shared_info */
    uint32_t virq_port[NR_VIRQS]; /* 0 unbound */

    /* common/sched.c, common/time_guest.c */
    uint64_t poll_ports[EVTCHN_2L_WORDS]; /* VCPU_POLLING */
    struct timer poll_timer, single_timer, periodic_timer;
    uint64_t periodic_ns; /* 0 stopped */
    struct vcpu_runstate_info runstate;
    bool pinned;                /* SCHEDOP_pin_override */
    uint64_t runstate_va;       /* registered area, 0 none */
    uint64_t time_area_va;      /* VCPUOP_register_vcpu_time_memory_area, 0 none */
    struct timer refresh_timer; /* makes time_due true once a second */
    bool time_due;              /* vcpu_info.time wants writing before the guest runs on */

    /* pv/hypercall.c */
    struct multicall_entry *multicall; /* the entry being run by multicall, NULL outside */
    bool multicall_changed;            /* and its arguments are not what the guest put there */
    bool continuation;                 /* the handler has called hypercall_continue() */
    struct trace_call *trace; /* common/trace.c: the call being traced, the innermost one */
};

_Static_assert(offsetof(struct vcpu, exit_word) == VCPU_EXIT_WORD, "entry.S");
_Static_assert(VCPU_EXIT_PLAIN == (uint64_t)VCPU_RUNNING << (8 * offsetof(struct vcpu, state)),
               "entry.S");
_Static_assert(offsetof(struct vcpu, regs) == VCPU_REGS, "entry.S");
_Static_assert(offsetof(struct vcpu, info) == VCPU_INFO, "entry.S");
_Static_assert(offsetof(struct vcpu, mm) + offsetof(struct mm_vcpu, user_mode) == VCPU_USER_MODE,
               "entry.S");

struct domain
{
    struct mm_domain mm;
    uint16_t id;
    bool initial; /* SIF_INITDOMAIN | SIF_PRIVILEGED: console_io, VIRQ_CONSOLE */
    unsigned long vm_assist;
    uint64_t handle[2];

    struct shared_info *shared; /* hypervisor's view; the frame is held */
    mfn_t shared_mfn;
    struct evtchn_domain evtchn;

    /* pv/console_ring.c, pv/xenstore.c: the backends of a domain started with flags 0. */
    struct xencons_interface *console_ring;
    struct xenstore_domain_interface *store_ring;
    struct store_server *store_server;
    uint32_t console_port, store_port; /* the guest's ends */

    struct grant_state *grant;
    /* common/sched.c */
    uint8_t shutdown_code; /* SCHEDOP_shutdown_code's reason + 1, 0: none given */
    bool watchdog_expired;
    struct watchdog
    {
        struct timer timer;
        bool used;
    } watchdog[MAX_WATCHDOGS];
    struct console_line
    {
        char text[128];
        unsigned int len;
    } console_line; /* common/console_io.c: what CONSOLEIO_write has not ended yet */
    int64_t time_offset;

    unsigned int nr_vcpus;
    struct vcpu *vcpu[MAX_VCPUS];
};

#define for_each_vcpu(d, v)                                                                        \
    for ( unsigned int i_ = 0; i_ < (d)->nr_vcpus && ((v) = (d)->vcpu[i_], true); i_++ )

/** The machine's memory state: one per machine (arch/x86/mm_init.c). */
extern struct machine machine;

/** The guest did something that cannot be answered by an errno: print why and its state, stop it, end the run with
 *  EXIT_GUEST_CRASH. May be called anywhere on behalf of @d; does not return when @d is the current domain. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);

/** SCHEDOP_shutdown with a SHUTDOWN_* reason. Does not return: tears the domain down and ends the run. */
void __noreturn domain_shutdown(struct domain *d, unsigned int reason);

/** This CPU stops running guests: the hypervisor's own page tables and descriptor tables, no current vCPU (arch/x86/pv/leave.c). */
void vcpu_leave(void);

/** Forget the grant table; its frames go with the domain (common/grant.c). */
void grant_destroy(struct domain *d);

/** The domain @domid names for @caller: DOMID_SELF or a number. NULL when there is none. */
struct domain *domain_find(struct domain *caller, uint16_t domid);
/** As domain_find(), for calls that only a privileged caller may make on others. -ESRCH; -EPERM. */
int domain_find_target(struct domain *caller, uint16_t domid, struct domain **target);

/* ---- pv/traps.c --------------------------------------------------------------------------------------------------- */

/** Bounce an exception into the current guest when it is next entered. */
void guest_trap(struct vcpu *v, unsigned int vector, uint32_t error_code);
/** As guest_trap(14): sets CR2 in vcpu_info. @error_code as the hardware gave it; the U bit is corrected here. */
void guest_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code);

/** Everything that must happen before the CPU returns to a guest: softirqs, waiting while blocked, time, pending trap, events.
 *  Called by entry.S with interrupts off. */
void guest_exit_work(struct cpu_regs *regs);

/** Switch between the guest's two roots, GS bases and modes. */
void toggle_guest_mode(struct vcpu *v);

/* ---- common/sched.c ----------------------------------------------------------------------------------------------- */

/** Idle until @v may run. */
void sched_wait_runnable(struct vcpu *v);
/** An event for @v became pending: unblock it. */
void vcpu_kick(struct vcpu *v);
/** Start accounting; the vCPU is running or down as @v->state says. */
void sched_init_vcpu(struct vcpu *v);
void sched_init_domain(struct domain *d);
/** Account the time since the last change and be in @state (RUNSTATE_*) from now on. */
void runstate_change(struct vcpu *v, int state);
/** What VCPUOP_get_runstate_info tells: the account up to now. */
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info);

/* ---- common/time_guest.c ------------------------------------------------------------------------------------------ */

/** Refresh vcpu_info.time (about once a second, and before the first entry), the registered areas and the runstate. */
void guest_time_update(struct vcpu *v, bool force);
/** It was @sec, @nsec since 1970, UTC, at @system_time: from now on every domain's wall clock says so. */
void guest_wallclock_set(uint64_t sec, uint32_t nsec, uint64_t system_time);
/** Once the vCPUs exist: wall clock, live vcpu_info.time, the timers, and the 100 Hz VIRQ_TIMER that runs until it is stopped. */
void guest_time_init_domain(struct domain *d);
/** VCPUOP_set_periodic_timer and _stop_periodic_timer (0). -EINVAL: under 1 ms, or absurdly long (XSA-20). */
int guest_periodic_timer(struct vcpu *v, uint64_t period_ns);
/** Copy the runstate to the registered area. */
void guest_runstate_write(struct vcpu *v);
/**
 * Store to a kernel address of @v's guest, whichever of its two roots is loaded: through the direct map, only where the
 * kernel's tables have a writable mapping of a page of its own. 0 or -EFAULT (then a part may have been written).
 */
int guest_kernel_write(struct vcpu *v, uint64_t va, const void *src, size_t len);

/* ---- common/event_channel.c --------------------------------------------------------------------------------------- */

/** Set @port pending for @d, and kick whoever it notifies. Masked ports stay pending silently. */
void evtchn_set_pending(struct domain *d, uint32_t port);
void send_virq(struct vcpu *v, unsigned int virq);
/** Ports whose remote end is in the hypervisor (console, store): @fn runs when the guest sends. Returns the guest's port or 0. */
uint32_t evtchn_alloc_hypervisor(struct domain *d, void (*fn)(struct domain *d));
int evtchn_init(struct domain *d);
/** Give the ports' memory back: the domain is gone. */
void evtchn_destroy(struct domain *d);
/** Tell the guest that the backend @fn, whose port is @port, has news. Nothing if the guest has closed that port. */
void evtchn_notify_guest(struct domain *d, uint32_t port, void (*fn)(struct domain *d));
/** The vCPU's vcpu_info moves to @info (its frame is @mfn, held): contents go along, and the guest is told to look at every port. */
void vcpu_info_move(struct vcpu *v, struct vcpu_info *info, mfn_t mfn);
/** Does @v have an event to be told about and is it willing? */
static inline bool vcpu_event_pending(const struct vcpu *v)
{
    return READ_ONCE(v->info->evtchn_upcall_pending) && !READ_ONCE(v->info->evtchn_upcall_mask);
}

/* ---- pv/dom_build.c ----------------------------------------------------------------------------------------------- */

struct boot_module;

/**
 * Build domain @id from a kernel and @nr (0..BOOT_MAX_MODULES) modules for it: one is its initrd, several it gets as a package. The
 * vCPU 0 is ready to run. NULL, with the reason printed once.
 */
struct domain *domain_build(uint16_t id, const struct boot_module *kernel,
                            const struct boot_module *modules, unsigned int nr);

/** Enter @v for the first time on this CPU; never returns. */
void __noreturn vcpu_enter(struct vcpu *v);

#endif /* !__ASSEMBLY__ */

#endif /* XEN_DOMAIN_H */
