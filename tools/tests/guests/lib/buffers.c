/* SPDX-License-Identifier: GPL-2.0-only */
/* Places for a hypercall's argument. What is taken for them is a test's own pages and windows: the suite puts them back. */
#include "buffers.h"

const struct bad_address bad_addresses[NR_BAD_ADDRESSES] = {
    { 0xdead0000UL, "not mapped" },
    { 0x00007ffffffffffdUL, "across 2^47" },
    { 0x0000800000000000UL, "2^47" },
    { 1UL << 63, "2^63" },
    { 0xffff7fffffffffffUL, "the byte below the hypervisor" },
    { MACH2PHYS_VIRT_START, "the M2P" },
    { 0xffff830000100000UL, "the hypervisor" },
    { HYPERVISOR_VIRT_END - 1, "the hypervisor's last byte" },
    { ~0UL - 2, "the last bytes of all" },
};

void *before_hole(size_t n)
{
    char *first = window_alloc(), *hole = window_alloc();
    void *page = page_alloc();
    long rc = hyp_update_va_mapping(first, pte(virt_to_mfn(page), PTE_RW_PAGE), UVMF_INVLPG);

    if ( rc || hole != first + PAGE_SIZE )
        panic("no page before a hole: %s", errno_name(rc));
    return hole - n;
}

void *read_only_copy(const void *what, size_t n)
{
    void *page = page_alloc();

    memcpy(page, what, n);
    if ( page_set_ro(page) )
        panic("read-only page");
    return page;
}
