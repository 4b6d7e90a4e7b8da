// SPDX-License-Identifier: GPL-2.0-only
// sources: xen/common/memory_op.c xen/common/domain.c xen/arch/x86/pv/hypercall.c xen/common/mm/account.c xen/common/mm/domain_mem.c xen/common/mm/heap.c xen/common/mm/machine.c xen/common/mm/tlb.c xen/arch/x86/mm/audit.c xen/arch/x86/mm/desc.c xen/arch/x86/mm/entry.c xen/arch/x86/mm/hold.c xen/arch/x86/mm/mmuext.c xen/arch/x86/mm/promote.c xen/arch/x86/mm/teardown.c xen/arch/x86/mm/update.c xen/arch/x86/mm/walk.c
// host-port: yes
// cflags: -fno-sanitize=null
/* memory_op on the real memory core, recounted after every step. */
#include "fake_hv.h"
#include "host.h"
#include <public/memory.h>

#define LIST      GVA(PAGE_SIZE)
#define ALLOWANCE 100

static xen_pfn_t *list = (xen_pfn_t *)(guest_mem + PAGE_SIZE);
static unsigned int entries;

static long memop(unsigned long op, uint64_t arg)
{
    regs = (struct cpu_regs){ .rax = __HYPERVISOR_memory_op, .rdi = op, .rsi = arg };
    entries = 0;
    do
    {
        regs.rip = 2;
        hypercall_dispatch(&regs);
        entries++;
    } while ( regs.rip == 0 );
    if ( regs.rdi != op || regs.rsi != arg )
        fail("memory_op %lx changed its arguments", op);
    return (long)regs.rax;
}

static long call(unsigned long op, const void *arg, size_t size)
{
    memcpy(guest_mem, arg, size);
    return memop(op, GVA(0));
}

static long reserve(unsigned long op, unsigned long nr, unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr, .extent_order = order, .mem_flags = flags, .domid = DOMID_SELF
    };

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)LIST);
    return call(op, &r, sizeof(r));
}

static void start(void)
{
    fake_init();
    memset(guest_mem, 0, sizeof(guest_mem));
    memset(guest_unwritable, 0, sizeof(guest_unwritable));
    memset(guest_unreadable, 0, sizeof(guest_unreadable));
    host_reset(HOST_RAM_END);
    host.m.yield_mask = 63;
    domain_mem_init(&host.m, &dom.mm, 7, ALLOWANCE);
    vcpu_mem_init(&dom.mm, &vcpu0.mm);
}

#define balanced(what) is_u64(host_check(), 0, what)

static void finish(void)
{
    while ( domain_teardown(&dom.mm) == -ERESTART )
        continue;
    is_u64(dom.mm.tot_pages, 0, "teardown leaves nothing");
}

static void test_populate(void)
{
    bool good = true;

    start();
    for ( unsigned int i = 0; i < 10; i++ )
        list[i] = 100 + i * 4;
    is_int(reserve(XENMEM_populate_physmap, 10, 2, 0), 10, "ten extents of four frames");
    is_u64(dom.mm.tot_pages, 40, "are forty");
    for ( unsigned int i = 0; i < 40; i++ )
        good = good && host.m.m2p[list[i / 4] + i % 4] == 100 + i;
    ok(good, "the M2P knows where they are");
    balanced("accounts");
    is_int(reserve(XENMEM_populate_physmap, 20, 2, 0), 15, "the allowance ends in the middle");
    is_u64(dom.mm.tot_pages, ALLOWANCE, "exactly there");
    balanced("accounts");
    finish();

    start();
    list[0] = 5;
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_populate_on_demand), 0,
           "populate-on-demand (XSA-14)");
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_exact_node(3) | XENMEMF_vnode), 1,
           "nodes make no difference");
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_node(0xfe)), 1,
           "not even odd ones (XSA-231)");
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_address_bits(12)), 0,
           "an address limit of one page");
    is_int(reserve(XENMEM_increase_reservation, 1, 0, XENMEMF_address_bits(1)), 0, "or of a bit");
    is_int(reserve(XENMEM_decrease_reservation, 1, 0, XENMEMF_address_bits(12)), 0,
           "when frames are given back too");
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_address_bits(64)), 1,
           "a limit that is none");
    is_int(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_address_bits(255)), 1, "nor that");
    is_int(reserve(XENMEM_populate_physmap, 200, 0, XENMEMF_address_bits(13)), 0,
           "a limit that nothing obeys");
    is_u64(dom.mm.tot_pages, 4, "takes nothing");
    balanced("accounts");
    finish();
}

