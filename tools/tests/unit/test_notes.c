/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/elf.c xen/common/elf_notes.c xen/common/load_error.c
/* What kernels say about themselves: the real ones' values, every way to lie, and noise. */

#include "tap.h"

#include <public/features.h>
#include <xen/errno.h>
#include <xen/guest_image.h>

#include "elf_make.h"

#define BIT(n) (1UL << (n))

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

static struct load_error err;
static struct guest_image img;

static int open_made(struct elf_make *m)
{
    memset(&err, 0, sizeof(err));
    return guest_image_open(&img, m->file, m->size, &err);
}

static void opens(struct elf_make *m, const char *what)
{
    if ( is_int(open_made(m), 0, what) )
        return;
    note("  %s", err.text);
}

static void refused(struct elf_make *m, const char *says, const char *what)
{
    int rc = open_made(m);

    if ( !ok(rc == -ENOEXEC && strstr(err.text, says), "%s: %s", what, err.text) )
        note("  expected \"%s\", rc %d", says, rc);
}

/* ---- kernels as they come ---- */

static void test_linux(void)
{
    struct elf_make m;

    elf_make_linux(&m);
    opens(&m, "Linux 6.1's notes are read");
    is_u64(img.virt_base, 0xffffffff80000000, "VIRT_BASE");
    is_u64(img.paddr_offset, 0, "PADDR_OFFSET");
    is_u64(img.entry, 0xffffffff81000123, "ENTRY goes before e_entry");
    is_u64(img.init_p2m, 0x8000000000, "INIT_P2M");
    is_u64(img.hypercall_page, GUEST_VA_UNSET, "no hypercall page");
    is_u64(img.hv_start_low, 0xffff800000000000, "HV_START_LOW");
    is_u64(img.phys32_entry, 0x1000370, "PHYS32_ENTRY");
    ok(img.mod_start_pfn && img.suspend_cancel && !img.bsd_symtab && !img.legacy,
       "MOD_START_PFN, SUSPEND_CANCEL");
    ok(img.l1_mfn_mask == 1 && img.l1_mfn_valid == 1, "L1_MFN_VALID");
    is_u64(img.features_required, BIT(XENFEAT_writable_page_tables),
           "requires writable_page_tables");
    is_u64(img.features_supported, 0x8801 | BIT(XENFEAT_pae_pgdir_above_4gb),
           "SUPPORTED_FEATURES and FEATURES together");
    is_str(img.guest_os, "linux", "GUEST_OS");
    is_str(img.guest_version, "2.6", "GUEST_VERSION");
    is_str(img.loader, "generic", "LOADER");
    is_str(img.xen_version, "xen-3.0", "XEN_VERSION");
    is_u64(img.virt_start, 0xffffffff81000000, "the image begins");
    is_u64(img.virt_end, 0xffffffff83a00000, "and ends where its notes and p_paddr say");
    is_u64(guest_image_va(&img, 0x3044000), 0xffffffff83044000,
           "the per-CPU segment goes by p_paddr, not by p_vaddr 0");
    is_int(guest_image_check_features(&img, BIT(0), true, &err), 0, "it can be an initial domain");
    is_int(guest_image_check_features(&img, 0, false, &err), -ENOEXEC,
           "it cannot do without what it requires");
    ok(strstr(err.text, "writable_page_tables"), "which is named: %s", err.text);
    elf_make_free(&m);
}

static void test_grub_like(void)
{
    struct elf_make m;

    elf_make_grub(&m);
    opens(&m, "GRUB's notes are read from a PT_NOTE with p_memsz 0");
    ok(img.virt_base == 0 && img.entry == 0 && img.virt_start == 0, "base, entry and start 0");
    is_u64(img.virt_end, 0x41e1f0 + 333, "the image ends with its unaligned second segment");
    is_u64(img.init_p2m, GUEST_VA_UNSET, "no INIT_P2M");
    ok(!img.mod_start_pfn && !img.says_supported && !img.features_required,
       "nothing else is asked for");
    is_int(guest_image_check_features(&img, 0, true, &err), 0,
           "without SUPPORTED_FEATURES it may be an initial domain");
    elf_make_free(&m);
}

