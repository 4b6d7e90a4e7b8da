/* SPDX-License-Identifier: MIT */
/*
 * Every layout of this interface, asserted when this is compiled: included for what it refuses, not for what it defines. All
 * versions of the interface from 3.2.10 on share these numbers; where they do not, the version is asked.
 */
#ifndef __XEN_PUBLIC_LAYOUT_H__
#define __XEN_PUBLIC_LAYOUT_H__

#include "xen.h"
#include "arch-x86/hvm/start_info.h"
#include "callback.h"
#include "event_channel.h"
#include "grant_table.h"
#include "io/console.h"
#include "io/xs_wire.h"
#include "memory.h"
#include "nmi.h"
#include "physdev.h"
#include "sched.h"
#include "vcpu.h"
#include "version.h"

#if !defined(__ASSEMBLY__) && defined(__GNUC__) && __XEN_INTERFACE_VERSION__ >= 0x0003020a

/* An array of -1 bytes is an error in every C and C++. */
#define XEN_LAYOUT_(holds)       extern char xen_layout_holds_[(holds) ? 1 : -1]
#define XEN_SIZE(type, size)     XEN_LAYOUT_(sizeof(type) == (size))
#define XEN_AT(type, field, off) XEN_LAYOUT_(__builtin_offsetof(type, field) == (off))

