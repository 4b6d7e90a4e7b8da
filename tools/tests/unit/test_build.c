/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/dom_build.c xen/arch/x86/pv/dom_memory.c xen/arch/x86/pv/dom_screen.c xen/arch/x86/pv/start_info.c
// sources: xen/arch/x86/pv/hypercall_page.c xen/common/elf.c xen/common/elf_notes.c xen/common/dom_layout.c
// sources: xen/common/kernel_unpack.c xen/common/bzimage.c xen/common/decompress/arena.c xen/common/decompress/gzip.c
// sources: xen/common/decompress/libraries.c xen/common/decompress/xz.c xen/common/decompress/zstd.c xen/common/load_error.c xen/common/module_package.c xen/common/xalloc.c xen/common/mem_option.c
// sources: xen/common/cmdline.c xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c
// sources: xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
/*
 * The domain builder on the real memory core, in a machine of 40 MiB that is an array. What is built is looked at as a guest would:
 * through its page tables, from rsi and rsp. What fails must leave nothing behind.
 *
 *   1. the machine: port, and stand-ins for what the builder uses beside the core
 *   2. building and taking apart
 *   3. a guest's view of its first moment
 *   4. tests
 */

#include "tap.h"

#include <asm/boot.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/paging.h>
#include <asm/screen.h>
#include <stdlib.h>
#include <xen/backend.h>
#include <xen/cmdline.h>
#include <xen/foreign.h>
#include <xen/mm_port.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/vmap.h>
#include <xen/xalloc.h>

#include "../../../xen/arch/x86/mm/entry.h"
#include "../../../xen/arch/x86/pv/dom_build.h"
#include "elf_make.h"
#include "pack.h"

/* ---- 1. the machine ----------------------------------------------------------------------------------------------- */

#define FRAMES     10240
#define HEAP_FIRST 16
#define HEAP_END   8192 /* modules lie above */
#define MB         256  /* pages */

struct machine machine;
struct boot_info boot_info;
struct cpu_features cpu_features;
bool opt_initial_domain;

static struct frame frames[FRAMES];
static uint64_t m2p[FRAMES];
static uint8_t memory[FRAMES * PAGE_SIZE] __attribute__((aligned(4096)));

/* What the port and the stand-ins shall do wrong, and what they saw. */
static unsigned int back_fail_in, yield_every, asked, softirqs, root_loads;
static int window_rc, evtchn_rc, ring_rc, store_rc;
static unsigned int time_inits, window_inits, errors, scrubs, scrubs_before;
static char last_error[512], last_refusal[256];
static void *port_pages; /* what evtchn_init took */

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

void port_flush(struct mm_domain *d, uint64_t vcpus, unsigned int flags, uint64_t va)
{
}

void port_flush_machine(struct machine *m, unsigned int flags)
{
    tlb_flush_end(m, 0, tlb_flush_begin(m));
}

void port_flush_frame(struct machine *m, mfn_t mfn)
{
}

void port_wait(void)
{
}

bool port_should_yield(void)
{
    return yield_every && ++asked % yield_every == 0;
}

void port_scrub(struct machine *m, mfn_t mfn)
{
    scrubs++;
    memset(mfn_to_virt(m, mfn), 0, PAGE_SIZE);
}

int port_back_frames(struct machine *m, mfn_t mfn, uint64_t nr)
{
    return back_fail_in && --back_fail_in == 0 ? -ENOMEM : 0;
}

mfn_t port_next_backed(struct machine *m, mfn_t mfn)
{
    return mfn;
}

void port_load_root(struct mm_vcpu *v)
{
    root_loads++;
    port_flush_machine(v->d->machine, FLUSH_ALL);
}

void port_map_gdt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
}

void port_map_ldt(struct mm_vcpu *v, unsigned int slot, mfn_t mfn)
{
}

void port_load_ldt(struct mm_vcpu *v)
{
}

void port_refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(last_refusal, sizeof(last_refusal), fmt, ap);
    va_end(ap);
    if ( !d )
        note("audit: %s", last_refusal);
}

void printk(enum loglevel level, const char *fmt, ...)
{
    va_list ap;

    if ( level != LOG_ERR )
        return;
    errors++;
    va_start(ap, fmt);
    vsnprintf(last_error, sizeof(last_error), fmt, ap);
    va_end(ap);
}

void screen_cursor(unsigned int *column, unsigned int *row)
{
    *column = 5;
    *row = 6;
}

void softirq_run(void)
{
    softirqs++;
}

void *vzalloc(size_t bytes)
{
    return xzalloc_pages(order_of(bytes));
}

void vfree(void *p, size_t bytes)
{
    xfree_pages(p, order_of(bytes));
}

void foreign_enter(void)
{
}

void foreign_leave(void)
{
}

void *early_map(maddr_t start, size_t len)
{
    return maddr_x(start) + len < len || maddr_x(start) + len > sizeof(memory)
               ? NULL
               : memory + maddr_x(start);
}

/* The hypervisor's slots: recognisable, none of the domain's. */
static uint64_t hv_slot(unsigned int i)
{
    return 0x3000000000 + i * 4096UL + PTE_P;
}

int domain_window_init(struct domain *d)
{
    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        d->mm.hv_slots[i] = hv_slot(i);
    window_inits++;
    return window_rc;
}

void domain_window_destroy(struct domain *d)
{
    window_inits--;
}

void vcpu_window_init(struct vcpu *v)
{
}

int evtchn_init(struct domain *d)
{
    if ( !evtchn_rc )
        port_pages = xzalloc_pages(3);
    return evtchn_rc ? evtchn_rc : port_pages ? 0 : -ENOMEM;
}

void evtchn_destroy(struct domain *d)
{
    xfree_pages(port_pages, 3);
    port_pages = NULL;
}

int console_ring_init(struct domain *d, mfn_t page)
{
    if ( ring_rc || domain_hold(&d->mm, page) )
        return -EINVAL;
    d->console_ring = mfn_to_virt(&machine, page);
    d->console_port = 7;
    return 0;
}

void console_ring_stop(struct domain *d)
{
    d->console_ring = NULL;
}

int xenstore_init(struct domain *d, mfn_t page)
{
    if ( store_rc || domain_hold(&d->mm, page) )
        return -EINVAL;
    d->store_ring = mfn_to_virt(&machine, page);
    d->store_port = 8;
    return 0;
}

void xenstore_stop(struct domain *d)
{
    d->store_ring = NULL;
}

void guest_time_init_domain(struct domain *d)
{
    time_inits++;
}

