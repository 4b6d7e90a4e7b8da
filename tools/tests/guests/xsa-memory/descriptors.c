/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor pages: what they were does not count, and what is not there is not looked at. */
#include "memory.h"

#define DATA_DPL3 0x00cff3000000ffffUL
#define TSS_DESC  0x00008900000000ffUL

static long set_gdt1(uint64_t mfn)
{
    unsigned long frame = mfn;

    return hyp_set_gdt(&frame, 512);
}

TEST("xsa-214", "a descriptor page is looked at again each time", 0)
{
    uint64_t *g = page_alloc();

    g[1] = DATA_DPL3;
    check_rc(page_set_ro(g), 0, "a page of descriptors");
    for ( unsigned int i = 0; i < 3; i++ )
    {
        check_rc(set_gdt1(mfn_of(g)), 0, "use it");
        check_rc(page_set_rw(g), -XEN_EBUSY, "it cannot be written to");
        check_rc(hyp_set_gdt(NULL, 0), 0, "no GDT");
        entry_write(&g[2], TSS_DESC);
        check_rc(set_gdt1(mfn_of(g)), -XEN_EINVAL, "use it with a TSS in it");
        check_rc(pin(2, g), -XEN_EINVAL, "or as an L2");
        entry_write(&g[2], 0);
    }
    check_rc(page_set_rw(g), 0, "nothing of it is typed");
}

static struct
{
    uint64_t offset;
    uint16_t selector;
} __attribute__((packed)) far;

static void call_far(void *arg)
{
    __asm__ volatile("rex.w lcall *%0" ::"m"(far) : "memory");
}

static void jump_far(void *arg)
{
    __asm__ volatile("rex.w ljmp *%0" ::"m"(far) : "memory");
}

static void load_es(void *arg)
{
    __asm__ volatile("mov %0, %%es" ::"r"((uint32_t)(uint64_t)arg));
}

/* Descriptors that cannot be used: what matters is who looks where for them. */
TEST("xsa-298", "selectors of an LDT that is not there", 0)
{
    static const uint16_t selectors[] = { 0x0c, 0x14, 0x0f, 0x3fc, 0x1004, 0xfffc, 0xffff };

    check_rc(mmuext(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
    check_rc(page_set_ro(NULL), 0, "the page at address 0, where it would be, read-only");
    for ( unsigned int i = 0; i < ARRAY_SIZE(selectors); i++ )
    {
        uint64_t error = selectors[i] & 0xfffcU;

        far.offset = 0;
        far.selector = selectors[i];
        check(probe(call_far, NULL) && probe_regs.vector == TRAP_GP && probe_regs.error == error,
              "call to 0x%x: #GP", selectors[i]);
        check(probe(jump_far, NULL) && probe_regs.vector == TRAP_GP && probe_regs.error == error,
              "jump to 0x%x: #GP", selectors[i]);
        check(probe(load_es, (void *)(uint64_t)selectors[i]) && probe_regs.vector == TRAP_GP &&
                  probe_regs.error == error,
              "load of 0x%x: #GP", selectors[i]);
    }
    check_rc(page_set_rw(NULL), 0, "the page at address 0 has not become descriptors");
}
