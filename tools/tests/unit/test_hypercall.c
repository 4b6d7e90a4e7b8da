// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/arch/x86/pv/hypercall.c xen/arch/x86/pv/mm_hypercall.c xen/common/grant.c xen/common/version.c xen/common/vm_assist.c xen/common/console_io.c xen/arch/x86/pv/physdev.c xen/common/domain.c
// cflags: -fno-sanitize=null
/* From registers to handlers: dispatch, continuations, multicall, the arrays of the memory calls; and the small
 * calls. */
#include "fake_hv.h"
#include <public/grant_table.h>
#include <public/physdev.h>
#include <public/version.h>
#include <xen/continuation.h>

/* ---- a core that does what the test says -------------------------------------------------------------------------- */

static unsigned int drains_left;      /* vcpu_drain() says "go on" so often */
static unsigned int core_done;        /* requests that took effect */
static unsigned int core_fail_at;     /* the request that fails, counted from 1; 0: none */
static unsigned int core_drain_after; /* and how often the core must then be drained */
static unsigned int core_step;        /* yields after so many requests of a call; 0: never */
static uint64_t core_seen[4096];
static struct mmuext last_ext;
static uint64_t last_mask, last_flags;
static unsigned int last_ents;
static uint64_t last_mfns[MM_GDT_FRAMES];

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

int mmu_update(struct mm_vcpu *v, const struct mmu_target *t, const struct pt_update *req,
               unsigned int nr, unsigned int *done)
{
    for ( *done = 0; *done < nr; )
    {
        if ( core_fail_at == core_done + 1 )
        {
            core_fail_at = 0;
            drains_left = core_drain_after;
            return -EBUSY;
        }
        core_seen[core_done++] = req[(*done)++].ptr;
        if ( core_step && *done == core_step && *done < nr )
            return -ERESTART;
    }
    return 0;
}

bool mmu_update_common(struct mm_vcpu *v, uint64_t ptr, uint64_t val)
{
    return false; /* none of this test's requests is */
}

bool update_va_common(struct mm_vcpu *v, uint64_t va, uint64_t val, bool invlpg)
{
    return false;
}

bool mmuext_common(struct mm_vcpu *v, unsigned int cmd, uint64_t arg1)
{
    return false;
}

int mmuext_op(struct mm_vcpu *v, const struct mmu_target *t, const struct mmuext *op)
{
    if ( core_fail_at == core_done + 1 )
    {
        core_fail_at = 0;
        return -EINVAL;
    }
    last_ext = *op;
    core_seen[core_done++] = op->arg1;
    return 0;
}

int update_va_mapping(struct mm_vcpu *v, const struct mmu_target *t, uint64_t va, uint64_t val,
                      unsigned long flags, uint64_t vcpumask)
{
    last_mask = vcpumask;
    last_flags = flags;
    return vcpu_drain(v);
}

int gdt_set(struct mm_vcpu *v, const uint64_t *mfns, unsigned int ents)
{
    last_ents = ents;
    memcpy(last_mfns, mfns, (ents + 511) / 512 * 8);
    return 0;
}

int descriptor_update(struct mm_vcpu *v, uint64_t ptr, uint64_t desc)
{
    return ptr == 0x1000 && desc == 5 ? 0 : -EINVAL;
}

static mfn_t next_extra = { 0x100 };
mfn_t domain_alloc_extra(struct mm_domain *d)
{
    return next_extra = mfn_add(next_extra, 1);
}

/* ---- the guest ---------------------------------------------------------------------------------------------------- */

static unsigned int entries; /* how often the guest had to enter */

/* A SYSCALL and its continuations; the result. Everything but rax, rcx and r11 must come back as it was. */
static long syscall5(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
                     unsigned long a4, unsigned long a5)
{
    struct cpu_regs before;

    regs = (struct cpu_regs){
        .rax = nr, .rdi = a1, .rsi = a2, .rdx = a3, .r10 = a4, .r8 = a5, .rip = 0x1002, .rbx = 77
    };
    before = regs;
    entries = 0;
    do
    {
        regs.rip = 0x1002;
        hypercall_dispatch(&regs);
        entries++;
    } while ( regs.rip == 0x1000 && regs.rax == nr && entries < 10000 );
    before.rax = regs.rax;
    if ( memcmp(&before, &regs, sizeof(regs)) )
        fail("hypercall %lu changed a register", nr);
    return (long)regs.rax;
}
#define CALL(nr, ...)                 CALL_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(nr, a, b, c, d, e, ...) syscall5(__HYPERVISOR_##nr, (unsigned long)(a), b, c, d, e)

static void start(void)
{
    fake_init();
    memset(guest_mem, 0, sizeof(guest_mem));
    memset(guest_unwritable, 0, sizeof(guest_unwritable));
    memset(guest_unreadable, 0, sizeof(guest_unreadable));
    fake_yield = false;
    fake_yield_after = fake_yield_asked = 0;
    drains_left = core_done = core_fail_at = core_drain_after = core_step = 0;
}

