# SPDX-License-Identifier: GPL-2.0-only
"""
How the hypervisor gets into the machine: the files that are made for it, QEMU's options, the programs needed on the host.

    1. Grub        an image for GRUB, from BIOS or UEFI: --firmware, and what nothing else can load
    2. Pvh         QEMU loads the hypervisor and one file with all modules (PVH): the way of ours
    3. Multiboot   QEMU loads the hypervisor and its modules (multiboot 1): the way of Xen
    4. choose()    which of them
"""
import os
import shlex
import shutil
import subprocess

from .hypervisor import TOP
from .outcome import HYPERVISOR_FAILED, NOT_LOADED, Failure

MKISO = os.path.join(TOP, "tools/build/mkiso")
MKPACKAGE = os.path.join(TOP, "tools/build/mkpackage")
UEFI = "/usr/share/ovmf/OVMF.fd"   # Debian's ovmf


def not_installed(what, package):
    return Failure(f"{what} not installed: apt-get install {package} (or tools/setup/setup for all that is needed)", HYPERVISOR_FAILED)


def modules(options):
    """[(file, command line)], the kernel first."""
    found = [(options.kernel, " ".join(options.append))]
    found += [(options.initrd, "")] if options.initrd else []
    return found + options.module


class Loader:
    """files: commands that make what is booted, in this directory; boot: QEMU's options for it."""

    programs = ()   # (name, package)

    def __init__(self, options, hypervisor, directory):
        self.options, self.hypervisor, self.directory = options, hypervisor, directory
        self.files, self.boot = [], []
        self.plan()

    def plan(self):
        raise NotImplementedError

    def path(self, name):
        return os.path.join(self.directory, name)

    def check_host(self):
        for program, package in self.programs:
            if not shutil.which(program):
                raise not_installed(f"{program} is", package)

    def make(self):
        for command in self.files:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                said = done.stdout.decode("utf-8", "replace").strip().splitlines()
                raise Failure("what is to be booted could not be made: " + (said[-1] if said else f"{command[0]} ended with {done.returncode}"),
                              HYPERVISOR_FAILED)

    def keep(self, command):
        """What --keep leaves behind beside the files and the log."""
        with open(self.path("commands"), "w", encoding="utf-8") as file:
            file.writelines(shlex.join(words) + "\n" for words in [*self.files, command])

    def unpacked(self):
        """The hypervisor's file as QEMU can load it."""
        if not self.hypervisor.packed:
            return self.hypervisor.path
        self.files.append(["sh", "-c", 'gzip -dc "$0" >"$1"', self.hypervisor.path, self.path("hypervisor")])
        return self.path("hypervisor")


# ---- 1. GRUB --------------------------------------------------------------------------------------------------------------


class Grub(Loader):
    programs = (("grub-mkrescue", "grub-common"), ("xorriso", "xorriso"))

    def plan(self):
        (kernel, words), *more = modules(self.options)
        initrd = self.options.initrd or ""
        command = [MKISO, self.path("boot.iso"), self.hypervisor.path, self.hypervisor.cmdline(self.options), words, kernel]
        command += [initrd] if more else []
        self.files = [command + [f"{file} {line}" for file, line in self.options.module]]
        self.boot = ["-cdrom", self.path("boot.iso"), "-boot", "d"]
        self.boot += ["-bios", UEFI] if self.options.firmware == "uefi" else []

    def check_host(self):
        super().check_host()
        if not os.path.isdir("/usr/lib/grub/i386-pc"):
            raise not_installed("GRUB's BIOS modules are", "grub-pc-bin")
        if self.options.firmware == "uefi":
            self.check_uefi()

    @staticmethod
    def check_uefi():
        """What a start by UEFI needs besides: tools/build/mkiso leaves that part of the image out if it cannot make it."""
        for path, what, package in ((UEFI, "UEFI for QEMU (OVMF)", "ovmf"), ("/usr/lib/grub/x86_64-efi", "GRUB for UEFI", "grub-efi-amd64-bin"),
                                    (shutil.which("mformat") or "mformat", "mtools", "mtools")):
            if not os.path.exists(path):
                raise not_installed(f"--firmware uefi: {what} is", package)

    def keep(self, command):
        super().keep(command)
        config = self.path("grub.cfg")
        if os.path.exists(config):
            os.unlink(config)
        subprocess.run(["xorriso", "-osirrox", "on", "-indev", self.path("boot.iso"), "-extract", "/boot/grub/grub.cfg", config],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if os.path.exists(config):
            os.chmod(config, 0o644)


# ---- 2. PVH ---------------------------------------------------------------------------------------------------------------


class Pvh(Loader):
    """QEMU's loader overwrites what it tells with a command line of 4 KiB; the hypervisor has room for half of that."""

    programs = (("gzip", "gzip"),)
    longest = 2047

    def plan(self):
        kernel, package = self.unpacked(), self.path("modules")
        line = f"module-package {self.hypervisor.cmdline(self.options)}"
        if len(line.encode()) > self.longest:
            raise Failure(f"could not load the guest: the hypervisor's command line has {len(line.encode())} characters, more than {self.longest}", NOT_LOADED)
        self.files.append([MKPACKAGE, package, *(word for module in modules(self.options) for word in module)])
        self.boot = ["-kernel", kernel, "-initrd", package, "-append", line]


# ---- 3. Multiboot ---------------------------------------------------------------------------------------------------------


class Multiboot(Loader):
    """QEMU takes a module's file to end at the first blank, so each gets another name."""

    programs = (("gzip", "gzip"),)

    def plan(self):
        if " " in self.directory:
            raise Failure(f"{self.directory}: QEMU cannot load modules from there: no blanks, or --firmware bios")
        kernel, words = self.unpacked(), []
        for i, (file, line) in enumerate(modules(self.options)):
            link = self.path(f"module{i}")
            self.files.append(["ln", "-sf", os.path.abspath(file), link])
            words.append(f"{link} {line}".replace(",", ",,"))
        self.boot = ["-kernel", kernel, "-initrd", ",".join(words), "-append", self.hypervisor.cmdline(self.options)]


# ---- 4. The choice --------------------------------------------------------------------------------------------------------


def choose(options, hypervisor, directory):
    """By firmware and GRUB if one is asked for, or if QEMU cannot load this hypervisor."""
    quick = {"pvh": Pvh, "multiboot": Multiboot}.get(hypervisor.protocol)
    return (Grub if options.firmware or not quick else quick)(options, hypervisor, directory)
