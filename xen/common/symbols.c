/* SPDX-License-Identifier: GPL-2.0-only */
/* From an address in the hypervisor to the name of the function it is in, by the embedded table. Only crashes ask. No locks. */
#include <asm/layout.h>
#include <xen/lib.h>
#include <xen/symbols.h>

const char *symbol_lookup(uint64_t addr, uint64_t *offset, uint64_t *size)
{
    uint64_t at = IMAGE_START + hv_symbols_start;
    const char *name = hv_symbol_names;

    for ( uint32_t i = 0; i < hv_symbols_nr; i++, name += strlen(name) + 1 )
    {
        if ( addr - at < hv_symbol_sizes[i] )
        {
            *offset = addr - at;
            *size = hv_symbol_sizes[i];
            return name;
        }
        at += hv_symbol_sizes[i];
    }
    return NULL;
}
