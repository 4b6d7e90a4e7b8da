/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/module_package.c
/* Packages of modules: what is planned and written out is found again when it is taken apart; malformed ones are refused. */

#include "tap.h"

#include <stdlib.h>

#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/module_package.h>

#define BASE 0x7654000UL /* where packages lie: offsets are not addresses */

static struct boot_info bi;
static const char *why;

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

/** Take apart @size bytes in an allocation of just this size, with @behind more modules behind it. */
static int split(const void *package, size_t size, unsigned int behind)
{
    uint8_t *copy = malloc(size ? size : 1);
    int rc;

    memcpy(copy, package, size);
    memset(&bi, 0x55, sizeof(bi));
    bi.nr_modules = 1 + behind;
    bi.modules[0] = (struct boot_mod){ BASE, size, "the package" };
    for ( unsigned int i = 1; i <= behind; i++ )
        bi.modules[i] = (struct boot_mod){ i, i, "behind" };
    why = "untouched";
    rc = package_split(copy, &bi, &why);
    free(copy);
    return rc;
}

/* ---- Round trips --------------------------------------------------------------------------- */

static struct boot_module modules[BOOT_MAX_MODULES];
static char strings[BOOT_MAX_MODULES][BOOT_CMDLINE_MAX];
static uint8_t *contents[BOOT_MAX_MODULES];

static void make_modules(unsigned int nr)
{
    for ( unsigned int i = 0; i < nr; i++ )
    {
        uint32_t len = rnd(20) ? rnd(60) : rnd(BOOT_CMDLINE_MAX), size = rnd(4) ? rnd(9000) : 0;

        for ( uint32_t j = 0; j < len; j++ )
            strings[i][j] = (char)('!' + rnd(90));
        strings[i][len] = '\0';
        contents[i] = realloc(contents[i], size + 1);
        for ( uint32_t j = 0; j < size; j++ )
            contents[i][j] = (uint8_t)rnd(256);
        modules[i] = (struct boot_module){ _maddr(0), size, strings[i] };
    }
}

/** What the domain builder does with a plan. */
static uint8_t *write_out(const struct package *p)
{
    uint8_t *out = malloc(p->size);

    memset(out, 0xee, p->size);
    memcpy(out, p->list, package_list_size(p->nr));
    for ( unsigned int i = 0; i < p->nr; i++ )
    {
        strcpy((char *)out + p->list[i].cmdline, strings[i]);
        memcpy(out + p->list[i].mod_start, contents[i], modules[i].size);
    }
    return out;
}

static bool same(const uint8_t *out, unsigned int nr, unsigned int behind)
{
    if ( bi.nr_modules != nr + behind )
        return false;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        const struct boot_mod *mod = &bi.modules[i];

        if ( mod->size != modules[i].size || strcmp(mod->cmdline, strings[i]) ||
             (mod->start - BASE) % PAGE_SIZE ||
             memcmp(out + (mod->start - BASE), contents[i], mod->size) )
            return false;
    }
    for ( unsigned int i = 1; i <= behind; i++ )
        if ( bi.modules[nr + i - 1].start != i || strcmp(bi.modules[nr + i - 1].cmdline, "behind") )
            return false;
    return true;
}

static void test_round_trips(void)
{
    unsigned int wrong = 0, unplanned = 0;

    for ( unsigned int round = 0; round < 3000; round++ )
    {
        unsigned int nr = 1 + rnd(BOOT_MAX_MODULES), behind = rnd(BOOT_MAX_MODULES + 1 - nr);
        struct package p;
        uint8_t *out;

        make_modules(nr);
        unplanned += !package_plan(&p, modules, nr);
        out = write_out(&p);
        if ( split(out, p.size, behind) || why || !same(out, nr, behind) )
            wrong++;
        free(out);
    }
    is_u64(unplanned, 0, "3000 packages of 1 to 16 modules are planned");
    is_u64(wrong, 0, "and taken apart they are what was put in, on page boundaries");
}

static void test_format(void)
{
    static uint8_t a[] = "aaaaa";
    struct package p;
    uint8_t *out;

    strcpy(strings[0], "first");
    strcpy(strings[1], "");
    contents[0] = realloc(contents[0], 8);
    memcpy(contents[0], a, 5);
    modules[0] = (struct boot_module){ _maddr(0), 5, strings[0] };
    modules[1] = (struct boot_module){ _maddr(0), 0, strings[1] };
    ok(package_plan(&p, modules, 2), "a package of two modules");
    is_u64(p.list[0].mod_start, 0x1000, "the first module is on the next page");
    is_u64(p.list[0].mod_end, 0x1004, "mod_end is its last byte");
    is_u64(p.list[1].mod_start, 0x2000, "the second is on the page behind it");
    is_u64(p.list[1].mod_end, 0x1fff, "and empty");
    is_u64(p.list[2].mod_start, 0, "an entry with mod_start 0 ends the list");
    is_u64(p.list[0].cmdline, 48, "the strings follow the list");
    is_u64(p.list[1].cmdline, 54, "each with its zero");
    ok(!p.list[0].pad && !p.list[1].pad, "pad is 0");
    is_u64(p.size, 0x2000, "the package ends where the last module does");
    out = write_out(&p);
    is_int(split(out, p.size, 0), 0, "the empty module at the end is taken");
    free(out);
}

