// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug builds: failing on purpose. The boot option `fail=<what>` does, just before the first guest runs, what the hypervisor's page
 * tables, guard pages and crash report are there for. tools/tests/boot/test_faults looks at what comes of it. A failure that does
 * not come ends the run with a line that says so. No locks.
 */
#include <asm/boot.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/paging.h>
#include <asm/sections.h>
#include <xen/cmdline.h>
#include <xen/printk.h>

#ifdef CONFIG_DEBUG

static char opt_fail[16];
OPTION_STRING("fail", opt_fail);

static void write_byte(uint64_t va)
{
    *(volatile uint8_t *)va = 0;
}

static void write_text(void)
{
    write_byte((uint64_t)__text_start);
}

/** The text again, by the direct map. */
static void write_alias(void)
{
    write_byte(DIRECT_MAP_START + virt_to_maddr(__text_start).a);
}

static void write_constant(void)
{
    write_byte((uint64_t)__rodata_start);
}

static void write_sealed(void)
{
    write_byte((uint64_t)&cpu_cr4);
}

static void write_m2p(void)
{
    write_byte(M2P_RO_START);
}

/** A slot of the hypervisor that nothing uses. (Address 0 would not do: it is the guest's, whose tables are loaded.) */
static void write_hole(void)
{
    write_byte(0xffff828000000000UL);
}

static void execute_data(void)
{
    static uint8_t ret[] = { 0xc3 };
    void (*volatile fn)(void) = (void (*)(void))(uint64_t)ret;

    fn();
}

/* The frame is large enough that the guard page is not stepped over, and is used after the call: no tail call. */
static __attribute__((noinline)) unsigned int overflow_stack(unsigned int depth)
{
    volatile uint8_t frame[1024];

    frame[0] = (uint8_t)depth;
    return depth > 1U << 30 ? 0 : overflow_stack(depth + 1) + frame[0];
}

static void use_up_stack(void)
{
    pr_debug("%u", overflow_stack(0));
}

static void break_invariant(void)
{
    BUG_ON(opt_fail[0] != '\0');
}

static const struct
{
    const char *name;
    void (*fn)(void);
} failures[] = {
    { "text", write_text },      { "alias", write_alias },  { "constant", write_constant },
    { "sealed", write_sealed },  { "m2p", write_m2p },      { "hole", write_hole },
    { "execute", execute_data }, { "stack", use_up_stack }, { "bug", break_invariant },
};

void selftest_fail(void)
{
    if ( !opt_fail[0] )
        return;
    for ( unsigned int i = 0; i < ARRAY_SIZE(failures); i++ )
        if ( !strcmp(opt_fail, failures[i].name) )
        {
            failures[i].fn();
            panic("fail=%s did no harm", opt_fail);
        }
    pr_warn("fail=%s: no such failure", opt_fail);
}

#else

void selftest_fail(void)
{
}

#endif
