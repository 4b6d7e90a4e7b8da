// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/trace.c xen/common/trace_decode.c xen/common/trace_mm.c xen/common/trace_text.c xen/common/cmdline.c
// cflags: -fno-sanitize=null
/* The hypercall trace: what is selected, each call in words, refusals on the line of their call, and arguments that lead nowhere. */
#include "fake_hv.h"
#include <public/callback.h>
#include <public/event_channel.h>
#include <public/memory.h>
#include <public/platform.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <xen/cmdline.h>
#include <xen/continuation.h>

#define ALL (~0UL)
#define AT  0x200 /* where arguments lie in the guest's memory */

/* ---- 1. Selection --------------------------------------------------------------------------------------------------- */

static void selects(const char *names, uint64_t want)
{
    uint64_t mask = 0x5555;

    ok(trace_parse(names, &mask) == 0 && mask == want, "trace=%s", names);
}

static void selects_nothing_known(const char *names)
{
    uint64_t mask = 0x5555;

    ok(trace_parse(names, &mask) == -EINVAL && mask == 0x5555,
       "trace=%s is refused and changes nothing", names);
}

static void test_selection(void)
{
    uint64_t mmu = 1UL << __HYPERVISOR_mmu_update, ext = 1UL << __HYPERVISOR_mmuext_op;

    selects("", ALL);
    selects("on", ALL);
    selects("no", 0);
    selects("mmu_update", mmu);
    selects("mmu_update,mmuext_op", mmu | ext);
    selects("-mmu_update,-mmuext_op", ALL & ~(mmu | ext));
    selects("mmu_update,mmuext_op,-mmu_update", ext);
    selects_nothing_known("mmu");
    selects_nothing_known("mmu_updates");
    selects_nothing_known("mmu_update,");
    selects_nothing_known(",mmu_update");
    selects_nothing_known("-");
    selects_nothing_known("--iret");
}

/* ---- 2. Calls in words ---------------------------------------------------------------------------------------------- */

/* What lies at @offset of the guest's memory, and its address. */
static uint64_t in_guest(size_t offset, const void *data, size_t len)
{
    memcpy(guest_mem + offset, data, len);
    return GVA(offset);
}
#define IN_GUEST(offset, ...)                                                                      \
    ({                                                                                             \
        const __typeof__(__VA_ARGS__) x_ = __VA_ARGS__;                                            \
        in_guest(offset, &x_, sizeof(x_));                                                         \
    })

static void says(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
                 unsigned long a4, const char *want)
{
    const unsigned long args[TRACE_ARGS] = { a1, a2, a3, a4, 0 };
    char buf[TRACE_TEXT];

    trace_decode(buf, sizeof(buf), nr, args, regs.rsp);
    if ( !ok(strcmp(buf, want) == 0, "%s", want) )
        note("  got %s", buf);
}
#define SAYS(name, a1, a2, a3, a4, want) says(__HYPERVISOR_##name, a1, a2, a3, a4, want)

