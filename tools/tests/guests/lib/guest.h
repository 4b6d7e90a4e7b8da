/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small library for PV test guests. A guest is a folder with one or more .c files that define guest_name and
 * guest_main(); it is entered on a 16 KiB stack with console, traps and a page pool ready, and returns to end.
 *
 *   1. start and end       start.S, main.c, first.c
 *   2. text                print.c, console.c
 *   3. hypercalls          inline below, start.S
 *   4. traps               entry.S, traps.c
 *   5. page tables         paging.c
 *   6. user mode           user.c
 *   7. events and time     events.c
 *   8. checks              check.c
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <public/xen.h>
#include <public/callback.h>
#include <public/errno.h>
#include <public/event_channel.h>
#include <public/features.h>
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

#define PAGE_SIZE     4096UL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- 1. Start and end ---------------------------------------------------------------------------------------------- */

/** What the guest is called in its first and last lines; defined by each guest. */
extern const char guest_name[];
void guest_main(void);

/** The registers with which the hypervisor entered us. */
struct start_regs
{
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint16_t cs, ss, ds, es, fs, gs;
    uint64_t rflags;
};
extern const struct start_regs start_regs;

/** The rest of what we found, before we changed anything: L1 entries of the mapping from address 0 to where it ends, and shared_info. */
#define START_ENTRIES 4096
struct start_state
{
    unsigned int
        nr_entries; /* in which something is present, from the first; at most START_ENTRIES */
    uint64_t entries[START_ENTRIES];
    uint64_t misnumbered; /* frames of the p2m list that the M2P has another number for */
    struct shared_info shared;
};
extern struct start_state start_state;
void start_state_save(void);
void start_state_save_shared(void);

extern struct start_info *start_info;
extern struct shared_info *shared_info; /* mapped by guest_start() */

/** SCHEDOP_shutdown with a SHUTDOWN_* reason. */
void __attribute__((noreturn)) guest_shutdown(unsigned int reason);
/** Started as the initial domain (console_io instead of the ring)? */
static inline bool initial_domain(void)
{
    return start_info->flags & SIF_INITDOMAIN;
}

/* ---- 2. Text -------------------------------------------------------------------------------------------------------- */

/** d i u x X c s p %, flags 0 and -, width, l and z. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void console_write(const char *s, size_t len);
/** Typed characters; how many there were. Does not wait. */
size_t console_read(char *buf, size_t len);
/** The name of a negative errno ("-EINVAL"), or "0", or the number. */
const char *errno_name(long rc);

void *memset(void *s, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strstr(const char *s, const char *what);

/* ---- 3. Hypercalls -------------------------------------------------------------------------------------------------- */

long hypercall(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
               unsigned long a4, unsigned long a5);
long hypercall_raw(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
                   unsigned long a4, unsigned long a5);
extern char hypercall_page[];

#define HYPERCALL(nr, a1, a2, a3, a4, a5)                                                          \
    hypercall(__HYPERVISOR_##nr, (unsigned long)(a1), (unsigned long)(a2), (unsigned long)(a3),    \
              (unsigned long)(a4), (unsigned long)(a5))

static inline long hyp_mmu_update(const struct mmu_update *req, unsigned int count,
                                  unsigned int *done, unsigned int domid)
{
    return HYPERCALL(mmu_update, req, count, done, domid, 0);
}

static inline long hyp_mmuext_op(const struct mmuext_op *op, unsigned int count, unsigned int *done,
                                 unsigned int domid)
{
    return HYPERCALL(mmuext_op, op, count, done, domid, 0);
}

static inline long hyp_update_va_mapping(const volatile void *va, uint64_t pte, unsigned long flags)
{
    return HYPERCALL(update_va_mapping, va, pte, flags, 0, 0);
}

static inline long hyp_set_trap_table(const struct trap_info *traps)
{
    return HYPERCALL(set_trap_table, traps, 0, 0, 0, 0);
}

static inline long hyp_set_gdt(const unsigned long *frames, unsigned int entries)
{
    return HYPERCALL(set_gdt, frames, entries, 0, 0, 0);
}

static inline long hyp_update_descriptor(uint64_t maddr, uint64_t desc)
{
    return HYPERCALL(update_descriptor, maddr, desc, 0, 0, 0);
}

static inline long hyp_stack_switch(unsigned long ss, unsigned long sp)
{
    return HYPERCALL(stack_switch, ss, sp, 0, 0, 0);
}

static inline long hyp_set_segment_base(unsigned int which, uint64_t base)
{
    return HYPERCALL(set_segment_base, which, base, 0, 0, 0);
}

static inline long hyp_callback_op(unsigned int cmd, const void *arg)
{
    return HYPERCALL(callback_op, cmd, arg, 0, 0, 0);
}

static inline long hyp_sched_op(unsigned int cmd, const void *arg)
{
    return HYPERCALL(sched_op, cmd, arg, 0, 0, 0);
}

static inline long hyp_event_channel_op(unsigned int cmd, void *arg)
{
    return HYPERCALL(event_channel_op, cmd, arg, 0, 0, 0);
}

static inline long hyp_vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return HYPERCALL(vcpu_op, cmd, vcpu, arg, 0, 0);
}

