/* SPDX-License-Identifier: MIT */
/*
 * Types of the ELF notes named "Xen", by which a kernel tells how it wants to be loaded. A number is 4 or 8 bytes long, a
 * string ends with a zero. Kernels without notes may have the same in a section __xen_guest, as NAME=value pairs separated
 * by commas; that name is given as [NAME]. There HYPERCALL_PAGE is a page number, counted from VIRT_BASE, and
 * ELF_PADDR_OFFSET is VIRT_BASE if it is left out.
 */
#ifndef __XEN_PUBLIC_ELFNOTE_H__
#define __XEN_PUBLIC_ELFNOTE_H__

#define XEN_ELFNOTE_INFO               0 /* string, no effect */
#define XEN_ELFNOTE_ENTRY              1 /* virtual address to start at [VIRT_ENTRY] */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2 /* virtual address of a page to fill in [HYPERCALL_PAGE] */
#define XEN_ELFNOTE_VIRT_BASE          3 /* virtual address of PFN 0; default 0 [VIRT_BASE] */
#define XEN_ELFNOTE_PADDR_OFFSET       4 /* subtracted from p_paddr; default 0 [ELF_PADDR_OFFSET] */
#define XEN_ELFNOTE_XEN_VERSION        5 /* string, "xen-3.0" [XEN_VER] */
#define XEN_ELFNOTE_GUEST_OS           6 /* string [GUEST_OS] */
#define XEN_ELFNOTE_GUEST_VERSION      7 /* string [GUEST_VER] */
#define XEN_ELFNOTE_LOADER             8 /* string, "generic" [LOADER] */
#define XEN_ELFNOTE_PAE_MODE           9 /* string, 32-bit: "yes", "no" or "bimodal" [PAE] */
#define XEN_ELFNOTE_FEATURES           10 /* string: names, '|' between, '!': required [FEATURES] */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* string: "yes": load the symbols [BSD_SYMTAB] */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest start of the hypervisor's part */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* mask, value: non-present entries with an MFN */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* not 0: a suspend may return as cancelled */
#define XEN_ELFNOTE_INIT_P2M           15 /* virtual address for the list of frames */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* not 0: the module may be left unmapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* number: XENFEAT_* bits, in addition to FEATURES */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* physical address to start at (PVH) */

#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* In dumps of a machine. */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* In dumps of a domain. */
#define XEN_ELFNOTE_DUMPCORE_NONE           0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER         0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION    0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* __XEN_PUBLIC_ELFNOTE_H__ */