static void test_mmu(void)
{
    struct mmu_update req[6] = {
        { 0x1234028, 0x80000000001f0067 },      { 0x1234031 & ~7UL, 0 },
        { 0x5000 | MMU_MACHPHYS_UPDATE, 0x77 }, { 0x6002, 0x10000000001f1205 },
        { 0x7000, 0xdeadbeef00000002 },         { 0x800c, 1 },
    };
    struct progress half = { .count = 6, .done = 3, .resumed = true };
    uint64_t at = in_guest(AT, req, sizeof(req));
    struct mmuext_op op[] = {
        { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = 0x99 },
        { .cmd = MMUEXT_TLB_FLUSH_LOCAL, .arg1.mfn = 0x99 },
        { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = 0x7000, .arg2.nr_ents = 12 },
        { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = 1, .arg2.src_mfn = 2 },
    };

    SAYS(mmu_update, at, 0, 0, DOMID_SELF, "mmu_update(0)");
    SAYS(mmu_update, at, 1, 0, DOMID_SELF,
         "mmu_update(1, {mfn 0x1234[5] := mfn 0x1f0 RW|U|A|D|NX})");
    SAYS(
        mmu_update, at, 3, 0, DOMID_SELF,
        "mmu_update(3, {mfn 0x1234[5] := mfn 0x1f0 RW|U|A|D|NX}, {mfn 0x1234[6] := 0}, {M2P[0x5] := pfn 0x77})");
    SAYS(
        mmu_update, at, progress_encode(&half), 0, DOMID_IO,
        "mmu_update(6 from 3 on, {mfn 0x6[0] := mfn 0x1f1 RO|U|0x1000000000000200, keep A and D}, "
        "{mfn 0x7[0] := 0xdeadbeef00000002, not present}, {mfn 0x8[1] := mfn 0 RO, bad pointer 0x800c}, pages of DOMID_IO)");
    SAYS(
        mmu_update, at, 4, 0, 3 | 6 << 16,
        "mmu_update(4, {mfn 0x1234[5] := mfn 0x1f0 RW|U|A|D|NX}, {mfn 0x1234[6] := 0}, {M2P[0x5] := pfn 0x77}, ..., pages of d3, tables of d5)");
    SAYS(mmu_update, BAD_VA, 0x7fffffff, 0, DOMID_SELF,
         "mmu_update(2147483647, unreadable 0x10, unreadable 0x20, unreadable 0x30, ...)");

    at = in_guest(AT, op, sizeof(op));
    SAYS(mmuext_op, at, 3, 0, DOMID_SELF,
         "mmuext_op(3, {PIN_L4 mfn 0x99}, {TLB_FLUSH_LOCAL}, {SET_LDT va 0x7000, 12 entries})");
    SAYS(mmuext_op, at + 3 * sizeof(op[0]), 1, 0, DOMID_SELF,
         "mmuext_op(1, {COPY_PAGE mfn 0x1 from mfn 0x2})");
    at = IN_GUEST(AT, (struct mmuext_op){ .cmd = 14, .arg1.mfn = 3 });
    SAYS(mmuext_op, at, 1, 0, DOMID_SELF, "mmuext_op(1, {command 14 mfn 0x3})");
    at = IN_GUEST(AT, (struct mmuext_op){ .cmd = ~0U, .arg1.mfn = 3 });
    SAYS(mmuext_op, at, 1, 0, DOMID_SELF, "mmuext_op(1, {command 4294967295 mfn 0x3})");

    SAYS(update_va_mapping, 0x5000, 0x1f0063, UVMF_INVLPG | UVMF_ALL, 0,
         "update_va_mapping(va 0x5000, mfn 0x1f0 RW|A|D, invlpg on all vCPUs)");
    SAYS(update_va_mapping, 0x5000, 0, 0, 0, "update_va_mapping(va 0x5000, 0)");
    SAYS(update_va_mapping, 0x5000, 0, UVMF_TLB_FLUSH | 0x8000, 0,
         "update_va_mapping(va 0x5000, 0, flush on vCPUs in the mask at 0x8000)");
    SAYS(update_va_mapping_otherdomain, 0x5000, 0, 3, 2,
         "update_va_mapping_otherdomain(va 0x5000, 0, bad flush type 3, pages of d2)");
}

static void test_memory(void)
{
    uint64_t mfn = in_guest(AT + 100, (uint64_t[]){ 0x123 }, 8);
    struct xen_memory_reservation r = { .nr_extents = 5, .extent_order = 9, .domid = DOMID_SELF };
    uint64_t at;

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)mfn);
    at = IN_GUEST(AT, r);
    SAYS(memory_op, XENMEM_populate_physmap, at, 0, 0,
         "memory_op(populate_physmap, 5 extents of order 9, the first 0x123)");
    SAYS(memory_op, XENMEM_decrease_reservation | 3 << 6, at, 0, 0,
         "memory_op(decrease_reservation, 5 extents of order 9, the first 0x123)");
    SAYS(memory_op, XENMEM_memory_map, 0x100, 0, 0, "memory_op(memory_map, 0x100)");
    SAYS(memory_op, 63, 0, 0, 0, "memory_op(command 63)");
    SAYS(memory_op, XENMEM_increase_reservation, HV_VA, 0, 0,
         "memory_op(increase_reservation, unreadable 0xffff800000000000)");
}

