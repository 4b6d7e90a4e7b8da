/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new domain's memory: where the layout says what goes, this puts it there. All stores go through the direct map, to frames
 * that are the domain's and have no type yet; the core sees the page tables when they are pinned.
 *
 *  1. finding a page of the domain
 *  2. getting the pages: largest blocks first, p2m and M2P along the way
 *  3. kernel, hypercall page, modules
 *  4. page tables
 *
 * The work is one store per page of the domain to each of p2m, M2P and accounts, and one per mapped page to a table. The pages that are
 * written to here arrive scrubbed; the others, nearly all, are when somebody first refers to them (mm/account.c), so that memory
 * which is never used costs its numbers only. Keeps invariant 12. Locks: none; nobody else knows the domain yet.
 */

#include <xen/errno.h>

#include "../mm/pte.h"
#include "dom_build.h"

/* ---- 1. finding --------------------------------------------------------------------------------------------------- */

static const struct dom_chunk *find_chunk(const struct dom_build *b, uint64_t pfn)
{
    for ( const struct dom_chunk *c = b->chunks; c < b->chunks + b->nr_chunks; c++ )
        if ( pfn >= c->pfn && pfn - c->pfn < c->nr )
            return c;
    BUG();
}

mfn_t dom_mfn(const struct dom_build *b, uint64_t pfn)
{
    const struct dom_chunk *c = find_chunk(b, pfn);

    return mfn_add(c->mfn, pfn - c->pfn);
}

void *dom_at(const struct dom_build *b, uint64_t paddr, uint64_t *run)
{
    const struct dom_chunk *c = find_chunk(b, paddr >> PAGE_SHIFT);
    uint64_t offset = paddr - (c->pfn << PAGE_SHIFT);

    *run = (c->nr << PAGE_SHIFT) - offset;
    return (uint8_t *)mfn_to_virt(b->d->mm.machine, c->mfn) + offset;
}

static void copy_to(const struct dom_build *b, uint64_t paddr, const void *src, uint64_t len)
{
    const uint8_t *from = src;
    uint64_t run;

    while ( len )
    {
        void *to = dom_at(b, paddr, &run);
        uint64_t n = MIN(len, run);

        memcpy(to, from, n);
        paddr += n;
        from += n;
        len -= n;
    }
}

/* ---- 2. getting --------------------------------------------------------------------------------------------------- */

static unsigned int floor_log2(uint64_t n)
{
    return 63 - (unsigned int)__builtin_clzl(n);
}

/* One block for pfns from @pfn on, as large as there is one, of no more than @want pages. */
static mfn_t take_block(struct dom_build *b, uint64_t pfn, uint64_t want, uint64_t *got)
{
    unsigned int order = MIN(floor_log2(want), b->order);
    mfn_t mfn;

    for ( ;; order-- )
    {
        if ( pfn < b->l.nr_special )
            mfn = domain_alloc(&b->d->mm, order);
        else
            mfn = domain_populate(&b->d->mm, order, _pfn(pfn));
        if ( !mfn_eq(mfn, INVALID_MFN) || order == 0 )
            break;
        b->order = order - 1;
    }
    *got = 1UL << order;
    return mfn;
}

static int no_memory(struct dom_build *b, uint64_t pfn)
{
    return load_fail(&b->err, -ENOMEM, "the heap ran out after %lu of %lu pages", pfn, b->nr_pages);
}

/* The pages with a purpose: remembered, because the p2m is among them. */
static int take_special(struct dom_build *b)
{
    uint64_t pfn = 0, got;

    while ( pfn < b->l.nr_special )
    {
        mfn_t mfn = take_block(b, pfn, b->l.nr_special - pfn, &got);

        if ( mfn_eq(mfn, INVALID_MFN) )
            return no_memory(b, pfn);
        if ( b->nr_chunks == DOM_CHUNKS )
            return load_fail(&b->err, -ENOMEM,
                             "memory is in too many pieces: %u for %lu of %lu pages", DOM_CHUNKS,
                             pfn, b->l.nr_special);
        b->chunks[b->nr_chunks++] = (struct dom_chunk){ .pfn = pfn, .nr = got, .mfn = mfn };
        pfn += got;
    }
    return 0;
}

static void list_block(const struct dom_build *b, uint64_t pfn, mfn_t mfn, uint64_t nr)
{
    uint64_t run;

    while ( nr )
    {
        uint64_t *list = dom_at(b, (b->l.p2m.pfn << PAGE_SHIFT) + pfn * sizeof(*list), &run);
        uint64_t n = MIN(nr, run / sizeof(*list));

        count_up(list, mfn_x(mfn), n);
        pfn += n;
        mfn = mfn_add(mfn, n);
        nr -= n;
    }
}

static void enter_chunk(const struct dom_build *b, const struct dom_chunk *c)
{
    m2p_set_run(b->d->mm.machine, c->mfn, c->pfn, c->nr);
    list_block(b, c->pfn, c->mfn, c->nr);
}