/* ---- dispatch ----------------------------------------------------------------------------------------------------- */

static unsigned int nmi_calls;
static long my_nmi_op(HYPERCALL_ARGS)
{
    nmi_calls++;
    return (long)(a1 + a2 * 10 + a3 * 100 + a4 * 1000 + a5 * 10000);
}

/* Says -ERESTART without meaning it. */
static long my_get_debugreg(HYPERCALL_ARGS)
{
    return -ERESTART;
}

static long iret_rax = 0x55;
static long my_iret(HYPERCALL_ARGS)
{
    regs.rax = (uint64_t)iret_rax;
    return iret_rax;
}

static void test_dispatch(void)
{
    start();
    is_int(CALL(nmi_op, 1, 2, 3, 4, 5), 54321, "five arguments in their registers");
    is_int(syscall5(11, 0, 0, 0, 0, 0), -ENOSYS, "a hole in the table");
    is_int(syscall5(7, 0, 0, 0, 0, 0), -ENOSYS, "platform_op");
    is_int(syscall5(63, 0, 0, 0, 0, 0), -ENOSYS, "the last number of the table");
    is_int(syscall5(64, 0, 0, 0, 0, 0), -ENOSYS, "the first behind it");
    is_int(syscall5(~0UL, 0, 0, 0, 0, 0), -ENOSYS, "minus one");
    is_int(syscall5(1UL << 32 | 28, 0, 0, 0, 0, 0), -ENOSYS, "all of rax is the number");
    is_int(CALL(get_debugreg), -ERESTART, "a result that looks like a continuation");
    is_u64(entries, 1, "is none");
    iret_rax = -ERESTART;
    regs = (struct cpu_regs){ .rax = __HYPERVISOR_iret, .rip = 0x1002 };
    hypercall_dispatch(&regs);
    is_u64(regs.rip, 0x1002, "nor is an rax that iret loads");
    is_int((long)regs.rax, -ERESTART, "it is loaded");
    iret_rax = 0x55;
}

/* ---- progress ----------------------------------------------------------------------------------------------------- */

static void test_progress(void)
{
    struct progress p = { .count = 0x7fffffff, .done = 0x12345678 }, q;
    bool good = true;

    q = progress_decode(progress_encode(&p));
    ok(q.resumed && !q.failed && q.count == p.count && q.done == p.done,
       "count and progress survive");
    p = (struct progress){ .count = 5, .failed = true, .error = -ETIMEDOUT };
    q = progress_decode(progress_encode(&p));
    ok(q.resumed && q.failed && q.count == 5 && q.error == -ETIMEDOUT, "so does an error");
    q = progress_decode(0xffffffff00000003UL);
    ok(!q.resumed && !q.failed && q.count == 3 && !q.done,
       "without the mark the upper half means nothing");
    q = progress_decode(10UL << 32 | COUNT_PREEMPTED | 3);
    is_u64(q.done, 3, "progress never exceeds the count");
    q = progress_decode(~0UL);
    ok(q.failed && q.error == -127, "a forged one is bounded");
    for ( unsigned int e = 1; e < 128; e++ )
    {
        p = (struct progress){ .count = 1, .failed = true, .error = -(int)e };
        good = good && progress_decode(progress_encode(&p)).error == -(int)e;
    }
    ok(good, "every errno fits");
}

/* ---- mmu_update, mmuext_op ---------------------------------------------------------------------------------------- */

#define DONE_AT (40 * PAGE_SIZE)

static void put_requests(unsigned int nr)
{
    struct mmu_update *u = (void *)guest_mem;

    for ( unsigned int i = 0; i < nr; i++ )
        u[i] = (struct mmu_update){ .ptr = i + 1, .val = i };
    memset(guest_mem + DONE_AT, 0xee, 4);
}

static unsigned int done_value(void)
{
    unsigned int n;

    memcpy(&n, guest_mem + DONE_AT, sizeof(n));
    return n;
}

static bool in_order(unsigned int nr)
{
    for ( unsigned int i = 0; i < nr; i++ )
        if ( core_seen[i] != i + 1 )
            return false;
    return core_done == nr;
}

