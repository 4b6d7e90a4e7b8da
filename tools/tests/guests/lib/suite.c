/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the TEST()s that are linked into this guest: all that apply, or those that the command line names.
 *
 *     tests=NAME,3,10-20     by name or by number in the table; a number or range may be many on a line of 1024 bytes
 *     list                   print the table and end
 *
 * Printed are `TEST name begin`, the test's own lines, `TEST name SUCCESS` (or SKIP, ERROR, FAILURE). A test that is begun and has
 * no verdict took the machine with it; whoever runs us starts again behind it.
 */
#include "suite.h"

extern const struct guest_test guest_tests[], guest_tests_end[];

/* Guests without tests of this kind define their own. */
const char guest_name[] __attribute__((weak)) = "suite";

static bool ends_word(char c)
{
    return c == ' ' || c == '\0';
}

const char *suite_option(const char *name)
{
    const char *s = (const char *)start_info->cmd_line;
    size_t len = strlen(name);

    while ( *s )
    {
        while ( *s == ' ' )
            s++;
        if ( memcmp(s, name, len) == 0 && (s[len] == '=' || ends_word(s[len])) )
            return s[len] == '=' ? s + len + 1 : s + len;
        while ( !ends_word(*s) )
            s++;
    }
    return NULL;
}

/* ---- Which tests ---------------------------------------------------------------------------------------------------- */

static const char *number(const char *s, unsigned int *n)
{
    for ( *n = 0; *s >= '0' && *s <= '9'; s++ )
        *n = *n * 10 + (unsigned int)(*s - '0');
    return s;
}

static bool item_names(const char *item, size_t len, unsigned int index)
{
    unsigned int first, last;
    const char *s = number(item, &first);

    last = first;
    if ( s > item && *s == '-' )
        s = number(s + 1, &last);
    if ( s == item + len )
        return index >= first && index <= last;
    const char *name = guest_tests[index].name;
    return strlen(name) == len && memcmp(name, item, len) == 0;
}

