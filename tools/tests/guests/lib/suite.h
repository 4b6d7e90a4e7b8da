/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many named tests in one guest. A family is a folder of .c files with TEST()s; see tools/tests/conformance/README.md.
 *
 *     TEST("pin-twice", "a pinned table cannot be pinned again", 0)
 *     {
 *         ...
 *         check_rc(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(l1), 0), -XEN_EINVAL, "pin it again");
 *     }
 *
 * Around each test the suite puts everything back that a test may change (see suite.c). What cannot be put back counts against the
 * test.
 */
#ifndef SUITE_H
#define SUITE_H

#include "guest.h"

/** Where a test runs and how; 0 is: in both kinds of domain, among others. */
#define TEST_DOMU                                                                                  \
    0x1 /* only as an ordinary domain: has rings, must be refused what is the initial domain's */
#define TEST_INITIAL 0x2 /* only as the initial domain */
#define TEST_ALONE   0x4 /* in a boot of its own: changes what cannot be put back */
#define TEST_SLOW    0x8 /* may take minutes */
/* The domain ends in it, in this way; in a boot of its own. When it does not, or otherwise, the test has failed. */
#define TEST_POWERS_OFF 0x10
#define TEST_REBOOTS    0x20
#define TEST_CRASHES    0x40
#define TEST_ENDS       (TEST_POWERS_OFF | TEST_REBOOTS | TEST_CRASHES)

struct guest_test
{
    const char *name, *what, *file;
    void (*fn)(void);
    uint64_t flags;
};

/* The attributes keep the entries in one piece: no padding between them, in the order of the source. */
#define TEST(name, what, flags)             TEST_NUMBERED(__COUNTER__, name, what, flags)
#define TEST_NUMBERED(n, name, what, flags) TEST_DEFINE(n, name, what, flags)
#define TEST_DEFINE(n, name_, what_, flags_)                                                       \
    static void test_body_##n(void);                                                               \
    static const struct guest_test test_entry_##n                                                  \
        __attribute__((section("guest_tests"), used, no_reorder,                                   \
                       aligned(8))) = { name_, what_, __FILE__, test_body_##n, flags_ };           \
    static void test_body_##n(void)

/** A word of the guest's command line, "name=value": its value up to the next space, or NULL. */
const char *suite_option(const char *name);

#endif /* SUITE_H */
