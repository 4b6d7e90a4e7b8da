# SPDX-License-Identifier: GPL-2.0-only
"""The tests of a guest: the table that TEST() makes (tools/tests/guests/lib/suite.h), read from the ELF file."""
import fnmatch
import os
import struct

from elftools.elf.elffile import ELFFile

# suite.h's flags
DOMU, INITIAL, ALONE, SLOW = 1, 2, 4, 8
ENDS = {0x10: "the guest powered off", 0x20: "the guest asked for a reboot", 0x40: "the guest crashed"}  # what pvrun says of it
ENTRY = struct.Struct("<5Q")

KINDS = ("domU", "initial")


class Test:
    """number: its place in the table, by which the guest can be told to run it. end: how the domain must end in it, or None."""

    def __init__(self, number, name, what, file, flags):
        self.number, self.name, self.what, self.flags = number, name, what, flags
        self.family = os.path.basename(os.path.dirname(file))
        self.file = file
        self.end = next((words for flag, words in ENDS.items() if flags & flag), None)
        self.alone = bool(flags & ALONE or self.end)
        self.slow = bool(flags & SLOW)

    def runs_as(self, kind):
        return not self.flags & (INITIAL if kind == "domU" else DOMU)


class _Image:
    """Virtual addresses of a static ELF file."""

    def __init__(self, elf):
        self.segments = [(s["p_vaddr"], s.data()) for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]

    def _at(self, address):
        for start, data in self.segments:
            if start <= address < start + len(data):
                return data, address - start
        raise ValueError(f"0x{address:x} is in no segment")

    def bytes(self, address, size):
        data, at = self._at(address)
        return data[at:at + size]

    def text(self, address):
        data, at = self._at(address)
        return data[at:data.index(b"\0", at)].decode()


def read(path):
    """All tests of the guest at this path, in their order. ValueError if two have one name."""
    with open(path, "rb") as file:
        elf = ELFFile(file)
        symbols = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
        image = _Image(elf)
    start, end = symbols["guest_tests"], symbols["guest_tests_end"]
    tests = []
    for number, (name, what, source, _, flags) in enumerate(ENTRY.iter_unpack(image.bytes(start, end - start))):
        tests.append(Test(number, image.text(name), image.text(what), image.text(source), flags))
    names = [test.name for test in tests]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError("two tests of one name: " + ", ".join(twice))
    return tests


def choose(tests, patterns):
    """Those whose name or family a pattern matches; ValueError names a pattern that matches none."""
    if not patterns:
        return tests
    chosen = set()
    for pattern in patterns:
        found = {t.number for t in tests if fnmatch.fnmatchcase(t.name, pattern) or fnmatch.fnmatchcase(t.family, pattern)}
        if not found:
            raise ValueError(f"no test is called {pattern!r}")
        chosen |= found
    return [test for test in tests if test.number in chosen]


def ranges(numbers):
    """1,2,3,7 -> "1-3,7", as the guest's command line takes it."""
    runs = []
    for n in sorted(numbers):
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