static bool chosen(const char *list, unsigned int index)
{
    if ( !list )
        return true;
    while ( !ends_word(*list) )
    {
        size_t len = 0;

        while ( list[len] != ',' && !ends_word(list[len]) )
            len++;
        if ( item_names(list, len, index) )
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

static bool applies(const struct guest_test *t)
{
    if ( t->flags & TEST_DOMU )
        return !initial_domain();
    return !(t->flags & TEST_INITIAL) || initial_domain();
}

/* ---- Around a test -------------------------------------------------------------------------------------------------- */

/* One multicall: a hypervisor that audits itself after every hypercall does so once. What an entry returns does not matter, nor
 * whether this hypervisor has it. */
#define BATCH 64
static struct multicall_entry batch[BATCH];
static unsigned int batched;

static void batch_run(void)
{
    hyp_multicall(batch, batched);
    batched = 0;
}

static void batch_add(unsigned long op, unsigned long a1, unsigned long a2, unsigned long a3)
{
    if ( batched == BATCH )
        batch_run();
    batch[batched++] = (struct multicall_entry){ .op = op, .args = { a1, a2, a3 } };
}

#define PORTS 64
static uint64_t ports_of_old;

/* The first ports that are in use. */
static uint64_t open_ports(void)
{
    static struct evtchn_status s[PORTS];
    uint64_t open = 0;

    for ( unsigned int port = 1; port < PORTS; port++ )
    {
        s[port] = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
        batch_add(__HYPERVISOR_event_channel_op, EVTCHNOP_status, (unsigned long)&s[port], 0);
    }
    batch_run();
    for ( unsigned int port = 1; port < PORTS; port++ )
        if ( s[port].status != EVTCHNSTAT_closed )
            open |= 1UL << port;
    return open;
}

static void restore_ports(void)
{
    uint64_t left = open_ports() & ~ports_of_old;

    if ( left )
        printf("# closing ports 0x%lx\n", left);
    for ( unsigned int port = 1; port < PORTS; port++ )
    {
        struct evtchn_close c = { .port = port };

        if ( left >> port & 1 )
            hyp_event_channel_op(EVTCHNOP_close, &c);
        /* A port that a test has closed itself may still be pending, for whoever gets it next. */
        if ( !(ports_of_old >> port & 1) )
            event_clear(port);
    }
}

static void restore_cpu(void)
{
    static struct physdev_set_iopl iopl;
    static struct physdev_set_iobitmap bitmap;

    trap_hook = NULL;
    probe_sp = 0;
    events_mask();
    traps_init();
    user_kernel_stack();
    mmuext(MMUEXT_SET_LDT, 0, 0);
    batch_add(__HYPERVISOR_set_gdt, 0, 0, 0);
    batch_add(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (unsigned long)&iopl, 0);
    batch_add(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, (unsigned long)&bitmap, 0);
    batch_add(__HYPERVISOR_fpu_taskswitch, 0, 0, 0);
    batch_add(__HYPERVISOR_set_debugreg, 7, 0, 0);
    batch_add(__HYPERVISOR_set_debugreg, 6, 0xffff0ff0, 0);
    for ( unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++ )
        batch_add(__HYPERVISOR_set_segment_base, which, 0, 0);
    batch_add(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables, 0);
    batch_add(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_architectural_iopl, 0);
    batch_add(__HYPERVISOR_set_timer_op, 0, 0, 0);
    batch_add(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
    batch_run();
}

/* The base pointers that this library runs on; the roots that were there become free. */
static void restore_roots(uint64_t root)
{
    if ( root_mfn != root && mmuext(MMUEXT_NEW_BASEPTR, root, 0) == 0 )
        root_mfn = root;
    mmuext(MMUEXT_NEW_USER_BASEPTR, user_root_mfn, 0);
}

static void run(const struct guest_test *t)
{
    struct pages_mark mark = pages_mark();
    uint64_t root = root_mfn, user_root = user_root_mfn;
    unsigned int lost;

    printf("TEST %s begin\n", t->name);
    for ( unsigned int port = 0; port < ARRAY_SIZE(event_count); port++ )
        event_count[port] = 0;
    t->fn();
    if ( t->flags & TEST_ENDS )
        check(false, "the domain goes on");
    user_root_mfn = user_root;
    restore_cpu();
    restore_roots(root);
    restore_ports();
    lost = pages_reset(mark);
    if ( lost )
        check(false, "%u pages are still in use behind the test", lost);
    printf("TEST %s %s\n", t->name, checks_take_part());
}

/* ---- All of them ---------------------------------------------------------------------------------------------------- */

static void list_tests(void)
{
    for ( const struct guest_test *t = guest_tests; t < guest_tests_end; t++ )
        printf("%ld %s 0x%lx %s\n", (long)(t - guest_tests), t->name, t->flags, t->what);
}

void __attribute__((weak)) guest_main(void)
{
    const char *list = suite_option("tests");
    unsigned int count = (unsigned int)(guest_tests_end - guest_tests), done = 0;

    if ( suite_option("list") )
    {
        list_tests();
        return;
    }
    if ( !initial_domain() )
    {
        /* What we print makes events of the backends, which would be counted. */
        event_set_mask(start_info->console.domU.evtchn, true);
        event_set_mask(start_info->store_evtchn, true);
    }
    user_init();
    restore_cpu();
    ports_of_old = open_ports();
    /* Those that spoil what follows come last. */
    for ( unsigned int i = 0; i < 2 * count; i++ )
    {
        const struct guest_test *t = &guest_tests[i % count];

        if ( !(t->flags & (TEST_ALONE | TEST_ENDS)) != (i < count) || !applies(t) ||
             !chosen(list, i % count) )
            continue;
        run(t);
        done++;
    }
    if ( !done )
        error("no such tests: %s", list ? list : "(all)");
}
