// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multiboot2 information block as the loader wrote it -> struct boot_info.
 *
 * Pure: no device, no global, every read inside [info, info + len). The bytes are not trusted: a loader's bug or a truncated list
 * gives an error that names the tag, never a stray read.
 *   1. a cursor over the tags, and reads that are checked by the caller's knowledge of the tag's size
 *   2. one function per kind of tag
 *   3. the walk, and the checks that need the whole list
 * Layouts: Multiboot2 specification, section 3.6. No locks: runs once, on one CPU.
 */
#include <asm/multiboot2.h>
#include <xen/errno.h>
#include <xen/lib.h>

/** One tag: its body starts behind the 8 bytes of type and size. */
struct tag
{
    uint32_t type, size; /* size counts the 8 bytes too */
    const uint8_t *bytes;
};

struct parser
{
    struct boot_info *bi;
    const char *why;
    uint32_t basic_lower, basic_upper; /* KiB */
    bool has_basic, has_mmap, has_cmdline, has_new_rsdp;
    struct tag efi_mmap; /* size 0: none */
};

#define TAG_HEADER 8

static int reject(struct parser *p, int err, const char *why)
{
    p->why = why;
    return err;
}

/* Little-endian loads from any alignment. */
static uint32_t get32(const uint8_t *b)
{
    uint32_t v;

    memcpy(&v, b, sizeof(v));
    return v;
}

static uint64_t get64(const uint8_t *b)
{
    uint64_t v;

    memcpy(&v, b, sizeof(v));
    return v;
}

/** Copy the string at @offset of the tag. -EINVAL: no NUL before the tag's end; -ENOSPC: longer than @room (truncated copy made). */
static int get_string(const struct tag *t, uint32_t offset, char *dst, size_t room)
{
    const char *s = (const char *)t->bytes + offset;
    size_t max = t->size - offset;
    size_t n = strnlen(s, max);

    if ( n == max )
        return -EINVAL;
    memcpy(dst, s, MIN(n, room - 1));
    dst[MIN(n, room - 1)] = '\0';
    return n < room ? 0 : -ENOSPC;
}

static int tag_cmdline(struct parser *p, const struct tag *t)
{
    int rc;

    if ( p->has_cmdline )
        return reject(p, -EINVAL, "more than one command line");
    p->has_cmdline = true;
    rc = get_string(t, TAG_HEADER, p->bi->cmdline, sizeof(p->bi->cmdline));
    if ( rc == -EINVAL )
        return reject(p, rc, "command line without an end");
    if ( rc )
        return reject(p, rc, "command line too long");
    return 0;
}

static int tag_loader(struct parser *p, const struct tag *t)
{
    /* Only shown to people: a long name is cut. */
    if ( get_string(t, TAG_HEADER, p->bi->loader, sizeof(p->bi->loader)) == -EINVAL )
        return reject(p, -EINVAL, "loader name without an end");
    return 0;
}

/* u32 start, u32 end, string */
static int tag_module(struct parser *p, const struct tag *t)
{
    struct boot_mod *mod = &p->bi->modules[p->bi->nr_modules];
    uint32_t start, end;
    int rc;

    if ( t->size < TAG_HEADER + 8 )
        return reject(p, -EINVAL, "module tag too short");
    if ( p->bi->nr_modules == BOOT_MAX_MODULES )
        return reject(p, -ENOSPC, "too many modules");
    start = get32(t->bytes + 8);
    end = get32(t->bytes + 12);
    if ( end < start )
        return reject(p, -EINVAL, "module ends before it starts");
    rc = get_string(t, TAG_HEADER + 8, mod->cmdline, sizeof(mod->cmdline));
    if ( rc == -EINVAL )
        return reject(p, rc, "module command line without an end");
    if ( rc )
        return reject(p, rc, "module command line too long");
    mod->start = start;
    mod->size = end - start;
    p->bi->nr_modules++;
    return 0;
}

/* u32 KiB below 1 MiB, u32 KiB from 1 MiB on */
static int tag_basic_mem(struct parser *p, const struct tag *t)
{
    if ( t->size < TAG_HEADER + 8 )
        return reject(p, -EINVAL, "basic memory tag too short");
    p->basic_lower = get32(t->bytes + 8);
    p->basic_upper = get32(t->bytes + 12);
    p->has_basic = true;
    return 0;
}

static int add_region(struct parser *p, uint64_t start, uint64_t size, uint32_t type)
{
    struct boot_info *bi = p->bi;

    if ( !size )
        return 0;
    if ( start + size < start )
        return reject(p, -EINVAL, "memory region wraps around");
    if ( bi->nr_regions == BOOT_MAX_REGIONS )
        return reject(p, -ENOSPC, "too many memory regions");
    bi->regions[bi->nr_regions++] = (struct boot_region){ start, size, type };
    return 0;
}