/* xen.h */
XEN_SIZE(struct iret_context, 72);
XEN_AT(struct iret_context, rax, 0);
XEN_AT(struct iret_context, r11, 8);
XEN_AT(struct iret_context, rcx, 16);
XEN_AT(struct iret_context, flags, 24);
XEN_AT(struct iret_context, rip, 32);
XEN_AT(struct iret_context, cs, 40);
XEN_AT(struct iret_context, rflags, 48);
XEN_AT(struct iret_context, rsp, 56);
XEN_AT(struct iret_context, ss, 64);
XEN_SIZE(struct cpu_user_regs, 200);
XEN_AT(struct cpu_user_regs, r15, 0);
XEN_AT(struct cpu_user_regs, r14, 8);
XEN_AT(struct cpu_user_regs, r13, 16);
XEN_AT(struct cpu_user_regs, r12, 24);
XEN_AT(struct cpu_user_regs, rbp, 32);
XEN_AT(struct cpu_user_regs, rbx, 40);
XEN_AT(struct cpu_user_regs, r11, 48);
XEN_AT(struct cpu_user_regs, r10, 56);
XEN_AT(struct cpu_user_regs, r9, 64);
XEN_AT(struct cpu_user_regs, r8, 72);
XEN_AT(struct cpu_user_regs, rax, 80);
XEN_AT(struct cpu_user_regs, rcx, 88);
XEN_AT(struct cpu_user_regs, rdx, 96);
XEN_AT(struct cpu_user_regs, rsi, 104);
XEN_AT(struct cpu_user_regs, rdi, 112);
XEN_AT(struct cpu_user_regs, error_code, 120);
XEN_AT(struct cpu_user_regs, entry_vector, 124);
XEN_AT(struct cpu_user_regs, rip, 128);
XEN_AT(struct cpu_user_regs, cs, 136);
XEN_AT(struct cpu_user_regs, saved_upcall_mask, 140);
XEN_AT(struct cpu_user_regs, rflags, 144);
XEN_AT(struct cpu_user_regs, rsp, 152);
XEN_AT(struct cpu_user_regs, ss, 160);
XEN_AT(struct cpu_user_regs, es, 168);
XEN_AT(struct cpu_user_regs, ds, 176);
XEN_AT(struct cpu_user_regs, fs, 184);
XEN_AT(struct cpu_user_regs, gs, 192);
XEN_SIZE(struct arch_vcpu_info, 16);
XEN_AT(struct arch_vcpu_info, cr2, 0);
XEN_SIZE(struct trap_info, 16);
XEN_AT(struct trap_info, vector, 0);
XEN_AT(struct trap_info, flags, 1);
XEN_AT(struct trap_info, cs, 2);
XEN_AT(struct trap_info, address, 8);
XEN_SIZE(struct vcpu_guest_context, 5168);
XEN_AT(struct vcpu_guest_context, fpu_ctxt, 0);
XEN_AT(struct vcpu_guest_context, flags, 512);
XEN_AT(struct vcpu_guest_context, user_regs, 520);
XEN_AT(struct vcpu_guest_context, trap_ctxt, 720);
XEN_AT(struct vcpu_guest_context, ldt_base, 4816);
XEN_AT(struct vcpu_guest_context, ldt_ents, 4824);
XEN_AT(struct vcpu_guest_context, gdt_frames, 4832);
XEN_AT(struct vcpu_guest_context, gdt_ents, 4960);
XEN_AT(struct vcpu_guest_context, kernel_ss, 4968);
XEN_AT(struct vcpu_guest_context, kernel_sp, 4976);
XEN_AT(struct vcpu_guest_context, ctrlreg, 4984);
XEN_AT(struct vcpu_guest_context, debugreg, 5048);
XEN_AT(struct vcpu_guest_context, event_callback_eip, 5112);
XEN_AT(struct vcpu_guest_context, failsafe_callback_eip, 5120);
XEN_AT(struct vcpu_guest_context, syscall_callback_eip, 5128);
XEN_AT(struct vcpu_guest_context, vm_assist, 5136);
XEN_AT(struct vcpu_guest_context, fs_base, 5144);
XEN_AT(struct vcpu_guest_context, gs_base_kernel, 5152);
XEN_AT(struct vcpu_guest_context, gs_base_user, 5160);
XEN_SIZE(struct arch_shared_info, 48);
XEN_AT(struct arch_shared_info, max_pfn, 0);
XEN_AT(struct arch_shared_info, pfn_to_mfn_frame_list_list, 8);
XEN_AT(struct arch_shared_info, nmi_reason, 16);
XEN_AT(struct arch_shared_info, p2m_cr3, 24);
XEN_AT(struct arch_shared_info, p2m_vaddr, 32);
XEN_AT(struct arch_shared_info, p2m_generation, 40);
XEN_SIZE(struct xen_cpuid_leaf, 24);
XEN_SIZE(struct xen_msr_entry, 16);
XEN_SIZE(struct mmu_update, 16);
XEN_AT(struct mmu_update, ptr, 0);
XEN_AT(struct mmu_update, val, 8);
XEN_SIZE(struct mmuext_op, 24);
XEN_AT(struct mmuext_op, cmd, 0);
XEN_AT(struct mmuext_op, arg1, 8);
XEN_AT(struct mmuext_op, arg1.mfn, 8);
XEN_AT(struct mmuext_op, arg1.linear_addr, 8);
XEN_AT(struct mmuext_op, arg2, 16);
XEN_AT(struct mmuext_op, arg2.nr_ents, 16);
XEN_AT(struct mmuext_op, arg2.vcpumask, 16);
XEN_AT(struct mmuext_op, arg2.src_mfn, 16);
XEN_SIZE(struct multicall_entry, 64);
XEN_AT(struct multicall_entry, op, 0);
XEN_AT(struct multicall_entry, result, 8);
XEN_AT(struct multicall_entry, args, 16);
XEN_SIZE(struct vcpu_time_info, 32);
XEN_AT(struct vcpu_time_info, version, 0);
XEN_AT(struct vcpu_time_info, tsc_timestamp, 8);
XEN_AT(struct vcpu_time_info, system_time, 16);
XEN_AT(struct vcpu_time_info, tsc_to_system_mul, 24);
XEN_AT(struct vcpu_time_info, tsc_shift, 28);
XEN_SIZE(struct pvclock_wall_clock, 12);
XEN_AT(struct pvclock_wall_clock, version, 0);
XEN_AT(struct pvclock_wall_clock, sec, 4);
XEN_AT(struct pvclock_wall_clock, nsec, 8);
XEN_SIZE(struct vcpu_info, 64);
XEN_AT(struct vcpu_info, evtchn_upcall_pending, 0);
XEN_AT(struct vcpu_info, evtchn_upcall_mask, 1);
XEN_AT(struct vcpu_info, evtchn_pending_sel, 8);
XEN_AT(struct vcpu_info, arch, 16);
XEN_AT(struct vcpu_info, time, 32);
XEN_SIZE(struct shared_info, 3136);
XEN_AT(struct shared_info, vcpu_info, 0);
XEN_AT(struct shared_info, evtchn_pending, 2048);
XEN_AT(struct shared_info, evtchn_mask, 2560);
XEN_AT(struct shared_info, wc_version, 3072);
XEN_AT(struct shared_info, wc_sec, 3076);
XEN_AT(struct shared_info, wc_nsec, 3080);
XEN_AT(struct shared_info, wc, 3072);
XEN_AT(struct shared_info, wc_sec_hi, 3084);
XEN_AT(struct shared_info, arch, 3088);
XEN_SIZE(struct start_info, 1168);
XEN_AT(struct start_info, magic, 0);
XEN_AT(struct start_info, nr_pages, 32);
XEN_AT(struct start_info, shared_info, 40);
XEN_AT(struct start_info, flags, 48);
XEN_AT(struct start_info, store_mfn, 56);
XEN_AT(struct start_info, store_evtchn, 64);
XEN_AT(struct start_info, console, 72);
XEN_AT(struct start_info, console.domU, 72);
XEN_AT(struct start_info, console.domU.mfn, 72);
XEN_AT(struct start_info, console.domU.evtchn, 80);
XEN_AT(struct start_info, console.dom0, 72);
XEN_AT(struct start_info, console.dom0.info_off, 72);
XEN_AT(struct start_info, console.dom0.info_size, 76);
XEN_AT(struct start_info, pt_base, 88);
XEN_AT(struct start_info, nr_pt_frames, 96);
XEN_AT(struct start_info, mfn_list, 104);
XEN_AT(struct start_info, mod_start, 112);
XEN_AT(struct start_info, mod_len, 120);
XEN_AT(struct start_info, cmd_line, 128);
XEN_AT(struct start_info, first_p2m_pfn, 1152);
XEN_AT(struct start_info, nr_p2m_frames, 1160);
XEN_SIZE(struct xen_multiboot_mod_list, 16);
XEN_AT(struct xen_multiboot_mod_list, mod_start, 0);
XEN_AT(struct xen_multiboot_mod_list, mod_end, 4);
XEN_AT(struct xen_multiboot_mod_list, cmdline, 8);
#if __XEN_INTERFACE_VERSION__ < 0x00040d00
XEN_SIZE(struct dom0_vga_console_info, 36);
#else
XEN_SIZE(struct dom0_vga_console_info, 40);
#endif
XEN_AT(struct dom0_vga_console_info, video_type, 0);
XEN_AT(struct dom0_vga_console_info, u, 4);
XEN_SIZE(struct xen_tmem_oid, 24);
XEN_SIZE(struct tmem_op, 56);

