/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a kernel finds itself by the layout that the ABI promises; one element in another place and its first page-table switch
 * is its last. This kernel asks for its p2m list at 0x8000000000 (INIT_P2M) and for an unmapped initrd (MOD_START_PFN), as Linux
 * does. Command line: "initrd <bytes> <sum>" says what the initrd is, "package" that several modules were loaded.
 */
#include "guest.h"

const char guest_name[] = "layout";

#define INIT_P2M 0x8000000000UL

static uint64_t parse_number(const char **s)
{
    uint64_t n = 0;

    while ( **s == ' ' )
        (*s)++;
    for ( ; **s >= '0' && **s <= '9'; (*s)++ )
        n = n * 10 + (uint64_t)(**s - '0');
    return n;
}

/* The p2m's own tables are not shown by the initial mapping: look at them through a window. */
static uint64_t read_entry(uint64_t table_mfn, unsigned int index)
{
    static volatile uint64_t *win;

    win = win ? win : window_alloc();
    if ( hyp_update_va_mapping(win, pte(table_mfn, PTE_RO_PAGE), UVMF_INVLPG) )
        panic("mapping a table");
    return win[index];
}

/* The entry at @level for an address of the p2m list. */
static uint64_t p2m_entry(uint64_t va, unsigned int level)
{
    uint64_t entry = *pt_entry((void *)va, 4);

    for ( unsigned int l = 3; l >= level; l-- )
        entry = read_entry((entry & PTE_ADDR) >> 12, va >> (3 + 9 * l) & 511);
    return entry;
}

static void p2m(void)
{
    uint64_t nr = start_info->nr_pages, wrong = 0, doubled = 0;
    uint64_t first = start_info->first_p2m_pfn, frames = start_info->nr_p2m_frames;
    uint64_t list_pages = (nr * 8 + PAGE_SIZE - 1) / PAGE_SIZE;

    section("the p2m list");
    check_eq(start_info->mfn_list, INIT_P2M, "it is where INIT_P2M asked for it");
    for ( uint64_t pfn = 0; pfn < nr; pfn++ )
    {
        wrong += M2P[pfn_to_mfn(pfn)] != pfn;
        doubled += pfn && pfn_to_mfn(pfn) == pfn_to_mfn(pfn - 1);
    }
    check_eq(wrong, 0, "M2P[p2m[pfn]] == pfn for all %lu", nr);
    check_eq(doubled, 0, "no frame twice in a row");
    check(frames >= list_pages, "first_p2m_pfn 0x%lx, nr_p2m_frames %lu: the list and its tables",
          first, frames);
    for ( uint64_t i = 0; i < list_pages; i++ )
    {
        uint64_t mfn = (p2m_entry(INIT_P2M + i * PAGE_SIZE, 1) & PTE_ADDR) >> 12;

        wrong += M2P[mfn] < first || M2P[mfn] >= first + frames;
    }
    check_eq(wrong, 0, "all pages of the list are among them");
    for ( unsigned int level = 3; level >= 1; level-- )
    {
        uint64_t entry =
            level == 3 ? *pt_entry((void *)INIT_P2M, 4) : p2m_entry(INIT_P2M, level + 1);
        uint64_t pfn = M2P[(entry & PTE_ADDR) >> 12];

        check(pfn >= first && pfn < first + frames, "so is the list's L%u table", level);
    }
    check_eq(p2m_entry(INIT_P2M, 1) & PTE_RW, PTE_RW, "the list can be written");
    volatile uint64_t *last = (volatile uint64_t *)(INIT_P2M + list_pages * PAGE_SIZE) - 1;
    *last = *last;
    check(true, "up to the end of its last page");
}

static uint32_t sum_of(const volatile uint8_t *p, size_t len, uint32_t sum)
{
    for ( size_t i = 0; i < len; i++ )
        sum = sum * 31 + p[i];
    return sum;
}

static void initrd(uint64_t len, uint32_t want)
{
    volatile uint8_t *win = window_alloc();
    uint32_t sum = 0;

    section("the initrd");
    check_eq(start_info->mod_len, len, "its length");
    if ( !len )
        return;
    check(start_info->flags & SIF_MOD_START_PFN, "SIF_MOD_START_PFN");
    check(start_info->mod_start + (len - 1) / PAGE_SIZE < start_info->nr_pages,
          "mod_start is a PFN, 0x%lx", start_info->mod_start);
    for ( uint64_t off = 0; off < len; off += PAGE_SIZE )
    {
        uint64_t mfn = pfn_to_mfn(start_info->mod_start + off / PAGE_SIZE);

        if ( hyp_update_va_mapping(win, pte(mfn, PTE_RW_PAGE), UVMF_INVLPG) )
            panic("mapping page 0x%lx of the initrd", off / PAGE_SIZE);
        sum = sum_of(win, len - off < PAGE_SIZE ? len - off : PAGE_SIZE, sum);
        if ( off + PAGE_SIZE >= len )
        {
            unsigned int rest = 0;

            for ( uint64_t i = len - off; i < PAGE_SIZE; i++ )
                rest += win[i] != 0;
            check_eq(rest, 0, "behind its end there are zeroes");
        }
    }
    check_eq(sum, want, "its content");
}

