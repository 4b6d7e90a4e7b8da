/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boots a multiboot2 hypervisor from QEMU's -kernel and -initrd, without firmware's disks and GRUB: those wait for the host, so that a start
 * never takes the same number of instructions twice. QEMU loads us by multiboot 1. Our first module is the hypervisor, an ELF file whose
 * string is its command line; the other modules and their strings become its modules.
 *
 *   1. what QEMU tells
 *   2. saying what is wrong
 *   3. loading the hypervisor
 *   4. telling it what a multiboot2 loader would (specification 2.0, section 3.6)
 *
 * 32-bit code without paging.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- 1. What QEMU tells --------------------------------------------------------------------------------------------- */

#define MULTIBOOT1 0x2badb002U

struct module
{
    uint32_t start, end, string, reserved;
};

struct information
{
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods, symbols[4];
    uint32_t mmap_length, mmap;
};

/* size says how many bytes follow it. */
struct range
{
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

void loader(uint32_t magic, const struct information *from);
void __attribute__((noreturn)) enter(uint32_t entry, const void *info);

static void *at(uint32_t address)
{
    return (void *)address;
}

static void copy(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

static void clear(void *to, size_t size)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(0) : "memory");
}

static size_t length(const char *s)
{
    size_t n = 0;

    while ( s[n] )
        n++;
    return n;
}

/* QEMU's string of a module is the file's name and then what was written behind it. */
static const char *words(const struct module *m)
{
    const char *s = at(m->string);

    while ( *s && *s != ' ' )
        s++;
    return *s ? s + 1 : s;
}

/* ---- 2. What is wrong ----------------------------------------------------------------------------------------------- */

#define COM1        0x3f8
#define DEBUG_EXIT  0xf4
#define CANNOT_LOAD 0x13 /* as the images of tools/build/mkiso end when GRUB cannot */

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static void __attribute__((noreturn)) fail(const char *why)
{
    for ( ; *why; why++ )
        out(COM1, (uint8_t)*why);
    out(COM1, '\n');
    out(DEBUG_EXIT, CANNOT_LOAD);
    for ( ;; )
        __asm__ volatile("hlt");
}

/* ---- 3. Loading ----------------------------------------------------------------------------------------------------- */

#define PT_LOAD 1

/* The two kinds of ELF file differ in nothing but the width of fields. */
#define LOAD(bits, word)                                                                           \
    struct header##bits                                                                            \
    {                                                                                              \
        uint8_t ident[16];                                                                         \
        uint16_t type, machine;                                                                    \
        uint32_t version;                                                                          \
        word entry, headers, sections;                                                             \
        uint32_t flags;                                                                            \
        uint16_t size, header_size, header_count;                                                  \
    };                                                                                             \
    static uint32_t load##bits(uint8_t *file)                                                      \
    {                                                                                              \
        const struct header##bits *h = (void *)file;                                               \
        uint32_t entry = 0;                                                                        \
                                                                                                   \
        for ( unsigned int i = 0; i < h->header_count; i++ )                                       \
        {                                                                                          \
            const struct segment##bits *s = (void *)(file + h->headers + i * h->header_size);      \
                                                                                                   \
            if ( s->type != PT_LOAD )                                                              \
                continue;                                                                          \
            place((uint32_t)s->paddr, (uint32_t)s->memory, file + s->offset, (uint32_t)s->size);   \
            if ( h->entry >= s->vaddr && h->entry < s->vaddr + s->memory )                         \
                entry = (uint32_t)(s->paddr + (h->entry - s->vaddr));                              \
        }                                                                                          \
        return entry;                                                                              \
    }

struct segment32
{
    uint32_t type, offset, vaddr, paddr, size, memory, flags, align;
};

struct segment64
{
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, size, memory, align;
};

extern char _start[];
static uint32_t lowest = ~0U;

