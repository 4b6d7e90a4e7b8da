/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: where answers may go, questions that do not exist, and features that must be as they are said to be. */
#include "calls.h"

static const struct question
{
    unsigned int cmd, size;
    const char *name;
} questions[] = {
    { XENVER_extraversion, sizeof(xen_extraversion_t), "extraversion" },
    { XENVER_compile_info, sizeof(struct xen_compile_info), "compile_info" },
    { XENVER_capabilities, sizeof(xen_capabilities_info_t), "capabilities" },
    { XENVER_changeset, sizeof(xen_changeset_info_t), "changeset" },
    { XENVER_platform_parameters, sizeof(struct xen_platform_parameters), "platform_parameters" },
    { XENVER_get_features, sizeof(struct xen_feature_info), "get_features" },
    { XENVER_guest_handle, sizeof(xen_domain_handle_t), "guest_handle" },
    { XENVER_commandline, sizeof(xen_commandline_t), "commandline" },
};

TEST("version-nowhere", "xen_version: answers to places where nothing can be", 0)
{
    for ( unsigned int q = 0; q < ARRAY_SIZE(questions); q++ )
        for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
            check_rc(hyp_xen_version(questions[q].cmd, (void *)bad_addresses[p].address),
                     -XEN_EFAULT, "%s, %s", questions[q].name, bad_addresses[p].name);
}

TEST("version-read-only", "xen_version: answers to memory that can only be read", 0)
{
    void *page = read_only_copy(NULL, 0);

    for ( unsigned int q = 0; q < ARRAY_SIZE(questions); q++ )
        check_rc(hyp_xen_version(questions[q].cmd, page), -XEN_EFAULT, "%s", questions[q].name);
    check_eq(bytes_other_than(0, page, PAGE_SIZE), 0, "bytes that have changed");
}

TEST("version-end-of-page", "xen_version: answers up to the end of a page and over it", 0)
{
    char *end = before_hole(0);

    for ( unsigned int q = 0; q < ARRAY_SIZE(questions); q++ )
    {
        memset(end - PAGE_SIZE, 0, PAGE_SIZE);
        check_rc(hyp_xen_version(questions[q].cmd, end - questions[q].size), 0, "%s, up to the end",
                 questions[q].name);
        memset(end - PAGE_SIZE, 0, PAGE_SIZE);
        check_rc(hyp_xen_version(questions[q].cmd, end - questions[q].size + 1), -XEN_EFAULT,
                 "%s, a byte over it", questions[q].name);
    }
}

TEST("version-unaligned", "xen_version: answers to odd addresses", 0)
{
    static char even[1040] __attribute__((aligned(16))), odd[1040] __attribute__((aligned(16)));

    for ( unsigned int q = 0; q < ARRAY_SIZE(questions); q++ )
    {
        memset(even, 0, sizeof(even));
        memset(odd, 0, sizeof(odd));
        check_rc(hyp_xen_version(questions[q].cmd, even), 0, "%s", questions[q].name);
        check_rc(hyp_xen_version(questions[q].cmd, odd + 3), 0, "%s, 3 bytes off",
                 questions[q].name);
        check(!memcmp(even, odd + 3, questions[q].size), "the same answer");
    }
}

TEST("version-commands",
     "xen_version: questions that nobody knows, and those without an answer in memory", 0)
{
    static const unsigned int unknown[] = { 11, 12, 64, 0x7fffffff, 0x80000000, ~0U };
    static char buf[1024];
    long version = hyp_xen_version(XENVER_version, NULL);

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(hyp_xen_version(unknown[i], buf), -XEN_ENOSYS, "command 0x%x", unknown[i]);
    check_eq(bytes_other_than(0, buf, sizeof(buf)), 0, "bytes that were written");
    check(HYPERCALL(xen_version, 1UL << 32 | XENVER_version, 0, 0, 0, 0) == version,
          "bits 63-32 of the command are not looked at");
    check(hyp_xen_version(XENVER_version, NOWHERE) == version,
          "version does not look at its argument");
    check_rc(hyp_xen_version(XENVER_pagesize, buf), -XEN_EINVAL, "pagesize with an argument");
}

TEST("version-build-id", "xen_version: the build id is for the initial domain", 0)
{
    static struct
    {
        uint32_t len;
        unsigned char buf[64];
    } id;
    long len = hyp_xen_version(XENVER_build_id, NULL);

    if ( !initial_domain() )
    {
        check_rc(len, -XEN_EPERM, "its length");
        check_rc(hyp_xen_version(XENVER_build_id, &id), -XEN_EPERM, "the id");
        return;
    }
    check_rc_any(len, -XEN_ENODATA, 20, "its length");
    id.len = sizeof(id.buf);
    check_rc_any(hyp_xen_version(XENVER_build_id, &id), -XEN_ENODATA, 20, "the id");
    check(len < 0 || bytes_other_than(0, id.buf, sizeof(id.buf)), "there is something in it");
    check_eq(bytes_other_than(0, id.buf + 20, sizeof(id.buf) - 20), 0, "bytes behind it");
}

