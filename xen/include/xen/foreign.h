/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling code that was compiled for ordinary processes: the decompression libraries (docs/decisions/0005-decompressors.md). It
 * uses SSE registers, keeps data below rsp and looks for its stack protector's value at %fs:0x28. None of that exists while the
 * hypervisor runs, and the registers belong to a guest once there is one: so only at boot, before the first guest runs, with
 * interrupts off.
 */
#ifndef XEN_FOREIGN_H
#define XEN_FOREIGN_H

/** This CPU is ready for foreign code until foreign_leave(). Not nested. */
void foreign_enter(void);
/** Everything the code could have left in registers that are not the hypervisor's is gone. */
void foreign_leave(void);

#endif /* XEN_FOREIGN_H */