static inline long hyp_memory_op(unsigned int cmd, void *arg)
{
    return HYPERCALL(memory_op, cmd, arg, 0, 0, 0);
}

static inline long hyp_xen_version(unsigned int cmd, void *arg)
{
    return HYPERCALL(xen_version, cmd, arg, 0, 0, 0);
}

static inline long hyp_console_io(unsigned int cmd, unsigned int len, const void *buf)
{
    return HYPERCALL(console_io, cmd, len, buf, 0, 0);
}

static inline long hyp_physdev_op(unsigned int cmd, void *arg)
{
    return HYPERCALL(physdev_op, cmd, arg, 0, 0, 0);
}

static inline long hyp_vm_assist(unsigned int cmd, unsigned int type)
{
    return HYPERCALL(vm_assist, cmd, type, 0, 0, 0);
}

static inline long hyp_multicall(struct multicall_entry *list, unsigned int count)
{
    return HYPERCALL(multicall, list, count, 0, 0, 0);
}

static inline long hyp_set_timer_op(uint64_t ns)
{
    return HYPERCALL(set_timer_op, ns, 0, 0, 0, 0);
}

/** One MMUEXT_* operation; arg2 is nr_ents, src_mfn or a pointer. */
long mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2);
/** One mmu_update request on ourselves. */
long mmu_update1(uint64_t ptr, uint64_t val);

/* ---- 4. Traps ------------------------------------------------------------------------------------------------------- */

