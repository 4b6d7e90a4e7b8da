/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds a PV domain from a kernel and modules in memory. What can be wrong with them is found before anything is made; what
 * goes wrong afterwards takes all of it back.
 *
 *  1. reading: modules, command line, kernel
 *  2. how much memory
 *  3. making: domain, vCPU, backends, running on the new page tables
 *  4. the list of steps, and undoing it
 *
 * Keeps invariants 3 and 12. Locks: none; nobody else knows the domain yet.
 */

#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/paging.h>
#include <xen/backend.h>
#include <xen/bzimage.h>
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/features.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/xalloc.h>

#include "dom_build.h"

/* ---- 1. reading --------------------------------------------------------------------------------------------------- */

/* What a kernel may require: what XENVER_get_features says, and two that are true without it. Writes to page tables that are
 * mapped read-only are emulated (VMASST writable_pagetables), which is what kernels mean by the first. */
static uint64_t features(bool initial)
{
    return 1UL << XENFEAT_writable_page_tables | 1UL << XENFEAT_pae_pgdir_above_4gb |
           guest_features(initial);
}

static int read_module(struct dom_build *b, const struct boot_module *mod, const char *what,
                       const void **data)
{
    *data = early_map(mod->start, mod->size);
    if ( *data )
        return 0;
    return load_fail(&b->err, -EFAULT, "the %s (%#lx bytes at %#lx) does not lie in memory", what,
                     mod->size, maddr_x(mod->start));
}

/* The module's own words, then what stood behind "--" on the hypervisor's line. */
static int read_cmdline(struct dom_build *b)
{
    const char *own = b->kernel->cmdline ? b->kernel->cmdline : "";
    size_t len = strlen(own), more = strlen(cmdline_extra), gap = len && more;

    if ( len + gap + more >= sizeof(b->cmdline) )
        return load_fail(&b->err, -E2BIG,
                         "the kernel's command line has %zu characters, more than %zu",
                         len + gap + more, sizeof(b->cmdline) - 1);
    memcpy(b->cmdline, own, len);
    if ( gap )
        b->cmdline[len] = ' ';
    memcpy(b->cmdline + len + gap, cmdline_extra, more);
    return 0;
}

static int read_kernel(struct dom_build *b)
{
    int rc = read_module(b, b->kernel, "kernel", &b->kernel_data);

    rc = rc ? rc : kernel_unpack(&b->file, b->kernel_data, b->kernel->size, &b->err);
    rc = rc ? rc : guest_image_open(&b->img, b->file.elf, b->file.elf_size, &b->err);
    return rc ? rc : guest_image_check_features(&b->img, features(b->initial), b->initial, &b->err);
}

static bool is_kernel(const void *data, uint64_t size)
{
    struct guest_image img;
    struct load_error err;

    return bzimage_is(data, size) || guest_image_open(&img, data, size, &err) == 0;
}

/* Who loads two kernels has made a mistake, and a guest would look for its files in the second. One that is compressed passes. */
static int read_one(struct dom_build *b, unsigned int i)
{
    const struct boot_module *mod = &b->modules[i];
    const char *what = b->nr_modules == 1 ? "initrd" : "module";
    int rc = read_module(b, mod, what, &b->module_data[i]);

    if ( rc || !is_kernel(b->module_data[i], mod->size) )
        return rc;
    return load_fail(&b->err, -EINVAL,
                     "two kernels: the %s (%#lx bytes at %#lx) behind the first is one too", what,
                     mod->size, maddr_x(mod->start));
}

static int read_modules(struct dom_build *b)
{
    int rc = 0;

    for ( unsigned int i = 0; i < b->nr_modules && !rc; i++ )
        rc = read_one(b, i);
    if ( rc || !b->nr_modules )
        return rc;
    b->initrd_size = b->modules[0].size;
    if ( b->nr_modules == 1 )
        return 0;
    if ( !package_plan(&b->package, b->modules, b->nr_modules) )
        return load_fail(&b->err, -E2BIG, "the %u modules have more than 4 GiB together",
                         b->nr_modules);
    b->initrd_size = b->package.size;
    return 0;
}

/* ---- 2. how much -------------------------------------------------------------------------------------------------- */

/* Without dom0_mem= a domain gets this and twice its modules, however large the machine is: giving out memory is the one part
 * of the boot whose time grows with it. */
#define DEFAULT_BYTES (512UL << 20)
/* The hypervisor keeps at least this: for its own structures, and a sixteenth by default. */
#define RESERVE_BYTES         (2UL << 20)
#define DEFAULT_RESERVE_BYTES (16UL << 20)