static void test_real_grub(void)
{
    const char *path = "/usr/lib/grub-xen/grub-x86_64-xen.bin";
    FILE *f = fopen(path, "rb");
    static uint8_t data[8 << 20];
    size_t size;

    if ( !f )
    {
        pass("# SKIP no %s (package grub-xen-bin)", path);
        return;
    }
    size = fread(data, 1, sizeof(data), f);
    fclose(f);
    is_int(guest_image_open(&img, data, size, &err), 0, "Debian's grub-x86_64-xen.bin is read");
    is_str(img.guest_os, "GRUB", "it says it is GRUB");
    ok(img.entry == 0 && img.virt_base == 0 && img.hypercall_page == GUEST_VA_UNSET,
       "base 0, entry 0, no hypercall page");
    ok(img.virt_end > 0x41e1f0 && img.virt_end < 16 << 20, "it ends at %#lx", img.virt_end);
}

static void test_micro_kernel(void)
{
    struct elf_make m;

    elf_make_init(&m, 0x101000);
    elf_make_load(&m, 0x100000, 0x100000, 600, 0x9000);
    elf_make_note_str(&m, XEN_ELFNOTE_GUEST_OS, "XTF");
    elf_make_note_str(&m, XEN_ELFNOTE_LOADER, "generic");
    elf_make_note_num(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x108000, 8);
    elf_make_note_str(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    elf_make_note_str(&m, XEN_ELFNOTE_FEATURES, "");
    elf_make_note_str(&m, XEN_ELFNOTE_PAE_MODE, "yes");
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    opens(&m, "a micro-kernel's notes are read");
    ok(img.virt_base == 0 && img.virt_start == 0x100000, "no VIRT_BASE means base 0");
    is_u64(img.entry, 0x101000, "entry from e_entry");
    is_u64(img.hypercall_page, 0x108000, "HYPERCALL_PAGE");
    elf_make_free(&m);
}

static void test_netbsd(void)
{
    const uint64_t kernbase = 0xffffffff80000000;
    struct elf_make m;

    elf_make_init(&m, kernbase + 0x200000);
    elf_make_load(&m, kernbase + 0x200000, kernbase + 0x200000, 600, 0x100000);
    elf_make_minimal_notes(&m);
    elf_make_note_num(&m, XEN_ELFNOTE_VIRT_BASE, kernbase, 8);
    elf_make_note_num(&m, XEN_ELFNOTE_PADDR_OFFSET, kernbase, 8);
    elf_make_note_num(&m, XEN_ELFNOTE_HYPERCALL_PAGE, kernbase + 0x202000, 8);
    elf_make_note_str(&m, XEN_ELFNOTE_FEATURES, "");
    elf_make_note_str(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
    elf_make_note_section(&m);
    elf_make_finish(&m);
    opens(&m, "NetBSD's notes are read, from an SHT_NOTE section");
    is_u64(img.virt_start, kernbase + 0x200000, "PADDR_OFFSET is taken off p_paddr");
    ok(img.bsd_symtab, "BSD_SYMTAB");
    elf_make_free(&m);
}

static void test_legacy(void)
{
    static const char base_last[] =
        "LOADER=generic,XEN_VER=xen-3.0,HYPERCALL_PAGE=0x102,VIRT_BASE=0xC0000000,BSD_SYMTAB";
    struct elf_make m;

    elf_make_legacy(&m, MINIOS_STRING);
    opens(&m, "Mini-OS's __xen_guest is read");
    ok(img.legacy && img.virt_base == 0 && img.paddr_offset == 0, "VIRT_BASE, ELF_PADDR_OFFSET");
    is_u64(img.hypercall_page, 0x2000, "HYPERCALL_PAGE counts pages");
    is_str(img.guest_os, "Mini-OS", "GUEST_OS");
    elf_make_free(&m);

    elf_make_init(&m, 0xc0100000);
    elf_make_load(&m, 0xc0100000, 0xc0100000, 100, 0x10000);
    elf_make_section(&m, "__xen_guest", 1, base_last, sizeof(base_last));
    elf_make_finish(&m);
    opens(&m, "a string with the base behind what counts from it");
    is_u64(img.paddr_offset, 0xc0000000, "no ELF_PADDR_OFFSET means VIRT_BASE");
    is_u64(img.hypercall_page, 0xc0102000, "HYPERCALL_PAGE counts from VIRT_BASE");
    ok(img.bsd_symtab, "BSD_SYMTAB needs no value");
    elf_make_free(&m);
}

static void test_precedence(void)
{
    struct elf_make m;

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 100, 0x10000);
    elf_make_minimal_notes(&m);
    elf_make_note_segment(&m);
    elf_make_note_str(&m, XEN_ELFNOTE_GUEST_OS, "section");
    elf_make_note_section(&m);
    elf_make_section(&m, "__xen_guest", 1, MINIOS_STRING, sizeof(MINIOS_STRING));
    elf_make_finish(&m);
    opens(&m, "PT_NOTE, SHT_NOTE and __xen_guest in one file");
    ok(!strcmp(img.guest_os, "GRUB") && !img.legacy, "the segment counts");
    elf_make_free(&m);

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 100, 0x10000);
    elf_make_note(&m, "GNU", 3, "0123456789", 10);
    elf_make_note_segment(&m);
    elf_make_minimal_notes(&m);
    elf_make_note_str(&m, XEN_ELFNOTE_GUEST_OS, "later");
    elf_make_note_section(&m);
    elf_make_finish(&m);
    opens(&m, "a PT_NOTE without Xen's notes, a section with them");
    is_str(img.guest_os, "later", "said twice: the last one counts");
    elf_make_free(&m);
}