static void test_mmu_update(void)
{
    start();
    put_requests(1000);
    is_int(CALL(mmu_update, GVA(0), 1000, GVA(DONE_AT), DOMID_SELF), 0, "a thousand requests");
    ok(in_order(1000), "each once, in order");
    is_u64(done_value(), 1000, "done says so");

    for ( unsigned int step = 1; step < 70; step += 11 )
        for ( unsigned int every = 1; every < 4; every++ )
        {
            start();
            put_requests(300);
            core_step = step;
            fake_yield_after = every;
            ok(CALL(mmu_update, GVA(0), 300, GVA(DONE_AT), DOMID_SELF) == 0 && in_order(300) &&
                   done_value() == 300,
               "interrupted every %u requests or %u questions (%u entries)", step, every, entries);
        }

    start();
    put_requests(100);
    is_int(CALL(mmu_update, GVA(0), 0, GVA(DONE_AT), DOMID_SELF), 0, "no requests");
    is_u64(done_value(), 0, "none done");
    drains_left = 3;
    is_int(CALL(mmu_update, GVA(0), 0, 0, DOMID_SELF), 0, "no requests, but old work");
    is_u64(entries, 4, "is finished first");
    is_int(CALL(mmu_update, GVA(0), 3, 0, DOMID_SELF), 0, "done may be NULL");
    is_int(CALL(mmu_update, GVA(0), 3, BAD_VA, DOMID_SELF), 0, "or nowhere: nobody is told then");
    is_int(CALL(mmu_update, GVA(0), 3, GVA(DONE_AT), 1), -ESRCH, "a domain that is not there");
    is_int(CALL(mmu_update, GVA(0), 3, GVA(DONE_AT), 2), -EPERM, "one that is not ours to change");
    is_int(CALL(mmu_update, BAD_VA, 3, GVA(DONE_AT), DOMID_SELF), -EFAULT,
           "requests that cannot be read");
    is_u64(done_value(), 0, "are not done");
    is_int(CALL(mmu_update, HV_VA, 3, 0, DOMID_SELF), -EFAULT, "or are the hypervisor's");
    is_int(CALL(mmu_update, NONCANON_VA - 16, 2, 0, DOMID_SELF), -EFAULT,
           "or reach to where no address is (XSA-4)");
    is_int(CALL(mmu_update, HYPERVISOR_END, 0x7fffffff, 0, DOMID_SELF), -EFAULT, "or are too many");
}

static void test_mmu_update_errors(void)
{
    for ( unsigned int at = 1; at <= 70; at += 23 )
        for ( unsigned int drains = 0; drains < 3; drains++ )
        {
            start();
            put_requests(100);
            core_fail_at = at;
            core_drain_after = drains;
            core_step = 7;
            ok(CALL(mmu_update, GVA(0), 100, GVA(DONE_AT), DOMID_SELF) == -EBUSY &&
                   in_order(at - 1) && done_value() == at - 1,
               "request %u fails, %u more entries to clear up", at, drains);
        }

    start();
    put_requests(600);
    guest_unreadable[1] = true;
    is_int(CALL(mmu_update, GVA(0), 600, GVA(DONE_AT), DOMID_SELF), -EFAULT,
           "a request that cannot be read");
    is_u64(done_value(), 256, "those before it are done");
    ok(in_order(256), "all of them");

    /* What a guest can do to its own continuation. */
    start();
    put_requests(10);
    regs = (struct cpu_regs){ .rax = 1,
                              .rdi = GVA(0),
                              .rsi = 5UL << 32 | COUNT_PREEMPTED | 10,
                              .rdx = GVA(DONE_AT),
                              .r10 = DOMID_SELF };
    hypercall_dispatch(&regs);
    ok(regs.rax == 0 && core_done == 5 && done_value() == 10,
       "a forged continuation skips requests");
    regs = (struct cpu_regs){
        .rax = 1, .rdi = GVA(0), .rsi = ~0UL, .rdx = GVA(DONE_AT), .r10 = DOMID_SELF
    };
    hypercall_dispatch(&regs);
    ok((long)regs.rax == -127 && core_done == 5, "or fails with an errno of its choice");
    regs = (struct cpu_regs){
        .rax = 1, .rdi = GVA(0), .rsi = COUNT_PREEMPTED, .rdx = 0, .r10 = DOMID_SELF
    };
    drains_left = 1;
    hypercall_dispatch(&regs);
    ok(regs.rax == 1, "one of nothing goes on");
    hypercall_dispatch(&regs);
    is_u64(regs.rax, 0, "and ends");
}

static void test_mmuext(void)
{
    struct mmuext_op *ops = (void *)guest_mem;
    uint64_t mask = 0xf5;

    start();
    for ( unsigned int i = 0; i < 100; i++ )
        ops[i] = (struct mmuext_op){ .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = i + 1 };
    fake_yield_after = 3;
    is_int(CALL(mmuext_op, GVA(0), 100, GVA(DONE_AT), DOMID_SELF), 0,
           "a hundred operations, interrupted");
    ok(in_order(100) && done_value() == 100 && entries > 10, "each once, in order (%u entries)",
       entries);

    start();
    for ( unsigned int i = 0; i < 100; i++ )
        ops[i] = (struct mmuext_op){ .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = i + 1 };
    core_fail_at = 18;
    is_int(CALL(mmuext_op, GVA(0), 100, GVA(DONE_AT), DOMID_SELF), -EINVAL, "one fails");
    is_u64(done_value(), 17, "done counts those before");

    memcpy(guest_mem + 20 * PAGE_SIZE, &mask, 8);
    ops[0] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_MULTI };
    set_xen_guest_handle(ops[0].arg2.vcpumask, (void *)GVA(20 * PAGE_SIZE));
    is_int(CALL(mmuext_op, GVA(0), 1, 0, DOMID_SELF), 0, "a flush of some vCPUs");
    is_u64(last_ext.vcpumask, 1, "of which only the first is there");
    dom.nr_vcpus = 5;
    CALL(mmuext_op, GVA(0), 1, 0, DOMID_SELF);
    is_u64(last_ext.vcpumask, 0x15, "of five, those named");
    set_xen_guest_handle(ops[0].arg2.vcpumask, (void *)BAD_VA);
    is_int(CALL(mmuext_op, GVA(0), 1, 0, DOMID_SELF), -EINVAL, "a bitmap that cannot be read");
    ops[0] = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg2.src_mfn = 0xdead00000004UL };
    CALL(mmuext_op, GVA(0), 1, 0, DOMID_SELF);
    is_u64(last_ext.arg2, 4, "nr_ents has 32 bits");
    is_int(CALL(mmuext_op, BAD_VA, 1, 0, DOMID_SELF), -EFAULT, "operations that cannot be read");
    dom.nr_vcpus = 1;
}