/* callback.h */
XEN_SIZE(struct callback_register, 16);
XEN_AT(struct callback_register, type, 0);
XEN_AT(struct callback_register, flags, 2);
XEN_AT(struct callback_register, address, 8);
XEN_SIZE(struct callback_unregister, 4);
XEN_AT(struct callback_unregister, type, 0);

/* nmi.h */
XEN_SIZE(struct xennmi_callback, 16);
XEN_AT(struct xennmi_callback, handler_address, 0);

/* event_channel.h */
XEN_SIZE(struct evtchn_alloc_unbound, 8);
XEN_AT(struct evtchn_alloc_unbound, dom, 0);
XEN_AT(struct evtchn_alloc_unbound, remote_dom, 2);
XEN_AT(struct evtchn_alloc_unbound, port, 4);
XEN_SIZE(struct evtchn_bind_interdomain, 12);
XEN_AT(struct evtchn_bind_interdomain, remote_dom, 0);
XEN_AT(struct evtchn_bind_interdomain, remote_port, 4);
XEN_AT(struct evtchn_bind_interdomain, local_port, 8);
XEN_SIZE(struct evtchn_bind_virq, 12);
XEN_AT(struct evtchn_bind_virq, virq, 0);
XEN_AT(struct evtchn_bind_virq, vcpu, 4);
XEN_AT(struct evtchn_bind_virq, port, 8);
XEN_SIZE(struct evtchn_bind_pirq, 12);
XEN_AT(struct evtchn_bind_pirq, pirq, 0);
XEN_AT(struct evtchn_bind_pirq, flags, 4);
XEN_AT(struct evtchn_bind_pirq, port, 8);
XEN_SIZE(struct evtchn_bind_ipi, 8);
XEN_AT(struct evtchn_bind_ipi, vcpu, 0);
XEN_AT(struct evtchn_bind_ipi, port, 4);
XEN_SIZE(struct evtchn_close, 4);
XEN_SIZE(struct evtchn_send, 4);
XEN_SIZE(struct evtchn_status, 24);
XEN_AT(struct evtchn_status, dom, 0);
XEN_AT(struct evtchn_status, port, 4);
XEN_AT(struct evtchn_status, status, 8);
XEN_AT(struct evtchn_status, vcpu, 12);
XEN_AT(struct evtchn_status, u, 16);
XEN_SIZE(struct evtchn_bind_vcpu, 8);
XEN_AT(struct evtchn_bind_vcpu, port, 0);
XEN_AT(struct evtchn_bind_vcpu, vcpu, 4);
XEN_SIZE(struct evtchn_unmask, 4);
XEN_SIZE(struct evtchn_reset, 2);
XEN_SIZE(struct evtchn_init_control, 24);
XEN_AT(struct evtchn_init_control, control_gfn, 0);
XEN_AT(struct evtchn_init_control, offset, 8);
XEN_AT(struct evtchn_init_control, vcpu, 12);
XEN_AT(struct evtchn_init_control, link_bits, 16);
XEN_SIZE(struct evtchn_expand_array, 8);
XEN_SIZE(struct evtchn_set_priority, 8);
XEN_AT(struct evtchn_set_priority, port, 0);
XEN_AT(struct evtchn_set_priority, priority, 4);
XEN_SIZE(struct evtchn_op, 28);
XEN_AT(struct evtchn_op, cmd, 0);
XEN_AT(struct evtchn_op, u, 4);
XEN_SIZE(struct evtchn_fifo_control_block, 72);
XEN_AT(struct evtchn_fifo_control_block, ready, 0);
XEN_AT(struct evtchn_fifo_control_block, head, 8);

