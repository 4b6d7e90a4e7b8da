/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of guests' p2m lists (docs/p2m.md): for each guest frame number the machine frame the guest believes it to be,
 * held against the accounts and the M2P.
 *
 *   1. the anchor: where the guest says its list is, and whether that has changed since
 *   2. entries
 *   3. pages of the linear list, through the page tables p2m_cr3 names
 *   4. pages of the three-level tree
 *   5. attempts: step by step, from the beginning when the guest has changed something
 *
 * All that is read is the guest's to forge. So a frame is only looked into while we hold a reference that makes sure it is the
 * domain's memory (invariant 3), a page table only if it is one of its level that has been validated (invariant 4), and
 * whatever comes out of it is checked again before it is used (invariant 8). Work is bounded between two yields (10).
 *
 * Locks: none. References make a frame stay; a list that changes meanwhile is what the generation is for.
 */
#include <xen/mm_port.h>
#include <xen/p2m.h>

#include "pte.h"

#define PAGE_ENTRIES (PAGE_SIZE / sizeof(uint64_t))
#define NO_TREE      (~0ULL) /* pfn_to_mfn_frame_list_list: there is none */

/* ---- 1. The anchor ------------------------------------------------------------------------------------------------- */

static void anchor_read(const struct p2m_audit *a, struct p2m_anchor *anchor)
{
    const struct arch_shared_info *arch = a->arch;

    anchor->generation = __atomic_load_n(&arch->p2m_generation, __ATOMIC_ACQUIRE);
    anchor->max_pfn = READ_ONCE(arch->max_pfn);
    anchor->tree = READ_ONCE(arch->pfn_to_mfn_frame_list_list);
    anchor->cr3 = READ_ONCE(arch->p2m_cr3);
    anchor->vaddr = READ_ONCE(arch->p2m_vaddr);
}

/* What was read of the list since the anchor was counts only if this is false. */
static bool anchor_changed(const struct p2m_audit *a)
{
    struct p2m_anchor anchor;

    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    anchor_read(a, &anchor);
    return anchor.generation != a->anchor.generation || anchor.max_pfn != a->anchor.max_pfn ||
           anchor.tree != a->anchor.tree || anchor.cr3 != a->anchor.cr3 ||
           anchor.vaddr != a->anchor.vaddr;
}

static enum p2m_form anchor_form(const struct p2m_anchor *anchor)
{
    if ( anchor->cr3 )
        return P2M_LINEAR;
    return anchor->tree && anchor->tree != NO_TREE ? P2M_TREE : P2M_UNPUBLISHED;
}

static int refuse(struct p2m_audit *a, const char *why, uint64_t what)
{
    a->why = why;
    a->what = what;
    return -EINVAL;
}

/* ---- 2. Entries ---------------------------------------------------------------------------------------------------- */

/* Is @entry the domain's @pfn? If not, *bad says how far from it. */
static bool frame_is(const struct p2m_audit *a, uint64_t pfn, uint64_t entry,
                     struct p2m_mismatch *bad)
{
    const struct machine *m = a->d->machine;
    const struct frame *f = mfn_to_frame(m, _mfn(entry < m->max_mfn ? entry : 0));
    uint16_t owner = frame_owner(f);

    *bad = (struct p2m_mismatch){ pfn, entry, M2P_INVALID, P2M_NO_FRAME };
    if ( entry >= m->max_mfn || !word_refs(frame_word(f)) )
        return false;
    bad->kind = P2M_NOT_OWNED;
    bad->m2p = (uint64_t)owner - 1;
    if ( owner != OWNER(a->d->id) )
        return false;
    bad->kind = P2M_OTHER_PFN;
    bad->m2p = READ_ONCE(m->m2p[entry]);
    return bad->m2p == pfn;
}

static void check_frame(struct p2m_audit *a, uint64_t pfn, uint64_t entry)
{
    struct p2m_mismatch bad;

    if ( frame_is(a, pfn, entry, &bad) )
    {
        a->present++;
        return;
    }
    if ( a->mismatches < P2M_MISMATCHES )
        a->mismatch[a->mismatches] = bad;
    a->mismatches++;
}

/* ~0 has the other two's bits, so it comes first. The number behind IDENTITY says nothing: Linux uses one page for all. */
static void check_entry(struct p2m_audit *a, uint64_t pfn, uint64_t entry)
{
    if ( entry == P2M_ENTRY_INVALID )
        a->invalid++;
    else if ( entry & P2M_ENTRY_FOREIGN )
        a->foreign++;
    else if ( entry & P2M_ENTRY_IDENTITY )
        a->identity++;
    else
        check_frame(a, pfn, entry);
}

