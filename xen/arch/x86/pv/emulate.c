// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of ring 0, executed by a guest's kernel in ring 3: the CPU raises #GP and they are carried out here.
 *   1. control registers
 *   2. debug registers, MSRs, the time-stamp counter
 *   3. what stores system registers: SMSW, SGDT and the like
 *   4. software interrupts that the IDT refused
 *   5. which instruction it was
 *   6. CPUID behind the forced-emulation prefix
 * User mode has port I/O, CLI and STI if its virtual IOPL allows, and forced CPUID; all else is its own #GP. Whatever the bytes
 * say, the registers that come out are sanitised before the guest runs (XSA-202): invariant 11. No locks.
 */
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv/bounce.h>
#include <asm/pv/cpuid.h>
#include <asm/pv/pv.h>
#include <asm/uaccess.h>
#include <xen/hypercall.h>
#include <xen/time.h>
#include <xen/version.h>

/* ---- 1. Control registers ------------------------------------------------------------------- */

void guest_set_ts(struct vcpu *v, bool ts)
{
    uint64_t cr0 = read_cr0() & ~X86_CR0_TS;

    v->cr0_ts = ts ? X86_CR0_TS : 0;
    write_cr0(cr0 | v->cr0_ts);
}

/** fpu_taskswitch(set): CR0.TS without a trap. It is cleared by itself when #NM is delivered. */
long do_fpu_taskswitch(HYPERCALL_ARGS)
{
    guest_set_ts(current, (int)a1);
    return 0;
}

static uint64_t guest_cr0(const struct vcpu *v)
{
    return (read_cr0() & ~X86_CR0_TS) | v->cr0_ts;
}