/* u32 entry size, u32 entry version, then entries { u64 start, u64 size, u32 type, u32 zero }; later versions only append. */
static int tag_mmap(struct parser *p, const struct tag *t)
{
    uint32_t entry, offset;

    if ( p->has_mmap )
        return reject(p, -EINVAL, "more than one memory map");
    if ( t->size < TAG_HEADER + 8 )
        return reject(p, -EINVAL, "memory map tag too short");
    p->has_mmap = true;
    entry = get32(t->bytes + 8);
    if ( entry < 24 )
        return reject(p, -EINVAL, "memory map entry size too small");
    if ( entry % 8 )
        return reject(p, -EINVAL, "memory map entry size not a multiple of 8");
    if ( (t->size - 16) % entry )
        return reject(p, -EINVAL, "memory map ends inside an entry");

    for ( offset = 16; offset < t->size; offset += entry )
    {
        const uint8_t *e = t->bytes + offset;
        int rc = add_region(p, get64(e), get64(e + 8), get32(e + 16));

        if ( rc )
            return rc;
    }
    return 0;
}

/* What a kind of EFI memory is once nobody runs boot services any more (UEFI specification 2.10, section 7.2). */
static uint32_t efi_region_type(uint32_t type, uint64_t attributes)
{
    switch ( type )
    {
    case EFI_LOADER_CODE:
    case EFI_LOADER_DATA:
    case EFI_BOOT_CODE:
    case EFI_BOOT_DATA:
    case EFI_CONVENTIONAL:
        return (attributes & EFI_MEMORY_WB) && !(attributes & EFI_MEMORY_SP) ? BOOT_RAM
                                                                             : BOOT_RESERVED;
    case EFI_UNUSABLE: return BOOT_BAD;
    case EFI_ACPI_TABLES: return BOOT_ACPI;
    case EFI_ACPI_NVS: return BOOT_NVS;
    default: return BOOT_RESERVED;
    }
}

/* Firmware cuts its map into many pieces; neighbours that mean the same to us are one region. */
static int add_efi_region(struct parser *p, uint64_t start, uint64_t pages, uint32_t type)
{
    struct boot_info *bi = p->bi;
    struct boot_region *last = bi->nr_regions ? &bi->regions[bi->nr_regions - 1] : NULL;
    uint64_t size = pages << PAGE_SHIFT;

    if ( pages > ~0UL >> PAGE_SHIFT || start + size < start )
        return reject(p, -EINVAL, "EFI memory region wraps around");
    if ( !last || last->type != type || last->start + last->size != start )
        return add_region(p, start, size, type);
    last->size += size;
    return 0;
}

/*
 * u32 descriptor size, u32 version, then descriptors { u32 type, u32 padding, u64 start, u64 virtual start, u64 pages, u64 attributes };
 * the size may be larger than that.
 */
static int use_efi_mmap(struct parser *p)
{
    const struct tag *t = &p->efi_mmap;
    uint32_t size;

    if ( t->size < TAG_HEADER + 8 )
        return reject(p, -EINVAL, "EFI memory map tag too short");
    size = get32(t->bytes + 8);
    if ( size < 40 || size % 8 )
        return reject(p, -EINVAL, "EFI memory descriptors of a size that cannot be");
    if ( (t->size - 16) % size )
        return reject(p, -EINVAL, "EFI memory map ends inside a descriptor");
    for ( uint32_t offset = 16; offset < t->size; offset += size )
    {
        const uint8_t *d = t->bytes + offset;
        int rc = add_efi_region(p, get64(d + 8), get64(d + 24),
                                efi_region_type(get32(d), get64(d + 32)));

        if ( rc )
            return rc;
    }
    return 0;
}

/* u64 addr, u32 pitch, width, height, u8 bpp, type, u16 reserved, then by type: RGB has six bytes of positions and sizes */
static int tag_framebuffer(struct parser *p, const struct tag *t)
{
    struct boot_framebuffer *fb = &p->bi->fb;
    const uint8_t *b = t->bytes;

    if ( t->size < 32 )
        return reject(p, -EINVAL, "framebuffer tag too short");
    *fb = (struct boot_framebuffer){
        .vbe_caps = fb->vbe_caps,
        .vbe_attributes = fb->vbe_attributes,
        .addr = get64(b + 8),
        .pitch = get32(b + 16),
        .width = get32(b + 20),
        .height = get32(b + 24),
        .bpp = b[28],
        .type = b[29],
    };
    if ( fb->type == 1 )
    {
        if ( t->size < 38 )
            return reject(p, -EINVAL, "framebuffer tag too short for its colours");
        fb->red_pos = b[32];
        fb->red_size = b[33];
        fb->green_pos = b[34];
        fb->green_size = b[35];
        fb->blue_pos = b[36];
        fb->blue_size = b[37];
    }
    fb->present = true;
    return 0;
}

/* u16 mode, segment, offset, length, then 512 bytes of VBE's function 0x4f00 and 256 of 0x4f01 */
static int tag_vbe(struct parser *p, const struct tag *t)
{
    if ( t->size < 16 + 512 + 256 )
        return reject(p, -EINVAL, "VBE tag too short");
    p->bi->fb.vbe_caps = get32(t->bytes + 16 + 10);
    p->bi->fb.vbe_attributes = (uint16_t)(t->bytes[16 + 512] | t->bytes[16 + 512 + 1] << 8);
    return 0;
}

