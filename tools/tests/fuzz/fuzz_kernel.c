/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/elf.c xen/common/elf_notes.c xen/common/bzimage.c xen/common/load_error.c
// options: -max_len=4096
/*
 * Kernel images: any file as an ELF kernel with its notes, and as a bzImage. What is accepted keeps the promises of elf.h,
 * guest_image.h and bzimage.h: all inside the file, nothing overlaps or wraps, addresses within the image and as the notes say, which
 * are read once more here; what is refused says why in printable text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include <errno.h>
#include <public/elfnote.h>
#include <xen/bzimage.h>
#include <xen/guest_image.h>

static const uint8_t *file;
static uint64_t file_size;

static bool inside(uint64_t at, uint64_t len)
{
    return at <= file_size && len <= file_size - at;
}

static void check_printable(const char *s, size_t size)
{
    FUZZ_CHECK(memchr(s, 0, size), "a text without an end");
    for ( ; *s; s++ )
        FUZZ_CHECK(*s >= ' ' && *s <= '~', "byte %#x in a text for people", (uint8_t)*s);
}

static void check_result(int rc, const struct load_error *err)
{
    FUZZ_CHECK(rc == 0 || rc == -ENOEXEC, "result %d", rc);
    check_printable(err->text, sizeof(err->text));
    FUZZ_CHECK((rc != 0) == (err->text[0] != 0),
               "a reason without a refusal, or the other way round");
}

/* The promises of elf_open(). */
static void check_segments(const struct elf_image *elf)
{
    uint64_t low = ~0UL, high = 0;
    struct elf_phdr ph, other;

    for ( unsigned int i = 0; i < elf->ehdr.e_phnum; i++ )
    {
        elf_segment(elf, i, &ph);
        if ( ph.p_type == PT_LOAD || ph.p_type == PT_NOTE )
            FUZZ_CHECK(inside(ph.p_offset, ph.p_filesz), "segment %u beyond the file", i);
        if ( ph.p_type != PT_LOAD || !ph.p_memsz )
            continue;
        FUZZ_CHECK(ph.p_filesz <= ph.p_memsz, "segment %u has more in the file than in memory", i);
        FUZZ_CHECK(ph.p_paddr + ph.p_memsz >= ph.p_paddr, "segment %u wraps", i);
        low = ph.p_paddr < low ? ph.p_paddr : low;
        high = ph.p_paddr + ph.p_memsz > high ? ph.p_paddr + ph.p_memsz : high;
        for ( unsigned int j = 0; j < i; j++ )
        {
            elf_segment(elf, j, &other);
            FUZZ_CHECK(other.p_type != PT_LOAD || !other.p_memsz ||
                           other.p_paddr + other.p_memsz <= ph.p_paddr ||
                           ph.p_paddr + ph.p_memsz <= other.p_paddr,
                       "segments %u and %u overlap", j, i);
        }
    }
    FUZZ_CHECK(low == elf->paddr_start && high == elf->paddr_end && low < high,
               "segments are at %#llx-%#llx", (unsigned long long)low, (unsigned long long)high);
}

/* A kernel that is accepted is so no longer when a segment is moved onto the last byte of another. */
static void check_moved(const struct elf_image *elf)
{
    struct load_error err = { "" };
    struct elf_phdr first, ph;
    struct elf_image moved;
    unsigned int i = 0, j;
    uint8_t *copy;

    while ( elf_segment(elf, i, &first), first.p_type != PT_LOAD || !first.p_memsz )
        i++; /* there is one: the image is not empty */
    for ( j = i + 1; j < elf->ehdr.e_phnum; j++ )
    {
        elf_segment(elf, j, &ph);
        if ( ph.p_type == PT_LOAD && ph.p_memsz )
            break;
    }
    if ( j == elf->ehdr.e_phnum )
        return;
    copy = malloc(file_size);
    if ( !copy )
        return;
    memcpy(copy, file, file_size);
    ph.p_paddr = first.p_paddr + first.p_memsz - 1;
    memcpy(copy + elf->ehdr.e_phoff + j * sizeof(ph), &ph, sizeof(ph));
    FUZZ_CHECK(elf_open(&moved, copy, file_size, &err) == -ENOEXEC,
               "segment %u may lie on the last byte of segment %u", j, i);
    free(copy);
}

static void check_sections(const struct elf_image *elf)
{
    struct elf_shdr sh;

    for ( unsigned int i = 0; i < elf->ehdr.e_shnum + 1U; i++ )
        if ( elf_section(elf, i, &sh) )
        {
            FUZZ_CHECK(i < elf->ehdr.e_shnum, "one section too many");
            FUZZ_CHECK(sh.sh_type == SHT_NOBITS || inside(sh.sh_offset, sh.sh_size),
                       "section %u beyond the file", i);
            (void)elf_section_named(elf, &sh, "__xen_guest");
        }
}

static bool within(const struct guest_image *img, uint64_t va)
{
    return va >= img->virt_base && va < img->virt_end;
}

