// SPDX-License-Identifier: GPL-2.0-only
/*
 * PVH's hvm_start_info and what it points to -> struct boot_info.
 *
 * Pure: no device, no global, every read inside the view of memory. The bytes are not trusted: a loader's bug gives an error that
 * names the part, never a stray read.
 *   1. reading memory: pieces and strings
 *   2. one function per part: command line, modules, memory map, ACPI
 *   3. the list of parts
 * Layouts: public/arch-x86/hvm/start_info.h. No locks: runs once, on one CPU.
 */
#include <asm/pvh.h>
#include <public/arch-x86/hvm/start_info.h>
#include <xen/errno.h>
#include <xen/lib.h>

struct parser
{
    const struct memory_view *mem;
    struct boot_info *bi;
    struct hvm_start_info si; /* without a memory map if it is of version 0 */
    const char *why;
};

#define VERSION_0_SIZE offsetof(struct hvm_start_info, memmap_paddr)

static int reject(struct parser *p, int err, const char *why)
{
    p->why = why;
    return err;
}

/* ---- 1. Reading memory --------------------------------------------------------------------- */

/** Copy @size bytes from machine address @from. False: they are not all in the view. */
static bool read(const struct parser *p, uint64_t from, void *to, size_t size)
{
    if ( from > p->mem->size || size > p->mem->size - from )
        return false;
    memcpy(to, p->mem->bytes + from, size);
    return true;
}

/** Element @i of an array whose first was in the view, so that nothing wraps. False likewise. */
static bool read_element(const struct parser *p, uint64_t array, uint32_t i, void *to, size_t size)
{
    return read(p, array + (uint64_t)i * size, to, size);
}

/** The string at @from, none if that is 0. -EINVAL: no zero before the view's end, -ENOSPC: too long. */
static int read_cmdline(const struct parser *p, uint64_t from, char to[BOOT_CMDLINE_MAX])
{
    const char *s;
    size_t max, n;

    to[0] = '\0';
    if ( !from )
        return 0;
    if ( from >= p->mem->size )
        return -EINVAL;
    s = (const char *)p->mem->bytes + from;
    max = MIN(p->mem->size - from, BOOT_CMDLINE_MAX);
    n = strnlen(s, max);
    if ( n == max )
        return n == BOOT_CMDLINE_MAX ? -ENOSPC : -EINVAL;
    memcpy(to, s, n + 1);
    return 0;
}

/* ---- 2. The parts -------------------------------------------------------------------------- */

static int get_cmdline(struct parser *p)
{
    int rc = read_cmdline(p, p->si.cmdline_paddr, p->bi->cmdline);

    if ( rc == -EINVAL )
        return reject(p, rc, "command line outside memory or without an end");
    return rc ? reject(p, rc, "command line too long") : 0;
}

static int get_module(struct parser *p, uint32_t i)
{
    struct boot_mod *mod = &p->bi->modules[i];
    struct hvm_modlist_entry entry;
    int rc;

    if ( !read_element(p, p->si.modlist_paddr, i, &entry, sizeof(entry)) )
        return reject(p, -EINVAL, "module list outside memory");
    if ( entry.paddr + entry.size < entry.paddr )
        return reject(p, -EINVAL, "module wraps around");
    rc = read_cmdline(p, entry.cmdline_paddr, mod->cmdline);
    if ( rc == -EINVAL )
        return reject(p, rc, "module command line outside memory or without an end");
    if ( rc )
        return reject(p, rc, "module command line too long");
    mod->start = entry.paddr;
    mod->size = entry.size;
    p->bi->nr_modules++;
    return 0;
}

static int get_modules(struct parser *p)
{
    int rc = 0;

    if ( p->si.nr_modules > BOOT_MAX_MODULES )
        return reject(p, -ENOSPC, "too many modules");
    if ( p->si.nr_modules && !p->si.modlist_paddr )
        return reject(p, -EINVAL, "modules without a list of them");
    for ( uint32_t i = 0; i < p->si.nr_modules && !rc; i++ )
        rc = get_module(p, i);
    return rc;
}