/* sched.h */
XEN_SIZE(struct sched_shutdown, 4);
XEN_SIZE(struct sched_poll, 24);
XEN_AT(struct sched_poll, ports, 0);
XEN_AT(struct sched_poll, nr_ports, 8);
XEN_AT(struct sched_poll, timeout, 16);
XEN_SIZE(struct sched_remote_shutdown, 8);
XEN_AT(struct sched_remote_shutdown, domain_id, 0);
XEN_AT(struct sched_remote_shutdown, reason, 4);
XEN_SIZE(struct sched_watchdog, 8);
XEN_AT(struct sched_watchdog, id, 0);
XEN_AT(struct sched_watchdog, timeout, 4);
XEN_SIZE(struct sched_pin_override, 4);

/* vcpu.h */
XEN_SIZE(struct vcpu_runstate_info, 48);
XEN_AT(struct vcpu_runstate_info, state, 0);
XEN_AT(struct vcpu_runstate_info, state_entry_time, 8);
XEN_AT(struct vcpu_runstate_info, time, 16);
XEN_SIZE(struct vcpu_register_runstate_memory_area, 8);
XEN_SIZE(struct vcpu_set_periodic_timer, 8);
XEN_SIZE(struct vcpu_set_singleshot_timer, 16);
XEN_AT(struct vcpu_set_singleshot_timer, timeout_abs_ns, 0);
XEN_AT(struct vcpu_set_singleshot_timer, flags, 8);
XEN_SIZE(struct vcpu_register_vcpu_info, 16);
XEN_AT(struct vcpu_register_vcpu_info, mfn, 0);
XEN_AT(struct vcpu_register_vcpu_info, offset, 8);
XEN_AT(struct vcpu_register_vcpu_info, rsvd, 12);
XEN_SIZE(struct vcpu_get_physid, 8);
XEN_SIZE(struct vcpu_register_time_memory_area, 8);