/* ---- 2. building and taking apart --------------------------------------------------------------------------------- */

static uint64_t heap_end, free_before;
static struct boot_module kernel_mod, initrd_mod;

/* A fresh machine whose heap is [HEAP_FIRST, end), full of old data. */
static void reset(uint64_t end)
{
    memset(frames, 0, sizeof(frames));
    memset(m2p, 0xff, sizeof(m2p));
    memset(memory, 0xd5, end * PAGE_SIZE);
    machine_init(&machine, memory, frames, m2p, FRAMES, 1);
    machine.paddr_mask = 0x000ffffffffff000;
    machine_add_ram(&machine, _mfn(1), FRAMES - 1);
    heap_add(&machine, _mfn(HEAP_FIRST), end - HEAP_FIRST);
    heap_end = end;
    free_before = machine.heap.nr_free;
    back_fail_in = yield_every = asked = softirqs = errors = time_inits = window_inits =
        root_loads = 0;
    window_rc = evtchn_rc = ring_rc = store_rc = 0;
    last_error[0] = '\0';
    opt_initial_domain = false;
    opt_dom0_mem = (struct mem_option){ 0 };
    cmdline_extra = "";
}

static void dom0_mem(uint64_t pages)
{
    opt_dom0_mem.size = (struct mem_amount){ .set = true, .bytes = pages * PAGE_SIZE };
}

static struct boot_module module_at(uint64_t mfn, const uint8_t *data, size_t size,
                                    const char *cmdline)
{
    memcpy(memory + mfn * PAGE_SIZE, data, size);
    return (struct boot_module){ _maddr(mfn * PAGE_SIZE), size, cmdline };
}

static void load(const uint8_t *data, size_t size, const char *cmdline)
{
    kernel_mod = module_at(HEAP_END, data, size, cmdline);
}

static uint8_t initrd_byte(uint64_t i)
{
    return (uint8_t)(i * 7 + (i >> 12));
}

static void load_initrd(uint64_t size)
{
    uint8_t *data = malloc(size);

    for ( uint64_t i = 0; i < size; i++ )
        data[i] = initrd_byte(i);
    initrd_mod = module_at(HEAP_END + 512, data, size, "");
    free(data);
}

/* A built domain goes the way a running one does. */
static void take_apart(struct domain *d)
{
    evtchn_destroy(d);
    while ( domain_teardown(&d->mm) == -ERESTART )
        continue;
    domain_window_destroy(d);
    domain_mem_forget(&d->mm);
    xfree(struct vcpu, d->vcpu[0]);
    xfree(struct domain, d);
}

static bool is_clean(void)
{
    for ( unsigned int i = 0; i < FRAMES; i++ )
        if ( word_refs(frames[i].word) || frames[i].owner )
        {
            note("frame %u is left: word %#lx owner %u", i, frames[i].word, frames[i].owner);
            return false;
        }
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        if ( machine.domains[i] )
            return false;
    return machine.heap.nr_free == free_before && window_inits == 0 && !port_pages;
}

/* ---- 3. a guest's view -------------------------------------------------------------------------------------------- */

static struct domain *dom;
static struct vcpu *vcpu;
static struct start_info *si;

/* The L1 entry for @va, 0 if there is none; all levels must be user-accessible. */
static uint64_t entry_of(uint64_t va)
{
    const uint64_t *table = mfn_to_virt(&machine, vcpu->mm.root);
    uint64_t e = 0;

    for ( unsigned int level = 4; level >= 1; level-- )
    {
        e = table[(va >> (12 + 9 * (level - 1))) & 511];
        if ( !(e & PTE_P) || !(e & PTE_US) || pte_mfn(e).n >= FRAMES )
            return 0;
        table = mfn_to_virt(&machine, pte_mfn(e));
    }
    return e;
}

static void *guest(uint64_t va)
{
    uint64_t e = entry_of(va);

    return e ? (uint8_t *)mfn_to_virt(&machine, pte_mfn(e)) + (va & 4095) : NULL;
}

static uint8_t guest_byte(uint64_t va)
{
    const uint8_t *p = guest(va);

    return p ? *p : 0;
}

static uint64_t p2m(uint64_t pfn)
{
    const uint64_t *p = guest(si->mfn_list + pfn * 8);

    return p ? *p : 0;
}

/* Every page of the domain once in the p2m, M2P agreeing, owned and counted. */
static bool frames_agree(void)
{
    for ( uint64_t pfn = 0; pfn < si->nr_pages; pfn++ )
    {
        uint64_t mfn = p2m(pfn);

        if ( mfn >= FRAMES || m2p[mfn] != pfn || frame_owner(&frames[mfn]) != OWNER(dom->id) ||
             !(frames[mfn].word & FRAME_ALLOCATED) )
        {
            note("pfn %#lx: mfn %#lx m2p %#lx", pfn, mfn, mfn < FRAMES ? m2p[mfn] : 0);
            return false;
        }
    }
    return dom->mm.tot_pages == si->nr_pages;
}

/* Those behind the pages with a purpose are cleared when they are first used: building the domain does not touch them. */
static bool rest_is_uncleared(void)
{
    uint64_t pfn = 0, first;

    while ( pfn < si->nr_pages && !(frames[p2m(pfn)].owner & OWNER_UNCLEARED) )
        pfn++;
    for ( first = pfn; pfn < si->nr_pages; pfn++ )
        if ( !(frames[p2m(pfn)].owner & OWNER_UNCLEARED) )
            return false;
    return first < si->nr_pages && scrubs - scrubs_before < first + 64;
}

/* The region maps pfn 0 upwards, 4 KiB at a time, all writable and executable for the guest's kernel but for the tables. */
static bool region_is_mapped(uint64_t start, uint64_t *end)
{
    uint64_t va = start, e;

    for ( ; (e = entry_of(va)) != 0; va += PAGE_SIZE )
    {
        bool table = va >= si->pt_base && va < si->pt_base + si->nr_pt_frames * PAGE_SIZE;

        if ( m2p[pte_mfn(e).n] != (va - start) / PAGE_SIZE || !(e & PTE_RW) != table ||
             (e & (PTE_NX | PTE_G | PTE_PAT)) || !(e & PTE_GUEST_KERNEL) )
        {
            note("va %#lx: entry %#lx", va, e);
            return false;
        }
    }
    *end = va;
    return true;
}

