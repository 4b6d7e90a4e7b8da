/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: what the guest runs on. Every answer is a whole structure of zeroes, filled in: no byte of our stack
 * goes out (XSA-122). No locks. */
#include <public/version.h>
#include <asm/boot.h>
#include <asm/uaccess.h>
#include <xen/features.h>
#include <xen/hypercall.h>
#include <xen/version.h>

/* A string in its array, cut if it is too long, zeroes to the end. */
static long give_string(uint64_t va, const char *s, size_t size)
{
    char buf[1024];
    size_t len = strnlen(s, size - 1);

    BUG_ON(size > sizeof(buf));
    memcpy(buf, s, len);
    memset(buf + len, 0, size - len);
    return copy_to_guest(va, buf, size);
}

static void set_string(char *dst, size_t size, const char *s)
{
    memcpy(dst, s, strnlen(s, size - 1)); /* dst is all zeroes */
}

static long give_compile_info(uint64_t va)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    set_string(info.compiler, sizeof(info.compiler), TENON_COMPILER);
    set_string(info.compile_by, sizeof(info.compile_by), TENON_COMPILE_BY);
    set_string(info.compile_domain, sizeof(info.compile_domain), TENON_COMPILE_DOMAIN);
    set_string(info.compile_date, sizeof(info.compile_date), TENON_COMPILE_DATE);
    return copy_to_guest(va, &info, sizeof(info));
}

/* -EINVAL: there is no such submap. */
static long give_features(const struct domain *d, uint64_t va)
{
    struct xen_feature_info info;

    if ( copy_from_guest(&info, va, sizeof(info)) )
        return -EFAULT;
    if ( info.submap_idx >= XENFEAT_NR_SUBMAPS )
        return -EINVAL;
    info.submap = guest_features(d->initial);
    if ( d->vm_assist & 1UL << VMASST_TYPE_pae_extended_cr3 )
        info.submap |= 1U << XENFEAT_pae_pgdir_above_4gb;
    return copy_to_guest(va, &info, sizeof(info));
}

static long give_platform(uint64_t va)
{
    const struct xen_platform_parameters params = { .virt_start = HYPERVISOR_START };

    return copy_to_guest(va, &params, sizeof(params));
}

static long other_questions(int question, uint64_t va)
{
    const struct domain *d = current->domain;

    BUILD_BUG_ON(sizeof(xen_domain_handle_t) != sizeof(d->handle));

    switch ( question )
    {
    case XENVER_extraversion:
        return give_string(va, XEN_ABI_EXTRAVERSION, sizeof(xen_extraversion_t));
    case XENVER_compile_info: return give_compile_info(va);
    case XENVER_capabilities:
        return give_string(va, XEN_ABI_CAPABILITIES, sizeof(xen_capabilities_info_t));
    case XENVER_changeset: return give_string(va, TENON_CHANGESET, sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters: return give_platform(va);
    case XENVER_get_features: return give_features(d, va);
    case XENVER_pagesize: return va ? -EINVAL : (long)PAGE_SIZE;
    case XENVER_guest_handle: return copy_to_guest(va, d->handle, sizeof(d->handle));
    case XENVER_commandline:
        return give_string(va, d->initial ? boot_info.cmdline : "<denied>",
                           sizeof(xen_commandline_t));
    case XENVER_build_id: return d->initial ? -ENODATA : -EPERM;
    default: return -ENOSYS;
    }
}

/**
 * XENVER_*(arg). A number or 0; -EFAULT; -ENOSYS: no such question; -EPERM, -ENODATA: build id, which is for the
 * privileged, and which this build has none of. The first question is what guests ask to have their events delivered.
 */
long do_xen_version(HYPERCALL_ARGS)
{
    if ( likely((int)a1 == XENVER_version) )
        return XEN_ABI_MAJOR << 16 | XEN_ABI_MINOR;
    return other_questions((int)a1, a2);
}
