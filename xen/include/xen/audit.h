/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory core's audit on the metal (arch/x86/audit_run.c). Without CONFIG_AUDIT all of this is nothing. */
#ifndef XEN_AUDIT_H
#define XEN_AUDIT_H

#ifdef CONFIG_AUDIT
/** Boot, once the heap is there: the debug key. */
void audit_init(void);
/** Recount everything and compare. Panics if an invariant does not hold; @when says what had just happened. No operation of the
 *  memory core may be under way. */
void audit_check(const char *when);
#else
static inline void audit_init(void)
{
}
static inline void audit_check(const char *when)
{
}
#endif

/** audit_check() with CONFIG_AUDIT_EVERY, nothing else. */
static inline void audit_check_every(const char *when)
{
#ifdef CONFIG_AUDIT_EVERY
    audit_check(when);
#endif
}

#endif /* XEN_AUDIT_H */
