/* SPDX-License-Identifier: GPL-2.0-only */
/* From an address in the hypervisor to the name of the function it is in: binary search in the embedded table. No locks. */
#include <asm/layout.h>
#include <xen/symbols.h>

/* Index of the last symbol that starts at or below @off. The caller has checked that there is one. */
static uint32_t find(uint32_t off)
{
    uint32_t lo = 0, hi = hv_symbols_nr;

    while ( hi - lo > 1 )
    {
        uint32_t mid = lo + (hi - lo) / 2;

        if ( hv_symbols[mid].off <= off )
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

const char *symbol_lookup(uint64_t addr, uint64_t *offset, uint64_t *size)
{
    uint64_t off = addr - IMAGE_START;
    uint32_t i, next;

    /* The last entry only marks the end, so there must be two. */
    if ( hv_symbols_nr < 2 || off < hv_symbols[0].off || off >= hv_symbols[hv_symbols_nr - 1].off )
        return NULL;
    i = find((uint32_t)off);
    *offset = off - hv_symbols[i].off;
    for ( next = i + 1; next < hv_symbols_nr - 1 && hv_symbols[next].off == hv_symbols[i].off; )
        next++;
    *size = hv_symbols[next].off - hv_symbols[i].off;
    return hv_symbol_names + hv_symbols[i].name;
}
