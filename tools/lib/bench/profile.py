# SPDX-License-Identifier: GPL-2.0-only
"""
What tools/profile/plugin.c counts: instructions, each with the calls that led to it; and how many of them are dear.

    1. Profile    one operation
    2. profiles() a run of the benchmark with the plugin
    3. costs()    locked and serialising instructions, and what is done to the TLB
"""
import collections
import os
import tempfile

from . import machine
from .machine import KINDS

# ---- 1. One operation -----------------------------------------------------------------------------------------------------



class Instruction:
    def __init__(self, address, raw):
        self.address, self.raw = address, raw


class Profile:
    """
    One operation's last round. counts: [(node, Instruction, times)]. A node is a chain of calls; calls(node) are the addresses of the call
    instructions, the outermost first. trace: addresses in the order of their execution, from the start, as many as the plugin kept.
    """

    def __init__(self):
        self.nodes, self.counts, self.trace = {}, [], []

    def line(self, words):
        if words[0] == "node":
            self.nodes[int(words[1])] = (int(words[2]), int(words[3], 16))
        elif words[0] == "trace":
            self.trace.append(int(words[1], 16))
        else:
            self.counts.append((int(words[0]), Instruction(int(words[1], 16), bytes.fromhex(words[3])), int(words[2])))

    def calls(self, node):
        chain = []
        while node:
            node, call = self.nodes[node]
            chain.insert(0, call)
        return chain

    def addresses(self):
        return {insn.address for _, insn, _ in self.counts} | {call for _, call in self.nodes.values()} | set(self.trace)

    def total(self):
        return sum(times for _, _, times in self.counts)


def is_hypervisor(address):
    """Both hypervisors are there; a large kernel is above them."""
    return 0xFFFF800000000000 <= address < 0xFFFF880000000000


def side(address):
    return "" if is_hypervisor(address) else "guest:"


def names(found, address):
    """The functions at an address, the outermost first; found: symbols.Symbols. Debian's kernel and programs have no symbols."""
    if found.is_known(address):
        return [side(address) + name for name in found.places[address].functions]
    return ["guest:Linux" if address >> 63 else "guest:programs"]


# ---- 2. A run -------------------------------------------------------------------------------------------------------------

def read(path):
    found = []
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] == "done":
                found.append(Profile())
            else:
                found[-1].line(words)
    return found


def profiles(plugin, ops=(), **run):
    """[(machine.Figure, Profile)]"""
    with tempfile.TemporaryDirectory(prefix="profile-") as directory:
        out = os.path.join(directory, "counts")
        figures = machine.run(ops, extra=[f"--qemu-args=-plugin {plugin},out={out}"], **run)
        return list(zip(figures, read(out), strict=True))


# ---- 3. What is dear ------------------------------------------------------------------------------------------------------

PREFIXES = frozenset((0x66, 0x67, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65))
LOCK = 0xF0
# Two-byte opcodes that serialise whatever their operand is: invd, wbinvd, wrmsr, cpuid, rsm, mov to a debug register.
SERIALISING_0F = frozenset((0x08, 0x09, 0x30, 0xA2, 0xAA, 0x23))


def _opcode(raw):
    """(has LOCK, opcode and what follows)"""
    at, locked = 0, False
    while raw[at] in PREFIXES or raw[at] == LOCK:
        locked |= raw[at] == LOCK
        at += 1
    if raw[at] & 0xF0 == 0x40:
        at += 1
    return locked, raw[at:]


def _kinds_0f(code):
    """Of an instruction behind 0F; code begins with the second byte."""
    reg, in_register = (code[1] >> 3 & 7, code[1] >> 6 == 3) if len(code) > 1 else (0, False)
    if code[0] == 0x22:                                  # mov to a control register; CR8 has REX.R and is not used here
        return {3: ("serialising", "flush", "cr3"), 4: ("serialising", "flush")}.get(reg, ("serialising",))
    if code[0] == 0x01 and not in_register and reg == 7: # invlpg
        return ("serialising", "flush")
    if code[0] == 0x01 and not in_register and reg in (2, 3) or code[0] == 0x00 and reg in (2, 3):  # lgdt lidt lldt ltr
        return ("serialising",)
    if code[:2] == b"\x38\x82":                          # invpcid
        return ("serialising", "flush")
    return ("serialising",) if code[0] in SERIALISING_0F or code[:2] == b"\x01\xe8" else ()


def kinds(raw):
    """Which of KINDS an instruction is of; it may be several. What serialises is what Intel's manual says (volume 3, "Serializing Instructions"), with every
    WRMSR, though those to the APIC's registers do not; TLB flushes are writes to CR3 and CR4, INVLPG and INVPCID."""
    locked, code = _opcode(raw)
    if locked or code[0] in (0x86, 0x87) and code[1] >> 6 != 3:
        return ("locked",)
    if code[0] == 0xCF:                                  # iret
        return ("serialising",)
    return _kinds_0f(code[1:]) if code[0] == 0x0F else ()


def costs(profile, times, where=is_hypervisor):
    """{kind: how many an operation}; those of the hypervisor, or of the addresses that where() says."""
    found = collections.Counter()
    for _, insn, count in profile.counts:
        if where(insn.address):
            for kind in kinds(insn.raw):
                found[kind] += count
    return {kind: found[kind] / times for kind in KINDS}
