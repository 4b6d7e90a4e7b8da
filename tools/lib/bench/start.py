# SPDX-License-Identifier: GPL-2.0-only
"""
How long a start takes and what memory a hypervisor keeps for itself.

    1. Phases     instructions from the hypervisor's first to the kernel's first and user mode's (tools/profile/phases.c)
    2. start()    to the first instruction of a small guest
    3. memory()   what RAM is neither the guest's nor free, as debug keys tell it; and how much has been touched at all
"""
import gzip
import os
import re
import struct
import subprocess

from pvrun.hypervisor import pvh_entry
from pvtest import boot

from .machine import BUILD, MACHINE, Failed

PHASES_PLUGIN = os.path.join(BUILD, "profile/phases.so")
GUEST_MEMORY = 64    # MiB, of the small guests here
LONGEST = 900.0      # s
WIDE = "phys-bits=46"

# ---- 1. Phases ------------------------------------------------------------------------------------------------------------


def _elf_entry(data):
    """The bytes where QEMU enters an ELF file: by PVH an ELF64 one, at the entry point another."""
    if data[4] == 2:
        entry, (headers,) = pvh_entry(data), struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        segments = [struct.unpack_from("<IIQQQQ", data, headers + i * size) for i in range(count)]
        loads = [(address, offset, length) for kind, _, offset, _, address, length in segments if kind == 1]
    else:
        entry, headers = struct.unpack_from("<II", data, 24)
        size, count = struct.unpack_from("<HH", data, 42)
        segments = [struct.unpack_from("<IIIII", data, headers + i * size) for i in range(count)]
        loads = [(va, offset, length) for kind, offset, va, _, length in segments if kind == 1]
    for va, offset, length in loads:
        if va <= entry < va + length:
            return data[offset + entry - va:][:16]
    raise Failed("the hypervisor's entry point is in none of its segments")


def phases_options(out, hypervisor=None):
    """QEMU's options that write down the phases of a start; hypervisor: its file."""
    words = f"-plugin {PHASES_PLUGIN},out={out}"
    if hypervisor:
        with open(hypervisor, "rb") as file:
            data = file.read()
        words += f",start={_elf_entry(gzip.decompress(data) if data[:2] == bytes((0x1f, 0x8b)) else data).hex()}"
    return words


def read_phases(path):
    """{name: instructions since the machine was switched on}"""
    with open(path, encoding="ascii") as file:
        return {name: int(count) for name, count in (line.split() for line in file)}


# ---- 2. To the first guest ------------------------------------------------------------------------------------------------


def start(hypervisor, memory, scratch):
    """Instructions from the hypervisor's first to its guest's first, on a machine with so much memory."""
    out = os.path.join(scratch, "phases")
    guest = os.path.join(BUILD, "guests/legacy.elf")   # one whose code is where the plugin looks for a kernel
    run = boot.Boot(guest, hypervisor, memory=f"{GUEST_MEMORY}M", initial=True,
                    extra=["--host-memory", memory, *MACHINE, f"--qemu-args=-cpu max,-smap,{WIDE}",
                           f"--qemu-args={phases_options(out, hypervisor)}"])
    run.run(LONGEST)
    found = read_phases(out) if os.path.exists(out) else {}
    if "kernel" not in found or "hypervisor" not in found:
        raise Failed("\n".join(run.lines[-15:] + [f"start: the guest was not reached: {run.reason}"]))
    return found["kernel"] - found["hypervisor"]


# ---- 3. Memory ------------------------------------------------------------------------------------------------------------

# Usable RAM, and how much of it is free, in the words of our hypervisor and of Xen. (Xen gives the memory map with every word of each line.)
RAM = r"^\((?:TEN|XEN)\)  ?(?:RAM ([0-9a-f]+)-([0-9a-f]+)$|\[([0-9a-f]+), ([0-9a-f]+)\] \(usable\))"
FREE = r"^\((?:TEN|XEN)\) +(?:machine: \d+ frames, (\d+) free|Dom heap: (\d+)kB free)"
PAGE = 4096


def ram_pages(text):
    """Whole pages of usable RAM; both print inclusive ends."""
    pages = 0
    for found in re.finditer(RAM, text, re.M):
        first, last = (int(word, 16) for word in found.groups() if word)
        pages += (last + 1) // PAGE - -(-first // PAGE)
    return pages


def _ask(command):
    """Run the console's guest and ask its hypervisor for its memory. Yields ("ready", lines so far) and then ("over", lines)."""
    text, keys = [], b"\x01\x01\x01m"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=False) as pvrun:
        for raw in pvrun.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            text.append(line)
            if line == "ready":
                yield "ready", text
                pvrun.stdin.write(keys)
                pvrun.stdin.flush()
            if re.match(FREE, line):
                pvrun.terminate()
                break
        pvrun.stdout.read()
    yield "over", text


def memory(hypervisor, size, scratch):
    """(kept, touched), bytes, on a machine with so much memory while a guest of GUEST_MEMORY runs. Kept is what the hypervisor has taken or set
    aside for itself; touched is all RAM that anybody has written to since the machine was switched on: firmware, loader, guest too."""
    ram, touched = os.path.join(scratch, "ram"), None
    command = [boot.PVRUN, os.path.join(BUILD, "guests/console.elf"), "--hypervisor", hypervisor, "--memory", f"{GUEST_MEMORY}M",
               "--initial-domain", "--host-memory", size, "-v", "--hypervisor-args=loglvl=all",
               "--timeout", str(LONGEST), f"--qemu-args=-cpu max,-smap,{WIDE}",
               f"--qemu-args=-object memory-backend-file,size={size},share=on,mem-path={ram},reserve=off,id=bench",
               "--qemu-args=-machine memory-backend=bench"]
    for when, text in _ask(command):
        if when == "ready":
            touched = os.stat(ram).st_blocks * 512
    os.unlink(ram)
    lines = "\n".join(text)
    free = re.search(FREE, lines, re.M)
    if not free or not touched:
        raise Failed(f"{lines[-3000:]}\nthe hypervisor did not tell its memory")
    pages_free = int(free[1]) if free[1] else int(free[2]) * 1024 // PAGE
    return (ram_pages(lines) - pages_free) * PAGE - (GUEST_MEMORY << 20), touched
