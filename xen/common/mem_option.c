/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0_mem=: reading it, and working out how many pages it means on this machine. Pure, no locks. */
#include <xen/cmdline.h>
#include <xen/errno.h>

struct mem_option opt_dom0_mem;

static int parse_dom0_mem(const char *s)
{
    return mem_option_parse(s, &opt_dom0_mem);
}
OPTION_FN("dom0_mem", parse_dom0_mem);

/* <size>, -<size>, <n>%, <size>+<n>% */
static bool parse_amount(const char *s, struct mem_amount *a, const char **end)
{
    uint64_t n;

    *a = (struct mem_amount){ .set = true };
    if ( *s == '-' )
    {
        a->negative = true;
        s++;
    }
    if ( parse_u64(s, &n, end) && **end == '%' )
    {
        if ( a->negative || n > 100 )
            return false;
        a->percent = (unsigned int)n;
        ++*end;
        return true;
    }
    if ( !parse_size(s, &a->bytes, end) )
        return false;
    if ( **end != '+' )
        return true;
    if ( a->negative || !parse_u64(*end + 1, &n, end) || **end != '%' || n > 100 )
        return false;
    a->percent = (unsigned int)n;
    ++*end;
    return true;
}

int mem_option_parse(const char *s, struct mem_option *opt)
{
    struct mem_option new = { 0 };

    for ( ;; )
    {
        struct mem_amount *a = &new.size;

        if ( !strncmp(s, "min:", 4) || !strncmp(s, "max:", 4) )
        {
            a = s[1] == 'i' ? &new.min : &new.max;
            s += 4;
        }
        if ( a->set || !parse_amount(s, a, &s) )
            return -EINVAL;
        if ( !*s )
            break;
        if ( *s++ != ',' )
            return -EINVAL;
    }
    *opt = new;
    return 0;
}

static uint64_t amount_pages(const struct mem_amount *a, uint64_t free)
{
    uint64_t pages = a->bytes >> PAGE_SHIFT;

    if ( a->negative )
        return pages < free ? free - pages : 0;
    return pages + free / 100 * a->percent + free % 100 * a->percent / 100;
}

uint64_t mem_option_pages(const struct mem_option *opt, uint64_t free, uint64_t *max_pages)
{
    uint64_t reserve = MIN(free / 16, (128ULL << 20) >> PAGE_SHIFT);
    uint64_t pages = opt->size.set ? amount_pages(&opt->size, free) : free - reserve;
    uint64_t min = opt->min.set ? amount_pages(&opt->min, free) : 0;
    uint64_t max = opt->max.set ? amount_pages(&opt->max, free) : ~0ULL;

    pages = MAX(pages, min);
    pages = MIN(pages, max);
    *max_pages = max;
    return MIN(pages, free);
}
