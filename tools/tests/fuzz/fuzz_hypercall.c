/* SPDX-License-Identifier: GPL-2.0-only */
// sources: xen/arch/x86/pv/hypercall.c xen/arch/x86/pv/mm_hypercall.c
// cflags: -fno-sanitize=null
// options: -max_len=400
// merge-counters: 1
/*
 * The memory calls and multicall between a guest's registers and the core: copies that fail anywhere, a core that stops, fails and has work
 * left wherever the input says, questions answered with "stop" at any rate. Whatever happens on the way, each request that
 * must be done is done once and in order, result, `done` and the results of a multicall's entries are those of a guest that was never
 * interrupted, and the guest's registers and its list come back as they were.
 *
 *   1. a core that does what the input says
 *   2. what must come of a call, from the guest's memory and the input alone
 *   3. calls
 */
#include "../unit/fake_hv.h"
#include <xen/continuation.h>

#include "fuzz.h"

/* The first bytes of the input. */
struct plan
{
    uint8_t step;    /* the core stops after so many requests, 0: never */
    uint8_t yield;   /* every n-th question is answered with yes, 0: none */
    uint8_t fail_at; /* the request that fails, counted from 1; 0: none */
    uint8_t error;
    uint8_t drains;     /* so often the core must be drained afterwards */
    uint8_t old_drains; /* ... and before the first call */
    uint8_t restarts;   /* an mmuext operation is stopped so often before it takes place */
    uint8_t common;     /* one request in so many is a common one, 0: none */
    uint16_t unreadable, unwritable;
};

/* Regions of guest memory, in pages. */
#define REQUESTS 0
#define OPS      16
#define LIST     32
#define MASK     48
#define DONE     56

static struct plan plan;

/* ---- 1. the core --------------------------------------------------------------------------------------------------- */

/* What the core was asked to do: it, and what must come of a call, are written down the same way. */
struct deed
{
    uint64_t what, with;
};
#define DEEDS 16384

struct deeds
{
    struct deed deed[DEEDS];
    unsigned int nr;
};
static struct deeds core, want;
static unsigned int drains_left, restarts_left;
static bool failed;

static void note_deed(struct deeds *log, uint64_t what, uint64_t with)
{
    FUZZ_CHECK(log->nr < DEEDS, "more requests than there can be");
    log->deed[log->nr++] = (struct deed){ what, with };
}

static int plan_error(void)
{
    static const int errors[] = { -EINVAL, -EBUSY, -EPERM, -ENOSYS, -ENOMEM };

    return errors[plan.error % ARRAY_SIZE(errors)];
}

/* Does the next request fail? */
static bool fails(unsigned int done)
{
    return plan.fail_at && done + 1 == plan.fail_at;
}

int vcpu_drain(struct mm_vcpu *v)
{
    if ( !drains_left )
        return 0;
    drains_left--;
    return -ERESTART;
}

int mmu_decode_target(struct mm_domain *d, uint32_t foreigndom, struct mmu_target *t)
{
    *t = (struct mmu_target){ .pt = d, .pg = d };
    return foreigndom == DOMID_SELF ? 0 : foreigndom == 1 ? -ESRCH : -EPERM;
}

/* Once: then it is the end of the call. */
static int fail_now(void)
{
    failed = true;
    drains_left = plan.drains % 8;
    return plan_error();
}

int mmu_update(struct mm_vcpu *v, const struct mmu_target *t, const struct pt_update *req,
               unsigned int nr, unsigned int *done)
{
    *done = 0;
    if ( vcpu_drain(v) )
        return -ERESTART;
    while ( *done < nr )
    {
        if ( fails(core.nr) )
            return fail_now();
        note_deed(&core, req[*done].ptr, req[*done].val);
        ++*done;
        if ( plan.step && core.nr % plan.step == 0 && *done < nr )
        {
            drains_left = plan.drains % 4;
            return -ERESTART;
        }
    }
    return 0;
}

static bool is_common(uint64_t what)
{
    return plan.common && what / 16 % plan.common == 0 && !drains_left && !fails(core.nr);
}

bool mmu_update_common(struct mm_vcpu *v, uint64_t ptr, uint64_t val)
{
    if ( !is_common(ptr) )
        return false;
    note_deed(&core, ptr, val);
    return true;
}

