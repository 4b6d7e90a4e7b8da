// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the first C function to the first guest, as two lists of steps: boot_start() on the stack that head.S set up, and, once
 * there are page tables of our own, start_on_own_stack() on a stack between guard pages. No locks: one CPU.
 */
#include <asm/apic.h>
#include <asm/boot.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/multiboot2.h>
#include <asm/paging.h>
#include <asm/processor.h>
#include <asm/pvh.h>
#include <asm/screen.h>
#include <asm/sections.h>
#include <public/arch-x86/hvm/start_info.h>
#include <xen/acpi.h>
#include <xen/audit.h>
#include <xen/clock.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/module_package.h>
#include <xen/printk.h>
#include <xen/shutdown.h>

struct boot_info boot_info;

static struct percpu boot_percpu;
/* When boot_start() was entered; what came before is the firmware's and the loader's time. */
static uint64_t tsc_at_start;

/* ---- Steps --------------------------------------------------------------------------------- */

/** This machine, or what the loader gave us, will not do: one line, and a status that says so. */
static void __noreturn cannot_start(const char *what, const char *why)
{
    console_last_words();
    pr_always("%s: %s", what, why);
    machine_exit(EXIT_NO_GUEST);
}

static void init_percpu(void)
{
    boot_percpu.self = &boot_percpu;
    wrmsr(MSR_GS_BASE, (uint64_t)&boot_percpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
}

/** Exceptions, with stacks inside the image until there are page tables for better ones. */
static void init_traps(void)
{
    static uint8_t stacks[IST_COUNT][PAGE_SIZE] __aligned(16);
    uint64_t ist[IST_COUNT];

    for ( unsigned int i = 0; i < IST_COUNT; i++ )
        ist[i] = (uint64_t)stacks[i + 1];
    desc_set_stacks(0, ist); /* nobody comes from CPL 3 yet */
    desc_load_cpu();
}

/* What head.S shows of machine memory, and where a loader may have put what it tells us. */
#define BOOT_VIEW (1UL << 32)

static int read_multiboot2(uint32_t info, const char **why)
{
    *why = "not where it should be";
    if ( info % 8 )
        return -EINVAL;
    /* The list may be as long as it likes within what there is to see. */
    return multiboot2_parse(early_map(_maddr(info), 8), BOOT_VIEW - info, &boot_info, why);
}

static int read_pvh(uint32_t start_info, const char **why)
{
    const struct memory_view mem = { early_map(_maddr(0), BOOT_VIEW), BOOT_VIEW };

    return pvh_parse(&mem, start_info, &boot_info, why);
}

/** @protocol: multiboot2's or PVH's magic number, whoever entered us. */
static void read_boot_info(uint32_t protocol, uint32_t info)
{
    bool pvh = protocol == XEN_HVM_START_MAGIC_VALUE;
    const char *why;

    if ( pvh ? read_pvh(info, &why) : read_multiboot2(info, &why) )
        cannot_start("Boot information", why);
}

static bool opt_module_package;
OPTION_BOOL("module-package", opt_module_package);

/** A loader that can hand over one module only has been given several in one, and the option says so. */
static void split_package(void)
{
    struct boot_mod *first = &boot_info.modules[0];
    const void *data;
    const char *why;

    if ( !opt_module_package || !boot_info.nr_modules )
        return;
    data = early_map(_maddr(first->start), first->size);
    if ( !data )
        cannot_start("Module package", "beyond 4 GiB");
    if ( package_split(data, &boot_info, &why) )
        cannot_start("Module package", why);
}

static void print_banner(void)
{
    pr_always("Tenon, a hypervisor for x86-64 PV guests");
    pr_info("Loaded by %s, command line: %s", boot_info.loader, boot_info.cmdline);
}

static void init_cpu(void)
{
    const struct cpu_features *f = &cpu_features;
    const char *why;

    if ( !cpu_init_boot(&why) )
        cannot_start("CPU", why);
    pr_info("CPU: %s %s, family %#x model %#x stepping %u, %u-bit physical addresses", f->vendor_id,
            f->brand, f->family, f->model, f->stepping, f->paddr_bits);
    pr_info("CPU protection: NX WP%s%s%s%s", f->smep ? " SMEP" : "", f->smap ? " SMAP" : "",
            f->umip ? " UMIP" : "", f->tcg ? " (emulated by TCG: no SMAP)" : "");
}

static void init_memory(void)
{
    const char *why = mm_init();

    if ( why )
        cannot_start("Memory", why);
}

static struct domain *build_first_domain(void)
{
    struct boot_module modules[BOOT_MAX_MODULES];
    struct domain *d;

    if ( !boot_info.nr_modules )
        cannot_start("No guest",
                     "no module was loaded (GRUB: a module2 line with a kernel, QEMU: -initrd)");
    for ( unsigned int i = 0; i < boot_info.nr_modules; i++ )
    {
        const struct boot_mod *from = &boot_info.modules[i];

        modules[i] = (struct boot_module){ _maddr(from->start), from->size, from->cmdline };
    }
    d = domain_build(0, &modules[0], &modules[1], boot_info.nr_modules - 1);
    if ( !d )
        cannot_start("No guest", "the first domain could not be built");
    boot_release_modules();
    return d;
}

/**
 * For docs/boot.md's table: all of our own work, time_init()'s measuring included. What came before is known where the TSC began at 0
 * with the machine, as it does in QEMU; it is told last, because printing takes time too.
 */
static void tell_times(void)
{
    pr_debug("first guest instruction at %lu ns", tsc_scale_ns(&tsc_scale, rdtsc() - tsc_at_start));
    pr_debug("entered at %lu ns by the TSC", tsc_scale_ns(&tsc_scale, tsc_at_start));
}

/* ---- The lists ----------------------------------------------------------------------------- */

static void __noreturn start_on_own_stack(void)
{
    struct domain *d;

    cpu_init_syscall();       /* the guest's ways in */
    console_init();           /* com1=, console=, the screen */
    acpi_init();              /* power-off, interrupt controllers, a clock */
    apic_init();              /* who interrupts us */
    time_init();              /* now() and timers */
    console_init_input();     /* typing */
    debugkeys_init();         /* orders to the hypervisor */
    audit_init();             /* CONFIG_AUDIT: one more of them */
    d = build_first_domain(); /* from the modules, which are free memory then */
    paging_seal();            /* what boot has set stays so */
    if ( d->initial )
        screen_release(); /* it has been told where to draw */

    selftest_fail(); /* only if fail= says so */
    tell_times();
    vcpu_enter(d->vcpu[0]);
}

static void __noreturn leave_boot_stack(void)
{
    uint64_t top, ist[IST_COUNT];

    if ( paging_map_stacks(smp_cpu(), &top, ist) )
        cannot_start("Memory", "no pages for the stacks");
    desc_set_stacks(top, ist); /* each between guard pages */
    __asm__ __volatile__("movq %0, %%rsp\n\t"
                         "xorl %%ebp, %%ebp\n\t"
                         "call *%1\n\t"
                         "ud2"
                         :
                         : "r"(top), "r"(start_on_own_stack)
                         : "memory");
    __builtin_unreachable();
}

void boot_start(uint32_t protocol, uint32_t info)
{
    tsc_at_start = read_tsc();
    init_percpu();                    /* smp_cpu(), current */
    console_init_early();             /* from here on something can be said */
    init_traps();                     /* a fault prints instead of resetting the machine */
    read_boot_info(protocol, info);   /* memory map, modules, command line: copied */
    cmdline_parse(boot_info.cmdline); /* options, each next to what it sets */
    print_banner();                   /* now that loglvl= is known */
    split_package();                  /* one module may hold several */
    init_cpu();                       /* features, CR0, CR4, EFER, PAT */
    init_memory();                    /* page tables, frame accounts, heap */
    leave_boot_stack();               /* continued in start_on_own_stack() */
}
