/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes ELF64 kernels in memory for the loader's tests: pieces first, then elf_make_finish() puts the file together:
 * header | program headers | contents of segments, notes, sections | names | section headers. The file is one allocation of
 * exactly its size, so that the address sanitizer sees the first byte read beyond it.
 */
#ifndef ELF_MAKE_H
#define ELF_MAKE_H

#include <assert.h>
#include <public/elfnote.h>
#include <stdlib.h>
#include <xen/elf.h>

#define ELF_MAKE_MAX 8

struct elf_make
{
    struct elf_ehdr eh;
    struct elf_phdr ph[ELF_MAKE_MAX];
    struct elf_shdr sh[ELF_MAKE_MAX];
    const char *names[ELF_MAKE_MAX];
    uint8_t *content[ELF_MAKE_MAX * 2]; /* of segments, then of sections; NULL none */
    uint8_t notes[4096];
    size_t notes_len;
    /* What elf_make_finish() made. */
    uint8_t *file;
    size_t size;
    uint64_t content_at[ELF_MAKE_MAX * 2];
};

static inline void elf_make_init(struct elf_make *m, uint64_t entry)
{
    memset(m, 0, sizeof(*m));
    memcpy(m->eh.e_ident, "\177ELF", 4);
    m->eh.e_ident[EI_CLASS] = ELFCLASS64;
    m->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    m->eh.e_ident[EI_VERSION] = EV_CURRENT;
    m->eh.e_type = ET_EXEC;
    m->eh.e_machine = EM_X86_64;
    m->eh.e_version = EV_CURRENT;
    m->eh.e_entry = entry;
    m->eh.e_ehsize = sizeof(struct elf_ehdr);
    m->eh.e_phentsize = sizeof(struct elf_phdr);
    m->eh.e_shentsize = sizeof(struct elf_shdr);
}

/* A segment with @filesz bytes, each a function of the segment's number and the byte's place. */
static inline uint8_t elf_make_byte(unsigned int segment, uint64_t i)
{
    return (uint8_t)(0x11 * (segment + 1) + i + (i >> 8));
}

static inline void elf_make_load(struct elf_make *m, uint64_t paddr, uint64_t vaddr,
                                 uint64_t filesz, uint64_t memsz)
{
    unsigned int i = m->eh.e_phnum++;

    assert(i < ELF_MAKE_MAX);
    m->ph[i] = (struct elf_phdr){ .p_type = PT_LOAD,
                                  .p_flags = 7,
                                  .p_vaddr = vaddr,
                                  .p_paddr = paddr,
                                  .p_filesz = filesz,
                                  .p_memsz = memsz,
                                  .p_align = 0x1000 };
    m->content[i] = malloc(filesz + 1);
    for ( uint64_t j = 0; j < filesz; j++ )
        m->content[i][j] = elf_make_byte(i, j);
}

/* ---- notes ---- */

static inline void elf_make_note(struct elf_make *m, const char *name, uint32_t type,
                                 const void *desc, uint32_t len)
{
    struct elf_nhdr n = { (uint32_t)strlen(name) + 1, len, type };
    size_t at = m->notes_len;

    assert(at + 12 + strlen(name) + len + 16 < sizeof(m->notes));
    memcpy(m->notes + at, &n, sizeof(n));
    memcpy(m->notes + at + sizeof(n), name, n.n_namesz);
    at += sizeof(n) + ((n.n_namesz + 3) & ~3U);
    if ( len )
        memcpy(m->notes + at, desc, len);
    m->notes_len = at + ((len + 3) & ~3U);
}

static inline void elf_make_note_str(struct elf_make *m, uint32_t type, const char *s)
{
    elf_make_note(m, "Xen", type, s, (uint32_t)strlen(s) + 1);
}

static inline void elf_make_note_num(struct elf_make *m, uint32_t type, uint64_t val,
                                     uint32_t width)
{
    elf_make_note(m, "Xen", type, &val, width);
}

/* The notes collected so far become a PT_NOTE segment, with p_memsz 0 as GRUB has it. */
static inline void elf_make_note_segment(struct elf_make *m)
{
    unsigned int i = m->eh.e_phnum++;

    assert(i < ELF_MAKE_MAX);
    m->ph[i] = (struct elf_phdr){
        .p_type = PT_NOTE, .p_flags = 4, .p_filesz = m->notes_len, .p_align = 8
    };
    m->content[i] = malloc(m->notes_len + 1);
    memcpy(m->content[i], m->notes, m->notes_len);
    m->notes_len = 0;
}