/* The second argument counts where there is one. */
static uint64_t ext_args(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    return cmd == MMUEXT_INVLPG_LOCAL ? arg1 : arg1 ^ arg2 << 8;
}

int mmuext_op(struct mm_vcpu *v, const struct mmu_target *t, const struct mmuext *op)
{
    if ( vcpu_drain(v) )
        return -ERESTART;
    if ( restarts_left )
    {
        restarts_left--;
        return -ERESTART;
    }
    restarts_left = plan.restarts % 4;
    if ( fails(core.nr) )
        return fail_now();
    note_deed(&core, op->cmd | op->vcpumask << 32, ext_args(op->cmd, op->arg1, op->arg2));
    return 0;
}

bool mmuext_common(struct mm_vcpu *v, unsigned int cmd, uint64_t arg1)
{
    if ( cmd != MMUEXT_INVLPG_LOCAL || !is_common(arg1) )
        return false;
    note_deed(&core, cmd, arg1);
    return true;
}

int update_va_mapping(struct mm_vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                      unsigned long flags, uint64_t vcpumask)
{
    if ( vcpu_drain(v) )
        return -ERESTART;
    if ( fails(core.nr) )
        return fail_now();
    note_deed(&core, va, val ^ flags << 32 ^ vcpumask << 8);
    return 0;
}

bool update_va_common(struct mm_vcpu *v, uint64_t va, uint64_t val, bool invlpg)
{
    if ( !is_common(va) )
        return false;
    note_deed(&core, va, val ^ (invlpg ? (uint64_t)UVMF_INVLPG << 32 : 0));
    return true;
}

static bool readable(uint64_t va, size_t len)
{
    return guest_access_ok(va, len, guest_unreadable);
}

/* As pv/direct.c has it. */
static unsigned int entries_direct(struct vcpu *v, uint64_t list, unsigned int nr)
{
    unsigned int n = 0;

    for ( struct multicall_entry *e = (void *)list; n < nr && n < 4; n++, e++ )
    {
        if ( !readable((uint64_t)e, sizeof(*e)) || e->op != __HYPERVISOR_update_va_mapping ||
             (e->args[2] & ~(uint64_t)UVMF_INVLPG) ||
             !guest_access_ok((uint64_t)e, sizeof(*e), guest_unwritable) ||
             !update_va_common(&v->mm, e->args[0], e->args[1], e->args[2]) )
            break;
        e->result = 0;
    }
    return n;
}

int gdt_set(struct mm_vcpu *v, const uint64_t *mfns, unsigned int ents)
{
    if ( fails(core.nr) )
        return fail_now();
    note_deed(&core, ents, ents ? mfns[0] ^ mfns[(ents - 1) / 512] << 20 : 0);
    return 0;
}

int descriptor_update(struct mm_vcpu *v, uint64_t ptr, uint64_t desc)
{
    if ( fails(core.nr) )
        return fail_now();
    note_deed(&core, ptr, desc);
    return 0;
}

/* ---- 2. what must come of a call ----------------------------------------------------------------------------------- */

/* The next request takes place, or is the one that fails: then the call's result is *rc. */
static bool must_do(uint64_t what, uint64_t with, long *rc)
{
    if ( fails(want.nr) )
    {
        *rc = plan_error();
        return false;
    }
    note_deed(&want, what, with);
    return true;
}

/* Of a multicall's entries several may tell at the same address. */
static bool in_multicall;

static long must_tell(uint64_t pdone, unsigned int done, long rc)
{
    if ( pdone && !in_multicall && guest_access_ok(pdone, sizeof(done), guest_unwritable) )
        FUZZ_CHECK(!memcmp((void *)pdone, &done, sizeof(done)), "done is not %u", done);
    return rc;
}

static bool must_find(uint64_t foreigndom, long *rc)
{
    *rc = foreigndom == DOMID_SELF ? 0 : foreigndom == 1 ? -ESRCH : -EPERM;
    return *rc == 0;
}

