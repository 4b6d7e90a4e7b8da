// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables of a CPU.
 *   1. the hypervisor's page of the GDT: entries from index 7168 on, behind the 14 pages a guest may fill
 *   2. the TSS: the stack for entries from a guest, and a stack of its own for each of #DF, NMI, #MC and #DB
 *   3. the IDT, one for all CPUs
 * The page of the GDT is shown at the 15th page of the window of the vCPU the CPU runs (window.c). Before the first vCPU, GDTR
 * points 14 pages below it, so that the same selectors work. No locks: each CPU touches its own.
 */
#include <asm/desc.h>
#include <asm/layout.h>
#include <asm/processor.h>
#include <asm/sections.h>
#include <xen/mm.h>

/* SDM volume 3, section 8.7. */
struct tss
{
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_bitmap;
} __packed;
BUILD_BUG_ON(sizeof(struct tss) != 104);

struct idt_gate
{
    uint16_t offset_0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_16;
    uint32_t offset_32, reserved;
};
BUILD_BUG_ON(sizeof(struct idt_gate) != 16);

#define GATE_INTERRUPT 0x8e /* present, DPL 0, clears IF */
#define GATE_DPL3      0x60

struct cpu_tables
{
    uint64_t gdt[PAGE_SIZE / sizeof(uint64_t)];
    struct tss tss __aligned(PAGE_SIZE);
};

static struct cpu_tables boot_tables __page_aligned_bss;
static struct cpu_tables *cpu_tables[MM_MAX_CPUS] = { &boot_tables };
static struct idt_gate idt[256] __ro_after_init __aligned(PAGE_SIZE);

/* ---- 1. GDT -------------------------------------------------------------------------------- */

/* All have the accessed bit, so that the CPU has no reason to write to the page. */
#define DESC_HV_CS     0x00af9b000000ffffUL /* code, DPL 0, 64-bit */
#define DESC_HV_DS     0x00cf93000000ffffUL
#define DESC_FLAT_CS32 0x00cffb000000ffffUL /* code, DPL 3, 32-bit */
#define DESC_FLAT_DS32 0x00cff3000000ffffUL
#define DESC_FLAT_CS64 0x00affb000000ffffUL

#define DESC_TYPE_LDT 0x82UL
#define DESC_TYPE_TSS 0x89UL

#define GDT_INDEX(sel) (((sel) >> 3) - GDT_FIRST_RESERVED)

/* The first byte behind the hypervisor's page: nothing of the 16th page can be named. */
#define GDT_LIMIT (15 * PAGE_SIZE - 1)

/** A system descriptor takes two entries (SDM volume 3, section 3.5.2). */
static void set_system_desc(uint64_t *entry, uint64_t base, uint32_t limit, uint64_t type)
{
    entry[1] = base >> 32;
    entry[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
               (uint64_t)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
}

static void fill_gdt(struct cpu_tables *t)
{
    t->gdt[GDT_INDEX(SEL_HV_CS)] = DESC_HV_CS;
    t->gdt[GDT_INDEX(SEL_HV_DS)] = DESC_HV_DS;
    t->gdt[GDT_INDEX(SEL_FLAT_CS32)] = DESC_FLAT_CS32;
    t->gdt[GDT_INDEX(SEL_FLAT_DS32)] = DESC_FLAT_DS32;
    t->gdt[GDT_INDEX(SEL_FLAT_CS64)] = DESC_FLAT_CS64;
    set_system_desc(&t->gdt[GDT_INDEX(SEL_TSS)], (uint64_t)&t->tss, sizeof(t->tss) - 1,
                    DESC_TYPE_TSS);
}

static void reload_selectors(void)
{
    __asm__ __volatile__("pushq %0\n\t"
                         "leaq 1f(%%rip), %%rax\n\t"
                         "pushq %%rax\n\t"
                         "lretq\n"
                         "1: movl %1, %%eax\n\t"
                         "movl %%eax, %%ss"
                         :
                         : "i"(SEL_HV_CS), "i"(SEL_HV_DS)
                         : "rax", "memory");
}

const uint64_t *desc_gdt_page(unsigned int cpu)
{
    return cpu_tables[cpu]->gdt;
}

void desc_load_gdt(uint64_t base)
{
    const struct desc_ptr ptr = { .limit = GDT_LIMIT, .base = base };

    lgdt(&ptr);
}

void desc_load_ldt(uint64_t base, unsigned int ents)
{
    uint64_t *entry = &cpu_tables[smp_cpu()]->gdt[GDT_INDEX(SEL_LDT)];

    if ( !ents )
    {
        lldt(0);
        return;
    }
    set_system_desc(entry, base, ents * 8 - 1, DESC_TYPE_LDT);
    lldt(SEL_LDT);
}

/* ---- 2. TSS -------------------------------------------------------------------------------- */

void desc_set_stacks(uint64_t stack, const uint64_t ist[IST_COUNT])
{
    struct percpu *self = percpu();
    struct tss *tss = &cpu_tables[self->cpu]->tss;

    self->stack_top = stack;
    tss->rsp[0] = stack;
    for ( unsigned int i = 0; i < IST_COUNT; i++ )
    {
        uint64_t top = ist[i] - 16;

        *(struct percpu **)top = self;
        tss->ist[i] = top;
    }
    /* Beyond the limit: there is no bitmap, every port access from CPL 3 faults. */
    tss->io_bitmap = sizeof(*tss);
}

/* ---- 3. IDT -------------------------------------------------------------------------------- */

static uint8_t gate_ist(unsigned int vector)
{
    switch ( vector )
    {
    case 1: return IST_DB;
    case 2: return IST_NMI;
    case 8: return IST_DF;
    case 18: return IST_MC;
    default: return IST_NONE;
    }
}

/*
 * May `int n` at CPL 3 pass the gate? Not for exceptions: the CPU pushes an error code for some of them but `int n` never does,
 * and their handlers take them for real. int3 and into are the exceptions that are meant to be raised so.
 */
static bool gate_open(unsigned int vector)
{
    return vector == 3 || vector == 4 || (vector >= 32 && vector < VECTOR_DEVICE_FIRST);
}

static void fill_idt(void)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(idt); i++ )
    {
        uint64_t target = entry_vectors[i];

        idt[i] = (struct idt_gate){
            .offset_0 = (uint16_t)target,
            .offset_16 = (uint16_t)(target >> 16),
            .offset_32 = (uint32_t)(target >> 32),
            .selector = SEL_HV_CS,
            .ist = gate_ist(i),
            .type = GATE_INTERRUPT | (gate_open(i) ? GATE_DPL3 : 0),
        };
    }
}

void desc_load_cpu(void)
{
    const struct desc_ptr idt_ptr = { .limit = sizeof(idt) - 1, .base = (uint64_t)idt };
    struct cpu_tables *t = cpu_tables[smp_cpu()];

    fill_gdt(t);
    desc_load_gdt((uint64_t)t->gdt - GDT_FIRST_RESERVED * 8);
    reload_selectors();
    lldt(0);
    ltr(SEL_TSS);
    fill_idt();
    lidt(&idt_ptr);
}