static void place(uint32_t to, uint32_t memory, const void *from, uint32_t size)
{
    if ( to < 0x100000 || memory > (uint32_t)_start || to > (uint32_t)_start - memory )
        fail("direct: the hypervisor wants to lie where there is no room");
    copy(at(to), from, size);
    clear(at(to + size), memory - size);
    if ( to < lowest )
        lowest = to;
}

LOAD(32, uint32_t)
LOAD(64, uint64_t)

static uint32_t load(const struct module *m)
{
    uint8_t *file = at(m->start);
    uint32_t entry;

    if ( file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F' )
        fail("direct: the hypervisor is no ELF file");
    entry = file[4] == 2 ? load64(file) : load32(file);
    if ( !entry )
        fail("direct: the hypervisor's entry point is in none of its segments");
    return entry;
}

/* ---- 4. Telling ----------------------------------------------------------------------------------------------------- */

static uint8_t info[65536] __attribute__((aligned(4096)));
static size_t used = 8;

/* A tag's content grows at the end; finish() gives it its size. */
static uint32_t *tag;

static void add(const void *from, size_t size)
{
    if ( used + size + 8 > sizeof(info) )
        fail("direct: too much to tell the hypervisor");
    copy(info + used, from, size);
    used += size;
}

static void add_word(uint32_t value)
{
    add(&value, sizeof(value));
}

static void begin(uint32_t type)
{
    tag = (uint32_t *)(info + used);
    add_word(type);
    add_word(0);
}

static void finish(void)
{
    tag[1] = (uint32_t)(info + used - (uint8_t *)tag);
    used = (used + 7) & ~7U;
}

static void add_text(uint32_t type, const char *text)
{
    begin(type);
    add(text, length(text) + 1);
    finish();
}

static void add_module(const struct module *m)
{
    begin(3);
    add_word(m->start);
    add_word(m->end);
    add(words(m), length(words(m)) + 1);
    finish();
}

static void add_map(const struct information *from)
{
    begin(6);
    add_word(24); /* bytes of an entry */
    add_word(0);
    for ( uint32_t i = 0; i < from->mmap_length; )
    {
        const struct range *r = at(from->mmap + i);

        add(&r->base, 8);
        add(&r->length, 8);
        add_word(r->type);
        add_word(0);
        i += r->size + 4;
    }
    finish();
}

/* ACPI's first table lies in the last 128 KiB below 1 MiB. */
static void add_acpi(void)
{
    static const char signature[8] = { 'R', 'S', 'D', ' ', 'P', 'T', 'R', ' ' };

    for ( uint32_t where = 0xe0000; where < 0x100000; where += 16 )
    {
        const uint8_t *p = at(where);
        bool new = p[15] >= 2;
        size_t same = 0;

        while ( same < 8 && p[same] == (uint8_t)signature[same] )
            same++;
        if ( same < 8 )
            continue;
        begin(new ? 15 : 14);
        add(p, new ? 36 : 20);
        finish();
        return;
    }
}

static void tell(const struct information *from)
{
    const struct module *m = at(from->mods);

    add_text(1, words(&m[0]));
    /* From a loader of another name Xen takes command lines to begin with a file's name. */
    add_text(2, "GRUB 2's place is taken by tools/direct");
    for ( uint32_t i = 1; i < from->mods_count; i++ )
        add_module(&m[i]);
    begin(4);
    add_word(from->mem_lower);
    add_word(from->mem_upper);
    finish();
    add_map(from);
    add_acpi();
    begin(21); /* where its image begins */
    add_word(lowest);
    finish();
    begin(0);
    finish();
    copy(info, &used, sizeof(used));
}

void loader(uint32_t magic, const struct information *from)
{
    uint32_t entry;

    if ( magic != MULTIBOOT1 || !from->mods_count )
        fail("direct: QEMU's -kernel with a hypervisor as -initrd is wanted");
    entry = load(at(from->mods));
    tell(from);
    enter(entry, info);
}
