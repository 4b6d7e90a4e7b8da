/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF64 parser for kernel images. Every number in the file is a claim of somebody we do not trust: each is compared with the
 * file's real size, in arithmetic that cannot wrap, before it is used. Pure; no locks.
 *
 *  1. the file header: is it a program for this machine at all?
 *  2. the program headers: are they there, is what they name there, do loaded segments keep apart?
 *  3. the section headers, looked at only by those who want one.
 */

#include <xen/elf.h>
#include <xen/errno.h>

/* Is [start, start + len) within [0, size)? */
static bool in_file(uint64_t start, uint64_t len, uint64_t size)
{
    return start <= size && len <= size - start;
}

/* ---- 1. file header ----------------------------------------------------------------------------------------------- */

static int check_ident(const uint8_t *ident, struct load_error *err)
{
    if ( ident[0] != 0x7f || ident[1] != 'E' || ident[2] != 'L' || ident[3] != 'F' )
        return load_fail(err, -ENOEXEC, "not an ELF file");
    if ( ident[EI_CLASS] == ELFCLASS32 )
        return load_fail(err, -ENOEXEC, "32-bit ELF file: only 64-bit PV kernels can be run");
    if ( ident[EI_CLASS] != ELFCLASS64 )
        return load_fail(err, -ENOEXEC, "ELF class %u is not known", ident[EI_CLASS]);
    if ( ident[EI_DATA] != ELFDATA2LSB )
        return load_fail(err, -ENOEXEC, "ELF file is not little-endian");
    if ( ident[EI_VERSION] != EV_CURRENT )
        return load_fail(err, -ENOEXEC, "ELF version %u is not known", ident[EI_VERSION]);
    return 0;
}

static int check_ehdr(const struct elf_ehdr *eh, uint64_t size, struct load_error *err)
{
    int rc = check_ident(eh->e_ident, err);

    if ( rc )
        return rc;
    if ( eh->e_machine != EM_X86_64 )
        return load_fail(err, -ENOEXEC, "ELF machine %u is not x86-64 (%u)", eh->e_machine,
                         EM_X86_64);
    if ( eh->e_type != ET_EXEC && eh->e_type != ET_DYN )
        return load_fail(err, -ENOEXEC, "ELF type %u is not an executable", eh->e_type);
    if ( eh->e_version != EV_CURRENT )
        return load_fail(err, -ENOEXEC, "ELF version %u is not known", eh->e_version);
    if ( eh->e_ehsize < sizeof(struct elf_ehdr) )
        return load_fail(err, -ENOEXEC, "ELF header says it has %u bytes, not %zu", eh->e_ehsize,
                         sizeof(struct elf_ehdr));
    if ( eh->e_phnum == 0 )
        return load_fail(err, -ENOEXEC, "ELF file has no program headers, nothing to load");
    if ( eh->e_phnum > ELF_MAX_SEGMENTS )
        return load_fail(err, -ENOEXEC, "ELF file has %u program headers, more than %u",
                         eh->e_phnum, ELF_MAX_SEGMENTS);
    if ( eh->e_phentsize != sizeof(struct elf_phdr) )
        return load_fail(err, -ENOEXEC, "ELF program headers of %u bytes, not %zu", eh->e_phentsize,
                         sizeof(struct elf_phdr));
    if ( !in_file(eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(struct elf_phdr), size) )
        return load_fail(
            err, -ENOEXEC,
            "truncated: %u program headers at %#lx go beyond the end of the file at %#lx",
            eh->e_phnum, eh->e_phoff, size);
    return 0;
}

/* ---- 2. program headers ------------------------------------------------------------------------------------------- */

void elf_segment(const struct elf_image *elf, unsigned int i, struct elf_phdr *ph)
{
    ASSERT(i < elf->ehdr.e_phnum);
    memcpy(ph, elf->data + elf->ehdr.e_phoff + i * sizeof(*ph), sizeof(*ph));
}

/* A segment that takes memory. Empty ones are legal and mean nothing. */
static bool is_loaded(const struct elf_phdr *ph)
{
    return ph->p_type == PT_LOAD && ph->p_memsz != 0;
}

static int check_file_part(const struct elf_image *elf, unsigned int i, const struct elf_phdr *ph,
                           struct load_error *err)
{
    if ( in_file(ph->p_offset, ph->p_filesz, elf->size) )
        return 0;
    return load_fail(err, -ENOEXEC,
                     "truncated: segment %u is %#lx bytes at %#lx, the file ends at %#lx", i,
                     ph->p_filesz, ph->p_offset, elf->size);
}