/* ---- Features ---- */

static uint32_t features(void)
{
    struct xen_feature_info f = { .submap_idx = 0 };

    if ( hyp_xen_version(XENVER_get_features, &f) )
        panic("get_features");
    return f.submap;
}

static bool feature(unsigned int bit)
{
    return features() >> bit & 1;
}

TEST("features-never", "features that no PV guest of this kind has", 0)
{
    static const struct
    {
        unsigned int bit;
        const char *name;
    } never[] = {
        { XENFEAT_writable_page_tables, "writable_page_tables" },
        { XENFEAT_writable_descriptor_tables, "writable_descriptor_tables" },
        { XENFEAT_auto_translated_physmap, "auto_translated_physmap" },
        { XENFEAT_supervisor_mode_kernel, "supervisor_mode_kernel" },
        { XENFEAT_hvm_callback_vector, "hvm_callback_vector" },
        { XENFEAT_hvm_safe_pvclock, "hvm_safe_pvclock" },
        { XENFEAT_hvm_pirqs, "hvm_pirqs" },
        { XENFEAT_grant_map_identity, "grant_map_identity" },
        { XENFEAT_ARM_SMCCC_supported, "ARM_SMCCC_supported" },
        { XENFEAT_linux_rsdp_unrestricted, "linux_rsdp_unrestricted" },
        { XENFEAT_not_direct_mapped, "not_direct_mapped" },
    };

    printf("# features 0x%x\n", features());
    for ( unsigned int i = 0; i < ARRAY_SIZE(never); i++ )
        check(!feature(never[i].bit), "%s is not there", never[i].name);
    check_eq(features() >> 18, 0, "numbers that have no meaning yet");
}

TEST("features-kept", "features that are promised work", 0)
{
    void *win = window_alloc();
    uint64_t val = pte(virt_to_mfn(page_alloc()), PTE_RW_PAGE);
    uint64_t *page = page_alloc();

    check(feature(XENFEAT_mmu_pt_update_preserve_ad), "mmu_pt_update_preserve_ad");
    check_rc(hyp_update_va_mapping(win, val, UVMF_INVLPG), 0, "map a page, accessed and dirty");
    check_rc(
        mmu_update1(pt_entry_maddr(win, 1) | MMU_PT_UPDATE_PRESERVE_AD, val & ~(PTE_A | PTE_D)), 0,
        "the same without A and D, PRESERVE_AD");
    check_eq(*pt_entry(win, 1) & (PTE_A | PTE_D), PTE_A | PTE_D, "they are still there");
    check(feature(XENFEAT_highmem_assist), "highmem_assist");
    page[511] = 1;
    check_rc(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(page), 0), 0, "CLEAR_PAGE");
    check_eq(page[511], 0, "the page is cleared");
    check(feature(XENFEAT_gnttab_map_avail_bits), "gnttab_map_avail_bits");
    check(feature(XENFEAT_virtual_p2m), "virtual_p2m, which is memory_op_vnode_supported too");
    check(feature(XENFEAT_direct_mapped), "direct_mapped");
}

TEST("features-dom0", "the feature dom0 is what start_info says, and what the hypervisor does", 0)
{
    struct xen_memory_map map = { 0 };
    bool allowed = hyp_memory_op(XENMEM_machine_memory_map, &map) != -XEN_EPERM;

    check_eq(feature(XENFEAT_dom0), initial_domain(), "the feature, and SIF_INITDOMAIN");
    check_eq(allowed, initial_domain(), "the machine's memory map, and SIF_INITDOMAIN");
}

TEST("features-pgdir", "pae_pgdir_above_4gb follows the assist", 0)
{
    bool before = feature(XENFEAT_pae_pgdir_above_4gb);

    check_rc(hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_pae_extended_cr3), 0,
             "disable pae_extended_cr3");
    check_eq(feature(XENFEAT_pae_pgdir_above_4gb), 0, "the feature");
    check_rc(hyp_vm_assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3), 0, "enable it");
    check_eq(feature(XENFEAT_pae_pgdir_above_4gb), 1, "the feature");
    if ( !before )
        hyp_vm_assist(VMASST_CMD_disable, VMASST_TYPE_pae_extended_cr3);
}

TEST("features-submaps", "there is one submap of features", 0)
{
    static const unsigned int numbers[] = { XENFEAT_NR_SUBMAPS, 2, 0x7fffffff, 0x80000000, ~0U };

    for ( unsigned int i = 0; i < ARRAY_SIZE(numbers); i++ )
    {
        struct xen_feature_info f = { .submap_idx = numbers[i], .submap = 0x5a5a5a5a };

        check_rc(hyp_xen_version(XENVER_get_features, &f), -XEN_EINVAL, "submap 0x%x", numbers[i]);
        check_eq(f.submap, 0x5a5a5a5a, "nothing is written");
    }
}