static void check_image(const struct guest_image *img)
{
    struct load_error err = { "" };

    FUZZ_CHECK(img->virt_start < img->virt_end && img->virt_start >= img->virt_base,
               "the image lies at %#llx-%#llx", (unsigned long long)img->virt_start,
               (unsigned long long)img->virt_end);
    FUZZ_CHECK(img->virt_end - img->virt_start == img->elf.paddr_end - img->elf.paddr_start,
               "the image has another size than its segments");
    FUZZ_CHECK(img->entry >= img->virt_start && img->entry < img->virt_end,
               "the entry is outside of the image");
    FUZZ_CHECK(img->hypercall_page == GUEST_VA_UNSET ||
                   (img->hypercall_page % PAGE_SIZE == 0 && within(img, img->hypercall_page)),
               "the hypercall page is at %#llx", (unsigned long long)img->hypercall_page);
    FUZZ_CHECK(img->init_p2m == GUEST_VA_UNSET || img->init_p2m % PAGE_SIZE == 0,
               "the p2m list is at %#llx", (unsigned long long)img->init_p2m);
    check_printable(img->guest_os, sizeof(img->guest_os));
    check_printable(img->guest_version, sizeof(img->guest_version));
    check_printable(img->loader, sizeof(img->loader));
    check_printable(img->xen_version, sizeof(img->xen_version));
    check_result(guest_image_check_features(img, 0xffff, false, &err), &err);
    err.text[0] = 0;
    check_result(guest_image_check_features(img, img->features_required, false, &err), &err);
    FUZZ_CHECK(!err.text[0], "it has all it requires, but: %s", err.text);
}

/* ---- The notes, read once more --------------------------------------------------------------------------------------- */

static const struct
{
    uint32_t type;
    size_t field; /* of struct guest_image */
} number_notes[] = {
    { XEN_ELFNOTE_ENTRY, offsetof(struct guest_image, entry) },
    { XEN_ELFNOTE_HYPERCALL_PAGE, offsetof(struct guest_image, hypercall_page) },
    { XEN_ELFNOTE_VIRT_BASE, offsetof(struct guest_image, virt_base) },
    { XEN_ELFNOTE_PADDR_OFFSET, offsetof(struct guest_image, paddr_offset) },
    { XEN_ELFNOTE_HV_START_LOW, offsetof(struct guest_image, hv_start_low) },
    { XEN_ELFNOTE_INIT_P2M, offsetof(struct guest_image, init_p2m) },
    { XEN_ELFNOTE_PHYS32_ENTRY, offsetof(struct guest_image, phys32_entry) },
};

/* The last note of that type in the note segments: its number, in *val. False: none. All notes lie in their segments. */
static bool last_note(const struct elf_image *elf, uint32_t type, uint64_t *val)
{
    bool found = false;

    for ( unsigned int i = 0; i < elf->ehdr.e_phnum; i++ )
    {
        struct elf_phdr ph;
        struct elf_nhdr n;
        uint64_t left;
        const uint8_t *p;

        elf_segment(elf, i, &ph);
        if ( ph.p_type != PT_NOTE )
            continue;
        p = elf->data + ph.p_offset;
        for ( left = ph.p_filesz; left >= sizeof(n); )
        {
            uint64_t name, desc, whole;

            memcpy(&n, p, sizeof(n));
            name = (n.n_namesz + 3UL) / 4 * 4;
            desc = sizeof(n) + name;
            FUZZ_CHECK(desc + n.n_descsz <= left, "a note goes beyond its segment");
            if ( n.n_type == type && n.n_namesz == 4 && !memcmp(p + sizeof(n), "Xen", 4) )
            {
                FUZZ_CHECK(n.n_descsz && n.n_descsz <= 8, "a number of %u bytes", n.n_descsz);
                *val = 0;
                memcpy(val, p + desc, n.n_descsz);
                found = true;
            }
            whole = desc + (n.n_descsz + 3UL) / 4 * 4;
            whole = whole < left ? whole : left;
            p += whole;
            left -= whole;
        }
    }
    return found;
}

static void check_notes(const struct guest_image *img)
{
    for ( size_t i = 0; i < sizeof(number_notes) / sizeof(number_notes[0]); i++ )
    {
        uint64_t want, is;

        memcpy(&is, (const uint8_t *)img + number_notes[i].field, sizeof(is));
        if ( last_note(&img->elf, number_notes[i].type, &want) )
            FUZZ_CHECK(is == want, "note %u says %#llx, not %#llx", number_notes[i].type,
                       (unsigned long long)want, (unsigned long long)is);
    }
}

static void try_elf(void)
{
    struct load_error err = { "" };
    struct guest_image img;
    struct elf_image elf;
    int rc = elf_open(&elf, file, file_size, &err);

    check_result(rc, &err);
    if ( rc == 0 )
    {
        check_segments(&elf);
        check_sections(&elf);
        check_moved(&elf);
    }
    err.text[0] = 0;
    rc = guest_image_open(&img, file, file_size, &err);
    check_result(rc, &err);
    if ( rc == 0 )
    {
        check_image(&img);
        check_notes(&img);
    }
}

static void try_bzimage(void)
{
    struct load_error err = { "" };
    struct bzimage bz;
    int rc;

    if ( !bzimage_is(file, file_size) )
        return;
    rc = bzimage_open(&bz, file, file_size, &err);
    check_result(rc, &err);
    if ( rc )
        return;
    FUZZ_CHECK(bz.payload >= file && inside((uint64_t)(bz.payload - file), bz.payload_size) &&
                   bz.payload_size,
               "the payload is not in the file");
    FUZZ_CHECK(bz.version >= 0x208, "version %#x", bz.version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if ( !copy )
        return 0;
    memcpy(copy, data, size);
    file = copy;
    file_size = size;
    try_elf();
    try_bzimage();
    free(copy);
    return 0;
}
