/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of the guest's own: GDT, and LDT pages that are looked at only when a selector is loaded. */
#include "entry.h"

#define DESC_DATA(base)                                                                            \
    (0x00cff2000000ffffUL | ((base)&0xffffffUL) << 16 | ((base) >> 24 & 0xff) << 56)
#define DESC_CODE64 0x00affa000000ffffUL /* not accessed yet: the CPU writes to the page */

static uint64_t *gdt, *ldt;
static volatile uint64_t word = 0xfeed;

static unsigned long read_gs(unsigned long arg)
{
    uint64_t v;

    __asm__ volatile("mov %%gs:(%1), %0" : "=r"(v) : "r"(arg));
    return v;
}

static void load_fs(void *arg)
{
    __asm__ volatile("mov %0, %%fs" ::"r"((uint32_t)(uint64_t)arg));
}

static uint64_t read_fs(uint64_t offset)
{
    uint64_t v;

    __asm__ volatile("mov %%fs:(%1), %0" : "=r"(v) : "r"(offset));
    return v;
}

static unsigned long load_gs_in_user(unsigned long sel)
{
    __asm__ volatile("mov %0, %%gs" ::"r"((uint32_t)sel));
    return read_gs(0);
}

static unsigned long read_gs_0(unsigned long arg)
{
    return read_gs(0);
}

TEST("gdt-selectors", "selectors of the GDT", 0)
{
    unsigned long frame, result = 0;
    uint64_t at_0;

    __asm__ volatile("mov 0, %0" : "=r"(at_0)); /* our first page */
    gdt = page_alloc();
    gdt[5] = DESC_DATA((uint64_t)&word);
    gdt[6] = DESC_CODE64;
    frame = virt_to_mfn(gdt);
    check_rc(page_set_ro(gdt), 0, "the page read-only");
    check_rc(hyp_set_gdt(&frame, 512), 0, "set_gdt");
    check(!probe(load_fs, (void *)(5 * 8 + 3)), "load fs");
    check_eq(read_fs(0), 0xfeed, "it has the base");
    check_eq(gdt[5] >> 40 & 1, 1, "and the CPU has marked the descriptor");
    check(probe(load_fs, (void *)(7 * 8 + 3)) && probe_regs.vector == TRAP_GP,
          "an empty descriptor: #GP");
    check_eq(probe_regs.error, 7 * 8, "that names it");
    check(probe(load_fs, (void *)(600 * 8 + 3)) && probe_regs.vector == TRAP_GP,
          "one beyond the frames given: #GP");
    check_eq(probe_regs.error, 600 * 8, "that names it");

    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 5 * 8 + 3), 0, "user GS selector");
    check(user_call(read_gs_0, 0, &result), "user mode reads");
    check_eq(result, 0xfeed, "by its base");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER, 0), 0, "user GS base 0");
    check(user_call(load_gs_in_user, 5 * 8 + 3, &result), "user mode loads it itself");
    check_eq(result, 0xfeed, "and reads");
    check(user_call(read_gs_0, 0, &result), "in the kernel and back again");
    check_eq(result, 0xfeed, "the silently changed base is still there");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0xe010), 0,
             "the hypervisor's data selector: null, no error");
    check(user_call(read_gs_0, 0, &result), "user mode reads");
    check_eq(result, at_0, "the base is 0 then");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 5 * 8 + 3), 0, "a good selector");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0, "null");
    check(user_call(read_gs_0, 0, &result), "user mode reads");
    check_eq(result, at_0, "the base is 0 again");
}

extern char ldt_landed[];
__asm__(".text; ldt_landed: ud2");

static void iret_to_ldt(void *arg)
{
    struct iret_frame f = { .rip = (uint64_t)ldt_landed,
                            .cs = (2 * 8 + 4) | (uint64_t)arg,
                            .rflags = EFLAGS_IF,
                            .rsp = probe_sp,
                            .ss = FLAT_KERNEL_SS };

    iret_to(&f);
}

TEST("ldt-selectors", "selectors of the LDT", 0)
{
    ldt = page_alloc();
    ldt[1] = DESC_DATA((uint64_t)&word);
    ldt[2] = DESC_CODE64;
    check_rc(page_set_ro(ldt), 0, "the page read-only");
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512), 0, "SET_LDT");
    check(!probe(load_fs, (void *)(1 * 8 + 7)), "the first load brings the page");
    check_eq(read_fs(0), 0xfeed, "base");
    check(!probe(load_fs, (void *)(1 * 8 + 7)), "the second finds it there");
    check(probe(load_fs, (void *)(4 * 8 + 7)) && probe_regs.vector == TRAP_GP &&
              probe_regs.error == (4 * 8 + 4),
          "an empty one: #GP with the TI bit");
    check(probe(load_fs, (void *)(512 * 8 + 7)) && probe_regs.vector == TRAP_GP &&
              probe_regs.error == (512 * 8 + 4),
          "beyond the limit: #GP");

    /* Again from scratch: now it is IRET in the hypervisor that needs the page. */
    check_rc(mmuext(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
    check(probe(load_fs, (void *)(1 * 8 + 7)) && probe_regs.vector == TRAP_GP,
          "then #GP (XSA-298)");
    check_rc(mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512), 0, "SET_LDT");
    check(probe(iret_to_ldt, NULL) && probe_regs.vector == TRAP_UD &&
              probe_regs.rip == (uint64_t)ldt_landed,
          "iret to a code segment of the LDT arrives (vector %lu, rip 0x%lx, error 0x%lx)",
          probe_regs.vector, probe_regs.rip, probe_regs.error);
    check_eq(probe_regs.cs & 0xffff, 2 * 8 + 4, "with that cs");

    section("an LDT that is not there");
    check_rc(mmuext(MMUEXT_SET_LDT, 0xdead0000, 512), 0, "SET_LDT to nowhere");
    check(probe(load_fs, (void *)(1 * 8 + 7)), "a selector of it traps");
    check_eq(probe_regs.vector, TRAP_PF, "#PF");
    check_eq(probe_cr2, 0xdead0008, "where the guest has its LDT");
    check(probe(iret_to_ldt, NULL), "iret to it traps");
    check_eq(probe_regs.vector, TRAP_PF, "#PF");
    check_eq(probe_regs.rip, (uint64_t)ldt_landed, "at the target");
    check_rc(hyp_set_segment_base(SEGBASE_GS_USER_SEL, 1 * 8 + 7), 0,
             "user GS selector of it: null, no error");
    check_rc(mmuext(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
    check_rc(hyp_set_gdt(NULL, 0), 0, "no GDT");
    __asm__ volatile("mov %0, %%fs" ::"r"(0));
}