static void test_widths(void)
{
    for ( uint32_t width = 1; width <= 8; width *= 2 )
    {
        struct elf_make m;

        elf_make_init(&m, 0);
        elf_make_load(&m, 0, 0, 100, 0x10000);
        elf_make_minimal_notes(&m);
        elf_make_note_num(&m, XEN_ELFNOTE_ENTRY, 0x42, width);
        elf_make_note_num(&m, XEN_ELFNOTE_MOD_START_PFN, 1, width);
        elf_make_note(&m, "Xen", XEN_ELFNOTE_L1_MFN_VALID, "\1\0\0\0\2\0\0\0", 8);
        elf_make_note(&m, "Xen", XEN_ELFNOTE_CRASH_INFO, "?", 1);
        elf_make_note(&m, "Xen", 0xffffffff, "", 0);
        elf_make_note_str(&m, XEN_ELFNOTE_INFO, "anything");
        elf_make_note_segment(&m);
        elf_make_finish(&m);
        opens(&m, "notes that mean nothing here are skipped");
        ok(img.entry == 0x42 && img.mod_start_pfn, "numbers of %u bytes are read", width);
        ok(img.l1_mfn_mask == 1 && img.l1_mfn_valid == 2, "pairs of 4-byte numbers too");
        elf_make_free(&m);
    }
}

/* ---- lies ---- */

/* A good kernel at 0x100000-0x110000 with one more note. */
static void with_note(uint32_t type, const void *desc, uint32_t len, const char *says,
                      const char *what)
{
    struct elf_make m;

    elf_make_init(&m, 0x100000);
    elf_make_load(&m, 0x100000, 0x100000, 100, 0x8000);
    elf_make_load(&m, 0x10c000, 0x10c000, 100, 0x4000);
    elf_make_minimal_notes(&m);
    elf_make_note(&m, "Xen", type, desc, len);
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    if ( says )
        refused(&m, says, what);
    else
        opens(&m, what);
    elf_make_free(&m);
}

static void with_number(uint32_t type, uint64_t val, const char *says, const char *what)
{
    with_note(type, &val, 8, says, what);
}

