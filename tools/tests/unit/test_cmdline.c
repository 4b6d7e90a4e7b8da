// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/cmdline.c xen/common/mem_option.c xen/common/serial_config.c
/* The command line: words and options, sizes, dom0_mem=, com1=; and that docs/boot.md describes the options that exist. */
#include "tap.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <xen/cmdline.h>
#include <xen/serial.h>

#include <xen/printk.h>

static char warnings[1000];

void printk(enum loglevel level, const char *fmt, ...)
{
    size_t n = strlen(warnings);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(warnings + n, sizeof(warnings) - n, fmt, ap);
    va_end(ap);
    strcat(warnings, ";");
}

/* ---- Words and options ---------------------------------------------------------------------------------------------- */

static bool flag;
static unsigned int number;
static uint64_t size;
static char text[8];
static char fn_value[100];

static int fn(const char *value)
{
    snprintf(fn_value, sizeof(fn_value), "%s", value);
    return strcmp(value, "bad") == 0 ? -EINVAL : 0;
}

static const struct option table[] = {
    { .name = "flag", .kind = OPTION_KIND_BOOL, .var = &flag },
    { .name = "number", .kind = OPTION_KIND_UINT, .var = &number },
    { .name = "size", .kind = OPTION_KIND_SIZE, .var = &size },
    { .name = "text", .kind = OPTION_KIND_STRING, .size = sizeof(text), .var = text },
    { .name = "fn", .kind = OPTION_KIND_FN, .fn = fn },
    { .name = "no-fix", .kind = OPTION_KIND_BOOL, .var = &flag },
};

static char complaints[1000];

static void complain(const char *word, bool known)
{
    size_t n = strlen(complaints);

    snprintf(complaints + n, sizeof(complaints) - n, "%s%s ", known ? "!" : "?", word);
}

static const char *apply(const char *line)
{
    complaints[0] = fn_value[0] = '\0';
    return cmdline_apply(line, table, ARRAY_SIZE(table), complain);
}

static void test_bool(void)
{
    static const char *const on[] = { "flag",    "flag=1",    "flag=yes",
                                      "flag=on", "flag=true", "flag=enable" };
    static const char *const off[] = { "no-flag",  "flag=0",     "flag=no",
                                       "flag=off", "flag=false", "flag=disable" };
    bool good = true;

    for ( unsigned int i = 0; i < ARRAY_SIZE(on); i++ )
    {
        flag = false;
        apply(on[i]);
        good &= flag && !complaints[0];
        flag = true;
        apply(off[i]);
        good &= !flag && !complaints[0];
    }
    ok(good, "every way to switch an option on and off");
    flag = true;
    apply("flag=maybe");
    ok(flag, "a value that is no truth value changes nothing");
    is_str(complaints, "!flag=maybe ", "and is named");
    apply("no-flag=1");
    is_str(complaints, "!no-flag=1 ", "a negation with a value is refused");
    flag = false;
    apply("no-fix");
    ok(flag && !complaints[0], "an option whose own name starts with no-");
}

static void test_values(void)
{
    apply("number=42 size=2M text=abc fn=x,y=z:1");
    ok(number == 42 && size == 2 << 20 && !complaints[0], "numbers and sizes");
    is_str(text, "abc", "a string");
    is_str(fn_value, "x,y=z:1", "a function gets all behind the first '='");
    apply("no-fn");
    is_str(fn_value, "no", "a negated function gets \"no\"");
    apply("number=0xffffffff");
    ok(number == UINT32_MAX, "hexadecimal, the largest");
    apply(
        "number=4294967296 number=12x number= number no-number number=-1 text=12345678 size=1Q fn=bad");
    is_str(
        complaints,
        "!number=4294967296 !number=12x !number= !number ?no-number !number=-1 !text=12345678 !size=1Q !fn=bad ",
        "bad values are named, one by one");
    ok(number == UINT32_MAX && !strcmp(text, "abc") && size == 2 << 20, "and change nothing");
    apply("text=1234567");
    is_str(text, "1234567", "a string that just fits");
    apply("text=");
    is_str(text, "", "an empty string");
}