/* Look into a frame that the guest has named. False: it is no memory of the domain's. To be given back by close_frame(). */
static bool open_frame(const struct p2m_audit *a, mfn_t mfn)
{
    return frame_get(a->d->machine, mfn, OWNER(a->d->id));
}

static void close_frame(const struct p2m_audit *a, mfn_t mfn)
{
    frame_put(a->d->machine, mfn_to_frame(a->d->machine, mfn));
}

static uint64_t word_of(const struct p2m_audit *a, mfn_t mfn, unsigned int i)
{
    return READ_ONCE(((const uint64_t *)mfn_to_virt(a->d->machine, mfn))[i]);
}

static void skip_entries(struct p2m_audit *a, uint64_t n)
{
    n = MIN(n, a->anchor.max_pfn - a->next);
    a->unreadable += n;
    a->next += n;
}

/* How many of @n entries from pfn a->next on are plainly right. This is what a list of a million pages consists of. */
static uint64_t count_right(const struct p2m_audit *a, const uint64_t *word, uint64_t n)
{
    const struct machine *m = a->d->machine;
    const struct frame *frames = m->frames;
    const uint64_t *m2p = m->m2p, max_mfn = m->max_mfn, *end = word + n;
    const uint16_t owner = OWNER(a->d->id);
    uint64_t pfn = a->next;

    for ( ; word < end; word++, pfn++ )
    {
        uint64_t entry = READ_ONCE(*word);

        if ( entry >= max_mfn || !word_refs(frame_word(&frames[entry])) ||
             frame_owner(&frames[entry]) != owner || READ_ONCE(m2p[entry]) != pfn )
            break;
    }
    return pfn - a->next;
}

/* The next @n entries are words [first, first + n) of @mfn. */
static void read_entries(struct p2m_audit *a, mfn_t mfn, unsigned int first, uint64_t n)
{
    const uint64_t *word;

    if ( !open_frame(a, mfn) )
    {
        skip_entries(a, n);
        return;
    }
    word = (const uint64_t *)mfn_to_virt(a->d->machine, mfn) + first;
    for ( const uint64_t *end = word + n; word < end; )
    {
        uint64_t right = count_right(a, word, (uint64_t)(end - word));

        a->present += right;
        a->next += right;
        word += right;
        if ( word < end )
            check_entry(a, a->next++, READ_ONCE(*word++));
    }
    close_frame(a, mfn);
}

/* ---- 3. The linear list -------------------------------------------------------------------------------------------- */

/* Entry of @va in @mfn, if that is a page table of @level. */
static bool read_table(const struct p2m_audit *a, mfn_t mfn, unsigned int level, uint64_t va,
                       uint64_t *entry)
{
    uint64_t w;
    bool good;

    if ( !open_frame(a, mfn) )
        return false;
    w = frame_word(mfn_to_frame(a->d->machine, mfn));
    good = (w & FRAME_VALIDATED) && word_type(w) == (enum frame_type)(FRAME_L1 + level - 1);
    if ( good )
        *entry = word_of(a, mfn, pt_index(va, level));
    close_frame(a, mfn);
    return good;
}

/* The page of the list that @va lies in. False: there is none, nor anywhere else in the aligned 2^*shift bytes around. */
static bool find_page(const struct p2m_audit *a, uint64_t va, mfn_t *mfn, unsigned int *shift)
{
    uint64_t entry;

    *mfn = _mfn(xen_cr3_to_pfn(a->anchor.cr3));
    for ( unsigned int level = 4; level > 0; level-- )
    {
        *shift = PAGE_SHIFT + 9 * level;
        if ( !read_table(a, *mfn, level, va, &entry) )
            return false;
        *shift -= 9;
        if ( !(entry & PTE_P) )
            return false;
        *mfn = pte_mfn(entry);
    }
    return true;
}

static void read_linear(struct p2m_audit *a)
{
    uint64_t va = a->anchor.vaddr + a->next * sizeof(uint64_t);
    unsigned int shift;
    mfn_t mfn;

    if ( find_page(a, va, &mfn, &shift) )
    {
        uint64_t n = (PAGE_SIZE - (va & ~PAGE_MASK)) / sizeof(uint64_t);

        read_entries(a, mfn, (va & ~PAGE_MASK) / sizeof(uint64_t),
                     MIN(n, a->anchor.max_pfn - a->next));
    }
    else
        skip_entries(a, ((1ULL << shift) - (va & ((1ULL << shift) - 1))) / sizeof(uint64_t));
}