/* Types are those of boot_info.h, or numbers that mean nothing to us: then it is not RAM. */
static int get_region(struct parser *p, uint32_t i)
{
    struct hvm_memmap_table_entry entry;

    if ( !read_element(p, p->si.memmap_paddr, i, &entry, sizeof(entry)) )
        return reject(p, -EINVAL, "memory map outside memory");
    if ( !entry.size )
        return 0;
    if ( entry.addr + entry.size < entry.addr )
        return reject(p, -EINVAL, "memory region wraps around");
    p->bi->regions[p->bi->nr_regions++] =
        (struct boot_region){ entry.addr, entry.size, entry.type };
    return 0;
}

/*
 * There is nobody else to ask: a guest of Xen would call its hypervisor (XENMEM_memory_map), we are the hypervisor, and the BIOS,
 * if there is one, cannot be called any more.
 */
static int get_memory_map(struct parser *p)
{
    int rc = 0;

    if ( !p->si.version )
        return reject(p, -ENOENT, "no memory map: version 0 of hvm_start_info has none");
    if ( p->si.memmap_entries > BOOT_MAX_REGIONS )
        return reject(p, -ENOSPC, "too many memory regions");
    if ( p->si.memmap_entries && !p->si.memmap_paddr )
        return reject(p, -EINVAL, "memory map at address 0");
    for ( uint32_t i = 0; i < p->si.memmap_entries && !rc; i++ )
        rc = get_region(p, i);
    if ( !rc && !p->bi->nr_regions )
        return reject(p, -ENOENT, "no memory map: it has no entries");
    return rc;
}

#define RSDP_OLD      20
#define RSDP_REVISION 15 /* its place; from 2 on there are 36 bytes */

/* Without a pointer there is no ACPI. Checksums are acpi_init()'s business. */
static int get_rsdp(struct parser *p)
{
    uint8_t *rsdp = p->bi->rsdp;

    if ( !p->si.rsdp_paddr )
        return 0;
    if ( !read(p, p->si.rsdp_paddr, rsdp, RSDP_OLD) ||
         (rsdp[RSDP_REVISION] >= 2 && !read(p, p->si.rsdp_paddr, rsdp, sizeof(p->bi->rsdp))) )
        return reject(p, -EINVAL, "ACPI's root pointer outside memory");
    return 0;
}

/* ---- 3. The list --------------------------------------------------------------------------- */

/** What is there of the structure itself; later versions only add to it. */
static int get_start_info(struct parser *p, uint64_t where)
{
    if ( !read(p, where, &p->si, VERSION_0_SIZE) )
        return reject(p, -EINVAL, "hvm_start_info outside memory");
    if ( p->si.magic != XEN_HVM_START_MAGIC_VALUE )
        return reject(p, -EINVAL, "hvm_start_info with a wrong magic number");
    if ( p->si.version && !read(p, where, &p->si, sizeof(p->si)) )
        return reject(p, -EINVAL, "hvm_start_info outside memory");
    return 0;
}

static int parse(struct parser *p, uint64_t where)
{
    static const char name[] = "a PVH loader";
    int rc = get_start_info(p, where);

    BUILD_BUG_ON(sizeof(name) > sizeof(p->bi->loader));
    memcpy(p->bi->loader, name, sizeof(name));
    rc = rc ? rc : get_cmdline(p);
    rc = rc ? rc : get_modules(p);
    rc = rc ? rc : get_memory_map(p);
    return rc ? rc : get_rsdp(p);
}

int pvh_parse(const struct memory_view *mem, uint64_t start_info, struct boot_info *bi,
              const char **why)
{
    struct parser p = { .mem = mem, .bi = bi };
    int rc;

    memset(bi, 0, sizeof(*bi));
    rc = parse(&p, start_info);
    *why = p.why;
    return rc;
}