static void test_other_mm(void)
{
    uint64_t mask = 3;

    start();
    is_int(CALL(update_va_mapping, 0x1000, 0, UVMF_INVLPG | UVMF_ALL), 0, "update_va_mapping");
    memcpy(guest_mem, &mask, 8);
    is_int(CALL(update_va_mapping, 0x1000, 0, UVMF_TLB_FLUSH | GVA(0)), 0, "with a bitmap");
    is_u64(last_mask, 1, "which is copied in");
    is_int(CALL(update_va_mapping, 0x1000, 0, UVMF_TLB_FLUSH | (HV_VA + 8)), -EFAULT,
           "or cannot be");
    is_int(CALL(update_va_mapping, 0x1000, 0, UVMF_NONE | (HV_VA + 8)), 0,
           "but without a flush nobody looks at it");
    drains_left = 5;
    is_int(CALL(update_va_mapping, 0x1000, 0, UVMF_NONE), 0, "old work first");
    is_u64(entries, 6, "as long as it takes");
    is_int(CALL(update_va_mapping_otherdomain, 0x1000, 0, 0, 1), -ESRCH, "another domain's page");

    for ( unsigned int i = 0; i < 14; i++ )
        ((uint64_t *)guest_mem)[i] = i + 50;
    is_int(CALL(set_gdt, GVA(0), 7168), 0, "a GDT of 14 pages");
    ok(last_ents == 7168 && last_mfns[13] == 63, "arrives");
    is_int(CALL(set_gdt, GVA(0), 7169), -EINVAL, "one more is the hypervisor's");
    is_int(CALL(set_gdt, GVA(0), 0xffffffff), -EINVAL, "and so on");
    is_int(CALL(set_gdt, BAD_VA, 512), -EFAULT, "a list that cannot be read");
    is_int(CALL(set_gdt, BAD_VA, 0), 0, "need not be, if it is empty");
    is_int(CALL(update_descriptor, 0x1000, 5), 0, "update_descriptor");
    drains_left = 2;
    is_int(CALL(update_descriptor, 0x1000, 6), -EINVAL, "refused");
}

/* ---- multicall ---------------------------------------------------------------------------------------------------- */

static struct multicall_entry *list = (struct multicall_entry *)(guest_mem + 50 * PAGE_SIZE);
#define LIST GVA(50 * PAGE_SIZE)

static void fill_list(unsigned int nr)
{
    for ( unsigned int i = 0; i < nr; i++ )
        list[i] =
            (struct multicall_entry){ .op = __HYPERVISOR_nmi_op, .result = 0x7777, .args = { i } };
    nmi_calls = 0;
}

/* Blocks the vCPU, as sched_op does. */
static long my_sched_op(HYPERCALL_ARGS)
{
    vcpu0.state = VCPU_BLOCKED;
    return 0;
}