/* What the guest sees of CR4: what it runs under, but for the features hidden in CPUID. */
#define CR4_GUEST_SEES                                                                             \
    (X86_CR4_TSD | X86_CR4_DE | X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

static uint64_t guest_cr4(void)
{
    return read_cr4() & CR4_GUEST_SEES;
}

static bool cr_read(struct vcpu *v, unsigned int cr, uint64_t *val)
{
    switch ( cr )
    {
    case 0: *val = guest_cr0(v); return true;
    case 2: *val = v->info->arch.cr2; return true;
    case 3: *val = xen_pfn_to_cr3(mfn_x(v->mm.root)); return true;
    case 4: *val = guest_cr4(); return true;
    default: return false;
    }
}

/* Only TSD is the guest's to choose. Other bits are dropped without a word, as a kernel sets those that it thinks it has. */
static void cr4_write(struct vcpu *v, uint64_t val)
{
    v->cr4 = val & X86_CR4_TSD;
    write_cr4((read_cr4() & ~X86_CR4_TSD) | v->cr4);
}

enum cr_write_result
{
    CR_WRITTEN,
    CR_REFUSED,
    CR_AGAIN, /* stopped half-way: the instruction is to be executed again */
};

static enum cr_write_result cr_write(struct vcpu *v, unsigned int cr, uint64_t val)
{
    int rc;

    switch ( cr )
    {
    case 0:
        if ( (val ^ guest_cr0(v)) & ~X86_CR0_TS )
            return CR_REFUSED;
        guest_set_ts(v, val & X86_CR0_TS);
        return CR_WRITTEN;
    case 2: v->info->arch.cr2 = val; return CR_WRITTEN;
    case 3:
        rc = vcpu_drain(&v->mm);
        if ( !rc )
            rc = new_base(&v->mm, _mfn(xen_cr3_to_pfn(val)), false);
        return rc == 0 ? CR_WRITTEN : rc == -ERESTART ? CR_AGAIN : CR_REFUSED;
    case 4: cr4_write(v, val); return CR_WRITTEN;
    default: return CR_REFUSED;
    }
}

static enum emulation mov_cr(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    uint64_t val;

    if ( insn->opcode == INSN_0F(0x20) )
    {
        if ( !cr_read(v, insn->reg, &val) )
            return EMUL_UNHANDLED;
        insn_reg_write(insn, regs, insn->rm, insn->size, val);
    }
    else
    {
        val = insn_reg_read(insn, regs, insn->rm, insn->size);
        switch ( cr_write(v, insn->reg, val) )
        {
        case CR_REFUSED: return EMUL_UNHANDLED;
        case CR_AGAIN: return EMUL_DONE;
        case CR_WRITTEN: break;
        }
    }
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

/* ---- 2. Debug registers, MSRs, TSC ---------------------------------------------------------- */

/* DR4 and DR5 do not exist, which is #UD. */
static enum emulation mov_dr(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    uint64_t val;
    int rc;

    if ( insn->opcode == INSN_0F(0x21) )
    {
        rc = debugreg_get(v, insn->reg, &val);
        if ( !rc )
            insn_reg_write(insn, regs, insn->rm, insn->size, val);
    }
    else
        rc = debugreg_set(v, insn->reg, insn_reg_read(insn, regs, insn->rm, insn->size));
    if ( rc == -ENODEV )
        guest_trap(v, TRAP_UD, 0);
    else if ( rc )
        return EMUL_UNHANDLED;
    else
        insn_retire(v, regs, insn);
    return EMUL_DONE;
}

static void set_edx_eax(struct cpu_regs *regs, uint64_t val)
{
    regs->rax = (uint32_t)val;
    regs->rdx = val >> 32;
}

static enum emulation msr_access(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    uint64_t val = regs->rdx << 32 | (uint32_t)regs->rax;

    if ( insn->opcode == INSN_0F(0x30) )
    {
        if ( guest_wrmsr(v, (uint32_t)regs->rcx, val) )
            return EMUL_UNHANDLED;
    }
    else
    {
        if ( guest_rdmsr(v, (uint32_t)regs->rcx, &val) )
            return EMUL_UNHANDLED;
        set_edx_eax(regs, val);
    }
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

/* Reached only with CR4.TSD set, by which a kernel keeps its processes from reading the TSC, not itself. */
static enum emulation time_stamp(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    set_edx_eax(regs, rdtsc());
    if ( insn->opcode == INSN_0F(0x01) ) /* rdtscp */
        regs->rcx = v->tsc_aux;
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

/* ---- 3. System registers --------------------------------------------------------------------- */

/* A memory operand of the system groups. False: the fault is on its way. */
static bool operand_address(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                            bool long_mode, uint64_t *va)
{
    bool stack = insn->base == 4 || insn->base == 5;
    enum insn_segment seg = insn->segment != SEG_DEFAULT ? insn->segment : stack ? SEG_SS : SEG_DS;
    uint64_t base;

    if ( !guest_segment_base(v, regs, seg, long_mode, &base) )
    {
        guest_trap(v, TRAP_GP, 0);
        return false;
    }
    *va = base + insn_offset(insn, regs);
    return true;
}

void guest_copy_fault(struct vcpu *v, uint64_t va, const void *data, unsigned int size)
{
    unsigned int first = (unsigned int)(PAGE_SIZE - (va & ~PAGE_MASK));
    uint8_t read[16];

    ASSERT(size <= sizeof(read));
    if ( !is_canonical(va) || !is_canonical(va + size - 1) )
    {
        guest_trap(v, TRAP_GP, 0);
        return;
    }
    if ( first < size &&
         !(data ? copy_to_guest(va, data, first) : copy_from_guest(read, va, first)) )
        va += first;
    guest_page_fault(v, va, PFEC_USER | (data ? PFEC_WRITE : 0));
}

/* SGDT, SIDT, SLDT, STR, SMSW trap when the hypervisor runs with UMIP, which guests do not know of. They get values that tell nothing. */
#define DUMMY_TABLE_BASE  0xfffffffffffe0000UL
#define DUMMY_TABLE_LIMIT 0xffff

struct table_pointer
{
    uint16_t limit;
    uint64_t base;
} __packed;

static enum emulation store_bytes(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                                  bool long_mode, const void *data, unsigned int size)
{
    uint64_t va;

    if ( !operand_address(v, regs, insn, long_mode, &va) )
        return EMUL_DONE;
    if ( copy_to_guest(va, data, size) )
        guest_copy_fault(v, va, data, size);
    else
        insn_retire(v, regs, insn);
    return EMUL_DONE;
}

static enum emulation store_table(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                                  bool long_mode)
{
    const struct table_pointer p = { .limit = DUMMY_TABLE_LIMIT, .base = DUMMY_TABLE_BASE };

    return store_bytes(v, regs, insn, long_mode, &p, long_mode ? 10 : 6);
}

/* To memory these store 16 bits, whatever the operand size. */
static enum emulation store_word(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn,
                                 bool long_mode, uint64_t val)
{
    if ( insn->is_mem )
        return store_bytes(v, regs, insn, long_mode, &val, 2);
    insn_reg_write(insn, regs, insn->rm, insn->size, val);
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

static enum emulation stores_in_user_mode_too(struct vcpu *v, struct cpu_regs *regs,
                                              const struct insn *insn, bool long_mode)
{
    unsigned int op = insn->reg & 7;

    if ( !cpu_features.umip )
        return EMUL_UNHANDLED;
    if ( insn->opcode == INSN_0F(0x00) && op <= 1 ) /* sldt, str */
        return store_word(v, regs, insn, long_mode, 0);
    if ( insn->opcode == INSN_0F(0x01) && op <= 1 && insn->is_mem ) /* sgdt, sidt */
        return store_table(v, regs, insn, long_mode);
    if ( insn->opcode == INSN_0F(0x01) && op == 4 )
        return store_word(v, regs, insn, long_mode, guest_cr0(v));
    return EMUL_UNHANDLED;
}

/* ---- 4. Software interrupts ------------------------------------------------------------------ */

static enum emulation software_interrupt(struct vcpu *v, struct cpu_regs *regs,
                                         const struct insn *insn)
{
    regs->rip += insn->len;
    guest_software_interrupt(v, regs, (uint8_t)insn->imm, insn->len);
    return EMUL_DONE;
}

/* ---- 5. Which instruction -------------------------------------------------------------------- */

static enum emulation cli_sti(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    /* The event mask is the guest's business alone. */
    if ( v->iopl < virtual_cpl(v) )
        return EMUL_UNHANDLED;
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

/* XSETBV without CR4.OSXSAVE is #UD (SDM volume 2); QEMU looks at CPL first. */
static enum emulation system_group_7(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    unsigned int op = insn->reg & 7, rm = insn->rm & 7;

    if ( op == 2 && !insn->is_mem && rm == 1 )
    {
        guest_trap(v, TRAP_UD, 0);
        return EMUL_DONE;
    }
    if ( op == 7 && !insn->is_mem && rm == 1 && !v->mm.user_mode )
        return time_stamp(v, regs, insn);
    return EMUL_UNHANDLED;
}

/* Writing back caches is for those who may map memory around them; for others there is nothing to write back. */
static enum emulation cache_flush(struct vcpu *v, struct cpu_regs *regs, const struct insn *insn)
{
    if ( v->mm.d->cache_attrs )
        wbinvd();
    insn_retire(v, regs, insn);
    return EMUL_DONE;
}

static enum emulation kernel_instruction(struct vcpu *v, struct cpu_regs *regs,
                                         const struct insn *insn)
{
    switch ( insn->opcode )
    {
    case INSN_0F(0x06):
        guest_set_ts(v, false);
        insn_retire(v, regs, insn);
        return EMUL_DONE;
    case INSN_0F(0x09): return cache_flush(v, regs, insn);
    case INSN_0F(0x20):
    case INSN_0F(0x22): return mov_cr(v, regs, insn);
    case INSN_0F(0x21):
    case INSN_0F(0x23): return mov_dr(v, regs, insn);
    case INSN_0F(0x30):
    case INSN_0F(0x32): return msr_access(v, regs, insn);
    case INSN_0F(0x31): return time_stamp(v, regs, insn);
    default: return EMUL_UNHANDLED; /* hlt, invd, lmsw, rdpmc and all others */
    }
}

static enum emulation emulate_any(struct vcpu *v, struct cpu_regs *regs)
{
    enum emulation result;
    struct insn insn;
    bool long_mode;

    switch ( insn_fetch(v, regs, &insn, &long_mode) )
    {
    case FETCH_UNKNOWN: return EMUL_UNHANDLED;
    case FETCH_FAULT: return EMUL_DONE;
    case FETCH_OK: break;
    }
    /* A #GP that says "IDT" came from `int n` alone, and no other does. */
    if ( regs->error_code )
        return insn.opcode == 0xcd ? software_interrupt(v, regs, &insn) : EMUL_UNHANDLED;
    switch ( insn.opcode )
    {
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef: return emulate_io(v, regs, &insn, long_mode);
    case 0xfa:
    case 0xfb: return cli_sti(v, regs, &insn);
    default:
        result = stores_in_user_mode_too(v, regs, &insn, long_mode);
        if ( result == EMUL_UNHANDLED && insn.opcode == INSN_0F(0x01) )
            result = system_group_7(v, regs, &insn);
        else if ( result == EMUL_UNHANDLED && !v->mm.user_mode )
            result = kernel_instruction(v, regs, &insn);
        return result;
    }
}

/* The eight bytes at rip of 64-bit code, if they lie in one page. What is read here once is all that counts, as in insn_fetch(). */
static bool fetch_eight(const struct cpu_regs *regs, uint64_t *bytes)
{
    return regs->cs == FLAT_RING3_CS64 && (regs->rip & ~PAGE_MASK) <= PAGE_SIZE - 8 &&
           !read_guest_u64(regs->rip, bytes);
}

bool emulate_cr_read(struct vcpu *v, struct cpu_regs *regs)
{
    struct plain_cr_read r;
    uint64_t bytes, val;

    if ( !fetch_eight(regs, &bytes) || !insn_decode_cr_read(bytes, &r) ||
         (regs->rflags & X86_EFLAGS_TF) || !cr_read(v, r.cr, &val) )
        return false;
    *insn_reg(regs, r.reg) = val;
    regs->rip += r.len;
    regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
    return true;
}

enum emulation emulate_privileged(struct vcpu *v, struct cpu_regs *regs)
{
    struct insn insn;
    uint64_t bytes;

    if ( likely(!v->mm.user_mode && !regs->error_code && fetch_eight(regs, &bytes) &&
                insn_decode_short(bytes, &insn)) )
        return kernel_instruction(v, regs, &insn);
    return emulate_any(v, regs);
}

/* ---- 6. Forced CPUID ------------------------------------------------------------------------- */

static const uint8_t forced_cpuid[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };

/* Hypervisors built to count costs have two leaves more (asm/costs.h). They are nobody else's: feature masks do not apply. */
static bool costs_cpuid(uint32_t leaf, struct cpu_regs *regs)
{
#ifdef CONFIG_COUNT_COSTS
    const struct percpu *p = percpu();

    if ( leaf == COSTS_LEAF )
    {
        uint32_t name[3];

        memcpy(name, COSTS_NAME, sizeof(name));
        regs->rax = COSTS_LEAF + 1;
        regs->rbx = name[0];
        regs->rcx = name[1];
        regs->rdx = name[2];
        return true;
    }
    if ( leaf == COSTS_LEAF + 1 )
    {
        regs->rax = p->costs[COST_LOCKED];
        regs->rbx = p->costs[COST_SERIALISING];
        regs->rcx = p->costs[COST_FLUSH];
        regs->rdx = p->costs[COST_CR3];
        return true;
    }
#endif
    return false;
}

static void guest_cpuid(struct vcpu *v, struct cpu_regs *regs)
{
    const struct cpuid_policy p = {
        .initial = v->domain->initial,
        .vcpu = v->id,
        .paddr_bits = cpu_features.paddr_bits,
        .tsc_khz = tsc_scale.khz,
        .tsc_mul = tsc_scale.mul,
        .tsc_shift = tsc_scale.shift,
        .abi_version = XEN_ABI_MAJOR << 16 | XEN_ABI_MINOR,
    };
    uint32_t leaf = (uint32_t)regs->rax, subleaf = (uint32_t)regs->rcx;
    struct cpuid own = cpuid_count(leaf, subleaf);
    struct cpuid_leaf r = { own.eax, own.ebx, own.ecx, own.edx };

    cpuid_filter(&p, leaf, subleaf, cpuid(0).eax, cpuid(0x80000000).eax, &r);
    regs->rax = r.a;
    regs->rbx = r.b;
    regs->rcx = r.c;
    regs->rdx = r.d;
}

/* Exactly the prefix and CPUID, without a prefix of its own; after anything else the UD2 is a plain one. */
enum emulation emulate_forced(struct vcpu *v, struct cpu_regs *regs)
{
    uint8_t bytes[sizeof(forced_cpuid)];
    const struct insn insn = { .len = sizeof(forced_cpuid) };
    uint64_t base, eight;
    bool long_mode;

    if ( fetch_eight(regs, &eight) && (eight & 0xffffff) != FORCED_CPUID_BEGIN )
        return EMUL_UNHANDLED;
    if ( !guest_code_segment(v, regs, &long_mode, &base) )
        return EMUL_UNHANDLED;
    if ( copy_from_guest(bytes, base + regs->rip, sizeof(bytes)) ||
         memcmp(bytes, forced_cpuid, sizeof(bytes)) )
        return EMUL_UNHANDLED;
    if ( !costs_cpuid((uint32_t)regs->rax, regs) )
        guest_cpuid(v, regs);
    insn_retire(v, regs, &insn);
    return EMUL_DONE;
}