static long must_update(const uint64_t *a)
{
    uint64_t count = a[1] & COUNT_MASK;
    unsigned int done = 0;
    long rc;

    if ( !must_find((uint32_t)a[3], &rc) )
        return rc;
    if ( !guest_range_ok(a[0], count * sizeof(struct mmu_update)) )
        return -EFAULT;
    for ( ; done < count; done++ )
    {
        const struct mmu_update *u = (void *)(a[0] + done * sizeof(*u));

        if ( !readable((uint64_t)u, sizeof(*u)) )
            rc = -EFAULT;
        else if ( must_do(u->ptr, u->val, &rc) )
            continue;
        break;
    }
    return must_tell(a[2], done, rc);
}

static bool mask_of(uint64_t va, uint64_t *mask)
{
    *mask = 0;
    if ( !readable(va, (dom.nr_vcpus + 7) / 8) )
        return false;
    memcpy(mask, (void *)va, (dom.nr_vcpus + 7) / 8);
    *mask &= (1ULL << dom.nr_vcpus) - 1;
    return true;
}

static long must_ext_one(const struct mmuext_op *op)
{
    uint64_t mask = 0, arg2 = op->arg2.src_mfn;
    long rc = 0;

    if ( op->cmd == MMUEXT_SET_LDT )
        arg2 = op->arg2.nr_ents;
    if ( (op->cmd == MMUEXT_TLB_FLUSH_MULTI || op->cmd == MMUEXT_INVLPG_MULTI) &&
         !mask_of((uint64_t)op->arg2.vcpumask.p, &mask) )
        return -EINVAL;
    must_do(op->cmd | mask << 32, ext_args(op->cmd, op->arg1.mfn, arg2), &rc);
    return rc;
}

static long must_ext(const uint64_t *a)
{
    uint64_t count = a[1] & COUNT_MASK;
    unsigned int done = 0;
    long rc;

    if ( !must_find((uint32_t)a[3], &rc) )
        return rc;
    if ( !guest_range_ok(a[0], count * sizeof(struct mmuext_op)) )
        return -EFAULT;
    for ( ; done < count; done++ )
    {
        const struct mmuext_op *op = (void *)(a[0] + done * sizeof(*op));

        rc = readable((uint64_t)op, sizeof(*op)) ? must_ext_one(op) : -EFAULT;
        if ( rc )
            break;
    }
    return must_tell(a[2], done, rc);
}

static long must_va(const uint64_t *a)
{
    uint64_t bitmap = a[2] & ~(uint64_t)UVMF_FLUSHTYPE_MASK, mask = 0;
    long rc = 0;

    if ( (a[2] & UVMF_FLUSHTYPE_MASK) != UVMF_NONE && bitmap != UVMF_LOCAL && bitmap != UVMF_ALL &&
         !mask_of(bitmap, &mask) )
        return -EFAULT;
    must_do(a[0], a[1] ^ a[2] << 32 ^ mask << 8, &rc);
    return rc;
}

static long must_gdt(const uint64_t *a)
{
    unsigned int ents = (unsigned int)a[1], nr = (ents + 511) / 512;
    const uint64_t *mfns = (void *)a[0];
    long rc = 0;

    if ( ents > 7168 )
        return -EINVAL;
    if ( !readable(a[0], nr * sizeof(*mfns)) )
        return -EFAULT;
    must_do(ents, ents ? mfns[0] ^ mfns[(ents - 1) / 512] << 20 : 0, &rc);
    return rc;
}

static long must_multicall(const uint64_t *a);

static long must(uint64_t nr, const uint64_t *a, bool inner)
{
    long rc = 0;

    switch ( nr )
    {
    case __HYPERVISOR_mmu_update: return must_update(a);
    case __HYPERVISOR_mmuext_op: return must_ext(a);
    case __HYPERVISOR_update_va_mapping: return must_va(a);
    case __HYPERVISOR_set_gdt: return must_gdt(a);
    case __HYPERVISOR_update_descriptor: must_do(a[0], a[1], &rc); return rc;
    case __HYPERVISOR_multicall: return inner ? -EINVAL : must_multicall(a);
    default: return -ENOSYS;
    }
}

/* Entries are as they were when the call began, but for the results. */
static struct multicall_entry list_before[64];

