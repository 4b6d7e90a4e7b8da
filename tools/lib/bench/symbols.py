# SPDX-License-Identifier: GPL-2.0-only
"""Functions, lines and disassembly behind addresses, by binutils."""
import bisect
import functools
import os
import re
import subprocess


def _tool(*command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, errors="replace", check=True).stdout


class Place:
    """An address: the functions from the outermost to the inlined one that it is of, and the innermost's source line."""

    def __init__(self, functions, where):
        self.functions, self.where = functions, where


class Symbols:
    """paths: ELF files with symbols, such as the hypervisor's and the guest's. The first that knows an address has it."""

    def __init__(self, *paths):
        self.paths = paths
        self.places = {}
        self.text = None

    def look_up(self, addresses):
        left = sorted(set(addresses) - set(self.places))
        for path in self.paths:
            found = self._addr2line(path, left)
            self.places.update(found)
            left = [address for address in left if address not in found]
        for address in left:
            self.places[address] = Place([f"{address:#x}"], None)

    def is_known(self, address):
        return self.places[address].where is not None

    def _addr2line(self, path, addresses):
        """-a begins each address' part with it; then come pairs of function and file:line, the innermost first."""
        if not addresses:
            return {}
        out = _tool("addr2line", "-e", path, "-a", "-f", "-i", text="".join(f"{a:#x}\n" for a in addresses))
        found = {}
        for part in re.split(r"^0x", out, flags=re.M)[1:]:
            address, *lines = part.splitlines()
            functions = [name for name in lines[::2][::-1] if name != "??"]
            if functions:
                found[int(address, 16)] = Place(functions, self._short(lines[1]))
            else:
                self._nearest(path, int(address, 16), found)
        return found

    def _nearest(self, path, address, found):
        """Assembly without debugging information has symbols all the same."""
        starts, symbols = self._nm(path)
        at = bisect.bisect_right(starts, address) - 1
        if at >= 0 and symbols[at]:
            found[address] = Place([symbols[at]], "?")

    @functools.lru_cache
    def _nm(self, path):
        """Addresses of functions, and their names; None: no function's from here on."""
        lines = [line.split() for line in _tool("nm", "-n", path).splitlines()]
        code = [(int(line[0], 16), line[2]) for line in lines if len(line) == 3 and line[1] in "tT"]
        ends = [int(line[0], 16) for line in lines if len(line) == 3 and line[2] in ("__image_end", "guest_end")]
        both = sorted(code + [(end, None) for end in ends], key=lambda symbol: symbol[0])
        return [address for address, _ in both], [name for _, name in both]

    @staticmethod
    def _short(where):
        where = re.sub(r" \(discriminator \d+\)", "", where)
        return os.path.relpath(where) if where.startswith("/") else where

    def disassembly(self, address):
        if self.text is None:
            self.text = {}
            for path in self.paths:
                out = _tool("objdump", "-d", "--no-show-raw-insn", path)
                self.text.update((int(at, 16), what) for at, what in re.findall(r"^ *([0-9a-f]+):\t(.*)$", out, re.M))
        return re.sub(r"\s+", " ", self.text.get(address, "?")).strip()
