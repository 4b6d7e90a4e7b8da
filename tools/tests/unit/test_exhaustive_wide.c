/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/common/mm/*.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c tools/tests/model/*.c
// cflags: -DPT_ENTRIES=4 -DSMALL_RAM_END=8 -DSMALL_MFNS=9 -DSMALL_DOMAINS=2 -DSMALL_VCPUS=2 -DSMALL_CPUS=2 -DSMALL_PAGES={5,1} -DEXHAUST_SHALLOWER=1 -O2 -fno-sanitize=all
/* The small worlds of test_exhaustive.c with four entries in each page table. */
#include "test_exhaustive.c"
