/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef X86_MM_DESC_H
#define X86_MM_DESC_H

#include <xen/mm.h>

/** Check a page of descriptors and raise their DPLs to 3. 0 or -EINVAL, then the page is as it was. */
int desc_page_validate(struct mm_domain *d, uint64_t *page);

#endif /* X86_MM_DESC_H */