static void test_multicall(void)
{
    bool good = true;

    start();
    fill_list(20);
    list[3].op = 999;
    is_int(CALL(multicall, LIST, 20), 0, "twenty calls in one");
    for ( unsigned int i = 0; i < 20; i++ )
        good = good && list[i].result == (i == 3 ? -ENOSYS : (long)i);
    ok(good, "each with its own result");

    start();
    fill_list(20);
    fake_yield_after = 3;
    is_int(CALL(multicall, LIST, 20), 0, "interrupted between entries");
    is_u64(nmi_calls, 20, "each is made once");
    ok(entries > 5, "in %u entries", entries);

    start();
    fill_list(3);
    list[1].op = __HYPERVISOR_multicall;
    list[1].args[0] = LIST;
    list[1].args[1] = 1;
    is_int(CALL(multicall, LIST, 3), 0, "a multicall in a multicall");
    is_int(list[1].result, -EINVAL, "is refused");
    is_int(list[2].result, 2, "the next call is made");

    start();
    fill_list(4);
    list[1].op = __HYPERVISOR_iret;
    regs.rsi = 0;
    regs = (struct cpu_regs){ .rax = 13, .rdi = LIST, .rsi = 4, .rip = 0x1002 };
    hypercall_dispatch(&regs);
    is_int((long)regs.rax, 0x55, "iret in a multicall ends it with what iret loads (XSA-213)");
    is_int(list[2].result, 0x7777, "the next result is untouched");
    is_int(list[1].result, 0x7777, "and iret's own");
    is_u64(nmi_calls, 1, "nothing behind it is made");

    start();
    fill_list(3);
    list[0].op = __HYPERVISOR_sched_op;
    regs = (struct cpu_regs){ .rax = 13, .rdi = LIST, .rsi = 3, .rip = 0x1002 };
    hypercall_dispatch(&regs);
    ok(regs.rip == 0x1000 && nmi_calls == 0, "an entry that blocks takes effect before the next");
    vcpu0.state = VCPU_RUNNING;
    hypercall_dispatch(&regs);
    ok(regs.rax == 0 && nmi_calls == 2, "which is made afterwards");
    is_u64(regs.rsi, 3, "the count is the guest's again");

    start();
    is_int(CALL(multicall, LIST, 0), 0, "an empty list");
    is_int(CALL(multicall, BAD_VA, 1), -EFAULT, "one that cannot be read");
    is_int(CALL(multicall, HV_VA - 64, 2), -EFAULT, "one that reaches into the hypervisor");
    is_int(CALL(multicall, HYPERVISOR_END, 0x7fffffff), -EFAULT, "one that is too long");
    fill_list(20);
    guest_unwritable[50] = true;
    is_int(CALL(multicall, LIST, 20), -EFAULT, "results that cannot be written");
    is_u64(nmi_calls, 1, "nothing more is made then");
    guest_unwritable[50] = false;
    list = (void *)(guest_mem + 51 * PAGE_SIZE - 128);
    fill_list(2);
    guest_unreadable[51] = true;
    is_int(CALL(multicall, GVA(51 * PAGE_SIZE - 128), 3), -EFAULT, "a list that ends in a hole");
    is_u64(nmi_calls, 2, "is made as far as it goes");
    is_int(list[1].result, 1, "with its results");
    list = (void *)(guest_mem + 50 * PAGE_SIZE);
    ok(!vcpu0.multicall, "it is over");
}

/* An entry that is interrupted itself. */
static void test_multicall_continuation(void)
{
    struct multicall_entry want;

    start();
    put_requests(300);
    fill_list(3);
    list[1] =
        (struct multicall_entry){ .op = 1, .args = { GVA(0), 300, GVA(DONE_AT), DOMID_SELF } };
    want = list[1];
    core_step = 10;
    is_int(CALL(multicall, LIST, 3), 0, "a long call in a multicall");
    ok(in_order(300) && done_value() == 300 && entries >= 30, "is done in parts (%u entries)",
       entries);
    want.result = 0;
    ok(!memcmp(&want, &list[1], sizeof(want)), "its arguments are the guest's in the end");
    is_u64(nmi_calls, 2, "the others are made once");

    start();
    put_requests(300);
    fill_list(1);
    list[0] = want;
    core_step = 10;
    core_fail_at = 55;
    core_drain_after = 4;
    is_int(CALL(multicall, LIST, 1), 0, "one that fails, and leaves work");
    is_int(list[0].result, -EBUSY, "has its error");
    ok(done_value() == 54 && list[0].args[1] == 300, "its count done and its arguments");

    start();
    put_requests(300);
    fill_list(1);
    list[0] = want;
    core_step = 10;
    guest_unwritable[50] = true;
    is_int(CALL(multicall, LIST, 1), -EFAULT, "one that cannot keep its progress");
    ok(!vcpu0.multicall && !vcpu0.continuation, "ends there");
}

/* ---- the small calls ---------------------------------------------------------------------------------------------- */

static bool zero_behind_nul(const char *s, size_t size)
{
    size_t len = strnlen(s, size);

    for ( size_t i = len; i < size; i++ )
        if ( s[i] )
            return false;
    return len < size;
}

