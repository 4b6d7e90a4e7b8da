# SPDX-License-Identifier: GPL-2.0-only
"""The machine: QEMU's command, and what can be wrong with it on the host."""
import os
import shlex
import shutil

from .loader import modules, not_installed
from .outcome import NOT_LOADED, Failure

QEMU = "qemu-system-x86_64"
SPARSE_FROM = 16 << 30
# QEMU's x86 CPUs have 40 physical address bits unless told otherwise.
WIDE_FROM = 512 << 30
# The first MiB and the hypervisor's image, with some to spare.
TAKEN = 4 << 20


def qemu_command(options, hypervisor, loader):
    # Under TCG an iretq in ring 3 faults with SMAP on. Our hypervisor knows; Xen would turn it on.
    cpu = "max" if hypervisor.ours else "max,-smap"
    if options.host_memory.bytes >= WIDE_FROM:
        cpu += ",phys-bits=46"
    command = [QEMU, "-machine", "q35", "-cpu", cpu, "-m", str(options.host_memory), "-smp", str(options.vcpus),
               "-display", "none", "-nic", "none", "-no-reboot", "-monitor", "none",
               "-chardev", "stdio,id=console,mux=off,signal=off", "-serial", "chardev:console",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *loader.boot]
    if options.host_memory.bytes >= SPARSE_FROM:
        # Only what is touched costs the host anything.
        command += ["-object", f"memory-backend-ram,size={options.host_memory},reserve=off,id=ram", "-machine", "memory-backend=ram"]
    if options.icount:
        command += ["-icount", "shift=0,sleep=off"]
    if options.gdb is not None:
        command += ["-gdb", f"tcp:localhost:{options.gdb}", "-S"]
    try:
        return command + [word for text in options.qemu_args for word in shlex.split(text)]
    except ValueError as why:
        raise Failure(f"--qemu-args: {why}") from why


def check_size(options):
    """A loader that finds no room for a module may put it over the hypervisor."""
    files = sum(os.path.getsize(file) for file, _ in modules(options))
    if files + TAKEN > options.host_memory.bytes:
        raise Failure(f"could not load the guest: its files have {files / (1 << 20):.1f} MiB, too much for a machine of {options.host_memory}", NOT_LOADED)


def check_host(loader):
    """Programs that a run needs."""
    if not shutil.which(QEMU):
        raise not_installed(f"{QEMU} is", "qemu-system-x86")
    loader.check_host()