static void test_preempted(void)
{
    for ( unsigned int every = 1; every <= 3; every++ )
    {
        start();
        for ( unsigned int i = 0; i < 60; i++ )
            list[i] = i;
        host.yield_every = every;
        ok(reserve(XENMEM_populate_physmap, 60, 0, 0) == 60 && dom.mm.tot_pages == 60 &&
               entries > 15,
           "60 extents, interrupted at every %u. question (%u entries)", every, entries);
        ok(reserve(XENMEM_decrease_reservation, 60, 0, 0) == 60 && dom.mm.tot_pages == 0,
           "and given back");
        balanced("accounts");
        finish();
    }
}

static void test_increase(void)
{
    struct xen_memory_reservation r = { .nr_extents = 3, .domid = DOMID_SELF };

    start();
    is_int(reserve(XENMEM_increase_reservation, 5, 1, 0), 5, "increase_reservation");
    ok(host.m.m2p[list[4] + 1] == M2P_INVALID, "leaves the M2P to the guest");
    is_int(call(XENMEM_increase_reservation, &r, sizeof(r)), 3, "a list is optional");
    is_u64(dom.mm.tot_pages, 13, "pages come all the same");
    guest_unwritable[1] = true;
    is_int(reserve(XENMEM_increase_reservation, 5, 1, 0), 0, "nobody can be told");
    is_u64(dom.mm.tot_pages, 13, "then nothing is taken");
    balanced("accounts");
    finish();
}

static void test_decrease(void)
{
    struct mmuext pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    struct mmu_target self = { .pt = &dom.mm, .pg = &dom.mm };
    mfn_t extra;

    start();
    for ( unsigned int i = 0; i < 8; i++ )
        list[i] = i;
    reserve(XENMEM_populate_physmap, 8, 0, 0);
    pin.arg1 = list[2];
    is_int(mmuext_op(&vcpu0.mm, &self, &pin), 0, "one is pinned");
    extra = domain_alloc_extra(&dom.mm);
    list[5] = mfn_x(extra);
    is_int(reserve(XENMEM_decrease_reservation, 8, 0, 0), 5,
           "decrease stops at what is not the guest's to give");
    ok(host_word(_mfn(list[2])) & FRAME_PINNED, "the pinned one stays pinned (XSA-252)");
    balanced("accounts");
    pin.cmd = MMUEXT_UNPIN_TABLE;
    is_int(mmuext_op(&vcpu0.mm, &self, &pin), 0, "and goes when it is unpinned");
    is_u64(host_word(_mfn(list[2])), 0, "for good");
    list[0] = list[6];
    list[1] = list[6];
    is_int(reserve(XENMEM_decrease_reservation, 2, 0, 0), 1, "nothing is given back twice");
    list[0] = ~0UL;
    is_int(reserve(XENMEM_decrease_reservation, 1, 0, 0), 0, "no frame has the last number");
    list[0] = 1UL << 40;
    is_int(reserve(XENMEM_decrease_reservation, 1, 0, 0), 0, "nor an enormous one");
    list[0] = ~0UL - 3;
    is_int(reserve(XENMEM_decrease_reservation, 1, 9, 0), 0, "nor an extent around the end");
    balanced("accounts");
    finish();
}

