/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory core's state and its interface. All of its state hangs off one struct machine, so that a test can build a
 * machine of eight frames, copy it and compare.
 *
 * Errors are negative errnos. -ERESTART means "stopped half-way because the port wants to yield: call again"; the state
 * needed to go on is in the frame accounts (progress), so anybody may go on.
 */
#ifndef XEN_MM_H
#define XEN_MM_H

#include <xen/errno.h>
#include <xen/frame.h>
#include <xen/spinlock.h>
#include <xen/types.h>

/* Entries per page table: one macro, so that exhaustive tests can shrink it. */
#ifndef PT_ENTRIES
#define PT_ENTRIES 512
#endif
/* L4 slots of the hypervisor: 256-271 of 512. */
#define HV_SLOT_FIRST (PT_ENTRIES / 2)
#define HV_SLOT_M2P   HV_SLOT_FIRST /* the guest reads it: present in roots of kernel mode only */
#define HV_SLOT_COUNT (PT_ENTRIES >= 32 ? PT_ENTRIES / 32 : 1)

#define MM_MAX_DOMAINS  16
#define MM_MAX_VCPUS    32
#define MM_MAX_CPUS     32
#define MM_RAM_RANGES   64
#define MM_IOMEM_RANGES 8
#define MM_HOLDS        (8 + 2 * MM_MAX_VCPUS)
#define MM_GDT_FRAMES   14
#define MM_LDT_FRAMES   16
#define HEAP_MAX_ORDER  18 /* 1 GiB */

#define M2P_INVALID (~0ULL)

/* Bits 51:12 of an entry: the frame it names (SDM vol. 3, 4.5). */
#define PTE_ADDR_BITS 0x000ffffffffff000ULL

#define OWNER_NONE   0
#define OWNER(domid) ((uint16_t)((domid) + 1))
/* Nobody has looked into the frame since the owner got it: what stands there is from before. Nothing that compares owners takes such a
 * frame for its owner's, so only frame_get() comes by it. */
#define OWNER_UNCLEARED 0x8000U
#define OWNER_CLEARING  0xffffU /* it is being cleared just now */

/** A run of frames [first, first + nr). */
struct frame_range
{
    mfn_t first;
    uint64_t nr;
};

/** Free memory. Blocks of 2^order frames, aligned; links are kept in the accounts of free frames. */
struct heap
{
    struct spinlock lock;
    uint64_t free[HEAP_MAX_ORDER + 1];       /* mfn of the first block of each order, ~0 none */
    uint64_t nr_free;                        /* frames in the lists above and in the fresh ranges */
    struct frame_range fresh[MM_RAM_RANGES]; /* memory nobody has touched since power-on */
    unsigned int nr_fresh;
    /* Flush clock at the last free: CPUs must flush after it before anything is given out again. */
    uint32_t freed_stamp;
};
#define HEAP_NONE  (~0ULL)
#define FREE_BLOCK 0x8000U /* frame.progress of a free block's first frame: FREE_BLOCK | order */

struct machine
{
    uint8_t *direct_map;  /* machine address 0 of the hypervisor's view of all RAM */
    struct frame *frames; /* accounts, indexed by mfn */
    uint64_t *m2p;        /* writable view of the machine-to-physical table, indexed by mfn */
    uint64_t max_mfn;     /* accounts exist for [0, max_mfn) */
    /* What is memory, sorted; all else below 2^maxphys is MMIO. */
    struct frame_range ram[MM_RAM_RANGES];
    unsigned int nr_ram;
    struct heap heap;
    struct mm_domain *domains[MM_MAX_DOMAINS];
    uint32_t flush_clock;              /* counts complete flushes, see tlb.c */
    uint32_t cpu_flushed[MM_MAX_CPUS]; /* flush_clock at each CPU's last complete flush */
    unsigned int nr_cpus;
    /* Ask port_should_yield() after entry i of an L1 or a batch when (i & yield_mask) == yield_mask. */
    unsigned int yield_mask;
    uint64_t paddr_mask; /* physical address bits of the CPU, as a mask of PTE address bits */
    /* Non-present entries must not name addresses below; 0: the CPU is not affected. */
    uint64_t l1tf_limit;
};

/** Something in the hypervisor that keeps a guest frame mapped writable for itself: shared_info, vcpu_info, ring pages. */
struct mm_hold
{
    mfn_t mfn; /* INVALID_MFN: unused slot */
};