/* Byte @at of the unmapped module: a package of several. */
static uint8_t package_byte(uint64_t at)
{
    static volatile uint8_t *win;
    static uint64_t shown = ~0UL;

    win = win ? win : window_alloc();
    if ( at >= start_info->mod_len )
        panic("offset 0x%lx of a package of 0x%lx bytes", at, start_info->mod_len);
    if ( at / PAGE_SIZE != shown )
    {
        uint64_t mfn = pfn_to_mfn(start_info->mod_start + at / PAGE_SIZE);

        if ( hyp_update_va_mapping(win, pte(mfn, PTE_RO_PAGE), UVMF_INVLPG) )
            panic("mapping a page of the package");
        shown = at / PAGE_SIZE;
    }
    return win[at % PAGE_SIZE];
}

static uint32_t package_word(uint64_t at)
{
    return package_byte(at) | (uint32_t)package_byte(at + 1) << 8 |
           (uint32_t)package_byte(at + 2) << 16 | (uint32_t)package_byte(at + 3) << 24;
}

/* What is in it, for whoever made it to compare: one line a module. */
static void tell_module(unsigned int i)
{
    uint64_t start = package_word(16 * i), end = package_word(16 * i + 4) + 1UL;
    uint64_t cmdline = package_word(16 * i + 8);
    char words[64];
    uint32_t sum = 0;

    check_eq(package_word(16 * i + 12), 0, "entry %u: its last word", i);
    check(start % PAGE_SIZE == 0 && end >= start && end <= start_info->mod_len,
          "entry %u: 0x%lx-0x%lx, on a page boundary", i, start, end);
    for ( unsigned int j = 0; j < sizeof(words); j++ )
    {
        words[j] = (char)package_byte(cmdline + j);
        if ( !words[j] )
            break;
    }
    words[sizeof(words) - 1] = '\0';
    for ( uint64_t at = start; at < end; at++ )
        sum = sum * 31 + package_byte(at);
    printf("module %u: \"%s\", %lu bytes, sum %u\n", i, words, end - start, sum);
}

static void package(void)
{
    unsigned int nr = 0;

    section("a package of modules");
    check(start_info->flags & SIF_MULTIBOOT_MOD, "SIF_MULTIBOOT_MOD");
    check(start_info->flags & SIF_MOD_START_PFN, "SIF_MOD_START_PFN");
    for ( ; package_word(16 * nr); nr++ )
        tell_module(nr);
    printf("modules: %u\n", nr);
}

static void rules(void)
{
    uint64_t si = (uint64_t)start_info, pt = start_info->pt_base, tables = start_info->nr_pt_frames;
    uint64_t end = first_unmapped_pfn() << 12;
    extern char guest_end[];

    section("start of day");
    check(si % PAGE_SIZE == 0 && pt % PAGE_SIZE == 0, "start_info and tables are page-aligned");
    check((uint64_t)guest_end <= si && si < pt, "the order: kernel, start_info, tables");
    if ( !initial_domain() )
    {
        uint64_t store = mfn_to_pfn(start_info->store_mfn) << 12;
        uint64_t console = mfn_to_pfn(start_info->console.domU.mfn) << 12;

        check(si < store && store < pt && si < console && console < pt,
              "store and console pages between them");
    }
    check_eq((*pt_entry((void *)pt, 1) & PTE_ADDR) >> 12, root_mfn, "pt_base is the L4");
    check_eq(end % (4UL << 20), 0, "the mapping ends on 4 MiB");
    check(end - (pt + (tables + 1) * PAGE_SIZE) >= 512 << 10, "512 KiB behind the stack");
    uint64_t outside = 0, writable = 0;
    for ( uint64_t va = 0; va < end; va += PAGE_SIZE )
    {
        uint64_t e = *pt_entry((void *)va, 1);

        if ( va == (uint64_t)shared_info )
            continue;
        outside += (e & PTE_ADDR) >> 12 != pfn_to_mfn(va >> 12) || !(e & PTE_P);
        writable += va >= pt && va < pt + tables * PAGE_SIZE ? !!(e & PTE_RW) : !(e & PTE_RW);
    }
    check_eq(outside, 0, "every page to there is mapped to its own frame");
    check_eq(writable, 0, "the tables read-only, all else writable");
    check(!strcmp(start_info->magic, "xen-3.0-x86_64") ||
              !strcmp(start_info->magic, "xen-3.0-x86_64p"),
          "magic \"%s\"", start_info->magic);
    unsigned int unmasked = 0;
    for ( unsigned int i = 0; i < 32; i++ )
        unmasked += !shared_info->vcpu_info[i].evtchn_upcall_mask;
    check_eq(unmasked, 0, "upcalls are masked on all 32 vCPUs");
    check(!shared_info->arch.p2m_cr3 && !shared_info->arch.p2m_generation,
          "p2m_cr3 and p2m_generation are 0: ours to set");
}

void guest_main(void)
{
    const char *line = (const char *)start_info->cmd_line;
    uint64_t len = 0, sum = 0;

    if ( strstr(line, "initrd") )
    {
        line = strstr(line, "initrd") + 6;
        len = parse_number(&line);
        sum = parse_number(&line);
    }
    rules();
    p2m();
    if ( strstr(line, "package") )
        package();
    else
    {
        initrd(len, (uint32_t)sum);
        check(!(start_info->flags & SIF_MULTIBOOT_MOD), "no package");
    }
}
