/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/elf.c xen/common/load_error.c
/* The ELF parser and the container check on good, broken and hostile files. */

#include "tap.h"

#include <xen/errno.h>
#include <xen/guest_image.h>

#include "elf_make.h"

void port_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "BUG %s:%d %s\n", file, line, what);
    abort();
}

static struct load_error err;

/* Open a copy of the file with @len bytes at @at replaced. */
static int open_with(const struct elf_make *m, size_t at, const void *bytes, size_t len,
                     size_t size)
{
    uint8_t *file = elf_copy(m->file, size);
    struct elf_image elf;
    int rc;

    for ( size_t i = 0; i < len && at + i < size; i++ )
        file[at + i] = ((const uint8_t *)bytes)[i];
    memset(&err, 0, sizeof(err));
    rc = elf_open(&elf, file, size, &err);
    free(file);
    return rc;
}

/* What elf_open() promises, worked out again in 128 bits. */
static const char *broken_promise(const struct elf_image *elf)
{
    unsigned __int128 lo = (unsigned __int128)1 << 100, hi = 0;
    struct elf_phdr a, b;

    if ( elf->size < 64 || elf->ehdr.e_machine != EM_X86_64 )
        return "header";
    if ( (unsigned __int128)elf->ehdr.e_phoff + elf->ehdr.e_phnum * 56U > elf->size )
        return "program headers outside";
    for ( unsigned int i = 0; i < elf->ehdr.e_phnum; i++ )
    {
        elf_segment(elf, i, &a);
        if ( (a.p_type == PT_LOAD || a.p_type == PT_NOTE) &&
             (unsigned __int128)a.p_offset + a.p_filesz > elf->size )
            return "content outside the file";
        if ( a.p_type != PT_LOAD )
            continue;
        if ( a.p_filesz > a.p_memsz ||
             (unsigned __int128)a.p_paddr + a.p_memsz >= (unsigned __int128)1 << 64 )
            return "size";
        if ( !a.p_memsz )
            continue;
        lo = a.p_paddr < lo ? a.p_paddr : lo;
        hi = (unsigned __int128)a.p_paddr + a.p_memsz > hi
                 ? (unsigned __int128)a.p_paddr + a.p_memsz
                 : hi;
        for ( unsigned int j = 0; j < i; j++ )
        {
            elf_segment(elf, j, &b);
            if ( b.p_type == PT_LOAD && b.p_memsz &&
                 (unsigned __int128)a.p_paddr + a.p_memsz > b.p_paddr &&
                 (unsigned __int128)b.p_paddr + b.p_memsz > a.p_paddr )
                return "overlap";
        }
    }
    return lo < hi && lo == elf->paddr_start && hi == elf->paddr_end ? NULL : "bounds";
}

/* Open any bytes at all; accepted ones must keep the promises, refused ones must say why in one line. */
static bool survives(const uint8_t *file, size_t size)
{
    struct elf_image elf;
    struct elf_shdr sh;
    const char *why;
    int rc;

    memset(&err, 0, sizeof(err));
    rc = elf_open(&elf, file, size, &err);
    if ( rc )
        return rc == -ENOEXEC && err.text[0] && !strchr(err.text, '\n');
    why = broken_promise(&elf);
    if ( why )
        note("promise broken: %s", why);
    for ( unsigned int i = 0; i < elf.ehdr.e_shnum; i++ )
        if ( elf_section(&elf, i, &sh) )
        {
            if ( sh.sh_type != SHT_NOBITS && (unsigned __int128)sh.sh_offset + sh.sh_size > size )
                why = "section outside";
            elf_section_named(&elf, &sh, "__xen_guest");
        }
    return !why;
}

struct field
{
    const char *name;
    size_t at, len;
};
#define EH(f)                                                                                      \
    {                                                                                              \
#f, offsetof(struct elf_ehdr, f), sizeof(((struct elf_ehdr *)0)->f)                        \
    }
#define PH(f)                                                                                      \
    {                                                                                              \
#f, offsetof(struct elf_phdr, f), sizeof(((struct elf_phdr *)0)->f)                        \
    }
#define SH(f)                                                                                      \
    {                                                                                              \
#f, offsetof(struct elf_shdr, f), sizeof(((struct elf_shdr *)0)->f)                        \
    }

static const struct field eh_fields[] = { EH(e_type),    EH(e_machine),   EH(e_version),
                                          EH(e_entry),   EH(e_phoff),     EH(e_shoff),
                                          EH(e_flags),   EH(e_ehsize),    EH(e_phentsize),
                                          EH(e_phnum),   EH(e_shentsize), EH(e_shnum),
                                          EH(e_shstrndx) };
static const struct field ph_fields[] = { PH(p_type),  PH(p_flags),  PH(p_offset), PH(p_vaddr),
                                          PH(p_paddr), PH(p_filesz), PH(p_memsz),  PH(p_align) };
static const struct field sh_fields[] = { SH(sh_name), SH(sh_type), SH(sh_offset), SH(sh_size) };