struct mm_vcpu
{
    struct mm_domain *d;
    unsigned int id;
    bool user_mode;  /* which of the two roots the vCPU runs on */
    mfn_t root;      /* kernel's L4, INVALID_MFN before the first; holds a typed reference */
    mfn_t user_root; /* user's L4 or INVALID_MFN; likewise */
    /* A frame whose last typed reference is being dropped piecemeal, INVALID_MFN if none; holds a reference. */
    mfn_t drain;
    mfn_t gdt[MM_GDT_FRAMES]; /* each a typed (FRAME_DESC) reference or INVALID_MFN */
    unsigned int gdt_ents;
    uint64_t ldt_base;
    unsigned int ldt_ents;
    mfn_t ldt[MM_LDT_FRAMES]; /* mapped on demand; each a typed reference or INVALID_MFN */
    struct spinlock ldt_lock; /* ldt[] and what the LDT window shows: other vCPUs unmap its pages */
};

struct mm_domain
{
    struct machine *machine;
    uint16_t id;
    bool privileged;  /* may name other domains and map MMIO that iomem[] lists */
    bool cache_attrs; /* may use PAT, PCD, PWT in L1 entries */
    bool dying;
    struct spinlock lock; /* dying, the totals and bounds, holds */
    uint64_t tot_pages;   /* frames it owns, from allocation until the last reference is gone */
    uint64_t max_pages;
    uint64_t extra_pages;  /* likewise those that the hypervisor gave on top (FRAME_EXTRA) */
    mfn_t lowest, highest; /* bounds of the frames ever allocated to it */
    /* What every L4 of this domain carries in the hypervisor's slots; the first only once it is a root of kernel mode. */
    uint64_t hv_slots[HV_SLOT_COUNT];
    struct frame_range iomem[MM_IOMEM_RANGES];
    unsigned int nr_iomem;
    struct mm_hold holds[MM_HOLDS];
    struct mm_vcpu *vcpus[MM_MAX_VCPUS];
    unsigned int nr_vcpus;
    unsigned int teardown_stage;
    mfn_t teardown_next;
};

static inline struct frame *mfn_to_frame(const struct machine *m, mfn_t mfn)
{
    return &m->frames[mfn.n];
}

/** Whose the frame is, cleared or not. */
static inline uint16_t frame_owner(const struct frame *f)
{
    return READ_ONCE(f->owner) & (uint16_t)~OWNER_UNCLEARED;
}

static inline mfn_t frame_to_mfn(const struct machine *m, const struct frame *f)
{
    return _mfn((uint64_t)(f - m->frames));
}

/** The hypervisor's own view of a frame. */
static inline void *mfn_to_virt(const struct machine *m, mfn_t mfn)
{
    return m->direct_map + (mfn.n << PAGE_SHIFT);
}

/* ---- common/mm/machine.c: setting up, what is RAM --------------------------------------------------------------- */

/** Zero *m and fill in the parts that do not depend on the memory map. @nr_cpus <= MM_MAX_CPUS. */
void machine_init(struct machine *m, uint8_t *direct_map, struct frame *frames, uint64_t *m2p,
                  uint64_t max_mfn, unsigned int nr_cpus);

/** Frames [first, first + nr) are RAM. Ranges come sorted and apart. -ENOSPC when MM_RAM_RANGES is used up, -EINVAL. */
int machine_add_ram(struct machine *m, mfn_t first, uint64_t nr);

/** Is @mfn memory (as opposed to MMIO or nothing)? */
bool mfn_is_ram(const struct machine *m, mfn_t mfn);

/** The domain with that number or NULL. */
struct mm_domain *machine_domain(struct machine *m, uint16_t id);

/* ---- common/mm/heap.c: free memory ------------------------------------------------------------------------------ */

/** Give never-used RAM to the allocator; the hypervisor's image, modules and tables must have been left out. Costs nothing
 *  per frame. -ENOSPC when there are too many ranges. */
int heap_add(struct machine *m, mfn_t first, uint64_t nr);

/** 2^order frames, aligned to their size, accounts backed and zero, no stale translation anywhere, content undefined.
 *  INVALID_MFN when there is none. Whoever calls it must set the accounts (domain_alloc, heap_alloc_owned). */
mfn_t heap_alloc(struct machine *m, unsigned int order);

/** Back to the allocator. All accounts in the block must be zero in word and owner. */
void heap_free(struct machine *m, mfn_t mfn, unsigned int order);
/** The same for @nr frames from @first on. */
void heap_free_run(struct machine *m, mfn_t first, uint64_t nr);

