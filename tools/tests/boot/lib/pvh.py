# SPDX-License-Identifier: GPL-2.0-only
"""
A PVH loader of our own: QEMU starts a small ELF file which holds a start information written here, byte by byte, and enters the
hypervisor with it. So the hypervisor can be told of machines that QEMU cannot make.

    1. StartInfo   hvm_start_info and what it points to (xen/include/public/arch-x86/hvm/start_info.h)
    2. elf()       an ELF file of pieces of memory, with the note that QEMU looks for
    3. chain()     QEMU's options
"""
import gzip
import os
import struct
import sys

import machine

sys.path.insert(0, os.path.join(machine.TOP, "tools/lib"))
from pvrun.hypervisor import pvh_entry  # pylint: disable=wrong-import-position

MAGIC = 0x336EC578
RAM, RESERVED = 1, 2
CODE = 0x4000000      # of the loader, which comes first in its piece
TOLD = CODE + 0x1000  # the start information
STRINGS = CODE + 0x10000

# ---- 1. What is told ------------------------------------------------------------------------------------------------------


class StartInfo:
    """memmap: [(start, size, type)]; modules: [(start, size, words)]. What has another value than None takes the place of a field."""

    def __init__(self, memmap, modules=(), cmdline="", version=1, magic=MAGIC, **fields):
        self.memmap, self.modules, self.cmdline = memmap, modules, cmdline
        self.version, self.magic, self.fields = version, magic, fields

    def content(self):
        """The bytes from TOLD on."""
        strings = b""

        def place(text):
            nonlocal strings
            at = STRINGS + len(strings)
            strings += text.encode() + b"\0"
            return at

        head = struct.calcsize("<IIIIQQQQII")
        modules = b"".join(struct.pack("<QQQQ", start, size, place(words), 0) for start, size, words in self.modules)
        memmap = b"".join(struct.pack("<QQII", start, size, kind, 0) for start, size, kind in self.memmap)
        told = {"flags": 0, "nr_modules": len(self.modules), "modlist": TOLD + head, "cmdline": place(self.cmdline), "rsdp": 0,
                "memmap": TOLD + head + len(modules), "memmap_entries": len(self.memmap), "reserved": 0, **self.fields}
        data = struct.pack("<IIIIQQQQII", self.magic, self.version, *told.values()) + modules + memmap
        return data.ljust(STRINGS - TOLD, b"\0") + strings


# ---- 2. ELF ---------------------------------------------------------------------------------------------------------------


def elf(pieces, entry):
    """pieces: {physical address: bytes}"""
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen\0", entry)
    offset = 64 + 56 * (len(pieces) + 1)
    headers, data = [struct.pack("<IIQQQQQQ", 4, 4, offset, 0, 0, len(note), len(note), 4)], note
    for address, content in sorted(pieces.items()):
        headers.append(struct.pack("<IIQQQQQQ", 1, 7, offset + len(data), address, address, len(content), len(content), 1))
        data += content
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, entry, 64, 0, 0, 64, 56, len(headers), 0, 0, 0)
    return head + b"".join(headers) + data


# ---- 3. All of it ---------------------------------------------------------------------------------------------------------


def hypervisor():
    """Unpacked, and where it is entered."""
    path = os.path.join(machine.scratch(), "hypervisor")
    with open(machine.HYPERVISOR, "rb") as file:
        data = file.read()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    with open(path, "wb") as out:
        out.write(data)
    return path, pvh_entry(data)


def chain(told, name="chain", **contents):
    """QEMU's options for a machine whose hypervisor is told this. contents: {"at_<address>": bytes} further pieces of memory."""
    path, entry = hypervisor()
    code = struct.pack("<BIBIBB", 0xBB, TOLD, 0xB8, entry, 0xFF, 0xE0)  # mov $TOLD, %ebx; mov $entry, %eax; jmp *%eax
    pieces = {CODE: code.ljust(TOLD - CODE, b"\0") + told.content()}
    pieces.update({int(at[3:], 16): data for at, data in contents.items()})
    out = os.path.join(machine.scratch(), name)
    with open(out, "wb") as file:
        file.write(elf(pieces, CODE))
    return ["-kernel", out, "-device", f"loader,file={path}"]
