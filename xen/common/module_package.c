/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packages of modules.
 *
 *   1. taking one apart: it comes from a loader, so all offsets are compared with its size
 *   2. planning one: its list, in which every offset counts from the package's beginning
 *
 * Pure; no locks.
 */
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/module_package.h>

/* ---- 1. Taking apart ------------------------------------------------------------------------------------------------ */

struct reader
{
    const uint8_t *data;
    uint64_t start, size; /* where it lies, and how much */
    const char *why;
};

static int reject(struct reader *r, int err, const char *why)
{
    r->why = why;
    return err;
}

/** Entry @i. The list may be as long as the package; entries with mod_start 0 end it. */
static int read_entry(struct reader *r, unsigned int i, struct xen_multiboot_mod_list *entry)
{
    uint64_t at = i * sizeof(*entry);

    if ( r->size < sizeof(*entry) || at > r->size - sizeof(*entry) )
        return reject(r, -EINVAL, "its list has no end");
    memcpy(entry, r->data + at, sizeof(*entry));
    return 0;
}

static int read_cmdline(struct reader *r, uint32_t at, char to[BOOT_CMDLINE_MAX])
{
    size_t max, n;

    to[0] = '\0';
    if ( !at )
        return 0;
    if ( at >= r->size )
        return reject(r, -EINVAL, "a command line lies outside of it");
    max = MIN(r->size - at, BOOT_CMDLINE_MAX);
    n = strnlen((const char *)r->data + at, max);
    if ( n == max )
        return n == BOOT_CMDLINE_MAX ? reject(r, -ENOSPC, "a command line is too long")
                                     : reject(r, -EINVAL, "a command line has no end");
    memcpy(to, r->data + at, n + 1);
    return 0;
}

/* mod_end is the last byte, so an empty module ends before it starts. */
static int read_module(struct reader *r, const struct xen_multiboot_mod_list *entry,
                       struct boot_mod *mod)
{
    uint64_t end = (uint64_t)entry->mod_end + 1;

    if ( entry->pad )
        return reject(r, -EINVAL, "an entry's last word is not 0");
    if ( end < entry->mod_start || end > r->size )
        return reject(r, -EINVAL, "a module lies outside of it");
    mod->start = r->start + entry->mod_start;
    mod->size = end - entry->mod_start;
    return read_cmdline(r, entry->cmdline, mod->cmdline);
}

static int count(struct reader *r, unsigned int *nr)
{
    struct xen_multiboot_mod_list entry;
    int rc;

    for ( *nr = 0; *nr <= BOOT_MAX_MODULES; ++*nr )
    {
        rc = read_entry(r, *nr, &entry);
        if ( rc )
            return rc;
        if ( !entry.mod_start )
            return *nr ? 0 : reject(r, -EINVAL, "no module is in it");
    }
    return reject(r, -ENOSPC, "too many modules");
}

static int split(struct reader *r, struct boot_info *bi)
{
    struct xen_multiboot_mod_list entry;
    unsigned int nr;
    int rc = count(r, &nr);

    if ( rc )
        return rc;
    if ( nr + bi->nr_modules - 1 > BOOT_MAX_MODULES )
        return reject(r, -ENOSPC, "too many modules");
    memmove(&bi->modules[nr], &bi->modules[1], (bi->nr_modules - 1) * sizeof(bi->modules[0]));
    bi->nr_modules += nr - 1;
    for ( unsigned int i = 0; i < nr && !rc; i++ )
    {
        rc = read_entry(r, i, &entry);
        rc = rc ? rc : read_module(r, &entry, &bi->modules[i]);
    }
    return rc;
}

int package_split(const void *data, struct boot_info *bi, const char **why)
{
    struct reader r = { data, bi->modules[0].start, bi->modules[0].size, NULL };
    int rc = split(&r, bi);

    *why = r.why;
    return rc;
}

/* ---- 2. Planning ---------------------------------------------------------------------------------------------------- */

bool package_plan(struct package *p, const struct boot_module *modules, unsigned int nr)
{
    uint64_t at = package_list_size(nr);

    memset(p, 0, sizeof(*p));
    p->nr = nr;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        p->list[i].cmdline = (uint32_t)at;
        at += strlen(modules[i].cmdline) + 1;
    }
    for ( unsigned int i = 0; i < nr; i++ )
    {
        at = ROUND_UP(at, PAGE_SIZE);
        if ( at > UINT32_MAX || modules[i].size > UINT32_MAX - at )
            return false;
        p->list[i].mod_start = (uint32_t)at;
        at += modules[i].size;
        p->list[i].mod_end = (uint32_t)(at - 1);
    }
    p->size = at;
    return true;
}