/* memory.h */
XEN_SIZE(struct xen_memory_reservation, 32);
XEN_AT(struct xen_memory_reservation, extent_start, 0);
XEN_AT(struct xen_memory_reservation, nr_extents, 8);
XEN_AT(struct xen_memory_reservation, extent_order, 16);
XEN_AT(struct xen_memory_reservation, mem_flags, 20);
XEN_AT(struct xen_memory_reservation, domid, 24);
XEN_SIZE(struct xen_memory_exchange, 72);
XEN_AT(struct xen_memory_exchange, in, 0);
XEN_AT(struct xen_memory_exchange, out, 32);
XEN_AT(struct xen_memory_exchange, nr_exchanged, 64);
XEN_SIZE(struct xen_memory_domain, 2);
XEN_SIZE(struct xen_machphys_mfn_list, 24);
XEN_AT(struct xen_machphys_mfn_list, max_extents, 0);
XEN_AT(struct xen_machphys_mfn_list, extent_start, 8);
XEN_AT(struct xen_machphys_mfn_list, nr_extents, 16);
XEN_SIZE(struct xen_machphys_mapping, 24);
XEN_AT(struct xen_machphys_mapping, v_start, 0);
XEN_AT(struct xen_machphys_mapping, v_end, 8);
XEN_AT(struct xen_machphys_mapping, max_mfn, 16);
XEN_SIZE(struct xen_add_to_physmap, 24);
XEN_SIZE(struct xen_add_to_physmap_batch, 32);
XEN_SIZE(struct xen_remove_from_physmap, 16);
XEN_SIZE(struct xen_memory_map, 16);
XEN_AT(struct xen_memory_map, nr_entries, 0);
XEN_AT(struct xen_memory_map, buffer, 8);
XEN_SIZE(struct xen_foreign_memory_map, 24);
XEN_AT(struct xen_foreign_memory_map, domid, 0);
XEN_AT(struct xen_foreign_memory_map, map, 8);
XEN_SIZE(struct xen_pod_target, 40);
XEN_SIZE(struct xen_mem_acquire_resource, 32);
XEN_SIZE(struct xen_vmemrange, 24);
XEN_SIZE(struct xen_vnuma_topology_info, 40);

/* physdev.h */
XEN_SIZE(struct physdev_irq_status_query, 8);
XEN_SIZE(struct physdev_set_iopl, 4);
XEN_SIZE(struct physdev_set_iobitmap, 16);
XEN_AT(struct physdev_set_iobitmap, bitmap, 0);
XEN_AT(struct physdev_set_iobitmap, nr_ports, 8);
XEN_SIZE(struct physdev_apic, 16);
XEN_SIZE(struct physdev_irq, 8);
XEN_SIZE(struct physdev_eoi, 4);
XEN_SIZE(struct physdev_map_pirq, 40);
XEN_SIZE(struct physdev_unmap_pirq, 8);
XEN_SIZE(struct physdev_manage_pci, 2);
XEN_SIZE(struct physdev_pirq_eoi_gmfn, 8);
XEN_SIZE(struct physdev_restore_msi, 2);
XEN_SIZE(struct physdev_manage_pci_ext, 16);
XEN_SIZE(struct physdev_setup_gsi, 8);
XEN_SIZE(struct physdev_get_free_pirq, 8);
XEN_SIZE(struct physdev_pci_mmcfg_reserved, 16);
XEN_SIZE(struct physdev_pci_device_add, 12);
XEN_SIZE(struct physdev_pci_device, 4);
XEN_SIZE(struct physdev_dbgp_op, 6);
XEN_SIZE(struct physdev_op, 24);