/* A copy of the RSDP: 20 bytes of ACPI 1, or 36 of ACPI 2 which win whatever the order. Checksums are acpi_init()'s business. */
static int tag_rsdp(struct parser *p, const struct tag *t, bool is_new)
{
    uint32_t want = is_new ? 36 : 20;

    if ( t->size < TAG_HEADER + want )
        return reject(p, -EINVAL, "ACPI tag too short");
    if ( !is_new && p->has_new_rsdp )
        return 0;
    p->has_new_rsdp = is_new;
    memset(p->bi->rsdp, 0, sizeof(p->bi->rsdp));
    memcpy(p->bi->rsdp, t->bytes + TAG_HEADER, want);
    return 0;
}

static int parse_tag(struct parser *p, const struct tag *t)
{
    switch ( t->type )
    {
    case MB2_TAG_CMDLINE: return tag_cmdline(p, t);
    case MB2_TAG_LOADER: return tag_loader(p, t);
    case MB2_TAG_MODULE: return tag_module(p, t);
    case MB2_TAG_BASIC_MEM: return tag_basic_mem(p, t);
    case MB2_TAG_MMAP: return tag_mmap(p, t);
    case MB2_TAG_VBE: return tag_vbe(p, t);
    case MB2_TAG_FRAMEBUFFER: return tag_framebuffer(p, t);
    case MB2_TAG_ACPI_OLD: return tag_rsdp(p, t, false);
    case MB2_TAG_ACPI_NEW: return tag_rsdp(p, t, true);
    case MB2_TAG_EFI_MMAP:
        p->efi_mmap = *t;
        p->bi->efi = true;
        return 0;
    case MB2_TAG_EFI32:
    case MB2_TAG_EFI64:
    case MB2_TAG_EFI_BS:
    case MB2_TAG_EFI32_IMAGE:
    case MB2_TAG_EFI64_IMAGE: p->bi->efi = true; return 0;
    default: return 0; /* the list may say more than we ask for */
    }
}

/** The one tag that it takes to say what is wrong with another: on a screen. */
static int parse_screen_tag(struct parser *p, const struct tag *t)
{
    return t->type == MB2_TAG_FRAMEBUFFER ? tag_framebuffer(p, t) : 0;
}

/** Every tag up to the end tag. Tags start at multiples of 8; their size leaves the padding out. */
static int walk_tags(struct parser *p, const uint8_t *info, size_t total,
                     int (*fn)(struct parser *p, const struct tag *t))
{
    size_t offset = 8;

    while ( total - offset >= TAG_HEADER )
    {
        struct tag t = { get32(info + offset), get32(info + offset + 4), info + offset };
        int rc;

        if ( t.size < TAG_HEADER )
            return reject(p, -EINVAL, "tag smaller than its own header");
        if ( t.size > total - offset )
            return reject(p, -EINVAL, "tag reaches beyond the list");
        if ( t.type == MB2_TAG_END )
            return 0;
        rc = fn(p, &t);
        if ( rc )
            return rc;
        offset += MIN(ROUND_UP((size_t)t.size, 8), total - offset);
    }
    return reject(p, -EINVAL, "tag list without an end");
}

/**
 * GRUB has made its map from EFI's where there is EFI: the same path for either firmware, and nothing EFI's has besides matters to who never
 * calls it. A loader that gives EFI's alone is understood too. Without either the two old numbers will do: conventional memory, and one
 * run from 1 MiB.
 */
static int finish_memory(struct parser *p)
{
    int rc;

    if ( !p->has_mmap && p->efi_mmap.size )
    {
        rc = use_efi_mmap(p);
        if ( rc )
            return rc;
    }
    if ( p->bi->nr_regions )
        return 0;
    if ( !p->has_basic )
        return reject(p, -ENOENT, "no memory map");
    rc = add_region(p, 0, (uint64_t)p->basic_lower << 10, BOOT_RAM);
    return rc ? rc : add_region(p, 1 << 20, (uint64_t)p->basic_upper << 10, BOOT_RAM);
}

static int parse(struct parser *p, const uint8_t *info, size_t len)
{
    uint32_t total;
    int rc;

    if ( len < 8 )
        return reject(p, -EINVAL, "information block too short");
    total = get32(info);
    if ( total < 8 )
        return reject(p, -EINVAL, "information block smaller than its own header");
    if ( total > len )
        return reject(p, -EINVAL, "information block larger than memory");
    rc = walk_tags(p, info, total, parse_screen_tag);
    if ( !rc )
        rc = walk_tags(p, info, total, parse_tag);
    return rc ? rc : finish_memory(p);
}

int multiboot2_parse(const void *info, size_t len, struct boot_info *bi, const char **why)
{
    struct parser p = { .bi = bi };
    int rc;

    memset(bi, 0, sizeof(*bi));
    rc = parse(&p, info, len);
    *why = p.why;
    return rc;
}