static bool tables_are_typed(void)
{
    uint64_t root = pte_mfn(entry_of(si->pt_base)).n;

    if ( root != vcpu->mm.root.n || word_type(frames[root].word) != FRAME_L4 ||
         !(frames[root].word & FRAME_PINNED) )
        return false;
    for ( uint64_t i = 0; i < si->nr_pt_frames; i++ )
    {
        uint64_t w = frames[pte_mfn(entry_of(si->pt_base + i * PAGE_SIZE)).n].word;

        if ( !type_is_table(word_type(w)) || !word_types(w) || !(w & FRAME_VALIDATED) )
            return false;
    }
    return true;
}

static bool kernel_is_there(const struct elf_make *m, uint64_t offset)
{
    for ( unsigned int i = 0; i < m->eh.e_phnum; i++ )
    {
        const struct elf_phdr *ph = &m->ph[i];

        if ( ph->p_type != PT_LOAD )
            continue;
        for ( uint64_t j = 0; j < ph->p_filesz; j++ )
            if ( guest_byte(ph->p_paddr + offset + j) != elf_make_byte(i, j) )
                return false;
        for ( uint64_t j = ph->p_filesz; j < ph->p_memsz; j += 509 )
            if ( guest_byte(ph->p_paddr + offset + j) )
                return false;
    }
    return true;
}

static bool hv_slots_are_there(void)
{
    const uint64_t *l4 = mfn_to_virt(&machine, vcpu->mm.root);

    for ( unsigned int i = 0; i < HV_SLOT_COUNT; i++ )
        if ( l4[HV_SLOT_FIRST + i] != hv_slot(i) )
            return false;
    return true;
}

static unsigned int violations(void)
{
    static struct audit_count counts[FRAMES];
    struct audit_result res;

    audit(&machine, counts, &res);
    return res.violations;
}

static bool only_registers(const struct cpu_regs *r)
{
    return !(r->rax | r->rbx | r->rcx | r->rdx | r->rdi | r->rbp | r->r8 | r->r9 | r->r10 | r->r11 |
             r->r12 | r->r13 | r->r14 | r->r15);
}

/* Build. NULL if it failed. */
static struct domain *build_with(const struct boot_module *modules, unsigned int nr)
{
    scrubs_before = scrubs;
    dom = domain_build(3, &kernel_mod, modules, nr);
    vcpu = dom ? dom->vcpu[0] : NULL;
    si = dom ? guest(vcpu->saved_regs.rsi) : NULL;
    return dom;
}

static struct domain *build(bool with_initrd)
{
    return build_with(&initrd_mod, with_initrd);
}

static void check_start(const struct elf_make *m, uint64_t start, uint64_t entry, uint64_t offset)
{
    const struct cpu_regs *r = &vcpu->saved_regs;
    uint64_t end;

    ok(si != NULL, "rsi points to start_info");
    is_str(si->magic, "xen-3.0-x86_64", "magic");
    is_u64(r->rip, entry, "rip is the entry");
    ok(r->cs == 0xe033 && r->ss == 0xe02b && r->rflags == 0x202, "cs, ss, rflags");
    ok(!vcpu->ds && !vcpu->es && !vcpu->fs && !vcpu->gs && only_registers(r),
       "all other registers are 0");
    ok(region_is_mapped(start, &end), "the region is mapped 1:1, writable but for its tables");
    ok(end % (4 << 20) == 0 && end - r->rsp >= 512 << 10,
       "it ends at 4 MiB with 512 KiB behind the stack");
    is_u64(r->rsp, si->pt_base + si->nr_pt_frames * PAGE_SIZE + PAGE_SIZE,
           "rsp is the end of the page behind the tables");
    ok(entry_of(start - PAGE_SIZE) == 0, "nothing is mapped below it");
    ok(frames_agree(), "p2m, M2P and accounts agree on all %lu pages", si->nr_pages);
    ok(rest_is_uncleared(), "those without a purpose have not been touched");
    ok(tables_are_typed(), "the tables are validated, the L4 is first and pinned");
    ok(hv_slots_are_there(), "the L4 carries the hypervisor's slots");
    ok(kernel_is_there(m, offset),
       "the kernel's segments are in place, the rest of their memory is 0");
    is_u64(violations(), 0, "the audit finds nothing");
}

static void check_shared(void)
{
    const struct shared_info *s = dom->shared;
    bool masked = true;
    uint64_t mfn = si->shared_info >> 12;

    ok((const void *)s == memory + si->shared_info,
       "start_info tells shared_info's machine address");
    for ( unsigned int i = 0; i < 32; i++ )
        masked = masked && s->vcpu_info[i].evtchn_upcall_mask == 1 &&
                 !s->vcpu_info[i].evtchn_upcall_pending;
    ok(masked, "all 32 upcall masks are 1");
    ok(vcpu->info == &s->vcpu_info[0] && vcpu->state == VCPU_RUNNING,
       "the vCPU uses the first and is ready");
    ok(!s->arch.max_pfn && !s->arch.pfn_to_mfn_frame_list_list && !s->arch.p2m_cr3 &&
           !s->arch.p2m_vaddr && !s->arch.p2m_generation,
       "arch_shared_info is empty");
    ok(frames[mfn].owner == OWNER(dom->id) && m2p[mfn] == M2P_INVALID,
       "its frame is the domain's, with no pfn");
    is_u64(time_inits, 1, "time was set up");
}

/* ---- 4. tests ----------------------------------------------------------------------------------------------------- */

static void test_grub(void)
{
    struct elf_make m;
    uint64_t e;

    note("GRUB: base 0, unprivileged");
    reset(HEAP_END);
    dom0_mem(12 * MB);
    elf_make_grub(&m);
    load(m.file, m.size, "placeholder root=(xen)");
    ok(build(false) != NULL, "it is built: %s", last_error);
    check_start(&m, 0, 0, 0);
    check_shared();
    ok(entry_of(0) != 0, "VA 0 has an L1 entry");
    is_u64(si->nr_pages, 12 * MB, "nr_pages is dom0_mem");
    is_u64(si->flags, SIF_VIRT_P2M_4TOOLS, "an ordinary guest's flags");
    is_str((char *)si->cmd_line, "placeholder root=(xen)", "the command line is passed as it is");
    ok(!si->mod_start && !si->mod_len && !si->first_p2m_pfn && !si->nr_p2m_frames,
       "no initrd, no placed p2m");
    is_u64(si->mfn_list, 0x41f000, "the p2m follows the kernel");
    is_u64(vcpu->saved_regs.rsi, si->mfn_list + 6 * PAGE_SIZE, "start_info follows the p2m");
    is_u64(si->store_mfn, p2m((vcpu->saved_regs.rsi >> 12) + 1),
           "the store page follows start_info");
    is_u64(si->console.domU.mfn, p2m((vcpu->saved_regs.rsi >> 12) + 2), "then the console page");
    ok(si->store_evtchn == 8 && si->console.domU.evtchn == 7, "their ports");
    is_u64(si->pt_base, vcpu->saved_regs.rsi + 3 * PAGE_SIZE, "then the tables");
    e = entry_of(si->pt_base - PAGE_SIZE);
    ok(word_type(frames[pte_mfn(e).n].word) == FRAME_WRITABLE, "the console page is held writable");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);
}