/* ---- sections ---- */

static inline void elf_make_section(struct elf_make *m, const char *name, uint32_t type,
                                    const void *data, size_t len)
{
    unsigned int i = m->eh.e_shnum++;

    assert(i < ELF_MAKE_MAX);
    m->sh[i] = (struct elf_shdr){ .sh_type = type, .sh_size = len };
    m->names[i] = name;
    m->content[ELF_MAKE_MAX + i] = malloc(len + 1);
    if ( len )
        memcpy(m->content[ELF_MAKE_MAX + i], data, len);
}

static inline void elf_make_note_section(struct elf_make *m)
{
    elf_make_section(m, ".note.Xen", SHT_NOTE, m->notes, m->notes_len);
    m->notes_len = 0;
}

/* ---- the file ---- */

static inline void elf_make_put(struct elf_make *m, uint64_t at, const void *data, uint64_t len)
{
    if ( at + len > m->size )
    {
        m->file = realloc(m->file, at + len);
        memset(m->file + m->size, 0, at + len - m->size);
        m->size = at + len;
    }
    if ( len )
        memcpy(m->file + at, data, len);
}

static inline void elf_make_names(struct elf_make *m)
{
    char names[256] = "";
    uint32_t len = 1;

    elf_make_section(m, ".shstrtab", 3, "", 0);
    for ( unsigned int i = 0; i < m->eh.e_shnum; i++ )
    {
        m->sh[i].sh_name = len;
        memcpy(names + len, m->names[i], strlen(m->names[i]) + 1);
        len += (uint32_t)strlen(m->names[i]) + 1;
    }
    m->eh.e_shstrndx = m->eh.e_shnum - 1;
    m->sh[m->eh.e_shstrndx].sh_offset = m->size;
    m->sh[m->eh.e_shstrndx].sh_size = len;
    elf_make_put(m, m->size, names, len);
}

static inline void elf_make_finish(struct elf_make *m)
{
    m->eh.e_phoff = sizeof(m->eh);
    elf_make_put(m, 0, &m->eh, sizeof(m->eh));
    elf_make_put(m, m->eh.e_phoff, m->ph, m->eh.e_phnum * sizeof(m->ph[0]));
    for ( unsigned int i = 0; i < m->eh.e_phnum; i++ )
    {
        m->ph[i].p_offset = m->content_at[i] = m->size;
        elf_make_put(m, m->size, m->content[i], m->ph[i].p_filesz);
    }
    for ( unsigned int i = 0; i < m->eh.e_shnum; i++ )
    {
        m->sh[i].sh_offset = m->content_at[ELF_MAKE_MAX + i] = m->size;
        elf_make_put(m, m->size, m->content[ELF_MAKE_MAX + i], m->sh[i].sh_size);
    }
    if ( m->eh.e_shnum )
    {
        elf_make_names(m);
        m->eh.e_shoff = m->size;
        elf_make_put(m, m->size, m->sh, m->eh.e_shnum * sizeof(m->sh[0]));
    }
    elf_make_put(m, 0, &m->eh, sizeof(m->eh));
    elf_make_put(m, m->eh.e_phoff, m->ph, m->eh.e_phnum * sizeof(m->ph[0]));
}

static inline void elf_make_free(struct elf_make *m)
{
    for ( unsigned int i = 0; i < ELF_MAKE_MAX * 2; i++ )
        free(m->content[i]);
    free(m->file);
    memset(m, 0, sizeof(*m));
}

/* ---- kernels like those in docs/domain-builder.md ---- */

