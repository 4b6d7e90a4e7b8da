/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Not a test of the hypervisor but of what runs the tests: each ends in another way. tools/tests/boot/test_suite knows what must be said
 * of each; the conformance suite leaves this folder out.
 */
#include "suite.h"
#include "tables.h"

const char guest_name[] = "suite-check";

TEST("check-success", "two points hold", 0)
{
    check(true, "a point");
    check_rc(-XEN_EINVAL, -XEN_EINVAL, "an answer");
}

TEST("check-failure", "one of two points fails", 0)
{
    check(true, "a point");
    check_rc(0, -XEN_EBUSY, "an answer");
}

TEST("check-skip", "does not apply", 0)
{
    skip("nowhere");
}

TEST("check-error", "cannot be set up", 0)
{
    error("no luck");
}

TEST("check-crash", "takes a trap that nobody expects", 0)
{
    check(true, "a point before the end");
    __asm__ volatile("ud2");
}

TEST("check-left-pinned", "leaves a pin: that is tidied up", 0)
{
    check_rc(pin(1, table_alloc()), 0, "pin");
}

TEST("check-left-in-use", "leaves a table in the running tree: that is not", 0)
{
    uint64_t *l3 = table_alloc();

    check_rc(mmu_update1((root_mfn << 12) + 250 * 8, pte(virt_to_mfn(l3), PTE_TABLE)), 0,
             "hang it in");
}

TEST("check-unharmed", "what was left does not disturb the next", 0)
{
    check(*(uint64_t *)page_alloc() == 0, "a page of the pool is empty");
}

TEST("check-silence", "powers off without a word", 0)
{
    guest_shutdown(SHUTDOWN_poweroff);
}

TEST("check-flood", "is refused so often that the log would be one without bounds", 0)
{
    unsigned int refused = 0;

    for ( unsigned int i = 0; i < 5000; i++ )
        refused += hyp_update_va_mapping((void *)start_info, pte(root_mfn, PTE_RW_PAGE), 0) != 0;
    check_eq(refused, 5000, "refusals");
}

TEST("check-alone", "in a boot of its own", TEST_ALONE)
{
    check(true, "a point");
}

TEST("check-domU", "only as an ordinary domain", TEST_DOMU)
{
    check(!initial_domain(), "it is one");
}

TEST("check-initial", "only as the initial domain", TEST_INITIAL)
{
    check(initial_domain(), "it is that");
}

TEST("check-end", "powers off, as it should", TEST_POWERS_OFF)
{
    check(true, "a point");
    guest_shutdown(SHUTDOWN_poweroff);
}

TEST("check-end-reboot", "reboots, as it should", TEST_REBOOTS)
{
    guest_shutdown(SHUTDOWN_reboot);
}

TEST("check-end-crash", "crashes, as it should", TEST_CRASHES)
{
    guest_shutdown(SHUTDOWN_crash);
}

TEST("check-end-other", "crashes where it should reboot", TEST_REBOOTS)
{
    guest_shutdown(SHUTDOWN_crash);
}

TEST("check-end-none", "goes on where it should end", TEST_POWERS_OFF)
{
    check(true, "a point");
}

TEST("check-end-failure", "powers off as it should, but a point before that fails", TEST_POWERS_OFF)
{
    check_rc(0, -XEN_EBUSY, "an answer");
    guest_shutdown(SHUTDOWN_poweroff);
}

TEST("check-hang", "never ends", 0)
{
    for ( ;; )
        __asm__ volatile("pause");
}
