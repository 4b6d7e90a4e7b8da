/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's addresses seen from outside.
 *
 *   1. the account of a frame in words
 *   2. printing a walk through the page tables, with the accounts of the frames on the way
 *   3. reading what an address shows
 *   4. debug key w
 *
 * Only addresses that can be the guest's are walked: below the hypervisor's slots there are large pages and its own tables. A
 * root that a vCPU has is a validated L4 (invariant 4), and so all that hangs below it. Locks: none.
 */
#include <asm/uaccess.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/dump.h>
#include <xen/printk.h>

#include "mm/pte.h"

/* ---- 1. Accounts -------------------------------------------------------------------------------------------------- */

static void owner_name(const struct frame *f, char *buf, size_t size)
{
    uint16_t owner = frame_owner(f);

    if ( owner == OWNER_NONE )
        snprintf(buf, size, "nobody's");
    else if ( owner == OWNER(DOMID_XEN) )
        snprintf(buf, size, "hypervisor's");
    else
        snprintf(buf, size, "d%u's", owner - 1U);
}

static void account_text(mfn_t mfn, char *buf, size_t size)
{
    static const char *const types[] = { "page without type", "writable page",
                                         "L1 table",          "L2 table",
                                         "L3 table",          "L4 table",
                                         "descriptor page",   "page of no known type" };
    const struct frame *f;
    char owner[24];
    uint64_t w;

    BUILD_BUG_ON(ARRAY_SIZE(types) <= FRAME_KIND_MASK >> FRAME_KIND_SHIFT);
    if ( mfn_x(mfn) >= machine.max_mfn || !mfn_is_ram(&machine, mfn) )
    {
        snprintf(buf, size, "no memory");
        return;
    }
    f = mfn_to_frame(&machine, mfn);
    w = frame_word(f);
    if ( !word_refs(w) )
        w = 0; /* free: no account */
    owner_name(f, owner, sizeof(owner));
    snprintf(buf, size, "%s %s, %lu references, %lu typed%s%s%s%s", owner, types[word_type(w)],
             word_refs(w), word_types(w), w & FRAME_PINNED ? ", pinned" : "",
             w & FRAME_VALIDATED ? ", validated" : "", w & FRAME_PARTIAL ? ", partial" : "",
             w & FRAME_LOCKED ? ", locked" : "");
}

/* ---- 2. Walks ----------------------------------------------------------------------------------------------------- */

static void print_root(mfn_t root)
{
    char account[128];

    account_text(root, account, sizeof(account));
    pr_always("  mfn %#lx: %s", mfn_x(root), account);
}

static void print_entry(const struct pt_walk *w, unsigned int level, uint64_t va)
{
    uint64_t e = w->entry[level];
    char account[128];

    if ( !(e & PTE_P) )
    {
        pr_always("  L%u[%3u] %016lx not present", level, pt_index(va, level), e);
        return;
    }
    account_text(pte_mfn(e), account, sizeof(account));
    pr_always("  L%u[%3u] %016lx %s %s%s%s%s-> mfn %#lx: %s", level, pt_index(va, level), e,
              e & PTE_RW ? "RW" : "RO", e & PTE_US ? "US " : "", e & PTE_NX ? "NX " : "",
              e & PTE_A ? "A " : "", e & PTE_D ? "D " : "", mfn_x(pte_mfn(e)), account);
}

void dump_walk(const struct vcpu *v, mfn_t root, uint64_t va, const char *what)
{
    struct pt_walk w = { .level = 5 };

    pr_always("%s %#lx in d%u:", what, va, v->domain->id);
    if ( mfn_eq(root, INVALID_MFN) )
        pr_always("  there is no page table");
    else if ( !guest_range_ok(va, 1) )
        pr_always("  not an address of the guest's");
    else
    {
        pt_walk(&machine, root, va, &w);
        print_root(root);
        for ( int level = 4; level >= w.level; level-- )
            print_entry(&w, (unsigned int)level, va);
    }
}

mfn_t vcpu_root(const struct vcpu *v)
{
    return v->mm.user_mode ? v->mm.user_root : v->mm.root;
}

/* ---- 3. Reading --------------------------------------------------------------------------------------------------- */

static bool peek_page(const struct vcpu *v, mfn_t root, uint64_t va, void *buf, size_t len)
{
    struct pt_walk w;
    mfn_t mfn;

    if ( mfn_eq(root, INVALID_MFN) || !guest_range_ok(va, len) ||
         !pt_walk(&machine, root, va, &w) || !(w.entry[1] & PTE_P) )
        return false;
    mfn = pte_mfn(w.entry[1]);
    if ( !frame_get(&machine, mfn, OWNER(v->domain->id)) )
        return false;
    memcpy(buf, (const uint8_t *)mfn_to_virt(&machine, mfn) + (va & ~PAGE_MASK), len);
    frame_put(&machine, mfn_to_frame(&machine, mfn));
    return true;
}

size_t guest_peek(const struct vcpu *v, uint64_t va, void *buf, size_t len)
{
    size_t n, done;

    for ( done = 0; done < len; done += n )
    {
        n = MIN(len - done, PAGE_SIZE - ((va + done) & ~PAGE_MASK));
        if ( !peek_page(v, vcpu_root(v), va + done, (uint8_t *)buf + done, n) )
            break;
    }
    return done;
}

/* ---- 4. The key --------------------------------------------------------------------------------------------------- */

static void walk_answered(const char *text)
{
    const struct vcpu *v = dump_vcpu();
    uint64_t va = 0;
    const char *p;

    for ( p = text[0] == '0' && (text[1] | 0x20) == 'x' ? text + 2 : text; *p; p++ )
    {
        unsigned int c = (unsigned char)*p | 0x20, digit = c - '0' < 10 ? c - '0' : c - 'a' + 10;

        if ( digit > 15 || va >> 60 )
            break;
        va = va << 4 | digit;
    }
    if ( !v )
        pr_always("no domain is running");
    else if ( *p || p == text )
        pr_always("\"%s\" is no hexadecimal number of 64 bits", text);
    else
    {
        dump_walk(v, v->mm.root, va, "kernel's walk to");
        if ( !mfn_eq(v->mm.user_root, INVALID_MFN) )
            dump_walk(v, v->mm.user_root, va, "user's walk to");
    }
}

void dump_walk_key(void)
{
    debugkey_ask("guest address, in hexadecimal:", walk_answered);
}
