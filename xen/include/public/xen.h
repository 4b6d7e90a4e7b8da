/* SPDX-License-Identifier: MIT */
/*
 * The guest's view of the hypervisor: the header every guest includes first.
 *
 *  1. numbers of the hypercalls
 *  2. virtual interrupts
 *  3. page-table updates: mmu_update, mmuext_op, update_va_mapping
 *  4. console_io, vm_assist
 *  5. domain numbers
 *  6. multicall
 *  7. the shared info page: time, per-vCPU state, event bits
 *  8. how a domain starts: memory layout, start_info, modules, the VGA console
 *  9. small things
 *
 * Names, values and layouts are those of Xen's public headers; docs/abi.md tells where and why ours say more.
 */
#ifndef __XEN_PUBLIC_XEN_H__
#define __XEN_PUBLIC_XEN_H__

#include "xen-compat.h"

#if defined(__x86_64__)
#include "arch-x86/xen.h"
#else
#error "Guests are x86-64 programs; other architectures are not supported."
#endif

#ifndef __ASSEMBLY__
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
#if __XEN_INTERFACE_VERSION__ < 0x00040300
DEFINE_XEN_GUEST_HANDLE(long);
__DEFINE_XEN_GUEST_HANDLE(ulong, unsigned long);
#endif
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);
__DEFINE_XEN_GUEST_HANDLE(u64, uint64_t);
#endif

/* ---- 1. Hypercalls ------------------------------------------------------------------------------------------------ */

/*
 * SYSCALL with the number in rax and up to six arguments in rdi, rsi, rdx, r10, r8, r9. The result comes back in rax, an
 * error as a negative XEN_E* value (errno.h). rcx and r11 are lost to the instruction, every other register survives.
 * A guest that asked for a hypercall page may instead call byte 32 * number of it.
 */
#define __HYPERVISOR_set_trap_table                0
#define __HYPERVISOR_mmu_update                    1
#define __HYPERVISOR_set_gdt                       2
#define __HYPERVISOR_stack_switch                  3
#define __HYPERVISOR_set_callbacks                 4
#define __HYPERVISOR_fpu_taskswitch                5
#define __HYPERVISOR_sched_op_compat               6
#define __HYPERVISOR_platform_op                   7
#define __HYPERVISOR_set_debugreg                  8
#define __HYPERVISOR_get_debugreg                  9
#define __HYPERVISOR_update_descriptor             10
#define __HYPERVISOR_memory_op                     12
#define __HYPERVISOR_multicall                     13
#define __HYPERVISOR_update_va_mapping             14
#define __HYPERVISOR_set_timer_op                  15
#define __HYPERVISOR_event_channel_op_compat       16
#define __HYPERVISOR_xen_version                   17
#define __HYPERVISOR_console_io                    18
#define __HYPERVISOR_physdev_op_compat             19
#define __HYPERVISOR_grant_table_op                20
#define __HYPERVISOR_vm_assist                     21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret                          23
#define __HYPERVISOR_vcpu_op                       24
#define __HYPERVISOR_set_segment_base              25
#define __HYPERVISOR_mmuext_op                     26
#define __HYPERVISOR_xsm_op                        27
#define __HYPERVISOR_nmi_op                        28
#define __HYPERVISOR_sched_op                      29
#define __HYPERVISOR_callback_op                   30
#define __HYPERVISOR_xenoprof_op                   31
#define __HYPERVISOR_event_channel_op              32
#define __HYPERVISOR_physdev_op                    33
#define __HYPERVISOR_hvm_op                        34
#define __HYPERVISOR_sysctl                        35
#define __HYPERVISOR_domctl                        36
#define __HYPERVISOR_kexec_op                      37
#define __HYPERVISOR_tmem_op                       38
#define __HYPERVISOR_argo_op                       39
#define __HYPERVISOR_xenpmu_op                     40
#define __HYPERVISOR_dm_op                         41
#define __HYPERVISOR_hypfs_op                      42