static void test_ways_in(void)
{
    struct trap_info gates[300];
    uint64_t at;

    memset(gates, 0, sizeof(gates));
    gates[0] = (struct trap_info){ .vector = 14, .flags = 4 | 3, .address = 0x1000 };
    gates[1] = (struct trap_info){ .vector = 3, .address = 0x2000 };
    at = in_guest(0, gates, sizeof(gates));
    SAYS(set_trap_table, at, 0, 0, 0,
         "set_trap_table(0xe: 0x1000 dpl 3 masking events, 0x3: 0x2000 dpl 0, 2 gates)");
    SAYS(set_trap_table, 0, 0, 0, 0, "set_trap_table(none)");
    SAYS(set_trap_table, NONCANON_VA, 0, 0, 0,
         "set_trap_table(0 gates, then unreadable 0x800000000000)");
    for ( unsigned int i = 0; i < ARRAY_SIZE(gates); i++ )
        gates[i].address = 1;
    at = in_guest(0, gates, sizeof(gates));
    SAYS(
        set_trap_table, at, 0, 0, 0,
        "set_trap_table(0xe: 0x1 dpl 3 masking events, 0x3: 0x1 dpl 0, 0: 0x1 dpl 0, no end in sight)");

    at = in_guest(AT, (uint64_t[]){ 0x11, 0x22 }, 16);
    SAYS(set_gdt, at, 513, 0, 0, "set_gdt(513 entries, mfn 0x11, mfn 0x22)");
    SAYS(set_gdt, BAD_VA, ~0UL, 0, 0, "set_gdt(4294967295 entries, unreadable 0x10)");
    SAYS(update_descriptor, 0x5018, 0xcf9b000000ffff, 0, 0,
         "update_descriptor(mfn 0x5[3] := 00cf9b000000ffff)");
    at = IN_GUEST(AT, (struct callback_register){ .type = CALLBACKTYPE_syscall,
                                                  .flags = CALLBACKF_mask_events,
                                                  .address = 0x77 });
    SAYS(callback_op, CALLBACKOP_register, at, 0, 0,
         "callback_op(register, syscall, 0x77 masking events)");
    SAYS(callback_op, CALLBACKOP_register, BAD_VA, 0, 0, "callback_op(register, 0x10)");
    SAYS(stack_switch, 0xe02b, 0x9000, 0, 0, "stack_switch(ss 0xe02b, sp 0x9000)");
    SAYS(set_segment_base, SEGBASE_GS_USER_SEL, 0x2b, 0, 0,
         "set_segment_base(user gs selector, 0x2b)");
    regs.rsp = IN_GUEST(
        AT,
        (struct iret_context){
            .rip = 0x40, .cs = 0xe033, .rflags = 0x202, .rsp = 0x50, .flags = VGCF_in_syscall });
    SAYS(iret, 1, 2, 3, 4, "iret(to the user at 0x40, sp 0x50, flags 0x202, from a system call)");
    regs.rsp = HV_VA;
    SAYS(iret, 1, 2, 3, 4, "iret(frame unreadable 0xffff800000000000)");
}