static void test_good(void)
{
    struct elf_image elf;
    struct elf_make m;
    struct elf_phdr ph;

    elf_make_linux(&m);
    is_int(elf_open(&elf, m.file, m.size, &err), 0, "a Linux-like kernel opens");
    is_u64(elf.paddr_start, 0x1000000, "starts at its lowest p_paddr");
    is_u64(elf.paddr_end, 0x3a00000, "ends at its highest p_paddr + p_memsz");
    elf_segment(&elf, 1, &ph);
    is_u64(ph.p_paddr, 0x3044000, "segments are read by p_paddr, p_vaddr 0 or not");
    ok(elf_loads(&elf, 0x1000000, 1) && elf_loads(&elf, 0x39fffff, 1),
       "first and last byte are loaded");
    ok(!elf_loads(&elf, 0xffffff, 1) && !elf_loads(&elf, 0x3a00000, 1), "their neighbours are not");
    ok(!elf_loads(&elf, 0x3a00000 - 8, 16) && !elf_loads(&elf, ~0UL, 2),
       "nor is what sticks out or wraps");
    elf_make_free(&m);

    elf_make_legacy(&m, MINIOS_STRING);
    is_int(elf_open(&elf, m.file, m.size, &err), 0, "a Mini-OS-like kernel opens");
    struct elf_shdr sh;
    ok(elf_section(&elf, 2, &sh) && elf_section_named(&elf, &sh, "__xen_guest"),
       "its section is found by name");
    ok(elf_section(&elf, 1, &sh) && !elf_section_named(&elf, &sh, "__xen_guest"),
       "another one is not");
    ok(!elf_section(&elf, 4, &sh), "there is no section behind the last");
    elf_make_free(&m);

    elf_make_init(&m, 0);
    elf_make_load(&m, 0, 0, 16, 16);
    elf_make_section(&m, ".bss", SHT_NOBITS, "", 0);
    elf_make_section(&m, ".text", 1, "", 0);
    elf_make_finish(&m);
    for ( unsigned int i = 0; i < 2; i++ )
        memset(m.file + m.eh.e_shoff + i * 64 + offsetof(struct elf_shdr, sh_size), 0x11, 8);
    is_int(elf_open(&elf, m.file, m.size, &err), 0, "sections larger than the file do no harm");
    ok(elf_section(&elf, 0, &sh), "one that takes no room in it can be asked for");
    ok(!elf_section(&elf, 1, &sh), "one that claims to cannot");
    elf_make_free(&m);
}

/* Each way of being wrong has its own words. */
static void test_messages(void)
{
    static const struct
    {
        size_t at;
        uint64_t val;
        size_t len;
        const char *says;
    } bad[] = {
        { 0, 0x7e, 1, "not an ELF file" },
        { EI_CLASS, 1, 1, "32-bit" },
        { EI_CLASS, 7, 1, "class 7" },
        { EI_DATA, 2, 1, "little-endian" },
        { EI_VERSION, 0, 1, "version" },
        { offsetof(struct elf_ehdr, e_machine), EM_386, 2, "machine 3" },
        { offsetof(struct elf_ehdr, e_type), 1, 2, "type 1" },
        { offsetof(struct elf_ehdr, e_version), 2, 4, "version 2" },
        { offsetof(struct elf_ehdr, e_ehsize), 52, 2, "header says" },
        { offsetof(struct elf_ehdr, e_phentsize), 32, 2, "32 bytes" },
        { offsetof(struct elf_ehdr, e_phnum), 0, 2, "no program headers" },
        { offsetof(struct elf_ehdr, e_phnum), 0xffff, 2, "65535 program headers" },
        { offsetof(struct elf_ehdr, e_phoff), ~0UL, 8, "truncated" },
        { offsetof(struct elf_ehdr, e_phoff), 1UL << 40, 8, "truncated" },
        { 64 + offsetof(struct elf_phdr, p_offset), ~0UL, 8, "truncated: segment 0" },
        { 64 + offsetof(struct elf_phdr, p_filesz), 1UL << 20, 8, "truncated: segment 0" },
        { 64 + offsetof(struct elf_phdr, p_memsz), 10, 8, "segment 0 has" },
        { 64 + offsetof(struct elf_phdr, p_paddr), ~0UL - 100, 8, "segment 0 wraps" },
        { 64 + offsetof(struct elf_phdr, p_paddr), 0 - 0x41e1f0UL, 8, "segment 0 wraps" },
        { 64 + offsetof(struct elf_phdr, p_memsz), 0x41e1f1, 8, "segments 0 and 1 overlap" },
        { 64 + 56 + offsetof(struct elf_phdr, p_paddr), 0x1000, 8, "segments 0 and 1 overlap" },
        { 64 + 112 + offsetof(struct elf_phdr, p_filesz), 1UL << 63, 8, "truncated: segment 2" },
    };
    struct elf_make m;
    uint32_t none[2] = { 0, 0 };

    elf_make_grub(&m);
    for ( size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++ )
    {
        int rc = open_with(&m, bad[i].at, &bad[i].val, bad[i].len, m.size);

        if ( !ok(rc == -ENOEXEC && strstr(err.text, bad[i].says), "%#lx at byte %zu is refused: %s",
                 bad[i].val, bad[i].at, err.text) )
            note("expected \"%s\"", bad[i].says);
    }
    is_int(open_with(&m, 0, "", 0, 63), -ENOEXEC, "63 bytes are no ELF file");
    is_int(open_with(&m, 0, "", 0, 0), -ENOEXEC, "nor are 0");
    m.ph[0].p_type = m.ph[1].p_type = 0;
    memcpy(m.file + 64, &none, 4);
    memcpy(m.file + 64 + 56, &none, 4);
    is_int(open_with(&m, 0, "", 0, m.size), -ENOEXEC, "no PT_LOAD is refused");
    ok(strstr(err.text, "no segment to load"), "and says so");
    elf_make_free(&m);
}

