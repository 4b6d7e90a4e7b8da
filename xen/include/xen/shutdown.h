/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a run ends. With QEMU's isa-debug-exit device (port 0xf4) the process exits with (code << 1) | 1; a power-off exits
 * with 0. On a machine without the device a failing end waits for a key or resets, as noreboot says.
 */
#ifndef XEN_SHUTDOWN_H
#define XEN_SHUTDOWN_H

#include <xen/lib.h>

enum exit_code
{
    EXIT_OK = 0,           /* ACPI S5: status 0 */
    EXIT_GUEST_CRASH = 16, /* status 33: the domain crashed or asked for SHUTDOWN_crash */
    EXIT_HV_CRASH = 17,    /* status 35: panic, BUG_ON, fault in the hypervisor */
    EXIT_NO_GUEST = 18,    /* status 37: no module, or one that cannot be loaded */
};

/** Power off by ACPI S5, or by whatever is left. */
void __noreturn machine_power_off(void);
/** Reset: ACPI reset register, 0xcf9, keyboard controller, triple fault. */
void __noreturn machine_reboot(void);
/** End with a status that says why. EXIT_OK powers off; others honour noreboot. */
void __noreturn machine_exit(enum exit_code code);

#endif /* XEN_SHUTDOWN_H */
