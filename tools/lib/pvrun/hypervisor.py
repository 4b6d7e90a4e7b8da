# SPDX-License-Identifier: GPL-2.0-only
"""The hypervisor that is booted: which file, whether it is ours, and its command line for this run."""
import gzip
import os
import re
import struct
import zlib

from .outcome import Failure

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
BUILD = os.path.join(TOP, os.environ.get("B") or "build")

# Multiboot2 specification 3.1.1: the header lies in the first 32768 bytes, on an 8-byte boundary.
HEADER_MAGIC = 0xE85250D6.to_bytes(4, "little")
HEADER_REACH = 32768
OUR_MARK = b"Tenon, a hypervisor"
# Multiboot specification 3.1, and as far as QEMU looks.
OLD_MAGIC = 0x1BADB002.to_bytes(4, "little")
OLD_REACH = 8192
PT_NOTE, PHYS32_ENTRY = 4, 18


def default_path():
    path = os.path.join(BUILD, "xen.gz")
    if not os.path.exists(path):
        raise Failure(f"there is no {os.path.relpath(path)}: run `make` first (B=directory if it builds elsewhere)")
    return path


def _content(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as why:
        raise Failure(f"{path}: damaged gzip file: {why}") from why


def pvh_entry(elf):
    """Where an ELF64 file wants to be entered by PVH, a physical address; None if it does not say."""
    headers, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, _, offset = struct.unpack_from("<IIQ", elf, headers + i * size)
        if kind == PT_NOTE:
            name, content, note = struct.unpack_from("<III", elf, offset)
            if note == PHYS32_ENTRY and name == 4 and content in (4, 8):
                return int.from_bytes(elf[offset + 16:offset + 16 + content], "little")
    return None


def _protocol(data):
    """By which QEMU can load it: "pvh", "multiboot" (1) or None."""
    if data[:5] == b"\x7fELF\x02":
        try:
            return "pvh" if pvh_entry(data) else None
        except struct.error:
            return None
    old = any(data.startswith(OLD_MAGIC, at) for at in range(0, min(len(data), OLD_REACH), 4))
    return "multiboot" if data[:5] == b"\x7fELF\x01" and old else None


class Hypervisor:
    """ours: built from this tree. tag: what its lines on the console begin with. packed: by gzip. protocol: see _protocol()."""

    def __init__(self, path):
        self.path = path
        data = _content(path)
        if not any(data.startswith(HEADER_MAGIC, at) for at in range(0, min(len(data), HEADER_REACH), 8)):
            raise Failure(f"{path}: not a multiboot2 kernel, so no hypervisor that GRUB could boot")
        self.ours = OUR_MARK in data
        with open(path, "rb") as file:
            self.packed = file.read(2) == b"\x1f\x8b"
        protocol = _protocol(data)
        # Others have their own ideas of PVH's modules.
        self.protocol = protocol if self.ours or protocol != "pvh" else None
        self.tag = b"(TEN) " if self.ours else b"(XEN) "

    def cmdline(self, options):
        """Its command line; what the user adds comes last and wins."""
        # With UEFI there is a reason to look at the screen: --qemu-args='-display gtk'.
        words = ["console=com1,vga" if options.firmware == "uefi" else "console=com1", "com1=115200,8n1"]
        if self.ours:
            words += ["loglvl=info", "guest_loglvl=warning", f"dom0_mem={options.memory}"]
            words += ["initial-domain"] if options.initial_domain else []
        else:
            words += ["noreboot", "loglvl=info", "guest_loglvl=warning", f"dom0_mem={options.memory},max:{options.memory}"]
            words += [f"dom0_max_vcpus={options.vcpus}"]
        if options.trace is not None:
            words.append(f"trace={options.trace}" if options.trace else "trace")
        return " ".join(words + options.hypervisor_args)

    def check(self, options):
        """What this hypervisor cannot do."""
        if self.ours and options.vcpus > 1:
            raise Failure("--vcpus: this hypervisor runs a guest on one vCPU only")
        if not self.ours and options.trace is not None:
            raise Failure(f"--trace: {self.path} is not the hypervisor of this tree and cannot trace hypercalls")
        if not self.ours and options.audit is not None:
            raise Failure(f"--audit: {self.path} is not the hypervisor of this tree and has no such audit")


def hypercall_names():
    """The hypercalls that the hypervisor can trace, by the table in its source; empty if that is not there."""
    try:
        with open(os.path.join(TOP, "xen/common/trace_decode.c"), encoding="ascii") as source:
            return set(re.findall(r"^    CALL(?:_AS)?\((\w+)[,)]", source.read(), re.M))
    except OSError:
        return set()
