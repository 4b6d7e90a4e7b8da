/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor has failed: say everything that helps to find out why, then stop.
 *
 *   1. registers
 *   2. backtrace: the chain of saved frame pointers, each checked before it is followed
 *   3. the ways in: crash_dump() from exceptions, panic(), port_bug() from BUG_ON and ASSERT
 *
 * Nothing here may rely on the state being sane: no lock is taken, and a second crash on the way ends the run at once.
 */
#include <asm/crash.h>
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/paging.h>
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/sections.h>
#include <asm/msr.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/shutdown.h>
#include <xen/symbols.h>

#define BACKTRACE_MAX 32

/* ---- 1. Registers --------------------------------------------------------------------------------------------------- */

void regs_print(const struct cpu_regs *regs)
{
    if ( regs_from_guest(regs) )
        pr_always("rip %04lx:%016lx  rflags %08lx  vector %x error %x", regs->cs, regs->rip,
                  regs->rflags, regs->vector, regs->error_code);
    else
        pr_always("rip %04lx:%ps  rflags %08lx  vector %x error %x", regs->cs, (void *)regs->rip,
                  regs->rflags, regs->vector, regs->error_code);
    pr_always("rsp %04lx:%016lx  rbp %016lx", regs->ss, regs->rsp, regs->rbp);
    pr_always("rax %016lx  rbx %016lx  rcx %016lx", regs->rax, regs->rbx, regs->rcx);
    pr_always("rdx %016lx  rsi %016lx  rdi %016lx", regs->rdx, regs->rsi, regs->rdi);
    pr_always("r8  %016lx  r9  %016lx  r10 %016lx", regs->r8, regs->r9, regs->r10);
    pr_always("r11 %016lx  r12 %016lx  r13 %016lx", regs->r11, regs->r12, regs->r13);
    pr_always("r14 %016lx  r15 %016lx", regs->r14, regs->r15);
}

static void control_registers_print(void)
{
    pr_always("cr0 %016lx  cr2 %016lx  cr3 %016lx  cr4 %016lx", read_cr0(), read_cr2(), read_cr3(),
              read_cr4());
    pr_always("gs base %016lx  guest's gs base %016lx", rdmsr(MSR_GS_BASE),
              rdmsr(MSR_KERNEL_GS_BASE));
}

/* ---- 2. Backtrace --------------------------------------------------------------------------------------------------- */

/* Is the word at @addr on a stack that is mapped? Every CPU has several (asm/paging.h), and the first one is in the image. */
static bool on_stack(uint64_t addr)
{
    uint64_t cpu = (addr - STACKS_START) / CPU_STACK_STRIDE;
    uint64_t page = (addr - STACKS_START) % CPU_STACK_STRIDE / PAGE_SIZE;

    if ( addr >= (uint64_t)__data_start && addr < (uint64_t)__image_end )
        return true;
    if ( addr < STACKS_START || cpu >= machine.nr_cpus )
        return false;
    for ( unsigned int i = 0; i < IST_COUNT; i++ )
        if ( page - IST_STACK_PAGE(i) < IST_STACK_PAGES )
            return true;
    return page - MAIN_STACK_PAGE < MAIN_STACK_PAGES;
}

/* A saved frame pointer and the return address behind it. */
static bool frame_readable(uint64_t rbp)
{
    return !(rbp & 7) && on_stack(rbp) && on_stack(rbp + 8);
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
    pr_always("backtrace:");
    pr_always("   %ps", (void *)rip);
    for ( unsigned int i = 0; i < BACKTRACE_MAX && frame_readable(rbp); i++ )
    {
        const uint64_t *frame = (const uint64_t *)rbp;

        if ( !frame[1] )
            break;
        pr_always("   %ps", (void *)frame[1]);
        if ( frame[0] <= rbp )
            break; /* callers are further up; anything else is no frame, or a circle */
        rbp = frame[0];
    }
}

#define STACK_LINES  6
#define STACK_SEARCH 128 /* words */

/* Without a frame pointer: whatever on the stack points into the code; some of it may be left from earlier calls. */
static void stack_search(uint64_t rsp)
{
    uint64_t offset, size;

    pr_always("no frame pointer; callers may be:");
    for ( unsigned int i = 0; i < STACK_SEARCH && on_stack(rsp); i++, rsp += 8 )
        if ( symbol_lookup(*(const uint64_t *)rsp, &offset, &size) )
            pr_always("   %ps", *(void *const *)rsp);
}

static void stack_print(uint64_t rsp)
{
    if ( (rsp & 7) || !on_stack(rsp) )
    {
        pr_always("the stack pointer is on no stack");
        return;
    }
    pr_always("stack:");
    for ( unsigned int i = 0; i < STACK_LINES && on_stack(rsp + 16); i++, rsp += 24 )
    {
        const uint64_t *w = (const uint64_t *)rsp;

        pr_always("   %016lx: %016lx %016lx %016lx", rsp, w[0], w[1], w[2]);
    }
}

/* ---- 3. Ways in ----------------------------------------------------------------------------------------------------- */

/* The percpu area may not be there yet: GS base is 0 until it is. */
static void current_print(void)
{
    const struct vcpu *v = rdmsr(MSR_GS_BASE) >= HYPERVISOR_START ? current : NULL;

    if ( !v )
    {
        pr_always("no vCPU was running");
        return;
    }
    pr_always("running d%dv%u in %s mode%s", v->domain->id, v->id,
              v->mm.user_mode ? "user" : "kernel", v->regs ? ", entered from:" : "");
    if ( v->regs )
        regs_print(v->regs);
}

/* True the first time. */
static bool crash_begin(void)
{
    static uint32_t crashes;
    uint32_t n = __atomic_fetch_add(&crashes, 1, __ATOMIC_RELAXED);

    irq_disable();
    if ( n > 1 )
        cpu_halt_forever(); /* even saying so crashes */
    console_emergency();
    return n == 0;
}

static void __noreturn crash_end(void)
{
    console_flush();
    machine_exit(EXIT_HV_CRASH);
}

void crash_dump(const struct cpu_regs *regs, const char *what)
{
    if ( crash_begin() )
    {
        pr_always("**** Tenon has crashed: %s ****", what);
        regs_print(regs);
        control_registers_print();
        backtrace_print(regs->rip, regs->rbp);
        if ( !frame_readable(regs->rbp) && !(regs->rsp & 7) )
            stack_search(regs->rsp);
        stack_print(regs->rsp);
        current_print();
    }
    else
        pr_always("**** and again: %s at %ps ****", what, (void *)regs->rip);
    crash_end();
}

static void __noreturn __attribute__((noinline)) stop(uint64_t rip, uint64_t rbp)
{
    control_registers_print();
    backtrace_print(rip, rbp);
    current_print();
    crash_end();
}

void panic(const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if ( !crash_begin() )
    {
        pr_always("**** and again: %s ****", text);
        crash_end();
    }
    pr_always("**** Tenon has stopped: %s ****", text);
    stop((uint64_t)__builtin_return_address(0), *(const uint64_t *)__builtin_frame_address(0));
}

void port_bug(const char *file, int line, const char *what)
{
    if ( !crash_begin() )
    {
        pr_always("**** and again: broken invariant at %s:%d: %s ****", file, line, what);
        crash_end();
    }
    pr_always("**** Tenon has stopped: broken invariant at %s:%d: %s ****", file, line, what);
    stop((uint64_t)__builtin_return_address(0), *(const uint64_t *)__builtin_frame_address(0));
}