static uint64_t default_bytes(const struct dom_build *b, uint64_t free)
{
    uint64_t reserve = MAX(free / 16, DEFAULT_RESERVE_BYTES);

    return MIN(free > reserve ? free - reserve : 0,
               DEFAULT_BYTES + 2 * (b->file.elf_size + b->initrd_size));
}

static void choose_memory(struct dom_build *b)
{
    uint64_t free = machine.heap.nr_free << PAGE_SHIFT, reserve = RESERVE_BYTES + free / 128;
    struct mem_option opt = opt_dom0_mem;
    uint64_t max;

    free = free > reserve ? free - reserve : 0;
    if ( !opt.size.set )
        opt.size = (struct mem_amount){ .set = true, .bytes = default_bytes(b, free) };
    b->nr_pages = mem_option_pages(&opt, free >> PAGE_SHIFT, &max);
    b->max_pages = opt.max.set ? MAX(b->nr_pages, max) : b->nr_pages;
}

static int lay_out(struct dom_build *b)
{
    const struct guest_image *img = &b->img;
    const struct dom_plan plan = {
        .virt_base = img->virt_base,
        .kernel_start = img->virt_start,
        .kernel_end = img->virt_end,
        .initrd_size = b->initrd_size,
        .initrd_unmapped = img->mod_start_pfn,
        .p2m_placed = img->init_p2m != GUEST_VA_UNSET,
        .p2m_va = img->init_p2m,
        .rings = !b->initial,
        .nr_pages = b->nr_pages,
    };

    return dom_layout(&b->l, &plan, &b->err);
}

/* ---- 3. making ---------------------------------------------------------------------------------------------------- */

static int failed(struct dom_build *b, int rc, const char *what)
{
    return rc ? load_fail(&b->err, rc, "%s failed (error %d)", what, -rc) : 0;
}

/* What lies between @*at and the next gap is the domain's. */
static void give_up_to(struct mm_domain *mm, uint64_t *at, uint64_t gap, uint64_t gap_nr)
{
    mm->iomem[mm->nr_iomem++] = (struct frame_range){ _mfn(*at), gap - *at };
    *at = gap + gap_nr;
}

/*
 * All devices but those that interrupts go through: who writes there sends interrupts of any vector to any CPU. On AMD those are also
 * the HyperTransport addresses, the last 12 GiB below 1 TiB, or on newer families below the end of all.
 */
static void give_devices(struct mm_domain *mm)
{
    const uint64_t ht_nr = (12ULL << 30) >> PAGE_SHIFT;
    uint64_t at = 0, end = (mm->machine->paddr_mask >> PAGE_SHIFT) + 1;
    uint64_t ht_end = cpu_features.family < 0x17 ? 1ULL << (40 - PAGE_SHIFT) : end;

    give_up_to(mm, &at, 0xfec00, 0x100);
    give_up_to(mm, &at, 0xfee00, 0x100);
    if ( cpu_features.vendor == VENDOR_AMD && ht_end <= end && ht_end - ht_nr > at )
        give_up_to(mm, &at, ht_end - ht_nr, ht_nr);
    if ( at < end )
        give_up_to(mm, &at, end, 0);
}

static int make_domain(struct dom_build *b)
{
    struct domain *d = xzalloc(struct domain);
    int rc;

    if ( !d )
        return failed(b, -ENOMEM, "allocating the domain");
    rc = domain_mem_init(&machine, &d->mm, b->id, b->max_pages);
    if ( rc )
    {
        xfree(struct domain, d);
        return failed(b, rc, "entering the domain");
    }
    b->d = d;
    d->id = b->id;
    d->initial = d->mm.privileged = d->mm.cache_attrs = b->initial;
    if ( b->initial )
        give_devices(&d->mm);
    rc = failed(b, domain_window_init(d), "making the descriptor windows");
    return rc ? rc : failed(b, evtchn_init(d), "making the event channels");
}

/* The frame is the hypervisor's gift: no part of nr_pages, in no p2m, mapped by its machine address. */
static int make_shared_info(struct dom_build *b)
{
    struct domain *d = b->d;
    mfn_t mfn = domain_alloc_extra(&d->mm);

    if ( mfn_eq(mfn, INVALID_MFN) )
        return failed(b, -ENOMEM, "allocating shared_info");
    d->shared_mfn = mfn;
    d->shared = mfn_to_virt(&machine, mfn);
    dom_make_shared_info(d->shared);
    return failed(b, domain_hold(&d->mm, mfn), "holding shared_info");
}

static int make_vcpu(struct dom_build *b)
{
    struct domain *d = b->d;
    struct vcpu *v = xzalloc(struct vcpu);

    if ( !v )
        return failed(b, -ENOMEM, "allocating the vCPU");
    v->domain = d;
    v->id = d->nr_vcpus;
    vcpu_mem_init(&d->mm, &v->mm);
    d->vcpu[d->nr_vcpus++] = v;
    vcpu_window_init(v);
    v->info = &d->shared->vcpu_info[v->id];
    v->info_mfn = INVALID_MFN;
    v->state = VCPU_RUNNING;
    dom_set_registers(b, v);
    return 0;
}

