/* SPDX-License-Identifier: GPL-2.0-only */
/* physdev_op and its old form: arguments, I/O privilege, and devices, which only an initial domain may have to do with. */
#include "calls.h"

TEST("physdev-nowhere", "physdev_op: arguments where nothing can be", 0)
{
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
    {
        check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, (void *)bad_addresses[p].address), -XEN_EFAULT,
                 "set_iopl, %s", bad_addresses[p].name);
        check_rc(hyp_physdev_op(PHYSDEVOP_set_iobitmap, (void *)bad_addresses[p].address),
                 -XEN_EFAULT, "set_iobitmap, %s", bad_addresses[p].name);
    }
    char *end = before_hole(0);
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, end - 3), -XEN_EFAULT,
             "set_iopl, its last byte is not there");
    check_rc(hyp_physdev_op(PHYSDEVOP_set_iobitmap, end - sizeof(struct physdev_set_iobitmap) + 1),
             -XEN_EFAULT, "set_iobitmap, its last byte is not there");
}

TEST("physdev-commands", "physdev_op: commands that nobody knows", 0)
{
    static const unsigned int unknown[] = {
        0, 1, 2, 3, 18, 22, 33, 64, 0x7fffffff, 0x80000000, ~0U
    };
    static uint64_t arg[8];

    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
        check_rc(hyp_physdev_op(unknown[i], arg), -XEN_ENOSYS, "command 0x%x", unknown[i]);
}

TEST("physdev-iopl", "set_iopl: four rings", 0)
{
    static const unsigned int wrong[] = { 4, 5, 0x80000000, ~0U };
    struct physdev_set_iopl op;

    for ( op.iopl = 0; op.iopl < 4; op.iopl++ )
        check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &op), 0, "ring %u", op.iopl);
    for ( unsigned int i = 0; i < ARRAY_SIZE(wrong); i++ )
    {
        op.iopl = wrong[i];
        check_rc(hyp_physdev_op(PHYSDEVOP_set_iopl, &op), -XEN_EINVAL, "ring 0x%x", wrong[i]);
    }
}

