/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: a reader of p2m lists that believes the guest. Publishes lists, right ones and wrong ones, as told by a line on the
 * console, and waits for the next line; the debug key p shows what the hypervisor makes of them.
 */
#include "guest.h"

const char guest_name[] = "p2m";

#define ENTRIES    512UL
#define LIST_PAGES 40
#define INVALID    (~0UL)
#define FOREIGN    (1UL << 63)
#define IDENTITY   (1UL << 62)

static uint64_t list[LIST_PAGES][ENTRIES] __attribute__((aligned(4096)));
static uint64_t copy[ENTRIES] __attribute__((aligned(4096))); /* takes the place of list[1] */
static uint64_t top[ENTRIES] __attribute__((aligned(4096)));
static uint64_t mid[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pages_mfn[2]; /* list[1] shows one of these */

static volatile struct arch_shared_info *arch(void)
{
    return &shared_info->arch;
}

static void change_begin(void)
{
    __atomic_fetch_add(&shared_info->arch.p2m_generation, 1, __ATOMIC_SEQ_CST);
}

static void change_end(void)
{
    __atomic_fetch_add(&shared_info->arch.p2m_generation, 1, __ATOMIC_SEQ_CST);
}

static uint64_t *entry(uint64_t pfn)
{
    return &list[pfn / ENTRIES][pfn % ENTRIES];
}

/* All our pages, then one page's worth of the other kinds. */
static void publish(void)
{
    uint64_t n = start_info->nr_pages, end = n + 100;

    for ( uint64_t pfn = 0; pfn < n; pfn++ )
        *entry(pfn) = pfn_to_mfn(pfn);
    for ( uint64_t pfn = n; pfn < end; pfn++ )
        *entry(pfn) = INVALID;
    for ( unsigned int i = 0; i < 10; i++ )
        *entry(n + i) = IDENTITY | (n + i);
    *entry(n + 10) = FOREIGN | 1;
    memcpy(copy, list[1], PAGE_SIZE);
    pages_mfn[0] = pfn_to_mfn((uint64_t)list[1] >> 12);
    pages_mfn[1] = pfn_to_mfn((uint64_t)copy >> 12);

    change_begin();
    arch()->max_pfn = end;
    arch()->pfn_to_mfn_frame_list_list = ~0UL;
    arch()->p2m_vaddr = (uint64_t)list;
    arch()->p2m_cr3 = xen_pfn_to_cr3(root_mfn);
    change_end();
}

static void publish_tree(void)
{
    publish();
    for ( unsigned int i = 0; i < LIST_PAGES; i++ )
        mid[i] = virt_to_mfn(list[i]);
    top[0] = virt_to_mfn(mid);
    arch()->p2m_cr3 = 0;
    arch()->pfn_to_mfn_frame_list_list = virt_to_mfn(top);
}

static void remap(unsigned int which)
{
    change_begin();
    check_rc(hyp_update_va_mapping(list[1], pte(pages_mfn[which & 1], PTE_RW_PAGE), UVMF_INVLPG), 0,
             "another page takes its place in the list");
    change_end();
}

static void sleep_ms(unsigned int ms)
{
    uint64_t end = system_time() + ms * 1000000UL;

    while ( system_time() < end )
        hyp_sched_op(SCHEDOP_yield, NULL);
}

/* In the middle of a change half of the time, until an x is typed. The Ctrl-A's that switch the keyboard come here too. */
static void keep_changing(void)
{
    char c;

    while ( !console_read(&c, 1) || c != 'x' )
    {
        change_begin();
        sleep_ms(5);
        change_end();
        sleep_ms(5);
    }
}

static void obey(const char *line)
{
    if ( !strcmp(line, "publish") )
        publish();
    else if ( !strcmp(line, "tree") )
        publish_tree();
    else if ( !strcmp(line, "remap") )
        remap(1);
    else if ( !strcmp(line, "remap back") )
        remap(0);
    else if ( !strcmp(line, "odd") )
        change_begin();
    else if ( !strcmp(line, "even") )
        change_end();
    else if ( !strcmp(line, "change") )
        keep_changing();
    else if ( !strcmp(line, "wrong") )
        *entry(5) = pfn_to_mfn(6);
    else if ( !strcmp(line, "hole") )
        check_rc(hyp_update_va_mapping(list[2], 0, UVMF_INVLPG), 0, "a page of the list goes");
    else if ( !strcmp(line, "cr3") )
        arch()->p2m_cr3 = pages_mfn[0] << 12;
    else if ( !strcmp(line, "cr3 of nothing") )
        arch()->p2m_cr3 = ~0UL;
    else if ( !strcmp(line, "vaddr") )
        arch()->p2m_vaddr = 0xffff830000000000;
    else if ( !strcmp(line, "max") )
        arch()->max_pfn = ~0UL;
    else if ( !strcmp(line, "none") )
        arch()->p2m_cr3 = 0;
    else if ( !strcmp(line, "where") )
        printf("list at %lx mfn %lx\n", (unsigned long)list, virt_to_mfn(list));
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

    if ( initial_domain() || start_info->nr_pages + 100 > LIST_PAGES * ENTRIES )
    {
        error("the guest wants rings and at most %lu pages", LIST_PAGES * ENTRIES - 100);
        return;
    }
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