/** Frames for the hypervisor itself: owner @domid (DOMID_XEN), one reference each, scrubbed. */
mfn_t heap_alloc_owned(struct machine *m, unsigned int order, uint16_t domid);
void heap_free_owned(struct machine *m, mfn_t mfn, unsigned int order);

/* ---- common/mm/account.c: references and ownership -------------------------------------------------------------- */

/** Take a general reference if @mfn is RAM in use by @owner (OWNER(domid)). False otherwise, also when the count is full. The first
 *  one since domain_populate() clears the frame. */
bool __must_check frame_get(struct machine *m, mfn_t mfn, uint16_t owner);

/** The same for who looks at the account only: an uncleared frame stays as it is. */
bool __must_check frame_get_account(struct machine *m, mfn_t mfn, uint16_t owner);

/** Drop a general reference; the last one frees the frame. */
void frame_put(struct machine *m, struct frame *f);

/** Free frames of @d's together: those of the @most from @first on that are allocated to it and used by nobody, up to the first that is
 *  not. How many. */
uint64_t frames_take_back(struct mm_domain *d, mfn_t first, uint64_t most);

/* ---- common/mm/domain_mem.c: a domain's frames ------------------------------------------------------------------ */

/** Start a domain's accounts. Everything zero, holds and vCPUs empty, entered in m->domains. -ENOSPC, -EEXIST. */
int domain_mem_init(struct machine *m, struct mm_domain *d, uint16_t id, uint64_t max_pages);
/** Start a vCPU's part and enter it in d->vcpus. @id must be the next one. */
void vcpu_mem_init(struct mm_domain *d, struct mm_vcpu *v);

/** 2^order scrubbed frames on @d's account, M2P entries ~0, or INVALID_MFN: no memory, or over max_pages. */
mfn_t domain_alloc(struct mm_domain *d, unsigned int order);

/** 2^order frames on @d's account, pfns [pfn, pfn + 2^order) by the M2P, for the cost of their accounts: each is scrubbed when somebody
 *  first refers to it. Not to be touched without frame_get(). INVALID_MFN as above. */
mfn_t domain_populate(struct mm_domain *d, unsigned int order, pfn_t pfn);

/** One scrubbed frame that the hypervisor gives @d on top of its allowance (shared_info, grant table); it cannot be released
 *  by the guest and goes with the domain. */
mfn_t domain_alloc_extra(struct mm_domain *d);

/** Take the allocation reference away, and the M2P entry. False if it was gone already. The caller holds a reference. */
bool frame_clear_allocated(struct machine *m, struct frame *f);

/** Forget a domain that owns nothing any more. */
void domain_mem_forget(struct mm_domain *d);

/** Take one frame off @d's account (XENMEM_decrease_reservation). It is freed when the last mapping goes. -EINVAL: not its. */
int domain_release(struct mm_domain *d, mfn_t mfn);

/** M2P entry of @mfn := @pfn. The caller owns the frame. */
void m2p_set(struct machine *m, mfn_t mfn, uint64_t pfn);
/** The same for @nr frames from @mfn on, which are pfns from @pfn on. */
void m2p_set_run(struct machine *m, mfn_t mfn, uint64_t pfn, uint64_t nr);
/** @nr words from @to on := @from, @from + 1 and so on: pieces of an M2P and of a p2m list. */
void count_up(uint64_t *to, uint64_t from, uint64_t nr);

/* ---- common/mm/tlb.c: who may still have an old translation ----------------------------------------------------- */

/** A CPU is about to flush everything; returns what to hand to tlb_flush_end() when it has. */
uint32_t tlb_flush_begin(struct machine *m);
void tlb_flush_end(struct machine *m, unsigned int cpu, uint32_t begun);
/** May a CPU still hold translations that existed when the clock stood at @stamp? */
bool tlb_stale(const struct machine *m, uint32_t stamp);

/* ---- arch/x86/mm/promote.c: type transitions -------------------------------------------------------------------- */

/**
 * Turn a general reference of the caller into a typed one. Validates the content when the frame becomes a page table or a
 * descriptor page. 0: done. Otherwise the caller still holds its general reference: -EINVAL, content or current use does not
 * allow it; -EBUSY, the count is full; -ERESTART, stopped half-way (page tables). After an error the frame may be left
 * partial (frame_is_partial): the caller must see to it that it is drained.
 */
int __must_check frame_type_get(struct mm_domain *d, struct frame *f, enum frame_type type);