/* Left to each architecture. */
#define __HYPERVISOR_arch_0 48
#define __HYPERVISOR_arch_1 49
#define __HYPERVISOR_arch_2 50
#define __HYPERVISOR_arch_3 51
#define __HYPERVISOR_arch_4 52
#define __HYPERVISOR_arch_5 53
#define __HYPERVISOR_arch_6 54
#define __HYPERVISOR_arch_7 55

/* Other names the same numbers have had. */
#define __HYPERVISOR_dom0_op        __HYPERVISOR_platform_op
#define __HYPERVISOR_xc_reserved_op __HYPERVISOR_argo_op

/* Before these releases the plain names stood for what is now called _compat. */
#if __XEN_INTERFACE_VERSION__ < 0x00030101
#undef __HYPERVISOR_sched_op
#define __HYPERVISOR_sched_op __HYPERVISOR_sched_op_compat
#endif
#if __XEN_INTERFACE_VERSION__ < 0x00030202
#undef __HYPERVISOR_event_channel_op
#define __HYPERVISOR_event_channel_op __HYPERVISOR_event_channel_op_compat
#undef __HYPERVISOR_physdev_op
#define __HYPERVISOR_physdev_op __HYPERVISOR_physdev_op_compat
#endif

/* ---- 2. Virtual interrupts ---------------------------------------------------------------------------------------- */

/*
 * What EVTCHNOP_bind_virq can bind. Two kinds: "vCPU" ones exist once for each vCPU and stay with the vCPU they were bound
 * for; "domain" ones exist once, start on vCPU 0 and may be moved by EVTCHNOP_bind_vcpu. "initial" needs privilege.
 */
#define VIRQ_TIMER       0  /* vCPU: a timer expired, or the time information was refreshed */
#define VIRQ_DEBUG       1  /* vCPU: somebody asks the guest to describe its state */
#define VIRQ_CONSOLE     2  /* domain, initial: input waits in console_io */
#define VIRQ_DOM_EXC     3  /* domain, initial: some domain needs attention (it stopped, say) */
#define VIRQ_TBUF        4  /* domain, initial: trace records wait */
#define VIRQ_DEBUGGER    6  /* domain, initial: a domain stopped for its debugger */
#define VIRQ_XENOPROF    7  /* vCPU: profile sample taken */
#define VIRQ_CON_RING    8  /* domain, initial: the hypervisor's own log grew */
#define VIRQ_PCPU_STATE  9  /* domain, initial: a physical CPU came or went */
#define VIRQ_MEM_EVENT   10 /* domain, initial: a memory event waits */
#define VIRQ_ARGO        11 /* domain: Argo message */
#define VIRQ_XC_RESERVED 11 /* what number 11 was called before */
#define VIRQ_ENOMEM      12 /* domain, initial: the hypervisor runs out of memory */
#define VIRQ_XENPMU      13 /* vCPU: performance counter overflow */

/* Left to each architecture. */
#define VIRQ_ARCH_0 16
#define VIRQ_ARCH_1 17
#define VIRQ_ARCH_2 18
#define VIRQ_ARCH_3 19
#define VIRQ_ARCH_4 20
#define VIRQ_ARCH_5 21
#define VIRQ_ARCH_6 22
#define VIRQ_ARCH_7 23

#define NR_VIRQS 24

/* ---- 3. Page tables ----------------------------------------------------------------------------------------------- */

