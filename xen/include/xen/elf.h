/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 as a kernel image: the file format's structures (System V ABI, "Object Files"; AMD64 supplement) and a parser that
 * trusts nothing in the file. Pure.
 */
#ifndef XEN_ELF_H
#define XEN_ELF_H

#include <xen/load_error.h>
#include <xen/types.h>

struct elf_ehdr
{
    uint8_t e_ident[16];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uint64_t e_entry;
    uint64_t e_phoff;
    uint64_t e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum;
    uint16_t e_shentsize;
    uint16_t e_shnum;
    uint16_t e_shstrndx;
};

struct elf_phdr
{
    uint32_t p_type;
    uint32_t p_flags;
    uint64_t p_offset;
    uint64_t p_vaddr;
    uint64_t p_paddr;
    uint64_t p_filesz;
    uint64_t p_memsz;
    uint64_t p_align;
};

struct elf_shdr
{
    uint32_t sh_name;
    uint32_t sh_type;
    uint64_t sh_flags;
    uint64_t sh_addr;
    uint64_t sh_offset;
    uint64_t sh_size;
    uint32_t sh_link;
    uint32_t sh_info;
    uint64_t sh_addralign;
    uint64_t sh_entsize;
};

/* Header of a note; the name and the description follow, each padded to 4 bytes. */
struct elf_nhdr
{
    uint32_t n_namesz;
    uint32_t n_descsz;
    uint32_t n_type;
};

BUILD_BUG_ON(sizeof(struct elf_ehdr) != 64);
BUILD_BUG_ON(sizeof(struct elf_phdr) != 56);
BUILD_BUG_ON(sizeof(struct elf_shdr) != 64);
BUILD_BUG_ON(sizeof(struct elf_nhdr) != 12);

#define EI_CLASS    4
#define EI_DATA     5
#define EI_VERSION  6
#define ELFCLASS32  1
#define ELFCLASS64  2
#define ELFDATA2LSB 1
#define EV_CURRENT  1
#define ET_EXEC     2
#define ET_DYN      3
#define EM_386      3
#define EM_X86_64   62
#define PT_LOAD     1
#define PT_NOTE     4
#define SHT_NOTE    7
#define SHT_NOBITS  8

/** More program headers than this is not a kernel (Linux has 5); it bounds the search for overlaps. */
#define ELF_MAX_SEGMENTS 64

/** An ELF file in memory whose header and program headers have been checked. */
struct elf_image
{
    const uint8_t *data;
    uint64_t size;
    struct elf_ehdr ehdr;
    /* The loaded segments lie in [paddr_start, paddr_end), p_paddr terms; not empty. */
    uint64_t paddr_start, paddr_end;
};

/**
 * Check the ELF file at [data, data + size) and describe it in *elf, which refers to @data afterwards. What is guaranteed
 * after 0: a little-endian x86-64 executable; all program headers, and the file parts of PT_LOAD and PT_NOTE segments lie in
 * the file; loaded segments neither wrap nor overlap, p_filesz <= p_memsz. -ENOEXEC with the reason in *err otherwise.
 */
int __must_check elf_open(struct elf_image *elf, const void *data, uint64_t size,
                          struct load_error *err);

/** Program header @i < elf->ehdr.e_phnum. A copy: nothing in the file needs to be aligned. */
void elf_segment(const struct elf_image *elf, unsigned int i, struct elf_phdr *ph);

/** Section header @i. False when there is none, or when it, or what it says is in the file, lies outside the file. */
bool elf_section(const struct elf_image *elf, unsigned int i, struct elf_shdr *sh);

/** Does the section have that name? False also when the table of names does not hold. */
bool elf_section_named(const struct elf_image *elf, const struct elf_shdr *sh, const char *name);

/** Does a loaded segment contain [paddr, paddr + len), len > 0, in p_paddr terms? */
bool elf_loads(const struct elf_image *elf, uint64_t paddr, uint64_t len);

#endif /* XEN_ELF_H */