struct regs
{
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_DE        0
#define TRAP_DB        1
#define TRAP_BP        3
#define TRAP_OF        4
#define TRAP_UD        6
#define TRAP_NM        7
#define TRAP_SS        12
#define TRAP_GP        13
#define TRAP_PF        14
#define TRAP_EVENT     256
#define TRAP_SYSCALL   257
#define TRAP_SYSCALL32 258
#define TRAP_SYSENTER  259
#define TRAP_NMI_CB    260
#define TRAP_FAILSAFE  261

/* Page-fault error code. */
#define PF_P 1
#define PF_W 2
#define PF_U 4
#define PF_I 16

#define EFLAGS_CF   0x1UL
#define EFLAGS_TF   0x100UL
#define EFLAGS_IF   0x200UL
#define EFLAGS_DF   0x400UL
#define EFLAGS_IOPL 0x3000UL
#define EFLAGS_NT   0x4000UL
#define EFLAGS_AC   0x40000UL

#define INT_VECTOR_DPL3 0x40 /* a gate that user mode may use */
#define INT_VECTOR_DPL1 0x41 /* a gate for the kernel only */
#define INT_VECTOR_DPL0 0x42

extern char trap_stubs[], event_entry[], syscall_entry[], syscall32_entry[], sysenter_entry[],
    nmi_entry[], failsafe_entry[], probe_landing[], user_start[];
static inline uint64_t trap_stub(unsigned int vector)
{
    return (uint64_t)trap_stubs + vector * 16;
}

void traps_init(void);
/** Run fn(arg); true if it trapped: then it was abandoned and probe_regs says where and how (fault address in probe_cr2). */
bool probe(void (*fn)(void *arg), void *arg);
extern struct regs probe_regs;
extern uint64_t probe_cr2;
extern uint64_t probe_sp;
/** Called first for every trap; returns true when it dealt with it and the guest shall go on with *r. May be NULL. */
extern bool (*trap_hook)(struct regs *r);

/** Is the CPU one of QEMU's that are emulated by TCG? By CPUID itself, which no hypervisor filters for us there. */
bool cpu_is_tcg(void);
/** Why INT n cannot be judged on this machine, or NULL if it can. */
const char *int_n_fault(void);

struct iret_frame
{
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};
void __attribute__((noreturn)) iret_to(const struct iret_frame *f);

/* ---- 5. Page tables ------------------------------------------------------------------------------------------------- */

#define PTE_P            0x1UL
#define PTE_RW           0x2UL
#define PTE_US           0x4UL
#define PTE_PWT          0x8UL
#define PTE_PCD          0x10UL
#define PTE_A            0x20UL
#define PTE_D            0x40UL
#define PTE_PSE          0x80UL /* in L2 and above; in an L1 entry it selects PAT4-7 */
#define PTE_PAT          0x80UL
#define PTE_G            0x100UL
#define PTE_GUEST_KERNEL (1UL << 52)
#define PTE_NX           (1UL << 63)
#define PTE_ADDR         0x000ffffffffff000UL
#define PTE_TABLE        (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_RW_PAGE      (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_RO_PAGE      (PTE_P | PTE_A | PTE_D)

#define M2P         ((const volatile uint64_t *)MACH2PHYS_VIRT_START)
#define INVALID_PFN (~0UL)

/** A PTE for frame @mfn. */
static inline uint64_t pte(uint64_t mfn, uint64_t flags)
{
    return (mfn << 12) | flags;
}

uint64_t pfn_to_mfn(uint64_t pfn);
/** INVALID_PFN if the frame is not ours. */
uint64_t mfn_to_pfn(uint64_t mfn);
/** The frame behind an address of the initial mapping, whatever is mapped there now. */
uint64_t virt_to_mfn(const volatile void *va);
/** First PFN that the initial mapping does not show. */
uint64_t first_unmapped_pfn(void);

/** A zeroed page of the initial mapping, mapped writable; never the same twice. Panics when the pool is empty. */
void *page_alloc(void);
/** The MFN of a page of ours that is mapped nowhere; never the same twice. */
uint64_t spare_mfn(void);
/** A page-aligned virtual address with an L1 table and nothing mapped there. */
void *window_alloc(void);

extern uint64_t root_mfn; /* the kernel's L4 */
/** How far pool and windows are used up, and back to there: windows are unmapped, pages unpinned, mapped writable and zeroed. What
 *  the hypervisor refuses to free stays used for ever; pages_reset() says how many pages those are. */
struct pages_mark
{
    unsigned int pool, windows;
};
struct pages_mark pages_mark(void);
unsigned int pages_reset(struct pages_mark mark);

/** The entry that maps @va at @level (4..1) in the tables under root_mfn: readable pointer, or NULL if there is none. */
volatile uint64_t *pt_entry(const volatile void *va, unsigned int level);
/** Its machine address, or 0. */
uint64_t pt_entry_maddr(const volatile void *va, unsigned int level);
/** The MFN of the table at @level that @va is translated by. */
uint64_t pt_table_mfn(const volatile void *va, unsigned int level);
/** Map a page anywhere, making the tables that are missing; 0 or the hypervisor's errno. */
long pt_map(volatile void *va, uint64_t entry);
/** Change the mapping of a page of the initial map to read-only or back; 0 or the hypervisor's errno. */
long page_set_ro(const volatile void *va);
long page_set_rw(const volatile void *va);

/* ---- 6. User mode --------------------------------------------------------------------------------------------------- */

/** Run fn(arg) in user mode, on a user stack, with the kernel's mappings visible. Traps out of it are caught as by probe():
 *  then false and probe_regs is set; else true and *result is fn's value. */
bool user_call(unsigned long (*fn)(unsigned long), unsigned long arg, unsigned long *result);
/** Make the user L4 (done by the first user_call()). */
void user_init(void);
/** stack_switch to the stack that user_call() expects. */
long user_kernel_stack(void);
extern uint64_t user_root_mfn;
#define USER_EXIT 0x7e57

/* ---- 7. Events and time --------------------------------------------------------------------------------------------- */

static inline struct vcpu_info *vcpu_info(void)
{
    return &shared_info->vcpu_info[0];
}

/** How often the event callback ran, and which port it saw last. Ports that nobody asked for are acknowledged too. */
extern volatile unsigned int event_upcalls;
extern volatile unsigned int event_count[64]; /* by port, the first 64 */
void event_dispatch(void);
/** Masks: while masked no upcall comes. */
static inline void events_mask(void)
{
    vcpu_info()->evtchn_upcall_mask = 1;
    __asm__ volatile("" ::: "memory");
}
void events_unmask(void);
bool event_pending(unsigned int port);
void event_clear(unsigned int port);
void event_set_mask(unsigned int port, bool masked);
/** Nanoseconds since boot from vcpu_info.time. */
uint64_t system_time(void);
static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return lo | ((uint64_t)hi << 32);
}

/* ---- 8. Checks ------------------------------------------------------------------------------------------------------ */

/** One checked statement; the guest's result is a failure if any does not hold. */
void check(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A hypercall's result against the one wanted. */
void check_rc(long got, long want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** Two answers are right: what Xen gives depends on how it was configured. */
void check_rc_any(long got, long want, long other, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/** A number. */
void check_eq(uint64_t got, uint64_t want, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** A heading over the checks that follow. */
void section(const char *title);
/** This test does not apply here. */
void skip(const char *why);
/** A point that cannot be judged here, and why; the others of the test can. */
void leave_out(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The test itself could not be set up. */
void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Stop at once: dump, "Test result: CRASH", SHUTDOWN_crash. */
void __attribute__((noreturn, format(printf, 1, 2))) panic(const char *fmt, ...);
/** Print the last line, "Test result: ...", and shut down: power-off, or SHUTDOWN_crash if something failed. */
void __attribute__((noreturn)) report_and_exit(void);
extern unsigned int checks_failed;
/** The worst that happened since the last call, as in the last line: "SUCCESS"... */
const char *checks_take_part(void);

#endif /* GUEST_H */
