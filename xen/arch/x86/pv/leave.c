/* SPDX-License-Identifier: GPL-2.0-only */
/* A CPU lets go of its guest: nothing of the domain stays loaded, so that its memory can be freed. No locks. */
#include <asm/desc.h>
#include <asm/paging.h>
#include <asm/processor.h>
#include <xen/domain.h>
#include <xen/mm_port.h>

void vcpu_leave(void)
{
    /* The descriptors first: the hypervisor's own tables have no window to show them in. */
    desc_load_ldt(0, 0);
    desc_load_gdt((uint64_t)desc_gdt_page(smp_cpu()) - GDT_FIRST_RESERVED * 8);
    write_cr3(maddr_x(virt_to_maddr(hv_l4)));
    port_flush_machine(&machine, FLUSH_ALL); /* the guest's translations are global */
    set_current(NULL);
}
