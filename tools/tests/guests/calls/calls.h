/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of these tests share. */
#ifndef CALLS_H
#define CALLS_H

#include "buffers.h"
#include "suite.h"

/* An address where nothing is mapped, and one of the hypervisor's, for arguments that must not be looked at. */
#define NOWHERE    ((void *)0xdead0000UL)
#define HYPERVISOR ((void *)MACH2PHYS_VIRT_START)

/* How many bytes are not @byte. */
static inline unsigned int bytes_other_than(uint8_t byte, const volatile void *p, size_t size)
{
    unsigned int other = 0;

    for ( size_t i = 0; i < size; i++ )
        other += ((const volatile uint8_t *)p)[i] != byte;
    return other;
}

#endif /* CALLS_H */
