# SPDX-License-Identifier: GPL-2.0-only
"""The boot image and the machine: commands, and what can be wrong with them on the host."""
import os
import shlex
import shutil
import subprocess

from .hypervisor import BUILD, TOP
from .outcome import HYPERVISOR_FAILED, Failure

QEMU = "qemu-system-x86_64"
MKISO = os.path.join(TOP, "tools/build/mkiso")
DIRECT = os.path.join(BUILD, "direct.elf")   # tools/direct
UEFI = "/usr/share/ovmf/OVMF.fd"             # Debian's ovmf
SPARSE_FROM = 16 << 30
# QEMU's x86 CPUs have 40 physical address bits unless told otherwise.
WIDE_FROM = 512 << 30


def image_command(options, hypervisor, iso):
    """Makes what is booted: with --direct only the hypervisor, unpacked."""
    if options.direct:
        return ["sh", "-c", 'gzip -dcf "$0" >"$1"', hypervisor.path, iso]
    command = [MKISO, iso, hypervisor.path, hypervisor.cmdline(options), " ".join(options.append), options.kernel]
    return command + ([options.initrd] if options.initrd else [])


def _boot_options(options, hypervisor, iso):
    if not options.direct:
        return ["-cdrom", iso, "-boot", "d"]
    modules = [f"{iso} {hypervisor.cmdline(options)}", f"{options.kernel} {' '.join(options.append)}"] + [options.initrd] * bool(options.initrd)
    return ["-kernel", DIRECT, "-initrd", ",".join(module.replace(",", ",,") for module in modules)]


def qemu_command(options, hypervisor, iso):
    # Under TCG an iretq in ring 3 faults with SMAP on. Our hypervisor knows; Xen would turn it on.
    cpu = "max" if hypervisor.ours else "max,-smap"
    if options.host_memory.bytes >= WIDE_FROM:
        cpu += ",phys-bits=46"
    command = [QEMU, "-machine", "q35", "-cpu", cpu, "-m", str(options.host_memory), "-smp", str(options.vcpus),
               "-display", "none", "-nic", "none", "-no-reboot", "-monitor", "none",
               "-chardev", "stdio,id=console,mux=off,signal=off", "-serial", "chardev:console",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *_boot_options(options, hypervisor, iso)]
    if options.firmware == "uefi":
        command += ["-bios", UEFI]
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


def check_host(options):
    """Programs that a run needs."""
    if options.direct and not os.path.exists(DIRECT):
        raise Failure(f"--direct: there is no {os.path.relpath(DIRECT)}: run `make direct` first")
    needed = [(QEMU, "qemu-system-x86")] + [("grub-mkrescue", "grub-common"), ("xorriso", "xorriso")] * (not options.direct)
    for program, package in needed:
        if not shutil.which(program):
            raise Failure(f"{program} is not installed: apt-get install {package} (or tools/setup/setup for all that is needed)",
                          HYPERVISOR_FAILED)
    if not options.direct and not os.path.isdir("/usr/lib/grub/i386-pc"):
        raise Failure("GRUB's BIOS modules are not installed: apt-get install grub-pc-bin", HYPERVISOR_FAILED)
    if options.firmware == "uefi":
        check_uefi()


def check_uefi():
    """What a start by UEFI needs besides: tools/build/mkiso leaves that part of the image out if it cannot make it."""
    for path, what, package in ((UEFI, "UEFI for QEMU (OVMF)", "ovmf"), ("/usr/lib/grub/x86_64-efi", "GRUB for UEFI", "grub-efi-amd64-bin"),
                                (shutil.which("mformat") or "mformat", "mtools", "mtools")):
        if not os.path.exists(path):
            raise Failure(f"--firmware uefi: {what} is not installed: apt-get install {package} (or tools/setup/setup for all that is needed)",
                          HYPERVISOR_FAILED)


def make_image(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise Failure("the boot image could not be made: " + (said[-1] if said else f"mkiso ended with {done.returncode}"), HYPERVISOR_FAILED)


def keep(directory, iso, commands):
    """What --keep leaves behind beside the image and the log."""
    with open(os.path.join(directory, "commands"), "w", encoding="utf-8") as file:
        file.writelines(shlex.join(command) + "\n" for command in commands)
    if commands[0][0] != MKISO:
        return
    config = os.path.join(directory, "grub.cfg")
    if os.path.exists(config):
        os.unlink(config)
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/boot/grub/grub.cfg", config],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if os.path.exists(config):
        os.chmod(config, 0o644)