/**
 * Turn a typed reference back into a general one, which the caller then holds in any case. 0, or -ERESTART when the last
 * typed reference on a page table went and taking it apart was stopped half-way: the frame is partial, somebody must go on.
 */
int __must_check frame_type_put(struct mm_domain *d, struct frame *f);

/** Go on taking apart a frame that was left partial; nothing to do if it is not (any more). 0 or -ERESTART. */
int __must_check frame_drain(struct mm_domain *d, struct frame *f);

/**
 * Another typed reference on a frame that is a validated table or descriptor page of @type now. The caller holds a general one.
 * False when it is not, or the count is full; nothing is ever validated for it.
 */
bool __must_check frame_type_get_valid(struct frame *f, enum frame_type type);

/** Turn a typed reference into a general one on a frame that there is nothing to take apart in: writable, or descriptors. */
void frame_put_type(struct mm_domain *d, struct frame *f);

/** Drop a typed and a general reference on a frame that there is nothing to take apart in: writable, or descriptors. */
void frame_put_leaf(struct mm_domain *d, struct frame *f);

/** Was the frame left half-way as @type? One of another type is not the caller's business. */
static inline bool frame_is_partial(const struct frame *f, enum frame_type type)
{
    uint64_t w = frame_word(f);

    return (w & FRAME_PARTIAL) && word_type(w) == type;
}

/* ---- arch/x86/mm/hold.c: frames the hypervisor writes to --------------------------------------------------------- */

/** The hypervisor writes to this frame of @d from now on: it stays in use and cannot become a page table until
 *  domain_unhold(). -EINVAL: not its frame or in use as something else; -ENOSPC: too many holds. */
int domain_hold(struct mm_domain *d, mfn_t mfn);
void domain_unhold(struct mm_domain *d, mfn_t mfn);

/* ---- arch/x86/mm/update.c: one entry changes -------------------------------------------------------------------- */

/** As the ABI's struct mmu_update. */
struct pt_update
{
    uint64_t ptr;
    uint64_t val;
};

/** A hypercall's foreigndom argument, decoded. */
struct mmu_target
{
    struct mm_domain *pt; /* owner of the page tables */
    struct mm_domain *pg; /* owner of the pages mapped; NULL: nobody's (DOMID_IO, DOMID_XEN) */
    bool no_mmio; /* devices neither (DOMID_XEN): nothing of the hypervisor's can be mapped */
};

/** Decode @foreigndom (FD in bits 0-15, PFD in 16-31). -ESRCH: no such domain, or it is dying; -EPERM: @d may not name it. */
int mmu_decode_target(struct mm_domain *d, uint32_t foreigndom, struct mmu_target *t);

/**
 * HYPERVISOR_mmu_update on @nr requests already copied in. *done is how many took effect. 0, or the errno of request
 * [*done] (-EINVAL -EBUSY -EPERM -ENOSYS -ENOMEM), or -ERESTART: call again with the rest.
 */
int mmu_update(struct mm_vcpu *v, const struct mmu_target *t, const struct pt_update *req,
               unsigned int nr, unsigned int *done);

/** One request on @v's own tables, if it is a common one: an L1 entry that maps ordinary memory. False: nothing has happened; ask
 *  mmu_update(). */
bool mmu_update_common(struct mm_vcpu *v, uint64_t ptr, uint64_t val);

/** One update_va_mapping() of several. */
struct va_update
{
    uint64_t va, val;
    bool invlpg; /* UVMF_INVLPG, of the calling vCPU */
};
/** As many of @nr, from the first on, as update_va_common() would do; how many. */
unsigned int update_va_run(struct mm_vcpu *v, const struct va_update *req, unsigned int nr);

/** HYPERVISOR_update_va_mapping(_otherdomain) without copying; flags are UVMF_*; @vcpumask: the bitmap UVMF_MULTI points
 *  to, already copied in (used only if flags name it). -EINVAL: no L1 there, bad entry; -EBUSY; -EPERM. */
int update_va_mapping(struct mm_vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                      unsigned long flags, uint64_t vcpumask);

/** update_va_mapping() of a page of @v's own, if it is a common one, with UVMF_NONE or UVMF_INVLPG. False: nothing has happened. */
bool update_va_common(struct mm_vcpu *v, uint64_t va, uint64_t val, bool invlpg);

/**
 * A guest's own store to a read-only mapped L1 table (VMASST writable_pagetables): the entry at machine address @ptr goes
 * from @old to @new if it still equals @old under the hardware's A/D. 0; -EAGAIN: it did not equal (guest retries the
 * instruction); -EINVAL, -EBUSY, -EPERM: refused.
 */