static void test_version(void)
{
    struct xen_feature_info *f = (void *)guest_mem;
    struct xen_compile_info *c = (void *)guest_mem;

    start();
    is_int(CALL(xen_version, XENVER_version, 0), 4 << 16 | 17, "the version of the ABI is 4.17");
    is_int(CALL(xen_version, XENVER_pagesize, 0), 4096, "pages");
    is_int(CALL(xen_version, XENVER_get_features, GVA(0)), 0, "features");
    is_u64(f->submap, 1U << 5 | 1U << 6 | 1U << 7 | 1U << 13 | 1U << 17, "of an ordinary domain");
    CALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3);
    CALL(xen_version, XENVER_get_features, GVA(0));
    is_u64(f->submap >> 4 & 1, 1, "one more with that assist");
    dom.vm_assist = 0;
    dom.initial = true;
    CALL(xen_version, XENVER_get_features, GVA(0));
    is_u64(f->submap, 1U << 5 | 1U << 6 | 1U << 7 | 1U << 11 | 1U << 13 | 1U << 17,
           "of the initial one");
    f->submap_idx = 1;
    is_int(CALL(xen_version, XENVER_get_features, GVA(0)), -EINVAL, "there is one submap");
    memset(guest_mem, 0xff, PAGE_SIZE);
    is_int(CALL(xen_version, XENVER_extraversion, GVA(0)), 0, "extraversion");
    ok(zero_behind_nul((char *)guest_mem, 16) && guest_mem[16] == 0xff,
       "no byte more, none of ours (XSA-122)");
    is_int(CALL(xen_version, XENVER_compile_info, GVA(0)), 0, "compile_info");
    ok(zero_behind_nul(c->compiler, 64) && zero_behind_nul(c->compile_by, 16) &&
           zero_behind_nul(c->compile_domain, 32) && zero_behind_nul(c->compile_date, 32) &&
           guest_mem[144] == 0xff,
       "likewise");
    memset(guest_mem, 0xff, PAGE_SIZE);
    CALL(xen_version, XENVER_capabilities, GVA(0));
    is_str((char *)guest_mem, "xen-3.0-x86_64", "capabilities");
    ok(zero_behind_nul((char *)guest_mem, 1024) && guest_mem[1024] == 0xff, "likewise");
    memset(guest_mem, 0xff, PAGE_SIZE);
    CALL(xen_version, XENVER_changeset, GVA(0));
    ok(zero_behind_nul((char *)guest_mem, 64) && guest_mem[64] == 0xff, "changeset likewise");
    memset(boot_info.cmdline, 'x', sizeof(boot_info.cmdline) - 1);
    memset(guest_mem, 0xff, PAGE_SIZE);
    CALL(xen_version, XENVER_commandline, GVA(0));
    ok(strlen((char *)guest_mem) == 1023, "a long command line is cut");
    dom.initial = false;
    CALL(xen_version, XENVER_commandline, GVA(0));
    is_str((char *)guest_mem, "<denied>", "and not for everybody");
    ok(zero_behind_nul((char *)guest_mem, 1024), "likewise");
    is_int(CALL(xen_version, XENVER_platform_parameters, GVA(0)), 0, "platform_parameters");
    is_u64(*(uint64_t *)guest_mem, HYPERVISOR_START, "where the hypervisor begins");
    is_int(CALL(xen_version, XENVER_guest_handle, GVA(0)), 0, "guest_handle");
    is_int(CALL(xen_version, XENVER_build_id, 0), -EPERM, "build_id");
    is_int(CALL(xen_version, 11, 0), -ENOSYS, "no such question");
    for ( unsigned int cmd = 1; cmd < 10; cmd++ )
        if ( cmd != XENVER_pagesize )
            is_int(CALL(xen_version, cmd, HV_VA), -EFAULT,
                   "an answer cannot go into the hypervisor");
}