static long set_iobitmap(uint64_t bitmap, uint32_t ports)
{
    struct physdev_set_iobitmap op = { .nr_ports = ports };

    set_xen_guest_handle(op.bitmap, (uint8_t *)bitmap);
    return hyp_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

TEST("physdev-iobitmap", "set_iobitmap: how long, and where", 0)
{
    static uint8_t bitmap[8192];
    uint64_t at = (uint64_t)bitmap;

    check_rc(set_iobitmap(at, 65536), 0, "65536 ports");
    check_rc(set_iobitmap(at, 65537), -XEN_EINVAL, "65537 ports");
    check_rc(set_iobitmap(at, ~0U), -XEN_EINVAL, "~0 ports");
    check_rc(set_iobitmap(at, 0), 0, "no ports");
    check_rc(set_iobitmap(0, 0), 0, "no bitmap");
    check_rc(set_iobitmap(0xdead0000UL, 1), 0, "a bitmap that is not there yet");
    check_rc(set_iobitmap(MACH2PHYS_VIRT_START, 1), -XEN_EINVAL, "one in the M2P");
    check_rc(set_iobitmap(0xffff830000000000UL, 1), -XEN_EINVAL, "one in the hypervisor");
    check_rc(set_iobitmap(0xffff7fffffffffffUL, 65536), -XEN_EINVAL, "one that is not canonical");
}

/* ---- The old form ---- */

static long physdev_op_compat(const void *op)
{
    return HYPERCALL(physdev_op_compat, op, 0, 0, 0, 0);
}

TEST("physdev-compat", "physdev_op in its old form", 0)
{
    static const unsigned int unknown[] = { 0, 3, 18, 64, 0x80000000, ~0U };
    static struct physdev_op op;

    op.cmd = PHYSDEVOP_set_iopl;
    for ( op.u.set_iopl.iopl = 0; op.u.set_iopl.iopl < 4; op.u.set_iopl.iopl++ )
        check_rc(physdev_op_compat(&op), 0, "set_iopl %u", op.u.set_iopl.iopl);
    check_rc(physdev_op_compat(&op), -XEN_EINVAL, "set_iopl 4");
    op.cmd = PHYSDEVOP_set_iobitmap;
    op.u.set_iobitmap.nr_ports = 65537;
    check_rc(physdev_op_compat(&op), -XEN_EINVAL, "set_iobitmap of 65537 ports");
    op.u.set_iobitmap.nr_ports = 0;
    check_rc(physdev_op_compat(&op), 0, "set_iobitmap of none");
    for ( unsigned int i = 0; i < ARRAY_SIZE(unknown); i++ )
    {
        op.cmd = unknown[i];
        check_rc(physdev_op_compat(&op), -XEN_ENOSYS, "command 0x%x", unknown[i]);
    }
    for ( unsigned int p = 0; p < NR_BAD_ADDRESSES; p++ )
        check_rc(physdev_op_compat((void *)bad_addresses[p].address), -XEN_EFAULT, "argument %s",
                 bad_addresses[p].name);
}

/* ---- Devices ---- */

/* What a domain that may have to do with devices is told of one that is not there; to others these do not exist. */
static const struct
{
    unsigned int cmd;
    const char *name;
    long of_none; /* -ENOSYS: not asked, it could be there */
} of_devices[] = {
    { PHYSDEVOP_irq_status_query, "irq_status_query", -XEN_EINVAL },
    { PHYSDEVOP_apic_read, "apic_read", -XEN_EINVAL },
    { PHYSDEVOP_apic_write, "apic_write", -XEN_EINVAL },
    { PHYSDEVOP_alloc_irq_vector, "alloc_irq_vector", 0 },
    { PHYSDEVOP_eoi, "eoi", -XEN_EINVAL },
    { PHYSDEVOP_map_pirq, "map_pirq", -XEN_ESRCH },
    { PHYSDEVOP_unmap_pirq, "unmap_pirq", -XEN_ESRCH },
    { PHYSDEVOP_manage_pci_add, "manage_pci_add", -XEN_ENOSYS },
    { PHYSDEVOP_manage_pci_remove, "manage_pci_remove", -XEN_ENODEV },
    { PHYSDEVOP_pirq_eoi_gmfn_v1, "pirq_eoi_gmfn (1)", -XEN_EINVAL },
    { PHYSDEVOP_restore_msi, "restore_msi", -XEN_ENODEV },
    { PHYSDEVOP_manage_pci_add_ext, "manage_pci_add_ext", -XEN_EINVAL },
    { PHYSDEVOP_setup_gsi, "setup_gsi", -XEN_EINVAL },
    { PHYSDEVOP_get_free_pirq, "get_free_pirq", 0 },
    { PHYSDEVOP_pci_mmcfg_reserved, "pci_mmcfg_reserved", -XEN_EINVAL },
    { PHYSDEVOP_pci_device_add, "pci_device_add", -XEN_ENOSYS },
    { PHYSDEVOP_pci_device_remove, "pci_device_remove", -XEN_ENODEV },
    { PHYSDEVOP_restore_msi_ext, "restore_msi_ext", -XEN_ENODEV },
    { PHYSDEVOP_pirq_eoi_gmfn_v2, "pirq_eoi_gmfn (2)", -XEN_EINVAL },
    { PHYSDEVOP_dbgp_op, "dbgp_op", 0 },
    { PHYSDEVOP_prepare_msix, "prepare_msix", -XEN_ENODEV },
    { PHYSDEVOP_release_msix, "release_msix", -XEN_ENODEV },
};

TEST("physdev-devices-nowhere", "physdev_op: devices, with arguments that cannot be read", 0)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(of_devices); i++ )
    {
        check_rc_any(hyp_physdev_op(of_devices[i].cmd, NOWHERE), -XEN_ENOSYS, -XEN_EFAULT,
                     "%s, unmapped", of_devices[i].name);
        check_rc_any(hyp_physdev_op(of_devices[i].cmd, HYPERVISOR), -XEN_ENOSYS, -XEN_EFAULT,
                     "%s, in hypervisor space", of_devices[i].name);
    }
    check_rc(hyp_physdev_op(PHYSDEVOP_free_irq_vector, NOWHERE), -XEN_ENOSYS, "free_irq_vector");
}

TEST("physdev-devices-none", "physdev_op: devices and interrupts that are not there", 0)
{
    static uint64_t ones[16];

    for ( unsigned int i = 0; i < ARRAY_SIZE(of_devices); i++ )
    {
        if ( initial_domain() && of_devices[i].of_none == -XEN_ENOSYS )
            continue;
        memset(ones, 0xff, sizeof(ones));
        check_rc_any(hyp_physdev_op(of_devices[i].cmd, ones), -XEN_ENOSYS,
                     initial_domain() ? of_devices[i].of_none : -XEN_EPERM, "%s",
                     of_devices[i].name);
    }
    check_rc(hyp_physdev_op(PHYSDEVOP_free_irq_vector, ones), -XEN_ENOSYS, "free_irq_vector");
}

TEST("physdev-unmask-notify", "physdev_op: a guest without interrupts has none to unmask", 0)
{
    check_rc(hyp_physdev_op(PHYSDEVOP_IRQ_UNMASK_NOTIFY, NULL), 0, "IRQ_UNMASK_NOTIFY");
    check_rc(hyp_physdev_op(PHYSDEVOP_IRQ_UNMASK_NOTIFY, HYPERVISOR), 0,
             "it does not look at its argument");
}
