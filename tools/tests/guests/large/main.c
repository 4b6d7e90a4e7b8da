/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: numbers that do not fit. A domain of any size, also one beyond the 2^27 pages (512 GiB) that a three-level p2m tree can name:
 * looks at its memory, publishes its linear p2m list, and changes it while the hypervisor reads it, as told by a line on the console.
 *
 * Command line: pages=<n>, the pages it is to have.
 */
#include "guest.h"

const char guest_name[] = "large";

#define INIT_P2M 0x8000000000UL
#define ENTRIES  512UL
#define INVALID  (~0UL)

static volatile uint64_t *const list = (volatile uint64_t *)INIT_P2M;
static uint64_t nr_pages;
/* Where the changes are made: behind what a tree could name, if there is so much. */
static uint64_t high;
static uint64_t pages_mfn
    [2]; /* the list's page with the entry of `high` is the second of these, or the first */

/* ---- looking ------------------------------------------------------------------------------------------------------ */

static uint64_t argument(const char *name, uint64_t value)
{
    const char *s = strstr((const char *)start_info->cmd_line, name);

    if ( s )
        for ( value = 0, s += strlen(name); *s >= '0' && *s <= '9'; s++ )
            value = value * 10 + (uint64_t)(*s - '0');
    return value;
}

static void look_at_numbers(void)
{
    uint64_t last = 0;

    section("numbers");
    check_eq(nr_pages, argument("pages=", nr_pages), "pages");
    check_eq(start_info->mfn_list, INIT_P2M, "the list is where INIT_P2M asked for it");
    check_eq(start_state.misnumbered, 0, "M2P[p2m[pfn]] is pfn for all up to 0x%lx", nr_pages - 1);
    for ( uint64_t pfn = high; pfn < nr_pages; pfn += ENTRIES )
        last = last > list[pfn] ? last : list[pfn];
    printf("frames up to mfn 0x%lx\n", last);
    check((uint64_t)hyp_memory_op(XENMEM_maximum_ram_page, NULL) >= last,
          "XENMEM_maximum_ram_page is no lower");
}

/* Write to @pfn and read it again, through a window. */
static void use_page(volatile uint64_t *window, uint64_t pfn)
{
    uint64_t left = 0;

    check_rc(hyp_update_va_mapping(window, pte(list[pfn], PTE_RW_PAGE), UVMF_INVLPG), 0,
             "pfn 0x%lx is mapped", pfn);
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        left |= window[i];
    check_eq(left, 0, "it is empty");
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        window[i] = pfn + i;
    check_rc(hyp_update_va_mapping(window, 0, UVMF_INVLPG), 0, "unmapped");
    check_rc(hyp_update_va_mapping(window, pte(list[pfn], PTE_RO_PAGE), UVMF_INVLPG), 0,
             "and mapped again");
    check_eq(window[0] == pfn && window[ENTRIES - 1] == pfn + ENTRIES - 1, true,
             "it keeps what was written");
    check_rc(hyp_update_va_mapping(window, 0, UVMF_INVLPG), 0, "unmapped");
}

static void look_at_pages(void)
{
    volatile uint64_t *window = window_alloc();

    section("pages");
    use_page(window, high);
    use_page(window, high + (nr_pages - high) / 2);
    use_page(window, nr_pages - 1);
}

/* ---- the list ----------------------------------------------------------------------------------------------------- */

static volatile struct arch_shared_info *arch(void)
{
    return &shared_info->arch;
}

static void change_begin_or_end(void)
{
    __atomic_fetch_add(&shared_info->arch.p2m_generation, 1, __ATOMIC_SEQ_CST);
}

static void publish(void)
{
    pages_mfn[0] = virt_to_mfn(page_alloc());
    pages_mfn[1] = list[start_info->first_p2m_pfn + high / ENTRIES];
    change_begin_or_end();
    arch()->max_pfn = nr_pages;
    arch()->pfn_to_mfn_frame_list_list = ~0UL;
    arch()->p2m_vaddr = (uint64_t)list;
    arch()->p2m_cr3 = xen_pfn_to_cr3(root_mfn);
    change_begin_or_end();
}