static void test_too_large(void)
{
    struct package p;

    for ( unsigned int i = 0; i < 3; i++ )
        modules[i] = (struct boot_module){ _maddr(0), 0, "" };
    modules[0].size = 0xffffffff - 0x1000;
    ok(package_plan(&p, modules, 1), "a package of 4 GiB less one byte");
    is_u64(p.list[0].mod_end, 0xfffffffe, "with its last byte");
    modules[0].size++;
    ok(!package_plan(&p, modules, 1), "one more is too many");
    modules[0].size = ~0UL;
    ok(!package_plan(&p, modules, 1), "so are 2^64");
    modules[0].size = 0xffffffff - 0x1000;
    ok(!package_plan(&p, modules, 2), "an empty module needs an address too");
    modules[0].size = modules[1].size = 0x80000000;
    ok(!package_plan(&p, modules, 3), "4 GiB in two modules");
}

/* ---- Malformed ones ------------------------------------------------------------------------ */

static uint32_t words[4 * (BOOT_MAX_MODULES + 3) + 1024];

static void entry(unsigned int i, uint32_t start, uint32_t end, uint32_t cmdline, uint32_t pad)
{
    words[4 * i] = start;
    words[4 * i + 1] = end;
    words[4 * i + 2] = cmdline;
    words[4 * i + 3] = pad;
}

static void begin(void)
{
    memset(words, 0, sizeof(words));
    entry(0, 64, 79, 0, 0);
}

static void refused(size_t size, int err, const char *message)
{
    int rc = split(words, size, 0);

    ok(rc == err && why && !strcmp(why, message), "refused: %s", message);
    if ( rc != err )
        note("  got %d, %s", rc, why ? why : "(none)");
}

static void test_bad_lists(void)
{
    begin();
    is_int(split(words, 80, 0), 0, "a package of one module and no string");
    is_str(bi.modules[0].cmdline, "", "has an empty string");
    refused(0, -EINVAL, "its list has no end");
    refused(15, -EINVAL, "its list has no end");
    refused(16, -EINVAL, "its list has no end");
    refused(31, -EINVAL, "its list has no end");
    begin();
    words[0] = 0;
    refused(80, -EINVAL, "no module is in it");
    begin();
    words[3] = 1;
    refused(80, -EINVAL, "an entry's last word is not 0");
    for ( unsigned int i = 0; i < BOOT_MAX_MODULES + 1; i++ )
        entry(i, 64, 79, 0, 0);
    refused(sizeof(words), -ENOSPC, "too many modules");
    begin();
    is_int(split(words, 80, BOOT_MAX_MODULES - 1), 0, "as many as there is room for");
    entry(1, 64, 79, 0, 0);
    is_int(split(words, 80, BOOT_MAX_MODULES - 1), -ENOSPC, "one more is one too many");
}

static void test_bad_modules(void)
{
    begin();
    refused(79, -EINVAL, "a module lies outside of it");
    entry(0, 64, 62, 0, 0);
    refused(80, -EINVAL, "a module lies outside of it");
    entry(0, 81, 80, 0, 0);
    refused(80, -EINVAL, "a module lies outside of it");
    entry(0, 80, 79, 0, 0);
    is_int(split(words, 80, 0), 0, "an empty module right at the end");
    entry(0, 64, ~0U, 0, 0);
    refused(80, -EINVAL, "a module lies outside of it");
    entry(0, ~0U, ~0U - 1, 0, 0);
    refused(80, -EINVAL, "a module lies outside of it");
}

static void test_bad_strings(void)
{
    begin();
    memset(words + 8, 'x', sizeof(words) - 32);
    entry(0, 64, 79, 80, 0);
    refused(80, -EINVAL, "a command line lies outside of it");
    entry(0, 64, 79, ~0U, 0);
    refused(80, -EINVAL, "a command line lies outside of it");
    entry(0, 64, 79, 79, 0);
    refused(80, -EINVAL, "a command line has no end");
    entry(0, 64, 79, 32 + 16, 0);
    refused(sizeof(words), -ENOSPC, "a command line is too long");
    ((char *)words)[48 + BOOT_CMDLINE_MAX - 1] = '\0';
    is_int(split(words, sizeof(words), 0), 0, "the longest command line");
    is_u64(strlen(bi.modules[0].cmdline), BOOT_CMDLINE_MAX - 1, "whole");
}

int main(void)
{
    test_round_trips();
    test_format();
    test_too_large();
    test_bad_lists();
    test_bad_modules();
    test_bad_strings();
    return done();
}