static void test_words(void)
{
    char long_word[400];

    apply("  number=1\tnumber=2 \n ");
    ok(number == 2 && !complaints[0], "blanks of every kind; the last one wins");
    apply("foo number=3 bar=1 flagx fla");
    is_str(complaints, "?foo ?bar=1 ?flagx ?fla ", "unknown words are named");
    ok(number == 3, "and the others obeyed");
    apply("placeholder number=4");
    ok(number == 4 && !complaints[0], "the word placeholder is ignored silently");
    apply("placeholder=1");
    is_str(complaints, "?placeholder=1 ", "but not as an option");
    apply("\"fn=two words\" number=5");
    is_str(fn_value, "two words", "quotes around a word keep its blanks");
    apply("fn=\"a b\"c number=6");
    is_str(fn_value, "a bc", "quotes within a word");
    apply("fn=\"a b");
    is_str(fn_value, "a b", "a quote that is not closed lasts to the end");
    apply("\"\"");
    ok(!complaints[0], "an empty word is nothing");
    is_str(apply("number=7 --  root=/dev/xvda1 quiet"), "root=/dev/xvda1 quiet",
           "what stands behind --");
    ok(number == 7 && !complaints[0], "is not ours");
    is_str(apply("number=8 --"), "", "nothing behind --");
    is_str(apply("--number"), "", "only a whole word -- ends the options");
    is_str(complaints, "?--number ", "else it is an unknown one");
    memset(long_word, 'x', sizeof(long_word) - 1);
    memcpy(long_word, "text=", 5);
    long_word[sizeof(long_word) - 1] = '\0';
    apply(long_word);
    ok(strncmp(complaints, "?text=xxxx", 10) == 0 && strlen(complaints) < 300,
       "a word too long is refused");
    apply("");
    ok(!complaints[0], "an empty line");
}

static void test_parse_all(void)
{
    warnings[0] = '\0';
    cmdline_parse("dom0_mem=512M unheard-of dom0_mem=lots -- quiet");
    ok(opt_dom0_mem.size.bytes == 512 << 20, "an option found in the linker's table");
    is_str(
        warnings,
        "command line: unknown option \"unheard-of\";command line: bad value in \"dom0_mem=lots\";",
        "the warnings' words");
    is_str(cmdline_extra, "quiet", "what is for the first domain");
}

/* ---- Numbers and sizes ---------------------------------------------------------------------------------------------- */

static void is_size(const char *s, uint64_t want)
{
    const char *end = "";
    uint64_t got = ~want;

    ok(parse_size(s, &got, &end) && got == want && !*end, "\"%s\" is %#lx bytes", s, want);
}

static void test_sizes(void)
{
    const char *end;
    uint64_t val;

    is_size("0", 0);
    is_size("5", 5 << 10);
    is_size("7b", 7);
    is_size("7K", 7 << 10);
    is_size("7m", 7 << 20);
    is_size("0x10G", 16ULL << 30);
    is_size("3T", 3ULL << 40);
    is_size("18446744073709551615B", UINT64_MAX);
    ok(!parse_size("18446744073709551616B", &val, &end), "2^64 does not fit");
    ok(!parse_size("18446744073709551615", &val, &end), "nor does 2^64 - 1 KiB");
    ok(!parse_size("0x1000000T", &val, &end), "nor 2^64 with a suffix");
    ok(!parse_size("G", &val, &end) && !parse_size("", &val, &end) && !parse_size("0x", &val, &end),
       "a size needs digits");
    ok(parse_u64("12ab", &val, &end) && val == 12 && !strcmp(end, "ab"),
       "a decimal number stops at a letter");
    ok(parse_u64("0xFfg", &val, &end) && val == 255 && !strcmp(end, "g"),
       "a hexadecimal one behind f");
}

/* ---- dom0_mem= ------------------------------------------------------------------------------------------------------ */

#define MIB(n) ((n)*256ULL) /* pages */

