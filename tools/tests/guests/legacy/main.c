/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hazard: loaders meet two ages of PV kernels, and the older one is easily broken unnoticed. This kernel has no ELF notes and
 * nothing of the guest library: a string section says where it wants to be (the upper 2 GiB) and where its hypercall page is. It
 * looks at what it was given, checks a few things and powers off.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <public/errno.h>
#include <public/sched.h>
#include <public/version.h>
#include <public/xen.h>

#define VIRT_BASE 0xffffffff80000000UL

long hypercall(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3);
void legacy_main(const struct start_info *si);
extern char hypercalls[], _start[];

static void print(const char *s)
{
    size_t len = 0;

    while ( s[len] )
        len++;
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, len, (unsigned long)s);
}

static void __attribute__((noreturn)) shut_down(unsigned int reason)
{
    struct sched_shutdown arg = { .reason = reason };

    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&arg, 0);
    for ( ;; )
        __asm__ volatile("ud2");
}

static void check(bool ok, const char *what)
{
    print(ok ? "ok - " : "not ok - ");
    print(what);
    print("\n");
    if ( !ok )
    {
        print("Test result: FAILURE\n");
        shut_down(SHUTDOWN_crash);
    }
}

/* Does every page up to the tables have the frame that p2m and M2P name? */
static bool tables_agree(const struct start_info *si)
{
    const uint64_t *p2m = (const uint64_t *)si->mfn_list;
    const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

    for ( uint64_t pfn = 0; pfn < si->nr_pages; pfn++ )
        if ( m2p[p2m[pfn]] != pfn )
            return false;
    return true;
}

/* The hypervisor's stub for number 17 loads that number and executes SYSCALL. */
static bool page_filled(void)
{
    const uint8_t *stub = (const uint8_t *)hypercalls + __HYPERVISOR_xen_version * 32;

    for ( unsigned int i = 0; i < 31; i++ )
        if ( stub[i] == 0x0f && stub[i + 1] == 0x05 )
            return true;
    return false;
}

void legacy_main(const struct start_info *si)
{
    uint64_t l4_mfn = ((const uint64_t *)si->mfn_list)[(si->pt_base - VIRT_BASE) >> 12];
    unsigned long start;

    if ( !page_filled() )
        __asm__ volatile("ud2"); /* nothing can be said without it */
    print("--- legacy ---\nHello from a kernel in the old format.\n");
    check(si->magic[0] == 'x' && si->magic[1] == 'e' && si->magic[2] == 'n' && si->magic[3] == '-',
          "start_info says xen-");
    check((unsigned long)si > VIRT_BASE && si->pt_base > VIRT_BASE && si->mfn_list > VIRT_BASE,
          "start_info, page tables and p2m are above VIRT_BASE");
    __asm__("lea _start(%%rip), %0" : "=r"(start));
    check(start == (unsigned long)_start, "it runs where it was linked");
    check(hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0) >> 16 >= 3,
          "xen_version through the hypercall page");
    check(tables_agree(si), "p2m and M2P agree on every page");
    check(hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)_start & ~4095UL,
                    (l4_mfn << 12) | 0x63, 0) == -XEN_EBUSY,
          "mapping the L4 writable is refused");
    check(hypercall(63, 0, 0, 0) == -XEN_ENOSYS, "an unknown hypercall is refused");
    print("Test result: SUCCESS\n");
    shut_down(SHUTDOWN_poweroff);
}