/* Who answers on the console's and the store's pages. An initial domain has hypercalls instead. */
static int make_backends(struct dom_build *b)
{
    int rc;

    if ( b->initial )
        return 0;
    rc = failed(b, console_ring_init(b->d, dom_mfn(b, b->l.console.pfn)), "starting the console");
    return rc ? rc
              : failed(b, xenstore_init(b->d, dom_mfn(b, b->l.store.pfn)), "starting xenstore");
}

/* Let the core have its say about the tables, and run on them. From here on they change only through it. */
static int adopt_tables(struct dom_build *b)
{
    mfn_t root = dom_mfn(b, b->l.tables.pfn);
    struct mm_vcpu *v = &b->d->vcpu[0]->mm;
    int rc;

    while ( (rc = pin_table(v, &b->d->mm, root, 4)) == -ERESTART )
        softirq_run();
    if ( rc )
        return failed(b, rc, "pinning the page tables");
    while ( (rc = new_base(v, root, false)) == -ERESTART )
        softirq_run();
    return failed(b, rc, "loading the page tables");
}

/* ---- 4. steps ----------------------------------------------------------------------------------------------------- */

/* Whatever there is goes back, in an order that works for any part of it. */
static void undo(struct dom_build *b)
{
    struct domain *d = b->d;
    int rc;

    if ( !d )
        return;
    if ( d->console_ring )
        console_ring_stop(d);
    if ( d->store_ring )
        xenstore_stop(d);
    evtchn_destroy(d);
    while ( (rc = domain_teardown(&d->mm)) == -ERESTART )
        softirq_run();
    BUG_ON(rc);
    domain_window_destroy(d);
    domain_mem_forget(&d->mm);
    for ( unsigned int i = 0; i < d->nr_vcpus; i++ )
        xfree(struct vcpu, d->vcpu[i]);
    xfree(struct domain, d);
    b->d = NULL;
}

/* Nothing is made yet: a refusal here costs nothing. */
static int plan(struct dom_build *b)
{
    int rc = read_cmdline(b);

    rc = rc ? rc : read_kernel(b);
    rc = rc ? rc : read_modules(b);
    if ( rc )
        return rc;
    choose_memory(b);
    return lay_out(b);
}

static int make(struct dom_build *b)
{
    int rc = make_domain(b);

    rc = rc ? rc : make_shared_info(b);
    rc = rc ? rc : make_vcpu(b);
    rc = rc ? rc : dom_alloc_memory(b);
    if ( rc )
        return rc;
    dom_load_kernel(b);
    dom_load_modules(b);
    dom_make_tables(b);
    rc = make_backends(b);
    if ( rc )
        return rc;
    dom_make_start_info(b);
    return adopt_tables(b);
}

static void announce(const struct dom_build *b)
{
    const struct guest_image *img = &b->img;

    pr_info("Domain %u: %s%s%s, %lu MiB%s, kernel at %#lx-%#lx, entry %#lx", b->id, img->guest_os,
            img->guest_version[0] ? " " : "", img->guest_version, b->nr_pages >> (20 - PAGE_SHIFT),
            opt_dom0_mem.size.set ? "" : " (dom0_mem= says how much)", img->virt_start,
            img->virt_end, img->entry);
    if ( b->nr_modules > 1 )
        pr_info("Domain %u: %u modules in a package of %lu KiB (SIF_MULTIBOOT_MOD)", b->id,
                b->nr_modules, (b->package.size + 1023) >> 10);
    if ( img->bsd_symtab )
        pr_info("Domain %u: the kernel would like its symbol table (BSD_SYMTAB); it is not loaded",
                b->id);
}

struct domain *domain_build(uint16_t id, const struct boot_module *kernel,
                            const struct boot_module *modules, unsigned int nr)
{
    struct dom_build *b = xzalloc(struct dom_build);
    struct domain *d = NULL;
    int rc;

    if ( !b )
    {
        pr_err("Domain %u cannot be built: no memory to begin with", id);
        return NULL;
    }
    b->id = id;
    b->initial = opt_initial_domain;
    b->kernel = kernel;
    b->modules = modules;
    b->nr_modules = nr;
    rc = plan(b);
    rc = rc ? rc : make(b);
    if ( rc )
    {
        pr_err("Domain %u cannot be built: %s", id, b->err.text);
        undo(b);
    }
    else
    {
        d = b->d;
        guest_time_init_domain(d);
        announce(b);
    }
    kernel_file_free(&b->file);
    xfree(struct dom_build, b);
    return d;
}
