/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a new domain is told: start_info, shared_info, its first registers. Fields, flags and the magic are those of
 * public/xen.h. Locks: none; nobody else knows the domain yet.
 */

#include <asm/boot.h>
#include <asm/layout.h>
#include <asm/screen.h>

#include "dom_build.h"

/* An initial domain finds the screen behind start_info, in the same page; others get a ring. */
static void tell_screen(struct start_info *si)
{
    struct dom0_vga_console_info *screen = (void *)(si + 1);
    unsigned int column, row;

    BUILD_BUG_ON(sizeof(*si) + sizeof(*screen) > PAGE_SIZE);
    screen_cursor(&column, &row);
    si->console.dom0.info_size =
        dom_describe_screen(&boot_info.fb, boot_info.efi, column, row, screen);
    si->console.dom0.info_off = si->console.dom0.info_size ? sizeof(*si) : 0;
}

static void tell_console(const struct dom_build *b, struct start_info *si)
{
    if ( b->initial )
    {
        tell_screen(si);
        return;
    }
    si->store_mfn = mfn_x(dom_mfn(b, b->l.store.pfn));
    si->store_evtchn = b->d->store_port;
    si->console.domU.mfn = mfn_x(dom_mfn(b, b->l.console.pfn));
    si->console.domU.evtchn = b->d->console_port;
}

static void tell_initrd(const struct dom_build *b, struct start_info *si)
{
    if ( !b->l.initrd.nr )
        return;
    si->mod_len = b->initrd_size;
    si->mod_start = b->img.mod_start_pfn ? b->l.initrd.pfn : b->l.initrd.va;
    if ( b->img.mod_start_pfn )
        si->flags |= SIF_MOD_START_PFN;
    if ( b->nr_modules > 1 )
        si->flags |= SIF_MULTIBOOT_MOD;
}

void dom_make_start_info(const struct dom_build *b)
{
    static const char magic[] = "xen-3.0-x86_64";
    const struct dom_layout *l = &b->l;
    uint64_t run;
    struct start_info *si = dom_at(b, l->start_info.pfn << PAGE_SHIFT, &run);

    memcpy(si->magic, magic, sizeof(magic));
    si->nr_pages = b->nr_pages;
    si->shared_info = mfn_to_maddr(b->d->shared_mfn).a;
    si->flags = SIF_VIRT_P2M_4TOOLS | (b->initial ? SIF_INITDOMAIN | SIF_PRIVILEGED : 0);
    tell_console(b, si);
    si->pt_base = l->tables.va;
    si->nr_pt_frames = l->tables.nr;
    si->mfn_list = l->p2m.va;
    tell_initrd(b, si);
    memcpy(si->cmd_line, b->cmdline, sizeof(si->cmd_line));
    if ( b->img.init_p2m != GUEST_VA_UNSET )
    {
        si->first_p2m_pfn = l->first_p2m_pfn;
        si->nr_p2m_frames = l->nr_p2m_frames;
    }
}

void dom_make_shared_info(struct shared_info *shared)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(shared->vcpu_info); i++ )
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
}

void dom_set_registers(const struct dom_build *b, struct vcpu *v)
{
    uint64_t stack_end = b->l.stack.va + (b->l.stack.nr << PAGE_SHIFT);

    v->saved_regs = (struct cpu_regs){
        .rip = b->img.entry,
        .cs = SEL_FLAT_CS64,
        .rflags = X86_EFLAGS_IF | X86_EFLAGS_MBS,
        .rsp = stack_end,
        .ss = SEL_FLAT_DS32,
        .rsi = b->l.start_info.va,
    };
    v->kernel_sp = stack_end;
    v->kernel_ss = SEL_FLAT_DS32;
}