/*
 * The rule behind all of this section: a frame in use as a page table is never mapped writable by a guest. So the guest
 * builds a tree bottom up with every mapping of a table read-only, pins its root (MMUEXT_PIN_L4_TABLE), and only then may
 * load it (MMUEXT_NEW_BASEPTR). Later changes go through these hypercalls, or, for the lowest level and with
 * VMASST_TYPE_writable_pagetables, through an ordinary store that faults and is carried out by the hypervisor. To free a
 * tree: unpin it while no vCPU has it loaded, then map its frames writable again.
 *
 * HYPERVISOR_mmu_update(const struct mmu_update req[], unsigned count, unsigned *done, unsigned foreigndom)
 *
 * Carries out @count requests in order and stops at the first refusal; *done, if not NULL, says how many took effect.
 * @foreigndom bits 15-0 (FD): who owns the pages that new entries map; DOMID_SELF, DOMID_IO for device memory only,
 * DOMID_XEN for what the hypervisor shows to the privileged. Bits 31-16 (PFD): who owns the page tables, plus one; 0 is the
 * caller itself.
 *
 * The low two bits of req.ptr choose the command, the rest is a machine address:
 *   MMU_NORMAL_PT_UPDATE       entry at ptr := val
 *   MMU_MACHPHYS_UPDATE        entry for the frame at ptr in the machine-to-physical table := val
 *   MMU_PT_UPDATE_PRESERVE_AD  as NORMAL, but the entry's accessed and dirty bits survive
 *   MMU_PT_UPDATE_NO_TRANSLATE as NORMAL; differs only for guests whose frame numbers are translated
 *
 * Entries have the processor's format: present 0, writable 1, user 2, PWT 3, PCD 4, accessed 5, dirty 6, PAT 7, global 8,
 * free for the guest 9-11, frame number from 12, no-execute 63. Bit 7 is always PAT, there are no superpages. PAT, PCD and
 * PWT index the PAT MSR, which the hypervisor owns: 0 WB, 1 WT, 2 UC-, 3 UC, 4 WC, 5 WP.
 */
#define MMU_NORMAL_PT_UPDATE       0
#define MMU_MACHPHYS_UPDATE        1
#define MMU_PT_UPDATE_PRESERVE_AD  2
#define MMU_PT_UPDATE_NO_TRANSLATE 3

/*
 * HYPERVISOR_mmuext_op(struct mmuext_op op[], unsigned count, unsigned *done, unsigned foreigndom)
 *
 * @done and @foreigndom as above. What each command reads besides @foreigndom:
 *   PIN_L1..L4_TABLE      arg1.mfn: validate as a table of that level, keep it one. Owner: FD
 *   UNPIN_TABLE           arg1.mfn: undo a pin. Owner: FD
 *   NEW_BASEPTR           arg1.mfn: L4 to run on in kernel mode
 *   NEW_USER_BASEPTR      arg1.mfn: L4 to run on in user mode, 0 for none
 *   TLB_FLUSH_LOCAL/ALL   nothing: flush the calling vCPU / every vCPU of the domain
 *   TLB_FLUSH_MULTI       arg2.vcpumask: bitmap of vCPUs to flush
 *   INVLPG_LOCAL/ALL      arg1.linear_addr: one page on the calling vCPU / on every vCPU
 *   INVLPG_MULTI          arg1.linear_addr, arg2.vcpumask
 *   FLUSH_CACHE(_GLOBAL)  nothing: write back and drop the caches of this CPU / of all
 *   SET_LDT               arg1.linear_addr: page-aligned table; arg2.nr_ents: descriptors in it, 0 for no LDT
 *   CLEAR_PAGE            arg1.mfn: zero it
 *   COPY_PAGE             arg1.mfn: destination; arg2.src_mfn: source
 *   (UN)MARK_SUPER        arg1.mfn: first frame of a superpage; not supported
 */
#define MMUEXT_PIN_L1_TABLE       0
#define MMUEXT_PIN_L2_TABLE       1
#define MMUEXT_PIN_L3_TABLE       2
#define MMUEXT_PIN_L4_TABLE       3
#define MMUEXT_UNPIN_TABLE        4
#define MMUEXT_NEW_BASEPTR        5
#define MMUEXT_TLB_FLUSH_LOCAL    6
#define MMUEXT_INVLPG_LOCAL       7
#define MMUEXT_TLB_FLUSH_MULTI    8
#define MMUEXT_INVLPG_MULTI       9
#define MMUEXT_TLB_FLUSH_ALL      10
#define MMUEXT_INVLPG_ALL         11
#define MMUEXT_FLUSH_CACHE        12
#define MMUEXT_SET_LDT            13
#define MMUEXT_NEW_USER_BASEPTR   15
#define MMUEXT_CLEAR_PAGE         16
#define MMUEXT_COPY_PAGE          17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER         19
#define MMUEXT_UNMARK_SUPER       20