int ptwr_update(struct mm_vcpu *v, uint64_t ptr, uint64_t old, uint64_t new);

/** A MOV of @val to the L1 entry that is mapped at @va, read-only, if that is a common case. False: nothing has happened. */
bool ptwr_common(struct mm_vcpu *v, uint64_t va, uint64_t val);

/* ---- arch/x86/mm/walk.c: reading a guest's page tables ---------------------------------------------------------- */

/** Entry and table at each level on the way to a VA. */
struct pt_walk
{
    int level;         /* the last level read: 1 when an L1 entry was found */
    uint64_t entry[5]; /* [4] .. [level] */
    mfn_t table[5];
};
/** Walk from @root. Stops at the first non-present entry. True when an L1 entry was read (present or not). */
bool pt_walk(const struct machine *m, mfn_t root, uint64_t va, struct pt_walk *w);

/* ---- arch/x86/mm/mmuext.c --------------------------------------------------------------------------------------- */

/** One MMUEXT_* operation with everything it points to copied in. */
struct mmuext
{
    unsigned int cmd;
    uint64_t arg1;     /* mfn or linear address */
    uint64_t arg2;     /* nr_ents, src_mfn */
    uint64_t vcpumask; /* for *_MULTI: the bitmap arg2.vcpumask pointed to */
};
/** 0, -errno of the operation, or -ERESTART: call again with the same operation. */
int mmuext_op(struct mm_vcpu *v, const struct mmu_target *t, const struct mmuext *op);

/** The common cases: local flushes, and another pinned root of the caller's. False: nothing has happened; ask mmuext_op(). */
bool mmuext_common(struct mm_vcpu *v, unsigned int cmd, uint64_t arg1);

/** Finish what an earlier operation of this vCPU left half dropped. Every mm hypercall calls it first. 0 or -ERESTART. */
int vcpu_drain(struct mm_vcpu *v);

/** Take the pin's mark away: the caller drops its references then. False: @f is not pinned. */
bool frame_clear_pinned(struct frame *f);

/* Pieces of the above that the domain builder uses too; new_base() is also a guest's MOV to CR3, and drains first. */
int pin_table(struct mm_vcpu *v, struct mm_domain *owner, mfn_t mfn, unsigned int level);
int new_base(struct mm_vcpu *v, mfn_t mfn, bool user);

/* ---- arch/x86/mm/desc.c: GDT and LDT ---------------------------------------------------------------------------- */

/** HYPERVISOR_set_gdt: @nr frames for @ents descriptors. -EINVAL. */
int gdt_set(struct mm_vcpu *v, const uint64_t *mfns, unsigned int ents);
void gdt_clear(struct mm_vcpu *v);
/** MMUEXT_SET_LDT. @ents 0 removes it. -EINVAL: unaligned, hypervisor's addresses, more than 8192. */
int ldt_set(struct mm_vcpu *v, uint64_t base, unsigned int ents);
void ldt_drop(struct mm_vcpu *v);
/** A fault inside the LDT window at byte @offset: map that page. True when the instruction can be retried. */
bool ldt_fault(struct mm_vcpu *v, uint64_t offset);
/** HYPERVISOR_update_descriptor: one descriptor at machine address @ptr. -EINVAL. */
int descriptor_update(struct mm_vcpu *v, uint64_t ptr, uint64_t desc);
/** Check one descriptor; *desc gets its DPL raised to 3 where that is all it needs. */
bool descriptor_fix(uint64_t *desc);

/* ---- arch/x86/mm/teardown.c ------------------------------------------------------------------------------------- */

/** Release all of a domain's memory; it must not run any more. 0: it owns nothing any more; -ERESTART: call again; -EBUSY: all is
 *  released, but other domains still map some of its frames: call again when they have let go. */
int domain_teardown(struct mm_domain *d);

/* ---- arch/x86/mm/audit.c ---------------------------------------------------------------------------------------- */

/** Where audit() counts: one struct per frame of [0, max_mfn). */
struct audit_count
{
    uint32_t refs, types;
};
struct audit_result
{
    unsigned int violations;
    uint64_t frames, tables, entries;
};
/** Recount everything from first principles and compare (docs/invariants.md). Each violation is reported by port_refuse(NULL). */
void audit(struct machine *m, struct audit_count *scratch, struct audit_result *res);

#endif /* XEN_MM_H */