static void test_limits(void)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = 9 };

    start();
    is_int(reserve(XENMEM_populate_physmap, 1, 10, 0), 0,
           "extents have 2^9 frames at most (XSA-31, XSA-158)");
    is_int(reserve(XENMEM_increase_reservation, 1, 31, 0), 0, "in every call");
    is_int(reserve(XENMEM_decrease_reservation, 1, 0xffffffff, 0), 0, "whatever the number");
    is_int(reserve(XENMEM_populate_physmap, 1UL << 58, 0, 0), 0, "and lists an end");
    is_int(reserve(XENMEM_populate_physmap, ~0UL, 0, 0), 0, "somewhere");
    is_int(reserve(XENMEM_populate_physmap, 1UL << 50, 0, 0), 0, "below the hypervisor");
    is_int(reserve(XENMEM_populate_physmap, 0, 0, 0), 0, "nothing is nothing");
    is_int(memop(XENMEM_populate_physmap, BAD_VA), 0, "an argument that cannot be read");
    is_int(reserve(XENMEM_populate_physmap | 3 << 6, 3, 0, 0), 3, "beginning behind the end");
    for ( unsigned int i = 0; i < 3; i++ )
        list[i] = i;
    is_int(reserve(XENMEM_populate_physmap | 2 << 6, 3, 0, 0), 3, "beginning at the last");
    is_u64(dom.mm.tot_pages, 1, "is one extent");
    is_int(call(XENMEM_populate_physmap, &r, sizeof(r)), 0, "for nobody");
    set_xen_guest_handle(r.extent_start, NULL);
    r.domid = DOMID_SELF;
    is_int(call(XENMEM_populate_physmap, &r, sizeof(r)), 0, "without a list");
    is_int(call(XENMEM_decrease_reservation, &r, sizeof(r)), 0, "likewise");
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)HV_VA);
    is_int(call(XENMEM_increase_reservation, &r, sizeof(r)), 0, "with one in the hypervisor");
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(NONCANON_VA - 8));
    r.nr_extents = 2;
    is_int(call(XENMEM_increase_reservation, &r, sizeof(r)), 0, "with one across the end");
    is_u64(dom.mm.tot_pages, 1, "nothing was taken");
    dom.mm.max_pages = ~0UL;
    is_int(reserve(XENMEM_increase_reservation, 400, 2, 0), (long)((HOST_RAM_END - 2) / 4),
           "until there is no more in the machine");
    balanced("accounts");
    finish();
}

static void test_questions(void)
{
    struct xen_memory_domain q = { .domid = DOMID_SELF };
    struct xen_machphys_mapping *map = (void *)guest_mem;
    uint16_t self = DOMID_SELF;

    start();
    list[0] = 0;
    reserve(XENMEM_populate_physmap, 1, 3, 0);
    is_int(call(XENMEM_current_reservation, &q, sizeof(q)), 8, "current_reservation");
    is_int(call(XENMEM_maximum_reservation, &self, 2), ALLOWANCE, "maximum_reservation");
    dom.mm.max_pages = ~0UL;
    is_int(call(XENMEM_maximum_reservation, &q, sizeof(q)), HOST_FRAMES,
           "is never more than the machine");
    q.domid = 9;
    is_int(call(XENMEM_current_reservation, &q, sizeof(q)), -ESRCH, "of nobody");
    is_int(memop(XENMEM_current_reservation, BAD_VA), -EFAULT, "an argument that cannot be read");
    is_int(memop(XENMEM_maximum_ram_page, 0), HOST_FRAMES, "maximum_ram_page");
    is_int(memop(XENMEM_maximum_ram_page | 1 << 6, 0), -EINVAL, "has no progress");
    shared.arch.max_pfn = 512;
    q.domid = DOMID_SELF;
    is_int(call(XENMEM_maximum_gpfn, &q, sizeof(q)), 511, "maximum_gpfn is what the guest wrote");
    shared.arch.max_pfn = ~0UL;
    is_int(call(XENMEM_maximum_gpfn, &q, sizeof(q)), 0, "unless it is no number of frames");
    is_int(memop(XENMEM_machphys_mapping, GVA(0)), 0, "machphys_mapping");
    ok(map->v_start == M2P_RO_START && map->max_mfn == HOST_FRAMES - 1 &&
           map->v_end == M2P_RO_START + 8 * HOST_FRAMES,
       "tells where the M2P is");
    is_int(memop(XENMEM_machphys_mapping, HV_VA), -EFAULT, "but not there");
    is_int(memop(XENMEM_exchange, GVA(0)), -EOPNOTSUPP, "frames are not exchanged");
    is_int(memop(XENMEM_exchange, HV_VA), -EOPNOTSUPP, "whatever the argument (XSA-29, XSA-212)");
    is_int(memop(XENMEM_add_to_physmap, GVA(0)), -ENOSYS, "what translated guests do");
    is_int(memop(XENMEM_machphys_mfn_list, GVA(0)), -EOPNOTSUPP, "nor the M2P's frames told");
    is_int(memop(XENMEM_machphys_compat_mfn_list, GVA(0)), -EOPNOTSUPP, "nor those of 32 bits");
    is_int(memop(XENMEM_set_memory_map, GVA(0)), -EPERM, "what the privileged do");
    is_int(memop(63, GVA(0)), -ENOSYS, "no such operation");
    finish();
}