static void test_lies(void)
{
    static const struct
    {
        uint32_t type;
        const char *name;
    } numbers[] = {
        { XEN_ELFNOTE_ENTRY, "ENTRY" },
        { XEN_ELFNOTE_HYPERCALL_PAGE, "HYPERCALL_PAGE" },
        { XEN_ELFNOTE_VIRT_BASE, "VIRT_BASE" },
        { XEN_ELFNOTE_PADDR_OFFSET, "PADDR_OFFSET" },
        { XEN_ELFNOTE_HV_START_LOW, "HV_START_LOW" },
        { XEN_ELFNOTE_SUSPEND_CANCEL, "SUSPEND_CANCEL" },
        { XEN_ELFNOTE_INIT_P2M, "INIT_P2M" },
        { XEN_ELFNOTE_MOD_START_PFN, "MOD_START_PFN" },
        { XEN_ELFNOTE_SUPPORTED_FEATURES, "SUPPORTED_FEATURES" },
        { XEN_ELFNOTE_PHYS32_ENTRY, "PHYS32_ENTRY" },
    };
    static const uint32_t bad_sizes[] = { 0, 3, 5, 7, 9, 16 };

    for ( size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++ )
        for ( size_t j = 0; j < sizeof(bad_sizes) / sizeof(bad_sizes[0]); j++ )
            with_note(numbers[i].type, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", bad_sizes[j],
                      numbers[i].name, "a number of odd size");
    with_note(XEN_ELFNOTE_L1_MFN_VALID, "123456789012", 12, "L1_MFN_VALID", "one and a half pair");
    with_note(XEN_ELFNOTE_L1_MFN_VALID, "", 0, "L1_MFN_VALID", "no pair");
    with_note(XEN_ELFNOTE_XEN_VERSION, "xen-2.0", 8, "xen-2.0", "another Xen's kernel");
    with_note(XEN_ELFNOTE_XEN_VERSION, "\033[2J", 5, "?[2J", "a version with an escape sequence");
    with_note(XEN_ELFNOTE_LOADER, "special", 8, "\"special\"", "a kernel for another loader");
    with_note(XEN_ELFNOTE_FEATURES, "!no_such", 9, "\"no_such\"",
              "a feature nobody knows, required");
    with_note(XEN_ELFNOTE_FEATURES, "no_such|dom0", 13, NULL,
              "a feature nobody knows, not required, is fine");
    with_note(XEN_ELFNOTE_FEATURES, "|||!", 5, "\"\"", "a requirement without a name");
    with_number(XEN_ELFNOTE_ENTRY, 0xfffff, "entry 0xfffff", "an entry below the kernel");
    with_number(XEN_ELFNOTE_ENTRY, 0x110000, "entry 0x110000", "an entry at its end");
    with_number(XEN_ELFNOTE_ENTRY, 0x109000, "entry 0x109000",
                "an entry in a gap between segments");
    with_number(XEN_ELFNOTE_ENTRY, 0x107fff, NULL,
                "an entry at the last byte of a segment is inside");
    with_number(XEN_ELFNOTE_ENTRY, 0xffff800000000000, "entry", "an entry in the hypervisor");
    with_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0x100001, "not page-aligned", "an odd hypercall page");
    with_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0x110000, "hypercall page 0x110000",
                "a hypercall page at the kernel's end");
    with_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0xffff800000000000, "hypercall page",
                "a hypercall page in the hypervisor");
    with_number(XEN_ELFNOTE_HYPERCALL_PAGE, ~0UL, "hypercall page",
                "a hypercall page at the last address");
    with_number(XEN_ELFNOTE_HYPERCALL_PAGE, 0x10f000, NULL,
                "the kernel's last page can be the hypercall page");
    with_number(XEN_ELFNOTE_PADDR_OFFSET, 0x100001, "PADDR_OFFSET",
                "an offset above the first segment");
    with_number(XEN_ELFNOTE_PADDR_OFFSET, ~0UL, "PADDR_OFFSET", "an absurd offset");
    with_number(XEN_ELFNOTE_VIRT_BASE, ~0UL - 0x100000, "VIRT_BASE",
                "a base from where the kernel wraps");
    with_number(XEN_ELFNOTE_VIRT_BASE, 0 - 0x110000UL, "VIRT_BASE",
                "a base from where it ends at the last byte");
    with_number(XEN_ELFNOTE_INIT_P2M, 0x8000000001, "INIT_P2M 0x8000000001",
                "an odd address for the p2m");
    with_number(XEN_ELFNOTE_INIT_P2M, ~0UL, "INIT_P2M", "the last address for the p2m");
}