static void is_pages(const char *s, uint64_t free, uint64_t want, uint64_t want_max)
{
    struct mem_option opt = { 0 };
    uint64_t max = 1;
    bool good = mem_option_parse(s, &opt) == 0;
    uint64_t got = good ? mem_option_pages(&opt, free, &max) : 0;

    if ( !ok(good && got == want && max == want_max, "dom0_mem=%s of %lu pages", s, free) )
        note("got %lu, at most %lu; expected %lu, at most %lu", got, max, want, want_max);
}

static void test_dom0_mem(void)
{
    static const char *const bad[] = { "",       "1G,",           ",1G",    "1G,2G", "min:",
                                       "max:x",  "1Gx",           "101%",   "-5%",   "1G+5",
                                       "-1G+5%", "min:1G,min:2G", "1G+101%" };
    struct mem_option opt, before;
    uint64_t max;

    memset(&opt, 0, sizeof(opt));
    ok(mem_option_pages(&opt, MIB(1024), &max) == MIB(1024 - 64) && max == ~0ULL,
       "without dom0_mem: all but a sixteenth");
    ok(mem_option_pages(&opt, MIB(65536), &max) == MIB(65536 - 128), "or all but 128 MiB");
    is_pages("512M", MIB(1024), MIB(512), ~0ULL);
    is_pages("2G", MIB(1024), MIB(1024), ~0ULL);
    is_pages("-256M", MIB(1024), MIB(768), ~0ULL);
    is_pages("-2G", MIB(1024), 0, ~0ULL);
    is_pages("min:128M,-2G", MIB(1024), MIB(128), ~0ULL);
    is_pages("max:256M", MIB(1024), MIB(256), MIB(256));
    is_pages("512M,max:1G", MIB(2048), MIB(512), MIB(1024));
    is_pages("max:64M,min:128M,256M", MIB(1024), MIB(64), MIB(64));
    is_pages("max:-24M", MIB(1024), MIB(1024 - 64), MIB(1000));
    is_pages("50%", MIB(1000), MIB(500), ~0ULL);
    is_pages("100M+10%", MIB(1000), MIB(200), ~0ULL);
    is_pages("100%", 4503599627370495ULL, 4503599627370495ULL, ~0ULL);
    mem_option_parse("1G,min:2G", &opt);
    before = opt;
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        ok(mem_option_parse(bad[i], &opt) == -EINVAL && !memcmp(&opt, &before, sizeof(opt)),
           "dom0_mem=%s is refused and changes nothing", bad[i]);
}

/* ---- com1= ---------------------------------------------------------------------------------------------------------- */

static void is_com(const char *s, struct serial_config want)
{
    struct serial_config got = SERIAL_DEFAULT;

    ok(serial_config_parse(s, &got) == 0 && got.baud == want.baud && got.clock == want.clock &&
           got.line_control == want.line_control && got.io_base == want.io_base &&
           got.irq == want.irq,
       "com1=%s", s);
}

static void test_com1(void)
{
    static const char *const bad[] = { "fast",
                                       "0",
                                       "115200,",
                                       "115200,9n1",
                                       "115200,8x1",
                                       "115200,8n3",
                                       "115200,8",
                                       "115200,8n1,0",
                                       "1,8n1,70000",
                                       "9600,8n1,0x3f8,16",
                                       "9600,8n1,0x3f8,4,5",
                                       "115201",
                                       "1",
                                       "9600 ",
                                       "9600,8n1x",
                                       "auto/5",
                                       "9600,8n1,0x3f8x" };

    is_com("115200", (struct serial_config)SERIAL_DEFAULT);
    is_com("115200,8n1,0x3f8,4", (struct serial_config)SERIAL_DEFAULT);
    is_com("9600,7e2,0x2f8,3", (struct serial_config){ 9600, 115200, 0x1e, 0x2f8, 3 });
    is_com("auto", (struct serial_config){ 0, 115200, 0x03, 0x3f8, 4 });
    is_com("38400,5o1", (struct serial_config){ 38400, 115200, 0x08, 0x3f8, 4 });
    is_com("38400,6m1", (struct serial_config){ 38400, 115200, 0x29, 0x3f8, 4 });
    is_com("38400,6s1", (struct serial_config){ 38400, 115200, 0x39, 0x3f8, 4 });
    is_com("921600/14745600", (struct serial_config){ 921600, 921600, 0x03, 0x3f8, 4 });
    is_com(",,1016,0", (struct serial_config){ 115200, 115200, 0x03, 0x3f8, 0 });
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        struct serial_config cfg = SERIAL_DEFAULT;
        static const struct serial_config same = SERIAL_DEFAULT;

        ok(serial_config_parse(bad[i], &cfg) == (i == 2 ? 0 : -EINVAL) &&
               !memcmp(&cfg, &same, sizeof(cfg)),
           "com1=%s %s", bad[i], i == 2 ? "leaves out the rest" : "is refused and changes nothing");
    }
}

