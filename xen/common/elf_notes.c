/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PV kernel says about itself. Pure; no locks.
 *
 *  1. values: numbers and strings out of untrusted bytes
 *  2. FEATURES: names joined by '|', "!name" means the kernel needs it
 *  3. ELF notes named "Xen", from PT_NOTE segments (by p_filesz: p_memsz is 0 in GRUB), else from SHT_NOTE sections
 *  4. the older `__xen_guest` section: "KEY=value,KEY=value", only when there are no notes
 *  5. defaults, and whether it all fits together
 *
 * A note that is not understood (crash and dump notes, later inventions) is skipped; one that is understood but malformed makes
 * the kernel unloadable: a wrong guess would surface as a guest that dies at an odd address.
 */

#include <public/elfnote.h>
#include <public/features.h>
#include <xen/errno.h>
#include <xen/guest_image.h>

#define BIT(n) (1UL << (n))

/* The state of one parse. A note that comes twice counts as said last, as with Xen. */
struct parse
{
    struct guest_image *img;
    struct load_error *err;
    uint64_t seen;          /* bit n: note type n was there */
    uint64_t hypercall_pfn; /* __xen_guest's HYPERCALL_PAGE counts pages from virt_base */
    unsigned int nr_notes;
};

static bool seen(const struct parse *p, unsigned int type)
{
    return p->seen & BIT(type);
}

/* ---- 1. values ---------------------------------------------------------------------------------------------------- */

/* Text in the image, not terminated. */
struct text
{
    const char *s;
    size_t len;
};

static bool text_is(struct text t, const char *s)
{
    return strlen(s) == t.len && memcmp(t.s, s, t.len) == 0;
}

/* Cut *rest at the first @sep: the part before it, *rest the part behind it. */
static struct text text_cut(struct text *rest, char sep)
{
    struct text part = *rest;

    for ( part.len = 0; part.len < rest->len && part.s[part.len] != sep; )
        part.len++;
    rest->s += MIN(part.len + 1, rest->len);
    rest->len -= MIN(part.len + 1, rest->len);
    return part;
}

static void text_copy(char dst[GUEST_NAME_MAX], struct text t)
{
    load_quote(dst, GUEST_NAME_MAX, t.s, t.len);
}

static int digit(char c)
{
    if ( c >= '0' && c <= '9' )
        return c - '0';
    if ( c >= 'a' && c <= 'f' )
        return c - 'a' + 10;
    if ( c >= 'A' && c <= 'F' )
        return c - 'A' + 10;
    return 16;
}

/* A number as in C: 0x hexadecimal, 0 octal, else decimal. All of @t, no overflow. */
static bool text_number(struct text t, uint64_t *val)
{
    unsigned int base = 10;
    uint64_t v = 0;
    size_t i = 0;

    if ( t.len > 2 && t.s[0] == '0' && (t.s[1] == 'x' || t.s[1] == 'X') )
        base = 16, i = 2;
    else if ( t.len > 1 && t.s[0] == '0' )
        base = 8, i = 1;
    if ( t.len == 0 )
        return false;
    for ( ; i < t.len; i++ )
    {
        unsigned int d = digit(t.s[i]);

        if ( d >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v) )
            return false;
    }
    *val = v;
    return true;
}

/* ---- 2. features -------------------------------------------------------------------------------------------------- */