static void make_linux_small(struct elf_make *m, bool placed, bool mod_pfn)
{
    const uint64_t base = 0xffffffff80000000;

    elf_make_init(m, base + 0x400000);
    elf_make_load(m, 0x400000, base + 0x400000, 5000, 0x100000);
    elf_make_load(m, 0x500000, 0, 300, 0x2d000);
    elf_make_minimal_notes(m);
    elf_make_note_num(m, XEN_ELFNOTE_VIRT_BASE, base, 8);
    elf_make_note_num(m, XEN_ELFNOTE_ENTRY, base + 0x400123, 8);
    if ( placed )
        elf_make_note_num(m, XEN_ELFNOTE_INIT_P2M, 0x8000000000, 8);
    if ( mod_pfn )
        elf_make_note_num(m, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
    elf_make_note_str(m, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    elf_make_note_segment(m);
    elf_make_finish(m);
}

static bool initrd_is_there(uint64_t size)
{
    for ( uint64_t i = 0; i < size; i++ )
    {
        uint64_t pfn = si->flags & SIF_MOD_START_PFN ? si->mod_start + (i >> 12) : 0;
        uint8_t got =
            pfn ? memory[p2m(pfn) * PAGE_SIZE + (i & 4095)] : guest_byte(si->mod_start + i);

        if ( got != initrd_byte(i) )
            return false;
    }
    return si->mod_len == size;
}

static void test_linux(void)
{
    const uint64_t base = 0xffffffff80000000;
    struct elf_make m;
    uint64_t end;
    bool in_range = true;

    note("Linux: placed p2m, unmapped initrd");
    reset(HEAP_END);
    dom0_mem(16 * MB + 5);
    make_linux_small(&m, true, true);
    load(m.file, m.size, "");
    cmdline_extra = "quiet";
    load_initrd(123456);
    ok(build(true) != NULL, "it is built: %s", last_error);
    check_start(&m, base, base + 0x400123, base);
    check_shared();
    is_str((char *)si->cmd_line, "quiet", "what stood behind -- is the command line");
    is_u64(si->flags, SIF_VIRT_P2M_4TOOLS | SIF_MOD_START_PFN, "flags say that mod_start is a pfn");
    ok(initrd_is_there(123456), "the initrd is there, by pfn");
    region_is_mapped(base, &end);
    is_u64(si->mod_start, (end - base) / PAGE_SIZE, "right behind the region");
    is_u64(si->mfn_list, 0x8000000000, "the p2m is where the kernel wants it");
    is_u64(si->first_p2m_pfn, si->mod_start + 31, "its pages follow the initrd");
    is_u64(si->nr_p2m_frames, 9 + 3, "with an L1, an L2 and an L3");
    for ( uint64_t i = 0; i < 9; i++ )
    {
        uint64_t e = entry_of(0x8000000000 + i * PAGE_SIZE);

        in_range = in_range && (e & PTE_RW) && m2p[pte_mfn(e).n] == si->first_p2m_pfn + i;
    }
    ok(in_range, "it is mapped writable, whole pages");
    ok(!entry_of(0x8000000000 + 9 * PAGE_SIZE), "and no further");
    is_u64(p2m(16 * MB + 5), ~0UL, "its last page is filled up with invalid entries");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);

    note("Linux without INIT_P2M and MOD_START_PFN: everything in the region");
    reset(HEAP_END);
    dom0_mem(16 * MB);
    make_linux_small(&m, false, false);
    load(m.file, m.size, "root=/dev/x");
    cmdline_extra = "quiet";
    ok(build(true) != NULL, "it is built: %s", last_error);
    check_start(&m, base, base + 0x400123, base);
    is_str((char *)si->cmd_line, "root=/dev/x quiet", "both parts of the command line");
    is_u64(si->mod_start, base + 0x52d000, "the initrd follows the kernel");
    ok(initrd_is_there(123456), "it is mapped");
    is_u64(si->mfn_list, base + 0x52d000 + 31 * PAGE_SIZE, "the p2m follows the initrd");
    is_u64(si->flags, SIF_VIRT_P2M_4TOOLS, "mod_start is an address");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);
}

/* Byte @at of what start_info calls the module. */
static uint8_t module_byte(uint64_t at)
{
    return si->flags & SIF_MOD_START_PFN
               ? memory[p2m(si->mod_start + (at >> 12)) * PAGE_SIZE + (at & 4095)]
               : guest_byte(si->mod_start + at);
}

static uint32_t module_word(uint64_t at)
{
    uint32_t w = 0;

    for ( unsigned int i = 0; i < 4; i++ )
        w |= (uint32_t)module_byte(at + i) << 8 * i;
    return w;
}

static bool module_string(uint64_t at, const char *s)
{
    for ( ; *s && module_byte(at) == (uint8_t)*s; s++ )
        at++;
    return !*s && !module_byte(at);
}

/* As a guest reads it, by the words above struct xen_multiboot_mod_list alone. */
static void check_package(const struct boot_module *modules, unsigned int nr)
{
    unsigned int wrong = 0;

    for ( unsigned int i = 0; i < nr; i++ )
    {
        const uint8_t *data = memory + maddr_x(modules[i].start);
        uint32_t start = module_word(16 * i), end = module_word(16 * i + 4);

        ok(start && start % PAGE_SIZE == 0 && end + 1 - start == modules[i].size &&
               module_string(module_word(16 * i + 8), modules[i].cmdline) &&
               !module_word(16 * i + 12),
           "module %u: size, string, on a page boundary", i);
        for ( uint64_t j = 0; j < modules[i].size; j++ )
            wrong += module_byte(start + j) != data[j];
    }
    is_u64(wrong, 0, "their content");
    is_u64(module_word(16 * nr), 0, "the list ends behind them");
}