static void test_domains(void)
{
    struct sched_poll poll = { .nr_ports = 2, .timeout = 99 };
    uint64_t at = IN_GUEST(AT, (struct sched_shutdown){ .reason = SHUTDOWN_reboot });

    SAYS(sched_op, SCHEDOP_shutdown, at, 0, 0, "sched_op(shutdown, reboot)");
    SAYS(sched_op, SCHEDOP_block, at, 0, 0, "sched_op(block)");
    at = IN_GUEST(AT, (struct sched_shutdown){ .reason = 77 });
    SAYS(sched_op, SCHEDOP_shutdown, at, 0, 0, "sched_op(shutdown, command 77)");
    set_xen_guest_handle(poll.ports, (evtchn_port_t *)in_guest(AT + 64, (uint32_t[]){ 4, 5 }, 8));
    at = IN_GUEST(AT, poll);
    SAYS(sched_op, SCHEDOP_poll, at, 0, 0, "sched_op(poll, 2 ports: 4, 5, until 99 ns)");
    SAYS(sched_op_compat, SCHEDOP_shutdown, SHUTDOWN_poweroff, 0, 0,
         "sched_op_compat(shutdown, poweroff)");
    at = IN_GUEST(AT, (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = 5,
                                                          .flags = VCPU_SSHOTTMR_future });
    SAYS(vcpu_op, VCPUOP_set_singleshot_timer, 0, at, 0,
         "vcpu_op(set_singleshot_timer, vCPU 0, at 5 ns, if that is to come)");
    SAYS(vcpu_op, VCPUOP_is_up, 8191, 0, 0, "vcpu_op(is_up, vCPU 8191)");
    at = IN_GUEST(AT, (struct vcpu_register_vcpu_info){ .mfn = 0x44, .offset = 64 });
    SAYS(vcpu_op, VCPUOP_register_vcpu_info, 1, at, 0,
         "vcpu_op(register_vcpu_info, vCPU 1, mfn 0x44, offset 64)");
    SAYS(set_timer_op, 0, 0, 0, 0, "set_timer_op(stop)");
    SAYS(vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables, 0, 0,
         "vm_assist(enable, writable_pagetables)");
    SAYS(vm_assist, 9, 1000, 0, 0, "vm_assist(command 9, command 1000)");

    at = IN_GUEST(AT, (struct evtchn_bind_virq){ .virq = VIRQ_DEBUG, .vcpu = 2 });
    SAYS(event_channel_op, EVTCHNOP_bind_virq, at, 0, 0,
         "event_channel_op(bind_virq, VIRQ 1, vCPU 2)");
    at = IN_GUEST(AT, (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = 3 });
    SAYS(event_channel_op, EVTCHNOP_alloc_unbound, at, 0, 0,
         "event_channel_op(alloc_unbound, self, for d3)");
    at = IN_GUEST(AT, (struct evtchn_op){ .cmd = EVTCHNOP_send, .u.send.port = 6 });
    SAYS(event_channel_op_compat, at, 0, 0, 0, "event_channel_op_compat(send, port 6)");
    /* A structure of one word at the end of what can be read. */
    guest_unreadable[1] = true;
    at = in_guest(PAGE_SIZE - 4, (uint32_t[]){ 9 }, 4);
    SAYS(event_channel_op, EVTCHNOP_close, at, 0, 0, "event_channel_op(close, port 9)");
    guest_unreadable[1] = false;
}

static void test_platform(void)
{
    struct xen_platform_op op = { .cmd = XENPF_settime64,
                                  .u.settime64 = { .secs = 5, .nsecs = 6, .system_time = 7 } };
    struct xen_mc mc = { .cmd = XEN_MC_fetch, .u.mc_fetch.flags = XEN_MC_URGENT | XEN_MC_ACK };
    uint64_t at = IN_GUEST(AT, op);

    SAYS(platform_op, at, 0, 0, 0, "platform_op(settime64, 5 s 6 ns at 7 ns)");
    op = (struct xen_platform_op){ .cmd = XENPF_get_cpuinfo, .u.pcpu_info.xen_cpuid = 3 };
    at = IN_GUEST(AT, op);
    SAYS(platform_op, at, 0, 0, 0, "platform_op(get_cpuinfo, CPU 3)");
    op = (struct xen_platform_op){ .cmd = XENPF_firmware_info,
                                   .u.firmware_info = { .type = 4, .index = 1 } };
    at = IN_GUEST(AT, op);
    SAYS(platform_op, at, 0, 0, 0, "platform_op(firmware_info, type 4, index 1)");
    op.cmd = 34;
    at = IN_GUEST(AT, op);
    SAYS(platform_op, at, 0, 0, 0, "platform_op(command 34)");
    SAYS(platform_op, BAD_VA, 0, 0, 0, "platform_op(unreadable 0x10)");
    at = IN_GUEST(AT, mc);
    SAYS(mca, at, 0, 0, 0, "mca(fetch, urgent, done with)");
    mc = (struct xen_mc){ .cmd = XEN_MC_physcpuinfo, .u.mc_physcpuinfo.ncpus = 2 };
    at = IN_GUEST(AT, mc);
    SAYS(mca, at, 0, 0, 0, "mca(physcpuinfo, 2 CPUs, 0)");
    SAYS(mca, HV_VA, 0, 0, 0, "mca(unreadable 0xffff800000000000)");
}