static long must_multicall(const uint64_t *a)
{
    uint64_t count = a[1] & COUNT_MASK;

    if ( !guest_range_ok(a[0], count * sizeof(struct multicall_entry)) )
        return -EFAULT;
    for ( uint64_t i = 0; i < count; i++ )
    {
        const struct multicall_entry *e = (void *)(a[0] + i * sizeof(*e)), *was = &list_before[i];
        unsigned int before = want.nr;
        long rc;

        if ( !readable((uint64_t)e, sizeof(*e)) )
            return -EFAULT;
        rc = must(was->op, was->args, true);
        FUZZ_CHECK(e->op == was->op, "a multicall entry is another");
        if ( !guest_access_ok((uint64_t)e, sizeof(*e), guest_unwritable) )
        {
            /* An interrupted entry keeps its progress in the list: without it, that is the end. */
            if ( core.nr >= before && core.nr < want.nr )
                want.nr = core.nr;
            return -EFAULT;
        }
        FUZZ_CHECK(!memcmp(e->args, was->args, sizeof(e->args)),
                   "a multicall entry's arguments are not what they were");
        FUZZ_CHECK((long)e->result == rc, "a multicall entry's result is %ld, should be %ld",
                   (long)e->result, rc);
    }
    return 0;
}

/* ---- 3. calls ------------------------------------------------------------------------------------------------------ */

/* An address in or near a region: at its beginning, at a page's end, somewhere odd, nowhere. */
static uint64_t address(struct fuzz_in *in, unsigned int page)
{
    static const uint64_t nowhere[] = { 8, BAD_VA, HV_VA, ~0ULL, NONCANON_VA - 8, HYPERVISOR_END };
    uint8_t byte = fuzz_u8(in);

    if ( byte >= 0xf0 )
        return nowhere[byte % ARRAY_SIZE(nowhere)];
    if ( byte >= 0x80 )
        return GVA((page + 1) * PAGE_SIZE - 8UL * (byte & 0x7f));
    return GVA(page * PAGE_SIZE + 16UL * byte);
}

/* Number and arguments of a call. */
static uint64_t choose(struct fuzz_in *in, uint64_t *a)
{
    static const uint8_t kinds[] = { __HYPERVISOR_mmu_update,        __HYPERVISOR_mmu_update,
                                     __HYPERVISOR_mmuext_op,         __HYPERVISOR_mmuext_op,
                                     __HYPERVISOR_update_va_mapping, __HYPERVISOR_set_gdt,
                                     __HYPERVISOR_update_descriptor, 63 };
    uint64_t nr = kinds[fuzz_u8(in) % ARRAY_SIZE(kinds)];
    uint8_t n = fuzz_u8(in);

    memset(a, 0, 6 * sizeof(*a));
    switch ( nr )
    {
    case __HYPERVISOR_mmu_update:
    case __HYPERVISOR_mmuext_op:
        a[0] = address(in, nr == __HYPERVISOR_mmu_update ? REQUESTS : OPS);
        a[1] = n < 0xc0 ? n % 0x60U : n * 3U;
        a[2] = n % 3 ? 0 : address(in, DONE);
        a[3] = fuzz_u8(in) < 0xf0 ? DOMID_SELF : n & 1U;
        break;
    case __HYPERVISOR_update_va_mapping:
        a[0] = n * 16ULL;
        a[1] = fuzz_u16(in);
        a[2] = n & 0x40 ? n & 3U : (n & 3U) | address(in, MASK);
        break;
    case __HYPERVISOR_set_gdt:
        a[0] = address(in, REQUESTS);
        a[1] = n < 0xf0 ? n * 29ULL : 7160ULL + n % 16;
        break;
    default: a[0] = n; a[1] = fuzz_u16(in);
    }
    return nr;
}

/*
 * Everything a guest may keep at the addresses above, told apart by position. Wherever in their region an mmuext operation begins, it begins
 * with a command, and some have the address of a bitmap.
 */
static void fill_memory(void)
{
    static const uint8_t cmds[] = { MMUEXT_INVLPG_LOCAL, MMUEXT_INVLPG_MULTI,
                                    MMUEXT_TLB_FLUSH_MULTI, MMUEXT_SET_LDT, MMUEXT_PIN_L1_TABLE };
    static uint64_t first[sizeof(guest_mem) / 8];
    static bool made;
    const unsigned int words = PAGE_SIZE / 8;

    for ( unsigned int i = 0; !made && i < ARRAY_SIZE(first); i++ )
    {
        if ( i < OPS * words || i >= LIST * words )
            first[i] = i * 8 + 3;
        else if ( i % 7 == 3 )
            first[i] = GVA(MASK * PAGE_SIZE + i % PAGE_SIZE);
        else
            first[i] = cmds[i % ARRAY_SIZE(cmds)];
    }
    made = true;
    memcpy(guest_mem, first, sizeof(guest_mem));
}

