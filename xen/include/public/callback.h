/* SPDX-License-Identifier: MIT */
/* HYPERVISOR_callback_op(cmd, arg): where the hypervisor enters the guest's kernel. */
#ifndef __XEN_PUBLIC_CALLBACK_H__
#define __XEN_PUBLIC_CALLBACK_H__

#include "xen.h"

#define CALLBACKTYPE_event               0 /* an event channel is pending */
#define CALLBACKTYPE_failsafe            1 /* a segment register could not be loaded */
#define CALLBACKTYPE_syscall             2 /* SYSCALL by a 64-bit process */
#define CALLBACKTYPE_sysenter_deprecated 3 /* the number 5 had before 3.2.7; 32-bit guests only */
#define CALLBACKTYPE_nmi                 4
#define CALLBACKTYPE_sysenter            5 /* SYSENTER by a process */
#define CALLBACKTYPE_syscall32           7 /* SYSCALL by a 32-bit process */

/* callback_register.flags: enter with events masked. The event callback always does. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events  (xen_mk_uint(1) << _CALLBACKF_mask_events)

#define CALLBACKOP_register   0 /* arg: struct callback_register */
#define CALLBACKOP_unregister 1 /* arg: struct callback_unregister */

#ifndef __ASSEMBLY__

struct callback_register
{
    uint16_t type;  /* CALLBACKTYPE_* */
    uint16_t flags; /* CALLBACKF_* */
    xen_callback_t address;
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);

/** Only CALLBACKTYPE_nmi can be taken back; the others are -XEN_EINVAL. */
struct callback_unregister
{
    uint16_t type; /* CALLBACKTYPE_* */
    uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);

#endif /* !__ASSEMBLY__ */

#if __XEN_INTERFACE_VERSION__ < 0x00030207
#undef CALLBACKTYPE_sysenter
#define CALLBACKTYPE_sysenter CALLBACKTYPE_sysenter_deprecated
#endif

#endif /* __XEN_PUBLIC_CALLBACK_H__ */