static int check_linear(struct p2m_audit *a)
{
    const struct p2m_anchor *at = &a->anchor;
    mfn_t root = _mfn(xen_cr3_to_pfn(at->cr3));
    uint64_t entry;

    if ( at->max_pfn > P2M_LINEAR_MAX )
        return refuse(a, "max_pfn is beyond all memory", at->max_pfn);
    if ( at->vaddr % sizeof(uint64_t) )
        return refuse(a, "p2m_vaddr is not aligned", at->vaddr);
    if ( !va_is_guest(at->vaddr, at->max_pfn * sizeof(uint64_t)) )
        return refuse(a, "the list reaches beyond the guest's addresses from p2m_vaddr", at->vaddr);
    if ( !read_table(a, root, 4, at->vaddr, &entry) )
        return refuse(a, "p2m_cr3 names no L4 table in use: mfn", mfn_x(root));
    return 0;
}

/* ---- 4. The tree --------------------------------------------------------------------------------------------------- */

/* Word @i of a frame the guest has named. */
static bool read_word(const struct p2m_audit *a, mfn_t mfn, uint64_t i, mfn_t *word)
{
    if ( !open_frame(a, mfn) )
        return false;
    *word = _mfn(word_of(a, mfn, (unsigned int)(i % PAGE_ENTRIES)));
    close_frame(a, mfn);
    return true;
}

static void read_tree(struct p2m_audit *a)
{
    uint64_t page = a->next / PAGE_ENTRIES, branch = page / PAGE_ENTRIES;
    mfn_t mid, leaf;

    if ( !read_word(a, _mfn(a->anchor.tree), branch, &mid) || !read_word(a, mid, page, &leaf) )
        skip_entries(a, (branch + 1) * PAGE_ENTRIES * PAGE_ENTRIES - a->next);
    else
        read_entries(a, leaf, 0, MIN(PAGE_ENTRIES, a->anchor.max_pfn - a->next));
}

static int check_tree(struct p2m_audit *a)
{
    mfn_t root = _mfn(a->anchor.tree);

    if ( a->anchor.max_pfn > P2M_TREE_MAX )
        return refuse(a, "max_pfn is more than three levels hold", a->anchor.max_pfn);
    if ( !open_frame(a, root) )
        return refuse(a, "pfn_to_mfn_frame_list_list is no memory of the domain: mfn", mfn_x(root));
    close_frame(a, root);
    return 0;
}

/* ---- 5. Attempts --------------------------------------------------------------------------------------------------- */

void p2m_audit_init(struct p2m_audit *a, struct mm_domain *d, const struct arch_shared_info *arch)
{
    memset(a, 0, sizeof(*a));
    a->d = d;
    a->arch = arch;
}

static int try_again(struct p2m_audit *a)
{
    a->running = false;
    if ( a->retries == P2M_RETRIES )
        return -EBUSY;
    a->retries++;
    return -EAGAIN;
}

static int check_anchor(struct p2m_audit *a)
{
    switch ( a->form )
    {
    case P2M_LINEAR: return check_linear(a);
    case P2M_TREE: return check_tree(a);
    default: return -ENOENT;
    }
}

/* 0, or what the guest publishes is no good: perhaps because it was just changing it. */
static int begin(struct p2m_audit *a)
{
    int rc;

    anchor_read(a, &a->anchor);
    if ( a->anchor.generation & 1 )
        return try_again(a);
    a->form = anchor_form(&a->anchor);
    a->next = a->present = a->identity = a->foreign = a->invalid = 0;
    a->unreadable = a->mismatches = 0;
    rc = check_anchor(a);
    a->running = rc == 0;
    return rc && anchor_changed(a) ? try_again(a) : rc;
}

int p2m_audit_step(struct p2m_audit *a)
{
    uint64_t pages = P2M_STEP_ENTRIES / PAGE_ENTRIES;
    int rc = a->running ? 0 : begin(a);

    if ( rc )
        return rc;
    while ( a->next < a->anchor.max_pfn )
    {
        if ( a->form == P2M_LINEAR )
            read_linear(a);
        else
            read_tree(a);
        if ( anchor_changed(a) )
            return try_again(a);
        if ( (--pages == 0 || port_should_yield()) && a->next < a->anchor.max_pfn )
            return -ERESTART;
    }
    a->running = false;
    return 0;
}