/* Pages end where the list does not: Linux takes the rest of the last page for entries too. */
static void end_p2m(const struct dom_build *b)
{
    uint64_t at = b->nr_pages * sizeof(uint64_t), end = ROUND_UP(at, PAGE_SIZE), run;

    if ( at != end )
        memset(dom_at(b, (b->l.p2m.pfn << PAGE_SHIFT) + at, &run), 0xff, end - at);
}

int dom_alloc_memory(struct dom_build *b)
{
    uint64_t pfn, got;
    int rc;

    b->order = HEAP_MAX_ORDER;
    rc = take_special(b);
    if ( rc )
        return rc;
    for ( unsigned int i = 0; i < b->nr_chunks; i++ )
        enter_chunk(b, &b->chunks[i]);
    for ( pfn = b->l.nr_special; pfn < b->nr_pages; pfn += got )
    {
        mfn_t mfn = take_block(b, pfn, b->nr_pages - pfn, &got);

        if ( mfn_eq(mfn, INVALID_MFN) )
            return no_memory(b, pfn);
        list_block(b, pfn, mfn, got);
    }
    end_p2m(b);
    return 0;
}

/* ---- 3. content --------------------------------------------------------------------------------------------------- */

void dom_load_kernel(const struct dom_build *b)
{
    const struct guest_image *img = &b->img;
    struct elf_phdr ph;
    uint64_t run;

    for ( unsigned int i = 0; i < img->elf.ehdr.e_phnum; i++ )
    {
        elf_segment(&img->elf, i, &ph);
        if ( ph.p_type == PT_LOAD && ph.p_filesz )
            copy_to(b, guest_image_va(img, ph.p_paddr) - b->l.v_start, img->elf.data + ph.p_offset,
                    ph.p_filesz);
    }
    if ( img->hypercall_page != GUEST_VA_UNSET )
        hypercall_page_fill(dom_at(b, img->hypercall_page - b->l.v_start, &run));
}

static void load_package(const struct dom_build *b, uint64_t to)
{
    const struct package *p = &b->package;

    copy_to(b, to, p->list, package_list_size(p->nr));
    for ( unsigned int i = 0; i < p->nr; i++ )
    {
        const struct boot_module *mod = &b->modules[i];

        copy_to(b, to + p->list[i].cmdline, mod->cmdline, strlen(mod->cmdline) + 1);
        copy_to(b, to + p->list[i].mod_start, b->module_data[i], mod->size);
    }
}

void dom_load_modules(const struct dom_build *b)
{
    uint64_t to = b->l.initrd.pfn << PAGE_SHIFT;

    if ( b->nr_modules == 1 )
        copy_to(b, to, b->module_data[0], b->initrd_size);
    else if ( b->nr_modules )
        load_package(b, to);
}

/* ---- 4. page tables ----------------------------------------------------------------------------------------------- */

static void set_entry(const struct dom_build *b, unsigned int level, uint64_t va, uint64_t entry)
{
    uint64_t run;
    uint64_t *table = dom_at(b, dom_layout_table(&b->l, level, va) << PAGE_SHIFT, &run);

    table[dom_table_index(level, va)] = entry;
}

static uint64_t entry_for(const struct dom_build *b, uint64_t pfn, uint64_t flags)
{
    return mfn_to_maddr(dom_mfn(b, pfn)).a | flags;
}

static void link_tables(const struct dom_build *b, const struct dom_tables tables[5])
{
    for ( unsigned int level = 1; level <= 3; level++ )
        for ( uint64_t i = 0; i < tables[level].nr; i++ )
            set_entry(b, level + 1, (tables[level].first + i) << (PAGE_SHIFT + 9 * level),
                      entry_for(b, tables[level].pfn + i, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D));
}

/* Kernel mappings: the core gives them the user bit and marks them as the kernel's. */
static void map_pages(const struct dom_build *b, uint64_t va, uint64_t pfn, uint64_t nr)
{
    const struct dom_area *tables = &b->l.tables;

    for ( ; nr; nr--, pfn++, va += PAGE_SIZE )
    {
        bool is_table = pfn >= tables->pfn && pfn - tables->pfn < tables->nr;

        set_entry(b, 1, va, entry_for(b, pfn, PTE_P | PTE_A | (is_table ? 0 : PTE_RW | PTE_D)));
    }
}

void dom_make_tables(const struct dom_build *b)
{
    const struct dom_layout *l = &b->l;

    link_tables(b, l->boot_tables);
    map_pages(b, l->v_start, 0, (l->v_end - l->v_start) >> PAGE_SHIFT);
    if ( b->img.init_p2m == GUEST_VA_UNSET )
        return;
    link_tables(b, l->p2m_tables);
    map_pages(b, l->p2m.va, l->p2m.pfn, l->p2m.nr);
}