static void test_truncation(void)
{
    struct elf_make m;
    unsigned int refused = 0;
    bool clean = true;

    elf_make_grub(&m);
    for ( size_t size = 0; size < m.size; size++ )
    {
        uint8_t *file = elf_copy(m.file, size);
        struct elf_image elf;

        clean = clean && survives(file, size);
        refused += elf_open(&elf, file, size, &err) == -ENOEXEC;
        free(file);
    }
    ok(clean, "cut at any of %zu bytes: nothing is read beyond the end", m.size);
    is_u64(refused, m.size, "and every cut is refused");
    elf_make_free(&m);
}

static void mutate_fields(const struct elf_make *m, const char *what, size_t base,
                          const struct field *f, size_t nr)
{
    for ( size_t k = 0; k < nr; k++ )
    {
        bool clean = true;

        for ( unsigned int i = 0; i < ELF_HOSTILE; i++ )
        {
            uint8_t *file = elf_copy(m->file, m->size);
            uint64_t val = elf_hostile(i, m->size);

            memcpy(file + base + f[k].at, &val, f[k].len);
            clean = survives(file, m->size) && clean;
            free(file);
        }
        ok(clean, "%s.%s: hostile values are refused or harmless", what, f[k].name);
    }
}

static void test_fields(void)
{
    struct elf_make m;

    elf_make_grub(&m);
    mutate_fields(&m, "header", 0, eh_fields, sizeof(eh_fields) / sizeof(eh_fields[0]));
    for ( unsigned int i = 0; i < m.eh.e_phnum; i++ )
        mutate_fields(&m, "segment", 64 + 56 * i, ph_fields,
                      sizeof(ph_fields) / sizeof(ph_fields[0]));
    elf_make_free(&m);
    elf_make_legacy(&m, MINIOS_STRING);
    for ( unsigned int i = 0; i < m.eh.e_shnum; i++ )
        mutate_fields(&m, "section", m.eh.e_shoff + 64 * i, sh_fields,
                      sizeof(sh_fields) / sizeof(sh_fields[0]));
    elf_make_free(&m);
}

static void test_random(void)
{
    uint64_t seed = 0x9e3779b97f4a7c15;
    unsigned int accepted = 0, cases = 100000;
    struct elf_make m[2];
    bool clean = true;

    elf_make_grub(&m[0]);
    elf_make_legacy(&m[1], MINIOS_STRING);
    for ( unsigned int i = 0; i < cases; i++ )
    {
        const struct elf_make *from = &m[i & 1];
        size_t size = elf_random(&seed) % 8 ? from->size : elf_random(&seed) % (from->size + 1);
        uint8_t *file = elf_copy(from->file, size);
        struct elf_image elf;

        for ( unsigned int n = 1 + elf_random(&seed) % 6; n && size; n-- )
        {
            /* Mostly in the headers, where it matters. */
            size_t at = elf_random(&seed) % (elf_random(&seed) % 4 ? MIN(size, (size_t)288) : size);
            uint64_t r = elf_random(&seed);
            uint64_t val = r & 1 ? elf_hostile((r >> 8) % ELF_HOSTILE, size) : r >> 8;

            memcpy(file + at, &val, MIN((size_t)1 << (r >> 60 & 3), size - at));
        }
        clean = survives(file, size) && clean;
        accepted += elf_open(&elf, file, size, &err) == 0;
        free(file);
    }
    ok(clean, "%u random mutations: refused with a reason, or all promises kept", cases);
    ok(accepted > cases / 50 && accepted < cases, "some (%u) are still good files", accepted);
    elf_make_free(&m[0]);
    elf_make_free(&m[1]);
}

static void test_quote(void)
{
    char buf[8];

    load_quote(buf, sizeof(buf), "a\033[2Jb\0c", 8);
    is_str(buf, "a?[2Jb", "control characters of the image do not reach the console");
    load_quote(buf, sizeof(buf), "0123456789", 10);
    is_str(buf, "0123456", "long text is cut");
}

int main(void)
{
    test_good();
    test_messages();
    test_truncation();
    test_fields();
    test_random();
    test_quote();
    return done();
}