/* ---- The documentation ---------------------------------------------------------------------------------------------- */

static char names[100][40];
static unsigned int nr_names;

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *content = calloc(1, 1 << 20);

    if ( !f )
    {
        free(content);
        return NULL;
    }
    if ( fread(content, 1, (1 << 20) - 1, f) == 0 )
        content[0] = '\0';
    fclose(f);
    return content;
}

/* Every OPTION_xxx("name" of a source file, but not the macros' own definitions. */
static void find_in_source(const char *path)
{
    char *content = read_file(path);

    for ( char *p = content; p && (p = strstr(p, "OPTION_")); p++ )
    {
        char *open = p + strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

        if ( strncmp(open, "(\"", 2) != 0 || nr_names == ARRAY_SIZE(names) )
            continue;
        snprintf(names[nr_names++], sizeof(names[0]), "%.*s", (int)strcspn(open + 2, "\""),
                 open + 2);
    }
    free(content);
}

static void find_in_tree(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    char path[1000];

    while ( d && (e = readdir(d)) )
    {
        size_t len = strlen(e->d_name);

        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if ( e->d_type == DT_DIR && e->d_name[0] != '.' )
            find_in_tree(path);
        else if ( len > 2 && !strcmp(e->d_name + len - 2, ".c") )
            find_in_source(path);
    }
    if ( d )
        closedir(d);
}

static bool is_option(const char *name, size_t len)
{
    for ( unsigned int i = 0; i < nr_names; i++ )
        if ( strlen(names[i]) == len && !strncmp(names[i], name, len) )
            return true;
    return false;
}

/* The rows of the table of options, and of no other, start with | `name` or | `name=...` */
static void test_documentation(void)
{
    char *doc = read_file("docs/boot.md"), *table, *end, row[60];

    find_in_tree("xen");
    ok(nr_names >= 6, "options are found in the sources: %u", nr_names);
    if ( !ok(doc != NULL, "docs/boot.md is there") )
        return;
    table = strstr(doc, "\n| option |");
    if ( !ok(table != NULL, "docs/boot.md has a table of options") )
        return;
    end = strstr(table, "\n\n");
    if ( end )
        *end = 0;
    for ( unsigned int i = 0; i < nr_names; i++ )
    {
        bool plain, value;

        snprintf(row, sizeof(row), "\n| `%s`", names[i]);
        plain = strstr(table, row) != NULL;
        snprintf(row, sizeof(row), "\n| `%s=", names[i]);
        value = strstr(table, row) != NULL;
        ok(plain || value, "docs/boot.md describes %s", names[i]);
    }
    for ( char *p = table; (p = strstr(p, "\n| `")); p++ )
    {
        char *name = p + 4;
        size_t len = strcspn(name, "=`");

        ok(is_option(name, len), "and %.*s exists", (int)len, name);
    }
    free(doc);
}

int main(void)
{
    test_bool();
    test_values();
    test_words();
    test_parse_all();
    test_sizes();
    test_dom0_mem();
    test_com1();
    test_documentation();
    return done();
}