static void test_modules(void)
{
    static uint8_t content[3 * PAGE_SIZE];
    struct boot_module modules[3];
    struct elf_make m;

    note("several modules: a package");
    for ( uint64_t i = 0; i < sizeof(content); i++ )
        content[i] = initrd_byte(i);
    for ( unsigned int placed = 0; placed < 2; placed++ )
    {
        reset(HEAP_END);
        dom0_mem(12 * MB);
        make_linux_small(&m, placed, placed);
        load(m.file, m.size, "");
        modules[0] = module_at(HEAP_END + 512, content, sizeof(content), "one 1");
        modules[1] = module_at(HEAP_END + 520, content + 1, 4097, "");
        modules[2] = module_at(HEAP_END + 530, content, 0, "an empty one");
        ok(build_with(modules, 3) != NULL, "%s: it is built: %s",
           placed ? "told by pfn" : "told by address", last_error);
        is_u64(si->flags,
               SIF_VIRT_P2M_4TOOLS | SIF_MULTIBOOT_MOD | (placed ? SIF_MOD_START_PFN : 0),
               "SIF_MULTIBOOT_MOD is set");
        is_u64(si->mod_len, 6 * PAGE_SIZE, "list and strings, three pages, two pages");
        check_package(modules, 3);
        ok(violations() == 0 && frames_agree(), "all accounts are right");
        take_apart(dom);
        ok(is_clean(), "taken apart, every frame is free again");
        ok(build_with(modules, 1) != NULL && !(si->flags & SIF_MULTIBOOT_MOD) &&
               si->mod_len == sizeof(content) && module_byte(5) == content[5],
           "one module alone comes as it is");
        take_apart(dom);
        elf_make_free(&m);
    }
}

static void test_initial(void)
{
    struct elf_make m;
    struct dom0_vga_console_info *screen;

    note("an initial domain");
    reset(HEAP_END);
    dom0_mem(12 * MB);
    elf_make_grub(&m);
    load(m.file, m.size, "");
    opt_initial_domain = true;
    boot_info.fb =
        (struct boot_framebuffer){ .present = true, .type = 2, .width = 80, .height = 25 };
    ok(build(false) != NULL, "it is built: %s", last_error);
    check_start(&m, 0, 0, 0);
    is_u64(si->flags, SIF_VIRT_P2M_4TOOLS | SIF_PRIVILEGED | SIF_INITDOMAIN, "its flags");
    ok(!si->store_mfn && !si->store_evtchn && !dom->console_ring && !dom->store_ring,
       "no store, no rings");
    is_u64(si->pt_base, vcpu->saved_regs.rsi + PAGE_SIZE, "the tables follow start_info");
    screen = (void *)((uint8_t *)si + si->console.dom0.info_off);
    ok(si->console.dom0.info_size == sizeof(*screen) &&
           screen->video_type == XEN_VGATYPE_TEXT_MODE_3,
       "a text screen");
    ok(screen->u.text_mode_3.rows == 25 && screen->u.text_mode_3.columns == 80 &&
           screen->u.text_mode_3.cursor_x == 5 && screen->u.text_mode_3.cursor_y == 6,
       "of 80 by 25, with the cursor where the console has it");
    ok(dom->initial && dom->mm.privileged && dom->mm.cache_attrs && dom->mm.nr_iomem == 3,
       "it may reach devices");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);
}

/* Which frames below 2^40 an initial domain gets as devices, on this CPU: none of [first, last], but those beside it. */
static void check_devices(const char *what, enum cpu_vendor vendor, unsigned int family,
                          unsigned int bits, uint64_t first, uint64_t last, bool granted)
{
    uint64_t end = 1ULL << (bits - PAGE_SHIFT);
    const struct mm_domain *mm;

    cpu_features.vendor = vendor;
    cpu_features.family = family;
    machine.paddr_mask = ((1ULL << bits) - 1) & PTE_ADDR_BITS;
    if ( !build(false) )
    {
        ok(false, "%s: %s", what, last_error);
        return;
    }
    mm = &dom->mm;
    ok(iomem_permitted(mm, _mfn(0xfebff)) && !iomem_permitted(mm, _mfn(0xfec00)) &&
           !iomem_permitted(mm, _mfn(0xfecff)) && iomem_permitted(mm, _mfn(0xfed00)) &&
           !iomem_permitted(mm, _mfn(0xfee00)) && iomem_permitted(mm, _mfn(0xfef00)),
       "%s: all but the interrupt controllers", what);
    ok(iomem_permitted(mm, _mfn(first)) == granted && iomem_permitted(mm, _mfn(last)) == granted &&
           iomem_permitted(mm, _mfn(first - 1)),
       "%s: mfn 0x%llx to 0x%llx are %s", what, (unsigned long long)first, (unsigned long long)last,
       granted ? "its" : "not its");
    ok(iomem_permitted(mm, _mfn(last + 1)) == (last + 1 < end) && !iomem_permitted(mm, _mfn(end)) &&
           !iomem_permitted(mm, _mfn(end * 2)),
       "%s: and none beyond the address width", what);
    take_apart(dom);
}

static void test_devices(void)
{
    struct elf_make m;

    note("the devices of an initial domain");
    reset(HEAP_END);
    elf_make_grub(&m);
    load(m.file, m.size, "");
    opt_initial_domain = true;
    check_devices("Intel", VENDOR_INTEL, 6, 40, 0xfd00000, 0xfffffff, true);
    check_devices("AMD, 40 bits", VENDOR_AMD, 0x10, 40, 0xfd00000, 0xfffffff, false);
    check_devices("AMD, 48 bits, old", VENDOR_AMD, 0x15, 48, 0xfd00000, 0xfffffff, false);
    check_devices("AMD, 48 bits, new", VENDOR_AMD, 0x17, 48, 0xfffd00000, 0xfffffffff, false);
    check_devices("the new one at 1 TiB", VENDOR_AMD, 0x17, 48, 0xfd00000, 0xfffffff, true);
    check_devices("AMD, 36 bits", VENDOR_AMD, 0xf, 36, 0xf00000, 0xffffff, true);
    cpu_features = (struct cpu_features){ 0 };
    machine.paddr_mask = PTE_ADDR_BITS;
    ok(is_clean(), "every frame is free again");
    elf_make_free(&m);
}

static struct dom0_vga_console_info described;

/* How @fb is described, or type 0 if it is not. */
static unsigned int describe(const struct boot_framebuffer *fb, bool efi)
{
    uint32_t size;

    memset(&described, 0xdd, sizeof(described));
    size = dom_describe_screen(fb, efi, 7, 9, &described);
    return size == sizeof(described) ? described.video_type : size ? 0xff : 0;
}