static const char *const feature_names[] = {
    [XENFEAT_writable_page_tables] = "writable_page_tables",
    [XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
    [XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
    [XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
    [XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
    [XENFEAT_mmu_pt_update_preserve_ad] = "mmu_pt_update_preserve_ad",
    [XENFEAT_highmem_assist] = "highmem_assist",
    [XENFEAT_gnttab_map_avail_bits] = "gnttab_map_avail_bits",
    [XENFEAT_hvm_callback_vector] = "hvm_callback_vector",
    [XENFEAT_hvm_safe_pvclock] = "hvm_safe_pvclock",
    [XENFEAT_hvm_pirqs] = "hvm_pirqs",
    [XENFEAT_dom0] = "dom0",
    [XENFEAT_grant_map_identity] = "grant_map_identity",
    [XENFEAT_virtual_p2m] = "virtual_p2m",
};

static int feature_bit(struct text name)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(feature_names); i++ )
        if ( feature_names[i] && text_is(name, feature_names[i]) )
            return (int)i;
    return -1;
}

static int parse_features(struct parse *p, struct text t)
{
    char quoted[GUEST_NAME_MAX];

    while ( t.len )
    {
        struct text name = text_cut(&t, '|');
        bool required = name.len && name.s[0] == '!';
        int bit;

        if ( required )
            name.s++, name.len--;
        bit = feature_bit(name);
        if ( bit < 0 && required )
        {
            text_copy(quoted, name);
            return load_fail(p->err, -ENOEXEC,
                             "the kernel requires feature \"%s\", which is not known", quoted);
        }
        if ( bit < 0 )
            continue;
        p->img->features_supported |= BIT(bit);
        if ( required )
            p->img->features_required |= BIT(bit);
    }
    return 0;
}

int guest_image_check_features(const struct guest_image *img, uint64_t have, bool initial,
                               struct load_error *err)
{
    uint64_t missing = img->features_required & ~have;
    unsigned int bit;

    if ( missing )
    {
        bit = (unsigned int)__builtin_ctzl(missing);
        return load_fail(
            err, -ENOEXEC, "the kernel requires feature %u (%s), which there is not", bit,
            bit < ARRAY_SIZE(feature_names) && feature_names[bit] ? feature_names[bit] : "?");
    }
    if ( initial && img->says_supported && !(img->features_supported & BIT(XENFEAT_dom0)) )
        return load_fail(err, -ENOEXEC,
                         "the kernel cannot be an initial domain (SUPPORTED_FEATURES lacks dom0)");
    return 0;
}

/* ---- 3. notes ----------------------------------------------------------------------------------------------------- */

enum note_kind
{
    NOTE_IGNORED = 0,
    NOTE_STRING,
    NOTE_NUMBER,
    NOTE_PAIRS,
};

static const struct note_type
{
    const char *name;
    enum note_kind kind;
} note_types[] = {
    [XEN_ELFNOTE_ENTRY] = { "ENTRY", NOTE_NUMBER },
    [XEN_ELFNOTE_HYPERCALL_PAGE] = { "HYPERCALL_PAGE", NOTE_NUMBER },
    [XEN_ELFNOTE_VIRT_BASE] = { "VIRT_BASE", NOTE_NUMBER },
    [XEN_ELFNOTE_PADDR_OFFSET] = { "PADDR_OFFSET", NOTE_NUMBER },
    [XEN_ELFNOTE_XEN_VERSION] = { "XEN_VERSION", NOTE_STRING },
    [XEN_ELFNOTE_GUEST_OS] = { "GUEST_OS", NOTE_STRING },
    [XEN_ELFNOTE_GUEST_VERSION] = { "GUEST_VERSION", NOTE_STRING },
    [XEN_ELFNOTE_LOADER] = { "LOADER", NOTE_STRING },
    [XEN_ELFNOTE_PAE_MODE] = { "PAE_MODE", NOTE_STRING },
    [XEN_ELFNOTE_FEATURES] = { "FEATURES", NOTE_STRING },
    [XEN_ELFNOTE_BSD_SYMTAB] = { "BSD_SYMTAB", NOTE_STRING },
    [XEN_ELFNOTE_HV_START_LOW] = { "HV_START_LOW", NOTE_NUMBER },
    [XEN_ELFNOTE_L1_MFN_VALID] = { "L1_MFN_VALID", NOTE_PAIRS },
    [XEN_ELFNOTE_SUSPEND_CANCEL] = { "SUSPEND_CANCEL", NOTE_NUMBER },
    [XEN_ELFNOTE_INIT_P2M] = { "INIT_P2M", NOTE_NUMBER },
    [XEN_ELFNOTE_MOD_START_PFN] = { "MOD_START_PFN", NOTE_NUMBER },
    [XEN_ELFNOTE_SUPPORTED_FEATURES] = { "SUPPORTED_FEATURES", NOTE_NUMBER },
    [XEN_ELFNOTE_PHYS32_ENTRY] = { "PHYS32_ENTRY", NOTE_NUMBER },
};

static int note_string(struct parse *p, unsigned int type, struct text t)
{
    struct guest_image *img = p->img;

    switch ( type )
    {
    case XEN_ELFNOTE_XEN_VERSION: text_copy(img->xen_version, t); break;
    case XEN_ELFNOTE_GUEST_OS: text_copy(img->guest_os, t); break;
    case XEN_ELFNOTE_GUEST_VERSION: text_copy(img->guest_version, t); break;
    case XEN_ELFNOTE_LOADER: text_copy(img->loader, t); break;
    case XEN_ELFNOTE_BSD_SYMTAB: img->bsd_symtab = text_is(t, "yes"); break;
    case XEN_ELFNOTE_FEATURES:
        return parse_features(p, t);
        /* PAE_MODE chooses between kinds of 32-bit kernel. */
    }
    return 0;
}

static void note_number(struct parse *p, unsigned int type, uint64_t val)
{
    struct guest_image *img = p->img;

    switch ( type )
    {
    case XEN_ELFNOTE_ENTRY: img->entry = val; break;
    case XEN_ELFNOTE_HYPERCALL_PAGE: img->hypercall_page = val; break;
    case XEN_ELFNOTE_VIRT_BASE: img->virt_base = val; break;
    case XEN_ELFNOTE_PADDR_OFFSET: img->paddr_offset = val; break;
    case XEN_ELFNOTE_HV_START_LOW: img->hv_start_low = val; break;
    case XEN_ELFNOTE_SUSPEND_CANCEL: img->suspend_cancel = val != 0; break;
    case XEN_ELFNOTE_INIT_P2M: img->init_p2m = val; break;
    case XEN_ELFNOTE_MOD_START_PFN: img->mod_start_pfn = val != 0; break;
    case XEN_ELFNOTE_PHYS32_ENTRY: img->phys32_entry = val; break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        img->says_supported = true;
        img->features_supported |= val;
        break;
    }
}

/* A string ends with a zero or with the description: Linux's FEATURES has no zero. */
static int take_string(struct parse *p, unsigned int type, const uint8_t *desc, uint32_t size)
{
    struct text t = { (const char *)desc, strnlen((const char *)desc, size) };

    return note_string(p, type, t);
}

/* Little-endian, of 1, 2, 4 or 8 bytes: kernels use what their assembler made of a constant. */
static int take_number(struct parse *p, unsigned int type, const uint8_t *desc, uint32_t size)
{
    uint64_t val = 0;

    if ( size != 1 && size != 2 && size != 4 && size != 8 )
        return load_fail(p->err, -ENOEXEC, "note %s: a number cannot have %u bytes",
                         note_types[type].name, size);
    memcpy(&val, desc, size);
    note_number(p, type, val);
    return 0;
}

/* L1_MFN_VALID: pairs of mask and value; the first is as good as any on x86-64, where there is one way to be present. */
static int take_pairs(struct parse *p, unsigned int type, const uint8_t *desc, uint32_t size)
{
    uint32_t width = size == 8 ? 4 : 8;
    uint64_t pair[2] = { 0, 0 };

    if ( size == 0 || size % (2 * width) )
        return load_fail(p->err, -ENOEXEC, "note %s: %u bytes are no pairs of numbers",
                         note_types[type].name, size);
    memcpy(&pair[0], desc, width);
    memcpy(&pair[1], desc + width, width);
    p->img->l1_mfn_mask = pair[0];
    p->img->l1_mfn_valid = pair[1];
    return 0;
}

static int take_note(struct parse *p, uint32_t type, const uint8_t *desc, uint32_t size)
{
    p->nr_notes++;
    if ( type >= ARRAY_SIZE(note_types) )
        return 0;
    p->seen |= BIT(type);
    switch ( note_types[type].kind )
    {
    case NOTE_STRING: return take_string(p, type, desc, size);
    case NOTE_NUMBER: return take_number(p, type, desc, size);
    case NOTE_PAIRS: return take_pairs(p, type, desc, size);
    case NOTE_IGNORED: break;
    }
    return 0;
}

static uint64_t note_pad(uint32_t size)
{
    return ROUND_UP((uint64_t)size, 4UL);
}

/* All notes in [area, area + len). The padding of the last one may be missing, and so may a header's worth of zeroes be there. */
static int take_area(struct parse *p, const uint8_t *area, uint64_t len)
{
    struct elf_nhdr n;
    uint64_t at = 0, desc;
    int rc = 0;

    while ( !rc && len - at >= sizeof(n) )
    {
        memcpy(&n, area + at, sizeof(n));
        desc = at + sizeof(n) + note_pad(n.n_namesz);
        if ( desc > len || n.n_descsz > len - desc )
            return load_fail(
                p->err, -ENOEXEC,
                "note at byte %#lx of %#lx lies about its size: name %#x, description %#x", at, len,
                n.n_namesz, n.n_descsz);
        if ( n.n_namesz == 4 && memcmp(area + at + sizeof(n), "Xen", 4) == 0 )
            rc = take_note(p, n.n_type, area + desc, n.n_descsz);
        at = MIN(desc + note_pad(n.n_descsz), len);
    }
    return rc;
}

static int take_note_segments(struct parse *p)
{
    const struct elf_image *elf = &p->img->elf;
    struct elf_phdr ph;
    int rc = 0;

    for ( unsigned int i = 0; i < elf->ehdr.e_phnum && !rc; i++ )
    {
        elf_segment(elf, i, &ph);
        if ( ph.p_type == PT_NOTE )
            rc = take_area(p, elf->data + ph.p_offset, ph.p_filesz);
    }
    return rc;
}

static int take_note_sections(struct parse *p)
{
    const struct elf_image *elf = &p->img->elf;
    struct elf_shdr sh;
    int rc = 0;

    for ( unsigned int i = 0; i < elf->ehdr.e_shnum && !rc; i++ )
        if ( elf_section(elf, i, &sh) && sh.sh_type == SHT_NOTE )
            rc = take_area(p, elf->data + sh.sh_offset, sh.sh_size);
    return rc;
}

/* ---- 4. __xen_guest ----------------------------------------------------------------------------------------------- */

/* The section's keys and the notes that took their place. */
static const struct legacy_key
{
    const char *name;
    unsigned int note;
} legacy_keys[] = {
    { "GUEST_OS", XEN_ELFNOTE_GUEST_OS },
    { "GUEST_VER", XEN_ELFNOTE_GUEST_VERSION },
    { "XEN_VER", XEN_ELFNOTE_XEN_VERSION },
    { "LOADER", XEN_ELFNOTE_LOADER },
    { "PAE", XEN_ELFNOTE_PAE_MODE },
    { "FEATURES", XEN_ELFNOTE_FEATURES },
    { "VIRT_BASE", XEN_ELFNOTE_VIRT_BASE },
    { "VIRT_ENTRY", XEN_ELFNOTE_ENTRY },
    { "ELF_PADDR_OFFSET", XEN_ELFNOTE_PADDR_OFFSET },
    { "HYPERCALL_PAGE", XEN_ELFNOTE_HYPERCALL_PAGE },
};

static int legacy_value(struct parse *p, const struct legacy_key *key, struct text value)
{
    char quoted[GUEST_NAME_MAX];
    uint64_t val;

    p->seen |= BIT(key->note);
    if ( note_types[key->note].kind == NOTE_STRING )
        return note_string(p, key->note, value);
    if ( !text_number(value, &val) )
    {
        text_copy(quoted, value);
        return load_fail(p->err, -ENOEXEC, "__xen_guest: %s=\"%s\" is not a number", key->name,
                         quoted);
    }
    if ( key->note == XEN_ELFNOTE_HYPERCALL_PAGE )
        p->hypercall_pfn = val;
    else
        note_number(p, key->note, val);
    return 0;
}

static int take_legacy_string(struct parse *p, struct text t)
{
    int rc = 0;

    while ( t.len && !rc )
    {
        struct text value = text_cut(&t, ',');
        struct text key = text_cut(&value, '=');

        /* Its value, if there is one, never meant anything. */
        if ( text_is(key, "BSD_SYMTAB") )
            p->img->bsd_symtab = true;
        for ( unsigned int i = 0; i < ARRAY_SIZE(legacy_keys) && !rc; i++ )
            if ( text_is(key, legacy_keys[i].name) )
                rc = legacy_value(p, &legacy_keys[i], value);
    }
    return rc;
}

/* The section as a string. *found says whether there is one. */
static int take_legacy(struct parse *p, bool *found)
{
    const struct elf_image *elf = &p->img->elf;
    struct elf_shdr sh;
    struct text t;

    *found = false;
    for ( unsigned int i = 0; i < elf->ehdr.e_shnum; i++ )
    {
        if ( !elf_section(elf, i, &sh) || sh.sh_type == SHT_NOBITS ||
             !elf_section_named(elf, &sh, "__xen_guest") )
            continue;
        *found = true;
        t.s = (const char *)elf->data + sh.sh_offset;
        t.len = strnlen(t.s, sh.sh_size);
        return take_legacy_string(p, t);
    }
    return 0;
}

/* ---- 5. together -------------------------------------------------------------------------------------------------- */

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Is this meant for us? As Xen asks: a loader "generic" or an OS "linux", and the 3.0 interface. */
static int check_identity(const struct parse *p)
{
    const struct guest_image *img = p->img;

    if ( p->nr_notes && !seen(p, XEN_ELFNOTE_XEN_VERSION) && seen(p, XEN_ELFNOTE_PHYS32_ENTRY) )
        return load_fail(p->err, -ENOEXEC,
                         "the kernel runs as a PVH guest only (its one entry is PHYS32_ENTRY)");
    if ( !starts_with(img->xen_version, "xen-3.0") )
        return load_fail(p->err, -ENOEXEC, "the kernel wants Xen version \"%s\", not \"xen-3.0\"",
                         img->xen_version);
    if ( !starts_with(img->loader, "generic") && !starts_with(img->guest_os, "linux") )
        return load_fail(p->err, -ENOEXEC,
                         "the kernel wants loader \"%s\" (OS \"%s\"), not \"generic\"", img->loader,
                         img->guest_os);
    return 0;
}

static int set_defaults(struct parse *p)
{
    struct guest_image *img = p->img;

    if ( !seen(p, XEN_ELFNOTE_PADDR_OFFSET) )
        img->paddr_offset = img->legacy ? img->virt_base : 0;
    if ( !seen(p, XEN_ELFNOTE_ENTRY) )
        img->entry = img->elf.ehdr.e_entry;
    if ( img->legacy && seen(p, XEN_ELFNOTE_HYPERCALL_PAGE) &&
         (p->hypercall_pfn > (~0UL >> PAGE_SHIFT) ||
          __builtin_add_overflow(p->hypercall_pfn << PAGE_SHIFT, img->virt_base,
                                 &img->hypercall_page)) )
        return load_fail(p->err, -ENOEXEC, "__xen_guest: HYPERCALL_PAGE=%#lx is out of range",
                         p->hypercall_pfn);
    return 0;
}

/* Where the image comes to lie, and is what it points to there? */
static int check_addresses(const struct parse *p)
{
    struct guest_image *img = p->img;
    const struct elf_image *elf = &img->elf;
    uint64_t page = img->hypercall_page;

    if ( elf->paddr_start < img->paddr_offset ||
         __builtin_add_overflow(elf->paddr_end - img->paddr_offset, img->virt_base,
                                &img->virt_end) ||
         img->virt_end > ~0UL - PAGE_SIZE )
        return load_fail(p->err, -ENOEXEC,
                         "segments at %#lx-%#lx do not fit PADDR_OFFSET %#lx and VIRT_BASE %#lx",
                         elf->paddr_start, elf->paddr_end, img->paddr_offset, img->virt_base);
    img->virt_start = guest_image_va(img, elf->paddr_start);
    if ( !elf_loads(elf, img->entry - img->virt_base + img->paddr_offset, 1) )
        return load_fail(p->err, -ENOEXEC, "the entry %#lx is outside the kernel at %#lx-%#lx",
                         img->entry, img->virt_start, img->virt_end);
    if ( !seen(p, XEN_ELFNOTE_HYPERCALL_PAGE) )
        return 0;
    if ( page & ~PAGE_MASK )
        return load_fail(p->err, -ENOEXEC, "the hypercall page %#lx is not page-aligned", page);
    if ( page < img->virt_base || page >= img->virt_end )
        return load_fail(p->err, -ENOEXEC,
                         "the hypercall page %#lx is outside the kernel at %#lx-%#lx", page,
                         img->virt_start, img->virt_end);
    return 0;
}

static int check_p2m(const struct parse *p)
{
    const struct guest_image *img = p->img;

    if ( !seen(p, XEN_ELFNOTE_INIT_P2M) )
        return 0;
    if ( img->init_p2m & ~PAGE_MASK )
        return load_fail(p->err, -ENOEXEC, "INIT_P2M %#lx is not page-aligned", img->init_p2m);
    return 0;
}

static int collect(struct parse *p)
{
    int rc = take_note_segments(p);

    if ( !rc && !p->nr_notes )
        rc = take_note_sections(p);
    if ( !rc && !p->nr_notes )
        rc = take_legacy(p, &p->img->legacy);
    if ( !rc && !p->nr_notes && !p->img->legacy )
        return load_fail(p->err, -ENOEXEC,
                         "not a Xen PV kernel: neither Xen ELF notes nor a __xen_guest section");
    return rc;
}

int guest_image_open(struct guest_image *img, const void *data, uint64_t size,
                     struct load_error *err)
{
    struct parse p = { .img = img, .err = err };
    int rc;

    memset(img, 0, sizeof(*img));
    img->hypercall_page = img->init_p2m = img->phys32_entry = GUEST_VA_UNSET;
    img->l1_mfn_mask = img->l1_mfn_valid = 1;
    rc = elf_open(&img->elf, data, size, err);
    rc = rc ? rc : collect(&p);
    rc = rc ? rc : check_identity(&p);
    rc = rc ? rc : set_defaults(&p);
    rc = rc ? rc : check_addresses(&p);
    return rc ? rc : check_p2m(&p);
}
