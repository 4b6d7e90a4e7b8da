/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall page: code that a guest calls instead of knowing how a hypercall is made. Pure; no locks.
 *
 *     push %rcx; push %r11; mov $nr, %eax; syscall; pop %r11; pop %rcx; ret      SYSCALL destroys rcx and r11
 *     push %rcx; push %r11; push %rax; mov $iret, %eax; syscall                  iret: jumped to, does not return; the
 *                                                                                pushes begin its frame (rax, r11, rcx, ...)
 */

#include <public/xen.h>
#include <xen/types.h>

#include "dom_build.h"

#define STUB_SIZE 32
#define INT3      0xcc /* fills what nobody should reach */

static const uint8_t call_before[] = { 0x51, 0x41, 0x53, 0xb8 }; /* push push mov */
static const uint8_t call_after[] = {
    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3
};                                                                     /* syscall pop pop ret */
static const uint8_t iret_before[] = { 0x51, 0x41, 0x53, 0x50, 0xb8 }; /* push push push mov */
static const uint8_t iret_after[] = { 0x0f, 0x05 };                    /* syscall */

static void stub_fill(uint8_t *p, const uint8_t *before, size_t nr_before, uint32_t call,
                      const uint8_t *after, size_t nr_after)
{
    memcpy(p, before, nr_before);
    memcpy(p + nr_before, &call, sizeof(call));
    memcpy(p + nr_before + sizeof(call), after, nr_after);
}

void hypercall_page_fill(uint8_t page[PAGE_SIZE])
{
    memset(page, INT3, PAGE_SIZE);
    for ( uint32_t nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++ )
    {
        uint8_t *p = page + nr * STUB_SIZE;

        if ( nr == __HYPERVISOR_iret )
            stub_fill(p, iret_before, sizeof(iret_before), nr, iret_after, sizeof(iret_after));
        else
            stub_fill(p, call_before, sizeof(call_before), nr, call_after, sizeof(call_after));
    }
}
