/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the p2m list that a guest publishes in shared_info.arch (public/arch-x86/xen.h, docs/p2m.md) and comparing it with
 * what is true. The guest decides everything that is read here, and may change it at any time: nothing is believed.
 */
#ifndef XEN_P2M_H
#define XEN_P2M_H

#include <public/xen.h>
#include <xen/mm.h>

/* What entries mean besides machine frame numbers, as Linux writes them. */
#define P2M_ENTRY_INVALID (~0ULL)      /* no frame */
#define P2M_ENTRY_FOREIGN (1ULL << 63) /* another domain's frame, mapped by a grant */
#define P2M_ENTRY_IDENTITY                                                                         \
    (1ULL << 62) /* no memory of the guest's: the machine's frame of the same number */

/** Lists longer than this are refused: 16 TiB, more than the direct map holds. */
#define P2M_LINEAR_MAX (1ULL << 32)
/** Three levels of 512. */
#define P2M_TREE_MAX (1ULL << 27)
/** So often an audit waits or starts again because the guest changes its list. */
#define P2M_RETRIES 64
/** So many entries are read at most before p2m_audit_step() returns. */
#define P2M_STEP_ENTRIES 65536U

enum p2m_form
{
    P2M_UNPUBLISHED,
    P2M_LINEAR, /* p2m_cr3 and p2m_vaddr */
    P2M_TREE,   /* pfn_to_mfn_frame_list_list */
};

enum p2m_mismatch_kind
{
    P2M_NO_FRAME,  /* the entry names no memory that is in use */
    P2M_NOT_OWNED, /* ... somebody else's */
    P2M_OTHER_PFN, /* ... a frame that the M2P knows under another number */
};
struct p2m_mismatch
{
    uint64_t pfn, entry;
    uint64_t m2p; /* of the frame the entry names; P2M_NOT_OWNED: its owner's number */
    enum p2m_mismatch_kind kind;
};
#define P2M_MISMATCHES 8 /* the first ones are kept */

/** Where the list is: as read at the start of an attempt. */
struct p2m_anchor
{
    uint64_t max_pfn, tree, cr3, vaddr, generation;
};

/** One audit. Everything but d and arch is set by p2m_audit_step(). */
struct p2m_audit
{
    struct mm_domain *d;
    const struct arch_shared_info *arch; /* the hypervisor's view of what the guest writes to */
    bool running;
    unsigned int retries;
    const char *why; /* after -EINVAL: what is wrong, about the number @what */
    uint64_t what;
    struct p2m_anchor anchor;
    enum p2m_form form;
    uint64_t next; /* entries [0, next) have been looked at; each is counted once below */
    uint64_t present, identity, foreign, invalid;
    uint64_t unreadable; /* the list's own pages are not mapped, or are no memory of the domain */
    uint64_t mismatches;
    struct p2m_mismatch mismatch[P2M_MISMATCHES];
};

/** Start; @d must live as long as the audit, @arch point to its shared_info. */
void p2m_audit_init(struct p2m_audit *a, struct mm_domain *d, const struct arch_shared_info *arch);

/**
 * Work for a while. 0: done, next == anchor.max_pfn. -ERESTART: call again. -EAGAIN: call again after the guest has had time
 * to run, it is changing its list. -EBUSY: it has been doing so P2M_RETRIES times. -ENOENT: the guest publishes no list.
 * -EINVAL: what it publishes cannot be one; why and what say more.
 */
int __must_check p2m_audit_step(struct p2m_audit *a);

#endif /* XEN_P2M_H */