static void test_rest(void)
{
    struct progress half = { .count = 12, .done = 6, .resumed = true };
    uint64_t at = in_guest(AT, "Hallo\r\n\"\\\x1b[2J", 13);
    char want[TRACE_TEXT];

    SAYS(console_io, CONSOLEIO_write, 12, at, 0,
         "console_io(write, 12 bytes, \"Hallo\\r\\n\\\"\\\\\\x1b[2\")");
    SAYS(console_io, CONSOLEIO_write, progress_encode(&half), at, 0,
         "console_io(write, 12 bytes from 6 on, \"\\n\\\"\\\\\\x1b[2\")");
    SAYS(console_io, CONSOLEIO_read, 12, at, 0, "console_io(read, 12 bytes)");
    SAYS(xen_version, XENVER_version, 0, 0, 0, "xen_version(version)");
    SAYS(multicall, 0x1000, 7, 0, 0, "multicall(7 calls)");
    test_platform();
    SAYS(fpu_taskswitch, 1, 0, 0, 0, "fpu_taskswitch(1)");
    says(62, 1, 2, 3, 4, "hypercall 62(0x1, 0x2, 0x3, 0x4, 0)");
    snprintf(want, sizeof(want), "hypercall %lu(0x1, 0x2, 0x3, 0x4, 0)", ALL);
    says(ALL, 1, 2, 3, 4, want);
}

/* Too long for the line: cut off, and still closed. */
static void test_long(void)
{
    struct mmu_update req[3];
    char buf[TRACE_TEXT];
    size_t len;

    memset(req, 0xff, sizeof(req));
    for ( size_t size = 16; size < TRACE_TEXT; size++ )
    {
        const unsigned long args[TRACE_ARGS] = { in_guest(AT, req, sizeof(req)), 3, 0, 0, 0 };

        memset(buf, '~', sizeof(buf));
        trace_decode(buf, size, __HYPERVISOR_mmu_update, args, 0);
        len = strlen(buf);
        if ( len >= size || buf[len - 1] != ')' || buf[size] != '~' )
        {
            ok(false, "%zu bytes: %s", size, buf);
            return;
        }
    }
    ok(true, "a text that is too long is cut off, and closed");
    ok(strstr(buf, "...)") != NULL, "and says so");
}

/* ---- 3. Results ----------------------------------------------------------------------------------------------------- */

static void results_in(unsigned long nr, long ret, const char *reason, const char *want)
{
    const unsigned long args[TRACE_ARGS] = { EVTCHNOP_bind_ipi,
                                             IN_GUEST(AT, (struct evtchn_bind_ipi){ .port = 12 }) };
    char buf[300];

    trace_decode_result(buf, sizeof(buf), nr, args, ret, reason);
    if ( !ok(strcmp(buf, want) == 0, "result %ld: \"%s\"", ret, want) )
        note("  got \"%s\"", buf);
}

static void test_results(void)
{
    results_in(__HYPERVISOR_mmu_update, 0, "", " = 0");
    results_in(__HYPERVISOR_mmu_update, -EBUSY, "so it is", " = -EBUSY: so it is");
    results_in(__HYPERVISOR_mmu_update, -EAGAIN, "", " = -EAGAIN");
    results_in(__HYPERVISOR_xen_version, 0x40011, "", " = 0x40011");
    results_in(__HYPERVISOR_get_debugreg, -4096, "", " = 0xfffffffffffff000");
    results_in(__HYPERVISOR_event_channel_op, 0, "", " = 0, port 12");
    results_in(__HYPERVISOR_event_channel_op, -ENOSPC, "", " = -ENOSPC");
    results_in(__HYPERVISOR_iret, 1234, "", "");
}

