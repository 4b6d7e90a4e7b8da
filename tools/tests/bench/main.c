/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor's operations cost a guest, in ticks of the TSC: under QEMU's -icount shift=0 each instruction is one tick.
 * Prints a line an operation, "BENCH name value unit times"; `ops=name,name*` on the command line chooses. A hypervisor built with
 * CONFIG_COUNT_COSTS has its counts of all times printed, too: "COSTS name locked serialising flushes cr3".
 *
 * The value is the best of five loops, less the same number of rounds of an empty one, per operation. The best, because the
 * hypervisor's own timers may fall into a loop. Only what run() says it measures is counted, so the handlers in entry.S and the stubs of
 * the hypercall page are part of the figure, and what is prepared before is not.
 */
#include "bench.h"
#include "suite.h"

#define ROUNDS 5

const char guest_name[] = "bench";

static char data[WINDOW_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));

void must(int64_t rc, const char *what)
{
    if ( rc )
        panic("%s: %s", what, errno_name(rc));
}

uint64_t data_mfn(unsigned int i)
{
    return virt_to_mfn(data[i]);
}

uint64_t window_entry(unsigned int i)
{
    return pt_entry_maddr((void *)(WINDOW + i * PAGE_SIZE), 1);
}

/* ---- Choosing ------------------------------------------------------------------------------------------------------- */

static bool matches(const char *pattern, size_t len, const char *name)
{
    if ( len && pattern[len - 1] == '*' )
        return strlen(name) >= len - 1 && memcmp(pattern, name, len - 1) == 0;
    return strlen(name) == len && memcmp(pattern, name, len) == 0;
}

static bool chosen(const char *list, const char *name)
{
    if ( !list )
        return true;
    while ( *list && *list != ' ' )
    {
        size_t len = 0;

        while ( list[len] && list[len] != ' ' && list[len] != ',' )
            len++;
        if ( matches(list, len, name) )
            return true;
        list += len;
        list += *list == ',';
    }
    return false;
}

/* ---- Measuring ------------------------------------------------------------------------------------------------------ */

static uint64_t empty_loop(unsigned int n)
{
    return TIMED(n, );
}

static uint64_t best(uint64_t (*run)(unsigned int n), unsigned int n)
{
    uint64_t least = ~0UL;

    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        MARK(RESET);
        uint64_t ticks = run(n);

        if ( ticks < least )
            least = ticks;
    }
    return least;
}

static void measure(const struct op *op)
{
    uint64_t empty = op->whole ? 0 : best(empty_loop, op->times);
    uint64_t per = (uint64_t)op->times * op->per;
    uint64_t ticks = best(op->run, op->times), tenths;

    MARK(DONE);
    tenths = ((ticks - empty) * 10 + per / 2) / per;
    printf("BENCH %s %lu.%lu %s %lu\n", op->name, tenths / 10, tenths % 10, op->unit, per);
}

/* One round more, for the hypervisor's own counts. */
static void measure_costs(const struct op *op)
{
    struct costs costs;

    costs_wanted = true;
    op->run(op->times);
    costs_wanted = false;
    costs = costs_take();
    printf("COSTS %s %u %u %u %u\n", op->name, costs.locked, costs.serialising, costs.flushes,
           costs.cr3);
}

static uint64_t run_xen_version(unsigned int n)
{
    return TIMED(n, CALL(xen_version, XENVER_version, 0, 0, 0));
}

static const struct op simple_ops[] = {
    { "empty-loop", "call", empty_loop, 1000, 1, true },
    { "xen_version", "call", run_xen_version, 200, 1, false },
    {},
};

static const struct op *const all_ops[] = { simple_ops, memory_ops, pin_ops, trap_ops, event_ops };

void guest_main(void)
{
    const char *list = suite_option("ops");
    unsigned int done = 0;

    for ( unsigned int i = 0; i < WINDOW_PAGES; i++ )
        must(pt_map((void *)(WINDOW + i * PAGE_SIZE), pte(data_mfn(i), PTE_RW_PAGE)),
             "map the window");
    user_init();
    for ( unsigned int i = 0; i < ARRAY_SIZE(all_ops); i++ )
        for ( const struct op *op = all_ops[i]; op->name; op++ )
            if ( chosen(list, op->name) )
            {
                measure(op);
                if ( costs_counted() )
                    measure_costs(op);
                done++;
            }
    if ( !done )
        error("no such operations: %s", list ? list : "");
}