static void forbid_pages(void)
{
    memset(guest_unreadable, 0, sizeof(guest_unreadable));
    memset(guest_unwritable, 0, sizeof(guest_unwritable));
    for ( unsigned int bit = 0; bit < 16; bit++ )
    {
        unsigned int page = bit < 4    ? REQUESTS + bit
                            : bit < 8  ? OPS + bit - 4
                            : bit < 12 ? LIST + bit - 8
                                       : MASK + bit - 12;

        guest_unreadable[page] = (plan.unreadable >> bit) & 1;
        /* Nobody writes to the first two regions: these bits are for done. */
        guest_unwritable[bit < 8 ? DONE + bit % 8 : page] = (plan.unwritable >> bit) & 1;
    }
}

/* A SYSCALL, made again as long as it is wound back. */
static void make_call(uint64_t nr, uint64_t *a)
{
    struct cpu_regs before = { .rax = nr,
                               .rdi = a[0],
                               .rsi = a[1],
                               .rdx = a[2],
                               .r10 = a[3],
                               .r8 = a[4],
                               .rip = 0x1002,
                               .rbx = 77 };
    unsigned int entries = 0;
    long rc;

    core.nr = want.nr = 0;
    failed = false;
    in_multicall = nr == __HYPERVISOR_multicall;
    restarts_left = plan.restarts % 4;
    drains_left = plan.old_drains % 8;
    regs = before;
    do
    {
        regs.rip = 0x1002;
        hypercall_dispatch(&regs);
        FUZZ_CHECK(entries++ < 100000, "the call does not end");
    } while ( regs.rip == 0x1000 );
    rc = must(nr, a, false);
    FUZZ_CHECK((long)regs.rax == rc, "call %llu: result %ld, should be %ld", (unsigned long long)nr,
               (long)regs.rax, rc);
    before.rax = regs.rax;
    FUZZ_CHECK(!memcmp(&before, &regs, sizeof(regs)), "a register is not what it was");
    FUZZ_CHECK(core.nr == want.nr, "%u requests done, should be %u", core.nr, want.nr);
    FUZZ_CHECK(!memcmp(core.deed, want.deed, core.nr * sizeof(core.deed[0])),
               "other requests were done");
    if ( nr == __HYPERVISOR_mmu_update || nr == __HYPERVISOR_mmuext_op )
        FUZZ_CHECK(!failed || !drains_left, "what the failed request left is not cleared up");
    fuzz_operations++;
}

/* Some calls in a list; their numbers of requests are small, as each may do many. */
static void make_multicall(struct fuzz_in *in)
{
    uint64_t a[6] = { GVA(LIST * PAGE_SIZE) + (fuzz_u8(in) % 64) * 64ULL, fuzz_u8(in) % 12U };
    struct multicall_entry *e = (void *)a[0];

    for ( unsigned int i = 0; i < a[1]; i++ )
    {
        uint64_t args[6];

        e[i].op = choose(in, args);
        if ( fuzz_u8(in) == 0xff )
            e[i].op = __HYPERVISOR_multicall;
        memcpy(e[i].args, args, sizeof(e[i].args));
        e[i].result = 0x7777;
    }
    memcpy(list_before, e, a[1] * sizeof(*e));
    make_call(__HYPERVISOR_multicall, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = { data, size };
    uint64_t a[6], nr;

    if ( size < sizeof(plan) )
        return 0;
    memcpy(&plan, data, sizeof(plan));
    in.p += sizeof(plan);
    in.left -= sizeof(plan);
    fake_init();
    fake_direct = entries_direct;
    dom.nr_vcpus = 5;
    fake_yield_asked = 0;
    fake_yield_after = plan.yield;
    fill_memory();
    forbid_pages();
    for ( unsigned int i = 0; i < 4 && in.left; i++ )
    {
        if ( fuzz_u8(&in) & 1 )
            make_multicall(&in);
        else
        {
            nr = choose(&in, a);
            make_call(nr, a);
        }
    }
    return 0;
}