static inline void elf_make_minimal_notes(struct elf_make *m)
{
    elf_make_note_str(m, XEN_ELFNOTE_GUEST_OS, "GRUB");
    elf_make_note_str(m, XEN_ELFNOTE_LOADER, "generic");
    elf_make_note_str(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
}

/* Like GRUB: base and entry 0, a second segment at an odd address, p_memsz 0 in PT_NOTE. */
static inline void elf_make_grub(struct elf_make *m)
{
    elf_make_init(m, 0);
    elf_make_load(m, 0, 0, 700, 0x41e1f0);
    elf_make_load(m, 0x41e1f0, 0x41e1f0, 333, 333);
    elf_make_minimal_notes(m);
    elf_make_note_num(m, XEN_ELFNOTE_ENTRY, 0, 8);
    elf_make_note_num(m, XEN_ELFNOTE_VIRT_BASE, 0, 8);
    elf_make_note_segment(m);
    elf_make_finish(m);
}

/* Like Linux 6.1: the values of its notes; a per-CPU segment whose p_vaddr is 0. */
static inline void elf_make_linux(struct elf_make *m)
{
    static const uint64_t l1_valid[2] = { 1, 1 };

    elf_make_init(m, 0x1000000);
    elf_make_load(m, 0x1000000, 0xffffffff81000000, 900, 0x2044000);
    elf_make_load(m, 0x3044000, 0, 300, 0x2d000);
    elf_make_load(m, 0x3071000, 0xffffffff83071000, 200, 0x98f000);
    elf_make_note(m, "Linux", 0x101, "\0\0\0\0", 4);
    elf_make_note_str(m, XEN_ELFNOTE_GUEST_OS, "linux");
    elf_make_note_str(m, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    elf_make_note_str(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    elf_make_note_num(m, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000, 8);
    elf_make_note_num(m, XEN_ELFNOTE_INIT_P2M, 0x8000000000, 8);
    elf_make_note_num(m, XEN_ELFNOTE_ENTRY, 0xffffffff81000123, 8);
    /* 41 bytes without a zero at the end */
    elf_make_note(m, "Xen", XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb", 41);
    elf_make_note_num(m, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801, 4);
    elf_make_note_str(m, XEN_ELFNOTE_PAE_MODE, "yes");
    elf_make_note_str(m, XEN_ELFNOTE_LOADER, "generic");
    elf_make_note(m, "Xen", XEN_ELFNOTE_L1_MFN_VALID, l1_valid, sizeof(l1_valid));
    elf_make_note_num(m, XEN_ELFNOTE_SUSPEND_CANCEL, 1, 4);
    elf_make_note_num(m, XEN_ELFNOTE_MOD_START_PFN, 1, 4);
    elf_make_note_num(m, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000, 8);
    elf_make_note_num(m, XEN_ELFNOTE_PADDR_OFFSET, 0, 8);
    elf_make_note_num(m, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000370, 8);
    elf_make_note_segment(m);
    elf_make_finish(m);
}

/* Like the older Mini-OS: no notes, a string section. */
static inline void elf_make_legacy(struct elf_make *m, const char *guest)
{
    static const uint8_t data[16] = { 0 };

    elf_make_init(m, 0);
    elf_make_load(m, 0, 0, 800, 0x80000);
    elf_make_section(m, "", 0, data, 0);
    elf_make_section(m, ".data", 1, data, sizeof(data));
    elf_make_section(m, "__xen_guest", 1, guest, strlen(guest) + 1);
    elf_make_finish(m);
}

#define MINIOS_STRING                                                                              \
    "GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x2,PAE=yes,LOADER=generic"

/* ---- mutation ---- */

/* A copy of exactly @size bytes. */
static inline uint8_t *elf_copy(const uint8_t *file, size_t size)
{
    uint8_t *p = malloc(size ? size : 1);

    if ( size )
        memcpy(p, file, size);
    return p;
}

static inline uint64_t elf_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Values that break arithmetic, relative to a file of @size bytes; @i < ELF_HOSTILE. */
#define ELF_HOSTILE 28
static inline uint64_t elf_hostile(unsigned int i, uint64_t size)
{
    const uint64_t v[ELF_HOSTILE] = {
        0,
        1,
        2,
        3,
        7,
        63,
        64,
        65,
        0xff,
        0x100,
        0xfff,
        0x1000,
        0x7fff,
        0x8000,
        0xffff,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x7fffffffffffffff,
        0x8000000000000000,
        ~0UL,
        ~0UL - 0xfff,
        0 - size,
        size,
        size - 1,
        size + 1,
        0xffff800000000000,
        0x0000800000000000,
    };

    return v[i];
}

#endif /* ELF_MAKE_H */