/* A string without a zero ends where its description ends, even at the end of the file. */
static void test_unterminated(void)
{
    struct elf_make m;

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 100, 0x1000);
    elf_make_note(&m, "Xen", XEN_ELFNOTE_LOADER, "generic!", 8);
    elf_make_note(&m, "Xen", XEN_ELFNOTE_XEN_VERSION, "xen-3.0-x86_64", 11);
    elf_make_note(&m, "Xen", XEN_ELFNOTE_GUEST_VERSION, "", 0);
    elf_make_note(&m, "Xen", XEN_ELFNOTE_FEATURES, "!dom0|highmem_assist", 5);
    elf_make_note(&m, "Xen", XEN_ELFNOTE_GUEST_OS, "abcd", 4);
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    opens(&m, "strings without a zero are read");
    is_str(img.guest_os, "abcd", "up to the end of the file");
    is_str(img.xen_version, "xen-3.0-x86", "up to the end of the description");
    is_str(img.guest_version, "", "an empty one is empty");
    is_u64(img.features_required, BIT(XENFEAT_dom0), "FEATURES too");
    elf_make_free(&m);
    with_note(XEN_ELFNOTE_XEN_VERSION, "", 0, "Xen version \"\"", "a version of no bytes");
    with_note(XEN_ELFNOTE_LOADER, "gen", 3, "loader \"gen\"", "a loader cut short");
}

static void test_not_for_us(void)
{
    struct elf_make m;

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 100, 0x1000);
    elf_make_finish(&m);
    refused(&m, "neither Xen ELF notes nor a __xen_guest section", "a program that is no kernel");
    elf_make_free(&m);

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 100, 0x1000);
    elf_make_note_num(&m, XEN_ELFNOTE_PHYS32_ENTRY, 0, 4);
    elf_make_note_segment(&m);
    elf_make_finish(&m);
    refused(&m, "PVH", "a kernel that is PVH only");
    elf_make_free(&m);

    elf_make_legacy(&m, "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=zero");
    refused(&m, "VIRT_BASE=\"zero\" is not a number", "__xen_guest with a word for a number");
    elf_make_free(&m);
    elf_make_legacy(&m, "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0x10000000000000000");
    refused(&m, "is not a number", "__xen_guest with a number of 65 bits");
    elf_make_free(&m);
    elf_make_legacy(&m, "XEN_VER=xen-3.0,LOADER=generic,HYPERCALL_PAGE=0x10000000000000");
    refused(&m, "HYPERCALL_PAGE", "__xen_guest with a page beyond all addresses");
    elf_make_free(&m);
    elf_make_legacy(&m, "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=");
    refused(&m, "is not a number", "__xen_guest with an empty number");
    elf_make_free(&m);
    elf_make_legacy(&m, "");
    refused(&m, "Xen version \"\"", "an empty __xen_guest");
    elf_make_free(&m);
    elf_make_legacy(&m, "XEN_VER=xen-3.0");
    refused(&m, "loader \"\"", "__xen_guest without a loader");
    elf_make_free(&m);
    elf_make_legacy(&m,
                    "XEN_VER=xen-3.0,GUEST_OS=linux,VIRT_BASE=010,ELF_PADDR_OFFSET=0,VIRT_ENTRY=9");
    opens(&m, "GUEST_OS=linux does without a loader");
    ok(img.virt_base == 8 && img.entry == 9, "octal and decimal are read");
    elf_make_free(&m);

    elf_make_legacy(&m, MINIOS_STRING);
    m.file[m.content_at[ELF_MAKE_MAX + 2] + m.sh[2].sh_size - 1] = 'x';
    opens(&m, "__xen_guest without a terminator ends with its section");
    is_str(img.loader, "genericx", "no byte more");
    elf_make_free(&m);
}

/* A name or a description so long that its padded size wraps in 32 bits. */
static void test_long_names(void)
{
    static const uint32_t sizes[] = { 0xfffffffd, 0xffffffff, 0x80000000, 4096 };

    for ( unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++ )
        for ( unsigned int word = 0; word < 2; word++ )
        {
            struct elf_make m;

            elf_make_grub(&m);
            memcpy(m.file + m.content_at[2] + 4 * word, &sizes[i], 4);
            refused(&m, "note at byte 0 of 0x78 lies about its size",
                    word ? "a description that is too long" : "a name that is too long");
            elf_make_free(&m);
        }
}