/* Another page takes the place of that with the entry of `high`, with the same content. */
static void remap(void)
{
    static volatile uint64_t *window;
    static unsigned int which;
    const volatile uint64_t *page = &list[high & ~(ENTRIES - 1)];

    window = window ? window : window_alloc();
    if ( hyp_update_va_mapping(window, pte(pages_mfn[which], PTE_RW_PAGE), UVMF_INVLPG) )
        panic("the other page of the list");
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        window[i] = page[i];
    if ( hyp_update_va_mapping(window, 0, UVMF_INVLPG) )
        panic("the other page of the list cannot be unmapped");
    change_begin_or_end();
    if ( hyp_update_va_mapping(page, pte(pages_mfn[which], PTE_RW_PAGE), UVMF_INVLPG) )
        panic("the list's page cannot be exchanged");
    change_begin_or_end();
    which ^= 1;
}

/*
 * Two pfns exchange their frames. By atomic stores, and with no moment at which an entry names a frame that the M2P has another number
 * for. (The M2P is changed through the frame's own number.)
 */
static void exchange(uint64_t a, uint64_t b)
{
    uint64_t was_a = list[a], was_b = list[b];

    __atomic_store_n(&list[a], INVALID, __ATOMIC_SEQ_CST);
    __atomic_store_n(&list[b], INVALID, __ATOMIC_SEQ_CST);
    if ( mmu_update1(was_a << 12 | MMU_MACHPHYS_UPDATE, b) ||
         mmu_update1(was_b << 12 | MMU_MACHPHYS_UPDATE, a) )
        panic("MMU_MACHPHYS_UPDATE");
    __atomic_store_n(&list[a], was_b, __ATOMIC_SEQ_CST);
    __atomic_store_n(&list[b], was_a, __ATOMIC_SEQ_CST);
}

/* The list is remapped ten times, and then, until an x is typed, pages all over the upper part are exchanged. */
static void change(void)
{
    uint64_t count = 0, seed = 1;
    char c = 0;

    for ( unsigned int i = 0; i < 10; i++ )
    {
        uint64_t end = system_time() + 5000000;

        while ( system_time() < end )
            hyp_sched_op(SCHEDOP_yield, NULL);
        remap();
    }
    while ( !console_read(&c, 1) || c != 'x' )
    {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        exchange(high + (seed >> 33) % (nr_pages - high), nr_pages - 1 - count % 1000);
        count++;
    }
    printf("exchanged %lu times\n", count);
}

/* ---- orders ------------------------------------------------------------------------------------------------------- */

static void obey(const char *line)
{
    if ( !strcmp(line, "publish") )
        publish();
    else if ( !strcmp(line, "change") )
        change();
    else if ( !strcmp(line, "wrong") )
        list[high + 5] = list[high + 6];
    else if ( !strcmp(line, "hole") )
        check_rc(hyp_update_va_mapping(&list[nr_pages - ENTRIES], 0, UVMF_INVLPG), 0,
                 "the list's last page goes");
    else
        check(false, "unknown order \"%s\"", line);
}

static void read_line(char *line, size_t size)
{
    size_t len = 0;
    char c = 0;

    while ( c != '\r' )
    {
        if ( !console_read(&c, 1) )
        {
            events_mask();
            hyp_sched_op(SCHEDOP_block, NULL);
        }
        else if ( c >= ' ' && len < size - 1 )
            line[len++] = c;
    }
    line[len] = '\0';
}

void guest_main(void)
{
    char line[64];

    nr_pages = start_info->nr_pages;
    high = nr_pages > 1UL << 27 ? 1UL << 27 : nr_pages / 2;
    look_at_numbers();
    look_at_pages();
    hyp_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    event_set_mask(start_info->console.domU.evtchn, false);
    for ( ;; )
    {
        printf("ready\n");
        read_line(line, sizeof(line));
        if ( !strcmp(line, "quit") )
            return;
        obey(line);
    }
}