static void test_grants(void)
{
    struct gnttab_set_version *sv = (void *)guest_mem;
    struct gnttab_query_size *q = (void *)guest_mem;
    struct gnttab_setup_table *st = (void *)guest_mem;
    struct gnttab_map_grant_ref *m = (void *)guest_mem;
    uint64_t *frames = (void *)(guest_mem + PAGE_SIZE);

    start();
    sv->version = 1;
    is_int(CALL(grant_table_op, GNTTABOP_set_version, GVA(0), 1), 0, "version 1");
    sv->version = 2;
    is_int(CALL(grant_table_op, GNTTABOP_set_version, GVA(0), 1), -ENOSYS,
           "version 2 is not there");
    sv->version = 3;
    is_int(CALL(grant_table_op, GNTTABOP_set_version, GVA(0), 1), -EINVAL, "version 3 nowhere");
    sv->version = 1;
    is_int(CALL(grant_table_op, GNTTABOP_set_version, GVA(0), 2), 0, "whatever the count");
    is_int(CALL(grant_table_op, GNTTABOP_set_version, GVA(0), 0x80000000), -EINVAL,
           "but for those that there cannot be");
    is_int(CALL(grant_table_op, GNTTABOP_query_size, GVA(0), 2), -EINVAL, "one at a time");
    q->dom = DOMID_SELF;
    is_int(CALL(grant_table_op, GNTTABOP_query_size, GVA(0), 1), 0, "query_size");
    ok(q->status == GNTST_okay && q->nr_frames == 0 && q->max_nr_frames == 32,
       "none yet, 32 at most");
    q->dom = 99;
    CALL(grant_table_op, GNTTABOP_query_size, GVA(0), 1);
    is_int(q->status, GNTST_bad_domain, "of nobody");
    memset(guest_mem, 0, 64);
    *st = (struct gnttab_setup_table){ .dom = DOMID_SELF, .nr_frames = 4 };
    set_xen_guest_handle(st->frame_list, (xen_pfn_t *)frames);
    is_int(CALL(grant_table_op, GNTTABOP_setup_table, GVA(0), 1), 0, "setup_table");
    ok(st->status == GNTST_okay && frames[0] == 0x101 && frames[3] == 0x104, "lists four frames");
    st->nr_frames = 2;
    CALL(grant_table_op, GNTTABOP_setup_table, GVA(0), 1);
    is_u64(mfn_x(next_extra), 0x104, "two of which are there already");
    st->nr_frames = 33;
    CALL(grant_table_op, GNTTABOP_setup_table, GVA(0), 1);
    is_int(st->status, GNTST_general_error, "33 are too many");
    is_u64(mfn_x(next_extra), 0x104, "and none is taken");
    st->nr_frames = 2;
    set_xen_guest_handle(st->frame_list, (xen_pfn_t *)HV_VA);
    CALL(grant_table_op, GNTTABOP_setup_table, GVA(0), 1);
    is_int(st->status, GNTST_bad_virt_addr, "a list that cannot be written");
    is_int(CALL(grant_table_op, GNTTABOP_setup_table, BAD_VA, 1), -EFAULT,
           "an argument that cannot be read");
    for ( unsigned int i = 0; i < 600; i++ )
        m[i].status = 5;
    fake_yield = true;
    is_int(CALL(grant_table_op, GNTTABOP_map_grant_ref, GVA(0), 600), 0, "600 grants to map");
    ok(m[0].status == GNTST_bad_domain && m[599].status == GNTST_bad_domain, "are all told no");
    is_u64(entries, 3, "in parts");
    is_int(CALL(grant_table_op, GNTTABOP_copy, HV_VA, 1), -EFAULT, "an array in the hypervisor");
    guest_unreadable[1] = true;
    is_int(CALL(grant_table_op, GNTTABOP_map_grant_ref, GVA(PAGE_SIZE - sizeof(*m) + 1), 1),
           -EFAULT, "an entry that ends too late");
    guest_unreadable[1] = false;
    is_int(CALL(grant_table_op, GNTTABOP_map_grant_ref, HYPERVISOR_END, 0x7fffffff), -EFAULT,
           "an enormous one");
    fake_yield = false;
    m[0].status = 5;
    for ( unsigned int i = 0; i < 3; i++ )
    {
        static const uint64_t counts[] = { 0x80000000, 0x80000001, ~0UL };

        is_int(CALL(grant_table_op, GNTTABOP_map_grant_ref, GVA(0), counts[i]), -EINVAL,
               "a count beyond 2^31");
    }
    is_int(m[0].status, 5, "nothing is told");
    is_int(CALL(grant_table_op, 99, GVA(0), 1), -ENOSYS, "no such operation");
    is_int(CALL(grant_table_op, GNTTABOP_dump_table, GVA(0), 1), -ENOSYS, "nor dump_table");
    is_int(CALL(grant_table_op, GNTTABOP_cache_flush, GVA(0), 1), -ENOSYS, "nor cache_flush");
    grant_destroy(&dom);
}

static void test_small(void)
{
    struct physdev_set_iopl *i = (void *)guest_mem;
    struct physdev_set_iobitmap *b = (void *)guest_mem;
    struct physdev_op *o = (void *)guest_mem;

    start();
    is_int(CALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0, "vm_assist");
    is_u64(dom.vm_assist, 4, "is on");
    is_int(CALL(vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0, "and off");
    is_u64(dom.vm_assist, 0, "again");
    is_int(CALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_4gb_segments), 0,
           "help for 32-bit guests, which others do not notice");
    dom.vm_assist = 0;
    is_int(CALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_m2p_strict), -EINVAL, "hiding the M2P");
    is_int(CALL(vm_assist, VMASST_CMD_enable, 64), -EINVAL, "no such help");
    is_int(CALL(vm_assist, VMASST_CMD_enable, 0xffffffff), -EINVAL, "nor that");
    is_int(CALL(vm_assist, 2, 2), -ENOSYS, "no such command");

    i->iopl = 1;
    is_int(CALL(physdev_op, PHYSDEVOP_set_iopl, GVA(0)), 0, "set_iopl");
    is_u64(vcpu0.iopl, 1, "is set");
    i->iopl = 4;
    is_int(CALL(physdev_op, PHYSDEVOP_set_iopl, GVA(0)), -EINVAL, "there is no ring 4");
    *b = (struct physdev_set_iobitmap){ .nr_ports = 65536 };
    set_xen_guest_handle(b->bitmap, (uint8_t *)0x5000);
    is_int(CALL(physdev_op, PHYSDEVOP_set_iobitmap, GVA(0)), 0, "set_iobitmap");
    ok(vcpu0.iobmp == 0x5000 && vcpu0.iobmp_limit == 65536, "is set");
    b->nr_ports = 65537;
    is_int(CALL(physdev_op, PHYSDEVOP_set_iobitmap, GVA(0)), -EINVAL, "there is no port 65536");
    b->nr_ports = 8;
    set_xen_guest_handle(b->bitmap, (uint8_t *)HV_VA);
    is_int(CALL(physdev_op, PHYSDEVOP_set_iobitmap, GVA(0)), -EINVAL, "a bitmap in the hypervisor");
    o->cmd = PHYSDEVOP_set_iopl;
    o->u.set_iopl.iopl = 3;
    is_int(CALL(physdev_op_compat, GVA(0)), 0, "the old form");
    is_u64(vcpu0.iopl, 3, "works");
    is_int(CALL(physdev_op, PHYSDEVOP_get_free_pirq, GVA(0)), -ENOSYS, "no interrupt lines");
    is_int(CALL(physdev_op, PHYSDEVOP_IRQ_UNMASK_NOTIFY, BAD_VA), 0, "none to unmask either");
    is_int(CALL(physdev_op_compat, BAD_VA), -EFAULT, "an argument that cannot be read");
}