static int check_apart(const struct elf_image *elf, unsigned int i, const struct elf_phdr *ph,
                       struct load_error *err)
{
    struct elf_phdr other;

    for ( unsigned int j = 0; j < i; j++ )
    {
        elf_segment(elf, j, &other);
        if ( is_loaded(&other) && ph->p_paddr < other.p_paddr + other.p_memsz &&
             other.p_paddr < ph->p_paddr + ph->p_memsz )
            return load_fail(err, -ENOEXEC,
                             "segments %u and %u overlap: %#lx bytes at %#lx, %#lx bytes at %#lx",
                             j, i, other.p_memsz, other.p_paddr, ph->p_memsz, ph->p_paddr);
    }
    return 0;
}

static int check_load(const struct elf_image *elf, unsigned int i, const struct elf_phdr *ph,
                      struct load_error *err)
{
    int rc = check_file_part(elf, i, ph, err);

    if ( rc )
        return rc;
    if ( ph->p_filesz > ph->p_memsz )
        return load_fail(err, -ENOEXEC, "segment %u has %#lx bytes in the file but %#lx in memory",
                         i, ph->p_filesz, ph->p_memsz);
    if ( ph->p_paddr + ph->p_memsz < ph->p_paddr )
        return load_fail(err, -ENOEXEC, "segment %u wraps: %#lx bytes at %#lx", i, ph->p_memsz,
                         ph->p_paddr);
    return is_loaded(ph) ? check_apart(elf, i, ph, err) : 0;
}

static int check_segments(struct elf_image *elf, struct load_error *err)
{
    struct elf_phdr ph;
    int rc = 0;

    elf->paddr_start = ~0UL;
    elf->paddr_end = 0;
    for ( unsigned int i = 0; i < elf->ehdr.e_phnum && !rc; i++ )
    {
        elf_segment(elf, i, &ph);
        if ( ph.p_type == PT_NOTE )
            rc = check_file_part(elf, i, &ph, err);
        else if ( ph.p_type == PT_LOAD )
            rc = check_load(elf, i, &ph, err);
        if ( is_loaded(&ph) )
        {
            elf->paddr_start = MIN(elf->paddr_start, ph.p_paddr);
            elf->paddr_end = MAX(elf->paddr_end, ph.p_paddr + ph.p_memsz);
        }
    }
    if ( !rc && elf->paddr_end == 0 )
        return load_fail(err, -ENOEXEC, "ELF file has no segment to load");
    return rc;
}

bool elf_loads(const struct elf_image *elf, uint64_t paddr, uint64_t len)
{
    struct elf_phdr ph;

    for ( unsigned int i = 0; i < elf->ehdr.e_phnum; i++ )
    {
        elf_segment(elf, i, &ph);
        if ( is_loaded(&ph) && paddr >= ph.p_paddr && in_file(paddr - ph.p_paddr, len, ph.p_memsz) )
            return true;
    }
    return false;
}

int elf_open(struct elf_image *elf, const void *data, uint64_t size, struct load_error *err)
{
    int rc;

    elf->data = data;
    elf->size = size;
    if ( size < sizeof(elf->ehdr) )
        return load_fail(err, -ENOEXEC, "%lu bytes are too few for an ELF header", size);
    memcpy(&elf->ehdr, data, sizeof(elf->ehdr));
    rc = check_ehdr(&elf->ehdr, size, err);
    return rc ? rc : check_segments(elf, err);
}

/* ---- 3. section headers ------------------------------------------------------------------------------------------- */

bool elf_section(const struct elf_image *elf, unsigned int i, struct elf_shdr *sh)
{
    const struct elf_ehdr *eh = &elf->ehdr;

    if ( i >= eh->e_shnum || eh->e_shentsize != sizeof(*sh) ||
         !in_file(eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(*sh), elf->size) )
        return false;
    memcpy(sh, elf->data + eh->e_shoff + i * sizeof(*sh), sizeof(*sh));
    return sh->sh_type == SHT_NOBITS || in_file(sh->sh_offset, sh->sh_size, elf->size);
}

bool elf_section_named(const struct elf_image *elf, const struct elf_shdr *sh, const char *name)
{
    uint64_t len = strlen(name) + 1;
    struct elf_shdr names;

    if ( !elf_section(elf, elf->ehdr.e_shstrndx, &names) || names.sh_type == SHT_NOBITS ||
         !in_file(sh->sh_name, len, names.sh_size) )
        return false;
    return memcmp(elf->data + names.sh_offset + sh->sh_name, name, len) == 0;
}