static void test_maps(void)
{
    struct xen_memory_map map = { .nr_entries = 10 };
    const uint8_t *out = guest_mem + PAGE_SIZE;
    uint64_t addr, size;

    start();
    list[0] = 0;
    reserve(XENMEM_populate_physmap, 1, 3, 0);
    set_xen_guest_handle(map.buffer, (void *)LIST);
    is_int(call(XENMEM_memory_map, &map, sizeof(map)), 0, "memory_map");
    is_u64(((struct xen_memory_map *)guest_mem)->nr_entries, 1, "is one range");
    memcpy(&addr, out, 8);
    memcpy(&size, out + 8, 8);
    ok(addr == 0 && size == ALLOWANCE * PAGE_SIZE && out[16] == 1, "of all the domain may have");
    dom.mm.max_pages = ~0UL;
    call(XENMEM_memory_map, &map, sizeof(map));
    memcpy(&size, out + 8, 8);
    is_u64(size, 8 * PAGE_SIZE, "of what it has if there is no limit");
    map.nr_entries = 0;
    is_int(call(XENMEM_memory_map, &map, sizeof(map)), 0, "room for none");
    is_u64(((struct xen_memory_map *)guest_mem)->nr_entries, 0, "is none");

    boot_info.nr_regions = 3;
    boot_info.regions[0] = (struct boot_region){ 0x100000, 0x10000, BOOT_RAM };
    boot_info.regions[1] = (struct boot_region){ 0xfee00000, 0x1000, BOOT_RESERVED };
    boot_info.regions[2] = (struct boot_region){ 0, 0x9f000, BOOT_RAM };
    map.nr_entries = 10;
    is_int(call(XENMEM_machine_memory_map, &map, sizeof(map)), -EPERM,
           "the machine's is not for everybody");
    dom.initial = true;
    is_int(call(XENMEM_machine_memory_map, &map, sizeof(map)), 0, "but for the initial domain");
    is_u64(((struct xen_memory_map *)guest_mem)->nr_entries, 3, "all of it");
    memcpy(&addr, out, 8);
    memcpy(&size, out + 28, 8);
    ok(addr == 0 && size == 0x10000 && out[56] == 2, "in order");
    map.nr_entries = 2;
    is_int(call(XENMEM_machine_memory_map, &map, sizeof(map)), -EINVAL, "if there is room");
    map.nr_entries = 3;
    set_xen_guest_handle(map.buffer, (void *)HV_VA);
    is_int(call(XENMEM_machine_memory_map, &map, sizeof(map)), -EFAULT, "outside the hypervisor");
    finish();
}

int main(void)
{
    test_populate();
    test_preempted();
    test_increase();
    test_decrease();
    test_limits();
    test_questions();
    test_maps();
    return done();
}
