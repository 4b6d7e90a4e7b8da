# SPDX-License-Identifier: GPL-2.0-only
"""What tools/profile/plugin.c counted: instructions, each with the calls that led to it."""


class Instruction:
    def __init__(self, address, raw):
        self.address, self.raw = address, raw


class Profile:
    """
    counts: [(node, Instruction, times)]. A node is a chain of calls; calls(node) are the addresses of the call instructions, the
    outermost first. trace: addresses in the order of their execution, from the start, as many as the plugin kept.
    """

    def __init__(self, path):
        self.nodes, self.counts, self.trace = {}, [], []
        with open(path, encoding="ascii") as file:
            for line in file:
                self._line(line.split())

    def _line(self, words):
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
    return bool(address >> 63)