/*
 * HYPERVISOR_update_va_mapping(unsigned long va, uint64_t entry, unsigned long flags) sets the lowest-level entry that maps
 * @va in the current address space. @flags: one of NONE, TLB_FLUSH, INVLPG, and whom: LOCAL, ALL, or MULTI with the address
 * of a vCPU bitmap in the remaining bits (no address means LOCAL). _otherdomain has a fourth argument, the FD.
 */
#define UVMF_NONE           (xen_mk_ulong(0) << 0)
#define UVMF_TLB_FLUSH      (xen_mk_ulong(1) << 0)
#define UVMF_INVLPG         (xen_mk_ulong(2) << 0)
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI          (xen_mk_ulong(0) << 2)
#define UVMF_LOCAL          (xen_mk_ulong(0) << 2)
#define UVMF_ALL            (xen_mk_ulong(1) << 2)

#ifndef __ASSEMBLY__

/** One request of mmu_update. */
struct mmu_update
{
    uint64_t ptr; /* machine address, command in bits 1-0 */
    uint64_t val;
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);
DEFINE_GUEST_HANDLE_STRUCT(mmu_update);

/** One request of mmuext_op. */
struct mmuext_op
{
    unsigned int cmd; /* MMUEXT_* */
    union
    {
        xen_pfn_t mfn;
        unsigned long linear_addr;
    } arg1;
    union
    {
        unsigned int nr_ents;
#if defined(XEN_INTERFACE_IS_DEFAULT)
        void *vcpumask; /* who names no version gets the plain pointer of the oldest programs */
#elif __XEN_INTERFACE_VERSION__ >= 0x00030205
        XEN_GUEST_HANDLE(const_void) vcpumask;
#else
        const void *vcpumask;
#endif
        xen_pfn_t src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
DEFINE_GUEST_HANDLE_STRUCT(mmuext_op);

#endif /* !__ASSEMBLY__ */

/* ---- 4. Console and assists --------------------------------------------------------------------------------------- */

/* HYPERVISOR_console_io(cmd, count, char *buffer): write returns 0, read the number of bytes that were waiting. */
#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

/* HYPERVISOR_vm_assist(cmd, type) switches help for guests on or off. */
#define VMASST_CMD_enable  0
#define VMASST_CMD_disable 1

#define VMASST_TYPE_4gb_segments         0  /* 32-bit guests: emulate segments up to 4 GiB */
#define VMASST_TYPE_4gb_segments_notify  1  /* 32-bit guests: vector 15 whenever that happens */
#define VMASST_TYPE_writable_pagetables  2  /* stores to L1 tables are carried out */
#define VMASST_TYPE_pae_extended_cr3     3  /* 32-bit guests: L3 tables above 4 GiB */
#define VMASST_TYPE_architectural_iopl   4  /* EFLAGS.IOPL as the processor has it */
#define VMASST_TYPE_runstate_update_flag 5  /* XEN_RUNSTATE_UPDATE (vcpu.h) */
#define VMASST_TYPE_m2p_strict           32 /* user mode cannot see the M2P */

/* Only the first four have been counted by this name; it is kept with its old value for programs that use it. */
#define MAX_VMASST_TYPE 3

/* ---- 5. Domain numbers -------------------------------------------------------------------------------------------- */

#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0) /* ordinary domains are below */
#define DOMID_SELF           xen_mk_uint(0x7FF0) /* whoever is calling */
#define DOMID_IO             xen_mk_uint(0x7FF1) /* owner of device memory */
#define DOMID_XEN            xen_mk_uint(0x7FF2) /* owner of what the hypervisor may show */
#define DOMID_COW            xen_mk_uint(0x7FF3) /* owner of pages shared between domains */
#define DOMID_INVALID        xen_mk_uint(0x7FF4) /* nobody, or nobody knows */
#define DOMID_IDLE           xen_mk_uint(0x7FFF) /* the idle vCPUs */
#define DOMID_MASK           xen_mk_uint(0x7FFF) /* the bits a domain number may use */

#ifndef __ASSEMBLY__

typedef uint16_t domid_t;

/* ---- 6. Multicall ------------------------------------------------------------------------------------------------- */

/**
 * HYPERVISOR_multicall(struct multicall_entry call[], unsigned count) makes several hypercalls in one. Each entry's own
 * outcome is in its result; an entry that fails does not stop the next ones.
 */
struct multicall_entry
{
    xen_ulong_t op;    /* __HYPERVISOR_* */
    xen_long_t result; /* what rax would have been */
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);
DEFINE_GUEST_HANDLE_STRUCT(multicall_entry);

/* ---- 7. The shared info page -------------------------------------------------------------------------------------- */

/** Ports of the two-level event channels: one bit of evtchn_pending each. */
#define NR_EVENT_CHANNELS ((8 * sizeof(xen_ulong_t)) * (8 * sizeof(xen_ulong_t)))

/**
 * Time for one vCPU. The hypervisor makes version odd, writes, and makes it even again: read version, the fields, version,
 * and start over if it was odd or has changed.
 *
 *   now (ns since boot) = system_time + (((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 *   TSC frequency (Hz)  = ((10^9 << 32) / tsc_to_system_mul) >> tsc_shift
 *
 * A negative tsc_shift shifts the other way.
 */
struct vcpu_time_info
{
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp; /* TSC at system_time */
    uint64_t system_time;   /* ns since boot */
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
#if __XEN_INTERFACE_VERSION__ > 0x00040600
    uint8_t flags; /* XEN_PVCLOCK_* */
    uint8_t pad1[2];
#else
    int8_t pad1[3];
#endif
};
typedef struct vcpu_time_info vcpu_time_info_t;
/* The name Linux has for it. */
#define pvclock_vcpu_time_info vcpu_time_info

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* the same on every vCPU, and never goes backwards */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1) /* the vCPU was stopped for a while */

/** Wall clock at the moment system_time was 0; version as above. */
struct pvclock_wall_clock
{
    uint32_t version;
    uint32_t sec; /* since 1970-01-01 00:00 UTC */
    uint32_t nsec;
};

/**
 * One vCPU's share. pending is set by the hypervisor when an unmasked event arrives, and cleared by the guest before it
 * looks for events, so that none is missed. While mask is non-zero there is no upcall, and the guest must look at pending
 * itself when it clears mask. Both bytes are only touched on the CPU that runs the vCPU: plain stores are enough. Blocking
 * clears mask.
 */
struct vcpu_info
{
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    xen_ulong_t evtchn_pending_sel; /* bit n: word n of evtchn_pending has news */
    struct arch_vcpu_info arch;
    struct vcpu_time_info time;
};
#ifndef __XEN__
typedef struct vcpu_info vcpu_info_t;
#endif

/**
 * The page shared between hypervisor and guest; its machine address is in start_info.
 *
 * Events: the hypervisor sets bits of evtchn_pending and the guest clears them; the guest alone changes evtchn_mask. When
 * a pending bit rises whose mask bit is clear, the notified vCPU's selector bit and pending byte rise too. A bit that rose
 * while masked causes no upcall later: who unmasks looks (or uses EVTCHNOP_unmask, which does).
 */
struct shared_info
{
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
    xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
    /* The wall clock, by both sets of names that guests use. */
    XEN_ANONYMOUS union
    {
        XEN_ANONYMOUS struct
        {
            uint32_t wc_version;
            uint32_t wc_sec;
            uint32_t wc_nsec;
        };
        struct pvclock_wall_clock wc;
    };
    uint32_t wc_sec_hi; /* bits 63-32 of wc_sec */
#define xen_wc_sec_hi wc_sec_hi
    struct arch_shared_info arch;
};
#ifndef __XEN__
typedef struct shared_info shared_info_t;
#endif

#endif /* !__ASSEMBLY__ */

/* ---- 8. How a domain starts --------------------------------------------------------------------------------------- */

/*
 * A new domain finds one contiguous region of virtual memory, starting at its image's base rounded down to 4 MiB and ending
 * at a multiple of 4 MiB, with at least 512 KiB unused at the end. In it, each on a page of its own and in this order: the
 * kernel, the initial RAM disk if there is one and it is mapped, the list of its frames, start_info, the xenstore and
 * console pages, the page tables, the stack. Page n of the region is pseudo-physical frame n. All is writable except the
 * page tables. rsi points to start_info, rsp to the end of the stack, CR3 is at pt_base.
 */

/** Bytes of start_info.cmd_line, with the terminating zero. */
#define MAX_GUEST_CMDLINE 1024

/* start_info.flags */
#define SIF_PRIVILEGED      (1 << 0)    /* may ask for privileged things */
#define SIF_INITDOMAIN      (1 << 1)    /* the first domain; console.dom0 is valid */
#define SIF_MULTIBOOT_MOD   (1 << 2)    /* mod_start: struct xen_multiboot_mod_list[] */
#define SIF_MOD_START_PFN   (1 << 3)    /* mod_start is a frame number, the module is not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)    /* arch_shared_info.p2m_* are understood */
#define SIF_PM_MASK         (0xFF << 8) /* power management options */

/* dom0_vga_console_info.video_type */
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB    0x23
#define XEN_VGATYPE_EFI_LFB     0x70

#ifndef __ASSEMBLY__

/** What the domain is told when it starts. After a resume only the part up to console is filled in. */
struct start_info
{
    char magic[32];            /* "xen-<version>-<platform>" */
    unsigned long nr_pages;    /* frames the domain has */
    unsigned long shared_info; /* machine address of struct shared_info */
    uint32_t flags;            /* SIF_* */
    xen_pfn_t store_mfn;       /* machine frame of struct xenstore_domain_interface */
    uint32_t store_evtchn;     /* the port that goes with it, 0: nobody answers */
    union
    {
        struct
        {
            xen_pfn_t mfn;   /* machine frame of struct xencons_interface */
            uint32_t evtchn; /* the port that goes with it */
        } domU;
        struct
        {
            uint32_t info_off;  /* bytes from here (start_info) to struct dom0_vga_console_info */
            uint32_t info_size; /* and its size, 0: none */
        } dom0;
    } console;
    unsigned long pt_base;      /* virtual address of the L4 */
    unsigned long nr_pt_frames; /* page-table frames from there on */
    unsigned long mfn_list;     /* virtual address of the list of machine frames, one word each */
    unsigned long mod_start;    /* virtual address of the module, or its PFN (SIF_*); 0: none */
    unsigned long mod_len;      /* bytes */
    int8_t cmd_line[MAX_GUEST_CMDLINE];
    /* If the kernel chose where the list is (INIT_P2M): its frames and those of the tables for it. */
    unsigned long first_p2m_pfn;
    unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;

#if __XEN_INTERFACE_VERSION__ < 0x00030203
#define console_mfn    console.domU.mfn
#define console_evtchn console.domU.evtchn
#endif

/** With SIF_MULTIBOOT_MOD: an array of these at mod_start, ended by one with mod_start 0. Offsets from its own beginning. */
struct xen_multiboot_mod_list
{
    uint32_t mod_start; /* first byte */
    uint32_t mod_end;   /* last byte */
    uint32_t cmdline;   /* zero-terminated string */
    uint32_t pad;       /* 0 */
};

/** The screen as the boot loader left it, for the initial domain. */
typedef struct dom0_vga_console_info
{
    uint8_t video_type; /* XEN_VGATYPE_* */
    union
    {
        struct
        {
            uint16_t font_height;        /* pixels */
            uint16_t cursor_x, cursor_y; /* column, row */
            uint16_t rows, columns;      /* characters */
        } text_mode_3;
        struct
        {
            uint16_t width, height; /* pixels */
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base; /* physical address, bits 31-0 */
            uint32_t lfb_size; /* units of 64 KiB */
            uint8_t red_pos, red_size;
            uint8_t green_pos, green_size;
            uint8_t blue_pos, blue_size;
            uint8_t rsvd_pos, rsvd_size;
#if __XEN_INTERFACE_VERSION__ >= 0x00030206
            uint32_t gbl_caps;   /* as VBE function 0x4f00 gives them */
            uint16_t mode_attrs; /* as VBE function 0x4f01 gives them */
            uint16_t pad;
#endif
#if __XEN_INTERFACE_VERSION__ >= 0x00040d00
            uint32_t ext_lfb_base; /* physical address, bits 63-32 */
#endif
        } vesa_lfb;
    } u;
} dom0_vga_console_info_t;
#define xen_vga_console_info   dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t

/* ---- 9. Small things ---------------------------------------------------------------------------------------------- */

typedef uint64_t cpumap_t;
typedef uint8_t xen_domain_handle_t[16];

/** 128 bits that name something, and a constant of them in the usual notation a-b-c-d-e, e as six bytes. */
typedef struct
{
    uint8_t a[16];
} xen_uuid_t;
/* clang-format off */
#define XEN_UUID_BYTE_(x, n) (((x) >> (8 * (n))) & 0xFF)
#define XEN_UUID_16_(x)      XEN_UUID_BYTE_(x, 1), XEN_UUID_BYTE_(x, 0)
#define XEN_UUID_32_(x)      XEN_UUID_BYTE_(x, 3), XEN_UUID_BYTE_(x, 2), XEN_UUID_16_(x)
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6) \
    {{ XEN_UUID_32_(a), XEN_UUID_16_(b), XEN_UUID_16_(c), XEN_UUID_16_(d), e1, e2, e3, e4, e5, e6 }}
/* clang-format on */
#ifdef __cplusplus
#define XEN_DEFINE_UUID XEN_DEFINE_UUID_
#else
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6)                                        \
    ((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#endif

/** Transcendent memory (hypercall 38): gone from Xen, refused here; the layout remains. */
struct xen_tmem_oid
{
    uint64_t oid[3];
};
typedef struct xen_tmem_oid xen_tmem_oid_t;
DEFINE_XEN_GUEST_HANDLE(xen_tmem_oid_t);

struct tmem_op
{
    uint32_t cmd;
    int32_t pool_id;
    union
    {
        struct
        {
            uint64_t uuid[2];
            uint32_t flags;
            uint32_t arg1;
        } creat;
#ifndef __cplusplus
        struct
        {
            uint64_t uuid[2];
            uint32_t flags;
        } new; /* creat by its first name, which C++ cannot say */
#endif
        struct
        {
#if __XEN_INTERFACE_VERSION__ < 0x00040600
            uint64_t oid[3];
#else
            xen_tmem_oid_t oid;
#endif
            uint32_t index;
            uint32_t tmem_offset;
            uint32_t pfn_offset;
            uint32_t len;
            XEN_ANONYMOUS union
            {
                GUEST_HANDLE(void) gmfn; /* the guest's frame, by two names */
                xen_pfn_t cmfn;
            };
        } gen;
    } u;
};
typedef struct tmem_op tmem_op_t;
DEFINE_XEN_GUEST_HANDLE(tmem_op_t);

#endif /* !__ASSEMBLY__ */

#define TMEM_SPEC_VERSION 1

#endif /* __XEN_PUBLIC_XEN_H__ */