/* Sizes in note headers, one by one over hostile values. */
static bool survives(const uint8_t *file, size_t size)
{
    int rc;

    memset(&err, 0, sizeof(err));
    rc = guest_image_open(&img, file, size, &err);
    if ( rc )
        return rc == -ENOEXEC && err.text[0] && !strchr(err.text, '\n');
    if ( img.virt_start < img.virt_base || img.virt_end <= img.virt_start ||
         img.entry < img.virt_start || img.entry >= img.virt_end )
        return false;
    if ( img.hypercall_page != GUEST_VA_UNSET &&
         ((img.hypercall_page & 4095) || img.hypercall_page < img.virt_base ||
          img.hypercall_page >= img.virt_end) )
        return false;
    for ( const char *s = img.guest_os; *s; s++ )
        if ( *s < ' ' || *s > '~' )
            return false;
    return img.init_p2m == GUEST_VA_UNSET || !(img.init_p2m & 4095);
}

static void test_note_headers(void)
{
    struct elf_make m;
    bool clean = true;
    unsigned int refusals = 0;

    elf_make_linux(&m);
    for ( size_t at = 0; at < m.ph[3].p_filesz; at += 4 )
        for ( unsigned int i = 0; i < ELF_HOSTILE; i++ )
        {
            uint8_t *file = elf_copy(m.file, m.size);
            uint32_t val = (uint32_t)elf_hostile(i, m.ph[3].p_filesz - at);

            memcpy(file + m.content_at[3] + at, &val, 4);
            clean = survives(file, m.size) && clean;
            refusals += err.text[0] != 0;
            free(file);
        }
    ok(clean, "every word of Linux's notes over %u hostile values", ELF_HOSTILE);
    ok(refusals > 100, "many (%u) are refused", refusals);
    /* The area's end moves instead. */
    for ( uint64_t size = 0; size <= m.ph[3].p_filesz; size++ )
    {
        size_t cut = m.content_at[3] + size;
        uint8_t *file = elf_copy(m.file, cut);

        memcpy(file + 64 + 3 * 56 + offsetof(struct elf_phdr, p_filesz), &size, 8);
        clean = survives(file, cut) && clean;
        free(file);
    }
    ok(clean, "the notes cut at any byte, at the very end of the file");
    elf_make_free(&m);
}

static void test_random(void)
{
    uint64_t seed = 0x853c49e6748fea9b;
    unsigned int accepted = 0, cases = 200000;
    struct elf_make m[3];
    bool clean = true;

    elf_make_linux(&m[0]);
    elf_make_grub(&m[1]);
    elf_make_legacy(&m[2], MINIOS_STRING);
    for ( unsigned int i = 0; i < cases; i++ )
    {
        const struct elf_make *from = &m[i % 3];
        /* Where the words are: headers, notes, the legacy string, section headers. */
        const size_t starts[] = { 0, 64,
                                  from->content_at[i % 3 == 2 ? ELF_MAKE_MAX + 2 : 3 - i % 3],
                                  from->eh.e_shoff };
        uint8_t *file = elf_copy(from->file, from->size);

        for ( unsigned int n = 1 + elf_random(&seed) % 5; n; n-- )
        {
            size_t at = (starts[elf_random(&seed) % 4] + elf_random(&seed) % 320) % from->size;
            uint64_t r = elf_random(&seed);
            uint64_t val = r & 1 ? elf_hostile((r >> 8) % ELF_HOSTILE, from->size) : r >> 8;

            memcpy(file + at, &val, MIN((size_t)1 << (r >> 60 & 3), from->size - at));
        }
        clean = survives(file, from->size) && clean;
        accepted += !err.text[0];
        free(file);
    }
    ok(clean, "%u random mutations: refused with a reason, or consistent", cases);
    ok(accepted > cases / 100 && accepted < cases, "some (%u) are still good kernels", accepted);
    for ( unsigned int i = 0; i < 3; i++ )
        elf_make_free(&m[i]);
}

int main(void)
{
    test_linux();
    test_grub_like();
    test_real_grub();
    test_micro_kernel();
    test_netbsd();
    test_legacy();
    test_precedence();
    test_widths();
    test_lies();
    test_unterminated();
    test_not_for_us();
    test_long_names();
    test_note_headers();
    test_random();
    return done();
}
