// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses that may fault.
 *   1. the exception table: pairs of an instruction that may fault and where to go on then
 *   2. copies from and to a guest, by its own addresses
 *   3. descriptors seen through the vCPU's windows, and loading selectors
 * Keeps invariant 8 (bounds): a range is checked as a whole before its first byte is touched. With SMAP on, user pages are open
 * only during the copying instructions themselves. No locks.
 */
#include <asm/costs.h>
#include <asm/extable.h>
#include <asm/uaccess.h>
#include <xen/lib.h>

/* ---- 1. Exception table -------------------------------------------------------------------- */

/* Distances from each field itself, so that the table needs no relocation. */
struct ex_entry
{
    int32_t fault, fixup;
};
extern const struct ex_entry __ex_table_start[], __ex_table_end[];

static uint64_t ex_address(const int32_t *field)
{
    return (uint64_t)field + (uint64_t)(int64_t)*field;
}

uint64_t search_exception_table(uint64_t rip)
{
    for ( const struct ex_entry *e = __ex_table_start; e < __ex_table_end; e++ )
        if ( ex_address(&e->fault) == rip )
            return ex_address(&e->fixup);
    return 0;
}

/* ---- 2. Guest memory ----------------------------------------------------------------------- */

/*
 * Eight bytes at a time, then the rest. How much is left when it faults does not matter: rcx is not 0 then. Early clobbers, as
 * the tail is still read when the first part has changed the three.
 */
static size_t copy(void *dst, const void *src, size_t len)
{
    size_t left = len / 8, tail = len % 8;

    user_access_begin();
    __asm__ volatile("1: rep movsq\n\t"
                     "movq %[tail], %%rcx\n"
                     "2: rep movsb\n\t"
                     "jmp 4f\n"
                     "3: movl $1, %%ecx\n"
                     "4:\n\t" EX_TABLE("1b", "3b") EX_TABLE("2b", "3b")
                     : "+&c"(left), "+&S"(src), "+&D"(dst)
                     : [tail] "r"(tail)
                     : "memory");
    user_access_end();
    return left;
}

int copy_from_guest(void *dst, uint64_t va, size_t len)
{
    if ( !guest_range_ok(va, len) )
        return -EFAULT;
    return copy(dst, (const void *)va, len) ? -EFAULT : 0;
}

int copy_to_guest(uint64_t va, const void *src, size_t len)
{
    if ( !guest_range_ok(va, len) )
        return -EFAULT;
    return copy((void *)va, src, len) ? -EFAULT : 0;
}

int copy_from_guest_16(void *dst, uint64_t va)
{
    uint64_t *words = dst;

    if ( unlikely(!guest_range_ok(va, 16)) )
        return -EFAULT;
    user_access_begin();
    __asm__ volatile goto("1: movq (%[src]), %%rcx\n\t"
                          "movq %%rcx, (%[dst])\n"
                          "2: movq 8(%[src]), %%rcx\n\t"
                          "movq %%rcx, 8(%[dst])\n\t" EX_TABLE("1b", "%l[fault]")
                              EX_TABLE("2b", "%l[fault]")
                          :
                          : [src] "r"(va), [dst] "r"(words)
                          : "rcx", "memory"
                          : fault);
    user_access_end();
    return 0;
fault:
    user_access_end();
    return -EFAULT;
}

int copy_words_from_guest(void *dst, uint64_t va, size_t nr)
{
    if ( unlikely(!guest_range_ok(va, nr * 8)) )
        return -EFAULT;
    user_access_begin();
    __asm__ volatile goto("1: rep movsq\n\t" EX_TABLE("1b", "%l[fault]")
                          : "+&c"(nr), "+&S"(va), "+&D"(dst)
                          :
                          : "memory"
                          : fault);
    user_access_end();
    return 0;
fault:
    user_access_end();
    return -EFAULT;
}

int read_guest_u64(uint64_t va, uint64_t *val)
{
    if ( unlikely(!guest_range_ok(va, 8)) )
        return -EFAULT;
    user_access_begin();
    __asm__ volatile goto("1: movq (%[src]), %[val]\n\t" EX_TABLE("1b", "%l[fault]")
                          : [val] "=r"(*val)
                          : [src] "r"(va)
                          : "memory"
                          : fault);
    user_access_end();
    return 0;
fault:
    user_access_end();
    return -EFAULT;
}

/* ---- 3. Descriptors and selectors ---------------------------------------------------------- */

int read_hv_u64(const uint64_t *src, uint64_t *val)
{
    int rc = 0;

    *val = 0;
    __asm__ volatile("1: movq (%[src]), %[val]\n\t"
                     "jmp 3f\n"
                     "2: movl %[efault], %[rc]\n"
                     "3:\n\t" EX_TABLE("1b", "2b")
                     : [rc] "+r"(rc), [val] "+r"(*val)
                     : [src] "r"(src), [efault] "i"(-EFAULT)
                     : "memory");
    return rc;
}

bool load_gs_selector(uint16_t sel, uint64_t keep_base, uint64_t *new_base)
{
    uint32_t ok = 1, lo, hi;

    /* No access through GS between the two changes of its base. */
    __asm__ volatile("1: movl %[sel], %%gs\n\t"
                     "jmp 3f\n"
                     "2: xorl %[ok], %[ok]\n"
                     "3: movl %[msr], %%ecx\n\t"
                     "rdmsr\n\t"
                     "movl %%eax, %[lo]\n\t"
                     "movl %%edx, %[hi]\n\t"
                     "movl %k[keep], %%eax\n\t"
                     "movq %[keep], %%rdx\n\t"
                     "shrq $32, %%rdx\n\t"
                     "wrmsr\n\t" EX_TABLE("1b", "2b")
                     : [ok] "+&r"(ok), [lo] "=&r"(lo), [hi] "=&r"(hi)
                     : [sel] "r"((uint32_t)sel), [keep] "r"(keep_base), [msr] "i"(0xc0000101)
                     : "eax", "ecx", "edx", "memory");
    count_cost(COST_SERIALISING);
    *new_base = (uint64_t)hi << 32 | lo;
    return ok;
}

#define DEFINE_LOAD_SELECTOR(seg)                                                                  \
    bool load_##seg##_selector(uint16_t sel)                                                       \
    {                                                                                              \
        uint32_t ok = 1;                                                                           \
                                                                                                   \
        __asm__ volatile("1: movl %[sel], %%" #seg "\n\t"                                          \
                         "jmp 3f\n"                                                                \
                         "2: xorl %[ok], %[ok]\n"                                                  \
                         "3:\n\t" EX_TABLE("1b", "2b")                                             \
                         : [ok] "+r"(ok)                                                           \
                         : [sel] "r"((uint32_t)sel)                                                \
                         : "memory");                                                              \
        return ok;                                                                                 \
    }
DEFINE_LOAD_SELECTOR(ds)
DEFINE_LOAD_SELECTOR(es)
DEFINE_LOAD_SELECTOR(fs)