/* ---- 4. Lines ------------------------------------------------------------------------------------------------------- */

static bool __printf(2, 3) refuse(const struct mm_domain *d, const char *fmt, ...)
{
    va_list ap;
    bool taken;

    va_start(ap, fmt);
    taken = trace_refusal(d, fmt, ap);
    va_end(ap);
    return taken;
}

static void printed(const char *want, const char *what)
{
    fake_console[fake_console_len] = '\0';
    if ( !ok(strcmp(fake_console, want) == 0, "%s", what) )
        note("  got: %s", fake_console);
    fake_console_len = 0;
}

static void test_lines(void)
{
    static const unsigned long args[TRACE_ARGS] = { 0xe02b, 0x9000 }, list[TRACE_ARGS] = { 0, 2 };
    struct mm_domain other = { .machine = &machine };
    struct trace_call outer, call;

    fake_console_len = 0;
    trace_mask = ALL;
    trace_begin(&call, __HYPERVISOR_stack_switch, args, false);
    ok(refuse(&dom.mm, "entry %d is bad", 5), "a refusal goes to the call that is being traced");
    ok(refuse(&dom.mm, "the table too"), "and so does the next");
    ok(!refuse(&other, "what is this"), "but not another domain's");
    ok(!refuse(NULL, "an audit"), "nor the hypervisor's own");
    trace_end(&call, -EINVAL, false);
    printed("d7v0 stack_switch(ss 0xe02b, sp 0x9000) = -EINVAL: entry 5 is bad; the table too\n",
            "one line with both reasons");
    ok(!refuse(&dom.mm, "late"), "after the call a refusal is on its own");

    trace_begin(&call, __HYPERVISOR_stack_switch, args, false);
    trace_end(&call, -ERESTART, true);
    printed("d7v0 stack_switch(ss 0xe02b, sp 0x9000) to be continued\n", "a call that comes again");

    trace_begin(&outer, __HYPERVISOR_multicall, list, false);
    trace_begin(&call, __HYPERVISOR_stack_switch, args, true);
    trace_end(&call, 0, false);
    trace_end(&outer, 0, false);
    printed("d7v0 multicall(2 calls)\nd7v0   stack_switch(ss 0xe02b, sp 0x9000) = 0\n",
            "a multicall, its entries below it");
    trace_begin(&outer, __HYPERVISOR_multicall, list, false);
    trace_end(&outer, -EFAULT, false);
    printed("d7v0 multicall(2 calls)\nd7v0 multicall = -EFAULT\n", "a multicall that fails");

    trace_begin(&outer, __HYPERVISOR_multicall, list, false);
    trace_begin(&call, __HYPERVISOR_stack_switch, args, true);
    trace_abandon(&other);
    trace_abandon(&dom.mm);
    trace_abandon(&dom.mm);
    printed("d7v0 multicall(2 calls)\nd7v0   stack_switch(ss 0xe02b, sp 0x9000) does not return\n",
            "calls that never return, once");
    ok(vcpu0.trace == NULL, "and are forgotten");

    trace_mask = 1UL << __HYPERVISOR_iret;
    trace_begin(&call, __HYPERVISOR_stack_switch, args, false);
    ok(!refuse(&dom.mm, "bad"), "a call that is not traced leaves refusals alone");
    trace_end(&call, -EINVAL, false);
    printed("", "and has no line");
    trace_mask = 0;
    set_current(NULL);
    ok(!refuse(&dom.mm, "early"), "nothing is traced while no vCPU runs");
    set_current(&vcpu0);
}

static void test_names(void)
{
    unsigned int known = 0;

    for ( unsigned long nr = 0; nr < 100; nr++ )
        known += trace_name(nr) != NULL;
    is_u64(known, 43, "every hypercall of the ABI has a name");
    is_str(trace_name(__HYPERVISOR_mca), "mca", "the last one's");
}

int main(void)
{
    fake_init();
    test_selection();
    test_names();
    test_mmu();
    test_memory();
    test_ways_in();
    test_domains();
    test_rest();
    test_long();
    test_results();
    test_lines();
    return done();
}