static void test_text_screen(void)
{
    struct boot_framebuffer fb = { .present = true, .type = 2, .width = 80, .height = 25 };
    struct dom0_vga_console_info want = { .video_type = XEN_VGATYPE_TEXT_MODE_3 };

    want.u.text_mode_3.font_height = 16;
    want.u.text_mode_3.cursor_x = 7;
    want.u.text_mode_3.cursor_y = 9;
    want.u.text_mode_3.rows = 25;
    want.u.text_mode_3.columns = 80;
    is_u64(describe(&fb, false), 0x03, "a text screen is mode 3");
    ok(!memcmp(&described, &want, sizeof(want)), "with its size, font and cursor; the rest is 0");
}

static void test_pixel_screen(void)
{
    struct boot_framebuffer fb = { .present = true,
                                   .type = 1,
                                   .width = 1024,
                                   .height = 768,
                                   .pitch = 4096,
                                   .bpp = 32,
                                   .addr = 0x8fd000000,
                                   .red_pos = 16,
                                   .red_size = 8,
                                   .green_pos = 8,
                                   .green_size = 8,
                                   .blue_size = 8 };
    struct dom0_vga_console_info want = { .video_type = XEN_VGATYPE_EFI_LFB };

    want.u.vesa_lfb.width = 1024;
    want.u.vesa_lfb.height = 768;
    want.u.vesa_lfb.bytes_per_line = 4096;
    want.u.vesa_lfb.bits_per_pixel = 32;
    want.u.vesa_lfb.lfb_base = 0xfd000000;
    want.u.vesa_lfb.ext_lfb_base = 8;
    want.u.vesa_lfb.lfb_size = 48;
    want.u.vesa_lfb.red_pos = 16;
    want.u.vesa_lfb.green_pos = 8;
    want.u.vesa_lfb.rsvd_pos = 24;
    want.u.vesa_lfb.red_size = want.u.vesa_lfb.green_size = want.u.vesa_lfb.blue_size =
        want.u.vesa_lfb.rsvd_size = 8;
    is_u64(describe(&fb, true), 0x70, "EFI's framebuffer is one of EFI");
    ok(!memcmp(&described, &want, sizeof(want)),
       "where it is, above 4 GiB; its size, 3 MiB in units of 64 KiB; its colours");
    fb.vbe_caps = 0x12345678;
    fb.vbe_attributes = 0xbb;
    want.video_type = XEN_VGATYPE_VESA_LFB;
    want.u.vesa_lfb.gbl_caps = 0x12345678;
    want.u.vesa_lfb.mode_attrs = 0xbb;
    is_u64(describe(&fb, false), 0x23, "one with a BIOS is VESA's");
    ok(!memcmp(&described, &want, sizeof(want)), "with what VBE says of it besides");
    fb.bpp = 24;
    fb.pitch = 3073;
    is_u64(describe(&fb, false), 0x23, "24 bits");
    ok(!described.u.vesa_lfb.rsvd_pos && !described.u.vesa_lfb.rsvd_size,
       "leave none that are reserved");
    is_u64(described.u.vesa_lfb.lfb_size, 37, "a size that is not a multiple is rounded up");
}

static void test_no_screen(void)
{
    struct boot_framebuffer fb = { .present = true, .type = 0, .width = 80, .height = 25 };

    is_u64(describe(&fb, false), 0, "one of indexed colours is not described");
    fb.type = 3;
    is_u64(describe(&fb, false), 0, "nor one of an unknown kind");
    fb.type = 1;
    fb.width = 0x10000;
    is_u64(describe(&fb, false), 0, "nor one too wide to be told");
    fb.width = 80;
    fb.height = 0x10000;
    is_u64(describe(&fb, false), 0, "nor one too high");
    fb.height = 25;
    fb.pitch = 0x10000;
    is_u64(describe(&fb, false), 0, "nor one whose lines are too long");
    fb.pitch = 80;
    is_u64(describe(&fb, false), 0x23, "but else");
    fb.present = false;
    is_u64(describe(&fb, false), 0, "nor none");
}

static void test_screen(void)
{
    note("the screen");
    test_text_screen();
    test_pixel_screen();
    test_no_screen();
}

static void test_hypercall_page(void)
{
    static const uint8_t want_sched[] = { 0x51, 0x41, 0x53, 0xb8, 29,   0,    0,   0,
                                          0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3, 0xcc };
    static const uint8_t want_iret[] = {
        0x51, 0x41, 0x53, 0x50, 0xb8, 23, 0, 0, 0, 0x0f, 0x05, 0xcc
    };
    struct elf_make m;
    uint64_t page;

    note("a micro-kernel with a hypercall page, linked at 1 MiB");
    reset(HEAP_END);
    dom0_mem(8 * MB);
    elf_make_init(&m, 0x100000);
    elf_make_load(&m, 0x100000, 0x100000, 600, 0x9000);
    elf_make_minimal_notes(&m);
    elf_make_note_num(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x108000, 8);
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    load(m.file, m.size, "");
    ok(build(false) != NULL, "it is built: %s", last_error);
    ok(entry_of(0) != 0 && entry_of(0xff000) != 0, "what is below the kernel is mapped too");
    page = 0x108000;
    ok(!memcmp(guest(page + 29 * 32), want_sched, sizeof(want_sched)),
       "stub 29: saves rcx and r11, calls, returns");
    ok(!memcmp(guest(page + 23 * 32), want_iret, sizeof(want_iret)),
       "stub 23 pushes rcx, r11, rax and does not return");
    is_u64(guest_byte(page + 127 * 32 + 4), 127, "there are 128 of them");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);

    note("Mini-OS by __xen_guest");
    reset(HEAP_END);
    dom0_mem(8 * MB);
    elf_make_legacy(&m, MINIOS_STRING);
    load(m.file, m.size, "");
    ok(build(false) != NULL, "it is built: %s", last_error);
    ok(!memcmp(guest(0x2000 + 29 * 32), want_sched, sizeof(want_sched)),
       "page 2 is its hypercall page");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);
}

/* One line of error, nothing left. */
static void is_refused(bool with_initrd, const char *says, const char *what)
{
    struct domain *d = build(with_initrd);

    if ( !ok(!d && errors == 1 && strstr(last_error, says) && is_clean(), "%s: %s", what,
             last_error) )
        note("  built %d, %u lines, expected \"%s\"", d != NULL, errors, says);
    errors = 0;
    if ( d )
        take_apart(d);
}