static void test_console_io(void)
{
    start();
    fake_console_clear();
    memcpy(guest_mem, "one\ntw\033[2Jo\nthree", 18);
    is_int(CALL(console_io, CONSOLEIO_write, 18, GVA(0)), 0, "write");
    is_str(fake_console, "(d7) one\n(d7) tw[2Jo\n",
           "whole lines, marked, nothing that drives a terminal");
    console_io_flush(&dom);
    is_str(fake_console, "(d7) one\n(d7) tw[2Jo\n(d7) three\n", "the rest when the domain ends");
    fake_console_clear();
    memset(guest_mem, 'a', 8192);
    fake_yield = true;
    is_int(CALL(console_io, CONSOLEIO_write, 8192, GVA(0)), 0, "a long line");
    is_u64(fake_console_len, 64 * (128 + 6), "in pieces");
    is_u64(entries, 64, "interrupted after each");
    is_int(CALL(console_io, CONSOLEIO_write, 10, HV_VA), -EFAULT, "not from the hypervisor");
    is_int(CALL(console_io, CONSOLEIO_write, 0, GVA(0)), 0, "nothing");
    is_int(CALL(console_io, CONSOLEIO_read, 10, GVA(0)), -EPERM,
           "reading is for the initial domain");
    is_int(CALL(console_io, 2, 10, GVA(0)), -ENOSYS, "no such command");
    dom.initial = true;
    fake_console_clear();
    memcpy(guest_mem, "\033[1mraw", 7);
    CALL(console_io, CONSOLEIO_write, 7, GVA(0));
    is_str(fake_console, "\033[1mraw", "whose text is not touched");
    fake_typed = "typed";
    is_int(CALL(console_io, CONSOLEIO_read, 3, GVA(0)), 3, "read");
    is_int(CALL(console_io, CONSOLEIO_read, 100, GVA(3)), 2, "the rest");
    ok(!memcmp(guest_mem, "typed", 5), "what was typed");
    is_int(CALL(console_io, CONSOLEIO_read, 100, GVA(0)), 0, "no more");
    fake_typed = "more";
    is_int(CALL(console_io, CONSOLEIO_read, 100, BAD_VA), -EFAULT, "to nowhere");
    is_int(CALL(console_io, CONSOLEIO_read, 100, GVA(0)), 4, "nothing of it is lost");
    is_int(CALL(console_io, CONSOLEIO_read, 0x80000000, GVA(0)), -E2BIG, "2^31 bytes");
    is_int(CALL(console_io, CONSOLEIO_read, 0xffffffff, GVA(0)), -E2BIG, "2^32 - 1 bytes");
    is_int(CALL(console_io, CONSOLEIO_read, 0x7fffffff, GVA(0)), 0, "2^31 - 1 bytes, of none");
    is_int(CALL(console_io, CONSOLEIO_read, 0x7fffffff, NONCANON_VA - 100), -EFAULT,
           "as many, from the end of the lower half");
}

static void test_console_read_in_pieces(void)
{
    static char many[300];

    start();
    dom.initial = true;
    memset(many, 'm', sizeof(many) - 1);
    fake_typed = many;
    guest_unwritable[1] = true;
    is_int(CALL(console_io, CONSOLEIO_read, 299, GVA(PAGE_SIZE - 200)), 128,
           "a page ends in the second piece: the first is the answer");
    is_int(CALL(console_io, CONSOLEIO_read, 299, GVA(0)), 171, "the rest is still there");
    guest_unwritable[1] = false;
}

int main(void)
{
    fake_calls[__HYPERVISOR_nmi_op] = my_nmi_op;
    fake_calls[__HYPERVISOR_get_debugreg] = my_get_debugreg;
    fake_calls[__HYPERVISOR_iret] = my_iret;
    fake_calls[__HYPERVISOR_sched_op] = my_sched_op;

    test_progress();
    test_dispatch();
    test_mmu_update();
    test_mmu_update_errors();
    test_mmuext();
    test_other_mm();
    test_multicall();
    test_multicall_continuation();
    test_version();
    test_grants();
    test_small();
    test_console_io();
    test_console_read_in_pieces();
    return done();
}