/* grant_table.h */
XEN_SIZE(struct grant_entry_v1, 8);
XEN_AT(struct grant_entry_v1, flags, 0);
XEN_AT(struct grant_entry_v1, domid, 2);
XEN_AT(struct grant_entry_v1, frame, 4);
XEN_SIZE(struct grant_entry_header, 4);
XEN_AT(struct grant_entry_header, flags, 0);
XEN_AT(struct grant_entry_header, domid, 2);
XEN_SIZE(union grant_entry_v2, 16);
XEN_AT(union grant_entry_v2, hdr, 0);
XEN_AT(union grant_entry_v2, full_page, 0);
XEN_AT(union grant_entry_v2, sub_page, 0);
XEN_AT(union grant_entry_v2, transitive, 0);
XEN_SIZE(struct gnttab_map_grant_ref, 32);
XEN_AT(struct gnttab_map_grant_ref, host_addr, 0);
XEN_AT(struct gnttab_map_grant_ref, flags, 8);
XEN_AT(struct gnttab_map_grant_ref, ref, 12);
XEN_AT(struct gnttab_map_grant_ref, dom, 16);
XEN_AT(struct gnttab_map_grant_ref, status, 18);
XEN_AT(struct gnttab_map_grant_ref, handle, 20);
XEN_AT(struct gnttab_map_grant_ref, dev_bus_addr, 24);
XEN_SIZE(struct gnttab_unmap_grant_ref, 24);
XEN_AT(struct gnttab_unmap_grant_ref, host_addr, 0);
XEN_AT(struct gnttab_unmap_grant_ref, dev_bus_addr, 8);
XEN_AT(struct gnttab_unmap_grant_ref, handle, 16);
XEN_AT(struct gnttab_unmap_grant_ref, status, 20);
XEN_SIZE(struct gnttab_setup_table, 24);
XEN_AT(struct gnttab_setup_table, dom, 0);
XEN_AT(struct gnttab_setup_table, nr_frames, 4);
XEN_AT(struct gnttab_setup_table, status, 8);
XEN_AT(struct gnttab_setup_table, frame_list, 16);
XEN_SIZE(struct gnttab_dump_table, 4);
XEN_AT(struct gnttab_dump_table, dom, 0);
XEN_AT(struct gnttab_dump_table, status, 2);
XEN_SIZE(struct gnttab_transfer, 24);
XEN_AT(struct gnttab_transfer, mfn, 0);
XEN_AT(struct gnttab_transfer, domid, 8);
XEN_AT(struct gnttab_transfer, ref, 12);
XEN_AT(struct gnttab_transfer, status, 16);
XEN_SIZE(struct gnttab_copy, 40);
XEN_AT(struct gnttab_copy, source, 0);
XEN_AT(struct gnttab_copy, dest, 16);
XEN_AT(struct gnttab_copy, len, 32);
XEN_AT(struct gnttab_copy, flags, 34);
XEN_AT(struct gnttab_copy, status, 36);
XEN_SIZE(struct gnttab_query_size, 16);
XEN_AT(struct gnttab_query_size, dom, 0);
XEN_AT(struct gnttab_query_size, nr_frames, 4);
XEN_AT(struct gnttab_query_size, max_nr_frames, 8);
XEN_AT(struct gnttab_query_size, status, 12);
XEN_SIZE(struct gnttab_unmap_and_replace, 24);
XEN_AT(struct gnttab_unmap_and_replace, host_addr, 0);
XEN_AT(struct gnttab_unmap_and_replace, new_addr, 8);
XEN_AT(struct gnttab_unmap_and_replace, handle, 16);
XEN_AT(struct gnttab_unmap_and_replace, status, 20);
XEN_SIZE(struct gnttab_set_version, 4);
XEN_SIZE(struct gnttab_get_status_frames, 16);
XEN_AT(struct gnttab_get_status_frames, nr_frames, 0);
XEN_AT(struct gnttab_get_status_frames, dom, 4);
XEN_AT(struct gnttab_get_status_frames, status, 6);
XEN_AT(struct gnttab_get_status_frames, frame_list, 8);
XEN_SIZE(struct gnttab_get_version, 8);
XEN_AT(struct gnttab_get_version, dom, 0);
XEN_AT(struct gnttab_get_version, version, 4);
XEN_SIZE(struct gnttab_swap_grant_ref, 12);
XEN_SIZE(struct gnttab_cache_flush, 16);

