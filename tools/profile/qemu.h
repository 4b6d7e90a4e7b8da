/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What QEMU offers its plugins, of its interface version 1 (QEMU 4.2 and later; Debian's QEMU takes plugins, but no package of Debian's
 * has the header). Every plugin exports qemu_plugin_version and qemu_plugin_install().
 */
#ifndef PROFILE_QEMU_H
#define PROFILE_QEMU_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;   /* a piece of code that is translated as one */
struct qemu_plugin_insn; /* one of its instructions; valid while it is translated */

#define CALLBACK_NO_REGS 0
#define INLINE_ADD_U64   0

/** @fn is called for each piece before it is executed for the first time. */
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                                  void (*fn)(plugin_id, struct qemu_plugin_tb *));
/** @fn is called before each execution of the instruction. */
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                                   void (*fn)(unsigned int vcpu, void *data),
                                                   int flags, void *data);
/** Each execution adds @value to the uint64_t at @to. */
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
                                                       void *to, uint64_t value);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
                                                        size_t index);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

#endif /* PROFILE_QEMU_H */
