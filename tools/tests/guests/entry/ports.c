/* SPDX-License-Identifier: GPL-2.0-only */
/* Port I/O by bitmap, and string instructions at the edges. */
#include "entry.h"

static uint8_t bitmap[8193];
static unsigned int port_nr;

static void in_byte(void *arg)
{
    __asm__ volatile("inb %%dx, %%al" ::"d"(port_nr) : "rax");
}

static void in_long(void *arg)
{
    __asm__ volatile("inl %%dx, %%eax" ::"d"(port_nr) : "rax");
}

static bool allowed(void (*fn)(void *), unsigned int port)
{
    port_nr = port;
    return !probe(fn, NULL);
}

static long set_bitmap(void *at, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle(op.bitmap, at);
    return hyp_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

TEST("io-bitmap-edges", "ports by bitmap", 0)
{
    check(!allowed(in_byte, 0x80), "no bitmap, IOPL 0: no port");
    memset(bitmap, 0xff, sizeof(bitmap));
    bitmap[0x80 / 8] = 0xfe;  /* 0x80 alone */
    bitmap[0x3ff / 8] = 0x00; /* 0x3f8 - 0x3ff */
    bitmap[65535 / 8] = 0;
    check_rc(set_bitmap(bitmap, 65536), 0, "a bitmap");
    check(allowed(in_byte, 0x80), "a clear bit allows");
    check(!allowed(in_byte, 0x81), "a set one does not");
    check(!allowed(in_long, 0x80), "all four ports of a wide access count");
    check(allowed(in_long, 0x3fc), "four clear ones allow");
    check(!allowed(in_long, 0x3fd), "the last of four is set");
    check(allowed(in_byte, 0xffff), "the last port");
    check(!allowed(in_long, 0xfffd), "an access that ends beyond the last port is refused");
    check_rc(set_bitmap(bitmap, 0x3fb), 0, "a limit");
    check(allowed(in_byte, 0x3fa), "the port below it is looked up");
    check(!allowed(in_byte, 0x3fb), "the port at it is refused");
    check(!allowed(in_long, 0x3f8), "so is one that reaches it");
    check_rc(set_bitmap((void *)0xdead0000, 65536), 0, "a bitmap that is not mapped");
    check(!allowed(in_byte, 0x80), "refuses");
    check_rc(set_bitmap(NULL, 0), 0, "none");
}

/* ---- Strings ---- */

static struct
{
    uint64_t rdi, rcx;
} string;

static void rep_insl(void *arg)
{
    __asm__ volatile("rep insl" : "+D"(string.rdi), "+c"(string.rcx) : "d"(0x80) : "memory");
}

static void insb_down(void *arg)
{
    __asm__ volatile("std; rep insb; cld"
                     : "+D"(string.rdi), "+c"(string.rcx)
                     : "d"(0x80)
                     : "memory");
}

TEST("io-strings", "strings of ports", 0)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    uint8_t *big = page_alloc(), *next = page_alloc();

    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
    string.rdi = (uint64_t)big;
    string.rcx = 1024;
    check(!probe(rep_insl, NULL), "4096 bytes");
    check(big[0] == 0xff && big[4095] == 0xff && string.rcx == 0 &&
              string.rdi == (uint64_t)big + 4096,
          "all are read");
    memset(big, 0, 4096);
    string.rdi = (uint64_t)big + 9;
    string.rcx = 10;
    check(!probe(insb_down, NULL), "ten bytes downwards");
    check(big[0] == 0xff && big[9] == 0xff && big[10] == 0, "the right ones");
    string.rcx = 0;
    check(!probe(rep_insl, NULL), "none at all");
    string.rdi = 0xffff830000000000;
    string.rcx = 1;
    check(probe(rep_insl, NULL) && probe_regs.vector == TRAP_GP, "into the hypervisor: #GP");
    if ( next == big + PAGE_SIZE )
    {
        check_rc(hyp_update_va_mapping(next, 0, UVMF_INVLPG), 0, "a page that is not mapped");
        string.rdi = (uint64_t)next - 8;
        string.rcx = 4;
        check(probe(rep_insl, NULL) && probe_regs.vector == TRAP_PF, "across its edge: #PF");
        check_eq(probe_cr2, (uint64_t)next, "there");
        check_eq(probe_regs.rcx, 2, "after two elements");
        check_eq(probe_regs.rdi, (uint64_t)next, "that were stored");
        string.rdi = (uint64_t)next - 6;
        string.rcx = 4;
        check(probe(rep_insl, NULL) && probe_regs.vector == TRAP_PF, "an element on the edge: #PF");
        check_eq(probe_cr2, (uint64_t)next, "where it ends");
        check_eq(probe_regs.rcx, 3, "after one element");
    }
    iopl.iopl = 0;
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 0");
}