/* version.h */
XEN_SIZE(struct xen_compile_info, 144);
XEN_AT(struct xen_compile_info, compiler, 0);
XEN_AT(struct xen_compile_info, compile_by, 64);
XEN_AT(struct xen_compile_info, compile_domain, 80);
XEN_AT(struct xen_compile_info, compile_date, 112);
XEN_SIZE(struct xen_platform_parameters, 8);
XEN_SIZE(struct xen_feature_info, 8);
XEN_AT(struct xen_feature_info, submap_idx, 0);
XEN_AT(struct xen_feature_info, submap, 4);
XEN_SIZE(struct xen_build_id, 4);
XEN_AT(struct xen_build_id, len, 0);
XEN_AT(struct xen_build_id, buf, 4);

/* io/console.h */
XEN_SIZE(struct xencons_interface, 3088);
XEN_AT(struct xencons_interface, in, 0);
XEN_AT(struct xencons_interface, out, 1024);
XEN_AT(struct xencons_interface, in_cons, 3072);
XEN_AT(struct xencons_interface, in_prod, 3076);
XEN_AT(struct xencons_interface, out_cons, 3080);
XEN_AT(struct xencons_interface, out_prod, 3084);

/* io/xs_wire.h */
XEN_SIZE(struct xsd_sockmsg, 16);
XEN_AT(struct xsd_sockmsg, type, 0);
XEN_AT(struct xsd_sockmsg, req_id, 4);
XEN_AT(struct xsd_sockmsg, tx_id, 8);
XEN_AT(struct xsd_sockmsg, len, 12);
XEN_SIZE(struct xsd_errors, 16);
XEN_AT(struct xsd_errors, errnum, 0);
XEN_AT(struct xsd_errors, errstring, 8);
XEN_SIZE(struct xenstore_domain_interface, 2076);
XEN_AT(struct xenstore_domain_interface, req, 0);
XEN_AT(struct xenstore_domain_interface, rsp, 1024);
XEN_AT(struct xenstore_domain_interface, req_cons, 2048);
XEN_AT(struct xenstore_domain_interface, req_prod, 2052);
XEN_AT(struct xenstore_domain_interface, rsp_cons, 2056);
XEN_AT(struct xenstore_domain_interface, rsp_prod, 2060);
XEN_AT(struct xenstore_domain_interface, server_features, 2064);
XEN_AT(struct xenstore_domain_interface, connection, 2068);
XEN_AT(struct xenstore_domain_interface, error, 2072);

/* arch-x86/hvm/start_info.h */
XEN_SIZE(struct hvm_start_info, 56);
XEN_AT(struct hvm_start_info, magic, 0);
XEN_AT(struct hvm_start_info, version, 4);
XEN_AT(struct hvm_start_info, flags, 8);
XEN_AT(struct hvm_start_info, nr_modules, 12);
XEN_AT(struct hvm_start_info, modlist_paddr, 16);
XEN_AT(struct hvm_start_info, cmdline_paddr, 24);
XEN_AT(struct hvm_start_info, rsdp_paddr, 32);
XEN_AT(struct hvm_start_info, memmap_paddr, 40);
XEN_AT(struct hvm_start_info, memmap_entries, 48);
XEN_AT(struct hvm_start_info, reserved, 52);
XEN_SIZE(struct hvm_modlist_entry, 32);
XEN_AT(struct hvm_modlist_entry, size, 8);
XEN_AT(struct hvm_modlist_entry, cmdline_paddr, 16);
XEN_AT(struct hvm_modlist_entry, reserved, 24);
XEN_SIZE(struct hvm_memmap_table_entry, 24);
XEN_AT(struct hvm_memmap_table_entry, addr, 0);
XEN_AT(struct hvm_memmap_table_entry, size, 8);
XEN_AT(struct hvm_memmap_table_entry, type, 16);
XEN_AT(struct hvm_memmap_table_entry, reserved, 20);

#undef XEN_AT
#undef XEN_SIZE
#undef XEN_LAYOUT_

#endif

#endif /* __XEN_PUBLIC_LAYOUT_H__ */