/* What has been unpacked is gone when the domain runs, and when it cannot be built. */
static void test_packed(void)
{
    struct elf_make m;
    struct packed xz, bz;
    uint32_t size;

    note("packed kernels");
    elf_make_grub(&m);
    size = (uint32_t)m.size;
    xz = pack(PACK_XZ, m.file, m.size);
    bz = pack_bzimage(&xz, &size);
    reset(HEAP_END);
    dom0_mem(12 * MB);
    load(bz.data, bz.size, "");
    ok(build(false) != NULL && kernel_is_there(&m, 0) && frames_agree(), "a bzImage is built");
    take_apart(dom);
    ok(is_clean(), "nothing of it is left");
    dom0_mem(1);
    is_refused(false, "too little memory", "a bzImage in too little memory");
    dom0_mem(12 * MB);
    bz.data[bz.size - 100] ^= 1;
    load(bz.data, bz.size, "");
    is_refused(false, "the bzImage's xz payload is damaged", "a damaged bzImage");
    reset(HEAP_FIRST + MB);
    bz.data[bz.size - 100] ^= 1;
    load(bz.data, bz.size, "");
    is_refused(false, "too little memory to unpack", "a bzImage that cannot be unpacked in 1 MiB");
    pack_free(&xz);
    pack_free(&bz);
    elf_make_free(&m);
}

static void test_refusals(void)
{
    static struct mm_domain other = { .id = 99 };
    char line[MAX_GUEST_CMDLINE + 1];
    struct elf_make m;

    note("what cannot be built");
    elf_make_grub(&m);
    reset(HEAP_END);
    dom0_mem(12 * MB);
    load(m.file, m.size - 10, "");
    is_refused(false, "truncated", "a truncated kernel");
    load(m.file, m.size, "");
    memory[HEAP_END * PAGE_SIZE + EI_CLASS] = ELFCLASS32;
    is_refused(false, "32-bit", "a 32-bit kernel");
    load((const uint8_t *)"\x1f\x8b\x08", 3, "");
    is_refused(false, "the gzip compressed kernel is damaged", "a compressed kernel's beginning");
    load(m.file, 0, "");
    is_refused(false, "empty", "an empty module");
    memset(line, 'x', sizeof(line));
    line[MAX_GUEST_CMDLINE] = '\0';
    load(m.file, m.size, line);
    is_refused(false, "command line has 1024 characters, more than 1023",
               "too long a command line");
    line[MAX_GUEST_CMDLINE - 1] = '\0';
    cmdline_extra = "y";
    is_refused(false, "command line has 1025 characters", "too long with what is behind --");
    cmdline_extra = "";
    ok(build(false) != NULL && strlen((char *)si->cmd_line) == 1023, "1023 characters fit");
    take_apart(dom);
    load(m.file, m.size, "");
    dom0_mem(4 * MB);
    is_refused(false, "too little memory: the domain gets 4 MiB, starting this kernel takes 8 MiB",
               "too little memory");
    dom0_mem(12 * MB);
    kernel_mod.start = _maddr(1UL << 40);
    is_refused(false, "does not lie in memory", "a kernel beyond memory");
    load(m.file, m.size, "");
    initrd_mod = (struct boot_module){ _maddr(~0UL - 5), 100, "" };
    is_refused(true, "initrd", "an initrd beyond all addresses");
    initrd_mod = module_at(HEAP_END + 512, m.file, m.size, "");
    is_refused(true, "two kernels: the initrd (", "a kernel instead of an initrd");
    memory[(HEAP_END + 512) * PAGE_SIZE + 5] = 0x77;
    ok(build(true) != NULL, "a file like a kernel that is none is an initrd");
    take_apart(dom);
    memset(memory + (HEAP_END + 512) * PAGE_SIZE, 0, 4096);
    memcpy(memory + (HEAP_END + 512) * PAGE_SIZE + 0x202, "HdrS", 4);
    is_refused(true, "two kernels", "a bzImage instead of an initrd");
    for ( unsigned int i = 0; i < MM_MAX_DOMAINS; i++ )
        machine.domains[i] = &other;
    ok(!build(false) && strstr(last_error, "entering the domain"), "too many domains: %s",
       last_error);
    memset(machine.domains, 0, sizeof(machine.domains));
    ok(machine.heap.nr_free == free_before, "nothing is left of it");
    elf_make_free(&m);

    elf_make_init(&m, 0x100000);
    elf_make_load(&m, 0x100000, 0x100000, 600, 0x9000);
    elf_make_minimal_notes(&m);
    elf_make_note_str(&m, XEN_ELFNOTE_FEATURES, "!auto_translated_physmap");
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    reset(HEAP_END);
    load(m.file, m.size, "");
    is_refused(false, "requires feature 2 (auto_translated_physmap)",
               "a kernel that wants translation");
    elf_make_free(&m);
}

/* Each thing that can fail on the way fails once. */
static void test_failures(void)
{
    struct elf_make m;
    unsigned int n, failures = 0;
    bool clean = true;

    note("failures half-way");
    elf_make_grub(&m);
    for ( n = 0; n < 4; n++ )
    {
        static const char *const says[] = { "descriptor windows", "event channels", "console",
                                            "xenstore" };

        reset(HEAP_END);
        load(m.file, m.size, "");
        *(int *[]){ &window_rc, &evtchn_rc, &ring_rc, &store_rc }[n] = -ENOMEM;
        is_refused(false, says[n], "a step fails");
    }
    for ( n = 1; n < 100; n++ )
    {
        reset(HEAP_END);
        dom0_mem(12 * MB);
        load(m.file, m.size, "");
        back_fail_in = n;
        if ( build(false) )
            take_apart(dom);
        else
            failures++;
        clean = clean && is_clean() && (dom || (errors == 1 && last_error[0]));
    }
    ok(failures > 0 && failures < 90,
       "backing memory fails at each of the first 99 calls: %u builds fail", failures);
    ok(clean, "and all leave nothing behind");
    elf_make_free(&m);
}

/* Machines of every size around what is needed; dom0_mem asks for everything. */
static void test_machine_sizes(void)
{
    struct elf_make m;
    unsigned int built = 0, refused = 0;
    bool clean = true;

    elf_make_grub(&m);
    for ( uint64_t end = HEAP_FIRST; end < 16 * MB; end += end < 2400 ? 97 : 331 )
    {
        reset(end);
        dom0_mem(1UL << 30);
        load(m.file, m.size, "");
        if ( build(false) )
        {
            built++;
            clean = clean && frames_agree() && violations() == 0;
            take_apart(dom);
        }
        else
            refused++;
        clean = clean && is_clean() && (dom || errors == 1);
    }
    ok(built > 3 && refused > 3,
       "machines up to 16 MiB: %u run the kernel, %u say that they are too small", built, refused);
    ok(clean, "and none loses a frame");
    elf_make_free(&m);
}

