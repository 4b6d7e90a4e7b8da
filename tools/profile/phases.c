/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plugin for QEMU 7.2: how many instructions a start takes. Writes to the file given as out=FILE, at the first instruction of
 *
 *     hypervisor    the bytes given as start=HEX
 *     kernel        the upper 2 GiB of addresses, where no hypervisor's code lies
 *     user          the lower half of addresses, after the kernel's start
 *
 * "NAME COUNT": instructions executed since the machine was switched on. A piece of code is translated just before it is executed for
 * the first time, so that is when to look.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "qemu.h"

#define KERNEL (0UL - (2UL << 30))

static uint64_t executed;
static FILE *out;
#define LEAST 5U
static uint8_t start[32];
static size_t start_size;
static bool seen_hypervisor, seen_kernel, seen_user;

static void phase(const char *name, bool *seen)
{
    *seen = true;
    fprintf(out, "%s %lu\n", name, executed);
    fflush(out);
}

/* Do the bytes of the piece and those of the start agree as far as both go, and that is far enough to mean something? */
static bool is_start(const struct qemu_plugin_tb *tb)
{
    size_t at = 0;

    for ( size_t i = 0; i < qemu_plugin_tb_n_insns(tb) && at < start_size; i++ )
    {
        const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        size_t size = qemu_plugin_insn_size(insn);

        if ( size > start_size - at )
            size = start_size - at;
        if ( memcmp(qemu_plugin_insn_data(insn), start + at, size) )
            return false;
        at += size;
    }
    return at >= LEAST;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
    uint64_t at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));

    for ( size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++ )
        qemu_plugin_register_vcpu_insn_exec_inline(qemu_plugin_tb_get_insn(tb, i), INLINE_ADD_U64,
                                                   &executed, 1);
    if ( !seen_hypervisor && is_start(tb) )
        phase("hypervisor", &seen_hypervisor);
    if ( !seen_kernel && at >= KERNEL )
        phase("kernel", &seen_kernel);
    if ( seen_kernel && !seen_user && !(at >> 47) )
        phase("user", &seen_user);
}

static bool read_start(const char *hex)
{
    unsigned int byte;

    for ( ; sscanf(hex, "%2x", &byte) == 1 && start_size < sizeof(start); hex += 2 )
        start[start_size++] = (uint8_t)byte;
    return start_size && !*hex;
}

int qemu_plugin_version = 1;

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    bool good = true;

    for ( int i = 0; i < argc; i++ )
    {
        if ( strncmp(argv[i], "out=", 4) == 0 )
            out = fopen(argv[i] + 4, "w");
        else
            good &= strncmp(argv[i], "start=", 6) == 0 && read_start(argv[i] + 6);
    }
    if ( !out || !good )
    {
        fprintf(stderr, "phases plugin: out=FILE and start=HEX are wanted\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
