/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_nmi_op(cmd, arg): NMIs, which any guest may get (VCPUOP_send_nmi) and whose hardware causes the initial one sees. */
#ifndef __XEN_PUBLIC_NMI_H__
#define __XEN_PUBLIC_NMI_H__

#include "xen.h"

/* Bits of arch_shared_info.nmi_reason. */
#define _XEN_NMIREASON_io_error 0 /* I/O channel check */
#define XEN_NMIREASON_io_error  (xen_mk_ulong(1) << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1 /* PCI system error */
#define XEN_NMIREASON_pci_serr  (xen_mk_ulong(1) << _XEN_NMIREASON_pci_serr)
#if __XEN_INTERFACE_VERSION__ < 0x00040300
/* What the same bit meant on older machines. */
#define _XEN_NMIREASON_parity_error 1
#define XEN_NMIREASON_parity_error  (xen_mk_ulong(1) << _XEN_NMIREASON_parity_error)
#endif
#define _XEN_NMIREASON_unknown 2
#define XEN_NMIREASON_unknown  (xen_mk_ulong(1) << _XEN_NMIREASON_unknown)

#define XENNMI_register_callback   0 /* arg: struct xennmi_callback */
#define XENNMI_unregister_callback 1 /* arg: NULL */

#ifndef __ASSEMBLY__

struct xennmi_callback
{
    unsigned long handler_address;
    unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_NMI_H__ */