/* Free memory in @nr ranges of @size - 1 pages, each missing its first: a range is log2(@size) blocks, none larger than half of it. */
static void fragment(unsigned int nr, uint64_t size)
{
    reset(HEAP_FIRST);
    for ( unsigned int i = 0; i < nr; i++ )
        heap_add(&machine, _mfn((i + 1) * size + 1), size - 1);
    free_before = machine.heap.nr_free;
    dom0_mem(7 * MB);
}

/* A little memory in one piece for the hypervisor's own structures, and every second page. */
static bool is_freed(mfn_t mfn)
{
    return mfn_x(mfn) < 128 || (mfn_x(mfn) & 1);
}

static void test_fragments(void)
{
    static mfn_t taken[HEAP_END];
    unsigned int nr = 0;
    struct elf_make m;
    uint64_t fits;

    elf_make_init(&m, 0x1000);
    elf_make_load(&m, 0x1000, 0x1000, 300000, 300000);
    elf_make_minimal_notes(&m);
    elf_make_note_num(&m, XEN_ELFNOTE_VIRT_BASE, 0, 8);
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    fragment(20, 256);
    load(m.file, m.size, "");
    load_initrd(400000);
    ok(build(true) != NULL, "memory in 20 ranges of 255 pages: %s", last_error);
    check_start(&m, 0, 0x1000, 0);
    ok(initrd_is_there(400000), "the initrd is there");
    is_u64(si->nr_pages, 7 * MB, "all pages were found");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");

    reset(HEAP_END);
    while ( nr < HEAP_END &&
            !mfn_eq(taken[nr] = heap_alloc_owned(&machine, 0, DOMID_XEN), INVALID_MFN) )
        nr++;
    for ( unsigned int i = 0; i < nr; i++ )
        if ( is_freed(taken[i]) )
            heap_free_owned(&machine, taken[i], 0);
    dom0_mem(5 * MB);
    fits = machine.heap.nr_free;
    ok(!build(true) && errors == 1 && strstr(last_error, "memory is in too many pieces"),
       "every second page is free: %s", last_error);
    is_u64(machine.heap.nr_free, fits, "what was taken is given back");
    for ( unsigned int i = 0; i < nr; i++ )
        if ( !is_freed(taken[i]) )
            heap_free_owned(&machine, taken[i], 0);
    ok(is_clean(), "and the rest is as it was");
    elf_make_free(&m);
}

static void test_default_memory(void)
{
    struct elf_make m;

    elf_make_grub(&m);
    reset(HEAP_END);
    load(m.file, m.size, "");
    ok(build(false) != NULL, "without dom0_mem: %s", last_error);
    ok(si->nr_pages < HEAP_END - HEAP_FIRST - 16 * MB &&
           si->nr_pages > HEAP_END - HEAP_FIRST - 20 * MB,
       "a small machine keeps 16 MiB (the guest has %lu pages)", si->nr_pages);
    is_u64(dom->mm.max_pages, si->nr_pages, "and the guest can get no more");
    take_apart(dom);
    opt_dom0_mem = (struct mem_option){ .size = { .set = true, .bytes = 10 << 20 },
                                        .max = { .set = true, .bytes = 14 << 20 } };
    ok(build(false) != NULL && si->nr_pages == 10 * MB && dom->mm.max_pages == 14 * MB,
       "dom0_mem=10M,max:14M: both are kept");
    take_apart(dom);
    ok(is_clean(), "taken apart, every frame is free again");
    elf_make_free(&m);
}

static void test_yields(void)
{
    struct elf_make m;

    elf_make_grub(&m);
    for ( unsigned int every = 1; every <= 3; every++ )
    {
        reset(HEAP_END);
        dom0_mem(12 * MB);
        load(m.file, m.size, "");
        yield_every = every + 1;
        machine.yield_mask = 0;
        ok(build(false) != NULL && softirqs > 0 && tables_are_typed(),
           "interrupted %u times while validating", softirqs);
        yield_every = 0;
        is_u64(violations(), 0, "the audit finds nothing");
        take_apart(dom);
        ok(is_clean(), "taken apart, every frame is free again");
    }
    elf_make_free(&m);
}

static void test_mutations(void)
{
    uint64_t seed = 0xda3e39cb94b95bdb;
    unsigned int built = 0, cases = 1500;
    struct elf_make m[3];
    bool clean = true;

    elf_make_grub(&m[0]);
    make_linux_small(&m[1], true, true);
    elf_make_legacy(&m[2], MINIOS_STRING);
    reset(HEAP_END);
    dom0_mem(10 * MB);
    for ( unsigned int i = 0; i < cases; i++ )
    {
        const struct elf_make *from = &m[i % 3];
        uint8_t *file;

        load(from->file, from->size, "");
        file = memory + HEAP_END * PAGE_SIZE;
        for ( unsigned int n = 1 + elf_random(&seed) % 3; n; n-- )
        {
            size_t at = elf_random(&seed) % (elf_random(&seed) % 4 ? 288 : from->size);
            uint64_t r = elf_random(&seed),
                     val = r & 1 ? elf_hostile((r >> 8) % ELF_HOSTILE, from->size) : r >> 8;

            memcpy(file + at, &val, (size_t)1 << (r >> 60 & 3));
        }
        errors = 0;
        if ( build(i & 1) )
        {
            built++;
            clean = clean && frames_agree() && tables_are_typed() && violations() == 0;
            take_apart(dom);
        }
        clean = clean && is_clean() && errors == !dom;
    }
    ok(clean,
       "%u kernels with random damage: each runs or is refused with one line, and leaves nothing",
       cases);
    ok(built > cases / 20 && built < cases, "%u of them can be built", built);
    for ( unsigned int i = 0; i < 3; i++ )
        elf_make_free(&m[i]);
}

int main(void)
{
    test_grub();
    test_linux();
    test_modules();
    test_initial();
    test_devices();
    test_screen();
    test_hypercall_page();
    test_packed();
    test_refusals();
    test_failures();
    test_machine_sizes();
    test_fragments();
    test_default_memory();
    test_yields();
    test_mutations();
    return done();
}
