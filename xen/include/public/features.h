/* SPDX-License-Identifier: MIT */
/*
 * Features a guest can ask for in its ELF notes (by these names without XENFEAT_) and learn of by XENVER_get_features.
 * The numbers are bits, counted through the submaps of 32.
 */
#ifndef __XEN_PUBLIC_FEATURES_H__
#define __XEN_PUBLIC_FEATURES_H__

#define XENFEAT_writable_page_tables       0 /* page tables need not be read-only; never granted */
#define XENFEAT_writable_descriptor_tables 1 /* likewise descriptor tables */
#define XENFEAT_auto_translated_physmap    2 /* frame numbers are pseudo-physical everywhere */
#define XENFEAT_supervisor_mode_kernel     3 /* the kernel runs in ring 0 */
#define XENFEAT_pae_pgdir_above_4gb        4 /* 32-bit guests: L3 tables may lie above 4 GiB */
#define XENFEAT_mmu_pt_update_preserve_ad  5 /* MMU_PT_UPDATE_PRESERVE_AD exists */
#define XENFEAT_highmem_assist             6 /* MMUEXT_CLEAR_PAGE and MMUEXT_COPY_PAGE exist */
#define XENFEAT_gnttab_map_avail_bits      7 /* GNTMAP_guest_avail_mask is honoured */
#define XENFEAT_hvm_callback_vector        8
#define XENFEAT_hvm_safe_pvclock           9
#define XENFEAT_hvm_pirqs                  10
#define XENFEAT_dom0                       11 /* operation as the initial domain */
#define XENFEAT_grant_map_identity         12 /* not on x86 */

/*
 * Bit 13 has had two meanings, and both hold here: a p2m list at a virtual address is understood (arch_shared_info.p2m_*,
 * also told by SIF_VIRT_P2M_4TOOLS), and memory_op accepts XENMEMF_vnode.
 */
#define XENFEAT_virtual_p2m               13
#define XENFEAT_memory_op_vnode_supported 13

#define XENFEAT_ARM_SMCCC_supported     14
#define XENFEAT_linux_rsdp_unrestricted 15 /* note: the ACPI root may be anywhere */
#define XENFEAT_not_direct_mapped       16
#define XENFEAT_direct_mapped           17

#define XENFEAT_NR_SUBMAPS 1

#endif /* __XEN_PUBLIC_FEATURES_H__ */
